/* SPDX-License-Identifier: MIT */
/* protobuf/schema/schema.c: see edo/protobuf_schema.h, and schema.h. */
#include "protobuf/schema/schema.h"

#include "protobuf/json/known.h"

#include <stdio.h>

/* ---- Failures and memory --------------------------------------------------------------------- */

void *edoi_schema_fails(edo_protobuf_schema *s, int err) {
    if (s->err == 0) s->err = err;
    return NULL;
}

void edoi_schema_refuses(edo_protobuf_schema *s, edo_str full, edo_str part, const char *reason) {
    const size_t dot = full.len > 0; // names begin with one
    if (s->err < 0) return;
    s->err = edo_fail(-EDO_EPROTOBUF, "%.*s%s%.*s: %s", (int)(full.len - dot), full.ptr + dot,
                      part.len > 0 ? "." : "", (int)part.len, part.len > 0 ? part.ptr : "", reason);
}

void *edoi_schema_alloc(edo_protobuf_schema *s, size_t n, size_t bytes) {
    if (s->err < 0) return NULL;
    if (n > PTRDIFF_MAX / bytes) return edoi_schema_fails(s, -ENOMEM);
    if (s->arena->bytes > s->bytes_max || n * bytes > s->bytes_max)
        return edoi_schema_fails(
            s, edo_fail(-EMSGSIZE, "what the files say takes more memory than allowed for them"));
    void *memory = edo_arena_alloc(s->arena, n * bytes);
    return memory ? memset(memory, 0, n * bytes) : edoi_schema_fails(s, -ENOMEM);
}

const char *edoi_schema_key(edo_protobuf_schema *s, edo_str name, edo_str json_name) {
    const size_t room = name.len + json_name.len + 5;
    char *key = (char *)edoi_schema_alloc(s, 1, room);
    if (!key) return NULL;
    (void)snprintf(key, room, ",\"%.*s\":%.*s", (int)name.len, name.ptr, (int)json_name.len,
                   json_name.len > 0 ? json_name.ptr : "");
    return key;
}

/* ---- The parts in order ---------------------------------------------------------------------- */

static void schema_decode_files(edo_protobuf_schema *s, edo_str set) {
    const edo_protobuf_opts opts = { .times_max = EDO_PROTOBUF_SCHEMA_TIMES };
    int err = edo_protobuf_decode_with(&s->files, &google_protobuf_file_descriptor_set_desc, set,
                                       s->arena, &opts);
    if (err < 0) (void)edoi_schema_fails(s, err);
}

/* Of proto2 or proto3? Editions say at each field what it is, in options that are not known
 * here. */
static void schema_check_syntax(edo_protobuf_schema *s) {
    for (size_t i = 0; i < s->files.file_n && s->err == 0; i++) {
        const edoi_file_proto *f = &s->files.file[i];
        if (f->syntax.len == 0 || edo_str_equal(f->syntax, EDO_STR("proto2")) ||
            edo_str_equal(f->syntax, EDO_STR("proto3")))
            continue;
        (void)edoi_schema_fails(s, edo_fail(-ENOTSUP, "%.*s: neither proto2 nor proto3",
                                            (int)f->name.len, f->name.len > 0 ? f->name.ptr : ""));
    }
}

/* Entries come behind the messages: the value of one lies in it. Enums come before all: presets are
 * values of them. */
static void schema_lay_out_types(edo_protobuf_schema *s) {
    for (size_t i = 0; i < s->types_n; i++)
        if (s->types[i].values) edoi_schema_lay_out_enum(s, &s->types[i]);
    for (int entries = 0; entries < 2; entries++) {
        for (size_t i = 0; i < s->types_n && s->err == 0; i++) {
            edoi_schema_type *t = &s->types[i];
            if (t->message && t->used == &t->desc && edoi_schema_is_entry(t) == entries)
                edoi_schema_lay_out(s, t);
        }
    }
}

/* Now that all messages have a size, those behind pointers get it, too. */
static void schema_set_sizes(edo_protobuf_schema *s) {
    for (size_t i = 0; i < s->types_n && s->err == 0; i++) {
        edo_field *fields = s->types[i].fields;
        for (uint32_t k = 0; k < s->types[i].desc.fields_n; k++)
            if (fields[k].kind == EDO_VALUE_DESCRIBED && fields[k].desc->form == EDO_DESC_STRUCT)
                fields[k].size = fields[k].desc->size;
    }
}

static void schema_list_messages(edo_protobuf_schema *s) {
    size_t known_n;
    const edo_protobuf_type *known = edoi_known_types(&known_n);
    s->messages =
        (edo_protobuf_type *)edoi_schema_alloc(s, known_n + s->types_n, sizeof *s->messages);
    if (!s->messages) return;
    memcpy(s->messages, known, known_n * sizeof *known);
    s->messages_n = known_n;
    for (size_t i = 0; i < s->types_n; i++) {
        const edoi_schema_type *t = &s->types[i];
        if (!t->message || t->used != &t->desc || edoi_schema_is_entry(t)) continue;
        s->messages[s->messages_n++] = (edo_protobuf_type){ t->full.ptr + 1, t->used };
    }
}

int edo_protobuf_schema_decode(const edo_protobuf_schema **out, edo_str set, edo_arena *arena) {
    const size_t most = PTRDIFF_MAX / EDO_PROTOBUF_SCHEMA_TIMES / 2;
    edo_protobuf_schema *s = (edo_protobuf_schema *)edo_arena_alloc(arena, sizeof *s);
    if (!s) return -ENOMEM;
    *s = (edo_protobuf_schema){ .arena = arena };
    s->bytes_max = arena->bytes + EDO_PROTOBUF_SCHEMA_TIMES_FREE +
                   (set.len < most ? set.len : most) * EDO_PROTOBUF_SCHEMA_TIMES;
    schema_decode_files(s, set);
    schema_check_syntax(s);
    edoi_schema_find_types(s);
    schema_lay_out_types(s);
    schema_set_sizes(s);
    schema_list_messages(s);
    if (s->err == 0) *out = s;
    return s->err;
}

/* ---- What was made --------------------------------------------------------------------------- */

const edo_desc *edo_protobuf_schema_find(const edo_protobuf_schema *self, edo_str name) {
    const edo_desc *desc = edoi_schema_desc_named(self, name);
    return desc && desc->form == EDO_DESC_STRUCT ? desc : NULL;
}

const edo_protobuf_type *edo_protobuf_schema_types(const edo_protobuf_schema *self, size_t *n) {
    *n = self->messages_n;
    return self->messages;
}

const google_protobuf_file_descriptor_set *
edo_protobuf_schema_files(const edo_protobuf_schema *self) {
    return &self->files;
}
