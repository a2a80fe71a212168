/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo_main() for a program: exit statuses, signals, its settings of the
 * process, and tasks that are alive when the root ends. Method: each program in a child process. */
#define EDO_TARGET "program"
#include <edo/compute.h>
#include <edo/edo.h>
#include <edo/log.h>

#include "main_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How a child ended, and its standard error. */
typedef struct ending {
    int status; /* of waitpid */
    char said[4000];
} ending;

static const edo_runtime_opts *main_opts; /* NULL: all defaults */
static edo_atomic_u32 begun;              /* in the child: the task beside the root */

static uint32_t load(edo_atomic_u32 *a) {
    return EDOI_ATOMIC_LOAD(&a->edoi_value, EDOI_ACQUIRE);
}

static void set(edo_atomic_u32 *a) {
    EDOI_ATOMIC_STORE(&a->edoi_value, 1, EDOI_RELEASE);
}

/* Runs `root(arg)` under edo_main in a child; `signals` are sent, each when the child asks. */
static ending run_main(edo_task_fn *root, void *arg, const int *signals, size_t signals_n) {
    ending e;
    main_child c = main_child_begin(root, arg, main_opts);
    for (size_t i = 0; i < signals_n; i++) main_child_signal(&c, signals[i], 1);
    e.status = main_child_end(&c, e.said, sizeof e.said);
    return e;
}

static void assert_exit(const ending *e, int status) {
    if (!WIFEXITED(e->status) || WEXITSTATUS(e->status) != status)
        fail_msg("status 0x%x, not exit %d; it said: %s", (unsigned)e->status, status, e->said);
}

static int answer(void *arg) {
    return *(int *)arg;
}

static int fail_with_a_story(void *arg) {
    (void)arg;
    int err = edo_fail(-ENOENT, "opening %s", "chat.conf");
    return edo_fail(err, "starting");
}

static void the_status_is_the_roots_result(void **state) {
    (void)state;
    static const int same[] = { 0, 1, 2, 77, 255 };
    for (size_t i = 0; i < EDO_COUNT(same); i++) {
        int result = same[i];
        ending e = run_main(answer, &result, NULL, 0);
        assert_exit(&e, result);
        assert_string_equal(e.said, "");
    }
    int large = 300;
    ending e = run_main(answer, &large, NULL, 0);
    assert_exit(&e, 1);
    assert_non_null(strstr(e.said, "300"));
}

static void a_negative_result_prints_its_trail_and_gives_1(void **state) {
    (void)state;
    ending e = run_main(fail_with_a_story, NULL, NULL, 0);
    assert_exit(&e, 1);
    assert_non_null(strstr(e.said, "starting: opening chat.conf: "));
    int cancelled = -ECANCELED; // without a signal it is a failure like any other
    e = run_main(answer, &cancelled, NULL, 0);
    assert_exit(&e, 1);
    assert_non_null(strstr(e.said, "ECANCELED"));
}

/* ---- Signals --------------------------------------------------------------------------------- */

static int sleep_long(void *arg) {
    (void)arg;
    next_signal();
    int err = edo_sleep(edo_s(60));
    if (err == -ECANCELED) CHECK_EQ(edo_cancel_reason(), EDO_CANCEL_SIGNAL);
    return err;
}

static int log_twice(void *arg) {
    const edo_log_opts opts = { .format = EDO_LOG_JSON, .ignore_env = true, .no_time = true };
    edo_warn("first");
    edo_debug("not this");
    int err = arg ? edo_log_start(&opts) : 0;
    edo_info("second");
    return err;
}

static int log_silently(void *arg) {
    (void)arg;
    edo_log_stop();
    edo_error("first");
    return 0;
}

