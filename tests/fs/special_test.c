/* SPDX-License-Identifier: MIT */
/* Goal: what is no common file is opened and written as open(2) and pwrite(2) do it: opens of FIFOs
 * that wait for the other end hold up nothing, and wait on when they are cancelled; the clock of
 * tests waits for them; an open that is tried is not seen by that end, nor one of what is refused;
 * a file of the kernel that takes no place is not written.
 * Method: real FIFOs. By a ring, where there is one, and by threads, as the environment says. */
#include "inside.h"

#include <edo/blocking.h>
#include <edo/edo.h>
#include <edo/file.h>
#include <edo/file_cache.h>
#include <edo/fs.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

static char special_home[] = "/tmp/edo-special-XXXXXX";

static int enter_special_home(void **state) {
    (void)state;
    return mkdtemp(special_home) ? chdir(special_home) : -1;
}

static int leave_special_home(void **state) {
    (void)state;
    return chdir("/") + edo_fs_remove_dir_all(special_home);
}

/* ---- Opens that wait ------------------------------------------------------------------------- */

#define FIFOS 24

typedef struct fifo {
    char path[16];
    edo_stream *reads, *writes;
    edo_task *reader, *writer;
} fifo;

static fifo fifos[FIFOS];
static atomic_int begun_n; /* opens to write */

static int open_to_write(void *arg) {
    fifo *f = arg;
    const edo_fs_open_opts opts = { .write = true };
    (void)atomic_fetch_add(&begun_n, 1);
    return edo_fs_open(&f->writes, f->path, &opts);
}

static int open_to_read(void *arg) {
    fifo *f = arg;
    return edo_fs_open(&f->reads, f->path, NULL);
}

/* They wait for their readers, or are about to. */
static void open_all_to_write(void) {
    for (int i = 0; i < FIFOS; i++) {
        fifo *f = &fifos[i];
        *f = (fifo){ .reads = NULL };
        (void)snprintf(f->path, sizeof f->path, "fifo%d", i);
        CHECK_EQ(mkfifo(f->path, 0600), 0);
        f->writer = edo_spawn(open_to_write, f);
        CHECK(f->writer != NULL);
        CHECK_EQ(edo_yield(), 0);
    }
}

static void join_all(void) {
    for (int i = 0; i < FIFOS; i++) {
        fifo *f = &fifos[i];
        CHECK_EQ(edo_task_join(f->reader), 0);
        CHECK_EQ(edo_task_join(f->writer), 0);
        edo_close(f->reads);
        edo_close(f->writes);
        CHECK_EQ(unlink(f->path), 0);
    }
}

static int look_beside_opens(void *arg) {
    struct stat is;
    (void)arg;
    open_all_to_write();
    CHECK_EQ(edo_fs_lstat(&is, "fifo0"),
             0); // with all of the kernel's threads taken this would hang
    CHECK(S_ISFIFO(is.st_mode));
    for (int i = 0; i < FIFOS; i++) {
        fifos[i].reader = edo_spawn(open_to_read, &fifos[i]); // so would these
        CHECK(fifos[i].reader != NULL);
    }
    join_all();
    return 0;
}

static void opens_that_wait_hold_up_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++)
        assert_int_equal(inside_with(look_beside_opens, NULL, &kinds[i]), 0);
}

static int open_alone(void *how) {
    edo_stream *s;
    int err = edo_fs_open(&s, "alone", how);
    if (err == 0) edo_close(s);
    return err;
}

static bool has_queue(void) {
    edo_blocking_stats s;
    edo_blocking_get_stats(edo_runtime_current(), &s);
    return s.queue > 0;
}

static int cut_in_vain(void *arg) {
    static edo_fs_open_opts how[] = { { .read = true },
                                      { .write = true },
                                      { .read = true, .beneath = special_home },
                                      { .write = true, .beneath = special_home } };
    struct stat is;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(how); i++) {
        edo_task *t = edo_spawn(open_alone, &how[i]);
        CHECK(t != NULL);
        do CHECK_EQ(edo_yield(), 0);
        while (has_queue()); // no job that has not begun
        edo_task_cancel(t);
        CHECK_EQ(edo_fs_lstat(&is, "alone"), 0);
        int other_end = open("alone", O_RDWR | O_CLOEXEC);
        CHECK(other_end >= 0);
        CHECK_EQ(edo_task_join(t), 0);
        CHECK_EQ(close(other_end), 0);
    }
    return 0;
}

static void an_open_that_waits_is_not_cut_short(void **state) {
    (void)state;
    assert_int_equal(mkfifo("alone", 0600), 0);
    assert_int_equal(inside_with(cut_in_vain, NULL, &one_thread), 0);
    assert_int_equal(unlink("alone"), 0);
}

/* ---- Time that stands ------------------------------------------------------------------------ */

/* The letter behind the name in parentheses. */
static char thread_state(pid_t tid) {
    char path[64], line[256] = "";
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK(read(fd, line, sizeof line - 1) > 0);
    CHECK_EQ(close(fd), 0);
    return strrchr(line, ')')[2];
}

static bool has_slept;

