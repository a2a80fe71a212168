/* SPDX-License-Identifier: MIT */
/* sim/net/calls.c: the calls of sockets of any kind, by their descriptors; see net.h. */
#include "sim/net/sock.h"

#include "sim/net/files.h"
#include "sim/net/ports.h"
#include "sim/net/watch.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

/* A call that returns -EAGAIN: does it wait in truth? Nothing here ever waits, so that is an
 * error. */
static int calls_would_wait(edoi_simsock *s, int fd, int flags) {
    const edoi_simnet_opts *opts = &s->node->net->opts;
    if (s->flags & EDOI_SIM_NONBLOCK || flags & MSG_DONTWAIT) return -EAGAIN;
    if (opts->on_blocking) opts->on_blocking(opts->arg, s->node, fd);
    return -EDEADLK;
}

/* ---- Making and closing ---------------------------------------------------------------------- */

static int calls_make(edoi_simsock **out, edoi_simnode *node, int domain, int type, int protocol) {
    int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (domain != AF_INET && domain != AF_INET6) return -EAFNOSUPPORT;
    if (kind == SOCK_STREAM) {
        if (protocol != 0 && protocol != IPPROTO_TCP) return -EPROTONOSUPPORT;
        return edoi_simtcp_new(out, node, domain);
    }
    if (kind != SOCK_DGRAM) return kind == SOCK_RAW ? -EPERM : -ESOCKTNOSUPPORT;
    if (protocol != 0 && protocol != IPPROTO_UDP) return -EPROTONOSUPPORT;
    return edoi_simudp_new(out, node, domain);
}

static int calls_set_nonblock(edoi_simsock *s, bool on) {
    s->flags = (uint16_t)((s->flags & ~EDOI_SIM_NONBLOCK) | (on ? EDOI_SIM_NONBLOCK : 0));
    return 0;
}

/* Gives a new socket its first descriptor. */
static int calls_open(edoi_simsock *s, int type) {
    (void)calls_set_nonblock(s, (type & SOCK_NONBLOCK) != 0);
    return edoi_simfiles_add(s, (type & SOCK_CLOEXEC) != 0);
}

int edoi_simnet_socket(edoi_simnode *node, int domain, int type, int protocol) {
    edoi_simsock *s;
    int err = calls_make(&s, node, domain, type, protocol);
    if (err < 0) return err;
    int fd = calls_open(s, type);
    if (fd < 0) s->ops->closed(s);
    return fd;
}

int edoi_simnet_close(edoi_simnode *node, int fd) {
    if (!edoi_simfiles_get(node, fd)) return -EBADF;
    edoi_simfiles_close(node->net, fd);
    return 0;
}

int edoi_simnet_dup(edoi_simnode *node, int fd) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    return s ? edoi_simfiles_add(s, false) : -EBADF;
}

/* A socket without peer or name. */
static int calls_replace(edoi_simnode *node, int fd, bool cloexec) {
    edoi_simsock *dead;
    int err = edoi_simtcp_new(&dead, node, AF_INET);
    if (err < 0) return err;
    dead->flags |= EDOI_SIM_NONBLOCK;
    edoi_simfiles_put(node->net, fd, dead, cloexec);
    return fd;
}

int edoi_simnet_dup3(edoi_simnode *node, int old_fd, int new_fd, int flags) {
    edoi_simsock *s = edoi_simfiles_get(node, old_fd);
    bool is_open = edoi_simfiles_get(node, new_fd) != NULL, cloexec = (flags & O_CLOEXEC) != 0;
    if (old_fd == new_fd || flags & ~O_CLOEXEC) return -EINVAL;
    if (!edoi_simnet_is_fd(old_fd) && is_open) return calls_replace(node, new_fd, cloexec);
    if (!s) return -EBADF;
    if (!is_open) return edoi_simfiles_claim(s, new_fd, cloexec);
    edoi_simfiles_put(node->net, new_fd, s, cloexec);
    return new_fd;
}

