/* SPDX-License-Identifier: MIT */
/* Goal: operations that may meet at any moment meet: joiners that leave while the task ends, spawns
 * while the runtime closes, handles given back while it goes, scopes cancelled while their children
 * end.
 * Method: threads without any order between them, many rounds; each argument is accounted for.
 * Meant for the thread and the address sanitizer. */
#include <edo/edo.h>

#include "inside.h"
#include "patience.h"
#include "rounds.h"
#include "seed.h"

#include <errno.h>
#include <pthread.h>

#define THREADS 3

static uint32_t load(edo_atomic_u32 *a) {
    return EDOI_ATOMIC_LOAD(&a->edoi_value, EDOI_ACQUIRE);
}

static void add(edo_atomic_u32 *a, uint32_t n) {
    (void)EDOI_ATOMIC_FETCH_ADD(&a->edoi_value, n, EDOI_ACQ_REL);
}

/* A short time that differs from call to call. */
static void spin(uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    for (volatile uint32_t i = *seed >> 22; i > 0; i--) {
    }
}

/* ---- A single wake at the worst moment ------------------------------------------------------- */

typedef struct single {
    edo_waker *waker;
    edo_atomic_u32 polled; /* round whose poll has begun and found no event */
    edo_atomic_u32 event;  /* round whose event has happened */
    uint32_t round, spins, rounds_n;
} single;

/* tests/model/wake.c has each moment. */
static single single_begun(void) {
    return (single){ .round = 1, .rounds_n = test_rounds(500, 20000) };
}

static edo_polled poll_rounds(void *arg, edo_cx *cx, int *result) {
    single *s = arg;
    *result = 0;
    if (!s->waker) s->waker = edo_waker_ref(edo_cx_waker(cx));
    (void)edo_cx_waker(cx);
    if (load(&s->event) == s->round) s->round++;
    if (s->round > s->rounds_n) return EDO_READY;
    EDOI_ATOMIC_STORE(&s->polled.edoi_value, s->round, EDOI_RELEASE);
    return EDO_PENDING; // from here until the task is idle the wake must not be lost
}

/* One event and one wake for each round, just after its poll. */
static void *wake_rounds(void *arg) {
    single *s = arg;
    for (uint32_t round = 1; round <= s->rounds_n; round++) {
        WAIT_FOR(load(&s->polled) == round);
        s->spins = (s->spins + 1) % 97;
        for (volatile uint32_t i = s->spins; i > 0; i--) {
        }
        EDOI_ATOMIC_STORE(&s->event.edoi_value, round, EDOI_RELEASE);
        edo_waker_wake(s->waker);
    }
    return NULL;
}

static int single_root(void *arg) {
    single s = single_begun();
    pthread_t thread;
    edo_poll_fn_future f;
    CHECK_EQ(pthread_create(&thread, NULL, wake_rounds, &s), 0);
    if (arg) { // a fiber, whose runner polls; else a state machine
        CHECK_EQ(edo_await(edo_poll_fn_init(&f, poll_rounds, &s)), 0);
    } else {
        CHECK_EQ(edo_task_join(edo_spawn_future(edo_poll_fn_init(&f, poll_rounds, &s))), 0);
    }
    CHECK_EQ(pthread_join(thread, NULL), 0);
    edo_waker_unref(s.waker);
    return 0;
}

