/* SPDX-License-Identifier: MIT */
/* Goal: a client's connection sends requests of many tasks at once, with bodies of any length both
 * ways, and tells how each has ended.
 * Method: against edo's own server, over memory with a clock that jumps, and over TCP. */
#include "../http/http_server.h"

#include <edo/http2.h>

#define BIG (3u << 20)

static char big[BIG];
static int running, cancelled;
static edo_sem gate;

/* ---- Handlers -------------------------------------------------------------------------------- */

static int echoes(edo_request *req, edo_response *res) {
    edo_stream *out;
    int err = edo_response_stream(res, &out, -1);
    if (err == 0) err = edo_flush(out);
    char piece[4096];
    int n;
    while (err == 0 && (n = edo_read(edo_request_body(req), piece, sizeof piece)) != 0)
        err = n < 0 ? n : edo_write_all(out, piece, (size_t)n);
    return err;
}

static int waits(edo_response *res) {
    running++;
    int err = edo_sem_acquire(&gate, 1);
    if (err == -ECANCELED) cancelled++;
    running--;
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, EDO_STR("at last"));
}

static int shows(edo_request *req, edo_response *res) {
    edo_buf text = { 0 };
    CHECK_EQ(edo_buf_append(&text, req->method_name.ptr, req->method_name.len), 0);
    CHECK_EQ(edo_buf_append(&text, " ", 1), 0);
    CHECK_EQ(edo_buf_append(&text, req->target.ptr, req->target.len), 0);
    CHECK_EQ(edo_buf_append(&text, "\n", 1), 0);
    CHECK_EQ(edo_headers_print(&req->headers, &text), 0);
    int err = edo_response_text(res, EDO_STATUS_OK, (edo_str){ text.ptr, text.len });
    edo_buf_deinit(&text);
    return err;
}

static int trails(edo_request *req, edo_response *res) {
    edo_str body;
    edo_stream *out;
    CHECK_EQ(edo_request_collect(req, &body, 100), 0);
    CHECK(edo_str_equal(body, EDO_STR("body")));
    const edo_headers *t = edo_request_trailers(req);
    CHECK(t && edo_str_equal(edo_headers_get_named(t, EDO_STR("x-sum")), EDO_STR("12")));
    CHECK(edo_headers_get(t, EDO_HEADER_HOST).ptr == NULL);
    CHECK_EQ(edo_response_stream(res, &out, -1), 0);
    CHECK_EQ(edo_write_all(out, "x", 1), 0);
    return edo_headers_append_named(edo_response_trailers(res), EDO_STR("x-tail"), EDO_STR("end"));
}

static int hints(edo_response *res) {
    CHECK_EQ(edo_headers_append_named(&res->headers, EDO_STR("link"), EDO_STR("</x>")), 0);
    CHECK_EQ(edo_response_informational(res, EDO_STATUS_EARLY_HINTS), 0);
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hinted"));
}

static int fails(edo_response *res) {
    edo_stream *out;
    CHECK_EQ(edo_response_stream(res, &out, -1), 0);
    CHECK_EQ(edo_write_all(out, "half", 4), 0);
    CHECK_EQ(edo_flush(out), 0);
    return -EIO;
}

static int takes_none(edo_response *res) {
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("enough"));
}

static int collects(edo_request *req, edo_response *res) {
    edo_str body;
    char text[32];
    int err = edo_request_collect(req, &body, BIG);
    if (err < 0) return err;
    bool is_good = body.len == 0 || memcmp(body.ptr, big, body.len) == 0;
    int n = snprintf(text, sizeof text, "%zu %d", body.len, is_good);
    return edo_response_text(res, EDO_STATUS_OK, (edo_str){ text, (size_t)n });
}

