/* SPDX-License-Identifier: MIT */
/* sim/disk/maps.c: writes of a program through a shared mapping. They cannot be seen when they
 * happen: so the disk keeps a copy of the mapping, and compares it at a sync, when the mapping
 * ends, and at a crash. Each sector that differs counts as a write; their order is unknown. */
#include "base/memory/alloc.h"
#include "sim/disk/disk.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define MAP_STEP ((size_t)4096) /* no page is smaller */

/* A part of a file in memory. */
struct edoi_simmap {
    struct edoi_simmap *next;
    dev_t dev;
    ino_t ino;
    unsigned char *at;
    size_t n;
    uint64_t place;              /* in the file */
    unsigned char now[MAP_STEP]; /* for a look */
    unsigned char had[];         /* `n` bytes */
};

/* What is there now. False: nothing is, as behind the end of the file, where a read would be the
 * end of the process. */
static bool map_read(unsigned char *to, const unsigned char *from, size_t n) {
    const struct iovec mine = { to, n }, there = { (void *)(uintptr_t)from, n };
    return process_vm_readv(getpid(), &mine, 1, &there, 1, 0) == (ssize_t)n;
}

/* The bytes from `i` on, at most `most`. */
static size_t map_part(const edoi_simmap *m, size_t i, size_t most) {
    return m->n - i < most ? m->n - i : most;
}

int edoi_simdisk_map(edoi_simdisk *self, int fd, void *at, size_t n, off_t place) {
    struct stat is;
    if (self->is_dead || !edoi_simdisk_find_fd(self, fd, &is)) return 0;
    edoi_simmap *m = edoi_calloc(1, sizeof *m + n);
    if (!m) return -ENOMEM;
    m->dev = is.st_dev;
    m->ino = is.st_ino;
    m->at = at;
    m->n = n;
    m->place = (uint64_t)place;
    for (size_t i = 0; i < n; i += MAP_STEP)
        (void)map_read(m->had + i, m->at + i, map_part(m, i, MAP_STEP)); // else 0: it may grow
    m->next = self->maps;
    self->maps = m;
    return 0;
}

static edoi_simfiled *file_of_map(const edoi_simdisk *self, const edoi_simmap *m) {
    return edoi_simdisk_find(self, &(struct stat){ .st_dev = m->dev, .st_ino = m->ino });
}

/* Notes the sectors that differ, of `n` bytes from `i` on, which are `now`. */
static void map_compare(const edoi_simdisk *self, edoi_simmap *m, edoi_simfiled *f, size_t i,
                        size_t n) {
    for (size_t k = 0; k < n; k += EDOI_SIMDISK_SECTOR) {
        size_t part = map_part(m, i + k, EDOI_SIMDISK_SECTOR);
        unsigned char *had = m->had + i + k;
        if (memcmp(m->now + k, had, part) == 0) continue;
        edoi_simdisk_note_mapped(self, f, m->place + i + k, m->now + k, had, part);
        memcpy(had, m->now + k, part);
    }
}

/* Notes what was written since the last look. */
static void map_look(edoi_simdisk *self, edoi_simmap *m) {
    edoi_simfiled *f = file_of_map(self, m);
    for (size_t i = 0; i < m->n && f; i += MAP_STEP) {
        size_t n = map_part(m, i, MAP_STEP);
        if (map_read(m->now, m->at + i, n)) map_compare(self, m, f, i, n);
    }
}

void edoi_simdisk_look_at_maps(edoi_simdisk *self, const edoi_simfiled *of) {
    for (edoi_simmap *m = self->maps; m; m = m->next)
        if (!of || file_of_map(self, m) == of) map_look(self, m);
}

bool edoi_simdisk_has_map(const edoi_simdisk *self, const void *at, size_t n) {
    const unsigned char *begin = at;
    const edoi_simmap *m = self->maps;
    while (m && (m->at >= begin + n || begin >= m->at + m->n)) m = m->next;
    return m != NULL;
}

int edoi_simdisk_sync_map(edoi_simdisk *self, const void *at, size_t n) {
    const unsigned char *begin = at;
    int err = 0;
    edoi_simdisk_step(self);
    if (edoi_simdisk_is_over(self)) return -EIO;
    for (edoi_simmap *m = self->maps; m; m = m->next) {
        if (m->at >= begin + n || begin >= m->at + m->n) continue;
        edoi_simfiled *f = file_of_map(self, m);
        int one = f ? edoi_simdisk_sync_file(self, f) : 0;
        if (one < 0) err = one;
    }
    return err;
}

void edoi_simdisk_unmap(edoi_simdisk *self, const void *at, size_t n) {
    const unsigned char *begin = at;
    for (edoi_simmap **of = &self->maps; *of;) {
        edoi_simmap *m = *of;
        bool is_meant = m->at < begin + n && begin < m->at + m->n;
        bool is_whole = begin <= m->at && m->at + m->n <= begin + n;
        if (is_meant) map_look(self, m);
        if (is_meant && is_whole) {
            *of = m->next;
            edoi_free(m);
        } else {
            of = &m->next;
        }
    }
}

void edoi_simdisk_forget_maps(edoi_simdisk *self) {
    for (edoi_simmap *m = self->maps, *next; m; m = next) {
        next = m->next;
        edoi_free(m);
    }
    self->maps = NULL;
}
