/* SPDX-License-Identifier: MIT */
/* http/h1/pen.h: prints the parts of a head. */
#ifndef EDOI_HTTP_H1_PEN_H
#define EDOI_HTTP_H1_PEN_H

#include "base/text/decimal.h"

#include <edo/bytes.h>

/* A place to print to. The caller has checked that there is room. */
typedef struct edoi_pen {
    char *at;
} edoi_pen;

EDOI_INLINE void edoi_pen_bytes(edoi_pen *p, const char *bytes, size_t n) {
    memcpy(p->at, bytes, n);
    p->at += n;
}

EDOI_INLINE void edoi_pen_str(edoi_pen *p, edo_str s) {
    if (s.len > 0) edoi_pen_bytes(p, s.ptr, s.len);
}

#define EDOI_PEN(p, literal) edoi_pen_bytes((p), "" literal, sizeof(literal) - 1)

EDOI_INLINE void edoi_pen_number(edoi_pen *p, uint64_t n) {
    p->at = edoi_decimal_print_fixed(p->at, n, edoi_decimal_digits(n));
}

/* Puts the names of the fields from `head` to `end` into title case: "content-type" becomes
 * "Content-Type". The first line has no name. A name with a capital stays: it is as its sender
 * wrote it. */
void edoi_title_case(char *head, const char *end);

#endif
