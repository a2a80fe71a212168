/* SPDX-License-Identifier: MIT */
/* sim/disk/bytes.c: what changes bytes and lengths of files, as system calls. */
#include "base/memory/alloc.h"
#include "sim/disk/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static int bytes_result(int result) {
    return result < 0 ? -errno : result;
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

/* Was what it has changed written again since, at least in part? */
static bool is_written_again(const edoi_simchange *c) {
    for (const edoi_simchange *later = c->next; later; later = later->next) {
        bool meets = later->at < c->at + c->n && c->at < later->at + later->n;
        if (!later->is_doomed && (later->is_cut || meets)) return true;
    }
    return false;
}

/* All is synced but bytes that are doomed: these have no length any more. */
static void filed_is_synced(edoi_simfiled *f) {
    edoi_simchange *first = f->first;
    f->first = f->last = NULL;
    f->bytes_n = 0;
    for (edoi_simchange *c = first, *next; c; c = next) {
        bool stays = c->is_doomed && !c->is_cut && !is_written_again(c);
        next = c->next;
        c->keeps_length = true;
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

/* The change is made, and can be lost; those before it perhaps no more. */
static void change_is_made(const edoi_simdisk *self, edoi_simfiled *f, edoi_simchange *c) {
    uint64_t bytes = sizeof *c + c->n + c->old_n;
    if (f->bytes_n + bytes > EDOI_SIMDISK_BYTES) filed_is_synced(f);
    note_change(f, c);
    f->bytes_n += bytes;
    edoi_simdisk_is_written(self, f);
}

void edoi_simdisk_note_mapped(const edoi_simdisk *self, edoi_simfiled *f, uint64_t at,
                              const unsigned char *now, const unsigned char *old, size_t n) {
    edoi_simchange *c = edoi_alloc(sizeof *c + 2 * n);
    if (!c) return;
    *c = (edoi_simchange){ .keeps_length = true, .at = at, .n = n, .old_n = n };
    c->now = c->bytes;
    c->old = c->bytes + n;
    memcpy(c->now, now, n);
    memcpy(c->old, old, n);
    change_is_made(self, f, c);
}

/* 0: the call may change the file. `*of` is the record where the change is to be noted, or NULL. */
static int may_change(const edoi_simdisk *self, int fd, edoi_simfiled **of, struct stat *is) {
    *of = edoi_simdisk_find_fd(self, fd, is);
    if (self->is_dead) *of = NULL; // it is of a folder that was moved away
    return *of && (self->failing_n > 0 || self->is_stopped) ? -EIO : 0;
}

/* ---- Writes ------------------------------------------------------------------------------ */

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

/* Where a write goes: to the end if it appends, whatever place it names. */
static off_t bytes_place(int fd, const struct stat *is, off_t at, bool appends) {
    if (appends) return is->st_size;
    return at == -1 ? lseek(fd, 0, SEEK_CUR) : at;
}

static ssize_t write_vecs(int fd, const struct iovec *vecs, int n, off_t at, int flags) {
    bool is_plain = at == -1 && flags == 0; // also of what has no place, as a pipe
    ssize_t put = is_plain ? writev(fd, vecs, n) : pwritev2(fd, vecs, n, at, flags);
    return put < 0 ? -errno : put;
}

ssize_t edoi_simdisk_write(edoi_simdisk *self, int fd, const struct iovec *vecs, int n, off_t at,
                           int flags) {
    edoi_simfiled *f;
    struct stat is;
    edoi_simdisk_step(self);
    int err = may_change(self, fd, &f, &is);
    if (err < 0) return err;
    if (!f) return write_vecs(fd, vecs, n, at, flags);
    int status = fcntl(fd, F_GETFL);
    bool appends = status & O_APPEND || flags & RWF_APPEND;
    uint64_t bytes = vecs_bytes(vecs, n), place = (uint64_t)bytes_place(fd, &is, at, appends);
    if (self->full_n > 0 && place + bytes > (uint64_t)is.st_size) return -ENOSPC;
    edoi_simchange *c = edoi_simchange_new(fd, (uint64_t)is.st_size, false, place, bytes);
    if (!c) return -ENOMEM;
    vecs_copy(c->now, vecs, n);
    c->is_kept = status & O_DSYNC || flags & (RWF_DSYNC | RWF_SYNC);
    ssize_t put = write_vecs(fd, vecs, n, at, flags);
    if (put > 0 && put == (ssize_t)bytes) {
        change_is_made(self, f, c);
        return put;
    }
    if (put > 0) edoi_simdisk_is_written(self, f);
    edoi_free(c); // a part of it, as of a machine that is full: it cannot be lost
    return put;
}

int edoi_simdisk_truncate(edoi_simdisk *self, int fd, off_t size) {
    edoi_simfiled *f;
    struct stat is;
    edoi_simdisk_step(self);
    int err = may_change(self, fd, &f, &is);
    if (err < 0 || !f || size < 0) return err < 0 ? err : bytes_result(ftruncate(fd, size));
    if (self->full_n > 0 && size > is.st_size) return -ENOSPC;
    edoi_simchange *c = edoi_simchange_new(fd, (uint64_t)is.st_size, true, (uint64_t)size, 0);
    if (!c) return -ENOMEM;
    err = bytes_result(ftruncate(fd, size));
    if (err == 0) change_is_made(self, f, c);
    if (err < 0) edoi_free(c);
    return err;
}

int edoi_simdisk_truncate_path(edoi_simdisk *self, const char *below, off_t size) {
    int fd = edoi_simdisk_open(self, below, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    int err = edoi_simdisk_truncate(self, fd, size);
    (void)edoi_simdisk_close(self, fd);
    return err;
}

/* Room alone is no change that a crash takes: a length is one. */
int edoi_simdisk_allocate(edoi_simdisk *self, int fd, int mode, off_t at, off_t n) {
    edoi_simfiled *f;
    struct stat is;
    int err = may_change(self, fd, &f, &is);
    if (err < 0 || !f) return err < 0 ? err : bytes_result(fallocate(fd, mode, at, n));
    if (mode != 0) return -EOPNOTSUPP; // callers then write
    if (at < 0 || n <= 0) return -EINVAL;
    if (self->full_n > 0) return -ENOSPC;
    return at + n > is.st_size ? edoi_simdisk_truncate(self, fd, at + n) : 0;
}

/* Pages whose write has failed are clean: a later sync says nothing of them. */
static void doom(edoi_simfiled *f) {
    for (edoi_simchange *c = f->first; c; c = c->next) c->is_doomed = !c->is_kept;
}

int edoi_simdisk_sync_file(edoi_simdisk *self, edoi_simfiled *f) {
    edoi_simdisk_look_at_maps(self, f);
    if (!edoi_simdisk_may_sync(self)) {
        doom(f);
        return -EIO;
    }
    filed_is_synced(f);
    return 0;
}

static int sync_names(edoi_simdisk *self) {
    if (!edoi_simdisk_may_sync(self)) return -EIO;
    edoi_simdisk_keep_names(self, 0);
    return 0;
}

int edoi_simdisk_sync(edoi_simdisk *self, int fd) {
    struct stat is;
    char below[PATH_MAX];
    edoi_simdisk_step(self);
    if (edoi_simdisk_is_over(self)) return -EIO; // no caller may believe that its bytes last
    if (fstat(fd, &is) < 0) return -errno;
    if (S_ISDIR(is.st_mode)) return edoi_simdisk_has(self, fd, ".", below) ? sync_names(self) : 0;
    edoi_simfiled *f = edoi_simdisk_find(self, &is);
    return f ? edoi_simdisk_sync_file(self, f) : 0;
}

int edoi_simdisk_sync_all(edoi_simdisk *self) {
    edoi_simdisk_step(self);
    if (edoi_simdisk_is_over(self)) return -EIO;
    for (size_t i = 0; i < self->files_room; i++)
        for (edoi_simfiled *f = self->files[i]; f; f = f->next)
            (void)edoi_simdisk_sync_file(self, f);
    return sync_names(self);
}
