/* SPDX-License-Identifier: MIT */
/* Goal: events go on when their handler has returned: what is posted arrives whole and in order, a
 * comment when nothing is, and the response ends with its client, the server, or by a call; each
 * that was opened is closed once.
 * Method: a server whose handlers do nothing but that, and a test that posts; a paused clock. */
#include "../http/tcp_server.h"
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/sse.h>
#include <edo/web_compress.h>
#include <edo/web_guard.h>

#include <pthread.h>
#include <stdlib.h>

#define GET "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

/* The responses that are open. */
typedef struct room {
    pthread_mutex_t lock;
    edo_sse_events *all[4]; /* counted; lock; NULL: it has ended */
    size_t n;               /* lock: so many have come */
    size_t closed_n;        /* lock */
    size_t closed_first;    /* lock; of `all` */
    int open_result;
    edo_sse_opts opts;
} room;

typedef struct member {
    room *r;
    size_t place;
} member;

static int enters(edo_sse_events *e) {
    room *r = edo_sse_arg(e);
    member *m = malloc(sizeof *m); // not of the memory that fails
    CHECK(m != NULL);
    edo_sse_set_arg(e, m);
    pthread_mutex_lock(&r->lock);
    *m = (member){ r, r->n };
    r->all[r->n++] = edo_sse_events_ref(e);
    pthread_mutex_unlock(&r->lock);
    return r->open_result;
}

static void leaves(edo_sse_events *e) {
    member *m = edo_sse_arg(e);
    room *r = m->r;
    pthread_mutex_lock(&r->lock);
    CHECK(r->all[m->place] == e);
    r->all[m->place] = NULL;
    if (r->closed_n++ == 0) r->closed_first = m->place;
    pthread_mutex_unlock(&r->lock);
    edo_sse_unref(e);
    free(m);
}

static int listens(edo_web *w) {
    static const edo_sse_handler h = { .on_open = enters, .on_close = leaves };
    room *r = edo_web_state(w);
    return edo_sse_handle(w, &h, r, &r->opts);
}

static void begin(web_served *s, room *r) {
    edo_router *router = edo_router_new();
    edo_router_get(router, "/", listens);
    s->opts.state = r;
    web_begin(s, router);
}

static size_t room_closed_n(room *r) {
    pthread_mutex_lock(&r->lock);
    size_t n = r->closed_n;
    pthread_mutex_unlock(&r->lock);
    return n;
}

static void wait_closed(room *r, size_t n) {
    WAIT_FOR_EQ(room_closed_n(r), n);
}

static size_t room_n(room *r) {
    pthread_mutex_lock(&r->lock);
    size_t n = r->n;
    pthread_mutex_unlock(&r->lock);
    return n;
}

/* Returns a client whose events are open, with the head in `h`. */
static edo_stream *client_in(web_served *s, room *r, heard *h, const char *request) {
    size_t before = room_n(r);
    edo_stream *c = client_of(&s->http);
    *h = (heard){ 0 };
    say(c, request);
    CHECK(hear_until(c, h, "\r\n\r\n"));
    WAIT_FOR_EQ(room_n(r), before + 1);
    return c;
}

static edo_sse_frame *frame_of(const char *data) {
    edo_sse_frame *f;
    EDO_TEST_OK(edo_sse_frame_new(&f, &(edo_sse_event){ .data = edo_str_of(data) }));
    return f;
}

static int post(edo_sse_events *e, const char *data) {
    edo_sse_frame *f = frame_of(data);
    int err = edo_sse_post(e, f);
    edo_sse_frame_unref(f);
    return err;
}

/* ---- What arrives ---------------------------------------------------------------------------- */

