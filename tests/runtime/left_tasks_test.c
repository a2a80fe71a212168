/* SPDX-License-Identifier: MIT */
/* Goal: tasks that are alive at the exit of the process are named, and so are those that the end of
 * the root of edo_main() cuts short; nothing is reported of a program that waits for its tasks.
 * Method: each program in a child, whose standard error is read. */
#include <edo/dump.h>
#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "last_words.h"

#define HANGS_S 20 /* after which a child counts as hung */

#ifdef EDOI_ASAN
/* The leak checker stops all threads that it knows of before it looks. Most processes here exit
 * beside running threads, and one is a fork's child, which has none of the threads that the checker
 * knows: it waits for them, or reports memory that only they hold as lost. */
EDO_API int __lsan_is_turned_off(void); // seen by the checker
int __lsan_is_turned_off(void) {
    return 1;
}
#endif

static int wait_long(void *arg) {
    (void)arg;
    return edo_sleep(edo_s(3600));
}

static int end_at_once(void *arg) {
    (void)arg;
    return 0;
}

static edo_runtime *new_runtime(void) {
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 2 }) < 0) abort();
    return rt;
}

/* ---- The exit of the process ----------------------------------------------------------------- */

static int run_something(edo_runtime *rt) {
    return edo_task_join(edo_spawn_on(rt, end_at_once, NULL));
}

static int does_not_free(void *arg) {
    edo_runtime *rt = new_runtime();
    for (int i = 0; i < 2; i++) edo_task_detach(edo_spawn_on(rt, wait_long, arg));
    edo_task *handle = edo_spawn_on(rt, wait_long, arg);
    if (!handle || run_something(rt) < 0) abort();
    exit(7);
}

static int does_not_free_current(void *arg) {
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }) < 0) abort();
    edo_task_detach(edo_spawn_on(rt, wait_long, arg));
    if (edo_run(rt, end_at_once, NULL) < 0) abort();
    exit(7);
}

static int exit_beside_many(void *arg) {
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j",
                                         "k", "l", "m", "n", "o", "p", "q", "r", "s", "t" };
    for (size_t i = 0; i < EDO_COUNT(names); i++) {
        edo_spawn_opts opts = { .name = names[i] };
        if (edo_spawn_detached_with(wait_long, arg, &opts) < 0) abort();
    }
    exit(7);
}

static int leaves_many_kinds(void *arg) {
    return edo_main(exit_beside_many, arg);
}

static int exit_in_root(void *arg) {
    if (edo_spawn_detached(wait_long, arg) < 0) abort();
    (void)edo_yield();
    exit(7);
}

static int exits_in_a_task(void *arg) {
    return edo_main(exit_in_root, arg);
}

static int frees_late(void *arg) {
    edo_runtime *rt = new_runtime();
    edo_task_detach(edo_spawn_on(rt, wait_long, arg));
    edo_runtime_free(rt);
    exit(7);
}

/* All tasks have ended. */
static int leaves_only_the_runtime(void *arg) {
    (void)arg;
    if (run_something(new_runtime()) < 0) abort();
    exit(7);
}

static edo_runtime *of_program;

static void free_of_program(void) {
    edo_runtime_free(of_program);
}

static int frees_in_a_function_for_the_exit(void *arg) {
    of_program = new_runtime();
    if (atexit(free_of_program) != 0) abort();
    edo_task_detach(edo_spawn_on(of_program, wait_long, arg));
    exit(7);
}

static int exits_in_a_fork(void *arg) {
    edo_runtime *rt = new_runtime();
    edo_task_detach(edo_spawn_on(rt, wait_long, arg));
    pid_t child = fork();
    if (child == 0) exit(7);
    int status = 0;
    if (waitpid(child, &status, 0) != child) abort();
    _exit(WEXITSTATUS(status));
}

static sem_t writes;

