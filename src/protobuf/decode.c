/* SPDX-License-Identifier: MIT */
/* protobuf/decode.c: a message straight into a described struct, in one pass.
 *
 * The next field is guessed: it is most often the same or the next of the description. A wrong
 * guess costs a search by halves.
 *
 * Texts are not copied one by one: the first that is needed copies the whole message, and all point
 * into that. So they are at most as long as the message, whatever they are.
 *
 * inv. 1: the memory of a list has room for edoi_list_room() of its elements, as value/memory.h has
 *         it; that of what is kept for the next power of two. */
#include <edo/protobuf.h>

#include "base/assert.h"

#include "base/error/trail.h"
#include "base/memory/arena.h"
#include "base/opts.h"
#include "protobuf/path.h"
#include "protobuf/rules.h"
#include "protobuf/times.h"
#include "value/desc.h"
#include "value/elements.h"
#include "value/memory.h"
#include "json/text/string.h"

#include <edo/error.h>

#include <stdio.h>

#define REST_ROOM_MIN 32u

typedef struct wire_reader {
    const char *at, *end; /* of the message that is being read, which may lie in another */
    edo_str whole;
    const char *kept; /* the same bytes, which live as long as the value; NULL: none so far */
    edo_arena *arena;
    size_t left;    /* bytes that may be taken of the arena; each call pays before it does */
    uint32_t depth; /* left */
    bool drops_unknown;
    int err;
    const char *reason, *wrong_at; /* why the message is refused, and where */
    const char *missing_at; /* the end of a part without what it requires; NULL: there is none */
    edoi_wire_path path;
    char text[EDOI_WIRE_PATH_MAX];
} wire_reader;

static bool wire_read_message(wire_reader *d, void *value, const edo_desc *desc);

/* ---- Failures, memory ------------------------------------------------------------------------ */

EDOI_COLD static bool reader_refuses(wire_reader *d, const char *at, const char *reason) {
    d->err = -EDO_EPROTOBUF;
    d->wrong_at = at;
    d->reason = reason;
    return false;
}

EDOI_COLD static bool reader_fails(wire_reader *d, int err) {
    d->err = err;
    return false;
}

EDOI_COLD static bool reader_is_cut(wire_reader *d, const char *at) {
    return reader_refuses(d, at, "the message is cut off");
}

EDOI_INLINE bool reader_pay(wire_reader *d, size_t bytes) {
    if (EDOI_UNLIKELY(bytes > d->left)) {
        d->reason = "what the message says takes more memory than allowed for its length";
        return reader_fails(d, -EMSGSIZE);
    }
    d->left -= bytes;
    return true;
}

/* `old_bytes` at `old`, grown; NULL: it failed. */
static void *reader_extend(wire_reader *d, void *old, size_t old_bytes, size_t bytes) {
    if (!reader_pay(d, bytes)) return NULL;
    void *memory = edoi_arena_extend(d->arena, old, old_bytes, bytes);
    if (!memory) (void)reader_fails(d, -ENOMEM);
    return memory;
}

