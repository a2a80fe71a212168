/* SPDX-License-Identifier: MIT */
/* runtime/scope/monitor.c: see monitor.h. Any worker adds to the numbers and any thread reads
 * them: all accesses are relaxed, as each number is independent. */
#include "runtime/scope/monitor.h"

#include "base/opts.h"
#include "driver/clock.h"
#include "locks/tenths.h"
#include "memory/rc.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_NS 50000 /* slow polls and long delays */

/* A monitor's counters. */
#define COUNTERS(X)                                                                                \
    X(spawned)                                                                                     \
    X(ended)                                                                                       \
    X(first_polls)                                                                                 \
    X(first_poll_delay_ns)                                                                         \
    X(idled)                                                                                       \
    X(idle_ns)                                                                                     \
    X(scheduled)                                                                                   \
    X(scheduled_ns)                                                                                \
    X(long_delays) X(long_delay_ns) X(polls) X(poll_ns) X(slow_polls) X(slow_poll_ns)

struct edo_task_monitor {
    uint64_t slow_ns, long_ns; /* const */
#define WORD(name) edo_atomic_u64 name;
    COUNTERS(WORD) /* atomic, relaxed: any thread */
#undef WORD
};

static void monitor_count(edo_atomic_u64 *n, uint64_t more) {
    (void)edoi_add_rlx_u64(n, more);
}

/* Counts one more, of duration `ns`. */
static void count_time(edo_atomic_u64 *n, edo_atomic_u64 *total_ns, uint64_t ns) {
    monitor_count(n, 1);
    monitor_count(total_ns, ns);
}

/* ---- Life ------------------------------------------------------------------------------------ */

int edo_task_monitor_new(edo_task_monitor **out, const edo_task_monitor_opts *opts) {
    static const edo_task_monitor_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (opts->slow_poll.ns < 0 || opts->long_delay.ns < 0) return -EINVAL;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_task_monitor *m = edoi_rc_new(sizeof *m, NULL);
    if (!m) return -ENOMEM;
    memset(m, 0, sizeof *m);
    m->slow_ns = opts->slow_poll.ns ? (uint64_t)opts->slow_poll.ns : DEFAULT_NS;
    m->long_ns = opts->long_delay.ns ? (uint64_t)opts->long_delay.ns : DEFAULT_NS;
    *out = edoi_handle_made_here(EDOI_MONITOR, m, EDOI_CALLER());
    return 0;
}

edo_task_monitor *edo_task_monitor_ref(edo_task_monitor *m) {
    EDOI_ENTERS(EDOI_MONITOR, m);
    return edoi_handle_shared(EDOI_MONITOR, edoi_rc_ref(m));
}

void edo_task_monitor_unref(edo_task_monitor *m) {
    if (!m) return;
    edoi_handle_given_up(EDOI_MONITOR, m, EDOI_CALLER());
    edoi_rc_unref(EDOI_MONITOR, m);
}

/* ---- Records --------------------------------------------------------------------------------- */

void edoi_monitored_begin_life(edoi_monitored *self, edo_task_monitor *m) {
    self->monitor = edoi_rc_ref(m);
    self->since_ns = edoi_clock_monotonic();
    self->born_tenths = edoi_tenths(self->since_ns);
    self->phase = EDOI_PHASE_FRESH;
    monitor_count(&m->spawned, 1);
}

static void note_first(edo_task_monitor *m, int64_t ns) {
    count_time(&m->first_polls, &m->first_poll_delay_ns, ns > 0 ? (uint64_t)ns : 0);
}

static void note_scheduled(edo_task_monitor *m, uint64_t ns) {
    count_time(&m->scheduled, &m->scheduled_ns, ns);
    if (ns >= m->long_ns) count_time(&m->long_delays, &m->long_delay_ns, ns);
}

edo_task_monitor *edoi_monitored_begin(edoi_monitored *self, uint64_t waited_ns, int64_t now_ns) {
    edo_task_monitor *m = self->monitor;
    EDO_INV("monitor inv. 2", m);
    int64_t ns = now_ns - self->since_ns, idle_ns = ns - (int64_t)waited_ns;
    switch (self->phase) {
    case EDOI_PHASE_FRESH: note_first(m, ns); break;
    case EDOI_PHASE_IDLE:
        // The wake is known only to 64 ns, and by another core's clock.
        count_time(&m->idled, &m->idle_ns, idle_ns > 0 ? (uint64_t)idle_ns : 0);
        note_scheduled(m, waited_ns);
        break;
    case EDOI_PHASE_ACTIVE: note_scheduled(m, waited_ns); break;
    }
    self->phase = EDOI_PHASE_ACTIVE;
    return edoi_rc_ref(m);
}