static int serve(edo_request *req, edo_response *res, void *arg) {
    edo_str t = req->target;
    (void)arg;
    if (edo_str_equal(t, EDO_STR("/echo"))) return echoes(req, res);
    if (edo_str_equal(t, EDO_STR("/wait"))) return waits(res);
    if (edo_str_equal(t, EDO_STR("/trails"))) return trails(req, res);
    if (edo_str_equal(t, EDO_STR("/hints"))) return hints(res);
    if (edo_str_equal(t, EDO_STR("/fails"))) return fails(res);
    if (edo_str_equal(t, EDO_STR("/none"))) return takes_none(res);
    if (edo_str_equal(t, EDO_STR("/collect"))) return collects(req, res);
    if (edo_str_equal(t, EDO_STR("/204"))) return res->status = EDO_STATUS_NO_CONTENT, 0;
    if (t.len >= 5 && memcmp(t.ptr, "/show", 5) == 0) return shows(req, res);
    if (edo_str_equal(t, EDO_STR("/big")))
        return edo_response_data(res, EDO_STATUS_OK, EDO_STR("text/plain"), (edo_str){ big, BIG });
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!"));
}

typedef struct site {
    served s;
    edo_http2_opts server, client;
    edo_http2 *c;
} site;

static void site_begin(site *t) {
    memset(t, 0, sizeof *t);
    t->s.handler = serve;
    t->s.opts.http2 = &t->server;
    t->client.host = "example.com";
    for (size_t i = 0; i < BIG; i++) big[i] = (char)(i * 7 + i / 1000);
    edo_sem_init(&gate, 0);
    running = cancelled = 0;
}

static void site_start(site *t) {
    serve_begin(&t->s);
    CHECK_EQ(edo_http2_over(&t->c, client_of(&t->s), &t->client), 0);
}

static void site_end(site *t) {
    edo_http2_close(t->c);
    CHECK_EQ(serve_end(&t->s), 0);
}

/* Runs the test over memory and over TCP. */
static void both(int (*fn)(void *)) {
    site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside(fn, t), 0);
    assert_int_equal(inside_real(fn, t), 0);
    assert_int_equal(inside_with(fn, t, &(edo_runtime_opts){ .workers = 4 }), 0);
    free(t);
}

/* ---- What comes ------------------------------------------------------------------------------ */

static edo_http_response *sent(site *t, edo_http_request req) {
    edo_http_response *res;
    CHECK_EQ(edo_http2_send(t->c, &res, &req), 0);
    return res;
}

/* Reads the body to its end. */
static edo_buf body_of(edo_http_response *res) {
    edo_buf text = { 0 };
    char piece[10000];
    int n;
    while ((n = edo_read(res->body, piece, sizeof piece)) > 0)
        CHECK_EQ(edo_buf_append(&text, piece, (size_t)n), 0);
    CHECK_EQ(n, 0);
    return text;
}

static void is_text(edo_http_response *res, const char *expected) {
    edo_buf text = body_of(res);
    CHECK_EQ(text.len, strlen(expected));
    CHECK(text.len == 0 || memcmp(text.ptr, expected, text.len) == 0);
    edo_buf_deinit(&text);
    edo_http_response_free(res);
}

