/* SPDX-License-Identifier: MIT */
/* protobuf/schema/layout.c: where the fields of a message lie in a value. See schema.h.
 *
 *     a number, a text, the value of a map        as it is
 *     a message                                   a pointer
 *     a list                                      a pointer, and a size_t
 *     a field that may not be there               a bool more
 *     a oneof                                     32 bits for a number, then room for any member
 *
 * inv. 3: the size of a value is a multiple of ALIGN, and every part lies below it. */
#include "base/assert.h"
#include "protobuf/schema/schema.h"
#include "value/names.h"

#include <stdlib.h>

#define LABEL(name) GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_LABEL_##name

#define ALIGN     8u
#define SIZE_MOST INT32_MAX

/* Behind the number of a oneof: any member but a list. */
typedef union oneof_place {
    edo_bytes bytes;
    edo_str text;
    void *message;
    uint64_t number;
} oneof_place;

/* A message while it is laid out. */
typedef struct layout {
    edo_protobuf_schema *schema;
    edoi_schema_type *type;
    edo_field *fields;
    uint32_t fields_n;
    uint64_t used;    /* bytes of a value */
    uint32_t *oneofs; /* 1 + where the number of each lies; 0: nowhere so far */
} layout;

/* ---- Places ---------------------------------------------------------------------------------- */

static uint32_t layout_place(layout *l, uint64_t bytes, uint32_t align) {
    const uint64_t at = (l->used + align - 1) / align * align;
    l->used = at + bytes;
    if (l->used > SIZE_MOST)
        edoi_schema_refuses(l->schema, l->type->full, EDO_STR(""), "is too large");
    return (uint32_t)at;
}

static void place_in_oneof(layout *l, edo_field *f, size_t i) {
    const uint32_t head = ALIGN; // the number, and what aligns the place
    if (l->oneofs[i] == 0) l->oneofs[i] = 1 + layout_place(l, head + sizeof(oneof_place), ALIGN);
    f->has_at = l->oneofs[i];
    f->offset = f->has_at - 1 + head;
}

/* Is it told apart from 0 whether it is there? */
static bool layout_has_presence(const layout *l, const edo_field *f, const edoi_field_proto *p) {
    if (f->shape != EDO_SHAPE_ONE || edoi_schema_is_entry(l->type)) return false;
    return !l->type->is_proto3 || p->proto3_optional;
}

static void place_field(layout *l, edo_field *f, const edoi_field_proto *p) {
    const bool is_far = f->shape != EDO_SHAPE_ONE;
    if (f->oneof) {
        place_in_oneof(l, f, (size_t)p->oneof_index);
        return;
    }
    f->offset = layout_place(l, is_far ? sizeof(void *) : f->size,
                             is_far || f->size >= ALIGN ? ALIGN
                             : f->size > 0              ? f->size
                                                        : 1);
    if (f->shape == EDO_SHAPE_LIST) f->count_at = layout_place(l, sizeof(size_t), sizeof(size_t));
    if (layout_has_presence(l, f, p)) f->has_at = 1 + layout_place(l, sizeof(bool), 1);
}

/* What has no field: the last one. */
static void place_rest(layout *l) {
    edo_field *f = &l->fields[l->fields_n];
    *f = (edo_field){ .kind = EDO_VALUE_STR,
                      .size = sizeof(edo_str),
                      .name_len = sizeof "unknown" - 1,
                      .skip = true,
                      .wire = EDO_WIRE_REST };
    f->key = edoi_schema_key(l->schema, EDO_STR("unknown"), EDO_STR(""));
    f->offset = layout_place(l, sizeof(edo_str), ALIGN);
}

/* ---- Order ----------------------------------------------------------------------------------- */

static int numbers_compare(const void *a, const void *b) {
    const uint32_t x = ((const edo_field *)a)->number, y = ((const edo_field *)b)->number;
    return (x > y) - (x < y);
}

static int field_names_compare(const void *a, const void *b) {
    const edo_str x = edo_field_name(*(const edo_field *const *)a);
    const edo_str y = edo_field_name(*(const edo_field *const *)b);
    if (x.len != y.len) return x.len > y.len ? 1 : -1;
    return memcmp(x.ptr, y.ptr, x.len);
}