/* Does not return, but for the flush of the thread that exits. */
static ssize_t write_for_ever(void *exiting, const char *bytes, size_t n) {
    (void)bytes;
    if (pthread_equal(pthread_self(), *(const pthread_t *)exiting)) return (ssize_t)n;
    (void)sem_post(&writes);
    for (;;) (void)pause();
}

static void *dump_for_ever(void *exiting) {
    FILE *out = fopencookie(exiting, "w", (cookie_io_functions_t){ .write = write_for_ever });
    if (!out || setvbuf(out, NULL, _IONBF, 0) != 0) abort();
    edo_dump_tasks(out);
    return NULL;
}

static int exits_beside_a_dump_that_hangs(void *arg) {
    static pthread_t me;
    pthread_t dumper;
    (void)alarm(HANGS_S);
    edo_runtime *rt = new_runtime();
    edo_task_detach(edo_spawn_on(rt, wait_long, arg));
    me = pthread_self();
    if (sem_init(&writes, 0, 0) < 0) abort();
    if (pthread_create(&dumper, NULL, dump_for_ever, &me) != 0) abort();
    while (sem_wait(&writes) < 0) { // EINTR
    }
    exit(7);
}

/* ---- The end of the root --------------------------------------------------------------------- */

EDO_ASYNC(waiter, edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_sleep_init(&self->nap, edo_s(3600)));
    EDO_END;
}

static int leave_three(void *arg) {
    for (int i = 0; i < 2; i++)
        if (edo_spawn_detached(wait_long, arg) < 0) abort();
    waiter m = { .nap.at_ns = 0 };
    edo_task_detach(edo_spawn_future(waiter_init(&m)));
    return 7; // at once: they have not begun
}

static int leave_one_that_waits(void *arg) {
    if (edo_spawn_detached(wait_long, arg) < 0) abort();
    return edo_sleep(edo_ms(5)) < 0 ? 1 : 7;
}

static int leave_many(void *arg) {
    static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
    for (size_t i = 0; i < EDO_COUNT(names); i++) {
        edo_spawn_opts opts = { .name = names[i] };
        if (edo_spawn_detached_with(wait_long, arg, &opts) < 0) abort();
    }
    return 7;
}

static int leave_who_do_not_wait(void *arg) {
    for (int i = 0; i < 20; i++)
        if (edo_spawn_detached(end_at_once, arg) < 0) abort();
    return 7;
}

static int received_n;

static int receive_all(void *rx) {
    int value, err;
    while ((err = edo_mpsc_recv(rx, &value)) == 0) received_n++;
    edo_mpsc_rx_free(rx);
    return err;
}

/* The receiver waits when the channel is closed, so it sees that before its own cancellation: the
 * one worker has run it until there was nothing more to receive. */
static int close_and_return(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    if (edo_mpsc_new(&tx, &rx, sizeof(int), 4, NULL) < 0) abort();
    if (edo_spawn_detached(receive_all, rx) < 0) abort();
    for (int i = 0; i < 8; i++)
        if (edo_mpsc_send(tx, &i) < 0) abort();
    while (received_n < 8)
        if (edo_yield() < 0) abort();
    edo_mpsc_tx_unref(tx);
    return 7;
}

static int abort_and_join(void *arg) {
    edo_task *t = edo_spawn(wait_long, arg);
    edo_task_cancel(t);
    return edo_task_join(t) == -ECANCELED ? 7 : 1;
}

static int fail_early(void *arg) {
    if (edo_spawn_detached(wait_long, arg) < 0) abort();
    return -EIO;
}

static int end_by_signal(void *arg) {
    if (edo_spawn_detached(wait_long, arg) < 0) abort();
    (void)kill(getpid(), SIGTERM);
    return wait_long(arg) == -ECANCELED ? 7 : 1;
}

static int run(void *fn) {
    return edo_main(*(edo_task_fn *const *)fn, NULL);
}

static int run_on_one_worker(void *fn) {
    return edo_main_with(*(edo_task_fn *const *)fn, NULL, &(edo_runtime_opts){ .workers = 1 });
}

