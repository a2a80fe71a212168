/* SPDX-License-Identifier: MIT */
/* net/udp/udp.c: opens UDP sockets. */
#include "base/opts.h"
#include "net/socket.h"
#include "records/handles.h"

#include <edo/udp.h>

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#define ADDRS_MAX 16 /* of one name; further ones are not tried */

static const edo_udp_opts defaults = { 0 };

static int set_buffer(int fd, int name, uint32_t bytes) {
    return edoi_set_int(fd, SOL_SOCKET, name, bytes < INT_MAX ? (int)bytes : INT_MAX);
}

static int udp_set_all(int fd, int family, const edo_udp_opts *opts) {
    int err = 0;
    if (opts->reuse_addr) err = edoi_set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (err == 0 && opts->reuse_port) err = edoi_set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (err == 0 && opts->broadcast) err = edoi_set_int(fd, SOL_SOCKET, SO_BROADCAST, 1);
    if (err == 0 && opts->recv_buffer > 0) err = set_buffer(fd, SO_RCVBUF, opts->recv_buffer);
    if (err == 0 && opts->send_buffer > 0) err = set_buffer(fd, SO_SNDBUF, opts->send_buffer);
    // set explicitly, so that the system's default does not matter
    if (err == 0 && family == AF_INET6)
        err = edoi_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, opts->only_v6);
    return err < 0 || !opts->device ? err : edoi_set_device(fd, opts->device);
}

/* Binds or connects the socket. */
typedef int attach_fn(int fd, const edo_addr *addr, const edo_udp_opts *opts);

static int attach_bound(int fd, const edo_addr *addr, const edo_udp_opts *opts) {
    (void)opts;
    return bind(fd, &addr->sock.any, addr->bytes) < 0 ? edoi_errno() : 0;
}

static int attach_connected(int fd, const edo_addr *addr, const edo_udp_opts *opts) {
    if (opts->bind) {
        edo_addr local;
        int err = edo_addr_parse(&local, opts->bind);
        if (err == 0) err = attach_bound(fd, &local, opts);
        if (err < 0) return err;
    }
    return connect(fd, &addr->sock.any, addr->bytes) < 0 ? edoi_errno() : 0;
}

static int udp_open_at(edo_stream **out, const edo_addr *addr, const edo_udp_opts *opts,
                       attach_fn *attach, const void *caller) {
    int family = addr->sock.any.sa_family;
    if (addr->bytes == 0 || (family != AF_INET && family != AF_INET6)) return -EAFNOSUPPORT;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return edoi_errno();
    int err = udp_set_all(fd, family, opts);
    if (err == 0) err = attach(fd, addr, opts);
    edo_stream *s = NULL;
    if (err == 0) err = edoi_socket_wrap(&s, &edoi_udp_ops, fd);
    if (err < 0) {
        (void)close(fd);
        return err;
    }
    edoi_handle_made_by(EDOI_STREAM, s, caller);
    *out = s;
    return 0;
}

static int udp_check(const edo_udp_opts *opts) {
    return edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)) ? 0 : -EINVAL;
}

/* Opens at the first usable address of `text`; otherwise returns the first failure. */
static int open_by_text(edo_stream **out, const char *text, const edo_udp_opts *opts,
                        attach_fn *attach, const void *caller) {
    edo_addr addrs[ADDRS_MAX];
    if (!opts) opts = &defaults;
    int err = udp_check(opts);
    if (err < 0) return err;
    int n = edo_resolve(addrs, EDO_COUNT(addrs), text);
    if (n < 0) return n;
    for (int i = 0; i < n; i++) {
        int failure = udp_open_at(out, &addrs[i], opts, attach, caller);
        if (failure == 0) return 0;
        if (err == 0) err = failure;
    }
    return err;
}

int edo_udp_bind(edo_stream **out, const char *addr, const edo_udp_opts *opts) {
    return open_by_text(out, addr, opts, attach_bound, EDOI_CALLER());
}

int edo_udp_connect(edo_stream **out, const char *addr, const edo_udp_opts *opts) {
    return open_by_text(out, addr, opts, attach_connected, EDOI_CALLER());
}

int edo_udp_bind_addr(edo_stream **out, const edo_addr *addr, const edo_udp_opts *opts) {
    if (!opts) opts = &defaults;
    int err = udp_check(opts);
    return err < 0 ? err : udp_open_at(out, addr, opts, attach_bound, EDOI_CALLER());
}

int edo_udp_connect_addr(edo_stream **out, const edo_addr *addr, const edo_udp_opts *opts) {
    if (!opts) opts = &defaults;
    int err = udp_check(opts);
    return err < 0 ? err : udp_open_at(out, addr, opts, attach_connected, EDOI_CALLER());
}

int edo_udp_set_peer(edo_stream *s, const edo_addr *addr) {
    static const struct sockaddr none = { .sa_family = AF_UNSPEC };
    int fd = edoi_socket_fd_of(s, &edoi_udp_ops);
    if (fd < 0) return fd;
    int failed = addr ? connect(fd, &addr->sock.any, addr->bytes) : connect(fd, &none, sizeof none);
    return failed ? edoi_errno() : 0;
}
