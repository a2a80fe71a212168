/* SPDX-License-Identifier: MIT */
/* Goal: a client of HTTP/2 that reads slowly gets all of a response that was written when its
 * connection ends, though it sends frames meanwhile, as each client does that reads.
 * Method: a response that fits into the kernel's buffer at the server's end, and not into that of
 * the client, and the ways in which a server ends a connection without streams. */
#include "../http/tcp_server.h"
#include "h2_peer.h"

static h2_peer peer;
static char large[BUFFER_BYTES / 2];

static int hands_out(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    (void)arg;
    return edo_response_data(res, EDO_STATUS_OK, EDO_STR("x/y"), (edo_str){ large, sizeof large });
}

/* A client with a small buffer and large windows, which has asked for the large response and has
 * its head. */
static h2_answer *asks(served *s) {
    static const nghttp2_settings_entry wide = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1u << 20 };
    edo_stream *c;
    EDO_TEST_OK(edo_tcp_connect(&c, s->address, &(edo_tcp_opts){ .recv_buffer = 4096 }));
    h2_begin(&peer, c, &wide, 1);
    CHECK_EQ(nghttp2_session_set_local_window_size(peer.session, 0, 0, 1 << 20), 0);
    h2_answer *a = h2_ask(&peer, "GET", "/", NULL);
    H2_UNTIL(&peer, a->status == 200);
    return a;
}

/* Reads the rest, and sends a frame for each piece. */
static void reads_all(h2_answer *a) {
    while (!a->ended) {
        CHECK_EQ(nghttp2_submit_ping(peer.session, NGHTTP2_FLAG_NONE, NULL), 0);
        CHECK(h2_turn(&peer));
    }
    CHECK_EQ(a->body_n, sizeof large);
    while (h2_turn(&peer)) {
    }
    CHECK_EQ(peer.goaway_error, NGHTTP2_NO_ERROR);
    h2_end(&peer);
}

static int is_idle(void *arg) {
    served s = { .handler = hands_out,
                 .opts = { .idle_timeout = edo_ms(30) },
                 .tcp = SMALL_BUFFERS };
    (void)arg;
    serve_begin(&s);
    h2_answer *a = asks(&s);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0); // its time is over now
    reads_all(a);
    return serve_end(&s);
}

static void idle_client_gets_all(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_idle, NULL), 0);
}

static int drains(void *arg) {
    served s = { .handler = hands_out, .tcp = SMALL_BUFFERS };
    (void)arg;
    serve_begin(&s);
    h2_answer *a = asks(&s);
    edo_task_cancel(s.task);
    CHECK_EQ(edo_sleep(edo_ms(200)), 0); // idle ones are closed after 100 ms
    reads_all(a);
    return serve_end(&s);
}

static void client_of_a_server_that_drains_gets_all(void **state) {
    (void)state;
    assert_int_equal(inside_real(drains, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_client_gets_all),
        cmocka_unit_test(client_of_a_server_that_drains_gets_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
