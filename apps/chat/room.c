/* SPDX-License-Identifier: MIT */
/* room.c: see room.h.
 *
 * A message is first numbered and remembered, under the lock, and then sent, without it. A
 * newcomer may subscribe in between. It subscribes first and then copies the past: so it misses
 * nothing, and what comes twice it knows by the number. */
#include "room.h"

#include <errno.h>
#include <stdlib.h>

#define ROOM_MESSAGES 128 /* of the channel */

room *room_new(const name *of, size_t past_max) {
    static const edo_broadcast_opts pointers = {
        .clone = message_clone, .drop = message_drop, .lossless = true, .behind_after = EDO_S(5)
    };
    room *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    if (edo_broadcast_new(&self->channel, NULL, sizeof(message *), ROOM_MESSAGES, &pointers) < 0) {
        free(self);
        return NULL;
    }
    self->name = *of;
    self->members = (chain){ &self->members, &self->members };
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

/* Lock held: adds the message to the past. Owns: takes `m`. Returns what is forgotten for it, which
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

static int send_to_all(room *self, message *m) {
    message *share = edo_rc_ref(m);
    int err = edo_broadcast_send(self->channel, &share);
    if (err < 0) edo_rc_unref(share);
    return err < 0 && err != -EDO_ECLOSED ? err : 0; // closed: nobody is there
}

int room_say(room *self, message *m) {
    message *share = edo_rc_ref(m);
    pthread_mutex_lock(&self->lock);
    m->number = ++self->said_n;
    message *forgotten = remember(self, share);
    pthread_mutex_unlock(&self->lock);
    edo_rc_unref(forgotten);
    return send_to_all(self, m);
}

int room_announce(room *self, message *m) {
    pthread_mutex_lock(&self->lock);
    m->number = ++self->said_n;
    pthread_mutex_unlock(&self->lock);
    return send_to_all(self, m);
}

uint64_t room_last(room *self) {
    pthread_mutex_lock(&self->lock);
    uint64_t last = self->said_n;
    pthread_mutex_unlock(&self->lock);
    return last;
}

/* ---- Listening ------------------------------------------------------------------------------- */

/* Returns false without memory. */
static bool copy_past(room *self, subscriber *to) {
    pthread_mutex_lock(&self->lock);
    to->past = calloc(self->past_n + 1, sizeof *to->past);
    for (message *m = to->past ? self->oldest : NULL; m; m = m->next)
        to->past[to->past_n++] = edo_rc_ref(m);
    to->past_last = self->said_n;
    pthread_mutex_unlock(&self->lock);
    return to->past != NULL;
}

subscriber *room_subscribe(room *self) {
    subscriber *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->room = self;
    if (edo_broadcast_subscribe(&s->news, self->channel) == 0 && copy_past(self, s)) return s;
    subscriber_free(s);
    return NULL;
}

void subscriber_free(subscriber *self) {
    if (!self) return;
    edo_broadcast_rx_free(self->news);
    for (size_t i = 0; i < self->past_n; i++) edo_rc_unref(self->past[i]);
    free(self->past);
    free(self);
}

void subscriber_fall_behind(subscriber *self) {
    edo_broadcast_fall_behind(self->news);
}
