/* SPDX-License-Identifier: MIT */
/* protobuf/json/decode.c: JSON by protobuf's mapping into a described struct, from the tree of
 * edo/json.h. */
#include "protobuf/json/decode.h"

#include "base/opts.h"
#include "protobuf/json/known.h"
#include "protobuf/json/scalar.h"
#include "protobuf/json/times.h"
#include "protobuf/path.h"
#include "protobuf/rules.h"
#include "protobuf/zero.h"
#include "value/desc.h"
#include "value/elements.h"
#include "value/memory.h"

#include <edo/json.h>
#include <edo/protobuf.h>

#include <google/protobuf/any.edo.h>
#include <google/protobuf/field_mask.edo.h>
#include <google/protobuf/struct.edo.h>

#define TREE_TIMES 64u /* of the tree: more than its 33 */

typedef struct json_reading {
    const edo_protobuf_json_opts *opts;
    edo_arena *arena;
    size_t bytes_max; /* of the arena */
    edo_buf scratch;
    uint32_t depth; /* left */
    const char *reason;
    edoi_wire_path path;
} json_reading;

static int json_read_message(json_reading *r, void *value, const edo_desc *desc,
                             const edo_json_value *from);

static int json_read_fails(json_reading *r, const char *reason) {
    r->reason = reason;
    return -EDO_EJSON;
}

/* ---- Elements -------------------------------------------------------------------------------- */

static int json_read_element(json_reading *r, void *element, const edo_field *f,
                             const edo_json_value *from) {
    if (edoi_field_is_message(f)) return json_read_message(r, element, f->desc, from);
    r->scratch.len = 0;
    const edoi_json_scalar into = { element, f, r->arena, &r->scratch };
    return edoi_json_scalar_read(&into, from, &r->reason);
}

/* Looks at what the arena has given so far. */
static int json_read_check_memory(json_reading *r) {
    if (r->arena->bytes <= r->bytes_max) return 0;
    r->reason = "what the JSON says takes more memory than allowed for its length";
    return -EMSGSIZE;
}

/* One more element. */
static int json_read_push(json_reading *r, void *value, const edo_field *f, void **element) {
    int err = edoi_value_push(value, f, r->arena, element);
    if (err == -ENOSPC) return json_read_fails(r, "must have fewer elements");
    return err == 0 ? json_read_check_memory(r) : err;
}

static int json_read_key(json_reading *r, void *entry, const edo_field *key, edo_str name) {
    r->scratch.len = 0;
    const edoi_json_scalar into = { edoi_field_at(key, entry), key, r->arena, &r->scratch };
    return edoi_json_scalar_read_text(&into, name, &r->reason);
}

/* Is it a value that the enum has not, and is that as unknown as a member? Numbers are values of an
 * open enum. */
static bool json_read_passes_over(const json_reading *r, const edo_field *f,
                                  const edo_json_value *from) {
    int64_t i;
    if (!r->opts->ignores_unknown || f->kind != EDO_VALUE_DESCRIBED) return false;
    if (!f->desc || f->desc->form != EDO_DESC_ENUM) return false;
    if (edo_json_value_kind(from) == EDO_JSON_STRING)
        return !edo_desc_find(f->desc, edo_json_value_text(from));
    return (f->wire & EDO_WIRE_CLOSED) != 0 && edo_json_value_int(from, &i) == 0 &&
           i == (int32_t)i && !edoi_enum_has(f->desc, (int32_t)i);
}

/* Each member of the object is an entry. */
static int json_read_map(json_reading *r, void *value, const edo_field *f,
                         const edo_json_value *from) {
    const edo_field *key = f->desc->fields, *part = key + 1;
    const edo_json_value *one = edo_json_value_first(from);
    if (edo_json_value_kind(from) != EDO_JSON_OBJECT)
        return json_read_fails(r, "must be an object");
    for (size_t i = 0; one; one = edo_json_value_next(one), i++) {
        void *entry = NULL, *at = NULL;
        if (json_read_passes_over(r, part, one)) continue;
        bool is_null = edo_json_value_kind(one) == EDO_JSON_NULL && !edoi_known_takes_null(part);
        int err = json_read_push(r, value, f, &entry);
        if (err == 0 && is_null) err = json_read_fails(r, "must not be null");
        if (err == 0) err = json_read_key(r, entry, key, edo_json_value_name(one));
        if (err == 0) err = edoi_value_push(entry, part, r->arena, &at);
        if (err == 0) err = json_read_element(r, at, part, one);
        if (err < 0) return edoi_wire_path_element(&r->path, i), err;
    }
    return 0;
}

