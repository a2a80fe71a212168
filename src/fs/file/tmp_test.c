/* SPDX-License-Identifier: MIT */
/* Goal: whatever system call or allocation of a temporary file or a lock fails, its code comes
 * back, and no file and no descriptor is left. File systems without nameless files are served.
 * Method: the k-th call fails, for each k. The files under test are included. */
#include "base/memory/alloc.h"
#include "inside.h"

#include <edo/edo.h>
#include <edo/fs.h>
#include <edo/random.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static int calls, fails_at; // the call that fails; 0: none
static int fails_with;
static bool is_old;    // the file system knows no O_TMPFILE
static int taken_left; // names that are there already

static bool fails_now(void) {
    if (++calls != fails_at) return false;
    errno = fails_with;
    return true;
}

static int try_openat(int dir, const char *path, int flags, mode_t mode) {
    if (fails_now()) return -1;
    bool is_nameless = (flags & O_TMPFILE) == O_TMPFILE;
    bool is_taken = flags & O_CREAT && taken_left > 0;
    if (is_taken) taken_left--;
    errno = is_taken ? EEXIST : EOPNOTSUPP;
    return is_taken || (is_old && is_nameless) ? -1 : openat(dir, path, flags, mode);
}

static int try_unlinkat(int dir, const char *path, int flags) {
    int result = unlinkat(dir, path, flags); // what fails here is gone all the same
    return fails_now() ? -1 : result;
}

static int try_renameat(int dir, const char *path, int to_dir, const char *to) {
    return fails_now() ? -1 : renameat(dir, path, to_dir, to);
}

static int try_random(void *to, size_t n) {
    return fails_now() ? -errno : edo_random(to, n);
}

static int try_flock(int fd, int operation) {
    return fails_now() ? -1 : flock(fd, operation);
}

#define openat     try_openat
#define unlinkat   try_unlinkat
#define renameat   try_renameat
#define edo_random try_random
#define flock      try_flock
#include "fs/file/lock.c"
#include "fs/file/tmp.c"

static char home[] = "/tmp/edo-tmp-XXXXXX";

static int entries_of(const char *path) {
    int n = -2; // "." and ".."
    DIR *dir = opendir(path);
    CHECK(dir != NULL);
    while (readdir(dir)) n++;
    CHECK_EQ(closedir(dir), 0);
    return n;
}

static int use_nameless(void) {
    edo_stream *s;
    int err = edo_fs_tmp(&s, ".");
    if (err < 0) return err;
    err = edo_file_lock(s, EDO_FILE_EXCLUSIVE);
    edo_close(s);
    return err;
}

static int use_named(void) {
    edo_tmp *t;
    int err = edo_tmp_open(&t, &(edo_tmp_opts){ .dir = ".", .prefix = "x" });
    if (err < 0) return err;
    int closed = edo_tmp_close(t);
    return err < 0 ? err : closed;
}

static int use_kept(void) {
    edo_tmp *t;
    int err = edo_tmp_open(&t, &(edo_tmp_opts){ .dir = "." });
    if (err < 0) return err;
    err = edo_tmp_keep(t, "kept");
    int closed = edo_tmp_close(t);
    CHECK_EQ(closed, 0);
    if (err == 0) CHECK_EQ(unlink("kept"), 0);
    return err;
}

static int (*const uses[])(void) = { use_nameless, use_named, use_kept };

static int fail_each_call(void *arg) {
    static const int codes[] = { EIO, EMFILE, ENOSPC, EINTR };
    int before = entries_of("/proc/self/fd");
    (void)arg;
    for (size_t u = 0; u < EDO_COUNT(uses); u++) {
        for (size_t c = 0; c < EDO_COUNT(codes); c++) {
            fails_with = codes[c];
            for (int k = 1;; k++) {
                calls = 0;
                fails_at = k;
                int err = uses[u]();
                fails_at = 0;
                CHECK(err == 0 || err == -codes[c]);
                CHECK_EQ(entries_of("."), 0);
                CHECK_EQ(entries_of("/proc/self/fd"), before);
                if (calls < k) break;
                if (codes[c] != EINTR) CHECK(err < 0);
            }
        }
    }
    return 0;
}

static void failed_calls_leave_nothing(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        is_old = i == 1;
        assert_int_equal(fail_each_call(NULL), 0); // on this thread
        is_old = i == 1;
        assert_int_equal(inside_with(fail_each_call, NULL, &one_thread), 0);
    }
    is_old = false;
}

static void failed_allocations_leave_nothing(void **state) {
    (void)state;
    int before = entries_of("/proc/self/fd");
    for (size_t u = 0; u < EDO_COUNT(uses); u++) {
        bool fired = true;
        for (uint64_t k = 1; fired; k++) {
            edoi_alloc_fail_at(k);
            int err = uses[u]();
            fired = edoi_alloc_fail_fired();
            edoi_alloc_fail_at(0);
            assert_int_equal(err, fired ? -ENOMEM : 0);
            assert_int_equal(entries_of("."), 0);
            assert_int_equal(entries_of("/proc/self/fd"), before);
        }
    }
}

static void names_that_are_taken_are_not_used(void **state) {
    (void)state;
    taken_left = 5;
    assert_int_equal(use_named(), 0);
    assert_int_equal(taken_left, 0);
    taken_left = ATTEMPTS;
    assert_int_equal(use_named(), -EEXIST);
    assert_int_equal(taken_left, 0);
}

static int make_home(void **state) {
    (void)state;
    return mkdtemp(home) ? chdir(home) : -1;
}

static int remove_home(void **state) {
    (void)state;
    return chdir("/") + edo_fs_remove_dir_all(home);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_calls_leave_nothing),
        cmocka_unit_test(failed_allocations_leave_nothing),
        cmocka_unit_test(names_that_are_taken_are_not_used),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
