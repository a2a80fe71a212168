/* SPDX-License-Identifier: MIT */
/* codec/known.c: frames whose length is known before they are whole. */
#include "codec/known.h"

#include <errno.h>
#include <stdint.h>

#define AHEAD_MAX (64u * 1024) /* memory that a length alone can make us ask for */

int edoi_codec_take_known(edo_buf *in, size_t head, uint64_t n, size_t tail, edo_bytes *frame) {
    if (n > SIZE_MAX - head - tail) return -EDO_ETOOLONG;
    size_t total = head + (size_t)n + tail;
    if (in->len < total) {
        size_t missing = total - in->len;
        size_t ahead = in->len + AHEAD_MAX;
        return edo_buf_reserve(in, missing < ahead ? missing : ahead);
    }
    edo_buf_advance(in, head);
    *frame = edo_buf_take(in, (size_t)n);
    edo_buf_advance(in, tail);
    return 1;
}

int edoi_codec_put_around(edo_bytes_chain *out, edo_str head, edo_bytes *frame, edo_str tail) {
    size_t copied = head.len + tail.len;
    if (frame->str.len <= EDO_CHAIN_COPY_MAX) copied += frame->str.len;
    int err = edo_bytes_chain_reserve(out, copied);
    if (err == 0) err = edo_bytes_chain_append(out, head.ptr, head.len);
    if (err == 0) err = edo_bytes_chain_push(out, frame);
    if (err == 0) err = edo_bytes_chain_append(out, tail.ptr, tail.len); // there is room
    return err;
}
