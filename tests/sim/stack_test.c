/* SPDX-License-Identifier: MIT */
/* Goal: what edo has over sockets works in a world as it is: HTTP, WebSocket, gRPC, and TLS below
 * each; and while the network loses segments. Two runs of one seed are equal to the last byte.
 * Method: a server as of the examples at one host, its clients at others. */
#include "../tls/certs.h"
#include "hello.edo.h"
#include "inside.h"

#include <edo/http_client.h>
#include <edo/sim.h>
#include <edo/tls.h>
#include <edo/web.h>
#include <edo/ws.h>
#include <edo/ws_client.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_IN_S 86400L

/* ---- The server ------------------------------------------------------------------------------ */

typedef struct service {
    const char *cert, *key; /* in PEM; NULL: without TLS */
} service;

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "Hello");
}

static int say_again(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    out->text =
        edo_arena_print(edo_grpc_arena(call), "Hello, %.*s", (int)in->name.len, in->name.ptr);
    return 0;
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    int err = 0;
    for (int i = 0; i < 100 && err == 0; i++) {
        err = hello_v1_greeter_count_send(call, &(hello_v1_reply){ .text = in->name });
        if (err == 0) err = edo_sleep(edo_s(1));
    }
    return err;
}

static int serve(void *arg) {
    static const hello_v1_greeter_ops greeter = { .greet = greet, .count = count };
    const service *s = arg;
    edo_tls_server *tls = NULL;
    if (s->cert) {
        const edo_tls_pair pair = { .cert_pem = edo_str_of(s->cert),
                                    .key_pem = edo_str_of(s->key) };
        const edo_tls_server_opts opts = { .pairs = &pair, .pairs_n = 1, .alpn = "h2,http/1.1" };
        int err = edo_tls_server_new(&tls, &opts);
        if (err < 0) return err;
    }
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", hello);
    edo_router_get(r, "/echo", say_again);
    hello_v1_greeter_routes(r, &greeter, NULL, NULL);
    int err = edo_web_serve(r, &(edo_web_opts){ .listen = "0.0.0.0:80", .tls = tls });
    edo_tls_server_unref(tls);
    return err;
}

/* ---- Clients --------------------------------------------------------------------------------- */

typedef struct customer {
    const char *roots; /* in PEM; NULL: without TLS */
    int got_n;
} customer;

static edo_tls_client *trust_of(const customer *c, const char *alpn) {
    edo_tls_client *tls = NULL;
    const edo_tls_client_opts opts = { .roots_pem = edo_str_of(c->roots ? c->roots : ""),
                                       .alpn = alpn };
    if (c->roots) CHECK_EQ(edo_tls_client_new(&tls, &opts), 0);
    return tls;
}

static int fetch(void *arg) {
    customer *c = arg;
    edo_tls_client *tls = trust_of(c, NULL);
    edo_http_client *client;
    int err = edo_http_client_new(
        &client, &(edo_http_client_opts){
                     .tls = tls, .connect_timeout = edo_minutes(2), .timeout = edo_minutes(5) });
    for (int i = 0; i < 100 && err == 0; i++) {
        edo_bytes body;
        const char *url = tls ? "https://server:80/" : "http://server:80/";
        err = edo_fetch_bytes(&body, edo_str_of(url), &(edo_fetch_opts){ .client = client });
        if (err < 0) break;
        c->got_n += edo_str_equal(body.str, EDO_STR("Hello"));
        edo_bytes_unref(&body);
        err = edo_sleep(edo_minutes(1));
    }
    edo_http_client_unref(client);
    edo_tls_client_unref(tls);
    return err;
}

