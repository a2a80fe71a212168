/* SPDX-License-Identifier: MIT */
/* behaviours/udp.c: datagrams. */
#include "behaviour.h"

#include <stdlib.h>

/* `server` and `client` have a socket each, and the client sends to the server. */
static void bind_both(behaviour *b) {
    (void)QUIETLY(b->server, bind, 0);
    (void)QUIETLY(b->client, bind, 0);
    b->client->to = &b->addr;
}

static int datagrams_come_whole_and_in_their_order(behaviour *b) {
    bind_both(b);
    DO(b->client, send, 5);
    DO(b->client, send, 7);
    DO(b->server, receive, 100);
    DO(b->server, receive, 100);
    return 0;
}
SAYS(datagrams_come_whole_and_in_their_order,
     "client send 0, client send 0, server receive 5, server receive 7");

static int receive_waits(behaviour *b) {
    bind_both(b);
    BEGIN(b->server, receive, 100);
    end_note_waits(b->server);
    DO(b->client, send, 5);
    end_finish(b->server);
    return 0;
}
SAYS(receive_waits, "it waits, client send 0, server receive 5");

static int sender_is_known_and_may_be_replied_to(behaviour *b) {
    bind_both(b);
    DO(b->client, send, 5);
    DO(b->server, receive, 100);
    b->server->to = &b->server->from;
    DO(b->server, send, 6);
    DO(b->client, receive, 100);
    note_if(b, "by the server", "by another",
            edo_addr_port(&b->client->from) == edo_addr_port(&b->addr));
    return 0;
}
SAYS(sender_is_known_and_may_be_replied_to,
     "client send 0, server receive 5, server send 0, client receive 6, by the server");

static int datagram_that_is_too_long_for_its_room_is_told(behaviour *b) {
    bind_both(b);
    DO(b->client, send, 50);
    DO(b->client, send, 7);
    DO(b->server, receive, 20);
    DO(b->server, receive, 20);
    return 0;
}
SAYS(datagram_that_is_too_long_for_its_room_is_told,
     "client send 0, client send 0, server receive EMSGSIZE, server receive 7");

static int empty_datagram_is_no_end(behaviour *b) {
    bind_both(b);
    DO(b->client, send, 0);
    DO(b->client, send, 5);
    DO(b->server, receive, 100);
    DO(b->server, receive, 100);
    return 0;
}
SAYS(empty_datagram_is_no_end, "client send 0, client send 0, server receive 0, server receive 5");

/* Sends a datagram of `n` bytes, which may be more than an end has at hand. */
static int op_send_large(end *self, size_t n) {
    char *bytes = calloc(1, n);
    if (!bytes) return -ENOMEM;
    int err = edo_udp_send_to(self->wire->stream, bytes, n, self->to);
    free(bytes);
    return err;
}

static int op_receive_large(end *self, size_t n) {
    char *bytes = calloc(1, n);
    if (!bytes) return -ENOMEM;
    int got = edo_udp_recv_from(self->wire->stream, bytes, n, NULL);
    free(bytes);
    return got;
}

/* 65,535 bytes of a packet of IPv4, without 20 for its head and 8 for that of UDP. */
static int largest_datagram_has_65507_bytes(behaviour *b) {
    bind_both(b);
    DO(b->client, send_large, 65508);
    DO(b->client, send_large, 65507);
    DO(b->server, receive_large, 70000);
    DO(b->client, send, 5);
    DO(b->server, receive, 100);
    return 0;
}
SAYS(largest_datagram_has_65507_bytes,
     "client send_large EMSGSIZE, client send_large 0, server receive_large 65507, client send 0, "
     "server receive 5");

static int without_an_address_nothing_is_sent(behaviour *b) {
    bind_both(b);
    b->client->to = NULL;
    DO(b->client, send, 5);
    return 0;
}
SAYS(without_an_address_nothing_is_sent, "client send EDESTADDRREQ");

static int op_peer(end *self, size_t n) {
    (void)n;
    return edo_udp_set_peer(self->wire->stream, self->to);
}

/* Sends datagrams of `n` bytes until that fails, and returns the failure. */
static int op_send_until(end *self, size_t n) {
    int err = 0;
    while (err == 0 && (err = op_send(self, n)) == 0) err = edo_sleep(edo_ms(1));
    return err;
}

