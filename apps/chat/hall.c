/* SPDX-License-Identifier: MIT */
/* hall.c: see hall.h. Lock order: the hall's, then a room's. */
#include "hall.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void lock(hall *self) {
    pthread_mutex_lock(&self->lock);
}

static void unlock(hall *self) {
    pthread_mutex_unlock(&self->lock);
}

int hall_init(hall *self, size_t past_max) {
    *self = (hall){ .past_max = past_max };
    pthread_mutex_init(&self->lock, NULL);
    self->lobby = hall_open_room(self, &(name){ "general" });
    if (self->lobby) return 0;
    hall_deinit(self);
    return -ENOMEM;
}

void hall_deinit(hall *self) {
    hall_close_room(self, self->lobby);
    table_deinit(&self->rooms);
    table_deinit(&self->people);
    pthread_mutex_destroy(&self->lock);
}

/* ---- People ---------------------------------------------------------------------------------- */

int hall_arrive(hall *self, member *who) {
    lock(self);
    do {
        snprintf(who->entry.name.text, sizeof who->entry.name.text, "guest-%" PRIu64,
                 ++self->guests);
    } while (table_find(&self->people, &who->entry.name)); // somebody chose that name
    who->id = self->guests;
    int err = table_add(&self->people, &who->entry);
    if (err >= 0) self->clients_n++;
    unlock(self);
    return err;
}

/* Under the lock. */
static void hide(hall *self, member *who) {
    if (!who->is_hidden) table_remove(&self->people, &who->entry);
    who->is_hidden = true;
}

void hall_hide(hall *self, member *who) {
    lock(self);
    hide(self, who);
    unlock(self);
}

void hall_depart(hall *self, member *who) {
    lock(self);
    hide(self, who);
    self->clients_n--;
    unlock(self);
}

int hall_rename(hall *self, member *who, const name *to) {
    int err = -EEXIST;
    lock(self);
    if (!table_find(&self->people, to)) {
        table_remove(&self->people, &who->entry);
        who->entry.name = *to;
        err = table_add(&self->people, &who->entry); // cannot fail: there was place for it before
    }
    unlock(self);
    return err;
}

int hall_tell(hall *self, const name *to, message *m) {
    int err = -ENOENT;
    lock(self);
    member *who = (member *)(void *)table_find(&self->people, to);
    if (who) {
        message *shared = edo_rc_ref(m);
        err = edo_mpsc_try_send(who->mailbox, &shared);
        if (err < 0) edo_rc_unref(shared);
    }
    unlock(self);
    return err;
}

size_t hall_people(hall *self) {
    lock(self);
    size_t n = self->clients_n;
    unlock(self);
    return n;
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

/* Under the lock. */
static room *add_room(hall *self, const name *of) {
    room *r = room_new(of, self->past_max);
    if (!r) return NULL;
    if (table_add(&self->rooms, &r->entry) < 0) {
        room_free(r);
        return NULL;
    }
    r->prev = self->last;
    *(self->last ? &self->last->next : &self->first) = r;
    self->last = r;
    return r;
}

/* Under the lock. */
static void remove_room(hall *self, room *r) {
    table_remove(&self->rooms, &r->entry);
    *(r->prev ? &r->prev->next : &self->first) = r->next;
    *(r->next ? &r->next->prev : &self->last) = r->prev;
}

room *hall_open_room(hall *self, const name *of) {
    lock(self);
    room *r = (room *)(void *)table_find(&self->rooms, of);
    if (!r) r = add_room(self, of);
    if (r) r->users_n++;
    unlock(self);
    return r;
}

void hall_close_room(hall *self, room *r) {
    if (!r) return;
    lock(self);
    bool is_last = --r->users_n == 0;
    if (is_last) remove_room(self, r);
    unlock(self);
    if (is_last) room_free(r);
}

/* Under the lock. */
static void unlink_member(member *who) {
    room *r = who->room;
    if (!r) return;
    *(who->prev ? &who->prev->next : &r->first) = who->next;
    *(who->next ? &who->next->prev : &r->last) = who->prev;
    r->members_n--;
}

/* Under the lock. */
static void link_member(member *who, room *r) {
    who->room = r;
    who->next = NULL;
    who->prev = r ? r->last : NULL;
    if (!r) return;
    *(r->last ? &r->last->next : &r->first) = who;
    r->last = who;
    r->members_n++;
}

void hall_move(hall *self, member *who, room *to) {
    lock(self);
    unlink_member(who);
    link_member(who, to);
    unlock(self);
}

int hall_rooms(hall *self, room_count **out) {
    int n = -ENOMEM;
    lock(self);
    room_count *rows = calloc(self->rooms.entries_n, sizeof *rows);
    if (rows) {
        n = 0;
        for (room *r = self->first; r; r = r->next) {
            if (r->members_n > 0) rows[n++] = (room_count){ r->entry.name, r->members_n };
        }
        *out = rows;
    }
    unlock(self);
    return n;
}

message *hall_who(hall *self, const room *r) {
    lock(self);
    message *m = edo_rc_new(sizeof *m + 3 + r->members_n * (NAME_BYTES_MAX + 2), NULL);
    if (m) {
        char *at = m->text;
        const char *between = "* ";
        for (const member *who = r->first; who; who = who->next, between = ", ") {
            at = mempcpy(mempcpy(at, between, 2), who->entry.name.text,
                         strlen(who->entry.name.text));
        }
        *at++ = '\n';
        m->from = 0;
        m->bytes = (size_t)(at - m->text);
    }
    unlock(self);
    return m;
}
