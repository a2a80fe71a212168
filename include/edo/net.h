/* SPDX-License-Identifier: MIT */
/* edo/net.h: addresses, TCP listeners and TCP streams.
 *
 *     edo_listener *l;
 *     int err = edo_tcp_listen(&l, "127.0.0.1:7000", NULL);
 *     for (edo_stream *peer; (err = edo_accept(l, &peer)) == 0; )
 *         if (edo_spawn_detached(serve, peer) < 0) edo_close(peer);
 *     edo_listener_close(l);
 *
 * A connection is an edo_stream: see edo/io.h for reading and writing.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_NET_H
#define EDO_NET_H

#include <edo/blocking.h>
#include <edo/io.h>
#include <edo/task.h>
#include <edo/time.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/vm_sockets.h> /* needs sys/socket.h */

EDO_BEGIN_DECLS

/* ---- Addresses ------------------------------------------------------------------------------- */

/* A socket address. All zero: none. */
typedef struct edo_addr {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un un;
        struct sockaddr_vm vm;
    } sock;
    uint32_t bytes; /* of `sock` in use */
} edo_addr;

#define EDO_ADDR_TEXT_MAX 448 /* bytes that hold the text of any address, with its NUL */

/** Reads "127.0.0.1:7000", "[::1]:7000", "localhost:7000" (which is 127.0.0.1), or "unix:PATH" into
 * `*out`. "[fe80::1%eth0]:7000" names the interface that leads to a link-local address, and
 * "[fe80::1%2]:7000" has its number (RFC 4007 section 11). "unix:@NAME" is a name in Linux's
 * abstract space, and "unix:" the address of a socket without one. "\xNN" in a path or name stands
 * for the byte with this number, "\\" for a backslash.
 * "vsock:CID:PORT" is an address of a virtual machine (edo/vsock.h), with "any" for either number.
 * Errors:  -EINVAL  not of this form, no interface of this machine, or another name: use
 *          edo_resolve() for names */
EDO_MUST_USE EDO_API int edo_addr_parse(edo_addr *out, const char *text);

/** Prints the address in the form that edo_addr_parse() reads, and returns the length of the text.
 * Bytes of a Unix address that are not printable ASCII become "\xNN".
 * Owns:    fills `text`, always with a NUL at the end if `text_bytes` is not 0.
 * Errors:  -ENOSPC  `text_bytes` is too small (EDO_ADDR_TEXT_MAX never is); -EAFNOSUPPORT */
EDO_API int edo_addr_print(const edo_addr *addr, char *text, size_t text_bytes);

/** Returns the port of an IPv4 or IPv6 address; 0 of any other. */
EDO_API uint16_t edo_addr_port(const edo_addr *addr);

#define EDO_ADDR_KEY_BYTES 9

/** Fills in what tells clients apart, and returns it, for limits by client (edo/limiter.h): of
 * IPv4, also mapped into IPv6, the address; of IPv6 the first 64 bits, since a client has all of
 * those below. All addresses of other families have one key, which is all zero; ports are in none.
 * Owns:    the result points to `key`, all of which is written. */
EDO_API edo_str edo_addr_key(const edo_addr *addr, char key[EDO_ADDR_KEY_BYTES]);

/* The addresses that begin with the same bits. Fields are edo's. */
typedef struct edo_addr_range {
    uint8_t bytes[16]; /* of IPv6; those of IPv4 are mapped into it */
    uint32_t bits;     /* of `bytes` */
} edo_addr_range;

/** Reads a range: "10.0.0.0/8", "fd00::/8", or one address, without a port.
 * Errors:  -EINVAL  it is none */
EDO_MUST_USE EDO_API int edo_addr_range_parse(edo_addr_range *out, const char *text);

/** Returns whether the address is in the range, whatever its port. One of IPv4, also mapped into
 * IPv6, is only in ranges of IPv4; one of another family is in none. */
EDO_API bool edo_addr_range_has(const edo_addr_range *range, const edo_addr *addr);

