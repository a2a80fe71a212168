/* SPDX-License-Identifier: MIT */
/* io/copy/splice.c: see splice.h. */
#include "io/copy/splice.h"

#include "base/memory/alloc.h"
#include "driver/spare_pipes.h"
#include "io/buffered/buf_reader.h"
#include "io/sigpipe.h"
#include "io/source_io.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define AT_ONCE  (1u << 20) /* bytes of one call; a full pipe ends it sooner */
#define BULK_MIN 16384u     /* less than this between two pauses is no bulk */

static edoi_spare_pipes *spare_of(const edo_cx *cx) {
    edoi_driver *d = edoi_cx_driver(cx);
    return d ? edoi_driver_spare_pipes(d) : NULL;
}

void edoi_splice_begin(edoi_pump *p, edo_cx *cx) {
    edoi_pipe pipe;
    if (p->never_splice) return;
    p->never_splice =
        !(edoi_pump_source(p)->ops->flags & edoi_pump_sink(p)->ops->flags & EDOI_STREAM_IS_SOURCE);
    if (p->never_splice || edoi_pipe_get(spare_of(cx), &pipe) < 0) return;
    p->pipe[0] = pipe.read_fd;
    p->pipe[1] = pipe.write_fd;
    p->splice_began = p->copied;
    p->stage = EDOI_PUMP_SPLICES;
}

/* The pump goes on by itself, and splices again soon if this was bulk. */
static void pump_leave(edoi_pump *p, const edo_cx *cx) {
    edoi_pipe pipe = { .read_fd = p->pipe[0], .write_fd = p->pipe[1] };
    edoi_pipe_put(spare_of(cx), &pipe);
    p->roomy = p->copied - p->splice_began >= BULK_MIN;
    p->stage = EDOI_PUMP_COPIES;
}

void edoi_splice_deinit(edoi_pump *p) {
    edoi_pipe pipe = { .read_fd = p->pipe[0], .write_fd = p->pipe[1] };
    if (p->stage == EDOI_PUMP_SPLICES) edoi_pipe_close(&pipe);
    p->stage = EDOI_PUMP_DONE;
}

/* Errors of splice() that say nothing about the stream: what splice() cannot do, a read or a write
 * may. */
static bool splice_is_refused(int err) {
    return err == EINVAL || err == ENOSYS || err == EOPNOTSUPP || err == EPERM || err == ENOMEM;
}

/* The kernel tells of a failure of the input only once, and this call has heard it. */
static void pump_note_failure(edoi_pump *p, int err) {
    p->never_splice = true;
    if (splice_is_refused(err)) return;
    p->failure = err == ECANCELED ? -EIO : -err;
    edoi_stream_note_lost(edoi_pump_source(p), -err);
}

/* One call into the pipe. Pending: nothing came. */
static edo_polled splice_take_in(edoi_pump *p, edo_cx *cx) {
    edoi_source *src = edoi_source_behind(edoi_pump_source(p));
    for (;;) {
        uint32_t tick;
        int waits = edoi_may_try(src, EDOI_READ, cx, &p->in, &tick), result;
        if (waits > 0) return EDO_PENDING;
        ssize_t n = waits < 0 ? 0
                              : splice(edoi_source_fd(src), NULL, p->pipe[1], NULL, AT_ONCE,
                                       SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (n > 0) {
            p->in_pipe += (uint32_t)n;
            if (p->reader) p->reader->input_at_ns = edo_now().ns;
            return EDO_READY;
        }
        if (n < 0 && errno == EAGAIN && p->in_pipe > 0) return EDO_PENDING; // the pipe may be full
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            (void)edoi_try_is_over(src, EDOI_READ, cx, tick, &result);
            continue;
        }
        p->never_splice = true; // a read tells the end, or that the stream was closed
        if (n < 0 && !edoi_is_hung_up(edoi_source_fd(src))) pump_note_failure(p, errno);
        return EDO_READY;
    }
}

