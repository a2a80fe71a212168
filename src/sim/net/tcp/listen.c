/* SPDX-License-Identifier: MIT */
/* sim/net/tcp/listen.c: listeners and what waits in their queues; see tcp.h.
 *
 * A connection exists from its SYN on, and has a reference to the listener until it is accepted. A
 * SYN is dropped if the queue might be full by then, and its sender repeats it: so each connection
 * whose handshake has begun finds room in the queue. */
#include "sim/net/tcp/tcp.h"

#include "sim/net/kept.h"
#include "sim/net/ports.h"
#include "sim/net/watch.h"

#include <errno.h>

#define BACKLOG_MAX 4096u /* net.core.somaxconn */

/* The next connection in the queue. The queue uses `port_next`: an unaccepted connection does not
 * own a port. */
static edoi_simtcp *listener_next(const edoi_simtcp *t) {
    return t->base.port_next ? edoi_simtcp_of(t->base.port_next) : NULL;
}

static void listener_unref(edoi_simlistener *l) {
    if (--l->refs == 0) edoi_free(l);
}

int edoi_simtcp_listen(edoi_simsock *s, int backlog) {
    edoi_simtcp *t = edoi_simtcp_of(s);
    uint32_t most =
        backlog < 0 || (uint32_t)backlog > BACKLOG_MAX ? BACKLOG_MAX : (uint32_t)backlog;
    if (t->state == EDOI_TCP_LISTEN) {
        t->listener->backlog = most;
        return 0;
    }
    if (t->state != EDOI_TCP_CLOSE) return -EINVAL;
    edoi_simlistener *l = (edoi_simlistener *)edoi_calloc(1, sizeof *l);
    if (!l) return -ENOMEM;
    edoi_simaddr any = { .ip = s->local.ip };
    int err = s->port ? edoi_simports_may_listen(s) : edoi_simports_bind_now(s, &any);
    if (err < 0) {
        edoi_free(l);
        return err;
    }
    *l = (edoi_simlistener){ .backlog = most, .refs = 1, .is_open = true, .sock = t };
    t->listener = l;
    t->state = EDOI_TCP_LISTEN;
    s->flags |= EDOI_SIM_LISTENS;
    s->shut = 0;
    s->err = 0;
    return 0;
}

void edoi_simtcp_unlisten(edoi_simtcp *t) {
    edoi_simlistener *l = t->listener;
    l->is_open = false;
    l->sock = NULL;
    t->listener = NULL;
    t->state = EDOI_TCP_CLOSE;
    t->base.flags &= (uint16_t)~EDOI_SIM_LISTENS;
    while (l->first) {
        edoi_simtcp *conn = l->first;
        l->first = listener_next(conn);
        conn->listener = NULL; // an orphan: it is freed
        conn->is_queued = false;
        listener_unref(l);
        if (conn->state == EDOI_TCP_CLOSE) {
            edoi_simtcp_free(conn);
        } else {
            edoi_simtcp_abort(conn, ECONNRESET);
        }
    }
    l->last = NULL;
    listener_unref(l);
}

/* ---- Connections that come ------------------------------------------------------------------- */

static bool listener_fits(const edoi_simsock *s) {
    return (s->flags & EDOI_SIM_LISTENS) != 0;
}

/* A connection that has the options of the listener. NULL: without memory. */
static edoi_simtcp *listener_child(edoi_simtcp *parent, const edoi_simpacket *p) {
    edoi_simsock *s;
    const edoi_simsock *from = &parent->base;
    if (edoi_simtcp_new(&s, from->node, from->family) < 0) return NULL;
    edoi_simtcp *t = edoi_simtcp_of(s);
    const uint16_t inherited = EDOI_SIM_REUSEADDR | EDOI_SIM_REUSEPORT | EDOI_SIM_KEEPALIVE |
                               EDOI_SIM_V6ONLY | EDOI_SIM_NODELAY | EDOI_SIM_LINGER;
    s->flags = from->flags & inherited;
    s->linger = from->linger;
    s->recv_max = from->recv_max;
    s->send_max = from->send_max;
    s->kept = edoi_simkept_share(from->kept);
    t->user_timeout = parent->user_timeout;
    t->keep_idle = parent->keep_idle;
    t->keep_interval = parent->keep_interval;
    t->keep_n = parent->keep_n;
    s->local = p->dst;
    s->remote = p->src;
    edoi_simports_share(s, from->port);
    return t;
}

bool edoi_simtcp_take_syn(edoi_simnet *net, edoi_simpacket *p) {
    edoi_simsock *s = edoi_simports_best(p->to, SOCK_STREAM, &p->dst, &p->src, listener_fits);
    if (!s) return false;
    edoi_simlistener *l = edoi_simtcp_of(s)->listener;
    edoi_simtcp *t = NULL;
    if (l->queued + l->opening > l->backlog) {
        l->dropped++;
    } else {
        t = listener_child(edoi_simtcp_of(s), p);
    }
    if (!t) {
        edoi_simpacket_free(p);
        return true;
    }
    t->listener = l;
    l->refs++;
    l->opening++;
    t->state = EDOI_TCP_SYN_RECV;
    edoi_simtcp_number(t);
    t->rcv_nxt = p->seq + 1;
    t->rcv_edge = t->rcv_nxt + t->base.recv_max;
    t->edge = p->edge;
    t->heard_at = net->now;
    edoi_simtcp_know(t);
    edoi_simtcp_send_flags(t, EDOI_SIM_SYN | EDOI_SIM_ACK, t->una);
    edoi_simtcp_set_timer(t, true);
    edoi_simpacket_free(p);
    return true;
}

void edoi_simtcp_leave_listener(edoi_simtcp *t) {
    edoi_simlistener *l = t->listener;
    if (!l || t->is_queued || t->state == EDOI_TCP_LISTEN) return;
    t->listener = NULL;
    l->opening--;
    listener_unref(l);
}

bool edoi_simtcp_to_queue(edoi_simtcp *t) {
    edoi_simlistener *l = t->listener;
    if (!l->is_open) {
        edoi_simtcp_leave_listener(t);
        return false;
    }
    t->is_queued = true;
    t->base.port_next = NULL;
    if (l->last) {
        l->last->base.port_next = &t->base;
    } else {
        l->first = t;
    }
    l->last = t;
    l->opening--;
    l->queued++;
    edoi_simwatch_wake(&l->sock->base, EDOI_SIM_READABLE);
    return true;
}

/* ---- accept() -------------------------------------------------------------------------------- */

int edoi_simtcp_accept(edoi_simsock *s, edoi_simsock **out) {
    const edoi_simtcp *t = edoi_simtcp_of(s);
    if (t->state != EDOI_TCP_LISTEN) return -EINVAL;
    if (!t->listener->first) return -EAGAIN;
    *out = &t->listener->first->base;
    return 0;
}

void edoi_simtcp_accepted(edoi_simsock *s) {
    edoi_simlistener *l = edoi_simtcp_of(s)->listener;
    edoi_simtcp *conn = l->first;
    l->first = listener_next(conn);
    if (!l->first) l->last = NULL;
    l->queued--;
    conn->listener = NULL;
    conn->is_queued = false;
    listener_unref(l);
}
