/* SPDX-License-Identifier: MIT */
/* Goal: what is exported over gRPC arrives as it does over HTTP, with its metadata and its coding;
 * the statuses of a collector are followed.
 * Method: a collector on this machine, in clear text; flushes. */
#define EDO_TARGET "shop"
#include "collector.h"

#include <edo/edo.h>
#include <edo/headers.h>
#include <edo/span.h>

#include <errno.h>
#include <string.h>

static edo_otlp *start(const collector *c, bool is_gzip, const edo_headers *h, edo_metrics *m) {
    edo_otlp *o = NULL;
    const edo_otlp_opts opts = { .endpoint = c->url,
                                 .protocol = EDO_OTLP_GRPC,
                                 .ignore_env = true,
                                 .gzip = is_gzip,
                                 .headers = h,
                                 .metrics = m,
                                 .delay = edo_s(3600),
                                 .filter = "info,grpc.server=off", // the collector's own
                                 .retry_max = edo_s(30) };         // pauses from 100 ms on
    EDO_TEST_OK(edo_otlp_start(&o, &opts));
    CHECK(o != NULL);
    return o;
}

static void work(void) {
    EDO_SPAN(b, edo_info_span("work", EDO_KV("n", 7)));
    edo_info_kv("in it", EDO_KV("n", 8));
}

static int all_kinds(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    edo_headers h;
    edo_metrics *m;
    edo_counter *counter;
    (void)arg;
    collector_begin(&c);
    edo_headers_init(&h);
    EDO_TEST_OK(edo_headers_set_named(&h, EDO_STR("x-key"), EDO_STR("secret")));
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    EDO_TEST_OK(edo_counter_new(&counter, m, "shop.orders", NULL));
    edo_counter_add(counter, 7);
    edo_otlp *o = start(&c, true, &h, m);
    for (int i = 0; i < 20; i++) work(); // so that it shrinks
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(20)));
    CHECK(collector_has(&c, "span work kind=1 parent=0 n=7 @shop\n"));
    CHECK(collector_has(&c, "event INFO \"in it\" n=8 "));
    CHECK(collector_has(&c, "metric shop.orders  sum=7 grows @edo\n"));
    CHECK(strcmp(c.seen_header, "secret") == 0);
    CHECK_EQ(c.requests_n, 3);
    CHECK_EQ(c.items_n, 47); // and the six numbers of the exporter
    CHECK_EQ(edo_otlp_stop(o, edo_s(20)), 0);
    edo_metrics_free(m);
    edo_headers_deinit(&h);
    collector_end(&c);
    return 0;
}

static void all_kinds_are_exported_over_grpc(void **state) {
    (void)state;
    assert_int_equal(inside_real(all_kinds, NULL), 0);
}

static int statuses(void *arg) {
    collector c = { .busy_n = 2 };
    edo_otlp_stats s;
    (void)arg;
    collector_begin(&c);
    edo_otlp *o = start(&c, false, NULL, NULL);
    edo_info("busy");
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(20))); // RESOURCE_EXHAUSTED, with a delay
    CHECK(collector_has(&c, "event INFO \"busy\""));
    CHECK_EQ(c.requests_n, 3);
    c.mood = COLLECTOR_REFUSES;
    edo_info("refused");
    CHECK_EQ(edo_otlp_flush(o, edo_s(20)), -EIO);
    CHECK_EQ(c.requests_n, 4);
    c.mood = COLLECTOR_REJECTS;
    edo_info("rejected");
    CHECK_EQ(edo_otlp_flush(o, edo_s(20)), -EIO);
    edo_otlp_get_stats(o, EDO_OTLP_LOGS, &s);
    CHECK(s.sent == 1 && s.dropped == 1 && s.rejected == 1 && s.failures == 3);
    CHECK_EQ(edo_otlp_stop(o, edo_s(20)), 0);
    collector_end(&c);
    return 0;
}

static void statuses_are_followed(void **state) {
    (void)state;
    assert_int_equal(inside_real(statuses, NULL), 0);
}

static int moment(void *arg) {
    collector c = { .busy_n = 1, .busy_ns = 20000000 };
    const edo_instant begun = edo_now();
    edo_otlp *o = NULL;
    edo_otlp_stats s;
    (void)arg;
    collector_begin(&c);
    const edo_otlp_opts opts = { .endpoint = c.url,
                                 .protocol = EDO_OTLP_GRPC,
                                 .ignore_env = true,
                                 .delay = edo_s(3600),
                                 .filter = "info,grpc.server=off", // the collector's own
                                 .retry_max = edo_ns(1) };
    EDO_TEST_OK(edo_otlp_start(&o, &opts));
    edo_info("too late by then");
    CHECK_EQ(edo_otlp_flush(o, edo_s(20)), -EIO);
    edo_info("when it may be asked again");
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(20)));
    CHECK(edo_instant_since(edo_now(), begun).ns >= 20000000); // not before that time
    CHECK(collector_has(&c, "\"when it may be asked again\""));
    edo_otlp_get_stats(o, EDO_OTLP_LOGS, &s);
    CHECK(s.sent == 1 && s.dropped == 1 && s.requests == 2);
    CHECK_EQ(edo_otlp_stop(o, edo_s(20)), 0);
    collector_end(&c);
    return 0;
}

static void a_collector_that_names_a_time_is_asked_after_it(void **state) {
    (void)state;
    assert_int_equal(inside_real(moment, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_are_exported_over_grpc),
        cmocka_unit_test(statuses_are_followed),
        cmocka_unit_test(a_collector_that_names_a_time_is_asked_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
