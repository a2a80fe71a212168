/* SPDX-License-Identifier: MIT */
/* stores/memory.h: a store that ends with the program: to which numbers are given, or which gives
 * them.
 *
 * inv. 1: each message is in the list of its room, by number, and in the list of all, by arrival.
 * inv. 2: a room without messages is in no list and does not exist.
 *
 * Rooms and references are looked for one after the other: what it keeps is bounded. */
#ifndef CHAT_TESTS_MEMORY_H
#define CHAT_TESTS_MEMORY_H

#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#define MEMORY_NAMES 16

/* A message. */
typedef struct memory_kept {
    TAILQ_ENTRY(memory_kept) in_room, in_all;
    struct kept_room *home;
    saying message;
    char texts[]; /* the text, then the reference */
} memory_kept;

typedef struct kept_room {
    name name;
    int64_t made_ms;
    TAILQ_ENTRY(kept_room) place;
    TAILQ_HEAD(kept_list, memory_kept) messages; /* by number */
} kept_room;

typedef struct memory_store {
    store base;           /* first */
    pthread_mutex_t lock; /* held for no wait */
    size_t messages_max;  /* const; 0: no bound */
    size_t n;
    int64_t clock_ms;              /* of a store that gives the numbers */
    struct kept_list all;          /* by arrival */
    TAILQ_HEAD(, kept_room) rooms; /* by name */
    store_name names[MEMORY_NAMES];
    size_t names_n;
} memory_store;

/* ---- Rooms ----------------------------------------------------------------------------------- */

static kept_room *find_room(memory_store *self, const name *of) {
    kept_room *r;
    TAILQ_FOREACH(r, &self->rooms, place) {
        if (strcasecmp(r->name.text, of->text) == 0) return r;
    }
    return NULL;
}

static kept_room *memory_add_room(memory_store *self, const name *of) {
    kept_room *added = malloc(sizeof *added), *r;
    if (!added) return NULL;
    added->name = *of;
    added->made_ms = ++self->clock_ms;
    TAILQ_INIT(&added->messages);
    TAILQ_FOREACH(r, &self->rooms, place) {
        if (strcasecmp(r->name.text, of->text) > 0) break;
    }
    if (r) {
        TAILQ_INSERT_BEFORE(r, added, place);
    } else {
        TAILQ_INSERT_TAIL(&self->rooms, added, place);
    }
    return added;
}

/* ---- Messages -------------------------------------------------------------------------------- */

static void memory_forget(memory_store *self, memory_kept *k) {
    kept_room *home = k->home;
    TAILQ_REMOVE(&self->all, k, in_all);
    TAILQ_REMOVE(&home->messages, k, in_room);
    self->n--;
    free(k);
    if (!TAILQ_EMPTY(&home->messages)) return;
    TAILQ_REMOVE(&self->rooms, home, place); // inv. 2
    free(home);
}

static void forget_newest(memory_store *self, size_t n) {
    for (memory_kept *k = TAILQ_LAST(&self->all, kept_list), *older; n > 0; n--, k = older) {
        older = TAILQ_PREV(k, kept_list, in_all);
        memory_forget(self, k);
    }
}

static void forget_oldest(memory_store *self, size_t n) {
    for (memory_kept *k = TAILQ_FIRST(&self->all), *newer; n > 0; n--, k = newer) {
        newer = TAILQ_NEXT(k, in_all);
        memory_forget(self, k);
    }
}

static memory_kept *copy(const saying *m) {
    memory_kept *k = malloc(sizeof *k + m->text.len + m->ref.len);
    if (!k) return NULL;
    k->message = *m;
    k->message.from = 0; // a store does not keep it
    k->message.text.ptr = k->texts;
    k->message.ref.ptr = k->texts + m->text.len;
    if (m->text.len > 0) memcpy(k->texts, m->text.ptr, m->text.len);
    if (m->ref.len > 0) memcpy(k->texts + m->text.len, m->ref.ptr, m->ref.len);
    return k;
}

static int add(memory_store *self, const saying *m) {
    kept_room *home = find_room(self, &m->room);
    memory_kept *older = home ? TAILQ_LAST(&home->messages, kept_list) : NULL;
    while (older && older->message.number > m->number)
        older = TAILQ_PREV(older, kept_list, in_room);
    if (older && older->message.number == m->number) return -EEXIST;
    memory_kept *k = copy(m);
    if (k && !home) home = memory_add_room(self, &m->room);
    if (!k || !home) {
        free(k);
        return -ENOMEM;
    }
    k->home = home;
    if (older) {
        TAILQ_INSERT_AFTER(&home->messages, older, k, in_room);
    } else {
        TAILQ_INSERT_HEAD(&home->messages, k, in_room);
    }
    TAILQ_INSERT_TAIL(&self->all, k, in_all);
    self->n++;
    return 0;
}

