/* SPDX-License-Identifier: MIT */
/* seq/generate/generate.c: a fiber whose items are a sequence (contract: edo/seq_generate.h).
 *
 * Reader and task take turns. The emitter, which both have, says whose turn it is: the reader asks
 * and waits, the task offers an item and waits, the reader takes it, and asks again with its next
 * read. An offered item lies in the frame of edo_emit(); the reader copies it from there with the
 * emitter's lock held, under which a call that is cut short takes it back.
 *
 * The end of the task wakes the emitter, as a waker, which wakes the reader: so a reader hears of
 * that, too, also of a task that its runtime has abandoned, and the join is begun once. A read that
 * waits looks at the join, which also says that the task belongs to another process.
 *
 * Locks: the emitter's lock is a leaf; with it held the other side's waker is marked, the task's
 * too.
 *
 * inv. 1: an item that is `offered` belongs to an edo_emit() that waits. It is taken by the reader
 *         or taken back by that call, once.
 * inv. 2: `reader` is set only while a poll of the sequence is pending, and `writer` while an
 *         edo_emit() is: so both are alive under the lock.
 * inv. 3: the emitter has one reference of the task's function, while that runs, and one of the
 *         sequence. The sequence drops `wait`, by which the task knows the emitter, before it gives
 *         up its own.
 * inv. 2 is not asserted: a waker does not say whether its poll is pending. */
#include <edo/seq_generate.h>

#include "base/assert.h"
#include "base/lock.h"
#include "base/memory/cache.h"
#include "future/budget.h"
#include "runtime/spawn/spawn.h"
#include "runtime/task/task.h"
#include "runtime/worker/here.h"
#include "seq/seq.h"

#include <errno.h>

/* Steps of an emit. */
#define FRESH   0u
#define WAITING 1u

struct edo_emitter {
    edo_waker base;      /* first; woken by the end of the task */
    edo_generate_fn *fn; /* const */
    void *arg;           /* const */
    size_t item_size;    /* const */
    bool refused;        /* an edo_emit() has said that the sequence is over. the task's */
    edoi_lock lock;
    bool emits;        /* an edo_emit() has begun to wait. lock: lock */
    bool asked;        /* it is the task's turn. lock: lock */
    bool offered;      /* inv. 1. lock: lock */
    bool gone;         /* the sequence wants no more items. lock: lock */
    const void *item;  /* valid while `offered`. lock: lock */
    edo_waker *reader; /* inv. 2; borrowed. lock: lock */
    edo_waker *writer; /* inv. 2; borrowed. lock: lock */
};

typedef struct generator {
    edo_seq base;
    edo_emitter *emitter; /* owned: inv. 3 */
    const char *site;
    edo_task *task;            /* NULL: it has not begun, or its end was heard */
    edo_task_join_future wait; /* for the end of `task`; its waker is the emitter */
    bool is_over;              /* the end was heard */
} generator;

static generator *generator_of(edo_seq *s) {
    return (generator *)(void *)s;
}

/* Takes the waker of the side that waits, if any, and marks it. Called with the lock held. */
static edo_waker *take_waker(edo_waker **side) {
    edo_waker *w = *side;
    *side = NULL;
    return w ? edo_waker_mark(w) : NULL;
}

/* ---- The end of the task as a waker ---------------------------------------------------------- */

static edo_waker *end_mark(edo_waker *w) {
    edo_emitter *e = (edo_emitter *)(void *)w;
    edoi_lock_acquire(&e->lock);
    edo_waker *marked = take_waker(&e->reader);
    edoi_lock_release(&e->lock);
    return marked;
}

static void end_deliver(edo_waker *w) {
    (void)w;
    (void)EDO_NEVER(true); // a mark never returns the emitter
}

static void end_ref(edo_waker *w) {
    (void)edo_rc_ref(w);
}

static void end_unref(edo_waker *w) {
    edo_rc_unref(w);
}

static const edo_waker_ops end_ops = { end_mark, end_deliver, end_ref, end_unref };

/* ---- The task -------------------------------------------------------------------------------- */

static int generator_run(void *arg) {
    edo_emitter *e = arg;
    int result = e->fn(e->arg, e);
    edo_rc_unref(e);
    return result;
}

