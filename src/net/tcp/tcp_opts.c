/* SPDX-License-Identifier: MIT */
/* net/tcp/tcp_opts.c: sets options of sockets, at creation and later. */
#include "net/tcp/tcp.h"

#include "base/opts.h"

#include <errno.h>
#include <limits.h>
#include <linux/mptcp.h>
#include <netinet/tcp.h>
#include <unistd.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static int set_reset_on_close(int fd, bool reset) {
    // With any time but 0 close() would wait.
    struct linger linger = { .l_onoff = reset, .l_linger = 0 };
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) < 0 ? edoi_errno() : 0;
}

/* The kernel counts whole seconds, at most this many. */
static int tcp_opts_seconds_of(edo_duration d) {
    int64_t s = d.ns / NS_PER_S + (d.ns % NS_PER_S != 0);
    return s < SHRT_MAX ? (int)s : SHRT_MAX;
}

static int set_keepalive(int fd, edo_duration after, edo_duration interval) {
    if (after.ns < 0) return -EINVAL;
    if (after.ns == 0) return edoi_set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
    int err = edoi_set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, tcp_opts_seconds_of(after));
    if (err == 0)
        err = edoi_set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL,
                           tcp_opts_seconds_of(interval.ns > 0 ? interval : after));
    return err < 0 ? err : edoi_set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static int set_user_timeout(int fd, edo_duration limit) {
    if (limit.ns < 0) return -EINVAL;
    int64_t ms = limit.ns / NS_PER_MS + (limit.ns % NS_PER_MS != 0);
    return edoi_set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, ms < INT_MAX ? (int)ms : INT_MAX);
}

static int set_bytes(int fd, int level, int name, uint32_t bytes) {
    return edoi_set_int(fd, level, name, bytes < INT_MAX ? (int)bytes : INT_MAX);
}

/* On an IPv6 socket both, for IPv4 over it. */
static int set_tos(int fd, int family, uint8_t tos) {
    int err = edoi_set_int(fd, IPPROTO_IP, IP_TOS, tos);
    return err < 0 || family == AF_INET ? err : edoi_set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, tos);
}

int edoi_tcp_check(const edo_tcp_opts *opts) {
    bool bad = opts->keepalive.ns < 0 || opts->keepalive_interval.ns < 0 ||
               opts->user_timeout.ns < 0 || opts->defer_accept.ns < 0 ||
               !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved));
    return bad ? -EINVAL : 0;
}

/* Those that few programs set. */
static int set_rare(int fd, const edo_addr *addr, const edo_tcp_opts *opts) {
    int err = 0;
    if (opts->keepalive_probes > 0)
        err = set_bytes(fd, IPPROTO_TCP, TCP_KEEPCNT, opts->keepalive_probes);
    if (err == 0 && opts->user_timeout.ns > 0) err = set_user_timeout(fd, opts->user_timeout);
    if (err == 0 && opts->notsent_lowat > 0)
        err = set_bytes(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, opts->notsent_lowat);
    if (err == 0 && opts->tos > 0) err = set_tos(fd, addr->sock.any.sa_family, opts->tos);
    if (err == 0 && opts->mark > 0) err = edoi_set_int(fd, SOL_SOCKET, SO_MARK, (int)opts->mark);
    if (err < 0 || !opts->device) return err;
    return edoi_set_device(fd, opts->device);
}

static int set_listening(int fd, const edo_tcp_opts *opts) {
    int err = 0;
    if (opts->defer_accept.ns > 0)
        err = edoi_set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT,
                           tcp_opts_seconds_of(opts->defer_accept));
    if (err < 0 || opts->fastopen == 0) return err;
    return set_bytes(fd, IPPROTO_TCP, TCP_FASTOPEN, opts->fastopen);
}

static int set_connecting(int fd, const edo_tcp_opts *opts) {
    return opts->fastopen > 0 ? edoi_set_int(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1) : 0;
}

