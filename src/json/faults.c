/* SPDX-License-Identifier: MIT */
/* json/faults.c: see decode.h.
 *
 * The decoder stops at the first fault, and so costs nothing for this. A text that it has refused
 * is gone through once more here: each element that has no parts is decoded into a place that the
 * next one gets, too, and one that cannot be decoded is skipped. A step returns false if the text
 * is no JSON, or too deep. Steps that call themselves are up to EDO_VALUE_DEPTH_MAX deep on the
 * stack of a fiber: what has a buffer is a function of its own. */
#include "json/decode.h"

#include "base/error/escape.h"
#include "value/desc.h"
#include "value/elements.h"
#include "value/names.h"
#include "value/validate/check.h"

#include <string.h>

#define SEEN_WORDS 4u /* fields of one struct: 256, as the decoder has it */
#define PATH_MAX_N 256u
#define SHOWN_MAX  64u /* bytes of a name of the text that a path has */

typedef struct fault_finder {
    edoi_json_scan s;
    edo_faults *out;
    edo_arena scratch; /* of one element */
    uint32_t depth, structs;
    bool refuses_unknown;
    size_t path_n;
    char path[PATH_MAX_N]; /* a pointer (RFC 6901); one that is too long is cut */
} fault_finder;

static bool fault_finder_visit_field(fault_finder *self, const edo_field *f);

/* ---- Paths and faults ------------------------------------------------------------------------ */

/* Adds "/name" to the path, and returns the length that it had. */
static size_t go_into(fault_finder *self, edo_str name) {
    size_t before = self->path_n;
    if (before + 1 + 2 * name.len > PATH_MAX_N) return before;
    char *to = self->path + before;
    *to++ = '/';
    for (size_t i = 0; i < name.len; i++) {
        bool is_special = name.ptr[i] == '~' || name.ptr[i] == '/';
        if (is_special) *to++ = '~';
        *to++ = !is_special ? name.ptr[i] : name.ptr[i] == '~' ? '0' : '1';
    }
    self->path_n = (size_t)(to - self->path);
    return before;
}

static size_t go_into_field(fault_finder *self, const edo_field *f) {
    return go_into(self, (edo_str){ f->key + 2, f->name_len });
}

/* Of a name that the text has chosen. */
static EDOI_NOINLINE size_t go_into_member(fault_finder *self, edo_str name) {
    char shown[SHOWN_MAX];
    size_t n = edoi_escape_cut(shown, sizeof shown, name.ptr, name.len, EDOI_ESCAPE_TEXT);
    return go_into(self, (edo_str){ shown, n });
}

static EDOI_NOINLINE size_t go_into_element(fault_finder *self, size_t i) {
    char shown[24];
    int n = snprintf(shown, sizeof shown, "%zu", i);
    return go_into(self, (edo_str){ shown, (size_t)n });
}

static void fault_finder_add(fault_finder *self, const char *wants) {
    edo_str path = { self->path, self->path_n };
    edoi_fault_add(self->out, EDO_IN_BODY, path, edo_str_of(wants));
}

/* The value at `at` is not so: it is skipped. */
static bool fault_finder_wrong(fault_finder *self, const char *wants) {
    fault_finder_add(self, wants);
    return edoi_json_skip(&self->s, self->depth);
}

/* ---- Parts of arrays and objects ------------------------------------------------------------- */

/* `structs` is 1, of an array 0: that is no struct, union or map. */
static bool fault_finder_enter(fault_finder *self, uint32_t structs) {
    if (self->depth == 0 || self->structs < structs) return false;
    self->depth--;
    self->structs -= structs;
    self->s.at++;
    edoi_json_space(&self->s);
    return true;
}

static void fault_finder_leave(fault_finder *self, uint32_t structs) {
    self->depth++;
    self->structs += structs;
}

/* Goes past what stands behind a part; `*more`: another one follows. */
static bool after_part(fault_finder *self, char end, bool *more) {
    edoi_json_space(&self->s);
    char c = edoi_json_peek(&self->s);
    *more = c == ',';
    if (!*more && c != end) return false;
    self->s.at++;
    if (*more) edoi_json_space(&self->s);
    return true;
}

/* Is there no part at all? Then goes past the end. */
static bool is_empty(fault_finder *self, char end) {
    if (edoi_json_peek(&self->s) != end) return false;
    self->s.at++;
    return true;
}