typedef struct emit_future {
    edo_future base;
    edo_emitter *e;
    const void *item;
    bool is_read; /* written by the drop: the reader has the item */
} emit_future;

/* What an emit returns that has offered its item; -EAGAIN: it waits. Called with the lock held. */
static int emit_look(edo_emitter *e) {
    bool is_read = !e->offered;
    if (EDOI_LIKELY(!e->gone)) return is_read && e->asked ? 0 : -EAGAIN;
    e->offered = false; // inv. 1
    return is_read ? 0 : -ECANCELED;
}

/* The first poll of an emit: gives the item to the reader, unless another call waits. Called with
 * the lock held. */
static int emit_offer(edo_emitter *e, const void *item, edo_waker **marked) {
    if (e->gone | e->refused) return -ECANCELED;
    if (e->emits) return -EDO_EMISUSE;
    e->item = item;
    e->emits = e->offered = true;
    e->asked = false;
    *marked = take_waker(&e->reader);
    return -EAGAIN;
}

static edo_polled emit_poll(edo_future *base, edo_cx *cx) {
    emit_future *f = (emit_future *)(void *)base;
    edo_emitter *e = f->e;
    edo_waker *marked = NULL, *waker = edo_cx_waker(cx);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    bool waited = edo_future_step(base) == WAITING;
    edoi_lock_acquire(&e->lock);
    int result = waited ? emit_look(e) : emit_offer(e, f->item, &marked);
    if (result == -EAGAIN) {
        e->writer = waker;
    } else if (waited) {
        e->writer = NULL;
        e->emits = false;
    }
    edoi_lock_release(&e->lock);
    edo_waker_deliver(marked);
    (void)EDO_MISUSE(result == -EDO_EMISUSE, "two edo_emit() of one generator at once");
    if (result == -EAGAIN) {
        edo_future_next_step(base, WAITING);
        return EDO_PENDING;
    }
    edoi_budget_debit(cx);
    return edo_future_finish(base, result);
}

/* The call is cut short. */
static void emit_drop(edo_future *base) {
    emit_future *f = (emit_future *)(void *)base;
    edo_emitter *e = f->e;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) {
        edoi_lock_acquire(&e->lock);
        f->is_read = !e->offered;
        e->offered = e->emits = false; // inv. 1
        e->writer = NULL;
        edoi_lock_release(&e->lock);
    }
    edo_future_retire(base);
}

/* Has the call failed for good, and not by a limit around it? */
static bool is_refused(edo_emitter *e) {
    const edo_task *t = edoi_task_here();
    if (t && edoi_task_is_cancelled(t)) return true;
    edoi_lock_acquire(&e->lock);
    bool gone = e->gone;
    edoi_lock_release(&e->lock);
    return gone;
}

