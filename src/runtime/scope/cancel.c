/* SPDX-License-Identifier: MIT */
/* runtime/scope/cancel.c: the tree of cancel tokens.
 *
 *     parent <--ref--- child          a child keeps its parent alive
 *     parent ---list-> child          but not the other way: a dying child unlinks itself
 *
 * inv. 1: `reason` goes from 0 to another value once. The thread that set it has claimed the token,
 *         and only that thread visits it.
 * inv. 2: the parent's lock guards the list of children and their lifetime: a child is freed only
 *         after it has found itself unlinked, or unlinked itself, under that lock.
 * inv. 3: no child or waiter is linked to a token whose reason is seen as set under the lock; the
 *         walk takes the lock after it set the reason, so it finds every one that was linked
 *         before. The same holds for hooks.
 * inv. 4: a hook is linked, or that of the call that `calling` points to, or no longer known. Only
 *         the thread that claimed the token writes `calling`, under the lock: in the hold that
 *         unlinks the hook, and in the first one after its function.
 *
 * The walk keeps claimed tokens not yet visited on an intrusive stack, so that a deep or wide tree
 * needs no recursion and no memory. It holds one token's lock at a time: the lock is a leaf, and no
 * order between parent and child is needed.
 *
 * Reasons are set without the lock: a release that pairs with the readers' load.
 *
 * In a child of fork() an inherited token keeps its reason and can be released. Nothing else of it
 * is touched: another thread of the parent may have held its lock. */
#include "runtime/scope/token.h"

#include "base/backoff.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/memory/alloc.h"
#include "future/fate.h"
#include "records/handles.h"
#include "runtime/scope/ctx.h"

#include <errno.h>

#define CHILDREN_AT_ONCE 64 /* visited before the lock is released for a moment */

/* The call of a hook, on the stack of the thread that fires the token. */
struct edoi_hook_call {
    const edo_cancel_hook *hook; /* an address only; NULL: taken back; lock: the token's */
    edo_atomic_u32 *over; /* of a thread that waits for its end; or NULL; lock: the token's */
    struct edoi_hook_call *outer; /* const */
};

/* Steps of the futures. */
#define FRESH   0u
#define WAITING 1u

struct edo_cancel_token {
    edo_atomic_u32 refs;               /* atomic; references and children */
    edo_atomic_u32 reason;             /* atomic; inv. 1 */
    edoi_lock lock;                    /* a leaf */
    uint32_t forks;                    /* const: edoi_forks() when it was made */
    edo_wait_list waiters;             /* lock: lock */
    edo_cancel_hook *hooks;            /* lock: lock */
    edoi_hook_call *calling;           /* of the hook whose function runs; lock: lock */
    struct edo_cancel_token *children; /* lock: lock */
    struct edo_cancel_token *parent;   /* const after init; NULL: none, or born fired */
    struct edo_cancel_token *next;     /* sibling; lock: parent->lock */
    struct edo_cancel_token **link;    /* what points here; NULL: unlinked; lock: parent->lock */
    struct edo_cancel_token *to_visit; /* owned by the thread that claimed it */
};

static uint32_t cancel_token_reason_of(const edo_cancel_token *t) {
    return edoi_load_acq_u32(&t->reason); // CT1: pairs with CT2
}

/* Was the token made by the process that this one was forked from? */
static bool cancel_token_is_inherited(const edo_cancel_token *t) {
    return edoi_is_inherited(t->forks);
}

/* Acquires the token's lock. False, without locking: the token is inherited. */
static bool lock_own(edo_cancel_token *t) {
    if (cancel_token_is_inherited(t)) return false;
    edoi_lock_acquire(&t->lock);
    return true;
}

/* True: the caller visits the token. */
static bool claim(edo_cancel_token *t, uint32_t reason) {
    uint32_t none = 0;
    return edoi_cas_acqrel_u32(&t->reason, &none, reason); // CT2: pairs with CT1
}

/* Takes a reference. Called with the parent's lock held, which keeps `t` mapped. False: `t` is
 * about to be freed. */
