/* SPDX-License-Identifier: MIT */
/* protobuf/encode.c: a described struct as a message.
 *
 * It is written from its end to its beginning: the length before a part is known then, so that no
 * part is measured first, or moved. What is ready at last is moved down behind what the buffer had.
 *
 * inv. 1: what is written lies from `to` to out->ptr + out->cap; what the buffer had, `before`
 *         bytes, lies before `floor`. */
#include <edo/protobuf.h>

#include "base/assert.h"

#include "protobuf/path.h"
#include "protobuf/rules.h"
#include "value/desc.h"
#include "value/elements.h"

#include <edo/error.h>

#define ROOM_MIN 512u
#define PART_MAX 0x7fffffffu           /* bytes, as all others have it */
#define TAG_ROOM (2 * EDOI_VARINT_MAX) /* a tag and a varint */

typedef struct wire_writer {
    edo_buf *out;
    char *floor, *to;
    size_t before;
    uint32_t depth; /* left */
    int err;
    const char *reason; /* what a field must be; NULL: nothing is wrong */
    edoi_wire_path path;
} wire_writer;

static bool wire_write_message(wire_writer *e, const void *value, const edo_desc *desc);

/* ---- Room, failures -------------------------------------------------------------------------- */

EDOI_COLD static bool writer_fails(wire_writer *e, int err, const char *reason) {
    e->err = err;
    e->reason = reason;
    return false;
}

/* Makes room for `n` bytes before `to`. */
EDOI_NOINLINE static bool writer_grow(wire_writer *e, size_t n) {
    edo_buf *out = e->out;
    const size_t written = out->cap > 0 ? (size_t)(out->ptr + out->cap - e->to) : 0;
    EDO_INV("encode inv. 1", out->cap == 0 || e->to >= e->floor);
    n += n < written ? written : n < ROOM_MIN ? ROOM_MIN : 0;
    out->len = out->cap; // all of it is to be kept
    int err = edo_buf_reserve(out, n);
    if (err < 0) return writer_fails(e, err, NULL);
    const size_t from = out->len - written;
    e->floor = out->ptr + e->before;
    e->to = out->ptr + out->cap - written;
    if (written > 0) memmove(e->to, out->ptr + from, written);
    return true;
}

EDOI_INLINE bool writer_room(wire_writer *e, size_t n) {
    return EDOI_LIKELY((size_t)(e->to - e->floor) >= n) || writer_grow(e, n);
}

/* Writes the tag of a field. There is room. */
EDOI_INLINE void writer_tag(wire_writer *e, const edo_field *f, edoi_wire_type type) {
    e->to = edoi_varint_write(e->to, (uint64_t)f->number << 3 | type);
}

/* Writes the length of what ends `end` bytes before the end, and the tag. */
static bool writer_head(wire_writer *e, const edo_field *f, size_t end) {
    size_t n = (size_t)(e->out->ptr + e->out->cap - e->to) - end;
    if (EDOI_UNLIKELY(n > PART_MAX))
        return writer_fails(e, -EDO_ETOOLONG, "must have less than 2 GiB");
    if (!writer_room(e, TAG_ROOM)) return false;
    e->to = edoi_varint_write(e->to, n);
    writer_tag(e, f, EDOI_WIRE_BYTES);
    return true;
}

EDOI_INLINE size_t writer_written(const wire_writer *e) {
    return (size_t)(e->out->ptr + e->out->cap - e->to);
}

/* ---- Elements -------------------------------------------------------------------------------- */

/* Text or bytes, with length and tag. */
EDOI_INLINE bool wire_write_str(wire_writer *e, const edo_field *f, edo_str s, bool is_text) {
    if (is_text && EDOI_UNLIKELY(!edoi_is_ascii(s.ptr, s.len)) && !edo_str_is_utf8(s))
        return writer_fails(e, -EDO_EPROTOBUF, "must be UTF-8");
    if (EDOI_UNLIKELY(s.len > PART_MAX))
        return writer_fails(e, -EDO_ETOOLONG, "must have less than 2 GiB");
    if (!writer_room(e, s.len + TAG_ROOM)) return false;
    e->to -= s.len;
    if (s.len > 0) memcpy(e->to, s.ptr, s.len);
    e->to = edoi_varint_write(e->to, s.len);
    writer_tag(e, f, EDOI_WIRE_BYTES);
    return true;
}

static edo_str writer_text_of(const void *element, const edo_field *f) {
    if (f->kind == EDO_VALUE_CHARS) return (edo_str){ element, strnlen(element, f->size) };
    const char *text = *(const char *const *)element;
    return text ? edo_str_of(text) : EDO_STR("");
}

