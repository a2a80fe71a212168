/* SPDX-License-Identifier: MIT */
/* Goal: a debug build warns of a task that is given a local of its spawner, who may return first; and
 * only of that.
 * Method: each way to give an argument in a child of its own, whose standard error is read. */
#include <edo/edo.h>

#include <stdlib.h>
#include <string.h>

#include "last_words.h"

static int use(void *arg) {
    return *(int *)arg;
}

static int spawn_local(void *arg) {
    (void)arg;
    int local = 0;
    return edo_task_join(edo_spawn(use, &local));
}

static int spawn_local_with_options(void *arg) {
    (void)arg;
    int local = 0;
    return edo_task_join(edo_spawn_with(use, &local, NULL));
}

static int spawn_local_of_caller(void *arg) {
    return edo_task_join(edo_spawn(use, arg)); // deeper in the same stack: as bad
}

static int lend_local(void *arg) {
    (void)arg;
    int local = 0;
    return spawn_local_of_caller(&local);
}

static int spawn_in_loop(void *arg) {
    (void)arg;
    int local = 0, err = 0;
    for (int i = 0; i < 3 && err == 0; i++) err = edo_task_join(edo_spawn(use, &local));
    return err;
}

static int spawn_static(void *arg) {
    (void)arg;
    static int lasting;
    return edo_task_join(edo_spawn(use, &lasting));
}

static int spawn_heap(void *arg) {
    (void)arg;
    int *own = calloc(1, sizeof *own);
    if (!own) return -1;
    int err = edo_task_join(edo_spawn(use, own));
    free(own);
    return err;
}

static int spawn_in_scope(void *arg) {
    (void)arg;
    int local = 0;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    edo_scope_spawn(&s, use, &local);
    return edo_scope_end(&s);
}

static const struct {
    const char *name;
    edo_task_fn *fn;
    int warnings;
} rows[] = {
    { "a local", spawn_local, 1 },
    { "a local, with options", spawn_local_with_options, 1 },
    { "a local of the caller", lend_local, 1 },
    { "once a place", spawn_in_loop, 1 },
    { "a static variable", spawn_static, 0 },
    { "memory of its own", spawn_heap, 0 },
    { "a scope waits for it", spawn_in_scope, 0 },
};

static int warnings_in(const char *said) {
    int n = 0;
    while ((said = strstr(said, "edo: warning: use at "))) {
        n++;
        assert_non_null(strstr(said, " is given a local of root of edo_main: join it before that"));
        said++;
    }
    return n;
}

static int run_row(void *at) {
    return edo_main(rows[*(size_t *)at].fn, NULL);
}

static void a_task_that_is_given_a_local_is_named_once_a_place(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[4096];
        int status = last_words(run_row, &i, said, sizeof said);
        if (status != 0 || warnings_in(said) != rows[i].warnings)
            fail_msg("%s: status %x, said: %s", rows[i].name, (unsigned)status, said);
    }
}

int main(void) {
#ifdef EDO_DEBUG
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_that_is_given_a_local_is_named_once_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    return 0; // a release build does not look
#endif
}
