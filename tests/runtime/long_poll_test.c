/* SPDX-License-Identifier: MIT */
/* Goal: behind a long poll stand only the fibers that live on its worker; the sibling that idles
 * fires its timers, takes its events and runs its queued tasks. And when nothing runs no thread
 * wakes.
 * Method: public API; a fiber burns the CPU without an await until the others have been served: it
 * ends only because they were, however slow the machine is. Another keeps the sibling busy while
 * timers and sockets are given to the worker of the first. */
#include <edo/async.h>
#include <edo/edo.h>
#include <edo/net.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "multi.h"

#define OTHERS   40  /* more than are deferred */
#define QUEUED   200 /* more than a batch */
#define GIVEN_UP 20  /* s */

static uint32_t get(const edo_atomic_u32 *a) {
    return __atomic_load_n(&a->edoi_value, __ATOMIC_SEQ_CST);
}

static void set(edo_atomic_u32 *a, uint32_t v) {
    __atomic_store_n(&a->edoi_value, v, __ATOMIC_SEQ_CST);
}

static void count(edo_atomic_u32 *a) {
    (void)__atomic_fetch_add(&a->edoi_value, 1, __ATOMIC_SEQ_CST);
}

/* Burns until `*a` is `want` at least: 0, or -ETIMEDOUT. */
static int burn_until(const edo_atomic_u32 *a, uint32_t want) {
    struct timespec from, now;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    do {
        if (get(a) >= want) return 0;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - from.tv_sec < GIVEN_UP);
    return -ETIMEDOUT;
}

/* ---- The sibling is kept busy ---------------------------------------------------------------- */

static struct {
    pthread_t not_here;
    edo_atomic_u32 is_there, is_here, release;
} occupier;

static int occupy(void *arg) {
    (void)arg;
    if (pthread_equal(pthread_self(), occupier.not_here)) {
        set(&occupier.is_here, 1);
        return 0;
    }
    set(&occupier.is_there, 1);
    return burn_until(&occupier.release, 1);
}

/* From a fiber: the other worker runs nothing but the returned task until release_sibling(). */
static edo_task *occupy_sibling(void) {
    occupier.not_here = pthread_self();
    set(&occupier.is_there, 0);
    set(&occupier.release, 0);
    for (;;) {
        set(&occupier.is_here, 0);
        edo_task *t = edo_spawn(occupy, NULL);
        // no await for a moment: only the other can take it now
        for (int i = 0; i < 1000 && !get(&occupier.is_there); i++) (void)usleep(100);
        while (!get(&occupier.is_there) && !get(&occupier.is_here))
            if (edo_yield() < 0) return NULL;
        if (get(&occupier.is_there)) return t;
        if (edo_task_join(t) < 0) return NULL;
    }
}

static int release_sibling(edo_task *t) {
    set(&occupier.release, 1);
    return edo_task_join(t);
}

/* Others poll: until all of them have gone idle. */
static int let_them_settle(const edo_atomic_u32 *waiting) {
    while (get(waiting) < OTHERS) {
        int err = edo_yield();
        if (err < 0) return err;
    }
    return edo_sleep(edo_ms(1));
}

static void run_root(edo_task_fn *root) {
    edo_runtime *rt = multi(2);
    assert_int_equal(edo_run(rt, root, NULL), 0);
    edo_runtime_free(rt);
}

static edo_atomic_u32 waiting, served;

/* ---- Timers ---------------------------------------------------------------------------------- */

EDO_ASYNC(sleeper, edo_sleep_future sleep;) {
    EDO_BEGIN;
    count(&waiting);
    EDO_AWAIT(edo_sleep_init(&self->sleep, edo_ms(100)));
    count(&served);
    EDO_CLEANUP;
    EDO_END;
}

static int arm_and_burn(void *arg) {
    (void)arg;
    set(&waiting, 0);
    set(&served, 0);
    edo_task *occupied = occupy_sibling();
    for (int i = 0; i < OTHERS; i++) {
        sleeper one;
        if (edo_spawn_future_detached(sleeper_init(&one)) < 0) return -ENOMEM;
    }
    int err = let_them_settle(&waiting);
    set(&occupier.release, 1);
    if (err == 0) err = burn_until(&served, OTHERS);
    return err < 0 ? err : release_sibling(occupied);
}

static void timers_of_a_worker_in_a_long_poll_fire(void **state) {
    (void)state;
    run_root(arm_and_burn);
}

/* ---- Sockets --------------------------------------------------------------------------------- */

EDO_ASYNC(reader, edo_stream *stream; char byte; edo_read_future read;) {
    EDO_BEGIN;
    count(&waiting);
    EDO_AWAIT(edo_read_init(&self->read, self->stream, &self->byte, 1));
    if (edo_result(&self->read) == 1) count(&served);
    EDO_CLEANUP;
    edo_close(self->stream);
    EDO_END;
}

/* OTHERS connections: `ours` wait here, into `theirs` a byte may be written. */
static int connect_all(edo_stream **ours, edo_stream **theirs) {
    edo_listener *l;
    char address[64];
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    edo_addr bound;
    err = edo_listener_addr(l, &bound);
    if (err >= 0) err = edo_addr_print(&bound, address, sizeof address);
    for (int i = 0; i < OTHERS && err >= 0; i++) {
        err = edo_tcp_connect(&theirs[i], address, NULL);
        if (err >= 0) err = edo_accept(l, &ours[i]);
    }
    edo_listener_close(l);
    return err < 0 ? err : 0;
}

