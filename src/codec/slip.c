/* SPDX-License-Identifier: MIT */
/* codec/slip.c: the serial line protocol of RFC 1055. END stands at both sides of a frame; END and
 * ESC within it become two bytes. */
#include "codec/stuffed.h"

#include <errno.h>
#include <stdint.h>

#define END     '\xc0'
#define ESC     '\xdb'
#define ESC_END '\xdc' /* behind ESC: END */
#define ESC_ESC '\xdd' /* behind ESC: ESC */

static edo_codec_slip *slip_of(edo_codec *self) {
    return (edo_codec_slip *)(void *)self;
}

static size_t slip_stuffed_max(size_t n) {
    return n > SIZE_MAX / 2 ? SIZE_MAX : n * 2;
}

static int slip_unstuff(char *bytes, size_t n, size_t *len) {
    size_t to = 0;
    for (size_t from = 0; from < n; from++) {
        char byte = bytes[from];
        if (byte == ESC) {
            byte = ++from < n ? bytes[from] : 0;
            if (byte != ESC_END && byte != ESC_ESC) return -EBADMSG;
            byte = byte == ESC_END ? END : ESC;
        }
        bytes[to++] = byte;
    }
    *len = to;
    return 0;
}

static const edoi_stuffing slip = { .end = END,
                                    .stuffed_max = slip_stuffed_max,
                                    .unstuff = slip_unstuff };

static int slip_decode(edo_codec *self, edo_buf *in, void *frame) {
    return edoi_stuffed_decode(slip_of(self), &slip, in, (edo_bytes *)frame);
}

static int slip_decode_eof(edo_codec *self, edo_buf *in, void *frame) {
    return edoi_stuffed_decode_eof(slip_of(self), &slip, in, (edo_bytes *)frame);
}

static bool is_special(char byte) {
    return byte == END || byte == ESC;
}

static size_t count_special(edo_str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) n += is_special(s.ptr[i]);
    return n;
}

/* Appends bytes for which there is room. */
static void slip_put(edo_bytes_chain *out, const char *bytes, size_t n) {
    (void)!edo_bytes_chain_append(out, bytes, n);
}

static int slip_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    static const char end = END, esc_end[] = { ESC, ESC_END }, esc_esc[] = { ESC, ESC_ESC };
    edo_bytes *bytes = (edo_bytes *)frame;
    edo_str s = bytes->str;
    if (s.len == 0) return -EINVAL; // a receiver would skip it
    if (s.len > slip_of(self)->max) return -EDO_ETOOLONG;
    size_t special = count_special(s);
    if (special > SIZE_MAX - 2 - s.len) return -ENOMEM;
    int err = edo_bytes_chain_reserve(out, s.len + special + 2);
    if (err < 0) return err;
    slip_put(out, &end, 1);
    for (size_t at = 0, next = 0; at < s.len; at = next + 1) {
        for (next = at; next < s.len && !is_special(s.ptr[next]);) next++;
        slip_put(out, s.ptr + at, next - at);
        if (next < s.len) slip_put(out, s.ptr[next] == END ? esc_end : esc_esc, 2);
    }
    slip_put(out, &end, 1);
    edo_bytes_unref(bytes);
    return 0;
}

void edo_codec_slip_init(edo_codec_slip *self, size_t max) {
    static const edo_codec_ops ops = { .name = "edo_codec_slip",
                                       .frame_size = sizeof(edo_bytes),
                                       .decode = slip_decode,
                                       .decode_eof = slip_decode_eof,
                                       .encode = slip_encode };
    *self = (edo_codec_slip){ .base = { .ops = &ops }, .max = max ? max : EDO_FRAME_MAX_DEFAULT };
}
