/* SPDX-License-Identifier: MIT */
/* runtime/spawn/join_handle.c: the operations on a handle: join, cancel, query, release.
 *
 * The JOIN bit hands over the joiner slot, which is written before: while JOIN is set the slot
 * belongs to the finisher; a setter that clears JOIN owns the slot again. If DONE is seen with JOIN
 * set, the finisher uses slot and joiner for a few more instructions, until it has cleared the
 * slot.
 *
 * A task held by this thread's worker cannot end meanwhile: a mark in the slot replaces JOIN
 * (task.h, inv. 6). A joiner that leaves on another thread needs a read-modify-write, which sets
 * LEFT. */
#include "base/backoff.h"
#include "base/error/trail.h"
#include "records/handles.h"
#include "runtime/scheduler/fiber_run.h"
#include "runtime/scope/ctx.h"
#include "runtime/spawn/spawn.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/here.h"
#include "runtime/worker/places.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"

#include <errno.h>

enum { JOIN_FRESH, JOIN_WAITING };

/* Writes the slot if `w`, this thread's worker, holds the task: then the task cannot end meanwhile.
 * `entered`: what edoi_places_enter() returned; this function leaves the place. */
EDOI_INLINE bool join_and_leave(edoi_worker *w, edo_task *t, void *joiner, bool entered,
                                uint16_t outer) {
    bool holds = entered && edoi_load_rlx_u16(&t->owner) == w->id;  // relaxed: task.h, inv. 2
    if (EDOI_LIKELY(holds)) edoi_store_rlx_ptr(&t->joiner, joiner); // relaxed: inv. 6
    edoi_places_leave(&w->places, outer);
    return holds;
}

/* False: no worker of this thread holds the task. */
static bool join_plainly(edo_task *t, void *joiner) {
    edoi_worker *w = edoi_worker_here();
    uint16_t outer;
    if (!w) return false;
    bool entered = edoi_places_enter(&w->places, w->id, &outer);
    return join_and_leave(w, t, joiner, entered, outer);
}

/* As join_plainly(), where no fence is needed; it calls nothing. `w` may be NULL. A worker without
 * siblings is always inside, and needs no bracket. */
EDOI_INLINE bool join_quickly(edoi_worker *w, edo_task *t, void *joiner) {
    uint16_t outer;
    if (EDOI_UNLIKELY(!w)) return false;
    // relaxed, both: task.h, inv. 2, and places.h, inv. 1
    if (edoi_load_rlx_u16(&t->owner) == edoi_load_rlx_u16(&w->places.inside)) {
        edoi_store_rlx_ptr(&t->joiner, joiner); // relaxed: inv. 6
        return true;
    }
    bool entered = edoi_places_enter_quickly(&w->places, w->id, &outer);
    return join_and_leave(w, t, joiner, entered, outer);
}

EDOI_INLINE void *plain_mark(edo_waker *w) {
    return (void *)((uintptr_t)w | JOINED_PLAIN);
}

/* Registers `w`; false: the task is done. The caller must own the slot. */
EDOI_INLINE bool join_register(edo_task *t, edo_waker *w) {
    uint32_t old = edoi_load_acq_u32(&t->word); // TJ3: pairs with TJ1
    if (!(old & TASK_LEFT) && join_plainly(t, plain_mark(w))) return true;
    edoi_store_rlx_ptr(&t->joiner, w); // ordered by TJ4
    do {
        if (old & TASK_DONE) return false;
    } while (!edoi_cas_acqrel_u32(&t->word, &old, old | TASK_JOIN)); // TJ4: pairs with TJ2, TJ1
    return true;
}

static EDOI_NOINLINE void spin_for_finisher(edo_task *t) {
    edoi_backoff b = { 0 };
    if (edoi_task_slab_is_forked(t)) return;                     // the finisher is in the parent
    while (edoi_load_acq_ptr(&t->joiner)) edoi_backoff_wait(&b); // TJ6: pairs with TJ5
}

/* The task is done with JOIN set: waits until the finisher has finished with slot and joiner. */
EDOI_INLINE void wait_for_finisher(edo_task *t) {
    if (EDOI_UNLIKELY(edoi_load_acq_ptr(&t->joiner))) spin_for_finisher(t); // TJ6: pairs with TJ5
}

/* Takes the slot back. False: the task is done, and the finisher has finished with slot and
 * joiner. */
static bool join_leave(edo_task *t) {
    uint32_t old = edoi_load_rlx_u32(&t->word); // relaxed: if the task is done, TJ6 orders
    if (!(old & TASK_JOIN) && join_plainly(t, NULL)) return true;
    while (!(old & TASK_DONE)) {
        uint32_t new = old &TASK_JOIN ? old & ~TASK_JOIN : old | TASK_LEFT;
        // relaxed: a later finisher sees no joiner, and has touched nothing
        if (edoi_cas_rlx_u32(&t->word, &old, new)) return true;
    }
    wait_for_finisher(t);
    return false;
}

