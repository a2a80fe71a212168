/* SPDX-License-Identifier: MIT */
/* service/layers/chaos.c: faults on purpose. What a call suffers follows from the seed and from how
 * many calls have begun before it. */
#include <edo/chaos.h>
#include <edo/task.h>

#include "base/atomic.h"
#include "base/opts.h"
#include "service/kind.h"
#include "service/series.h"
#include "service/wrap.h"
#include "time/random.h"

#include <errno.h>
#include <string.h>

typedef enum chaos_fault { DELAY, ABORT, RESET, FAULTS } chaos_fault;

typedef struct chaos {
    edo_service base;
    edo_atomic_u64 next;    /* atomic, relaxed: the random state of the next call */
    uint64_t below[FAULTS]; /* const: a number of 32 bits below it is the fault */
    edo_chaos_opts opts;    /* const, complete */
    edo_counter *counters[FAULTS];
} chaos;

/* What one call suffers. */
typedef struct chaos_lot {
    bool faults[FAULTS];
    int64_t delay_ns;
} chaos_lot;

static chaos_lot chaos_draw(chaos *self) {
    const edo_chaos_opts *o = &self->opts;
    uint64_t next = edoi_add_rlx_u64(&self->next, 1);
    uint64_t random = edoi_random_step(&next); // far from that of the call before
    chaos_lot lot;
    for (unsigned i = 0; i < FAULTS; i++)
        lot.faults[i] = edoi_random_step(&random) >> 32 < self->below[i];
    lot.delay_ns = o->delay_min.ns + edoi_random_to(&random, o->delay_max.ns - o->delay_min.ns);
    return lot;
}

static int chaos_fail(const chaos *self, chaos_fault fault, int code, const char *when) {
    edo_counter_add(self->counters[fault], 1);
    return edo_fail(code, "chaos \"%s\": a fault on purpose%s", self->opts.name, when);
}

static bool chaos_affects(const edo_chaos_opts *o, const void *request) {
    if (!o->affects) return true;
    edo_no_await_begin();
    bool affects = o->affects(o->arg, request);
    edo_no_await_end();
    return affects;
}

static void chaos_discard(const edo_chaos_opts *o, void *response) {
    if (!o->discard) return;
    edo_no_await_begin();
    o->discard(o->arg, response);
    edo_no_await_end();
}

static int chaos_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    chaos *self = (chaos *)(void *)base;
    const edo_chaos_opts *o = &self->opts;
    if (!chaos_affects(o, request)) return edo_service_call(base->inner, permit, request, response);
    chaos_lot lot = chaos_draw(self);
    if (lot.faults[DELAY]) {
        edo_counter_add(self->counters[DELAY], 1);
        int err = edo_sleep(edo_ns(lot.delay_ns));
        if (err < 0) return err;
    }
    if (lot.faults[ABORT]) return chaos_fail(self, ABORT, o->abort_code, "");
    int result = edo_service_call(base->inner, permit, request, response);
    if (!lot.faults[RESET] || result < 0) return result;
    chaos_discard(o, response);
    return chaos_fail(self, RESET, o->reset_code, ", after the call");
}

/* ---- Making ---------------------------------------------------------------------------------- */

static bool chaos_share_is_valid(double share) {
    return share >= 0 && share <= 1; // a NaN is neither
}

/* The options with their defaults; -EINVAL. */
static int chaos_complete(edo_chaos_opts *o) {
    if (!chaos_share_is_valid(o->delay) || !chaos_share_is_valid(o->abort) ||
        !chaos_share_is_valid(o->reset))
        return edo_fail(-EINVAL, "edo_chaos_layer(): a share is not from 0 to 1");
    if (o->abort_code == 0) o->abort_code = -ECONNREFUSED;
    if (o->reset_code == 0) o->reset_code = -ECONNRESET;
    if (o->abort_code > 0 || o->reset_code > 0)
        return edo_fail(-EINVAL, "edo_chaos_layer(): a code is not negative");
    if (o->delay_max.ns == 0) o->delay_max = o->delay_min;
    bool has_no_time = o->delay > 0 && o->delay_max.ns == 0;
    if (o->delay_min.ns < 0 || o->delay_max.ns < o->delay_min.ns || has_no_time)
        return edo_fail(-EINVAL, "edo_chaos_layer(): `delay_min` or `delay_max`");
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)))
        return edo_fail(-EINVAL, "edo_chaos_layer(): `reserved` must be 0");
    if (!o->name) o->name = "unnamed";
    return 0;
}

static void chaos_deinit(edo_service *base) {
    edoi_metrics_unref(((chaos *)(void *)base)->opts.metrics);
}

static int chaos_add_metrics(chaos *self) {
    static const char *const values[FAULTS] = { "delay", "abort", "reset" };
    edoi_series_of of = { .metric = "edo.chaos.faults",
                          .help = "Faults on purpose.",
                          .labels = "chaos fault",
                          .name = self->opts.name };
    int err = 0;
    edoi_metrics_ref(self->opts.metrics);
    for (unsigned i = 0; i < FAULTS && err == 0; i++) {
        of.value = values[i];
        err = edoi_series_counter(&self->counters[i], self->opts.metrics, &of);
    }
    return err;
}

static void chaos_init(chaos *self, const edo_chaos_opts *opts) {
    const double shares[FAULTS] = { opts->delay, opts->abort, opts->reset };
    uint64_t seed = opts->seed ? opts->seed : edoi_random();
    self->opts = *opts;
    for (unsigned i = 0; i < FAULTS; i++)
        self->below[i] = (uint64_t)(shares[i] * (double)(UINT64_C(1) << 32) + 0.5);
    edoi_store_rlx_u64(&self->next, edoi_random_step(&seed)); // relaxed: nobody else knows it yet
}

static int chaos_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_chaos_layer",
                                         .call = chaos_call,
                                         .deinit = chaos_deinit };
    edo_chaos_opts opts;
    edo_service *base = NULL;
    memcpy(&opts, &layer->opts, sizeof opts);
    int err = chaos_complete(&opts);
    if (err == 0) err = edo_service_new(&base, sizeof(chaos), &ops, inner);
    if (!base) return err;
    chaos_init((chaos *)(void *)base, &opts);
    if (opts.metrics) err = chaos_add_metrics((chaos *)(void *)base);
    if (err == 0) err = edoi_kind_by(base, (edoi_any_fn *)opts.discard);
    return edoi_wrap_end(out, base, err);
}

edo_layer edo_chaos_layer(const edo_chaos_opts *opts) {
    return edo_layer_make(chaos_wrap, opts, opts ? sizeof *opts : 0);
}
