/* SPDX-License-Identifier: MIT */
/* Goal: layers for routes do not get around a client's requests, nor those of a client around
 * routes, and no route leads to a service of other requests: each is refused, with both names. A
 * layer is for the requests that its functions look into, if those are edo's.
 * Method: clients and routers that are made, and never used. */
#include <edo/adaptive.h>
#include <edo/balance.h>
#include <edo/breaker.h>
#include <edo/chaos.h>
#include <edo/discover.h>
#include <edo/fallback.h>
#include <edo/hedge_layer.h>
#include <edo/http_client.h>
#include <edo/http_coalesce.h>
#include <edo/layers.h>
#include <edo/web.h>
#include <edo/web_compress.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_limits.h>
#include <edo/web_log.h>
#include <edo/web_proxy.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

static int says_ok(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "ok");
}

static int goes_on(void *arg, edo_next *next, void *request, void *response) {
    (void)arg;
    return edo_layer_next(next, request, response);
}

static int goes_on_in_routes(edo_web *w, edo_next *next) {
    return edo_layer_next(next, w, w);
}

static bool names_both(int err) {
    char why[400];
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    return strstr(why, "edo_web") && strstr(why, "edo_http_request");
}

static void a_client_refuses_layers_of_routes(void **state) {
    (void)state;
    const edo_layer layers[] = { edo_access_log_layer(NULL), edo_trace_layer(),
                                 edo_request_id_layer(NULL), edo_web_around(goes_on_in_routes),
                                 edo_compress_layer(NULL),   edo_body_limit_layer(10) };
    const edo_layer inside[] = { { .wrap = NULL },
                                 edo_timeout_layer(edo_s(1)),
                                 edo_layer_from_fn(goes_on, NULL) };
    for (size_t i = 0; i < EDO_COUNT(layers) * EDO_COUNT(inside); i++) {
        edo_http_client *c;
        edo_stack stack;
        edo_stack_init(&stack);
        edo_stack_push(&stack, layers[i / EDO_COUNT(inside)]);
        edo_stack_push(&stack, inside[i % EDO_COUNT(inside)]);
        int err = edo_http_client_new(&c, &(edo_http_client_opts){ .layers = &stack });
        edo_stack_deinit(&stack);
        assert_int_equal(err, -EINVAL);
        assert_true(names_both(err));
    }
}

static edo_http_client *client_with(edo_layer layer) {
    edo_http_client *c;
    edo_stack stack;
    edo_stack_init(&stack);
    edo_stack_push(&stack, layer);
    assert_int_equal(edo_http_client_new(&c, &(edo_http_client_opts){ .layers = &stack }), 0);
    edo_stack_deinit(&stack);
    return c;
}

static void a_client_takes_its_own_and_those_for_all(void **state) {
    (void)state;
    edo_http_client_unref(client_with(edo_http_coalesce_layer(NULL)));
    edo_http_client_unref(client_with(edo_concurrency_layer(1)));
    edo_http_client_unref(client_with(edo_layer_from_fn(goes_on, NULL)));
}

/* Ends the router. */
static void expect_refused(edo_router *r) {
    int err = edo_router_build(r);
    assert_int_equal(err, -EINVAL);
    assert_true(names_both(err));
    edo_router_free(r);
}

static void a_router_refuses_what_is_for_clients(void **state) {
    edo_http_client *c;
    edo_service *svc, *routes;
    (void)state;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_ok);
    edo_router_wrap(r, edo_http_coalesce_layer(NULL));
    expect_refused(r);

    assert_int_equal(edo_http_client_new(&c, NULL), 0);
    assert_int_equal(edo_http_client_service(&svc, c, "http://shop.example"), 0);
    r = edo_router_new();
    edo_router_service(r, "/shop", svc); // takes it
    expect_refused(r);

    // and a proxy refuses what is for routes
    assert_int_equal(edo_http_client_service(&svc, c, "http://shop.example"), 0);
    edo_layer layer = edo_layer_from_fn(goes_on, NULL);
    assert_int_equal(edo_layer_wrap(&svc, &layer, svc), 0);
    layer = edo_access_log_layer(NULL);
    assert_int_equal(edo_layer_wrap(&routes, &layer, svc), 0); // the function might make others
    r = edo_router_new();
    edo_proxy_routes(r, "/shop", routes, NULL);
    expect_refused(r);
    edo_service_unref(routes);
    edo_http_client_unref(c);
}

/* ---- Layers with functions ------------------------------------------------------------------- */

