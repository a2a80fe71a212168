/* SPDX-License-Identifier: MIT */
/* Goal: a function that edo calls, and that must not await, is told when it does.
 * Method: as misuse_test.c; each of these functions sleeps. */
#include <edo/balance.h>
#include <edo/breaker.h>
#include <edo/cache.h>
#include <edo/chaos.h>
#include <edo/edo.h>
#include <edo/fallback.h>
#include <edo/layers.h>
#include <edo/log.h>
#include <edo/metrics.h>
#include <edo/pool.h>
#include <edo/receiver.h>
#include <edo/slab.h>

#include <errno.h>

#include "breaches.h"

static void nap(void) {
    (void)edo_sleep(edo_ms(1));
}

static void on_event(void *arg, const edo_event *e) {
    (void)arg;
    (void)e;
    nap();
}

static int is_told(void *arg) {
    static const edo_receiver_ops ops = { .event = on_event };
    edo_receiver *r;
    (void)arg;
    int err = edo_log_add(&r, &ops, NULL, NULL);
    if (err < 0) return err;
    edo_info("an event");
    edo_log_remove(r);
    return 0;
}

static void on_asked(void *arg, edo_metrics_sink *to) {
    (void)arg;
    nap();
    edo_metrics_emit(to, 1, NULL);
}

static int asks_a_metric(void *arg) {
    edo_metrics *m;
    edo_buf text = { 0 };
    (void)arg;
    int err = edo_metrics_new(&m, NULL);
    if (err < 0) return err;
    err = edo_metrics_callback(m, EDO_METRIC_GAUGE, "things", on_asked, NULL, NULL);
    if (err == 0) err = edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS);
    edo_buf_deinit(&text);
    edo_metrics_free(m);
    return err;
}

static int fails(void *arg, void *request, void *response) {
    (void)arg;
    (void)request;
    (void)response;
    return -EIO;
}

static int makes_up(void *arg, void *request, void *response, int result) {
    (void)arg;
    (void)request;
    (void)response;
    (void)result;
    return 0;
}

static void tells(void *arg, void *request, void *response, int result) {
    (void)arg;
    (void)request;
    (void)response;
    (void)result;
    nap();
}

static int falls_back(void *arg) {
    edo_service *svc;
    edo_stack stack;
    int err = edo_service_from_fn(&svc, fails, arg, NULL);
    if (err < 0) return err;
    edo_stack_init(&stack);
    edo_stack_push(&stack,
                   edo_fallback_layer(&(edo_fallback_opts){ .fn = makes_up, .tell = tells }));
    err = edo_stack_build(&svc, &stack, svc);
    edo_stack_deinit(&stack);
    if (err == 0) err = edo_service_oneshot(svc, NULL, NULL);
    edo_service_unref(svc);
    return err;
}

static int on_construct(void *arg, void *object) {
    (void)arg;
    (void)object;
    nap();
    return 0;
}

static void on_object(void *arg, void *object) {
    (void)arg;
    (void)object;
    nap();
}

/* Makes an object, gives it back, and frees it. */
static int uses_a_slab(const edo_slab_opts *opts) {
    edo_slab *s;
    int err = edo_slab_new(&s, 64, opts);
    if (err < 0) return err;
    edo_slab_put(s, edo_slab_get(s));
    edo_slab_free(s);
    return 0;
}

static int makes_an_object(void *arg) {
    (void)arg;
    return uses_a_slab(&(edo_slab_opts){ .construct = on_construct });
}

static int gives_an_object_back(void *arg) {
    (void)arg;
    return uses_a_slab(&(edo_slab_opts){ .reset = on_object });
}

static int frees_an_object(void *arg) {
    (void)arg;
    return uses_a_slab(&(edo_slab_opts){ .destruct = on_object });
}

/* ---- Layers ---------------------------------------------------------------------------------- */

static int succeeds(void *arg, void *request, void *response) {
    (void)arg;
    (void)request;
    (void)response;
    return 0;
}

/* A call by the layer. */
static int calls_by(edo_layer layer) {
    edo_service *svc;
    edo_stack stack;
    int err = edo_service_from_fn(&svc, succeeds, NULL, NULL);
    if (err < 0) return err;
    edo_stack_init(&stack);
    edo_stack_push(&stack, layer);
    err = edo_stack_build(&svc, &stack, svc);
    edo_stack_deinit(&stack);
    if (err == 0) err = edo_service_oneshot(svc, NULL, NULL);
    edo_service_unref(svc);
    return err;
}

static edo_call_outcome judges(void *arg, const void *request, const void *response, int result) {
    (void)arg;
    (void)request;
    (void)response;
    (void)result;
    nap();
    return EDO_CALL_SUCCEEDED;
}

static void on_breaker(void *arg, edo_breaker *b, const edo_breaker_event *event) {
    (void)arg;
    (void)b;
    (void)event;
    nap();
}

static int fails_alone(void *arg) {
    (void)arg;
    return -EIO;
}

static int runs_by_a_breaker(const edo_breaker_opts *opts) {
    edo_breaker *b;
    int err = edo_breaker_new(&b, opts);
    if (err < 0) return err;
    err = edo_breaker_run(b, fails_alone, NULL);
    edo_breaker_unref(b);
    return err;
}

static int breaker_tells(void *arg) {
    (void)arg;
    return runs_by_a_breaker(&(edo_breaker_opts){ .on_event = on_breaker });
}

static int breaker_asks(void *arg) {
    (void)arg;
    return runs_by_a_breaker(&(edo_breaker_opts){ .outcome = judges });
}

