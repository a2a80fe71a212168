/* SPDX-License-Identifier: MIT */
/* protobuf/json/known.c: see known.h. */
#include "protobuf/json/known.h"

#include "value/names.h"

#include <google/protobuf/any.edo.h>
#include <google/protobuf/duration.edo.h>
#include <google/protobuf/field_mask.edo.h>
#include <google/protobuf/struct.edo.h>
#include <google/protobuf/timestamp.edo.h>
#include <google/protobuf/wrappers.edo.h>

#define PREFIX "google_protobuf_"

static const struct {
    const char *name; /* behind PREFIX */
    edoi_known known;
    size_t size;
} all[] = {
    { "any", EDOI_KNOWN_ANY, sizeof(google_protobuf_any) },
    { "timestamp", EDOI_KNOWN_TIMESTAMP, sizeof(google_protobuf_timestamp) },
    { "duration", EDOI_KNOWN_DURATION, sizeof(google_protobuf_duration) },
    { "field_mask", EDOI_KNOWN_FIELD_MASK, sizeof(google_protobuf_field_mask) },
    { "struct", EDOI_KNOWN_STRUCT, sizeof(google_protobuf_struct) },
    { "value", EDOI_KNOWN_VALUE, sizeof(google_protobuf_value) },
    { "list_value", EDOI_KNOWN_LIST, sizeof(google_protobuf_list_value) },
    { "double_value", EDOI_KNOWN_WRAPPER, sizeof(google_protobuf_double_value) },
    { "float_value", EDOI_KNOWN_WRAPPER, sizeof(google_protobuf_float_value) },
    { "int64_value", EDOI_KNOWN_WRAPPER, sizeof(google_protobuf_int64_value) },
    { "u_int64_value", EDOI_KNOWN_WRAPPER, sizeof(google_protobuf_u_int64_value) },
    { "int32_value", EDOI_KNOWN_WRAPPER, sizeof(google_protobuf_int32_value) },
    { "u_int32_value", EDOI_KNOWN_WRAPPER, sizeof(google_protobuf_u_int32_value) },
    { "bool_value", EDOI_KNOWN_WRAPPER, sizeof(google_protobuf_bool_value) },
    { "string_value", EDOI_KNOWN_WRAPPER, sizeof(google_protobuf_string_value) },
    { "bytes_value", EDOI_KNOWN_WRAPPER, sizeof(google_protobuf_bytes_value) },
};

edoi_known edoi_known_of(const edo_desc *desc) {
    const size_t n = sizeof PREFIX - 1;
    if (strncmp(desc->name, PREFIX, n) != 0) return EDOI_KNOWN_NONE;
    for (size_t i = 0; i < EDO_COUNT(all); i++)
        if (desc->size == all[i].size && strcmp(desc->name + n, all[i].name) == 0)
            return all[i].known;
    return EDOI_KNOWN_NONE;
}

static const edo_protobuf_type types[] = {
    GOOGLE_PROTOBUF_ANY_TYPES,    GOOGLE_PROTOBUF_DURATION_TYPES,  GOOGLE_PROTOBUF_FIELD_MASK_TYPES,
    GOOGLE_PROTOBUF_STRUCT_TYPES, GOOGLE_PROTOBUF_TIMESTAMP_TYPES, GOOGLE_PROTOBUF_WRAPPERS_TYPES,
};
_Static_assert(EDO_COUNT(types) == EDO_COUNT(all), "they are those of `all`");

const edo_protobuf_type *edoi_known_types(size_t *n) {
    *n = EDO_COUNT(types);
    return types;
}

const edo_desc *edoi_known_desc(edo_str name) {
    for (size_t i = 0; i < EDO_COUNT(types); i++)
        if (edo_str_equal(name, edo_str_of(types[i].name))) return types[i].desc;
    if (edo_str_equal(name, EDO_STR("google.protobuf.NullValue")))
        return &google_protobuf_null_value_desc;
    return NULL;
}

