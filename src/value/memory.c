/* SPDX-License-Identifier: MIT */
/* value/memory.c: the life of a described value. See memory.h. */
#include "value/memory.h"

#include "base/memory/arena.h"
#include "value/elements.h"

#include <edo/error.h>

#include <math.h>
/* ---- Making ---------------------------------------------------------------------------------- */

static int value_set_str(edo_str *str, const char *ptr, size_t n, edo_arena *arena) {
    *str = EDO_STR("");
    if (n == 0) return 0;
    char *copy = arena ? edo_arena_text(arena, n) : edoi_alloc(n);
    if (!copy) return -ENOMEM;
    memcpy(copy, ptr, n);
    *str = (edo_str){ copy, n };
    return 0;
}

int edoi_value_set_text(void *element, const edo_field *f, const char *ptr, size_t n,
                        edo_arena *arena) {
    if (f->kind == EDO_VALUE_STR) {
        edo_str *str = element;
        int err = value_set_str(str, ptr, n, arena);
        EDO_INV("memory inv. 1", str->ptr && str->len == (err < 0 ? 0 : n));
        return err;
    }
    if (n && memchr(ptr, 0, n)) return edo_fail(-EDO_EVALUE, "must have no NUL");
    char *copy = element;
    if (f->kind == EDO_VALUE_CHARS) {
        if (n >= f->size) {
            return edo_fail(-EDO_EVALUE, "must have at most %u bytes", (unsigned)f->size - 1);
        }
    } else {
        copy = arena ? edo_arena_text(arena, n + 1) : edoi_alloc(n + 1);
        if (!copy) return -ENOMEM;
        *(char **)element = copy;
    }
    if (n) memcpy(copy, ptr, n);
    copy[n] = 0;
    return 0;
}

int edoi_element_init(void *element, const edo_field *f, edo_arena *arena) {
    if (f->kind == EDO_VALUE_DESCRIBED && f->desc->form == EDO_DESC_STRUCT) {
        return edo_value_init(element, f->desc, arena);
    }
    memset(element, 0, f->size);
    return 0;
}

bool edoi_preset_is_odd(const edo_field *f, double *number) {
    static const struct {
        const char *text;
        double number;
    } odd[] = { { "inf", INFINITY }, { "-inf", -INFINITY }, { "nan", NAN } };
    if (f->kind != EDO_VALUE_F32 && f->kind != EDO_VALUE_F64) return false;
    for (size_t i = 0; i < EDO_COUNT(odd); i++) {
        *number = odd[i].number;
        if (strcmp(f->preset, odd[i].text) == 0) return true;
    }
    return false;
}

int edoi_preset_set(void *element, const edo_field *f, edo_arena *arena) {
    double number;
    if (!edoi_preset_is_odd(f, &number))
        return edo_value_parse(element, f, edo_str_of(f->preset), arena);
    if (f->kind == EDO_VALUE_F32)
        *(float *)element = (float)number;
    else
        *(double *)element = number;
    return 0;
}

static int init_field(void *value, const edo_field *f, edo_arena *arena) {
    char *at = edoi_field_at(f, value);
    if (f->skip || f->oneof) return 0;
    if (f->preset) {
        if (f->shape != EDO_SHAPE_ONE) return -EDO_EVALUE;
        return edoi_preset_set(at, f, arena);
    }
    if (f->kind != EDO_VALUE_DESCRIBED || f->desc->form != EDO_DESC_STRUCT) return 0;
    if (f->shape != EDO_SHAPE_ONE && f->shape != EDO_SHAPE_FIXED) return 0;
    size_t n = f->shape == EDO_SHAPE_ONE ? 1 : f->n;
    for (size_t i = 0; i < n; i++) {
        int err = edo_value_init(at + i * f->size, f->desc, arena);
        if (err < 0) return err;
    }
    return 0;
}

int edo_value_init(void *value, const edo_desc *desc, edo_arena *arena) {
    memset(value, 0, desc->size);
    if (desc->form != EDO_DESC_STRUCT) return 0;
    for (const edo_field *f = desc->fields; f < desc->fields + desc->fields_n; f++) {
        int err = init_field(value, f, arena);
        if (EDOI_LIKELY(err >= 0)) continue;
        if (arena) {
            memset(value, 0, desc->size);
        } else {
            edo_value_deinit(value, desc);
        }
        edo_str name = edo_field_name(f);
        return edo_fail(err, "the preset of \"%.*s\"", (int)name.len, name.ptr);
    }
    return 0;
}

