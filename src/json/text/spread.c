/* SPDX-License-Identifier: MIT */
/* json/text/spread.c: the form that a writer with an indent gives a text, made of a compact one.
 * The encoder of structs so needs no second form. See spread.h.
 *
 * inv. 1: the first pass only counts, so the second has all the room that it needs. */
#include "json/text/spread.h"

#include "base/assert.h"

#include "json/text/string.h"

#include <edo/error.h>

#include <string.h>

typedef struct spread {
    char *to;   /* NULL: bytes are only counted */
    uint64_t n; /* bytes; 64 bits, since a level more may make a line longer than the text is */
    uint32_t indent, depth;
} spread;

static void spread_put(spread *s, const char *text, size_t n) {
    if (s->to) memcpy(s->to + s->n, text, n);
    s->n += n;
}

static void spread_put_line(spread *s) {
    size_t n = (size_t)s->indent * s->depth;
    spread_put(s, "\n", 1);
    if (s->to) memset(s->to + s->n, ' ', n);
    s->n += n;
}

/* The end of the string that begins at `at`. */
static const char *string_end(const char *at, const char *end) {
    unsigned high = 0;
    at = edoi_json_plain(at + 1, end, &high);
    while (*at != '"') at = edoi_json_plain(at + 2, end, &high);
    return at + 1;
}

/* Puts what begins at `at`, and returns its end. */
static const char *spread_put_part(spread *s, const char *at, const char *end) {
    const char *next = at + 1;
    switch (*at) {
    case '[':
    case '{':
        if (*next == *at + 2) { // empty: ']' is '[' + 2, '}' is '{' + 2
            spread_put(s, at, 2);
            return at + 2;
        }
        spread_put(s, at, 1);
        s->depth++;
        spread_put_line(s);
        return next;
    case ']':
    case '}':
        s->depth--;
        spread_put_line(s);
        spread_put(s, at, 1);
        return next;
    case ',':
        spread_put(s, at, 1);
        spread_put_line(s);
        return next;
    case ':': spread_put(s, ": ", 2); return next;
    case '"': next = string_end(at, end); break;
    default: // a number or a word
        while (next < end && *next != ',' && *next != ']' && *next != '}') next++;
        break;
    }
    spread_put(s, at, (size_t)(next - at));
    return next;
}

int edoi_json_spread(edo_buf *out, edo_str text, uint32_t indent, uint32_t depth) {
    const char *end = text.ptr + text.len;
    spread s = { .indent = indent, .depth = depth };
    for (const char *at = text.ptr; at < end;) at = spread_put_part(&s, at, end);
    if (s.n > PTRDIFF_MAX) return -ENOMEM;
    int err = edo_buf_reserve(out, (size_t)s.n);
    if (err < 0) return err;
    s = (spread){ .to = out->ptr + out->len, .indent = indent, .depth = depth };
    for (const char *at = text.ptr; at < end;) at = spread_put_part(&s, at, end);
    EDO_INV("spread inv. 1", s.n <= out->cap - out->len);
    out->len += (size_t)s.n;
    return 0;
}
