/* SPDX-License-Identifier: MIT */
/* Goal: a process that has used up all keys for thread-specific data can run and await tasks
 * nevertheless, and its values under its own keys stay as they were. A thread that drove there and
 * has ended, with its memory, does not keep its fibers from others.
 * Method: a child that takes every key before edo can. */
#include <edo/edo.h>

#include "last_words.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

static int sleep_a_little(void *arg) {
    (void)arg;
    int err = edo_sleep(edo_ms(1));
    return err < 0 ? err : 7;
}

static int await_without_keys(void *arg) {
    static char mine;
    pthread_key_t first = 0, key;
    uint32_t keys_n = 0;
    (void)arg;
    while (pthread_key_create(&key, NULL) == 0) {
        if (keys_n++ == 0) first = key;
        if (pthread_setspecific(key, &mine) != 0) return 1;
    }
    if (keys_n < 2) return 2;
    if (edo_sleep(edo_ms(1)) != -EDO_ENORUNTIME) return 3; // it would leak a driver
    edo_runtime *rt;
    if (edo_runtime_new(&rt, NULL) != 0) return 4;
    if (edo_run(rt, sleep_a_little, NULL) != 7) return 5;
    edo_runtime_free(rt);
    for (key = first; keys_n > 0; key++, keys_n--)
        if (pthread_getspecific(key) != &mine) return 6;
    return 0;
}

static void a_thread_awaits_where_no_key_is_left(void **state) {
    (void)state;
    char said[1000];
    int status = last_words(await_without_keys, NULL, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_string_equal(said, "");
}

/* ---- The end of a thread --------------------------------------------------------------------- */

#define STACK_BYTES ((size_t)4 << 20)

static edo_notify go = EDO_NOTIFY_INIT;
static edo_runtime *of_many;
static edo_task *waiter;

static int wait_for_go(void *arg) {
    (void)arg;
    return edo_notify_wait(&go);
}

/* Leaves a fiber that has run, and waits. */
static void *drive_and_end(void *arg) {
    waiter = edo_spawn_on(of_many, wait_for_go, arg);
    return edo_run(of_many, sleep_a_little, arg) == 7 ? &go : NULL;
}

/* On a stack of its own, which also holds its thread-locals and is unmapped. False: it failed. */
static bool drive_on_memory_that_goes(void) {
    pthread_attr_t attr;
    pthread_t thread;
    void *result = NULL;
    void *stack =
        mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED || pthread_attr_init(&attr) != 0) return false;
    if (pthread_attr_setstack(&attr, stack, STACK_BYTES) != 0) return false;
    if (pthread_create(&thread, &attr, drive_and_end, NULL) != 0) return false;
    if (pthread_join(thread, &result) != 0 || !result) return false;
    return munmap(stack, STACK_BYTES) == 0;
}

static int free_after_its_driver(void *arg) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    pthread_key_t key;
    (void)arg;
    (void)alarm(60);
    while (pthread_key_create(&key, NULL) == 0) {
    }
    for (int i = 0; i < 2; i++) {
        if (edo_runtime_new(&of_many, &opts) != 0) return 1;
        if (!drive_on_memory_that_goes()) return 2;
        if (i == 1) { // another thread goes on with the fiber
            edo_notify_one(&go);
            edo_task_join_future f;
            if (edo_block_on(of_many, edo_task_join_init(&f, waiter)) != 0) return 3;
        }
        edo_runtime_free(of_many);
        if (i == 0 && edo_task_join(waiter) != -ECANCELED) return 4;
    }
    return 0;
}

static void a_thread_that_drove_and_ended_is_not_asked_for(void **state) {
    (void)state;
    char said[1000];
    int status = last_words(free_after_its_driver, NULL, said, sizeof said);
    assert_string_equal(said, "");
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_awaits_where_no_key_is_left),
        cmocka_unit_test(a_thread_that_drove_and_ended_is_not_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
