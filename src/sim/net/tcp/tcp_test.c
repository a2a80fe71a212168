/* SPDX-License-Identifier: MIT */
/* Goal: a connection of the simulated network behaves, to its programs, as one of Linux over
 * loopback, but for the time that it takes.
 * Method: two hosts, a millisecond apart; each step is a call with the result that Linux has, at an
 * exact time. */
#include "sim/net/bed_test.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#define BULK 300000u

static char bulk[BULK], room[BULK];

/* ---- Opening --------------------------------------------------------------------------------- */

static void connect_takes_a_round_trip(void **state) {
    bed *t = *state;
    int l = listening(t->b, PORT, 10), a = opened(t->a, SOCK_STREAM);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), CALM | EPOLLHUP);
    assert_int_equal(connects(t->a, a, B_IP, PORT), -EINPROGRESS);
    assert_int_equal(connects(t->a, a, B_IP, PORT), -EALREADY);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), 0);
    assert_int_equal(edoi_simnet_send(t->a, a, "x", 1, 0), -EAGAIN);
    assert_int_equal(gets_any(t->a, a), -EAGAIN);
    pass(t, 2 * MS - 1);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), 0);
    assert_int_equal(accepts(t->b, l), -EAGAIN);
    pass(t, 1);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), CALM);
    assert_int_equal(error_of(t->a, a), 0);
    assert_int_equal(connects(t->a, a, B_IP, PORT), 0);
    assert_int_equal(connects(t->a, a, B_IP, PORT), -EISCONN);
    assert_int_equal(edoi_simnet_poll_mask(t->b, l), 0);
    pass(t, MS);
    assert_int_equal(edoi_simnet_poll_mask(t->b, l), INPUT);
    assert_true(edoi_simnet_is_fd(accepts(t->b, l)));
    assert_int_equal(accepts(t->b, l), -EAGAIN);
    assert_int_equal(edoi_simnet_next(t->net), INT64_MAX);
}

static void addresses_of_both_ends_agree(void **state) {
    bed *t = *state;
    ends e = joined(t);
    struct sockaddr_in a_own, a_peer, b_own, b_peer;
    socklen_t n = sizeof a_own;
    assert_int_equal(edoi_simnet_getsockname(t->a, e.a, (struct sockaddr *)&a_own, &n), 0);
    assert_int_equal(edoi_simnet_getpeername(t->a, e.a, (struct sockaddr *)&a_peer, &n), 0);
    assert_int_equal(edoi_simnet_getsockname(t->b, e.b, (struct sockaddr *)&b_own, &n), 0);
    assert_int_equal(edoi_simnet_getpeername(t->b, e.b, (struct sockaddr *)&b_peer, &n), 0);
    assert_memory_equal(&a_own, &b_peer, sizeof a_own);
    assert_memory_equal(&a_peer, &b_own, sizeof a_own);
    assert_int_equal(a_own.sin_addr.s_addr, at_ip(A_IP, 0).sin_addr.s_addr);
    assert_int_equal(a_peer.sin_port, htons(PORT));
    assert_in_range(ntohs(a_own.sin_port), 32768, 60999);
    int fresh = opened(t->a, SOCK_STREAM);
    assert_int_equal(edoi_simnet_getpeername(t->a, fresh, (struct sockaddr *)&a_peer, &n),
                     -ENOTCONN);
}

static void closed_port_refuses_after_a_round_trip(void **state) {
    bed *t = *state;
    int a = opened(t->a, SOCK_STREAM);
    assert_int_equal(connects(t->a, a, B_IP, PORT), -EINPROGRESS);
    pass(t, 2 * MS - 1);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), 0);
    pass(t, 1);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), HUNG | EPOLLERR);
    assert_int_equal(error_of(t->a, a), ECONNREFUSED);
    assert_int_equal(error_of(t->a, a), 0);
    assert_int_equal(connects(t->a, a, B_IP, PORT), -ECONNABORTED); // its error was taken
    int l = listening(t->b, PORT, 10);
    assert_int_equal(connects(t->a, a, B_IP, PORT), -EINPROGRESS); // once more
    pass(t, 3 * MS);
    assert_true(edoi_simnet_is_fd(accepts(t->b, l)));
    int again = opened(t->a, SOCK_STREAM);
    assert_int_equal(connects(t->a, again, B_IP, PORT + 1), -EINPROGRESS);
    pass(t, 2 * MS);
    assert_int_equal(connects(t->a, again, B_IP, PORT), -ECONNREFUSED);
}

