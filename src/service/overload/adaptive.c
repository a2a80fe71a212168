/* SPDX-License-Identifier: MIT */
/* service/overload/adaptive.c: a gate whose number of places follows the time of calls. The word of
 * a permit is how many calls were under way when it got its place; 0: it has none. */
#include <edo/adaptive.h>

#include "base/error/trail.h"
#include "base/opts.h"
#include "service/kind.h"
#include "service/outcome.h"
#include "service/overload/gate.h"
#include "service/overload/gradient.h"
#include "service/own_wait.h"
#include "service/series.h"
#include "service/wrap.h"

#include <edo/scope.h>

#include <errno.h>
#include <string.h>

#define START       20u
#define LEAST       20u
#define MOST        200u
#define WAITERS_MAX 10000u

typedef struct adaptive {
    edo_service base;
    edoi_gate gate;
    edoi_gradient gradient;
    edo_adaptive_opts opts; /* const, complete */
    edo_gauge *limit;       /* NULL without metrics */
    edo_counter *refused;
} adaptive;

static adaptive *adaptive_of(edo_service *base) {
    return (adaptive *)(void *)base;
}

/* ---- Ready ----------------------------------------------------------------------------------- */

/* Waits for a place, for `wait_max` at most; `*at_once` stays 0 if there is none in time. */
static int adaptive_wait(adaptive *self, int64_t now_ns, uint32_t *at_once) {
    edoi_gate_future wait;
    edoi_trail_kept kept = edoi_trail_keep();
    edo_deadline d;
    edo_deadline_begin(&d, self->opts.wait_max);
    int err = edo_deadline_end(&d, edo_await(edoi_gate_wait_init(&wait, &self->gate, now_ns)));
    if (err == 0) *at_once = UINT32_MAX; // all places are taken, however many there are
    if (err == -ETIMEDOUT) err = 0;      // by this limit: the caller's own deadline cancels
    return edoi_trail_kept_end(kept, err);
}

static EDOI_NOINLINE int adaptive_join_line(adaptive *self, uint32_t *at_once) {
    bool is_busy;
    int64_t now_ns = edo_now().ns;
    if (self->opts.wait_max.ns == 0) return 0;
    uint32_t waiting_n = edoi_gate_waiting(&self->gate, now_ns, &is_busy);
    if (waiting_n >= self->opts.waiters_max) return 0;
    return edoi_own_wait_ended(adaptive_wait(self, now_ns, at_once));
}

static int adaptive_ready(edo_service *base, edo_permit *permit) {
    adaptive *self = adaptive_of(base);
    uint32_t at_once = edoi_gate_try(&self->gate);
    int err = 0;
    if (EDOI_UNLIKELY(at_once == 0))
        err = permit->no_wait ? -EAGAIN : adaptive_join_line(self, &at_once);
    if (err < 0) return err;
    *edo_permit_word(permit, base) = at_once;
    if (EDOI_UNLIKELY(at_once == 0)) return 0;
    err = edo_service_ready(base->inner, permit);
    if (err < 0) edoi_gate_give(&self->gate);
    return err;
}

static void adaptive_release(edo_service *base, edo_permit *permit) {
    if (*edo_permit_word(permit, base) != 0) edoi_gate_give(&adaptive_of(base)->gate);
}

/* ---- Call ------------------------------------------------------------------------------------ */

/* Does the time of the call show the service's load? The time of a failure does not, unless it is
 * that the call took too long. */
static bool adaptive_measures(const adaptive *self, const void *request, const void *response,
                              int result) {
    const edo_adaptive_opts *o = &self->opts;
    if (result == -ETIMEDOUT) return true;
    if (result == -ECANCELED) return edo_deadline_left().ns == 0;
    return edoi_outcome_by(o->outcome, o->outcome_arg, request, response, result) ==
           EDO_CALL_SUCCEEDED;
}