int edoi_simnet_fcntl(edoi_simnode *node, int fd, int cmd, long arg) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    if (!s) return -EBADF;
    switch (cmd) {
    case F_GETFL: return O_RDWR | (s->flags & EDOI_SIM_NONBLOCK ? O_NONBLOCK : 0);
    case F_SETFL: return calls_set_nonblock(s, (arg & O_NONBLOCK) != 0);
    case F_GETFD: return edoi_simfiles_cloexec(node->net, fd) ? FD_CLOEXEC : 0;
    case F_SETFD: edoi_simfiles_set_cloexec(node->net, fd, (arg & FD_CLOEXEC) != 0); return 0;
    case F_DUPFD: return edoi_simfiles_add(s, false);
    case F_DUPFD_CLOEXEC: return edoi_simfiles_add(s, true);
    default: return -EINVAL;
    }
}

int edoi_simnet_ioctl(edoi_simnode *node, int fd, unsigned long request, void *arg) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    int n = 0;
    if (!s) return -EBADF;
    if (request == FIONBIO) {
        memcpy(&n, arg, sizeof n);
        return calls_set_nonblock(s, n != 0);
    }
    if (request == FIONREAD) {
        n = s->ops->in_queue(s);
    } else if (request == SIOCOUTQ) {
        n = s->ops->out_queue(s);
    } else {
        return -ENOTTY;
    }
    if (n < 0) return n;
    memcpy(arg, &n, sizeof n);
    return 0;
}

/* ---- Names and connections ------------------------------------------------------------------- */

int edoi_simnet_bind(edoi_simnode *node, int fd, const struct sockaddr *addr, socklen_t bytes) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    edoi_simaddr at;
    if (!s) return -EBADF;
    int err = edoi_simaddr_read(&at, s->family, addr, bytes);
    if (err < 0) return err;
    bool is_v4 = edoi_simip_is_v4(&at.ip);
    if (is_v4 && s->family == AF_INET6 && s->flags & EDOI_SIM_V6ONLY) return -EINVAL;
    if (!edoi_simip_is_any(&at.ip) && !edoi_simnode_has(node, &at.ip)) return -EADDRNOTAVAIL;
    if (s->port || s->remote.port != 0) return -EINVAL;
    err = edoi_simports_bind(s, &at);
    if (err == 0 && !edoi_simip_is_any(&at.ip)) s->flags |= EDOI_SIM_IP_CHOSEN;
    if (err == 0 && at.port != 0) s->flags |= EDOI_SIM_PORT_CHOSEN;
    return err;
}

int edoi_simnet_listen(edoi_simnode *node, int fd, int backlog) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    if (!s) return -EBADF;
    return s->ops->listen ? s->ops->listen(s, backlog) : -EOPNOTSUPP;
}

int edoi_simnet_accept4(edoi_simnode *node, int fd, struct sockaddr *addr, socklen_t *bytes,
                        int flags) {
    edoi_simsock *s = edoi_simfiles_get(node, fd), *conn = NULL;
    if (!s) return -EBADF;
    if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) return -EINVAL;
    if (!s->ops->accept) return -EOPNOTSUPP;
    int err = s->ops->accept(s, &conn);
    if (err == -EAGAIN) return calls_would_wait(s, fd, 0);
    if (err < 0) return err;
    int conn_fd = calls_open(conn, flags);
    if (conn_fd < 0) return conn_fd;
    s->ops->accepted(s);
    edoi_simaddr_write(&conn->remote, conn->family, addr, bytes);
    return conn_fd;
}

