/* SPDX-License-Identifier: MIT */
/* codec/cobs.c: consistent overhead byte stuffing. A frame is a row of blocks: a byte c, then c - 1
 * bytes that are not zero. Behind each block but the last stands a zero, unless c is 255. */
#include "codec/stuffed.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define BLOCK_MAX 254u /* bytes of a block without its first */

static edo_codec_cobs *cobs_of(edo_codec *self) {
    return (edo_codec_cobs *)(void *)self;
}

static size_t cobs_stuffed_max(size_t n) {
    size_t more = n / BLOCK_MAX + 1;
    return n > SIZE_MAX - more ? SIZE_MAX : n + more;
}

static int cobs_unstuff(char *bytes, size_t n, size_t *len) {
    size_t from = 0, to = 0;
    while (from < n) {
        size_t code = (uint8_t)bytes[from++];
        if (code - 1 > n - from) return -EBADMSG;
        memmove(bytes + to, bytes + from, code - 1);
        from += code - 1;
        to += code - 1;
        if (code <= BLOCK_MAX && from < n) bytes[to++] = 0;
    }
    *len = to;
    return 0;
}

static const edoi_stuffing cobs = { .end = 0,
                                    .stuffed_max = cobs_stuffed_max,
                                    .unstuff = cobs_unstuff };

static int cobs_decode(edo_codec *self, edo_buf *in, void *frame) {
    return edoi_stuffed_decode(cobs_of(self), &cobs, in, (edo_bytes *)frame);
}

static int cobs_decode_eof(edo_codec *self, edo_buf *in, void *frame) {
    return edoi_stuffed_decode_eof(cobs_of(self), &cobs, in, (edo_bytes *)frame);
}

static int cobs_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    edo_bytes *bytes = (edo_bytes *)frame;
    const char *from = bytes->str.ptr;
    size_t left = bytes->str.len;
    if (left > cobs_of(self)->max) return -EDO_ETOOLONG;
    int err = edo_bytes_chain_reserve(out, cobs_stuffed_max(left) + 1);
    for (bool more = true; err == 0 && more;) {
        size_t n = left < BLOCK_MAX ? left : BLOCK_MAX;
        const char *zero = n > 0 ? (const char *)memchr(from, 0, n) : NULL;
        if (zero) n = (size_t)(zero - from);
        const char code = (char)(uint8_t)(n + 1);
        err = edo_bytes_chain_append(out, &code, 1);
        if (err == 0) err = edo_bytes_chain_append(out, from, n);
        more = zero || left > n;
        if (n > 0 || zero) from += n + (zero != NULL);
        left -= n + (zero != NULL);
    }
    if (err == 0) err = edo_bytes_chain_append(out, "", 1);
    if (err == 0) edo_bytes_unref(bytes);
    return err;
}

void edo_codec_cobs_init(edo_codec_cobs *self, size_t max) {
    static const edo_codec_ops ops = { .name = "edo_codec_cobs",
                                       .frame_size = sizeof(edo_bytes),
                                       .decode = cobs_decode,
                                       .decode_eof = cobs_decode_eof,
                                       .encode = cobs_encode };
    *self = (edo_codec_cobs){ .base = { .ops = &ops }, .max = max ? max : EDO_FRAME_MAX_DEFAULT };
}
