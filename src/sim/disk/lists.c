/* SPDX-License-Identifier: MIT */
/* sim/disk/lists.c: what a folder has, in an order that is the disk's.
 *
 * A file has a key in its folder, by its name and the seed, and a list is in the order of keys, so
 * that a program that takes an order for granted finds that out. Of getdents64(2), which has no
 * memory from one call to the next, a place is a key: files that are made and removed meanwhile
 * move no others. The machine keeps it as the place of the descriptor, which may be any below
 * 2^31. */
#include "base/memory/alloc.h"
#include "sim/disk/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MASK 0x3fffffffu

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
    uint64_t mixed = self->host.order;
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
    return 0;
}

static size_t list_find(const list *l, uint64_t key) {
    size_t i = 0;
    while (i < l->n && l->files[i].key < key) i++;
    return i;
}

static size_t listed_bytes(const listed *f) {
    return (offsetof(struct dirent64, d_name) + strlen(f->is->d_name) + 1 + 7) & ~(size_t)7;
}

/* Writes one record, with the place behind it. Returns its length. */
static size_t listed_put(const listed *f, uint64_t place, unsigned char *to) {
    const size_t head = offsetof(struct dirent64, d_name), n = listed_bytes(f);
    struct dirent64 record = { .d_ino = f->is->d_ino,
                               .d_off = (off64_t)place,
                               .d_reclen = (unsigned short)n,
                               .d_type = f->is->d_type };
    memset(to, 0, n);
    memcpy(to, &record, head);
    memcpy(to + head, f->is->d_name, strlen(f->is->d_name));
    return n;
}

bool edoi_simdisk_has_folder(const edoi_simdisk *self, int fd) {
    struct stat is;
    return fstat(fd, &is) == 0 && S_ISDIR(is.st_mode) && edoi_simdisk_has_it(self, fd, NULL, &is);
}

/* Files with one key come at once: a place between them would skip one after another is removed.
 * Returns the index behind those from `i` on; adds what they take to `*bytes`. */
static size_t list_alike(const list *l, size_t i, size_t *bytes) {
    const uint64_t key = l->files[i].key;
    for (; i < l->n && l->files[i].key == key; i++) *bytes += listed_bytes(&l->files[i]);
    return i;
}

ssize_t edoi_simdisk_list(edoi_simdisk *self, int fd, uint64_t *place, void *to, size_t room) {
    list l;
    size_t n = 0, upto = 0;
    int err = list_read(self, fd, &l);
    for (size_t i = list_find(&l, *place); err == 0 && i < l.n;) {
        size_t next = list_alike(&l, i, &upto);
        if (upto > room) break;
        *place = l.files[i].key + 1;
        for (; i < next; i++) n += listed_put(&l.files[i], *place, (unsigned char *)to + n);
    }
    list_free(&l);
    return err < 0 ? err : n == 0 && upto > 0 ? -EINVAL : (ssize_t)n;
}

int edoi_simdisk_list_all(edoi_simdisk *self, int fd, uint64_t from, edoi_simbytes *out) {
    list l;
    *out = (edoi_simbytes){ .n = 0 };
    int err = list_read(self, fd, &l);
    const size_t first = list_find(&l, from);
    for (size_t i = first; i < l.n; i++) out->room += listed_bytes(&l.files[i]);
    if (err == 0 && !(out->bytes = edoi_calloc(1, (size_t)out->room + 1))) err = -ENOMEM;
    for (size_t i = first; err == 0 && i < l.n; i++)
        out->n += listed_put(&l.files[i], out->n + listed_bytes(&l.files[i]), out->bytes + out->n);
    list_free(&l);
    return err;
}
