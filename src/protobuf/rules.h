/* SPDX-License-Identifier: MIT */
/* protobuf/rules.h: what a description says about messages.
 *
 * Each description is looked at once: what was found is kept in the last word of its `names`. */
#ifndef EDOI_PROTOBUF_RULES_H
#define EDOI_PROTOBUF_RULES_H

#include "base/atomic.h"
#include "protobuf/wire.h"
#include "value/names.h"

#include <edo/value.h>

/* The word: 0 until it is known. */
#define EDOI_RULES_KNOWN    1u
#define EDOI_RULES_PRESETS  2u /* some field has one, also of a struct in the struct */
#define EDOI_RULES_REQUIRED 4u /* some field is */
#define EDOI_RULES_SORTED   8u /* the values of an enum are in the order of their numbers */

/* Finds out, and keeps it. A description that no message can have: -ENOTSUP, -EDO_EMISUSE. */
EDO_MUST_USE int edoi_rules_find(const edo_desc *desc, uint32_t *rules);

EDOI_INLINE int edoi_rules_of(const edo_desc *desc, uint32_t *rules) {
    if (EDOI_LIKELY(desc->names != NULL)) {
        *rules = edoi_load_rlx_u32(&desc->names[EDOI_NAMES_WORDS(desc->fields_n) - 1]);
        if (EDOI_LIKELY(*rules != 0)) return 0;
    }
    return edoi_rules_find(desc, rules);
}

/* The field with the number; NULL: there is none. */
const edo_field *edoi_field_numbered(const edo_desc *desc, uint32_t number);

/* Has the enum a name for the number? */
bool edoi_enum_has(const edo_desc *desc, int32_t number);

/* The field that keeps what has no field; NULL: there is none. */
EDOI_INLINE const edo_field *edoi_rest_of(const edo_desc *desc) {
    const edo_field *last = desc->fields + desc->fields_n - 1;
    return desc->fields_n > 0 && (last->wire & EDO_WIRE_REST) != 0 ? last : NULL;
}

/* A field of the struct that is required and not there; NULL: there is none. */
const edo_field *edoi_field_missing(const edo_desc *desc, const void *value);

EDOI_INLINE bool edoi_field_is_list(const edo_field *f) {
    return f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO;
}

EDOI_INLINE bool edoi_field_is_message(const edo_field *f) {
    return f->kind == EDO_VALUE_DESCRIBED && f->desc->form == EDO_DESC_STRUCT;
}

/* What follows the tag of one element. */
EDOI_INLINE edoi_wire_type edoi_field_wire(const edo_field *f) {
    const bool is_fixed = (f->wire & EDO_WIRE_FIXED) != 0;
    switch ((edo_value_kind)f->kind) {
    case EDO_VALUE_BOOL:
    case EDO_VALUE_I8:
    case EDO_VALUE_I16:
    case EDO_VALUE_U8:
    case EDO_VALUE_U16: return EDOI_WIRE_VARINT;
    case EDO_VALUE_I32:
    case EDO_VALUE_U32: return is_fixed ? EDOI_WIRE_32 : EDOI_WIRE_VARINT;
    case EDO_VALUE_I64:
    case EDO_VALUE_U64: return is_fixed ? EDOI_WIRE_64 : EDOI_WIRE_VARINT;
    case EDO_VALUE_F32: return EDOI_WIRE_32;
    case EDO_VALUE_F64: return EDOI_WIRE_64;
    case EDO_VALUE_DESCRIBED:
        return f->desc->form == EDO_DESC_ENUM ? EDOI_WIRE_VARINT : EDOI_WIRE_BYTES;
    case EDO_VALUE_STR:
    case EDO_VALUE_TEXT:
    case EDO_VALUE_CHARS:
    case EDO_VALUE_BYTES:
    case EDO_VALUE_DURATION:
    case EDO_VALUE_WALL:
    case EDO_VALUE_UNIT:
    default: return EDOI_WIRE_BYTES;
    }
}

#endif
