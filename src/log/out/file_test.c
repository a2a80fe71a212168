/* SPDX-License-Identifier: MIT */
/* Goal: a log's file begins anew by size and time, keeps so many finished ones, tells of each, and
 * loses no line meanwhile.
 * Method: a folder of the test's own; the time of a file is set back, and the wall clock ahead. */
#include "log/out/file.h"

#include <edo/receiver.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define LINE_BYTES 50 /* of each line below, at most */
#define DAY_S      86400

static int64_t ahead_s;  /* the wall clock, of the truth */
static int64_t stands_s; /* where it stands; 0: it goes */

/* In the place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *now) {
    int err = (int)syscall(SYS_clock_gettime, clock, now);
    int64_t stands = __atomic_load_n(&stands_s, __ATOMIC_RELAXED);
    if (clock == CLOCK_REALTIME) now->tv_sec += __atomic_load_n(&ahead_s, __ATOMIC_RELAXED);
    if (clock == CLOCK_REALTIME && stands > 0) now->tv_sec = stands;
    return err;
}

static void set_clock_ahead(int64_t s) {
    __atomic_store_n(&ahead_s, s, __ATOMIC_RELAXED);
    __atomic_store_n(&stands_s, 0, __ATOMIC_RELAXED);
}

/* For files that are to be of one second. */
static void stop_clock(void) {
    __atomic_store_n(&stands_s, time(NULL), __ATOMIC_RELAXED);
}

static char folder[] = "/tmp/edo-log-file-XXXXXX", path[64];
static sem_t told; /* posted for each finished file, by a thread of the log */

static void each_file(void (*fn)(const char *path, void *arg), void *arg) {
    char one[512];
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        (void)snprintf(one, sizeof one, "%s/%.255s", folder, e->d_name);
        fn(one, arg);
    }
    (void)closedir(dir);
}

static void remove_one(const char *name, void *arg) {
    (void)arg;
    assert_int_equal(unlink(name), 0);
}

static int begin(void **state) {
    (void)state;
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/todo.log", folder);
    return sem_init(&told, 0, 0);
}

static int end(void **state) {
    (void)state;
    edo_log_stop();
    each_file(remove_one, NULL);
    return rmdir(folder);
}

typedef struct tally {
    unsigned files_n;
    size_t bytes, most;
} tally;

static void count_one(const char *name, void *arg) {
    tally *t = arg;
    struct stat st;
    assert_int_equal(stat(name, &st), 0);
    t->files_n++;
    t->bytes += (size_t)st.st_size;
    if ((size_t)st.st_size > t->most) t->most = (size_t)st.st_size;
}

static tally count(void) {
    tally t = { .files_n = 0 };
    each_file(count_one, &t);
    return t;
}

static size_t size_of(const char *name) {
    tally t = { .files_n = 0 };
    count_one(name, &t);
    return t.bytes;
}

static void finished(void *arg, const char *name) {
    (void)arg;
    if (access(name, F_OK) == 0) (void)sem_post(&told);
}

/* The log is not held up by that. */
static void finished_and_says(void *arg, const char *name) {
    edo_warn("%s is finished", name);
    finished(arg, name);
}

/* Waits until the function was called for `n` finished files; it was not called for another. */
static void expect_told(unsigned n) {
    int left;
    while (n-- > 0) assert_int_equal(sem_wait(&told), 0);
    assert_int_equal(sem_getvalue(&told, &left), 0);
    assert_int_equal(left, 0);
}

static edo_log_file *open_file(const edo_log_file_opts *opts) {
    edo_log_file *file;
    assert_int_equal(edo_log_file_new(&file, opts), 0);
    const edo_log_opts log = { .fd = edo_log_file_fd(file), .ignore_env = true, .no_time = true };
    assert_int_equal(edo_log_start(&log), 0);
    return file;
}

static void say(unsigned n) {
    for (unsigned i = 0; i < n; i++) edo_info("line %8u with a length", i);
}

static void close_file(edo_log_file *file) {
    edo_log_stop();
    edo_log_file_free(file);
}

static void a_full_file_is_finished_and_no_line_is_lost_or_cut(void **state) {
    (void)state;
    edo_log_file *file = open_file(
        &(edo_log_file_opts){ .path = path, .roll_bytes = 10 * LINE_BYTES, .finished = finished });
    say(1);
    size_t line = count().bytes;
    assert_in_range(line, 30, LINE_BYTES);
    say(99);
    tally t = count();
    close_file(file);
    assert_int_equal(t.bytes, 100 * line);
    assert_in_range(t.most, 9 * line, 10 * LINE_BYTES);
    assert_true(t.files_n >= 9);
    expect_told(t.files_n - 1);
}

static void only_the_newest_stay(void **state) {
    (void)state;
    edo_log_file *file =
        open_file(&(edo_log_file_opts){ .path = path, .roll_bytes = 10 * LINE_BYTES, .keep = 2 });
    say(100);
    close_file(file);
    assert_int_equal(count().files_n, 3);
}

