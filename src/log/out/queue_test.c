/* SPDX-License-Identifier: MIT */
/* Goal: a log that is not read holds up no thread: lines wait in a queue, the less severe ones are
 * dropped first, and a line says how many; and what is queued is written at the end, whatever the
 * end is.
 * Method: pipes that the test itself reads, and children that end in several ways. */
#include "log/out/crash.h"
#include "log/out/queue.h"
#include "log/start.h"
#include "patience.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM 8192

static int reader, to; /* the ends of a pipe */

static int open_log(void **state) {
    int ends[2];
    (void)state;
    edoi_log_queues_allow(true);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    reader = ends[0];
    to = ends[1];
    assert_int_equal(fcntl(to, F_SETPIPE_SZ, ROOM), ROOM);
    const edo_log_opts opts = {
        .fd = to, .ignore_env = true, .no_time = true, .level = EDO_LEVEL_TRACE
    };
    assert_int_equal(edo_log_start(&opts), 0);
    return 0;
}

/* The queue of the log. */
static edoi_log_queue *queue_of_log(void) {
    edoi_log_queue *q = edoi_load_acq_ptr(&edoi_log_queues_shown[0]);
    assert_non_null(q);
    assert_int_equal(q->fd, to);
    return q;
}

static int close_log(void **state) {
    (void)state;
    close(reader); // so that nothing waits for it
    edo_log_stop();
    close(to);
    return 0;
}

/* Reads until `end` has come; the text stays until the next call. */
static const char *read_until(const char *end) {
    static char got[4 << 20];
    size_t n = 0;
    got[0] = '\0';
    while (!strstr(got + (n > ROOM + 64 ? n - ROOM - 64 : 0), end)) {
        ssize_t more = read(reader, got + n, sizeof got - 1 - n);
        assert_true(more > 0);
        n += (size_t)more;
        got[n] = '\0';
    }
    return got;
}

static void lines_come_whole_and_those_of_a_thread_in_order(void **state) {
    (void)state;
    for (int i = 0; i < 100; i++) edo_info("%d", i);
    edo_error("end");
    const char *at = read_until("end\n");
    for (int i = 0; i < 100; i++) {
        char line[64];
        int n = snprintf(line, sizeof line, " INFO queue_test: %d\n", i);
        assert_memory_equal(at, line, (size_t)n);
        at += n;
    }
    assert_string_equal(at, "ERROR queue_test: end\n");
}

static size_t count(const char *text, const char *what) {
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what)) n++;
    return n;
}

/* Nobody reads: each call comes back, the last room is for errors, and the sum is right. */
static void a_reader_that_stands_still_holds_up_nobody_and_is_told_what_was_lost(void **state) {
    enum { LINES = 30000, ERRORS = 100 };
    (void)state;
    uint64_t dropped = edo_log_dropped(), said = 2 * LINES;
    for (int i = 0; i < LINES; i++) edo_debug("a line that waits, number %d", i);
    for (int i = 0; i < LINES; i++) edo_info("a line that waits, number %d", i);
    assert_false(edoi_log_queue_is_full(queue_of_log(), EDO_LEVEL_ERROR));
    // counted, not built; the writer may only now have taken what fills the pipe
    for (; !edoi_log_queue_is_full(queue_of_log(), EDO_LEVEL_INFO); said++) edo_info("one more");
    for (int i = 0; i < ERRORS; i++) edo_error("severe %d", i);
    dropped = edo_log_dropped() - dropped;
    assert_true(dropped > LINES);
    edo_error("end");
    const char *text = read_until("ERROR queue_test: end\n");
    assert_int_equal(count(text, "severe"), ERRORS);
    assert_int_equal(count(text, "DEBUG") + count(text, " INFO"), said + 1 - dropped);
    assert_true(count(text, "DEBUG") > 1000 && count(text, " INFO") > 500);
    char lines[64];
    (void)snprintf(lines, sizeof lines, "not read lines=%llu info=", (unsigned long long)dropped);
    assert_non_null(strstr(text, lines));
}

static void a_line_of_error_ends_a_nap_and_others_do_not(void **state) {
    (void)state;
    edoi_log_queue *q = queue_of_log();
    edo_info("first");
    (void)read_until("first\n"); // it naps now, or will in a moment, or sleeps already
    edo_error("second");
    (void)read_until("second\n");
    WAIT_FOR(edoi_load_rlx_u32(&q->ring.rest) == EDOI_LOG_SLEEPS);
    edo_debug("third");
    (void)read_until("third\n");
}

static void a_flush_comes_back_when_all_is_written_or_its_time_is_over(void **state) {
    (void)state;
    char got[256];
    edoi_log_queue *q = queue_of_log();
    assert_true(edoi_log_queue_flush(q));
    edo_info("soon");
    assert_true(edoi_log_queue_flush(q));
    assert_int_equal(read(reader, got, sizeof got), strlen(" INFO queue_test: soon\n"));
    for (int i = 0; i < 1000; i++) edo_info("a line that nobody reads");
    q->flush_ns = 1000000;
    assert_false(edoi_log_queue_flush(q));
}

/* How many whole lines of the next test are in the pipe; takes them. */
static size_t lines_there(void) {
    static char got[2 * ROOM];
    ssize_t n = read(reader, got, sizeof got - 1);
    got[n > 0 ? n : 0] = '\0';
    return count(got, "nobody reads\n");
}

