/* SPDX-License-Identifier: MIT */
/* sim/net/sock.h: what the units of the net share: the net, its nodes, and sockets of any kind.
 *
 * A socket is the open file, too: several descriptors may have it (dup). It lives until the last of
 * them is closed and its kind lets it go, which for TCP may be later.
 *
 * A crash of a node frees nothing. A socket has the number of the boot that made it: packets of an
 * earlier boot are not delivered, and no lookup finds a socket of an earlier boot. */
#ifndef EDOI_SIM_NET_SOCK_H
#define EDOI_SIM_NET_SOCK_H

#include "sim/net/base/addr.h"
#include "sim/net/base/events.h"
#include "sim/net/base/grows.h"
#include "sim/net/net.h"

typedef struct edoi_simsock edoi_simsock;
typedef struct edoi_simset edoi_simset;
typedef struct edoi_siminterest edoi_siminterest;
typedef struct edoi_simport edoi_simport;
typedef struct edoi_simpacket edoi_simpacket;

/* ---- Nodes ----------------------------------------------------------------------------------- */

struct edoi_simnode {
    edoi_simnet *net;   /* const */
    edoi_simnode *next; /* const: of the net */
    edoi_table_link by_v4, by_v6;
    struct in6_addr v4, v6; /* const; the "any" address: not set */
    uint32_t id;            /* const: from 1 on */
    uint32_t boot;          /* the number of its kernel */
    bool is_up, is_paused, is_killed;
    int fds;           /* the first of its descriptors in the table; -1: none is open */
    edoi_simset *sets; /* its epoll sets */
    char name[];       /* const */
};

/* ---- The net --------------------------------------------------------------------------------- */

/* Handles a packet that has arrived, and takes it. */
typedef void edoi_simpacket_fn(edoi_simnet *net, edoi_simpacket *p);

enum { EDOI_SIM_TCP, EDOI_SIM_UDP, EDOI_SIM_UNREACHED, EDOI_SIM_PROTOS };

/* A descriptor; files.h. */
typedef struct edoi_simfile {
    edoi_simsock *sock; /* NULL: the number is free */
    int next;           /* in its list; -1: none */
    uint32_t before;    /* the one before, plus 1, times 2; bit 0: FD_CLOEXEC */
} edoi_simfile;

struct edoi_simnet {
    edoi_simnet_opts opts; /* const */
    int64_t now;
    edoi_simevents events;
    edoi_siphash_secret secret; /* const: of all tables, by the seed */
    edoi_simnode *nodes;
    uint32_t nodes_n, socks_made;
    uint64_t conns_made;
    edoi_simpacket_fn *arrive[EDOI_SIM_PROTOS]; /* const */
    edoi_simlink_opts every;                    /* links that were not set by name */
    edoi_table hosts, links, ports, conns,
        sets;                          /* nodes.c, links.c, ports.c, tcp/conn.c, watch.c */
    edoi_simfile *files;               /* files.c, as the rest */
    int files_n, files_max, free_file; /* free_file: -1: there is none */
};

/* ---- Sockets --------------------------------------------------------------------------------- */

/* What a kind of socket does. */
typedef struct edoi_simsock_ops {
    int type, protocol;
    uint32_t (*mask)(edoi_simsock *s); /* EPOLLIN and so on */
    int (*listen)(edoi_simsock *s, int backlog);
    int (*accept)(edoi_simsock *s, edoi_simsock **out);      /* `*out` has no descriptor yet */
    void (*accepted)(edoi_simsock *s);                       /* takes it out of the queue */
    int (*connect)(edoi_simsock *s, const edoi_simaddr *to); /* NULL: ends the connection */
    int (*shutdown)(edoi_simsock *s, int how);
    /* `to` may be NULL. Returns the number of bytes. */
    ssize_t (*send)(edoi_simsock *s, const struct iovec *vecs, size_t n, const edoi_simaddr *to);
    /* `*from` and `*is_cut` (may be NULL both) are for packets. */
    ssize_t (*recv)(edoi_simsock *s, const struct iovec *vecs, size_t n, int flags,
                    edoi_simaddr *from, bool *is_cut);
    bool (*has_peer)(const edoi_simsock *s); /* getpeername() */
    int (*in_queue)(const edoi_simsock *s);  /* FIONREAD */
    int (*out_queue)(const edoi_simsock *s); /* SIOCOUTQ */
    void (*closed)(edoi_simsock *s); /* no descriptor has it any more: frees it now or later */
} edoi_simsock_ops;

