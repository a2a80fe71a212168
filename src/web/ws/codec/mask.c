/* SPDX-License-Identifier: MIT */
/* web/ws/codec/mask.c: masks payloads. Compilers turn the loop by eight into vectors that all
 * machines of a kind have; mask.h is for wider ones. */
#include "web/ws/codec/mask.h"

#include "web/ws/codec/frame.h"

#include <string.h>

void edoi_ws_mask(char *bytes, size_t n, const unsigned char mask[4], uint64_t at) {
    unsigned char twice[8];
    uint32_t four;
    memcpy(twice, mask, 4);
    memcpy(twice + 4, mask, 4);
    memcpy(&four, twice + at % 4, 4); // in any order of bytes
    if (four == 0) return;
    uint64_t eight = (uint64_t)four << 32 | four;
    size_t i = n < EDOI_WS_MASK_WIDE_MIN ? 0 : edoi_ws_mask_wide(bytes, n, eight);
    for (; n - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        word ^= eight;
        memcpy(bytes + i, &word, 8);
    }
    memcpy(twice, &eight, 8);
    for (; i < n; i++) bytes[i] = (char)(bytes[i] ^ twice[i % 8]);
}
