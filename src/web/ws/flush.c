/* SPDX-License-Identifier: MIT */
/* web/ws/flush.c: sends what has gathered while the task that would send it waits for something
 * else, and what is queued. It is a task of its own, which begins when the first frame gathers, or
 * the socket has no room for one that is posted, and holds a reference to the socket. In most
 * cases the gathered bytes have left before it runs. */
#include "web/ws/ws.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>

enum { START, LOCKING, WRITING };

typedef struct flusher {
    edo_future base;
    edo_ws *ws;          /* counted */
    edo_ws_frame *frame; /* counted; of the queue, `at` bytes of it are written; NULL: none */
    size_t at;
    union {
        edo_mutex_lock_future lock; /* LOCKING */
        edo_io_wait wait;           /* WRITING */
    };
    edo_sleep_future limit; /* if is_limited */
    bool is_limited;
} flusher;

static flusher *flusher_of(edo_future *f) {
    return (flusher *)(void *)f;
}

static void end_wait(flusher *f) {
    f->ws->stream->ops->unwait(f->ws->stream, &f->wait);
    if (f->is_limited) edo_drop(&f->limit.base);
    f->is_limited = false;
}

/* Has the peer taken no byte for too long? Otherwise the task is woken when it has not. */
static bool is_over(flusher *f, edo_cx *cx) {
    edo_duration most = edoi_ws_write_timeout(f->ws);
    if (most.ns < 0) return false;
    if (!f->is_limited) (void)edo_sleep_init(&f->limit, most);
    f->is_limited = true;
    return edo_poll(&f->limit.base, cx) == EDO_READY;
}

/* The bytes to write next; none: nothing is left. */
static edo_str rest_of(flusher *f) {
    edo_ws *ws = f->ws;
    if (ws->out) return (edo_str){ ws->out + ws->out_begin, ws->out_n - ws->out_begin };
    if (!f->frame) {
        f->frame = edoi_ws_next_frame(ws);
        f->at = 0;
    }
    return f->frame ? (edo_str){ f->frame->bytes + f->at, f->frame->n - f->at } : EDO_STR("");
}

static void count(flusher *f, size_t done) {
    edo_ws *ws = f->ws;
    if (ws->out) {
        ws->out_begin += (uint32_t)done;
        if (ws->out_begin == ws->out_n) edoi_ws_drop_out(ws);
        return;
    }
    f->at += done;
    if (f->at < f->frame->n) return;
    if (f->frame->opcode == EDOI_WS_CLOSE) {
        edoi_store_rlx_u32(&ws->close_sent, EDOI_WS_CLOSE_WRITTEN); // relaxed: `sending` is held
        edoi_ws_begin_farewell(ws);
    }
    edo_rc_unref(f->frame);
    f->frame = NULL;
}

/* Writes some bytes; false: it has to wait. */
static bool write_some(flusher *f, edo_cx *cx, edo_str rest) {
    edo_ws *ws = f->ws;
    struct iovec vec = { (char *)(uintptr_t)rest.ptr, rest.len };
    int done;
    if (!edo_budget_take(cx)) return false;
    if (ws->stream->ops->poll_write(ws->stream, cx, &f->wait, &vec, 1, &done) == EDO_PENDING) {
        edo_budget_refund(cx);
        if (!is_over(f, cx)) return false;
        done = -ETIMEDOUT;
    }
    end_wait(f);
    if (done < 0) {
        edoi_ws_break(ws, done);
    } else {
        count(f, (size_t)done);
    }
    return true;
}

typedef enum progress { WAITS, GIVES_WAY, IS_DONE } progress;

/* Writes what there is, up to the end of a frame of the queue: others that send have their turn
 * behind it, however many there are. */
static progress write_all(flusher *f, edo_cx *cx) {
    edo_str rest;
    while (edoi_ws_broken(f->ws) == 0 && (rest = rest_of(f)).len > 0) {
        bool is_queued = f->frame != NULL;
        if (!write_some(f, cx, rest)) return WAITS;
        if (is_queued && !f->frame) return GIVES_WAY;
    }
    return IS_DONE;
}

/* With `sending` held. */
static void end(flusher *f) {
    edo_ws *ws = f->ws;
    bool is_broken = edoi_ws_broken(ws) < 0;
    if (is_broken) edoi_ws_drop_queue(ws);
    edo_rc_unref(f->frame);
    edo_mutex_unlock(&ws->sending);
    if (is_broken) edo_close(edo_stream_ref(ws->stream)); // the receiver hears of it
    edo_rc_unref(ws);
}

/* Does it have `sending`? From its start if it begins with the rest of a frame. */
static bool has_lock(const flusher *f) {
    uint32_t step = edo_future_step(&f->base);
    return step == WRITING || (step == START && f->frame);
}

/* Locks `sending`; false: it has to wait. */
static bool lock(flusher *f, edo_cx *cx) {
    if (edo_future_step(&f->base) == START && !f->frame) {
        (void)edo_mutex_lock_init(&f->lock, &f->ws->sending);
        edo_future_next_step(&f->base, LOCKING);
    }
    if (!has_lock(f) && edo_poll(&f->lock.base, cx) == EDO_PENDING) return false;
    f->wait = (edo_io_wait){ 0 };
    edo_future_next_step(&f->base, WRITING);
    return true;
}

static edo_polled flusher_poll(edo_future *base, edo_cx *cx) {
    flusher *f = flusher_of(base);
    progress made;
    do {
        if (edo_future_step(base) != WRITING && !lock(f, cx)) return EDO_PENDING;
        made = write_all(f, cx);
        if (made == WAITS) return EDO_PENDING;
        if (made == GIVES_WAY) {
            edo_future_next_step(base, START);
            edo_mutex_unlock(&f->ws->sending);
        }
    } while (made == GIVES_WAY);
    end(f);
    return edo_future_finish(base, 0);
}

/* The runtime shuts down. */
static void flusher_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    flusher *f = flusher_of(base);
    if (has_lock(f)) {
        end_wait(f);
        edoi_ws_break(f->ws, -EPIPE);
        end(f);
    } else {
        if (edo_future_step(base) == LOCKING) edo_drop(&f->lock.base);
        edo_rc_unref(f->ws);
    }
    edo_future_retire(base);
}

static const edo_future_ops flusher_ops = {
    .poll = flusher_poll, .drop = flusher_drop, .name = "edo_ws_flusher", .size = sizeof(flusher)
};

static int spawn(flusher *f) {
    return edo_spawn_future_detached_with(&f->base, &(edo_spawn_opts){ .name = "edo_ws_flusher" });
}

int edoi_ws_start_flusher(edo_ws *ws) {
    flusher f = { .ws = edo_rc_ref(ws) };
    edo_future_init(&f.base, &flusher_ops);
    int err = spawn(&f);
    if (err < 0) edo_drop(&f.base);
    return err;
}

int edoi_ws_start_rest(edo_ws *ws, edo_ws_frame *frame, size_t at) {
    flusher f = { .ws = edo_rc_ref(ws), .frame = edo_rc_ref(frame), .at = at };
    edo_future_init(&f.base, &flusher_ops);
    f.wait = (edo_io_wait){ 0 };
    int err = spawn(&f);
    if (err == 0) return 0;
    edo_rc_unref(frame); // `sending` stays the caller's
    edo_rc_unref(ws);
    return err;
}
