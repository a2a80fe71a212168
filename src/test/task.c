/* SPDX-License-Identifier: MIT */
/* test/task.c: wakers that count, and futures that a test polls by hand. */
#include "base/atomic.h"
#include "runtime/worker/here.h"
#include "test/value.h"

#include <edo/test.h>

/* ---- Wakers ---------------------------------------------------------------------------------- */

static edo_test_waker *test_task_of(edo_waker *base) {
    return (edo_test_waker *)(void *)base;
}

static edo_waker *count_wake(edo_waker *base) {
    (void)edoi_add_acqrel_u32(&test_task_of(base)->woken, 1); // TE1: pairs with TE2
    return NULL;                                              // nothing is left to deliver
}

static void deliver_nothing(edo_waker *base) {
    (void)base;
}

static void count_ref(edo_waker *base) {
    (void)edoi_add_rlx_u32(&test_task_of(base)->refs, 1); // relaxed: the caller may use it already
}

static void count_unref(edo_waker *base) {
    (void)edoi_sub_acqrel_u32(&test_task_of(base)->refs, 1); // TE3: pairs with TE4
}

const edo_waker_ops edoi_test_waker_ops = { count_wake, deliver_nothing, count_ref, count_unref };

uint32_t edo_test_waker_woken(const edo_test_waker *w) {
    return edoi_load_acq_u32(&w->woken); // TE2: pairs with TE1
}

uint32_t edo_test_waker_refs(const edo_test_waker *w) {
    // TE4: pairs with TE3: a thread that gave a reference back uses it no more
    return edoi_load_acq_u32(&w->refs);
}

void edo_test_waker_reset(edo_test_waker *w) {
    // TE2: pairs with TE1: a wake that is forgotten here is seen by the poll that follows
    (void)edoi_swap_acqrel_u32(&w->woken, 0);
}

static edo_waker *refuse_wake(edo_waker *base) {
    (void)base;
    edo_test_fail_at("edo/test.h", 0, "a waker was woken that must not be");
}

static void ref_nothing(edo_waker *base) {
    (void)base;
}

edo_waker *edo_test_waker_forbidden(void) {
    static const edo_waker_ops ops = { refuse_wake, deliver_nothing, ref_nothing, ref_nothing };
    static edo_waker forbidden = { &ops };
    return &forbidden;
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

void edo_test_task_init(edo_test_task *t, edo_future *f) {
    *t = (edo_test_task){ .waker = EDO_TEST_WAKER_INIT, .future = f };
}

edo_polled edo_test_task_poll(edo_test_task *t) {
    edo_cx cx = { .waker = &t->waker.base, .worker = edoi_worker_here(), .budget = EDO_BUDGET };
    edo_test_waker_reset(&t->waker);
    return edo_poll(t->future, &cx);
}

uint32_t edo_test_task_woken(const edo_test_task *t) {
    return edo_test_waker_woken(&t->waker);
}

uint32_t edo_test_task_waker_refs(const edo_test_task *t) {
    return edo_test_waker_refs(&t->waker);
}

/* ---- Checks ---------------------------------------------------------------------------------- */

void edoi_test_pending(edo_test_task *t, const char *file, int line) {
    edoi_test_text is;
    const char *name = t->future->ops->name;
    if (edo_test_task_poll(t) == EDO_PENDING) return;
    edo_test_fail_at(file, line, "%s is ready with %s, not pending", name,
                     edoi_test_value(&is, t->future->result));
}

void edoi_test_ready(edo_test_task *t, int64_t want, const char *file, int line) {
    edoi_test_text a, b;
    const char *name = t->future->ops->name;
    if (edo_test_task_poll(t) == EDO_PENDING)
        edo_test_fail_at(file, line, "%s is pending, not ready with %s", name,
                         edoi_test_value(&a, want));
    if (t->future->result == want) return;
    edo_test_fail_at(file, line, "%s is ready with %s, not %s", name,
                     edoi_test_value(&a, t->future->result), edoi_test_value(&b, want));
}

int edoi_test_ready_ok(edo_test_task *t, const char *file, int line) {
    edoi_test_text a;
    const char *name = t->future->ops->name;
    if (edo_test_task_poll(t) == EDO_PENDING)
        edo_test_fail_at(file, line, "%s is pending, not ready", name);
    if (t->future->result < 0)
        edo_test_fail_at(file, line, "%s is ready with %s, a failure", name,
                         edoi_test_value(&a, t->future->result));
    return t->future->result;
}
