/* SPDX-License-Identifier: MIT */
/* sim/net/tcp/input.c: segments that arrive; see tcp.h. */
#include "sim/net/tcp/tcp.h"

#include "base/assert.h"

#include "sim/net/watch.h"

#include <errno.h>

/* ---- The end of a connection ----------------------------------------------------------------- */

/* The peer knows no such connection, or has broken it off. */
static void input_reset(edoi_simtcp *t) {
    int err = ECONNRESET;
    if (t->state == EDOI_TCP_SYN_SENT) err = ECONNREFUSED;
    if (t->state == EDOI_TCP_CLOSE_WAIT) err = EPIPE;
    edoi_simtcp_fail(t, err);
}

/* What was sent, the FIN included, is acknowledged. False: the connection is over. */
static bool input_fin_acked(edoi_simtcp *t) {
    if (!t->fin_queued || t->una != t->end) return true;
    switch (t->state) {
    case EDOI_TCP_FIN_WAIT1: t->state = EDOI_TCP_FIN_WAIT2; return true;
    case EDOI_TCP_CLOSING: edoi_simtcp_time_wait(t); return false;
    case EDOI_TCP_LAST_ACK: edoi_simtcp_done(t); return false;
    default: return true;
    }
}

/* The peer sends nothing more. False: the connection is in TIME_WAIT now. */
static bool input_fin(edoi_simtcp *t) {
    t->rcv_nxt++;
    t->fin_got = true;
    t->base.shut |= EDOI_SIM_SHUT_READ;
    bool is_half = false;
    switch (t->state) {
    case EDOI_TCP_SYN_RECV:
    case EDOI_TCP_ESTABLISHED:
        t->state = EDOI_TCP_CLOSE_WAIT;
        is_half = true;
        break;
    case EDOI_TCP_FIN_WAIT1:
        t->state = EDOI_TCP_CLOSING;
        is_half = true;
        break;
    default: break;
    }
    edoi_simtcp_send_ack(t);
    if (!is_half) {
        edoi_simtcp_time_wait(t);
        return false;
    }
    edoi_simwatch_wake(&t->base, EDOI_SIM_WAKE_ALL);
    return true;
}

/* ---- Acknowledgements ------------------------------------------------------------------------ */

/* As the kernel: only a writer that was told to wait hears of it, once there is much room. */
static void input_made_room(edoi_simtcp *t) {
    if (!(t->base.flags & EDOI_SIM_NO_SPACE) || !edoi_simtcp_is_writable(t)) return;
    t->base.flags &= (uint16_t)~EDOI_SIM_NO_SPACE;
    edoi_simwatch_wake(&t->base, EDOI_SIM_WRITABLE);
}

