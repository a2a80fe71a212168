/* SPDX-License-Identifier: MIT */
/* fs/tree/walk.c: the reader's half of a walk over a tree. */
#include "fs/tree/walk.h"

#include "base/memory/alloc.h"
#include "base/opts.h"
#include "seq/seq.h"

#include <errno.h>

static edoi_walk *walk_of(edo_seq *s) {
    return (edoi_walk *)(void *)s;
}

/* The path becomes `dir`, '/', `name`. */
static int set_path(edoi_walk *self, size_t dir_n, const char *name) {
    size_t n = strlen(name);
    self->path.len = dir_n;
    int err = edo_buf_reserve(&self->path, n + 2);
    if (err < 0) return err;
    char *end = self->path.ptr + dir_n;
    if (end[-1] != '/') *end++ = '/';
    memcpy(end, name, n);
    end[n] = 0;
    self->path.len = (size_t)(end + n - self->path.ptr);
    return 0;
}

/* Reports the thing of which the path is set. */
static void walk_report(edoi_walk *self, edo_walk_entry *out, uint32_t depth, int err) {
    const char *path = self->path.ptr, *slash = strrchr(path, '/');
    *out = (edo_walk_entry){ .path = path,
                             .name = self->path.len > self->root_n ? slash + 1 : path,
                             .ino = self->ino,
                             .type = self->type,
                             .depth = depth,
                             .err = err };
    bool may_be_dir = self->type == EDO_ENTRY_DIR || self->type == EDO_ENTRY_UNKNOWN ||
                      (self->type == EDO_ENTRY_LINK && self->follows);
    self->enters = err == 0 && may_be_dir && (!self->depth_max || depth < self->depth_max);
}

static edoi_level *last_of(edoi_walk *self) {
    return &self->levels[self->n - 1];
}

/* Reports that the rest of the last level cannot be read. */
static void report_last(edoi_walk *self, edo_walk_entry *out, int err) {
    self->path.len = last_of(self)->path_n;
    self->path.ptr[self->path.len] = 0;
    self->ino = last_of(self)->ino;
    self->type = EDO_ENTRY_DIR;
    walk_report(self, out, self->n - 1, err);
}

/* What a job has done is taken over. Returns whether there is something to report, in `*out`. */
static bool walk_take_over(edoi_walk *self, edo_walk_entry *out, int err) {
    edoi_walk_step step = self->step;
    bool skips = self->skips;
    self->step = EDOI_WALK_NONE;
    self->skips = false;
    if (step == EDOI_WALK_START) {
        self->has_begun = true;
        walk_report(self, out, 0, err);
        return true;
    }
    if (step == EDOI_WALK_RETURN) edoi_walk_pop(self);
    if (step == EDOI_WALK_RETURN && err < 0) report_last(self, out, err);
    if (step != EDOI_WALK_ENTER) return err < 0;
    if (skips && err == 0) edoi_walk_pop(self);
    bool is_gone = err == -ENOENT || err == -ENOTDIR || (err == -ELOOP && !self->follows);
    if (err == 0 || skips || is_gone) return false;
    walk_report(self, out, self->n, err);
    return true;
}

/* ---- What comes next ------------------------------------------------------------------------- */

/* The next entry of the last level: 1 and the entry, or that it fails; 0 none was fetched; or
 * -ENOMEM. */
static int next_entry(edoi_walk *self, edo_walk_entry *out) {
    edo_dir_entry e;
    edoi_entries *entries = last_of(self)->entries;
    if (!entries) return 0;
    if (!edoi_entries_peek(entries, &e)) {
        int failure = edoi_entries_take_failure(entries);
        if (failure < 0) report_last(self, out, failure);
        return failure < 0;
    }
    int err = set_path(self, last_of(self)->path_n, e.name);
    if (err < 0) return err;
    self->ino = e.ino;
    self->type = e.type;
    walk_report(self, out, self->n, 0);
    edoi_entries_pass(entries);
    return 1;
}

/* Decides what the next job does, and ends levels that are over. */
static void walk_decide(edoi_walk *self) {
    const edoi_level *last = self->n > 0 ? last_of(self) : NULL;
    if (!self->has_begun) {
        self->step = EDOI_WALK_START;
    } else if (self->enters) {
        self->step = EDOI_WALK_ENTER;
        self->enters = false;
    } else if (!last) {
        self->is_over = true;
    } else if (last->entries && !last->entries->is_complete) {
        self->step = EDOI_WALK_FETCH;
    } else if (self->n > 1 && !self->levels[self->n - 2].entries) {
        self->step = EDOI_WALK_RETURN;
    } else {
        edoi_walk_pop(self);
    }
}

static edo_polled walk_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    edoi_walk *self = walk_of(s);
    edo_walk_entry *out = (edo_walk_entry *)item;
    for (;;) {
        if (self->step == EDOI_WALK_NONE) {
            *result = self->enters || self->n == 0 ? 0 : next_entry(self, out);
            if (*result == 0) walk_decide(self);
            if (*result != 0 || self->is_over) return EDO_READY;
        }
        if (self->step == EDOI_WALK_NONE) continue;
        int err = 0;
        if (edoi_pooled_poll(&self->pooled, cx, &err, result) == EDO_PENDING) return EDO_PENDING;
        if (*result < 0) return EDO_READY; // the step is still to be done
        *result = 1;
        if (walk_take_over(self, out, err)) return EDO_READY;
    }
}

static void free_walk(edoi_pooled *p) {
    edoi_walk *self = walk_of(&p->base);
    while (self->n > 0) edoi_walk_pop(self);
    edoi_free(self->levels);
    edo_buf_deinit(&self->path);
    edoi_free(self);
}

static const edo_seq_ops walk_ops = { .poll_next = walk_poll,
                                      .leave = edoi_pooled_leave,
                                      .drop = edoi_pooled_drop,
                                      .name = "edo_fs_walk" };

edo_seq *edo_fs_walk(const char *root, const edo_fs_walk_opts *opts) {
    static const edo_fs_walk_opts defaults;
    static const edoi_pooled_ops ops = { .make = edoi_walk_make, .free = free_walk };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)))
        return edoi_seq_failed(-EINVAL, sizeof(edo_walk_entry));
    edoi_walk *self = (edoi_walk *)edoi_calloc(1, sizeof *self);
    if (!self) return NULL;
    self->follows = opts->follow_links;
    self->depth_max = opts->depth_max;
    self->root_n = (uint32_t)strlen(root);
    if (edo_buf_append(&self->path, root, self->root_n + 1) < 0) {
        edoi_free(self);
        return NULL;
    }
    self->path.len = self->root_n;
    self->first_open = 1;
    edoi_pooled_init(&self->pooled, &ops);
    return edo_seq_init(&self->pooled.base, &walk_ops, sizeof(edo_walk_entry));
}

int edo_fs_walk_skip(edo_seq *walk) {
    if (!walk || walk->ops != &walk_ops) return -EINVAL;
    edoi_walk *self = walk_of(walk);
    if (self->step == EDOI_WALK_ENTER) {
        self->skips = true; // a read that was cut short has begun to enter it
    } else {
        self->enters = false;
    }
    return 0;
}
