/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/compute.h: everything runs once, in parallel where it can, and a
 * waiting thread works.
 * Method: two threads exactly, so that "both at once" and "the waiting one helps" cannot come about
 * otherwise; called from fibers, state machines, plain threads, and the pool itself. */
#include <edo/compute.h>
#include <edo/edo.h>

#include "gate.h"
#include "inside.h"
#include "leftovers.h"
#include "patience.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

/* A flag that one side spins for. */
static void raise_flag(edo_atomic_u32 *flag) {
    EDOI_ATOMIC_STORE(&flag->edoi_value, 1u, EDOI_RELEASE);
}

static void await_flag(const edo_atomic_u32 *flag) {
    WAIT_FOR(EDOI_ATOMIC_LOAD(&flag->edoi_value, EDOI_ACQUIRE) != 0);
}

static void count(edo_atomic_u32 *n) {
    (void)EDOI_ATOMIC_FETCH_ADD(&n->edoi_value, 1u, EDOI_RELAXED);
}

/* ---- One function ---------------------------------------------------------------------------- */

static int thread_differs(void *arg) {
    return pthread_equal(*(pthread_t *)arg, pthread_self()) ? 0 : 5;
}

static int from_a_fiber(void *arg) {
    (void)arg;
    pthread_t self = pthread_self();
    return edo_compute(thread_differs, &self);
}

EDO_ASYNC(from_a_machine, pthread_t self; edo_compute_future f;) {
    EDO_BEGIN;
    self->self = pthread_self();
    EDO_AWAIT(edo_compute_init(&self->f, thread_differs, &self->self, NULL));
    EDO_RETURN(edo_result(&self->f));
    EDO_END;
}

static void result_reaches_every_kind_of_waiter_on(const edo_runtime_opts *kind) {
    assert_int_equal(edo_compute_threads(), 2);
    assert_int_equal(from_a_fiber(NULL), 5); // a plain thread, without a runtime
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, from_a_fiber, NULL), 5);
    from_a_machine machine;
    assert_int_equal(edo_block_on(rt, from_a_machine_init(&machine)), 5);
    edo_runtime_free(rt);
}
ON_EACH_KIND(result_reaches_every_kind_of_waiter)

static int same_thread(void *arg) {
    return pthread_equal(*(pthread_t *)arg, pthread_self()) ? 1 : 0;
}

static int nests(void *arg) {
    (void)arg;
    pthread_t self = pthread_self();
    return edo_compute(same_thread, &self);
}

static void inside_the_pool_it_is_a_call(void **state) {
    (void)state;
    may_leave(LEFT_THREADS, 2, "the pool's threads end with the next runtime");
    assert_int_equal(edo_compute(nests, NULL), 1);
}

#define TASKS 200

static int one_each(void *arg) {
    count(arg);
    return 0;
}

static int many_compute(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < TASKS; i++) edo_scope_spawn(&s, one_each, arg);
    return edo_scope_end(&s, 0);
}

static int computes(void *arg) {
    return edo_compute(one_each, arg);
}

static int many_tasks(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < TASKS; i++) edo_scope_spawn(&s, computes, arg);
    return edo_scope_end(&s, 0);
}

static void many_tasks_on_all_workers_compute(void **state) {
    (void)state;
    edo_atomic_u32 n = EDOI_ATOMIC_INIT(0);
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 3 };
    assert_int_equal(inside_with(many_tasks, &n, &opts), 0);
    assert_int_equal(inside_with(many_compute, &n, &opts), 0);
    assert_int_equal(EDOI_ATOMIC_LOAD(&n.edoi_value, EDOI_RELAXED), 2 * TASKS);
}

/* ---- Two functions --------------------------------------------------------------------------- */

typedef struct meeting {
    edo_atomic_u32 a, b;
} meeting;

static int meets_b(void *arg) {
    meeting *m = arg;
    raise_flag(&m->a);
    await_flag(&m->b);
    return 0;
}

static int meets_a(void *arg) {
    meeting *m = arg;
    raise_flag(&m->b);
    await_flag(&m->a);
    return 0;
}

static void both_halves_run_at_once(void **state) {
    (void)state;
    may_leave(LEFT_THREADS, 2, "the pool's threads end with the next runtime");
    for (int i = 0; i < 100; i++) {
        meeting m = { .a = EDOI_ATOMIC_INIT(0) };
        assert_int_equal(edo_compute_join(meets_b, &m, meets_a, &m), 0);
    }
}

/* b is stolen; its own halves have to meet, while the only other thread is the one that waits for
 * b. */
typedef struct nest {
    meeting outer, inner;
} nest;

static int leaves_b_to_the_other(void *arg) {
    nest *n = arg;
    await_flag(&n->outer.b); // b has begun elsewhere; we return and wait for it
    return 0;
}

static int needs_help(void *arg) {
    nest *n = arg;
    raise_flag(&n->outer.b);
    return edo_compute_join(meets_b, &n->inner, meets_a, &n->inner);
}

