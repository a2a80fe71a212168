/* SPDX-License-Identifier: MIT */
/* http/io/pen.h: prints the parts of a head. */
#ifndef EDOI_HTTP_IO_PEN_H
#define EDOI_HTTP_IO_PEN_H

#include <edo/bytes.h>

/* A place to print to, of which the room was looked at before. */
typedef struct edoi_pen {
    char *at;
} edoi_pen;

EDOI_INLINE void edoi_put(edoi_pen *p, const char *bytes, size_t n) {
    memcpy(p->at, bytes, n);
    p->at += n;
}

EDOI_INLINE void edoi_put_str(edoi_pen *p, edo_str s) {
    if (s.len > 0) edoi_put(p, s.ptr, s.len);
}

#define EDOI_PUT(p, literal) edoi_put((p), "" literal, sizeof(literal) - 1)

EDOI_INLINE void edoi_put_number(edoi_pen *p, uint64_t n) {
    char digits[20];
    size_t i = sizeof digits;
    do digits[--i] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    edoi_put(p, digits + i, sizeof digits - i);
}

#endif
