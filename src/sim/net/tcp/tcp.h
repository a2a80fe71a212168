/* SPDX-License-Identifier: MIT */
/* sim/net/tcp/tcp.h: connections: a small TCP (RFC 9293), with segments of up to 64 KiB.
 *
 *     conn.c     what programs call
 *     listen.c   listeners and what waits in their queues
 *     input.c    segments that arrive
 *     output.c   segments that leave, and the timer
 *
 * What was sent is kept until it is acknowledged, and sent again from its beginning when the timer
 * is over; a receiver takes only what is next. So whatever is lost, by a cut or for lack of memory,
 * costs time only. Numbers of bytes have 64 bits, and each connection begins 2^40 above the last,
 * so that no number means two bytes.
 *
 *     una      nxt      max          end        edge
 *      |sent,   |sent,   |waits for   |          |
 *      |not     |to be   |room at     |          |  the peer has room up to here
 *      |acked   |sent    |the peer    |          |
 *      |        |again   |            |
 *
 * inv. 1: una <= nxt <= max <= end.
 * inv. 2: tx has the bytes from una to end, without the FIN, which is the last number before `end`
 *         once it is queued.
 * inv. 3: rx has `rx_bytes` bytes that the program has not read.
 * edoi_simtcp_check() walks a connection for the last two. */
#ifndef EDOI_SIM_NET_TCP_TCP_H
#define EDOI_SIM_NET_TCP_TCP_H

#include "sim/net/links.h"

#include <stddef.h>

#define EDOI_SIMTCP_GO_AFTER INT64_C(60000000000) /* ns: TIME_WAIT, and tcp_fin_timeout */

typedef struct edoi_simtcp edoi_simtcp;

/* The states, with Linux' numbers, as in TCP_INFO. */
enum {
    EDOI_TCP_ESTABLISHED = 1,
    EDOI_TCP_SYN_SENT,
    EDOI_TCP_SYN_RECV,
    EDOI_TCP_FIN_WAIT1,
    EDOI_TCP_FIN_WAIT2,
    EDOI_TCP_TIME_WAIT,
    EDOI_TCP_CLOSE,
    EDOI_TCP_CLOSE_WAIT,
    EDOI_TCP_LAST_ACK,
    EDOI_TCP_LISTEN,
    EDOI_TCP_CLOSING
};

/* The numbers of a connection's bytes; what is above numbers the connections. */
#define EDOI_SIMTCP_SEQ_BITS 40

/* The number of the first byte of a direction, one of whose bytes has the number `seq`. */
EDOI_INLINE uint64_t edoi_simtcp_first(uint64_t seq) {
    return seq >> EDOI_SIMTCP_SEQ_BITS << EDOI_SIMTCP_SEQ_BITS;
}

/* What a listener has beside its socket. It lives until the last connection that came by it and was
 * not accepted is gone. */
typedef struct edoi_simlistener {
    edoi_simtcp *first, *last; /* the queue for accept() */
    uint32_t queued, opening;  /* there, and not yet there */
    uint32_t backlog, dropped;
    uint32_t refs;
    bool is_open;
    edoi_simtcp *sock; /* while it is open */
} edoi_simlistener;

/* What the timer is for. */
enum {
    EDOI_SIMTCP_IDLE,   /* it does not run */
    EDOI_SIMTCP_RESEND, /* something was not acknowledged */
    EDOI_SIMTCP_PROBE,  /* the peer has no room */
    EDOI_SIMTCP_KEEP,   /* keep-alive */
    EDOI_SIMTCP_GO,     /* the end: of TIME_WAIT, or of FIN_WAIT2 without a program */
    EDOI_SIMTCP_NOBODY  /* no host has the address */
};

struct edoi_simtcp {
    edoi_simsock base;    /* first */
    edoi_table_link link; /* in the net's table, while `is_known` */
    edoi_simevent timer;
    edoi_simlistener *listener; /* its own; or, until it is accepted, the one it came through */
    edoi_simchunk *tx, *tx_last;
    edoi_simchunk *tx_next; /* has the byte `nxt`; NULL: all bytes were sent */
    uint64_t una, nxt, max, end, edge;
    edoi_simpacket *rx, *rx_last;
    uint64_t rcv_nxt, rcv_edge; /* as `nxt` and `edge`, of the peer */
    edoi_simorder last;         /* the arrival of the last segment sent */
    int64_t heard_at;           /* when a segment came last */
    int64_t since;              /* since when the timer waits in vain */
    int64_t sampled_at;         /* when the byte before `sampled` was sent; for the round trip */
    uint32_t sampled;    /* low bits of a sequence number, with bit 0 set; 0: no measurement runs */
    uint32_t round_trip; /* us */
    uint32_t rx_bytes;
    uint32_t user_timeout;             /* ms; 0: none */
    uint16_t keep_idle, keep_interval; /* seconds */
    uint8_t keep_n;                    /* probes */
    uint8_t state;                     /* TCP_… */
    uint8_t mode;                      /* EDOI_SIMTCP_… */
    uint8_t retries, backoff, probes;
    bool is_known, is_connecting;
    bool has_connected; /* by itself, so that its SYN counts as a byte that was acknowledged */
    bool is_queued;     /* in the queue of its listener */
    bool fin_queued, fin_got;
};