static bool ref_unless_dying(edo_cancel_token *t) {
    uint32_t refs = edoi_load_rlx_u32(&t->refs); // relaxed: the CAS checks it
    while (refs != 0) {
        // relaxed: the lock orders what is in the child; a further reference needs no more
        if (edoi_cas_rlx_u32(&t->refs, &refs, refs + 1)) return true;
    }
    return false;
}

/* Called with the parent's lock held. */
static void cancel_token_unlink_child(edo_cancel_token *t) {
    if (!t->link) return;
    EDO_INV("cancel inv. 2", *t->link == t && edoi_lock_is_held(&t->parent->lock));
    *t->link = t->next;
    if (t->next) t->next->link = t->link;
    t->next = NULL;
    t->link = NULL;
}

/* ---- References ------------------------------------------------------------------------------ */

edo_cancel_token *edoi_token_hold(edo_cancel_token *t) {
    // relaxed: the caller's reference keeps the token alive
    uint32_t refs = edoi_add_rlx_u32(&t->refs, 1);
    EDO_ASSERT(refs > 0);
    (void)refs;
    return t;
}

edo_cancel_token *edoi_token_new(void) {
    edo_cancel_token *t = edoi_calloc(1, sizeof *t);
    if (!t) return NULL;
    t->forks = edoi_forks();
    edoi_store_rlx_u32(&t->refs, 1); // relaxed: no other thread knows the token
    return t;
}

int edo_cancel_new(edo_cancel_token **out) {
    edo_cancel_token *t = edoi_token_new();
    if (!t) return -ENOMEM;
    edoi_handle_made_here(EDOI_TOKEN, t, EDOI_CALLER());
    *out = t;
    return 0;
}

int edo_cancel_child(edo_cancel_token **out, edo_cancel_token *parent) {
    edo_cancel_token *t;
    EDOI_ENTERS(EDOI_TOKEN, parent);
    int err = edo_cancel_new(&t);
    if (err < 0) return err;
    if (!lock_own(parent)) {
        edo_cancel_unref(t);
        return -EDO_EFORKED;
    }
    uint32_t reason = cancel_token_reason_of(parent);
    if (reason) {                               // inv. 3
        edoi_store_rlx_u32(&t->reason, reason); // relaxed: no other thread knows the token
    } else {
        t->parent = edoi_token_hold(parent);
        t->next = parent->children;
        t->link = &parent->children;
        if (t->next) t->next->link = &t->next;
        parent->children = t;
    }
    edoi_lock_release(&parent->lock);
    edoi_handle_made_by(EDOI_TOKEN, t, EDOI_CALLER());
    *out = t;
    return 0;
}

void edoi_token_let_go(edo_cancel_token *t) {
    edoi_held_check("a token's reference is given back");
    // The last child of a chain frees the whole chain: upwards in a loop, without recursion. An
    // inherited token stays: other tokens of its tree point to it.
    while (t && !cancel_token_is_inherited(t) &&
           edoi_sub_acqrel_u32(&t->refs, 1) == 1) { // CT4: pairs with CT4
        edo_cancel_token *parent = t->parent;
        EDO_INV("cancel inv. 2", !t->children);
        EDO_INV("token inv. 1", !t->waiters.first);
        EDO_INV("cancel inv. 4", !t->hooks && !t->calling);
        if (parent) {
            edoi_lock_acquire(&parent->lock);
            cancel_token_unlink_child(t);
            edoi_lock_release(&parent->lock);
        }
        edoi_handle_free(EDOI_TOKEN, t, t, sizeof *t);
        t = parent;
    }
}

edo_cancel_token *edo_cancel_ref(edo_cancel_token *t) {
    EDOI_ENTERS(EDOI_TOKEN, t);
    edoi_handle_shared(EDOI_TOKEN, t);
    return edoi_token_hold(t);
}

void edo_cancel_unref(edo_cancel_token *t) {
    if (!t) return;
    edoi_handle_given_up(EDOI_TOKEN, t, EDOI_CALLER());
    edoi_token_let_go(t);
}

