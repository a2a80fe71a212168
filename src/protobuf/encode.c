/* SPDX-License-Identifier: MIT */
/* protobuf/encode.c: a described struct as a message.
 *
 * It is written from its end to its beginning: the length before a part is known then, so that no
 * part is measured first, or moved. What is ready at last is moved down behind what the buffer had.
 * Functions get the beginning of what is written, `to`, and return the new one, or NULL.
 *
 * inv. 1: what is written lies from `to` to out->ptr + out->cap; what the buffer had, `before`
 *         bytes, lies before `floor`. */
#include <edo/protobuf.h>

#include "base/assert.h"

#include "protobuf/marks.h"
#include "protobuf/path.h"
#include "protobuf/rules.h"
#include "protobuf/times.h"
#include "protobuf/zero.h"
#include "value/elements.h"

#include <edo/error.h>

#define ROOM_MIN         512u
#define PART_MAX         0x7fffffffu           /* bytes, as all others have it */
#define TAG_ROOM         (2 * EDOI_VARINT_MAX) /* a tag and a varint */
#define TIME_TAG(number) ((char)((number) << 3 | EDOI_WIRE_VARINT))

typedef struct wire_writer {
    char *floor, *end; /* of the room */
    edo_buf *out;
    size_t before;
    uint32_t depth; /* left */
    int err;
    const char *reason; /* what a field must be; NULL: nothing is wrong */
    edoi_wire_path path;
} wire_writer;

static char *wire_write_message(wire_writer *w, char *to, const void *value, const edo_desc *desc);

/* ---- Room, failures -------------------------------------------------------------------------- */

EDOI_COLD static char *writer_fails(wire_writer *w, int err, const char *reason) {
    w->err = err;
    w->reason = reason;
    return NULL;
}

/* Makes room for `n` bytes before `to`. */
EDOI_NOINLINE static char *writer_grow(wire_writer *w, char *to, size_t n) {
    edo_buf *out = w->out;
    const size_t written = (size_t)(w->end - to);
    EDO_INV("encode inv. 1", to >= w->floor && to <= w->end);
    n += n < written ? written : n < ROOM_MIN ? ROOM_MIN : 0;
    out->len = out->cap; // all of it is to be kept
    int err = edo_buf_reserve(out, n);
    if (err < 0) return writer_fails(w, err, NULL);
    const size_t from = out->len - written;
    w->floor = out->ptr + w->before;
    w->end = out->ptr + out->cap;
    to = w->end - written;
    if (written > 0) memmove(to, out->ptr + from, written);
    return to;
}

EDOI_INLINE char *writer_room(wire_writer *w, char *to, size_t n) {
    return EDOI_LIKELY((size_t)(to - w->floor) >= n) ? to : writer_grow(w, to, n);
}

/* The tag of a field. There is room. */
EDOI_INLINE char *writer_tag(char *to, const edo_field *f, edoi_wire_type type) {
    return edoi_varint_write(to, (uint64_t)f->number << 3 | type);
}

/* The length of what has been written, and the tag. There is room. */
EDOI_INLINE char *writer_length(char *to, const edo_field *f, size_t n) {
    if (EDOI_UNLIKELY(n >= 0x80 || f->number >= 16))
        return writer_tag(edoi_varint_write(to, n), f, EDOI_WIRE_BYTES);
    to -= 2;
    to[0] = (char)(f->number << 3 | EDOI_WIRE_BYTES);
    to[1] = (char)n;
    return to;
}

/* How much is written. */
EDOI_INLINE size_t writer_written(const wire_writer *w, const char *to) {
    return (size_t)(w->end - to);
}

/* The head of a part, before which `behind` bytes were written. */
static char *writer_head(wire_writer *w, char *to, const edo_field *f, size_t behind) {
    const size_t n = writer_written(w, to) - behind;
    if (EDOI_UNLIKELY(n > PART_MAX))
        return writer_fails(w, -EDO_ETOOLONG, "must have less than 2 GiB");
    to = writer_room(w, to, TAG_ROOM);
    return to ? writer_length(to, f, n) : NULL;
}

