/* SPDX-License-Identifier: MIT */
/* runtime/look/tasks.c: see tasks.h.
 *
 * The slabs are walked from the thread that looks, some tasks at a time. An idle task is pinned
 * (pin.h), so that it stays unchanged, also while its stack is unwound. No worker takes part, so a
 * stuck worker does not block the look. Of a task that is not held only atomics are read: so a look
 * at a million tasks pins some, and counts the others. */
#include "runtime/look/tasks.h"

#include "base/backoff.h"
#include "driver/clock.h"
#include "driver/driver.h"
#include "fiber/fiber.h"
#include "future/describe.h"
#include "locks/tenths.h"
#include "runtime/fiber/reclaim.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/monitor.h"
#include "runtime/scope/wrapped.h"
#include "runtime/watch/capture.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/pin.h"
#include "runtime/worker/places.h"
#include "runtime/worker/run_queue_ops.h"
#include "stacks/layout.h"

#define PER_TASK_NS INT64_C(20000000) /* of a look's patience */
#define PAUSE_NS    1000000

/* What a debugger reads where no thread could look. */
extern const edoi_layout edoi_layout_tasks; /* used by tools/edo-gdb.py alone */

EDOI_LAYOUT const edoi_layout edoi_layout_tasks = {
    .magic = "edo-gdb  tasks\n",
    .roots = { &edoi_runtimes, &edoi_fiber_ops, &edoi_wrapped_ops },
    .n = 29,
    .at = { EDOI_AT(edo_runtime, listed.next),
            EDOI_AT(edo_runtime, id),
            EDOI_AT(edo_runtime, opts.name),
            EDOI_AT(edo_runtime, workers),
            EDOI_AT(edo_runtime, workers_n),
            EDOI_AT(edo_runtime, spawn.slab),
            EDOI_AT(edoi_worker, slab),
            EDOI_AT(edoi_task_slab, pages),
            EDOI_AT(edoi_page, next),
            EDOI_AT(edoi_page, slots_n),
            EDOI_AT(edoi_page, slot_bytes),
            EDOI_PAGE_HEADER_BYTES,
            sizeof(edo_task),
            EDOI_AT(edo_task, word),
            EDOI_AT(edo_task, own),
            EDOI_AT(edo_task, site),
            TASK_BUSY,
            TASK_CANCEL,
            TASK_DONE,
            TASK_ABANDONED,
            TASK_FREED,
            OWN_RUN,
            OWN_DEFERRED,
            EDOI_AT(edo_future, ops),
            EDOI_AT(edo_future_ops, name),
            EDOI_AT(edoi_wrapped_future, inner),
            EDOI_AT(edoi_fiber_task, ctx),
            EDOI_AT(edoi_fiber_task, awaiting),
            EDOI_AT(edoi_fiber_ctx, fiber) },
};

typedef struct tasks_walk {
    const edoi_tasks_look *how;
    edoi_tasks_look_fn *fn;
    void *arg;
    edo_runtime *rt;
    edoi_worker *here;    /* of a patient look: this thread's worker, if it belongs to `rt` */
    int64_t now_ns;       /* negative: not known */
    uint64_t idle_n;      /* seen so far */
    const edo_task *busy; /* the task last waited for */
    int64_t busy_ns;      /* how long so far */
    bool again;           /* the look has to wait for it */
    uint32_t n;
    edoi_task_sight sights[EDOI_TASKS_AT_ONCE];
} tasks_walk;

/* ---- Under the lock of all pages ------------------------------------------------------------- */

static bool walk_wants(const edoi_tasks_look *how, const edo_task *t) {
    if (how->only != 0 && how->only != edo_task_id(t)) return false;
    if (how->is_site && !how->is_site(how->site_arg, edoi_task_seen_site(t))) return false;
    for (size_t i = 0; i < how->tasks_n; i++)
        if (how->tasks[i] == t) return true;
    return !how->tasks;
}

/* The turn of one that waits to be pinned? */
static bool walk_takes(tasks_walk *l, uint32_t word) {
    const uint64_t every = l->how->every;
    if (word & (TASK_BUSY | TASK_DONE) || every == EDOI_PIN_NONE) return false;
    return every < 2 || l->idle_n++ % every == 0;
}

/* The index of the worker that has the busy task `t`, and whether that runs it; EDOI_NOBODY: it is
 * in a queue of all. */
