/* SPDX-License-Identifier: MIT */
/* http/headers/names.c: the number of a standard name, by a perfect hash.
 *
 * Four bytes from the beginning, the middle and the end of a name, and its length, give a slot; the
 * multipliers were found by trying, so that no two standard names share one. A name is then
 * compared with the only one that it can be. Names are tokens, and in a token `byte | 0x20` is a
 * lower-case letter, a digit or '-' only if the byte is that character or its upper case: so words
 * of a name are compared with those bits set. */
#include "http/headers/map.h"

#include "http/types/bytes_of.h"

#define CASE_BITS 0x20202020u
#define FACTOR_1  0x5aa0359bu
#define FACTOR_2  0x8f90e7c3u

#define ROW(id, name) { name, sizeof(name) - 1 },
const edo_str edoi_header_names[EDO_HEADERS_END] = { { "", 0 }, EDO_HEADER_NAMES(ROW) };
_Static_assert(EDO_HEADERS_END <= 128, "edo_headers.has has a bit for each");

// clang-format off
static const uint8_t slots[256] = {
    0, 0, 0, 0, 0, 33, 0, 0, 62, 0, 0, 0, 51, 0, 88, 0,
    4, 0, 0, 0, 50, 0, 0, 65, 57, 0, 0, 68, 74, 31, 0, 85,
    0, 0, 0, 0, 0, 7, 0, 44, 91, 70, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 25, 67, 64, 0, 0, 36, 0, 0, 0, 0,
    60, 0, 16, 11, 15, 0, 0, 0, 89, 2, 49, 0, 79, 34, 72, 58,
    48, 0, 0, 0, 38, 0, 14, 0, 43, 0, 32, 0, 0, 22, 0, 59,
    8, 0, 0, 54, 0, 0, 0, 0, 9, 0, 10, 0, 81, 20, 30, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 82, 0, 13, 84,
    0, 0, 87, 0, 42, 75, 0, 0, 0, 0, 40, 0, 0, 1, 0, 19,
    0, 0, 0, 35, 0, 0, 86, 0, 0, 0, 24, 63, 0, 0, 0, 0,
    45, 0, 0, 55, 0, 90, 0, 0, 0, 0, 69, 37, 0, 26, 0, 0,
    61, 0, 3, 0, 0, 0, 0, 47, 0, 0, 0, 5, 18, 0, 46, 0,
    0, 12, 0, 0, 0, 53, 0, 0, 0, 0, 0, 0, 52, 0, 73, 0,
    0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 41, 92, 77, 39, 0, 28,
    0, 0, 0, 56, 0, 0, 0, 93, 0, 27, 0, 0, 0, 23, 80, 0,
    0, 0, 21, 17, 0, 29, 0, 78, 66, 76, 0, 83, 0, 0, 0, 71,
};
// clang-format on

static uint32_t word(const char *p) {
    const unsigned char *b = (const unsigned char *)p;
    return ((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24) |
           CASE_BITS;
}

/* The words at the beginning, the middle and the end: together all bytes of a name of at most 8. */
typedef struct three {
    uint32_t begin, middle, end;
} three;

static three header_name_words_of(edo_str s) {
    if (s.len >= 4)
        return (three){ word(s.ptr), word(s.ptr + s.len / 2 - 2), word(s.ptr + s.len - 4) };
    uint32_t all = (uint32_t)(unsigned char)s.ptr[0] |
                   (uint32_t)(unsigned char)s.ptr[s.len - 1] << 8 |
                   (uint32_t)(unsigned char)s.ptr[s.len / 2] << 16 | CASE_BITS;
    return (three){ all, all, all };
}

static bool header_name_is_same(edo_str token, edo_str name) {
    if (token.len < 4) {
        three a = header_name_words_of(token), b = header_name_words_of(name);
        return a.begin == b.begin;
    }
    for (size_t i = 0; i + 4 < token.len; i += 4)
        if (word(token.ptr + i) != word(name.ptr + i)) return false;
    return word(token.ptr + token.len - 4) == word(name.ptr + token.len - 4);
}

edo_header_id edoi_header_id_of_token(edo_str name) {
    three w = header_name_words_of(name);
    uint32_t turned = w.middle << 7 | w.middle >> 25;
    uint32_t hash = ((w.begin + (uint32_t)name.len) * FACTOR_1 ^ (w.end + turned)) * FACTOR_2;
    uint8_t id = slots[hash >> 24];
    edo_str only = edoi_header_names[id];
    return only.len == name.len && header_name_is_same(name, only) ? (edo_header_id)id
                                                                   : EDO_HEADER_OTHER;
}

edo_header_id edo_header_id_of(edo_str name) {
    return edoi_is_token(name) ? edoi_header_id_of_token(name) : EDO_HEADER_OTHER;
}

edo_str edo_header_name(edo_header_id id) {
    unsigned i = (unsigned)id;
    return edoi_header_names[i < EDO_HEADERS_END ? i : 0];
}

bool edo_header_name_is_valid(edo_str name) {
    return name.len <= UINT16_MAX && edoi_is_token(name);
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* May one of the eight bytes be a control or DEL? The lowest such byte is always found. */
EDOI_INLINE bool may_have_control(uint64_t word) {
    uint64_t del = word ^ EACH_BYTE(0x7f);
    uint64_t found = ((word - EACH_BYTE(0x20)) & ~word) | ((del - EACH_BYTE(1)) & ~del);
    return found & EACH_BYTE(0x80);
}

bool edo_header_value_is_valid(edo_str value) {
    size_t i = 0;
    for (uint64_t word; i + 8 <= value.len; i += 8) {
        memcpy(&word, value.ptr + i, 8);
        if (may_have_control(word)) break; // it may be a tab, which is allowed
    }
    return edoi_bytes_are((edo_str){ i > 0 ? value.ptr + i : value.ptr, value.len - i },
                          EDOI_BYTE_VALUE);
}