static void silence_is_a_timeout_after_127_s(void **state) {
    bed *t = *state;
    int a = opened(t->a, SOCK_STREAM);
    edoi_simnode_crash(t->b);
    assert_int_equal(connects(t->a, a, B_IP, PORT), -EINPROGRESS);
    for (int64_t at = 1, wait = 1; wait <= 32; at += wait) { // SYN again after 1, 2, 4, … s
        assert_int_equal(edoi_simnet_next(t->net), at * S);
        edoi_simnet_advance(t->net, at * S);
        wait *= 2;
    }
    assert_int_equal(edoi_simnet_next(t->net), 127 * S);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), 0);
    edoi_simnet_advance(t->net, 127 * S);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), HUNG | EPOLLERR);
    assert_int_equal(error_of(t->a, a), ETIMEDOUT);
}

static void lost_syn_is_sent_again(void **state) {
    bed *t = *state;
    int l = listening(t->b, PORT, 10), a = opened(t->a, SOCK_STREAM);
    assert_int_equal(edoi_simlink_cut(t->net, t->a, t->b), 0);
    assert_int_equal(connects(t->a, a, B_IP, PORT), -EINPROGRESS);
    pass(t, S / 2);
    edoi_simlink_heal(t->net, t->a, t->b);
    edoi_simnet_advance(t->net, S + 2 * MS);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), CALM);
    pass(t, MS);
    assert_true(edoi_simnet_is_fd(accepts(t->b, l)));
}

static void address_that_nobody_has_is_unreachable(void **state) {
    bed *t = *state;
    int a = opened(t->a, SOCK_STREAM);
    assert_int_equal(connects(t->a, a, NOBODY_IP, PORT), -EINPROGRESS);
    pass(t, 3 * S);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), 0);
    pass(t, S);
    assert_int_equal(error_of(t->a, a), EHOSTUNREACH);

    edoi_simnode *only_v4;
    struct in_addr ip = at_ip("10.0.0.3", 0).sin_addr;
    assert_int_equal(edoi_simnode_add(t->net, &only_v4, "c", &ip, NULL), 0);
    struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
    assert_int_equal(inet_pton(AF_INET6, "fd00::2", &to.sin6_addr), 1);
    int c = edoi_simnet_socket(only_v4, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(edoi_simnet_connect(only_v4, c, (struct sockaddr *)&to, sizeof to),
                     -ENETUNREACH);
    int multi = opened(t->a, SOCK_STREAM);
    assert_int_equal(connects(t->a, multi, "224.0.0.1", PORT), -ENETUNREACH);
}

static void both_may_connect_to_each_other(void **state) {
    bed *t = *state;
    int a = opened(t->a, SOCK_STREAM), b = opened(t->b, SOCK_STREAM);
    assert_int_equal(bound(t->a, a, A_IP, 5000), 0);
    assert_int_equal(bound(t->b, b, B_IP, 6000), 0);
    assert_int_equal(connects(t->a, a, B_IP, 6000), -EINPROGRESS);
    assert_int_equal(connects(t->b, b, A_IP, 5000), -EINPROGRESS);
    pass(t, 4 * MS);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), CALM);
    assert_int_equal(edoi_simnet_poll_mask(t->b, b), CALM);
    assert_int_equal(puts_text(t->a, a, "to b"), 4);
    assert_int_equal(puts_text(t->b, b, "to a"), 4);
    pass(t, MS);
    gets_text(t->a, a, "to a");
    gets_text(t->b, b, "to b");
    int self = opened(t->a, SOCK_STREAM); // to itself, as a busy port range may bring about
    assert_int_equal(bound(t->a, self, "127.0.0.1", 40000), 0);
    assert_int_equal(connects(t->a, self, "127.0.0.1", 40000), -EINPROGRESS);
    pass(t, 0);
    assert_int_equal(puts_text(t->a, self, "echo"), 4);
    pass(t, 0);
    gets_text(t->a, self, "echo");
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

