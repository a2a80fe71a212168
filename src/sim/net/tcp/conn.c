/* SPDX-License-Identifier: MIT */
/* sim/net/tcp/conn.c: the calls that a program makes on a connection, and how one ends; see tcp.h.
 * Results, and the order of bytes and errors, are as on Linux. */
#include "sim/net/tcp/tcp.h"

#include "base/assert.h"
#include "sim/net/kept.h"
#include "sim/net/ports.h"
#include "sim/net/watch.h"

#include <errno.h>

#define RECV_MAX     131072u             /* net.ipv4.tcp_rmem */
#define SEND_MAX     2626560u            /* what Linux' buffer grows to over loopback */
#define NOBODY_AFTER INT64_C(3072000000) /* ns: three questions of ARP */
#define REUSE_AFTER  INT64_C(1000000000) /* ns: tcp_tw_reuse */

/* ---- The table ------------------------------------------------------------------------------- */

typedef struct pair_key {
    const edoi_simnode *node;
    uint32_t boot;
    const edoi_simaddr *local, *remote;
} pair_key;

static bool conn_has_key(edoi_table_link *l, const void *key) {
    const edoi_simsock *s = &edoi_simtcp_of_link(l)->base;
    const pair_key *k = key;
    return s->node == k->node && s->boot == k->boot && edoi_simaddr_equal(&s->local, k->local) &&
           edoi_simaddr_equal(&s->remote, k->remote);
}

edoi_simtcp *edoi_simtcp_find(const edoi_simnode *node, const edoi_simaddr *local,
                              const edoi_simaddr *remote) {
    pair_key k = { node, node->boot, local, remote };
    uint64_t hash = edoi_simconns_hash(node, node->boot, local, remote);
    edoi_table_link *l = edoi_table_find(&node->net->conns, hash, conn_has_key, &k);
    return l ? edoi_simtcp_of_link(l) : NULL;
}

void edoi_simtcp_know(edoi_simtcp *t) {
    edoi_simsock *s = &t->base;
    uint64_t hash = edoi_simconns_hash(s->node, s->boot, &s->local, &s->remote);
    t->is_known = true;
    edoi_simtable_add(&s->node->net->conns, &t->link, hash);
}

void edoi_simtcp_unknow(edoi_simtcp *t) {
    if (!t->is_known) return;
    t->is_known = false;
    edoi_table_remove(&edoi_simtcp_net(t)->conns, &t->link);
}

/* After 2^24 connections they begin anew, when no segment of the first ones is left. */
void edoi_simtcp_number(edoi_simtcp *t) {
    edoi_simnet *net = edoi_simtcp_net(t);
    uint64_t first = (net->conns_made++ % ((1u << 24) - 1) + 1) << EDOI_SIMTCP_SEQ_BITS;
    t->una = first - 1;
    t->nxt = t->max = t->end = first;
    t->sampled = (uint32_t)(first | 1); // 0 is for none
    t->sampled_at = net->now;
}

/* ---- Life ------------------------------------------------------------------------------------ */

int edoi_simtcp_new(edoi_simsock **out, edoi_simnode *node, int family) {
    edoi_simtcp *t = (edoi_simtcp *)edoi_calloc(1, sizeof *t);
    if (!t) return -ENOMEM;
    edoi_simsock_init(&t->base, &edoi_simtcp_ops, node, family);
    t->base.recv_max = RECV_MAX;
    t->base.send_max = SEND_MAX;
    t->state = EDOI_TCP_CLOSE;
    t->keep_idle = 7200; // as net.ipv4.tcp_keepalive_*
    t->keep_interval = 75;
    t->keep_n = 9;
    *out = &t->base;
    return 0;
}

static void conn_drop_output(edoi_simtcp *t) {
    while (t->tx) {
        edoi_simchunk *c = t->tx;
        t->tx = c->next;
        edoi_simchunk_unref(c);
    }
    t->tx_last = t->tx_next = NULL;
}

