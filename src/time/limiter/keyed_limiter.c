/* SPDX-License-Identifier: MIT */
/* time/limiter/keyed_limiter.c: a limiter's word for each key, in hash tables with a lock each.
 *
 * inv. 1: a key is in the table of the shard that its hash names.
 * inv. 2: a key whose word has passed may be forgotten at any time: a new key begins as it is.
 * inv. 3: a shard has at most `len_max` keys; what is done under its lock for one call does not
 *         depend on how many there are, except moving to a larger table.
 * inv. 2 is not asserted: what is forgotten leaves no trace. A test compares.
 *
 * Memory is asked for and freed without the lock. */
#include "base/assert.h"
#include "base/lock.h"
#include "base/memory/cache.h"
#include "base/opts.h"
#include "base/siphash.h"
#include "base/table.h"
#include "time/limiter/gcra.h"

#include <edo/task.h>

#include <string.h>

#define KEYS_MAX_DEFAULT      65536u
#define KEY_BYTES_MAX_DEFAULT 256u
#define SHARDS                16u   /* if there may be many keys */
#define MANY_KEYS             1024u /* below that one shard, so that keys_max holds */
#define CHAINS_AT_FIRST       16u
#define CHAINS_SWEPT          8u  /* for each new key: so a full shard makes room */
#define CHAINS_AT_ONCE        64u /* under one hold of the lock, and for a key that finds no room */

typedef struct kept_key {
    edoi_table_link link;
    uint64_t tat_ns;
    uint32_t bytes;
    char key[];
} kept_key;

typedef struct shard {
    EDOI_ALIGNED(64) edoi_lock lock; /* a leaf */
    edoi_table table;                /* lock: lock */
    size_t swept;                    /* lock: lock; the chain where the next look begins */
} shard;

struct edo_keyed_limiter {
    edo_limiter limit; /* const: its word is not used */
    edoi_siphash_secret secret;
    size_t key_bytes_max, len_max; /* const; of a shard */
    uint32_t shards_n;             /* const; a power of two */
    bool forgets;                  /* const */
    void *memory;                  /* const; of `shards`, which are aligned in it */
    shard *shards;
};

/* What one call is about. */
typedef struct asked {
    edo_str key;
    uint64_t hash, n;
    int64_t now_ns, last_ns;
} asked;

/* ---- Life ------------------------------------------------------------------------------------ */

static int make_shards(edo_keyed_limiter *k) {
    const size_t line = _Alignof(shard);
    k->memory = edoi_calloc(k->shards_n + 1, sizeof(shard));
    if (!k->memory) return -ENOMEM;
    uintptr_t at = ((uintptr_t)k->memory + line - 1) / line * line;
    k->shards = (shard *)at;
    for (uint32_t i = 0; i < k->shards_n; i++) {
        shard *s = &k->shards[i];
        edoi_table_link **chains = edoi_calloc(CHAINS_AT_FIRST, sizeof(edoi_table_link *));
        if (!chains) return -ENOMEM;
        edoi_table_init(&s->table, chains, CHAINS_AT_FIRST);
    }
    return 0;
}

int edo_keyed_limiter_new(edo_keyed_limiter **out, const edo_keyed_limiter_opts *opts) {
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_limiter limit;
    int err = edo_limiter_init(&limit, &opts->limit);
    if (err < 0) return err;
    edo_keyed_limiter *k = edoi_calloc(1, sizeof *k);
    if (!k) return -ENOMEM;
    size_t keys_max = opts->keys_max > 0 ? opts->keys_max : KEYS_MAX_DEFAULT;
    k->limit = limit;
    k->forgets = opts->forgets;
    k->shards_n = keys_max < MANY_KEYS ? 1 : SHARDS;
    k->len_max = (keys_max - 1) / k->shards_n + 1;
    k->key_bytes_max = opts->key_bytes_max > 0 ? opts->key_bytes_max : KEY_BYTES_MAX_DEFAULT;
    if (k->key_bytes_max > UINT32_MAX) k->key_bytes_max = UINT32_MAX;
    edoi_siphash_secret_make(&k->secret);
    err = make_shards(k);
    if (err < 0) {
        edo_keyed_limiter_free(k);
        return err;
    }
    *out = k;
    return 0;
}

static kept_key *table_link_key_of(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, kept_key, link);
}

static void free_keys(edoi_table_link *first) {
    while (first) {
        kept_key *key = table_link_key_of(first);
        first = first->next;
        edoi_cache_put(key, offsetof(kept_key, key) + key->bytes);
    }
}

void edo_keyed_limiter_free(edo_keyed_limiter *k) {
    if (!k) return;
    for (uint32_t i = 0; k->shards && i < k->shards_n; i++) {
        shard *s = &k->shards[i];
        for (size_t c = 0; c < s->table.chains_n; c++) free_keys(s->table.chains[c]);
        edoi_free(s->table.chains);
    }
    edoi_free(k->memory);
    edoi_free(k);
}

