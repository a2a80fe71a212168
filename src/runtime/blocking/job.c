/* SPDX-License-Identifier: MIT */
/* runtime/blocking/job.c: see job.h. */
#include "runtime/blocking/job.h"

#include "base/error/trail.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/memory/cache.h"
#include "base/opts.h"
#include "runtime/blocking/blocking.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/deadline.h"
#include "runtime/scope/values.h"
#include "runtime/task/fiber_ctx.h"

#include <errno.h>

static EDOI_THREAD_LOCAL edoi_job *here;

EDOI_OPAQUE edoi_job *edoi_job_here(void) {
    EDOI_COMPILER_BARRIER();
    return here;
}

/* The thread that forked in a job belongs to no pool. */
static void job_begin_child(void) {
    here = NULL;
}

EDOI_ON_FORK(.child = job_begin_child);

EDOI_OPAQUE void edoi_job_set_here(edoi_job *j) {
    EDOI_COMPILER_BARRIER();
    here = j;
}

edoi_job *edoi_job_new(edo_task_fn *fn, void *arg, void (*drop)(void *arg),
                       struct edoi_blocking *home) {
    edoi_job *j = edoi_cache_get(sizeof *j);
    if (!j) return NULL;
    *j = (edoi_job){ .fn = fn, .arg = arg, .drop = drop, .forks = edoi_forks(), .home = home };
    edoi_store_rlx_u32(&j->refs, 1); // relaxed: no other thread knows it
    if (home) edoi_blocking_ref(home);
    return j;
}

void edoi_job_unref(edoi_job *j) {
    edoi_held_check("a job's reference is given back");
    // JB1: pairs with JB1: the other owner's accesses happen before the end
    if (edoi_sub_acqrel_u32(&j->refs, 1) != 1) return;
    if (j->home) edoi_blocking_unref(j->home);
    edoi_values_unref(j->values);
    edoi_trail_free(j->trail);
    edoi_cache_put(j, sizeof *j);
}

/* ---- Never run ------------------------------------------------------------------------------- */

static EDOI_THREAD_LOCAL int reason;

EDOI_OPAQUE int edoi_job_drop_reason(void) {
    EDOI_COMPILER_BARRIER();
    return reason;
}

static EDOI_OPAQUE void drop_for(void (*drop)(void *arg), void *arg, int err) {
    EDOI_COMPILER_BARRIER();
    reason = err;
    if (drop) drop(arg);
}

/* ---- The pool's half ------------------------------------------------------------------------- */

static void job_end(edoi_job *j, int result) {
    edoi_lock_acquire(&j->lock);
    EDO_INV("job inv. 3", !j->ended && !j->in);
    j->ended = true;
    j->result = result;
    edo_waker *marked = j->waker ? edo_waker_mark(j->waker) : NULL;
    j->waker = NULL;
    edoi_lock_release(&j->lock);
    edo_waker_deliver(marked);
    edoi_job_unref(j);
}

void edoi_job_run(edoi_job *j) {
    edoi_job_set_here(j);
    int result;
    edo_context_block *before = edoi_values_enter(j->values);
    EDOI_CALL_OUT(result = j->fn(j->arg));
    edoi_values_leave(before);
    edoi_job_set_here(NULL);
    j->trail = edoi_trail_take(result);
    edo_trail_clear(); // the next job has failures of its own
    job_end(j, result);
}

void edoi_job_refuse(edoi_job *j, int err) {
    drop_for(j->drop, j->arg, err);
    job_end(j, err);
}

void edoi_job_push(edoi_job_queue *q, edoi_job *j) {
    EDO_INV("job inv. 1", !j->in);
    j->in = q;
    j->next = NULL;
    j->prev = q->last;
    if (q->last) {
        q->last->next = j;
    } else {
        q->first = j;
    }
    q->last = j;
    q->n++;
}

void edoi_job_remove(edoi_job *j) {
    edoi_job_queue *q = j->in;
    EDO_INV("job inv. 1", q && q->n > 0 && (j->prev ? j->prev->next : q->first) == j);
    if (j->prev) {
        j->prev->next = j->next;
    } else {
        q->first = j->next;
    }
    if (j->next) {
        j->next->prev = j->prev;
    } else {
        q->last = j->prev;
    }
    j->in = NULL;
    q->n--;
}

edoi_job *edoi_job_pop(edoi_job_queue *q) {
    edoi_job *j = q->first;
    if (j) edoi_job_remove(j);
    return j;
}

/* ---- The future's half ----------------------------------------------------------------------- */

void edoi_job_discard(edo_blocking_future *f, int err) {
    drop_for(f->drop, f->arg, err);
}

void edoi_job_init(edo_blocking_future *f, edo_task_fn *fn, void *arg,
                   const edo_blocking_opts *opts) {
    bool good = !opts || edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved));
    f->fn = good ? fn : NULL;
    f->arg = arg;
    f->drop = opts ? opts->drop : NULL;
    f->queue_key = 0;
    f->job = NULL;
}

