/* SPDX-License-Identifier: MIT */
/* service/layers/concurrency.c: limits how many calls run at once, by a semaphore of its
 * own or a shared one.
 *
 * A place is taken in ready and given back by exactly one of: release, the end of the call, or the
 * end of what the response holds. In the last case the service's reference keeps the semaphore. */
#include <edo/layers.h>

#include "base/opts.h"

#include <errno.h>
#include <string.h>

typedef struct concurrency {
    edo_service base;
    edo_sem *sem; /* &own, or shared. const */
    edo_sem own;
    edo_concurrency_opts opts;
} concurrency;

static concurrency *concurrency_of(edo_service *base) {
    return (concurrency *)(void *)base;
}

static int concurrency_ready(edo_service *base, edo_permit *permit) {
    concurrency *self = concurrency_of(base);
    int err = edo_sem_try_acquire(self->sem, 1); // overtakes nobody, and costs half of a wait
    if (err == -EAGAIN && !permit->no_wait) err = edo_sem_acquire(self->sem, 1);
    if (err < 0) return err;
    err = edo_service_ready(base->inner, permit);
    if (err < 0) edo_sem_release(self->sem, 1);
    return err;
}

static void concurrency_release(edo_service *base, edo_permit *permit) {
    (void)permit;
    edo_sem_release(concurrency_of(base)->sem, 1);
}

static void held_over(void *arg) {
    edo_service *base = arg;
    edo_sem_release(concurrency_of(base)->sem, 1);
    edo_service_unref(base);
}

/* Does the response keep the place? */
static bool concurrency_hold(concurrency *self, void *request, void *response) {
    edo_held held = { held_over, edo_service_ref(&self->base) };
    if (self->opts.hold(self->opts.hold_arg, request, response, held)) return true;
    edo_service_unref(&self->base);
    return false;
}

static int concurrency_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    concurrency *self = concurrency_of(base);
    int result = edo_service_call(base->inner, permit, request, response);
    if (self->opts.hold && result >= 0 && concurrency_hold(self, request, response)) return result;
    edo_sem_release(self->sem, 1);
    return result;
}

static int concurrency_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_concurrency_layer",
                                         .ready = concurrency_ready,
                                         .call = concurrency_call,
                                         .release = concurrency_release };
    edo_concurrency_opts opts;
    memcpy(&opts, &layer->opts, sizeof opts);
    bool is_one = (opts.calls_max > 0) != (opts.shared != NULL);
    if (!is_one || !edoi_all_zero(opts.reserved, EDO_COUNT(opts.reserved)))
        return edo_fail(-EINVAL, "edo_concurrency_layer(): set `calls_max`, or `shared`");
    edo_service *base;
    int err = edo_service_new(&base, sizeof(concurrency), &ops, inner);
    if (err < 0) return err;
    concurrency *self = concurrency_of(base);
    self->opts = opts;
    self->own = (edo_sem)EDO_SEM_INIT(opts.calls_max);
    self->sem = opts.shared ? opts.shared : &self->own;
    *out = base;
    return 0;
}

edo_layer edo_concurrency_layer(uint32_t calls_max) {
    return edo_concurrency_layer_with(&(edo_concurrency_opts){ .calls_max = calls_max });
}

edo_layer edo_concurrency_layer_with(const edo_concurrency_opts *opts) {
    return edo_layer_make(concurrency_wrap, opts, sizeof *opts);
}
