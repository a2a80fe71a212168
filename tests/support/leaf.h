/* SPDX-License-Identifier: MIT */
/* support/leaf.h: the tests that every leaf future must pass, of any kind.
 *
 *     static const leaf lock_leaf = { .name = "edo_mutex_lock", .env_bytes = sizeof(lock_env),
 *                                     .make = lock_make, .poke = lock_poke, .undo = lock_undo,
 *                                     .intact = lock_intact };
 *     leaf_run(&lock_leaf);
 *
 * runs it dropped at each poll, before and after its event; polled without an event; with its waker
 * replaced; ready at once; without budget; awaited by a fiber, on every kind of runtime, that is
 * cancelled before and at the await; and with the k-th allocation failing, k = 1, 2, … until a run
 * passes untouched. For white-box tests, since it makes allocations fail. tools/tidy finds a public
 * leaf that no such test names. */
#ifndef EDO_TESTS_LEAF_H
#define EDO_TESTS_LEAF_H

#include "base/memory/alloc.h"
#include "kinds.h"
#include "leftovers.h"
#include "patience.h"
#include "poll_by_hand.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* How to make one kind of leaf, and its event. `env` is zeroed and does not move. */
typedef struct leaf {
    const char *name;
    size_t env_bytes;
    /* Builds the object and the future, which is to be pending until the poke. 0, or -ENOMEM where
     * an allocation failed: then everything is released again. */
    int (*make)(void *env, edo_future **f);
    /* The event that the future waits for; happens once in every run. */
    void (*poke)(void *env);
    /* May be NULL. The future was ready: gives back what it returned, as if it had never been
     * taken. */
    void (*undo)(void *env);
    /* May be NULL. After the poke, the future is gone, or was undone: asserts that nothing is
     * lost. */
    void (*intact)(void *env);
    /* May be NULL. Releases the object; the future is gone. */
    void (*cleanup)(void *env);
    int result;     /* of the future */
    bool no_budget; /* it debits none (a combinator) */
    bool late;      /* it is pending at its first poll even after the poke */
    bool by_itself; /* its event needs no poke, and may come as soon as the driver is turned */
    edo_polled (*poll)(edo_future *f, edo_cx *cx); /* instead of edo_poll(); may be NULL */
    /* May be NULL: a fresh one. The runtime that the leaf was made for, in which it is awaited. */
    edo_runtime *(*runtime)(void *env);
} leaf;

