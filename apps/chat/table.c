/* SPDX-License-Identifier: MIT */
/* table.c: a tree that branches four ways by the bits of the names' hashes (FNV-1a), from the top two on.
 *
 * inv. 1: an entry lies on the way that the bits of its hash lead. So any entry may take the place of one
 *         above it. */
#include "table.h"

#include <string.h>

static uint32_t hash_of(const name *n) {
    uint32_t hash = 2166136261u;
    for (const char *p = n->text; *p; p++) hash = (hash ^ (uint8_t)*p) * 16777619u;
    return hash ^ hash >> 16;
}

table_entry *table_find(const table *self, const name *wanted) {
    uint32_t hash = hash_of(wanted), way = hash;
    table_entry *e = self->top;
    while (e && (e->hash != hash || strcmp(e->name.text, wanted->text) != 0)) {
        e = e->below[way >> 30];
        way <<= 2; // names of the same hash are in a chain in the end
    }
    return e;
}

/* Where the way of `hash` leads to `entry`; NULL: to its end. */
static table_entry **place_of(table *self, uint32_t hash, const table_entry *entry) {
    table_entry **at = &self->top;
    for (uint32_t way = hash; *at != entry; way <<= 2) at = &(*at)->below[way >> 30];
    return at;
}

void table_add(table *self, table_entry *entry) {
    entry->hash = hash_of(&entry->name);
    memset(entry->below, 0, sizeof entry->below);
    *place_of(self, entry->hash, NULL) = entry;
    self->entries_n++;
}

/* The place of an entry below `at`, or at it, that has none below itself. */
static table_entry **lowest(table_entry **at) {
    for (;;) {
        table_entry *const *below = (*at)->below;
        size_t i = 0;
        while (i < 4 && !below[i]) i++;
        if (i == 4) return at;
        at = &(*at)->below[i];
    }
}

void table_remove(table *self, table_entry *entry) {
    table_entry **at = place_of(self, entry->hash, entry);
    table_entry **last = lowest(at), *heir = *last;
    *last = NULL;
    self->entries_n--;
    if (heir == entry) return;
    memcpy(heir->below, entry->below, sizeof heir->below);
    *at = heir; // inv. 1
}
