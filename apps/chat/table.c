/* SPDX-License-Identifier: MIT */
/* table.c: chains in slots, as many slots as entries; FNV-1a. */
#include "table.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t slot_of(const name *n, size_t slots_n) {
    uint32_t hash = 2166136261u;
    for (const char *p = n->text; *p; p++) hash = (hash ^ (uint8_t)*p) * 16777619u;
    return (hash ^ hash >> 16) & (slots_n - 1);
}

static int grow(table *self) {
    size_t slots_n = self->slots_n ? self->slots_n * 2 : 64;
    table_entry **slots = calloc(slots_n, sizeof *slots);
    if (!slots) return -ENOMEM;
    for (size_t i = 0; i < self->slots_n; i++) {
        for (table_entry *e = self->slots[i], *next; e; e = next) {
            next = e->next;
            size_t slot = slot_of(&e->name, slots_n);
            e->next = slots[slot];
            slots[slot] = e;
        }
    }
    free(self->slots);
    self->slots = slots;
    self->slots_n = slots_n;
    return 0;
}

table_entry *table_find(const table *self, const name *wanted) {
    if (self->slots_n == 0) return NULL;
    table_entry *e = self->slots[slot_of(wanted, self->slots_n)];
    while (e && strcmp(e->name.text, wanted->text) != 0) e = e->next;
    return e;
}

int table_add(table *self, table_entry *entry) {
    // Without memory for more slots the chains just get longer.
    if (self->entries_n >= self->slots_n && grow(self) < 0 && self->slots_n == 0) return -ENOMEM;
    table_entry **slot = &self->slots[slot_of(&entry->name, self->slots_n)];
    entry->next = *slot;
    *slot = entry;
    self->entries_n++;
    return 0;
}

void table_remove(table *self, table_entry *entry) {
    table_entry **at = &self->slots[slot_of(&entry->name, self->slots_n)];
    while (*at != entry) at = &(*at)->next;
    *at = entry->next;
    self->entries_n--;
}

void table_deinit(table *self) {
    free(self->slots);
    *self = (table){ 0 };
}
