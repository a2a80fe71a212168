/* SPDX-License-Identifier: MIT */
/* web/openapi/schema.c: describes structs by JSON Schema.
 *
 * A described struct, enum or union has a schema of its own, to which fields refer; so one may
 * contain itself. Schemas are named for the types; a second type of one name gets a number. A type
 * with secrets has a schema for responses, too, without these. */
#include "base/assert.h"
#include "value/elements.h"
#include "value/memory.h"
#include "value/text/wall.h"
#include "web/openapi/openapi.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHARACTER_BYTES_MAX 4u
#define NAME_BYTES          160u

/* ---- Names ----------------------------------------------------------------------------------- */

static size_t openapi_count(const edoi_openapi *o) {
    return o->schemas.list.len / sizeof(edoi_schema);
}

static edoi_schema at(const edoi_openapi *o, size_t i) {
    return ((const edoi_schema *)(const void *)o->schemas.list.ptr)[i];
}

/* Returns the place of a description's schema, as it is here, which is added if it is new. */
static size_t openapi_place_of(edoi_openapi *o, const edo_desc *desc) {
    const size_t n = openapi_count(o);
    const edoi_schema s = { desc, o->in_reply && edoi_openapi_withholds(o, desc) };
    for (size_t i = 0; i < n; i++)
        if (at(o, i).desc == desc && at(o, i).is_reply == s.is_reply) return i;
    if (o->err == 0)
        o->err = n < EDOI_SCHEMAS_MAX ? edo_buf_append(&o->schemas.list, &s, sizeof s) : -EINVAL;
    return n;
}

/* Writes the name of a schema without its number. */
static void openapi_plain_name(edoi_schema s, char name[NAME_BYTES]) {
    (void)snprintf(name, NAME_BYTES - 12, "%s%s", s.desc->name, s.is_reply ? "_reply" : "");
}

/* Writes the name of a schema: bytes that it may not have become '_'. */
static void openapi_name_of(const edoi_openapi *o, size_t place, char name[NAME_BYTES]) {
    char other[NAME_BYTES];
    unsigned number = 1;
    EDO_ASSERT(place < openapi_count(o));
    openapi_plain_name(at(o, place), name);
    for (size_t i = 0; i < place; i++) {
        openapi_plain_name(at(o, i), other);
        number += strcmp(other, name) == 0;
    }
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if (!memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", name[i],
                    65))
            name[i] = '_';
    if (number > 1) (void)snprintf(name + len, 12, "_%u", number);
}

void edoi_openapi_ref(edoi_openapi *o, const edo_desc *desc) {
    char name[NAME_BYTES], text[NAME_BYTES + 32];
    size_t place = openapi_place_of(o, desc);
    if (o->err < 0) return;
    openapi_name_of(o, place, name);
    (void)snprintf(text, sizeof text, "#/components/schemas/%s", name);
    edoi_openapi_begin(o);
    edoi_openapi_put(o, "$ref", text);
    edoi_openapi_end(o);
}

/* ---- Patterns -------------------------------------------------------------------------------- */

/* Is an absent field written as zero? (edo_field_elements() knows which fields can be absent.) Then
 * zero has to fit its schema, whatever the limits of a value. */
static bool may_be_zero(const edo_field *f) {
    bool is_seen = f->has_at || f->shape != EDO_SHAPE_ONE || f->kind == EDO_VALUE_STR ||
                   f->kind == EDO_VALUE_TEXT || f->kind == EDO_VALUE_BYTES ||
                   f->kind == EDO_VALUE_WALL;
    return f->optional && !is_seen;
}

/* A pattern in the form of ECMA-262, with its flag "u", which schemas have. */
typedef struct pattern_writer {
    edo_buf *out;
    bool in_class;
    int err;
} pattern_writer;

static void pattern_put(pattern_writer *w, const char *text, size_t n) {
    if (w->err == 0) w->err = edo_buf_append(w->out, text, n);
}

/* A byte that means itself. */
static void pattern_put_plain(pattern_writer *w, char c) {
    if (strchr(w->in_class ? "\\[]^-" : "\\[]^$.*+?(){}|", c)) pattern_put(w, "\\", 1);
    pattern_put(w, &c, 1);
}

/* What a \ stands before. There \s has blanks beyond ASCII, and \D, \S and \W a meaning. */
static void pattern_put_escape(pattern_writer *w, char c) {
    static const char blanks[] = "[ \\t-\\r]";
    if (c == 'd' || c == 'w')
        pattern_put(w, (char[]){ '\\', c }, 2);
    else if (c == 's')
        pattern_put(w, blanks + w->in_class, sizeof blanks - 1 - 2 * (size_t)w->in_class);
    else
        pattern_put_plain(w, c);
}