static int json_read_list(json_reading *r, void *value, const edo_field *f,
                          const edo_json_value *from) {
    if (f->map && f->desc && f->desc->fields_n >= 2) return json_read_map(r, value, f, from);
    const edo_json_value *one = edo_json_value_first(from);
    const bool takes_null = f->kind == EDO_VALUE_DESCRIBED &&
                            (edoi_known_of(f->desc) == EDOI_KNOWN_VALUE || edoi_known_is_null(f));
    if (edo_json_value_kind(from) != EDO_JSON_ARRAY) return json_read_fails(r, "must be an array");
    for (size_t i = 0; one; one = edo_json_value_next(one), i++) {
        void *element = NULL;
        if (json_read_passes_over(r, f, one)) continue;
        int err = json_read_push(r, value, f, &element);
        if (err == 0 && edo_json_value_kind(one) == EDO_JSON_NULL && !takes_null)
            err = json_read_fails(r, "must not be null");
        if (err == 0) err = json_read_element(r, element, f, one);
        if (err < 0) return edoi_wire_path_element(&r->path, i), err;
    }
    return 0;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static int json_read_field(json_reading *r, void *value, const edo_field *f,
                           const edo_json_value *from) {
    if (edo_json_value_kind(from) == EDO_JSON_NULL && !edoi_known_takes_null(f)) return 0;
    if (json_read_passes_over(r, f, from)) return 0;
    if (f->oneof && edoi_oneof_number(f, value) != 0)
        return json_read_fails(r, "must be the only one of its oneof");
    if (edoi_field_is_list(f)) return json_read_list(r, value, f, from);
    void *element = NULL;
    if (f->shape == EDO_SHAPE_PTR && edoi_field_ptr(f, value))
        return json_read_fails(r, "must be there once");
    int err = f->shape == EDO_SHAPE_PTR ? json_read_push(r, value, f, &element) : 0;
    if (f->shape == EDO_SHAPE_ONE) element = edoi_field_at(f, value);
    edoi_field_set_has(f, value, true);
    return err < 0 ? err : json_read_element(r, element, f, from);
}

/* Has the field a value of an earlier member, by the other one of its names? One that is zero is no
 * loss; messages and unions find it out themselves. */
static bool json_read_is_there(void *value, const edo_field *f) {
    if (edoi_field_is_list(f)) return *edoi_field_count(f, value) > 0;
    if (f->shape != EDO_SHAPE_ONE || f->oneof || edoi_field_is_message(f)) return false;
    if (f->has_at) return edoi_field_has(f, value);
    return !f->preset && !edoi_element_is_zero(edoi_field_at(f, value), f);
}

static int json_read_member(json_reading *r, void *value, const edo_field *f,
                            const edo_json_value *from) {
    if (json_read_is_there(value, f)) return json_read_fails(r, "must be there once");
    return json_read_field(r, value, f, from);
}

/* `skips_type`: the first member of an Any is not one of its message. */
static int json_read_members(json_reading *r, void *value, const edo_desc *desc,
                             const edo_json_value *from, bool skips_type) {
    uint32_t rules = 0;
    int err = edoi_rules_of(desc, &rules);
    const edo_json_value *one = edo_json_value_first(from);
    if (edo_json_value_kind(from) != EDO_JSON_OBJECT)
        return json_read_fails(r, "must be an object");
    for (; one && err == 0; one = edo_json_value_next(one)) {
        const edo_str name = edo_json_value_name(one);
        if (skips_type && edo_str_equal(name, EDO_STR("@type"))) continue;
        const edo_field *f = edoi_field_of_member(desc, name, &r->scratch);
        if (!f && !r->opts->ignores_unknown) {
            edoi_wire_path_name(&r->path, name);
            return json_read_fails(r, "is not known");
        }
        if (f) err = json_read_member(r, value, f, one);
        if (err < 0) edoi_wire_path_field(&r->path, f);
    }
    const edo_field *missing =
        err == 0 && (rules & EDOI_RULES_REQUIRED) != 0 ? edoi_field_missing(desc, value) : NULL;
    if (!missing) return err;
    edoi_wire_path_field(&r->path, missing);
    return json_read_fails(r, "is missing");
}

/* ---- Messages with a form of their own ------------------------------------------------------- */

static int json_read_time(json_reading *r, void *value, const edo_desc *desc,
                          const edo_json_value *from, bool is_duration) {
    const edo_field *seconds = edoi_field_numbered(desc, 1), *nanos = edoi_field_numbered(desc, 2);
    const edo_str text = edo_json_value_text(from);
    int64_t s = 0;
    int32_t ns = 0;
    if (!seconds || !nanos) return -ENOTSUP;
    bool ok = edo_json_value_kind(from) == EDO_JSON_STRING &&
              (is_duration ? edoi_duration_seconds_parse(text, &s, &ns)
                           : edoi_timestamp_parse(text, &s, &ns));
    if (!ok) return json_read_fails(r, edoi_time_wants(is_duration));
    edoi_int_store(edoi_field_at(seconds, value), seconds->size, s);
    edoi_int_store(edoi_field_at(nanos, value), nanos->size, ns);
    return 0;
}

static int json_read_mask(json_reading *r, void *value, const edo_desc *desc,
                          const edo_json_value *from) {
    edo_str text = edo_json_value_text(from);
    if (edo_json_value_kind(from) != EDO_JSON_STRING) return json_read_fails(r, "must be a string");
    if (text.len > 0 && memchr(text.ptr, '_', text.len))
        return json_read_fails(r, "must be paths in lowerCamelCase");
    for (bool is_more = text.len > 0; is_more;) {
        const char *comma = text.len > 0 ? (const char *)memchr(text.ptr, ',', text.len) : NULL;
        const size_t n = comma ? (size_t)(comma - text.ptr) : text.len;
        void *path = NULL;
        r->scratch.len = 0;
        int err = edoi_snake_append(&r->scratch, (edo_str){ text.ptr, n });
        if (err == 0) err = json_read_push(r, value, desc->fields, &path);
        if (err == 0)
            err = edoi_value_set_text(path, desc->fields, r->scratch.ptr, r->scratch.len, r->arena);
        if (err < 0) return err;
        is_more = comma != NULL;
        text = (edo_str){ text.ptr + n + is_more, text.len - n - is_more };
    }
    return 0;
}

static int json_read_a_value(json_reading *r, void *value, const edo_desc *desc,
                             const edo_json_value *from) {
    static const uint32_t numbers[] = {
        [EDO_JSON_NULL] = GOOGLE_PROTOBUF_VALUE_KIND_NULL_VALUE,
        [EDO_JSON_BOOL] = GOOGLE_PROTOBUF_VALUE_KIND_BOOL_VALUE,
        [EDO_JSON_INT] = GOOGLE_PROTOBUF_VALUE_KIND_NUMBER_VALUE,
        [EDO_JSON_UINT] = GOOGLE_PROTOBUF_VALUE_KIND_NUMBER_VALUE,
        [EDO_JSON_DOUBLE] = GOOGLE_PROTOBUF_VALUE_KIND_NUMBER_VALUE,
        [EDO_JSON_NUMBER] = GOOGLE_PROTOBUF_VALUE_KIND_NUMBER_VALUE,
        [EDO_JSON_STRING] = GOOGLE_PROTOBUF_VALUE_KIND_STRING_VALUE,
        [EDO_JSON_ARRAY] = GOOGLE_PROTOBUF_VALUE_KIND_LIST_VALUE,
        [EDO_JSON_OBJECT] = GOOGLE_PROTOBUF_VALUE_KIND_STRUCT_VALUE,
    };
    const edo_field *f = edoi_field_numbered(desc, numbers[edo_json_value_kind(from)]);
    return f ? json_read_field(r, value, f, from) : -ENOTSUP;
}

/* A message in the memory of the whole, written at once. */
static int json_read_any(json_reading *r, google_protobuf_any *any, const edo_json_value *from) {
    const edo_json_value *type = edo_json_value_get(from, EDO_STR("@type"));
    const edo_str url = edo_json_value_text(type);
    if (edo_json_value_kind(from) != EDO_JSON_OBJECT)
        return json_read_fails(r, "must be an object");
    if (edo_json_value_count(from) == 0) return 0;
    const edo_desc *desc = edoi_known_type(r->opts, url);
    if (!desc) return json_read_fails(r, "must be of a type that is known");
    const bool is_known = edoi_known_of(desc) != EDOI_KNOWN_NONE;
    const edo_json_value *inner = edo_json_value_get(from, EDO_STR("value"));
    if (is_known && !inner) return json_read_fails(r, "must have a member \"value\"");
    edo_buf out = { 0 };
    void *message = edo_arena_alloc(r->arena, desc->size);
    int err = message ? edo_value_init(message, desc, r->arena) : -ENOMEM;
    if (err == 0 && is_known)
        err = json_read_message(r, message, desc, inner);
    else if (err == 0)
        err = json_read_members(r, message, desc, from, true);
    if (err == 0) err = edo_protobuf_encode(&out, message, desc);
    char *bytes = err == 0 ? edo_arena_copy(r->arena, out.ptr ? out.ptr : "", out.len) : NULL;
    char *copy = err == 0 ? edo_arena_copy(r->arena, url.ptr, url.len) : NULL;
    if (err == 0 && (!bytes || !copy)) err = -ENOMEM;
    if (err == 0) err = json_read_check_memory(r); // an Any in an Any is written once more
    if (err == 0) {
        any->type_url = (edo_str){ copy, url.len };
        any->value = (edo_bytes){ { bytes, out.len }, NULL };
    }
    edo_buf_deinit(&out);
    return err;
}

static int json_read_known(json_reading *r, void *value, const edo_desc *desc,
                           const edo_json_value *from, edoi_known known) {
    const edo_field *first = desc->fields;
    switch (known) {
    case EDOI_KNOWN_ANY: return json_read_any(r, (google_protobuf_any *)value, from);
    case EDOI_KNOWN_TIMESTAMP: return json_read_time(r, value, desc, from, false);
    case EDOI_KNOWN_DURATION: return json_read_time(r, value, desc, from, true);
    case EDOI_KNOWN_FIELD_MASK: return json_read_mask(r, value, desc, from);
    case EDOI_KNOWN_VALUE: return json_read_a_value(r, value, desc, from);
    case EDOI_KNOWN_WRAPPER: return json_read_element(r, edoi_field_at(first, value), first, from);
    case EDOI_KNOWN_STRUCT:
    case EDOI_KNOWN_LIST: return json_read_list(r, value, first, from);
    case EDOI_KNOWN_NONE: break;
    }
    return -ENOTSUP;
}

static int json_read_message(json_reading *r, void *value, const edo_desc *desc,
                             const edo_json_value *from) {
    const edoi_known known = edoi_known_of(desc);
    if (r->depth == 0) return json_read_fails(r, "must not be nested this deep");
    r->depth--;
    int err = known != EDOI_KNOWN_NONE ? json_read_known(r, value, desc, from, known)
                                       : json_read_members(r, value, desc, from, false);
    r->depth++;
    return err;
}

int edoi_protobuf_json_read_field(void *value, const edo_field *f, const edo_json_value *from,
                                  edo_arena *arena, const char **reason) {
    static const edo_protobuf_json_opts opts = { 0 };
    json_reading r = {
        .opts = &opts, .arena = arena, .bytes_max = SIZE_MAX, .depth = EDO_PROTOBUF_DEPTH_MAX
    };
    edoi_wire_path_init(&r.path);
    int err = json_read_field(&r, value, f, from);
    edo_buf_deinit(&r.scratch);
    *reason = r.reason;
    return err;
}

int edo_protobuf_json_decode(void *out, const edo_desc *desc, edo_str text, edo_arena *arena,
                             const edo_protobuf_json_opts *opts) {
    static const edo_protobuf_json_opts defaults = { 0 };
    const edo_json_opts of_tree = { .times_max = TREE_TIMES };
    json_reading r = { .opts = opts ? opts : &defaults,
                       .arena = arena,
                       .depth = EDO_PROTOBUF_DEPTH_MAX + 1 };
    edo_json_value *tree = NULL;
    if (!edoi_all_zero(r.opts->reserved, EDO_COUNT(r.opts->reserved))) return -EINVAL;
    r.bytes_max = arena->bytes + 2 * EDO_PROTOBUF_TIMES_FREE +
                  (text.len < SIZE_MAX / 256 ? text.len * EDO_PROTOBUF_TIMES : SIZE_MAX / 2);
    edoi_wire_path_init(&r.path);
    memset(out, 0, desc->size);
    int err = edo_json_value_parse(&tree, text, &of_tree);
    if (err == 0) err = edo_value_init(out, desc, arena);
    if (err == 0) err = json_read_message(&r, out, desc, tree);
    edo_json_value_free(tree);
    edo_buf_deinit(&r.scratch);
    if (err == 0) return 0;
    memset(out, 0, desc->size);
    const char *path = r.path.text + r.path.at;
    if (!r.reason) return err;
    return *path ? edo_fail(err, "\"%s\" %s", path, r.reason) : edo_fail(err, "%s", r.reason);
}
