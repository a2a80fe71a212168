/* SPDX-License-Identifier: MIT */
/* Goal: a child of fork() parks its threads with its own parkers, whichever mutex was held at the
 *       fork.
 * Method: this thread forks while the pool's mutex is held, and while a parker in the pool has its
 * mutex held; the child gets a parker and uses its mutex. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "child.h"

#include "runtime/scope/parker.c"
#include "runtime/scope/parker.h"

/* In a child: 0 if it can get and use a parker. */
static int get_and_use(void *arg) {
    edoi_parker *p = edoi_parker_get();
    if (!p || p == arg) return 1;
    edoi_parker_drive(p, NULL);
    edoi_parker_put(p);
    return 0;
}

static void a_child_gets_one_though_the_pool_was_locked(void **state) {
    (void)state;
    (void)pthread_mutex_lock(&pool_mutex);
    int status = child_status(get_and_use, NULL);
    (void)pthread_mutex_unlock(&pool_mutex);
    assert_int_equal(status, 0);
}

static void a_child_gets_none_of_the_parents(void **state) {
    (void)state;
    edoi_parker *p = edoi_parker_get();
    assert_non_null(p);
    edoi_parker_put(p);
    (void)pthread_mutex_lock(&p->mutex);
    int status = child_status(get_and_use, p);
    (void)pthread_mutex_unlock(&p->mutex);
    assert_int_equal(status, 0);
    assert_ptr_equal(edoi_parker_get(), p); // the parent's parker is still in the pool
    edoi_parker_put(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_gets_one_though_the_pool_was_locked),
        cmocka_unit_test(a_child_gets_none_of_the_parents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