static int memory_append(store *base, const saying *batch, size_t n) {
    memory_store *self = (memory_store *)base;
    int err = 0;
    size_t added = 0;
    pthread_mutex_lock(&self->lock);
    while (added < n && (err = add(self, &batch[added])) == 0) added++;
    if (err < 0) forget_newest(self, added);
    if (self->messages_max > 0 && self->n > self->messages_max)
        forget_oldest(self, self->n - self->messages_max);
    pthread_mutex_unlock(&self->lock);
    return err;
}

static bool is_same_said(const memory_kept *k, const saying *m) {
    if (m->ref.len > 0) return edo_str_equal(k->message.ref, m->ref);
    return m->serial > 0 && k->message.ref.len == 0 && k->message.serial == m->serial;
}

/* Lock held. Gives the message its place, and keeps it if it is not there. */
static int memory_place(memory_store *self, const saying *m, place *out) {
    const memory_kept *k = TAILQ_LAST(&self->all, kept_list);
    while (k && !is_same_said(k, m)) k = TAILQ_PREV(k, kept_list, in_all);
    if (k) {
        bool is_here = name_equal(&k->message.room, &m->room);
        *out = (place){ is_here ? k->message.number : 0, k->message.time_ms, true };
        return 0;
    }
    const kept_room *home = find_room(self, &m->room);
    saying placed = *m;
    placed.number = home ? TAILQ_LAST(&home->messages, kept_list)->message.number + 1 : 1;
    placed.time_ms = ++self->clock_ms;
    *out = (place){ placed.number, placed.time_ms, false };
    return add(self, &placed);
}

static int memory_number_all(store *base, const saying *batch, size_t n, place *places) {
    memory_store *self = (memory_store *)base;
    int err = 0;
    pthread_mutex_lock(&self->lock);
    size_t had_n = self->n;
    for (size_t i = 0; i < n && err == 0; i++) err = memory_place(self, &batch[i], &places[i]);
    if (err < 0) forget_newest(self, self->n - had_n);
    pthread_mutex_unlock(&self->lock);
    return err;
}

/* Lock held. */
static int gather(memory_store *self, gathering *g, const name *of, uint64_t after, uint64_t before,
                  size_t limit) {
    kept_room *home = find_room(self, of);
    const memory_kept *k = home ? TAILQ_LAST(&home->messages, kept_list) : NULL;
    int err = 0;
    for (; k && k->message.number > after && g->n <= limit && err == 0;
         k = TAILQ_PREV(k, kept_list, in_room)) {
        if (k->message.number < before) err = gathering_add(g, &k->message);
    }
    return err;
}

static int memory_page(store *base, const name *of, uint64_t after, uint64_t before, size_t limit,
                       store_found **out) {
    memory_store *self = (memory_store *)base;
    gathering g = { 0 };
    pthread_mutex_lock(&self->lock);
    int err = gather(self, &g, of, after, before, limit);
    pthread_mutex_unlock(&self->lock);
    if (err == 0) return gathering_end(&g, limit, out);
    gathering_drop(&g);
    return err;
}

static bool has_ref(const memory_kept *k, const char *ref, size_t bytes) {
    return k->message.ref.len == bytes && memcmp(k->message.ref.ptr, ref, bytes) == 0;
}

static int memory_find(store *base, edo_str ref, store_found **out) {
    memory_store *self = (memory_store *)base;
    gathering g = { 0 };
    int err = 0;
    pthread_mutex_lock(&self->lock);
    const memory_kept *k = ref.len > 0 ? TAILQ_LAST(&self->all, kept_list) : NULL;
    while (k && !has_ref(k, ref.ptr, ref.len)) k = TAILQ_PREV(k, kept_list, in_all);
    if (k) err = gathering_add(&g, &k->message);
    pthread_mutex_unlock(&self->lock);
    if (err == 0) return gathering_end(&g, 1, out);
    gathering_drop(&g);
    return err;
}

static int memory_rooms(store *base, store_room **out, size_t *n) {
    memory_store *self = (memory_store *)base;
    size_t rooms_n = 0;
    const kept_room *r;
    pthread_mutex_lock(&self->lock);
    TAILQ_FOREACH(r, &self->rooms, place) rooms_n++;
    store_room *rooms = calloc(rooms_n + 1, sizeof *rooms);
    if (rooms) {
        *n = 0;
        TAILQ_FOREACH(r, &self->rooms, place) {
            rooms[(*n)++] =
                (store_room){ r->name, TAILQ_LAST(&r->messages, kept_list)->message.number };
        }
    }
    pthread_mutex_unlock(&self->lock);
    if (!rooms) return -ENOMEM;
    *out = rooms;
    return 0;
}

/* ---- What is new ----------------------------------------------------------------------------- */

/* Lock held. The messages of a room that are new, `*left` at most, into `to`, oldest first. */
static void memory_add_new(memory_store *self, const store_asked *of, store_new *out,
                           const saying **to, size_t *left) {
    const kept_room *home = find_room(self, &of->room);
    const memory_kept *k = home ? TAILQ_FIRST(&home->messages) : NULL;
    *out = (store_new){ .until = of->after, .last = of->after };
    for (; k && *left > 0 && out->n < STORE_NEWS_OF_ROOM; k = TAILQ_NEXT(k, in_room)) {
        if (k->message.number <= of->after) continue;
        to[out->n++] = &k->message;
        out->until = k->message.number;
        --*left;
    }
    if (out->n > 0) out->last = TAILQ_LAST(&home->messages, kept_list)->message.number;
}