static bool holds(void *arg, void *request, void *response, edo_held held) {
    (void)arg;
    (void)request;
    (void)response;
    (void)held;
    nap();
    return false;
}

static int limit_asks(void *arg) {
    (void)arg;
    return calls_by(
        edo_concurrency_layer_with(&(edo_concurrency_opts){ .calls_max = 1, .hold = holds }));
}

static bool affects(void *arg, const void *request) {
    (void)arg;
    (void)request;
    nap();
    return false;
}

static int chaos_asks(void *arg) {
    (void)arg;
    return calls_by(edo_chaos_layer(&(edo_chaos_opts){ .affects = affects }));
}

static void on_call(void *arg, const void *request, const void *response, int result,
                    edo_call_outcome outcome, edo_duration took) {
    (void)arg;
    (void)request;
    (void)response;
    (void)result;
    (void)outcome;
    (void)took;
    nap();
}

static int log_of_calls_tells(void *arg) {
    (void)arg;
    return calls_by(edo_call_log_layer(&(edo_call_log_opts){ .on_end = on_call }));
}

/* ---- A pool ---------------------------------------------------------------------------------- */

static int on_make(void *arg, void **object) {
    *object = arg;
    return 0;
}

static bool on_check(void *arg, void *object, const edo_pool_info *info) {
    (void)arg;
    (void)object;
    (void)info;
    nap();
    return true;
}

static void on_end(void *arg, void *object) {
    (void)arg;
    (void)object;
}

/* Lends an object, looks at it while it is idle, and lends it again. */
static int uses_a_pool(const edo_pool_ops *ops, edo_pool_retain_fn *retain) {
    static int object;
    edo_pool *p;
    edo_pool_lease lease;
    int err = edo_pool_new(&p, ops, &object, &(edo_pool_opts){ .max = 1 });
    if (err < 0) return err;
    err = edo_pool_get(p, &lease);
    if (err == 0) edo_pool_put(&lease);
    if (retain) (void)edo_pool_retain(p, retain, NULL);
    if (err == 0) err = edo_pool_get(p, &lease);
    if (err == 0) edo_pool_put(&lease);
    edo_pool_unref(p);
    return err;
}

static int pool_checks(void *arg) {
    static const edo_pool_ops ops = { .make = on_make, .check = on_check, .end = on_end };
    (void)arg;
    return uses_a_pool(&ops, NULL);
}

static int pool_keeps(void *arg) {
    static const edo_pool_ops ops = { .make = on_make, .end = on_end };
    (void)arg;
    return uses_a_pool(&ops, on_check);
}

static int pool_ends(void *arg) {
    static const edo_pool_ops ops = { .make = on_make, .end = on_object };
    (void)arg;
    return uses_a_pool(&ops, NULL);
}

/* ---- Balances -------------------------------------------------------------------------------- */

static int on_connect(void *arg, const edo_endpoint *to, void **conn) {
    (void)to;
    *conn = arg;
    return 0;
}

static void on_close(void *arg, void *conn) {
    (void)arg;
    (void)conn;
}

static bool on_result(void *arg, void *conn, int result) {
    (void)arg;
    (void)conn;
    (void)result;
    nap();
    return false;
}

static int uses_a_balance(const edo_balance_ops *ops) {
    static int connection;
    const edo_endpoint to = { .address = "a:1" };
    edo_balance *b;
    edo_balance_lease lease;
    int err = edo_balance_new(&b, edo_discover_list(&to, 1), ops, &connection, NULL);
    if (err < 0) return err;
    err = edo_balance_pick(b, &lease, EDO_PICK_WAIT);
    if (err == 0) edo_balance_done(&lease, -EIO);
    edo_balance_unref(b);
    return err;
}

static int balance_asks_whether_one_is_lost(void *arg) {
    static const edo_balance_ops ops = { .connect = on_connect,
                                         .close = on_close,
                                         .is_lost = on_result };
    (void)arg;
    return uses_a_balance(&ops);
}

static int balance_asks_whether_one_has_failed(void *arg) {
    static const edo_balance_ops ops = { .connect = on_connect,
                                         .close = on_close,
                                         .has_failed = on_result };
    (void)arg;
    return uses_a_balance(&ops);
}

static const breach rows[] = {
    { "an await between edo_no_await_begin() and its end", is_told },
    { "an await between edo_no_await_begin() and its end", asks_a_metric },
    { "an await between edo_no_await_begin() and its end", falls_back },
    { "an await between edo_no_await_begin() and its end", makes_an_object },
    { "an await between edo_no_await_begin() and its end", gives_an_object_back },
    { "an await between edo_no_await_begin() and its end", frees_an_object },
    { "an await between edo_no_await_begin() and its end", breaker_tells },
    { "an await between edo_no_await_begin() and its end", breaker_asks },
    { "an await between edo_no_await_begin() and its end", limit_asks },
    { "an await between edo_no_await_begin() and its end", chaos_asks },
    { "an await between edo_no_await_begin() and its end", log_of_calls_tells },
    { "an await between edo_no_await_begin() and its end", pool_checks },
    { "an await between edo_no_await_begin() and its end", pool_keeps },
    { "an await between edo_no_await_begin() and its end", pool_ends },
    { "an await between edo_no_await_begin() and its end", balance_asks_whether_one_is_lost },
    { "an await between edo_no_await_begin() and its end", balance_asks_whether_one_has_failed },
};

static void await_of_a_callback_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_callbacks_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(await_of_a_callback_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
