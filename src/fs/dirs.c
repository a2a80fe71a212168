/* SPDX-License-Identifier: MIT */
/* fs/dirs.c: makes and removes directories, whole trees too. */
#include "base/memory/alloc.h"
#include "fs/ring/call.h"

#include <edo/blocking.h>
#include <edo/fs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <unistd.h>

#define LEVELS_MAX 1000 /* of a tree that is removed: the job's stack is bounded */

static const char *path_of(const void *arg) {
    return *(const char *const *)arg;
}

static int make_dir(const char *path) {
    return mkdir(path, 0777) < 0 ? -errno : 0;
}

static int create_dir_job(void *arg) {
    return make_dir(path_of(arg));
}

int edo_fs_create_dir(const char *path) {
    edoi_kring_op op = { .code = IORING_OP_MKDIRAT, .fd = AT_FDCWD, .n = 0777 };
    op.at = (uint64_t)(uintptr_t)path;
    int result = edoi_fs_ring_call(&op);
    return result != EDOI_FS_NO_RING ? result : edo_blocking(create_dir_job, &path);
}

/* Makes the directories above `path`. */
static int make_parents(const char *path) {
    size_t bytes = strlen(path) + 1;
    char *copy = (char *)edoi_alloc(bytes);
    if (!copy) return -ENOMEM;
    memcpy(copy, path, bytes);
    int err = 0;
    for (size_t i = 1; i < bytes && err == 0; i++) {
        if (copy[i] != '/') continue;
        copy[i] = 0;
        err = make_dir(copy);
        if (err == -EEXIST) err = 0; // if it is no directory, the next level fails
        copy[i] = '/';
    }
    edoi_free(copy);
    return err;
}

static int create_dir_all_job(void *arg) {
    const char *path = path_of(arg);
    int err = make_dir(path);
    if (err == -ENOENT && *path) {
        err = make_parents(path);
        if (err == 0) err = make_dir(path); // -EEXIST after a '/' at its end
    }
    struct stat found;
    if (err == -EEXIST && stat(path, &found) == 0 && S_ISDIR(found.st_mode)) err = 0;
    return err;
}

int edo_fs_create_dir_all(const char *path) {
    return edo_blocking(create_dir_all_job, &path);
}

static int remove_dir_job(void *arg) {
    return rmdir(path_of(arg)) < 0 ? -errno : 0;
}

int edo_fs_remove_dir(const char *path) {
    edoi_kring_op op = { .code = IORING_OP_UNLINKAT, .fd = AT_FDCWD, .flags = AT_REMOVEDIR };
    op.at = (uint64_t)(uintptr_t)path;
    int result = edoi_fs_ring_call(&op);
    return result != EDOI_FS_NO_RING ? result : edo_blocking(remove_dir_job, &path);
}

/* ---- Trees ----------------------------------------------------------------------------------- */

static int remove_tree(int parent, const char *name, int levels);

/* Removes an entry of the directory `parent`; it may have gone before. */
static int remove_entry(int parent, const char *name, int levels) {
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) return 0;
    if (errno != EISDIR && errno != EPERM) return -errno; // EPERM: so says POSIX of directories
    int first = -errno;
    int err = remove_tree(parent, name, levels);
    return err == -ENOTDIR ? first : err == -ENOENT ? 0 : err;
}

/* Empties the directory `dir`. */
static int remove_entries(DIR *dir, int levels) {
    int err = 0;
    while (err == 0) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) return -errno;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        err =
            edo_blocking_cancelled() ? -ECANCELED : remove_entry(dirfd(dir), entry->d_name, levels);
    }
    return err;
}

static int remove_tree(int parent, const char *name, int levels) { // NOLINT(misc-no-recursion)
    if (levels == 0) return -ENAMETOOLONG;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno == ELOOP ? -ENOTDIR : -errno;
    DIR *dir = fdopendir(fd);
    int err = dir ? remove_entries(dir, levels - 1) : -errno;
    if (dir)
        (void)closedir(dir);
    else
        (void)close(fd);
    if (err == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0) err = -errno;
    return err;
}

/* A '/' at the end would make the system follow a symbolic link: the path is taken without. */
static int remove_dir_all_job(void *arg) {
    const char *path = path_of(arg);
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    char *copy = (char *)edoi_alloc(n + 1);
    if (!copy) return -ENOMEM;
    memcpy(copy, path, n);
    copy[n] = 0;
    const char *slash = strrchr(copy, '/'), *last = slash ? slash + 1 : copy;
    bool is_dots = strcmp(last, ".") == 0 || strcmp(last, "..") == 0; // cannot be removed
    int err = is_dots ? -EINVAL : remove_tree(AT_FDCWD, copy, LEVELS_MAX);
    edoi_free(copy);
    return err;
}

int edo_fs_remove_dir_all(const char *path) {
    return edo_blocking(remove_dir_all_job, &path);
}