/* Where bytes of the message live on; NULL: it failed. */
EDOI_INLINE const char *reader_keep(wire_reader *d, const char *at) {
    if (EDOI_UNLIKELY(!d->kept)) {
        if (!reader_pay(d, d->whole.len)) return NULL;
        char *copy = edo_arena_text(d->arena, d->whole.len);
        if (!copy) return (void)reader_fails(d, -ENOMEM), NULL;
        memcpy(copy, d->whole.ptr, d->whole.len);
        d->kept = copy;
    }
    return d->kept + (at - d->whole.ptr);
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

EDOI_INLINE bool reader_varint(wire_reader *d, uint64_t *n) {
    const char *next = edoi_varint_read(d->at, d->end, n);
    if (EDOI_UNLIKELY(!next)) {
        bool is_cut = d->end - d->at < (ptrdiff_t)EDOI_VARINT_MAX;
        return is_cut ? reader_is_cut(d, d->at)
                      : reader_refuses(d, d->at, "a varint must have at most 10 bytes");
    }
    d->at = next;
    return true;
}

EDOI_INLINE bool reader_tag(wire_reader *d, uint32_t *number, unsigned *type) {
    const char *from = d->at;
    uint64_t tag = 0;
    if (!reader_varint(d, &tag)) return false;
    if (EDOI_UNLIKELY(tag < 8 || tag > UINT32_MAX))
        return reader_refuses(d, from, "the number of a field must be from 1 to 536870911");
    *number = (uint32_t)(tag >> 3);
    *type = tag & 7u;
    return true;
}

/* Passes over `n` bytes; returns where they are. */
EDOI_INLINE const char *reader_take(wire_reader *d, uint64_t n) {
    const char *from = d->at;
    if (EDOI_UNLIKELY(n > (uint64_t)(d->end - d->at))) return (void)reader_is_cut(d, from), NULL;
    d->at += n;
    return from;
}

/* A length and the bytes behind it; NULL: it failed. */
EDOI_INLINE const char *reader_bytes(wire_reader *d, size_t *n) {
    uint64_t length = 0;
    if (!reader_varint(d, &length)) return NULL;
    *n = (size_t)length;
    return reader_take(d, length);
}

/* ---- What has no field ----------------------------------------------------------------------- */

/* Passes over what follows a tag; a group up to its end. */
static bool reader_skip(wire_reader *d, uint32_t number, unsigned type) {
    const char *from = d->at;
    uint64_t n;
    size_t bytes;
    switch (type) {
    case EDOI_WIRE_VARINT: return reader_varint(d, &n);
    case EDOI_WIRE_64: return reader_take(d, 8) != NULL;
    case EDOI_WIRE_32: return reader_take(d, 4) != NULL;
    case EDOI_WIRE_BYTES: return reader_bytes(d, &bytes) != NULL;
    case EDOI_WIRE_GROUP: break;
    case EDOI_WIRE_GROUP_END: return reader_refuses(d, from, "a group ends that did not begin");
    default: return reader_refuses(d, from, "a field must be of a type that there is");
    }
    if (d->depth == 0) return reader_refuses(d, from, "messages are nested too deep");
    d->depth--;
    for (;;) {
        uint32_t inner = 0;
        if (d->at == d->end) return reader_is_cut(d, d->at);
        if (!reader_tag(d, &inner, &type)) return false;
        if (type == EDOI_WIRE_GROUP_END && inner == number) break;
        if (!reader_skip(d, inner, type)) return false;
    }
    d->depth++;
    return true;
}

/* inv. 1: the memory of `n` bytes that are kept. */
static size_t reader_rest_room(size_t n) {
    size_t room = REST_ROOM_MIN;
    while (room < n) room *= 2;
    return n == 0 ? 0 : room;
}

/* Is what is kept in memory of its own, and not in the message or its copy? */
static bool reader_rest_is_own(const wire_reader *d, const edo_str *all) {
    return all->len > 0 && (all->ptr < d->kept || all->ptr >= d->kept + d->whole.len);
}

/* Appends a copy of the bytes to what is kept. The message has its place, by reader_keep(). */
static bool reader_copy_rest(wire_reader *d, edo_str *all, const char *bytes, size_t n) {
    const bool is_own = reader_rest_is_own(d, all);
    const size_t room = is_own ? reader_rest_room(all->len) : 0;
    EDO_INV("decode inv. 1", !is_own || room >= all->len);
    char *copy;
    memcpy(&copy, &all->ptr, sizeof copy); // sheds const: it is the arena's, if it is written to
    if (all->len + n > room) {
        copy = (char *)reader_extend(d, NULL, 0, reader_rest_room(all->len + n));
        if (!copy) return false;
        if (all->len > 0) memcpy(copy, all->ptr, all->len);
    }
    memcpy(copy + all->len, bytes, n);
    *all = (edo_str){ copy, all->len + n };
    return true;
}

/* Appends the bytes from `from` on. One run without a gap is not copied. */
static bool reader_keep_rest(wire_reader *d, void *value, const edo_field *rest, const char *from) {
    const size_t n = (size_t)(d->at - from);
    edo_str *all = (edo_str *)edoi_field_at(rest, value);
    const char *kept = reader_keep(d, from);
    if (!kept) return false;
    if (all->len == 0) return *all = (edo_str){ kept, n }, true;
    if (!reader_rest_is_own(d, all) && all->ptr + all->len == kept) return all->len += n, true;
    return reader_copy_rest(d, all, kept, n);
}

/* A field that the description has not, or not in this form. Its tag begins at `from`. */
EDOI_NOINLINE static bool reader_unknown(wire_reader *d, void *value, const edo_desc *desc,
                                         const char *from, uint32_t number, unsigned type) {
    const edo_field *rest = edoi_rest_of(desc);
    if (!reader_skip(d, number, type)) return false;
    return !rest || d->drops_unknown || reader_keep_rest(d, value, rest, from);
}

/* ---- Numbers --------------------------------------------------------------------------------- */

/* Is a number of fewer than 32 bits in its range? `n` is as it came. Whether an enum is signed is
 * the compiler's choice. */
static bool reader_fits(const edo_field *f, uint64_t n) {
    const unsigned bits = 8 * f->size;
    const int64_t half = INT64_C(1) << (bits - 1), i = (int64_t)n;
    const bool may_be_signed = edoi_kind_is_signed(f->kind) || f->kind == EDO_VALUE_DESCRIBED;
    if (may_be_signed && i >= -half && i < half) return true;
    return !edoi_kind_is_signed(f->kind) && n >> bits == 0;
}

EDOI_INLINE bool wire_read_varint(wire_reader *d, void *element, const edo_field *f) {
    const char *from = d->at;
    uint64_t n = 0;
    if (!reader_varint(d, &n)) return false;
    if (EDOI_UNLIKELY((f->wire & EDO_WIRE_ZIGZAG) != 0)) {
        if (f->size < 8) n &= UINT32_MAX;
        n = (uint64_t)edoi_zigzag_undo(n);
    }
    if (f->kind == EDO_VALUE_BOOL) return *(bool *)element = n != 0, true;
    if (EDOI_UNLIKELY(f->size < 4) && !reader_fits(f, n))
        return reader_refuses(d, from, "must be in the range of its type");
    edoi_wire_store(element, f->size, (int64_t)n);
    return true;
}

EDOI_INLINE bool wire_read_32(wire_reader *d, void *element) {
    const char *from = reader_take(d, 4);
    uint32_t n;
    if (!from) return false;
    memcpy(&n, from, sizeof n);
    n = edoi_little_32(n);
    memcpy(element, &n, sizeof n);
    return true;
}

EDOI_INLINE bool wire_read_64(wire_reader *d, void *element) {
    const char *from = reader_take(d, 8);
    uint64_t n;
    if (!from) return false;
    memcpy(&n, from, sizeof n);
    n = edoi_little_64(n);
    memcpy(element, &n, sizeof n);
    return true;
}

EDOI_INLINE bool wire_read_number(wire_reader *d, void *element, const edo_field *f,
                                  edoi_wire_type type) {
    if (type == EDOI_WIRE_VARINT) return wire_read_varint(d, element, f);
    return type == EDOI_WIRE_32 ? wire_read_32(d, element) : wire_read_64(d, element);
}

/* ---- Texts ----------------------------------------------------------------------------------- */

static bool wire_read_chars(wire_reader *d, void *element, const edo_field *f, const char *from,
                            size_t n) {
    const size_t paid = f->kind == EDO_VALUE_TEXT ? n + 1 : 0;
    if (memchr(from, '\0', n)) return reader_refuses(d, from, "must have no NUL");
    if (f->kind == EDO_VALUE_CHARS && n >= f->size) {
        (void)snprintf(d->text, sizeof d->text, "must have at most %u bytes", f->size - 1);
        return reader_refuses(d, from, d->text);
    }
    if (!reader_pay(d, paid)) return false;
    int err = edoi_value_set_text(element, f, from, n, d->arena);
    return err == 0 || reader_fails(d, err);
}

EDOI_INLINE bool wire_read_text(wire_reader *d, void *element, const edo_field *f) {
    size_t n = 0;
    const char *from = reader_bytes(d, &n);
    if (EDOI_UNLIKELY(!from)) return false;
    if (f->kind != EDO_VALUE_BYTES && EDOI_UNLIKELY(!edoi_is_ascii(from, n))) {
        const char *bad = edoi_json_not_utf8(from, from + n);
        if (bad != from + n) return reader_refuses(d, bad, "must be UTF-8");
    }
    if (EDOI_UNLIKELY(f->kind == EDO_VALUE_TEXT || f->kind == EDO_VALUE_CHARS))
        return wire_read_chars(d, element, f, from, n);
    const edo_str text = { n > 0 ? reader_keep(d, from) : "", n };
    if (EDOI_UNLIKELY(!text.ptr)) return false;
    if (f->kind == EDO_VALUE_STR)
        *(edo_str *)element = text;
    else
        *(edo_bytes *)element = (edo_bytes){ text, NULL };
    return true;
}

/* ---- Times ----------------------------------------------------------------------------------- */

/* A Timestamp or Duration. It is one value: one that comes again is not merged with the first. */
static bool wire_read_time(wire_reader *d, void *element, const edo_field *f) {
    const char *outer = d->end;
    size_t n = 0;
    const char *from = reader_bytes(d, &n);
    edoi_wire_time t = { 0 };
    if (!from) return false;
    d->at = from;
    d->end = from + n;
    while (d->at < d->end) {
        uint32_t number = 0;
        unsigned type = 0;
        uint64_t part = 0;
        if (!reader_tag(d, &number, &type)) return false;
        if (type != EDOI_WIRE_VARINT || number > 2) {
            if (!reader_skip(d, number, type)) return false;
            continue;
        }
        if (!reader_varint(d, &part)) return false;
        if (number == 1)
            t.s = (int64_t)part;
        else
            t.ns = (int32_t)(uint32_t)part;
    }
    d->end = outer;
    const char *wants = edoi_wire_time_store(element, f, t);
    return !wants || reader_refuses(d, from, wants);
}

/* ---- Messages in messages -------------------------------------------------------------------- */

/* Sets what a struct is before it is read: zeros, and presets. They are all constants, or small. */
EDOI_NOINLINE static bool reader_presets(wire_reader *d, void *value, const edo_desc *desc) {
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        void *at = edoi_field_at(f, value);
        if (f->number == 0 || f->shape != EDO_SHAPE_ONE || f->oneof) continue;
        if (edoi_field_is_message(f) && !reader_presets(d, at, f->desc)) return false;
        if (!f->preset) continue;
        if (f->kind == EDO_VALUE_STR) {
            *(edo_str *)at = edo_str_of(f->preset);
            continue;
        }
        if (!reader_pay(d, strlen(f->preset) + 1)) return false;
        int err = edoi_preset_set(at, f, d->arena);
        if (err < 0) return reader_fails(d, err);
    }
    return true;
}

