/* SPDX-License-Identifier: MIT */
/* value/names.h: finds a field by its name. */
#ifndef EDOI_VALUE_NAMES_H
#define EDOI_VALUE_NAMES_H

#include <edo/value.h>

/* Are `n` bytes the same? Names are short: a call of memcmp() costs more than it does. */
EDOI_INLINE bool edoi_same_bytes(const char *a, const char *b, size_t n) {
    uint64_t x, y;
    uint32_t v, w;
    if (n >= 8) {
        for (size_t i = 0; i + 8 < n; i += 8) {
            memcpy(&x, a + i, 8), memcpy(&y, b + i, 8);
            if (x != y) return false;
        }
        memcpy(&x, a + n - 8, 8), memcpy(&y, b + n - 8, 8);
        return x == y;
    }
    if (n >= 4) {
        memcpy(&v, a, 4), memcpy(&w, b, 4);
        if (v != w) return false;
        memcpy(&v, a + n - 4, 4), memcpy(&w, b + n - 4, 4);
        return v == w;
    }
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i]) return false;
    return true;
}

/* Words that a description with `n` fields needs at its `names`. */
#define EDOI_NAMES_WORDS(n) (1u + 2u * (n))

/* The field with the name; NULL: there is none. Of few fields `from` is looked at first. */
const edo_field *edoi_field_named(const edo_desc *desc, const edo_field *from, edo_str name);

/* The same without the table, one field after the other from `from` on, in a circle. */
const edo_field *edoi_field_searched(const edo_desc *desc, const edo_field *from, edo_str name);

#endif
