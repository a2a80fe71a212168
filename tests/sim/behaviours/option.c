/* SPDX-License-Identifier: MIT */
/* behaviours/option.c: addresses, options, and what the kernel tells of a connection and of a
 * listener. */
#include "behaviour.h"

#include <netinet/tcp.h>
#include <string.h>

/* ---- Addresses ------------------------------------------------------------------------------- */

static int op_peer_address(end *self, size_t n) {
    edo_addr peer;
    (void)n;
    return edo_stream_peer_addr(self->wire->stream, &peer);
}

static bool is_same_address(const edo_addr *a, const edo_addr *b) {
    char texts[2][EDO_ADDR_TEXT_MAX];
    return edo_addr_print(a, texts[0], sizeof texts[0]) > 0 &&
           edo_addr_print(b, texts[1], sizeof texts[1]) > 0 && strcmp(texts[0], texts[1]) == 0;
}

/* Whether the address of the other end is `self->to`. */
static int op_peer_is_that(end *self, size_t n) {
    edo_addr peer;
    (void)n;
    int err = edo_stream_peer_addr(self->wire->stream, &peer);
    return err < 0 ? err : is_same_address(&peer, self->to);
}

static int ends_know_each_other(behaviour *b) {
    meet(b);
    DO(b->client, own_address, 0);
    DO(b->server, own_address, 0);
    b->client->to = &b->server->from;
    b->server->to = &b->client->from;
    DO(b->client, peer_is_that, 0);
    DO(b->server, peer_is_that, 0);
    note_if(b, "the listener's address", "another address",
            is_same_address(&b->server->from, &b->addr));
    return 0;
}
SAYS(ends_know_each_other, "client own_address 0, server own_address 0, client peer_is_that 1, "
                           "server peer_is_that 1, the listener's address");

static int client_may_choose_its_address(behaviour *b) {
    edo_tcp_opts opts = { .bind = b->client_at };
    b->client->opts = &opts;
    meet(b);
    DO(b->client, own_address, 0);
    note_if(b, "it has a port", "it has no port", edo_addr_port(&b->client->from) > 0);
    b->server->to = &b->client->from;
    DO(b->server, peer_is_that, 0);
    return 0;
}
SAYS(client_may_choose_its_address, "client own_address 0, it has a port, server peer_is_that 1");

static int address_of_the_other_end_goes_with_the_connection(behaviour *b) {
    meet(b);
    DO(b->client, reset, 0);
    DO(b->server, gone, 0);
    DO(b->server, peer_address, 0);
    DO(b->server, own_address, 0);
    DO(b->server, close_kept, 0);
    DO(b->server, peer_address, 0);
    return 0;
}
SAYS(address_of_the_other_end_goes_with_the_connection,
     "client reset 0, server gone 0, server peer_address ENOTCONN, server own_address 0, "
     "server close_kept 0, server peer_address EDO_ECLOSED");

/* ---- Options --------------------------------------------------------------------------------- */

static int int_option(const end *self, int level, int name) {
    int value = 0;
    socklen_t bytes = sizeof value;
    int err = getsockopt(edo_stream_fd(self->wire->stream), level, name, &value, &bytes);
    return err < 0 ? -errno : value;
}

static int op_no_delay(end *self, size_t n) {
    (void)n;
    return int_option(self, IPPROTO_TCP, TCP_NODELAY);
}

static int op_set_delay(end *self, size_t n) {
    return edo_tcp_set_delay(self->wire->stream, n != 0);
}

static int small_packets_are_sent_at_once_unless_delay_is_wanted(behaviour *b) {
    meet(b);
    DO(b->client, no_delay, 0);
    DO(b->server, no_delay, 0);
    DO(b->client, set_delay, 1);
    DO(b->client, no_delay, 0);
    DO(b->client, set_delay, 0);
    DO(b->client, no_delay, 0);
    return 0;
}
SAYS(small_packets_are_sent_at_once_unless_delay_is_wanted,
     "client no_delay 1, server no_delay 1, client set_delay 0, client no_delay 0, "
     "client set_delay 0, client no_delay 1");

static int op_keeps_alive(end *self, size_t n) {
    (void)n;
    return int_option(self, SOL_SOCKET, SO_KEEPALIVE);
}

