/* SPDX-License-Identifier: MIT */
/* log/form.c: see form.h. */
#include "log/form.h"

#include <stdio.h>
#include <string.h>
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

/* The message, in `room` only if something has to be printed. */
EDO_PRINTF(3, 0)
static edo_str print_message(char *room, size_t room_n, const char *format, va_list args) {
    if (!strcmp(format, "%s")) { // that of the macros with fields
        const char *text = va_arg(args, const char *);
        return edo_str_of(text ? text : "(null)");
    }
    if (!strchr(format, '%')) return edo_str_of(format);
    int length = vsnprintf(room, room_n, format, args);
    return (edo_str){ room, length < 0 ? 0 : (size_t)length }; // the line cuts it
}

edo_str edoi_log_build(edoi_log_scratch *scratch, const edoi_log_form *form, edoi_event event,
                       const char *format, va_list args) {
    struct timespec now;
    if (form->with_time && clock_gettime(CLOCK_REALTIME, &now) == 0) event.time = &now;
    edo_str message = print_message(scratch->message, sizeof scratch->message, format, args);
    event.message = message.ptr;
    event.message_n = message.len;
    edoi_log_line_write(&scratch->line, &event, form->format);
    return (edo_str){ scratch->line.bytes, scratch->line.n };
}

edo_str edoi_log_build_by(edoi_log_scratch *scratch, const edoi_log_form *form,
                          const edoi_event *event, const char *format, ...) {
    va_list args;
    va_start(args, format);
    edo_str line = edoi_log_build(scratch, form, *event, format, args);
    va_end(args);
    return line;
}
