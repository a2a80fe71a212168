/* SPDX-License-Identifier: MIT */
#include "store.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

pthread_mutex_t store_lock = PTHREAD_MUTEX_INITIALIZER;
static edo_map entries = { .value_size = sizeof(entry *) }; // by their keys

/* The delays' values are copies of keys: when one comes, its entry may be gone. */
static edo_delayq ends;
static edo_notify ends_changed = EDO_NOTIFY_INIT;

int64_t now_ms(void) {
    const edo_wall now = edo_wall_now();
    return now.s * 1000 + now.ns / 1000000;
}

/* ---- Entries --------------------------------------------------------------------------------- */

static edo_str key_of(const entry *e) {
    return (edo_str){ e->key, e->key_len };
}

size_t store_len(void) {
    return entries.len;
}

entry *store_find(edo_str key) {
    entry *e = edo_map_get_ptr(&entries, key);
    if (!e || e->expires_at == 0 || e->expires_at > now_ms() || log_is_loading()) return e;
    store_remove(e);
    return NULL;
}

/* The entry of this key, made if need be; NULL: no memory. */
static entry *get(edo_str key) {
    entry *e = store_find(key);
    if (e) return e;
    e = calloc(1, sizeof *e + key.len);
    if (!e) return NULL;
    e->key_len = key.len;
    memcpy(e->key, key.ptr, key.len);
    if (edo_map_put(&entries, key_of(e), &e) >= 0) return e;
    free(e);
    return NULL;
}

/* ---- Values ---------------------------------------------------------------------------------- */

static int blob_set(blob *t, edo_str value) {
    char *ptr = realloc(t->ptr, value.len + 1); // never of 0 bytes
    if (!ptr) return -ENOMEM;
    memcpy(ptr, value.ptr, value.len);
    *t = (blob){ ptr, value.len };
    return 0;
}

static blob *item(const list *l, size_t i) {
    return &l->items[(l->first + i) & (l->cap - 1)];
}

static void clear_list(list *l) {
    for (size_t i = 0; i < l->n; i++) free(item(l, i)->ptr);
    free(l->items);
    *l = (list){ 0 };
}

/* Doubles the ring; its items begin at 0 afterwards. */
static int grow_list(list *l) {
    size_t cap = l->cap > 0 ? l->cap * 2 : 4;
    blob *items = malloc(cap * sizeof(blob));
    if (!items) return -ENOMEM;
    for (size_t i = 0; i < l->n; i++) items[i] = *item(l, i);
    free(l->items);
    *l = (list){ .items = items, .cap = cap, .n = l->n };
    return 0;
}

/* ---- Ends of keys ---------------------------------------------------------------------------- */

static int start_timer(edo_delayq_key *timer, edo_str key, int64_t at) {
    const int64_t longest = INT64_C(100) * 365 * 24 * 3600 * 1000;
    int64_t left = at - now_ms();
    edo_str *name = malloc(sizeof *name + key.len);
    if (!name) return -ENOMEM;
    *name = (edo_str){ memcpy(name + 1, key.ptr, key.len), key.len };
    int err = edo_delayq_insert(&ends, timer, name, edo_ms(left < longest ? left : longest));
    if (err < 0) free(name);
    edo_notify_one(&ends_changed);
    return err;
}

static void stop_timer(edo_delayq_key timer) {
    void *name;
    if (edo_delayq_remove(&ends, timer, &name) == 0) free(name);
}

/* After a delay of this key has come: removes the entry if its time is over. The wall clock may say
 * that it is not, since it was set back: then another delay is started. */
static void end_key(edo_str key) {
    edo_instant due;
    entry *e = store_find(key); // which removes it
    if (e && e->expires_at != 0 && edo_delayq_deadline(&ends, e->timer, &due) < 0)
        (void)start_timer(&e->timer, key, e->expires_at); // without: until the key is looked up
}