static void a_file_of_an_earlier_period_is_finished_at_the_first_line(void **state) {
    (void)state;
    const struct timespec old[2] = { { .tv_sec = 86400 }, { .tv_sec = 86400 } };
    const edo_log_file_opts opts = { .path = path,
                                     .roll_every = edo_s(86400),
                                     .finished = finished_and_says };
    edo_log_file *file = open_file(&opts);
    say(1);
    close_file(file);
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    file = open_file(&opts);
    assert_int_equal(count().files_n, 1);
    say(2);
    close_file(file);
    assert_int_equal(count().files_n, 2);
    expect_told(1);
}

static void a_clock_that_was_ahead_holds_no_file_up(void **state) {
    (void)state;
    set_clock_ahead(3650 * DAY_S);
    edo_log_file *file =
        open_file(&(edo_log_file_opts){ .path = path, .roll_every = edo_s(DAY_S) });
    say(1);
    set_clock_ahead(0);
    say(1);
    assert_int_equal(count().files_n, 1);
    set_clock_ahead(DAY_S);
    say(1);
    set_clock_ahead(0);
    close_file(file);
    assert_int_equal(count().files_n, 2);
}

static void a_file_that_was_removed_is_made_again(void **state) {
    (void)state;
    edo_log_file *file = open_file(
        &(edo_log_file_opts){ .path = path, .roll_bytes = 10 * LINE_BYTES, .finished = finished });
    say(1);
    size_t line = count().bytes;
    assert_int_equal(unlink(path), 0);
    say(13);
    tally t = count();
    close_file(file);
    assert_int_equal(t.files_n, 1);
    assert_int_equal(t.bytes, 14 * line - 10 * LINE_BYTES / line * line); // the rest was removed
    expect_told(0);
}

/* In the place of a program that compresses: the name is free again, and there is one with an
 * ending. */
static void finished_and_renamed(void *arg, const char *name) {
    char other[128];
    (void)snprintf(other, sizeof other, "%s.gz", name);
    (void)rename(name, other);
    finished(arg, other);
}

/* Finishes `n` files, one after the other. The file of now has one line, before and after. */
static void finish(unsigned n, size_t line) {
    while (n-- > 0) {
        say((unsigned)(10 * LINE_BYTES / line));
        expect_told(1);
    }
}

static void a_name_is_given_once_also_if_the_file_was_renamed(void **state) {
    (void)state;
    const edo_log_file_opts opts = { .path = path,
                                     .roll_bytes = 10 * LINE_BYTES,
                                     .finished = finished_and_renamed };
    stop_clock();
    edo_log_file *file = open_file(&opts);
    say(1);
    size_t line = count().bytes;
    finish(3, line);
    close_file(file);
    file = open_file(&opts); // of the next process, in the same second
    finish(2, line);
    close_file(file);
    set_clock_ahead(0);
    assert_int_equal(count().files_n, 6);
    assert_int_equal(count().bytes, line + 5 * (10 * LINE_BYTES / line) * line);
}

static void make_finished(const char *behind) {
    char name[128];
    (void)snprintf(name, sizeof name, "%s.%s", path, behind);
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
}

static bool is_there(const char *behind) {
    char name[128];
    (void)snprintf(name, sizeof name, "%s.%s", path, behind);
    return access(name, F_OK) == 0;
}

static void of_one_second_the_last_ones_stay(void **state) {
    (void)state;
    make_finished("20261127T000000Z.gz");
    make_finished("20261127T000000Z-01.gz");
    make_finished("20261127T000000Z-02.gz");
    set_clock_ahead(3650 * DAY_S); // later than those
    edo_log_file *file =
        open_file(&(edo_log_file_opts){ .path = path, .roll_bytes = 10 * LINE_BYTES, .keep = 2 });
    say(1);
    say((unsigned)(10 * LINE_BYTES / size_of(path)));
    close_file(file);
    set_clock_ahead(0);
    assert_true(is_there("20261127T000000Z-02.gz"));
    assert_int_equal(count().files_n, 3);
}

