/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/udp.h, over IPv4 and IPv6: boundaries, senders, batches, errors that do
 * not end a socket, multicast, control data.
 * Method: fibers with real sockets on the loopback; system calls that fail in turn. */
#include "failing_calls.h"

#include <edo/udp.h>

#include <linux/net_tstamp.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <stdio.h>

/* ---- Two sockets ----------------------------------------------------------------------------- */

typedef struct ends {
    edo_stream *server, *client; /* bound; connected to it */
    edo_addr at;                 /* the server's */
} ends;

static ends open_ends(const char *local) {
    ends e = { 0 };
    CHECK_INT(edo_udp_bind(&e.server, local, NULL), 0);
    CHECK_INT(edo_stream_local_addr(e.server, &e.at), 0);
    CHECK_INT(edo_udp_connect_addr(&e.client, &e.at, NULL), 0);
    return e;
}

static void close_ends(ends *e) {
    edo_close(e->server);
    edo_close(e->client);
}

/* Runs the body over IPv4 and IPv6, on every kind of runtime. */
static char v4[] = "127.0.0.1:0", v6[] = "[::1]:0";

static void over_both(edo_task_fn *body) {
    in_fiber(body, v4);
    in_fiber(body, v6);
}

static int echo_body(void *arg) {
    ends e = open_ends(arg);
    edo_addr from, mine;
    char buf[16];
    CHECK_INT(edo_udp_try_recv_from(e.server, buf, sizeof buf, &from), -EAGAIN);
    CHECK_INT(edo_write(e.client, "one", 3), 3);
    CHECK_INT(edo_write(e.client, "three", 5), 5);
    CHECK_INT(edo_udp_recv_from(e.server, buf, sizeof buf, &from), 3);
    CHECK_INT(edo_stream_local_addr(e.client, &mine), 0);
    CHECK_INT(edo_addr_port(&from), edo_addr_port(&mine));
    CHECK_INT(edo_udp_send_to(e.server, "reply", 5, &from), 0);
    CHECK_INT(edo_read(e.client, buf, sizeof buf), 5);
    CHECK_INT(edo_peek(e.server, buf, sizeof buf), 5);
    CHECK_INT(edo_read(e.server, buf, sizeof buf), 5);
    CHECK_INT(edo_udp_send_to(e.client, "", 0, NULL), 0); // an empty datagram is one
    CHECK_INT(edo_udp_recv_from(e.server, buf, sizeof buf, NULL), 0);
    CHECK_INT(edo_udp_try_send_to(e.client, "x", 1, NULL), 0);
    CHECK_INT(edo_io_ready(e.server, EDO_IO_READ), 0);
    CHECK_INT(edo_udp_try_recv_from(e.server, buf, sizeof buf, NULL), 1);
    close_ends(&e);
    return 0;
}

static void datagrams_keep_boundaries_and_name_their_sender(void **state) {
    (void)state;
    over_both(echo_body);
}

static int truncated_body(void *arg) {
    ends e = open_ends(arg);
    char buf[4], other[8];
    edo_addr from = { 0 };
    CHECK_INT(edo_write(e.client, "longer", 6), 6);
    CHECK_INT(edo_write(e.client, "longer", 6), 6);
    CHECK_INT(edo_write(e.client, "four", 4), 4);
    CHECK_INT(edo_udp_recv_from(e.server, buf, sizeof buf, &from), -EMSGSIZE);
    CHECK(memcmp(buf, "long", 4) == 0 && from.bytes > 0);
    CHECK_INT(edo_read(e.server, buf, sizeof buf), -EMSGSIZE);
    CHECK_INT(edo_udp_recv_from(e.server, buf, sizeof buf, NULL), 4);
    CHECK_INT(edo_write(e.client, "longer", 6), 6);
    CHECK_INT(edo_write(e.client, "four", 4), 4);
    edo_packet two[2] = { { .buf = buf, .room = 4 }, { .buf = other, .room = 8 } };
    CHECK_INT(edo_udp_recv_many(e.server, two, 2), 2);
    CHECK(two[0].truncated && two[0].n == 4 && !two[1].truncated && two[1].n == 4);
    static char big[70000];
    CHECK_INT(edo_udp_send_to(e.client, big, sizeof big, NULL), -EMSGSIZE);
    close_ends(&e);
    return 0;
}

