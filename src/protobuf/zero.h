/* SPDX-License-Identifier: MIT */
/* protobuf/zero.h: values that are not written, since they are what a field is without. */
#ifndef EDOI_PROTOBUF_ZERO_H
#define EDOI_PROTOBUF_ZERO_H

#include "protobuf/wire.h"

#include <edo/value.h>

/* The text of a char * or an array of char. */
EDOI_INLINE edo_str edoi_element_text(const void *element, const edo_field *f) {
    if (f->kind == EDO_VALUE_CHARS) return (edo_str){ element, strnlen(element, f->size) };
    const char *text = *(const char *const *)element;
    return text ? edo_str_of(text) : EDO_STR("");
}

/* Is it what a field is that is not there? Of no message. One with a default never is: what it is
 * without would have to be parsed, and is rarely written. */
EDOI_INLINE bool edoi_element_is_zero(const void *element, const edo_field *f) {
    if (EDOI_UNLIKELY(f->preset != NULL)) return false;
    switch ((edo_value_kind)f->kind) {
    case EDO_VALUE_STR: return ((const edo_str *)element)->len == 0;
    case EDO_VALUE_BYTES: return ((const edo_bytes *)element)->str.len == 0;
    case EDO_VALUE_TEXT:
    case EDO_VALUE_CHARS: return edoi_element_text(element, f).len == 0;
    case EDO_VALUE_WALL:
        return (((const edo_wall *)element)->s | ((const edo_wall *)element)->ns) == 0;
    case EDO_VALUE_BOOL:
    case EDO_VALUE_I8:
    case EDO_VALUE_I16:
    case EDO_VALUE_I32:
    case EDO_VALUE_I64:
    case EDO_VALUE_U8:
    case EDO_VALUE_U16:
    case EDO_VALUE_U32:
    case EDO_VALUE_U64:
    case EDO_VALUE_F32:
    case EDO_VALUE_F64:
    case EDO_VALUE_DURATION:
    case EDO_VALUE_UNIT:
    case EDO_VALUE_DESCRIBED:
    default: return edoi_wire_load(element, f->size, false) == 0;
    }
}

#endif