int edoi_value_grow(void *value, const edo_field *f, size_t n, edo_arena *arena) {
    bool is_full = n == 0 || (n >= EDOI_LIST_ROOM_MIN && (n & (n - 1)) == 0);
    EDO_INV("memory inv. 2", is_full || n < edoi_list_room(n));
    if (!is_full) return 0;
    size_t room = n ? 2 * n : EDOI_LIST_ROOM_MIN;
    EDO_INV("memory inv. 2", room == edoi_list_room(n + 1));
    void *old = edoi_field_ptr(f, value);
    if (room > PTRDIFF_MAX / f->size) return -ENOMEM;
    void *list = arena ? edoi_arena_extend(arena, old, n * f->size, room * f->size)
                       : edoi_realloc(old, room * f->size);
    if (!list) return -ENOMEM;
    edoi_field_set_ptr(f, value, list);
    return 0;
}

int edoi_value_push(void *value, const edo_field *f, edo_arena *arena, void **element) {
    char *at = edoi_field_at(f, value);
    if (f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO) {
        size_t *n = edoi_field_count(f, value);
        uint32_t most = edoi_field_most(f);
        if (most > 0 && *n >= most) return -ENOSPC;
        int err = f->shape == EDO_SHAPE_LIST ? edoi_value_grow(value, f, *n, arena) : 0;
        if (err < 0) return err;
        if (f->shape == EDO_SHAPE_LIST) at = edoi_field_ptr(f, value);
        at += *n * f->size;
        err = edoi_element_init(at, f, arena);
        if (err < 0) return err;
        ++*n;
    } else if (f->shape == EDO_SHAPE_PTR) {
        at = edoi_value_alloc(arena, f->size);
        if (!at) return -ENOMEM;
        int err = edoi_element_init(at, f, arena);
        if (err < 0 && !arena) edoi_free(at);
        if (err < 0) return err;
        edoi_field_set_ptr(f, value, at);
    }
    *element = at;
    return 0;
}

/* ---- Ending ---------------------------------------------------------------------------------- */

static bool owns_memory(const edo_field *f) {
    return f->kind == EDO_VALUE_STR || f->kind == EDO_VALUE_TEXT || f->kind == EDO_VALUE_BYTES ||
           (f->kind == EDO_VALUE_DESCRIBED && f->desc->form != EDO_DESC_ENUM);
}

static void free_text(const char *text) {
    void *memory;
    memcpy(&memory, &text, sizeof memory); // sheds const: decoding has allocated it
    edoi_free(memory);
}

void edoi_element_deinit(void *element, const edo_field *f) {
    if (!owns_memory(f)) return;
    if (f->kind == EDO_VALUE_STR) {
        edo_str *str = element;
        if (str->len) free_text(str->ptr);
    } else if (f->kind == EDO_VALUE_TEXT) {
        free_text(*(char **)element);
    } else if (f->kind == EDO_VALUE_BYTES) {
        edo_bytes_unref(element);
    } else {
        edo_value_deinit(element, f->desc);
    }
}

void edoi_field_deinit(void *value, const edo_field *f) {
    char *at = edoi_field_at(f, value);
    size_t n = 1, bytes = f->size;
    void *behind = NULL;
    if (edoi_field_is_taken(f, value)) return;
    if (f->shape == EDO_SHAPE_PTR || f->shape == EDO_SHAPE_LIST) {
        behind = edoi_field_ptr(f, value);
        if (!behind) n = 0;
        bytes = sizeof behind;
    }
    if (f->shape == EDO_SHAPE_FIXED) n = f->n, bytes *= n;
    if (f->shape == EDO_SHAPE_UPTO) bytes *= f->n;
    if (f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO) {
        n = *edoi_field_count(f, value);
        *edoi_field_count(f, value) = 0;
    }
    char *first = behind ? behind : at;
    for (size_t i = 0; i < n && owns_memory(f); i++) edoi_element_deinit(first + i * f->size, f);
    edoi_free(behind);
    edoi_field_set_has(f, value, false);
    memset(at, 0, bytes);
}

void edo_value_deinit(void *value, const edo_desc *desc) {
    if (desc->form == EDO_DESC_UNION) {
        const edo_field *f = edo_desc_variant(desc, value, 0);
        if (f && f->kind != EDO_VALUE_UNIT) edoi_field_deinit(value, f);
    } else if (desc->form == EDO_DESC_STRUCT) {
        for (const edo_field *f = desc->fields; f < desc->fields + desc->fields_n; f++) {
            if (!f->skip) edoi_field_deinit(value, f);
        }
    }
    memset(value, 0, desc->size);
}
