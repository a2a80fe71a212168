/* SPDX-License-Identifier: MIT */
/* Goal: without memory a layer, a budget, a steer or a connection fails as it says, reserves and
 * leaks nothing, and works once there is some.
 * Method: one service through all kinds that allocate, and one through those that share or double
 * calls; each request for memory fails in turn. */
#include <edo/adaptive.h>
#include <edo/cache.h>
#include <edo/chaos.h>
#include <edo/codel.h>
#include <edo/fallback.h>
#include <edo/hedge_layer.h>
#include <edo/layers.h>
#include <edo/pool.h>
#include <edo/reconnect.h>
#include <edo/retry_layer.h>
#include <edo/steer.h>

#include "base/memory/alloc.h"
#include "inside.h"

#include <errno.h>

#define RETRIES_MIN 3

/* What is alive, and all that is made for one run. */
typedef struct world {
    int alive, calls, clones;
    edo_keyed_limiter *keyed;
    edo_retry_budget *budget;
    edo_metrics *metrics;
    edo_service *top;
} world;

static int fails_at_first(void *arg, void *request, void *response) {
    world *w = arg;
    (void)request, (void)response;
    return ++w->calls % 3 == 1 ? -EIO : 0;
}

static void is_over(void *arg) {
    ((world *)arg)->alive--;
}

static int connects(void *arg, edo_service **svc, const void *target) {
    world *w = arg;
    (void)target;
    int err = edo_sleep(edo_ms(1));
    if (err == 0) err = edo_service_from_fn(svc, fails_at_first, w, is_over);
    w->alive += err == 0;
    return err;
}

static int clones(void *ctx, void **copy, const void *request) {
    char *mine = edoi_alloc(1);
    if (!mine) return -ENOMEM;
    *mine = *(const char *)request;
    *copy = mine;
    ((world *)ctx)->clones++;
    return 0;
}

static void drops(void *ctx, void *copy) {
    ((world *)ctx)->clones--;
    edoi_free(copy);
}

static edo_str key_of(void *arg, const void *request) {
    (void)arg;
    return (edo_str){ request, 1 };
}

static int picks(void *arg, void *request, size_t n) {
    (void)arg;
    return *(const char *)request % (int)n;
}

static int leaves_it(void *arg, void *request, void *response, int result) {
    (void)arg, (void)request, (void)response;
    return result;
}

static void push_all(world *w, edo_stack *stack) {
    static const edo_retry_policy_ops policy = { .clone = clones, .drop = drops };
    const edo_backoff_opts tens = { .kind = EDO_BACKOFF_FIXED, .pause_min = edo_ms(10) };
    edo_stack_init(stack);
    edo_stack_push(stack, edo_timeout_layer(edo_s(60)));
    edo_stack_push(stack, edo_retry_layer(&(edo_retry_layer_opts){
                              .policy = &policy, .ctx = w, .budget = w->budget, .backoff = tens }));
    edo_stack_push(stack, edo_rate_layer(&(edo_rate_opts){ .limit = { .num = 100, .burst = 1 } }));
    edo_stack_push(stack, edo_rate_layer(&(edo_rate_opts){
                              .limit = { .num = 2, .per = edo_ms(100) }, .fixed_window = true }));
    edo_stack_push(stack, edo_rate_layer(&(edo_rate_opts){ .keyed = w->keyed, .key = key_of }));
    edo_stack_push(
        stack, edo_fallback_layer(&(edo_fallback_opts){ .fn = leaves_it, .metrics = w->metrics }));
    edo_stack_push(stack,
                   edo_codel_layer(&(edo_codel_opts){ .calls_max = 1, .metrics = w->metrics }));
    edo_stack_push(stack, edo_adaptive_layer(&(edo_adaptive_opts){ .metrics = w->metrics }));
    edo_stack_push(stack,
                   edo_chaos_layer(&(edo_chaos_opts){ .reset = 0.0001, .metrics = w->metrics }));
    edo_stack_push(stack, edo_concurrency_layer_with(&(edo_concurrency_opts){
                              .calls_max = 1, .wait_max = edo_s(1), .metrics = w->metrics }));
}

