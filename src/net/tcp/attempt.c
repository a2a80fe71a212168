/* SPDX-License-Identifier: MIT */
/* net/tcp/attempt.c: see attempt.h. */
#include "net/tcp/attempt.h"
#include "io/op.h"

#include "net/vsock/vsock.h"

#include <errno.h>
#include <unistd.h>

/* Binds to the requested local address. Only the address is bound, without a port: the port is
 * picked at connect, when the kernel knows both ends. */
static int bind_local(int fd, const char *local) {
    edo_addr addr;
    int err = edo_addr_parse(&addr, local);
    if (err < 0) return err;
    int one = 1;
    int name = edo_addr_port(&addr) == 0 ? IP_BIND_ADDRESS_NO_PORT : SO_REUSEADDR;
    int level = name == SO_REUSEADDR ? SOL_SOCKET : IPPROTO_IP;
    (void)setsockopt(fd, level, name, &one, sizeof one); // optional: bind works without it
    return bind(fd, &addr.sock.any, addr.bytes) < 0 ? edoi_errno() : 0;
}

int edoi_attempt_begin(edoi_attempt *a, const edo_addr *addr, const edo_tcp_opts *opts) {
    edo_stream *s = NULL;
    int fd = -1;
    int err = opts ? edoi_tcp_check(opts) : 0;
    if (err == 0) err = edoi_socket_new(&s, opts ? &edoi_tcp_ops : &edoi_vsock_ops);
    if (err < 0) return err;
    err = opts ? edoi_tcp_socket(&fd, addr, opts, false) : edoi_vsock_socket(&fd, addr);
    if (err < 0) {
        edoi_stream_let_go(s); // no handle yet
        return err;
    }
    edoi_socket_adopt(s, fd);
    if (opts && opts->bind) err = bind_local(fd, opts->bind);
    if (err < 0) goto close_stream;
    if (connect(fd, &addr->sock.any, addr->bytes) < 0) err = edoi_errno();
    if (err == -EINTR) err = -EINPROGRESS; // connecting continues
    if (err < 0 && err != -EINPROGRESS) goto close_stream;
    *a = (edoi_attempt){ .stream = s };
    if (err < 0) { // not writable before it is connected, although a fresh source counts as ready
        edoi_source *src = edoi_source_behind(s);
        edoi_source_clear(src, EDOI_WRITE, edoi_source_ready(src, EDOI_WRITE));
    }
    return err;

close_stream:
    edo_close(s);
    return err;
}

/* The kernel's result: 0 connected, -EINPROGRESS none yet, or an error. A socket that has hung up
 * (`is_hung`) without a peer is closed, and no event follows: the kernel gives its error once, and
 * that of Multipath TCP may close a socket before its error is there, or without one. */
static int outcome(int fd, bool is_hung) {
    int err = 0;
    socklen_t bytes = sizeof err;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &bytes) < 0) return edoi_errno();
    if (err != 0) return err == ECANCELED ? -EIO : -err;
    edo_addr peer;
    int name_err = edoi_socket_name(fd, true, &peer);
    if (name_err != -ENOTCONN) return name_err;
    return is_hung ? -ECONNABORTED : -EINPROGRESS; // what connect() itself returns for it
}

edo_polled edoi_attempt_poll(edoi_attempt *a, edo_cx *cx, int *result) {
    EDO_ASSERT(edoi_attempt_is_made(a));
    edoi_source *src = edoi_source_behind(a->stream);
    for (;;) {
        uint32_t tick = edoi_source_ready(src, EDOI_WRITE);
        int waits = tick == 0 ? edoi_io_wait(src, EDOI_WRITE, &a->wait, cx) : 0;
        if (waits > 0) return EDO_PENDING;
        if (waits == 0 && tick == 0) continue;
        *result = waits < 0 ? waits : outcome(edoi_source_fd(src), edoi_source_tick_is_hung(tick));
        if (*result != -EINPROGRESS) return EDO_READY;
        edoi_source_clear(src, EDOI_WRITE, tick);
    }
}

edo_stream *edoi_attempt_take(edoi_attempt *a) {
    edo_stream *s = a->stream;
    edoi_source_unwait(edoi_source_behind(s), &a->wait);
    a->stream = NULL;
    return s;
}

void edoi_attempt_drop(edoi_attempt *a) {
    if (edoi_attempt_is_made(a)) edo_close(edoi_attempt_take(a));
}
