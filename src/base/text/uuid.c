/* SPDX-License-Identifier: MIT */
/* base/text/uuid.c: see edo/uuid.h. */
#include "base/text/hex.h"
#include "base/world/random.h"

#include <edo/uuid.h>

char *edo_uuid(char text[EDO_UUID_BYTES]) {
    unsigned char bytes[16];
    if (edo_random(bytes, sizeof bytes) < 0) edoi_random_seed_by_clock(bytes, sizeof bytes);
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); // the version
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80); // the variant
    edoi_uuid_print(text, bytes);
    return text;
}
