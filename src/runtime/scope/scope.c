/* SPDX-License-Identifier: MIT */
/* runtime/scope/scope.c: tasks that end before the block (contract: edo/scope.h).
 *
 * A task that spawns into the scope of another one is a guest here, and so are the children that it
 * spawns: they take nothing of its, but what was in force at the owner when the scope began. The
 * scope keeps that for them; which task is the owner is told by the address of its context.
 *
 * inv. 1: a child in `children` is not done, or the scope has a reference: its task is alive under
 *         the lock.
 * inv. 2: after a child has left the list under the lock it never touches the scope again.
 * inv. 3: a claimed task is held by the claiming thread, which links such tasks by `next` until it
 *         delivers them.
 * inv. 4: a task waits for a place only while none is free: `alive_n` has reached `at_once`. A
 *         place that becomes free is given to the first in line, and stays counted. */
#define EDO_TARGET "edo.scope"
#ifdef EDOI_MODEL // which has no log
#    define EDO_LEVEL_MAX 0
#endif
#include "runtime/scope/scope.h"

#include "base/error/beside.h"
#include "base/fork.h"
#include "base/lock.h"
#include "base/opts.h"
#include "future/fate.h"
#include "records/brackets.h"
#include "records/handles.h"
#include "runtime/scope/bracket.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/deadline.h"
#include "runtime/scope/guard.h"
#include "runtime/scope/values.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/wake.h"

#include <edo/log.h>

#include <errno.h>

/* What is bound at the owner, as guests' children get it. A thread's: tasks that it runs have
 * values of their own. */
static void keep_values(edo_scope *s, const edoi_fiber_task *fiber) {
    bool has_values = fiber ? fiber->ctx->ctx.has_values : edoi_thread_here()->values != NULL;
    if (EDOI_UNLIKELY(has_values)) s->lacks_values = edoi_values_inherit(&s->values) < 0;
}

void edo_scope_begin(edo_scope *s, const edo_scope_opts *opts) {
    (void)EDO_MISUSE(edoi_machine_runs_here(),
                     "a scope in a state machine: spawn a fiber that holds it");
    edoi_fiber_task *fiber = edoi_fiber_served_here();
    edoi_ctx *c = fiber ? &fiber->ctx->ctx : &edoi_thread_here()->ctx;
    if (EDO_MISUSE(c->no_await_n > 0, "a scope between edo_no_await_begin() and its end")) {
        *s = (edo_scope){ .ended = true }; // its end would park: it takes no children
        return;
    }
    *s = (edo_scope){ .bracket = { .cut = &s->cut,
                                   .shields_n = c->shields_n,
                                   .deadlines_n = edoi_ctx_deadlines_n(c),
                                   .forks = edoi_forks(),
                                   .outer = c->bracket },
                      .waker = edoi_ctx_waker(),
                      .owner = c,
                      .owned_by = fiber,
                      .deadline_ns = c->deadline_ns };
    keep_values(s, fiber);
    if (opts) s->opts = *opts;
    if (EDO_MISUSE(!edoi_all_zero(s->opts.reserved, EDO_COUNT(s->opts.reserved)),
                   "the reserved fields of a scope's options must be 0"))
        s->failure = -EDO_EMISUSE;
    (void)edoi_bracket_begin(c, &s->bracket, EDOI_CALLER());
}

/* The word of the child's task. */
static inline uint32_t scope_word_of(edoi_child *c) {
    return edoi_load_rlx_u32(&edoi_fiber_task_header(&c->fiber)->word);
}

/* Cancels all children but `ended` (may be NULL); returns those to be delivered. lock: s->lock */
static edo_task *mark_children(edo_scope *s, const edoi_child *ended, edo_cancel_cause cause) {
    edo_task *claimed = NULL;
    s->stopped = true;
    for (edoi_child *c = s->children; c; c = c->next) {
        if (c == ended) continue;
        EDO_INV("scope inv. 1", TASK_REFS(scope_word_of(c)) > 0);
        edo_waker *w = edoi_task_mark_cancel(edoi_fiber_task_header(&c->fiber), cause);
        if (!w) continue;
        edoi_task_of(w)->next = claimed; // inv. 3
        claimed = edoi_task_of(w);
    }
    return claimed;
}

static void task_deliver_all(edo_task *claimed) {
    while (claimed) {
        edo_task *next = claimed->next;
        EDO_INV("scope inv. 3", edoi_load_rlx_u32(&claimed->word) & TASK_BUSY);
        edo_waker_deliver(&claimed->waker);
        claimed = next;
    }
}

