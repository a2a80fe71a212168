/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/async.h: frames as large as their largest state, cleanup once in every
 * way, drop at each await releases exactly the objects that are alive, recursion through a box.
 * Method: state machines over probes that count those alive, polled by hand, dropped everywhere. */
#include <edo/async.h>
#include <edo/time.h>

#include "aborts.h"
#include "poll_by_hand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A leaf that holds something from its first poll until it is ready at its second, or dropped. */
typedef struct probe {
    edo_future base;
    int *alive;
    int result;
    edo_waker *waker;
} probe;

enum { PROBE_FRESH, PROBE_HOLDS };

static edo_polled probe_poll(edo_future *f, edo_cx *cx) {
    probe *self = (probe *)(void *)f;
    if (edo_future_step(f) == PROBE_HOLDS) {
        --*self->alive;
        return edo_future_finish(f, self->result);
    }
    ++*self->alive;
    self->waker = edo_cx_waker(cx);
    edo_future_next_step(f, PROBE_HOLDS);
    return EDO_PENDING;
}

static void probe_drop(edo_future *f) {
    probe *self = (probe *)(void *)f;
    if (edo_future_step(f) == PROBE_HOLDS && !edo_future_is_over(f)) --*self->alive;
    edo_future_retire(f);
}

static const edo_future_ops probe_ops = {
    .poll = probe_poll, .drop = probe_drop, .name = "probe", .size = sizeof(probe)
};

static edo_future *probe_init(probe *p, int *alive, int result) {
    p->alive = alive;
    p->result = result;
    return edo_future_init(&p->base, &probe_ops);
}

static int alive, cleanups;

/* ---- Frames ---------------------------------------------------------------------------------- */

EDO_ASYNC(nothing, int unused;) {
    EDO_BEGIN;
    EDO_END;
}

EDO_ASYNC(small_step, probe p;) {
    EDO_BEGIN;
    EDO_AWAIT(probe_init(&self->p, &alive, 0));
    EDO_END;
}

EDO_ASYNC(large_step, char bytes[200]; probe p;) {
    EDO_BEGIN;
    self->bytes[0] = 1;
    EDO_AWAIT(probe_init(&self->p, &alive, self->bytes[0]));
    EDO_RETURN(edo_result(&self->p));
    EDO_END;
}

EDO_ASYNC(one_of, EDO_ONE_OF(small_step small; large_step large; edo_sleep_future nap;);) {
    EDO_BEGIN;
    EDO_AWAIT(small_step_init(&self->small));
    EDO_AWAIT(large_step_init(&self->large));
    EDO_AWAIT(edo_sleep_init(&self->nap, edo_s(1)));
    EDO_RETURN(edo_result(&self->nap));
    EDO_END;
}

/* Three machines inside each other, nothing allocated. */
EDO_ASYNC(nested, EDO_ONE_OF(one_of first; one_of second;); int rounds;) {
    EDO_BEGIN;
    EDO_AWAIT(one_of_init(&self->first));
    self->rounds++;
    EDO_AWAIT(one_of_init(&self->second));
    self->rounds++;
    EDO_RETURN(self->rounds);
    EDO_END;
}

EDO_FRAME_MAX(one_of, 16 + sizeof(large_step));
EDO_FRAME_MAX(nested, 16 + sizeof(one_of) + 8);

static void a_frame_is_as_large_as_its_largest_state(void **state) {
    (void)state;
    assert_int_equal(sizeof(edo_future), 16);
    assert_int_equal(sizeof(nothing), 24); // 16, an int, and its padding
    assert_int_equal(sizeof(small_step), 16 + sizeof(probe));
    assert_int_equal(sizeof(one_of), 16 + sizeof(large_step));
    assert_int_equal(sizeof(nested), 16 + sizeof(one_of) + 8);
}

static void nested_machines_run_to_their_end_without_allocation(void **state) {
    (void)state;
    nested f = { .rounds = 0 };
    hand_waker w = HAND_WAKER;
    (void)nested_init(&f);
    // Each probe is pending once; the sleeps return at once that there is no runtime.
    for (int i = 0; i < 4; i++) {
        assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
        assert_int_equal(alive, 1);
    }
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), 2);
    assert_int_equal(alive, 0);
}

static void a_nested_machine_dropped_anywhere_leaves_nothing(void **state) {
    (void)state;
    for (int polls = 0; polls <= 4; polls++) {
        nested f = { .rounds = 0 };
        hand_waker w = HAND_WAKER;
        (void)nested_init(&f);
        for (int i = 0; i < polls; i++) assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
        edo_drop(&f.base);
        edo_drop(&f.base);
        assert_int_equal(alive, 0);
    }
}

/* ---- Results --------------------------------------------------------------------------------- */

EDO_ASYNC(adder, int a, b; probe p;) {
    EDO_BEGIN;
    EDO_AWAIT(probe_init(&self->p, &alive, 1));
    EDO_RETURN(self->a + self->b + edo_result(&self->p));
    EDO_END;
}

