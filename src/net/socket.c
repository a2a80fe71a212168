/* SPDX-License-Identifier: MIT */
/* net/socket.c: see socket.h. */
#include "net/socket.h"

#include "io/op.h"
#include "io/source_io.h"
#include "net/socket_ops.h"
#include "records/handles.h"

#include <edo/task.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

/* ---- The operations of all kinds ------------------------------------------------------------- */

edo_polled edoi_socket_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)cx;
    (void)wait;
    edoi_source *src = edoi_source_behind(s);
    *result = 0;
    if (edoi_source_is_closed(src)) {
        *result = edoi_source_closed_error(src);
    } else if (shutdown(edoi_source_fd(src), SHUT_WR) < 0) {
        *result = edoi_errno();
    }
    return EDO_READY;
}

static bool has_input_ended(const edoi_source *src) {
    struct pollfd p = { .fd = edoi_source_fd(src), .events = POLLRDHUP };
    return poll(&p, 1, 0) > 0 && p.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

/* Input may be there, and is not ours: so this waits for the next event, not for readiness. The
 * kernel reports the end as a hang-up, also once more to a driver that the direction is new to, and
 * a reader does not clear it: behind the end nothing returns EAGAIN. */
static edo_polled closed_ready(edoi_source *src, edo_cx *cx, edo_io_wait *wait, int *result) {
    for (;;) {
        uint32_t tick = edoi_source_ready(src, EDOI_READ);
        *result = EDO_IO_READ_CLOSED;
        if (edoi_source_tick_is_closed(tick)) *result = edoi_source_closed_error(src);
        if (*result < 0) return EDO_READY;
        bool may_be = !cx || edoi_source_tick_is_hung(tick);
        if (may_be && has_input_ended(src)) return EDO_READY;
        *result = -EAGAIN;
        if (!cx) return EDO_READY;
        int waits = edoi_source_wait_past(src, EDOI_READ, tick, wait, cx, edoi_cx_driver(cx));
        if (waits != 0) return edoi_not_tried(waits, result);
    }
}

edo_polled edoi_socket_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                             int *result) {
    uint32_t tick;
    if (what == EDO_IO_READ_CLOSED) return closed_ready(edoi_source_behind(s), cx, wait, result);
    edoi_dir dir = what == EDO_IO_READ ? EDOI_READ : EDOI_WRITE;
    int waits = edoi_may_try(edoi_source_behind(s), dir, cx, wait, &tick);
    if (waits > 0) return EDO_PENDING;
    *result = waits < 0 ? waits : (int)what;
    return EDO_READY;
}

void edoi_socket_unwait(edo_stream *s, edo_io_wait *wait) {
    edoi_source_unwait(edoi_source_behind(s), wait);
}

void edoi_socket_close(edo_stream *s) {
    edoi_source_close(edoi_source_behind(s));
}

void edoi_socket_free(edo_stream *s) {
    edoi_source_free(edoi_source_behind(s));
}

int edoi_socket_number(edo_stream *s) {
    return edoi_source_fd(edoi_source_behind(s));
}

/* ---- Making ---------------------------------------------------------------------------------- */

int edoi_socket_new(edo_stream **out, const edo_stream_ops *kind) {
    edoi_source *src;
    int err = edoi_source_reserve(&src);
    if (err < 0) return err;
    edo_stream *s = (edo_stream *)edoi_source_head(src);
    *s = (edo_stream){ .ops = kind, .refs = { 1 } };
    *out = s;
    return 0;
}

void edoi_socket_adopt(edo_stream *s, int fd) {
    edoi_source_open(edoi_source_behind(s), fd);
    edoi_handle_made_here(EDOI_STREAM, s, NULL); // made in a poll: the caller is unknown here
}

int edoi_socket_wrap(edo_stream **out, const edo_stream_ops *kind, int fd) {
    int err = edoi_socket_new(out, kind);
    if (err == 0) edoi_socket_adopt(*out, fd);
    return err;
}

static int get_int(int fd, int name, int *out) {
    socklen_t bytes = sizeof *out;
    return getsockopt(fd, SOL_SOCKET, name, out, &bytes) < 0 ? edoi_errno() : 0;
}

int edoi_socket_family(int fd) {
    int family = 0, err = get_int(fd, SO_DOMAIN, &family);
    return err < 0 ? err : family;
}

/* The kind of a byte stream. From a short read of other families nothing is concluded. */
static const edo_stream_ops *stream_kind(int family) {
    if (family == AF_INET || family == AF_INET6) return &edoi_tcp_ops;
    return family == AF_VSOCK ? &edoi_vsock_ops : &edoi_unix_ops;
}

static const edo_stream_ops *datagram_kind(int family, int protocol) {
    bool is_ip = family == AF_INET || family == AF_INET6;
    if (is_ip && protocol == IPPROTO_UDP) return &edoi_udp_ops;
    return family == AF_UNIX ? &edoi_unix_dgram_ops : &edoi_packet_ops;
}

int edoi_socket_kind(const edo_stream_ops **out, int fd) {
    int type = 0, protocol = 0, family = edoi_socket_family(fd);
    if (family < 0) return family;
    int err = get_int(fd, SO_TYPE, &type);
    if (err == 0) err = get_int(fd, SO_PROTOCOL, &protocol);
    if (err < 0) return err;
    if (type == SOCK_STREAM) {
        *out = stream_kind(family);
    } else if (type == SOCK_DGRAM || type == SOCK_RAW) {
        *out = datagram_kind(family, protocol);
    } else if (type == SOCK_SEQPACKET && family == AF_UNIX) {
        *out = &edoi_unix_seqpacket_ops;
    } else {
        return -ENOTSUP;
    }
    return 0;
}

