/* SPDX-License-Identifier: MIT */
/* hall.c: see hall.h. What lists people or rooms copies them under the lock, into memory that was
 * taken without it; if that has become too little, it does so once more. */
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
    table_key key;
    int err = table_key_draw(&key);
    if (err < 0) return err;
    *self = (hall){ .past_max = past_max, .people = { .key = key }, .rooms = { .key = key } };
    pthread_mutex_init(&self->lock, NULL);
    self->lobby = hall_open_room(self, &(name){ "general" });
    if (self->lobby) return 0;
    hall_deinit(self);
    return -ENOMEM;
}

void hall_deinit(hall *self) {
    hall_close_room(self, self->lobby);
    pthread_mutex_destroy(&self->lock);
}

/* ---- People ---------------------------------------------------------------------------------- */

/* Returns whether it is there now; else somebody has that name. */
static bool try_arrive(hall *self, member *who) {
    lock(self);
    bool is_free = !table_find(&self->people, &who->entry.name);
    if (is_free) {
        table_add(&self->people, &who->entry);
        self->clients_n++;
    }
    unlock(self);
    return is_free;
}

void hall_arrive(hall *self, member *who) {
    do {
        lock(self);
        who->id = ++self->guests;
        unlock(self);
        snprintf(who->entry.name.text, sizeof who->entry.name.text, "guest-%" PRIu64, who->id);
    } while (!try_arrive(self, who));
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
        table_add(&self->people, &who->entry);
        err = 0;
    }
    unlock(self);
    return err;
}

void hall_set_slow(hall *self, member *who, bool is_slow) {
    if (who->is_slow == is_slow) return;
    lock(self);
    who->is_slow = is_slow;
    unlock(self);
}

int hall_tell(hall *self, const name *to, message *m, edo_mpsc_tx **full) {
    lock(self);
    const member *who = (member *)(void *)table_find(&self->people, to);
    edo_mpsc_tx *mailbox = who ? edo_mpsc_tx_ref(who->mailbox) : NULL;
    bool is_slow = who && who->is_slow;
    unlock(self);
    *full = NULL;
    if (!mailbox) return -ENOENT;
    message *shared = edo_rc_ref(m);
    int err = edo_mpsc_try_send(mailbox, &shared);
    if (err < 0) edo_rc_unref(shared);
    if (err == -EAGAIN && !is_slow) {
        *full = mailbox;
    } else {
        edo_mpsc_tx_unref(mailbox);
    }
    return err == -EDO_ECLOSED ? -ENOENT : err; // it left meanwhile
}

size_t hall_people(hall *self) {
    lock(self);
    size_t n = self->clients_n;
    unlock(self);
    return n;
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

/* Under the lock. */
static void add_room(hall *self, room *r) {
    table_add(&self->rooms, &r->entry);
    r->prev = self->last;
    *(self->last ? &self->last->next : &self->first) = r;
    self->last = r;
}

/* Under the lock. */
static void remove_room(hall *self, room *r) {
    table_remove(&self->rooms, &r->entry);
    *(r->prev ? &r->prev->next : &self->first) = r->next;
    *(r->next ? &r->next->prev : &self->last) = r->prev;
}

/* The room of that name, else `made`, which may be NULL; one user more. */
static room *use_room(hall *self, const name *of, room *made) {
    lock(self);
    room *r = (room *)(void *)table_find(&self->rooms, of);
    if (!r && made) add_room(self, r = made);
    if (r) r->users_n++;
    unlock(self);
    return r;
}

room *hall_open_room(hall *self, const name *of) {
    room *r = use_room(self, of, NULL);
    if (r) return r;
    room *made = room_new(of, self->past_max);
    r = use_room(self, of, made);
    if (r != made) room_free(made); // somebody else made it meanwhile
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
    room_count *rows = NULL;
    for (size_t place = 0;;) {
        int n = 0;
        lock(self);
        size_t wanted = self->rooms.entries_n;
        for (const room *r = rows && wanted <= place ? self->first : NULL; r; r = r->next) {
            if (r->members_n > 0) rows[n++] = (room_count){ r->entry.name, r->members_n };
        }
        unlock(self);
        if (wanted <= place) {
            *out = rows;
            return n;
        }
        free(rows);
        place = wanted + 8;
        rows = calloc(place, sizeof *rows);
        if (!rows) return -ENOMEM;
    }
}

/* The names of a room's members, `*n` of them. Returns new: free(). NULL without memory. */
static name *copy_names(hall *self, const room *r, size_t *n) {
    name *names = NULL;
    for (size_t place = 0;;) {
        *n = 0;
        lock(self);
        size_t wanted = r->members_n;
        for (const member *who = wanted < place ? r->first : NULL; who; who = who->next) {
            names[(*n)++] = who->entry.name;
        }
        unlock(self);
        if (wanted < place) return names;
        free(names);
        place = wanted + 8;
        names = calloc(place, sizeof *names);
        if (!names) return NULL;
    }
}

message *hall_who(hall *self, const room *r) {
    size_t n;
    name *names = copy_names(self, r, &n);
    message *m = names ? edo_rc_new(sizeof *m + 3 + n * (NAME_BYTES_MAX + 2), NULL) : NULL;
    if (m) {
        *m = (message){ 0 };
        char *at = m->text;
        for (size_t i = 0; i < n; i++) {
            at = mempcpy(at, i > 0 ? ", " : "* ", 2);
            at = mempcpy(at, names[i].text, strlen(names[i].text));
        }
        *at++ = '\n';
        m->bytes = (size_t)(at - m->text);
    }
    free(names);
    return m;
}
