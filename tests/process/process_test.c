/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/process.h about starting, ending and signalling: the error of a start
 * comes back from it; the status is right and stays; nothing is left of a program, however its
 * handle was given up.
 * Method: programs of the system, on every kind of runtime; after each test there is no child, and
 * as many descriptors are open as before. */
#include "process_support.h"

#include <edo/fd.h>
#include <edo/pipe.h>
#include <edo/process.h>

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int statuses(void *arg) {
    (void)arg;
    CHECK_EQ(edo_process_run(ARGV("true"), NULL), 0);
    CHECK_EQ(edo_process_run(ARGV("/bin/true"), NULL), 0);
    CHECK_EQ(edo_process_run(ARGV("sh", "-c", "exit 7"), NULL), 7);
    CHECK_EQ(edo_process_run(ARGV("sh", "-c", "exit 255"), NULL), 255);
    CHECK_EQ(edo_process_run(ARGV("sh", "-c", "kill -9 $$"), NULL),
             EDO_PROCESS_SIGNALLED + SIGKILL);
    CHECK_EQ(edo_process_run(ARGV("it", "-c", "exit 4"), &(edo_process_opts){ .program = "sh" }),
             4);
    return 0;
}

static void status_is_that_of_the_program(void **state) {
    (void)state;
    run_each_clean(statuses);
}

static int refuses(void *arg) {
    return *(int *)arg;
}

static int failing_starts(void *arg) {
    (void)arg;
    edo_process *p;
    int code = -EXDEV;
    const gid_t groups[] = { 0 };
    const edo_process_user nobody = { .uid = 65534, .gid = 65534, .groups = groups };
    CHECK_EQ(edo_process_spawn(&p, ARGV("no-such-program-here"), NULL), -ENOENT);
    CHECK_EQ(edo_process_spawn(&p, ARGV("/no/such/program"), NULL), -ENOENT);
    CHECK_EQ(edo_process_spawn(&p, ARGV(""), NULL), -ENOENT);
    CHECK_EQ(edo_process_spawn(&p, ARGV("/etc/passwd"), NULL), -EACCES);
    CHECK_EQ(edo_process_spawn(&p, ARGV("/etc"), NULL), -EACCES);
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"), &(edo_process_opts){ .dir = "/no/such" }),
             -ENOENT);
    CHECK_EQ(edo_process_spawn(&p, (const char *const[]){ NULL }, NULL), -EINVAL);
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"), &(edo_process_opts){ .reserved = { 1 } }),
             -EINVAL);
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"), &(edo_process_opts){ .in = EDO_STDIO_OUT }),
             -EINVAL);
    const edo_process_opts bad_fd = { .out = EDO_STDIO_FD, .out_fd = -1 };
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"), &bad_fd), -EBADF);
    // a descriptor that the program would not get
    const edo_process_opts in_vain[] = { { .in_fd = 5 },
                                         { .out_fd = 5 },
                                         { .err = EDO_STDIO_OUT, .err_fd = 5 },
                                         { .pty_rows = 5 },
                                         { .pty_columns = 5 } };
    for (size_t i = 0; i < EDO_COUNT(in_vain); i++)
        CHECK_EQ(edo_process_spawn(&p, ARGV("true"), &in_vain[i]), -EINVAL);
    const edo_process_opts none = { .in_fd = -1, .out_fd = -1, .err_fd = -1 };
    CHECK_EQ(edo_process_run(ARGV("true"), &none), 0);
    const edo_process_opts no_pipe = { .out = EDO_STDIO_PIPE };
    CHECK_EQ(edo_process_run(ARGV("true"), &no_pipe), -EINVAL);
    const edo_process_opts hook = { .before_exec = refuses, .before_exec_arg = &code };
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"), &hook), -EXDEV);
    code = 0;
    CHECK_EQ(edo_process_run(ARGV("true"), &hook), 0);
    int as_nobody = edo_process_run(ARGV("sh", "-c", "exit $(id -u | grep -c 65534)"),
                                    &(edo_process_opts){ .user = &nobody });
    CHECK_EQ(as_nobody, geteuid() == 0 ? 1 : -EPERM);
    CHECK_EQ(prctl(PR_GET_DUMPABLE), 1); // as before
    return 0;
}