/** Returns whether the address is one of a host on the public Internet: for programs that connect
 * where a stranger says, and do not want to be led to machines of their own network. Connect to the
 * address that was looked at: a name may lead elsewhere at the next lookup.
 *
 * It is false for what IANA's registries call special: loopback, unspecified, private, link-local,
 * unique-local, of a provider's customers, of protocols, documentation, benchmarks, multicast,
 * broadcast, reserved, and all of IPv6 that is not assigned for unicast; also for the few anycast
 * services in ranges of protocols (192.0.0.0/24, 2001::/23), and for Teredo. An IPv4 address that
 * is mapped into IPv6, or stands in one of NAT64 (64:ff9b::/96) or 6to4, counts itself. Other
 * families are never public. */
EDO_API bool edo_addr_is_public(const edo_addr *addr);

struct edoi_names;

/* A lookup under way; part of a future. */
typedef union edoi_lookup {
    edo_future base;
    edo_blocking_future job;   /* by the system */
    edo_task_join_future task; /* by the program's resolver */
} edoi_lookup;

/* Future made by edo_resolve_init(). */
typedef struct edo_resolve_future {
    edo_future base;
    const char *text;
    edo_addr *out;
    size_t out_max;
    struct edoi_names *names;
    edoi_lookup lookup;
} edo_resolve_future;

/** Writes the addresses of "HOST:PORT" to `out`, best first, and returns their number, at most
 * `out_max`.
 *
 * An address that edo_addr_parse() reads is returned at once; "localhost" is 127.0.0.1 and ::1. Any
 * other name is looked up by getaddrinfo(3) on the blocking pool (outside any runtime: on the
 * calling thread), or as edo_resolver_set() says. The last label of a name is not a
 * number, whether decimal, octal or hexadecimal ("0x" and digits or nothing): what inet_aton(3)
 * reads beside a.b.c.d, such as "0x7f000001", is neither an address nor a name. A name with letters
 * beyond ASCII (IDN) is given as the DNS has it, "xn--bcher-kva.example": it is not converted here.
 * Errors:  -EINVAL  neither an address nor a name, no port, or `out_max` is 0
 *          -ENOENT  there is no such name, or it has no address
 *          -EAGAIN  the name servers did not reply, or the pool is full: try again later
 *          -EIO     the name server failed;  -ENOMEM; -ECANCELED; -EDO_ECLOSED
 * Cancel:  safe: the lookup runs on, and its result is discarded.
 * Waits:   for the lookup of a name; else never. */
EDO_MUST_USE EDO_API int edo_resolve(edo_addr *out, size_t out_max, const char *text);
EDO_MUST_USE EDO_API edo_future *edo_resolve_init(edo_resolve_future *f, edo_addr *out,
                                                  size_t out_max, const char *text);

/* Looks up `host`: writes at most `out_max` IPv4 and IPv6 addresses to `out`, best first, with any
 * port, and returns their number; -ENOENT if there is none, or another negative code. It runs in a
 * task, which may wait, or on a plain thread. */
typedef int edo_resolver_fn(void *arg, edo_addr *out, size_t out_max, const char *host);

/** From now on names are looked up by `resolve(arg, ...)`: with a cache, another library, a table
 * of a test. NULL: by edo_resolver_system(), as at first. A lookup without a waiter runs on, so
 * `arg` must stay.
 * Owns:    borrows `arg`, for as long as there may be lookups.
 * Threads: one, while no lookup is under way: at the start of the program. */
EDO_API void edo_resolver_set(edo_resolver_fn *resolve, void *arg);

/** Looks up `host` by getaddrinfo(3) on the blocking pool (outside any runtime: on the calling
 * thread): what a program's own resolver may fall back to. `arg` is not used.
 * Owns: borrows `host` until return, and fills `out`.   Errors: as edo_resolve()
 * Cancel: safe: the lookup runs on, and its result is discarded.   Waits: for the lookup. */
EDO_MUST_USE EDO_API int edo_resolver_system(void *arg, edo_addr *out, size_t out_max,
                                             const char *host);

/* ---- Options --------------------------------------------------------------------------------- */

/* Options of a listener (and of the connections it accepts) and of a connection; all zero is the
 * default. */
