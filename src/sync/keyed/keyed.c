/* SPDX-License-Identifier: MIT */
/* sync/keyed/keyed.c: see keyed.h. */
#include "sync/keyed/keyed.h"

#include "base/memory/cache.h"

#include <errno.h>
#include <string.h>

#define CHAINS_AT_FIRST 16u

int edoi_keyed_init(edoi_keyed *k, size_t entry_bytes) {
    edoi_table_link **chains = edoi_calloc(CHAINS_AT_FIRST, sizeof(edoi_table_link *));
    if (!chains) return -ENOMEM;
    *k = (edoi_keyed){ .entry_bytes = entry_bytes };
    edoi_table_init(&k->table, chains, CHAINS_AT_FIRST);
    edoi_siphash_secret_make(&k->secret);
    return 0;
}

static edoi_keyed_entry *keyed_entry_of(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, edoi_keyed_entry, link);
}

static void keyed_entry_free(const edoi_keyed *k, edoi_keyed_entry *e) {
    edoi_cache_put(e, k->entry_bytes + e->bytes);
}

void edoi_keyed_deinit(edoi_keyed *k, void (*end)(edoi_keyed_entry *e)) {
    for (size_t c = 0; c < k->table.chains_n; c++) {
        while (k->table.chains[c]) {
            edoi_keyed_entry *e = keyed_entry_of(edoi_table_take(&k->table, &k->table.chains[c]));
            end(e);
            keyed_entry_free(k, e);
        }
    }
    edoi_free(k->table.chains);
}

/* A key that is looked for. */
typedef struct keyed_wanted {
    edo_str key;
    size_t entry_bytes;
} keyed_wanted;

static bool is_of_key(edoi_table_link *l, const void *arg) {
    const edoi_keyed_entry *e = keyed_entry_of(l);
    const keyed_wanted *w = arg;
    return e->bytes == w->key.len &&
           (e->bytes == 0 || memcmp((const char *)e + w->entry_bytes, w->key.ptr, e->bytes) == 0);
}

/* Called with the lock held. */
static edoi_keyed_entry *keyed_entry_find(const edoi_keyed *k, uint64_t hash, edo_str key) {
    const keyed_wanted wanted = { key, k->entry_bytes };
    edoi_table_link *l = edoi_table_find(&k->table, hash, is_of_key, &wanted);
    return l ? keyed_entry_of(l) : NULL;
}

/* Without memory the chains get longer. */
static void keyed_grow(edoi_keyed *k, size_t chains_n) {
    edoi_table_link **chains = edoi_calloc(chains_n * 2, sizeof(edoi_table_link *));
    if (!chains) return;
    edoi_lock_acquire(&k->lock);
    if (k->table.chains_n == chains_n) chains = edoi_table_move(&k->table, chains, chains_n * 2);
    edoi_lock_release(&k->lock);
    edoi_free(chains);
}

static edoi_keyed_entry *keyed_entry_new(const edoi_keyed *k, edo_str key) {
    edoi_keyed_entry *e = edoi_cache_get(k->entry_bytes + key.len);
    if (!e) return NULL;
    memset(e, 0, k->entry_bytes);
    e->bytes = key.len;
    if (key.len > 0) memcpy((char *)e + k->entry_bytes, key.ptr, key.len);
    return e;
}

edoi_keyed_entry *edoi_keyed_enter(edoi_keyed *k, edo_str key) {
    uint64_t hash = edoi_siphash13(&k->secret, key.ptr, key.len);
    for (edoi_keyed_entry *made = NULL;;) {
        edoi_lock_acquire(&k->lock);
        edoi_keyed_entry *e = keyed_entry_find(k, hash, key);
        EDO_INV("keyed inv. 1", !e || e->users_n > 0);
        if (e && !made) return e;
        if (!e && made) {
            edoi_table_add(&k->table, &made->link, hash);
            return made;
        }
        size_t chains_n = edoi_table_is_full(&k->table) ? k->table.chains_n : 0;
        edoi_lock_release(&k->lock);
        if (made) { // another thread has added the key, and may have lost it again
            keyed_entry_free(k, made);
            made = NULL;
            continue;
        }
        made = keyed_entry_new(k, key);
        if (!made) return NULL;
        if (chains_n > 0) keyed_grow(k, chains_n);
    }
}

void edoi_keyed_leave_and_release(edoi_keyed *k, edoi_keyed_entry *e) {
    EDO_INV("keyed inv. 1", e->users_n > 0 && k->table.links_n > 0);
    bool is_last = --e->users_n == 0;
    if (is_last) edoi_table_remove(&k->table, &e->link);
    edoi_lock_release(&k->lock);
    if (is_last) keyed_entry_free(k, e);
}

size_t edoi_keyed_len(edoi_keyed *k) {
    edoi_lock_acquire(&k->lock);
    size_t n = k->table.links_n;
    edoi_lock_release(&k->lock);
    return n;
}
