/* SPDX-License-Identifier: MIT */
/* sim/disk/records.c: records of files, by the numbers that the machine has given them. A number is
 * used again when its file has neither a name nor a descriptor: the record ends before that. */
#include "base/memory/alloc.h"
#include "sim/disk/disk.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#define RECORDS_ROOM 64u /* at first: a power of 2, as later */

static size_t record_place(const edoi_simdisk *self, dev_t dev, ino_t ino) {
    uint64_t mixed = ((uint64_t)ino ^ (uint64_t)dev << 32) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> 32) & (self->files_room - 1);
}

edoi_simfiled *edoi_simdisk_find(const edoi_simdisk *self, const struct stat *of) {
    if (self->files_n == 0) return NULL;
    edoi_simfiled *f = self->files[record_place(self, of->st_dev, of->st_ino)];
    while (f && (f->dev != of->st_dev || f->ino != of->st_ino)) f = f->next;
    return f;
}

edoi_simfiled *edoi_simdisk_find_fd(const edoi_simdisk *self, int fd, struct stat *is) {
    if (fstat(fd, is) < 0 || !S_ISREG(is->st_mode)) return NULL;
    return edoi_simdisk_find(self, is);
}

static void record_put(edoi_simdisk *self, edoi_simfiled *f) {
    edoi_simfiled **list = &self->files[record_place(self, f->dev, f->ino)];
    f->next = *list;
    *list = f;
}

/* Room for one more: lists stay short. */
static int records_grow(edoi_simdisk *self) {
    size_t old_room = self->files_room, room = old_room > 0 ? 2 * old_room : RECORDS_ROOM;
    if (self->files_n < old_room) return 0;
    edoi_simfiled **old = self->files, **lists = edoi_calloc(room, sizeof(edoi_simfiled *));
    if (!lists) return -ENOMEM;
    self->files = lists;
    self->files_room = room;
    for (size_t i = 0; i < old_room; i++) {
        for (edoi_simfiled *f = old[i], *next; f; f = next) {
            next = f->next;
            record_put(self, f);
        }
    }
    edoi_free(old);
    return 0;
}

/* One that has no number yet. NULL: no memory. */
static edoi_simfiled *record_new(edoi_simdisk *self, const struct stat *is) {
    edoi_simfiled *f = records_grow(self) == 0 ? edoi_calloc(1, sizeof *f) : NULL;
    if (!f) return NULL;
    f->dev = is->st_dev;
    f->ino = is->st_ino;
    f->crashes_n = self->crashes_n;
    record_put(self, f);
    self->files_n++;
    return f;
}

static void record_is_named(edoi_simdisk *self, edoi_simfiled *f) {
    edoi_simfiled **at = &self->nameless;
    if (!f->is_nameless) return;
    while (*at != f) at = &(*at)->next_nameless;
    *at = f->next_nameless;
    f->is_nameless = false;
}

/* The record of a new file. One that is there is of a file that is gone, whose number it has. */
static edoi_simfiled *record_anew(edoi_simdisk *self, const struct stat *is) {
    edoi_simfiled *f = edoi_simdisk_find(self, is);
    if (!f) return record_new(self, is);
    edoi_simchanges_free(f);
    record_is_named(self, f);
    f->crashes_n = self->crashes_n;
    f->copy = 0;
    return f;
}

int edoi_simdisk_add(edoi_simdisk *self, const struct stat *is, bool is_new, edoi_simfiled **out) {
    edoi_simfiled *f = is_new ? NULL : edoi_simdisk_find(self, is);
    const bool was_there = f;
    if (!f) f = record_anew(self, is);
    if (!f) return -ENOMEM;
    if (!was_there) f->look = edoi_simdisk_look(self, is_new);
    *out = f;
    return 0;
}

int edoi_simdisk_add_as(edoi_simdisk *self, const char *path, const edoi_simlook *look) {
    struct stat is;
    if (lstat(path, &is) < 0) return -errno;
    edoi_simfiled *f = record_anew(self, &is);
    if (!f) return -ENOMEM;
    f->look = *look;
    return 0;
}

