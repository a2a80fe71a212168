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

/* Where a relative path begins, which is the folder behind a descriptor. False: it is too long. */
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

bool edoi_simdisk_has(const edoi_simdisk *self, int dir, const char *path, char *below) {
    char folder[PATH_MAX] = "";
    size_t root_n = strlen(self->root);
    if (!*path || (*path != '/' && !folder_of(dir, folder))) return false;
    char *whole = below; // the result is a part of it
    int n = *path == '/' ? snprintf(whole, PATH_MAX, "%s", path)
                         : snprintf(whole, PATH_MAX, "%s/%s", folder, path);
    bool is_there = n < PATH_MAX && path_resolve(whole) &&
                    strncmp(whole, self->root, root_n) == 0 &&
                    (whole[root_n] == '/' || whole[root_n] == '\0');
    if (is_there) memmove(below, whole + root_n, strlen(whole + root_n) + 1);
    return is_there;
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
