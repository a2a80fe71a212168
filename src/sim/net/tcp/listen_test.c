/* SPDX-License-Identifier: MIT */
/* Goal: a listener's queue, and what becomes of connections in it.
 * Method: two hosts; each step is a call with the result that Linux has. */
#include "sim/net/bed_test.h"

#include <linux/sock_diag.h>
#include <netinet/tcp.h>

static int begun(bed *t) {
    int fd = opened(t->a, SOCK_STREAM);
    assert_int_equal(connects(t->a, fd, B_IP, PORT), -EINPROGRESS);
    return fd;
}

static struct tcp_info info_of(edoi_simnode *node, int fd) {
    struct tcp_info info;
    socklen_t bytes = sizeof info;
    assert_int_equal(edoi_simnet_getsockopt(node, fd, IPPROTO_TCP, TCP_INFO, &info, &bytes), 0);
    return info;
}

static void full_queue_drops_what_comes_and_takes_it_later(void **state) {
    bed *t = *state;
    int l = listening(t->b, PORT, 1), fds[4]; // as Linux: one more than the backlog
    uint32_t memory[SK_MEMINFO_VARS];
    socklen_t bytes = sizeof memory;
    for (int i = 0; i < 4; i++) fds[i] = begun(t);
    pass(t, 10 * MS);
    for (int i = 0; i < 4; i++)
        assert_int_equal(edoi_simnet_poll_mask(t->a, fds[i]), i < 2 ? CALM : 0);
    assert_int_equal(info_of(t->b, l).tcpi_unacked, 2);
    assert_int_equal(info_of(t->b, l).tcpi_sacked, 1);
    assert_int_equal(info_of(t->b, l).tcpi_state, TCP_LISTEN);
    assert_int_equal(edoi_simnet_getsockopt(t->b, l, SOL_SOCKET, SO_MEMINFO, memory, &bytes), 0);
    assert_int_equal(memory[SK_MEMINFO_DROPS], 2);
    assert_true(accepts(t->b, l) > 0);
    pass(t, S); // the SYN is sent again
    assert_int_equal(edoi_simnet_poll_mask(t->a, fds[2]), CALM);
    assert_int_equal(edoi_simnet_poll_mask(t->a, fds[3]), 0);
    assert_true(accepts(t->b, l) > 0);
    assert_true(accepts(t->b, l) > 0);
    assert_int_equal(accepts(t->b, l), -EAGAIN);
    pass(t, 2 * S);
    assert_int_equal(edoi_simnet_poll_mask(t->a, fds[3]), CALM);
    assert_true(accepts(t->b, l) > 0);
}

static void queue_keeps_the_order_and_the_bytes(void **state) {
    bed *t = *state;
    int l = listening(t->b, PORT, 10), first = begun(t), second;
    pass(t, MS / 2);
    second = begun(t);
    pass(t, 5 * MS);
    assert_int_equal(puts_text(t->a, first, "first"), 5);
    assert_int_equal(puts_text(t->a, second, "second"), 6);
    closes(t->a, second);
    pass(t, MS);
    int one = accepts(t->b, l), two = accepts(t->b, l);
    gets_text(t->b, one, "first");
    assert_int_equal(gets_any(t->b, one), -EAGAIN);
    gets_text(t->b, two, "second");
    assert_int_equal(gets_any(t->b, two), 0);
}

static void connection_that_was_reset_in_the_queue_is_accepted(void **state) {
    bed *t = *state;
    int l = listening(t->b, PORT, 10), a = begun(t);
    struct sockaddr_in from;
    socklen_t bytes = sizeof from;
    pass(t, 3 * MS);
    resets_on_close(t->a, a);
    closes(t->a, a);
    pass(t, MS);
    int b = edoi_simnet_accept4(t->b, l, (struct sockaddr *)&from, &bytes, SOCK_NONBLOCK);
    assert_true(edoi_simnet_is_fd(b));
    assert_int_equal(bytes, sizeof from);
    assert_int_equal(from.sin_addr.s_addr, at_ip(A_IP, 0).sin_addr.s_addr);
    assert_int_equal(gets_any(t->b, b), -ECONNRESET);
    assert_int_equal(gets_any(t->b, b), 0);
}