int edoi_simdisk_add_crashed(edoi_simdisk *self, const struct stat *is, edoi_simfiled **out) {
    int err = edoi_simdisk_add(self, is, false, out);
    if (err == 0) (*out)->crashes_n = self->crashes_n - 1;
    return err;
}

static void record_free(edoi_simfiled *f) {
    edoi_simchanges_free(f);
    edoi_free(f);
}

static void record_end(edoi_simdisk *self, edoi_simfiled *f) {
    edoi_simfiled **at = &self->files[record_place(self, f->dev, f->ino)];
    while (*at != f) at = &(*at)->next;
    *at = f->next;
    self->files_n--;
    record_free(f);
}

void edoi_simdisk_is_nameless(edoi_simdisk *self, const struct stat *of) {
    edoi_simfiled *f = edoi_simdisk_find(self, of);
    if (!f || f->is_nameless) return;
    f->is_nameless = true;
    f->next_nameless = self->nameless;
    self->nameless = f;
}

void edoi_simdisk_is_named(edoi_simdisk *self, const struct stat *of) {
    edoi_simfiled *f = edoi_simdisk_find(self, of);
    if (f) record_is_named(self, f);
}

/* Marks the records of all files that the process has open. False: the descriptors cannot be
 * listed. */
static bool look_at_descriptors(edoi_simdisk *self) {
    DIR *all = opendir("/proc/self/fd");
    if (!all) return false;
    self->looks_n++;
    for (const struct dirent *one; (one = readdir(all)) != NULL;) {
        struct stat is;
        edoi_simfiled *f = NULL;
        if (*one->d_name != '.' && fstat((int)strtol(one->d_name, NULL, 10), &is) == 0)
            f = edoi_simdisk_find(self, &is); // a folder, too
        if (f) f->seen_open = self->looks_n;
    }
    (void)closedir(all);
    return true;
}

void edoi_simdisk_forget_gone(edoi_simdisk *self) {
    if (!self->nameless || !look_at_descriptors(self)) return;
    for (edoi_simfiled **at = &self->nameless; *at;) {
        edoi_simfiled *f = *at;
        if (f->seen_open == self->looks_n) {
            at = &f->next_nameless;
        } else {
            *at = f->next_nameless;
            record_end(self, f);
        }
    }
}

void edoi_simdisk_forget_path(edoi_simdisk *self, const char *path) {
    struct stat is;
    edoi_simfiled *f = lstat(path, &is) == 0 ? edoi_simdisk_find(self, &is) : NULL;
    bool is_last = f && !f->is_nameless && (S_ISDIR(is.st_mode) || is.st_nlink == 1);
    if (is_last) record_end(self, f);
}

void edoi_simdisk_forget_changes(edoi_simdisk *self) {
    for (size_t i = 0; i < self->files_room; i++) {
        for (edoi_simfiled *f = self->files[i]; f; f = f->next) {
            if (f->crashes_n == self->crashes_n) continue; // a copy
            edoi_simchanges_free(f);
            f->copy = 0;
        }
    }
}

void edoi_simdisk_forget_crashed(edoi_simdisk *self) {
    self->nameless = NULL; // of what a crash has left all have names
    for (size_t i = 0; i < self->files_room; i++) {
        for (edoi_simfiled *f = self->files[i], *next; f; f = next) {
            next = f->next;
            if (f->crashes_n < self->crashes_n) record_end(self, f);
        }
    }
}

void edoi_simdisk_forget_files(edoi_simdisk *self) {
    for (size_t i = 0; i < self->files_room; i++) {
        for (edoi_simfiled *f = self->files[i], *next; f; f = next) {
            next = f->next;
            record_free(f);
        }
    }
    edoi_free(self->files);
    self->files = NULL;
    self->nameless = NULL;
    self->files_n = self->files_room = 0;
}
