/* SPDX-License-Identifier: MIT */
/* Goal: a report of the recorder is written where nobody else's is, or its error is told; what
 * processes before have left has a bound.
 * Method: children, whose files and standard error are read. */
#include <edo/edo.h>
#include <edo/recorder.h>

#include "child.h"
#include "log/recorder_report.h"
#include "recorder/format.h"
#include "recorder/old.h"
#include "recorder/write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64], written[80];

/* Why a file was written, which is removed. */
static const char *why_of(const char *file) {
    static edoi_recorder_head h;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, &h, sizeof h), sizeof h);
    (void)close(fd);
    assert_int_equal(unlink(file), 0);
    return h.why;
}

/* The child of a fork of a process whose reports go to `path`, or whose rings are that file. */
static int reports_in_a_fork_of(void *arg) {
    const edo_recorder_opts *opts = arg;
    char name[80];
    EXPECT(edo_recorder_start(opts) == 0, 1);
    EXPECT(freopen("/dev/null", "w", stderr), 2);
    if (opts->report_file) edoi_recorder_report("of the parent"); // and less than 10 s ago
    pid_t child = fork();
    EXPECT(child >= 0, 3);
    if (child == 0) {
        edoi_recorder_report("of the child");
        _exit(0);
    }
    EXPECT(waitpid(child, NULL, 0) == child, 4);
    (void)snprintf(name, sizeof name, "%s.%ld", path, (long)child);
    return rename(name, written) == 0 ? 0 : 5;
}

static void a_child_reports_beside_its_parent(void **state) {
    edo_recorder_opts opts[] = { { .report_file = path }, { .file = path } };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(opts); i++) {
        assert_int_equal(child_status(reports_in_a_fork_of, &opts[i]), 0);
        assert_string_equal(why_of(written), "of the child");
        assert_string_equal(why_of(path), opts[i].file ? "" : "of the parent");
    }
}

/* What the process has said on standard error since `begin_listening()`. */
static int said_ends[2];

static int begin_listening(void) {
    return pipe(said_ends) == 0 && dup2(said_ends[1], STDERR_FILENO) >= 0 ? 0 : -1;
}

static size_t listen_to(char *to, size_t bytes) {
    (void)fcntl(said_ends[0], F_SETFL, O_NONBLOCK);
    ssize_t n = read(said_ends[0], to, bytes - 1);
    to[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

/* In a process whose reports would go to a folder that is not there. */
static int cannot_report(void *arg) {
    char said[512], want[256];
    (void)arg;
    EXPECT(begin_listening() == 0, 1);
    EXPECT(edo_recorder_start(&(edo_recorder_opts){ .report_file = "/nonexistent/edo.rec" }) == 0,
           2);
    (void)snprintf(want, sizeof want, "edo: the last events cannot be written to %s: %s\n",
                   "/nonexistent/edo.rec", edo_strerror(-ENOENT));
    EXPECT(listen_to(said, sizeof said) > 0 && strcmp(said, want) == 0, 3);
    edoi_recorder_report("which cannot be written");
    EXPECT(listen_to(said, sizeof said) == 0, 4); // that was told
    (void)snprintf(said, sizeof said, "%s/edo.rec", path);
    EXPECT(mkdir(path, 0700) == 0, 5);
    EXPECT(edo_recorder_start(&(edo_recorder_opts){ .report_file = said }) == 0, 6);
    EXPECT(rmdir(path) == 0, 7);
    edoi_recorder_crash("a crash");
    return listen_to(said, sizeof said) > 0 && strstr(said, " cannot be written to ") ? 0 : 8;
}

static void a_report_that_cannot_be_written_is_told_once(void **state) {
    (void)state;
    assert_int_equal(child_status(cannot_report, NULL), 0);
}

#define LEFT_N 7

/* In a folder of its own, as processes that have crashed leave them; the first is the oldest. */
static int leaves_files(void *arg) {
    char name[64];
    EXPECT(chdir(arg) == 0, 1);
    EXPECT(edo_recorder_start(NULL) == 0, 2);
    (void)snprintf(name, sizeof name, "edo-%ld.rec", (long)getpid());
    EXPECT(edo_recorder_write(name) == 0, 3);
    const struct timespec at[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1000 + getpid() } };
    EXPECT(utimensat(AT_FDCWD, name, at, 0) == 0, 4);
    (void)snprintf(name, sizeof name, "edo-%ld.rec.new-0000%08lx", (long)getpid(), (long)getpid());
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    EXPECT(fd >= 0 && close(fd) == 0, 5);
    fd = open("edo-1.rec", O_WRONLY | O_CREAT | O_CLOEXEC, 0600); // of nobody
    EXPECT(fd >= 0 && close(fd) == 0, 6);
    return 0;
}

static int starts_in(void *folder) {
    EXPECT(chdir(folder) == 0, 1);
    return edo_recorder_start(NULL) == 0 ? 0 : 2;
}

static size_t count_and_remove(const char *folder) {
    char name[400];
    size_t n = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        (void)snprintf(name, sizeof name, "%s/%s", folder, e->d_name);
        assert_int_equal(unlink(name), 0);
        n++;
    }
    (void)closedir(dir);
    return n;
}

static void files_of_processes_that_crash_have_a_bound(void **state) {
    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    for (int i = 0; i < LEFT_N; i++) assert_int_equal(child_status(leaves_files, path), 0);
    assert_int_equal(child_status(starts_in, path), 0);
    assert_int_equal(count_and_remove(path), EDOI_RECORDER_OLD_KEPT + 1); // and nobody's
    assert_int_equal(rmdir(path), 0);
}

static bool has_text(const char *file, const char *text) {
    char is[16] = "";
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, is, sizeof is - 1);
    (void)close(fd);
    return n >= 0 && strcmp(is, text) == 0;
}

static int put_text(const char *file, const char *text) {
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ssize_t n = write(fd, text, strlen(text));
    (void)close(fd);
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* In a process whose files may not be larger than a page. */
static int starts_without_room(void *folder) {
    const struct rlimit least = { 4096, 4096 };
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    EXPECT(chdir(folder) == 0, 1);
    EXPECT(put_text("a.rec", "last") == 0 && put_text("a.rec.before", "first") == 0, 2);
    (void)sigaction(SIGXFSZ, &ignore, NULL);
    EXPECT(setrlimit(RLIMIT_FSIZE, &least) == 0, 3);
    EXPECT(edo_recorder_start(&(edo_recorder_opts){ .file = "a.rec" }) == -EFBIG, 4);
    EXPECT(has_text("a.rec", "last") && has_text("a.rec.before", "first"), 5);
    return 0;
}

static void a_start_that_fails_keeps_the_files_of_before(void **state) {
    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(child_status(starts_without_room, path), 0);
    assert_int_equal(count_and_remove(path), 2); // and nothing else is left
    assert_int_equal(rmdir(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_reports_beside_its_parent),
        cmocka_unit_test(a_report_that_cannot_be_written_is_told_once),
        cmocka_unit_test(files_of_processes_that_crash_have_a_bound),
        cmocka_unit_test(a_start_that_fails_keeps_the_files_of_before),
    };
    (void)snprintf(path, sizeof path, "/tmp/edo-reports-test-%ld", (long)getpid());
    (void)snprintf(written, sizeof written, "%s.written", path);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
