/* SPDX-License-Identifier: MIT */
/* base/text/uuid.c: see edo/uuid.h. */
#include "base/atomic.h"
#include "base/text/hex.h"

#include <edo/uuid.h>

#include <string.h>
#include <sys/random.h>
#include <time.h>

/* Spreads a number over 64 bits (splitmix64). */
static uint64_t spread(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Without random bytes of the kernel. */
EDOI_COLD static void fill_from_clock(unsigned char bytes[16]) {
    static edo_atomic_u32 counter;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    uint64_t n = edoi_add_rlx_u32(&counter, 1); // relaxed: only its value counts
    uint64_t words[2] = { spread((uint64_t)now.tv_sec + (n << 32)),
                          spread((uint64_t)now.tv_nsec + (n << 32) + (uintptr_t)bytes) };
    memcpy(bytes, words, sizeof words);
}

char *edo_uuid(char text[EDO_UUID_BYTES]) {
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) fill_from_clock(bytes);
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); // the version
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80); // the variant
    edoi_uuid_print(text, bytes);
    return text;
}