static void thread_that_waits_for_a_half_works_meanwhile(void **state) {
    (void)state;
    for (int i = 0; i < 100; i++) {
        nest n = { .outer.a = EDOI_ATOMIC_INIT(0) };
        assert_int_equal(edo_compute_join(leaves_b_to_the_other, &n, needs_help, &n), 0);
    }
}

static int takes_long(void *arg) {
    nest *n = arg;
    raise_flag(&n->outer.b);
    // Long enough for the waiting thread to fall asleep, which is not visible from outside.
    nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    return 0;
}

static void thread_asleep_over_a_half_is_woken_by_its_end(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        nest n = { .outer.a = EDOI_ATOMIC_INIT(0) };
        assert_int_equal(edo_compute_join(leaves_b_to_the_other, &n, takes_long, &n), 0);
    }
}

typedef struct fib {
    uint32_t n, result;
} fib;

static int compute_fib(void *arg) {
    fib *f = arg;
    f->result = f->n;
    if (f->n < 2) return 0;
    fib left = { .n = f->n - 1 }, right = { .n = f->n - 2 };
    int err = edo_compute_join(compute_fib, &left, compute_fib, &right);
    f->result = left.result + right.result;
    return err;
}

static void forks_nest(void **state) {
    (void)state;
    fib f = { .n = 20 };
    assert_int_equal(edo_compute(compute_fib, &f), 0);
    assert_int_equal(f.result, 6765);
}

typedef struct chain {
    uint32_t left;
    edo_atomic_u32 *n;
} chain;

/* Forks one behind the other, more than a deque holds. */
static int compute_chain(void *arg) {
    chain *c = arg;
    chain next = { .left = c->left - 1, .n = c->n };
    return c->left == 0 ? 0 : edo_compute_join(compute_chain, &next, one_each, c->n);
}

static void more_forks_than_fit_are_run_in_place(void **state) {
    (void)state;
    edo_atomic_u32 n = EDOI_ATOMIC_INIT(0);
    chain c = { .left = 1000, .n = &n };
    assert_int_equal(edo_compute(compute_chain, &c), 0);
    assert_int_equal(EDOI_ATOMIC_LOAD(&n.edoi_value, EDOI_RELAXED), 1000);
}

static int answer(void *arg) {
    return *(int *)arg;
}

static void failure_is_returned_and_that_of_the_first_half_wins(void **state) {
    (void)state;
    static int eio = -EIO, enoent = -ENOENT, seven = 7;
    assert_int_equal(edo_compute_join(answer, &seven, answer, &seven), 0);
    assert_int_equal(edo_compute_join(answer, &seven, answer, &eio), -EIO);
    assert_int_equal(edo_compute_join(answer, &enoent, answer, &eio), -ENOENT);
    assert_int_equal(edo_compute(answer, &seven), 7);
}

/* ---- Ranges ---------------------------------------------------------------------------------- */

#define ITEMS 5000

static int mark(void *arg, size_t from, size_t to) {
    unsigned char *seen = arg;
    for (size_t i = from; i < to; i++) seen[i]++; // no other piece has these
    return 0;
}

static void each_item_comes_once(void **state) {
    (void)state;
    static unsigned char seen[ITEMS];
    for (size_t n = 0; n <= ITEMS; n = n < 20 ? n + 1 : n * 3) {
        memset(seen, 0, sizeof seen);
        assert_int_equal(edo_compute_for(n, mark, seen), 0);
        for (size_t i = 0; i < ITEMS; i++) assert_int_equal(seen[i], i < n ? 1 : 0);
    }
}

static int uneven(void *arg, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        fib f = { .n = i < 4 ? 16 : 1 };
        int err = compute_fib(&f); // forks inside a piece
        if (err < 0) return err;
    }
    return mark(arg, from, to);
}

static void pieces_may_fork(void **state) {
    (void)state;
    static unsigned char seen[64];
    memset(seen, 0, sizeof seen);
    assert_int_equal(edo_compute_for(sizeof seen, uneven, seen), 0);
    for (size_t i = 0; i < sizeof seen; i++) assert_int_equal(seen[i], 1);
}

static int fails_at_2000(void *arg, size_t from, size_t to) {
    (void)mark(arg, from, to);
    return from <= 2000 && 2000 < to ? -EIO : 0;
}

static void a_failure_ends_the_loop(void **state) {
    (void)state;
    static unsigned char seen[ITEMS];
    memset(seen, 0, sizeof seen);
    assert_int_equal(edo_compute_for(ITEMS, fails_at_2000, seen), -EIO);
    for (size_t i = 0; i < ITEMS; i++) assert_true(seen[i] <= 1);
}

/* Joins neighbours only, in order; the padding makes some too large for the stack. */
typedef struct span {
    size_t from, to;
    bool broken;
} span;

typedef struct wide_span {
    span s;
    char padding[1000];
} wide_span;

