/* SPDX-License-Identifier: MIT */
/* sim/disk/crash.c: makes the folder as it is after a crash. The old folder is moved away, for the
 * program that still has its files open. A copy takes its place: each file in it loses unsynced
 * bytes by chance, and then the last changes of names are undone. */
#include "base/memory/alloc.h"
#include "sim/disk/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 16

/* ---- One file -------------------------------------------------------------------------------- */

static int bytes_read(int fd, uint64_t size, edoi_simbytes *b) {
    b->bytes = size > 0 ? edoi_alloc((size_t)size) : NULL;
    if (size > 0 && !b->bytes) return -ENOMEM;
    b->room = size;
    while (b->n < size) {
        ssize_t n = pread(fd, b->bytes + b->n, (size_t)(size - b->n), (off_t)b->n);
        if (n <= 0) return n < 0 ? -errno : 0;
        b->n += (uint64_t)n;
    }
    return 0;
}

static int bytes_write(const edoi_simbytes *b, const char *path, mode_t mode) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode & 07777);
    if (fd < 0) return -errno;
    int err = 0;
    for (uint64_t done = 0; done < b->n && err == 0;) {
        ssize_t n = write(fd, b->bytes + done, (size_t)(b->n - done));
        if (n < 0) err = -errno;
        if (n > 0) done += (uint64_t)n;
    }
    if (close(fd) < 0 && err == 0) err = -errno;
    return err;
}

/* A copy has the number and the times of what it is a copy of, if somebody has seen them. */
static int crash_keeps(edoi_simdisk *self, const struct stat *was, const char *to) {
    const edoi_simfiled *f = edoi_simdisk_find(self, was);
    return f ? edoi_simdisk_add_as(self, to, &f->look) : 0;
}

/* Copies a file as a crash leaves it; `f` is its record, or NULL. */
static int crash_bytes(edoi_simdisk *self, const edoi_simfiled *f, const char *from,
                       const struct stat *is, const char *to) {
    edoi_simbytes b = { 0 };
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    int err = fd < 0 ? -errno : bytes_read(fd, (uint64_t)is->st_size, &b);
    if (err == 0 && f) err = edoi_simchanges_lose(f, &b, self->host.random, self->host.arg);
    if (err == 0) err = bytes_write(&b, to, is->st_mode);
    if (err == 0) err = crash_keeps(self, is, to);
    if (fd >= 0) (void)close(fd);
    edoi_free(b.bytes);
    return err;
}

/* Of a file with several names there is one copy, which is kept aside for the others. */
static int crash_file(edoi_simdisk *self, const char *from, const struct stat *is, const char *to) {
    char kept[PATH_MAX];
    edoi_simfiled *f = edoi_simdisk_find(self, is);
    if (is->st_nlink == 1) return crash_bytes(self, f, from, is, to);
    int err = f ? 0 : edoi_simdisk_add_crashed(self, is, &f);
    if (err == 0 && f->copy == 0) {
        f->copy = ++self->asides_n;
        err = crash_bytes(self, f, from, is, edoi_simdisk_aside(self, f->copy, kept));
    }
    if (err < 0) return err;
    return link(edoi_simdisk_aside(self, f->copy, kept), to) < 0 ? -errno : 0;
}

/* ---- All of them ----------------------------------------------------------------------------- */

typedef int entry_fn(edoi_simdisk *self, const char *from, const char *to, int depth);

