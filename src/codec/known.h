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

/* Appends `head`, the frame and `tail`, and takes the frame; or nothing: -ENOMEM. */
int edoi_codec_put_around(edo_bytes_chain *out, edo_str head, edo_bytes *frame, edo_str tail);

#endif
