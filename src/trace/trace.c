/* SPDX-License-Identifier: MIT */
/* trace/trace.c: the log of the process: its filter, its writer, and the path of an event.
 *
 * inv. 1: edoi_trace_level_max is the filter's highest level while the log is started, otherwise 0.
 * inv. 2: a site's interest includes the number of the filter it was computed with; another filter
 *         has another number, so a stale interest is computed again.
 *
 * Threads: `filter_mu` is a leaf lock that guards the filter; `mu` is held while a line is built
 * and written, so lines are written one at a time. Order: mu, then filter_mu. */
#include "base/assert.h"
#include "base/error/trail.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/lock.h"
#include "base/opts.h"
#include "trace/filter.h"
#include "trace/line.h"
#include "trace/start.h"
#include "trace/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EDO_LOG_ENV "EDO_LOG"

edo_atomic_u32 edoi_trace_level_max; /* written under filter_mu, inv. 1 */

static struct trace {
    pthread_mutex_t mu;
    bool is_started;                    /* lock: mu and filter_mu to write, one of them to read */
    bool is_chosen;                     /* lock: mu; the program has started or stopped it */
    bool with_time;                     /* lock: mu */
    edo_trace_format format;            /* lock: mu */
    edoi_writer writer;                 /* lock: mu */
    char message[EDOI_MESSAGE_MAX + 1]; /* lock: mu */
    edoi_log_line line;                 /* lock: mu */
    edoi_lock filter_mu;
    edoi_filter filter;       /* lock: filter_mu */
    edo_atomic_u32 filter_id; /* written under filter_mu; even, which leaves one bit free; inv. 2 */
    edo_atomic_u64 dropped_n;
} trace = { .mu = PTHREAD_MUTEX_INITIALIZER };

