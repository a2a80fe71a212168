/* SPDX-License-Identifier: MIT */
/* Goal: whatever ran before, a task that may move does not wait behind a poll that does not end: a
 * sibling that idles takes it.
 * Method: 2,000 short tasks first, by which the workers have learnt that polls are short. Then
 * tasks block their threads until another task has begun, which it can on another worker only. No
 * time is measured: a task that waits in vain gives up, and reports it. */
#include <edo/async.h>
#include <edo/edo.h>
#include <edo/stats.h>

#include <errno.h>
#include <semaphore.h>
#include <time.h>

#include "multi.h"

#define SHORT_TASKS 2000
#define GIVEN_UP_S  20
#define ROUNDS      5

/* Each task of a round waits, in the kernel, for the one that posts its semaphore. */
static sem_t begun[2];

static int post(sem_t *s) {
    return sem_post(s) < 0 ? -errno : 0;
}

/* Without an await: the thread sleeps. */
static int block_until(sem_t *s) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += GIVEN_UP_S;
    while (sem_timedwait(s, &until) < 0)
        if (errno != EINTR) return -errno;
    return 0;
}

EDO_ASYNC(short_machine, char unused;) {
    EDO_BEGIN;
    EDO_END;
}

static int short_fiber(void *arg) {
    (void)arg;
    return 0;
}

/* In a fiber. */
static int run_short_tasks(bool fibers) {
    static edo_task *tasks[SHORT_TASKS];
    for (int i = 0; i < SHORT_TASKS; i++) {
        short_machine m;
        tasks[i] = fibers ? edo_spawn(short_fiber, NULL) : edo_spawn_future(short_machine_init(&m));
    }
    int err = 0;
    for (int i = 0; i < SHORT_TASKS; i++) {
        int ended = edo_task_join(tasks[i]);
        if (ended < 0) err = ended;
    }
    return err;
}

/* ---- Two that block -------------------------------------------------------------------------- */

static int meet(int me) {
    int err = post(&begun[1 - me]);
    return err < 0 ? err : block_until(&begun[me]);
}

EDO_ASYNC(meeting, int me;) {
    EDO_BEGIN;
    EDO_RETURN(meet(self->me));
    EDO_END;
}

static int meet_in_fiber(void *me) {
    return meet(*(const int *)me);
}

static int two_meet(bool fibers) {
    static const int numbers[2] = { 0, 1 };
    edo_task *both[2];
    for (int i = 0; i < 2; i++) {
        meeting m;
        m.me = i;
        both[i] = fibers ? edo_spawn(meet_in_fiber, (void *)(uintptr_t)&numbers[i])
                         : edo_spawn_future(meeting_init(&m));
    }
    int first = edo_task_join(both[0]), second = edo_task_join(both[1]);
    return first < 0 ? first : second;
}

static int fibers_that_block(void *arg) {
    (void)arg;
    int err = run_short_tasks(true);
    return err < 0 ? err : two_meet(true);
}

static int machines_that_block(void *arg) {
    (void)arg;
    int err = run_short_tasks(false);
    return err < 0 ? err : two_meet(false);
}

/* ---- A child whose parent blocks ------------------------------------------------------------- */

EDO_ASYNC(child_machine, char unused;) {
    EDO_BEGIN;
    EDO_RETURN(post(&begun[0]));
    EDO_END;
}

static int child_fiber(void *arg) {
    (void)arg;
    return post(&begun[0]);
}

static int block_above_fiber(void *arg) {
    int err = run_short_tasks(true);
    if (err < 0) return err;
    edo_task *child = edo_spawn(child_fiber, arg);
    err = block_until(&begun[0]);
    int ended = edo_task_join(child);
    return err < 0 ? err : ended;
}

static int block_above_machine(void *arg) {
    (void)arg;
    int err = run_short_tasks(false);
    if (err < 0) return err;
    child_machine m;
    edo_task *child = edo_spawn_future(child_machine_init(&m));
    err = block_until(&begun[0]);
    int ended = edo_task_join(child);
    return err < 0 ? err : ended;
}

