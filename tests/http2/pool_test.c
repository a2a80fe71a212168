/* SPDX-License-Identifier: MIT */
/* Goal: a client of edo/http_client.h that speaks HTTP/2 shares one connection of a host among all
 * tasks, makes no more than it may, and sends again what the server has not looked at.
 * Method: by prior knowledge to edo's own server, over memory with a clock that jumps. */
#include "../http/http_server.h"

#include <edo/http2.h>
#include <edo/http_client.h>
#include <edo/metrics.h>

#include <stdatomic.h>

#define URL "http://x/"

static int running;
static edo_sem gate;
static int misdirects; /* so many requests */

static int answers(edo_request *req, edo_response *res) {
    edo_str body;
    if (edo_str_equal(req->target, EDO_STR("/wait"))) {
        running++;
        int err = edo_sem_acquire(&gate, 1);
        running--;
        if (err < 0) return err;
    }
    if (edo_str_equal(req->target, EDO_STR("/up"))) {
        edo_stream *io = NULL;
        int err = edo_headers_append(&res->headers, EDO_HEADER_UPGRADE, EDO_STR("hello"));
        if (err == 0) err = edo_upgrade(req, res, &io);
        return err < 0 ? err : edo_write_all(io, "hello", 5);
    }
    if (edo_str_equal(req->target, EDO_STR("/moved"))) {
        res->status = EDO_STATUS_FOUND;
        return edo_headers_append(&res->headers, EDO_HEADER_LOCATION, EDO_STR("/"));
    }
    if (!edo_str_equal(req->target, EDO_STR("/")) && misdirects > 0) {
        misdirects--;
        return edo_response_text(res, EDO_STATUS_MISDIRECTED_REQUEST, EDO_STR("elsewhere"));
    }
    if (edo_str_equal(req->target, EDO_STR("/sum"))) {
        char text[16];
        int err = edo_request_collect(req, &body, 10 << 20), sum = 0;
        for (size_t i = 0; err == 0 && i < body.len; i++) sum += (unsigned char)body.ptr[i];
        int n = snprintf(text, sizeof text, "%d", sum);
        return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, (edo_str){ text, (size_t)n });
    }
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello"));
}

static int serve(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    return answers(req, res);
}

typedef struct site {
    served s;
    edo_http2_opts server;
    edo_http_client_opts opts;
    edo_http_client *c;
    edo_duration dial_takes;
    atomic_int dials; /* several workers dial in one of the tests */
    int fails;
} site;

static int dials(void *arg, edo_stream **out, const char *address) {
    site *t = arg;
    CHECK_EQ(strcmp(address, "x:80"), 0);
    t->dials++;
    int err = edo_sleep(t->dial_takes);
    if (err < 0) return err;
    if (t->fails > 0) return t->fails--, -ECONNREFUSED;
    *out = client_of(&t->s);
    return 0;
}

static void site_begin(site *t) {
    memset(t, 0, sizeof *t);
    t->s.handler = serve;
    t->s.opts.http2 = &t->server;
    t->opts.prior_knowledge = true;
    t->opts.connect = dials;
    t->opts.arg = t;
    t->opts.timeout = edo_ns(-1);
    t->dial_takes = edo_ms(100);
    edo_sem_init(&gate, 0);
    running = misdirects = 0;
}

static void site_start(site *t) {
    serve_begin(&t->s);
    CHECK_EQ(edo_http_client_new(&t->c, &t->opts), 0);
}

static void site_end(site *t) {
    edo_http_client_unref(t->c);
    CHECK_EQ(serve_end(&t->s), 0);
}

static edo_http_client_stats stats_of(site *t) {
    edo_http_client_stats s;
    edo_http_client_get_stats(t->c, &s);
    return s;
}

static int fetch(site *t, const char *url, const char *expected) {
    edo_bytes body;
    edo_fetch_opts o = { .client = t->c };
    int err = edo_fetch_bytes(&body, edo_str_of(url), &o);
    if (err < 0) return err;
    CHECK(edo_str_equal(body.str, edo_str_of(expected)));
    edo_bytes_unref(&body);
    return 0;
}

static int fetches(void *arg) {
    return fetch(arg, URL, "hello");
}

