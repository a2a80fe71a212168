/* SPDX-License-Identifier: MIT */
/* pluggable_cache.c: one interface, two caches: in memory, and a remote one with 50 ms for each
 * operation. The code that uses a cache does not know which one it has, and awaits either way.
 *
 * The clock is paused: the remote cache costs no real time. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct cache cache;

/* Both may await. */
typedef struct cache_ops {
    int (*get)(cache *self, const char *key, int *value); /* -ENOENT: not there */
    int (*set)(cache *self, const char *key, int value);  /* -ENOSPC: full */
} cache_ops;

struct cache {
    const cache_ops *ops;
};

/* ---- In memory ------------------------------------------------------------------------------- */

typedef struct entry {
    char key[16];
    int value;
} entry;

typedef struct memory_cache {
    cache base; /* first */
    entry entries[8];
    size_t n;
} memory_cache;

static entry *find(memory_cache *m, const char *key) {
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->entries[i].key, key) == 0) return &m->entries[i];
    return NULL;
}

static int memory_get(cache *self, const char *key, int *value) {
    const entry *e = find((memory_cache *)self, key);
    if (!e) return -ENOENT;
    *value = e->value;
    return 0;
}

static int memory_set(cache *self, const char *key, int value) {
    memory_cache *m = (memory_cache *)self;
    entry *e = find(m, key);
    if (!e && m->n < EDO_COUNT(m->entries)) {
        e = &m->entries[m->n++];
        snprintf(e->key, sizeof e->key, "%s", key);
    }
    if (!e) return -ENOSPC;
    e->value = value;
    return 0;
}

static const cache_ops memory_ops = { memory_get, memory_set };

/* ---- Remote ---------------------------------------------------------------------------------- */

/* Another cache behind a network: each operation takes `delay`. */
typedef struct remote_cache {
    cache base; /* first */
    cache *there;
    edo_duration delay;
} remote_cache;

static int remote_get(cache *self, const char *key, int *value) {
    remote_cache *r = (remote_cache *)self;
    int err = edo_sleep(r->delay);
    return err < 0 ? err : r->there->ops->get(r->there, key, value);
}

static int remote_set(cache *self, const char *key, int value) {
    remote_cache *r = (remote_cache *)self;
    int err = edo_sleep(r->delay);
    return err < 0 ? err : r->there->ops->set(r->there, key, value);
}

static const cache_ops remote_ops = { remote_get, remote_set };

/* ---- Use ------------------------------------------------------------------------------------- */

/* Looks the price up, and computes and keeps it the first time. */
static int price(cache *c, const char *what, int *euros) {
    int err = c->ops->get(c, what, euros);
    if (err != -ENOENT) return err;
    *euros = (int)strlen(what) * 10;
    return c->ops->set(c, what, *euros);
}

static int buy(const char *name, cache *c) {
    edo_instant start = edo_now();
    int first = 0, again = 0;
    int err = price(c, "teapot", &first); // a get that finds nothing, and a set
    if (err == 0) err = price(c, "teapot", &again);
    edo_duration took = edo_instant_since(edo_now(), start);
    printf("%s: %d and %d euros in %d ms\n", name, first, again, (int)(took.ns / 1000000));
    return err;
}

static int root(void *arg) {
    (void)arg;
    memory_cache memory = { .base = { &memory_ops } }, far = { .base = { &memory_ops } };
    remote_cache remote = { .base = { &remote_ops }, .there = &far.base, .delay = edo_ms(50) };
    int err = buy("memory", &memory.base);
    if (err < 0) return err;
    err = buy("remote", &remote.base);
    if (err < 0) return err;
    EDO_DEADLINE(d, edo_ms(20)); // a limit needs nothing of the cache
    err = edo_deadline_end(&d, buy("remote, with 20 ms", &remote.base));
    printf("%s\n", edo_error_name(err));
    return err == -ETIMEDOUT ? 0 : -EIO;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
