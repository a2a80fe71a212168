/* SPDX-License-Identifier: MIT */
/* sync/keyed_sem.c: how many permits of each key are in use, in a hash table.
 *
 * inv. 1: a key is in the table while permits of it are in use.
 *
 * Memory is asked for and freed without the lock. */
#include "base/assert.h"
#include "base/lock.h"
#include "base/memory/cache.h"
#include "base/siphash.h"
#include "base/table.h"

#include <edo/sem.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define CHAINS_AT_FIRST 16u

/* Each permit of a key is a pointer to this. */
struct edo_keyed_permit {
    edoi_table_link link; /* lock: that of the table */
    uint64_t in_use;      /* lock: that of the table */
    size_t bytes;         /* const */
    char key[];           /* const */
};

struct edo_keyed_sem {
    edoi_lock lock; /* a leaf */
    uint32_t most;  /* const */
    edoi_siphash_secret secret;
    edoi_table table; /* lock: lock */
};

int edo_keyed_sem_new(edo_keyed_sem **out, uint32_t most) {
    if (most == 0) return -EINVAL;
    edo_keyed_sem *k = edoi_calloc(1, sizeof *k);
    edoi_table_link **chains = edoi_calloc(CHAINS_AT_FIRST, sizeof(edoi_table_link *));
    if (!k || !chains) {
        edoi_free(k);
        edoi_free(chains);
        return -ENOMEM;
    }
    k->most = most;
    edoi_table_init(&k->table, chains, CHAINS_AT_FIRST);
    edoi_siphash_secret_make(&k->secret);
    *out = k;
    return 0;
}

static edo_keyed_permit *permit_of(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, edo_keyed_permit, link);
}

static void permit_free(edo_keyed_permit *p) {
    edoi_cache_put(p, offsetof(edo_keyed_permit, key) + p->bytes);
}

void edo_keyed_sem_free(edo_keyed_sem *k) {
    if (!k) return;
    for (size_t c = 0; c < k->table.chains_n; c++)
        while (k->table.chains[c])
            permit_free(permit_of(edoi_table_take(&k->table, &k->table.chains[c])));
    edoi_free(k->table.chains);
    edoi_free(k);
}

static bool is_of_key(edoi_table_link *l, const void *wanted) {
    const edo_keyed_permit *p = permit_of(l);
    const edo_str *key = wanted;
    return p->bytes == key->len && (key->len == 0 || memcmp(p->key, key->ptr, key->len) == 0);
}

/* Called with the lock held. */
static edo_keyed_permit *keyed_sem_find(edo_keyed_sem *k, uint64_t hash, edo_str key) {
    edoi_table_link *l = edoi_table_find(&k->table, hash, is_of_key, &key);
    return l ? permit_of(l) : NULL;
}

/* ---- Permits --------------------------------------------------------------------------------- */

/* Returns 0; -EAGAIN: all are in use; -ENOENT: the key is not there. */
static int acquire_known(edo_keyed_sem *k, edo_keyed_permit **out, uint64_t hash, edo_str key) {
    edoi_lock_acquire(&k->lock);
    edo_keyed_permit *p = keyed_sem_find(k, hash, key);
    int err = !p ? -ENOENT : p->in_use == k->most ? -EAGAIN : 0;
    if (err == 0) p->in_use++;
    edoi_lock_release(&k->lock);
    if (err == 0) *out = p;
    return err;
}

/* Without memory the chains get longer. */
static void keyed_sem_grow(edo_keyed_sem *k, size_t chains_n) {
    edoi_table_link **chains = edoi_calloc(chains_n * 2, sizeof(edoi_table_link *));
    if (!chains) return;
    edoi_lock_acquire(&k->lock);
    if (k->table.chains_n == chains_n) chains = edoi_table_move(&k->table, chains, chains_n * 2);
    edoi_lock_release(&k->lock);
    edoi_free(chains);
}

/* Adds a key, of which one permit is in use. Returns false if another thread was faster. */
static bool keyed_sem_add(edo_keyed_sem *k, edo_keyed_permit *p, uint64_t hash) {
    edoi_lock_acquire(&k->lock);
    bool is_new = !keyed_sem_find(k, hash, (edo_str){ p->key, p->bytes });
    if (is_new) edoi_table_add(&k->table, &p->link, hash);
    size_t chains_n = edoi_table_is_full(&k->table) ? k->table.chains_n : 0;
    edoi_lock_release(&k->lock);
    if (chains_n > 0) keyed_sem_grow(k, chains_n);
    return is_new;
}

int edo_keyed_sem_try_acquire(edo_keyed_sem *k, edo_keyed_permit **out, edo_str key) {
    uint64_t hash = edoi_siphash13(&k->secret, key.ptr, key.len);
    for (;;) {
        int err = acquire_known(k, out, hash, key);
        if (err != -ENOENT) return err;
        edo_keyed_permit *p = edoi_cache_get(offsetof(edo_keyed_permit, key) + key.len);
        if (!p) return -ENOMEM;
        *p = (edo_keyed_permit){ .in_use = 1, .bytes = key.len };
        if (key.len > 0) memcpy(p->key, key.ptr, key.len);
        if (keyed_sem_add(k, p, hash)) {
            *out = p;
            return 0;
        }
        permit_free(p); // another thread has added the key, and may have lost it again
    }
}

void edo_keyed_sem_release(edo_keyed_sem *k, edo_keyed_permit *permit) {
    if (!permit) return;
    edoi_lock_acquire(&k->lock);
    EDO_INV("keyed_sem inv. 1", permit->in_use > 0 && k->table.links_n > 0);
    bool is_last = --permit->in_use == 0;
    if (is_last) edoi_table_remove(&k->table, &permit->link);
    edoi_lock_release(&k->lock);
    if (is_last) permit_free(permit);
}

size_t edo_keyed_sem_len(edo_keyed_sem *k) {
    edoi_lock_acquire(&k->lock);
    size_t n = k->table.links_n;
    edoi_lock_release(&k->lock);
    return n;
}