/* ---- Elements -------------------------------------------------------------------------------- */

/* Text or bytes, with length and tag. */
EDOI_INLINE char *wire_write_str(wire_writer *w, char *to, const edo_field *f, edo_str s,
                                 bool is_text) {
    if (EDOI_UNLIKELY(s.len > PART_MAX))
        return writer_fails(w, -EDO_ETOOLONG, "must have less than 2 GiB");
    to = writer_room(w, to, s.len + TAG_ROOM);
    if (EDOI_UNLIKELY(!to)) return NULL;
    to -= s.len;
    if (EDOI_UNLIKELY(!edoi_copy_ascii(to, s.ptr, s.len)) && is_text && !edo_str_is_utf8(s))
        return writer_fails(w, -EDO_EPROTOBUF, "must be UTF-8");
    return writer_length(to, f, s.len);
}

/* A number without its tag. There is room for 10 bytes. */
EDOI_INLINE char *wire_write_number(char *to, const void *element, uint32_t size,
                                    edoi_wire_type type, bool is_signed, bool zigzag) {
    uint64_t wide;
    uint32_t n;
    if (type == EDOI_WIRE_VARINT) {
        int64_t i = edoi_wire_load(element, size, is_signed);
        return edoi_varint_write(to, EDOI_UNLIKELY(zigzag) ? edoi_zigzag(i) : (uint64_t)i);
    }
    if (type == EDOI_WIRE_64) {
        memcpy(&wide, element, sizeof wide);
        wide = edoi_little_64(wide);
        return memcpy(to - sizeof wide, &wide, sizeof wide);
    }
    memcpy(&n, element, sizeof n);
    n = edoi_little_32(n);
    return memcpy(to - sizeof n, &n, sizeof n);
}

static char *wire_write_nested(wire_writer *w, char *to, const edo_field *f, const void *element,
                               bool may_be_empty) {
    const size_t behind = writer_written(w, to);
    if (EDOI_UNLIKELY(w->depth == 0))
        return writer_fails(w, -EDO_EPROTOBUF, "must not be nested this deep");
    w->depth--;
    to = wire_write_message(w, to, element, f->desc);
    if (EDOI_UNLIKELY(!to)) return NULL;
    w->depth++;
    return !may_be_empty && writer_written(w, to) == behind ? to : writer_head(w, to, f, behind);
}

/* A Timestamp or Duration, of which parts that are 0 are not written. */
static char *wire_write_time(wire_writer *w, char *to, const edo_field *f, const void *element) {
    edoi_wire_time t = { 0 };
    const char *wants = edoi_wire_time_of(&t, element, f);
    if (wants) return writer_fails(w, -EDO_EPROTOBUF, wants);
    to = writer_room(w, to, 3 * TAG_ROOM);
    if (EDOI_UNLIKELY(!to)) return NULL;
    const char *end = to;
    if (t.ns != 0) {
        to = edoi_varint_write(to, (uint64_t)(int64_t)t.ns);
        *--to = TIME_TAG(2);
    }
    if (t.s != 0) {
        to = edoi_varint_write(to, (uint64_t)t.s);
        *--to = TIME_TAG(1);
    }
    return writer_length(to, f, (size_t)(end - to));
}

/* One element with its tag, but no text. */
EDOI_NOINLINE static char *wire_write_other(wire_writer *w, char *to, const edo_field *f,
                                            const void *element) {
    const edoi_wire_type type = edoi_field_wire(f);
    if (f->kind == EDO_VALUE_BYTES)
        return wire_write_str(w, to, f, ((const edo_bytes *)element)->str, false);
    if (f->kind == EDO_VALUE_TEXT || f->kind == EDO_VALUE_CHARS)
        return wire_write_str(w, to, f, edoi_element_text(element, f), true);
    if (edoi_field_is_time(f)) return wire_write_time(w, to, f, element);
    if (type == EDOI_WIRE_BYTES) return wire_write_nested(w, to, f, element, true);
    to = writer_room(w, to, TAG_ROOM);
    if (EDOI_UNLIKELY(!to)) return NULL;
    bool is_signed = edoi_kind_is_signed(f->kind) || f->kind == EDO_VALUE_DESCRIBED;
    to = wire_write_number(to, element, f->size, type, is_signed, (f->wire & EDO_WIRE_ZIGZAG) != 0);
    return writer_tag(to, f, type);
}

