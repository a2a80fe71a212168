/* SPDX-License-Identifier: MIT */
/* console/own/locks.c: locks of a look, and tasks that wait for each other. The tables are read
 * while tasks go on: a lock that changes hands is shown as it was before or afterwards. */
#include "console/own/looks.h"
#include "console/settings/clock.h"
#include "locks/holders.h"
#include "locks/tenths.h"
#include "locks/waits.h"
#include "runtime/faults/faults.h"
#include "runtime/scheduler/blocked.h"
#include "stacks/spots.h"

#include <edo/locks.h>

#include <errno.h>
#include <stdlib.h>

#define LOCKS_MAX   256u
#define HOLDERS_MAX 8u
#define WAITERS_MAX 8u
#define CYCLES_MAX  16u

typedef struct locks_look {
    edoi_look_update *out;
    edo_arena *arena;
    uint32_t now;                          /* tenths of a second */
    edoi_holder holders[EDOI_HOLDERS_MAX]; /* this and the next ones: of one lock */
    edoi_wait waits[WAITERS_MAX];          /* the oldest ones */
    edoi_cycle cycle;
} locks_look;

static int32_t tenths_since(const locks_look *l, uint32_t since) {
    return since == 0 ? -1 : (int32_t)edoi_tenths_since(l->now, since);
}

static edo_str address_text(const locks_look *l, uint64_t object) {
    return edo_arena_print(l->arena, "0x%llx", (unsigned long long)object);
}

/* Tasks have odd numbers, threads even ones. */
static uint64_t task_of(uint64_t who) {
    return who & 1 ? edo_task_id(edoi_blocked_task_of(who)) : 0;
}

static edo_str site_text(const locks_look *l, const void *site) {
    char text[EDOI_LOOK_TEXT_MAX + 1] = "";
    void *const pcs[1] = { (void *)(uintptr_t)site };
    const void *spot = site ? edoi_spot_of(pcs, 1) : NULL;
    if (spot) edoi_spot_tell(text, sizeof text, spot);
    return edoi_look_text(l->arena, text);
}

/* ---- Locks ----------------------------------------------------------------------------------- */

static edo_console_v1_holder_state_ holder_state(const edoi_holder *h) {
    if (h->who == EDOI_NO_HOLDER) return EDO_CONSOLE_V1_HAS_ENDED_;
    return h->who == EDOI_GIVEN ? EDO_CONSOLE_V1_WAS_GIVEN_ : EDO_CONSOLE_V1_HOLDS_;
}

static void holders_put(locks_look *l, edoi_look_lock *to, const void *lock) {
    size_t n = edoi_holders_get(l->holders, lock);
    if (n > HOLDERS_MAX) n = HOLDERS_MAX;
    to->holders = edoi_look_list(l->arena, n, sizeof *to->holders);
    for (; to->holders && to->holders_n < n; to->holders_n++) {
        const edoi_holder *h = &l->holders[to->holders_n];
        to->holders[to->holders_n] = (edoi_look_holder){ .name = edoi_look_text(l->arena, h->name),
                                                         .task = task_of(h->who),
                                                         .state = holder_state(h),
                                                         .taken_at = site_text(l, h->site),
                                                         .tenths = tenths_since(l, h->since) };
    }
}

/* `n` wait for the lock; `waits` has those that are written. */
static void waiters_put(const locks_look *l, edoi_look_lock *to, size_t n) {
    const size_t told_n = n < WAITERS_MAX ? n : WAITERS_MAX;
    to->waiters_all = (uint32_t)n;
    if (n > 0) to->what = edoi_look_text(l->arena, l->waits[0].what);
    to->waiters = edoi_look_list(l->arena, told_n, sizeof *to->waiters);
    for (; to->waiters && to->waiters_n < told_n; to->waiters_n++) {
        const edoi_wait *w = &l->waits[to->waiters_n];
        to->waiters[to->waiters_n] = (edoi_look_waiter){ .name = edoi_look_text(l->arena, w->name),
                                                         .task = task_of(w->who),
                                                         .what = edoi_look_text(l->arena, w->what),
                                                         .tenths = tenths_since(l, w->since),
                                                         .may_end = w->may_end };
    }
}