/* Takes the beginning of a class, and a ] that comes first, which means itself. Returns its last
 * byte. */
static const char *pattern_put_class(pattern_writer *w, const char *p) {
    size_t n = p[1] == '^' ? 2 : 1;
    pattern_put(w, p, n);
    w->in_class = true;
    if (p[n] == ']') pattern_put_plain(w, p[n++]);
    return p + n - 1;
}

/* Appends the pattern, which is for the whole text. */
static int convert(edo_buf *out, const char *p, bool may_be_empty) {
    static const char any[] = "[\\s\\S]"; // a . is no end of a line there
    pattern_writer w = { .out = out };
    pattern_put(&w, "^(?:", 4);
    for (; *p && w.err == 0; p++) {
        if (*p == '\\' && p[1]) {
            pattern_put_escape(&w, *++p);
        } else if (w.in_class) {
            w.in_class = *p != ']';
            pattern_put(&w, *p == '[' ? "\\[" : p, *p == '[' ? 2 : 1);
        } else if (*p == '[') {
            p = pattern_put_class(&w, p);
        } else if (*p == '.') {
            pattern_put(&w, any, sizeof any - 1);
        } else if (strchr("?*+|", *p)) {
            pattern_put(&w, p, 1);
        } else {
            pattern_put_plain(&w, *p);
        }
    }
    pattern_put(&w, may_be_empty ? ")?$" : ")$", may_be_empty ? 3 : 2);
    return w.err;
}

static void put_pattern(edoi_openapi *o, const edo_field *f) {
    edo_buf text = { 0 };
    if (!f->pattern || o->err < 0) return;
    o->err = convert(&text, f->pattern, may_be_zero(f));
    edoi_openapi_name(o, "pattern");
    edoi_openapi_text(o, (edo_str){ text.ptr, text.len });
    edo_buf_deinit(&text);
}

/* ---- Values ---------------------------------------------------------------------------------- */

static void put_int(edoi_openapi *o, const char *name, int64_t n) {
    edoi_openapi_name(o, name);
    edoi_openapi_int(o, n);
}

static bool is_int(const edo_field *f) {
    return f->kind >= EDO_VALUE_I8 && f->kind <= EDO_VALUE_U64;
}

static bool is_float(const edo_field *f) {
    return f->kind == EDO_VALUE_F32 || f->kind == EDO_VALUE_F64;
}

/* Writes the range of the type, where the description has no narrower one. */
static void put_range(edoi_openapi *o, const edo_field *f) {
    static const struct {
        int64_t min, max;
    } types[] = {
        [EDO_VALUE_I8] = { INT8_MIN, INT8_MAX },    [EDO_VALUE_I16] = { INT16_MIN, INT16_MAX },
        [EDO_VALUE_I32] = { INT32_MIN, INT32_MAX }, [EDO_VALUE_I64] = { INT64_MIN, INT64_MAX },
        [EDO_VALUE_U8] = { 0, UINT8_MAX },          [EDO_VALUE_U16] = { 0, UINT16_MAX },
        [EDO_VALUE_U32] = { 0, UINT32_MAX },        [EDO_VALUE_U64] = { 0, INT64_MAX },
    };
    bool has_range = f->min != 0 || f->max != 0, has_max = has_range && f->max >= f->min;
    int64_t min = f->min, max = f->max;
    if (is_int(f) && (!has_range || min < types[f->kind].min)) min = types[f->kind].min;
    if (is_int(f) && !has_max) max = types[f->kind].max;
    if (may_be_zero(f) && min > 0) min = 0;
    if (may_be_zero(f) && max < 0) max = 0;
    if (has_range || (is_int(f) && min != INT64_MIN)) put_int(o, "minimum", min);
    if (has_max || (is_int(f) && max != INT64_MAX)) put_int(o, "maximum", max);
}

/* Writes the lengths. Bytes become characters: a text of `min_len` bytes has at least a quarter of
 * that. */
static void put_lengths(edoi_openapi *o, const edo_field *f) {
    uint32_t max = f->max_len;
    if (f->shape >= EDO_SHAPE_LIST) return; // they are those of the list
    if (f->kind == EDO_VALUE_CHARS && (max == 0 || max >= f->size)) max = f->size - 1;
    if (f->min_len > 0 && !may_be_zero(f))
        put_int(o, "minLength", (f->min_len + CHARACTER_BYTES_MAX - 1) / CHARACTER_BYTES_MAX);
    if (max > 0) put_int(o, "maxLength", max);
}

static void put_real_preset(edoi_openapi *o, const edo_field *f) {
    double number = 0;
    const edo_field plain = { .kind = EDO_VALUE_F64, .size = sizeof number };
    if (o->err == 0) o->err = edo_value_parse(&number, &plain, edo_str_of(f->preset), NULL);
    if (o->err == 0) o->err = edo_json_writer_double(&o->json, number);
}

