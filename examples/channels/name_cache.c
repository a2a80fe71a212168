/* SPDX-License-Identifier: MIT */
/* name_cache.c: a bounded map of counted values that expire: an edo_map finds them, and an
 * edo_delayq knows which ends first. */
#include <edo/delayq.h>
#include <edo/edo.h>
#include <edo/map.h>

#include <errno.h>
#include <pthread.h>
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

typedef struct name_cache {
    pthread_mutex_t lock; // held for a few lines, without an await
    edo_map names;        // its keys are the entries' names
    edo_delayq ends;      // of cached: one share each, for both
} name_cache;

static void drop(name_cache *self, edo_delayq_key key) {
    void *e;
    if (edo_delayq_remove(&self->ends, key, &e) < 0) return;
    (void)edo_map_remove(&self->names, edo_str_of(((cached *)e)->name), NULL);
    edo_rc_unref(e);
}

/* Drops what has ended, and of the rest what ends first until there is room for `more`. */
static void make_room(name_cache *self, size_t more) {
    edo_delayq_key key;
    edo_instant at;
    while (edo_delayq_peek(&self->ends, &key, &at) == 0 &&
           (edo_instant_since(edo_now(), at).ns >= 0 ||
            edo_delayq_len(&self->ends) + more > ENTRIES_MAX))
        drop(self, key);
}

/* Returns a share of the entry: edo_rc_unref(); NULL: it is not there. */
static cached *get(name_cache *self, const char *name) {
    (void)pthread_mutex_lock(&self->lock);
    make_room(self, 0);
    cached *e = edo_map_get_ptr(&self->names, edo_str_of(name));
    if (e) e = edo_rc_ref(e);
    (void)pthread_mutex_unlock(&self->lock);
    return e;
}

static int put(name_cache *self, const char *name, int value, edo_duration life) {
    cached *e = edo_rc_new(sizeof *e, cached_drop);
    if (!e) return -ENOMEM;
    *e = (cached){ .name = strdup(name), .value = value };
    if (!e->name) {
        edo_rc_unref(e);
        return -ENOMEM;
    }
    (void)pthread_mutex_lock(&self->lock);
    cached *old = edo_map_get_ptr(&self->names, edo_str_of(name));
    if (old) drop(self, old->key);
    make_room(self, 1);
    int err = edo_delayq_insert(&self->ends, &e->key, e, life);
    if (err < 0) {
        edo_rc_unref(e);
    } else if ((err = edo_map_put(&self->names, edo_str_of(e->name), &e)) < 0) {
        drop(self, e->key);
    }
    (void)pthread_mutex_unlock(&self->lock);
    return err < 0 ? err : 0;
}

static void show(name_cache *self, const char *name) {
    cached *e = get(self, name);
    if (e) printf("%s: %d\n", name, e->value);
    if (!e) printf("%s is not there\n", name);
    edo_rc_unref(e);
}

static int root(void *arg) {
    name_cache c = { .lock = PTHREAD_MUTEX_INITIALIZER,
                     .names = { .value_size = sizeof(cached *) } };
    (void)arg;
    int err = put(&c, "alice", 1, edo_ms(30));
    if (err == 0) err = put(&c, "bob", 2, edo_ms(10));
    if (err == 0) err = put(&c, "carol", 3, edo_ms(20));
    if (err == 0) err = put(&c, "dave", 4, edo_ms(40)); // bob would have ended first
    if (err == 0) err = put(&c, "alice", 5, edo_ms(50));
    if (err == 0) err = edo_sleep(edo_ms(25)); // carol ends meanwhile
    show(&c, "alice");
    show(&c, "bob");
    show(&c, "carol");
    show(&c, "dave");
    edo_delayq_key key;
    while (edo_delayq_peek(&c.ends, &key, NULL) == 0) drop(&c, key);
    edo_delayq_deinit(&c.ends);
    edo_map_deinit(&c.names);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