/* A socket at the address, which no other program can have then, and that hears itself alone: for
 * others there is nobody. */
static void bind_deaf_server(behaviour *b) {
    QUIETLY(b->server, bind, 0);
    b->server->to = &b->addr;
    QUIETLY(b->server, peer, 0);
}

/* The reply of a closed port is told to a socket that is connected, and to no other. */
static int nobody_there_is_told_to_a_connected_socket(behaviour *b) {
    bind_deaf_server(b);
    QUIETLY(b->client, bind, 0);
    b->client->to = &b->addr;
    DO(b->client, send, 5);
    DO(b->client, send, 5);
    b->client->limit_ms = 5;
    DO(b->client, receive, 100);
    DO(b->client2, associate, 0);
    DO(b->client2, send, 5);
    DO(b->client2, receive, 100);
    b->client2->limit_ms = 5;
    DO(b->client2, receive, 100); // it was told
    DO(b->client2, send_until, 5);
    return 0;
}
SAYS(nobody_there_is_told_to_a_connected_socket,
     "client send 0, client send 0, client receive ETIMEDOUT, client2 associate 0, "
     "client2 send 0, client2 receive ECONNREFUSED, client2 receive ETIMEDOUT, "
     "client2 send_until ECONNREFUSED");

static int refusal_is_no_end(behaviour *b) {
    bind_deaf_server(b);
    DO(b->client, associate, 0);
    DO(b->client, send, 5);
    DO(b->client, receive, 100);
    QUIETLY(b->client, own_address, 0);
    b->server->to = &b->client->from;
    DO(b->server, peer, 0);
    DO(b->client, send, 6);
    DO(b->server, receive, 100);
    return 0;
}
SAYS(refusal_is_no_end, "client associate 0, client send 0, client receive ECONNREFUSED, "
                        "server peer 0, client send 0, server receive 6");

/* At the address of `server`, which has left it. */
static int op_bind_there(end *self, size_t n) {
    (void)n;
    return edo_udp_bind_addr(&self->wire->stream, &self->of->addr, NULL);
}

static int address_has_one_socket(behaviour *b) {
    DO(b->server, bind, 0);
    DO(b->server2, bind_there, 0);
    DO(b->server, close, 0);
    DO(b->server2, bind_there, 0);
    return 0;
}
SAYS(address_has_one_socket,
     "server bind 0, server2 bind_there EADDRINUSE, server close 0, server2 bind_there 0");

static int connected_socket_hears_its_peer_alone(behaviour *b) {
    bind_both(b);
    QUIETLY(b->client2, bind, 0);
    b->client2->to = &b->addr;
    DO(b->client2, own_address, 0);
    b->server->to = &b->client2->from;
    DO(b->server, peer, 0);
    DO(b->client, send, 5);
    DO(b->client2, send, 6);
    DO(b->server, receive, 100);
    b->server->to = NULL;
    DO(b->server, send, 7);
    DO(b->client2, receive, 100);
    return 0;
}
SAYS(connected_socket_hears_its_peer_alone,
     "client2 own_address 0, server peer 0, client send 0, client2 send 0, server receive 6, "
     "server send 0, client2 receive 7");

static int has_port(const end *e) {
    return edo_addr_port(&e->from) > 0;
}

/* A port that the kernel has chosen goes with the peer; one that was wanted stays. */
static int without_a_peer_again_a_chosen_port_is_given_up(behaviour *b) {
    bind_both(b);
    QUIETLY(b->server, close, 0);
    QUIETLY(b->client, own_address, 0);
    DO(b->server, bind_there, 0);
    b->server->to = &b->client->from;
    DO(b->server, peer, 0);
    DO(b->client, peer, 0);
    b->server->to = b->client->to = NULL;
    DO(b->server, peer, 0);
    DO(b->client, peer, 0);
    QUIETLY(b->server, own_address, 0);
    QUIETLY(b->client, own_address, 0);
    note(b, "server's port", has_port(b->server));
    note(b, "client's port", has_port(b->client));
    DO(b->client, send, 5);
    b->client2->to = &b->addr;
    QUIETLY(b->client2, bind, 0);
    DO(b->client2, send, 8);
    DO(b->server, receive, 100);
    return 0;
}
SAYS(without_a_peer_again_a_chosen_port_is_given_up,
     "server bind_there 0, server peer 0, client peer 0, server peer 0, client peer 0, "
     "server's port 1, client's port 0, client send EDESTADDRREQ, client2 send 0, "
     "server receive 8");