static void the_end_of_the_log_drops_what_is_not_read(void **state) {
    (void)state;
    uint64_t dropped = edo_log_dropped();
    queue_of_log()->flush_ns = 1000000;
    for (int i = 0; i < 1000; i++) edo_info("a line that nobody reads");
    edo_log_stop();
    assert_null(edoi_load_acq_ptr(&edoi_log_queues_shown[0]));
    edo_info("nowhere");
    // a write that had begun when the log was stopped may come only now
    assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
    size_t read_n = 0;
    WAIT_FOR((read_n += lines_there()) + (edo_log_dropped() - dropped) == 1000);
}

static void a_reader_that_is_gone_loses_lines_and_ends_nothing(void **state) {
    (void)state;
    uint64_t dropped = edo_log_dropped();
    close(reader);
    for (int i = 0; i < 10; i++) edo_info("to nobody");
    assert_true(edoi_log_queue_flush(queue_of_log()));
    assert_int_equal(edo_log_dropped(), dropped + 10);
    reader = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void a_descriptor_that_leads_elsewhere_is_followed(void **state) {
    (void)state;
    int ends[2];
    edo_info("here");
    (void)read_until("here\n");
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(dup2(ends[1], to), to);
    close(ends[1]);
    assert_int_equal(dup2(ends[0], reader), reader);
    close(ends[0]);
    edo_error("there");
    assert_string_equal(read_until("there\n"), "ERROR queue_test: there\n");
}

static void a_full_disk_keeps_lines_until_there_is_room(void **state) {
    (void)state;
    int keep = dup(to), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_int_equal(dup2(full, to), to);
    edo_error("kept");
    queue_of_log()->flush_ns = 1000000;
    assert_false(edoi_log_queue_flush(queue_of_log()));
    assert_int_equal(dup2(keep, to), to);
    assert_string_equal(read_until("kept\n"), "ERROR queue_test: kept\n");
    close(keep);
    close(full);
}

static void at_once_is_written_by_the_caller(void **state) {
    (void)state;
    char got[64];
    const edo_log_opts opts = { .fd = to, .ignore_env = true, .no_time = true, .at_once = true };
    assert_int_equal(edo_log_start(&opts), 0);
    assert_null(edoi_load_acq_ptr(&edoi_log_queues_shown[0]));
    edo_info("now");
    assert_int_equal(read(reader, got, sizeof got), strlen(" INFO queue_test: now\n"));
}

/* ---- Ends of a process ----------------------------------------------------------------------- */

enum { QUEUED = 500 };

static void log_many(const char *what) {
    for (int i = 0; i < QUEUED; i++) edo_info("%s %d", what, i);
}

/* Runs `fn` in a child; returns how it ended. The parent reads the lines. */
static int in_child(void (*fn)(void)) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit none = { 0, 0 };
        (void)setrlimit(RLIMIT_CORE, &none);
        fn();
        _exit(7);
    }
    int status = 0;
    const char *text = read_until("499\n");
    assert_int_equal(count(text, "of the child"), QUEUED);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void leaves(void) {
    log_many("of the child");
    edoi_log_end();
    _exit(3);
}

static void aborts(void) {
    edoi_log_crash_begin();
    log_many("of the child");
    abort();
}

static void crashes_without_a_writer(void) {
    struct sigaction deflt = { .sa_handler = SIG_DFL }; // not that of the test program
    (void)sigaction(SIGSEGV, &deflt, NULL);
    edoi_log_crash_begin();
    edoi_log_queue *q = queue_of_log();
    edo_error("of the child -");
    (void)edoi_log_queue_flush(q);
    for (int i = 0; i < QUEUED - 1; i++) // they are not written but by the crash
        assert_true(edoi_log_ring_add(&q->ring, EDO_STR("of the child\n"), EDO_LEVEL_INFO));
    assert_true(edoi_log_ring_add(&q->ring, EDO_STR("499\n"), EDO_LEVEL_INFO));
    (void)raise(SIGSEGV);
}

static void the_end_and_abort_write_what_is_queued(void **state) {
    (void)state;
    int status = in_child(leaves);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    status = in_child(aborts);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = in_child(crashes_without_a_writer);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void forks_with_lines(void) {
    log_many("of the child");
    (void)edoi_log_queues_flush();
}

/* The parent's lines are in its queue when it forks: they come once. */
static void a_child_has_no_line_of_its_parent(void **state) {
    (void)state;
    edoi_log_queue *q = queue_of_log();
    for (int i = 0; i < 4; i++)
        assert_true(edoi_log_ring_add(&q->ring, EDO_STR("of the parent\n"), EDO_LEVEL_INFO));
    int status = in_child(forks_with_lines);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    edo_error("end");
    assert_int_equal(count(read_until("end\n"), "of the parent"), 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, open_log, close_log)
        WITH_LOG(lines_come_whole_and_those_of_a_thread_in_order),
        WITH_LOG(a_reader_that_stands_still_holds_up_nobody_and_is_told_what_was_lost),
        WITH_LOG(a_line_of_error_ends_a_nap_and_others_do_not),
        WITH_LOG(a_flush_comes_back_when_all_is_written_or_its_time_is_over),
        WITH_LOG(the_end_of_the_log_drops_what_is_not_read),
        WITH_LOG(a_reader_that_is_gone_loses_lines_and_ends_nothing),
        WITH_LOG(a_descriptor_that_leads_elsewhere_is_followed),
        WITH_LOG(a_full_disk_keeps_lines_until_there_is_room),
        WITH_LOG(at_once_is_written_by_the_caller),
        WITH_LOG(the_end_and_abort_write_what_is_queued),
        WITH_LOG(a_child_has_no_line_of_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
