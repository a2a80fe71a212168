/* SPDX-License-Identifier: MIT */
/* client/service/upstreams.c: the servers behind a gateway as one service.
 *
 *     upstreams     sends a request again to another server, where that is safe
 *     a balance     picks a server that is well
 *     an endpoint   of edo_http_client_make(), once it has passed the check
 */
#include <edo/http_upstreams.h>

#include "base/memory/alloc.h"
#include "base/opts.h"
#include "client/client.h"
#include "client/send/retry.h"
#include "client/send/sent.h"
#include "service/kind.h"
#include "time/attempts.h"

#include <edo/scope.h>

#include <errno.h>
#include <string.h>

#define ATTEMPTS      3u
#define FAILURES      5u
#define PAUSE_MAX     edo_s(5)
#define CHECK_TIMEOUT edo_s(2)

/* ---- One server ------------------------------------------------------------------------------ */

/* What all servers share: `arg` of the balance. */
typedef struct target {
    edo_http_client *client; /* a reference; NULL: the runtime's own */
    edo_duration check_timeout;
    char check[]; /* a path; no bytes: none */
} target;

/* A redirect is none of 2xx, and not followed: it would lead to another server. */
static int target_check(void *arg, edo_service *svc) {
    const target *t = arg;
    edo_http_request ask = { .target = edo_str_of(t->check), .attempts = 1, .as_is = true };
    edo_http_response *res = NULL;
    int err = edo_service_oneshot(svc, &ask, &res);
    if (err < 0) return err;
    const edo_status status = res->status;
    edo_http_response_free(res);
    if (edo_status_class(status) == EDO_STATUS_CLASS_SUCCESS) return 0;
    return edo_fail(-EDO_ESTATUS, "%s has the status %d", t->check, (int)status);
}

/* A server is reached once it is well: one that listens, and is not ready yet, gets no requests. */
static int target_make(void *arg, edo_service **svc, const void *to) {
    const target *t = arg;
    edo_service *made = NULL;
    int err = edo_http_client_make(t->client, &made, to);
    if (err == 0 && t->check[0]) {
        edo_deadline limit = edo_deadline_begin(t->check_timeout);
        err = edo_deadline_end(&limit, target_check(arg, made));
    }
    if (err < 0)
        edo_service_unref(made);
    else
        *svc = made;
    return err;
}

static void target_drop(void *arg) {
    target *t = arg;
    edo_http_client_unref(t->client);
    edoi_free(t);
}

static int target_new(target **out, const edo_http_upstreams_opts *opts) {
    const char *check = opts->check ? opts->check : "";
    const size_t bytes = strlen(check) + 1;
    if (opts->check && check[0] != '/')
        return edo_fail(-EINVAL, "the check \"%.*s\" is no path", 256, check);
    target *t = edoi_alloc(sizeof *t + bytes);
    if (!t) return -ENOMEM;
    t->client = opts->client ? edo_http_client_ref(opts->client) : NULL;
    t->check_timeout = opts->balance.check_timeout;
    if (t->check_timeout.ns == 0) t->check_timeout = CHECK_TIMEOUT;
    memcpy(t->check, check, bytes);
    *out = t;
    return 0;
}

edo_call_outcome edo_http_upstreams_outcome(void *arg, const void *request, const void *response,
                                            int result) {
    const edo_http_response *const *at = response;
    (void)arg, (void)request;
    if (result < 0 || !at || !*at) return edo_outcome_of(result);
    const edo_status status = (*at)->status;
    const bool is_of_request = status == EDO_STATUS_NOT_IMPLEMENTED ||
                               status == EDO_STATUS_VERSION_NOT_SUPPORTED ||
                               status == EDO_STATUS_LOOP_DETECTED;
    const bool is_failure = edo_status_class(status) == EDO_STATUS_CLASS_SERVER_ERROR;
    return is_failure && !is_of_request ? EDO_CALL_FAILED : EDO_CALL_SUCCEEDED;
}

EDOI_KIND_OF(edo_http_upstreams_outcome, EDOI_CLIENT_KIND);

/* ---- All of them ----------------------------------------------------------------------------- */

typedef struct upstreams {
    edo_service base;         /* its inner one is that of the balance */
    edo_retry_budget *budget; /* of requests that have left; a reference */
    uint32_t attempts;
} upstreams;

static upstreams *upstreams_of(edo_service *base) {
    return (upstreams *)(void *)base;
}

/* How an attempt has left a request. */
typedef enum part_left {
    LEFT_NOBODY,  /* no server was picked */
    LEFT_NOTHING, /* nothing of it has left */
    LEFT_SOME,
} part_left;

static part_left left_by(const edo_atomic_u32 *told) {
    if (edoi_load_rlx_u32(told) == 0) return LEFT_NOBODY; // relaxed: this task has made the call
    return edoi_sent_may_be(told) ? LEFT_SOME : LEFT_NOTHING;
}

/* May it be sent to another server? A body that is a stream is for who has it to send again. */
static bool attempt_may_follow(const edo_http_request *req, part_left left, int err) {
    const bool is_get = req->method == EDO_METHOD_OTHER && req->method_name.len == 0;
    const bool may_repeat = is_get || edo_method_is_idempotent(req->method);
    if (left == LEFT_NOBODY || req->body) return false;
    return (left == LEFT_NOTHING || may_repeat) &&
           edoi_client_failure_passes(err, left == LEFT_NOTHING);
}

