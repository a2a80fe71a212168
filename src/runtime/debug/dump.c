/* SPDX-License-Identifier: MIT */
/* runtime/debug/dump.c: dumps every task, with the stack of each waiting fiber.
 *
 * The slabs are walked from the dumping thread, a few tasks at a time. An idle task is pinned
 * (pin.h), so that it stays unchanged; this thread unwinds its stack, running on that stack, and
 * unpins it before anything is printed. No worker takes part, so a stuck worker does not block the
 * dump. Of a busy task only atomics are read. For a task that its worker holds the dump waits a
 * little: it may have just begun to wait.
 *
 * Tasks that are equal but for their times and their worker are shown once, with their number. So a
 * runtime's tasks are gathered in a table without memory from malloc(), in which another thread may
 * hang, and printed when the table is full or the runtime at its end.
 *
 * inv. 1: everything here runs under the lock of registry.h: no runtime ends, and no other thread
 *         dumps. */
#include "runtime/debug/dump.h"

#include "base/assert.h"
#include "base/backoff.h"
#include "base/held.h"
#include "driver/clock.h"
#include "driver/driver.h"
#include "fiber/fiber.h"
#include "future/describe.h"
#include "locks/tenths.h"
#include "runtime/debug/last_events.h"
#include "runtime/debug/lock_dump.h"
#include "runtime/fiber/reclaim.h"
#include "runtime/look/rows.h"
#include "runtime/look/tasks.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/wrapped.h"
#include "runtime/spawn/span.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/watch/capture.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/pin.h"
#include "runtime/worker/places.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/worker.h"
#include "stacks/frames.h"
#include "stacks/thread_state.h"

#include <edo/task.h>

#include <inttypes.h>

#define AT_ONCE     16u
#define FRAMES_MAX  48u
#define PATIENCE_NS INT64_C(250000000) /* in total, for busy tasks */
#define PER_TASK_NS INT64_C(20000000)
#define PAUSE_NS    1000000
#define GROUPS_MAX  128u

/* What was seen of a task. */
typedef struct sight {
    edo_task *task; /* only its address, once it was unpinned */
    const char *site;
    uint32_t word;
    edo_waker *held;       /* pinned by us; NULL: the task is busy or done */
    uint32_t at;           /* the index of its worker, or EDOI_NOBODY */
    bool runs;             /* there */
    bool no_stack;         /* a fiber at that worker without memory for its stack */
    bool here;             /* that worker is this thread's */
    int64_t born_ns;       /* of the monotonic clock, not later; negative: unknown */
    int64_t age;           /* tenths of a second; negative: unknown */
    int64_t wait;          /* how long it has waited, likewise */
    edoi_text what;        /* kind, and what it waits for */
    edoi_text same;        /* of it what equal tasks have, too */
    edoi_thread_call call; /* of its thread, if it runs on another one */
    size_t frames_n;
    bool first_is_exact;
    void *frames[FRAMES_MAX];
} sight;

/* From one number to another; both negative: unknown. */
typedef struct dump_range {
    int64_t least, most;
} dump_range;

/* Tasks that are equal. */
typedef struct dump_group {
    uint64_t key;
    uint32_t n;
    dump_range age, wait; /* tenths of a second */
    sight first;
} dump_group;

/* A walk over all runtimes. */
typedef struct look {
    FILE *out;
    bool had_error; /* before this dump, which goes on then */
    edo_runtime *rt;
    edoi_worker *here; /* this thread's worker, if it belongs to `rt` */
    int64_t now_ns;
    int64_t patience_ns;         /* remaining */
    const edo_task *busy;        /* the task last waited for */
    int64_t busy_ns;             /* how long so far */
    bool again;                  /* the dump has to wait for it */
    const edo_task *const *only; /* these alone; NULL: all */
    size_t only_n;
    uint32_t tasks_n;
    uint32_t sights_n;
    uint32_t groups_n;
} look;

static sight sights[AT_ONCE];         /* inv. 1 */
static dump_group groups[GROUPS_MAX]; /* inv. 1 */
static edoi_frame frames[FRAMES_MAX]; /* inv. 1; of the task that is printed */

/* ---- Under the lock of all pages ------------------------------------------------------------- */

/* Is it worthwhile to wait for `t`, which another thread's worker holds? */
static bool ask_again(look *l, const edo_task *t) {
    if (l->busy != t) l->busy_ns = 0;
    l->busy = t;
    l->again = l->patience_ns > 0 && l->busy_ns < PER_TASK_NS;
    return l->again;
}

