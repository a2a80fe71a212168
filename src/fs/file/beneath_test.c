/* SPDX-License-Identifier: MIT */
/* Goal: a path opened beneath a directory stays there, also where openat2() is absent.
 * Method: a table of paths, asked for as the kernel is, and then behind a filter that knows no
 * openat2(), as an old sandbox has it. */
#include "fs/file/beneath.h"

#include "fs/cached_file.h"

#include <edo/base.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct row {
    const char *path;
    int with, without; /* openat2(): a negative code, or 0 if it is the file "www/page" */
} row;

static const row rows[] = {
    { "page", 0, 0 },
    { ".//page", 0, 0 },
    { "deep/er/.././../page", 0, -EXDEV },
    { "deep/link", 0, -ELOOP },
    { "deep/link/", -ENOTDIR, -ENOTDIR },
    { "deep/out", -EXDEV, -ELOOP },
    { "deep/out/", -EXDEV, -ENOTDIR },
    { "deep/absolute", -EXDEV, -ELOOP },
    { "deep/up/secret", -EXDEV, -ENOTDIR },
    { "deep/up/", -EXDEV, -ENOTDIR },
    { "deep/up/..", -EXDEV, -ENOTDIR },
    { "..", -EXDEV, -EXDEV },
    { "../", -EXDEV, -EXDEV },
    { "../secret", -EXDEV, -EXDEV },
    { "deep/../../secret", -EXDEV, -EXDEV },
    { "/etc/passwd", -EXDEV, -EXDEV },
    { "/", -EXDEV, -EXDEV },
    { "", -ENOENT, -ENOENT },
    { "missing", -ENOENT, -ENOENT },
    { "deep/missing/page", -ENOENT, -ENOENT },
    { "page/", -ENOTDIR, -ENOTDIR },
    { "page/in", -ENOTDIR, -ENOTDIR },
};

static char home[] = "/tmp/edo-beneath-XXXXXX";

static void make_file(const char *path) {
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
}

static int make_site(void **state) {
    (void)state;
    assert_non_null(mkdtemp(home));
    assert_int_equal(chdir(home), 0);
    assert_int_equal(mkdir("www", 0700), 0);
    assert_int_equal(mkdir("www/deep", 0700), 0);
    assert_int_equal(mkdir("www/deep/er", 0700), 0);
    make_file("secret");
    make_file("www/page");
    assert_int_equal(symlink("../page", "www/deep/link"), 0);
    assert_int_equal(symlink("../../secret", "www/deep/out"), 0);
    assert_int_equal(symlink("/etc/passwd", "www/deep/absolute"), 0);
    assert_int_equal(symlink("../..", "www/deep/up"), 0);
    return 0;
}

static int remove_site(void **state) {
    static const char *const names[] = { "www/deep/up",   "www/deep/absolute", "www/deep/out",
                                         "www/deep/link", "www/page",          "secret" };
    static const char *const dirs[] = { "www/deep/er", "www/deep", "www", home };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(names); i++) assert_int_equal(unlink(names[i]), 0);
    for (size_t i = 0; i < EDO_COUNT(dirs); i++) assert_int_equal(rmdir(dirs[i]), 0);
    return 0;
}

static int open_read(const char *path) {
    return edoi_open_beneath("www", path, O_RDONLY | O_CLOEXEC, 0);
}

static void check_row(const row *r, int expected) {
    int fd = open_read(r->path);
    if (expected < 0 || fd < 0) {
        if (fd != expected) fail_msg("\"%s\": %d, not %d", r->path, fd, expected);
        return;
    }
    struct stat found, page;
    assert_int_equal(fstat(fd, &found), 0);
    assert_int_equal(stat("www/page", &page), 0);
    assert_int_equal(found.st_ino, page.st_ino);
    assert_int_equal(close(fd), 0);
}

static void check_new(void) {
    int fd = edoi_open_beneath("www", "deep/new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(edoi_open_beneath("www", "deep/new", O_WRONLY | O_CREAT | O_EXCL, 0600),
                     -EEXIST);
    assert_int_equal(edoi_open_beneath("www", "../new", O_WRONLY | O_CREAT, 0600), -EXDEV);
    assert_int_equal(unlink("www/deep/new"), 0);
    int dir = edoi_open_beneath("www", ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    assert_true(dir >= 0);
    assert_int_equal(close(dir), 0);
    assert_int_equal(edoi_open_beneath("none", "page", O_RDONLY, 0), -ENOENT);
    assert_int_equal(edoi_open_beneath("secret", "page", O_RDONLY, 0), -ENOTDIR);
}

static void path_stays_beneath_by_the_kernel(void **state) {
    (void)state;
    if (open_read("deep/out") == -ELOOP) {
        print_message("there is no openat2(): not tested\n");
        skip();
    }
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_row(&rows[i], rows[i].with);
    check_new();
}

/* For good: this is the last test of the program. */
static int forget_openat2(void) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { .len = EDO_COUNT(steps), .filter = steps };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0 ? -errno : 0;
}

static void path_stays_beneath_without_openat2(void **state) {
    char long_name[300];
    (void)state;
    if (forget_openat2() < 0) {
        print_message("there are no filters of system calls: not tested\n");
        skip();
    }
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_row(&rows[i], rows[i].without);
    check_new();
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(open_read(long_name), -ENAMETOOLONG);
    // the cache's first look at the place opens the link itself
    edoi_file_reading reading = { .bytes_max = 1 };
    assert_int_equal(edoi_file_read_if_changed("www", "deep/link", NULL, &reading), -ELOOP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_stays_beneath_by_the_kernel),
        cmocka_unit_test(path_stays_beneath_without_openat2),
    };
    return cmocka_run_group_tests(tests, make_site, remove_site);
}
