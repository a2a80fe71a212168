/* SPDX-License-Identifier: MIT */
/* fs/tree/dir.c: the entries of one directory; the handle is its sequence. */
#include "base/memory/alloc.h"
#include "fs/tree/entries.h"
#include "fs/tree/pooled.h"
#include "records/handles.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct edo_dir {
    edoi_pooled pooled; /* first */
    edoi_entries entries;
    bool fetches; /* a job has begun to fetch, also if its reader is gone: `entries` is the job's */
};

static edo_dir *dir_of(edo_seq *s) {
    return (edo_dir *)(void *)s;
}

static int pooled_fetch(edoi_pooled *p) {
    edoi_entries_fetch(&dir_of(&p->base)->entries);
    return 0;
}

static void free_dir(edoi_pooled *p) {
    edo_dir *self = dir_of(&p->base);
    edoi_entries_deinit(&self->entries);
    edoi_handle_free(EDOI_DIR, self, self, sizeof *self);
}

static edo_polled dir_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    edo_dir *self = dir_of(s);
    for (;;) {
        if (!self->fetches && edoi_entries_peek(&self->entries, (edo_dir_entry *)item)) {
            edoi_entries_pass(&self->entries);
            *result = 1;
            return EDO_READY;
        }
        if (!self->fetches) {
            *result = edoi_entries_take_failure(&self->entries);
            if (*result < 0 || self->entries.is_complete) return EDO_READY;
        }
        self->fetches = true;
        int made;
        if (edoi_pooled_poll(&self->pooled, cx, &made, result) == EDO_PENDING) return EDO_PENDING;
        if (*result < 0) return EDO_READY; // the next read tries again
        self->fetches = false;
    }
}

static const edo_seq_ops dir_ops = {
    .poll_next = dir_poll, .leave = edoi_pooled_leave, .drop = edoi_pooled_drop, .name = "edo_dir"
};

typedef struct dir_opening {
    edo_dir *dir;
    const char *path;
} dir_opening;

static int dir_open_job(void *arg) {
    static const edoi_pooled_ops ops = { .make = pooled_fetch, .free = free_dir };
    dir_opening *o = (dir_opening *)arg;
    int fd;
    do fd = open(o->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) return -errno;
    o->dir = (edo_dir *)edoi_alloc(sizeof *o->dir);
    if (!o->dir) {
        (void)close(fd);
        return -ENOMEM;
    }
    (void)edo_seq_init(&o->dir->pooled.base, &dir_ops, sizeof(edo_dir_entry));
    edoi_pooled_init(&o->dir->pooled, &ops);
    edoi_entries_init(&o->dir->entries, fd);
    o->dir->fetches = false;
    return 0;
}

int edo_dir_open(edo_dir **out, const char *path) {
    dir_opening o = { .path = path };
    int err = edo_blocking(dir_open_job, &o);
    if (err < 0) return err;
    *out = (edo_dir *)edoi_handle_made_here(EDOI_DIR, o.dir, EDOI_CALLER());
    return 0;
}

int edo_dir_next(edo_dir *dir, edo_dir_entry *entry) {
    EDOI_ENTERS(EDOI_DIR, dir);
    return edo_seq_next(&dir->pooled.base, entry);
}

void edo_dir_close(edo_dir *dir) {
    if (!dir) return;
    edoi_handle_given_up(EDOI_DIR, dir, EDOI_CALLER());
    edo_seq_free(&dir->pooled.base);
}

edo_seq *edo_seq_from_dir(edo_dir *dir) {
    if (!dir) return NULL;
    edoi_handle_given_up(EDOI_DIR, dir, EDOI_CALLER());
    return &dir->pooled.base;
}
