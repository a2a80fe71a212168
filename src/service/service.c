/* SPDX-License-Identifier: MIT */
/* service/service.c: the contract: services, permits, and the two halves of a call.
 *
 * A permit has a slot for each service of a stack that reserves: one that has a `ready`, and the
 * leaf. A layer without `ready` is ready when the next service below that reserves is, so it has no
 * slot, and costs nothing in ready. The slots are numbered from the leaf up (`level`), and a
 * service that chooses among others has a level above all of them. So each reservation is found at
 * a fixed place, and nothing is allocated.
 *
 * inv. 1: a slot names a service exactly while that service has been made ready with this permit,
 *         and has been neither called nor released.
 * inv. 2: when a ready fails, and when a call returns, no slot at or below the service's level
 *         names a service that the call reached through `inner`.
 * inv. 3: `top` is a service that the permit holds, or NULL: what it holds nothing of may end.
 *
 * Design: docs/design/service.md. */
#include "base/assert.h"
#include <edo/service.h>

#include "base/opts.h"
#include "memory/rc.h"
#include "records/handles.h"
#include "seq/seq.h"
#include "service/run.h"

#include <errno.h>
#include <string.h>

/* Does the permit hold the service, or that which reserves for it? */
EDOI_INLINE bool holds(const edo_permit *permit, const edo_service *s) {
    return permit->slots[s->level].of == s->reserves;
}

/* At rest, between the calls of a program or layer. */
static void permit_check(const edo_permit *permit) {
    EDO_INV("service inv. 3", !permit->top || holds(permit, permit->top));
}

/* The inner services that a layer made ready itself, and then failed or did not call. */
EDOI_INLINE void give_back_inner(edo_permit *permit, const edo_service *s) {
    if (s->inner && EDOI_UNLIKELY(holds(permit, s->inner))) edo_service_release(s->inner, permit);
}

/* ---- The two halves -------------------------------------------------------------------------- */

EDOI_INLINE int make_ready(const edo_service *self, edo_permit *permit) {
    edo_service *s = self->reserves;
    EDO_CHECK(permit_check(permit));
    if (EDO_MISUSE(permit->slots[s->level].of != NULL,
                   "this permit is held already: edo_service_call() or edo_permit_release() comes "
                   "before the next ready"))
        return -EDO_EMISUSE; // whatever it holds for another service would be lost
    int err = s->ops->ready ? s->ops->ready(s, permit) : 0;
    if (EDOI_UNLIKELY(err < 0)) {
        give_back_inner(permit, s);
        permit->top = NULL;
        return err;
    }
    permit->slots[s->level].of = s;
    permit->top = s; // the last to set it is the outermost
    return 0;
}

EDOI_INLINE int call(edo_service *self, edo_permit *permit, void *request, void *response) {
    if (EDO_MISUSE(!holds(permit, self), "a call without a permit: edo_service_ready() of this "
                                         "service, with this permit, comes before each call"))
        return -EDO_EMISUSE;
    permit->top = NULL;
    if (self->reserves == self) permit->slots[self->level].of = NULL;
    EDO_INV("service inv. 1", self->reserves != self || !holds(permit, self));
    int result = self->ops->call(self, permit, request, response);
    give_back_inner(permit, self);
    EDO_INV("service inv. 2",
            !self->inner || self->reserves != self || !holds(permit, self->inner));
    EDO_CHECK(permit_check(permit));
    return result;
}

int edo_service_ready(edo_service *self, edo_permit *permit) {
    int err = edo_budget_consume();
    return err < 0 ? err : make_ready(self, permit);
}

int edo_service_try_ready(edo_service *self, edo_permit *permit) {
    bool outer = permit->no_wait;
    permit->no_wait = true;
    int err = make_ready(self, permit);
    permit->no_wait = outer;
    return err;
}

int edo_service_call(edo_service *self, edo_permit *permit, void *request, void *response) {
    return call(self, permit, request, response);
}

void edo_service_release(edo_service *self, edo_permit *permit) {
    if (self && permit->top == self->reserves) permit->top = NULL; // inv. 3
    while (self && holds(permit, self)) {
        edo_service *s = self->reserves;
        permit->slots[s->level].of = NULL;
        if (s->ops->release) s->ops->release(s, permit);
        self = s->inner;
    }
    EDO_CHECK(permit_check(permit));
}

void edo_permit_release(edo_permit *permit) {
    edo_service *top = permit->top;
    permit->top = NULL;
    edo_service_release(top, permit);
}

