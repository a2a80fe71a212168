/* SPDX-License-Identifier: MIT */
/* codec/numbers.c: frames with a length in front that is itself of variable length: varint and
 * netstring; and no frames at all. */
#include "codec/known.h"

#include <edo/codec.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

static edo_codec_limited *numbers_limited_of(edo_codec *self) {
    return (edo_codec_limited *)(void *)self;
}

static void init_limited(edo_codec_limited *self, const edo_codec_ops *ops, size_t max) {
    *self = (edo_codec_limited){ .base = { .ops = ops }, .max = max ? max : EDO_FRAME_MAX_DEFAULT };
}

/* ---- Whatever is there ----------------------------------------------------------------------- */

static int bytes_decode(edo_codec *self, edo_buf *in, void *frame) {
    (void)self;
    *(edo_bytes *)frame = edo_buf_take(in, in->len);
    return 1;
}

static int bytes_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    (void)self;
    return edo_bytes_chain_push(out, (edo_bytes *)frame);
}

void edo_codec_bytes_init(edo_codec_bytes *self) {
    static const edo_codec_ops ops = { .name = "edo_codec_bytes",
                                       .frame_size = sizeof(edo_bytes),
                                       .decode = bytes_decode,
                                       .encode = bytes_encode };
    self->base.ops = &ops;
}

/* ---- Varint ---------------------------------------------------------------------------------- */

#define VARINT_MAX 10u /* bytes of 64 bits, seven in each */

static int varint_decode(edo_codec *self, edo_buf *in, void *frame) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < in->len; i++) {
        uint8_t byte = (uint8_t)in->ptr[i];
        if (i == VARINT_MAX - 1 && byte > 1) return -EBADMSG;
        n |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80) continue;
        if (n > numbers_limited_of(self)->max) return -EDO_ETOOLONG;
        return edoi_codec_take_known(in, i + 1, n, 0, (edo_bytes *)frame);
    }
    return 0;
}

static int varint_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    edo_bytes *bytes = (edo_bytes *)frame;
    if (bytes->str.len > numbers_limited_of(self)->max) return -EDO_ETOOLONG;
    char *head;
    int err = edoi_codec_make_room(out, &head, bytes, 0);
    if (err < 0) return err;
    size_t head_n = 0;
    uint64_t n = bytes->str.len;
    for (; n > 0x7f; n >>= 7) head[head_n++] = (char)(uint8_t)(n | 0x80);
    head[head_n++] = (char)(uint8_t)n;
    return edoi_codec_put(out, head_n, bytes, (edo_str){ 0 });
}

void edo_codec_varint_init(edo_codec_varint *self, size_t max) {
    static const edo_codec_ops ops = { .name = "edo_codec_varint",
                                       .frame_size = sizeof(edo_bytes),
                                       .decode = varint_decode,
                                       .encode = varint_encode };
    init_limited(self, &ops, max);
}

/* ---- Netstring ------------------------------------------------------------------------------- */

static int netstring_decode(edo_codec *self, edo_buf *in, void *frame) {
    size_t max = numbers_limited_of(self)->max, n = 0;
    for (size_t i = 0; i < in->len; i++) {
        char byte = in->ptr[i];
        if (byte == ':' && i > 0) {
            size_t head = i + 1;
            bool is_whole = in->len > head && in->len - head > n;
            if (is_whole && in->ptr[head + n] != ',') return -EBADMSG;
            return edoi_codec_take_known(in, head, n, 1, (edo_bytes *)frame);
        }
        bool has_zero = i > 0 && in->ptr[0] == '0';
        if (byte < '0' || byte > '9' || has_zero) return -EBADMSG;
        size_t digit = (size_t)(byte - '0');
        if (n > (max - (digit < max ? digit : max)) / 10) return -EDO_ETOOLONG;
        n = n * 10 + digit;
        if (n > max) return -EDO_ETOOLONG;
    }
    return 0;
}

static int netstring_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    edo_bytes *bytes = (edo_bytes *)frame;
    if (bytes->str.len > numbers_limited_of(self)->max) return -EDO_ETOOLONG;
    char *head;
    int err = edoi_codec_make_room(out, &head, bytes, 1);
    if (err < 0) return err;
    int head_n = snprintf(head, EDOI_HEAD_MAX, "%zu:", bytes->str.len);
    return edoi_codec_put(out, (size_t)head_n, bytes, EDO_STR(","));
}

void edo_codec_netstring_init(edo_codec_netstring *self, size_t max) {
    static const edo_codec_ops ops = { .name = "edo_codec_netstring",
                                       .frame_size = sizeof(edo_bytes),
                                       .decode = netstring_decode,
                                       .encode = netstring_encode };
    init_limited(self, &ops, max);
}