int store_expire_keys(void *unused) {
    (void)unused;
    int err;
    do {
        void *name;
        err = edo_delayq_due_next(&ends, &name);
        if (err > 0) {
            pthread_mutex_lock(&store_lock);
            end_key(*(edo_str *)name);
            err = log_write();
            pthread_mutex_unlock(&store_lock);
            free(name);
        } else if (err == 0) {
            err = edo_notify_wait(&ends_changed); // no key has an end
        }
    } while (err == 0);
    return err;
}

/* ---- Changes --------------------------------------------------------------------------------- */

static edo_str number(char text[24], int64_t n) {
    return (edo_str){ text, (size_t)snprintf(text, 24, "%lld", (long long)n) };
}

static void drop(entry *e) {
    (void)edo_map_remove(&entries, key_of(e), NULL);
    if (e->expires_at != 0) stop_timer(e->timer);
    free(e->string.ptr);
    clear_list(&e->list);
    free(e);
}

/* The result of a change of `e`, which goes if it has no value. */
static int keep(entry *e, int err) {
    if (!e->string.ptr && e->list.n == 0) drop(e);
    return err;
}

void store_remove(entry *e) {
    log_words(EDO_STR("DEL"), key_of(e));
    drop(e);
}

void store_clear(void) {
    log_words(EDO_STR("FLUSHALL"));
    for (edo_map_at at = { 0 }; edo_map_next(&entries, &at);) drop(*(entry **)at.value);
}

static void log_set(const entry *e) {
    char at[24];
    edo_str value = { e->string.ptr, e->string.len };
    if (e->expires_at == 0)
        log_words(EDO_STR("SET"), key_of(e), value);
    else
        log_words(EDO_STR("SET"), key_of(e), value, EDO_STR("PXAT"), number(at, e->expires_at));
}

int store_set(edo_str key, edo_str value, int64_t expires_at) {
    edo_delayq_key timer = { 0 };
    if (expires_at != 0 && start_timer(&timer, key, expires_at) < 0) return -ENOMEM;
    entry *e = get(key);
    if (!e || blob_set(&e->string, value) < 0) {
        stop_timer(timer);
        return e ? keep(e, -ENOMEM) : -ENOMEM;
    }
    clear_list(&e->list);
    if (e->expires_at != 0) stop_timer(e->timer);
    e->expires_at = expires_at;
    e->timer = timer;
    log_set(e);
    return 0;
}

int store_expire(entry *e, int64_t at) {
    edo_delayq_key timer = { 0 };
    char text[24];
    if (at != 0 && start_timer(&timer, key_of(e), at) < 0) return -ENOMEM;
    if (e->expires_at != 0) stop_timer(e->timer);
    e->expires_at = at;
    e->timer = timer;
    if (at == 0)
        log_words(EDO_STR("PERSIST"), key_of(e));
    else
        log_words(EDO_STR("PEXPIREAT"), key_of(e), number(text, at));
    return 0;
}

int store_push(edo_str key, edo_str value, bool left) {
    entry *e = get(key);
    if (!e) return -ENOMEM;
    blob copy = { 0 };
    list *l = &e->list;
    if ((l->n == l->cap && grow_list(l) < 0) || blob_set(&copy, value) < 0) return keep(e, -ENOMEM);
    if (left) l->first--; // item() takes it modulo cap
    *item(l, left ? 0 : l->n) = copy;
    l->n++;
    log_words(left ? EDO_STR("LPUSH") : EDO_STR("RPUSH"), key, value);
    return 0;
}

edo_str store_item(const entry *e, size_t i) {
    const blob *t = item(&e->list, i);
    return (edo_str){ t->ptr, t->len };
}

void store_pop(entry *e, bool left) {
    list *l = &e->list;
    log_words(left ? EDO_STR("LPOP") : EDO_STR("RPOP"), key_of(e));
    free(item(l, left ? 0 : l->n - 1)->ptr);
    if (left) l->first++;
    l->n--;
    (void)keep(e, 0);
}
