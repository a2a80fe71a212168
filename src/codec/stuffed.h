/* SPDX-License-Identifier: MIT */
/* codec/stuffed.h: frames that a byte ends which no frame contains, since it is replaced there. */
#ifndef EDOI_CODEC_STUFFED_H
#define EDOI_CODEC_STUFFED_H

#include <edo/codec.h>

/* One way to replace the byte. */
typedef struct edoi_stuffing {
    char end;
    /* Bytes of a frame of `n` bytes once it is stuffed, at most, without its end. */
    size_t (*stuffed_max)(size_t n);
    /* Replaces `n` stuffed bytes by the frame: its length in `*len`; 0 or -EBADMSG. */
    int (*unstuff)(char *bytes, size_t n, size_t *len);
} edoi_stuffing;

/* The decode() and decode_eof() of such a codec; stretches without bytes are no frames. */
int edoi_stuffed_decode(edo_codec_limited *c, const edoi_stuffing *how, edo_buf *in,
                        edo_bytes *frame);
int edoi_stuffed_decode_eof(edo_codec_limited *c, const edoi_stuffing *how, edo_buf *in,
                            edo_bytes *frame);

#endif
