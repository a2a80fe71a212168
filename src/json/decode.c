/* SPDX-License-Identifier: MIT */
/* json/decode.c: from a text straight into a described struct, in one pass.
 *
 * The next name of an object is guessed: it is most often that of the next field. A wrong guess
 * costs a look into the table of names, or of few fields a search from there on, in a circle.
 *
 * inv. 1: whatever has been decoded when a step fails is owned by the struct as
 *         edo_value_deinit() sees it; so that gives it back.
 * inv. 2: a step that fails says so in `reason` of the scan, or in `err`; the levels above add
 *         their part of the path on the way back.
 * inv. 1 is not asserted: what is not owned leaves no trace. The address sanitizer finds a leak. */
#include "json/decode.h"

#include "base/assert.h"

#include "base/error/escape.h"
#include "base/error/trail.h"
#include "base/memory/alloc.h"
#include "base/text/base64.h"
#include "value/desc.h"
#include "value/elements.h"
#include "value/memory.h"
#include "value/names.h"
#include "value/validate/check.h"
#include "json/refused.h"

#include <string.h>

#define SEEN_WORDS 4u    /* fields of one struct: 256 */
#define SHOWN_MAX  64u   /* bytes of a name of the text that a message has */
#define VAIN_MAX   4096u /* bytes of a string that are copied before it is known to need a copy */

typedef struct decoder {
    edoi_json_scan s;
    edo_arena *arena;
    uint32_t depth;   /* left, of the text */
    uint32_t structs; /* left, of structs, unions and maps in one another: they are on the stack */
    bool borrows, refuses_unknown;
    edoi_source source;
    bool wants_is_set; /* the failure is that of a field, told by `wants` */
    int err;
    size_t bytes_left; /* for what is not in the struct itself */
    char wants[EDOI_WANTS_MAX];
    char path[EDOI_WANTS_MAX]; /* from `path_at` to its end */
    size_t path_at;
} decoder;

static bool decode_element(decoder *d, void *element, const edo_field *f);
static bool decode_field(decoder *d, void *value, const edo_field *f);

/* ---- Failures -------------------------------------------------------------------------------- */

EDOI_COLD static bool no_memory(decoder *d) {
    d->err = -ENOMEM;
    return false;
}

/* `wants` is set; the value that is not so begins at `from`. */
EDOI_COLD static bool wrong_value(decoder *d, const char *from) {
    d->wants_is_set = true;
    d->s.at = from;
    return edoi_json_wrong(&d->s, d->wants);
}

EDOI_COLD static bool wants(decoder *d, const char *from, const char *text) {
    (void)snprintf(d->wants, sizeof d->wants, "%s", text);
    return wrong_value(d, from);
}

/* A value that is not of the right kind, if it is one at all. */
EDOI_COLD static bool wrong_kind(decoder *d, const char *text) {
    const char *from = d->s.at;
    char c = edoi_json_peek(&d->s);
    if (c == '\0' || !strchr("\"{[-0123456789tfn", c)) // is it one?
        return edoi_json_unexpected(&d->s, "a value is expected here");
    return wants(d, from, text);
}

/* Puts a part before the path; returns false. */
EDOI_COLD static bool in_path(decoder *d, const char *part, size_t n) {
    bool dot = d->path_at < sizeof d->path - 1 && d->path[d->path_at] != '[';
    if (n + dot > d->path_at) return false; // too long: the outer parts are left out
    if (dot) d->path[--d->path_at] = '.';
    d->path_at -= n;
    memcpy(d->path + d->path_at, part, n);
    return false;
}

EDOI_COLD static bool in_element(decoder *d, size_t i) {
    char part[24];
    int n = snprintf(part, sizeof part, "[%zu]", i);
    return in_path(d, part, (size_t)n);
}

EDOI_COLD static bool in_field(decoder *d, const edo_field *f) {
    return in_path(d, f->key + 2, f->name_len);
}

/* The same with a name that the text has chosen: messages go to logs and to peers. */
EDOI_COLD static bool in_member(decoder *d, edo_str name) {
    char part[SHOWN_MAX];
    return in_path(d, part,
                   edoi_escape_cut(part, sizeof part, name.ptr, name.len, EDOI_ESCAPE_TEXT));
}

/* ---- Text ------------------------------------------------------------------------------------ */