static void the_log_has_warnings_or_what_the_environment_asks_for(void **state) {
    (void)state;
    unsetenv("EDO_LOG");
    ending e = run_main(log_twice, NULL, NULL, 0);
    assert_exit(&e, 0);
    assert_true(strstr(e.said, "first") && !strstr(e.said, "second"));
    e = run_main(log_silently, NULL, NULL, 0);
    assert_exit(&e, 0);
    assert_string_equal(e.said, "");
    setenv("EDO_LOG", "off", 1);
    e = run_main(log_twice, NULL, NULL, 0);
    assert_exit(&e, 0);
    assert_string_equal(e.said, "");
    setenv("EDO_LOG", "program=warn", 1);
    e = run_main(log_twice, NULL, NULL, 0);
    assert_exit(&e, 0);
    assert_non_null(strstr(e.said, " WARN program: first"));
    assert_null(strstr(e.said, "not this"));
    assert_null(strstr(e.said, "second"));
    e = run_main(log_twice, &e, NULL, 0); // the program starts it itself, in another form
    assert_exit(&e, 0);
    assert_non_null(strstr(e.said, " WARN program: first"));
    assert_non_null(strstr(e.said, "\"message\":\"second\""));
    unsetenv("EDO_LOG");
}

static int log_in_own_form(void *arg) {
    edo_error("in JSON");
    return *(int *)arg;
}

static void the_log_of_a_program_stays_as_it_has_started_it(void **state) {
    (void)state;
    int result = 0;
    const edo_log_opts opts = { .format = EDO_LOG_JSON, .level = EDO_LEVEL_ERROR };
    setenv("EDO_LOG", "warn", 1);
    assert_int_equal(edo_log_start(&opts), 0);
    ending e = run_main(log_in_own_form, &result, NULL, 0);
    edo_log_stop();
    unsetenv("EDO_LOG");
    assert_exit(&e, 0);
    assert_non_null(strstr(e.said, "\"message\":\"in JSON\""));
}

static void a_signal_cancels_the_root_and_the_status_is_0(void **state) {
    (void)state;
    static const int signals[] = { SIGTERM, SIGINT };
    for (size_t i = 0; i < EDO_COUNT(signals); i++) {
        ending e = run_main(sleep_long, NULL, &signals[i], 1);
        assert_exit(&e, 0);
        assert_string_equal(e.said, "");
    }
}

static int busy(void *arg) {
    int err = 0;
    next_signal();
    while (err == 0) err = edo_yield();
    (void)arg;
    return err == -ECANCELED ? 5 : 6; // a result of its own
}

static void signal_reaches_a_busy_root_too(void **state) {
    (void)state;
#ifdef EDOI_TSAN
    print_message("skipped: thread-sanitizer may keep a signal from a loop that never blocks\n");
    skip();
#endif
    int signal = SIGINT;
    ending e = run_main(busy, NULL, &signal, 1);
    assert_exit(&e, 5);
}

/* ---- A bound for all after a signal ---------------------------------------------------------- */

#define FLAVORS 3
static const edo_runtime_opts with_bound[FLAVORS] = {
    { .flavor = EDO_RUNTIME_MULTI, .shutdown = EDO_MS(100) },
    { .flavor = EDO_RUNTIME_CURRENT, .shutdown = EDO_MS(100) },
    { .start_paused = true, .shutdown = EDO_MS(100) },
};

static int ignore_cancellation(void *arg) {
    next_signal();
    while (!arg) (void)edo_sleep(edo_ms(10));
    return 0;
}

static int end_late(void *arg) {
    (void)arg;
    next_signal();
    (void)nanosleep(&(struct timespec){ .tv_nsec = 500000000 }, NULL); // five times the bound
    return 0;
}

static int hide(void *arg) {
    edo_duration off = EDO_OFF;
    edo_shield sh;
    edo_shield_begin(&sh, off);
    set(&begun);
    while (!arg) (void)edo_sleep(edo_ms(10));
    return edo_shield_end(&sh, 0);
}

static int leave_one_that_hides(void *arg) {
    CHECK_EQ(edo_spawn_detached(hide, arg), 0);
    WAIT_FOR(load(&begun));
    next_signal();
    return edo_sleep(edo_s(60)) == -ECANCELED ? 0 : 1;
}

static int compute_for_ever(void *arg) {
    next_signal();
    while (!arg) (void)pause();
    return 0;
}

static int leave_a_computation(void *arg) {
    edo_compute_future f;
    (void)edo_poll_once(edo_compute_init(&f, compute_for_ever, arg, NULL));
    int err = edo_sleep(edo_s(60));
    edo_drop(&f.base);
    return err;
}