static int makes(world *w) {
    edo_service *svc = NULL;
    edo_stack stack;
    int err = edo_metrics_new(&w->metrics, NULL);
    if (err < 0) return err;
    err = edo_keyed_limiter_new(&w->keyed,
                                &(edo_keyed_limiter_opts){ .limit = { .num = 100, .burst = 1 } });
    if (err == 0)
        err = edo_retry_budget_new(&w->budget,
                                   &(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_CONCURRENT,
                                                             .retries_min = RETRIES_MIN });
    const edo_reconnect_opts opts = { .levels = 2 };
    if (err == 0) err = edo_reconnect_new(&svc, connects, w, NULL, &opts);
    if (err < 0) return err;
    push_all(w, &stack);
    err = edo_stack_build(&svc, &stack, svc);
    edo_stack_deinit(&stack);
    if (err < 0) return err;
    edo_service *const both[] = { svc, svc };
    err = edo_steer_new(&w->top, both, 2, picks, NULL);
    edo_service_unref(svc);
    return err;
}

static int calls_often(world *w) {
    for (int i = 0; i < 4; i++) {
        char key = (char)('a' + i);
        int err = edo_service_oneshot(w->top, &key, NULL);
        if (err < 0) return err;
    }
    return 0;
}

static void ends(world *w) {
    edo_service_unref(w->top);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // an attempt that was cancelled ends
    CHECK_EQ(w->alive, 0);
    CHECK_EQ(w->clones, 0);
    for (int i = 0; w->budget && i < RETRIES_MIN; i++)
        CHECK(edo_retry_budget_withdraw(w->budget)); // none was left in flight
    if (w->budget) CHECK(!edo_retry_budget_withdraw(w->budget));
    edo_retry_budget_unref(w->budget);
    edo_keyed_limiter_free(w->keyed);
    edo_metrics_free(w->metrics);
}

static int fails_at_each(void *arg) {
    uint64_t k = 0;
    (void)arg;
    for (bool fired = true; fired;) {
        world w = { .alive = 0 };
        edoi_alloc_fail_at(++k);
        int err = makes(&w);
        bool is_made = err == 0;
        if (is_made) err = calls_often(&w);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK(err == 0 || (fired && err == -ENOMEM));
        if (!fired) CHECK(is_made);
        if (is_made) CHECK_EQ(calls_often(&w), 0); // nothing is left reserved
        ends(&w);
    }
    CHECK(k > 20);
    return 0;
}

static void no_memory_at_any_point_of_making_or_calling_reserves_and_leaks_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(fails_at_each, NULL), 0);
}

/* ---- Calls that are shared, and those with a second attempt ---------------------------------- */

typedef struct pair {
    edo_service *svc;
    int calls, clones;
} pair;

/* Each second call is slow. */
static int slow_now_and_then(void *arg, void *request, void *response) {
    pair *p = arg;
    (void)request;
    int err = edo_sleep(edo_ms(++p->calls % 2 ? 10 : 100));
    if (err == 0) *(int *)response = 7;
    return err;
}

static int pair_clones(void *ctx, void **copy, const void *request) {
    char *mine = edoi_alloc(1);
    if (!mine) return -ENOMEM;
    *mine = *(const char *)request;
    *copy = mine;
    ((pair *)ctx)->clones++;
    return 0;
}

static void pair_drops(void *ctx, void *copy) {
    edoi_free(copy);
    ((pair *)ctx)->clones--;
}

static int pair_makes(pair *p) {
    static const edo_retry_policy_ops policy = { .clone = pair_clones, .drop = pair_drops };
    edo_stack stack;
    int err = edo_service_from_fn(&p->svc, slow_now_and_then, p, NULL);
    if (err < 0) return err;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_coalesce_layer(&(edo_coalesce_opts){
                               .key = key_of, .response_bytes = sizeof(int) }));
    edo_stack_push(&stack, edo_hedge_layer(&(edo_hedge_opts){ .policy = &policy,
                                                              .ctx = p,
                                                              .response_bytes = sizeof(int),
                                                              .points_min = 1,
                                                              .quantile = 0.5 }));
    edo_service *built = NULL;
    err = edo_stack_build(&built, &stack, p->svc);
    edo_stack_deinit(&stack);
    p->svc = built;
    return err;
}

typedef struct pair_caller {
    pair *p;
    int response;
} pair_caller;

