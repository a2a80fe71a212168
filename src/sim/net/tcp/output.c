/* SPDX-License-Identifier: MIT */
/* sim/net/tcp/output.c: segments that leave, and the timer; see tcp.h. The times are Linux'. */
#include "sim/net/tcp/tcp.h"

#include "base/assert.h"

#include <errno.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

#define RESEND_MIN    (200 * NS_PER_MS) /* beside the round trip */
#define RESEND_MAX    (120 * NS_PER_S)
#define OPEN_AFTER    (1 * NS_PER_S) /* a SYN is sent again */
#define OPEN_RETRIES  6              /* tcp_syn_retries: 127 s */
#define TAKE_RETRIES  5              /* tcp_synack_retries */
#define RETRIES       15             /* tcp_retries2: 924.6 s, if the round trip is short */
#define RETRIES_ALONE 8              /* of an orphan */

/* ---- Segments -------------------------------------------------------------------------------- */

/* Moves the window's edge if that is worth a segment: else the peer would send crumbs. */
static bool output_move_edge(edoi_simtcp *t) {
    uint32_t room = t->rx_bytes < t->base.recv_max ? t->base.recv_max - t->rx_bytes : 0;
    uint64_t edge = t->rcv_nxt + room;
    if (edge <= t->rcv_edge || edge - t->rcv_edge < t->base.recv_max / 4) return false;
    t->rcv_edge = edge;
    return true;
}

/* Without memory the segment is as good as lost. */
static void output_segment(edoi_simtcp *t, uint8_t flags, uint64_t seq, edoi_simchunk *chunk,
                           uint32_t at, uint32_t n) {
    edoi_simpacket *p = edoi_simpacket_new(t->base.node, t->base.boot, EDOI_SIM_TCP, &t->base.local,
                                           &t->base.remote);
    (void)output_move_edge(t);
    if (!p) return;
    p->flags = flags;
    p->seq = seq;
    p->ack = flags & EDOI_SIM_ACK ? t->rcv_nxt : 0;
    p->edge = t->rcv_edge;
    p->chunk = chunk;
    if (chunk) chunk->refs++;
    p->at = at;
    p->n = n;
    edoi_simlink_segment(p, &t->last);
}

void edoi_simtcp_send_flags(edoi_simtcp *t, uint8_t flags, uint64_t seq) {
    output_segment(t, flags, seq, NULL, 0, 0);
}

void edoi_simtcp_send_ack(edoi_simtcp *t) {
    edoi_simtcp_send_flags(t, EDOI_SIM_ACK, t->max);
}

void edoi_simtcp_window(edoi_simtcp *t) {
    bool may_send = t->state == EDOI_TCP_ESTABLISHED || t->state == EDOI_TCP_FIN_WAIT1 ||
                    t->state == EDOI_TCP_FIN_WAIT2;
    if (may_send && output_move_edge(t)) edoi_simtcp_send_ack(t);
}

void edoi_simtcp_refuse(edoi_simnet *net, const edoi_simpacket *p) {
    (void)net;
    edoi_simpacket *rst = edoi_simpacket_new(p->to, p->to->boot, EDOI_SIM_TCP, &p->dst, &p->src);
    if (!rst) return;
    rst->flags = EDOI_SIM_RST;
    if (p->flags & EDOI_SIM_ACK) {
        rst->seq = p->ack;
    } else {
        bool is_one = (p->flags & (EDOI_SIM_SYN | EDOI_SIM_FIN)) != 0;
        rst->flags |= EDOI_SIM_ACK;
        rst->ack = p->seq + p->n + is_one;
    }
    edoi_simlink_segment(rst, NULL);
}

/* ---- What is queued -------------------------------------------------------------------------- */

/* Sends the next piece from `nxt` on. False: there is none, or no room at the peer. */
static bool output_piece(edoi_simtcp *t) {
    edoi_simchunk *c = t->tx_next;
    if (c && t->nxt < t->edge) {
        uint32_t at = (uint32_t)(t->nxt - c->seq), n = c->n - at;
        if (n > t->edge - t->nxt) n = (uint32_t)(t->edge - t->nxt);
        output_segment(t, EDOI_SIM_ACK, t->nxt, c, at, n);
        t->nxt += n;
        if (at + n == c->n) t->tx_next = c->next;
    } else if (!c && t->fin_queued && t->nxt + 1 == t->end) {
        edoi_simtcp_send_flags(t, EDOI_SIM_ACK | EDOI_SIM_FIN, t->nxt);
        t->nxt++; // a FIN needs no room
    } else {
        return false;
    }
    if (t->sampled == 0 && t->nxt > t->max) { // what is sent again measures nothing
        t->sampled = (uint32_t)(t->nxt | 1);
        t->sampled_at = edoi_simtcp_net(t)->now;
    }
    if (t->nxt > t->max) t->max = t->nxt;
    EDO_INV("tcp inv. 1", t->una <= t->nxt && t->max <= t->end);
    return true;
}