static void conn_drop_input(edoi_simtcp *t) {
    while (t->rx) {
        edoi_simpacket *p = t->rx;
        t->rx = p->next;
        edoi_simpacket_free(p);
    }
    t->rx_last = NULL;
    t->rx_bytes = 0;
}

void edoi_simtcp_check(const edoi_simtcp *t) {
    uint64_t at = t->tx ? t->tx->seq : 0;
    uint32_t bytes = 0;
    for (const edoi_simchunk *c = t->tx; c; c = c->next) {
        EDO_INV("tcp inv. 2", c->seq == at && at + c->n > t->una);
        at += c->n;
    }
    EDO_INV("tcp inv. 2", !t->tx || at + t->fin_queued == t->end);
    for (const edoi_simpacket *p = t->rx; p; p = p->next) bytes += p->n;
    EDO_INV("tcp inv. 3", bytes == t->rx_bytes);
}

/* From now on no lookup finds the connection. A port from bind() stays until the close. */
static void conn_unlink(edoi_simtcp *t) {
    edoi_simtcp_disarm(t);
    edoi_simtcp_unknow(t);
    if (!(t->base.flags & EDOI_SIM_IS_OWNER)) edoi_simports_leave(&t->base);
    edoi_simtcp_leave_listener(t);
    conn_drop_output(t);
}

void edoi_simtcp_free(edoi_simtcp *t) {
    EDO_ASSERT(t->base.fds_n == 0 && !t->is_queued);
    if (t->state == EDOI_TCP_LISTEN) edoi_simtcp_unlisten(t);
    conn_unlink(t);
    conn_drop_input(t);
    edoi_simports_leave(&t->base);
    edoi_simkept_unref(t->base.kept);
    edoi_free(t);
}

void edoi_simtcp_done(edoi_simtcp *t) {
    conn_unlink(t);
    bool is_orphan = edoi_simtcp_is_orphan(t);
    t->state = EDOI_TCP_CLOSE;
    t->base.shut = EDOI_SIM_SHUT_BOTH;
    if (is_orphan) {
        edoi_simtcp_free(t);
    } else {
        edoi_simwatch_wake(&t->base, EDOI_SIM_WAKE_ALL);
    }
}

void edoi_simtcp_fail(edoi_simtcp *t, int err) {
    t->base.err = (uint8_t)err;
    edoi_simtcp_done(t);
}

void edoi_simtcp_abort(edoi_simtcp *t, int err) {
    edoi_simtcp_send_flags(t, EDOI_SIM_RST | EDOI_SIM_ACK, t->max);
    edoi_simtcp_fail(t, err);
}

void edoi_simtcp_time_wait(edoi_simtcp *t) {
    t->state = EDOI_TCP_TIME_WAIT;
    t->base.shut = EDOI_SIM_SHUT_BOTH;
    edoi_simtcp_arm(t, EDOI_SIMTCP_GO, EDOI_SIMTCP_GO_AFTER);
    edoi_simwatch_wake(&t->base, EDOI_SIM_WAKE_ALL);
}

/* Begins the end of what is sent, if that was not done. */
static void conn_finish(edoi_simtcp *t) {
    if (t->fin_queued) return;
    if (t->state == EDOI_TCP_ESTABLISHED) {
        t->state = EDOI_TCP_FIN_WAIT1;
    } else if (t->state == EDOI_TCP_CLOSE_WAIT) {
        t->state = EDOI_TCP_LAST_ACK;
    } else if (t->state != EDOI_TCP_SYN_RECV) { // the FIN follows when that is established
        return;
    }
    edoi_simtcp_send_fin(t);
}

static void conn_closed(edoi_simsock *s) {
    edoi_simtcp *t = edoi_simtcp_of(s);
    bool is_reset = t->rx_bytes > 0 || (s->flags & EDOI_SIM_LINGER && s->linger == 0);
    s->shut = EDOI_SIM_SHUT_BOTH;
    if (!edoi_simsock_is_alive(s) || t->state == EDOI_TCP_LISTEN || t->state == EDOI_TCP_CLOSE ||
        t->state == EDOI_TCP_SYN_SENT) {
        edoi_simtcp_free(t);
    } else if (t->state == EDOI_TCP_TIME_WAIT) {
        conn_drop_input(t); // the rest goes with its time
    } else if (is_reset) {
        edoi_simtcp_abort(t, ECONNRESET);
    } else {
        conn_finish(t);
        edoi_simtcp_set_timer(t, false);
    }
}