static void scope_stop(edo_scope *s, edo_cancel_cause cause) {
    edoi_lock_acquire(&s->lock);
    edo_task *claimed = s->stopped ? NULL : mark_children(s, NULL, cause);
    edoi_lock_release(&s->lock);
    task_deliver_all(claimed);
}

void edo_scope_cancel(edo_scope *s) {
    if (!edoi_bracket_is_inherited(&s->bracket)) scope_stop(s, EDO_CANCEL_ASKED);
}

/* ---- What the scope has come to -------------------------------------------------------------- */

/* A result that counts for the scope, with what is needed to keep it. */
typedef struct scope_result {
    int code;
    bool alone;         /* only this child was cancelled, by its handle or token */
    bool is_awaited;    /* whoever joins the child, or waits for its start, gets the lines */
    edoi_trail **trail; /* where its lines are */
    const char *site;   /* of the child; NULL: the owner */
    edoi_trail *bare, *bare_first; /* made without the lock: places of failures without lines */
    edoi_trail *dropped;           /* failures of long ago, to be freed without the lock */
} scope_result;

/* Is it a failure, and not what a cancellation has made of the child? lock: s->lock */
static bool scope_has_failed(const edo_scope *s, const scope_result *r) {
    bool told = s->stopped || (r->alone && s->opts.policy != EDO_SCOPE_ANY);
    return r->code < 0 && !(told && r->code == -ECANCELED);
}

/* Makes what note_beside() needs. lock: s->lock, which is released for that, and taken again */
static void prepare_beside(edo_scope *s, scope_result *r) {
    if (s->failure == 0 || !scope_has_failed(s, r)) return;
    const int first = s->failure; // stays
    const bool has_first = s->trail, has_own = *r->trail && !r->is_awaited;
    if (has_first && has_own) return;
    edoi_lock_release(&s->lock);
    if (!has_first) r->bare_first = edoi_trail_bare(first);
    if (!has_own) r->bare = edoi_trail_bare(r->code);
    edoi_lock_acquire(&s->lock);
}

/* Keeps a failure that is not the first. Without memory it is counted, if that. lock: s->lock */
static void note_beside(edo_scope *s, scope_result *r) {
    edoi_trail **from = *r->trail && !r->is_awaited ? r->trail : &r->bare;
    if (!s->trail) {
        s->trail = r->bare_first;
        r->bare_first = NULL;
    }
    if (s->trail && !*from) s->trail->beside_left_out++;
    if (!s->trail || !*from) return;
    (*from)->child = r->site;
    r->dropped = edoi_beside_add(s->trail, *from);
    *from = NULL;
}

static void release_result(const scope_result *r) {
    edoi_trail_free(r->bare);
    edoi_trail_free(r->bare_first);
    edoi_trail_free(r->dropped);
}

/* Records a result; true: it decides the scope, and the other children must be cancelled.
 * lock: s->lock */
static bool note_result(edo_scope *s, scope_result *r) {
    if (r->code >= 0) {
        if (s->won) return false;
        s->won = true;
        s->success = r->code;
        return s->opts.policy == EDO_SCOPE_ANY && !s->stopped;
    }
    if (!scope_has_failed(s, r)) return false;
    if (s->failure != 0) {
        note_beside(s, r);
        return false;
    }
    s->failure = r->code;
    s->trail = *r->trail;
    *r->trail = NULL;
    if (s->trail) s->trail->child = r->site;
    if (s->opts.policy != EDO_SCOPE_FAIL_FAST) return false;
    edoi_store_rlx_u32(
        &s->cut, EDO_CANCEL_SIBLING); // relaxed: the owner is woken by a read-modify-write below
    return !s->stopped;
}

/* Was the child cancelled by its handle or token? A cancellation by the scope or by the shutdown
 * has another cause, or stops the scope. */
static bool was_cancelled_alone(edoi_fiber_task *fiber) {
    const edo_task *t = edoi_fiber_task_header(fiber);
    if (!edoi_task_is_cancelled(t)) return false;
    // Relaxed: written before CANCEL; the child's runner has seen CANCEL, or the child was not
    // told.
    return edoi_load_rlx_u16(&t->cause) == EDO_CANCEL_ASKED || edoi_guard_has_fired(fiber);
}

/* A place has become free: it goes to the task that waits longest, whose marked waker is returned,
 * or is free. lock: s->lock */
