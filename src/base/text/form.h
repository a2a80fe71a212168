/* SPDX-License-Identifier: MIT */
/* base/text/form.h: names and values of queries and forms (WHATWG URL, section 5.1,
 * application/x-www-form-urlencoded). Inline, for libedo-grpc, which sees only the public functions
 * of libedo. */
#ifndef EDOI_BASE_TEXT_FORM_H
#define EDOI_BASE_TEXT_FORM_H

#include "base/text/hex.h"

/* Writes the bytes that a part stands for to `out`, which has room for it, and returns them. Any
 * text is one: a % without two digits means itself. */
EDOI_INLINE edo_str edoi_form_decode(char *out, edo_str text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        const int byte = edoi_percent_byte((edo_str){ text.ptr + i, text.len - i });
        if (byte >= 0) {
            c = (char)byte;
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        out[n++] = c;
    }
    return (edo_str){ out, n };
}

#endif
