/* SPDX-License-Identifier: MIT */
/* value/names.h: finds a field by its name. */
#ifndef EDOI_VALUE_NAMES_H
#define EDOI_VALUE_NAMES_H

#include <edo/value.h>

/* Are `n` bytes the same? Names are short: a call of memcmp() costs more than it does. */
EDOI_INLINE bool edoi_same_bytes(const char *a, const char *b, size_t n) {
    uint64_t x, y;
    uint32_t v, w;
    uint16_t t, u;
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
    if (n >= 2) {
        memcpy(&t, a, 2), memcpy(&u, b, 2);
        return t == u && a[n - 1] == b[n - 1];
    }
    return n == 0 || *a == *b;
}

#define EDOI_NAMES_FEW 8u /* fields that are searched without a table */

/* Words that a description with `n` fields needs at its `names`. The last is not a part of the
 * table: protobuf keeps there what it has found out. */
#define EDOI_NAMES_WORDS(n) (2u + 2u * (n))

EDOI_INLINE bool edoi_field_has_name(const edo_field *f, edo_str name) {
    return f->name_len == name.len && !f->skip && edoi_same_bytes(f->key + 2, name.ptr, name.len);
}

/* edoi_field_named() without the table: one field after the other from `from` on, in a circle. */
EDOI_INLINE const edo_field *edoi_field_searched(const edo_desc *desc, const edo_field *from,
                                                 edo_str name) {
    const edo_field *end = desc->fields + desc->fields_n;
    for (const edo_field *f = from; f < end; f++)
        if (edoi_field_has_name(f, name)) return f;
    for (const edo_field *f = desc->fields; f < from; f++)
        if (edoi_field_has_name(f, name)) return f;
    return NULL;
}

/* edoi_field_named() of a description that has a table. */
const edo_field *edoi_field_named_of_many(const edo_desc *desc, const edo_field *from,
                                          edo_str name);

/* The field with the name; NULL: there is none. Of few fields `from` is looked at first. */
EDOI_INLINE const edo_field *edoi_field_named(const edo_desc *desc, const edo_field *from,
                                              edo_str name) {
    return desc->fields_n <= EDOI_NAMES_FEW ? edoi_field_searched(desc, from, name)
                                            : edoi_field_named_of_many(desc, from, name);
}

#endif
