/* SPDX-License-Identifier: MIT */
/* Goal: the watchdog never stays asleep while a worker is awake, whenever the worker awoke, and
 * does go to sleep when the worker sleeps; the end of a long poll is told once. Method: its
 * thread's function, with one worker that acts at each point by a script; all scripts. */
#include "runtime/watch/registry.h"
#include "runtime/watch/watchdog.h"
#include "runtime/worker/here.h"
#include "runtime/worker/idle.h"

#include "base/cond.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool wait_until(pthread_cond_t *cond, pthread_mutex_t *held, int64_t until_ns);
static edo_runtime *the_only_one(edo_runtime *rt);
static void end_of_look(void);

#define edoi_cond_wait        wait_until
#define edoi_registry_next    the_only_one
#define edoi_registry_release end_of_look
#include "runtime/watch/watchdog.c"
#undef edoi_cond_wait
#undef edoi_registry_next
#undef edoi_registry_release

#define POINTS      8u
#define LOOKS_AFTER 6u /* after the script is over */

/* The worker's acts. A short poll ends before the next check. */
typedef enum act { STAYS, AWAKES, GOES_TO_SLEEP, HAS_A_SHORT_POLL, ACTS } act;

static edo_runtime runtime;
static edoi_worker worker;
static edoi_worker *workers[] = { &worker };
static uint32_t script;  /* the acts, two bits each */
static uint32_t point;   /* of the script */
static uint32_t waits_n; /* after the script */
static bool is_awake, misses, sleeps_for_good;

/* As a worker does: scheduler.c. */
static void awake(void) {
    if (!is_awake) (void)edoi_idle_leave(&runtime.idle, 0);
    is_awake = true;
    edoi_watchdog_notice();
}

static void go_to_sleep(void) {
    if (is_awake) edoi_idle_enter(&runtime.idle, 0);
    is_awake = false;
}

/* False: the script is over. */
static bool act_at_point(void) {
    if (point == POINTS) return false;
    act now = (act)(script >> 2 * point & 3);
    point++;
    if (now == AWAKES || now == HAS_A_SHORT_POLL) awake();
    if (now == GOES_TO_SLEEP || now == HAS_A_SHORT_POLL) go_to_sleep();
    return true;
}

static edo_runtime *the_only_one(edo_runtime *rt) {
    return rt ? NULL : &runtime;
}

static void end_of_look(void) {
    (void)act_at_point();
    edoi_registry_release();
}

static bool act_without(pthread_mutex_t *held) {
    (void)pthread_mutex_unlock(held);
    bool acts = act_at_point();
    (void)pthread_mutex_lock(held);
    return acts;
}

static void wait_an_interval(pthread_mutex_t *held) {
    if (!act_without(held) && ++waits_n == LOOKS_AFTER) stops = true;
}

static void wait_for_good(pthread_mutex_t *held) {
    misses |= is_awake;
    if (misses || !act_without(held)) stops = sleeps_for_good = true;
}

static bool wait_until(pthread_cond_t *cond, pthread_mutex_t *held, int64_t until_ns) {
    (void)cond;
    if (until_ns == INT64_MAX) {
        wait_for_good(held);
    } else {
        wait_an_interval(held);
    }
    return true;
}

static void run_script(uint32_t acts) {
    script = acts;
    point = waits_n = 0;
    stops = misses = sleeps_for_good = false;
    go_to_sleep();
    (void)watch(NULL);
}

static void worker_that_is_awake_is_seen_whenever_it_awoke(void **state) {
    (void)state;
    edoi_locks_note(0); // else it wakes once more, to look whether all wait for good
    runtime.opts.watchdog.ns = DEFAULT_NS;
    runtime.workers = workers;
    runtime.workers_n = runtime.idle.workers_n = 1;
    worker.runtime = &runtime;
    edoi_store_rlx_u32(&worker.shown_thread.tid, 1);
    is_awake = true;
    for (uint32_t acts = 0; acts < 1u << 2 * POINTS; acts++) {
        run_script(acts);
        if (misses) fail_msg("script 0x%x: it sleeps, and the worker does not", (unsigned)acts);
        if (sleeps_for_good == is_awake)
            fail_msg("script 0x%x: it does not go to sleep", (unsigned)acts);
    }
}

/* ---- A long poll that has ended -------------------------------------------------------------- */

static void the_end_of_a_poll_that_was_named_is_told_once(void **state) {
    (void)state;
    edoi_watched seen = { .site = "crunch at here.c:7", .was_named = true };
    runtime.opts.name = "tests";
    worker.runtime = &runtime;
    report_file = fmemopen(report, sizeof report, "w");
    assert_non_null(report_file);
    report_end(&worker, &seen, 31000000);
    assert_string_equal(report,
                        "edo: crunch at here.c:7 kept worker 0 of runtime tests for about 31 "
                        "ms\n");
    memset(report, 0, sizeof report);
    report_end(&worker, &seen, 32000000);
    assert_string_equal(report, "");
    assert_int_equal(fclose(report_file), 0);
    report_file = NULL;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_that_is_awake_is_seen_whenever_it_awoke),
        cmocka_unit_test(the_end_of_a_poll_that_was_named_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
