/* SPDX-License-Identifier: MIT */
/* keys.h: what is kept: databases of keys, each with a text or several items, and maybe an end. */
#ifndef EDO_TESTS_SIM_SMALL_REDIS_KEYS_H
#define EDO_TESTS_SIM_SMALL_REDIS_KEYS_H

#include <edo/bytes.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define SMALL_DATABASES 16

typedef enum small_kind { SMALL_TEXT, SMALL_LIST, SMALL_HASH, SMALL_SET } small_kind;

/* Of a list its text; of a set, too; of a hash the field and its value. */
typedef struct small_item {
    TAILQ_ENTRY(small_item) next;
    edo_str text, value; /* copies of its own */
} small_item;
TAILQ_HEAD(small_items, small_item);

typedef struct small_key {
    TAILQ_ENTRY(small_key) next;
    edo_str name;    /* its own copy */
    uint64_t serial; /* the keys of a database are in the order of these */
    small_kind kind;
    edo_str text; /* of SMALL_TEXT; its own copy */
    struct small_items items;
    size_t items_n;
    int64_t end_ms; /* by the wall clock; 0: none */
} small_key;
TAILQ_HEAD(small_key_list, small_key);

typedef struct small_keys {
    struct small_key_list all[SMALL_DATABASES];
    uint64_t serials_n;
} small_keys;

void small_keys_init(small_keys *self);
void small_keys_clear(small_keys *self, int db);
void small_keys_deinit(small_keys *self);

/* The milliseconds of the wall clock. */
int64_t small_now_ms(void);

/* Returns a key, also one whose end has come; NULL: there is none. */
small_key *small_keys_find(small_keys *self, int db, edo_str name);

/* Adds a key that is not there. */
small_key *small_keys_add(small_keys *self, int db, edo_str name, small_kind kind);
void small_keys_remove(small_keys *self, int db, small_key *key);

/* The text becomes a copy of another one. */
void small_text_set(edo_str *text, edo_str to);

/* Finds an item by its text; adds one at the end or in front; removes one. */
small_item *small_key_find(const small_key *key, edo_str text);
small_item *small_key_add(small_key *key, edo_str text, bool in_front);
void small_key_remove(small_key *key, small_item *item);

/* Does a name match a pattern of Redis? */
bool small_matches(edo_str pattern, edo_str name);

#endif
