/* SPDX-License-Identifier: MIT */
/* Goal: a task that keeps its worker is named once, with the stack of the culprit; no other task is
 * named; and an idle program is left asleep. Method: programs in child processes, and their
 * standard error. */
#include <edo/async.h>
#include <edo/edo.h>

#include "inside.h"
#include "last_words.h"
#include "patience.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char said[64 * 1024];

typedef struct program {
    edo_task_fn *root;
    edo_runtime_opts opts;
} program;

static int run_main(void *arg) {
    const program *p = arg;
    return edo_main_with(p->root, NULL, &p->opts);
}

/* Runs `root` under edo_main in a child, with its standard error in `said`. The child knows what it
 * has said: a task stays as long as the watchdog needs. */
static void run(edo_task_fn *root, edo_runtime_opts opts) {
    program p = { root, opts };
    int status = last_words_in_file(run_main, &p, said, sizeof said);
    if (status != 0) (void)fprintf(stderr, "%s", said);
    assert_int_equal(status, 0);
}

static void want(const char *part) {
    if (!strstr(said, part)) (void)fprintf(stderr, "'%s' is missing in:\n%s", part, said);
    assert_non_null(strstr(said, part));
}

static int count(const char *part) {
    int n = 0;
    for (const char *at = said; (at = strstr(at, part)); at++) n++;
    return n;
}

static int64_t cpu_ms(void) {
    struct timespec ts;
    CHECK_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* In the child, inside a poll: is `part` still to be said? After 30 s nobody waits any more. */
static bool is_awaited(const char *part) {
    static int64_t end_ms; // of one wait in each child
    struct timespec ts;
    CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
    int64_t now_ms = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
    if (end_ms == 0) end_ms = now_ms + 30000;
    said_by_now(said, sizeof said);
    return now_ms < end_ms && !strstr(said, part);
}

static void compute_for(int64_t ms) {
    int64_t from_ms = cpu_ms();
    while (cpu_ms() - from_ms < ms) EDOI_COMPILER_BARRIER();
}

EDOI_OPAQUE static void compute_until_named(void) {
    do {
        compute_for(100);
    } while (is_awaited(" keeps worker "));
}

/* A report that left standard error locked would block this for ever. */
static int speak(void) {
    (void)alarm(60);
    (void)fprintf(stderr, "the task speaks, too\n");
    (void)alarm(0);
    return 0;
}

static int culprit(void *arg) {
    (void)arg;
    compute_until_named();
    return speak();
}

static int computes(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(culprit, NULL);
    return edo_task_join(t);
}

static int sleeper(void *arg) {
    (void)arg;
    do {
        (void)nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
    } while (is_awaited(" keeps worker "));
    return 0;
}

static int blocks(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(sleeper, NULL);
    return edo_task_join(t);
}

#define KINDS 2
static const edo_runtime_flavor flavors[KINDS] = { EDO_RUNTIME_CURRENT, EDO_RUNTIME_MULTI };

/* The thread has 100 ms to tell its stack, which a busy machine may not let it have: the report has
 * none then. */
static bool has_stack(void) {
#ifdef EDOI_TSAN // it keeps the signal for later
    return true;
#else
    return count("      #0 ") > 0;
#endif
}

static void task_that_computes_is_named_once_with_its_end(void **state) {
    (void)state;
    const int64_t since_s = patience_now_s();
    for (int i = 0; i < KINDS; i += has_stack()) {
        patience_check(since_s, "the report has a stack", __FILE__, __LINE__);
        run(computes, (edo_runtime_opts){ .flavor = flavors[i], .watchdog = EDO_MS(20) });
        want("culprit at ");
        want(" ms, and computes: nobody else can run there\n");
        assert_int_equal(count(" keeps worker "), 1);
        assert_int_equal(count(" kept worker "), 1);
        want("the task speaks, too\n");
        if (count("      #0 ") > 0) want(" compute_until_named+0x");
    }
}

static void task_that_waits_in_the_kernel_is_named(void **state) {
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        // all calls are one poll
        run(blocks, (edo_runtime_opts){ .flavor = flavors[i], .watchdog = EDO_MS(10) });
        want("sleeper at ");
        want(" ms, and waits in the kernel (");
        want(" ms): nobody else can run there\n");
        if (count("      #1 ")) want(" sleeper+0x");
    }
}