/* The locks with waiters, or the locks without. */
static void locks_put(locks_look *l, bool are_awaited) {
    uint32_t at = 0;
    for (const void *lock = edoi_holders_next(&at); lock; lock = edoi_holders_next(&at)) {
        const size_t n = edoi_waits_of(lock, l->waits, WAITERS_MAX);
        if ((n > 0) != are_awaited) continue;
        if (!l->out->locks || l->out->locks_n == LOCKS_MAX) {
            l->out->locks_rest++;
            continue;
        }
        edoi_look_lock *to = &l->out->locks[l->out->locks_n++];
        to->address = address_text(l, (uintptr_t)lock);
        holders_put(l, to, lock);
        waiters_put(l, to, n);
    }
}

/* ---- Cycles ---------------------------------------------------------------------------------- */

/* Where the task of `next` took what is waited for. */
static edo_str taken_text(locks_look *l, const edoi_wait *w, const edoi_wait *next) {
    if (w->kind != EDOI_WAITS_LOCK) return (edo_str){ NULL, 0 };
    const size_t n = edoi_holders_get(l->holders, (const void *)(uintptr_t)w->object);
    for (size_t i = 0; i < n; i++)
        if (l->holders[i].who == next->who) return site_text(l, l->holders[i].site);
    return (edo_str){ NULL, 0 };
}

static void cycle_put(locks_look *l) {
    const edoi_cycle *c = &l->cycle;
    if (!l->out->cycles || l->out->cycles_n == CYCLES_MAX) return;
    edoi_look_cycle *to = &l->out->cycles[l->out->cycles_n++];
    to->n = c->n;
    to->edges = edoi_look_list(l->arena, c->has, sizeof *to->edges);
    for (; to->edges && to->edges_n < c->has; to->edges_n++) {
        const edoi_wait *w = &c->at[to->edges_n];
        to->edges[to->edges_n] =
            (edoi_look_edge){ .name = edoi_look_text(l->arena, w->name),
                              .task = task_of(w->who),
                              .what = edoi_look_text(l->arena, w->what),
                              .kind = (edo_console_v1_edge_kind_)w->kind,
                              .object = address_text(l, w->object),
                              .taken_at = taken_text(l, w, &c->at[(to->edges_n + 1) % c->n]),
                              .tenths = tenths_since(l, w->since) };
    }
}

static void found_put(const locks_look *l) {
    edo_locks_stats s;
    edo_locks_get_stats(&s);
    l->out->found = edoi_look_list(l->arena, 1, sizeof *l->out->found);
    if (!l->out->found) return;
    l->out->found->deadlocks = s.deadlocks;
    l->out->found->abandoned = s.abandoned;
    l->out->found->lasting = s.lasting;
    l->out->found->standing = s.standing;
    l->out->found->turned = s.turned;
}

int edoi_look_at_locks(edoi_look_update *out, edo_arena *arena) {
    uint32_t from = 0;
    locks_look *l = malloc(sizeof *l); // too large for the stack
    if (!l) return -ENOMEM;
    l->out = out;
    l->arena = arena;
    l->now = edoi_tenths(edoi_console_clock_ns(CLOCK_MONOTONIC));
    found_put(l);
    out->locks_watched = edoi_locks_are_watched();
    if (out->locks_watched) {
        out->locks = edoi_look_list(arena, LOCKS_MAX, sizeof *out->locks);
        out->cycles = edoi_look_list(arena, CYCLES_MAX, sizeof *out->cycles);
        locks_put(l, true);
        locks_put(l, false);
        while (edoi_waits_standing(&from, &l->cycle, edoi_fault_is_parked)) cycle_put(l);
    }
    free(l);
    return 0;
}
