/* SPDX-License-Identifier: MIT */
/* log/told/lines.c: edo_log_add_lines(): a receiver that writes lines. */
#include "base/memory/alloc.h"
#include "log/sink.h"

#include <edo/receiver.h>

#include <errno.h>

static void lines_event(void *arg, const edo_event *e) {
    const edoi_event event = { .site = e->site,
                               .task = e->task,
                               .span = e->span,
                               .ended = e->ended,
                               .fields = e->fields,
                               .fields_n = e->fields_n };
    edoi_log_sink_write_by(arg, &event, "%s", e->message.ptr);
}

static void lines_drop(void *arg) {
    const edoi_log_form none = { .output = NULL };
    edoi_log_form last = edoi_log_sink_swap(arg, &none);
    edoi_log_form_leave(&last);
    edoi_free(arg);
}

int edo_log_add_lines(edo_receiver **out, const edo_log_opts *lines) {
    static const edo_receiver_ops ops = { .event = lines_event, .drop = lines_drop };
    const edo_receiver_opts opts = { .filter = lines->filter,
                                     .level = lines->level,
                                     .spans = lines->spans,
                                     .name = lines->name ? lines->name : "lines" };
    edoi_log_form form;
    int err = edoi_log_form_of(&form, lines);
    if (err < 0) return err;
    edoi_log_sink *sink = edoi_alloc(sizeof *sink);
    if (!sink) return -ENOMEM;
    sink->form = form;
    err = edoi_log_form_open(&sink->form) ? edo_log_add(out, &ops, sink, &opts) : -ENOMEM;
    if (err < 0) lines_drop(sink);
    return err;
}
