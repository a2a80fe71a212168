/* SPDX-License-Identifier: MIT */
/* sim/disk/names.c: what opens files and changes names, as system calls. */
#include "base/memory/alloc.h"
#include "sim/disk/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int name_result(int result) {
    return result < 0 ? -errno : result;
}

/* ---- Notes ----------------------------------------------------------------------------------- */

static void name_drop_aside(edoi_simdisk *self, uint64_t number) {
    char kept[PATH_MAX];
    struct stat is;
    if (number == 0) return;
    bool is_last = lstat(edoi_simdisk_aside(self, number, kept), &is) == 0 && is.st_nlink == 1;
    if (unlink(kept) == 0 && is_last) edoi_simdisk_is_nameless(self, &is);
}

/* What is kept aside of these comes back no more. */
void edoi_simdisk_keep_names(edoi_simdisk *self, size_t n) {
    while (self->names_n > n) {
        edoi_simname *first = self->names;
        self->names = first->next;
        self->names_n--;
        name_drop_aside(self, first->aside);
        edoi_free(first);
    }
    if (self->names) {
        self->names->prev = NULL;
    } else {
        self->names_last = NULL;
    }
    edoi_simdisk_forget_gone(self);
}

/* What was made is noted behind all others; without memory, NULL, the change is one that cannot be
 * lost. */
static edoi_simname *note_name(edoi_simdisk *self, edoi_simname_kind kind, uint64_t aside,
                               const char *path, const char *to) {
    size_t path_n = strlen(path) + 1, to_n = to ? strlen(to) + 1 : 0;
    edoi_simname *n = edoi_alloc(sizeof *n + path_n + to_n);
    if (!n) {
        name_drop_aside(self, aside);
        return NULL;
    }
    *n = (edoi_simname){ .kind = kind, .aside = aside, .prev = self->names_last };
    memcpy(n->path, path, path_n);
    if (to) memcpy(n->path + path_n, to, to_n);
    n->to = to ? n->path + path_n : NULL;
    if (self->names_last) {
        self->names_last->next = n;
    } else {
        self->names = n;
    }
    self->names_last = n;
    // half of them at once: a look at all descriptors follows
    if (++self->names_n > EDOI_SIMDISK_NAMES) edoi_simdisk_keep_names(self, EDOI_SIMDISK_NAMES / 2);
    return n;
}

