/* SPDX-License-Identifier: MIT */
/* store.h: the keys and their values. One lock guards them all; nothing is awaited under it. Each
 * change also goes to the log, so commands need not think of that. */
#ifndef MINI_REDIS_STORE_H
#define MINI_REDIS_STORE_H

#include <edo/delayq.h>
#include <edo/edo.h>
#include <edo/map.h>

#include <pthread.h>

/* Bytes of the heap. */
typedef struct blob {
    char *ptr;
    size_t len;
} blob;

/* A ring: item i is items[(first + i) % cap]. */
typedef struct list {
    blob *items;
    size_t cap, first, n;
} list;

/* A key with its value: a string, or a list of at least one item. */
typedef struct entry {
    blob string; // its ptr is NULL: a list
    list list;
    int64_t expires_at;   // in ms since 1970; 0: never
    edo_delayq_key timer; // of its end
    size_t key_len;
    char key[];
} entry;

extern pthread_mutex_t store_lock;

int64_t now_ms(void);

/* With the lock. Those that return an int fail with -ENOMEM, and have then changed nothing. */
size_t store_len(void);
entry *store_find(edo_str key); // NULL: there is none, or its time is over
int store_set(edo_str key, edo_str value, int64_t expires_at);
int store_expire(entry *e, int64_t at);                // 0: never
int store_push(edo_str key, edo_str value, bool left); // not for the key of a string
edo_str store_item(const entry *e, size_t i);          // of a list
void store_pop(entry *e, bool left);                   // the last item takes the entry with it
void store_remove(entry *e);
void store_clear(void);

/* A task: removes keys when their time is over. */
int store_expire_keys(void *unused);

#endif
