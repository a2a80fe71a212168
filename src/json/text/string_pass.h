/* SPDX-License-Identifier: MIT */
/* json/text/string_pass.h: strings in one pass: while a block is copied, it is searched for its
 * first byte that is not plain, and its UTF-8 is checked. See docs/design/json.md. One file for
 * each set of instructions includes this one, behind
 *
 *     BLOCK                   bytes of a vec
 *     STEP                    bits of a mask for each byte, of which the lowest is used
 *     PASS_TARGET             the attribute of a function that may use the instructions
 *     PASS_COPY, PASS_PUT     names of the functions that are made
 *     vec                     the type of a block, and functions over it: load, store, splat, table
 *                             (of 16 bytes), both, either, differ (and, or, xor of bits), equal,
 *                             larger, less (subtraction that stops at 0), high_halves, look_up (in a
 *                             table, by numbers below 16), mask_of_set and mask_of_not_zero
 *     BEHIND(before, x, n)    what lies n bytes before each byte of x
 *
 * UTF-8 is checked as described by J. Keiser and D. Lemire, "Validating UTF-8 In Less Than One
 * Instruction Per Byte", Software: Practice and Experience 51 (2021): what is wrong about two
 * adjacent bytes follows from three half bytes, and so from three tables of 16.
 *
 * inv. 1: a block begins behind a whole character, or `before` is the block in front of it. A
 *         character that is cut short is noticed at the byte that should have been its next; so
 *         faults count up to the closing quote, and at the quote, too.
 * inv. 1 is not asserted: it is about bits of a vector. The tests compare each pass with a plain
 * one. */
#ifndef EDOI_JSON_TEXT_STRING_PASS_H
#define EDOI_JSON_TEXT_STRING_PASS_H

#include "base/assert.h"
#include "json/text/escape.h"
#include "json/text/string.h"

#include <edo/error.h>

#define ESCAPE_MAX 12          /* bytes of an escape that is read: a pair of surrogates */
#define TAIL_MAX   (2 * BLOCK) /* less is read by the byte behind a block, too */
#define LONGER_MAX 5           /* bytes that an escape is longer than what it is of */
#define SLACK      (BLOCK * (1 + LONGER_MAX) + EDOI_JSON_ESCAPE_MAX + 2)

/* What is wrong about two bytes. */
enum {
    TOO_SHORT = 1,   /* a head, then no tail */
    TOO_LONG = 2,    /* ASCII, then a tail */
    LONG_2 = 4,      /* two bytes for ASCII */
    LONG_3 = 8,      /* three bytes for what needs two */
    LONG_4 = 16,     /* four bytes for what needs three; and LARGE_LOW */
    LARGE_LOW = 16,  /* a head above f4, then 80 to 8f */
    LARGE = 32,      /* above U+10FFFF otherwise */
    SURROGATE = 64,  /* U+D800 to U+DFFF */
    TWO_TAILS = 128, /* wrong unless the head is one or two further before */

    ANY_LOW = TOO_SHORT | TOO_LONG | TWO_TAILS, /* hangs not on the low half of the first byte */
    LARGE_HEAD = ANY_LOW | LARGE | LARGE_LOW,
    TAIL = TOO_LONG | LONG_2 | TWO_TAILS
};

/* By the high half of the first byte, its low half, and the high half of the second. */
static const uint8_t first_high[16] = { TOO_LONG,
                                        TOO_LONG,
                                        TOO_LONG,
                                        TOO_LONG,
                                        TOO_LONG,
                                        TOO_LONG,
                                        TOO_LONG,
                                        TOO_LONG,
                                        TWO_TAILS,
                                        TWO_TAILS,
                                        TWO_TAILS,
                                        TWO_TAILS,
                                        TOO_SHORT | LONG_2,
                                        TOO_SHORT,
                                        TOO_SHORT | LONG_3 | SURROGATE,
                                        TOO_SHORT | LARGE | LARGE_LOW | LONG_4 };
