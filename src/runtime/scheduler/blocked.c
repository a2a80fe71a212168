/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/blocked.c: see blocked.h. */
#include "runtime/scheduler/blocked.h"

#include "locks/peers.h"
#include "locks/tenths.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/scope.h"
#include "runtime/worker/here.h"

#define TOLD_A_LOOK 10u /* the others are told at later looks */

static edo_atomic_ptr reports; /* atomic: BL1, BL2; edoi_blocked_reports */

static uint64_t who_of(const edo_task *t) {
    return (uint64_t)(uintptr_t)t | 1; // other than a thread's, which is even
}

/* ---- Hooks ----------------------------------------------------------------------------------- */

/* 0: no fiber runs here. Two turns of one task may have one number, which is never told apart. */
static uint32_t turn_here(void) {
    uint64_t poll;
    return edoi_worker_poll_here(&poll) ? (uint32_t)(poll ^ poll >> 32) : 0;
}

/* A state machine has no place where it could keep which locks it holds. */
static void blocked_caller(edoi_locks_caller *out) {
    edoi_fiber_task *fiber;
    const edo_task *t = edoi_task_look_here(&fiber, &out->now);
    if (!t) { // a plain thread
        out->limit_ns = edoi_ctx_here()->deadline_ns;
        return;
    }
    const bool is_fiber = fiber && fiber->ctx;
    out->who = who_of(t);
    out->name = t->site;
    out->turn = turn_here();
    out->locks = is_fiber ? &fiber->locks : NULL;
    if (!is_fiber) return;
    out->locks_own = &fiber->ctx->locks_own;
    out->limit_ns = fiber->ctx->ctx.deadline_ns;
}

void edoi_blocked_install(const edoi_blocked_reports *set) {
    edoi_store_rel_ptr(&reports, (void *)(uintptr_t)set); // BL1: pairs with BL2
    edoi_locks_caller_set(blocked_caller);
}

static const edoi_blocked_reports *blocked_reports(void) {
    return edoi_load_acq_ptr(&reports); // BL2: pairs with BL1
}

/* ---- Waits ----------------------------------------------------------------------------------- */

/* The first member after the base of one of edo's futures. What that points to begins with its
 * edoi_peers, if it is a channel, or with its number, if it is a semaphore. */
typedef struct blocked_future {
    edo_future base;
    const void *object;
} blocked_future;

static bool has_one_peer(const edoi_peer *peer) {
    const uint64_t who = edoi_load_rlx_u64(&peer->who);
    return who != 0 && who != EDOI_PEER_SEVERAL;
}

/* What `f` waits for. False: for nothing whose end is in somebody's hands, as far as is known. */
static bool wait_object_get(edoi_wait *out, const edo_future *f) {
    const void *object = ((const blocked_future *)(const void *)f)->object;
    const uint32_t step = edo_future_step(f), flags = f->ops->flags & EDOI_FUTURE_WAITS;
    const bool is_behind = step == EDOI_STEP_BEHIND;
    const edoi_peers *peers = object;
    out->object = (uint64_t)(uintptr_t)object;
    if (flags != EDOI_FUTURE_WAITS_LOCK && step != EDOI_STEP_WAITING) return false;
    switch (flags) {
    case EDOI_FUTURE_WAITS_LOCK:
        out->kind = is_behind ? EDOI_WAITS_BEHIND : EDOI_WAITS_LOCK;
        out->is_shared = step != EDOI_STEP_WAITING;
        return true;
    case EDOI_FUTURE_WAITS_TASK:
        out->kind = EDOI_WAITS_TASK;
        out->object = who_of(object);
        return !out->may_end; // else it is in no cycle, and its task says for what it waits
    case EDOI_FUTURE_WAITS_SCOPE:
        out->kind = EDOI_WAITS_SCOPE;
        out->children_n = edoi_scope_alive_n(f);
        return !out->may_end;
    case EDOI_FUTURE_WAITS_PERMITS:
        out->kind = EDOI_WAITS_PERMITS;
        out->number = object;
        return true;
    case EDOI_FUTURE_WAITS_ROOM:
        out->kind = EDOI_WAITS_PEER;
        out->peer = &peers->receiver;
        return !out->may_end && has_one_peer(out->peer);
    default:
        out->kind = EDOI_WAITS_PEER;
        out->peer = &peers->sender;
        return !out->may_end && has_one_peer(out->peer);
    }
}

