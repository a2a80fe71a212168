/* SPDX-License-Identifier: MIT */
/* Goal: a test counts and finds what is logged, of the process or of its own task, with fields and
 * spans; it keeps no more than it may, and counts the rest.
 * Method: events of several tasks; each allocation fails in turn. */
#define EDO_TARGET "shop"
#include <edo/edo.h>
#include <edo/span.h>
#include <edo/test_log.h>

#include "fail_alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static edo_test_log *keep(edo_test_log_opts opts) {
    edo_test_log *log;
    EDO_TEST_OK(edo_test_log_new(&log, &opts));
    return log;
}

static int says(void *arg) {
    edo_warn_kv("from another task", EDO_KV("n", *(int *)arg));
    return 0;
}

EDO_TEST(events_are_found_with_their_fields_and_spans, ) {
    char name[] = "bo";
    edo_test_log *log = keep((edo_test_log_opts){ .filter = "shop=debug", .spans = true });
    {
        EDO_SPAN(outer, edo_info_span("request", EDO_KV("id", 9)));
        EDO_SPAN(inner, edo_debug_span("place"));
        edo_debug_kv("placed", EDO_KV("customer", name), EDO_KV("n", 7));
        name[0] = 'B'; // what is kept is a copy
    }
    edo_log_event(EDO_LEVEL_ERROR, "other", (), "is not wanted");
    const edo_test_event *e = EDO_TEST_LOGGED(log, "placed customer=\"bo\" n=7");
    EDO_TEST_EQ(e->level, EDO_LEVEL_DEBUG);
    EDO_TEST_EQ(strcmp(e->target, "shop"), 0);
    EDO_TEST_EQ(strcmp(e->message, "placed"), 0);
    EDO_TEST_EQ(strcmp(e->spans, "request:place"), 0);
    EDO_TEST_EQ(
        strncmp(e->line, "DEBUG shop: placed customer=\"bo\" n=7 span=request{id=9}:place ", 61),
        0);
    EDO_TEST_EQ(strcmp(edo_test_log_field(e, "customer")->value.text, "bo"), 0);
    EDO_TEST_EQ(edo_test_log_field(e, "n")->value.integer, 7);
    EDO_TEST_TRUE(!edo_test_log_field(e, "id"));
    e = edo_test_log_find(log, e, "ended");
    EDO_TEST_TRUE(e && e->level == EDO_LEVEL_DEBUG);
    e = edo_test_log_find(log, e, "ended");
    EDO_TEST_TRUE(e && e->level == EDO_LEVEL_INFO && strcmp(e->spans, "request") == 0);
    EDO_TEST_TRUE(!edo_test_log_find(log, e, NULL));
    EDO_TEST_EQ(edo_test_log_count(log, NULL), 3);
    EDO_TEST_EQ(edo_test_log_count(log, "ended"), 2);
    EDO_TEST_EQ(edo_test_log_lost(log), 0);
    edo_test_log_free(log);
}

EDO_TEST(own_events_are_those_of_the_task, ) {
    edo_test_log *own = keep((edo_test_log_opts){ .own_only = true }),
                 *all = keep((edo_test_log_opts){ 0 });
    int n = 7;
    edo_task *t = edo_spawn(says, &n);
    EDO_TEST_OK(edo_task_join(t));
    edo_info("of this one");
    EDO_TEST_EQ(edo_test_log_count(own, NULL), 1);
    EDO_TEST_LOGGED(own, "of this one");
    EDO_TEST_EQ(edo_test_log_count(all, NULL), 2);
    EDO_TEST_LOGGED(all, " WARN shop: from another task n=7");
    edo_test_log_free(own);
    edo_test_log_free(all);
}

static void what_is_not_kept_is_counted(void **state) {
    (void)state;
    edo_test_log *log = keep((edo_test_log_opts){ .events_max = 2, .own_only = true });
    for (int i = 0; i < 5; i++) edo_info("event %d", i);
    assert_int_equal(edo_test_log_count(log, NULL), 2);
    assert_int_equal(edo_test_log_lost(log), 3);
    edo_test_log_free(log);
    log = keep((edo_test_log_opts){ 0 });
    fail_alloc_in = 1;
    edo_info("without memory");
    fail_alloc_in = 0;
    assert_int_equal(edo_test_log_lost(log), 1);
    edo_test_log_free(log);
    edo_test_log_free(NULL);
    fail_alloc_in = 1;
    assert_int_equal(edo_test_log_new(&log, NULL), -ENOMEM);
    fail_alloc_in = 0;
    assert_int_equal(edo_test_log_new(&log, &(edo_test_log_opts){ .reserved = { 0, 1 } }), -EINVAL);
    assert_int_equal(edo_test_log_new(&log, &(edo_test_log_opts){ .filter = "a=b=c" }), -EINVAL);
}

static jmp_buf failed;
static char failure[200];

static void on_failure(const char *file, int line, const char *text) {
    (void)file, (void)line;
    (void)snprintf(failure, sizeof failure, "%s", text);
    longjmp(failed, 1);
}

static void what_is_missing_fails(void **state) {
    (void)state;
    edo_test_log *log = keep((edo_test_log_opts){ 0 });
    edo_info("this");
    edo_test_on_failure(on_failure);
    if (setjmp(failed) == 0) {
        (void)EDO_TEST_LOGGED(log, "that");
        fail();
    }
    edo_test_on_failure(NULL);
    assert_non_null(strstr(failure, "no line that is logged has \"that\""));
    edo_test_log_free(log);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_found_with_their_fields_and_spans),
        cmocka_unit_test(own_events_are_those_of_the_task),
        cmocka_unit_test(what_is_not_kept_is_counted),
        cmocka_unit_test(what_is_missing_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
