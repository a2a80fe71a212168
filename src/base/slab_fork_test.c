/* SPDX-License-Identifier: MIT */
/* Goal: a thread that goes on alone in a child made by fork() ends, whatever lock of the parent's
 * slabs another thread held at the fork. Method: a thread that has used a slab forks while this one
 * holds the slab's lock; the child does what the end of the thread does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "child.h"

#include "base/slab.c"

static pthread_barrier_t meeting;
static edo_slab *s;

/* Has a shelf, and forks; the exit status of the child, or -1. */
static void *use_and_fork(void *arg) {
    (void)arg;
    int status = -1;
    edo_slab_put(s, edo_slab_get(s));
    (void)pthread_barrier_wait(&meeting); // the lock can be taken
    (void)pthread_barrier_wait(&meeting); // it is
    if (child_fork(&status) == 0) {
        end_thread(
            &table); // as at the end of this thread, but no leaks of the parent's are looked for
        _exit(0);
    }
    (void)pthread_barrier_wait(&meeting); // this thread needs the lock at its end
    return (void *)(intptr_t)status;
}

static void a_thread_of_a_child_ends_beside_a_lock_that_was_held(void **state) {
    (void)state;
    pthread_t thread;
    void *status = NULL;
    assert_int_equal(pthread_barrier_init(&meeting, NULL, 2), 0);
    assert_int_equal(edo_slab_new(&s, 64, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, use_and_fork, NULL), 0);
    (void)pthread_barrier_wait(&meeting);
    edoi_lock_acquire(&s->mu);
    (void)pthread_barrier_wait(&meeting);
    (void)pthread_barrier_wait(&meeting);
    edoi_lock_release(&s->mu);
    assert_int_equal(pthread_join(thread, &status), 0);
    assert_int_equal((intptr_t)status, 0);
    edo_slab_free(s);
    (void)pthread_barrier_destroy(&meeting);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_of_a_child_ends_beside_a_lock_that_was_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