/* ---- Those that wait on the worker ----------------------------------------------------------- */

static edo_notify bell;

EDO_ASYNC(listener, edo_notify_wait_future wait;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_notify_wait_init(&self->wait, &bell));
    EDO_RETURN(post(&begun[0]));
    EDO_END;
}

/* It went pending on this worker a moment ago, which keeps it as one of the last few; the wake
 * comes in the poll that blocks. */
static int block_above_woken(void *arg) {
    (void)arg;
    int err = run_short_tasks(false);
    if (err < 0) return err;
    bell = (edo_notify)EDO_NOTIFY_INIT;
    listener m;
    edo_task *waits = edo_spawn_future(listener_init(&m));
    err = edo_yield();
    edo_notify_one(&bell);
    if (err == 0) err = block_until(&begun[0]);
    int ended = edo_task_join(waits);
    return err < 0 ? err : ended;
}

EDO_ASYNC(yielder, edo_yield_future yield; int turn;) {
    EDO_BEGIN;
    for (self->turn = 0; self->turn < 3; self->turn++) EDO_AWAIT(edo_yield_init(&self->yield));
    EDO_RETURN(post(&begun[0]));
    EDO_END;
}

static int block_above_one_that_yields(void *arg) {
    (void)arg;
    int err = run_short_tasks(false);
    if (err < 0) return err;
    yielder m;
    edo_task *yields = edo_spawn_future(yielder_init(&m));
    err = edo_yield();
    if (err == 0) err = block_until(&begun[0]);
    int ended = edo_task_join(yields);
    return err < 0 ? err : ended;
}

/* The task that the poll spawns after it was taken over: it blocks twice. */
static int block_twice(void *arg) {
    int err = block_above_fiber(arg);
    if (err < 0) return err;
    for (int i = 0; i < 2 && err == 0; i++) {
        child_machine m;
        edo_task *child = edo_spawn_future(child_machine_init(&m));
        err = child ? block_until(&begun[0]) : -ENOMEM;
        edo_task_detach(child);
    }
    return err;
}

/* ---- The table ------------------------------------------------------------------------------- */

static void nothing_waits_behind_a_poll(void **state) {
    (void)state;
    static const struct {
        const char *name;
        edo_task_fn *root;
    } rows[] = {
        { "fibers that block", fibers_that_block },
        { "state machines that block", machines_that_block },
        { "child fiber of a parent that blocks", block_above_fiber },
        { "child machine of a parent that blocks", block_above_machine },
        { "woken by a poll that blocks", block_above_woken },
        { "yields beside a poll that blocks", block_above_one_that_yields },
        { "children of a poll that blocks twice", block_twice },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_runtime *rt = multi(2);
        for (int round = 0; round < ROUNDS; round++) {
            for (int k = 0; k < 2; k++) assert_int_equal(sem_init(&begun[k], 0, 0), 0);
            int err = edo_run(rt, rows[i].root, NULL);
            if (err < 0) fail_msg("%s: %s", rows[i].name, edo_strerror(err));
        }
        edo_runtime_free(rt);
    }
}

static uint64_t parks(edo_runtime *rt) {
    edo_runtime_stats s = { 0 };
    edo_runtime_get_stats(rt, &s);
    return s.all.parks;
}

/* Blocks its thread for a while; there is nothing else to run. */
static int sleep_in_the_kernel(void *arg) {
    edo_instant begin = edo_now();
    uint64_t before = parks(arg);
    (void)nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
    int64_t ms = edo_instant_since(edo_now(), begin).ns / 1000000;
    return parks(arg) - before > (uint64_t)ms / 2 ? -EBUSY : 0; // it looks each 4 ms
}

/* It would look each millisecond while there is something to be taken over. */
static void long_poll_without_tasks_behind_it_is_checked_rarely(void **state) {
    (void)state;
    edo_runtime *rt = multi(2);
    int err = edo_run(rt, sleep_in_the_kernel, rt);
    edo_runtime_free(rt);
    assert_int_equal(err, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_waits_behind_a_poll),
        cmocka_unit_test(long_poll_without_tasks_behind_it_is_checked_rarely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
