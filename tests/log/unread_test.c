/* SPDX-License-Identifier: MIT */
/* Goal: a log that is not read, whatever it leads to, holds up nobody: each echo of a service comes
 * back, each line is written or counted as dropped, and the log says how many once it is read.
 * Method: an echo in memory that logs a line for each message, while nobody reads its pipe or
 * terminal, its disk is full, or its reader is gone; then all is read, until it adds up. */
#define EDO_TARGET "echo"
#include <edo/edo.h>
#include <edo/log.h>
#include <edo/streams.h>
#include <edo/test.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#define ECHOES 6000u /* more lines than the queue has room for */

/* ---- Where the log leads --------------------------------------------------------------------- */

/* Sets where the log goes, and where that is read; -1: nowhere. */
typedef void open_fn(int *log, int *reader);

static void open_pipe(int *log, int *reader) {
    int ends[2];
    EDO_TEST_EQ(pipe2(ends, O_CLOEXEC), 0);
    *reader = ends[0];
    *log = ends[1];
}

static void open_terminal(int *log, int *reader) {
    struct termios raw;
    *reader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EDO_TEST_TRUE(*reader >= 0 && grantpt(*reader) == 0 && unlockpt(*reader) == 0);
    *log = open(ptsname(*reader), O_RDWR | O_NOCTTY | O_CLOEXEC);
    EDO_TEST_TRUE(*log >= 0 && tcgetattr(*log, &raw) == 0);
    cfmakeraw(&raw);
    EDO_TEST_EQ(tcsetattr(*log, TCSANOW, &raw), 0);
}

static void open_full_disk(int *log, int *reader) {
    *reader = -1;
    *log = open("/dev/full", O_WRONLY | O_CLOEXEC);
    EDO_TEST_TRUE(*log >= 0);
}

static void open_abandoned(int *log, int *reader) {
    open_pipe(log, reader);
    (void)close(*reader);
    *reader = -1;
}

/* There is a reader from now on. */
static void read_from_now(int log, int *reader) {
    int to;
    if (*reader >= 0) return;
    open_pipe(&to, reader);
    EDO_TEST_EQ(dup2(to, log), log);
    (void)close(to);
}

/* ---- The echo -------------------------------------------------------------------------------- */

static int serve(void *arg) {
    static const char rest[] = "a line as long as one with fields of a request is: its method, its "
                               "path, its status, how many bytes it had, and how long it took";
    edo_stream *io = arg;
    uint32_t n;
    while (edo_read_exact(io, &n, sizeof n) == 0) {
        edo_info_kv("said", EDO_KV("n", n), EDO_KV("rest", rest));
        EDO_TEST_OK(edo_write_all(io, &n, sizeof n));
    }
    edo_close(io);
    return 0;
}

static void ask_all(void) {
    edo_stream *mine, *theirs;
    EDO_TEST_OK(edo_duplex(&mine, &theirs, 64));
    edo_task *server = edo_spawn(serve, theirs);
    for (uint32_t i = 0, back; i < ECHOES; i++) {
        EDO_TEST_OK(edo_write_all(mine, &i, sizeof i));
        EDO_TEST_OK(edo_read_exact(mine, &back, sizeof back));
        EDO_TEST_TRUE(back == i);
    }
    edo_close(mine);
    EDO_TEST_OK(edo_task_join(server));
}

/* ---- What is read ---------------------------------------------------------------------------- */

/* Reads until each line is there, or has been told of. Returns how many were dropped. */
static uint64_t read_all(int reader) {
    FILE *in = fdopen(dup(reader), "r");
    char *line = NULL;
    size_t room = 0;
    uint64_t said = 0, dropped = 0;
    EDO_TEST_TRUE(in != NULL);
    while (said + dropped < ECHOES) {
        EDO_TEST_TRUE(getline(&line, &room, in) > 0);
        const char *lost = strstr(line, "lines were dropped: they were not read lines=");
        if (lost) dropped += strtoull(strchr(lost, '=') + 1, NULL, 10);
        said += strstr(line, " echo: said n=") != NULL;
    }
    EDO_TEST_TRUE(said + dropped == ECHOES);
    free(line);
    (void)fclose(in);
    return dropped;
}

static int goes_on(void *arg) {
    open_fn *const *open_log = arg;
    int log, reader;
    (*open_log)(&log, &reader);
    uint64_t before = edo_log_dropped();
    EDO_TEST_OK(edo_log_start(&(edo_log_opts){ .fd = log, .ignore_env = true, .no_time = true }));
    ask_all();
    read_from_now(log, &reader);
    edo_warn("it is read from now on");
    uint64_t told = read_all(reader);
    EDO_TEST_TRUE(told > 0 && told == edo_log_dropped() - before);
    edo_log_stop();
    (void)close(log);
    (void)close(reader);
    return 0;
}

static void expect_goes_on(open_fn *open_log) {
    const edo_runtime_opts opts = { .watchdog = EDO_OFF }; // the read waits in the kernel
    assert_int_equal(edo_main_with(goes_on, &open_log, &opts), 0);
}

static void a_pipe_that_is_not_read_holds_up_nobody(void **state) {
    (void)state;
    expect_goes_on(open_pipe);
}

static void a_terminal_that_stands_still_holds_up_nobody(void **state) {
    (void)state;
    expect_goes_on(open_terminal);
}

static void a_full_disk_holds_up_nobody(void **state) {
    (void)state;
    expect_goes_on(open_full_disk);
}

static void a_reader_that_is_gone_holds_up_nobody(void **state) {
    (void)state;
    expect_goes_on(open_abandoned);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_that_is_not_read_holds_up_nobody),
        cmocka_unit_test(a_terminal_that_stands_still_holds_up_nobody),
        cmocka_unit_test(a_full_disk_holds_up_nobody),
        cmocka_unit_test(a_reader_that_is_gone_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
