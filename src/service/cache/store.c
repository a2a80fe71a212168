/* SPDX-License-Identifier: MIT */
/* service/cache/store.c: the shards of a cache. */
#include "service/cache/store.h"
#include "base/assert.h"
#include "base/memory/cache.h"
#include "driver/clock.h"
#include "time/coarse.h"
#include "time/random.h"

#include <edo/task.h>

#include <errno.h>
#include <string.h>

#define SHARDS          16u
#define MANY_ENTRIES    4096u /* below that one shard, so that few entries are not cut apart */
#define MANY_BYTES      (1u << 20)
#define CHAINS_AT_FIRST 16u
#define CHAINS_AT_ONCE  64u /* under one hold of the lock */

/* ---- Life ------------------------------------------------------------------------------------ */

static int shard_init(edoi_cache_shard *s, size_t entries_max) {
    edoi_table_link **chains = edoi_calloc(CHAINS_AT_FIRST, sizeof(edoi_table_link *));
    if (!chains) return -ENOMEM;
    edoi_table_init(&s->table, chains, CHAINS_AT_FIRST);
    return edoi_policy_init(&s->policy, entries_max);
}

int edoi_store_init(edo_cache *c) {
    const edo_cache_opts *o = &c->opts;
    const size_t line = _Alignof(edoi_cache_shard);
    c->shards_n = o->entries_max < MANY_ENTRIES || o->bytes_max < MANY_BYTES ? 1 : SHARDS;
    c->entries_max = (o->entries_max - 1) / c->shards_n + 1;
    c->bytes_max = o->bytes_max / c->shards_n;
    c->memory = edoi_calloc(c->shards_n + 1, sizeof(edoi_cache_shard));
    if (!c->memory) return -ENOMEM;
    c->shards = (edoi_cache_shard *)(((uintptr_t)c->memory + line - 1) / line * line);
    for (uint32_t i = 0; i < c->shards_n; i++)
        if (shard_init(&c->shards[i], c->entries_max) < 0) return -ENOMEM;
    return 0;
}

static edoi_cache_entry *entry_of(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, edoi_cache_entry, link);
}

static size_t entry_bytes(size_t key_bytes) {
    return sizeof(edoi_cache_entry) + key_bytes;
}

/* Frees entries that are in no table, chained by their links. Called without a lock. */
static void entries_free(edoi_table_link *first) {
    while (first) {
        edoi_cache_entry *e = entry_of(first);
        first = first->next;
        edo_rc_unref(e->value);
        edoi_cache_put(e, entry_bytes(e->key_bytes));
    }
}

void edoi_store_deinit(edo_cache *c) {
    for (uint32_t i = 0; c->shards && i < c->shards_n; i++) {
        edoi_cache_shard *s = &c->shards[i];
        for (size_t k = 0; k < s->table.chains_n; k++) entries_free(s->table.chains[k]);
        edoi_free(s->table.chains);
        edoi_policy_deinit(&s->policy);
    }
    edoi_free(c->memory);
}

void edoi_store_ask(const edo_cache *c, edoi_cache_asked *a, edo_str key) {
    a->key = key;
    a->hash = edoi_siphash13(&c->secret, key.ptr, key.len);
    a->now_ns = c->coarse ? edo_now_coarse().ns : edo_now().ns;
}

/* ---- A shard, with its lock held ------------------------------------------------------------- */

static edoi_cache_shard *store_part(const edo_cache *c, uint64_t hash) {
    return &c->shards[(hash >> 32) & (c->shards_n - 1)];
}

static bool entry_has_key(edoi_table_link *l, const void *key) {
    const edoi_cache_entry *e = entry_of(l);
    const edo_str *wanted = key;
    return e->key_bytes == wanted->len &&
           (wanted->len == 0 || memcmp(e->key, wanted->ptr, wanted->len) == 0);
}

static edoi_cache_entry *part_find(const edoi_cache_shard *s, const edoi_cache_asked *a) {
    edoi_table_link *l = edoi_table_find(&s->table, a->hash, entry_has_key, &a->key);
    return l ? entry_of(l) : NULL;
}

/* Takes an entry out, in front of those in `*old`. */
static void part_take_out(edoi_cache_shard *s, edoi_cache_entry *e, edoi_table_link **old) {
    edoi_table_remove(&s->table, &e->link);
    edoi_policy_remove(&s->policy, &e->node);
    s->bytes -= e->bytes;
    e->link.next = *old;
    *old = &e->link;
}

