/* SPDX-License-Identifier: MIT */
/* Goal: a balance over HTTP servers: requests that have only a path are spread over them; one that
 * cannot be reached is left, and found again; no call is lost that another server can take.
 * Method: servers in memory that are up or down, under a paused clock. */
#include "memory_site.h"

#include <edo/balance.h>
#include <edo/layers.h>

#define SITES_N 3

typedef struct server {
    memory_site site; /* first: it responds */
    bool is_down;
    int asked; /* for connections */
} server;

static server servers[SITES_N];

static int respond(memory_site *s, edo_stream *io) {
    if (((server *)(void *)s)->is_down) return -EIO;
    return site_say(io, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

/* They are at 10.0.0.0:80, 10.0.0.1:80 and 10.0.0.2:80. */
static int connect_one(void *arg, edo_stream **out, const char *address) {
    server *s = &servers[address[7] - '0'];
    (void)arg;
    s->asked++;
    return s->is_down ? -ECONNREFUSED : site_connect(&s->site, out, address);
}

typedef struct shop {
    edo_http_client *client;
    edo_service *svc;
} shop;

static shop opens(const edo_balance_opts *opts) {
    const edo_http_client_opts o = { .connect = connect_one };
    edo_endpoint at[SITES_N];
    shop s;
    memset(servers, 0, sizeof servers);
    for (int i = 0; i < SITES_N; i++) {
        char address[] = "10.0.0.0:80";
        address[7] = (char)('0' + i);
        servers[i].site.respond = respond;
        EDO_TEST_OK(edo_endpoint_init(&at[i], address, NULL, 1));
    }
    EDO_TEST_OK(edo_http_client_new(&s.client, &o));
    EDO_TEST_OK(edo_balance_service_new(&s.svc, edo_discover_list(at, SITES_N),
                                        edo_http_client_make, s.client, NULL, opts));
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    return s;
}

static void closes(shop *s) {
    edo_service_unref(s->svc);
    edo_http_client_unref(s->client);
    for (size_t i = 0; i < SITES_N; i++) WAIT_FOR_EQ(servers[i].site.open_n, 0);
}

static int asks_with(shop *s, const edo_http_request *req) {
    edo_http_response *res = NULL;
    edo_buf body = { .len = 0 };
    int err = edo_service_oneshot(s->svc, (void *)(uintptr_t)req, &res);
    if (err < 0) return err;
    EDO_TEST_OK(edo_http_response_collect(res, &body, 100));
    CHECK(body.len == 2 && res->status == 200);
    edo_buf_deinit(&body);
    edo_http_response_free(res);
    return 0;
}

static int asks(shop *s) {
    return asks_with(s, &(edo_http_request){ .target = EDO_STR("/price?of=tea") });
}

EDO_TEST(requests_with_a_path_go_to_all_of_them, .paused = true) {
    shop s = opens(&(edo_balance_opts){ .kind = EDO_BALANCE_ROUND_ROBIN });
    for (size_t i = 0; i < SITES_N; i++) CHECK_EQ(servers[i].asked, 1); // before the first request
    for (int i = 0; i < 9; i++) CHECK_EQ(asks(&s), 0);
    for (size_t i = 0; i < SITES_N; i++) {
        CHECK_EQ(servers[i].site.requests_n, 3);
        CHECK_EQ(servers[i].asked, 1); // which is that of the requests, too
    }
    CHECK(strstr(servers[1].site.head, "GET /price?of=tea HTTP/1.1\r\n"));
    CHECK(strcasestr(servers[1].site.head, "\r\nhost: 10.0.0.1\r\n"));
    closes(&s);
}

EDO_TEST(one_that_is_gone_is_left_and_found_again, .paused = true) {
    shop s = opens(&(edo_balance_opts){ .kind = EDO_BALANCE_ROUND_ROBIN });
    edo_layer again = edo_retry_layer(NULL);
    EDO_TEST_OK(edo_layer_wrap(&s.svc, &again, s.svc));
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    servers[0].is_down = true;
    for (int i = 0; i < 30; i++) CHECK_EQ(asks(&s), 0);
    CHECK_EQ(servers[1].site.requests_n + servers[2].site.requests_n, 30);
    EDO_TEST_OK(edo_sleep(edo_ms(200)));
    const int asked = servers[0].asked, tried = servers[0].site.requests_n;
    CHECK(tried <= 2 && asked <= 4); // requests, and connections
    for (int i = 0; i < 30; i++) CHECK_EQ(asks(&s), 0);
    CHECK_EQ(servers[0].site.requests_n, tried);
    CHECK_EQ(servers[0].asked, asked); // there are pauses
    servers[0].is_down = false;
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    for (int i = 0; i < 30; i++) CHECK_EQ(asks(&s), 0);
    CHECK_EQ(servers[0].site.requests_n, tried + 10);
    closes(&s);
}

EDO_TEST(fields_of_a_request_are_its_own, .paused = true) {
    shop s = opens(NULL);
    edo_headers fields;
    edo_headers_init(&fields);
    EDO_TEST_OK(edo_headers_set(&fields, EDO_HEADER_HOST, EDO_STR("shop.example")));
    const edo_http_request req = { .target = EDO_STR("/"), .headers = &fields };
    for (int i = 0; i < 20; i++) CHECK_EQ(asks_with(&s, &req), 0);
    for (size_t i = 0; i < SITES_N; i++)
        CHECK(servers[i].site.requests_n == 0 ||
              strcasestr(servers[i].site.head, "\r\nhost: shop.example\r\n"));
    edo_headers_deinit(&fields);
    closes(&s);
}

EDO_TEST(what_is_no_path_is_refused_and_nobody_is_left_for_it, .paused = true) {
    const edo_http_request wrong[] = { { .url = EDO_STR("http://x/") },
                                       { .target = EDO_STR("x") },
                                       { .target = { NULL, 0 } },
                                       { .url = EDO_STR("http://x/"), .target = EDO_STR("/") } };
    shop s = opens(NULL);
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) CHECK_EQ(asks_with(&s, &wrong[i]), -EINVAL);
    CHECK_EQ(asks(&s), 0);
    for (size_t i = 0; i < SITES_N; i++) CHECK_EQ(servers[i].asked, 1);
    closes(&s);
}

EDO_TEST(an_address_may_be_a_url_without_a_path, .paused = true) {
    const edo_http_client_opts o = { .connect = connect_one };
    const struct {
        const char *address;
        int err;
    } rows[] = { { "http://10.0.0.1", 0 },
                 { "http://10.0.0.1:80", 0 },
                 { "10.0.0.1:80/", -EINVAL },
                 { "http://10.0.0.1/?x", -EINVAL },
                 { "ftp://10.0.0.1", -ENOTSUP } };
    edo_http_client *c;
    EDO_TEST_OK(edo_http_client_new(&c, &o));
    memset(servers, 0, sizeof servers);
    servers[1].site.respond = respond;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_service *svc = NULL;
        edo_endpoint at;
        EDO_TEST_OK(edo_endpoint_init(&at, rows[i].address, NULL, 1));
        CHECK_EQ(edo_http_client_make(c, &svc, &at), rows[i].err);
        edo_service_unref(svc);
    }
    edo_http_client_unref(c);
    WAIT_FOR_EQ(servers[1].site.open_n, 0);
}

