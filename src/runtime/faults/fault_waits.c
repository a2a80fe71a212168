/* SPDX-License-Identifier: MIT */
/* runtime/faults/fault_waits.c: see faults.h. One look at all tasks: what idle fibers wait for is
 * noted while they are pinned; what is told comes after. */
#include "runtime/faults/faults.h"

#include "base/error/text.h"
#include "locks/holders.h"
#include "locks/tenths.h"
#include "locks/waits.h"
#include "runtime/debug/deadlock.h"
#include "runtime/debug/dump.h"
#include "runtime/look/tasks.h"
#include "runtime/scheduler/blocked.h"
#include "runtime/spawn/called.h"
#include "stacks/frames.h"

#include <inttypes.h>
#include <string.h>

#define LOCKS_MAX 32u
#define ASKED_MAX 32u
#define LOST_MAX  16u
#define WHOM_MAX  96u
#define IN_CYCLES 1024u
#define PLACE_MAX 160u

/* The first member after the base of one of edo's futures. */
typedef struct fault_future {
    edo_future base;
    const void *object;
} fault_future;

/* Tasks that wait for one thing. */
typedef struct fault_group {
    uint32_t n, least, most; /* tasks; how long, in tenths of a second */
    const edo_task *one;     /* that waits longest */
} fault_group;

/* A lock for which tasks wait since before the first look. */
typedef struct fault_lock {
    const void *lock;
    const char *what; /* the name of the future */
    fault_group g;
} fault_lock;

/* A future that has kept no waker. */
typedef struct fault_lost {
    const char *site; /* the task's */
    const char *what;
    fault_group g;
} fault_lost;

/* A service that tasks have asked since before the first look. */
typedef struct fault_asked {
    const char *what;
    char whom[WHOM_MAX];
    fault_group g;
} fault_asked;

/* Of a walk. */
typedef struct fault_walk {
    uint32_t now, since; /* tenths of a second: of this look; for how long a wait counts */
} fault_walk;

/* All of the thread that looks. */
static fault_lock fault_locks[LOCKS_MAX];
static uint32_t fault_locks_n;
static fault_asked asked[ASKED_MAX];
static uint32_t asked_n;
static fault_lost lost[LOST_MAX];
static uint32_t lost_n;
static uint64_t in_cycles[IN_CYCLES]; /* tasks of deadlocks, as locks/waits.h numbers them */
static uint32_t in_cycles_n;

/* ---- Deadlocks ------------------------------------------------------------------------------- */

bool edoi_fault_is_parked(uint64_t who) {
    const edo_task *t = edoi_blocked_task_of(who);
    const uint32_t word = edoi_load_rlx_u32(&t->word); // relaxed: a wake that comes now is outside
    return !(word & (TASK_WAKE | TASK_CANCEL | TASK_DONE | TASK_BUSY));
}

static void cycles_tell(edoi_faults *f) {
    uint32_t from = 0;
    edoi_cycle cycle;
    while (!ferror(f->out) && edoi_waits_standing(&from, &cycle, edoi_fault_is_parked)) {
        f->told_n++;
        edoi_deadlock_print(f->out, "fault", &cycle);
    }
    in_cycles_n = (uint32_t)edoi_waits_in_cycles(in_cycles, IN_CYCLES);
}

static bool is_in_cycle(const edo_task *t) {
    for (uint32_t i = 0; i < in_cycles_n; i++)
        if (edoi_blocked_task_of(in_cycles[i]) == t) return true;
    return false;
}

/* ---- The walk -------------------------------------------------------------------------------- */

static void group_add(fault_group *g, const edo_task *t, uint32_t tenths) {
    if (g->n == 0 || tenths < g->least) g->least = tenths;
    if (g->n == 0 || tenths > g->most) g->one = t;
    if (tenths > g->most) g->most = tenths;
    g->n++;
}

static void walk_add_lock(edo_task *t, const edo_future *awaited, uint32_t tenths) {
    const void *lock = ((const fault_future *)(const void *)awaited)->object;
    uint32_t i = 0;
    while (i < fault_locks_n && fault_locks[i].lock != lock) i++;
    if (i == LOCKS_MAX) return;
    if (i == fault_locks_n)
        fault_locks[fault_locks_n++] = (fault_lock){ .lock = lock, .what = awaited->ops->name };
    group_add(&fault_locks[i].g, t, tenths);
}

static void walk_add_asked(edo_task *t, const edoi_called *called, uint32_t tenths) {
    uint32_t i = 0;
    while (i < asked_n && strncmp(asked[i].whom, called->whom, WHOM_MAX - 1) != 0) i++;
    if (i == ASKED_MAX) return;
    if (i == asked_n) {
        asked[asked_n++] = (fault_asked){ .what = called->what };
        (void)snprintf(asked[i].whom, WHOM_MAX, "%s", called->whom);
    }
    group_add(&asked[i].g, t, tenths);
}

static void walk_add_lost(const edoi_task_sight *s, uint32_t tenths) {
    uint32_t i = 0;
    while (i < lost_n && lost[i].site != s->site) i++;
    if (i == LOST_MAX) return;
    if (i == lost_n) lost[lost_n++] = (fault_lost){ .site = s->site, .what = s->awaits };
    group_add(&lost[i].g, s->task, tenths);
}

