/* SPDX-License-Identifier: MIT */
/* net/tcp_opts.c: sets options of sockets, at creation and later. */
#include "net/tcp.h"

#include "base/opts.h"

#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

static int set_reset_on_close(int fd, bool reset) {
    // With any time but 0 close() would wait.
    struct linger linger = { .l_onoff = reset, .l_linger = 0 };
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) < 0 ? edoi_errno() : 0;
}

static int set_keepalive(int fd, edo_duration after) {
    if (after.ns < 0) return -EINVAL;
    if (after.ns == 0) return edoi_set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
    int64_t s = after.ns / NS_PER_S + (after.ns % NS_PER_S != 0);
    int seconds = s < SHRT_MAX ? (int)s : SHRT_MAX; // the kernel's limit
    int err = edoi_set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
    if (err == 0) err = edoi_set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds);
    return err < 0 ? err : edoi_set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static int set_buffer(int fd, int name, uint32_t bytes) {
    return edoi_set_int(fd, SOL_SOCKET, name, bytes < INT_MAX ? (int)bytes : INT_MAX);
}

int edoi_tcp_check(const edo_tcp_opts *opts) {
    bool bad = opts->keepalive.ns < 0 || !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved));
    return bad ? -EINVAL : 0;
}

static int set_all(int fd, const edo_addr *addr, const edo_tcp_opts *opts) {
    int err = opts->delay ? 0 : edoi_set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (err == 0 && opts->reuse_port) err = edoi_set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (err == 0 && opts->reset_on_close) err = set_reset_on_close(fd, true);
    if (err == 0 && opts->keepalive.ns > 0) err = set_keepalive(fd, opts->keepalive);
    if (err == 0 && opts->recv_buffer > 0) err = set_buffer(fd, SO_RCVBUF, opts->recv_buffer);
    if (err == 0 && opts->send_buffer > 0) err = set_buffer(fd, SO_SNDBUF, opts->send_buffer);
    // set explicitly, so that the system's default does not matter
    if (err == 0 && addr->sock.any.sa_family == AF_INET6)
        err = edoi_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, opts->only_v6);
    return err;
}

int edoi_tcp_socket(int *out, const edo_addr *addr, const edo_tcp_opts *opts) {
    int family = addr->sock.any.sa_family;
    if (family != AF_INET && family != AF_INET6) return -EAFNOSUPPORT;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return edoi_errno();
    int err = set_all(fd, addr, opts);
    if (err < 0) {
        (void)close(fd);
        return err;
    }
    *out = fd;
    return 0;
}

int edo_tcp_set_delay(edo_stream *s, bool delay) {
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    return fd < 0 ? fd : edoi_set_int(fd, IPPROTO_TCP, TCP_NODELAY, !delay);
}

int edo_tcp_set_reset_on_close(edo_stream *s, bool reset) {
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    return fd < 0 ? fd : set_reset_on_close(fd, reset);
}

int edo_tcp_set_keepalive(edo_stream *s, edo_duration after) {
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    return fd < 0 ? fd : set_keepalive(fd, after);
}

int edo_tcp_set_recv_buffer(edo_stream *s, uint32_t bytes) {
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    return fd < 0 ? fd : set_buffer(fd, SO_RCVBUF, bytes);
}

int edo_tcp_set_send_buffer(edo_stream *s, uint32_t bytes) {
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    return fd < 0 ? fd : set_buffer(fd, SO_SNDBUF, bytes);
}
