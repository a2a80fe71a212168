/* SPDX-License-Identifier: MIT */
/* fs/tree/walk_steps.c: what the jobs of a walk do. */
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "fs/tree/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define OPEN_MAX 32u

static int open_dir(const edoi_walk *self, int parent, const char *name) {
    bool is_root = parent == AT_FDCWD;
    int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    if (!self->follows && !is_root) flags |= O_NOFOLLOW;
    int fd;
    do fd = openat(parent, name, flags);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

void edoi_walk_pop(edoi_walk *self) {
    edoi_level *last = &self->levels[--self->n];
    if (last->entries) edoi_entries_deinit(last->entries);
    edoi_free(last->entries);
    if (self->first_open > self->n && self->n > 0) self->first_open = self->n;
}

/* ---- Down ------------------------------------------------------------------------------------ */

/* Closes the first of too many levels. */
static void close_one(edoi_walk *self) {
    if (self->n < self->first_open + OPEN_MAX) return;
    edoi_level *l = &self->levels[self->first_open++];
    edoi_resume_note(&l->resume, l->entries);
    edoi_entries_deinit(l->entries);
    edoi_free(l->entries);
    l->entries = NULL;
}

static bool is_inside(const edoi_walk *self, const struct stat *dir) {
    for (uint32_t i = 0; i < self->n; i++)
        if (self->levels[i].ino == dir->st_ino && self->levels[i].dev == dir->st_dev) return true;
    return false;
}

static int reserve_level(edoi_walk *self) {
    if (self->n < self->cap) return 0;
    uint32_t cap = self->cap ? 2 * self->cap : 16;
    edoi_level *levels = (edoi_level *)edoi_realloc(self->levels, cap * sizeof *levels);
    if (!levels) return -ENOMEM;
    self->levels = levels;
    self->cap = cap;
    return 0;
}

/* Begins a level with the directory `fd`, which it takes on success. */
static int walk_push(edoi_walk *self, int fd) {
    struct stat dir;
    if (fstat(fd, &dir) < 0) return -errno;
    if (self->follows && is_inside(self, &dir)) return -ELOOP;
    int err = reserve_level(self);
    if (err < 0) return err;
    edoi_entries *entries = (edoi_entries *)edoi_alloc(sizeof *entries);
    if (!entries) return -ENOMEM;
    close_one(self);
    edoi_entries_init(entries, fd);
    self->levels[self->n++] = (edoi_level){
        .entries = entries, .dev = dir.st_dev, .ino = dir.st_ino, .path_n = (uint32_t)self->path.len
    };
    return 0;
}

static int walk_enter(edoi_walk *self) {
    const char *path = self->path.ptr;
    int fd;
    if (self->n == 0) {
        fd = open_dir(self, AT_FDCWD, path);
    } else {
        const edoi_level *last = &self->levels[self->n - 1];
        const char *name = path + last->path_n;
        fd = open_dir(self, last->entries->fd, *name == '/' ? name + 1 : name);
    }
    if (fd < 0) return fd;
    int err = walk_push(self, fd);
    if (err < 0) {
        (void)close(fd);
        return err;
    }
    edoi_entries_fetch(self->levels[self->n - 1].entries);
    return 0;
}

/* ---- Up -------------------------------------------------------------------------------------- */

/* Takes `fd`, if it is the directory of `level`; or a negative code. */
static int level_check(const edoi_level *level, int fd) {
    struct stat dir;
    if (fd < 0) return fd;
    int err = fstat(fd, &dir) < 0                                    ? -errno
              : dir.st_dev == level->dev && dir.st_ino == level->ino ? 0
                                                                     : -ESTALE;
    if (err == 0) return fd;
    (void)close(fd);
    return err;
}

/* The name of a level in the one above, with no 0 behind it. */
static const char *walk_name_of(const edoi_walk *self, uint32_t level, size_t *n) {
    const char *from = self->path.ptr + self->levels[level - 1].path_n;
    const char *end = self->path.ptr + self->levels[level].path_n;
    if (*from == '/') from++;
    *n = (size_t)(end - from);
    return from;
}

/* Opens what is in `at` by a name of `n` bytes, which in some file systems may be more than
 * NAME_MAX. It is copied, since a reader that was cancelled may look at the path meanwhile. */
static int open_by_name(const edoi_walk *self, int at, const char *from, size_t n) {
    char *name = (char *)edoi_alloc(n + 1);
    if (!name) return -ENOMEM;
    memcpy(name, from, n);
    name[n] = 0;
    int fd = open_dir(self, at, name);
    edoi_free(name);
    return fd;
}

/* Opens level `to` by the names of the path, from the root. */
static int open_from_root(const edoi_walk *self, uint32_t to) {
    int at = self->levels[0].entries->fd;
    for (uint32_t i = 1; i <= to; i++) {
        size_t n;
        const char *from = walk_name_of(self, i, &n);
        int fd = open_by_name(self, at, from, n);
        if (i > 1) (void)close(at);
        if (fd < 0) return fd;
        at = fd;
    }
    return level_check(&self->levels[to], at);
}

static int open_above(const edoi_walk *self) {
    const edoi_level *last = &self->levels[self->n - 1];
    int fd = -ESTALE; // the last level could not be opened: it has no ".."
    if (last->entries) fd = level_check(last - 1, open_dir(self, last->entries->fd, ".."));
    return fd < 0 ? open_from_root(self, self->n - 2) : fd;
}

/* The last level ends, and the one above it, which was closed, goes on behind the entry that is
 * the last level. */
static int return_above(edoi_walk *self) {
    edoi_level *last = &self->levels[self->n - 1], *above = last - 1;
    edoi_entries *entries = last->entries; // NULL: it could not be opened
    int fd = open_above(self);
    if (fd >= 0 && !entries) entries = (edoi_entries *)edoi_alloc(sizeof *entries);
    if (fd >= 0 && !entries) {
        (void)close(fd);
        fd = -ENOMEM;
    }
    if (fd < 0) return above->resume.is_over ? 0 : fd; // then nothing is lost
    if (last->entries) edoi_entries_deinit(entries);
    last->entries = NULL;
    edoi_entries_init(entries, fd);
    above->entries = entries;
    self->first_open = self->n - 2;
    entries->is_complete = above->resume.is_over;
    if (above->resume.is_over) return 0;
    size_t n;
    const char *name = walk_name_of(self, self->n - 1, &n);
    edoi_resume_go_on(&above->resume, entries, name, n);
    return 0;
}

static int walk_start(edoi_walk *self) {
    struct stat root;
    if (stat(self->path.ptr, &root) < 0) return -errno;
    self->ino = root.st_ino;
    self->type = edoi_entry_type(root.st_mode);
    return 0;
}

static void walk_check(const edoi_walk *self) {
    EDO_INV("walk inv. 1", self->n == 0 || self->n - self->first_open <= OPEN_MAX);
    EDO_INV("walk inv. 1", self->n == 0 || self->levels[0].entries);
    for (uint32_t i = 1; i < self->n; i++)
        EDO_INV("walk inv. 1", !self->levels[i].entries == (i < self->first_open));
}

int edoi_walk_make(edoi_pooled *p) {
    edoi_walk *self = (edoi_walk *)(void *)p;
    EDO_CHECK(walk_check(self));
    if (self->step == EDOI_WALK_START) return walk_start(self);
    if (self->step == EDOI_WALK_ENTER) return walk_enter(self);
    if (self->step == EDOI_WALK_RETURN) return return_above(self);
    edoi_entries_fetch(self->levels[self->n - 1].entries);
    return 0;
}
