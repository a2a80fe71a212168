/* SPDX-License-Identifier: MIT */
/* Goal: the route of a registry shows its numbers in the form that the client takes, and without
 * memory it is a failure that leaves nothing behind.
 * Method: requests to a router in this process; one allocation after the other fails. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/test_web.h>

/* A line break in `accept` stands between two fields. */
static int ask_numbers(edo_oneshot *got, edo_router *r, const char *accept) {
    edo_headers headers;
    edo_headers_init(&headers);
    int err = 0;
    for (size_t n; accept && err == 0; accept += n) {
        n = strcspn(accept, "\n");
        err = edo_headers_append(&headers, EDO_HEADER_ACCEPT, (edo_str){ accept, n });
        if (accept[n] == '\0') break;
        n++;
    }
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

#define OPEN "application/openmetrics-text"

static int check_forms(void *arg) {
    static const struct {
        const char *accept;
        bool is_open;
    } rows[] = {
        { NULL, false },
        { "text/html, */*", false },
        { OPEN ";version=1.0.0;q=0.5,text/plain;q=0.3", true },
        { OPEN, true },
        { "Application/OpenMetrics-Text, text/plain", true },
        { OPEN ";version=0.0.1,*/*;q=0.1", true },
        { OPEN ";version=1.0.0;escaping=allow-utf-8;q=0.6," OPEN ";version=0.0.1;q=0.5,"
               "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
               "*/*;q=0.2", // Prometheus 3
          true },
        { "text/plain\n" OPEN, true },
        { OPEN ";q=0", false },
        { OPEN ";q=0, */*", false },
        { OPEN ";q=0.3, text/plain;version=0.0.4;q=0.5", false },
        { OPEN ";q=0.3, text/*;q=0.5", false },
        { OPEN ";version=2.0.0, */*;q=0.1", false },
        { "text/plain, x" OPEN, false },
        { "text/plain;about=\"" OPEN "\"", false },
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
        bool is_open = strstr(got.body.ptr, "# EOF\n") != NULL;
        if (is_open != rows[i].is_open) (void)fprintf(stderr, "%s\n", rows[i].accept);
        CHECK_EQ(is_open, rows[i].is_open);
        edo_str type = edo_headers_get(&got.headers, EDO_HEADER_CONTENT_TYPE);
        CHECK(edo_str_equal(type, is_open ? EDO_STR(OPEN "; version=1.0.0; charset=utf-8")
                                          : EDO_STR("text/plain; version=0.0.4; charset=utf-8")));
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