/* fork() does not wait for a line being written: a pipe may be full. */
static void trace_begin_child(void) {
    trace.mu = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

EDOI_ON_FORK(.lock = &trace.filter_mu, .child = trace_begin_child);

/* ---- The filter ------------------------------------------------------------------------------ */

/* Called with filter_mu held: restores inv. 1 and inv. 2 after a change. */
static void filter_changed(void) {
    edo_level most = trace.is_started ? edoi_filter_level_max(&trace.filter) : EDO_LEVEL_OFF;
    edoi_store_rlx_u32(&edoi_trace_level_max, (uint32_t)most);
    EDO_INV("trace inv. 1", edoi_lock_is_held(&trace.filter_mu));
    EDO_INV("trace inv. 2", edoi_load_rlx_u32(&trace.filter_id) % 2 == 0);
    // relaxed: the filter itself is read under filter_mu
    edoi_store_rlx_u32(&trace.filter_id, edoi_load_rlx_u32(&trace.filter_id) + 2);
}

static void set_filter(const edoi_filter *filter) {
    edoi_lock_acquire(&trace.filter_mu);
    trace.filter = *filter;
    filter_changed();
    edoi_lock_release(&trace.filter_mu);
}

/* Checks the filter; stores its number in `*id`. */
static bool trace_passes(edo_level level, const char *target, const char *file, uint32_t *id) {
    size_t target_n = 0;
    target = edoi_target_of(target, file, &target_n);
    edoi_lock_acquire(&trace.filter_mu);
    bool is_on = trace.is_started && level <= edoi_filter_level(&trace.filter, target, target_n);
    *id = edoi_load_rlx_u32(&trace.filter_id);
    edoi_lock_release(&trace.filter_mu);
    return is_on;
}

bool edoi_trace_wants(edo_callsite *site) {
    uint32_t id = edoi_load_rlx_u32(&trace.filter_id);
    uint32_t interest = edoi_load_rlx_u32(&site->interest);
    if ((interest & ~1u) == id) return (interest & 1u) != 0; // inv. 2
    bool is_on = trace_passes(site->level, site->target, site->file, &id);
    edoi_store_rlx_u32(&site->interest, id | (is_on ? 1u : 0u));
    return is_on;
}

bool edoi_trace_asks(edo_level level, const char *target, const char *file) {
    uint32_t id = 0;
    return trace_passes(level, target, file, &id);
}

int edo_trace_set_filter(edo_str filter) {
    edoi_filter parsed;
    const char *bad = NULL;
    size_t bad_n = 0;
    int err = edoi_filter_parse(&parsed, filter, &bad, &bad_n);
    if (err < 0) return err;
    set_filter(&parsed);
    return 0;
}

void edo_trace_set_level(edo_level level) {
    edoi_filter filter;
    edoi_filter_init(&filter, level);
    set_filter(&filter);
}

int edo_trace_parse_level(edo_level *level, const char *name) {
    return edoi_level_parse(level, name, strlen(name));
}

/* ---- Start and stop -------------------------------------------------------------------------- */

static bool are_valid(const edo_trace_opts *opts) {
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return false;
    return opts->level <= EDO_LEVEL_TRACE && opts->format <= EDO_TRACE_JSON && opts->fd >= 0;
}

/* The initial filter: from the environment, from the options, or their level. `*bad` is the ignored
 * part of the environment's, NULL if none. */
static int choose_filter(edoi_filter *filter, const edo_trace_opts *opts, const char **bad,
                         size_t *bad_n) {
    const char *list = opts->ignore_env ? NULL : getenv(EDO_LOG_ENV);
    *bad = NULL;
    if (list && list[0]) {
        (void)edoi_filter_parse(filter, edo_str_of(list), bad, bad_n); // reported as a warning
        return 0;
    }
    if (opts->filter) {
        const char *part = NULL;
        size_t part_n = 0;
        return edoi_filter_parse(filter, edo_str_of(opts->filter), &part, &part_n);
    }
    edoi_filter_init(filter, opts->level == EDO_LEVEL_OFF ? EDO_LEVEL_INFO : opts->level);
    return 0;
}

static void set_started(bool is_started, const edoi_filter *filter) {
    edoi_lock_acquire(&trace.filter_mu);
    trace.is_started = is_started;
    if (filter) trace.filter = *filter;
    filter_changed();
    edoi_lock_release(&trace.filter_mu);
}

/* Called with mu held. */
static void trace_start(const edo_trace_opts *opts, const edoi_filter *filter) {
    edoi_writer_init(&trace.writer, opts->fd == 0 ? STDERR_FILENO : opts->fd);
    trace.format = opts->format;
    trace.with_time = !opts->no_time;
    trace.is_chosen = true;
    set_started(true, filter);
}

static void tell_bad_part(const char *bad, size_t bad_n) {
    if (bad) {
        edo_trace_event(EDO_LEVEL_WARN, "edo.trace", (EDO_KV_STR("part", bad, bad_n)),
                        "a part of " EDO_LOG_ENV " is ignored");
    }
}

int edo_trace_start(const edo_trace_opts *opts) {
    static const edo_trace_opts defaults;
    edoi_filter filter;
    const char *bad = NULL;
    size_t bad_n = 0;
    if (!opts) opts = &defaults;
    if (!are_valid(opts)) return -EINVAL;
    int err = choose_filter(&filter, opts, &bad, &bad_n);
    if (err < 0) return err;
    edoi_mutex_acquire(&trace.mu);
    trace_start(opts, &filter);
    edoi_mutex_release(&trace.mu);
    tell_bad_part(bad, bad_n);
    return 0;
}

void edoi_trace_begin(void) {
    static const edo_trace_opts usual = { .level = EDO_LEVEL_WARN };
    edoi_filter filter;
    const char *bad = NULL;
    size_t bad_n = 0;
    (void)choose_filter(&filter, &usual, &bad, &bad_n); // fails for a filter of the options only
    edoi_mutex_acquire(&trace.mu);
    bool begins = !trace.is_chosen;
    if (begins) trace_start(&usual, &filter);
    edoi_mutex_release(&trace.mu);
    if (begins) tell_bad_part(bad, bad_n);
}

void edo_trace_stop(void) {
    edoi_mutex_acquire(&trace.mu);
    trace.is_chosen = true;
    set_started(false, NULL);
    edoi_mutex_release(&trace.mu);
}

uint64_t edo_trace_dropped(void) {
    return edoi_load_rlx_u64(&trace.dropped_n);
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* Called with mu held. */
static EDO_PRINTF(2, 0) void write_event(edoi_event event, const char *format, va_list args) {
    struct timespec now;
    if (trace.with_time && clock_gettime(CLOCK_REALTIME, &now) == 0) event.time = &now;
    int length = vsnprintf(trace.message, sizeof trace.message, format, args);
    event.message = trace.message;
    event.message_n = length < 0 ? 0 : (size_t)length; // the line cuts it
    edoi_log_line_write(&trace.line, &event, trace.format);
    if (!edoi_writer_line(&trace.writer, trace.line.bytes, trace.line.n)) {
        edoi_add_rlx_u64(&trace.dropped_n, 1);
    }
}

void edoi_trace_write(const edo_callsite *site, const edo_kv *fields, size_t fields_n,
                      const char *format, ...) {
    int errno_before = errno;
    edoi_event event = {
        .site = site,
        .task = edoi_task_name(),
        .fields = fields,
        .fields_n = fields_n,
    };
    va_list args;
    va_start(args, format);
    edoi_mutex_acquire(&trace.mu);
    if (trace.is_started) write_event(event, format, args);
    edoi_mutex_release(&trace.mu);
    va_end(args);
    errno = errno_before;
}
