/* SPDX-License-Identifier: MIT */
/* log/log.c: the log of the process: its filter, its output, and the path of an event.
 *
 * Threads: `lock` is a leaf lock, but for that of wanted.c. A line is built by the thread that
 * logs, and goes to a queue, or is written at once, in the turn of its output. Order: a turn, then
 * `lock`. */
#include "base/assert.h"
#include "base/error/trail.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/lock.h"
#include "base/opts.h"
#include "log/filter.h"
#include "log/form.h"
#include "log/out/crash.h"
#include "log/out/queue.h"
#include "log/receivers.h"
#include "log/scratch.h"
#include "log/span/described.h"
#include "log/span/span.h"
#include "log/start.h"
#include "log/wanted.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EDO_LOG_ENV "EDO_LOG"
#define THE_LOG     0u /* among those that want events: wanted.h */

static struct logger {
    edoi_lock lock;
    edoi_log_form form;         /* lock: lock */
    bool is_chosen;             /* lock: lock; the program has started or stopped it */
    edoi_filter filter;         /* lock: lock */
    edo_atomic_u32 tells_spans; /* atomic, relaxed: 1: a span's end is a line */
} logger;

EDOI_ON_FORK(.lock = &logger.lock);

/* ---- The filter ------------------------------------------------------------------------------ */

/* Called with the lock held, after a change: the log wants what its filter says, or nothing. */
static void filter_changed(void) {
    edoi_wanted_set(THE_LOG, edoi_log_form_writes(&logger.form) ? &logger.filter : NULL);
}

static void set_filter(const edoi_filter *filter) {
    edoi_lock_acquire(&logger.lock);
    logger.filter = *filter;
    filter_changed();
    edoi_lock_release(&logger.lock);
}

int edo_log_set_filter(edo_str filter) {
    edoi_filter parsed;
    const char *bad = NULL;
    size_t bad_n = 0;
    int err = edoi_filter_parse(&parsed, filter, &bad, &bad_n);
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

static bool are_valid(const edo_log_opts *opts) {
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return false;
    return opts->level <= EDO_LEVEL_TRACE && opts->format <= EDO_LOG_JSON && opts->fd >= 0;
}

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
    if (opts->filter) {
        const char *part = NULL;
        size_t part_n = 0;
        return edoi_filter_parse(filter, edo_str_of(opts->filter), &part, &part_n);
    }
    edoi_filter_init(filter, opts->level == EDO_LEVEL_OFF ? EDO_LEVEL_INFO : opts->level);
    return 0;
}

static void log_tell_lost(const edoi_log_form *form);
static edo_str log_print_lost(const edoi_log_lost *lost, char *at, size_t room);

/* Nothing may be logged any more after which lost lines would be told. */
static void log_tell_rest(const edoi_log_form *form) {
    if (!edoi_log_output_has_lost(form->output) || !edoi_log_output_begin(form->output)) return;
    log_tell_lost(form);
    edoi_log_output_end(form->output);
}

/* Gives back what `form` writes to. If it was the log's, lines that other threads are writing are
 * finished first. */
static void log_leave(const edoi_log_form *form, bool was_the_log) {
    if (form->output && was_the_log) {
        edoi_log_output_settle(form->output);
        log_tell_rest(form);
    }
    edoi_log_output_unref(form->output);
    edoi_log_queue_leave(form->queue);
}

/* Replaces the form, and the filter unless that is NULL; takes the reference to its output. If
 * `only_first` nothing changes where the program has chosen before, and false is returned. Lines
 * that other threads are writing are finished first. */
static bool log_set_form(const edoi_log_form *form, const edoi_filter *filter, bool only_first) {
    edoi_lock_acquire(&logger.lock);
    bool is_set = !only_first || !logger.is_chosen;
    edoi_log_form left = is_set ? logger.form : *form;
    if (is_set) {
        logger.form = *form;
        logger.is_chosen = true;
        edoi_store_rlx_u32(&logger.tells_spans, form->with_spans);
        if (filter) logger.filter = *filter;
        filter_changed();
    }
    edoi_lock_release(&logger.lock);
    log_leave(&left, is_set);
    return is_set;
}

static bool log_open(edoi_log_form *form) {
    if (!edoi_log_form_open(form)) return false;
    if (form->queue) edoi_log_queue_tells(form->queue, log_print_lost);
    return true;
}

static bool is_form_of_now(const edoi_log_form *form) {
    return form->queue == logger.form.queue && form->output == logger.form.output;
}

/* Lines may be queued from now on, or may not any more: the log goes that way. Without memory it
 * stays as it is. */
