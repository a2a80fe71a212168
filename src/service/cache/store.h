/* SPDX-License-Identifier: MIT */
/* service/cache/store.h: the entries of a cache, in shards with a lock each. store.c finds, adds
 * and evicts; cache.c loads.
 *
 *     loaded        expires_ns              + stale_while      + stale_if_error
 *     | fresh        | old: a refresh begins | a load, and the old value if that fails | gone
 *
 * inv. 1: an entry is in the shard that its hash names, in its table and its policy.
 * inv. 2: a shard has no more than its share of entries and bytes.
 *
 * Memory is asked for, and values are given back, without the lock. */
#ifndef EDOI_SERVICE_CACHE_STORE_H
#define EDOI_SERVICE_CACHE_STORE_H

#include "base/lock.h"
#include "base/siphash.h"
#include "base/table.h"
#include "service/cache/flight.h"
#include "service/cache/policy.h"

#include <edo/cache.h>

typedef struct edoi_cache_entry {
    edoi_table_link link; /* lock: the shard's, as all that is not const */
    edoi_policy_node node;
    void *value;        /* const; counted; NULL: an error is kept */
    int result;         /* const; of the load */
    uint32_t key_bytes; /* const, as the key */
    int64_t expires_ns; /* const */
    int64_t load_ns;    /* const; how long the load took */
    int64_t again_ns;   /* no refresh before: one was begun, or a load has failed */
    int64_t rests_ns;   /* a load has failed: until then the old value is returned without one */
    size_t bytes;       /* const; of all of it */
    char key[];
} edoi_cache_entry;

typedef struct edoi_cache_shard {
    EDOI_ALIGNED(64) edoi_lock lock; /* a leaf; guards all of it */
    edoi_table table;
    edoi_policy policy;
    size_t bytes;
    edo_cache_stats counts; /* without what is there now */
} edoi_cache_shard;

struct edo_cache {
    /* const: */
    edoi_siphash_secret secret;
    edoi_cache_shard *shards;
    uint32_t shards_n;             /* a power of two */
    bool coarse;                   /* all times are long enough for the coarse clock */
    size_t entries_max, bytes_max; /* of a shard */
    edo_cache_opts opts;           /* complete; `name` is a copy */
    edo_flight *flight;
    void *memory; /* of `shards`, which are aligned in it */
};

/* What a call is about. */
typedef struct edoi_cache_asked {
    edo_str key;
    uint64_t hash;
    int64_t now_ns;
} edoi_cache_asked;

/* What was found, and what is to be done. */
typedef enum edoi_cache_verdict {
    EDOI_CACHE_MISS,    /* nothing: a load */
    EDOI_CACHE_HIT,     /* a fresh value */
    EDOI_CACHE_REFUSED, /* a kept error */
    EDOI_CACHE_REFRESH, /* a value, and a refresh is due */
    EDOI_CACHE_STALE,   /* an old value that will do */
    EDOI_CACHE_TRY,     /* an old value, if a load fails */
} edoi_cache_verdict;

typedef struct edoi_cache_found {
    void *value; /* a reference; NULL: none */
    int result;
} edoi_cache_found;

EDO_MUST_USE int edoi_store_init(edo_cache *c);
void edoi_store_deinit(edo_cache *c);

/* Fills in `hash` and `now_ns`. */
void edoi_store_ask(const edo_cache *c, edoi_cache_asked *a, edo_str key);

/* Looks a key up, and counts the lookup. EDOI_CACHE_REFRESH is returned to one caller only for a
 * while. */
EDO_MUST_USE edoi_cache_verdict edoi_store_find(edo_cache *c, const edoi_cache_asked *a,
                                                edoi_cache_found *found);

/* As edoi_store_find(), but fresh entries only; a kept error has no value. False: there is none. */
EDO_MUST_USE bool edoi_store_get(edo_cache *c, const edoi_cache_asked *a, edoi_cache_found *found);

/* As edoi_store_get(), but counts nothing. */
EDO_MUST_USE bool edoi_store_peek(edo_cache *c, const edoi_cache_asked *a, edoi_cache_found *found);

/* What a load has come to, or a program has set. */
typedef struct edoi_cache_made {
    void *value; /* borrowed; NULL: an error */
    int result;
    int64_t ttl_ns, load_ns;
    const edoi_flight_run *run; /* of the load, which may have been forgotten; NULL: none */
} edoi_cache_made;

/* Keeps it, in place of what is there. Errors: -ENOMEM; -EFBIG. */
EDO_MUST_USE int edoi_store_put(edo_cache *c, const edoi_cache_asked *a,
                                const edoi_cache_made *made);

/* Takes an entry out; false: it was not there. */
bool edoi_store_remove(edo_cache *c, const edoi_cache_asked *a);

/* A load has made nothing: takes out what is there, unless its run was forgotten meanwhile. */
void edoi_store_drop(edo_cache *c, const edoi_cache_asked *a, const edoi_flight_run *run);

/* A load has failed: what is kept is neither refreshed nor loaded before `again_ns`. */
void edoi_store_failed(edo_cache *c, const edoi_cache_asked *a, int64_t again_ns);

void edoi_store_clear(edo_cache *c);

/* Adds to one of the numbers of the shard of a key. */
void edoi_store_count(edo_cache *c, const edoi_cache_asked *a, size_t offset);
#define EDOI_STORE_COUNT(c, a, field) edoi_store_count((c), (a), offsetof(edo_cache_stats, field))

void edoi_store_add_stats(edoi_cache_shard *s, edo_cache_stats *sum);

/* Walks all entries and asserts the invariants. Takes the locks of the shards. */
void edoi_store_check(edo_cache *c);

#endif
