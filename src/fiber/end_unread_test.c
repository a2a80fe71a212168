/* SPDX-License-Identifier: MIT */
/* Goal: what is said on the way to the end of a process keeps it from no end, if nobody reads.
 * Method: children, all at once, whose standard error is a pipe that is full. */
#include "base/assert.h"
#include "base/fork.h"
#include "fiber/fiber.h"
#include "fiber/overflow.h"
#include "last_words.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define ROOM 4096

static edoi_fiber thread_side, fiber;
static edoi_stack_pool pool;

EDOI_OPAQUE static uint64_t recurse(uint64_t depth) {
    volatile uint64_t pad[4] = { depth };
    return depth == UINT64_MAX ? 0 : recurse(depth + 1) + pad[0];
}

static edoi_fiber *recurse_for_ever(void *arg) {
    *(uint64_t *)arg = recurse(0);
    return &thread_side;
}

static void overflow(void) {
    edoi_stack *s = NULL;
    uint64_t out = 0;
    if (edoi_overflow_install() < 0 || edoi_overflow_thread_enter() < 0) _exit(90);
    if (edoi_stack_get(&pool, 0, &s) < 0) _exit(91);
    edoi_fiber_adopt(&thread_side);
    edoi_fiber_start(&fiber, s, &thread_side, recurse_for_ever, &out);
    (void)edoi_fiber_switch(&thread_side, &fiber, 0);
}

/* The program holds the signal back. */
static void overflow_without_alarms(void) {
    sigset_t alarms;
    (void)sigemptyset(&alarms);
    (void)sigaddset(&alarms, SIGALRM);
    (void)pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    overflow();
}

#ifdef EDO_DEBUG
static void misuse(void) {
    (void)EDO_MISUSE(true, "a call is wrong");
}

static void break_invariant(void) {
    EDO_ASSERT(errno == -1);
}

static void *say(void *arg) {
    (void)fputs("the program's own\n", stderr);
    return arg;
}

/* A thread of the program waits in stdio for the reader, with its lock. */
static void misuse_beside_another(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, say, NULL) != 0) _exit(92);
    while (ftrylockfile(stderr) == 0) {
        funlockfile(stderr);
        (void)sched_yield();
    }
    misuse();
}
#endif

static void nobody_who_reads_is_needed_for_an_end(void **state) {
    (void)state;
#ifdef EDOI_TSAN
    print_message("skipped: the thread sanitizer puts a signal off while write() waits\n");
    skip();
#endif
    if (getenv("EDO_TEST_EMULATED")) {
        print_message("skipped: an emulator tells of an abort on the same standard error\n");
        skip();
    }
    static const struct {
        void (*run)(void);
        int status; /* 0: it aborts */
    } rows[] = {
        { overflow, 0 }, { overflow_without_alarms, 0 }, { edoi_fork_task_returned, 1 },
#ifdef EDO_DEBUG
        { misuse, 0 },   { misuse_beside_another, 0 },   { break_invariant, 0 },
#endif
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    static const char full[ROOM];
    pid_t children[ROWS];
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, ROOM), ROOM);
    assert_int_equal(write(ends[1], full, sizeof full), ROOM);
    (void)fflush(NULL);
    for (size_t i = 0; i < ROWS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] > 0) continue;
        may_abort();
        (void)dup2(ends[1], STDERR_FILENO);
        rows[i].run();
        _exit(99);
    }
    for (size_t i = 0; i < ROWS; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        if (rows[i].status == 0) assert_true(is_abort(status));
        if (rows[i].status != 0) assert_true(WIFEXITED(status));
        if (rows[i].status != 0) assert_int_equal(WEXITSTATUS(status), rows[i].status);
    }
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(nobody_who_reads_is_needed_for_an_end) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
