/* SPDX-License-Identifier: MIT */
/* protobuf/json/scalar.c: see scalar.h. */
#include "protobuf/json/scalar.h"

#include "base/error/trail.h"
#include "protobuf/json/known.h"
#include "protobuf/json/times.h"
#include "protobuf/rules.h"
#include "protobuf/times.h"
#include "value/desc.h"
#include "value/memory.h"
#include "json/value.h"

#include <math.h>

static int scalar_is_wrong(const char **reason, const char *wants) {
    *reason = wants;
    return -EDO_EJSON;
}

/* ---- Numbers --------------------------------------------------------------------------------- */

/* A double that is a whole number: 1e3, 5.0. Without trunc(): edo is linked without libm. */
static bool whole_of(double d, bool is_signed, int64_t *out) {
    if (!(d >= -9223372036854775808.0 && d < 18446744073709551616.0)) return false;
    if (d < 0 || is_signed) {
        if (!is_signed || d >= 9223372036854775808.0) return false;
        *out = (int64_t)d;
        return (double)*out == d;
    }
    uint64_t whole = (uint64_t)d;
    *out = (int64_t)whole;
    return (double)whole == d;
}

/* The bits of an integer of 64 bits. */
static bool scalar_int(const edo_json_value *from, bool is_signed, int64_t *out) {
    uint64_t u;
    double d;
    if (is_signed && edo_json_value_int(from, out) == 0) return true;
    if (!is_signed && edo_json_value_uint(from, &u) == 0) return *out = (int64_t)u, true;
    const edo_json_kind kind = edo_json_value_kind(from);
    return kind == EDO_JSON_DOUBLE && edo_json_value_double(from, &d) == 0 &&
           whole_of(d, is_signed, out);
}

static bool int_fits(const edo_field *f, int64_t i) {
    const unsigned bits = 8 * f->size;
    if (bits >= 64) return true;
    const int64_t half = INT64_C(1) << (bits - 1);
    if (edoi_kind_is_signed(f->kind)) return i >= -half && i < half;
    return (uint64_t)i >> bits == 0;
}

static int scalar_read_int(const edoi_json_scalar *into, const edo_json_value *from,
                           const char **reason) {
    const edo_field *f = into->f;
    int64_t i = 0;
    if (!scalar_int(from, edoi_kind_is_signed(f->kind), &i) || !int_fits(f, i))
        return scalar_is_wrong(reason, "must be an integer in the range of its type");
    edoi_int_store(into->element, f->size, i);
    return 0;
}

static int scalar_store_real(const edoi_json_scalar *into, double d, float narrow) {
    const bool is_double = into->f->kind == EDO_VALUE_F64;
    memcpy(into->element, is_double ? (void *)&d : (void *)&narrow, into->f->size);
    return 0;
}

static int scalar_read_real(const edoi_json_scalar *into, const edo_json_value *from,
                            const char **reason) {
    double d;
    float narrow = 0;
    if (edo_json_value_double(from, &d) < 0)
        return scalar_is_wrong(reason, "must be a number in the range of its type");
    if (into->f->kind == EDO_VALUE_F32 && edoi_json_value_float(from, &narrow) < 0)
        return scalar_is_wrong(reason, "must be in the range of its type");
    return scalar_store_real(into, d, narrow);
}

/* A string that is a number. */
static int scalar_read_number_text(const edoi_json_scalar *into, edo_str text,
                                   const char **reason) {
    const bool is_real = into->f->kind == EDO_VALUE_F32 || into->f->kind == EDO_VALUE_F64;
    const bool is_plain = text.len > 0 &&
                          (*text.ptr == '-' || (*text.ptr >= '0' && *text.ptr <= '9')) &&
                          text.ptr[text.len - 1] > ' ';
    edo_json_value *number = NULL;
    if (is_real && edo_str_equal(text, EDO_STR("NaN")))
        return scalar_store_real(into, (double)NAN, NAN);
    if (is_real && edo_str_equal(text, EDO_STR("Infinity")))
        return scalar_store_real(into, (double)INFINITY, INFINITY);
    if (is_real && edo_str_equal(text, EDO_STR("-Infinity")))
        return scalar_store_real(into, -(double)INFINITY, -INFINITY);
    int err = is_plain ? edo_json_value_parse(&number, text, NULL) : -EDO_EJSON;
    if (err == -EDO_EJSON) {
        if (is_plain) edoi_trail_drop(err);
        return scalar_is_wrong(reason, is_real ? "must be a number" : "must be an integer");
    }
    if (err == 0)
        err = is_real ? scalar_read_real(into, number, reason)
                      : scalar_read_int(into, number, reason);
    edo_json_value_free(number);
    return err;
}

/* ---- Texts, bytes, enums --------------------------------------------------------------------- */

static int scalar_read_text(const edoi_json_scalar *into, edo_str text, const char **reason) {
    int err = edoi_value_set_text(into->element, into->f, text.ptr, text.len, into->arena);
    if (err != -EDO_EVALUE) return err;
    edoi_trail_drop(err);
    return scalar_is_wrong(reason, "must be shorter, and have no NUL");
}

