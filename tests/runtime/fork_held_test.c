/* SPDX-License-Identifier: MIT */
/* Goal: a child made by fork() hangs on no lock of its parent's: whichever bracket, future or
 * handle of the parent's it ends, drops or gives back, another thread of the parent may have held
 * its lock.
 * Method: a waker stands in the mark of its wake, which is made under the lock, until the parent
 * has forked; a child that hangs is killed and counts as failed. */
#include <edo/compute.h>
#include <edo/edo.h>

#include "child.h"
#include "inside.h"

#include <pthread.h>
#include <time.h>

/* ---- A wake that stands under the lock ------------------------------------------------------- */

static struct { edo_atomic_u32 is_inside, is_open; } gate;

static bool is_set(edo_atomic_u32 *flag) {
    return EDOI_ATOMIC_LOAD(&flag->edoi_value, EDOI_ACQUIRE) != 0;
}

static void set(edo_atomic_u32 *flag, uint32_t to) {
    EDOI_ATOMIC_STORE(&flag->edoi_value, to, EDOI_RELEASE);
}

static void wait_until(edo_atomic_u32 *flag) {
    for (const int64_t since_s = patience_now_s(); !is_set(flag);) {
        patience_check(since_s, "the flag is set", __FILE__, __LINE__);
        nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
    }
}

static edo_waker *stand(edo_waker *self) {
    (void)self;
    set(&gate.is_inside, 1);
    wait_until(&gate.is_open);
    return NULL;
}

static void do_nothing(edo_waker *self) {
    (void)self;
}

static const edo_waker_ops standing_ops = { stand, do_nothing, do_nothing, do_nothing };
static edo_waker standing = { &standing_ops };

/* Polls `f`, which is pending from then on, and whose wake stands in its mark. */
static void poll_standing(edo_future *f, const edo_cx *outer) {
    edo_cx cx = outer ? *outer : (edo_cx){ .budget = EDO_BUDGET };
    cx.waker = &standing;
    CHECK_EQ(edo_poll(f, &cx), EDO_PENDING);
}

static void shut(void) {
    set(&gate.is_inside, 0);
    set(&gate.is_open, 0);
}

/* Forks while the wake stands, and lets it go on. */
static int status_while_it_stands(int (*fn)(void *), void *arg) {
    wait_until(&gate.is_inside);
    int status = child_status(fn, arg);
    set(&gate.is_open, 1);
    return status;
}

/* ---- Tokens and their blocks ----------------------------------------------------------------- */

typedef struct tokens {
    edo_cancel_token *all, *quiet;
    edo_cancel_wait_future wait, long_wait;
    edo_cancel_block block;
} tokens;

static int use_tokens(void *arg) {
    tokens *t = arg;
    edo_cancel_token *fresh;
    edo_notify notify = EDO_NOTIFY_INIT;
    edo_notify_wait_future never;
    int status = make_a_runtime(NULL); // in the block of a token that has fired in the parent
    EXPECT(status == 0, status);
    EXPECT(edo_cancel_child(&fresh, t->all) == -EDO_EFORKED, 1);
    EXPECT(edo_cancel_is_set(t->all), 2);
    EXPECT(edo_cancel_wait(t->quiet) == -EDO_EFORKED, 3);
    EXPECT(edo_cancel_run(t->quiet, edo_notify_wait_init(&never, &notify)) == -EDO_EFORKED, 4);
    edo_cancel(t->all, EDO_CANCEL_USER);
    edo_drop(&t->wait.base);
    edo_drop(&t->long_wait.base);
    EXPECT(edo_cancel_end(&t->block, 7) == 7, 5);
    edo_cancel_unref(t->quiet);
    edo_cancel_unref(t->all);
    return make_a_runtime(NULL);
}

static void *fire(void *arg) {
    edo_cancel(arg, EDO_CANCEL_ASKED);
    return NULL;
}