/* "5s" of the description is "PT5S" of JSON. */
static void put_duration_preset(edoi_openapi *o, const edo_field *f) {
    char text[EDO_DURATION_TEXT_MAX];
    edo_duration d = { 0 };
    if (o->err == 0) o->err = edo_duration_parse(&d, edo_str_of(f->preset));
    size_t n = edoi_duration_print_iso(text, d);
    edoi_openapi_text(o, (edo_str){ text, n });
}

static void put_preset(edoi_openapi *o, const edo_field *f) {
    double odd;                                      // JSON has no form for it
    if (!f->preset || f->secret || f->sizes) return; // the document is for everybody
    if (edoi_preset_is_odd(f, &odd)) return;
    bool is_true = strchr("ty1", f->preset[0]) != NULL || strcmp(f->preset, "on") == 0;
    edoi_openapi_name(o, "default");
    if (f->kind == EDO_VALUE_BOOL)
        edoi_openapi_bool(o, is_true);
    else if (is_int(f))
        edoi_openapi_int(o, strtoll(f->preset, NULL, 10));
    else if (is_float(f))
        put_real_preset(o, f);
    else if (f->kind == EDO_VALUE_DURATION)
        put_duration_preset(o, f);
    else
        edoi_openapi_text(o, edo_str_of(f->preset));
}

/* Returns the format of a string; NULL: none. */
static const char *format_of(const edo_field *f) {
    if (f->secret) return "password";
    if (f->kind == EDO_VALUE_DURATION) return "duration";
    return f->kind == EDO_VALUE_WALL ? "date-time" : NULL;
}

/* Writes the members of an element's schema that has no description of its own. */
static void put_plain(edoi_openapi *o, const edo_field *f) {
    if (f->kind == EDO_VALUE_BOOL) {
        edoi_openapi_put(o, "type", "boolean");
    } else if (is_int(f) || is_float(f)) {
        edoi_openapi_put(o, "type", is_int(f) ? "integer" : "number");
        put_range(o, f);
    } else {
        edoi_openapi_put(o, "type", "string");
        if (f->kind == EDO_VALUE_BYTES) edoi_openapi_put(o, "contentEncoding", "base64");
        edoi_openapi_put(o, "format", format_of(f));
        if (f->kind <= EDO_VALUE_CHARS) put_lengths(o, f);
        if (f->kind <= EDO_VALUE_CHARS) put_pattern(o, f);
    }
}

static void put_element(edoi_openapi *o, const edo_field *f) {
    if (f->kind == EDO_VALUE_DESCRIBED) {
        edoi_openapi_ref(o, f->desc);
        return;
    }
    edoi_openapi_begin(o);
    put_plain(o, f);
    edoi_openapi_end(o);
}

/* Writes the members of the schema of a list or map. */
static void openapi_put_list(edoi_openapi *o, const edo_field *f) {
    uint32_t min = f->min_len, max = f->max_len;
    if (f->shape == EDO_SHAPE_FIXED) min = max = f->n;
    if (f->shape == EDO_SHAPE_UPTO && (max == 0 || max > f->n)) max = f->n;
    edoi_openapi_put(o, "type", f->map ? "object" : "array");
    edoi_openapi_name(o, f->map ? "additionalProperties" : "items");
    if (!f->map)
        put_element(o, f);
    else if (f->desc->fields_n > 1)
        edoi_openapi_field(o, &f->desc->fields[1]);
    else
        edoi_openapi_bool(o, true);
    if (min > 0) put_int(o, f->map ? "minProperties" : "minItems", min);
    if (max > 0) put_int(o, f->map ? "maxProperties" : "maxItems", max);
}

void edoi_openapi_field(edoi_openapi *o, const edo_field *f) {
    edoi_openapi_begin(o);
    if (!f) {
        edoi_openapi_put(o, "type", "string");
    } else if (f->shape >= EDO_SHAPE_LIST) {
        openapi_put_list(o, f);
    } else if (f->kind == EDO_VALUE_DESCRIBED) {
        edoi_openapi_name(o, "allOf"); // since a `description` stands beside it
        edoi_openapi_begin_list(o);
        edoi_openapi_ref(o, f->desc);
        edoi_openapi_end_list(o);
    } else {
        put_plain(o, f);
    }
    if (f) edoi_openapi_put(o, "description", f->doc);
    if (f && edoi_field_is_withheld(f)) {
        edoi_openapi_name(o, "writeOnly");
        edoi_openapi_bool(o, true);
    }
    if (f && f->shape <= EDO_SHAPE_PTR) put_preset(o, f);
    edoi_openapi_end(o);
}