static int reads_and_writes_are_of_one_datagram(behaviour *b) {
    (void)QUIETLY(b->server, bind, 0);
    DO(b->client, associate, 0);
    DO(b->client, write, 5);
    DO(b->client, write, 0);
    DO(b->client, writev, 30);
    DO(b->server, peek, 100);
    DO(b->server, receive, 100);
    DO(b->server, receive, 100);
    b->server->wire->in_n = 5;
    DO(b->server, readv, 300);
    return 0;
}
SAYS(reads_and_writes_are_of_one_datagram,
     "client associate 0, client write 5, client write 0, client writev 30, server peek 5, "
     "server receive 5, server receive 0, server readv 30");

enum { MANY = 20 };

static int op_send_many(end *self, size_t n) {
    edo_packet packets[MANY];
    size_t sent = 0;
    for (size_t i = 0; i < n; i++)
        packets[i] = (edo_packet){ .buf = self->piece, .n = i, .addr = *self->to };
    while (sent < n) {
        int got = edo_udp_send_many(self->wire->stream, packets + sent, n - sent);
        if (got < 0) return got;
        sent += (size_t)got;
    }
    return (int)sent;
}

/* The number of datagrams that have come in their order, up to `n`. */
static int op_receive_many(end *self, size_t n) {
    edo_packet packets[MANY];
    size_t all = 0;
    while (all < n) {
        for (size_t i = 0; i < n - all; i++)
            packets[i] = (edo_packet){ .buf = self->piece + i * MANY, .room = MANY };
        int got = edo_udp_recv_many(self->wire->stream, packets, n - all);
        if (got < 0) return got;
        for (int i = 0; i < got; i++)
            if (packets[i].n != all++ || packets[i].truncated) return -EBADMSG;
    }
    return (int)all;
}

static int many_go_at_once(behaviour *b) {
    bind_both(b);
    DO(b->client, send_many, MANY);
    DO(b->server, receive_many, MANY);
    return 0;
}
SAYS(many_go_at_once, "client send_many 20, server receive_many 20");

static int receive_that_is_cancelled_loses_nothing(behaviour *b) {
    bind_both(b);
    BEGIN(b->server, receive, 100);
    end_cut(b->server);
    end_finish(b->server);
    DO(b->client, send, 5);
    DO(b->server, readable, 0);
    end_cut(b->server);
    DO(b->server, receive, 100);
    DO(b->server, receive, 100);
    return 0;
}
SAYS(receive_that_is_cancelled_loses_nothing,
     "server receive ECANCELED, client send 0, server readable 0, server receive ECANCELED, "
     "server receive 5");

static int close_wakes_one_who_receives(behaviour *b) {
    bind_both(b);
    end_share(b->server2, b->server);
    BEGIN(b->server, receive, 100);
    DO(b->server2, close_kept, 0);
    end_finish(b->server);
    DO(b->server, send, 5);
    return 0;
}
SAYS(close_wakes_one_who_receives,
     "server2 close_kept 0, server receive EDO_ECLOSED, server send EDO_ECLOSED");

static const behaviour_row rows[] = {
    BEHAVIOUR(datagrams_come_whole_and_in_their_order),
    BEHAVIOUR(receive_waits),
    BEHAVIOUR(sender_is_known_and_may_be_replied_to),
    BEHAVIOUR(datagram_that_is_too_long_for_its_room_is_told),
    BEHAVIOUR(empty_datagram_is_no_end),
    BEHAVIOUR(largest_datagram_has_65507_bytes),
    BEHAVIOUR(without_an_address_nothing_is_sent),
    BEHAVIOUR(nobody_there_is_told_to_a_connected_socket),
    BEHAVIOUR(refusal_is_no_end),
    BEHAVIOUR(address_has_one_socket),
    BEHAVIOUR(connected_socket_hears_its_peer_alone),
    BEHAVIOUR(without_a_peer_again_a_chosen_port_is_given_up),
    BEHAVIOUR(reads_and_writes_are_of_one_datagram),
    BEHAVIOUR(many_go_at_once),
    BEHAVIOUR(receive_that_is_cancelled_loses_nothing),
    BEHAVIOUR(close_wakes_one_who_receives),
};
FAMILY(udp, rows);
