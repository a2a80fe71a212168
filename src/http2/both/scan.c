/* SPDX-License-Identifier: MIT */
/* http2/both/scan.c: see scan.h. */
#include "http2/both/scan.h"

#include <string.h>

#define HEAD_BYTES  9u
#define TYPE_RESET  3
#define RESET_TAKES 4u /* bytes behind its head */

/* The bytes of a frame behind its head (RFC 9113, 4.1). */
static uint32_t scan_length(const char *head) {
    const unsigned char *h = (const unsigned char *)head;
    return (uint32_t)h[0] << 16 | (uint32_t)h[1] << 8 | h[2];
}

static bool scan_is_reset(const char *head) {
    return head[3] == TYPE_RESET && scan_length(head) == RESET_TAKES;
}

static void scan_hold(edoi_h2_scan *s, edo_str *in, size_t most) {
    const size_t left = most - s->held_n, n = in->len < left ? in->len : left;
    if (n > 0) memcpy(s->held + s->held_n, in->ptr, n);
    s->held_n += (uint32_t)n;
    in->ptr += n;
    in->len -= n;
}

/* Goes on with what is held. */
static edo_str scan_held(edoi_h2_scan *s, edo_str *in, bool *is_reset) {
    const edo_str none = { NULL, 0 };
    if (s->held_n < HEAD_BYTES) scan_hold(s, in, HEAD_BYTES);
    if (s->held_n < HEAD_BYTES) return none;
    *is_reset = scan_is_reset(s->held);
    if (*is_reset) scan_hold(s, in, EDOI_H2_RESET_BYTES);
    if (*is_reset && s->held_n < EDOI_H2_RESET_BYTES) return none;
    const edo_str piece = { s->held, s->held_n };
    if (!*is_reset) s->skip = scan_length(s->held);
    s->held_n = 0;
    return piece;
}

/* How many bytes stand before the next reset, or before a part of a head, or are all that is
 * there? */
static size_t scan_before(edoi_h2_scan *s, edo_str in) {
    size_t at = 0;
    for (;;) {
        const size_t n = s->skip < in.len - at ? s->skip : in.len - at;
        at += n;
        s->skip -= (uint32_t)n;
        if (s->skip > 0 || in.len - at < HEAD_BYTES || scan_is_reset(in.ptr + at)) return at;
        s->skip = HEAD_BYTES + scan_length(in.ptr + at);
    }
}

edo_str edoi_h2_scan_next(edoi_h2_scan *s, edo_str *in, bool *is_reset) {
    *is_reset = false;
    if (s->held_n == 0 && in->len > 0) {
        const edo_str piece = { in->ptr, scan_before(s, *in) };
        in->ptr += piece.len;
        in->len -= piece.len;
        if (piece.len > 0) return piece;
    }
    return scan_held(s, in, is_reset);
}
