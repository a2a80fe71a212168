/* SPDX-License-Identifier: MIT */
/* log/form.c: see form.h. */
#include "log/form.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

edoi_log_form edoi_log_form_of(const edo_log_opts *opts) {
    return (edoi_log_form){ .fd = opts->fd == 0 ? STDERR_FILENO : opts->fd,
                            .with_time = !opts->no_time,
                            .at_once = opts->at_once,
                            .with_spans = opts->spans,
                            .format = opts->format };
}

bool edoi_log_form_open(edoi_log_form *form) {
    form->queue = form->at_once ? NULL : edoi_log_queue_use(form->fd);
    form->output = form->queue ? NULL : edoi_log_output_of(form->fd);
    return edoi_log_form_writes(form);
}

edo_str edoi_log_build(edoi_log_scratch *scratch, const edoi_log_form *form, edoi_event event,
                       const char *format, va_list args) {
    struct timespec now;
    if (form->with_time && clock_gettime(CLOCK_REALTIME, &now) == 0) event.time = &now;
    int length = vsnprintf(scratch->message, sizeof scratch->message, format, args);
    event.message = scratch->message;
    event.message_n = length < 0 ? 0 : (size_t)length; // the line cuts it
    edoi_log_line_write(&scratch->line, &event, form->format);
    return (edo_str){ scratch->line.bytes, scratch->line.n };
}
