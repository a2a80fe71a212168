/* SPDX-License-Identifier: MIT */
/* value/visit.c: walks over a described value. See edo_visit(). */
#include "value/elements.h"
#include "value/validate/check.h"

#include <edo/error.h>

typedef struct visit {
    const edo_visitor_ops *ops;
    void *arg;
    int depth; /* left; a list does not count, since what lies in it does */
} visit;

static int value_visit_field(visit *w, const edo_field *f, const void *value);

static int visit_enter(visit *w, const edo_field *f, edo_visit_what what, size_t n) {
    const bool counts = what != EDO_VISIT_LIST;
    if (counts && w->depth == 0) return edo_fail(-EDO_EVALUE, "must not be nested this deep");
    int result = w->ops->enter ? w->ops->enter(w->arg, f, what, n) : 0;
    if (result == 0 && counts) w->depth--;
    return result;
}

/* `result`: of what was entered. */
static int visit_leave(visit *w, const edo_field *f, edo_visit_what what, int result) {
    w->depth += what != EDO_VISIT_LIST;
    return result == 0 && w->ops->leave ? w->ops->leave(w->arg, f, what) : result;
}

static int visit_single(visit *w, const edo_field *f, const void *element) {
    return w->ops->element ? w->ops->element(w->arg, f, element) : 0;
}

static int value_visit_struct(visit *w, const edo_field *f, const edo_desc *desc,
                              const void *value) {
    int result = visit_enter(w, f, EDO_VISIT_STRUCT, desc->fields_n);
    if (result) return result == EDO_VISIT_SKIP ? 0 : result;
    for (uint32_t i = 0; i < desc->fields_n && result == 0; i++) {
        if (!desc->fields[i].skip) result = value_visit_field(w, &desc->fields[i], value);
    }
    return visit_leave(w, f, EDO_VISIT_STRUCT, result);
}

static int value_visit_union(visit *w, const edo_field *f, const edo_desc *desc,
                             const void *value) {
    const edo_field *variant = edo_desc_variant(desc, value, 0);
    if (!variant) return edo_fail(-EDO_EVALUE, "the tag of a %s has no description", desc->name);
    int result = visit_enter(w, f, EDO_VISIT_UNION, 1);
    if (result) return result == EDO_VISIT_SKIP ? 0 : result;
    result = variant->kind == EDO_VALUE_UNIT ? visit_single(w, variant, value)
                                             : value_visit_field(w, variant, value);
    return visit_leave(w, f, EDO_VISIT_UNION, result);
}

static int value_visit_element(visit *w, const edo_field *f, const void *element) {
    if (f->kind != EDO_VALUE_DESCRIBED || f->desc->form == EDO_DESC_ENUM) {
        return visit_single(w, f, element);
    }
    return f->desc->form == EDO_DESC_UNION ? value_visit_union(w, f, f->desc, element)
                                           : value_visit_struct(w, f, f->desc, element);
}

static int visit_map(visit *w, const edo_field *f, const char *first, size_t n) {
    const edo_field *name = f->desc->fields, *value = name + 1;
    int result = visit_enter(w, f, EDO_VISIT_MAP, n);
    if (result) return result == EDO_VISIT_SKIP ? 0 : result;
    for (size_t i = 0; i < n && result == 0; i++, first += f->size) {
        edo_str text = edoi_element_str(name, edoi_field_at_const(name, first));
        if (w->ops->entry) result = w->ops->entry(w->arg, f, text);
        if (result == 0) result = value_visit_field(w, value, first);
    }
    return visit_leave(w, f, EDO_VISIT_MAP, result);
}

static int visit_list(visit *w, const edo_field *f, const char *first, size_t n) {
    bool is_plain = f->kind <= EDO_VALUE_F64 || f->kind == EDO_VALUE_DURATION;
    if (edoi_field_is_map(f)) return visit_map(w, f, first, n);
    int result = visit_enter(w, f, EDO_VISIT_LIST, n);
    if (result) return result == EDO_VISIT_SKIP ? 0 : result;
    if (is_plain && w->ops->slice) {
        if (n) result = w->ops->slice(w->arg, f, first, n);
    } else {
        for (size_t i = 0; i < n && result == 0; i++) {
            result = value_visit_element(w, f, first + i * f->size);
        }
    }
    return visit_leave(w, f, EDO_VISIT_LIST, result);
}

static int value_visit_field(visit *w, const edo_field *f, const void *value) {
    size_t n;
    const void *first = edo_field_elements(f, value, &n);
    bool is_single = f->shape == EDO_SHAPE_ONE || f->shape == EDO_SHAPE_PTR;
    if (n == 0 && (is_single || edoi_field_is_optional(f))) return 0;
    return is_single ? value_visit_element(w, f, first) : visit_list(w, f, first, n);
}

int edo_visit_value(const edo_value *v, const edo_visitor_ops *ops, void *arg) {
    visit w = { .ops = ops, .arg = arg, .depth = EDO_VALUE_DEPTH_MAX };
    const edo_field whole = { .key = ",\"\":",
                              .kind = v->kind,
                              .shape = EDO_SHAPE_ONE,
                              .size = v->size,
                              .desc = v->desc,
                              .secret = v->secret };
    const edo_field *f = v->secret ? &whole : NULL; // one that is entered has no field otherwise
    bool is_entered = v->kind == EDO_VALUE_DESCRIBED && v->desc->form != EDO_DESC_ENUM;
    if (!is_entered) return visit_single(&w, &whole, v->at);
    return v->desc->form == EDO_DESC_STRUCT ? value_visit_struct(&w, f, v->desc, v->at)
                                            : value_visit_union(&w, f, v->desc, v->at);
}

int edo_visit(const void *value, const edo_desc *desc, const edo_visitor_ops *ops, void *arg) {
    const edo_value v = edoi_value_of(value, desc, desc->size, EDO_VALUE_DESCRIBED);
    return edo_visit_value(&v, ops, arg);
}
