/* SPDX-License-Identifier: MIT */
/* support/monitored.h: tasks whose turns are known, and a runtime in which they may be counted. */
#ifndef EDO_TESTS_MONITORED_H
#define EDO_TESTS_MONITORED_H

#include <edo/edo.h>
#include <edo/task_monitor.h>

#include "inside.h"

#define TURNS 5

/* A test: its runtime has the option. */
typedef struct world {
    edo_runtime *rt;
    edo_task_monitor *m, *other;
    edo_notify bell;
    int dropped; /* futures */
} world;

static inline world begin_with(const edo_runtime_opts *kind, const edo_task_monitor_opts *opts) {
    world w = { .bell = EDO_NOTIFY_INIT };
    edo_runtime_opts o = *kind;
    o.task_monitors = true;
    assert_int_equal(edo_runtime_new(&w.rt, &o), 0);
    assert_int_equal(edo_task_monitor_new(&w.m, opts), 0);
    assert_int_equal(edo_task_monitor_new(&w.other, opts), 0);
    return w;
}

static inline world begin(const edo_runtime_opts *kind) {
    return begin_with(kind, NULL);
}

static inline void end(world *w) {
    edo_runtime_free(w->rt);
    edo_task_monitor_unref(w->m);
    edo_task_monitor_unref(w->other);
}

static inline edo_task_monitor_stats read_one(const edo_task_monitor *m) {
    edo_task_monitor_stats s;
    edo_task_monitor_get_stats(m, &s);
    return s;
}

/* Returns once `polls` polls have been counted: the last may be counted late. */
static inline edo_task_monitor_stats read_after(const world *w, uint64_t polls) {
    WAIT_FOR(read_one(w->m).polls >= polls);
    return read_one(w->m);
}

/* Of tasks that have all ended. */
typedef struct wanted {
    uint64_t tasks, polls, idled;
} wanted;

static inline void numbers_are(const world *w, wanted want) {
    edo_task_monitor_stats s = read_after(w, want.polls);
    assert_int_equal(s.spawned, want.tasks);
    assert_int_equal(s.first_polls, want.tasks);
    assert_int_equal(s.ended, want.tasks);
    assert_int_equal(s.polls, want.polls);
    assert_int_equal(s.scheduled, want.polls - want.tasks); // each poll but the first
    assert_int_equal(s.idled, want.idled);
    assert_int_equal(read_one(w->other).spawned, 0);
}

static inline edo_spawn_opts counted(const world *w) {
    return (edo_spawn_opts){ .monitor = w->m };
}

/* ---- What they do ---------------------------------------------------------------------------- */

static inline int yield_some(void *arg) {
    int err = 0;
    (void)arg;
    for (int i = 0; i < TURNS && err == 0; i++) err = edo_yield();
    return err;
}

/* On one worker each of these sleeps is a wait. */
static inline int sleep_some(void *arg) {
    int err = 0;
    (void)arg;
    for (int i = 0; i < TURNS && err == 0; i++) err = edo_sleep(edo_ms(1));
    return err;
}

static inline int wait_for_bell(void *arg) {
    return edo_notify_wait(&((world *)arg)->bell);
}

/* Idles TURNS times, however busy the machine is. A short sleep need not: its time may have passed
 * before its poll ends, where another worker moves the time on. */
static inline int hear_some(void *arg) {
    int err = 0;
    for (int i = 0; i < TURNS && err == 0; i++) err = wait_for_bell(arg);
    return err;
}

/* Rings for `n` tasks of `m` that run hear_some(), each time once all of them idle. The tasks of
 * `m` have `polls` polls by the first time. */
static inline void ring_some(world *w, const edo_task_monitor *m, uint64_t polls, uint64_t n) {
    for (int i = 0; i < TURNS; i++, polls += n) {
        WAIT_FOR(read_one(m).polls == polls); // counted last of all that belongs to a poll
        edo_notify_all(&w->bell);
    }
}

/* A future that goes on at once for a number of polls, and records a drop before its end. */
typedef struct turns_future {
    edo_future base;
    int left;
    world *w;
} turns_future;

static inline edo_polled turns_poll(edo_future *f, edo_cx *cx) {
    turns_future *self = (turns_future *)(void *)f;
    if (self->left-- == 0) return edo_future_finish(f, TURNS);
    edo_waker_wake(edo_cx_waker(cx));
    return EDO_PENDING;
}

static inline void turns_drop(edo_future *f) {
    if (!edo_future_is_over(f)) ((turns_future *)(void *)f)->w->dropped++;
    edo_future_retire(f);
}

static const edo_future_ops turns_ops = {
    .poll = turns_poll, .drop = turns_drop, .name = "turns", .size = sizeof(turns_future)
};

static inline edo_future *turns_init(turns_future *f, world *w) {
    f->left = TURNS;
    f->w = w;
    return edo_future_init(&f->base, &turns_ops);
}

static inline void burn(edo_duration d) {
    edo_instant start = edo_now();
    while (edo_instant_since(edo_now(), start).ns < d.ns) {
    }
}

/* Runs `fn(w)` as a task that is not counted. */
static inline void run(world *w, edo_task_fn *fn) {
    assert_int_equal(edo_run(w->rt, fn, w), 0);
}

static inline int join_fiber(void *arg) {
    edo_spawn_opts opts = counted(arg);
    return edo_task_join(edo_spawn_with(yield_some, NULL, &opts));
}

#endif
