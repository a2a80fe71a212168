/* SPDX-License-Identifier: MIT */
/* web/ws/mask.h: masks with vectors that not all machines of a kind have. */
#ifndef EDOI_WEB_WS_MASK_H
#define EDOI_WEB_WS_MASK_H

#include <stddef.h>
#include <stdint.h>

#define EDOI_WS_MASK_WIDE_MIN 64u

/* Masks the first bytes of `n`, at least EDOI_WS_MASK_WIDE_MIN, and returns how many: a multiple of
 * eight; 0: this machine has nothing wider. */
size_t edoi_ws_mask_wide(char *bytes, size_t n, uint64_t eight);

#endif