static int read_and_burn(void *arg) {
    (void)arg;
    edo_stream *ours[OTHERS], *theirs[OTHERS];
    set(&waiting, 0);
    set(&served, 0);
    int err = connect_all(ours, theirs);
    if (err < 0) return err;
    edo_task *occupied = occupy_sibling();
    for (int i = 0; i < OTHERS; i++) {
        reader one;
        one.stream = ours[i];
        if (edo_spawn_future_detached(reader_init(&one)) < 0) return -ENOMEM;
    }
    err = let_them_settle(&waiting);
    set(&occupier.release, 1);
    for (int i = 0; i < OTHERS && err >= 0; i++) err = edo_try_write(theirs[i], "x", 1);
    if (err >= 0) err = burn_until(&served, OTHERS);
    for (int i = 0; i < OTHERS; i++) edo_close(theirs[i]);
    return err < 0 ? err : release_sibling(occupied);
}

static void events_of_a_worker_in_a_long_poll_are_taken(void **state) {
    (void)state;
    run_root(read_and_burn);
}

/* ---- Queued ---------------------------------------------------------------------------------- */

EDO_ASYNC(runner, char unused;) {
    EDO_BEGIN;
    count(&served);
    EDO_CLEANUP;
    EDO_END;
}

/* The sibling sleeps, without a bound: nothing has run for a while. */
static int queue_and_burn(void *arg) {
    (void)arg;
    set(&served, 0);
    int err = edo_sleep(edo_ms(50));
    for (int i = 0; i < QUEUED && err == 0; i++) {
        runner one;
        err = edo_spawn_future_detached(runner_init(&one));
    }
    return err < 0 ? err : burn_until(&served, QUEUED);
}

static void task_queued_behind_a_long_poll_is_run(void **state) {
    (void)state;
    run_root(queue_and_burn);
}

static int burn_served(void *arg) {
    (void)arg;
    set(&waiting, 1);
    return burn_until(&served, 1);
}

static int serve(void *arg) {
    (void)arg;
    count(&served);
    return 0;
}

static void a_spawn_from_outside_does_not_wait_for_a_long_poll(void **state) {
    (void)state;
    edo_runtime *rt = multi(2);
    for (int i = 0; i < 10; i++) {
        set(&waiting, 0);
        set(&served, 0);
        edo_task *burner = edo_spawn_on(rt, burn_served, NULL);
        assert_int_equal(burn_until(&waiting, 1), 0); // else both may be in one batch
        assert_int_equal(edo_run(rt, serve, NULL), 0);
        edo_task_join_future join;
        assert_int_equal(edo_block_on(rt, edo_task_join_init(&join, burner)), 0);
    }
    edo_runtime_free(rt);
}

/* ---- Idle ------------------------------------------------------------------------------------ */

/* How often the threads named `name`... have gone to sleep, ever. */
static long sleeps_of(const char *name) {
    long sum = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (const struct dirent *entry; (entry = readdir(tasks));) {
        char path[64 + sizeof entry->d_name], line[256];
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        FILE *file = fopen(path, "re");
        bool is_one = false;
        while (file && fgets(line, sizeof line, file)) {
            if (strncmp(line, "Name:\t", 6) == 0)
                is_one = strncmp(line + 6, name, strlen(name)) == 0;
            if (is_one && strncmp(line, "voluntary_ctxt_switches:", 24) == 0)
                sum += strtol(line + 24, NULL, 10);
        }
        if (file) (void)fclose(file);
    }
    (void)closedir(tasks);
    return sum;
}

static int burn_until_served(void *arg) {
    (void)arg;
    return burn_until(&served, 1);
}

/* All sleep without a bound when it begins, and it comes from outside. */
static void a_long_poll_that_ends_a_rest_is_watched(void **state) {
    (void)state;
    edo_runtime *rt = multi(2);
    assert_int_equal(edo_runtime_enter(rt), 0);
    for (int round = 0; round < 3; round++) {
        set(&served, 0);
        sleeper s;
        assert_int_equal(edo_spawn_future_detached(sleeper_init(&s)), 0);
        const struct timespec rest = { .tv_nsec = 50000000 }; // the watchers give up in 8 ms
        (void)nanosleep(&rest, NULL);
        assert_int_equal(edo_run(rt, burn_until_served, NULL), 0);
    }
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

static void no_thread_wakes_while_nothing_runs(void **state) {
    (void)state;
    edo_runtime *rt = NULL;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 4, .name = "quiet" };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, serve, NULL), 0);
    long before = -1, after = sleeps_of("quiet-");
    for (int i = 0; i < 50 && before != after;
         i++) { // on a busy machine the last look may come late
        before = after;
        (void)usleep(200000);
        after = sleeps_of("quiet-");
    }
    assert_int_equal(before, after);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_of_a_worker_in_a_long_poll_fire),
        cmocka_unit_test(events_of_a_worker_in_a_long_poll_are_taken),
        cmocka_unit_test(task_queued_behind_a_long_poll_is_run),
        cmocka_unit_test(a_spawn_from_outside_does_not_wait_for_a_long_poll),
        cmocka_unit_test(a_long_poll_that_ends_a_rest_is_watched),
        cmocka_unit_test(no_thread_wakes_while_nothing_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
