/* SPDX-License-Identifier: MIT */
/* value/visit.c: walks over a described value. See edo_visit(). */
#include <edo/error.h>
#include <edo/value.h>

typedef struct visit {
    const edo_visitor_ops *ops;
    void *arg;
    int depth; /* left */
} visit;

static int visit_field(visit *w, const edo_field *f, const void *value);

static int enter(visit *w, const edo_field *f, edo_visit_what what, size_t n) {
    if (w->depth == 0) return edo_fail(-EDO_EVALUE, "must not be nested this deep");
    int result = w->ops->enter ? w->ops->enter(w->arg, f, what, n) : 0;
    if (result == 0) w->depth--;
    return result;
}

/* `result`: of what was entered. */
static int leave(visit *w, const edo_field *f, edo_visit_what what, int result) {
    w->depth++;
    return result == 0 && w->ops->leave ? w->ops->leave(w->arg, f, what) : result;
}

static int visit_single(visit *w, const edo_field *f, const void *element) {
    return w->ops->element ? w->ops->element(w->arg, f, element) : 0;
}

static int visit_struct(visit *w, const edo_field *f, const edo_desc *desc, const void *value) {
    int result = enter(w, f, EDO_VISIT_STRUCT, desc->fields_n);
    if (result) return result == EDO_VISIT_SKIP ? 0 : result;
    for (uint32_t i = 0; i < desc->fields_n && result == 0; i++) {
        if (!desc->fields[i].skip) result = visit_field(w, &desc->fields[i], value);
    }
    return leave(w, f, EDO_VISIT_STRUCT, result);
}

static int visit_union(visit *w, const edo_field *f, const edo_desc *desc, const void *value) {
    const edo_field *variant = edo_desc_variant(desc, value, 0);
    if (!variant) return edo_fail(-EDO_EVALUE, "the tag of a %s has no description", desc->name);
    int result = enter(w, f, EDO_VISIT_UNION, 1);
    if (result) return result == EDO_VISIT_SKIP ? 0 : result;
    result = variant->kind == EDO_VALUE_UNIT ? visit_single(w, variant, value)
                                             : visit_field(w, variant, value);
    return leave(w, f, EDO_VISIT_UNION, result);
}

static int visit_element(visit *w, const edo_field *f, const void *element) {
    if (f->kind != EDO_VALUE_DESCRIBED || f->desc->form == EDO_DESC_ENUM) {
        return visit_single(w, f, element);
    }
    return f->desc->form == EDO_DESC_UNION ? visit_union(w, f, f->desc, element)
                                           : visit_struct(w, f, f->desc, element);
}

static int visit_list(visit *w, const edo_field *f, const char *first, size_t n) {
    bool is_plain = f->kind <= EDO_VALUE_F64 || f->kind == EDO_VALUE_DURATION;
    int result = enter(w, f, EDO_VISIT_LIST, n);
    if (result) return result == EDO_VISIT_SKIP ? 0 : result;
    if (is_plain && w->ops->slice) {
        if (n) result = w->ops->slice(w->arg, f, first, n);
    } else {
        for (size_t i = 0; i < n && result == 0; i++) {
            result = visit_element(w, f, first + i * f->size);
        }
    }
    return leave(w, f, EDO_VISIT_LIST, result);
}

static int visit_field(visit *w, const edo_field *f, const void *value) {
    size_t n;
    const void *first = edo_field_elements(f, value, &n);
    bool is_single = f->shape == EDO_SHAPE_ONE || f->shape == EDO_SHAPE_PTR;
    if (n == 0 && (is_single || f->optional)) return 0;
    return is_single ? visit_element(w, f, first) : visit_list(w, f, first, n);
}

int edo_visit(const void *value, const edo_desc *desc, const edo_visitor_ops *ops, void *arg) {
    visit w = { .ops = ops, .arg = arg, .depth = EDO_VALUE_DEPTH_MAX };
    const edo_field whole = {
        .kind = EDO_VALUE_DESCRIBED, .shape = EDO_SHAPE_ONE, .size = desc->size, .desc = desc
    };
    if (desc->form == EDO_DESC_STRUCT) return visit_struct(&w, NULL, desc, value);
    if (desc->form == EDO_DESC_UNION) return visit_union(&w, NULL, desc, value);
    return visit_single(&w, &whole, value);
}
