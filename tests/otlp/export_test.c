/* SPDX-License-Identifier: MIT */
/* Goal: spans and events reach a collector as OTLP says, once; one that refuses, is slow, dies or
 * is not there costs no more than what is dropped, which is counted; the exporter makes no span.
 * Method: a collector on this machine, which decodes by edo's protobuf; events instead of time: the
 * queues are sent by flushes, or when they are half full. */
#define EDO_TARGET "shop"
#include "collector.h"

#include <edo/edo.h>
#include <edo/headers.h>
#include <edo/metrics.h>
#include <edo/sem.h>
#include <edo/span.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LONG edo_s(3600) /* a flush comes first */

static edo_otlp_opts usual(const collector *c) {
    return (edo_otlp_opts){ .endpoint = c->url,
                            .service_name = "shop",
                            .ignore_env = true,
                            .delay = LONG,
                            .retry_max = edo_ms(1) };
}

static edo_otlp *start(const edo_otlp_opts *opts) {
    edo_otlp *o = NULL;
    EDO_TEST_OK(edo_otlp_start(&o, opts));
    CHECK(o != NULL);
    return o;
}

static void expect(const collector *c, const char *text) {
    if (collector_has(c, text)) return;
    (void)fprintf(stderr, "missing: %s\nin: %.*s\n", text, (int)c->lines.len, c->lines.ptr);
    CHECK(false);
}

static edo_otlp_stats stats_of(const edo_otlp *o, edo_otlp_kind kind) {
    edo_otlp_stats s;
    edo_otlp_get_stats(o, kind, &s);
    return s;
}

/* ---- What it is ------------------------------------------------------------------------------ */

static int serve_request(void) {
    EDO_SPAN(b,
             edo_span_new(EDO_LEVEL_INFO, "http.server", NULL,
                          (EDO_KV("otel.kind", "server"), EDO_KV("http.request.method", "GET"),
                           EDO_KV("n", 7), EDO_KV("share", 0.5), EDO_KV("big", UINT64_MAX),
                           EDO_KV("none", (const char *)NULL), EDO_KV("at", (const void *)0xbeef),
                           EDO_KV("bad", "a\xff"
                                         "b"),
                           EDO_KV("hot", (bool)true)),
                          "request"));
    edo_span *cause =
        edo_span_remote(EDO_STR("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    edo_span_follows(b.span, cause);
    {
        EDO_SPAN(inner, edo_info_span("query", EDO_KV("otel.kind", "client"),
                                      EDO_KV("db.operation.name", "SELECT"),
                                      EDO_KV("db.namespace", "goods")));
        edo_warn_kv("slow", EDO_KV("rows", 3));
        CHECK_EQ(edo_span_end(&inner, -ENOENT), -ENOENT);
    }
    edo_span_record(b.span, EDO_KV("http.route", "/goods/{id}"));
    edo_span_record(b.span, EDO_KV("n", 8)); // the last one counts
    EDO_SPAN(child, edo_span_new(EDO_LEVEL_INFO, "shop", cause, (), "far"));
    (void)edo_span_end(&child, 0);
    edo_span_unref(cause);
    return edo_span_end(&b, 0);
}

static int spans_and_events(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    (void)arg;
    collector_begin(&c);
    const edo_otlp_opts opts = usual(&c);
    edo_otlp *o = start(&opts);
    CHECK_EQ(serve_request(), 0);
    edo_debug("not wanted");
    edo_info("outside");
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(10)));
    expect(&c, "resource service.name=\"shop\" host.name=\"");
    expect(&c, " telemetry.sdk.name=\"edo\" telemetry.sdk.language=\"c\" telemetry.sdk.version=\"");
    expect(&c, "span GET /goods/{id} kind=2 parent=0 http.request.method=\"GET\" n=8 share=0.5 "
               "big=1.84467e+19 none= at=\"0xbeef\" bad=\"a?b\" hot=true "
               "http.route=\"/goods/{id}\" links=1 "
               "@http.server\n");
    expect(&c, "span SELECT goods kind=3 parent=1 code=2 db.operation.name=\"SELECT\" "
               "db.namespace=\"goods\" error.type=\"ENOENT\" @shop\n");
    expect(&c, "span far kind=1 parent=1 remote @shop\n");
    expect(&c, "event WARN \"slow\" rows=3 code.file.path=\"");
    expect(&c, "event INFO \"outside\" code.file.path=\"");
    CHECK(!collector_has(&c, "fetch") && !collector_has(&c, "not wanted"));
    CHECK_EQ(c.items_n, 5);
    CHECK_EQ(stats_of(o, EDO_OTLP_TRACES).sent, 3);
    CHECK_EQ(stats_of(o, EDO_OTLP_LOGS).sent, 2);
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    collector_end(&c);
    return 0;
}