static void loopback_takes_no_time_but_an_event(void **state) {
    bed *t = *state;
    int l = listening(t->a, PORT, 10), c = opened(t->a, SOCK_STREAM);
    int64_t now = edoi_simnet_now(t->net);
    assert_int_equal(connects(t->a, c, "127.0.0.1", PORT), -EINPROGRESS);
    assert_int_equal(edoi_simnet_poll_mask(t->a, c), 0);
    assert_int_equal(edoi_simnet_next(t->net), now);
    pass(t, 0);
    int s = accepts(t->a, l);
    assert_int_equal(puts_text(t->a, c, "hello"), 5);
    assert_int_equal(gets_any(t->a, s), -EAGAIN);
    pass(t, 0);
    gets_text(t->a, s, "hello");
    assert_int_equal(edoi_simnet_now(t->net), now);
}

static void bytes_come_in_order_after_the_latency(void **state) {
    bed *t = *state;
    ends e = joined(t);
    struct iovec vecs[] = { { .iov_base = (char[]){ "ab" }, .iov_len = 2 },
                            { .iov_base = (char[]){ "cde" }, .iov_len = 3 } };
    assert_int_equal(edoi_simnet_writev(t->a, e.a, vecs, 2), 5);
    assert_int_equal(puts_text(t->a, e.a, "fgh"), 3);
    assert_int_equal(gets_any(t->b, e.b), -EAGAIN);
    pass(t, MS);
    assert_int_equal(edoi_simnet_poll_mask(t->b, e.b), CALM | INPUT);
    char two[2], six[6];
    int queued = 0;
    assert_int_equal(edoi_simnet_ioctl(t->b, e.b, FIONREAD, &queued), 0);
    assert_int_equal(queued, 8);
    assert_int_equal(edoi_simnet_recv(t->b, e.b, six, 6, MSG_PEEK), 6);
    assert_memory_equal(six, "abcdef", 6);
    struct iovec to[] = { { .iov_base = two, .iov_len = 2 }, { .iov_base = six, .iov_len = 2 } };
    assert_int_equal(edoi_simnet_readv(t->b, e.b, to, 2), 4);
    assert_memory_equal(two, "ab", 2);
    assert_memory_equal(six, "cd", 2);
    assert_int_equal(edoi_simnet_recv(t->b, e.b, NULL, 1, MSG_TRUNC), 1); // dropped
    gets_text(t->b, e.b, "fgh");
    assert_int_equal(gets_any(t->b, e.b), -EAGAIN);
}

static int unacked(edoi_simnode *node, int fd) {
    int n = -1;
    assert_int_equal(edoi_simnet_ioctl(node, fd, SIOCOUTQ, &n), 0);
    return n;
}

static void acknowledgement_takes_the_way_back(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(puts_text(t->a, e.a, "12345"), 5);
    assert_int_equal(unacked(t->a, e.a), 5);
    pass(t, 2 * MS - 1);
    assert_int_equal(unacked(t->a, e.a), 5);
    pass(t, 1);
    assert_int_equal(unacked(t->a, e.a), 0);
}