/* ---- A shard, with its lock held ------------------------------------------------------------- */

static bool is_for(edoi_table_link *l, const void *wanted) {
    const kept_key *key = table_link_key_of(l);
    const asked *a = wanted;
    if (key->bytes != a->key.len) return false;
    return key->bytes == 0 || memcmp(key->key, a->key.ptr, key->bytes) == 0; // it may be NULL
}

static kept_key *shard_find(shard *s, const asked *a) {
    edoi_table_link *l = edoi_table_find(&s->table, a->hash, is_for, a);
    return l ? table_link_key_of(l) : NULL;
}

/* Takes the link to which `*at` points out, in front of those in `*old`. */
static void shard_take_out(shard *s, edoi_table_link **at, edoi_table_link **old) {
    edoi_table_link *l = edoi_table_take(&s->table, at);
    l->next = *old;
    *old = l;
}

/* Moves the keys of `n` chains whose word has passed to `*old`. */
static void shard_sweep(shard *s, size_t n, int64_t now_ns, edoi_table_link **old) {
    for (; n > 0; n--, s->swept++) {
        edoi_table_link **at = edoi_table_chain(&s->table, s->swept);
        while (*at) {
            if ((int64_t)table_link_key_of(*at)->tat_ns > now_ns)
                at = &(*at)->next;
            else
                shard_take_out(s, at, old);
        }
    }
}

/* Moves the key of a few chains whose word passes first to `*old`, of a shard that is full. */
static void forget_one(shard *s, edoi_table_link **old) {
    edoi_table_link **first = NULL;
    for (size_t n = 0; n < CHAINS_SWEPT || !first; n++, s->swept++) {
        edoi_table_link **at = edoi_table_chain(&s->table, s->swept);
        for (; *at; at = &(*at)->next)
            if (!first || table_link_key_of(*at)->tat_ns < table_link_key_of(*first)->tat_ns)
                first = at;
    }
    shard_take_out(s, first, old);
}

/* ---- Decisions ------------------------------------------------------------------------------- */

static shard *shard_of(edo_keyed_limiter *k, uint64_t hash) {
    return &k->shards[(hash >> 32) & (k->shards_n - 1)];
}

/* Decides for a key that may be there. False: it is not. */
static bool decide_known(edo_keyed_limiter *k, edo_limiter_turn *turn, const asked *a,
                         int *result) {
    shard *s = shard_of(k, a->hash);
    edoi_lock_acquire(&s->lock);
    kept_key *key = shard_find(s, a);
    if (key) {
        *result = edoi_gcra_decide(&k->limit, turn, key->tat_ns, a->n, a->now_ns, a->last_ns);
        if (*result == 0) key->tat_ns = turn->after_ns;
    }
    edoi_lock_release(&s->lock);
    return key != NULL;
}

/* Without memory the chains get longer. */
static void shard_grow(shard *s, size_t chains_n) {
    edoi_table_link **chains = edoi_calloc(chains_n * 2, sizeof(edoi_table_link *));
    if (!chains) return;
    edoi_lock_acquire(&s->lock);
    if (s->table.chains_n == chains_n) chains = edoi_table_move(&s->table, chains, chains_n * 2);
    edoi_lock_release(&s->lock);
    edoi_free(chains);
}

/* Adds `key`, which holds what was decided for it, unless another thread was faster or there is no
 * room. Returns 0; -EAGAIN: it is there now; -ENOSPC. On failure `key` stays the caller's. */
static int keyed_limiter_add(edo_keyed_limiter *k, const asked *a, kept_key *key) {
    shard *s = shard_of(k, a->hash);
    edoi_table_link *old = NULL;
    int err = 0;
    edoi_lock_acquire(&s->lock);
    if (shard_find(s, a)) {
        err = -EAGAIN;
    } else {
        shard_sweep(s, CHAINS_SWEPT, a->now_ns, &old);
        if (s->table.links_n >= k->len_max) shard_sweep(s, CHAINS_AT_ONCE, a->now_ns, &old);
        if (s->table.links_n >= k->len_max && k->forgets) forget_one(s, &old);
        if (s->table.links_n >= k->len_max) err = -ENOSPC;
    }
    if (err == 0) edoi_table_add(&s->table, &key->link, a->hash);
    EDO_INV("keyed_limiter inv. 1", err < 0 || shard_find(s, a) == key);
    EDO_INV("keyed_limiter inv. 3", s->table.links_n <= k->len_max);
    size_t chains_n = edoi_table_is_full(&s->table) ? s->table.chains_n : 0;
    edoi_lock_release(&s->lock);
    free_keys(old);
    if (chains_n > 0) shard_grow(s, chains_n);
    return err;
}