/* ---- Firing ---------------------------------------------------------------------------------- */

/* Called with the lock of `t` held: unlinks some children and pushes those that had not fired yet,
 * with a reference, on `unvisited`. */
static void claim_some(edo_cancel_token *t, uint32_t reason, edo_cancel_token **unvisited) {
    for (int i = 0; i < CHILDREN_AT_ONCE && t->children; i++) {
        edo_cancel_token *child = t->children;
        cancel_token_unlink_child(child);
        if (claim(child, reason) && ref_unless_dying(child)) {
            child->to_visit = *unvisited;
            *unvisited = child;
        }
    }
}

/* Called with the token's lock held. */
static void hook_unlink(edo_cancel_hook *h) {
    EDO_INV("cancel inv. 4", *h->link == h);
    *h->link = h->next;
    if (h->next) h->next->link = h->link;
    h->next = NULL;
    h->link = NULL;
}

static void hook_call(edo_cancel_hook_fn *fn, void *arg) {
    edoi_held_check("a hook of a token is called");
    edo_no_await_begin();
    fn(arg);
    edo_no_await_end();
}

/* Called with the lock of a claimed token held; releases it around each function, which may end the
 * hook's memory. False: a function has forked, this is the child, and the lock is not held. */
static bool call_hooks(edo_cancel_token *t) {
    edoi_thread *thread = edoi_thread_here();
    while (t->hooks) { // no hook is added any more: inv. 3
        edo_cancel_hook *h = t->hooks;
        edo_cancel_hook_fn *fn = h->fn;
        void *arg = h->arg;
        edoi_hook_call call = { .hook = h, .outer = thread->hook_calls };
        hook_unlink(h);
        EDO_INV("cancel inv. 4", !t->calling);
        t->calling = thread->hook_calls = &call;
        edoi_lock_release(&t->lock);
        hook_call(fn, arg);
        thread->hook_calls = call.outer;
        if (!lock_own(t)) return false;
        t->calling = NULL;
        if (call.over) edoi_store_rel_u32(call.over, 1); // CT5: pairs with CT6
    }
    return true;
}

/* Wakes the waiters of a claimed token, claims its children, and calls its hooks. */
static void visit(edo_cancel_token *t, uint32_t reason, edo_cancel_token **unvisited) {
    EDO_INV("cancel inv. 1", cancel_token_reason_of(t) == reason);
    if (!lock_own(t)) return; // its waiters are in the parent process
    edoi_wait_wake_all(&t->lock, &t->waiters, edoi_granted_set);
    edoi_lock_offers offers = { 0 };
    while (t->children) { // no child is added any more: inv. 3
        claim_some(t, reason, unvisited);
        edoi_lock_offer(&t->lock);
        edoi_lock_retake(&t->lock, &offers);
    }
    if (!call_hooks(t)) return;
    EDO_INV("cancel inv. 3", !t->children && !edoi_wait_first(&t->waiters));
    edoi_lock_release(&t->lock);
}

void edo_cancel(edo_cancel_token *t, int reason) {
    uint32_t set = reason > 0 ? (uint32_t)reason : EDO_CANCEL_ASKED;
    if (set > EDO_CANCEL_REASON_MAX) set = EDO_CANCEL_REASON_MAX; // tasks keep 16 bits of it
    EDOI_ENTERS(EDOI_TOKEN, t);
    if (!claim(t, set)) return;
    edo_cancel_token *unvisited = edoi_token_hold(t);
    while (unvisited) {
        edo_cancel_token *next = unvisited;
        unvisited = next->to_visit;
        visit(next, set, &unvisited);
        edoi_token_let_go(next);
    }
}

bool edo_cancel_is_set(const edo_cancel_token *t) {
    EDOI_ENTERS(EDOI_TOKEN, t);
    return cancel_token_reason_of(t) != 0;
}

int edo_cancel_get_reason(const edo_cancel_token *t) {
    EDOI_ENTERS(EDOI_TOKEN, t);
    return (int)cancel_token_reason_of(t);
}