/* Takes out of the table what it resets, and nothing else. */
void edoi_simlink_reset(edoi_simnet *net, edoi_simnode *a, edoi_simnode *b) {
    for (size_t i = 0; i < net->conns.chains_n; i++) {
        edoi_table_link *l = net->conns.chains[i];
        while (l) {
            edoi_simtcp *t = edoi_simtcp_of_link(l);
            edoi_simnode *own = t->base.node;
            const edoi_simnode *peer = edoi_simnode_to(own, &t->base.remote.ip);
            l = l->next;
            if (!((own == a && peer == b) || (own == b && peer == a))) continue;
            if (t->state == EDOI_TCP_TIME_WAIT || t->state == EDOI_TCP_SYN_SENT) continue;
            if (!edoi_simsock_is_alive(&t->base)) continue;
            edoi_simtcp_fail(t, t->state == EDOI_TCP_CLOSE_WAIT ? EPIPE : ECONNRESET);
        }
    }
}

/* ---- connect() ------------------------------------------------------------------------------- */

/* Is the socket's pair of addresses, with this port, unused? A connection in TIME_WAIT gives way
 * after a second. */
static bool conn_pair_is_free(edoi_simsock *s, uint16_t port) {
    edoi_simaddr local = { .ip = s->local.ip, .port = port };
    edoi_simtcp *t = edoi_simtcp_find(s->node, &local, &s->remote);
    if (!t) return true;
    if (t->state != EDOI_TCP_TIME_WAIT) return false;
    if (edoi_simtcp_net(t)->now < t->timer.at - EDOI_SIMTCP_GO_AFTER + REUSE_AFTER) return false;
    edoi_simtcp_done(t);
    return true;
}

/* Gives the socket both addresses; on an error it has what it had. */
static int conn_set_pair(edoi_simsock *s, const edoi_simaddr *to) {
    edoi_simaddr former = s->local;
    int err = 0;
    if (edoi_simip_is_many(&to->ip)) return -ENETUNREACH;
    if (to->port == 0) return -ECONNREFUSED;
    if (!(s->flags & EDOI_SIM_IP_CHOSEN))
        err = edoi_simnode_route(&s->local.ip, s->node, &to->ip);
    else if (edoi_simip_is_v4(&s->local.ip) != edoi_simip_is_v4(&to->ip))
        err = -ENETUNREACH;
    else if (edoi_simip_is_loopback(&s->local.ip) && edoi_simnode_to(s->node, &to->ip) != s->node)
        err = -EINVAL;
    s->remote = *to;
    if (err == 0 && !s->port) {
        err = edoi_simports_connect(s, conn_pair_is_free);
    } else if (err == 0 && !conn_pair_is_free(s, s->local.port)) {
        err = -EADDRNOTAVAIL;
    }
    if (err == 0) return 0;
    s->local = former;
    s->remote = (edoi_simaddr){ .ip = edoi_simip_any(s->family) };
    return err;
}

static int conn_open_to(edoi_simtcp *t, const edoi_simaddr *to) {
    edoi_simsock *s = &t->base;
    edoi_simnet *net = s->node->net;
    int err = conn_set_pair(s, to);
    if (err < 0) return err;
    edoi_simtcp_number(t);
    t->rcv_nxt = t->rcv_edge = 0;
    t->heard_at = net->now;
    t->round_trip = 0;
    t->fin_queued = t->fin_got = false;
    t->is_connecting = true;
    t->state = EDOI_TCP_SYN_SENT;
    t->has_connected = true;
    s->shut = s->err = 0;
    edoi_simtcp_know(t);
    if (!edoi_simnode_to(s->node, &to->ip)) {
        edoi_simtcp_arm(t, EDOI_SIMTCP_NOBODY, NOBODY_AFTER);
    } else {
        edoi_simtcp_send_flags(t, EDOI_SIM_SYN, t->una);
        edoi_simtcp_set_timer(t, true);
    }
    return -EINPROGRESS;
}