static uint32_t seen_worker(const edo_runtime *rt, const edo_task *t, bool *runs) {
    uint32_t id = edoi_load_rlx_u16(&t->owner); // relaxed: a hint
    *runs = false;
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        const edoi_seen_worker w = edoi_capture_see(rt->workers[i]);
        if (w.poll.task == t) *runs = true;
        if (*runs || (id != OWNER_NONE && w.id == id)) return i;
    }
    return EDOI_NOBODY;
}

static void sight_busy(const tasks_walk *l, edoi_task_sight *s) {
    bool runs;
    s->worker = seen_worker(l->rt, s->task, &runs);
    s->state = runs ? EDOI_TASK_RUNS : EDOI_TASK_QUEUED;
    s->lacks_stack = edoi_load_rlx_u16(&s->task->home) & HOME_NO_STACK; // relaxed: a hint
    s->is_here = l->here && s->worker == l->here->index;
}

/* Of a task that is not held: it may have ended, and the age is that of the next one in its place.
 * Stamps occupy the place of `born_tenths`. */
static int64_t seen_age_ns(const tasks_walk *l, const edo_task *t) {
    if (l->rt->stamps || l->now_ns < 0) return -1;
    const uint32_t born = EDOI_ATOMIC_LOAD(&t->born_tenths, EDOI_RELAXED);
    return edoi_tenths_since(edoi_tenths(l->now_ns), born) * EDOI_TENTH_NS;
}

/* A hint: another thread may cancel the task just now. NULL: it was not, or has ended. */
static const char *seen_cause(const edo_task *t, uint32_t word) {
    static const char *const causes[] = { [EDO_CANCEL_DEADLINE] = "deadline",
                                          [EDO_CANCEL_ASKED] = "asked",
                                          [EDO_CANCEL_SIBLING] = "sibling",
                                          [EDO_CANCEL_SHUTDOWN] = "shutdown",
                                          [EDO_CANCEL_SIGNAL] = "signal" };
    if ((word & (TASK_CANCEL | TASK_DONE)) != TASK_CANCEL) return NULL;
    const uint32_t cause = edoi_load_rlx_u16(&t->cause); // relaxed: see above
    return cause < EDO_COUNT(causes) ? causes[cause] : "its own";
}

/* False: there is none. */
static bool sight_fill(tasks_walk *l, edoi_task_sight *s, edo_task *t) {
    uint32_t word = edoi_load_rlx_u32(&t->word); // relaxed: a hint if it is not pinned
    if (word == 0 || (word & TASK_FREED)) return false;
    const bool is_turn = walk_takes(l, word), waits = !is_turn && !(word & TASK_BUSY);
    const bool is_pinned = is_turn && edoi_task_pin(t);
    word = edoi_load_rlx_u32(&t->word); // relaxed: as above
    if (word == 0 || (word & TASK_FREED)) return false;
    *s = (edoi_task_sight){ .rt = l->rt,
                            .task = t,
                            .runtime = l->rt->id,
                            .id = edo_task_id(t),
                            .site = edoi_task_seen_site(t),
                            .cause = seen_cause(t, word),
                            .now_ns = l->now_ns,
                            .age_ns = seen_age_ns(l, t),
                            .wait_ns = -1,
                            .left_ns = -1,
                            .worker = EDOI_NOBODY,
                            .home = EDOI_NOBODY,
                            .state = word & TASK_DONE ? EDOI_TASK_ENDED : EDOI_TASK_WAITS,
                            .is_pinned = is_pinned,
                            .is_cancelled = (word & (TASK_CANCEL | TASK_DONE)) == TASK_CANCEL,
                            .is_abandoned = word & TASK_ABANDONED };
    if (!is_pinned && !waits && !(word & TASK_DONE)) sight_busy(l, s);
    return true;
}

/* May a busy task soon be idle, through another thread? */
static bool may_settle(const tasks_walk *l, const edoi_task_sight *s) {
    if (s->worker == EDOI_NOBODY || s->is_here || s->lacks_stack) return false;
    return !edoi_load_rlx_u32(
        &l->rt->workers[s->worker]->shown_thread.dumps); // else it waits for us
}

/* Is it worthwhile to wait for `t`, which another thread's worker holds? */
static bool ask_again(tasks_walk *l, const edo_task *t) {
    if (l->busy != t) l->busy_ns = 0;
    l->busy = t;
    l->again = *l->how->patience_ns > 0 && l->busy_ns < PER_TASK_NS;
    return l->again;
}

