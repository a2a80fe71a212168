/* SPDX-License-Identifier: MIT */
/* Goal: ids that are bound are copies, go along with a head that has none, and leave what a program
 * has set itself. */
#include "http/headers/ids.h"

#include "fail_alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PARENT  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define SIBLING "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-01"
#define OTHER   "00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static void expect_field(const edo_headers *h, const char *name, const char *value) {
    edo_str has = edo_headers_get_named(h, edo_str_of(name));
    if (!value) {
        assert_null(has.ptr);
    } else {
        assert_true(edo_str_equal(has, edo_str_of(value)));
    }
}

static void expect_passed(const char *id, const char *parent, const char *state) {
    edo_headers h;
    const edoi_ids ids = edoi_ids_here();
    edo_headers_init(&h);
    assert_int_equal(edoi_ids_pass_on(&h, &ids), 0);
    expect_field(&h, "x-request-id", id);
    expect_field(&h, "traceparent", parent);
    expect_field(&h, "tracestate", state);
    edo_headers_deinit(&h);
}

static void inner_ids_stand_for_outer_ones(void **state) {
    edo_context_block outer, inner, last;
    char id[] = "one";
    (void)state;
    expect_passed(NULL, NULL, NULL);
    const edoi_ids first = { .request = edo_str_of(id) };
    assert_int_equal(edoi_ids_begin(&outer, &first), 0);
    id[0] = 'X'; // it was copied
    expect_passed("one", NULL, NULL);
    const edoi_ids step = { .parent = EDO_STR(PARENT), .state = EDO_STR("a=b") };
    assert_int_equal(edoi_ids_begin(&inner, &step), 0);
    expect_passed("one", PARENT, "a=b");
    const edoi_ids next = { .request = EDO_STR("two"), .parent = EDO_STR("p") };
    assert_int_equal(edoi_ids_begin(&last, &next), 0);
    expect_passed("two", "p", NULL); // the state was of another parent
    assert_int_equal(edo_context_end(&last, 0), 0);
    assert_int_equal(edo_context_end(&inner, 0), 0);
    assert_int_equal(edo_context_end(&outer, 0), 0);
    expect_passed(NULL, NULL, NULL);
}

static void fields_of_the_program_stay(void **state) {
    edo_context_block bound;
    edo_headers h;
    (void)state;
    const edoi_ids ids = { EDO_STR("one"), EDO_STR(PARENT), EDO_STR("a=b") };
    assert_int_equal(edoi_ids_begin(&bound, &ids), 0);
    edo_headers_init(&h);
    assert_int_equal(edo_headers_append_named(&h, EDO_STR("traceparent"), EDO_STR("mine")), 0);
    assert_int_equal(edoi_ids_pass_on(&h, &ids), 0);
    expect_field(&h, "x-request-id", "one");
    expect_field(&h, "traceparent", "mine");
    expect_field(&h, "tracestate", NULL);
    edo_headers_deinit(&h);
    assert_int_equal(edo_context_end(&bound, 0), 0);
}

static void a_span_takes_the_place_of_a_step(void **state) {
    char text[EDO_TRACEPARENT_BYTES];
    edo_headers h;
    (void)state;
    edo_span *within = edo_span_remote(EDO_STR(PARENT));
    edo_span *other = edo_span_remote(EDO_STR(OTHER));
    edo_headers_init(&h);
    assert_int_equal(edoi_ids_set_step(&h, NULL), 0);
    expect_field(&h, "traceparent", NULL);
    assert_int_equal(edo_headers_append_named(&h, EDO_STR("traceparent"), EDO_STR(SIBLING)), 0);
    assert_int_equal(edo_headers_append_named(&h, EDO_STR("tracestate"), EDO_STR("a=b")), 0);
    assert_int_equal(edoi_ids_set_step(&h, within), 0);
    expect_field(&h, "traceparent", PARENT);
    expect_field(&h, "tracestate", "a=b");
    assert_int_equal(edoi_ids_set_step(&h, other), 0);
    assert_true(edo_span_traceparent(other, text) > 0);
    expect_field(&h, "traceparent", text);
    expect_field(&h, "tracestate", NULL); // it was of another trace
    edo_headers_deinit(&h);
    edo_span_unref(other);
    edo_span_unref(within);
}

static void a_long_state_stays(void **state) {
    static char text[5000];
    edo_headers h;
    (void)state;
    memset(text, 'x', sizeof text);
    const edoi_ids ids = { .parent = EDO_STR(PARENT), .state = { text, sizeof text } };
    edo_headers_init(&h);
    assert_int_equal(edoi_ids_pass_on(&h, &ids), 0);
    expect_field(&h, "traceparent", PARENT);
    expect_field(&h, "tracestate", NULL);
    edo_headers_deinit(&h);
}

static void without_memory_nothing_is_bound(void **state) {
    edo_context_block bound;
    (void)state;
    const edoi_ids ids = { .request = EDO_STR("one") };
    fail_alloc_in = 1;
    assert_int_equal(edoi_ids_begin(&bound, &ids), -ENOMEM);
    fail_alloc_in = 0;
    expect_passed(NULL, NULL, NULL);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inner_ids_stand_for_outer_ones),
        cmocka_unit_test(fields_of_the_program_stay),
        cmocka_unit_test(a_span_takes_the_place_of_a_step),
        cmocka_unit_test(a_long_state_stays),
        cmocka_unit_test(without_memory_nothing_is_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