/* Makes a struct that is to be read. */
EDOI_INLINE bool reader_make(wire_reader *d, void *value, const edo_desc *desc) {
    uint32_t rules;
    int err = edoi_rules_of(desc, &rules);
    if (EDOI_UNLIKELY(err < 0)) return reader_fails(d, err);
    memset(value, 0, desc->size);
    return EDOI_LIKELY((rules & EDOI_RULES_PRESETS) == 0) || reader_presets(d, value, desc);
}

/* A struct that is made, behind its length. */
static bool wire_read_nested(wire_reader *d, void *element, const edo_field *f) {
    const char *outer = d->end;
    size_t n = 0;
    const char *from = reader_bytes(d, &n);
    if (EDOI_UNLIKELY(!from)) return false;
    if (EDOI_UNLIKELY(d->depth == 0))
        return reader_refuses(d, from, "messages are nested too deep");
    d->depth--;
    d->at = from;
    d->end = from + n;
    if (EDOI_UNLIKELY(!wire_read_message(d, element, f->desc))) return false;
    d->end = outer;
    d->depth++;
    return true;
}

/* One element of any kind. A struct is made. */
EDOI_INLINE bool wire_read_element(wire_reader *d, void *element, const edo_field *f,
                                   edoi_wire_type type) {
    if (type != EDOI_WIRE_BYTES) return wire_read_number(d, element, f, type);
    if (f->kind == EDO_VALUE_DESCRIBED) return wire_read_nested(d, element, f);
    if (EDOI_UNLIKELY(edoi_field_is_time(f))) return wire_read_time(d, element, f);
    return wire_read_text(d, element, f);
}

