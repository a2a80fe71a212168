/* SPDX-License-Identifier: MIT */
/* value/desc.c: what a description says of a value. See edo/value.h. */
#include "value/desc.h"

#include "value/elements.h"
#include "value/names.h"

const edo_field *edo_desc_find(const edo_desc *desc, edo_str name) {
    return edoi_field_named(desc, desc->fields, name);
}

int64_t edoi_int_load(const void *at, size_t size, bool is_signed) {
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    switch (size) {
    case 1: return memcpy(&i8, at, 1), is_signed ? i8 : (uint8_t)i8;
    case 2: return memcpy(&i16, at, 2), is_signed ? i16 : (uint16_t)i16;
    case 4: return memcpy(&i32, at, 4), is_signed ? i32 : (int64_t)(uint32_t)i32;
    default: return memcpy(&i64, at, 8), i64;
    }
}

void edoi_int_store(void *at, size_t size, int64_t n) {
    const int8_t i8 = (int8_t)n;
    const int16_t i16 = (int16_t)n;
    const int32_t i32 = (int32_t)n;
    switch (size) {
    case 1: memcpy(at, &i8, 1); break;
    case 2: memcpy(at, &i16, 2); break;
    case 4: memcpy(at, &i32, 4); break;
    default: memcpy(at, &n, 8); break;
    }
}

void edoi_tag_store(const edo_desc *desc, void *value, size_t size, int64_t tag) {
    bool is_union = desc->form == EDO_DESC_UNION;
    edoi_int_store((char *)value + (is_union ? desc->tag_at : 0), is_union ? desc->tag_size : size,
                   tag);
}

const edo_field *edo_desc_variant(const edo_desc *desc, const void *value, size_t size) {
    bool is_union = desc->form == EDO_DESC_UNION;
    const char *at = (const char *)value + (is_union ? desc->tag_at : 0);
    if (is_union) size = desc->tag_size;
    // Whether an enum is signed is the compiler's choice.
    int64_t tag = edoi_int_load(at, size, true), positive = edoi_int_load(at, size, false);
    for (const edo_field *f = desc->fields; f < desc->fields + desc->fields_n; f++) {
        if (f->tag == tag || f->tag == positive) return f;
    }
    return NULL;
}

/* Is the one element of an optional field without EDO_HAS() there? */
static bool desc_is_there(const edo_field *f, const void *element) {
    const edo_str *text = element;
    if (f->kind == EDO_VALUE_STR) return text->ptr != NULL;
    if (f->kind == EDO_VALUE_BYTES) return ((const edo_bytes *)element)->str.ptr != NULL;
    if (f->kind == EDO_VALUE_TEXT) return *(char *const *)element != NULL;
    if (f->kind == EDO_VALUE_WALL)
        return ((const edo_wall *)element)->s != 0 || ((const edo_wall *)element)->ns != 0;
    return true;
}

const void *edo_field_elements(const edo_field *f, const void *value, size_t *n) {
    const void *first = edoi_field_at_const(f, value);
    *n = 1;
    if (f->has_at) *n = edoi_field_has(f, value);
    if (*n == 0) return first;
    switch ((edo_value_shape)f->shape) {
    case EDO_SHAPE_PTR:
        first = edoi_field_ptr(f, value);
        if (!first) *n = 0;
        break;
    case EDO_SHAPE_LIST: first = edoi_field_ptr(f, value); EDOI_FALLTHROUGH;
    case EDO_SHAPE_UPTO:
        if (*n) memcpy(n, (const char *)value + f->count_at, sizeof *n);
        break;
    case EDO_SHAPE_FIXED: *n *= f->n; break;
    case EDO_SHAPE_ONE:
    default:
        if (f->optional && !f->has_at && !desc_is_there(f, first)) *n = 0;
        break;
    }
    return first;
}
