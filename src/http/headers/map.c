/* SPDX-License-Identifier: MIT */
/* http/headers/map.c: fields in an array, in their order.
 *
 * inv. 1: `has` has the bit of a standard number exactly if a field of that number is there, and
 *         that of EDO_HEADER_OTHER if another one is, or was: so most look-ups of absent fields
 *         end at once.
 * inv. 2: there is room for the fields that there are, and none without `fields`.
 * inv. 3: an index has all fields, and room for `cap`. With more than EDOI_INDEX_FROM fields there
 *         is one, unless there was no memory for it after a removal. */
#include "http/headers/map.h"

#include "base/assert.h"
#include "http/headers/index.h"
#include "http/types/bytes_of.h"

/* The name that a look-up wants: a standard number, or another name. */
typedef struct wanted {
    edo_str name;
    edo_header_id id;
} wanted;

static wanted by_id(edo_header_id id) {
    return (wanted){ edo_header_name(id), id };
}

static wanted headers_by_name(edo_str name) {
    return (wanted){ name, edo_header_id_of(name) };
}

static bool headers_is_wanted(const edo_header *f, const wanted *w) {
    if (w->id != EDO_HEADER_OTHER) return f->id == w->id;
    return f->id == EDO_HEADER_OTHER && edoi_header_names_equal(f->name, w->name);
}

void edo_headers_init(edo_headers *h) {
    h->n = h->cap = 0;
    h->is_own = false;
    h->has[0] = h->has[1] = 0;
    h->fields = NULL;
    h->texts = NULL;
    h->index = NULL;
    h->arena = NULL;
}

void edo_headers_deinit(edo_headers *h) {
    edo_arena *arena = h->arena;
    if (h->is_own) edo_rc_unref(h->fields);
    if (h->index) edo_rc_unref(h->index);
    edoi_texts_free(h);
    edo_headers_init(h);
    h->arena = arena;
}

/* ---- Checking -------------------------------------------------------------------------------- */

static void check_index(const edo_headers *h, const edo_header *fields) {
    for (uint32_t i = 0; i < h->n; i++)
        EDO_INV("map inv. 3", edoi_headers_index_find(h->index, fields, fields[i].name, i) == i);
}

void edoi_headers_check(const edo_headers *h) {
    const edo_header *fields = h->fields;
    uint64_t seen[2] = { 0, 0 };
    EDO_INV("map inv. 2", h->n <= h->cap);
    EDO_INV("map inv. 2", h->cap == 0 || h->fields);
    for (uint32_t i = 0; i < h->n; i++) {
        EDO_INV("map inv. 1", edoi_headers_has(h, fields[i].id));
        seen[fields[i].id / 64] |= UINT64_C(1) << (fields[i].id % 64);
    }
    seen[EDO_HEADER_OTHER / 64] |= UINT64_C(1) << (EDO_HEADER_OTHER % 64);
    EDO_INV("map inv. 1", !(h->has[0] & ~seen[0]) && !(h->has[1] & ~seen[1]));
    if (h->index) check_index(h, fields);
}

/* ---- Look-up --------------------------------------------------------------------------------- */

EDOI_NOINLINE static uint32_t search(const edo_headers *h, const wanted *w, uint32_t from) {
    const edo_header *fields = h->fields;
    if (h->index) return edoi_headers_index_find(h->index, fields, w->name, from);
    for (uint32_t i = from; i < h->n; i++)
        if (headers_is_wanted(&fields[i], w)) return i;
    return UINT32_MAX;
}

static uint32_t headers_find(const edo_headers *h, const wanted *w, uint32_t from) {
    bool may_be_there = w->name.len > 0 && edoi_headers_has(h, w->id);
    return may_be_there ? search(h, w, from) : UINT32_MAX;
}

static const edo_header *headers_next(const edo_headers *h, const edo_header *last,
                                      const wanted *w) {
    const edo_header *fields = h->fields;
    uint32_t i = headers_find(h, w, last ? (uint32_t)(last - fields) + 1 : 0);
    return i == UINT32_MAX ? NULL : &fields[i];
}

static edo_str headers_get(const edo_headers *h, const wanted *w) {
    const edo_header *f = headers_next(h, NULL, w);
    return f ? f->value : (edo_str){ 0 };
}

size_t edo_headers_count(const edo_headers *h) {
    return h->n;
}

const edo_header *edo_headers_at(const edo_headers *h, size_t i) {
    return i < h->n ? &h->fields[i] : NULL;
}

edo_str edo_headers_get(const edo_headers *h, edo_header_id id) {
    if (id == EDO_HEADER_OTHER || id >= EDO_HEADERS_END || !edoi_headers_has(h, id))
        return (edo_str){ 0 };
    const edo_header *f = h->fields;
    while (f->id != id) f++; // inv. 1: there is one
    return f->value;
}