EDOI_INLINE edoi_simtcp *edoi_simtcp_of(edoi_simsock *s) {
    return (edoi_simtcp *)(void *)s;
}

EDOI_INLINE edoi_simtcp *edoi_simtcp_of_timer(edoi_simevent *e) {
    return (edoi_simtcp *)(void *)((char *)e - offsetof(edoi_simtcp, timer));
}

EDOI_INLINE edoi_simtcp *edoi_simtcp_of_link(edoi_table_link *l) {
    return (edoi_simtcp *)(void *)((char *)l - offsetof(edoi_simtcp, link));
}

EDOI_INLINE edoi_simnet *edoi_simtcp_net(const edoi_simtcp *t) {
    return t->base.node->net;
}

/* Has no program a descriptor of it, nor will accept() give it one? */
EDOI_INLINE bool edoi_simtcp_is_orphan(const edoi_simtcp *t) {
    return t->base.fds_n == 0 && (!t->listener || t->state == EDOI_TCP_LISTEN);
}

/* ---- conn.c ---------------------------------------------------------------------------------- */

/* Puts a connection with both addresses into the table, or takes it out. */
void edoi_simtcp_know(edoi_simtcp *t);
void edoi_simtcp_unknow(edoi_simtcp *t);
edoi_simtcp *edoi_simtcp_find(const edoi_simnode *node, const edoi_simaddr *local,
                              const edoi_simaddr *remote);

/* Asserts what holds of a connection at rest. */
void edoi_simtcp_check(const edoi_simtcp *t);

/* Gives a connection that begins its first number. */
void edoi_simtcp_number(edoi_simtcp *t);

/* Frees it with all that it has. */
void edoi_simtcp_free(edoi_simtcp *t);

/* The connection is over: nothing is sent and received any more. Frees it if it is an orphan. */
void edoi_simtcp_done(edoi_simtcp *t);

/* As above, with an error for the program. */
void edoi_simtcp_fail(edoi_simtcp *t, int err);

/* As above, and sends the peer a RST. */
void edoi_simtcp_abort(edoi_simtcp *t, int err);

/* Both ends are done; late segments are still expected. Frees nothing. */
void edoi_simtcp_time_wait(edoi_simtcp *t);

/* Bytes that may still be written; at least a third of the buffer is what EPOLLOUT says. */
EDOI_INLINE uint32_t edoi_simtcp_room(const edoi_simtcp *t) {
    uint64_t queued = t->end - t->una;
    return queued < t->base.send_max ? t->base.send_max - (uint32_t)queued : 0;
}

EDOI_INLINE bool edoi_simtcp_is_writable(const edoi_simtcp *t) {
    return edoi_simtcp_room(t) >= (t->end - t->una) / 2 && edoi_simtcp_room(t) > 0;
}

/* ---- listen.c -------------------------------------------------------------------------------- */

int edoi_simtcp_listen(edoi_simsock *s, int backlog);
int edoi_simtcp_accept(edoi_simsock *s, edoi_simsock **out);
void edoi_simtcp_accepted(edoi_simsock *s);

/* Stops listening: what waits is reset. */
void edoi_simtcp_unlisten(edoi_simtcp *t);

/* A SYN has come for a pair of addresses without a connection: takes `p`. False: there is no
 * listener, and the packet is still the caller's. */
bool edoi_simtcp_take_syn(edoi_simnet *net, edoi_simpacket *p);

/* A connection that came through a listener is established: queues it. False: the listener is
 * closed. */
bool edoi_simtcp_to_queue(edoi_simtcp *t);

/* A connection that is no more leaves its listener, unless it waits in the queue. */
void edoi_simtcp_leave_listener(edoi_simtcp *t);

/* ---- input.c --------------------------------------------------------------------------------- */

void edoi_simtcp_arrive(edoi_simnet *net, edoi_simpacket *p);

/* ---- output.c -------------------------------------------------------------------------------- */

/* Sends what the peer has room for, and the FIN behind all. */
void edoi_simtcp_output(edoi_simtcp *t);

/* Sends a segment without bytes. */
void edoi_simtcp_send_flags(edoi_simtcp *t, uint8_t flags, uint64_t seq);
void edoi_simtcp_send_ack(edoi_simtcp *t);

/* The answer to a segment that no connection knows. */
void edoi_simtcp_refuse(edoi_simnet *net, const edoi_simpacket *p);

/* The program has read: sends a window update if the window has grown by much. */
void edoi_simtcp_window(edoi_simtcp *t);

/* Begins to wait for what the connection needs; `anew`: an answer came, so the waiting begins
 * again. */
void edoi_simtcp_set_timer(edoi_simtcp *t, bool anew);

/* Starts the timer for one thing. */
void edoi_simtcp_arm(edoi_simtcp *t, int mode, int64_t after);
void edoi_simtcp_disarm(edoi_simtcp *t);

/* Drops from the queue what was acknowledged. */
void edoi_simtcp_acked(edoi_simtcp *t, uint64_t ack);

/* Queues the FIN. */
void edoi_simtcp_send_fin(edoi_simtcp *t);

/* The time until a segment is sent again. */
int64_t edoi_simtcp_resend_after(const edoi_simtcp *t);

#endif