static int extend(void *arg, void *acc, size_t from, size_t to) {
    (void)arg;
    span *s = acc;
    if (s->from != s->to && s->to != from) s->broken = true;
    if (s->from == s->to) s->from = from;
    s->to = to;
    return 0;
}

static void append(void *arg, void *acc, const void *right) {
    span *s = acc;
    const span *r = right;
    if (r->from != r->to) (void)extend(arg, acc, r->from, r->to);
    if (r->broken) s->broken = true;
}

static void neighbours_are_merged_in_order(void **state) {
    (void)state;
    for (size_t n = 1; n < ITEMS; n = n * 2 + 1) {
        span s = { 0 };
        assert_int_equal(edo_compute_reduce(&s, sizeof s, n, extend, append, NULL), 0);
        assert_false(s.broken);
        assert_int_equal(s.from, 0);
        assert_int_equal(s.to, n);
        wide_span w = { .s = { 0 } };
        assert_int_equal(edo_compute_reduce(&w, sizeof w, n, extend, append, NULL), 0);
        assert_false(w.s.broken);
        assert_int_equal(w.s.to, n);
    }
    span none = { .from = 3, .to = 3 };
    assert_int_equal(edo_compute_reduce(&none, sizeof none, 0, extend, append, NULL), 0);
    assert_int_equal(none.from, 3);
}

static int sum(void *arg, void *acc, size_t from, size_t to) {
    const uint32_t *items = arg;
    uint64_t total = 0;
    for (size_t i = from; i < to; i++) total += items[i];
    *(uint64_t *)acc += total;
    return 0;
}

static void add(void *arg, void *acc, const void *right) {
    (void)arg;
    *(uint64_t *)acc += *(const uint64_t *)right;
}

static int sum_in_a_fiber(void *arg) {
    uint64_t total = 0;
    int err = edo_compute_reduce(&total, sizeof total, ITEMS, sum, add, arg);
    CHECK_EQ(total, (uint64_t)ITEMS * (ITEMS - 1) / 2);
    return err;
}

static void sums_are_right(void **state) {
    (void)state;
    static uint32_t items[ITEMS];
    for (uint32_t i = 0; i < ITEMS; i++) items[i] = i;
    for (int i = 0; i < 50; i++) assert_int_equal(sum_in_a_fiber(items), 0);
    assert_int_equal(inside_each(sum_in_a_fiber, items), 0);
}

/* ---- Cancelling ------------------------------------------------------------------------------ */

typedef struct stopped {
    gate g;
    edo_atomic_u32 pieces;
} stopped;

static int at_the_gate(void *arg, size_t from, size_t to) {
    stopped *s = arg;
    (void)from;
    (void)to;
    count(&s->pieces);
    return gate_pass_cancelled(&s->g);
}

static int loops(void *arg) {
    return edo_compute_for(1000, at_the_gate, arg);
}

static int aborts_a_loop(void *arg) {
    stopped *s = arg;
    edo_task *t = edo_spawn(loops, s);
    CHECK_EQ(gate_yield_begun(&s->g, 2), 0);
    edo_task_cancel(t);
    CHECK_EQ(gate_yield_told(&s->g, 2), 0);
    CHECK(!edo_task_is_finished(t)); // two pieces use its stack
    gate_open(&s->g);
    return edo_task_join(t);
}

static void a_cancelled_loop_ends_early_and_not_before_its_pieces_on(const edo_runtime_opts *kind) {
    stopped s = { .g = GATE };
    assert_int_equal(inside_with(aborts_a_loop, &s, kind), -ECANCELED);
    assert_int_equal(EDOI_ATOMIC_LOAD(&s.pieces.edoi_value, EDOI_RELAXED), 2);
    assert_int_equal(s.g.told, 2);
}
ON_EACH_KIND(a_cancelled_loop_ends_early_and_not_before_its_pieces)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(result_reaches_every_kind_of_waiter),
        cmocka_unit_test(inside_the_pool_it_is_a_call),
        cmocka_unit_test(many_tasks_on_all_workers_compute),
        cmocka_unit_test(both_halves_run_at_once),
        cmocka_unit_test(thread_that_waits_for_a_half_works_meanwhile),
        cmocka_unit_test(thread_asleep_over_a_half_is_woken_by_its_end),
        cmocka_unit_test(forks_nest),
        cmocka_unit_test(more_forks_than_fit_are_run_in_place),
        cmocka_unit_test(failure_is_returned_and_that_of_the_first_half_wins),
        cmocka_unit_test(each_item_comes_once),
        cmocka_unit_test(pieces_may_fork),
        cmocka_unit_test(a_failure_ends_the_loop),
        cmocka_unit_test(neighbours_are_merged_in_order),
        cmocka_unit_test(sums_are_right),
        cmocka_unit_test(a_cancelled_loop_ends_early_and_not_before_its_pieces),
    };
    if (setenv("EDO_COMPUTE_THREADS", "2", 1) != 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
