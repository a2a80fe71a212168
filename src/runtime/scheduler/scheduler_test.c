/* SPDX-License-Identifier: MIT */
/* Goal: whatever tasks and their wakers do, in any order, the queues stay whole, no wake is lost,
 * and each future is released exactly once. Method: long random runs of actors that wake themselves
 * and each other, yield, wait, end, are aborted and let go of, against a naive reference; the
 * invariants are walked after each step. */

#include "runtime/task/ring.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/worker.h"

#include <edo/edo.h>

#include "broken.h"
#include "inside.h"
#include "seed.h"

#include <errno.h>
#include <string.h>

#define ACTORS 24
#define STEPS  20000

typedef struct play play;

/* What the reference knows of one actor. */
typedef struct actor {
    play *play;
    edo_task *handle; /* NULL: let go of */
    edo_waker *kept;  /* with a reference; NULL: none */
    bool exists, ended, woken, aborted;
    uint32_t polls, ends;
} actor;

struct play {
    actor actors[ACTORS];
    uint64_t seed;
};

static uint32_t random_below(play *p, uint32_t n) {
    p->seed ^= p->seed << 13;
    p->seed ^= p->seed >> 7;
    p->seed ^= p->seed << 17;
    return (uint32_t)(p->seed >> 32) % n;
}

static void wake(actor *a) {
    if (!a->kept) return;
    a->woken = true;
    edo_waker_wake(a->kept);
}

/* The future of an actor: does something at random at each poll. */
typedef struct actor_future {
    edo_future base;
    actor *self;
} actor_future;

/* Gives way, woken in this poll or not. */
static void give_way(actor *a, edo_cx *cx) {
    edo_yield_future yield;
    a->woken = true;
    CHECK_EQ(edo_poll(edo_yield_init(&yield), cx), EDO_PENDING);
    edo_drop(&yield.base);
}

static edo_polled actor_poll(edo_future *f, edo_cx *cx) {
    actor *a = ((actor_future *)(void *)f)->self;
    CHECK(!a->ended);
    a->polls++;
    a->woken = false;
    if (!a->kept) a->kept = edo_waker_ref(edo_cx_waker(cx));
    CHECK(edo_cx_waker(cx) == a->kept);
    switch (random_below(a->play, 8)) {
    case 0: // ends
        a->ended = true;
        a->ends++;
        return edo_future_finish(f, 3);
    case 1:
    case 2: wake(a); break; // itself
    case 3:
    case 4: // others
        for (int i = 0; i < 3; i++) wake(&a->play->actors[random_below(a->play, ACTORS)]);
        break;
    default: break;
    }
    if (random_below(a->play, 8) == 0) give_way(a, cx);
    return EDO_PENDING;
}

static void actor_drop(edo_future *f) {
    actor *a = ((actor_future *)(void *)f)->self;
    if (!edo_future_is_over(f)) {
        CHECK(!a->ended && a->aborted);
        a->ended = true;
        a->ends++;
    }
    edo_future_retire(f);
}

static const edo_future_ops actor_ops = {
    .poll = actor_poll, .drop = actor_drop, .name = "actor", .size = sizeof(actor_future)
};

/* A new actor in the place of one that ended. */
static void enter(play *p, actor *a) {
    if (a->exists && !a->ended) return;
    if (a->exists) assert_int_equal(a->ends, 1);
    if (a->handle) {
        assert_true(edo_task_is_finished(a->handle));
        assert_int_equal(edo_task_get_outcome(a->handle), edo_task_wait(a->handle) == 3
                                                              ? EDO_OUTCOME_RETURNED
                                                              : EDO_OUTCOME_CANCELED);
        edo_task_detach(a->handle);
    }
    edo_waker_unref(a->kept);
    *a = (actor){ .play = p, .exists = true, .woken = true };
    actor_future f = { .self = a };
    a->handle = edo_spawn_future(edo_future_init(&f.base, &actor_ops));
    assert_non_null(a->handle);
}

/* Lets the runtime run until nobody is left who should run. */
static void settle(play *p, edo_runtime *rt) {
    for (int turns = 0;; turns++) {
        edo_yield_future turn;
        assert_int_equal(edo_block_on(rt, edo_yield_init(&turn)), 0);
        edoi_run_queue_check(rt->worker);
        bool quiet = true;
        for (int i = 0; i < ACTORS; i++) {
            const actor *a = &p->actors[i];
            if (a->exists && !a->ended && (a->woken || a->aborted)) quiet = false;
        }
        if (quiet) return;
        assert_true(turns < 10000); // else a wake was lost
    }
}

