/* SPDX-License-Identifier: MIT */
/* Goal: whatever system call fails while a file is opened, changed or sent, its code comes back,
 * and no descriptor is left; what the kernel cannot send or copy goes through a buffer.
 * Method: each call fails with each code, in turn; some are interrupted, or move little. The files
 * under test are included. */
#include "inside.h"

#include <edo/edo.h>
#include <edo/fs.h>
#include <edo/unix.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

static int calls, fails_at; /* the call that fails; 0: none */
static int fails_with;
static int sends; /* calls of sendfile() */

static bool fails_now(void) {
    if (++calls != fails_at) return false;
    errno = fails_with;
    return true;
}

static int try_open(const char *path, int flags, mode_t mode) {
    return fails_now() ? -1 : open(path, flags, mode);
}

static int try_fcntl(int fd, int what, ...) {
    va_list args;
    va_start(args, what);
    int flags = what == F_SETFL ? va_arg(args, int) : 0;
    va_end(args);
    return fails_now() ? -1 : fcntl(fd, what, flags);
}

static int try_fsync(int fd) {
    return fails_now() ? -1 : fsync(fd);
}

static int try_fdatasync(int fd) {
    return fails_now() ? -1 : fdatasync(fd);
}

static int try_fstat(int fd, struct stat *out) {
    return fails_now() ? -1 : fstat(fd, out);
}

static int try_ftruncate(int fd, off_t n) {
    return fails_now() ? -1 : ftruncate(fd, n);
}

static int try_fallocate(int fd, int mode, off_t at, off_t n) {
    return fails_now() ? -1 : fallocate(fd, mode, at, n);
}

static int try_fadvise(int fd, off_t at, off_t n, int advice) {
    return fails_now() ? fails_with : posix_fadvise(fd, at, n, advice);
}

static ssize_t try_sendfile(int to, int from, off_t *at, size_t n) {
    sends++;
    return fails_now() ? -1 : sendfile(to, from, at, n < 1000 ? n : 1000);
}

static int copies; /* calls of copy_file_range() */

static ssize_t try_copy(int from, off_t *in, int to, off_t *out, size_t n, unsigned flags) {
    copies++;
    return fails_now() ? -1 : copy_file_range(from, in, to, out, n < 1000 ? n : 1000, flags);
}

#define open(path, flags, mode) try_open(path, flags, mode)
#define fcntl                   try_fcntl
#define fsync                   try_fsync
#define fdatasync               try_fdatasync
#define fstat                   try_fstat
#define ftruncate               try_ftruncate
#define fallocate               try_fallocate
#define posix_fadvise           try_fadvise
#define sendfile                try_sendfile
#define copy_file_range         try_copy
#include "fs/file/at.c"
#include "fs/file/beneath.c"
#include "fs/file/copy.c"
#include "fs/file/open.c"
#include "fs/file/sendfile.c"
#undef open
#undef fcntl
#undef fsync
#undef fdatasync
#undef fstat
#undef ftruncate
#undef fallocate
#undef posix_fadvise
#undef sendfile
#undef copy_file_range

static char home[] = "/tmp/edo-calls-XXXXXX";

enum { SIZE = 200000 };

static int open_descriptors(void) {
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir != NULL);
    while (readdir(dir)) n++;
    CHECK_EQ(closedir(dir), 0);
    return n;
}

static edo_stream *open_file(void) {
    edo_stream *s;
    const edo_fs_open_opts opts = { .read = true, .write = true, .create = true };
    CHECK_EQ(edo_fs_open(&s, "a", &opts), 0);
    return s;
}

/* ---- One call each --------------------------------------------------------------------------- */

static int open_it(edo_stream *file) {
    edo_stream *s;
    (void)file;
    int err =
        edo_fs_open(&s, "a", &(edo_fs_open_opts){ .write = true }); // to read it is open at once
    if (err == 0) edo_close(s);
    return err;
}

