/* SPDX-License-Identifier: MIT */
/* net/unix/unix.c: opens Unix sockets of all kinds, and tells the credentials of the peer. */
#include "net/unix/unix.h"

#include "base/opts.h"
#include "net/addr/unix_addr.h"
#include "records/handles.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const edo_unix_opts defaults = { 0 };

static int type_of(const edo_stream_ops *kind) {
    if (kind == &edoi_unix_ops) return SOCK_STREAM;
    return kind == &edoi_unix_dgram_ops ? SOCK_DGRAM : SOCK_SEQPACKET;
}

static int unix_parse(edo_addr *out, const char *path) {
    static const char prefix[] = "unix:";
    size_t n = sizeof prefix - 1;
    return edoi_unix_addr_parse(out, strncmp(path, prefix, n) == 0 ? path + n : path);
}

/* Gives the socket an address. The kernel makes the file with the mode of the socket, less the
 * umask, so at no time has it another. */
static int bind_at(int fd, const char *path, const edo_unix_opts *opts) {
    edo_addr addr;
    int err = unix_parse(&addr, path);
    if (err < 0) return err;
    if (opts->mode != 0 && fchmod(fd, opts->mode) < 0) return edoi_errno();
    return bind(fd, &addr.sock.any, addr.bytes) < 0 ? edoi_errno() : 0;
}

/* Opens a socket of the kind, bound to `local` unless that is NULL. */
static int open_socket(int *out, const edo_stream_ops *kind, const char *local,
                       const edo_unix_opts *opts) {
    if (opts->mode > 07777 || !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)))
        return -EINVAL;
    int fd = socket(AF_UNIX, type_of(kind) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return edoi_errno();
    int err = local ? bind_at(fd, local, opts) : 0;
    if (err < 0) {
        (void)close(fd);
        return err;
    }
    *out = fd;
    return 0;
}

/* ---- Listeners ------------------------------------------------------------------------------- */

static int listen_for(edo_listener **out, const edo_stream_ops *kind, const char *path,
                      const edo_unix_opts *opts, const void *caller) {
    int fd = -1;
    if (!opts) opts = &defaults;
    int err = open_socket(&fd, kind, path, opts);
    if (err < 0) return err;
    err = edoi_listen(fd, opts->backlog);
    if (err == 0) err = edoi_listener_new(out, fd, kind, caller);
    if (err < 0) (void)close(fd);
    return err;
}

int edo_unix_listen(edo_listener **out, const char *path, const edo_unix_opts *opts) {
    return listen_for(out, &edoi_unix_ops, path, opts, EDOI_CALLER());
}

int edo_unix_seqpacket_listen(edo_listener **out, const char *path, const edo_unix_opts *opts) {
    return listen_for(out, &edoi_unix_seqpacket_ops, path, opts, EDOI_CALLER());
}

/* ---- Sockets that are ready at once ---------------------------------------------------------- */

/* Makes a stream of `fd`, which is closed on failure. */
static int wrap(edo_stream **out, const edo_stream_ops *kind, int fd) {
    int err = edoi_socket_wrap(out, kind, fd);
    if (err < 0) (void)close(fd);
    return err;
}

/* An attempt that was interrupted has done nothing. */
static int connect_now(int fd, const edo_addr *addr) {
    int rc;
    do rc = connect(fd, &addr->sock.any, addr->bytes);
    while (rc < 0 && errno == EINTR);
    return rc;
}

int edoi_unix_connect_once(edo_stream **out, const edo_stream_ops *kind, const char *path,
                           const edo_unix_opts *opts, int *kept) {
    edo_addr addr;
    int fd = *kept;
    if (!opts) opts = &defaults;
    *kept = -1;
    int err = unix_parse(&addr, path);
    if (err == 0 && fd < 0) err = open_socket(&fd, kind, opts->bind, opts);
    if (err == 0 && connect_now(fd, &addr) == 0) return wrap(out, kind, fd);
    if (err == 0) err = edoi_errno();
    if (err == -EAGAIN && opts->bind) {
        *kept = fd;
    } else if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

static int pair_of(edo_stream **a, edo_stream **b, const edo_stream_ops *kind, const void *caller) {
    int fds[2];
    edo_stream *first, *second;
    if (socketpair(AF_UNIX, type_of(kind) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
        return edoi_errno();
    int err = wrap(&first, kind, fds[0]);
    if (err < 0) goto close_second;
    err = wrap(&second, kind, fds[1]);
    if (err < 0) goto close_first;
    edoi_handle_made_by(EDOI_STREAM, first, caller);
    edoi_handle_made_by(EDOI_STREAM, second, caller);
    *a = first;
    *b = second;
    return 0;

close_first:
    edo_close(first);
    return err;
close_second:
    (void)close(fds[1]);
    return err;
}

int edo_unix_pair(edo_stream **a, edo_stream **b) {
    return pair_of(a, b, &edoi_unix_ops, EDOI_CALLER());
}

int edo_unix_seqpacket_pair(edo_stream **a, edo_stream **b) {
    return pair_of(a, b, &edoi_unix_seqpacket_ops, EDOI_CALLER());
}

int edo_unix_dgram_pair(edo_stream **a, edo_stream **b) {
    return pair_of(a, b, &edoi_unix_dgram_ops, EDOI_CALLER());
}

int edo_unix_dgram_bind(edo_stream **out, const char *path, const edo_unix_opts *opts) {
    int fd = -1;
    int err = open_socket(&fd, &edoi_unix_dgram_ops, path, opts ? opts : &defaults);
    if (err == 0) err = wrap(out, &edoi_unix_dgram_ops, fd);
    if (err == 0) edoi_handle_made_by(EDOI_STREAM, *out, EDOI_CALLER());
    return err;
}

int edo_unix_dgram_connect(edo_stream **out, const char *path, const edo_unix_opts *opts) {
    int kept = -1;
    int err = edoi_unix_connect_once(out, &edoi_unix_dgram_ops, path, opts, &kept);
    if (kept >= 0) (void)close(kept);
    if (err == 0) edoi_handle_made_by(EDOI_STREAM, *out, EDOI_CALLER());
    return err;
}

/* ---- The other end --------------------------------------------------------------------------- */

int edo_stream_peer_cred(edo_stream *s, edo_cred *out) {
    struct ucred cred;
    socklen_t bytes = sizeof cred;
    int fd = edoi_socket_fd(s);
    if (fd < 0) return fd;
    if (!edoi_is_unix(s)) return -ENOTSUP;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &bytes) < 0) return edoi_errno();
    if (cred.pid == 0 && cred.uid == (uid_t)-1) return -ENOTSUP; // a datagram socket without a peer
    *out = (edo_cred){ .pid = cred.pid, .uid = cred.uid, .gid = cred.gid };
    return 0;
}
