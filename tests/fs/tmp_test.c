/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/tmp.h and edo/file_lock.h.
 * Method: a directory of its own, on every kind of runtime and outside any; other processes hold
 * the locks, or are killed. */
#include "fs_support.h"

#include <edo/file.h>
#include <edo/file_lock.h>
#include <edo/streams.h>
#include <edo/tmp.h>

#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* ---- Temporary files ------------------------------------------------------------------------- */

static void write_read(edo_stream *s) {
    char found[8] = { 0 };
    struct stat st;
    CHECK_EQ(edo_write_all(s, "hello", 5), 0);
    CHECK_EQ(edo_rewind(s), 0);
    CHECK_EQ(edo_read(s, found, sizeof found), 5);
    CHECK_EQ(strcmp(found, "hello"), 0);
    CHECK_EQ(edo_file_stat(&st, s), 0);
    CHECK_EQ(st.st_mode & 07777, 0600);
}

static int unnamed(void *arg) {
    edo_stream *s;
    (void)arg;
    CHECK_EQ(edo_fs_tmp(&s, "."), 0);
    write_read(s);
    CHECK_EQ(entries_of("."), 0);
    edo_close(s);
    CHECK_EQ(edo_fs_tmp(&s, "none"), -ENOENT);
    CHECK_EQ(setenv("TMPDIR", "sub", 1) + mkdir("sub", 0777), 0);
    CHECK_EQ(edo_fs_tmp(&s, NULL), 0);
    edo_close(s);
    CHECK_EQ(rmdir("sub"), 0);
    CHECK_EQ(edo_fs_tmp(&s, NULL), -ENOENT);
    CHECK_EQ(unsetenv("TMPDIR"), 0);
    CHECK_EQ(edo_fs_tmp(&s, NULL), 0);
    edo_close(s);
    return 0;
}

static void file_without_a_name_is_gone_with_its_stream(void **state) {
    (void)state;
    run_inside(unnamed);
}

static int named(void *arg) {
    edo_tmp *t;
    struct stat st;
    (void)arg;
    const edo_tmp_opts opts = { .dir = ".", .prefix = "pre-", .suffix = ".jpg" };
    CHECK_EQ(edo_tmp_open(&t, &opts), 0);
    const char *path = edo_tmp_path(t);
    CHECK_EQ(strncmp(path, "./pre-", 6), 0);
    CHECK_EQ(strlen(path), 6 + 16 + 4);
    CHECK_EQ(strcmp(path + 6 + 16, ".jpg"), 0);
    CHECK_EQ(stat(path, &st), 0);
    write_read(edo_tmp_stream(t));
    CHECK_EQ(edo_tmp_close(t), 0);
    CHECK_EQ(entries_of("."), 0);
    CHECK_EQ(edo_tmp_open(&t, &(edo_tmp_opts){ .prefix = "a/b" }), -EINVAL);
    CHECK_EQ(edo_tmp_open(&t, &(edo_tmp_opts){ .suffix = "/" }), -EINVAL);
    CHECK_EQ(edo_tmp_open(&t, &(edo_tmp_opts){ .reserved[1] = 1 }), -EINVAL);
    CHECK_EQ(edo_tmp_open(&t, &(edo_tmp_opts){ .dir = "none" }), -ENOENT);
    CHECK_EQ(edo_tmp_close(NULL), 0);
    return 0;
}

static void file_with_a_name_is_removed_at_its_close(void **state) {
    (void)state;
    run_inside(named);
}

static int kept(void *arg) {
    edo_tmp *t;
    struct stat st;
    const edo_tmp_opts opts = { .dir = "sub" };
    (void)arg;
    CHECK_EQ(mkdir("sub", 0777), 0);
    CHECK_EQ(edo_tmp_open(&t, &opts), 0);
    CHECK_EQ(edo_tmp_keep(t, "none/file"), -ENOENT); // is temporary still
    CHECK_EQ(edo_tmp_keep(t, "kept"), 0);
    CHECK_EQ(edo_tmp_keep(t, "kept"), -EDO_EMISUSE);
    edo_stream *s = edo_stream_ref(edo_tmp_stream(t));
    CHECK_EQ(edo_tmp_close(t), 0);
    write_read(s); // the reference lives longer
    edo_close(s);
    CHECK_EQ(stat("kept", &st), 0);
    CHECK_EQ(st.st_size, 5);
    CHECK_EQ(entries_of("sub"), 0);
    CHECK_EQ(edo_tmp_open(&t, &opts), 0);
    CHECK_EQ(edo_tmp_keep(t, NULL), 0);
    CHECK_EQ(edo_tmp_close(t), 0);
    CHECK_EQ(entries_of("sub"), 1);
    CHECK_EQ(edo_tmp_open(&t, &opts), 0);
    CHECK_EQ(rename("sub", "moved"), 0);
    CHECK_EQ(edo_tmp_close(t), 0); // the directory has another name
    CHECK_EQ(entries_of("moved"), 1);
    CHECK_EQ(edo_tmp_open(&t, &(edo_tmp_opts){ .dir = "moved" }), 0);
    CHECK_EQ(unlink(edo_tmp_path(t)), 0);
    CHECK_EQ(edo_tmp_close(t), -ENOENT);
    return 0;
}

static void kept_files_stay(void **state) {
    (void)state;
    run_inside(kept);
}

static int close_cancelled(void *arg) {
    CHECK_EQ(edo_sleep(edo_s(1000)), -ECANCELED);
    return edo_tmp_close(arg);
}

