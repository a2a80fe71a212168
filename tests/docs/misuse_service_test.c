/* SPDX-License-Identifier: MIT */
/* Goal: the texts of docs/book/misuse.md about services are printed when the contract of a service
 * is broken. Method: as misuse_test.c. */
#include <edo/cache.h>
#include <edo/edo.h>
#include <edo/pool.h>
#include <edo/retry_layer.h>
#include <edo/service.h>
#include <edo/steer.h>

#include <errno.h>

#include "breaches.h"

static int nothing(void *arg, void *request, void *response) {
    (void)arg, (void)request, (void)response;
    return 0;
}

static int calls_without_permit(void *arg) {
    edo_permit permit = EDO_PERMIT_INIT;
    edo_service *svc;
    int err = edo_service_from_fn(&svc, nothing, arg, NULL);
    if (err < 0) return err;
    err = edo_service_call(svc, &permit, NULL, NULL);
    edo_service_unref(svc);
    return err;
}

static int makes_ready_twice(void *arg) {
    edo_permit permit = EDO_PERMIT_INIT;
    edo_service *svc;
    int err = edo_service_from_fn(&svc, nothing, arg, NULL);
    if (err < 0) return err;
    err = edo_service_ready(svc, &permit);
    if (err == 0) err = edo_service_ready(svc, &permit);
    edo_service_unref(svc);
    return err;
}

static const edo_service_ops no_call = { .name = "none" };

static int makes_no_call(void *arg) {
    edo_service *svc = arg;
    int err = edo_service_new(&svc, sizeof(edo_service), &no_call, NULL);
    if (err == 0) edo_service_unref(svc);
    return err;
}

static int makes_half_a_service(void *arg) {
    edo_service *svc = arg;
    int err = edo_service_new(&svc, sizeof(edo_service) / 2, &no_call, NULL);
    if (err == 0) edo_service_unref(svc);
    return err;
}

static int has_long_options(void *arg) {
    char opts[EDO_LAYER_BYTES + 1] = { arg != NULL };
    edo_layer layer = edo_layer_make(NULL, opts, sizeof opts);
    return layer.failure;
}

static int ends_what_never_began(void *arg) {
    edo_retry_budget *b;
    (void)arg;
    int err =
        edo_retry_budget_new(&b, &(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_CONCURRENT });
    if (err < 0) return err;
    edo_retry_budget_deposit(b);
    edo_retry_budget_done(b, true, EDO_ATTEMPT_SUCCEEDED);
    edo_retry_budget_unref(b);
    return 0;
}

static int picks_too_far(void *arg, void *request, size_t n) {
    (void)arg, (void)request;
    return (int)n;
}

static int steers_into_nothing(void *arg) {
    edo_service *leaf, *svc;
    int err = edo_service_from_fn(&leaf, nothing, arg, NULL);
    if (err < 0) return err;
    err = edo_steer_new(&svc, &leaf, 1, picks_too_far, NULL);
    edo_service_unref(leaf);
    if (err < 0) return err;
    err = edo_service_oneshot(svc, NULL, NULL);
    edo_service_unref(svc);
    return err;
}

/* ---- Pools ----------------------------------------------------------------------------------- */

static int makes_object(void *arg, void **object) {
    *object = arg;
    return 0;
}

static void ends_object(void *arg, void *object) {
    (void)arg, (void)object;
}

static int makes_no_object(void *arg) {
    static const edo_pool_ops ops = { .make = makes_object, .end = ends_object };
    edo_pool *pool;
    edo_pool_lease lease;
    (void)arg;
    int err = edo_pool_new(&pool, &ops, NULL, NULL);
    if (err < 0) return err;
    err = edo_pool_get(pool, &lease);
    edo_pool_unref(pool);
    return err;
}

static int gives_back_what_it_never_got(void *arg) {
    edo_pool_lease lease = { .object = NULL };
    (void)arg;
    edo_pool_put(&lease);
    return 0;
}

static int leaves_no_place(void *arg) {
    static const edo_pool_ops ops = { .make = makes_object, .end = ends_object };
    edo_pool *pool;
    int err = edo_pool_new(&pool, &ops, arg, NULL);
    if (err < 0) return err;
    edo_pool_resize(pool, 0);
    edo_pool_unref(pool);
    return 0;
}

static int keeps_nothing(void *arg) {
    edo_cache *cache;
    int err = edo_cache_new(&cache, NULL);
    if (err < 0) return err;
    err = edo_cache_set(cache, EDO_STR("key"), arg);
    edo_cache_unref(cache);
    return err;
}

static const breach rows[] = {
    { "a call without a permit: edo_service_ready() of this service, with this permit, comes "
      "before each call",
      calls_without_permit },
    { "this permit is held already: edo_service_call() or edo_permit_release() comes before the "
      "next ready",
      makes_ready_twice },
    { "a service begins with an edo_service", makes_half_a_service },
    { "edo_service_ops has a call, and no reserved entry", makes_no_call },
    { "the options of a layer are longer than EDO_LAYER_BYTES: pass a pointer to them",
      has_long_options },
    { "an attempt ended that this budget has not seen begin: edo_retry_budget_deposit() or a "
      "withdrawal comes before each",
      ends_what_never_began },
    { "make of an edo_pool returned 0 without an object", makes_no_object },
    { "a lease of an edo_pool is given back twice, or was never got",
      gives_back_what_it_never_got },
    { "edo_pool_resize to 0", leaves_no_place },
    { "the value of an edo_cache is not NULL", keeps_nothing },
    { "edo_steer_fn picked a service that is not there", steers_into_nothing },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_service_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
