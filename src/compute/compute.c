/* SPDX-License-Identifier: MIT */
/* compute/compute.c: implements edo/compute.h with the forks of pool.h.
 *
 * Adaptive splitting: a range starts with a number of pieces per thread, which halves with each
 * split in two. A stolen half starts again with the number of threads, as a thief was out of work.
 * So uniform work is cut in few pieces, and more finely only where a piece takes long. */
#include <edo/compute.h>

#include "base/memory/alloc.h"
#include "compute/pool.h"
#include "runtime/blocking/blocking.h"
#include "runtime/blocking/job.h"

#include <errno.h>
#include <string.h>

/* ---- One function ---------------------------------------------------------------------------- */

static edo_polled compute_poll(edo_future *base, edo_cx *cx) {
    edo_blocking_future *f = (edo_blocking_future *)(void *)base;
    return edoi_job_poll(f, cx, edoi_blocking_of(cx), edoi_compute_submit);
}

edo_future *edo_compute_init(edo_compute_future *f, edo_task_fn *fn, void *arg,
                             const edo_blocking_opts *opts) {
    static const edo_future_ops ops = { .poll = compute_poll,
                                        .drop = edoi_job_drop,
                                        .name = "edo_compute",
                                        .size = sizeof(edo_compute_future) };
    edoi_job_init(f, fn, arg, opts);
    return edo_future_init(&f->base, &ops);
}

int edo_compute(edo_task_fn *fn, void *arg) {
    if (edoi_computer_here()) return fn(arg);
    edo_compute_future f;
    (void)edo_compute_init(&f, fn, arg, NULL);
    return edoi_job_await(&f);
}

uint32_t edo_compute_threads(void) {
    return edoi_compute_start();
}

/* ---- Two functions --------------------------------------------------------------------------- */

typedef struct half {
    edoi_fork fork;
    edo_task_fn *fn;
    void *arg;
    int result;
} half;

typedef struct pair {
    edo_task_fn *a, *b;
    void *a_arg, *b_arg;
} pair;

static void run_half(edoi_fork *fork, bool stolen) {
    half *self = (half *)(void *)fork;
    (void)stolen;
    self->result = self->fn(self->arg);
}

static int run_pair(void *arg) {
    const pair *p = arg;
    struct edoi_computer *me = edoi_computer_here();
    half b = { .fork.run = run_half, .fn = p->b, .arg = p->b_arg };
    edoi_fork_begin(me, &b.fork);
    int result = p->a(p->a_arg);
    edoi_fork_end(me, &b.fork);
    if (result < 0) return result;
    return b.result < 0 ? b.result : 0;
}

int edo_compute_join(edo_task_fn *a, void *a_arg, edo_task_fn *b, void *b_arg) {
    pair p = { a, b, a_arg, b_arg };
    return edo_compute(run_pair, &p);
}

/* ---- Ranges ---------------------------------------------------------------------------------- */

#define SMALL  128u /* bytes of an accumulator that need no heap */
#define PIECES 8u   /* per thread, at first: a thread that lost its core delays only one piece */

typedef struct accumulator {
    EDOI_ALIGNED(16) unsigned char small[SMALL];
} accumulator;

/* Shared by all pieces; const except `failure`. */
typedef struct loop {
    edo_compute_range_fn *each;
    edo_compute_fold_fn *fold;   /* instead of `each` */
    edo_compute_merge_fn *merge; /* with `fold` */
    void *arg;
    const void *neutral;
    size_t acc_bytes;
    uint32_t threads_n;
    edo_atomic_u32 failure; /* atomic: LF1; the first failure, negated; 0: none */
} loop;

typedef struct range {
    edoi_fork fork;
    loop *loop;
    void *acc;
    size_t from, to;
    uint32_t splits;
} range;

static void compute_note_failure(loop *l, int result) {
    uint32_t none = 0;
    // LF1: pairs with LF1 of another piece that failed first. The end of the forks orders the rest.
    (void)edoi_cas_acqrel_u32(&l->failure, &none, 0u - (uint32_t)result);
}