/* As a task does that waits for a short lock. */
static int napper(void *arg) {
    (void)arg;
    do {
        for (int i = 0; i < 50; i++)
            (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    } while (is_awaited(" keeps worker "));
    return 0;
}

static int naps_in_task(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(napper, NULL);
    return edo_task_join(t);
}

static void task_that_waits_again_and_again_is_named(void **state) {
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        run(naps_in_task, (edo_runtime_opts){ .flavor = flavors[i], .watchdog = EDO_MS(10) });
        want("napper at ");
        want(" ms, and waits in the kernel again and again");
    }
}

static int yields(void *arg) {
    (void)arg;
    int64_t from_ms = cpu_ms();
    while (cpu_ms() - from_ms < 100) CHECK_EQ(edo_yield(), 0);
    return edo_sleep(edo_ms(50));
}

static void task_that_lets_others_run_is_not_named(void **state) {
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        run(yields, (edo_runtime_opts){ .flavor = flavors[i], .watchdog = EDO_MS(20) });
        assert_int_equal(count("keeps worker"), 0);
    }
}

static int compute_briefly(void *arg) {
    (void)arg;
    compute_for(300);
    return 0;
}

static int computes_briefly(void *arg) {
    return edo_task_join(edo_spawn(compute_briefly, arg));
}

static void without_a_watchdog_no_task_is_named(void **state) {
    (void)state;
    run(computes_briefly, (edo_runtime_opts){ .watchdog = EDO_OFF });
    assert_int_equal(count("keeps worker"), 0);
}

/* The root, whose limit is long, makes a runtime whose limit is short. */
static int computes_elsewhere(void *arg) {
    edo_runtime *rt;
    int err = edo_runtime_new(&rt, &(edo_runtime_opts){ .name = "other", .watchdog = EDO_MS(20) });
    if (err < 0) return err;
    err = edo_run(rt, computes, arg);
    edo_runtime_free(rt);
    return err;
}

static int run_beside(void *arg) {
    edo_runtime *rt;
    int err = edo_runtime_new(&rt, &(edo_runtime_opts){ .watchdog = EDO_MS(60000) });
    if (err < 0) return err;
    (void)nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL); // it has looked, and waits
    err = computes_elsewhere(arg);
    edo_runtime_free(rt);
    return err;
}

static void a_shorter_limit_counts_at_once(void **state) {
    (void)state;
    assert_int_equal(last_words_in_file(run_beside, NULL, said, sizeof said), 0);
    want(" of runtime other for ");
}

/* ---- On purpose ------------------------------------------------------------------------------ */

/* One call; a signal would cut it short. */
static int naps(void *arg) {
    (void)arg;
    return nanosleep(&(struct timespec){ .tv_nsec = 150000000 }, NULL);
}

EDO_ASYNC(in_place, int err; bool computes;) {
    EDO_BEGIN;
    self->err = edo_block_in_place(naps, NULL);
    if (self->err == 0 && self->computes) compute_until_named();
    EDO_RETURN(self->err);
    EDO_CLEANUP;
    EDO_END;
}

static int blocks_in_place(void *arg) {
    (void)arg;
    in_place one;
    one.computes = false;
    int err = edo_await(in_place_init(&one));
    return err < 0 ? err : edo_task_join(edo_spawn_future(in_place_init(&one)));
}

static int computes_after_a_block_in_place(void *arg) {
    (void)arg;
    in_place one;
    one.computes = true;
    return edo_task_join(edo_spawn_future(in_place_init(&one)));
}

static void task_that_blocks_in_place_is_not_named(void **state) {
    (void)state;
    run(blocks_in_place, (edo_runtime_opts){ .workers = 2, .watchdog = EDO_MS(20) });
    assert_int_equal(count("keeps worker"), 0);
}

