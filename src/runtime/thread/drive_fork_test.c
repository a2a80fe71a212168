/* SPDX-License-Identifier: MIT */
/* Goal: a child of fork() can drive its own runtimes, whichever thread drove at the fork, and has
 * forgotten those bound to the thread that forked.
 * Method: this thread forks while drive_mutex is held (by pthread_mutex_lock(), which is not
 * counted as a lock of this thread); and while a runtime is bound to it: the child then runs the
 * code of the thread's end, which would report on standard error that fibers are left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "child.h"

#include "runtime/scope/ctx.h"
#include "runtime/thread/drive.c"
#include "runtime/thread/drive.h"
#include "runtime/worker/core.h"

#include <edo/edo.h>

static const edo_runtime_opts one_thread = { .flavor = EDO_RUNTIME_CURRENT };

static int run_one(void *arg) {
    edo_runtime *rt;
    (void)arg;
    if (edo_runtime_new(&rt, &one_thread) != 0) return 1;
    int result = edo_run(rt, child_nothing, NULL);
    edo_runtime_free(rt);
    return result == 5 ? 0 : 2;
}

static void a_child_drives_though_the_mutex_was_held(void **state) {
    (void)state;
    (void)pthread_mutex_lock(&drive_mutex);
    int status = child_status(run_one, NULL);
    (void)pthread_mutex_unlock(&drive_mutex);
    assert_int_equal(status, 0);
}

static edo_notify never = EDO_NOTIFY_INIT;

static int wait_for_ever(void *arg) {
    (void)arg;
    return edo_notify_wait(&never);
}

/* A fiber that has run binds the runtime to this thread. */
static edo_runtime *make_bound(void) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_spawn_detached(wait_for_ever, NULL), 0);
    assert_int_equal(edo_yield(), 0);
    edo_runtime_leave(rt);
    assert_true(rt->drive.pinned);
    return rt;
}

static void a_childs_thread_that_ends_leaves_no_runtime_behind(void **state) {
    (void)state;
    edo_runtime *rt = make_bound();
    int ends[2], status = -1;
    char said[256] = "";
    assert_int_equal(pipe(ends), 0);
    if (child_fork(&status) == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        // as thread_end() in runtime/scope/ctx.c
        if (edoi_thread_here()->parker) edoi_drive_thread_ended(edoi_thread_here()->parker);
        _exit(0); // skips the leak checker, for which all of the parent's memory is lost
    }
    (void)close(ends[1]);
    assert_true(read(ends[0], said, sizeof said - 1) >= 0);
    (void)close(ends[0]);
    assert_string_equal(said, "");
    assert_int_equal(status, 0);
    assert_true(rt->drive.pinned);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_drives_though_the_mutex_was_held),
        cmocka_unit_test(a_childs_thread_that_ends_leaves_no_runtime_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
