/* SPDX-License-Identifier: MIT */
/* Goal: a fiber is suspended and resumed with all state that belongs to it by the calling
 * convention and the C library, and its stack can be read by other code.
 * Method: two or three contexts on one thread switch directly. */
#include "fiber/fiber.h"

#include <errno.h>
#include <execinfo.h>
#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fiber/switch.h"

typedef struct bed {
    edoi_stack_pool pool;
    edoi_fiber main, a, b;
    uint64_t log[64];
    size_t log_n;
} bed;

static bed t;

static int set_up(void **state) {
    (void)state;
    memset(&t, 0, sizeof t);
    edoi_fiber_adopt(&t.main);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    edoi_stack_pool_deinit(&t.pool);
    return 0;
}

static void start(edoi_fiber *f, edoi_fiber_fn fn, void *arg) {
    edoi_stack *s = NULL;
    assert_int_equal(edoi_stack_get(&t.pool, 0, &s), 0);
    edoi_fiber_start(f, s, &t.main, fn, arg);
}

static void stop(edoi_fiber *f) {
    assert_null(f->sp);
    assert_null(f->stack->fiber);
    edoi_stack_put(&t.pool, f->stack);
}

/* More values than there are callee-saved registers, live across each switch. */
static uint64_t churn(edoi_fiber *self, edoi_fiber *other, uint64_t seed) {
    uint64_t v[8];
    double d[8];
    for (unsigned i = 0; i < 8; i++) {
        v[i] = seed * (i + 3);
        d[i] = (double)(seed + i);
    }
    for (int turn = 0; turn < 1000; turn++) {
        (void)edoi_fiber_switch(self, other, 0);
        for (unsigned i = 0; i < 8; i++) {
            v[i] = v[i] * 6364136223846793005u + v[(i + 1) & 7];
            d[i] += 1.0;
        }
    }
    uint64_t sum = 0;
    for (unsigned i = 0; i < 8; i++) sum ^= v[i] + (uint64_t)d[i];
    return sum;
}

static edoi_fiber *churn_a(void *arg) {
    *(uint64_t *)arg = churn(&t.a, &t.b, 11);
    return &t.main;
}

static edoi_fiber *churn_b(void *arg) {
    *(uint64_t *)arg = churn(&t.b, &t.a, 99);
    return &t.a;
}

static edoi_fiber *churn_alone(void *arg) {
    uint64_t *args = arg;
    args[1] = churn(&t.a, &t.main, args[0]);
    return &t.main;
}

static void registers_survive_switches(void **state) {
    (void)state;
    uint64_t got_a = 0, got_b = 0, alone[2] = { 11, 0 };
    start(&t.a, churn_alone, alone);
    for (int i = 0; i < 1001; i++) (void)edoi_fiber_switch(&t.main, &t.a, 0);
    stop(&t.a);

    start(&t.a, churn_a, &got_a);
    start(&t.b, churn_b, &got_b);
    (void)edoi_fiber_switch(&t.main, &t.a,
                            0); // a <-> b until a ends, with b before its last step
    assert_int_equal(got_a, alone[1]);
    stop(&t.a);
    start(&t.a, churn_alone, alone); // where b continues when it ends
    (void)edoi_fiber_switch(&t.main, &t.b, 0);
    assert_int_not_equal(got_b, 0);
    stop(&t.b);
    for (int i = 0; i < 1000; i++) (void)edoi_fiber_switch(&t.main, &t.a, 0);
    stop(&t.a);
}

static edoi_fiber *errno_of_fiber(void *arg) {
    int *seen = arg;
    seen[0] = errno;
    errno = EPIPE;
    (void)edoi_fiber_switch(&t.a, &t.main, 0);
    seen[1] = errno;
    errno = EBADF;
    return &t.main;
}

static void errno_belongs_to_the_fiber(void **state) {
    (void)state;
    int seen[2] = { -1, -1 };
    start(&t.a, errno_of_fiber, seen);
    errno = ENOSPC;
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    assert_int_equal(errno, ENOSPC);
    errno = EDOM;
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    assert_int_equal(errno, EDOM);
    assert_int_equal(seen[0], 0);
    assert_int_equal(seen[1], EPIPE);
    stop(&t.a);
}

static edoi_fiber *rounding_of_fiber(void *arg) {
    int *seen = arg;
    seen[0] = fegetround();
    (void)fesetround(FE_UPWARD);
    (void)edoi_fiber_switch(&t.a, &t.main, 0);
    seen[1] = fegetround();
    volatile double third = 1.0 / 3.0, one = 1.0;
    seen[2] = one / 3.0 >= third && nextafter(third, 0) < third;
    return &t.main;
}