static edo_waker *give_place(edo_scope *s) {
    edo_wait_node *node = edoi_wait_pop(&s->places);
    EDO_INV("scope inv. 4", !node || s->alive_n >= s->opts.at_once);
    if (!node) {
        s->alive_n--;
        return NULL;
    }
    edoi_granted_set(node);
    return edo_waker_mark(node->waker);
}

/* Unlinks a child, and gives its place on. lock: s->lock */
static edo_waker *scope_unlink_child(edo_scope *s, edoi_child *child) {
    EDO_INV("scope inv. 2", (child->prev ? child->prev->next : s->children) == child);
    if (child->prev) {
        child->prev->next = child->next;
    } else {
        s->children = child->next;
    }
    if (child->next) child->next->prev = child->prev;
    return give_place(s);
}

/* The owner's waker, marked, if it waits for what has happened. lock: s->lock */
static edo_waker *mark_owner(edo_scope *s, bool at_once) {
    bool due = at_once || (s->waits_for_end && s->alive_n + s->starting_n == 0);
    return due ? edo_waker_mark(s->waker) : NULL;
}

edo_waker *edoi_start_over(edoi_child *child, int value, edoi_trail *trail) {
    edoi_start *start = child->start;
    if (!start) return NULL;
    edo_waker *w = start->waker;
    child->start = NULL;
    *start = (edoi_start){ .value = value, .trail = trail };
    return w ? edo_waker_mark(w) : NULL;
}

/* ---- What the log says ----------------------------------------------------------------------- */

/* What a child has failed with, in words: made before the scope takes its trail. */
typedef struct scope_words {
    edo_level level; /* EDO_LEVEL_OFF: nobody reads it */
    const char *site, *name;
    int code;
    char text[512];
} scope_words;

/* The owner gets what a child of its own has failed with, and may know nothing of the others: so
 * that of a guest's child is told where nobody has asked for details. Not at the runtime's end,
 * which ends all. */
static edo_level words_level(const edoi_child *child, const edo_task *t) {
    bool is_told = child->is_guests ? edo_log_enabled(EDO_LEVEL_WARN, EDO_TARGET)
                                    : edo_log_enabled(EDO_LEVEL_DEBUG, EDO_TARGET);
    // relaxed: as in was_cancelled_alone()
    bool at_shutdown =
        edoi_task_is_cancelled(t) && edoi_load_rlx_u16(&t->cause) == EDO_CANCEL_SHUTDOWN;
    if (!is_told || at_shutdown || child->scope->opts.policy != EDO_SCOPE_FAIL_FAST)
        return EDO_LEVEL_OFF;
    return child->is_guests ? EDO_LEVEL_WARN : EDO_LEVEL_DEBUG;
}

static void find_words(scope_words *words, edoi_child *child, const edoi_trail *trail) {
    const edo_task *t = edoi_fiber_task_header(&child->fiber);
    words->level = words_level(child, t);
    if (words->level == EDO_LEVEL_OFF) return;
    words->site = child->site;
    words->name = t->site;
    words->code = child->fiber.base.result;
    (void)edoi_trail_print_of(words->text, sizeof words->text, trail, words->code);
}

static void tell_words(const scope_words *words) {
    static const char what[] = "a child has ended its scope";
    if (words->level == EDO_LEVEL_WARN) {
        edo_warn_kv(what, EDO_KV("child", words->name), EDO_KV("site", words->site),
                    EDO_KV("error", edo_error_name(words->code)), EDO_KV("trail", words->text));
    } else if (words->level == EDO_LEVEL_DEBUG) {
        edo_debug_kv(what, EDO_KV("child", words->name), EDO_KV("site", words->site),
                     EDO_KV("error", edo_error_name(words->code)), EDO_KV("trail", words->text));
    }
}

/* ---- A child ends ---------------------------------------------------------------------------- */

/* What the end of a child has woken; delivered without the lock. */
typedef struct scope_woken {
    edo_task *claimed;                 /* cancelled siblings */
    edo_waker *owner, *starter, *next; /* who waits for the start, and for a place */
    bool was_decided;                  /* the failure ends the scope */
} scope_woken;