static void step(play *p, edo_runtime *rt) {
    actor *a = &p->actors[random_below(p, ACTORS)];
    edo_yield_future turn;
    switch (random_below(p, 6)) {
    case 0: enter(p, a); break;
    case 1: wake(a); break;
    case 2:
        if (a->handle && random_below(p, 3) == 0) {
            a->aborted = !a->ended;
            edo_task_cancel(a->handle);
        }
        break;
    case 3:
        if (a->handle && random_below(p, 5) == 0) {
            edo_task_detach(a->handle);
            a->handle = NULL;
        }
        break;
    case 4: assert_int_equal(edo_block_on(rt, edo_yield_init(&turn)), 0); break;
    default:
        if (random_below(p, 10) == 0) settle(p, rt);
        break;
    }
    edoi_run_queue_check(rt->worker);
}

static void play_it(uint64_t seed, const edo_runtime_opts *opts) {
    play p = { .seed = seed };
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, opts), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    for (int i = 0; i < STEPS; i++) step(&p, rt);
    settle(&p, rt);
    uint32_t alive = 0;
    for (int i = 0; i < ACTORS; i++) alive += p.actors[i].exists && !p.actors[i].ended;
    assert_int_equal(edoi_runtime_tasks_alive(rt), alive);
    for (int i = 0; i < ACTORS; i++) p.actors[i].aborted = true;
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
    for (int i = 0; i < ACTORS; i++) {
        actor *a = &p.actors[i];
        if (a->exists) assert_int_equal(a->ends, 1);
        wake(a); // the runtime is gone
        edo_waker_unref(a->kept);
        edo_task_detach(a->handle);
    }
}

static void no_wake_is_lost_and_each_future_is_released_once(void **state) {
    (void)state;
    const edo_runtime_opts variants[] = {
        { .flavor = EDO_RUNTIME_CURRENT, .seed = 1 },
        { .flavor = EDO_RUNTIME_CURRENT, .seed = 1, .no_lifo = true },
        { .flavor = EDO_RUNTIME_CURRENT, .seed = 1, .event_interval = 1 },
        { .flavor = EDO_RUNTIME_CURRENT, .seed = 1, .event_interval = 1000000 },
        { .flavor = EDO_RUNTIME_CURRENT,
          .seed = 1,
          .poll_hist = { .kind = EDO_HIST_LOG },
          .sched_hist = { .kind = EDO_HIST_LINEAR } },
        { .flavor = EDO_RUNTIME_CURRENT,
          .seed = 1,
          .no_lifo = true,
          .sched_hist = { .kind = EDO_HIST_LOG } },
    };
    for (size_t i = 0; i < EDO_COUNT(variants); i++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            print_message("variant %zu, seed %d\n", i, (int)seed);
            play_it(test_seed(seed * UINT64_C(0x9e3779b97f4a7c15)), &variants[i]);
        }
}

/* ---- The walker ------------------------------------------------------------------------------ */

typedef struct harm {
    const char *name;
    void (*fn)(edoi_worker *w, edo_task *t);
} harm;

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

/* Two fibers are queued, and have not run yet. */
static int walk_after(void *arg) {
    edo_runtime *rt;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    for (int i = 0; i < 2; i++) assert_int_equal(edo_spawn_detached(nothing, NULL), 0);
    edoi_worker *w = rt->worker;
    edoi_run_queue_take(w);
    edoi_run_queue_check(w);
    edo_task *t = w->run.lifo ? w->run.lifo : w->run.queue.first;
    assert_non_null(t);
    ((harm *)arg)->fn(w, t);
    edoi_run_queue_check(w);
    return 0;
}

static void lose_the_owner(edoi_worker *w, edo_task *t) {
    (void)w;
    edoi_store_rlx_u16(&t->owner, OWNER_NONE);
}

static void forget_its_place(edoi_worker *w, edo_task *t) {
    (void)w;
    t->own = 0;
}

static void end_it(edoi_worker *w, edo_task *t) {
    (void)w;
    edoi_store_rlx_u32(&t->word, edoi_load_rlx_u32(&t->word) | TASK_DONE);
}

static void take_its_references(edoi_worker *w, edo_task *t) {
    (void)w;
    edoi_store_rlx_u32(&t->word, TASK_BUSY);
}

static void lose_it(edoi_worker *w, edo_task *t) {
    if (w->run.lifo == t) {
        w->run.lifo = NULL;
    } else {
        w->run.queue.first = t->next;
    }
}

static void share_it(edoi_worker *w, edo_task *t) {
    assert_true(edoi_ring_push(&w->ring, t));
}

static void list_one_for_a_stack(edoi_worker *w, edo_task *t) {
    (void)t;
    w->stack_wait.listed_n++;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "run_queue inv. 1: ", lose_the_owner },
        { "task inv. 1: ", forget_its_place },
        { "task inv. 3: ", end_it },
        { "task inv. 4: ", take_its_references },
        { "tally inv. 1: ", lose_it },
        { "ring inv. 1: ", share_it },
        { "stack_wait inv. 1: ", list_one_for_a_stack },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(no_wake_is_lost_and_each_future_is_released_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
