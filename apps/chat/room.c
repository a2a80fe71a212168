/* SPDX-License-Identifier: MIT */
/* room.c: see room.h.
 *
 * Remembering a message and sending it are two steps, since nothing is sent under the lock. A
 * newcomer may come in between. It subscribes first and then copies the past; so it misses nothing,
 * and what it gets twice it knows by the number:
 *
 *     room_say                        room_enter
 *     lock: number it, remember it    lock: count it as a listener
 *     send it                         subscribe
 *                                     lock: copy the past, and its last number
 *
 * Numbers are divided into steps of ROOM_STEP. The room counts how many listeners are in each step,
 * and the floor is the lowest step with one in it. So a listener takes the lock once a step and no
 * list is ever searched: the pace costs next to nothing for each message that somebody hears.
 *
 * inv. 1: free places + those taken and not yet used + (said_n - floor * ROOM_STEP) = ROOM_PLACES.
 * inv. 2: a listener that is counted is in a step from the floor on; so what is numbered and it has
 *         not heard is at most ROOM_PLACES. (Without memory for a message all are counted no more.)
 * inv. 3: what it has not got, although its number is lower than one that it heard, was in flight
 *         at that time, so it is less than FLYING_MAX. Together: it is never more than the channel
 *         behind. */
#include "room.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define FLYING_MAX (ROOM_MESSAGES - ROOM_PLACES)

_Static_assert(ROOM_PLACES % ROOM_STEP == 0, "an empty room has all its places");
_Static_assert(ROOM_PLACES / ROOM_STEP < ROOM_STEPS, "inv. 2: each step has a count of its own");

