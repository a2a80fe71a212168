/* SPDX-License-Identifier: MIT */
/* fd/fd.c: readiness of a descriptor of the program.
 *
 * The source has a duplicate of the descriptor: epoll knows it by its own number, however often the
 * program registers, closes or reuses the original's number. */
#include "fd/fd.h"
#include "base/held.h"
#include "base/opts.h"
#include "fd/fd_stream.h"
#include "io/op.h"
#include "io/wait.h"
#include "records/handles.h"

#include <edo/fd.h>
#include <edo/task.h>

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Step of a future that is or was pending, or is kept before its first poll: it holds a
 * reference. */
#define HELD 1u

#define ASKED_MAX (EDO_IO_READ | EDO_IO_WRITE | EDO_IO_PRI | EDO_IO_ERR)

struct edo_fd {
    edo_atomic_u32 refs; /* atomic: FD1 */
    edoi_source *source; /* const: has the duplicate */
    int fd;              /* const: the program's */
    int taken;           /* const: closed by edo_fd_close(); -1: not ours */
};

int edo_fd_open(edo_fd **out, int fd, const edo_fd_opts *opts) {
    static const edo_fd_opts defaults;
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    int err = edoi_fd_check_pollable(fd);
    if (err < 0) return err;
    edo_fd *self = (edo_fd *)edoi_cache_get(sizeof *self);
    if (!self) return -ENOMEM;
    *self = (edo_fd){ .refs = { 1 }, .fd = fd, .taken = opts->take ? fd : -1 };
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    err = copy < 0 ? -errno : edoi_source_new(&self->source, copy);
    if (err < 0) {
        if (copy >= 0) (void)close(copy);
        edoi_cache_put(self, sizeof *self);
        return err;
    }
    *out = edoi_handle_made_here(EDOI_FD, self, EDOI_CALLER());
    return 0;
}

static void fd_unref(edo_fd *self) {
    edoi_held_check("a descriptor's reference is given back");
    // FD1: pairs with FD1: other owners' accesses happen before the end
    if (edoi_sub_acqrel_u32(&self->refs, 1) != 1) return;
    edoi_source_deregister(self->source); // its descriptor is a copy
    edoi_source_free(self->source);
    edoi_handle_cache_put(EDOI_FD, self, sizeof *self);
}

/* Futures that wait may run long after this, and have the memory: the copy's file is let go now. */
static void end_use(edo_fd *self) {
    edoi_handle_given_up(EDOI_FD, self, EDOI_CALLER());
    // relaxed: a holder of another reference waits, or did
    if (edoi_load_rlx_u32(&self->refs) > 1) edoi_source_end_copy(self->source);
    fd_unref(self);
}

void edo_fd_close(edo_fd *self) {
    if (!self) return;
    int taken = self->taken;
    end_use(self);
    if (taken >= 0) (void)close(taken);
}

int edo_fd_release(edo_fd *self) {
    if (EDO_MISUSE(!self, "an edo_fd is used that is NULL")) return -EDO_EMISUSE;
    EDOI_ENTERS(EDOI_FD, self);
    int fd = self->fd;
    end_use(self);
    return fd;
}

static edo_polled fd_pend(edo_future *f, edo_fd *fd) {
    if (edo_future_step(f) != HELD) {
        (void)edoi_add_rlx_u32(&fd->refs, 1); // relaxed: the caller holds one
        edo_future_next_step(f, HELD);
    }
    return EDO_PENDING;
}

/* `hold` of its futures, whose first member is the descriptor. */
static void fd_hold(edo_future *f) {
    edo_fd *fd;
    memcpy(&fd, f + 1, sizeof fd);
    if (fd) (void)fd_pend(f, fd); // the first poll reports a NULL
}

static void fd_release(const edo_future *f, edo_fd *fd, edo_io_wait *waits, size_t n) {
    if (edo_future_step(f) != HELD) return;
    for (size_t i = 0; i < n; i++) edoi_source_unwait(fd->source, &waits[i]);
    fd_unref(fd);
}

/* ---- Readiness ------------------------------------------------------------------------------- */

