/* SPDX-License-Identifier: MIT */
/* protos/twins.c: for generated_test.sh: are the descriptions that a schema makes of descriptors,
 * at argv[1], those of the generated headers of twins.h? Method: both are compared field by field,
 * and random messages go through both, as messages and as JSON. */
#include <edo/protobuf_schema.h>

#include "twins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS    200
#define DEPTH_MAX 4

static uint64_t chance = 88172645463325252u;

static uint64_t any_of(uint64_t n) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance % n;
}

static int differs(const char *name, const char *part, const char *what) {
    (void)fprintf(stderr, "%s%s%s: another %s\n", name, *part ? "." : "", part, what);
    return -EPROTO;
}

/* ---- The descriptions ------------------------------------------------------------------------ */

static int compare_field(const char *name, const edo_field *a, const edo_field *b) {
    char part[256];
    const edo_str x = edo_field_name(a), y = edo_field_name(b);
    (void)snprintf(part, sizeof part, "%.*s", (int)x.len, x.ptr);
    if (!edo_str_equal(x, y) && !a->skip) return differs(name, part, "name");
    if (a->number != b->number || a->tag != b->tag) return differs(name, part, "number");
    if (a->kind != b->kind || a->shape != b->shape || a->wire != b->wire)
        return differs(name, part, "form");
    if (a->oneof != b->oneof || a->map != b->map || a->optional != b->optional)
        return differs(name, part, "form");
    if (!a->has_at != !b->has_at) return differs(name, part, "presence");
    if (!a->preset != !b->preset || (a->preset && strcmp(a->preset, b->preset) != 0))
        return differs(name, part, "preset");
    if (!a->desc != !b->desc) return differs(name, part, "type");
    return a->desc && a->desc->form != b->desc->form ? differs(name, part, "type") : 0;
}

static int compare(const char *name, const edo_desc *a, const edo_desc *b, int depth) {
    if (a->fields_n != b->fields_n || a->form != b->form) return differs(name, "", "form");
    for (uint32_t i = 0; i < a->fields_n; i++) {
        int err = compare_field(name, &a->fields[i], &b->fields[i]);
        if (err == 0 && depth > 0 && a->fields[i].desc)
            err = compare(name, a->fields[i].desc, b->fields[i].desc, depth - 1);
        if (err < 0) return err;
    }
    return 0;
}

/* ---- Random messages ------------------------------------------------------------------------- */

static void put(edo_buf *out, const void *bytes, size_t n) {
    if (edo_buf_append(out, bytes, n) < 0) abort();
}

