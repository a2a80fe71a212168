/* SPDX-License-Identifier: MIT */
/* Goal: the contract of edo/service.h: permits, order of layers, references, failures of memory,
 * and that misuse is named.
 * Method: small services that note what happens to them; each allocation failing in turn. */
#include <edo/service.h>

#include "aborts.h"
#include "base/memory/alloc.h"
#include "inside.h"
#include "runtime/scope/ctx.h"
#include "time/coarse.h"

#include <edo/layers.h>

#include <errno.h>
#include <string.h>

/* ---- Layers that write down when they are passed --------------------------------------------- */

typedef struct diary {
    char text[64];
    size_t n;
} diary;

typedef struct mark {
    diary *diary;
    char name;
} mark;

static void note(diary *d, char c) {
    if (d->n < sizeof d->text - 1) d->text[d->n++] = c;
}

static int passes(void *arg, edo_next *next, void *request, void *response) {
    mark *m = arg;
    note(m->diary, m->name);
    int result = edo_layer_next(next, request, response);
    note(m->diary, (char)(m->name - 'a' + 'A'));
    return result;
}

static int adds(void *arg, void *request, void *response) {
    if (arg) note(arg, '.');
    *(int *)response = *(int *)request + 1;
    return 5;
}

static void the_layer_pushed_first_is_the_outermost(void **state) {
    diary d = { .n = 0 };
    mark marks[] = { { &d, 'a' }, { &d, 'b' }, { &d, 'c' } };
    edo_service *svc, *second;
    edo_stack stack;
    int request = 1, response = 0;
    (void)state;
    edo_stack_init(&stack);
    for (size_t i = 0; i < EDO_COUNT(marks); i++)
        edo_stack_push(&stack, edo_layer_from_fn(passes, &marks[i]));
    edo_stack_push(&stack, (edo_layer){ .wrap = NULL }); // adds nothing
    assert_int_equal(edo_service_from_fn(&svc, adds, &d, NULL), 0);
    assert_int_equal(edo_service_from_fn(&second, adds, &d, NULL), 0);
    assert_int_equal(edo_stack_build(&svc, &stack, svc), 0);
    assert_int_equal(edo_stack_build(&second, &stack, second), 0); // a stack serves again
    edo_stack_deinit(&stack);
    edo_stack_deinit(&stack);
    assert_int_equal(edo_service_oneshot(svc, &request, &response), 5);
    assert_int_equal(response, 2);
    assert_string_equal(d.text, "abc.CBA");
    edo_service_unref(svc);
    edo_service_unref(second);
    edo_service_unref(NULL);
}

/* ---- Permits --------------------------------------------------------------------------------- */

/* A service that counts what it has reserved, and whose ready can fail. */
typedef struct counter {
    int held, readies, released, ended, ready_code;
} counter;

typedef struct counting {
    edo_service base;
    counter *counter;
} counting;

static counter *counter_of(edo_service *base) {
    return ((counting *)(void *)base)->counter;
}

static int counting_ready(edo_service *base, edo_permit *permit) {
    counter *c = counter_of(base);
    int err = base->inner ? edo_service_ready(base->inner, permit) : 0;
    if (err < 0) return err;
    if (c->ready_code < 0) return c->ready_code; // the inner one stays ready: edo gives it back
    c->readies++;
    c->held++;
    *edo_permit_word(permit, base) = 41;
    return 0;
}

static int counting_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    counter *c = counter_of(base);
    assert_int_equal(*edo_permit_word(permit, base), 41);
    c->held--;
    if (!base->inner || !request) return 0; // does not call the inner one
    return edo_service_call(base->inner, permit, request, response);
}

static void counting_release(edo_service *base, edo_permit *permit) {
    assert_int_equal(*edo_permit_word(permit, base), 41);
    counter_of(base)->held--;
    counter_of(base)->released++;
}

static void counting_deinit(edo_service *base) {
    counter_of(base)->ended++;
}

static edo_service *counting_new(counter *c, edo_service *inner) {
    static const edo_service_ops ops = { .name = "counting",
                                         .ready = counting_ready,
                                         .call = counting_call,
                                         .release = counting_release,
                                         .deinit = counting_deinit };
    edo_service *base;
    assert_int_equal(edo_service_new(&base, sizeof(counting), &ops, inner), 0);
    ((counting *)(void *)base)->counter = c;
    return base;
}