/* What the kernel says now of `what`, as edo_fd_ready() returns it; 0: nothing of it holds. */
static int fd_ask(int fd, uint32_t what) {
    struct pollfd p = { .fd = fd };
    if (what & EDO_IO_READ) p.events |= POLLIN | POLLRDHUP;
    if (what & EDO_IO_WRITE) p.events |= POLLOUT;
    if (what & EDO_IO_PRI) p.events |= POLLPRI;
    while (poll(&p, 1, 0) < 0)
        if (errno != EINTR) return edoi_errno();
    uint32_t holds = 0;
    if (p.revents & POLLIN) holds |= EDO_IO_READ;
    if (p.revents & POLLOUT) holds |= EDO_IO_WRITE;
    if (p.revents & POLLPRI) holds |= EDO_IO_PRI;
    if (p.revents & POLLERR) holds |= EDO_IO_ERR;
    if (p.revents & (POLLRDHUP | POLLHUP)) holds |= EDO_IO_READ_CLOSED;
    if (p.revents & (POLLERR | POLLHUP)) holds |= EDO_IO_WRITE_CLOSED;
    if (p.revents & (POLLERR | POLLHUP | POLLRDHUP)) holds |= what & EDO_IO_READ;
    if (p.revents & (POLLERR | POLLHUP)) holds |= what & EDO_IO_WRITE;
    return (int)holds;
}

static bool uses(uint32_t what, edoi_dir dir) {
    return dir == EDOI_WRITE ? what & EDO_IO_WRITE : what & ~EDO_IO_WRITE;
}

/* Waits for the next event of each direction that `what` needs: 1 it waits, 0 ask again, or an
 * error. `ticks` were read before the kernel was asked. */
static int fd_ready_wait_for(edo_fd_ready_future *f, edo_cx *cx, uint32_t what,
                             const uint32_t ticks[2]) {
    edoi_source *src = f->fd->source;
    int waits = 1;
    for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE && waits > 0; dir++) {
        if (!uses(what, dir)) continue;
        edoi_source_clear(src, dir, ticks[dir]);
        waits = edoi_io_wait(src, dir, &f->wait[dir], cx);
    }
    return waits;
}

static edo_polled ready_end(edo_fd_ready_future *f, int result) {
    // the first poll, which has no reference yet, may have linked one of two
    for (size_t i = 0; i < 2; i++) edoi_source_unwait(f->fd->source, &f->wait[i]);
    fd_release(&f->base, f->fd, f->wait, 2);
    return edo_future_finish(&f->base, result);
}

static edo_polled fd_ready_poll(edo_future *base, edo_cx *cx) {
    edo_fd_ready_future *f = (edo_fd_ready_future *)(void *)base;
    uint32_t what = base->own;
    if (edoi_io_lacks_handle(base, f->fd)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!what || what & ~ASKED_MAX) return ready_end(f, -EINVAL);
    if (!edo_budget_take(cx)) return fd_pend(base, f->fd);
    edoi_source *src = f->fd->source;
    for (;;) {
        uint32_t ticks[2] = { edoi_source_ready(src, EDOI_READ),
                              edoi_source_ready(src, EDOI_WRITE) };
        if (edoi_source_is_closed(src)) return ready_end(f, edoi_source_closed_error(src));
        int holds = fd_ask(edoi_source_fd(src), what);
        // asked again: a close puts another file in its place
        if (edoi_source_is_closed(src)) return ready_end(f, edoi_source_closed_error(src));
        if (holds != 0) return ready_end(f, holds);
        int waits = fd_ready_wait_for(f, cx, what, ticks);
        if (waits < 0) return ready_end(f, waits);
        if (waits == 0) continue;
        edo_budget_refund(cx);
        return fd_pend(base, f->fd);
    }
}