static void put_varint(edo_buf *out, uint64_t n) {
    do {
        const unsigned char c = (unsigned char)((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
        put(out, &c, 1);
        n >>= 7;
    } while (n > 0);
}

static uint64_t any_number(const edo_field *f) {
    const uint64_t some[] = { 0, 1, 2, 127, 300, UINT32_MAX, any_of(UINT64_MAX) };
    uint64_t n = some[any_of(EDO_COUNT(some))];
    if (f->kind == EDO_VALUE_BOOL) return n & 1;
    if (f->kind == EDO_VALUE_DESCRIBED && f->desc->fields_n > 0 && any_of(4) > 0)
        return (uint64_t)f->desc->fields[any_of(f->desc->fields_n)].tag;
    return n;
}

static void put_message(edo_buf *out, const edo_desc *desc, int depth);

static void put_text(edo_buf *out) {
    static const char letters[] = "abcXYZ019 _";
    for (uint64_t n = any_of(20); n > 0; n--) put(out, &letters[any_of(sizeof letters - 1)], 1);
}

/* A field behind its length. */
static void put_long(edo_buf *out, const edo_field *f, int depth) {
    edo_buf inner = { 0 };
    if (f->kind == EDO_VALUE_DESCRIBED)
        put_message(&inner, f->desc, depth - 1);
    else
        put_text(&inner);
    put_varint(out, inner.len);
    if (inner.len > 0) put(out, inner.ptr, inner.len);
    edo_buf_deinit(&inner);
}

static void put_element(edo_buf *out, const edo_field *f, int depth) {
    const uint64_t n = any_number(f);
    const bool is_real = f->kind == EDO_VALUE_F32 || f->kind == EDO_VALUE_F64;
    const bool is_fixed = (f->wire & EDO_WIRE_FIXED) != 0 || is_real;
    const bool is_enum = f->kind == EDO_VALUE_DESCRIBED && f->desc->form == EDO_DESC_ENUM;
    const bool is_number = f->kind < EDO_VALUE_STR || is_enum;
    const unsigned type = !is_number ? 2 : !is_fixed ? 0 : f->size == 8 ? 1 : 5;
    put_varint(out, (uint64_t)f->number << 3 | type);
    if (type == 2)
        put_long(out, f, depth);
    else if (type == 0)
        put_varint(out, n);
    else
        put(out, &n, f->size);
}

static void put_message(edo_buf *out, const edo_desc *desc, int depth) {
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        const bool is_deep = f->kind == EDO_VALUE_DESCRIBED && f->desc->form == EDO_DESC_STRUCT;
        const bool is_required = (f->wire & EDO_WIRE_REQUIRED) != 0;
        if (f->number == 0 || (is_deep && depth == 0)) continue;
        if (!is_required && any_of(3) == 0) continue;
        for (uint64_t n = f->shape == EDO_SHAPE_LIST ? any_of(3) : 1; n > 0; n--)
            put_element(out, f, depth);
    }
}

/* ---- Both ways ------------------------------------------------------------------------------- */

/* What a description makes of a message or of JSON. */
typedef struct side {
    const edo_desc *desc;
    int err;
    edo_buf message, json;
} side;

static void take(side *s, edo_str text, bool is_json, const edo_protobuf_json_opts *opts) {
    edo_arena arena = { 0 };
    void *value = edo_arena_alloc(&arena, s->desc->size);
    const edo_protobuf_opts many = { .times_max = 100000 };
    if (!value) abort();
    s->message.len = s->json.len = 0;
    s->err = is_json ? edo_protobuf_json_decode(value, s->desc, text, &arena, opts)
                     : edo_protobuf_decode_with(value, s->desc, text, &arena, &many);
    if (s->err == 0) s->err = edo_protobuf_encode(&s->message, value, s->desc);
    if (s->err == 0) s->err = edo_protobuf_json_encode(&s->json, value, s->desc, opts);
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

static bool is_same(const edo_buf *a, const edo_buf *b) {
    return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

static int check_sides(const char *name, const side *a, const side *b) {
    if (a->err != b->err) return differs(name, "", "verdict");
    if (!is_same(&a->message, &b->message)) return differs(name, "", "message");
    return is_same(&a->json, &b->json) ? 0 : differs(name, "", "JSON");
}

/* Returns how many of the messages had a form in JSON, or a code. */
static int go_through(const char *name, const edo_desc *made, const edo_desc *ours) {
    side a = { .desc = made }, b = { .desc = ours };
    const edo_protobuf_json_opts opts = { .keeps_names = any_of(2) == 0 };
    int err = 0, jsons = 0;
    for (int round = 0; err == 0 && round < ROUNDS; round++) {
        edo_buf in = { 0 };
        put_message(&in, made, DEPTH_MAX);
        const edo_str message = { in.ptr ? in.ptr : "", in.len };
        take(&a, message, false, &opts);
        take(&b, message, false, &opts);
        err = check_sides(name, &a, &b);
        if (err == 0 && a.err == 0) {
            const edo_str json = { a.json.ptr, a.json.len };
            edo_buf text = { 0 };
            if (edo_buf_append(&text, json.ptr, json.len) < 0) abort();
            take(&a, (edo_str){ text.ptr, text.len }, true, &opts);
            take(&b, (edo_str){ text.ptr, text.len }, true, &opts);
            err = check_sides(name, &a, &b);
            if (err == 0 && a.err == 0) jsons++;
            edo_buf_deinit(&text);
        }
        edo_buf_deinit(&in);
    }
    edo_buf_deinit(&a.message);
    edo_buf_deinit(&a.json);
    edo_buf_deinit(&b.message);
    edo_buf_deinit(&b.json);
    return err < 0 ? err : jsons;
}

static int check_type(const edo_protobuf_schema *schema, const edo_protobuf_type *t) {
    const edo_desc *ours = edo_protobuf_schema_find(schema, edo_str_of(t->name));
    if (!ours) return differs(t->name, "", "set: it is not there");
    int err = compare(t->name, t->desc, ours, 3);
    return err < 0 ? err : go_through(t->name, t->desc, ours);
}

static int read_all(edo_buf *out, const char *path) {
    FILE *f = fopen(path, "rb");
    size_t n = 1;
    if (!f) return -errno;
    for (int err = 0; n > 0; out->len += n) {
        err = edo_buf_reserve(out, 65536);
        if (err < 0) abort();
        n = fread(out->ptr + out->len, 1, 65536, f);
    }
    (void)fclose(f);
    return 0;
}

int main(int argc, char **argv) {
    edo_arena arena = { 0 };
    edo_buf set = { 0 };
    const edo_protobuf_schema *schema = NULL;
    int err = argc == 2 ? read_all(&set, argv[1]) : -EINVAL, jsons = 0;
    if (err == 0) err = edo_protobuf_schema_decode(&schema, (edo_str){ set.ptr, set.len }, &arena);
    for (size_t i = 0; err >= 0 && i < EDO_COUNT(twins); i++) {
        err = check_type(schema, &twins[i]);
        if (err > 0) jsons += err;
    }
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    (void)printf("%zu types, %d messages, %d of them with JSON; %zu bytes of arena for %zu\n",
                 EDO_COUNT(twins), (int)EDO_COUNT(twins) * ROUNDS, jsons, arena.bytes, set.len);
    edo_buf_deinit(&set);
    edo_arena_deinit(&arena);
    return err < 0 || jsons == 0;
}
