/* SPDX-License-Identifier: MIT */
/* json/encode.c: a described value as text, straight into a buffer.
 *
 * inv. 1: `to` lies in the memory of `out`, `end` behind it; `out->len` is set when the buffer
 *         grows and at the end. */

#include <edo/json.h>

#include "base/assert.h"
#include "base/text/base64.h"
#include "value/desc.h"
#include "value/elements.h"
#include "value/text/wall.h"
#include "value/validate/check.h"
#include "json/encode.h"
#include "json/number/number.h"
#include "json/text/string.h"

#include <edo/error.h>

#include <errno.h>

#define ROOM_MIN  256u
#define SHORT_MAX 64u /* bytes of a string that is written in place, if it is plain */

typedef struct encoder {
    edo_buf *out;
    char *to, *end;
    int err;
    size_t len_max;   /* of `out`: what has come further when it grows is -EMSGSIZE */
    uint32_t structs; /* left, and unions and maps, in one another */
    bool withholds;   /* secrets */
    char wants[EDOI_WANTS_MAX];
    char path[EDOI_WANTS_MAX]; /* from `path_at` to its end */
    size_t path_at;
} encoder;

static bool encode_element(encoder *e, const void *element, const edo_field *f);
static bool encode_value(encoder *e, const char *at, size_t n, const edo_field *f);

/* ---- Room, failures -------------------------------------------------------------------------- */

EDOI_NOINLINE static bool grow(encoder *e, size_t n) {
    EDO_INV("encode inv. 1", e->to <= e->end && (size_t)(e->to - e->out->ptr) <= e->out->cap);
    e->out->len = (size_t)(e->to - e->out->ptr);
    if (EDOI_UNLIKELY(e->out->len > e->len_max)) return e->err = -EMSGSIZE, false;
    int err = edo_buf_reserve(e->out, n < ROOM_MIN ? ROOM_MIN : n);
    if (err < 0) return e->err = err, false;
    e->to = e->out->ptr + e->out->len;
    e->end = e->out->ptr + e->out->cap;
    return true;
}

EDOI_INLINE bool room(encoder *e, size_t n) {
    return EDOI_LIKELY((size_t)(e->end - e->to) >= n) || grow(e, n);
}

EDOI_COLD static bool wrong(encoder *e, const char *wants) {
    e->err = -EDO_EJSON;
    if (wants != e->wants) (void)snprintf(e->wants, sizeof e->wants, "%s", wants);
    return false;
}

/* Puts a part before the path; returns false. */
EDOI_COLD static bool in_path(encoder *e, const char *part, size_t n) {
    bool dot = e->path_at < sizeof e->path - 1 && e->path[e->path_at] != '[';
    if (n + dot > e->path_at) return false;
    if (dot) e->path[--e->path_at] = '.';
    e->path_at -= n;
    memcpy(e->path + e->path_at, part, n);
    return false;
}