typedef struct edo_tcp_opts {
    uint32_t backlog; /* listener: connections not yet accepted; 0: 4096 (the kernel may clamp) */
    bool delay;       /* wait to fill packets (Nagle's algorithm); default: send at once */
    bool reuse_port;  /* several sockets share the address (SO_REUSEPORT) */
    bool only_v6;     /* listener on [::]: no IPv4 connections */
    bool reset_on_close;    /* a close discards unsent bytes and resets the connection */
    edo_duration keepalive; /* probe a silent peer after, and then every, this time; 0: never */
    uint32_t recv_buffer, send_buffer; /* bytes of the kernel's buffers; 0: the kernel's choice */
    const char *bind;                /* connection: local "HOST:PORT"; NULL: the kernel's choice */
    edo_duration keepalive_interval; /* between two probes; 0: as `keepalive` */
    uint32_t keepalive_probes;       /* unanswered before the connection ends; 0: the kernel's */
    edo_duration user_timeout;       /* bytes not acknowledged for longer end the connection; 0: the
                                   kernel's choice */
    uint32_t notsent_lowat;    /* a write waits while this many bytes are not sent; 0: never */
    edo_duration defer_accept; /* listener: accept a connection once it has sent something, or
                                   after about this time (the kernel counts seconds); 0: at once */
    uint32_t fastopen;  /* listener: most half-open connections that may have sent bytes with their
                             first packet;
                          connection, not 0: the first write goes with the first packet */
    const char *device; /* "eth0": only over this interface; NULL: over any */
    uint32_t mark;      /* of its packets, for routes and filters (needs CAP_NET_ADMIN) */
    uint8_t tos;        /* type of service, traffic class */
    bool mptcp;         /* several paths for one connection, if the kernel and the other end have
                             that, and the kernel has all other options set here for it; else
                             TCP: edo_tcp_is_mptcp(). On Linux a write to an end that was closed
                             then fails only after about a minute */
    uint64_t reserved[4]; /* must be 0 */
} edo_tcp_opts;

/** Set an option of a connection: waiting to fill packets (Nagle's algorithm); reset at close; the
 * time after which, and the interval at which, a silent peer is probed (0: never; the kernel counts
 * whole seconds).
 * Errors:  -EDO_ECLOSED; -ENOTSUP  not a TCP stream; -EINVAL  a negative time; what the kernel
 *          returns */
EDO_MUST_USE EDO_API int edo_tcp_set_delay(edo_stream *s, bool delay);
EDO_MUST_USE EDO_API int edo_tcp_set_reset_on_close(edo_stream *s, bool reset);
EDO_MUST_USE EDO_API int edo_tcp_set_keepalive(edo_stream *s, edo_duration after);

/** Set an option of a connection: acknowledging at once, until the kernel thinks better of it; the
 * time for which sent bytes may stay unacknowledged (0: the kernel's choice); how many unsent bytes
 * make a write wait (0: never); the type of service or traffic class.
 * Errors:  -EDO_ECLOSED; -ENOTSUP  not a TCP stream; -EINVAL  a negative time; what the kernel
 *          returns: -ENOPROTOOPT or -EOPNOTSUPP of what it lacks for Multipath TCP */
EDO_MUST_USE EDO_API int edo_tcp_set_quickack(edo_stream *s, bool on);
EDO_MUST_USE EDO_API int edo_tcp_set_user_timeout(edo_stream *s, edo_duration limit);
EDO_MUST_USE EDO_API int edo_tcp_set_notsent_lowat(edo_stream *s, uint32_t bytes);
EDO_MUST_USE EDO_API int edo_tcp_set_tos(edo_stream *s, uint8_t tos);

/** Set the size of a kernel buffer of the connection (the kernel doubles and clamps it).
 * Errors:  -EDO_ECLOSED; -ENOTSUP  not a TCP stream; what the kernel returns */
EDO_MUST_USE EDO_API int edo_tcp_set_recv_buffer(edo_stream *s, uint32_t bytes);
EDO_MUST_USE EDO_API int edo_tcp_set_send_buffer(edo_stream *s, uint32_t bytes);

/** Returns 1 if the connection is one of Multipath TCP, and 0 if it is one of TCP: without the
 * option `mptcp`, or because this kernel, that of the other end, or something between them knows
 * only TCP. Before Linux 5.16 it is always 0.
 * Errors:  -EDO_ECLOSED; -ENOTSUP  not a TCP stream; what the kernel returns */
EDO_MUST_USE EDO_API int edo_tcp_is_mptcp(edo_stream *s);

