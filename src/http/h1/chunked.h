/* SPDX-License-Identifier: MIT */
/* http/h1/chunked.h: parses chunked bodies (RFC 9112 section 7.1).
 *
 * The state between calls is a few words, whatever the pieces in which the body comes. Data is
 * handed out as views. Trailers come behind the last chunk: edoi_h1_head_parse() reads them, and
 * the empty line that is always there. */
#ifndef EDOI_HTTP_H1_CHUNKED_H
#define EDOI_HTTP_H1_CHUNKED_H

#include <edo/bytes.h>
#include <edo/error.h>

#define EDOI_CHUNKED_EXTRA_MAX 16384u /* bytes of extensions, and of needless zeros, in a body */

/* All zero: before the first chunk. */
typedef struct edoi_chunked {
    uint64_t left;   /* of the chunk's data; while its size is read: the size so far */
    uint32_t extra;  /* bytes of extensions and needless zeros so far */
    uint8_t state;   /* see chunked.c */
    const char *why; /* after an error: the reason, a static text */
} edoi_chunked;

/* What edoi_chunked_next() found. */
enum {
    EDOI_CHUNKED_MORE = 0, /* all input was used; more is wanted */
    EDOI_CHUNKED_DATA = 1, /* `*data` has at least a byte */
    EDOI_CHUNKED_LAST = 2  /* the line of the last chunk was read; trailers follow */
};

/* Parses more of the body from `in`. `*used` is how much of it was used, the data included.
 * Errors: -EPROTO         it breaks the rules: 400
 *         -EDO_ETOOLONG   the extensions are beyond EDOI_CHUNKED_EXTRA_MAX: 400 */
int edoi_chunked_next(edoi_chunked *c, edo_str in, size_t *used, edo_str *data);

#endif