/* Inserts an entry, in place of `former` if that is not NULL, which goes to `*old`. */
static void shard_insert(edoi_cache_shard *s, edoi_cache_entry *e, uint64_t hash,
                         edoi_cache_entry *former, edoi_table_link **old) {
    if (former) {
        edoi_policy_replace(&s->policy, &former->node, &e->node);
        edoi_table_remove(&s->table, &former->link);
        s->bytes -= former->bytes;
        *old = &former->link;
        former->link.next = NULL;
    } else {
        edoi_policy_add(&s->policy, &e->node, hash);
    }
    edoi_table_add(&s->table, &e->link, hash);
    s->bytes += e->bytes;
}

/* Makes room. */
static void shard_evict(const edo_cache *c, edoi_cache_shard *s, edoi_table_link **old) {
    while (s->table.links_n > c->entries_max || s->bytes > c->bytes_max) {
        edoi_policy_node *victim = edoi_policy_victim(&s->policy);
        EDO_ASSERT(victim);
        part_take_out(s, EDO_CONTAINER_OF(victim, edoi_cache_entry, node), old);
        s->counts.evicted_n++;
    }
    EDO_INV("store inv. 2", s->table.links_n == s->policy.n);
}

/* ---- Looking up ------------------------------------------------------------------------------ */

/* -ln of a number from (0, 1], chosen at random; within 1 %. */
static double random_exponential(void) {
    uint64_t x = edoi_random() | 1;
    int zeros = __builtin_clzll(x);
    double f = (double)(x << zeros << 1) / 18446744073709551616.0; // x = 2^(63 - zeros) * (1 + f)
    double log2_x = 63 - zeros + f + 0.3372 * f * (1 - f);
    return (64 - log2_x) * 0.6931471805599453;
}

#define EXPONENTIAL_MOST 44.4 // of the above

/* XFetch (Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention",
 * 2015): is a value that is still fresh to be loaded anew? */
static bool entry_is_aging(const edo_cache *c, const edoi_cache_entry *e, int64_t now_ns) {
    double unit = (double)e->load_ns * c->opts.early, left = (double)(e->expires_ns - now_ns);
    if (left > unit * EXPONENTIAL_MOST) return false;
    return unit * random_exponential() >= left;
}

static edoi_cache_verdict entry_judge(const edo_cache *c, const edoi_cache_entry *e,
                                      int64_t now_ns) {
    bool is_due = now_ns >= e->again_ns;
    if (now_ns < e->expires_ns) {
        if (!e->value) return EDOI_CACHE_REFUSED;
        bool refreshes = c->opts.early > 0 && is_due && entry_is_aging(c, e, now_ns);
        return refreshes ? EDOI_CACHE_REFRESH : EDOI_CACHE_HIT;
    }
    int64_t age_ns = now_ns - e->expires_ns;
    if (!e->value) return EDOI_CACHE_MISS;
    if (age_ns < c->opts.stale_while.ns) return is_due ? EDOI_CACHE_REFRESH : EDOI_CACHE_STALE;
    // A refresh under way is no failure: it is waited for.
    if (age_ns < c->opts.stale_if_error.ns)
        return now_ns >= e->rests_ns ? EDOI_CACHE_TRY : EDOI_CACHE_STALE;
    return EDOI_CACHE_MISS;
}

static void shard_tally(edoi_cache_shard *s, edoi_cache_verdict v, bool is_fresh) {
    switch (v) {
    case EDOI_CACHE_HIT: s->counts.hits_n++; break;
    case EDOI_CACHE_REFUSED: s->counts.negative_n++; break;
    case EDOI_CACHE_REFRESH: *(is_fresh ? &s->counts.hits_n : &s->counts.stale_n) += 1; break;
    case EDOI_CACHE_STALE: s->counts.stale_n++; break;
    case EDOI_CACHE_MISS:
    case EDOI_CACHE_TRY: s->counts.misses_n++; break;
    }
}

static edoi_cache_verdict shard_look(const edo_cache *c, edoi_cache_shard *s,
                                     const edoi_cache_asked *a, edoi_cache_found *found,
                                     edoi_table_link **old) {
    edoi_cache_entry *e = part_find(s, a);
    if (!e) {
        edoi_policy_miss(&s->policy, a->hash);
        s->counts.misses_n++;
        return EDOI_CACHE_MISS;
    }
    edoi_cache_verdict v = entry_judge(c, e, a->now_ns);
    shard_tally(s, v, a->now_ns < e->expires_ns);
    edoi_policy_hit(&s->policy, &e->node);
    if (v == EDOI_CACHE_MISS) {
        s->counts.expired_n++;
        part_take_out(s, e, old);
        return v;
    }
    if (v == EDOI_CACHE_REFRESH) e->again_ns = edoi_time_after(a->now_ns, c->opts.error_pause.ns);
    found->value = e->value ? edo_rc_ref(e->value) : NULL;
    found->result = e->result;
    return v;
}