/* May a busy task soon be idle, through another thread? */
static bool may_settle(const look *l, const sight *s) {
    if (s->at == EDOI_NOBODY || s->here || s->no_stack) return false;
    return !edoi_load_rlx_u32(&l->rt->workers[s->at]->shown_thread.dumps); // else it waits for us
}

static bool is_wanted(const look *l, const edo_task *t) {
    for (size_t i = 0; i < l->only_n; i++)
        if (l->only[i] == t) return true;
    return !l->only;
}

static bool dump_note(void *arg, edo_task *t) {
    look *l = arg;
    if (!is_wanted(l, t)) return true;
    if (l->sights_n == AT_ONCE) return false;
    sight *s = &sights[l->sights_n];
    s->task = t;
    s->held = edoi_task_pin(t) ? &t->waker : NULL;
    s->word = edoi_load_rlx_u32(&t->word); // relaxed: a hint if the task is not pinned
    if (s->word == 0 || (s->word & TASK_FREED)) return true;
    s->at = EDOI_NOBODY;
    s->runs = s->here = s->no_stack = false;
    if (!s->held && !(s->word & TASK_DONE)) {
        s->at = edoi_task_seen_worker(l->rt, t, &s->runs);
        s->no_stack = edoi_load_rlx_u16(&t->home) & HOME_NO_STACK; // relaxed: a hint
        s->here = s->at != EDOI_NOBODY && l->rt->workers[s->at] == l->here;
        if (may_settle(l, s) && ask_again(l, t)) return false;
    }
    s->site = edoi_task_seen_site(t);
    l->sights_n++;
    return true;
}

/* ---- Without that lock ----------------------------------------------------------------------- */

/* "3.1" */
static void tell_tenths(edoi_text *text, int64_t tenths) {
    edoi_text_add(text, "%" PRId64 ".%d", tenths / 10, (int)(tenths % 10));
}

/* Describes how long a fiber has waited. */
static void study_wait(sight *s, const edoi_fiber_task *fiber, int64_t now_ns) {
    edoi_text_add(&s->what, ", waits");
    if (fiber->parked_tenths == EDOI_NOT_PARKED) { // waits, but has given pages back: reclaim.c
        s->wait = EDOI_PARKED_LONG_S * 10;
        edoi_text_add(&s->what, " more than %u s", (unsigned)EDOI_PARKED_LONG_S);
    } else if (now_ns >= 0) {
        s->wait = edoi_tenths_since(edoi_tenths(now_ns), fiber->parked_tenths);
        edoi_text_add(&s->what, " ");
        tell_tenths(&s->what, s->wait);
        edoi_text_add(&s->what, " s");
    }
    edoi_text_add(&s->what, " for ");
    edoi_describe(&s->what, fiber->awaiting, now_ns);
    edoi_text_add(&s->same, ", waits for ");
    edoi_describe(&s->same, fiber->awaiting, -1); // without times
}

/* The task is pinned, or held by this thread's worker. */
static void study_fiber(sight *s, edoi_fiber_task *fiber, int64_t now_ns) {
    if (!fiber->ctx) {
        edoi_text_add(&s->what, "fiber that has not begun");
        s->same = s->what;
        return;
    }
    uint32_t home = edoi_load_rlx_u16(&s->task->home); // relaxed: it does not change
    edoi_text_add(&s->what, "fiber");
    edoi_span_tell(&s->what, fiber->ctx->values);
    s->same = s->what;
    if (home != OWNER_NONE) edoi_text_add(&s->what, ", worker %u", (unsigned)home - 1);
    if (s->held && fiber->awaiting) study_wait(s, fiber, now_ns);
    if (now_ns >= 0 && edoi_ctx_has_deadline(&fiber->ctx->ctx)) {
        int64_t left_ns =
            edo_instant_since((edo_instant){ fiber->ctx->ctx.deadline_ns }, (edo_instant){ now_ns })
                .ns; // the instant of a duration of 0 is the beginning of time
        edoi_text_add(&s->what, ", deadline in ");
        edoi_text_add_time(&s->what, left_ns > 0 ? left_ns : 0);
    }
    s->first_is_exact = false;
    if (edoi_fiber_is_suspended(&fiber->ctx->fiber)) // otherwise it is the dumping fiber
        s->frames_n = edoi_fiber_backtrace(&fiber->ctx->fiber, s->frames, FRAMES_MAX);
}

