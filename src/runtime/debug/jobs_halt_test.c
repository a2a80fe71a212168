/* SPDX-License-Identifier: MIT */
/* Goal: the watchdog's thread itself tells of a pool whose blocking calls wait while none begins:
 * once, with the runtime's name, how many wait, and what the threads run; not of a slow call that
 * nobody waits for.
 * Method: the thread of a real runtime, with a clock that the test moves; in a child, whose
 * standard error is read. */
#include "base/atomic.h"
#include "base/cond.h"
#include "driver/clock.h"
#include "runtime/scheduler/blocked.h"

#include <edo/locks.h>
#include <edo/notify.h>

static int64_t clock_ahead(void);
static bool wait_behind(pthread_cond_t *cond, pthread_mutex_t *held, int64_t until_ns);
static bool look_counted(int64_t now_ns);

#define edoi_clock_monotonic   clock_ahead
#define edoi_cond_wait         wait_behind
#define edoi_blocked_jobs_look look_counted
#include "runtime/watch/watchdog.c"
#undef edoi_clock_monotonic
#undef edoi_cond_wait
#undef edoi_blocked_jobs_look

#include "gate.h"
#include "inside.h"
#include "last_words.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)

static char said[16384];

/* ---- The watchdog's time --------------------------------------------------------------------- */

/* atomic, relaxed: nothing else hangs on them */
static edo_atomic_u64 ahead_ns, looks_n;

static int64_t clock_ahead(void) {
    return edoi_clock_monotonic() + (int64_t)edoi_load_rlx_u64(&ahead_ns);
}

static bool wait_behind(pthread_cond_t *cond, pthread_mutex_t *held, int64_t until_ns) {
    const bool is_for_ever = until_ns == INT64_MAX;
    const int64_t ahead = (int64_t)edoi_load_rlx_u64(&ahead_ns);
    return edoi_cond_wait(cond, held, is_for_ever ? until_ns : until_ns - ahead);
}

static bool look_counted(int64_t now_ns) {
    const bool any_waits = edoi_blocked_jobs_look(now_ns);
    (void)edoi_add_rlx_u64(&looks_n, 1);
    return any_waits;
}

/* Until the thread has looked twice at a later time: the first look may have begun before. */
static void pass(uint64_t seconds) {
    for (int i = 0; i < 2; i++) {
        const uint64_t before = edoi_load_rlx_u64(&looks_n);
        (void)edoi_add_rlx_u64(&ahead_ns, seconds * SECOND);
        YIELD_FOR(edoi_load_rlx_u64(&looks_n) > before);
    }
}

/* ---- The pool -------------------------------------------------------------------------------- */

static uint64_t told_n(void) {
    edo_locks_stats s;
    edo_locks_get_stats(&s);
    return s.standing;
}

static uint32_t queued(void) {
    edo_blocking_stats s;
    edo_blocking_get_stats(edo_runtime_current(), &s);
    return s.queue;
}

static gate gates[2] = { GATE, GATE };

static int passes_first(void *arg) {
    (void)arg;
    return gate_pass(&gates[0]);
}

static int passes_second(void *arg) {
    (void)arg;
    return gate_pass(&gates[1]);
}

static int is_short(void *arg) {
    (void)arg;
    return 0;
}

static int calls(void *fn) {
    edo_task_fn *const *f = fn;
    return edo_blocking(*f, NULL);
}

static int halts(void *arg) {
    static edo_task_fn *const fns[] = { passes_first, passes_second, passes_second, is_short };
    edo_task *tasks[EDO_COUNT(fns)];
    (void)arg;
    for (size_t i = 0; i < 3; i++) tasks[i] = edo_spawn(calls, (void *)(uintptr_t)&fns[i]);
    CHECK_EQ(gate_yield_begun(&gates[0], 1), 0);
    CHECK_EQ(gate_yield_begun(&gates[1], 2), 0);
    pass(20);
    CHECK_EQ(told_n(), 0); // nobody waits
    tasks[3] = edo_spawn(calls, (void *)(uintptr_t)&fns[3]);
    YIELD_FOR(queued() > 0);
    pass(1); // by that clock it waits for 40 s already
    CHECK_EQ(told_n(), 1);
    pass(20);
    CHECK_EQ(told_n(), 1); // once
    gate_open(&gates[0]);
    gate_open(&gates[1]);
    for (size_t i = 0; i < EDO_COUNT(fns); i++) CHECK(edo_task_join(tasks[i]) >= 0);
    return 0;
}

static int in_a_child(void *arg) {
    const edo_runtime_opts opts = { .name = "shop", .watchdog = edo_ms(2), .blocking_max = 3 };
    CHECK_EQ(edo_locks_watch(NULL), 0);
    return inside_with(halts, arg, &opts);
}

static void a_pool_that_halts_is_told_by_the_watchdog(void **state) {
    (void)state;
    const int status = last_words(in_a_child, NULL, said, sizeof said);
    if (status != 0) fail_msg("status %d:\n%s", status, said);
    const char *told = strstr(said, "edo: blocking calls of runtime shop wait for a thread: 1, and "
                                    "none has begun for ");
    assert_non_null(told);
    assert_null(strstr(told + 1, "edo: blocking calls of"));
    assert_non_null(strstr(told, " s. Its threads (3, at most 3) run: "));
    assert_non_null(strstr(told, "passes_first (1)"));
    assert_non_null(strstr(told, "passes_second (2)"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_that_halts_is_told_by_the_watchdog),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
