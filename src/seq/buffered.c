/* SPDX-License-Identifier: MIT */
/* seq/buffered.c: a task for each item, several at once (contract: edo/seq.h).
 *
 * Each task has a cell: its item, and the place of its output. The sequence takes items from its
 * source into a spare cell, starts a task with it, and reads the outputs as the task set gives the
 * tasks back. So the tasks need no reader to go on, and a task that holds a lock cannot be stopped
 * by a reader that does something else.
 *
 * inv. 1: a cell has one reference of its task, while that runs, and one of the sequence, while the
 *         cell is the spare one or in `cells`. So a task that outlives the sequence keeps its cell.
 * inv. 2: between polls that are not repeated neither the source nor the set keeps a waker. */
#include "base/assert.h"
#include "base/error/trail.h"
#include "base/memory/cache.h"
#include "seq/seq.h"

#include <edo/task_set.h>

#include <errno.h>

#define UNORDERED 1u /* outputs come as they are made */
#define TRIES     2u /* the first failure is the last output */

typedef struct cell {
    edo_seq_map_fn *fn;                     /* const */
    void *arg;                              /* const */
    size_t out_at;                          /* const; of the output in `bytes` */
    struct cell *next, *prev;               /* in `cells`; the sequence's */
    EDOI_ALIGNED(16) unsigned char bytes[]; /* the item, then the output */
} cell;

typedef struct buffered {
    edo_seq base;
    edo_seq *source; /* owned */
    edo_seq_map_fn *fn;
    void *arg;
    const char *site;
    size_t n, running; /* most tasks; tasks in `set` */
    uint32_t how;      /* const: UNORDERED, TRIES */
    bool reading;      /* `read` is pending */
    bool stopping;     /* the tasks have been cancelled: nothing more is read */
    bool is_full;      /* the spare cell has an item, for which no task could be started */
    int held;          /* the failure of the source that comes when `set` is empty; 0: none */
    edoi_trail *trail; /* of that failure */
    cell *cells;       /* of the tasks in `set` */
    cell *spare;       /* for the next item; NULL: none */
    edo_task_set set;
    edo_task_set_join_next_future read;
    edo_task_ended ended; /* written by `read` */
} buffered;

static buffered *buffered_of(edo_seq *s) {
    return (buffered *)(void *)s;
}

/* ---- Cells ----------------------------------------------------------------------------------- */

static cell *cell_new(const buffered *self) {
    size_t out_at = (self->source->item_size + 15) & ~(size_t)15; // aligned for any type
    cell *c = edo_rc_new(sizeof(cell) + out_at + self->base.item_size, NULL);
    if (c) *c = (cell){ .fn = self->fn, .arg = self->arg, .out_at = out_at };
    return c;
}

static void cell_link(buffered *self, cell *c) {
    c->prev = NULL;
    c->next = self->cells;
    if (c->next) c->next->prev = c;
    self->cells = c;
}

