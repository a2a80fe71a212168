/* SPDX-License-Identifier: MIT */
/* web/posts/flusher.c: see flusher.h. As a rule the flusher has little to do: a sender writes what
 * it posts itself while the peer reads. */
#include "web/posts/flusher.h"

#include "net/tcp/taken.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>

enum { START, LOCKING, WRITING };

typedef struct flusher {
    edo_future base;
    edoi_flush to;
    edoi_post *post; /* counted; NULL: none */
    edo_str rest;    /* the rest of `post` */
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

/* ---- Writing --------------------------------------------------------------------------------- */

static void flusher_end_wait(flusher *f) {
    f->to.stream->ops->unwait(f->to.stream, &f->wait);
    if (f->is_limited) edo_drop(&f->limit.base);
    f->is_limited = false;
}

/* Has the peer taken no byte for too long? If not, the task is woken when that may be so. */
static bool flusher_is_late(flusher *f, edo_cx *cx) {
    if (f->to.limit.ns < 0) return false;
    if (!f->is_limited) (void)edo_sleep_init(&f->limit, f->to.limit);
    f->is_limited = true;
    return edo_poll(&f->limit.base, cx) == EDO_READY;
}

/* Writes some bytes of the rest. Returns 0, -EAGAIN if it has to wait, or a code. */
static int flusher_write_some(flusher *f, edo_cx *cx) {
    edo_stream *s = f->to.stream;
    struct iovec vec = { (char *)(uintptr_t)f->rest.ptr, f->rest.len };
    int done;
    if (!edo_budget_take(cx)) return -EAGAIN;
    if (s->ops->poll_write(s, cx, &f->wait, &vec, 1, &done) == EDO_PENDING) {
        edo_budget_refund(cx);
        if (!flusher_is_late(f, cx)) return -EAGAIN;
        done = -ETIMEDOUT;
    }
    flusher_end_wait(f);
    if (done < 0) return done;
    f->rest.ptr += done;
    f->rest.len -= (size_t)done;
    f->to.ops->wrote(f->to.owner);
    return 0;
}

/* Writes a post. Other senders have their turn behind each post, so a full queue does not hold them
 * up. Returns 1 if all of it is written, 0 if nothing is left, -EAGAIN, or a code. */
static int flusher_write_post(flusher *f, edo_cx *cx) {
    int err = f->post ? 1 : f->to.ops->next(f->to.owner, &f->post, &f->rest);
    if (err <= 0) return err;
    while (f->rest.len > 0)
        if ((err = flusher_write_some(f, cx)) < 0) return err;
    if (f->post->is_last) f->to.ops->ended(f->to.owner, 0);
    edo_rc_unref(f->post);
    f->post = NULL;
    return 1;
}

/* ---- The task -------------------------------------------------------------------------------- */

/* Does the flusher have `sending`? It does from its start if it begins with a post. */
static bool flusher_has_lock(const flusher *f) {
    uint32_t step = edo_future_step(&f->base);
    return step == WRITING || (step == START && (f->post || !f->to.sending));
}

/* Locks `sending`. Returns false if it has to wait. */
static bool flusher_lock(flusher *f, edo_cx *cx) {
    if (!flusher_has_lock(f)) {
        if (edo_future_step(&f->base) == START) {
            (void)edo_mutex_lock_init(&f->lock, f->to.sending);
            edo_future_next_step(&f->base, LOCKING);
        }
        if (edo_poll(&f->lock.base, cx) == EDO_PENDING) return false;
    }
    f->wait = (edo_io_wait){ 0 };
    edo_future_next_step(&f->base, WRITING);
    return true;
}

static void flusher_unlock(flusher *f) {
    if (f->to.sending) edo_mutex_unlock(f->to.sending);
}

/* Ends the flusher. Called with `sending` held. */
static void flusher_end(flusher *f, int err) {
    if (err < 0) f->to.ops->ended(f->to.owner, err);
    edo_rc_unref(f->post);
    flusher_unlock(f);
    if (err < 0) edoi_tcp_break_off(f->to.stream); // the receiver notices it
    edo_rc_unref(f->to.owner);
}

static edo_polled flusher_poll(edo_future *base, edo_cx *cx) {
    flusher *f = flusher_of(base);
    int err;
    do {
        if (edo_future_step(base) != WRITING && !flusher_lock(f, cx)) return EDO_PENDING;
        err = flusher_write_post(f, cx);
        if (err == -EAGAIN) return EDO_PENDING;
        if (err == 1) {
            edo_future_next_step(base, START);
            flusher_unlock(f);
        }
    } while (err == 1);
    flusher_end(f, err);
    return edo_future_finish(base, 0);
}

/* Called when the runtime shuts down. */
static void flusher_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    flusher *f = flusher_of(base);
    if (flusher_has_lock(f)) {
        if (edo_future_step(base) == WRITING) flusher_end_wait(f);
        flusher_end(f, -EPIPE);
    } else {
        if (edo_future_step(base) == LOCKING) edo_drop(&f->lock.base);
        edo_rc_unref(f->to.owner);
    }
    edo_future_retire(base);
}

static const edo_future_ops flusher_ops = {
    .poll = flusher_poll, .drop = flusher_drop, .name = "edo_web_flusher", .size = sizeof(flusher)
};

int edoi_flusher_start(const edoi_flush *flush, edoi_post *post, edo_str rest) {
    flusher f = { .to = *flush, .post = post, .rest = rest };
    (void)edo_rc_ref(flush->owner);
    if (post) (void)edo_rc_ref(post);
    edo_future_init(&f.base, &flusher_ops);
    if (post && flush->sending) edo_mutex_given(flush->sending);
    int err =
        edo_spawn_future_detached_with(&f.base, &(edo_spawn_opts){ .name = "edo_web_flusher" });
    if (err == 0) return 0;
    edo_rc_unref(post);
    edo_rc_unref(flush->owner);
    return err;
}
