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

int directory_init(directory *self, size_t past_max) {
    *self = (directory){ .past_max = past_max };
    TAILQ_INIT(&self->in_order);
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
    if (!tsearch(who, &self->people, by_name)) {
        who->name.text[0] = '\0'; // so directory_depart() finds nobody
        err = -ENOMEM;
    }
    pthread_mutex_unlock(&self->lock);
    return err;
}

/* Lock held. */
static void leave_room(member *who) {
    if (!who->room) return;
    TAILQ_REMOVE(&who->room->members, who, place);
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
    member renamed = { .name = *to };
    pthread_mutex_lock(&self->lock);
    void **node = tsearch(&renamed, &self->people, by_name); // found, or a place for the name
    const member *owner = node ? *node : NULL;
    bool is_free = owner == &renamed;
    bool is_own = owner && owner == who && strcmp(who->name.text, to->text) != 0; // another case
    if (is_free) {
        tdelete(who, &self->people, by_name);
        node = tfind(to, &self->people, by_name); // it may have moved
        *node = who;
    }
    if (is_free || is_own) who->name = *to;
    pthread_mutex_unlock(&self->lock);
    return is_free || is_own ? 0 : owner ? -EEXIST : -ENOMEM;
}

edo_mpsc_tx *directory_find(directory *self, const name *of, bool *is_stuck) {
    pthread_mutex_lock(&self->lock);
    const member *who = find(&self->people, of);
    *is_stuck = who && who->is_stuck;
    edo_mpsc_tx *mailbox = who ? edo_mpsc_tx_ref(who->mailbox) : NULL;
    pthread_mutex_unlock(&self->lock);
    return mailbox;
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

/* Lock held. NULL without memory. */
static room *add_room(directory *self, const name *of) {
    room *r = room_new(of, self->past_max);
    if (!r || !tsearch(r, &self->rooms, by_name)) {
        room_free(r);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&self->in_order, r, place);
    self->rooms_n++;
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
        TAILQ_REMOVE(&self->in_order, r, place);
        self->rooms_n--;
    }
    pthread_mutex_unlock(&self->lock);
    if (is_last) room_free(r);
}

void directory_move(directory *self, member *who, room *to) {
    pthread_mutex_lock(&self->lock);
    leave_room(who);
    who->room = to;
    TAILQ_INSERT_TAIL(&to->members, who, place);
    to->members_n++;
    pthread_mutex_unlock(&self->lock);
}

name *directory_members(directory *self, const room *of, size_t most, size_t *n) {
    pthread_mutex_lock(&self->lock);
    *n = of->members_n;
    if (most > *n) most = *n;
    name *names = calloc(most + 1, sizeof *names);
    const member *m = TAILQ_FIRST(&of->members);
    for (size_t i = 0; names && i < most; i++, m = TAILQ_NEXT(m, place)) names[i] = m->name;
    pthread_mutex_unlock(&self->lock);
    return names;
}

room_count *directory_rooms(directory *self, size_t *n) {
    const room *r;
    *n = 0;
    pthread_mutex_lock(&self->lock);
    room_count *rooms = calloc(self->rooms_n, sizeof *rooms);
    TAILQ_FOREACH(r, &self->in_order, place) {
        if (rooms && r->members_n > 0) rooms[(*n)++] = (room_count){ r->name, r->members_n };
    }
    pthread_mutex_unlock(&self->lock);
    return rooms;
}
