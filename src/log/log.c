/* SPDX-License-Identifier: MIT */
/* log/log.c: the log of the process: its filter, its output, and the path of an event.
 *
 * inv. 1: edoi_log_level_max is the filter's highest level while the log is started, otherwise 0.
 * inv. 2: a site's interest includes the number of the filter it was computed with; another filter
 *         has another number, so a stale interest is computed again.
 *
 * Threads: `lock` is a leaf lock. A line is built by the thread that logs, and goes to a queue, or
 * is written at once, in the turn of its output. Order: a turn, then `lock`. */
#include "base/assert.h"
#include "base/error/trail.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/lock.h"
#include "base/opts.h"
#include "log/filter.h"
#include "log/out/crash.h"
#include "log/out/queue.h"
#include "log/scratch.h"
#include "log/start.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EDO_LOG_ENV "EDO_LOG"

edo_atomic_u32 edoi_log_level_max; /* written under `lock`, inv. 1 */

/* How lines are written, and where. */
typedef struct log_form {
    edoi_log_queue *queue;   /* whose writer writes the lines; NULL: they are written at once, or */
    edoi_log_output *output; /* NULL, too: the log is stopped */
    int fd;
    bool with_time;
    bool at_once;
    edo_log_format format;
} log_form;

static struct logger {
    edoi_lock lock;
    log_form form;            /* lock: lock */
    bool is_chosen;           /* lock: lock; the program has started or stopped it */
    edoi_filter filter;       /* lock: lock */
    edo_atomic_u32 filter_id; /* written under `lock`; even, which leaves one bit free; inv. 2 */
} logger;

EDOI_ON_FORK(.lock = &logger.lock);

/* ---- The filter ------------------------------------------------------------------------------ */

static bool form_writes(const log_form *form) {
    return form->queue || form->output;
}

/* Called with the lock held: restores inv. 1 and inv. 2 after a change. */
static void filter_changed(void) {
    edo_level most =
        form_writes(&logger.form) ? edoi_filter_level_max(&logger.filter) : EDO_LEVEL_OFF;
    edoi_store_rlx_u32(&edoi_log_level_max, (uint32_t)most);
    EDO_INV("log inv. 1", edoi_lock_is_held(&logger.lock));
    EDO_INV("log inv. 2", edoi_load_rlx_u32(&logger.filter_id) % 2 == 0);
    // relaxed: the filter itself is read under the lock
    edoi_store_rlx_u32(&logger.filter_id, edoi_load_rlx_u32(&logger.filter_id) + 2);
}

static void set_filter(const edoi_filter *filter) {
    edoi_lock_acquire(&logger.lock);
    logger.filter = *filter;
    filter_changed();
    edoi_lock_release(&logger.lock);
}

/* Checks the filter; stores its number in `*id`. */
static bool log_passes(edo_level level, const char *target, const char *file, uint32_t *id) {
    size_t target_n = 0;
    target = edoi_target_of(target, file, &target_n);
    edoi_lock_acquire(&logger.lock);
    bool is_on =
        form_writes(&logger.form) && level <= edoi_filter_level(&logger.filter, target, target_n);
    *id = edoi_load_rlx_u32(&logger.filter_id);
    edoi_lock_release(&logger.lock);
    return is_on;
}

bool edoi_log_wants(edo_callsite *site) {
    uint32_t id = edoi_load_rlx_u32(&logger.filter_id);
    uint32_t interest = edoi_load_rlx_u32(&site->interest);
    if ((interest & ~1u) == id) return (interest & 1u) != 0; // inv. 2
    bool is_on = log_passes(site->level, site->target, site->file, &id);
    edoi_store_rlx_u32(&site->interest, id | (is_on ? 1u : 0u));
    return is_on;
}

