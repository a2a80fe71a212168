/* SPDX-License-Identifier: MIT */
/* sim/disk/disk.c: see disk.h: what changes something, as system calls. */
#include "sim/disk/disk.h"

#include "base/memory/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Paths ----------------------------------------------------------------------------------- */

static int as_negative(int result) {
    return result < 0 ? -errno : result;
}

/* The path of something on the disk. */
static const char *disk_path(const edoi_simdisk *self, const char *below, char path[PATH_MAX]) {
    (void)snprintf(path, PATH_MAX, "%s%s", self->root, below);
    return path;
}

static const char *aside_path(const edoi_simdisk *self, uint64_t number, char path[PATH_MAX]) {
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

int edoi_simdisk_new(edoi_simdisk **out, const char *root, uint64_t (*random)(void *arg),
                     void *arg) {
    struct stat is;
    if (stat(root, &is) < 0) return -errno;
    if (!S_ISDIR(is.st_mode)) return -ENOTDIR;
    edoi_simdisk *self = edoi_calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->random = random;
    self->arg = arg;
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

edoi_simfiled *edoi_simdisk_find(const edoi_simdisk *self, const struct stat *of) {
    edoi_simfiled *f = self->files;
    while (f && (f->dev != of->st_dev || f->ino != of->st_ino)) f = f->next;
    return f;
}

static edoi_simfiled *filed_of_fd(const edoi_simdisk *self, int fd, struct stat *is) {
    if (fstat(fd, is) < 0 || !S_ISREG(is->st_mode)) return NULL;
    return edoi_simdisk_find(self, is);
}

bool edoi_simdisk_has_fd(const edoi_simdisk *self, int fd) {
    struct stat is;
    return filed_of_fd(self, fd, &is) != NULL;
}

/* A call begins: perhaps the machine has crashed by then. */
static void disk_step(edoi_simdisk *self) {
    if (self->dies_in > 0 && --self->dies_in == 0) (void)edoi_simdisk_crash(self); // it keeps why
}

/* ---- Notes ----------------------------------------------------------------------------------- */

/* What was made is noted behind all others; without memory the change is one that cannot be
 * lost. */
static void note_name(edoi_simdisk *self, edoi_simname_kind kind, uint64_t aside, const char *path,
                      const char *to) {
    size_t path_n = strlen(path) + 1, to_n = to ? strlen(to) + 1 : 0;
    edoi_simname *n = edoi_alloc(sizeof *n + path_n + to_n);
    if (!n) return;
    *n = (edoi_simname){ .kind = kind, .aside = aside };
    memcpy(n->path, path, path_n);
    if (to) memcpy(n->path + path_n, to, to_n);
    n->to = to ? n->path + path_n : NULL;
    if (self->names_last) {
        self->names_last->next = n;
    } else {
        self->names = n;
    }
    self->names_last = n;
}

static void note_change(edoi_simfiled *f, edoi_simchange *c) {
    c->prev = f->last;
    if (f->last) {
        f->last->next = c;
    } else {
        f->first = c;
    }
    f->last = c;
}

/* What is kept aside comes back no more. */
static void names_are_synced(edoi_simdisk *self) {
    char kept[PATH_MAX];
    for (edoi_simname *n = self->names, *next; n; n = next) {
        next = n->next;
        if (n->aside > 0) (void)unlink(aside_path(self, n->aside, kept));
        edoi_free(n);
    }
    self->names = self->names_last = NULL;
}

/* A second name for what is about to be gone. 0: there is none, as of a folder. */
static uint64_t keep_aside(edoi_simdisk *self, const char *below) {
    char path[PATH_MAX], kept[PATH_MAX];
    uint64_t number = ++self->asides_n;
    bool is_kept = link(disk_path(self, below, path), aside_path(self, number, kept)) == 0;
    return is_kept ? number : 0;
}

/* ---- Files ----------------------------------------------------------------------------------- */

static int filed_add(edoi_simdisk *self, const struct stat *is, bool is_new) {
    edoi_simfiled *f = edoi_simdisk_find(self, is);
    if (f && is_new) edoi_simchanges_free(f); // of one that is gone, whose number it has
    if (f) return 0;
    f = edoi_calloc(1, sizeof *f);
    if (!f) return -ENOMEM;
    f->dev = is->st_dev;
    f->ino = is->st_ino;
    f->next = self->files;
    self->files = f;
    return 0;
}

/* What follows an open: the record of the file, and what O_TRUNC takes. */
static int disk_opened(edoi_simdisk *self, int fd, bool is_new, int flags) {
    struct stat is;
    if (fstat(fd, &is) < 0 || !S_ISREG(is.st_mode)) return 0;
    int err = filed_add(self, &is, is_new);
    bool is_cut = err == 0 && flags & O_TRUNC && !is_new && is.st_size > 0;
    return is_cut ? edoi_simdisk_truncate(self, fd, 0) : err;
}

int edoi_simdisk_open(edoi_simdisk *self, const char *below, int flags, mode_t mode) {
    char path[PATH_MAX];
    struct stat before;
    disk_step(self);
    if (self->is_dead || self->is_stopped || self->failing_n > 0) return -EIO;
    bool has_name = (flags & O_TMPFILE) != O_TMPFILE;
    bool is_new =
        !has_name || (flags & O_CREAT && lstat(disk_path(self, below, path), &before) < 0);
    if (is_new && self->full_n > 0) return -ENOSPC;
    int fd = as_negative(open(disk_path(self, below, path), flags & ~O_TRUNC, mode));
    if (fd < 0) return fd;
    int err = disk_opened(self, fd, is_new, flags);
    if (err < 0) {
        (void)close(fd);
        return err;
    }
    if (is_new && has_name) note_name(self, EDOI_SIMNAME_MADE, 0, below, NULL);
    return fd;
}

/* 0: the call may change the file, of which `*of` is noted what it does; NULL: nothing is. */
static int may_change(const edoi_simdisk *self, int fd, edoi_simfiled **of, struct stat *is) {
    *of = filed_of_fd(self, fd, is);
    if (self->is_dead) *of = NULL; // it is of a folder that was moved away
    return *of && (self->failing_n > 0 || self->is_stopped) ? -EIO : 0;
}

static uint64_t vecs_bytes(const struct iovec *vecs, int n) {
    uint64_t bytes = 0;
    for (int i = 0; i < n; i++) bytes += vecs[i].iov_len;
    return bytes;
}

static void vecs_copy(unsigned char *to, const struct iovec *vecs, int n) {
    for (int i = 0; i < n; i++) {
        memcpy(to, vecs[i].iov_base, vecs[i].iov_len);
        to += vecs[i].iov_len;
    }
}

/* Where a write goes: with O_APPEND to the end, whatever place it names. */
static off_t disk_place_of(int fd, const struct stat *is, off_t at) {
    int status = fcntl(fd, F_GETFL);
    if (status >= 0 && status & O_APPEND) return is->st_size;
    return at < 0 ? lseek(fd, 0, SEEK_CUR) : at;
}

static ssize_t write_vecs(int fd, const struct iovec *vecs, int n, off_t at, int flags) {
    ssize_t put = at < 0 ? writev(fd, vecs, n) : pwritev2(fd, vecs, n, at, flags);
    return put < 0 ? -errno : put;
}

ssize_t edoi_simdisk_write(edoi_simdisk *self, int fd, const struct iovec *vecs, int n, off_t at,
                           int flags) {
    edoi_simfiled *f;
    struct stat is;
    disk_step(self);
    int err = may_change(self, fd, &f, &is);
    if (err < 0) return err;
    if (!f) return write_vecs(fd, vecs, n, at, flags);
    uint64_t bytes = vecs_bytes(vecs, n), place = (uint64_t)disk_place_of(fd, &is, at);
    if (self->full_n > 0 && place + bytes > (uint64_t)is.st_size) return -ENOSPC;
    edoi_simchange *c = edoi_simchange_new(fd, (uint64_t)is.st_size, false, place, bytes);
    if (!c) return -ENOMEM;
    vecs_copy(c->now, vecs, n);
    ssize_t put = write_vecs(fd, vecs, n, at, flags);
    if (put == (ssize_t)bytes) {
        note_change(f, c);
    } else {
        edoi_free(c); // a part of it, as of a machine that is full: it cannot be lost
    }
    return put;
}

int edoi_simdisk_truncate(edoi_simdisk *self, int fd, off_t size) {
    edoi_simfiled *f;
    struct stat is;
    disk_step(self);
    int err = may_change(self, fd, &f, &is);
    if (err < 0 || !f || size < 0) return err < 0 ? err : as_negative(ftruncate(fd, size));
    if (self->full_n > 0 && size > is.st_size) return -ENOSPC;
    edoi_simchange *c = edoi_simchange_new(fd, (uint64_t)is.st_size, true, (uint64_t)size, 0);
    if (!c) return -ENOMEM;
    err = as_negative(ftruncate(fd, size));
    if (err == 0) note_change(f, c);
    if (err < 0) edoi_free(c);
    return err;
}

/* Room alone is no change that a crash takes: a length is one. */
int edoi_simdisk_allocate(edoi_simdisk *self, int fd, int mode, off_t at, off_t n) {
    edoi_simfiled *f;
    struct stat is;
    int err = may_change(self, fd, &f, &is);
    if (err < 0 || !f) return err < 0 ? err : as_negative(fallocate(fd, mode, at, n));
    if (mode != 0) return -EOPNOTSUPP;
    if (self->full_n > 0) return -ENOSPC;
    return at + n > is.st_size ? edoi_simdisk_truncate(self, fd, at + n) : 0;
}

/* Pages whose write has failed are clean: a later sync says nothing of them. */
static void doom(edoi_simfiled *f) {
    for (edoi_simchange *c = f->first; c; c = c->next) c->is_doomed = true;
}

/* Was what it has changed written again since, at least in part? */
static bool is_written_again(const edoi_simchange *c) {
    for (const edoi_simchange *later = c->next; later; later = later->next) {
        bool meets = later->at < c->at + c->n && c->at < later->at + later->n;
        if (!later->is_doomed && (later->is_cut || meets)) return true;
    }
    return false;
}

/* All is synced but bytes that are doomed: the length is what it is now. */
static void filed_is_synced(edoi_simfiled *f, uint64_t size) {
    edoi_simchange *first = f->first;
    f->first = f->last = NULL;
    for (edoi_simchange *c = first, *next; c; c = next) {
        bool stays = c->is_doomed && !c->is_cut && !is_written_again(c);
        next = c->next;
        c->old_size = c->new_size = size;
        if (!stays) continue;
        for (edoi_simchange *done = first; done != c; done = first) {
            first = done->next;
            edoi_free(done);
        }
        first = next;
        c->next = NULL;
        note_change(f, c);
    }
    for (edoi_simchange *done = first; done; done = first) {
        first = done->next;
        edoi_free(done);
    }
}

int edoi_simdisk_sync(edoi_simdisk *self, int fd) {
    edoi_simfiled *f;
    struct stat is;
    disk_step(self);
    if (self->is_dead || self->is_stopped) return -EIO; // nobody is to believe that it is kept
    if (fstat(fd, &is) == 0 && S_ISDIR(is.st_mode)) {
        if (self->failing_n > 0) return -EIO;
        names_are_synced(self);
        return 0;
    }
    int err = may_change(self, fd, &f, &is);
    if (err < 0) doom(f);
    if (err == 0 && f) filed_is_synced(f, (uint64_t)is.st_size);
    return err;
}

/* ---- Names ----------------------------------------------------------------------------------- */

static int may_rename(edoi_simdisk *self) {
    disk_step(self);
    return self->is_dead || self->is_stopped || self->failing_n > 0 ? -EIO : 0;
}

int edoi_simdisk_rename(edoi_simdisk *self, const char *from, const char *to, unsigned flags) {
    char old[PATH_MAX], new[PATH_MAX];
    int err = may_rename(self);
    if (err < 0) return err;
    uint64_t aside = flags == 0 ? keep_aside(self, to) : 0;
    err = as_negative((int)syscall(SYS_renameat2, AT_FDCWD, disk_path(self, from, old), AT_FDCWD,
                                   disk_path(self, to, new), flags));
    if (err == 0) note_name(self, EDOI_SIMNAME_MOVED, aside, from, to);
    return err;
}

int edoi_simdisk_unlink(edoi_simdisk *self, const char *below) {
    char path[PATH_MAX];
    int err = may_rename(self);
    if (err < 0) return err;
    uint64_t aside = keep_aside(self, below);
    err = as_negative(unlink(disk_path(self, below, path)));
    if (err == 0 && aside > 0) note_name(self, EDOI_SIMNAME_GONE, aside, below, NULL);
    return err;
}

/* Notes what a call has made, or removed. */
static int name_done(edoi_simdisk *self, int result, edoi_simname_kind kind, const char *below) {
    int err = as_negative(result);
    if (err == 0) note_name(self, kind, 0, below, NULL);
    return err;
}

int edoi_simdisk_mkdir(edoi_simdisk *self, const char *below, mode_t mode) {
    char path[PATH_MAX];
    int err = self->full_n > 0 ? -ENOSPC : may_rename(self);
    if (err < 0) return err;
    return name_done(self, mkdir(disk_path(self, below, path), mode), EDOI_SIMNAME_FOLDER, below);
}

int edoi_simdisk_rmdir(edoi_simdisk *self, const char *below) {
    char path[PATH_MAX];
    int err = may_rename(self);
    if (err < 0) return err;
    return name_done(self, rmdir(disk_path(self, below, path)), EDOI_SIMNAME_REMOVED, below);
}

int edoi_simdisk_link(edoi_simdisk *self, const char *from, const char *to) {
    char old[PATH_MAX], new[PATH_MAX];
    int err = self->full_n > 0 ? -ENOSPC : may_rename(self);
    if (err < 0) return err;
    return name_done(self, link(disk_path(self, from, old), disk_path(self, to, new)),
                     EDOI_SIMNAME_MADE, to);
}

int edoi_simdisk_symlink(edoi_simdisk *self, const char *text, const char *below) {
    char path[PATH_MAX];
    int err = self->full_n > 0 ? -ENOSPC : may_rename(self);
    if (err < 0) return err;
    return name_done(self, symlink(text, disk_path(self, below, path)), EDOI_SIMNAME_MADE, below);
}
