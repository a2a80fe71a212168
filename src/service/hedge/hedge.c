/* SPDX-License-Identifier: MIT */
/* service/hedge/hedge.c: two attempts of a call, the second one late.
 *
 *     first   |---------------------------------x  cancelled
 *             | delay, or until it has failed |
 *     second                                  |------| wins
 *
 * A call that may have two attempts is a scope: each attempt is a task, and the caller's task
 * waits. So only the first attempt's task uses the caller's permit meanwhile.
 *
 * inv. 1: each copy of a request is dropped once, when both attempts are over.
 * inv. 2: if both attempts have a response, one response is discarded.
 * inv. 1 is not asserted: a test counts copies.
 * inv. 2 is not asserted: a test counts responses. */
#include "service/hedge/hedge.h"
#include "base/error/trail.h"
#include "base/memory/cache.h"
#include "base/opts.h"
#include "service/kind.h"
#include "service/layers/retry_budget.h"
#include "service/series.h"
#include "service/wrap.h"
#include "time/attempts.h"

#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

#define QUANTILE           0.95
#define POINTS_MIN         100u
#define PERIOD_S           10
#define RESPONSE_BYTES_MAX (1u << 20)

enum { FIRST, SECOND, ATTEMPTS_N };

/* ---- Attempts -------------------------------------------------------------------------------- */

typedef struct hedge_attempt {
    edo_service *inner;
    edo_permit *permit; /* held; NULL: it makes the service ready itself */
    void *request, *response;
    edoi_attempts *series; /* of both: so the second one goes elsewhere */
    edo_task *task;        /* NULL: it was not sent */
    int result;            /* written by the task */
    bool is_seen;          /* it is over, and `result` was looked at */
} hedge_attempt;

/* What the attempts of a call have in common. */
typedef struct hedge_common {
    edoi_attempts series;
    edoi_retry_account account;
    edo_duration delay; /* of the second one */
} hedge_common;

/* One call. */
typedef struct hedge_run {
    const edoi_hedge *self;
    edoi_retry_account *account;
    hedge_attempt attempts[ATTEMPTS_N];
    edo_scope scope;
    int winner;  /* the attempt that succeeded first; -1: none */
    int last;    /* the attempt that was seen to end last; -1: none */
    bool is_cut; /* this task is */
} hedge_run;

static int attempt_call(hedge_attempt *a) {
    if (a->permit) return edo_service_call(a->inner, a->permit, a->request, a->response);
    edo_permit own = EDO_PERMIT_INIT;
    int err = edo_service_ready(a->inner, &own);
    return err < 0 ? err : edo_service_call(a->inner, &own, a->request, a->response);
}

static int attempt_main(void *arg) {
    hedge_attempt *a = arg;
    edo_span_block span;
    edo_span_begin(&span, edo_span_new(EDO_LEVEL_DEBUG, "hedge", edo_span_current(),
                                       (EDO_KV("try", a->permit ? 1 : 2)), "try"));
    edoi_attempts *before = edoi_attempts_enter(a->series);
    a->result = attempt_call(a);
    edoi_attempts_leave(a->series, before);
    return edo_span_end(&span, a->result);
}

static bool attempt_send(hedge_run *r, int which) {
    hedge_attempt *a = &r->attempts[which];
    a->task = edo_scope_spawn_handle(&r->scope, attempt_main, a);
    return a->task != NULL;
}

