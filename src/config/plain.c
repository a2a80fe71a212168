/* SPDX-License-Identifier: MIT */
/* config/plain.c: see plain.h. */
#include "config/plain.h"

#include "base/error/trail.h"
#include "base/text/form.h"
#include "config/query_scan.h"
#include "value/elements.h"
#include "value/memory.h"

#include <edo/error.h>

#include <string.h>

#define FIELDS_MAX   64u /* of one struct: bits of `seen` */
#define NAME_MAX_LEN 96u /* of a header, as leaves have it */

static bool is_simple(const edo_field *f) {
    bool is_struct = f->kind == EDO_VALUE_DESCRIBED && f->desc->form != EDO_DESC_ENUM;
    return f->shape == EDO_SHAPE_ONE && !is_struct;
}

bool edoi_plain_begin(edoi_plain *p, void *value, const edo_desc *desc, const edo_config_opts *opts,
                      bool is_mixed) {
    if (!opts || !opts->arena || desc->fields_n > FIELDS_MAX) return false;
    *p = (edoi_plain){ .value = value,
                       .desc = desc,
                       .arena = opts->arena,
                       .is_mixed = is_mixed,
                       .yields = opts->yields };
    if (opts->faults) opts->faults->n = 0, opts->faults->is_cut = false;
    memset(value, 0, desc->size); // presets come at the end: most are given
    return true;
}

/* Faults that only text can have: all else is refused by its parser. */
static bool needs_utf8(const edo_field *f) {
    return f->kind == EDO_VALUE_STR || f->kind == EDO_VALUE_TEXT || f->kind == EDO_VALUE_CHARS;
}

/* A name of another part is passed over, as one that has no field. */
static bool is_of(const edoi_plain *p, const edo_field *f, edo_value_in part) {
    return p->is_mixed ? f->in == part : f->in != EDO_IN_BODY;
}

/* edo_value_parse() by which a failure is forgotten: leaves tell what is wrong. */
static bool plain_parse(const edoi_plain *p, const edo_field *f, edo_str text) {
    int err = edo_value_parse(edoi_field_at(f, p->value), f, text, p->arena);
    if (err < 0) edoi_trail_drop(err);
    return err == 0;
}

static bool plain_preset(const edoi_plain *p, const edo_field *f) {
    int err = edoi_preset_set(edoi_field_at(f, p->value), f, p->arena);
    if (err < 0) edoi_trail_drop(err);
    return err == 0;
}

EDOI_INLINE bool set_field(edoi_plain *p, const edo_field *f, edo_str text) {
    if (!is_simple(f) || (needs_utf8(f) && !edo_str_is_utf8(text))) return false;
    if (!plain_parse(p, f, text)) return false;
    edoi_field_set_has(f, p->value, true);
    return true;
}

EDOI_INLINE bool set_named(edoi_plain *p, edo_str name, edo_str text, edo_value_in part) {
    const edo_field *f = edoi_field_named(p->desc, p->desc->fields, name);
    if (!f || !is_of(p, f, part)) return true;
    if (part != EDO_IN_PATH && edoi_is_left_empty(f, text)) return true;
    uint64_t bit = UINT64_C(1) << (f - p->desc->fields);
    if (p->seen & bit) return false;
    p->seen |= bit;
    return set_field(p, f, text);
}

bool edoi_plain_set(edoi_plain *p, edo_str name, edo_str text, edo_value_in part) {
    return set_named(p, name, text, part);
}

/* Takes the percent encoding out of a text. */
static bool plain_unescape(const edoi_plain *p, edo_str *text) {
    char *room = edo_arena_text(p->arena, text->len);
    if (room) *text = edoi_form_decode(room, *text);
    return room;
}

EDOI_NOINLINE static bool set_escaped(edoi_plain *p, edo_str name, edo_str text,
                                      edo_value_in part) {
    return plain_unescape(p, &name) && plain_unescape(p, &text) &&
           edoi_plain_set(p, name, text, part);
}

bool edoi_plain_query(edoi_plain *p, edo_str query, edo_value_in part) {
    const char *at = query.ptr, *end = query.ptr + query.len, *next;
    if (query.len == 0) return true;
    bool is_escaped = edoi_query_may_escape(query);
    edoi_turns turns = edoi_turns_of(p->yields, at);
    for (; at < end; at = next + 1) {
        if (edoi_turns_take(&turns, at) < 0) return false; // leaves will meet the end, too
        next = memchr(at, '&', (size_t)(end - at));
        if (!next) next = end;
        if (next == at) continue;
        const char *equals = edoi_query_equals(at, next);
        edo_str name = { at, (size_t)((equals ? equals : next) - at) };
        edo_str text = { equals ? equals + 1 : next, equals ? (size_t)(next - equals - 1) : 0 };
        bool is_set =
            is_escaped ? set_escaped(p, name, text, part) : set_named(p, name, text, part);
        if (!is_set) return false;
    }
    return true;
}

edo_str edoi_header_name_of(char *room, size_t bytes, edo_str name) {
    size_t n = name.len < bytes ? name.len : bytes - 1;
    for (size_t i = 0; i < n; i++) room[i] = name.ptr[i] == '_' ? '-' : name.ptr[i];
    return (edo_str){ room, n };
}

/* The text that another part than query and form has for the field; without a pointer: nothing.
 * False: more than one text. */
static bool plain_get_text(const edo_inputs *in, const edo_field *f, edo_str *text) {
    edo_value_in part = (edo_value_in)f->in;
    edo_str name = { f->key + 2, f->name_len };
    *text = (edo_str){ 0 };
    if (part == EDO_IN_PATH) *text = edoi_path_text(in, name);
    if (part != EDO_IN_HEADER && part != EDO_IN_COOKIE) return true;
    char room[NAME_MAX_LEN];
    if (part == EDO_IN_HEADER) name = edoi_header_name_of(room, sizeof room, name);
    *text = in->get(in->arg, part, name, 0);
    return !text->ptr || !in->get(in->arg, part, name, 1).ptr;
}

/* A field that nothing was given for. A bool is then false. */
static bool plain_fill_missing(const edoi_plain *p, const edo_field *f) {
    if (!is_simple(f)) return false;
    if (f->preset) return plain_preset(p, f);
    return edoi_may_be_missing(f, EDOI_SOURCE_OMITS);
}

/* Sets the presets of a body's field, those of a struct's fields, too. */
EDOI_NOINLINE static bool fill_body(const edoi_plain *p, const edo_field *f) {
    if (f->shape != EDO_SHAPE_ONE) return false;
    if (f->preset) return plain_preset(p, f);
    if (f->kind != EDO_VALUE_DESCRIBED || f->desc->form != EDO_DESC_STRUCT) return true;
    int err = edo_value_init(edoi_field_at(f, p->value), f->desc, p->arena);
    if (err < 0) edoi_trail_drop(err);
    return err == 0;
}

bool edoi_plain_end(edoi_plain *p, const edo_inputs *in) {
    const edo_field *f = p->desc->fields;
    for (uint64_t seen = p->seen, n = p->desc->fields_n; n > 0; seen >>= 1, n--, f++) {
        edo_str text = { 0 };
        if ((seen & 1) || f->skip) continue;
        if (f->in == EDO_IN_BODY) {
            if ((!in || f != in->body) && !fill_body(p, f)) return false;
            continue;
        }
        if (in && !plain_get_text(in, f, &text)) return false;
        if (!(text.ptr ? set_field(p, f, text) : plain_fill_missing(p, f))) return false;
    }
    return true;
}
