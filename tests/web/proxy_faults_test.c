/* SPDX-License-Identifier: MIT */
/* Goal: whoever fails, the proxy of edo/web_proxy.h blames nobody else: what clients do is no
 * failure of the service, a service that is late is seen as late, all limits hold, and who can be
 * helped by another try gets it.
 * Method: a proxy and a server in memory, and between them a layer that notes how calls end. */
#include "through.h"

#include <edo/balance.h>
#include <edo/http_coalesce.h>
#include <edo/layers.h>
#include <edo/web_limits.h>

/* ---- The service ----------------------------------------------------------------------------- */

static int respond_never(memory_site *s, edo_stream *io) {
    char byte;
    (void)s;
    return edo_read(io, &byte, 1) > 0 ? 0 : -EDO_EEOF;
}

static int late(void *arg) {
    through t;
    heard h;
    (void)arg;
    through_begin(&t, "/", &(edo_proxy_opts){ .read_timeout = edo_s(3) });
    site.respond = respond_never;
    edo_instant began = edo_now();
    through_ask(&t, &h, get);
    CHECK(has(&h, "HTTP/1.1 504 "));
    CHECK_EQ(edo_instant_since(edo_now(), began).ns, edo_s(3).ns);
    through_end(&t);
    return 0;
}

static void silence_is_504(void **state) {
    (void)state;
    assert_int_equal(inside(late, NULL), 0);
}

/* ---- What layers around the service see ------------------------------------------------------ */

static int noted; // the result of the last call

static int note_result(void *arg, edo_next *next, void *request, void *response) {
    (void)arg;
    return noted = edo_layer_next(next, request, response);
}

/* The service, in `layer`. */
static void through_begin_in(through *t, edo_http_client **client, const edo_proxy_opts *opts,
                             edo_layer layer) {
    edo_service *plain, *service;
    *client = site_client(&site, NULL);
    EDO_TEST_OK(edo_http_client_service(&plain, *client, "http://shop.test"));
    EDO_TEST_OK(edo_layer_wrap(&service, &layer, plain));
    noted = 1;
    through_begin_around(t, "/", opts, service);
}

static int late_in_all(void *arg) {
    through t;
    heard h;
    edo_http_client *client;
    (void)arg;
    through_begin_in(&t, &client, &(edo_proxy_opts){ .timeout = edo_s(5) },
                     edo_layer_from_fn(note_result, NULL));
    site.respond = respond_never;
    through_ask(&t, &h, get);
    CHECK(has(&h, "HTTP/1.1 504 "));
    CHECK_EQ(noted, -ETIMEDOUT); // it was late: for breakers that is a failure
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void a_service_that_is_late_is_seen_as_late(void **state) {
    (void)state;
    assert_int_equal(inside(late_in_all, NULL), 0);
}

static int breaks_off_then_silent(memory_site *s, edo_stream *io) {
    int err = s->requests_n == 1 ? edo_sleep(edo_s(4)) : 0;
    if (err < 0) return err;
    return s->requests_n == 1 ? -ECONNRESET : respond_never(s, io);
}

static int ask_twice(void *arg, edo_next *next, void *request, void *response) {
    (void)arg;
    int err = edo_layer_next(next, request, response);
    if (err < 0 && err != -ECANCELED) err = edo_service_ready(next->inner, next->permit);
    return err < 0 ? err : edo_layer_next(next, request, response);
}

/* Asks, and checks that it has taken the whole timeout. */
static void takes_five_seconds(through *t) {
    heard h;
    edo_instant began = edo_now();
    through_ask(t, &h, get);
    CHECK(has(&h, "HTTP/1.1 504 "));
    CHECK_EQ(edo_instant_since(edo_now(), began).ns, edo_s(5).ns);
}

static int waits(void *arg) {
    const edo_proxy_opts opts = { .timeout = edo_s(5) };
    through t;
    edo_sem none;
    edo_http_client *client;
    (void)arg;
    edo_sem_init(&none, 0);
    through_begin_in(&t, &client, &opts,
                     edo_concurrency_layer_with(&(edo_concurrency_opts){ .shared = &none }));
    takes_five_seconds(&t); // it is never ready
    edo_http_client_unref(client);
    through_end(&t);
    through_begin_in(&t, &client, &opts, edo_layer_from_fn(ask_twice, NULL));
    site.respond = breaks_off_then_silent;
    takes_five_seconds(&t); // two attempts together
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void the_limit_holds_for_waits_and_all_attempts(void **state) {
    (void)state;
    assert_int_equal(inside(waits, NULL), 0);
}

/* So many names would each be compared with each field. */
static int names_many(void *arg) {
    static char request[8192];
    static const struct {
        int names_n;
        const char *gets;
    } rows[] = { { 63, "HTTP/1.1 200 " }, { 64, "HTTP/1.1 400 " }, { 3000, "HTTP/1.1 400 " } };
    through t;
    heard h;
    (void)arg;
    if (edo_test_over) return 0; // HTTP/2 has no Connection
    through_begin(&t, "/", NULL);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        size_t n = (size_t)snprintf(request, sizeof request,
                                    "GET / HTTP/1.1\r\nhost: x\r\n"
                                    "connection: close");
        for (int k = 0; k < rows[i].names_n; k++, n += 2) memcpy(request + n, ",a", 3);
        memcpy(request + n, "\r\n\r\n", 5);
        through_ask(&t, &h, request);
        CHECK(has(&h, rows[i].gets));
    }
    through_end(&t);
    return 0;
}

static void a_connection_that_names_many_fields_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(names_many, NULL), 0);
}