/* A second name for what is about to be gone. 0: there is none, as of a folder. */
static uint64_t keep_aside(edoi_simdisk *self, const char *below) {
    char path[PATH_MAX], kept[PATH_MAX];
    uint64_t number = ++self->asides_n;
    const char *to = edoi_simdisk_aside(self, number, kept);
    return link(edoi_simdisk_path(self, below, path), to) == 0 ? number : 0;
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* What follows an open: the record of the file, and what O_TRUNC takes. */
static int name_is_opened(edoi_simdisk *self, int fd, bool is_new, int flags) {
    struct stat is;
    edoi_simfiled *f;
    if (fstat(fd, &is) < 0 || !(S_ISREG(is.st_mode) || S_ISDIR(is.st_mode))) return 0;
    int err = edoi_simdisk_add(self, &is, is_new, &f);
    bool is_cut = err == 0 && flags & O_TRUNC && !is_new;
    if (is_cut) edoi_simdisk_is_written(self, f);
    return is_cut && is.st_size > 0 ? edoi_simdisk_truncate(self, fd, 0) : err;
}

int edoi_simdisk_open(edoi_simdisk *self, const char *below, int flags, mode_t mode) {
    char path[PATH_MAX];
    struct stat before;
    edoi_simdisk_step(self);
    if (edoi_simdisk_is_over(self) || self->failing_n > 0) return -EIO;
    bool has_name = (flags & O_TMPFILE) != O_TMPFILE;
    bool is_new =
        !has_name || (flags & O_CREAT && lstat(edoi_simdisk_path(self, below, path), &before) < 0);
    if (is_new && self->full_n > 0) return -ENOSPC;
    int fd = name_result(open(edoi_simdisk_path(self, below, path), flags & ~O_TRUNC, mode));
    if (fd < 0) return fd;
    int err = name_is_opened(self, fd, is_new, flags);
    if (err < 0) {
        (void)close(fd);
        return err;
    }
    if (is_new && has_name) note_name(self, EDOI_SIMNAME_MADE, 0, below, NULL);
    if (is_new && has_name) edoi_simdisk_folder_is_written(self, below);
    return fd;
}

int edoi_simdisk_close(edoi_simdisk *self, int fd) {
    struct stat is;
    bool has_no_name = edoi_simdisk_find_fd(self, fd, &is) && is.st_nlink == 0;
    int err = name_result(close(fd));
    if (!has_no_name) return err;
    edoi_simdisk_is_nameless(self, &is);
    edoi_simdisk_forget_gone(self);
    return err;
}

/* ---- Names ----------------------------------------------------------------------------------- */

static int may_rename(edoi_simdisk *self) {
    edoi_simdisk_step(self);
    return edoi_simdisk_is_over(self) || self->failing_n > 0 ? -EIO : 0;
}

static int may_add_name(edoi_simdisk *self) {
    int err = may_rename(self);
    return err == 0 && self->full_n > 0 ? -ENOSPC : err;
}

/* What had a name before its change. It is of nothing where there was nothing. */
static struct stat name_was(const edoi_simdisk *self, const char *below) {
    char path[PATH_MAX];
    struct stat is;
    return lstat(edoi_simdisk_path(self, below, path), &is) == 0 ? is
                                                                 : (struct stat){ .st_mode = 0 };
}

/* The change `n`, which may be NULL, has ended an empty folder, that comes back if it is lost. */
static void name_ends_folder(edoi_simdisk *self, edoi_simname *n, const struct stat *was) {
    const edoi_simfiled *f = edoi_simdisk_find(self, was);
    if (n) n->mode = was->st_mode;
    if (n && f) n->look = f->look;
    edoi_simdisk_is_nameless(self, was);
    edoi_simdisk_forget_gone(self);
}

/* What `to` has named has another name at most. A folder that was there was empty. */
static void name_is_replaced(edoi_simdisk *self, edoi_simname *n, const struct stat *was) {
    edoi_simdisk_has_lost_name(self, was);
    if (S_ISDIR(was->st_mode)) name_ends_folder(self, n, was);
}

static void name_is_moved(edoi_simdisk *self, const char *from, const char *to, bool is_swap) {
    edoi_simdisk_path_is_changed(self, to);
    if (is_swap) edoi_simdisk_path_is_changed(self, from);
    edoi_simdisk_folder_is_written(self, from);
    edoi_simdisk_folder_is_written(self, to);
}

/* Two names of one file stay as they are. A name that is left behind as one of a whiteout is
 * nothing that a program asks for. */
int edoi_simdisk_rename(edoi_simdisk *self, const char *from, const char *to, unsigned flags) {
    char old[PATH_MAX], new[PATH_MAX];
    int err = may_rename(self);
    if (err < 0) return err;
    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) return -EINVAL;
    const struct stat moved = name_was(self, from), was = name_was(self, to);
    const bool is_same = moved.st_ino == was.st_ino && moved.st_dev == was.st_dev;
    const bool is_swap = flags & RENAME_EXCHANGE;
    uint64_t aside = flags == 0 && !is_same ? keep_aside(self, to) : 0;
    err = name_result((int)syscall(SYS_renameat2, AT_FDCWD, edoi_simdisk_path(self, from, old),
                                   AT_FDCWD, edoi_simdisk_path(self, to, new), flags));
    if (err < 0) name_drop_aside(self, aside);
    if (err < 0 || is_same) return err;
    edoi_simname *n =
        note_name(self, is_swap ? EDOI_SIMNAME_SWAPPED : EDOI_SIMNAME_MOVED, aside, from, to);
    if (!is_swap) name_is_replaced(self, n, &was);
    name_is_moved(self, from, to, is_swap);
    return err;
}

