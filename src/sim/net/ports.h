/* SPDX-License-Identifier: MIT */
/* sim/net/ports.h: which sockets have a port of a node, and which a pair of addresses.
 *
 * A port knows its owners, the sockets that got it by bind() or listen(), and how many other
 * connections use it: accepted ones, and ones whose port connect() chose. */
#ifndef EDOI_SIM_NET_PORTS_H
#define EDOI_SIM_NET_PORTS_H

#include "sim/net/sock.h"

#define EDOI_SIMPORT_FIRST 32768u /* ephemeral ports, as Linux' net.ipv4.ip_local_port_range */
#define EDOI_SIMPORT_LAST  60999u

struct edoi_simport {
    edoi_table_link link;
    uint32_t node, boot; /* const, as the next two: the key */
    uint16_t port;
    int type;
    edoi_simsock *owners;
    uint32_t conns_n, hard_n; /* all connections, and the part without SO_REUSEADDR */
};

/* bind(): gives `s` the address; port 0: a free one, which a socket with EDOI_SIM_PORT_LATER does
 * not get yet. Errors: -EADDRINUSE, -ENOMEM. */
EDO_MUST_USE int edoi_simports_bind(edoi_simsock *s, const edoi_simaddr *at);

/* As above, with a port in any case. */
EDO_MUST_USE int edoi_simports_bind_now(edoi_simsock *s, const edoi_simaddr *at);

/* Whether a socket that listens meets another one: asked before listen(). Errors: -EADDRINUSE. */
EDO_MUST_USE int edoi_simports_may_listen(const edoi_simsock *s);

/* May a new connection have the port? Called only for ports that no socket owns. */
typedef bool edoi_simport_is_free(edoi_simsock *s, uint16_t port);

/* connect(): gives `s`, which has a local address, a port. Errors: -EADDRNOTAVAIL, -ENOMEM. */
EDO_MUST_USE int edoi_simports_connect(edoi_simsock *s, edoi_simport_is_free *is_free);

/* A connection that is accepted shares the port of its listener. */
void edoi_simports_share(edoi_simsock *s, edoi_simport *port);

/* Gives the port back. */
void edoi_simports_leave(edoi_simsock *s);

/* The owners of a port; NULL: none. */
edoi_simsock *edoi_simports_owners(const edoi_simnode *node, int type, uint16_t port);

/* How well an owner fits a packet from `from` to `to`: -1 not at all, more is better. */
int edoi_simports_score(const edoi_simsock *s, const edoi_simaddr *to, const edoi_simaddr *from);

/* The owner that a packet is delivered to; NULL: none. `fits` may be NULL: all do. */
edoi_simsock *edoi_simports_best(const edoi_simnode *node, int type, const edoi_simaddr *to,
                                 const edoi_simaddr *from, bool (*fits)(const edoi_simsock *s));

/* ---- Connections ----------------------------------------------------------------------------- */

/* The hash of a pair of addresses of a node. */
uint64_t edoi_simconns_hash(const edoi_simnode *node, uint32_t boot, const edoi_simaddr *local,
                            const edoi_simaddr *remote);

#endif
