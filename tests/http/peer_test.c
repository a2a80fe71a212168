/* SPDX-License-Identifier: MIT */
/* Goal: the kernel is asked for a client's address once a connection, however often handlers want
 * it, and each connection has its own.
 * Method: getpeername() of libc is counted. */
#include "http_server.h"

#include <sys/socket.h>
#include <sys/syscall.h>

static int calls_n;

int getpeername(int fd, __SOCKADDR_ARG addr, socklen_t *bytes) {
    calls_n++;
    return (int)syscall(SYS_getpeername, fd, addr.__sockaddr__, bytes);
}

/* Responds with the client's address, for which it asks twice. */
static int tells_peer(edo_request *req, edo_response *res, void *arg) {
    edo_addr peer = { 0 }, again = { 0 };
    char text[EDO_ADDR_TEXT_MAX];
    (void)arg;
    EDO_TEST_OK(edo_request_peer(req, &peer));
    EDO_TEST_OK(edo_request_peer(req, &again));
    CHECK(peer.bytes == again.bytes && memcmp(&peer.sock, &again.sock, peer.bytes) == 0);
    (void)edo_addr_print(&peer, text, sizeof text);
    return edo_response_text(res, EDO_STATUS_OK, edo_str_of(text));
}

/* Sends a request, and looks at whether the response has the address of this client. */
static void ask_for_own(edo_stream *c) {
    heard h = { 0 };
    edo_addr own;
    char text[EDO_ADDR_TEXT_MAX];
    EDO_TEST_OK(edo_stream_local_addr(c, &own));
    (void)edo_addr_print(&own, text, sizeof text);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK(hear_until(c, &h, text));
}

EDO_TEST(the_kernel_is_asked_for_a_client_once_a_connection, .paused = false) {
    served s = { .handler = tells_peer };
    serve_begin(&s);
    edo_stream *one = client_of(&s), *other = client_of(&s);
    calls_n = 0;
    for (int i = 0; i < 3; i++) {
        ask_for_own(one);
        ask_for_own(other);
    }
    CHECK_EQ(calls_n, 2);
    edo_close(one);
    edo_close(other);
    CHECK_EQ(serve_end(&s), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_is_asked_for_a_client_once_a_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
