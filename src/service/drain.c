/* SPDX-License-Identifier: MIT */
/* service/drain.c: the parts of a program, and the order of their end.
 *
 * Once the end has begun everything happens in a shield: the cancellation that began it cuts
 * nothing short, only the bounds of the parts do. A part is a task of the runtime, not of a scope,
 * so it can be left behind. */
#include <edo/drain.h>

#include "base/error/trail.h"
#include "base/opts.h"
#include "runtime/end/shutdown.h"

#include <edo/error.h>
#include <edo/runtime.h>
#include <edo/scope.h>

#define EDO_TARGET "drain"
#include <edo/log.h>

#include <errno.h>

#define PART_MAX_S 26
#define KEPT_S     1 /* for a later step of a part that does not say how long it takes */
#define SLACK_S                                                                                    \
    1 /* of the runtime's bound: what is no part's, and the root, end behind the parts */
#define MOST_NS (EDO_FOREVER_NS / 64) /* what is longer is for ever */

typedef struct drain {
    const edo_drain_part *parts;
    size_t n;
    const edo_drain_opts *opts;
    edo_task *tasks[EDO_DRAIN_PARTS_MAX]; /* owned; NULL: it does not run */
    int failure;                          /* the first */
    edoi_trail *trail;                    /* of the failure, owned; NULL: none */
    bool has_left;                        /* a part was left behind */
    int64_t kept_max_ns;                  /* the most that is kept for one later step */
    edo_instant until;                    /* the end of the bound; once the parts are stopped */
} drain;

/* ---- Phases ---------------------------------------------------------------------------------- */

static void drain_say(const drain *d, edo_drain_phase phase, const char *name) {
    static const char *const texts[] = {
        [EDO_DRAIN_RUNNING] = "all parts run",
        [EDO_DRAIN_BEGUN] = "the end has begun",
        [EDO_DRAIN_STOPPING] = "a part is to stop",
        [EDO_DRAIN_STOPPED] = "a part has stopped",
        [EDO_DRAIN_LEFT] = "a part has not stopped within its bound",
        [EDO_DRAIN_OVER] = "the end is over",
    };
    if (phase == EDO_DRAIN_LEFT)
        edo_warn_kv(texts[phase], EDO_KV("part", name));
    else if (name)
        edo_info_kv(texts[phase], EDO_KV("part", name));
    else
        edo_info("%s", texts[phase]);
    if (d->opts->on_phase) d->opts->on_phase(d->opts->arg, phase, name);
}

static void drain_fail(drain *d, int err, const char *name) {
    if (err >= 0 || d->failure < 0) return;
    edo_warn_kv("a part has failed", EDO_KV("part", name), EDO_KV("error", edo_error_name(err)));
    if (name[0]) err = edo_fail(err, "the part \"%s\"", name);
    d->failure = err;
    d->trail = edoi_trail_take(err); // the parts that are stopped now would replace it
}

/* ---- Running --------------------------------------------------------------------------------- */

static const char *drain_part_name_of(const edo_drain_part *part) {
    return part->name ? part->name : "";
}

static void drain_start_all(drain *d) {
    for (size_t i = 0; i < d->n && d->failure == 0; i++) {
        const edo_drain_part *p = &d->parts[i];
        if (!p->run) continue;
        d->tasks[i] = edo_spawn_with(p->run, p->arg, &(edo_spawn_opts){ .name = p->name });
        if (!d->tasks[i]) drain_fail(d, edo_task_join(NULL), drain_part_name_of(p));
    }
}

/* Waits until a part has returned: 1; none runs: 0; this task is cancelled: -ECANCELED. */
static int wait_for_one(drain *d) {
    edo_task_join_future waits[EDO_DRAIN_PARTS_MAX];
    edo_future *futures[EDO_DRAIN_PARTS_MAX];
    size_t at[EDO_DRAIN_PARTS_MAX], n = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (!d->tasks[i]) continue;
        at[n] = i;
        futures[n] = edo_task_wait_init(&waits[n], d->tasks[i]);
        n++;
    }
    if (n == 0) return 0;
    int which = edo_select_array(futures, n, 0);
    if (which < 0) return which;
    size_t i = at[which];
    edo_task *task = d->tasks[i];
    d->tasks[i] = NULL;
    drain_fail(d, edo_task_join(task), drain_part_name_of(&d->parts[i]));
    return 1;
}

/* ---- The end --------------------------------------------------------------------------------- */

static edo_duration drain_part_bound_of(const edo_drain_part *p) {
    return p->max.ns == 0 ? edo_s(PART_MAX_S) : p->max.ns < 0 ? edo_ns(EDO_FOREVER_NS) : p->max;
}

/* What is kept for the steps of a part while others are stopped, or for its `end` alone. */
static int64_t drain_kept_ns_of(const edo_drain_part *p, bool end_only, int64_t most_ns) {
    const int64_t some_ns = edo_s(KEPT_S).ns < most_ns ? edo_s(KEPT_S).ns : most_ns;
    const int64_t own_ns = p->max.ns <= 0 ? some_ns : p->max.ns < most_ns ? p->max.ns : most_ns;
    if (!p->run && !p->end) return 0;
    if (!p->run) return own_ns;
    const int64_t end_ns = !p->end ? 0 : own_ns < some_ns ? own_ns : some_ns;
    return end_only ? end_ns : own_ns + end_ns;
}

/* Of all parts together; negative: none. Bounds that are set add up, and the others have one that
 * hangs for as long as it may. */