/* Looks which attempts are over. */
static void run_look(hedge_run *r) {
    for (int i = 0; i < ATTEMPTS_N; i++) {
        hedge_attempt *a = &r->attempts[i];
        if (!a->task || a->is_seen || !edo_task_is_finished(a->task)) continue;
        a->is_seen = true;
        r->last = i;
        if (a->result >= 0 && r->winner < 0) r->winner = i;
    }
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* Waits until the first attempt is over, `delay` at most. */
static void run_wait_first(hedge_run *r, edo_duration delay) {
    edo_task_join_future wait;
    edo_timeout_future timeout;
    edo_future *f = edo_task_wait_init(&wait, r->attempts[FIRST].task);
    int err = edo_await(edo_timeout_init(&timeout, f, delay));
    run_look(r);
    r->is_cut = err == -ECANCELED && r->last < 0;
}

/* Waits until one more attempt is over; false: none is under way. */
static bool hedge_run_wait(hedge_run *r) {
    edo_task_join_future waits[ATTEMPTS_N];
    edo_future *futures[ATTEMPTS_N];
    size_t n = 0;
    for (int i = 0; i < ATTEMPTS_N; i++) {
        hedge_attempt *a = &r->attempts[i];
        if (!a->task || a->is_seen) continue;
        futures[n] = edo_task_wait_init(&waits[n], a->task);
        n++;
    }
    if (n == 0) return false;
    r->is_cut = edo_select_array(futures, n, 0) == -ECANCELED;
    run_look(r);
    return true;
}

/* ---- The second attempt ---------------------------------------------------------------------- */

/* May a second one be sent beside one that has ended so, or has not ended (0)? */
static bool run_may_send_second(const hedge_run *r, int result) {
    const edo_hedge_opts *o = &r->self->opts;
    if (!o->may) return result != -EDO_EMISUSE;
    edo_no_await_begin();
    bool may = o->may(o->ctx, r->attempts[SECOND].request, result);
    edo_no_await_end();
    return may;
}

/* The first one is slow, or has failed: is a second one to be sent? */
static bool run_wants_second(const hedge_run *r) {
    int result = r->last < 0 ? 0 : r->attempts[FIRST].result;
    if (r->is_cut || r->winner >= 0 || result == -ECANCELED) return false;
    bool may = run_may_send_second(r, result);
    if (!may || edoi_retry_account_withdraw(r->account)) return may;
    edo_counter_add(r->self->seconds[EDOI_HEDGE_REFUSED], 1);
    return false;
}

static edo_attempt_outcome hedge_outcome(int result) {
    if (result >= 0) return EDO_ATTEMPT_SUCCEEDED;
    return result == -ECANCELED || result == -EDO_EMISUSE ? EDO_ATTEMPT_REFUSED
                                                          : EDO_ATTEMPT_FAILED;
}

static void run_send_second(hedge_run *r) {
    if (!run_wants_second(r)) return;
    edoi_attempts_next(r->attempts[SECOND].series);
    bool is_sent = attempt_send(r, SECOND);
    if (!is_sent) edoi_retry_account_done(r->account, true, EDO_ATTEMPT_REFUSED);
}

/* ---- A call ---------------------------------------------------------------------------------- */

/* Counts a call that had two attempts; not if it was cut short. */
static void run_count(const hedge_run *r) {
    edoi_hedge_second second = r->winner == SECOND  ? EDOI_HEDGE_WON
                               : r->winner == FIRST ? EDOI_HEDGE_LOST
                                                    : EDOI_HEDGE_FAILED;
    if (r->attempts[SECOND].task && !r->is_cut) edo_counter_add(r->self->seconds[second], 1);
}

/* Gives back the response that lost. */
static void run_discard(const hedge_run *r) {
    if (!r->self->opts.discard) return;
    edo_no_await_begin();
    r->self->opts.discard(r->self->opts.ctx, r->attempts[!r->winner].response);
    edo_no_await_end();
}

/* Waits for the end of both, and settles who has won. */
static int run_end(hedge_run *r) {
    hedge_attempt *first = &r->attempts[FIRST], *second = &r->attempts[SECOND];
    for (int i = 0; i < ATTEMPTS_N; i++)
        if (r->winner >= 0 && i != r->winner) edo_task_cancel(r->attempts[i].task);
    int err = edo_scope_end(&r->scope, 0); // cancels them if this task is cut
    run_look(r);
    bool both = r->winner >= 0 && second->task && first->result >= 0 && second->result >= 0;
    if (both) run_discard(r);
    if (r->winner == SECOND)
        memcpy(first->response, second->response, r->self->opts.response_bytes);
    if (second->task) edoi_retry_account_done(r->account, true, hedge_outcome(second->result));
    run_count(r);
    edo_task_unref(first->task);
    edo_task_unref(second->task);
    int result = r->winner >= 0 ? r->attempts[r->winner].result
                 : r->is_cut    ? -ECANCELED
                                : r->attempts[r->last].result;
    if (err < 0 && err != result) edoi_trail_drop(err); // of a failure that is not the call's
    return result;
}

/* Makes a call of up to two attempts. Sets `*sent` to false if the first could not be a task. */
static int run_call(hedge_run *r, edo_duration delay, bool *sent) {
    edo_scope_begin(&r->scope, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    r->scope.is_race = true;
    *sent = attempt_send(r, FIRST);
    if (!*sent) {
        edoi_trail_drop(edo_scope_end(&r->scope, 0));
        return 0;
    }
    run_wait_first(r, delay);
    run_send_second(r);
    while (!r->is_cut && r->winner < 0 && hedge_run_wait(r)) continue;
    return run_end(r);
}

/* With what a second attempt needs: its request and memory for its response. */
static int hedge_twice(const edoi_hedge *self, edo_permit *permit, void *request, void *copy,
                       void *response, hedge_common *common) {
    void *own = edoi_cache_get(self->opts.response_bytes);
    hedge_run r = {
        .self = self,
        .account = &common->account,
        .attempts = { { .inner = self->base.inner,
                        .permit = permit,
                        .request = request,
                        .response = response,
                        .series = &common->series },
                      { .inner = self->base.inner,
                        .request = copy,
                        .response = own,
                        .series = &common->series } },
        .winner = -1,
        .last = -1,
    };
    bool sent = false;
    int result = 0;
    if (own) memcpy(own, response, self->opts.response_bytes);
    if (own) result = run_call(&r, common->delay, &sent);
    edoi_cache_put(own, self->opts.response_bytes);
    return sent ? result : edo_service_call(self->base.inner, permit, request, response);
}

/* Copies the request; without a copy there is one attempt. */
static int hedge_clone(const edoi_hedge *self, edo_permit *permit, void *request, void *response,
                       hedge_common *common) {
    const edo_retry_policy_ops *p = self->opts.policy;
    void *copy = request;
    if (!p || !p->clone) return hedge_twice(self, permit, request, copy, response, common);
    copy = NULL;
    int result = p->clone(self->opts.ctx, &copy, request);
    if (result < 0) return result;
    if (!copy) return edo_service_call(self->base.inner, permit, request, response);
    result = hedge_twice(self, permit, request, copy, response, common);
    if (p->drop) p->drop(self->opts.ctx, copy);
    return result;
}

static int hedge_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    edoi_hedge *self = (edoi_hedge *)(void *)base;
    edo_instant began = edo_now();
    hedge_common common = { .delay = { 0 } };
    int64_t *delay_ns = &common.delay.ns;
    bool is_known = edoi_latency_read(&self->latency, began.ns, delay_ns) >= self->opts.points_min;
    edoi_attempts_begin(&common.series);
    edoi_retry_account_open(&common.account, self->opts.budget, &common.series);
    int result = is_known ? hedge_clone(self, permit, request, response, &common)
                          : edo_service_call(base->inner, permit, request, response);
    edoi_retry_account_done(&common.account, false, hedge_outcome(result));
    edoi_attempts_end(&common.series);
    if (result < 0) return result;
    edo_instant ended = edo_now();
    edoi_latency_add(&self->latency, ended.ns, edo_instant_since(ended, began).ns);
    return result;
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void hedge_deinit(edo_service *base) {
    edoi_hedge *self = (edoi_hedge *)(void *)base;
    edoi_latency_deinit(&self->latency);
    edo_retry_budget_unref(self->opts.budget);
    edoi_metrics_unref(self->opts.metrics);
}

static int hedge_add_metrics(edoi_hedge *self) {
    static const char *const values[EDOI_HEDGE_SECONDS] = { "won", "lost", "failed", "refused" };
    edo_metrics *m = self->opts.metrics;
    edoi_series_of of = { .metric = "edo.hedge.calls",
                          .help =
                              "Calls with a second attempt, and those that should have had one.",
                          .labels = "hedge second",
                          .name = self->opts.name };
    int err = 0;
    edoi_metrics_ref(m);
    for (unsigned i = 0; i < EDOI_HEDGE_SECONDS && err == 0; i++) {
        of.value = values[i];
        err = edoi_series_counter(&self->seconds[i], m, &of);
    }
    return err;
}

/* The options with their defaults; -EINVAL. */
static int hedge_complete(edo_hedge_opts *o) {
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    if (o->response_bytes == 0 || o->response_bytes > RESPONSE_BYTES_MAX) return -EINVAL;
    if (o->quantile == 0) o->quantile = QUANTILE;
    if (!(o->quantile > 0 && o->quantile < 1)) return -EINVAL;
    if (o->points_min == 0) o->points_min = POINTS_MIN;
    if (o->period.ns == 0) o->period = edo_s(PERIOD_S);
    if (!o->name) o->name = "unnamed";
    return o->period.ns > 0 ? 0 : -EINVAL;
}

static int hedge_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_hedge_layer",
                                         .call = hedge_call,
                                         .deinit = hedge_deinit };
    edo_hedge_opts opts;
    edoi_latency latency;
    edo_service *base = NULL;
    memcpy(&opts, &layer->opts, sizeof opts);
    if (hedge_complete(&opts) < 0) return -EINVAL;
    int err = edoi_latency_init(&latency, opts.quantile, opts.period);
    if (err == 0) err = edo_service_new(&base, sizeof(edoi_hedge), &ops, inner);
    if (err < 0) {
        edoi_latency_deinit(&latency);
        return err;
    }
    edoi_hedge *self = (edoi_hedge *)(void *)base;
    if (opts.budget) edo_retry_budget_ref(opts.budget);
    self->opts = opts;
    self->latency = latency;
    if (opts.metrics) err = hedge_add_metrics(self);
    if (err == 0) err = edoi_kind_by(base, (edoi_any_fn *)opts.discard);
    return edoi_wrap_end(out, base, err);
}

edo_layer edo_hedge_layer(const edo_hedge_opts *opts) {
    return edo_layer_make(hedge_wrap, opts, opts ? sizeof *opts : 0);
}