/* A limit is in the place of a disk that is full. */
static void what_a_full_disk_refuses_finishes_no_file(void **state) {
    (void)state;
    struct rlimit before, small;
    edo_log_file *file =
        open_file(&(edo_log_file_opts){ .path = path, .roll_bytes = 10 * LINE_BYTES, .keep = 1 });
    make_finished("20200101T000000Z");
    say(5);
    size_t five = size_of(path);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = five;
    const struct sigaction ignored = { .sa_handler = SIG_IGN };
    struct sigaction was;
    assert_int_equal(sigaction(SIGXFSZ, &ignored, &was), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    say(100);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(sigaction(SIGXFSZ, &was, NULL), 0);
    assert_int_equal(size_of(path), five);
    assert_int_equal(count().files_n, 2);
    assert_true(is_there("20200101T000000Z"));
    close_file(file);
}

static void tell_of_failure(void *arg, const edo_event *e) {
    if (e->site->level == EDO_LEVEL_ERROR) (void)sem_post(arg);
}

static void a_file_that_cannot_be_begun_anew_is_told_once_and_goes_on(void **state) {
    static const edo_receiver_ops ops = { .event = tell_of_failure };
    (void)state;
    edo_receiver *r;
    edo_log_file *file =
        open_file(&(edo_log_file_opts){ .path = path, .roll_bytes = 10 * LINE_BYTES });
    assert_int_equal(edo_log_add(&r, &ops, &told, NULL), 0);
    say(1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    say(30);
    expect_told(1);
    set_clock_ahead(120); // it is tried again
    say(30);
    expect_told(0);
    assert_int_equal(mkdir(folder, 0700), 0);
    set_clock_ahead(240);
    say(1);
    assert_int_equal(count().files_n, 1);
    set_clock_ahead(0);
    edo_log_remove(r);
    close_file(file);
}

static void count_those_to_come(const char *name, void *arg) {
    char now[32];
    time_t at = time(NULL) + DAY_S;
    struct tm tm;
    const char *stamp = strstr(name, ".log.");
    assert_true(strftime(now, sizeof now, "%Y%m%d", gmtime_r(&at, &tm)) > 0);
    if (stamp && strncmp(stamp + strlen(".log."), now, 8) > 0) ++*(unsigned *)arg;
}

static void files_of_a_clock_that_was_ahead_are_the_oldest(void **state) {
    unsigned to_come_n = 0;
    (void)state;
    set_clock_ahead(3650 * DAY_S);
    edo_log_file *file =
        open_file(&(edo_log_file_opts){ .path = path, .roll_bytes = 10 * LINE_BYTES, .keep = 2 });
    say(100);
    set_clock_ahead(0);
    say(100);
    close_file(file);
    each_file(count_those_to_come, &to_come_n);
    assert_int_equal(to_come_n, 0);
    assert_int_equal(count().files_n, 3);
}

static void a_file_that_was_moved_away_is_opened_again(void **state) {
    (void)state;
    char moved[128];
    struct stat st;
    edo_log_file *file = open_file(&(edo_log_file_opts){ .path = path, .mode = 0600 });
    say(1);
    (void)snprintf(moved, sizeof moved, "%s.1", path);
    assert_int_equal(rename(path, moved), 0);
    say(1); // it goes on there
    assert_int_equal(edo_log_file_reopen(file), 0);
    say(1);
    close_file(file);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    off_t line = st.st_size;
    assert_int_equal(stat(moved, &st), 0);
    assert_int_equal(st.st_size, 2 * line);
}

static void a_folder_that_cannot_be_written_to_keeps_the_file_that_is_there(void **state) {
    (void)state;
    if (geteuid() == 0) {
        print_message("left out: root may write everywhere\n");
        skip();
    }
    edo_log_file *file =
        open_file(&(edo_log_file_opts){ .path = path, .roll_bytes = 10 * LINE_BYTES });
    assert_int_equal(chmod(folder, 0500), 0);
    say(100);
    assert_int_equal(chmod(folder, 0700), 0);
    close_file(file);
    assert_int_equal(count().files_n, 1);
}

static void bad_options_are_refused(void **state) {
    (void)state;
    edo_log_file *file;
    const edo_log_file_opts bad[] = { { .path = NULL },
                                      { .path = "" },
                                      { .path = path, .roll_every = edo_ms(1) },
                                      { .path = path, .mode = 01000 },
                                      { .path = path, .reserved = { 1 } } };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edo_log_file_new(&file, &bad[i]), -EINVAL);
    assert_int_equal(edo_log_file_new(&file, &(edo_log_file_opts){ .path = "/no/such/folder" }),
                     -ENOENT);
}

static void nobody_is_waited_for_who_reads_a_fifo(void **state) {
    (void)state;
    edo_log_file *file;
    char said[8] = "";
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(edo_log_file_new(&file, &(edo_log_file_opts){ .path = path }), -ENXIO);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_int_equal(edo_log_file_new(&file, &(edo_log_file_opts){ .path = path }), 0);
    assert_int_equal(write(edo_log_file_fd(file), "said", 4), 4);
    assert_int_equal(read(reader, said, sizeof said), 4);
    assert_string_equal(said, "said");
    edo_log_file_free(file);
    (void)close(reader);
    (void)unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)
        IN_FOLDER(a_full_file_is_finished_and_no_line_is_lost_or_cut),
        IN_FOLDER(only_the_newest_stay),
        IN_FOLDER(a_file_of_an_earlier_period_is_finished_at_the_first_line),
        IN_FOLDER(a_clock_that_was_ahead_holds_no_file_up),
        IN_FOLDER(files_of_a_clock_that_was_ahead_are_the_oldest),
        IN_FOLDER(a_file_that_was_removed_is_made_again),
        IN_FOLDER(a_name_is_given_once_also_if_the_file_was_renamed),
        IN_FOLDER(of_one_second_the_last_ones_stay),
        IN_FOLDER(what_a_full_disk_refuses_finishes_no_file),
        IN_FOLDER(a_file_that_cannot_be_begun_anew_is_told_once_and_goes_on),
        IN_FOLDER(a_file_that_was_moved_away_is_opened_again),
        IN_FOLDER(a_folder_that_cannot_be_written_to_keeps_the_file_that_is_there),
        IN_FOLDER(bad_options_are_refused),
        IN_FOLDER(nobody_is_waited_for_who_reads_a_fifo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