static int pair_calls_once(void *arg) {
    pair_caller *c = arg;
    char key = 'k';
    int err = edo_service_oneshot(c->p->svc, &key, &c->response);
    CHECK(err < 0 || c->response == 7);
    return err;
}

/* Two calls at once, of which one learns; then, as it is known what calls take, two more. */
static int pair_calls(pair *p) {
    int err = 0;
    for (int i = 0; i < 4 && err == 0; i++) {
        pair_caller callers[2] = { { .p = p }, { .p = p } };
        edo_scope scope;
        edo_scope_begin(&scope, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
        edo_scope_spawn(&scope, pair_calls_once, &callers[0]);
        edo_scope_spawn(&scope, pair_calls_once, &callers[1]);
        err = edo_scope_end(&scope, 0);
        CHECK_EQ(edo_time_advance(edo_s(10)), 0);
    }
    return err;
}

static int pair_fails_at_each(void *arg) {
    uint64_t k = 0;
    (void)arg;
    for (bool fired = true; fired;) {
        pair p = { .calls = 0 };
        edoi_alloc_fail_at(++k);
        int err = pair_makes(&p);
        bool is_made = err == 0;
        if (is_made) err = pair_calls(&p);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK(err == 0 || (fired && err == -ENOMEM));
        if (!fired) CHECK(is_made);
        if (is_made) CHECK_EQ(pair_calls(&p), 0);
        CHECK_EQ(p.clones, 0);
        edo_service_unref(p.svc);
    }
    CHECK(k > 20);
    return 0;
}

static void no_memory_at_any_point_of_sharing_or_doubling_calls_loses_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(pair_fails_at_each, NULL), 0);
}

/* ---- Objects that are lent ------------------------------------------------------------------- */

static int lent_made(void *arg, void **object) {
    char *made = edoi_alloc(1);
    if (!made) return -ENOMEM;
    *object = made;
    ((world *)arg)->alive++;
    return 0;
}

static void lent_ended(void *arg, void *object) {
    edoi_free(object);
    ((world *)arg)->alive--;
}

static const edo_pool_ops lent_ops = { .make = lent_made, .end = lent_ended };

/* Two of two objects, one that is dropped, and a wait in vain. */
static int lends(edo_pool *pool) {
    edo_pool_lease a, b, c;
    int err = edo_pool_get(pool, &a);
    if (err < 0) return err;
    err = edo_pool_get(pool, &b);
    if (err == 0) {
        int none = edo_pool_get(pool, &c);
        CHECK(none == -ETIMEDOUT || none == -ENOMEM);
        edo_pool_drop(&b);
    }
    edo_pool_put(&a);
    CHECK_EQ(edo_pool_get_stats(pool).lent, 0);
    return err;
}

static int pool_makes(world *w, edo_pool **pool) {
    int err = edo_metrics_new(&w->metrics, NULL);
    const edo_pool_opts opts = { .max = 2, .metrics = w->metrics };
    return err < 0 ? err : edo_pool_new(pool, &lent_ops, w, &opts);
}

static int pool_fails_at_each(void *arg) {
    uint64_t k = 0;
    (void)arg;
    for (bool fired = true; fired;) {
        world w = { .alive = 0 };
        edo_pool *pool = NULL;
        edoi_alloc_fail_at(++k);
        int err = pool_makes(&w, &pool);
        if (err == 0) err = lends(pool);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK(err == 0 || (fired && err == -ENOMEM));
        if (pool) CHECK_EQ(lends(pool), 0); // nothing is left lent
        edo_pool_unref(pool);
        CHECK_EQ(edo_yield(), 0); // the sweeper ends
        CHECK_EQ(w.alive, 0);
        edo_metrics_free(w.metrics);
        edo_trail_clear();
    }
    CHECK(k > 10);
    return 0;
}

static void no_memory_at_any_point_of_lending_loses_no_object(void **state) {
    (void)state;
    assert_int_equal(inside(pool_fails_at_each, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_at_any_point_of_making_or_calling_reserves_and_leaks_nothing),
        cmocka_unit_test(no_memory_at_any_point_of_sharing_or_doubling_calls_loses_nothing),
        cmocka_unit_test(no_memory_at_any_point_of_lending_loses_no_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