static edo_http_request get(const char *target) {
    return (edo_http_request){ .target = edo_str_of(target) };
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static int asks(void *arg) {
    site *t = arg;
    site_begin(t);
    site_start(t);
    edo_http_response *res = sent(t, get(""));
    CHECK(res->status == 200 && res->version == EDO_HTTP_2 && res->length == 13);
    CHECK(edo_str_equal(res->reason, EDO_STR("OK")));
    CHECK(edo_headers_get(&res->headers, EDO_HEADER_DATE).len > 0);
    CHECK_EQ(edo_http2_error(res), -EAGAIN);
    CHECK(edo_http_response_trailers(res) == NULL);
    is_text(res, "Hello, World!");
    edo_http_request head = { .method = EDO_METHOD_HEAD };
    res = sent(t, head);
    CHECK(res->status == 200 && res->length == 13);
    is_text(res, "");
    res = sent(t, get("/204"));
    CHECK(res->status == 204 && res->length == 0);
    is_text(res, "");
    site_end(t);
    return 0;
}

static void requests_get_their_responses(void **state) {
    (void)state;
    both(asks);
}

static bool holds(const edo_buf *text, const char *line) {
    return memmem(text->ptr, text->len, line, strlen(line)) != NULL;
}

static int shows_fields(void *arg) {
    site *t = arg;
    edo_headers h;
    edo_headers_init(&h);
    CHECK_EQ(edo_headers_append_named(&h, EDO_STR("X-Upper"), EDO_STR("v")), 0);
    CHECK_EQ(edo_headers_append_named(&h, EDO_STR("connection"), EDO_STR("close")), 0);
    CHECK_EQ(edo_headers_append_named(&h, EDO_STR("transfer-encoding"), EDO_STR("chunked")), 0);
    CHECK_EQ(edo_headers_append_named(&h, EDO_STR("te"), EDO_STR("trailers")), 0);
    CHECK_EQ(edo_headers_append_named(&h, EDO_STR("authorization"), EDO_STR("secret")), 0);
    site_begin(t);
    site_start(t);
    edo_http_request req = { .method = EDO_METHOD_POST,
                             .target = EDO_STR("/show?a=b"),
                             .headers = &h,
                             .data = EDO_STR("12345") };
    edo_http_response *res = sent(t, req);
    edo_buf text = body_of(res);
    edo_http_response_free(res);
    CHECK(holds(&text, "POST /show?a=b\n") && holds(&text, "x-upper: v\n"));
    CHECK(holds(&text, "host: example.com\n") && holds(&text, "content-length: 5\n"));
    CHECK(holds(&text, "te: trailers\n") && holds(&text, "authorization: Sensitive\n"));
    CHECK(!holds(&text, "connection") && !holds(&text, "transfer-encoding"));
    edo_buf_deinit(&text);
    edo_headers_deinit(&h);
    site_end(t);
    return 0;
}

static void fields_are_those_of_http2(void **state) {
    (void)state;
    both(shows_fields);
}

#define TASKS 50

typedef struct asker {
    site *t;
    int rounds;
} asker;

static int asks_often(void *arg) {
    const asker *a = arg;
    for (int i = 0; i < a->rounds; i++) {
        is_text(sent(a->t, get("")), "Hello, World!");
        edo_http_request req = { .method = EDO_METHOD_POST,
                                 .target = EDO_STR("/collect"),
                                 .data = { big, (size_t)i * 10007 } };
        char expected[32];
        (void)snprintf(expected, sizeof expected, "%d 1", i * 10007);
        is_text(sent(a->t, req), expected);
    }
    return 0;
}

static int asks_from_many(void *arg) {
    site *t = arg;
    site_begin(t);
    t->client.streams_max = 20;
    site_start(t);
    edo_task *tasks[TASKS];
    asker a = { t, 10 };
    for (int i = 0; i < TASKS; i++) tasks[i] = edo_spawn(asks_often, &a);
    for (int i = 0; i < TASKS; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    site_end(t);
    return 0;
}

static void many_tasks_share_a_connection(void **state) {
    (void)state;
    both(asks_from_many);
}

static int posts_big(void *arg) {
    site *t = arg;
    edo_stream *body;
    site_begin(t);
    site_start(t);
    edo_http_response *down = sent(t, get("/big"));
    edo_http_request up = { .method = EDO_METHOD_POST,
                            .target = EDO_STR("/collect"),
                            .data = { big, BIG } };
    is_text(sent(t, up), "3145728 1");
    CHECK_EQ(edo_stream_mem(&body, big, BIG), 0);
    edo_http_request both_ways = {
        .method = EDO_METHOD_POST, .target = EDO_STR("/echo"), .body = body, .length = -1
    };
    edo_http_response *echo = sent(t, both_ways);
    edo_buf text = body_of(echo);
    edo_http_response_free(echo);
    CHECK(text.len == BIG && memcmp(text.ptr, big, BIG) == 0);
    edo_buf_deinit(&text);
    text = body_of(down);
    CHECK(text.len == BIG && memcmp(text.ptr, big, BIG) == 0);
    edo_buf_deinit(&text);
    edo_http_response_free(down);
    edo_close(body);
    site_end(t);
    return 0;
}

static void bodies_may_be_larger_than_all_windows(void **state) {
    (void)state;
    both(posts_big);
}

/* ---- A conversation -------------------------------------------------------------------------- */

static void hears(edo_stream *from, const char *expected) {
    char got[32] = "";
    CHECK_EQ(edo_read_exact(from, got, strlen(expected)), 0);
    CHECK_EQ(strcmp(got, expected), 0);
}

static int talks(void *arg) {
    site *t = arg;
    edo_http_response *res;
    edo_http_request req = { .method = EDO_METHOD_POST, .target = EDO_STR("/echo"), .length = -1 };
    site_begin(t);
    site_start(t);
    CHECK_EQ(edo_http2_open(t->c, &res, &req), 0);
    CHECK_EQ(edo_http2_head(res), 0); // before a byte of the body
    CHECK_EQ(res->status, 200);
    CHECK_EQ(edo_write_all(res->body, "one", 3), 0);
    hears(res->body, "one");
    CHECK_EQ(edo_try_read(res->body, (char[1]){ 0 }, 1), -EAGAIN);
    CHECK_EQ(edo_write_all(res->body, "two", 3), 0);
    hears(res->body, "two");
    CHECK_EQ(edo_shutdown(res->body), 0);
    CHECK_EQ(edo_read(res->body, (char[1]){ 0 }, 1), 0);
    CHECK_EQ(edo_write(res->body, "x", 1), -EPIPE);
    edo_http_response_free(res);
    site_end(t);
    return 0;
}

static void head_and_body_of_a_response_come_while_the_request_is_written(void **state) {
    (void)state;
    both(talks);
}

static int writes_big(void *body) {
    int err = edo_write_all(body, big, BIG);
    if (err == 0) err = edo_flush(body);
    return err < 0 ? err : edo_shutdown(body);
}

static int talks_by_two(void *arg) {
    site *t = arg;
    edo_http_response *res;
    edo_http_request req = { .method = EDO_METHOD_POST, .target = EDO_STR("/echo"), .length = BIG };
    site_begin(t);
    site_start(t);
    CHECK_EQ(edo_http2_open(t->c, &res, &req), 0);
    edo_task *writer = edo_spawn(writes_big, res->body);
    CHECK_EQ(edo_http2_head(res), 0);
    edo_buf text = body_of(res);
    CHECK(text.len == BIG && memcmp(text.ptr, big, BIG) == 0);
    edo_buf_deinit(&text);
    CHECK_EQ(edo_task_join(writer), 0);
    edo_http_response_free(res);
    site_end(t);
    return 0;
}

static void one_task_writes_while_another_reads(void **state) {
    (void)state;
    both(talks_by_two);
}

/* ---- Trailers and informational responses ---------------------------------------------------- */

static int sends_trailers(void *arg) {
    site *t = arg;
    edo_headers h, tail;
    edo_headers_init(&h);
    edo_headers_init(&tail);
    CHECK_EQ(edo_headers_append_named(&h, EDO_STR("trailer"), EDO_STR("X-Sum, host")), 0);
    CHECK_EQ(edo_headers_append_named(&tail, EDO_STR("X-Sum"), EDO_STR("12")), 0);
    CHECK_EQ(edo_headers_append_named(&tail, EDO_STR("host"), EDO_STR("evil")), 0);
    site_begin(t);
    site_start(t);
    edo_http_response *res;
    edo_http_request req = { .method = EDO_METHOD_POST,
                             .target = EDO_STR("/trails"),
                             .headers = &h,
                             .trailers = &tail,
                             .length = -1 };
    for (int i = 0; i < 2; i++) {
        edo_stream *body = NULL;
        if (i == 0) {
            CHECK_EQ(edo_http2_open(t->c, &res, &req), 0);
            CHECK_EQ(edo_write_all(res->body, "body", 4), 0);
            CHECK_EQ(edo_shutdown(res->body), 0);
            CHECK_EQ(edo_http2_head(res), 0);
        } else {
            CHECK_EQ(edo_stream_mem(&body, "body", 4), 0);
            req.body = body;
            res = sent(t, req);
        }
        edo_buf text = body_of(res);
        CHECK(text.len == 1 && text.ptr[0] == 'x');
        edo_buf_deinit(&text);
        const edo_headers *got = edo_http_response_trailers(res);
        CHECK(got && edo_str_equal(edo_headers_get_named(got, EDO_STR("x-tail")), EDO_STR("end")));
        edo_http_response_free(res);
        edo_close(body);
    }
    edo_headers_deinit(&h);
    edo_headers_deinit(&tail);
    site_end(t);
    return 0;
}

static void trailers_go_both_ways(void **state) {
    (void)state;
    both(sends_trailers);
}

static int on_hint(const edo_http_response *res, void *arg) {
    int *seen = arg;
    if (res->status == 103 &&
        edo_str_equal(edo_headers_get(&res->headers, EDO_HEADER_LINK), EDO_STR("</x>")))
        (*seen)++;
    return *seen == 2 ? -EDO_ECLOSED : 0;
}

static int gets_hints(void *arg) {
    site *t = arg;
    int seen = 0;
    site_begin(t);
    site_start(t);
    edo_http_request req = { .target = EDO_STR("/hints"), .informational = on_hint, .arg = &seen };
    is_text(sent(t, req), "hinted");
    CHECK_EQ(seen, 1);
    is_text(sent(t, get("/hints")), "hinted"); // nobody wants to know
    edo_http_response *res;
    CHECK_EQ(edo_http2_send(t->c, &res, &req), -ECONNABORTED); // its own code
    edo_stream *body;
    CHECK_EQ(edo_stream_mem(&body, big, 100), 0);
    edo_http_request careful = { .method = EDO_METHOD_POST,
                                 .target = EDO_STR("/collect"),
                                 .body = body,
                                 .length = 100,
                                 .expect_continue = true };
    is_text(sent(t, careful), "100 1");
    edo_close(body);
    site_end(t);
    return 0;
}

static void informational_responses_are_shown(void **state) {
    (void)state;
    both(gets_hints);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static int sees_resets(void *arg) {
    site *t = arg;
    site_begin(t);
    site_start(t);
    edo_http_response *res = sent(t, get("/fails"));
    hears(res->body, "half");
    CHECK_EQ(edo_read(res->body, (char[1]){ 0 }, 1), -ECONNRESET);
    CHECK_EQ(edo_http2_error(res), EDO_HTTP2_INTERNAL_ERROR);
    CHECK(edo_http_response_trailers(res) == NULL);
    edo_http_response_free(res);
    // a server that needs no more of the request
    edo_http_request req = { .method = EDO_METHOD_POST, .target = EDO_STR("/none"), .length = -1 };
    CHECK_EQ(edo_http2_open(t->c, &res, &req), 0);
    CHECK_EQ(edo_http2_head(res), 0);
    WAIT_FOR(edo_http2_error(res) == EDO_HTTP2_NO_ERROR);
    CHECK_EQ(edo_write(res->body, "x", 1), -EPIPE);
    is_text(res, "enough");
    edo_stream *body; // likewise, of a body that would never end
    edo_stream *never;
    CHECK_EQ(edo_simplex(&body, &never, 100), 0);
    req.body = body;
    is_text(sent(t, req), "enough");
    edo_close(body);
    edo_close(never);
    site_end(t);
    return 0;
}

static void reason_of_a_reset_is_kept(void **state) {
    (void)state;
    both(sees_resets);
}

static int sends_and_waits(void *arg) {
    site *t = arg;
    edo_http_response *res;
    edo_http_request req = get("/wait");
    int err = edo_http2_send(t->c, &res, &req);
    if (err == 0) edo_http_response_free(res);
    return err;
}

static int takes_back(void *arg) {
    site *t = arg;
    site_begin(t);
    site_start(t);
    edo_task *task = edo_spawn(sends_and_waits, t);
    WAIT_FOR(running == 1);
    edo_task_cancel(task);
    CHECK_EQ(edo_task_join(task), -ECANCELED);
    WAIT_FOR(cancelled == 1 && running == 0);
    edo_http_response *res;
    edo_http_request req = { .method = EDO_METHOD_POST, .target = EDO_STR("/wait"), .length = -1 };
    CHECK_EQ(edo_http2_open(t->c, &res, &req), 0);
    WAIT_FOR(running == 1);
    edo_stream *kept = edo_stream_ref(res->body);
    edo_http_response_free(res);
    CHECK_EQ(edo_write(kept, "x", 1), -EDO_ECLOSED);
    CHECK_EQ(edo_read(kept, (char[1]){ 0 }, 1), -EDO_ECLOSED);
    edo_stream_unref(kept);
    WAIT_FOR(cancelled == 2);
    is_text(sent(t, get("")), "Hello, World!"); // the connection is as good as before
    site_end(t);
    return 0;
}

static void dropped_response_is_a_reset(void **state) {
    (void)state;
    site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside(takes_back, t), 0);
    assert_int_equal(inside_real(takes_back, t), 0);
    free(t);
}

static int waits_in_line(void *arg) {
    site *t = arg;
    site_begin(t);
    t->server.streams_max = 2;
    site_start(t);
    is_text(sent(t, get("")), "Hello, World!"); // the SETTINGS have come
    edo_task *tasks[5];
    for (int i = 0; i < 5; i++) {
        tasks[i] = edo_spawn(sends_and_waits, t);
        for (int k = 0; k < 20; k++) CHECK_EQ(edo_yield(), 0);
    }
    WAIT_FOR(running == 2);
    CHECK(!edo_http2_is_open(t->c, true) && edo_http2_is_open(t->c, false));
    edo_task_cancel(tasks[3]); // it waits for a stream
    CHECK_EQ(edo_task_join(tasks[3]), -ECANCELED);
    edo_task_cancel(tasks[0]); // it has one
    CHECK_EQ(edo_task_join(tasks[0]), -ECANCELED);
    WAIT_FOR(running == 2 && cancelled == 1);
    edo_sem_release(&gate, 3);
    CHECK_EQ(edo_task_join(tasks[1]), 0);
    CHECK_EQ(edo_task_join(tasks[2]), 0);
    CHECK_EQ(edo_task_join(tasks[4]), 0);
    site_end(t);
    return 0;
}

static void requests_wait_for_a_stream_in_order(void **state) {
    (void)state;
    site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside(waits_in_line, t), 0);
    assert_int_equal(inside_real(waits_in_line, t), 0);
    free(t);
}

static int shuts(void *arg) {
    edo_http2 *c = arg;
    return edo_http2_shutdown(c);
}

static int ends(void *arg) {
    site *t = arg;
    edo_http_response *res;
    edo_http_request req = get("");
    site_begin(t);
    site_start(t);
    edo_task *task = edo_spawn(sends_and_waits, t);
    WAIT_FOR(running == 1);
    edo_task *shut = edo_spawn(shuts, t->c);
    WAIT_FOR(!edo_http2_is_open(t->c, false));
    CHECK_EQ(edo_http2_send(t->c, &res, &req), -EDO_ECLOSED);
    edo_sem_release(&gate, 1);
    CHECK_EQ(edo_task_join(task), 0);
    CHECK_EQ(edo_task_join(shut), 0);
    edo_http2_close(t->c);
    // closed at once
    CHECK_EQ(edo_http2_over(&t->c, client_of(&t->s), &t->client), 0);
    edo_http_response *late = sent(t, get("/big"));
    task = edo_spawn(sends_and_waits, t);
    WAIT_FOR(running == 1);
    edo_http2_close(edo_http2_ref(t->c)); // not the last reference
    CHECK(edo_http2_is_open(t->c, false));
    edo_http2_close(t->c);
    CHECK_EQ(edo_task_join(task), -ECONNABORTED);
    char some[100];
    int n;
    while ((n = edo_read(late->body, some, sizeof some)) > 0) continue;
    CHECK_EQ(n, -ECONNABORTED);
    edo_http_response_free(late);
    t->c = NULL;
    site_end(t);
    return 0;
}

static void connection_ends_in_order_or_at_once(void **state) {
    (void)state;
    site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside(ends, t), 0);
    assert_int_equal(inside_real(ends, t), 0);
    free(t);
}