/* ---- Listening ------------------------------------------------------------------------------- */

const edo_atomic_u32 *edoi_token_reason(const edo_cancel_token *t) {
    static const edo_atomic_u32 none;
    return cancel_token_is_inherited(t) ? &none : &t->reason;
}

void edoi_token_hear(edo_cancel_token *t, edo_wait_node *node, edo_waker *w) {
    if (!lock_own(t)) return;
    if (cancel_token_reason_of(t)) { // inv. 3
        edoi_granted_set(node);
    } else {
        edoi_wait_push(&t->waiters, node, w);
    }
    edoi_lock_release(&t->lock);
}

void edoi_token_renew(edo_cancel_token *t, edo_wait_node *node, edo_waker *w) {
    if (!lock_own(t)) return;
    edoi_wait_renew(node, w); // also if the node is not linked any more
    edoi_lock_release(&t->lock);
}

void edoi_token_leave(edo_cancel_token *t, edo_wait_node *node) {
    if (!lock_own(t)) return;
    if (!edoi_granted(node)) edoi_wait_remove(&t->waiters, node);
    edoi_lock_release(&t->lock);
}

/* ---- Hooks ----------------------------------------------------------------------------------- */

void edo_cancel_hook_set(edo_cancel_hook *h, edo_cancel_token *t, edo_cancel_hook_fn *fn,
                         void *arg) {
    EDOI_ENTERS(EDOI_TOKEN, t);
    *h = (edo_cancel_hook){ .token = edoi_token_hold(t), .fn = fn, .arg = arg };
    if (!lock_own(t)) {
        h->link = &h->next; // not NULL: never called, as one that is inherited linked
        return;
    }
    bool has_fired = cancel_token_reason_of(t) != 0;
    if (!has_fired) { // inv. 3
        h->next = t->hooks;
        h->link = &t->hooks;
        if (h->next) h->next->link = &h->next;
        t->hooks = h;
    }
    edoi_lock_release(&t->lock);
    if (has_fired) hook_call(fn, arg);
}

static bool hook_call_is_here(const edoi_hook_call *call) {
    const edoi_hook_call *c = edoi_thread_here()->hook_calls;
    while (c && c != call) c = c->outer;
    return c != NULL;
}

/* Returns whether the hook was linked. It is not any more, and its function does not run, or in a
 * frame below this one. */
static bool hook_take_back(edo_cancel_token *t, edo_cancel_hook *h) {
    edo_atomic_u32 over = EDOI_ATOMIC_INIT(0);
    edoi_lock_acquire(&t->lock);
    bool is_linked = h->link != NULL, waits = false;
    edoi_hook_call *call = t->calling && t->calling->hook == h ? t->calling : NULL;
    if (is_linked) {
        hook_unlink(h);
    } else if (call && hook_call_is_here(call)) {
        call->hook = NULL; // its memory may go now, and be another hook's
    } else if (call) {
        call->over = &over;
        waits = true;
    }
    edoi_lock_release(&t->lock);
    edoi_backoff b = { 0 };
    while (waits && !edoi_load_acq_u32(&over)) edoi_backoff_wait(&b); // CT6: pairs with CT5
    return is_linked;
}

