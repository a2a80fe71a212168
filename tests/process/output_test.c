/* SPDX-License-Identifier: MIT */
/* Goal: pipes and terminals of programs: nothing stands still while both sides write; outputs are
 * limited; no descriptor is left when one cannot be had, or the call is cut short anywhere.
 * Method: programs of the system, on every kind of runtime; calls cancelled at each of their
 * awaits. */
#include "process_support.h"

#include <edo/fd.h>
#include <edo/process.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>

static const edo_str no_input = { 0 };

static int both_ways(void *arg) {
    (void)arg;
    static char much[1u << 18];
    edo_process_result r;
    for (size_t i = 0; i < sizeof much; i++) much[i] = (char)(i * 7 + (i >> 8));
    const edo_str input = { much, sizeof much };
    CHECK_EQ(edo_process_output(&r, ARGV("cat"), NULL, input, 0), 0); // far more than a pipe holds
    CHECK_EQ(r.out.str.len, sizeof much);
    CHECK_EQ(memcmp(r.out.str.ptr, much, sizeof much), 0);
    CHECK_EQ(r.err.str.len, 0);
    edo_bytes_unref(&r.out);
    edo_bytes_unref(&r.err);
    CHECK_EQ(edo_process_output(&r, ARGV("true"), NULL, input, 0), 0); // it reads nothing
    edo_bytes_unref(&r.out);
    edo_bytes_unref(&r.err);
    const char *script = "head -c 200000 /dev/zero >&2; echo done; exit 3"; // err is full first
    CHECK_EQ(edo_process_output(&r, ARGV("sh", "-c", script), NULL, no_input, 0), 3);
    CHECK_EQ(r.err.str.len, 200000);
    CHECK_EQ(r.out.str.len, 5);
    edo_bytes_unref(&r.out);
    edo_bytes_unref(&r.err);
    return 0;
}

static void both_sides_may_write_at_once(void **state) {
    (void)state;
    run_each_clean(both_ways);
}

/* Releases the result, which has these texts. */
static void check_result(edo_process_result *r, const char *out, const char *err) {
    CHECK_EQ(r->out.str.len, strlen(out));
    CHECK_EQ(memcmp(r->out.str.ptr ? r->out.str.ptr : "", out, strlen(out)), 0);
    CHECK_EQ(r->err.str.len, strlen(err));
    CHECK_EQ(memcmp(r->err.str.ptr ? r->err.str.ptr : "", err, strlen(err)), 0);
    edo_bytes_unref(&r->out);
    edo_bytes_unref(&r->err);
}

static int limited(void *arg) {
    (void)arg;
    edo_process_result r;
    CHECK_EQ(edo_process_output(&r, ARGV("yes"), NULL, no_input, 0), -EDO_ETOOLONG);
    CHECK_EQ(r.out.str.len, EDO_PROCESS_OUTPUT_MAX);
    edo_bytes_unref(&r.out);
    edo_bytes_unref(&r.err);
    CHECK_EQ(edo_process_output(&r, ARGV("sh", "-c", "yes >&2"), NULL, no_input, 10),
             -EDO_ETOOLONG);
    check_result(&r, "", "y\ny\ny\ny\ny\n");
    CHECK_EQ(edo_process_output(&r, ARGV("echo", "123"), NULL, no_input, 4), 0);
    check_result(&r, "123\n", "");
    CHECK_EQ(edo_process_output(&r, ARGV("echo", "123"), NULL, no_input, 3), -EDO_ETOOLONG);
    check_result(&r, "123", "");
    CHECK_EQ(edo_process_output(&r, ARGV("no-such-program"), NULL, no_input, 0), -ENOENT);
    check_result(&r, "", "");
    const edo_process_opts own_pipe = { .out = EDO_STDIO_PIPE };
    CHECK_EQ(edo_process_output(&r, ARGV("true"), &own_pipe, no_input, 0), -EINVAL);
    check_result(&r, "", "");
    return 0;
}