edoi_cache_verdict edoi_store_find(edo_cache *c, const edoi_cache_asked *a,
                                   edoi_cache_found *found) {
    edoi_cache_shard *s = store_part(c, a->hash);
    edoi_table_link *old = NULL;
    edoi_lock_acquire(&s->lock);
    edoi_cache_verdict v = shard_look(c, s, a, found, &old);
    edoi_lock_release(&s->lock);
    if (EDOI_UNLIKELY(old)) entries_free(old);
    return v;
}

/* Finds a fresh entry. */
static edoi_cache_entry *shard_peek(const edoi_cache_shard *s, const edoi_cache_asked *a,
                                    edoi_cache_found *found) {
    edoi_cache_entry *e = part_find(s, a);
    if (!e || a->now_ns >= e->expires_ns) return NULL;
    found->value = e->value ? edo_rc_ref(e->value) : NULL;
    found->result = e->result;
    return e;
}

bool edoi_store_peek(edo_cache *c, const edoi_cache_asked *a, edoi_cache_found *found) {
    edoi_cache_shard *s = store_part(c, a->hash);
    edoi_lock_acquire(&s->lock);
    bool is_fresh = shard_peek(s, a, found) != NULL;
    edoi_lock_release(&s->lock);
    return is_fresh;
}

bool edoi_store_get(edo_cache *c, const edoi_cache_asked *a, edoi_cache_found *found) {
    edoi_cache_shard *s = store_part(c, a->hash);
    edoi_lock_acquire(&s->lock);
    edoi_cache_entry *e = shard_peek(s, a, found);
    if (e) {
        edoi_policy_hit(&s->policy, &e->node);
    } else {
        edoi_policy_miss(&s->policy, a->hash);
    }
    *(!e ? &s->counts.misses_n : e->value ? &s->counts.hits_n : &s->counts.negative_n) += 1;
    edoi_lock_release(&s->lock);
    return e != NULL;
}

/* ---- Changing -------------------------------------------------------------------------------- */

static edoi_cache_entry *entry_new(const edoi_cache_asked *a, const edoi_cache_made *made,
                                   size_t bytes) {
    edoi_cache_entry *e = edoi_cache_get(entry_bytes(a->key.len));
    if (!e) return NULL;
    *e = (edoi_cache_entry){ .result = made->result,
                             .key_bytes = (uint32_t)a->key.len,
                             .expires_ns = edoi_time_after(a->now_ns, made->ttl_ns),
                             .load_ns = made->load_ns,
                             .bytes = bytes };
    if (a->key.len > 0) memcpy(e->key, a->key.ptr, a->key.len);
    if (made->value) e->value = edo_rc_ref(made->value);
    return e;
}

/* Without memory the chains get longer. Called without the lock. */
static void part_grow(edoi_cache_shard *s, size_t chains_n) {
    edoi_table_link **chains = edoi_calloc(chains_n * 2, sizeof(edoi_table_link *));
    if (!chains) return;
    edoi_lock_acquire(&s->lock);
    if (s->table.chains_n == chains_n) chains = edoi_table_move(&s->table, chains, chains_n * 2);
    edoi_lock_release(&s->lock);
    edoi_free(chains);
}

/* Puts `e`, which may be NULL, in place of what is there. */
static void store_exchange(edo_cache *c, const edoi_cache_asked *a, edoi_cache_entry *e,
                           const edoi_flight_run *run) {
    edoi_cache_shard *s = store_part(c, a->hash);
    edoi_table_link *old = NULL;
    edoi_lock_acquire(&s->lock);
    // A call that removes a key forgets its run, and then takes this lock: either the run is seen
    // to be forgotten here, or what is put here is removed after that.
    bool is_late = run && edoi_flight_is_forgotten(run);
    edoi_cache_entry *former = is_late ? NULL : part_find(s, a);
    if (is_late) {
        if (e) old = &e->link;
    } else if (e) {
        shard_insert(s, e, a->hash, former, &old);
        shard_evict(c, s, &old);
    } else if (former) {
        part_take_out(s, former, &old);
    }
    size_t chains_n = edoi_table_is_full(&s->table) ? s->table.chains_n : 0;
    edoi_lock_release(&s->lock);
    entries_free(old);
    if (chains_n > 0) part_grow(s, chains_n);
}

static size_t own_bytes_of(const edo_cache *c, const void *value) {
    if (!value || !c->opts.bytes_of) return 0;
    edo_no_await_begin();
    size_t bytes = c->opts.bytes_of(value);
    edo_no_await_end();
    return bytes;
}

