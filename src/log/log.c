/* SPDX-License-Identifier: MIT */
/* log/log.c: the log of the process: its filter, its start and stop, and the path of an event.
 *
 * Threads: `lock` is held while the locks of wanted.c and sink.c are taken, and no other lock. */
#include "base/error/trail.h"
#include "base/fork.h"
#include "base/lock.h"
#include "log/filter.h"
#include "log/out/crash.h"
#include "log/receivers.h"
#include "log/sink.h"
#include "log/span/described.h"
#include "log/span/span.h"
#include "log/start.h"
#include "log/wanted.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define EDO_LOG_ENV "EDO_LOG"
#define THE_LOG     0u /* number of the log in wanted.h */

static struct logger {
    edoi_lock lock;
    edoi_log_sink sink;         /* exchanged under `lock` */
    bool is_chosen;             /* lock: lock; the program has started or stopped it */
    edoi_filter filter;         /* lock: lock */
    edo_atomic_u32 tells_spans; /* atomic, relaxed: 1: a span's end is a line */
} logger;

EDOI_ON_FORK(.lock = &logger.lock);

/* ---- The filter ------------------------------------------------------------------------------ */

/* Called with the lock held, after a change: the log wants what its filter says, or nothing. */
static void filter_changed(void) {
    (void)edoi_wanted_set(THE_LOG, edoi_log_sink_writes(&logger.sink) ? &logger.filter : NULL);
}

static void set_filter(const edoi_filter *filter) {
    edoi_lock_acquire(&logger.lock);
    logger.filter = *filter;
    filter_changed();
    edoi_lock_release(&logger.lock);
}

int edo_log_set_filter(edo_str filter) {
    edoi_filter parsed;
    int err = edoi_filter_read(&parsed, filter);
    if (err < 0) return err;
    set_filter(&parsed);
    return 0;
}

void edo_log_set_level(edo_level level) {
    edoi_filter filter;
    edoi_filter_init(&filter, level);
    set_filter(&filter);
}

int edo_log_parse_level(edo_level *level, const char *name) {
    return edoi_level_parse(level, name, strlen(name));
}

/* ---- Start and stop -------------------------------------------------------------------------- */

/* The initial filter: from the environment, from the options, or their level. `*bad` is the ignored
 * part of the environment's, NULL if none. */
static int choose_filter(edoi_filter *filter, const edo_log_opts *opts, const char **bad,
                         size_t *bad_n) {
    const char *list = opts->ignore_env ? NULL : getenv(EDO_LOG_ENV);
    *bad = NULL;
    if (list && list[0]) {
        (void)edoi_filter_parse(filter, edo_str_of(list), bad, bad_n); // reported as a warning
        return 0;
    }
    if (opts->filter) return edoi_filter_read(filter, edo_str_of(opts->filter));
    edoi_filter_init(filter, opts->level == EDO_LEVEL_OFF ? EDO_LEVEL_INFO : opts->level);
    return 0;
}

/* Replaces the form, which is taken, and the filter unless that is NULL. If `only_first` nothing
 * changes where the program has chosen before, and false is returned. Lines that other threads are
 * writing are finished first. */
static bool log_set_form(const edoi_log_form *form, bool spans, const edoi_filter *filter,
                         bool only_first) {
    edoi_log_form before = { .output = NULL };
    edoi_lock_acquire(&logger.lock);
    bool is_set = !only_first || !logger.is_chosen;
    if (is_set) {
        before = edoi_log_sink_swap(&logger.sink, form);
        logger.is_chosen = true;
        edoi_store_rlx_u32(&logger.tells_spans, spans);
        if (filter) logger.filter = *filter;
        filter_changed();
    }
    edoi_lock_release(&logger.lock);
    if (is_set) edoi_log_form_leave(&before);
    if (!is_set) edoi_log_form_forget(form);
    return is_set;
}

static int log_start(const edo_log_opts *opts, const edoi_filter *filter, bool only_first) {
    edoi_log_form form;
    int err = edoi_log_form_of(&form, opts);
    if (err < 0) return err;
    if (!edoi_log_form_open(&form)) return -ENOMEM;
    return log_set_form(&form, opts->spans, filter, only_first) ? 0 : -EBUSY;
}

static void tell_bad_part(const char *bad, size_t bad_n) {
    if (bad) {
        edo_log_event(EDO_LEVEL_WARN, "edo.log", (EDO_KV_STR("part", bad, bad_n)),
                      "a part of " EDO_LOG_ENV " is ignored");
    }
}

