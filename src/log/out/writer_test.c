/* SPDX-License-Identifier: MIT */
/* log/out/writer_test.c: slow, stalled and missing readers neither stop nor kill the program. */
#include "log/out/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM 8192

typedef struct pipe_ends {
    int reader, writer;
} pipe_ends;

/* A pipe of two pages: in a pipe of one page a single byte counts as a full page. */
static pipe_ends open_pipe(void) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, ROOM), ROOM);
    return (pipe_ends){ ends[0], ends[1] };
}

static void close_pipe(pipe_ends ends) {
    close(ends.reader);
    close(ends.writer);
}

static edoi_writer impatient(int fd) {
    edoi_writer writer;
    edoi_writer_init(&writer, fd);
    writer.wait_ms = 1;
    return writer;
}

static size_t drain(int fd, char *bytes, size_t room) {
    ssize_t n = read(fd, bytes, room);
    assert_true(n >= 0);
    return (size_t)n;
}

static void a_line_arrives_as_it_is(void **state) {
    (void)state;
    char got[64];
    pipe_ends ends = open_pipe();
    edoi_writer writer = impatient(ends.writer);
    assert_true(writer.may_stall);
    assert_true(edoi_writer_line(&writer, "one\n", 4));
    assert_true(edoi_writer_line(&writer, "two\n", 4));
    assert_int_equal(drain(ends.reader, got, sizeof got), 8);
    assert_memory_equal(got, "one\ntwo\n", 8);
    close_pipe(ends);
}

static void file_is_written_without_a_poll(void **state) {
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    edoi_writer writer = impatient(fileno(file));
    assert_false(writer.may_stall);
    assert_true(edoi_writer_line(&writer, "one\n", 4));
    assert_int_equal(lseek(fileno(file), 0, SEEK_CUR), 4);
    fclose(file);
}

/* The limit is in the place of a disk that is full. */
static void a_line_that_a_full_disk_cut_is_ended_before_the_next_one(void **state) {
    (void)state;
    char got[64];
    struct rlimit before, small;
    FILE *file = tmpfile();
    assert_non_null(file);
    edoi_writer writer = impatient(fileno(file));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 10;
    const struct sigaction ignored = { .sa_handler = SIG_IGN };
    struct sigaction was;
    assert_int_equal(sigaction(SIGXFSZ, &ignored, &was), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool is_first = edoi_writer_line(&writer, "number 1\n", 9);
    bool is_second = edoi_writer_line(&writer, "number 2\n", 9);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(sigaction(SIGXFSZ, &was, NULL), 0);
    assert_true(is_first);
    assert_false(is_second);
    assert_true(edoi_writer_line(&writer, "number 3\n", 9));
    assert_int_equal(pread(fileno(file), got, sizeof got, 0), 20);
    assert_memory_equal(got, "number 1\nn\nnumber 3\n", 20);
    (void)fclose(file);
}

static void fill(edoi_writer *writer) {
    static char full[ROOM];
    memset(full, 'x', sizeof full);
    assert_true(edoi_writer_line(writer, full, sizeof full));
}

static void a_stalled_reader_costs_the_wait_once_and_lines_until_it_reads(void **state) {
    (void)state;
    char got[2 * ROOM];
    pipe_ends ends = open_pipe();
    edoi_writer writer = impatient(ends.writer);
    fill(&writer);
    assert_false(edoi_writer_line(&writer, "lost\n", 5));
    int64_t spent_ns = writer.spent_ns;
    assert_true(spent_ns >= 1000000);
    assert_false(edoi_writer_has_room(&writer));
    assert_false(edoi_writer_line(&writer, "lost\n", 5));
    assert_int_equal(drain(ends.reader, got, sizeof got), ROOM);
    assert_true(edoi_writer_has_room(&writer));
    assert_true(edoi_writer_line(&writer, "back\n", 5));
    assert_int_equal(writer.spent_ns, spent_ns);
    assert_int_equal(drain(ends.reader, got, sizeof got), 5);
    assert_memory_equal(got, "back\n", 5);
    close_pipe(ends);
}

/* It takes a page at a time, so that there is room for a line now and then. */
static void a_reader_that_is_slow_costs_the_wait_once(void **state) {
    (void)state;
    char got[ROOM / 2], line[ROOM / 2];
    pipe_ends ends = open_pipe();
    edoi_writer writer = impatient(ends.writer);
    memset(line, 'y', sizeof line);
    fill(&writer);
    assert_false(edoi_writer_line(&writer, line, sizeof line));
    int64_t spent_ns = writer.spent_ns;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(drain(ends.reader, got, sizeof got), sizeof got);
        assert_true(edoi_writer_line(&writer, line, sizeof line));
        assert_false(edoi_writer_line(&writer, line, sizeof line));
        assert_int_equal(writer.spent_ns, spent_ns);
        assert_int_equal(writer.calm_ns, 0);
    }
    close_pipe(ends);
}

