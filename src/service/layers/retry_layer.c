/* SPDX-License-Identifier: MIT */
/* service/layers/retry_layer.c: calls the inner service until the policy is content.
 *
 * One call, with the request that each attempt sends:
 *
 *     copy = clone(request)           (not if this is the last attempt)
 *     call(request)                   the first attempt has the caller's permit
 *     decide(copy) -> stop            the copy is dropped
 *                  -> again           reset(response), pause, ready; request = copy; from the top
 *
 * inv. 1: an attempt whose request has no copy is the last.
 * inv. 2: each copy is dropped once: when the attempt that sent it is over, or if it is never
 *         sent. */
#include "base/assert.h"
#include <edo/retry_layer.h>

#include "base/error/trail.h"
#include "base/opts.h"
#include "service/kind.h"
#include "service/layers/retry_budget.h"
#include "service/wrap.h"
#include "time/attempts.h"
#include "time/pause.h"

#include <errno.h>
#include <string.h>

#define ATTEMPTS 3 // of a call, without an option

typedef struct retry {
    edo_service base;
    edo_retry_layer_opts opts;
} retry;

/* One call. */
typedef struct retry_run {
    const retry *self;
    const edo_retry_policy_ops *policy;
    void *own;           /* the copy that the next attempt sends; NULL: the caller's request */
    void *next;          /* that the attempt after it would send */
    bool is_last;        /* no attempt follows the one that was begun: inv. 1 */
    edo_backoff backoff; /* from the first pause on */
    edo_retry_attempt attempt;
    edoi_attempts *series;
    edoi_retry_account account;
} retry_run;

static void drop_copy(const retry_run *r, void **copy) {
    if (*copy && r->policy->clone && r->policy->drop) r->policy->drop(r->self->opts.ctx, *copy);
    *copy = NULL;
}

/* Sets `next`: a copy, or without `clone` the request itself, which may be NULL. */
static int make_next(retry_run *r, void *request) {
    r->is_last = r->attempt.n >= r->self->opts.attempts;
    if (r->is_last) return 0;
    r->next = request;
    if (!r->policy->clone) return 0;
    r->next = NULL;
    int err = r->policy->clone(r->self->opts.ctx, &r->next, request);
    r->is_last = err < 0 || !r->next;
    return err;
}

static void next_pause(retry_run *r) {
    // cannot fail: the build has tried it
    if (r->attempt.n == 1) (void)edo_backoff_init(&r->backoff, &r->self->opts.backoff);
    r->attempt.pause = edo_backoff_next(&r->backoff);
}

/* Is another attempt possible, and wanted? */
static bool retry_run_decide(retry_run *r) {
    int result = r->attempt.result;
    if (r->is_last || result == -ECANCELED) return false; // inv. 1
    if (!r->policy->decide && (result >= 0 || result == -EDO_EMISUSE)) return false;
    next_pause(r);
    r->attempt.request = r->next;
    return !r->policy->decide || r->policy->decide(r->self->opts.ctx, &r->attempt);
}

/* After an attempt: does another one follow? */
static bool retry_run_goes_on(retry_run *r) {
    bool wanted = retry_run_decide(r);
    int result = r->attempt.result;
    edo_attempt_outcome outcome = result >= 0 ? EDO_ATTEMPT_SUCCEEDED : EDO_ATTEMPT_REFUSED;
    bool is_unasked = r->is_last && result < 0 && result != -ECANCELED;
    if (wanted || is_unasked) outcome = EDO_ATTEMPT_FAILED;
    edoi_retry_account_done(&r->account, r->attempt.n > 1, outcome);
    if (!wanted || edoi_pause_is_too_long(r->attempt.pause)) return false;
    return edoi_retry_account_withdraw(&r->account);
}

/* One attempt is a span. */
static int attempt_send_on(const retry *self, uint32_t n, edo_permit *permit, void *request,
                           void *response) {
    edo_span *s =
        edo_span_new(EDO_LEVEL_DEBUG, "retry", edo_span_current(), (EDO_KV("try", n)), "try");
    return edoi_call_in(s, self->base.inner, permit, request, response);
}

static int attempt(retry_run *r, edo_permit *permit, void *request) {
    r->attempt.n++;
    int err = make_next(r, request);
    if (err < 0) return err;
    EDO_INV("retry_layer inv. 1", r->is_last || !r->policy->clone || r->next);
    return attempt_send_on(r->self, r->attempt.n, permit, request, r->attempt.response);
}

