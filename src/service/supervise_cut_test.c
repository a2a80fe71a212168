/* SPDX-License-Identifier: MIT */
/* Goal: a cancellation that comes between the end of a child and the look at its result changes
 * nothing of that result.
 * Method: supervise.c is included with a hook in its wait: after it the supervisor is cancelled. */
#include "inside.h"

#include <edo/task.h>

static int select_and_cancel(edo_future **futures, size_t n, uint32_t flags);

#define edo_select_array select_and_cancel
#include "service/supervise.c"
#undef edo_select_array

static edo_task *supervising;

static int select_and_cancel(edo_future **futures, size_t n, uint32_t flags) {
    int which = edo_select_array(futures, n, flags);
    edo_task_cancel(supervising);
    return which;
}

static int child(void *arg) {
    const int *result = arg;
    int err = edo_sleep(edo_ms(5));
    return err < 0 ? err : *result;
}

typedef struct family {
    edo_supervised child;
    edo_supervise_opts opts;
} family;

static int supervise_family(void *arg) {
    const family *f = arg;
    return edo_supervise(&f->child, 1, &f->opts);
}

static int supervise_and_cancel(int result) {
    family f = { .child = { .name = "a", .run = child, .arg = &result } };
    supervising = edo_spawn(supervise_family, &f);
    CHECK(supervising != NULL);
    return edo_task_join(supervising);
}

/* A child that is over for good ends the supervisor with 0, whoever cancels that. */
static int cut_there(void *arg) {
    (void)arg;
    CHECK_EQ(supervise_and_cancel(3), 0);
    CHECK_EQ(supervise_and_cancel(-EIO), -ECANCELED);
    return 0;
}

static void cancellation_after_the_end_of_a_child_leaves_its_result(void **state) {
    (void)state;
    assert_int_equal(inside(cut_there, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancellation_after_the_end_of_a_child_leaves_its_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