static void writer_waits_until_a_third_is_free(void **state) {
    bed *t = *state;
    ends e = joined(t);
    sets(t->a, e.a, SOL_SOCKET, SO_SNDBUF, 15000); // 30000, as the kernel counts
    sets(t->b, e.b, SOL_SOCKET, SO_RCVBUF, 1000);  // the window that is open stays so
    size_t sent = 0;
    for (ssize_t n; (n = edoi_simnet_send(t->a, e.a, bulk, BULK, 0)) != -EAGAIN;) {
        assert_true(n > 0);
        sent += (size_t)n;
        pass(t, 4 * MS);
    }
    assert_int_equal(sent, 131072 + 30000); // the window and the buffer
    assert_int_equal(edoi_simnet_poll_mask(t->a, e.a), 0);
    struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
    assert_int_equal(edoi_simwatch_ctl(t->a, 7, EPOLL_CTL_ADD, e.a, &ev), 0);
    assert_int_equal(edoi_simwatch_wait(t->a, 7, &ev, 1), 0);
    size_t got = 0;
    while (edoi_simwatch_wait(t->a, 7, &ev, 1) == 0) {
        assert_true(got < 131072 + 10000 + 2304);
        ssize_t n = edoi_simnet_recv(t->b, e.b, room, 1000, 0);
        assert_true(n > 0);
        got += (size_t)n;
        pass(t, 4 * MS);
    }
    assert_true(got >= 131072);
    assert_int_equal(ev.events, EPOLLOUT);
    assert_true(unacked(t->a, e.a) <= 20000);
}

static void full_buffers_move_all_in_the_end(void **state) {
    bed *t = *state;
    ends e = joined(t);
    for (size_t i = 0; i < BULK; i++) bulk[i] = (char)(i * 7 + i / 251);
    size_t sent = 0, got = 0;
    for (int i = 0; got < 3 * BULK; i++) {
        assert_true(i < 10000);
        while (sent < 3 * BULK) {
            size_t at = sent % BULK, n = BULK - at < 70000 ? BULK - at : 70000;
            ssize_t put = edoi_simnet_send(t->a, e.a, bulk + at, n, 0);
            if (put == -EAGAIN) break;
            assert_true(put > 0);
            sent += (size_t)put;
        }
        pass(t, 100 * US);
        ssize_t n = edoi_simnet_recv(t->b, e.b, room, 10000, 0);
        if (n == -EAGAIN) continue;
        assert_true(n > 0);
        for (ssize_t k = 0; k < n; k++) assert_int_equal(room[k], bulk[(got + (size_t)k) % BULK]);
        got += (size_t)n;
    }
    pass(t, 5 * MS);
    assert_int_equal(unacked(t->a, e.a), 0);
}

static void small_writes_share_pieces_while_they_wait(void **state) {
    bed *t = *state;
    ends e = joined_by(t, 1); // the least there is: 2304 bytes
    assert_int_equal(edoi_simnet_send(t->a, e.a, bulk, 2304, 0), 2304);
    for (uint32_t i = 0; i < BULK; i++) {
        bulk[i] = (char)(i * 13 + i / 256);
        assert_int_equal(edoi_simnet_send(t->a, e.a, &bulk[i], 1, 0), 1);
    }
    assert_int_equal(edoi_simnet_recv(t->b, e.b, room, 1, 0), -EAGAIN);
    pass(t, 3 * MS);
    assert_int_equal(edoi_simnet_recv(t->b, e.b, room, BULK, 0), 2304);
    uint32_t got = 0;
    for (int i = 0; got < BULK; i++) {
        assert_true(i < 1000);
        pass(t, 3 * MS);
        ssize_t n = edoi_simnet_recv(t->b, e.b, room + got, BULK - got, 0);
        assert_true(n > 0);
        got += (uint32_t)n;
    }
    assert_memory_equal(room, bulk, BULK);
}