/* Counts the result of a child, which leaves or stays for its handle. lock: s->lock */
static scope_woken scope_note_end(edo_scope *s, edoi_child *self, scope_result *r, bool leaves) {
    scope_woken woken = { .claimed = NULL };
    const bool starts = self->start; // anew: the starter may have given up meanwhile
    r->is_awaited = !leaves || starts;
    if (starts) {
        woken.starter = edoi_start_over(self, r->code, *r->trail);
        *r->trail = NULL;
    }
    bool was_cut = edoi_load_rlx_u32(&s->cut) != 0;
    woken.was_decided = note_result(s, r);
    if (woken.was_decided) woken.claimed = mark_children(s, self, EDO_CANCEL_SIBLING);
    bool newly_cut = !was_cut && edoi_load_rlx_u32(&s->cut) != 0;
    if (leaves || newly_cut) woken.owner = mark_owner(s, newly_cut);
    return woken;
}

static void deliver_woken(const scope_woken *woken) {
    task_deliver_all(woken->claimed);
    edo_waker_deliver(woken->next); // still there, as claimed tasks cannot end
    edo_waker_deliver(woken->starter);
    edo_waker_deliver(woken->owner);
}

/* Returns whether the child's failure ends the scope, which may be gone, as the child, if it
 * leaves. */
static bool count_end(edoi_child *self, edoi_trail **trail, bool leaves) {
    edo_scope *s = self->scope;
    scope_result r = { .code = self->fiber.base.result,
                       .alone = was_cancelled_alone(&self->fiber),
                       .is_awaited = !leaves,
                       .trail = trail,
                       .site = edoi_fiber_task_header(&self->fiber)->site };
    edoi_lock_acquire(&s->lock);
    r.is_awaited |= self->start != NULL;
    prepare_beside(s, &r);
    edo_waker *next = leaves ? scope_unlink_child(s, self) : NULL;
    scope_woken woken = scope_note_end(s, self, &r, leaves);
    woken.next = next;
    edoi_lock_release(&s->lock);
    deliver_woken(&woken);
    release_result(&r);
    return woken.was_decided;
}

static EDOI_NOINLINE void end_child_that_failed(edoi_child *self, edoi_trail **trail, bool leaves) {
    scope_words words;
    find_words(&words, self, *trail);
    if (count_end(self, trail, leaves)) tell_words(&words);
}

static void end_child(edoi_child *self, edoi_trail **trail, bool leaves) {
    if (EDOI_LIKELY(self->fiber.base.result >= 0)) {
        (void)count_end(self, trail, leaves);
    } else {
        end_child_that_failed(self, trail, leaves);
    }
}

bool edoi_child_ended(edoi_fiber_task *fiber, edoi_trail **trail) {
    edo_task *t = edoi_fiber_task_header(fiber);
    // relaxed: 1 is the runner's own reference; then no thread can look, or make another
    bool has_handle = TASK_REFS(edoi_load_rlx_u32(&t->word)) > 1;
    if (has_handle) edoi_task_ref(t); // the scope's: inv. 1
    end_child((edoi_child *)(void *)fiber, trail, !has_handle);
    return has_handle;
}

void edoi_child_leave(edo_task *t) {
    edoi_child *self = (edoi_child *)(void *)edoi_task_future(t);
    edo_scope *s = self->scope;
    edoi_lock_acquire(&s->lock);
    edo_waker *next = scope_unlink_child(s, self);
    edo_waker *owner = mark_owner(s, false);
    edoi_lock_release(&s->lock);
    edo_waker_deliver(next);
    edo_waker_deliver(owner);
    edoi_task_unref(t);
}

void edoi_child_abandoned(edo_task *t) {
    edo_future *f = edoi_task_future(t);
    if (!edoi_is_fiber_task(f) || !(((edoi_fiber_task *)(void *)f)->kind & EDOI_FIBER_CHILD))
        return;
    f->result = -ECANCELED;
    edoi_trail *none = NULL; // the child's trail is on its stack, which is left alone
    end_child((edoi_child *)(void *)f, &none, true);
}

void edoi_scope_renew(edo_scope *s, edo_waker *w) {
    edoi_lock_acquire(&s->lock);
    s->waker = w;
    edoi_lock_release(&s->lock);
}

/* ---- The owner waits ------------------------------------------------------------------------- */

/* The owner's wait for the children. */
typedef struct ending {
    edo_future base;
    edo_scope *scope;     /* after `base`: EDOI_FUTURE_WAITS_SCOPE */
    uint32_t alive_n;     /* children that lived at the last poll */
    edoi_ctx *ctx;        /* the owner's */
    const edo_task *task; /* the owner's; NULL: a thread */
} ending;