static void what_does_not_end_after_a_signal_is_named_and_makes_the_status_3(void **state) {
    (void)state;
    static const struct {
        edo_task_fn *root;
        size_t flavors; /* so many of `with_bound` */
        const char *says;
    } rows[] = {
        { ignore_cancellation, FLAVORS, "root of edo_main did not end at shutdown" },
        { end_late, 1,
          "root of edo_main ended after the bound" }, // one that drives is not observed
        { leave_one_that_hides, 2, "hide at " },
        { leave_a_computation, 1, "did not end at shutdown" },
    };
    int signal = SIGTERM;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        for (size_t k = 0; k < rows[i].flavors; k++) {
            main_opts = &with_bound[k];
            ending e = run_main(rows[i].root, NULL, &signal, 1);
            assert_exit(&e, 3);
            if (!strstr(e.said, rows[i].says)) fail_msg("row %zu: it said: %s", i, e.said);
        }
    }
    main_opts = NULL;
}

/* Cleans up for a part of the bound. A paused clock would not wait for the signal. */
static int clean_for(void *percent) {
    edo_pending_future for_ever;
    set(&begun);
    int err = edo_await(edo_pending_init(&for_ever));
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(60));
    (void)edo_sleep(edo_ms(main_opts->shutdown.ns / 1000000 * *(int *)percent / 100));
    return edo_shield_end(&sh, err);
}

static int clean_after_a_child(void *percent) {
    CHECK_EQ(edo_spawn_detached(clean_for, percent), 0);
    YIELD_FOR(load(&begun));
    next_signal();
    return clean_for(percent);
}

/* The child is cancelled when the root has ended. On a busy machine the root may itself end after
 * the bound: with the real clock it is not certain which of both is named. */
static void root_and_others_share_one_bound_after_a_signal(void **state) {
    (void)state;
    int signal = SIGTERM, most = 80, little = 10;
    static const edo_runtime_opts paused = { .start_paused = true, .shutdown = EDO_S(20) };
    for (int i = 0; i < 2; i++) {
        main_opts = &with_bound[i];
        ending e = run_main(clean_after_a_child, &most, &signal, 1);
        assert_exit(&e, 3);
        assert_true(strstr(e.said, "task clean_for at ") || strstr(e.said, "root of edo_main "));
    }
    main_opts = &paused; // here the parts are exact, and the real time is that of a few polls
    ending e = run_main(clean_after_a_child, &most, &signal, 1);
    assert_exit(&e, 3);
    assert_non_null(strstr(e.said, "task clean_for at "));
    e = run_main(clean_after_a_child, &little, &signal, 1);
    assert_exit(&e, 0);
    main_opts = NULL;
}

/* Cleans up for 20 s, after it has asked for as long as `*arg` says. */
static int clean_for_long(void *arg) {
    edo_runtime_extend_shutdown(edo_runtime_current(), edo_s(30));
    edo_runtime_extend_shutdown(edo_runtime_current(), *(edo_duration *)arg);
    next_signal();
    edo_pending_future for_ever;
    int err = edo_await(edo_pending_init(&for_ever));
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(60));
    (void)edo_sleep(edo_s(20));
    return edo_shield_end(&sh, err);
}

static void the_bound_can_be_extended_unless_it_was_set(void **state) {
    (void)state;
    int signal = SIGTERM;
    static const edo_runtime_opts usual = { .start_paused = true },
                                  set = { .start_paused = true, .shutdown = EDO_S(5) };
    edo_duration longer[] = { edo_s(1), EDO_OFF };
    for (size_t i = 0; i < EDO_COUNT(longer); i++) {
        main_opts = &usual;
        ending e = run_main(clean_for_long, &longer[i], &signal, 1);
        assert_exit(&e, 0);
        main_opts = &set;
        e = run_main(clean_for_long, &longer[i], &signal, 1);
        assert_exit(&e, 3);
    }
    main_opts = NULL;
}

/* ---- Threads that do not end after a signal -------------------------------------------------- */