static void a_child_leaves_tokens_alone(void **state) {
    (void)state;
    tokens t;
    pthread_t thread;
    shut();
    assert_int_equal(edo_cancel_new(&t.all), 0);
    assert_int_equal(edo_cancel_new(&t.quiet), 0);
    poll_standing(edo_cancel_wait_init(&t.wait, t.all), NULL);
    poll_standing(edo_cancel_wait_init(&t.long_wait, t.quiet), NULL);
    edo_cancel_begin(&t.block, t.all);
    assert_int_equal(pthread_create(&thread, NULL, fire, t.all), 0);
    assert_int_equal(status_while_it_stands(use_tokens, &t), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(edo_cancel_end(&t.block, 7), 7);
    edo_drop(&t.wait.base);
    edo_drop(&t.long_wait.base);
    edo_cancel_unref(t.quiet);
    edo_cancel_unref(t.all);
}

/* ---- Timers ---------------------------------------------------------------------------------- */

typedef struct naps {
    edo_sleep_future soon, later, dropped;
    edo_timeout_future bounded;
    edo_pending_future never;
} naps;

/* All hang in the wheel of one worker, which stands under its lock when the first is due. */
static edo_polled begin_naps(void *arg, edo_cx *cx, int *result) {
    naps *n = arg;
    *result = 0;
    poll_standing(edo_sleep_init(&n->dropped, edo_s(100)), cx);
    poll_standing(edo_timeout_init(&n->bounded, edo_pending_init(&n->never), edo_s(100)), cx);
    poll_standing(edo_sleep_init(&n->later, edo_ms(200)), cx);
    poll_standing(edo_sleep_init(&n->soon, edo_ms(1)), cx);
    return EDO_READY;
}

static int begin_naps_and_run(void *arg) {
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, begin_naps, arg));
}

static int use_naps(void *arg) {
    naps *n = arg;
    edo_runtime *rt;
    edo_drop(&n->dropped.base);
    edo_drop(&n->bounded.base);
    edo_drop(&n->soon.base);
    EXPECT(edo_runtime_new(&rt, NULL) == 0, 1);
    EXPECT(edo_block_on(rt, &n->later.base) == 0, 2); // goes on here
    EXPECT(edo_now().ns >= edo_sleep_deadline(&n->later).ns, 3);
    edo_runtime_free(rt);
    return 0;
}

static void a_child_drops_timers_of_the_parents(void **state) {
    (void)state;
    naps n;
    edo_runtime *rt;
    shut();
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }), 0);
    edo_task *t = edo_spawn_on(rt, begin_naps_and_run, &n);
    assert_int_equal(status_while_it_stands(use_naps, &n), 0);
    assert_int_equal(edo_task_join(t), 0);
    edo_drop(&n.dropped.base);
    edo_drop(&n.bounded.base);
    edo_drop(&n.later.base);
    edo_drop(&n.soon.base);
    edo_runtime_free(rt);
}

/* ---- Joins ----------------------------------------------------------------------------------- */

static int wait_for(void *arg) {
    return edo_notify_wait(arg);
}

static int drop_join(void *arg) {
    edo_drop(arg);
    return 0;
}

static int poll_join(void *arg) {
    edo_future *f = arg;
    EXPECT(edo_poll_once(f) == EDO_READY, 1);
    EXPECT(f->result == 0, 2); // it had ended before the fork
    return 0;
}

static void a_child_gives_up_a_join_whose_task_is_ending(int (*fn)(void *)) {
    edo_notify notify = EDO_NOTIFY_INIT;
    edo_task_join_future join;
    edo_runtime *rt;
    shut();
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }), 0);
    edo_task *t = edo_spawn_on(rt, wait_for, &notify);
    poll_standing(edo_task_join_init(&join, t), NULL);
    edo_notify_one(&notify);
    assert_int_equal(status_while_it_stands(fn, &join.base), 0);
    assert_int_equal(edo_await(&join.base), 0);
    edo_runtime_free(rt);
}

static void a_child_drops_a_join_whose_task_is_ending(void **state) {
    (void)state;
    a_child_gives_up_a_join_whose_task_is_ending(drop_join);
}

static void a_child_polls_a_join_whose_task_is_ending(void **state) {
    (void)state;
    a_child_gives_up_a_join_whose_task_is_ending(poll_join);
}

/* ---- Sets of futures ------------------------------------------------------------------------- */

typedef struct watched {
    edo_future_set set;
    edo_future_set_done_next_future next;
    edo_task_join_future join;
    edo_future *done;
} watched;