static void walk_study(void *arg, const edoi_task_sight *s) {
    const fault_walk *w = arg;
    const edoi_fiber_task *fiber = edoi_task_sight_fiber(s);
    const edo_future *awaited = edoi_task_sight_awaited(s);
    if (!fiber || !awaited || is_in_cycle(s->task)) return;
    const uint32_t waits = (uint32_t)(s->wait_ns / EDOI_TENTH_NS);
    const edoi_called *called = fiber->ctx->called;
    const uint32_t asks = called ? edoi_tenths_since(w->now, called->since) : 0;
    if (called && called->since != 0 && asks >= w->since) walk_add_asked(s->task, called, asks);
    if (fiber->is_noted & EDOI_NOTED_LOST && s->left_ns < 0) walk_add_lost(s, waits);
    if (waits >= w->since && awaited->ops->flags & EDOI_FUTURE_WAITS_LOCK)
        walk_add_lock(s->task, awaited, waits);
}

static void walk_all(const edoi_faults *f) {
    fault_walk w = { .now = edoi_tenths(f->now_ns), .since = edoi_tenths(f->now_ns - f->began_ns) };
    fault_locks_n = asked_n = lost_n = 0;
    edoi_tasks_look_over(&(edoi_tasks_look){ .now_ns = f->now_ns }, walk_study, &w);
}

/* ---- Locks ----------------------------------------------------------------------------------- */

static void tenths_tell(FILE *out, uint32_t tenths) {
    (void)fprintf(out, "%" PRIu32 ".%" PRIu32 " s", tenths / 10, tenths % 10);
}

static void holder_tell(edoi_faults *f, const edoi_holder *h) {
    char place[PLACE_MAX] = "a place that is not known";
    const uint32_t now = edoi_tenths(f->now_ns);
    if (h->site) edoi_place_tell(place, sizeof place, h->site);
    if (h->who == EDOI_GIVEN) {
        (void)fprintf(f->out, "  it was given to a task that has not been polled since\n");
    } else if (h->who == EDOI_NO_HOLDER) {
        (void)fprintf(f->out, "  %s, which took it at %s, has ended\n", h->name, place);
    } else {
        (void)fprintf(f->out, "  %s has it, taken at %s", h->name, place);
        if (h->since != 0) (void)fputs(", for ", f->out);
        if (h->since != 0) tenths_tell(f->out, edoi_tenths_since(now, h->since));
        (void)fputc('\n', f->out);
    }
}

/* "3 tasks" and for how long. */
static void group_tell(FILE *out, const fault_group *g) {
    (void)fputs(", for ", out);
    if (g->n > 1 && g->least != g->most) {
        tenths_tell(out, g->least);
        (void)fputs(" to ", out);
    }
    tenths_tell(out, g->most);
    (void)fputc('\n', out);
}

/* Tasks are told by their stacks: the one that waits longest, and those that have the lock. */
static void lock_tell(edoi_faults *f, const fault_lock *l) {
    edoi_holder holders[EDOI_HOLDERS_MAX];
    const edo_task *tasks[EDOI_HOLDERS_MAX + 1] = { l->g.one };
    size_t n = edoi_holders_get(holders, l->lock), tasks_n = 1;
    edoi_fault_begin(f);
    (void)fprintf(f->out, "%" PRIu32 " task%s for %s of %p", l->g.n,
                  l->g.n == 1 ? " waits" : "s wait", l->what, l->lock);
    group_tell(f->out, &l->g);
    for (size_t i = 0; i < n; i++) {
        holder_tell(f, &holders[i]);
        if (holders[i].who & 1) tasks[tasks_n++] = edoi_blocked_task_of(holders[i].who);
    }
    edoi_dump_of(f->out, tasks, tasks_n);
}

static void asked_tell(edoi_faults *f, const fault_asked *a) {
    edoi_fault_begin(f);
    (void)fprintf(f->out, "%" PRIu32 " task%s for a reply of %s (%s)", a->g.n,
                  a->g.n == 1 ? " waits" : "s wait", a->whom, a->what);
    group_tell(f->out, &a->g);
    edoi_dump_of(f->out, &a->g.one, 1);
}

static void lost_tell(edoi_faults *f, const fault_lost *l) {
    edoi_fault_begin(f);
    (void)fprintf(f->out, "nobody can wake %" PRIu32 " x %s: %s returned pending and kept no waker",
                  l->g.n, l->site ? l->site : "(no name)", l->what);
    group_tell(f->out, &l->g);
    edoi_dump_of(f->out, &l->g.one, 1);
}

void edoi_fault_waits_tell(edoi_faults *f) {
    cycles_tell(f);
    walk_all(f);
    for (uint32_t i = 0; i < fault_locks_n && !ferror(f->out); i++) lock_tell(f, &fault_locks[i]);
    for (uint32_t i = 0; i < lost_n && !ferror(f->out); i++) lost_tell(f, &lost[i]);
    for (uint32_t i = 0; i < asked_n && !ferror(f->out); i++) asked_tell(f, &asked[i]);
}
