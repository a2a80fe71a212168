/* SPDX-License-Identifier: MIT */
/* Goal: a task's slot is freed when the task has ended, in whatever way, and has no references; the
 * next task in the slot starts fresh.
 * Method: many tasks of one kind, one after another; the slots in use are counted. */
#include "records/handles.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/here.h"
#include "runtime/worker/worker.h"

#include "inside.h"

#include <edo/edo.h>

#include <string.h>

#define TASKS 100

static void count_one(void *arg, edo_task *t) {
    (void)t;
    ++*(uint32_t *)arg;
}

static uint32_t in_use(void) {
    uint32_t n = 0;
    edoi_task_slab_each(&edoi_worker_here()->slab, count_one, &n);
    return n;
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static int wait_for_ever(void *arg) {
    return edo_notify_wait(arg);
}

static edo_notify never = EDO_NOTIFY_INIT;

static int a_detached_fiber(void) {
    return edo_spawn_detached(nothing, NULL);
}

static int a_detached_machine(void) {
    edo_ready_future f;
    return edo_spawn_future_detached(edo_ready_init(&f, 0));
}

static int a_joined_fiber(void) {
    return edo_task_join(edo_spawn(nothing, NULL));
}

static int a_joined_machine(void) {
    edo_ready_future f;
    return edo_task_join(edo_spawn_future(edo_ready_init(&f, 0)));
}

static int one_that_is_let_go_before_it_runs(void) {
    edo_task_detach(edo_spawn(nothing, NULL));
    return 0;
}

static int one_that_is_let_go_after_it_has_run(void) {
    edo_task *t = edo_spawn(nothing, NULL);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    CHECK(edo_task_is_finished(t));
    edo_task_detach(t);
    return 0;
}

static int an_aborted_fiber(void) {
    edo_task *t = edo_spawn(wait_for_ever, &never);
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(t);
    return edo_task_join(t) == -ECANCELED ? 0 : -1;
}

static int an_aborted_machine(void) {
    edo_notify_wait_future f;
    edo_task *t = edo_spawn_future(edo_notify_wait_init(&f, &never));
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(t);
    return edo_task_join(t) == -ECANCELED ? 0 : -1;
}

static int a_child(void) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, nothing, NULL), 0);
    return edo_scope_end(&s, 0);
}

static int one_whose_waker_is_kept(void) {
    edo_task *t = edo_spawn(nothing, NULL);
    edo_waker *w = &t->waker;
    (void)edo_waker_ref(w);
    CHECK_EQ(edo_task_join(t), 0);
    edo_waker_unref(w);
    return 0;
}

static const struct {
    const char *name;
    int (*one)(void);
} ways[] = {
    { "a detached fiber", a_detached_fiber },
    { "a detached machine", a_detached_machine },
    { "a joined fiber", a_joined_fiber },
    { "a joined machine", a_joined_machine },
    { "one that is let go before it runs", one_that_is_let_go_before_it_runs },
    { "one that is let go after it has run", one_that_is_let_go_after_it_has_run },
    { "an aborted fiber", an_aborted_fiber },
    { "an aborted machine", an_aborted_machine },
    { "a child", a_child },
    { "one whose waker is kept", one_whose_waker_is_kept },
};

static int come_and_go(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(ways); i++) {
        uint32_t before = in_use();
        for (int n = 0; n < TASKS; n++) CHECK_EQ(ways[i].one(), 0);
        for (int n = 0; n < TASKS; n++) CHECK_EQ(edo_yield(), 0);
        if (in_use() == before) continue;
        print_error("%s: %u slots are in use, of %u\n", ways[i].name, (unsigned)in_use(),
                    (unsigned)before);
        return -1;
    }
    return 0;
}

static void slots_come_back(void **state) {
    (void)state;
    assert_int_equal(inside(come_and_go, NULL), 0);
}

/* ---- Earlier contents ------------------------------------------------------------------------ */

typedef struct filler {
    edo_future base;
    unsigned char rest[sizeof(edoi_fiber_task) - sizeof(edo_future)];
} filler;

static edo_polled filler_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    return edo_future_finish(f, 0);
}

/* In debug builds a freed slot is not reused until as many other handles were released. */
static void let_slots_go(void) {
    static char others[EDOI_GONE_MAX];
    for (uint32_t i = 0; i < EDOI_GONE_MAX; i++) {
        edoi_handle_made(EDOI_SIGNAL, &others[i], NULL, NULL);
        edoi_handle_given_up(EDOI_SIGNAL, &others[i], NULL);
    }
}

static int fill_and_spawn(void *arg) {
    static const edo_future_ops ops = { .poll = filler_poll,
                                        .name = "filler",
                                        .size = sizeof(filler) };
    (void)arg;
    filler f;
    memset(f.rest, 0xa5, sizeof f.rest);
    edo_task *filled = edo_spawn_future(edo_future_init(&f.base, &ops));
    CHECK_EQ(edo_task_join(filled), 0);
    let_slots_go();
    edo_task *fiber = edo_spawn(nothing, NULL);
    CHECK((void *)fiber == (void *)filled); // the same slot
    return edo_task_join(fiber);
}

static void a_fiber_begins_anew_in_a_slot_that_was_used(void **state) {
    (void)state;
    assert_int_equal(inside(fill_and_spawn, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_come_back),
        cmocka_unit_test(a_fiber_begins_anew_in_a_slot_that_was_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