/* May it send what is queued? */
static bool output_is_open(const edoi_simtcp *t) {
    return t->state != EDOI_TCP_SYN_SENT && t->state != EDOI_TCP_SYN_RECV &&
           t->state != EDOI_TCP_CLOSE && t->state != EDOI_TCP_TIME_WAIT &&
           t->state != EDOI_TCP_LISTEN;
}

void edoi_simtcp_output(edoi_simtcp *t) {
    if (!output_is_open(t)) return;
    while (output_piece(t)) continue;
    edoi_simtcp_set_timer(t, false);
}

void edoi_simtcp_send_fin(edoi_simtcp *t) {
    EDO_ASSERT(!t->fin_queued);
    t->fin_queued = true;
    t->end++;
    edoi_simtcp_output(t);
}

void edoi_simtcp_acked(edoi_simtcp *t, uint64_t ack) {
    t->una = ack;
    if (t->nxt < ack) t->nxt = ack;
    while (t->tx && t->tx->seq + t->tx->n <= ack) {
        edoi_simchunk *c = t->tx;
        t->tx = c->next;
        if (t->tx_next == c) t->tx_next = c->next; // it was to be sent again
        edoi_simchunk_unref(c);
    }
    if (!t->tx) t->tx_last = NULL;
    // less than 2^31 bytes are under way, so the sign of a 32-bit difference gives the order
    if (t->sampled == 0 || (int32_t)((uint32_t)(ack | 1) - t->sampled) < 0) return;
    int64_t us = (edoi_simtcp_net(t)->now - t->sampled_at) / 1000;
    t->round_trip = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
    t->sampled = 0;
}

/* ---- The timer ------------------------------------------------------------------------------- */

static void output_timer(void *arg, edoi_simevent *e);

void edoi_simtcp_disarm(edoi_simtcp *t) {
    edoi_simevents_remove(&edoi_simtcp_net(t)->events, &t->timer);
    t->mode = EDOI_SIMTCP_IDLE;
}

void edoi_simtcp_arm(edoi_simtcp *t, int mode, int64_t after) {
    edoi_simnet *net = edoi_simtcp_net(t);
    edoi_simevents_remove(&net->events, &t->timer);
    t->mode = (uint8_t)mode;
    t->timer.fn = output_timer;
    edoi_simevents_add(&net->events, &t->timer, net->now + after,
                       edoi_simevents_order(&net->events));
}

static bool output_is_opening(const edoi_simtcp *t) {
    return t->state == EDOI_TCP_SYN_SENT || t->state == EDOI_TCP_SYN_RECV;
}

int64_t edoi_simtcp_resend_after(const edoi_simtcp *t) {
    int64_t ns = output_is_opening(t) ? OPEN_AFTER : RESEND_MIN + t->round_trip * NS_PER_US;
    for (uint8_t i = 0; i < t->backoff && ns < RESEND_MAX; i++) ns *= 2;
    return ns < RESEND_MAX ? ns : RESEND_MAX;
}

/* Nanoseconds until TCP_USER_TIMEOUT ends the waiting; INT64_MAX: it does not. */
static int64_t output_patience(const edoi_simtcp *t) {
    if (t->user_timeout == 0) return INT64_MAX;
    int64_t left = t->since + t->user_timeout * NS_PER_MS - edoi_simtcp_net(t)->now;
    return left > 0 ? left : 0;
}

/* Waits for an answer; sooner if the patience ends. */
static void output_wait_for(edoi_simtcp *t, int mode) {
    int64_t after = edoi_simtcp_resend_after(t), patience = output_patience(t);
    edoi_simtcp_arm(t, mode, after < patience ? after : patience);
}

static int output_wanted(const edoi_simtcp *t) {
    bool is_orphan = edoi_simtcp_is_orphan(t);
    if (t->state == EDOI_TCP_CLOSE || t->state == EDOI_TCP_LISTEN) return EDOI_SIMTCP_IDLE;
    if (t->state == EDOI_TCP_TIME_WAIT) return EDOI_SIMTCP_GO;
    if (output_is_opening(t) || t->una < t->max) return EDOI_SIMTCP_RESEND;
    if (t->nxt < t->end) return EDOI_SIMTCP_PROBE;
    if (t->state == EDOI_TCP_FIN_WAIT2 && is_orphan) return EDOI_SIMTCP_GO;
    return t->base.flags & EDOI_SIM_KEEPALIVE ? EDOI_SIMTCP_KEEP : EDOI_SIMTCP_IDLE;
}

