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
    self->past_max = past_max;
    TAILQ_INIT(&self->members);
    STAILQ_INIT(&self->past);
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

void room_free(room *self) {
    if (!self) return;
    while (self->past_n > 0) edo_rc_unref(forget(self));
    edo_broadcast_tx_unref(self->channel);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static int send_to_all(room *self, message *m, bool is_remembered) {
    if (!m) return -ENOMEM;
    message *forgotten = NULL;
    pthread_mutex_lock(&self->lock);
    m->number = ++self->said_n;
    if (is_remembered) {
        edo_rc_ref(m);
        STAILQ_INSERT_TAIL(&self->past, m, next);
        if (++self->past_n > self->past_max) forgotten = forget(self);
    }
    pthread_mutex_unlock(&self->lock);
    edo_rc_unref(forgotten);
    int err = edo_broadcast_send(self->channel, &m);
    if (err < 0) edo_rc_unref(m);
    return err < 0 && err != -EDO_ECLOSED ? err : 0; // closed: nobody is there
}

int room_say(room *self, message *m) {
    return send_to_all(self, m, true);
}

int room_announce(room *self, message *m) {
    return send_to_all(self, m, false);
}

uint64_t room_last(room *self) {
    pthread_mutex_lock(&self->lock);
    uint64_t last = self->said_n;
    pthread_mutex_unlock(&self->lock);
    return last;
}

/* ---- Listening ------------------------------------------------------------------------------- */

subscriber *room_subscribe(room *self) {
    edo_broadcast_rx *news;
    if (edo_broadcast_subscribe(&news, self->channel) < 0) return NULL;
    pthread_mutex_lock(&self->lock);
    subscriber *s = malloc(sizeof *s + self->past_n * sizeof(message *));
    if (s) {
        *s = (subscriber){ .news = news, .past_last = self->said_n };
        message *m;
        STAILQ_FOREACH(m, &self->past, next) s->past[s->past_n++] = edo_rc_ref(m);
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