static void *open_to_read_late(void *unused) {
    while (atomic_load(&begun_n) == 0) (void)sched_yield();
    while (thread_state(getpid()) != 'S') (void)sched_yield(); // no task of it can run
    int fd = open("fifo0", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_EQ(close(fd), 0);
    return unused;
}

static int sleep_for_an_hour(void *arg) {
    int err = edo_sleep(edo_s(3600));
    has_slept = true;
    return arg ? -EINVAL : err;
}

static int open_as_time_stands(void *arg) {
    pthread_t other_end;
    (void)arg;
    atomic_store(&begun_n, 0);
    has_slept = false;
    fifos[0] = (fifo){ .path = "fifo0" };
    CHECK_EQ(mkfifo("fifo0", 0600), 0);
    edo_task *sleeper = edo_spawn(sleep_for_an_hour, NULL);
    CHECK(sleeper != NULL);
    CHECK_EQ(pthread_create(&other_end, NULL, open_to_read_late, NULL), 0);
    CHECK_EQ(open_to_write(&fifos[0]), 0);
    CHECK(!has_slept);
    edo_close(fifos[0].writes);
    CHECK_EQ(pthread_join(other_end, NULL), 0);
    CHECK_EQ(edo_task_join(sleeper), 0);
    CHECK_EQ(unlink("fifo0"), 0);
    return 0;
}

static void clock_of_tests_waits_for_an_open(void **state) {
    (void)state;
    assert_int_equal(inside(open_as_time_stands, NULL), 0);
}

/* ---- Opens that are seen --------------------------------------------------------------------- */

typedef struct greeter {
    pthread_t thread;
    _Atomic pid_t tid;
    ssize_t written;
} greeter;

static void *greet(void *arg) {
    greeter *g = arg;
    atomic_store(&g->tid, gettid());
    int fd = open("greeted", O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    g->written = write(fd, "hello", 5); // a reader that has come and gone would be SIGPIPE
    CHECK_EQ(close(fd), 0);
    return NULL;
}

static void until_it_waits(greeter *g) {
    while (atomic_load(&g->tid) == 0) (void)sched_yield();
    while (thread_state(atomic_load(&g->tid)) != 'S') (void)sched_yield();
}

static int hear_greeting(void *arg) {
    (void)arg;
    for (int round = 0; round < 10; round++) {
        greeter g = { .tid = 0 };
        edo_stream *s;
        char text[8];
        CHECK_EQ(mkfifo("greeted", 0600), 0);
        CHECK_EQ(pthread_create(&g.thread, NULL, greet, &g), 0);
        until_it_waits(&g);
        CHECK_EQ(edo_fs_open(&s, "greeted", NULL), 0);
        CHECK_EQ(edo_read(s, text, sizeof text), 5);
        edo_close(s);
        CHECK_EQ(pthread_join(g.thread, NULL), 0);
        CHECK_EQ(g.written, 5);
        CHECK_EQ(unlink("greeted"), 0);
    }
    return 0;
}

static void writer_of_a_fifo_sees_one_open(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++)
        assert_int_equal(inside_with(hear_greeting, NULL, &kinds[i]), 0);
}

/* What is refused as no regular file is not opened before: a FIFO's writer would go on. */
static int refuse_unseen(void *arg) {
    static const char *const homes[] = { NULL, special_home };
    char seen[256];
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    (void)arg;
    CHECK(watch >= 0);
    CHECK_EQ(mkfifo("unseen", 0600), 0);
    CHECK(inotify_add_watch(watch, "unseen", IN_OPEN) >= 0);
    for (size_t i = 0; i < EDO_COUNT(homes); i++) {
        edo_file_cache *c;
        edo_cached_file f;
        CHECK_EQ(edo_file_cache_new(&c, &(edo_file_cache_opts){ .beneath = homes[i] }), 0);
        CHECK_EQ(edo_file_cache_get(c, "unseen", &f), -EINVAL);
        edo_file_cache_unref(c);
    }
    CHECK_EQ(edo_fs_copy("copied", "unseen", NULL), -EINVAL);
    CHECK(read(watch, seen, sizeof seen) < 0 && errno == EAGAIN);
    int other_end = open("unseen", O_RDWR | O_CLOEXEC);
    CHECK(other_end >= 0);
    CHECK(read(watch, seen, sizeof seen) > 0); // so an open is seen
    CHECK_EQ(close(other_end) + close(watch) + unlink("unseen"), 0);
    return 0;
}

static void what_is_refused_is_not_opened(void **state) {
    (void)state;
    assert_int_equal(inside_with(refuse_unseen, NULL, &one_thread), 0);
}

/* ---- Files of the kernel --------------------------------------------------------------------- */

/* The first thread's name; a byte at a place of it would be a new name. */
static int write_at_no_place(void *arg) {
    edo_stream *file;
    const edo_fs_open_opts opts = { .write = true };
    (void)arg;
    CHECK_EQ(edo_fs_open(&file, "/proc/self/comm", &opts), 0);
    CHECK_EQ(edo_file_write_at(file, "other", 5, 0), -ESPIPE);
    edo_close(file);
    return 0;
}

static void what_takes_no_place_is_not_written(void **state) {
    (void)state;
    assert_int_equal(inside_with(write_at_no_place, NULL, &one_thread), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_that_wait_hold_up_nothing),
        cmocka_unit_test(an_open_that_waits_is_not_cut_short),
        cmocka_unit_test(clock_of_tests_waits_for_an_open),
        cmocka_unit_test(writer_of_a_fifo_sees_one_open),
        cmocka_unit_test(what_is_refused_is_not_opened),
        cmocka_unit_test(what_takes_no_place_is_not_written),
    };
    assert_int_equal(setenv("EDO_FILES", "uring", 0), 0); // else one call at a time is a thread's
    return cmocka_run_group_tests(tests, enter_special_home, leave_special_home);
}