static void start_that_fails_says_why(void **state) {
    (void)state;
    run_each_clean(failing_starts);
}

/* The program's output must be `wanted`. */
static void check_output(const char *script, const edo_process_opts *opts, const char *wanted) {
    edo_process_result r;
    CHECK_EQ(edo_process_output(&r, ARGV("sh", "-c", script), opts, (edo_str){ 0 }, 0), 0);
    CHECK_EQ(r.out.str.len, strlen(wanted));
    CHECK_EQ(memcmp(r.out.str.ptr, wanted, strlen(wanted)), 0);
    edo_bytes_unref(&r.out);
    edo_bytes_unref(&r.err);
}

static int surroundings(void *arg) {
    (void)arg;
    const char *const only[] = { "A=1", NULL };
    const char *const changes[] = { "EDO_NEW=x y", "HOME", "A=2", "A=3", NULL };
    edo_process_opts opts = { .dir = "/usr" };
    check_output("pwd", &opts, "/usr\n");
    opts = (edo_process_opts){ .env = only, .program = "/bin/sh" };
    check_output("echo $A${HOME-none}", &opts, "1none\n");
    opts.env_change = changes;
    check_output("echo $A$EDO_NEW", &opts, "3x y\n");
    opts = (edo_process_opts){ .env_change = changes };
    CHECK_EQ(setenv("HOME", "/", 1), 0);
    check_output("echo $EDO_NEW${HOME-none}", &opts, "x ynone\n");
    opts = (edo_process_opts){ .session = true };
    check_output("read pid name state parent group session rest </proc/$$/stat; "
                 "test $session = $$ && echo yes",
                 &opts, "yes\n");
    opts = (edo_process_opts){ .group = true };
    check_output("read pid name state parent group rest </proc/$$/stat; "
                 "test $group = $$ && echo yes",
                 &opts, "yes\n");
    opts = (edo_process_opts){ .err = EDO_STDIO_OUT };
    check_output("echo a; echo b >&2; echo c", &opts, "a\nb\nc\n");
    return 0;
}

static void surroundings_are_as_asked(void **state) {
    (void)state;
    run_each_clean(surroundings);
}

/* A limit of the started shell, as its `ulimit` says. */
static int limits(void *arg) {
    (void)arg;
    struct rlimit before, after;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK_EQ(before.rlim_max >= 40, true);
    const edo_process_limit two[] = { { .resource = RLIMIT_NOFILE, .soft = 30, .hard = 40 },
                                      { .resource = RLIMIT_CORE, .soft = 0, .hard = 0 } };
    const edo_process_opts limited = { .limits = two, .limits_n = EDO_COUNT(two) };
    check_output("ulimit -Sn; ulimit -Hn; ulimit -c", &limited, "30\n40\n0\n");
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
    CHECK_EQ(after.rlim_cur, before.rlim_cur); // ours stay, although the memory was shared
    CHECK_EQ(after.rlim_max, before.rlim_max);
    const edo_process_limit inverted = { .resource = RLIMIT_NOFILE, .soft = 40, .hard = 30 };
    edo_process *p;
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"),
                               &(edo_process_opts){ .limits = &inverted, .limits_n = 1 }),
             -EINVAL);
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"), &(edo_process_opts){ .limits_n = 1 }), -EINVAL);
    return 0;
}

static void limits_are_those_of_the_program_only(void **state) {
    (void)state;
    run_each_clean(limits);
}

/* A folder with a plain file stands for a control group: what is tested is what is written. */
static int control_group(void *arg) {
    const char *dir = arg;
    char file[128], held[8] = "";
    (void)snprintf(file, sizeof file, "%s/cgroup.procs", dir);
    edo_process *p;
    const edo_process_opts grouped = { .cgroup = dir };
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"), &grouped), -ENOENT);
    FILE *made = fopen(file, "w");
    CHECK_EQ(made != NULL && fclose(made) == 0, true);
    CHECK_EQ(edo_process_run(ARGV("sh", "-c", "exit 6"), &grouped), 6);
    made = fopen(file, "r");
    CHECK_EQ(made != NULL && fgets(held, sizeof held, made) != NULL && fclose(made) == 0, true);
    CHECK_EQ(strcmp(held, "0"), 0); // the writer itself
    CHECK_EQ(unlink(file), 0);
    char deep[PATH_MAX];
    memset(deep, 'x', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"), &(edo_process_opts){ .cgroup = deep }),
             -ENAMETOOLONG);
    return 0;
}

