/* SPDX-License-Identifier: MIT */
/* client/service/upstreams.c: the servers behind a gateway as one service.
 *
 *     upstreams     sends a request again to another server, where that is safe
 *     a balance     picks a server that is well
 *     an endpoint   of edo_http_client_make(), once it has passed the check
 */
#include <edo/http_upstreams.h>

#include "base/error/trail.h"
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
        EDO_DEADLINE(limit, t->check_timeout);
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

/* What a request has as its target, or each check would fail, and no server ever be well. Slashes
 * in front would be those of an authority, to the parser. */
static bool check_is_path(const char *check) {
    edo_uri uri;
    if (check[0] != '/') return false;
    while (check[1] == '/') check++;
    return edo_uri_parse(&uri, edo_str_of(check)) == 0 && !uri.fragment.ptr;
}

static int target_new(target **out, const edo_http_upstreams_opts *opts) {
    const char *check = opts->check ? opts->check : "";
    const size_t bytes = strlen(check) + 1;
    if (opts->check && !check_is_path(check))
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
    edo_duration timeout;     /* of requests that do not say; negative: none */
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

/* A request on its way. */
typedef struct forwarded {
    const upstreams *self;
    edo_permit *permit;
    const edo_http_request *req; /* the caller's */
    edo_http_request now;        /* as the next attempt has it */
    edo_duration limit;          /* of all waits and attempts; negative: none */
    edo_instant began;
    edoi_attempts series;
} forwarded;

static void forwarded_begin(forwarded *f, const upstreams *self, edo_permit *permit,
                            const edo_http_request *req) {
    *f = (forwarded){ .self = self, .permit = permit, .req = req, .now = *req, .began = edo_now() };
    f->limit = req->timeout.ns != 0 ? req->timeout : self->timeout;
    if (f->limit.ns == EDO_FOREVER_NS) f->limit.ns = -1;
    edoi_attempts_begin(&f->series);
}

/* What is left of the limit is for the next attempt; false: nothing. */
static bool forwarded_has_time(forwarded *f) {
    f->now.timeout = f->limit;
    if (f->limit.ns < 0) return true;
    f->now.timeout.ns -= edo_instant_since(edo_now(), f->began).ns;
    return f->now.timeout.ns > 0;
}

/* Waits for a server. Returns 0, -ETIMEDOUT or -ECANCELED. */
static int forwarded_await(forwarded *f) {
    if (!forwarded_has_time(f)) return -ETIMEDOUT;
    edo_deadline limit;
    edo_deadline_begin(&limit, f->now.timeout);
    int err = edo_deadline_end(&limit, edo_service_ready(f->self->base.inner, f->permit));
    return err == 0 && !forwarded_has_time(f) ? -ETIMEDOUT : err;
}

/* Makes ready for another attempt, as forwarded_await(). */
static int forwarded_again(forwarded *f) {
    edo_trail_clear(); // of the failure that is made up for
    edoi_attempts_next(&f->series);
    return forwarded_await(f);
}

/* Sends it to a server that was picked, and perhaps to others. What has not left costs a server
 * nothing, so the budget is for the rest. */
static int forwarded_send(forwarded *f, void *response) {
    const upstreams *self = f->self;
    bool is_withdrawn = false;
    edo_retry_budget_deposit(self->budget);
    for (uint32_t n = 1;; n++) {
        edo_atomic_u32 told = EDOI_ATOMIC_INIT(0);
        f->now.edoi_told = &told;
        int err = edo_service_call(self->base.inner, f->permit, &f->now, response);
        const part_left left = err < 0 ? left_by(&told) : LEFT_SOME;
        edoi_sent_tell(f->req->edoi_told, left == LEFT_SOME);
        if (n == 1 || is_withdrawn)
            edo_retry_budget_done(self->budget, is_withdrawn,
                                  err < 0 ? EDO_ATTEMPT_FAILED : EDO_ATTEMPT_SUCCEEDED);
        if (err >= 0 || n >= self->attempts || !attempt_may_follow(f->req, left, err)) return err;
        if (!forwarded_has_time(f)) return err;
        is_withdrawn = left == LEFT_SOME;
        if (is_withdrawn && !edo_retry_budget_withdraw(self->budget)) return err;
        err = forwarded_again(f);
        if (err < 0 && is_withdrawn) edo_retry_budget_done(self->budget, true, EDO_ATTEMPT_REFUSED);
        if (err < 0) return err;
    }
}

/* The wait for a server is within the limit of a request, which ready does not know: so where it
 * would wait the call does. The word of the permit is whether a server was picked. */
static int upstreams_ready(edo_service *base, edo_permit *permit) {
    int err = edo_service_try_ready(base->inner, permit);
    *edo_permit_word(permit, base) = err == 0;
    return err == -EAGAIN && !permit->no_wait ? 0 : err;
}

static int upstreams_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const edo_http_request *req = request;
    forwarded f;
    edoi_trail_kept kept = edoi_trail_keep();
    forwarded_begin(&f, upstreams_of(base), permit, req);
    int err = *edo_permit_word(permit, base) ? 0 : forwarded_await(&f);
    if (err < 0)
        edoi_sent_tell(req->edoi_told, false);
    else
        err = forwarded_send(&f, response);
    edoi_attempts_end(&f.series);
    return edoi_trail_kept_end(kept, err);
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
static int upstreams_new(edo_service **out, edo_service *spread,
                         const edo_http_upstreams_opts *opts) {
    static const edo_service_ops ops = { .name = "edo_http_upstreams",
                                         .ready = upstreams_ready,
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
    upstreams_of(*out)->timeout = opts->client ? opts->client->timeout : EDOI_CLIENT_TIMEOUT;
    upstreams_of(*out)->attempts = opts->attempts > 0 ? opts->attempts : ATTEMPTS;
    return 0;
}

int edo_http_upstreams_new(edo_service **out, edo_seq *source,
                           const edo_http_upstreams_opts *opts) {
    static const edo_http_upstreams_opts defaults = { .client = NULL };
    edo_service *spread, *self;
    if (!opts) opts = &defaults;
    int err = spread_new(&spread, source, opts);
    if (err < 0) return err;
    err = upstreams_new(&self, spread, opts);
    if (err < 0)
        edo_service_unref(spread);
    else
        *out = self;
    return err;
}
