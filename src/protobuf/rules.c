/* SPDX-License-Identifier: MIT */
/* protobuf/rules.c: see rules.h. */
#include "protobuf/rules.h"

#include "value/desc.h"
#include "value/elements.h"

#include <edo/error.h>

static bool rules_is_enum(const edo_field *f) {
    return f->kind == EDO_VALUE_DESCRIBED && f->desc->form == EDO_DESC_ENUM;
}

static bool rules_may_be_closed(const edo_field *f) {
    const bool is_map = f->map && edoi_field_is_message(f) && f->desc->fields_n == 2;
    return rules_is_enum(is_map ? &f->desc->fields[1] : f);
}

/* Can the field not be what its `wire` says? That would be passed over, and the other end read
 * something else. */
static const char *rules_wire_fault(const edo_field *f) {
    const bool is_integer = f->kind >= EDO_VALUE_I8 && f->kind <= EDO_VALUE_U64;
    const bool is_zigzag = (f->wire & EDO_WIRE_ZIGZAG) != 0;
    const bool is_fixed = (f->wire & EDO_WIRE_FIXED) != 0;
    const bool has_presence = f->shape == EDO_SHAPE_PTR || f->has_at != 0;
    if (is_zigzag && (is_fixed || !is_integer || !edoi_kind_is_signed(f->kind)))
        return "must be a signed integer, and not fixed, to be zigzag";
    if (is_fixed && (!is_integer || f->size < 4))
        return "must be an integer of 32 or 64 bits, to be fixed";
    if ((f->wire & EDO_WIRE_REQUIRED) != 0 && !has_presence)
        return "must be a pointer, or have EDO_HAS(), to be required";
    return NULL;
}

/* What is wrong with a field; NULL: nothing. */
static const char *rules_fault(const edo_field *f) {
    const bool is_rest = (f->wire & EDO_WIRE_REST) != 0;
    if (f->number == 0)
        return !is_rest || f->kind == EDO_VALUE_STR ? NULL : "must be an edo_str: it is the rest";
    if (f->number > EDOI_NUMBER_MAX) return "must have a number of at most 536870911";
    if (f->shape == EDO_SHAPE_FIXED) return "must not have a fixed number of elements";
    if (f->kind == EDO_VALUE_UNIT) return "must be of a kind that messages have";
    if (f->kind == EDO_VALUE_DESCRIBED && f->desc->form == EDO_DESC_UNION)
        return "must not be a union";
    if (f->oneof && f->shape == EDO_SHAPE_ONE && edoi_field_is_message(f))
        return "must be a pointer: it shares its place";
    if ((f->wire & EDO_WIRE_CLOSED) != 0 && !rules_may_be_closed(f))
        return "must be an enum, or a map of one, to be closed";
    return rules_wire_fault(f);
}

static int rules_of_field(const edo_field *f, uint32_t *rules) {
    const char *fault = rules_fault(f);
    uint32_t inner = 0;
    if (fault) {
        edo_str name = edo_field_name(f);
        return edo_fail(-ENOTSUP, "\"%.*s\" %s", (int)name.len, name.ptr, fault);
    }
    if (f->preset && !f->oneof && f->number != 0) *rules |= EDOI_RULES_PRESETS;
    if ((f->wire & EDO_WIRE_REQUIRED) != 0) *rules |= EDOI_RULES_REQUIRED;
    if (f->number == 0 || f->shape != EDO_SHAPE_ONE || !edoi_field_is_message(f)) return 0;
    int err = edoi_rules_of(f->desc, &inner);
    *rules |= inner & EDOI_RULES_PRESETS;
    return err;
}

int edoi_rules_find(const edo_desc *desc, uint32_t *rules) {
    uint32_t found = EDOI_RULES_KNOWN, last = 0;
    bool is_behind = false; // the numbers
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        bool is_in_order = f->number == 0 || (!is_behind && f->number > last);
        bool is_rest = (f->wire & EDO_WIRE_REST) != 0;
        if (EDO_MISUSE(!is_in_order,
                       "the fields of a message must be in the order of their numbers"))
            return -EDO_EMISUSE;
        if (EDO_MISUSE(is_rest && i + 1 < desc->fields_n, "the rest must be the last field"))
            return -EDO_EMISUSE;
        is_behind = f->number == 0;
        last = f->number;
        int err = rules_of_field(f, &found);
        if (err < 0) return err;
    }
    // relaxed: all threads find the same, and nothing hangs on it
    if (desc->names) edoi_store_rlx_u32(&desc->names[EDOI_NAMES_WORDS(desc->fields_n) - 1], found);
    *rules = found;
    return 0;
}

const edo_field *edoi_field_numbered(const edo_desc *desc, uint32_t number) {
    size_t from = 0, to = desc->fields_n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const edo_field *f = &desc->fields[middle];
        if (f->number == number) return f;
        if (f->number == 0 || f->number > number)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

/* ---- Enums ----------------------------------------------------------------------------------- */

static bool enum_is_sorted(const edo_desc *desc) {
    edo_atomic_u32 *word = desc->names ? &desc->names[EDOI_NAMES_WORDS(desc->fields_n) - 1] : NULL;
    uint32_t rules = word ? edoi_load_rlx_u32(word) : 0;
    if (rules != 0) return (rules & EDOI_RULES_SORTED) != 0;
    rules = EDOI_RULES_KNOWN | EDOI_RULES_SORTED;
    for (uint32_t i = 1; i < desc->fields_n; i++)
        if (desc->fields[i - 1].tag > desc->fields[i].tag) rules = EDOI_RULES_KNOWN;
    // relaxed: all threads find the same, and nothing hangs on it
    if (word) edoi_store_rlx_u32(word, rules);
    return (rules & EDOI_RULES_SORTED) != 0;
}

static bool enum_has_sorted(const edo_desc *desc, int32_t number) {
    size_t from = 0, to = desc->fields_n;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const int32_t tag = (int32_t)desc->fields[middle].tag;
        if (tag == number) return true;
        if (tag > number)
            to = middle;
        else
            from = middle + 1;
    }
    return false;
}

bool edoi_enum_has(const edo_desc *desc, int32_t number) {
    if (enum_is_sorted(desc)) return enum_has_sorted(desc, number);
    for (uint32_t i = 0; i < desc->fields_n; i++)
        if ((int32_t)desc->fields[i].tag == number) return true;
    return false;
}

/* ---- What is missing ------------------------------------------------------------------------- */

const edo_field *edoi_field_missing(const edo_desc *desc, const void *value) {
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        if ((f->wire & EDO_WIRE_REQUIRED) == 0) continue;
        bool is_there = f->shape == EDO_SHAPE_PTR ? edoi_field_ptr(f, value) != NULL
                                                  : !f->has_at || edoi_field_has(f, value);
        if (!is_there) return f;
    }
    return NULL;
}
