/* SPDX-License-Identifier: MIT */
/* log/form.h: how the lines of a log, or of a receiver, look, and where they are written. */
#ifndef EDOI_LOG_FORM_H
#define EDOI_LOG_FORM_H

#include "log/out/queue.h"
#include "log/scratch.h"

#include <stdarg.h>

typedef struct edoi_log_form {
    edoi_log_queue *queue;   /* whose writer writes the lines; NULL: they are written at once, or */
    edoi_log_output *output; /* NULL, too: nothing is written */
    int fd;
    bool at_once;
    edo_log_colour colour; /* as it was asked for, by the program, or the environment */
    uint32_t way;          /* edoi_log_queues_way() when it was opened */
    edoi_log_look look;
} edoi_log_form;

EDOI_INLINE bool edoi_log_form_writes(const edoi_log_form *form) {
    return form->queue || form->output;
}

/* Fills in what the options say; it is not open. -EINVAL: they are not valid. */
EDO_MUST_USE int edoi_log_form_of(edoi_log_form *form, const edo_log_opts *opts);

/* Finds what lines are written to; false: there is no memory. */
EDO_MUST_USE bool edoi_log_form_open(edoi_log_form *form);

/* Builds a line in `scratch`. */
edo_str edoi_log_build(edoi_log_scratch *scratch, const edoi_log_look *look, edoi_event event,
                       const char *format, va_list args) EDO_PRINTF(4, 0);

/* Builds the line that says what was lost. */
edo_str edoi_log_build_lost(edoi_log_scratch *scratch, const edoi_log_look *look,
                            const edo_kv *fields, size_t fields_n);

#endif