/* The directory, and what is in it (by openat2(), which does not fail here). */
static int open_beneath_it(edo_stream *file) {
    edo_stream *s;
    (void)file;
    int err = edo_fs_open(&s, "a", &(edo_fs_open_opts){ .beneath = "." });
    if (err == -ENOSYS) return 0;
    if (err == 0) edo_close(s);
    return err;
}

/* A FIFO, which is polled: its flags are read and set. */
static int open_fifo(edo_stream *file) {
    edo_stream *s;
    (void)file;
    int err = edo_fs_open(&s, "fifo", &(edo_fs_open_opts){ .read = true, .write = true });
    if (err == 0) edo_close(s);
    return err;
}

static int stat_it(edo_stream *file) {
    struct stat now;
    return edo_file_stat(&now, file);
}

static int set_len_it(edo_stream *file) {
    return edo_file_set_len(file, SIZE);
}

static int allocate_it(edo_stream *file) {
    return edo_file_allocate(file, 0, 0, 100);
}

static int advise_it(edo_stream *file) {
    return edo_file_advise(file, POSIX_FADV_NORMAL, 0, 0);
}

typedef struct one_call {
    int (*run)(edo_stream *file);
    int calls;
    bool is_interrupted; // goes on after EINTR
} one_call;

static const one_call ones[] = {
    { open_it, 1, true },        { open_fifo, 3, true },           { open_beneath_it, 1, true },
    { edo_file_sync, 1, false }, { edo_file_sync_data, 1, false }, { stat_it, 1, false },
    { set_len_it, 1, true },     { allocate_it, 1, true },         { advise_it, 1, false },
};

static int each_call(void *arg) {
    static const int codes[] = { EIO, ENOMEM, ENOSPC, EMFILE };
    (void)arg;
    edo_stream *file = open_file();
    int before = open_descriptors();
    for (size_t i = 0; i < EDO_COUNT(ones); i++) {
        for (int k = 1; k <= ones[i].calls; k++) {
            for (size_t c = 0; c < EDO_COUNT(codes); c++) {
                calls = 0;
                fails_at = k;
                fails_with = codes[c];
                CHECK_EQ(ones[i].run(file), -codes[c]);
                CHECK_EQ(open_descriptors(), before);
            }
        }
        fails_at = 0;
        calls = 0;
        CHECK_EQ(ones[i].run(file), 0);
        CHECK_EQ(calls, ones[i].calls);
        fails_at = 1;
        fails_with = EINTR;
        calls = 0;
        CHECK_EQ(ones[i].run(file), ones[i].is_interrupted ? 0 : -EINTR);
        fails_at = 0;
    }
    edo_close(file);
    return 0;
}

/* ---- Sending --------------------------------------------------------------------------------- */

static int read_all(void *arg) {
    edo_bytes all;
    int err = edo_read_all(&all, arg, SIZE + 1);
    if (err < 0) return err;
    int n = (int)all.str.len;
    for (int i = 0; i < n; i++) CHECK_EQ(all.str.ptr[i], (char)i);
    edo_bytes_unref(&all);
    return n;
}

/* Sends the file, of which the k-th call fails; returns the result, and what arrived. */
static int send_it(edo_stream *file, int k, int with, uint64_t *arrived) {
    edo_stream *to, *from;
    uint64_t said;
    CHECK_EQ(edo_unix_pair(&to, &from), 0);
    edo_task *reader = edo_spawn(read_all, from);
    calls = sends = 0;
    fails_at = k;
    fails_with = with;
    int err = edo_sendfile(to, file, 0, SIZE, (edo_str){ 0 }, &said);
    fails_at = 0;
    edo_close(to);
    int n = edo_task_join(reader);
    CHECK(n >= 0);
    *arrived = (uint64_t)n;
    CHECK_EQ((int64_t)said, n);
    edo_close(from);
    return err;
}

