/* SPDX-License-Identifier: MIT */
/* table.h: things found by their name. They lie where their owner placed them and begin with their
 * entry, which is all the memory that the table needs: nothing here can fail. The caller locks. */
#ifndef CHAT_TABLE_H
#define CHAT_TABLE_H

#include "text.h"

#include <stdint.h>

typedef struct table_entry {
    name name;
    uint32_t hash;                /* of the name */
    struct table_entry *below[4]; /* see table.c */
} table_entry;

/* What is drawn anew in each process: who chooses names cannot know which of them lie on one
 * way. */
typedef struct table_key {
    uint64_t words[2];
} table_key;

/* All zero is empty, with a key that everybody knows. */
typedef struct table {
    table_entry *top;
    size_t entries_n;
    table_key key; /* const; of the hashes */
} table;

/* A random key. Returns 0 or a negative code. */
int table_key_draw(table_key *out);

/* The entry of that name, or NULL. */
table_entry *table_find(const table *self, const name *wanted);

/* Adds an entry whose name is not there yet. */
void table_add(table *self, table_entry *entry);

/* Removes an entry that is there. */
void table_remove(table *self, table_entry *entry);

#endif