/* The task failed or was abandoned. */
static EDOI_NOINLINE int hear_failure(edo_task *t, int result) {
    if (edoi_load_rlx_u32(&t->word) & TASK_ABANDONED)
        return -ECANCELED; // an abandoned task may still be in a queue
    edoi_task_move_trail(t);
    return result;
}

EDOI_INLINE int result_of(edo_task *t) {
    int result = edoi_task_future(t)->result;
    bool abandoned = edoi_load_rlx_u32(&t->word) & TASK_ABANDONED;
    if (EDOI_UNLIKELY(result < 0 || abandoned)) return hear_failure(t, result);
    return result;
}

/* Releases a handle; `caller` is a return address, NULL if a future has recorded it already. */
EDOI_INLINE void give_up(edo_task *t, const void *caller) {
    edoi_handle_given_up(EDOI_TASK, t, caller);
    edoi_task_unref(t);
}

EDOI_INLINE edo_polled join_ready(edo_task_join_future *self) {
    edo_task *t = self->task;
    int result = result_of(t);
    self->task = NULL;
    if (!self->keep) give_up(t, NULL);
    return edo_future_finish(&self->base, result);
}

/* There is nothing to wait for, so this is no await: a cancelled task gets the error code too. */
static int not_spawned(void) {
    return edoi_ctx_here()->spawn_error;
}

static EDOI_NOINLINE edo_polled join_nobody(edo_task_join_future *self) {
    return edo_future_finish(&self->base, not_spawned());
}

/* There is nothing to wait for. A join consumes its handle nevertheless. */
static EDOI_NOINLINE edo_polled join_refused(edo_task_join_future *self, int err) {
    if (!self->keep) give_up(self->task, NULL);
    self->task = NULL;
    return edo_future_finish(&self->base, err);
}

/* The task was freed and its slot is unused: a misuse, of which no more can be told. */
static EDOI_NOINLINE edo_polled join_too_late(edo_task_join_future *self) {
    (void)EDO_MISUSE(true, "a handle is used that was given up: closed, joined, detached or freed");
    self->task = NULL;
    return edo_future_finish(&self->base, -EDO_EMISUSE);
}

/* The task was not done when last checked; and this is not the first join, or another thread's
 * worker holds the task. */
static EDOI_NOINLINE edo_polled join_wait(edo_task_join_future *self, edo_waker *w) {
    edo_task *t = self->task;
    if (TASK_REFS(edoi_load_rlx_u32(&t->word)) == 0)
        return join_too_late(self); // relaxed: we hold a reference
    if (edoi_task_slab_is_forked(t)) return join_refused(self, -EDO_EFORKED);
    if (edo_future_step(&self->base) == JOIN_WAITING) {
        if (self->waker == w) return EDO_PENDING;
        if (!join_leave(t)) return join_ready(self);
    } else if (EDO_MISUSE(
                   edoi_task_is_joined(edoi_load_rlx_ptr(&t->joiner), edoi_load_rlx_u32(&t->word)),
                   "two wait for the end of one task: share its result another way")) {
        return join_refused(self, -EDO_EMISUSE);
    }
    self->waker = w;
    edo_future_next_step(&self->base, JOIN_WAITING);
    return join_register(t, w) ? EDO_PENDING : join_ready(self);
}

static EDOI_NOINLINE edo_polled join_done(edo_task_join_future *self) {
    if (edo_future_step(&self->base) == JOIN_WAITING) wait_for_finisher(self->task);
    return join_ready(self);
}

/* The short paths are tail calls, or none: no value is kept across a call. */
static edo_polled join_handle_poll(edo_future *f, edo_cx *cx) {
    edo_task_join_future *self = (edo_task_join_future *)(void *)f;
    edo_task *t = self->task;
    if (EDOI_UNLIKELY(!t)) return join_nobody(self);
    if (!edo_budget_take(cx)) return EDO_PENDING;
    uint32_t word = edoi_load_acq_u32(&t->word); // TJ3: pairs with TJ1
    if (word & TASK_DONE) return join_done(self);
    edo_budget_refund(cx); // a join that finds the task done costs no budget
    edo_waker *w = edo_cx_waker(cx);
    // Relaxed: join_wait() checks again for another joiner.
    bool first = !edoi_load_rlx_ptr(&t->joiner) && !(word & (TASK_JOIN | TASK_LEFT));
    if (EDOI_UNLIKELY(!first || !join_quickly(cx->worker, t, plain_mark(w))))
        return join_wait(self, w);
    self->waker = w;
    edo_future_next_step(f, JOIN_WAITING);
    return EDO_PENDING;
}

