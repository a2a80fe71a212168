/* SPDX-License-Identifier: MIT */
/* log/sink.c: see sink.h. */
#include "log/sink.h"

#include "base/fork.h"
#include "base/lock.h"

#include <errno.h>

static struct sinks { edoi_lock lock; } sinks;

EDOI_ON_FORK(.lock = &sinks.lock);

/* ---- The form of now ------------------------------------------------------------------------- */

/* With a reference to its queue or output, if there is one. */
static edoi_log_form get_form(edoi_log_sink *sink) {
    edoi_lock_acquire(&sinks.lock);
    edoi_log_form form = sink->form;
    if (form.queue) edoi_log_queue_ref(form.queue);
    if (form.output) edoi_log_output_ref(form.output);
    edoi_lock_release(&sinks.lock);
    return form;
}

static void put_form(const edoi_log_form *form) {
    edoi_log_queue_unref(form->queue);
    edoi_log_output_unref(form->output);
}

bool edoi_log_sink_writes(edoi_log_sink *sink) {
    edoi_lock_acquire(&sinks.lock);
    bool writes = edoi_log_form_writes(&sink->form);
    edoi_lock_release(&sinks.lock);
    return writes;
}

edoi_log_form edoi_log_sink_swap(edoi_log_sink *sink, const edoi_log_form *form) {
    edoi_lock_acquire(&sinks.lock);
    edoi_log_form before = sink->form;
    sink->form = *form;
    edoi_lock_release(&sinks.lock);
    return before;
}

/* Called with the lock held. */
static bool is_form_of_now(const edoi_log_sink *sink, const edoi_log_form *form) {
    const edoi_log_form *now = &sink->form;
    return now->queue == form->queue && now->output == form->output && now->fd == form->fd;
}

/* Makes `now` the form of `sink` if that still is `before`; false: it is another by now. */
static bool sink_swap_if(edoi_log_sink *sink, const edoi_log_form *before,
                         const edoi_log_form *now) {
    edoi_lock_acquire(&sinks.lock);
    bool is_same = is_form_of_now(sink, before);
    if (is_same) sink->form = *now;
    edoi_lock_release(&sinks.lock);
    return is_same;
}

/* ---- Lines that were lost -------------------------------------------------------------------- */

/* In turn: once there is room again, says how many lines were dropped. */
static void sink_tell_lost(const edoi_log_form *form) {
    edoi_log_output *out = form->output;
    out->writer.fd = form->fd;
    if (!edoi_log_output_has_lost(out) || !edoi_writer_has_room(&out->writer)) return;
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    if (!scratch) return;
    const edo_kv lines = EDO_KV("lines", edoi_log_output_take_lost(out));
    if (!edoi_log_output_put(out, form->fd, edoi_log_build_lost(scratch, &form->look, &lines, 1)))
        edoi_log_output_lose(out, lines.value.whole);
    edoi_log_scratch_give(scratch);
}

/* Not where the descriptor leads elsewhere by now: that lost nothing. */
static void tell_rest(const edoi_log_form *form) {
    edoi_log_output *out = form->output;
    if (!out || !edoi_log_output_has_lost(out) || !edoi_log_output_leads(out, form->fd)) return;
    if (!edoi_log_output_begin(out)) return;
    sink_tell_lost(form);
    edoi_log_output_end(out);
}

void edoi_log_sink_tell_lost(edoi_log_sink *sink) {
    edoi_log_form form = get_form(sink);
    tell_rest(&form);
    put_form(&form);
}

/* ---- Another form ---------------------------------------------------------------------------- */

void edoi_log_form_forget(const edoi_log_form *form) {
    edoi_log_output_unref(form->output);
    edoi_log_queue_leave(form->queue);
}

void edoi_log_form_leave(const edoi_log_form *form) {
    if (form->output) edoi_log_output_settle(form->output);
    tell_rest(form);
    edoi_log_form_forget(form);
}

static bool leads_there(const edoi_log_form *form) {
    if (!edoi_log_form_writes(form)) return true;
    if (!form->at_once && form->way != edoi_log_queues_way()) return false;
    return !form->output || edoi_log_output_leads(form->output, form->fd);
}