static void program_starts_in_its_control_group(void **state) {
    (void)state;
    char dir[] = "/tmp/edo-process-XXXXXX";
    assert_non_null(mkdtemp(dir));
    int before = open_descriptors();
    assert_int_equal(inside_each(control_group, dir), 0);
    await_nothing_left(before);
    assert_int_equal(rmdir(dir), 0);
}

static void on_usr1(int signo) {
    (void)signo;
}

static int inherited_signals(void *arg) {
    (void)arg;
    // ignored ones stay ignored, handlers go, and the mask is that of the thread
    check_output("x=$(sed -n 's/SigIgn:.//p' /proc/self/status); echo $((0x$x & 0x1800))", NULL,
                 "2048\n"); // SIGUSR2, and not SIGPIPE
    check_output("sed -n /SigBlk/p /proc/self/status", NULL, "SigBlk:\t0000000000000000\n");
    check_output("sed -n /SigCgt/p /proc/self/status", NULL, "SigCgt:\t0000000000000000\n");
    return 0;
}

static void signals_have_their_default_action(void **state) {
    (void)state;
    struct sigaction usr1, usr2, pipe, ignore = { .sa_handler = SIG_IGN },
                                       mine = { .sa_handler = on_usr1 };
    assert_int_equal(sigaction(SIGUSR1, &mine, &usr1), 0);
    assert_int_equal(sigaction(SIGUSR2, &ignore, &usr2), 0);
    assert_int_equal(sigaction(SIGPIPE, &ignore, &pipe), 0);
    run_each_clean(inherited_signals);
    assert_int_equal(sigaction(SIGPIPE, &pipe, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &usr1, NULL) + sigaction(SIGUSR2, &usr2, NULL), 0);
}

static int waits(void *arg) {
    return edo_process_wait((edo_process *)arg);
}

static int many_waits(void *arg) {
    (void)arg;
    edo_process *p;
    edo_task *t[3];
    const edo_process_opts opts = { .in = EDO_STDIO_PIPE };
    CHECK_EQ(edo_process_spawn(&p, ARGV("sh", "-c", "read line; exit $line"), &opts), 0);
    CHECK(edo_process_get_id(p) > 0);
    CHECK_EQ(edo_process_try_wait(p), -EAGAIN);
    edo_stream *in = edo_process_stdin(p);
    CHECK(edo_process_stdin(p) == NULL && edo_process_stdout(p) == NULL);
    for (size_t i = 0; i < EDO_COUNT(t); i++) t[i] = edo_spawn(waits, p);
    edo_task_cancel(t[1]);
    CHECK_EQ(edo_task_join(t[1]), -ECANCELED);
    CHECK_EQ(edo_write_all(in, "9\n", 2), 0);
    CHECK_EQ(edo_task_join(t[0]), 9);
    CHECK_EQ(edo_task_join(t[2]), 9);
    CHECK_EQ(edo_process_wait(p), 9);
    CHECK_EQ(edo_process_try_wait(p), 9);
    CHECK_EQ(edo_process_signal(p, SIGTERM), -ESRCH);
    CHECK_EQ(edo_process_kill(p), 9);
    edo_close(in);
    edo_process_unref(p);
    return 0;
}

static void every_wait_has_the_status(void **state) {
    (void)state;
    run_each_clean(many_waits);
}

/* cat ends once nobody can write to it any more. */
static int untaken_input(void *arg) {
    (void)arg;
    edo_process *p;
    const edo_process_opts opts = { .in = EDO_STDIO_PIPE };
    CHECK_EQ(edo_process_spawn(&p, ARGV("cat"), &opts), 0);
    CHECK_EQ(edo_process_wait(p), 0);
    edo_process_unref(p);
    return 0;
}