/* Does nothing but its object end a wait of `self`? */
static bool waits_for_ever(const edoi_fiber_task *self) {
    const edoi_ctx *c = &self->ctx->ctx;
    if (edoi_ctx_has_deadline(c) || self->kind & EDOI_FIBER_GUARDED) return false;
    if (self->kind & EDOI_FIBER_CHILD &&
        edoi_child_may_be_cut((const edoi_child *)(const void *)self))
        return false;
    return !c->bracket || c->deaf;
}

/* False: it is over soon, or waits for something else. */
static bool wait_get(edoi_wait *out, edoi_fiber_task *self, const edo_future *f) {
    const uint32_t step = edo_future_step(f);
    if (!(f->ops->flags & EDOI_FUTURE_WAITS)) return false;
    if (step < EDOI_STEP_WAITING || step > EDOI_STEP_READING) return false;
    if (edoi_task_is_cancelled(edoi_fiber_task_header(self))) return false;
    bool is_child = self->kind & EDOI_FIBER_CHILD;
    uint32_t now;
    edoi_fiber_task *served;
    (void)edoi_task_look_here(&served, &now);
    *out = (edoi_wait){
        .who = who_of(edoi_fiber_task_header(self)),
        .name = edoi_fiber_task_header(self)->site,
        .own = self->ctx->locks_own,
        .what = f->ops->name,
        .may_end = !waits_for_ever(self),
        .of_scope = is_child ? ((const edoi_child *)(const void *)self)->scope : NULL,
        .since = now,
    };
    return wait_object_get(out, f);
}

/* One that this thread's worker holds is parked if the worker has put it aside; of one that another
 * worker holds nothing is known yet. */
static bool is_parked(uint64_t who) {
    const edo_task *t = edoi_blocked_task_of(who);
    const uint32_t word = edoi_load_rlx_u32(&t->word); // relaxed: a wake that comes now is outside
    if (word & (TASK_WAKE | TASK_CANCEL | TASK_DONE)) return false;
    return !(word & TASK_BUSY) || edoi_task_is_put_aside_here(t);
}

EDOI_NOINLINE bool edoi_blocked_note(edoi_fiber_task *self, const edo_future *f) {
    edoi_wait wait;
    edoi_cycle cycle;
    if (!wait_get(&wait, self, f)) return false;
    self->is_noted = true;
    if (!edoi_wait_begin(&wait, &cycle, is_parked)) return false;
    blocked_reports()->deadlock(&cycle);
    bool is_of_lock = wait.kind == EDOI_WAITS_LOCK || wait.kind == EDOI_WAITS_BEHIND;
    if (!is_of_lock || !EDOI_LOCKS_NOTES(EDOI_LOCKS_FAIL)) return false;
    edoi_blocked_forget(self);
    return true;
}

EDOI_NOINLINE void edoi_blocked_forget(edoi_fiber_task *self) {
    self->is_noted = false;
    edoi_wait_end(who_of(edoi_fiber_task_header(self)));
}

EDOI_NOINLINE bool edoi_blocked_is_to_fail(edoi_fiber_task *self) {
    return edoi_wait_fails(who_of(edoi_fiber_task_header(self)));
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void blocked_found(void *arg, const void *lock, const edoi_holder *holder) {
    (void)arg;
    if (EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS)) blocked_reports()->ended(lock, holder);
}

EDOI_NOINLINE void edoi_blocked_ended(edoi_fiber_task *self) {
    self->locks = EDOI_HOLDS_NOTHING;
    edoi_holders_end(who_of(edoi_fiber_task_header(self)), blocked_found, NULL);
}

EDOI_NOINLINE void edoi_blocked_machine_is_over(const edo_task *t) {
    if (edoi_holders_any_of(who_of(t))) edoi_holders_end(who_of(t), blocked_found, NULL);
}

/* The program was told of the task itself. */
static void nobody_is_told(void *arg, const void *lock, const edoi_holder *holder) {
    (void)arg, (void)lock, (void)holder;
}

void edoi_blocked_abandoned(edoi_fiber_task *self) {
    edoi_blocked_end(self);
    if (self->locks) edoi_holders_end(who_of(edoi_fiber_task_header(self)), nobody_is_told, NULL);
}

