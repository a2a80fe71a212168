/* SPDX-License-Identifier: MIT */
/* sim/net/links.h: packets, and their way from one node to another. */
#ifndef EDOI_SIM_NET_LINKS_H
#define EDOI_SIM_NET_LINKS_H

#include "sim/net/base/bytes.h"
#include "sim/net/sock.h"

#define EDOI_SIM_FIN 0x01u /* flags of TCP, as RFC 9293 has them */
#define EDOI_SIM_SYN 0x02u
#define EDOI_SIM_RST 0x04u
#define EDOI_SIM_ACK 0x10u

/* A packet, which waits for its arrival, and then maybe in the queue of a receiver. */
struct edoi_simpacket {
    edoi_simevent event;  /* first */
    edoi_simpacket *next; /* in a queue */
    edoi_simnode *from, *to;
    edoi_simchunk *chunk; /* shares; NULL: no bytes */
    uint32_t at, n;       /* its bytes in the chunk */
    uint32_t boot;        /* of the socket that has sent it */
    edoi_simaddr src, dst;
    uint8_t proto, flags;
    uint64_t seq, ack; /* TCP's numbers have 64 bits here: they never wrap */
    uint64_t edge;     /* end of the window: the first sequence number beyond it */
};

/* The last arrival of what has to stay in order. All zero at first. */
typedef struct edoi_simorder {
    int64_t at;
    uint64_t order;
} edoi_simorder;

/* A packet that a socket sends from `src` to `dst`; NULL: without memory. */
EDO_MUST_USE edoi_simpacket *edoi_simpacket_new(edoi_simnode *from, uint32_t boot, int proto,
                                                const edoi_simaddr *src, const edoi_simaddr *dst);
void edoi_simpacket_free(edoi_simpacket *p);

/* Takes a segment of TCP. It arrives behind `last`, if that is not NULL. */
void edoi_simlink_segment(edoi_simpacket *p, edoi_simorder *last);

/* Takes a datagram, or the message that one was not reached. */
void edoi_simlink_datagram(edoi_simpacket *p);

void edoi_simlinks_free_all(edoi_simnet *net);

#endif