/* The client has sent a part of its body when the time is over. */
static int sends_slowly(void *arg) {
    through t;
    heard h = { 0 };
    edo_http_client *client;
    (void)arg;
    through_begin_in(&t, &client, &(edo_proxy_opts){ .timeout = edo_s(5) },
                     edo_layer_from_fn(note_result, NULL));
    edo_stream *c = client_of(&t.front.http);
    say(c, "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 9\r\n\r\nhalf");
    CHECK(hear_until(c, &h, "\r\n\r\n") && has(&h, "HTTP/1.1 408 "));
    CHECK_EQ(noted, -ECANCELED);
    edo_close(c);
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void a_client_that_sends_slowly_is_late_itself(void **state) {
    (void)state;
    assert_int_equal(inside(sends_slowly, NULL), 0);
}

#define POSTED "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"

/* What a client does, and what it gets; "": perhaps nothing. */
static const struct {
    const char *does, *gets;
} client_faults[] = {
    { POSTED "content-length: 4\r\n\r\nha", "" }, // and leaves
    { POSTED "transfer-encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400 " },
    { POSTED "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 413 " },
};

static int client_fails(void *arg) {
    through t;
    edo_http_client *client;
    (void)arg;
    if (edo_test_over) return 0; // HTTP/2 says the same by other means, before the proxy
    front_layer = edo_body_limit_layer(4);
    through_begin_in(&t, &client, NULL, edo_layer_from_fn(note_result, NULL));
    for (size_t i = 0; i < EDO_COUNT(client_faults); i++) {
        heard h = { 0 };
        edo_stream *c = client_of(&t.front.http);
        noted = 1;
        say(c, client_faults[i].does);
        (void)edo_shutdown(c);
        (void)hear_until(c, &h, NULL);
        if (!has(&h, client_faults[i].gets)) EDO_TEST_EQ((int)i, -1); // names the case
        edo_close(c);
        WAIT_FOR_EQ(noted, -ECANCELED);
        CHECK_EQ(edo_http_outcome(NULL, NULL, NULL, noted), EDO_CALL_IGNORED);
    }
    front_layer = (edo_layer){ .wrap = NULL };
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void what_a_client_does_is_no_failure_of_the_service(void **state) {
    (void)state;
    assert_int_equal(inside(client_fails, NULL), 0);
}

static int hint_then_respond(memory_site *s, edo_stream *io) {
    (void)s;
    int err = edo_sleep(edo_s(2));
    return err < 0 ? err : site_say(io, "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n" OK);
}

static int leaves_before_hint(void *arg) {
    through t;
    edo_http_client *client;
    (void)arg;
    if (edo_test_over) return 0; // the stream is reset there
    through_begin_in(&t, &client, NULL, edo_layer_from_fn(note_result, NULL));
    site.respond = hint_then_respond;
    edo_stream *c = client_of(&t.front.http);
    say(c, get);
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    edo_close(c);
    EDO_TEST_OK(edo_sleep(edo_s(2)));
    CHECK_EQ(noted, -ECANCELED);
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void a_hint_that_nobody_takes_is_no_failure_of_the_service(void **state) {
    (void)state;
    assert_int_equal(inside(leaves_before_hint, NULL), 0);
}

/* The server takes it, but a client does not send so much. */
static int long_head(void *arg) {
    static char request[21000];
    through t;
    heard h;
    edo_http_client *client;
    (void)arg;
    (void)snprintf(request, sizeof request,
                   "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-long: %020000d\r\n\r\n", 0);
    through_begin_in(&t, &client, NULL, edo_layer_from_fn(note_result, NULL));
    through_ask(&t, &h, request);
    CHECK(has(&h, "HTTP/1.1 431 "));
    if (!edo_test_over) CHECK_EQ(noted, -EMSGSIZE);
    CHECK_EQ(edo_http_outcome(NULL, NULL, NULL, -EMSGSIZE), EDO_CALL_IGNORED);
    CHECK_EQ(site.requests_n, 0);
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void a_head_that_is_too_long_to_be_sent_on_is_431(void **state) {
    (void)state;
    assert_int_equal(inside(long_head, NULL), 0);
}

static int refuses(void *arg, void *request, void *response) {
    (void)request;
    (void)response;
    return *(const int *)arg;
}

static int refusals(void *arg) {
    static int codes[] = { -EDO_EOVERLOADED, -EDO_ECIRCUITOPEN, -EDO_ERATELIMITED };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        through t;
        heard h;
        edo_service *service;
        EDO_TEST_OK(edo_service_from_fn(&service, refuses, &codes[i], NULL));
        through_begin_around(&t, "/", NULL, service);
        through_ask(&t, &h, get);
        CHECK(has(&h, "HTTP/1.1 503 ") && has(&h, "retry-after: 1\r\n"));
        through_end(&t);
    }
    return 0;
}

static void a_service_that_refuses_is_503(void **state) {
    (void)state;
    assert_int_equal(inside(refusals, NULL), 0);
}

/* ---- Callers that wait for another one ------------------------------------------------------- */

static int connects_n;

/* The first one finds nobody, but needs some time for that. */
static int connect_late(void *arg, edo_stream **out, const char *address) {
    int err = edo_sleep(edo_ms(10));
    if (err < 0) return err;
    return connects_n++ == 0 ? -ECONNREFUSED : site_connect(arg, out, address);
}

typedef struct asker {
    through *t;
    heard h;
} asker;

static int asks_page(void *arg) {
    asker *a = arg;
    through_ask(a->t, &a->h, get);
    return 0;
}

static int crowds(void *arg) {
    static asker askers[3];
    through t;
    edo_task *tasks[EDO_COUNT(askers)];
    edo_service *plain, *shared;
    edo_http_client *client;
    edo_layer layer = edo_http_coalesce_layer(&(edo_http_coalesce_opts){ .proxied = true });
    (void)arg;
    connects_n = 0;
    EDO_TEST_OK(edo_http_client_new(
        &client, &(edo_http_client_opts){ .connect = connect_late, .arg = &site }));
    EDO_TEST_OK(edo_http_client_service(&plain, client, "http://shop.test"));
    EDO_TEST_OK(edo_layer_wrap(&shared, &layer, plain));
    through_begin_around(&t, "/", NULL, shared);
    for (size_t i = 0; i < EDO_COUNT(askers); i++) {
        askers[i] = (asker){ .t = &t };
        tasks[i] = edo_spawn(asks_page, &askers[i]);
    }
    for (size_t i = 0; i < EDO_COUNT(askers); i++) {
        CHECK_EQ(edo_task_join(tasks[i]), 0);
        CHECK(has(&askers[i].h, "HTTP/1.1 200 "));
    }
    CHECK(site.requests_n < (int)EDO_COUNT(askers));
    edo_http_client_unref(client);
    through_end(&t);
    return 0;
}

static void who_has_waited_for_a_request_that_was_not_sent_is_tried_again(void **state) {
    (void)state;
    assert_int_equal(inside(crowds, NULL), 0);
}

/* ---- Several servers ------------------------------------------------------------------------- */

static int open_any(void *arg, const edo_endpoint *to, void **conn) {
    (void)arg;
    *conn = (void *)(uintptr_t)to;
    return 0;
}

static void close_any(void *arg, void *conn) {
    (void)arg, (void)conn;
}

static bool never_lost(void *arg, void *conn, int result) {
    (void)arg, (void)conn, (void)result;
    return false;
}

static edo_service *one; // the site

/* Two of three that have just died: nobody knows yet. */
static int ask_one_of_three(void *balance, void *request, void *response) {
    edo_balance_lease lease;
    int err = edo_balance_pick(balance, &lease, EDO_PICK_WAIT);
    if (err < 0) return err;
    site.refuses_n = lease.to->address[0] != 'c';
    err = edo_service_oneshot(one, request, response);
    edo_balance_done(&lease, err);
    return err;
}

static int asks_others(void *arg) {
    static const edo_balance_ops ops = { .connect = open_any,
                                         .is_lost = never_lost,
                                         .close = close_any };
    const edo_endpoint all[] = { { .address = "a" }, { .address = "b" }, { .address = "c" } };
    through t;
    edo_balance *b;
    edo_service *service;
    (void)arg;
    edo_http_client *client = site_client(&site, NULL);
    EDO_TEST_OK(edo_balance_new(&b, edo_discover_list(all, 3), &ops, NULL, NULL));
    EDO_TEST_OK(edo_http_client_service(&one, client, "http://shop.test"));
    EDO_TEST_OK(edo_service_from_fn(&service, ask_one_of_three, b, NULL));
    through_begin_around(&t, "/", NULL, service);
    EDO_TEST_OK(edo_sleep(edo_ms(1))); // all are ready
    for (int i = 0; i < 40; i++) {
        heard h;
        through_ask(&t, &h, get);
        CHECK(has(&h, "HTTP/1.1 200 "));
        edo_http_client_close_idle(client);
    }
    edo_service_unref(one);
    edo_http_client_unref(client);
    edo_balance_unref(b);
    through_end(&t);
    return 0;
}

static void each_try_asks_another_server(void **state) {
    (void)state;
    assert_int_equal(inside(asks_others, NULL), 0);
}

/* ---- The end of the server ------------------------------------------------------------------- */

static int respond_endless(memory_site *s, edo_stream *io) {
    char byte;
    const char *type = strstr(s->head, "GET /grpc") ? "application/grpc" : "text/event-stream";
    char head[128];
    (void)snprintf(head, sizeof head,
                   "HTTP/1.1 200 OK\r\ncontent-type: %s\r\n"
                   "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
                   type);
    int err = strstr(s->head, "GET /up")
                  ? site_say(io, "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n"
                                 "upgrade: echo\r\n\r\nhello")
                  : site_say(io, head);
    while (err == 0 && edo_read(io, &byte, 1) > 0) continue;
    return -EDO_EEOF;
}

static int64_t drains_after_ms(const char *target, const edo_proxy_opts *opts) {
    through t;
    heard h = { 0 };
    char request[128];
    through_begin(&t, "/", opts);
    site.respond = respond_endless;
    edo_stream *c = client_of(&t.front.http);
    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nhost: x\r\n%s\r\n", target,
                   strcmp(target, "/up") == 0 ? "connection: upgrade\r\nupgrade: echo\r\n" : "");
    say(c, request);
    CHECK(hear_until(c, &h, "hello"));
    const edo_instant begun = edo_now();
    edo_task_cancel(t.front.http.task);
    (void)hear_until(c, &h, NULL);
    CHECK(!has(&h, "\r\n0\r\n")); // it was not whole
    const int64_t ms = edo_instant_since(edo_now(), begun).ns / 1000000;
    edo_close(c);
    through_end(&t);
    return ms;
}

static int drains(void *arg) {
    static const char *const targets[] = { "/up", "/events", "/grpc" };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(targets); i++) {
        CHECK(drains_after_ms(targets[i], NULL) <
              3000); // a round trip and a second, over HTTP/2; one more
        CHECK(drains_after_ms(targets[i], &(edo_proxy_opts){ .upgrades_stay = true }) > 5000);
    }
    return 0;
}

static void what_has_no_end_holds_no_drain(void **state) {
    (void)state;
    assert_int_equal(inside(drains, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_is_504),
        cmocka_unit_test(a_service_that_is_late_is_seen_as_late),
        cmocka_unit_test(the_limit_holds_for_waits_and_all_attempts),
        cmocka_unit_test(a_connection_that_names_many_fields_is_refused),
        cmocka_unit_test(a_client_that_sends_slowly_is_late_itself),
        cmocka_unit_test(what_a_client_does_is_no_failure_of_the_service),
        cmocka_unit_test(a_hint_that_nobody_takes_is_no_failure_of_the_service),
        cmocka_unit_test(a_head_that_is_too_long_to_be_sent_on_is_431),
        cmocka_unit_test(a_service_that_refuses_is_503),
        cmocka_unit_test(who_has_waited_for_a_request_that_was_not_sent_is_tried_again),
        cmocka_unit_test(each_try_asks_another_server),
        cmocka_unit_test(what_has_no_end_holds_no_drain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
