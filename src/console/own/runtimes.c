/* SPDX-License-Identifier: MIT */
/* console/own/runtimes.c: runtimes and workers of a look. */
#include "console/own/looks.h"
#include "runtime/look/workers.h"

#define RUNTIMES_MAX 16u

typedef struct runtimes_look {
    edoi_look_update *out;
    edo_arena *arena;
} runtimes_look;

static void worker_put(edoi_look_worker *to, const edoi_worker_sight *s, const edo_worker_stats *n,
                       edo_arena *arena) {
    *to = (edoi_look_worker){ .state = (edo_console_v1_worker_state_)s->state,
                              .task = edoi_look_text(arena, s->task),
                              .tid = n->tid,
                              .depth = n->depth,
                              .fibers = n->fibers,
                              .timers = n->timers,
                              .mean_poll_ns = (uint64_t)n->mean_poll.ns,
                              .polls = n->polls,
                              .busy_ns = n->busy_ns + s->busy_more_ns,
                              .parks = n->parks,
                              .noops = n->noops,
                              .local_sched = n->local_sched,
                              .sent = n->sent,
                              .overflows = n->overflows,
                              .steals = n->steals,
                              .stolen = n->stolen };
}

static void runtime_put(edoi_look_runtime *to, const edoi_runtime_sight *s, edo_arena *arena) {
    const edo_runtime_stats *n = s->stats;
    *to = (edoi_look_runtime){ .id = s->id,
                               .name = edoi_look_text(arena, s->name),
                               .multi = s->is_multi,
                               .tasks = n->tasks_alive,
                               .global_depth = n->global_depth,
                               .blocking_threads = n->blk_threads,
                               .blocking_idle = n->blk_idle,
                               .blocking_queue = n->blk_queue,
                               .timers = n->timers,
                               .spawned = n->tasks_spawned,
                               .remote_sched = n->remote_sched,
                               .forced_yields = n->forced_yields,
                               .io_ready = n->io_ready,
                               .stack_bytes = n->stack_bytes,
                               .stack_high = n->stack_high,
                               .workers_all = n->workers };
    to->workers = edoi_look_list(arena, s->workers_n, sizeof *to->workers);
    for (; to->workers && to->workers_n < s->workers_n; to->workers_n++)
        worker_put(&to->workers[to->workers_n], &s->workers[to->workers_n], &n->w[to->workers_n],
                   arena);
}

static void runtime_add(void *arg, const edoi_runtime_sight *s) {
    const runtimes_look *l = arg;
    if (!l->out->runtimes || l->out->runtimes_n == RUNTIMES_MAX)
        l->out->runtimes_rest++;
    else
        runtime_put(&l->out->runtimes[l->out->runtimes_n++], s, l->arena);
}

void edoi_look_at_runtimes(edoi_look_update *out, edo_arena *arena) {
    runtimes_look l = { .out = out, .arena = arena };
    out->runtimes = edoi_look_list(arena, RUNTIMES_MAX, sizeof *out->runtimes);
    edoi_runtimes_look_over(runtime_add, &l);
}