/* ---- Waits that last ------------------------------------------------------------------------- */

static edo_atomic_u64 held_ns = EDOI_ATOMIC_INIT(UINT64_C(10000000000)); /* atomic, relaxed */

static edo_atomic_u64 alone_ns; /* atomic, relaxed; 0: for ever */

void edoi_blocked_held_set(int64_t ns, int64_t alone) {
    edoi_store_rlx_u64(&held_ns, (uint64_t)ns);
    edoi_store_rlx_u64(&alone_ns, (uint64_t)alone);
}

bool edoi_blocked_any(void) {
    return edoi_waits_any() || edoi_load_rlx_u64(&alone_ns) > 0;
}

/* Locks that are held for long, whether or not somebody waits. */
static void look_at_holders(const edoi_blocked_reports *r, uint32_t now) {
    edoi_holder found[TOLD_A_LOOK];
    const void *locks[EDO_COUNT(found)];
    const uint32_t alone = edoi_tenths((int64_t)edoi_load_rlx_u64(&alone_ns));
    size_t n = alone > 0 ? edoi_holders_look(now, alone, found, locks, EDO_COUNT(found)) : 0;
    for (size_t i = 0; i < n; i++) r->held(locks[i], &found[i], now);
}

static edo_waker *mark_task(uint64_t who) {
    edo_task *t = (edo_task *)(uintptr_t)edoi_blocked_task_of(who);
    return edo_waker_mark(&t->waker);
}

/* Each of these by itself: what they fill in is large for a stack. The report comes before one of
 * the tasks goes on: it shows them as they wait. */
static EDOI_NOINLINE void look_at_deadlocks(const edoi_blocked_reports *r) {
    edoi_cycle cycle;
    while (edoi_waits_confirm(&cycle, is_parked)) {
        r->deadlock(&cycle);
        if (EDOI_LOCKS_NOTES(EDOI_LOCKS_FAIL)) edo_waker_deliver(edoi_wait_fail(&cycle, mark_task));
    }
}

static EDOI_NOINLINE void look_at_standing(const edoi_blocked_reports *r, uint32_t now) {
    edoi_standing standing;
    if (edoi_waits_stand(now, is_parked, &standing)) r->standing(&standing);
}

/* A look that has told as many as it may is continued by the next one, so all are told in turn. */
static EDOI_NOINLINE void look_at_lasting(const edoi_blocked_reports *r, uint32_t now) {
    static edo_atomic_u32 next; /* atomic, relaxed: the watchdog's thread alone looks */
    uint32_t from = edoi_load_rlx_u32(&next);
    edoi_lasting found[TOLD_A_LOOK / 2];
    const uint32_t held = edoi_tenths((int64_t)edoi_load_rlx_u64(&held_ns));
    size_t told = 0;
    do {
        size_t n = edoi_waits_look(&from, now, held, found, EDO_COUNT(found));
        for (size_t i = 0; i < n; i++) r->lasting(&found[i], now);
        told += n;
    } while (from != 0 && told <= TOLD_A_LOOK - EDO_COUNT(found));
    edoi_store_rlx_u32(&next, from);
}

static void look_at_room(const edoi_blocked_reports *r) {
    static edo_atomic_u32 is_told; /* atomic, relaxed: a flag, no data */
    if (edoi_waits_unnoted_n() > 0 && edoi_swap_rlx_u32(&is_told, 1) == 0)
        r->unnoted(edoi_waits_unnoted_n());
}

void edoi_blocked_look(int64_t now_ns) {
    const uint32_t now = edoi_tenths(now_ns);
    const edoi_blocked_reports *r = blocked_reports();
    if (!r) return;
    look_at_room(r);
    look_at_deadlocks(r);
    look_at_standing(r, now);
    look_at_lasting(r, now);
    look_at_holders(r, now);
}

void edoi_blocked_all_wait(uint64_t tasks_n) {
    const edoi_blocked_reports *r = blocked_reports();
    if (r) r->all_wait(tasks_n);
}

bool edoi_blocked_jobs_look(int64_t now_ns) {
    const edoi_blocked_reports *r = blocked_reports();
    return r && r->jobs(now_ns);
}
