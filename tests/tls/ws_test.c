/* SPDX-License-Identifier: MIT */
/* Goal: a detached connection over TLS misses nothing that has come, though no further packet
 * does: TLS has taken more from the socket than one read of the plain bytes returns.
 * Method: WebSockets and events that are functions, over a pipe in memory and over TCP; the client
 * writes several records before the server runs, and then waits. */
#include "tls_support.h"

#include "../web/ws_client.h"
#include <edo/sse.h>

static const edo_ws_handler echo = { .on_message = edo_ws_send };

static int echoes(edo_web *w) {
    return edo_ws_handle(w, &echo, NULL, NULL);
}

static int events_ended;

static void counts_end(edo_sse_events *e) {
    (void)e;
    events_ended++;
}

static int listens(edo_web *w) {
    static const edo_sse_handler h = { .on_close = counts_end };
    return edo_sse_handle(w, &h, NULL, &(edo_sse_opts){ .keep_alive = edo_hours(1) });
}

/* A connection over TLS to a router. */
typedef struct tls_served {
    edo_router *router;
    edo_stream *client, *server;
    edo_task *task;
} tls_served;

static int serves(void *arg) {
    tls_served *s = arg;
    return edo_web_serve_stream(s->router, s->server, NULL);
}

static void connect_both(edo_stream **a, edo_stream **b, bool over_tcp) {
    char address[32];
    edo_listener *l;
    if (!over_tcp) {
        CHECK_EQ(edo_duplex(a, b, 65536), 0);
        return;
    }
    CHECK_EQ(edo_tcp_listen(&l, "127.0.0.1:0", NULL), 0);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)edo_listener_port(l));
    CHECK_EQ(edo_tcp_connect(b, address, NULL), 0);
    CHECK_EQ(edo_accept(l, a), 0);
    edo_listener_close(l);
}

/* Asks, and hears the head of the response. */
static void ask_over_tls(tls_served *s, bool over_tcp, const char *request) {
    ends e =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    edo_stream *a, *b;
    handshake shaken;
    heard h = { 0 };
    connect_both(&a, &b, over_tcp);
    shake_over(&shaken, &e, a, b, HOST);
    CHECK(shaken.server && shaken.client);
    ends_free(&e);
    s->server = shaken.server;
    s->client = shaken.client;
    s->router = edo_router_new();
    edo_router_get(s->router, "/echo", echoes);
    edo_router_get(s->router, "/events", listens);
    s->task = edo_spawn(serves, s);
    say(s->client, request);
    CHECK(hear_until(s->client, &h, "\r\n\r\n"));
    EDO_TEST_EQ(edo_test_settle(), 0); // the connection is detached, and waits
}

static void end_over_tls(tls_served *s) {
    (void)edo_task_join(s->task);
    edo_close(s->client);
    edo_router_free(s->router);
}

/* ---- WebSockets ------------------------------------------------------------------------------ */

/* Messages of these bytes, each in a record of its own, `times` after each other. */
static const struct {
    size_t n[4];
    int times;
} bursts[] = {
    { { 10, 10 }, 1 },         { { 600, 700, 20 }, 1 }, // the second does not fit into a stage
    { { 1280, 1272, 1 }, 1 },                           // as much as a stage holds, and a byte more
    { { 5000, 1, 12000 }, 1 }, { { 1000 }, 40 }, // more than TLS takes from the socket at once
};

static int messages(void *arg) {
    static char payload[16384];
    const bool *over_tcp = arg;
    tls_served s;
    ask_over_tls(&s, *over_tcp, HELLO "\r\n");
    for (size_t b = 0; b < EDO_COUNT(bursts); b++) {
        for (int t = 0; t < bursts[b].times; t++)
            for (size_t i = 0; bursts[b].n[i] > 0; i++)
                send_frame(s.client, BINARY, payload, bursts[b].n[i]);
        for (int t = 0; t < bursts[b].times; t++)
            for (size_t i = 0; bursts[b].n[i] > 0; i++)
                expect(s.client, BINARY, payload, bursts[b].n[i]);
    }
    send_frame(s.client, TEXT, "last", 4);
    send_frame(s.client, CLOSE_, "\x03\xe8", 2);
    expect(s.client, TEXT, "last", 4);
    expect_close(s.client, 1000);
    end_over_tls(&s);
    return 0;
}

static void messages_of_records_that_came_together_are_all_received_at_once(void **state) {
    bool over_tcp[] = { false, true };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(over_tcp); i++)
        assert_int_equal(inside_real(messages, &over_tcp[i]), 0);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static int leaves(void *arg) {
    static char much[12000]; // more than a run drops at once
    const bool *over_tcp = arg;
    tls_served s;
    events_ended = 0;
    ask_over_tls(&s, *over_tcp, "GET /events HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK_EQ(edo_write_all(s.client, much, sizeof much), 0);
    say(s.client, "and some more"); // all is dropped, and the end is in the next record
    EDO_TEST_OK(edo_shutdown(s.client));
    WAIT_FOR_EQ(events_ended, 1); // no comment is due for an hour
    end_over_tls(&s);
    return 0;
}

static void end_behind_input_that_came_with_it_ends_events(void **state) {
    bool over_tcp[] = { false, true };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(over_tcp); i++)
        assert_int_equal(inside_real(leaves, &over_tcp[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_records_that_came_together_are_all_received_at_once),
        cmocka_unit_test(end_behind_input_that_came_with_it_ends_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