edo_cancel_cause edoi_scope_owner_cut(const edo_scope *s, edoi_ctx *c, const edo_task *task) {
    int64_t now_ns = edoi_ctx_has_deadline(c) ? edo_now().ns : 0;
    edoi_bracket *inner = c->bracket;
    c->bracket = s->bracket.outer;
    edo_cancel_cause cause = edoi_ctx_cut(c, task, now_ns);
    c->bracket = inner;
    return cause;
}

/* Passes a cancellation of the owner on to the children, once; not a failure of a child, which has
 * been passed on already. */
static void ending_pass_on(const ending *e) {
    if (e->scope->over) return;
    edo_cancel_cause cause = edoi_scope_owner_cut(e->scope, e->ctx, e->task);
    if (cause == EDO_CANCEL_NONE) return;
    e->scope->over = true;
    e->ctx->deadline_ns = INT64_MAX; // passed on; edo_scope_end() restores it
    edoi_fiber_deadline_moved(e->ctx);
    scope_stop(e->scope, cause);
}

static edo_polled ending_poll(edo_future *f, edo_cx *cx) {
    ending *e = (ending *)(void *)f;
    edoi_lock_acquire(&e->scope->lock);
    e->alive_n = (uint32_t)e->scope->alive_n;
    bool ended = e->scope->alive_n + e->scope->starting_n == 0;
    e->scope->waits_for_end = !ended;
    e->scope->waker = edo_cx_waker(cx);
    edoi_lock_release(&e->scope->lock);
    // After the look: what has ended the children, as a limit that they inherited, has cut the
    // owner short, too.
    ending_pass_on(e);
    if (ended) return edo_future_finish(f, 0);
    edo_future_next_step(f, EDOI_STEP_WAITING);
    return EDO_PENDING;
}

uint32_t edoi_scope_alive_n(const edo_future *end) {
    return ((const ending *)(const void *)end)->alive_n;
}

/* The brackets around a scope stay as long as it is open. */
static bool scope_is_in_block(const edo_scope *s) {
    const edoi_bracket *b = s->bracket.outer;
    while (b && !b->of_token) b = b->outer;
    return b != NULL;
}

/* Is it usual that a child is cancelled since another one has succeeded? */
static bool scope_is_race(const edo_scope *s) {
    return s->opts.policy == EDO_SCOPE_ANY || s->is_race;
}

bool edoi_child_may_be_cut(const edoi_child *c) {
    for (;;) {
        const edo_scope *s = c->scope;
        const edoi_fiber_task *owner = s->owned_by;
        if (edoi_load_rlx_u32(&s->owner->deadlines_n) > 0 || scope_is_in_block(s) ||
            scope_is_race(s))
            return true;
        if (!owner || owner->kind & EDOI_FIBER_GUARDED) return owner != NULL;
        if (!(owner->kind & EDOI_FIBER_CHILD)) return false;
        c = (const edoi_child *)(const void *)owner;
    }
}

static const edo_future_ops ending_ops = { .poll = ending_poll,
                                           .drop = edo_future_retire,
                                           .name = "edo_scope_end",
                                           .size = sizeof(ending),
                                           .flags = EDOI_FUTURE_WAITS_SCOPE };

/* Counts a failure of the owner as one of the scope, unless the owner has it from a child. */
static void note_owner(edo_scope *s, int err) {
    edoi_lock_acquire(&s->lock);
    const int first = s->failure;
    if (first == 0) s->failure = err; // its trail is the owner's already
    edoi_lock_release(&s->lock);
    if (first == 0 || err == first || err == -ECANCELED) return;
    edoi_trail *own = edoi_trail_take(err);
    scope_result r = { .code = err, .trail = &own };
    edoi_lock_acquire(&s->lock);
    prepare_beside(s, &r);
    // A child's that the owner has joined, or started: counted already, its lines are the owner's.
    edoi_trail *counted = s->trail ? edoi_beside_take_bare(s->trail, err) : NULL;
    if (counted) r.site = counted->child;
    note_beside(s, &r);
    edoi_lock_release(&s->lock);
    edoi_trail_free(counted);
    edoi_trail_free(own);
    release_result(&r);
}

static int result_of(const edo_scope *s, int result) {
    if (s->opts.policy == EDO_SCOPE_ANY && s->won) return s->success;
    if (s->failure != 0) return s->failure;
    return s->over ? -ECANCELED : result;
}

/* Waits for the children, and closes the scope; `stops`: cancels them first. `result` is the
 * owner's. Negative: the scope is not the caller's to end. */