static void floating_point_mode_belongs_to_the_fiber(void **state) {
    (void)state;
    int seen[3] = { -1, -1, -1 };
    start(&t.a, rounding_of_fiber, seen);
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    assert_int_equal(fegetround(), FE_TONEAREST);
    (void)fesetround(FE_DOWNWARD);
    edoi_fiber_adopt(&t.main); // the thread's own context keeps the modes it was adopted with
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    assert_int_equal(fegetround(), FE_DOWNWARD);
    (void)fesetround(FE_TONEAREST);
    assert_int_equal(seen[0], FE_TONEAREST);
    assert_int_equal(seen[1], FE_UPWARD);
    stop(&t.a);

    (void)fesetround(FE_TOWARDZERO);
    edoi_fiber_adopt(&t.main); // a fresh fiber begins with the thread's modes
    start(&t.a, rounding_of_fiber, seen);
    (void)fesetround(FE_TONEAREST);
    edoi_fiber_adopt(&t.main);
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    assert_int_equal(seen[0], FE_TOWARDZERO);
    assert_int_equal(fegetround(), FE_TONEAREST);
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    stop(&t.a);
}

static edoi_fiber *print_many(void *arg) {
    char *text = arg;
    char line[512];
    int n = 0;
    for (int i = 0; i < 100; i++)
        n = snprintf(line, sizeof line, "%d %s %.17g %Lf", i, "fiber", 1e300 / (i + 1),
                     (long double)i);
    assert_true(n > 0);
    (void)snprintf(text, 512, "%s", line);
    FILE *f = fopen("/dev/null", "w");
    assert_non_null(f);
    assert_true(fprintf(f, "%s %*d\n", line, 300, 7) > 0);
    (void)fclose(f);
    return &t.main;
}

static void printf_runs_on_a_default_stack(void **state) {
    (void)state;
    char text[512] = "";
    start(&t.a, print_many, text);
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    assert_non_null(strstr(text, "99 fiber"));
    stop(&t.a);
}

EDOI_OPAQUE static uint64_t recurse(uint64_t depth) {
    volatile uint64_t pad[8] = { depth };
    if (depth == 0) return 0;
    return recurse(depth - 1) + (pad[0] == depth);
}

static edoi_fiber *recurse_deep(void *arg) {
    uint64_t *depth = arg;
    *depth = recurse(*depth);
    return &t.main;
}

static void recursion_uses_the_whole_stack(void **state) {
    (void)state;
    edoi_stack *s = NULL;
    assert_int_equal(edoi_stack_get(&t.pool, (size_t)1024 * 1024, &s), 0);
    uint64_t depth = 1500; // at up to 512 bytes per frame under a sanitizer
    edoi_fiber_start(&t.a, s, &t.main, recurse_deep, &depth);
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    assert_int_equal(depth, 1500);
    assert_true(edoi_stack_used(s) > 1500 * 64);
    stop(&t.a);
}

typedef struct frames {
    void *pcs[64];
    int n;
} frames;

EDOI_OPAQUE static edoi_fiber *trace_inside(void *arg) {
    frames *f = arg;
    f->n = backtrace(f->pcs, 64);
    return &t.main;
}

static void backtrace_inside_ends_at_the_first_frame(void **state) {
    (void)state;
    frames f = { .n = 0 };
    start(&t.a, trace_inside, &f);
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    stop(&t.a);
    // The function, the layer's C frame, the first frame; a sanitizer's wrapper of backtrace, or
    // the first two frames of a portable context.
    assert_in_range(f.n, 3, 5);
}

/* Does a frame return into `fn`, a function of less than 512 bytes? */
static bool is_in(const void *pc, uintptr_t fn) {
    return (uintptr_t)pc > fn && (uintptr_t)pc < fn + 512;
}

static void do_nothing(void *arg) {
    (void)arg;
}

EDOI_OPAQUE static int park_inner(int v) {
    (void)edoi_fiber_switch(&t.a, &t.main, 0);
    EDOI_COMPILER_BARRIER();
    return v + 1;
}

EDOI_OPAQUE static int park_outer(int v) {
    int w = park_inner(v + 1);
    EDOI_COMPILER_BARRIER();
    return w + 1;
}

static edoi_fiber *park(void *arg) {
    int *v = arg;
    *v = park_outer(*v);
    return &t.main;
}

static void backtrace_of_a_parked_fiber_names_its_functions(void **state) {
    (void)state;
    int v = 1;
    void *pcs[16];
    start(&t.a, park, &v);
    assert_in_range(edoi_fiber_backtrace(&t.a, pcs, 16), 0,
                    1); // not begun: at most the first frame
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    bool can_look_inside = edoi_switch_call_on(t.a.sp, do_nothing, NULL) == 0; // otherwise portable
    for (int turn = 0; turn < 3; turn++) {
        size_t n = edoi_fiber_backtrace(&t.a, pcs, 16);
        if (!can_look_inside) {
            assert_int_equal(n, 0);
            continue;
        }
        // Inner, outer, park, C frame, first; before them the switch unless it is a tail call.
        assert_in_range(n, 5, 6);
        assert_true(is_in(pcs[n - 5], (uintptr_t)park_inner));
        assert_true(is_in(pcs[n - 4], (uintptr_t)park_outer));
        assert_int_equal(edoi_fiber_backtrace(&t.a, pcs, 2), 2);
    }
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    assert_int_equal(v, 4);
    stop(&t.a);
}

