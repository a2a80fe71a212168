/* SPDX-License-Identifier: MIT */
/* json/text/scan.h: one step at a time through a JSON text in memory (RFC 8259): the layer below
 * the reader, the dynamic value and the decoder, which so accept the same texts.
 *
 * A step that fails leaves `at` at the byte that is wrong and sets `reason`. Where the text ends
 * too early the reason is edoi_json_cut: more text may mend that.
 *
 * inv. 1: begin <= at <= end. */
#ifndef EDOI_JSON_TEXT_SCAN_H
#define EDOI_JSON_TEXT_SCAN_H

#include "json/number/number.h"
#include "json/text/string.h"

#include <edo/json.h>

typedef struct edoi_json_scan {
    const char *at, *end, *begin;
    const char *reason; /* static; NULL: nothing failed */
} edoi_json_scan;

extern const char edoi_json_cut[], edoi_json_too_deep[];

EDOI_INLINE edoi_json_scan edoi_json_scan_of(edo_str text) {
    return (edoi_json_scan){ text.ptr, text.ptr + text.len, text.ptr, NULL };
}

EDOI_INLINE bool edoi_json_is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

EDOI_INLINE void edoi_json_space(edoi_json_scan *s) {
    while (s->at < s->end && EDOI_UNLIKELY((unsigned char)*s->at <= ' ') &&
           edoi_json_is_space(*s->at))
        s->at++;
}

/* The byte at `at`; 0 at the end, which no step accepts. */
EDOI_INLINE char edoi_json_peek(const edoi_json_scan *s) {
    return EDOI_LIKELY(s->at < s->end) ? *s->at : '\0';
}

/* Fails at `at`; returns false. */
EDOI_COLD bool edoi_json_wrong(edoi_json_scan *s, const char *reason);

/* Fails at a byte that is none of what may stand there, or at the end of the text. */
EDOI_COLD bool edoi_json_unexpected(edoi_json_scan *s, const char *reason);

/* The inside of the string whose opening quote is at `at`, checked but as it is written; `at` is
 * then behind it. */
bool edoi_json_string_slow(edoi_json_scan *s, edo_str *raw, bool *has_escapes);

EDOI_INLINE bool edoi_json_string(edoi_json_scan *s, edo_str *raw, bool *has_escapes) {
    unsigned high = 0;
    const char *from = s->at + 1;
    const char *stop = edoi_json_plain(from, s->end, &high);
    if (EDOI_UNLIKELY(stop == s->end || *stop != '"' || high))
        return edoi_json_string_slow(s, raw, has_escapes);
    *has_escapes = false;
    raw->ptr = from;
    raw->len = (size_t)(stop - from);
    s->at = stop + 1;
    return true;
}

/* As edoi_json_string(), of one that has less than 32 bytes, all plain ASCII. False: nothing is
 * done, since it is another one, or near the end of the text. */
EDOI_INLINE bool edoi_json_string_short(edoi_json_scan *s, edo_str *raw) {
#ifdef EDOI_JSON_BLOCK
    const char *from = s->at + 1;
    unsigned high = 0;
    if (EDOI_UNLIKELY(s->end - from < 2 * EDOI_JSON_BLOCK)) return false;
    uint64_t odd = edoi_json_block(from, &high);
    size_t n = 0;
    if (odd == 0) {
        odd = edoi_json_block(from + EDOI_JSON_BLOCK, &high);
        n = EDOI_JSON_BLOCK;
        if (EDOI_UNLIKELY(odd == 0)) return false;
    }
    n += edoi_json_block_first(odd);
    if (EDOI_UNLIKELY(from[n] != '"' || high)) return false;
    *raw = (edo_str){ from, n };
    s->at = from + n + 1;
    return true;
#else
    (void)s, (void)raw;
    return false;
#endif
}

/* A number, with its text. One that ends with the text may go on in more text. */
EDOI_INLINE bool edoi_json_number_of(edoi_json_scan *s, edoi_json_number *out) {
    const char *fault = NULL;
    const char *stop = edoi_json_number_read(s->at, s->end, out, &fault);
    if (EDOI_UNLIKELY(!stop)) {
        s->at = fault;
        return edoi_json_unexpected(s, "this is not a number");
    }
    s->at = stop;
    return true;
}

/* The colon behind a name, with the blanks around it. */
EDOI_INLINE bool edoi_json_colon(edoi_json_scan *s) {
    edoi_json_space(s);
    if (EDOI_UNLIKELY(edoi_json_peek(s) != ':'))
        return edoi_json_unexpected(s, "a colon is expected here");
    s->at++;
    edoi_json_space(s);
    return true;
}

/* true, false or null, of which the first letter is at `at`. */
bool edoi_json_word(edoi_json_scan *s, const char *word, size_t n);

/* Skips one value of any kind, checked as if it was read. `depth` is what is left of the limit. */
bool edoi_json_skip(edoi_json_scan *s, uint32_t depth);

/* Nothing but blanks may follow. */
bool edoi_json_end(edoi_json_scan *s);

/* The line of `at` and its column, in characters, both from 1. */
void edoi_json_position(const edoi_json_scan *s, uint64_t *line, uint64_t *column);

/* ---- Depth ----------------------------------------------------------------------------------- */

/* Of the open arrays and objects `bits` has one each, 1: object. Is the innermost of `n` one? */
EDOI_INLINE bool edoi_json_in_object(const uint64_t *bits, uint32_t n) {
    return n > 0 && (bits[(n - 1) / 64] >> ((n - 1) % 64) & 1);
}

/* Notes level `n`, the first is 0. */
EDOI_INLINE void edoi_json_enter(uint64_t *bits, uint32_t n, bool is_object) {
    uint64_t bit = 1ull << (n % 64), *word = &bits[n / 64];
    *word = is_object ? *word | bit : *word & ~bit;
}

#endif