int edoi_store_put(edo_cache *c, const edoi_cache_asked *a, const edoi_cache_made *made) {
    size_t bytes = entry_bytes(a->key.len), own = own_bytes_of(c, made->value);
    bool fits = own <= c->bytes_max && bytes <= c->bytes_max - own;
    edoi_cache_entry *e = fits ? entry_new(a, made, bytes + own) : NULL;
    store_exchange(c, a, e, made->run);
    if (!e) EDOI_STORE_COUNT(c, a, not_kept_n);
    return e ? 0 : fits ? -ENOMEM : -EFBIG;
}

void edoi_store_drop(edo_cache *c, const edoi_cache_asked *a, const edoi_flight_run *run) {
    store_exchange(c, a, NULL, run);
}

bool edoi_store_remove(edo_cache *c, const edoi_cache_asked *a) {
    edoi_cache_shard *s = store_part(c, a->hash);
    edoi_table_link *old = NULL;
    edoi_lock_acquire(&s->lock);
    edoi_cache_entry *e = part_find(s, a);
    if (e) part_take_out(s, e, &old);
    edoi_lock_release(&s->lock);
    entries_free(old);
    return e != NULL;
}

void edoi_store_failed(edo_cache *c, const edoi_cache_asked *a, int64_t again_ns) {
    edoi_cache_shard *s = store_part(c, a->hash);
    edoi_lock_acquire(&s->lock);
    edoi_cache_entry *e = part_find(s, a);
    if (e && e->again_ns < again_ns) e->again_ns = again_ns;
    if (e && e->rests_ns < again_ns) e->rests_ns = again_ns;
    edoi_lock_release(&s->lock);
}

/* Empties `n` chains from `first` on. */
static void shard_clear(edoi_cache_shard *s, size_t first, size_t n) {
    edoi_table_link *old = NULL;
    edoi_lock_acquire(&s->lock);
    for (size_t i = first; i < first + n && i < s->table.chains_n; i++)
        while (s->table.chains[i]) part_take_out(s, entry_of(s->table.chains[i]), &old);
    edoi_lock_release(&s->lock);
    entries_free(old);
}

/* A table that grows meanwhile moves entries to chains that are still to come, or to where nothing
 * is but what has come since. */
static void shard_clear_all(edoi_cache_shard *s) {
    size_t chains_n = CHAINS_AT_ONCE;
    for (size_t first = 0; first < chains_n; first += CHAINS_AT_ONCE) {
        shard_clear(s, first, CHAINS_AT_ONCE);
        edoi_lock_acquire(&s->lock);
        chains_n = s->table.chains_n;
        edoi_lock_release(&s->lock);
    }
}

void edoi_store_clear(edo_cache *c) {
    for (uint32_t i = 0; i < c->shards_n; i++) shard_clear_all(&c->shards[i]);
}

void edoi_store_count(edo_cache *c, const edoi_cache_asked *a, size_t offset) {
    edoi_cache_shard *s = store_part(c, a->hash);
    edoi_lock_acquire(&s->lock);
    uint64_t *n = (uint64_t *)(void *)((char *)&s->counts + offset);
    ++*n;
    edoi_lock_release(&s->lock);
}

void edoi_store_add_stats(edoi_cache_shard *s, edo_cache_stats *sum) {
    edoi_lock_acquire(&s->lock);
    const edo_cache_stats *n = &s->counts;
    sum->entries += s->table.links_n;
    sum->bytes += s->bytes;
    sum->hits_n += n->hits_n;
    sum->misses_n += n->misses_n;
    sum->stale_n += n->stale_n;
    sum->negative_n += n->negative_n;
    sum->loads_n += n->loads_n;
    sum->load_failures_n += n->load_failures_n;
    sum->refreshes_n += n->refreshes_n;
    sum->evicted_n += n->evicted_n;
    sum->expired_n += n->expired_n;
    sum->not_kept_n += n->not_kept_n;
    edoi_lock_release(&s->lock);
}

void edoi_store_check(edo_cache *c) {
    for (uint32_t i = 0; i < c->shards_n; i++) {
        edoi_cache_shard *s = &c->shards[i];
        size_t bytes = 0;
        edoi_lock_acquire(&s->lock);
        edoi_table_check(&s->table);
        edoi_policy_check(&s->policy);
        for (size_t k = 0; k < s->table.chains_n; k++) {
            for (edoi_table_link *l = s->table.chains[k]; l; l = l->next) {
                EDO_INV("store inv. 1", store_part(c, l->hash) == s);
                bytes += entry_of(l)->bytes;
            }
        }
        EDO_INV("store inv. 1", bytes == s->bytes && s->policy.n == s->table.links_n);
        EDO_INV("store inv. 2", s->policy.n <= c->entries_max && bytes <= c->bytes_max);
        edoi_lock_release(&s->lock);
    }
}
