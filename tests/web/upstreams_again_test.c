/* SPDX-License-Identifier: MIT */
/* Goal: edo_http_upstreams_new() sends again what may be sent again, to another server, and nothing
 * else; and not without a bound.
 * Method: servers in memory of which one breaks off, or cannot be reached, under a paused clock. */
#include "memory_site.h"

#include <edo/http_upstreams.h>

#define SITES_N 2

/* A server; the first one is the ill one. */
typedef struct server {
    memory_site site; /* first: it responds */
    bool cuts;        /* it reads requests, and closes */
    bool is_silent;   /* it reads requests, and says nothing for 5 s */
    bool is_down;
    int nap_ms;
} server;

static server servers[SITES_N];

static int respond(memory_site *self, edo_stream *io) {
    const server *s = (const server *)(const void *)self;
    int err = edo_sleep(edo_ms(s->is_silent ? 5000 : s->nap_ms));
    if (err < 0 || s->cuts) return -EIO;
    return site_say(io, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

static int connect_one(void *arg, edo_stream **out, const char *address) {
    server *s = &servers[address[7] - '0'];
    (void)arg;
    return s->is_down ? -ECONNREFUSED : site_connect(&s->site, out, address);
}

static edo_http_client *client;

/* Nobody rests, or what follows would have one server alone. */
static edo_service *begins(uint32_t attempts) {
    edo_endpoint at[SITES_N];
    edo_service *svc;
    memset(servers, 0, sizeof servers);
    for (int i = 0; i < SITES_N; i++) {
        char address[] = "10.0.0.0:80";
        address[7] = (char)('0' + i);
        servers[i].site.respond = respond;
        EDO_TEST_OK(edo_endpoint_init(&at[i], address, NULL, 1));
    }
    EDO_TEST_OK(edo_http_client_new(
        &client, &(edo_http_client_opts){ .proxy = "", .connect = connect_one }));
    const edo_http_upstreams_opts opts = { .client = client,
                                           .attempts = attempts,
                                           .balance = { .outlier = { .failures = 100000 } } };
    EDO_TEST_OK(edo_http_upstreams_new(&svc, edo_discover_list(at, SITES_N), &opts));
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    return svc;
}

static void ends(edo_service *svc) {
    edo_service_unref(svc);
    edo_http_client_unref(client);
    for (size_t i = 0; i < SITES_N; i++) WAIT_FOR_EQ(servers[i].site.open_n, 0);
}

static int asks(edo_service *svc, edo_http_request *req) {
    edo_http_response *res = NULL;
    (void)edo_fail(-ENOENT, "the caller's");
    int err = edo_service_oneshot(svc, req, &res);
    if (err == 0) edo_http_response_free(res);
    CHECK(err < 0 || edo_trail_find(-ENOENT));
    edo_trail_clear();
    return err;
}

/* ---- What is sent again ---------------------------------------------------------------------- */

typedef struct again_case {
    edo_method method;
    bool has_data, has_stream;
    uint32_t attempts;
    bool is_down;    /* the ill one is; else it cuts */
    bool is_helped;  /* no request fails */
    bool sent_twice; /* both servers may see one request */
} again_case;

static const again_case cases[] = {
    { .method = EDO_METHOD_OTHER, .is_helped = true, .sent_twice = true }, // is GET
    { .method = EDO_METHOD_DELETE, .is_helped = true, .sent_twice = true },
    { .method = EDO_METHOD_PUT, .has_data = true, .is_helped = true, .sent_twice = true },
    { .method = EDO_METHOD_POST, .has_data = true },
    { .method = EDO_METHOD_PUT, .has_stream = true },
    { .method = EDO_METHOD_GET, .attempts = 1 },
    { .method = EDO_METHOD_POST, .has_data = true, .is_down = true, .is_helped = true },
    { .method = EDO_METHOD_GET, .is_down = true, .is_helped = true },
    { .method = EDO_METHOD_GET, .is_down = true, .attempts = 1 },
};

/* Returns how many of `n` requests have failed. */
static int fails_of(edo_service *svc, const again_case *c, int n) {
    int failed = 0;
    for (int i = 0; i < n; i++) {
        edo_stream *body = NULL;
        edo_http_request req = { .target = EDO_STR("/"), .method = c->method };
        if (c->has_data) req.data = EDO_STR("order");
        if (c->has_stream) EDO_TEST_OK(edo_stream_mem(&body, "order", 5));
        req.body = body;
        req.length = c->has_stream ? 5 : 0;
        failed += asks(svc, &req) < 0;
        if (body) edo_close(body);
    }
    return failed;
}

EDO_TEST(only_what_may_be_sent_again_is, .paused = true) {
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        const again_case *c = &cases[i];
        edo_service *svc = begins(c->attempts);
        servers[0].cuts = !c->is_down;
        servers[0].is_down = c->is_down;
        edo_http_client_close_idle(client);
        const int failed = fails_of(svc, c, 30);
        const int seen = servers[0].site.requests_n + servers[1].site.requests_n;
        bool is_right = c->is_helped ? failed == 0 : failed > 0;
        is_right &= c->sent_twice ? seen > 30 : seen <= 30;
        if (!is_right) EDO_TEST_EQ((int)i, -1); // names the case
        ends(svc);
    }
}

EDO_TEST(servers_in_trouble_do_not_get_a_multiple_of_their_load, .paused = true) {
    edo_service *svc = begins(0);
    edo_http_request req = { .target = EDO_STR("/") };
    servers[0].cuts = servers[1].cuts = true;
    for (int i = 0; i < 400; i++) CHECK(asks(svc, &req) < 0);
    const int seen = servers[0].site.requests_n + servers[1].site.requests_n;
    const int kept = SITES_N; // connections that the client finds to be stale, and makes anew
    CHECK(seen > 400 && seen <= 400 + 400 / 5 + 100 + kept);
    ends(svc);
}

/* ---- Time ------------------------------------------------------------------------------------ */

EDO_TEST(one_limit_holds_for_all_attempts, .paused = true) {
    edo_service *svc = begins(0);
    edo_http_request req = { .target = EDO_STR("/"), .timeout = edo_s(5) };
    for (size_t i = 0; i < SITES_N; i++) {
        servers[i].cuts = true;
        servers[i].nap_ms = 2000;
    }
    edo_instant start = edo_now();
    CHECK_EQ(asks(svc, &req), -ETIMEDOUT); // in the third attempt
    EDO_TEST_ELAPSED(start, edo_s(5));
    start = edo_now();
    edo_deadline limit;
    edo_deadline_begin(&limit, edo_s(3));
    req.timeout = edo_ns(0);
    CHECK_EQ(edo_deadline_end(&limit, asks(svc, &req)), -ETIMEDOUT);
    EDO_TEST_ELAPSED(start, edo_s(3));
    ends(svc);
}

EDO_TEST(one_that_is_silent_is_not_asked_twice, .paused = true) {
    edo_service *svc = begins(0);
    edo_http_request req = { .target = EDO_STR("/"), .timeout = edo_s(1) };
    servers[0].is_silent = servers[1].is_silent = true;
    CHECK_EQ(asks(svc, &req), -ETIMEDOUT);
    CHECK_EQ(servers[0].site.requests_n + servers[1].site.requests_n, 1);
    ends(svc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_may_be_sent_again_is),
        cmocka_unit_test(servers_in_trouble_do_not_get_a_multiple_of_their_load),
        cmocka_unit_test(one_limit_holds_for_all_attempts),
        cmocka_unit_test(one_that_is_silent_is_not_asked_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
