/* SPDX-License-Identifier: MIT */
/* console/own/service.c: see service.h. Each look is made by a thread of the pool for blocking
 * calls, while the task of the call waits: no worker is kept from its tasks.
 *
 * inv. 1: what is asked for at once is bounded: streams, looks at stacks, looks for faults.
 * inv. 1 is not asserted: it is what places_enter() does.
 * inv. 2: looks take a tenth of one core at most, and what is asked for once takes half of one,
 * however many clients ask, and how often.
 * inv. 2 is not asserted: it is what look_turn_wait() does. */
#include "console/own/service.h"

#include "base/atomic.h"
#include "base/fork.h"
#include "console/own/looks.h"
#include "console/settings/clock.h"
#include "console/settings/send.h"

#include <edo/blocking.h>
#include <edo/time.h>

#include <errno.h>
#include <inttypes.h>

#define WATCHES_MAX  16u
#define STACKS_MAX   4u
#define FAULTS_MAX   1u
#define EVERY_MS     1000u
#define EVERY_MS_MIN 100u
#define EVERY_MS_MAX 3600000u
#define BETWEEN_MAX  60000u

/* ---- Bounds ---------------------------------------------------------------------------------- */

static edo_atomic_u32 watches_n, stacks_n, faults_n; /* atomic, relaxed: counts of calls */

/* A call that looks takes a turn: the look, and a pause behind it. */
typedef struct look_turns {
    edo_atomic_u64 free_ns; /* atomic, relaxed: of the monotonic clock, when the last one ends */
    edo_atomic_u64 took_ns; /* atomic, relaxed: the last look, of a processor */
    uint32_t looks;         /* const: a turn lasts as long as this many looks */
} look_turns;

static look_turns of_watches = { .looks = 11 }, of_questions = { .looks = 2 };

/* The calls of the parent are not here. */
static void service_begin_child(void) {
    edoi_store_rlx_u32(&watches_n, 0);
    edoi_store_rlx_u32(&stacks_n, 0);
    edoi_store_rlx_u32(&faults_n, 0);
}

EDOI_ON_FORK(.child = service_begin_child);

static bool places_enter(edo_atomic_u32 *n, uint32_t most) {
    if (edoi_add_rlx_u32(n, 1) < most) return true;
    (void)edoi_sub_rlx_u32(n, 1);
    return false;
}

static void places_leave(edo_atomic_u32 *n) {
    (void)edoi_sub_rlx_u32(n, 1);
}

/* Takes the next turn, which is as long as the last look lets expect, and waits for it. A call that
 * is cancelled meanwhile gives it back: else clients that come and go would keep it from all. */
static int look_turn_wait(look_turns *of) {
    const uint64_t now_ns = (uint64_t)edoi_console_clock_ns(CLOCK_MONOTONIC);
    const uint64_t turn_ns = of->looks * edoi_load_rlx_u64(&of->took_ns);
    uint64_t free_ns = edoi_load_rlx_u64(&of->free_ns), at_ns;
    do at_ns = free_ns > now_ns ? free_ns : now_ns;
    while (!edoi_cas_rlx_u64(&of->free_ns, &free_ns, at_ns + turn_ns));
    if (at_ns == now_ns) return 0;
    int err = edo_sleep(edo_ns((int64_t)(at_ns - now_ns)));
    if (err < 0) (void)edoi_sub_rlx_u64(&of->free_ns, turn_ns);
    return err;
}

typedef struct look_turn {
    look_turns *of;
    int (*look)(void *arg);
    void *arg;
} look_turn;

/* The time of the processor counts: a look may sleep, and on a machine with much to do
 * it takes long and costs no more. */
static int look_turn_run(void *arg) {
    const look_turn *t = arg;
    const int64_t began_ns = edoi_console_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    int err = t->look(t->arg);
    const int64_t ended_ns = edoi_console_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    edoi_store_rlx_u64(&t->of->took_ns, (uint64_t)(ended_ns - began_ns));
    return err;
}

/* Makes a look in its turn. */
static int look_turn_take(look_turns *of, int (*look)(void *arg), void *arg) {
    look_turn t = { .of = of, .look = look, .arg = arg };
    int err = look_turn_wait(of);
    return err < 0 ? err : edo_blocking(look_turn_run, &t);
}

/* ---- Watch ----------------------------------------------------------------------------------- */