static int blocking_begin(edo_blocking_future *f, struct edoi_blocking *home,
                          edoi_job_submit_fn *submit) {
    edoi_values *values = NULL;
    int err = f->fn ? edoi_values_inherit(&values) : -EINVAL;
    edoi_job *j = err == 0 ? edoi_job_new(f->fn, f->arg, f->drop, home) : NULL;
    if (!j) {
        edoi_values_unref(values);
        if (err == 0) err = -ENOMEM;
        edoi_job_discard(f, err);
        return err;
    }
    edoi_store_rlx_u32(&j->refs, 2); // relaxed: no other thread knows it
    j->values = values;
    j->key = f->queue_key;
    f->job = j;
    submit(j);
    return 0;
}

/* Is the job in a queue, or with a thread, of the parent process? */
static bool job_is_inherited(const edoi_job *j) {
    return edoi_is_inherited(j->forks);
}

/* Counts whether a future polled by the runtime's worker waits for the job: for no other waiter
 * does the clock stand still. */
static void set_awaited(edoi_job *j, bool awaited) {
    if (j->awaited == awaited) return;
    j->awaited = awaited;
    if (awaited) {
        edoi_blocking_await_begin(j->home);
    } else {
        edoi_blocking_await_end(j->home);
    }
}

/* The future releases its job. */
static void blocking_let_go(edo_blocking_future *f) {
    edoi_job *j = f->job;
    f->job = NULL;
    set_awaited(j, false);
    edoi_job_unref(j);
}

edo_polled edoi_job_poll(edo_blocking_future *f, edo_cx *cx, struct edoi_blocking *home,
                         edoi_job_submit_fn *submit) {
    if (!edo_budget_take(cx)) return EDO_PENDING;
    if (!f->job) {
        int err = blocking_begin(f, home, submit);
        if (err < 0) return edo_future_finish(&f->base, err);
    }
    edoi_job *j = f->job;
    if (job_is_inherited(j)) {
        f->job = NULL;
        return edo_future_finish(&f->base, -EDO_EFORKED);
    }
    edoi_lock_acquire(&j->lock);
    bool ended = j->ended;
    if (!ended) j->waker = edo_cx_waker(cx);
    edoi_lock_release(&j->lock);
    if (!ended) {
        set_awaited(j, cx->worker && j->home && edoi_blocking_of(cx) == j->home);
        edo_budget_refund(cx);
        return EDO_PENDING;
    }
    EDO_INV("job inv. 2", !j->waker);
    int result = j->result; // const once ended
    edoi_trail_give(j->trail);
    j->trail = NULL;
    blocking_let_go(f);
    return edo_future_finish(&f->base, result);
}

void edoi_job_drop(edo_future *base) {
    edo_blocking_future *f = (edo_blocking_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    edo_future_retire(base);
    if (!f->job) {
        edoi_job_discard(f, -EDO_ECLOSED);
        return;
    }
    edoi_job *j = f->job;
    if (job_is_inherited(j)) {
        f->job = NULL;
        return;
    }
    if (j->withdraw(j)) {
        edoi_job_discard(f, -EDO_ECLOSED);
        edoi_job_unref(j); // the queue's
    } else {
        edoi_store_rlx_u32(&j->cancelled, 1);
        edoi_lock_acquire(&j->lock);
        j->waker = NULL;
        edoi_lock_release(&j->lock);
    }
    blocking_let_go(f);
}

/* ---- Awaiting without a drop ----------------------------------------------------------------- */

/* Waits for a future without dropping it. */
typedef struct lent_future {
    edo_future base;
    edo_future *of;
} lent_future;

static edo_polled lent_poll(edo_future *base, edo_cx *cx) {
    edo_future *of = ((lent_future *)(void *)base)->of;
    if (edo_poll(of, cx) == EDO_PENDING) return EDO_PENDING;
    return edo_future_finish(base, of->result);
}

static const edo_future_ops lent_ops = { .poll = lent_poll,
                                         .name = "edo_blocking",
                                         .size = sizeof(lent_future) };

static int await_lent(edo_future *of) {
    lent_future f = { .of = of };
    return edo_await(edo_future_init(&f.base, &lent_ops));
}

int edoi_job_await(edo_blocking_future *f) {
    int result = await_lent(&f->base);
    if (edo_future_is_over(&f->base)) return result;
    edoi_job *j = f->job;
    if (!j || j->withdraw(j)) {
        if (j) edoi_job_unref(j); // the queue's
        if (j) blocking_let_go(f);
        edoi_job_discard(f, result);
        edo_future_retire(&f->base);
        return result;
    }
    edoi_store_rlx_u32(&j->cancelled, 1);
    edoi_ctx *c = edoi_ctx_here();
    bool deaf = c->deaf;
    int64_t deadline_ns = c->deadline_ns;
    c->deaf = true;             // the caller owns `arg`, and cannot return before the job ends
    c->deadline_ns = INT64_MAX; // a deadline that has passed would wake us repeatedly
    edoi_fiber_deadline_moved(c);
    result = await_lent(&f->base);
    c->deaf = deaf;
    c->deadline_ns = deadline_ns;
    return result;
}
