/* SPDX-License-Identifier: MIT */
/* web/ws/codec/mask_other.c: has no wider vectors than those that compilers use anyway; on aarch64
 * these are NEON. */
#include "web/ws/codec/mask.h"

size_t edoi_ws_mask_wide(char *bytes, size_t n, uint64_t eight) {
    (void)bytes, (void)n, (void)eight;
    return 0;
}