static int talk(void *arg) {
    customer *c = arg;
    edo_tls_client *tls = trust_of(c, NULL);
    edo_http_client *client = NULL;
    edo_ws *ws = NULL;
    edo_ws_message m;
    const char *url = tls ? "wss://server:80/echo" : "ws://server:80/echo";
    int err = edo_http_client_new(
        &client, &(edo_http_client_opts){
                     .tls = tls, .connect_timeout = edo_minutes(2), .timeout = edo_minutes(5) });
    if (err == 0)
        err = edo_ws_connect(&ws, edo_str_of(url), &(edo_ws_client_opts){ .client = client });
    for (int i = 0; i < 100 && err == 0; i++) {
        err = edo_ws_send_text(ws, EDO_STR("tea"));
        if (err == 0) err = edo_ws_recv(ws, &m);
        if (err == 0) c->got_n += edo_str_equal(m.data, EDO_STR("tea"));
        if (err == 0) err = edo_sleep(edo_s(1));
    }
    if (ws) err = edo_ws_end(ws, err);
    edo_http_client_unref(client);
    edo_tls_client_unref(tls);
    return err;
}

static int call(void *arg) {
    customer *c = arg;
    edo_tls_client *tls = trust_of(c, "h2");
    edo_grpc_channel *ch;
    edo_grpc_call *counts = NULL;
    edo_arena arena = { 0 };
    hello_v1_reply reply;
    const hello_v1_person ann = { .name = EDO_STR("Ann") };
    int err = edo_grpc_channel_new(&ch, EDO_STR("dns:///server:80"),
                                   &(edo_grpc_channel_opts){ .tls = tls });
    if (err == 0) err = hello_v1_greeter_greet(ch, &reply, &ann, &arena, NULL);
    if (err == 0 && !edo_str_equal(reply.text, EDO_STR("Hello, Ann"))) err = -EPROTO;
    if (err == 0) err = hello_v1_greeter_count(ch, &counts, &ann, NULL);
    if (err == 0) {
        while ((err = hello_v1_greeter_count_recv(counts, &reply)) == 1) c->got_n++;
        edo_grpc_call_free(counts);
    }
    edo_arena_deinit(&arena);
    edo_grpc_channel_unref(ch);
    edo_tls_client_unref(tls);
    return err;
}

/* ---- All together ---------------------------------------------------------------------------- */

/* Returns the digest of all that has happened. */
static uint64_t run_once(uint64_t seed, service *s, const char *roots, double loss) {
    customer all[3] = { { .roots = roots }, { .roots = roots }, { .roots = roots } };
    edo_task_fn *const fns[3] = { fetch, talk, call };
    static const char *const names[3] = { "fetches", "talks", "calls" };
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = loss });
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "server", serve, s), 0);
    for (int i = 0; i < 3; i++) assert_int_equal(edo_sim_client(sim, names[i], fns[i], &all[i]), 0);
    int err = edo_sim_run(sim, edo_hours(4));
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    assert_int_equal(err, 0);
    for (int i = 0; i < 3; i++) assert_int_equal(all[i].got_n, 100);
    assert_true(edo_sim_now(sim).ns >= edo_minutes(100).ns);
    uint64_t digest = edo_sim_digest(sim);
    edo_sim_free(sim);
    return digest;
}

/* One seed is one run, handshakes with their keys included, and another seed another one. */
static void run_all(service *s, const char *roots, double loss) {
    uint64_t digest = run_once(11, s, roots, loss);
    assert_int_equal(run_once(11, s, roots, loss), digest);
    assert_int_not_equal(run_once(12, s, roots, loss), digest);
}

static void http_websocket_and_grpc_work(void **state) {
    (void)state;
    run_all(&(service){ .cert = NULL }, NULL, 0);
}

static void they_work_while_segments_are_lost(void **state) {
    (void)state;
    run_all(&(service){ .cert = NULL }, NULL, 0.1);
}

static void they_work_over_tls(void **state) {
    // the world's calendar begins in 2030
    cert c = cert_make(
        &(cert_opts){ .name = "server", .from_s = -DAYS_IN_S, .to_s = 20000 * DAYS_IN_S });
    const cert *chain[] = { &c };
    char *pem = cert_pem(chain, 1), *key = cert_key_pem(&c);
    (void)state;
    run_all(&(service){ .cert = pem, .key = key }, pem, 0);
    free(pem);
    free(key);
    cert_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_websocket_and_grpc_work),
        cmocka_unit_test(they_work_while_segments_are_lost),
        cmocka_unit_test(they_work_over_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