static int in_order(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER, .opts = { .retry = edo_s(1) } };
    web_served s = { .opts = { .state = NULL } };
    heard one, two;
    (void)arg;
    begin(&s, &r);
    edo_stream *a = client_in(&s, &r, &one, GET);
    edo_stream *b = client_in(&s, &r, &two, "GET / HTTP/1.0\r\n\r\n");
    CHECK(has(&one, "content-type: text/event-stream\r\n") && has(&one, "x-accel-buffering: no"));
    CHECK(has(&one, "transfer-encoding: chunked\r\n"));
    CHECK(!has(&two, "chunked"));
    for (int i = 0; i < 3; i++) {
        EDO_TEST_OK(post(r.all[0], "news"));
        EDO_TEST_OK(post(r.all[1], "news"));
    }
    EDO_TEST_OK(edo_sse_close(r.all[0])); // behind what is queued
    CHECK_EQ(post(r.all[0], "late"), -EDO_ECLOSED);
    CHECK_EQ(edo_sse_close(r.all[0]), -EDO_ECLOSED);
    EDO_TEST_OK(edo_sse_close(r.all[1]));
    (void)hear_until(a, &one, NULL);
    (void)hear_until(b, &two, NULL);
    CHECK(has(&one, "\r\n\r\n"
                    "d\r\nretry: 1000\n\n\r\n"
                    "c\r\ndata: news\n\n\r\nc\r\ndata: news\n\n\r\nc\r\ndata: news\n\n\r\n"
                    "0\r\n\r\n"));
    CHECK(has(&two, "\r\n\r\nretry: 1000\n\ndata: news\n\ndata: news\n\ndata: news\n\n"));
    wait_closed(&r, 2);
    edo_close(a);
    edo_close(b);
    return web_end(&s);
}

static void posted_events_arrive_in_order_and_end_by_a_call(void **state) {
    (void)state;
    assert_int_equal(inside_each(in_order, NULL), 0);
}

static bool whatever_it_is(void *arg, const edo_request *req, const edo_response *res,
                           int64_t length, bool is_usual) {
    (void)arg, (void)req, (void)res, (void)length, (void)is_usual;
    return true;
}

/* Layers that change or keep a body see the head alone. */
static int behind_layers(void *arg) {
    static const char asked[] =
        "POST / HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\n"
        "connection: close\r\nidempotency-key: \"k\"\r\ncontent-length: 0\r\n\r\n";
    const edo_compress_opts all = { .bytes_min = 1, .when = whatever_it_is };
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER };
    web_served s = { .opts = { .state = &r } };
    edo_router *router = edo_router_new();
    heard h;
    (void)arg;
    edo_router_post(router, "/", listens);
    edo_router_wrap(router, edo_compress_layer(&all), edo_idempotency_layer(NULL));
    web_begin(&s, router);
    edo_stream *c = client_in(&s, &r, &h, asked);
    CHECK(!has(&h, "content-encoding"));
    EDO_TEST_OK(post(r.all[0], "news"));
    CHECK(hear_until(c, &h, "data: news\n\n"));
    EDO_TEST_OK(edo_sse_close(r.all[0]));
    (void)hear_until(c, &h, NULL);
    edo_close(c);
    wait_closed(&r, 1);
    c = client_of(&s.http); // the events cannot be had a second time
    h = (heard){ 0 };
    say(c, asked);
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    CHECK(has(&h, "HTTP/1.1 409 "));
    edo_close(c);
    return web_end(&s);
}

static void layers_that_change_or_keep_a_body_leave_events_alone(void **state) {
    (void)state;
    assert_int_equal(inside_each(behind_layers, NULL), 0);
}

static int silent(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER, .opts = { .keep_alive_text = EDO_STR("here") } };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    begin(&s, &r);
    edo_stream *c = client_in(&s, &r, &h, GET);
    edo_instant start = edo_now();
    CHECK(hear_until(c, &h, ": here\n\n"));
    CHECK(ms_since(start) >= 14900 && ms_since(start) <= 15500);
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    EDO_TEST_OK(post(r.all[0], "news"));
    start = edo_now(); // an event puts the comment off
    CHECK(hear_until(c, &h, "data: news\n\n"));
    h = (heard){ 0 };
    CHECK(hear_until(c, &h, ": here\n\n"));
    CHECK(ms_since(start) >= 14900 && ms_since(start) <= 15500);
    edo_close(c);
    wait_closed(&r, 1);
    return web_end(&s);
}

static void silence_is_filled_with_comments(void **state) {
    (void)state;
    assert_int_equal(inside(silent, NULL), 0);
}

static int head(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER };
    web_served s = { .opts = { .state = NULL } };
    heard h = { 0 };
    (void)arg;
    begin(&s, &r);
    ask(&s.http, &h, "HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, " 200 ") && has(&h, "text/event-stream"));
    CHECK_EQ(r.n, 0);
    return web_end(&s);
}

