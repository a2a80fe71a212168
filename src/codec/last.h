/* SPDX-License-Identifier: MIT */
/* codec/last.h: decoding at the end of an input. */
#ifndef EDOI_CODEC_LAST_H
#define EDOI_CODEC_LAST_H

#include <edo/codec.h>

#include <errno.h>

/* As decode_eof() of the codec, which has a decode(). */
EDOI_INLINE int edoi_codec_decode_last(edo_codec *codec, edo_buf *in, void *frame) {
    const edo_codec_ops *ops = codec->ops;
    if (ops->decode_eof) return ops->decode_eof(codec, in, frame);
    if (in->len == 0) return 0;
    int got = ops->decode(codec, in, frame);
    return got == 0 && in->len > 0 ? -EDO_EEOF : got;
}

#endif
