/* SPDX-License-Identifier: MIT */
/* protobuf/marks.c: see marks.h. */
#include "protobuf/marks.h"

#include "base/error/end_soon.h"
#include "protobuf/rules.h"
#include "protobuf/zero.h"
#include "value/elements.h"

#include <edo/error.h>

static bool bytes_are_zero(const char *at, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (at[i] != 0) return false;
    return true;
}

/* Of a union whose number says that none of its members is there, is a byte of this one set? Which
 * of them the program has meant nobody knows. */
static bool marks_lack_number(const edo_field *f, const void *value) {
    const size_t n = f->shape == EDO_SHAPE_ONE ? f->size : sizeof(void *);
    return edoi_oneof_number(f, value) == 0 && !bytes_are_zero(edoi_field_at_const(f, value), n);
}

/* Only an element in the struct has such a mark; where a default stands nothing is set. */
static bool marks_lack_bool(const edo_field *f, const void *value) {
    if (f->shape != EDO_SHAPE_ONE || edoi_field_is_message(f) || edoi_field_has(f, value))
        return false;
    return !edoi_element_is_zero(edoi_field_at_const(f, value), f);
}

static bool marks_lack(const edo_field *f, const void *value) {
    if (f->has_at == 0 || f->number == 0 || f->preset) return false;
    const bool lacks = f->oneof ? marks_lack_number(f, value) : marks_lack_bool(f, value);
    return EDOI_UNLIKELY(lacks);
}

void edoi_marks_check(const void *value, const edo_desc *desc) {
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        const edo_str name = edo_field_name(f);
        if (!marks_lack(f, value)) continue;
        edoi_end_say("edo: the field \"%.*s\" of %s\n", (int)name.len, name.ptr, desc->name);
        if (f->oneof)
            (void)EDO_MISUSE(true,
                             "a field of a oneof is set, and the oneof says that none is there");
        else
            (void)EDO_MISUSE(true, "a field is set, and its has_ member says that it is not there");
        return;
    }
}