static const uint8_t first_low[16] = { ANY_LOW | LONG_2 | LONG_3 | LONG_4,
                                       ANY_LOW | LONG_2,
                                       ANY_LOW,
                                       ANY_LOW,
                                       ANY_LOW | LARGE,
                                       LARGE_HEAD,
                                       LARGE_HEAD,
                                       LARGE_HEAD,
                                       LARGE_HEAD,
                                       LARGE_HEAD,
                                       LARGE_HEAD,
                                       LARGE_HEAD,
                                       LARGE_HEAD,
                                       LARGE_HEAD | SURROGATE,
                                       LARGE_HEAD,
                                       LARGE_HEAD };
static const uint8_t second_high[16] = { TOO_SHORT,
                                         TOO_SHORT,
                                         TOO_SHORT,
                                         TOO_SHORT,
                                         TOO_SHORT,
                                         TOO_SHORT,
                                         TOO_SHORT,
                                         TOO_SHORT,
                                         TAIL | LONG_3 | LONG_4,
                                         TAIL | LONG_3 | LARGE,
                                         TAIL | SURROGATE | LARGE,
                                         TAIL | SURROGATE | LARGE,
                                         TOO_SHORT,
                                         TOO_SHORT,
                                         TOO_SHORT,
                                         TOO_SHORT };

/* A bit for each byte of `x` that is wrong, given the three bytes before it. */
PASS_TARGET
EDOI_INLINE uint64_t utf8_faults(vec x, vec before) {
    vec one = BEHIND(before, x, 1), two = BEHIND(before, x, 2), three = BEHIND(before, x, 3);
    vec faults = both(both(look_up(table(first_high), high_halves(one)),
                           look_up(table(first_low), both(one, splat(0x0f)))),
                      look_up(table(second_high), high_halves(x)));
    // the highest bit: a head of three bytes is two before, or one of four is three before
    vec tails = either(less(two, splat(0xe0 - 0x80)), less(three, splat(0xf0 - 0x80)));
    return mask_of_not_zero(differ(faults, both(tails, splat(0x80))));
}

/* A bit for each byte that is not plain. */
PASS_TARGET
EDOI_INLINE uint64_t odd_bytes(vec x) {
    vec control = splat(0x1f), odd = either(equal(x, splat('"')), equal(x, splat('\\')));
    return mask_of_set(either(odd, equal(larger(x, control), control)));
}

/* What is known of a block of a string. */
typedef struct block {
    vec bytes;
    uint64_t odd;    /* a bit for each byte that is not plain */
    uint64_t faults; /* not zero: it is not UTF-8; the lowest bit says where */
} block;

/* The block at `at`, behind `before`. UTF-8 is checked even if all is ASCII: in text that has both,
 * a branch on each block is mispredicted so often that it costs more than the check. */
PASS_TARGET
EDOI_INLINE block block_at(const char *at, vec before) {
    block b;
    b.bytes = load(at);
    b.odd = odd_bytes(b.bytes);
    b.faults = utf8_faults(b.bytes, before);
    return b;
}

/* Writes what the escape \u at `*at` stands for; NULL: it is wrong. `*at` is then behind it. */
EDOI_INLINE char *put_unit(char *to, const char **at) {
    int unit = edoi_json_unit(*at + 2);
    *at += 6;
    if (EDOI_LIKELY(unit >= 0 && (unit < 0xd800 || unit > 0xdfff)))
        return edoi_json_put_utf8(to, (uint32_t)unit);
    if (unit < 0 || unit > 0xdbff || (*at)[0] != '\\' || (*at)[1] != 'u') return NULL;
    int second = edoi_json_unit(*at + 2);
    if (second < 0xdc00 || second > 0xdfff) return NULL;
    *at += 6;
    return edoi_json_put_utf8(
        to, 0x10000u + ((uint32_t)(unit - 0xd800) << 10 | (uint32_t)(second - 0xdc00)));
}

/* Writes what the escape at `*at` stands for; NULL: it is wrong. `*at` is then behind it. */
EDOI_INLINE char *put_meaning(char *to, const char **at) {
    char c = (*at)[1];
    if (c == 'u') return put_unit(to, at);
    *to = edoi_json_meaning_of(c);
    *at += 2;
    return EDOI_LIKELY(*to != '\0') ? to + 1 : NULL;
}