int edo_log_start(const edo_log_opts *opts) {
    static const edo_log_opts defaults;
    edoi_filter filter;
    const char *bad = NULL;
    size_t bad_n = 0;
    if (!opts) opts = &defaults;
    int err = choose_filter(&filter, opts, &bad, &bad_n);
    if (err < 0) return err;
    err = log_start(opts, &filter, false);
    if (err == 0) tell_bad_part(bad, bad_n);
    return err;
}

static void end_at_exit(void) {
    (void)atexit(edoi_log_end); // without memory for that the last lines of exit() are lost
}

void edoi_log_begin(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static const edo_log_opts usual = { .level = EDO_LEVEL_WARN };
    edoi_filter filter;
    const char *bad = NULL;
    size_t bad_n = 0;
    (void)pthread_once(&once, end_at_exit); // this cannot fail
    edoi_log_queues_allow(true);
    edoi_log_sink_follow(&logger.sink);
    edoi_log_crash_begin();
    (void)choose_filter(&filter, &usual, &bad, &bad_n); // fails for a filter of the options only
    if (log_start(&usual, &filter, true) == 0) tell_bad_part(bad, bad_n);
}

void edo_log_stop(void) {
    const edoi_log_form none = { .output = NULL };
    (void)log_set_form(&none, false, NULL, false);
}

void edoi_log_end(void) {
    edoi_log_sink_tell_lost(&logger.sink);
    (void)edoi_log_queues_flush(); // of receivers and access logs, too
    edoi_log_queues_allow(false);
    edoi_log_sink_follow(&logger.sink);
}

uint64_t edo_log_dropped(void) {
    return edoi_log_outputs_dropped();
}

/* ---- Events ---------------------------------------------------------------------------------- */

void edoi_log_write(const edo_callsite *site, uint32_t who, const edo_kv *fields, size_t fields_n,
                    const char *format, ...) {
    edoi_described d;
    const edo_span *here = edoi_span_here();
    if (here && EDOI_UNLIKELY(here->is_silent)) return;
    edoi_described_begin(&d, fields, fields_n);
    const edoi_event event = {
        .site = site,
        .task = edoi_task_name(),
        .span = here,
        .fields = d.kv,
        .fields_n = fields_n,
    };
    va_list args;
    va_start(args, format);
    if (who & EDOI_WANTED_LOG) edoi_log_sink_write(&logger.sink, &event, format, args);
    va_end(args);
    va_start(args, format);
    if (EDOI_UNLIKELY(who & EDOI_WANTED_RECEIVERS))
        edoi_receivers_tell_line(who, &event, format, args);
    va_end(args);
    edoi_described_end(&d);
}

/* ---- Ends of spans --------------------------------------------------------------------------- */

void edoi_span_close(edo_span *s, int result) {
    if (!s->site) return; // another program's: that ends it
    if (!edoi_span_finish(s, result) || s->is_light) return;
    uint32_t who = edoi_log_wants_in((edo_callsite *)(uintptr_t)s->site, s);
    if (edoi_load_rlx_u32(&logger.tells_spans) == 0) who &= ~EDOI_WANTED_LOG; // relaxed: a setting
    if ((who & (EDOI_WANTED_LOG | EDOI_WANTED_RECEIVERS)) == 0) return;
    const edo_kv fields[] = { EDO_KV("took_us", edoi_span_took_ns(s) / 1000),
                              EDO_KV("error", edo_error_name(s->result)) };
    const edoi_event event = { .site = s->site,
                               .task = edoi_task_name(),
                               .span = s,
                               .ended = s,
                               .message = "ended",
                               .message_n = sizeof "ended" - 1,
                               .fields = fields,
                               .fields_n = s->result < 0 ? 2 : 1 };
    if (who & EDOI_WANTED_LOG) edoi_log_sink_write_by(&logger.sink, &event, "ended");
    if (who & EDOI_WANTED_RECEIVERS) edoi_receivers_tell(who, &event);
}

/* ---- Less of the same ------------------------------------------------------------------------ */

bool edoi_every(edo_atomic_u64 *next_ns, edo_duration every) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); // this cannot fail
    edo_instant at = { (int64_t)now.tv_sec * 1000000000 + now.tv_nsec };
    uint64_t due_ns = edoi_load_rlx_u64(next_ns); // relaxed, as the next: a number
    uint64_t next = (uint64_t)edo_instant_add(at, every).ns;
    return (uint64_t)at.ns >= due_ns && edoi_cas_rlx_u64(next_ns, &due_ns, next);
}
