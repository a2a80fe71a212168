/* SPDX-License-Identifier: MIT */
/* fs/tree/pooled.c: see pooled.h. */
#include "fs/tree/pooled.h"

#include "base/assert.h"

#include "base/fork.h"
#include "runtime/blocking/blocking.h"
#include "runtime/scope/ctx.h"

#include <errno.h>

void edoi_pooled_init(edoi_pooled *self, const edoi_pooled_ops *ops) {
    self->ops = ops;
    edoi_store_rlx_u32(&self->refs, 1); // relaxed: no other thread knows it
    self->forks = edoi_forks();
    (void)pthread_mutex_init(&self->lock, NULL);
    self->is_made = self->waits = false;
}

static void pooled_unref(edoi_pooled *self) {
    // PL1: pairs with PL1: the accesses of other owners happen before the end
    if (edoi_sub_acqrel_u32(&self->refs, 1) != 1) return;
    (void)pthread_mutex_destroy(&self->lock);
    self->ops->free(self);
}

/* inv. 1 */
static int pooled_make(edoi_pooled *self) {
    int err = 0;
    (void)pthread_mutex_lock(&self->lock);
    EDO_INV("pooled inv. 1", edoi_load_rlx_u32(&self->refs) > 0);
    if (!self->is_made && edo_blocking_cancelled()) err = -ECANCELED;
    if (!self->is_made && err == 0) {
        self->made = self->ops->make(self);
        self->is_made = true;
    }
    (void)pthread_mutex_unlock(&self->lock);
    return err;
}

static int job(void *arg) {
    edoi_pooled *self = (edoi_pooled *)arg;
    int err = pooled_make(self);
    pooled_unref(self);
    return err;
}

static void pooled_job_dropped(void *arg) {
    pooled_unref((edoi_pooled *)arg);
}

/* May the polling thread block? */
static bool may_block(const edo_cx *cx) {
    return !cx->worker && edoi_blocking_may_here();
}

static void pooled_begin_job(edoi_pooled *self) {
    static const edo_blocking_opts opts = { .drop = pooled_job_dropped };
    (void)edoi_add_rlx_u32(&self->refs, 1); // relaxed: the reader holds one
    (void)edo_blocking_init(&self->job, job, self, &opts);
    self->waits = true;
}

static int pooled_take(edoi_pooled *self) {
    (void)pthread_mutex_lock(&self->lock);
    EDO_INV("pooled inv. 2", self->is_made);
    int made = self->made;
    self->is_made = false;
    (void)pthread_mutex_unlock(&self->lock);
    return made;
}

edo_polled edoi_pooled_poll(edoi_pooled *self, edo_cx *cx, int *made, int *result) {
    *result = -EDO_EFORKED;
    if (edoi_is_inherited(self->forks))
        return EDO_READY; // a thread of the parent may have the lock
    if (!self->waits && may_block(cx)) {
        *result = pooled_make(self);
    } else {
        if (!self->waits) pooled_begin_job(self);
        if (edo_poll(&self->job.base, cx) == EDO_PENDING) return EDO_PENDING;
        self->waits = false;
        *result = edo_result(&self->job);
    }
    if (*result == 0) *made = pooled_take(self);
    return EDO_READY;
}

void edoi_pooled_leave(edo_seq *s) {
    edoi_pooled *self = (edoi_pooled *)(void *)s;
    if (!self->waits) return;
    self->waits = false;
    edo_drop(&self->job.base);
}

void edoi_pooled_drop(edo_seq *s) {
    pooled_unref((edoi_pooled *)(void *)s);
}
