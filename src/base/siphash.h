/* SPDX-License-Identifier: MIT */
/* base/siphash.h: SipHash-1-3 (Aumasson and Bernstein, 2012), for tables whose keys come from
 * outside: without the secret nobody can choose keys that collide. */
#ifndef EDOI_BASE_SIPHASH_H
#define EDOI_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct edoi_siphash_secret {
    uint64_t k0, k1;
} edoi_siphash_secret;

/* Fills in a secret that others cannot guess. */
void edoi_siphash_secret_make(edoi_siphash_secret *secret);

uint64_t edoi_siphash13(const edoi_siphash_secret *secret, const void *bytes, size_t n);

#endif