static void spans_and_events_are_exported(void **state) {
    (void)state;
    assert_int_equal(inside_real(spans_and_events, NULL), 0);
}

/* ---- Headers, gzip, stop --------------------------------------------------------------------- */

static int with_options(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    edo_headers h;
    (void)arg;
    collector_begin(&c);
    edo_headers_init(&h);
    EDO_TEST_OK(edo_headers_set_named(&h, EDO_STR("x-key"), EDO_STR("secret")));
    edo_otlp_opts opts = usual(&c);
    opts.headers = &h;
    opts.gzip = true;
    opts.no_logs = true;
    edo_otlp *o = start(&opts);
    CHECK_EQ(serve_request(), 0);
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0); // sends what is there
    CHECK_EQ(c.items_n, 3);
    CHECK(strcmp(c.seen_header, "secret") == 0 && strcmp(c.seen_coding, "gzip") == 0);
    edo_headers_deinit(&h);
    collector_end(&c);
    return 0;
}

static void stop_sends_what_is_there(void **state) {
    (void)state;
    assert_int_equal(inside_real(with_options, NULL), 0);
}

static int half_full(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    (void)arg;
    collector_begin(&c);
    edo_otlp_opts opts = usual(&c);
    opts.queue_max = 8;
    edo_otlp *o = start(&opts);
    for (int i = 0; i < 4; i++) edo_info("event %d", i);
    EDO_TEST_OK(edo_sem_acquire(&c.asked, 1)); // without a flush
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    CHECK_EQ(c.items_n, 4);
    collector_end(&c);
    return 0;
}

static int of_one(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    (void)arg;
    collector_begin(&c);
    edo_otlp_opts opts = usual(&c);
    opts.queue_max = 1;
    edo_otlp *o = start(&opts);
    EDO_TEST_OK(edo_yield()); // its tasks wait for the one
    edo_info("event");
    EDO_TEST_OK(edo_sem_acquire(&c.asked, 1));
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    CHECK_EQ(c.items_n, 1);
    collector_end(&c);
    return 0;
}

static void a_queue_of_one_is_waited_for(void **state) {
    (void)state;
    assert_int_equal(inside_real(of_one, NULL), 0);
}

static void a_queue_that_is_half_full_is_sent(void **state) {
    (void)state;
    assert_int_equal(inside_real(half_full, NULL), 0);
}

/* ---- Sampling -------------------------------------------------------------------------------- */

static int sampled(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    (void)arg;
    collector_begin(&c);
    const edo_otlp_opts opts = usual(&c);
    edo_otlp *o = start(&opts);
    edo_span_sample(0);
    CHECK_EQ(serve_request(), 0); // of it what is of a trace that was sampled elsewhere
    edo_span_sample(1);
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(10)));
    CHECK_EQ(stats_of(o, EDO_OTLP_TRACES).sent, 1);
    expect(&c, "span far kind=1 parent=1 remote @shop\n");
    expect(&c, "event WARN \"slow\"");
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    collector_end(&c);
    return 0;
}

static void traces_that_are_not_sampled_are_left_out(void **state) {
    (void)state;
    assert_int_equal(inside_real(sampled, NULL), 0);
}