static void study(const look *l, sight *s) {
    edo_future *f = edoi_task_future(s->task);
    s->age = edoi_task_age_tenths(l->rt, s->task, l->now_ns);
    if (s->age >= 0) s->born_ns = l->now_ns - (s->age + 1) * EDOI_TENTH_NS;
    if (edoi_is_fiber_task(f)) {
        study_fiber(s, (edoi_fiber_task *)(void *)f, l->now_ns);
    } else if (s->held) {
        edoi_text_add(&s->what, "state machine ");
        s->same = s->what;
        edoi_describe(&s->what, edoi_wrapped_inner(f), l->now_ns);
        edoi_describe(&s->same, edoi_wrapped_inner(f), -1);
    } else {
        edoi_text_add(&s->what, "state machine %s", edoi_wrapped_inner(f)->ops->name);
        s->same = s->what;
    }
}

/* The stack of a task that runs on another thread, if it still does. */
static void study_running(const look *l, sight *s) {
    const edoi_worker *w = l->rt->workers[s->at];
    edoi_seen_poll poll = edoi_worker_seen_poll(w);
    if (poll.task != s->task) return;
    s->frames_n = edoi_capture(w, &poll, s->frames, FRAMES_MAX, &s->call);
    s->first_is_exact = true;
}

static void study_all(look *l) {
    for (uint32_t i = 0; i < l->sights_n; i++) {
        sight *s = &sights[i];
        s->what.n = s->same.n = s->frames_n = 0;
        s->what.at[0] = s->same.at[0] = '\0';
        s->call = (edoi_thread_call){ .waits = 0 };
        s->born_ns = s->age = s->wait = -1;
        // Tasks of this thread's worker stay unchanged, like pinned tasks, until the first unpin,
        // as no helper takes them (hold_here()). A task woken meanwhile is then queued here, and
        // may push others of this worker to where thieves take them.
        if (s->held || s->here) study(l, s);
    }
    for (uint32_t i = 0; i < l->sights_n; i++)
        if (sights[i].held) edoi_task_unpin(l->rt, sights[i].task);
}

static void study_all_running(look *l) {
    for (uint32_t i = 0; i < l->sights_n; i++)
        if (sights[i].runs && !sights[i].here) study_running(l, &sights[i]);
}

static void tell_call(edoi_text *text, const char *name) {
    edoi_text_add(text, ", and waits in the kernel%s%s%s", *name ? " (" : "", name,
                  *name ? ")" : "");
}

static void tell_state(edoi_text *text, const sight *s) {
    if (s->word & TASK_ABANDONED) {
        edoi_text_add(text, "abandoned");
    } else if (s->word & TASK_DONE) {
        edoi_text_add(text, "done, not joined");
    } else if (s->held) {
        edoi_text_add(text, "waits");
    } else if (s->at == EDOI_NOBODY) {
        edoi_text_add(text, "queued");
    } else if (s->no_stack) {
        edoi_text_add(text, "waits for memory for its stack at worker %u", (unsigned)s->at);
    } else {
        const char *how = s->here ? "queued" : "queued or has just begun to wait"; // it was busy
        edoi_text_add(text, "%s %s worker %u", s->runs ? "runs" : how, s->runs ? "on" : "at",
                      (unsigned)s->at);
        if (s->runs && s->here) edoi_text_add(text, ", and dumps");
        if (s->call.waits != 0) tell_call(text, s->call.name);
    }
    if ((s->word & (TASK_CANCEL | TASK_DONE)) == TASK_CANCEL) edoi_text_add(text, ", cancelled");
}

/* ---- Equal tasks ----------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, const void *bytes, size_t n) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < n; i++) hash = (hash ^ at[i]) * UINT64_C(1099511628211); // FNV-1a
    return hash;
}

/* The same for tasks that are shown as one; 0: it is shown alone, as one that a thread runs. */
static uint64_t key_of(const sight *s) {
    edoi_text state = { .n = 0 };
    if (s->runs) return 0;
    tell_state(&state, s);
    uint64_t hash = mix(UINT64_C(14695981039346656037), &s->site, sizeof s->site);
    hash = mix(hash, state.at, state.n);
    hash = mix(hash, s->same.at, s->same.n);
    hash = mix(hash, s->frames, s->frames_n * sizeof s->frames[0]);
    return hash != 0 ? hash : 1;
}

static void dump_widen(dump_range *r, int64_t by) {
    if (by < 0) return;
    if (r->least < 0 || by < r->least) r->least = by;
    if (by > r->most) r->most = by;
}

/* "1,000 x " */
static void tell_number(edoi_text *text, uint32_t n) {
    if (n >= 1000000) edoi_text_add(text, "%u,", (unsigned)(n / 1000000));
    if (n >= 1000) edoi_text_add(text, n >= 1000000 ? "%03u," : "%u,", (unsigned)(n / 1000 % 1000));
    edoi_text_add(text, n >= 1000 ? "%03u x " : "%u x ", (unsigned)(n % 1000));
}