#ifdef EDOI_TSAN
/* A thread that hangs at its end is one that nobody joins: thread-sanitizer would make the status
 * its own. */
const char *__tsan_default_options(void);

const char *__tsan_default_options(void) {
    return "report_thread_leaks=0";
}
#endif

static pthread_key_t key;

static void hang(void *arg) {
    while (arg) (void)pause();
}

/* The thread that runs this does not end. */
static int hang_at_the_end(void *arg) {
    (void)arg;
    CHECK_EQ(pthread_setspecific(key, &key), 0);
    return 0;
}

static int hang_threads(void *arg) {
    CHECK_EQ(hang_at_the_end(arg), 0);
    CHECK_EQ(edo_blocking(hang_at_the_end, arg), 0);
    CHECK_EQ(edo_compute(hang_at_the_end, arg), 0);
    next_signal();
    return edo_sleep(edo_s(60));
}

static void threads_that_do_not_end_after_a_signal_make_the_status_3(void **state) {
    (void)state;
    int signal = SIGTERM;
    assert_int_equal(pthread_key_create(&key, hang), 0);
    main_opts = &with_bound[0];
    ending e = run_main(hang_threads, NULL, &signal, 1);
    main_opts = NULL;
    assert_int_equal(pthread_key_delete(key), 0);
    assert_exit(&e, 3);
}

#define ELSEWHERE 8 /* the status if the tasks came to other workers than they should */

static edo_atomic_u32 polls, heard, gave_up;

static bool is_on(const char *worker) {
    char name[16];
    CHECK_EQ(pthread_getname_np(pthread_self(), name, sizeof name), 0);
    return strcmp(name, worker) == 0;
}

