/* SPDX-License-Identifier: MIT */
/* value/copy.c: copies and comparisons of described values. Both walk the elements that are there,
 * as printers do. */
#include "base/memory/arena.h"
#include "value/elements.h"
#include "value/memory.h"

#include <edo/error.h>

#include <errno.h>

/* ---- Copies ---------------------------------------------------------------------------------- */

static int copy_described(void *to, const void *from, const edo_desc *desc, edo_arena *arena,
                          unsigned depth);

static int copy_str(void *to, const edo_field *f, edo_str from, edo_arena *arena) {
    return from.ptr ? edoi_value_set_text(to, f, from.ptr, from.len, arena) : 0;
}

/* On the heap they are shared. Those of an arena have no share to be given back. */
static int copy_bytes(edo_bytes *to, const edo_bytes *from, edo_arena *arena) {
    if (!arena) {
        *to = edo_bytes_ref(from);
        return 0;
    }
    if (!from->str.ptr) return 0;
    char *copy = edo_arena_text(arena, from->str.len + 1);
    if (!copy) return -ENOMEM;
    if (from->str.len > 0) memcpy(copy, from->str.ptr, from->str.len);
    *to = edo_bytes_from_static((edo_str){ copy, from->str.len });
    return 0;
}

/* Copies one element to zeros. */
static int copy_element(void *to, const void *from, const edo_field *f, edo_arena *arena,
                        unsigned depth) {
    switch (f->kind) {
    case EDO_VALUE_STR: return copy_str(to, f, *(const edo_str *)from, arena);
    case EDO_VALUE_TEXT: {
        const char *text = *(const char *const *)from;
        return text ? edoi_value_set_text(to, f, text, strlen(text), arena) : 0;
    }
    case EDO_VALUE_BYTES: return copy_bytes(to, from, arena);
    case EDO_VALUE_DESCRIBED:
        if (f->desc->form != EDO_DESC_ENUM)
            return copy_described(to, from, f->desc, arena, depth + 1);
        break;
    default: break;
    }
    memcpy(to, from, f->size);
    return 0;
}

/* Returns where the `n` elements go; NULL without memory. They are zeros. */
static void *copy_place(void *to, const edo_field *f, size_t n, edo_arena *arena) {
    if (f->shape == EDO_SHAPE_UPTO) *edoi_field_count(f, to) = n;
    if (f->shape != EDO_SHAPE_PTR && f->shape != EDO_SHAPE_LIST) return edoi_field_at(f, to);
    size_t room = f->shape == EDO_SHAPE_LIST ? edoi_list_room(n) : 1; // memory inv. 2
    if (room > PTRDIFF_MAX / f->size) return NULL;
    void *place = edoi_value_alloc(arena, room * f->size);
    if (!place) return NULL;
    memset(place, 0, n * f->size);
    edoi_field_set_ptr(f, to, place);
    if (f->shape == EDO_SHAPE_LIST) *edoi_field_count(f, to) = n;
    return place;
}

static int copy_field(void *to, const void *from, const edo_field *f, edo_arena *arena,
                      unsigned depth) {
    size_t n;
    const char *elements = edo_field_elements(f, from, &n);
    if (f->has_at && edoi_field_has(f, from)) edoi_field_set_has(f, to, true);
    if (n == 0) return 0;
    char *place = copy_place(to, f, n, arena);
    int err = place ? 0 : -ENOMEM;
    for (size_t i = 0; i < n && err == 0; i++)
        err = copy_element(place + i * f->size, elements + i * f->size, f, arena, depth);
    return err;
}

/* Into zeros; what was copied before a failure is a value of its own. */
static int copy_described(void *to, const void *from, const edo_desc *desc, edo_arena *arena,
                          unsigned depth) {
    if (depth > EDO_VALUE_DEPTH_MAX) return edo_fail(-EDO_EVALUE, "%s is too deep", desc->name);
    if (desc->form == EDO_DESC_STRUCT) {
        int err = 0;
        for (const edo_field *f = desc->fields; f < desc->fields + desc->fields_n && err == 0; f++)
            if (!f->skip) err = copy_field(to, from, f, arena, depth);
        return err;
    }
    if (desc->form == EDO_DESC_ENUM) {
        memcpy(to, from, desc->size);
        return 0;
    }
    memcpy((char *)to + desc->tag_at, (const char *)from + desc->tag_at, desc->tag_size);
    const edo_field *f = edo_desc_variant(desc, from, 0);
    return f && f->kind != EDO_VALUE_UNIT ? copy_field(to, from, f, arena, depth) : 0;
}

int edo_value_copy(void *to, const void *from, const edo_desc *desc, edo_arena *arena) {
    memset(to, 0, desc->size);
    int err = copy_described(to, from, desc, arena, 1);
    if (err < 0 && !arena) edo_value_deinit(to, desc);
    if (err < 0) memset(to, 0, desc->size);
    return err;
}

/* ---- Comparisons ----------------------------------------------------------------------------- */

static bool described_is_equal(const void *a, const void *b, const edo_desc *desc, unsigned depth);

static bool text_is_equal(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool element_is_equal(const void *a, const void *b, const edo_field *f, unsigned depth) {
    switch (f->kind) {
    case EDO_VALUE_STR: return edo_str_equal(*(const edo_str *)a, *(const edo_str *)b);
    case EDO_VALUE_TEXT: return text_is_equal(*(const char *const *)a, *(const char *const *)b);
    case EDO_VALUE_CHARS: return strcmp(a, b) == 0;
    case EDO_VALUE_BYTES:
        return edo_str_equal(((const edo_bytes *)a)->str, ((const edo_bytes *)b)->str);
    case EDO_VALUE_WALL: return edo_wall_compare(*(const edo_wall *)a, *(const edo_wall *)b) == 0;
    case EDO_VALUE_DESCRIBED:
        if (f->desc->form != EDO_DESC_ENUM) return described_is_equal(a, b, f->desc, depth + 1);
        break;
    default: break;
    }
    return memcmp(a, b, f->size) == 0;
}

static bool field_is_equal(const void *a, const void *b, const edo_field *f, unsigned depth) {
    size_t a_n, b_n;
    const char *x = edo_field_elements(f, a, &a_n), *y = edo_field_elements(f, b, &b_n);
    bool is_equal = a_n == b_n;
    for (size_t i = 0; i < a_n && is_equal; i++)
        is_equal = element_is_equal(x + i * f->size, y + i * f->size, f, depth);
    return is_equal;
}

static bool described_is_equal(const void *a, const void *b, const edo_desc *desc, unsigned depth) {
    if (depth > EDO_VALUE_DEPTH_MAX) return false;
    if (desc->form == EDO_DESC_ENUM) return memcmp(a, b, desc->size) == 0;
    if (desc->form == EDO_DESC_UNION) {
        const edo_field *f = edo_desc_variant(desc, a, 0);
        if (f != edo_desc_variant(desc, b, 0)) return false;
        return !f || f->kind == EDO_VALUE_UNIT || field_is_equal(a, b, f, depth);
    }
    bool is_equal = true;
    for (const edo_field *f = desc->fields; f < desc->fields + desc->fields_n && is_equal; f++)
        is_equal = f->skip || field_is_equal(a, b, f, depth);
    return is_equal;
}

bool edo_value_equal(const void *a, const void *b, const edo_desc *desc) {
    return described_is_equal(a, b, desc, 1);
}
