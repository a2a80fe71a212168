/* SPDX-License-Identifier: MIT */
/* Goal: a fiber that once needed a deep stack and is parked for long keeps only its live pages, and
 * its locals survive. Method: virtual time; pages are counted by mincore through the stack. */
#include "runtime/fiber/reclaim.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/here.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/worker.h"

#include <edo/edo.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define DEEP ((size_t)64 * 1024)

/* Touches much stack and returns. */
static EDOI_NOINLINE int go_deep(void) {
    volatile char much[DEEP];
    for (size_t i = 0; i < sizeof much; i += 1024) much[i] = 1;
    return much[1024];
}

static int sleeper(void *arg) {
    int mark = 42 + go_deep();
    int *seen = arg;
    if (edo_sleep(edo_s(60)) < 0) return -1;
    *seen = mark;
    return 0;
}

static size_t used_by(edo_task *t) {
    edoi_fiber_task *f = (edoi_fiber_task *)(void *)edoi_task_future(t);
    return edoi_stack_used(f->ctx->fiber.stack);
}

static int body(void *arg) {
    size_t *used = arg;
    static int seen;
    edo_task *t = edo_spawn(sleeper, &seen);
    if (!t || edo_sleep(edo_s(1)) < 0) return -1;
    used[0] = used_by(t);
    if (edo_sleep(edo_s(5)) < 0) return -1;
    used[1] = used_by(t);        // not for long yet
    for (int i = 0; i < 15; i++) // one turn of the driver per second
        if (edo_sleep(edo_s(1)) < 0) return -1;
    used[2] = used_by(t);
    if (edo_task_join(t) < 0) return -1;
    return seen;
}

static void long_parked_fiber_gives_its_unused_pages_back(void **state) {
    (void)state;
    edo_runtime *rt;
    size_t used[3];
    const edo_runtime_opts opts = { .start_paused = true };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, body, used), 43);
    edo_runtime_free(rt);
    assert_true(used[0] >= DEEP);
    assert_int_equal(used[1], used[0]);
    assert_true(used[2] < used[0] - DEEP / 2);
}

/* ---- A fiber placed elsewhere ---------------------------------------------------------------- */

typedef struct guest {
    edo_sem arrived, go;
    edo_task *task;
    int seen;
    size_t used[2];
} guest;

static int stay(void *arg) {
    guest *self = arg;
    int mark = 42 + go_deep();
    edo_sem_release(&self->arrived, 1);
    if (edo_sem_acquire(&self->go, 1) < 0) return -1;
    self->seen = mark;
    return 0;
}

/* On the guest's worker, as if it had been parked for long. */
static int reclaim_there(void *arg) {
    guest *self = arg;
    edoi_worker *w = edoi_worker_here();
    edoi_fiber_task *f = (edoi_fiber_task *)(void *)edoi_task_future(self->task);
    if (self->used[0] > 0 || edoi_load_rlx_u16(&self->task->home) != w->index + 1) return 0;
    if (edoi_task_slab_is_of(&w->slab, self->task)) return -1;
    f->parked_tenths = w->now_tenths - EDOI_PARKED_LONG_S * 10;
    self->used[0] = used_by(self->task);
    edoi_run_queue_settle(w);
    edoi_reclaim(w);
    self->used[1] = used_by(self->task);
    return 0;
}

static int place_and_reclaim(void *arg) {
    guest *self = arg;
    const edo_spawn_opts spread = { .spread = true };
    self->task = edo_spawn_with(stay, self, &spread); // the other worker: we are on this one
    int err = edo_sem_acquire(&self->arrived, 1);
    for (int i = 0; err == 0 && i < 4; i++) // one of the two is placed there
        err = edo_task_join(edo_spawn_with(reclaim_there, self, &spread));
    edo_sem_release(&self->go, 1);
    return edo_task_join(self->task) < 0 ? -1 : err;
}

static void fiber_placed_elsewhere_gives_its_pages_back_there(void **state) {
    (void)state;
    edo_runtime *rt;
    guest g = { .arrived = EDO_SEM_INIT(0), .go = EDO_SEM_INIT(0) };
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, place_and_reclaim, &g), 0);
    edo_runtime_free(rt);
    assert_int_equal(g.seen, 43);
    assert_true(g.used[0] >= DEEP);
    assert_true(g.used[1] < g.used[0] - DEEP / 2);
}

/* ---- Looks ----------------------------------------------------------------------------------- */

#define FOR_EVER (-1)

static int polls_much(void *arg) {
    edoi_worker *w = edoi_worker_here();
    int64_t *left_ns = arg;
    edoi_reclaim(w);
    left_ns[0] = edoi_reclaim_left_ns(w, FOR_EVER);
    for (int i = 0; i < 5000; i++)
        if (edo_yield() < 0) return -1;
    edoi_reclaim(w);
    edo_blocking_stats looks;
    edo_blocking_get_stats(w->runtime, &looks);
    if (looks.threads > 0) return -2; // too early
    w->now_tenths = w->looks.next_s * 10;
    edoi_reclaim(w);
    edo_blocking_get_stats(w->runtime, &looks);
    if (looks.threads == 0) return -3; // a job looks
    left_ns[1] = edoi_reclaim_left_ns(w, FOR_EVER);
    left_ns[2] = edoi_reclaim_left_ns(w, 1);
    w->now_tenths = w->looks.until_s * 10;
    left_ns[3] = edoi_reclaim_left_ns(w, FOR_EVER);
    return 0;
}

static void worker_that_had_much_to_do_looks_for_memory_for_a_while(void **state) {
    (void)state;
    edo_runtime *rt;
    int64_t left_ns[4];
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, polls_much, left_ns), 0);
    edo_runtime_free(rt);
    assert_int_equal(left_ns[0], FOR_EVER); // little was done
    assert_int_equal(left_ns[1], edo_s(5).ns);
    assert_int_equal(left_ns[2], 1);
    assert_int_equal(left_ns[3], FOR_EVER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_parked_fiber_gives_its_unused_pages_back),
        cmocka_unit_test(fiber_placed_elsewhere_gives_its_pages_back_there),
        cmocka_unit_test(worker_that_had_much_to_do_looks_for_memory_for_a_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
