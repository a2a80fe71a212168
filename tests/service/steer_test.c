/* SPDX-License-Identifier: MIT */
/* Goal: the service that was picked is called, made ready with the caller's permit; the others hold
 * up nobody; the rules of layers hold through a steer.
 * Method: services that count, behind limits, under a paused clock. */
#include <edo/layers.h>
#include <edo/scope.h>
#include <edo/steer.h>
#include <edo/test_layer.h>

#include "aborts.h"
#include "inside.h"
#include "seed.h"

#include <errno.h>

/* ---- The rules of layers --------------------------------------------------------------------- */

static int picks_last(void *arg, void *request, size_t n) {
    (void)arg, (void)request;
    return (int)n - 1;
}

/* A steer as a layer: the inner service is the last of two. */
static int wrap_steer(edo_service **self, edo_service *inner, const edo_layer *layer) {
    edo_service *both[2] = { inner, inner };
    (void)layer;
    int err = edo_steer_new(self, both, 2, picks_last, NULL);
    if (err == 0) edo_service_unref(inner); // taken
    return err;
}

typedef struct asked {
    edo_service *svc;
    int which, nap_ms;
} asked;

static int naps(void *arg, void *request, void *response) {
    const asked *a = request;
    ++*(int *)arg;
    *(int *)response = a->which;
    return edo_sleep(edo_ms(a->nap_ms));
}

static int picks_wanted(void *arg, void *request, size_t n) {
    (void)arg;
    CHECK_EQ(n, 3);
    return ((asked *)request)->which;
}

typedef struct three {
    edo_service *svc;
    int calls[3];
} three;

/* Three services, each of one call at a time, behind a steer. */
static void three_new(three *t) {
    edo_service *each[3];
    const edo_layer one = edo_concurrency_layer(1);
    for (size_t i = 0; i < 3; i++) {
        t->calls[i] = 0;
        CHECK_EQ(edo_service_from_fn(&each[i], naps, &t->calls[i], NULL), 0);
        CHECK_EQ(edo_layer_wrap(&each[i], &one, each[i]), 0);
    }
    CHECK_EQ(edo_steer_new(&t->svc, each, 3, picks_wanted, NULL), 0);
    for (size_t i = 0; i < 3; i++) edo_service_unref(each[i]); // the steer has its own references
}

static int asks(void *arg) {
    asked *a = arg;
    int response = -1;
    int err = edo_service_oneshot(a->svc, a, &response);
    if (err == 0) CHECK_EQ(response, a->which);
    return err;
}

EDO_TEST(each_request_goes_to_the_service_that_is_picked, .paused = true) {
    three t;
    int wanted[3] = { 0, 0, 0 };
    uint32_t random = (uint32_t)test_seed(11);
    three_new(&t);
    for (int i = 0; i < 100; i++) {
        random = random * 1664525u + 1013904223u;
        asked a = { .svc = t.svc, .which = (int)((random >> 16) % 3) };
        wanted[a.which]++;
        CHECK_EQ(asks(&a), 0);
    }
    for (size_t i = 0; i < 3; i++) CHECK_EQ(t.calls[i], wanted[i]);
    edo_service_unref(t.svc);
}

EDO_TEST(a_busy_service_holds_up_only_calls_that_are_meant_for_it, .paused = true) {
    three t;
    three_new(&t);
    asked slow = { .svc = t.svc, .which = 0, .nap_ms = 1000 }, next = { .svc = t.svc, .which = 0 };
    asked other = { .svc = t.svc, .which = 1 };
    edo_instant start = edo_now();
    edo_task *first = edo_spawn(asks, &slow);
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    CHECK_EQ(asks(&other), 0);
    EDO_TEST_ELAPSED(start, edo_ms(10));
    CHECK_EQ(asks(&next), 0); // waits, within the call
    EDO_TEST_ELAPSED(start, edo_ms(1000));
    CHECK_EQ(edo_task_join(first), 0);
    edo_service_unref(t.svc);
}