EDOI_INLINE char *text_alloc(decoder *d, size_t n) {
    return d->arena ? edo_arena_text(d->arena, n) : (char *)edoi_alloc(n);
}

/* `raw` is a string without escapes: points to it, or copies it. */
EDOI_INLINE bool set_str(decoder *d, edo_str *out, edo_str raw) {
    if (d->borrows) {
        *out = raw;
        return true;
    }
    if (EDOI_UNLIKELY(raw.len == 0)) {
        *out = EDO_STR("");
        return true;
    }
    char *copy = text_alloc(d, raw.len);
    if (!copy) return no_memory(d);
    memcpy(copy, raw.ptr, raw.len);
    *out = (edo_str){ copy, raw.len };
    return true;
}

/* Any string: looks for its end, then copies. */
static bool decode_str_in_steps(decoder *d, edo_str *out) {
    edo_str raw;
    bool has_escapes;
    if (!edoi_json_string(&d->s, &raw, &has_escapes)) return false;
    if (!has_escapes) return set_str(d, out, raw);
    char *copy = text_alloc(d, raw.len);
    if (!copy) return no_memory(d);
    *out = (edo_str){ copy, (size_t)(edoi_json_unescape(copy, raw) - copy) };
    return true;
}

/* A string that is not plain and short: most often in one pass, into what the arena has left. */
EDOI_NOINLINE static bool decode_str_odd(decoder *d, edo_str *out) {
    char heap_bound[512], *to = heap_bound, *to_end = heap_bound;
    size_t room = sizeof heap_bound;
    const char *from = d->s.at + 1;
    if (d->arena) {
        to = d->arena->at;
        room = to ? (size_t)(d->arena->end - to) : 0;
        if (d->borrows && room > VAIN_MAX) room = VAIN_MAX;
    }
    const char *quote = edoi_json_copy(&to_end, to, room, from, d->s.end);
    if (EDOI_UNLIKELY(!quote)) return decode_str_in_steps(d, out);
    d->s.at = quote + 1;
    size_t n = (size_t)(to_end - to);
    bool is_raw = n == (size_t)(quote - from);
    if (!d->arena || (is_raw && d->borrows))
        return set_str(d, out, (edo_str){ is_raw ? from : to, n });
    d->arena->at = to_end;
    *out = (edo_str){ to, n };
    return true;
}

EDOI_INLINE bool decode_str(decoder *d, edo_str *out) {
    edo_str raw;
    if (EDOI_UNLIKELY(edoi_json_peek(&d->s) != '"')) return wrong_kind(d, "must be a string");
    if (EDOI_LIKELY(edoi_json_string_short(&d->s, &raw))) return set_str(d, out, raw);
    return decode_str_odd(d, out);
}

/* A string for a moment: in `*text`, of which `*memory` is to be freed. */
static bool decoder_take_text(decoder *d, edo_str *text, char **memory, const char *otherwise) {
    bool has_escapes;
    *memory = NULL;
    if (edoi_json_peek(&d->s) != '"') return wrong_kind(d, otherwise);
    if (!edoi_json_string(&d->s, text, &has_escapes)) return false;
    if (!has_escapes) return true;
    *memory = (char *)edoi_alloc(text->len);
    if (!*memory) return no_memory(d);
    text->len = (size_t)(edoi_json_unescape(*memory, *text) - *memory);
    text->ptr = *memory;
    return true;
}

/* char * and char[]: both end with a NUL. */
static bool decode_chars(decoder *d, void *element, const edo_field *f) {
    const char *from = d->s.at;
    edo_str text = { 0 };
    char *memory, *to = (char *)element;
    bool ok = decoder_take_text(d, &text, &memory, "must be a string");
    if (ok && text.len > 0 && memchr(text.ptr, '\0', text.len))
        ok = wants(d, from, "must have no NUL");
    if (ok && f->kind == EDO_VALUE_CHARS && text.len >= f->size) {
        (void)snprintf(d->wants, sizeof d->wants, "must have at most %u bytes", f->size - 1);
        ok = wrong_value(d, from);
    }
    if (ok && f->kind == EDO_VALUE_TEXT) {
        to = text_alloc(d, text.len + 1);
        ok = to ? true : no_memory(d);
        if (ok) memcpy(element, &to, sizeof to);
    }
    if (ok) {
        if (text.len > 0) memcpy(to, text.ptr, text.len);
        to[text.len] = '\0';
    }
    edoi_free(memory);
    return ok;
}

