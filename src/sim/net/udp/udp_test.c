/* SPDX-License-Identifier: MIT */
/* Goal: datagrams of the simulated network come whole or not at all, and refusals are told to
 * connected sockets; links lose, double and reorder them as they are told.
 * Method: two hosts, a millisecond apart; each step is a call with the result that Linux has. */
#include "sim/net/bed_test.h"

static int udp_at(edoi_simnode *node, const char *ip, uint16_t port) {
    int fd = opened(node, SOCK_DGRAM);
    assert_int_equal(bound(node, fd, ip, port), 0);
    return fd;
}

static ssize_t sends_to(edoi_simnode *node, int fd, const char *text, const char *ip,
                        uint16_t port) {
    struct sockaddr_in to = at_ip(ip, port);
    return edoi_simnet_sendto(node, fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to);
}

static void packet_comes_whole_with_its_address(void **state) {
    bed *t = *state;
    int a = opened(t->a, SOCK_DGRAM), b = udp_at(t->b, "0.0.0.0", PORT);
    struct sockaddr_in from, own;
    socklen_t bytes = sizeof from;
    char got[4];
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), CALM | EPOLLWRBAND);
    assert_int_equal(sends_to(t->a, a, "first", B_IP, PORT), 5);
    assert_int_equal(sends_to(t->a, a, "", B_IP, PORT), 0);
    assert_int_equal(sends_to(t->a, a, "third", B_IP, PORT), 5);
    pass(t, MS - 1);
    assert_int_equal(edoi_simnet_recv(t->b, b, got, 4, 0), -EAGAIN);
    pass(t, 1);
    assert_int_equal(edoi_simnet_poll_mask(t->b, b), CALM | EPOLLWRBAND | INPUT);
    assert_int_equal(edoi_simnet_recv(t->b, b, got, 4, MSG_PEEK | MSG_TRUNC), 5);
    assert_int_equal(edoi_simnet_recvfrom(t->b, b, got, 4, 0, (struct sockaddr *)&from, &bytes), 4);
    assert_memory_equal(got, "firs", 4);
    assert_int_equal(edoi_simnet_getsockname(t->a, a, (struct sockaddr *)&own, &bytes), 0);
    assert_int_equal(from.sin_port, own.sin_port);
    assert_int_equal(from.sin_addr.s_addr, at_ip(A_IP, 0).sin_addr.s_addr);
    assert_int_equal(edoi_simnet_recv(t->b, b, got, 4, 0), 0); // an empty one
    struct iovec vec = { .iov_base = got, .iov_len = 4 };
    struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1, .msg_controllen = 9 };
    assert_int_equal(edoi_simnet_recvmsg(t->b, b, &msg, MSG_TRUNC), 5);
    assert_int_equal(msg.msg_flags, MSG_TRUNC);
    assert_int_equal(msg.msg_controllen, 0);
    assert_int_equal(edoi_simnet_recv(t->b, b, got, 4, 0), -EAGAIN);
    assert_int_equal(edoi_simnet_recv(t->b, b, got, 4, MSG_ERRQUEUE), -EAGAIN);
}

static void many_go_in_one_call(void **state) {
    bed *t = *state;
    int a = opened(t->a, SOCK_DGRAM), b = udp_at(t->b, "0.0.0.0", PORT);
    struct mmsghdr msgs[4];
    struct iovec vecs[4];
    char texts[4][8] = { "a", "bb", "ccc", "dddd" };
    assert_int_equal(connects(t->a, a, B_IP, PORT), 0);
    memset(msgs, 0, sizeof msgs);
    for (size_t i = 0; i < 4; i++) {
        vecs[i] = (struct iovec){ .iov_base = texts[i], .iov_len = i + 1 };
        msgs[i].msg_hdr.msg_iov = &vecs[i];
        msgs[i].msg_hdr.msg_iovlen = 1;
    }
    assert_int_equal(edoi_simnet_sendmmsg(t->a, a, msgs, 4, 0), 4);
    pass(t, MS);
    memset(texts, 0, sizeof texts);
    for (size_t i = 0; i < 4; i++) vecs[i].iov_len = 8;
    assert_int_equal(edoi_simnet_recvmmsg(t->b, b, msgs, 3, 0), 3);
    assert_int_equal(msgs[2].msg_len, 3);
    assert_string_equal(texts[2], "ccc");
    assert_int_equal(edoi_simnet_recvmmsg(t->b, b, msgs, 4, 0), 1);
    assert_string_equal(texts[0], "dddd");
    assert_int_equal(edoi_simnet_recvmmsg(t->b, b, msgs, 4, 0), -EAGAIN);
}