/* Decides for a key that was not there: as one whose word is 0. */
static int decide_new(edo_keyed_limiter *k, edo_limiter_turn *turn, const asked *a) {
    int result = edoi_gcra_decide(&k->limit, turn, 0, a->n, a->now_ns, a->last_ns);
    if (result < 0 || a->n == 0) return result;
    kept_key *key = edoi_cache_get(offsetof(kept_key, key) + a->key.len);
    if (!key) return -ENOMEM;
    key->link.next = NULL;
    key->tat_ns = turn->after_ns;
    key->bytes = (uint32_t)a->key.len;
    if (a->key.len > 0) memcpy(key->key, a->key.ptr, a->key.len);
    result = keyed_limiter_add(k, a, key);
    if (result < 0) free_keys(&key->link);
    return result;
}

static int keyed_limiter_decide(edo_keyed_limiter *k, edo_limiter_turn *turn, asked *a) {
    if (a->key.len > k->key_bytes_max) return -EDO_ETOOLONG;
    a->hash = edoi_siphash13(&k->secret, a->key.ptr, a->key.len);
    int result = 0;
    do {
        if (decide_known(k, turn, a, &result)) return result;
        result = decide_new(k, turn, a);
    } while (result == -EAGAIN); // another thread has added it, and may have lost it again
    return result;
}

int edo_keyed_limiter_check(edo_keyed_limiter *k, edo_instant *next, edo_str key, uint64_t n) {
    edo_limiter_turn turn;
    int64_t now_ns = edo_now().ns;
    asked a = { .key = key, .n = n, .now_ns = now_ns, .last_ns = now_ns };
    int err = keyed_limiter_decide(k, &turn, &a);
    if (err == -EDO_ERATELIMITED && next) *next = turn.at;
    return err;
}

uint64_t edo_keyed_limiter_left(edo_keyed_limiter *k, edo_str key) {
    const asked a = { .key = key, .hash = edoi_siphash13(&k->secret, key.ptr, key.len) };
    shard *s = shard_of(k, a.hash);
    edoi_lock_acquire(&s->lock);
    const kept_key *kept = shard_find(s, &a);
    uint64_t tat_ns = kept ? kept->tat_ns : 0;
    edoi_lock_release(&s->lock);
    return edoi_gcra_left(&k->limit, tat_ns, edo_now().ns);
}

static void keyed_limiter_give_back(edo_keyed_limiter *k, const edo_limiter_turn *turn,
                                    const asked *a) {
    shard *s = shard_of(k, a->hash);
    edoi_lock_acquire(&s->lock);
    kept_key *key = shard_find(s, a);
    if (key && key->tat_ns == turn->after_ns) key->tat_ns = turn->before_ns;
    edoi_lock_release(&s->lock);
}

int edo_keyed_limiter_wait(edo_keyed_limiter *k, edo_str key, uint64_t n,
                           const edo_limiter_wait_opts *opts) {
    if (!edoi_limiter_wait_opts_check(&opts)) return -EINVAL;
    int err = edo_budget_consume();
    if (err < 0) return err;
    edo_limiter_turn turn;
    int64_t now_ns = edo_now().ns;
    asked a = {
        .key = key, .n = n, .now_ns = now_ns, .last_ns = edoi_limiter_wait_until(opts, now_ns)
    };
    err = keyed_limiter_decide(k, &turn, &a);
    if (err < 0) return err;
    err = edoi_limiter_sleep(&turn, opts, now_ns);
    if (err < 0) keyed_limiter_give_back(k, &turn, &a);
    return err;
}

/* ---- Its keys -------------------------------------------------------------------------------- */

static size_t retain_recent(shard *s, int64_t now_ns) {
    size_t gone = 0, swept = 0, chains_n = 0;
    do {
        edoi_table_link *old = NULL;
        edoi_lock_acquire(&s->lock);
        size_t before = s->table.links_n;
        if (swept == 0) s->swept = 0;
        shard_sweep(s, CHAINS_AT_ONCE, now_ns, &old);
        gone += before - s->table.links_n;
        chains_n = s->table.chains_n;
        edoi_lock_release(&s->lock);
        free_keys(old);
        swept += CHAINS_AT_ONCE;
    } while (swept < chains_n);
    return gone;
}

size_t edo_keyed_limiter_retain_recent(edo_keyed_limiter *k) {
    int64_t now_ns = edo_now().ns;
    size_t gone = 0;
    for (uint32_t i = 0; i < k->shards_n; i++) gone += retain_recent(&k->shards[i], now_ns);
    return gone;
}

size_t edo_keyed_limiter_len(edo_keyed_limiter *k) {
    size_t len = 0;
    for (uint32_t i = 0; i < k->shards_n; i++) {
        edoi_lock_acquire(&k->shards[i].lock);
        len += k->shards[i].table.links_n;
        edoi_lock_release(&k->shards[i].lock);
    }
    return len;
}