/* Bytes, a duration, or a number with a unit: as edo_value_parse() reads them. */
static bool decode_as_text(decoder *d, void *element, const edo_field *f, const char *otherwise) {
    const char *from = d->s.at;
    edo_str text = { 0 };
    char *memory;
    bool ok = decoder_take_text(d, &text, &memory, otherwise);
    if (ok) {
        int err = edo_value_parse(element, f, text, d->arena);
        const edo_trail_entry *told = err == -EDO_EVALUE ? edo_trail_find(err) : NULL;
        if (err == -ENOMEM) ok = no_memory(d);
        if (err == -EDO_EVALUE) ok = wants(d, from, told ? told->text : otherwise);
        if (err == -EDO_EVALUE) edoi_trail_drop(err);
    }
    edoi_free(memory);
    return ok;
}

/* ---- Numbers --------------------------------------------------------------------------------- */

EDOI_INLINE bool is_number(char c) {
    return c == '-' || (unsigned char)(c - '0') < 10;
}

/* -0, which is a double as JavaScript has it, but an integer, too; all other doubles are none. */
EDOI_COLD static bool decode_minus_zero(decoder *d, void *element, const edo_field *f,
                                        const char *from) {
    if (d->s.at - from != 2) return wants(d, from, "must be an integer");
    edoi_int_store(element, f->size, 0);
    return true;
}

EDOI_INLINE bool decode_int(decoder *d, void *element, const edo_field *f) {
    const char *from = d->s.at;
    edoi_json_number n;
    if (EDOI_UNLIKELY(!is_number(edoi_json_peek(&d->s)))) {
        if (f->sizes) return decode_as_text(d, element, f, "must be an integer");
        return wrong_kind(d, "must be an integer");
    }
    if (!edoi_json_number_of(&d->s, &n)) return false;
    bool is_signed = edoi_kind_is_signed(f->kind);
    if (EDOI_LIKELY(n.kind == EDOI_JSON_INT && f->kind == EDO_VALUE_I64)) {
        memcpy(element, &n.i, sizeof n.i);
        return true;
    }
    uint64_t most = edoi_int_most(f);
    if (EDOI_LIKELY(n.kind == EDOI_JSON_INT)) {
        if (n.i < 0 ? is_signed && n.i >= -(int64_t)most - 1 : n.u <= most) {
            edoi_int_store(element, f->size, n.i);
            return true;
        }
        edoi_int_wants(d->wants, f, n.i >= 0);
        return wrong_value(d, from);
    }
    if (n.kind == EDOI_JSON_DOUBLE) return decode_minus_zero(d, element, f, from);
    if (n.kind == EDOI_JSON_UINT && n.u <= most) {
        memcpy(element, &n.u, sizeof n.u);
        return true;
    }
    edoi_int_wants(d->wants, f, n.kind == EDOI_JSON_UINT || n.d > 0);
    return wrong_value(d, from);
}

EDOI_INLINE bool decode_double(decoder *d, void *element, const edo_field *f) {
    const char *from = d->s.at;
    edoi_json_number n;
    if (EDOI_UNLIKELY(!is_number(edoi_json_peek(&d->s)))) return wrong_kind(d, "must be a number");
    if (EDOI_UNLIKELY(!edoi_json_number_of(&d->s, &n))) return false;
    double value = edoi_json_double_of(&n);
    if (EDOI_UNLIKELY(value - value != 0))
        return wants(d, from, "must be in the range of its type");
    if (EDOI_LIKELY(f->kind == EDO_VALUE_F64)) {
        memcpy(element, &value, sizeof value);
        return true;
    }
    int side = edoi_json_side((edo_str){ from, (size_t)(d->s.at - from) }, value);
    float narrow = edoi_json_narrow(value, side);
    if (narrow - narrow != 0) return wants(d, from, "must be in the range of its type");
    memcpy(element, &narrow, sizeof narrow);
    return true;
}

