/* SPDX-License-Identifier: MIT */
/* Goal: permits, layers, caches and shared runs are whole at any moment, whatever is cut short,
 * cancelled or without memory, and serve again afterwards: nothing stays reserved.
 * Method: harsh.h; the walkers of the debug build look at each step. */
#include <edo/adaptive.h>
#include <edo/breaker.h>
#include <edo/cache.h>
#include <edo/codel.h>
#include <edo/hedge_layer.h>
#include <edo/layers.h>
#include <edo/reconnect.h>
#include <edo/retry_layer.h>

#include "harsh.h"

#include <errno.h>

/* ---- Layers ---------------------------------------------------------------------------------- */

typedef struct layers_world {
    edo_service *top;
    edo_keyed_limiter *keyed;
    edo_retry_budget *budget;
    edo_breaker *breaker;
    atomic_int alive, copies;
    atomic_bool is_calm; /* nothing fails */
} layers_world;

static int serves(void *arg, void *request, void *response) {
    const layers_world *w = arg;
    (void)request;
    int err = harsh_linger(harsh_chance());
    if (err < 0) return err;
    if (!w->is_calm && harsh_chance() % 4 == 0) return harsh_chance() % 2 ? -EIO : -ECONNRESET;
    *(int *)response = 7;
    return 0;
}

static void server_is_over(void *arg) {
    ((layers_world *)arg)->alive--;
}

static int connects(void *arg, edo_service **svc, const void *target) {
    layers_world *w = arg;
    (void)target;
    int err = harsh_linger(harsh_chance());
    if (err == 0 && !w->is_calm && harsh_chance() % 4 == 0) err = -ECONNREFUSED;
    if (err == 0) err = edo_service_from_fn(svc, serves, w, server_is_over);
    w->alive += err == 0;
    return err;
}

static int clones(void *ctx, void **copy, const void *request) {
    char *mine = edoi_alloc(1);
    if (!mine) return -ENOMEM;
    *mine = *(const char *)request;
    *copy = mine;
    ((layers_world *)ctx)->copies++;
    return 0;
}

static void drops(void *ctx, void *copy) {
    ((layers_world *)ctx)->copies--;
    edoi_free(copy);
}

static edo_str key_of(void *arg, const void *request) {
    (void)arg;
    return (edo_str){ request, 1 };
}

static void push_all(layers_world *w, edo_stack *stack) {
    static const edo_retry_policy_ops policy = { .clone = clones, .drop = drops };
    const edo_backoff_opts soon = { .kind = EDO_BACKOFF_FIXED, .pause_min = edo_us(100) };
    edo_stack_push(stack, edo_timeout_layer(edo_ms(3)));
    edo_stack_push(stack, edo_coalesce_layer(&(edo_coalesce_opts){
                              .key = key_of, .response_bytes = sizeof(int) }));
    edo_stack_push(stack, edo_retry_layer(&(edo_retry_layer_opts){
                              .policy = &policy, .ctx = w, .budget = w->budget, .backoff = soon }));
    edo_stack_push(stack, edo_hedge_layer(&(edo_hedge_opts){ .policy = &policy,
                                                             .ctx = w,
                                                             .response_bytes = sizeof(int),
                                                             .points_min = 1,
                                                             .quantile = 0.5 }));
    edo_stack_push(stack, edo_breaker_layer(w->breaker));
    edo_stack_push(stack, edo_rate_layer(&(edo_rate_opts){
                              .limit = { .num = 40, .per = edo_ms(1), .burst = 40 } }));
    edo_stack_push(stack, edo_rate_layer(&(edo_rate_opts){ .limit = { .num = 40, .per = edo_ms(1) },
                                                           .fixed_window = true }));
    edo_stack_push(stack, edo_rate_layer(&(edo_rate_opts){ .keyed = w->keyed, .key = key_of }));
    edo_stack_push(stack, edo_codel_layer(&(edo_codel_opts){ .calls_max = 3 }));
    edo_stack_push(stack, edo_adaptive_layer(&(edo_adaptive_opts){ .limit_max = 4 }));
    edo_stack_push(stack, edo_concurrency_layer(2));
}

static void layers_make(layers_world *w) {
    edo_service *svc;
    edo_stack stack;
    const edo_reconnect_opts opts = { .levels = 2 };
    const edo_limiter_opts often = { .num = 40, .per = edo_ms(1), .burst = 40 };
    EDO_TEST_OK(edo_keyed_limiter_new(&w->keyed, &(edo_keyed_limiter_opts){ .limit = often }));
    EDO_TEST_OK(edo_retry_budget_new(
        &w->budget, &(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_CONCURRENT }));
    EDO_TEST_OK(edo_breaker_new(&w->breaker, &(edo_breaker_opts){ .window_calls = 20,
                                                                  .calls_min = 10,
                                                                  .failures = 0.7,
                                                                  .open_for = edo_us(200),
                                                                  .half_open_max = edo_ms(1),
                                                                  .trials = 2 }));
    EDO_TEST_OK(edo_reconnect_new(&svc, connects, w, NULL, &opts));
    edo_stack_init(&stack);
    push_all(w, &stack);
    EDO_TEST_OK(edo_stack_build(&w->top, &stack, svc));
    edo_stack_deinit(&stack);
}

static void calls(void *arg, uint64_t random) {
    layers_world *w = arg;
    char request = (char)('a' + random % 4);
    int response = 0;
    if (edo_service_oneshot(w->top, &request, &response) >= 0) CHECK_EQ(response, 7);
}

