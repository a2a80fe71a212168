/* SPDX-License-Identifier: MIT */
/* backlog.c: see backlog.h. */
#include "storage/backlog.h"

#include <edo/base.h>
#include <edo/log.h>

void backlog_init(backlog *self) {
    STAILQ_INIT(&self->waiting);
    STAILQ_INIT(&self->aside);
    STAILQ_INIT(&self->unsynced);
}

/* Takes the first of those that wait out of their line, which is not empty. */
static message *take_waiting(backlog *self) {
    message *m = STAILQ_FIRST(&self->waiting);
    STAILQ_REMOVE_HEAD(&self->waiting, waiting);
    atomic_fetch_sub(&self->waiting_n, 1);
    self->waiting_bytes -= message_stored_bytes(m);
    return m;
}

/* Forgets the first of those that the disk has, or may have. */
static void forget_unsynced(backlog *self) {
    message *m = STAILQ_FIRST(&self->unsynced);
    STAILQ_REMOVE_HEAD(&self->unsynced, waiting);
    atomic_fetch_sub(&self->unsynced_n, 1);
    self->unsynced_bytes -= message_stored_bytes(m);
    edo_rc_unref(m);
}

void backlog_deinit(backlog *self) {
    (void)backlog_take_back(self, NULL);
    while (atomic_load(&self->waiting_n) > 0) edo_rc_unref(take_waiting(self));
    while (self->unsynced_n > 0) forget_unsynced(self);
}

void backlog_lose(backlog *self, message *m) {
    atomic_store(&m->kept, KEPT_NEVER);
    atomic_fetch_add(&self->lost_n, 1);
}

void backlog_put(backlog *self, message *m) {
    size_t n = atomic_load(&self->waiting_n) + atomic_load(&self->aside_n);
    bool is_full =
        n >= BACKLOG_MESSAGES || self->waiting_bytes + message_stored_bytes(m) > BACKLOG_BYTES;
    if (is_full) {
        backlog_lose(self, m);
        edo_rc_unref(m);
        return;
    }
    STAILQ_INSERT_TAIL(&self->waiting, m, waiting);
    atomic_fetch_add(&self->waiting_n, 1);
    self->waiting_bytes += message_stored_bytes(m);
}

void backlog_first(const backlog *self, saying *rows, size_t n) {
    size_t i = 0;
    const message *m;
    STAILQ_FOREACH(m, &self->waiting, waiting) {
        if (i == n) break;
        rows[i++] = m->what;
    }
}

/* Moves the messages of a room (NULL: of all), `most` at most, from one line to the end of another.
 * Returns how many there are. */
static size_t move_room(messages *from, messages *to, const name *room, size_t most) {
    messages left = STAILQ_HEAD_INITIALIZER(left);
    size_t n = 0;
    for (message *m; (m = STAILQ_FIRST(from));) {
        STAILQ_REMOVE_HEAD(from, waiting);
        bool is_meant = n < most && (!room || name_equal(&m->what.room, room));
        if (is_meant) {
            STAILQ_INSERT_TAIL(to, m, waiting);
        } else {
            STAILQ_INSERT_TAIL(&left, m, waiting);
        }
        n += is_meant;
    }
    STAILQ_CONCAT(from, &left);
    return n;
}

size_t backlog_bring(backlog *self, const name *room, size_t most) {
    messages first = STAILQ_HEAD_INITIALIZER(first);
    size_t n = move_room(&self->waiting, &first, room, most);
    STAILQ_CONCAT(&first, &self->waiting);
    STAILQ_CONCAT(&self->waiting, &first);
    return n;
}

void backlog_set_aside(backlog *self, const name *room) {
    size_t n = move_room(&self->waiting, &self->aside, room, SIZE_MAX);
    atomic_fetch_sub(&self->waiting_n, n);
    atomic_fetch_add(&self->aside_n, n);
}

size_t backlog_take_back(backlog *self, const name *room) {
    messages first = STAILQ_HEAD_INITIALIZER(first);
    size_t n = move_room(&self->aside, &first, room, SIZE_MAX);
    STAILQ_CONCAT(&first, &self->waiting);
    STAILQ_CONCAT(&self->waiting, &first);
    atomic_fetch_sub(&self->aside_n, n);
    atomic_fetch_add(&self->waiting_n, n);
    return n;
}

void backlog_keep_first(backlog *self) {
    message *m = take_waiting(self);
    if (atomic_exchange(&m->kept, KEPT) != KEPT_UNSURE) atomic_fetch_add(&self->stored_n, 1);
    atomic_fetch_add(&self->appended_n, 1);
    STAILQ_INSERT_TAIL(&self->unsynced, m, waiting);
    atomic_fetch_add(&self->unsynced_n, 1);
    self->unsynced_bytes += message_stored_bytes(m);
    while (self->unsynced_n > BACKLOG_MESSAGES || self->unsynced_bytes > BACKLOG_BYTES) {
        forget_unsynced(self);
        atomic_fetch_add(&self->trusted_n, 1);
    }
}

void backlog_lose_first(backlog *self) {
    message *m = take_waiting(self);
    backlog_lose(self, m);
    edo_rc_unref(m);
}

void backlog_place_first(backlog *self, const place *at) {
    if (at->number > 0) {
        STAILQ_FIRST(&self->waiting)->place = *at;
        backlog_keep_first(self);
        return;
    }
    message *m = take_waiting(self);
    atomic_store(&m->kept, KEPT_NEVER);
    atomic_fetch_sub(&self->said_n, 1);
    edo_rc_unref(m);
}

void backlog_forget_synced(backlog *self, uint64_t n) {
    uint64_t first;
    while ((first = atomic_load(&self->appended_n) - self->unsynced_n) < n && self->unsynced_n > 0)
        forget_unsynced(self);
    uint64_t trusted_n = first > n ? first - n : 0; // with those that were appended twice
    if (trusted_n < atomic_load(&self->trusted_n)) atomic_store(&self->trusted_n, trusted_n);
}

void backlog_relapse(backlog *self) {
    message *m;
    if (self->unsynced_n + self->trusted_n == 0) return;
    size_t trusted_n = atomic_exchange(&self->trusted_n, 0);
    atomic_fetch_add(&self->lost_n, trusted_n);
    if (trusted_n > 0)
        edo_error_kv("the disk has refused what was stored, and of some no copy is left",
                     EDO_KV("n", trusted_n));
    STAILQ_FOREACH(m, &self->unsynced, waiting) atomic_store(&m->kept, KEPT_UNSURE);
    STAILQ_CONCAT(&self->unsynced, &self->waiting);
    STAILQ_CONCAT(&self->waiting, &self->unsynced);
    atomic_fetch_add(&self->waiting_n, self->unsynced_n);
    self->waiting_bytes += self->unsynced_bytes;
    atomic_store(&self->unsynced_n, 0);
    self->unsynced_bytes = 0;
    atomic_fetch_add(&self->relapses_n, 1);
}

uint64_t backlog_unsynced_n(const backlog *self) {
    return atomic_load(&self->unsynced_n) + atomic_load(&self->trusted_n);
}

uint64_t backlog_open_n(const backlog *self) {
    uint64_t known_n = atomic_load(&self->stored_n) + atomic_load(&self->lost_n);
    uint64_t said_n = atomic_load(&self->said_n);
    return said_n > known_n ? said_n - known_n : 0;
}