static int drop_set(void *arg) {
    watched *w = arg;
    edo_drop(&w->next.base);
    EXPECT(edo_future_set_len(&w->set) == 2, 1);
    edo_future_set_deinit(&w->set);
    EXPECT(edo_future_set_len(&w->set) == 0, 2);
    return 0;
}

/* All of the parent's are polled again, also those that were not woken. */
static int push_to_set(void *arg) {
    watched *w = arg;
    edo_ready_future ready;
    edo_future_set_done_next_future next;
    edo_future *done = NULL;
    EXPECT(edo_future_set_push(&w->set, edo_ready_init(&ready, 0)) == 0, 1);
    EXPECT(edo_future_set_len(&w->set) == 3, 2);
    EXPECT(edo_poll_once(edo_future_set_done_next_init(&next, &w->set, &done)) == EDO_READY, 3);
    EXPECT(done == &w->join.base, 4);
    EXPECT(edo_poll_once(edo_future_set_done_next_init(&next, &w->set, &done)) == EDO_READY, 5);
    EXPECT(done == &ready.base, 6);
    edo_future_set_deinit(&w->set);
    return 0;
}

/* The wake of the join, in it that of its place in the set, and in it that of the next, which
 * stands: so the locks of both are held. */
static void a_child_uses_a_set_of_the_parents(int (*fn)(void *)) {
    edo_notify notify = EDO_NOTIFY_INIT;
    edo_pending_future never;
    watched w = { .set = EDO_FUTURE_SET_INIT };
    edo_runtime *rt;
    shut();
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }), 0);
    edo_future *join = edo_task_join_init(&w.join, edo_spawn_on(rt, wait_for, &notify));
    assert_int_equal(edo_future_set_push(&w.set, join), 0);
    assert_int_equal(edo_future_set_push(&w.set, edo_pending_init(&never)), 0);
    poll_standing(edo_future_set_done_next_init(&w.next, &w.set, &w.done), NULL);
    edo_notify_one(&notify);
    assert_int_equal(status_while_it_stands(fn, &w), 0);
    assert_int_equal(edo_await(&w.next.base), 1);
    assert_ptr_equal(w.done, join);
    edo_future_set_deinit(&w.set);
    edo_runtime_free(rt);
}

static void a_child_drops_a_set_of_the_parents(void **state) {
    (void)state;
    a_child_uses_a_set_of_the_parents(drop_set);
}

static void a_child_pushes_to_a_set_of_the_parents(void **state) {
    (void)state;
    a_child_uses_a_set_of_the_parents(push_to_set);
}

/* In a poll of one of the set's futures. */
static int drop_set_and_use_it(void *arg) {
    edo_future_set *set = arg;
    edo_ready_future ready;
    edo_future *done = NULL;
    edo_future_set_deinit(set);
    EXPECT(edo_future_set_len(set) == 0, 1);
    EXPECT(edo_future_set_push(set, edo_ready_init(&ready, 0)) == 0, 2);
    EXPECT(edo_future_set_done_next(set, &done) == 1 && done == &ready.base, 3);
    return 0;
}

static edo_polled fork_and_drop_set(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    *result = child_status(drop_set_and_use_it, arg);
    return EDO_READY;
}

static void a_child_made_in_a_poll_of_a_set_drops_it(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    edo_pending_future never;
    edo_poll_fn_future forks;
    edo_future *done;
    assert_int_equal(edo_future_set_push(&set, edo_pending_init(&never)), 0);
    assert_int_equal(edo_future_set_push(&set, edo_poll_fn_init(&forks, fork_and_drop_set, &set)),
                     0);
    assert_int_equal(edo_future_set_done_next(&set, &done), 1);
    assert_int_equal(done->result, 0);
    edo_future_set_deinit(&set);
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

#define JOBS 64u /* more than threads that compute */

typedef struct jobs {
    edo_blocking_future blocking;
    edo_compute_future computing[JOBS];
    uint32_t dropped_n;
    edo_atomic_u32 are_pending;
} jobs;

/* Ends when its future is pending. */
static int wait_pending(void *arg) {
    wait_until(arg);
    return 0;
}

static int wait_open(void *arg) {
    (void)arg;
    wait_until(&gate.is_open);
    return 0;
}

static void count_drop(void *arg) {
    ++*(uint32_t *)arg;
}

/* One job has ended, and its thread stands in the wake; of the others some run, and some are
 * queued. */
static edo_polled begin_jobs(void *arg, edo_cx *cx, int *result) {
    jobs *j = arg;
    edo_blocking_opts opts = { .drop = count_drop };
    *result = 0;
    for (uint32_t i = 0; i < JOBS; i++) {
        edo_future *f = edo_compute_init(&j->computing[i], wait_open, &j->dropped_n, &opts);
        poll_standing(f, cx);
    }
    poll_standing(edo_blocking_init(&j->blocking, wait_pending, &j->are_pending, NULL), cx);
    set(&j->are_pending, 1);
    return EDO_READY;
}

static int begin_jobs_and_run(void *arg) {
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, begin_jobs, arg));
}

