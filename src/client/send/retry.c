/* SPDX-License-Identifier: MIT */
/* client/send/retry.c: the attempts of a request.
 *
 *     deposit                       the budget knows of the request
 *     send -> result                one attempt, through the layers
 *     take                          what the caller wants of the response belongs to the attempt
 *     done(outcome)                 the budget knows how it ended
 *     decide                        safe, and worth it? The program has the last word
 *     withdraw                      the budget has the last but one
 *     pause -> send                 from the second line on
 *
 * inv. 1: a body that is a stream is sent by one attempt, unless that has read nothing of it, or
 *         all of what it has read is kept. */
#include "client/send/retry.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "base/error/trail.h"
#include "client/send/replay.h"
#include "client/send/send.h"
#include "client/send/sent.h"
#include "http/types/error_type.h"
#include "service/layers/retry_budget.h"
#include "time/attempts.h"

#include <edo/http_fields.h>
#include <edo/scope.h>

#include <errno.h>
#include <time.h>

#define AFTER_MAX_S 86400 /* of "Retry-After": beyond, it counts as a day */

/* ---- A decision ------------------------------------------------------------------------------ */

/* A request under way. */
typedef struct attempts {
    const edoi_retry_opts *opts;
    const edo_http_request *req;
    const edoi_take *take; /* borrowed; NULL: none */
    edoi_replay *replay;   /* of the body, owned; NULL: that is no stream, or is sent once */
    edoi_retry_account account;
    uint32_t made, most;
    bool is_sent;  /* a byte of the last attempt has left, as far as is known: a layer that makes a
                      request of its own does not tell */
    bool was_sent; /* one of any attempt */
    edo_method method; /* "" is GET */
    edo_backoff backoff;
} attempts;

static bool is_passing_status(edo_status status) {
    return status == 429 || (status >= 502 && status <= 504);
}

bool edoi_client_failure_passes(int err, bool is_unsent) {
    return err == -ECONNREFUSED || err == -ECONNRESET || err == -EDO_EEOF || err == -EPIPE ||
           err == -EDO_ECLOSED || err == -EAGAIN || err == -EHOSTUNREACH || err == -ENETUNREACH ||
           err == -EDO_ETRUNCATED || (is_unsent && err == -ETIMEDOUT);
}

/* Returns the pause that the server wants, if it says so; else `usual`. 0, or a date that is over,
 * is no wish for more requests at once: the clocks of two machines differ by seconds. */
static edo_duration pause_after(const edo_http_response *res, edo_duration usual) {
    edo_str text = edo_headers_get(&res->headers, EDO_HEADER_RETRY_AFTER);
    int64_t s;
    if (text.len == 0) return usual;
    if (edo_retry_after_parse(&s, text, (int64_t)time(NULL)) < 0 || s == 0) return usual;
    return edo_s(s < AFTER_MAX_S ? s : AFTER_MAX_S);
}

/* Is the whole body there for another attempt, whatever was read of it? */
static bool attempts_have_body(const attempts *a) {
    return !a->req->body || (a->replay && !a->replay->has_too_much);
}

/* Fills in how the last attempt ended. */
static void attempts_describe(attempts *a, edo_http_attempt *at, int err,
                              const edo_http_response *res) {
    bool is_repeatable = attempts_have_body(a) && edo_method_is_idempotent(a->method);
    bool is_unsent = !res && !a->is_sent;
    bool is_passing =
        res ? is_passing_status(res->status) : edoi_client_failure_passes(err, is_unsent);
    *at = (edo_http_attempt){ .n = a->made,
                              .request = a->req,
                              .response = res,
                              .err = err,
                              .is_unsent = is_unsent,
                              .is_worth_more = is_passing && (is_repeatable || is_unsent),
                              .pause = edo_backoff_next(&a->backoff) };
    if (res) at->pause = pause_after(res, at->pause);
}