int edoi_simdisk_unlink(edoi_simdisk *self, const char *below) {
    char path[PATH_MAX];
    int err = may_rename(self);
    if (err < 0) return err;
    const struct stat was = name_was(self, below);
    uint64_t aside = keep_aside(self, below);
    err = name_result(unlink(edoi_simdisk_path(self, below, path)));
    if (err == 0 && aside > 0) note_name(self, EDOI_SIMNAME_GONE, aside, below, NULL);
    if (err < 0) name_drop_aside(self, aside);
    if (err < 0) return err;
    edoi_simdisk_has_lost_name(self, &was);
    edoi_simdisk_folder_is_written(self, below);
    return err;
}

/* Notes what a call has made. */
static int name_done(edoi_simdisk *self, int result, edoi_simname_kind kind, const char *below) {
    int err = name_result(result);
    if (err == 0) note_name(self, kind, 0, below, NULL);
    if (err == 0) edoi_simdisk_folder_is_written(self, below);
    return err;
}

int edoi_simdisk_mkdir(edoi_simdisk *self, const char *below, mode_t mode) {
    char path[PATH_MAX];
    int err = may_add_name(self);
    if (err < 0) return err;
    int result = mkdir(edoi_simdisk_path(self, below, path), mode);
    if (result == 0) edoi_simdisk_path_is_new(self, below);
    return name_done(self, result, EDOI_SIMNAME_FOLDER, below);
}

int edoi_simdisk_rmdir(edoi_simdisk *self, const char *below) {
    char path[PATH_MAX];
    struct stat is = { .st_mode = 0777 };
    int err = may_rename(self);
    if (err < 0) return err;
    (void)stat(edoi_simdisk_path(self, below, path), &is);
    err = name_result(rmdir(path));
    if (err < 0) return err;
    name_ends_folder(self, note_name(self, EDOI_SIMNAME_REMOVED, 0, below, NULL), &is);
    edoi_simdisk_folder_is_written(self, below);
    return 0;
}

/* Is what linkat(2) names of the disk? Also a file without a name: by its descriptor. */
static bool link_is_of_disk(const edoi_simdisk *self, int dir, const char *from, int flags) {
    char below[PATH_MAX];
    struct stat is;
    bool is_followed = flags & (AT_SYMLINK_FOLLOW | AT_EMPTY_PATH);
    if (edoi_simdisk_has(self, dir, from, below)) return true;
    if (!is_followed || fstatat(dir, from, &is, flags & AT_EMPTY_PATH) < 0) return false;
    return edoi_simdisk_find(self, &is) != NULL;
}

int edoi_simdisk_link(edoi_simdisk *self, int from_dir, const char *from, const char *to,
                      int flags) {
    char new[PATH_MAX];
    struct stat is;
    int err = may_add_name(self);
    if (err < 0) return err;
    if (!link_is_of_disk(self, from_dir, from, flags)) return -EXDEV;
    edoi_simdisk_path(self, to, new);
    err = name_done(self, linkat(from_dir, from, AT_FDCWD, new, flags), EDOI_SIMNAME_MADE, to);
    if (err == 0 && lstat(new, &is) == 0) edoi_simdisk_is_named(self, &is);
    if (err == 0) edoi_simdisk_path_is_changed(self, to);
    return err;
}

int edoi_simdisk_symlink(edoi_simdisk *self, const char *text, const char *below) {
    char path[PATH_MAX];
    int err = may_add_name(self);
    if (err < 0) return err;
    int result = symlink(text, edoi_simdisk_path(self, below, path));
    if (result == 0) edoi_simdisk_path_is_new(self, below);
    return name_done(self, result, EDOI_SIMNAME_MADE, below);
}

/* A crash leaves nothing of it. */
int edoi_simdisk_node(edoi_simdisk *self, const char *below, mode_t mode, dev_t dev) {
    char path[PATH_MAX];
    int err = may_add_name(self);
    if (err < 0) return err;
    int result = mknod(edoi_simdisk_path(self, below, path), mode, dev);
    if (result == 0) edoi_simdisk_path_is_new(self, below);
    return name_done(self, result, EDOI_SIMNAME_MADE, below);
}
