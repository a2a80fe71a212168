/* SPDX-License-Identifier: MIT */
/* edo/udp.h: UDP sockets, and what all datagram sockets can do.
 *
 *     edo_stream *s;
 *     int n = edo_udp_bind(&s, "0.0.0.0:7000", NULL);
 *     while (n >= 0 || n == -EMSGSIZE) {
 *         edo_addr peer;
 *         n = edo_udp_recv_from(s, buf, sizeof buf, &peer);
 *         if (n >= 0) n = edo_udp_send_to(s, buf, (size_t)n, &peer);
 *     }
 *     edo_close(s);
 *
 * A datagram socket is an edo_stream of which each read takes one datagram and each write sends
 * one. On a connected socket edo_read() and edo_write() are all that is needed; edo_peek(),
 * edo_io_ready(), edo_try_read(), edo_stream_local_addr() and edo_close() work on every one, and
 * edo_recvmsg() returns control data. A datagram that is longer than its room is never cut
 * silently: the call fails with -EMSGSIZE. An empty datagram is read as 0, which is no end.
 *
 * The functions from edo_udp_recv_from() to edo_udp_try_send_many() work on Unix datagram sockets,
 * too: edo/unix.h. Those after them are for UDP.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_UDP_H
#define EDO_UDP_H

#include <edo/net.h>

EDO_BEGIN_DECLS

/* ---- Opening --------------------------------------------------------------------------------- */

/* Options of a UDP socket; all zero is the default. */
typedef struct edo_udp_opts {
    bool reuse_addr; /* several sockets share the address: multicast (SO_REUSEADDR) */
    bool reuse_port; /* several sockets share the load of the address (SO_REUSEPORT) */
    bool only_v6;    /* socket on [::]: no IPv4 */
    bool broadcast;  /* may send to broadcast addresses */
    uint32_t recv_buffer, send_buffer; /* bytes of the kernel's buffers; 0: the kernel's choice */
    const char *device;                /* "eth0": only over this interface; NULL: over any */
    const char *bind;     /* of edo_udp_connect(): the local address; NULL: the kernel's choice */
    uint64_t reserved[4]; /* must be 0 */
} edo_udp_opts;

/** Opens a UDP socket that receives at `addr`: an address as edo_addr_parse() reads it, or
 * "HOST:PORT" with a name. Port 0 takes a free port.
 * Owns:    returns new in `*out`: edo_close(). Borrows `addr` and `opts` (may be NULL).
 * Errors:  -EINVAL      the address; options;  -EAFNOSUPPORT  a Unix address
 *          -ENOENT, -EAGAIN, -EIO, -ECANCELED  of a name: as edo_resolve()
 *          -EADDRINUSE  the address is in use;  -ENODEV  there is no such device
 *          -ENOMEM, -EMFILE, -EACCES and the kernel's other codes
 * Threads: any, at once; needs no runtime.   Waits: for the lookup of a name; else never. */
EDO_MUST_USE EDO_API int edo_udp_bind(edo_stream **out, const char *addr, const edo_udp_opts *opts);

/** Opens a UDP socket that sends to `addr` and receives only from there. Of a name's addresses it
 * takes the first that the kernel can route to; nothing is sent.
 *
 * If no socket is bound at `addr` a later read or write returns -ECONNREFUSED, once for each such
 * reply of the other host; the socket stays usable.
 * Owns:    returns new in `*out`: edo_close(). Borrows `addr` and `opts` (may be NULL).
 * Errors:  as edo_udp_bind(); -ENETUNREACH, -EHOSTUNREACH  no route
 * Threads: any, at once; needs no runtime.   Waits: for the lookup of a name; else never. */
EDO_MUST_USE EDO_API int edo_udp_connect(edo_stream **out, const char *addr,
                                         const edo_udp_opts *opts);

/** Open a socket on or to the address `addr`; otherwise as edo_udp_bind() and edo_udp_connect().
 * Owns:    returns new in `*out`: edo_close(). Borrows `addr` and `opts` (may be NULL).
 * Errors:  -EAFNOSUPPORT  neither an IPv4 nor an IPv6 address;  else as the functions above
 * Threads: any, at once; needs no runtime. */
EDO_MUST_USE EDO_API int edo_udp_bind_addr(edo_stream **out, const edo_addr *addr,
                                           const edo_udp_opts *opts);
EDO_MUST_USE EDO_API int edo_udp_connect_addr(edo_stream **out, const edo_addr *addr,
                                              const edo_udp_opts *opts);

/** Connects an open UDP socket to another address; with NULL, disconnects it.
 * Errors:  -EDO_ECLOSED; -ENOTSUP  not a UDP socket; what the kernel returns */
EDO_MUST_USE EDO_API int edo_udp_set_peer(edo_stream *s, const edo_addr *addr);

/* ---- One datagram ---------------------------------------------------------------------------- */

