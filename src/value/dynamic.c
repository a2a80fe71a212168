/* SPDX-License-Identifier: MIT */
/* value/dynamic.c: descriptions made at run time. See edo_desc_new().
 *
 * inv. 1: `desc.fields` is `fields`, which is in the arena, as are the names.
 * inv. 2: `desc.size` is a multiple of ALIGN; every field lies below it, aligned for its kind. */
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "base/text/utf8.h"
#include "value/elements.h"
#include "value/names.h"

#include <edo/error.h>
#include <edo/value.h>

#define ALIGN     16u
#define SIZE_MOST INT32_MAX

typedef struct dynamic_desc {
    edo_desc desc; /* first: a pointer to the description is a pointer to this */
    edo_field *fields;
    uint32_t room;  /* of `fields` */
    uint64_t bytes; /* that the fields need */
    edo_arena arena;
} dynamic_desc;

int edo_desc_new(edo_desc **out, const char *name) {
    dynamic_desc *d = edoi_calloc(1, sizeof *d);
    if (!d) return -ENOMEM;
    d->desc.name = edo_arena_copy(&d->arena, name, strlen(name));
    if (!d->desc.name) {
        edoi_free(d);
        return -ENOMEM;
    }
    *out = &d->desc;
    return 0;
}

void edo_desc_free(edo_desc *self) {
    dynamic_desc *d = (dynamic_desc *)self;
    if (!d) return;
    edo_arena_deinit(&d->arena);
    edoi_free(d);
}

/* The size of an element; 0: it has none. */
static uint32_t size_of(const edo_field *like) {
    static const uint8_t sizes[] = {
        [EDO_VALUE_BOOL] = sizeof(bool),
        [EDO_VALUE_I8] = 1,
        [EDO_VALUE_I16] = 2,
        [EDO_VALUE_I32] = 4,
        [EDO_VALUE_I64] = 8,
        [EDO_VALUE_U8] = 1,
        [EDO_VALUE_U16] = 2,
        [EDO_VALUE_U32] = 4,
        [EDO_VALUE_U64] = 8,
        [EDO_VALUE_F32] = 4,
        [EDO_VALUE_F64] = 8,
        [EDO_VALUE_STR] = sizeof(edo_str),
        [EDO_VALUE_TEXT] = sizeof(char *),
        [EDO_VALUE_BYTES] = sizeof(edo_bytes),
        [EDO_VALUE_DURATION] = sizeof(edo_duration),
        [EDO_VALUE_WALL] = sizeof(edo_wall),
    };
    if (like->kind == EDO_VALUE_CHARS) return like->size;
    if (like->kind == EDO_VALUE_DESCRIBED) return like->desc ? like->desc->size : 0;
    return like->kind < EDO_COUNT(sizes) ? sizes[like->kind] : 0;
}

static bool name_is_good(edo_str name) {
    const unsigned char *at = (const unsigned char *)name.ptr, *end = at + name.len;
    while (at < end) {
        uint32_t c;
        size_t n = edoi_utf8_decode(at, (size_t)(end - at), &c);
        if (n == 0 || c < ' ' || c == '"' || c == '\\' || c == 0x7f) return false;
        at += n;
    }
    return name.len > 0 && name.len < UINT16_MAX;
}

/* Sets aside `bytes` bytes of a value, and returns their offset. */
static uint32_t dynamic_place(uint64_t *used, uint64_t bytes, uint32_t align) {
    uint64_t at = (*used + align - 1) / align * align;
    *used = at + bytes;
    return (uint32_t)at;
}

/* Can an optional one be told to be missing without a bool? */
static bool shows_absence(const edo_field *f) {
    return f->shape == EDO_SHAPE_PTR || f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO ||
           (f->shape == EDO_SHAPE_ONE &&
            (f->kind == EDO_VALUE_STR || f->kind == EDO_VALUE_TEXT || f->kind == EDO_VALUE_BYTES));
}

/* Places what the field needs in a value, and returns how much of that is used then. */
static uint64_t lay_out(edo_field *f, uint64_t used) {
    bool is_far = f->shape == EDO_SHAPE_PTR || f->shape == EDO_SHAPE_LIST;
    bool is_array = f->shape == EDO_SHAPE_FIXED || f->shape == EDO_SHAPE_UPTO;
    uint32_t align = f->kind == EDO_VALUE_CHARS ? 1 : f->size < 8 ? f->size : ALIGN;
    if (f->kind == EDO_VALUE_DESCRIBED) align = ALIGN;
    uint64_t bytes = is_far ? sizeof(void *) : (uint64_t)f->size * (is_array ? f->n : 1);
    f->offset = dynamic_place(&used, bytes, is_far ? sizeof(void *) : align);
    f->optional = edoi_field_is_optional(f);
    f->count_at = f->has_at = 0;
    f->oneof = false;
    if (f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO) {
        f->count_at = dynamic_place(&used, sizeof(size_t), sizeof(size_t));
    }
    if (f->optional && !shows_absence(f)) f->has_at = 1 + dynamic_place(&used, 1, 1);
    return used;
}

static int dynamic_desc_make_room(dynamic_desc *d) {
    if (d->desc.fields_n < d->room) return 0;
    uint32_t room = d->room ? 2 * d->room : 8;
    edo_field *fields = edo_arena_alloc(&d->arena, room * sizeof *fields);
    size_t names_bytes = EDOI_NAMES_WORDS(room) * sizeof *d->desc.names;
    edo_atomic_u32 *names = fields ? edo_arena_alloc(&d->arena, names_bytes) : NULL;
    if (!names) return -ENOMEM;
    if (d->room) memcpy(fields, d->fields, d->room * sizeof *fields);
    d->desc.fields = d->fields = fields;
    d->desc.names = names;
    d->room = room;
    return 0;
}

int edo_desc_add(edo_desc *self, const char *name, const edo_field *like) {
    dynamic_desc *d = (dynamic_desc *)self;
    edo_str text = edo_str_of(name);
    edo_field f = *like;
    bool is_array = f.shape == EDO_SHAPE_FIXED || f.shape == EDO_SHAPE_UPTO;
    f.size = size_of(like);
    f.name_len = (uint16_t)text.len;
    if (f.size == 0 || f.shape > EDO_SHAPE_UPTO || (is_array && f.n == 0)) return -EINVAL;
    if (!name_is_good(text) || like->desc == self) return -EINVAL;
    if (edoi_field_searched(self, self->fields, text)) return -EEXIST;
    uint64_t used = lay_out(&f, d->bytes);
    if (used > SIZE_MOST) return -EINVAL;
    int err = dynamic_desc_make_room(d);
    if (err < 0) return err;
    char *key = edo_arena_text(&d->arena, text.len + 5);
    if (!key) return -ENOMEM;
    (void)snprintf(key, text.len + 5, ",\"%s\":", name);
    f.key = key;
    d->fields[d->desc.fields_n++] = f;
    memset(d->desc.names, 0, EDOI_NAMES_WORDS(d->desc.fields_n) * sizeof *d->desc.names);
    d->bytes = used;
    d->desc.size = (uint32_t)((used + ALIGN - 1) / ALIGN * ALIGN);
    EDO_INV("dynamic inv. 1", d->desc.fields == d->fields && d->desc.fields_n <= d->room);
    EDO_INV("dynamic inv. 2", d->desc.size % ALIGN == 0 && f.offset < d->desc.size);
    return 0;
}
