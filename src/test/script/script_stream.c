/* SPDX-License-Identifier: MIT */
/* test/script/script_stream.c: reads and writes of a scripted stream, which go through its steps.
 *
 * A read takes the first step. A write takes the first write of the script, past reads that are not
 * taken yet: a peer that has sent something does not stop receiving. Neither passes a wait that is
 * not over, nor does a read pass a write. An operation that has removed a step wakes all others,
 * which look again. */
#include "base/assert.h"
#include "base/held.h"
#include "test/script/script.h"

#include <edo/task.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

static edo_test_script *script_stream_of(edo_stream *s) {
    return (edo_test_script *)(void *)s;
}

/* ---- Waiting operations ---------------------------------------------------------------------- */

/* Called with the mutex held, as all of this section but edoi_script_wake(). relaxed: the mutex
 * orders. */
static edo_io_wait *script_stream_next_of(const edo_io_wait *wait) {
    return edoi_load_rlx_ptr(&wait->next);
}

static void set_next(edo_io_wait *wait, edo_io_wait *next) {
    edoi_store_rlx_ptr(&wait->next, next);
    if (next) next->prev = wait;
}

static void link_wait(edo_test_script *self, edo_io_wait *wait, edo_waker *waker) {
    wait->who = (uintptr_t)waker;
    if (script_stream_next_of(wait)) return;
    self->waiters_n++;
    if (self->waiters) {
        set_next(self->waiters->prev, wait);
        set_next(wait, self->waiters);
    } else {
        set_next(wait, wait);
        self->waiters = wait;
    }
}

static void unlink_wait(edo_test_script *self, edo_io_wait *wait) {
    edo_io_wait *next = script_stream_next_of(wait);
    if (!next) return;
    self->waiters_n--;
    if (self->waiters == wait) self->waiters = next == wait ? NULL : next;
    set_next(wait->prev, next);
    set_next(wait, NULL);
}

/* Unlinks the first waiting operation; returns its waker, marked; NULL: nothing to deliver. */
static edo_waker *test_script_mark_first(edo_test_script *self) {
    edo_io_wait *wait = self->waiters;
    edo_waker *waker = (edo_waker *)wait->who;
    unlink_wait(self, wait);
    return edo_waker_mark(waker);
}

void edoi_script_wake(edo_test_script *self) {
    EDO_INV("script inv. 3", !edoi_held_any());
    edoi_mutex_acquire(&self->mutex);
    // only those that wait now: others may come while the mutex is released
    for (uint32_t n = self->waiters_n; n > 0 && self->waiters; n--) {
        edo_waker *marked = test_script_mark_first(self);
        edoi_mutex_release(&self->mutex);
        edo_waker_deliver(marked);
        edoi_mutex_acquire(&self->mutex);
    }
    edoi_mutex_release(&self->mutex);
}

static void end_nap(edo_test_script *self) {
    if (self->napper) edo_drop(&self->nap.base);
    self->napper = NULL;
}

/* ---- Operations ------------------------------------------------------------------------------ */

/* One operation in progress. */
typedef struct op {
    edo_test_script *self;
    edo_cx *cx; /* NULL: it does not wait */
    edo_io_wait *wait;
    bool has_moved; /* it has removed a step */
    bool again;     /* it has to look again at once */
    edoi_script_failure failure;
} op;

#define HAS_TO_WAIT 1 /* an outcome: the operation has no result yet; see end_op() */

/* Removes waits that are over from the front. HAS_TO_WAIT: one is not over; 0; or an error. */
static int pass_waits(op *o) {
    edo_test_script *self = o->self;
    while (self->first && self->first->kind == EDOI_STEP_WAIT) {
        edo_instant now = edo_now();
        if (!self->waits) self->until = edo_instant_add(now, self->first->length);
        self->waits = true;
        if (now.ns < self->until.ns) return HAS_TO_WAIT;
        self->waits = false;
        end_nap(self);
        edoi_script_pop(self);
        o->has_moved = true;
    }
    return 0;
}

/* While a wait is on: makes sure that an operation is woken at its end. 0; or the timer's error. */
static int op_begin_nap(op *o) {
    edo_test_script *self = o->self;
    if (!self->waits || (self->napper && self->napper != o->wait)) return 0;
    bool is_polled = (self->nap.base.state & EDOI_LIFE_MASK) == EDOI_LIFE_POLLED;
    EDO_INV("script inv. 2", self->napper || !is_polled);
    (void)is_polled;
    if (!self->napper) (void)edo_sleep_at_init(&self->nap, self->until);
    self->napper = o->wait;
    edo_cx cx = *o->cx;
    cx.budget = 1; // the operation's budget is its caller's business
    if (edo_poll(&self->nap.base, &cx) == EDO_PENDING) return 0;
    self->napper = NULL;
    o->again = self->nap.base.result == 0; // it is over meanwhile
    return self->nap.base.result;
}