static void join_handle_drop(edo_future *f) {
    edo_task_join_future *self = (edo_task_join_future *)(void *)f;
    if (!edo_future_is_over(f) && self->task) {
        if (edo_future_step(f) == JOIN_WAITING) (void)join_leave(self->task);
        if (!self->keep) give_up(self->task, NULL);
    }
    edo_future_retire(f);
}

static void join_handle_describe(const edo_future *base, edo_description *to) {
    const edo_task *t = ((const edo_task_join_future *)(const void *)base)->task;
    if (t) edo_describe_text(to, " of %s", edoi_task_seen_site(t));
}

static const edo_future_ops join_ops = { .poll = join_handle_poll,
                                         .drop = join_handle_drop,
                                         .name = "edo_task_join",
                                         .size = sizeof(edo_task_join_future),
                                         .flags =
                                             EDOI_FUTURE_WAITS_TASK | EDOI_FUTURE_OF(EDOI_TASK),
                                         .describe = join_handle_describe };

static edo_future *task_join_init(edo_task_join_future *f, edo_task *t, bool keep) {
    f->task = t;
    f->waker = NULL;
    f->keep = keep;
    return edo_future_init(&f->base, &join_ops);
}

edo_future *edo_task_join_init(edo_task_join_future *f, edo_task *t) {
    EDOI_ENTERS(EDOI_TASK, t);
    if (t) edoi_handle_note_caller(EDOI_TASK, t, EDOI_CALLER());
    return task_join_init(f, t, false);
}

edo_future *edo_task_wait_init(edo_task_join_future *f, edo_task *t) {
    EDOI_ENTERS(EDOI_TASK, t);
    return task_join_init(f, t, true);
}

bool edoi_task_join_begin(edo_task_join_future *self, edo_waker *w) {
    if (!join_register(self->task, w)) return false;
    self->waker = w;
    edo_future_next_step(&self->base, JOIN_WAITING);
    return true;
}

/* True: `t` is done, and the budget of the join is taken. The result is that of a future and its
 * poll, at a quarter of the cost. */
EDOI_INLINE bool is_there_already(const edo_task *t) {
    if (!edoi_task_is_done(t)) return false;
    edoi_worker *w = edoi_worker_here();
    if (!w || !w->fiber) return false;
    if (!edoi_fiber_may_await(w) || w->cx.budget == 0) return false;
    w->cx.budget--;
    return true;
}

int edo_task_join(edo_task *t) {
    if (!t) return not_spawned();
    EDOI_ENTERS(EDOI_TASK, t);
    if (is_there_already(t)) {
        int result = result_of(t);
        give_up(t, EDOI_CALLER());
        return result;
    }
    edoi_handle_note_caller(EDOI_TASK, t, EDOI_CALLER());
    edo_task_join_future f;
    return edo_await(task_join_init(&f, t, false));
}

int edo_task_wait(edo_task *t) {
    if (!t) return not_spawned();
    edo_task_join_future f;
    return edo_await(edo_task_wait_init(&f, t));
}

void edo_task_cancel(edo_task *t) {
    if (!t) return;
    EDOI_ENTERS(EDOI_TASK, t);
    edo_waker_deliver(edoi_task_mark_cancel(t, EDO_CANCEL_ASKED));
}

void edo_task_detach(edo_task *t) {
    if (t) give_up(t, EDOI_CALLER());
}

void edo_task_unref(edo_task *t) {
    if (t) give_up(t, EDOI_CALLER());
}

edo_task *edo_task_ref(edo_task *t) {
    EDOI_ENTERS(EDOI_TASK, t);
    edoi_handle_shared(EDOI_TASK, t);
    edoi_task_ref(t);
    return t;
}

bool edo_task_is_finished(const edo_task *t) {
    EDOI_ENTERS(EDOI_TASK, t);
    return edoi_task_is_done(t);
}

edo_task_outcome edo_task_get_outcome(const edo_task *t) {
    EDOI_ENTERS(EDOI_TASK, t);
    if (!edoi_task_is_done(t)) return EDO_OUTCOME_RUNNING;
    uint32_t word = edoi_load_rlx_u32(&t->word);
    if (word & TASK_ABANDONED) return EDO_OUTCOME_ABANDONED;
    int result = edoi_task_future(t)->result;
    if (result >= 0) return EDO_OUTCOME_RETURNED;
    bool cancelled = (word & TASK_CANCEL) && result == -ECANCELED;
    return cancelled ? EDO_OUTCOME_CANCELED : EDO_OUTCOME_FAILED;
}

uint64_t edo_task_id(const edo_task *t) {
    return (uint64_t)(uintptr_t)t >> 4; // aligned to 16; living tasks share no slot
}
