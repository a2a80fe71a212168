/* SPDX-License-Identifier: MIT */
/* outbox.c: see outbox.h. The ring has memory only while something is in it, so an idle page costs
 * none.
 *
 * inv. 1: while something has been lost and not yet told, pushes are lost, too.
 * inv. 2: the lock is a leaf: rooms push under theirs. */
#include "outbox.h"

#include <edo/base.h>
#include <edo/error.h>
#include <edo/notify.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define ROOMS_MAX  32 /* that are counted one by one; a page is in no more */
#define RING_FIRST 8

typedef struct lost {
    name room;
    uint64_t missed; /* 0: only who came and went */
} lost;

struct outbox {
    edo_notify more;
    pthread_mutex_t lock; /* guards all below */
    message **ring;       /* NULL: nothing is in it */
    size_t cap, first, n; /* cap: a power of two */
    size_t added_n;       /* of n: an upper bound of those that were added */
    lost *lost;           /* NULL: nothing was lost; ROOMS_MAX places */
    size_t lost_n;
    bool is_open;
};

static atomic_uint_fast64_t lost_in_all;

uint64_t outbox_lost_n(void) {
    return atomic_load_explicit(&lost_in_all, memory_order_relaxed); // a number to look at
}

/* Lock held. */
static void forget_losses(outbox *self) {
    free(self->lost);
    self->lost = NULL;
    self->lost_n = 0;
}

/* Lock held. */
static message *take_first(outbox *self) {
    message *m = self->ring[self->first];
    self->first = (self->first + 1) & (self->cap - 1);
    if (--self->n > 0) return m;
    free(self->ring);
    self->ring = NULL;
    self->cap = self->first = self->added_n = 0;
    return m;
}

static void outbox_drop(void *arg) {
    outbox *self = arg;
    while (self->n > 0) edo_rc_unref(take_first(self));
    forget_losses(self);
    pthread_mutex_destroy(&self->lock);
}

outbox *outbox_new(void) {
    outbox *self = edo_rc_new(sizeof *self, outbox_drop);
    if (!self) return NULL;
    *self = (outbox){ .more = EDO_NOTIFY_INIT };
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

void outbox_open(outbox *self) {
    pthread_mutex_lock(&self->lock);
    self->is_open = true;
    pthread_mutex_unlock(&self->lock);
}

void outbox_close(outbox *self) {
    pthread_mutex_lock(&self->lock);
    self->is_open = false;
    while (self->n > 0) edo_rc_unref(take_first(self));
    forget_losses(self);
    pthread_mutex_unlock(&self->lock);
}

/* ---- Pushing --------------------------------------------------------------------------------- */

/* Lock held. Returns whether there is a place more. */
static bool grow(outbox *self) {
    if (self->n < self->cap) return true;
    size_t cap = self->cap ? 2 * self->cap : RING_FIRST;
    message **ring = malloc(cap * sizeof *ring);
    if (!ring) return false;
    for (size_t i = 0; i < self->n; i++) ring[i] = self->ring[(self->first + i) & (self->cap - 1)];
    free(self->ring);
    self->ring = ring;
    self->cap = cap;
    self->first = 0;
    return true;
}

/* Lock held. Owns: takes `m` on success. */
static bool append(outbox *self, message *m) {
    if (!grow(self)) return false;
    self->ring[(self->first + self->n++) & (self->cap - 1)] = m;
    return true;
}

/* Lock held. Without memory for the rooms' counts the loss is told with the next one. */
static void lose(outbox *self, const message *m) {
    if (!self->lost) self->lost = calloc(ROOMS_MAX, sizeof *self->lost);
    if (!self->lost || !m->what.room.text[0]) return;
    size_t i = 0;
    while (i < self->lost_n && strcasecmp(self->lost[i].room.text, m->what.room.text) != 0) i++;
    if (i == ROOMS_MAX) i--; // it left that room meanwhile, and is in others
    if (i == self->lost_n) self->lost[self->lost_n++] = (lost){ .room = m->what.room };
    uint64_t said = m->what.number > 0 ? 1 : 0;
    self->lost[i].missed += said;
    atomic_fetch_add_explicit(&lost_in_all, said, memory_order_relaxed); // a number to look at
}

/* Lock held. */
static int push(outbox *self, message *m) {
    if (!self->is_open) return -EDO_ECLOSED;
    bool has_room = !self->lost && self->n < OUTBOX_MESSAGES + self->added_n; // inv. 1
    if (has_room && append(self, edo_rc_ref(m))) return 0;
    if (has_room) edo_rc_unref(m); // there was no memory for its place
    lose(self, m);
    return -EAGAIN;
}

int outbox_push(outbox *self, message *m) {
    pthread_mutex_lock(&self->lock);
    int err = push(self, m);
    pthread_mutex_unlock(&self->lock);
    if (err != -EDO_ECLOSED) edo_notify_one(&self->more); // a loss is to be told, too
    return err;
}

int outbox_add(outbox *self, message *m) {
    if (!m) return -ENOMEM;
    pthread_mutex_lock(&self->lock);
    int err = self->is_open ? 0 : -EDO_ECLOSED;
    if (err == 0 && !append(self, m)) err = -ENOMEM;
    if (err == 0) self->added_n++;
    pthread_mutex_unlock(&self->lock);
    if (err == 0) {
        edo_notify_one(&self->more);
    } else {
        edo_rc_unref(m);
    }
    return err;
}

/* ---- Taking ---------------------------------------------------------------------------------- */

static message *lag_notice(const name *of, uint64_t missed) {
    char frame[128];
    int n =
        snprintf(frame, sizeof frame,
                 "{\"type\":\"lagged\",\"room\":\"%s\",\"missed\":%" PRIu64 "}", of->text, missed);
    return message_frame((edo_str){ frame, (size_t)n });
}

int outbox_add_lag(outbox *self, const name *of, uint64_t missed) {
    return outbox_add(self, lag_notice(of, missed));
}

/* Lock held, the ring is empty: puts what was lost in it. Without memory it is tried again. */
static void tell_losses(outbox *self) {
    while (self->lost_n > 0) {
        const lost *last = &self->lost[self->lost_n - 1];
        message *notice = lag_notice(&last->room, last->missed);
        if (!notice || !append(self, notice)) {
            edo_rc_unref(notice);
            return;
        }
        self->lost_n--;
    }
    forget_losses(self);
}

static size_t take_now(outbox *self, message **out, size_t most) {
    size_t taken = 0;
    pthread_mutex_lock(&self->lock);
    if (self->n == 0 && self->lost) tell_losses(self);
    while (taken < most && self->n > 0) out[taken++] = take_first(self);
    pthread_mutex_unlock(&self->lock);
    return taken;
}

int outbox_take(outbox *self, message **out, size_t most) {
    for (;;) {
        size_t n = take_now(self, out, most);
        if (n > 0) return (int)n;
        int err = edo_notify_wait(&self->more);
        if (err < 0) return err;
    }
}
