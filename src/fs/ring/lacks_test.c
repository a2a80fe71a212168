/* SPDX-License-Identifier: MIT */
/* Goal: on a kernel whose ring lacks an operation, whichever, calls on files do what they do with
 * it: threads make those, and the ring the others.
 * Method: the probe of the real kernel is changed; each call that there is, once for each operation
 * that is missing. */
#include "driver/ring/kernel.h"

#include "inside.h"
#include "rings.h"

#include <edo/edo.h>
#include <edo/file.h>
#include <edo/fs.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char lacks_home[] = "/tmp/edo-lacks-XXXXXX";

static int enter_lacks_home(void **state) {
    (void)state;
    return mkdtemp(lacks_home) ? chdir(lacks_home) : -1;
}

static int leave_lacks_home(void **state) {
    (void)state;
    return chdir("/") + rmdir(lacks_home);
}

#define NOTHING UINT8_MAX

/* In the place of the opening, which has the probe. */
static uint8_t missing = NOTHING;
int __real_edoi_uring_open(edoi_uring *self, uint32_t n);
int __wrap_edoi_uring_open(edoi_uring *self, uint32_t n);

int __wrap_edoi_uring_open(edoi_uring *self, uint32_t n) {
    int err = __real_edoi_uring_open(self, n);
    if (err == 0 && missing != NOTHING) self->knows &= ~(UINT64_C(1) << missing);
    return err;
}

static uint64_t jobs_started(void) {
    edo_blocking_stats s = { 0 };
    edo_blocking_get_stats(edo_runtime_current(), &s);
    return s.started;
}

/* By the ring where it has the operation `code`. */
#define BY(code, call)                                                                             \
    do {                                                                                           \
        uint64_t before = jobs_started();                                                          \
        call;                                                                                      \
        CHECK_EQ(jobs_started() - before, missing == (code));                                      \
    } while (0)

static void use_open_file(edo_stream *file) {
    char bytes[16] = "0123456789abcdef", more[16] = { 0 };
    struct iovec halves[] = { { bytes, 8 }, { bytes + 8, 8 } };
    struct iovec others[] = { { more, 8 }, { more + 8, 8 } };
    struct statx is;
    BY(IORING_OP_WRITE, CHECK_EQ(edo_file_write_at(file, bytes, 16, 0), 16));
    BY(IORING_OP_WRITEV, CHECK_EQ(edo_file_writev_at(file, halves, 2, 16), 16));
    BY(IORING_OP_FSYNC, CHECK_EQ(edo_file_sync(file), 0));
    BY(IORING_OP_FSYNC, CHECK_EQ(edo_file_sync_data(file), 0));
    BY(IORING_OP_STATX, CHECK_EQ(edo_file_statx(&is, file, 0, STATX_SIZE), 0));
    CHECK_EQ(is.stx_size, 32);
    CHECK_EQ(edo_file_read_at(file, more, 16, 16), 16); // from the cache: by neither
    CHECK(memcmp(more, bytes, 16) == 0);
    CHECK_EQ(edo_file_readv_at(file, others, 2, 0), 16);
    CHECK_EQ(edo_write_all(file, bytes, 16), 0); // at its place
    CHECK_EQ(edo_file_statx(&is, file, 0, STATX_SIZE), 0);
    CHECK_EQ(is.stx_size, 32);
}

static void use_names(void) {
    struct stat is;
    BY(IORING_OP_LINKAT, CHECK_EQ(edo_fs_hard_link("file", "linked"), 0));
    BY(IORING_OP_RENAMEAT, CHECK_EQ(edo_fs_rename("linked", "renamed"), 0));
    BY(IORING_OP_SYMLINKAT, CHECK_EQ(edo_fs_symlink("renamed", "symlink"), 0));
    BY(IORING_OP_STATX, CHECK_EQ(edo_fs_stat(&is, "symlink"), 0));
    CHECK(S_ISREG(is.st_mode) && is.st_size == 32 && is.st_nlink == 2);
    BY(IORING_OP_STATX, CHECK_EQ(edo_fs_lstat(&is, "symlink"), 0));
    CHECK(S_ISLNK(is.st_mode));
    BY(IORING_OP_MKDIRAT, CHECK_EQ(edo_fs_create_dir("dir"), 0));
    BY(IORING_OP_UNLINKAT, CHECK_EQ(edo_fs_remove_dir("dir"), 0));
    BY(IORING_OP_UNLINKAT, CHECK_EQ(edo_fs_remove_file("symlink"), 0));
    BY(IORING_OP_UNLINKAT, CHECK_EQ(edo_fs_remove_file("renamed"), 0));
    BY(IORING_OP_UNLINKAT, CHECK_EQ(edo_fs_remove_file("renamed"), -ENOENT));
}

static int use_all(void *arg) {
    static const edo_fs_open_opts opts = { .read = true, .write = true, .create_new = true };
    edo_stream *file;
    (void)arg;
    BY(IORING_OP_OPENAT, CHECK_EQ(edo_fs_open(&file, "file", &opts), 0));
    use_open_file(file);
    use_names();
    edo_close(file);
    CHECK_EQ(edo_fs_remove_file("file"), 0);
    return 0;
}

static void threads_do_what_the_ring_lacks(void **state) {
    static const uint8_t codes[] = { NOTHING,           IORING_OP_READ,     IORING_OP_READV,
                                     IORING_OP_WRITE,   IORING_OP_WRITEV,   IORING_OP_FSYNC,
                                     IORING_OP_OPENAT,  IORING_OP_STATX,    IORING_OP_LINKAT,
                                     IORING_OP_MKDIRAT, IORING_OP_RENAMEAT, IORING_OP_SYMLINKAT,
                                     IORING_OP_UNLINKAT };
    (void)state;
    NEED_RING();
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        missing = codes[i];
        assert_int_equal(inside_with(use_all, NULL, &one_thread), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_what_the_ring_lacks),
    };
    assert_int_equal(setenv("EDO_FILES", "uring", 1), 0); // else one call at a time is a thread's
    return cmocka_run_group_tests(tests, enter_lacks_home, leave_lacks_home);
}
