/* SPDX-License-Identifier: MIT */
/* room.c: see room.h.
 *
 * A message is first numbered and given to the storage, under the lock. When it is stored, it is
 * remembered and pushed to the pages, under the lock, with all that have lower numbers: the storage
 * keeps its order, so they are stored, too, and pages see numbers in order. Then they are sent to
 * the terminals, without the lock: the holder of `telling` takes them one by one from the queue
 * `untold`, in which they stand since they were remembered, so terminals see that order, too. A
 * newcomer may subscribe in between. It subscribes first and then copies the past: so it misses
 * nothing, and what comes twice it knows by its place. A page begins to listen under the lock,
 * between two messages.
 *
 * Locks: `telling`, then the room's, then a wire's, or that of the storage's queue. */
#include "room.h"

#include "storage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MESSAGES 128  /* of the channel */
#define FOUND_MAX     1000 /* messages that are read from the store for one that comes back */
#define FOUND_BYTES   (256u << 10) /* of their texts, and at most one text more */

room *room_new(const name *of, size_t past_max, room_numbers numbers) {
    static const edo_broadcast_opts pointers = {
        .clone = message_clone, .drop = message_drop, .lossless = true, .behind_after = EDO_S(5)
    };
    static const edo_limiter_opts moves = { .num = 1, .per = EDO_S(1), .burst = ROOM_MOVES_BURST };
    room *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    if (edo_broadcast_new(&self->channel, NULL, sizeof(message *), ROOM_MESSAGES, &pointers) < 0) {
        free(self);
        return NULL;
    }
    if (edo_limiter_init(&self->moves, &moves) < 0) {
        edo_broadcast_tx_unref(self->channel);
        free(self);
        return NULL;
    }
    self->name = *of;
    self->past_max = past_max;
    self->numbers = numbers;
    self->given = numbers.last;
    self->recalling = (edo_mutex)EDO_MUTEX_INIT;
    self->telling = (edo_mutex)EDO_MUTEX_INIT;
    TAILQ_INIT(&self->members);
    TAILQ_INIT(&self->listeners);
    STAILQ_INIT(&self->past);
    STAILQ_INIT(&self->unshown);
    STAILQ_INIT(&self->untold);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

/* Takes the oldest message off the past; the past is not empty. */
static message *forget(room *self) {
    message *oldest = STAILQ_FIRST(&self->past);
    STAILQ_REMOVE_HEAD(&self->past, next);
    self->past_n--;
    return oldest;
}

/* Takes the next message that is to be sent to terminals; NULL: there is none. */
static message *take_untold(room *self) {
    pthread_mutex_lock(&self->lock);
    message *m = STAILQ_FIRST(&self->untold);
    if (m) STAILQ_REMOVE_HEAD(&self->untold, later);
    pthread_mutex_unlock(&self->lock);
    return m;
}

void room_free(room *self) {
    if (!self) return;
    while (self->past_n > 0) edo_rc_unref(forget(self));
    for (message *m; (m = take_untold(self));) edo_rc_unref(m);
    edo_broadcast_tx_unref(self->channel);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* Lock held. A page that takes nothing more is gone, or will come back: that is its matter. */
static void post_to_pages(room *self, message *m, const wire *but, bool is_said) {
    listener *l;
    TAILQ_FOREACH(l, &self->listeners, place) {
        if (l->to != but && (l->hears_all || !is_said)) (void)wire_post(l->to, m);
    }
}

/* Lock held. Returns the message that the past has no room for any more, or NULL. Owns: takes
 * `m`. */
static message *remember(room *self, message *m) {
    STAILQ_INSERT_TAIL(&self->past, m, next);
    return ++self->past_n > self->past_max ? forget(self) : NULL;
}

/* Lock held. Numbers the message, and begins to store it; see storage_put(). */
static edo_oneshot_rx *begin_to_store(room *self, message *m) {
    message_set_number(m, ++self->given);
    edo_rc_ref(m);
    STAILQ_INSERT_TAIL(&self->unshown, m, next);
    return storage_put(self->storage, m);
}

/* Lock held. Puts the message behind all that is to be sent to terminals. A line before it tells
 * how many came and went without one, if there is memory for it. */
static void put_untold(room *self, message *m) {
    unsigned in = self->untold_in, out = self->untold_out;
    message *moves = in + out == 0 ? NULL
                                   : message_new(0, "* %u others joined and %u left #%s", in, out,
                                                 self->name.text);
    if (moves) {
        moves->place = ++self->sent_n;
        STAILQ_INSERT_TAIL(&self->untold, moves, later);
        self->untold_in = self->untold_out = 0;
    }
    edo_rc_ref(m);
    m->place = ++self->sent_n;
    STAILQ_INSERT_TAIL(&self->untold, m, later);
}

/* Shows pages what was said up to that number, lets newcomers see it, and puts it into the line of
 * what terminals are to be told. */
static void show_until(room *self, uint64_t number) {
    message *m, *forgotten;
    STAILQ_HEAD(, message) dropped = STAILQ_HEAD_INITIALIZER(dropped);
    pthread_mutex_lock(&self->lock);
    while ((m = STAILQ_FIRST(&self->unshown)) && m->what.number <= number) {
        STAILQ_REMOVE_HEAD(&self->unshown, next);
        put_untold(self, m);
        self->numbers.last = m->what.number;
        if (m->frame.len > 0) post_to_pages(self, m, NULL, true);
        forgotten = remember(self, m);
        if (forgotten) STAILQ_INSERT_TAIL(&dropped, forgotten, next);
    }
    pthread_mutex_unlock(&self->lock);
    while ((m = STAILQ_FIRST(&dropped))) {
        STAILQ_REMOVE_HEAD(&dropped, next);
        edo_rc_unref(m);
    }
}

/* Sends terminals all that is to be sent. That has an end: others that speak meanwhile wait for
 * `telling`. What could not be sent goes before the next message. */
static int tell_terminals(room *self) {
    int err = edo_mutex_lock(&self->telling);
    if (err < 0) return err;
    for (message *m; err == 0 && (m = take_untold(self));) {
        err = edo_broadcast_send(self->channel, &m);
        if (err == -EDO_ECLOSED) { // no terminal is there
            edo_rc_unref(m);
            err = 0;
        } else if (err < 0) {
            pthread_mutex_lock(&self->lock);
            STAILQ_INSERT_HEAD(&self->untold, m, later);
            pthread_mutex_unlock(&self->lock);
        }
    }
    edo_mutex_unlock(&self->telling);
    return err;
}

int room_say(room *self, message *m) {
    if (!m) return -ENOMEM;
    pthread_mutex_lock(&self->lock);
    edo_oneshot_rx *written = begin_to_store(self, m);
    pthread_mutex_unlock(&self->lock);
    storage_wait(self->storage, written);
    show_until(self, m->what.number);
    edo_rc_unref(m);
    return tell_terminals(self);
}

int room_announce(room *self, message *m) {
    if (!m) return -ENOMEM;
    pthread_mutex_lock(&self->lock);
    put_untold(self, m);
    if (m->frame.len > 0) post_to_pages(self, m, NULL, false);
    pthread_mutex_unlock(&self->lock);
    edo_rc_unref(m);
    return tell_terminals(self);
}

int room_move(room *self, message *m, bool comes, size_t members_n) {
    if (!m) return -ENOMEM;
    bool is_line = false;
    if (members_n <= ROOM_TOLD_MAX) {
        pthread_mutex_lock(&self->lock);
        post_to_pages(self, m, NULL, false);
        is_line = edo_limiter_check(&self->moves, NULL, 1) == 0;
        if (is_line) {
            put_untold(self, m);
        } else {
            *(comes ? &self->untold_in : &self->untold_out) += 1;
        }
        pthread_mutex_unlock(&self->lock);
    }
    edo_rc_unref(m);
    return is_line ? tell_terminals(self) : 0;
}

void room_hint(room *self, message *m, const wire *but) {
    pthread_mutex_lock(&self->lock);
    post_to_pages(self, m, but, false);
    pthread_mutex_unlock(&self->lock);
}

uint64_t room_last(room *self) {
    pthread_mutex_lock(&self->lock);
    uint64_t last = self->sent_n;
    pthread_mutex_unlock(&self->lock);
    return last;
}

room_numbers room_numbers_now(room *self) {
    pthread_mutex_lock(&self->lock);
    room_numbers now = self->numbers;
    pthread_mutex_unlock(&self->lock);
    return now;
}

uint64_t room_newest(const room_numbers *now) {
    return now->last > now->gap_to ? now->last : now->gap_after;
}

/* ---- The past -------------------------------------------------------------------------------- */

/* How many messages there were between two numbers, without these, at most. */
static uint64_t between(const room_numbers *n, uint64_t after, uint64_t before) {
    uint64_t numbers = before > after + 1 ? before - after - 1 : 0;
    uint64_t gap_begin = after > n->gap_after ? after : n->gap_after;
    uint64_t gap_end = before - 1 < n->gap_to ? before - 1 : n->gap_to;
    return gap_end > gap_begin ? numbers - (gap_end - gap_begin) : numbers;
}

uint64_t room_forgotten(room *self, uint64_t after, uint64_t *kept_from) {
    pthread_mutex_lock(&self->lock);
    const message *oldest = STAILQ_FIRST(&self->past);
    *kept_from = oldest ? oldest->what.number : self->numbers.last + 1;
    uint64_t n = between(&self->numbers, after, *kept_from);
    pthread_mutex_unlock(&self->lock);
    return n;
}

uint64_t room_missing(const room_numbers *now, uint64_t after, uint64_t before) {
    return between(now, after > now->gap_to ? after : now->gap_to, before);
}

/* Puts a message, which is older than all that are kept, before them. Returns false if
 * the past has no room for it. Owns: takes `m`. */
static bool remember_older(room *self, message *m) {
    pthread_mutex_lock(&self->lock);
    const message *oldest = STAILQ_FIRST(&self->past);
    bool has_room = self->past_n < self->past_max;
    bool is_new = has_room && (!oldest || oldest->what.number > m->what.number);
    if (is_new) {
        STAILQ_INSERT_HEAD(&self->past, m, next);
        self->past_n++;
    }
    pthread_mutex_unlock(&self->lock);
    if (!is_new) edo_rc_unref(m);
    return has_room;
}

/* The newest one first, so that those for which there is no room are the oldest. Returns whether
 * the store was read. */
static bool recall(room *self) {
    store_found *found;
    uint64_t before = room_numbers_now(self).last + 1;
    if (storage_page(self->storage, &self->name, 0, before, self->past_max, &found) < 0)
        return false;
    for (size_t i = found->n; i > 0; i--) {
        message *m = storage_message(&found->messages[i - 1]);
        if (!m || !remember_older(self, m)) break;
    }
    free(found);
    return true;
}

void room_recall(room *self) {
    if (!self || !self->storage || self->past_max == 0) return;
    unsigned tries_n = atomic_load(&self->recalls_n);
    if (edo_mutex_lock(&self->recalling) < 0) return;
    if (!self->is_recalled && self->recalls_n == tries_n) { // else this one has waited for a try
        self->is_recalled = recall(self);
        self->recalls_n++;
    }
    edo_mutex_unlock(&self->recalling);
}

/* Lock held. */
static message **past(const room *self, uint64_t after, uint64_t before, size_t limit, size_t *n) {
    size_t found = 0;
    message *m;
    STAILQ_FOREACH(m, &self->past, next) {
        found += m->what.number > after && m->what.number < before;
    }
    size_t skipped = found > limit ? found - limit : 0;
    message **all = calloc(found - skipped + 1, sizeof(message *));
    *n = 0;
    STAILQ_FOREACH(m, &self->past, next) {
        if (!all || m->what.number <= after || m->what.number >= before) continue;
        if (skipped > 0) {
            skipped--;
        } else {
            all[(*n)++] = edo_rc_ref(m);
        }
    }
    return all;
}

message **room_past(room *self, uint64_t after, uint64_t before, size_t limit, size_t *n) {
    pthread_mutex_lock(&self->lock);
    message **all = past(self, after, before, limit, n);
    pthread_mutex_unlock(&self->lock);
    return all;
}

/* ---- What somebody has not seen -------------------------------------------------------------- */

/* Lock held. */
static int unseen_after(const room *self, uint64_t after, unseen *out) {
    *out = (unseen){ .until = self->numbers.last, .numbers = self->numbers };
    out->messages = past(self, after, UINT64_MAX, SIZE_MAX, &out->n);
    return out->messages ? 0 : -ENOMEM;
}

int room_unseen(room *self, uint64_t after, unseen *out) {
    pthread_mutex_lock(&self->lock);
    int err = unseen_after(self, after, out);
    pthread_mutex_unlock(&self->lock);
    return err;
}

/* Puts copies of what the store has found before the rest. What there is no memory for, or would
 * be too much, is missing, like all that is older. */
static void put_before(unseen *u, const store_found *found) {
    message **all = calloc(found->n + u->n + 1, sizeof(message *));
    if (!all) return;
    size_t first = found->n, bytes = 0;
    for (; first > 0 && bytes < FOUND_BYTES; first--) {
        all[first - 1] = storage_message(&found->messages[first - 1]);
        if (!all[first - 1]) break;
        bytes += found->messages[first - 1].text_bytes;
    }
    for (size_t i = 0; i < u->n; i++) all[found->n + i] = u->messages[i];
    u->n += found->n - first;
    memmove(all, all + first, u->n * sizeof(message *));
    free(u->messages);
    u->messages = all;
}

static uint64_t begin_of(const unseen *u) {
    return u->n > 0 ? u->messages[0]->what.number : u->until + 1;
}

bool unseen_is_short(const unseen *self, uint64_t after) {
    return between(&self->numbers, after, begin_of(self)) > 0;
}

void room_find_forgotten(room *self, uint64_t after, unseen *u, bool may_read) {
    uint64_t before = begin_of(u);
    store_found *found = NULL;
    size_t had_n = u->n;
    if (self->storage && may_read &&
        storage_page(self->storage, &self->name, after, before, FOUND_MAX, &found) == 0)
        put_before(u, found);
    bool has_all = found && !found->has_more && u->n - had_n == found->n;
    u->is_cut = after < u->numbers.gap_after && !has_all;
    free(found);
}

void unseen_drop(unseen *self) {
    for (size_t i = 0; i < self->n; i++) edo_rc_unref(self->messages[i]);
    free(self->messages);
    *self = (unseen){ .n = 0 };
}

/* ---- Pages ----------------------------------------------------------------------------------- */

void room_attend(room *self, listener *l) {
    pthread_mutex_lock(&self->lock);
    l->hears_all = false;
    TAILQ_INSERT_TAIL(&self->listeners, l, place);
    pthread_mutex_unlock(&self->lock);
}

int room_listen(room *self, listener *l, unseen *out) {
    pthread_mutex_lock(&self->lock);
    int err = unseen_after(self, l->after, out);
    bool has_forgotten = l->after > 0 && between(&self->numbers, l->after, out->until + 1) > 0;
    l->hears_all = err == 0 && out->n == 0 && !has_forgotten;
    pthread_mutex_unlock(&self->lock);
    if (err < 0) return err;
    if (out->n > 0 || has_forgotten) return 1;
    unseen_drop(out);
    return 0;
}

void room_unlisten(room *self, listener *l) {
    pthread_mutex_lock(&self->lock);
    TAILQ_REMOVE(&self->listeners, l, place);
    pthread_mutex_unlock(&self->lock);
}

/* ---- Terminals ------------------------------------------------------------------------------- */

subscriber *room_subscribe(room *self, uint64_t seen, const unseen *before) {
    edo_broadcast_rx *news;
    size_t before_n = before ? before->n : 0;
    if (edo_broadcast_subscribe(&news, self->channel) < 0) return NULL;
    pthread_mutex_lock(&self->lock);
    subscriber *s = malloc(sizeof *s + (before_n + self->past_n) * sizeof(message *));
    if (s) {
        *s = (subscriber){ .news = news,
                           .past_last = self->sent_n,
                           .where = self->name,
                           .newest = room_newest(&self->numbers),
                           .seen = seen,
                           .is_cut = before && before->is_cut,
                           .numbers = self->numbers };
        uint64_t until = before ? before->until : seen;
        for (size_t i = 0; i < before_n; i++)
            s->past[s->past_n++] = edo_rc_ref(before->messages[i]);
        message *m;
        STAILQ_FOREACH(m, &self->past, next) {
            if (seen == 0 || m->what.number > until) s->past[s->past_n++] = edo_rc_ref(m);
        }
    }
    pthread_mutex_unlock(&self->lock);
    if (!s) edo_broadcast_rx_free(news);
    return s;
}

void subscriber_free(subscriber *self) {
    if (!self) return;
    edo_broadcast_rx_free(self->news);
    while (self->past_n > 0) edo_rc_unref(self->past[--self->past_n]);
    free(self);
}
