/* SPDX-License-Identifier: MIT */
/* fuzz/fuzz.h: what a fuzz target defines. Its entry is that of libFuzzer; fuzz/driver.c runs it
 * elsewhere. */
#ifndef EDO_FUZZ_FUZZ_H
#define EDO_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Runs the parser on the input, and aborts if a property does not hold; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Inputs to begin with. */
typedef struct fuzz_seed {
    const char *bytes;
    size_t n;
} fuzz_seed;

extern const fuzz_seed fuzz_seeds[];
extern const size_t fuzz_seeds_n;

/* A seed of a string literal, which may contain NULs. */
#define FUZZ_SEED(text)                                                                            \
    { "" text, sizeof(text) - 1 }

#endif