/* A number as the bits of its varint. */
EDOI_INLINE uint64_t writer_varint_of(const void *element, const edo_field *f) {
    bool is_signed = edoi_kind_is_signed(f->kind) || f->kind == EDO_VALUE_DESCRIBED;
    int64_t n = edoi_int_load(element, f->size, is_signed);
    return EDOI_UNLIKELY((f->wire & EDO_WIRE_ZIGZAG) != 0) ? edoi_zigzag(n) : (uint64_t)n;
}

/* A number without its tag. There is room for 10 bytes. */
EDOI_INLINE void writer_number(wire_writer *e, const void *element, const edo_field *f,
                               edoi_wire_type type) {
    uint64_t w;
    uint32_t v;
    if (type == EDOI_WIRE_VARINT) {
        e->to = edoi_varint_write(e->to, writer_varint_of(element, f));
    } else if (type == EDOI_WIRE_64) {
        memcpy(&w, element, sizeof w);
        w = edoi_little_64(w);
        memcpy(e->to -= sizeof w, &w, sizeof w);
    } else {
        memcpy(&v, element, sizeof v);
        v = edoi_little_32(v);
        memcpy(e->to -= sizeof v, &v, sizeof v);
    }
}

static bool wire_write_nested(wire_writer *e, const edo_field *f, const void *element,
                              bool may_be_empty) {
    const size_t end = writer_written(e);
    if (EDOI_UNLIKELY(e->depth == 0))
        return writer_fails(e, -EDO_EPROTOBUF, "must not be nested this deep");
    e->depth--;
    if (!wire_write_message(e, element, f->desc)) return false;
    e->depth++;
    return (!may_be_empty && writer_written(e) == end) || writer_head(e, f, end);
}

/* One element with its tag. */
static bool wire_write_element(wire_writer *e, const edo_field *f, const void *element) {
    const edoi_wire_type type = edoi_field_wire(f);
    if (f->kind == EDO_VALUE_STR) return wire_write_str(e, f, *(const edo_str *)element, true);
    if (f->kind == EDO_VALUE_BYTES)
        return wire_write_str(e, f, ((const edo_bytes *)element)->str, false);
    if (f->kind == EDO_VALUE_TEXT || f->kind == EDO_VALUE_CHARS)
        return wire_write_str(e, f, writer_text_of(element, f), true);
    if (type == EDOI_WIRE_BYTES) return wire_write_nested(e, f, element, true);
    if (!writer_room(e, TAG_ROOM)) return false;
    writer_number(e, element, f, type);
    writer_tag(e, f, type);
    return true;
}

/* ---- Lists ----------------------------------------------------------------------------------- */

static bool wire_write_packed(wire_writer *e, const edo_field *f, const char *first, size_t n,
                              edoi_wire_type type) {
    const size_t end = writer_written(e);
    for (size_t i = n; i-- > 0;) {
        if (!writer_room(e, EDOI_VARINT_MAX)) return false;
        writer_number(e, first + i * f->size, f, type);
    }
    return writer_head(e, f, end);
}

/* One entry of a map: both parts are always written. */
static bool wire_write_entry(wire_writer *e, const edo_field *f, const char *entry) {
    const size_t end = writer_written(e);
    for (uint32_t i = f->desc->fields_n; i-- > 0;) {
        const edo_field *part = &f->desc->fields[i];
        size_t n;
        const void *element = edo_field_elements(part, entry, &n);
        if (part->shape == EDO_SHAPE_ONE) element = entry + part->offset, n = 1;
        if (part->number != 0 && n == 1 && !wire_write_element(e, part, element))
            return edoi_wire_path_field(&e->path, part), false;
    }
    return writer_head(e, f, end);
}

