/* SPDX-License-Identifier: MIT */
/* value/rows.c: see rows.h. */
#include "value/rows.h"

#include "value/elements.h"
#include "value/memory.h"

#include <edo/error.h>
#include <edo/sql.h>

static bool rows_may_fill(const edo_field *f) {
    return !f->skip && (f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO) &&
           f->kind == EDO_VALUE_DESCRIBED && f->desc->form == EDO_DESC_STRUCT &&
           !edoi_field_is_map(f);
}

/* NULL: there is none, or it is not clear which. */
static const edo_field *rows_list(const edo_desc *desc) {
    const edo_field *found = NULL;
    if (desc->form != EDO_DESC_STRUCT) return NULL;
    for (const edo_field *f = desc->fields; f < desc->fields + desc->fields_n; f++) {
        if (!rows_may_fill(f)) continue;
        if (found) return NULL;
        found = f;
    }
    return found;
}

static void rows_set_empty(const edoi_rows *r) {
    if (r->list->shape == EDO_SHAPE_LIST) edoi_field_set_ptr(r->list, r->value, NULL);
    *edoi_field_count(r->list, r->value) = 0;
}

int edoi_rows_init(edoi_rows *r, void *value, const edo_desc *desc, edo_arena *arena) {
    *r = (edoi_rows){ .value = value, .list = rows_list(desc), .arena = arena };
    if (EDO_MISUSE(!r->list, "rows fill a struct that has one list of structs"))
        return -EDO_EMISUSE;
    r->max = edoi_field_most(r->list);
    if (r->max == 0) r->max = EDO_SQL_ROWS_MAX;
    rows_set_empty(r);
    edoi_field_set_has(r->list, value, true);
    return 0;
}

int edoi_rows_next(const edoi_rows *r, void **row) {
    const edo_field *f = r->list;
    size_t n = *edoi_field_count(f, r->value);
    if (n >= r->max)
        return edo_fail(-EDO_EVALUE, "the query has more than %u rows", (unsigned)r->max);
    int err = f->shape == EDO_SHAPE_LIST ? edoi_value_grow(r->value, f, n, r->arena) : 0;
    if (err < 0) return err;
    char *first =
        f->shape == EDO_SHAPE_LIST ? edoi_field_ptr(f, r->value) : edoi_field_at(f, r->value);
    *row = first + n * f->size;
    return 0;
}

size_t edoi_rows_n(const edoi_rows *r) {
    return *edoi_field_count(r->list, r->value);
}

void edoi_rows_keep(const edoi_rows *r) {
    ++*edoi_field_count(r->list, r->value);
}

int edoi_rows_fail(const edoi_rows *r, int err) {
    return edo_fail(err, "row %zu", *edoi_field_count(r->list, r->value) + 1);
}

void edoi_rows_drop(const edoi_rows *r) {
    if (!r->arena) edoi_field_deinit(r->value, r->list);
    rows_set_empty(r);
    edoi_field_set_has(r->list, r->value, false);
}