edo_str edo_headers_get_named(const edo_headers *h, edo_str name) {
    wanted w = headers_by_name(name);
    return headers_get(h, &w);
}

const edo_header *edo_headers_next(const edo_headers *h, const edo_header *last, edo_header_id id) {
    if (id >= EDO_HEADERS_END || !edoi_headers_has(h, id)) return NULL; // most are absent
    wanted w = by_id(id);
    return headers_next(h, last, &w);
}

const edo_header *edo_headers_next_named(const edo_headers *h, const edo_header *last,
                                         edo_str name) {
    wanted w = headers_by_name(name);
    return headers_next(h, last, &w);
}

/* ---- Growth ---------------------------------------------------------------------------------- */

#define FIELDS_FIRST 4u /* that a map has room for when it has grown for the first time */

int edoi_headers_move(edo_headers *h, edo_header *room, uint32_t n) {
    if (n > EDO_HEADERS_MAX) return -ENOSPC;
    if (h->n > 0) memcpy(room, h->fields, h->n * sizeof *room);
    edoi_headers_index *index = NULL;
    if (n > EDOI_INDEX_FROM) {
        index = edoi_headers_index_new(room, h->n, n);
        if (!index) return -ENOMEM;
    }
    if (h->is_own) edo_rc_unref(h->fields);
    if (h->index) edo_rc_unref(h->index);
    h->fields = room;
    h->cap = (uint16_t)n;
    h->is_own = false;
    h->index = index;
    EDO_CHECK(edoi_headers_check(h));
    return 0;
}

static int headers_grow(edo_headers *h) {
    if (h->n == EDO_HEADERS_MAX) return -ENOSPC;
    uint32_t cap = h->cap > 0 ? h->cap * 2u : FIELDS_FIRST;
    if (cap > EDO_HEADERS_MAX) cap = EDO_HEADERS_MAX;
    size_t bytes = cap * sizeof(edo_header);
    edo_header *more = h->arena ? edo_arena_alloc(h->arena, bytes) : edo_rc_new(bytes, NULL);
    int err = more ? edoi_headers_move(h, more, cap) : -ENOMEM;
    if (err == 0)
        h->is_own = !h->arena;
    else if (!h->arena)
        edo_rc_unref(more);
    return err;
}

int edoi_headers_push(edo_headers *h, const edo_header *field) {
    if (EDOI_UNLIKELY(h->n == h->cap)) {
        int err = headers_grow(h);
        if (err < 0) return err;
    }
    edo_header *fields = h->fields;
    fields[h->n] = *field;
    h->has[field->id / 64] |= UINT64_C(1) << (field->id % 64);
    if (EDOI_UNLIKELY(h->index)) edoi_headers_index_add(h->index, fields, h->n);
    h->n++;
    return 0;
}

int edoi_headers_append_all(edo_headers *to, const edo_headers *from) {
    int err = 0;
    for (size_t i = 0; from && err == 0 && i < edo_headers_count(from); i++) {
        const edo_header *f = edo_headers_at(from, i);
        err = edo_headers_append_named(to, f->name, f->value);
        if (err == 0 && (f->flags & EDO_HEADER_SENSITIVE))
            (void)edo_headers_set_sensitive(to, f->name);
    }
    return err;
}

void edoi_headers_rebase(edo_headers *h, const char *from, size_t n, const char *to) {
    edo_header *fields = h->fields;
    uintptr_t begin = (uintptr_t)from;
    for (uint32_t i = 0; i < h->n; i++) {
        edo_str *parts[2] = { &fields[i].name, &fields[i].value };
        for (int p = 0; p < 2; p++) {
            uintptr_t at = (uintptr_t)parts[p]->ptr - begin;
            if (at <= n) parts[p]->ptr = to + at;
        }
    }
}

/* ---- Changes --------------------------------------------------------------------------------- */

/* Sets `*f` to copies of the texts. */
static int copied(edo_headers *h, edo_header *f, const wanted *w, edo_str value) {
    bool is_known = w->id != EDO_HEADER_OTHER;
    if (!is_known && !edo_header_name_is_valid(w->name)) return -EINVAL;
    if (!edo_header_value_is_valid(value)) return -EINVAL;
    *f = (edo_header){ .name = edoi_header_names[w->id], .id = (uint16_t)w->id };
    value = edoi_trim(value);
    char *text = edoi_texts_take(h, value.len + (is_known ? 0 : w->name.len));
    if (!text) return -ENOMEM;
    f->value = (edo_str){ text, value.len };
    memcpy(text, value.ptr ? value.ptr : "", value.len);
    if (is_known) return 0;
    f->name = (edo_str){ text + value.len, w->name.len };
    for (size_t i = 0; i < w->name.len; i++) text[value.len + i] = edoi_lower(w->name.ptr[i]);
    return 0;
}

