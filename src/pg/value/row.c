/* SPDX-License-Identifier: MIT */
/* pg/value/row.c: see row.h. */
#include "pg/value/row.h"

#include "value/elements.h"
#include "value/memory.h"

#include <edo/error.h>

#include <stdlib.h>

/* ---- Maps ------------------------------------------------------------------------------------ */

static bool map_has(const edoi_pg_map *m, const edo_field *f) {
    for (int i = 0; i < m->n; i++)
        if (m->fields[i] == f) return true;
    return false;
}

static int map_check(edoi_pg_map *m) {
    for (uint32_t i = 0; i < m->desc->fields_n; i++) {
        const edo_field *f = &m->desc->fields[i];
        if (f->skip || map_has(m, f)) continue;
        m->has_presets = m->has_presets || f->preset;
        if (edoi_may_be_missing(f, EDOI_SOURCE_WRITES)) continue;
        return edo_fail(-EDO_EVALUE, "the query has no column \"%.*s\"", (int)f->name_len,
                        f->key + 2);
    }
    return 0;
}

int edoi_pg_map_init(edoi_pg_map *m, const edo_desc *desc, const PGresult *r) {
    int n = PQnfields(r);
    *m = (edoi_pg_map){ .desc = desc };
    m->fields = edoi_calloc((size_t)n + 1, sizeof *m->fields);
    if (!m->fields) return -ENOMEM;
    for (; m->n < n; m->n++) {
        const edo_field *f = edo_desc_find(desc, edo_str_of(PQfname(r, m->n)));
        m->fields[m->n] = f && !map_has(m, f) ? f : NULL;
    }
    int err = map_check(m);
    if (err < 0) edoi_pg_map_deinit(m);
    return err;
}

void edoi_pg_map_deinit(edoi_pg_map *m) {
    edoi_free(m->fields);
    *m = (edoi_pg_map){ .desc = NULL };
}

/* The fields are looked at in the description that is there: it may lie where another one did. */
static bool map_column_fits(const edoi_pg_map *m, const PGresult *r, int column) {
    const edo_field *f = m->fields[column], *first = m->desc->fields;
    const char *name = PQfname(r, column);
    if (!f) return !edo_desc_find(m->desc, edo_str_of(name));
    if (f < first || f >= first + m->desc->fields_n) return false;
    return strncmp(f->key + 2, name, f->name_len) == 0 && name[f->name_len] == '\0';
}

bool edoi_pg_map_fits(const edoi_pg_map *m, const edo_desc *desc, const PGresult *r) {
    if (m->desc != desc || m->n != PQnfields(r)) return false;
    for (int i = 0; i < m->n; i++)
        if (!map_column_fits(m, r, i)) return false;
    return true;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* Fields that have no column, and a preset. */
static int row_fill_presets(void *value, const edoi_pg_map *m, edo_arena *arena) {
    int err = 0;
    for (uint32_t i = 0; i < m->desc->fields_n && err == 0; i++) {
        const edo_field *f = &m->desc->fields[i];
        if (f->skip || !f->preset || f->shape != EDO_SHAPE_ONE || map_has(m, f)) continue;
        err = edoi_preset_set(edoi_field_at(f, value), f, arena);
    }
    return err;
}

static int row_read_field(void *value, const edo_field *f, const PGresult *r, int row, int column,
                          const edoi_pg_memory *memory) {
    if (PQgetisnull(r, row, column))
        return edoi_field_is_optional(f) ? 0 : edo_fail(-EDO_EVALUE, "must not be null");
    edo_str text = { PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column) };
    return edoi_pg_text_read(value, f, PQftype(r, column), text, memory);
}

int edoi_pg_row_read(void *value, const edoi_pg_map *m, const PGresult *r, int row,
                     const edoi_pg_memory *memory) {
    memset(value, 0, m->desc->size);
    int err = m->has_presets ? row_fill_presets(value, m, memory->arena) : 0;
    for (int i = 0; i < m->n && err == 0; i++) {
        const edo_field *f = m->fields[i];
        if (!f) continue;
        err = row_read_field(value, f, r, row, i, memory);
        if (err < 0) err = edo_fail(err, "the column \"%.*s\"", (int)f->name_len, f->key + 2);
    }
    if (err < 0 && !memory->arena) edo_value_deinit(value, m->desc);
    if (err < 0) memset(value, 0, m->desc->size);
    return err;
}