static void what_a_layer_does_not_use_is_given_back(void **state) {
    counter c[3] = { { .held = 0 } };
    edo_service *leaf = counting_new(&c[0], NULL);
    edo_service *middle = counting_new(&c[1], leaf), *outer = counting_new(&c[2], middle);
    edo_permit permit = EDO_PERMIT_INIT;
    int request = 0;
    (void)state;
    assert_int_equal(edo_service_ready(outer, &permit), 0);
    edo_permit_release(&permit);
    for (size_t i = 0; i < 3; i++) assert_int_equal(c[i].released, 1);
    assert_int_equal(edo_service_ready(outer, &permit), 0);
    assert_int_equal(edo_service_call(outer, &permit, NULL, NULL), 0); // outer calls nobody
    assert_int_equal(c[2].released, 1);
    assert_int_equal(c[1].released, 2);
    assert_int_equal(c[0].released, 2);
    c[2].ready_code = -EPIPE; // after the inner ones were made ready
    assert_int_equal(edo_service_ready(outer, &permit), -EPIPE);
    edo_permit_release(&permit); // nothing
    c[2].ready_code = 0;
    assert_int_equal(edo_service_oneshot(outer, &request, NULL), 0);
    for (size_t i = 0; i < 3; i++) assert_int_equal(c[i].held, 0);
    assert_int_equal(c[0].readies, 4);
    edo_service_unref(edo_service_ref(outer));
    assert_int_equal(c[0].ended, 0);
    edo_service_unref(outer);
    for (size_t i = 0; i < 3; i++) assert_int_equal(c[i].ended, 1);
}

static int makes_ready_again(void *arg, edo_next *next, void *request, void *response) {
    (void)arg;
    int err = edo_layer_next(next, request, response);
    return err < 0 ? err : edo_service_ready(next->inner, next->permit);
}

static void a_permit_that_holds_nothing_outlives_its_service(void **state) {
    counter c = { .held = 0 };
    edo_service *svc = counting_new(&c, NULL);
    edo_layer layer = edo_layer_from_fn(makes_ready_again, NULL);
    edo_permit permit = EDO_PERMIT_INIT;
    (void)state;
    assert_int_equal(edo_layer_wrap(&svc, &layer, svc), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(edo_service_ready(svc, &permit), 0);
        if (i == 0) assert_int_equal(edo_service_call(svc, &permit, NULL, NULL), 0);
        if (i == 1) edo_service_release(svc, &permit);
        assert_null(permit.top); // inv. 3
    }
    assert_int_equal(c.held, 0);
    edo_service_unref(svc);
    edo_permit_release(&permit);
}

static void a_function_service_drops_its_argument_with_the_last_reference(void **state) {
    counter c = { .held = 0 };
    edo_service *svc;
    int *number = edo_rc_new(sizeof *number, NULL), response = 0;
    (void)state;
    (void)c;
    assert_non_null(number);
    *number = 3;
    assert_int_equal(edo_service_from_fn(&svc, adds, NULL, NULL), 0);
    edo_service_unref(svc);
    assert_int_equal(edo_service_from_fn(&svc, adds, NULL, edo_rc_unref), 0);
    assert_int_equal(edo_service_oneshot(svc, number, &response), 5);
    assert_int_equal(response, 4);
    edo_service_unref(svc); // edo_rc_unref(NULL) does nothing
    edo_rc_unref(number);
}

static void services_lie_no_deeper_than_a_permit_has_slots(void **state) {
    counter c = { .held = 0 };
    edo_service *svc = counting_new(&c, NULL), *more = NULL;
    edo_layer layer = edo_load_shed_layer();
    (void)state;
    assert_int_equal(edo_service_set_levels(svc, EDO_SERVICE_LEVELS), -EINVAL);
    assert_int_equal(edo_service_set_levels(svc, 8), 0);
    for (uint32_t i = 9; i < EDO_SERVICE_LEVELS; i++)
        assert_int_equal(edo_layer_wrap(&svc, &layer, svc), 0);
    int request = 0;
    assert_int_equal(edo_service_oneshot(svc, &request, NULL), 0);
    more = edo_service_ref(svc);
    assert_int_equal(edo_layer_wrap(&more, &layer, more), -EINVAL);
    edo_service_unref(svc);
    assert_int_equal(c.ended, 1);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static int builds(void) {
    edo_service *svc;
    edo_stack stack;
    int err = edo_service_from_fn(&svc, adds, NULL, NULL);
    if (err < 0) return err;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_timeout_layer(edo_s(1)));
    edo_stack_push(&stack, edo_concurrency_layer(2));
    edo_stack_push(&stack, edo_map_layer(&(edo_map_opts){ .arg = NULL }));
    edo_stack_push(&stack, edo_filter_layer(NULL, NULL));
    edo_stack_push(&stack, edo_layer_from_fn(passes, NULL));
    edo_stack_push(&stack, edo_load_shed_layer());
    err = edo_stack_build(&svc, &stack, svc);
    edo_stack_deinit(&stack);
    if (err == 0) edo_service_unref(svc);
    return err;
}

