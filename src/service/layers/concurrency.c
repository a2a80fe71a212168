/* SPDX-License-Identifier: MIT */
/* service/layers/concurrency.c: limits how many calls run at once, by a semaphore of its
 * own or a shared one.
 *
 * A place is taken in ready and given back by exactly one of: release, the end of the call, or the
 * end of what the response holds. In the last case the service's reference keeps the semaphore. A
 * ready that may not wait, or has waited for too long, takes no place: its permit is held all the
 * same, with the reason as its word, and the call fails. */
#include <edo/layers.h>

#include "base/atomic.h"
#include "base/error/trail.h"
#include "base/opts.h"
#include "service/kind.h"
#include "service/own_wait.h"
#include "service/series.h"
#include "service/wrap.h"

#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

/* The word of a permit: whether it has a place, and if not, why. */
typedef enum limit_place { PLACED, WAITED_TOO_LONG, LINE_IS_FULL, LIMIT_PLACES } limit_place;

typedef struct concurrency {
    edo_service base;
    edo_sem *sem; /* &own, or shared. const */
    edo_sem own;
    edo_atomic_u32 waiting_n;  /* atomic, relaxed: a bound; the line itself is the semaphore's */
    edo_concurrency_opts opts; /* const, complete */
    edo_up_down *in_use, *waiting;      /* NULL without metrics */
    edo_counter *refused[LIMIT_PLACES]; /* that of PLACED is NULL */
} concurrency;

static concurrency *concurrency_of(edo_service *base) {
    return (concurrency *)(void *)base;
}

static void concurrency_give_back(concurrency *self) {
    edo_up_down_add(self->in_use, -1);
    edo_sem_release(self->sem, 1);
}

/* ---- Ready ----------------------------------------------------------------------------------- */

/* Waits for a place, for `wait_max` at most. */
static int concurrency_wait(concurrency *self, limit_place *place) {
    if (self->opts.wait_max.ns <= 0) return edo_sem_acquire(self->sem, 1);
    edoi_trail_kept kept = edoi_trail_keep();
    edo_deadline d;
    edo_deadline_begin(&d, self->opts.wait_max);
    int err = edo_deadline_end(&d, edo_sem_acquire(self->sem, 1));
    if (err == -ETIMEDOUT) { // by this limit: the caller's own deadline cancels
        *place = WAITED_TOO_LONG;
        err = 0;
    }
    return edoi_trail_kept_end(kept, err);
}

/* Joins the line, if it is not full. */
static EDOI_NOINLINE int concurrency_join_line(concurrency *self, limit_place *place) {
    int err = 0;
    uint32_t before = edoi_add_rlx_u32(&self->waiting_n, 1);
    if (before < self->opts.waiters_max) {
        edo_up_down_add(self->waiting, 1);
        err = concurrency_wait(self, place);
        edo_up_down_add(self->waiting, -1);
    } else {
        *place = LINE_IS_FULL;
    }
    edoi_sub_rlx_u32(&self->waiting_n, 1);
    return edoi_own_wait_ended(err);
}

static int concurrency_ready(edo_service *base, edo_permit *permit) {
    concurrency *self = concurrency_of(base);
    limit_place place = PLACED;
    int err = edo_sem_try_acquire(self->sem, 1); // overtakes nobody, and costs half of a wait
    if (err == -EAGAIN && !permit->no_wait) err = concurrency_join_line(self, &place);
    if (err < 0) return err;
    *edo_permit_word(permit, base) = place;
    if (EDOI_UNLIKELY(place != PLACED)) return 0;
    edo_up_down_add(self->in_use, 1);
    err = edo_service_ready(base->inner, permit);
    if (err < 0) concurrency_give_back(self);
    return err;
}

static void concurrency_release(edo_service *base, edo_permit *permit) {
    if (*edo_permit_word(permit, base) == PLACED) concurrency_give_back(concurrency_of(base));
}

/* ---- Call ------------------------------------------------------------------------------------ */

static void held_over(void *arg) {
    edo_service *base = arg;
    concurrency_give_back(concurrency_of(base));
    edo_service_unref(base);
}

