/* SPDX-License-Identifier: MIT */
/* Goal: equal calls at once are one call of the inner service, each caller gets the response, what
 * is not to be shared is not, and calls that wait take no place in a limit.
 * Method: the suite of layers; a service that counts its calls, under a paused clock. */
#include <edo/cache.h>
#include <edo/layers.h>
#include <edo/scope.h>
#include <edo/test_layer.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

#define CALLERS_N 6

typedef struct question {
    const char *key; /* NULL: not shared */
    bool is_private; /* its response is not shared */
} question;

typedef struct answer {
    int call;
    const char *to;
} answer;

typedef struct world {
    edo_service *svc;
    edo_flight *flight;
    edo_cache *cache;
    int calls_n, inside_n, inside_most;
    int err;
    int shares_n, fills_n;
    bool no_memory;
} world;

static int answers(void *arg, void *request, void *response) {
    world *w = arg;
    const question *q = request;
    int call = ++w->calls_n;
    w->inside_n++;
    if (w->inside_n > w->inside_most) w->inside_most = w->inside_n;
    int err = edo_sleep(edo_ms(10));
    w->inside_n--;
    if (err < 0 || w->err < 0) return err < 0 ? err : w->err;
    *(answer *)response = (answer){ .call = call, .to = q->key };
    return 10 + call;
}

static edo_str key_of(void *arg, const void *request) {
    const question *q = request;
    (void)arg;
    return q->key ? edo_str_of(q->key) : (edo_str){ NULL, 0 };
}

static int shares(void *arg, void **shared, const void *request, void *response) {
    world *w = arg;
    if (((const question *)request)->is_private) return 0;
    if (w->no_memory) return -ENOMEM;
    answer *copy = edo_rc_new(sizeof *copy, NULL);
    if (!copy) return -ENOMEM;
    *copy = *(answer *)response;
    w->shares_n++;
    *shared = copy;
    return 0;
}

static int fills(void *arg, void *response, const void *shared) {
    ((world *)arg)->fills_n++;
    *(answer *)response = *(const answer *)shared;
    return 0;
}

/* Around a limit of `calls_max` calls; 0: none. */
static void world_begin(world *w, edo_coalesce_opts opts, uint32_t calls_max) {
    edo_layer limit = edo_concurrency_layer(calls_max);
    opts.key = key_of;
    opts.arg = w;
    if (!opts.response_bytes) {
        opts.share = shares;
        opts.fill = fills;
    }
    edo_layer layer = edo_coalesce_layer(&opts);
    CHECK_EQ(edo_service_from_fn(&w->svc, answers, w, NULL), 0);
    if (calls_max) CHECK_EQ(edo_layer_wrap(&w->svc, &limit, w->svc), 0);
    CHECK_EQ(edo_layer_wrap(&w->svc, &layer, w->svc), 0);
}

typedef struct caller {
    world *w;
    question q;
    answer a;
    int result;
    edo_task *task;
} caller;

static int calls(void *arg) {
    caller *c = arg;
    c->result = edo_service_oneshot(c->w->svc, &c->q, &c->a);
    return 0;
}

static void all_begin(caller *c, int n, world *w, question q) {
    for (int i = 0; i < n; i++) {
        c[i] = (caller){ .w = w, .q = q };
        c[i].task = edo_spawn(calls, &c[i]);
        CHECK(c[i].task != NULL);
        EDO_TEST_OK(edo_yield());
    }
}

static void all_end(caller *c, int n) {
    for (int i = 0; i < n; i++) EDO_TEST_OK(edo_task_join(c[i].task));
}

/* ---- Sharing --------------------------------------------------------------------------------- */

EDO_TEST(equal_calls_are_one_call_and_each_gets_the_response, .paused = true) {
    for (int copies = 0; copies < 2; copies++) {
        world w = { 0 };
        caller c[CALLERS_N];
        world_begin(&w, (edo_coalesce_opts){ .response_bytes = copies ? sizeof(answer) : 0 }, 0);
        all_begin(c, CALLERS_N, &w, (question){ .key = "k" });
        all_end(c, CALLERS_N);
        for (int i = 0; i < CALLERS_N; i++)
            CHECK(c[i].result == 11 && c[i].a.call == 1 && !strcmp(c[i].a.to, "k"));
        CHECK_EQ(w.calls_n, 1);
        CHECK_EQ(w.fills_n, copies ? 0 : CALLERS_N - 1);
        edo_service_unref(w.svc);
    }
}

