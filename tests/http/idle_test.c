/* SPDX-License-Identifier: MIT */
/* Goal: what is no request keeps no connection and gets no response: empty lines between requests;
 * and a client that ends its input within a body has left, whoever notices that first.
 * Method: servers over streams in memory, on the paused clock. */
#include "http_server.h"

#include <edo/log.h>
#include <edo/streams.h>

typedef struct one {
    edo_http_handler *handler;
    edo_http_server_opts opts;
    edo_stream *client, *server;
    edo_task *task;
} one;

static int one_main(void *arg) {
    one *o = arg;
    return edo_http_serve_stream(o->handler, NULL, o->server, &o->opts);
}

static void one_begin(one *o) {
    EDO_TEST_OK(edo_duplex(&o->client, &o->server, 4096));
    o->task = edo_spawn(one_main, o);
    CHECK(o->task != NULL);
}

static void one_end(one *o) {
    edo_close(o->client);
    CHECK_EQ(edo_task_join(o->task), 0);
}

/* ---- Empty lines ----------------------------------------------------------------------------- */

#define HEAD "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

static int hello(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello"));
}

typedef struct stray {
    const char *name;
    const char *first;  /* sent at once */
    const char *later;  /* sent after 30 s, or `wait_s` */
    int responses;      /* none of them is a 408 */
    int64_t ends_at_ms; /* after the last request */
    uint32_t lenient;
    int wait_s;
    const char *last; /* sent `wait_s` later, if it is set */
} stray;

static const stray strays[] = {
    { "behind a request", HEAD "\r\n", "", 1, 60000, 0, 0, NULL },
    { "several", HEAD "\r\n\r\n\r\n", "", 1, 60000, 0, 0, NULL },
    { "before the first request", "\r\n", "", 0, 60000, 0, 0, NULL },
    { "the idle time goes on", HEAD, "\r\n", 1, 60000, 0, 0, NULL },
    { "a request follows", HEAD "\r\n", "\r\n" HEAD, 2, 90000, 0, 0, NULL },
    { "half an empty line", HEAD "\r", "", 1, 10000, 0, 0, NULL },
    { "half an empty line, then the rest", HEAD, "\r", 1, 40000, 0, 0, NULL },
    { "an empty line in two parts", HEAD "\r", "\n", 1, 60000, 0, 9, NULL },
    { "in two parts, then half of one", HEAD "\r", "\n\r", 1, 19000, 0, 9, NULL },
    { "in two parts, then a slow head", HEAD "\r", "\nGET / HTTP/1.1\r\n", 2, 78000, 0, 9,
      "host: x\r\n\r\n" },
    { "in two parts, then an end", HEAD "\r", "\n", 1, 18000, 0, 9, "" },
    { "a bare LF", HEAD "\n\n", "", 1, 60000, EDO_HTTP_LENIENT_BARE_LF, 0, NULL },
};

static int stray_lines(void *arg) {
    const stray *s = arg;
    one o = { .handler = hello, .opts.lenient = s->lenient };
    heard h = { 0 };
    one_begin(&o);
    edo_instant begin = edo_now();
    say(o.client, s->first);
    CHECK_EQ(edo_sleep(edo_s(s->wait_s ? s->wait_s : s->later[0] ? 30 : 0)), 0);
    if (s->later[0]) say(o.client, s->later);
    if (s->last) CHECK_EQ(edo_sleep(edo_s(s->wait_s)), 0);
    if (s->last && s->last[0]) say(o.client, s->last);
    if (s->last && !s->last[0]) EDO_TEST_OK(edo_shutdown(o.client));
    CHECK(hear_until(o.client, &h, NULL));
    int64_t took = ms_since(begin);
    bool is_well =
        times(&h, "HTTP/1.1 200 ") == s->responses && times(&h, "HTTP/1.1 ") == s->responses;
    if (!is_well || took < s->ends_at_ms || took > s->ends_at_ms + 100)
        edo_test_fail("%s: %lld ms, %s", s->name, (long long)took, h.text);
    one_end(&o);
    return 0;
}

static void empty_line_is_no_request(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(strays); i++)
        assert_int_equal(inside(stray_lines, (void *)(uintptr_t)&strays[i]), 0);
}

/* ---- An end within a body -------------------------------------------------------------------- */

static struct {
    edo_response_hook hook;
    int status;
    bool is_lost;
} seen;

static void note_status(edo_response_hook *hook, edo_response *res, const edo_response_end *end) {
    (void)hook, (void)end;
    seen.status = (int)res->status;
}

static const edo_response_hook_ops noting = { .done = note_status };

/* Has a code of its own for whatever fails. */
static int reads(edo_request *req, edo_response *res, void *arg) {
    char bytes[64];
    (void)arg;
    seen.hook = (edo_response_hook){ .ops = &noting };
    edo_response_add_hook(res, &seen.hook);
    int n;
    while ((n = edo_read(edo_request_body(req), bytes, sizeof bytes)) > 0) {
    }
    seen.is_lost = edo_request_is_lost(req);
    return n < 0 ? edo_fail(-EIO, "the upload is not whole") : 0;
}

static const char *const bodies[] = {
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc",
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n",
    "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
};

/* The whole of it has come before the server runs, so that the handler meets the end first. */
static int leave_within(void *arg) {
    one o = { .handler = reads };
    heard h = { 0 };
    one_begin(&o);
    seen.status = 0;
    say(o.client, arg);
    EDO_TEST_OK(edo_shutdown(o.client));
    CHECK(hear_until(o.client, &h, NULL));
    one_end(&o);
    if (seen.status != 499 || !seen.is_lost || h.len > 0)
        edo_test_fail("%s: %d, %s", (const char *)arg, seen.status, h.text);
    return 0;
}

static void client_that_ends_within_a_body_has_left(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bodies); i++)
        assert_int_equal(inside(leave_within, (void *)(uintptr_t)bodies[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_line_is_no_request),
        cmocka_unit_test(client_that_ends_within_a_body_has_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