/* Parks as deep as edoi_fiber_backtrace() still supports. */
EDOI_OPAQUE static int park_low(const edoi_stack *s) {
    volatile char pad[64] = { 1 };
    if ((char *)EDOI_FRAME() - s->lo > 8 * 1024 + 1024) return park_low(s) + pad[0];
    (void)edoi_fiber_switch(&t.a, &t.main, 0);
    return pad[0];
}

static edoi_fiber *park_at_the_bottom(void *arg) {
    int *depth = arg;
    *depth = park_low(t.a.stack);
    return &t.main;
}

static void backtrace_fits_into_the_rest_of_a_stack(void **state) {
    (void)state;
    int depth = 0;
    void *pcs[64];
    start(&t.a, park_at_the_bottom, &depth);
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    bool can_look_inside = edoi_switch_call_on(t.a.sp, do_nothing, NULL) == 0;
    assert_int_equal(edoi_fiber_backtrace(&t.a, pcs, 64), can_look_inside ? 64 : 0);
    char *lower = t.a.stack->lo + 4096;
    void *sp = t.a.sp;
    t.a.sp = lower; // as if parked deeper: refused
    assert_int_equal(edoi_fiber_backtrace(&t.a, pcs, 64), 0);
    t.a.sp = sp;
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    assert_true(depth > 100);
    stop(&t.a);
}

/* Reads errno again on the present thread. */
EDOI_OPAQUE static int errno_now(void) {
    return errno;
}

EDOI_OPAQUE static void set_errno(int err) {
    errno = err;
}

static edoi_fiber other_thread;

static edoi_fiber *moves(void *arg) {
    int *seen = arg;
    set_errno(EPIPE);
    (void)edoi_fiber_switch(&t.a, &t.main, 0);
    seen[0] = errno_now();
    set_errno(EBADF);
    return &other_thread;
}

static void *resume(void *arg) {
    (void)arg;
    edoi_fiber_adopt(&other_thread);
    set_errno(ERANGE);
    (void)edoi_fiber_switch(&other_thread, &t.a, 0);
    int *err = malloc(sizeof *err);
    if (err) *err = errno_now();
    return err;
}

static void a_fiber_may_go_on_on_another_thread(void **state) {
    (void)state;
    int seen[1] = { 0 };
    start(&t.a, moves, seen);
    set_errno(ENOSPC);
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    assert_int_equal(errno_now(), ENOSPC);
    pthread_t thread;
    void *theirs = NULL;
    assert_int_equal(pthread_create(&thread, NULL, resume, NULL), 0);
    assert_int_equal(pthread_join(thread, &theirs), 0);
    assert_non_null(theirs);
    assert_int_equal(seen[0], EPIPE);
    assert_int_equal(*(int *)theirs, ERANGE);
    free(theirs);
    stop(&t.a);
}

static void parked_fibers_give_back_unused_pages(void **state) {
    (void)state;
    int v = 1;
    start(&t.a, park, &v);
    memset(t.a.stack->lo, 1, (size_t)64 * 1024);
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    size_t before = edoi_stack_used(t.a.stack);
    edoi_fiber_release_unused(&t.a);
    assert_true(edoi_stack_used(t.a.stack) < before);
    assert_true(edoi_stack_used(t.a.stack) < (size_t)64 * 1024);
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    assert_int_equal(v, 4);
    stop(&t.a);
}

static edoi_fiber *hand_on(void *arg) {
    return arg;
}

static void an_ended_fiber_may_go_on_with_a_fresh_one(void **state) {
    (void)state;
    start(&t.b, hand_on, &t.main);
    start(&t.a, hand_on, &t.b);
    (void)edoi_fiber_switch(&t.main, &t.a, 0);
    stop(&t.a);
    stop(&t.b);
}

static void one_stack_serves_a_hundred_thousand_fibers(void **state) {
    (void)state;
    for (int i = 0; i < 100000; i++) {
        start(&t.a, hand_on, &t.main);
        (void)edoi_fiber_switch(&t.main, &t.a, 0);
        stop(&t.a);
    }
    assert_int_equal(t.pool.free[edoi_stack_class(0)].n, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(registers_survive_switches),
        TEST(errno_belongs_to_the_fiber),
        TEST(floating_point_mode_belongs_to_the_fiber),
        TEST(printf_runs_on_a_default_stack),
        TEST(recursion_uses_the_whole_stack),
        TEST(backtrace_inside_ends_at_the_first_frame),
        TEST(backtrace_of_a_parked_fiber_names_its_functions),
        TEST(backtrace_fits_into_the_rest_of_a_stack),
        TEST(a_fiber_may_go_on_on_another_thread),
        TEST(parked_fibers_give_back_unused_pages),
        TEST(an_ended_fiber_may_go_on_with_a_fresh_one),
        TEST(one_stack_serves_a_hundred_thousand_fibers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
