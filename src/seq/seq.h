/* SPDX-License-Identifier: MIT */
/* seq/seq.h: for the sources and adapters of sequences. */
#ifndef EDOI_SEQ_SEQ_H
#define EDOI_SEQ_SEQ_H

#include <edo/seq.h>

#include <string.h>

/* A sequence that fails once with `err`, and ends; NULL without memory. */
edo_seq *edoi_seq_failed(int err, size_t item_size);

/* Copies an item; items of no bytes have no place. */
EDOI_INLINE void edoi_seq_copy(void *to, const void *from, size_t bytes) {
    if (bytes > 0) memcpy(to, from, bytes);
}

EDOI_INLINE uint64_t edoi_seq_sum(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* How many items two sequences may still give together. */
EDOI_INLINE edo_seq_size edoi_seq_size_sum(edo_seq_size a, edo_seq_size b) {
    return (edo_seq_size){ edoi_seq_sum(a.least, b.least), edoi_seq_sum(a.most, b.most) };
}

#endif