/* ---- Descriptions ---------------------------------------------------------------------------- */

static bool is_member(const edoi_openapi *o, const edo_field *f, int part) {
    if (o->in_reply && edoi_field_is_withheld(f)) return false;
    return !f->skip && (part < 0 || f->in == part);
}

/* May a response leave it out, since it may be a union whose value is a secret? */
static bool may_be_withheld(const edoi_openapi *o, const edo_field *f) {
    bool may = false;
    if (!o->in_reply || f->kind != EDO_VALUE_DESCRIBED || f->shape > EDO_SHAPE_PTR) return false;
    if (f->desc->form != EDO_DESC_UNION) return false;
    for (uint32_t i = 0; i < f->desc->fields_n; i++)
        may = may || edoi_field_is_withheld(&f->desc->fields[i]);
    return may;
}

static void put_required(edoi_openapi *o, const edo_desc *desc, int part) {
    bool has_some = false;
    const edoi_source source = part < 0 ? EDOI_SOURCE_WRITES : EDOI_SOURCE_OMITS;
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        if (!is_member(o, f, part) || edoi_may_be_missing(f, source)) continue;
        if (may_be_withheld(o, f)) continue;
        if (!has_some) {
            edoi_openapi_name(o, "required");
            edoi_openapi_begin_list(o);
        }
        has_some = true;
        edoi_openapi_text(o, edo_field_name(f));
    }
    if (has_some) edoi_openapi_end_list(o);
}

static void openapi_put_member(edoi_openapi *o, const edo_field *f) {
    if (o->err == 0) o->err = edo_json_writer_name(&o->json, edo_field_name(f));
    edoi_openapi_field(o, f);
}

void edoi_openapi_members(edoi_openapi *o, const edo_desc *desc, int part) {
    edoi_openapi_put(o, "type", "object");
    edoi_openapi_name(o, "properties");
    edoi_openapi_begin(o);
    for (uint32_t i = 0; i < desc->fields_n; i++)
        if (is_member(o, &desc->fields[i], part)) openapi_put_member(o, &desc->fields[i]);
    edoi_openapi_end(o);
    put_required(o, desc, part);
}

/* Writes the names of an enum, or of the variants of a union that have no value. */
static void put_names(edoi_openapi *o, const edo_desc *desc) {
    edoi_openapi_put(o, "type", "string");
    edoi_openapi_name(o, "enum");
    edoi_openapi_begin_list(o);
    for (uint32_t i = 0; i < desc->fields_n; i++)
        if (desc->fields[i].kind == EDO_VALUE_UNIT)
            edoi_openapi_text(o, edo_field_name(&desc->fields[i]));
    edoi_openapi_end_list(o);
}

/* Writes the schema of {"circle": …} without other members. */
static void put_variant(edoi_openapi *o, const edo_field *f) {
    edoi_openapi_begin(o);
    edoi_openapi_put(o, "type", "object");
    edoi_openapi_name(o, "properties");
    edoi_openapi_begin(o);
    openapi_put_member(o, f);
    edoi_openapi_end(o);
    edoi_openapi_name(o, "required");
    edoi_openapi_begin_list(o);
    edoi_openapi_text(o, edo_field_name(f));
    edoi_openapi_end_list(o);
    edoi_openapi_name(o, "additionalProperties");
    edoi_openapi_bool(o, false);
    edoi_openapi_end(o);
}

static void put_union(edoi_openapi *o, const edo_desc *desc) {
    bool has_units = false;
    edoi_openapi_name(o, "oneOf");
    edoi_openapi_begin_list(o);
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        if (desc->fields[i].kind != EDO_VALUE_UNIT && is_member(o, &desc->fields[i], -1))
            put_variant(o, &desc->fields[i]);
        has_units |= desc->fields[i].kind == EDO_VALUE_UNIT;
    }
    if (has_units) {
        edoi_openapi_begin(o);
        put_names(o, desc);
        edoi_openapi_end(o);
    }
    edoi_openapi_end_list(o);
}

static void put_desc(edoi_openapi *o, const edo_desc *desc) {
    edoi_openapi_begin(o);
    if (desc->form == EDO_DESC_STRUCT)
        edoi_openapi_members(o, desc, -1);
    else if (desc->form == EDO_DESC_ENUM)
        put_names(o, desc);
    else
        put_union(o, desc);
    edoi_openapi_end(o);
}

void edoi_openapi_schemas(edoi_openapi *o) {
    char name[NAME_BYTES];
    for (size_t i = 0; i < openapi_count(o) && o->err == 0; i++) {
        openapi_name_of(o, i, name);
        edoi_openapi_name(o, name);
        o->in_reply = at(o, i).is_reply;
        put_desc(o, at(o, i).desc);
    }
}