static int64_t output_keep_after(const edoi_simtcp *t) {
    int64_t due = t->heard_at + t->keep_idle * NS_PER_S - edoi_simtcp_net(t)->now;
    return due > 0 ? due : 0;
}

void edoi_simtcp_set_timer(edoi_simtcp *t, bool anew) {
    int mode = output_wanted(t);
    if (mode == t->mode && (!anew || mode == EDOI_SIMTCP_GO || mode == EDOI_SIMTCP_KEEP)) return;
    if (mode == EDOI_SIMTCP_IDLE) {
        edoi_simtcp_disarm(t);
    } else if (mode == EDOI_SIMTCP_GO) {
        edoi_simtcp_arm(t, mode, EDOI_SIMTCP_GO_AFTER);
    } else if (mode == EDOI_SIMTCP_KEEP) {
        t->probes = 0;
        edoi_simtcp_arm(t, mode, output_keep_after(t));
    } else {
        t->retries = t->backoff = 0;
        t->since = edoi_simtcp_net(t)->now;
        output_wait_for(t, mode);
    }
}

/* How often it is sent again. */
static uint8_t output_retries(const edoi_simtcp *t) {
    if (t->state == EDOI_TCP_SYN_SENT) return OPEN_RETRIES;
    if (t->state == EDOI_TCP_SYN_RECV) return TAKE_RETRIES;
    return edoi_simtcp_is_orphan(t) ? RETRIES_ALONE : RETRIES;
}

static void output_resend(edoi_simtcp *t) {
    t->sampled = 0;
    if (t->state == EDOI_TCP_SYN_SENT) {
        edoi_simtcp_send_flags(t, EDOI_SIM_SYN, t->una);
    } else if (t->state == EDOI_TCP_SYN_RECV) {
        edoi_simtcp_send_flags(t, EDOI_SIM_SYN | EDOI_SIM_ACK, t->una);
    } else { // the first piece; its acknowledgement lets the next ones follow
        t->nxt = t->una;
        t->tx_next = t->tx;
        (void)output_piece(t);
    }
}

/* A keep-alive or zero-window probe: an old sequence number, which the peer acknowledges. */
static void output_probe(edoi_simtcp *t) {
    edoi_simtcp_send_flags(t, EDOI_SIM_ACK, t->una - 1);
}

static void output_keep(edoi_simtcp *t) {
    const edoi_simnet *net = edoi_simtcp_net(t);
    int64_t due = output_keep_after(t), silent = net->now - t->heard_at;
    bool is_over = t->probes >= t->keep_n;
    if (t->user_timeout > 0)
        is_over = t->probes > 0 && silent >= (int64_t)t->user_timeout * NS_PER_MS;
    if (due > 0) {
        t->probes = 0;
        edoi_simtcp_arm(t, EDOI_SIMTCP_KEEP, due);
    } else if (is_over) {
        edoi_simtcp_abort(t, ETIMEDOUT);
    } else {
        output_probe(t);
        t->probes++;
        edoi_simtcp_arm(t, EDOI_SIMTCP_KEEP, t->keep_interval * NS_PER_S);
    }
}

static void output_again(edoi_simtcp *t) {
    bool is_probe = t->mode == EDOI_SIMTCP_PROBE;
    if (t->retries >= output_retries(t) || output_patience(t) == 0) {
        edoi_simtcp_fail(t, ETIMEDOUT);
        return;
    }
    t->retries++;
    if (t->backoff < UINT8_MAX) t->backoff++;
    if (is_probe) {
        output_probe(t);
    } else {
        output_resend(t);
    }
    output_wait_for(t, is_probe ? EDOI_SIMTCP_PROBE : EDOI_SIMTCP_RESEND);
}

static void output_timer(void *arg, edoi_simevent *e) {
    edoi_simtcp *t = edoi_simtcp_of_timer(e);
    (void)arg;
    switch (t->mode) {
    case EDOI_SIMTCP_RESEND:
    case EDOI_SIMTCP_PROBE: output_again(t); break;
    case EDOI_SIMTCP_KEEP: output_keep(t); break;
    case EDOI_SIMTCP_NOBODY: edoi_simtcp_fail(t, EHOSTUNREACH); break;
    default: edoi_simtcp_done(t); break;
    }
}