typedef struct watching {
    edoi_look_tasks *tasks;
    edo_arena arena; /* of one update */
    edoi_look_update update;
    edo_str site; /* of the single tasks; empty: any */
} watching;

static int watching_look(void *arg) {
    watching *w = arg;
    return edoi_look_at_all(w->tasks, &w->update, &w->arena, w->site);
}

static int watching_run(edo_grpc_call *call, watching *w, uint32_t every_ms) {
    int err = 0;
    for (uint64_t number = 1; err == 0; number++) {
        const edo_instant next = edo_instant_add(edo_now(), edo_ms(every_ms));
        edo_arena_reset(&w->arena);
        err = look_turn_take(&of_watches, watching_look, w);
        w->update.number = number;
        w->update.every_ms = every_ms;
        if (err == 0) err = edoi_console_send(call, &w->update, &EDOI_LOOK_UPDATE_DESC);
        if (err == 0) err = edo_sleep_at(next);
    }
    return err;
}

static uint32_t bounded(uint32_t n, uint32_t usual, uint32_t least, uint32_t most) {
    if (n == 0) return usual;
    return n < least ? least : n > most ? most : n;
}

static int watching_serve(edo_grpc_call *call, const edoi_look_request *in) {
    watching w = { .site = edoi_look_name(edo_grpc_arena(call), in->site) };
    int err = -ENOMEM;
    if (!places_enter(&watches_n, WATCHES_MAX))
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "%u streams watch already",
                             WATCHES_MAX);
    w.tasks =
        edoi_look_tasks_new(bounded(in->tasks_max, EDOI_LOOK_TASKS_USUAL, 1, EDOI_LOOK_TASKS_MAX));
    if (w.tasks && (w.site.ptr || in->site.len == 0))
        err = watching_run(call, &w, bounded(in->every_ms, EVERY_MS, EVERY_MS_MIN, EVERY_MS_MAX));
    edoi_look_tasks_free(w.tasks);
    edo_arena_deinit(&w.arena);
    places_leave(&watches_n);
    return err;
}

/* ---- Stacks ---------------------------------------------------------------------------------- */

typedef struct stacks_job {
    edoi_look_stacks_reply *out;
    edo_arena *arena;
    const edoi_look_stacks_request *in;
} stacks_job;

static int stacks_job_run(void *arg) {
    const stacks_job *job = arg;
    return edoi_look_at_stacks(job->out, job->arena, job->in);
}

static int stacks_serve(edo_grpc_call *call, edoi_look_stacks_reply *out,
                        const edoi_look_stacks_request *in) {
    stacks_job job = { .out = out, .arena = edo_grpc_arena(call), .in = in };
    if (in->task == 0 && in->site.len == 0)
        return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "a task or a site is needed");
    if (!places_enter(&stacks_n, STACKS_MAX))
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "%u look at stacks already",
                             STACKS_MAX);
    int err = look_turn_take(&of_questions, stacks_job_run, &job);
    places_leave(&stacks_n);
    if (err == 0 && out->stacks_n == 0)
        return edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "there is no such task");
    return err;
}

/* ---- Faults ---------------------------------------------------------------------------------- */

typedef struct faults_job {
    edoi_look_faults_reply *out;
    edo_arena *arena;
    uint32_t between_ms;
} faults_job;

static int faults_job_run(void *arg) {
    const faults_job *job = arg;
    return edoi_look_for_faults(job->out, job->arena, job->between_ms);
}

static int faults_serve(edo_grpc_call *call, edoi_look_faults_reply *out,
                        const edoi_look_faults_request *in) {
    faults_job job = { .out = out, .arena = edo_grpc_arena(call), .between_ms = in->between_ms };
    if (in->between_ms > BETWEEN_MAX)
        return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "more than %u ms", BETWEEN_MAX);
    if (!places_enter(&faults_n, FAULTS_MAX))
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "somebody looks already");
    int err = look_turn_take(&of_questions, faults_job_run, &job);
    places_leave(&faults_n);
    return err;
}

void edoi_look_routes(edo_router *r) {
    static const edo_console_v1_look__ops ops = {
        .watch = watching_serve,
        .stacks = stacks_serve,
        .faults = faults_serve,
    };
    edo_console_v1_look__routes(
        r, &ops, NULL, &(edo_grpc_opts){ .connect = true, .recv_max = EDOI_CONSOLE_RECV_MAX });
}