/* splice() to a socket whose peer is gone raises SIGPIPE, which must not end the program; also when
 * it has moved a part before. One poll splices often: so the signal is blocked once in it. */
typedef struct quiet {
    edoi_sigpipe sigpipe;
    bool is_blocked;
    bool may_be_raised;
} quiet;

static ssize_t splice_out(quiet *q, int from, int to, size_t n) {
    if (!q->is_blocked) edoi_sigpipe_block(&q->sigpipe);
    q->is_blocked = true;
    ssize_t put = splice(from, NULL, to, NULL, n, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (put < (ssize_t)n) q->may_be_raised = true;
    return put;
}

/* Reads what is in the pipe into a buffer of the pump, which goes on by writes: the kernel splices
 * to no file with O_APPEND, and to no device that lacks the operation. The room is that of all that
 * is left, so a packet out of a pipe of packets is not cut. Errors: -ENOMEM; -EIO bytes are
 * missing. */
static int pump_take_back(edoi_pump *p) {
    EDO_INV("pump inv. 2", !p->buf);
    p->never_splice = true;
    p->buf = (char *)edoi_alloc(p->in_pipe);
    if (!p->buf) return -ENOMEM;
    p->bytes = p->in_pipe;
    p->begin = p->end = 0;
    while (p->in_pipe > 0) {
        ssize_t n = read(p->pipe[0], p->buf + p->end, p->in_pipe);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return -EIO;
        p->end += (uint32_t)n;
        p->in_pipe -= (uint32_t)n;
    }
    return 0;
}

/* One call out of the pipe, which holds bytes. Pending: nothing went. */
static edo_polled splice_put_out(edoi_pump *p, edo_cx *cx, quiet *q, int *result) {
    edoi_source *src = edoi_source_behind(edoi_pump_sink(p));
    for (;;) {
        uint32_t tick;
        int waits = edoi_may_try(src, EDOI_WRITE, cx, &p->out, &tick);
        if (waits != 0) return edoi_not_tried(waits, result);
        ssize_t n = splice_out(q, p->pipe[0], edoi_source_fd(src), p->in_pipe);
        if (n > 0) {
            p->in_pipe -= (uint32_t)n;
            p->copied += (uint64_t)n;
            *result = 0;
            return EDO_READY;
        }
        if (n == 0) errno = EIO; // no progress, but no error
        if (splice_is_refused(errno)) {
            *result = pump_take_back(p);
            return EDO_READY;
        }
        if (!edoi_try_is_over(src, EDOI_WRITE, cx, tick, result)) continue;
        edoi_stream_note_lost(edoi_pump_sink(p), *result);
        return EDO_READY;
    }
}

/* As edoi_splice_poll(). */
static edo_polled splice_move(edoi_pump *p, edo_cx *cx, quiet *q, int *result) {
    for (*result = 0;;) {
        bool moved = false;
        if (!edoi_pump_take(p, cx)) return EDO_PENDING;
        if (!p->never_splice && splice_take_in(p, cx) == EDO_READY) moved = true;
        if (p->in_pipe > 0 && splice_put_out(p, cx, q, result) == EDO_READY) {
            if (*result < 0) return EDO_READY;
            moved = true;
        }
        if (!moved) edo_budget_refund(cx);
        if (p->in_pipe == 0 && (p->never_splice || !moved)) { // the end, or a pause
            pump_leave(p, cx);
            return p->never_splice ? EDO_READY : EDO_PENDING;
        }
        if (!moved) return EDO_PENDING;
    }
}

edo_polled edoi_splice_poll(edoi_pump *p, edo_cx *cx, int *result) {
    quiet q = { .is_blocked = false };
    edo_polled polled = splice_move(p, cx, &q, result);
    if (q.is_blocked) edoi_sigpipe_restore(&q.sigpipe, q.may_be_raised);
    return polled;
}