static void log_change_way(bool is_queued) {
    edoi_log_queues_allow(is_queued);
    edoi_lock_acquire(&logger.lock);
    edoi_log_form before = logger.form, now = before;
    edoi_lock_release(&logger.lock);
    if (!edoi_log_form_writes(&before) || !log_open(&now)) return;
    edoi_lock_acquire(&logger.lock);
    bool is_same = is_form_of_now(&before); // else it was started anew, and had the choice
    if (is_same) logger.form = now;
    edoi_lock_release(&logger.lock);
    log_leave(is_same ? &before : &now, is_same);
}

static int log_start(const edo_log_opts *opts, const edoi_filter *filter, bool only_first) {
    edoi_log_form form = edoi_log_form_of(opts);
    if (!log_open(&form)) return -ENOMEM;
    return log_set_form(&form, filter, only_first) ? 0 : -EBUSY;
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
    if (!are_valid(opts)) return -EINVAL;
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
    log_change_way(true);
    edoi_log_crash_begin();
    (void)choose_filter(&filter, &usual, &bad, &bad_n); // fails for a filter of the options only
    if (log_start(&usual, &filter, true) == 0) tell_bad_part(bad, bad_n);
}

void edo_log_stop(void) {
    const edoi_log_form none = { .output = NULL };
    (void)log_set_form(&none, NULL, false);
}