static int op_probe_after(end *self, size_t n) {
    (void)n;
    return int_option(self, IPPROTO_TCP, TCP_KEEPIDLE);
}

static int op_probe_every(end *self, size_t n) {
    (void)n;
    return int_option(self, IPPROTO_TCP, TCP_KEEPINTVL);
}

static int op_probes(end *self, size_t n) {
    (void)n;
    return int_option(self, IPPROTO_TCP, TCP_KEEPCNT);
}

static int op_set_keepalive(end *self, size_t n) {
    return edo_tcp_set_keepalive(self->wire->stream, edo_s((int64_t)n));
}

static int probes_are_as_it_was_said(behaviour *b) {
    const edo_tcp_opts opts = { .keepalive = edo_s(30),
                                .keepalive_interval = edo_s(7),
                                .keepalive_probes = 3 };
    b->server->opts = &opts;
    meet(b);
    DO(b->client, keeps_alive, 0);
    DO(b->server, keeps_alive, 0); // by the listener's options
    DO(b->server, probe_after, 0);
    DO(b->server, probe_every, 0);
    DO(b->server, probes, 0);
    DO(b->client, set_keepalive, 20);
    DO(b->client, keeps_alive, 0);
    DO(b->client, probe_after, 0);
    DO(b->client, set_keepalive, 0);
    DO(b->client, keeps_alive, 0);
    return 0;
}
SAYS(probes_are_as_it_was_said,
     "client keeps_alive 0, server keeps_alive 1, server probe_after 30, server probe_every 7, "
     "server probes 3, client set_keepalive 0, client keeps_alive 1, client probe_after 20, "
     "client set_keepalive 0, client keeps_alive 0");

static int op_send_buffer(end *self, size_t n) {
    (void)n;
    return int_option(self, SOL_SOCKET, SO_SNDBUF);
}

static int op_recv_buffer(end *self, size_t n) {
    (void)n;
    return int_option(self, SOL_SOCKET, SO_RCVBUF);
}

static int op_set_send_buffer(end *self, size_t n) {
    return edo_tcp_set_send_buffer(self->wire->stream, (uint32_t)n);
}

/* The kernel doubles them, for its own needs (socket(7)). */
static int buffers_are_twice_what_is_wanted(behaviour *b) {
    const edo_tcp_opts opts = { .send_buffer = 20000, .recv_buffer = 10000 };
    b->client->opts = b->server->opts = &opts;
    meet(b);
    DO(b->client, send_buffer, 0);
    DO(b->client, recv_buffer, 0);
    DO(b->server, send_buffer, 0);
    DO(b->server, recv_buffer, 0);
    DO(b->client, set_send_buffer, 30000);
    DO(b->client, send_buffer, 0);
    return 0;
}
SAYS(buffers_are_twice_what_is_wanted,
     "client send_buffer 40000, client recv_buffer 20000, server send_buffer 40000, "
     "server recv_buffer 20000, client set_send_buffer 0, client send_buffer 60000");

static int op_lingers(end *self, size_t n) {
    struct linger l = { 0 };
    socklen_t bytes = sizeof l;
    (void)n;
    int err = getsockopt(edo_stream_fd(self->wire->stream), SOL_SOCKET, SO_LINGER, &l, &bytes);
    return err < 0 ? -errno : l.l_onoff ? l.l_linger : -ENODATA;
}

static int reset_on_close_is_a_linger_of_none(behaviour *b) {
    const edo_tcp_opts opts = { .reset_on_close = true };
    b->client->opts = &opts;
    meet(b);
    DO(b->server, lingers, 0);
    DO(b->client, lingers, 0);
    DO(b->client, close, 0);
    DO(b->server, read, 1);
    return 0;
}
SAYS(reset_on_close_is_a_linger_of_none,
     "server lingers ENODATA, client lingers 0, client close 0, server read ECONNRESET");

static int op_user_timeout(end *self, size_t n) {
    (void)n;
    return int_option(self, IPPROTO_TCP, TCP_USER_TIMEOUT);
}

static int op_set_user_timeout(end *self, size_t n) {
    return edo_tcp_set_user_timeout(self->wire->stream, edo_ms((int64_t)n));
}

