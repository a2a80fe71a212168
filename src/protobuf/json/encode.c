/* SPDX-License-Identifier: MIT */
/* protobuf/json/encode.c: a described struct as JSON by protobuf's mapping, with the writer of
 * edo/json.h. */
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "protobuf/json/entries.h"
#include "protobuf/json/known.h"
#include "protobuf/json/times.h"
#include "protobuf/marks.h"
#include "protobuf/path.h"
#include "protobuf/rules.h"
#include "protobuf/times.h"
#include "protobuf/zero.h"
#include "value/elements.h"
#include "json/number/number.h"

#include <edo/json.h>
#include <edo/protobuf.h>

#include <google/protobuf/any.edo.h>
#include <google/protobuf/field_mask.edo.h>
#include <google/protobuf/struct.edo.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_ROOM 40u

typedef struct json_writing {
    edo_json_writer to;
    const edo_protobuf_json_opts *opts;
    edo_buf scratch; /* for one text at a time */
    uint32_t depth;  /* left */
    const char *reason;
    edoi_wire_path path;
} json_writing;

static int json_write_message(json_writing *w, const void *value, const edo_desc *desc);

static int json_write_fails(json_writing *w, const char *reason) {
    w->reason = reason;
    return -EDO_EJSON;
}

static int json_write_scratch(json_writing *w) {
    const edo_str text = { w->scratch.len > 0 ? w->scratch.ptr : "", w->scratch.len };
    return edo_json_writer_string(&w->to, text);
}

/* ---- Scalars --------------------------------------------------------------------------------- */

/* A double, or a float by as few digits as tell it from others. */
static int json_write_real(json_writing *w, const void *element, const edo_field *f) {
    char text[EDOI_JSON_NUMBER_MAX];
    double d;
    float narrow = 0;
    if (f->kind == EDO_VALUE_F32) {
        memcpy(&narrow, element, sizeof narrow);
        d = (double)narrow;
    } else {
        memcpy(&d, element, sizeof d);
    }
    if (isnan(d)) return edo_json_writer_string(&w->to, EDO_STR("NaN"));
    if (isinf(d))
        return edo_json_writer_string(&w->to, d < 0 ? EDO_STR("-Infinity") : EDO_STR("Infinity"));
    if (f->kind == EDO_VALUE_F32) { // the double that these digits are is printed as them again
        edoi_json_number number;
        const char *fault;
        (void)edoi_json_number_read(text, edoi_json_print_float(text, narrow), &number, &fault);
        d = number.d;
    }
    return edo_json_writer_double(&w->to, d);
}

/* Those of 64 bits are strings: JavaScript would round them. */
static int json_write_int(json_writing *w, const void *element, const edo_field *f) {
    char text[NUMBER_ROOM];
    const bool is_signed = edoi_kind_is_signed(f->kind);
    const int64_t i = edoi_int_load(element, f->size, is_signed);
    if (f->size < 8) return edo_json_writer_int(&w->to, i);
    int n = is_signed ? snprintf(text, sizeof text, "%lld", (long long)i)
                      : snprintf(text, sizeof text, "%llu", (unsigned long long)i);
    return edo_json_writer_string(&w->to, (edo_str){ text, (size_t)n });
}

static int json_write_enum(json_writing *w, const void *element, const edo_field *f) {
    const edo_field *unit = edo_desc_variant(f->desc, element, f->size);
    if (edoi_known_is_null(f)) return edo_json_writer_null(&w->to);
    if (!unit) return edo_json_writer_int(&w->to, edoi_int_load(element, f->size, true));
    return edo_json_writer_string(&w->to, edo_field_name(unit));
}

static int json_write_bytes(json_writing *w, edo_str bytes) {
    w->scratch.len = 0;
    int err = edo_base64_encode(bytes, &w->scratch);
    return err < 0 ? err : json_write_scratch(w);
}

static int json_write_text(json_writing *w, edo_str text) {
    int err = edo_json_writer_string(&w->to, text);
    return err == -EDO_EJSON ? json_write_fails(w, "must be UTF-8") : err;
}

/* Seconds and nanoseconds of a Timestamp or Duration. */
static int json_write_seconds(json_writing *w, int64_t s, int32_t ns, bool is_duration) {
    char text[EDOI_TIME_TEXT_MAX];
    size_t n =
        is_duration ? edoi_duration_seconds_print(text, s, ns) : edoi_timestamp_print(text, s, ns);
    if (n == 0) return json_write_fails(w, "must be in the range of its type");
    return edo_json_writer_string(&w->to, (edo_str){ text, n });
}

