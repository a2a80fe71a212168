/* SPDX-License-Identifier: MIT */
/* sync.c: mutexes, conditions, and the kernel's events.
 *
 * A mutex hands over what its holder knew, a condition and an event hand over nothing: who relies on
 * more than POSIX promises is found. A wait with a time does not end by time, nothing is woken without
 * a signal, and a signal wakes the thread with the lowest number: of these the models hold no more
 * than one that matters. There is one eventfd a driver, and no other descriptor. */
#include "state.h"

#include "shim/libc.h"

#include <stdio.h>

static sync_object *object_at(const void *at) {
    for (unsigned i = 0; i < ck->syncs_n; i++)
        if (ck->syncs[i].at == at) return &ck->syncs[i];
    if (ck->syncs_n == SYNCS_MAX) fail("the model is too large: SYNCS_MAX");
    sync_object *s = &ck->syncs[ck->syncs_n++];
    *s = (sync_object){ .at = at, .holder = NOBODY };
    return s;
}

bool sync_is_free(const op *o, const thread *t) {
    if (o->kind == OP_LOCK) return object_at(o->at)->holder == NOBODY;
    if (o->kind == OP_WOKEN) return t->woken;
    return o->kind != OP_SLEEP || object_at(o->at)->events > 0;
}

static sync_object *begin(op_kind kind, const void *at, const char *file, int line) {
    announce(&(op){ .kind = kind, .at = at, .site = site_of(file, line, EDOI_MODEL_RLX) });
    return object_at(at);
}

static int end(void) {
    done(true, 0, 0, 0);
    me()->now.clock[ck->now]++;
    return 0;
}

int edoi_model_lock(const void *mutex, const char *file, int line) {
    if (!ck || !ck->running) return 0;
    sync_object *s = begin(OP_LOCK, mutex, file, line);
    s->holder = ck->now;
    join_bundle(&me()->now, &s->handed);
    return end();
}

bool edoi_model_locks_are_steps(void) {
    return ck && ck->running && !ck->model->real_locks;
}

bool edoi_model_try(const void *lock, const char *file, int line) {
    sync_object *s = begin(OP_TRY, lock, file, line);
    bool taken = s->holder == NOBODY;
    if (taken) {
        s->holder = ck->now;
        join_bundle(&me()->now, &s->handed);
    }
    (void)end();
    return taken;
}

int edoi_model_unlock(const void *mutex, const char *file, int line) {
    if (!ck || !ck->running) return 0;
    sync_object *s = begin(OP_UNLOCK, mutex, file, line);
    if (s->holder != ck->now) fail("a mutex is unlocked by a thread that does not hold it");
    s->holder = NOBODY;
    s->handed = me()->now;
    return end();
}

int edoi_model_wait_on(const void *cond, const void *mutex, const char *file, int line) {
    sync_object *s = begin(OP_ENROLL, cond, file, line);
    s->waiting |= bit(ck->now);
    me()->woken = false;
    (void)end();
    (void)edoi_model_unlock(mutex, file, line);
    (void)begin(OP_WOKEN, cond, file, line);
    (void)end();
    return edoi_model_lock(mutex, file, line);
}

int edoi_model_signal(const void *cond, const char *file, int line) {
    if (!ck || !ck->running) return 0;
    sync_object *s = begin(OP_SIGNAL, cond, file, line);
    for (unsigned n = 0; n < ck->threads_n; n++) {
        if (!(s->waiting & bit(n))) continue;
        s->waiting &= ~bit(n);
        ck->threads[n].woken = true;
        break;
    }
    return end();
}

int edoi_model_once(pthread_once_t *once, void (*fn)(void)) {
    // Under a lock of the checker's own, which orders the callers as pthread_once() does.
    (void)edoi_model_lock(once, __FILE__, __LINE__);
    unsigned *called = &object_at((char *)once + 1)->events;
    if ((*called)++ == 0) fn();
    return edoi_model_unlock(once, __FILE__, __LINE__);
}

int edoi_model_yield_once(const char *file, int line) {
    edoi_model_yield(file, line);
    return 0;
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* The one descriptor, and what its events carry. */
static char kicked;
static uint64_t token;

int edoi_model_event_new(void) {
    return 0;
}

int edoi_model_event_ctl(int what, int fd, const struct epoll_event *event) {
    (void)what;
    (void)fd;
    if (event) token = event->data.u64;
    return 0;
}

ssize_t edoi_model_event_make(int fd, size_t bytes, const char *file, int line) {
    (void)fd;
    sync_object *s = begin(OP_KICK, &kicked, file, line);
    s->events = 1; // several edges count as one
    (void)end();
    return (ssize_t)bytes;
}

int edoi_model_event_wait(struct epoll_event *events, int timeout_ms, const char *file, int line) {
    sync_object *s = begin(timeout_ms != 0 ? OP_SLEEP : OP_POLL, &kicked, file, line);
    int n = (int)s->events;
    s->events = 0;
    (void)end();
    if (n > 0) *events = (struct epoll_event){ .events = EPOLLIN, .data.u64 = token };
    return n;
}