static void fd_ready_drop(edo_future *base) {
    edo_fd_ready_future *f = (edo_fd_ready_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    fd_release(base, f->fd, f->wait, 2);
    edo_future_retire(base);
}

static const edo_future_ops ready_ops = { .poll = fd_ready_poll,
                                          .drop = fd_ready_drop,
                                          .name = "edo_fd_ready",
                                          .size = sizeof(edo_fd_ready_future),
                                          .flags = EDOI_FUTURE_OF(EDOI_FD),
                                          .hold = fd_hold };

edo_future *edo_fd_ready_init(edo_fd_ready_future *f, edo_fd *self, uint32_t what) {
    EDOI_ENTERS(EDOI_FD, self);
    f->fd = self;
    f->wait[0] = f->wait[1] = (edo_io_wait){ 0 };
    edo_future *base = edo_future_init(&f->base, &ready_ops);
    base->own = what;
    return base;
}

int edo_fd_ready(edo_fd *self, uint32_t what) {
    edo_fd_ready_future f;
    return edo_await(edo_fd_ready_init(&f, self, what));
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* What it clears is an event that it returns for: one that comes later than `tick` stays. A
 * hang-up stays, too: there may be input before it, and there is no other event. */
static edo_polled fd_event_poll(edo_future *base, edo_cx *cx) {
    edo_fd_ready_future *f = (edo_fd_ready_future *)(void *)base;
    edoi_source *src = f->fd->source;
    if (!edo_budget_take(cx)) return fd_pend(base, f->fd);
    for (;;) {
        uint32_t tick = edoi_source_ready(src, EDOI_READ);
        if (edoi_source_is_closed(src)) return ready_end(f, edoi_source_closed_error(src));
        if (tick != 0) {
            if (!edoi_source_tick_is_hung(tick)) edoi_source_clear(src, EDOI_READ, tick);
            return ready_end(f, 0);
        }
        int waits = edoi_io_wait(src, EDOI_READ, &f->wait[EDOI_READ], cx);
        if (waits < 0) return ready_end(f, waits);
        if (waits == 0) continue;
        edo_budget_refund(cx);
        return fd_pend(base, f->fd);
    }
}

static const edo_future_ops event_ops = { .poll = fd_event_poll,
                                          .drop = fd_ready_drop,
                                          .name = "edo_fd_ready",
                                          .size = sizeof(edo_fd_ready_future),
                                          .flags = EDOI_FUTURE_OF(EDOI_FD),
                                          .hold = fd_hold };

edo_future *edoi_fd_event_init(edo_fd_ready_future *f, edo_fd *self) {
    *f = (edo_fd_ready_future){ .fd = self };
    return edo_future_init(&f->base, &event_ops);
}

bool edoi_fd_is_quiet(edo_fd *self) {
    const edoi_driver *d = edoi_driver_here();
    return edoi_source_is_quiet(self->source, EDOI_READ, d) && edoi_driver_is_fresh(d);
}

/* ---- Attempts -------------------------------------------------------------------------------- */

static edo_polled io_end(edo_fd_io_future *f, int result) {
    fd_release(&f->base, f->fd, &f->wait, 1);
    return edo_future_finish(&f->base, result);
}

/* Tries even if no event came: a future that waits for EDO_IO_PRI may have cleared the
 * readiness. */
static edo_polled io_poll(edo_future *base, edo_cx *cx) {
    edo_fd_io_future *f = (edo_fd_io_future *)(void *)base;
    uint32_t what = base->own;
    if (edoi_io_lacks_handle(base, f->fd)) return edo_future_finish(base, -EDO_EMISUSE);
    if (what != EDO_IO_READ && what != EDO_IO_WRITE) return io_end(f, -EINVAL);
    edoi_dir dir = what == EDO_IO_READ ? EDOI_READ : EDOI_WRITE;
    edoi_source *src = f->fd->source;
    for (;;) {
        if (!edo_budget_take(cx)) return fd_pend(base, f->fd);
        uint32_t tick = edoi_source_ready(src, dir);
        if (edoi_source_is_closed(src)) return io_end(f, edoi_source_closed_error(src));
        int result = f->fn(edoi_source_fd(src), f->arg);
        // as above; bytes that were moved before the close are reported
        if (result < 0 && edoi_source_is_closed(src))
            return io_end(f, edoi_source_closed_error(src));
        if (result != -EAGAIN) return io_end(f, result);
        edo_budget_refund(cx);
        edoi_source_clear(src, dir, tick);
        int waits = edoi_io_wait(src, dir, &f->wait, cx);
        if (waits < 0) return io_end(f, waits);
        if (waits > 0) return fd_pend(base, f->fd);
    }
}

static void io_drop(edo_future *base) {
    edo_fd_io_future *f = (edo_fd_io_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    fd_release(base, f->fd, &f->wait, 1);
    edo_future_retire(base);
}

static const edo_future_ops io_ops = { .poll = io_poll,
                                       .drop = io_drop,
                                       .name = "edo_fd_io",
                                       .size = sizeof(edo_fd_io_future),
                                       .flags = EDOI_FUTURE_OF(EDOI_FD),
                                       .hold = fd_hold };

edo_future *edo_fd_io_init(edo_fd_io_future *f, edo_fd *self, uint32_t what, edo_fd_fn *fn,
                           void *arg) {
    EDOI_ENTERS(EDOI_FD, self);
    f->fd = self;
    f->fn = fn;
    f->arg = arg;
    f->wait = (edo_io_wait){ 0 };
    edo_future *base = edo_future_init(&f->base, &io_ops);
    base->own = what;
    return base;
}

int edo_fd_io(edo_fd *self, uint32_t what, edo_fd_fn *fn, void *arg) {
    edo_fd_io_future f;
    return edo_await(edo_fd_io_init(&f, self, what, fn, arg));
}
