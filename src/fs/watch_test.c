/* SPDX-License-Identifier: MIT */
/* Goal: whatever system call or allocation of a watch fails, its code comes back, and no descriptor
 * is left.
 * Method: the k-th call fails, for each k. The file under test is included. */
#include "base/memory/alloc.h"
#include "inside.h"
#include "patience.h"

#include <edo/edo.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/inotify.h>
#include <unistd.h>

static int calls, fails_at; // the call that fails; 0: none
static int fails_with;

static bool fails_now(void) {
    if (++calls != fails_at) return false;
    errno = fails_with;
    return true;
}

static int try_init(int flags) {
    return fails_now() ? -1 : inotify_init1(flags);
}

static int try_add(int fd, const char *path, uint32_t mask) {
    return fails_now() ? -1 : inotify_add_watch(fd, path, mask);
}

static ssize_t try_read(int fd, void *to, size_t n) {
    return fails_now() ? -1 : read(fd, to, n);
}

static pthread_t own;                                    /* the thread of the test */
static uint32_t closed_here;                             /* by it */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* a job that closes goes through */

static int try_close(int fd) {
    if (pthread_equal(pthread_self(), own)) {
        closed_here++;
    } else {
        (void)pthread_mutex_lock(&gate);
        (void)pthread_mutex_unlock(&gate);
    }
    return close(fd);
}

#define inotify_init1     try_init
#define close             try_close
#define inotify_add_watch try_add
#define read              try_read
#include "fs/watch.c"
#undef read
#undef close

static int open_now(void) {
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir != NULL);
    while (readdir(dir)) n++;
    CHECK_EQ(closedir(dir), 0);
    return n;
}

/* One event from the begin to the end. */
static int use(void) {
    char path[] = "/tmp/edo-watch-XXXXXX";
    edo_fs_watch *w;
    edo_fs_event e = { 0 };
    int err = edo_fs_watch_open(&w);
    if (err < 0) return err;
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    err = edo_fs_watch_add(w, path, EDO_FS_MODIFIED);
    CHECK_EQ(write(fd, "x", 1) + close(fd), 1);
    if (err > 0) err = edo_fs_watch_next(w, &e);
    if (err == 1) CHECK_EQ(e.what, EDO_FS_MODIFIED);
    CHECK_EQ(unlink(path), 0);
    edo_fs_watch_close(w);
    return err;
}

static int use_failing(void *arg) {
    static const int codes[] = { EMFILE, ENOSPC, EIO, EINTR };
    (void)arg;
    for (size_t c = 0; c < EDO_COUNT(codes); c++) {
        fails_with = codes[c];
        for (int k = 1;; k++) {
            calls = 0;
            fails_at = k;
            int err = use();
            fails_at = 0;
            if (err == 1 && calls < k) break;
            // only the read of events may be interrupted, and it is repeated
            CHECK(err == -codes[c] || (codes[c] == EINTR && k == 3 && err == 1));
        }
    }
    return 0;
}

static int use_without_memory(void *arg) {
    bool fired = true;
    (void)arg;
    for (uint64_t k = 1; fired; k++) {
        edoi_alloc_fail_at(k);
        int err = use();
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK(err == 1 || (fired && err == -ENOMEM));
    }
    return 0;
}

static void failures_come_back_and_leave_nothing(void **state) {
    (void)state;
    int before = open_now();
    assert_int_equal(inside_each(use_failing, NULL), 0);
    assert_int_equal(inside_with(use_without_memory, NULL, &one_thread), 0);
    assert_int_equal(open_now(), before);
}

/* The kernel takes its time for the end of a watch, which counts among the user's until then. */
static int ends_many(void *arg) {
    edo_fs_watch *w;
    (void)arg;
    own = pthread_self();
    closed_here = 0;
    CHECK_EQ(pthread_mutex_lock(&gate), 0);
    for (uint32_t i = 0; i < ENDING_MAX + 3; i++) {
        EDO_TEST_OK(edo_fs_watch_open(&w));
        edo_fs_watch_close(w);
        CHECK_EQ(closed_here, i < ENDING_MAX ? 0 : i - ENDING_MAX + 1);
    }
    CHECK_EQ(pthread_mutex_unlock(&gate), 0);
    WAIT_FOR(edoi_load_rlx_u32(&ending_n) == 0);
    EDO_TEST_OK(edo_fs_watch_open(&w));
    edo_fs_watch_close(w);
    CHECK_EQ(closed_here, 3);
    return 0;
}

static void watches_that_are_being_ended_are_few(void **state) {
    (void)state;
    int before = open_now();
    assert_int_equal(inside_with(ends_many, NULL, &one_thread), 0);
    assert_int_equal(open_now(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_come_back_and_leave_nothing),
        cmocka_unit_test(watches_that_are_being_ended_are_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
