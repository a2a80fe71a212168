/* SPDX-License-Identifier: MIT */
/* value/names.h: finds a field by its name. */
#ifndef EDOI_VALUE_NAMES_H
#define EDOI_VALUE_NAMES_H

#include <edo/value.h>

/* Words that a description with `n` fields needs at its `names`. */
#define EDOI_NAMES_WORDS(n) (1u + 2u * (n))

/* The field with the name; NULL: there is none. Of few fields `from` is looked at first. */
const edo_field *edoi_field_named(const edo_desc *desc, const edo_field *from, edo_str name);

/* The same without the table, one field after the other from `from` on, in a circle. */
const edo_field *edoi_field_searched(const edo_desc *desc, const edo_field *from, edo_str name);

#endif
