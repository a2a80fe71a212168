/* SPDX-License-Identifier: MIT */
/* fs/ring/call.c: see call.h. */
#include "fs/ring/call.h"

#include "base/atomic.h"
#include "driver/driver.h"
#include "net/raw_socket.h"
#include "runtime/blocking/blocking.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/deadline.h"
#include "runtime/worker/polled.h"

#include <edo/error.h>
#include <edo/log.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

/* EDO_FILES, read once. */
typedef enum files_wish { FILES_AUTO, FILES_URING, FILES_THREADS } files_wish;
static files_wish wish;

static void ring_read_wish(void) {
    const char *text = getenv("EDO_FILES");
    if (text && strcmp(text, "uring") == 0) wish = FILES_URING;
    if (text && strcmp(text, "threads") == 0) wish = FILES_THREADS;
}

/* Of reads the kernel hears from the device itself. It does all else by threads of its own, as the
 * pool does: that pays for several at once, which it takes in one call, and a single one costs
 * twice the pool's. docs/design/uring.md has the figures. */
static bool ring_pays(const edo_cx *cx, const edoi_kring_op *op) {
    bool is_read = op->code == IORING_OP_READ || op->code == IORING_OP_READV;
    if (wish == FILES_URING || (is_read && !op->may_wait)) return true;
    return edoi_blocking_is_awaited(edoi_blocking_of(cx));
}

/* Said once: the program runs on. `err` 0: there was no room, for the moment. */
static void tell_refusal(int err) {
    static edo_atomic_u32 told; // atomic, relaxed: a flag; two threads at once may say it twice
    if (err == 0) return;
    bool is_told = edoi_load_rlx_u32(&told) != 0;
    edoi_store_rlx_u32(&told, 1);
    if (!is_told)
        edo_info("files are read and written by threads, as io_uring is not to be had: %s",
                 edo_error_name(err));
}

/* The ring of the worker behind `cx`; NULL: there is none, it is not wanted, or a thread of the
 * pool costs less. */
static edoi_kring *call_ring_of(const edo_cx *cx, const edoi_kring_op *op) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    edoi_kring *ring;
    (void)pthread_once(&once, ring_read_wish); // this cannot fail
    bool is_left_alone = wish == FILES_THREADS || edoi_calls_go_through_libc;
    // A thread that is no worker's may not turn its driver again.
    if (is_left_alone || !edoi_cx_runtime(cx) || !ring_pays(cx, op)) return NULL;
    int err = edoi_driver_ring(edoi_cx_driver(cx), &ring);
    if (err < 0) {
        tell_refusal(err);
        return NULL;
    }
    return edoi_kring_knows(ring, op->code) ? ring : NULL;
}

/* A call that is under way, on its caller's stack. */
typedef struct ring_call {
    edoi_kring_op *op;
    edoi_kring *ring;    /* NULL: it is not */
    edoi_driver *driver; /* the ring's */
    edoi_blocking *home; /* whose clock stands still meanwhile */
} ring_call;

/* Waits for a call, and does not end it when it is dropped. */
typedef struct ring_wait {
    edo_future base;
    ring_call *of;
} ring_wait;

/* Returns whether it is under way. */
static bool ring_call_begin(ring_call *c, edo_cx *cx) {
    edoi_kring *ring = call_ring_of(cx, c->op);
    if (!ring) return false;
    if (!edoi_kring_put(ring, c->op, edo_cx_waker(cx))) {
        tell_refusal(edoi_kring_refusal(ring));
        return false;
    }
    c->ring = ring;
    c->driver = edoi_cx_driver(cx);
    c->home = edoi_blocking_of(cx);
    edoi_blocking_await_begin(c->home);
    return true;
}

static edo_polled ring_wait_poll(edo_future *base, edo_cx *cx) {
    ring_call *c = ((ring_wait *)(void *)base)->of;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    if (!c->ring) {
        if (!ring_call_begin(c, cx)) return edo_future_finish(base, EDOI_FS_NO_RING);
    } else if (edoi_kring_look(c->ring, c->op, edo_cx_waker(cx))) {
        return edo_future_finish(base, c->op->result);
    }
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static const edo_future_ops ring_wait_ops = { .poll = ring_wait_poll,
                                              .name = "edo_file",
                                              .size = sizeof(ring_wait) };

static int ring_await(ring_call *c) {
    ring_wait f = { .of = c };
    return edo_await(edo_future_init(&f.base, &ring_wait_ops));
}

/* Of such a call that was done a second one says something else, or does it once more. */
static bool is_made_once(const edoi_kring_op *op) {
    switch (op->code) {
    case IORING_OP_LINKAT:
    case IORING_OP_MKDIRAT:
    case IORING_OP_RENAMEAT:
    case IORING_OP_SYMLINKAT:
    case IORING_OP_UNLINKAT: return true;
    case IORING_OP_OPENAT: return (op->flags & O_EXCL) != 0;
    case IORING_OP_WRITE:
    case IORING_OP_WRITEV: return (op->flags & RWF_APPEND) != 0;
    default: return false;
    }
}

/* ERESTARTSYS to ERESTART_RESTARTBLOCK: a call that a signal ends says so within the kernel, and of
 * an open an io_uring passes it on. */
static bool is_interrupted(int result) {
    return result == -EINTR || (result <= -512 && result >= -516);
}

/* What has come of it; EDOI_FS_NO_RING: nothing was done. When a thread ends, the kernel ends what
 * that thread has asked for, and says of some reads -EFAULT, since its memory is not at hand then.
 * Where the caller's memory is wrong, another way says so again. */
static int ring_outcome(const edoi_kring_op *op) {
    int result = op->result;
    if (is_interrupted(result)) return is_made_once(op) ? -EINTR : EDOI_FS_NO_RING;
    bool is_undone = result == -ECANCELED || result == -EAGAIN || result == -EFAULT;
    return is_undone ? EDOI_FS_NO_RING : result;
}

/* Cut short: the caller owns what the operation uses, and cannot return before it is over. */
static int ring_await_end(ring_call *call) {
    edoi_ctx *c = edoi_ctx_here();
    bool deaf = c->deaf;
    int64_t deadline_ns = c->deadline_ns;
    if (call->op->code != IORING_OP_OPENAT) { // which the pool could not end, of a FIFO
        edoi_kring_cancel(call->ring, call->op);
        edoi_driver_begin_ops(call->driver); // it may be another worker's, which sleeps
    }
    c->deaf = true;
    c->deadline_ns = INT64_MAX;
    edoi_fiber_deadline_moved(c);
    (void)ring_await(call);
    c->deaf = deaf;
    c->deadline_ns = deadline_ns;
    int result = ring_outcome(call->op);
    return result == EDOI_FS_NO_RING ? -ECANCELED : result;
}

int edoi_fs_ring_call(edoi_kring_op *op) {
    ring_call c = { .op = op };
    if (op->code == EDOI_KRING_NOTHING || edoi_blocking_may_here()) return EDOI_FS_NO_RING;
    int result = ring_await(&c);
    if (!c.ring) return result;
    bool is_over = edoi_kring_look(c.ring, op, NULL);
    result = is_over ? ring_outcome(op) : ring_await_end(&c);
    edoi_blocking_await_end(c.home);
    return result;
}
