/* SPDX-License-Identifier: MIT */
/* base/world/random.c: all calls of getrandom(): see edo/random.h and random.h. */
#include "base/world/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* Of more than 256 bytes the kernel may give a part, when a signal comes. */
static int random_take(void *to, size_t n, unsigned flags) {
    for (unsigned char *at = to; n > 0;) {
        const ssize_t got = getrandom(at, n, flags);
        if (got < 0 && errno != EINTR) return -errno;
        if (got < 0) continue;
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

int edo_random(void *to, size_t n) {
    return random_take(to, n, 0);
}

/* Spreads a number over 64 bits (splitmix64). */
static uint64_t random_spread(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

EDOI_COLD void edoi_random_seed_by_clock(void *to, size_t n) {
    static EDOI_THREAD_LOCAL uint32_t words_n; // another address for each thread
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); // this cannot fail
    const uint64_t thread = random_spread((uintptr_t)&words_n);
    for (unsigned char *at = to; n > 0;) {
        const uint64_t second = (uint64_t)now.tv_sec + ((uint64_t)words_n++ << 32);
        const uint64_t word = random_spread(random_spread(second ^ thread) ^ (uint64_t)now.tv_nsec);
        const size_t piece = n < sizeof word ? n : sizeof word;
        memcpy(at, &word, piece);
        at += piece;
        n -= piece;
    }
}

void edoi_random_seed(void *to, size_t n) {
    if (random_take(to, n, GRND_NONBLOCK) < 0) edoi_random_seed_by_clock(to, n);
}