/* After the decision for another attempt: waits, and makes ready. */
static int retry_run_prepare(retry_run *r, edo_permit *permit) {
    if (r->policy->reset) r->policy->reset(r->self->opts.ctx, r->attempt.response);
    edoi_attempts_next(r->series);
    edoi_trail_drop(r->attempt.result); // of the failure that is made up for
    int err = edo_sleep(r->attempt.pause);
    if (err == 0) err = edo_service_ready(r->self->base.inner, permit);
    if (err < 0) edoi_retry_account_done(&r->account, true, EDO_ATTEMPT_REFUSED);
    return err;
}

static void retry_run_begin(retry_run *r, const retry *self, void *response,
                            edoi_attempts *series) {
    static const edo_retry_policy_ops none = { .clone = NULL };
    r->self = self;
    r->policy = self->opts.policy ? self->opts.policy : &none;
    r->series = series;
    r->own = r->next = NULL;
    r->account = (edoi_retry_account){ .budget = NULL };
    r->attempt = (edo_retry_attempt){ .response = response };
}

/* After the first attempt: the others, and the end. */
static int retry_run_go_on(retry_run *r, edo_permit *permit) {
    while (retry_run_goes_on(r)) {
        drop_copy(r, &r->own);
        EDO_INV("retry_layer inv. 2", !r->own);
        r->own = r->next;
        r->next = NULL;
        int err = retry_run_prepare(r, permit);
        r->attempt.result = err < 0 ? err : attempt(r, permit, r->own);
        if (err < 0) break;
    }
    drop_copy(r, &r->own);
    drop_copy(r, &r->next);
    if (r->policy->end) r->policy->end(r->self->opts.ctx, r->attempt.state);
    return r->attempt.result;
}

/* With neither policy nor budget a success needs nothing of a run. */
static EDOI_NOINLINE int go_on_plainly(const retry *self, edo_permit *permit, void *request,
                                       void *response, edoi_attempts *series, int result) {
    retry_run r;
    retry_run_begin(&r, self, response, series);
    r.attempt.n = 1;
    r.attempt.result = result;
    (void)make_next(&r, request); // makes no copy
    return retry_run_go_on(&r, permit);
}

static int retry_all(const retry *self, edo_permit *permit, void *request, void *response,
                     edoi_attempts *series) {
    if (!self->opts.policy && !self->opts.budget) {
        int result = attempt_send_on(self, 1, permit, request, response);
        if (EDOI_LIKELY(result >= 0)) return result;
        return go_on_plainly(self, permit, request, response, series, result);
    }
    retry_run r;
    retry_run_begin(&r, self, response, series);
    edoi_retry_account_open(&r.account, self->opts.budget, series);
    r.attempt.result = attempt(&r, permit, request);
    return retry_run_go_on(&r, permit);
}

static int retry_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    edoi_attempts series;
    edoi_attempts_begin(&series);
    int result = retry_all((const retry *)(const void *)base, permit, request, response, &series);
    edoi_attempts_end(&series);
    return result;
}

static void retry_deinit(edo_service *base) {
    edo_retry_budget_unref(((retry *)(void *)base)->opts.budget);
}

static int retry_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_retry_layer",
                                         .call = retry_call,
                                         .deinit = retry_deinit };
    edo_retry_layer_opts opts;
    edo_backoff probe;
    memcpy(&opts, &layer->opts, sizeof opts);
    if (!edoi_all_zero(opts.reserved, EDO_COUNT(opts.reserved))) return -EINVAL;
    int err = edo_backoff_init(&probe, &opts.backoff);
    if (err < 0) return err;
    edo_service *base;
    err = edo_service_new(&base, sizeof(retry), &ops, inner);
    if (err < 0) return err;
    if (opts.budget) edo_retry_budget_ref(opts.budget);
    if (opts.attempts == 0) opts.attempts = ATTEMPTS;
    ((retry *)(void *)base)->opts = opts;
    edoi_any_fn *reset = opts.policy ? (edoi_any_fn *)opts.policy->reset : NULL;
    return edoi_wrap_end(out, base, edoi_kind_by(base, reset));
}

edo_layer edo_retry_layer(const edo_retry_layer_opts *opts) {
    return edo_layer_make(retry_wrap, opts, opts ? sizeof *opts : 0);
}