/* Ends an operation that began with the mutex held. `outcome`: HAS_TO_WAIT, or 0 with the result
 * set. */
static edo_polled end_op(op *o, int outcome, int *result) {
    edo_polled polled = EDO_READY;
    if (outcome == HAS_TO_WAIT && !o->cx) {
        *result = -EAGAIN;
    } else if (outcome == HAS_TO_WAIT) {
        link_wait(o->self, o->wait, edo_cx_waker(o->cx));
        *result = op_begin_nap(o);
        if (*result == 0) polled = EDO_PENDING;
        if (*result < 0) unlink_wait(o->self, o->wait);
    }
    edoi_mutex_release(&o->self->mutex);
    if (o->again && o->cx) edo_cx_wake(o->cx);
    if (o->failure.file) edo_test_fail_at(o->failure.file, o->failure.line, "%s", o->failure.text);
    if (o->has_moved) edoi_script_wake(o->self);
    return polled;
}

/* Begins an operation: takes the mutex, and passes waits. Otherwise as end_op(). */
static int begin_op(op *o, edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    *o = (op){ .self = script_stream_of(s), .cx = cx, .wait = wait };
    edoi_mutex_acquire(&o->self->mutex);
    *result = o->self->is_closed ? -EDO_ECLOSED : pass_waits(o);
    return *result == HAS_TO_WAIT ? HAS_TO_WAIT : 0;
}

/* The first step that a write may take; NULL: none is there, or comes before a wait has passed. */
static edoi_step *write_step(const edo_test_script *self) {
    edoi_step *step = self->first;
    while (step && (step->kind == EDOI_STEP_READ || step->kind == EDOI_STEP_READ_ERROR))
        step = step->next;
    return step && step->kind != EDOI_STEP_WAIT ? step : NULL;
}

/* Is a wait in the script, so that there may be a write step behind it? */
static bool has_wait(const edo_test_script *self) {
    for (const edoi_step *step = self->first; step; step = step->next)
        if (step->kind == EDOI_STEP_WAIT) return true;
    return false;
}

/* Copies at most the rest of `step`; returns the number of bytes. */
static size_t step_copy_out(const edoi_step *step, const struct iovec *to, size_t n) {
    size_t done = step->done;
    for (size_t i = 0; i < n && done < step->n; i++) {
        size_t bytes = step->n - done < to[i].iov_len ? step->n - done : to[i].iov_len;
        if (bytes > 0) memcpy(to[i].iov_base, step->bytes + done, bytes);
        done += bytes;
    }
    size_t copied = done - step->done;
    return copied < INT_MAX ? copied : INT_MAX;
}

/* An operation has come to the step for which there was no memory. */
static int no_memory(edo_test_script *self) {
    self->no_memory_is_told = true;
    return -ENOMEM;
}

static int op_take_read(op *o, const struct iovec *to, size_t n, uint32_t flags, int *result) {
    edo_test_script *self = o->self;
    edoi_step *step = self->first;
    bool takes = !(flags & EDO_IO_PEEK);
    if (!step) {
        if (self->no_memory) *result = no_memory(self);
        return self->is_open && !self->no_memory ? HAS_TO_WAIT : 0;
    }
    if (step->kind == EDOI_STEP_READ_ERROR) {
        *result = step->code;
    } else if (step->kind == EDOI_STEP_READ) {
        *result = (int)step_copy_out(step, to, n);
    } else {
        return HAS_TO_WAIT; // the peer waits for a write
    }
    if (!takes) return 0;
    if (*result > 0) {
        self->read_n += (uint64_t)*result;
        step->done += (size_t)*result;
    }
    o->has_moved = step->kind == EDOI_STEP_READ_ERROR || step->done == step->n;
    if (o->has_moved) edoi_script_pop(self);
    return 0;
}

static edo_polled script_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                              size_t n, uint32_t flags, int *result) {
    op o;
    int outcome = begin_op(&o, s, cx, wait, result);
    if (outcome == 0 && *result == 0) outcome = op_take_read(&o, to, n, flags, result);
    return end_op(&o, outcome, result);
}

/* Compares with at most the rest of `step`; returns the number of bytes taken. */
static size_t op_compare(op *o, const edoi_step *step, const struct iovec *from, size_t n) {
    size_t done = step->done;
    for (size_t i = 0; i < n && done < step->n; i++) {
        const char *got = from[i].iov_base;
        size_t bytes = step->n - done < from[i].iov_len ? step->n - done : from[i].iov_len;
        for (size_t k = 0; k < bytes; k++) {
            if (got[k] == step->bytes[done + k]) continue;
            edoi_script_says_differs(&o->failure, o->self, step, done + k - step->done, got,
                                     from[i].iov_len);
            return done + k - step->done;
        }
        done += bytes;
    }
    return done - step->done;
}

