/* SPDX-License-Identifier: MIT */
/* Goal: a detached connection runs when there is something to do, and is told a time that fits; a
 * response goes on in one when its handler has returned.
 * Method: connections that want to run after a while, on the real clock; clients of HTTP/1.1 and
 * 1.0 that read what a run writes. */
#include "http_server.h"

#include <edo/http_upgrade.h>

#define RUNS 10

typedef struct timed {
    edo_instant at; /* when it has asked to run */
    int runs_n, early_n;
    bool is_over;
} timed;

static int run(void *arg, uint32_t why, edo_instant now, edo_instant *at) {
    timed *self = arg;
    if (why & EDO_DETACHED_TIME) {
        self->runs_n++;
        self->early_n += now.ns < self->at.ns;
    }
    if (self->runs_n == RUNS) return -ECANCELED;
    *at = self->at = edo_instant_add(edo_now(), edo_us(300));
    return 0;
}

static void drop(void *arg) {
    ((timed *)arg)->is_over = true;
}

static int detaches(edo_request *req, edo_response *res, void *arg) {
    static const edo_detached_ops ops = { .run = run, .drop = drop };
    edo_stream *raw;
    edo_str rest;
    int err = edo_upgrade_raw(req, res, &raw, &rest);
    return err < 0 ? err : edo_upgrade_detach(req, &ops, arg);
}

static int runs_in_time(void *arg) {
    timed t = { .runs_n = 0 };
    served s = { .handler = detaches, .arg = &t };
    heard h = { .len = 0 };
    (void)arg;
    serve_begin(&s);
    ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 101 "));
    int result = serve_end(&s);
    CHECK(t.is_over);
    CHECK_EQ(t.runs_n, RUNS);
    CHECK_EQ(t.early_n, 0);
    return result;
}

static void run_of_a_time_does_not_begin_before_it(void **state) {
    (void)state;
    assert_int_equal(inside_with(runs_in_time, NULL, &kinds[0]), 0);
}

/* ---- Responses ------------------------------------------------------------------------------- */

/* A body whose bytes a run writes. */
typedef struct body {
    edo_stream *out; /* shared */
    bool is_chunked;
    int drops_n;
} body;

static int write_body(void *arg, uint32_t why, edo_instant now, edo_instant *at) {
    body *b = arg;
    const char *text = b->is_chunked ? "3\r\nabc\r\n0\r\n\r\n" : "abc";
    (void)now;
    if (why & EDO_DETACHED_BEGIN) {
        *at = edo_instant_add(edo_now(), edo_ms(1)); // the handler has returned long ago
        return 0;
    }
    CHECK_EQ(edo_write_all(b->out, text, strlen(text)), 0);
    if (!b->is_chunked) CHECK_EQ(edo_shutdown(b->out), 0);
    return -ECANCELED;
}

static void drop_body(void *arg) {
    body *b = arg;
    b->drops_n++;
    edo_stream_unref(b->out);
}

static int streams_on(edo_request *req, edo_response *res, void *arg) {
    static const edo_detached_ops ops = { .run = write_body, .drop = drop_body };
    body *b = arg;
    edo_stream *raw;
    int err = edo_headers_set_named(&res->headers, EDO_STR("x-own"), EDO_STR("value"));
    if (err == 0) err = edo_response_raw(req, res, &raw, &b->is_chunked);
    if (err == -EINVAL) return edo_response_text(res, EDO_STATUS_OK, EDO_STR("no body"));
    if (err < 0) return err;
    CHECK_EQ(edo_response_raw(req, res, &raw, &b->is_chunked), -EBUSY);
    b->out = edo_stream_ref(raw);
    return edo_upgrade_detach(req, &ops, arg);
}

static int goes_on(void *arg) {
    body b = { .drops_n = 0 };
    served s = { .handler = streams_on, .arg = &b };
    heard h = { .len = 0 };
    (void)arg;
    serve_begin(&s);
    ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\nmore");
    CHECK(has(&h, "HTTP/1.1 200 OK\r\nx-own: value\r\n"));
    CHECK(has(&h, "transfer-encoding: chunked\r\nconnection: close\r\n"));
    CHECK(has(&h, "\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
    h = (heard){ .len = 0 };
    ask(&s, &h, "GET / HTTP/1.0\r\n\r\n");
    CHECK(has(&h, "\r\n\r\nabc") && !has(&h, "chunked"));
    h = (heard){ .len = 0 };
    ask(&s, &h, "HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "content-length: 7\r\n"));
    WAIT_FOR_EQ(b.drops_n, 2);
    return serve_end(&s);
}

static void response_goes_on_when_its_handler_has_returned(void **state) {
    (void)state;
    assert_int_equal(inside_with(goes_on, NULL, &kinds[0]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_of_a_time_does_not_begin_before_it),
        cmocka_unit_test(response_goes_on_when_its_handler_has_returned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