static void a_single_wake_is_not_lost_wherever_it_falls_on(const edo_runtime_opts *kind) {
    static int fiber;
    assert_int_equal(inside_with(single_root, &fiber, kind), 0);
    assert_int_equal(inside_with(single_root, NULL, kind), 0);
    // The main future of edo_block_on(), whose waker is the thread's.
    single s = single_begun();
    edo_runtime *rt;
    pthread_t thread;
    edo_poll_fn_future f;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(pthread_create(&thread, NULL, wake_rounds, &s), 0);
    assert_int_equal(edo_block_on(rt, edo_poll_fn_init(&f, poll_rounds, &s)), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_waker_unref(s.waker);
    edo_runtime_free(rt);
    // And a thread without a runtime, which parks.
    s = single_begun();
    assert_int_equal(pthread_create(&thread, NULL, wake_rounds, &s), 0);
    assert_int_equal(edo_await(edo_poll_fn_init(&f, poll_rounds, &s)), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_waker_unref(s.waker);
}
ON_EACH_KIND(a_single_wake_is_not_lost_wherever_it_falls)

/* ---- Joiners that leave ---------------------------------------------------------------------- */

typedef struct joiners {
    edo_task *t;
    uint32_t seed;
    edo_atomic_u32 done;
} joiners;

static int nap(void *arg) {
    CHECK_EQ(edo_sleep(edo_us(100 * (int64_t)(uintptr_t)arg)), 0);
    return 6;
}

/* Waits for a moment only, again and again, until the task has ended. */
static void *wait_impatiently(void *arg) {
    joiners *j = arg;
    for (;;) {
        j->seed = j->seed * 1664525 + 1013904223;
        edo_deadline d;
        edo_deadline_begin(&d, edo_us(j->seed >> 24));
        int result = edo_deadline_end(&d, edo_task_wait(j->t));
        if (result == 6) break;
        CHECK_EQ(result, -ETIMEDOUT);
    }
    CHECK_EQ(edo_task_join(j->t), 6);
    add(&j->done, 1);
    return NULL;
}

static int joiners_root(void *arg) {
    (void)arg;
    for (uint32_t i = 0; i < 60; i++) {
        joiners j = { .t = edo_spawn(nap, (void *)(uintptr_t)(i % 20)),
                      .seed = (uint32_t)test_seed(i + 1) };
        pthread_t thread;
        CHECK(j.t);
        CHECK_EQ(pthread_create(&thread, NULL, wait_impatiently, &j), 0);
        WAIT_FOR(load(&j.done));
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    return 0;
}

static void a_joiner_may_leave_while_the_task_ends_on(const edo_runtime_opts *kind) {
    assert_int_equal(inside_with(joiners_root, NULL, kind), 0);
}
ON_EACH_KIND(a_joiner_may_leave_while_the_task_ends)

/* A waker of an executor of our own; `gone`: it must not be used any more. */
typedef struct own_waker {
    edo_waker waker;
    edo_atomic_u32 gone;
} own_waker;

static edo_waker *own_mark(edo_waker *w) {
    CHECK(!load(&((own_waker *)(void *)w)->gone));
    return NULL;
}
static void own_nothing(edo_waker *w) {
    (void)w;
}

/* A join that was begun where the other task is held too. Another thread drops it or takes it over,
 * or makes one itself, while that task ends. */
typedef struct handed_join {
    edo_task *t;
    edo_task_join_future join;
    own_waker waker;
    edo_atomic_u32 stop; /* the task is to end */
    enum { DROPS, TAKES_OVER, BEGINS, KINDS } kind;
} handed_join;

static int yield_until_stopped(void *arg) {
    handed_join *h = arg;
    YIELD_FOR(load(&h->stop));
    return 6;
}

static void *take_join(void *arg) {
    handed_join *h = arg;
    if (h->kind == DROPS) {
        edo_drop(&h->join.base);
        add(&h->waker.gone, 1);
        memset(&h->join, 0xff, sizeof h->join); // no task uses it any more
        add(&h->stop, 1);
    } else if (h->kind == TAKES_OVER) {
        add(&h->stop, 1);
        CHECK_EQ(edo_await(&h->join.base), 6);
        add(&h->waker.gone, 1);
    } else {
        add(&h->stop, 1);
        CHECK_EQ(edo_task_wait(h->t), 6);
    }
    return NULL;
}

static int handed_joins_root(void *arg) {
    static const edo_waker_ops ops = { own_mark, own_nothing, own_nothing, own_nothing };
    const uint32_t rounds_n = test_rounds(60, 600); // tests/model/join.c has each moment
    (void)arg;
    for (uint32_t i = 0; i < rounds_n; i++) {
        handed_join h = { .kind = i % KINDS, .waker = { .waker = { &ops } } };
        edo_task *t = h.t = edo_spawn(yield_until_stopped, &h);
        CHECK(t);
        if (h.kind != BEGINS) {
            edo_cx cx = { .waker = &h.waker.waker, .budget = EDO_BUDGET };
            (void)edo_task_join_init(&h.join, edo_task_ref(t));
            CHECK_EQ(edo_poll(&h.join.base, &cx), EDO_PENDING);
        }
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, take_join, &h), 0);
        YIELD_FOR(edo_task_is_finished(t));
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(edo_task_join(t), 6);
    }
    return 0;
}

static void a_join_may_go_on_or_end_on_another_thread_on(const edo_runtime_opts *kind) {
    assert_int_equal(inside_with(handed_joins_root, NULL, kind), 0);
}
ON_EACH_KIND(a_join_may_go_on_or_end_on_another_thread)

/* ---- Spawns while the runtime closes --------------------------------------------------------- */

typedef struct spawner {
    edo_runtime *rt;
    edo_atomic_u32 given, released, refused;
    uint32_t seed;
} spawner;

static int release(void *arg) {
    spawner *s = arg;
    int err = edo_yield();
    if (err == 0) err = edo_sleep(edo_hours(1));
    add(&s->released, 1);
    return err;
}

static void *spawn_until_refused(void *arg) {
    spawner *s = arg;
    for (;;) {
        // A sanitizer has room for a limited number of fibers; at the end they go, and the rest is
        // refused.
        WAIT_FOR(load(&s->given) - load(&s->released) < 200);
        edo_task *t = edo_spawn_on(s->rt, release, s);
        if (!t) break;
        add(&s->given, 1);
        spin(&s->seed);
        edo_task_detach(t);
    }
    CHECK_EQ(edo_task_join(NULL), -EDO_ECLOSED);
    add(&s->refused, 1);
    return NULL;
}

static void each_argument_given_before_the_end_is_released_once_on(const edo_runtime_opts *kind) {
    for (uint32_t round = 0; round < 15; round++) {
        spawner s[THREADS];
        pthread_t threads[THREADS];
        edo_runtime *rt;
        assert_int_equal(edo_runtime_new(&rt, kind), 0);
        for (uint32_t i = 0; i < THREADS; i++) {
            s[i] = (spawner){ .rt = rt, .seed = (uint32_t)test_seed(round * 77 + i + 1) };
            assert_int_equal(pthread_create(&threads[i], NULL, spawn_until_refused, &s[i]), 0);
        }
        edo_sleep_future nap_future;
        assert_int_equal(edo_block_on(rt, edo_sleep_init(&nap_future, edo_ms(2))), 0);
        assert_int_equal(edo_runtime_shutdown(rt, edo_s(30)), 0);
        for (uint32_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
        edo_runtime_free(rt);
        for (uint32_t i = 0; i < THREADS; i++) {
            assert_int_equal(load(&s[i].given), load(&s[i].released));
            assert_int_equal(load(&s[i].refused), 1);
        }
    }
}
ON_EACH_KIND(each_argument_given_before_the_end_is_released_once)

/* ---- Handles while the runtime goes ---------------------------------------------------------- */

#define HANDLES 200

typedef struct holder {
    edo_task *handles[HANDLES];
    uint32_t seed;
} holder;

static void *give_back(void *arg) {
    holder *h = arg;
    for (int i = 0; i < HANDLES; i++) {
        if (i % 3 == 0) edo_task_cancel(h->handles[i]);
        if (i % 7 == 0) (void)edo_task_get_outcome(h->handles[i]);
        edo_task_unref(h->handles[i]);
        if (i % 10 == 0) spin(&h->seed);
    }
    return NULL;
}

static int wait_long(void *arg) {
    (void)arg;
    int err = edo_sleep(edo_hours(1));
    return edo_fail(err, "a story that is freed with the last handle");
}

static void handles_may_be_given_back_while_the_runtime_goes_on(const edo_runtime_opts *kind) {
    static holder h[THREADS];
    for (uint32_t round = 0; round < 10; round++) {
        pthread_t threads[THREADS];
        edo_runtime *rt;
        assert_int_equal(edo_runtime_new(&rt, kind), 0);
        for (int i = 0; i < HANDLES; i++) {
            h[0].handles[i] = edo_spawn_on(rt, wait_long, NULL);
            assert_non_null(h[0].handles[i]);
            for (int j = 1; j < THREADS; j++) h[j].handles[i] = edo_task_ref(h[0].handles[i]);
        }
        for (uint32_t i = 0; i < THREADS; i++) {
            h[i].seed = (uint32_t)test_seed(round * 31 + i + 1);
            assert_int_equal(pthread_create(&threads[i], NULL, give_back, &h[i]), 0);
        }
        edo_yield_future turn;
        if (round % 2) assert_int_equal(edo_block_on(rt, edo_yield_init(&turn)), 0);
        edo_runtime_free(rt);
        for (uint32_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}
ON_EACH_KIND(handles_may_be_given_back_while_the_runtime_goes)

/* ---- Scopes ---------------------------------------------------------------------------------- */

typedef struct canceller {
    edo_scope *scope;
    uint32_t seed;
    edo_atomic_u32 done;
} canceller;

static void *cancel_scope(void *arg) {
    canceller *c = arg;
    spin(&c->seed);
    edo_scope_cancel(c->scope);
    add(&c->done, 1);
    return NULL;
}

static int short_nap(void *arg) {
    int err = edo_sleep(edo_us((int64_t)(uintptr_t)arg));
    return err < 0 ? err : edo_yield();
}

static int scopes_root(void *arg) {
    const uint32_t rounds_n = test_rounds(20, 100); // tests/model/scope.c has each moment
    (void)arg;
    for (uint32_t i = 0; i < rounds_n; i++) {
        edo_scope s;
        canceller c = { .scope = &s, .seed = (uint32_t)test_seed(i + 1) };
        pthread_t thread;
        edo_scope_begin(&s, NULL);
        for (uintptr_t k = 0; k < 20; k++)
            CHECK_EQ(edo_scope_spawn(&s, short_nap, (void *)(k % 5 * 100)), 0);
        CHECK_EQ(pthread_create(&thread, NULL, cancel_scope, &c), 0);
        YIELD_FOR(load(&c.done));
        CHECK_EQ(edo_scope_end(&s, 0), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    return 0;
}

static void a_scope_may_be_cancelled_while_its_children_end_on(const edo_runtime_opts *kind) {
    assert_int_equal(inside_with(scopes_root, NULL, kind), 0);
}
ON_EACH_KIND(a_scope_may_be_cancelled_while_its_children_end)

/* A plain thread owns a scope of a runtime that another thread drives. */
typedef struct owner {
    edo_runtime *rt;
    pthread_t thread;
    edo_atomic_u32 done;
} owner;

static int fail_sometimes(void *arg) {
    int err = edo_sleep(edo_us(100));
    return err < 0 ? err : (uintptr_t)arg == 17 ? -EIO : 0;
}

static void *own_scopes(void *arg) {
    owner *o = arg;
    const uint32_t rounds_n = test_rounds(20, 50);
    CHECK_EQ(edo_runtime_enter(o->rt), 0);
    for (uint32_t i = 0; i < rounds_n; i++) {
        edo_scope s;
        edo_scope_begin(&s, &(edo_scope_opts){ .at_once = i % 4 });
        int refused = 0;
        for (uintptr_t k = 0; k < 20; k++) {
            int err = edo_scope_spawn(&s, fail_sometimes, (void *)(i % 2 ? k : 0));
            if (err < 0) {
                CHECK_EQ(err, -ECANCELED);
                refused++;
            }
        }
        CHECK_EQ(edo_scope_end(&s, 0), i % 2 ? -EIO : 0);
        CHECK(refused <= 2);
    }
    edo_runtime_leave(o->rt);
    add(&o->done, 1);
    return NULL;
}

/* Starts the other thread from inside, so that this one surely is the one that drives: fibers are
 * bound to the thread on which they first ran. */
static int drive_for_owner(void *arg) {
    owner *o = arg;
    CHECK_EQ(pthread_create(&o->thread, NULL, own_scopes, o), 0);
    WAIT_FOR(load(&o->done));
    return 0;
}

static void
a_plain_thread_owns_scopes_of_a_runtime_that_another_drives_on(const edo_runtime_opts *kind) {
    owner o = { 0 };
    assert_int_equal(edo_runtime_new(&o.rt, kind), 0);
    assert_int_equal(edo_run(o.rt, drive_for_owner, &o), 0);
    assert_int_equal(pthread_join(o.thread, NULL), 0);
    edo_runtime_free(o.rt);
}
ON_EACH_KIND(a_plain_thread_owns_scopes_of_a_runtime_that_another_drives)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_wake_is_not_lost_wherever_it_falls),
        cmocka_unit_test(a_joiner_may_leave_while_the_task_ends),
        cmocka_unit_test(a_join_may_go_on_or_end_on_another_thread),
        cmocka_unit_test(each_argument_given_before_the_end_is_released_once),
        cmocka_unit_test(handles_may_be_given_back_while_the_runtime_goes),
        cmocka_unit_test(a_scope_may_be_cancelled_while_its_children_end),
        cmocka_unit_test(a_plain_thread_owns_scopes_of_a_runtime_that_another_drives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
