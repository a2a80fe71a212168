/* SPDX-License-Identifier: MIT */
/* log/told/lines.c: edo_log_add_lines(): a receiver that writes lines. */
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "log/form.h"

#include <edo/receiver.h>

#include <errno.h>

static void lines_put(const edoi_log_form *form, edo_str line, edo_level level) {
    if (form->queue) {
        (void)edoi_log_queue_add(form->queue, line, level); // it counts what it drops
    } else if (edoi_log_output_begin(form->output)) {
        if (!edoi_log_output_put(form->output, form->fd, line)) edoi_log_output_drop(form->output);
        edoi_log_output_end(form->output);
    }
}

static void lines_event(void *arg, const edo_event *e) {
    const edoi_log_form *form = arg;
    const edoi_event event = { .site = e->site,
                               .task = e->task,
                               .span = e->span,
                               .ended = e->ended,
                               .fields = e->fields,
                               .fields_n = e->fields_n };
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    if (!scratch) return;
    edo_str line = edoi_log_build_by(scratch, form, &event, "%s", e->message.ptr);
    lines_put(form, line, e->site->level);
    edoi_log_scratch_give(scratch);
}

static void lines_drop(void *arg) {
    edoi_log_form *form = arg;
    if (form->output) edoi_log_output_settle(form->output);
    edoi_log_output_unref(form->output);
    edoi_log_queue_leave(form->queue);
    edoi_free(form);
}

int edo_log_add_lines(edo_receiver **out, const edo_log_opts *lines) {
    static const edo_receiver_ops ops = { .event = lines_event, .drop = lines_drop };
    const edo_receiver_opts opts = { .filter = lines->filter,
                                     .level = lines->level,
                                     .spans = lines->spans };
    if (!edoi_all_zero(lines->reserved, EDO_COUNT(lines->reserved)) ||
        lines->format > EDO_LOG_JSON || lines->fd < 0)
        return -EINVAL;
    edoi_log_form *form = edoi_alloc(sizeof *form);
    if (!form) return -ENOMEM;
    *form = edoi_log_form_of(lines);
    int err = edoi_log_form_open(form) ? edo_log_add(out, &ops, form, &opts) : -ENOMEM;
    if (err < 0) lines_drop(form);
    return err;
}
