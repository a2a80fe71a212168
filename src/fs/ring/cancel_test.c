/* SPDX-License-Identifier: MIT */
/* Goal: the kernel ends what a cancelled task has asked for: hundreds at once, and in the ring of a
 * worker that sleeps.
 * Method: reads of a pipe into which nobody writes, by the real kernel. */
#include "fs/ring/call.h"

#include "inside.h"
#include "rings.h"

#include <edo/edo.h>
#include <edo/fs.h>
#include <edo/stats.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#define CROWD 400 /* of 448 that a ring has room for */

static int silent[2]; /* a pipe */
static edo_task *tasks[CROWD];
static atomic_int begun_n;

static int read_silence(void *arg) {
    char byte;
    edoi_kring_op op = { .code = IORING_OP_READ, .fd = silent[0], .n = 1, .may_wait = true };
    op.at = (uint64_t)(uintptr_t)&byte;
    (void)atomic_fetch_add(&begun_n, 1);
    return arg ? -EINVAL : edoi_fs_ring_call(&op);
}

static uint64_t ring_ops(void) {
    edo_runtime_stats s = { 0 };
    edo_runtime_get_stats(edo_runtime_current(), &s);
    return s.ring_ops;
}

static void cancel_all(int n) {
    for (int i = 0; i < n; i++) edo_task_cancel(tasks[i]);
    for (int i = 0; i < n; i++) CHECK_EQ(edo_task_join(tasks[i]), -ECANCELED);
}

static int cancel_crowd(void *arg) {
    struct stat is;
    (void)arg;
    uint64_t before = ring_ops();
    atomic_store(&begun_n, 0);
    for (int i = 0; i < CROWD; i++) {
        CHECK((tasks[i] = edo_spawn(read_silence, NULL)) != NULL);
        if (i % 100 < 99) continue;
        while (atomic_load(&begun_n) <= i) CHECK_EQ(edo_yield(), 0);
        CHECK_EQ(edo_fs_stat(&is, "."), 0); // the kernel has those before
    }
    cancel_all(CROWD);
    CHECK_EQ(ring_ops() - before, CROWD + CROWD / 100); // cancellations are not among them
    return 0;
}

static void all_of_a_crowd_are_cancelled(void **state) {
    (void)state;
    NEED_RING();
    assert_int_equal(inside_with(cancel_crowd, NULL, &one_thread), 0);
}

#define MOVING 24

/* Tasks that move end on other workers than those whose rings have their operations, and which
 * sleep then. */
static int cancel_elsewhere(void *arg) {
    const edo_spawn_opts moves = { .migrate = true };
    (void)arg;
    for (int round = 0; round < 20; round++) {
        atomic_store(&begun_n, 0);
        for (int i = 0; i < MOVING; i++)
            CHECK((tasks[i] = edo_spawn_with(read_silence, NULL, &moves)) != NULL);
        while (atomic_load(&begun_n) < MOVING) (void)sched_yield(); // so the others take them
        CHECK_EQ(edo_sleep(edo_ms(2)), 0);
        cancel_all(MOVING);
    }
    return 0;
}

static void what_another_worker_cancels_ends(void **state) {
    (void)state;
    NEED_RING();
    assert_int_equal(inside_with(cancel_elsewhere, NULL, &kinds[KINDS_N - 1]), 0);
}

static int make_pipe(void **state) {
    (void)state;
    return pipe2(silent, O_CLOEXEC);
}

static int close_pipe(void **state) {
    (void)state;
    return close(silent[0]) + close(silent[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_crowd_are_cancelled),
        cmocka_unit_test(what_another_worker_cancels_ends),
    };
    assert_int_equal(setenv("EDO_FILES", "uring", 1), 0); // else one call at a time is a thread's
    return cmocka_run_group_tests(tests, make_pipe, close_pipe);
}
