/* SPDX-License-Identifier: MIT */
/* codec/made.h: where a framed of the program enters: debug builds name one that is NULL, was not
 * initialised, or was ended. */
#ifndef EDOI_CODEC_MADE_H
#define EDOI_CODEC_MADE_H

#include <edo/codec.h>
#include <edo/error.h>

/* `stream` and `codec` are those of `framed`, if that is not NULL. */
EDOI_INLINE void edoi_framed_enters(const void *framed, const edo_stream *stream,
                                    const edo_codec *codec) {
#ifdef EDO_DEBUG
    (void)EDO_MISUSE(!framed || !stream || !codec,
                     "an edo_framed or edo_udp_framed is used that is NULL or not initialised");
#else
    (void)framed, (void)stream, (void)codec;
#endif
}

#endif
