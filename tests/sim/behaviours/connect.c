/* SPDX-License-Identifier: MIT */
/* behaviours/connect.c: how a connection is made, and how it is not. */
#include "behaviour.h"

#include <stdio.h>

static int listener_is_reached(behaviour *b) {
    DO(b->server, listen, 0);
    DO(b->client, connect, 0);
    DO(b->server, accept, 0);
    DO(b->client, write, 5);
    DO(b->server, read, 100);
    DO(b->server, write, 7);
    DO(b->client, read, 100);
    return 0;
}
SAYS(listener_is_reached, "server listen 0, client connect 0, server accept 0, client write 5, "
                          "server read 5, server write 7, client read 7");

static int connection_is_made_before_it_is_accepted(behaviour *b) {
    DO(b->server, listen, 0);
    DO(b->client, connect, 0);
    DO(b->client, write, 5);
    DO(b->client, shutdown, 0);
    DO(b->server, accept, 0);
    DO(b->server, read_to_end, 0);
    return 0;
}
SAYS(connection_is_made_before_it_is_accepted,
     "server listen 0, client connect 0, client write 5, client shutdown 0, server accept 0, "
     "server read_to_end 5");

/* Nobody listens at the port that the client has, and no other program can have it. */
static int nobody_there_is_a_refusal(behaviour *b) {
    meet(b);
    QUIETLY(b->client, own_address, 0);
    (void)edo_addr_print(&b->client->from, b->at, sizeof b->at);
    DO(b->server2, connect, 0);
    DO(b->server2, connect, 0);
    return 0;
}
SAYS(nobody_there_is_a_refusal, "server2 connect ECONNREFUSED, server2 connect ECONNREFUSED");

static int port_0_is_refused(behaviour *b) {
    (void)snprintf(b->at, sizeof b->at, "%s", b->server_at);
    DO(b->client, connect, 0);
    return 0;
}
SAYS(port_0_is_refused, "client connect ECONNREFUSED");

static int datagram_port_is_none_of_connections(behaviour *b) {
    DO(b->server, bind, 0);
    DO(b->client, connect, 0);
    return 0;
}
SAYS(datagram_port_is_none_of_connections, "server bind 0, client connect ECONNREFUSED");

/* Whether the other end has the port of the listener. */
static int op_has_its_port(end *self, size_t n) {
    edo_addr peer;
    (void)n;
    int err = edo_stream_peer_addr(self->wire->stream, &peer);
    return err < 0 ? err : edo_addr_port(&peer) == edo_addr_port(&self->of->addr);
}

static int name_is_found(behaviour *b) {
    DO(b->server, listen, 0);
    DO(b->client, connect_by_name, 0);
    DO(b->server, accept, 0);
    DO(b->client, has_its_port, 0);
    return 0;
}
SAYS(name_is_found, "server listen 0, client connect_by_name 0, server accept 0, "
                    "client has_its_port 1");

static int what_is_no_address_is_not_tried(behaviour *b) {
    (void)snprintf(b->at, sizeof b->at, "10.0.0.300:1");
    DO(b->client, connect, 0);
    return 0;
}
SAYS(what_is_no_address_is_not_tried, "client connect EINVAL");

static int attempt_that_is_cancelled_at_once_is_none(behaviour *b) {
    QUIETLY(b->server, listen, 0);
    end_cut(b->client);
    DO(b->client, connect, 0);
    DO(b->server, try_accept, 0);
    DO(b->client, connect, 0);
    DO(b->server, accept, 0);
    DO(b->server2, try_accept, 0);
    return 0;
}
SAYS(attempt_that_is_cancelled_at_once_is_none,
     "client connect ECANCELED, server try_accept EAGAIN, client connect 0, server accept 0, "
     "server2 try_accept EAGAIN");

/* A queue of one has room for two: Linux compares by "more than", and drops the SYN of a third. */
static void fill_queue(behaviour *b) {
    QUIETLY(b->server, listen, 1);
    DO(b->client, connect, 0);
    DO(b->client2, connect, 0);
    DO(b->server, await_queued, 2);
}

