/* SPDX-License-Identifier: MIT */
/* room.c: see room.h.
 *
 * Remembering a message and sending it are two steps, since nothing is sent under the lock. A newcomer
 * may come in between. It subscribes first and then copies the past; so it misses nothing, and what it
 * gets twice it knows by the number:
 *
 *     room_say                        room_enter
 *     lock: number it, remember it    subscribe
 *     send it                         lock: copy the past, and its last number */
#include "room.h"

#include <edo/task.h>

#include <errno.h>
#include <stdlib.h>

#define UNHEARD_MAX (ROOM_MESSAGES * 9 / 10)

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

/* ---- Saying something ------------------------------------------------------------------------ */

static void send_all(room *self, message *m) {
    pthread_mutex_lock(&self->lock);
    self->unheard++;
    pthread_mutex_unlock(&self->lock);
    message *shared = edo_rc_ref(m);
    if (edo_broadcast_send(self->channel, &shared) < 0)
        edo_rc_unref(shared); // nobody, or no memory
}

/* Under the lock: numbers it and adds it to the past. Owns: takes a share. Answers what is forgotten for
 * it, which is the caller's; NULL: nothing. */
static message *remember(room *self, message *m) {
    m->number = ++self->said_n;
    *(self->newest ? &self->newest->next : &self->oldest) = m;
    self->newest = m;
    if (++self->past_n <= self->past_max) return NULL;
    message *forgotten = self->oldest;
    self->oldest = forgotten->next;
    if (!self->oldest) self->newest = NULL;
    self->past_n--;
    return forgotten;
}

void room_say(room *self, message *m) {
    message *shared = edo_rc_ref(m);
    pthread_mutex_lock(&self->lock);
    message *forgotten = remember(self, shared);
    pthread_mutex_unlock(&self->lock);
    edo_rc_unref(forgotten);
    send_all(self, m);
}

bool room_is_ahead(room *self) {
    pthread_mutex_lock(&self->lock);
    bool is_ahead = self->unheard >= UNHEARD_MAX;
    pthread_mutex_unlock(&self->lock);
    return is_ahead;
}

int room_wait_turn(room *self) {
    pthread_mutex_lock(&self->lock);
    uint32_t turn = self->turn;
    pthread_mutex_unlock(&self->lock);
    int err = edo_yield();
    pthread_mutex_lock(&self->lock);
    if (self->turn == turn) { // else somebody else began a new one
        self->turn++;
        self->unheard = 0;
    }
    pthread_mutex_unlock(&self->lock);
    return err;
}

static void keep_pace(room *self) {
    while (room_is_ahead(self) && room_wait_turn(self) >= 0) continue;
}

void room_announce(room *self, message *m) {
    keep_pace(self);
    send_all(self, m);
}

/* ---- Coming in ------------------------------------------------------------------------------- */

/* Shares of what is remembered, in `out`. Memory is taken without the lock, so it may be too little when
 * it is there; then once more. */
static int copy_past(room *self, room_entry *out) {
    for (size_t place = 0;;) {
        pthread_mutex_lock(&self->lock);
        size_t wanted = self->past_n;
        if (wanted <= place) {
            for (message *m = self->oldest; m; m = m->next)
                out->past[out->past_n++] = edo_rc_ref(m);
            out->past_last = self->said_n;
        }
        pthread_mutex_unlock(&self->lock);
        if (wanted <= place) return 0;
        free(out->past);
        place = wanted + 8;
        out->past = calloc(place, sizeof *out->past);
        if (!out->past) return -ENOMEM;
    }
}

int room_enter(room *self, message *announcement, room_entry *out) {
    room_entry entry = { 0 };
    keep_pace(self);
    int err = edo_broadcast_subscribe(&entry.news, self->channel);
    if (err < 0) return err;
    err = copy_past(self, &entry);
    if (err < 0) {
        edo_broadcast_rx_free(entry.news);
        return err;
    }
    send_all(self, announcement);
    *out = entry;
    return 0;
}

bool room_is_past(const message *m, uint64_t past_last) {
    return m->number > 0 && m->number <= past_last;
}
