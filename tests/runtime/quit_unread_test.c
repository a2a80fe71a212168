/* SPDX-License-Identifier: MIT */
/* Goal: a dump for which standard error has no room, as nobody reads it, does not hold up the
 * program: its runtime, which waits for a dump, ends. Nor does what is said at its end of an error,
 * or of tasks that are left.
 * Method: a child fills the pipe that is its standard error, and ends while the dump's thread, in
 * the middle of many tasks, waits for a reader; by an error; or with tasks. */
#include <edo/edo.h>
#include <edo/log.h>

#include "leftovers.h"
#include "main_child.h"
#include "patience.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>

static atomic_bool dump_waits, end_begins;

int __real_poll(struct pollfd *fds, nfds_t n, int ms);
int __wrap_poll(struct pollfd *fds, nfds_t n, int ms);

/* The dump's thread waits for a reader for a second in all, which a loaded machine may let pass
 * before another thread looks: here that second begins with the end of the program. */
int __wrap_poll(struct pollfd *fds, nfds_t n, int ms) {
    char thread[16] = "";
    (void)prctl(PR_GET_NAME, thread);
    if (ms > 0 && strcmp(thread, "edo-dump") == 0) {
        atomic_store(&dump_waits, true);
        WAIT_FOR(atomic_load(&end_begins));
    }
    return __real_poll(fds, n, ms);
}

static int wait_for_ever(void *arg) {
    edo_pending_future f;
    (void)arg;
    return edo_await(edo_pending_init(&f));
}

#define TASKS 200

static edo_task *tasks[TASKS];
static char names[TASKS][64]; /* of each its own, or a dump would show the tasks as one */

/* Before any child is there: a name stays unchanged while a task has it, as a literal does, and a
 * dump reads it without a lock. */
static int make_names(void **state) {
    (void)state;
    for (size_t i = 0; i < TASKS; i++)
        (void)snprintf(names[i], sizeof names[i], "a task with a long name, number %zu", i);
    return 0;
}

static void spawn_all(void) {
    for (size_t i = 0; i < TASKS; i++) {
        tasks[i] = edo_spawn_with(wait_for_ever, NULL, &(edo_spawn_opts){ .name = names[i] });
        CHECK(tasks[i]);
    }
}

static void end_all(void) {
    for (size_t i = 0; i < TASKS; i++) edo_task_cancel(tasks[i]);
    for (size_t i = 0; i < TASKS; i++) CHECK_EQ(edo_task_join(tasks[i]), -ECANCELED);
}

static void fill_standard_error(void) {
    static const char filler[512];
    int flags = fcntl(STDERR_FILENO, F_GETFL);
    CHECK_EQ(fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK), 0);
    while (write(STDERR_FILENO, filler, sizeof filler) > 0) continue;
    CHECK_EQ(fcntl(STDERR_FILENO, F_SETFL, flags), 0);
}

static int fail_unheard(void *arg) {
    (void)arg;
    fill_standard_error();
    return edo_fail(-EIO, "doing what nobody hears of");
}

static void an_error_that_nobody_reads_keeps_no_program_from_its_end(void **state) {
    (void)state;
    main_child c = main_child_begin(fail_unheard, NULL, NULL);
    int status = main_child_end(&c, NULL, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

/* In debug builds it is told, at the end of the root and at that of the process, which tasks are
 * left. */
static int leave_all(void *arg) {
    (void)arg;
    spawn_all();
    fill_standard_error();
    return 3;
}

static void tasks_left_that_nobody_reads_of_keep_no_program_from_its_end(void **state) {
    (void)state;
    main_child c = main_child_begin(leave_all, NULL, NULL);
    int status = main_child_end(&c, NULL, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
}

/* With the log's queue the dump's thread would not wait at all. */
static int end_while_the_dump_waits(void *arg) {
    (void)arg;
    CHECK_EQ(edo_log_start(&(edo_log_opts){ .at_once = true }), 0);
    spawn_all();
    fill_standard_error();
    next_signal();
    WAIT_FOR(atomic_load(&dump_waits));
    atomic_store(&end_begins, true);
    end_all();
    return 5;
}

static void a_dump_that_nobody_reads_keeps_no_program_from_its_end(void **state) {
    (void)state;
    static const edo_runtime_opts both[] = { { .flavor = EDO_RUNTIME_MULTI, .workers = 2 },
                                             { .flavor = EDO_RUNTIME_CURRENT } };
    const struct sigaction usual = { .sa_handler = SIG_DFL };
    assert_int_equal(sigaction(SIGQUIT, &usual, NULL), 0); // shells ignore it in the background
    main_child c[EDO_COUNT(both)];
    for (size_t i = 0; i < EDO_COUNT(both); i++) {
        c[i] = main_child_begin(end_while_the_dump_waits, NULL, &both[i]);
        main_child_signal(&c[i], SIGQUIT, 1);
    }
    for (size_t i = 0; i < EDO_COUNT(both); i++) {
        int status = main_child_end(&c[i], NULL, 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 5);
    }
}

static int end_behind_a_dump(void *arg) {
    (void)arg;
    edo_error("from now on the queue has a writer");
    spawn_all();
    fill_standard_error();
    next_signal();
    end_all();
    return 5;
}

static void a_dump_that_is_queued_keeps_no_program_from_its_end(void **state) {
    (void)state;
    main_child c = main_child_begin(end_behind_a_dump, NULL, NULL);
    main_child_signal(&c, SIGQUIT, 1);
    int status = main_child_end(&c, NULL, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_that_nobody_reads_keeps_no_program_from_its_end),
        cmocka_unit_test(tasks_left_that_nobody_reads_of_keep_no_program_from_its_end),
        cmocka_unit_test(a_dump_that_nobody_reads_keeps_no_program_from_its_end),
        cmocka_unit_test(a_dump_that_is_queued_keeps_no_program_from_its_end),
    };
    return cmocka_run_group_tests(tests, make_names, NULL);
}