/** Write the address of the other end, or of this end, to `*out`. A stream over another one, as TLS
 * is, has the addresses of the socket below.
 * Errors:  -EDO_ECLOSED; -ENOTCONN  the connection is gone
 *          -ENOTSUP  the stream is no socket, and lies over none */
EDO_MUST_USE EDO_API int edo_stream_peer_addr(edo_stream *s, edo_addr *out);
EDO_MUST_USE EDO_API int edo_stream_local_addr(edo_stream *s, edo_addr *out);

/** Returns the error that waits in a socket (SO_ERROR), as a negative code, and clears it; 0: none.
 * Errors:  that error; -EDO_ECLOSED; -ENOTSUP  the stream is not a socket */
EDO_MUST_USE EDO_API int edo_stream_take_error(edo_stream *s);

/* ---- The end of a connection ----------------------------------------------------------------- */

/* What the kernel tells of the output of a connection. */
typedef struct edo_tcp_taken {
    uint64_t bytes; /* that the other machine has acknowledged, since the begin */
    uint32_t left;  /* that it has not; an end of the output counts as one */
    bool is_gone;   /* the connection is over: nothing is acknowledged any more */
} edo_tcp_taken;

/** Writes to `*out` what the machine of the other end has taken of what was written; over another
 * stream, as TLS is, of the bytes of the socket below. Nobody is told when that changes.
 * Errors:  -EDO_ECLOSED; -ENOTSUP  not a TCP stream, and over none;  what the kernel returns */
EDO_MUST_USE EDO_API int edo_tcp_get_taken(edo_stream *s, edo_tcp_taken *out);

/** Ends a connection in order: ends the output, as edo_shutdown() does, waits until the machine of
 * the other end has acknowledged all that was written, or the connection has broken, and closes.
 * Returns 0. What was not acknowledged within `limit` is discarded, and the connection is reset.
 *
 * edo_close() does not wait: the kernel keeps what the other end has not taken, for a minute or
 * more after a close, and nothing bounds the number of such connections. So a server that limits
 * its connections counts one until this function has returned: those of peers that say goodbye and
 * do not read are part of the limit then. How much the kernel keeps of each is up to `send_buffer`.
 *
 * Over another stream, as TLS is, it is about the socket below. Any other kind of stream is shut
 * down and closed. Input is not read.
 * Owns:    takes the reference, in any case.
 * Errors:  -ETIMEDOUT  bytes were discarded
 *          -ECANCELED  it was closed as by edo_close(): the kernel goes on to send
 *          -EDO_ECLOSED  it was closed before;  of a stream over another one as edo_shutdown()
 * Cancel: the stream is closed.   Waits: for the other end, at most for `limit`. */
EDO_API int edo_tcp_end(edo_stream *s, edo_duration limit);

/* ---- Messages -------------------------------------------------------------------------------- */

/* Future behind edo_sendmsg(). */
typedef struct edo_sendmsg_future {
    edo_future base;
    edo_stream *stream;
    const struct msghdr *msg;
    int flags;
    edo_io_wait wait;
} edo_sendmsg_future;

/** Sends a message over any kind of socket, as sendmsg(2) does, with an address or control data:
 * returns the number of bytes sent. SIGPIPE is never raised.
 * Owns:    borrows `s`, `msg` and all it points to. Descriptors in control data stay the caller's.
 * Errors:  -ENOTSUP  not a socket;  -EAGAIN  of a Unix datagram socket, to an address whose queue
 *          is full: see edo_udp_send_to();  else as edo_write(), and the kernel's codes
 * Cancel: safe: nothing was sent.   Waits: for room. */
EDO_MUST_USE EDO_API int edo_sendmsg(edo_stream *s, const struct msghdr *msg, int flags);
EDO_MUST_USE EDO_API edo_future *edo_sendmsg_init(edo_sendmsg_future *f, edo_stream *s,
                                                  const struct msghdr *msg, int flags);

/** As edo_sendmsg(), but returns -EAGAIN instead of waiting.
 * Owns:    borrows `s`, and `msg` with all it points to, until return.
 * Errors:  -EAGAIN; else as edo_sendmsg() */
EDO_MUST_USE EDO_API int edo_try_sendmsg(edo_stream *s, const struct msghdr *msg, int flags);

