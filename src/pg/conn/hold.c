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

#define HANDED_MS 100                 /* a task that got rows from another has read some by then */
#define THREAD    (UINT64_C(1) << 63) /* no task has this bit in its number */

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

/* ---- The holder ----------------------------------------------------------------------------- */

static void hold_note(edoi_pg_hold *h, const char *place) {
    (void)pthread_mutex_lock(&h->lock);
    EDO_INV("hold inv. 1", h->by == 0);
    h->by = edoi_pg_hold_caller();
    h->place = place;
    h->is_read = false;
    h->since = edo_now();
    (void)pthread_mutex_unlock(&h->lock);
}

void edoi_pg_hold_move(edoi_pg_hold *h) {
    (void)pthread_mutex_lock(&h->lock);
    h->by = edoi_pg_hold_caller();
    h->is_read = true;
    (void)pthread_mutex_unlock(&h->lock);
}

/* The turn as it is now, for a report. */
typedef struct hold_look {
    uint64_t by;
    bool is_read;
    const char *place;
    edo_instant since;
} hold_look;

static hold_look hold_look_at(edoi_pg_hold *h) {
    (void)pthread_mutex_lock(&h->lock);
    hold_look l = { h->by, h->is_read, h->place, h->since };
    (void)pthread_mutex_unlock(&h->lock);
    return l;
}

/* What has no place is such a call in most cases. */
static const char *hold_place(const char *place) {
    return place ? place : "the begin or the end of a transaction";
}

static int hold_fail_own(const hold_look *l, const char *place) {
    int err = edo_fail(-EDEADLK, "this task has not ended the rows of %s", hold_place(l->place));
    return edo_fail(err, "its call on the same connection would wait for that: %s",
                    hold_place(place));
}

static int hold_fail_late(const hold_look *l, const char *place) {
    int64_t ms = edo_instant_since(edo_now(), l->since).ns / 1000000;
    int err = edo_fail(-ETIMEDOUT, "%s has the connection for %" PRId64 " ms, by %s",
                       l->by & THREAD ? "a thread" : "another task", ms, hold_place(l->place));
    return edo_fail(err, "a call has waited for its turn there: %s", hold_place(place));
}

/* ---- The turn -------------------------------------------------------------------------------- */

/* Has the calling task the turn? Only the task itself writes its number. */
static bool hold_is_own(const hold_look *l) {
    return l->by == edoi_pg_hold_caller();
}

static int hold_await(edoi_pg_hold *h, edo_duration most) {
    edo_sem_acquire_future turn;
    edo_timeout_future timeout;
    edo_future *f = edo_sem_acquire_init(&turn, &h->turn, 1);
    if (most.ns != EDO_FOREVER_NS) f = edo_timeout_init(&timeout, f, most);
    return edo_await(f);
}

static int hold_wait_in_turn(edoi_pg_hold *h, const char *place, edo_duration most) {
    hold_look l = hold_look_at(h);
    const bool is_own = hold_is_own(&l);
    if (is_own && l.is_read) return hold_fail_own(&l, place);
    int err = hold_await(h, is_own && most.ns > edo_ms(HANDED_MS).ns ? edo_ms(HANDED_MS) : most);
    if (err != -ETIMEDOUT) return err;
    l = hold_look_at(h);
    if (hold_is_own(&l)) return hold_fail_own(&l, place);
    if (is_own) err = hold_await(h, most);
    if (err != -ETIMEDOUT) return err;
    l = hold_look_at(h);
    return hold_fail_late(&l, place);
}

static EDOI_NOINLINE int hold_wait(edoi_pg_hold *h, const char *place, edo_duration most) {
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