static void task_that_computes_after_a_block_in_place_is_named(void **state) {
    (void)state;
    run(computes_after_a_block_in_place,
        (edo_runtime_opts){ .workers = 2, .watchdog = EDO_MS(20) });
    want(" ms, and computes: nobody else can run there\n");
    assert_int_equal(count(" keeps worker "), 1);
}

static bool is_named; /* the awaiter below; before the fork */

static int sleeps_for_long(void *arg) {
    (void)arg;
    int err;
    do {
        err = edo_sleep(edo_ms(150));
    } while (err == 0 && is_named && is_awaited("nobody runs the tasks"));
    return err < 0 ? err : speak();
}

EDO_ASYNC(awaits_in_place, int err;) {
    EDO_BEGIN;
    self->err = edo_block_in_place(sleeps_for_long, NULL);
    EDO_RETURN(self->err);
    EDO_CLEANUP;
    EDO_END;
}

static int awaits_in_a_block_in_place(void *arg) {
    (void)arg;
    awaits_in_place one;
    return edo_task_join(edo_spawn_future(awaits_in_place_init(&one)));
}

static void task_that_awaits_in_place_with_no_worker_left_is_named(void **state) {
    (void)state;
    is_named = true;
    run(awaits_in_a_block_in_place, (edo_runtime_opts){ .workers = 1, .watchdog = EDO_MS(20) });
    want("edo: nobody runs the tasks of runtime edo: all of its workers (1) are in "
         "edo_block_in_place(), and one awaits there: awaits_in_place_init(&one) at ");
    if (count("      #1 ")) {
        want(" edo_sleep+");
        want(" edo_block_in_place+");
    }
    assert_int_equal(count("nobody runs the tasks"), 1);
    want("the task speaks, too\n");
    is_named = false;
    run(blocks_in_place, (edo_runtime_opts){ .workers = 1, .watchdog = EDO_MS(20) });
    assert_int_equal(count("nobody runs the tasks"), 0);
    run(awaits_in_a_block_in_place, (edo_runtime_opts){ .workers = 2, .watchdog = EDO_MS(20) });
    assert_int_equal(count("nobody runs the tasks"), 0);
}

/* ---- Idle ------------------------------------------------------------------------------------ */

/* How often threads of this process were put to sleep. */
static long switches(void) {
    struct rusage use;
    CHECK_EQ(getrusage(RUSAGE_SELF, &use), 0);
    return use.ru_nvcsw;
}

static int idles(void *arg) {
    (void)arg;
    int err = edo_sleep(edo_ms(200)); // until the watchdog sleeps, too
    long before, n = LONG_MAX;
    for (int i = 0; err == 0 && n >= 40; i++) { // with a tick of 1 ms: some hundreds, each time
        CHECK(i < 50); // on a busy machine the watchdog may be late to sleep, but it does
        before = switches();
        err = edo_sleep(edo_ms(600));
        n = switches() - before;
    }
    return err;
}

static void idle_program_does_not_tick(void **state) {
    (void)state;
    for (int i = 0; i < KINDS; i++)
        run(idles, (edo_runtime_opts){ .flavor = flavors[i], .watchdog = EDO_MS(2) });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(task_that_computes_is_named_once_with_its_end),
        cmocka_unit_test(task_that_waits_in_the_kernel_is_named),
        cmocka_unit_test(task_that_waits_again_and_again_is_named),
        cmocka_unit_test(task_that_lets_others_run_is_not_named),
        cmocka_unit_test(without_a_watchdog_no_task_is_named),
        cmocka_unit_test(a_shorter_limit_counts_at_once),
        cmocka_unit_test(task_that_blocks_in_place_is_not_named),
        cmocka_unit_test(task_that_computes_after_a_block_in_place_is_named),
        cmocka_unit_test(task_that_awaits_in_place_with_no_worker_left_is_named),
        cmocka_unit_test(idle_program_does_not_tick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
