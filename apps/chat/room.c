/* SPDX-License-Identifier: MIT */
/* room.c: see room.h. */
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
    for (size_t i = 0; i < self->past_n; i++) edo_rc_unref(self->past[i]);
    free(self->past);
    edo_broadcast_tx_unref(self->channel);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* Under the lock. */
static void send(room *self, message *m) {
    message *shared = edo_rc_ref(m);
    if (edo_broadcast_send(self->channel, &shared) >= 0) {
        self->unheard++;
    } else {
        edo_rc_unref(shared); // nobody is there, or no memory
    }
}

/* Under the lock. Without memory a message is not remembered. */
static void remember(room *self, message *m) {
    if (self->past_n == self->past_room && self->past_n < self->past_max) {
        size_t wanted = self->past_room ? self->past_room * 2 : 8;
        if (wanted > self->past_max) wanted = self->past_max;
        message **grown = realloc(self->past, wanted * sizeof *grown);
        if (!grown) return;
        self->past = grown;
        self->past_room = wanted;
    }
    if (self->past_n < self->past_max) {
        self->past[self->past_n++] = edo_rc_ref(m);
    } else if (self->past_max > 0) {
        edo_rc_unref(self->past[self->oldest]);
        self->past[self->oldest] = edo_rc_ref(m);
        self->oldest = (self->oldest + 1) % self->past_max;
    }
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

int room_enter(room *self, message *announcement, room_entry *out) {
    room_entry entry = { 0 };
    keep_pace(self);
    pthread_mutex_lock(&self->lock);
    entry.past_n = self->past_n;
    entry.past = calloc(self->past_n + 1, sizeof *entry.past);
    int err = entry.past ? edo_broadcast_subscribe(&entry.news, self->channel) : -ENOMEM;
    if (err >= 0) {
        for (size_t i = 0; i < self->past_n; i++) {
            entry.past[i] = edo_rc_ref(self->past[(self->oldest + i) % self->past_n]);
        }
        send(self, announcement);
    }
    pthread_mutex_unlock(&self->lock);
    if (err < 0) {
        free(entry.past);
        return err;
    }
    *out = entry;
    return 0;
}

void room_announce(room *self, message *m) {
    keep_pace(self);
    pthread_mutex_lock(&self->lock);
    send(self, m);
    pthread_mutex_unlock(&self->lock);
}

void room_say(room *self, message *m) {
    pthread_mutex_lock(&self->lock);
    remember(self, m);
    send(self, m);
    pthread_mutex_unlock(&self->lock);
}