static int headers_append(edo_headers *h, const wanted *w, edo_str value) {
    edo_header field;
    int err = copied(h, &field, w, value);
    return err < 0 ? err : edoi_headers_push(h, &field);
}

/* Makes the index anew, after fields have changed their numbers. */
static void index_anew(edo_headers *h) {
    if (!h->index) return;
    edo_rc_unref(h->index);
    h->index = edoi_headers_index_new(h->fields, h->n, h->cap);
    // Without memory the map has no index: slower, but right.
}

/* Removes the fields of that name, from number `from` on. */
static size_t remove_from(edo_headers *h, const wanted *w, uint32_t from) {
    edo_header *fields = h->fields;
    uint32_t kept = from;
    for (uint32_t i = from; i < h->n; i++)
        if (!headers_is_wanted(&fields[i], w)) fields[kept++] = fields[i];
    size_t removed = h->n - kept;
    h->n = kept;
    if (removed == 0) return 0;
    index_anew(h);
    EDO_CHECK(edoi_headers_check(h));
    return removed;
}

static size_t remove_all(edo_headers *h, const wanted *w) {
    uint32_t first = headers_find(h, w, 0);
    if (first == UINT32_MAX) return 0;
    if (w->id != EDO_HEADER_OTHER) h->has[w->id / 64] &= ~(UINT64_C(1) << (w->id % 64));
    return remove_from(h, w, first);
}

static int headers_set(edo_headers *h, const wanted *w, edo_str value) {
    uint32_t first = headers_find(h, w, 0);
    if (first == UINT32_MAX) return headers_append(h, w, value);
    edo_header field;
    int err = copied(h, &field, w, value);
    if (err < 0) return err;
    h->fields[first] = field;
    (void)remove_from(h, w, first + 1);
    return 0;
}

int edo_headers_append(edo_headers *h, edo_header_id id, edo_str value) {
    wanted w = by_id(id);
    return headers_append(h, &w, value);
}

int edo_headers_append_named(edo_headers *h, edo_str name, edo_str value) {
    wanted w = headers_by_name(name);
    return headers_append(h, &w, value);
}

int edo_headers_add(edo_headers *h, const edo_header *field) {
    wanted w = field->id ? by_id((edo_header_id)field->id) : headers_by_name(field->name);
    if (!edo_header_name_is_valid(w.name) || !edo_header_value_is_valid(field->value))
        return -EINVAL;
    bool is_own = w.id == field->id && edoi_header_names_equal(field->name, w.name);
    edo_header own = { .name = w.id && !is_own ? edoi_header_names[w.id] : field->name,
                       .value = edoi_trim(field->value),
                       .id = (uint16_t)w.id,
                       .flags = field->flags };
    return edoi_headers_push(h, &own);
}

int edoi_headers_set_room(edo_headers *h, edo_header_id id, char **value, size_t n) {
    if (!(*value = edoi_texts_take(h, n + 1))) return -ENOMEM;
    if (edoi_headers_has(h, id)) (void)edo_headers_remove(h, id);
    return edoi_headers_push(
        h,
        &(edo_header){ .name = edoi_header_names[id], .value = { *value, n }, .id = (uint16_t)id });
}

int edo_headers_set(edo_headers *h, edo_header_id id, edo_str value) {
    wanted w = by_id(id);
    return headers_set(h, &w, value);
}

int edo_headers_set_named(edo_headers *h, edo_str name, edo_str value) {
    wanted w = headers_by_name(name);
    return headers_set(h, &w, value);
}

size_t edo_headers_remove(edo_headers *h, edo_header_id id) {
    wanted w = by_id(id);
    return remove_all(h, &w);
}

size_t edo_headers_remove_named(edo_headers *h, edo_str name) {
    wanted w = headers_by_name(name);
    return remove_all(h, &w);
}

size_t edo_headers_truncate(edo_headers *h, size_t n) {
    if (n >= h->n) return 0;
    size_t removed = h->n - n;
    const edo_header *fields = h->fields;
    h->n = (uint32_t)n;
    memset(h->has, 0, sizeof h->has);
    for (uint32_t i = 0; i < h->n; i++)
        h->has[fields[i].id / 64] |= UINT64_C(1) << (fields[i].id % 64);
    index_anew(h);
    return removed;
}

size_t edo_headers_set_sensitive(edo_headers *h, edo_str name) {
    wanted w = headers_by_name(name);
    edo_header *fields = h->fields;
    size_t marked = 0;
    for (uint32_t i = headers_find(h, &w, 0); i != UINT32_MAX;
         i = headers_find(h, &w, i + 1), marked++)
        fields[i].flags |= EDO_HEADER_SENSITIVE;
    return marked;
}