static void arguments_are_set_before_or_after_init(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    adder before = { .a = 20, .b = 21 }, after;
    (void)adder_init(&before);
    (void)adder_init(&after);
    after.a = 20;
    after.b = 21;
    assert_int_equal(hand_poll(&before.base, &w), EDO_PENDING);
    assert_int_equal(hand_poll(&before.base, &w), EDO_READY);
    assert_int_equal(hand_poll(&after.base, &w), EDO_PENDING);
    assert_int_equal(hand_poll(&after.base, &w), EDO_READY);
    assert_int_equal(edo_result(&before), 42);
    assert_int_equal(edo_result(&after), 42);
}

static void body_that_ends_without_return_has_result_0(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    nothing f;
    assert_int_equal(hand_poll(nothing_init(&f), &w), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    small_step s;
    assert_int_equal(hand_poll(small_step_init(&s), &w), EDO_PENDING);
    assert_int_equal(hand_poll(&s.base, &w), EDO_READY);
    assert_int_equal(edo_result(&s), 0);
}

EDO_ASYNC(loops, int n; int sum; int i; probe p;) {
    EDO_BEGIN;
    self->sum = 0;
    for (self->i = 0; self->i < self->n; self->i++) {
        if (self->i == 3) continue;
        while (true) {
            EDO_AWAIT(probe_init(&self->p, &alive, self->i));
            break;
        }
        self->sum += edo_result(&self->p);
        if (self->sum > 100) {
            EDO_AWAIT(probe_init(&self->p, &alive, 0));
            EDO_RETURN(-E2BIG);
        }
    }
    EDO_RETURN(self->sum);
    EDO_END;
}

static int run(edo_future *f) {
    hand_waker w = HAND_WAKER;
    int polls = 0;
    while (hand_poll(f, &w) == EDO_PENDING) assert_true(++polls < 1000);
    return f->result;
}

static void awaits_stand_in_any_loop_or_block(void **state) {
    (void)state;
    loops f;
    (void)loops_init(&f);
    f.n = 6;
    assert_int_equal(run(&f.base), 0 + 1 + 2 + 4 + 5);
    (void)loops_init(&f);
    f.n = 60;
    assert_int_equal(run(&f.base), -E2BIG);
    assert_int_equal(alive, 0);
}

/* ---- Cleanup --------------------------------------------------------------------------------- */

/* Takes memory and gives it back, awaits three times, may fail at each. */
EDO_ASYNC(careful, char *memory; int fail_at; int step; probe p;) {
    EDO_BEGIN;
    self->memory = malloc(10);
    self->step = 1;
    EDO_TRY_AWAIT(probe_init(&self->p, &alive, self->fail_at == 1 ? -EIO : 0));
    self->step = 2;
    EDO_TRY_AWAIT(probe_init(&self->p, &alive, self->fail_at == 2 ? -EPIPE : 5));
    self->step = 3;
    if (self->fail_at == 3) EDO_RETURN(-EPERM);
    EDO_AWAIT(probe_init(&self->p, &alive, -ENOSPC)); // not tried: the body goes on
    EDO_RETURN(edo_result(&self->p) == -ENOSPC ? 11 : -EINVAL);
    EDO_CLEANUP;
    free(self->memory);
    self->memory = NULL;
    cleanups++;
    EDO_END;
}

static void cleanup_runs_once_after_return_and_after_errors(void **state) {
    (void)state;
    static const int want[] = { 11, -EIO, -EPIPE, -EPERM };
    for (int fail_at = 0; fail_at < 4; fail_at++) {
        careful f = { .fail_at = fail_at };
        cleanups = 0;
        assert_int_equal(run(careful_init(&f)), want[fail_at]);
        assert_int_equal(cleanups, 1);
        edo_drop(&f.base);
        edo_drop(&f.base);
        assert_int_equal(cleanups, 1);
        assert_int_equal(alive, 0);
    }
}

static void cleanup_runs_once_when_dropped_fresh_or_at_each_await(void **state) {
    (void)state;
    for (int polls = 0; polls < 4; polls++) {
        careful f = { .fail_at = 0 };
        hand_waker w = HAND_WAKER;
        cleanups = 0;
        (void)careful_init(&f);
        for (int i = 0; i < polls; i++) assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
        assert_int_equal(f.step, polls);
        assert_int_equal(alive, polls > 0);
        edo_drop(&f.base);
        assert_int_equal(cleanups, 1);
        assert_int_equal(alive, 0);
        edo_drop(&f.base);
        assert_int_equal(cleanups, 1);
        assert_null(f.memory);
    }
}

EDO_ASYNC(falls_into_cleanup, probe p;) {
    EDO_BEGIN;
    EDO_AWAIT(probe_init(&self->p, &alive, 3));
    EDO_CLEANUP;
    cleanups++;
    EDO_END;
}

static void body_that_runs_into_its_cleanup_has_result_0(void **state) {
    (void)state;
    falls_into_cleanup f;
    cleanups = 0;
    assert_int_equal(run(falls_into_cleanup_init(&f)), 0);
    assert_int_equal(cleanups, 1);
}

/* ---- Futures elsewhere ----------------------------------------------------------------------- */

EDO_ASYNC(lent, edo_future *other;) {
    EDO_BEGIN;
    EDO_AWAIT_PTR(self->other);
    EDO_RETURN(self->other->result * 2);
    EDO_END;
}

static void a_lent_future_is_awaited_through_its_pointer(void **state) {
    (void)state;
    probe p;
    lent f = { .other = probe_init(&p, &alive, 21) };
    assert_int_equal(run(lent_init(&f)), 42);
    hand_waker w = HAND_WAKER;
    lent g = { .other = probe_init(&p, &alive, 21) };
    assert_int_equal(hand_poll(lent_init(&g), &w), EDO_PENDING);
    assert_int_equal(alive, 1);
    edo_drop(&g.base);
    assert_int_equal(alive, 0);
}

/* depth + (depth - 1) + … + 1, a box for each level. */
EDO_ASYNC_FRAME(recursive, int depth; edo_future * below; probe p;);
static edo_future *recursive_init(recursive *self);
EDO_ASYNC_BODY(static, recursive) {
    EDO_BEGIN;
    EDO_AWAIT(probe_init(&self->p, &alive, 0));
    if (self->depth == 0) EDO_RETURN(0);
    {
        recursive next = { .depth = self->depth - 1 };
        self->below = edo_boxed_new(recursive_init(&next));
    }
    if (!self->below) EDO_RETURN(-ENOMEM);
    EDO_AWAIT_PTR(self->below);
    {
        int below = self->below->result;
        edo_drop(self->below);
        EDO_RETURN(below + self->depth);
    }
    EDO_END;
}

static void recursion_goes_through_a_box(void **state) {
    (void)state;
    recursive f = { .depth = 100 };
    assert_int_equal(run(recursive_init(&f)), 5050);
    for (int polls = 0; polls < 20; polls++) { // dropped at each depth: no leak
        hand_waker w = HAND_WAKER;
        recursive g = { .depth = 50 };
        (void)recursive_init(&g);
        for (int i = 0; i < polls; i++) assert_int_equal(hand_poll(&g.base, &w), EDO_PENDING);
        edo_drop(&g.base);
        assert_int_equal(alive, 0);
    }
}

EDO_ASYNC(outside, probe *p;) {
    EDO_BEGIN;
    EDO_AWAIT(probe_init(self->p, &alive, 0)); // not in the frame
    EDO_END;
}

static void await_outside_the_frame(void) {
    probe p;
    outside f = { .p = &p };
    hand_waker w = HAND_WAKER;
    if (hand_poll(outside_init(&f), &w) != EDO_READY) _exit(1);
}

static void poll_a_moved_frame(void) {
    small_step f[2];
    hand_waker w = HAND_WAKER;
    (void)hand_poll(small_step_init(&f[0]), &w);
    memcpy(&f[1], &f[0], sizeof f[0]);
    (void)hand_poll(&f[1].base, &w);
}

static void broken_contracts_are_named_in_debug(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(await_outside_the_frame));
    assert_true(aborts(poll_a_moved_frame));
#else
    (void)await_outside_the_frame;
    (void)poll_a_moved_frame;
#endif
}

