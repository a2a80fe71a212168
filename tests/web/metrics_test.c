/* SPDX-License-Identifier: MIT */
/* Goal: the route of a registry shows its numbers in the form that the client takes, and without
 * memory it is a failure that leaves nothing behind.
 * Method: requests to a router in this process; one allocation after the other fails. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/test_web.h>
#include <edo/web_watch.h>

static int ask_numbers(edo_oneshot *got, edo_router *r, const char *accept) {
    edo_headers headers;
    edo_headers_init(&headers);
    int err = accept ? edo_headers_append(&headers, EDO_HEADER_ACCEPT, edo_str_of(accept)) : 0;
    const edo_http_request req = { .target = EDO_STR("/metrics"), .headers = &headers };
    if (err == 0) err = edo_web_oneshot(got, r, &req, NULL);
    edo_headers_deinit(&headers);
    return err;
}

static int numbers_of(edo_metrics **m, edo_router **r) {
    edo_metric *cups;
    edo_counter *all;
    EDO_TEST_OK(edo_metrics_new(m, NULL));
    EDO_TEST_OK(edo_metrics_counter(&cups, *m, "tea.cups", NULL));
    EDO_TEST_OK(edo_counter_series(&all, cups, NULL));
    edo_counter_add(all, 3);
    *r = edo_router_new();
    edo_metrics_routes(*r, *m);
    return 0;
}

static int check_forms(void *arg) {
    static const struct {
        const char *accept, *type;
        bool ends;
    } rows[] = {
        { NULL, "text/plain; version=0.0.4; charset=utf-8", false },
        { "text/html, */*", "text/plain; version=0.0.4; charset=utf-8", false },
        { "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3",
          "application/openmetrics-text; version=1.0.0; charset=utf-8", true },
    };
    edo_metrics *m;
    edo_router *r;
    (void)arg;
    CHECK_EQ(numbers_of(&m, &r), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_oneshot got;
        EDO_TEST_OK(ask_numbers(&got, r, rows[i].accept));
        CHECK_EQ(got.status, 200);
        CHECK(strstr(got.body.ptr, "\ntea_cups_total 3\n"));
        CHECK_EQ(strstr(got.body.ptr, "# EOF\n") != NULL, rows[i].ends);
        edo_str type = edo_headers_get(&got.headers, EDO_HEADER_CONTENT_TYPE);
        CHECK(edo_str_equal(type, edo_str_of(rows[i].type)));
        CHECK(edo_str_equal(edo_headers_get(&got.headers, EDO_HEADER_VARY), EDO_STR("accept")));
        edo_oneshot_deinit(&got);
    }
    edo_router_free(r);
    edo_metrics_free(m);
    return 0;
}

static void numbers_come_in_the_form_that_the_client_takes(void **state) {
    (void)state;
    assert_int_equal(inside(check_forms, NULL), 0);
}

static int check_memory(void *arg) {
    edo_metrics *m;
    edo_router *r;
    edo_oneshot got;
    bool has_failed = true;
    (void)arg;
    CHECK_EQ(numbers_of(&m, &r), 0);
    EDO_TEST_OK(ask_numbers(&got, r, NULL)); // what is kept for later is there
    edo_oneshot_deinit(&got);
    for (int k = 1; has_failed; k++) {
        fail_alloc_in = k;
        int err = ask_numbers(&got, r, NULL);
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(has_failed || (err == 0 && got.status == 200));
        if (err == 0) CHECK(got.status == 200 || got.status == 500);
        if (err == 0) edo_oneshot_deinit(&got);
    }
    edo_router_free(r);
    edo_metrics_free(m);
    return 0;
}

static void without_memory_nothing_is_left(void **state) {
    (void)state;
    assert_int_equal(inside(check_memory, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_in_the_form_that_the_client_takes),
        cmocka_unit_test(without_memory_nothing_is_left),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
