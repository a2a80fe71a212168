/* SPDX-License-Identifier: MIT */
/* base/text/sha1.c: see sha1.h. */
#include "base/text/sha1.h"

#include <string.h>

#define BLOCK 64u

static uint32_t sha1_turn(uint32_t x, int bits) {
    return x << bits | x >> (32 - bits);
}

static uint32_t word_at(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Returns the function of step `t` with its constant. */
static uint32_t mixed(const uint32_t v[5], int t) {
    if (t < 20) return ((v[1] & v[2]) | (~v[1] & v[3])) + 0x5a827999u;
    if (t < 40) return (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1u;
    if (t < 60) return ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])) + 0x8f1bbcdcu;
    return (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6u;
}

static void sha1_add_block(uint32_t h[5], const unsigned char *block) {
    uint32_t w[80], v[5];
    for (int t = 0; t < 16; t++) w[t] = word_at(block + 4 * t);
    for (int t = 16; t < 80; t++) w[t] = sha1_turn(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    memcpy(v, h, sizeof v);
    for (int t = 0; t < 80; t++) {
        uint32_t next = sha1_turn(v[0], 5) + mixed(v, t) + v[4] + w[t];
        v[4] = v[3], v[3] = v[2], v[2] = sha1_turn(v[1], 30), v[1] = v[0], v[0] = next;
    }
    for (int i = 0; i < 5; i++) h[i] += v[i];
}

void edoi_sha1(unsigned char out[EDOI_SHA1_BYTES], edo_str text) {
    uint32_t h[5] = { 0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u };
    unsigned char end[2 * BLOCK] = { 0 };
    size_t whole = text.len / BLOCK * BLOCK, rest = text.len - whole;
    for (size_t at = 0; at < whole; at += BLOCK)
        sha1_add_block(h, (const unsigned char *)text.ptr + at);
    if (rest > 0) memcpy(end, text.ptr + whole, rest);
    end[rest] = 0x80;
    size_t blocks = rest + 9 > BLOCK ? 2 : 1; // behind the text stand a bit and the length
    uint64_t bits = (uint64_t)text.len * 8;
    for (size_t i = 0; i < 8; i++) end[blocks * BLOCK - 1 - i] = (unsigned char)(bits >> (8 * i));
    for (size_t i = 0; i < blocks; i++) sha1_add_block(h, end + i * BLOCK);
    for (size_t i = 0; i < EDOI_SHA1_BYTES; i++)
        out[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}
