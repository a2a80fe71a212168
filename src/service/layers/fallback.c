/* SPDX-License-Identifier: MIT */
/* service/layers/fallback.c: another response where the service has none. It reserves nothing: the
 * second service is made ready when it is needed, with a permit of its own. */
#include <edo/fallback.h>

#include "base/error/trail.h"
#include "base/opts.h"
#include "service/kind.h"
#include "service/outcome.h"
#include "service/series.h"
#include "service/wrap.h"

#include <edo/task.h>

#include <errno.h>
#include <string.h>

typedef struct fallback {
    edo_service base;
    edo_fallback_opts opts;          /* const; `service` is owned */
    edo_counter *succeeded, *failed; /* NULL without metrics */
} fallback;

static bool result_is_refusal(int result) {
    return result == -EDO_ECIRCUITOPEN || result == -EDO_EOVERLOADED || result == -EDO_ERATELIMITED;
}

/* Is another response wanted? */
static bool fallback_is_wanted(const fallback *self, const void *request, const void *response,
                               int result) {
    const edo_fallback_opts *o = &self->opts;
    if (result == -ECANCELED) return false;
    if (result_is_refusal(result)) return true;
    return edoi_outcome_by(o->outcome, o->outcome_arg, request, response, result) ==
           EDO_CALL_FAILED;
}

static void fallback_reset(const fallback *self, void *response) {
    if (!self->opts.reset) return;
    edo_no_await_begin();
    self->opts.reset(self->opts.arg, response);
    edo_no_await_end();
}

static void fallback_tell(const fallback *self, void *request, void *response, int result) {
    if (!self->opts.tell) return;
    edo_no_await_begin();
    self->opts.tell(self->opts.arg, request, response, result);
    edo_no_await_end();
}

static void fallback_keep(const fallback *self, const void *request, const void *response,
                          int result) {
    if (!self->opts.keep) return;
    edo_no_await_begin();
    self->opts.keep(self->opts.arg, request, response, result);
    edo_no_await_end();
}

/* The other response; or a code. */
static int fallback_make(const fallback *self, void *request, void *response, int result) {
    const edo_fallback_opts *o = &self->opts;
    if (o->fn) {
        int made = o->fn(o->arg, request, response, result);
        if (made == -ECANCELED && result >= 0) fallback_reset(self, response);
        return made;
    }
    if (result >= 0) fallback_reset(self, response);
    return edo_service_oneshot(o->service, request, response);
}

/* The fallback has failed with `made`; returns the result of the call. */
static int fallback_give_up(const fallback *self, edoi_trail_kept kept, int result, int made) {
    bool is_gone = result >= 0 && self->opts.service; // what the call had returned
    if (made == -ECANCELED || is_gone) return edoi_trail_kept_end(kept, made);
    (void)edoi_trail_kept_end(kept, 0);
    if (result >= 0 || made == result) return result;
    return edo_fail(result, "its fallback: %s", edo_error_name(made));
}

static int fallback_use(const fallback *self, void *request, void *response, int result) {
    edoi_trail_kept kept = edoi_trail_keep();
    int made = fallback_make(self, request, response, result);
    if (made != -ECANCELED) edo_counter_add(made >= 0 ? self->succeeded : self->failed, 1);
    if (made < 0) return fallback_give_up(self, kept, result, made);
    (void)edoi_trail_kept_end(kept, made);
    edoi_trail_drop(result); // of a failure that is made up for
    fallback_tell(self, request, response, result);
    return made;
}

static int fallback_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const fallback *self = (const fallback *)(const void *)base;
    int result = edo_service_call(base->inner, permit, request, response);
    if (fallback_is_wanted(self, request, response, result))
        return fallback_use(self, request, response, result);
    if (result >= 0) fallback_keep(self, request, response, result);
    return result;
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void fallback_deinit(edo_service *base) {
    fallback *self = (fallback *)(void *)base;
    edo_service_unref(self->opts.service);
    edoi_metrics_unref(self->opts.metrics);
}

static int fallback_add_metrics(fallback *self) {
    edo_metrics *m = self->opts.metrics;
    edoi_series_of of = { .metric = "edo.fallback.calls",
                          .help = "Calls that got another response, or none.",
                          .labels = "fallback result",
                          .name = self->opts.name ? self->opts.name : "unnamed",
                          .value = "succeeded" };
    edoi_metrics_ref(m);
    int err = edoi_series_counter(&self->succeeded, m, &of);
    of.value = "failed";
    return err < 0 ? err : edoi_series_counter(&self->failed, m, &of);
}

static int fallback_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_fallback_layer",
                                         .call = fallback_call,
                                         .deinit = fallback_deinit };
    edo_fallback_opts opts;
    memcpy(&opts, &layer->opts, sizeof opts);
    if ((opts.service != NULL) == (opts.fn != NULL))
        return edo_fail(-EINVAL, "edo_fallback_layer(): set `service`, or `fn`");
    if (!edoi_all_zero(opts.reserved, EDO_COUNT(opts.reserved)))
        return edo_fail(-EINVAL, "edo_fallback_layer(): `reserved` must be 0");
    int err = opts.service ? edoi_kind_check("edo_fallback_layer()", inner->kind, opts.service) : 0;
    if (err < 0) return err;
    edo_service *base;
    err = edo_service_new(&base, sizeof(fallback), &ops, inner);
    if (err < 0) return err;
    fallback *self = (fallback *)(void *)base;
    self->opts = opts;
    if (opts.service) edo_service_ref(opts.service);
    if (opts.metrics) err = fallback_add_metrics(self);
    if (err == 0) err = edoi_kind_by(base, (edoi_any_fn *)opts.outcome);
    if (err == 0) err = edoi_kind_by(base, (edoi_any_fn *)opts.reset);
    if (err == 0) err = edoi_kind_by(base, (edoi_any_fn *)opts.tell);
    return edoi_wrap_end(out, base, err);
}

edo_layer edo_fallback_layer(const edo_fallback_opts *opts) {
    return edo_layer_make(fallback_wrap, opts, opts ? sizeof *opts : 0);
}
