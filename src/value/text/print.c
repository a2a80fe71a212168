/* SPDX-License-Identifier: MIT */
/* value/text/print.c: a value as text for people, see edo_value_print(), or as JSON: print.h. */
#include "value/text/print.h"

#include "base/error/escape.h"

#include <edo/error.h>
#include <edo/value.h>

/* Structs, unions and maps, with a list in each. */
#define LEVELS_MAX (2 * EDO_VALUE_DEPTH_MAX)

typedef struct printing {
    edo_buf *out;
    bool is_json;
    bool is_first;                       /* of what was entered last */
    bool has_name;                       /* that of an entry, whose value follows */
    int depth;                           /* of what was entered */
    uint64_t lists[LEVELS_MAX / 64 + 1]; /* bit n: level n is a list or map */
} printing;

static int printing_append(printing *p, const char *text) {
    return edo_buf_append(p->out, text, strlen(text));
}

static const char *printing_secret(const printing *p) {
    return p->is_json ? "\"***\"" : "***";
}

static int printing_none(printing *p) {
    return printing_append(p, p->is_json ? "null" : "none");
}

static bool is_in_list(const printing *p) {
    return p->lists[p->depth / 64] >> p->depth % 64 & 1;
}

static int comma(printing *p) {
    int err = p->is_first || p->depth == 0 ? 0 : printing_append(p, p->is_json ? "," : ", ");
    p->is_first = false;
    return err;
}

/* What stands before a value: a comma, and in a struct or union its name. */
static int printing_begin(printing *p, const edo_field *f) {
    if (p->has_name) return p->has_name = false, 0;
    int err = comma(p);
    if (err < 0 || p->depth == 0 || is_in_list(p)) return err;
    if (f->kind == EDO_VALUE_UNIT && !p->is_json) return err;
    if (p->is_json) err = printing_append(p, "\"");
    if (err == 0) err = edo_buf_append(p->out, edo_field_name(f).ptr, f->name_len);
    return err < 0 ? err : printing_append(p, p->is_json ? "\":" : ": ");
}

static int value_print_enter(void *arg, const edo_field *f, edo_visit_what what, size_t n) {
    printing *p = arg;
    (void)n;
    int err = f ? printing_begin(p, f) : 0;
    if (err < 0) return err;
    if (f && f->secret) {
        err = printing_append(p, printing_secret(p));
        return err < 0 ? err : EDO_VISIT_SKIP;
    }
    p->depth++;
    p->is_first = true;
    uint64_t bit = UINT64_C(1) << p->depth % 64;
    uint64_t *lists = &p->lists[p->depth / 64];
    bool is_unnamed = what == EDO_VISIT_LIST || what == EDO_VISIT_MAP;
    *lists = is_unnamed ? *lists | bit : *lists & ~bit;
    return printing_append(p, what == EDO_VISIT_LIST ? "[" : p->is_json ? "{" : "{ ");
}

static int value_print_leave(void *arg, const edo_field *f, edo_visit_what what) {
    printing *p = arg;
    (void)f;
    p->depth--;
    p->is_first = false;
    int err = p->has_name ? printing_none(p) : 0; // a last entry without a value
    p->has_name = false;
    return err < 0 ? err
                   : printing_append(p, what == EDO_VISIT_LIST ? "]"
                                        : p->is_json           ? "}"
                                                               : " }");
}

static int append_quoted(printing *p, edo_str text) {
    int err = printing_append(p, "\"");
    while (text.len && err == 0) {
        char escaped[EDOI_ESCAPE_ONE_MAX];
        size_t took = edoi_escape_plain(text.ptr, text.len);
        if (took) {
            err = edo_buf_append(p->out, text.ptr, took);
        } else {
            edoi_escape form = p->is_json ? EDOI_ESCAPE_JSON : EDOI_ESCAPE_QUOTED;
            size_t n = edoi_escape_one(escaped, text.ptr, text.len, form, &took);
            err = edo_buf_append(p->out, escaped, n);
        }
        text = (edo_str){ text.ptr + took, text.len - took };
    }
    return err < 0 ? err : printing_append(p, "\"");
}

static int entry(void *arg, const edo_field *f, edo_str name) {
    printing *p = arg;
    if (p->has_name) { // that of an entry without a value
        int err = printing_none(p);
        if (err < 0) return err;
    }
    int err = comma(p);
    bool is_secret = f->desc->fields[0].secret;
    if (err == 0) err = is_secret ? printing_append(p, printing_secret(p)) : append_quoted(p, name);
    if (err == 0) err = printing_append(p, p->is_json ? ":" : ": ");
    p->has_name = true;
    return err;
}

/* Numbers and bools are such in JSON, too; all else is a text there. */
static int append_other(printing *p, const edo_field *f, const void *at) {
    size_t before = p->out->len;
    bool is_quoted = p->is_json && f->kind > EDO_VALUE_F64;
    int err = is_quoted ? printing_append(p, "\"") : 0;
    if (err == 0) err = edo_value_text(p->out, f, at);
    if (err == 0 && is_quoted) err = printing_append(p, "\"");
    bool is_odd = err == 0 && p->is_json && !is_quoted && // infinite, or no number
                  memchr(p->out->ptr + before, 'n', p->out->len - before);
    if (is_odd) p->out->len = before;
    return is_odd ? printing_none(p) : err;
}

static int element(void *arg, const edo_field *f, const void *at) {
    printing *p = arg;
    int err = printing_begin(p, f);
    if (err < 0) return err;
    if (f->secret) return printing_append(p, printing_secret(p));
    if (f->kind == EDO_VALUE_UNIT && p->is_json) return printing_none(p);
    if (f->kind == EDO_VALUE_STR) return append_quoted(p, *(const edo_str *)at);
    if (f->kind == EDO_VALUE_TEXT) {
        const char *text = *(const char *const *)at;
        return text ? append_quoted(p, edo_str_of(text)) : printing_none(p);
    }
    if (f->kind == EDO_VALUE_CHARS) return append_quoted(p, (edo_str){ at, strnlen(at, f->size) });
    if (f->kind == EDO_VALUE_WALL) { // whatever it is: people look at what is wrong, too
        char text[EDO_WALL_TEXT_MAX];
        const edo_str wall = { text, edo_wall_print(text, *(const edo_wall *)at) };
        return p->is_json ? append_quoted(p, wall) : edo_buf_append(p->out, wall.ptr, wall.len);
    }
    return append_other(p, f, at);
}

static int print_value(edo_buf *out, const edo_value *v, bool is_json) {
    static const edo_visitor_ops ops = {
        .enter = value_print_enter, .leave = value_print_leave, .element = element, .entry = entry
    };
    printing p = { .out = out, .is_json = is_json, .is_first = true };
    return edo_visit_value(v, &ops, &p);
}

int edo_print_value(edo_buf *out, const edo_value *v) {
    return print_value(out, v, false);
}

int edoi_value_print_json(edo_buf *out, const void *value, const edo_desc *desc) {
    const edo_value v = edoi_value_of(value, desc, desc->size, EDO_VALUE_DESCRIBED);
    return print_value(out, &v, true);
}

int edo_value_print(edo_buf *out, const void *value, const edo_desc *desc) {
    const edo_value v = edoi_value_of(value, desc, desc->size, EDO_VALUE_DESCRIBED);
    return edo_print_value(out, &v);
}
