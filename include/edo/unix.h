/* SPDX-License-Identifier: MIT */
/* edo/unix.h: Unix sockets: streams, packets with a connection, datagrams; who the other end is;
 * passing descriptors.
 *
 *     edo_listener *l;
 *     int err = edo_unix_listen(&l, "/run/app.sock", NULL);
 *     for (edo_stream *peer; (err = edo_accept(l, &peer)) == 0; ) ...
 *
 * An address is a path, "@NAME" for a name in Linux's abstract space, or "" for a free abstract
 * name; "unix:" may precede it, as edo_addr_print() writes it. The file of a path stays when the
 * socket is closed, and a later bind fails with -EADDRINUSE: unlink(2) it.
 *
 * All sockets are edo_streams. A seqpacket socket has a connection and keeps boundaries: a read
 * takes one packet, a write sends one. A datagram socket does so without a connection, or towards
 * one other socket: edo_udp_recv_from(), edo_udp_send_to() and their like work on it, too. A packet
 * longer than its room fails the read with -EMSGSIZE.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_UNIX_H
#define EDO_UNIX_H

#include <edo/net.h>

#include <sys/types.h>

EDO_BEGIN_DECLS

/* Options of a Unix socket; all zero is the default. */
typedef struct edo_unix_opts {
    uint32_t backlog; /* listener: connections not yet accepted; 0: 4096 (the kernel may clamp) */
    uint32_t mode;    /* of the new file: permission bits as of chmod(2), less those of the umask;
                         0: all that the umask leaves */
    const char *bind; /* connection: its own address; NULL: none */
    uint64_t reserved[4]; /* must be 0 */
} edo_unix_opts;

/* ---- Connections ----------------------------------------------------------------------------- */

/** Open a listener on `path`, for streams or for seqpacket sockets: edo_accept().
 * Owns:    returns new in `*out`: edo_listener_close(). Borrows `path` and `opts` (may be NULL).
 * Errors:  -EINVAL      the address is malformed or too long; options
 *          -EADDRINUSE  the file is there, or the name is in use
 *          -ENOENT, -EACCES, -ENOMEM, -EMFILE and the kernel's other codes
 * Threads: any, at once; needs no runtime. */
EDO_MUST_USE EDO_API int edo_unix_listen(edo_listener **out, const char *path,
                                         const edo_unix_opts *opts);
EDO_MUST_USE EDO_API int edo_unix_seqpacket_listen(edo_listener **out, const char *path,
                                                   const edo_unix_opts *opts);

/* Future behind edo_unix_connect() and edo_unix_seqpacket_connect(). */
typedef struct edo_unix_connect_future {
    edo_future base;
    edo_stream **out;
    const char *path;
    const edo_unix_opts *opts;
    edo_sleep_future nap;
    int fd; /* -1, or the socket of a try that found no room, if it has an address of its own */
} edo_unix_connect_future;

/** Connects to `path`, a stream.
 *
 * While the listener's queue is full it tries again (after 1 ms, doubling up to 100 ms), as the
 * kernel does not tell when there is room.
 * Owns:    borrows `path` and `opts` (may be NULL); returns new in `*out`: edo_close().
 * Errors:  -EINVAL      the address, or options
 *          -ENOENT      there is no such file;  -ECONNREFUSED  no listener there
 *          -EPROTOTYPE  the listener is for another kind of socket
 *          -EDO_ENORUNTIME; -ECANCELED; -EACCES, -ENOMEM, -EMFILE and the kernel's other codes
 * Cancel: safe: `*out` is untouched.   Waits: for room in the listener's queue. */
EDO_MUST_USE EDO_API int edo_unix_connect(edo_stream **out, const char *path,
                                          const edo_unix_opts *opts);
EDO_MUST_USE EDO_API edo_future *edo_unix_connect_init(edo_unix_connect_future *f, edo_stream **out,
                                                       const char *path, const edo_unix_opts *opts);

/** Connects to `path`, a seqpacket socket.
 * Owns:    borrows `path` and `opts` (may be NULL); returns new in `*out`: edo_close().
 * Errors: as edo_unix_connect()   Cancel: safe: `*out` is untouched.
 * Waits:   for room in the listener's queue. */
EDO_MUST_USE EDO_API int edo_unix_seqpacket_connect(edo_stream **out, const char *path,
                                                    const edo_unix_opts *opts);
EDO_MUST_USE EDO_API edo_future *edo_unix_seqpacket_connect_init(edo_unix_connect_future *f,
                                                                 edo_stream **out, const char *path,
                                                                 const edo_unix_opts *opts);

/** Make two sockets without an address that are connected to each other: streams, seqpacket or
 * datagram sockets.
 * Owns: returns new in `*a` and `*b`: edo_close().   Errors: -ENOMEM, -EMFILE, -ENFILE
 * Threads: any, at once; needs no runtime. */
EDO_MUST_USE EDO_API int edo_unix_pair(edo_stream **a, edo_stream **b);
EDO_MUST_USE EDO_API int edo_unix_seqpacket_pair(edo_stream **a, edo_stream **b);
EDO_MUST_USE EDO_API int edo_unix_dgram_pair(edo_stream **a, edo_stream **b);

