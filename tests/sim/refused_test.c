/* SPDX-License-Identifier: MIT */
/* Goal: what a world does not have fails the run, which names the call and the host; and outside of
 * hosts it is there as ever.
 * Method: a host for each call. */
#include "child.h"
#include "inside.h"

#include <edo/error.h>
#include <edo/process.h>
#include <edo/sim.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static char *no_words[] = { NULL };
static char *true_words[] = { (char[]){ "true" }, NULL };

/* ---- Threads and processes ------------------------------------------------------------------- */

static void *nothing(void *arg) {
    return arg;
}

static int nothing_else(void *arg) {
    (void)arg;
    return 0;
}

static int call_pthread_create(void *arg) {
    pthread_t made;
    CHECK_EQ(pthread_create(&made, NULL, nothing, arg), EAGAIN);
    return 0;
}

static int call_thrd_create(void *arg) {
    thrd_t made;
    CHECK_EQ(thrd_create(&made, nothing_else, arg), thrd_error);
    return 0;
}

static int call_timer_create(void *arg) {
    timer_t made;
    (void)arg;
    CHECK(timer_create(CLOCK_MONOTONIC, NULL, &made) == -1 && errno == ENOTSUP);
    return 0;
}

static int call_fork(void *arg) {
    (void)arg;
    CHECK(fork() == -1 && errno == ENOTSUP);
    return 0;
}

static int call_vfork(void *arg) {
    (void)arg;
    // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork)
    CHECK(vfork() == -1);
    return 0;
}

static int call_clone(void *arg) {
    static char stack[4096];
    CHECK(clone(nothing_else, stack + sizeof stack, SIGCHLD, arg) == -1 && errno == ENOTSUP);
    return 0;
}

static int call_posix_spawn(void *arg) {
    pid_t pid;
    (void)arg;
    CHECK_EQ(posix_spawn(&pid, "/bin/true", NULL, NULL, true_words, no_words), ENOTSUP);
    return 0;
}

static int call_posix_spawnp(void *arg) {
    pid_t pid;
    (void)arg;
    CHECK_EQ(posix_spawnp(&pid, "true", NULL, NULL, true_words, no_words), ENOTSUP);
    return 0;
}

static int call_system(void *arg) {
    (void)arg;
    CHECK(system("true") == -1 && errno == ENOTSUP); // NOLINT(cert-env33-c)
    return 0;
}

static int call_popen(void *arg) {
    (void)arg;
    CHECK(!popen("true", "r") && errno == ENOTSUP); // NOLINT(cert-env33-c)
    return 0;
}

static int call_execve(void *arg) {
    (void)arg;
    CHECK(execve("/bin/true", true_words, no_words) == -1 && errno == ENOTSUP);
    return 0;
}

static int call_execv(void *arg) {
    (void)arg;
    CHECK(execv("/bin/true", true_words) == -1 && errno == ENOTSUP);
    return 0;
}

static int call_execvp(void *arg) {
    (void)arg;
    CHECK(execvp("true", true_words) == -1 && errno == ENOTSUP);
    return 0;
}

static int call_kill(void *arg) {
    (void)arg;
    CHECK(kill(getpid(), SIGTERM) == -1 && errno == ENOTSUP);
    return 0;
}

/* ---- Sleeps and alarms ----------------------------------------------------------------------- */

static const struct timespec second = { .tv_sec = 1 };

static int call_nanosleep(void *arg) {
    (void)arg;
    return nanosleep(&second, NULL);
}

static int call_clock_nanosleep(void *arg) {
    (void)arg;
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &second, NULL);
}

static int call_thrd_sleep(void *arg) {
    (void)arg;
    return thrd_sleep(&second, NULL);
}

static int call_sleep(void *arg) {
    (void)arg;
    return (int)sleep(1);
}

static int call_usleep(void *arg) {
    (void)arg;
    return usleep(1);
}

static int call_select(void *arg) {
    (void)arg;
    CHECK_EQ(select(0, NULL, NULL, NULL, &(struct timeval){ .tv_sec = 0 }), 0);
    return select(0, NULL, NULL, NULL, &(struct timeval){ .tv_sec = 1 });
}

static int call_pselect(void *arg) {
    (void)arg;
    CHECK_EQ(pselect(0, NULL, NULL, NULL, &(struct timespec){ .tv_sec = 0 }, NULL), 0);
    return pselect(0, NULL, NULL, NULL, &second, NULL);
}

static int call_poll(void *arg) {
    (void)arg;
    CHECK_EQ(poll(NULL, 0, 0), 0);
    return poll(NULL, 0, 1000);
}

static int call_ppoll(void *arg) {
    struct pollfd none = { .fd = -1 };
    (void)arg;
    return ppoll(&none, 1, &second, NULL);
}

static int call_alarm(void *arg) {
    (void)arg;
    CHECK_EQ(alarm(0), 0);
    return (int)alarm(1);
}

static int call_setitimer(void *arg) {
    const struct itimerval after = { .it_value.tv_sec = 1 };
    (void)arg;
    CHECK_EQ(setitimer(ITIMER_REAL, &(struct itimerval){ .it_value.tv_sec = 0 }, NULL), 0);
    CHECK(setitimer(ITIMER_REAL, &after, NULL) == -1 && errno == ENOTSUP);
    return 0;
}