static void blocking_socket_is_named(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(edoi_simnet_fcntl(t->a, e.a, F_SETFL, 0), 0);
    assert_int_equal(edoi_simnet_recv(t->a, e.a, room, 1, MSG_DONTWAIT), -EAGAIN);
    assert_int_equal(t->blocked_n, 0);
    assert_int_equal(edoi_simnet_recv(t->a, e.a, room, 1, 0), -EDEADLK);
    assert_int_equal(t->blocked_n, 1);
    int c = edoi_simnet_socket(t->a, AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connects(t->a, c, B_IP, PORT), -EDEADLK);
    assert_int_equal(t->blocked_n, 2);
}

/* ---- The end --------------------------------------------------------------------------------- */

static void halves_close_one_by_one(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(puts_text(t->a, e.a, "last"), 4);
    assert_int_equal(edoi_simnet_shutdown(t->a, e.a, SHUT_WR), 0);
    assert_int_equal(puts_text(t->a, e.a, "x"), -EPIPE);
    assert_int_equal(t->pipes_n, 0);
    assert_int_equal(edoi_simnet_write(t->a, e.a, "x", 1), -EPIPE);
    assert_int_equal(t->pipes_n, 1);
    pass(t, MS);
    assert_int_equal(edoi_simnet_poll_mask(t->b, e.b), CALM | ENDED);
    gets_text(t->b, e.b, "last");
    assert_int_equal(gets_any(t->b, e.b), 0);
    assert_int_equal(gets_any(t->b, e.b), 0);
    pass(t, MS);
    assert_int_equal(edoi_simnet_poll_mask(t->a, e.a), CALM);
    assert_int_equal(unacked(t->a, e.a), 0);
    assert_int_equal(puts_text(t->b, e.b, "reply"), 5);
    pass(t, MS);
    gets_text(t->a, e.a, "reply");
    assert_int_equal(edoi_simnet_shutdown(t->b, e.b, SHUT_WR), 0);
    assert_int_equal(puts_text(t->b, e.b, "x"), -EPIPE);
    pass(t, 2 * MS);
    assert_int_equal(gets_any(t->a, e.a), 0);
    assert_int_equal(edoi_simnet_poll_mask(t->a, e.a), HUNG);
    assert_int_equal(edoi_simnet_poll_mask(t->b, e.b), HUNG);
    assert_int_equal(edoi_simnet_shutdown(t->b, e.b, SHUT_WR), -ENOTCONN);
}

static void both_may_close_at_once(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(puts_text(t->a, e.a, "to b"), 4);
    assert_int_equal(puts_text(t->b, e.b, "to a"), 4);
    assert_int_equal(edoi_simnet_shutdown(t->a, e.a, SHUT_WR), 0);
    assert_int_equal(edoi_simnet_shutdown(t->b, e.b, SHUT_WR), 0);
    pass(t, 2 * MS);
    gets_text(t->a, e.a, "to a");
    gets_text(t->b, e.b, "to b");
    assert_int_equal(gets_any(t->a, e.a), 0);
    assert_int_equal(gets_any(t->b, e.b), 0);
    assert_int_equal(edoi_simnet_poll_mask(t->a, e.a), HUNG);
    closes(t->a, e.a);
    closes(t->b, e.b);
    closes(t->b, e.listener);
    pass(t, 61 * S); // TIME_WAIT of both
    assert_int_equal(edoi_simnet_next(t->net), INT64_MAX);
}

static void close_sends_what_was_written(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(puts_text(t->a, e.a, "farewell"), 8);
    closes(t->a, e.a);
    pass(t, MS);
    gets_text(t->b, e.b, "farewell");
    assert_int_equal(gets_any(t->b, e.b), 0);
    closes(t->b, e.b);
    pass(t, 61 * S);
    assert_int_equal(edoi_simnet_next(t->net), INT64_MAX);
}

static void close_with_unread_input_resets(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(puts_text(t->a, e.a, "unread"), 6);
    assert_int_equal(puts_text(t->b, e.b, "kept"), 4);
    pass(t, MS);
    closes(t->b, e.b);
    pass(t, MS);
    assert_int_equal(edoi_simnet_poll_mask(t->a, e.a), HUNG | EPOLLERR);
    gets_text(t->a, e.a, "kept"); // Linux keeps what had come
    assert_int_equal(gets_any(t->a, e.a), -ECONNRESET);
    assert_int_equal(gets_any(t->a, e.a), 0);
    assert_int_equal(puts_text(t->a, e.a, "x"), -EPIPE);
}

