/* SPDX-License-Identifier: MIT */
/* value/validate/pattern.c: matches text in one pass, whatever the pattern.
 *
 * An alternative is a row of items; the state is the set of items that may come next, a bit each,
 * and whether the text may end here. A character moves each member of the set that it fits one on,
 * or keeps it if the item may come again. So a text costs its length times the items, and no
 * pattern makes it cost more.
 *
 * Characters are those of UTF-8, as for clients that read the same pattern in the OpenAPI document.
 * A byte that is of none, which no text should have, is a character of its own. */
#include "value/validate/check.h"

#include "base/text/utf8.h"

#include <string.h>

#define ITEMS_MAX 64u

typedef struct item {
    const char *at; /* in the pattern */
    bool none;      /* ? or *: may be missing */
    bool again;     /* * or +: may come again */
} item;

typedef struct alternative {
    item items[ITEMS_MAX];
    size_t n;
} alternative;

#define NO_CHARACTER 0x110000u /* above all of them: the first of the bytes that are of none */

/* Takes a character off the `n` bytes at `*p`, of which there is one at least. */
static uint32_t take_character(const char **p, size_t n) {
    const unsigned char *at = (const unsigned char *)*p;
    uint32_t c = *at;
    size_t length = c < 0x80 ? 1 : edoi_utf8_decode(at, n, &c);
    *p += length > 0 ? length : 1;
    return length > 0 ? c : NO_CHARACTER + *at;
}

/* The same of a pattern, which does not end here. */
static uint32_t pattern_take(const char **p) {
    return take_character(p, strnlen(*p, 4));
}

/* Returns the end of the item at `p`; NULL: it has none. */
static const char *item_end(const char *p) {
    bool is_escape = *p == '\\';
    p += is_escape;
    if (!*p) return NULL;
    if (is_escape || *p != '[') return (void)pattern_take(&p), p;
    p++;
    if (*p == '^') p++;
    do { // a ] that comes first means itself
        if (*p == '\\') p++;
        if (!*p) return NULL;
        p++;
    } while (*p != ']');
    return p + 1;
}

/* Reads one alternative; returns what follows it: | or the end; NULL: no pattern. */
static const char *read_row(alternative *r, const char *p) {
    r->n = 0;
    while (*p && *p != '|') {
        if (r->n == ITEMS_MAX || *p == '?' || *p == '*' || *p == '+') return NULL;
        item *i = &r->items[r->n++];
        *i = (item){ .at = p };
        p = item_end(p);
        if (!p) return NULL;
        i->none = *p == '?' || *p == '*';
        i->again = *p == '*' || *p == '+';
        if (i->none || i->again) p++;
    }
    return p;
}

static bool is_between(uint32_t c, uint32_t least, uint32_t most) {
    return c >= least && c <= most;
}

/* Does the character fit what \ stands before? */
static bool fits_escape(uint32_t what, uint32_t c) {
    if (what == 'd') return is_between(c, '0', '9');
    if (what == 's') return c == ' ' || is_between(c, '\t', '\r');
    if (what == 'w') {
        return is_between(c, '0', '9') || is_between(c, 'a', 'z') || is_between(c, 'A', 'Z') ||
               c == '_';
    }
    return c == what;
}

static bool fits_class(const char *p, uint32_t c) {
    bool fits = false, inverse = *p == '^';
    if (inverse) p++;
    do {
        bool is_escape = *p == '\\';
        p += is_escape;
        uint32_t least = pattern_take(&p);
        if (is_escape) {
            fits = fits || fits_escape(least, c);
        } else if (p[0] == '-' && p[1] != ']') {
            p += 1 + (p[1] == '\\'); // what it stands before means itself
            fits = fits || is_between(c, least, pattern_take(&p));
        } else {
            fits = fits || c == least;
        }
    } while (*p != ']');
    return fits != inverse;
}

static bool pattern_fits(const char *at, uint32_t c) {
    if (*at == '.') return true;
    if (*at == '[') return fits_class(at + 1, c);
    bool is_escape = *at == '\\';
    at += is_escape;
    uint32_t what = pattern_take(&at);
    return is_escape ? fits_escape(what, c) : c == what;
}

/* The set has item `at` as next, and those behind it as far as items may be missing. `*over`: all
 * of the rest may. */
static uint64_t reach(const alternative *r, size_t at, uint64_t set, bool *over) {
    for (;; at++) {
        if (at == r->n) return *over = true, set;
        set |= UINT64_C(1) << at;
        if (!r->items[at].none) return set;
    }
}

static bool row_matches(const alternative *r, edo_str text) {
    bool over = false;
    uint64_t set = reach(r, 0, 0, &over);
    const char *p = text.ptr;
    for (size_t left = text.len; left > 0 && (set || over);
         left = text.len - (size_t)(p - text.ptr)) {
        uint32_t c = take_character(&p, left);
        uint64_t next = 0;
        over = false;
        for (size_t at = 0; at < r->n; at++) {
            if (!(set >> at & 1) || !pattern_fits(r->items[at].at, c)) continue;
            if (r->items[at].again) next |= UINT64_C(1) << at;
            next = reach(r, at + 1, next, &over);
        }
        set = next;
    }
    return over;
}

bool edoi_pattern_matches(const char *pattern, edo_str text) {
    alternative r;
    bool matches = false;
    for (const char *p = pattern;; p++) {
        p = read_row(&r, p);
        if (!p) return false;
        matches = matches || row_matches(&r, text);
        if (!*p) return matches;
    }
}