/* Does the response keep the place? */
static bool concurrency_hold(concurrency *self, void *request, void *response) {
    edo_held held = { held_over, edo_service_ref(&self->base) };
    edo_no_await_begin();
    bool is_held = self->opts.hold(self->opts.hold_arg, request, response, held);
    edo_no_await_end();
    if (!is_held) edo_service_unref(&self->base);
    return is_held;
}

static EDOI_NOINLINE int concurrency_refuse(const concurrency *self, limit_place place) {
    const edo_concurrency_opts *o = &self->opts;
    edo_counter_add(self->refused[place], 1);
    if (place == LINE_IS_FULL)
        return edo_fail(-EDO_EOVERLOADED, "limit \"%s\": no place, and none in its line", o->name);
    return edo_fail(-EDO_EOVERLOADED, "limit \"%s\": no place within %lld ms", o->name,
                    (long long)(o->wait_max.ns / 1000000));
}

static int concurrency_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    concurrency *self = concurrency_of(base);
    limit_place place = (limit_place)*edo_permit_word(permit, base);
    if (EDOI_UNLIKELY(place != PLACED)) return concurrency_refuse(self, place);
    int result = edo_service_call(base->inner, permit, request, response);
    if (self->opts.hold && result >= 0 && concurrency_hold(self, request, response)) return result;
    concurrency_give_back(self);
    return result;
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void concurrency_deinit(edo_service *base) {
    edoi_metrics_unref(concurrency_of(base)->opts.metrics);
}

static int concurrency_add_metrics(concurrency *self) {
    edo_metrics *m = self->opts.metrics;
    edoi_series_of of = { .labels = "limit", .name = self->opts.name };
    edoi_metrics_ref(m);
    of.metric = "edo.limit.in_use";
    of.help = "Places that calls have.";
    int err = edoi_series_up_down(&self->in_use, m, &of);
    of.metric = "edo.limit.waiting";
    of.help = "Callers that wait for a place.";
    if (err == 0) err = edoi_series_up_down(&self->waiting, m, &of);
    of.metric = "edo.limit.refused";
    of.help = "Calls refused.";
    of.labels = "limit reason";
    of.value = "wait";
    if (err == 0) err = edoi_series_counter(&self->refused[WAITED_TOO_LONG], m, &of);
    of.value = "line";
    return err < 0 ? err : edoi_series_counter(&self->refused[LINE_IS_FULL], m, &of);
}

/* The options with their defaults; -EINVAL. */
static int concurrency_complete(edo_concurrency_opts *o) {
    bool is_one = (o->calls_max > 0) != (o->shared != NULL);
    if (!is_one || !edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)))
        return edo_fail(-EINVAL, "edo_concurrency_layer(): set `calls_max`, or `shared`");
    if (o->waiters_max == 0) o->waiters_max = UINT32_MAX;
    if (o->refuse) o->waiters_max = 0;
    if (!o->name) o->name = "unnamed";
    return 0;
}

static int concurrency_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_concurrency_layer",
                                         .ready = concurrency_ready,
                                         .call = concurrency_call,
                                         .release = concurrency_release,
                                         .deinit = concurrency_deinit };
    edo_concurrency_opts opts;
    edo_service *base = NULL;
    memcpy(&opts, &layer->opts, sizeof opts);
    int err = concurrency_complete(&opts);
    if (err == 0) err = edo_service_new(&base, sizeof(concurrency), &ops, inner);
    if (err < 0) return err;
    concurrency *self = concurrency_of(base);
    self->opts = opts;
    self->own = (edo_sem)EDO_SEM_INIT(opts.calls_max);
    self->sem = opts.shared ? opts.shared : &self->own;
    if (opts.metrics) err = concurrency_add_metrics(self);
    if (err == 0) err = edoi_kind_by(base, (edoi_any_fn *)opts.hold);
    return edoi_wrap_end(out, base, err);
}

edo_layer edo_concurrency_layer(uint32_t calls_max) {
    return edo_concurrency_layer_with(&(edo_concurrency_opts){ .calls_max = calls_max });
}

edo_layer edo_concurrency_layer_with(const edo_concurrency_opts *opts) {
    return edo_layer_make(concurrency_wrap, opts, opts ? sizeof *opts : 0);
}
