/* SPDX-License-Identifier: MIT */
/* log/line.h: one event as one line, text or JSON, in a buffer of fixed size.
 *
 * inv. 1: the line is always complete: texts are cut between characters, a field that does not fit
 *         is dropped with all later ones, and there is always room for the line's end.
 * inv. 2: the only line end is the last byte. */
#ifndef EDOI_LOG_LINE_H
#define EDOI_LOG_LINE_H

#include <edo/log.h>

#include <time.h>

#define EDOI_LINE_BYTES_MAX 8192u
#define EDOI_MESSAGE_MAX    2000u /* bytes of a message before it is escaped */
#define EDOI_VALUE_MAX      1000u /* of a text value */

typedef struct edoi_log_line {
    char bytes[EDOI_LINE_BYTES_MAX];
    size_t n;
    size_t limit; /* limit of writing */
    bool is_cut;  /* something was dropped */
    bool is_full; /* the last piece did not fit */
} edoi_log_line;

/* An event to be written. */
typedef struct edoi_event {
    const edo_callsite *site;
    const struct timespec *time; /* NULL: no time */
    const char *task;            /* NULL: on a plain thread */
    const char *message;
    size_t message_n; /* the full length, which may exceed EDOI_MESSAGE_MAX */
    const edo_kv *fields;
    size_t fields_n;
} edoi_event;

/* The target of a site: its own, or the file's name without directories and extension. */
const char *edoi_target_of(const char *target, const char *file, size_t *n);

/* Writes `event` in the form `format`, from the start of the line. */
void edoi_log_line_write(edoi_log_line *line, const edoi_event *event, edo_log_format format);

#endif
