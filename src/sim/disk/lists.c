/* SPDX-License-Identifier: MIT */
/* sim/disk/lists.c: what a folder has, in an order that is the disk's.
 *
 * A file has a key in its folder, by its name and the seed, and a list is in the order of keys, so
 * that a program that takes an order for granted finds that out. A place in it is a key: files that
 * are made and removed meanwhile move no others, and a list needs no memory from one call to the
 * next. The machine keeps it as the place of the descriptor, which may be any below 2^31. */
#include "base/memory/alloc.h"
#include "sim/disk/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MASK 0x3fffffffu /* room behind it for those that would have the same */

/* A file of a folder. */
typedef struct listed {
    uint64_t key;
    struct dirent *is; /* libc's memory */
} listed;

typedef struct list {
    listed *files;
    size_t n;
} list;

static void list_free(list *l) {
    for (size_t i = 0; i < l->n; i++) free(l->files[i].is);
    edoi_free(l->files);
}

/* The folder itself is in front of all, and the one above it behind it. */
static uint64_t list_key(const edoi_simdisk *self, const char *name) {
    uint64_t mixed = self->list_secret;
    if (name[0] == '.' && name[1] == '\0') return 0;
    if (name[0] == '.' && name[1] == '.' && name[2] == '\0') return 1;
    for (; *name; name++) mixed = (mixed ^ (unsigned char)*name) * UINT64_C(0x9e3779b97f4a7c15);
    return (((mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 32) & KEY_MASK) + 2;
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int compare_keys(const void *one, const void *other) {
    const listed *a = one, *b = other;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return strcmp(a->is->d_name, b->is->d_name);
}

/* The number that stat(2) says. Above the root lies what is the machine's: as at that of a machine
 * it is the root itself. */
static ino64_t list_number(edoi_simdisk *self, int fd, const char *name) {
    struct stat is;
    if (fstatat(fd, name, &is, AT_SYMLINK_NOFOLLOW) < 0) return 1; // it is gone
    const dev_t was = is.st_dev;
    edoi_simdisk_show(self, fd, name, &is);
    bool is_above = is.st_dev == was && strcmp(name, "..") == 0;
    return is_above ? list_number(self, fd, ".") : is.st_ino;
}

/* Numbers are given by name, where there was none before. */
static int list_read(edoi_simdisk *self, int fd, list *l) {
    struct dirent **all;
    int n = scandirat(fd, ".", &all, NULL, compare_names);
    *l = (list){ .files = NULL };
    if (n < 0) return -errno;
    if (self->list_secret == 0) self->list_secret = self->host.random(self->host.arg) | 1;
    l->files = edoi_calloc((size_t)n + 1, sizeof(listed));
    for (int i = 0; i < n; i++) {
        if (l->files) {
            all[i]->d_ino = list_number(self, fd, all[i]->d_name);
            l->files[l->n++] = (listed){ list_key(self, all[i]->d_name), all[i] };
        } else {
            free(all[i]);
        }
    }
    free(all);
    if (!l->files) return -ENOMEM;
    qsort(l->files, l->n, sizeof(listed), compare_keys);
    for (size_t i = 1; i < l->n; i++)
        if (l->files[i].key <= l->files[i - 1].key) l->files[i].key = l->files[i - 1].key + 1;
    return 0;
}

/* Writes one record. Returns its length; 0: there is no room. */
static size_t listed_put(const listed *f, unsigned char *to, size_t room) {
    const size_t head = offsetof(struct dirent64, d_name), name_n = strlen(f->is->d_name) + 1;
    const size_t n = (head + name_n + 7) & ~(size_t)7;
    struct dirent64 record = { .d_ino = f->is->d_ino,
                               .d_off = (off64_t)f->key + 1,
                               .d_reclen = (unsigned short)n,
                               .d_type = f->is->d_type };
    if (n > room) return 0;
    memset(to, 0, n);
    memcpy(to, &record, head);
    memcpy(to + head, f->is->d_name, name_n);
    return n;
}

bool edoi_simdisk_has_folder(const edoi_simdisk *self, int fd) {
    struct stat is;
    return fstat(fd, &is) == 0 && S_ISDIR(is.st_mode) && edoi_simdisk_has_it(self, fd, NULL, &is);
}

ssize_t edoi_simdisk_list(edoi_simdisk *self, int fd, uint64_t *place, void *to, size_t room) {
    list l;
    size_t n = 0, one = 1;
    bool is_short = false;
    int err = list_read(self, fd, &l);
    for (size_t i = 0; err == 0 && one > 0 && i < l.n; i++) {
        if (l.files[i].key < *place) continue;
        one = listed_put(&l.files[i], (unsigned char *)to + n, room - n);
        is_short = one == 0 && n == 0;
        n += one;
        if (one > 0) *place = l.files[i].key + 1;
    }
    list_free(&l);
    return err < 0 ? err : is_short ? -EINVAL : (ssize_t)n;
}