/* ", 3.1 to 40.0 s old" */
static void tell_range(edoi_text *text, const char *before, dump_range r, const char *after) {
    if (r.least < 0) return;
    edoi_text_add(text, "%s", before);
    tell_tenths(text, r.least);
    if (r.most > r.least) edoi_text_add(text, " to ");
    if (r.most > r.least) tell_tenths(text, r.most);
    edoi_text_add(text, " s%s", after);
}

/* A line is one call, and the file's lock keeps a task's lines together. That lock is taken inside
 * the lock of registry.h, and no lock of edo's inside it. */
static void print_group(FILE *out, dump_group *g) {
    sight *s = &g->first;
    bool is_one = g->n == 1;
    const edoi_text *what = is_one ? &s->what : &s->same;
    edoi_text begin = { .n = 0 }, state = { .n = 0 }, times = { .n = 0 };
    edoi_frames_find(frames, s->frames, s->frames_n, s->first_is_exact);
    edoi_thread_name_call(&s->call, frames, s->frames_n);
    if (is_one) edoi_text_add(&begin, "%p ", (void *)s->task);
    if (!is_one) tell_number(&begin, g->n);
    tell_state(&state, s);
    if (!is_one) tell_range(&times, ", for ", g->wait, "");
    tell_range(&times, ", ", g->age, " old");
    if (!is_one) edoi_text_add(&times, ", as %p", (void *)s->task);
    flockfile(out);
    (void)fprintf(out, "  %s%s: %s%s%s%s%s\n", begin.at, s->site ? s->site : "(no name)", state.at,
                  what->n > 0 ? " (" : "", what->at, what->n > 0 ? ")" : "", times.at);
    edoi_frames_print_folded(out, frames, s->frames_n);
    if (is_one) edoi_last_events_print(out, s->task, s->born_ns);
    funlockfile(out);
}

/* Nobody takes the rest: so nobody waits for its tasks, and for the locks of this dump. */
static bool is_in_vain(const look *l) {
    return !l->had_error && ferror(l->out);
}

static void print_all(look *l) {
    for (uint32_t i = 0; i < l->groups_n && !is_in_vain(l); i++) print_group(l->out, &groups[i]);
    l->groups_n = 0;
}

static dump_group *group_of(look *l, const sight *s) {
    uint64_t key = key_of(s);
    for (uint32_t i = 0; i < l->groups_n && key != 0; i++)
        if (groups[i].key == key) return &groups[i];
    if (l->groups_n == GROUPS_MAX) print_all(l);
    dump_group *g = &groups[l->groups_n++];
    *g = (dump_group){ .key = key, .age = { -1, -1 }, .wait = { -1, -1 }, .first = *s };
    return g;
}

static void gather_all(look *l) {
    for (uint32_t i = 0; i < l->sights_n; i++) {
        dump_group *g = group_of(l, &sights[i]);
        g->n++;
        dump_widen(&g->age, sights[i].age);
        dump_widen(&g->wait, sights[i].wait);
    }
    l->tasks_n += l->sights_n;
    l->sights_n = 0;
}

/* ---- All tasks ------------------------------------------------------------------------------- */

/* Waits for a busy task, which may settle soon. */
static void wait_a_little(look *l) {
    for (uint32_t i = 0; i < l->rt->workers_n; i++)
        edoi_driver_kick(l->rt->workers[i]->driver); // a turn settles tasks
    edoi_nap(PAUSE_NS);
    l->busy_ns += PAUSE_NS;
    l->patience_ns -= PAUSE_NS;
}

/* From here to release_here() no helper takes tasks of this thread's worker (places.h). A helper
 * that is at it is waited for: it takes no lock but inject.lock, which this thread does not hold.
 * If one was here before, nothing that may move is left until the poll ends. Deferred tasks go
 * idle: otherwise they could not be pinned. */