static void a_ratio_samples_its_share_by_the_number_of_the_trace(void **state) {
    unsigned sampled_n = 0;
    (void)state;
    assert_int_equal(edo_log_start(&(edo_log_opts){ .ignore_env = true }), 0);
    edo_span_sample(0.25);
    for (int i = 0; i < 4000; i++) {
        char text[EDO_TRACEPARENT_BYTES];
        edo_span *root = edo_span_new(EDO_LEVEL_INFO, "shop", NULL, (), "root");
        edo_span *child = edo_span_new(EDO_LEVEL_INFO, "shop", root, (), "child");
        assert_true(edo_span_traceparent(root, text) > 0);
        bool is_sampled = strcmp(text + 53, "01") == 0;
        char top[5] = { text[19], text[20], text[21], text[22], '\0' };
        unsigned long low = strtoul(top, NULL, 16);
        assert_int_equal(is_sampled, low < 0x4000); // of its last eight bytes, a quarter of all

        sampled_n += is_sampled;
        assert_true(edo_span_traceparent(child, text) > 0);
        assert_int_equal(strcmp(text + 53, "01") == 0, is_sampled);
        edo_span_unref(child);
        edo_span_unref(root);
    }
    edo_span_sample(1);
    edo_log_stop();
    assert_in_range(sampled_n, 800, 1200);
}

/* ---- Collectors that do not take ------------------------------------------------------------- */

static int busy(void *arg) {
    collector c = { .busy_n = 2 };
    (void)arg;
    collector_begin(&c);
    edo_otlp_opts opts = usual(&c);
    opts.retry_max = edo_s(30); // of pauses of 100 ms, and 200 ms
    opts.no_logs = true;
    edo_otlp *o = start(&opts);
    CHECK_EQ(serve_request(), 0);
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(30)));
    CHECK_EQ(c.requests_n, 3);
    CHECK_EQ(c.items_n, 3);
    edo_otlp_stats s = stats_of(o, EDO_OTLP_TRACES);
    CHECK(s.sent == 3 && s.dropped == 0 && s.requests == 3 && s.failures == 2);
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    collector_end(&c);
    return 0;
}

static void a_busy_collector_is_asked_again_when_it_says(void **state) {
    (void)state;
    assert_int_equal(inside_real(busy, NULL), 0);
}

/* "Retry-After: 0", and its time for all attempts has room for five of the pauses that grow from
 * 2 ms. */
static int hasty(void *arg) {
    collector c = { .mood = COLLECTOR_IS_BUSY };
    (void)arg;
    collector_begin(&c);
    edo_otlp_opts opts = usual(&c);
    opts.retry_max = edo_ms(60);
    opts.no_logs = true;
    edo_otlp *o = start(&opts);
    CHECK_EQ(serve_request(), 0);
    CHECK_EQ(edo_otlp_flush(o, edo_s(30)), -EIO);
    CHECK(c.requests_n <= 6);
    CHECK_EQ(stats_of(o, EDO_OTLP_TRACES).dropped, 3);
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    collector_end(&c);
    return 0;
}

static void a_busy_collector_that_says_at_once_is_not_asked_without_a_pause(void **state) {
    (void)state;
    assert_int_equal(inside_real(hasty, NULL), 0);
}

static int quiet(void *arg) {
    collector c = { .mood = COLLECTOR_IS_BUSY, .busy_s = 3600 };
    (void)arg;
    collector_begin(&c);
    edo_otlp_opts opts = usual(&c);
    opts.no_traces = true;
    edo_otlp *o = start(&opts);
    edo_info("its time is over before the hour is");
    CHECK_EQ(edo_otlp_flush(o, edo_s(10)), -EIO);
    CHECK_EQ(stats_of(o, EDO_OTLP_LOGS).dropped, 1);
    edo_info("waits");
    CHECK_EQ(edo_otlp_flush(o, edo_ms(1)), -ETIMEDOUT);
    CHECK_EQ(stats_of(o, EDO_OTLP_LOGS).waiting, 1);
    CHECK_EQ(edo_otlp_stop(o, edo_s(60)), -EIO); // at once: it would have to wait for longer
    CHECK_EQ(c.requests_n, 1);
    collector_end(&c);
    return 0;
}

static void a_collector_that_names_a_time_is_not_asked_before(void **state) {
    (void)state;
    assert_int_equal(inside_real(quiet, NULL), 0);
}

