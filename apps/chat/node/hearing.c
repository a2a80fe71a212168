/* SPDX-License-Identifier: MIT */
/* hearing.c: see hearing.h.
 *
 * inv. 1: a room with `heard_n` above 0 has a task that tells it, and is kept open by that. */
#include "node/hearing.h"

#include <edo/log.h>
#include <edo/scope.h>

#include <stdlib.h>

/* The task that tells a room, which it keeps open. */
typedef struct telling {
    directory *in;
    room *room;
    edo_cancel_token *end;
} telling;

/* What fails lacks, and is read when the store is asked the next time. `arg` is a telling, which it
 * ends; a task's function. */
static int tell_heard(void *arg) {
    telling *self = arg;
    edo_cancel_block b;
    edo_cancel_begin(&b, self->end);
    unsigned n = atomic_load(&self->room->heard_n);
    while (n > 0) {
        (void)room_tell_heard(self->room);
        n = atomic_fetch_sub(&self->room->heard_n, n) - n; // more was heard meanwhile
    }
    (void)edo_cancel_end(&b, 0);
    directory_close_room(self->in, self->room);
    free(self);
    return 0;
}

/* Owns: takes the room. Without memory the next message is told with this one. */
static void begin_telling(directory *in, room *r, hearing_tellers *by) {
    telling *t = malloc(sizeof *t);
    if (t) *t = (telling){ in, r, by->end };
    if (t && edo_tracker_spawn(&by->all, tell_heard, t) == 0) return;
    free(t);
    atomic_store(&r->heard_n, 0);
    directory_close_room(in, r);
}

/* It is told of once a minute, as whoever may publish can have it told. */
static void note_contradiction(hearing_tellers *self, const saying *what) {
    static const edo_duration pause = EDO_S(60);
    int64_t now_ns = edo_now().ns;
    bool is_first = atomic_fetch_add(&self->contradicted_n, 1) == 0;
    if (!is_first && now_ns - self->contradicted_ns < pause.ns) return;
    self->contradicted_ns = now_ns;
    edo_warn_kv("by Redis came another message than was shown by its number: does anybody else "
                "publish there?",
                EDO_KV("room", what->room.text), EDO_KV("number", what->number));
}

void hearing_take(directory *in, const saying *what, hearing_tellers *by) {
    room *r = directory_open_followed(in, &what->room);
    if (!r) return;
    if (room_contradicts(r, what)) note_contradiction(by, what);
    bool is_first = room_hear(r, what) && atomic_fetch_add(&r->heard_n, 1) == 0;
    if (is_first) {
        begin_telling(in, r, by);
    } else {
        directory_close_room(in, r);
    }
}

int hearing_begin(hearing_tellers *self) {
    *self = (hearing_tellers){ .end = NULL };
    edo_tracker_init(&self->all);
    return edo_cancel_new(&self->end);
}

void hearing_end(hearing_tellers *self) {
    if (!self->end) return;
    EDO_SHIELD(sh, edo_ns(-1));
    edo_cancel(self->end, EDO_CANCEL_ASKED);
    edo_tracker_close(&self->all);
    (void)edo_tracker_wait(&self->all);
    (void)edo_shield_end(&sh, 0);
    edo_cancel_unref(self->end);
}