/* Future behind edo_recvmsg(). */
typedef struct edo_recvmsg_future {
    edo_future base;
    edo_stream *stream;
    struct msghdr *msg;
    int flags;
    socklen_t name_room; /* as `msg` had it at first */
    size_t control_room;
    edo_io_wait wait;
} edo_recvmsg_future;

/** Receives a message from any kind of socket, as recvmsg(2) does: with the sender's address and
 * control data (time stamps, the receiving address, ECN, credentials, descriptors), if they are
 * enabled. Returns the number of bytes received; MSG_TRUNC and MSG_CTRUNC in `msg_flags` tell that
 * bytes or control data were cut off. Descriptors that arrive are close-on-exec;
 * edo_unix_recv_fds() receives nothing else, and loses none. With MSG_ERRQUEUE it does not wait:
 * -EAGAIN if the error queue is empty.
 * Owns:    borrows `s`, `msg` and all it points to. Descriptors in control data are the caller's.
 * Errors:  -ENOTSUP  not a socket;  else as edo_read(), and the kernel's codes
 * Cancel: safe: the message stays in the socket.   Waits: for a message. */
EDO_MUST_USE EDO_API int edo_recvmsg(edo_stream *s, struct msghdr *msg, int flags);
EDO_MUST_USE EDO_API edo_future *edo_recvmsg_init(edo_recvmsg_future *f, edo_stream *s,
                                                  struct msghdr *msg, int flags);

/** As edo_recvmsg(), but returns -EAGAIN instead of waiting.
 * Owns:    borrows `s`, and `msg` with all it points to, until return.
 * Errors:  -EAGAIN; else as edo_recvmsg() */
EDO_MUST_USE EDO_API int edo_try_recvmsg(edo_stream *s, struct msghdr *msg, int flags);

/* ---- Listening ------------------------------------------------------------------------------- */

/* A socket that accepts connections. Several tasks may accept from one listener. */
typedef struct edo_listener edo_listener;

/** Opens a listener on `addr`: an address as edo_addr_parse() reads it, or "HOST:PORT" with a name;
 * of the name's addresses it takes the first that works. Port 0 takes a free port. The trail of a
 * failure names the address: "listening on 127.0.0.1:80: Permission denied (-EACCES)".
 * Owns:    returns new in `*out`: edo_listener_close(). Borrows `addr` and `opts` (may be NULL).
 * Errors:  -EINVAL      the address; options;  -EAFNOSUPPORT  a Unix address
 *          -ENOENT, -EAGAIN, -EIO, -ECANCELED  of a name: as edo_resolve()
 *          -EADDRINUSE  the address is in use
 *          -ENOMEM, -EMFILE, -EACCES and the kernel's other codes
 * Threads: any, at once; needs no runtime.   Waits: for the lookup of a name; else never. */
EDO_MUST_USE EDO_API int edo_tcp_listen(edo_listener **out, const char *addr,
                                        const edo_tcp_opts *opts);

/** Opens a listener on the address `addr`; otherwise as edo_tcp_listen().
 * Owns:    returns new in `*out`: edo_listener_close(). Borrows `addr` and `opts` (may be NULL).
 * Errors:  -EAFNOSUPPORT  neither an IPv4 nor an IPv6 address;  -EINVAL  options
 *          -EADDRINUSE    the address is in use
 *          -ENOMEM, -EMFILE, -EACCES and the kernel's other codes
 * Threads: any, at once; needs no runtime. */
EDO_MUST_USE EDO_API int edo_tcp_listen_addr(edo_listener **out, const edo_addr *addr,
                                             const edo_tcp_opts *opts);

/** Writes the address that `l` listens on to `*out`, with the port that was taken.
 * Errors:  -EDO_ECLOSED */
EDO_MUST_USE EDO_API int edo_listener_addr(edo_listener *l, edo_addr *out);

/** Returns the port that `l` listens on; 0 if it has none. */
EDO_API uint16_t edo_listener_port(edo_listener *l);

/* What the kernel tells about a listener. */
typedef struct edo_listener_stats {
    uint32_t queued;    /* connections that wait to be accepted */
    uint32_t queue_max; /* as many may wait */
    uint32_t dropped;   /* connections refused or dropped since it was opened, mostly as the queue
                           was full */
} edo_listener_stats;