static void a_reader_that_keeps_up_for_a_while_is_waited_for_again(void **state) {
    (void)state;
    pipe_ends ends = open_pipe();
    edoi_writer writer = impatient(ends.writer);
    writer.spent_ns = 1000000;
    assert_true(edoi_writer_line(&writer, "one\n", 4));
    assert_true(writer.calm_ns > 0);
    assert_true(edoi_writer_line(&writer, "two\n", 4));
    assert_int_equal(writer.spent_ns, 1000000);
    writer.calm_ns -= EDOI_WRITER_CALM_NS;
    assert_true(edoi_writer_line(&writer, "three\n", 6));
    assert_int_equal(writer.spent_ns, 0);
    close_pipe(ends);
}

static void a_line_that_was_begun_is_ended_before_the_next(void **state) {
    (void)state;
    static char large[ROOM + 1000];
    char got[2 * ROOM];
    pipe_ends ends = open_pipe();
    edoi_writer writer = impatient(ends.writer);
    memset(large, 'x', sizeof large);
    assert_false(edoi_writer_line(&writer, large, sizeof large));
    assert_int_equal(drain(ends.reader, got, sizeof got), ROOM);
    assert_true(edoi_writer_line(&writer, "next\n", 5));
    assert_int_equal(drain(ends.reader, got, sizeof got), 6);
    assert_memory_equal(got, "\nnext\n", 6);
    close_pipe(ends);
}

static void a_reader_that_is_gone_raises_no_signal(void **state) {
    (void)state;
    sigset_t before, after, pending;
    pipe_ends ends = open_pipe();
    edoi_writer writer = impatient(ends.writer);
    close(ends.reader);
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    for (int i = 0; i < 3; i++) assert_false(edoi_writer_line(&writer, "lost\n", 5));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    sigpending(&pending);
    assert_int_equal(sigismember(&after, SIGPIPE), sigismember(&before, SIGPIPE));
    assert_false(sigismember(&pending, SIGPIPE));
    close(ends.writer);
    assert_false(edoi_writer_line(&writer, "lost\n", 5)); // not even a valid descriptor
    assert_int_equal(writer.failure, EBADF);
    ends = open_pipe();
    writer.fd = ends.writer;
    assert_true(edoi_writer_line(&writer, "kept\n", 5));
    assert_int_equal(writer.failure, 0); // which is that of the last write
    close_pipe(ends);
}

/* What the program has in a buffer of its own. */
static FILE *open_with(const char *text, size_t n, int fd) {
    static char room[ROOM]; // glibc takes a size only with a buffer
    FILE *file = fdopen(dup(fd), "w");
    assert_non_null(file);
    assert_int_equal(setvbuf(file, room, _IOFBF, sizeof room), 0);
    assert_int_equal(fwrite(text, 1, n, file), n);
    return file;
}