EDO_TEST(a_call_that_is_cancelled_gives_back_what_it_holds_or_waits_for, .paused = true) {
    three t;
    three_new(&t);
    asked slow = { .svc = t.svc, .which = 2, .nap_ms = 1000 };
    for (int i = 0; i < 5; i++) {
        edo_task *calls = edo_spawn(asks, &slow), *waits = edo_spawn(asks, &slow);
        EDO_TEST_OK(edo_sleep(edo_ms(10)));
        edo_task_cancel(i % 2 ? calls : waits);
        edo_task_cancel(i % 2 ? waits : calls);
        CHECK_EQ(edo_task_join(calls), -ECANCELED);
        CHECK_EQ(edo_task_join(waits), -ECANCELED);
    }
    slow.nap_ms = 0;
    CHECK_EQ(asks(&slow), 0);
    edo_service_unref(t.svc);
}

EDO_TEST(a_code_of_the_pick_ends_the_call_and_reaches_no_service, .paused = true) {
    three t;
    three_new(&t);
    asked a = { .svc = t.svc, .which = -EACCES };
    CHECK_EQ(asks(&a), -EACCES);
    for (size_t i = 0; i < 3; i++) CHECK_EQ(t.calls[i], 0);
    edo_service_unref(t.svc);
}

EDO_TEST(a_steer_may_lie_in_layers_and_in_another_steer, .paused = true) {
    three t;
    edo_service *outer;
    three_new(&t);
    edo_layer shed = edo_load_shed_layer(), limit = edo_timeout_layer(edo_ms(50));
    CHECK_EQ(edo_layer_wrap(&t.svc, &limit, t.svc), 0);
    CHECK_EQ(edo_steer_new(&outer, &t.svc, 1, picks_last, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&outer, &shed, outer), 0);
    asked a = { .svc = outer, .which = 1, .nap_ms = 100 };
    CHECK_EQ(asks(&a), -ETIMEDOUT);
    a.nap_ms = 10;
    CHECK_EQ(asks(&a), 0);
    edo_service_unref(outer);
    edo_service_unref(t.svc);
}

static int rules(void *arg) {
    const edo_layer layer = edo_layer_make(wrap_steer, NULL, 0);
    (void)arg;
    return edo_test_layer_suite(&layer, &(edo_test_layer_opts){ .ready_in_call = true });
}

static void a_steer_keeps_the_rules_of_layers(void **state) {
    (void)state;
    assert_int_equal(inside(rules, NULL), 0);
}

/* ---- What is refused ------------------------------------------------------------------------- */

static int picks_too_far(void *arg, void *request, size_t n) {
    (void)arg, (void)request;
    return (int)n;
}

static int result; /* of the misuse, where it returns */

static void picks_what_is_not_there(void) {
    edo_service *svc, *leaf;
    if (edo_service_from_fn(&leaf, naps, NULL, NULL) < 0) return;
    if (edo_steer_new(&svc, &leaf, 1, picks_too_far, NULL) < 0) return;
    result = edo_service_oneshot(svc, NULL, NULL);
    edo_service_unref(svc);
    edo_service_unref(leaf);
}

static void an_index_that_is_not_there_is_misuse(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(picks_what_is_not_there));
#else
    picks_what_is_not_there();
    assert_int_equal(result, -EDO_EMISUSE);
#endif
}

static void no_services_and_services_too_deep_are_refused(void **state) {
    edo_service *svc, *deep;
    (void)state;
    assert_int_equal(edo_service_from_fn(&deep, naps, NULL, NULL), 0);
    assert_int_equal(edo_steer_new(&svc, &deep, 0, picks_last, NULL), -EINVAL);
    assert_int_equal(edo_service_set_levels(deep, EDO_SERVICE_LEVELS - 1), 0);
    assert_int_equal(edo_steer_new(&svc, &deep, 1, picks_last, NULL), -EINVAL);
    edo_service_unref(deep);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_that_is_not_there_is_misuse), // first: it forks
        cmocka_unit_test(a_steer_keeps_the_rules_of_layers),
        cmocka_unit_test(each_request_goes_to_the_service_that_is_picked),
        cmocka_unit_test(a_busy_service_holds_up_only_calls_that_are_meant_for_it),
        cmocka_unit_test(a_call_that_is_cancelled_gives_back_what_it_holds_or_waits_for),
        cmocka_unit_test(a_code_of_the_pick_ends_the_call_and_reaches_no_service),
        cmocka_unit_test(a_steer_may_lie_in_layers_and_in_another_steer),
        cmocka_unit_test(no_services_and_services_too_deep_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