/** Writes to `*out` how long the queue of a TCP listener is. A queue that is often near its end
 * means: accept from more tasks, or set a larger `backlog`.
 * Errors:  -EDO_ECLOSED; -ENOTSUP  not of TCP;  what the kernel returns */
EDO_MUST_USE EDO_API int edo_listener_get_stats(edo_listener *l, edo_listener_stats *out);

/* ---- Listeners from and for other processes -------------------------------------------------- */

/** Makes a listener of a socket that listens: TCP, or Unix stream or seqpacket. Sets FD_CLOEXEC and
 * O_NONBLOCK. As other processes may have the socket, too, a close of this listener leaves it open
 * for them: connections that were not accepted stay in its queue.
 * Owns:    takes `fd` on success; returns new in `*out`: edo_listener_close().
 * Errors:  -ENOTSUP  not a socket that listens, or of another kind;  -EBADF; -ENOTSOCK; -ENOMEM
 * Threads: any, at once; needs no runtime. */
EDO_MUST_USE EDO_API int edo_listener_from_fd(edo_listener **out, int fd);

/** Makes a listener of a socket that this process was started with, as systemd does it (LISTEN_PID,
 * LISTEN_FDS, LISTEN_FDNAMES; sd_listen_fds(3)): the first one that has this name and was not taken
 * yet; NULL: the first of all.
 *
 * The first call makes all of these sockets close-on-exec, those that nobody takes, too. The
 * variables stay: programs that this one starts have another number than LISTEN_PID.
 * Owns:    borrows `name`; returns new in `*out`: edo_listener_close().
 * Errors:  -ENOENT  there is none (left);  else as edo_listener_from_fd(), and the socket counts as
 *          taken
 * Threads: any, at once, while no thread changes the environment. */
EDO_MUST_USE EDO_API int edo_listener_inherit(edo_listener **out, const char *name);

/** Returns the descriptor of the listener, to be given to a new process, for which it must be
 * duplicated, as it is close-on-exec; -EDO_ECLOSED if it is closed. From now on a close of this
 * listener leaves the socket open for others, as edo_listener_from_fd().
 * Owns:    the listener keeps it. */
EDO_API int edo_listener_fd(edo_listener *l);

/** Stops listening. Connections that were not accepted are reset, unless other processes have the
 * socket; waiting calls of edo_accept() return -EDO_ECLOSED. NULL is allowed.
 * Owns: takes the reference.   Threads: any; a later accept needs a reference of its own. */
EDO_API void edo_listener_close(edo_listener *l);

/** Take and give back a reference of the listener. Each reference is given back once, by
 * edo_listener_unref() or edo_listener_close(). Giving back the last one closes the listener.
 * Owns:    shares `l`; unref takes one back. */
EDO_API edo_listener *edo_listener_ref(edo_listener *l);
EDO_API void edo_listener_unref(edo_listener *l);

/* Future behind edo_accept(). */
typedef struct edo_accept_future {
    edo_future base;
    edo_listener *listener;
    edo_stream **out;
    edo_io_wait wait;
    edo_sleep_future nap;
    bool no_pause;
} edo_accept_future;

/** Waits for the next connection, which is then in `*out`; returns 0.
 *
 * If descriptors or memory run out it pauses (10 ms, doubling up to 1 s) and tries again.
 * Owns:    borrows `l`; returns new in `*out`: edo_close().
 * Errors:  -EDO_ECLOSED  the listener was closed; -ECANCELED; -EDO_ENORUNTIME
 * Cancel: safe: a connection that arrived stays in the queue.   Waits: for a connection. */
EDO_MUST_USE EDO_API int edo_accept(edo_listener *l, edo_stream **out);
EDO_MUST_USE EDO_API edo_future *edo_accept_init(edo_accept_future *f, edo_listener *l,
                                                 edo_stream **out);

/** As edo_accept(), but returns the kernel's code instead of pausing: for a program that can close
 * something then. The connection stays in the queue, so the next call fails at once if nothing has
 * been closed.
 * Owns:    borrows `l` until return; returns new in `*out`: edo_close().
 * Errors:  -EMFILE, -ENFILE, -ENOMEM, -ENOBUFS;  else as edo_accept()
 * Cancel: safe: a connection that arrived stays in the queue.   Waits: for a connection. */
