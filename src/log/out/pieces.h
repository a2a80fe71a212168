/* SPDX-License-Identifier: MIT */
/* log/out/pieces.h: a line in a buffer of fixed size, and what it is put together from. */
#ifndef EDOI_LOG_OUT_PIECES_H
#define EDOI_LOG_OUT_PIECES_H

#include "base/error/escape.h"

#include <edo/log.h>

#include <string.h>
#include <time.h>

#define EDOI_LINE_BYTES_MAX 8192u
#define EDOI_MESSAGE_MAX    2000u /* bytes of a message before it is escaped */
#define EDOI_VALUE_MAX      1000u /* of a text value */

/* How lines look. */
typedef struct edoi_log_look {
    edo_log_format format;
    bool with_time;
    bool has_colour; /* of its level */
} edoi_log_look;

typedef struct edoi_log_line {
    char bytes[EDOI_LINE_BYTES_MAX];
    size_t n;
    size_t limit; /* limit of writing */
    bool is_cut;  /* something was dropped */
    bool is_full; /* the last piece did not fit */
} edoi_log_line;

EDOI_INLINE void edoi_line_put_bytes(edoi_log_line *line, const char *s, size_t n) {
    if (n > line->limit - line->n) {
        line->is_full = true;
        return;
    }
    memcpy(line->bytes + line->n, s, n);
    line->n += n;
}

/* Inline, so that a literal's length is a constant, and its copy a store: a line has dozens. */
EDOI_INLINE void edoi_line_put(edoi_log_line *line, const char *s) {
    edoi_line_put_bytes(line, s, strlen(s));
}

/* `s` escaped, in at most `most` bytes; the rest is cut. */
void edoi_line_put_escaped(edoi_log_line *line, const char *s, size_t n, edoi_escape form,
                           size_t most);
void edoi_line_put_quoted(edoi_log_line *line, const char *s, size_t n, edoi_escape form,
                          size_t most);
void edoi_line_put_time(edoi_log_line *line, const struct timespec *time);

/* The time of day, in milliseconds. */
void edoi_line_put_clock(edoi_log_line *line, const struct timespec *time);

void edoi_line_put_uint(edoi_log_line *line, uint64_t number);

#define EDOI_FIELD_TEXT_MAX 64

/* Writes a value that is no text, as text has it, without a NUL; returns its length. */
size_t edoi_field_text(char text[EDOI_FIELD_TEXT_MAX], const edo_kv *kv);

/* key=value, or "key":value */
void edoi_line_put_field(edoi_log_line *line, const edo_kv *kv, bool is_json);

/* How many bytes of `s` are written if at most `most` may be: never a part of a character. */
size_t edoi_line_clip(edoi_log_line *line, const char *s, size_t n, size_t most);

#endif