static int json_write_instant(json_writing *w, const void *element, const edo_field *f) {
    edoi_wire_time t = { 0 };
    const char *wants = edoi_wire_time_of(&t, element, f);
    if (wants) return json_write_fails(w, wants);
    return json_write_seconds(w, t.s, t.ns, f->kind == EDO_VALUE_DURATION);
}

static int json_write_element(json_writing *w, const void *element, const edo_field *f) {
    switch ((edo_value_kind)f->kind) {
    case EDO_VALUE_BOOL: return edo_json_writer_bool(&w->to, *(const bool *)element);
    case EDO_VALUE_I8:
    case EDO_VALUE_I16:
    case EDO_VALUE_I32:
    case EDO_VALUE_I64:
    case EDO_VALUE_U8:
    case EDO_VALUE_U16:
    case EDO_VALUE_U32:
    case EDO_VALUE_U64: return json_write_int(w, element, f);
    case EDO_VALUE_F32:
    case EDO_VALUE_F64: return json_write_real(w, element, f);
    case EDO_VALUE_STR: return json_write_text(w, *(const edo_str *)element);
    case EDO_VALUE_TEXT:
    case EDO_VALUE_CHARS: return json_write_text(w, edoi_element_text(element, f));
    case EDO_VALUE_BYTES: return json_write_bytes(w, ((const edo_bytes *)element)->str);
    case EDO_VALUE_DESCRIBED:
        if (f->desc->form == EDO_DESC_ENUM) return json_write_enum(w, element, f);
        return json_write_message(w, element, f->desc);
    case EDO_VALUE_DURATION:
    case EDO_VALUE_WALL: return json_write_instant(w, element, f);
    case EDO_VALUE_UNIT: break;
    }
    return -ENOTSUP;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static int json_write_name(json_writing *w, const edo_field *f) {
    if (w->opts->keeps_names) return edo_json_writer_name(&w->to, edo_field_name(f));
    w->scratch.len = 0;
    int err = edoi_field_json_append(&w->scratch, f);
    if (err < 0) return err;
    return edo_json_writer_name(&w->to, (edo_str){ w->scratch.ptr, w->scratch.len });
}

/* The key of an entry is a name, also if it is a number. */
static int json_write_key(json_writing *w, const void *entry, const edo_field *key) {
    char text[NUMBER_ROOM];
    const void *at = edoi_field_at_const(key, entry);
    if (key->kind == EDO_VALUE_BOOL)
        return edo_json_writer_name(&w->to, *(const bool *)at ? EDO_STR("true") : EDO_STR("false"));
    if (!edoi_kind_is_int(key->kind)) {
        const edo_str name =
            key->kind == EDO_VALUE_STR ? *(const edo_str *)at : edoi_element_text(at, key);
        int err = edo_json_writer_name(&w->to, name.ptr ? name : EDO_STR(""));
        return err == -EDO_EJSON ? json_write_fails(w, "must be UTF-8") : err;
    }
    const bool is_signed = edoi_kind_is_signed(key->kind);
    const int64_t i = edoi_int_load(at, key->size, is_signed);
    int n = is_signed ? snprintf(text, sizeof text, "%lld", (long long)i)
                      : snprintf(text, sizeof text, "%llu", (unsigned long long)i);
    return edo_json_writer_name(&w->to, (edo_str){ text, (size_t)n });
}

/* The value of an entry. */
static int json_write_part(json_writing *w, const char *entry, const edo_field *part) {
    size_t there;
    const void *at = edo_field_elements(part, entry, &there);
    if (part->shape == EDO_SHAPE_ONE) at = edoi_field_at_const(part, entry), there = 1;
    return there > 0 ? json_write_element(w, at, part) : edo_json_writer_null(&w->to);
}

/* Names are there once: of entries with the same key the last one is written. */
static int json_write_map(json_writing *w, const char *entry, size_t n, const edo_field *f) {
    const edo_field *key = f->desc->fields, *part = key + 1;
    uint8_t *replaced;
    int err = edoi_entries_replaced(&replaced, entry, n, f);
    if (err == 0) err = edo_json_writer_begin_object(&w->to);
    for (size_t i = 0; i < n && err == 0; i++, entry += f->size) {
        if (replaced && replaced[i]) continue;
        err = json_write_key(w, entry, key);
        if (err == 0) err = json_write_part(w, entry, part);
        if (err < 0) edoi_wire_path_element(&w->path, i);
    }
    edoi_free(replaced);
    return err < 0 ? err : edo_json_writer_end_object(&w->to);
}

static int json_write_list(json_writing *w, const char *at, size_t n, const edo_field *f) {
    if (f->map && f->kind == EDO_VALUE_DESCRIBED && f->desc->fields_n >= 2)
        return json_write_map(w, at, n, f);
    int err = edo_json_writer_begin_array(&w->to);
    for (size_t i = 0; i < n && err == 0; i++, at += f->size) {
        err = json_write_element(w, at, f);
        if (err < 0) edoi_wire_path_element(&w->path, i);
    }
    return err < 0 ? err : edo_json_writer_end_array(&w->to);
}

static int json_write_field(json_writing *w, const void *value, const edo_field *f) {
    size_t n;
    const char *at = (const char *)edo_field_elements(f, value, &n);
    const bool is_list = edoi_field_is_list(f);
    if (f->shape == EDO_SHAPE_ONE) {
        at = (const char *)edoi_field_at_const(f, value);
        n = f->has_at
                ? edoi_field_has(f, value)
                : w->opts->writes_zeros || edoi_field_is_message(f) || !edoi_element_is_zero(at, f);
    }
    if (n == 0 && !(is_list && w->opts->writes_zeros)) return 0;
    int err = json_write_name(w, f);
    if (err == 0) err = is_list ? json_write_list(w, at, n, f) : json_write_element(w, at, f);
    if (err < 0) edoi_wire_path_field(&w->path, f);
    return err;
}

static int json_write_members(json_writing *w, const void *value, const edo_desc *desc) {
    uint32_t rules;
    int err = edoi_rules_of(desc, &rules);
    if (err == 0) EDO_CHECK(edoi_marks_check(value, desc));
    for (uint32_t i = 0; i < desc->fields_n && err == 0; i++)
        if (desc->fields[i].number != 0) err = json_write_field(w, value, &desc->fields[i]);
    return err;
}

/* ---- Messages with a form of their own ------------------------------------------------------- */

/* Timestamp and Duration: seconds and nanoseconds. */
static int json_write_time(json_writing *w, const void *value, const edo_desc *desc,
                           bool is_duration) {
    const edo_field *seconds = edoi_field_numbered(desc, 1), *nanos = edoi_field_numbered(desc, 2);
    if (!seconds || !nanos) return -ENOTSUP;
    const int64_t s = edoi_int_load(edoi_field_at_const(seconds, value), seconds->size, true);
    const int32_t ns = (int32_t)edoi_int_load(edoi_field_at_const(nanos, value), nanos->size, true);
    return json_write_seconds(w, s, ns, is_duration);
}

static int json_write_mask(json_writing *w, const google_protobuf_field_mask *mask) {
    w->scratch.len = 0;
    for (size_t i = 0; i < mask->paths_n; i++) {
        if (!edoi_path_comes_back(mask->paths[i]))
            return json_write_fails(w, "must be paths that come back from lowerCamelCase");
        int err = i > 0 ? edo_buf_append(&w->scratch, ",", 1) : 0;
        if (err == 0) err = edoi_camel_append(&w->scratch, mask->paths[i]);
        if (err < 0) return err;
    }
    return json_write_scratch(w);
}

static int json_write_a_value(json_writing *w, const google_protobuf_value *v,
                              const edo_desc *desc) {
    switch (v->kind) {
    case GOOGLE_PROTOBUF_VALUE_KIND_NULL_VALUE: return edo_json_writer_null(&w->to);
    case GOOGLE_PROTOBUF_VALUE_KIND_NUMBER_VALUE:
        if (!isfinite(v->number_value)) return json_write_fails(w, "must be a finite number");
        return edo_json_writer_double(&w->to, v->number_value);
    case GOOGLE_PROTOBUF_VALUE_KIND_STRING_VALUE: return json_write_text(w, v->string_value);
    case GOOGLE_PROTOBUF_VALUE_KIND_BOOL_VALUE: return edo_json_writer_bool(&w->to, v->bool_value);
    case GOOGLE_PROTOBUF_VALUE_KIND_STRUCT_VALUE:
        return json_write_message(w, v->struct_value, edoi_field_numbered(desc, v->kind)->desc);
    case GOOGLE_PROTOBUF_VALUE_KIND_LIST_VALUE:
        return json_write_message(w, v->list_value, edoi_field_numbered(desc, v->kind)->desc);
    default: return json_write_fails(w, "must be of one of its kinds");
    }
}

static int json_write_nothing(json_writing *w) {
    int err = edo_json_writer_begin_object(&w->to);
    return err < 0 ? err : edo_json_writer_end_object(&w->to);
}

/* {"@type": its URL, and its members, or the value of a message with a form of its own}; {}: it holds
 * nothing. */
static int json_write_any(json_writing *w, const google_protobuf_any *any) {
    const edo_desc *desc = edoi_known_type(w->opts, any->type_url);
    edo_arena arena = { 0 };
    if (any->type_url.len == 0 && any->value.str.len == 0) return json_write_nothing(w);
    if (!desc) return json_write_fails(w, "must be of a type that is known");
    void *message = edo_arena_alloc(&arena, desc->size);
    int err = message ? edo_protobuf_decode(message, desc, any->value.str, &arena) : -ENOMEM;
    if (err == -EDO_EPROTOBUF) err = json_write_fails(w, "must hold a message of its type");
    if (err == 0) err = edo_json_writer_begin_object(&w->to);
    if (err == 0) err = edo_json_writer_name(&w->to, EDO_STR("@type"));
    if (err == 0) err = json_write_text(w, any->type_url);
    if (err == 0 && edoi_known_of(desc) != EDOI_KNOWN_NONE) {
        err = edo_json_writer_name(&w->to, EDO_STR("value"));
        if (err == 0) err = json_write_message(w, message, desc);
    } else if (err == 0) {
        err = json_write_members(w, message, desc);
    }
    if (err == 0) err = edo_json_writer_end_object(&w->to);
    edo_arena_deinit(&arena);
    return err;
}

static int json_write_known(json_writing *w, const void *value, const edo_desc *desc,
                            edoi_known known) {
    const edo_field *first = desc->fields;
    switch (known) {
    case EDOI_KNOWN_ANY: return json_write_any(w, (const google_protobuf_any *)value);
    case EDOI_KNOWN_TIMESTAMP: return json_write_time(w, value, desc, false);
    case EDOI_KNOWN_DURATION: return json_write_time(w, value, desc, true);
    case EDOI_KNOWN_FIELD_MASK:
        return json_write_mask(w, (const google_protobuf_field_mask *)value);
    case EDOI_KNOWN_VALUE: return json_write_a_value(w, (const google_protobuf_value *)value, desc);
    case EDOI_KNOWN_WRAPPER: return json_write_element(w, edoi_field_at_const(first, value), first);
    case EDOI_KNOWN_STRUCT:
    case EDOI_KNOWN_LIST: {
        size_t n;
        const char *at = (const char *)edo_field_elements(first, value, &n);
        return json_write_list(w, at, n, first);
    }
    case EDOI_KNOWN_NONE: break;
    }
    return -ENOTSUP;
}

static int json_write_message(json_writing *w, const void *value, const edo_desc *desc) {
    const edoi_known known = edoi_known_of(desc);
    if (w->depth == 0) return json_write_fails(w, "must not be nested this deep");
    w->depth--;
    int err;
    if (known != EDOI_KNOWN_NONE) {
        err = json_write_known(w, value, desc, known);
    } else {
        err = edo_json_writer_begin_object(&w->to);
        if (err == 0) err = json_write_members(w, value, desc);
        if (err == 0) err = edo_json_writer_end_object(&w->to);
    }
    w->depth++;
    return err;
}

int edo_protobuf_json_encode(edo_buf *out, const void *value, const edo_desc *desc,
                             const edo_protobuf_json_opts *opts) {
    static const edo_protobuf_json_opts defaults = { 0 };
    const size_t before = out->len;
    json_writing w = { .opts = opts ? opts : &defaults, .depth = EDO_PROTOBUF_DEPTH_MAX + 1 };
    const edo_json_writer_opts form = { .indent = w.opts->indent };
    if (!edoi_all_zero(w.opts->reserved, EDO_COUNT(w.opts->reserved))) return -EINVAL;
    edoi_wire_path_init(&w.path);
    int err = edo_json_writer_init(&w.to, out, &form);
    if (err == 0) err = json_write_message(&w, value, desc);
    edo_buf_deinit(&w.scratch);
    if (err == 0) return 0;
    out->len = before;
    const char *path = w.path.text + w.path.at;
    if (!w.reason) return err;
    return *path ? edo_fail(err, "\"%s\" %s", path, w.reason) : edo_fail(err, "%s", w.reason);
}
