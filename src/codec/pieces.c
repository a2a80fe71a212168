/* SPDX-License-Identifier: MIT */
/* codec/pieces.c: the input cut at the ends of lines, or at any bytes of a set. Resumable: no byte
 * is looked at twice.
 *
 * inv. 1: the first `seen` bytes of the input hold no end; while a piece is dropped `seen` is 0. */
#include "base/assert.h"
#include "base/opts.h"
#include "codec/known.h"

#include <edo/codec.h>

#include <errno.h>
#include <string.h>

static edo_codec_lines *pieces_lines_of(edo_codec *self) {
    return (edo_codec_lines *)(void *)self;
}

static bool is_end(const edo_codec_lines *c, char byte) {
    uint8_t at = (uint8_t)byte;
    return c->ends[at / 64] >> (at % 64) & 1;
}

/* The place of the first end from `seen` on; in->len if there is none. */
static size_t find_end(const edo_codec_lines *c, const edo_buf *in) {
    size_t at = c->seen < in->len ? c->seen : in->len;
    if (c->strips_cr) {
        const char *found =
            at < in->len ? (const char *)memchr(in->ptr + at, '\n', in->len - at) : NULL;
        return found ? (size_t)(found - in->ptr) : in->len;
    }
    while (at < in->len && !is_end(c, in->ptr[at])) at++;
    return at;
}

/* Takes a piece of `n` bytes, and `ends` bytes behind it: 1 or -EDO_ETOOLONG. */
static int codec_lines_take_piece(edo_codec_lines *c, edo_buf *in, size_t n, size_t ends,
                                  edo_bytes *frame) {
    bool fits = c->max == 0 || n <= c->max;
    c->seen = 0;
    if (fits) {
        *frame = edo_buf_take(in, n);
    } else {
        edo_buf_advance(in, n);
    }
    edo_buf_advance(in, ends);
    return fits ? 1 : -EDO_ETOOLONG;
}

/* There is no end in the input: 0, or -EDO_ETOOLONG if that is enough to know. */
static int codec_lines_without_end(edo_codec_lines *c, edo_buf *in) {
    c->seen = in->len;
    if (c->max == 0 || in->len <= c->max) return 0;
    // one more byte is allowed if it may be the first half of a line end
    if (c->strips_cr && in->len - 1 == c->max && in->ptr[in->len - 1] == '\r') return 0;
    edo_buf_advance(in, in->len);
    c->seen = 0;
    c->dropping = true;
    return -EDO_ETOOLONG;
}

static int pieces_decode(edo_codec *self, edo_buf *in, void *frame) {
    edo_codec_lines *c = pieces_lines_of(self);
    for (;;) {
        EDO_INV("pieces inv. 1", !c->dropping || c->seen == 0);
        size_t at = find_end(c, in);
        bool found = at < in->len;
        if (c->dropping) {
            edo_buf_advance(in, at + found);
            c->dropping = !found;
            if (!found) return 0;
            continue;
        }
        if (!found) return codec_lines_without_end(c, in);
        size_t cr = c->strips_cr && at > 0 && in->ptr[at - 1] == '\r';
        if (at - cr > 0 || !c->skip_empty)
            return codec_lines_take_piece(c, in, at - cr, cr + 1, (edo_bytes *)frame);
        edo_buf_advance(in, at + 1);
        c->seen = 0;
    }
}

static int pieces_decode_eof(edo_codec *self, edo_buf *in, void *frame) {
    edo_codec_lines *c = pieces_lines_of(self);
    int got = pieces_decode(self, in, frame);
    c->dropping = false;
    if (got != 0 || in->len == 0) return got;
    return codec_lines_take_piece(c, in, in->len, 0, (edo_bytes *)frame);
}

static int pieces_encode(edo_codec *self, void *frame, edo_bytes_chain *out) {
    edo_str end = pieces_lines_of(self)->end;
    char *head; // none
    int err = edoi_codec_make_room(out, &head, (edo_bytes *)frame, end.len);
    return err < 0 ? err : edoi_codec_put(out, 0, (edo_bytes *)frame, end);
}

/* ---- Making ---------------------------------------------------------------------------------- */

int edo_codec_lines_init(edo_codec_lines *self, const edo_codec_lines_opts *opts) {
    static const edo_codec_ops ops = { .name = "edo_codec_lines",
                                       .frame_size = sizeof(edo_bytes),
                                       .decode = pieces_decode,
                                       .decode_eof = pieces_decode_eof,
                                       .encode = pieces_encode };
    static const edo_codec_lines_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    *self = (edo_codec_lines){ .base = { .ops = &ops },
                               .max = opts->max,
                               .end = EDO_STR("\n"),
                               .skip_empty = opts->skip_empty,
                               .strips_cr = true };
    return 0;
}

int edo_codec_delim_init(edo_codec_delim *self, const edo_codec_delim_opts *opts) {
    static const edo_codec_ops ops = { .name = "edo_codec_delim",
                                       .frame_size = sizeof(edo_bytes),
                                       .decode = pieces_decode,
                                       .decode_eof = pieces_decode_eof,
                                       .encode = pieces_encode };
    static const edo_codec_delim_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_str ends = opts->ends.len > 0 ? opts->ends : EDO_STR(",;\n\r");
    *self = (edo_codec_delim){ .base = { .ops = &ops },
                               .max = opts->max,
                               .end = opts->end.len > 0 ? opts->end : EDO_STR(",") };
    for (size_t i = 0; i < ends.len; i++) {
        uint8_t at = (uint8_t)ends.ptr[i];
        self->ends[at / 64] |= UINT64_C(1) << (at % 64);
    }
    return 0;
}