static int fetches_slowly(void *arg) {
    return fetch(arg, URL "wait", "hello");
}

static void staged(int (*fn)(void *)) {
    site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside(fn, t), 0);
    free(t);
}

/* ---- One connection -------------------------------------------------------------------------- */

#define TASKS 20

static void spawn_all(site *t, edo_task **tasks, int n, edo_task_fn *fn) {
    for (int i = 0; i < n; i++) CHECK((tasks[i] = edo_spawn(fn, t)) != NULL);
}

static void join_all(edo_task **tasks, int n) {
    for (int i = 0; i < n; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
}

static int share(void *arg) {
    site *t = arg;
    edo_task *tasks[TASKS];
    site_begin(t);
    site_start(t);
    spawn_all(t, tasks, TASKS, fetches_slowly);
    WAIT_FOR(running == TASKS); // at once
    CHECK_EQ(t->dials, 1);
    edo_http_client_stats s = stats_of(t);
    CHECK(s.open == 1 && s.idle == 0 && s.waiting == 0);
    edo_sem_release(&gate, TASKS);
    join_all(tasks, TASKS);
    s = stats_of(t);
    CHECK(s.open == 1 && s.idle == 1 && s.connects == 1);
    edo_http_response *res;
    edo_http_request req = { .url = EDO_STR(URL "moved") };
    CHECK_EQ(edo_http_client_send(t->c, &res, &req), 0);
    CHECK(res->version == EDO_HTTP_2 && res->status == 200);
    CHECK(edo_http_response_stream(res) != NULL);
    edo_http_response_free(res);
    CHECK_EQ(fetch(t, URL, "hello"), 0);
    CHECK_EQ(t->dials, 1);
    edo_http_client_close_idle(t->c);
    s = stats_of(t);
    CHECK(s.open == 0 && s.idle == 0);
    CHECK_EQ(fetch(t, URL, "hello"), 0);
    CHECK_EQ(t->dials, 2);
    site_end(t);
    return 0;
}

static void all_tasks_share_one_connection(void **state) {
    (void)state;
    staged(share);
}

static int body_outlives(void *arg) {
    site *t = arg;
    edo_http_response *res;
    site_begin(t);
    site_start(t);
    size_t n = 1 << 20;
    char *data = malloc(n), text[16] = "";
    CHECK(data != NULL);
    memset(data, 1, n);
    edo_http_request req = { .method = EDO_METHOD_POST,
                             .url = EDO_STR(URL "sum"),
                             .data = { data, n } };
    CHECK_EQ(edo_http_client_send(t->c, &res, &req), 0);
    free(data);
    CHECK_EQ(edo_read_exact(res->body, text, 7), 0);
    CHECK_EQ(strcmp(text, "1048576"), 0);
    edo_http_response_free(res);
    edo_stream *body;
    CHECK_EQ(edo_stream_mem(&body, "\1\2\3", 3), 0);
    req = (edo_http_request){
        .method = EDO_METHOD_POST, .url = EDO_STR(URL "sum"), .body = body, .length = 3
    };
    CHECK_EQ(edo_http_client_send(t->c, &res, &req), 0);
    CHECK_EQ(edo_read_exact(res->body, text, 1), 0);
    CHECK_EQ(text[0], '6');
    edo_http_response_free(res);
    edo_close(body);
    site_end(t);
    return 0;
}

static void bodies_are_sent(void **state) {
    (void)state;
    staged(body_outlives);
}

/* ---- Dials ----------------------------------------------------------------------------------- */

static int dial_is_taken_back(void *arg) {
    site *t = arg;
    edo_task *tasks[3];
    site_begin(t);
    site_start(t);
    spawn_all(t, tasks, 3, fetches);
    WAIT_FOR(stats_of(t).waiting == 3);
    CHECK_EQ(t->dials, 1);
    edo_task_cancel(tasks[0]); // which dials
    CHECK_EQ(edo_task_join(tasks[0]), -ECANCELED);
    join_all(tasks + 1, 2);
    CHECK_EQ(t->dials, 2);
    CHECK_EQ(stats_of(t).open, 1);
    site_end(t);
    return 0;
}

static void another_task_dials_if_the_first_has_left(void **state) {
    (void)state;
    staged(dial_is_taken_back);
}

static int dial_fails(void *arg) {
    site *t = arg;
    edo_task *tasks[3];
    site_begin(t);
    t->fails = 1;
    site_start(t);
    spawn_all(t, tasks, 3, fetches);
    CHECK_EQ(edo_task_join(tasks[0]), -ECONNREFUSED);
    join_all(tasks + 1, 2);
    CHECK_EQ(t->dials, 2);
    site_end(t);
    return 0;
}

static void dial_that_fails_is_one_tasks_alone(void **state) {
    (void)state;
    staged(dial_fails);
}

/* ---- Streams --------------------------------------------------------------------------------- */

static int runs_out(void *arg) {
    site *t = arg;
    edo_task *tasks[5];
    for (uint32_t most = 0; most <= 2; most += 2) {
        site_begin(t);
        t->server.streams_max = 2;
        t->opts.http2_conns_max = most;
        site_start(t);
        CHECK_EQ(fetch(t, URL, "hello"), 0); // the SETTINGS have come
        spawn_all(t, tasks, 5, fetches_slowly);
        WAIT_FOR(running == (most == 2 ? 4 : 2));
        CHECK_EQ(edo_sleep(edo_s(1)), 0);
        CHECK(running == (most == 2 ? 4 : 2) && t->dials == (most == 2 ? 2 : 1));
        edo_sem_release(&gate, 5);
        join_all(tasks, 5);
        CHECK_EQ(stats_of(t).open, most == 2 ? 2 : 1);
        site_end(t);
    }
    return 0;
}

/* The second one cannot be made. */
static int runs_out_alone(void *arg) {
    site *t = arg;
    edo_task *tasks[5];
    site_begin(t);
    t->server.streams_max = 2;
    t->opts.http2_conns_max = 2;
    site_start(t);
    CHECK_EQ(fetch(t, URL, "hello"), 0);
    t->fails = 1000;
    spawn_all(t, tasks, 5, fetches_slowly);
    WAIT_FOR(t->fails < 1000 && stats_of(t).waiting == 0);
    edo_sem_release(&gate, 5);
    join_all(tasks, 5);
    site_end(t);
    return 0;
}

static void connection_that_is_there_serves_if_no_other_can_be_made(void **state) {
    (void)state;
    staged(runs_out_alone);
}

static void streams_that_run_out_are_waited_for_or_a_connection_is_made(void **state) {
    (void)state;
    staged(runs_out);
}

/* ---- Misdirected requests -------------------------------------------------------------------- */

static int posts(site *t, edo_http_request *req, char text[16]) {
    edo_http_response *res;
    memset(text, 0, 16);
    req->method = EDO_METHOD_POST;
    req->url = EDO_STR(URL "sum");
    int err = edo_http_client_send(t->c, &res, req);
    if (err < 0) return err;
    int n = 0, status = (int)res->status;
    while (n < 15 && (err = edo_read(res->body, text + n, (size_t)(15 - n))) > 0) n += err;
    edo_http_response_free(res);
    return err < 0 ? err : status;
}

/* ---- Upgrades -------------------------------------------------------------------------------- */

static int upgrades(void *arg) {
    site *t = arg;
    edo_http_response *res;
    edo_headers h;
    edo_buf body = { 0 };
    site_begin(t);
    site_start(t);
    CHECK_EQ(fetch(t, URL, "hello"), 0); // a connection of HTTP/2 is there
    edo_headers_init(&h);
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_CONNECTION, EDO_STR("upgrade")));
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_UPGRADE, EDO_STR("hello")));
    const edo_http_request req = { .url = EDO_STR("http://x/up"), .headers = &h };
    EDO_TEST_OK(edo_http_client_send(t->c, &res, &req));
    CHECK(res->status == 101 && res->is_upgraded);
    EDO_TEST_OK(edo_http_response_collect(res, &body, 100));
    CHECK(edo_str_equal((edo_str){ body.ptr, body.len }, EDO_STR("hello")));
    CHECK_EQ(t->dials, 2);
    edo_buf_deinit(&body);
    edo_http_response_free(res);
    edo_headers_deinit(&h);
    CHECK_EQ(fetch(t, URL, "hello"), 0);
    CHECK_EQ(t->dials, 2);
    site_end(t);
    return 0;
}

