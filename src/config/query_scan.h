/* SPDX-License-Identifier: MIT */
/* config/query_scan.h: searches in queries, eight bytes at a time. Most queries and all names are
 * short: a call of memchr() takes longer than such a search. */
#ifndef EDOI_CONFIG_QUERY_SCAN_H
#define EDOI_CONFIG_QUERY_SCAN_H

#include <edo/bytes.h>
#include <edo/task.h>

#include <string.h>

#define EDOI_TWO_WORDS       16u /* bytes of a query; of a longer one two calls take no longer */
#define EDOI_EACH_BYTE       UINT64_C(0x0101010101010101)
#define EDOI_LOWEST_IS_FIRST (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

EDOI_INLINE uint64_t edoi_query_word(const char *at) {
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

/* A long text that is read while other tasks wait. */
typedef struct edoi_turns {
    const char *due; /* the next turn of the others, when the reading is here; NULL: they wait */
} edoi_turns;

#define EDOI_TURN_BYTES 16384 /* take 1 ms at most, unless a field has a costly pattern or check */

EDOI_INLINE edoi_turns edoi_turns_of(bool yields, const char *from) {
    return (edoi_turns){ yields ? from + EDOI_TURN_BYTES : NULL };
}

/* The reading is at `at`. Returns 0 or -ECANCELED. */
EDOI_INLINE int edoi_turns_take(edoi_turns *t, const char *at) {
    if (EDOI_LIKELY(!t->due || at < t->due)) return 0;
    t->due = at + EDOI_TURN_BYTES;
    return edo_yield();
}

/* Which of eight bytes are neither % nor +? Those have their highest bit set in the result, but for
 * some above 0x7f. */
EDOI_INLINE uint64_t edoi_query_plain(uint64_t word) {
    const uint64_t low = EDOI_EACH_BYTE * 0x7f;
    word &= low; // so that no sum carries into the next byte
    return ((word ^ EDOI_EACH_BYTE * '%') + low) & ((word ^ EDOI_EACH_BYTE * '+') + low);
}

/* May there be a % or a + in the text? True for all that have one, and for some bytes above 0x7f.
 */
EDOI_INLINE bool edoi_query_may_escape(edo_str text) {
    if (text.len < 8 || text.len > EDOI_TWO_WORDS)
        return memchr(text.ptr, '%', text.len) || memchr(text.ptr, '+', text.len);
    uint64_t first = edoi_query_plain(edoi_query_word(text.ptr));
    uint64_t last = edoi_query_plain(edoi_query_word(text.ptr + text.len - 8)); // may overlap
    return (~(first & last) & EDOI_EACH_BYTE * 0x80) != 0;
}

/* The first = from `at` on, or NULL. */
EDOI_INLINE const char *edoi_query_equals(const char *at, const char *end) {
    if (EDOI_LOWEST_IS_FIRST && end - at >= 8) {
        uint64_t x = edoi_query_word(at) ^ EDOI_EACH_BYTE * '=';
        uint64_t found = (x - EDOI_EACH_BYTE) & ~x & EDOI_EACH_BYTE * 0x80; // right up to the first
        if (EDOI_LIKELY(found)) return at + EDOI_CTZ64(found) / 8;
        at += 8;
    }
    return memchr(at, '=', (size_t)(end - at));
}

#endif