/* A redirect that makes a GET of a POST is a refusal. */
static int leading(void *arg) {
    static const struct {
        edo_status status;
        bool is_taken;
    } rows[] = { { 301, false }, { 302, false }, { 303, false }, { 307, true }, { 308, true } };
    collector c = { .mood = COLLECTOR_LEADS };
    uint64_t sent = 0, dropped = 0;
    (void)arg;
    collector_begin(&c);
    edo_otlp_opts opts = usual(&c);
    opts.no_logs = true;
    edo_otlp *o = start(&opts);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        c.mood = COLLECTOR_LEADS;
        c.leads = rows[i].status;
        CHECK_EQ(serve_request(), 0);
        CHECK_EQ(edo_otlp_flush(o, edo_s(10)), rows[i].is_taken ? 0 : -EIO);
        *(rows[i].is_taken ? &sent : &dropped) += 3;
        edo_otlp_stats s = stats_of(o, EDO_OTLP_TRACES);
        CHECK(s.sent == sent && s.dropped == dropped && c.items_n == sent && c.pages_n == 0);
    }
    c.mood = COLLECTOR_IS_NONE;
    CHECK_EQ(serve_request(), 0);
    CHECK_EQ(edo_otlp_flush(o, edo_s(10)), -EIO);
    CHECK_EQ(stats_of(o, EDO_OTLP_TRACES).dropped, dropped + 3);
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    collector_end(&c);
    return 0;
}

static void what_is_redirected_without_its_body_was_not_sent(void **state) {
    (void)state;
    assert_int_equal(inside_real(leading, NULL), 0);
}

static int refusing(void *arg) {
    collector c = { .mood = COLLECTOR_REFUSES };
    char url[80];
    (void)arg;
    collector_begin(&c);
    edo_otlp_opts opts = usual(&c);
    opts.no_logs = true;
    (void)snprintf(url, sizeof url, "http://ann:secret@%s", c.url + strlen("http://"));
    opts.endpoint = url;
    edo_otlp *o = start(&opts);
    CHECK_EQ(serve_request(), 0);
    CHECK_EQ(edo_otlp_flush(o, edo_s(10)), -EIO);
    CHECK_EQ(c.requests_n, 1); // it would refuse it again
    CHECK_EQ(stats_of(o, EDO_OTLP_TRACES).dropped, 3);
    c.mood = COLLECTOR_REJECTS;
    CHECK_EQ(serve_request(), 0);
    CHECK_EQ(edo_otlp_flush(o, edo_s(10)), -EIO);
    edo_otlp_stats s = stats_of(o, EDO_OTLP_TRACES);
    CHECK(s.sent == 2 && s.rejected == 1 && s.dropped == 3 && s.waiting == 0);
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    collector_end(&c);
    return 0;
}

/* Begins to log into a pipe, which takes all that a test says. */
static void log_begin(int ends[2]) {
    assert_int_equal(pipe(ends), 0);
    const edo_log_opts log = { .fd = ends[1], .level = EDO_LEVEL_WARN, .ignore_env = true };
    assert_int_equal(edo_log_start(&log), 0);
}

/* Ends that. Returns where the first line of an exporter begins; NULL: there is none. */
static const char *log_end(int ends[2], char *said, size_t most) {
    edo_log_stop();
    ssize_t n = read(ends[0], said, most - 1);
    (void)close(ends[0]);
    (void)close(ends[1]);
    said[n > 0 ? n : 0] = '\0';
    return strstr(said, "WARN edo.otlp: the collector of OpenTelemetry does not take");
}

static void what_a_collector_refuses_is_counted_and_told_once(void **state) {
    int ends[2];
    char said[4096];
    (void)state;
    log_begin(ends);
    assert_int_equal(inside_real(refusing, NULL), 0);
    const char *line = log_end(ends, said, sizeof said);
    assert_non_null(line);
    assert_non_null(strstr(line, " dropped=3 what=\"spans\" why=\"not wanted\""));
    assert_non_null(strstr(line, " endpoint=\"http://127.0.0.1:"));
    assert_null(strstr(said, "secret"));
    line = strstr(strchr(line, '\n'), "edo.otlp"); // the rest at the end
    assert_non_null(line);
    assert_non_null(strstr(line, " dropped=1 what=\"spans\" why=\"late\""));
    assert_null(strstr(strchr(line, '\n'), "edo.otlp"));
}