/* The first buffer that is not empty; NULL: there is none. */
static const struct iovec *first_full(const struct iovec *from, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (from[i].iov_len > 0) return &from[i];
    return NULL;
}

static int take_write(op *o, const struct iovec *from, size_t n, int *result) {
    edo_test_script *self = o->self;
    const struct iovec *full = first_full(from, n);
    if (self->is_shut) *result = -EPIPE;
    if (self->is_shut || !full) return 0;
    edoi_step *step = write_step(self);
    if (!step) {
        if (self->no_memory && !has_wait(self)) *result = no_memory(self);
        if (*result < 0) return 0;
        if (self->is_open || has_wait(self)) return HAS_TO_WAIT;
        edoi_script_says_unexpected(&o->failure, self, full->iov_base, full->iov_len);
        return 0;
    }
    if (step->kind == EDOI_STEP_WRITE_ERROR) {
        *result = step->code;
    } else {
        size_t taken = op_compare(o, step, from, n);
        *result = (int)(taken < INT_MAX ? taken : INT_MAX);
        self->written_n += (uint64_t)*result;
        step->done += (size_t)*result;
    }
    o->has_moved = step->kind == EDOI_STEP_WRITE_ERROR || step->done == step->n;
    if (o->has_moved) edoi_script_remove(self, step);
    return 0;
}

static edo_polled script_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *from, size_t n, int *result) {
    op o;
    int outcome = begin_op(&o, s, cx, wait, result);
    if (outcome == 0 && *result == 0) outcome = take_write(&o, from, n, result);
    return end_op(&o, outcome, result);
}

static bool test_script_may_read(const edo_test_script *self) {
    const edoi_step *step = self->first;
    if (!step) return !self->is_open || self->no_memory;
    return step->kind == EDOI_STEP_READ || step->kind == EDOI_STEP_READ_ERROR;
}

static bool may_write(const edo_test_script *self) {
    bool may_come = self->is_open && !self->no_memory;
    return self->is_shut || write_step(self) || !(may_come || has_wait(self));
}

static edo_polled script_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                               int *result) {
    op o;
    int outcome = begin_op(&o, s, cx, wait, result);
    if (outcome == 0 && *result == 0) {
        bool may = what == EDO_IO_READ ? test_script_may_read(o.self) : may_write(o.self);
        *result = (int)what;
        if (!may) outcome = HAS_TO_WAIT;
    }
    return end_op(&o, outcome, result);
}

static edo_polled script_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_test_script *self = script_stream_of(s);
    (void)cx;
    (void)wait;
    edoi_mutex_acquire(&self->mutex);
    self->is_shut = true;
    *result = self->is_closed ? -EDO_ECLOSED : 0;
    edoi_mutex_release(&self->mutex);
    edoi_script_wake(self);
    return EDO_READY;
}

static void script_unwait(edo_stream *s, edo_io_wait *wait) {
    edo_test_script *self = script_stream_of(s);
    edoi_mutex_acquire(&self->mutex);
    unlink_wait(self, wait);
    bool was_napper = self->napper == wait;
    if (was_napper) end_nap(self);
    edoi_mutex_release(&self->mutex);
    if (was_napper) edoi_script_wake(self); // inv. 2
}

/* Ends the stream for all; false: it was closed already. */
static bool close_once(edo_test_script *self) {
    edoi_mutex_acquire(&self->mutex);
    bool was_closed = self->is_closed;
    self->is_closed = true;
    edoi_mutex_release(&self->mutex);
    if (was_closed) return false;
    edoi_script_wake(self);
    edoi_script_check_end(self);
    return true;
}

static void script_close(edo_stream *s) {
    (void)close_once(script_stream_of(s));
}

static void script_free(edo_stream *s) {
    (void)close_once(script_stream_of(s));
    edoi_script_let_go(script_stream_of(s));
}

static int script_fd(edo_stream *s) {
    (void)s;
    return -1;
}

const edo_stream_ops edoi_script_ops = { .name = "script",
                                         .flags = EDO_STREAM_VECTORED,
                                         .poll_read = script_read,
                                         .poll_write = script_write,
                                         .poll_shutdown = script_shutdown,
                                         .poll_ready = script_ready,
                                         .unwait = script_unwait,
                                         .close = script_close,
                                         .free = script_free,
                                         .fd = script_fd };