static bool compute_is_over(loop *l) {
    if (edo_blocking_cancelled()) compute_note_failure(l, -ECANCELED);
    return edoi_load_rlx_u32(&l->failure) != 0; // relaxed: a hint to skip useless work
}

static void run_piece(const range *r) {
    loop *l = r->loop;
    int result =
        l->fold ? l->fold(l->arg, r->acc, r->from, r->to) : l->each(l->arg, r->from, r->to);
    if (result < 0) compute_note_failure(l, result);
}

static bool may_split(range *r, bool stolen) {
    if (r->to - r->from < 2) return false;
    if (stolen) {
        r->splits = r->splits / 2 > r->loop->threads_n ? r->splits / 2 : r->loop->threads_n;
        return true;
    }
    r->splits /= 2;
    return r->splits > 0;
}

/* A neutral accumulator for the right half; NULL without memory. */
static void *right_acc(const loop *l, accumulator *small) {
    void *acc = l->acc_bytes <= SMALL ? small->small : edoi_alloc(l->acc_bytes);
    if (acc) memcpy(acc, l->neutral, l->acc_bytes);
    return acc;
}

static void run_range(range *r, bool stolen);

static void run_fork(edoi_fork *fork, bool stolen) {
    run_range((range *)(void *)fork, stolen);
}

/* Forks the right half of `r`, and keeps the left one. False: not split, for lack of memory. */
static bool compute_split(range *r) {
    struct edoi_computer *me = edoi_computer_here();
    loop *l = r->loop;
    size_t middle = r->from + (r->to - r->from) / 2;
    accumulator small;
    range left = { .loop = l, .acc = r->acc, .from = r->from, .to = middle, .splits = r->splits };
    range right = { .loop = l, .from = middle, .to = r->to, .splits = r->splits };
    right.fork.run = run_fork;
    if (l->fold) {
        right.acc = right_acc(l, &small);
        if (!right.acc) return false;
    }
    edoi_fork_begin(me, &right.fork);
    run_range(&left, false);
    edoi_fork_end(me, &right.fork);
    if (l->fold) {
        if (!compute_is_over(l)) l->merge(l->arg, r->acc, right.acc);
        if (right.acc != small.small) edoi_free(right.acc);
    }
    return true;
}

static void run_range(range *r, bool stolen) {
    if (compute_is_over(r->loop)) return;
    if (!may_split(r, stolen) || !compute_split(r)) run_piece(r);
}

/* A whole loop, as a job. */
static int run_loop(void *arg) {
    range *whole = arg;
    loop *l = whole->loop;
    l->threads_n = edoi_compute_start();
    whole->splits = PIECES * l->threads_n;
    if (l->threads_n == 1) whole->splits = 1; // no thread could take a half
    run_range(whole, false);
    return (int)(0u - edoi_load_rlx_u32(&l->failure)); // relaxed: the forks have ended
}

int edo_compute_for(size_t n, edo_compute_range_fn *fn, void *arg) {
    if (n == 0) return edo_budget_consume();
    loop l = { .each = fn, .arg = arg };
    range whole = { .loop = &l, .to = n };
    return edo_compute(run_loop, &whole);
}

int edo_compute_reduce(void *acc, size_t acc_bytes, size_t n, edo_compute_fold_fn *fold,
                       edo_compute_merge_fn *merge, void *arg) {
    if (n == 0) return edo_budget_consume();
    accumulator small;
    void *neutral = acc_bytes <= SMALL ? small.small : edoi_alloc(acc_bytes);
    if (!neutral) return -ENOMEM;
    memcpy(neutral, acc, acc_bytes);
    loop l = {
        .fold = fold, .merge = merge, .arg = arg, .neutral = neutral, .acc_bytes = acc_bytes
    };
    range whole = { .loop = &l, .acc = acc, .to = n };
    int result = edo_compute(run_loop, &whole);
    if (neutral != small.small) edoi_free(neutral);
    return result;
}