static void a_flush_for_a_reader_that_is_gone_raises_no_signal(void **state) {
    (void)state;
    pipe_ends ends = open_pipe();
    edoi_writer writer = impatient(ends.writer);
    FILE *file = open_with("own", 3, ends.writer);
    close(ends.reader);
    assert_false(edoi_writer_flush(&writer, file)); // SIGPIPE is not ignored here
    assert_int_equal(writer.failure, EPIPE);
    sigset_t pending;
    assert_int_equal(sigpending(&pending), 0);
    assert_false(sigismember(&pending, SIGPIPE));
    __fpurge(file);
    assert_int_equal(fclose(file), 0);
    close(ends.writer);
}

static void text_that_is_too_long_for_a_flush_keeps_no_line_back(void **state) {
    (void)state;
    static char own[PIPE_BUF + 1], got[2 * ROOM];
    pipe_ends ends = open_pipe();
    edoi_writer writer = impatient(ends.writer);
    FILE *file = open_with(own, sizeof own, ends.writer);
    assert_true(edoi_writer_flush(&writer, file));
    assert_true(edoi_writer_line(&writer, "line\n", 5));
    assert_int_equal(drain(ends.reader, got, sizeof got), 5);
    assert_memory_equal(got, "line\n", 5);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(drain(ends.reader, got, sizeof got), sizeof own);
    close_pipe(ends);
}

static void a_signal_that_the_program_holds_back_stays_pending(void **state) {
    (void)state;
    sigset_t pipe_only, pending;
    const struct timespec at_once = { 0, 0 };
    pipe_ends ends = open_pipe();
    edoi_writer writer = impatient(ends.writer);
    close(ends.reader);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
    raise(SIGPIPE);
    assert_false(edoi_writer_line(&writer, "lost\n", 5));
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGPIPE));
    assert_int_equal(sigtimedwait(&pipe_only, NULL, &at_once), SIGPIPE);
    pthread_sigmask(SIG_UNBLOCK, &pipe_only, NULL);
    close(ends.writer);
}

/* It says that there is room, and a write of more than that would never return. */
static void a_terminal_that_is_not_read_drops_lines(void **state) {
    (void)state;
    static const char line[] = "a line that is longer than the room that is left at the end\n";
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int terminal = open(ptsname(master), O_WRONLY | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal >= 0);
    edoi_writer writer = impatient(terminal);
    int written_n = 0;
    while (edoi_writer_line(&writer, line, sizeof line - 1)) written_n++;
    assert_true(written_n > 0);
    char got[8192];
    while (!edoi_writer_has_room(&writer)) assert_true(read(master, got, sizeof got) > 0);
    edoi_writer_deinit(&writer);
    close(terminal);
    close(master);
}

static void a_socket_that_is_not_read_drops_lines(void **state) {
    (void)state;
    static char line[3000];
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    edoi_writer writer = impatient(ends[0]);
    while (edoi_writer_line(&writer, line, sizeof line)) {
    }
    close(ends[1]); // a reader that is gone raises no signal
    assert_false(edoi_writer_line(&writer, line, sizeof line));
    edoi_writer_deinit(&writer);
    close(ends[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_arrives_as_it_is),
        cmocka_unit_test(file_is_written_without_a_poll),
        cmocka_unit_test(a_line_that_a_full_disk_cut_is_ended_before_the_next_one),
        cmocka_unit_test(a_stalled_reader_costs_the_wait_once_and_lines_until_it_reads),
        cmocka_unit_test(a_reader_that_is_slow_costs_the_wait_once),
        cmocka_unit_test(a_reader_that_keeps_up_for_a_while_is_waited_for_again),
        cmocka_unit_test(a_line_that_was_begun_is_ended_before_the_next),
        cmocka_unit_test(a_reader_that_is_gone_raises_no_signal),
        cmocka_unit_test(a_flush_for_a_reader_that_is_gone_raises_no_signal),
        cmocka_unit_test(text_that_is_too_long_for_a_flush_keeps_no_line_back),
        cmocka_unit_test(a_signal_that_the_program_holds_back_stays_pending),
        cmocka_unit_test(a_terminal_that_is_not_read_drops_lines),
        cmocka_unit_test(a_socket_that_is_not_read_drops_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
