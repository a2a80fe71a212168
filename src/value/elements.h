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

/* The number of the field that is there, of those that share a place; 0: none. */
EDOI_INLINE uint32_t edoi_oneof_number(const edo_field *f, const void *value) {
    uint32_t number;
    memcpy(&number, (const char *)value + f->has_at - 1, sizeof number);
    return number;
}

/* Does the member of EDO_HAS() or EDO_ONEOF() say that the field is there? It has one. */
EDOI_INLINE bool edoi_field_has(const edo_field *f, const void *value) {
    if (EDOI_UNLIKELY(f->oneof)) return edoi_oneof_number(f, value) == f->number;
    return *((const bool *)value + f->has_at - 1);
}

/* Is it a list whose number of elements is in the struct? */
EDOI_INLINE bool edoi_field_is_counted(const edo_field *f) {
    return f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO;
}

/* May the field have no value, as null is none? EDO_HAS() says so, too. */
EDOI_INLINE bool edoi_field_is_optional(const edo_field *f) {
    return f->optional || f->has_at != 0;
}

/* How a source says of a field that it is false, or an empty list. */
typedef enum edoi_source {
    EDOI_SOURCE_WRITES, /* as of all others: JSON, rows of a database */
    EDOI_SOURCE_OMITS,  /* by saying nothing: flags, variables, queries, forms, files of settings */
} edoi_source;

/* May the source say nothing of the field? Each format asks here, so that all have one rule. */
EDOI_INLINE bool edoi_may_be_missing(const edo_field *f, edoi_source source) {
    if (edoi_field_is_optional(f) || f->preset || f->skip) return true;
    bool is_said_by_nothing =
        edoi_field_is_counted(f) ? f->min_len == 0 : f->kind == EDO_VALUE_BOOL;
    return source == EDOI_SOURCE_OMITS && is_said_by_nothing;
}

/* Is it kept from whoever asks the program? */
EDOI_INLINE bool edoi_field_is_withheld(const edo_field *f) {
    return f->secret && !f->reply;
}

/* Sets that member, if the field has one; not to another field of a union. */
EDOI_INLINE void edoi_field_set_has(const edo_field *f, void *value, bool has) {
    char *at = (char *)value + f->has_at - 1;
    const uint32_t number = has ? f->number : 0;
    if (!f->has_at) return;
    if (EDOI_LIKELY(!f->oneof)) {
        *(bool *)at = has;
    } else if (has || edoi_field_has(f, value)) {
        memcpy(at, &number, sizeof number);
    }
}

/* Does the place of the field belong to another field of a union now? */
EDOI_INLINE bool edoi_field_is_taken(const edo_field *f, const void *value) {
    return EDOI_UNLIKELY(f->oneof) && !edoi_field_has(f, value);
}

/* The most elements that a FIXED, LIST or UPTO may have; 0: no limit. */
EDOI_INLINE uint32_t edoi_field_most(const edo_field *f) {
    if (!edoi_field_is_counted(f) || f->max_len == 0) return f->n;
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
