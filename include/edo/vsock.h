/* SPDX-License-Identifier: MIT */
/* edo/vsock.h: connections between a virtual machine and its host (vsock(7)).
 *
 *     edo_addr host;
 *     edo_stream *s;
 *     int err = edo_addr_parse(&host, "vsock:2:7000");   // 2: the host; 1: this machine itself
 *     if (err == 0) err = edo_vsock_connect(&s, &host);
 *
 * An address is the number of a machine, its context identifier (CID), and a port, both of 32 bits:
 * `sock.vm` of an edo_addr. A connection is an edo_stream; edo_stream_peer_addr() tells the other
 * machine.
 *
 * Unless a function says otherwise:
 * Since: 0.1 */
#ifndef EDO_VSOCK_H
#define EDO_VSOCK_H

#include <edo/net.h>

EDO_BEGIN_DECLS

/** Opens a listener on `addr`, of which connections are accepted by edo_accept(). The CID "any" is
 * every machine that can reach this one; the port "any" takes a free one, which
 * edo_listener_addr() tells. Ports below 1024 need CAP_NET_BIND_SERVICE.
 * Owns:    returns new in `*out`: edo_listener_close(). Borrows `addr`.
 * Errors:  -EAFNOSUPPORT   not such an address, or the kernel has no vsock
 *          -EADDRNOTAVAIL  the CID is not one of this machine (1 needs Linux's vsock_loopback)
 *          -EADDRINUSE; -EACCES, -ENOMEM, -EMFILE and the kernel's other codes
 * Threads: any, at once; needs no runtime.   Waits: never. */
EDO_MUST_USE EDO_API int edo_vsock_listen(edo_listener **out, const edo_addr *addr);

/** Connects to `addr`. The future is of the type of edo_tcp_connect().
 * Owns:    borrows `addr`; returns new in `*out`: edo_close().
 * Errors:  -EAFNOSUPPORT  not such an address, or the kernel has no vsock
 *          -ECONNRESET    no listener there;  -ENODEV  no way to that machine
 *          -ETIMEDOUT     the kernel gave up, after 2 s
 *          -EDO_ENORUNTIME; -ECANCELED; -ENOMEM, -EMFILE and the kernel's other codes
 * Cancel: safe: the attempt is given up, `*out` is untouched.   Threads: any, at once.
 * Waits:   for the connection. */
EDO_MUST_USE EDO_API int edo_vsock_connect(edo_stream **out, const edo_addr *addr);
EDO_MUST_USE EDO_API edo_future *edo_vsock_connect_init(edo_tcp_connect_future *f, edo_stream **out,
                                                        const edo_addr *addr);

EDO_END_DECLS

#endif