#define EDOI_SIM_NONBLOCK     (1u << 0)
#define EDOI_SIM_REUSEADDR    (1u << 1)
#define EDOI_SIM_REUSEPORT    (1u << 2)
#define EDOI_SIM_KEEPALIVE    (1u << 3)
#define EDOI_SIM_V6ONLY       (1u << 4)
#define EDOI_SIM_NODELAY      (1u << 5)
#define EDOI_SIM_LINGER       (1u << 6)
#define EDOI_SIM_PORT_LATER   (1u << 7)  /* IP_BIND_ADDRESS_NO_PORT */
#define EDOI_SIM_NO_SPACE     (1u << 8)  /* a writer was told to wait */
#define EDOI_SIM_IS_OWNER     (1u << 9)  /* in the list of its port, not only counted there */
#define EDOI_SIM_COUNTED_HARD (1u << 10) /* counted there as one without SO_REUSEADDR */
#define EDOI_SIM_IP_CHOSEN    (1u << 11) /* by bind(): a connect keeps it */
#define EDOI_SIM_LISTENS      (1u << 12)
#define EDOI_SIM_PORT_CHOSEN  (1u << 13) /* by bind(): a datagram socket without a peer keeps it */

#define EDOI_SIM_SHUT_READ  1u
#define EDOI_SIM_SHUT_WRITE 2u
#define EDOI_SIM_SHUT_BOTH  3u

/* Options that change nothing here and are only kept: options.c */
typedef struct edoi_simkept edoi_simkept;

struct edoi_simsock {
    const edoi_simsock_ops *ops;
    edoi_simnode *node;
    edoi_siminterest *interests;         /* in sets; watch.c */
    edoi_simport *port;                  /* NULL: it is bound to none; ports.c */
    edoi_simsock *port_next, *port_prev; /* its owners; or the queue of a listener */
    edoi_simkept *kept;                  /* NULL: none */
    edoi_simaddr local, remote;
    uint32_t id, boot;           /* const: its number; `boot` of the node when it was made */
    uint32_t fds_n;              /* descriptors that have it */
    uint32_t recv_max, send_max; /* bytes of its buffers */
    uint16_t flags;              /* EDOI_SIM_… */
    uint16_t linger;             /* seconds */
    uint8_t family, shut, err;   /* EDOI_SIM_SHUT_…; errno, positive */
};

/* Initialises the part of any kind; `family` is AF_INET or AF_INET6. */
EDOI_INLINE void edoi_simsock_init(edoi_simsock *s, const edoi_simsock_ops *ops, edoi_simnode *node,
                                   int family) {
    *s = (edoi_simsock){ .ops = ops, .node = node, .family = (uint8_t)family };
    s->boot = node->boot;
    s->id = ++node->net->socks_made;
    s->local.ip = s->remote.ip = edoi_simip_any(family);
}

/* Is its machine as when it was made? Otherwise nothing that it sends reaches anybody. */
EDOI_INLINE bool edoi_simsock_is_alive(const edoi_simsock *s) {
    return s->node->is_up && s->boot == s->node->boot;
}

/* Returns the error, negative, and clears it. */
EDOI_INLINE int edoi_simsock_take_err(edoi_simsock *s) {
    int err = -(int)s->err;
    s->err = 0;
    return err;
}

/* Makes one of each kind. Errors: -ENOMEM. In tcp/conn.c and udp.c. */
EDO_MUST_USE int edoi_simtcp_new(edoi_simsock **out, edoi_simnode *node, int family);
EDO_MUST_USE int edoi_simudp_new(edoi_simsock **out, edoi_simnode *node, int family);

extern const edoi_simsock_ops edoi_simtcp_ops, edoi_simudp_ops;

/* ---- Ways ------------------------------------------------------------------------------------ */

/* The node that has an address as seen from `from`, loopback and any included; NULL: none. */
edoi_simnode *edoi_simnode_to(edoi_simnode *from, const struct in6_addr *ip);

/* Is the address one of the node's own? */
bool edoi_simnode_has(const edoi_simnode *node, const struct in6_addr *ip);

/* The source address of a packet to `to`. Errors: -ENETUNREACH. */
EDO_MUST_USE int edoi_simnode_route(struct in6_addr *out, const edoi_simnode *node,
                                    const struct in6_addr *to);

#endif
