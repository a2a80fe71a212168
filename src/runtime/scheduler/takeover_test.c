/* SPDX-License-Identifier: MIT */
/* Goal: a helper tells how many tasks it has taken, and its worker counts them as stolen. A child
 * that is made by fork() while a helper of the parent is at the private places of the worker that
 * forks ends with a report when its poll returns, as any such child does: it does not wait for the
 * helper, which it has not.
 * Method: each of two workers is kept in a poll, and one helps itself; a poll says that a helper is
 * there, as the helper would. */
#include "runtime/scheduler/takeover.h"
#include "runtime/worker/here.h"
#include "runtime/worker/places.h"
#include "runtime/worker/worker.h"

#include <edo/async.h>
#include <edo/edo.h>

#include "gate.h"
#include "inside.h"

#include <sys/wait.h>
#include <unistd.h>

/* ---- What is taken --------------------------------------------------------------------------- */

#define CHILDREN 5

static edoi_worker *robbed; /* in a long poll */
static gate over = GATE;    /* it ends */
static gate run_freely = GATE;
static edo_atomic_u32 is_awaited;
static edo_notify bell = EDO_NOTIFY_INIT;

EDO_ASYNC(rung, edo_notify_wait_future wait;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_notify_wait_init(&self->wait, &bell));
    EDO_RETURN(gate_pass(&run_freely));
    EDO_END;
}

/* One woken task is then at the front, and the others are behind it. */
static int wake_spawn_and_stay(void *arg) {
    rung m;
    (void)arg;
    robbed = edoi_worker_here();
    CHECK_EQ(edo_spawn_future_detached(rung_init(&m)), 0);
    for (int i = 0; i < 8; i++) CHECK_EQ(edo_yield(), 0); // it waits
    robbed->run.keep_now = CHILDREN;                      // as with polls that were short
    for (int i = 0; i < CHILDREN; i++) CHECK_EQ(edo_spawn_detached(gate_pass, &run_freely), 0);
    edo_notify_one(&bell);
    return gate_pass(&over);
}

static int take_from_the_other(void *arg) {
    edoi_worker *w = edoi_worker_here();
    (void)arg;
    edoi_store_rel_u32(&is_awaited, 1);
    gate_wait_begun(&over, 1);
    CHECK(w != robbed && robbed->run.lifo);
    const uint64_t steals = edoi_load_rlx_u64(&w->shown.steals);
    const uint64_t stolen = edoi_load_rlx_u64(&w->shown.stolen);
    const uint32_t shared_n = edoi_ring_len(&w->ring), n = edoi_takeover(w, robbed);
    CHECK(!robbed->run.lifo);
    CHECK(n > 0);
    CHECK_EQ(edoi_ring_len(&w->ring) - shared_n, n);
    CHECK_EQ(edoi_load_rlx_u64(&w->shown.steals) - steals, 1);
    CHECK_EQ(edoi_load_rlx_u64(&w->shown.stolen) - stolen, n);
    gate_open(&over);
    return 0;
}

static void a_helper_counts_what_it_takes(void **state) {
    (void)state;
    edo_runtime *rt;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    gate_open(&run_freely);
    edo_task *takes = edo_spawn_on(rt, take_from_the_other, NULL);
    WAIT_FOR(edoi_load_acq_u32(&is_awaited)); // so that the other one is run by the other worker
    edo_task *stays = edo_spawn_on(rt, wake_spawn_and_stay, NULL);
    assert_int_equal(edo_task_join(takes), 0);
    assert_int_equal(edo_task_join(stays), 7);
    gate_wait_ended(&run_freely, CHILDREN + 1);
    edo_runtime_free(rt);
}

/* ---- A child --------------------------------------------------------------------------------- */

static pid_t child;

static edo_polled forks_beside_a_helper(void *arg, edo_cx *cx, int *result) {
    edoi_places *p = &cx->worker->places;
    uint32_t fenced = edoi_load_rlx_u32(&p->taken) & EDOI_PLACES_FENCED;
    uint32_t none = EDOI_PLACES_FREE | fenced;
    (void)arg;
    *result = 0;
    if (!edoi_cas_rlx_u32(&p->taken, &none, EDOI_PLACES_TAKING | fenced)) { // a real one is there
        edo_cx_wake(cx);
        return EDO_PENDING;
    }
    child = fork();
    if (child == 0) (void)alarm(20); // its status is no longer 1
    if (child != 0) edoi_store_rel_u32(&p->taken, EDOI_PLACES_FREE | fenced);
    return EDO_READY;
}

static int run_it(void *arg) {
    (void)arg;
    edo_poll_fn_future f;
    return edo_task_join(edo_spawn_future(edo_poll_fn_init(&f, forks_beside_a_helper, NULL)));
}

static void a_child_waits_for_no_helper(void **state) {
    (void)state;
    int status;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    assert_int_equal(inside_with(run_it, NULL, &opts), 0);
    assert_true(child > 0);
    assert_true(waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_waits_for_no_helper), // first: no thread is left
        cmocka_unit_test(a_helper_counts_what_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
