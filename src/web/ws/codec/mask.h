/* SPDX-License-Identifier: MIT */
/* web/ws/codec/mask.h: masks by vectors that only some machines of a kind have. */
#ifndef EDOI_WEB_WS_CODEC_MASK_H
#define EDOI_WEB_WS_CODEC_MASK_H

#include <stddef.h>
#include <stdint.h>

#define EDOI_WS_MASK_WIDE_MIN 64u

/* Masks the first bytes of `n`, which is at least EDOI_WS_MASK_WIDE_MIN. Returns how many, a
 * multiple of eight; 0 if the machine has no wider vectors. */
size_t edoi_ws_mask_wide(char *bytes, size_t n, uint64_t eight);

#endif
