/* SPDX-License-Identifier: MIT */
/* codec/known.c: frames whose length is known before they are whole. */
#include "codec/known.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define AHEAD_MAX (64u * 1024) /* memory that a length alone can make us ask for */

/* Asks for the memory of what is missing. Out of line, so that the codecs save no registers for
 * it: 0 or -ENOMEM. */
static EDOI_NOINLINE int want(edo_buf *in, size_t missing) {
    size_t ahead = in->len + AHEAD_MAX;
    return edo_buf_reserve(in, missing < ahead ? missing : ahead);
}

int edoi_codec_take_known(edo_buf *in, size_t head, uint64_t n, size_t tail, edo_bytes *frame) {
    if (n > SIZE_MAX - head - tail) return -EDO_ETOOLONG;
    size_t total = head + (size_t)n + tail;
    if (in->len < total) return want(in, total - in->len);
    *frame = (edo_bytes){ .str = { .ptr = in->ptr + head, .len = (size_t)n }, .owner = in->owner };
    if (frame->owner) (void)edo_rc_ref(frame->owner);
    in->ptr += total;
    in->len -= total;
    in->cap -= total;
    return 1;
}

int edoi_codec_make_room(edo_bytes_chain *out, char **head, const edo_bytes *frame, size_t tail_n) {
    size_t copied = frame->str.len <= EDO_CHAIN_COPY_MAX ? frame->str.len : 0;
    int err = edo_bytes_chain_reserve(out, EDOI_HEAD_MAX + copied + tail_n);
    *head = out->buf + out->end;
    return err;
}

/* Shares a long frame. Out of line, as want() is. */
static EDOI_NOINLINE int put_long(edo_bytes_chain *out, edo_bytes *frame, edo_str tail) {
    int err = edo_bytes_chain_push(out, frame);
    return err < 0 ? err : edo_bytes_chain_append(out, tail.ptr, tail.len); // there is room
}

int edoi_codec_put(edo_bytes_chain *out, size_t head_n, edo_bytes *frame, edo_str tail) {
    out->end += head_n;
    out->len += head_n;
    size_t n = frame->str.len;
    if (n > EDO_CHAIN_COPY_MAX) return put_long(out, frame, tail);
    char *to = out->buf + out->end; // there is room
    out->end += n + tail.len;
    out->len += n + tail.len;
    if (n > 0) memcpy(to, frame->str.ptr, n);
    if (tail.len > 0) memcpy(to + n, tail.ptr, tail.len);
    edo_bytes_unref(frame);
    return 0;
}