static void request_that_asks_by_upgrade_has_a_connection_of_http1(void **state) {
    (void)state;
    staged(upgrades);
}

static int is_misdirected(void *arg) {
    site *t = arg;
    char text[16];
    edo_task *slow[3];
    for (int version = 1; version <= 2; version++) {
        edo_http_request req = { .data = EDO_STR("\1\2\3") };
        site_begin(t);
        t->opts.prior_knowledge = version == 2;
        site_start(t);
        CHECK_EQ(fetch(t, URL, "hello"), 0);
        int n = version == 2 ? 3 : 0; // others go on over the same connection
        spawn_all(t, slow, n, fetches_slowly);
        WAIT_FOR(running == n);
        misdirects = 1;
        CHECK_EQ(posts(t, &req, text), 200);
        CHECK_EQ(strcmp(text, "6"), 0);
        CHECK_EQ(t->dials, 2);
        CHECK_EQ(stats_of(t).resends, 1);
        CHECK_EQ(stats_of(t).open, version);
        CHECK_EQ(posts(t, &req, text), 200); // over the second one
        CHECK_EQ(t->dials, 2);
        edo_sem_release(&gate, (uint64_t)n);
        join_all(slow, n);
        WAIT_FOR(stats_of(t).open == 1); // the first one is closed behind its last user
        misdirects = 2;
        CHECK_EQ(posts(t, &req, text), 421); // once
        CHECK_EQ(strcmp(text, "elsewhere"), 0);
        CHECK_EQ(t->dials, 3);
        site_end(t);
    }
    return 0;
}

