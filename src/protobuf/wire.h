/* SPDX-License-Identifier: MIT */
/* protobuf/wire.h: the numbers that the binary form consists of. */
#ifndef EDOI_PROTOBUF_WIRE_H
#define EDOI_PROTOBUF_WIRE_H

#include "value/desc.h"

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

/* The bits of an integer of 1, 2, 4 or 8 bytes, as a number of 64. */
EDOI_INLINE int64_t edoi_wire_load(const void *at, size_t size, bool is_signed) {
    int64_t wide;
    int32_t n;
    if (size == 8) return memcpy(&wide, at, 8), wide;
    if (EDOI_UNLIKELY(size != 4)) return edoi_int_load(at, size, is_signed);
    memcpy(&n, at, 4);
    return is_signed ? n : (int64_t)(uint32_t)n;
}

EDOI_INLINE void edoi_wire_store(void *at, size_t size, int64_t wide) {
    const int32_t n = (int32_t)wide;
    if (size == 4)
        memcpy(at, &n, 4);
    else if (size == 8)
        memcpy(at, &wide, 8);
    else
        edoi_int_store(at, size, wide);
}

/* Copies 16 bytes, and adds their bits to `*bits`. */
EDOI_INLINE void edoi_copy_16(char *to, const char *from, uint64_t *bits) {
    uint64_t a, b;
    memcpy(&a, from, 8), memcpy(&b, from + 8, 8);
    memcpy(to, &a, 8), memcpy(to + 8, &b, 8);
    *bits |= a | b;
}

/* Copies a text, most often a short one; is all of it ASCII? The last bytes are copied twice, if it
 * is no multiple. */
EDOI_INLINE bool edoi_copy_ascii(char *to, const char *from, size_t n) {
    uint64_t bits = 0, v, w;
    uint32_t a, b;
    if (n >= 16) {
        for (size_t i = 0; i + 16 < n; i += 16) edoi_copy_16(to + i, from + i, &bits);
        edoi_copy_16(to + n - 16, from + n - 16, &bits);
    } else if (n >= 8) {
        memcpy(&v, from, 8), memcpy(&w, from + n - 8, 8);
        memcpy(to, &v, 8), memcpy(to + n - 8, &w, 8);
        bits = v | w;
    } else if (n >= 4) {
        memcpy(&a, from, 4), memcpy(&b, from + n - 4, 4);
        memcpy(to, &a, 4), memcpy(to + n - 4, &b, 4);
        bits = a | b;
        return (bits & 0x80808080u) == 0;
    } else {
        for (size_t i = 0; i < n; i++) bits |= (unsigned char)(to[i] = from[i]);
    }
    return (bits & UINT64_C(0x8080808080808080)) == 0;
}

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