static bool walk_note(void *arg, edo_task *t) {
    tasks_walk *l = arg;
    if (!walk_wants(l->how, t)) return true;
    if (l->n == EDOI_TASKS_AT_ONCE) return false;
    edoi_task_sight *s = &l->sights[l->n];
    if (!sight_fill(l, s, t)) return true;
    if (l->how->patience_ns && may_settle(l, s) && ask_again(l, t)) return false;
    l->n++;
    return true;
}

/* ---- Without that lock ----------------------------------------------------------------------- */

static bool is_held(const edoi_task_sight *s) {
    return s->is_pinned || s->is_here;
}

static int64_t held_age_ns(const edoi_task_sight *s) {
    edoi_monitored *monitored = s->rt->stamps ? edoi_monitored_of(s->task) : NULL;
    if (!monitored || s->now_ns < 0) return s->age_ns;
    return edoi_tenths_since(edoi_tenths(s->now_ns), monitored->born_tenths) * EDOI_TENTH_NS;
}

int64_t edoi_fiber_waits_ns(const edoi_fiber_task *fiber, int64_t now_ns) {
    if (fiber->parked_tenths == EDOI_NOT_PARKED) // waits, but has given pages back: reclaim.c
        return EDOI_PARKED_LONG_S * 10 * EDOI_TENTH_NS;
    if (now_ns < 0) return -1;
    return edoi_tenths_since(edoi_tenths(now_ns), fiber->parked_tenths) * EDOI_TENTH_NS;
}

static void sight_study_fiber(edoi_task_sight *s, const edoi_fiber_task *fiber) {
    const uint32_t home = edoi_load_rlx_u16(&s->task->home); // relaxed: it does not change
    const edoi_ctx *ctx = &fiber->ctx->ctx;
    if (home != OWNER_NONE) s->home = home - 1;
    if (s->awaits) s->wait_ns = edoi_fiber_waits_ns(fiber, s->now_ns);
    if (s->now_ns < 0 || !edoi_ctx_has_deadline(ctx)) return;
    s->left_ns = edo_instant_since((edo_instant){ ctx->deadline_ns }, (edo_instant){ s->now_ns })
                     .ns; // the instant of a duration of 0 is the beginning of time
    if (s->left_ns < 0) s->left_ns = 0;
}

static void sight_study(edoi_task_sight *s) {
    s->is_fiber = edoi_is_fiber_task(edoi_task_future(s->task));
    s->age_ns = held_age_ns(s);
    const edo_future *awaited = edoi_task_sight_awaited(s);
    const edoi_fiber_task *fiber = edoi_task_sight_fiber(s);
    if (awaited) s->awaits = awaited->ops->name;
    if (fiber) sight_study_fiber(s, fiber);
}

/* Tasks of this thread's worker stay unchanged, like pinned tasks, until the first unpin, as no
 * helper takes them (hold_here()). A task woken meanwhile is then queued here, and may push others
 * of this worker to where thieves take them. */
static void walk_tell(tasks_walk *l) {
    for (uint32_t i = 0; i < l->n; i++) {
        if (is_held(&l->sights[i])) sight_study(&l->sights[i]);
        l->fn(l->arg, &l->sights[i]);
    }
    for (uint32_t i = 0; i < l->n; i++)
        if (l->sights[i].is_pinned) edoi_task_unpin(l->rt, l->sights[i].task);
    l->n = 0;
}

/* Waits for a busy task, which may settle soon. */
static void wait_a_little(tasks_walk *l) {
    edoi_runtime_kick(l->rt); // a turn settles tasks
    edoi_nap(PAUSE_NS);
    l->busy_ns += PAUSE_NS;
    *l->how->patience_ns -= PAUSE_NS;
}

/* From here to edoi_places_leave() no helper takes tasks of this thread's worker (places.h). A
 * helper that is at it is waited for: it takes no lock but inject.lock, which this thread does not
 * hold. If one was here before, nothing that may move is left until the poll ends. Deferred tasks
 * go idle: otherwise they could not be pinned. */
