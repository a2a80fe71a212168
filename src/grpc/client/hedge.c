/* SPDX-License-Identifier: MIT */
/* grpc/client/hedge.c: attempts of a unary call side by side, by `hedgingPolicy` of the service
 * config (gRPC's A6).
 *
 *     1   |-------------------------x  cancelled
 *     2        |--------x              UNAVAILABLE, which is not fatal: the next one at once
 *     3                 |-------|      metadata: the call is this one
 *
 * Each is a call of its own, in a task of a scope; this task waits, sends the next one, and takes
 * the one that has the server's metadata, or a status that ends them all. The others are cancelled.
 *
 * inv. 1: of all attempts one is given to the caller, at most; the others are freed, when their
 *         tasks have ended. */
#include "grpc/client/client.h"

#include "base/assert.h"
#include "base/error/trail.h"
#include "runtime/spawn/span.h"

#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>

#define ATTEMPTS EDOI_GRPC_ATTEMPTS_MAX

typedef struct hedge_side {
    edoi_grpc_client_call *c;
    edo_str message;
    edoi_attempts *series; /* of all: so each goes elsewhere */
    edo_span *span;        /* of the attempt, which its task takes; NULL: none */
    edo_task *task;
    int result;   /* written by the task */
    bool is_seen; /* it is over, and `result` was looked at */
} hedge_side;

typedef struct hedge_sides {
    edo_grpc_channel *channel;
    edo_str path, message;
    const edo_grpc_call_opts *opts;
    const edoi_grpc_policy *policy;
    edo_scope scope;
    edoi_attempts series;
    hedge_side all[ATTEMPTS];
    uint32_t n;
    edo_instant begun_at, deadline; /* of the call */
    edo_instant next_at;            /* when one more is sent */
    bool no_more;                   /* none is */
    bool is_cut;                    /* this task was cancelled */
    hedge_side *chosen;             /* its result is the call's; NULL: not known yet */
    hedge_side *last;               /* that has failed last, with a status that is not fatal */
} hedge_sides;

bool edoi_grpc_client_is_hedged(const edo_grpc_channel *ch, edo_str path, edo_str message) {
    const edoi_grpc_policy *p = edoi_grpc_config_find(&ch->way->config, path);
    return p && p->hedges > 1 && message.len <= EDOI_GRPC_KEEP_MAX;
}

/* ---- Sending --------------------------------------------------------------------------------- */

static int hedge_main(void *arg) {
    hedge_side *a = arg;
    edo_span_block span;
    edo_span_begin(&span, a->span);
    edoi_attempts *before = edoi_attempts_enter(a->series);
    a->result = edo_grpc_send_bytes(&a->c->call, a->message);
    if (a->result == 0) a->result = edo_grpc_recv_metadata(&a->c->call);
    edoi_attempts_leave(a->series, before);
    return edo_span_end(&span, a->result);
}

/* Ends an attempt that was not sent. */
static void hedge_free(hedge_side *a) {
    edo_span_unref(a->span);
    edo_grpc_call_free(&a->c->call);
}

/* Makes the call of one more attempt. The time of all of them is that of the first one. */
static int hedge_new(hedge_sides *r, hedge_side *a) {
    edoi_grpc_client_call *c;
    edo_context_block in; // the request carries its step
    edo_span *span = edo_span_new(EDO_LEVEL_DEBUG, "hedge", edo_span_current(),
                                  (EDO_KV("try", r->n + 1)), "try");
    edoi_span_enter(&in, span);
    int err = edoi_grpc_client_new(&c, &edoi_grpc_server_stream_side, r->channel, r->path, r->opts);
    edoi_context_leave(&in);
    if (err < 0) {
        edo_span_unref(span);
        return err;
    }
    *a = (hedge_side){ .c = c, .message = r->message, .series = &r->series, .span = span };
    c->is_counted = false; // the one that is taken is
    if (r->n == 0)
        r->deadline = c->deadline;
    else
        err = edoi_grpc_client_set_previous(c, r->n);
    c->deadline = r->deadline;
    if (err < 0) hedge_free(a);
    return err;
}

static int hedge_send(hedge_sides *r) {
    hedge_side *a = &r->all[r->n];
    edo_retry_budget *budget = r->channel->way->config.budget;
    if (r->n > 0 && budget && !edo_retry_budget_withdraw(budget)) return -EAGAIN;
    int err = hedge_new(r, a);
    if (err < 0) return err;
    if (r->n > 0) edoi_attempts_next(&r->series);
    a->task = edo_scope_spawn_handle(&r->scope, hedge_main, a);
    if (!a->task) {
        hedge_free(a);
        return -ENOMEM;
    }
    r->n++;
    r->next_at = edo_instant_add(edo_now(), r->policy->hedge_delay);
    return 0;
}

static bool hedge_may_send(const hedge_sides *r) {
    return !r->no_more && r->n < r->policy->hedges;
}