/* Without memory it writes as before. */
static void sink_renew(edoi_log_sink *sink, const edoi_log_form *before) {
    edoi_log_form now = *before;
    if (!edoi_log_form_open(&now)) {
        now.queue = before->queue;
        now.output = before->output;
        (void)sink_swap_if(sink, before, &now); // it has the number of now, and asks no more
    } else if (sink_swap_if(sink, before, &now)) {
        tell_rest(before);
        edoi_log_form_forget(before);
    } else {
        edoi_log_form_forget(&now);
    }
}

/* With a reference, as get_form(). */
static edoi_log_form get_form_of_now(edoi_log_sink *sink) {
    edoi_log_form form = get_form(sink);
    if (EDOI_LIKELY(leads_there(&form))) return form;
    sink_renew(sink, &form);
    put_form(&form);
    return get_form(sink);
}

void edoi_log_sink_follow(edoi_log_sink *sink) {
    edoi_log_form form = get_form_of_now(sink);
    put_form(&form);
}

/* ---- At once --------------------------------------------------------------------------------- */

/* In turn. */
static EDO_PRINTF(3, 0) void write_at_once(const edoi_log_form *form, const edoi_event *event,
                                           const char *format, va_list args) {
    sink_tell_lost(form);
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    bool is_written =
        scratch && edoi_log_output_put(form->output, form->fd,
                                       edoi_log_build(scratch, &form->look, *event, format, args));
    if (!is_written) edoi_log_output_drop(form->output);
    if (scratch) edoi_log_scratch_give(scratch);
}

/* Called with the output's turn. Does the sink still write to the output of `form`? Then the rest
 * of `form` is brought up to date. */
static bool renew_look(edoi_log_sink *sink, edoi_log_form *form) {
    edoi_lock_acquire(&sinks.lock);
    bool is_same = is_form_of_now(sink, form);
    if (is_same) *form = sink->form;
    edoi_lock_release(&sinks.lock);
    return is_same;
}

/* True: it is written, or dropped; false: the sink has another form meanwhile. */
static EDO_PRINTF(4, 0) bool try_at_once(edoi_log_sink *sink, edoi_log_form *form,
                                         const edoi_event *event, const char *format,
                                         va_list args) {
    if (!edoi_log_output_begin(form->output)) return true;
    bool is_same = renew_look(sink, form);
    if (is_same) write_at_once(form, event, format, args);
    edoi_log_output_end(form->output);
    return is_same;
}

/* ---- By the queue ---------------------------------------------------------------------------- */

static EDO_PRINTF(3, 0) void write_to_queue(const edoi_log_form *form, const edoi_event *event,
                                            const char *format, va_list args) {
    if (EDOI_UNLIKELY(edoi_log_queue_is_full(form->queue, event->site->level))) return;
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    if (!scratch) {
        edoi_log_queue_drop(form->queue, event->site->level);
        return;
    }
    edo_str line = edoi_log_build(scratch, &form->look, *event, format, args);
    (void)edoi_log_queue_add(form->queue, line, event->site->level); // it counts what it drops
    edoi_log_scratch_give(scratch);
}

/* ---- An event -------------------------------------------------------------------------------- */

/* False: the sink has another form meanwhile. */
EDO_PRINTF(4, 0)
static bool sink_try_write(edoi_log_sink *sink, edoi_log_form *form, const edoi_event *event,
                           const char *format, va_list args) {
    if (form->output) return try_at_once(sink, form, event, format, args);
    if (form->queue) write_to_queue(form, event, format, args);
    return true;
}

void edoi_log_sink_write(edoi_log_sink *sink, const edoi_event *event, const char *format,
                         va_list args) {
    int errno_before = errno;
    bool is_over = false;
    while (!is_over) {
        edoi_log_form form = get_form_of_now(sink);
        va_list again;
        va_copy(again, args);
        is_over = sink_try_write(sink, &form, event, format, again);
        va_end(again);
        put_form(&form);
    }
    errno = errno_before;
}

void edoi_log_sink_write_by(edoi_log_sink *sink, const edoi_event *event, const char *format, ...) {
    va_list args;
    va_start(args, format);
    edoi_log_sink_write(sink, event, format, args);
    va_end(args);
}