static int tcp_opts_set_all(int fd, const edo_addr *addr, const edo_tcp_opts *opts, bool listens) {
    int err = opts->delay ? 0 : edoi_set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (err == 0 && opts->reuse_port) err = edoi_set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (err == 0 && opts->reset_on_close) err = set_reset_on_close(fd, true);
    if (err == 0 && opts->keepalive.ns > 0)
        err = set_keepalive(fd, opts->keepalive, opts->keepalive_interval);
    if (err == 0 && opts->recv_buffer > 0)
        err = set_bytes(fd, SOL_SOCKET, SO_RCVBUF, opts->recv_buffer);
    if (err == 0 && opts->send_buffer > 0)
        err = set_bytes(fd, SOL_SOCKET, SO_SNDBUF, opts->send_buffer);
    // set explicitly, so that the system's default does not matter
    if (err == 0 && addr->sock.any.sa_family == AF_INET6)
        err = edoi_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, opts->only_v6);
    if (err == 0) err = set_rare(fd, addr, opts);
    if (err < 0) return err;
    return listens ? set_listening(fd, opts) : set_connecting(fd, opts);
}

static int open_tcp(int *out, int protocol, const edo_addr *addr, const edo_tcp_opts *opts,
                    bool listens) {
    int family = addr->sock.any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0) return edoi_errno();
    int err = tcp_opts_set_all(fd, addr, opts, listens);
    if (err < 0) {
        (void)close(fd);
        return err;
    }
    *out = fd;
    return 0;
}

/* The kernel was built without MPTCP, is older than it, has it switched off, or has one of the
 * options only for TCP. */
static bool has_no_mptcp(int err) {
    return err == -EPROTONOSUPPORT || err == -EINVAL || err == -ENOPROTOOPT || err == -EOPNOTSUPP;
}

int edoi_tcp_socket(int *out, const edo_addr *addr, const edo_tcp_opts *opts, bool listens) {
    int family = addr->sock.any.sa_family;
    if (family != AF_INET && family != AF_INET6) return -EAFNOSUPPORT;
    int err = -ENOPROTOOPT;
    if (opts->mptcp) err = open_tcp(out, IPPROTO_MPTCP, addr, opts, listens);
    return has_no_mptcp(err) ? open_tcp(out, 0, addr, opts, listens) : err;
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
    return fd < 0 ? fd : set_keepalive(fd, after, after);
}

int edo_tcp_set_quickack(edo_stream *s, bool on) {
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    return fd < 0 ? fd : edoi_set_int(fd, IPPROTO_TCP, TCP_QUICKACK, on);
}

int edo_tcp_set_user_timeout(edo_stream *s, edo_duration limit) {
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    return fd < 0 ? fd : set_user_timeout(fd, limit);
}

int edo_tcp_set_notsent_lowat(edo_stream *s, uint32_t bytes) {
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    return fd < 0 ? fd : set_bytes(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, bytes);
}

int edo_tcp_set_tos(edo_stream *s, uint8_t tos) {
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    int family = fd < 0 ? fd : edoi_socket_family(fd);
    return family < 0 ? family : set_tos(fd, family, tos);
}

int edo_tcp_is_mptcp(edo_stream *s) {
    int protocol = 0, fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    struct mptcp_info info = { 0 };
    socklen_t protocol_bytes = sizeof protocol, info_bytes = sizeof info;
    if (fd < 0) return fd;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &protocol_bytes) < 0)
        return edoi_errno();
    // a socket that has fallen back to TCP does not know the option, or says so in the flags
    if (protocol != IPPROTO_MPTCP || getsockopt(fd, SOL_MPTCP, MPTCP_INFO, &info, &info_bytes) < 0)
        return 0;
    return !(info.mptcpi_flags & MPTCP_INFO_FLAG_FALLBACK);
}

int edo_tcp_set_recv_buffer(edo_stream *s, uint32_t bytes) {
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    return fd < 0 ? fd : set_bytes(fd, SOL_SOCKET, SO_RCVBUF, bytes);
}

int edo_tcp_set_send_buffer(edo_stream *s, uint32_t bytes) {
    int fd = edoi_socket_fd_of(s, &edoi_tcp_ops);
    return fd < 0 ? fd : set_bytes(fd, SOL_SOCKET, SO_SNDBUF, bytes);
}
