/* SPDX-License-Identifier: MIT */
/* Goal: what pools, limits, breakers, caches and services return at once takes from the task's
 * budget and sees a limit. Method: support/at_once.h. */
#include <edo/balance.h>
#include <edo/breaker.h>
#include <edo/cache.h>
#include <edo/edo.h>
#include <edo/limiter.h>
#include <edo/pool.h>
#include <edo/retry.h>
#include <edo/service.h>

#include "at_once.h"

/* ---- Pools ----------------------------------------------------------------------------------- */

static edo_pool *pool;

static int make_nothing(void *arg, void **object) {
    *object = arg;
    return 0;
}

static void end_nothing(void *arg, void *object) {
    (void)arg;
    (void)object;
}

static void pool_begin(void) {
    static const edo_pool_ops ops = { .make = make_nothing, .end = end_nothing };
    CHECK_EQ(edo_pool_new(&pool, &ops, &pool, NULL), 0);
}

static void pool_begin_closed(void) {
    pool_begin();
    edo_pool_close(pool);
}

static void pool_end(void) {
    edo_pool_unref(pool);
}

static int pool_get(void) {
    edo_pool_lease lease;
    int err = edo_pool_get(pool, &lease);
    if (err == 0) edo_pool_put(&lease);
    return err;
}

static int look_at(edo_pool_lease *lease, void *arg) {
    (void)arg;
    return lease->object ? 0 : -EIO;
}

static int pool_run(void) {
    return edo_pool_run(pool, look_at, NULL);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static edo_limiter limiter;
static edo_keyed_limiter *keyed;

static void limiter_begin(void) {
    const edo_limiter_opts opts = { .num = UINT32_MAX, .per = EDO_S(1) };
    CHECK_EQ(edo_limiter_init(&limiter, &opts), 0);
}

static int limiter_wait(void) {
    return edo_limiter_wait(&limiter, 1, NULL);
}

static int limiter_refuses(void) {
    return edo_limiter_wait(&limiter, UINT64_MAX, NULL);
}

static void keyed_begin(void) {
    const edo_keyed_limiter_opts opts = { .limit = { .num = UINT32_MAX, .per = EDO_S(1) } };
    CHECK_EQ(edo_keyed_limiter_new(&keyed, &opts), 0);
}

static void keyed_end(void) {
    edo_keyed_limiter_free(keyed);
}

static int keyed_wait(void) {
    return edo_keyed_limiter_wait(keyed, EDO_STR("key"), 1, NULL);
}

static int keyed_refuses(void) {
    return edo_keyed_limiter_wait(keyed, EDO_STR("key"), UINT64_MAX, NULL);
}

/* ---- Breakers and retries -------------------------------------------------------------------- */

static edo_breaker *breaker;

static int succeed_at_once(void *arg) {
    (void)arg;
    return 0;
}

static void breaker_begin(void) {
    CHECK_EQ(edo_breaker_new(&breaker, NULL), 0);
}

static void breaker_begin_open(void) {
    breaker_begin();
    CHECK_EQ(edo_breaker_force(breaker, EDO_BREAKER_FORCED_OPEN), 0);
}

static void breaker_end(void) {
    edo_breaker_unref(breaker);
}

static int breaker_run(void) {
    return edo_breaker_run(breaker, succeed_at_once, NULL);
}

static int retry_run(void) {
    return edo_retry(succeed_at_once, NULL, NULL);
}

/* ---- Caches ---------------------------------------------------------------------------------- */

static edo_cache *cache;
static edo_flight *flight;

static int load(void **value, edo_str key, void *arg) {
    (void)key;
    (void)arg;
    *value = edo_rc_new(1, NULL);
    return *value ? 0 : -ENOMEM;
}

static int load_alone(void **value, void *arg) {
    return load(value, EDO_STR(""), arg);
}

static int load_fails(void **value, edo_str key, void *arg) {
    (void)value;
    (void)key;
    (void)arg;
    return -EIO;
}

static void cache_begin(void) {
    CHECK_EQ(edo_cache_new(&cache, NULL), 0);
}

static void cache_end(void) {
    edo_cache_unref(cache);
}

static int cache_hit(void) {
    void *value = NULL;
    int err = edo_cache_get_or_load(cache, &value, EDO_STR("key"), load, NULL);
    if (err == 0) edo_rc_unref(value);
    return err;
}

static int cache_fails(void) {
    void *value = NULL;
    return edo_cache_get_or_load(cache, &value, EDO_STR("key"), load_fails, NULL);
}

static void flight_begin(void) {
    CHECK_EQ(edo_flight_new(&flight, NULL), 0);
}

static void flight_end(void) {
    edo_flight_unref(flight);
}

static int flight_run(void) {
    void *value = NULL;
    int err = edo_flight_run(flight, &value, EDO_STR("key"), load_alone, NULL);
    if (err == 0) edo_rc_unref(value);
    return err;
}

/* ---- Services -------------------------------------------------------------------------------- */

static edo_service *service;

static int respond(void *arg, void *request, void *response) {
    (void)arg;
    (void)request;
    (void)response;
    return 0;
}

static void service_begin(void) {
    CHECK_EQ(edo_service_from_fn(&service, respond, NULL, NULL), 0);
}

static void service_end(void) {
    edo_service_unref(service);
}

static int service_oneshot(void) {
    return edo_service_oneshot(service, NULL, NULL);
}

static int service_ready_and_call(void) {
    edo_permit permit = EDO_PERMIT_INIT;
    int err = edo_service_ready(service, &permit);
    return err < 0 ? err : edo_service_call(service, &permit, NULL, NULL);
}

/* ---------------------------------------------------------------------------------------------- */

static void each_call_takes_from_the_budget_and_sees_a_limit(void **state) {
    (void)state;
    static const at_once_row rows[] = {
        { "edo_pool_get_at", "one is idle", pool_begin, pool_get, pool_end },
        { "edo_pool_get_at", "it is closed", pool_begin_closed, pool_get, pool_end },
        { "edo_pool_run_at", "one is idle", pool_begin, pool_run, pool_end },
        { "edo_limiter_wait", "it may pass", limiter_begin, limiter_wait, NULL },
        { "edo_limiter_wait", "it never may", limiter_begin, limiter_refuses, NULL },
        { "edo_keyed_limiter_wait", "it may pass", keyed_begin, keyed_wait, keyed_end },
        { "edo_keyed_limiter_wait", "it never may", keyed_begin, keyed_refuses, keyed_end },
        { "edo_breaker_run", "it is closed", breaker_begin, breaker_run, breaker_end },
        { "edo_breaker_run", "it is open", breaker_begin_open, breaker_run, breaker_end },
        { "edo_retry", "the first attempt succeeds", NULL, retry_run, NULL },
        { "edo_cache_get_or_load", "a hit", cache_begin, cache_hit, cache_end },
        { "edo_cache_get_or_load", "the load fails", cache_begin, cache_fails, cache_end },
        { "edo_flight_run", "a load that does not wait", flight_begin, flight_run, flight_end },
        { "edo_service_oneshot", "one that does not wait", service_begin, service_oneshot,
          service_end },
        { "edo_service_ready", "one that does not wait", service_begin, service_ready_and_call,
          service_end },
        { "edo_service_call", "one that does not wait", service_begin, service_ready_and_call,
          service_end },
    };
    at_once_check(rows, EDO_COUNT(rows));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_takes_from_the_budget_and_sees_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
