/* SPDX-License-Identifier: MIT */
/* apps/console/table.c: see table.h. */
#include "table.h"

#include "base/text/ascii.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool table_begin(table *t, edo_arena *arena, const column *columns, uint32_t columns_n,
                 uint32_t sort, size_t rows_max) {
    *t = (table){ .columns = columns, .columns_n = columns_n, .sort = sort, .rows_max = rows_max };
    t->rows = edo_arena_alloc(arena, (rows_max + 1) * sizeof *t->rows);
    if (!t->rows) t->rows_max = 0;
    return t->rows != NULL;
}

table_row *table_add(table *t) {
    if (t->rows_n == t->rows_max) return NULL;
    table_row *r = &t->rows[t->rows_n++];
    memset(r, 0, sizeof *r);
    return r;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

field field_text(edo_str text) {
    return (field){ .text = text };
}

field field_number(edo_arena *arena, uint64_t n) {
    return (field){ .text = edo_arena_print(arena, "%" PRIu64, n), .number = (int64_t)n };
}

field field_tenths(edo_arena *arena, int32_t tenths) {
    const int32_t s = tenths / 10;
    field f = { .text = { NULL, 0 }, .number = tenths };
    if (tenths < 0) return f;
    if (s < 60)
        f.text = edo_arena_print(arena, "%d.%ds", s, tenths % 10);
    else if (s < 3600)
        f.text = edo_arena_print(arena, "%dm%02ds", s / 60, s % 60);
    else
        f.text = edo_arena_print(arena, "%dh%02dm", s / 3600, s / 60 % 60);
    return f;
}

/* ---- Search and order ------------------------------------------------------------------------ */

static bool text_has(edo_str text, edo_str search) {
    for (; text.len >= search.len; text.ptr++, text.len--) {
        if (edoi_begins_nocase(text, search)) return true;
        if (text.len == 0) break;
    }
    return false;
}

static bool row_has(const table *t, const table_row *r, const char *search) {
    for (uint32_t i = 0; i < t->columns_n; i++)
        if (text_has(r->fields[i].text, edo_str_of(search))) return true;
    return false;
}

/* For qsort(), which takes no argument: one thread draws. */
static uint32_t sorted_by;
static bool sorted_is_number, sorted_is_inverted;

static int text_compare(edo_str a, edo_str b) {
    const size_t n = a.len < b.len ? a.len : b.len;
    const int order = n > 0 ? memcmp(a.ptr, b.ptr, n) : 0;
    return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

static int row_compare(const void *a, const void *b) {
    const table_row *x = a, *y = b;
    const field *f = &x->fields[sorted_by], *g = &y->fields[sorted_by];
    int order = sorted_is_number ? (f->number < g->number) - (f->number > g->number)
                                 : text_compare(f->text, g->text);
    if (sorted_is_inverted) order = -order;
    return order != 0 ? order : text_compare(x->id, y->id);
}

static bool is_chosen(const table_state *state, const table_row *r) {
    return edo_str_equal(r->id, edo_str_of(state->id));
}

static void chosen_keep(const table *t, table_state *state) {
    const edo_str id = t->rows_n > 0 ? t->rows[state->chosen].id : (edo_str){ NULL, 0 };
    const size_t n = id.len < sizeof state->id ? id.len : sizeof state->id - 1;
    if (n > 0) memcpy(state->id, id.ptr, n);
    state->id[n] = '\0';
}

void table_arrange(table *t, table_state *state, const char *search) {
    size_t n = 0;
    for (size_t i = 0; i < t->rows_n; i++)
        if (row_has(t, &t->rows[i], search)) t->rows[n++] = t->rows[i];
    t->rows_n = n;
    sorted_by = state->sort > 0 && state->sort <= t->columns_n ? state->sort - 1 : t->sort;
    sorted_is_number = t->columns[sorted_by].is_number;
    sorted_is_inverted = state->is_inverted;
    qsort(t->rows, n, sizeof *t->rows, row_compare);
    if (state->chosen >= n) state->chosen = n > 0 ? n - 1 : 0;
    for (size_t i = 0; i < n && *state->id; i++)
        if (is_chosen(state, &t->rows[i])) state->chosen = i;
    chosen_keep(t, state);
}

void table_move(const table *t, table_state *state, int64_t by) {
    int64_t to = (int64_t)state->chosen + by;
    if (to >= (int64_t)t->rows_n) to = (int64_t)t->rows_n - 1;
    state->chosen = to > 0 ? (size_t)to : 0;
    chosen_keep(t, state);
}

/* ---- Drawing --------------------------------------------------------------------------------- */

/* Of each column; those without one share what is left, and at least as much as their titles. */
static void widths_of(const table *t, uint32_t cols, uint32_t widths[COLUMNS_MAX]) {
    uint32_t taken = t->columns_n, loose_n = 0;
    for (uint32_t i = 0; i < t->columns_n; i++) {
        taken += t->columns[i].width;
        loose_n += t->columns[i].width == 0;
    }
    for (uint32_t i = 0; i < t->columns_n; i++) {
        widths[i] = t->columns[i].width;
        if (widths[i] == 0) widths[i] = cols > taken ? (cols - taken) / loose_n : 0;
        if (widths[i] < strlen(t->columns[i].title))
            widths[i] = (uint32_t)strlen(t->columns[i].title);
    }
}

static void titles_draw(const table *t, const table_state *state, screen *s, uint32_t at,
                        const uint32_t widths[COLUMNS_MAX]) {
    const uint32_t sort = state->sort > 0 ? state->sort - 1 : t->sort;
    for (uint32_t i = 0, col = 0; i < t->columns_n; col += widths[i++] + 1)
        (void)screen_put(s, at, col, widths[i], i == sort ? LOOK_WARN : LOOK_TITLE,
                         edo_str_of(t->columns[i].title));
}

static void row_draw(const table *t, const table_row *r, screen *s, uint32_t at,
                     const uint32_t widths[COLUMNS_MAX]) {
    for (uint32_t i = 0, col = 0; i < t->columns_n; col += widths[i++] + 1) {
        const edo_str text = r->fields[i].text;
        const uint32_t has = screen_width(text);
        const uint32_t pad = t->columns[i].is_number && has < widths[i] ? widths[i] - has : 0;
        (void)screen_put(s, at, col + pad, widths[i], r->look, text);
    }
}

void table_draw(const table *t, table_state *state, screen *s, uint32_t top, uint32_t bottom) {
    uint32_t widths[COLUMNS_MAX];
    const size_t shown_n = bottom > top + 1 ? bottom - top - 1 : 0;
    widths_of(t, s->cols, widths);
    titles_draw(t, state, s, top, widths);
    if (state->chosen < state->top) state->top = state->chosen;
    if (state->chosen >= state->top + shown_n) state->top = state->chosen + 1 - shown_n;
    if (state->top + shown_n > t->rows_n)
        state->top = t->rows_n > shown_n ? t->rows_n - shown_n : 0;
    for (size_t i = 0; i < shown_n && state->top + i < t->rows_n; i++) {
        const uint32_t at = top + 1 + (uint32_t)i;
        row_draw(t, &t->rows[state->top + i], s, at, widths);
        if (state->top + i == state->chosen) screen_paint(s, at, LOOK_CHOSEN);
    }
}