static void layout_check_names(const layout *l) {
    edo_protobuf_schema *s = l->schema;
    const edo_field **byname =
        (const edo_field **)edoi_schema_alloc(s, l->fields_n, sizeof *byname);
    if (!byname) return;
    for (uint32_t i = 0; i < l->fields_n; i++) byname[i] = &l->fields[i];
    qsort(byname, l->fields_n, sizeof *byname, field_names_compare);
    for (uint32_t i = 1; i < l->fields_n; i++)
        if (field_names_compare(&byname[i - 1], &byname[i]) == 0)
            edoi_schema_refuses(s, l->type->full, edo_field_name(byname[i]),
                                "another field has this name");
}

static void layout_sort(const layout *l) {
    qsort(l->fields, l->fields_n, sizeof *l->fields, numbers_compare);
    for (uint32_t i = 1; i < l->fields_n; i++)
        if (l->fields[i - 1].number == l->fields[i].number)
            edoi_schema_refuses(l->schema, l->type->full, edo_field_name(&l->fields[i]),
                                "another field has this number");
    layout_check_names(l);
}

/* ---- Descriptions ---------------------------------------------------------------------------- */

static edo_atomic_u32 *names_of(edo_protobuf_schema *s, size_t fields_n) {
    return (edo_atomic_u32 *)edoi_schema_alloc(s, EDOI_NAMES_WORDS(fields_n),
                                               sizeof(edo_atomic_u32));
}

/* The fields of the .proto, each with its place, in the order of their numbers. */
static void lay_out_fields(layout *l) {
    const edoi_message_proto *m = l->type->message;
    for (size_t i = 0; i < m->field_n && l->schema->err == 0; i++) {
        edo_field *f = &l->fields[l->fields_n];
        if (!edoi_schema_field(l->schema, f, l->type, &m->field[i])) continue;
        place_field(l, f, &m->field[i]);
        l->fields_n++;
    }
    if (l->schema->err == 0 && l->fields_n > 0) layout_sort(l);
}

void edoi_schema_lay_out(edo_protobuf_schema *s, edoi_schema_type *t) {
    const edoi_message_proto *m = t->message;
    layout l = { .schema = s, .type = t };
    const bool is_entry = edoi_schema_is_entry(t);
    l.fields = (edo_field *)edoi_schema_alloc(s, m->field_n + 1, sizeof *l.fields);
    l.oneofs = (uint32_t *)edoi_schema_alloc(s, m->oneof_decl_n + 1, sizeof *l.oneofs);
    t->desc.names = names_of(s, m->field_n + 1);
    if (s->err < 0) return;
    lay_out_fields(&l);
    if (is_entry && l.fields_n != 2)
        edoi_schema_refuses(s, t->full, EDO_STR(""), "the entry of a map has a key and a value");
    if (!is_entry) place_rest(&l);
    t->desc.fields = t->fields = l.fields;
    t->desc.fields_n = l.fields_n + !is_entry;
    t->desc.size = (uint32_t)((l.used + ALIGN - 1) / ALIGN * ALIGN);
    EDO_INV("schema inv. 2",
            s->err < 0 || l.fields_n < 2 || l.fields[0].number < l.fields[1].number);
    EDO_INV("layout inv. 3", t->desc.size % ALIGN == 0);
}

void edoi_schema_lay_out_enum(edo_protobuf_schema *s, edoi_schema_type *t) {
    const size_t n = t->values->value_n;
    edo_field *fields = (edo_field *)edoi_schema_alloc(s, n + 1, sizeof *fields);
    t->desc.names = names_of(s, n);
    for (size_t i = 0; i < n && s->err == 0; i++) {
        const google_protobuf_enum_value_descriptor_proto *v = &t->values->value[i];
        if (!edoi_schema_name_is_good(v->name)) {
            edoi_schema_refuses(s, t->full, v->name, "must have a name of letters, digits and '_'");
            return;
        }
        fields[i] = (edo_field){ .kind = EDO_VALUE_UNIT,
                                 .tag = v->number,
                                 .key = edoi_schema_key(s, v->name, EDO_STR("")),
                                 .name_len = (uint16_t)v->name.len };
    }
    t->desc.fields = t->fields = fields;
    t->desc.fields_n = (uint32_t)n;
    t->desc.size = sizeof(int32_t);
}