static int compare_entries(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Calls `fn` for all entries of a folder, by name: in an order that is the same in each run. */
static int each_entry(edoi_simdisk *self, const char *from, const char *to, int depth,
                      entry_fn *fn) {
    struct dirent **all;
    int n = scandir(from, &all, NULL, compare_entries), err = n < 0 ? -errno : 0;
    for (int i = 0; i < n; i++) {
        char old[PATH_MAX], new[PATH_MAX];
        const char *name = all[i]->d_name;
        bool is_own = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
        bool fits = snprintf(old, PATH_MAX, "%s/%s", from, name) < PATH_MAX &&
                    snprintf(new, PATH_MAX, "%s/%s", to, name) < PATH_MAX;
        if (!is_own && err == 0) err = fits ? fn(self, old, new, depth) : -ENAMETOOLONG;
        free(all[i]);
    }
    if (n >= 0) free(all);
    return err;
}

static int crash_link(edoi_simdisk *self, const char *from, const struct stat *is, const char *to) {
    char text[PATH_MAX];
    ssize_t n = readlink(from, text, PATH_MAX - 1);
    if (n < 0) return -errno;
    text[n] = '\0';
    return symlink(text, to) < 0 ? -errno : crash_keeps(self, is, to);
}

static int crash_entry(edoi_simdisk *self, const char *from, const char *to, int depth) {
    struct stat is;
    if (lstat(from, &is) < 0) return -errno;
    if (S_ISREG(is.st_mode)) return crash_file(self, from, &is, to);
    if (S_ISLNK(is.st_mode)) return crash_link(self, from, &is, to);
    if (!S_ISDIR(is.st_mode)) return 0; // a socket, whose program is gone
    if (depth == DEPTH_MAX) return -ELOOP;
    int err = mkdir(to, is.st_mode & 07777) < 0 ? -errno : crash_keeps(self, &is, to);
    return err == 0 ? each_entry(self, from, to, depth + 1, crash_entry) : err;
}

static int crash_remove_entry(edoi_simdisk *self, const char *path, const char *to, int depth) {
    struct stat is;
    (void)to;
    if (lstat(path, &is) < 0) return -errno;
    if (S_ISDIR(is.st_mode) && depth < DEPTH_MAX) {
        (void)each_entry(self, path, path, depth + 1, crash_remove_entry);
        return rmdir(path) < 0 ? -errno : 0;
    }
    return unlink(path) < 0 ? -errno : 0;
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* What is kept aside comes back, as a crash leaves it. */
static int bring_back(edoi_simdisk *self, uint64_t number, const char *to) {
    char kept[PATH_MAX];
    struct stat is;
    if (lstat(edoi_simdisk_aside(self, number, kept), &is) < 0) return -errno;
    if (S_ISLNK(is.st_mode)) return crash_link(self, kept, &is, to);
    return S_ISREG(is.st_mode) ? crash_file(self, kept, &is, to) : 0; // sockets are not copied
}

static int bring_folder_back(edoi_simdisk *self, const edoi_simname *n, const char *to) {
    if (mkdir(to, n->mode & 07777) < 0) return -errno;
    return n->look.number > 0 ? edoi_simdisk_add_as(self, to, &n->look) : 0;
}

static int undo_name(edoi_simdisk *self, const edoi_simname *n) {
    char path[PATH_MAX], to[PATH_MAX];
    edoi_simdisk_path(self, n->path, path);
    if (n->to) edoi_simdisk_path(self, n->to, to);
    switch (n->kind) {
    case EDOI_SIMNAME_MADE:
        edoi_simdisk_forget_path(self, path);
        return unlink(path) < 0 ? -errno : 0;
    case EDOI_SIMNAME_GONE: return bring_back(self, n->aside, path);
    case EDOI_SIMNAME_FOLDER:
        edoi_simdisk_forget_path(self, path);
        return rmdir(path) < 0 ? -errno : 0;
    case EDOI_SIMNAME_REMOVED: return bring_folder_back(self, n, path);
    case EDOI_SIMNAME_MOVED:
        if (rename(to, path) < 0) return -errno;
        if (n->mode > 0) return bring_folder_back(self, n, to);
        return n->aside > 0 ? bring_back(self, n->aside, to) : 0;
    case EDOI_SIMNAME_SWAPPED:
        return renameat2(AT_FDCWD, to, AT_FDCWD, path, RENAME_EXCHANGE) < 0 ? -errno : 0;
    }
    return 0;
}

/* The last `n` changes are undone, from the last on. */
static int undo_names(edoi_simdisk *self, size_t n) {
    int err = 0;
    for (const edoi_simname *at = self->names_last; n > 0 && err == 0; n--, at = at->prev) {
        err = undo_name(self, at);
        if (err == -ENOENT || err == -EEXIST || err == -ENOTEMPTY) err = 0; // by what is not known
    }
    return err;
}

/* ---- The crash ------------------------------------------------------------------------------- */

static void drop_copies(const edoi_simdisk *self) {
    char kept[PATH_MAX];
    for (size_t i = 0; i < self->files_room; i++)
        for (const edoi_simfiled *f = self->files[i]; f; f = f->next)
            if (f->copy > 0) (void)unlink(edoi_simdisk_aside(self, f->copy, kept));
}

static void crash_forgets(edoi_simdisk *self) {
    drop_copies(self);
    edoi_simdisk_forget_maps(self);
    edoi_simdisk_keep_names(self, 0);
}

/* The folder that was, for the program that still has its files open. */
static char *crash_away(const edoi_simdisk *self, char path[PATH_MAX]) {
    (void)snprintf(path, PATH_MAX, "%s/crash-%" PRIu64, self->aside, self->crashes_n);
    return path;
}

int edoi_simdisk_crash(edoi_simdisk *self) {
    char away[PATH_MAX];
    struct stat is;
    if (self->is_dead) return self->crash_err;
    size_t kept_n = (size_t)(self->host.random(self->host.arg) % (self->names_n + 1));
    self->crashes_n++;
    edoi_simdisk_look_at_maps(self, NULL);
    self->is_dead = true;
    int err = stat(self->root, &is) < 0 || rename(self->root, crash_away(self, away)) < 0 ||
                      mkdir(self->root, is.st_mode & 07777) < 0
                  ? -errno
                  : crash_keeps(self, &is, self->root);
    if (err == 0) err = each_entry(self, away, self->root, 0, crash_entry);
    if (err == 0) err = undo_names(self, self->names_n - kept_n);
    crash_forgets(self);
    edoi_simdisk_forget_changes(self);
    self->dies_in = 0;
    return self->crash_err = err;
}

void edoi_simdisk_crash_within(edoi_simdisk *self, uint64_t n) {
    self->dies_in = n;
}

void edoi_simdisk_restart(edoi_simdisk *self) {
    char away[PATH_MAX];
    if (self->is_dead) (void)crash_remove_entry(self, crash_away(self, away), "", 0);
    if (self->is_dead) edoi_simdisk_forget_crashed(self);
    self->is_dead = false;
    self->dies_in = 0;
}

void edoi_simdisk_clear(edoi_simdisk *self) {
    (void)crash_remove_entry(self, self->aside, "", 0);
}

void edoi_simdisk_free(edoi_simdisk *self) {
    if (!self) return;
    crash_forgets(self);
    edoi_simdisk_forget_files(self);
    edoi_simdisk_clear(self);
    free(self->root);
    free(self->aside);
    edoi_free(self);
}