/* One limit holds for all attempts together; false: it has passed. */
static bool limit_attempt(edo_http_request *now, edo_duration limit, edo_instant began) {
    if (limit.ns <= 0) return true;
    now->timeout.ns = limit.ns - edo_instant_since(edo_now(), began).ns;
    return now->timeout.ns > 0;
}

/* Makes ready for another attempt. Returns 0 or -ECANCELED. */
static int upstreams_again(const upstreams *self, edo_permit *permit, edoi_attempts *series) {
    edo_trail_clear(); // of the failure that is made up for
    edoi_attempts_next(series);
    return edo_service_ready(self->base.inner, permit);
}

/* What has not left costs a server nothing, so the budget is for the rest. */
static int upstreams_send(const upstreams *self, edo_permit *permit, const edo_http_request *req,
                          void *response, edoi_attempts *series) {
    const edo_instant began = edo_now();
    edo_http_request now = *req;
    bool is_withdrawn = false;
    edo_retry_budget_deposit(self->budget);
    for (uint32_t n = 1;; n++) {
        edo_atomic_u32 told = EDOI_ATOMIC_INIT(0);
        now.edoi_told = &told;
        int err = edo_service_call(self->base.inner, permit, &now, response);
        const part_left left = err < 0 ? left_by(&told) : LEFT_SOME;
        edoi_sent_tell(req->edoi_told, left == LEFT_SOME);
        if (n == 1 || is_withdrawn)
            edo_retry_budget_done(self->budget, is_withdrawn,
                                  err < 0 ? EDO_ATTEMPT_FAILED : EDO_ATTEMPT_SUCCEEDED);
        if (err >= 0 || n >= self->attempts || !attempt_may_follow(req, left, err)) return err;
        if (!limit_attempt(&now, req->timeout, began)) return err;
        is_withdrawn = left == LEFT_SOME;
        if (is_withdrawn && !edo_retry_budget_withdraw(self->budget)) return err;
        err = upstreams_again(self, permit, series);
        if (err < 0 && is_withdrawn) edo_retry_budget_done(self->budget, true, EDO_ATTEMPT_REFUSED);
        if (err < 0) return err;
    }
}

static int upstreams_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    edoi_attempts series;
    edoi_attempts_begin(&series);
    int err = upstreams_send(upstreams_of(base), permit, request, response, &series);
    edoi_attempts_end(&series);
    return err;
}

static void upstreams_deinit(edo_service *base) {
    edo_retry_budget_unref(upstreams_of(base)->budget);
}

/* ---- Making ---------------------------------------------------------------------------------- */

static bool outlier_is_set(const edo_outlier_opts *o) {
    return o->failures > 0 || o->deviations > 0 || o->failure_share > 0;
}

static edo_balance_opts balance_opts_of(const edo_http_upstreams_opts *opts, target *t) {
    edo_balance_opts o = opts->balance;
    if (!outlier_is_set(&o.outlier) && o.kind != EDO_BALANCE_PICK_FIRST)
        o.outlier.failures = FAILURES;
    if (o.pause_max.ns == 0) o.pause_max = PAUSE_MAX;
    if (!o.hold) o.hold = edo_http_hold;
    if (!o.outcome) o.outcome = edo_http_upstreams_outcome;
    if (opts->check) o.check = target_check, o.check_arg = t;
    o.fail_fast = !opts->waits;
    o.request_kind = EDOI_CLIENT_KIND;
    return o;
}

/* The balance, with what it needs. Takes `source`. */
static int spread_new(edo_service **out, edo_seq *source, const edo_http_upstreams_opts *opts) {
    target *t = NULL;
    bool is_good = edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved));
    int err = is_good ? target_new(&t, opts) : -EINVAL;
    if (err < 0) {
        edo_seq_free(source);
        return err;
    }
    const edo_balance_opts o = balance_opts_of(opts, t);
    err = edo_balance_service_new(out, source, target_make, t, target_drop, &o);
    if (err < 0) target_drop(t);
    return err;
}

/* Takes `spread` on success. */
static int upstreams_new(edo_service **out, edo_service *spread, uint32_t attempts) {
    static const edo_service_ops ops = { .name = "edo_http_upstreams",
                                         .call = upstreams_call,
                                         .deinit = upstreams_deinit,
                                         .kind = EDOI_CLIENT_KIND };
    edo_retry_budget *budget;
    int err = edo_retry_budget_new(&budget, NULL);
    if (err < 0) return err;
    err = edo_service_new(out, sizeof(upstreams), &ops, spread);
    if (err < 0) {
        edo_retry_budget_unref(budget);
        return err;
    }
    upstreams_of(*out)->budget = budget;
    upstreams_of(*out)->attempts = attempts > 0 ? attempts : ATTEMPTS;
    return 0;
}

int edo_http_upstreams_new(edo_service **out, edo_seq *source,
                           const edo_http_upstreams_opts *opts) {
    static const edo_http_upstreams_opts defaults = { .client = NULL };
    edo_service *spread, *self;
    if (!opts) opts = &defaults;
    int err = spread_new(&spread, source, opts);
    if (err < 0) return err;
    err = upstreams_new(&self, spread, opts->attempts);
    if (err < 0)
        edo_service_unref(spread);
    else
        *out = self;
    return err;
}