static bool decode_bool(decoder *d, bool *out) {
    char c = edoi_json_peek(&d->s);
    if (c != 't' && c != 'f') return wrong_kind(d, "must be true or false");
    *out = c == 't';
    return c == 't' ? edoi_json_word(&d->s, "true", 4) : edoi_json_word(&d->s, "false", 5);
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* A name that was not guessed, up to the value: `*f` is its field, NULL: it has none. */
EDOI_NOINLINE static bool search_name(decoder *d, const edo_desc *desc, const edo_field *from,
                                      const edo_field **f) {
    const char *at = d->s.at;
    edo_str name;
    char *memory;
    if (edoi_json_peek(&d->s) != '"') return edoi_json_unexpected(&d->s, "a name is expected here");
    if (!decoder_take_text(d, &name, &memory, "")) return false;
    *f = edoi_field_named(desc, from, name);
    bool ok = edoi_json_colon(&d->s);
    if (ok && !*f && d->refuses_unknown) {
        (void)wants(d, at, "is not known");
        ok = in_member(d, name);
    }
    edoi_free(memory);
    return ok;
}

EDOI_INLINE bool take_name(decoder *d, const edo_desc *desc, const edo_field *guess,
                           const edo_field **f) {
    if (EDOI_LIKELY(guess < desc->fields + desc->fields_n)) {
        size_t n = guess->name_len + 3u; // "name":
        if (EDOI_LIKELY((size_t)(d->s.end - d->s.at) >= n && n >= 4 && !guess->skip &&
                        edoi_same_bytes(d->s.at, guess->key + 1, n))) {
            d->s.at += n;
            edoi_json_space(&d->s);
            *f = guess;
            return true;
        }
    } else {
        guess = desc->fields;
    }
    return search_name(d, desc, guess, f);
}

/* ---- Structs --------------------------------------------------------------------------------- */

/* Makes a field as it was at first, without presets: it is read anew, or had a preset. One whose
 * place another field has is not there. */
EDOI_NOINLINE static bool renew(decoder *d, void *value, const edo_field *f) {
    char *at = (char *)edoi_field_at(f, value);
    if (edoi_field_is_taken(f, value)) return true;
    if (!d->arena) edoi_field_deinit(value, f);
    edoi_field_set_has(f, value, false);
    if (f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO) *edoi_field_count(f, value) = 0;
    if (f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_PTR) edoi_field_set_ptr(f, value, NULL);
    // those of the other shapes are made one by one, when they are read
    size_t n = f->shape == EDO_SHAPE_FIXED ? f->n : f->shape == EDO_SHAPE_ONE;
    for (size_t i = 0; i < n; i++) {
        int err = edoi_element_init(at + i * f->size, f, d->arena);
        if (err < 0) return d->err = err, false;
    }
    return true;
}

/* Fills a field that the text does not have. Of those that share a place none is filled. */
static bool decoder_fill_missing(decoder *d, void *value, const edo_field *f, const char *from) {
    if (!edoi_may_be_missing(f, d->source)) return wants(d, from, "is missing");
    bool is_struct = f->kind == EDO_VALUE_DESCRIBED && f->desc->form == EDO_DESC_STRUCT;
    if (f->oneof || (!f->preset && !is_struct)) return true;
    if (!renew(d, value, f)) return false;
    if (!f->preset) return true;
    if (f->shape != EDO_SHAPE_ONE) return d->err = -EDO_EVALUE, false;
    d->err = edoi_preset_set(edoi_field_at(f, value), f, d->arena);
    return d->err == 0;
}

EDOI_NOINLINE static bool fill_all_missing(decoder *d, void *value, const edo_desc *desc,
                                           const uint64_t *seen, const char *from) {
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        if (f->skip || (seen[i / 64] >> (i % 64) & 1)) continue;
        if (!decoder_fill_missing(d, value, f, from)) return in_field(d, f);
    }
    return true;
}