static void head_request_opens_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(head, NULL), 0);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static int client_leaves(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    begin(&s, &r);
    edo_stream *c = client_in(&s, &r, &h, GET);
    edo_sse_events *e = edo_sse_events_ref(r.all[0]);
    say(c, "this is no request"); // it is dropped
    EDO_TEST_OK(post(e, "news"));
    CHECK(hear_until(c, &h, "data: news\n\n"));
    edo_close(c);
    wait_closed(&r, 1);
    CHECK_EQ(post(e, "late"), -EDO_ECLOSED);
    edo_sse_unref(e);
    return web_end(&s);
}

static void events_end_with_their_client(void **state) {
    (void)state;
    assert_int_equal(inside_each(client_leaves, NULL), 0);
}

static int drains(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    begin(&s, &r);
    edo_stream *c = client_in(&s, &r, &h, GET);
    EDO_TEST_OK(post(r.all[0], "last"));
    CHECK_EQ(web_end(&s), 0);
    CHECK_EQ(r.closed_n, 1);
    (void)hear_until(c, &h, NULL);
    CHECK(has(&h, "data: last\n\n\r\n0\r\n\r\n"));
    edo_close(c);
    return 0;
}

static void drain_ends_events_in_order(void **state) {
    (void)state;
    assert_int_equal(inside_each(drains, NULL), 0);
}

static int fails(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    begin(&s, &r);
    r.open_result = -EDO_ECLOSED;
    edo_stream *c = client_in(&s, &r, &h, GET);
    (void)hear_until(c, &h, NULL);
    CHECK(has(&h, "\r\n0\r\n\r\n")); // in order
    edo_close(c);
    r.open_result = -ECANCELED;
    c = client_in(&s, &r, &h, GET);
    (void)hear_until(c, &h, NULL);
    CHECK(!has(&h, "\r\n0\r\n\r\n")); // broken off
    edo_close(c);
    wait_closed(&r, 2);
    return web_end(&s);
}

static void opening_that_fails_ends_the_events(void **state) {
    (void)state;
    assert_int_equal(inside(fails, NULL), 0);
}

static char large[8192];

static int overflows(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER, .opts = { .queue_max = 4 } };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    int err = 0;
    (void)arg;
    begin(&s, &r);
    edo_stream *deaf = client_in(&s, &r, &h, GET), *good = client_in(&s, &r, &h, GET);
    memset(large, 'x', sizeof large - 1);
    edo_sse_events *e = edo_sse_events_ref(r.all[0]);
    for (int i = 0; i < 10000 && (err = post(e, large)) == 0; i++)
        EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(err, -ENOBUFS);
    CHECK_EQ(post(e, large), -EDO_ECLOSED);
    wait_closed(&r, 1);
    EDO_TEST_OK(post(r.all[1], "news")); // the other one is none the wiser
    CHECK(hear_until(good, &h, "data: news\n\n"));
    edo_sse_unref(e);
    edo_close(deaf);
    edo_close(good);
    return web_end(&s);
}

static void full_queue_ends_the_events_of_that_client(void **state) {
    (void)state;
    assert_int_equal(inside(overflows, NULL), 0);
}

/* Less than its queue holds, so the write is what fails. */
static int stalls(void *arg) {
    const int64_t *limit_s = arg;
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER, .opts = { .queue_bytes_max = 64u << 20 } };
    web_served s = { .http.opts = { .write_timeout = edo_s(*limit_s) }, .opts = { .state = NULL } };
    int64_t limit_ms = 1000 * (*limit_s ? *limit_s : 30);
    static char huge[16 << 20];
    heard h;
    begin(&s, &r);
    edo_stream *deaf = client_in(&s, &r, &h, GET);
    memset(huge, 'x', sizeof huge - 1);
    EDO_TEST_OK(post(r.all[0], huge));
    edo_instant start = edo_now();
    WAIT_FOR_EQ(r.closed_n, 1);
    CHECK(ms_since(start) >= limit_ms && ms_since(start) <= limit_ms + 500);
    edo_close(deaf);
    return web_end(&s);
}

static void client_that_takes_nothing_is_given_up_by_the_write_timeout_of_the_server(void **state) {
    int64_t limits_s[] = { 0, 7, 90 }; // 0: the usual one
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(limits_s); i++)
        assert_int_equal(inside(stalls, &limits_s[i]), 0);
}