/* False: the connection is over, or in TIME_WAIT. */
static bool input_ack(edoi_simtcp *t, const edoi_simpacket *p) {
    bool is_new = p->ack > t->una && p->ack <= t->max;
    if (!(p->flags & EDOI_SIM_ACK)) return true;
    if (p->edge > t->edge) t->edge = p->edge;
    if (t->mode == EDOI_SIMTCP_PROBE) t->retries = 0; // the peer lives
    if (is_new) edoi_simtcp_acked(t, p->ack);
    edoi_simtcp_output(t);
    if (!is_new) return true;
    edoi_simtcp_set_timer(t, true);
    input_made_room(t);
    if (!input_fin_acked(t)) return false;
    edoi_simtcp_set_timer(t, false); // FIN_WAIT2 of an orphan has a limit
    return true;
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* Puts the bytes that are next into the queue. Takes `p`. */
static void input_queue(edoi_simtcp *t, edoi_simpacket *p) {
    uint32_t old = (uint32_t)(t->rcv_nxt - p->seq);
    p->at += old;
    p->n -= old;
    if (p->n > t->rcv_edge - t->rcv_nxt) p->n = (uint32_t)(t->rcv_edge - t->rcv_nxt);
    p->next = NULL;
    if (t->rx_last) {
        t->rx_last->next = p;
    } else {
        t->rx = p;
    }
    t->rx_last = p;
    t->rx_bytes += p->n;
    t->rcv_nxt += p->n;
}

/* Bytes, or a FIN, of a segment whose acknowledgement was handled. Takes `p`. */
static void input_bytes(edoi_simtcp *t, edoi_simpacket *p) {
    uint64_t behind = p->seq + p->n; // where the FIN is
    bool has_fin = (p->flags & EDOI_SIM_FIN) != 0, is_kept = false;
    bool is_next = p->seq <= t->rcv_nxt && behind + has_fin > t->rcv_nxt;
    if (!is_next || t->fin_got) { // a gap, or all of it is known, as in a probe
        edoi_simpacket_free(p);
        edoi_simtcp_send_ack(t);
        return;
    }
    bool has_bytes = behind > t->rcv_nxt;
    if (has_bytes && t->base.shut & EDOI_SIM_SHUT_READ && t->state != EDOI_TCP_ESTABLISHED &&
        t->state != EDOI_TCP_SYN_RECV) { // both halves are shut: the bytes are never read
        edoi_simpacket_free(p);
        edoi_simtcp_abort(t, ECONNRESET);
        return;
    }
    if (has_bytes && t->rcv_edge > t->rcv_nxt) {
        input_queue(t, p);
        is_kept = true;
        edoi_simwatch_wake(&t->base, EDOI_SIM_READABLE);
    }
    if (!is_kept) edoi_simpacket_free(p);
    if (!has_fin || t->rcv_nxt != behind) {
        edoi_simtcp_send_ack(t);
    } else {
        (void)input_fin(t);
    }
}

/* ---- States ---------------------------------------------------------------------------------- */

static void input_established(edoi_simtcp *t) {
    t->state = EDOI_TCP_ESTABLISHED;
    t->retries = 0;
    edoi_simwatch_wake(&t->base, EDOI_SIM_WAKE_ALL);
}

/* The peer's first number is known. */
static void input_peer_begins(edoi_simtcp *t, const edoi_simpacket *p) {
    t->rcv_nxt = p->seq + 1;
    t->rcv_edge = t->rcv_nxt + t->base.recv_max;
    t->edge = p->edge;
}

/* Takes `p`. */
static void input_syn_sent(edoi_simtcp *t, edoi_simpacket *p) {
    bool has_ack = (p->flags & EDOI_SIM_ACK) != 0;
    bool is_ours = has_ack && p->ack == t->max;
    if (p->flags & EDOI_SIM_RST) {
        if (is_ours) input_reset(t);
    } else if (has_ack && !is_ours) {
        edoi_simtcp_refuse(edoi_simtcp_net(t), p); // of a connection before
    } else if (p->flags & EDOI_SIM_SYN) {
        input_peer_begins(t, p);
        if (is_ours) {
            edoi_simtcp_acked(t, p->ack);
            input_established(t);
            edoi_simtcp_send_ack(t);
            edoi_simtcp_set_timer(t, true);
        } else { // both connect to each other
            t->state = EDOI_TCP_SYN_RECV;
            edoi_simtcp_send_flags(t, EDOI_SIM_SYN | EDOI_SIM_ACK, t->una);
        }
    }
    edoi_simpacket_free(p);
}

/* The peer has acknowledged the SYN of this end. False: its listener is closed, and the connection
 * was reset. */
static bool input_syn_received(edoi_simtcp *t, const edoi_simpacket *p) {
    edoi_simtcp_acked(t, p->ack);
    if (p->edge > t->edge) t->edge = p->edge;
    if (t->listener && !edoi_simtcp_to_queue(t)) {
        edoi_simtcp_abort(t, ECONNRESET);
        return false;
    }
    input_established(t);
    if (t->fin_queued) t->state = EDOI_TCP_FIN_WAIT1; // it was closed while both connected
    edoi_simtcp_set_timer(t, true);
    return true;
}

/* Takes `p`. */
static void input_time_wait(edoi_simtcp *t, edoi_simpacket *p) {
    edoi_simnet *net = edoi_simtcp_net(t);
    if (p->flags & EDOI_SIM_RST) {
        edoi_simpacket_free(p);
        edoi_simtcp_done(t);
        return;
    }
    if (p->flags & EDOI_SIM_SYN && !(p->flags & EDOI_SIM_ACK) && p->seq > t->rcv_nxt) {
        edoi_simtcp_done(t); // a new connection of the former addresses
        edoi_simtcp_arrive(net, p);
        return;
    }
    if (p->flags & EDOI_SIM_FIN || p->n > 0) {
        edoi_simtcp_send_ack(t);
        edoi_simtcp_arm(t, EDOI_SIMTCP_GO, EDOI_SIMTCP_GO_AFTER);
    }
    edoi_simpacket_free(p);
}

/* Any other state. Takes `p`. */
static void input_synchronized(edoi_simtcp *t, edoi_simpacket *p) {
    if (p->flags & EDOI_SIM_RST) {
        bool is_in = p->seq >= t->rcv_nxt && p->seq <= t->rcv_edge + 1;
        if (is_in) input_reset(t);
        edoi_simpacket_free(p);
        return;
    }
    t->heard_at = edoi_simtcp_net(t)->now;
    bool acks_syn = p->flags & EDOI_SIM_ACK && p->ack == t->max;
    if (t->state == EDOI_TCP_SYN_RECV && acks_syn && !input_syn_received(t, p)) {
        edoi_simpacket_free(p);
        return;
    }
    if (t->state == EDOI_TCP_SYN_RECV) { // its SYN once more, or an old segment
        if (p->flags & EDOI_SIM_SYN) edoi_simtcp_send_flags(t, EDOI_SIM_SYN | EDOI_SIM_ACK, t->una);
        edoi_simpacket_free(p);
    } else if (p->flags & EDOI_SIM_SYN) {
        edoi_simtcp_send_ack(t); // a peer that knows nothing of this connection resets it
        edoi_simpacket_free(p);
    } else if (!input_ack(t, p) ||
               (p->n == 0 && !(p->flags & EDOI_SIM_FIN) && p->seq >= t->rcv_nxt)) {
        edoi_simpacket_free(p); // the second is an acknowledgement alone
    } else {
        input_bytes(t, p);
    }
}

void edoi_simtcp_arrive(edoi_simnet *net, edoi_simpacket *p) {
    edoi_simtcp *t = edoi_simtcp_find(p->to, &p->dst, &p->src);
    uint8_t kind = p->flags & (EDOI_SIM_SYN | EDOI_SIM_ACK | EDOI_SIM_RST);
    if (t) EDO_CHECK(edoi_simtcp_check(t));
    if (t && t->state == EDOI_TCP_SYN_SENT) {
        input_syn_sent(t, p);
    } else if (t && t->state == EDOI_TCP_TIME_WAIT) {
        input_time_wait(t, p);
    } else if (t) {
        input_synchronized(t, p);
    } else if (kind != EDOI_SIM_SYN || !edoi_simtcp_take_syn(net, p)) {
        if (!(p->flags & EDOI_SIM_RST)) edoi_simtcp_refuse(net, p);
        edoi_simpacket_free(p);
    }
}