/* ---- Lists ----------------------------------------------------------------------------------- */

EDOI_COLD static bool reader_has_too_many(wire_reader *d, const edo_field *f, const char *from) {
    (void)snprintf(d->text, sizeof d->text, "must have at most %u elements", f->n);
    return reader_refuses(d, from, d->text);
}

/* The place of `more` elements behind the `n` of the list; NULL: it failed. */
EDOI_INLINE char *reader_room(wire_reader *d, void *value, const edo_field *f, size_t n,
                              size_t more) {
    if (EDOI_UNLIKELY(f->shape == EDO_SHAPE_UPTO)) {
        if (more > f->n - n) return (void)reader_has_too_many(d, f, d->at), NULL;
        return (char *)edoi_field_at(f, value) + n * f->size;
    }
    char *list = (char *)edoi_field_ptr(f, value);
    const size_t old = n > 0 ? edoi_list_room(n) : 0;
    EDO_INV("decode inv. 1", n == 0 || (list && old >= n));
    if (EDOI_UNLIKELY(n + more > old)) {
        const size_t room = edoi_list_room(n + more);
        if (room > PTRDIFF_MAX / f->size) return (void)reader_fails(d, -ENOMEM), NULL;
        list = (char *)reader_extend(d, list, old * f->size, room * f->size);
        if (!list) return NULL;
        edoi_field_set_ptr(f, value, list);
    }
    return list + n * f->size;
}

