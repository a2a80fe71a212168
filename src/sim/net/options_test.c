/* SPDX-License-Identifier: MIT */
/* Goal: options of sockets read as Linux has them, and unknown ones are refused.
 * Method: each option once; all that src/net sets is among them. */
#include "sim/net/bed_test.h"

#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>

typedef struct row {
    const char *name;
    int type, level, option;
    int before, set, after; /* what it reads as, at first and then */
} row;

#define ROW(type, level, option, before, set, after)                                               \
    { #option, type, level, option, before, set, after }

static const row rows[] = {
    ROW(SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR, 0, 1, 1),
    ROW(SOCK_STREAM, SOL_SOCKET, SO_REUSEPORT, 0, 7, 1),
    ROW(SOCK_STREAM, SOL_SOCKET, SO_KEEPALIVE, 0, 1, 1),
    ROW(SOCK_STREAM, SOL_SOCKET, SO_SNDBUF, 2626560, 20000, 40000),
    ROW(SOCK_STREAM, SOL_SOCKET, SO_RCVBUF, 131072, 1, 2304),
    ROW(SOCK_STREAM, SOL_SOCKET, SO_MARK, 0, 5, 5),
    ROW(SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY, 0, 1, 1),
    ROW(SOCK_STREAM, IPPROTO_TCP, TCP_KEEPIDLE, 7200, 9, 9),
    ROW(SOCK_STREAM, IPPROTO_TCP, TCP_KEEPINTVL, 75, 9, 9),
    ROW(SOCK_STREAM, IPPROTO_TCP, TCP_KEEPCNT, 9, 3, 3),
    ROW(SOCK_STREAM, IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 9000, 9000),
    ROW(SOCK_STREAM, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0, 9000, 9000),
    ROW(SOCK_STREAM, IPPROTO_TCP, TCP_QUICKACK, 1, 0, 0),
    ROW(SOCK_STREAM, IPPROTO_TCP, TCP_FASTOPEN, 0, 5, 5),
    ROW(SOCK_STREAM, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0, 1, 1),
    ROW(SOCK_STREAM, IPPROTO_TCP, TCP_DEFER_ACCEPT, 0, 5, 5),
    ROW(SOCK_STREAM, IPPROTO_IP, IP_TOS, 0, 16, 16),
    ROW(SOCK_STREAM, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 0, 1, 1),
    ROW(SOCK_DGRAM, SOL_SOCKET, SO_BROADCAST, 0, 1, 1),
    ROW(SOCK_DGRAM, SOL_SOCKET, SO_RCVBUF, 212992, 10000, 20000),
    ROW(SOCK_DGRAM, IPPROTO_IP, IP_TTL, 64, 3, 3),
    ROW(SOCK_DGRAM, IPPROTO_IP, IP_PKTINFO, 0, 1, 1),
    ROW(SOCK_DGRAM, IPPROTO_IP, IP_MULTICAST_TTL, 1, 3, 3),
    ROW(SOCK_DGRAM, IPPROTO_UDP, UDP_GRO, 0, 1, 1),
};

static void options_read_as_they_were_set(void **state) {
    bed *t = *state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const row *r = &rows[i];
        int fd = opened(t->a, r->type), got = gets_int(t->a, fd, r->level, r->option);
        if (got != r->before) fail_msg("%s is %d at first", r->name, got);
        sets(t->a, fd, r->level, r->option, r->set);
        got = gets_int(t->a, fd, r->level, r->option);
        if (got != r->after) fail_msg("%s is %d then", r->name, got);
        closes(t->a, fd);
    }
}

