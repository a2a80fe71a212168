/* SPDX-License-Identifier: MIT */
/* Goal: connections that an acceptor brings are those of one server, which counts them, drains them
 * and ends with the acceptor's failure.
 * Method: ends of pipes go through a channel to the acceptor, on the paused clock. */
#include "http_server.h"

#include <edo/mpsc.h>

#define HEAD "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

typedef struct pipes {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
} pipes;

/* Returns -EPIPE once the channel is closed. */
static int next_pipe(void *arg, edo_stream **out) {
    pipes *self = arg;
    int err = edo_mpsc_recv(self->rx, (void *)out);
    return err == -EDO_ECLOSED ? -EPIPE : err;
}

static int hello(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello"));
}

static int acceptor_serve(void *arg) {
    served *s = arg;
    return edo_http_serve(s->handler, s->arg, &s->opts);
}

static void begin(served *s, pipes *p, edo_http_acceptor *acceptor) {
    EDO_TEST_OK(edo_mpsc_new(&p->tx, &p->rx, sizeof(edo_stream *), 4, NULL));
    *acceptor = (edo_http_acceptor){ .accept = next_pipe, .arg = p };
    s->handler = hello;
    s->opts.acceptor = acceptor;
    s->task = edo_spawn(acceptor_serve, s);
    CHECK(s->task != NULL);
}

static void end(pipes *p) {
    edo_mpsc_tx_unref(p->tx);
    edo_mpsc_rx_free(p->rx);
}

static edo_stream *come(pipes *p) {
    edo_stream *client, *server;
    EDO_TEST_OK(edo_duplex(&client, &server, 4096));
    EDO_TEST_OK(edo_mpsc_send(p->tx, (void *)&server));
    return client;
}

static void asks(edo_stream *c) {
    heard h = { 0 };
    say(c, HEAD);
    CHECK(hear_until(c, &h, "hello"));
}

static void is_over(edo_stream *c) {
    char byte;
    CHECK_EQ(edo_read(c, &byte, 1), 0);
    edo_close(c);
}

EDO_TEST(pipes_of_an_acceptor_are_served_until_the_server_drains, .paused = true) {
    served s = { 0 };
    edo_http_acceptor acceptor;
    pipes p;
    begin(&s, &p, &acceptor);
    edo_stream *one = come(&p), *other = come(&p);
    asks(one);
    asks(other);
    asks(one);
    CHECK_EQ(serve_end(&s), 0);
    is_over(one);
    is_over(other);
    end(&p);
}

EDO_TEST(limit_of_connections_holds_over_all_that_an_acceptor_brings, .paused = true) {
    served s = { .opts = { .conns_max = 1 } };
    edo_http_acceptor acceptor;
    pipes p;
    begin(&s, &p, &acceptor);
    edo_stream *one = come(&p);
    asks(one);
    edo_stream *other = come(&p);
    asks(other); // the first one was idle, and has left its place
    is_over(one);
    CHECK_EQ(serve_end(&s), 0);
    edo_close(other);
    end(&p);
}

EDO_TEST(failure_of_an_acceptor_is_the_end_of_the_server, .paused = true) {
    served s = { 0 };
    edo_http_acceptor acceptor;
    pipes p;
    begin(&s, &p, &acceptor);
    edo_stream *one = come(&p);
    asks(one);
    edo_mpsc_close(p.rx);
    CHECK_EQ(edo_task_join(s.task), -EPIPE);
    is_over(one);
    end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipes_of_an_acceptor_are_served_until_the_server_drains),
        cmocka_unit_test(limit_of_connections_holds_over_all_that_an_acceptor_brings),
        cmocka_unit_test(failure_of_an_acceptor_is_the_end_of_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