int edoi_simnet_connect(edoi_simnode *node, int fd, const struct sockaddr *addr, socklen_t bytes) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    edoi_simaddr to;
    if (!s) return -EBADF;
    if (addr && bytes >= sizeof addr->sa_family && addr->sa_family == AF_UNSPEC)
        return s->ops->connect(s, NULL);
    int err = edoi_simaddr_read(&to, s->family, addr, bytes);
    if (err < 0) return err;
    if (s->family == AF_INET6 && edoi_simip_is_v4(&to.ip) && s->flags & EDOI_SIM_V6ONLY)
        return -ENETUNREACH;
    if (edoi_simip_is_any(&to.ip)) to.ip = edoi_simip_loopback(edoi_simip_is_v4(&to.ip));
    if (node->is_killed) return -ENETUNREACH;
    err = s->ops->connect(s, &to);
    if (err != -EINPROGRESS || s->flags & EDOI_SIM_NONBLOCK) return err;
    return calls_would_wait(s, fd, 0);
}

int edoi_simnet_shutdown(edoi_simnode *node, int fd, int how) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    if (!s) return -EBADF;
    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) return -EINVAL;
    if (node->is_killed) return 0;       // the end of its program follows
    return s->ops->shutdown(s, how + 1); // SHUT_RD is 0: as EDOI_SIM_SHUT_… has it
}

static int calls_name(edoi_simsock *s, const edoi_simaddr *a, struct sockaddr *addr,
                      socklen_t *bytes) {
    if (!addr || !bytes) return -EFAULT;
    if ((int)*bytes < 0) return -EINVAL;
    edoi_simaddr_write(a, s->family, addr, bytes);
    return 0;
}

int edoi_simnet_getsockname(edoi_simnode *node, int fd, struct sockaddr *addr, socklen_t *bytes) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    return s ? calls_name(s, &s->local, addr, bytes) : -EBADF;
}

int edoi_simnet_getpeername(edoi_simnode *node, int fd, struct sockaddr *addr, socklen_t *bytes) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    if (!s) return -EBADF;
    return s->remote.port != 0 && s->ops->has_peer(s) ? calls_name(s, &s->remote, addr, bytes)
                                                      : -ENOTCONN;
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* A killed program sends: all bytes count as sent, and are discarded. */
static ssize_t calls_lose(const struct iovec *vecs, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += vecs[i].iov_len;
    return (ssize_t)bytes;
}

static ssize_t calls_send(edoi_simnode *node, int fd, const struct iovec *vecs, size_t n, int flags,
                          const struct sockaddr *to, socklen_t to_bytes) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    const edoi_simnet_opts *opts = &node->net->opts;
    edoi_simaddr at;
    if (!s) return -EBADF;
    if (flags & MSG_OOB) return -EOPNOTSUPP;
    if (node->is_killed) return calls_lose(vecs, n);
    if (to && to_bytes > 0 && s->ops->type == SOCK_DGRAM) {
        int err = edoi_simaddr_read(&at, s->family, to, to_bytes);
        if (err < 0) return err;
        if (edoi_simip_is_any(&at.ip)) at.ip = edoi_simip_loopback(edoi_simip_is_v4(&at.ip));
        if (at.port == 0) return -EINVAL;
    } else {
        to = NULL; // a connection goes where it goes
    }
    ssize_t got = s->ops->send(s, vecs, n, to ? &at : NULL);
    if (got == -EAGAIN) return calls_would_wait(s, fd, flags);
    if (got == -EPIPE && s->ops->type == SOCK_STREAM && !(flags & MSG_NOSIGNAL) && opts->on_sigpipe)
        opts->on_sigpipe(opts->arg, node, fd);
    return got;
}

static ssize_t calls_recv(edoi_simnode *node, int fd, struct msghdr *msg, int flags) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    edoi_simaddr from = { .port = 0 };
    bool is_cut = false;
    if (!s) return -EBADF;
    if (flags & MSG_ERRQUEUE) return -EAGAIN;
    if (flags & MSG_OOB) return -EINVAL;
    ssize_t got = s->ops->recv(s, msg->msg_iov, msg->msg_iovlen, flags, &from, &is_cut);
    if (got == -EAGAIN) return calls_would_wait(s, fd, flags);
    if (got < 0) return got;
    msg->msg_flags = is_cut ? MSG_TRUNC : 0;
    msg->msg_controllen = 0;
    if (s->ops->type == SOCK_DGRAM) {
        edoi_simaddr_write(&from, s->family, msg->msg_name, &msg->msg_namelen);
    } else {
        msg->msg_namelen = 0;
    }
    return got;
}