static void what_cannot_be_set_is_refused(void **state) {
    bed *t = *state;
    int tcp = opened(t->a, SOCK_STREAM), udp = opened(t->a, SOCK_DGRAM), n = 1;
    socklen_t bytes = sizeof n;
    const struct {
        int fd, level, option, value, err;
    } refused[] = {
        { tcp, SOL_SOCKET, 9999, 1, -ENOPROTOOPT },
        { tcp, 9999, 1, 1, -ENOPROTOOPT },
        { tcp, IPPROTO_TCP, 9999, 1, -ENOPROTOOPT },
        { tcp, IPPROTO_IPV6, IPV6_V6ONLY, 1, -ENOPROTOOPT },
        { udp, IPPROTO_TCP, TCP_NODELAY, 1, -ENOPROTOOPT },
        { tcp, IPPROTO_UDP, UDP_GRO, 1, -ENOPROTOOPT },
        { tcp, SOL_SOCKET, SO_TYPE, 1, -ENOPROTOOPT },
        { tcp, IPPROTO_TCP, TCP_KEEPIDLE, 0, -EINVAL },
        { tcp, IPPROTO_TCP, TCP_KEEPINTVL, 40000, -EINVAL },
        { tcp, IPPROTO_TCP, TCP_KEEPCNT, 200, -EINVAL },
        { tcp, IPPROTO_TCP, TCP_USER_TIMEOUT, -1, -EINVAL },
        { tcp, SOL_SOCKET, SO_BINDTODEVICE, 1, -ENODEV },
        { 7, SOL_SOCKET, SO_REUSEADDR, 1, -EBADF },
    };
    for (size_t i = 0; i < EDO_COUNT(refused); i++) {
        int err = edoi_simnet_setsockopt(t->a, refused[i].fd, refused[i].level, refused[i].option,
                                         &refused[i].value, sizeof refused[i].value);
        if (err != refused[i].err) fail_msg("row %zu: %d", i, err);
    }
    assert_int_equal(edoi_simnet_getsockopt(t->a, tcp, 9999, 1, &n, &bytes), -ENOPROTOOPT);
    assert_int_equal(edoi_simnet_setsockopt(t->a, tcp, SOL_SOCKET, SO_REUSEADDR, &n, 1), -EINVAL);
    int v6 = edoi_simnet_socket(t->a, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(edoi_simnet_listen(t->a, v6, 1), 0); // chooses a port
    assert_int_equal(edoi_simnet_setsockopt(t->a, v6, IPPROTO_IPV6, IPV6_V6ONLY, &n, sizeof n),
                     -EINVAL);
    assert_int_equal(edoi_simnet_ioctl(t->a, tcp, 0x9999, &n), -ENOTTY);
    assert_int_equal(edoi_simnet_fcntl(t->a, tcp, 9999, 0), -EINVAL);
    assert_int_equal(edoi_simnet_ioctl(t->a, v6, FIONREAD, &n), -EINVAL); // it listens
}

static void socket_tells_its_kind(void **state) {
    bed *t = *state;
    int tcp = edoi_simnet_socket(t->a, AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    int udp = edoi_simnet_socket(t->a, AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(gets_int(t->a, tcp, SOL_SOCKET, SO_DOMAIN), AF_INET6);
    assert_int_equal(gets_int(t->a, tcp, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    assert_int_equal(gets_int(t->a, tcp, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
    assert_int_equal(gets_int(t->a, tcp, SOL_SOCKET, SO_ACCEPTCONN), 0);
    assert_int_equal(gets_int(t->a, udp, SOL_SOCKET, SO_DOMAIN), AF_INET);
    assert_int_equal(gets_int(t->a, udp, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
    assert_int_equal(gets_int(t->a, udp, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
    assert_int_equal(edoi_simnet_socket(t->a, AF_INET, SOCK_STREAM, IPPROTO_UDP), -EPROTONOSUPPORT);
    assert_int_equal(edoi_simnet_socket(t->a, AF_INET, SOCK_SEQPACKET, 0), -ESOCKTNOSUPPORT);
    assert_int_equal(edoi_simnet_fcntl(t->a, tcp, F_GETFL, 0), O_RDWR);
    assert_int_equal(edoi_simnet_fcntl(t->a, tcp, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(edoi_simnet_fcntl(t->a, tcp, F_GETFL, 0), O_RDWR | O_NONBLOCK);
    assert_int_equal(edoi_simnet_fcntl(t->a, tcp, F_GETFD, 0), 0);
    assert_int_equal(edoi_simnet_fcntl(t->a, tcp, F_SETFD, FD_CLOEXEC), 0);
    assert_int_equal(edoi_simnet_fcntl(t->a, tcp, F_GETFD, 0), FD_CLOEXEC);
}

static void linger_reads_as_it_was_set(void **state) {
    bed *t = *state;
    int fd = opened(t->a, SOCK_STREAM);
    struct linger l = { .l_onoff = 1, .l_linger = 5 }, got = { 0 };
    socklen_t bytes = sizeof got;
    assert_int_equal(edoi_simnet_setsockopt(t->a, fd, SOL_SOCKET, SO_LINGER, &l, sizeof l), 0);
    assert_int_equal(edoi_simnet_getsockopt(t->a, fd, SOL_SOCKET, SO_LINGER, &got, &bytes), 0);
    assert_int_equal(got.l_onoff, 1);
    assert_int_equal(got.l_linger, 5);
}

static struct tcp_info told(edoi_simnode *node, int fd) {
    struct tcp_info info;
    socklen_t bytes = sizeof info;
    assert_int_equal(edoi_simnet_getsockopt(node, fd, IPPROTO_TCP, TCP_INFO, &info, &bytes), 0);
    return info;
}

static void info_tells_the_state_and_the_round_trip(void **state) {
    bed *t = *state;
    int fresh = opened(t->a, SOCK_STREAM);
    assert_int_equal(told(t->a, fresh).tcpi_state, TCP_CLOSE);
    ends e = joined(t);
    assert_int_equal(told(t->a, e.a).tcpi_state, TCP_ESTABLISHED);
    assert_int_equal(told(t->a, e.a).tcpi_rtt, 2000);
    assert_int_equal(told(t->a, e.a).tcpi_rto, 202000);
    assert_int_equal(puts_text(t->a, e.a, "text"), 4);
    assert_int_equal(told(t->a, e.a).tcpi_unacked, 1);
    assert_int_equal(edoi_simnet_shutdown(t->a, e.a, SHUT_WR), 0);
    assert_int_equal(told(t->a, e.a).tcpi_state, TCP_FIN_WAIT1);
    pass(t, 2 * MS);
    assert_int_equal(told(t->a, e.a).tcpi_state, TCP_FIN_WAIT2);
    assert_int_equal(told(t->b, e.b).tcpi_state, TCP_CLOSE_WAIT);
    assert_int_equal(edoi_simnet_shutdown(t->b, e.b, SHUT_WR), 0);
    assert_int_equal(told(t->b, e.b).tcpi_state, TCP_LAST_ACK);
    pass(t, 2 * MS);
    assert_int_equal(told(t->a, e.a).tcpi_state, TCP_CLOSE); // TIME_WAIT is the kernel's
    assert_int_equal(told(t->b, e.b).tcpi_state, TCP_CLOSE);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(options_read_as_they_were_set),
        TEST(what_cannot_be_set_is_refused),
        TEST(socket_tells_its_kind),
        TEST(linger_reads_as_it_was_set),
        TEST(info_tells_the_state_and_the_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