static void end_of_the_listener_resets_its_queue(void **state) {
    bed *t = *state;
    int l = listening(t->b, PORT, 10), queued = begun(t);
    pass(t, 3 * MS);
    int opening = begun(t);
    pass(t, MS); // its SYN has come
    assert_int_equal(edoi_simnet_shutdown(t->b, l, SHUT_RDWR), 0);
    assert_int_equal(accepts(t->b, l), -EINVAL);
    assert_int_equal(edoi_simnet_poll_mask(t->b, l), CALM | EPOLLHUP);
    pass(t, 5 * MS);
    assert_int_equal(error_of(t->a, queued), ECONNRESET);
    assert_int_equal(error_of(t->a, opening), ECONNRESET); // it was connected for a moment
    int late = begun(t);
    pass(t, 5 * MS);
    assert_int_equal(error_of(t->a, late), ECONNREFUSED);
    assert_int_equal(edoi_simnet_listen(t->b, l, 10), 0); // once more
    late = begun(t);
    pass(t, 5 * MS);
    assert_true(edoi_simnet_is_fd(accepts(t->b, l)));
    closes(t->b, l);
    pass(t, MS);
    assert_int_equal(gets_any(t->a, late), -EAGAIN); // it was accepted
}

static void accepted_sockets_have_the_options_of_the_listener(void **state) {
    bed *t = *state;
    int l = listening(t->b, PORT, 10);
    sets(t->b, l, SOL_SOCKET, SO_KEEPALIVE, 1);
    sets(t->b, l, IPPROTO_TCP, TCP_KEEPIDLE, 11);
    sets(t->b, l, IPPROTO_TCP, TCP_NODELAY, 1);
    sets(t->b, l, IPPROTO_TCP, TCP_USER_TIMEOUT, 1234);
    sets(t->b, l, SOL_SOCKET, SO_RCVBUF, 10000);
    sets(t->b, l, IPPROTO_IP, IP_TOS, 16);
    (void)begun(t);
    (void)begun(t);
    pass(t, 3 * MS);
    int b = accepts(t->b, l), other = accepts(t->b, l);
    assert_int_equal(gets_int(t->b, b, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(gets_int(t->b, b, IPPROTO_TCP, TCP_KEEPIDLE), 11);
    assert_int_equal(gets_int(t->b, b, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(gets_int(t->b, b, IPPROTO_TCP, TCP_USER_TIMEOUT), 1234);
    assert_int_equal(gets_int(t->b, b, SOL_SOCKET, SO_RCVBUF), 20000);
    assert_int_equal(gets_int(t->b, b, SOL_SOCKET, SO_ACCEPTCONN), 0);
    assert_int_equal(gets_int(t->b, l, SOL_SOCKET, SO_ACCEPTCONN), 1);
    sets(t->b, b, IPPROTO_IP, IP_TOS, 8); // of one only
    assert_int_equal(gets_int(t->b, b, IPPROTO_IP, IP_TOS), 8);
    assert_int_equal(gets_int(t->b, other, IPPROTO_IP, IP_TOS), 16);
    assert_int_equal(edoi_simnet_fcntl(t->b, b, F_GETFL, 0), O_RDWR | O_NONBLOCK);
    assert_int_equal(edoi_simnet_fcntl(t->b, b, F_GETFD, 0), FD_CLOEXEC);
}

/* ---- Addresses ------------------------------------------------------------------------------- */

static int listens_at(edoi_simnode *node, const char *ip, uint16_t port, int option) {
    int fd = opened(node, SOCK_STREAM);
    if (option) sets(node, fd, SOL_SOCKET, option, 1);
    int err = bound(node, fd, ip, port);
    if (err == 0) err = edoi_simnet_listen(node, fd, 10);
    if (err < 0) closes(node, fd);
    return err < 0 ? err : fd;
}

static void addresses_that_overlap_are_in_use(void **state) {
    bed *t = *state;
    assert_int_equal(listens_at(t->a, B_IP, PORT, 0), -EADDRNOTAVAIL);
    int one = listens_at(t->a, A_IP, PORT, 0);
    assert_true(one > 0);
    assert_int_equal(listens_at(t->a, A_IP, PORT, 0), -EADDRINUSE);
    assert_int_equal(listens_at(t->a, "0.0.0.0", PORT, 0), -EADDRINUSE);
    assert_int_equal(listens_at(t->a, A_IP, PORT, SO_REUSEADDR), -EADDRINUSE);
    assert_true(listens_at(t->a, "127.0.0.1", PORT, 0) > 0);
    assert_true(listens_at(t->a, A_IP, PORT + 1, 0) > 0);
    assert_true(listens_at(t->b, "0.0.0.0", PORT, 0) > 0);
    closes(t->a, one);
    assert_true(listens_at(t->a, A_IP, PORT, 0) > 0);
}

static void more_specific_listener_gets_the_connection(void **state) {
    bed *t = *state;
    int any = listens_at(t->b, "0.0.0.0", PORT, SO_REUSEPORT);
    int one = listens_at(t->b, B_IP, PORT, SO_REUSEPORT);
    assert_true(any > 0 && one > 0);
    (void)begun(t);
    pass(t, 3 * MS);
    assert_int_equal(accepts(t->b, any), -EAGAIN);
    assert_true(accepts(t->b, one) > 0);
}

static void listeners_share_a_port(void **state) {
    bed *t = *state;
    int ls[2] = { listens_at(t->b, "0.0.0.0", PORT, SO_REUSEPORT),
                  listens_at(t->b, "0.0.0.0", PORT, SO_REUSEPORT) };
    int got[2] = { 0, 0 };
    for (int i = 0; i < 10; i++) {
        (void)begun(t);
        pass(t, 3 * MS);
        for (int k = 0; k < 2; k++) got[k] += accepts(t->b, ls[k]) > 0;
    }
    assert_int_equal(got[0] + got[1], 10);
    assert_true(got[0] > 0 && got[1] > 0);
}

static void listener_of_ipv6_takes_ipv4(void **state) {
    bed *t = *state;
    const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
    struct sockaddr_in6 peer, to = any;
    socklen_t bytes = sizeof peer;
    int l = edoi_simnet_socket(t->b, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(edoi_simnet_bind(t->b, l, (const struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(edoi_simnet_listen(t->b, l, 10), 0);
    assert_int_equal(listens_at(t->b, "0.0.0.0", PORT, 0), -EADDRINUSE);
    (void)begun(t);
    pass(t, 3 * MS);
    assert_true(edoi_simnet_accept4(t->b, l, (struct sockaddr *)&peer, &bytes, 0) > 0);
    assert_true(IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr));
    assert_int_equal(inet_pton(AF_INET6, "fd00::2", &to.sin6_addr), 1);
    int c = edoi_simnet_socket(t->a, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(edoi_simnet_connect(t->a, c, (struct sockaddr *)&to, sizeof to), -EINPROGRESS);
    pass(t, 3 * MS);
    assert_true(edoi_simnet_accept4(t->b, l, (struct sockaddr *)&peer, &bytes, 0) > 0);
    assert_int_equal(inet_pton(AF_INET6, "fd00::1", &to.sin6_addr), 1);
    assert_memory_equal(&peer.sin6_addr, &to.sin6_addr, sizeof to.sin6_addr);
    closes(t->b, l);

    l = edoi_simnet_socket(t->b, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sets(t->b, l, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    sets(t->b, l, SOL_SOCKET, SO_REUSEADDR, 1);
    assert_int_equal(edoi_simnet_bind(t->b, l, (const struct sockaddr *)&any, sizeof any),
                     -EADDRINUSE);
}

static void chosen_ports_are_free_and_by_the_seed(void **state) {
    bed *t = *state;
    uint16_t ports[50];
    for (int i = 0; i < 50; i++) {
        struct sockaddr_in at;
        socklen_t bytes = sizeof at;
        int fd = opened(t->a, SOCK_STREAM);
        assert_int_equal(bound(t->a, fd, "0.0.0.0", 0), 0);
        assert_int_equal(edoi_simnet_getsockname(t->a, fd, (struct sockaddr *)&at, &bytes), 0);
        ports[i] = ntohs(at.sin_port);
        assert_in_range(ports[i], 32768, 60999);
        for (int k = 0; k < i; k++) assert_int_not_equal(ports[i], ports[k]);
    }
    bed again;
    bed_init(&again, 1, false);
    for (int i = 0; i < 50; i++) {
        struct sockaddr_in at;
        socklen_t bytes = sizeof at;
        int fd = opened(again.a, SOCK_STREAM);
        assert_int_equal(bound(again.a, fd, "0.0.0.0", 0), 0);
        assert_int_equal(edoi_simnet_getsockname(again.a, fd, (struct sockaddr *)&at, &bytes), 0);
        assert_int_equal(ports[i], ntohs(at.sin_port));
    }
    edoi_simnet_free(again.net);
}

static void address_may_be_bound_and_the_port_left_to_connect(void **state) {
    bed *t = *state;
    int l = listening(t->b, PORT, 10), fd = opened(t->a, SOCK_STREAM);
    struct sockaddr_in at;
    socklen_t bytes = sizeof at;
    sets(t->a, fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    assert_int_equal(bound(t->a, fd, A_IP, 0), 0);
    assert_int_equal(edoi_simnet_getsockname(t->a, fd, (struct sockaddr *)&at, &bytes), 0);
    assert_int_equal(at.sin_port, 0);
    assert_int_equal(connects(t->a, fd, B_IP, PORT), -EINPROGRESS);
    pass(t, 3 * MS);
    assert_true(accepts(t->b, l) > 0);
    assert_int_equal(edoi_simnet_getsockname(t->a, fd, (struct sockaddr *)&at, &bytes), 0);
    assert_in_range(ntohs(at.sin_port), 32768, 60999);
    int twin = opened(t->a, SOCK_STREAM); // the pair is in use
    assert_int_equal(bound(t->a, twin, A_IP, ntohs(at.sin_port)), -EADDRINUSE);
    sets(t->a, twin, SOL_SOCKET, SO_REUSEPORT, 1);
    assert_int_equal(bound(t->a, twin, A_IP, ntohs(at.sin_port)), 0);
    assert_int_equal(connects(t->a, twin, B_IP, PORT), -EADDRNOTAVAIL);
    assert_int_equal(connects(t->a, twin, B_IP, PORT + 1), -EINPROGRESS);
}

static void ports_run_out(void **state) {
    bed *t = *state;
    (void)listening(t->b, PORT, 10);
    int n = 0, err = 0, fd = -1;
    while (err == 0) {
        fd = opened(t->a, SOCK_STREAM);
        err = connects(t->a, fd, NOBODY_IP, PORT);
        if (err != -EINPROGRESS) break;
        err = 0;
        n++;
    }
    assert_int_equal(err, -EADDRNOTAVAIL);
    assert_int_equal(n, 60999 - 32768 + 1);
    assert_int_equal(connects(t->a, fd, B_IP, PORT), -EINPROGRESS); // another pair
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(full_queue_drops_what_comes_and_takes_it_later),
        TEST(queue_keeps_the_order_and_the_bytes),
        TEST(connection_that_was_reset_in_the_queue_is_accepted),
        TEST(end_of_the_listener_resets_its_queue),
        TEST(accepted_sockets_have_the_options_of_the_listener),
        TEST(addresses_that_overlap_are_in_use),
        TEST(more_specific_listener_gets_the_connection),
        TEST(listeners_share_a_port),
        TEST(listener_of_ipv6_takes_ipv4),
        TEST(chosen_ports_are_free_and_by_the_seed),
        TEST(address_may_be_bound_and_the_port_left_to_connect),
        TEST(ports_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