static edo_duration drain_bound_of(const drain *d) {
    int64_t ns = 0;
    bool has_default = false;
    if (d->opts->max.ns != 0) return d->opts->max;
    for (size_t i = 0; i < d->n; i++) {
        if (d->parts[i].max.ns < 0 || d->parts[i].max.ns > MOST_NS) return edo_s(-1);
        if (d->parts[i].max.ns == 0) has_default = true;
        ns += drain_kept_ns_of(&d->parts[i], false, MOST_NS);
    }
    return has_default ? edo_ns(ns + edo_s(PART_MAX_S - KEPT_S).ns) : edo_ns(ns);
}

/* With a bound that is given each step is sure of a share of it, however long others want. */
static int64_t drain_kept_max_ns(const drain *d) {
    int64_t steps_n = 1;
    if (d->opts->max.ns <= 0) return MOST_NS;
    for (size_t i = 0; i < d->n; i++) steps_n += !!d->parts[i].run + !!d->parts[i].end;
    return d->opts->max.ns / steps_n;
}

/* What part `i` has for its next step, of what is left: its own `end`, and the parts before it,
 * come after it. */
static edo_duration drain_share_of(const drain *d, size_t i, bool is_end) {
    const edo_duration own = drain_part_bound_of(&d->parts[i]);
    if (drain_bound_of(d).ns < 0) return own;
    int64_t ns = edo_instant_since(d->until, edo_now()).ns;
    if (!is_end) ns -= drain_kept_ns_of(&d->parts[i], true, d->kept_max_ns);
    for (size_t j = 0; j < i; j++) ns -= drain_kept_ns_of(&d->parts[j], false, d->kept_max_ns);
    if (ns < 0) ns = 0;
    return ns < own.ns ? edo_ns(ns) : own;
}

/* Returns whether the task has ended, and with it all that it has begun: a server whose handlers do
 * not return says -ETIMEDOUT, and they go on. */
static bool stop_task(drain *d, size_t i) {
    const edo_drain_part *p = &d->parts[i];
    edo_task *task = d->tasks[i];
    edo_task_cancel(task);
    edo_deadline limit;
    edo_deadline_begin(&limit, drain_share_of(d, i, false));
    (void)edo_task_wait(task);
    (void)edo_deadline_end(&limit, 0);
    bool has_ended = edo_task_is_finished(task);
    int err = 0;
    if (has_ended)
        err = edo_task_join(task);
    else
        edo_task_detach(task);
    if (err != -ECANCELED) drain_fail(d, err, drain_part_name_of(p));
    return has_ended && err != -ETIMEDOUT;
}

static void call_end(drain *d, size_t i) {
    const edo_drain_part *p = &d->parts[i];
    edo_deadline limit;
    edo_deadline_begin(&limit, drain_share_of(d, i, true));
    int err = p->end(p->arg);
    drain_fail(d, edo_deadline_end(&limit, err), drain_part_name_of(p));
}

static void stop_part(drain *d, size_t i) {
    const edo_drain_part *p = &d->parts[i];
    bool ends = p->end && !d->has_left, has_ended = true;
    if (!d->tasks[i] && !ends) return;
    drain_say(d, EDO_DRAIN_STOPPING, drain_part_name_of(p));
    if (d->tasks[i]) has_ended = stop_task(d, i);
    if (!has_ended) d->has_left = true;
    if (p->end && !d->has_left) call_end(d, i);
    drain_say(d, has_ended ? EDO_DRAIN_STOPPED : EDO_DRAIN_LEFT, drain_part_name_of(p));
}

static void stop_all(drain *d) {
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(-1));
    d->until = edo_instant_add(edo_now(), drain_bound_of(d));
    drain_say(d, EDO_DRAIN_BEGUN, NULL);
    if (d->failure == 0 && d->opts->pre_stop.ns > 0) {
        d->until = edo_instant_add(d->until, d->opts->pre_stop);
        (void)edo_sleep(d->opts->pre_stop);
    }
    for (size_t i = d->n; i > 0; i--) stop_part(d, i - 1);
    drain_say(d, EDO_DRAIN_OVER, NULL);
    (void)edo_shield_end(&shield, 0);
}

/* How long the end of the program may take; negative: for ever. */
static edo_duration drain_length_of(const drain *d) {
    const edo_duration pre_stop = d->opts->pre_stop, bound = drain_bound_of(d);
    const int64_t most = EDO_FOREVER_NS / 4;
    if (bound.ns < 0 || bound.ns > most || pre_stop.ns > most) return edo_s(-1);
    return edo_ns((pre_stop.ns > 0 ? pre_stop.ns : 0) + bound.ns + edo_s(SLACK_S).ns);
}

static bool drain_part_is_good(const edo_drain_part *parts, size_t n, const edo_drain_opts *opts) {
    if (n == 0 || n > EDO_DRAIN_PARTS_MAX) return false;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return false;
    for (size_t i = 0; i < n; i++)
        if (!edoi_all_zero(parts[i].reserved, EDO_COUNT(parts[i].reserved))) return false;
    return true;
}

int edo_drain_run(const edo_drain_part *parts, size_t n, const edo_drain_opts *opts) {
    static const edo_drain_opts defaults = { .on_phase = NULL };
    drain d = { .parts = parts, .n = n, .opts = opts ? opts : &defaults };
    if (!drain_part_is_good(parts, n, d.opts)) return -EINVAL;
    d.kept_max_ns = drain_kept_max_ns(&d);
    edoi_shutdown_own(edo_runtime_current(), drain_length_of(&d));
    drain_start_all(&d);
    if (d.failure == 0) drain_say(&d, EDO_DRAIN_RUNNING, NULL);
    while (d.failure == 0 && wait_for_one(&d) > 0) continue;
    stop_all(&d);
    edoi_trail_give(d.trail);
    if (d.failure < 0) return d.failure;
    return d.has_left ? edo_fail(-ETIMEDOUT, "a part of the program did not stop") : 0;
}