/* The socket has no peer, and the address that bind() gave it. */
static void conn_forget_peer(edoi_simtcp *t) {
    edoi_simsock *s = &t->base;
    s->remote = (edoi_simaddr){ .ip = edoi_simip_any(s->family) };
    if (!(s->flags & EDOI_SIM_IP_CHOSEN)) s->local.ip = edoi_simip_any(s->family);
    if (!s->port) s->local.port = 0;
    t->is_connecting = false;
}

/* Ends what there is, so that the socket can be used anew. */
static void conn_disconnect(edoi_simtcp *t) {
    uint8_t state = t->state;
    bool was_open =
        state != EDOI_TCP_LISTEN && state != EDOI_TCP_CLOSE && state != EDOI_TCP_TIME_WAIT;
    if (state == EDOI_TCP_LISTEN) {
        edoi_simtcp_unlisten(t);
    } else if (was_open && state != EDOI_TCP_SYN_SENT) {
        edoi_simtcp_send_flags(t, EDOI_SIM_RST | EDOI_SIM_ACK, t->max);
    }
    conn_unlink(t);
    conn_drop_input(t);
    conn_forget_peer(t);
    t->state = EDOI_TCP_CLOSE;
    t->una = t->nxt = t->max = t->end;
    t->base.shut = 0;
    if (was_open) t->base.err = ECONNRESET;
    edoi_simwatch_wake(&t->base, EDOI_SIM_WAKE_ALL);
}

static int conn_connect(edoi_simsock *s, const edoi_simaddr *to) {
    edoi_simtcp *t = edoi_simtcp_of(s);
    if (!to) {
        conn_disconnect(t);
        return 0;
    }
    if (t->state == EDOI_TCP_LISTEN) return -EISCONN;
    if (t->state == EDOI_TCP_SYN_SENT || t->state == EDOI_TCP_SYN_RECV) return -EALREADY;
    if (t->is_connecting) { // the second call says how it ended
        int err = edoi_simsock_take_err(s);
        t->is_connecting = false;
        if (t->state != EDOI_TCP_CLOSE && t->state != EDOI_TCP_TIME_WAIT) return err;
        conn_forget_peer(t);
        s->shut = 0;
        return err < 0 ? err : -ECONNABORTED;
    }
    return s->remote.port != 0 ? -EISCONN : conn_open_to(t, to);
}

/* ---- shutdown() and readiness ---------------------------------------------------------------- */

static int conn_shutdown(edoi_simsock *s, int how) {
    edoi_simtcp *t = edoi_simtcp_of(s);
    bool is_over = t->state == EDOI_TCP_CLOSE || t->state == EDOI_TCP_TIME_WAIT;
    if (t->state == EDOI_TCP_SYN_SENT ||
        (t->state == EDOI_TCP_LISTEN && (uint32_t)how & EDOI_SIM_SHUT_READ)) {
        conn_disconnect(t);
        return 0;
    }
    s->shut |= (uint8_t)how;
    if ((uint32_t)how & EDOI_SIM_SHUT_WRITE) conn_finish(t);
    edoi_simwatch_wake(s, EDOI_SIM_WAKE_ALL);
    return is_over ? -ENOTCONN : 0;
}

