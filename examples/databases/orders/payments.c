/* SPDX-License-Identifier: MIT */
/* payments.c: see payments.h. */
#include "payments.h"

#include <edo/http_client.h>
#include <edo/layers.h>
#include <edo/retry_layer.h>
#include <edo/scope.h>

#include <stdio.h>

#define AT_ONCE 64

/* While the breaker is open another attempt would only be refused, too: the outbox comes back
 * later. */
static bool is_worth_another(void *ctx, edo_retry_attempt *attempt) {
    (void)ctx;
    return attempt->result < 0 && attempt->result != -EDO_ECIRCUITOPEN;
}

static const edo_retry_policy_ops policy = { .decide = is_worth_another };

int payments_open(payments *out, edo_service *partner) {
    edo_retry_budget *budget = NULL;
    edo_breaker *breaker = NULL;
    edo_stack around;
    edo_stack_init(&around);
    int err = edo_retry_budget_new(&budget, NULL); // a fifth more calls, at most
    if (err == 0)
        err = edo_breaker_new(&breaker, &(edo_breaker_opts){ .name = "payments",
                                                             .window_seconds = 10,
                                                             .calls_min = 20,
                                                             .open_for = edo_s(1),
                                                             .open_for_max = edo_s(4),
                                                             .trials = 3 });
    if (err == 0) {
        edo_stack_push(&around, edo_retry_layer(&(edo_retry_layer_opts){
                                    .policy = &policy,
                                    .budget = budget,
                                    .attempts = 4,
                                    .backoff = { .kind = EDO_BACKOFF_FULL,
                                                 .pause_min = edo_ms(50),
                                                 .pause_max = edo_s(1) } }));
        edo_stack_push(&around, edo_breaker_layer(breaker));
        edo_stack_push(&around, edo_concurrency_layer(AT_ONCE));
        edo_stack_push(&around, edo_timeout_layer(edo_s(1)));
        err = edo_stack_build(&partner, &around, partner); // takes the partner
    } else {
        edo_service_unref(partner);
    }
    if (err == 0)
        *out = (payments){ partner, breaker };
    else
        edo_breaker_unref(breaker);
    edo_retry_budget_unref(budget);
    edo_stack_deinit(&around);
    return err;
}

void payments_close(payments *p) {
    edo_service_unref(p->partner);
    edo_breaker_unref(p->breaker);
}

int payments_call(payments *p, payment *ask, payment_state *state, edo_duration limit) {
    EDO_DEADLINE(d, limit); // before the wait for a place, which it limits, too
    int err = edo_service_oneshot(p->partner, ask, state);
    return edo_deadline_end(&d, err);
}

typedef struct payment_text {
    int64_t amount;
    payment_state state;
} payment_text;
EDO_DESCRIBE(payment_text, EDO_FIELD(payment_text, amount, .optional = true),
             EDO_FIELD_OF(payment_text, state, payment_state_desc, .optional = true))

static int payment_send(void *base, void *request, void *response) {
    static const edo_method methods[] = { EDO_METHOD_PUT, EDO_METHOD_DELETE, EDO_METHOD_GET };
    const payment *ask = request;
    const payment_text text = { .amount = ask->amount };
    payment_text answer = { 0 };
    char url[256];
    (void)snprintf(url, sizeof url, "%s/payments/%s", (const char *)base, ask->key);
    edo_fetch_opts opts = { .method = methods[ask->verb] };
    if (ask->verb == PAYMENT_TAKE) opts.json = &text, opts.json_desc = &payment_text_desc;
    int err = edo_fetch_json(&answer, &payment_text_desc, edo_str_of(url), &opts);
    if (err == 0) *(payment_state *)response = answer.state;
    return err;
}

int payments_over_http(edo_service **out, const char *url) {
    return edo_service_from_fn(out, payment_send, (void *)(uintptr_t)url, NULL);
}
