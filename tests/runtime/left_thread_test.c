/* SPDX-License-Identifier: MIT */
/* Goal: a thread of edo/thread.h that does not end cannot hold up the end of its runtime: it is
 * named, once, and what it uses stays.
 * Method: threads that wait in a shield, in a child process, since what is left behind stays
 * mapped; they go on with their runtime when it has been given up. */
#include <edo/edo.h>

#include "child.h"
#include "inside.h"
#include "last_words.h"

#include <errno.h>
#include <string.h>

static int end_well(void *arg) {
    (void)arg;
    return 7;
}

typedef struct late {
    edo_sem begun, go_on; /* memory of the child's, which stays */
} late;

static late tardy = { .begun = EDO_SEM_INIT(0), .go_on = EDO_SEM_INIT(0) };

/* Uses its runtime when that has been given up. */
static int be_late(void *arg) {
    (void)arg;
    edo_sem_release(&tardy.begun, 1);
    EDO_SHIELD(sh, edo_s(60));
    CHECK_EQ(edo_sem_acquire(&tardy.go_on, 1), 0);
    CHECK(edo_runtime_current() != NULL);
    CHECK(!edo_spawn(end_well, NULL));
    CHECK_EQ(edo_task_join(NULL), -EDO_ECLOSED);
    CHECK_EQ(edo_thread_start(NULL, end_well, NULL, NULL), -EDO_ECLOSED);
    return edo_shield_end(&sh, 9);
}

static int leave_it(void *kind) {
    edo_runtime *rt;
    edo_thread *t;
    edo_thread_opts opts = { .name = "tardy" };
    EXPECT(edo_runtime_new(&rt, kind) == 0, 1);
    EXPECT(edo_runtime_enter(rt) == 0, 2);
    EXPECT(edo_thread_start(&t, be_late, NULL, &opts) == 0, 3);
    EXPECT(edo_sem_acquire(&tardy.begun, 1) == 0, 4);
    edo_runtime_leave(rt);
    EXPECT(edo_runtime_shutdown(rt, edo_ms(1)) == -ETIMEDOUT, 5);
    EXPECT(edo_runtime_shutdown(rt, edo_s(60)) == -ETIMEDOUT, 6);
    edo_runtime_free(rt);
    edo_sem_release(&tardy.go_on, 1);
    return edo_thread_join(t) == 9 ? 0 : 7;
}

static void
one_that_does_not_end_is_named_once_and_keeps_its_runtime_on(const edo_runtime_opts *kind) {
    char said[4096];
    edo_runtime_opts opts = *kind;
    int status = last_words(leave_it, &opts, said, sizeof said);
    const char *line = "edo: thread tardy of runtime edo did not end at shutdown and is left "
                       "behind\n";
    const char *first = strstr(said, line);
    if (status != 0 || !first || strstr(first + 1, line))
        fail_msg("status %x, said: %s", (unsigned)status, said);
}
ON_EACH_KIND(one_that_does_not_end_is_named_once_and_keeps_its_runtime)

static int give_the_last_back(void *arg) {
    CHECK_EQ(edo_sem_acquire(&tardy.go_on, 1), 0);
    edo_runtime_unref(arg);
    CHECK(edo_runtime_current() == arg); // it is as it was
    return 9;
}

static int leave_it_the_runtime(void *kind) {
    edo_runtime *rt;
    edo_thread *t;
    EXPECT(edo_runtime_new(&rt, kind) == 0, 1);
    EXPECT(edo_runtime_enter(rt) == 0, 2);
    EXPECT(edo_thread_start(&t, give_the_last_back, rt, NULL) == 0, 3);
    edo_runtime_leave(rt);
    edo_sem_release(&tardy.go_on, 1);
    return edo_thread_join(t) == 9 ? 0 : 4;
}

static void one_with_the_last_reference_leaves_it_behind_on(const edo_runtime_opts *kind) {
    char said[4096];
    edo_runtime_opts opts = *kind;
    int status = last_words(leave_it_the_runtime, &opts, said, sizeof said);
    if (status != 0 || !strstr(said, "edo: the last reference of runtime edo is given back in a "
                                     "task, job or thread, where it cannot end"))
        fail_msg("status %x, said: %s", (unsigned)status, said);
}
ON_EACH_KIND(one_with_the_last_reference_leaves_it_behind)

static int start_tardy(void *arg) {
    int err = edo_thread_start(NULL, be_late, NULL, &(edo_thread_opts){ .name = "tardy" });
    (void)arg;
    return err < 0 ? err : edo_sem_acquire(&tardy.begun, 1);
}

static int run_main(void *arg) {
    return edo_main_with(start_tardy, arg, &(edo_runtime_opts){ .shutdown = edo_ms(1) });
}

static void a_program_ends_beside_one_that_does_not(void **state) {
    (void)state;
    char said[4096];
    int status = last_words(run_main, NULL, said, sizeof said);
    if (status != 0 || !strstr(said, "edo: thread tardy of runtime edo did not end"))
        fail_msg("status %x, said: %s", (unsigned)status, said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_does_not_end_is_named_once_and_keeps_its_runtime),
        cmocka_unit_test(one_with_the_last_reference_leaves_it_behind),
        cmocka_unit_test(a_program_ends_beside_one_that_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
