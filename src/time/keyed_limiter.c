/* SPDX-License-Identifier: MIT */
/* time/keyed_limiter.c: a limiter's word for each key, in hash tables with a lock each.
 *
 * inv. 1: a key is in the shard, and there in the chain, that its hash names.
 * inv. 2: a key whose word has passed may be forgotten at any time: a new key begins as it is.
 * inv. 3: a shard has at most `len_max` keys; what is done under its lock for one call does not
 *         depend on how many there are, except moving to a larger table.
 *
 * Memory is asked for and freed without the lock. */
#include "base/lock.h"
#include "base/memory/cache.h"
#include "base/opts.h"
#include "base/siphash.h"
#include "time/gcra.h"

#include <string.h>

#define KEYS_MAX_DEFAULT      65536u
#define KEY_BYTES_MAX_DEFAULT 256u
#define SHARDS                16u   /* if there may be many keys */
#define MANY_KEYS             1024u /* below that one shard, so that keys_max holds */
#define CHAINS_AT_FIRST       16u
#define CHAINS_SWEPT          8u  /* for each new key: so a full shard makes room */
#define CHAINS_AT_ONCE        64u /* under one hold of the lock */

typedef struct kept_key {
    struct kept_key *next;
    uint64_t hash;
    uint64_t tat_ns;
    uint32_t bytes;
    char key[];
} kept_key;