static int close_scope(edo_scope *s, int result, bool stops) {
    ending e = { .scope = s, .ctx = edoi_ctx_here(), .task = edoi_fiber_here() };
    if (EDO_MISUSE(e.ctx->bracket != edoi_bracket_of(e.ctx, &s->bracket) &&
                       edoi_bracket_tell_innermost(e.ctx),
                   "scopes are ended in reverse order, by who began them"))
        return -EDO_EMISUSE;
    if (edoi_bracket_is_inherited(&s->bracket)) { // so are the children, which may hold its lock
        edoi_bracket_end(e.ctx, &s->bracket);
        if (s->values) edoi_values_unref(s->values);
        s->ended = true;
        return -EDO_EFORKED;
    }
    // After misuse it still waits for the children, which may use this stack. A deadline begun in
    // the scope may be open: it limits this wait.
    (void)EDO_MISUSE(e.ctx->shields_n != s->bracket.shields_n &&
                         edoi_bracket_tell(e.ctx, EDOI_OPENED_SHIELD),
                     "a scope is ended while a shield begun in it is open");
    uint32_t no_await_n = e.ctx->no_await_n;
    (void)EDO_MISUSE(no_await_n > 0, "an await between edo_no_await_begin() and its end");
    bool deaf = e.ctx->deaf;
    int64_t deadline_ns = e.ctx->deadline_ns;
    e.ctx->no_await_n = 0;
    e.ctx->deaf = true; // ending_poll passes a cancellation on instead
    if (result < 0) note_owner(s, result);
    if (stops) ending_pass_on(&e); // first, as it tells the children why the owner was cut short
    if (stops) scope_stop(s, EDO_CANCEL_SIBLING);
    (void)edo_await(edo_future_init(&e.base, &ending_ops)); // cannot fail: not cut short, no result
    e.ctx->no_await_n = no_await_n;
    e.ctx->deaf = deaf;
    e.ctx->deadline_ns = deadline_ns;
    edoi_bracket_end(e.ctx, &s->bracket);
    if (s->values) edoi_values_unref(s->values);
    s->ended = true;
    if (s->opts.leaves_nothing) edoi_handles_report_scope(edoi_runtime_here(), s);
    return 0;
}

int edo_scope_end(edo_scope *s, int result) {
    int err = close_scope(s, result, result < 0 && s->opts.policy != EDO_SCOPE_ALL);
    if (err < 0) return err;
    result = result_of(s, result);
    if (result == s->failure) {
        edoi_beside_give(s->trail);
    } else {
        edoi_trail_free(s->trail);
    }
    return result;
}

/* In C++ an exception of the guard's own options leaves it unbegun: all zero. */
void edoi_scope_leave(edo_scope *s) {
    if (!s->ended && s->bracket.cut && close_scope(s, 0, true) == 0) edoi_trail_free(s->trail);
}

/* ---- For those who spawn --------------------------------------------------------------------- */

void edoi_scope_give_back(edo_scope *s) {
    edo_waker *next = give_place(s);
    edo_waker *owner = mark_owner(s, false);
    edoi_lock_release(&s->lock);
    edo_waker_deliver(next);
    edo_waker_deliver(owner);
}

edo_waker *edoi_scope_starter_left(edo_scope *s) {
    s->starting_n--;
    return mark_owner(s, false);
}

bool edoi_scope_link(edo_scope *s, edoi_child *child, edoi_start *start) {
    child->scope = s;
    child->prev = NULL;
    child->start = start;
    edoi_lock_acquire(&s->lock);
    child->next = s->children;
    if (s->children) s->children->prev = child;
    s->children = child;
    if (start) start->child = child;
    if (start && child->is_guests) s->starting_n++;
    bool stopped = s->stopped;
    edoi_lock_release(&s->lock);
    return stopped;
}

void edoi_scope_note_refusal(edo_scope *s, int err, const char *site) {
    edoi_trail *none = NULL;
    scope_result r = { .code = err, .trail = &none, .site = site };
    // An owner that is cut short itself passes its reason on.
    edo_cancel_cause cause = err == -ECANCELED ? edo_cancel_reason() : EDO_CANCEL_SIBLING;
    edoi_lock_acquire(&s->lock);
    prepare_beside(s, &r);
    edo_task *claimed = note_result(s, &r) ? mark_children(s, NULL, cause) : NULL;
    edoi_lock_release(&s->lock);
    task_deliver_all(claimed);
    release_result(&r);
}
