/* SPDX-License-Identifier: MIT */
/* value/validate/check.h: what a description demands of one element, or of the number of elements.
 *
 * Decoders look at edoi_field_has_limits() (elements.h) first. */
#ifndef EDOI_VALUE_VALIDATE_CHECK_H
#define EDOI_VALUE_VALIDATE_CHECK_H

#include <edo/value.h>

#define EDOI_WANTS_MAX 112 /* bytes of a text that says what is demanded, with its NUL */

/* Is the element not as the field demands? Then `wants` says what it demands: "must be at most
 * 65535". The element of a DESCRIBED is only looked at for its tag. */
EDO_API bool edoi_element_wants(char wants[EDOI_WANTS_MAX], const edo_field *f,
                                const void *element);

/* The same for the number of elements of a LIST or UPTO. */
bool edoi_count_wants(char wants[EDOI_WANTS_MAX], const edo_field *f, size_t n);

/* Does the field's range have an upper bound? */
EDOI_INLINE bool edoi_has_most(const edo_field *f) {
    return (f->min | f->max) != 0 && f->max >= f->min;
}

/* The largest integer that an integer field can hold. */
uint64_t edoi_int_most(const edo_field *f);

/* Says "must be at most N" or "must be at least N" with the bound of the field or its type. */
void edoi_int_wants(char wants[EDOI_WANTS_MAX], const edo_field *f, bool is_too_large);

/* Says "must be red, green or blue". */
void edoi_name_wants(char wants[EDOI_WANTS_MAX], const edo_desc *desc);

/* The characters of a STR, TEXT, CHARS or BYTES. */
edo_str edoi_element_str(const edo_field *f, const void *element);

/* Does the whole text match an edo_field.pattern? Of a pattern that is none, or too long, no text
 * does. */
bool edoi_pattern_matches(const char *pattern, edo_str text);

#define EDOI_FAULTS_MAX 32u /* of an edo_faults, unless the caller says otherwise */

/* Adds a fault, of which both texts are copied; without room or memory the list is cut. */
void edoi_fault_add(edo_faults *self, edo_value_in in, edo_str field, edo_str detail);

#endif
