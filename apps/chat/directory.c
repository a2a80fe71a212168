/* SPDX-License-Identifier: MIT */
/* directory.c: the names are trees of tsearch(3), which stay balanced whatever names are chosen.
 * Their keys are pointers to members and to rooms, which begin with their name. */
#include "directory.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int by_name(const void *a, const void *b) {
    return strcasecmp(((const name *)a)->text, ((const name *)b)->text);
}

static void *find(void *const *tree, const name *wanted) {
    void *const *node = tfind(wanted, tree, by_name);
    return node ? *node : NULL;
}

static void chain_last(chain *head, chain *c) {
    *c = (chain){ head, head->prev };
    c->prev->next = c;
    head->prev = c;
}

static void chain_remove(chain *c) {
    c->next->prev = c->prev;
    c->prev->next = c->next;
}

int directory_init(directory *self, size_t past_max) {
    *self = (directory){ .past_max = past_max };
    self->in_order = (chain){ &self->in_order, &self->in_order };
    pthread_mutex_init(&self->lock, NULL);
    self->lobby = directory_open_room(self, &(name){ "general" });
    if (self->lobby) return 0;
    directory_deinit(self);
    return -ENOMEM;
}

void directory_deinit(directory *self) {
    directory_close_room(self, self->lobby);
    pthread_mutex_destroy(&self->lock);
}

/* ---- People ---------------------------------------------------------------------------------- */

int directory_arrive(directory *self, member *who) {
    int err = 0;
    pthread_mutex_lock(&self->lock);
    do {
        who->id = ++self->arrivals_n;
        snprintf(who->name.text, sizeof who->name.text, "guest-%" PRIu64, who->id);
    } while (find(&self->people, &who->name));
    if (!tsearch(who, &self->people, by_name)) err = -ENOMEM;
    pthread_mutex_unlock(&self->lock);
    return err;
}

/* Lock held. */
static void leave_room(member *who) {
    if (!who->room) return;
    chain_remove(&who->place);
    who->room->members_n--;
    who->room = NULL;
}

void directory_depart(directory *self, member *who) {
    pthread_mutex_lock(&self->lock);
    leave_room(who);
    tdelete(who, &self->people, by_name);
    pthread_mutex_unlock(&self->lock);
}

int directory_rename(directory *self, member *who, const name *to) {
    int err = 0;
    pthread_mutex_lock(&self->lock);
    const member *other = find(&self->people, to);
    if (other && (other != who || strcmp(who->name.text, to->text) == 0)) {
        err = -EEXIST;
    } else if (other) {
        who->name = *to; // the same but for case: it stays where it is
    } else {
        member renamed = { .name = *to };
        void **node = tsearch(&renamed, &self->people, by_name);
        if (node) {
            tdelete(who, &self->people, by_name);
            node = tfind(to, &self->people, by_name);
            who->name = *to;
            *node = who;
        } else {
            err = -ENOMEM;
        }
    }
    pthread_mutex_unlock(&self->lock);
    return err;
}

mailbox *directory_find(directory *self, const name *of) {
    pthread_mutex_lock(&self->lock);
    const member *who = find(&self->people, of);
    mailbox *mail = who ? edo_rc_ref(who->mail) : NULL;
    pthread_mutex_unlock(&self->lock);
    return mail;
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

/* Lock held. NULL without memory. */
static room *add_room(directory *self, const name *of) {
    room *r = room_new(of, self->past_max);
    if (!r || !tsearch(r, &self->rooms, by_name)) {
        room_free(r);
        return NULL;
    }
    chain_last(&self->in_order, &r->place);
    return r;
}

room *directory_open_room(directory *self, const name *of) {
    pthread_mutex_lock(&self->lock);
    room *r = find(&self->rooms, of);
    if (!r) r = add_room(self, of);
    if (r) r->users_n++;
    pthread_mutex_unlock(&self->lock);
    return r;
}

void directory_close_room(directory *self, room *r) {
    if (!r) return;
    pthread_mutex_lock(&self->lock);
    bool is_last = --r->users_n == 0;
    if (is_last) {
        tdelete(r, &self->rooms, by_name);
        chain_remove(&r->place);
    }
    pthread_mutex_unlock(&self->lock);
    if (is_last) room_free(r);
}

void directory_move(directory *self, member *who, room *to) {
    pthread_mutex_lock(&self->lock);
    leave_room(who);
    who->room = to;
    chain_last(&to->members, &who->place);
    to->members_n++;
    pthread_mutex_unlock(&self->lock);
}

size_t directory_members(directory *self, const room *of, name *out, size_t most) {
    size_t n = 0;
    pthread_mutex_lock(&self->lock);
    for (chain *c = of->members.next; c != &of->members && n < most; c = c->next)
        out[n++] = EDO_CONTAINER_OF(c, member, place)->name;
    n = of->members_n;
    pthread_mutex_unlock(&self->lock);
    return n;
}

size_t directory_rooms(directory *self, room_count *out, size_t most) {
    size_t n = 0;
    pthread_mutex_lock(&self->lock);
    for (chain *c = self->in_order.next; c != &self->in_order; c = c->next) {
        const room *r = EDO_CONTAINER_OF(c, room, place);
        if (r->members_n == 0) continue;
        if (n < most) out[n] = (room_count){ r->name, r->members_n };
        n++;
    }
    pthread_mutex_unlock(&self->lock);
    return n;
}
