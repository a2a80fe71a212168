/* SPDX-License-Identifier: MIT */
/* http/headers/index.c: a hash table over the fields of a large map.
 *
 * The names come from a peer, which could choose them so that all fall into one chain. The hash is
 * therefore SipHash of the names in lower case, with a secret of each map. The table has the first
 * field of each name, from which a list leads to the others in their order. The first field knows
 * the last one, so each further field of a name is entered in constant time. */
#include "http/headers/index.h"

#include "base/siphash.h"
#include "base/table.h"
#include "http/types/bytes_of.h"

#define NONE UINT32_MAX

typedef struct indexed_field {
    edoi_table_link link; /* of the first field of a name, in the table */
    uint32_t last;        /* the last field of the name; set in its first field */
    uint32_t next;        /* the next field of the name; NONE */
} indexed_field;

struct edoi_headers_index {
    edoi_siphash_secret secret;
    edoi_table names;       /* its chains lie behind the fields, in this memory */
    indexed_field fields[]; /* in the order of the map's fields */
};

static uint64_t headers_index_hash_of(const edoi_headers_index *x, edo_str name) {
    return edoi_siphash13_any_case(&x->secret, name.ptr, name.len);
}

bool edoi_header_names_equal(edo_str a, edo_str b) {
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.ptr[i] != b.ptr[i] && edoi_lower(a.ptr[i]) != edoi_lower(b.ptr[i])) return false;
    return true;
}

typedef struct wanted_name {
    const edoi_headers_index *index;
    const edo_header *fields;
    edo_str name;
} wanted_name;

static uint32_t headers_index_number_of(const edoi_headers_index *x, edoi_table_link *l) {
    return (uint32_t)(EDO_CONTAINER_OF(l, indexed_field, link) - x->fields);
}

static bool table_link_has_name(edoi_table_link *l, const void *wanted) {
    const wanted_name *w = wanted;
    return edoi_header_names_equal(w->fields[headers_index_number_of(w->index, l)].name, w->name);
}

/* Returns the first field of a name, or NONE. */
static uint32_t headers_index_first_of(const edoi_headers_index *x, const edo_header *fields,
                                       edo_str name, uint64_t hash) {
    const wanted_name wanted = { x, fields, name };
    edoi_table_link *l = edoi_table_find(&x->names, hash, table_link_has_name, &wanted);
    return l ? headers_index_number_of(x, l) : NONE;
}

edoi_headers_index *edoi_headers_index_new(const edo_header *fields, uint32_t n, uint32_t cap) {
    size_t chains_n = edoi_table_chains_for(cap, EDOI_INDEX_FROM);
    size_t bytes = sizeof(edoi_headers_index) + cap * sizeof(indexed_field);
    edoi_headers_index *x = edo_rc_new(bytes + chains_n * sizeof(edoi_table_link *), NULL);
    if (!x) return NULL;
    edoi_table_link **chains = (edoi_table_link **)(void *)(x->fields + cap);
    memset((void *)chains, 0, chains_n * sizeof *chains);
    edoi_siphash_secret_make(&x->secret);
    edoi_table_init(&x->names, chains, chains_n);
    for (uint32_t i = 0; i < n; i++) edoi_headers_index_add(x, fields, i);
    return x;
}

void edoi_headers_index_add(edoi_headers_index *x, const edo_header *fields, uint32_t i) {
    uint64_t hash = headers_index_hash_of(x, fields[i].name);
    uint32_t first = headers_index_first_of(x, fields, fields[i].name, hash);
    x->fields[i].next = NONE;
    if (first == NONE) {
        edoi_table_add(&x->names, &x->fields[i].link, hash);
        first = i;
    } else {
        x->fields[x->fields[first].last].next = i;
    }
    x->fields[first].last = i;
}

uint32_t edoi_headers_index_find(const edoi_headers_index *x, const edo_header *fields,
                                 edo_str name, uint32_t from) {
    // A field of this name stands before `from`, so the list leads to the next ones.
    if (from > 0 && edoi_header_names_equal(fields[from - 1].name, name))
        return x->fields[from - 1].next;
    uint32_t i = headers_index_first_of(x, fields, name, headers_index_hash_of(x, name));
    while (i != NONE && i < from) i = x->fields[i].next;
    return i;
}