static uint32_t conn_mask(edoi_simsock *s) {
    edoi_simtcp *t = edoi_simtcp_of(s);
    uint32_t mask = s->err ? EPOLLERR : 0;
    if (t->state == EDOI_TCP_LISTEN) return mask | (t->listener->first ? EPOLLIN | EPOLLRDNORM : 0);
    if (s->shut == EDOI_SIM_SHUT_BOTH || t->state == EDOI_TCP_CLOSE) mask |= EPOLLHUP;
    if (s->shut & EDOI_SIM_SHUT_READ) mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
    if (t->state == EDOI_TCP_SYN_SENT || t->state == EDOI_TCP_SYN_RECV) return mask;
    if (t->rx_bytes > 0) mask |= EPOLLIN | EPOLLRDNORM;
    if (s->shut & EDOI_SIM_SHUT_WRITE || edoi_simtcp_is_writable(t)) {
        mask |= EPOLLOUT | EPOLLWRNORM;
    } else {
        s->flags |= EDOI_SIM_NO_SPACE;
    }
    return mask;
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* Appends bytes to the last chunk if it is small and unsent: else each small write that waits for
 * the window would cost a chunk. Returns how many, or -ENOMEM. */
static ssize_t conn_append(edoi_simtcp *t, edoi_simvecs *from, size_t n) {
    edoi_simchunk *c = t->tx_last, *former = c;
    if (!c || c->refs > 1 || c->seq < t->max || c->n >= EDOI_SIMCHUNK_MAX) return 0;
    if (n > EDOI_SIMCHUNK_MAX - c->n) n = EDOI_SIMCHUNK_MAX - c->n;
    if (n > c->room - c->n) {
        uint32_t room = 2 * c->room > c->n + (uint32_t)n ? 2 * c->room : c->n + (uint32_t)n;
        if (room > EDOI_SIMCHUNK_MAX) room = EDOI_SIMCHUNK_MAX;
        c = (edoi_simchunk *)edoi_realloc(c, sizeof *c + room);
        if (!c) return -ENOMEM;
        c->room = room;
        if (t->tx == former) {
            t->tx = c;
        } else {
            edoi_simchunk *before = t->tx;
            while (before->next != former) before = before->next;
            before->next = c;
        }
        if (t->tx_next == former) t->tx_next = c;
        t->tx_last = c;
    }
    n = edoi_simvecs_get(from, c->bytes + c->n, n);
    c->n += (uint32_t)n;
    t->end += n;
    return (ssize_t)n;
}

/* Adds a piece. Returns how many bytes it has, or -ENOMEM. */
static ssize_t conn_push_piece(edoi_simtcp *t, edoi_simvecs *from, size_t n) {
    if (n > EDOI_SIMCHUNK_MAX) n = EDOI_SIMCHUNK_MAX;
    edoi_simchunk *c = edoi_simchunk_new((uint32_t)n);
    if (!c) return -ENOMEM;
    c->n = (uint32_t)edoi_simvecs_get(from, c->bytes, n);
    c->seq = t->end;
    if (t->tx_last) {
        t->tx_last->next = c;
    } else {
        t->tx = c;
    }
    t->tx_last = c;
    if (!t->tx_next) t->tx_next = c;
    t->end += c->n;
    return (ssize_t)c->n;
}

static int conn_may_send(edoi_simtcp *t) {
    edoi_simsock *s = &t->base;
    if (s->err) return edoi_simsock_take_err(s);
    if (s->shut & EDOI_SIM_SHUT_WRITE) return -EPIPE;
    if (t->state == EDOI_TCP_SYN_SENT || t->state == EDOI_TCP_SYN_RECV) return -EAGAIN;
    return t->state == EDOI_TCP_ESTABLISHED || t->state == EDOI_TCP_CLOSE_WAIT ? 0 : -EPIPE;
}

static ssize_t conn_send(edoi_simsock *s, const struct iovec *vecs, size_t n,
                         const edoi_simaddr *to) {
    edoi_simtcp *t = edoi_simtcp_of(s);
    edoi_simvecs from = { .vec = vecs, .n = n };
    size_t bytes = edoi_simvecs_bytes(vecs, n), most = edoi_simtcp_room(t), done = 0;
    int err = conn_may_send(t);
    (void)to;
    if (err < 0) return err;
    if (bytes > most) {
        s->flags |= EDOI_SIM_NO_SPACE;
        if (most == 0) return -EAGAIN;
        bytes = most;
    }
    while (done < bytes) {
        ssize_t got = conn_append(t, &from, bytes - done);
        if (got == 0) got = conn_push_piece(t, &from, bytes - done);
        if (got < 0) { // what was queued goes out
            if (done == 0) return got;
            break;
        }
        done += (size_t)got;
    }
    edoi_simtcp_output(t);
    return (ssize_t)done;
}

/* Copies from the queue, or only counts (MSG_TRUNC); takes it out unless it peeks. */
static size_t conn_take(edoi_simtcp *t, const struct iovec *vecs, size_t vecs_n, int flags) {
    edoi_simvecs to = { .vec = vecs, .n = vecs_n };
    size_t bytes = edoi_simvecs_bytes(vecs, vecs_n), done = 0;
    for (edoi_simpacket *p = t->rx, *next; p && done < bytes; p = next) {
        size_t n = p->n < bytes - done ? p->n : bytes - done;
        next = p->next;
        if (!(flags & MSG_TRUNC)) n = edoi_simvecs_put(&to, p->chunk->bytes + p->at, n);
        done += n;
        if (flags & MSG_PEEK) continue;
        p->at += (uint32_t)n;
        p->n -= (uint32_t)n;
        t->rx_bytes -= (uint32_t)n;
        if (p->n > 0) break;
        t->rx = next;
        if (!next) t->rx_last = NULL;
        edoi_simpacket_free(p);
    }
    return done;
}

static ssize_t conn_recv(edoi_simsock *s, const struct iovec *vecs, size_t n, int flags,
                         edoi_simaddr *from, bool *is_cut) {
    edoi_simtcp *t = edoi_simtcp_of(s);
    (void)from;
    (void)is_cut;
    if (t->state == EDOI_TCP_LISTEN) return -ENOTCONN;
    if (t->rx_bytes > 0 || edoi_simvecs_bytes(vecs, n) == 0) {
        size_t done = conn_take(t, vecs, n, flags);
        if (!(flags & MSG_PEEK)) edoi_simtcp_window(t);
        return (ssize_t)done;
    }
    if (t->fin_got) return 0;
    if (s->err) return edoi_simsock_take_err(s);
    if (s->shut & EDOI_SIM_SHUT_READ) return 0;
    return t->state == EDOI_TCP_CLOSE ? -ENOTCONN : -EAGAIN;
}

static bool conn_has_peer(const edoi_simsock *s) {
    uint8_t state = ((const edoi_simtcp *)(const void *)s)->state;
    return state != EDOI_TCP_CLOSE && state != EDOI_TCP_TIME_WAIT && state != EDOI_TCP_SYN_SENT;
}

static int conn_in_queue(const edoi_simsock *s) {
    const edoi_simtcp *t = (const edoi_simtcp *)(const void *)s;
    return t->state == EDOI_TCP_LISTEN ? -EINVAL : (int)t->rx_bytes;
}

/* After a reset what was not acknowledged still counts. */
static int conn_out_queue(const edoi_simsock *s) {
    const edoi_simtcp *t = (const edoi_simtcp *)(const void *)s;
    if (t->state == EDOI_TCP_LISTEN) return -EINVAL;
    if (t->state == EDOI_TCP_SYN_SENT || t->state == EDOI_TCP_SYN_RECV) return 0;
    return (int)(t->end - t->una);
}

const edoi_simsock_ops edoi_simtcp_ops = { .type = SOCK_STREAM,
                                           .protocol = IPPROTO_TCP,
                                           .mask = conn_mask,
                                           .listen = edoi_simtcp_listen,
                                           .accept = edoi_simtcp_accept,
                                           .accepted = edoi_simtcp_accepted,
                                           .connect = conn_connect,
                                           .shutdown = conn_shutdown,
                                           .send = conn_send,
                                           .recv = conn_recv,
                                           .has_peer = conn_has_peer,
                                           .in_queue = conn_in_queue,
                                           .out_queue = conn_out_queue,
                                           .closed = conn_closed };