#define LEAF_CHECK(l, cond)                                                                        \
    do {                                                                                           \
        if (!(cond)) fail_msg("%s: %s: not so: %s", (l)->name, __func__, #cond);                   \
    } while (0)

#define LEAF_POLLS_MAX 4

typedef struct leaf_case {
    const leaf *leaf;
    void *env;
    edo_future *f;
    edo_atomic_ptr task; /* that awaits it, and cancels itself */
    bool is_cancelled;
} leaf_case;

static inline leaf_case leaf_made(const leaf *l) {
    leaf_case c = { .leaf = l, .env = calloc(1, l->env_bytes) };
    LEAF_CHECK(l, c.env != NULL);
    LEAF_CHECK(l, l->make(c.env, &c.f) == 0);
    return c;
}

/* After the poke, without a future: nothing was lost, and all goes. */
static inline void leaf_gone(leaf_case *c) {
    if (c->leaf->intact) c->leaf->intact(c->env);
    if (c->leaf->cleanup) c->leaf->cleanup(c->env);
    free(c->env);
}

static inline edo_polled leaf_poll_cx(leaf_case *c, edo_cx *cx) {
    return c->leaf->poll ? c->leaf->poll(c->f, cx) : edo_poll(c->f, cx);
}

static inline edo_polled leaf_poll(leaf_case *c, hand_waker *w) {
    edo_cx cx = hand_cx(w, EDO_BUDGET);
    return leaf_poll_cx(c, &cx);
}

/* The future is about to be ready: it is, and what it returned is given back. */
static inline void leaf_ends(leaf_case *c, hand_waker *w) {
    const leaf *l = c->leaf;
    LEAF_CHECK(l, leaf_poll(c, w) == EDO_READY);
    LEAF_CHECK(l, c->f->result == l->result);
    edo_drop(c->f);
    edo_drop(c->f);
    if (l->undo) l->undo(c->env);
    leaf_gone(c);
}

static inline void leaf_dropped_after_polls(const leaf *l, int polls, bool poked) {
    hand_waker w = HAND_WAKER;
    leaf_case c = leaf_made(l);
    for (int i = 0; i < polls; i++) LEAF_CHECK(l, leaf_poll(&c, &w) == EDO_PENDING);
    LEAF_CHECK(l, hand_woken(&w) == 0);
    if (poked) l->poke(c.env);
    LEAF_CHECK(l, (hand_woken(&w) > 0) == (poked && polls > 0));
    edo_drop(c.f);
    LEAF_CHECK(l, edo_future_is_over(c.f));
    edo_drop(c.f);
    hand_reset(&w);
    if (!poked) l->poke(c.env);
    leaf_gone(&c);
    LEAF_CHECK(l, hand_woken(&w) == 0); // no waker refers to the future any more
    LEAF_CHECK(l, hand_refs(&w) == 0);
}

static inline void leaf_spurious_polls(const leaf *l) {
    hand_waker w = HAND_WAKER;
    leaf_case c = leaf_made(l);
    for (int i = 0; i < LEAF_POLLS_MAX; i++) {
        LEAF_CHECK(l, leaf_poll(&c, &w) == EDO_PENDING);
        LEAF_CHECK(l, hand_woken(&w) == 0);
    }
    l->poke(c.env);
    LEAF_CHECK(l, hand_woken(&w) == 1);
    leaf_ends(&c, &w);
    LEAF_CHECK(l, hand_refs(&w) == 0);
}

static inline void leaf_waker_replaced(const leaf *l) {
    hand_waker first = HAND_WAKER, second = HAND_WAKER, third = HAND_WAKER;
    leaf_case c = leaf_made(l);
    LEAF_CHECK(l, leaf_poll(&c, &first) == EDO_PENDING);
    LEAF_CHECK(l, leaf_poll(&c, &second) == EDO_PENDING);
    LEAF_CHECK(l, leaf_poll(&c, &first) == EDO_PENDING);
    LEAF_CHECK(l, leaf_poll(&c, &second) == EDO_PENDING);
    l->poke(c.env);
    LEAF_CHECK(l, hand_woken(&first) == 0);
    LEAF_CHECK(l, hand_woken(&second) == 1);
    leaf_ends(&c, &third);
    LEAF_CHECK(l, hand_woken(&third) == 0);
}

static inline void leaf_ready_at_once(const leaf *l) {
    hand_waker w = HAND_WAKER;
    leaf_case c = leaf_made(l);
    l->poke(c.env);
    if (l->late) LEAF_CHECK(l, leaf_poll(&c, &w) == EDO_PENDING);
    leaf_ends(&c, &w);
}

static inline void leaf_keeps_to_the_budget(const leaf *l) {
    hand_waker w = HAND_WAKER;
    leaf_case c = leaf_made(l);
    edo_cx spent = hand_cx(&w, 0), five = hand_cx(&w, 5);
    LEAF_CHECK(l, leaf_poll_cx(&c, &spent) == EDO_PENDING);
    LEAF_CHECK(l, hand_woken(&w) == 1);
    LEAF_CHECK(l, leaf_poll_cx(&c, &five) == EDO_PENDING);
    LEAF_CHECK(l, five.budget == 5); // given back: nothing was done
    hand_reset(&w);
    l->poke(c.env);
    LEAF_CHECK(l, hand_woken(&w) == 1);
    LEAF_CHECK(l, leaf_poll_cx(&c, &spent) == EDO_PENDING);
    LEAF_CHECK(l, hand_woken(&w) == 2);
    LEAF_CHECK(l, leaf_poll_cx(&c, &five) == EDO_READY);
    LEAF_CHECK(l, five.budget == 4);
    edo_drop(c.f);
    if (l->undo) l->undo(c.env);
    leaf_gone(&c);
}

/* One run whose k-th allocation fails. False: there were fewer. */
static inline bool leaf_fails_at(const leaf *l, uint64_t k) {
    hand_waker w = HAND_WAKER;
    leaf_case c = { .leaf = l, .env = calloc(1, l->env_bytes) };
    LEAF_CHECK(l, c.env != NULL);
    edoi_alloc_fail_at(k);
    int err = l->make(c.env, &c.f);
    bool fired = edoi_alloc_fail_fired();
    edoi_alloc_fail_at(0);
    LEAF_CHECK(l, err == (fired ? -ENOMEM : 0));
    if (fired) {
        free(c.env);
        return true;
    }
    edoi_alloc_fail_at(k);
    edo_polled polled = leaf_poll(&c, &w);
    if (polled == EDO_PENDING) {
        l->poke(c.env);
        polled = leaf_poll(&c, &w);
        fired = edoi_alloc_fail_fired();
    } else { // it could not even begin to wait
        fired = edoi_alloc_fail_fired();
        LEAF_CHECK(l, fired && c.f->result == -ENOMEM);
        l->poke(c.env);
    }
    edoi_alloc_fail_at(0);
    LEAF_CHECK(l, polled == EDO_READY);
    LEAF_CHECK(l, c.f->result == l->result || (fired && c.f->result == -ENOMEM));
    bool undo = c.f->result == l->result && l->undo;
    edo_drop(c.f);
    if (undo) l->undo(c.env);
    leaf_gone(&c);
    return fired;
}

static inline int leaf_await(void *arg) {
    return edo_await(((leaf_case *)arg)->f);
}

/* How often the other tasks run before the cancellation: not at all, or once. Results that no leaf
 * has tell what went wrong: no check leaves a fiber. */
static inline int leaf_cancel_before(void *arg) {
    edo_task *t = edo_spawn(leaf_await, arg);
    edo_task_cancel(t);
    return edo_task_join(t);
}

static inline int leaf_cancel_at(void *arg) {
    edo_task *t = edo_spawn(leaf_await, arg);
    if (edo_yield() < 0) return -EINTR;
    if (edo_task_is_finished(t)) return -EALREADY;
    edo_task_cancel(t);
    return edo_task_join(t);
}

/* The task that polls, which runs perhaps before its spawn has returned. */
static inline edo_task *leaf_task(leaf_case *c) {
    const int64_t since_s = patience_now_s();
    edo_task *t;
    while ((t = EDOI_ATOMIC_LOAD(&c->task.edoi_value, EDOI_ACQUIRE)) == NULL) {
        patience_check(since_s, "the spawn has returned", __FILE__, __LINE__);
        (void)sched_yield();
    }
    return t;
}

/* Cancels its task in the poll that begins to wait. */
static inline edo_polled leaf_poll_and_cancel(void *arg, edo_cx *cx, int *result) {
    leaf_case *c = arg;
    (void)edo_cx_waker(cx);
    if (c->is_cancelled) return EDO_PENDING; // its event is not taken any more
    if (edo_poll(c->f, cx) == EDO_READY) {
        *result = c->f->result;
        return EDO_READY;
    }
    edo_task_cancel(leaf_task(c));
    c->is_cancelled = true;
    return EDO_PENDING;
}

static inline int leaf_await_and_cancel(void *arg) {
    leaf_case *c = arg;
    edo_poll_fn_future f;
    int result = edo_await(edo_poll_fn_init(&f, leaf_poll_and_cancel, c));
    edo_drop(c->f);
    return result;
}

static inline int leaf_cancel_in_poll(void *arg) {
    leaf_case *c = arg;
    edo_task *t = edo_spawn(leaf_await_and_cancel, c);
    EDOI_ATOMIC_STORE(&c->task.edoi_value, (void *)t, EDOI_RELEASE);
    return edo_task_join(t);
}

/* Awaited by a fiber that is cancelled before it runs, or while it waits; then the event finds no
 * waiter. */
static inline void leaf_cancelled_on(const leaf *l, const edo_runtime_opts *kind) {
    for (int early = 0; early < 2; early++) {
        leaf_case c = leaf_made(l);
        edo_runtime *fresh = NULL;
        if (!l->runtime) LEAF_CHECK(l, edo_runtime_new(&fresh, kind) == 0);
        edo_runtime *rt = fresh ? fresh : l->runtime(c.env);
        edo_task_fn *late = l->by_itself ? leaf_cancel_in_poll : leaf_cancel_at;
        int result = edo_run(rt, early ? leaf_cancel_before : late, &c);
        if (result != -ECANCELED) fail_msg("%s: %s: %s", l->name, __func__, edo_strerror(result));
        l->poke(c.env);
        leaf_gone(&c);
        edo_runtime_free(fresh);
    }
}

static inline void leaf_cancelled_at_its_await(const leaf *l) {
    for (size_t i = 0; i < KINDS_N; i++) leaf_cancelled_on(l, &kinds[i]);
}

/* Runs all of it; each run makes the leaf anew. */
static inline void leaf_run(const leaf *l) {
    may_leave(LEFT_MAPPINGS, PAGES_OF_RUNTIME, "the tests of a program may share one");
    for (int polls = 0; polls <= LEAF_POLLS_MAX; polls++) {
        leaf_dropped_after_polls(l, polls, false);
        leaf_dropped_after_polls(l, polls, true);
    }
    leaf_spurious_polls(l);
    leaf_waker_replaced(l);
    leaf_ready_at_once(l);
    if (!l->no_budget) leaf_keeps_to_the_budget(l);
    leaf_cancelled_at_its_await(l);
    for (uint64_t k = 1; leaf_fails_at(l, k); k++) {
    }
}

#endif
