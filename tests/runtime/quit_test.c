/* SPDX-License-Identifier: MIT */
/* Goal: SIGQUIT makes any program of edo_main() show its tasks, also one whose workers are all
 * stuck, and the program goes on; one that ignores or handles the signal, or does not want it,
 * keeps what it has.
 * Method: each program in a child process, whose standard error is read until the dump is there. */
#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/signal.h>

#include "leftovers.h"
#include "main_child.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static char said[64 * 1024];

/* Reads the child's standard error, from its beginning, until `text` is in it. */
static void want(const main_child *c, size_t *n, const char *text) {
    struct pollfd in = { .fd = c->errors, .events = POLLIN };
    while (!strstr(said, text)) {
        ssize_t got = -1;
        if (poll(&in, 1, MAIN_CHILD_MS) > 0) got = read(c->errors, said + *n, sizeof said - 1 - *n);
        if (got <= 0) (void)kill(c->pid, SIGKILL);
        if (got <= 0) fail_msg("'%s' is missing in:\n%s", text, said);
        *n += (size_t)got;
        said[*n] = '\0';
    }
}

/* In the child SIGQUIT has the action `is`, whatever the shell has set. */
static main_child begin_with(edo_task_fn *root, void (*is)(int), const edo_runtime_opts *opts) {
    struct sigaction before, now = { .sa_handler = is, .sa_flags = SA_RESTART };
    said[0] = '\0';
    assert_int_equal(sigaction(SIGQUIT, &now, &before), 0);
    main_child c = main_child_begin(root, NULL, opts);
    assert_int_equal(sigaction(SIGQUIT, &before, NULL), 0);
    return c;
}

static main_child begin(edo_task_fn *root, const edo_runtime_opts *opts) {
    return begin_with(root, SIG_DFL, opts);
}

static int end_status(const main_child *c) {
    return main_child_end(c, NULL, 0);
}

/* ---- It goes on ------------------------------------------------------------------------------ */

static int sleep_long(void *arg) {
    (void)arg;
    next_signal();
    next_signal();
    int err = edo_sleep(edo_s(600));
    return err == -ECANCELED ? 7 : err;
}

static void each_sigquit_shows_the_tasks_and_the_program_goes_on(void **state) {
    (void)state;
    static const edo_runtime_opts both[] = { { .flavor = EDO_RUNTIME_MULTI, .workers = 2 },
                                             { .flavor = EDO_RUNTIME_CURRENT } };
    for (size_t i = 0; i < EDO_COUNT(both); i++) {
        size_t n = 0;
        main_child c = begin(sleep_long, &both[i]);
        main_child_signal(&c, SIGQUIT, 1);
        want(&c, &n, "edo: tasks of runtime 1 (edo), ");
        want(&c, &n, " root of edo_main: ");
        want(&c, &n, "  1 task\n");
        n = 0;
        said[0] = '\0';
        main_child_signal(&c, SIGQUIT, 1);
        want(&c, &n, "  1 task\n");
        assert_int_equal(kill(c.pid, SIGTERM), 0);
        int status = end_status(&c);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 7);
    }
}

/* A listener that comes and goes, as in a program that shows its own state by this signal. */
static int listen_and_sleep(void *arg) {
    edo_signal *s;
    CHECK_EQ(edo_signal_listen(&s, SIGQUIT), 0);
    edo_signal_close(s);
    CHECK_EQ(edo_signal_restore(SIGQUIT), 0);
    return sleep_long(arg);
}

static void after_a_listener_has_gone_sigquit_shows_the_tasks_again(void **state) {
    (void)state;
    size_t n = 0;
    main_child c = begin(listen_and_sleep, NULL);
    main_child_signal(&c, SIGQUIT, 1);
    want(&c, &n, "  1 task\n");
    main_child_signal(&c, SIGTERM, 1);
    int status = end_status(&c);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

/* ---- All workers are stuck ------------------------------------------------------------------- */

#ifndef EDOI_TSAN // which keeps a signal from a loop that never blocks
static int spin(void *arg) {
    volatile bool ends = arg;
    next_signal();
    while (!ends) continue;
    return 0;
}
#endif

static int lock_twice(void *arg) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    (void)arg;
    next_signal();
    for (int i = 0; i < 2; i++) (void)pthread_mutex_lock(&mutex);
    return 0;
}

/* Holds the lock of standard error. */
static int keep_standard_error(void *arg) {
    (void)arg;
    flockfile(stderr);
    next_signal();
    for (;;) (void)pause();
    return 0;
}