static bool decode_struct(decoder *d, void *value, const edo_desc *desc) {
    const char *from = d->s.at;
    const edo_field *f = NULL, *guess = desc->fields;
    uint64_t seen[SEEN_WORDS] = { 0 };
    uint32_t seen_n = 0;
    if (EDOI_UNLIKELY(edoi_json_peek(&d->s) != '{')) return wrong_kind(d, "must be an object");
    if (EDOI_UNLIKELY(desc->fields_n > SEEN_WORDS * 64)) return d->err = -ENOTSUP, false;
    if (EDOI_UNLIKELY(d->depth == 0 || d->structs == 0))
        return edoi_json_wrong(&d->s, edoi_json_too_deep);
    d->depth--;
    d->structs--;
    d->s.at++;
    edoi_json_space(&d->s);
    bool more = edoi_json_peek(&d->s) != '}';
    while (more) {
        if (!take_name(d, desc, guess, &f)) return false;
        if (f) {
            size_t i = (size_t)(f - desc->fields);
            bool again = seen[i / 64] >> (i % 64) & 1;
            bool is_null = edoi_field_is_optional(f) && edoi_json_peek(&d->s) == 'n';
            bool is_old = again || (f->preset && !is_null);
            if (EDOI_UNLIKELY(is_old) && !renew(d, value, f)) return in_field(d, f);
            if (!decode_field(d, value, f)) return in_field(d, f);
            if (again == is_null) { // after null it is as if it had never been there
                seen[i / 64] ^= 1ull << (i % 64);
                seen_n = is_null ? seen_n - 1 : seen_n + 1;
            }
            guess = f + 1;
        } else if (!edoi_json_skip(&d->s, d->depth)) {
            return false;
        }
        edoi_json_space(&d->s);
        char c = edoi_json_peek(&d->s);
        if (c == '}') break;
        if (c != ',') return edoi_json_unexpected(&d->s, "a comma or } is expected here");
        d->s.at++;
        edoi_json_space(&d->s);
    }
    d->s.at++;
    d->depth++;
    d->structs++;
    return EDOI_LIKELY(seen_n == desc->fields_n) || fill_all_missing(d, value, desc, seen, from);
}

/* ---- Enums and unions ------------------------------------------------------------------------ */

/* A value that is none of the names. */
EDOI_COLD static bool wrong_name(decoder *d, const char *from, const edo_desc *desc) {
    edoi_name_wants(d->wants, desc);
    return wrong_value(d, from);
}

static bool decode_unit(decoder *d, void *element, const edo_field *f) {
    const char *from = d->s.at;
    edo_str name = EDO_STR("");
    char *memory;
    if (!decoder_take_text(d, &name, &memory, "")) {
        if (d->wants_is_set) (void)wrong_name(d, from, f->desc);
        return false;
    }
    const edo_field *unit = edoi_field_named(f->desc, f->desc->fields, name);
    edoi_free(memory);
    if (!unit || unit->kind != EDO_VALUE_UNIT) return wrong_name(d, from, f->desc);
    edoi_tag_store(f->desc, element, f->size, unit->tag);
    return true;
}

/* {"name": value}, or "name" for one that is nothing else. */
static bool decode_union(decoder *d, void *element, const edo_field *f) {
    const char *from = d->s.at;
    const edo_field *variant = NULL;
    if (d->structs == 0) return edoi_json_wrong(&d->s, edoi_json_too_deep);
    if (edoi_json_peek(&d->s) != '{') return decode_unit(d, element, f);
    if (d->depth == 0) return edoi_json_wrong(&d->s, edoi_json_too_deep);
    d->depth--;
    d->structs--;
    d->s.at++;
    edoi_json_space(&d->s);
    if (!search_name(d, f->desc, f->desc->fields, &variant)) return false;
    if (!variant || variant->kind == EDO_VALUE_UNIT) return wrong_name(d, from, f->desc);
    edoi_tag_store(f->desc, element, f->size, variant->tag);
    if (!decode_field(d, element, variant)) return in_field(d, variant);
    edoi_json_space(&d->s);
    if (edoi_json_peek(&d->s) != '}')
        return edoi_json_unexpected(&d->s, "a } is expected here: a union has one member");
    d->s.at++;
    d->depth++;
    d->structs++;
    return true;
}

static bool decode_described(decoder *d, void *element, const edo_field *f) {
    if (f->desc->form == EDO_DESC_STRUCT) return decode_struct(d, element, f->desc);
    if (f->desc->form == EDO_DESC_UNION) return decode_union(d, element, f);
    return decode_unit(d, element, f);
}

/* ---- Elements and fields --------------------------------------------------------------------- */

