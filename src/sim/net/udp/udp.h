/* SPDX-License-Identifier: MIT */
/* sim/net/udp/udp.h: datagrams. */
#ifndef EDOI_SIM_NET_UDP_UDP_H
#define EDOI_SIM_NET_UDP_UDP_H

#include "sim/net/links.h"

typedef struct edoi_simudp {
    edoi_simsock base; /* first */
    edoi_simpacket *rx, *rx_last;
    uint32_t charged; /* for what is in rx: bytes, and EDOI_SIMUDP_CHARGE for each */
    uint32_t dropped; /* datagrams that found no room */
} edoi_simudp;

#define EDOI_SIMUDP_CHARGE 768u /* as Linux counts a small packet */

EDOI_INLINE edoi_simudp *edoi_simudp_of(edoi_simsock *s) {
    return (edoi_simudp *)(void *)s;
}

/* A datagram has come. Takes it. */
void edoi_simudp_arrive(edoi_simnet *net, edoi_simpacket *p);

/* A datagram from `dst` to `src` found a closed port. Takes the message. */
void edoi_simudp_unreached(edoi_simnet *net, edoi_simpacket *p);

#endif