static edo_attempt_outcome attempt_outcome(const edo_http_attempt *at, bool is_wanted) {
    if (is_wanted || at->is_worth_more) return EDO_ATTEMPT_FAILED;
    bool has_succeeded = at->response && at->response->status < 400;
    return has_succeeded ? EDO_ATTEMPT_SUCCEEDED : EDO_ATTEMPT_REFUSED;
}

/* Would the pause end after the deadline in force? Then it would be for nothing. */
static bool pause_is_too_long(edo_duration pause) {
    edo_duration left = edo_deadline_left();
    return left.ns >= 0 && pause.ns >= left.ns;
}

/* Returns whether another attempt follows, after `*pause`. */
static bool attempts_go_on(attempts *a, int err, const edo_http_response *res,
                           edo_duration *pause) {
    const edoi_retry_opts *r = a->opts;
    edo_http_attempt at;
    attempts_describe(a, &at, err, res);
    bool is_body_there = attempts_have_body(a) || at.is_unsent; // inv. 1
    bool is_wanted = a->made < a->most && err != -ECANCELED && is_body_there;
    if (is_wanted)
        is_wanted = r->ops && r->ops->decide ? r->ops->decide(r->arg, &at) : at.is_worth_more;
    EDO_INV("retry inv. 1", !is_wanted || attempts_have_body(a) || !a->is_sent);
    edoi_retry_account_done(&a->account, a->made > 1, attempt_outcome(&at, is_wanted));
    *pause = at.pause;
    if (!is_wanted || pause_is_too_long(at.pause)) return false;
    return edoi_retry_account_withdraw(&a->account);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int send_once(edo_http_client *c, edo_http_response **out, edo_http_request *asked) {
    return c->service ? edoi_sent_oneshot(c->service, asked, out) : edoi_client_send(c, asked, out);
}

static void try_tell(edo_span *s, edo_status status) {
    char text[EDOI_STATUS_TEXT];
    const edo_kv fields[] = { edoi_status_kv(status),
                              edoi_status_kv_error(text, status, EDO_STATUS_BAD_REQUEST) };
    edoi_span_record_all(s, fields, EDO_COUNT(fields));
}

/* Each is a span where several may be made. */
static int send_try(const attempts *a, edo_http_client *c, edo_http_response **out,
                    edo_http_request *asked) {
    edo_span_block span;
    edo_span *s = a->most <= 1 ? NULL
                               : edo_span_new(EDO_LEVEL_DEBUG, "retry", edo_span_current(),
                                              (EDO_KV("try", a->made + 1)), "try");
    if (!s) return send_once(c, out, asked);
    edo_span_begin(&span, s);
    int err = send_once(c, out, asked);
    if (err == 0) try_tell(s, (*out)->status);
    return edo_span_end(&span, err);
}

/* One limit holds for all attempts, and the body of the last. */
static edo_duration attempts_time_left(edo_duration limit, edo_instant begun) {
    if (limit.ns < 0 || limit.ns == EDO_FOREVER_NS) return edo_ns(-1);
    int64_t left_ns = limit.ns - edo_instant_since(edo_now(), begun).ns;
    return edo_ns(left_ns > 0 ? left_ns : 1);
}

/* Returns 0 or a negative code, with which the response is freed. */
static int attempts_take(const attempts *a, edo_http_response *res) {
    const edoi_take *t = a->take;
    if (!t || (res->status >= 400 && !t->any_status)) return 0;
    int err = t->fn(t->arg, res);
    if (err < 0) edo_http_response_free(res);
    return err;
}

static int attempts_run(attempts *a, edo_http_client *c, edo_http_response **out,
                        edo_duration limit, edoi_attempts *series) {
    edo_instant begun = edo_now();
    for (;;) {
        edo_duration pause;
        edo_http_request asked = *a->req;
        asked.timeout = attempts_time_left(limit, begun);
        edo_atomic_u32 told = EDOI_ATOMIC_INIT(0);
        asked.edoi_told = &told;
        if (a->replay) asked.body = &a->replay->stream;
        if (a->replay) (void)edoi_replay_again(a->replay); // else nothing was read since
        int err = send_try(a, c, out, &asked);
        a->made++;
        a->is_sent = edoi_sent_may_be(&told);
        a->was_sent |= a->is_sent;
        bool is_taken = err == 0 && !is_passing_status((*out)->status);
        if (is_taken) err = attempts_take(a, *out);
        if (!attempts_go_on(a, err, err < 0 ? NULL : *out, &pause))
            return err == 0 && !is_taken ? attempts_take(a, *out) : err;
        if (err < 0) {
            edo_trail_clear(); // this failure is not reported
        } else {
            edo_http_response_free(*out);
        }
        edoi_attempts_next(series);
        err = edo_sleep(pause);
        if (err < 0) edoi_retry_account_done(&a->account, true, EDO_ATTEMPT_REFUSED);
        if (err < 0) return err;
        (void)edoi_add_rlx_u64(&c->retries, 1); // relaxed: client.h
    }
}

/* A budget of the client's own knows only requests that may have another attempt. */
static int attempts_find_budget(attempts *a) {
    if (a->opts->own && a->most <= 1) return 0;
    return edoi_retry_opts_budget(a->opts, &a->account.budget, a->req->url);
}

static int attempts_keep_body(attempts *a) {
    if (!a->req->body || a->most <= 1) return 0;
    a->replay = edoi_replay_new(a->req->body, a->opts->body_max);
    return a->replay ? 0 : -ENOMEM;
}

/* A response may come while the body is still being sent. */
static void attempts_leave_body(attempts *a, edo_http_response *res) {
    if (a->replay) edoi_fetched_take_body(res, &a->replay->stream);
}

static edo_method attempts_method(const edo_http_request *req) {
    edo_method method = req->method;
    if (method != EDO_METHOD_OTHER) return method;
    if (req->method_name.len == 0) return EDO_METHOD_GET;
    return edo_method_parse(&method, req->method_name) < 0 ? EDO_METHOD_OTHER : method;
}

/* Is there but one attempt, whose end decides nothing? */
static bool attempts_are_one(const edo_http_client *c, const attempts *a) {
    return a->most <= 1 && !a->opts->budget && !a->take && !c->service;
}

int edoi_client_send_all(edo_http_client *c, edo_http_response **out, const edo_http_request *req,
                         const edoi_take *take, uint32_t *tried) {
    const edoi_retry_opts *r = &c->retry;
    *tried = 0;
    int err = edo_budget_consume();
    if (err < 0) return err;
    attempts a = { .opts = r,
                   .req = req,
                   .take = take,
                   .most = req->attempts > 0 ? req->attempts : r->attempts,
                   .method = attempts_method(req) };
    if (attempts_are_one(c, &a)) {
        *tried = 1;
        return edoi_client_send(c, req, out);
    }
    edo_duration limit = req->timeout.ns == 0 ? c->timeout : req->timeout;
    err = edo_backoff_init(&a.backoff, &r->backoff);
    if (err == 0) err = attempts_keep_body(&a);
    if (err == 0) err = attempts_find_budget(&a);
    if (err < 0) {
        attempts_leave_body(&a, NULL);
        return err;
    }
    edoi_attempts series;
    EDO_DEADLINE(all, limit.ns == EDO_FOREVER_NS ? edo_ns(-1) : limit);
    edoi_attempts_begin(&series);
    edoi_retry_account_open(&a.account, a.account.budget, &series);
    edoi_trail_kept kept = edoi_trail_keep();
    err = edoi_trail_kept_end(kept, attempts_run(&a, c, out, limit, &series));
    err = edo_deadline_end(&all, err);
    edoi_attempts_end(&series);
    edoi_sent_tell(req->edoi_told, a.was_sent);
    *tried = a.made;
    attempts_leave_body(&a, err < 0 ? NULL : *out);
    return err < 0 && a.made > 1 ? edo_fail(err, "after %u attempts", (unsigned)a.made) : err;
}

int edo_http_client_send(edo_http_client *c, edo_http_response **out, const edo_http_request *req) {
    uint32_t tried;
    return edoi_client_send_all(c, out, req, NULL, &tried);
}