/* Future behind edo_udp_recv_from(). */
typedef struct edo_udp_recv_from_future {
    edo_future base;
    edo_stream *stream;
    void *buf;
    size_t n;
    edo_addr *from;
    edo_io_wait wait;
} edo_udp_recv_from_future;

/** Receives one datagram: returns its length, which may be 0, and its sender in `*from`.
 * Owns:    borrows `s`, `buf` and `from` (may be NULL).
 * Errors:  -EMSGSIZE      the datagram is longer than `n`: its first bytes are in `buf`, the rest is
 *                         lost
 *          -ECONNREFUSED  of a connected socket: an earlier datagram found no receiver
 *          -EDO_ECLOSED   the socket was closed, before or during the wait
 *          -ENOTSUP       not a datagram socket;  -EDO_ENORUNTIME; -ECANCELED
 * Cancel: safe: the datagram stays in the socket.   Waits: for a datagram. */
EDO_MUST_USE EDO_API int edo_udp_recv_from(edo_stream *s, void *buf, size_t n, edo_addr *from);
EDO_MUST_USE EDO_API edo_future *edo_udp_recv_from_init(edo_udp_recv_from_future *f, edo_stream *s,
                                                        void *buf, size_t n, edo_addr *from);

/** As edo_udp_recv_from(), but returns -EAGAIN instead of waiting.
 * Owns:    borrows `s`, `buf` and `from` (may be NULL) until return.
 * Errors:  -EAGAIN; else as edo_udp_recv_from() */
EDO_MUST_USE EDO_API int edo_udp_try_recv_from(edo_stream *s, void *buf, size_t n, edo_addr *from);

/* Future behind edo_udp_send_to(). */
typedef struct edo_udp_send_to_future {
    edo_future base;
    edo_stream *stream;
    const void *buf;
    size_t n;
    const edo_addr *to;
    edo_io_wait wait;
} edo_udp_send_to_future;

/** Sends one datagram of `n` bytes to `to`. Returns 0 once the kernel has it.
 * Owns:    borrows `s`, `buf` and `to` (NULL: the address that the socket is connected to).
 * Errors:  -EMSGSIZE      too long for a datagram
 *          -ECONNREFUSED  of a connected socket: an earlier datagram found no receiver
 *          -EAGAIN        `to` is a Unix address, and its queue is full: the kernel does not say
 *                         when there is room (it does for a connected socket)
 *          -EDO_ECLOSED   the socket was closed, before or during the wait
 *          -ENOTSUP       not a datagram socket;  -EDO_ENORUNTIME; -ECANCELED
 *          and the kernel's other codes, -ENETUNREACH and -EPERM among them
 * Cancel: safe: nothing was sent.   Waits: for room in the kernel's buffer. */
EDO_MUST_USE EDO_API int edo_udp_send_to(edo_stream *s, const void *buf, size_t n,
                                         const edo_addr *to);
EDO_MUST_USE EDO_API edo_future *edo_udp_send_to_init(edo_udp_send_to_future *f, edo_stream *s,
                                                      const void *buf, size_t n,
                                                      const edo_addr *to);

/** As edo_udp_send_to(), but returns -EAGAIN instead of waiting.
 * Errors:  -EAGAIN; else as edo_udp_send_to() */
EDO_MUST_USE EDO_API int edo_udp_try_send_to(edo_stream *s, const void *buf, size_t n,
                                             const edo_addr *to);

/* ---- Many datagrams -------------------------------------------------------------------------- */

/* A datagram to send, or room for one. All zero but `buf` and `room` is right for a receive; all
 * zero but `buf` and `n` sends to the address that the socket is connected to. */
typedef struct edo_packet {
    void *buf;
    size_t room;      /* receive: bytes that `buf` holds */
    size_t n;         /* receive: bytes received; send: bytes to send */
    edo_addr addr;    /* receive: the sender; send: the receiver, all zero: the connected one */
    uint16_t segment; /* not 0: `buf` holds several datagrams of this length, of which the last may
                         be shorter. Send: the kernel cuts them (GSO). Receive: the kernel has put
                         them together, only after edo_udp_set_gro() */
    bool truncated;   /* receive: the datagram was longer than `room`, and the rest is lost; or the
                         kernel did not say how long the segments in `buf` are */
} edo_packet;

/* Future behind edo_udp_recv_many(). */
typedef struct edo_udp_recv_many_future {
    edo_future base;
    edo_stream *stream;
    edo_packet *packets;
    size_t n;
    edo_io_wait wait;
} edo_udp_recv_many_future;

/** Receives the datagrams that are there, at most `n`, with one system call for 7 of them: returns
 * their number, at least 1. Descriptors that come with them over a Unix socket are closed.
 * Owns:    borrows `s` and `packets` with their buffers.
 * Errors:  -EINVAL  `n` is 0;  else as edo_udp_recv_from(), but a datagram that is too long is no
 *          error: see `truncated`
 * Cancel: safe: the datagrams stay in the socket.   Waits: for the first datagram. */