static int standing(void *arg) {
    collector c = { .mood = COLLECTOR_IS_SLOW };
    (void)arg;
    collector_begin(&c);
    edo_otlp_opts opts = usual(&c);
    opts.no_traces = true;
    opts.queue_max = 16;
    opts.batch_max = 4;
    edo_otlp *o = start(&opts);
    for (int i = 0; i < 20; i++) edo_info("event %d", i);
    EDO_TEST_OK(edo_sem_acquire(&c.asked, 1));
    CHECK_EQ(edo_otlp_stop(o, edo_ms(1)), -ETIMEDOUT);
    collector_end(&c);
    return 0;
}

static void a_collector_that_stands_holds_no_end_up_and_what_is_left_is_told(void **state) {
    int ends[2];
    char said[4096];
    (void)state;
    log_begin(ends);
    assert_int_equal(inside_real(standing, NULL), 0);
    const char *line = log_end(ends, said, sizeof said);
    assert_non_null(line);
    assert_non_null(
        strstr(line, " dropped=20 what=\"events\" why=\"the program has ended before\""));
}

static void metrics_have(edo_metrics *m, const char *text) {
    edo_buf page = { 0 };
    EDO_TEST_OK(edo_metrics_print(m, &page, EDO_METRICS_PROMETHEUS));
    CHECK(memmem(page.ptr, page.len, text, strlen(text)));
    edo_buf_deinit(&page);
}

static int slow(void *arg) {
    collector c = { .mood = COLLECTOR_IS_SLOW };
    edo_metrics *m;
    (void)arg;
    collector_begin(&c);
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    edo_otlp_opts opts = usual(&c);
    opts.no_traces = opts.no_metrics = true;
    opts.metrics = m;
    opts.queue_max = 16;
    opts.batch_max = 4;
    edo_otlp *o = start(&opts);
    for (int i = 0; i < 8; i++) edo_info("event %d", i);
    EDO_TEST_OK(edo_sem_acquire(&c.asked, 1)); // the first four are on their way
    for (int i = 8; i < 1000; i++) edo_info("event %d", i);
    edo_otlp_stats s = stats_of(o, EDO_OTLP_LOGS);
    CHECK(s.waiting == 16 && s.dropped == 1000 - 16 && s.sent == 0);
    CHECK_EQ(edo_otlp_flush(o, edo_ms(1)), -ETIMEDOUT);
    edo_sem_release(&c.go, 1000);
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(10)));
    CHECK_EQ(stats_of(o, EDO_OTLP_LOGS).sent, 16);
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    metrics_have(m, "edo_otlp_sent_total{kind=\"logs\"} 16\n");
    metrics_have(m, "edo_otlp_dropped_total{kind=\"logs\"} 984\n");
    edo_metrics_free(m);
    expect(&c, "event INFO \"event 15\"");
    CHECK(!collector_has(&c, "event 16\""));
    collector_end(&c);
    return 0;
}

static void a_slow_collector_costs_what_does_not_fit(void **state) {
    (void)state;
    assert_int_equal(inside_real(slow, NULL), 0);
}

static int too_long(void *arg) {
    collector c = { .mood = COLLECTOR_IS_SLOW };
    char text[900];
    (void)arg;
    memset(text, 'x', sizeof text);
    collector_begin(&c);
    edo_otlp_opts opts = usual(&c);
    opts.bytes_max = 10000;
    edo_otlp *o = start(&opts);
    for (int i = 0; i < 100; i++) edo_info_kv("long", EDO_KV_STR("text", text, sizeof text));
    edo_otlp_stats s = stats_of(o, EDO_OTLP_LOGS);
    CHECK(s.waiting > 5 && s.waiting < 11 && s.dropped == 100 - s.waiting);
    EDO_TEST_OK(edo_sem_acquire(&c.asked, 1)); // without a flush: by bytes it is half full
    edo_sem_release(&c.go, 1000);
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(10)));
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    collector_end(&c);
    return 0;
}

static void the_bytes_that_wait_are_bounded(void **state) {
    (void)state;
    assert_int_equal(inside_real(too_long, NULL), 0);
}