static void a_datagram_without_room_is_an_error_not_a_cut(void **state) {
    (void)state;
    over_both(truncated_body);
}

static int refused_body(void *arg) {
    ends e = open_ends(arg);
    char buf[4];
    edo_close(e.server);
    for (int i = 0; i < 3; i++) { // the reply of the other host comes each time, and ends nothing
        CHECK_INT(edo_write(e.client, "x", 1), 1);
        CHECK_INT(edo_read(e.client, buf, sizeof buf), -ECONNREFUSED);
    }
    CHECK_INT(edo_udp_bind_addr(&e.server, &e.at, NULL), 0);
    CHECK_INT(edo_write(e.client, "x", 1), 1);
    CHECK_INT(edo_read(e.server, buf, sizeof buf), 1);
    close_ends(&e);
    return 0;
}

static void a_refused_datagram_does_not_end_the_socket(void **state) {
    (void)state;
    over_both(refused_body);
}

static int unconnected_body(void *arg) {
    (void)arg;
    ends e = open_ends(v4);
    edo_addr nobody = e.at;
    char buf[4];
    CHECK_INT(edo_udp_set_peer(e.client, NULL), 0);
    CHECK_INT(edo_write(e.client, "x", 1), -EDESTADDRREQ);
    CHECK_INT(edo_udp_set_peer(e.client, &e.at), 0);
    CHECK_INT(edo_write(e.client, "x", 1), 1);
    CHECK_INT(edo_read(e.server, buf, sizeof buf), 1);
    nobody.sock.v4.sin_port = htons(1); // nobody there: an unconnected socket does not hear of it
    CHECK_INT(edo_udp_send_to(e.server, "x", 1, &nobody), 0);
    CHECK_INT(edo_udp_try_recv_from(e.server, buf, sizeof buf, NULL), -EAGAIN);
    CHECK_INT(edo_stream_take_error(e.server), 0);
    close_ends(&e);
    return 0;
}

static void a_socket_may_change_its_peer(void **state) {
    (void)state;
    in_fiber(unconnected_body, NULL);
}

/* ---- Batches --------------------------------------------------------------------------------- */

#define MANY 40 /* more than two system calls take */

static int many_body(void *arg) {
    ends e = open_ends(arg);
    static char out[MANY], in[MANY][4];
    edo_packet packets[MANY] = { 0 };
    CHECK_INT(edo_udp_recv_many(e.server, packets, 0), -EINVAL);
    CHECK_INT(edo_udp_try_send_many(e.client, packets, 0), -EINVAL);
    CHECK_INT(edo_udp_try_recv_many(e.server, packets, MANY), -EAGAIN);
    for (int i = 0; i < MANY; i++) {
        out[i] = (char)i;
        packets[i] = (edo_packet){ .buf = &out[i], .n = 1 };
    }
    CHECK_INT(edo_udp_send_many(e.client, packets, MANY), MANY);
    for (int i = 0; i < MANY; i++) packets[i] = (edo_packet){ .buf = in[i], .room = sizeof in[i] };
    int got = 0;
    while (got < MANY) {
        int n = edo_udp_recv_many(e.server, packets + got, (size_t)(MANY - got));
        CHECK(n > 0);
        got += n;
    }
    for (int i = 0; i < MANY; i++) {
        CHECK(packets[i].n == 1 && in[i][0] == (char)i && packets[i].segment == 0);
        packets[i].buf = in[i]; // back to the sender
    }
    CHECK_INT(edo_udp_try_send_many(e.server, packets, MANY), MANY);
    for (int i = 0; i < MANY; i++) CHECK_INT(edo_read(e.client, in[i], 4), 1);
    close_ends(&e);
    return 0;
}