/* Cancels a call whose program has removed its file, so it has said all that it will. */
static int cut_when_gone(void *arg) {
    edo_cancel_token *token = ((void **)arg)[0];
    const char *path = ((void **)arg)[1];
    WAIT_FOR(access(path, F_OK) != 0);
    edo_cancel(token, 0);
    return 0;
}

static int cut(void *arg) {
    (void)arg;
    char path[] = "/tmp/edo-output-XXXXXX";
    edo_process_result r;
    edo_cancel_block block;
    edo_cancel_token *token;
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_EQ(edo_cancel_new(&token), 0);
    CHECK_EQ(close(fd), 0);
    const char *script = "echo so far; echo no further >&2; rm \"$0\"; exec sleep 1000";
    edo_task *t = edo_spawn(cut_when_gone, ((void *[]){ token, path }));
    edo_cancel_begin(&block, token);
    int status = edo_process_output(&r, ARGV("sh", "-c", script, path), NULL, no_input, 0);
    CHECK_EQ(edo_cancel_end(&block, status), -ECANCELED);
    check_result(&r, "so far\n", "no further\n");
    CHECK_EQ(edo_task_join(t), 0);
    edo_cancel_unref(token);
    return 0;
}

static void what_came_before_a_limit_is_there(void **state) {
    (void)state;
    run_each_clean(cut);
}

/* A program that has started another one, which waits at a FIFO and holds the outputs. */
static int held(void *arg) {
    (void)arg;
    char dir[] = "/tmp/edo-output-XXXXXX", path[64];
    edo_process_result r;
    CHECK(mkdtemp(dir) != NULL);
    (void)snprintf(path, sizeof path, "%s/fifo", dir);
    CHECK_EQ(mkfifo(path, 0600), 0);
    const char *script = "(read x < \"$0\"; echo late) & echo now; echo too >&2; exit 3";
    const edo_process_opts opts = { .held_max = edo_ms(1) };
    CHECK_EQ(edo_process_output(&r, ARGV("sh", "-c", script, path), &opts, no_input, 0), 3);
    check_result(&r, "now\n", "too\n");
    int fd = open(path, O_WRONLY | O_CLOEXEC); // waits for the other one
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, "x\n", 2), 2);
    CHECK_EQ(close(fd), 0);
    CHECK_EQ(unlink(path), 0);
    CHECK_EQ(rmdir(dir), 0);
    const edo_process_opts long_one = { .held_max = edo_minutes(10) }; // which is not waited for
    CHECK_EQ(edo_process_output(&r, ARGV("echo", "all"), &long_one, no_input, 0), 0);
    check_result(&r, "all\n", "");
    CHECK_EQ(edo_process_output(&r, ARGV("yes"), &long_one, no_input, 4), -EDO_ETOOLONG);
    check_result(&r, "y\ny\n", "");
    return 0;
}

static void outputs_that_others_hold_are_waited_for_within_a_bound(void **state) {
    (void)state;
    run_each_clean(held);
}

static void output_is_limited(void **state) {
    (void)state;
    run_each_clean(limited);
}

static int between_programs(void *arg) {
    (void)arg;
    edo_process *first, *second;
    char buf[16];
    CHECK_EQ(
        edo_process_spawn(&first, ARGV("echo", "b"), &(edo_process_opts){ .out = EDO_STDIO_PIPE }),
        0);
    int fd = edo_stream_release_fd(edo_process_stdout(first));
    CHECK(fd >= 0);
    const edo_process_opts opts = { .in = EDO_STDIO_FD, .in_fd = fd, .out = EDO_STDIO_PIPE };
    CHECK_EQ(edo_process_spawn(&second, ARGV("tr", "a-z", "A-Z"), &opts), 0);
    CHECK_EQ(close(fd), 0);
    edo_stream *out = edo_process_stdout(second);
    CHECK_EQ(edo_read(out, buf, sizeof buf), 2);
    CHECK_EQ(buf[0], 'B');
    CHECK_EQ(edo_read(out, buf, sizeof buf), 0);
    edo_close(out);
    CHECK_EQ(edo_process_wait(first) + edo_process_wait(second), 0);
    edo_process_unref(first);
    edo_process_unref(second);
    return 0;
}