/* In either alphabet, with padding or without. */
static int scalar_read_bytes(const edoi_json_scalar *into, edo_str text, const char **reason) {
    edo_buf *b = into->scratch;
    *(edo_bytes *)into->element = (edo_bytes){ EDO_STR(""), NULL };
    if (text.len == 0) return 0;
    int err = edo_buf_append(b, text.ptr, text.len);
    if (err < 0) return err;
    for (size_t i = 0; i < b->len; i++) {
        if (b->ptr[i] == '-') b->ptr[i] = '+';
        if (b->ptr[i] == '_') b->ptr[i] = '/';
    }
    const size_t n = b->len;
    err = edo_buf_reserve(b, n); // so that the text does not move
    const edo_str plain = { b->ptr, n };
    if (err == 0) err = edo_base64_decode(plain, EDO_BASE64_LAX, b);
    if (err == -EINVAL) return scalar_is_wrong(reason, "must be base64");
    if (err < 0) return err;
    char *copy = edo_arena_copy(into->arena, b->ptr + n, b->len - n);
    if (!copy) return -ENOMEM;
    *(edo_bytes *)into->element = (edo_bytes){ { copy, b->len - n }, NULL };
    return 0;
}

static int scalar_read_enum(const edoi_json_scalar *into, const edo_json_value *from,
                            const char **reason) {
    const edo_field *f = into->f;
    const edo_json_kind kind = edo_json_value_kind(from);
    int64_t i = 0;
    if (kind == EDO_JSON_STRING) {
        const edo_field *unit = edo_desc_find(f->desc, edo_json_value_text(from));
        if (!unit) return scalar_is_wrong(reason, "must be one of the names of its enum");
        i = unit->tag;
    } else if (kind == EDO_JSON_NULL && edoi_known_is_null(f)) {
        i = 0;
    } else if (!scalar_int(from, true, &i) || i < INT32_MIN || i > INT32_MAX) {
        return scalar_is_wrong(reason, "must be a name or a number of its enum");
    } else if ((f->wire & EDO_WIRE_CLOSED) != 0 && !edoi_enum_has(f->desc, (int32_t)i)) {
        return scalar_is_wrong(reason, "must be one of the numbers of its enum");
    }
    edoi_int_store(into->element, f->size, i);
    return 0;
}

static int scalar_read_bool_text(const edoi_json_scalar *into, edo_str text, const char **reason) {
    const bool is_true = edo_str_equal(text, EDO_STR("true"));
    if (!is_true && !edo_str_equal(text, EDO_STR("false")))
        return scalar_is_wrong(reason, "must be true or false");
    *(bool *)into->element = is_true;
    return 0;
}

/* As the messages that these kinds are have it. */
static int scalar_read_time(const edoi_json_scalar *into, edo_str text, const char **reason) {
    const bool is_duration = into->f->kind == EDO_VALUE_DURATION;
    edoi_wire_time t = { 0 };
    bool ok = is_duration ? edoi_duration_seconds_parse(text, &t.s, &t.ns)
                          : edoi_timestamp_parse(text, &t.s, &t.ns);
    if (!ok) return scalar_is_wrong(reason, edoi_time_wants(is_duration));
    const char *wants = edoi_wire_time_store(into->element, into->f, t);
    return wants ? scalar_is_wrong(reason, wants) : 0;
}

/* ---- The calls ------------------------------------------------------------------------------- */

int edoi_json_scalar_read_text(const edoi_json_scalar *into, edo_str text, const char **reason) {
    const uint8_t kind = into->f->kind;
    if (kind == EDO_VALUE_BOOL) return scalar_read_bool_text(into, text, reason);
    if (kind == EDO_VALUE_BYTES) return scalar_read_bytes(into, text, reason);
    if (edoi_field_is_time(into->f)) return scalar_read_time(into, text, reason);
    if (kind >= EDO_VALUE_I8 && kind <= EDO_VALUE_F64)
        return scalar_read_number_text(into, text, reason);
    return scalar_read_text(into, text, reason);
}

int edoi_json_scalar_read(const edoi_json_scalar *into, const edo_json_value *from,
                          const char **reason) {
    const edo_field *f = into->f;
    const edo_json_kind kind = edo_json_value_kind(from);
    if (f->kind == EDO_VALUE_DESCRIBED) return scalar_read_enum(into, from, reason);
    if (f->kind == EDO_VALUE_BOOL) {
        int err = edo_json_value_bool(from, (bool *)into->element);
        return err < 0 ? scalar_is_wrong(reason, "must be true or false") : 0;
    }
    if (kind == EDO_JSON_STRING)
        return edoi_json_scalar_read_text(into, edo_json_value_text(from), reason);
    if (f->kind == EDO_VALUE_F32 || f->kind == EDO_VALUE_F64)
        return scalar_read_real(into, from, reason);
    if (edoi_kind_is_int(f->kind)) return scalar_read_int(into, from, reason);
    return scalar_is_wrong(reason, "must be a string");
}
