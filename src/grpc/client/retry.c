/* SPDX-License-Identifier: MIT */
/* grpc/client/retry.c: a request that is sent again: one that the server has not looked at, at
 * once; one that has failed with a status that the service config names, after a pause.
 *
 * Calls are whose request was kept (keep.c), as long as the server's metadata have not come. */
#include "grpc/client/client.h"

#include <edo/error.h>
#include <edo/retry.h>
#include <edo/task.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Forgets how the last attempt has ended. */
static void client_forget(edoi_grpc_client_call *c) {
    edo_http_response *res = c->res;
    (void)pthread_mutex_lock(&c->lock);
    c->res = NULL;
    (void)pthread_mutex_unlock(&c->lock);
    edo_http_response_free(res);
    edo_balance_done(&c->lease, -EDO_ECLOSED); // unless the attempt has ended by itself
    edoi_attempts_next(&c->series);
    c->is_over = c->has_head = false;
    c->last = NULL;
    c->code = 0;
    c->call.status = EDO_GRPC_CANCELLED;
    c->call.message = (edo_str){ NULL, 0 };
    c->call.received = edoi_grpc_client_nothing();
    edo_trail_clear();
}

/* ---- What ends with the call ----------------------------------------------------------------- */

/* Names the token that edo_grpc_cancel() fires from now on; NULL: none. */
static void client_set_cut(edoi_grpc_client_call *c, edo_cancel_token *cut) {
    (void)pthread_mutex_lock(&c->lock);
    c->cut = cut;
    (void)pthread_mutex_unlock(&c->lock);
    if (cut && edoi_grpc_client_is_cut(c)) edo_cancel(cut, EDO_CANCEL_ASKED);
}

/* A part of another attempt, which has the turn. Returns 0 or a code. */
typedef int client_attempt_fn(edoi_grpc_client_call *c, edo_duration pause);

/* Waits for the turn, and makes an attempt. edo_grpc_cancel() ends that, whatever it waits for: a
 * connection may be long in coming. */
static int client_with_turn(edoi_grpc_client_call *c, client_attempt_fn *fn, edo_duration pause) {
    edo_cancel_token *cut;
    edo_cancel_block block;
    int err = edo_cancel_new(&cut);
    if (err < 0) return err;
    client_set_cut(c, cut);
    edo_cancel_begin(&block, cut);
    err = edoi_grpc_client_turn(c);
    if (err == 0) {
        err = fn(c, pause);
        edoi_grpc_client_turn_end(c);
    }
    err = edo_cancel_end(&block, err);
    client_set_cut(c, NULL);
    edo_cancel_unref(cut);
    return err == -ECANCELED ? edoi_grpc_client_end_broken(c, err) : err;
}

/* ---- Again ----------------------------------------------------------------------------------- */

int edoi_grpc_client_set_previous(edoi_grpc_client_call *c, uint32_t attempts) {
    char text[12];
    int n = snprintf(text, sizeof text, "%" PRIu32, attempts);
    return edo_headers_set_named(&c->fields, EDO_STR("grpc-previous-rpc-attempts"),
                                 (edo_str){ text, (size_t)n });
}

/* ---- A server that has not looked at it ------------------------------------------------------ */

bool edoi_grpc_client_may_resend(edoi_grpc_client_call *c, int err) {
    return err == -EDO_ECLOSED && !c->was_resent && !edoi_grpc_client_is_cut(c) &&
           edoi_grpc_client_has_all(c);
}

static int client_reopen(edoi_grpc_client_call *c, edo_duration none) {
    (void)none;
    return edoi_grpc_client_open_again(c);
}

static int client_resend(edoi_grpc_client_call *c, edo_duration none) {
    (void)none;
    c->was_resent = true;
    client_forget(c);
    return edoi_grpc_client_open_again(c);
}

int edoi_grpc_client_resend(edoi_grpc_client_call *c) {
    return client_with_turn(c, client_resend, edo_ns(0));
}

int edoi_grpc_client_reopen(edoi_grpc_client_call *c) {
    return client_with_turn(c, client_reopen, edo_ns(0));
}

/* ---- By the service config ------------------------------------------------------------------- */

static edo_retry_budget *client_budget(const edoi_grpc_client_call *c) {
    const edoi_grpc_policy *p = c->policy;
    return p && (p->attempts > 1 || p->hedges > 1) ? c->channel->way->config.budget : NULL;
}

static bool client_is_worth_more(const edoi_grpc_client_call *c) {
    return c->policy->codes & 1u << c->call.status;
}