static void cell_unlink(buffered *self, const cell *c) {
    EDO_INV("buffered inv. 1", (c->prev ? c->prev->next : self->cells) == c);
    *(c->prev ? &c->prev->next : &self->cells) = c->next;
    if (c->next) c->next->prev = c->prev;
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

static int run_cell(void *arg) {
    cell *c = arg;
    int result = c->fn(c->arg, c->bytes, c->bytes + c->out_at);
    edo_rc_unref(c);
    return result;
}

/* Starts a task with the spare cell, which is full. */
static int buffered_start(buffered *self) {
    cell *c = self->spare;
    int err = edo_task_set_spawn_at(&self->set, run_cell, edo_rc_ref(c), self->site);
    if (err < 0) {
        edo_rc_unref(c);
        return err;
    }
    cell_link(self, c);
    self->spare = NULL;
    self->is_full = false;
    self->running++;
    return 0;
}

/* The source has failed: of ordered outputs those before it come first. Returns what is to be told
 * at once. */
static int buffered_hold(buffered *self, int err) {
    if (self->how & UNORDERED || self->running == 0) return err;
    self->held = err;
    self->trail = edoi_trail_take(err);
    return 0;
}

/* A task could not be started; its item stays. Returns what is to be told at once: nothing while
 * there are tasks, whose outputs come first. */
static int put_off(const buffered *self, int err) {
    return self->running > 0 ? 0 : err;
}

/* Takes items from the source and starts tasks while there is a place. Returns 0, or what is to be
 * told at once. */
static int buffered_fill(buffered *self, edo_cx *cx) {
    while (self->running < self->n && self->held == 0 && (self->is_full || !self->source->over)) {
        if (!self->spare) self->spare = cell_new(self);
        if (!self->spare) return put_off(self, -ENOMEM);
        if (!self->is_full) {
            int rc;
            if (edo_seq_poll_next(self->source, cx, self->spare->bytes, &rc) == EDO_PENDING)
                return 0;
            if (rc < 0) return buffered_hold(self, rc);
            self->is_full = rc == 1;
            if (rc == 0) return 0;
        }
        int err = buffered_start(self);
        if (err < 0) return put_off(self, err);
    }
    return 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* The next task has ended: returns the result of the poll. */
static int buffered_take(buffered *self, void *item) {
    cell *c = self->ended.arg;
    int result = self->ended.result;
    if (result >= 0 && !self->stopping) { // else what the task made is lost
        if (item)                         // outputs of no bytes need no place
            edoi_seq_copy(item, c->bytes + c->out_at, self->base.item_size);
        result = 1;
    }
    cell_unlink(self, c);
    self->running--;
    edo_rc_unref(c);
    return result;
}

/* True: a task was taken, and `*result` is set. */
static bool buffered_read_one(buffered *self, edo_cx *cx, void *item, int *result) {
    if (!self->reading) (void)edo_task_set_join_next_init(&self->read, &self->set, &self->ended);
    self->reading = edo_poll(&self->read.base, cx) == EDO_PENDING;
    if (self->reading) return false;
    *result = edo_result(&self->read);
    if (*result > 0) *result = buffered_take(self, item);
    return true;
}

static int tell_held(buffered *self) {
    int err = self->held;
    edoi_trail_give(self->trail);
    self->trail = NULL;
    self->held = 0;
    return err;
}

static void buffered_leave(edo_seq *s) {
    buffered *self = buffered_of(s);
    if (self->reading) edo_drop(&self->read.base);
    self->reading = false;
    edo_seq_leave(self->source);
    EDO_INV("buffered inv. 2", !self->source->waits);
}

/* Cancels the tasks; nothing more is read. */
static void buffered_cancel(buffered *self) {
    if (!self->stopping) edo_task_set_cancel_all(&self->set);
    self->stopping = true;
}

static edo_polled buffered_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    buffered *self = buffered_of(s);
    *result = 0;
    if (self->stopping) return EDO_READY;
    *result = buffered_fill(self, cx);
    if (*result == 0) {
        if (self->running > 0) {
            if (!buffered_read_one(self, cx, item, result)) return EDO_PENDING;
        } else if (self->held < 0) {
            *result = tell_held(self);
        } else if (!self->source->over) {
            return EDO_PENDING;
        }
    }
    buffered_leave(s); // inv. 2
    if (*result < 0 && self->how & TRIES) buffered_cancel(self);
    return EDO_READY;
}

/* Takes the tasks that have ended, and loses what they tell; true: that was the last. */
static bool stopped(buffered *self, edo_cx *cx) {
    int result = 0;
    while (self->running > 0 && buffered_read_one(self, cx, NULL, &result)) continue;
    return self->running == 0;
}

static edo_polled buffered_stop(edo_seq *s, edo_cx *cx) {
    buffered *self = buffered_of(s);
    buffered_cancel(self);
    return stopped(self, cx) ? edo_seq_poll_stop(self->source, cx) : EDO_PENDING;
}

static void buffered_drop(edo_seq *s) {
    buffered *self = buffered_of(s);
    edo_task_set_deinit(&self->set);
    for (cell *c = self->cells, *next; c; c = next) {
        next = c->next;
        edo_rc_unref(c);
    }
    edo_rc_unref(self->spare);
    edoi_trail_free(self->trail);
    edo_seq_free(self->source);
    edoi_cache_put(self, sizeof *self);
}

static edo_seq_size buffered_size(const edo_seq *s) {
    const buffered *self = (const buffered *)(const void *)s;
    uint64_t ours = self->running + self->is_full;
    if (self->stopping) return (edo_seq_size){ 0, 0 };
    edo_seq_size size = edo_seq_size_hint(self->source);
    size.least = size.least > UINT64_MAX - ours ? UINT64_MAX : size.least + ours;
    size.most = size.most > UINT64_MAX - ours ? UINT64_MAX : size.most + ours;
    return size;
}

/* ---- Making ---------------------------------------------------------------------------------- */

static edo_seq *buffered_new(edo_seq *s, size_t n, edo_seq_map_fn *fn, void *arg, size_t out_size,
                             const char *site, uint32_t how) {
    static const edo_seq_ops ops = { .poll_next = buffered_poll,
                                     .leave = buffered_leave,
                                     .drop = buffered_drop,
                                     .stop = buffered_stop,
                                     .name = "edo_seq_buffered",
                                     .size = buffered_size };
    if (!s) return NULL;
    buffered *self = n > 0 ? edoi_cache_get(sizeof *self) : NULL;
    if (!self) {
        edo_seq_free(s);
        return n > 0 ? NULL : edoi_seq_failed(-EINVAL, out_size);
    }
    *self = (buffered){ .source = s, .fn = fn, .arg = arg, .site = site, .n = n, .how = how };
    edo_task_set_init(&self->set, &(edo_task_set_opts){ .ordered = !(how & UNORDERED) });
    return edo_seq_init(&self->base, &ops, out_size);
}

edo_seq *edo_seq_buffered_at(edo_seq *s, size_t n, edo_seq_map_fn *fn, void *arg, size_t out_size,
                             const char *site) {
    return buffered_new(s, n, fn, arg, out_size, site, 0);
}

edo_seq *edo_seq_buffer_unordered_at(edo_seq *s, size_t n, edo_seq_map_fn *fn, void *arg,
                                     size_t out_size, const char *site) {
    return buffered_new(s, n, fn, arg, out_size, site, UNORDERED);
}

edo_seq *edo_seq_try_buffered_at(edo_seq *s, size_t n, edo_seq_map_fn *fn, void *arg,
                                 size_t out_size, const char *site) {
    return buffered_new(s, n, fn, arg, out_size, site, TRIES);
}

edo_seq *edo_seq_try_buffer_unordered_at(edo_seq *s, size_t n, edo_seq_map_fn *fn, void *arg,
                                         size_t out_size, const char *site) {
    return buffered_new(s, n, fn, arg, out_size, site, TRIES | UNORDERED);
}