static int use_jobs(void *arg) {
    jobs *j = arg;
    for (uint32_t i = 0; i < JOBS / 2; i++) edo_drop(&j->computing[i].base);
    for (uint32_t i = JOBS / 2; i < JOBS; i++) {
        EXPECT(edo_poll_once(&j->computing[i].base) == EDO_READY, 1);
        EXPECT(j->computing[i].base.result == -EDO_EFORKED, 2);
    }
    edo_drop(&j->blocking.base);
    EXPECT(j->dropped_n == 0, 3); // the parent runs them, or drops them
    return make_a_runtime(NULL);
}

static void a_child_leaves_jobs_to_the_parent(void **state) {
    (void)state;
    static jobs j;
    edo_runtime *rt;
    shut();
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }), 0);
    assert_int_equal(edo_run(rt, begin_jobs_and_run, &j), 0);
    assert_int_equal(status_while_it_stands(use_jobs, &j), 0);
    for (uint32_t i = 0; i < JOBS; i++) edo_drop(&j.computing[i].base);
    edo_drop(&j.blocking.base);
    edo_runtime_free(rt);
}

/* ---- Scopes ---------------------------------------------------------------------------------- */

static int use_scope(void *arg) {
    edo_scope *s = arg;
    edo_runtime *rt;
    EXPECT(edo_scope_spawn(s, child_nothing, NULL) == -EDO_EFORKED, 1);
    edo_scope_cancel(s);
    EXPECT(make_a_runtime(NULL) == 0, 7); // inside of it
    EXPECT(edo_runtime_new(&rt, NULL) == 0, 2);
    EXPECT(edo_runtime_enter(rt) == 0, 3);
    EXPECT(edo_scope_spawn(s, child_nothing, NULL) == -EDO_EFORKED, 4);
    EXPECT(edo_scope_end(s, 0) == -EDO_EFORKED, 5);
    EXPECT(child_a_little_of_all(NULL) == 5, 6);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
    return 0;
}

/* A child of the scope, about to leave it, seems to hold its lock. */
static int fork_in_scope(void *arg) {
    edo_notify notify = EDO_NOTIFY_INIT;
    edo_scope s;
    (void)arg;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, wait_for, &notify), 0);
    set(&s.lock.word, 1);
    int status = child_status(use_scope, &s);
    set(&s.lock.word, 0);
    edo_notify_one(&notify);
    int err = edo_scope_end(&s, 0);
    return err < 0 ? err : status;
}

static void a_child_ends_a_scope_of_the_parents_on(const edo_runtime_opts *kind) {
    assert_int_equal(inside_with(fork_in_scope, NULL, kind), 0);
}
ON_EACH_KIND(a_child_ends_a_scope_of_the_parents)

int main(void) {
#ifdef EDOI_TSAN
    (void)printf("skipped: thread-sanitizer ends a child that makes threads\n");
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_leaves_tokens_alone),
        cmocka_unit_test(a_child_drops_timers_of_the_parents),
        cmocka_unit_test(a_child_drops_a_join_whose_task_is_ending),
        cmocka_unit_test(a_child_polls_a_join_whose_task_is_ending),
        cmocka_unit_test(a_child_drops_a_set_of_the_parents),
        cmocka_unit_test(a_child_pushes_to_a_set_of_the_parents),
        cmocka_unit_test(a_child_made_in_a_poll_of_a_set_drops_it),
        cmocka_unit_test(a_child_leaves_jobs_to_the_parent),
        cmocka_unit_test(a_child_ends_a_scope_of_the_parents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