uint64_t edo_log_dropped(void) {
    return edoi_log_outputs_dropped();
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* The form of now. With a reference to its queue or output, if there is one. */
static edoi_log_form get_form(void) {
    edoi_lock_acquire(&logger.lock);
    edoi_log_form form = logger.form;
    if (form.queue) edoi_log_queue_ref(form.queue);
    if (form.output) edoi_log_output_ref(form.output);
    edoi_lock_release(&logger.lock);
    return form;
}

static void put_form(const edoi_log_form *form) {
    edoi_log_queue_unref(form->queue);
    edoi_log_output_unref(form->output);
}

void edoi_log_end(void) {
    edoi_log_form form = get_form();
    if (form.output) log_tell_rest(&form);
    put_form(&form);
    (void)edoi_log_queues_flush(); // of access logs, too
    log_change_way(false);
}

/* ---- Lines that were lost -------------------------------------------------------------------- */

static edo_str build_lost(edoi_log_scratch *scratch, const edoi_log_form *form,
                          const edo_kv *fields, size_t fields_n) {
    static const edo_callsite site = { "edo.log",      __FILE__, __func__, __LINE__,
                                       EDO_LEVEL_WARN, { 0 },    NULL };
    const edoi_event event = { .site = &site, .fields = fields, .fields_n = fields_n };
    return edoi_log_build_by(scratch, form, &event, "lines were dropped: they were not read");
}

/* By the writer of the queue. */
static edo_str log_print_lost(const edoi_log_lost *lost, char *at, size_t room) {
    static const char *const names[EDOI_LOG_LEVELS] = { "off",  "error", "warn",
                                                        "info", "debug", "trace" };
    edo_kv fields[EDOI_LOG_LEVELS + 1];
    size_t fields_n = 1;
    uint64_t all = 0;
    for (size_t level = EDO_LEVEL_ERROR; level < EDOI_LOG_LEVELS; level++) {
        all += lost->n[level];
        if (lost->n[level] > 0) fields[fields_n++] = EDO_KV(names[level], lost->n[level]);
    }
    fields[0] = EDO_KV("lines", all);
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    if (!scratch) return (edo_str){ at, 0 };
    edoi_log_form form = get_form();
    edo_str line = build_lost(scratch, &form, fields, fields_n);
    put_form(&form);
    if (line.len > room) line.len = 0;
    memcpy(at, line.ptr, line.len);
    edoi_log_scratch_give(scratch);
    return (edo_str){ at, line.len };
}

/* In turn: once there is room again, says how many lines were dropped. */
static void log_tell_lost(const edoi_log_form *form) {
    edoi_log_output *out = form->output;
    out->writer.fd = form->fd;
    if (!edoi_log_output_has_lost(out) || !edoi_writer_has_room(&out->writer)) return;
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    if (!scratch) return;
    const edo_kv lines = EDO_KV("lines", edoi_log_output_take_lost(out));
    if (!edoi_log_output_put(out, form->fd, build_lost(scratch, form, &lines, 1)))
        edoi_log_output_lose(out, lines.value.whole);
    edoi_log_scratch_give(scratch);
}

/* ---- At once --------------------------------------------------------------------------------- */

/* The program has made the log's descriptor lead elsewhere: to what may be slow where the other was
 * not, or no terminal any more. Without memory for an output the old one is used. */
static void log_follow(const edoi_log_form *form) {
    edoi_log_form now = *form;
    now.output = edoi_log_output_of(form->fd);
    if (!now.output) return;
    edoi_lock_acquire(&logger.lock);
    bool is_same = form->output == logger.form.output && form->fd == logger.form.fd;
    if (is_same) logger.form.output = now.output;
    edoi_lock_release(&logger.lock);
    edoi_log_output_unref(is_same ? form->output : now.output);
}

/* The form for an event of now, with a reference to its queue or output, if there is one. */
static edoi_log_form get_form_of_now(void) {
    edoi_log_form form = get_form();
    if (form.output && !edoi_log_output_leads(form.output, form.fd)) {
        log_follow(&form);
        put_form(&form);
        form = get_form();
    }
    return form;
}

/* In turn: is its output still that of the log? Then the rest is made that of now, too. */
static bool renew_form(edoi_log_form *form) {
    edoi_lock_acquire(&logger.lock);
    bool is_same = is_form_of_now(form);
    if (is_same) *form = logger.form;
    edoi_lock_release(&logger.lock);
    return is_same;
}

/* In turn. */
static EDO_PRINTF(3, 0) void log_write_at_once(const edoi_log_form *form, const edoi_event *event,
                                               const char *format, va_list args) {
    log_tell_lost(form);
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    bool is_written =
        scratch && edoi_log_output_put(form->output, form->fd,
                                       edoi_log_build(scratch, form, *event, format, args));
    if (!is_written) edoi_log_output_drop(form->output);
    if (scratch) edoi_log_scratch_give(scratch);
}

/* True: it is written, or dropped; false: the log was started anew meanwhile. */
static EDO_PRINTF(3, 0) bool try_at_once(edoi_log_form *form, const edoi_event *event,
                                         const char *format, va_list args) {
    if (!edoi_log_output_begin(form->output)) return true;
    bool is_same = renew_form(form);
    if (is_same) log_write_at_once(form, event, format, args);
    edoi_log_output_end(form->output);
    return is_same;
}

/* ---- By the queue ---------------------------------------------------------------------------- */

static EDO_PRINTF(3, 0) void write_to_queue(const edoi_log_form *form, const edoi_event *event,
                                            const char *format, va_list args) {
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    if (!scratch) {
        edoi_log_queue_drop(form->queue, event->site->level);
        return;
    }
    edo_str line = edoi_log_build(scratch, form, *event, format, args);
    (void)edoi_log_queue_add(form->queue, line, event->site->level); // it counts what it drops
    edoi_log_scratch_give(scratch);
}

EDO_PRINTF(2, 0)
static void log_event(const edoi_event *event, const char *format, va_list args) {
    int errno_before = errno;
    bool is_over = false;
    while (!is_over) {
        edoi_log_form form = get_form_of_now();
        edoi_log_form kept = form;
        va_list again;
        va_copy(again, args);
        if (form.output) {
            is_over = try_at_once(&form, event, format, again);
        } else {
            if (form.queue) write_to_queue(&form, event, format, again);
            is_over = true;
        }
        va_end(again);
        put_form(&kept);
    }
    errno = errno_before;
}

void edoi_log_write(const edo_callsite *site, const edo_kv *fields, size_t fields_n,
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
    uint32_t who = edoi_wanted_by((edo_callsite *)(uintptr_t)site);
    va_list args;
    va_start(args, format);
    if (who & 1u << THE_LOG) log_event(&event, format, args);
    va_end(args);
    va_start(args, format);
    if (EDOI_UNLIKELY(who >> 1 != 0)) edoi_receivers_tell(who, &event, format, args);
    va_end(args);
    edoi_described_end(&d);
}

/* ---- Ends of spans --------------------------------------------------------------------------- */

EDO_PRINTF(2, 3)
static void log_tell_itself(const edoi_event *event, const char *format, ...) {
    va_list args;
    va_start(args, format);
    log_event(event, format, args);
    va_end(args);
}

EDO_PRINTF(3, 4)
static void log_tell_others(uint32_t who, const edoi_event *event, const char *format, ...) {
    va_list args;
    va_start(args, format);
    edoi_receivers_tell(who, event, format, args);
    va_end(args);
}

void edoi_span_close(edo_span *s, int result) {
    edoi_span_finish(s, result);
    uint32_t who = edoi_wanted_by((edo_callsite *)(uintptr_t)s->site);
    if (edoi_load_rlx_u32(&logger.tells_spans) == 0) who &= ~(1u << THE_LOG); // relaxed: a setting
    if (who == 0) return;
    const edo_kv fields[] = { EDO_KV("took_us", edoi_span_took_ns(s) / 1000),
                              EDO_KV("error", edo_error_name(s->result)) };
    const edoi_event event = { .site = s->site,
                               .task = edoi_task_name(),
                               .span = s,
                               .ended = s,
                               .fields = fields,
                               .fields_n = s->result < 0 ? 2 : 1 };
    if (who & 1u << THE_LOG) log_tell_itself(&event, "ended");
    if (who >> 1 != 0) log_tell_others(who, &event, "ended");
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
