/* SPDX-License-Identifier: MIT */
/* Goal: a debug build names a task that was given a local of its spawner and still runs when the
 * spawner has ended; it does not report a task that is joined in time.
 * Method: each way to give an argument in a child of its own, whose standard error is read. Where
 * the spawner ends first, the task waits for a bell that rings afterwards, and leaves the local
 * alone. */
#include <edo/edo.h>

#include <errno.h>
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
    return edo_task_join(edo_spawn(use, arg)); // deeper in the same stack: also wrong
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

/* ---- The spawner ends first ------------------------------------------------------------------ */

static edo_notify bell = EDO_NOTIFY_INIT;
static edo_task *left[3]; /* spawned, not joined by their spawner */

static int wait_for_bell(void *arg) {
    (void)arg;
    return edo_notify_wait(&bell);
}

static int leave_one(void *arg) {
    (void)arg;
    int local = 0;
    left[0] = edo_spawn(wait_for_bell, &local);
    return 0;
}

static int leave_two_of_three(void *arg) {
    (void)arg;
    int local = 0;
    for (int i = 0; i < 3; i++) left[i] = edo_spawn_with(wait_for_bell, &local, NULL);
    edo_task_cancel(left[1]);
    int err = edo_task_join(left[1]);
    left[1] = NULL;
    return err == -ECANCELED ? 0 : -1;
}

static int leave_unbegun(void *arg) {
    int err = leave_one(arg); // no await: it has not run when this one ends
    edo_notify_one(&bell);
    return err;
}

/* The spawner ends; then the bell rings for the tasks that it has left. */
static int outlive(edo_task_fn *spawner) {
    int err = edo_task_join(edo_spawn(spawner, NULL));
    for (int i = 0; i < 3; i++) edo_notify_one(&bell);
    for (int i = 0; i < 3; i++)
        if (left[i] && err == 0) err = edo_task_join(left[i]);
    return err;
}

static int one_is_left(void *arg) {
    (void)arg;
    return outlive(leave_one);
}

static int two_are_left(void *arg) {
    (void)arg;
    return outlive(leave_two_of_three);
}

static int one_is_left_unbegun(void *arg) {
    (void)arg;
    return outlive(leave_unbegun);
}

/* The stack of a spawner that was named belongs to the next fiber, which has lent nothing. */
static int one_is_left_once(void *arg) {
    int err = one_is_left(arg);
    return err < 0 ? err : edo_task_join(edo_spawn(use, &(int){ 0 }));
}

/* ---- Nothing of a stack ---------------------------------------------------------------------- */

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
    return edo_scope_end(&s, 0);
}

static const struct {
    const char *name;
    edo_task_fn *fn;
    int warnings;
} rows[] = {
    { "a local, joined", spawn_local, 0 },
    { "a local, with options, joined", spawn_local_with_options, 0 },
    { "a local of the caller, joined", lend_local, 0 },
    { "in a loop, joined", spawn_in_loop, 0 },
    { "a static variable", spawn_static, 0 },
    { "memory of its own", spawn_heap, 0 },
    { "a scope waits for it", spawn_in_scope, 0 },
    { "its spawner ends first", one_is_left, 1 },
    { "its spawner ends first, before it begins", one_is_left_unbegun, 1 },
    { "two, of whom the spawner joins neither", two_are_left, 2 },
    { "another spawner, who joins", one_is_left_once, 1 },
};

static int warnings_in(const char *said) {
    int n = 0;
    while ((said = strstr(said, "edo: warning: "))) {
        said += strlen("edo: warning: ");
        bool named = strncmp(said, "wait_for_bell at ", strlen("wait_for_bell at ")) == 0 &&
                     strstr(said, " was given a local of spawner at ") &&
                     strstr(said, ", which has ended while it still runs: join it first");
        if (!named) fail_msg("not what it should say: %s", said);
        n++;
    }
    return n;
}

/* One worker: with another one a task may have begun, and ended, before its spawner goes on. */
static int run_row(void *at) {
    return edo_main_with(rows[*(size_t *)at].fn, NULL, &(edo_runtime_opts){ .workers = 1 });
}

static void task_is_named_when_the_owner_of_its_local_ends_first(void **state) {
    (void)state;
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    print_message("skipped: a release build does not look, nor one for the thread sanitizer\n");
    skip();
#endif
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[4096];
        int status = last_words(run_row, &i, said, sizeof said);
        if (status != 0 || warnings_in(said) != rows[i].warnings)
            fail_msg("%s: status %x, said: %s", rows[i].name, (unsigned)status, said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(task_is_named_when_the_owner_of_its_local_ends_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
