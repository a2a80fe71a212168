/* SPDX-License-Identifier: MIT */
/* herald.c: see herald.h.
 *
 * inv. 1: a room that is in the tree has a task that tells it, or is about to get one. */
#include "node/herald.h"

#include <search.h>
#include <stdlib.h>

/* What waits to be told in a room. */
typedef struct heralded {
    name name; /* first: the key */
    herald *by;
    herald_list waiting;
    size_t waiting_n;
} heralded;

static int heralded_by_name(const void *a, const void *b) {
    return name_compare(a, b);
}

void herald_init(herald *self, directory *in, hearing_tellers *by) {
    *self = (herald){ .in = in, .by = by };
    pthread_mutex_init(&self->lock, NULL);
}

void herald_deinit(herald *self) {
    pthread_mutex_destroy(&self->lock);
}

/* ---- Telling --------------------------------------------------------------------------------- */

static message *news_message(const herald_news *what) {
    const name *nick = &what->nick, *where = &what->where;
    return what->kind == NOTICE_JOINED ? message_joined(0, what->person, nick, where)
           : what->kind == NOTICE_LEFT ? message_left(0, what->person, nick, where)
           : what->kind == NOTICE_RENAMED
               ? message_renamed(0, what->person, &what->old, nick, where)
               : message_typing(0, nick, where);
}

/* What there is no memory for is not told. */
static void tell_news(const herald *self, room *r, const herald_news *what) {
    bool is_renaming = what->kind == NOTICE_RENAMED;
    size_t members_n = directory_members_n(self->in, r);
    message *m = news_message(what);
    if (m && what->kind != NOTICE_TYPING)
        m->shown[is_renaming] = naming_of(&self->in->namer, &what->nick, what->person);
    if (m && is_renaming) m->shown[0] = naming_of(&self->in->namer, &what->old, what->person);
    if (m) m->is_quiet = what->is_quiet;
    if (is_renaming) {
        (void)room_announce(r, m);
    } else if (what->kind == NOTICE_TYPING) {
        (void)room_hint(r, m, NULL, members_n);
    } else {
        (void)room_move(r, m, what->kind == NOTICE_JOINED, members_n);
    }
}

/* The next thing that waits; NULL: nothing, and the room is no longer there. */
static herald_news *next_news(heralded *self) {
    herald *by = self->by;
    pthread_mutex_lock(&by->lock);
    herald_news *what = STAILQ_FIRST(&self->waiting);
    if (what) {
        STAILQ_REMOVE_HEAD(&self->waiting, next);
        self->waiting_n--;
    } else {
        tdelete(self, &by->rooms, heralded_by_name);
    }
    pthread_mutex_unlock(&by->lock);
    return what;
}

/* `arg` is what waits in a room, which it ends; a task's function. */
static int tell_heralded(void *arg) {
    heralded *self = arg;
    herald *by = self->by;
    room *r = directory_open_followed(by->in, &self->name);
    edo_cancel_block b;
    edo_cancel_begin(&b, by->by->end);
    for (herald_news *what; (what = next_news(self));) {
        if (r) tell_news(by, r, what);
        free(what);
    }
    (void)edo_cancel_end(&b, 0);
    directory_close_room(by->in, r);
    free(self);
    return 0;
}

/* ---- What is to be told ---------------------------------------------------------------------- */

/* Lock held. The room, which is made if it is not there; NULL without memory. */
static heralded *need_heralded(herald *self, const name *of, bool *is_new) {
    void *const *node = tfind(of, &self->rooms, heralded_by_name);
    *is_new = !node;
    if (node) return *node;
    heralded *h = malloc(sizeof *h);
    if (!h) return NULL;
    *h = (heralded){ .name = *of, .by = self };
    STAILQ_INIT(&h->waiting);
    if (tsearch(h, &self->rooms, heralded_by_name)) return h;
    free(h);
    return NULL;
}

/* Puts it where its room's task finds it. Returns the room if it needs a task. Owns: takes it. */
static heralded *put_news(herald *self, herald_news *what) {
    bool is_new = false;
    pthread_mutex_lock(&self->lock);
    heralded *h = need_heralded(self, &what->where, &is_new);
    bool is_in = h && h->waiting_n < HERALD_WAITING;
    if (is_in) {
        STAILQ_INSERT_TAIL(&h->waiting, what, next);
        h->waiting_n++;
    }
    pthread_mutex_unlock(&self->lock);
    if (!is_in) free(what);
    return is_new ? h : NULL;
}

void herald_tell(herald *self, herald_list *all) {
    for (herald_news *what; (what = STAILQ_FIRST(all));) {
        STAILQ_REMOVE_HEAD(all, next);
        heralded *begun = put_news(self, what);
        if (!begun || edo_tracker_spawn(&self->by->all, tell_heralded, begun) == 0) continue;
        while ((what = next_news(begun))) free(what); // without memory nobody is told
        free(begun);
    }
}