EDOI_INLINE char *wire_write_element(wire_writer *w, char *to, const edo_field *f,
                                     const void *element) {
    return EDOI_LIKELY(f->kind == EDO_VALUE_STR)
               ? wire_write_str(w, to, f, *(const edo_str *)element, true)
               : wire_write_other(w, to, f, element);
}

/* ---- Lists ----------------------------------------------------------------------------------- */

/* The numbers without tags. `size` and `type` are constants: the loop has no choice in it. */
EDOI_INLINE char *wire_write_numbers(wire_writer *w, char *to, const edo_field *f,
                                     const char *first, size_t n, uint32_t size,
                                     edoi_wire_type type) {
    const bool is_signed = edoi_kind_is_signed(f->kind) || f->kind == EDO_VALUE_DESCRIBED;
    const bool zigzag = (f->wire & EDO_WIRE_ZIGZAG) != 0;
    for (const char *at = first + n * size; at > first;) {
        at -= size;
        to = writer_room(w, to, EDOI_VARINT_MAX);
        if (EDOI_UNLIKELY(!to)) return NULL;
        to = wire_write_number(to, at, size, type, is_signed, zigzag);
    }
    return to;
}

static char *wire_write_packed(wire_writer *w, char *to, const edo_field *f, const char *first,
                               size_t n, edoi_wire_type type) {
    const size_t behind = writer_written(w, to);
    if (type == EDOI_WIRE_64)
        to = wire_write_numbers(w, to, f, first, n, 8, EDOI_WIRE_64);
    else if (type == EDOI_WIRE_32)
        to = wire_write_numbers(w, to, f, first, n, 4, EDOI_WIRE_32);
    else if (f->size == 8)
        to = wire_write_numbers(w, to, f, first, n, 8, EDOI_WIRE_VARINT);
    else if (f->size == 4)
        to = wire_write_numbers(w, to, f, first, n, 4, EDOI_WIRE_VARINT);
    else
        to = wire_write_numbers(w, to, f, first, n, f->size, EDOI_WIRE_VARINT);
    return to ? writer_head(w, to, f, behind) : NULL;
}

/* One entry of a map: both parts are always written. */
static char *wire_write_entry(wire_writer *w, char *to, const edo_field *f, const char *entry) {
    const size_t behind = writer_written(w, to);
    for (uint32_t i = f->desc->fields_n; i-- > 0;) {
        const edo_field *part = &f->desc->fields[i];
        size_t n;
        const void *element = edo_field_elements(part, entry, &n);
        if (part->shape == EDO_SHAPE_ONE) element = entry + part->offset, n = 1;
        if (part->number == 0 || n != 1) continue;
        to = wire_write_element(w, to, part, element);
        if (!to) return edoi_wire_path_field(&w->path, part), NULL;
    }
    return writer_head(w, to, f, behind);
}

