/* SPDX-License-Identifier: MIT */
/* stores/nodes.h: programs over one store in memory, which fails or replies late as it is told, and
 * people in their rooms; time is virtual. */
#ifndef CHAT_TESTS_NODES_H
#define CHAT_TESTS_NODES_H

#include "memory.h"
#include "node/question.h"
#include "rooms.h"

#include <edo/notify.h>

enum { NODES = 2, PAST = 10, ANN = 7, OWN = 3, SERIAL_BITS = 32 };

static store *shared; /* of all nodes */

/* A program, and its way to the store. */
typedef struct node {
    store base; /* first */
    uint64_t run;
    bool is_broken;   /* nothing can be read */
    bool is_held;     /* what is kept is not told so */
    bool is_slow;     /* the store is not asked yet */
    bool is_cut;      /* the store keeps what comes next, and its reply is lost */
    const char *sick; /* the room of which nothing is kept; NULL: none */
    unsigned questions_n, asking_n;
    edo_notify gate;
    storage *kept;
    directory in;
    question asks;
} node;

/* A store knows its own serials from those of others. */
static inline uint64_t serial_in(const node *self, uint64_t own) {
    return own > 0 ? self->run << SERIAL_BITS | own : 0;
}

static inline uint64_t serial_out(const node *self, uint64_t serial) {
    return serial >> SERIAL_BITS == self->run ? serial & UINT32_MAX : 0;
}

static inline int node_order(store *base, const saying *batch, size_t n, place *places) {
    node *self = (node *)base;
    saying *own = calloc(n, sizeof *own);
    edo_shield sh;
    CHECK(own);
    for (size_t i = 0; i < n; i++) {
        own[i] = batch[i];
        own[i].serial = serial_in(self, batch[i].serial);
    }
    bool is_sick = false;
    for (size_t i = 0; i < n; i++)
        is_sick |= self->sick && strcmp(batch[i].room.text, self->sick) == 0;
    int err = is_sick ? -EIO : store_order(shared, own, n, places);
    free(own);
    if (self->is_cut) {
        self->is_cut = false;
        return -EIO;
    }
    edo_shield_begin(&sh, edo_ns(-1));
    while (self->is_held) CHECK_EQ(edo_notify_wait(&self->gate), 0);
    (void)edo_shield_end(&sh, 0);
    return err;
}

/* What is asked for reaches the store when the node is slow no more. */
static inline void wait_while_slow(node *self) {
    edo_shield sh;
    self->asking_n++;
    edo_shield_begin(&sh, edo_ns(-1));
    while (self->is_slow) CHECK_EQ(edo_notify_wait(&self->gate), 0);
    (void)edo_shield_end(&sh, 0);
    self->asking_n--;
}

static inline void end_slowness(node *self) {
    self->is_slow = false;
    edo_notify_all(&self->gate);
}

static inline int node_page(store *base, const name *of, uint64_t after, uint64_t before,
                            size_t limit, store_found **out) {
    node *self = (node *)base;
    wait_while_slow(self);
    return self->is_broken ? -EIO : store_page(shared, of, after, before, limit, out);
}

static inline int node_find(store *base, edo_str ref, store_found **out) {
    node *self = (node *)base;
    wait_while_slow(self);
    return self->is_broken ? -EIO : store_find(shared, ref, out);
}

static inline int node_news(store *base, const store_asked *of, size_t n, store_new *out,
                            size_t *done_n, store_found **found) {
    node *self = (node *)base;
    self->questions_n++;
    wait_while_slow(self);
    int err = self->is_broken ? -EIO : store_news(shared, of, n, out, done_n, found);
    for (size_t i = 0; err == 0 && i < (*found)->n; i++)
        (*found)->messages[i].serial = serial_out(self, (*found)->messages[i].serial);
    return err;
}

static inline int node_made(store *base, int64_t after_ms, store_made **out, size_t *n) {
    return ((node *)base)->is_broken ? -EIO : store_made_after(shared, after_ms, out, n);
}

static inline int node_rooms(store *base, store_room **out, size_t *n) {
    (void)base;
    return store_rooms(shared, out, n);
}

static inline int node_keep(store *base, const store_name *batch, size_t n) {
    (void)base;
    return store_keep(shared, batch, n);
}

static inline int node_names(store *base, store_name **out, size_t *n) {
    (void)base;
    return store_names(shared, out, n);
}

static inline int node_sync(store *base) {
    (void)base;
    return 0;
}

static inline int node_check(store *base) {
    return ((node *)base)->is_broken ? -EIO : 0;
}

static inline void node_damage(store *base, char *out, size_t bytes) {
    (void)base, (void)bytes;
    *out = '\0';
}

static inline void node_free(store *base) {
    (void)base; // the shared one is freed when all nodes are
}

static const store_ops node_ops = { .order = node_order,
                                    .page = node_page,
                                    .find = node_find,
                                    .news = node_news,
                                    .made = node_made,
                                    .rooms = node_rooms,
                                    .keep = node_keep,
                                    .names = node_names,
                                    .sync = node_sync,
                                    .check = node_check,
                                    .damage = node_damage,
                                    .free = node_free };