static void adaptive_note(adaptive *self, edo_instant begun, uint32_t at_once) {
    edo_instant now = edo_now();
    int64_t took_ns = edo_instant_since(now, begun).ns;
    uint32_t limit = edoi_gradient_sample(&self->gradient, now.ns, took_ns, at_once);
    if (limit == 0) return;
    edoi_gate_resize(&self->gate, limit);
    edo_gauge_set(self->limit, limit);
}

static int adaptive_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    adaptive *self = adaptive_of(base);
    uint32_t at_once = (uint32_t)*edo_permit_word(permit, base);
    if (EDOI_UNLIKELY(at_once == 0)) {
        edo_counter_add(self->refused, 1);
        return edo_fail(-EDO_EOVERLOADED, "adaptive limit \"%s\": no place", self->opts.name);
    }
    edo_instant begun = edo_now();
    int result = edo_service_call(base->inner, permit, request, response);
    if (adaptive_measures(self, request, response, result)) adaptive_note(self, begun, at_once);
    edoi_gate_give(&self->gate);
    return result;
}

/* ---- Making ---------------------------------------------------------------------------------- */

static uint32_t adaptive_between(uint32_t least, uint32_t x, uint32_t most) {
    return x < least ? least : x > most ? most : x;
}

/* The options with their defaults; -EINVAL. */
static int adaptive_complete(edo_adaptive_opts *o) {
    if (o->limit_min == 0)
        o->limit_min = o->limit_max && o->limit_max < LEAST ? o->limit_max : LEAST;
    if (o->limit_max == 0) o->limit_max = o->limit_min > MOST ? o->limit_min : MOST;
    if (o->limit_min > o->limit_max || o->wait_max.ns < 0)
        return edo_fail(-EINVAL, "edo_adaptive_layer(): `limit_min`, `limit_max` or `wait_max`");
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)))
        return edo_fail(-EINVAL, "edo_adaptive_layer(): `reserved` must be 0");
    if (o->limit_start == 0) o->limit_start = START;
    o->limit_start = adaptive_between(o->limit_min, o->limit_start, o->limit_max);
    if (o->waiters_max == 0) o->waiters_max = WAITERS_MAX;
    if (!o->name) o->name = "unnamed";
    return 0;
}

static void adaptive_deinit(edo_service *base) {
    edoi_metrics_unref(adaptive_of(base)->opts.metrics);
}

static int adaptive_add_metrics(adaptive *self) {
    edo_metrics *m = self->opts.metrics;
    edoi_series_of of = { .metric = "edo.adaptive.limit",
                          .help = "Calls that may be under way.",
                          .labels = "adaptive",
                          .name = self->opts.name };
    edoi_metrics_ref(m);
    int err = edoi_series_gauge(&self->limit, m, &of);
    of.metric = "edo.adaptive.refused";
    of.help = "Calls refused.";
    if (err == 0) err = edoi_series_counter(&self->refused, m, &of);
    if (err == 0) edo_gauge_set(self->limit, self->opts.limit_start);
    return err;
}

static int adaptive_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_adaptive_layer",
                                         .ready = adaptive_ready,
                                         .call = adaptive_call,
                                         .release = adaptive_release,
                                         .deinit = adaptive_deinit };
    edo_adaptive_opts opts;
    edo_service *base = NULL;
    memcpy(&opts, &layer->opts, sizeof opts);
    int err = adaptive_complete(&opts);
    if (err == 0) err = edo_service_new(&base, sizeof(adaptive), &ops, inner);
    if (err < 0) return err;
    adaptive *self = adaptive_of(base);
    self->opts = opts;
    edoi_gradient_init(&self->gradient, opts.limit_start, opts.limit_min, opts.limit_max);
    edoi_gate_init(&self->gate, opts.limit_start, 0);
    if (opts.metrics) err = adaptive_add_metrics(self);
    if (err == 0) err = edoi_kind_by(base, (edoi_any_fn *)opts.outcome);
    return edoi_wrap_end(out, base, err);
}

edo_layer edo_adaptive_layer(const edo_adaptive_opts *opts) {
    return edo_layer_make(adaptive_wrap, opts, opts ? sizeof *opts : 0);
}