static bool wire_write_list(wire_writer *e, const edo_field *f, const char *first, size_t n) {
    const edoi_wire_type type = edoi_field_wire(f);
    if (type != EDOI_WIRE_BYTES && (f->wire & EDO_WIRE_UNPACKED) == 0)
        return wire_write_packed(e, f, first, n, type);
    for (size_t i = n; i-- > 0;) {
        const char *element = first + i * f->size;
        bool ok = EDOI_UNLIKELY(f->map) ? wire_write_entry(e, f, element)
                                        : wire_write_element(e, f, element);
        if (EDOI_UNLIKELY(!ok)) return edoi_wire_path_element(&e->path, i), false;
    }
    return true;
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* Is it what a field is that is not there? Of no message. */
EDOI_INLINE bool writer_is_zero(const void *element, const edo_field *f) {
    switch ((edo_value_kind)f->kind) {
    case EDO_VALUE_STR: return ((const edo_str *)element)->len == 0;
    case EDO_VALUE_BYTES: return ((const edo_bytes *)element)->str.len == 0;
    case EDO_VALUE_TEXT:
    case EDO_VALUE_CHARS: return writer_text_of(element, f).len == 0;
    case EDO_VALUE_BOOL:
    case EDO_VALUE_I8:
    case EDO_VALUE_I16:
    case EDO_VALUE_I32:
    case EDO_VALUE_I64:
    case EDO_VALUE_U8:
    case EDO_VALUE_U16:
    case EDO_VALUE_U32:
    case EDO_VALUE_U64:
    case EDO_VALUE_F32:
    case EDO_VALUE_F64:
    case EDO_VALUE_DURATION:
    case EDO_VALUE_UNIT:
    case EDO_VALUE_DESCRIBED:
    default: return edoi_int_load(element, f->size, false) == 0;
    }
}

/* A field that is not there. */
EDOI_INLINE bool wire_write_nothing(wire_writer *e, const edo_field *f) {
    if (EDOI_LIKELY((f->wire & EDO_WIRE_REQUIRED) == 0)) return true;
    return writer_fails(e, -EDO_EPROTOBUF, "is missing");
}

EDOI_INLINE bool wire_write_field(wire_writer *e, const edo_field *f, const void *value) {
    size_t n = 0;
    const char *first = edoi_field_at_const(f, value);
    if (f->shape == EDO_SHAPE_ONE) {
        if (f->has_at) {
            if (!edoi_field_has(f, value)) return wire_write_nothing(e, f);
        } else {
            if (edoi_field_is_message(f)) return wire_write_nested(e, f, first, false);
            if (writer_is_zero(first, f)) return true;
        }
        return wire_write_element(e, f, first);
    }
    if (edoi_field_is_list(f)) memcpy(&n, (const char *)value + f->count_at, sizeof n);
    if (edoi_field_is_list(f) && n == 0) return true;
    if (f->shape != EDO_SHAPE_UPTO) first = edoi_field_ptr(f, value);
    if (edoi_field_is_list(f)) return wire_write_list(e, f, first, n);
    if (edoi_field_is_taken(f, value) || !first) return wire_write_nothing(e, f);
    return wire_write_element(e, f, first);
}

static bool wire_write_rest(wire_writer *e, const edo_field *f, const void *value) {
    edo_str rest;
    memcpy(&rest, edoi_field_at_const(f, value), sizeof rest);
    if (!writer_room(e, rest.len)) return false;
    e->to -= rest.len;
    if (rest.len > 0) memcpy(e->to, rest.ptr, rest.len);
    return true;
}

static bool wire_write_message(wire_writer *e, const void *value, const edo_desc *desc) {
    uint32_t rules;
    int err = edoi_rules_of(desc, &rules);
    if (EDOI_UNLIKELY(err < 0)) return writer_fails(e, err, NULL);
    for (uint32_t i = desc->fields_n; i-- > 0;) {
        const edo_field *f = &desc->fields[i];
        if (EDOI_UNLIKELY(f->number == 0)) {
            if ((f->wire & EDO_WIRE_REST) != 0 && !wire_write_rest(e, f, value)) return false;
        } else if (EDOI_UNLIKELY(!wire_write_field(e, f, value))) {
            edoi_wire_path_field(&e->path, f);
            return false;
        }
    }
    return true;
}

int edo_protobuf_encode(edo_buf *out, const void *value, const edo_desc *desc) {
    wire_writer e;
    e.out = out;
    e.before = out->len;
    e.floor = out->ptr ? out->ptr + out->len : NULL;
    e.to = out->ptr ? out->ptr + out->cap : NULL;
    e.depth = EDO_PROTOBUF_DEPTH_MAX;
    e.err = 0;
    e.reason = NULL;
    edoi_wire_path_init(&e.path);
    bool ok = (e.to || writer_grow(&e, ROOM_MIN)) && wire_write_message(&e, value, desc);
    out->len = e.before;
    if (EDOI_UNLIKELY(!ok)) {
        return e.reason ? edo_fail(e.err, "\"%s\" %s", e.path.text + e.path.at, e.reason) : e.err;
    }
    const size_t n = writer_written(&e);
    EDO_INV("encode inv. 1", e.to >= e.floor);
    if (n > 0) memmove(out->ptr + out->len, e.to, n);
    out->len += n;
    return 0;
}
