/* SPDX-License-Identifier: MIT */
/* test/settle.c: waits until all other tasks of a current-thread runtime are parked. */
#include "runtime/scope/ctx.h"
#include "runtime/thread/drive.h"
#include "runtime/thread/quiet.h"
#include "runtime/worker/here.h"

#include <edo/task.h>
#include <edo/test.h>

#include <errno.h>

typedef struct settle_future {
    edo_future base;
    struct edoi_worker *worker; /* where it waits; NULL: nowhere */
    edoi_quiet_waiter waiter;
} settle_future;

static void settle_leave(settle_future *self) {
    if (self->worker && self->waiter.told == EDOI_QUIET_NOT_YET)
        edoi_quiet_remove(self->worker, &self->waiter);
    self->worker = NULL;
}

static edo_polled settle_poll(edo_future *f, edo_cx *cx) {
    settle_future *self = (settle_future *)(void *)f;
    if (self->waiter.told != EDOI_QUIET_NOT_YET) {
        self->worker = NULL;
        return edo_future_finish(f, self->waiter.told == EDOI_QUIET_FOR_GOOD ? -EDEADLK : 0);
    }
    if (!cx->worker) { // another thread drives
        settle_leave(self);
        return edo_future_finish(f, -EBUSY);
    }
    self->waiter.waker = edo_cx_waker(cx);
    if (self->worker) return EDO_PENDING;
    self->worker = cx->worker;
    edoi_quiet_add(cx->worker, &self->waiter);
    return EDO_PENDING;
}

static void settle_drop(edo_future *f) {
    settle_leave((settle_future *)(void *)f);
    edo_future_retire(f);
}

static const edo_future_ops settle_ops = { .poll = settle_poll,
                                           .drop = settle_drop,
                                           .name = "edo_test_settle",
                                           .size = sizeof(settle_future) };

int edo_test_settle(void) {
    int err = edoi_drive_check_single(edoi_runtime_here());
    if (err < 0) return err;
    settle_future f = { .worker = NULL };
    return edo_await(edo_future_init(&f.base, &settle_ops));
}
