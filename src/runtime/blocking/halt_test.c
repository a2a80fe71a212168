/* SPDX-License-Identifier: MIT */
/* Goal: jobs that wait for a thread while none begins are told, once, with what the threads run;
 * jobs of a pool that goes on are not.
 * Method: a pool of one thread, at which a look is taken at later times; the same job as a call
 * that is slow, and as one that awaits a task which makes a call itself. */
#include "driver/clock.h"
#include "gate.h"
#include "inside.h"
#include "runtime/blocking/blocking.h"
#include "runtime/worker/core.h"

#include <edo/notify.h>

#include <errno.h>

#define SECOND INT64_C(1000000000)

static edoi_blocking_halt halt;

static bool halts_after(int64_t ns) {
    return edoi_blocking_halts(edo_runtime_current()->blocking, edoi_clock_monotonic() + ns,
                               10 * SECOND, &halt);
}

static uint32_t queued(void) {
    edo_blocking_stats s;
    edo_blocking_get_stats(edo_runtime_current(), &s);
    return s.queue;
}

static int passes_gate(void *g) {
    return edo_blocking(gate_pass, g);
}

static int is_short(void *arg) {
    (void)arg;
    return 0;
}

static int makes_a_call(void *arg) {
    return edo_blocking(is_short, arg);
}

static int of_a_slow_call(void *arg) {
    gate *g = arg;
    edo_task *slow = edo_spawn(passes_gate, g);
    CHECK_EQ(gate_yield_begun(g, 1), 0);
    CHECK(!halts_after(20 * SECOND)); // no job waits
    CHECK(!edoi_blocking_has_queue(edo_runtime_current()->blocking));
    edo_task *waits = edo_spawn(makes_a_call, NULL);
    YIELD_FOR(queued() > 0);
    CHECK(edoi_blocking_has_queue(edo_runtime_current()->blocking));
    CHECK(!halts_after(9 * SECOND));
    CHECK(halts_after(20 * SECOND));
    CHECK_EQ(halt.queued_n, 1);
    CHECK_EQ(halt.running_n, 1);
    CHECK_EQ(halt.threads_max, 1);
    CHECK_EQ(halt.named_n, 1);
    CHECK(halt.fns[0] == gate_pass);
    CHECK(!halts_after(40 * SECOND)); // it is told once
    gate_open(g);
    CHECK_EQ(edo_task_join(waits), 0);
    CHECK(edo_task_join(slow) >= 0);
    CHECK(!halts_after(20 * SECOND));
    return 0;
}

static void a_slow_call_is_named(void **state) {
    gate g = GATE;
    (void)state;
    assert_int_equal(inside_with(of_a_slow_call, &g, &(edo_runtime_opts){ .blocking_max = 1 }), 0);
}

static edo_task *inner;
static edo_notify bell = EDO_NOTIFY_INIT;

static int makes_a_call_later(void *arg) {
    int err = edo_notify_wait(&bell);
    return err < 0 ? err : makes_a_call(arg);
}

static int awaits_inner(void *arg) {
    (void)arg;
    return edo_task_join(inner);
}

static int calls_for_inner(void *arg) {
    return edo_blocking(awaits_inner, arg);
}

static uint32_t running(void) {
    edo_blocking_stats s;
    edo_blocking_get_stats(edo_runtime_current(), &s);
    return s.running;
}

static int of_a_call_for_a_call(void *arg) {
    inner = edo_spawn(makes_a_call_later, arg);
    edo_task *seen = edo_task_ref(inner);
    edo_task *outer = edo_spawn(calls_for_inner, arg);
    YIELD_FOR(running() > 0);
    edo_notify_one(&bell);
    YIELD_FOR(queued() > 0);
    CHECK(halts_after(20 * SECOND));
    CHECK(halt.fns[0] == awaits_inner);
    edo_task_cancel(seen); // its call leaves the queue
    edo_task_unref(seen);
    CHECK_EQ(edo_task_join(outer), -ECANCELED);
    return 0;
}

static void a_call_that_waits_for_a_call_is_named(void **state) {
    (void)state;
    assert_int_equal(
        inside_with(of_a_call_for_a_call, NULL, &(edo_runtime_opts){ .blocking_max = 1 }), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_call_is_named),
        cmocka_unit_test(a_call_that_waits_for_a_call_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