static node nodes[NODES];

static inline void start_nodes(void) {
    int paused = edo_time_pause();
    CHECK(paused == 0 || paused == -EALREADY);
    CHECK_EQ(memory_new(&shared, &memory_ops_that_number, 0), 0);
    for (size_t i = 0; i < NODES; i++) {
        node *self = &nodes[i];
        *self = (node){ .base = { &node_ops }, .run = i + 1, .gate = EDO_NOTIFY_INIT };
        CHECK_EQ(storage_start(&self->kept, &self->base), 0);
        CHECK_EQ(directory_init(&self->in, PAST, self->kept), 0);
        question_init(&self->asks, &self->in);
    }
}

static inline void end_nodes(void) {
    for (size_t i = 0; i < NODES; i++) {
        directory_deinit(&nodes[i].in);
        CHECK_EQ(storage_end(nodes[i].kept), 0);
    }
    store_free(shared);
}

static inline int ask(node *self) {
    edo_scope learners;
    edo_scope_begin(&learners, NULL);
    int err = question_ask(&self->asks, &learners);
    CHECK_EQ(edo_scope_end(&learners, 0), 0);
    return err;
}

/* ---- Somebody in a room ---------------------------------------------------------------------- */

/* A terminal in a room of a node, of which it has heard the messages up to `heard`. */
typedef struct ear {
    node *at;
    member who;
    seat place;
    subscriber *news;
    uint64_t heard;
} ear;

static inline void ear_come(ear *self, node *at, const char *where) {
    name of = { "" };
    (void)snprintf(of.text, sizeof of.text, "%s", where);
    *self = (ear){ .at = at };
    self->place.member = &self->who;
    room *r = directory_open_room(&at->in, &of);
    CHECK(r);
    room_recall_now(r);
    self->news = room_subscribe(r, 0, NULL);
    CHECK(self->news);
    self->heard = self->news->newest;
    directory_seat(&at->in, &self->place, r);
}

static inline void ear_go(ear *self) {
    room *r = self->place.room;
    subscriber_free(self->news);
    directory_seat(&self->at->in, &self->place, NULL);
    directory_close_room(&self->at->in, r);
}

/* It hears what follows, each message once, and nothing behind `last`; the text of each is its
 * number. */
static inline void hears_up_to(ear *self, uint64_t last) {
    message *m;
    char text[24];
    while (edo_broadcast_try_recv(self->news->news, &m, NULL) == 0) {
        CHECK_EQ(m->what.number, self->heard + 1);
        self->heard = m->what.number;
        (void)snprintf(text, sizeof text, "%" PRIu64, m->what.number);
        CHECK(edo_str_equal(m->what.text, edo_str_of(text)));
        edo_rc_unref(m);
    }
    CHECK_EQ(self->heard, last);
    CHECK(!room_check(self->place.room));
}

/* The past has the newest ones up to `last`. */
static inline void remembers_up_to(ear *self, uint64_t last) {
    size_t n;
    message **past = room_past(self->place.room, 0, UINT64_MAX, SIZE_MAX, &n);
    CHECK(past);
    CHECK_EQ(n, last < PAST ? last : PAST);
    for (size_t i = 0; i < n; i++) {
        CHECK_EQ(past[i]->what.number, last - n + 1 + i);
        edo_rc_unref(past[i]);
    }
    free(past);
}

static inline message *said(const room *r, const char *text, const char *ref) {
    message *m = message_said(&(saying){ .from = ANN,
                                         .room = r->name,
                                         .nick = { "ann" },
                                         .text = edo_str_of(text),
                                         .ref = edo_str_of(ref),
                                         .time_ms = 1 });
    CHECK(m);
    return m;
}

/* Says the number that it will have. */
static inline void say_next(const ear *who, uint64_t number) {
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    CHECK_EQ(room_say(who->place.room, said(who->place.room, text, "")), 0);
}

/* Another program, which only the store knows of, says so many. */
static inline void others_say(const char *where, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        static uint64_t serial;
        char text[24];
        place at;
        saying what = { .nick = { "bob" }, .serial = UINT64_C(9) << SERIAL_BITS | ++serial };
        (void)snprintf(what.room.text, sizeof what.room.text, "%s", where);
        store_asked asked = { .room = what.room };
        store_found *newest;
        CHECK_EQ(store_page(shared, &asked.room, 0, STORE_BEFORE_ANY, 1, &newest), 0);
        uint64_t number = newest->n > 0 ? newest->messages[0].number + 1 : 1;
        free(newest);
        (void)snprintf(text, sizeof text, "%" PRIu64, number);
        what.text = edo_str_of(text);
        CHECK_EQ(store_order(shared, &what, 1, &at), 0);
        CHECK_EQ(at.number, number);
    }
}

/* A task's function: what follows two messages of others. */
static inline int say_own(void *arg) {
    return room_say(arg, said(arg, "3", ""));
}

/* Likewise: `arg` is the node that asks. */
static inline int ask_of(void *arg) {
    return ask(arg);
}

#endif
