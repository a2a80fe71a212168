/* SPDX-License-Identifier: MIT */
/* Goal: a limit that is moved out of turn, and a child that says a failure is its readiness, are
 * named, as docs/book/misuse.md says it, in a debug build.
 * Method: as misuse_locks_test.c. */
#include <edo/edo.h>

#include "breaches.h"

#include <errno.h>

static int moves_the_outer_one(void *arg) {
    edo_deadline outer, inner;
    (void)arg;
    edo_deadline_begin(&outer, edo_s(10));
    edo_deadline_begin(&inner, edo_s(5));
    int err = edo_deadline_move(&outer, edo_s(20));
    (void)edo_deadline_end(&inner, 0);
    return edo_deadline_end(&outer, err);
}

static int fails_to_start(void *arg) {
    (void)arg;
    edo_task_started(-EIO);
    return 0;
}

static int waits_for_its_start(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    int started = edo_scope_spawn_started(&s, fails_to_start, arg);
    return edo_scope_end(&s, started);
}

static const breach rows[] = {
    { "a deadline is moved that is not the innermost, or in a shield begun in it",
      moves_the_outer_one },
    { "a task is ready with a negative value: a failure is returned", waits_for_its_start },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), ".c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
