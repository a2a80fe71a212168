/* SPDX-License-Identifier: MIT */
/* Goal: the texts of docs/book/misuse.md about a runtime inside a foreign loop are printed when
 * its contract is broken. Method: as misuse_test.c; the root makes the loop's thread and another
 * one. */
#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>

#include "breaches.h"

static edo_runtime *rt;

static int new_runtime(void) {
    return edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}

static void *turn(void *arg) {
    (void)arg;
    (void)edo_runtime_turn(rt, edo_ns(0));
    return NULL;
}

static void *ask_deadline(void *arg) {
    (void)arg;
    (void)edo_runtime_next_deadline(rt);
    return NULL;
}

/* The first thread becomes the loop's, and lives on while the second calls `fn`. */
static void *loop_here(void *fn) {
    pthread_t other = pthread_self();
    if (edo_runtime_fd(rt) < 0) return NULL;
    if (pthread_create(&other, NULL, *(void *(**)(void *))fn, NULL) == 0)
        (void)pthread_join(other, NULL);
    return NULL;
}

static int loop_and(void *(*fn)(void *)) {
    pthread_t thread = pthread_self();
    int err = new_runtime();
    if (err == 0) err = pthread_create(&thread, NULL, loop_here, (void *)&fn);
    if (err == 0) err = pthread_join(thread, NULL);
    return err;
}

static int turns_elsewhere(void *arg) {
    (void)arg;
    return loop_and(turn);
}

static int asks_elsewhere(void *arg) {
    (void)arg;
    return loop_and(ask_deadline);
}

static int turns_in_task(void *arg) {
    (void)arg;
    int err = new_runtime();
    return err < 0 ? err : edo_runtime_turn(rt, edo_ns(0));
}

static const breach rows[] = {
    { "a foreign loop's turn of a runtime inside a task or a poll", turns_in_task },
    { "a foreign loop's turn of a runtime on a thread that is not its loop's", turns_elsewhere },
    { "a runtime's next deadline on a thread that is not its loop's", asks_elsewhere },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_loop_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
