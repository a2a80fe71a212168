/* SPDX-License-Identifier: MIT */
/* Goal: layers for routes do not get around a client's requests, nor those of a client around
 * routes, and no route leads to a service of other requests: each is refused, with both names.
 * Method: clients and routers that are made, and never used. */
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_refuses_layers_of_routes),
        cmocka_unit_test(a_client_takes_its_own_and_those_for_all),
        cmocka_unit_test(a_router_refuses_what_is_for_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
