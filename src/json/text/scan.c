/* SPDX-License-Identifier: MIT */
/* json/text/scan.c: the steps that are not inline. */
#include "json/text/scan.h"

#include "base/assert.h"

#include <string.h>

const char edoi_json_cut[] = "the text ends too early";
const char edoi_json_too_deep[] = "arrays and objects are too deep in one another";

bool edoi_json_wrong(edoi_json_scan *s, const char *reason) {
    EDO_INV("scan inv. 1", s->begin <= s->at && s->at <= s->end);
    s->reason = reason;
    return false;
}

bool edoi_json_unexpected(edoi_json_scan *s, const char *reason) {
    return edoi_json_wrong(s, s->at == s->end ? edoi_json_cut : reason);
}

/* The string from `from` on has bytes that are not UTF-8, or a control: which comes first? */
static bool wrong_byte(edoi_json_scan *s, const char *from, const char *stop) {
    s->at = edoi_json_not_utf8(from, stop);
    if (s->at < stop) return edoi_json_wrong(s, "the text is not UTF-8");
    return edoi_json_wrong(s, "control characters in strings must be escaped");
}

bool edoi_json_string_slow(edoi_json_scan *s, edo_str *raw, bool *has_escapes) {
    const char *from = s->at + 1, *at = from, *reason;
    unsigned high = 0;
    *has_escapes = false;
    for (;;) {
        at = edoi_json_plain(at, s->end, &high);
        if (at == s->end) return s->at = at, edoi_json_wrong(s, edoi_json_cut);
        if (*at == '"') break;
        if (*at != '\\') return wrong_byte(s, from, at);
        const char *next = edoi_json_escape_end(at, s->end, &reason);
        if (!next) {
            if (!reason) return s->at = s->end, edoi_json_wrong(s, edoi_json_cut);
            if (edoi_json_not_utf8(from, at) != at) return wrong_byte(s, from, at);
            return s->at = at, edoi_json_wrong(s, reason);
        }
        *has_escapes = true;
        at = next;
    }
    if (high && edoi_json_not_utf8(from, at) != at) return wrong_byte(s, from, at);
    raw->ptr = from;
    raw->len = (size_t)(at - from);
    s->at = at + 1;
    return true;
}

bool edoi_json_word(edoi_json_scan *s, const char *word, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (edoi_json_peek(s) != word[i])
            return edoi_json_unexpected(s, "a value is expected here");
        s->at++;
    }
    return true;
}

bool edoi_json_end(edoi_json_scan *s) {
    edoi_json_space(s);
    return s->at == s->end || edoi_json_wrong(s, "more follows after the value");
}

void edoi_json_position(const edoi_json_scan *s, uint64_t *line, uint64_t *column) {
    *line = *column = 1;
    for (const char *p = s->begin; p < s->at; p++) {
        if (*p == '\n') {
            *line += 1;
            *column = 1;
        } else {
            *column += ((unsigned char)*p & 0xc0u) != 0x80u;
        }
    }
}

/* ---- Skipping -------------------------------------------------------------------------------- */

/* A value without parts. */
static bool skip_scalar(edoi_json_scan *s) {
    edo_str raw;
    bool has_escapes;
    edoi_json_number number;
    switch (edoi_json_peek(s)) {
    case '"': return edoi_json_string(s, &raw, &has_escapes);
    case 't': return edoi_json_word(s, "true", 4);
    case 'f': return edoi_json_word(s, "false", 5);
    case 'n': return edoi_json_word(s, "null", 4);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': return edoi_json_number_of(s, &number);
    default: return edoi_json_unexpected(s, "a value is expected here");
    }
}

/* A member's name, and its colon. */
static bool skip_name(edoi_json_scan *s) {
    edo_str raw;
    bool has_escapes;
    if (edoi_json_peek(s) != '"') return edoi_json_unexpected(s, "a name is expected here");
    if (!edoi_json_string(s, &raw, &has_escapes)) return false;
    return edoi_json_colon(s);
}

/* After a value: goes behind the ends of what is open, then to the next value. True with no level
 * open: that was all. */
static bool skip_to_next(edoi_json_scan *s, const uint64_t *levels, uint32_t *n) {
    while (*n > 0) {
        bool in_object = edoi_json_in_object(levels, *n);
        edoi_json_space(s);
        char c = edoi_json_peek(s);
        if (c == ',') {
            s->at++;
            edoi_json_space(s);
            return !in_object || skip_name(s);
        }
        if (c != (in_object ? '}' : ']'))
            return edoi_json_unexpected(s, in_object ? "a comma or } is expected here"
                                                     : "a comma or ] is expected here");
        s->at++;
        *n -= 1;
    }
    return true;
}

bool edoi_json_skip(edoi_json_scan *s, uint32_t depth) {
    uint64_t levels[EDO_JSON_DEPTH_MAX / 64] = { 0 };
    uint32_t n = 0;
    do {
        edoi_json_space(s);
        char c = edoi_json_peek(s);
        if (c == '[' || c == '{') {
            if (n == depth) return edoi_json_wrong(s, edoi_json_too_deep);
            edoi_json_enter(levels, n++, c == '{');
            s->at++;
            edoi_json_space(s);
            if (edoi_json_peek(s) != c + 2) { // not empty: ']' is '[' + 2, '}' is '{' + 2
                if (c == '{' && !skip_name(s)) return false;
                continue;
            }
            s->at++;
            n--;
        } else if (!skip_scalar(s)) {
            return false;
        }
        if (!skip_to_next(s, levels, &n)) return false;
    } while (n > 0);
    return true;
}