static int patience_with_the_other_end_is_in_ms(behaviour *b) {
    meet(b);
    DO(b->client, user_timeout, 0);
    DO(b->client, set_user_timeout, 12345);
    DO(b->client, user_timeout, 0);
    return 0;
}
SAYS(patience_with_the_other_end_is_in_ms,
     "client user_timeout 0, client set_user_timeout 0, client user_timeout 12345");

/* ---- What the kernel tells ------------------------------------------------------------------- */

static int op_taken(end *self, size_t n) {
    edo_tcp_taken now;
    (void)n;
    int err = edo_tcp_get_taken(self->wire->stream, &now);
    return err < 0 ? err : now.is_gone ? -ENOTCONN : (int)now.bytes;
}

/* The SYN of the one who connects counts as a byte, as does a FIN. */
static int what_the_other_kernel_has_is_counted(behaviour *b) {
    meet(b);
    DO(b->client, taken, 0);
    DO(b->client, write, 5);
    QUIETLY(b->client, await_taken, 0);
    DO(b->client, taken, 0);
    DO(b->client, write, 5);
    QUIETLY(b->client, await_taken, 0);
    DO(b->client, taken, 0);
    DO(b->server, reset, 0);
    DO(b->client, gone, 0);
    DO(b->client, taken, 0);
    return 0;
}
SAYS(what_the_other_kernel_has_is_counted,
     "client taken 1, client write 5, client taken 6, client write 5, client taken 11, "
     "server reset 0, client gone 0, client taken ENOTCONN");

static int op_queued(end *self, size_t n) {
    edo_listener_stats now;
    (void)n;
    int err = edo_listener_get_stats(self->of->listener, &now);
    return err < 0 ? err : (int)now.queued;
}

static int op_queue_max(end *self, size_t n) {
    edo_listener_stats now;
    (void)n;
    int err = edo_listener_get_stats(self->of->listener, &now);
    return err < 0 ? err : (int)now.queue_max;
}

static int op_has_dropped(end *self, size_t n) {
    edo_listener_stats now;
    (void)n;
    int err = edo_listener_get_stats(self->of->listener, &now);
    return err < 0 ? err : now.dropped > 0;
}

static int queue_of_a_listener_is_counted(behaviour *b) {
    QUIETLY(b->server, listen, 7);
    DO(b->server, queued, 0);
    DO(b->server, queue_max, 0);
    QUIETLY(b->client, connect, 0);
    QUIETLY(b->client2, connect, 0);
    QUIETLY(b->server, await_queued, 2);
    DO(b->server, queued, 0);
    DO(b->server, accept, 0);
    DO(b->server, queued, 0);
    DO(b->server, has_dropped, 0);
    return 0;
}
SAYS(queue_of_a_listener_is_counted, "server queued 0, server queue_max 7, server queued 2, "
                                     "server accept 0, server queued 1, server has_dropped 0");

static int what_a_full_queue_drops_is_counted(behaviour *b) {
    QUIETLY(b->server, listen, 1);
    QUIETLY(b->client, connect, 0);
    QUIETLY(b->client2, connect, 0);
    QUIETLY(b->server, await_queued, 2);
    DO(b->server, queued, 0);
    b->client3->limit_ms = 10;
    DO(b->client3, connect, 0);
    DO(b->server, has_dropped, 0);
    return 0;
}
SAYS(what_a_full_queue_drops_is_counted,
     "server queued 2, client3 connect ETIMEDOUT, server has_dropped 1");

static const behaviour_row rows[] = {
    BEHAVIOUR(ends_know_each_other),
    BEHAVIOUR(client_may_choose_its_address),
    BEHAVIOUR(address_of_the_other_end_goes_with_the_connection),
    BEHAVIOUR(small_packets_are_sent_at_once_unless_delay_is_wanted),
    BEHAVIOUR(probes_are_as_it_was_said),
    BEHAVIOUR(buffers_are_twice_what_is_wanted),
    BEHAVIOUR(reset_on_close_is_a_linger_of_none),
    BEHAVIOUR(patience_with_the_other_end_is_in_ms),
    BEHAVIOUR(what_the_other_kernel_has_is_counted),
    BEHAVIOUR(queue_of_a_listener_is_counted),
    BEHAVIOUR(what_a_full_queue_drops_is_counted),
};
FAMILY(option, rows);