PASS_TARGET
const char *PASS_COPY(char **to_end, char *to, size_t room, const char *from, const char *end) {
    const char *at = from;
    vec before = splat(0);
    if ((size_t)(end - at) > room) end = at + room; // the copy is never longer than what it is of
    while (end - at >= 2 * BLOCK + ESCAPE_MAX) {
        block b = block_at(at, before);
        size_t done = 0; // bytes of the block
        store(to, b.bytes);
        while (b.odd != 0) {
            size_t n = (size_t)EDOI_CTZ64(b.odd) / STEP;
            const char *next = at + n;
            to += n - done;
            if (*next == '"') {
                // up to the quote faults count, and there: a character may be cut short
                if (EDOI_UNLIKELY((b.faults & (b.odd ^ (b.odd - 1))) != 0)) return NULL;
                *to_end = to;
                return next;
            }
            if (EDOI_UNLIKELY(*next != '\\')) return NULL;
            to = put_meaning(to, &next);
            if (EDOI_UNLIKELY(!to)) return NULL;
            done = (size_t)(next - at);
            if (done >= BLOCK) break;
            store(to, load(next));
            b.odd &= ~UINT64_C(0) << done * STEP;
        }
        if (EDOI_UNLIKELY(b.faults != 0)) return NULL;
        before = b.bytes;
        to += done < BLOCK ? BLOCK - done : 0;
        at += done < BLOCK ? BLOCK : done;
    }
    return NULL;
}

/* Copies the last `n` bytes of `s`, less than TAIL_MAX, to tail[TAIL_MAX], and behind them plain
 * ones. */
PASS_TARGET
EDOI_INLINE void fill_tail(char *tail, edo_str s, size_t n) {
    const vec plain = splat('a');
    if (EDOI_LIKELY(s.len >= TAIL_MAX)) { // all sizes alike: more of `s` goes before them
        const char *from = s.ptr + s.len - TAIL_MAX;
        store(tail + n, load(from));
        store(tail + n + BLOCK, load(from + BLOCK));
    } else {
        memcpy(tail + TAIL_MAX, s.ptr + s.len - n, n);
    }
    store(tail + TAIL_MAX + n, plain);
    store(tail + TAIL_MAX + n + BLOCK, plain);
}

/* inv. 2: at each block the buffer has room for all that is left, and SLACK: all of the block may
 *         be escapes. */
PASS_TARGET
int PASS_PUT(edo_buf *out, edo_str s) {
    const char *at = s.ptr, *end = s.ptr + s.len;
    const size_t before_len = out->len;
    char tail[3 * TAIL_MAX];
    vec before = splat(0);
    bool is_tail = false;
    int err = edo_buf_reserve(out, 1 + s.len + SLACK); // the first quote, then inv. 2
    if (err < 0) return err;
    char *to = out->ptr + before_len, *full = out->ptr + out->cap;
    *to++ = '"';
    for (;;) {
        if (end - at < TAIL_MAX && !is_tail) {
            size_t n = (size_t)(end - at);
            fill_tail(tail, s, n);
            at = tail + TAIL_MAX;
            end = at + n;
            is_tail = true;
        }
        block b = block_at(at, before);
        size_t done = 0, most = at + BLOCK <= end ? BLOCK : (size_t)(end - at);
        if (EDOI_UNLIKELY(b.faults != 0)) goto undo;
        size_t needed = (size_t)(end - at) + SLACK; // inv. 2
        if (EDOI_UNLIKELY((size_t)(full - to) < needed)) {
            out->len = (size_t)(to - out->ptr);
            err = edo_buf_reserve(out, needed + needed / 8);
            if (err < 0) goto undo;
            to = out->ptr + out->len;
            full = out->ptr + out->cap;
        }
        EDO_INV("string_pass inv. 2", (size_t)(full - to) >= needed);
        store(to, b.bytes);
        for (; b.odd != 0; b.odd &= b.odd - 1) {
            size_t n = (size_t)EDOI_CTZ64(b.odd) / STEP;
            to = edoi_json_put_escape(to + (n - done), (unsigned char)at[n]);
            done = n + 1;
            store(to, load(at + done));
        }
        to += most - done;
        at += BLOCK;
        before = b.bytes;
        if (most < BLOCK) break;
    }
    *to++ = '"';
    out->len = (size_t)(to - out->ptr);
    return 0;
undo:
    out->len = before_len;
    return err < 0 ? err : -EDO_EJSON;
}

#endif
