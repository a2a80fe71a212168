/* SPDX-License-Identifier: MIT */
/* token.c: see token.h. A token is long and random, so its hash needs no salt. */
#include "store/token.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 64

typedef struct sha256 {
    uint32_t state[8];
} sha256;

static uint32_t token_turned(uint32_t x, unsigned n) {
    return (x >> n) | (x << (32 - n));
}

static void sha256_add_block(sha256 *self, const uint8_t block[BLOCK]) {
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2,
    };
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (token_turned(a, 7) ^ token_turned(a, 18) ^ a >> 3) + w[i - 7] +
               (token_turned(b, 17) ^ token_turned(b, 19) ^ b >> 10);
    }
    memcpy(s, self->state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t one = s[7] +
                       (token_turned(s[4], 6) ^ token_turned(s[4], 11) ^ token_turned(s[4], 25)) +
                       ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
        uint32_t two = (token_turned(s[0], 2) ^ token_turned(s[0], 13) ^ token_turned(s[0], 22)) +
                       ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (int i = 0; i < 8; i++) self->state[i] += s[i];
}

void token_key(edo_str token, char out[TOKEN_KEY_BYTES + 1]) {
    sha256 h = { .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                            0x1f83d9ab, 0x5be0cd19 } };
    uint8_t block[BLOCK];
    size_t n = token.len;
    for (; n >= BLOCK; n -= BLOCK)
        sha256_add_block(&h, (const uint8_t *)token.ptr + (token.len - n));
    memset(block, 0, sizeof block);
    if (n > 0) memcpy(block, token.ptr + (token.len - n), n);
    block[n] = 0x80;
    if (n >= BLOCK - 8) {
        sha256_add_block(&h, block);
        memset(block, 0, sizeof block);
    }
    uint64_t bits = 8 * (uint64_t)token.len;
    for (int i = 0; i < 8; i++) block[BLOCK - 1 - i] = (uint8_t)(bits >> (8 * i));
    sha256_add_block(&h, block);
    for (size_t i = 0; i < TOKEN_KEY_BYTES / 8; i++)
        (void)snprintf(out + 8 * i, 9, "%08x", (unsigned)h.state[i]);
}

void token_person(const char *key, char out[PERSON_BYTES + 1]) {
    char hash[TOKEN_KEY_BYTES + 1];
    token_key(edo_str_of(key), hash);
    memcpy(out, hash, PERSON_BYTES);
    out[PERSON_BYTES] = '\0';
}
