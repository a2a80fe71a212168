/* SPDX-License-Identifier: MIT */
/* apps/console/tokio/look.c: see look.h. */
#include "look.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SITES_MAX   512u
#define AWAITS_MAX  6u
#define LOCKS_MAX   256u
#define WAITERS_MAX 8u

typedef struct look {
    const told *told;
    edo_arena *arena;
    edoi_look_update *u;
} look;

static int32_t tokio_tenths_since(const look *l, int64_t ns) {
    return ns > 0 && ns <= l->told->now_ns ? edoi_look_tenths(l->told->now_ns - ns) : -1;
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

static edo_console_v1_task_state_ tokio_state_of(const told_task *k) {
    if (k->ended_ns) return EDO_CONSOLE_V1_ENDED_;
    if (k->began_ns > k->paused_ns) return EDO_CONSOLE_V1_RUNS_;
    return k->woken_ns > k->began_ns || k->began_ns == 0 ? EDO_CONSOLE_V1_QUEUED_
                                                         : EDO_CONSOLE_V1_WAITS_;
}

static const told_op *op_of(const look *l, const told_task *k) {
    return k->op ? edo_map_get_by_number(&l->told->ops, k->op) : NULL;
}

static const told_resource *tokio_resource_of(const look *l, const told_op *op) {
    return op ? edo_map_get_by_number(&l->told->resources, op->resource) : NULL;
}

static edoi_look_task tokio_task_of(const look *l, const told_task *k) {
    const edo_console_v1_task_state_ state = tokio_state_of(k);
    const bool waits = state == EDO_CONSOLE_V1_WAITS_;
    const told_op *op = waits ? op_of(l, k) : NULL;
    const told_resource *r = tokio_resource_of(l, op);
    edoi_look_task to = { .id = k->id,
                          .name = edo_str_of(k->name),
                          .state = state,
                          .machine = true, // it has no stack
                          .age_tenths = tokio_tenths_since(l, k->born_ns),
                          .wait_tenths = waits ? tokio_tenths_since(l, k->paused_ns) : -1,
                          .worker = -1 };
    if (op) to.awaits = edo_str_of(op->source);
    if (r) to.place = edo_str_of(r->place);
    return to;
}

static int by_birth(const void *a, const void *b) {
    const told_task *x = *(const told_task *const *)a, *y = *(const told_task *const *)b;
    if (x->born_ns != y->born_ns) return x->born_ns < y->born_ns ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* The tasks in the order in which they were spawned. NULL without memory, or if there are none. */
static const told_task **tasks_sorted(const look *l) {
    const told_task **tasks = edoi_look_list(l->arena, l->told->tasks.len, sizeof(void *));
    size_t n = 0;
    if (!tasks) return NULL;
    for (edo_map_at at = { 0 }; edo_map_next(&l->told->tasks, &at);) tasks[n++] = at.value;
    qsort(tasks, n, sizeof(void *), by_birth);
    return tasks;
}

static void tokio_tasks_put(const look *l, const told_task **tasks, edo_str site,
                            size_t tasks_max) {
    const size_t all = l->told->tasks.len, most = tasks_max < all ? tasks_max : all;
    l->u->tasks = edoi_look_list(l->arena, most, sizeof *l->u->tasks);
    for (size_t i = 0; l->u->tasks && i < all && l->u->tasks_n < most; i++)
        if (site.len == 0 || edo_str_equal(site, edo_str_of(tasks[i]->name)))
            l->u->tasks[l->u->tasks_n++] = tokio_task_of(l, tasks[i]);
}

/* ---- Sites ----------------------------------------------------------------------------------- */

static void await_count(const look *l, edoi_look_site *s, const told_task *k, int32_t tenths) {
    const told_op *op = op_of(l, k);
    size_t i = 0;
    if (!op) return;
    while (i < s->awaits_n && !edo_str_equal(s->awaits[i].what, edo_str_of(op->source))) i++;
    if (i == AWAITS_MAX) return;
    if (!s->awaits) s->awaits = edoi_look_list(l->arena, AWAITS_MAX, sizeof *s->awaits);
    if (!s->awaits) return;
    if (i == s->awaits_n)
        s->awaits[s->awaits_n++] =
            (edoi_look_await){ .what = edo_str_of(op->source), .oldest_tenths = -1 };
    edoi_look_await *a = &s->awaits[i];
    a->n++;
    if (tenths <= a->oldest_tenths) return;
    a->oldest_tenths = tenths;
    a->task = k->id;
}

static void site_count(const look *l, edoi_look_site *s, const told_task *k) {
    const edoi_look_task as = tokio_task_of(l, k);
    s->n++;
    if (as.age_tenths > s->oldest_tenths) s->oldest_tenths = as.age_tenths;
    s->runs += as.state == EDO_CONSOLE_V1_RUNS_;
    s->queued += as.state == EDO_CONSOLE_V1_QUEUED_;
    s->ended += as.state == EDO_CONSOLE_V1_ENDED_;
    if (as.state != EDO_CONSOLE_V1_WAITS_) return;
    s->waits++;
    await_count(l, s, k, as.wait_tenths);
}

static int sites_put(const look *l, const told_task **tasks) {
    edo_map at_of = { .value_size = sizeof(size_t), .arena = l->arena }; // 1 is the first
    l->u->sites = edoi_look_list(l->arena, SITES_MAX, sizeof *l->u->sites);
    for (size_t i = 0; l->u->sites && i < l->told->tasks.len; i++) {
        size_t *at = edo_map_add(&at_of, edo_str_of(tasks[i]->name));
        if (!at) return -ENOMEM;
        if (*at == 0 && l->u->sites_n < SITES_MAX) {
            *at = ++l->u->sites_n;
            l->u->sites[*at - 1] =
                (edoi_look_site){ .name = edo_str_of(tasks[i]->name), .oldest_tenths = -1 };
        }
        if (*at == 0)
            l->u->sites_rest++;
        else
            site_count(l, &l->u->sites[*at - 1], tasks[i]);
    }
    return 0;
}

/* ---- Locks, and other resources -------------------------------------------------------------- */

static bool is_lock(const told_resource *r) {
    return strstr(r->type, "Mutex") || strstr(r->type, "RwLock");
}

static edo_str resource_name(const look *l, const told_resource *r) {
    return r->place[0] ? edo_arena_print(l->arena, "%s at %s", r->type, r->place)
                       : edo_str_of(r->type);
}

/* The task that waits by `op`; NULL: it does not wait now, or is not known. */
static const told_task *tokio_waiter_of(const look *l, const told_op *op) {
    const told_task *k = edo_map_get_by_number(&l->told->tasks, op->task);
    return !op->is_over && k && tokio_state_of(k) == EDO_CONSOLE_V1_WAITS_ && op_of(l, k) == op
               ? k
               : NULL;
}

static void waiter_put(const look *l, edoi_look_lock *lock, const told_op *op, const told_task *k) {
    lock->what = edo_str_of(op->source);
    lock->waiters_all++;
    if (!lock->waiters)
        lock->waiters = edoi_look_list(l->arena, WAITERS_MAX, sizeof *lock->waiters);
    if (!lock->waiters || lock->waiters_n == WAITERS_MAX) return;
    lock->waiters[lock->waiters_n++] =
        (edoi_look_waiter){ .name = edo_str_of(k->name),
                            .task = k->id,
                            .what = edo_str_of(op->source),
                            .tenths = tokio_tenths_since(l, k->paused_ns) };
}

/* Locks that somebody waits for. */
static int tokio_locks_put(const look *l) {
    edo_map at_of = { .value_size = sizeof(size_t), .by_number = true, .arena = l->arena };
    l->u->locks_watched = true;
    l->u->locks = edoi_look_list(l->arena, LOCKS_MAX, sizeof *l->u->locks);
    for (edo_map_at at = { 0 }; l->u->locks && edo_map_next(&l->told->ops, &at);) {
        const told_op *op = at.value;
        const told_resource *r = tokio_resource_of(l, op);
        const told_task *k = r && is_lock(r) ? tokio_waiter_of(l, op) : NULL;
        if (!k) continue;
        size_t *lock = edo_map_add_by_number(&at_of, op->resource);
        if (!lock) return -ENOMEM;
        if (*lock == 0 && l->u->locks_n < LOCKS_MAX) {
            *lock = ++l->u->locks_n;
            l->u->locks[*lock - 1] = (edoi_look_lock){ .address = resource_name(l, r) };
        }
        if (*lock == 0)
            l->u->locks_rest++;
        else
            waiter_put(l, &l->u->locks[*lock - 1], op, k);
    }
    return 0;
}

static edoi_look_open *open_of(const look *l, edo_map *at_of, const told_resource *r) {
    size_t *at = edo_map_add(at_of, resource_name(l, r));
    if (!at || !l->u->open) return NULL;
    if (*at == 0) {
        if (l->u->open_n == SITES_MAX) return NULL;
        *at = ++l->u->open_n;
        l->u->open[*at - 1] = (edoi_look_open){ .kind = edo_str_of(r->type),
                                                .name = edo_str_of(r->place),
                                                .oldest_tenths = -1 };
    }
    return &l->u->open[*at - 1];
}

static void tokio_open_put(const look *l) {
    edo_map at_of = { .value_size = sizeof(size_t), .arena = l->arena };
    l->u->open = edoi_look_list(l->arena, SITES_MAX, sizeof *l->u->open);
    for (edo_map_at at = { 0 }; edo_map_next(&l->told->resources, &at);) {
        const told_resource *r = at.value;
        edoi_look_open *to = r->is_over ? NULL : open_of(l, &at_of, r);
        if (!to) {
            l->u->open_rest += !r->is_over;
            continue;
        }
        const int32_t tenths = tokio_tenths_since(l, r->born_ns);
        to->n++;
        if (tenths > to->oldest_tenths) to->oldest_tenths = tenths;
    }
    for (edo_map_at at = { 0 }; edo_map_next(&l->told->ops, &at);) {
        const told_resource *r = tokio_resource_of(l, at.value);
        edoi_look_open *to =
            r && !r->is_over && tokio_waiter_of(l, at.value) ? open_of(l, &at_of, r) : NULL;
        if (to) to->waiting++;
    }
}

int tokio_look(edoi_look_update *u, edo_arena *arena, const told *t, edo_str site,
               size_t tasks_max) {
    const look l = { .told = t, .arena = arena, .u = u };
    *u = (edoi_look_update){
        .program = t->missed_n == 0
                       ? EDO_STR("tokio")
                       : edo_arena_print(arena, "tokio, %" PRIu64 " events lost", t->missed_n),
        .at_ms = t->now_ns / 1000000,
        .wall_ms = t->now_ns / 1000000,
        .every_ms = 1000,
        .tasks_all = t->tasks.len,
        .tasks_every = 1
    };
    const told_task **tasks = tasks_sorted(&l);
    if (!tasks && t->tasks.len > 0) return -ENOMEM;
    if (tasks) tokio_tasks_put(&l, tasks, site, tasks_max);
    int err = tasks ? sites_put(&l, tasks) : 0;
    if (err == 0) err = tokio_locks_put(&l);
    tokio_open_put(&l);
    return err;
}