static void linger_of_0_resets(void **state) {
    bed *t = *state;
    ends e = joined(t);
    resets_on_close(t->b, e.b);
    closes(t->b, e.b);
    pass(t, MS);
    assert_int_equal(puts_text(t->a, e.a, "x"), -ECONNRESET);
    assert_int_equal(puts_text(t->a, e.a, "x"), -EPIPE);
    assert_int_equal(gets_any(t->a, e.a), 0);
}

static void reset_behind_the_end_is_a_broken_pipe(void **state) {
    bed *t = *state;
    ends e = joined(t);
    resets_on_close(t->b, e.b);
    assert_int_equal(edoi_simnet_shutdown(t->b, e.b, SHUT_WR), 0);
    pass(t, MS);
    closes(t->b, e.b);
    pass(t, MS);
    assert_int_equal(gets_any(t->a, e.a), 0);
    assert_int_equal(error_of(t->a, e.a), EPIPE);
    assert_int_equal(puts_text(t->a, e.a, "x"), -EPIPE);
}

static void bytes_for_nobody_are_reset(void **state) {
    bed *t = *state;
    ends e = joined(t);
    closes(t->b, e.b);
    pass(t, MS);
    assert_int_equal(gets_any(t->a, e.a), 0);
    assert_int_equal(puts_text(t->a, e.a, "x"), 1);
    pass(t, 2 * MS);
    assert_int_equal(edoi_simnet_poll_mask(t->a, e.a), HUNG | EPOLLERR);
    assert_int_equal(puts_text(t->a, e.a, "x"), -EPIPE);
}

static void shutdown_of_both_halves_is_quiet_until_bytes_come(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(edoi_simnet_shutdown(t->a, e.a, SHUT_RDWR), 0);
    assert_int_equal(edoi_simnet_poll_mask(t->a, e.a), HUNG);
    assert_int_equal(gets_any(t->a, e.a), 0);
    pass(t, 2 * MS);
    assert_int_equal(edoi_simnet_poll_mask(t->b, e.b), CALM | ENDED);
    assert_int_equal(puts_text(t->b, e.b, "x"), 1);
    pass(t, 2 * MS);
    assert_int_equal(edoi_simnet_poll_mask(t->b, e.b), HUNG | EPOLLERR);
    assert_int_equal(puts_text(t->b, e.b, "x"), -EPIPE);
    assert_int_equal(gets_any(t->b, e.b), 0);
}

static void shutdown_of_the_input_still_takes_bytes(void **state) {
    bed *t = *state;
    ends e = joined(t);
    assert_int_equal(edoi_simnet_shutdown(t->a, e.a, SHUT_RD), 0);
    assert_int_equal(gets_any(t->a, e.a), 0);
    assert_int_equal(puts_text(t->b, e.b, "late"), 4);
    pass(t, MS);
    gets_text(t->a, e.a, "late");
    assert_int_equal(gets_any(t->a, e.a), 0);
    assert_int_equal(puts_text(t->a, e.a, "x"), 1);
}

static void shutdown_of_an_opening_ends_it(void **state) {
    bed *t = *state;
    int a = opened(t->a, SOCK_STREAM);
    assert_int_equal(edoi_simnet_shutdown(t->a, a, SHUT_RDWR), -ENOTCONN);
    assert_int_equal(edoi_simnet_poll_mask(t->a, a), HUNG);
    (void)listening(t->b, PORT, 10);
    int c = opened(t->a, SOCK_STREAM);
    assert_int_equal(connects(t->a, c, B_IP, PORT), -EINPROGRESS);
    assert_int_equal(edoi_simnet_shutdown(t->a, c, SHUT_RDWR), 0);
    assert_int_equal(error_of(t->a, c), ECONNRESET);
    pass(t, 10 * MS);
    assert_int_equal(edoi_simnet_poll_mask(t->a, c), CALM | EPOLLHUP);
}

