/* SPDX-License-Identifier: MIT */
/* value/elements.h: where the elements of a field lie. See edo/value.h. */
#ifndef EDOI_VALUE_ELEMENTS_H
#define EDOI_VALUE_ELEMENTS_H

#include <edo/value.h>

/* The member of the struct at `value`; what it is depends on the shape. */
EDOI_INLINE void *edoi_field_at(const edo_field *f, void *value) {
    return (char *)value + f->offset;
}
EDOI_INLINE const void *edoi_field_at_const(const edo_field *f, const void *value) {
    return (const char *)value + f->offset;
}

/* The number of elements of a LIST or UPTO. */
EDOI_INLINE size_t *edoi_field_count(const edo_field *f, void *value) {
    return (size_t *)(void *)((char *)value + f->count_at);
}

/* The pointer of a PTR or LIST. */
EDOI_INLINE void *edoi_field_ptr(const edo_field *f, const void *value) {
    void *ptr;
    memcpy(&ptr, edoi_field_at_const(f, value), sizeof ptr);
    return ptr;
}
EDOI_INLINE void edoi_field_set_ptr(const edo_field *f, void *value, void *ptr) {
    memcpy(edoi_field_at(f, value), &ptr, sizeof ptr);
}

/* Sets the member of EDO_HAS(), if the field has one. */
EDOI_INLINE void edoi_field_set_has(const edo_field *f, void *value, bool has) {
    if (f->has_at) *(bool *)((char *)value + f->has_at - 1) = has;
}

/* The most elements that a FIXED, LIST or UPTO may have; 0: no limit. */
EDOI_INLINE uint32_t edoi_field_most(const edo_field *f) {
    bool is_counted = f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO;
    if (!is_counted || f->max_len == 0) return f->n;
    return f->n > 0 && f->n < f->max_len ? f->n : f->max_len;
}

/* Are the elements entries of a map, with a name and a value? */
EDOI_INLINE bool edoi_field_is_map(const edo_field *f) {
    if (EDOI_LIKELY(!f->map) || f->kind != EDO_VALUE_DESCRIBED || f->shape < EDO_SHAPE_LIST ||
        f->desc->form != EDO_DESC_STRUCT || f->desc->fields_n != 2)
        return false;
    const edo_field *name = f->desc->fields;
    return name->shape == EDO_SHAPE_ONE && name->kind >= EDO_VALUE_STR &&
           name->kind <= EDO_VALUE_CHARS;
}

/* Has the field numbers, lengths or text to check? Otherwise edoi_element_wants() and
 * edoi_count_wants() find nothing. */
EDOI_INLINE bool edoi_field_has_limits(const edo_field *f) {
    return (f->min | f->max) != 0 || (f->min_len | f->max_len) != 0 || f->pattern || f->check;
}

#endif
