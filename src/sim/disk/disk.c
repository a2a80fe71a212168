/* SPDX-License-Identifier: MIT */
/* sim/disk/disk.c: see disk.h: which paths and descriptors are a disk's. */
#include "sim/disk/disk.h"

#include "base/memory/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Paths ----------------------------------------------------------------------------------- */

const char *edoi_simdisk_path(const edoi_simdisk *self, const char *below, char *path) {
    (void)snprintf(path, PATH_MAX, "%s%s", self->root, below);
    return path;
}

const char *edoi_simdisk_aside(const edoi_simdisk *self, uint64_t number, char *path) {
    (void)snprintf(path, PATH_MAX, "%s/%" PRIu64, self->aside, number);
    return path;
}

/* Where a relative path begins, which is the folder behind a descriptor: what lies behind it, if
 * that is none. False: it is too long, or has no path. */
static bool folder_of(int dir, char folder[PATH_MAX]) {
    char name[64];
    if (dir == AT_FDCWD) return getcwd(folder, PATH_MAX) != NULL;
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", dir);
    ssize_t n = readlink(name, folder, PATH_MAX - 1);
    if (n > 0) folder[n] = '\0';
    return n > 0;
}

/* Makes the path one without links, "." and "..", but for its last name, which need not be there.
 * False: its folder is not. */
static bool path_resolve(char path[PATH_MAX]) {
    char folder[PATH_MAX], name[NAME_MAX + 1];
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') path[--n] = '\0';
    char *slash = strrchr(path, '/');
    bool is_folder =
        strcmp(slash, "/") == 0 || strcmp(slash, "/.") == 0 || strcmp(slash, "/..") == 0;
    if (is_folder || strlen(slash) > NAME_MAX) {
        memcpy(folder, path, n + 1);
        return realpath(folder, path) != NULL;
    }
    memcpy(name, slash + 1, strlen(slash));
    slash[slash == path] = '\0';
    if (!realpath(path, folder)) return false;
    return snprintf(path, PATH_MAX, "%s%s%s", folder, strcmp(folder, "/") == 0 ? "" : "/", name) <
           PATH_MAX;
}

/* The path from the root of the machine. False: it is too long, or `dir` is nothing. */
static bool path_whole(int dir, const char *path, char whole[PATH_MAX]) {
    char folder[PATH_MAX];
    if (*path == '/') return snprintf(whole, PATH_MAX, "%s", path) < PATH_MAX;
    return folder_of(dir, folder) && snprintf(whole, PATH_MAX, "%s/%s", folder, path) < PATH_MAX;
}

static bool path_is_below(const edoi_simdisk *self, const char *whole) {
    const size_t n = strlen(self->root);
    return strncmp(whole, self->root, n) == 0 && (whole[n] == '/' || whole[n] == '\0');
}

bool edoi_simdisk_has(const edoi_simdisk *self, int dir, const char *path, char *below) {
    const size_t n = strlen(self->root);
    char *whole = below; // the result is a part of it
    bool is_there =
        *path && path_whole(dir, path, whole) && path_resolve(whole) && path_is_below(self, whole);
    if (is_there) memmove(below, whole + n, strlen(whole + n) + 1);
    return is_there;
}

static bool path_is_of(const edoi_simdisk *self, const char *whole, const struct stat *is) {
    struct stat itself;
    return path_is_below(self, whole) && lstat(whole, &itself) == 0 &&
           itself.st_dev == is->st_dev && itself.st_ino == is->st_ino;
}

bool edoi_simdisk_has_it(const edoi_simdisk *self, int dir, const char *path,
                         const struct stat *is) {
    char whole[PATH_MAX], real[PATH_MAX];
    if (!path || !*path) return folder_of(dir, whole) && path_is_of(self, whole, is);
    if (!path_whole(dir, path, whole)) return false;
    if (realpath(whole, real) && path_is_of(self, real, is)) return true;
    return path_resolve(whole) && path_is_of(self, whole, is); // a link itself
}

/* ---- The disk -------------------------------------------------------------------------------- */

int edoi_simdisk_new(edoi_simdisk **out, const char *root, const edoi_simdisk_host *host) {
    struct stat is;
    if (stat(root, &is) < 0) return -errno;
    if (!S_ISDIR(is.st_mode)) return -ENOTDIR;
    edoi_simdisk *self = edoi_calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->host = *host;
    self->begun = host->now(host->arg);
    self->root = realpath(root, NULL);
    int n = self->root ? asprintf(&self->aside, "%s~aside", self->root) : -1;
    if (n < 0) self->aside = NULL;
    if (self->aside) edoi_simdisk_clear(self); // of a run that was killed
    int err = n < 0 ? -ENOMEM : mkdir(self->aside, 0700) < 0 && errno != EEXIST ? -errno : 0;
    if (err < 0) {
        free(self->root);
        free(self->aside);
        edoi_free(self);
        return err;
    }
    *out = self;
    return 0;
}

bool edoi_simdisk_has_fd(const edoi_simdisk *self, int fd) {
    struct stat is;
    return edoi_simdisk_find_fd(self, fd, &is) != NULL;
}

void edoi_simdisk_step(edoi_simdisk *self) {
    if (self->dies_in > 0 && --self->dies_in == 0) (void)edoi_simdisk_crash(self); // it keeps why
}