static int attempt_at_a_full_queue_waits(behaviour *b) {
    fill_queue(b);
    b->client3->limit_ms = 10;
    DO(b->client3, connect, 0);
    DO(b->server, accept, 0);
    QUIETLY(b->server, leave, 0);
    DO(b->server, accept, 0);
    QUIETLY(b->server, leave, 0);
    DO(b->server, try_accept, 0);
    return 0;
}
SAYS(attempt_at_a_full_queue_waits, "client connect 0, client2 connect 0, server await_queued 0, "
                                    "client3 connect ETIMEDOUT, server accept 0, "
                                    "server accept 0, server try_accept EAGAIN");

static int attempt_that_is_cancelled_half_way_leaves_nothing(behaviour *b) {
    fill_queue(b);
    BEGIN(b->client3, connect, 0);
    end_note_waits(b->client3);
    end_cut(b->client3);
    end_finish(b->client3);
    note_if(b, "there is no stream", "there is a stream", !b->client3->wire->stream);
    DO(b->server, accept, 0);
    QUIETLY(b->server, leave, 0);
    DO(b->server, accept, 0);
    QUIETLY(b->server, leave, 0);
    DO(b->server, try_accept, 0);
    return 0;
}
SAYS(attempt_that_is_cancelled_half_way_leaves_nothing,
     "client connect 0, client2 connect 0, server await_queued 0, it waits, client3 connect "
     "ECANCELED, "
     "there is no stream, server accept 0, server accept 0, server try_accept EAGAIN");

static int op_has_one_port(end *self, size_t n) {
    edo_addr near_end, far_end;
    (void)n;
    int err = edo_stream_local_addr(self->wire->stream, &near_end);
    if (err == 0) err = edo_stream_peer_addr(self->wire->stream, &far_end);
    return err < 0 ? err : edo_addr_port(&near_end) == edo_addr_port(&far_end);
}

/* The SYN meets a socket that is about to connect itself, which is a simultaneous open (RFC 9293,
 * 3.5) with one end. */
static int address_of_its_own_is_reached(behaviour *b) {
    const edo_tcp_opts opts = { .bind = b->at };
    int err = -EADDRINUSE;
    for (int i = 0; err < 0 && i < 20; i++) { // another program may have taken the port meanwhile
        b->server->opts = NULL;
        QUIETLY(b->server, listen, 0);
        QUIETLY(b->server, unlisten, 0);
        b->server->opts = &opts;
        err = QUIETLY(b->server, connect, 0);
    }
    note(b, "connected", err);
    DO(b->server, has_one_port, 0);
    DO(b->server, write, 5);
    DO(b->server, read, 100);
    DO(b->server, shutdown, 0);
    DO(b->server, read, 100);
    return 0;
}
SAYS(address_of_its_own_is_reached,
     "connected 0, server has_one_port 1, server write 5, server read 5, "
     "server shutdown 0, server read 0");

static int connection_can_be_made_again_from_there(behaviour *b) {
    DO(b->server, listen, 0);
    for (int i = 0; i < 3; i++) {
        DO(b->client, connect, 0);
        QUIETLY(b->server, accept, 0);
        QUIETLY(b->client, close, 0);
        DO(b->server, read, 1);
        QUIETLY(b->server, close, 0);
    }
    return 0;
}
SAYS(connection_can_be_made_again_from_there,
     "server listen 0, client connect 0, server read 0, client connect 0, server read 0, "
     "client connect 0, server read 0");

static const behaviour_row rows[] = {
    BEHAVIOUR(listener_is_reached),
    BEHAVIOUR(connection_is_made_before_it_is_accepted),
    BEHAVIOUR(nobody_there_is_a_refusal),
    BEHAVIOUR(port_0_is_refused),
    BEHAVIOUR(datagram_port_is_none_of_connections),
    BEHAVIOUR(name_is_found),
    BEHAVIOUR(what_is_no_address_is_not_tried),
    BEHAVIOUR(attempt_that_is_cancelled_at_once_is_none),
    BEHAVIOUR(attempt_at_a_full_queue_waits),
    BEHAVIOUR(attempt_that_is_cancelled_half_way_leaves_nothing),
    BEHAVIOUR(address_of_its_own_is_reached),
    BEHAVIOUR(connection_can_be_made_again_from_there),
};
FAMILY(connect, rows);