/* Tells the budget, if there is one, of an attempt that has ended. Returns whether another one is
 * allowed. */
static bool client_tell_budget(edoi_grpc_client_call *c, bool may_go_on) {
    edo_retry_budget *b = client_budget(c);
    if (!b) return may_go_on;
    edo_attempt_outcome outcome = c->code == 0              ? EDO_ATTEMPT_SUCCEEDED
                                  : client_is_worth_more(c) ? EDO_ATTEMPT_FAILED
                                                            : EDO_ATTEMPT_REFUSED;
    edo_retry_budget_done(b, c->is_retry, outcome);
    c->is_told = true;
    return may_go_on && edo_retry_budget_withdraw(b);
}

void edoi_grpc_client_tell_failed(edoi_grpc_client_call *c) {
    edo_retry_budget *b = client_budget(c);
    if (!b || c->is_told) return;
    c->is_told = true;
    edo_retry_budget_done(b, c->is_retry, EDO_ATTEMPT_FAILED);
}

int64_t edoi_grpc_client_pushback_ms(const edoi_grpc_client_call *c) {
    const edo_headers *h = c->call.received;
    const edo_str text = edo_headers_get_named(h, EDO_STR("grpc-retry-pushback-ms"));
    int64_t ms = 0;
    if (!text.ptr) return -2;
    if (text.len == 0 || text.len > 9) return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return -1;
        ms = ms * 10 + (text.ptr[i] - '0');
    }
    return ms;
}

/* Grows by the multiplier, and is shortened or lengthened by up to a fifth. */
static edo_duration client_pause(const edoi_grpc_client_call *c) {
    double ns = (double)c->policy->pause.ns;
    for (uint32_t i = 1; i < c->attempts; i++) ns *= c->policy->multiplier;
    if (ns > (double)c->policy->pause_max.ns) ns = (double)c->policy->pause_max.ns;
    edo_backoff spread; // 0.8 of it, and up to the half of that
    const edo_backoff_opts opts = { .pause_min = edo_ns((int64_t)(0.8 * ns) + 1), .jitter = 0.5 };
    return edo_backoff_init(&spread, &opts) == 0 ? edo_backoff_next(&spread) : opts.pause_min;
}

/* Is another attempt wanted, and possible? `*pause` comes before it. */
static bool client_wants_retry(edoi_grpc_client_call *c, edo_duration *pause) {
    const edoi_grpc_policy *p = c->policy;
    const int64_t asked = edoi_grpc_client_pushback_ms(c);
    *pause = asked >= 0 ? edo_ms(asked) : client_pause(c);
    if (c->attempts >= p->attempts || !client_is_worth_more(c) || asked == -1) return false;
    if (!edoi_grpc_client_has_all(c) || edoi_grpc_client_is_cut(c)) return false;
    if (c->deadline.ns == EDO_FOREVER_NS) return true;
    return edo_instant_since(c->deadline, edo_now()).ns > pause->ns;
}

bool edoi_grpc_client_may_retry(edoi_grpc_client_call *c, edo_duration *pause) {
    if (!c->policy || c->policy->attempts < 2) return false;
    return client_tell_budget(c, client_wants_retry(c, pause));
}

static int client_try_again(edoi_grpc_client_call *c, edo_duration pause) {
    client_forget(c);
    c->is_retry = true;
    c->is_told = false;
    int err = edoi_grpc_client_set_previous(c, c->attempts);
    c->attempts++;
    if (err == 0) err = edo_sleep(pause);
    if (err == 0) err = edoi_grpc_client_try_begin(c);
    if (err < 0) return err;
    return edoi_grpc_client_open_again(c);
}

int edoi_grpc_client_retry(edoi_grpc_client_call *c, edo_duration pause) {
    c->is_over = c->has_head = false; // a wait for the turn that is cut short may be repeated
    return client_with_turn(c, client_try_again, pause);
}

void edoi_grpc_client_begin_budget(edoi_grpc_client_call *c) {
    edo_retry_budget *b = client_budget(c);
    c->attempts = 1;
    if (b) edo_retry_budget_deposit(b);
}

void edoi_grpc_client_end_budget(edoi_grpc_client_call *c) {
    edo_retry_budget *b = client_budget(c);
    if (!b || c->is_told || c->attempts == 0) return;
    c->is_told = true;
    bool is_good = c->is_over && c->code == 0;
    edo_retry_budget_done(b, c->is_retry, is_good ? EDO_ATTEMPT_SUCCEEDED : EDO_ATTEMPT_REFUSED);
}