int edoi_service_run(edo_service *self, void *request, void *response) {
    edo_permit permit;
    permit.top = NULL;
    permit.no_wait = false;
    for (uint32_t i = 0; i <= self->level; i++) permit.slots[i].of = NULL;
    int err = make_ready(self, &permit);
    return err < 0 ? err : call(self, &permit, request, response);
}

int edo_service_oneshot(edo_service *self, void *request, void *response) {
    int err = edo_budget_consume();
    return err < 0 ? err : edoi_service_run(self, request, response);
}

/* ---- Making and ending ----------------------------------------------------------------------- */

static void service_deinit(void *memory) {
    edo_service *self = memory, *inner = self->inner;
    if (self->ops->deinit) self->ops->deinit(self);
    edo_service_unref(inner);
}

int edo_service_new(edo_service **out, size_t bytes, const edo_service_ops *ops,
                    edo_service *inner) {
    if (EDO_MISUSE(bytes < sizeof(edo_service), "a service begins with an edo_service"))
        return -EDO_EMISUSE;
    if (EDO_MISUSE(!ops->call || ops->reserved[0] || ops->reserved[1],
                   "edo_service_ops has a call, and no reserved entry"))
        return -EDO_EMISUSE;
    bool reserves = ops->ready || !inner;
    uint32_t level = inner ? inner->level + reserves : 0;
    if (level >= EDO_SERVICE_LEVELS) return -EINVAL;
    edo_service *self = edoi_rc_new(bytes, service_deinit);
    if (!self) return -ENOMEM;
    memset(self, 0, bytes);
    self->ops = ops;
    self->inner = inner;
    self->reserves = reserves ? self : inner->reserves;
    self->level = level;
    self->kind = ops->kind ? ops->kind : inner ? inner->kind : NULL;
    *out = edoi_handle_made_here(EDOI_SERVICE, self, EDOI_CALLER());
    return 0;
}

int edo_service_set_levels(edo_service *self, uint32_t levels) {
    if (levels >= EDO_SERVICE_LEVELS) return -EINVAL;
    if (self->level < levels) self->level = levels;
    return 0;
}

edo_service *edo_service_ref(edo_service *self) {
    EDOI_ENTERS(EDOI_SERVICE, self);
    return edoi_handle_shared(EDOI_SERVICE, edoi_rc_ref(self));
}

void edo_service_unref(edo_service *self) {
    if (!self) return;
    edoi_handle_given_up(EDOI_SERVICE, self, EDOI_CALLER());
    edoi_rc_unref(EDOI_SERVICE, self);
}

/* ---- Services of functions ------------------------------------------------------------------- */

typedef struct fn_service {
    edo_service base;
    edo_service_fn *fn;
    void *arg;
    void (*drop)(void *arg);
} fn_service;

static int fn_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    fn_service *self = (fn_service *)(void *)base;
    (void)permit;
    return self->fn(self->arg, request, response);
}

static void fn_deinit(edo_service *base) {
    fn_service *self = (fn_service *)(void *)base;
    if (self->drop) self->drop(self->arg);
}

int edo_service_from_fn(edo_service **out, edo_service_fn *fn, void *arg, void (*drop)(void *arg)) {
    static const edo_service_ops ops = { .name = "edo_service_from_fn",
                                         .call = fn_call,
                                         .deinit = fn_deinit };
    edo_service *base;
    int err = edo_service_new(&base, sizeof(fn_service), &ops, NULL);
    if (err < 0) return err;
    fn_service *self = (fn_service *)(void *)base;
    self->fn = fn;
    self->arg = arg;
    self->drop = drop;
    *out = base;
    return 0;
}

/* ---- Many calls ------------------------------------------------------------------------------ */

#define AT_ONCE 16 // calls, without an option

static int call_one(void *arg, const void *request, void *response) {
    return edo_service_oneshot(arg, (void *)(uintptr_t)request, response); // its task owns the item
}

edo_seq *edo_call_all(edo_service *service, edo_seq *requests, size_t response_bytes,
                      const edo_call_all_opts *opts) {
    static const edo_call_all_opts defaults = { .at_once = 0 };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) {
        edo_seq_free(requests);
        return edoi_seq_failed(-EINVAL, response_bytes);
    }
    size_t n = opts->at_once ? opts->at_once : AT_ONCE;
    return opts->unordered
               ? edo_seq_buffer_unordered(requests, n, call_one, service, response_bytes)
               : edo_seq_buffered(requests, n, call_one, service, response_bytes);
}