/* The name of a member, without escapes, which lives until the next element is decoded. */
static bool take_name(fault_finder *self, edo_str *name) {
    bool has_escapes;
    if (edoi_json_peek(&self->s) != '"') return false;
    if (!edoi_json_string(&self->s, name, &has_escapes)) return false;
    if (has_escapes) {
        char *copy = edo_arena_text(&self->scratch, name->len);
        if (!copy) return false;
        name->len = (size_t)(edoi_json_unescape(copy, *name) - copy);
        name->ptr = copy;
    }
    return edoi_json_colon(&self->s);
}

/* ---- Structs and unions ---------------------------------------------------------------------- */

static bool visit_member(fault_finder *self, const edo_desc *desc, uint64_t *seen) {
    edo_str name;
    if (!take_name(self, &name)) return false;
    const edo_field *f = edoi_field_named(desc, desc->fields, name);
    size_t before = f ? go_into_field(self, f) : go_into_member(self, name);
    bool is_json = true;
    if (f) {
        size_t i = (size_t)(f - desc->fields);
        bool is_null = edoi_field_is_optional(f) && edoi_json_peek(&self->s) == 'n';
        uint64_t bit = UINT64_C(1) << (i % 64);
        seen[i / 64] = is_null ? seen[i / 64] & ~bit : seen[i / 64] | bit;
        is_json = fault_finder_visit_field(self, f);
    } else {
        if (self->refuses_unknown) fault_finder_add(self, "is not known");
        is_json = edoi_json_skip(&self->s, self->depth);
    }
    self->path_n = before;
    return is_json;
}

static void add_missing(fault_finder *self, const edo_desc *desc, const uint64_t *seen) {
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        if (edoi_may_be_missing(f, EDOI_SOURCE_WRITES) || (seen[i / 64] >> (i % 64) & 1)) continue;
        size_t before = go_into_field(self, f);
        fault_finder_add(self, "is missing");
        self->path_n = before;
    }
}

static bool fault_finder_visit_struct(fault_finder *self, const edo_desc *desc) {
    uint64_t seen[SEEN_WORDS] = { 0 };
    if (edoi_json_peek(&self->s) != '{') return fault_finder_wrong(self, "must be an object");
    if (desc->fields_n > SEEN_WORDS * 64 || !fault_finder_enter(self, 1)) return false;
    for (bool more = !is_empty(self, '}'); more;)
        if (!visit_member(self, desc, seen) || !after_part(self, '}', &more)) return false;
    fault_finder_leave(self, 1);
    add_missing(self, desc, seen);
    return true;
}

/* The union that begins at `from`, and was entered, is not so: it is skipped as a whole. */
static bool wrong_union(fault_finder *self, const char *from, const char *wants) {
    fault_finder_leave(self, 1);
    self->s.at = from;
    return fault_finder_wrong(self, wants);
}

static EDOI_NOINLINE bool wrong_variant(fault_finder *self, const char *from,
                                        const edo_desc *desc) {
    char wants[EDOI_WANTS_MAX];
    edoi_name_wants(wants, desc);
    return wrong_union(self, from, wants);
}

/* {"name": value} */
static bool fault_finder_visit_union(fault_finder *self, const edo_field *f) {
    const char *from = self->s.at;
    edo_str name = EDO_STR("");
    if (!fault_finder_enter(self, 1)) return false;
    if (edoi_json_peek(&self->s) == '}') return wrong_variant(self, from, f->desc);
    if (!take_name(self, &name)) return false;
    const edo_field *variant = edoi_field_named(f->desc, f->desc->fields, name);
    if (!variant || variant->kind == EDO_VALUE_UNIT) return wrong_variant(self, from, f->desc);
    size_t before = go_into_field(self, variant);
    bool is_json = fault_finder_visit_field(self, variant), more = false;
    self->path_n = before;
    if (!is_json || !after_part(self, '}', &more)) return false;
    if (more) return wrong_union(self, from, "must have one member");
    fault_finder_leave(self, 1);
    return true;
}

/* ---- Elements -------------------------------------------------------------------------------- */

