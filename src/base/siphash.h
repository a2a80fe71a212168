/* SPDX-License-Identifier: MIT */
/* base/siphash.h: SipHash-1-3 (Aumasson and Bernstein, 2012), for tables whose keys come from
 * outside: without the secret nobody can choose keys that collide. It has one round for each word
 * of 8 bytes, and three at the end. Here in whole, as libedo-http needs it, too, and sees only the
 * public functions of libedo. */
#ifndef EDOI_BASE_SIPHASH_H
#define EDOI_BASE_SIPHASH_H

#include "base/world/random.h"
#include "base/world/worlds.h"

typedef struct edoi_siphash_secret {
    uint64_t k0, k1;
} edoi_siphash_secret;

typedef struct edoi_siphash {
    uint64_t v0, v1, v2, v3;
} edoi_siphash;

/* Fills in a secret that others cannot guess; in a simulated world one by its seed. */
static inline void edoi_siphash_secret_make(edoi_siphash_secret *secret) {
    if (edoi_world_draws_outside(&secret->k0) && edoi_world_draws_outside(&secret->k1)) return;
    edoi_random_seed(secret, sizeof *secret);
}

EDOI_INLINE uint64_t edoi_siphash_turned(uint64_t x, int by) {
    return x << by | x >> (64 - by);
}

EDOI_INLINE void edoi_siphash_mix(edoi_siphash *s) {
    s->v0 += s->v1;
    s->v1 = edoi_siphash_turned(s->v1, 13) ^ s->v0;
    s->v0 = edoi_siphash_turned(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = edoi_siphash_turned(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = edoi_siphash_turned(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = edoi_siphash_turned(s->v1, 17) ^ s->v2;
    s->v2 = edoi_siphash_turned(s->v2, 32);
}

EDOI_INLINE void edoi_siphash_add(edoi_siphash *s, uint64_t word) {
    s->v3 ^= word;
    edoi_siphash_mix(s);
    s->v0 ^= word;
}

/* 8 bytes as a number, the first byte lowest; compilers know this for one load. */
EDOI_INLINE uint64_t edoi_siphash_word(const unsigned char *b) {
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

EDOI_INLINE uint64_t edoi_siphash_half_word(const unsigned char *b) {
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24;
}

/* The last `left` bytes of `n`, fewer than 8, likewise. They are read by two loads, which overlap,
 * or by one that has bytes of the word before; so there is no loop. */
EDOI_INLINE uint64_t edoi_siphash_rest(const unsigned char *at, size_t left, size_t n) {
    if (n >= 8) return edoi_siphash_word(at + left - 8) >> 1 >> (63 - 8 * left);
    if (left >= 4)
        return edoi_siphash_half_word(at) | edoi_siphash_half_word(at + left - 4) << 8 * (left - 4);
    if (left == 0) return 0;
    return (uint64_t)at[0] | (uint64_t)at[left / 2] << 8 * (left / 2) |
           (uint64_t)at[left - 1] << 8 * (left - 1);
}

/* Eight bytes with the letters A to Z in lower case. The highest bit of a byte of `from_a` says
 * that its lower seven bits are at least those of A, and in `behind_z` above those of Z. */
EDOI_INLINE uint64_t edoi_siphash_lower(uint64_t word) {
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = word & 0x7f * each;
    uint64_t from_a = low + (0x80 - 'A') * each, behind_z = low + (0x7f - 'Z') * each;
    return word | ((from_a ^ behind_z) & ~word & 0x80 * each) >> 2;
}

EDOI_INLINE uint64_t edoi_siphash_of(const edoi_siphash_secret *secret, const void *bytes, size_t n,
                                     bool any_case) {
    const unsigned char *at = bytes;
    edoi_siphash s = { secret->k0 ^ UINT64_C(0x736f6d6570736575),
                       secret->k1 ^ UINT64_C(0x646f72616e646f6d),
                       secret->k0 ^ UINT64_C(0x6c7967656e657261),
                       secret->k1 ^ UINT64_C(0x7465646279746573) };
    uint64_t word;
    size_t left = n;
    for (; left >= 8; left -= 8, at += 8) {
        word = edoi_siphash_word(at);
        edoi_siphash_add(&s, any_case ? edoi_siphash_lower(word) : word);
    }
    word = edoi_siphash_rest(at, left, n);
    if (any_case) word = edoi_siphash_lower(word);
    edoi_siphash_add(&s, word | (uint64_t)(n & 0xff) << 56);
    s.v2 ^= 0xff;
    edoi_siphash_mix(&s); // three times: compilers would make a loop of a loop
    edoi_siphash_mix(&s);
    edoi_siphash_mix(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static inline uint64_t edoi_siphash13(const edoi_siphash_secret *secret, const void *bytes,
                                      size_t n) {
    return edoi_siphash_of(secret, bytes, n, false);
}

/* The hash of the bytes with the letters A to Z in lower case. */
static inline uint64_t edoi_siphash13_any_case(const edoi_siphash_secret *secret, const void *bytes,
                                               size_t n) {
    return edoi_siphash_of(secret, bytes, n, true);
}

#endif