/* A gathering takes the newest first. */
static int memory_news(store *base, const store_asked *of, size_t n, store_new *out, size_t *done_n,
                       store_found **found) {
    memory_store *self = (memory_store *)base;
    const saying **all = calloc(STORE_NEWS, sizeof *all);
    size_t left = STORE_NEWS;
    int err = all ? 0 : -ENOMEM;
    gathering g = { 0 };
    pthread_mutex_lock(&self->lock);
    for (*done_n = 0; all && *done_n < n && left > 0; ++*done_n)
        memory_add_new(self, &of[*done_n], &out[*done_n], all + STORE_NEWS - left, &left);
    for (size_t i = STORE_NEWS - left; all && i > 0 && err == 0; i--)
        err = gathering_add(&g, all[i - 1]);
    pthread_mutex_unlock(&self->lock);
    free(all);
    if (err == 0) return gathering_end(&g, STORE_NEWS, found);
    gathering_drop(&g);
    return err;
}

static int memory_made(store *base, int64_t after_ms, store_made **out, size_t *n) {
    memory_store *self = (memory_store *)base;
    const kept_room *r;
    store_made *all = calloc(STORE_MADE, sizeof *all);
    if (!all) return -ENOMEM;
    *n = 0;
    pthread_mutex_lock(&self->lock);
    if (after_ms > self->clock_ms) after_ms = 0;
    TAILQ_FOREACH(r, &self->rooms, place) {
        if (r->made_ms <= after_ms || *n == STORE_MADE) continue;
        size_t at = (*n)++;
        for (; at > 0 && all[at - 1].made_ms > r->made_ms; at--) all[at] = all[at - 1];
        all[at] = (store_made){ r->name, r->made_ms, self->clock_ms };
    }
    pthread_mutex_unlock(&self->lock);
    *out = all;
    return 0;
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* Lock held. Puts a name where its time ends in order, unless it is free. */
static int keep_name(memory_store *self, const store_name *what) {
    size_t at = 0;
    for (size_t i = 0; i < self->names_n; i++)
        if (!name_equal(&self->names[i].name, &what->name)) self->names[at++] = self->names[i];
    self->names_n = at;
    if (what->until_ms == STORE_NAME_IS_FREE) return 0;
    if (self->names_n == MEMORY_NAMES) return -ENOMEM;
    while (at > 0 && self->names[at - 1].until_ms > what->until_ms) {
        self->names[at] = self->names[at - 1];
        at--;
    }
    self->names[at] = *what;
    self->names_n++;
    return 0;
}

static int memory_keep(store *base, const store_name *batch, size_t n) {
    memory_store *self = (memory_store *)base;
    int err = 0;
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < n && err == 0; i++) err = keep_name(self, &batch[i]);
    pthread_mutex_unlock(&self->lock);
    return err;
}

static int memory_names(store *base, store_name **out, size_t *n) {
    memory_store *self = (memory_store *)base;
    store_name *names = calloc(MEMORY_NAMES, sizeof *names);
    if (!names) return -ENOMEM;
    pthread_mutex_lock(&self->lock);
    memcpy(names, self->names, self->names_n * sizeof *names);
    *n = self->names_n;
    pthread_mutex_unlock(&self->lock);
    *out = names;
    return 0;
}

/* ---- The store ------------------------------------------------------------------------------- */

static int memory_sync(store *base) {
    (void)base;
    return 0;
}

static int memory_check(store *base) {
    (void)base;
    return 0;
}

static void memory_damage(store *base, char *out, size_t bytes) {
    (void)base, (void)bytes;
    *out = '\0';
}

static void memory_free(store *base) {
    memory_store *self = (memory_store *)base;
    forget_oldest(self, self->n);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

#define MEMORY_OPS                                                                                 \
    .page = memory_page, .find = memory_find, .rooms = memory_rooms, .keep = memory_keep,          \
    .names = memory_names, .sync = memory_sync, .check = memory_check, .damage = memory_damage,    \
    .free = memory_free

static const store_ops memory_ops = { .append = memory_append, MEMORY_OPS };
static const store_ops memory_ops_that_number = {
    .order = memory_number_all, .news = memory_news, .made = memory_made, MEMORY_OPS
};

/* One of either way. It forgets the oldest messages of all rooms beyond `messages_max`; 0: it keeps
 * everything. Errors: -ENOMEM. */
static int memory_new(store **out, const store_ops *ops, size_t messages_max) {
    memory_store *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->base.ops = ops;
    self->messages_max = messages_max;
    pthread_mutex_init(&self->lock, NULL);
    TAILQ_INIT(&self->all);
    TAILQ_INIT(&self->rooms);
    *out = &self->base;
    return 0;
}

#endif