static int poll_long(void *arg) {
    (void)arg;
    bool right = is_on("edo-0");
    set(&polls);
    for (int i = 0; right && !load(&heard); i++) {
        if (i == 10000) set(&gave_up);
        if (i == 10000) break;
        (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    return right;
}

static int sleep_beside_a_long_poll(void *arg) {
    if (!is_on("edo-1")) {
        (void)sleep_long(arg);
        return ELSEWHERE;
    }
    edo_task *t = edo_spawn_with(poll_long, NULL, &(edo_spawn_opts){ .spread = true });
    WAIT_FOR(load(&polls));
    int err = sleep_long(arg);
    set(&heard);
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(20));
    int polled_right = edo_task_join(t);
    (void)edo_shield_end(&sh, 0);
    if (polled_right != 1) return ELSEWHERE;
    return load(&gave_up) ? 7 : err;
}

static void a_long_poll_keeps_no_signal_from_the_root(void **state) {
    (void)state;
    int signal = SIGINT;
    ending e = { .status = ELSEWHERE << 8 };
    assert_int_equal(setenv("EDO_WORKERS", "2", 1), 0);
    for (int i = 0; i < 50 && e.status == ELSEWHERE << 8; i++)
        e = run_main(sleep_beside_a_long_poll, NULL, &signal, 1);
    assert_int_equal(unsetenv("EDO_WORKERS"), 0);
    if (e.status == ELSEWHERE << 8) {
        print_message("skipped: the root began on another worker each time\n");
        skip();
    }
    assert_exit(&e, 0);
}

static int never_hears(void *arg) {
    (void)arg;
    next_signal();
    (void)edo_sleep(edo_s(60));
    edo_duration off = EDO_OFF;
    edo_shield sh;
    edo_shield_begin(&sh, off);
    next_signal();
    (void)edo_sleep(edo_s(60));
    return edo_shield_end(&sh, 0);
}

static void a_second_signal_kills(void **state) {
    (void)state;
    static const int pairs[][2] = {
        { SIGINT, SIGINT }, { SIGTERM, SIGTERM }, { SIGINT, SIGTERM }, { SIGTERM, SIGINT }
    };
    for (size_t i = 0; i < EDO_COUNT(pairs); i++) {
        ending e = run_main(never_hears, NULL, pairs[i], 2);
        assert_true(WIFSIGNALED(e.status));
#ifdef EDOI_TSAN
        // It may run the handler of the first signal twice, if that comes while it makes the place
        // where it keeps signals.
        if (WTERMSIG(e.status) == pairs[i][0]) continue;
#endif
        assert_int_equal(WTERMSIG(e.status), pairs[i][1]);
    }
}

static void own_handler(int signo) {
    (void)signo;
}

static int end_at_once(void *arg) {
    (void)arg;
    return 0;
}

/* Runs in a child. Returns 0 if SIGTERM and SIGINT have their handlers again. */
static int handlers_after_main(void) {
    static const int signals[] = { SIGTERM, SIGINT };
    const struct sigaction own = { .sa_handler = own_handler };
    for (size_t i = 0; i < EDO_COUNT(signals); i++) CHECK_EQ(sigaction(signals[i], &own, NULL), 0);
    if (edo_main_with(end_at_once, NULL, main_opts) != 0) return 1;
    for (size_t i = 0; i < EDO_COUNT(signals); i++) {
        struct sigaction now;
        CHECK_EQ(sigaction(signals[i], NULL, &now), 0);
        if (now.sa_handler != own_handler) return 2;
    }
    return 0;
}

static void handlers_are_restored_when_the_program_goes_on(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(handlers_after_main());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int listen_myself(void *arg) {
    (void)arg;
    edo_signal *term;
    int err = edo_signal_listen(&term, SIGTERM);
    if (err < 0) return err;
    next_signal();
    err = edo_signal_recv(term);
    if (err < 0) return err;
    next_signal();
    err = edo_signal_recv(term); // the second one does not kill: it is ours
    edo_signal_close(term);
    return err < 0 ? err : 9;
}

static void a_program_that_listens_takes_the_signal_over(void **state) {
    (void)state;
    static const int twice[] = { SIGTERM, SIGTERM };
    ending e = run_main(listen_myself, NULL, twice, 2);
    assert_exit(&e, 9);
}

static int look_at_sigint(void *arg) {
    (void)arg;
    struct sigaction sa;
    CHECK_EQ(sigaction(SIGINT, NULL, &sa), 0);
    return sa.sa_handler == SIG_IGN ? 2 : 3;
}

static void an_ignored_signal_stays_ignored(void **state) {
    (void)state;
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    struct sigaction old;
    assert_int_equal(sigaction(SIGINT, &ignore, &old), 0); // as nohup and shells do
    ending e = run_main(look_at_sigint, NULL, NULL, 0);
    assert_int_equal(sigaction(SIGINT, &old, NULL), 0);
    assert_exit(&e, 2);
}

/* ---- What it sets ---------------------------------------------------------------------------- */

static int look_around(void *arg) {
    (void)arg;
    struct sigaction sa;
    CHECK_EQ(sigaction(SIGPIPE, NULL, &sa), 0);
    CHECK(sa.sa_handler == SIG_IGN);
    struct rlimit limit;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK(limit.rlim_cur == limit.rlim_max);
    int ends[2];
    CHECK_EQ(pipe(ends), 0);
    (void)close(ends[0]);
    CHECK_EQ(write(ends[1], "x", 1), -1); // does not kill
    CHECK_EQ(errno, EPIPE);
    CHECK(strstr(edo_task_current_name(), "root"));
    return 3;
}

static void sigpipe_does_not_kill_and_the_descriptor_limit_is_raised(void **state) {
    (void)state;
    struct rlimit limit, old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    limit = old;
    if (limit.rlim_max > 300) limit.rlim_cur = 200;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ending e = run_main(look_around, NULL, NULL, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_exit(&e, 3);
}

/* ---- Tasks that are alive at the end --------------------------------------------------------- */

static int clean_up(void *arg) {
    (void)arg;
    set(&begun);
    int err = edo_sleep(edo_s(60));
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(2));
    if (edo_sleep(edo_ms(20)) == 0) CHECK_EQ(write(STDERR_FILENO, "clean", 5), 5);
    return edo_shield_end(&sh, err);
}

static int leave_them(void *arg) {
    (void)arg;
    CHECK_EQ(edo_spawn_detached(clean_up, NULL), 0);
    WAIT_FOR(load(&begun));
    return 4;
}

static int look_for_streams(void *arg) {
    (void)arg;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        char path[32], target[64] = { 0 };
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (readlink(path, target, sizeof target - 1) <= 0) return 10 + fd;
        if (strcmp(target, "/dev/null") != 0) return 20 + fd;
    }
    return 0;
}

static void standard_streams_that_are_closed_become_dev_null(void **state) {
    (void)state;
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) (void)close(fd);
        _exit(edo_main(look_for_streams, NULL));
    }
    ending e = { 0 };
    assert_int_equal(waitpid(child, &e.status, 0), child);
    assert_exit(&e, 0);
}