static void port_in_time_wait_is_free_by_option(void **state) {
    bed *t = *state;
    ends e = joined(t);
    closes(t->b, e.listener);
    closes(t->b, e.b); // the end that closes first waits
    pass(t, 2 * MS);
    assert_int_equal(gets_any(t->a, e.a), 0);
    closes(t->a, e.a);
    pass(t, 2 * MS);
    int l = opened(t->b, SOCK_STREAM);
    assert_int_equal(bound(t->b, l, "0.0.0.0", PORT), -EADDRINUSE);
    pass(t, 61 * S);
    assert_int_equal(bound(t->b, l, "0.0.0.0", PORT), 0);
    closes(t->b, l);

    l = opened(t->b, SOCK_STREAM);
    sets(t->b, l, SOL_SOCKET, SO_REUSEADDR, 1);
    assert_int_equal(bound(t->b, l, "0.0.0.0", PORT), 0);
    assert_int_equal(edoi_simnet_listen(t->b, l, 1), 0);
    int c = opened(t->a, SOCK_STREAM);
    assert_int_equal(connects(t->a, c, B_IP, PORT), -EINPROGRESS);
    pass(t, 3 * MS);
    int s = accepts(t->b, l);
    closes(t->b, s);
    closes(t->b, l);
    pass(t, 2 * MS);
    closes(t->a, c);
    pass(t, 2 * MS);
    l = opened(t->b, SOCK_STREAM);
    sets(t->b, l, SOL_SOCKET, SO_REUSEADDR, 1);
    assert_int_equal(bound(t->b, l, "0.0.0.0", PORT), 0);
}

static void unspec_disconnects(void **state) {
    bed *t = *state;
    ends e = joined(t);
    const struct sockaddr none = { .sa_family = AF_UNSPEC };
    assert_int_equal(edoi_simnet_connect(t->a, e.a, &none, sizeof none), 0);
    pass(t, MS);
    assert_int_equal(gets_any(t->b, e.b), -ECONNRESET);
    assert_int_equal(error_of(t->a, e.a), ECONNRESET);
    assert_int_equal(connects(t->a, e.a, B_IP, PORT), -EINPROGRESS);
    pass(t, 3 * MS);
    assert_true(edoi_simnet_is_fd(accepts(t->b, e.listener)));
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(connect_takes_a_round_trip),
        TEST(addresses_of_both_ends_agree),
        TEST(closed_port_refuses_after_a_round_trip),
        TEST(silence_is_a_timeout_after_127_s),
        TEST(lost_syn_is_sent_again),
        TEST(address_that_nobody_has_is_unreachable),
        TEST(both_may_connect_to_each_other),
        TEST(loopback_takes_no_time_but_an_event),
        TEST(bytes_come_in_order_after_the_latency),
        TEST(acknowledgement_takes_the_way_back),
        TEST(writer_waits_until_a_third_is_free),
        TEST(full_buffers_move_all_in_the_end),
        TEST(small_writes_share_pieces_while_they_wait),
        TEST(blocking_socket_is_named),
        TEST(halves_close_one_by_one),
        TEST(both_may_close_at_once),
        TEST(close_sends_what_was_written),
        TEST(close_with_unread_input_resets),
        TEST(linger_of_0_resets),
        TEST(reset_behind_the_end_is_a_broken_pipe),
        TEST(bytes_for_nobody_are_reset),
        TEST(shutdown_of_both_halves_is_quiet_until_bytes_come),
        TEST(shutdown_of_the_input_still_takes_bytes),
        TEST(shutdown_of_an_opening_ends_it),
        TEST(port_in_time_wait_is_free_by_option),
        TEST(unspec_disconnects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
