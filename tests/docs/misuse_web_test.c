/* SPDX-License-Identifier: MIT */
/* Goal: the texts of docs/book/misuse.md about HTTP and the web are printed when their contract is
 * broken. Method: as misuse_test.c. */
#include <edo/edo.h>
#include <edo/ext.h>
#include <edo/web_routes.h>

#include <errno.h>

#include "breaches.h"

static int sets_nothing(void *arg) {
    static const edo_ext_tag tag = { .name = "own" };
    edo_ext ext = { 0 };
    (void)arg;
    return edo_ext_set(&ext, &tag, NULL);
}

static int handler(edo_web *w) {
    (void)w;
    return 0;
}

static int around(edo_web *w, edo_next *next) {
    return edo_next_call(next, w);
}

static int adds_late(void *arg) {
    edo_router *r = edo_router_new();
    (void)arg;
    int err = edo_router_build(r);
    if (err == 0) edo_router_add(r, EDO_METHODS_ANY, "/", handler);
    edo_router_free(r);
    return err;
}

static int wraps_late(void *arg) {
    edo_router *r = edo_router_new();
    const edo_layer layer = edo_web_around(around);
    (void)arg;
    int err = edo_router_build(r);
    if (err == 0) edo_router_wrap_with(r, EDO_WRAP_SO_FAR, &layer, 1);
    edo_router_free(r);
    return err;
}

static int merges_late(void *arg) {
    edo_router *r = edo_router_new(), *other = edo_router_new();
    (void)arg;
    int err = edo_router_build(other);
    if (err == 0) edo_router_merge(r, other);
    edo_router_free(r);
    return err;
}

static int merges_twice(void *arg) {
    edo_router *r = edo_router_new(), *other = edo_router_new();
    (void)arg;
    edo_router_merge(r, other);
    edo_router_merge(r, other);
    int err = edo_router_build(r);
    edo_router_free(r);
    return err;
}

static int guards_taken(void *arg) {
    edo_router *r = edo_router_new(), *other = edo_router_new();
    (void)arg;
    edo_router_get(other, "/", handler);
    edo_router_merge(r, other);
    edo_router_guard(other, &(edo_route_guard){ .host = "a.example" });
    edo_router_free(r);
    return 0;
}

static int frees_taken(void *arg) {
    edo_router *r = edo_router_new(), *other = edo_router_new();
    (void)arg;
    edo_router_nest(r, "/in", other);
    edo_router_free(other);
    edo_router_free(r);
    return 0;
}

static const breach rows[] = {
    { "an extension has no value", sets_nothing },
    { "a router that is complete takes nothing more", adds_late },
    { "a router that is complete takes nothing more", wraps_late },
    { "a router that is complete takes nothing more", merges_late },
    { "a router that is in another one belongs to that", merges_twice },
    { "a router that is in another one belongs to that", guards_taken },
    { "a router that is in another one belongs to that", frees_taken },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_web_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