static void no_memory_at_any_point_leaves_nothing_behind(void **state) {
    (void)state;
    bool fired = true;
    uint64_t k = 0;
    while (fired) {
        edoi_alloc_fail_at(++k);
        int err = builds();
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, fired ? -ENOMEM : 0);
    }
    assert_true(k > 12); // a node and a service for each layer, and the leaf
}

static void a_stack_keeps_its_first_failure(void **state) {
    edo_service *svc;
    edo_stack stack;
    edo_layer bad = { .failure = -ERANGE };
    (void)state;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_load_shed_layer());
    edo_stack_push(&stack, bad);
    edoi_alloc_fail_at(1);
    edo_stack_push(&stack, edo_load_shed_layer());
    edoi_alloc_fail_at(0);
    assert_int_equal(edo_service_from_fn(&svc, adds, NULL, NULL), 0);
    assert_int_equal(edo_stack_build(&svc, &stack, svc), -ERANGE);
    edo_stack_deinit(&stack);
}

/* ---- Many calls ------------------------------------------------------------------------------ */

static int tenth(void *arg, void *request, void *response) {
    int n = *(int *)request;
    (void)arg;
    int err = edo_sleep(edo_ms(100 - n));
    *(int *)response = n / 10;
    return err < 0 ? err : n == 30 ? -EDOM : 0;
}

static int calls_all(void *arg) {
    const bool unordered = *(bool *)arg;
    int requests[] = { 10, 20, 30, 40, 50 }, got[5] = { 0 }, got_n = 0, failed = 0, rc, one;
    edo_service *svc;
    CHECK_EQ(edo_service_from_fn(&svc, tenth, NULL, NULL), 0);
    edo_instant start = edo_now();
    edo_seq *s = edo_call_all(svc, edo_seq_array(requests, 5, sizeof(int)), sizeof(int),
                              &(edo_call_all_opts){ .unordered = unordered });
    while ((rc = edo_seq_next(s, &one)) != 0) {
        if (rc == 1) got[got_n++] = one;
        if (rc < 0) CHECK_EQ(rc, -EDOM);
        failed += rc < 0;
    }
    CHECK_EQ(failed, 1);
    CHECK_EQ(got_n, 4);
    const int want[2][4] = { { 1, 2, 4, 5 }, { 5, 4, 2, 1 } };
    for (size_t i = 0; i < 4; i++) CHECK_EQ(got[i], want[unordered][i]);
    EDO_TEST_ELAPSED(start, edo_ms(90)); // all at once
    edo_seq_free(s);
    s = edo_call_all(svc, edo_seq_array(requests, 5, sizeof(int)), sizeof(int),
                     &(edo_call_all_opts){ .reserved = { 1 } });
    CHECK_EQ(edo_seq_next(s, &one), -EINVAL);
    CHECK_EQ(edo_seq_next(s, &one), 0);
    edo_seq_free(s);
    CHECK(!edo_call_all(svc, NULL, sizeof(int), NULL));
    edo_service_unref(svc);
    return 0;
}

static void all_requests_of_a_sequence_are_called_in_order_or_as_they_end(void **state) {
    bool unordered = false;
    (void)state;
    assert_int_equal(inside(calls_all, &unordered), 0);
    unordered = true;
    assert_int_equal(inside(calls_all, &unordered), 0);
}

/* ---- Long time limits ------------------------------------------------------------------------ */

static int notes_deadline(void *arg, void *request, void *response) {
    (void)request, (void)response;
    *(int64_t *)arg = edoi_ctx_here()->deadline_ns;
    return 0;
}

