/* SPDX-License-Identifier: MIT */
/* stores/odd.h: a store of tests that waits at a gate, or fails, as it is told. */
#ifndef CHAT_TESTS_ODD_H
#define CHAT_TESTS_ODD_H

#include "inside.h"
#include "room/room.h"
#include "storage/storage.h"

#include <edo/notify.h>
#include <edo/runtime.h>

#define ODD_HELD  8
#define ODD_NAMES 4

typedef struct odd_store {
    store base;
    edo_notify gate;
    bool is_shut;          /* calls wait at the gate */
    bool is_look_shut;     /* looks at the file wait there */
    bool is_sync_shut;     /* the disk does not respond */
    int err;               /* what appends and reads return */
    uint64_t unreadable;   /* the number of a held message that is left out; 0: none */
    int page_fault;        /* with which it is */
    int check_err;         /* what looks return */
    const char *damage;    /* what is told then; NULL: the usual */
    int sync_err;          /* what syncs return */
    uint64_t refusals_n;   /* so many syncs return that, and the others 0; 0: all */
    uint64_t last;         /* number that was appended */
    bool is_in_order;      /* all were, by their numbers */
    uint64_t refused;      /* the number of a message that is refused; 0: none */
    bool fails_late;       /* the next append holds its messages, and fails all the same */
    saying held[ODD_HELD]; /* refused, and found */
    size_t held_n;
    store_name names[ODD_NAMES]; /* that it was told of, and has at the start of the next storage */
    size_t names_n;
    int keep_err;    /* what keeping one returns */
    name kept_badly; /* with which alone it does; empty: with all */
    bool is_refused; /* the last sync has failed: what is not on the disk is forgotten by the
                              next one */
    uint64_t disk_n, not_on_disk_n; /* messages that were appended */
    uint64_t appended_n, calls_n, pages_n, finds_n, syncs_n, looks_n; /* a find is a page, too */
    bool is_freed;
} odd_store;

static odd_store *odd(store *self) {
    return (odd_store *)(void *)self;
}

static void pass_gate(odd_store *self) {
    edo_shield sh;
    edo_shield_begin(&sh, edo_ns(-1)); // as a system call: nothing cuts it short
    while (self->is_shut) CHECK_EQ(edo_notify_wait(&self->gate), 0);
    (void)edo_shield_end(&sh, 0);
}

/* The message of that number which it holds; NULL: there is none. */
static const saying *odd_held(const odd_store *self, uint64_t number) {
    for (size_t i = 0; i < self->held_n; i++)
        if (self->held[i].number == number) return &self->held[i];
    return NULL;
}

static int odd_append(store *base, const saying *rows, size_t n) {
    odd_store *self = odd(base);
    self->calls_n++;
    pass_gate(self);
    for (size_t i = 0; i < n; i++) {
        if (rows[i].number == self->refused || odd_held(self, rows[i].number)) return -EEXIST;
    }
    if (self->fails_late) {
        CHECK(n <= ODD_HELD);
        memcpy(self->held, rows, n * sizeof *rows);
        self->held_n = n;
        self->fails_late = false;
        return -EIO;
    }
    for (size_t i = 0; i < n && self->err == 0; i++) {
        self->is_in_order &= rows[i].number > self->last;
        self->last = rows[i].number;
        self->appended_n++;
        self->not_on_disk_n++;
    }
    return self->err;
}

static int odd_page(store *base, const name *of, uint64_t after, uint64_t before, size_t limit,
                    store_found **out) {
    odd_store *self = odd(base);
    (void)of, (void)limit;
    self->pages_n++;
    pass_gate(self);
    if (self->err < 0) return self->err;
    store_found *found = calloc(1, sizeof *found + self->held_n * sizeof(saying));
    if (!found) return -ENOMEM;
    for (size_t i = 0; i < self->held_n; i++) {
        const saying *m = &self->held[i];
        if (m->number <= after || m->number >= before) continue;
        if (m->number == self->unreadable) {
            found->fault = self->page_fault;
        } else {
            found->messages[found->n++] = *m;
        }
    }
    *out = found;
    return 0;
}

static int odd_find(store *base, edo_str ref, store_found **out) {
    (void)ref;
    odd(base)->finds_n++;
    return odd_page(base, NULL, 0, 0, 1, out);
}