int edo_emit(edo_emitter *e, const void *item) {
    static const edo_future_ops ops = {
        .poll = emit_poll, .drop = emit_drop, .name = "edo_emit", .size = sizeof(emit_future)
    };
    emit_future f = { .e = e, .item = item };
    bool misused = EDO_MISUSE(e->refused, "edo_emit() after one that has returned -ECANCELED: the "
                                          "function of the generator is to return");
    int err = edo_await(edo_future_init(&f.base, &ops)); // refused, too: so that a loop yields
    if (EDOI_LIKELY(err == 0) || f.is_read) return 0;
    if (err == -ECANCELED && is_refused(e)) e->refused = true;
    return misused ? -EDO_EMISUSE : err;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Starts the task; it may run, and end, before this returns. Returns 0 or a negative code. */
static int generator_start(generator *self) {
    edo_emitter *e = self->emitter;
    e->asked = true; // no other thread knows it
    edo_task *t = edo_spawn_at(generator_run, edo_rc_ref(e), self->site);
    if (!t) {
        edo_rc_unref(e);
        return edo_task_join(NULL);
    }
    self->task = t;
    (void)edo_task_wait_init(&self->wait, t);
    (void)edoi_task_join_begin(&self->wait, &e->base); // false: generator_hear_end() says so, too
    return 0;
}

/* Has the task ended, or is it another process's? Then `*result` is a failure, whose trail moves to
 * the reader, or 0. */
static bool generator_hear_end(generator *self, int *result) {
    edo_cx cx = { .waker = &self->emitter->base, .budget = 1 };
    if (edo_poll(&self->wait.base, &cx) == EDO_PENDING) return false;
    int ended = edo_result(&self->wait);
    *result = ended < 0 ? ended : 0;
    edo_task_unref(self->task);
    self->task = NULL;
    self->is_over = true;
    return true;
}

/* Takes the item that is offered; false: there is none, so one is asked for, and the reader
 * noted. */
static bool generator_take(edo_emitter *e, edo_waker *reader, void *item) {
    edo_waker *marked = NULL;
    edoi_lock_acquire(&e->lock);
    EDO_INV("generate inv. 1", !e->offered || e->emits);
    bool taken = e->offered;
    if (taken) {
        edoi_seq_copy(item, e->item, e->item_size);
        e->offered = false;
    } else if (!e->asked) {
        e->asked = true;
        marked = take_waker(&e->writer);
    }
    e->reader = taken ? NULL : reader; // inv. 2
    edoi_lock_release(&e->lock);
    edo_waker_deliver(marked);
    return taken;
}

static void generate_leave(edo_seq *s) {
    edo_emitter *e = generator_of(s)->emitter;
    edoi_lock_acquire(&e->lock);
    e->reader = NULL;
    edoi_lock_release(&e->lock);
}

static edo_polled generate_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    generator *self = generator_of(s);
    *result = 0;
    if (self->is_over) return EDO_READY;
    if (!self->task) *result = generator_start(self);
    if (*result < 0) return EDO_READY;
    if (generator_take(self->emitter, edo_cx_waker(cx), item)) {
        *result = 1;
        return EDO_READY;
    }
    if (!generator_hear_end(self, result)) return EDO_PENDING;
    generate_leave(s); // inv. 2
    return EDO_READY;
}

/* ---- The end --------------------------------------------------------------------------------- */

/* No more items are wanted; `reader` is woken by the end of the task. Harmless if it was said
 * before. It wakes an emit in a shield itself: the cancellation does not, if the task was cancelled
 * before. */
static void generator_cancel(generator *self, edo_waker *reader) {
    edo_emitter *e = self->emitter;
    edoi_lock_acquire(&e->lock);
    e->gone = true;
    e->reader = reader;
    edo_waker *marked = take_waker(&e->writer);
    edoi_lock_release(&e->lock);
    edo_waker_deliver(marked);
    edo_task_cancel(self->task);
}

static edo_polled generate_stop(edo_seq *s, edo_cx *cx) {
    generator *self = generator_of(s);
    int lost;
    if (!self->task) return EDO_READY;
    generator_cancel(self, edo_cx_waker(cx));
    if (!generator_hear_end(self, &lost)) return EDO_PENDING;
    generate_leave(s); // inv. 2
    return EDO_READY;
}

static void generate_drop(edo_seq *s) {
    generator *self = generator_of(s);
    if (self->task) {
        generator_cancel(self, NULL);
        edo_drop(&self->wait.base);
        EDO_INV("generate inv. 3", edo_future_is_over(&self->wait.base));
        edo_task_unref(self->task);
    }
    edo_rc_unref(self->emitter);
    edoi_cache_put(self, sizeof *self);
}

/* ---- Making ---------------------------------------------------------------------------------- */

edo_seq *edo_seq_generate_at(size_t item_size, edo_generate_fn *fn, void *arg, const char *site) {
    static const edo_seq_ops ops = { .poll_next = generate_poll,
                                     .leave = generate_leave,
                                     .drop = generate_drop,
                                     .stop = generate_stop,
                                     .name = "edo_seq_generate" };
    generator *self = edoi_cache_get(sizeof *self);
    edo_emitter *e = self ? edo_rc_new(sizeof *e, NULL) : NULL;
    if (!e) {
        edoi_cache_put(self, sizeof *self);
        return NULL;
    }
    *e = (edo_emitter){ .base = { &end_ops }, .fn = fn, .arg = arg, .item_size = item_size };
    *self = (generator){ .emitter = e, .site = site };
    return edo_seq_init(&self->base, &ops, item_size);
}