/* ---- Attempts of a client -------------------------------------------------------------------- */

/* A layer of a client that asks for a server, of which two refuse. */
static int ask_layer(void *svc, edo_next *next, void *request, void *response) {
    edo_http_request inner = *(const edo_http_request *)request;
    (void)next;
    inner.url = (edo_str){ NULL, 0 };
    inner.target = EDO_STR("/");
    inner.attempts = 1;
    return edo_service_oneshot(svc, &inner, response);
}

static int refuse_some(void *arg, void *request, void *response) {
    const edo_endpoint *to = arg;
    (void)request, (void)response;
    return to->address[7] == '2' ? -EDO_EOVERLOADED : -ECONNREFUSED;
}

static int make_some(void *arg, edo_service **svc, const void *to) {
    (void)arg;
    return edo_service_from_fn(svc, refuse_some, (void *)(uintptr_t)to, NULL);
}

EDO_TEST(attempts_of_a_client_ask_other_servers, .paused = true) {
    edo_http_client *c;
    edo_http_response *res = NULL;
    edo_endpoint at[SITES_N];
    edo_service *svc;
    edo_stack layers;
    for (int i = 0; i < SITES_N; i++) {
        char address[] = "10.0.0.0:80";
        address[7] = (char)('0' + i);
        EDO_TEST_OK(edo_endpoint_init(&at[i], address, NULL, 1));
    }
    EDO_TEST_OK(
        edo_balance_service_new(&svc, edo_discover_list(at, SITES_N), make_some, NULL, NULL, NULL));
    edo_stack_init(&layers);
    edo_stack_push(&layers, edo_layer_from_fn(ask_layer, svc));
    const edo_http_client_opts o = { .layers = &layers,
                                     .retry = &(edo_http_retry_opts){ .attempts = 3 } };
    EDO_TEST_OK(edo_http_client_new(&c, &o));
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    for (int i = 0; i < 40; i++) { // the third, which says so, is asked each time
        const edo_http_request req = { .url = EDO_STR("http://shop.test/") };
        CHECK_EQ(edo_http_client_send(c, &res, &req), -EDO_EOVERLOADED);
        edo_trail_clear();
    }
    edo_http_client_unref(c);
    edo_stack_deinit(&layers);
    edo_service_unref(svc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_with_a_path_go_to_all_of_them),
        cmocka_unit_test(one_that_is_gone_is_left_and_found_again),
        cmocka_unit_test(fields_of_a_request_are_its_own),
        cmocka_unit_test(what_is_no_path_is_refused_and_nobody_is_left_for_it),
        cmocka_unit_test(an_address_may_be_a_url_without_a_path),
        cmocka_unit_test(attempts_of_a_client_ask_other_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