static int gives_another(void *arg, void *request, void *response, int result) {
    (void)arg, (void)request, (void)response;
    return result;
}

static const edo_retry_policy_ops frees_responses = { .reset = edo_http_fallback_reset };

typedef enum with_function {
    BREAKER,
    ADAPTIVE,
    FALLBACK_OUTCOME,
    FALLBACK_RESET,
    FALLBACK_TELL,
    CHAOS,
    HEDGE,
    RETRY,
    OF_CLIENTS, /* how many of those there are */
} with_function;

/* A layer that has a function for clients. */
static edo_layer layer_of_clients(with_function which, edo_breaker *b) {
    edo_fallback_opts fallback = { .fn = gives_another };
    switch (which) {
    case BREAKER: return edo_breaker_layer(b);
    case ADAPTIVE: return edo_adaptive_layer(&(edo_adaptive_opts){ .outcome = edo_http_outcome });
    case FALLBACK_OUTCOME: fallback.outcome = edo_http_outcome; break;
    case FALLBACK_RESET: fallback.reset = edo_http_fallback_reset; break;
    case FALLBACK_TELL: fallback.tell = edo_http_fallback_tell; break;
    case CHAOS: return edo_chaos_layer(&(edo_chaos_opts){ .discard = edo_http_fallback_reset });
    case HEDGE:
        return edo_hedge_layer(&(edo_hedge_opts){ .response_bytes = sizeof(void *),
                                                  .discard = edo_http_fallback_reset });
    case RETRY:
    case OF_CLIENTS: return edo_retry_layer(&(edo_retry_layer_opts){ .policy = &frees_responses });
    }
    return edo_fallback_layer(&fallback);
}

static void a_layer_is_for_the_requests_that_its_function_looks_into(void **state) {
    edo_breaker *b;
    (void)state;
    assert_int_equal(edo_breaker_new(&b, &(edo_breaker_opts){ .outcome = edo_http_outcome }), 0);
    for (with_function i = 0; i < OF_CLIENTS; i++) {
        edo_http_client_unref(client_with(layer_of_clients(i, b)));
        edo_router *r = edo_router_new();
        edo_router_get(r, "/", says_ok);
        edo_router_wrap(r, layer_of_clients(i, b));
        expect_refused(r);
    }
    edo_breaker_unref(b);
}

static void what_holds_places_for_routes_holds_none_for_clients(void **state) {
    const edo_concurrency_opts at_once = { .calls_max = 1, .hold = edo_web_hold };
    edo_http_client *c;
    edo_stack stack;
    (void)state;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", says_ok);
    edo_router_wrap(r, edo_concurrency_layer_with(&at_once));
    assert_int_equal(edo_router_build(r), 0);
    edo_router_free(r);

    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_concurrency_layer_with(&at_once));
    int err = edo_http_client_new(&c, &(edo_http_client_opts){ .layers = &stack });
    edo_stack_deinit(&stack);
    assert_int_equal(err, -EINVAL);
    assert_true(names_both(err));
}

static int makes_none(void *arg, edo_service **svc, const void *target) {
    (void)arg, (void)svc, (void)target;
    return -ECONNREFUSED;
}

static int balance_of(edo_service **out, const char *kind) {
    const edo_balance_opts opts = { .hold = edo_web_hold, .request_kind = kind };
    return edo_balance_service_new(out, edo_discover_list(NULL, 0), makes_none, NULL, NULL, &opts);
}

static int balances_of_each_kind(void *arg) {
    edo_service *svc;
    (void)arg;
    int err = balance_of(&svc, "edo_http_request");
    CHECK_EQ(err, -EINVAL);
    CHECK(names_both(err));
    CHECK_EQ(balance_of(&svc, "edo_web"), 0);
    edo_service_unref(svc);
    CHECK_EQ(balance_of(&svc, NULL), 0);
    CHECK(strcmp(svc->kind, "edo_web") == 0);
    edo_service_unref(svc);
    return 0;
}

static void a_balance_is_for_the_requests_that_its_function_looks_into(void **state) {
    (void)state;
    assert_int_equal(inside(balances_of_each_kind, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_refuses_layers_of_routes),
        cmocka_unit_test(a_client_takes_its_own_and_those_for_all),
        cmocka_unit_test(a_router_refuses_what_is_for_clients),
        cmocka_unit_test(a_layer_is_for_the_requests_that_its_function_looks_into),
        cmocka_unit_test(what_holds_places_for_routes_holds_none_for_clients),
        cmocka_unit_test(a_balance_is_for_the_requests_that_its_function_looks_into),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
