/* SPDX-License-Identifier: MIT */
/* table.h: things found by their name. They lie where their owner placed them and begin with their
 * entry. The caller locks. */
#ifndef CHAT_TABLE_H
#define CHAT_TABLE_H

#include "text.h"

typedef struct table_entry {
    name name;
    struct table_entry *next;
} table_entry;

/* All zero is empty. */
typedef struct table {
    table_entry **slots;
    size_t slots_n; /* 0 or a power of two */
    size_t entries_n;
} table;

/* The entry of that name, or NULL. */
table_entry *table_find(const table *self, const name *wanted);

/* Adds an entry whose name is not there yet. Answers 0 or -ENOMEM. */
int table_add(table *self, table_entry *entry);

/* Removes an entry that is there. */
void table_remove(table *self, table_entry *entry);

void table_deinit(table *self);

#endif