room *room_new(const name *of, size_t past_max) {
    static const edo_broadcast_opts pointers = { .clone = message_clone, .drop = message_drop };
    room *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    if (edo_broadcast_new(&self->channel, NULL, sizeof(message *), ROOM_MESSAGES, &pointers) < 0) {
        free(self);
        return NULL;
    }
    self->entry.name = *of;
    self->past_max = past_max;
    self->places = (edo_sem)EDO_SEM_INIT(ROOM_PLACES);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

void room_free(room *self) {
    if (!self) return;
    for (message *m = self->oldest, *next; m; m = next) {
        next = m->next;
        edo_rc_unref(m);
    }
    edo_broadcast_tx_unref(self->channel);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* ---- The pace -------------------------------------------------------------------------------- */

static uint32_t *count_of(room *self, uint64_t step) {
    return &self->listeners[step % ROOM_STEPS];
}

/* Under the lock: raises the floor as far as it can be. Returns how many places that frees: they
 * are returned without the lock. */
static uint64_t raise_floor(room *self) {
    uint64_t before = self->floor;
    while (self->floor < self->said_n / ROOM_STEP && *count_of(self, self->floor) == 0)
        self->floor++;
    return (self->floor - before) * ROOM_STEP;
}

static void free_places(room *self, uint64_t n) {
    if (n > 0) edo_sem_release(&self->places, n);
}

bool room_try_place(room *self) {
    return edo_sem_try_acquire(&self->places, 1) == 0;
}

void room_return_place(room *self) {
    edo_sem_release(&self->places, 1);
}

/* Under the room's lock: counts it in no step. */
static void uncount(listener *self) {
    if (self->step != LISTENER_BEHIND && self->step >= self->room->floor)
        --*count_of(self->room, self->step);
    self->step = LISTENER_BEHIND;
}

/* Under the room's lock: counts it where it is; in no step if that is too far behind. */
static void count(listener *self) {
    uint64_t step = self->heard / ROOM_STEP;
    if (step < self->room->floor) return;
    ++*count_of(self->room, step);
    self->step = step;
}

bool listener_heard(listener *self, const message *m) {
    if (m->number > self->heard) self->heard = m->number;
    return m->number > self->past_last;
}

bool listener_keep_up(listener *self) {
    if (self->step == self->heard / ROOM_STEP) return true;
    room *r = self->room;
    pthread_mutex_lock(&r->lock);
    uncount(self);
    count(self);
    uint64_t n = raise_floor(r);
    pthread_mutex_unlock(&r->lock);
    free_places(r, n);
    return self->step != LISTENER_BEHIND;
}

void listener_fall_behind(listener *self) {
    room *r = self->room;
    if (self->step == LISTENER_BEHIND) return;
    pthread_mutex_lock(&r->lock);
    uncount(self);
    uint64_t n = raise_floor(r);
    pthread_mutex_unlock(&r->lock);
    free_places(r, n);
}

/* ---- Saying something ------------------------------------------------------------------------ */

/* Under the lock: adds it to the past. Owns: takes a share. Returns what is forgotten for it, which
 * is the caller's; NULL: nothing. */
static message *remember(room *self, message *m) {
    *(self->newest ? &self->newest->next : &self->oldest) = m;
    self->newest = m;
    if (++self->past_n <= self->past_max) return NULL;
    message *forgotten = self->oldest;
    self->oldest = forgotten->next;
    if (!self->oldest) self->newest = NULL;
    self->past_n--;
    return forgotten;
}

/* Under the lock: gives it its number. When too many threads were stopped between their number and
 * their sending, this one waits until the system has run them: inv. 3. */
static void take_off(room *self, message *m) {
    while (self->flying == FLYING_MAX) {
        pthread_mutex_unlock(&self->lock);
        sched_yield();
        pthread_mutex_lock(&self->lock);
    }
    self->flying++;
    m->number = ++self->said_n;
}

/* Under the lock: nobody will hear some message, so nobody can be waited for up to the next step.
 * Returns how many places that frees. */
static uint64_t count_nobody(room *self) {
    uint64_t n = self->said_n - self->floor * ROOM_STEP;
    self->floor = self->said_n / ROOM_STEP + 1;
    self->said_n = self->floor * ROOM_STEP;
    memset(self->listeners, 0, sizeof self->listeners);
    return n;
}

static void send_all(room *self, message *m) {
    message *shared = edo_rc_ref(m);
    int err = edo_broadcast_send(self->channel, &shared);
    if (err < 0) edo_rc_unref(shared); // nobody, or no memory
    pthread_mutex_lock(&self->lock);
    self->flying--;
    uint64_t n = err == -ENOMEM ? count_nobody(self) : raise_floor(self);
    pthread_mutex_unlock(&self->lock);
    free_places(self, n);
}

void room_say(room *self, message *m) {
    message *shared = edo_rc_ref(m);
    pthread_mutex_lock(&self->lock);
    take_off(self, m);
    message *forgotten = remember(self, shared);
    pthread_mutex_unlock(&self->lock);
    edo_rc_unref(forgotten);
    send_all(self, m);
}

void room_announce(room *self, message *m) {
    pthread_mutex_lock(&self->lock);
    take_off(self, m);
    pthread_mutex_unlock(&self->lock);
    send_all(self, m);
}

/* ---- Coming in and going --------------------------------------------------------------------- */

/* Shares of what is remembered, in `out`. Memory is taken without the lock, so it may be too little
 * when it is there; then once more. */
static int copy_past(room *self, room_entry *out) {
    for (size_t place = 0;;) {
        pthread_mutex_lock(&self->lock);
        size_t wanted = self->past_n;
        if (wanted <= place) {
            for (message *m = self->oldest; m; m = m->next)
                out->past[out->past_n++] = edo_rc_ref(m);
            out->listener.past_last = self->said_n;
        }
        pthread_mutex_unlock(&self->lock);
        if (wanted <= place) return 0;
        free(out->past);
        place = wanted + 8;
        out->past = calloc(place, sizeof *out->past);
        if (!out->past) return -ENOMEM;
    }
}

/* Takes what came as news and belongs to the past, up to the first that does not. Then everything
 * up to there is heard, also what was sent before it subscribed and will not come. */
static void skip_past(room_entry *entry) {
    listener *l = &entry->listener;
    message *m;
    while (!entry->first && edo_broadcast_try_recv(l->news, &m, NULL) == 0) {
        if (listener_heard(l, m)) {
            entry->first = m;
        } else {
            edo_rc_unref(m);
        }
    }
    if (l->heard < l->past_last) l->heard = l->past_last;
}

int room_enter(room *self, message *announcement, room_entry *out) {
    room_entry entry = { .listener = { .room = self, .step = LISTENER_BEHIND } };
    listener *l = &entry.listener;
    // Counted before it subscribes, so that others wait for it from its first news on.
    pthread_mutex_lock(&self->lock);
    l->heard = self->said_n;
    count(l);
    pthread_mutex_unlock(&self->lock);
    int err = edo_broadcast_subscribe(&l->news, self->channel);
    if (err >= 0) err = copy_past(self, &entry);
    if (err < 0) {
        listener_end(l);
        return err;
    }
    skip_past(&entry);
    (void)listener_keep_up(l);
    room_announce(self, announcement);
    *out = entry;
    return 0;
}

void listener_end(listener *self) {
    if (!self->room) return;
    listener_fall_behind(self);
    edo_broadcast_rx_free(self->news);
    *self = (listener){ 0 };
}
