/* SPDX-License-Identifier: MIT */
/* protobuf/wire.h: the numbers that the binary form consists of. */
#ifndef EDOI_PROTOBUF_WIRE_H
#define EDOI_PROTOBUF_WIRE_H

#include <edo/bytes.h>

/* What follows a tag, its lowest three bits. */
typedef enum edoi_wire_type {
    EDOI_WIRE_VARINT,
    EDOI_WIRE_64,
    EDOI_WIRE_BYTES,
    EDOI_WIRE_GROUP,
    EDOI_WIRE_GROUP_END,
    EDOI_WIRE_32,
} edoi_wire_type;

#define EDOI_VARINT_MAX 10u         /* bytes */
#define EDOI_NUMBER_MAX 0x1fffffffu /* of a field */

/* Reads a varint at `at` to `*n`, and returns where it ends; NULL: there is none before `end`. Bits
 * above the 64th are ignored, as all others do. */
EDOI_INLINE const char *edoi_varint_read(const char *at, const char *end, uint64_t *n) {
    if (EDOI_LIKELY(at < end && (unsigned char)*at < 0x80)) return *n = (unsigned char)*at, at + 1;
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 7 * EDOI_VARINT_MAX && at < end; shift += 7) {
        unsigned char c = (unsigned char)*at++;
        bits |= (uint64_t)(c & 0x7fu) << shift;
        if (c < 0x80) return *n = bits, at;
    }
    return NULL;
}

/* How many bytes a varint has: one for each 7 bits. */
EDOI_INLINE size_t edoi_varint_bytes(uint64_t n) {
    unsigned bits = 64u - (unsigned)EDOI_CLZ64(n | 1);
    return (bits * 9 + 64) / 64;
}

/* Writes a varint so that it ends before `end`, and returns where it begins. */
EDOI_INLINE char *edoi_varint_write(char *end, uint64_t n) {
    if (EDOI_LIKELY(n < 0x80)) return *--end = (char)n, end;
    char *begin = end - edoi_varint_bytes(n), *at = begin;
    for (; n >= 0x80; n >>= 7) *at++ = (char)(n | 0x80);
    *at = (char)n;
    return begin;
}

EDOI_INLINE uint64_t edoi_zigzag(int64_t n) {
    return (uint64_t)n << 1 ^ (uint64_t)(n >> 63);
}
EDOI_INLINE int64_t edoi_zigzag_undo(uint64_t n) {
    return (int64_t)(n >> 1 ^ (0 - (n & 1)));
}

/* Numbers of fixed length are little-endian. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
EDOI_INLINE uint32_t edoi_little_32(uint32_t n) {
    return __builtin_bswap32(n);
}
EDOI_INLINE uint64_t edoi_little_64(uint64_t n) {
    return __builtin_bswap64(n);
}
#else
EDOI_INLINE uint32_t edoi_little_32(uint32_t n) {
    return n;
}
EDOI_INLINE uint64_t edoi_little_64(uint64_t n) {
    return n;
}
#endif

/* Is all of it ASCII? Texts are short. */
EDOI_INLINE bool edoi_is_ascii(const char *at, size_t n) {
    uint64_t w = 0, v;
    if (n < 8) {
        for (size_t i = 0; i < n; i++) w |= (unsigned char)at[i];
        return w < 0x80;
    }
    for (size_t i = 0; i + 8 < n; i += 8) memcpy(&v, at + i, 8), w |= v;
    memcpy(&v, at + n - 8, 8);
    return ((w | v) & UINT64_C(0x8080808080808080)) == 0;
}

#endif
