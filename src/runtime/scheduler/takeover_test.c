/* SPDX-License-Identifier: MIT */
/* Goal: a child that is made by fork() while a helper of the parent is at the private places of the
 * worker that forks ends with a report when its poll returns, as any such child does. It does not
 * wait for the helper, which it has not.
 * Method: the poll says that a helper is there, as the helper would. */
#include "runtime/worker/places.h"
#include "runtime/worker/worker.h"

#include <edo/edo.h>

#include "inside.h"

#include <sys/wait.h>
#include <unistd.h>

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
        cmocka_unit_test(a_child_waits_for_no_helper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
