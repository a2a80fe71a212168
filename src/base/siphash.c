/* SPDX-License-Identifier: MIT */
/* base/siphash.c: SipHash with one round for each word of 8 bytes, and three at the end. */
#include "base/siphash.h"

#include <sys/random.h>
#include <time.h>

typedef struct state {
    uint64_t v0, v1, v2, v3;
} state;

void edoi_siphash_secret_make(edoi_siphash_secret *secret) {
    if (getrandom(secret, sizeof *secret, GRND_NONBLOCK) == sizeof *secret) return;
    struct timespec now; // early at boot: better than a constant
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    secret->k0 = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
    secret->k1 = (uint64_t)(uintptr_t)secret;
}

static uint64_t turned_left(uint64_t x, int by) {
    return x << by | x >> (64 - by);
}

static void mix(state *s) {
    s->v0 += s->v1;
    s->v1 = turned_left(s->v1, 13) ^ s->v0;
    s->v0 = turned_left(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = turned_left(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = turned_left(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = turned_left(s->v1, 17) ^ s->v2;
    s->v2 = turned_left(s->v2, 32);
}

static void add(state *s, uint64_t word) {
    s->v3 ^= word;
    mix(s);
    s->v0 ^= word;
}

/* 8 bytes as a number, the first byte lowest; compilers know this for one load. */
static uint64_t word_at(const unsigned char *b) {
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

/* The last bytes, fewer than 8, likewise. */
static uint64_t word_of_rest(const unsigned char *bytes, size_t n) {
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++) word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

uint64_t edoi_siphash13(const edoi_siphash_secret *secret, const void *bytes, size_t n) {
    const unsigned char *at = bytes;
    state s = { secret->k0 ^ UINT64_C(0x736f6d6570736575),
                secret->k1 ^ UINT64_C(0x646f72616e646f6d),
                secret->k0 ^ UINT64_C(0x6c7967656e657261),
                secret->k1 ^ UINT64_C(0x7465646279746573) };
    size_t left = n;
    for (; left >= 8; left -= 8, at += 8) add(&s, word_at(at));
    add(&s, word_of_rest(at, left) | (uint64_t)(n & 0xff) << 56);
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++) mix(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
