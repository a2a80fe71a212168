/* SPDX-License-Identifier: MIT */
/* sync/keyed/keyed.h: entries by key, each of which is in a table for as long as it has users: what
 * edo_keyed_mutex and edo_keyed_sem have in common.
 *
 * inv. 1: an entry is in the table while its `users_n` is above 0, or its adder holds the lock.
 *
 * An entry is a struct that begins with edoi_keyed_entry, and behind it lies its key. Memory is
 * asked for and freed without the lock. */
#ifndef EDOI_SYNC_KEYED_KEYED_H
#define EDOI_SYNC_KEYED_KEYED_H

#include "base/lock.h"
#include "base/siphash.h"
#include "base/table.h"

#include <edo/bytes.h>

typedef struct edoi_keyed_entry {
    edoi_table_link link; /* lock: that of the table */
    size_t users_n;       /* lock: that of the table; what a user is says the entry's owner */
    size_t bytes;         /* const; of the key */
} edoi_keyed_entry;

typedef struct edoi_keyed {
    edoi_lock lock;     /* a leaf */
    size_t entry_bytes; /* const; of an entry without its key */
    edoi_siphash_secret secret;
    edoi_table table; /* lock: lock */
} edoi_keyed;

/* For entries of `entry_bytes` bytes, without the key. Returns 0 or -ENOMEM. */
EDO_MUST_USE int edoi_keyed_init(edoi_keyed *k, size_t entry_bytes);

/* Frees all entries, each after a call of `end`. Nobody uses it any more. */
void edoi_keyed_deinit(edoi_keyed *k, void (*end)(edoi_keyed_entry *e));

/* Returns the entry of `key`, with the lock held; or NULL without memory, and without the lock. A
 * new one is all zero; the caller counts a user before it releases the lock. Copies the key. */
EDO_MUST_USE edoi_keyed_entry *edoi_keyed_enter(edoi_keyed *k, edo_str key);

/* A user leaves. Called with the lock held; releases it. The entry may be gone then. */
void edoi_keyed_leave_and_release(edoi_keyed *k, edoi_keyed_entry *e);

/* How many entries there are. */
size_t edoi_keyed_len(edoi_keyed *k);

#endif