EDOI_INLINE bool decode_kind(decoder *d, void *element, const edo_field *f) {
    switch ((edo_value_kind)f->kind) {
    case EDO_VALUE_STR: return decode_str(d, (edo_str *)element);
    case EDO_VALUE_I8:
    case EDO_VALUE_I16:
    case EDO_VALUE_I32:
    case EDO_VALUE_I64:
    case EDO_VALUE_U8:
    case EDO_VALUE_U16:
    case EDO_VALUE_U32:
    case EDO_VALUE_U64: return decode_int(d, element, f);
    case EDO_VALUE_F32:
    case EDO_VALUE_F64: return decode_double(d, element, f);
    case EDO_VALUE_BOOL: return decode_bool(d, (bool *)element);
    case EDO_VALUE_TEXT:
    case EDO_VALUE_CHARS: return decode_chars(d, element, f);
    case EDO_VALUE_BYTES: return decode_as_text(d, element, f, "must be a string in base64");
    case EDO_VALUE_DURATION: return decode_as_text(d, element, f, "must be a duration as \"5s\"");
    case EDO_VALUE_WALL:
        return decode_as_text(d, element, f, "must be a time as \"2026-11-27T15:04:05Z\"");
    case EDO_VALUE_DESCRIBED: return decode_described(d, element, f);
    case EDO_VALUE_UNIT: break;
    }
    return wrong_kind(d, "has no value");
}

static bool decode_element(decoder *d, void *element, const edo_field *f) {
    const char *from = d->s.at;
    if (!decode_kind(d, element, f)) return false;
    if (EDOI_LIKELY(!edoi_field_has_limits(f))) return true;
    return !edoi_element_wants(d->wants, f, element) || wrong_value(d, from);
}

/* Takes what the next element of a list or pointer needs from what is left; a list has room for
 * more. */
static bool decoder_charge(decoder *d, const void *value, const edo_field *f) {
    size_t bytes = f->shape == EDO_SHAPE_PTR ? f->size : 0;
    if (f->shape == EDO_SHAPE_LIST) {
        size_t n = *edoi_field_count(f, (void *)(uintptr_t)value);
        bytes = (edoi_list_room(n + 1) - (n > 0 ? edoi_list_room(n) : 0)) * f->size;
    }
    if (bytes <= d->bytes_left) {
        d->bytes_left -= bytes;
        return true;
    }
    d->err = edoi_json_takes_too_much();
    return false;
}

/* The element `i` of an array, made; NULL: there is no room, or no memory. */
static void *make_element(decoder *d, void *value, const edo_field *f, size_t i) {
    void *element = NULL;
    if (f->shape == EDO_SHAPE_FIXED)
        return i < f->n ? (char *)edoi_field_at(f, value) + i * f->size : NULL;
    if (EDOI_UNLIKELY(d->bytes_left != SIZE_MAX) && !decoder_charge(d, value, f)) return NULL;
    int err = edoi_value_push(value, f, d->arena, &element);
    if (err < 0 && err != -ENOSPC) d->err = err;
    return err < 0 ? NULL : element;
}

/* Elements behind the last of a list, for which there is memory: most need no call. */
typedef struct spare {
    char *next;
    size_t n;
} spare;

/* Behind the `i` elements of a list, of which the last is at `last`. */
static spare spare_behind(const edo_field *f, char *last, size_t i) {
    size_t room = edoi_list_room(i);
    if (f->max_len != 0 && room > f->max_len) room = f->max_len;
    return (spare){ last + f->size, room - i };
}

EDOI_COLD static bool wrong_count(decoder *d, const edo_field *f, const char *from) {
    uint32_t most = edoi_field_most(f);
    (void)snprintf(d->wants, sizeof d->wants, "must have %s %u element%s",
                   f->shape == EDO_SHAPE_FIXED ? "exactly" : "at most", most, most == 1 ? "" : "s");
    return wrong_value(d, from);
}

/* One member of an object as the entry of a map. */
static bool decode_entry(decoder *d, void *entry, const edo_field *f) {
    const edo_field *name = f->desc->fields, *value = name + 1;
    const char *from = d->s.at;
    if (edoi_json_peek(&d->s) != '"') return edoi_json_unexpected(&d->s, "a name is expected here");
    if (name->preset && !renew(d, entry, name)) return false;
    if (!decode_element(d, edoi_field_at(name, entry), name)) return in_field(d, name);
    edo_str raw = { from + 1, (size_t)(d->s.at - from) - 2 };
    if (!edoi_json_colon(&d->s)) return false;
    bool is_null = edoi_field_is_optional(value) && edoi_json_peek(&d->s) == 'n';
    if (value->preset && !is_null && !renew(d, entry, value)) return false;
    bool ok =
        decode_field(d, entry, value) && (!is_null || decoder_fill_missing(d, entry, value, from));
    return ok || in_member(d, name->secret ? EDO_STR("***") : raw);
}

