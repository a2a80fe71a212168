/* SPDX-License-Identifier: MIT */
/* value/validate/validate.c: checks a whole value. See edo_value_check(). */
#include "value/elements.h"
#include "value/validate/check.h"
#include "value/validate/path.h"

#include <edo/error.h>

typedef struct checking {
    edo_value_check_fn *fn; /* may be NULL */
    void *arg;
    int result;
    int depth; /* left */
    edoi_path path;
    char wants[EDOI_WANTS_MAX];
} checking;

static void check_struct(checking *c, const void *value, const edo_desc *desc);
static void check_field(checking *c, const void *value, const edo_field *f);

static void fails(checking *c) {
    if (c->fn) c->fn(c->arg, c->path.text, c->wants);
    if (c->result == 0) {
        c->result = edo_fail(-EDO_EVALUE, "\"%s\" %s", c->path.text, c->wants);
    }
}

static void check_element(checking *c, const edo_field *f, const void *element) {
    if (edoi_element_wants(c->wants, f, element)) {
        fails(c);
        return;
    }
    if (f->kind != EDO_VALUE_DESCRIBED || f->desc->form == EDO_DESC_ENUM) return;
    if (c->depth == 0) {
        (void)snprintf(c->wants, sizeof c->wants, "must not be nested this deep");
        fails(c);
        return;
    }
    c->depth--;
    if (f->desc->form == EDO_DESC_UNION) {
        const edo_field *variant = edo_desc_variant(f->desc, element, f->size);
        if (variant->kind != EDO_VALUE_UNIT) check_field(c, element, variant);
    } else {
        check_struct(c, element, f->desc);
    }
    c->depth++;
}

static void check_field(checking *c, const void *value, const edo_field *f) {
    size_t n, before = c->path.n;
    const void *first = edo_field_elements(f, value, &n);
    bool is_list = f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO;
    edoi_path_name(&c->path, edo_field_name(f));
    if (is_list && (n || !edoi_field_is_optional(f)) && edoi_count_wants(c->wants, f, n)) {
        fails(c);
        if (f->shape == EDO_SHAPE_UPTO && n > f->n) n = f->n;
    }
    if (f->shape == EDO_SHAPE_PTR && n == 0 && !edoi_field_is_optional(f)) {
        (void)snprintf(c->wants, sizeof c->wants, "is missing");
        fails(c);
    }
    for (size_t i = 0; i < n; i++) {
        size_t field = c->path.n;
        if (is_list || f->shape == EDO_SHAPE_FIXED) edoi_path_index(&c->path, i);
        check_element(c, f, (const char *)first + i * f->size);
        edoi_path_cut(&c->path, field);
    }
    edoi_path_cut(&c->path, before);
}

static void check_struct(checking *c, const void *value, const edo_desc *desc) {
    for (const edo_field *f = desc->fields; f < desc->fields + desc->fields_n; f++) {
        if (!f->skip) check_field(c, value, f);
    }
}

int edo_value_check(const void *value, const edo_desc *desc, edo_value_check_fn *fn, void *arg) {
    checking c = { .fn = fn, .arg = arg, .depth = EDO_VALUE_DEPTH_MAX };
    const edo_field whole = { .kind = EDO_VALUE_DESCRIBED, .size = desc->size, .desc = desc };
    check_element(&c, &whole, value);
    return c.result;
}