static void closed_port_is_told_to_a_connected_socket(void **state) {
    bed *t = *state;
    int a = opened(t->a, SOCK_DGRAM), other = opened(t->a, SOCK_DGRAM);
    struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
    assert_int_equal(sends_to(t->a, other, "x", B_IP, PORT), 1);
    assert_int_equal(connects(t->a, a, B_IP, PORT), 0);
    assert_int_equal(edoi_simwatch_ctl(t->a, 5, EPOLL_CTL_ADD, a, &ev), 0);
    assert_int_equal(puts_text(t->a, a, "x"), 1);
    pass(t, 2 * MS - 1);
    assert_int_equal(edoi_simwatch_wait(t->a, 5, &ev, 1), 0);
    pass(t, 1);
    assert_int_equal(edoi_simwatch_wait(t->a, 5, &ev, 1), 1);
    assert_int_equal(ev.events, EPOLLERR);
    assert_int_equal(gets_any(t->a, a), -ECONNREFUSED);
    assert_int_equal(gets_any(t->a, a), -EAGAIN);
    assert_int_equal(gets_any(t->a, other), -EAGAIN); // not connected: not told
    int b = udp_at(t->b, "0.0.0.0", PORT);
    assert_int_equal(puts_text(t->a, a, "y"), 1);
    pass(t, MS);
    gets_text(t->b, b, "y");
}

static void connected_socket_hears_its_peer_only(void **state) {
    bed *t = *state;
    int a = udp_at(t->a, A_IP, 4000), stranger = udp_at(t->a, A_IP, 4001);
    int b = udp_at(t->b, "0.0.0.0", PORT), any = opened(t->b, SOCK_DGRAM);
    sets(t->b, any, SOL_SOCKET, SO_REUSEADDR, 1);
    assert_int_equal(bound(t->b, any, "0.0.0.0", PORT), -EADDRINUSE);
    assert_int_equal(puts_text(t->b, any, "x"), -EDESTADDRREQ);
    assert_int_equal(connects(t->b, b, A_IP, 4000), 0);
    assert_int_equal(sends_to(t->a, stranger, "from another", B_IP, PORT), 12);
    assert_int_equal(sends_to(t->a, a, "from the peer", B_IP, PORT), 13);
    pass(t, MS);
    gets_text(t->b, b, "from the peer");
    assert_int_equal(gets_any(t->b, b), -EAGAIN);
    const struct sockaddr none = { .sa_family = AF_UNSPEC };
    assert_int_equal(edoi_simnet_connect(t->b, b, &none, sizeof none), 0);
    assert_int_equal(sends_to(t->a, stranger, "from another", B_IP, PORT), 12);
    pass(t, MS);
    gets_text(t->b, b, "from another");
    assert_int_equal(edoi_simnet_shutdown(t->b, b, SHUT_RDWR), -ENOTCONN);
    assert_int_equal(edoi_simnet_listen(t->b, b, 1), -EOPNOTSUPP);
}

static void queue_is_bounded(void **state) {
    bed *t = *state;
    int a = opened(t->a, SOCK_DGRAM), b = udp_at(t->b, "0.0.0.0", PORT), n = 0;
    sets(t->b, b, SOL_SOCKET, SO_RCVBUF, 5000);
    assert_int_equal(connects(t->a, a, B_IP, PORT), 0);
    for (int i = 0; i < 100; i++) assert_int_equal(puts_text(t->a, a, "ten bytes!"), 10);
    pass(t, MS);
    while (gets_any(t->b, b) == 10) n++;
    assert_in_range(n, 5, 20);
    assert_int_equal(puts_text(t->a, a, "again"), 5);
    pass(t, MS);
    gets_text(t->b, b, "again");
}

static void addresses_that_do_not_go(void **state) {
    bed *t = *state;
    static char big[70000];
    int a = opened(t->a, SOCK_DGRAM);
    assert_int_equal(sends_to(t->a, a, "x", "255.255.255.255", PORT), -ENETUNREACH);
    assert_int_equal(sends_to(t->a, a, "x", "224.0.0.1", PORT), -ENETUNREACH);
    assert_int_equal(sends_to(t->a, a, "x", B_IP, 0), -EINVAL);
    assert_int_equal(sends_to(t->a, a, "x", NOBODY_IP, PORT), 1); // lost
    assert_int_equal(connects(t->a, a, B_IP, PORT), 0);
    assert_int_equal(edoi_simnet_send(t->a, a, big, 65508, 0), -EMSGSIZE);
    assert_int_equal(edoi_simnet_send(t->a, a, big, 65507, 0), 65507);
}

/* Sends `n` numbered packets, 10 us apart, and returns how many came; those that were overtaken are
 * in `*late`, and second ones in `*twice`. */