static void stuck_workers_are_shown(void **state) {
    (void)state;
    static const struct {
        edo_task_fn *root;
        edo_runtime_opts opts;
    } rows[] = {
        { lock_twice, { .flavor = EDO_RUNTIME_CURRENT, .watchdog = EDO_OFF } },
        { lock_twice, { .flavor = EDO_RUNTIME_MULTI, .workers = 1, .watchdog = EDO_OFF } },
        { keep_standard_error, { .flavor = EDO_RUNTIME_CURRENT, .watchdog = EDO_OFF } },
#ifndef EDOI_TSAN
        { spin, { .flavor = EDO_RUNTIME_CURRENT, .watchdog = EDO_OFF } },
        { spin, { .flavor = EDO_RUNTIME_MULTI, .workers = 1, .watchdog = EDO_OFF } },
#endif
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        size_t n = 0;
        main_child c = begin(rows[i].root, &rows[i].opts);
        main_child_signal(&c, SIGQUIT, 1);
        want(&c, &n, " root of edo_main: runs on worker 0");
        want(&c, &n, "  1 task\n");
        assert_int_equal(kill(c.pid, SIGKILL), 0);
        (void)end_status(&c);
    }
}

/* ---- What the program has -------------------------------------------------------------------- */

static void own_handler(int signo) {
    static const char text[] = "my own\n";
    (void)signo;
    CHECK_EQ(write(STDERR_FILENO, text, sizeof text - 1), sizeof text - 1);
}

static void an_ignored_sigquit_and_an_own_handler_stay(void **state) {
    (void)state;
    char all[4000];
    size_t n = 0;
    main_child c = begin_with(sleep_long, SIG_IGN, NULL); // as shells do in the background
    main_child_signal(&c, SIGQUIT, 1);
    main_child_signal(&c, SIGTERM, 1);
    int status = main_child_end(&c, all, sizeof all);
    assert_true(WIFEXITED(status));
    assert_string_equal(all, "");
    c = begin_with(sleep_long, own_handler, NULL);
    main_child_signal(&c, SIGQUIT, 1);
    want(&c, &n, "my own\n");
    main_child_signal(&c, SIGTERM, 1);
    status = end_status(&c);
    assert_true(WIFEXITED(status));
    assert_null(strstr(said, "edo: tasks"));
}

static void a_program_that_does_not_want_it_is_ended(void **state) {
    (void)state;
    static const edo_runtime_opts without = { .no_sigquit_dump = true };
    main_child c = begin(sleep_long, &without);
    main_child_signal(&c, SIGQUIT, 1);
    int status = end_status(&c);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGQUIT);
}

/* ---- The end --------------------------------------------------------------------------------- */

static int do_nothing(void *arg) {
    (void)arg;
    return 0;
}

static int ask_too(void *arg) {
    (void)arg;
    return edo_dump_on_signal(SIGQUIT);
}

static bool is_default(void) {
    struct sigaction now;
    assert_int_equal(sigaction(SIGQUIT, NULL, &now), 0);
    return !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL;
}

static int listen_to_it(void *arg) {
    (void)arg;
    edo_signal *s;
    CHECK_EQ(edo_signal_listen(&s, SIGQUIT), 0);
    edo_signal_close(s);
    return 0;
}

static void after_edo_main_it_is_as_before(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 1, "what wakes listeners stays, as their handler does");
    struct sigaction before, usual = { .sa_handler = SIG_DFL };
    assert_int_equal(sigaction(SIGQUIT, &usual, &before), 0); // which shells ignore
    assert_int_equal(edo_main(listen_to_it, NULL), 0);
    assert_int_equal(edo_signal_restore(SIGQUIT), 0);
    assert_true(is_default());
    for (int i = 0; i < 3; i++) {
        assert_int_equal(edo_main(do_nothing, NULL), 0);
        assert_true(is_default());
    }
    assert_int_equal(sigaction(SIGQUIT, &before, NULL), 0);
}

static void what_the_program_asks_for_itself_stays(void **state) {
    (void)state;
    may_leave(LEFT_THREADS, 2, "the threads that write dumps and find their names stay");
    struct sigaction before, usual = { .sa_handler = SIG_DFL };
    assert_int_equal(sigaction(SIGQUIT, &usual, &before), 0);
    assert_int_equal(edo_main(ask_too, NULL), 0);
    assert_false(is_default());
    assert_int_equal(edo_main(do_nothing, NULL), 0);
    assert_false(is_default());
    assert_int_equal(sigaction(SIGQUIT, &before, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sigquit_shows_the_tasks_and_the_program_goes_on),
        cmocka_unit_test(after_a_listener_has_gone_sigquit_shows_the_tasks_again),
        cmocka_unit_test(stuck_workers_are_shown),
        cmocka_unit_test(an_ignored_sigquit_and_an_own_handler_stay),
        cmocka_unit_test(a_program_that_does_not_want_it_is_ended),
        cmocka_unit_test(after_edo_main_it_is_as_before),
        cmocka_unit_test(what_the_program_asks_for_itself_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
