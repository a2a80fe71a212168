/* SPDX-License-Identifier: MIT */
/* codec/stuffed.c: the input cut at a byte that no frame contains. Resumable: no byte is searched
 * twice.
 *
 * inv. 1: the first `seen` bytes of the input are not the end; while a frame is dropped `seen` is
 *         0. */
#include "codec/stuffed.h"

#include "base/assert.h"

#include <errno.h>
#include <string.h>

/* Decodes the `n` bytes in front of the end. */
static int take_frame(const edo_codec_limited *c, const edoi_stuffing *how, edo_buf *in, size_t n,
                      edo_bytes *frame) {
    size_t len = 0;
    int err = n > how->stuffed_max(c->max) ? -EDO_ETOOLONG : how->unstuff(in->ptr, n, &len);
    if (err == 0 && len > c->max) err = -EDO_ETOOLONG;
    if (err < 0) len = 0;
    if (err == 0) *frame = edo_buf_take(in, len);
    edo_buf_advance(in, n - len + 1);
    return err < 0 ? err : 1;
}

int edoi_stuffed_decode(edo_codec_limited *c, const edoi_stuffing *how, edo_buf *in,
                        edo_bytes *frame) {
    EDO_INV("stuffed inv. 1", !c->dropping || c->seen == 0);
    while (in->len > c->seen) {
        const char *end = (const char *)memchr(in->ptr + c->seen, how->end, in->len - c->seen);
        if (!end) break;
        size_t n = (size_t)(end - in->ptr);
        c->seen = 0;
        if (n > 0 && !c->dropping) return take_frame(c, how, in, n, frame);
        c->dropping = false;
        edo_buf_advance(in, n + 1);
    }
    c->seen = in->len;
    if (!c->dropping && in->len <= how->stuffed_max(c->max)) return 0;
    int result = c->dropping ? 0 : -EDO_ETOOLONG;
    edo_buf_advance(in, in->len);
    c->seen = 0;
    c->dropping = true;
    return result;
}

int edoi_stuffed_decode_eof(edo_codec_limited *c, const edoi_stuffing *how, edo_buf *in,
                            edo_bytes *frame) {
    int got = edoi_stuffed_decode(c, how, in, frame);
    if (got == 0 && in->len > 0) got = -EDO_EEOF;
    c->dropping = false;
    if (got <= 0) c->seen = 0;
    return got;
}
