/* SPDX-License-Identifier: MIT */
/* Goal: the thread that continues in a child of fork() can end, whichever lock of the parent's
 * slabs another thread held at the fork. Method: a thread that has used a slab forks while this one
 * holds the slab's lock; the child runs the code of the thread's end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "child.h"

#include "memory/slab.c"

static pthread_barrier_t meeting;
static edo_slab *s;

/* Gets a shelf, and forks; returns the child's exit status, or -1. */
static void *use_and_fork(void *arg) {
    (void)arg;
    int status = -1;
    edo_slab_put(s, edo_slab_get(s));
    (void)pthread_barrier_wait(&meeting); // lets the lock be taken
    (void)pthread_barrier_wait(&meeting); // it is taken
    if (child_fork(&status) == 0) {
        slab_end_thread(
            &table); // as at the end of this thread, but without a search for the parent's leaks
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