static int socket_open_fd(edo_stream *s) {
    edoi_source *src = edoi_source_behind(s);
    return edoi_source_is_closed(src) ? edoi_source_closed_error(src) : edoi_source_fd(src);
}

int edoi_socket_fd_of(edo_stream *s, const edo_stream_ops *kind) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    return s->ops == kind ? socket_open_fd(s) : -ENOTSUP;
}

int edoi_socket_fd(edo_stream *s) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    return s->ops->flags & EDOI_STREAM_IS_SOCKET ? socket_open_fd(s) : -ENOTSUP;
}

int edoi_socket_name(int fd, bool peer, edo_addr *out) {
    edo_addr addr = { 0 };
    socklen_t bytes = sizeof addr.sock;
    int failed =
        peer ? getpeername(fd, &addr.sock.any, &bytes) : getsockname(fd, &addr.sock.any, &bytes);
    if (failed) return edoi_errno();
    addr.bytes = edoi_addr_bytes(bytes);
    *out = addr;
    return 0;
}

/* As edoi_socket_name(), of a socket, or of the one that a stream lies over: that has a reference
 * to it, so its descriptor stays. */
static int socket_name_behind(edo_stream *s, bool peer, edo_addr *out) {
    int fd = edoi_socket_fd(s);
    if (fd == -ENOTSUP && s->ops->flags & EDO_STREAM_OVER && s->ops->fd(s) >= 0) fd = s->ops->fd(s);
    int err = fd < 0 ? fd : edoi_socket_name(fd, peer, out);
    return err == -ENOTSOCK ? -ENOTSUP : err;
}

int edo_stream_peer_addr(edo_stream *s, edo_addr *out) {
    return socket_name_behind(s, true, out);
}

int edo_stream_local_addr(edo_stream *s, edo_addr *out) {
    return socket_name_behind(s, false, out);
}

/* Has the connection ended, in both directions? The kernel's error may also be that a packet has
 * found no way, of a connection that goes on. */
static bool socket_is_over(int fd) {
    struct pollfd p = { .fd = fd };
    return poll(&p, 1, 0) == 1 && p.revents & POLLHUP;
}

int edo_stream_take_error(edo_stream *s) {
    int err = 0;
    socklen_t bytes = sizeof err;
    int fd = edoi_socket_fd(s);
    if (fd < 0) return fd;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &bytes) < 0) return edoi_errno();
    if (err == ECONNRESET || (err != 0 && socket_is_over(fd))) edoi_stream_note_lost(s, -err);
    return err == ECANCELED ? -EIO : -err;
}

int edoi_set_device(int fd, const char *device) {
    socklen_t n = (socklen_t)strlen(device);
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, n) < 0 ? edoi_errno() : 0;
}

int edoi_set_int(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof value) < 0 ? edoi_errno() : 0;
}

/* ---- One operation --------------------------------------------------------------------------- */

/* The result of a call that moved no bytes. */
static EDOI_NOINLINE int result_of_none(edo_stream *s, edoi_dir dir) {
    edoi_source *src = edoi_source_behind(s);
    // a shut down end reads as empty: the end of another owner's close is no input
    if (edoi_source_is_closed(src)) return edoi_source_closed_error(src);
    return dir == EDOI_READ ? edoi_stream_end_of_input(s) : 0;
}

edo_polled edoi_socket_try(edo_stream *s, edoi_dir dir, edo_cx *cx, edo_io_wait *wait,
                           edoi_socket_call *call, void *op, int *result) {
    edoi_source *src = edoi_source_behind(s);
    for (;;) {
        uint32_t tick;
        int waits = edoi_may_try(src, dir, cx, wait, &tick);
        if (waits != 0) return edoi_not_tried(waits, result);
        ssize_t n = call(edoi_source_fd(src), op);
        if (EDOI_LIKELY(n >= 0)) {
            *result = n == 0 ? result_of_none(s, dir) : (int)n;
            return EDO_READY;
        }
        if (!edoi_try_is_over(src, dir, cx, tick, result)) continue;
        edoi_stream_note_lost(s, *result);
        return EDO_READY;
    }
}

edo_polled edoi_socket_poll(edo_future *base, edo_cx *cx, edo_stream *s, edoi_dir dir,
                            edo_io_wait *wait, edoi_socket_call *call, void *op) {
    if (edoi_io_lacks(base, s)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!(s->ops->flags & EDOI_STREAM_IS_SOCKET)) return edoi_io_end(base, s, wait, -ENOTSUP);
    if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
    int result;
    if (edoi_socket_try(s, dir, cx, wait, call, op, &result) == EDO_PENDING) {
        edo_budget_refund(cx);
        return edoi_io_pend(base, s);
    }
    return edoi_io_end(base, s, wait, result);
}

int edoi_socket_now(edo_stream *s, edoi_dir dir, edoi_socket_call *call, void *op) {
    int result = edoi_socket_fd(s);
    if (result >= 0) (void)edoi_socket_try(s, dir, NULL, NULL, call, op, &result);
    return result;
}

ssize_t edoi_whole_packet(ssize_t got, size_t room, int flags) {
    if (got < 0 || ((size_t)got <= room && !(flags & MSG_TRUNC))) return got;
    errno = EMSGSIZE;
    return -1;
}
