/* SPDX-License-Identifier: MIT */
/* sim/mortal.h: a store of the chat that ends at once, as by SIGKILL: what it was given before is
 * in the store behind it, and whatever comes later is refused. A host of a world that crashes runs
 * its tasks to their end, so that the chat would write what is left. */
#ifndef EDO_TESTS_MORTAL_H
#define EDO_TESTS_MORTAL_H

#include "store/store.h"

#include <errno.h>
#include <stdlib.h>

/* How it is with it. */
typedef struct mortal_state {
    bool is_dead;
    bool is_unreadable;  /* pages of the past cannot be read just now */
    bool is_unreachable; /* of a store that several share: calls fail, or seem to */
} mortal_state;

typedef struct mortal {
    store base;              /* first */
    store *of;               /* owned */
    const mortal_state *now; /* borrowed */
} mortal;

static inline mortal *mortal_of(store *base) {
    return (mortal *)(void *)base;
}

static inline bool mortal_is_dead(store *base) {
    return mortal_of(base)->now->is_dead;
}

static inline int mortal_append(store *base, const saying *batch, size_t n) {
    return mortal_is_dead(base) ? -EIO : store_append(mortal_of(base)->of, batch, n);
}

static inline int mortal_page(store *base, const name *room, uint64_t after, uint64_t before,
                              size_t limit, store_found **out) {
    if (mortal_is_dead(base) || mortal_of(base)->now->is_unreadable) return -EIO;
    return store_page(mortal_of(base)->of, room, after, before, limit, out);
}

static inline int mortal_find(store *base, edo_str ref, store_found **out) {
    return mortal_is_dead(base) ? -EIO : store_find(mortal_of(base)->of, ref, out);
}

static inline int mortal_rooms(store *base, store_room **out, size_t *n) {
    return store_rooms(mortal_of(base)->of, out, n);
}

static inline int mortal_keep(store *base, const store_name *batch, size_t n) {
    return mortal_is_dead(base) ? -EIO : store_keep(mortal_of(base)->of, batch, n);
}

static inline int mortal_names(store *base, store_name **out, size_t *n) {
    return store_names(mortal_of(base)->of, out, n);
}

static inline int mortal_sync(store *base) {
    return mortal_is_dead(base) ? -EIO : store_sync(mortal_of(base)->of);
}

static inline int mortal_check(store *base) {
    return mortal_is_dead(base) ? -EIO : store_check(mortal_of(base)->of);
}

static inline void mortal_damage(store *base, char *out, size_t bytes) {
    store_damage(mortal_of(base)->of, out, bytes);
}

static inline void mortal_free(store *base) {
    store_free(mortal_of(base)->of);
    free(base);
}

/* Owns: takes `of`, in any case. Errors: -ENOMEM. */
static inline int mortal_new(store **out, store *of, const mortal_state *now) {
    static const store_ops ops = { .append = mortal_append,
                                   .page = mortal_page,
                                   .find = mortal_find,
                                   .rooms = mortal_rooms,
                                   .keep = mortal_keep,
                                   .names = mortal_names,
                                   .sync = mortal_sync,
                                   .check = mortal_check,
                                   .damage = mortal_damage,
                                   .free = mortal_free };
    mortal *self = malloc(sizeof *self);
    if (!self) {
        store_free(of);
        return -ENOMEM;
    }
    *self = (mortal){ .base = { &ops }, .of = of, .now = now };
    *out = &self->base;
    return 0;
}

#endif