EDO_TEST(a_call_without_a_key_or_with_another_one_is_its_own, .paused = true) {
    world w = { 0 };
    caller none[2], other[2];
    world_begin(&w, (edo_coalesce_opts){ .response_bytes = sizeof(answer) }, 0);
    all_begin(none, 2, &w, (question){ .key = NULL });
    all_begin(other, 2, &w, (question){ .key = "other" });
    CHECK_EQ(w.inside_n, 3);
    all_end(none, 2);
    all_end(other, 2);
    CHECK_EQ(w.calls_n, 3);
    edo_service_unref(w.svc);
}

EDO_TEST(a_response_that_is_not_shared_is_only_its_callers, .paused = true) {
    world w = { 0 };
    caller c[3];
    world_begin(&w, (edo_coalesce_opts){ .arg = NULL }, 0);
    all_begin(c, 3, &w, (question){ .key = "k", .is_private = true });
    all_end(c, 3);
    CHECK_EQ(w.calls_n, 3);
    for (int i = 0; i < 3; i++) CHECK_EQ(c[i].result, 10 + c[i].a.call);
    CHECK(c[0].a.call != c[1].a.call && c[1].a.call != c[2].a.call);
    CHECK_EQ(w.shares_n + w.fills_n, 0);
    edo_service_unref(w.svc);
}

EDO_TEST(a_response_that_cannot_be_shared_fails_the_calls, .paused = true) {
    world w = { .no_memory = true };
    caller c[3];
    world_begin(&w, (edo_coalesce_opts){ .arg = NULL }, 0);
    all_begin(c, 3, &w, (question){ .key = "k" });
    all_end(c, 3);
    CHECK_EQ(w.calls_n, 1);
    for (int i = 0; i < 3; i++) CHECK_EQ(c[i].result, -ENOMEM);
    edo_service_unref(w.svc);
}

EDO_TEST(a_failure_is_shared_and_a_cancelled_call_is_followed, .paused = true) {
    world w = { .err = -EIO };
    caller c[3];
    world_begin(&w, (edo_coalesce_opts){ .response_bytes = sizeof(answer) }, 0);
    all_begin(c, 3, &w, (question){ .key = "k" });
    all_end(c, 3);
    for (int i = 0; i < 3; i++) CHECK_EQ(c[i].result, -EIO);
    CHECK_EQ(w.calls_n, 1);
    w.err = 0;
    all_begin(c, 3, &w, (question){ .key = "k" });
    edo_task_cancel(c[0].task);
    all_end(c, 3);
    CHECK_EQ(c[0].result, -ECANCELED);
    CHECK(c[1].result == 13 && c[2].result == 13 && w.inside_most == 1);
    edo_service_unref(w.svc);
}

EDO_TEST(calls_that_wait_take_no_place_in_a_limit_inside, .paused = true) {
    world w = { 0 };
    caller a[CALLERS_N], b[2];
    edo_instant start = edo_now();
    world_begin(&w, (edo_coalesce_opts){ .response_bytes = sizeof(answer) }, 2);
    all_begin(a, CALLERS_N, &w, (question){ .key = "a" });
    all_begin(b, 2, &w, (question){ .key = "b" });
    CHECK_EQ(w.inside_n, 2);
    all_end(a, CALLERS_N);
    all_end(b, 2);
    CHECK_EQ(ms_since(start), 10);
    edo_service_unref(w.svc);
}

/* ---- With a flight or a cache ---------------------------------------------------------------- */

EDO_TEST(services_may_share_a_flight, .paused = true) {
    world w = { 0 }, other = { 0 };
    caller a[2], b[2];
    EDO_TEST_OK(edo_flight_new(&w.flight, NULL));
    const edo_coalesce_opts opts = { .response_bytes = sizeof(answer), .flight = w.flight };
    world_begin(&w, opts, 0);
    world_begin(&other, opts, 0);
    edo_flight_unref(w.flight);
    all_begin(a, 2, &w, (question){ .key = "k" });
    all_begin(b, 2, &other, (question){ .key = "k" });
    all_end(a, 2);
    all_end(b, 2);
    CHECK(w.calls_n == 1 && other.calls_n == 0 && b[1].a.call == 1);
    edo_service_unref(w.svc);
    edo_service_unref(other.svc);
}

