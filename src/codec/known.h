/* SPDX-License-Identifier: MIT */
/* codec/known.h: frames whose length is known before they are whole. */
#ifndef EDOI_CODEC_KNOWN_H
#define EDOI_CODEC_KNOWN_H

#include <edo/bytes.h>
#include <edo/codec.h>

/* Takes `head` bytes, a frame of `n` bytes and `tail` bytes off the front of `in`: returns 1. If
 * some are missing it asks for memory, little more than what has come, and returns 0, or -ENOMEM.
 * The caller has checked `n` against its limit. */
int edoi_codec_take_known(edo_buf *in, size_t head, uint64_t n, size_t tail, edo_bytes *frame);

#define EDOI_HEAD_MAX 24u

/* Makes room for a head of at most EDOI_HEAD_MAX bytes, the frame, and `tail_n` bytes; `*head` is
 * where the head is to be written. 0 or -ENOMEM. */
int edoi_codec_make_room(edo_bytes_chain *out, char **head, const edo_bytes *frame, size_t tail_n);

/* After that: appends the `head_n` bytes that were written, the frame and `tail`, and takes the
 * frame. 0 or -ENOMEM. */
int edoi_codec_put(edo_bytes_chain *out, size_t head_n, edo_bytes *frame, edo_str tail);

#endif
