/* SPDX-License-Identifier: MIT */
/* codec/length.c: frames with their length in front. Nothing of a frame is kept between two calls:
 * its head stays in the input until the frame is whole, so options and limit may change. */
#include "base/opts.h"
#include "codec/known.h"

#include <edo/binary.h>
#include <edo/codec.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define FIELD_MAX 8u

static edo_codec_length *length_codec_length_of(edo_codec *self) {
    return (edo_codec_length *)(void *)self;
}

static bool is_little(edo_byte_order order) {
    const uint16_t one = 1;
    return order == EDO_LITTLE_ENDIAN || (order == EDO_NATIVE_ENDIAN && *(const uint8_t *)&one);
}

/* The greatest number that a field of `bytes` bytes, one at least, holds. */
static uint64_t field_max(uint32_t bytes) {
    return UINT64_MAX >> ((FIELD_MAX - bytes) * 8);
}

static uint64_t get_field(const char *ptr, uint32_t bytes, bool little) {
    const uint8_t *at = (const uint8_t *)ptr;
    if (bytes == 4 && !little) return edo_load_u32be(ptr); // by far the most common
    uint64_t n = 0;
    for (uint32_t i = 0; i < bytes; i++) n = n << 8 | at[little ? bytes - 1 - i : i];
    return n;
}

static void length_codec_put_field(char *ptr, uint32_t bytes, bool little, uint64_t n) {
    uint8_t *at = (uint8_t *)ptr;
    if (bytes == 4 && !little) {
        edo_store_u32be(ptr, (uint32_t)n);
        return;
    }
    for (uint32_t i = 0; i < bytes; i++, n >>= 8) at[little ? i : bytes - 1 - i] = (uint8_t)n;
}

/* a + b, or a - b if `subtracts`; false if that is no uint64_t. */
static bool adjusted(uint64_t *out, uint64_t a, int64_t b, bool subtracts) {
    uint64_t size = b < 0 ? UINT64_C(0) - (uint64_t)b : (uint64_t)b;
    if ((b < 0) != subtracts) {
        *out = a - size;
        return a >= size;
    }
    *out = a + size;
    return a <= UINT64_MAX - size;
}

static int length_codec_decode(edo_codec *self, edo_buf *in, void *frame) {
    edo_codec_length *c = length_codec_length_of(self);
    const edo_codec_length_opts *o = &c->opts;
    size_t head = (size_t)o->offset + o->length;
    if (in->len < head) return 0;
    uint64_t n = get_field(in->ptr + o->offset, o->length, is_little(o->order));
    if (n > c->max) return -EDO_ETOOLONG;
    if (o->adjustment != 0 && !adjusted(&n, n, o->adjustment, false)) return -EBADMSG;
    // a frame that ends within its own head would be followed by half a head
    if (o->skip < head && n < head - o->skip) return -EBADMSG;
    return edoi_codec_take_known(in, o->skip, n, 0, (edo_bytes *)frame);
}

static int length_codec_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    edo_codec_length *c = length_codec_length_of(self);
    const edo_codec_length_opts *o = &c->opts;
    edo_bytes *bytes = (edo_bytes *)frame;
    uint64_t n = bytes->str.len; // the limit is of the field, as of one that is read
    if (o->adjustment != 0 && !adjusted(&n, n, o->adjustment, true)) return -EINVAL;
    if (n > c->max || n > field_max(o->length)) return -EDO_ETOOLONG;
    char *head;
    int err = edoi_codec_make_room(out, &head, bytes, 0);
    if (err < 0) return err;
    length_codec_put_field(head, o->length, is_little(o->order), n);
    return edoi_codec_put(out, o->length, bytes, (edo_str){ 0 });
}

static const edo_codec_ops length_ops = { .name = "edo_codec_length",
                                          .frame_size = sizeof(edo_bytes),
                                          .decode = length_codec_decode,
                                          .encode = length_codec_encode };

int edo_codec_length_init(edo_codec_length *self, const edo_codec_length_opts *opts) {
    static const edo_codec_length_opts defaults = { 0 };
    edo_codec_length_opts o = opts ? *opts : defaults;
    if (!edoi_all_zero(o.reserved, EDO_COUNT(o.reserved))) return -EINVAL;
    if (o.length > FIELD_MAX || (o.keep_head && o.skip > 0)) return -EINVAL;
    if (o.length == 0) o.length = 4;
    if (o.offset > UINT32_MAX - o.length) return -EINVAL;
    if (!o.keep_head && o.skip == 0) o.skip = o.offset + o.length;
    if (o.max == 0) o.max = EDO_FRAME_MAX_DEFAULT;
    if (o.max > field_max(o.length)) o.max = field_max(o.length);
    *self = (edo_codec_length){ .base = { .ops = &length_ops }, .max = o.max, .opts = o };
    return 0;
}