/* Sends what is due. Without memory, or if the budget allows no more, those that are there go on.
 * Returns 0, or why there is none at all. */
static int hedge_send_due(hedge_sides *r) {
    while (hedge_may_send(r) && edo_instant_since(r->next_at, edo_now()).ns <= 0) {
        int err = hedge_send(r);
        if (err < 0 && r->n == 0) return err;
        if (err < 0) r->no_more = true;
    }
    return 0;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* Waits until one is over, or the next one is due. False: none is under way, and none follows. */
static bool hedge_wait(hedge_sides *r) {
    edo_task_join_future waits[ATTEMPTS];
    edo_sleep_future due;
    edo_future *futures[ATTEMPTS + 1];
    size_t n = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->all[i].is_seen) continue;
        futures[n] = edo_task_wait_init(&waits[n], r->all[i].task);
        n++;
    }
    if (hedge_may_send(r)) {
        const edo_duration left = edo_instant_since(r->next_at, edo_now());
        futures[n++] = edo_sleep_init(&due, left.ns > 0 ? left : edo_ns(0));
    }
    if (n == 0) return false;
    r->is_cut = edo_select_array(futures, n, 0) == -ECANCELED;
    return true;
}

/* Does it end the call, whatever the others do? */
static bool hedge_is_fatal(const hedge_sides *r, const hedge_side *a) {
    const edoi_grpc_client_call *c = a->c;
    if (!c->is_over || edoi_grpc_client_is_late(c)) return true;
    return (r->policy->codes & 1u << c->call.status) == 0;
}

static void hedge_judge(hedge_sides *r, hedge_side *a) {
    if (a->result >= 0 || hedge_is_fatal(r, a)) {
        r->chosen = a;
        return;
    }
    const int64_t asked_ms = edoi_grpc_client_pushback_ms(a->c);
    edoi_grpc_client_tell_failed(a->c);
    r->last = a;
    r->next_at = edo_instant_add(edo_now(), edo_ms(asked_ms > 0 ? asked_ms : 0));
    if (asked_ms == -1) r->no_more = true;
}

/* Looks at those that are over, in the order in which they were sent. */
static void hedge_look(hedge_sides *r) {
    for (uint32_t i = 0; i < r->n && !r->chosen; i++) {
        hedge_side *a = &r->all[i];
        if (a->is_seen || !edo_task_is_finished(a->task)) continue;
        a->is_seen = true;
        hedge_judge(r, a);
    }
}

/* ---- A call ---------------------------------------------------------------------------------- */

static int hedge_go(hedge_sides *r) {
    int err = hedge_send_due(r);
    while (err == 0 && !r->chosen && hedge_wait(r) && !r->is_cut) {
        hedge_look(r);
        if (!r->chosen) err = hedge_send_due(r);
    }
    if (!r->chosen) r->chosen = r->last;
    if (!r->chosen && r->n > 0) r->chosen = &r->all[0]; // this task was cancelled
    return err;
}

/* Ends the others. */
static void hedge_end(hedge_sides *r) {
    for (uint32_t i = 0; i < r->n; i++)
        if (&r->all[i] != r->chosen) edo_task_cancel(r->all[i].task);
    int err = edo_scope_end(&r->scope, 0); // cancels all if this task is cut
    if (err < 0) edoi_trail_drop(err);     // of an attempt, be it the call's or not
    for (uint32_t i = 0; i < r->n; i++) {
        EDO_INV("hedge inv. 1", edo_task_is_finished(r->all[i].task));
        edo_task_unref(r->all[i].task);
        if (&r->all[i] != r->chosen) edo_grpc_call_free(&r->all[i].c->call);
    }
}

/* The result of the call, which is counted as one. */
static int hedge_result(hedge_sides *r, edoi_grpc_client_call **out) {
    edoi_grpc_client_call *c = r->chosen->c;
    c->is_counted = r->channel->way->counts.registry != NULL;
    c->begun_at = r->begun_at;
    *out = c;
    if (r->is_cut) return -ECANCELED;
    return c->is_over ? edoi_grpc_client_tell_end(c) : r->chosen->result;
}

int edoi_grpc_client_hedge(edoi_grpc_client_call **out, edo_grpc_channel *ch, edo_str path,
                           edo_str message, const edo_grpc_call_opts *opts) {
    hedge_sides r = { .channel = ch,
                      .path = path,
                      .message = message,
                      .opts = opts,
                      .policy = edoi_grpc_config_find(&ch->way->config, path),
                      .begun_at = edo_now() };
    r.next_at = r.begun_at;
    *out = NULL;
    edoi_attempts_begin(&r.series);
    edo_scope_begin(&r.scope, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    r.scope.is_race = true;
    int err = hedge_go(&r);
    hedge_end(&r);
    edoi_attempts_end(&r.series);
    return r.chosen ? hedge_result(&r, out) : err;
}