static bool hold_here(const tasks_walk *l, uint16_t *outer) {
    edoi_backoff b = { 0 };
    for (edoi_worker *w = l->here; w; edoi_backoff_wait(&b)) {
        if (edoi_places_enter(&w->places, w->id, outer)) {
            edoi_run_queue_settle(w);
            return true;
        }
        edoi_places_leave(&w->places, *outer);
        uint32_t taken = edoi_load_acq_u32(&w->places.taken); // TK2: pairs with TK2 in takeover.c
        if (taken & EDOI_PLACES_REVOKED || edoi_runtime_is_forked(w->runtime)) break;
    }
    return false;
}

static bool walk_slab(tasks_walk *l, edoi_task_slab *slab) {
    edoi_task_slab_look at;
    bool is_more = true, goes_on = true;
    edoi_task_slab_look_begin(&at, slab);
    while (is_more && goes_on) {
        uint16_t outer = 0;
        bool holds = hold_here(l, &outer);
        l->again = false;
        is_more = edoi_task_slab_look_on(&at, walk_note, l);
        walk_tell(l);
        if (holds) edoi_places_leave(&l->here->places, outer);
        if (l->how->after) goes_on = l->how->after(l->arg);
        if (l->again && goes_on) wait_a_little(l);
    }
    edoi_task_slab_look_end(&at);
    return goes_on;
}

void edoi_tasks_look_at(edo_runtime *rt, const edoi_tasks_look *how, edoi_tasks_look_fn *fn,
                        void *arg) {
    tasks_walk l = { .how = how, .fn = fn, .arg = arg, .rt = rt, .now_ns = -1 };
    edoi_worker *here = how->patience_ns ? edoi_worker_here() : NULL;
    const bool is_paused = rt->opts.start_paused; // a paused clock belongs to the driving thread
    if (is_paused && how->now_ns != 0) return;
    if (!is_paused) l.now_ns = how->now_ns != 0 ? how->now_ns : edoi_clock_monotonic();
    l.here = here && here->runtime == rt ? here : NULL;
    bool goes_on = true;
    for (uint32_t i = 0; i < rt->workers_n && goes_on; i++)
        goes_on = walk_slab(&l, &rt->workers[i]->slab);
    if (goes_on) (void)walk_slab(&l, &rt->spawn.slab);
}

void edoi_tasks_look_over(const edoi_tasks_look *how, edoi_tasks_look_fn *fn, void *arg) {
    edoi_registry_acquire();
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt))
        edoi_tasks_look_at(rt, how, fn, arg);
    edoi_registry_release();
}

/* ---- For the function ------------------------------------------------------------------------ */

const edoi_fiber_task *edoi_task_sight_fiber(const edoi_task_sight *s) {
    if (!is_held(s) || !s->is_fiber) return NULL;
    const edoi_fiber_task *fiber = (const edoi_fiber_task *)(const void *)edoi_task_future(s->task);
    return fiber->ctx ? fiber : NULL;
}

const edo_future *edoi_task_sight_awaited(const edoi_task_sight *s) {
    const edoi_fiber_task *fiber = edoi_task_sight_fiber(s);
    if (fiber) return s->is_pinned ? fiber->awaiting : NULL;
    return is_held(s) && !s->is_fiber ? edoi_wrapped_inner(edoi_task_future(s->task)) : NULL;
}

size_t edoi_task_sight_running_stack(const edoi_task_sight *s, void **pcs, size_t max,
                                     edoi_thread_call *call) {
    const edoi_worker *w = s->rt->workers[s->worker];
    const edoi_seen_poll poll = edoi_capture_see(w).poll;
    if (poll.task != s->task || w == edoi_worker_here()) return 0;
    return edoi_capture(w, &poll, pcs, max, call);
}

/* A fiber that runs here is not suspended, unless its worker polls for it. */
size_t edoi_task_sight_stack(const edoi_task_sight *s, void **pcs, size_t max,
                             bool *first_is_exact) {
    const edoi_fiber_task *fiber = edoi_task_sight_fiber(s);
    edoi_thread_call call;
    *first_is_exact = !fiber && s->state == EDOI_TASK_RUNS;
    if (*first_is_exact) return edoi_task_sight_running_stack(s, pcs, max, &call);
    if (!fiber || !edoi_fiber_is_suspended(&fiber->ctx->fiber)) return 0;
    return edoi_fiber_backtrace(&fiber->ctx->fiber, pcs, max);
}

void edoi_task_sight_tell(const edoi_task_sight *s, edoi_text *to) {
    const edo_future *awaited = edoi_task_sight_awaited(s);
    if (awaited) edoi_describe(to, awaited, -1);
}