/* How many numbers are in the `n` bytes at `at`. */
static size_t reader_count(const char *at, size_t n, edoi_wire_type type) {
    size_t count = 0;
    if (type != EDOI_WIRE_VARINT) return n / (type == EDOI_WIRE_32 ? 4 : 8);
    for (size_t i = 0; i < n; i++) count += (unsigned char)at[i] < 0x80;
    return count;
}

static bool wire_read_packed(wire_reader *d, void *value, const edo_field *f, edoi_wire_type type) {
    const char *outer = d->end;
    size_t bytes = 0, *n = edoi_field_count(f, value);
    const char *from = reader_bytes(d, &bytes);
    if (!from) return false;
    const size_t more = reader_count(from, bytes, type);
    d->at = from;
    d->end = from + bytes;
    char *element = more > 0 ? reader_room(d, value, f, *n, more) : NULL;
    if (more > 0 && !element) return false;
    for (size_t i = 0; i < more; i++, element += f->size, ++*n) {
        if (EDOI_UNLIKELY(!wire_read_number(d, element, f, type)))
            return edoi_wire_path_element(&d->path, *n), false;
    }
    if (d->at != d->end) return reader_is_cut(d, d->at); // a part of a number
    d->end = outer;
    return true;
}

static bool wire_read_next(wire_reader *d, void *value, const edo_field *f, edoi_wire_type type) {
    size_t *n = edoi_field_count(f, value);
    char *element = reader_room(d, value, f, *n, 1);
    if (EDOI_UNLIKELY(!element)) return false;
    if (edoi_field_is_message(f) && !reader_make(d, element, f->desc)) return false;
    if (EDOI_UNLIKELY(!wire_read_element(d, element, f, type)))
        return edoi_wire_path_element(&d->path, *n), false;
    ++*n;
    return true;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

/* The element behind a pointer, made if there is none so far; NULL: it failed. */
static char *reader_behind(wire_reader *d, void *value, const edo_field *f) {
    char *element = (char *)edoi_field_ptr(f, value);
    if (element) return element; // a message is merged
    element = (char *)reader_extend(d, NULL, 0, f->size);
    if (!element) return NULL;
    if (edoi_field_is_message(f) && !reader_make(d, element, f->desc)) return NULL;
    edoi_field_set_ptr(f, value, element);
    return element;
}

/* Gives the place that is another's to this field, empty. */
EDOI_NOINLINE static void reader_clear_place(void *value, const edo_field *f) {
    memset(edoi_field_at(f, value), 0, f->shape == EDO_SHAPE_PTR ? sizeof(void *) : f->size);
}

EDOI_INLINE bool wire_read_field(wire_reader *d, void *value, const edo_field *f,
                                 edoi_wire_type type) {
    if (EDOI_LIKELY(f->shape == EDO_SHAPE_ONE)) {
        if (edoi_field_is_taken(f, value)) reader_clear_place(value, f);
        edoi_field_set_has(f, value, true);
        return wire_read_element(d, edoi_field_at(f, value), f, type);
    }
    if (edoi_field_is_list(f)) return wire_read_next(d, value, f, type);
    if (edoi_field_is_taken(f, value)) reader_clear_place(value, f);
    edoi_field_set_has(f, value, true);
    char *element = reader_behind(d, value, f);
    return element && wire_read_element(d, element, f, type);
}

/* ---- Closed enums ---------------------------------------------------------------------------- */

/* Keeps a number of a packed list that its enum has not, as if it stood there by itself. */
static bool reader_keep_stranger(wire_reader *d, void *value, const edo_desc *desc,
                                 const edo_field *f, uint64_t n) {
    char bytes[2 * EDOI_VARINT_MAX], *end = bytes + sizeof bytes;
    const edo_field *rest = edoi_rest_of(desc);
    if (!rest || d->drops_unknown) return true;
    if (!reader_keep(d, d->whole.ptr)) return false;
    const char *from = edoi_varint_write(end, n);
    from = edoi_varint_write((char *)(uintptr_t)from, (uint64_t)f->number << 3 | EDOI_WIRE_VARINT);
    return reader_copy_rest(d, (edo_str *)edoi_field_at(rest, value), from, (size_t)(end - from));
}

static bool wire_read_closed_packed(wire_reader *d, void *value, const edo_desc *desc,
                                    const edo_field *f) {
    const char *outer = d->end;
    size_t bytes = 0;
    const char *from = reader_bytes(d, &bytes);
    if (!from) return false;
    d->at = from;
    d->end = from + bytes;
    while (d->at < d->end) {
        const char *one = d->at;
        uint64_t n = 0;
        if (!reader_varint(d, &n))
            return edoi_wire_path_element(&d->path, *edoi_field_count(f, value)), false;
        if (!edoi_enum_has(f->desc, (int32_t)n)) {
            if (!reader_keep_stranger(d, value, desc, f, n)) return false;
            continue;
        }
        d->at = one;
        if (!wire_read_next(d, value, f, EDOI_WIRE_VARINT)) return false;
    }
    d->end = outer;
    return true;
}

/* Has the entry of a map that comes next a value that its enum has not? The last one counts. What
 * is wrong with the entry is found when it is read. */
static bool reader_entry_is_strange(wire_reader *d, const edo_field *f) {
    const edo_field *of_value = &f->desc->fields[1];
    wire_reader look = *d;
    bool is_strange = false;
    size_t bytes = 0;
    const char *from = reader_bytes(&look, &bytes);
    if (!from) return false;
    look.at = from;
    look.end = from + bytes;
    while (look.at < look.end) {
        uint32_t number = 0;
        unsigned type = 0;
        uint64_t n = 0;
        if (!reader_tag(&look, &number, &type)) return false;
        const char *at = look.at;
        if (!reader_skip(&look, number, type)) return false;
        if (number != of_value->number || type != EDOI_WIRE_VARINT) continue;
        (void)edoi_varint_read(at, look.end, &n);
        is_strange = !edoi_enum_has(of_value->desc, (int32_t)n);
    }
    return is_strange;
}

/* A field of a closed enum, or a map with such values, whose tag begins at `from`. */
EDOI_NOINLINE static bool wire_read_closed(wire_reader *d, void *value, const edo_desc *desc,
                                           const edo_field *f, const char *from, unsigned type) {
    uint64_t n = 0;
    bool is_strange = type != EDOI_WIRE_VARINT;
    if (f->map)
        is_strange = type != EDOI_WIRE_BYTES || reader_entry_is_strange(d, f);
    else if (type == EDOI_WIRE_BYTES && edoi_field_is_list(f))
        return wire_read_closed_packed(d, value, desc, f);
    else if (type == EDOI_WIRE_VARINT && edoi_varint_read(d->at, d->end, &n))
        is_strange = !edoi_enum_has(f->desc, (int32_t)n);
    return is_strange ? reader_unknown(d, value, desc, from, f->number, type)
                      : wire_read_field(d, value, f, edoi_field_wire(f));
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* Looks for what is required and missing. A message may come in parts, which are merged: so that is
 * only noted here, and looked for again in the whole. */
EDOI_NOINLINE static void reader_note_missing(wire_reader *d, const void *value,
                                              const edo_desc *desc) {
    if (!d->missing_at && edoi_field_missing(desc, value)) d->missing_at = d->at;
}

static bool reader_has_required(wire_reader *d, const void *value, const edo_desc *desc);

static bool reader_field_has_required(wire_reader *d, const void *value, const edo_field *f) {
    size_t n;
    const char *element = (const char *)edo_field_elements(f, value, &n);
    for (size_t i = 0; i < n; i++, element += f->size) {
        if (reader_has_required(d, element, f->desc)) continue;
        if (edoi_field_is_list(f)) edoi_wire_path_element(&d->path, i);
        edoi_wire_path_field(&d->path, f);
        return false;
    }
    return true;
}

/* Has the message, with all that it holds, what is required? */
EDOI_COLD static bool reader_has_required(wire_reader *d, const void *value, const edo_desc *desc) {
    const edo_field *missing = edoi_field_missing(desc, value);
    for (uint32_t i = 0; i < desc->fields_n && !missing; i++) {
        const edo_field *f = &desc->fields[i];
        if (f->number == 0 || !edoi_field_is_message(f)) continue;
        if (!reader_field_has_required(d, value, f)) return false;
    }
    if (!missing) return true;
    edoi_wire_path_field(&d->path, missing);
    return reader_refuses(d, d->missing_at, "is missing");
}

/* The fields up to the end, into a struct that is made. */
static bool wire_read_message(wire_reader *d, void *value, const edo_desc *desc) {
    const edo_field *guess = desc->fields, *fields_end = guess + desc->fields_n;
    uint32_t rules = 0, number = 0;
    unsigned type = 0;
    while (d->at < d->end) {
        const char *from = d->at;
        if (EDOI_UNLIKELY(!reader_tag(d, &number, &type))) return false;
        const edo_field *f = guess;
        if (f < fields_end && f->number != number) f++; // it was a list
        if (f >= fields_end || EDOI_UNLIKELY(f->number != number))
            f = edoi_field_numbered(desc, number);
        bool ok;
        if (EDOI_UNLIKELY(!f)) {
            ok = reader_unknown(d, value, desc, from, number, type);
        } else {
            const edoi_wire_type own = edoi_field_wire(f);
            guess = edoi_field_is_list(f) ? f : f + 1;
            if (EDOI_UNLIKELY((f->wire & EDO_WIRE_CLOSED) != 0))
                ok = wire_read_closed(d, value, desc, f, from, type);
            else if (EDOI_LIKELY(type == own))
                ok = wire_read_field(d, value, f, own);
            else if (type == EDOI_WIRE_BYTES && edoi_field_is_list(f))
                ok = wire_read_packed(d, value, f, own);
            else
                ok = reader_unknown(d, value, desc, from, number, type);
            if (EDOI_UNLIKELY(!ok)) return edoi_wire_path_field(&d->path, f), false;
        }
        if (EDOI_UNLIKELY(!ok)) return false;
    }
    (void)edoi_rules_of(desc, &rules); // reader_make() has asked before
    if (EDOI_UNLIKELY((rules & EDOI_RULES_REQUIRED) != 0)) reader_note_missing(d, value, desc);
    return true;
}

/* ---- The call -------------------------------------------------------------------------------- */

EDOI_COLD static int reader_reports(const wire_reader *d) {
    const char *path = d->path.text + d->path.at;
    if (!d->reason) return d->err;
    if (d->err != -EDO_EPROTOBUF) return edo_fail(d->err, "%s", d->reason);
    const size_t place = (size_t)(d->wrong_at - d->whole.ptr);
    return *path ? edo_fail(d->err, "byte %zu: \"%s\" %s", place, path, d->reason)
                 : edo_fail(d->err, "byte %zu: %s", place, d->reason);
}

static int opts_take(edo_protobuf_opts *out, const edo_protobuf_opts *given) {
    *out = given ? *given : (edo_protobuf_opts){ 0 };
    if (!edoi_all_zero(out->reserved, EDO_COUNT(out->reserved))) return -EINVAL;
    if (out->reserved_word != 0 || out->depth_max > EDO_PROTOBUF_DEPTH_MAX) return -EINVAL;
    if (out->depth_max == 0) out->depth_max = EDO_PROTOBUF_DEPTH_MAX;
    if (out->times_max == 0) out->times_max = EDO_PROTOBUF_TIMES;
    return 0;
}

/* How much of the arena a message of `n` bytes may take. */
static size_t reader_most(size_t n, uint32_t times) {
    const size_t most = SIZE_MAX - EDO_PROTOBUF_TIMES_FREE;
    return EDO_PROTOBUF_TIMES_FREE + (n > most / times ? most : n * times);
}

int edo_protobuf_decode_with(void *out, const edo_desc *desc, edo_str message, edo_arena *arena,
                             const edo_protobuf_opts *opts) {
    edo_protobuf_opts o;
    wire_reader d;
    int err = opts_take(&o, opts);
    if (err < 0) return err;
    if (message.len == 0) message.ptr = "";
    d.at = message.ptr;
    d.end = message.ptr + message.len;
    d.whole = message;
    d.kept = o.borrows ? message.ptr : NULL;
    d.arena = arena;
    d.left = reader_most(message.len, o.times_max);
    d.depth = o.depth_max;
    d.drops_unknown = o.drops_unknown;
    d.err = 0;
    d.reason = d.missing_at = NULL;
    edoi_wire_path_init(&d.path);
    bool ok = reader_make(&d, out, desc) && wire_read_message(&d, out, desc);
    if (EDOI_UNLIKELY(d.missing_at != NULL)) ok = ok && reader_has_required(&d, out, desc);
    if (EDOI_LIKELY(ok)) return 0;
    memset(out, 0, desc->size);
    return reader_reports(&d);
}

int edo_protobuf_decode(void *out, const edo_desc *desc, edo_str message, edo_arena *arena) {
    return edo_protobuf_decode_with(out, desc, message, arena, NULL);
}
