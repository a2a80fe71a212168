/* SPDX-License-Identifier: MIT */
/* log/form.h: how the lines of a log, or of a receiver, are written, and where. */
#ifndef EDOI_LOG_FORM_H
#define EDOI_LOG_FORM_H

#include "log/out/queue.h"
#include "log/scratch.h"

#include <stdarg.h>

typedef struct edoi_log_form {
    edoi_log_queue *queue;   /* whose writer writes the lines; NULL: they are written at once, or */
    edoi_log_output *output; /* NULL, too: nothing is written */
    int fd;
    bool with_time;
    bool at_once;
    bool with_spans; /* ends of spans are lines */
    edo_log_format format;
} edoi_log_form;

EDOI_INLINE bool edoi_log_form_writes(const edoi_log_form *form) {
    return form->queue || form->output;
}

/* What the options say; it is not open. */
edoi_log_form edoi_log_form_of(const edo_log_opts *opts);

/* Finds what lines are written to; false: there is no memory. */
EDO_MUST_USE bool edoi_log_form_open(edoi_log_form *form);

/* Builds a line in `scratch`. */
edo_str edoi_log_build(edoi_log_scratch *scratch, const edoi_log_form *form, edoi_event event,
                       const char *format, va_list args) EDO_PRINTF(4, 0);

/* As edoi_log_build(), of arguments. */
edo_str edoi_log_build_by(edoi_log_scratch *scratch, const edoi_log_form *form,
                          const edoi_event *event, const char *format, ...) EDO_PRINTF(4, 5);

#endif