static int refuses_bad(void *arg) {
    site *t = arg;
    edo_http_response *res;
    edo_stream *body;
    site_begin(t);
    site_start(t);
    CHECK_EQ(edo_stream_mem(&body, "123", 3), 0);
    const edo_http_request bad[] = { { .target = EDO_STR("no path") },
                                     { .target = EDO_STR("http://[fe80::1%25lo]/") },
                                     { .target = EDO_STR("/"), .reserved = { 1 } },
                                     { .body = body, .data = EDO_STR("x") },
                                     { .body = body, .length = -2 },
                                     { .method_name = EDO_STR("A B") } };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        CHECK_EQ(edo_http2_send(t->c, &res, &bad[i]), -EINVAL);
    edo_http_request with_body = { .body = body, .length = -1 };
    CHECK_EQ(edo_http2_open(t->c, &res, &with_body), -EINVAL);
    edo_http_request is_short = {
        .method = EDO_METHOD_POST, .target = EDO_STR("/collect"), .body = body, .length = 4
    };
    CHECK_EQ(edo_http2_send(t->c, &res, &is_short), -EMSGSIZE);
    edo_http_request three = { .method = EDO_METHOD_POST,
                               .target = EDO_STR("/collect"),
                               .length = 3 };
    CHECK_EQ(edo_http2_open(t->c, &res, &three), 0);
    CHECK_EQ(edo_write(res->body, big, 2), 2);
    CHECK_EQ(edo_shutdown(res->body), -EMSGSIZE);
    edo_http_response_free(res);
    CHECK_EQ(edo_http2_open(t->c, &res, &three), 0);
    CHECK_EQ(edo_write(res->body, big, 4), 3);
    CHECK_EQ(edo_write(res->body, big, 1), -EMSGSIZE);
    CHECK_EQ(edo_http2_head(res), 0);
    is_text(res, "3 1");
    edo_close(body);
    const edo_http2_opts odd[] = { { .reserved = { 1 } }, { .host = "a b" }, { .frame_max = 3 } };
    for (size_t i = 0; i < EDO_COUNT(odd); i++) {
        edo_http2 *c;
        CHECK_EQ(edo_stream_mem(&body, "", 0), 0);
        CHECK_EQ(edo_http2_over(&c, body, &odd[i]), -EINVAL);
        edo_close(body);
    }
    site_end(t);
    return 0;
}

static void what_is_malformed_is_refused(void **state) {
    (void)state;
    both(refuses_bad);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_get_their_responses),
        cmocka_unit_test(fields_are_those_of_http2),
        cmocka_unit_test(many_tasks_share_a_connection),
        cmocka_unit_test(bodies_may_be_larger_than_all_windows),
        cmocka_unit_test(head_and_body_of_a_response_come_while_the_request_is_written),
        cmocka_unit_test(one_task_writes_while_another_reads),
        cmocka_unit_test(trailers_go_both_ways),
        cmocka_unit_test(informational_responses_are_shown),
        cmocka_unit_test(reason_of_a_reset_is_kept),
        cmocka_unit_test(dropped_response_is_a_reset),
        cmocka_unit_test(requests_wait_for_a_stream_in_order),
        cmocka_unit_test(connection_ends_in_order_or_at_once),
        cmocka_unit_test(what_is_malformed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