static void batches_keep_order_and_addresses(void **state) {
    (void)state;
    over_both(many_body);
}

static void switch_on(edo_stream *s, int level, int name, int value) {
    CHECK_INT(setsockopt(edo_stream_fd(s), level, name, &value, sizeof value), 0);
}

/* With all that the kernel reports in front of the length of a segment, and behind it. */
static void receives_stamped(ends *e, const edo_packet *p) {
    static char in[65536];
    _Alignas(struct cmsghdr) char control[512];
    struct iovec vec = { in, sizeof in };
    struct msghdr msg = {
        .msg_iov = &vec, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    edo_packet whole = { .buf = in, .room = sizeof in };
    switch_on(e->server, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    switch_on(e->server, SOL_SOCKET, SO_TIMESTAMPING,
              SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
    switch_on(e->server, SOL_SOCKET, SO_RXQ_OVFL, 1);
    CHECK_INT(edo_udp_set_pktinfo(e->server, true), 0);
    for (int i = 0; i < 2; i++) CHECK_INT(edo_udp_send_many(e->client, p, 1), 1);
    CHECK_INT(edo_udp_recv_many(e->server, &whole, 1), 1);
    CHECK_INT(whole.segment, p->segment);
    CHECK_INT(edo_recvmsg(e->server, &msg, 0), p->n); // both, also in one receive of a message
    CHECK(!(msg.msg_flags & MSG_CTRUNC));
    bool has_stamp = false, has_segment = false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
        has_stamp = has_stamp || (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS);
        has_segment = has_segment || (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO);
    }
    CHECK(has_stamp && has_segment);
}

static int segments_body(void *arg) {
    ends e = open_ends(arg);
    static char out[2500], in[65536];
    edo_packet p = { .buf = out, .n = sizeof out, .segment = 1000 };
    for (size_t i = 0; i < sizeof out; i++) out[i] = (char)(i / 1000);
    int n = edo_udp_send_many(e.client, &p, 1); // cut by the kernel
    CHECK_INT(n, 1);
    CHECK_INT(edo_read(e.server, in, sizeof in), 1000);
    CHECK_INT(edo_read(e.server, in, sizeof in), 1000);
    CHECK_INT(edo_read(e.server, in, sizeof in), 500);
    CHECK_INT(in[0], 2);
    CHECK_INT(edo_udp_set_gro(e.server, true), 0);
    CHECK_INT(edo_udp_send_many(e.client, &p, 1), 1);
    edo_packet whole = { .buf = in, .room = sizeof in };
    CHECK_INT(edo_udp_recv_many(e.server, &whole, 1), 1);
    CHECK_INT(whole.n, sizeof out); // put together again
    CHECK_INT(whole.segment, 1000);
    CHECK(memcmp(in, out, sizeof out) == 0);
    receives_stamped(&e, &p);
    close_ends(&e);
    return 0;
}

static void the_kernel_cuts_and_joins_segments(void **state) {
    (void)state;
    over_both(segments_body);
}

/* ---- Options --------------------------------------------------------------------------------- */

static int options_body(void *arg) {
    ends e = open_ends(arg);
    bool is_v6 = e.at.sock.any.sa_family == AF_INET6;
    int value = 0, fd = edo_stream_fd(e.client);
    socklen_t bytes = sizeof value;
    CHECK_INT(edo_udp_set_ttl(e.client, 7), 0);
    CHECK_INT(edo_udp_set_tos(e.client, 0x28), 0);
    CHECK_INT(getsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_UNICAST_HOPS : IP_TTL,
                         &value, &bytes),
              0);
    CHECK_INT(value, 7);
    CHECK_INT(getsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_TCLASS : IP_TOS,
                         &value, &bytes),
              0);
    CHECK_INT(value, 0x28);
    CHECK_INT(edo_udp_set_broadcast(e.client, true), 0);
    CHECK_INT(edo_udp_set_multicast_ttl(e.client, 3), 0);
    CHECK_INT(edo_udp_set_multicast_loop(e.client, true), 0);
    CHECK_INT(edo_udp_set_multicast_device(e.client, "lo"), 0);
    CHECK_INT(edo_udp_set_multicast_device(e.client, "no-such-device"), -ENODEV);
    CHECK_INT(edo_udp_set_multicast_device(e.client, NULL), 0);
    close_ends(&e);
    pair tcp = open_pair(NULL);
    char buf[1];
    edo_packet p = { .buf = buf, .room = 1, .n = 1 };
    CHECK_INT(edo_udp_set_ttl(tcp.a, 7), -ENOTSUP);
    CHECK_INT(edo_udp_set_peer(tcp.a, NULL), -ENOTSUP);
    CHECK_INT(edo_udp_send_to(tcp.a, "x", 1, NULL), -ENOTSUP);
    CHECK_INT(edo_udp_try_recv_from(tcp.a, buf, 1, NULL), -ENOTSUP);
    CHECK_INT(edo_udp_recv_many(tcp.a, &p, 1), -ENOTSUP);
    CHECK_INT(edo_udp_try_send_many(tcp.a, &p, 1), -ENOTSUP);
    close_pair(&tcp);
    return 0;
}

