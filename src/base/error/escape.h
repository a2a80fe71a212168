/* SPDX-License-Identifier: MIT */
/* base/error/escape.h: makes untrusted bytes safe for people and for JSON parsers.
 *
 * Bytes from the network may end up in a trail or a log: control bytes would control the terminal,
 * a line end would forge a line, invalid UTF-8 would break the reader. */
#ifndef EDOI_BASE_ERROR_ESCAPE_H
#define EDOI_BASE_ERROR_ESCAPE_H

#include <edo/base.h>

typedef enum edoi_escape {
    EDOI_ESCAPE_TEXT,   /* control characters and bad bytes as \n or \xNN; the rest unchanged */
    EDOI_ESCAPE_QUOTED, /* as text, plus \" and \\ : for use between quotes */
    EDOI_ESCAPE_JSON,   /* for use between the quotes of a JSON string; bad bytes are U+FFFD */
} edoi_escape;

#define EDOI_ESCAPE_ONE_MAX 8 /* maximum length of one escaped character */

/* Writes the first character of the `n` > 0 bytes at `s`, escaped as `form`; returns the bytes
 * written, and in `*took` the bytes read. */
size_t edoi_escape_one(char out[EDOI_ESCAPE_ONE_MAX], const char *s, size_t n, edoi_escape form,
                       size_t *took);

/* Writes as many whole characters of the `n` bytes at `s` as fit into `room` bytes, escaped as
 * `form`; returns the bytes written. */
size_t edoi_escape_cut(char *out, size_t room, const char *s, size_t n, edoi_escape form);

/* How many of the `n` bytes at `s` can be copied unchanged: printable ASCII except \ and ". */
size_t edoi_escape_plain(const char *s, size_t n);

#endif
