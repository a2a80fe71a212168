/* SPDX-License-Identifier: MIT */
/* Goal: what passes a gateway over edo_http_upstreams_new() beside requests of HTTP/1.1: requests
 * of HTTP/2 while servers of HTTP/2 are restarted, and WebSockets between all versions, which count
 * as under way until they end.
 * Method: clients, a gateway and servers of edo, by memory with a clock that jumps. */
#include "../web/town.h"
#include "../web/web_server.h"

#include <edo/http2.h>
#include <edo/web_proxy.h>
#include <edo/ws_client.h>

/* ---- Requests -------------------------------------------------------------------------------- */

/* A server of HTTP/2 says which requests it has not looked at: so POST fails as little as GET. */
EDO_TEST(a_restart_of_all_servers_of_http2_loses_no_request, .paused = true) {
    const edo_http_upstreams_opts opts = {
        .check = "/healthz",
        .balance = { .pause_min = edo_ms(40), .pause_max = edo_ms(80), .check_every = edo_ms(50) }
    };
    town_begin_with((edo_http_client_opts){ .prior_knowledge = true });
    customers c = { .svc = town_service(3, &opts), .posts = true };
    for (size_t i = 0; i < 3; i++) town[i].nap_ms = 3;
    customers_begin(&c, 6);
    EDO_TEST_OK(edo_sleep(edo_ms(20)));
    for (size_t i = 0; i < 3; i++) {
        const int asked = town[i].asked;
        town_close(i);
        EDO_TEST_OK(edo_sleep(edo_ms(120)));
        town_open(i);
        WAIT_FOR(town[i].asked > asked);
    }
    customers_end(&c);
    town_end(c.svc);
}

/* ---- A gateway ------------------------------------------------------------------------------- */

static web_served front, behind;
static int sockets_by[3]; /* of each version, at the server behind */

static int echo(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    sockets_by[edo_web_request(w)->version == EDO_HTTP_2 ? 2 : 1]++;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err == 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int version(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK,
                              edo_web_request(w)->version == EDO_HTTP_2 ? "2" : "1.1");
}

static int dials(void *served_by, edo_stream **out, const char *address) {
    (void)address;
    return connect_if_served(served_by, out);
}

static edo_http_client *client_to(web_served *s, bool by_http2) {
    edo_http_client *c;
    const edo_http_client_opts o = {
        .proxy = "", .prior_knowledge = by_http2, .connect = dials, .arg = &s->http
    };
    EDO_TEST_OK(edo_http_client_new(&c, &o));
    return c;
}

typedef struct stage {
    edo_http_client *client; /* of the gateway */
    edo_service *svc;
    edo_mpsc_tx *list;
} stage;

static void stage_list(stage *s, edo_endpoint_what what) {
    edo_endpoint_change change = { .what = what };
    EDO_TEST_OK(edo_endpoint_init(&change.endpoint, "behind:80", NULL, 1));
    EDO_TEST_OK(edo_mpsc_send(s->list, &change));
}

/* `by_http2`: the gateway asks its server so. */
static stage stage_begin(bool by_http2) {
    edo_router *shop = edo_router_new(), *r = edo_router_new();
    edo_mpsc_rx *rx;
    stage s;
    memset(sockets_by, 0, sizeof sockets_by);
    behind = front = (web_served){ .opts = { .listen = NULL } };
    edo_router_get(shop, "/echo", echo);
    edo_router_get(shop, "/version", version);
    web_begin(&behind, shop);
    s.client = client_to(&behind, by_http2);
    EDO_TEST_OK(edo_mpsc_new(&s.list, &rx, sizeof(edo_endpoint_change), 8, NULL));
    EDO_TEST_OK(edo_http_upstreams_new(&s.svc, edo_seq_from_mpsc(rx),
                                       &(edo_http_upstreams_opts){ .client = s.client }));
    stage_list(&s, EDO_ENDPOINT_ADDED);
    edo_proxy_routes(r, "/", s.svc, NULL);
    web_begin(&front, r);
    return s;
}

static void stage_end(stage *s) {
    CHECK_EQ(web_end(&front), 0);
    edo_service_unref(s->svc);
    edo_http_client_unref(s->client);
    edo_mpsc_tx_unref(s->list);
    CHECK_EQ(web_end(&behind), 0);
}

static uint64_t stage_in_flight(stage *s) {
    edo_balance_endpoint at = { .in_flight = 0 };
    (void)edo_balance_list(edo_balance_of(s->svc), &at, 1);
    return at.in_flight;
}

static void hears_itself(edo_ws *ws, edo_str text) {
    edo_ws_message m;
    EDO_TEST_OK(edo_ws_send_text(ws, text));
    EDO_TEST_OK(edo_ws_recv(ws, &m));
    CHECK(edo_str_equal(m.data, text));
}

/* A socket counts until it ends, and stays when its server is left out of the list. */
static void speaks(stage *s, bool by_http2) {
    edo_http_client *asks = client_to(&front, by_http2);
    const edo_ws_client_opts o = { .client = asks,
                                   .http2 = by_http2 ? EDO_WS_HTTP2_FIRST : EDO_WS_HTTP2_NEVER };
    edo_ws *ws;
    EDO_TEST_OK(edo_ws_connect(&ws, EDO_STR("ws://front/echo"), &o));
    hears_itself(ws, EDO_STR("hello"));
    CHECK_EQ(stage_in_flight(s), 1);
    stage_list(s, EDO_ENDPOINT_REMOVED);
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    hears_itself(ws, EDO_STR("still here"));
    stage_list(s, EDO_ENDPOINT_ADDED);
    CHECK_EQ(edo_ws_end(ws, 0), 0);
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    CHECK_EQ(stage_in_flight(s), 0);
    edo_http_client_unref(asks);
}

EDO_TEST(sockets_pass_between_all_versions, .paused = true) {
    for (int by_http2 = 0; by_http2 < 2; by_http2++) {
        stage s = stage_begin(by_http2);
        speaks(&s, false);
        speaks(&s, true);
        CHECK_EQ(sockets_by[by_http2 ? 2 : 1], 2);
        stage_end(&s);
    }
}

EDO_TEST(requests_pass_between_all_versions, .paused = true) {
    for (int by_http2 = 0; by_http2 < 4; by_http2++) {
        stage s = stage_begin(by_http2 & 1);
        edo_http_client *asks = client_to(&front, by_http2 & 2);
        edo_bytes body;
        EDO_TEST_OK(edo_fetch_bytes(&body, EDO_STR("http://front/version"),
                                    &(edo_fetch_opts){ .client = asks }));
        CHECK(edo_str_equal(body.str, by_http2 & 1 ? EDO_STR("2") : EDO_STR("1.1")));
        edo_bytes_unref(&body);
        edo_http_client_unref(asks);
        stage_end(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restart_of_all_servers_of_http2_loses_no_request),
        cmocka_unit_test(sockets_pass_between_all_versions),
        cmocka_unit_test(requests_pass_between_all_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