EDO_MUST_USE EDO_API int edo_accept_no_pause(edo_listener *l, edo_stream **out);

/** As edo_accept(), but returns -EAGAIN instead of waiting, and the kernel's code instead of
 * pausing.
 * Owns:    borrows `l` until return; returns new in `*out`: edo_close().
 * Errors:  -EAGAIN; -EDO_ECLOSED; -EMFILE, -ENFILE, -ENOMEM, -ENOBUFS */
EDO_MUST_USE EDO_API int edo_try_accept(edo_listener *l, edo_stream **out);

/* ---- Connecting ------------------------------------------------------------------------------ */

struct edoi_race;

/* An attempt to connect; part of a future. */
typedef struct edoi_attempt {
    edo_stream *stream; /* NULL: none is made */
    edo_io_wait wait;
} edoi_attempt;

/* Future behind edo_tcp_connect(). */
typedef struct edo_tcp_connect_future {
    edo_future base;
    edo_stream **out;
    const char *text;         /* the argument of edo_tcp_connect(); NULL: `addr` is set */
    const edo_addr *addr;     /* the argument of edo_tcp_connect_addr() */
    const edo_tcp_opts *opts; /* NULL: of edo_vsock_connect() */
    edoi_attempt attempt;
    uint32_t tried;           /* addresses so far */
    struct edoi_names *names; /* NULL: `text` needs no lookup */
    struct edoi_race *race;   /* NULL: one address is tried after the other */
    edoi_lookup lookup;
} edo_tcp_connect_future;

/** Connects to `addr`: "127.0.0.1:7000", "[::1]:7000", or "HOST:7000". The addresses of a name are
 * tried as RFC 8305 has it ("happy eyeballs"): in the order of edo_resolve(), but with the families
 * taking turns; the next one as soon as an attempt fails, or 250 ms after it began. The first
 * connection wins; if all fail, the first failure is returned.
 * Owns:    borrows `addr` and `opts` (may be NULL); returns new in `*out`: edo_close().
 * Errors:  -EINVAL        the address, or options;  -EAFNOSUPPORT  a Unix address
 *          -ENOENT, -EAGAIN, -EIO  of a name: as edo_resolve()
 *          -ECONNREFUSED  no listener there
 *          -ECONNABORTED  it ended before it was made, and the kernel does not say why
 *          -ETIMEDOUT     the kernel gave up; set a deadline around it for a limit of your own
 *          -EDO_ENORUNTIME; -ECANCELED; -ENOMEM, -EMFILE and the kernel's other codes
 * Cancel: safe: the attempt is given up, `*out` is untouched.   Waits: for the connection. */
EDO_MUST_USE EDO_API int edo_tcp_connect(edo_stream **out, const char *addr,
                                         const edo_tcp_opts *opts);
EDO_MUST_USE EDO_API edo_future *edo_tcp_connect_init(edo_tcp_connect_future *f, edo_stream **out,
                                                      const char *addr, const edo_tcp_opts *opts);

/** Connects to the address `addr`, for example one of edo_resolve() or that of a listener.
 * Owns:    borrows `addr` and `opts` (may be NULL); returns new in `*out`: edo_close().
 * Errors:  -EAFNOSUPPORT  neither an IPv4 nor an IPv6 address;  -EINVAL  options
 *          -ECONNREFUSED  no listener there
 *          -ECONNABORTED  it ended before it was made, and the kernel does not say why
 *          -ETIMEDOUT     the kernel gave up; set a deadline around it for a limit of your own
 *          -EDO_ENORUNTIME; -ECANCELED; -ENOMEM, -EMFILE and the kernel's other codes
 * Cancel: safe: the attempt is given up, `*out` is untouched.   Waits: for the connection. */
EDO_MUST_USE EDO_API int edo_tcp_connect_addr(edo_stream **out, const edo_addr *addr,
                                              const edo_tcp_opts *opts);
EDO_MUST_USE EDO_API edo_future *edo_tcp_connect_addr_init(edo_tcp_connect_future *f,
                                                           edo_stream **out, const edo_addr *addr,
                                                           const edo_tcp_opts *opts);

EDO_END_DECLS

#endif
