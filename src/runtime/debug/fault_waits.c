/* SPDX-License-Identifier: MIT */
/* runtime/debug/fault_waits.c: see faults.h. One walk over all tasks: an idle fiber is pinned
 * (pin.h), what it waits for is noted, and it is let go; what is told comes after. */
#include "runtime/debug/faults.h"

#include "base/error/text.h"
#include "locks/holders.h"
#include "locks/waits.h"
#include "runtime/debug/deadlock.h"
#include "runtime/debug/dump.h"
#include "runtime/scheduler/blocked.h"
#include "runtime/task/fiber_task.h"
#include "stacks/frames.h"

#include <inttypes.h>

#define LOCKS_MAX 32u
#define IN_CYCLES 256u
#define PLACE_MAX 160u
#define TENTH_NS  100000000

/* The first member after the base of one of edo's futures. */
typedef struct fault_future {
    edo_future base;
    const void *object;
} fault_future;

/* A lock for which tasks wait since before the first look. */
typedef struct fault_lock {
    const void *lock;
    const char *what;        /* the name of the future */
    uint32_t n, least, most; /* tasks; how long, in tenths of a second */
    const edo_task *one;     /* that waits longest */
    const char *site;
} fault_lock;

/* Of a walk. */
typedef struct fault_walk {
    uint32_t now, since; /* tenths of a second: of this look; for how long a wait counts */
} fault_walk;

/* All of the thread that looks. */
static fault_lock fault_locks[LOCKS_MAX];
static uint32_t fault_locks_n;
static uint64_t in_cycles[IN_CYCLES]; /* tasks of deadlocks, as locks/waits.h numbers them */
static uint32_t in_cycles_n;

/* ---- Deadlocks ------------------------------------------------------------------------------- */

/* For a thread that is no worker. */
static bool fault_is_parked(uint64_t who) {
    const edo_task *t = edoi_blocked_task_of(who);
    const uint32_t word = edoi_load_rlx_u32(&t->word); // relaxed: a wake that comes now is outside
    return !(word & (TASK_WAKE | TASK_CANCEL | TASK_DONE | TASK_BUSY));
}

static void cycles_tell(edoi_faults *f) {
    uint32_t from = 0;
    edoi_cycle cycle;
    in_cycles_n = 0;
    while (!ferror(f->out) && edoi_waits_standing(&from, &cycle, fault_is_parked)) {
        for (uint32_t i = 0; i < cycle.has && in_cycles_n < IN_CYCLES; i++)
            in_cycles[in_cycles_n++] = cycle.at[i].who;
        f->told_n++;
        edoi_deadlock_print(f->out, "fault", &cycle);
    }
}

static bool is_in_cycle(const edo_task *t) {
    for (uint32_t i = 0; i < in_cycles_n; i++)
        if (edoi_blocked_task_of(in_cycles[i]) == t) return true;
    return false;
}

/* ---- The walk -------------------------------------------------------------------------------- */

static fault_lock *lock_of(const void *lock, const char *what) {
    for (uint32_t i = 0; i < fault_locks_n; i++)
        if (fault_locks[i].lock == lock) return &fault_locks[i];
    if (fault_locks_n == LOCKS_MAX) return NULL;
    fault_lock *l = &fault_locks[fault_locks_n++];
    *l = (fault_lock){ .lock = lock, .what = what, .least = UINT32_MAX };
    return l;
}

/* The task is pinned. */
static void walk_study(void *arg, edo_task *t) {
    const fault_walk *w = arg;
    edo_future *f = edoi_task_future(t);
    if (!edoi_is_fiber_task(f)) return;
    const edoi_fiber_task *fiber = (const edoi_fiber_task *)(const void *)f;
    if (!fiber->ctx || !fiber->awaiting || fiber->parked_tenths == EDOI_NOT_PARKED) return;
    const uint32_t waits = w->now - fiber->parked_tenths;
    if (waits < w->since || is_in_cycle(t)) return;
    const edo_future *awaited = fiber->awaiting;
    if (!(awaited->ops->flags & EDOI_FUTURE_WAITS_LOCK)) return;
    fault_lock *l =
        lock_of(((const fault_future *)(const void *)awaited)->object, awaited->ops->name);
    if (!l) return;
    l->n++;
    if (waits < l->least) l->least = waits;
    if (l->n > 1 && waits <= l->most) return;
    l->most = waits;
    l->one = t;
    l->site = edoi_task_seen_site(t);
}

static void walk_all(const edoi_faults *f) {
    fault_walk w = { .now = (uint32_t)(f->now_ns / TENTH_NS),
                     .since = (uint32_t)((f->now_ns - f->began_ns) / TENTH_NS) };
    fault_locks_n = 0;
    edoi_dump_each_idle(walk_study, &w);
}

/* ---- Locks ----------------------------------------------------------------------------------- */

static void tenths_tell(FILE *out, uint32_t tenths) {
    (void)fprintf(out, "%" PRIu32 ".%" PRIu32 " s", tenths / 10, tenths % 10);
}

static void holder_tell(edoi_faults *f, const edoi_holder *h) {
    char place[PLACE_MAX] = "a place that is not known";
    const uint32_t now = (uint32_t)(f->now_ns / TENTH_NS);
    if (h->site) edoi_place_tell(place, sizeof place, h->site);
    if (h->who == EDOI_GIVEN) {
        (void)fprintf(f->out, "  it was given to a task that has not been polled since\n");
    } else if (h->who == EDOI_NO_HOLDER) {
        (void)fprintf(f->out, "  %s, which took it at %s, has ended\n", h->name, place);
    } else {
        (void)fprintf(f->out, "  %s has it, taken at %s", h->name, place);
        if (h->since != 0) (void)fputs(", for ", f->out);
        if (h->since != 0) tenths_tell(f->out, now - h->since);
        (void)fputc('\n', f->out);
    }
}

/* Tasks are told by their stacks: the one that waits longest, and those that have the lock. */
static void lock_tell(edoi_faults *f, const fault_lock *l) {
    edoi_holder holders[EDOI_HOLDERS_MAX];
    const edo_task *tasks[EDOI_HOLDERS_MAX + 1] = { l->one };
    size_t n = edoi_holders_get(holders, l->lock), tasks_n = 1;
    edoi_fault_begin(f);
    (void)fprintf(f->out, "%" PRIu32 " task%s for %s of %p, for ", l->n,
                  l->n == 1 ? " waits" : "s wait", l->what, l->lock);
    if (l->n > 1) tenths_tell(f->out, l->least);
    if (l->n > 1) (void)fputs(" to ", f->out);
    tenths_tell(f->out, l->most);
    (void)fputc('\n', f->out);
    for (size_t i = 0; i < n; i++) {
        holder_tell(f, &holders[i]);
        if (holders[i].who & 1) tasks[tasks_n++] = edoi_blocked_task_of(holders[i].who);
    }
    edoi_dump_of(f->out, tasks, tasks_n);
}

void edoi_fault_waits_tell(edoi_faults *f) {
    cycles_tell(f);
    walk_all(f);
    for (uint32_t i = 0; i < fault_locks_n && !ferror(f->out); i++) lock_tell(f, &fault_locks[i]);
}
