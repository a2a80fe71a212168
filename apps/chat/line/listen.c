/* SPDX-License-Identifier: MIT */
/* listen.c: from where a client listens to a room, and what it is shown of that first. What is in
 * the store is read before the client subscribes; if that does not respond its place is kept, and
 * the store is asked again: see person/late.h. */
#include "line/client.h"

#include "storage/late_place.h"

#include <edo/scope.h>

#include <errno.h>

static const edo_duration go_on_wait_max = EDO_S(2); /* for a place; then its lines are read */

/* Whether the store may be read for the client: so much of each address. */
static bool client_may_read(const client *self) {
    edo_keyed_limiter *reads = self->at.at->reads;
    return !reads || !self->at.address ||
           edo_keyed_limiter_check(reads, NULL, ticket_key(&self->at), 1) == 0;
}

/* From where the client is to listen to a room, and what it is shown of it first. */
typedef struct listening {
    room *in;
    bookmark at;
    kept_place kept;     /* its place; before it is read: as it was kept */
    bool is_new;         /* it has seen nothing of the room */
    bool has_begun_anew; /* the room has */
    bool waits_on;       /* its place is kept, as it was before */
    unseen before;       /* what it has not seen */
} listening;

static uint64_t listening_seen(const listening *self) {
    return self->has_begun_anew ? 0 : self->at.number;
}

/* What the room has of what the client has not seen, and has forgotten. Its place is kept if that
 * cannot be read now. */
static int listening_find(const client *by, listening *self) {
    room *r = self->in;
    uint64_t seen = listening_seen(self);
    int found = 0, err = room_unseen(r, seen, &self->before);
    if (err < 0) return err;
    if (unseen_is_short(&self->before, seen)) {
        edo_keyed_sem *permits = by->at.address ? by->at.at->found : NULL;
        const seeker who = { client_may_read(by), permits, ticket_key(&by->at) };
        found = unseen_find(&self->before, r->storage, &r->name, seen, &who);
    }
    const bookmark at = { seen, r->life };
    bool has_waited = self->kept.is_kept;
    self->kept.is_kept = room_keep_place(r, &self->kept, &at, found);
    self->waits_on = has_waited && self->kept.is_kept;
    return 0;
}

/* What the room has forgotten is read before the client subscribes: those who speak would wait for
 * a subscriber that reads nothing. */
static int listening_read(client *by, listening *self) {
    self->is_new = bookmark_is_new(&self->at);
    self->has_begun_anew = room_has_begun_anew(self->in, &self->at);
    if (self->is_new) return 0;
    if (client_is_resuming(by)) return -EBUSY;
    known_forget(&by->known); // it was shown others by an earlier connection
    return listening_find(by, self);
}

/* Subscribes, but for one that waits on. */
static int listening_begin(client *by, listening *self) {
    uint64_t seen = listening_seen(self);
    if (!self->waits_on) {
        subscriber *s = room_subscribe(self->in, seen, self->is_new ? NULL : &self->before);
        if (!s) return -ENOMEM;
        if (self->kept.is_kept) subscriber_wait(s);
        s->is_resumed = self->in == by->here->room;
        s->has_begun_anew = self->has_begun_anew;
        int err = client_listen(by, s);
        if (err < 0) return err;
    }
    by->kept = self->kept;
    return 0;
}

int listen_at(client *self, room *r, const bookmark *at) {
    listening l = { .in = r, .at = *at };
    session_unlock(self); // others may wait for the person
    int read = listening_read(self, &l), err = session_lock(self);
    if (err == 0) err = read;
    if (err == 0) err = listening_begin(self, &l);
    unseen_drop(&l.before);
    return err;
}

/* Waits for a place of terminals that are late, for as long as the client has nothing to do but
 * that. */
static int go_on_take_place(const client *self, late_place *in) {
    EDO_CANCEL(b, self->over);
    EDO_DEADLINE(d, go_on_wait_max);
    int err = edo_deadline_end(&d, late_place_take(in, &self->at.at->late.terminals));
    return edo_cancel_end(&b, err);
}

/* Reads what it has missed: without the person's lock, for which others may wait. */
static int go_on_read(client *self, listening *l) {
    late_place in;
    int err = go_on_take_place(self, &in);
    if (err < 0) return err;
    room_recall_now(l->in);
    err = listening_read(self, l);
    late_place_return(&in);
    return err;
}

/* Opens the room where it is. */
static int go_on_open(client *self, room **out) {
    int err = session_lock(self);
    if (err < 0) return err;
    *out = directory_open_room(&self->at.at->directory, &self->here->room->name);
    session_unlock(self);
    return *out ? 0 : -ENOMEM;
}

/* Meanwhile it is where it was, if the session is its own: it goes nowhere but by this task. */
static int go_on_begin(client *self, listening *l) {
    int err = session_lock(self);
    if (err < 0) return err;
    err = listening_begin(self, l);
    session_unlock(self);
    return err;
}

/* It tries again where it is told that it cannot be shown that now, or finds no place in time. */
int listen_go_on(client *self) {
    static const int later[] = { -EBUSY, -EAGAIN, -EDO_ECLOSED, -ETIMEDOUT, -ECANCELED };
    listening l = { .at = self->kept.at, .kept = self->kept };
    int err = go_on_open(self, &l.in);
    if (err < 0) return err;
    err = go_on_read(self, &l);
    if (err == 0) err = go_on_begin(self, &l);
    unseen_drop(&l.before);
    directory_close_room(&self->at.at->directory, l.in);
    for (size_t i = 0; i < EDO_COUNT(later); i++)
        if (err == later[i]) return 0;
    return err;
}
