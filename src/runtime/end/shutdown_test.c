/* SPDX-License-Identifier: MIT */
/* Goal: the bound of a shutdown is as long as what has asked for it needs, one after the other; and
 * its threads are nobody's any more.
 * Method: runtimes that run nothing. */
#include "runtime/end/shutdown.h"

#include "patience.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static edo_runtime *new_runtime(edo_duration bound) {
    edo_runtime *rt;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .shutdown = bound };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    return rt;
}

static void what_follows_the_drain_has_its_time_behind_it(void **state) {
    (void)state;
    edo_runtime *rt = new_runtime(edo_ns(0));
    assert_int_equal(edoi_shutdown_limit(rt).ns, edo_s(5).ns);
    edoi_shutdown_extend_behind(rt, edo_s(5));
    assert_int_equal(edoi_shutdown_limit(rt).ns, edo_s(10).ns);
    edoi_shutdown_extend_behind(rt, edo_s(4)); // at the same time
    assert_int_equal(edoi_shutdown_limit(rt).ns, edo_s(10).ns);
    edo_runtime_extend_shutdown(rt, edo_s(20));
    assert_int_equal(edoi_shutdown_limit(rt).ns, edo_s(25).ns);
    edo_runtime_extend_shutdown(rt, edo_ns(-1));
    assert_true(edoi_shutdown_limit(rt).ns < 0);
    edo_runtime_free(rt);
}

static void a_bound_that_was_set_stays(void **state) {
    (void)state;
    edo_runtime *rt = new_runtime(edo_s(3));
    edo_runtime_extend_shutdown(rt, edo_s(20));
    edoi_shutdown_extend_behind(rt, edo_s(5));
    assert_int_equal(edoi_shutdown_limit(rt).ns, edo_s(3).ns);
    edo_runtime_free(rt);
    edoi_shutdown_extend_behind(NULL, edo_s(5));
}

/* The kernel may give the number of a thread that has ended to another one. */
static void a_worker_whose_thread_has_ended_shows_no_thread(void **state) {
    (void)state;
    edo_runtime *rt;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    for (uint32_t i = 0; i < rt->workers_n; i++)
        WAIT_FOR(edoi_load_rlx_u32(&rt->workers[i]->shown_thread.tid) != 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(60)), 0);
    for (uint32_t i = 0; i < rt->workers_n; i++)
        assert_int_equal(edoi_load_rlx_u32(&rt->workers[i]->shown_thread.tid), 0);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_follows_the_drain_has_its_time_behind_it),
        cmocka_unit_test(a_bound_that_was_set_stays),
        cmocka_unit_test(a_worker_whose_thread_has_ended_shows_no_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
