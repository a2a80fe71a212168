/* SPDX-License-Identifier: MIT */
/* sync/keyed_sem.c: how many permits of each key are in use, in a hash table.
 *
 * inv. 1: a key is in the table while permits of it are in use, in the chain that its hash names.
 *
 * Memory is asked for and freed without the lock. */
#include "base/lock.h"
#include "base/memory/cache.h"
#include "base/siphash.h"

#include <edo/sem.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define CHAINS_AT_FIRST 16u

/* Each permit of a key is a pointer to this. */
struct edo_keyed_permit {
    edo_keyed_permit *next; /* lock: that of the table */
    uint64_t hash;          /* const */
    uint64_t in_use;        /* lock: that of the table */
    size_t bytes;           /* const */
    char key[];             /* const */
};

struct edo_keyed_sem {
    edoi_lock lock; /* a leaf */
    uint32_t most;  /* const */
    edoi_siphash_secret secret;
    size_t chains_n;           /* lock: lock; a power of two */
    edo_keyed_permit **chains; /* lock: lock */
    size_t len;                /* lock: lock */
};

int edo_keyed_sem_new(edo_keyed_sem **out, uint32_t most) {
    if (most == 0) return -EINVAL;
    edo_keyed_sem *k = edoi_calloc(1, sizeof *k);
    edo_keyed_permit **chains = edoi_calloc(CHAINS_AT_FIRST, sizeof(edo_keyed_permit *));
    if (!k || !chains) {
        edoi_free(k);
        edoi_free(chains);
        return -ENOMEM;
    }
    k->most = most;
    k->chains = chains;
    k->chains_n = CHAINS_AT_FIRST;
    edoi_siphash_secret_make(&k->secret);
    *out = k;
    return 0;
}

static void permit_free(edo_keyed_permit *p) {
    edoi_cache_put(p, offsetof(edo_keyed_permit, key) + p->bytes);
}

void edo_keyed_sem_free(edo_keyed_sem *k) {
    if (!k) return;
    for (size_t c = 0; c < k->chains_n; c++) {
        for (edo_keyed_permit *p = k->chains[c], *next; p; p = next) {
            next = p->next;
            permit_free(p);
        }
    }
    edoi_free(k->chains);
    edoi_free(k);
}

/* ---- The table, with its lock held ----------------------------------------------------------- */

static edo_keyed_permit **chain_of(edo_keyed_sem *k, uint64_t hash) {
    return &k->chains[hash & (k->chains_n - 1)];
}

static edo_keyed_permit *find(edo_keyed_sem *k, uint64_t hash, edo_str key) {
    edo_keyed_permit *p = *chain_of(k, hash);
    while (p && (p->hash != hash || p->bytes != key.len ||
                 (key.len > 0 && memcmp(p->key, key.ptr, key.len) != 0)))
        p = p->next;
    return p;
}

static void insert(edo_keyed_sem *k, edo_keyed_permit *p) {
    edo_keyed_permit **chain = chain_of(k, p->hash);
    p->next = *chain;
    *chain = p;
}

static void take_out(edo_keyed_sem *k, const edo_keyed_permit *p) {
    edo_keyed_permit **at = chain_of(k, p->hash);
    while (*at != p) at = &(*at)->next;
    *at = p->next;
    k->len--;
}

/* Gives the table twice as many chains, `chains`, and returns the former ones. */
static edo_keyed_permit **move_to(edo_keyed_sem *k, edo_keyed_permit **chains) {
    edo_keyed_permit **former = k->chains;
    size_t former_n = k->chains_n;
    k->chains = chains;
    k->chains_n = former_n * 2;
    for (size_t c = 0; c < former_n; c++) {
        for (edo_keyed_permit *p = former[c], *next; p; p = next) {
            next = p->next;
            insert(k, p);
        }
    }
    return former;
}

/* ---- Permits --------------------------------------------------------------------------------- */

/* Returns 0; -EAGAIN: all are in use; -ENOENT: the key is not there. */
static int acquire_known(edo_keyed_sem *k, edo_keyed_permit **out, uint64_t hash, edo_str key) {
    edoi_lock_acquire(&k->lock);
    edo_keyed_permit *p = find(k, hash, key);
    int err = !p ? -ENOENT : p->in_use == k->most ? -EAGAIN : 0;
    if (err == 0) p->in_use++;
    edoi_lock_release(&k->lock);
    if (err == 0) *out = p;
    return err;
}

/* Without memory the chains get longer. */
static void grow(edo_keyed_sem *k, size_t chains_n) {
    edo_keyed_permit **chains = edoi_calloc(chains_n * 2, sizeof(edo_keyed_permit *));
    if (!chains) return;
    edoi_lock_acquire(&k->lock);
    if (k->chains_n == chains_n) chains = move_to(k, chains);
    edoi_lock_release(&k->lock);
    edoi_free(chains);
}

/* Adds a key, of which one permit is in use. Returns false if another thread was faster. */
static bool add(edo_keyed_sem *k, edo_keyed_permit *p) {
    edoi_lock_acquire(&k->lock);
    bool is_new = !find(k, p->hash, (edo_str){ p->key, p->bytes });
    if (is_new) insert(k, p);
    k->len += is_new;
    size_t chains_n = k->len > k->chains_n ? k->chains_n : 0;
    edoi_lock_release(&k->lock);
    if (chains_n > 0) grow(k, chains_n);
    return is_new;
}

int edo_keyed_sem_try_acquire(edo_keyed_sem *k, edo_keyed_permit **out, edo_str key) {
    uint64_t hash = edoi_siphash13(&k->secret, key.ptr, key.len);
    for (;;) {
        int err = acquire_known(k, out, hash, key);
        if (err != -ENOENT) return err;
        edo_keyed_permit *p = edoi_cache_get(offsetof(edo_keyed_permit, key) + key.len);
        if (!p) return -ENOMEM;
        *p = (edo_keyed_permit){ .hash = hash, .in_use = 1, .bytes = key.len };
        if (key.len > 0) memcpy(p->key, key.ptr, key.len);
        if (add(k, p)) {
            *out = p;
            return 0;
        }
        permit_free(p); // another thread has added the key, and may have lost it again
    }
}

void edo_keyed_sem_release(edo_keyed_sem *k, edo_keyed_permit *permit) {
    if (!permit) return;
    edoi_lock_acquire(&k->lock);
    bool is_last = --permit->in_use == 0;
    if (is_last) take_out(k, permit);
    edoi_lock_release(&k->lock);
    if (is_last) permit_free(permit);
}

size_t edo_keyed_sem_len(edo_keyed_sem *k) {
    edoi_lock_acquire(&k->lock);
    size_t n = k->len;
    edoi_lock_release(&k->lock);
    return n;
}