static EDOI_NOINLINE bool visit_leaf(fault_finder *self, const edo_field *f) {
    char wants[EDOI_WANTS_MAX];
    void *element = edo_arena_alloc(&self->scratch, f->size);
    if (!element) return false;
    memset(element, 0, f->size);
    const edo_json_opts o = { .arena = &self->scratch, .depth_max = self->depth, .borrows = true };
    int err = edoi_json_decode_element(element, f, &self->s, &o, wants);
    edo_arena_reset(&self->scratch);
    return err == 0 || (err == -EDO_EJSON && wants[0] && fault_finder_wrong(self, wants));
}

static bool fault_finder_visit_element(fault_finder *self, const edo_field *f) {
    if (self->out->is_cut) return edoi_json_skip(&self->s, self->depth); // it may still be no JSON
    bool is_described = f->kind == EDO_VALUE_DESCRIBED;
    if (is_described && f->desc->form == EDO_DESC_UNION && edoi_json_peek(&self->s) == '{')
        return fault_finder_visit_union(self, f);
    if (!is_described || f->desc->form != EDO_DESC_STRUCT) return visit_leaf(self, f);
    return fault_finder_visit_struct(self, f->desc);
}

static bool visit_entry(fault_finder *self, const edo_field *f) {
    const edo_field *name = f->desc->fields, *value = name + 1;
    const char *from = self->s.at;
    if (edoi_json_peek(&self->s) != '"' || !visit_leaf(self, name)) return false;
    edo_str raw = { from + 1, (size_t)(self->s.at - from) - 2 };
    if (!edoi_json_colon(&self->s)) return false;
    size_t before = go_into_member(self, name->secret ? EDO_STR("***") : raw);
    bool is_json = fault_finder_visit_field(self, value);
    self->path_n = before;
    return is_json;
}

static EDOI_NOINLINE void fault_finder_check_count(fault_finder *self, const edo_field *f,
                                                   size_t n) {
    char wants[EDOI_WANTS_MAX];
    uint32_t most = edoi_field_most(f);
    bool is_fixed = f->shape == EDO_SHAPE_FIXED;
    if (is_fixed ? n != f->n : f->shape == EDO_SHAPE_UPTO && n > most) {
        (void)snprintf(wants, sizeof wants, "must have %s %u element%s",
                       is_fixed ? "exactly" : "at most", most, most == 1 ? "" : "s");
        fault_finder_add(self, wants);
    } else if (!is_fixed && edoi_count_wants(wants, f, n)) {
        fault_finder_add(self, wants);
    }
}

static bool visit_array(fault_finder *self, const edo_field *f) {
    bool is_map = edoi_field_is_map(f), more;
    char begin = is_map ? '{' : '[', end = is_map ? '}' : ']';
    if (edoi_json_peek(&self->s) != begin)
        return fault_finder_wrong(self, is_map ? "must be an object" : "must be an array");
    if (!fault_finder_enter(self, is_map)) return false;
    size_t i = 0;
    for (more = !is_empty(self, end); more; i++) {
        size_t before = is_map ? self->path_n : go_into_element(self, i);
        if (!(is_map ? visit_entry(self, f) : fault_finder_visit_element(self, f))) return false;
        self->path_n = before;
        if (!after_part(self, end, &more)) return false;
    }
    fault_finder_leave(self, is_map);
    fault_finder_check_count(self, f, i);
    return true;
}

static bool fault_finder_visit_field(fault_finder *self, const edo_field *f) {
    if (self->out->is_cut) return edoi_json_skip(&self->s, self->depth);
    if (edoi_field_is_optional(f) && edoi_json_peek(&self->s) == 'n')
        return edoi_json_word(&self->s, "null", 4);
    bool is_one = f->shape == EDO_SHAPE_ONE || f->shape == EDO_SHAPE_PTR;
    return is_one ? fault_finder_visit_element(self, f) : visit_array(self, f);
}

void edoi_json_find_faults(const edo_desc *desc, const edoi_json_scan *s, const edo_json_opts *o) {
    const edo_field whole = { .kind = EDO_VALUE_DESCRIBED, .size = desc->size, .desc = desc };
    fault_finder self = { .s = *s,
                          .out = o->faults,
                          .depth = o->depth_max,
                          .structs = EDO_VALUE_DEPTH_MAX,
                          .refuses_unknown = o->refuses_unknown };
    edoi_json_space(&self.s);
    bool is_json = fault_finder_visit_element(&self, &whole) && edoi_json_end(&self.s);
    edo_arena_deinit(&self.scratch);
    if (!is_json) *o->faults = (edo_faults){ .arena = o->faults->arena, .max = o->faults->max };
}
