/* SPDX-License-Identifier: MIT */
/* console/live/histogram.c: see histogram.h. The V2 form, as the crate hdrhistogram reads it, all
 * of it big endian:
 *
 *      4  0x1c849313          8  the lowest value with a count, 1
 *      4  bytes of counts     8  the highest one
 *      4  0                   8  a ratio, 1.0
 *      4  digits, 2              then the counts, up to the largest value
 *
 * Counts are zig-zag LEB128, low bits first; a run of n >= 2 zeros is -n. */
#include "console/live/histogram.h"

#define COOKIE     0x1c849313u
#define DIGITS     2u
#define HALF       128u /* buckets of an octave */
#define HALF_LOG2  7u
#define LEB_BYTES  9u                           /* the ninth has 8 bits */
#define RATIO_BITS UINT64_C(0x3ff0000000000000) /* 1.0 */

static size_t histogram_bucket(uint64_t value) {
    unsigned octave = 56u - (unsigned)__builtin_clzll(value | (2 * HALF - 1));
    return ((size_t)(octave + 1) << HALF_LOG2) + (size_t)(value >> octave) - HALF;
}

void edoi_histogram_add(edoi_histogram *h, uint64_t ns) {
    if (ns > EDOI_HISTOGRAM_MAX_NS) {
        h->outliers++;
        if (ns > h->largest_outlier) h->largest_outlier = ns;
        ns = EDOI_HISTOGRAM_MAX_NS;
    }
    if (ns > h->largest) h->largest = ns;
    h->counts[histogram_bucket(ns)]++;
}

static unsigned char *histogram_put_big(unsigned char *to, uint64_t value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;) *to++ = (unsigned char)(value >> (8 * i));
    return to;
}

static unsigned char *histogram_put_count(unsigned char *to, int64_t count) {
    uint64_t left = (uint64_t)count << 1 ^ (uint64_t)(count >> 63);
    for (unsigned i = 1; i < LEB_BYTES && left >= 128; i++, left >>= 7)
        *to++ = (unsigned char)(left | 128);
    *to++ = (unsigned char)left;
    return to;
}

/* The counts up to the largest value. */
static unsigned char *histogram_put_counts(unsigned char *to, const edoi_histogram *h) {
    const size_t n = histogram_bucket(h->largest) + 1;
    for (size_t i = 0; i < n;) {
        size_t zeros = 0;
        while (i + zeros < n && h->counts[i + zeros] == 0) zeros++;
        if (zeros == 0)
            to = histogram_put_count(to, (int64_t)h->counts[i]);
        else
            to = histogram_put_count(to, zeros == 1 ? 0 : -(int64_t)zeros);
        i += zeros > 0 ? zeros : 1;
    }
    return to;
}

size_t edoi_histogram_write(const edoi_histogram *h, unsigned char *to) {
    unsigned char *const end = histogram_put_counts(to + 40, h);
    unsigned char *at = histogram_put_big(to, COOKIE, 4);
    at = histogram_put_big(at, (uint64_t)(end - (to + 40)), 4);
    at = histogram_put_big(at, 0, 4);
    at = histogram_put_big(at, DIGITS, 4);
    at = histogram_put_big(at, 1, 8);
    at = histogram_put_big(at, EDOI_HISTOGRAM_MAX_NS, 8);
    (void)histogram_put_big(at, RATIO_BITS, 8);
    return (size_t)(end - to);
}
