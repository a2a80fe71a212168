/* SPDX-License-Identifier: MIT */
/* Goal: when edo_runtime_free() returns, a runtime that another thread drives has ended, and so
 * have the threads shared by all runtimes, though the other thread is still returning from
 * edo_block_on(), which then starts no thread.
 * Method: the future that the other thread awaited is dropped, after it drove, only when
 *         edo_runtime_free() has returned. */
#include "inside.h"
#include "runtime/lifetime.h"
#include "runtime/runtime.h"

#include <edo/notify.h>

#include <pthread.h>
#include <sched.h>

static edo_atomic_u32 began, has_freed;
static edo_notify through = EDO_NOTIFY_INIT;
static uint32_t ends_n;

static uint32_t load(edo_atomic_u32 *a) {
    return edoi_load_acq_u32(a);
}

static bool count_end(int64_t until_ns) {
    (void)until_ns;
    ends_n++;
    return true;
}

static int wait_for_the_end(void *arg) {
    edoi_store_rel_u32(&began, 1);
    int err = edo_sleep(edo_s(1000));
    edo_notify_one(arg);
    return err;
}

typedef struct slow_to_go {
    edo_future base;
    edo_notify_wait_future wait;
} slow_to_go;

static edo_polled slow_poll(edo_future *f, edo_cx *cx) {
    slow_to_go *self = (slow_to_go *)(void *)f;
    if (edo_poll(&self->wait.base, cx) == EDO_PENDING) return EDO_PENDING;
    return edo_future_finish(f, 0);
}

static void slow_drop(edo_future *f) {
    (void)f;
    while (!load(&has_freed)) sched_yield();
}

static const edo_future_ops slow_ops = {
    .poll = slow_poll, .drop = slow_drop, .name = "slow_to_go", .size = sizeof(slow_to_go)
};

static void *drive(void *arg) {
    slow_to_go f;
    (void)edo_notify_wait_init(&f.wait, &through);
    CHECK_EQ(edo_block_on(arg, edo_boxed_new(edo_future_init(&f.base, &slow_ops))), 0);
    return NULL;
}

static void free_has_ended_all_though_the_driver_is_not_gone(void **state) {
    (void)state;
    edo_runtime *rt;
    pthread_t thread;
    edo_runtime_opts opts = one_thread;
    opts.shutdown = edo_s(60);
    edoi_runtime_on_last_end(count_end);
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    edo_task_detach(edo_spawn_on(rt, wait_for_the_end, &through));
    assert_int_equal(pthread_create(&thread, NULL, drive, rt), 0);
    while (!load(&began)) sched_yield();
    edo_runtime_free(rt);
    assert_int_equal(ends_n, 1);
    assert_ptr_equal(edoi_runtime_newest(), rt);
    edoi_store_rel_u32(&has_freed, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(edoi_runtime_newest());
    assert_int_equal(ends_n, 2); // for the compute threads used meanwhile
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_has_ended_all_though_the_driver_is_not_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