static void a_fresh_frame_may_be_boxed(void **state) {
    (void)state;
    careful f = { .fail_at = 0 };
    cleanups = 0;
    edo_future *box = edo_boxed_new(careful_init(&f));
    assert_int_equal(run(box), 11);
    edo_drop(box);
    assert_int_equal(cleanups, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_as_large_as_its_largest_state),
        cmocka_unit_test(nested_machines_run_to_their_end_without_allocation),
        cmocka_unit_test(a_nested_machine_dropped_anywhere_leaves_nothing),
        cmocka_unit_test(arguments_are_set_before_or_after_init),
        cmocka_unit_test(body_that_ends_without_return_has_result_0),
        cmocka_unit_test(awaits_stand_in_any_loop_or_block),
        cmocka_unit_test(cleanup_runs_once_after_return_and_after_errors),
        cmocka_unit_test(cleanup_runs_once_when_dropped_fresh_or_at_each_await),
        cmocka_unit_test(body_that_runs_into_its_cleanup_has_result_0),
        cmocka_unit_test(a_lent_future_is_awaited_through_its_pointer),
        cmocka_unit_test(recursion_goes_through_a_box),
        cmocka_unit_test(broken_contracts_are_named_in_debug),
        cmocka_unit_test(a_fresh_frame_may_be_boxed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