static void wait_closes_an_input_that_was_not_taken(void **state) {
    (void)state;
    run_each_clean(untaken_input);
}

/* Starts a shell that runs `script` and prints a line when it is ready. */
static edo_process *start_script(const char *script, edo_process_opts opts) {
    edo_process *p;
    char line[8];
    opts.out = EDO_STDIO_PIPE;
    CHECK_EQ(edo_process_spawn(&p, ARGV("sh", "-c", script), &opts), 0);
    edo_stream *out = edo_process_stdout(p);
    CHECK_EQ(edo_read(out, line, sizeof line), 6);
    CHECK_EQ(memcmp(line, "ready\n", 6), 0);
    edo_close(out);
    return p;
}

static int stops(void *arg) {
    (void)arg;
    edo_process *p = start_script("trap 'exit 3' TERM; echo ready; while :; do :; done",
                                  (edo_process_opts){ 0 });
    CHECK_EQ(edo_process_stop(p, edo_s(60)), 3);
    edo_process_unref(p);
    p = start_script("echo ready; exec sleep 1000", (edo_process_opts){ 0 });
    CHECK_EQ(edo_process_signal(p, SIGSTOP), 0); // it hears nothing until it goes on
    CHECK_EQ(edo_process_stop(p, edo_s(60)), EDO_PROCESS_SIGNALLED + SIGTERM);
    edo_process_unref(p);
    p = start_script("trap '' TERM; echo ready; exec sleep 1000", (edo_process_opts){ 0 });
    CHECK_EQ(edo_process_stop(p, edo_ms(1)), EDO_PROCESS_SIGNALLED + SIGKILL);
    edo_process_unref(p);
    p = start_script("echo ready; exec sleep 1000", (edo_process_opts){ 0 });
    CHECK_EQ(edo_process_signal(p, -1), -EINVAL);
    CHECK_EQ(edo_process_kill(p), EDO_PROCESS_SIGNALLED + SIGKILL);
    edo_process_unref(p);
    return 0;
}

static void stop_asks_and_then_kills(void **state) {
    (void)state;
    run_each_clean(stops);
}

static int stops_it(void *arg) {
    return edo_process_stop(arg, edo_s(60));
}

/* Waits until the program has ended; its status is not taken. */
static void await_zombie(const edo_process *p) {
    siginfo_t info;
    CHECK_EQ(waitid(P_PID, (id_t)edo_process_get_id(p), &info, WEXITED | WNOWAIT), 0);
}

/* The program has ended before the stop, ends during it, or at the end of the grace. */
static int stops_late(void *arg) {
    (void)arg;
    edo_process *p;
    for (int own_group = 0; own_group < 2; own_group++) {
        const edo_process_opts opts = { .group = own_group == 1 };
        CHECK_EQ(edo_process_spawn(&p, ARGV("sh", "-c", "exit 7"), &opts), 0);
        await_zombie(p);
        CHECK_EQ(edo_process_stop(p, edo_s(60)), 7);
        CHECK_EQ(edo_process_stop(p, edo_s(60)), 7); // its status was taken
        edo_process_unref(p);
        CHECK_EQ(edo_process_spawn(&p, ARGV("sleep", "1000"), &opts), 0);
        edo_task *t[] = { edo_spawn(stops_it, p), edo_spawn(waits, p), edo_spawn(stops_it, p) };
        for (size_t i = 0; i < EDO_COUNT(t); i++)
            CHECK_EQ(edo_task_join(t[i]), EDO_PROCESS_SIGNALLED + SIGTERM);
        edo_process_unref(p);
    }
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(edo_process_spawn(&p, ARGV("sh", "-c", "exit 7"), NULL), 0);
        for (int k = 0; k < i; k++) CHECK_EQ(edo_yield(), 0);
        int status = edo_process_stop(p, edo_us(i * 100));
        CHECK(status == 7 || status == EDO_PROCESS_SIGNALLED + SIGTERM ||
              status == EDO_PROCESS_SIGNALLED + SIGKILL);
        CHECK_EQ(edo_process_try_wait(p), status);
        edo_process_unref(p);
    }
    return 0;
}