static void misdirected_request_is_sent_once_over_a_connection_of_its_own(void **state) {
    (void)state;
    staged(is_misdirected);
}

/* What was read of a stream, and not kept, is gone. */
static int is_streamed(void *arg) {
    site *t = arg;
    char text[16];
    for (int keeps = 0; keeps < 2; keeps++) {
        edo_stream *body;
        const edo_http_retry_opts retry = { .attempts = 2, .body_max = 100 };
        site_begin(t);
        if (keeps) t->opts.retry = &retry;
        site_start(t);
        misdirects = 1;
        CHECK_EQ(edo_stream_mem(&body, "\1\2\3", 3), 0);
        edo_http_request req = { .body = body, .length = 3 };
        CHECK_EQ(posts(t, &req, text), keeps ? 200 : 421);
        CHECK_EQ(strcmp(text, keeps ? "6" : "elsewhere"), 0);
        CHECK_EQ(t->dials, keeps ? 2 : 1);
        edo_close(body);
        site_end(t);
    }
    return 0;
}

static void misdirected_body_is_sent_again_if_it_was_kept(void **state) {
    (void)state;
    staged(is_streamed);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static int is_drained(void *arg) {
    site *t = arg;
    edo_task *tasks[TASKS];
    site_begin(t);
    t->s.opts.requests_max = 3;
    site_start(t);
    for (int i = 0; i < 10; i++) CHECK_EQ(fetch(t, URL, "hello"), 0);
    CHECK(t->dials >= 3);
    spawn_all(t, tasks, TASKS, fetches);
    join_all(tasks, TASKS);
    CHECK_EQ(edo_sleep(edo_s(2)), 0);
    CHECK(stats_of(t).open <= 1);
    site_end(t);
    return 0;
}

static void requests_go_on_over_connections_that_are_drained(void **state) {
    (void)state;
    staged(is_drained);
}

static int is_left(void *arg) {
    site *t = arg;
    site_begin(t);
    t->s.opts.idle_timeout = edo_s(5);
    t->opts.idle_timeout = edo_s(50);
    site_start(t);
    CHECK_EQ(fetch(t, URL, "hello"), 0);
    CHECK_EQ(edo_sleep(edo_s(10)), 0); // the server closes
    CHECK_EQ(fetch(t, URL, "hello"), 0);
    CHECK_EQ(t->dials, 2);
    CHECK_EQ(stats_of(t).open, 1);
    CHECK_EQ(edo_sleep(edo_s(100)), 0);
    CHECK_EQ(stats_of(t).open, 0); // nobody wants it
    site_end(t);
    return 0;
}

static void idle_connection_ends_by_either_side(void **state) {
    (void)state;
    staged(is_left);
}

static int outlives(void *arg) {
    site *t = arg;
    edo_http_response *res;
    edo_http_request req = { .url = EDO_STR(URL) };
    char text[6] = "";
    site_begin(t);
    site_start(t);
    CHECK_EQ(edo_http_client_send(t->c, &res, &req), 0);
    edo_http_client_unref(t->c);
    CHECK_EQ(edo_read_exact(res->body, text, 5), 0);
    CHECK_EQ(strcmp(text, "hello"), 0);
    edo_http_response_free(res);
    CHECK_EQ(serve_end(&t->s), 0);
    return 0;
}

static void response_outlives_its_client(void **state) {
    (void)state;
    staged(outlives);
}

static void options_that_contradict_each_other_are_refused(void **state) {
    (void)state;
    edo_http_client *c;
    const edo_http2_opts http2 = { 0 };
    assert_int_equal(edo_http_client_new(
                         &c, &(edo_http_client_opts){ .no_http2 = true, .prior_knowledge = true }),
                     -EINVAL);
    assert_int_equal(
        edo_http_client_new(&c, &(edo_http_client_opts){ .no_http2 = true, .http2 = &http2 }),
        -EINVAL);
}

/* ---- Many workers ---------------------------------------------------------------------------- */

static int fetches_often(void *arg) {
    int err = 0;
    for (int i = 0; i < 20 && err == 0; i++) err = fetches(arg);
    return err;
}

static int tcp_dials(void *arg, edo_stream **out, const char *address) {
    site *t = arg;
    (void)address;
    *out = client_of(&t->s);
    return 0;
}

static int are_many(void *arg) {
    site *t = arg;
    edo_task *tasks[TASKS];
    const edo_http2_opts few = { .streams_max = 4 };
    site_begin(t);
    t->opts.connect = tcp_dials;
    t->opts.http2_conns_max = 3;
    t->opts.http2 = &few;
    t->s.opts.requests_max = 50;
    site_start(t);
    spawn_all(t, tasks, TASKS, fetches_often);
    join_all(tasks, TASKS);
    site_end(t);
    return 0;
}

static int is_counted(void *arg) {
    site *t = arg;
    edo_metrics *m;
    edo_buf text = { 0 };
    CHECK_EQ(edo_metrics_new(&m, NULL), 0);
    site_begin(t);
    t->opts.metrics = m;
    site_start(t);
    CHECK_EQ(fetch(t, URL, "hello"), 0);
    site_end(t);
    CHECK_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    CHECK(strstr(text.ptr, "http_client_request_duration_seconds_count{http_request_method=\"GET\","
                           "server_address=\"x\",server_port=\"80\",url_scheme=\"http\","
                           "http_response_status_code=\"200\",network_protocol_version=\"2\","
                           "error_type=\"\"} 1\n") != NULL);
    edo_buf_deinit(&text);
    edo_metrics_free(m);
    return 0;
}

static void request_is_counted_with_its_version(void **state) {
    (void)state;
    staged(is_counted);
}

static void many_workers_share(void **state) {
    (void)state;
    site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside_with(are_many, t, &(edo_runtime_opts){ .workers = 4 }), 0);
    free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_tasks_share_one_connection),
        cmocka_unit_test(bodies_are_sent),
        cmocka_unit_test(another_task_dials_if_the_first_has_left),
        cmocka_unit_test(dial_that_fails_is_one_tasks_alone),
        cmocka_unit_test(streams_that_run_out_are_waited_for_or_a_connection_is_made),
        cmocka_unit_test(connection_that_is_there_serves_if_no_other_can_be_made),
        cmocka_unit_test(request_that_asks_by_upgrade_has_a_connection_of_http1),
        cmocka_unit_test(misdirected_request_is_sent_once_over_a_connection_of_its_own),
        cmocka_unit_test(misdirected_body_is_sent_again_if_it_was_kept),
        cmocka_unit_test(requests_go_on_over_connections_that_are_drained),
        cmocka_unit_test(idle_connection_ends_by_either_side),
        cmocka_unit_test(response_outlives_its_client),
        cmocka_unit_test(options_that_contradict_each_other_are_refused),
        cmocka_unit_test(request_is_counted_with_its_version),
        cmocka_unit_test(many_workers_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