static int sending_fails(void *arg) {
    static const int failures[] = { EIO, EPIPE, ECONNRESET };
    static const int unable[] = { EINVAL, ENOSYS, EOPNOTSUPP, ENOMEM };
    static char bytes[SIZE];
    uint64_t n;
    (void)arg;
    edo_stream *file = open_file();
    for (int i = 0; i < SIZE; i++) bytes[i] = (char)i;
    CHECK_EQ(edo_write_all(file, bytes, SIZE), 0);
    for (int k = 1; k < 4; k++) {
        for (size_t i = 0; i < EDO_COUNT(failures); i++) {
            CHECK_EQ(send_it(file, k, failures[i], &n), -failures[i]);
            CHECK_EQ((int64_t)n, 65536 + (k - 1) * 1000);
        }
        for (size_t i = 0; i < EDO_COUNT(unable); i++) {
            CHECK_EQ(send_it(file, k, unable[i], &n), 0);
            CHECK_EQ((int64_t)n, SIZE);
            CHECK_EQ(sends, k); // the rest was copied
        }
        CHECK_EQ(send_it(file, k, EINTR, &n), 0);
        CHECK_EQ((int64_t)n, SIZE);
    }
    edo_close(file);
    return 0;
}

/* ---- Copying --------------------------------------------------------------------------------- */

/* Copies the file into another one, of which the k-th call fails: all arrives. */
static void copy_it(edo_stream *file, int k, int with) {
    edo_stream *to;
    uint64_t said, place;
    const edo_fs_open_opts opts = { .read = true, .write = true, .create = true, .truncate = true };
    CHECK_EQ(edo_fs_open(&to, "b", &opts), 0);
    CHECK_EQ(edo_rewind(file), 0);
    calls = copies = 0;
    fails_at = k;
    fails_with = with;
    CHECK_EQ(edo_copy(to, file, &said), 0);
    fails_at = 0;
    CHECK_EQ(copies, with == EINTR ? SIZE / 1000 + 2 : k);
    CHECK_EQ((int64_t)said, SIZE);
    CHECK_EQ(edo_position(to, &place), 0);
    CHECK_EQ((int64_t)place, SIZE);
    CHECK_EQ(edo_rewind(to), 0);
    CHECK_EQ(read_all(to), SIZE);
    edo_close(to);
}

static int copying_fails(void *arg) {
    static const int codes[] = { EXDEV, ENOSYS, EIO, ENOSPC, EBADF, EINTR };
    static char bytes[SIZE];
    (void)arg;
    edo_stream *file = open_file();
    for (int i = 0; i < SIZE; i++) bytes[i] = (char)i;
    CHECK_EQ(edo_write_all(file, bytes, SIZE), 0);
    for (int k = 1; k < 4; k++)
        for (size_t i = 0; i < EDO_COUNT(codes); i++) copy_it(file, k, codes[i]);
    edo_close(file);
    return 0;
}

static void what_the_kernel_does_not_copy_is_read_and_written(void **state) {
    (void)state;
    assert_int_equal(inside_each(copying_fails, NULL), 0);
}

static void each_failing_call_is_told(void **state) {
    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(inside_each(each_call, NULL), 0);
}

static void sending_goes_on_or_tells(void **state) {
    (void)state;
    assert_int_equal(inside_each(sending_fails, NULL), 0);
}

static int enter_home(void **state) {
    (void)state;
    return mkdtemp(home) ? chdir(home) : -1;
}

static int leave_home(void **state) {
    (void)state;
    return chdir("/") + edo_fs_remove_dir_all(home);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failing_call_is_told), cmocka_unit_test(sending_goes_on_or_tells),
        cmocka_unit_test(what_the_kernel_does_not_copy_is_read_and_written)
    };
    assert_int_equal(setenv("EDO_FILES", "threads", 1), 0); // a ring would make these calls
    return cmocka_run_group_tests(tests, enter_home, leave_home);
}