static void one_output_is_another_input(void **state) {
    (void)state;
    run_each_clean(between_programs);
}

static int terminal(void *arg) {
    (void)arg;
    edo_process *p;
    edo_bytes said;
    const edo_process_opts opts = { .pty = true, .pty_rows = 7, .pty_columns = 9 };
    const char *script = "stty size; tty >/dev/null && read x && echo got $x >/dev/tty";
    CHECK_EQ(edo_process_spawn(&p, ARGV("sh", "-c", script), &opts), 0);
    edo_stream *pty = edo_process_pty(p);
    CHECK(pty != NULL && edo_process_pty(p) == NULL);
    CHECK_EQ(edo_write_all(pty, "me\n", 3), 0);
    CHECK_EQ(edo_read_all(&said, pty, 1000), 0); // the end, once no process has the terminal
    edo_str text = said.str;
    CHECK(memmem(text.ptr, text.len, "7 9\r\n", 5) != NULL);
    CHECK(memmem(text.ptr, text.len, "got me\r\n", 8) != NULL);
    edo_bytes_unref(&said);
    edo_close(pty);
    CHECK_EQ(edo_process_wait(p), 0);
    edo_process_unref(p);
    const edo_process_opts both = { .pty = true, .in = EDO_STDIO_NULL };
    CHECK_EQ(edo_process_spawn(&p, ARGV("true"), &both), -EINVAL);
    return 0;
}

static void program_may_have_a_terminal(void **state) {
    (void)state;
    run_each_clean(terminal);
}

static int start_with_all(edo_process **p, bool pty) {
    const edo_process_opts pipes = { .in = EDO_STDIO_PIPE,
                                     .out = EDO_STDIO_PIPE,
                                     .err = EDO_STDIO_PIPE };
    const edo_process_opts terminals = { .pty = true };
    return edo_process_spawn(p, ARGV("true"), pty ? &terminals : &pipes);
}

static void without_descriptors_nothing_starts(void **state) {
    (void)state;
    int opened = open_descriptors();
    for (int pty = 0; pty < 2; pty++) {
        int err = -EMFILE;
        for (int spare = 0; err < 0; spare++) {
            struct rlimit before;
            edo_process *p;
            assert_true(spare < 20);
            allow_descriptors(spare, &before);
            err = start_with_all(&p, pty);
            assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
            assert_true(err == 0 || err == -EMFILE);
            if (err == 0) edo_process_unref(p);
            if (err < 0) assert_int_equal(open_descriptors(), opened);
        }
        await_nothing_left(opened);
    }
}

/* Standard streams that are closed here: the pipes may get their numbers. */
static int closed_stdio(void *arg) {
    (void)arg;
    int kept[3];
    edo_process_result r;
    for (int fd = 0; fd < 3; fd++) kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    for (int fd = 0; fd < 3; fd++) (void)close(fd);
    int status = edo_process_output(&r, ARGV("sh", "-c", "cat; cat >&2 </dev/null"), NULL,
                                    (edo_str){ "abc", 3 }, 0);
    for (int fd = 0; fd < 3; fd++) {
        (void)dup2(kept[fd], fd);
        (void)close(kept[fd]);
    }
    CHECK_EQ(status, 0);
    CHECK_EQ(r.out.str.len, 3);
    edo_bytes_unref(&r.out);
    edo_bytes_unref(&r.err);
    return 0;
}

static void closed_standard_streams_do_no_harm(void **state) {
    (void)state;
    run_each_clean(closed_stdio);
}

