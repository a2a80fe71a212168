/* SPDX-License-Identifier: MIT */
/* Goal: the trail of a state machine's failure goes to its joiner, and to no other. */
#include <edo/async.h>
#include <edo/runtime.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

EDO_ASYNC(failing, edo_yield_future turn;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_yield_init(&self->turn));
    EDO_RETURN(edo_fail(-EIO, "told by a state machine"));
    EDO_END;
}

/* Passes on the trail of the failing one. */
EDO_ASYNC(joining, edo_task *task; edo_task_join_future join;) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_task_join_init(&self->join, self->task));
    EDO_RETURN(0);
    EDO_END;
}

static int join_one(void *arg) {
    (void)arg;
    failing f;
    int err = edo_task_join(edo_spawn_future(failing_init(&f)));
    const edo_trail_entry *said = edo_trail_find(-EIO);
    CHECK(said && strcmp(said->text, "told by a state machine") == 0);
    return err;
}

static int fails(void *arg) {
    (void)arg;
    return edo_fail(-EIO, "told by a fiber");
}

static int wait_and_join(void *arg) {
    failing f;
    edo_task *t[] = { edo_spawn(fails, arg), edo_spawn_future(failing_init(&f)) };
    for (size_t i = 0; i < EDO_COUNT(t); i++) {
        CHECK_EQ(edo_task_wait(t[i]), -EIO);
        CHECK_EQ(edo_task_join(t[i]), -EIO);
        const edo_trail_entry *said = edo_trail_find(-EIO);
        CHECK(said && strstr(said->text, i == 0 ? "a fiber" : "a state machine"));
        edo_trail_clear();
    }
    return 0;
}

static int join_through_another(void *arg) {
    (void)arg;
    failing f;
    joining j;
    (void)joining_init(&j);
    j.task = edo_spawn_future(failing_init(&f));
    int err = edo_task_join(edo_spawn_future(&j.base));
    CHECK(edo_trail_find(-EIO));
    return err;
}

static int join_none(void *arg) {
    (void)arg;
    failing f;
    CHECK_EQ(edo_spawn_future_detached(failing_init(&f)), 0);
    for (int i = 0; i < 4; i++) CHECK_EQ(edo_yield(), 0);
    CHECK(!edo_trail_find(-EIO));
    return 0;
}

static void run(edo_task_fn *fn, int want) {
    assert_int_equal(inside_each(fn, NULL), want);
}

static void joiner_gets_the_trail(void **state) {
    (void)state;
    run(join_one, -EIO);
    edo_trail_clear();
}

static void trail_is_kept_by_a_join_behind_a_wait(void **state) {
    (void)state;
    run(wait_and_join, 0);
}

static void trail_passes_through_a_joining_state_machine(void **state) {
    (void)state;
    run(join_through_another, -EIO);
    edo_trail_clear();
}

static void unjoined_trail_reaches_no_other_thread(void **state) {
    (void)state;
    run(join_none, 0);
    assert_null(edo_trail_find(-EIO)); // nor the thread that drove it
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joiner_gets_the_trail),
        cmocka_unit_test(trail_is_kept_by_a_join_behind_a_wait),
        cmocka_unit_test(trail_passes_through_a_joining_state_machine),
        cmocka_unit_test(unjoined_trail_reaches_no_other_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
