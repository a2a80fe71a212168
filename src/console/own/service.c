/* SPDX-License-Identifier: MIT */
/* console/own/service.c: see service.h. Each look is made by a thread of the pool for blocking
 * calls, while the task of the call waits: no worker is kept from its tasks.
 *
 * inv. 1: what is asked for at once is bounded: streams, and looks for faults.
 * inv. 1 is not asserted: it is what places_enter() does. */
#include "console/own/service.h"

#include "base/atomic.h"
#include "console/own/looks.h"

#include <edo/blocking.h>
#include <edo/time.h>

#include <errno.h>
#include <inttypes.h>

#define WATCHES_MAX  16u
#define FAULTS_MAX   1u
#define EVERY_MS     1000u
#define EVERY_MS_MIN 100u
#define EVERY_MS_MAX 3600000u
#define PAUSE_LOOKS  10 /* a pause is at least so many times as long as the look before */
#define BETWEEN_MAX  60000u

static edo_atomic_u32 watches_n, faults_n; /* atomic, relaxed: counts of calls */

/* ---- Bounds ---------------------------------------------------------------------------------- */

static bool places_enter(edo_atomic_u32 *n, uint32_t most) {
    if (edoi_add_rlx_u32(n, 1) < most) return true;
    (void)edoi_sub_rlx_u32(n, 1);
    return false;
}

static void places_leave(edo_atomic_u32 *n) {
    (void)edoi_sub_rlx_u32(n, 1);
}

/* ---- Watch ----------------------------------------------------------------------------------- */

typedef struct watching {
    edoi_look_tasks *tasks;
    edo_arena arena; /* of one update */
    edoi_look_update update;
    const char *site;
} watching;

static int watching_look(void *arg) {
    watching *w = arg;
    return edoi_look_at_all(w->tasks, &w->update, &w->arena, w->site);
}

static int watching_run(edo_grpc_call *call, watching *w, uint32_t every_ms) {
    int err = 0;
    for (uint64_t number = 1; err == 0; number++) {
        const edo_instant began = edo_now();
        edo_arena_reset(&w->arena);
        err = edo_blocking(watching_look, w);
        w->update.number = number;
        w->update.every_ms = every_ms;
        if (err == 0) err = edo_console_v1_look__watch_send(call, &w->update);
        const int64_t pause_ns = PAUSE_LOOKS * INT64_C(1000) * w->update.look_us;
        edo_instant next = edo_instant_add(began, edo_ms(every_ms));
        const edo_instant least = edo_instant_add(edo_now(), edo_ns(pause_ns));
        if (edo_instant_since(least, next).ns > 0) next = least;
        if (err == 0) err = edo_sleep_at(next);
    }
    return err;
}

static uint32_t bounded(uint32_t n, uint32_t usual, uint32_t least, uint32_t most) {
    if (n == 0) return usual;
    return n < least ? least : n > most ? most : n;
}

static int watching_serve(edo_grpc_call *call, const edoi_look_request *in) {
    watching w = { .site = NULL };
    int err = -ENOMEM;
    if (!places_enter(&watches_n, WATCHES_MAX))
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "%u streams watch already",
                             WATCHES_MAX);
    if (in->site.len > 0) w.site = edo_arena_copy(edo_grpc_arena(call), in->site.ptr, in->site.len);
    w.tasks =
        edoi_look_tasks_new(bounded(in->tasks_max, EDOI_LOOK_TASKS_USUAL, 1, EDOI_LOOK_TASKS_MAX));
    if (w.tasks && (w.site || in->site.len == 0))
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
    int err = edo_blocking(stacks_job_run, &job);
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
    int err = edo_blocking(faults_job_run, &job);
    places_leave(&faults_n);
    return err;
}

void edoi_look_routes(edo_router *r) {
    static const edo_console_v1_look__ops ops = {
        .watch = watching_serve,
        .stacks = stacks_serve,
        .faults = faults_serve,
    };
    edo_console_v1_look__routes(r, &ops, NULL, &(edo_grpc_opts){ .connect = true });
}