void edoi_monitored_idle(edoi_monitored *self, int64_t now_ns) {
    EDO_INV("monitor inv. 1", self->monitor && self->phase == EDOI_PHASE_ACTIVE);
    self->phase = EDOI_PHASE_IDLE;
    self->since_ns = now_ns;
}

void edoi_monitor_polled(edo_task_monitor *m, uint64_t ns) {
    count_time(&m->polls, &m->poll_ns, ns);
    if (ns >= m->slow_ns) count_time(&m->slow_polls, &m->slow_poll_ns, ns);
    edoi_rc_unref(EDOI_MONITOR, m);
}

void edoi_monitored_end(edoi_monitored *self) {
    edo_task_monitor *m = self->monitor;
    EDO_INV("monitor inv. 2", m);
    self->monitor = NULL;
    monitor_count(&m->ended, 1);
    edoi_rc_unref(EDOI_MONITOR, m);
}

/* ---- Fibers ---------------------------------------------------------------------------------- */

edoi_monitored *edoi_monitored_of_fiber(edoi_fiber_task *fiber) {
    if (!(fiber->kind & EDOI_FIBER_MONITORED)) return NULL;
    return fiber->kind & EDOI_FIBER_CHILD ? &((edoi_monitored_child *)(void *)fiber)->monitored
                                          : &((edoi_monitored_fiber *)(void *)fiber)->monitored;
}

int edoi_monitor_check(const edo_task_monitor *m, const edo_runtime *rt) {
    if (!m) return 0;
    EDOI_ENTERS(EDOI_MONITOR, m);
    return rt->opts.task_monitors ? 0 : -ENOTSUP;
}

void edoi_monitor_fiber(edoi_fiber_task *fiber, edo_task_monitor *m) {
    fiber->kind |= EDOI_FIBER_MONITORED;
    edoi_monitored_begin_life(edoi_monitored_of_fiber(fiber), m);
}

edo_task_monitor *edoi_monitored_fiber_began(edoi_fiber_task *fiber, int64_t now_ns) {
    return edoi_monitored_begin(edoi_monitored_of_fiber(fiber), 0, now_ns);
}

void edoi_monitored_fiber_end(edoi_fiber_task *fiber) {
    edoi_monitored_end(edoi_monitored_of_fiber(fiber));
}

/* ---- Reading --------------------------------------------------------------------------------- */

static edo_duration mean(uint64_t total_ns, uint64_t n) {
    return edo_ns(n ? (int64_t)(total_ns / n) : 0);
}

static double ratio(uint64_t part, uint64_t n) {
    return n ? (double)part / (double)n : 0;
}

/* Computes means and ratios of the counters. */
static void derive(edo_task_monitor_stats *s) {
    s->mean_first_poll_delay = mean(s->first_poll_delay_ns, s->first_polls);
    s->mean_idle = mean(s->idle_ns, s->idled);
    s->mean_scheduled = mean(s->scheduled_ns, s->scheduled);
    s->mean_poll = mean(s->poll_ns, s->polls);
    s->slow_poll_ratio = ratio(s->slow_polls, s->polls);
    s->long_delay_ratio = ratio(s->long_delays, s->scheduled);
}

void edo_task_monitor_get_stats(const edo_task_monitor *m, edo_task_monitor_stats *s) {
    EDOI_ENTERS(EDOI_MONITOR, m);
    *s = (edo_task_monitor_stats){ 0 };
#define READ(name) s->name = edoi_load_rlx_u64(&m->name);
    COUNTERS(READ)
#undef READ
    derive(s);
}

void edo_task_monitor_stats_delta(edo_task_monitor_stats *out, const edo_task_monitor_stats *from,
                                  const edo_task_monitor_stats *to) {
    edo_task_monitor_stats d = *to;
#define SUB(name) d.name -= from->name;
    COUNTERS(SUB)
#undef SUB
    derive(&d);
    *out = d;
}