static bool decode_map(decoder *d, void *value, const edo_field *f) {
    const char *from = d->s.at;
    if (edoi_json_peek(&d->s) != '{') return wrong_kind(d, "must be an object");
    if (d->depth == 0 || d->structs == 0) return edoi_json_wrong(&d->s, edoi_json_too_deep);
    d->depth--;
    d->structs--;
    d->s.at++;
    edoi_json_space(&d->s);
    size_t i = 0;
    for (bool more = edoi_json_peek(&d->s) != '}'; more; i++) {
        void *entry = make_element(d, value, f, i);
        if (!entry) return d->err < 0 ? false : wrong_count(d, f, from);
        if (!decode_entry(d, entry, f)) return false;
        edoi_json_space(&d->s);
        char c = edoi_json_peek(&d->s);
        more = c == ',';
        if (!more && c != '}') return edoi_json_unexpected(&d->s, "a comma or } is expected here");
        d->s.at += more;
        edoi_json_space(&d->s);
    }
    d->s.at++;
    d->depth++;
    d->structs++;
    if (f->shape == EDO_SHAPE_FIXED) return i == f->n || wrong_count(d, f, from);
    return !edoi_count_wants(d->wants, f, i) || wrong_value(d, from);
}

static bool decode_array(decoder *d, void *value, const edo_field *f) {
    if (EDOI_UNLIKELY(edoi_field_is_map(f))) return decode_map(d, value, f);
    const char *from = d->s.at;
    if (EDOI_UNLIKELY(edoi_json_peek(&d->s) != '[')) return wrong_kind(d, "must be an array");
    if (EDOI_UNLIKELY(d->depth == 0)) return edoi_json_wrong(&d->s, edoi_json_too_deep);
    d->depth--;
    d->s.at++;
    edoi_json_space(&d->s);
    const bool owns = f->kind < EDO_VALUE_I8 || f->kind > EDO_VALUE_F64; // or may do so
    const bool is_double = f->kind == EDO_VALUE_F64 && !edoi_field_has_limits(f);
    spare left = { NULL, 0 };
    size_t i = 0;
    for (bool more = edoi_json_peek(&d->s) != ']'; more; i++) {
        void *element = left.next;
        if (EDOI_LIKELY(left.n > 0)) {
            if (f->kind == EDO_VALUE_STR)
                *(edo_str *)element =
                    (edo_str){ 0 }; // inv. 1; without a call, as the most frequent
            else if (owns)
                memset(element, 0, f->size); // inv. 1
            *edoi_field_count(f, value) = i + 1;
            left.next += f->size;
            left.n--;
        } else {
            element = make_element(d, value, f, i);
            if (!element) return d->err < 0 ? false : wrong_count(d, f, from);
            if (f->shape == EDO_SHAPE_LIST) left = spare_behind(f, (char *)element, i + 1);
        }
        bool ok = is_double ? decode_double(d, element, f) : decode_element(d, element, f);
        if (EDOI_UNLIKELY(!ok)) return in_element(d, i);
        edoi_json_space(&d->s);
        char c = edoi_json_peek(&d->s);
        more = c == ',';
        if (!more && c != ']') return edoi_json_unexpected(&d->s, "a comma or ] is expected here");
        d->s.at += more;
        edoi_json_space(&d->s);
    }
    d->s.at++;
    d->depth++;
    if (f->shape == EDO_SHAPE_FIXED) return i == f->n || wrong_count(d, f, from);
    if (EDOI_LIKELY(!edoi_field_has_limits(f))) return true;
    return !edoi_count_wants(d->wants, f, i) || wrong_value(d, from);
}

static bool decode_field(decoder *d, void *value, const edo_field *f) {
    if (EDOI_UNLIKELY(edoi_json_peek(&d->s) == 'n' && edoi_field_is_optional(f)))
        return edoi_json_word(&d->s, "null", 4);
    if (EDOI_UNLIKELY(f->oneof)) {
        if (edoi_oneof_number(f, value) != 0) return wants(d, d->s.at, "must be the only one");
        edoi_field_set_has(f, value, true); // inv. 1
    }
    bool ok;
    if (EDOI_LIKELY(f->shape == EDO_SHAPE_ONE)) {
        ok = decode_element(d, edoi_field_at(f, value), f);
    } else if (f->shape == EDO_SHAPE_PTR) {
        void *element = make_element(d, value, f, 0);
        ok = element && decode_element(d, element, f);
    } else {
        ok = decode_array(d, value, f);
    }
    if (f->has_at && ok) edoi_field_set_has(f, value, true);
    return ok;
}