static int run_sleep(void *arg) {
    (void)arg;
    return edo_process_run(ARGV("sleep", "1000"), NULL);
}

static int output_of_sleep(void *arg) {
    (void)arg;
    edo_process_result r;
    const char *script = "echo a; cat; sleep 1000";
    int err = edo_process_output(&r, ARGV("sh", "-c", script), NULL, (edo_str){ "abc", 3 }, 0);
    edo_bytes_unref(&r.out);
    edo_bytes_unref(&r.err);
    return err;
}

static int stop_of_stubborn(void *arg) {
    edo_process *p;
    char line[8];
    (void)arg;
    const edo_process_opts opts = { .kill_on_unref = true, .out = EDO_STDIO_PIPE };
    CHECK_EQ(edo_process_spawn(&p, ARGV("sh", "-c", "trap '' TERM; echo; exec sleep 1000"), &opts),
             0);
    edo_stream *out = edo_process_stdout(p);
    int err = edo_read(out, line, sizeof line);
    edo_close(out);
    if (err >= 0) err = edo_process_stop(p, edo_s(1000));
    edo_process_unref(p);
    return err;
}

static int stop_after_a_limit(void *arg) {
    edo_process *p;
    char line[8], text[200];
    (void)arg;
    const edo_process_opts opts = { .kill_on_unref = true, .out = EDO_STDIO_PIPE };
    const char *script = "trap '' TERM; echo; exec sleep 1000";
    CHECK_EQ(edo_process_spawn(&p, ARGV("sh", "-c", script), &opts), 0);
    edo_stream *out = edo_process_stdout(p);
    CHECK_EQ(edo_read(out, line, sizeof line), 1);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(30));
    int err = edo_deadline_end(&d, edo_process_wait(p));
    CHECK_EQ(err, -ETIMEDOUT);
    err = edo_fail(err, "waiting");
    CHECK_EQ(edo_process_stop(p, edo_ms(70)), EDO_PROCESS_SIGNALLED + SIGKILL);
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    edo_close(out);
    edo_process_unref(p);
    static const char told[] = "waiting: limit of 30 ms passed in edo_process_wait";
    return strncmp(text, told, sizeof told - 1) == 0 ? 0 : -EIO;
}

static void a_stop_that_succeeds_leaves_the_trail_of_an_error_before(void **state) {
    (void)state;
    int before = open_descriptors();
    assert_int_equal(inside_real(stop_after_a_limit, NULL), 0);
    await_nothing_left(before);
}

static int cut_short(void *arg) {
    (void)arg;
    edo_task_fn *const calls[] = { run_sleep, output_of_sleep, stop_of_stubborn };
    for (size_t i = 0; i < EDO_COUNT(calls); i++) {
        for (int yields = 0; yields < 12; yields++) {
            edo_task *t = edo_spawn(calls[i], NULL);
            for (int y = 0; y < yields; y++) CHECK_EQ(edo_yield(), 0);
            edo_task_cancel(t);
            CHECK_EQ(edo_task_join(t), -ECANCELED);
        }
    }
    return 0;
}

static void call_that_is_cut_short_leaves_nothing(void **state) {
    (void)state;
    run_each_clean(cut_short);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_may_write_at_once),
        cmocka_unit_test(output_is_limited),
        cmocka_unit_test(outputs_that_others_hold_are_waited_for_within_a_bound),
        cmocka_unit_test(what_came_before_a_limit_is_there),
        cmocka_unit_test(one_output_is_another_input),
        cmocka_unit_test(program_may_have_a_terminal),
        cmocka_unit_test(without_descriptors_nothing_starts),
        cmocka_unit_test(closed_standard_streams_do_no_harm),
        cmocka_unit_test(a_stop_that_succeeds_leaves_the_trail_of_an_error_before),
        cmocka_unit_test(call_that_is_cut_short_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