bool edoi_log_asks(edo_level level, const char *target, const char *file) {
    uint32_t id = 0;
    return log_passes(level, target, file, &id);
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

static void log_tell_lost(const log_form *form);
static edo_str log_print_lost(const edoi_log_lost *lost, char *at, size_t room);

/* Nothing may be logged any more after which lost lines would be told. */
static void log_tell_rest(const log_form *form) {
    if (!edoi_log_output_has_lost(form->output) || !edoi_log_output_begin(form->output)) return;
    log_tell_lost(form);
    edoi_log_output_end(form->output);
}

/* Gives back what `form` writes to. If it was the log's, lines that other threads are writing are
 * finished first. */
static void log_leave(const log_form *form, bool was_the_log) {
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
static bool log_set_form(const log_form *form, const edoi_filter *filter, bool only_first) {
    edoi_lock_acquire(&logger.lock);
    bool is_set = !only_first || !logger.is_chosen;
    log_form left = is_set ? logger.form : *form;
    if (is_set) {
        logger.form = *form;
        logger.is_chosen = true;
        if (filter) logger.filter = *filter;
        filter_changed();
    }
    edoi_lock_release(&logger.lock);
    log_leave(&left, is_set);
    return is_set;
}

/* Finds what lines are written to; false: there is no memory. */
static bool form_open(log_form *form) {
    form->queue = form->at_once ? NULL : edoi_log_queue_use(form->fd);
    form->output = form->queue ? NULL : edoi_log_output_of(form->fd);
    if (form->queue) edoi_log_queue_tells(form->queue, log_print_lost);
    return form_writes(form);
}

static bool is_form_of_now(const log_form *form) {
    return form->queue == logger.form.queue && form->output == logger.form.output;
}

/* Lines may be queued from now on, or may not any more: the log goes that way. Without memory it
 * stays as it is. */
static void log_change_way(bool is_queued) {
    edoi_log_queues_allow(is_queued);
    edoi_lock_acquire(&logger.lock);
    log_form before = logger.form, now = before;
    edoi_lock_release(&logger.lock);
    if (!form_writes(&before) || !form_open(&now)) return;
    edoi_lock_acquire(&logger.lock);
    bool is_same = is_form_of_now(&before); // else it was started anew, and had the choice
    if (is_same) logger.form = now;
    edoi_lock_release(&logger.lock);
    log_leave(is_same ? &before : &now, is_same);
}

static int log_start(const edo_log_opts *opts, const edoi_filter *filter, bool only_first) {
    int fd = opts->fd == 0 ? STDERR_FILENO : opts->fd;
    log_form form = {
        .fd = fd, .with_time = !opts->no_time, .at_once = opts->at_once, .format = opts->format
    };
    if (!form_open(&form)) return -ENOMEM;
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
    const log_form none = { .output = NULL };
    (void)log_set_form(&none, NULL, false);
}

uint64_t edo_log_dropped(void) {
    return edoi_log_outputs_dropped();
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* The form of now. With a reference to its queue or output, if there is one. */
static log_form get_form(void) {
    edoi_lock_acquire(&logger.lock);
    log_form form = logger.form;
    if (form.queue) edoi_log_queue_ref(form.queue);
    if (form.output) edoi_log_output_ref(form.output);
    edoi_lock_release(&logger.lock);
    return form;
}

static void put_form(const log_form *form) {
    edoi_log_queue_unref(form->queue);
    edoi_log_output_unref(form->output);
}

void edoi_log_end(void) {
    log_form form = get_form();
    if (form.output) log_tell_rest(&form);
    put_form(&form);
    (void)edoi_log_queues_flush(); // of access logs, too
    log_change_way(false);
}

/* Builds a line in `scratch`. */
static EDO_PRINTF(4, 0) edo_str build(edoi_log_scratch *scratch, const log_form *form,
                                      edoi_event event, const char *format, va_list args) {
    struct timespec now;
    if (form->with_time && clock_gettime(CLOCK_REALTIME, &now) == 0) event.time = &now;
    int length = vsnprintf(scratch->message, sizeof scratch->message, format, args);
    event.message = scratch->message;
    event.message_n = length < 0 ? 0 : (size_t)length; // the line cuts it
    edoi_log_line_write(&scratch->line, &event, form->format);
    return (edo_str){ scratch->line.bytes, scratch->line.n };
}

static EDO_PRINTF(4, 5) edo_str build_own(edoi_log_scratch *scratch, const log_form *form,
                                          const edoi_event *event, const char *format, ...) {
    va_list args;
    va_start(args, format);
    edo_str line = build(scratch, form, *event, format, args);
    va_end(args);
    return line;
}

/* ---- Lines that were lost -------------------------------------------------------------------- */

static edo_str build_lost(edoi_log_scratch *scratch, const log_form *form, const edo_kv *fields,
                          size_t fields_n) {
    static const edo_callsite site = { "edo.log", __FILE__,       __func__,
                                       __LINE__,  EDO_LEVEL_WARN, { 0 } };
    const edoi_event event = { .site = &site, .fields = fields, .fields_n = fields_n };
    return build_own(scratch, form, &event, "lines were dropped: they were not read");
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
    log_form form = get_form();
    edo_str line = build_lost(scratch, &form, fields, fields_n);
    put_form(&form);
    if (line.len > room) line.len = 0;
    memcpy(at, line.ptr, line.len);
    edoi_log_scratch_give(scratch);
    return (edo_str){ at, line.len };
}

/* In turn: once there is room again, says how many lines were dropped. */
static void log_tell_lost(const log_form *form) {
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
static void log_follow(const log_form *form) {
    log_form now = *form;
    now.output = edoi_log_output_of(form->fd);
    if (!now.output) return;
    edoi_lock_acquire(&logger.lock);
    bool is_same = form->output == logger.form.output && form->fd == logger.form.fd;
    if (is_same) logger.form.output = now.output;
    edoi_lock_release(&logger.lock);
    edoi_log_output_unref(is_same ? form->output : now.output);
}

/* The form for an event of now, with a reference to its queue or output, if there is one. */
static log_form get_form_of_now(void) {
    log_form form = get_form();
    if (form.output && !edoi_log_output_leads(form.output, form.fd)) {
        log_follow(&form);
        put_form(&form);
        form = get_form();
    }
    return form;
}

/* In turn: is its output still that of the log? Then the rest is made that of now, too. */
static bool renew_form(log_form *form) {
    edoi_lock_acquire(&logger.lock);
    bool is_same = is_form_of_now(form);
    if (is_same) *form = logger.form;
    edoi_lock_release(&logger.lock);
    return is_same;
}

/* In turn. */
static EDO_PRINTF(3, 0) void log_write_at_once(const log_form *form, const edoi_event *event,
                                               const char *format, va_list args) {
    log_tell_lost(form);
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    bool is_written = scratch && edoi_log_output_put(form->output, form->fd,
                                                     build(scratch, form, *event, format, args));
    if (!is_written) edoi_log_output_drop(form->output);
    if (scratch) edoi_log_scratch_give(scratch);
}

/* True: it is written, or dropped; false: the log was started anew meanwhile. */
static EDO_PRINTF(3, 0) bool try_at_once(log_form *form, const edoi_event *event,
                                         const char *format, va_list args) {
    if (!edoi_log_output_begin(form->output)) return true;
    bool is_same = renew_form(form);
    if (is_same) log_write_at_once(form, event, format, args);
    edoi_log_output_end(form->output);
    return is_same;
}

/* ---- By the queue ---------------------------------------------------------------------------- */

static EDO_PRINTF(3, 0) void write_to_queue(const log_form *form, const edoi_event *event,
                                            const char *format, va_list args) {
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    if (!scratch) {
        edoi_log_queue_drop(form->queue, event->site->level);
        return;
    }
    edo_str line = build(scratch, form, *event, format, args);
    (void)edoi_log_queue_add(form->queue, line, event->site->level); // it counts what it drops
    edoi_log_scratch_give(scratch);
}

void edoi_log_write(const edo_callsite *site, const edo_kv *fields, size_t fields_n,
                    const char *format, ...) {
    int errno_before = errno;
    const edoi_event event = {
        .site = site,
        .task = edoi_task_name(),
        .fields = fields,
        .fields_n = fields_n,
    };
    bool is_over = false;
    while (!is_over) {
        log_form form = get_form_of_now();
        log_form kept = form;
        va_list args;
        va_start(args, format);
        if (form.output) {
            is_over = try_at_once(&form, &event, format, args);
        } else {
            if (form.queue) write_to_queue(&form, &event, format, args);
            is_over = true;
        }
        va_end(args);
        put_form(&kept);
    }
    errno = errno_before;
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
