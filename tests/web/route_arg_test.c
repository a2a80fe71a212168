/* SPDX-License-Identifier: MIT */
/* Goal: a route has an argument of its own, which ends once, with the router, whatever became of
 * that.
 * Method: routers that are served, nested, refused, and without memory. */
#include "fail_alloc.h"
#include "web_server.h"

typedef struct counted {
    const char *text;
    int frees;
} counted;

static void count_free(void *arg) {
    ((counted *)arg)->frees++;
}

static int says_arg(edo_web *w) {
    const counted *c = edo_web_route_arg(w);
    return edo_web_reply_text(w, EDO_STATUS_OK, c ? c->text : "none");
}

static int nested(void *arg) {
    counted a = { .text = "a" }, b = { .text = "b" };
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new(), *inner = edo_router_new();
    heard h;
    (void)arg;
    edo_router_add_with(inner, EDO_METHOD_BIT(EDO_METHOD_GET), "/x", says_arg, &a, count_free);
    edo_router_nest(r, "/in", inner);
    edo_router_add_with(r, EDO_METHODS_ANY, "/b", says_arg, &b, NULL);
    edo_router_get(r, "/none", says_arg);
    edo_router_fallback(r, says_arg);
    web_begin(&s, r);
    web_ask(&s, &h, "GET /in/x", NULL, NULL);
    CHECK_EQ(strcmp(web_body(&h), "a"), 0);
    web_ask(&s, &h, "POST /b", NULL, NULL);
    CHECK_EQ(strcmp(web_body(&h), "b"), 0);
    web_ask(&s, &h, "GET /none", NULL, NULL);
    CHECK_EQ(strcmp(web_body(&h), "none"), 0);
    web_ask(&s, &h, "GET /nowhere", NULL, NULL);
    CHECK_EQ(strcmp(web_body(&h), "none"), 0);
    CHECK_EQ(a.frees, 0);
    int result = web_end(&s);
    CHECK_EQ(a.frees, 1);
    CHECK_EQ(b.frees, 0);
    return result;
}

static void handler_gets_the_argument_of_its_route(void **state) {
    (void)state;
    assert_int_equal(inside(nested, NULL), 0);
}

static void argument_ends_once_whatever_became_of_the_route(void **state) {
    counted c = { .frees = 0 };
    (void)state;
    edo_router_add_with(NULL, EDO_METHODS_ANY, "/", says_arg, &c, count_free);
    assert_int_equal(c.frees, 1);
    edo_router *r = edo_router_new();
    edo_router_add_with(r, EDO_METHODS_ANY, "bad", says_arg, &c, count_free);
    assert_int_equal(c.frees, 1); // with the router
    edo_router_add_with(r, EDO_METHODS_ANY, "/", says_arg, &c, count_free);
    assert_int_equal(c.frees, 2); // at once: the router has failed
    edo_router_free(r);
    assert_int_equal(c.frees, 3);
    int wanted = 3, err = -ENOMEM;
    for (int k = 1; err < 0; k++) {
        fail_alloc_in = k;
        r = edo_router_new();
        edo_router_add_with(r, EDO_METHODS_ANY, "/{name}", says_arg, &c, count_free);
        err = edo_router_build(r);
        fail_alloc_in = 0;
        edo_router_free(r);
        assert_int_equal(c.frees, ++wanted);
    }
    assert_int_equal(err, 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handler_gets_the_argument_of_its_route),
        cmocka_unit_test(argument_ends_once_whatever_became_of_the_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
