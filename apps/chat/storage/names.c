/* SPDX-License-Identifier: MIT */
/* names.c: see names.h. */
#include "storage/names.h"

#include <errno.h>
#include <stdlib.h>

#define NAMES_BATCH 64

typedef struct name_change {
    store_name what;
    STAILQ_ENTRY(name_change) next;
} name_change;

void names_init(name_changes *self) {
    *self = (name_changes){ .n = 0 };
    STAILQ_INIT(&self->waiting);
    pthread_mutex_init(&self->lock, NULL);
}

/* Takes the first `n` off, which are there. */
static void names_forget(name_changes *self, size_t n) {
    pthread_mutex_lock(&self->lock);
    for (; n > 0; n--) {
        name_change *first = STAILQ_FIRST(&self->waiting);
        STAILQ_REMOVE_HEAD(&self->waiting, next);
        self->n--;
        free(first);
    }
    pthread_mutex_unlock(&self->lock);
}

void names_deinit(name_changes *self) {
    names_forget(self, self->n);
    free(self->found);
    pthread_mutex_destroy(&self->lock);
}

int names_read(name_changes *self, store *from) {
    return store_names(from, &self->found, &self->found_n);
}

store_name *names_take(name_changes *self, size_t *n) {
    store_name *found = self->found;
    *n = found ? self->found_n : 0;
    self->found = NULL;
    return found;
}

void names_put(name_changes *self, const store_name *what) {
    name_change *last = malloc(sizeof *last);
    if (last) last->what = *what;
    pthread_mutex_lock(&self->lock);
    bool has_room = last && self->n < NAMES_WAITING;
    if (has_room) STAILQ_INSERT_TAIL(&self->waiting, last, next);
    self->n += has_room;
    pthread_mutex_unlock(&self->lock);
    if (has_room) return;
    free(last);
    atomic_fetch_add(&self->lost_n, 1);
}

bool names_wait(name_changes *self) {
    pthread_mutex_lock(&self->lock);
    bool is_some = self->n > 0;
    pthread_mutex_unlock(&self->lock);
    return is_some;
}

/* Copies the first ones, which stay. Returns how many. */
static size_t names_first(name_changes *self, store_name out[NAMES_BATCH]) {
    size_t n = 0;
    const name_change *c;
    pthread_mutex_lock(&self->lock);
    STAILQ_FOREACH(c, &self->waiting, next) {
        if (n == NAMES_BATCH) break;
        out[n++] = c->what;
    }
    pthread_mutex_unlock(&self->lock);
    return n;
}

/* Does the store refuse a name, now and later? A damaged file may, and a database one that is no
 * text of its encoding. */
static bool is_refusal_of_name(int err) {
    return err == -EILSEQ || err == -EINVAL;
}

/* Gives the store the first `n`, one by one. */
static int names_write_singly(name_changes *self, store *to, const store_name *first, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int err = store_keep(to, &first[i], 1);
        if (err < 0 && !is_refusal_of_name(err)) return err;
        if (err < 0) atomic_fetch_add(&self->lost_n, 1);
        names_forget(self, 1);
    }
    return 0;
}

int names_write(name_changes *self, store *to) {
    store_name first[NAMES_BATCH];
    size_t n;
    int err = 0, refused = 0;
    while (err == 0 && (n = names_first(self, first)) > 0) {
        err = store_keep(to, first, n);
        if (err == 0) names_forget(self, n);
        if (!is_refusal_of_name(err)) continue;
        refused = err;
        err = names_write_singly(self, to, first, n);
    }
    return err < 0 ? err : refused;
}