static bool hold_here(const look *l, uint16_t *outer) {
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

static void release_here(const look *l, bool holds, uint16_t outer) {
    if (holds) edoi_places_leave(&l->here->places, outer);
}

static void dump_slab(look *l, edoi_task_slab *slab) {
    edoi_task_slab_look at;
    edoi_task_slab_look_begin(&at, slab);
    bool more = true;
    while (more && !is_in_vain(l)) {
        uint16_t outer = 0;
        bool holds = hold_here(l, &outer);
        l->again = false;
        more = edoi_task_slab_look_on(&at, dump_note, l);
        study_all(l);
        release_here(l, holds, outer);
        study_all_running(l); // waits for other threads
        gather_all(l);
        if (l->again) wait_a_little(l);
    }
    edoi_task_slab_look_end(&at);
}

static void dump_runtime(look *l) {
    EDO_INV("dump inv. 1", edoi_held_any());
    edo_runtime *rt = l->rt;
    edoi_worker *here = edoi_worker_here();
    l->here = here && here->runtime == rt ? here : NULL;
    // A paused clock belongs to the driving thread.
    l->now_ns = rt->opts.start_paused ? -1 : edoi_clock_monotonic();
    l->tasks_n = 0;
    bool is_multi = rt->opts.flavor == EDO_RUNTIME_MULTI;
    edoi_text threads = { .n = 0 };
    if (is_multi) {
        edoi_text_add(&threads, "%u workers", (unsigned)rt->workers_n);
    } else {
        bool is_driven = edoi_load_rlx_u32(&rt->worker->shown_thread.tid) != 0; // relaxed: a hint
        edoi_text_add(&threads, "one thread%s", is_driven ? "" : ", driven by nobody");
    }
    if (!l->only)
        (void)fprintf(l->out, "edo: tasks of runtime %" PRIu64 " (%s), %s:\n", rt->id,
                      rt->opts.name, threads.at);
    for (uint32_t i = 0; i < rt->workers_n; i++) dump_slab(l, &rt->workers[i]->slab);
    dump_slab(l, &rt->spawn.slab);
    print_all(l);
    if (!l->only)
        (void)fprintf(l->out, "  %u task%s\n", (unsigned)l->tasks_n, l->tasks_n == 1 ? "" : "s");
}

void edo_dump_tasks(FILE *out) {
    edoi_dump_of(out, NULL, 0);
}

void edoi_dump_of(FILE *out, const edo_task *const *tasks, size_t n) {
    look l = { .out = out,
               .had_error = ferror(out) != 0,
               .patience_ns = PATIENCE_NS,
               .only = tasks,
               .only_n = n };
    edoi_worker *here = edoi_worker_here();
    edo_no_await_begin();
    if (here) edoi_store_rlx_u32(&here->shown_thread.dumps, 1); // relaxed: a hint, as below
    edoi_frames_begin();
    edoi_registry_acquire();
    for (l.rt = edoi_registry_next(NULL); l.rt && !is_in_vain(&l); l.rt = edoi_registry_next(l.rt))
        dump_runtime(&l);
    if (!tasks && !is_in_vain(&l)) {
        edoi_lock_dump(out, edoi_clock_monotonic());
        edoi_open_look(&edoi_open_shown, EDOI_OPEN_BESIDE_TASKS);
        edoi_open_print(out, &edoi_open_shown, edoi_clock_monotonic());
    }
    edoi_registry_release();
    edoi_frames_end();
    if (here) edoi_store_rlx_u32(&here->shown_thread.dumps, 0);
    edo_no_await_end();
}

/* ---- Idle tasks, for others ------------------------------------------------------------------ */

typedef struct idle_walk {
    uint32_t n;
    edo_task *pinned[AT_ONCE];
} idle_walk;

/* Called with the lock of all pages held. */
static bool idle_pin(void *arg, edo_task *t) {
    idle_walk *w = arg;
    if (w->n == AT_ONCE) return false;
    if (edoi_task_pin(t)) w->pinned[w->n++] = t;
    return true;
}

static void idle_walk_slab(edo_runtime *rt, edoi_task_slab *slab, edoi_dump_idle_fn *fn,
                           void *arg) {
    idle_walk w;
    edoi_task_slab_look at;
    bool more = true;
    edoi_task_slab_look_begin(&at, slab);
    while (more) {
        w.n = 0;
        more = edoi_task_slab_look_on(&at, idle_pin, &w);
        for (uint32_t i = 0; i < w.n; i++) fn(arg, w.pinned[i]);
        for (uint32_t i = 0; i < w.n; i++) edoi_task_unpin(rt, w.pinned[i]);
    }
    edoi_task_slab_look_end(&at);
}

void edoi_dump_each_idle(edoi_dump_idle_fn *fn, void *arg) {
    edoi_registry_acquire();
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt)) {
        if (rt->opts.start_paused) continue;
        for (uint32_t i = 0; i < rt->workers_n; i++)
            idle_walk_slab(rt, &rt->workers[i]->slab, fn, arg);
        idle_walk_slab(rt, &rt->spawn.slab, fn, arg);
    }
    edoi_registry_release();
}