ssize_t edoi_simnet_sendto(edoi_simnode *node, int fd, const void *buf, size_t n, int flags,
                           const struct sockaddr *to, socklen_t to_bytes) {
    struct iovec vec = { .iov_base = (void *)(uintptr_t)buf, .iov_len = n };
    return calls_send(node, fd, &vec, 1, flags, to, to_bytes);
}

ssize_t edoi_simnet_recvfrom(edoi_simnode *node, int fd, void *buf, size_t n, int flags,
                             struct sockaddr *from, socklen_t *from_bytes) {
    struct iovec vec = { .iov_base = buf, .iov_len = n };
    struct msghdr msg = { .msg_name = from, .msg_iov = &vec, .msg_iovlen = 1 };
    if (from_bytes) msg.msg_namelen = *from_bytes;
    ssize_t got = calls_recv(node, fd, &msg, flags);
    if (got >= 0 && from_bytes) *from_bytes = msg.msg_namelen;
    return got;
}

ssize_t edoi_simnet_sendmsg(edoi_simnode *node, int fd, const struct msghdr *msg, int flags) {
    return calls_send(node, fd, msg->msg_iov, msg->msg_iovlen, flags, msg->msg_name,
                      msg->msg_namelen);
}

ssize_t edoi_simnet_recvmsg(edoi_simnode *node, int fd, struct msghdr *msg, int flags) {
    return calls_recv(node, fd, msg, flags);
}

ssize_t edoi_simnet_readv(edoi_simnode *node, int fd, const struct iovec *vecs, int n) {
    if (n < 0) return -EINVAL;
    struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)vecs, .msg_iovlen = (size_t)n };
    return calls_recv(node, fd, &msg, 0);
}

ssize_t edoi_simnet_writev(edoi_simnode *node, int fd, const struct iovec *vecs, int n) {
    if (n < 0) return -EINVAL;
    return calls_send(node, fd, vecs, (size_t)n, 0, NULL, 0);
}

int edoi_simnet_sendmmsg(edoi_simnode *node, int fd, struct mmsghdr *msgs, unsigned n, int flags) {
    for (unsigned i = 0; i < n; i++) {
        ssize_t put = edoi_simnet_sendmsg(node, fd, &msgs[i].msg_hdr, flags);
        if (put < 0) return i > 0 ? (int)i : (int)put;
        msgs[i].msg_len = (unsigned)put;
    }
    return (int)n;
}

/* A blocking socket would wait for all, so the first that is not there is no error here. */
int edoi_simnet_recvmmsg(edoi_simnode *node, int fd, struct mmsghdr *msgs, unsigned n, int flags) {
    for (unsigned i = 0; i < n; i++) {
        int more = i > 0 ? MSG_DONTWAIT : 0;
        ssize_t got = edoi_simnet_recvmsg(node, fd, &msgs[i].msg_hdr, flags | more);
        if (got < 0) return i > 0 ? (int)i : (int)got;
        msgs[i].msg_len = (unsigned)got;
    }
    return (int)n;
}

/* ---- Readiness ------------------------------------------------------------------------------- */

int edoi_simwatch_ctl(edoi_simnode *node, int epfd, int op, int fd,
                      const struct epoll_event *event) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    return s ? edoi_simwatch_change(s, epfd, op, fd, event) : -EBADF;
}

uint32_t edoi_simnet_poll_mask(edoi_simnode *node, int fd) {
    edoi_simsock *s = edoi_simfiles_get(node, fd);
    return s ? s->ops->mask(s) : POLLNVAL;
}