static char *wire_write_list(wire_writer *w, char *to, const edo_field *f, const char *first,
                             size_t n) {
    const edoi_wire_type type = edoi_field_wire(f);
    if (type != EDOI_WIRE_BYTES && (f->wire & EDO_WIRE_UNPACKED) == 0)
        return wire_write_packed(w, to, f, first, n, type);
    for (size_t i = n; i-- > 0;) {
        const char *element = first + i * f->size;
        to = EDOI_UNLIKELY(f->map) ? wire_write_entry(w, to, f, element)
                                   : wire_write_element(w, to, f, element);
        if (EDOI_UNLIKELY(!to)) return edoi_wire_path_element(&w->path, i), NULL;
    }
    return to;
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* A field that is not there. */
EDOI_INLINE char *wire_write_nothing(wire_writer *w, char *to, const edo_field *f) {
    if (EDOI_LIKELY((f->wire & EDO_WIRE_REQUIRED) == 0)) return to;
    return writer_fails(w, -EDO_EPROTOBUF, "is missing");
}

/* An element in the struct. */
EDOI_INLINE char *wire_write_one(wire_writer *w, char *to, const edo_field *f, const void *value) {
    const void *at = edoi_field_at_const(f, value);
    if (EDOI_UNLIKELY(f->has_at != 0)) {
        return edoi_field_has(f, value) ? wire_write_element(w, to, f, at)
                                        : wire_write_nothing(w, to, f);
    }
    if (EDOI_LIKELY(f->kind == EDO_VALUE_STR)) {
        const edo_str *s = at;
        return s->len > 0 || EDOI_UNLIKELY(f->preset != NULL) ? wire_write_str(w, to, f, *s, true)
                                                              : to;
    }
    if (EDOI_UNLIKELY(edoi_field_is_message(f))) return wire_write_nested(w, to, f, at, false);
    return edoi_element_is_zero(at, f) ? to : wire_write_other(w, to, f, at);
}

EDOI_INLINE char *wire_write_field(wire_writer *w, char *to, const edo_field *f,
                                   const void *value) {
    if (EDOI_LIKELY(f->shape == EDO_SHAPE_ONE)) return wire_write_one(w, to, f, value);
    const void *first =
        f->shape == EDO_SHAPE_UPTO ? edoi_field_at_const(f, value) : edoi_field_ptr(f, value);
    if (edoi_field_is_list(f)) {
        size_t n;
        memcpy(&n, (const char *)value + f->count_at, sizeof n);
        return n > 0 ? wire_write_list(w, to, f, first, n) : to;
    }
    if (edoi_field_is_taken(f, value) || !first) return wire_write_nothing(w, to, f);
    return wire_write_element(w, to, f, first);
}

static char *wire_write_rest(wire_writer *w, char *to, const edo_field *f, const void *value) {
    edo_str rest;
    memcpy(&rest, edoi_field_at_const(f, value), sizeof rest);
    if ((f->wire & EDO_WIRE_REST) == 0 || rest.len == 0) return to;
    to = writer_room(w, to, rest.len);
    return to ? memcpy(to - rest.len, rest.ptr, rest.len) : NULL;
}

static char *wire_write_message(wire_writer *w, char *to, const void *value, const edo_desc *desc) {
    uint32_t rules;
    int err = edoi_rules_of(desc, &rules);
    if (EDOI_UNLIKELY(err < 0)) return writer_fails(w, err, NULL);
    EDO_CHECK(edoi_marks_check(value, desc));
    for (uint32_t i = desc->fields_n; i-- > 0;) {
        const edo_field *f = &desc->fields[i];
        to = EDOI_LIKELY(f->number != 0) ? wire_write_field(w, to, f, value)
                                         : wire_write_rest(w, to, f, value);
        if (EDOI_UNLIKELY(!to)) return edoi_wire_path_field(&w->path, f), NULL;
    }
    return to;
}

int edo_protobuf_encode(edo_buf *out, const void *value, const edo_desc *desc) {
    wire_writer w;
    w.before = out->len;
    if (!out->ptr) {
        int err = edo_buf_reserve(out, ROOM_MIN);
        if (err < 0) return err;
    }
    w.out = out;
    w.floor = out->ptr + out->len;
    w.end = out->ptr + out->cap;
    w.depth = EDO_PROTOBUF_DEPTH_MAX;
    w.err = 0;
    w.reason = NULL;
    edoi_wire_path_init(&w.path);
    const char *to = wire_write_message(&w, w.end, value, desc);
    out->len = w.before;
    if (EDOI_UNLIKELY(!to)) {
        const char *path = w.path.text + w.path.at;
        return w.reason ? edo_fail(w.err, "\"%s\" %s", path, w.reason) : w.err;
    }
    const size_t n = writer_written(&w, to);
    EDO_INV("encode inv. 1", to >= w.floor);
    if (n > 0) memmove(out->ptr + out->len, to, n);
    out->len += n;
    return 0;
}
