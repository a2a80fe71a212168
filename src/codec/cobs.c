/* SPDX-License-Identifier: MIT */
/* codec/cobs.c: consistent overhead byte stuffing. A frame is a row of blocks: a byte c, then c - 1
 * bytes that are not zero. Behind each block but the last stands a zero, unless c is 255.
 *
 * inv. 1: the first `seen` bytes of the input are not zero; while a frame is dropped `seen` is
 *         0. */
#include <edo/codec.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define BLOCK_MAX 254u /* bytes of a block without its first */

static edo_codec_cobs *cobs_of(edo_codec *self) {
    return (edo_codec_cobs *)(void *)self;
}

/* Bytes of a frame of `n` bytes once it is stuffed, at most, without its end. */
static size_t stuffed_max(size_t n) {
    size_t more = n / BLOCK_MAX + 1;
    return n > SIZE_MAX - more ? SIZE_MAX : n + more;
}

/* Replaces `n` stuffed bytes by the frame: its length in `*len`; 0 or -EBADMSG. */
static int unstuff(char *bytes, size_t n, size_t *len) {
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

/* Decodes the `n` bytes in front of the zero. */
static int take_frame(edo_codec_cobs *c, edo_buf *in, size_t n, edo_bytes *frame) {
    size_t len = 0;
    int err = n > stuffed_max(c->max) ? -EDO_ETOOLONG : unstuff(in->ptr, n, &len);
    if (err == 0 && len > c->max) err = -EDO_ETOOLONG;
    if (err < 0) len = 0;
    if (err == 0) *frame = edo_buf_take(in, len);
    edo_buf_advance(in, n - len + 1);
    return err < 0 ? err : 1;
}

static int decode(edo_codec *self, edo_buf *in, void *frame) {
    edo_codec_cobs *c = cobs_of(self);
    while (in->len > c->seen) {
        const char *zero = (const char *)memchr(in->ptr + c->seen, 0, in->len - c->seen);
        if (!zero) break;
        size_t n = (size_t)(zero - in->ptr);
        c->seen = 0;
        if (n > 0 && !c->dropping) return take_frame(c, in, n, (edo_bytes *)frame);
        c->dropping = false;
        edo_buf_advance(in, n + 1);
    }
    c->seen = in->len;
    if (!c->dropping && in->len <= stuffed_max(c->max)) return 0;
    int result = c->dropping ? 0 : -EDO_ETOOLONG;
    edo_buf_advance(in, in->len);
    c->seen = 0;
    c->dropping = true;
    return result;
}

static int encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    edo_bytes *bytes = (edo_bytes *)frame;
    const char *from = bytes->str.ptr;
    size_t left = bytes->str.len;
    if (left > cobs_of(self)->max) return -EDO_ETOOLONG;
    int err = edo_bytes_chain_reserve(out, stuffed_max(left) + 1);
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
                                       .decode = decode,
                                       .encode = encode };
    *self = (edo_codec_cobs){ .base = { .ops = &ops }, .max = max ? max : EDO_FRAME_MAX_DEFAULT };
}
