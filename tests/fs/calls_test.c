/* SPDX-License-Identifier: MIT */
/* Goal: whatever call on a name, a directory or a lock fails, its code comes back, and no
 * descriptor is left.
 * Method: the functions of libc below fail in turn, each with each code. */
#include "fail_in_turn.h"
#include "fs_support.h"

#include <edo/file.h>
#include <edo/file_lock.h>

#include <dirent.h>
#include <dlfcn.h>
#include <sys/file.h>
#include <sys/syscall.h>

#define AT(call, ...) (fails_now() ? -1 : (int)syscall(SYS_##call, __VA_ARGS__))

int rename(const char *from, const char *to) {
    return AT(renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int link(const char *from, const char *to) {
    return AT(linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int symlink(const char *target, const char *path) {
    return AT(symlinkat, target, AT_FDCWD, path);
}
ssize_t readlink(const char *path, char *to, size_t n) {
    return AT(readlinkat, AT_FDCWD, path, to, n);
}
int unlink(const char *path) {
    return AT(unlinkat, AT_FDCWD, path, 0);
}
int unlinkat(int dir, const char *path, int flags) {
    return AT(unlinkat, dir, path, flags);
}
int rmdir(const char *path) {
    return AT(unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}
int mkdir(const char *path, mode_t mode) {
    return AT(mkdirat, AT_FDCWD, path, mode);
}
int stat(const char *path, struct stat *out) {
    return AT(newfstatat, AT_FDCWD, path, out, 0);
}
int lstat(const char *path, struct stat *out) {
    return AT(newfstatat, AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}
int statx(int dir, const char *path, int flags, unsigned mask, struct statx *out) {
    return AT(statx, dir, path, flags, mask, out);
}
int chmod(const char *path, mode_t mode) {
    return AT(fchmodat, AT_FDCWD, path, mode);
}
int openat(int dir, const char *path, int flags, ...) {
    return AT(openat, dir, path, flags, 0);
}
int flock(int fd, int operation) {
    return AT(flock, fd, operation);
}
char *realpath(const char *path, char *to) {
    char text[PATH_MAX];
    if (fails_now() || to || syscall(SYS_getcwd, text, sizeof text) < 0) return NULL;
    (void)path;
    return strdup(text);
}

/* Those of libc; a pointer to a function is no pointer to an object in C. */
static DIR *(*real_fdopendir)(int fd);
static struct dirent *(*real_readdir)(DIR *dir);

DIR *fdopendir(int fd) {
    return fails_now() ? NULL : real_fdopendir(fd);
}
struct dirent *readdir(DIR *dir) {
    return fails_now() ? NULL : real_readdir(dir);
}

static void find_real(void *to, const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    CHECK(found != NULL);
    memcpy(to, &found, sizeof found);
}

/* ---- The jobs -------------------------------------------------------------------------------- */

static int use_names(void) {
    edo_bytes text = { 0 };
    struct stat now;
    struct statx more;
    int err = edo_fs_create_dir("d");
    if (err == 0) err = edo_fs_create_dir_all("d/e/f/g");
    if (err == 0) err = edo_fs_symlink("x", "d/link");
    if (err == 0) err = edo_fs_read_link(&text, "d/link");
    edo_bytes_unref(&text);
    if (err == 0) err = edo_fs_hard_link("file", "d/one");
    if (err == 0) err = edo_fs_rename("d/one", "d/two");
    if (err == 0) err = edo_fs_canonicalize(&text, ".");
    edo_bytes_unref(&text);
    if (err == 0) err = edo_fs_stat(&now, "d/two");
    if (err == 0) err = edo_fs_lstat(&now, "d/link");
    if (err == 0) err = edo_fs_statx(&more, "d/two", 0, STATX_SIZE);
    if (err == 0) err = edo_fs_exists("d/two");
    if (err == 1) err = edo_fs_set_permissions("d/two", 0600);
    if (err == 0) err = edo_fs_remove_file("d/two");
    if (err == 0) err = edo_fs_remove_dir("d/e/f/g");
    if (err == 0) err = edo_fs_remove_dir_all("d");
    int left = atomic_exchange(&fail_in, 0);
    int rest = edo_fs_remove_dir_all("d");
    CHECK(err == 0 ? rest == -ENOENT : rest == 0 || rest == -ENOENT);
    atomic_store(&fail_in, left);
    return err;
}

static int use_lock(void) {
    edo_stream *file;
    const edo_fs_open_opts opts = { .write = true };
    int err = edo_fs_open(&file, "file", &opts);
    if (err < 0) return err;
    err = edo_file_try_lock(file, EDO_FILE_SHARED);
    if (err == 0) err = edo_file_lock(file, EDO_FILE_EXCLUSIVE);
    if (err == 0) err = edo_file_unlock(file);
    edo_close(file);
    return err;
}

/* ---- The test -------------------------------------------------------------------------------- */

static int each_job(void *arg) {
    static const int codes[] = { EIO, EACCES, ENOMEM, ENOSPC, EROFS, EMFILE, ENAMETOOLONG, ESTALE };
    static const struct {
        int (*go)(void);
        int calls_min;
        int tolerated; /* an open that does not learn the file's disk */
    } jobs[] = { { use_names, 20, 0 }, { use_lock, 3, 1 } };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(jobs); i++) {
        const failing f = { jobs[i].go, codes, EDO_COUNT(codes), jobs[i].tolerated };
        CHECK(fail_in_turn(&f) >= jobs[i].calls_min);
    }
    return 0;
}

static void each_failure_comes_back_and_leaves_nothing(void **state) {
    (void)state;
    make_file("file");
    assert_int_equal(inside_with(each_job, NULL, &one_thread), 0);
    assert_int_equal(unlink("file"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_comes_back_and_leaves_nothing),
    };
    assert_int_equal(setenv("EDO_FILES", "threads", 1), 0); // a ring would make these calls
    find_real(&real_fdopendir, "fdopendir");
    find_real(&real_readdir, "readdir");
    return cmocka_run_group_tests(tests, enter_home, leave_home);
}