/* ---- Datagrams ------------------------------------------------------------------------------- */

/** Open a datagram socket that receives at `path`; or one that sends to `path`, and receives only
 * from there if it has an address itself (`bind` of the options).
 * Owns:    returns new in `*out`: edo_close(). Borrows `path` and `opts` (may be NULL).
 * Errors:  -EINVAL      the address, or options;  -EADDRINUSE  the file is there
 *          -ENOENT, -ECONNREFUSED, -EPROTOTYPE  connect: no such socket there
 *          -EACCES, -ENOMEM, -EMFILE and the kernel's other codes
 * Threads: any, at once; needs no runtime. */
EDO_MUST_USE EDO_API int edo_unix_dgram_bind(edo_stream **out, const char *path,
                                             const edo_unix_opts *opts);
EDO_MUST_USE EDO_API int edo_unix_dgram_connect(edo_stream **out, const char *path,
                                                const edo_unix_opts *opts);

/* ---- The other end --------------------------------------------------------------------------- */

/* A process and its user and group. */
typedef struct edo_cred {
    pid_t pid;
    uid_t uid;
    gid_t gid;
} edo_cred;

/** Writes to `*out` which process was at the other end of a Unix connection when it was made.
 * Errors:  -EDO_ECLOSED; -ENOTSUP  not a Unix connection */
EDO_MUST_USE EDO_API int edo_stream_peer_cred(edo_stream *s, edo_cred *out);

/* ---- Passing descriptors --------------------------------------------------------------------- */

#define EDO_UNIX_FDS_MAX 253 /* descriptors of one message: Linux's limit */

/* Future behind edo_unix_send_fds(). */
typedef struct edo_unix_send_fds_future {
    edo_future base;
    edo_stream *stream;
    const void *buf;
    size_t n;
    const int *fds;
    size_t fds_n;
    edo_io_wait wait;
} edo_unix_send_fds_future;

/** Sends some of `n` bytes, or one packet, and with the first of them copies of descriptors:
 * returns the number of bytes sent; the descriptors have all been sent then.
 * Owns:    borrows `s`, `buf` and `fds`. The descriptors stay the caller's.
 * Errors:  -EINVAL   `n` is 0, or more than EDO_UNIX_FDS_MAX descriptors;  -ENOTSUP  not a Unix
 *          socket;  -EBADF;  -ETOOMANYREFS  too many are on their way
 *          else as edo_write()
 * Cancel: safe: nothing was sent.   Waits: for room. */
EDO_MUST_USE EDO_API int edo_unix_send_fds(edo_stream *s, const void *buf, size_t n, const int *fds,
                                           size_t fds_n);
EDO_MUST_USE EDO_API edo_future *edo_unix_send_fds_init(edo_unix_send_fds_future *f, edo_stream *s,
                                                        const void *buf, size_t n, const int *fds,
                                                        size_t fds_n);

/* Room for descriptors, and what has arrived there. */
typedef struct edo_unix_fds {
    int *fds;   /* yours to set: room for `max` of them */
    size_t max; /* yours to set */
    size_t n;   /* arrived, close-on-exec; the receiver's to close */
    bool lost;  /* more were sent, and are closed: no room, or this process has too many open */
} edo_unix_fds;

/* Future behind edo_unix_recv_fds(). */
typedef struct edo_unix_recv_fds_future {
    edo_future base;
    edo_stream *stream;
    void *buf;
    size_t n;
    edo_unix_fds *fds;
    edo_io_wait wait;
} edo_unix_recv_fds_future;

/** Reads some bytes, at most `n`, or one packet, and the descriptors that were sent with them:
 * returns the number of bytes, 0 at the end of the input. A read of a stream does not go past the
 * bytes of a send that had descriptors. edo_read() closes the descriptors that come with what it
 * reads.
 * Owns:    borrows `s`, `buf` and `fds`. The `fds->n` descriptors are the caller's, also after an
 *          error.
 * Errors:  -ENOTSUP  not a Unix socket;  -EMSGSIZE  a packet was longer than `n`
 *          else as edo_read()
 * Cancel: safe: bytes and descriptors stay in the socket.   Waits: for input. */
EDO_MUST_USE EDO_API int edo_unix_recv_fds(edo_stream *s, void *buf, size_t n, edo_unix_fds *fds);
EDO_MUST_USE EDO_API edo_future *edo_unix_recv_fds_init(edo_unix_recv_fds_future *f, edo_stream *s,
                                                        void *buf, size_t n, edo_unix_fds *fds);

/** As edo_unix_send_fds() and edo_unix_recv_fds(), but return -EAGAIN instead of waiting.
 * Owns: as those.   Errors: -EAGAIN; else as the futures */
EDO_MUST_USE EDO_API int edo_unix_try_send_fds(edo_stream *s, const void *buf, size_t n,
                                               const int *fds, size_t fds_n);
EDO_MUST_USE EDO_API int edo_unix_try_recv_fds(edo_stream *s, void *buf, size_t n,
                                               edo_unix_fds *fds);

EDO_END_DECLS

#endif
