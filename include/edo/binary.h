/* SPDX-License-Identifier: MIT */
/* edo/binary.h: numbers in bytes in memory, with the high byte first (be, the network's order) or
 * the low byte first (le): of file formats and protocols whose bytes are there already.
 *
 *     uint32_t length = edo_load_u32be(frame.ptr);
 *     …
 *     char head[6];
 *     edo_store_u16le(head, kind);
 *     edo_store_u32le(head + 2, length);
 *
 * The bytes may lie at any address. Nothing is checked: whoever calls knows that they are there. A
 * number with a sign is its unsigned one, converted: (int32_t)edo_load_u32be(at). Numbers that are
 * read from a stream, and written to one, are in edo/typed_io.h, frames with a length in front in
 * edo/codec.h.
 *
 * For all of them:
 * Owns:    borrows the bytes until it returns.
 * Threads: any, at once, as an access to the bytes.   Waits: never.   Since: 0.1 */
#ifndef EDO_BINARY_H
#define EDO_BINARY_H

#include <edo/base.h>

EDO_BEGIN_DECLS

/* ---- The high byte first --------------------------------------------------------------------- */

/** Return the number of 16 to 64 bits that lies at `bytes`, its high byte first. */
EDOI_INLINE uint16_t edo_load_u16be(const void *bytes) {
    const unsigned char *at = (const unsigned char *)bytes;
    return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}
EDOI_INLINE uint32_t edo_load_u32be(const void *bytes) {
    const unsigned char *at = (const unsigned char *)bytes;
    return (uint32_t)edo_load_u16be(at) << 16 | edo_load_u16be(at + 2);
}
EDOI_INLINE uint64_t edo_load_u64be(const void *bytes) {
    const unsigned char *at = (const unsigned char *)bytes;
    return (uint64_t)edo_load_u32be(at) << 32 | edo_load_u32be(at + 4);
}

/** Write a number of 16 to 64 bits to `bytes`, its high byte first. */
EDOI_INLINE void edo_store_u16be(void *bytes, uint16_t number) {
    unsigned char *at = (unsigned char *)bytes;
    at[0] = (unsigned char)(number >> 8);
    at[1] = (unsigned char)number;
}
EDOI_INLINE void edo_store_u32be(void *bytes, uint32_t number) {
    unsigned char *at = (unsigned char *)bytes;
    edo_store_u16be(at, (uint16_t)(number >> 16));
    edo_store_u16be(at + 2, (uint16_t)number);
}
EDOI_INLINE void edo_store_u64be(void *bytes, uint64_t number) {
    unsigned char *at = (unsigned char *)bytes;
    edo_store_u32be(at, (uint32_t)(number >> 32));
    edo_store_u32be(at + 4, (uint32_t)number);
}

/* ---- The low byte first ---------------------------------------------------------------------- */

/** Return the number of 16 to 64 bits that lies at `bytes`, its low byte first. */
EDOI_INLINE uint16_t edo_load_u16le(const void *bytes) {
    const unsigned char *at = (const unsigned char *)bytes;
    return (uint16_t)((unsigned)at[1] << 8 | at[0]);
}
EDOI_INLINE uint32_t edo_load_u32le(const void *bytes) {
    const unsigned char *at = (const unsigned char *)bytes;
    return (uint32_t)edo_load_u16le(at + 2) << 16 | edo_load_u16le(at);
}
EDOI_INLINE uint64_t edo_load_u64le(const void *bytes) {
    const unsigned char *at = (const unsigned char *)bytes;
    return (uint64_t)edo_load_u32le(at + 4) << 32 | edo_load_u32le(at);
}

/** Write a number of 16 to 64 bits to `bytes`, its low byte first. */
EDOI_INLINE void edo_store_u16le(void *bytes, uint16_t number) {
    unsigned char *at = (unsigned char *)bytes;
    at[1] = (unsigned char)(number >> 8);
    at[0] = (unsigned char)number;
}
EDOI_INLINE void edo_store_u32le(void *bytes, uint32_t number) {
    unsigned char *at = (unsigned char *)bytes;
    edo_store_u16le(at + 2, (uint16_t)(number >> 16));
    edo_store_u16le(at, (uint16_t)number);
}
EDOI_INLINE void edo_store_u64le(void *bytes, uint64_t number) {
    unsigned char *at = (unsigned char *)bytes;
    edo_store_u32le(at + 4, (uint32_t)(number >> 32));
    edo_store_u32le(at, (uint32_t)number);
}

EDO_END_DECLS

#endif