static void options_are_set_for_the_family(void **state) {
    (void)state;
    over_both(options_body);
}

static int opening_body(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    edo_addr at, un;
    char text[EDO_ADDR_TEXT_MAX];
    edo_udp_opts share = { .reuse_addr = true,
                           .reuse_port = true,
                           .broadcast = true,
                           .recv_buffer = 100000,
                           .send_buffer = 100000 };
    CHECK_INT(edo_udp_bind(&a, "127.0.0.1:0", &share), 0);
    CHECK_INT(edo_stream_local_addr(a, &at), 0);
    CHECK_INT(edo_udp_bind_addr(&b, &at, &share), 0);
    edo_close(b);
    CHECK_INT(edo_udp_bind_addr(&b, &at, NULL), -EADDRINUSE);
    CHECK(edo_addr_print(&at, text, sizeof text) > 0);
    CHECK_INT(edo_udp_connect(&b, "localhost:9", &(edo_udp_opts){ .bind = "127.0.0.1:0" }), 0);
    edo_close(b);
    CHECK_INT(edo_udp_connect(&b, text, &(edo_udp_opts){ .bind = "nowhere" }), -EINVAL);
    CHECK_INT(edo_udp_bind(&b, "127.0.0.1", NULL), -EINVAL);
    CHECK_INT(edo_udp_bind(&b, "127.0.0.1:0", &(edo_udp_opts){ .reserved = { 1 } }), -EINVAL);
    CHECK_INT(edo_udp_bind(&b, "127.0.0.1:0", &(edo_udp_opts){ .device = "no-such-device" }),
              -ENODEV);
    CHECK_INT(edo_udp_bind(&b, "unix:/x", NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_addr_parse(&un, "unix:/x"), 0);
    CHECK_INT(edo_udp_connect_addr(&b, &un, NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_udp_bind_addr(&b, &(edo_addr){ 0 }, NULL), -EAFNOSUPPORT);
    edo_close(a);
    CHECK_INT(edo_udp_bind(&a, "[::]:0", &(edo_udp_opts){ .only_v6 = true }), 0);
    edo_close(a);
    return 0;
}

static void sockets_open_by_their_options(void **state) {
    (void)state;
    in_fiber(opening_body, NULL);
}

/* A member of a group, and another socket that sends to it. */
typedef struct members {
    edo_stream *receiver, *sender;
    edo_addr group;
} members;

static members open_members(const char *receiver, const char *sender, const char *group) {
    members m = { 0 };
    edo_addr at;
    CHECK_INT(edo_udp_bind(&m.receiver, receiver, &(edo_udp_opts){ .reuse_addr = true }), 0);
    CHECK_INT(edo_udp_bind(&m.sender, sender, NULL), 0);
    CHECK_INT(edo_stream_local_addr(m.receiver, &at), 0);
    CHECK_INT(edo_addr_parse(&m.group, group), 0);
    bool is_v6 = at.sock.any.sa_family == AF_INET6;
    if (is_v6) m.group.sock.v6.sin6_port = at.sock.v6.sin6_port;
    if (!is_v6) m.group.sock.v4.sin_port = at.sock.v4.sin_port;
    return m;
}

static void join_and_leave(const members *m, const char *device) {
    edo_addr at, other;
    CHECK_INT(edo_stream_local_addr(m->receiver, &at), 0);
    bool is_v6 = at.sock.any.sa_family == AF_INET6;
    CHECK_INT(edo_udp_join(m->receiver, &m->group, NULL, device), 0);
    CHECK_INT(edo_udp_join(m->receiver, &m->group, NULL, device), -EADDRINUSE);
    CHECK_INT(edo_udp_join(m->receiver, &m->group, NULL, "no-such-device"), -ENODEV);
    CHECK_INT(edo_udp_join(m->receiver, &at, NULL, device), -EINVAL);
    edo_stream *narrow; // takes only one family
    CHECK_INT(
        edo_udp_bind(&narrow, is_v6 ? "[::]:0" : "0.0.0.0:0", &(edo_udp_opts){ .only_v6 = true }),
        0);
    CHECK_INT(edo_addr_parse(&other, is_v6 ? "239.255.77.1:0" : "[ff02::7701]:0"), 0);
    CHECK_INT(edo_udp_join(narrow, &other, NULL, device), -EINVAL);
    edo_close(narrow);
    CHECK_INT(edo_udp_leave(m->receiver, &m->group, NULL, device), 0);
    CHECK_INT(edo_udp_leave(m->receiver, &m->group, NULL, device), -EADDRNOTAVAIL);
}

/* `arg`: the receiver's address; one of IPv6 takes IPv4, too. */
static int multicast_v4_body(void *arg) {
    members m = open_members(arg, "127.0.0.1:0", "239.255.77.1:0");
    edo_addr here, at;
    char buf[8];
    CHECK_INT(edo_stream_local_addr(m.receiver, &at), 0);
    CHECK_INT(edo_addr_parse(&m.group, "239.255.77.1:0"), 0);
    m.group.sock.v4.sin_port = htons(edo_addr_port(&at));
    if (at.sock.any.sa_family == AF_INET) join_and_leave(&m, "lo");
    CHECK_INT(edo_udp_set_multicast_device(m.sender, "lo"), 0);
    CHECK_INT(edo_udp_join(m.receiver, &m.group, NULL, "lo"), 0);
    CHECK_INT(edo_udp_send_to(m.sender, "all", 3, &m.group), 0);
    CHECK_INT(edo_udp_recv_from(m.receiver, buf, sizeof buf, NULL), 3);
    CHECK_INT(edo_udp_leave(m.receiver, &m.group, NULL, "lo"), 0);
    CHECK_INT(edo_stream_local_addr(m.sender, &here), 0);
    CHECK_INT(edo_udp_join(m.receiver, &m.group, &here, "lo"), 0); // from this source only
    CHECK_INT(edo_udp_send_to(m.sender, "one", 3, &m.group), 0);
    CHECK_INT(edo_udp_recv_from(m.receiver, buf, sizeof buf, NULL), 3);
    CHECK_INT(edo_udp_leave(m.receiver, &m.group, &here, "lo"), 0);
    edo_close(m.receiver);
    edo_close(m.sender);
    return 0;
}

/* The interface that is chosen holds for IPv4 over a socket of IPv6, too. */
static int dual_sender_body(void *arg) {
    members m = open_members("0.0.0.0:0", "[::]:0", "239.255.77.1:0");
    char buf[8], text[64];
    (void)arg;
    CHECK_INT(edo_udp_join(m.receiver, &m.group, NULL, "lo"), 0);
    CHECK_INT(edo_udp_set_multicast_device(m.sender, "lo"), 0);
    CHECK(snprintf(text, sizeof text, "[::ffff:239.255.77.1]:%u", edo_addr_port(&m.group)) > 0);
    CHECK_INT(edo_addr_parse(&m.group, text), 0);
    CHECK_INT(edo_udp_send_to(m.sender, "all", 3, &m.group), 0);
    CHECK_INT(edo_udp_recv_from(m.receiver, buf, sizeof buf, NULL), 3);
    edo_close(m.receiver);
    edo_close(m.sender);
    return 0;
}

/* On Linux the loopback has no route for IPv6 groups, so this takes the interface of the routes. */
static int multicast_v6_body(void *arg) {
    members m = open_members("[::]:0", "[::]:0", "[ff02::7701]:0");
    char buf[8];
    (void)arg;
    join_and_leave(&m, "lo");
    int err = edo_udp_join(m.receiver, &m.group, NULL, NULL);
    if (err == 0) err = edo_udp_send_to(m.sender, "all", 3, &m.group);
    if (err == 0) {
        CHECK_INT(edo_udp_recv_from(m.receiver, buf, sizeof buf, NULL), 3);
        CHECK_INT(edo_udp_leave(m.receiver, &m.group, NULL, NULL), 0);
    } else {
        CHECK(err == -ENETUNREACH || err == -ENODEV ||
              err == -EADDRNOTAVAIL); // only a loopback here
    }
    edo_close(m.receiver);
    edo_close(m.sender);
    return 0;
}

static void a_group_is_joined_and_left(void **state) {
    (void)state;
    static char narrow[] = "0.0.0.0:0", wide[] = "[::]:0";
    in_fiber_of(&one_thread, multicast_v4_body, narrow);
    in_fiber_of(&one_thread, multicast_v4_body, wide);
    in_fiber_of(&one_thread, dual_sender_body, NULL);
    in_fiber_of(&one_thread, multicast_v6_body, NULL);
}

static int pktinfo_body(void *arg) {
    (void)arg;
    ends e = open_ends("127.0.0.1:0");
    char buf[8];
    _Alignas(struct cmsghdr) char control[128];
    struct iovec vec = { buf, sizeof buf };
    struct msghdr msg = {
        .msg_iov = &vec, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    CHECK_INT(edo_udp_set_pktinfo(e.server, true), 0);
    CHECK_INT(edo_try_recvmsg(e.server, &msg, 0), -EAGAIN);
    CHECK_INT(edo_write(e.client, "where", 5), 5);
    CHECK_INT(edo_recvmsg(e.server, &msg, 0), 5);
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    CHECK(c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO);
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof info);
    CHECK_INT(ntohl(info.ipi_addr.s_addr), INADDR_LOOPBACK);
    CHECK_INT(info.ipi_ifindex, if_nametoindex("lo"));
    CHECK_INT(edo_try_sendmsg(e.client, &(struct msghdr){ .msg_iov = &vec, .msg_iovlen = 1 }, 0),
              8);
    msg.msg_controllen = 4; // too little room for control data is reported
    CHECK_INT(edo_recvmsg(e.server, &msg, 0), 8);
    CHECK(msg.msg_flags & MSG_CTRUNC);
    close_ends(&e);
    return 0;
}

static void control_data_comes_with_the_message(void **state) {
    (void)state;
    in_fiber(pktinfo_body, NULL);
}

static int error_queue_body(void *arg) {
    ends e = open_ends(arg);
    char buf[8], control[64];
    struct iovec vec = { buf, sizeof buf };
    struct msghdr msg = {
        .msg_iov = &vec, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    CHECK_INT(edo_write(e.client, "x", 1), 1);
    CHECK_INT(edo_io_ready(e.server, EDO_IO_READ), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(10)); // what is there wakes a receiver no more
    CHECK_INT(edo_recvmsg(e.server, &msg, MSG_ERRQUEUE), -EAGAIN);
    CHECK_INT(edo_try_recvmsg(e.server, &msg, MSG_ERRQUEUE), -EAGAIN);
    CHECK_INT(edo_udp_recv_from(e.server, buf, sizeof buf, NULL), 1);
    CHECK_INT(edo_deadline_end(&d, 0), 0);
    close_ends(&e);
    return 0;
}

static void an_empty_error_queue_hides_no_datagram(void **state) {
    (void)state;
    over_both(error_queue_body);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static int receive_one(void *arg) {
    char c;
    int n = edo_udp_recv_from(arg, &c, 1, NULL);
    edo_stream_unref(arg);
    return n;
}

static int closed_body(void *arg) {
    ends e = open_ends(arg);
    char c;
    edo_task *t = edo_spawn(receive_one, edo_stream_ref(e.server));
    CHECK_INT(edo_yield(), 0);
    edo_close(e.server);
    CHECK_INT(edo_task_join(t), -EDO_ECLOSED);
    t = edo_spawn(receive_one, edo_stream_ref(e.client));
    CHECK_INT(edo_yield(), 0);
    edo_task_cancel(t);
    CHECK_INT(edo_task_join(t), -ECANCELED);
    edo_close(edo_stream_ref(e.client));
    CHECK_INT(edo_udp_recv_from(e.client, &c, 1, NULL), -EDO_ECLOSED);
    CHECK_INT(edo_udp_try_send_to(e.client, &c, 1, NULL), -EDO_ECLOSED);
    CHECK_INT(edo_udp_set_ttl(e.client, 1), -EDO_ECLOSED);
    edo_stream_unref(e.client);
    return 0;
}

static void close_and_abort_end_a_receive(void **state) {
    (void)state;
    over_both(closed_body);
}

static int do_all(void) {
    edo_stream *a = NULL, *b = NULL;
    edo_addr at;
    char buf[4];
    edo_packet p = { .buf = buf, .n = 1 }, q = { .buf = buf, .room = 4 };
    int err = edo_udp_bind(&a, "[::1]:0", &(edo_udp_opts){ .reuse_port = true });
    if (err == 0) err = edo_stream_local_addr(a, &at);
    if (err == 0) err = edo_udp_connect_addr(&b, &at, &(edo_udp_opts){ .bind = "[::1]:0" });
    if (err == 0) err = edo_udp_set_tos(b, 8);
    if (err == 0) err = edo_udp_send_many(b, &p, 1);
    if (err == 1) err = edo_udp_recv_many(a, &q, 1);
    if (err == 1) err = 0;
    edo_close(a);
    edo_close(b);
    return err;
}

static int failing_body(void *arg) {
    (void)arg;
    CHECK(fail_each_call(do_all) >= 8);
    return 0;
}

static void each_system_call_may_fail_and_nothing_leaks(void **state) {
    (void)state;
    in_fiber_of(&one_thread, failing_body, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_keep_boundaries_and_name_their_sender),
        cmocka_unit_test(a_datagram_without_room_is_an_error_not_a_cut),
        cmocka_unit_test(a_refused_datagram_does_not_end_the_socket),
        cmocka_unit_test(a_socket_may_change_its_peer),
        cmocka_unit_test(batches_keep_order_and_addresses),
        cmocka_unit_test(the_kernel_cuts_and_joins_segments),
        cmocka_unit_test(options_are_set_for_the_family),
        cmocka_unit_test(sockets_open_by_their_options),
        cmocka_unit_test(a_group_is_joined_and_left),
        cmocka_unit_test(control_data_comes_with_the_message),
        cmocka_unit_test(an_empty_error_queue_hides_no_datagram),
        cmocka_unit_test(close_and_abort_end_a_receive),
        cmocka_unit_test(each_system_call_may_fail_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