static int odd_rooms(store *base, store_room **out, size_t *n) {
    static const store_room known = { .name = { "Tea" }, .last = 7 };
    if (odd(base)->err < 0) return odd(base)->err;
    *out = malloc(sizeof **out);
    **out = known;
    *n = 1;
    return 0;
}

static int odd_keep(store *base, const store_name *batch, size_t n) {
    odd_store *self = odd(base);
    for (size_t i = 0; i < n && self->keep_err < 0; i++)
        if (!*self->kept_badly.text || name_equal(&self->kept_badly, &batch[i].name))
            return self->keep_err;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < self->names_n && !name_equal(&self->names[at].name, &batch[i].name)) at++;
        bool is_free = batch[i].until_ms == STORE_NAME_IS_FREE;
        if (at == self->names_n && is_free) continue;
        CHECK(at < ODD_NAMES);
        if (at == self->names_n) self->names_n++;
        self->names[at] = is_free ? self->names[--self->names_n] : batch[i];
    }
    return 0;
}

static int odd_names(store *base, store_name **out, size_t *n) {
    odd_store *self = odd(base);
    if (self->err < 0) return self->err;
    *out = malloc(sizeof self->names);
    CHECK(*out != NULL);
    memcpy(*out, self->names, sizeof self->names);
    *n = self->names_n;
    return 0;
}

static int odd_check(store *base) {
    odd(base)->looks_n++;
    edo_shield sh;
    edo_shield_begin(&sh, edo_ns(-1));
    while (odd(base)->is_look_shut) CHECK_EQ(edo_notify_wait(&odd(base)->gate), 0);
    (void)edo_shield_end(&sh, 0);
    return odd(base)->check_err;
}

static int odd_sync(store *base) {
    odd(base)->syncs_n++;
    edo_shield sh;
    edo_shield_begin(&sh, edo_ns(-1));
    while (odd(base)->is_sync_shut) CHECK_EQ(edo_notify_wait(&odd(base)->gate), 0);
    (void)edo_shield_end(&sh, 0);
    odd_store *self = odd(base);
    if (self->sync_err == 0 && !self->is_refused) self->disk_n += self->not_on_disk_n;
    if (self->sync_err == 0) self->not_on_disk_n = 0;
    int err = self->sync_err;
    self->is_refused = err < 0;
    if (err < 0 && self->refusals_n > 0 && --self->refusals_n == 0) self->sync_err = 0;
    return err;
}

static void odd_damage(store *base, char *out, size_t bytes) {
    bool has_some = odd(base)->err == -EILSEQ || odd(base)->check_err == -EILSEQ;
    const char *told = odd(base)->damage;
    if (!told) told = "chat.db: page 3, from byte 8192 on";
    (void)snprintf(out, bytes, "%s", has_some ? told : "");
}

static void odd_free(store *base) {
    odd(base)->is_freed = true;
}

static const store_ops odd_ops = { .append = odd_append,
                                   .page = odd_page,
                                   .find = odd_find,
                                   .rooms = odd_rooms,
                                   .keep = odd_keep,
                                   .names = odd_names,
                                   .sync = odd_sync,
                                   .check = odd_check,
                                   .damage = odd_damage,
                                   .free = odd_free };

static odd_store kept;

static inline storage *start(void) {
    storage *self = NULL;
    kept = (odd_store){ .base = { &odd_ops }, .gate = EDO_NOTIFY_INIT, .is_in_order = true };
    int paused = edo_time_pause();
    CHECK(paused == 0 || paused == -EALREADY);
    CHECK_EQ(storage_start(&self, &kept.base), 0);
    return self;
}

static inline void say(room *r, const char *text) {
    const saying what = { .room = r->name, .nick = { "ann" }, .text = edo_str_of(text) };
    CHECK_EQ(room_say(r, message_said(&what)), 0);
}

static inline void run_with(int (*fn)(void *), void *arg) {
    edo_runtime *rt;
    CHECK_EQ(edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }), 0);
    CHECK_EQ(edo_run(rt, fn, arg), 0);
    edo_runtime_unref(rt);
}

static inline void run(int (*fn)(void *)) {
    run_with(fn, NULL);
}

#endif
