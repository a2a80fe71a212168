/* SPDX-License-Identifier: MIT */
/* value/validate/pattern.c: matches text in one pass, whatever the pattern.
 *
 * An alternative is a row of items; the state is the set of items that may come next, a bit each,
 * and whether the text may end here. A byte moves each member of the set that it fits one on, or
 * keeps it if the item may come again. So a text costs its length times the items, and no pattern
 * makes it cost more. */
#include "value/validate/check.h"

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

/* Returns the end of the item at `p`; NULL: it has none. */
static const char *item_end(const char *p) {
    if (*p == '\\') return p[1] ? p + 2 : NULL;
    if (*p != '[') return p + 1;
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

static bool is_between(unsigned char c, unsigned char least, unsigned char most) {
    return c >= least && c <= most;
}

/* Does the byte fit what \ stands before? */
static bool fits_escape(char what, unsigned char c) {
    if (what == 'd') return is_between(c, '0', '9');
    if (what == 's') return c == ' ' || is_between(c, '\t', '\r');
    if (what == 'w') {
        return is_between(c, '0', '9') || is_between(c, 'a', 'z') || is_between(c, 'A', 'Z') ||
               c == '_';
    }
    return c == (unsigned char)what;
}

static bool fits_class(const char *p, unsigned char c) {
    bool fits = false, inverse = *p == '^';
    if (inverse) p++;
    do {
        if (*p == '\\') {
            fits = fits || fits_escape(p[1], c);
            p += 2;
        } else if (p[1] == '-' && p[2] != ']') {
            const char *most = p + 2 + (p[2] == '\\'); // what it stands before means itself
            fits = fits || is_between(c, (unsigned char)*p, (unsigned char)*most);
            p = most + 1;
        } else {
            fits = fits || c == (unsigned char)*p;
            p++;
        }
    } while (*p != ']');
    return fits != inverse;
}

static bool pattern_fits(const char *at, unsigned char c) {
    if (*at == '.') return true;
    if (*at == '\\') return fits_escape(at[1], c);
    if (*at == '[') return fits_class(at + 1, c);
    return c == (unsigned char)*at;
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
    for (size_t i = 0; i < text.len && (set || over); i++) {
        uint64_t next = 0;
        over = false;
        for (size_t at = 0; at < r->n; at++) {
            if (!(set >> at & 1) || !pattern_fits(r->items[at].at, (unsigned char)text.ptr[i]))
                continue;
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
