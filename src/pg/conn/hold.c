/* SPDX-License-Identifier: MIT */
/* pg/conn/hold.c: see hold.h. */
#include "pg/conn/hold.h"

#include "base/assert.h"

#include <edo/error.h>
#include <edo/scope.h>
#include <edo/span.h>
#include <edo/task.h>

#include <errno.h>
#include <inttypes.h>

#define THREAD (UINT64_C(1) << 63) /* no task has this bit in its number */

uint64_t edoi_pg_hold_caller(void) {
    static _Thread_local char thread;
    uint64_t task = edo_task_current_id();
    return task ? task : (uint64_t)(uintptr_t)&thread | THREAD;
}

void edoi_pg_hold_init(edoi_pg_hold *h) {
    *h = (edoi_pg_hold){ .turn = EDO_SEM_INIT(1) };
    (void)pthread_mutex_init(&h->lock, NULL);
}

void edoi_pg_hold_deinit(edoi_pg_hold *h) {
    (void)pthread_mutex_destroy(&h->lock);
}

/* ---- Who has it ------------------------------------------------------------------------------ */

static void hold_note(edoi_pg_hold *h, const char *place) {
    (void)pthread_mutex_lock(&h->lock);
    EDO_INV("hold inv. 1", h->by == 0);
    h->by = edoi_pg_hold_caller();
    h->turns_n++;
    h->place = place;
    h->since = edo_now();
    (void)pthread_mutex_unlock(&h->lock);
}

void edoi_pg_hold_move(edoi_pg_hold *h) {
    (void)pthread_mutex_lock(&h->lock);
    h->by = edoi_pg_hold_caller();
    (void)pthread_mutex_unlock(&h->lock);
}

/* The turn as it is now, for a report. */
typedef struct hold_look {
    uint64_t by, turns_n;
    const char *place;
    edo_instant since;
} hold_look;

static hold_look hold_look_at(edoi_pg_hold *h) {
    (void)pthread_mutex_lock(&h->lock);
    hold_look l = { h->by, h->turns_n, h->place, h->since };
    (void)pthread_mutex_unlock(&h->lock);
    return l;
}

/* Most of what has no place. */
static const char *place_of(const char *place) {
    return place ? place : "the begin or the end of a transaction";
}

static int hold_fail_own(const hold_look *l, const char *place) {
    int err =
        edo_fail(-EDEADLK, "this task still has the rows or the copy of %s", place_of(l->place));
    return edo_fail(err, "its call on the same connection would wait for that: %s",
                    place_of(place));
}

static int hold_fail_late(const hold_look *l, const char *place) {
    double s = (double)edo_instant_since(edo_now(), l->since).ns / 1e9;
    int err = edo_fail(-ETIMEDOUT, "task %" PRIu64 " has the connection for %.1f s, by %s",
                       l->by & ~THREAD, s, place_of(l->place));
    return edo_fail(err, "a call has waited for its turn there: %s", place_of(place));
}

/* ---- The turn -------------------------------------------------------------------------------- */

/* Waits while the same turn lasts no longer than `most`. Of one that comes meanwhile a whole `most`
 * is waited for: then this task is behind those that have come since. */
static int hold_wait_in_turn(edoi_pg_hold *h, const char *place, edo_duration most) {
    edo_sem_acquire_future turn;
    hold_look l = hold_look_at(h);
    for (;;) {
        uint64_t seen_n = l.turns_n;
        int err = edo_timeout(edo_sem_acquire_init(&turn, &h->turn, 1), most);
        if (err != -ETIMEDOUT) return err;
        l = hold_look_at(h);
        if (l.by != 0 && l.turns_n == seen_n) return hold_fail_late(&l, place);
    }
}

static EDOI_NOINLINE int hold_wait(edoi_pg_hold *h, const char *place, edo_duration most) {
    hold_look l = hold_look_at(h);
    // nobody else can have written the number of the calling task
    if (l.by == edoi_pg_hold_caller()) return hold_fail_own(&l, place);
    EDO_SPAN(span, edo_span_new(EDO_LEVEL_DEBUG, "pool", edo_span_current(),
                                (EDO_KV("db.system.name", "postgresql")), "wait"));
    return edo_span_end(&span, hold_wait_in_turn(h, place, most));
}

int edoi_pg_hold_take(edoi_pg_hold *h, const char *place, edo_duration most) {
    int err = edo_sem_try_acquire(&h->turn, 1);
    if (err == -EAGAIN) err = hold_wait(h, place, most);
    if (err == 0) hold_note(h, place);
    return err;
}

bool edoi_pg_hold_try_take(edoi_pg_hold *h) {
    return edo_sem_try_acquire(&h->turn, 1) == 0;
}

void edoi_pg_hold_give(edoi_pg_hold *h) {
    (void)pthread_mutex_lock(&h->lock);
    h->by = 0;
    h->place = NULL;
    (void)pthread_mutex_unlock(&h->lock);
    edo_sem_release(&h->turn, 1);
}