bool edoi_known_is_null(const edo_field *f) {
    return f->kind == EDO_VALUE_DESCRIBED && f->desc->form == EDO_DESC_ENUM &&
           strcmp(f->desc->name, PREFIX "null_value") == 0;
}

bool edoi_known_takes_null(const edo_field *f) {
    if (f->kind != EDO_VALUE_DESCRIBED || f->shape == EDO_SHAPE_LIST) return false;
    return f->desc->form == EDO_DESC_ENUM ? edoi_known_is_null(f)
                                          : edoi_known_of(f->desc) == EDOI_KNOWN_VALUE;
}

const edo_desc *edoi_known_type(const edo_protobuf_json_opts *opts, edo_str url) {
    for (size_t i = url.len; i-- > 0;) {
        if (url.ptr[i] != '/') continue;
        const edo_str name = { url.ptr + i + 1, url.len - i - 1 };
        for (size_t k = 0; k < opts->types_n; k++)
            if (edo_str_equal(name, edo_str_of(opts->types[k].name))) return opts->types[k].desc;
        const edo_desc *own = edoi_known_desc(name);
        return own && own->form == EDO_DESC_STRUCT ? own : NULL;
    }
    return NULL;
}

/* ---- Names ----------------------------------------------------------------------------------- */

bool edoi_path_comes_back(edo_str path) {
    for (size_t i = 0; i < path.len; i++) {
        const char c = path.ptr[i], next = i + 1 < path.len ? path.ptr[i + 1] : '\0';
        if (c >= 'A' && c <= 'Z') return false;
        if (c == '_' && (next < 'a' || next > 'z')) return false;
    }
    return true;
}

int edoi_camel_append(edo_buf *out, edo_str name) {
    bool is_upper = false;
    int err = edo_buf_reserve(out, name.len);
    if (err < 0) return err;
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        if (c != '_')
            out->ptr[out->len++] = is_upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        is_upper = c == '_';
    }
    return 0;
}

int edoi_field_json_append(edo_buf *out, const edo_field *f) {
    const edo_str own = edoi_field_json_name(f);
    return own.len > 0 ? edo_buf_append(out, own.ptr, own.len)
                       : edoi_camel_append(out, edo_field_name(f));
}

int edoi_snake_append(edo_buf *out, edo_str name) {
    int err = edo_buf_reserve(out, 2 * name.len);
    if (err < 0) return err;
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool is_upper = c >= 'A' && c <= 'Z';
        if (is_upper) out->ptr[out->len++] = '_';
        out->ptr[out->len++] = is_upper ? (char)(c - 'A' + 'a') : c;
    }
    return 0;
}

/* Is `camel` the name in lowerCamelCase? */
static bool camel_is(edo_str camel, edo_str name) {
    bool is_upper = false;
    size_t at = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c == '_') {
            is_upper = true;
            continue;
        }
        if (is_upper && c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        if (at == camel.len || camel.ptr[at++] != c) return false;
        is_upper = false;
    }
    return at == camel.len;
}

/* Is it the name of the field in JSON, though it is not the usual one: of foo__bar, of foo_1, or
 * one that the field has been given? */
static bool field_is_called(const edo_field *f, edo_str name) {
    const edo_str own = edoi_field_json_name(f);
    if (own.len > 0) return edo_str_equal(own, name);
    return f->name_len > name.len && camel_is(name, edo_field_name(f));
}

const edo_field *edoi_field_of_member(const edo_desc *desc, edo_str name, edo_buf *scratch) {
    const edo_field *f = edo_desc_find(desc, name);
    if (f) return f->number != 0 ? f : NULL;
    scratch->len = 0;
    if (edoi_snake_append(scratch, name) == 0 && scratch->len > name.len) {
        f = edo_desc_find(desc, (edo_str){ scratch->ptr, scratch->len });
        if (f && f->number != 0 && edoi_field_json_name(f).len == 0) return f;
    }
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *odd = &desc->fields[i];
        if (odd->number != 0 && field_is_called(odd, name)) return odd;
    }
    return NULL;
}