static void stop_of_a_program_that_ends_returns_its_status(void **state) {
    (void)state;
    run_each_clean(stops_late);
}

/* A helper of the program, in its group, holds a pipe's writing end until it is killed too. */
static int groups(void *arg) {
    (void)arg;
    for (int kills = 0; kills < 2; kills++) {
        edo_process *p;
        edo_stream *in, *out;
        char byte;
        CHECK_EQ(edo_pipe(&in, &out, NULL), 0);
        int fd = edo_stream_release_fd(out);
        const edo_process_opts opts = { .group = true, .out = EDO_STDIO_FD, .out_fd = fd };
        const char *script = "(trap '' TERM; echo x; exec sleep 1000) & sleep 1000";
        CHECK_EQ(edo_process_spawn(&p, ARGV("sh", "-c", script), &opts), 0);
        CHECK_EQ(close(fd), 0);
        CHECK_EQ(edo_read(in, &byte, 1), 1);
        if (kills) {
            CHECK_EQ(edo_process_kill(p), EDO_PROCESS_SIGNALLED + SIGKILL);
        } else {
            CHECK_EQ(edo_process_stop(p, edo_s(60)), EDO_PROCESS_SIGNALLED + SIGTERM);
        }
        while (edo_read(in, &byte, 1) > 0) {
        }
        edo_close(in);
        edo_process_unref(p);
    }
    return 0;
}

static void group_ends_as_a_whole(void **state) {
    (void)state;
    run_each_clean(groups);
}

static int given_up(void *arg) {
    (void)arg;
    edo_process *p;
    edo_process_unref(NULL);
    CHECK_EQ(
        edo_process_spawn(&p, ARGV("sleep", "1000"), &(edo_process_opts){ .kill_on_unref = true }),
        0);
    edo_process_unref(p);
    const edo_process_opts piped = { .in = EDO_STDIO_PIPE, .out = EDO_STDIO_PIPE };
    CHECK_EQ(edo_process_spawn(&p, ARGV("cat"), &piped), 0);
    edo_process_unref(p); // its input ends
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"), NULL), 0);
    edo_process_unref(p);
    CHECK_EQ(edo_process_spawn(&p, ARGV("sleep", "1000"),
                               &(edo_process_opts){ .kill_on_unref = true, .group = true }),
             0);
    edo_task *t = edo_spawn(waits, p);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    edo_process_unref(p); // the task has a reference
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    return 0;
}

static void nothing_is_left_of_what_was_given_up(void **state) {
    (void)state;
    int before = open_descriptors();
    // one worker: a task that has not begun must not find the handle given up
    for (size_t i = 0; i < 2; i++) assert_int_equal(inside_with(given_up, NULL, &kinds[i]), 0);
    await_nothing_left(before);
}

static int taken_by_others(void *arg) {
    (void)arg;
    edo_process *p;
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"), NULL), 0);
    CHECK_EQ(waitpid(edo_process_get_id(p), NULL, 0), edo_process_get_id(p));
    CHECK_EQ(edo_process_wait(p), -ECHILD);
    edo_process_unref(p);
    return 0;
}

static void status_taken_by_others_is_told(void **state) {
    (void)state;
    run_each_clean(taken_by_others);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_is_that_of_the_program),
        cmocka_unit_test(start_that_fails_says_why),
        cmocka_unit_test(surroundings_are_as_asked),
        cmocka_unit_test(limits_are_those_of_the_program_only),
        cmocka_unit_test(program_starts_in_its_control_group),
        cmocka_unit_test(signals_have_their_default_action),
        cmocka_unit_test(every_wait_has_the_status),
        cmocka_unit_test(wait_closes_an_input_that_was_not_taken),
        cmocka_unit_test(stop_asks_and_then_kills),
        cmocka_unit_test(stop_of_a_program_that_ends_returns_its_status),
        cmocka_unit_test(group_ends_as_a_whole),
        cmocka_unit_test(nothing_is_left_of_what_was_given_up),
        cmocka_unit_test(status_taken_by_others_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