/* A permit that is called, called twice, or given back, perhaps much later. */
static void has_a_permit(void *arg, uint64_t random) {
    layers_world *w = arg;
    char request = (char)('a' + random % 4);
    int response = 0;
    edo_permit permit = EDO_PERMIT_INIT;
    random /= 4;
    for (uint64_t n = 1 + random % 2; n > 0; n--) {
        int err = random / 2 % 2 ? edo_service_ready(w->top, &permit)
                                 : edo_service_try_ready(w->top, &permit);
        if (err < 0) break;
        (void)harsh_linger(random / 4);
        if (random / 4 % 3) (void)edo_service_call(w->top, &permit, &request, &response);
        edo_permit_release(&permit);
    }
    edo_permit_release(&permit);
}

static bool layers_serve(layers_world *w) {
    char request = 'a';
    int response = 0;
    return edo_service_oneshot(w->top, &request, &response) >= 0 && response == 7;
}

static int uses_layers(void *arg) {
    static harsh_op *const all[] = { calls, calls, has_a_permit };
    layers_world w = { .alive = 0 };
    (void)arg;
    layers_make(&w);
    harsh_run(&w, all, EDO_COUNT(all));
    w.is_calm = true;
    for (int i = 0; i < 20; i++) WAIT_FOR(layers_serve(&w)); // nothing is left reserved
    edo_service_unref(w.top);
    WAIT_FOR(w.alive == 0 && w.copies == 0);
    edo_breaker_unref(w.breaker);
    edo_retry_budget_unref(w.budget);
    edo_keyed_limiter_free(w.keyed);
    edo_trail_clear();
    return 0;
}

static void layers_are_whole_whatever_happens(void **state) {
    (void)state;
    harsh_inside(uses_layers, NULL);
}

/* ---- Caches ---------------------------------------------------------------------------------- */

typedef struct cache_world {
    edo_cache *cache;
    edo_flight *flight;
    atomic_bool is_calm;
} cache_world;

static int makes_value(void **value, const cache_world *w) {
    int err = harsh_linger(harsh_chance());
    if (err < 0) return err;
    if (!w->is_calm && harsh_chance() % 4 == 0) return harsh_chance() % 2 ? -EIO : -ENOENT;
    *value = edo_rc_new(1 + harsh_chance() % 100, NULL);
    return *value ? 0 : -ENOMEM;
}

static int loads(void **value, edo_str key, void *arg) {
    (void)key;
    return makes_value(value, arg);
}

static int flies(void **value, void *arg) {
    return makes_value(value, arg);
}

static void loads_or_flies(void *arg, uint64_t random) {
    cache_world *w = arg;
    const char key = (char)('a' + random % 6);
    void *value = NULL;
    int err = random / 8 % 2
                  ? edo_cache_get_or_load(w->cache, &value, (edo_str){ &key, 1 }, loads, w)
                  : edo_flight_run(w->flight, &value, (edo_str){ &key, 1 }, flies, w);
    if (err >= 0) edo_rc_unref(value);
}

static void changes_the_cache(void *arg, uint64_t random) {
    cache_world *w = arg;
    const char key = (char)('a' + random % 40);
    const edo_str name = { &key, 1 };
    void *value = NULL;
    switch (random / 64 % 6) {
    case 0: edo_cache_clear(w->cache); break;
    case 1: (void)edo_cache_remove(w->cache, name); break;
    case 2: (void)edo_flight_forget(w->flight, name); break;
    case 3:
        if (edo_cache_get(w->cache, &value, name) >= 0) edo_rc_unref(value);
        break;
    default:
        if (!(value = edo_rc_new(1, NULL))) break;
        (void)edo_cache_set(w->cache, name, value);
        edo_rc_unref(value);
        break;
    }
}

static int uses_a_cache(void *arg) {
    static harsh_op *const all[] = { loads_or_flies, loads_or_flies, changes_the_cache };
    const bool detached = *(const bool *)arg;
    const edo_cache_opts opts = { .entries_max = 8,
                                  .ttl = edo_ms(2),
                                  .negative_ttl = edo_ms(1),
                                  .stale_while = edo_ms(1),
                                  .stale_if_error = edo_ms(2),
                                  .error_pause = edo_us(100),
                                  .early = 1,
                                  .detached = detached,
                                  .load_timeout = edo_ms(2) };
    const edo_flight_opts flight = { .detached = detached, .run_timeout = edo_ms(2) };
    cache_world w = { .cache = NULL };
    void *value = NULL;
    EDO_TEST_OK(edo_cache_new(&w.cache, &opts));
    EDO_TEST_OK(edo_flight_new(&w.flight, &flight));
    harsh_run(&w, all, EDO_COUNT(all));
    w.is_calm = true;
    WAIT_FOR(edo_cache_get_or_load(w.cache, &value, EDO_STR("a"), loads, &w) >= 0);
    edo_rc_unref(value);
    WAIT_FOR(edo_flight_run(w.flight, &value, EDO_STR("a"), flies, &w) >= 0);
    edo_rc_unref(value);
    WAIT_FOR(edo_flight_get_stats(w.flight).running == 0);
    CHECK_EQ(edo_flight_get_stats(w.flight).waiting, 0);
    edo_cache_unref(w.cache);
    edo_flight_unref(w.flight);
    edo_trail_clear();
    return 0;
}

static void a_cache_is_whole_whatever_happens(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        bool detached = i == 1;
        harsh_inside(uses_a_cache, &detached);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_are_whole_whatever_happens),
        cmocka_unit_test(a_cache_is_whole_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