static int call_timerfd_settime(void *arg) {
    const struct itimerspec after = { .it_value.tv_sec = 1 };
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    (void)arg;
    CHECK(fd >= 0);
    CHECK(timerfd_settime(fd, 0, &after, NULL) == -1 && errno == ENOTSUP);
    CHECK_EQ(close(fd), 0);
    return 0;
}

/* ---- Processes of edo ------------------------------------------------------------------------ */

static int call_edo_process(void *arg) {
    static const char *const words[] = { "true", NULL };
    (void)arg;
    CHECK_EQ(edo_process_run(words, NULL), -ENOTSUP);
    return 0;
}

/* ---- Each fails the run ---------------------------------------------------------------------- */

typedef struct row {
    const char *name;
    edo_task_fn *fn;
} row;

static void expect_refusal(const row *r) {
    char why[512];
    edo_sim *sim = edo_sim_new(NULL);
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "bold", r->fn, NULL), 0);
    int err = edo_sim_run(sim, edo_s(1));
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    if (err != -ENOTSUP || !strstr(why, "bold") || !strstr(why, r->name))
        fail_msg("%s: %d, %s", r->name, err, why);
    edo_sim_free(sim);
    edo_trail_clear();
}

static void what_a_world_does_not_have_fails_the_run_by_name(void **state) {
    static const row rows[] = {
        { "pthread_create()", call_pthread_create },
        { "thrd_create()", call_thrd_create },
        { "timer_create()", call_timer_create },
        { "fork()", call_fork },
        { "vfork()", call_vfork },
        { "clone()", call_clone },
        { "posix_spawn()", call_posix_spawn },
        { "posix_spawnp()", call_posix_spawnp },
        { "system()", call_system },
        { "popen()", call_popen },
        { "execve()", call_execve },
        { "execv()", call_execv },
        { "execvp()", call_execvp },
        { "kill()", call_kill },
        { "edo_process_spawn()", call_edo_process },
        { "nanosleep()", call_nanosleep },
        { "clock_nanosleep()", call_clock_nanosleep },
        { "thrd_sleep()", call_thrd_sleep },
        { "sleep()", call_sleep },
        { "usleep()", call_usleep },
        { "select()", call_select },
        { "pselect()", call_pselect },
        { "poll()", call_poll },
        { "ppoll()", call_ppoll },
        { "alarm()", call_alarm },
        { "setitimer()", call_setitimer },
        { "timerfd_settime()", call_timerfd_settime },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) expect_refusal(&rows[i]);
}

static int call_fork_late(void *arg) {
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_sleep(edo_s(1)), 0);
    return call_fork(arg);
}

/* So that a debugger can stop there. */
static void failure_tells_its_event(void **state) {
    char why[512];
    edo_sim *sim = edo_sim_new(NULL);
    (void)state;
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "bold", call_fork_late, NULL), 0);
    int err = edo_sim_run(sim, edo_s(9));
    assert_int_equal(err, -ENOTSUP);
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    const char *at = strstr(why, ", at event ");
    assert_non_null(at);
    const uint64_t event = strtoull(at + strlen(", at event "), NULL, 10);
    assert_true(event > 0 && event <= edo_sim_events_n(sim));
    edo_sim_free(sim);
    edo_trail_clear();
}

/* Which has a timer of the machine that never fires. */
static int sleep_by_the_calendar(void *arg) {
    (void)arg;
    return edo_sleep_wall_at(edo_wall_add(edo_wall_now(), edo_s(5)));
}

static void sleep_by_the_calendar_is_not_refused(void **state) {
    edo_sim *sim = edo_sim_new(NULL);
    (void)state;
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "patient", sleep_by_the_calendar, NULL), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(6)), 0);
    assert_true(edo_sim_now(sim).ns >= edo_s(5).ns);
    edo_sim_free(sim);
}

/* ---- Outside --------------------------------------------------------------------------------- */

static int status_of(pid_t pid) {
    int how;
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static int return_five(void *arg) {
    (void)arg;
    return 5;
}

static int run_true(void *arg) {
    static const char *const words[] = { "true", NULL };
    (void)arg;
    return edo_process_run(words, NULL);
}

static void processes_are_there_outside_of_hosts(void **state) {
    static char stack[65536];
    char line[16] = "";
    pid_t pid;
    (void)state;
    assert_int_equal(posix_spawnp(&pid, "true", NULL, NULL, true_words, environ), 0);
    assert_int_equal(status_of(pid), 0);
    pid = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)
    if (pid == 0) _exit(3);
    assert_int_equal(status_of(pid), 3);
    pid = fork();
    if (pid == 0) (void)execvp("true", true_words);
    if (pid == 0) _exit(4);
    assert_int_equal(status_of(pid), 0);
    pid = clone(return_five, stack + sizeof stack, SIGCHLD, NULL);
    assert_int_equal(status_of(pid), 5);
    assert_int_equal(system("exit 2") >> 8, 2); // NOLINT(cert-env33-c)
    FILE *said = popen("echo so", "r");         // NOLINT(cert-env33-c)
    assert_non_null(said);
    assert_non_null(fgets(line, sizeof line, said));
    assert_string_equal(line, "so\n");
    assert_int_equal(pclose(said), 0);
    assert_int_equal(inside_with(run_true, NULL, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_world_does_not_have_fails_the_run_by_name),
        cmocka_unit_test(failure_tells_its_event),
        cmocka_unit_test(sleep_by_the_calendar_is_not_refused),
        cmocka_unit_test(processes_are_there_outside_of_hosts),
    };
    return cmocka_run_group_tests_name("sim_refused", tests, NULL, NULL);
}