static int begins_limits(void *arg) {
    const edo_duration limits[] = { edo_ms(1), edo_ms(499), edo_ms(500), edo_s(60), edo_ns(-1) };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(limits); i++) {
        int64_t at_ns = 0;
        edo_service *svc;
        edo_layer layer = edo_timeout_layer(limits[i]);
        CHECK_EQ(edo_service_from_fn(&svc, notes_deadline, &at_ns, NULL), 0);
        CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
        CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
        edo_instant most = edo_instant_add(edo_now(), limits[i]);
        if (limits[i].ns >= EDOI_COARSE_WORTH_NS)
            most = edo_instant_add(most, edo_ns(EDOI_CLOCK_LAG_NS));
        CHECK(limits[i].ns < 0 ? at_ns == INT64_MAX : at_ns <= most.ns);
        edo_service_unref(svc);
    }
    return 0;
}

static void a_time_limit_is_longer_by_no_more_than_the_lag_of_the_clock(void **state) {
    (void)state;
    assert_int_equal(inside_each(begins_limits, NULL), 0);
    assert_int_equal(inside(begins_limits, NULL), 0);
}

/* ---- Misuse ---------------------------------------------------------------------------------- */

static int code; /* of the misuse, where it returns */

static void calls_without_permit(void) {
    edo_service *svc;
    edo_permit permit = EDO_PERMIT_INIT;
    int request = 0;
    if (edo_service_from_fn(&svc, adds, NULL, NULL) < 0) return;
    code = edo_service_call(svc, &permit, &request, &request);
    edo_service_unref(svc);
}

static void calls_twice(void) {
    edo_service *svc;
    edo_permit permit = EDO_PERMIT_INIT;
    int request = 0;
    if (edo_service_from_fn(&svc, adds, NULL, NULL) < 0) return;
    code = edo_service_ready(svc, &permit);
    if (code == 0) code = edo_service_call(svc, &permit, &request, &request);
    if (code == 5) code = edo_service_call(svc, &permit, &request, &request);
    edo_service_unref(svc);
}

static void makes_ready_twice(void) {
    edo_service *svc;
    edo_permit permit = EDO_PERMIT_INIT;
    if (edo_service_from_fn(&svc, adds, NULL, NULL) < 0) return;
    code = edo_service_ready(svc, &permit);
    if (code == 0) code = edo_service_ready(svc, &permit);
    edo_permit_release(&permit);
    edo_service_unref(svc);
}

static void makes_two_ready(void) {
    edo_service *one, *two;
    edo_permit permit = EDO_PERMIT_INIT;
    if (edo_service_from_fn(&one, adds, NULL, NULL) < 0) return;
    if (edo_service_from_fn(&two, adds, NULL, NULL) < 0) return;
    code = edo_service_ready(one, &permit);
    if (code == 0) code = edo_service_ready(two, &permit);
    edo_permit_release(&permit);
    edo_service_unref(two);
    edo_service_unref(one);
}

static void has_no_call(void) {
    static const edo_service_ops ops = { .name = "none" };
    edo_service *svc;
    code = edo_service_new(&svc, sizeof(edo_service), &ops, NULL);
}

static void is_too_small(void) {
    static const edo_service_ops ops = { .call = counting_call };
    edo_service *svc;
    code = edo_service_new(&svc, sizeof(edo_service) - 1, &ops, NULL);
}

static void has_long_options(void) {
    char opts[EDO_LAYER_BYTES + 1] = { 0 };
    code = edo_layer_make(NULL, opts, sizeof opts).failure;
}

static void misuse_is_named_and_refused(void **state) {
    void (*const misuses[])(void) = { calls_without_permit, calls_twice, makes_ready_twice,
                                      makes_two_ready,      has_no_call, is_too_small,
                                      has_long_options };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(misuses); i++) {
#ifdef EDO_DEBUG
        assert_true(aborts(misuses[i]));
#else
        code = 0;
        misuses[i]();
        assert_int_equal(code, -EDO_EMISUSE);
#endif
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misuse_is_named_and_refused), // first: it forks
        cmocka_unit_test(the_layer_pushed_first_is_the_outermost),
        cmocka_unit_test(what_a_layer_does_not_use_is_given_back),
        cmocka_unit_test(a_permit_that_holds_nothing_outlives_its_service),
        cmocka_unit_test(a_function_service_drops_its_argument_with_the_last_reference),
        cmocka_unit_test(services_lie_no_deeper_than_a_permit_has_slots),
        cmocka_unit_test(no_memory_at_any_point_leaves_nothing_behind),
        cmocka_unit_test(a_stack_keeps_its_first_failure),
        cmocka_unit_test(all_requests_of_a_sequence_are_called_in_order_or_as_they_end),
        cmocka_unit_test(a_time_limit_is_longer_by_no_more_than_the_lag_of_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