static void tasks_alive_when_the_root_ends_are_cancelled_and_awaited(void **state) {
    (void)state;
    ending e = run_main(leave_them, NULL, NULL, 0);
    assert_exit(&e, 4);
    assert_non_null(strstr(e.said, "clean")); // a debug build also names the task
}

static int do_nothing(void *arg) {
    (void)arg;
    return 0;
}

static void a_second_edo_main_may_be_called(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        int result = i;
        assert_int_equal(edo_main(answer, &result), i);
        struct sigaction sa; // the handler for stacks is gone
        assert_int_equal(sigaction(SIGURG, NULL, &sa), 0);
        assert_true(sa.sa_handler == SIG_DFL);
    }
    assert_int_equal(edo_main_with(do_nothing, NULL, &(edo_runtime_opts){ .start_paused = true }),
                     0);
    assert_int_equal(
        edo_main_with(do_nothing, NULL, &(edo_runtime_opts){ .flavor = (edo_runtime_flavor)9 }), 1);
}

/* ---- Overflow -------------------------------------------------------------------------------- */

static volatile int deepest = INT_MAX;

static int dig(void *arg) {
    volatile char here[500];
    int depth = *(int *)arg + 1;
    here[0] = (char)depth;
    return depth < deepest ? dig(&depth) + here[0] : 0;
}

static int dig_beside(void *arg) {
    return edo_task_join(edo_spawn(dig, arg));
}

static void an_overflow_on_a_worker_is_reported_by_name(void **state) {
    (void)state;
#if defined(EDOI_ASAN) || defined(EDOI_TSAN)
    print_message("skipped: the sanitizer reports it itself\n");
    skip();
#endif
    static int from = 0;
    ending e = run_main(dig_beside, &from, NULL, 0);
    if (!WIFSIGNALED(e.status)) fail_msg("status 0x%x: %s", (unsigned)e.status, e.said);
    assert_non_null(strstr(e.said, "edo: stack overflow in task dig at "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_is_the_roots_result),
        cmocka_unit_test(a_negative_result_prints_its_trail_and_gives_1),
        cmocka_unit_test(the_log_has_warnings_or_what_the_environment_asks_for),
        cmocka_unit_test(the_log_of_a_program_stays_as_it_has_started_it),
        cmocka_unit_test(a_signal_cancels_the_root_and_the_status_is_0),
        cmocka_unit_test(signal_reaches_a_busy_root_too),
        cmocka_unit_test(what_does_not_end_after_a_signal_is_named_and_makes_the_status_3),
        cmocka_unit_test(root_and_others_share_one_bound_after_a_signal),
        cmocka_unit_test(the_bound_can_be_extended_unless_it_was_set),
        cmocka_unit_test(threads_that_do_not_end_after_a_signal_make_the_status_3),
        cmocka_unit_test(a_long_poll_keeps_no_signal_from_the_root),
        cmocka_unit_test(a_second_signal_kills),
        cmocka_unit_test(handlers_are_restored_when_the_program_goes_on),
        cmocka_unit_test(an_overflow_on_a_worker_is_reported_by_name),
        cmocka_unit_test(a_program_that_listens_takes_the_signal_over),
        cmocka_unit_test(an_ignored_signal_stays_ignored),
        cmocka_unit_test(sigpipe_does_not_kill_and_the_descriptor_limit_is_raised),
        cmocka_unit_test(standard_streams_that_are_closed_become_dev_null),
        cmocka_unit_test(tasks_alive_when_the_root_ends_are_cancelled_and_awaited),
        cmocka_unit_test(a_second_edo_main_may_be_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