/* ---- The tables ------------------------------------------------------------------------------ */

#define ALIVE(what) "edo: left at exit: " what
#define CUT_SHORT   "edo: the root of edo_main returned and cut "
#define WAITS_AT    "wait_long at tests/runtime/left_tasks_test.c:"
#define SAYS_MAX    4

static const struct {
    int (*fn)(void *arg);
    edo_task_fn *root; /* of run() */
    const char *says[SAYS_MAX];
} rows[] = {
    { does_not_free, NULL, { ALIVE("2 tasks " WAITS_AT), ALIVE("task " WAITS_AT) } },
    { does_not_free_current, NULL, { ALIVE("task " WAITS_AT) } },
    { leaves_many_kinds, NULL, { ALIVE("task a\n"), ALIVE("task p\n"), ALIVE("4 more\n") } },
    { exits_in_a_task, NULL, { ALIVE("task " WAITS_AT) } },
    { run, leave_three, { CUT_SHORT "3 tasks short: ", WAITS_AT, " (2)", "waiter_init(&m) at " } },
    { run, leave_one_that_waits, { CUT_SHORT "1 task short: " WAITS_AT } },
    { run, leave_many, { CUT_SHORT "6 tasks short: ", ", and 2 more\n" } },
};

static const struct {
    int (*fn)(void *arg);
    edo_task_fn *root;
} silent[] = {
    { frees_late, NULL },
    { leaves_only_the_runtime, NULL },
    { frees_in_a_function_for_the_exit, NULL },
    { exits_in_a_fork, NULL },
    { exits_beside_a_dump_that_hangs, NULL },
    { run, leave_who_do_not_wait },
    { run_on_one_worker, close_and_return },
    { run, abort_and_join },
    { run, end_by_signal },
};

static int lines_of(const char *text) {
    int n = 0;
    for (; *text; text++) n += *text == '\n';
    return n;
}

static void tasks_that_are_left_are_named(void **state) {
    (void)state;
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    print_message("skipped: a release build prints nothing, nor one for the thread sanitizer\n");
    skip();
#endif
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[8192];
        edo_task_fn *root = rows[i].root;
        int status = last_words(rows[i].fn, &root, said, sizeof said);
        bool named = WIFEXITED(status) && WEXITSTATUS(status) == 7;
        for (int k = 0; k < SAYS_MAX && rows[i].says[k]; k++)
            named = named && strstr(said, rows[i].says[k]);
        if (!named) fail_msg("row %zu: status %x, said: %s", i, (unsigned)status, said);
    }
}

static void task_that_calls_exit_is_not_named(void **state) {
    (void)state;
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    print_message("skipped: a release build prints nothing, nor one for the thread sanitizer\n");
    skip();
#endif
    char said[8192];
    (void)last_words(exits_in_a_task, NULL, said, sizeof said);
    assert_null(strstr(said, "root of edo_main"));
    assert_int_equal(lines_of(said), 1);
}

static void correct_use_reports_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(silent); i++) {
        char said[8192];
        edo_task_fn *root = silent[i].root;
        int status = last_words(silent[i].fn, &root, said, sizeof said);
        // the leak checker prints that it does not find the threads of the forking process
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 7 || strstr(said, "edo: "))
            fail_msg("row %zu: status %x, said: %s", i, (unsigned)status, said);
    }
}

static void failing_root_is_not_reported_as_cut_short(void **state) {
    (void)state;
    char said[8192];
    edo_task_fn *root = fail_early;
    int status = last_words(run, &root, said, sizeof said);
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_non_null(strstr(said, "Input/output error"));
    assert_null(strstr(said, CUT_SHORT));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_that_are_left_are_named),
        cmocka_unit_test(task_that_calls_exit_is_not_named),
        cmocka_unit_test(correct_use_reports_nothing),
        cmocka_unit_test(failing_root_is_not_reported_as_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