static int comes_late(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER };
    web_served s = { .opts = { .state = NULL } };
    struct rlimit before;
    heard h;
    (void)arg;
    begin(&s, &r);
    edo_stream *told = client_in(&s, &r, &h, GET), *silent_one = client_in(&s, &r, &h, GET);
    EDO_TEST_OK(edo_time_advance(edo_s(5)));
    EDO_TEST_OK(post(r.all[0], "news"));
    CHECK(hear_until(told, &h, "data: news\n\n"));
    edo_stream *late = client_without_place(&s.http, &before);
    WAIT_FOR(r.closed_n > 0);
    CHECK_EQ(r.closed_first, 1); // accepting again may have closed the other one, too
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    edo_close(late);
    edo_close(told);
    edo_close(silent_one);
    wait_closed(&r, 2);
    return web_end(&s);
}

static void
client_that_was_just_sent_an_event_is_not_the_one_that_is_idle_for_longest(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(comes_late, NULL), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int asks_without(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER, .opts = { .retry = edo_s(1) } };
    web_served s = { .opts = { .state = NULL } };
    bool has_failed = true;
    (void)arg;
    begin(&s, &r);
    for (int k = 1; has_failed; k++) {
        heard h = { 0 };
        edo_stream *c = client_of(&s.http);
        EDO_TEST_OK(edo_yield());
        r.n = 0;
        fail_alloc_in = k;
        say(c, GET);
        bool is_told = hear_until(c, &h, "retry: 1000\n\n");
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(has_failed || is_told);
        CHECK(has(&h, " 200 ") || has_no_memory(&h));
        edo_close(c);
        wait_closed(&r, r.n);
        r.closed_n = 0;
    }
    return web_end(&s);
}

static void events_without_memory_end_and_leave_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(asks_without, NULL), 0);
}

/* Posts, or ends the events, while each allocation of that fails in turn. */
static int tells_without(void *arg) {
    const bool *ends = arg;
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER };
    web_served s = { .opts = { .state = NULL } };
    bool has_failed = true;
    int failed_n = 0;
    begin(&s, &r);
    edo_sse_frame *f = frame_of("news");
    for (int k = 1; has_failed; k++) {
        heard h;
        r.n = r.closed_n = 0;
        edo_stream *c = client_in(&s, &r, &h, GET);
        edo_sse_events *e = edo_sse_events_ref(r.all[0]);
        fail_alloc_in = k;
        int err = *ends ? edo_sse_close(e) : edo_sse_post(e, f);
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        failed_n += has_failed;
        CHECK_EQ(err, has_failed ? -ENOMEM : 0);
        if (has_failed || *ends) {
            (void)hear_until(c, &h, NULL);
            wait_closed(&r, 1);
            CHECK_EQ(has(&h, "\r\n0\r\n\r\n"), !has_failed); // else broken off
        } else {
            CHECK(hear_until(c, &h, "data: news\n\n"));
        }
        edo_close(c);
        wait_closed(&r, 1);
        edo_sse_unref(e);
    }
    CHECK(failed_n > 0);
    edo_sse_frame_unref(f);
    return web_end(&s);
}

static void post_and_close_say_when_there_was_no_memory_for_them(void **state) {
    bool ends[] = { false, true };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(ends); i++)
        assert_int_equal(inside(tells_without, &ends[i]), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posted_events_arrive_in_order_and_end_by_a_call),
        cmocka_unit_test(layers_that_change_or_keep_a_body_leave_events_alone),
        cmocka_unit_test(silence_is_filled_with_comments),
        cmocka_unit_test(head_request_opens_nothing),
        cmocka_unit_test(events_end_with_their_client),
        cmocka_unit_test(drain_ends_events_in_order),
        cmocka_unit_test(opening_that_fails_ends_the_events),
        cmocka_unit_test(full_queue_ends_the_events_of_that_client),
        cmocka_unit_test(client_that_takes_nothing_is_given_up_by_the_write_timeout_of_the_server),
        cmocka_unit_test(
            client_that_was_just_sent_an_event_is_not_the_one_that_is_idle_for_longest),
        cmocka_unit_test(events_without_memory_end_and_leave_nothing),
        cmocka_unit_test(post_and_close_say_when_there_was_no_memory_for_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
