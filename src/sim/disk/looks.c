/* SPDX-License-Identifier: MIT */
/* sim/disk/looks.c: numbers and times of files, as their host sees them. Modes and owners are the
 * machine's, and a change of these leaves the time of changes as it is. */
#include "sim/disk/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#define DISKS        0xed0u /* the major number of all disks: of none of Linux's */
#define PLACE_MASK   0xfffffu
#define BLOCK_BYTES  4096 /* of a transfer, and of a folder */
#define SECTOR_BYTES 512

static edo_wall look_now(const edoi_simdisk *self) {
    return self->host.now(self->host.arg);
}

edoi_simlook edoi_simdisk_look(edoi_simdisk *self, bool is_new) {
    const edo_wall at = is_new ? look_now(self) : self->begun;
    return (edoi_simlook){ ++self->looked_n, at, at, at };
}

/* ---- What is done with a file ---------------------------------------------------------------- */

void edoi_simdisk_is_changed(const edoi_simdisk *self, edoi_simfiled *f) {
    f->look.changed = look_now(self);
}

void edoi_simdisk_is_written(const edoi_simdisk *self, edoi_simfiled *f) {
    f->look.written = f->look.changed = look_now(self);
}

/* NULL: there is nothing, or no memory for its record. */
static edoi_simfiled *looks_of(edoi_simdisk *self, const char *below, bool is_new) {
    char path[PATH_MAX];
    struct stat is;
    edoi_simfiled *f = NULL;
    if (lstat(edoi_simdisk_path(self, below, path), &is) < 0) return NULL;
    return edoi_simdisk_add(self, &is, is_new, &f) == 0 ? f : NULL;
}

void edoi_simdisk_path_is_new(edoi_simdisk *self, const char *below) {
    (void)looks_of(self, below, true);
}

void edoi_simdisk_path_is_changed(edoi_simdisk *self, const char *below) {
    edoi_simfiled *f = looks_of(self, below, false);
    if (f) edoi_simdisk_is_changed(self, f);
}

/* Another name may have it: what is gone has no record. */
void edoi_simdisk_has_lost_name(edoi_simdisk *self, const struct stat *was) {
    edoi_simfiled *f = NULL;
    const bool is_there = was->st_nlink > 1 && !S_ISDIR(was->st_mode);
    if (is_there && edoi_simdisk_add(self, was, false, &f) == 0) edoi_simdisk_is_changed(self, f);
}

void edoi_simdisk_folder_is_written(edoi_simdisk *self, const char *below) {
    char folder[PATH_MAX];
    const char *slash = strrchr(below, '/');
    size_t n = slash ? (size_t)(slash - below) : 0;
    memcpy(folder, below, n);
    folder[n] = '\0';
    edoi_simfiled *f = looks_of(self, folder, false);
    if (f) edoi_simdisk_is_written(self, f);
}

/* ---- What a program sees of it --------------------------------------------------------------- */

/* The record of the file that a stat(2) has just found; it is made if missing. NULL: the file is
 * not on the disk; or it has neither a record nor a name any more. */
static edoi_simfiled *look_find(edoi_simdisk *self, int dir, const char *path,
                                const struct stat *is) {
    edoi_simfiled *f = edoi_simdisk_find(self, is);
    if (f || !edoi_simdisk_has_it(self, dir, path, is)) return f;
    return edoi_simdisk_add(self, is, false, &f) == 0 ? f : NULL;
}

static struct timespec look_time(edo_wall at) {
    return (struct timespec){ .tv_sec = (time_t)at.s, .tv_nsec = at.ns };
}

/* When a file has how many blocks is the machine's affair: here it has no holes. */
void edoi_simdisk_show(edoi_simdisk *self, int dir, const char *path, struct stat *is) {
    const edoi_simfiled *f = look_find(self, dir, path, is);
    if (!f) return;
    if (S_ISDIR(is->st_mode)) is->st_size = BLOCK_BYTES;
    is->st_dev = makedev(DISKS, (unsigned)(self->host.place & PLACE_MASK));
    is->st_ino = (ino_t)f->look.number;
    is->st_blocks = (is->st_size + SECTOR_BYTES - 1) / SECTOR_BYTES;
    is->st_blksize = BLOCK_BYTES;
    is->st_atim = look_time(f->look.read);
    is->st_mtim = look_time(f->look.written);
    is->st_ctim = look_time(f->look.changed);
}

static void look_set(edo_wall *time, const struct timespec *to, edo_wall now) {
    if (to->tv_nsec == UTIME_OMIT) return;
    *time =
        to->tv_nsec == UTIME_NOW ? now : (edo_wall){ .s = to->tv_sec, .ns = (int32_t)to->tv_nsec };
}

/* What times are set of. NULL: it is not of the disk. */
static edoi_simfiled *look_find_there(edoi_simdisk *self, int dir, const char *path, int flags) {
    struct stat is;
    int err = path ? fstatat(dir, path, &is, flags) : fstat(dir, &is);
    return err == 0 ? look_find(self, dir, path, &is) : NULL;
}

int edoi_simdisk_may_set_times(edoi_simdisk *self, int dir, const char *path, int flags) {
    if (!look_find_there(self, dir, path, flags)) return 0;
    edoi_simdisk_step(self);
    return edoi_simdisk_is_over(self) || self->failing_n > 0 ? -EIO : 0;
}

void edoi_simdisk_set_times(edoi_simdisk *self, int dir, const char *path,
                            const struct timespec at[2], int flags) {
    static const struct timespec both_now[2] = { { .tv_nsec = UTIME_NOW },
                                                 { .tv_nsec = UTIME_NOW } };
    if (!at) at = both_now;
    if (at[0].tv_nsec == UTIME_OMIT && at[1].tv_nsec == UTIME_OMIT) return; // that is no change
    edoi_simfiled *f = look_find_there(self, dir, path, flags);
    if (!f) return;
    const edo_wall now = look_now(self);
    look_set(&f->look.read, &at[0], now);
    look_set(&f->look.written, &at[1], now);
    f->look.changed = now;
}
