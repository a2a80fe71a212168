/* SPDX-License-Identifier: MIT */
/* Goal: the routes of the log show the filters of the log and of receivers, and set them; what is
 * invalid is refused with its reason and changes nothing; without memory nothing is left behind.
 * Method: requests to a router in this process; one allocation after the other fails. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/log.h>
#include <edo/receiver.h>
#include <edo/test_web.h>
#include <edo/web_log.h>

static edo_router *routes(void) {
    edo_router *r = edo_router_new();
    edo_log_routes(r);
    return r;
}

static int ask_log(edo_oneshot *got, edo_router *r, const char *target, const char *filter) {
    const edo_http_request req = { .method = filter ? EDO_METHOD_PUT : EDO_METHOD_GET,
                                   .target = edo_str_of(target),
                                   .data = edo_str_of(filter ? filter : "") };
    return edo_web_oneshot(got, r, &req, NULL);
}

static void expect_log(edo_router *r, const char *target, const char *filter, edo_status status,
                       const char *body) {
    edo_oneshot got;
    EDO_TEST_OK(ask_log(&got, r, target, filter));
    const char *text = got.body.len > 0 ? got.body.ptr : "";
    if (got.status != status || !strstr(text, body))
        edo_test_fail("%s: %d %s", target, (int)got.status, text);
    edo_oneshot_deinit(&got);
}

static void on_event(void *arg, const edo_event *e) {
    (void)arg, (void)e;
}

static const edo_receiver_ops silent = { .event = on_event };

static int show_and_set(void *arg) {
    edo_router *r = routes();
    edo_receiver *audit;
    (void)arg;
    EDO_TEST_OK(edo_log_start(&(edo_log_opts){ .filter = "error", .ignore_env = true }));
    EDO_TEST_OK(edo_log_add(&audit, &silent, NULL,
                            &(edo_receiver_opts){ .name = "audit", .filter = "off,pg=warn" }));
    expect_log(r, "/log", NULL, EDO_STATUS_OK,
               "[{\"name\":\"log\",\"filter\":\"error\"},{\"name\":\"audit\",\"filter\":\"off,pg="
               "warn\"}]");
    expect_log(r, "/log", "off,shop[place{n=7}]=debug", EDO_STATUS_NO_CONTENT, "");
    expect_log(r, "/log/audit", "error", EDO_STATUS_NO_CONTENT, "");
    expect_log(r, "/log", NULL, EDO_STATUS_OK,
               "[{\"name\":\"log\",\"filter\":\"off,shop[place{n=\\\"7\\\"}]=debug\"},"
               "{\"name\":\"audit\",\"filter\":\"error\"}]");
    expect_log(r, "/log", "warn,pg=loud,x", EDO_STATUS_BAD_REQUEST, "pg=loud");
    expect_log(r, "/log/audit", "\xff", EDO_STATUS_BAD_REQUEST, "");
    expect_log(r, "/log/nobody", "info", EDO_STATUS_NOT_FOUND, "nobody");
    expect_log(r, "/log/log", "off", EDO_STATUS_NO_CONTENT, "");
    expect_log(r, "/log", NULL, EDO_STATUS_OK,
               "[{\"name\":\"log\",\"filter\":\"off\"},{\"name\":\"audit\",\"filter\":\"error\"}]");
    edo_log_stop();
    expect_log(r, "/log", NULL, EDO_STATUS_OK, "[{\"name\":\"audit\",\"filter\":\"error\"}]");
    expect_log(r, "/log", "info", EDO_STATUS_NOT_FOUND, "log");
    edo_log_remove(audit);
    expect_log(r, "/log", NULL, EDO_STATUS_OK, "[]");
    edo_router_free(r);
    return 0;
}

static void filters_are_shown_and_set(void **state) {
    (void)state;
    assert_int_equal(inside(show_and_set, NULL), 0);
}

static void fail_each(edo_router *r, const char *target, const char *filter, edo_status status) {
    bool has_failed = true;
    expect_log(r, target, filter, status, ""); // what is kept for later is there
    for (int k = 1; has_failed; k++) {
        edo_oneshot got;
        fail_alloc_in = k;
        int err = ask_log(&got, r, target, filter);
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(has_failed || (err == 0 && got.status == status));
        if (err == 0) CHECK(got.status == status || got.status == 500);
        if (err == 0) edo_oneshot_deinit(&got);
    }
}

static int without_memory(void *arg) {
    edo_router *r = routes();
    edo_receiver *audit;
    (void)arg;
    EDO_TEST_OK(edo_log_add(&audit, &silent, NULL, NULL));
    fail_each(r, "/log", NULL, EDO_STATUS_OK);
    fail_each(r, "/log/receiver", "info", EDO_STATUS_NO_CONTENT);
    fail_each(r, "/log/receiver", "a=b=c", EDO_STATUS_BAD_REQUEST);
    edo_log_remove(audit);
    edo_router_free(r);
    return 0;
}

static void without_memory_nothing_is_left_behind(void **state) {
    (void)state;
    assert_int_equal(inside(without_memory, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_are_shown_and_set),
        cmocka_unit_test(without_memory_nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