static int cancelled_close(void *arg) {
    edo_tmp *t;
    (void)arg;
    CHECK_EQ(edo_tmp_open(&t, &(edo_tmp_opts){ .dir = "." }), 0);
    edo_task *task = edo_spawn(close_cancelled, t);
    CHECK(task != NULL);
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(task);
    CHECK_EQ(edo_task_join(task), 0);
    CHECK_EQ(entries_of("."), 0);
    return 0;
}

static void cancelled_task_removes_its_file(void **state) {
    (void)state;
    run_inside(cancelled_close);
}

/* ---- Locks ----------------------------------------------------------------------------------- */

static edo_stream *open_lock(void) {
    edo_stream *s;
    CHECK_EQ(edo_fs_open(&s, "lock", &(edo_fs_open_opts){ .write = true, .create = true }), 0);
    return s;
}

static int lock_kinds(void *arg) {
    edo_stream *a = open_lock(), *b = open_lock(), *far_end, *dir;
    (void)arg;
    CHECK_EQ(edo_file_try_lock(a, EDO_FILE_SHARED), 0);
    CHECK_EQ(edo_file_try_lock(b, EDO_FILE_SHARED), 0);
    CHECK_EQ(edo_file_try_lock(b, EDO_FILE_EXCLUSIVE), -EAGAIN);
    CHECK_EQ(edo_file_unlock(a), 0);
    CHECK_EQ(edo_file_try_lock(b, EDO_FILE_EXCLUSIVE), 0);
    CHECK_EQ(edo_file_try_lock(a, EDO_FILE_SHARED), -EAGAIN);
    edo_close(b); // ends its lock
    CHECK_EQ(edo_file_lock(a, EDO_FILE_EXCLUSIVE), 0);
    CHECK_EQ(edo_file_unlock(a), 0);
    CHECK_EQ(edo_file_unlock(a), 0);
    edo_close(a);
    CHECK_EQ(edo_fs_open(&dir, ".", NULL), 0);
    CHECK_EQ(edo_file_try_lock(dir, EDO_FILE_EXCLUSIVE), 0);
    edo_close(dir);
    CHECK_EQ(edo_duplex(&a, &far_end, 16), 0);
    CHECK_EQ(edo_file_try_lock(a, EDO_FILE_SHARED), -ENOTSUP);
    CHECK_EQ(edo_file_lock(a, EDO_FILE_SHARED), -ENOTSUP);
    CHECK_EQ(edo_file_unlock(a), -ENOTSUP);
    edo_close(a);
    edo_close(far_end);
    a = open_lock();
    b = edo_stream_ref(a);
    edo_close(a);
    CHECK_EQ(edo_file_lock(b, EDO_FILE_SHARED), -EDO_ECLOSED);
    edo_stream_unref(b);
    return 0;
}

static void locks_are_shared_or_exclusive(void **state) {
    (void)state;
    run_each(lock_kinds);
}

static int wait_for_lock(void *arg) {
    return edo_file_lock(arg, EDO_FILE_EXCLUSIVE);
}

static int awaited(void *arg) {
    edo_blocking_stats pool;
    edo_stream *a = open_lock(), *b = open_lock();
    (void)arg;
    CHECK_EQ(edo_file_lock(a, EDO_FILE_EXCLUSIVE), 0);
    edo_task *t = edo_spawn(wait_for_lock, b);
    CHECK(t != NULL);
    CHECK_EQ(edo_sleep(edo_s(10)), 0); // of a paused clock
    CHECK(!edo_task_is_finished(t));
    do { // a thread leaves its job a moment after the job's end was told
        CHECK_EQ(edo_yield(), 0);
        edo_blocking_get_stats(edo_runtime_current(), &pool);
    } while (pool.running > 0);
    CHECK(pool.started >= 100 && pool.started < 130); // each 100 ms, and the first few
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    t = edo_spawn(wait_for_lock, b);
    CHECK(t != NULL);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK_EQ(edo_file_unlock(a), 0);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(edo_file_try_lock(a, EDO_FILE_SHARED), -EAGAIN);
    edo_close(a);
    edo_close(b);
    return 0;
}

static void waiting_holds_no_thread_and_can_be_cancelled(void **state) {
    (void)state;
    run_one(awaited, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT, .start_paused = true });
}

/* Another process has the lock; it is killed. */
static int other_process(void *arg) {
    int ready[2];
    char byte;
    (void)arg;
    edo_stream *s = open_lock();
    CHECK_EQ(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open("lock", O_RDONLY | O_CLOEXEC);
        bool locked = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && flock(fd, LOCK_EX) == 0;
        if (!locked || write(ready[1], "x", 1) != 1) _exit(1);
        for (;;) (void)pause();
    }
    CHECK_EQ(read(ready[0], &byte, 1), 1);
    CHECK_EQ(edo_file_try_lock(s, EDO_FILE_SHARED), -EAGAIN);
    CHECK_EQ(kill(pid, SIGKILL), 0);
    CHECK_EQ(edo_file_lock(s, EDO_FILE_EXCLUSIVE), 0);
    CHECK_EQ(waitpid(pid, NULL, 0), pid);
    CHECK_EQ(close(ready[0]) + close(ready[1]), 0);
    edo_close(s);
    return 0;
}

static void lock_of_a_killed_process_is_free(void **state) {
    (void)state;
    run_one(other_process, &kinds[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lock_of_a_killed_process_is_free),
        cmocka_unit_test(file_without_a_name_is_gone_with_its_stream),
        cmocka_unit_test(file_with_a_name_is_removed_at_its_close),
        cmocka_unit_test(kept_files_stay),
        cmocka_unit_test(cancelled_task_removes_its_file),
        cmocka_unit_test(locks_are_shared_or_exclusive),
        cmocka_unit_test(waiting_holds_no_thread_and_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, enter_home, leave_home);
}
