/* SPDX-License-Identifier: MIT */
/* Goal: a file that is closed while a call on it waits is left alone: the call returns
 * -EDO_ECLOSED, and no other file that is open by then is touched.
 * Method: the one thread of the pool is kept busy while each call waits for it; the only reference
 * of the stream is given back by edo_close(); then a file is opened, which could get the number of
 * the descriptor. */
#include "fs_support.h"

#include <edo/edo.h>
#include <edo/file.h>
#include <edo/file_lock.h>
#include <edo/fs.h>
#include <edo/unix.h>

#include <sys/file.h>

#define TEXT "precious"

enum { SIZE = 100000 };

static int gate[2];

static int pass_gate(void *arg) {
    char c;
    (void)arg;
    return read(gate[0], &c, 1) == 1 ? 0 : -EIO;
}

static int keep_pool_busy(void *arg) {
    return edo_blocking(pass_gate, arg);
}

static bool pool_has(uint32_t running, uint32_t queue) {
    edo_blocking_stats pool;
    edo_blocking_get_stats(edo_runtime_current(), &pool);
    return pool.running == running && pool.queue == queue;
}

static void await_pool(uint32_t running, uint32_t queue) {
    YIELD_FOR(pool_has(running, queue));
}

/* Opens a file that holds TEXT. */
static int open_other(void) {
    int fd = open("other", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, TEXT, strlen(TEXT)), (int)strlen(TEXT));
    return fd;
}

/* Checks that nothing changed, and that no lock is there. */
static void check_other(int fd) {
    char held[32] = { 0 };
    CHECK_EQ(pread(fd, held, sizeof held, 0), (int)strlen(TEXT));
    CHECK(strcmp(held, TEXT) == 0);
    int again = open("other", O_RDWR | O_CLOEXEC);
    CHECK(again >= 0);
    CHECK_EQ(flock(again, LOCK_EX | LOCK_NB), 0);
    CHECK_EQ(close(again) + close(fd), 0);
}

/* ---- Calls that are one job ------------------------------------------------------------------ */

static int read_it(void *arg) {
    char buf[8];
    return edo_file_read_at(arg, buf, sizeof buf, 0);
}

static int write_it(void *arg) {
    return edo_file_write_at(arg, "EVIL", 4, 0);
}

static int sync_it(void *arg) {
    return edo_file_sync(arg);
}

static int sync_data_it(void *arg) {
    return edo_file_sync_data(arg);
}

static int stat_it(void *arg) {
    struct stat now;
    return edo_file_stat(&now, arg);
}

static int set_len_it(void *arg) {
    return edo_file_set_len(arg, 1);
}

static int allocate_it(void *arg) {
    return edo_file_allocate(arg, 0, 0, 100);
}

static int advise_it(void *arg) {
    return edo_file_advise(arg, POSIX_FADV_NORMAL, 0, 0);
}

static int try_lock_it(void *arg) {
    return edo_file_try_lock(arg, EDO_FILE_EXCLUSIVE);
}

static int lock_it(void *arg) {
    return edo_file_lock(arg, EDO_FILE_EXCLUSIVE);
}

static int unlock_it(void *arg) {
    return edo_file_unlock(arg);
}

static edo_task_fn *const calls[] = { read_it,     write_it,   sync_it,   sync_data_it,
                                      stat_it,     set_len_it, advise_it, allocate_it,
                                      try_lock_it, lock_it,    unlock_it };

static const edo_fs_open_opts writable = { .read = true, .write = true, .create = true };

static int each_call(void *arg) {
    (void)arg;
    CHECK_EQ(pipe2(gate, O_CLOEXEC), 0);
    for (size_t i = 0; i < EDO_COUNT(calls); i++) {
        edo_stream *s;
        CHECK_EQ(edo_fs_open(&s, "a", &writable), 0);
        await_pool(0, 0);
        edo_task *busy = edo_spawn(keep_pool_busy, NULL);
        await_pool(1, 0);
        edo_task *t = edo_spawn(calls[i], s);
        await_pool(1, 1);
        edo_close(s);
        int other = open_other();
        CHECK_EQ(write(gate[1], "x", 1), 1);
        CHECK_EQ(edo_task_join(busy), 0);
        CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
        check_other(other);
    }
    return close(gate[0]) + close(gate[1]);
}

/* ---- Sending --------------------------------------------------------------------------------- */

typedef struct sender {
    edo_stream *to, *file;
} sender;

static int send_it(void *arg) {
    const sender *s = (const sender *)arg;
    return edo_sendfile(s->to, s->file, 0, SIZE, (edo_str){ 0 }, NULL);
}

/* Closes the file, or the stream to which it goes, while a job to send more waits. */
static int send_one(const char *path, bool closes_file) {
    sender s;
    edo_stream *from;
    CHECK_EQ(edo_fs_open(&s.file, path, &writable), 0);
    CHECK_EQ(edo_file_set_len(s.file, SIZE), 0);
    CHECK_EQ(edo_unix_pair(&s.to, &from), 0);
    await_pool(0, 0);
    edo_task *busy = edo_spawn(keep_pool_busy, NULL);
    await_pool(1, 0);
    edo_task *t = edo_spawn(send_it, &s);
    await_pool(1, 1);
    edo_close(closes_file ? s.file : s.to);
    int other = open_other();
    CHECK_EQ(write(gate[1], "x", 1), 1);
    CHECK_EQ(edo_task_join(busy), 0);
    CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
    check_other(other);
    edo_close(closes_file ? s.to : s.file);
    edo_close(from);
    return edo_fs_remove_file(path);
}

static int each_send(void *arg) {
    char disk[64]; // where the first piece is read at once
    (void)arg;
    (void)snprintf(disk, sizeof disk, "/tmp/edo-close-%d", (int)getpid());
    CHECK_EQ(pipe2(gate, O_CLOEXEC), 0);
    for (int closes_file = 0; closes_file < 2; closes_file++) {
        CHECK_EQ(send_one("a", closes_file), 0);
        CHECK_EQ(send_one(disk, closes_file), 0);
    }
    return close(gate[0]) + close(gate[1]);
}

/* ---- Between two attempts -------------------------------------------------------------------- */

static int closed_in_a_pause(void *arg) {
    edo_stream *a, *b;
    (void)arg;
    CHECK_EQ(edo_fs_open(&a, "a", &writable), 0);
    CHECK_EQ(edo_fs_open(&b, "a", &writable), 0);
    CHECK_EQ(edo_file_lock(a, EDO_FILE_EXCLUSIVE), 0);
    edo_task *t = edo_spawn(lock_it, b);
    CHECK_EQ(edo_test_settle(), 0); // it has tried, and pauses
    edo_close(b);
    CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
    edo_close(a);
    return 0;
}

static const edo_runtime_opts one_place = { .flavor = EDO_RUNTIME_CURRENT, .blocking_max = 1 };

static void queued_calls_touch_no_other_file(void **state) {
    (void)state;
    run_one(each_call, &one_place);
}

static void queued_senders_touch_no_other_file(void **state) {
    (void)state;
    run_one(each_send, &one_place);
}

static void a_waiter_for_a_lock_sees_the_close(void **state) {
    (void)state;
    run_one(closed_in_a_pause, &one_thread);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queued_calls_touch_no_other_file),
        cmocka_unit_test(queued_senders_touch_no_other_file),
        cmocka_unit_test(a_waiter_for_a_lock_sees_the_close),
    };
    assert_int_equal(setenv("EDO_FILES", "threads", 1), 0); // a ring would not queue
    return cmocka_run_group_tests(tests, enter_home, leave_home);
}
