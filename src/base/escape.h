/* SPDX-License-Identifier: MIT */
/* base/escape.h: outside bytes made fit to be read by people and by JSON parsers.
 *
 * Whatever came from the network may end up in a trail or a log: control bytes would steer the
 * terminal, a line end would forge a line, invalid UTF-8 would break the reader. */
#ifndef EDOI_BASE_ESCAPE_H
#define EDOI_BASE_ESCAPE_H

#include <edo/base.h>

typedef enum edoi_escape {
    EDOI_ESCAPE_TEXT,   /* control characters and bad bytes as \n or \xNN; the rest as it is */
    EDOI_ESCAPE_QUOTED, /* as text, and \" and \\ : what stands between quotes */
    EDOI_ESCAPE_JSON,   /* what stands between the quotes of a JSON string; bad bytes are U+FFFD */
} edoi_escape;

#define EDOI_ESCAPE_ONE_MAX 8 /* bytes that one character becomes, at most */

/* Writes the first character of the `n` > 0 bytes at `s`, as `form` wants it; returns the bytes
 * written, and in `*took` the bytes read. */
size_t edoi_escape_one(char out[EDOI_ESCAPE_ONE_MAX], const char *s, size_t n, edoi_escape form,
                       size_t *took);

/* How many of the `n` bytes at `s` can be copied as they are: printable ASCII without \ and ". */
size_t edoi_escape_plain(const char *s, size_t n);

#endif
