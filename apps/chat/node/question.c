/* SPDX-License-Identifier: MIT */
/* question.c: see question.h. */
#include "node/question.h"

#include "storage/storage.h"

#include <edo/base.h>
#include <edo/random.h>
#include <edo/runtime.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MAX   16    /* of the news of one time, STORE_NEWS messages each */
#define LATE_MAX_MS 15000 /* after a room's time its making is done, or given up */

/* ---- What is new in rooms -------------------------------------------------------------------- */

/* A part of the news, of which each task has a share. */
typedef struct heard {
    store_asked *asked; /* these are `done_n` */
    store_new *news;    /* likewise */
    size_t done_n;
    store_found *found;
} heard;

static void heard_drop(void *arg) {
    heard *self = arg;
    free(self->asked);
    free(self->news);
    free(self->found);
}

/* The share of one room, which is kept open. */
typedef struct pupil {
    directory *in;
    room *room;
    heard *of;
    lesson what; /* of `of` */
} pupil;

static void pupil_end(pupil *self) {
    atomic_store(&self->room->is_learning, false);
    directory_close_room(self->in, self->room);
    edo_rc_unref(self->of);
    free(self);
}

/* What fails is asked for again. `arg` is a pupil, which it ends; a task's function. */
static int pupil_learn(void *arg) {
    pupil *self = arg;
    (void)room_learn(self->room, &self->what);
    pupil_end(self);
    return 0;
}

/* Has the room learn what was heard of it, if there is anything. Owns: takes the room. */
static void teach(question *self, heard *of, size_t i, size_t first, room *r, edo_scope *learners) {
    const store_new *is = &of->news[i];
    pupil *p = is->until > of->asked[i].after ? malloc(sizeof *p) : NULL;
    if (!p) {
        directory_close_room(self->in, r);
        return;
    }
    *p = (pupil){ self->in,
                  r,
                  edo_rc_ref(of),
                  { .said = &of->found->messages[first],
                    .n = is->n,
                    .after = of->asked[i].after,
                    .until = is->until,
                    .last = is->last,
                    .gap = is->gap } };
    atomic_store(&r->is_learning, true);
    if (edo_scope_spawn(learners, pupil_learn, p) < 0) pupil_end(p);
}

/* What is new in the first of these rooms. NULL without memory, or `*err` is why not. */
static heard *hear(question *self, room *const *rooms, size_t n, int *err) {
    heard *h = edo_rc_new(sizeof *h, heard_drop);
    *err = -ENOMEM;
    if (!h) return NULL;
    *h = (heard){ .asked = calloc(n, sizeof *h->asked), .news = calloc(n, sizeof *h->news) };
    if (h->asked && h->news) {
        for (size_t i = 0; i < n; i++)
            h->asked[i] = (store_asked){ rooms[i]->name, room_numbers_now(rooms[i]).last };
        *err = storage_news(self->in->storage, h->asked, n, h->news, &h->done_n, &h->found);
    }
    if (*err == 0) return h;
    edo_rc_unref(h);
    return NULL;
}

/* Returns how many of the rooms have been asked for, and are closed, or will be; 0: `*err` is why
 * not. */
static size_t ask_part(question *self, room *const *rooms, size_t n, edo_scope *learners,
                       int *err) {
    heard *h = hear(self, rooms, n, err);
    if (!h) return 0;
    size_t done_n = h->done_n, first = 0;
    for (size_t i = 0; i < done_n; i++) {
        size_t found_n = h->news[i].n;
        teach(self, h, i, first, rooms[i], learners);
        first += found_n;
    }
    edo_rc_unref(h);
    return done_n;
}

/* The rooms that are to be asked for, the one with which it is to begin first. As of
 * directory_followed(). */
static room **rooms_in_turn(const question *self, size_t *n) {
    room **all = directory_followed(self->in, n);
    size_t first = 0;
    while (all && first < *n && !name_equal(&all[first]->name, &self->next)) first++;
    if (!all || first == 0 || first == *n) return all;
    room **turned = calloc(*n, sizeof(room *));
    if (!turned) return all;
    memcpy(turned, all + first, (*n - first) * sizeof(room *));
    memcpy(turned + (*n - first), all, first * sizeof(room *));
    free(all);
    return turned;
}

/* Those behind all parts come next time, and first: however much is new in the others. */
static int ask_for_news(question *self, edo_scope *learners) {
    size_t n, done_n = 0, part_n = 1;
    int err = 0;
    room **rooms = rooms_in_turn(self, &n);
    if (!rooms) return -ENOMEM;
    for (int i = 0; i < PARTS_MAX && done_n < n && part_n > 0; i++)
        done_n += part_n = ask_part(self, rooms + done_n, n - done_n, learners, &err);
    self->next = done_n < n ? rooms[done_n]->name : (name){ "" };
    for (size_t i = done_n; i < n; i++) directory_close_room(self->in, rooms[i]);
    free(rooms);
    return err;
}

/* ---- Which rooms are new --------------------------------------------------------------------- */

/* A room has its time before others can see it, so for a while it is asked for again. */
static int ask_for_rooms(question *self) {
    store_made *made;
    size_t n;
    int err = storage_made_after(self->in->storage, self->made_after_ms, &made, &n);
    if (err < 0) return err;
    for (size_t i = 0; i < n; i++) directory_note_made(self->in, &made[i]);
    if (n > 0) {
        const store_made *last = &made[n - 1];
        self->made_after_ms = n >= STORE_MADE ? last->made_ms : last->now_ms - LATE_MAX_MS;
    }
    free(made);
    return 0;
}

/* ---- Again and again ------------------------------------------------------------------------- */

int question_ask(question *self, edo_scope *learners) {
    int err = ask_for_news(self, learners);
    return err < 0 ? err : ask_for_rooms(self);
}

/* Between 0 and `below`, without that. Without chance all is well but for the load of the store. */
static int64_t any_below(int64_t below) {
    uint64_t random;
    if (edo_random(&random, sizeof random) < 0) return 0;
    return (int64_t)(random % (uint64_t)below);
}

void question_init(question *self, directory *in) {
    *self = (question){ .in = in, .soon = EDO_NOTIFY_INIT };
}

void question_note_carried(question *self, bool is_carried) {
    atomic_store(&self->is_carried, is_carried);
    edo_notify_one(&self->soon);
}

void question_ask_soon(question *self) {
    edo_notify_one(&self->soon);
}

/* Waits until it is time to ask again, or it is to be asked soon. Rooms may change all the time,
 * and Redis come and go: the store is asked no more often for that. */
static int wait_for_time(question *self) {
    static const edo_duration often = QUESTION_EVERY, rarely = QUESTION_CARRIED,
                              jitter = QUESTION_JITTER;
    int err = edo_sleep(edo_ns(often.ns - jitter.ns + any_below(2 * jitter.ns)));
    if (err < 0 || !atomic_load(&self->is_carried)) return err;
    EDO_DEADLINE(d, edo_ns(rarely.ns - often.ns));
    err = edo_deadline_end(&d, edo_notify_wait(&self->soon));
    return err == -ETIMEDOUT ? 0 : err;
}

int question_run(void *arg) {
    question *self = arg;
    static const edo_duration every = QUESTION_EVERY;
    EDO_SCOPE(learners, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    int err = edo_sleep(edo_ns(any_below(every.ns)));
    while (err == 0) {
        (void)question_ask(self, &learners); // the health has why not
        err = wait_for_time(self);
    }
    return err;
}
