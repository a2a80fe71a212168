/* SPDX-License-Identifier: MIT */
/* Goal: the filters of the log and of receivers are read and set by name, while events run; what is
 * no filter is named.
 * Method: receivers with names, and a walk over all. */
#define EDO_TARGET "shop"
#include <edo/edo.h>
#include <edo/receiver.h>

#include "fail_alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int events_n;

static void on_event(void *arg, const edo_event *e) {
    (void)arg, (void)e;
    events_n++;
}

static const edo_receiver_ops counts = { .event = on_event };

static edo_receiver *add(const char *name, const char *filter) {
    edo_receiver *r;
    const edo_receiver_opts opts = { .filter = filter, .name = name };
    assert_int_equal(edo_log_add(&r, &counts, NULL, &opts), 0);
    return r;
}

static int put_line(void *arg, const char *name, edo_str filter) {
    char *to = arg;
    size_t n = strlen(to);
    (void)snprintf(to + n, 1024 - n, "%s %.*s\n", name, (int)filter.len, filter.ptr);
    return 0;
}

static void expect_filters(const char *wanted) {
    char all[1024] = "";
    assert_int_equal(edo_log_each_filter(put_line, all), 0);
    assert_string_equal(all, wanted);
}

static int set(const char *name, const char *filter) {
    return edo_log_set_filter_of(edo_str_of(name), edo_str_of(filter));
}

static void filters_are_shown_and_set_by_name(void **state) {
    edo_receiver *lines;
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    expect_filters("");
    assert_int_equal(set("log", "info"), -ENOENT);
    assert_int_equal(edo_log_start(&(edo_log_opts){ .fd = ends[1], .ignore_env = true }), 0);
    edo_receiver *a = add("audit", "warn,shop=debug"), *b = add(NULL, NULL);
    assert_int_equal(edo_log_add_lines(&lines, &(edo_log_opts){ .fd = ends[1] }), 0);
    expect_filters("log info\naudit warn,shop=debug\nreceiver info\nlines info\n");
    assert_int_equal(set("log", "error , [place{n=7}] = debug"), 0);
    assert_int_equal(set("audit", "shop[place{\"\"x\"\"}]"), 0);
    assert_int_equal(set("nobody", "info"), -ENOENT);
    expect_filters("log error,[place{n=\"7\"}]=debug\naudit off,shop[place{\"\"x\"\"}]=trace\n"
                   "receiver info\nlines info\n");
    edo_info("for b alone, and the lines");
    assert_int_equal(events_n, 1);
    assert_int_equal(set("receiver", "off"), 0);
    edo_info("for the lines");
    assert_int_equal(events_n, 1);
    edo_receiver *twin = add(NULL, "error");
    assert_int_equal(set("receiver", "debug"), 0); // both
    edo_info("for two");
    assert_int_equal(events_n, 3);
    fail_alloc_in = 1;
    assert_int_equal(edo_log_each_filter(put_line, NULL), -ENOMEM);
    fail_alloc_in = 0;
    edo_log_remove(a), edo_log_remove(b), edo_log_remove(lines), edo_log_remove(twin);
    edo_log_stop();
    expect_filters("");
    (void)close(ends[0]), (void)close(ends[1]);
}

static void what_is_no_filter_is_named(void **state) {
    char text[512];
    (void)state;
    edo_receiver *r = add("audit", "info");
    assert_int_equal(set("audit", "info,shop=loud,b"), -EINVAL);
    (void)edo_trail_print_text(text, sizeof text, -EINVAL, EDO_TRAIL_LINE);
    assert_non_null(strstr(text, "\"shop=loud\" is no part of a filter"));
    edo_trail_clear();
    expect_filters("audit info\n");
    static const char long_name[] = "a name of 32 bytes is too long..";
    edo_receiver *other;
    assert_int_equal(edo_log_add(&other, &counts, NULL, &(edo_receiver_opts){ .name = long_name }),
                     -EINVAL);
    assert_int_equal(edo_log_add(&other, &counts, NULL, &(edo_receiver_opts){ .name = "" }),
                     -EINVAL);
    edo_log_remove(r);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_are_shown_and_set_by_name),
        cmocka_unit_test(what_is_no_filter_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