static int killed(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    (void)arg;
    collector_begin(&c);
    edo_otlp_opts opts = usual(&c);
    opts.no_traces = true;
    edo_otlp *o = start(&opts);
    edo_info("before");
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(10)));
    collector_end(&c);
    edo_info("lost");
    CHECK_EQ(edo_otlp_flush(o, edo_s(10)), -EIO);
    CHECK_EQ(stats_of(o, EDO_OTLP_LOGS).dropped, 1);
    collector_again(&c);
    edo_info("after");
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(10)));
    expect(&c, "\"after\"");
    CHECK(!collector_has(&c, "\"lost\""));
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    collector_end(&c);
    return 0;
}

static void a_collector_that_was_away_gets_what_comes_later(void **state) {
    (void)state;
    assert_int_equal(inside_real(killed, NULL), 0);
}

/* ---- The end --------------------------------------------------------------------------------- */

static int guarded(void *arg) {
    collector *c = arg;
    const edo_otlp_opts opts = usual(c);
    EDO_OTLP(otlp, &opts);
    CHECK(otlp.otlp != NULL);
    edo_info("in the block");
    return edo_sleep(edo_s(3600)); // until it is cancelled
}

static int cancelled(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    (void)arg;
    collector_begin(&c);
    edo_task *t = edo_spawn(guarded, &c);
    CHECK(t != NULL);
    EDO_TEST_OK(edo_yield());
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    expect(&c, "\"in the block\"");
    collector_end(&c);
    return 0;
}

static void a_block_sends_what_is_left_though_it_was_cancelled(void **state) {
    (void)state;
    assert_int_equal(inside_real(cancelled, NULL), 0);
}

static int without(void *arg) {
    edo_otlp *o = NULL;
    const edo_otlp_opts bad = { .endpoint = "ftp://host", .ignore_env = true };
    const edo_otlp_opts odd = { .reserved = { 1 } };
    edo_otlp_stats s;
    (void)arg;
    EDO_OTLP(otlp, &(edo_otlp_opts){ .ignore_env = true });
    CHECK(otlp.otlp == NULL);
    EDO_TEST_OK(edo_otlp_start(&o, NULL));
    CHECK(o == NULL);
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(1)));
    edo_otlp_get_stats(o, EDO_OTLP_TRACES, &s);
    CHECK_EQ(s.sent, 0);
    CHECK_EQ(edo_otlp_stop(o, edo_s(1)), 0);
    CHECK_EQ(edo_otlp_start(&o, &bad), -EINVAL);
    CHECK_EQ(edo_otlp_start(&o, &odd), -EINVAL);
    CHECK(o == NULL);
    return 0;
}

static void without_an_endpoint_nothing_is_done(void **state) {
    (void)state;
    assert_int_equal(inside_real(without, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_and_events_are_exported),
        cmocka_unit_test(stop_sends_what_is_there),
        cmocka_unit_test(a_queue_that_is_half_full_is_sent),
        cmocka_unit_test(a_queue_of_one_is_waited_for),
        cmocka_unit_test(traces_that_are_not_sampled_are_left_out),
        cmocka_unit_test(a_ratio_samples_its_share_by_the_number_of_the_trace),
        cmocka_unit_test(a_busy_collector_is_asked_again_when_it_says),
        cmocka_unit_test(a_busy_collector_that_says_at_once_is_not_asked_without_a_pause),
        cmocka_unit_test(what_is_redirected_without_its_body_was_not_sent),
        cmocka_unit_test(a_collector_that_names_a_time_is_not_asked_before),
        cmocka_unit_test(what_a_collector_refuses_is_counted_and_told_once),
        cmocka_unit_test(a_collector_that_stands_holds_no_end_up_and_what_is_left_is_told),
        cmocka_unit_test(a_slow_collector_costs_what_does_not_fit),
        cmocka_unit_test(the_bytes_that_wait_are_bounded),
        cmocka_unit_test(a_collector_that_was_away_gets_what_comes_later),
        cmocka_unit_test(a_block_sends_what_is_left_though_it_was_cancelled),
        cmocka_unit_test(without_an_endpoint_nothing_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
