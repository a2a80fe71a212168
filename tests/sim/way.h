/* SPDX-License-Identifier: MIT */
/* sim/way.h: the way of a node of the chat to a store in memory that several share
 * (chat/stores/memory.h). What is asked takes its time; a node that has ended asks for nothing
 * more; and the points "way.there" and "way.back" have a call fail before it has come to the store,
 * or behind that, so that the node does not know. */
#ifndef EDO_TESTS_WAY_H
#define EDO_TESTS_WAY_H

#include "../chat/stores/memory.h"
#include "talker.h"

#include <edo/fault.h>
#include <edo/scope.h>
#include <edo/sim.h>

#define WAY_SERIAL_BITS 32

static const edo_duration way_most = EDO_MS(5), way_patience = EDO_MS(300);

typedef struct way {
    store base;   /* first */
    store *to;    /* borrowed */
    uint64_t run; /* of the node, and of no other */
    uint64_t random;
} way;

static inline way *way_of(store *base) {
    return (way *)(void *)base;
}

/* One direction. */
static inline int way_pass(way *self, bool is_lost) {
    edo_duration left = is_lost ? way_patience : talker_random_time(&self->random, way_most);
    EDO_SHIELD(sh, edo_ns(-1)); // what has begun is awaited
    for (; left.ns > 0 && !edo_sim_is_gone(); left.ns -= way_most.ns)
        (void)edo_sleep(left.ns < way_most.ns ? left : way_most);
    (void)edo_shield_end(&sh, 0);
    if (edo_sim_is_gone()) return -EIO;
    if (is_lost) return -ETIMEDOUT;
    memory_store *to = (memory_store *)(void *)self->to;
    const edo_wall now = edo_wall_now();
    to->people_ms = now.s * 1000 + now.ns / 1000000;
    return 0;
}

static inline int way_there(way *self) {
    return way_pass(self, edo_fault_point("way.there") < 0);
}

static inline int way_back(way *self) {
    return way_pass(self, edo_fault_point("way.back") < 0);
}

/* Both, for what changes nothing. */
static inline int way_ask(store *base) {
    int err = way_there(way_of(base));
    return err == 0 ? way_back(way_of(base)) : err;
}

/* ---- What is said ---------------------------------------------------------------------------- */

static inline int way_order(store *base, const saying *batch, size_t n, place *places) {
    way *self = way_of(base);
    int err = way_there(self);
    if (err < 0) return err;
    saying *own = calloc(n, sizeof *own);
    if (!own) return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        own[i] = batch[i];
        if (own[i].serial > 0) own[i].serial |= self->run << WAY_SERIAL_BITS;
    }
    err = store_order(self->to, own, n, places);
    free(own);
    return err == 0 ? way_back(self) : err;
}

/* A store knows a node's own serials from those of others. */
static inline void way_take_serials(const way *self, store_found *found) {
    for (size_t i = 0; i < found->n; i++) {
        uint64_t *serial = &found->messages[i].serial;
        *serial = *serial >> WAY_SERIAL_BITS == self->run ? *serial & UINT32_MAX : 0;
    }
}

static inline int way_page(store *base, const name *room, uint64_t after, uint64_t before,
                           size_t limit, store_found **out) {
    int err = way_ask(base);
    return err == 0 ? store_page(way_of(base)->to, room, after, before, limit, out) : err;
}

static inline int way_find(store *base, edo_str ref, store_found **out) {
    int err = way_ask(base);
    return err == 0 ? store_find(way_of(base)->to, ref, out) : err;
}

static inline int way_news(store *base, const store_asked *of, size_t n, store_new *out,
                           size_t *done_n, store_found **found) {
    way *self = way_of(base);
    int err = way_ask(base);
    if (err == 0) err = store_news(self->to, of, n, out, done_n, found);
    if (err == 0) way_take_serials(self, *found);
    return err;
}

static inline int way_made(store *base, int64_t after_ms, store_made **out, size_t *n) {
    int err = way_ask(base);
    return err == 0 ? store_made_after(way_of(base)->to, after_ms, out, n) : err;
}

static inline int way_rooms(store *base, store_room **out, size_t *n) {
    int err = way_ask(base);
    return err == 0 ? store_rooms(way_of(base)->to, out, n) : err;
}

/* ---- People ---------------------------------------------------------------------------------- */

static inline int way_renew(store *base, const store_terms *terms, uint64_t *program) {
    int err = way_there(way_of(base));
    if (err == 0) err = store_renew(way_of(base)->to, terms, program);
    return err == 0 ? way_back(way_of(base)) : err;
}

static inline int way_move(store *base, const store_terms *terms, uint64_t program,
                           store_move *batch, size_t n) {
    int err = way_there(way_of(base));
    if (err == 0) err = store_move_people(way_of(base)->to, terms, program, batch, n);
    return err == 0 ? way_back(way_of(base)) : err;
}

static inline int way_where(store *base, uint64_t program, store_move *of, size_t n) {
    int err = way_ask(base);
    return err == 0 ? store_where(way_of(base)->to, program, of, n) : err;
}

static inline int way_find_person(store *base, store_person *of) {
    int err = way_ask(base);
    return err == 0 ? store_find_person(way_of(base)->to, of) : err;
}

static inline int way_limit(store *base, const store_terms *terms, uint64_t program,
                            const store_move *who, size_t n) {
    int err = way_there(way_of(base));
    if (err == 0) err = store_limit_people(way_of(base)->to, terms, program, who, n);
    return err == 0 ? way_back(way_of(base)) : err;
}

/* ---- The store ------------------------------------------------------------------------------- */

static inline int way_check(store *base) {
    return way_ask(base);
}

static inline void way_damage(store *base, char *out, size_t bytes) {
    (void)base, (void)bytes;
    *out = '\0';
}

static inline void way_free(store *base) {
    free(base);
}

/* Errors: -ENOMEM. */
static inline int way_new(store **out, store *to, uint64_t run) {
    static const store_ops ops = { .order = way_order,
                                   .page = way_page,
                                   .find = way_find,
                                   .news = way_news,
                                   .made = way_made,
                                   .rooms = way_rooms,
                                   .renew = way_renew,
                                   .move = way_move,
                                   .where = way_where,
                                   .find_person = way_find_person,
                                   .limit = way_limit,
                                   .sync = memory_sync,
                                   .check = way_check,
                                   .damage = way_damage,
                                   .free = way_free };
    way *self = malloc(sizeof *self);
    if (!self) return -ENOMEM;
    *self = (way){ .base = { &ops }, .to = to, .run = run, .random = run };
    *out = &self->base;
    return 0;
}

#endif