static int delivered(bed *t, int n, int *late, int *twice) {
    int a = opened(t->a, SOCK_DGRAM), b = udp_at(t->b, "0.0.0.0", PORT), got = 0, last = -1;
    bool seen[1000] = { false };
    *late = *twice = 0;
    sets(t->b, b, SOL_SOCKET, SO_RCVBUF, 200000);
    assert_int_equal(connects(t->a, a, B_IP, PORT), 0);
    for (int i = 0; i < n; i++) {
        assert_int_equal(edoi_simnet_send(t->a, a, &i, sizeof i, 0), sizeof i);
        pass(t, 10 * US);
        int k;
        if (i == n - 1) pass(t, S);
        while (edoi_simnet_recv(t->b, b, &k, sizeof k, 0) == sizeof k) {
            assert_in_range(k, 0, n - 1);
            if (seen[k]) {
                ++*twice;
                continue;
            }
            seen[k] = true;
            got++;
            if (k < last) ++*late;
            if (k > last) last = k;
        }
    }
    closes(t->a, a);
    closes(t->b, b);
    return got;
}

static void links_lose_double_and_reorder(void **state) {
    bed *t = *state;
    int late, twice;
    edoi_simlink_opts opts = { .latency_min = MS, .latency_mean = MS, .latency_max = 5 * MS };
    assert_int_equal(edoi_simlink_set(t->net, t->a, t->b, &opts), 0);
    assert_int_equal(delivered(t, 1000, &late, &twice), 1000);
    assert_int_equal(late, 0);
    assert_int_equal(twice, 0);
    opts.datagram_loss = 100000;
    opts.datagram_twice = 200000;
    assert_int_equal(edoi_simlink_set(t->net, t->a, t->b, &opts), 0);
    int n = delivered(t, 1000, &late, &twice);
    assert_in_range(n, 850, 998); // a second one may come in the place of one that is lost
    assert_in_range(twice, 100, 300);
    opts = (edoi_simlink_opts){ .latency_min = MS, .datagram_late = 100000, .late_max = MS };
    assert_int_equal(edoi_simlink_set(t->net, t->a, t->b, &opts), 0);
    assert_int_equal(delivered(t, 1000, &late, &twice), 1000);
    assert_in_range(late, 50, 150);
}

static void cut_and_crash_lose_what_is_under_way(void **state) {
    bed *t = *state;
    int a = opened(t->a, SOCK_DGRAM), b = udp_at(t->b, "0.0.0.0", PORT);
    assert_int_equal(connects(t->a, a, B_IP, PORT), 0);
    assert_int_equal(puts_text(t->a, a, "cut"), 3);
    assert_int_equal(edoi_simlink_cut(t->net, t->a, t->b), 0);
    pass(t, MS);
    edoi_simlink_heal(t->net, t->a, t->b);
    assert_int_equal(gets_any(t->b, b), -EAGAIN);
    assert_int_equal(puts_text(t->a, a, "crash"), 5);
    edoi_simnode_crash(t->b);
    pass(t, MS);
    assert_int_equal(gets_any(t->b, b), -EAGAIN);
    assert_int_equal(puts_text(t->a, a, "x"), 1);
    pass(t, MS);
    edoi_simnode_restart(t->b);
    assert_int_equal(puts_text(t->a, a, "x"), 1); // the new kernel knows no such port
    pass(t, 2 * MS);
    assert_int_equal(gets_any(t->a, a), -ECONNREFUSED);
    closes(t->b, b);
}

static void held_packets_wait_in_order(void **state) {
    bed *t = *state;
    int a = opened(t->a, SOCK_DGRAM), b = udp_at(t->b, "0.0.0.0", PORT);
    assert_int_equal(connects(t->a, a, B_IP, PORT), 0);
    assert_int_equal(edoi_simlink_hold(t->net, t->a, t->b), 0);
    assert_int_equal(puts_text(t->a, a, "one"), 3);
    pass(t, MS);
    assert_int_equal(puts_text(t->a, a, "two"), 3);
    pass(t, S);
    assert_int_equal(gets_any(t->b, b), -EAGAIN);
    edoi_simlink_release(t->net, t->a, t->b);
    gets_text(t->b, b, "one");
    gets_text(t->b, b, "two");
    assert_int_equal(edoi_simlink_hold(t->net, t->a, t->b), 0);
    assert_int_equal(puts_text(t->a, a, "lost"), 4);
    pass(t, MS);
    assert_int_equal(puts_text(t->a, a, "freed with the net"), 18);
    pass(t, MS);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(packet_comes_whole_with_its_address),
        TEST(many_go_in_one_call),
        TEST(closed_port_is_told_to_a_connected_socket),
        TEST(connected_socket_hears_its_peer_only),
        TEST(queue_is_bounded),
        TEST(addresses_that_do_not_go),
        TEST(links_lose_double_and_reorder),
        TEST(cut_and_crash_lose_what_is_under_way),
        TEST(held_packets_wait_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