EDO_MUST_USE EDO_API int edo_udp_recv_many(edo_stream *s, edo_packet *packets, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_udp_recv_many_init(edo_udp_recv_many_future *f, edo_stream *s,
                                                        edo_packet *packets, size_t n);

/** As edo_udp_recv_many(), but returns -EAGAIN instead of waiting.
 * Owns:    borrows `s` and `packets` with their buffers until return.
 * Errors:  -EAGAIN; else as edo_udp_recv_many() */
EDO_MUST_USE EDO_API int edo_udp_try_recv_many(edo_stream *s, edo_packet *packets, size_t n);

/* Future behind edo_udp_send_many(). */
typedef struct edo_udp_send_many_future {
    edo_future base;
    edo_stream *stream;
    const edo_packet *packets;
    size_t n;
    edo_io_wait wait;
} edo_udp_send_many_future;

/** Sends some of `n` datagrams, in order, with one system call for 16 of them: returns the number
 * of those sent, at least 1; the error of a later one is returned by the send that begins with it.
 * Owns:    borrows `s` and `packets` with their buffers.
 * Errors:  of the first datagram: as edo_udp_send_to(); -EIO  `segment` is set, and the device
 *          cannot cut;  -ENOTSUP  it is set, and the socket is not of UDP;  -EINVAL  `n` is 0, or a
 *          segment is too long
 * Cancel: safe: nothing was sent.   Waits: for room in the kernel's buffer. */
EDO_MUST_USE EDO_API int edo_udp_send_many(edo_stream *s, const edo_packet *packets, size_t n);
EDO_MUST_USE EDO_API edo_future *edo_udp_send_many_init(edo_udp_send_many_future *f, edo_stream *s,
                                                        const edo_packet *packets, size_t n);

/** As edo_udp_send_many(), but returns -EAGAIN instead of waiting.
 * Owns:    borrows `s` and `packets` with their buffers until return.
 * Errors:  -EAGAIN; else as edo_udp_send_many() */
EDO_MUST_USE EDO_API int edo_udp_try_send_many(edo_stream *s, const edo_packet *packets, size_t n);

/* ---- Options --------------------------------------------------------------------------------- */

/** Set an option of a UDP socket: sending to broadcast addresses; the hops that a datagram may take
 * (TTL); its type of service with ECN (TOS, traffic class); the reports of the receiving address
 * and interface (control data IP_PKTINFO or IPV6_PKTINFO of edo_recvmsg()); putting datagrams of
 * one sender together (GRO, see edo_packet). On an IPv6 socket that also takes IPv4 they hold for
 * both.
 * Errors:  -EDO_ECLOSED; -ENOTSUP  not a UDP socket; -ENOPROTOOPT  the kernel has no GRO; -EINVAL;
 *          what the kernel returns */
EDO_MUST_USE EDO_API int edo_udp_set_broadcast(edo_stream *s, bool on);
EDO_MUST_USE EDO_API int edo_udp_set_ttl(edo_stream *s, uint8_t hops);
EDO_MUST_USE EDO_API int edo_udp_set_tos(edo_stream *s, uint8_t tos);
EDO_MUST_USE EDO_API int edo_udp_set_pktinfo(edo_stream *s, bool on);
EDO_MUST_USE EDO_API int edo_udp_set_gro(edo_stream *s, bool on);

/** Set an option of the multicast datagrams that a UDP socket sends: the hops that they may take
 * (the kernel's choice is 1); whether this host receives them, too (the kernel's choice); the
 * interface ("eth0"; NULL: by the routes).
 * Errors:  -EDO_ECLOSED; -ENOTSUP  not a UDP socket; -ENODEV  no such device; what the kernel
 *          returns */
EDO_MUST_USE EDO_API int edo_udp_set_multicast_ttl(edo_stream *s, uint8_t hops);
EDO_MUST_USE EDO_API int edo_udp_set_multicast_loop(edo_stream *s, bool on);
EDO_MUST_USE EDO_API int edo_udp_set_multicast_device(edo_stream *s, const char *device);

/** Begin and end receiving what is sent to a multicast group, of IPv4 or IPv6: over one interface
 * ("eth0"; NULL: by the routes), from one source or (NULL) from any. The ports do not matter. A
 * socket of IPv6 that also takes IPv4 receives from groups of both.
 * Errors:  -EDO_ECLOSED; -ENOTSUP  not a UDP socket; -ENODEV  no such device, or no route
 *          -EINVAL  not a multicast address, or of a family that the socket does not receive
 *          -EADDRINUSE  joined before
 *          -EADDRNOTAVAIL  leave: not joined;  what the kernel returns */
EDO_MUST_USE EDO_API int edo_udp_join(edo_stream *s, const edo_addr *group, const edo_addr *source,
                                      const char *device);
EDO_MUST_USE EDO_API int edo_udp_leave(edo_stream *s, const edo_addr *group, const edo_addr *source,
                                       const char *device);

EDO_END_DECLS

#endif
