/* SPDX-License-Identifier: MIT */
/* name_cache.c: a bounded map of counted values that expire: tsearch() of POSIX finds them, and an
 * edo_delayq knows which ends first. */
#include <edo/delayq.h>
#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 3u

/* From edo_rc_new(): a share may be read also when the entry has left the map. */
typedef struct cached {
    char *name; // its own copy
    int value;
    edo_delayq_key key;
} cached;

static void cached_drop(void *e) {
    free(((cached *)e)->name);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // held for a few lines, without an await
static void *tree;                                       // of cached
static edo_delayq ends;                                  // of cached: one share each, for both

static int by_name(const void *a, const void *b) {
    return strcmp(((const cached *)a)->name, ((const cached *)b)->name);
}

static void drop(edo_delayq_key key) {
    void *e;
    if (edo_delayq_remove(&ends, key, &e) < 0) return;
    (void)tdelete(e, &tree, by_name);
    edo_rc_unref(e);
}

/* Drops what has ended, and of the rest what ends first until there is room for `more`. */
static void make_room(size_t more) {
    edo_delayq_key key;
    edo_instant at;
    while (edo_delayq_peek(&ends, &key, &at) == 0 &&
           (edo_instant_since(edo_now(), at).ns >= 0 || edo_delayq_len(&ends) + more > ENTRIES_MAX))
        drop(key);
}

static cached *find(const char *name) {
    const cached key = { .name = (char *)(uintptr_t)name };
    cached **at = tfind(&key, &tree, by_name);
    return at ? *at : NULL;
}

/* Returns a share of the entry: edo_rc_unref(); NULL: it is not there. */
static cached *get(const char *name) {
    (void)pthread_mutex_lock(&lock);
    make_room(0);
    cached *e = find(name);
    if (e) e = edo_rc_ref(e);
    (void)pthread_mutex_unlock(&lock);
    return e;
}

static int put(const char *name, int value, edo_duration life) {
    cached *e = edo_rc_new(sizeof *e, cached_drop);
    if (!e) return -ENOMEM;
    *e = (cached){ .name = strdup(name), .value = value };
    if (!e->name) {
        edo_rc_unref(e);
        return -ENOMEM;
    }
    (void)pthread_mutex_lock(&lock);
    cached *old = find(name);
    if (old) drop(old->key);
    make_room(1);
    int err = edo_delayq_insert(&ends, &e->key, e, life);
    if (err < 0) {
        edo_rc_unref(e);
    } else if (!tsearch(e, &tree, by_name)) {
        drop(e->key);
        err = -ENOMEM;
    }
    (void)pthread_mutex_unlock(&lock);
    return err;
}

static void show(const char *name) {
    cached *e = get(name);
    if (e) printf("%s: %d\n", name, e->value);
    if (!e) printf("%s is not there\n", name);
    edo_rc_unref(e);
}

static int root(void *arg) {
    (void)arg;
    int err = put("alice", 1, edo_ms(30));
    if (err == 0) err = put("bob", 2, edo_ms(10));
    if (err == 0) err = put("carol", 3, edo_ms(20));
    if (err == 0) err = put("dave", 4, edo_ms(40)); // bob would have ended first
    if (err == 0) err = put("alice", 5, edo_ms(50));
    if (err == 0) err = edo_sleep(edo_ms(25)); // carol ends meanwhile
    show("alice");
    show("bob");
    show("carol");
    show("dave");
    edo_delayq_key key;
    while (edo_delayq_peek(&ends, &key, NULL) == 0) drop(key);
    edo_delayq_deinit(&ends);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
