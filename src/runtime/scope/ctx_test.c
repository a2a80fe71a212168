/* SPDX-License-Identifier: MIT */
/* Goal: a thread that awaits once more after edo's thread destructor has run, say in a destructor
 * of the program, gets another parker, not the one that it has given back. Method: a destructor
 * that runs after edo's, and takes the parkers in the pool. */
#include "runtime/scope/ctx.h"
#include "runtime/scope/parker.h"

#include "inside.h"

#include <pthread.h>

static pthread_key_t later; /* made after edo's key, so that its destructor runs later */
static edoi_parker *before;
static bool was_ended;

static void await_again(void *arg) {
    (void)arg;
    edoi_parker *given_back = edoi_parker_get();
    CHECK(given_back == before);
    edoi_parker *mine = edoi_thread_parker(edoi_thread_here());
    CHECK(mine && mine != given_back);
    edoi_parker_put(given_back);
    was_ended = true;
}

static void *await_and_end(void *arg) {
    (void)arg;
    before = edoi_thread_parker(edoi_thread_here());
    CHECK(before);
    CHECK_EQ(pthread_setspecific(later, &later), 0);
    return NULL;
}

static void a_thread_that_awaits_after_its_end_has_a_parker_of_its_own(void **state) {
    (void)state;
    pthread_t thread;
    assert_non_null(edoi_thread_parker(edoi_thread_here())); // edo's key exists
    assert_int_equal(pthread_key_create(&later, await_again), 0);
    assert_int_equal(pthread_create(&thread, NULL, await_and_end, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(was_ended);
    assert_int_equal(pthread_key_delete(later), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_that_awaits_after_its_end_has_a_parker_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
