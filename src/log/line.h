/* SPDX-License-Identifier: MIT */
/* log/line.h: one event as one line, in each of the forms.
 *
 * inv. 1: the line is always complete: texts are cut between characters, a field that does not fit
 *         is dropped with all later ones, and there is always room for the line's end.
 * inv. 2: the only line end is the last byte. */
#ifndef EDOI_LOG_LINE_H
#define EDOI_LOG_LINE_H

#include "log/out/pieces.h"

#include <edo/receiver.h>

#include <time.h>

/* An event to be written. */
typedef struct edoi_event {
    const edo_callsite *site;
    const struct timespec *time; /* NULL: no time */
    const char *task;            /* NULL: on a plain thread */
    const edo_span *span;        /* it lies in; NULL: none */
    const edo_span *ended;       /* the end of this span is the event; NULL: it is another */
    const char *message;
    size_t message_n; /* the full length, which may exceed EDOI_MESSAGE_MAX */
    const edo_kv *fields;
    size_t fields_n;
} edoi_event;

/* The target of a site: its own, or the file's name without directories and extension. */
const char *edoi_target_of(const char *target, const char *file, size_t *n);

/* Writes `event`, from the start of the line. Whether it has a time is the event's. */
void edoi_log_line_write(edoi_log_line *line, const edoi_event *event, const edoi_log_look *look);

/* The same, as text and without a time, of an event as receivers are told of it. */
EDO_API void edoi_log_line_write_told(edoi_log_line *line, const edo_event *e);

#endif