typedef struct shard {
    EDOI_ALIGNED(64) edoi_lock lock; /* a leaf */
    uint32_t chains_n;               /* lock: lock; a power of two */
    kept_key **chains;               /* lock: lock */
    size_t len;                      /* lock: lock */
    size_t swept;                    /* lock: lock; where the next look for old keys begins */
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
        s->chains = edoi_calloc(CHAINS_AT_FIRST, sizeof *s->chains);
        if (!s->chains) return -ENOMEM;
        s->chains_n = CHAINS_AT_FIRST;
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

static void free_keys(kept_key *first) {
    while (first) {
        kept_key *next = first->next;
        edoi_cache_put(first, offsetof(kept_key, key) + first->bytes);
        first = next;
    }
}

void edo_keyed_limiter_free(edo_keyed_limiter *k) {
    if (!k) return;
    for (uint32_t i = 0; k->shards && i < k->shards_n; i++) {
        shard *s = &k->shards[i];
        for (uint32_t c = 0; c < s->chains_n; c++) free_keys(s->chains[c]);
        edoi_free(s->chains);
    }
    edoi_free(k->memory);
    edoi_free(k);
}

/* ---- A shard, with its lock held ------------------------------------------------------------- */

static kept_key **chain_of(shard *s, uint64_t hash) {
    return &s->chains[hash & (s->chains_n - 1)];
}

static bool is_for(const kept_key *key, const asked *a) {
    if (key->hash != a->hash || key->bytes != a->key.len) return false;
    return key->bytes == 0 || memcmp(key->key, a->key.ptr, key->bytes) == 0; // it may be NULL
}

static kept_key *find(shard *s, const asked *a) {
    kept_key *at = *chain_of(s, a->hash);
    while (at && !is_for(at, a)) at = at->next;
    return at;
}

/* Moves the keys of `n` chains whose word has passed to `*old`. */
static void sweep(shard *s, size_t n, int64_t now_ns, kept_key **old) {
    for (; n > 0; n--, s->swept++) {
        kept_key **at = &s->chains[s->swept & (s->chains_n - 1)];
        while (*at) {
            kept_key *key = *at;
            if ((int64_t)key->tat_ns > now_ns) {
                at = &key->next;
                continue;
            }
            *at = key->next;
            key->next = *old;
            *old = key;
            s->len--;
        }
    }
}

/* Moves the key of a few chains whose word passes first to `*old`, of a shard that is full. */
static void forget_one(shard *s, kept_key **old) {
    kept_key **first = NULL;
    for (size_t n = 0; n < CHAINS_SWEPT || !first; n++, s->swept++)
        for (kept_key **at = &s->chains[s->swept & (s->chains_n - 1)]; *at; at = &(*at)->next)
            if (!first || (*at)->tat_ns < (*first)->tat_ns) first = at;
    kept_key *key = *first;
    *first = key->next;
    key->next = *old;
    *old = key;
    s->len--;
}

static void add_to_chain(shard *s, kept_key *key) {
    kept_key **chain = chain_of(s, key->hash);
    key->next = *chain;
    *chain = key;
    s->len++;
}

/* Gives the shard a table of twice the size, `chains`, and returns the former one. */
static kept_key **move_to(shard *s, kept_key **chains) {
    kept_key **former = s->chains;
    uint32_t former_n = s->chains_n;
    s->chains = chains;
    s->chains_n = former_n * 2;
    for (uint32_t c = 0; c < former_n; c++) {
        kept_key *next = NULL;
        for (kept_key *key = former[c]; key; key = next) {
            next = key->next;
            kept_key **chain = chain_of(s, key->hash);
            key->next = *chain;
            *chain = key;
        }
    }
    return former;
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
    kept_key *key = find(s, a);
    if (key) {
        *result = edoi_gcra_decide(&k->limit, turn, key->tat_ns, a->n, a->now_ns, a->last_ns);
        if (*result == 0) key->tat_ns = turn->after_ns;
    }
    edoi_lock_release(&s->lock);
    return key != NULL;
}

/* Without memory the chains get longer. */
static void grow(shard *s, uint32_t chains_n) {
    kept_key **chains = edoi_calloc((size_t)chains_n * 2, sizeof *chains);
    if (!chains) return;
    edoi_lock_acquire(&s->lock);
    if (s->chains_n == chains_n) chains = move_to(s, chains);
    edoi_lock_release(&s->lock);
    edoi_free(chains);
}

/* Adds `key`, which holds what was decided for it, unless another thread was faster or there is no
 * room. Returns 0; -EAGAIN: it is there now; -ENOSPC. On failure `key` stays the caller's. */
static int add(edo_keyed_limiter *k, const asked *a, kept_key *key) {
    shard *s = shard_of(k, a->hash);
    kept_key *old = NULL;
    int err = 0;
    edoi_lock_acquire(&s->lock);
    if (find(s, a)) {
        err = -EAGAIN;
    } else {
        sweep(s, CHAINS_SWEPT, a->now_ns, &old);
        if (s->len >= k->len_max && k->forgets) forget_one(s, &old);
        if (s->len >= k->len_max) err = -ENOSPC;
    }
    if (err == 0) add_to_chain(s, key);
    uint32_t chains_n = s->len > s->chains_n ? s->chains_n : 0;
    edoi_lock_release(&s->lock);
    free_keys(old);
    if (chains_n > 0) grow(s, chains_n);
    return err;
}

/* Decides for a key that was not there: as one whose word is 0. */
static int decide_new(edo_keyed_limiter *k, edo_limiter_turn *turn, const asked *a) {
    int result = edoi_gcra_decide(&k->limit, turn, 0, a->n, a->now_ns, a->last_ns);
    if (result < 0 || a->n == 0) return result;
    kept_key *key = edoi_cache_get(offsetof(kept_key, key) + a->key.len);
    if (!key) return -ENOMEM;
    key->next = NULL;
    key->hash = a->hash;
    key->tat_ns = turn->after_ns;
    key->bytes = (uint32_t)a->key.len;
    if (a->key.len > 0) memcpy(key->key, a->key.ptr, a->key.len);
    result = add(k, a, key);
    if (result < 0) free_keys(key);
    return result;
}

static int decide(edo_keyed_limiter *k, edo_limiter_turn *turn, asked *a) {
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
    int err = decide(k, &turn, &a);
    if (err == -EDO_ERATELIMITED && next) *next = turn.at;
    return err;
}

uint64_t edo_keyed_limiter_left(edo_keyed_limiter *k, edo_str key) {
    const asked a = { .key = key, .hash = edoi_siphash13(&k->secret, key.ptr, key.len) };
    shard *s = shard_of(k, a.hash);
    edoi_lock_acquire(&s->lock);
    const kept_key *kept = find(s, &a);
    uint64_t tat_ns = kept ? kept->tat_ns : 0;
    edoi_lock_release(&s->lock);
    return edoi_gcra_left(&k->limit, tat_ns, edo_now().ns);
}

static void give_back(edo_keyed_limiter *k, const edo_limiter_turn *turn, const asked *a) {
    shard *s = shard_of(k, a->hash);
    edoi_lock_acquire(&s->lock);
    kept_key *key = find(s, a);
    if (key && key->tat_ns == turn->after_ns) key->tat_ns = turn->before_ns;
    edoi_lock_release(&s->lock);
}

int edo_keyed_limiter_wait(edo_keyed_limiter *k, edo_str key, uint64_t n,
                           const edo_limiter_wait_opts *opts) {
    if (!edoi_limiter_wait_opts_check(&opts)) return -EINVAL;
    edo_limiter_turn turn;
    int64_t now_ns = edo_now().ns;
    asked a = {
        .key = key, .n = n, .now_ns = now_ns, .last_ns = edoi_limiter_wait_until(opts, now_ns)
    };
    int err = decide(k, &turn, &a);
    if (err < 0) return err;
    err = edoi_limiter_sleep(&turn, opts, now_ns);
    if (err < 0) give_back(k, &turn, &a);
    return err;
}

/* ---- Its keys -------------------------------------------------------------------------------- */

static size_t retain_recent(shard *s, int64_t now_ns) {
    size_t gone = 0, swept = 0, chains_n = 0;
    do {
        kept_key *old = NULL;
        edoi_lock_acquire(&s->lock);
        size_t before = s->len;
        if (swept == 0) s->swept = 0;
        sweep(s, CHAINS_AT_ONCE, now_ns, &old);
        gone += before - s->len;
        chains_n = s->chains_n;
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
        len += k->shards[i].len;
        edoi_lock_release(&k->shards[i].lock);
    }
    return len;
}