EDOI_COLD static bool in_element(encoder *e, size_t i) {
    char part[24];
    return in_path(e, part, (size_t)snprintf(part, sizeof part, "[%zu]", i));
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

/* Copies at least 4 bytes. */
EDOI_INLINE char *put(char *to, const char *from, size_t n) {
    if (n >= 8) {
        for (size_t i = 0; i + 8 < n; i += 8) memcpy(to + i, from + i, 8);
        memcpy(to + n - 8, from + n - 8, 8);
    } else {
        memcpy(to, from, 4);
        memcpy(to + n - 4, from + n - 4, 4);
    }
    return to + n;
}

/* A string that has escapes, is not ASCII, or is long. */
EDOI_NOINLINE static bool encode_odd(encoder *e, edo_str s) {
    e->out->len = (size_t)(e->to - e->out->ptr);
    int err = edoi_json_put_string(e->out, s);
    if (err == -EDO_EJSON) return wrong(e, "must be UTF-8");
    if (err < 0) return e->err = err, false;
    e->to = e->out->ptr + e->out->len;
    e->end = e->out->ptr + e->out->cap;
    return true;
}

/* Copies up to 16 bytes; false: not all are plain ASCII. */
EDOI_INLINE bool put_short(char *to, const char *from, size_t n) {
    uint64_t x, y;
    uint32_t v = 0x61616161, w = 0x61616161; // plain
    if (n >= 8) {
        memcpy(&x, from, 8), memcpy(&y, from + n - 8, 8);
        memcpy(to, &x, 8), memcpy(to + n - 8, &y, 8);
        return edoi_json_word_is_plain(x) && edoi_json_word_is_plain(y);
    }
    if (n >= 4) {
        memcpy(&v, from, 4), memcpy(&w, from + n - 4, 4);
        memcpy(to, &v, 4), memcpy(to + n - 4, &w, 4);
    } else {
        for (size_t i = 0; i < n; i++) {
            v = v << 8 | (uint8_t)from[i];
            to[i] = from[i];
        }
    }
    return edoi_json_word_is_plain((uint64_t)v << 32 | w);
}

/* Copies 16 bytes or more, the last 16 once more if that is no multiple. */
EDOI_INLINE bool put_plain(char *to, const char *from, size_t n) {
#ifdef EDOI_JSON_BLOCK
    unsigned high = 0;
    size_t last = n - EDOI_JSON_BLOCK;
    uint64_t odd = edoi_json_block(from + last, &high);
    for (size_t i = 0; i < last; i += EDOI_JSON_BLOCK) {
        odd |= edoi_json_block(from + i, &high);
        memcpy(to + i, from + i, EDOI_JSON_BLOCK);
    }
    memcpy(to + last, from + last, EDOI_JSON_BLOCK);
    return odd == 0 && !high;
#else
    (void)to, (void)from, (void)n;
    return false;
#endif
}

EDOI_INLINE bool encode_str(encoder *e, edo_str s) {
    if (EDOI_UNLIKELY(s.len > SHORT_MAX)) return encode_odd(e, s);
    if (!room(e, SHORT_MAX + 2)) return false;
    char *to = e->to;
    bool is_plain = s.len <= 16 ? put_short(to + 1, s.ptr, s.len) : put_plain(to + 1, s.ptr, s.len);
    if (EDOI_UNLIKELY(!is_plain)) return encode_odd(e, s);
    *to = to[s.len + 1] = '"';
    e->to = to + s.len + 2;
    return true;
}

static bool encode_text(encoder *e, const void *element, const edo_field *f) {
    const char *text =
        f->kind == EDO_VALUE_CHARS ? (const char *)element : *(const char *const *)element;
    size_t n = f->kind == EDO_VALUE_CHARS ? strnlen(text, f->size) : text ? strlen(text) : 0;
    return encode_str(e, (edo_str){ text ? text : "", n });
}

static bool encode_bytes(encoder *e, const edo_bytes *bytes) {
    size_t n = EDOI_BASE64_TEXT(bytes->str.len);
    if (!room(e, n + 2)) return false;
    *e->to++ = '"';
    edoi_base64_print(e->to, bytes->str.ptr, bytes->str.len);
    e->to += n;
    *e->to++ = '"';
    return true;
}

EDOI_INLINE bool encode_int(encoder *e, const void *element, const edo_field *f) {
    if (!room(e, EDOI_JSON_NUMBER_MAX)) return false;
    bool is_signed = edoi_kind_is_signed(f->kind);
    int64_t n;
    if (EDOI_LIKELY(f->size == sizeof n))
        memcpy(&n, element, sizeof n);
    else
        n = edoi_int_load(element, f->size, is_signed);
    e->to = is_signed ? edoi_json_print_int(e->to, n) : edoi_json_print_uint(e->to, (uint64_t)n);
    return true;
}

static const char not_finite[] = "must be a finite number";

static bool encode_float(encoder *e, const void *element) {
    float f;
    memcpy(&f, element, sizeof f);
    if (f - f != 0) return wrong(e, not_finite);
    if (!room(e, EDOI_JSON_NUMBER_MAX)) return false;
    e->to = edoi_json_print_float(e->to, f);
    return true;
}

EDOI_INLINE bool encode_double(encoder *e, const void *element, const edo_field *f) {
    double d;
    if (f->kind == EDO_VALUE_F32) return encode_float(e, element);
    if (!room(e, EDOI_JSON_NUMBER_MAX)) return false;
    memcpy(&d, element, sizeof d);
    if (EDOI_UNLIKELY(d - d != 0)) return wrong(e, not_finite);
    e->to = edoi_json_print_double(e->to, d);
    return true;
}

EDOI_INLINE bool encode_bool(encoder *e, bool is_true) {
    if (!room(e, 8)) return false;
    memcpy(e->to, is_true ? "true" : "false", is_true ? 4 : 5);
    e->to += is_true ? 4 : 5;
    return true;
}

static bool encode_duration(encoder *e, const edo_duration *d) {
    char text[EDO_DURATION_TEXT_MAX];
    return encode_str(e, (edo_str){ text, edoi_duration_print_iso(text, *d) });
}

static bool encode_wall(encoder *e, const edo_wall *t) {
    if (EDOI_UNLIKELY(!edoi_wall_is_good(*t))) return wrong(e, EDOI_WALL_WANTS);
    if (!room(e, EDO_WALL_TEXT_MAX + 2)) return false;
    *e->to++ = '"';
    e->to += edoi_wall_write(e->to, *t, EDOI_WALL_RFC3339);
    *e->to++ = '"';
    return true;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Is the field to be left out, whatever it has? */
EDOI_INLINE bool is_left_out(const encoder *e, const edo_field *f) {
    return f->skip || (e->withholds && edoi_field_is_withheld(f));
}

/* Is the element a union whose value is withheld? Then all of it is. */
EDOI_INLINE bool is_secret_union(const encoder *e, const void *element, const edo_field *f) {
    if (EDOI_LIKELY(!e->withholds) || f->kind != EDO_VALUE_DESCRIBED) return false;
    if (f->desc->form != EDO_DESC_UNION) return false;
    const edo_field *v = edo_desc_variant(f->desc, element, f->size);
    return v && edoi_field_is_withheld(v);
}

/* Is the field, which has `n` elements from `at` on, not to be named? */
EDOI_INLINE bool is_unnamed(const encoder *e, const char *at, size_t n, const edo_field *f) {
    if (n == 0) return edoi_field_is_optional(f);
    return f->shape <= EDO_SHAPE_PTR && is_secret_union(e, at, f);
}

/* Is an entry of a map withheld, for its value? */
static bool is_secret_entry(const encoder *e, const char *entry, const edo_field *value) {
    size_t n = 0;
    if (!e->withholds) return false;
    if (edoi_field_is_withheld(value)) return true;
    const char *at = (const char *)edo_field_elements(value, entry, &n);
    return n == 1 && value->shape <= EDO_SHAPE_PTR && is_secret_union(e, at, value);
}

/* Takes back the comma behind the last element, if there is one. */
EDOI_INLINE void drop_comma(encoder *e) {
    e->to -= e->to[-1] == ',';
}

/* The value behind a name that cannot be left out: null if it is not there. */
static bool encode_named(encoder *e, const void *in, const edo_field *f) {
    size_t n = 0;
    const char *at = (const char *)edo_field_elements(f, in, &n);
    bool is_null = is_left_out(e, f) || (n == 0 && edoi_field_is_optional(f));
    if (!is_null) return encode_value(e, at, n, f);
    if (!room(e, 4)) return false;
    memcpy(e->to, "null", 4);
    e->to += 4;
    return true;
}

/* `n` entries, each a struct of a name and a value. */
static bool encode_map(encoder *e, const char *at, size_t n, const edo_field *f) {
    const edo_field *name = f->desc->fields;
    if (e->structs == 0) return wrong(e, "must not be nested this deep");
    if (!room(e, 1)) return false;
    e->structs--;
    *e->to++ = '{';
    if (is_left_out(e, name)) n = 0;
    for (size_t i = 0; i < n; i++, at += f->size) {
        if (is_secret_entry(e, at, name + 1)) continue;
        if (!encode_element(e, edoi_field_at_const(name, at), name)) return in_element(e, i);
        if (!room(e, 1)) return false;
        *e->to++ = ':';
        if (!encode_named(e, at, name + 1)) return in_element(e, i);
        if (!room(e, 1)) return false;
        *e->to++ = ',';
    }
    if (!room(e, 1)) return false;
    e->structs++;
    drop_comma(e);
    *e->to++ = '}';
    return true;
}

/* The elements of an array, a comma behind each. `kind` is a constant: F64, STR, or DESCRIBED for
 * all others. So the loop over the most frequent has no call and no switch. */
EDOI_INLINE bool encode_each(encoder *e, const char *at, size_t n, const edo_field *f,
                             edo_value_kind kind) {
    for (size_t i = 0; i < n; i++, at += f->size) {
        if (kind == EDO_VALUE_DESCRIBED && is_secret_union(e, at, f)) continue;
        bool ok = kind == EDO_VALUE_F64   ? encode_double(e, at, f)
                  : kind == EDO_VALUE_STR ? encode_str(e, *(const edo_str *)(const void *)at)
                                          : encode_element(e, at, f);
        if (EDOI_UNLIKELY(!ok)) return in_element(e, i);
        if (!room(e, 1)) return false;
        *e->to++ = ',';
    }
    return true;
}

/* The value of a field that has `n` elements, the first at `at`. */
static bool encode_value(encoder *e, const char *at, size_t n, const edo_field *f) {
    if (f->shape == EDO_SHAPE_ONE || f->shape == EDO_SHAPE_PTR) {
        if (EDOI_LIKELY(n == 1)) return encode_element(e, at, f);
        return wrong(e, "is missing");
    }
    if (EDOI_UNLIKELY(edoi_field_is_map(f))) return encode_map(e, at, n, f);
    if (!room(e, 1)) return false;
    *e->to++ = '[';
    bool ok = f->kind == EDO_VALUE_F64   ? encode_each(e, at, n, f, EDO_VALUE_F64)
              : f->kind == EDO_VALUE_STR ? encode_each(e, at, n, f, EDO_VALUE_STR)
                                         : encode_each(e, at, n, f, EDO_VALUE_DESCRIBED);
    if (!ok || !room(e, 1)) return false;
    drop_comma(e);
    *e->to++ = ']';
    return true;
}

static bool encode_struct(encoder *e, const void *value, const edo_desc *desc) {
    if (!room(e, 2)) return false;
    char *first = NULL;
    size_t first_at = (size_t)(e->to - e->out->ptr); // the buffer may move
    for (const edo_field *f = desc->fields; f < desc->fields + desc->fields_n; f++) {
        size_t n = 1, key = f->name_len + 4u;
        const char *at = (const char *)value + f->offset;
        if (EDOI_UNLIKELY(is_left_out(e, f))) continue;
        if (f->shape != EDO_SHAPE_ONE || edoi_field_is_optional(f))
            at = (const char *)edo_field_elements(f, value, &n);
        if (is_unnamed(e, at, n, f)) continue;
        if (!room(e, key)) return false;
        e->to = put(e->to, f->key, key);
        if (!encode_value(e, at, n, f)) return in_path(e, f->key + 2, f->name_len);
    }
    if (!room(e, 2)) return false;
    first = e->out->ptr + first_at;
    if (e->to == first) e->to++; // no field
    *first = '{';                // in the place of the first comma
    *e->to++ = '}';
    return true;
}

static bool encode_variant(encoder *e, const void *element, const edo_field *f) {
    const edo_field *v = edo_desc_variant(f->desc, element, f->size);
    if (!v) return edoi_name_wants(e->wants, f->desc), wrong(e, e->wants);
    if (!room(e, v->name_len + 8u)) return false; // {"name":null
    if (v->kind == EDO_VALUE_UNIT) {              // "name"
        memcpy(e->to, v->key + 1, v->name_len + 2u);
        e->to += v->name_len + 2u;
        return true;
    }
    *e->to = '{';
    memcpy(e->to + 1, v->key + 1, v->name_len + 3u);
    e->to += v->name_len + 4u;
    if (!encode_named(e, element, v)) return in_path(e, v->key + 2, v->name_len);
    if (!room(e, 1)) return false;
    *e->to++ = '}';
    return true;
}

static bool encode_described(encoder *e, const void *element, const edo_field *f) {
    if (f->desc->form == EDO_DESC_ENUM) return encode_variant(e, element, f);
    if (e->structs == 0) return wrong(e, "must not be nested this deep");
    e->structs--;
    bool is_struct = f->desc->form == EDO_DESC_STRUCT;
    bool ok = is_struct ? encode_struct(e, element, f->desc) : encode_variant(e, element, f);
    e->structs++;
    return ok;
}

static bool encode_element(encoder *e, const void *element, const edo_field *f) {
    switch ((edo_value_kind)f->kind) {
    case EDO_VALUE_STR: return encode_str(e, *(const edo_str *)element);
    case EDO_VALUE_I8:
    case EDO_VALUE_I16:
    case EDO_VALUE_I32:
    case EDO_VALUE_I64:
    case EDO_VALUE_U8:
    case EDO_VALUE_U16:
    case EDO_VALUE_U32:
    case EDO_VALUE_U64: return encode_int(e, element, f);
    case EDO_VALUE_F32:
    case EDO_VALUE_F64: return encode_double(e, element, f);
    case EDO_VALUE_BOOL: return encode_bool(e, *(const bool *)element);
    case EDO_VALUE_TEXT:
    case EDO_VALUE_CHARS: return encode_text(e, element, f);
    case EDO_VALUE_BYTES: return encode_bytes(e, (const edo_bytes *)element);
    case EDO_VALUE_DURATION: return encode_duration(e, (const edo_duration *)element);
    case EDO_VALUE_WALL: return encode_wall(e, (const edo_wall *)element);
    case EDO_VALUE_DESCRIBED: return encode_described(e, element, f);
    case EDO_VALUE_UNIT: break;
    }
    return wrong(e, "has no value");
}

static int encode_whole(edo_buf *out, const void *at, size_t n, const edo_field *f, bool withholds,
                        size_t bytes_max) {
    const size_t before = out->len;
    encoder e;
    e.out = out;
    e.to = e.end = out->ptr ? out->ptr + out->len : NULL;
    if (out->ptr) e.end = out->ptr + out->cap;
    e.err = 0;
    e.len_max = bytes_max < SIZE_MAX - before ? before + bytes_max : SIZE_MAX;
    e.structs = EDO_VALUE_DEPTH_MAX;
    e.withholds = withholds;
    e.path_at = sizeof e.path - 1;
    e.path[e.path_at] = '\0';
    if (EDOI_LIKELY((e.to || grow(&e, ROOM_MIN)) && encode_value(&e, at, n, f))) {
        out->len = (size_t)(e.to - out->ptr);
        return 0;
    }
    out->len = before;
    if (e.err != -EDO_EJSON) return e.err;
    return e.path[e.path_at] ? edo_fail(e.err, "\"%s\" %s", e.path + e.path_at, e.wants)
                             : edo_fail(e.err, "%s", e.wants);
}

static int encode_described_whole(edo_buf *out, const void *value, const edo_desc *desc,
                                  bool withholds) {
    const edo_field whole = { .kind = EDO_VALUE_DESCRIBED, .size = desc->size, .desc = desc };
    return encode_whole(out, value, 1, &whole, withholds, SIZE_MAX);
}

int edo_json_encode(edo_buf *out, const void *value, const edo_desc *desc) {
    return encode_described_whole(out, value, desc, false);
}

int edo_json_encode_reply(edo_buf *out, const void *value, const edo_desc *desc) {
    return encode_described_whole(out, value, desc, true);
}

/* Is all of the field a union whose value is withheld? */
static bool is_withheld_whole(const void *at, const edo_field *f) {
    const encoder e = { .withholds = true };
    return f->shape < EDO_SHAPE_LIST && is_secret_union(&e, at, f);
}

int edoi_json_encode_field(edo_buf *out, const void *at, size_t n, const edo_field *f,
                           size_t bytes_max) {
    bool is_null = (n == 0 && f->shape < EDO_SHAPE_LIST) || (n > 0 && is_withheld_whole(at, f));
    if (is_null) return edo_buf_append(out, "null", 4);
    return encode_whole(out, at, n, f, true, bytes_max);
}
