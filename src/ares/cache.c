/* SPDX-License-Identifier: MIT */
/* ares/cache.c: see cache.h. A name has four slots, and the slot that expires first is reused: so
 * the cache never grows, a look-up compares four names at most, and names that share the four slots
 * only cost another query. Not base/table.h, which keeps all that is added. */
#include "ares/cache.h"
#include "base/text/ascii.h"

#include <edo/time.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 4u

typedef struct kept_name {
    edo_instant until;
    edoi_ares_addrs addrs;
    char host[]; /* with its NUL */
} kept_name;

struct edoi_ares_cache {
    pthread_mutex_t cache_mutex; /* guards the entries, and what they point to */
    uint32_t sets_n;             /* const */
    kept_name *entries[];        /* WAYS for each set */
};

int edoi_ares_cache_new(edoi_ares_cache **out, uint32_t names) {
    uint32_t sets_n = names / WAYS + (names % WAYS > 0);
    edoi_ares_cache *c = calloc(1, sizeof *c + (size_t)sets_n * WAYS * sizeof c->entries[0]);
    if (!c) return -ENOMEM;
    int err = pthread_mutex_init(&c->cache_mutex, NULL);
    if (err != 0) {
        free(c);
        return -err;
    }
    c->sets_n = sets_n;
    *out = c;
    return 0;
}

void edoi_ares_cache_free(edoi_ares_cache *c) {
    if (!c) return;
    for (size_t i = 0; i < (size_t)c->sets_n * WAYS; i++) free(c->entries[i]);
    (void)pthread_mutex_destroy(&c->cache_mutex);
    free(c);
}

/* The places of a name, which differs from no name by upper and lower case alone. */
static kept_name **set_of(edoi_ares_cache *c, const char *host) {
    uint32_t hash = 2166136261u; // FNV-1a
    for (const char *at = host; *at; at++) {
        uint32_t letter = *at >= 'A' && *at <= 'Z' ? (uint32_t)(*at | 0x20) : (uint8_t)*at;
        hash = (hash ^ letter) * 16777619u;
    }
    return &c->entries[(size_t)(hash % c->sets_n) * WAYS];
}

bool edoi_ares_cache_get(edoi_ares_cache *c, edoi_ares_addrs *out, const char *host) {
    edo_instant now = edo_now();
    kept_name **set = set_of(c, host);
    bool found = false;
    (void)pthread_mutex_lock(&c->cache_mutex);
    for (size_t i = 0; i < WAYS && !found; i++) {
        if (!set[i] || set[i]->until.ns <= now.ns ||
            !edoi_equal_nocase(edo_str_of(set[i]->host), edo_str_of(host)))
            continue;
        *out = set[i]->addrs;
        found = true;
    }
    (void)pthread_mutex_unlock(&c->cache_mutex);
    return found;
}

/* Where the name is, or else where it may be put. */
static size_t cache_place_of(kept_name *const *set, const char *host) {
    size_t best = 0;
    for (size_t i = 0; i < WAYS; i++) {
        if (!set[i] || edoi_equal_nocase(edo_str_of(set[i]->host), edo_str_of(host))) return i;
        if (set[i]->until.ns < set[best]->until.ns) best = i;
    }
    return best;
}

void edoi_ares_cache_put(edoi_ares_cache *c, const char *host, const edoi_ares_addrs *addrs) {
    if (addrs->ttl_s <= 0) return;
    size_t host_bytes = strlen(host) + 1;
    kept_name *entry = malloc(sizeof *entry + host_bytes);
    if (!entry) return;
    entry->until = edo_instant_add(edo_now(), edo_s(addrs->ttl_s));
    entry->addrs = *addrs;
    memcpy(entry->host, host, host_bytes);
    kept_name **set = set_of(c, host);
    (void)pthread_mutex_lock(&c->cache_mutex);
    size_t i = cache_place_of(set, host);
    kept_name *old = set[i];
    set[i] = entry;
    (void)pthread_mutex_unlock(&c->cache_mutex);
    free(old);
}