EDO_TEST(with_a_cache_later_calls_get_the_response_too, .paused = true) {
    world w = { 0 };
    caller c[2];
    const edo_cache_opts opts = { .ttl = edo_s(1), .no_jitter = true, .stale_if_error = edo_s(10) };
    EDO_TEST_OK(edo_cache_new(&w.cache, &opts));
    world_begin(&w, (edo_coalesce_opts){ .cache = w.cache }, 0);
    for (int i = 0; i < 2; i++) {
        all_begin(c, 2, &w, (question){ .key = "k" });
        all_end(c, 2);
        CHECK(c[0].a.call == 1 && c[1].a.call == 1 && c[0].result == 11);
    }
    CHECK_EQ(w.calls_n, 1);
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    w.err = -EIO; // the old response is what there is
    all_begin(c, 2, &w, (question){ .key = "k" });
    all_end(c, 2);
    CHECK_EQ(w.calls_n, 2);
    for (int i = 0; i < 2; i++) CHECK(c[i].a.call == 1 && c[i].result == 11);
    w.err = 0;
    all_begin(c, 2, &w, (question){ .key = "private", .is_private = true });
    all_end(c, 2);
    CHECK_EQ(w.calls_n, 4);
    void *kept;
    CHECK_EQ(edo_cache_get(w.cache, &kept, EDO_STR("private")), -ENOENT);
    edo_service_unref(w.svc);
    edo_cache_unref(w.cache);
}

/* ---- Rules ----------------------------------------------------------------------------------- */

static edo_str key_of_each(void *arg, const void *request) {
    int *n = arg;
    (void)request;
    ++*n;
    return (edo_str){ (const char *)n, sizeof *n };
}

static edo_str no_key(void *arg, const void *request) {
    (void)arg, (void)request;
    return (edo_str){ NULL, 0 };
}

EDO_TEST(it_keeps_the_rules_of_layers, .paused = true) {
    static int n;
    edo_layer each = edo_coalesce_layer(
        &(edo_coalesce_opts){ .key = key_of_each, .arg = &n, .response_bytes = 1 });
    edo_layer none = edo_coalesce_layer(&(edo_coalesce_opts){ .key = no_key, .response_bytes = 1 });
    const edo_test_layer_opts opts = { .never_waits = true, .ready_in_call = true };
    CHECK_EQ(edo_test_layer_suite(&each, &opts), 0);
    CHECK_EQ(edo_test_layer_suite(&none, &opts), 0);
}

EDO_TEST(bad_options_are_refused, .paused = true) {
    edo_flight *flight, *apart;
    edo_cache *cache, *stale, *early;
    EDO_TEST_OK(edo_flight_new(&flight, NULL));
    EDO_TEST_OK(edo_flight_new(&apart, &(edo_flight_opts){ .detached = true }));
    EDO_TEST_OK(edo_cache_new(&cache, NULL));
    EDO_TEST_OK(edo_cache_new(&stale, &(edo_cache_opts){ .stale_while = edo_s(1) }));
    EDO_TEST_OK(edo_cache_new(&early, &(edo_cache_opts){ .early = 1 }));
    const edo_coalesce_opts bad[] = {
        { .response_bytes = 1 },
        { .key = no_key },
        { .key = no_key, .share = shares },
        { .key = no_key, .response_bytes = 1, .share = shares, .fill = fills },
        { .key = no_key, .response_bytes = 1, .flight = flight, .cache = cache },
        { .key = no_key, .response_bytes = 1, .flight = apart },
        { .key = no_key, .response_bytes = 1, .cache = stale },
        { .key = no_key, .response_bytes = 1, .cache = early },
        { .key = no_key, .response_bytes = 1, .reserved = { 1 } },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edo_service *svc;
        edo_layer layer = edo_coalesce_layer(&bad[i]);
        CHECK_EQ(edo_service_from_fn(&svc, answers, NULL, NULL), 0);
        CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), -EINVAL);
    }
    edo_flight_unref(flight);
    edo_flight_unref(apart);
    edo_cache_unref(cache);
    edo_cache_unref(stale);
    edo_cache_unref(early);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_calls_are_one_call_and_each_gets_the_response),
        cmocka_unit_test(a_call_without_a_key_or_with_another_one_is_its_own),
        cmocka_unit_test(a_response_that_is_not_shared_is_only_its_callers),
        cmocka_unit_test(a_response_that_cannot_be_shared_fails_the_calls),
        cmocka_unit_test(a_failure_is_shared_and_a_cancelled_call_is_followed),
        cmocka_unit_test(calls_that_wait_take_no_place_in_a_limit_inside),
        cmocka_unit_test(services_may_share_a_flight),
        cmocka_unit_test(with_a_cache_later_calls_get_the_response_too),
        cmocka_unit_test(it_keeps_the_rules_of_layers),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