bool edo_cancel_hook_clear(edo_cancel_hook *h) {
    edo_cancel_token *t = h->token;
    if (!t) return false;
    // An inherited token calls no hook: one that is linked there stays so for good.
    bool is_back = cancel_token_is_inherited(t) ? h->link != NULL : hook_take_back(t, h);
    h->token = NULL;
    edoi_token_let_go(t);
    return is_back;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static edo_polled cancel_wait_poll(edo_future *base, edo_cx *cx) {
    edo_cancel_wait_future *f = (edo_cancel_wait_future *)(void *)base;
    edo_cancel_token *t = f->token;
    if (!edo_budget_take(cx)) return EDO_PENDING;

    bool fresh = edo_future_step(base) == FRESH;
    if (fresh && cancel_token_reason_of(t)) return edo_future_finish(base, 0);
    if (!lock_own(t)) return edo_future_finish(base, -EDO_EFORKED);
    bool fired = cancel_token_reason_of(t) != 0;
    if (fired) {
        if (!fresh && !edoi_granted(&f->node)) edoi_wait_remove(&t->waiters, &f->node);
    } else if (fresh) {
        edoi_wait_push(&t->waiters, &f->node, edo_cx_waker(cx));
    } else {
        edoi_wait_renew(&f->node, edo_cx_waker(cx));
    }
    edoi_lock_release(&t->lock);

    if (fired) return edo_future_finish(base, 0);
    edo_future_next_step(base, WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void cancel_wait_drop(edo_future *base) {
    edo_cancel_wait_future *f = (edo_cancel_wait_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) edoi_token_leave(f->token, &f->node);
    edo_future_retire(base);
}

static const edo_future_ops wait_ops = { .poll = cancel_wait_poll,
                                         .drop = cancel_wait_drop,
                                         .name = "edo_cancel_wait",
                                         .size = sizeof(edo_cancel_wait_future),
                                         .flags = EDOI_FUTURE_OF(EDOI_TOKEN) };

edo_future *edo_cancel_wait_init(edo_cancel_wait_future *f, edo_cancel_token *t) {
    EDOI_ENTERS(EDOI_TOKEN, t);
    f->token = t;
    return edo_future_init(&f->base, &wait_ops);
}

int edo_cancel_wait(edo_cancel_token *t) {
    edo_cancel_wait_future f;
    return edo_await(edo_cancel_wait_init(&f, t));
}

/* ---- Running until it fires ------------------------------------------------------------------ */

static edo_polled run_ends(edo_cancel_run_future *f, int result) {
    edo_drop(&f->fired.base);
    edo_drop(f->inner);
    return edo_future_finish(&f->base, result);
}

static edo_polled run_poll(edo_future *base, edo_cx *cx) {
    edo_cancel_run_future *f = (edo_cancel_run_future *)(void *)base;
    if (edo_future_step(base) == FRESH)
        edoi_handle_begins(EDOI_TOKEN, f->fired.token, base->ops->name);
    if (edo_future_step(base) == WAITING || !cancel_token_reason_of(f->fired.token)) {
        edo_future_next_step(base, WAITING);
        if (edo_poll(f->inner, cx) == EDO_READY) return run_ends(f, f->inner->result);
    }
    if (edo_poll(&f->fired.base, cx) == EDO_PENDING) return EDO_PENDING;
    int err = f->fired.base.result;
    return run_ends(f, err < 0 ? err : -ECANCELED);
}

static void run_drop(edo_future *base) {
    edo_cancel_run_future *f = (edo_cancel_run_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    edo_drop(f->inner);
    edo_drop(&f->fired.base);
    edo_future_retire(base);
}

static void run_hold(edo_future *f) {
    edo_future_hold(((edo_cancel_run_future *)(void *)f)->inner);
}

static void run_describe(const edo_future *base, edo_description *to) {
    edo_describe_text(to, " of ");
    edo_describe_future(to, ((const edo_cancel_run_future *)(const void *)base)->inner);
}

static const edo_future_ops run_ops = { .poll = run_poll,
                                        .drop = run_drop,
                                        .name = "edo_cancel_run",
                                        .size = sizeof(edo_cancel_run_future),
                                        .describe = run_describe,
                                        .hold = run_hold };

edo_future *edo_cancel_run_init(edo_cancel_run_future *f, edo_cancel_token *t, edo_future *inner) {
    EDOI_ENTERS(EDOI_TOKEN, t);
    (void)edo_cancel_wait_init(&f->fired, t);
    f->inner = inner;
    return edo_future_init(&f->base, &run_ops);
}

int edo_cancel_run(edo_cancel_token *t, edo_future *inner) {
    edo_cancel_run_future f;
    return edo_await(edo_cancel_run_init(&f, t, inner));
}