/* ---- The call -------------------------------------------------------------------------------- */

/* Reports the failure of `d`. */
EDOI_COLD static int fail(decoder *d, const edoi_json_gone *gone, edo_json_error *error) {
    char text[EDO_TRAIL_TEXT_MAX];
    if (d->err < 0) return d->err;
    if (d->wants_is_set && d->path_at < sizeof d->path - 1) {
        (void)snprintf(text, sizeof text, "\"%s\" %s", d->path + d->path_at, d->wants);
        d->s.reason = text;
    }
    int err = edoi_json_refused(&d->s, gone, error, -EDO_EJSON);
    d->s.reason = NULL; // it may be `text`
    return err;
}

static void decoder_begin(decoder *d, const edoi_json_scan *s, const edo_json_opts *o) {
    d->s = *s;
    d->arena = o->arena;
    d->depth = o->depth_max;
    d->bytes_left = edoi_json_bytes_for(o, (size_t)(s->end - s->begin));
    d->structs = EDO_VALUE_DEPTH_MAX;
    d->borrows = o->borrows;
    d->refuses_unknown = o->refuses_unknown;
    d->source = EDOI_SOURCE_WRITES;
    d->wants_is_set = false;
    d->path_at = sizeof d->path - 1;
    d->path[d->path_at] = '\0';
    d->err = 0;
}

int edoi_json_decode(void *out, const edo_desc *desc, edoi_json_scan *s, const edo_json_opts *o,
                     const edoi_json_gone *gone) {
    const edo_field whole = { .kind = EDO_VALUE_DESCRIBED, .size = desc->size, .desc = desc };
    decoder d;
    decoder_begin(&d, s, o);
    memset(out, 0, desc->size); // presets come when a struct is over: most are given
    edoi_json_space(&d.s);
    if (EDOI_LIKELY(decode_described(&d, out, &whole) && edoi_json_end(&d.s))) return 0;
    if (o->arena) {
        memset(out, 0, desc->size);
    } else {
        edo_value_deinit(out, desc);
    }
    EDO_INV("decode inv. 2", d.err < 0 || d.s.reason || d.wants_is_set);
    if (o->faults && d.err == 0) edoi_json_find_faults(desc, s, o);
    return fail(&d, gone, o->error);
}

int edoi_json_decode_field(void *value, const edo_field *f, const char *path, edoi_json_scan *s,
                           const edo_json_opts *o) {
    decoder d;
    decoder_begin(&d, s, o);
    d.source = EDOI_SOURCE_OMITS;
    if (renew(&d, value, f) && decode_field(&d, value, f)) return 0;
    (void)in_path(&d, path, strlen(path));
    return fail(&d, NULL, o->error);
}

int edoi_json_decode_element(void *element, const edo_field *f, edoi_json_scan *s,
                             const edo_json_opts *o, char *wants) {
    decoder d;
    decoder_begin(&d, s, o);
    if (decode_element(&d, element, f)) {
        s->at = d.s.at;
        return 0;
    }
    (void)snprintf(wants, EDOI_WANTS_MAX, "%s", d.wants_is_set ? d.wants : "");
    return d.err < 0 ? d.err : -EDO_EJSON;
}

int edo_json_decode_with(void *out, const edo_desc *desc, edo_str text, const edo_json_opts *opts) {
    edo_json_opts o;
    int err = edoi_json_opts_take(&o, opts);
    if (err < 0) return err;
    if (EDO_MISUSE(o.borrows && !o.arena, "a value that borrows its text needs an arena"))
        return -EDO_EMISUSE;
    if (o.bytes_max != 0 && text.len > o.bytes_max)
        return edo_fail(-EDO_ETOOLONG, "the JSON is longer than allowed");
    if (text.len == 0) text.ptr = "";
    if (o.faults) o.faults->n = 0, o.faults->is_cut = false;
    edoi_json_scan s = edoi_json_scan_of(text);
    return edoi_json_decode(out, desc, &s, &o, NULL);
}

int edo_json_decode(void *out, const edo_desc *desc, edo_str text) {
    return edo_json_decode_with(out, desc, text, NULL);
}
