/* SPDX-License-Identifier: MIT */
/* sim/net/udp/udp.c: see udp.h. */
#include "sim/net/udp/udp.h"

#include "sim/net/kept.h"
#include "sim/net/ports.h"
#include "sim/net/watch.h"

#include <errno.h>

#define UDP_ROOM 212992u /* net.core.rmem_default */
#define UDP_MAX  65507u  /* of a datagram over IPv4; by IPv6's header 20 bytes more */

int edoi_simudp_new(edoi_simsock **out, edoi_simnode *node, int family) {
    edoi_simudp *u = (edoi_simudp *)edoi_calloc(1, sizeof *u);
    if (!u) return -ENOMEM;
    edoi_simsock_init(&u->base, &edoi_simudp_ops, node, family);
    u->base.recv_max = u->base.send_max = UDP_ROOM;
    *out = &u->base;
    return 0;
}

/* Takes the first packet out of the queue; NULL: there is none. */
static edoi_simpacket *udp_take(edoi_simudp *u) {
    edoi_simpacket *p = u->rx;
    if (!p) return NULL;
    u->rx = p->next;
    if (!u->rx) u->rx_last = NULL;
    u->charged -= p->n + EDOI_SIMUDP_CHARGE;
    return p;
}

static void udp_closed(edoi_simsock *s) {
    edoi_simudp *u = edoi_simudp_of(s);
    for (edoi_simpacket *p; (p = udp_take(u)) != NULL;) edoi_simpacket_free(p);
    edoi_simports_leave(s);
    edoi_simkept_unref(s->kept);
    edoi_free(u);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static int udp_bind_any(edoi_simsock *s) {
    edoi_simaddr any = { .ip = s->local.ip };
    return s->port ? 0 : edoi_simports_bind_now(s, &any);
}

static void udp_disconnect(edoi_simsock *s) {
    s->remote = (edoi_simaddr){ .ip = edoi_simip_any(s->family) };
    if (!(s->flags & EDOI_SIM_IP_CHOSEN)) s->local.ip = edoi_simip_any(s->family);
    if (s->flags & EDOI_SIM_PORT_CHOSEN) return;
    edoi_simports_leave(s);
    s->local.port = 0;
}

static int udp_connect(edoi_simsock *s, const edoi_simaddr *to) {
    struct in6_addr ip = s->local.ip;
    if (!to) {
        udp_disconnect(s);
        return 0;
    }
    if (edoi_simip_is_many(&to->ip)) return -ENETUNREACH;
    int err = s->flags & EDOI_SIM_IP_CHOSEN ? 0 : edoi_simnode_route(&ip, s->node, &to->ip);
    if (err == 0) err = udp_bind_any(s);
    if (err < 0) return err;
    s->local.ip = ip;
    s->remote = *to;
    return 0;
}

static bool udp_has_peer(const edoi_simsock *s) {
    return s->remote.port != 0;
}

static int udp_shutdown(edoi_simsock *s, int how) {
    bool is_connected = udp_has_peer(s);
    s->shut |= (uint8_t)how;
    edoi_simwatch_wake(s, EDOI_SIM_WAKE_ALL);
    return is_connected ? 0 : -ENOTCONN;
}

static uint32_t udp_mask(edoi_simsock *s) {
    uint32_t mask = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND; // a link has room for all
    if (s->err) mask |= EPOLLERR;
    if (s->shut & EDOI_SIM_SHUT_READ) mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
    if (s->shut == EDOI_SIM_SHUT_BOTH) mask |= EPOLLHUP;
    if (edoi_simudp_of(s)->rx) mask |= EPOLLIN | EPOLLRDNORM;
    return mask;
}

/* ---- Sending --------------------------------------------------------------------------------- */

static ssize_t udp_send(edoi_simsock *s, const struct iovec *vecs, size_t vecs_n,
                        const edoi_simaddr *to) {
    edoi_simvecs from = { .vec = vecs, .n = vecs_n };
    size_t n = edoi_simvecs_bytes(vecs, vecs_n);
    edoi_simaddr src = s->local;
    if (s->err) return edoi_simsock_take_err(s);
    if (s->shut & EDOI_SIM_SHUT_WRITE) return -EPIPE;
    if (!to && !udp_has_peer(s)) return -EDESTADDRREQ;
    if (!to) to = &s->remote;
    if (s->family == AF_INET6 && s->flags & EDOI_SIM_V6ONLY && edoi_simip_is_v4(&to->ip))
        return -ENETUNREACH;
    if (n > UDP_MAX + (edoi_simip_is_v4(&to->ip) ? 0 : 20)) return -EMSGSIZE;
    if (edoi_simip_is_many(&to->ip)) return -ENETUNREACH;
    int err = edoi_simip_is_any(&src.ip) ? edoi_simnode_route(&src.ip, s->node, &to->ip) : 0;
    if (err < 0) return err;
    edoi_simpacket *p = edoi_simpacket_new(s->node, s->boot, EDOI_SIM_UDP, &src, to);
    if (!p) return -ENOMEM;
    p->chunk = edoi_simchunk_new((uint32_t)n);
    err = p->chunk ? udp_bind_any(s) : -ENOMEM; // last: it changes the socket
    if (err < 0) {
        edoi_simpacket_free(p);
        return err;
    }
    p->src.port = s->local.port;
    p->n = p->chunk->n = (uint32_t)edoi_simvecs_get(&from, p->chunk->bytes, n);
    edoi_simlink_datagram(p);
    return (ssize_t)n;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* Sends "port unreachable" to the sender. */
static void udp_refuse(edoi_simpacket *p) {
    edoi_simpacket *r =
        edoi_simpacket_new(p->to, p->to->boot, EDOI_SIM_UNREACHED, &p->dst, &p->src);
    if (r) edoi_simlink_datagram(r);
    edoi_simpacket_free(p);
}

void edoi_simudp_arrive(edoi_simnet *net, edoi_simpacket *p) {
    edoi_simsock *s = edoi_simports_best(p->to, SOCK_DGRAM, &p->dst, &p->src, NULL);
    (void)net;
    if (!s) {
        udp_refuse(p);
        return;
    }
    edoi_simudp *u = edoi_simudp_of(s);
    if (u->charged + p->n + EDOI_SIMUDP_CHARGE > s->recv_max) {
        u->dropped++;
        edoi_simpacket_free(p);
        return;
    }
    u->charged += p->n + EDOI_SIMUDP_CHARGE;
    p->next = NULL;
    if (u->rx_last) {
        u->rx_last->next = p;
    } else {
        u->rx = p;
    }
    u->rx_last = p;
    edoi_simwatch_wake(s, EDOI_SIM_READABLE);
}

static bool udp_is_connected(const edoi_simsock *s) {
    return udp_has_peer(s);
}

void edoi_simudp_unreached(edoi_simnet *net, edoi_simpacket *p) {
    edoi_simsock *s = edoi_simports_best(p->to, SOCK_DGRAM, &p->dst, &p->src, udp_is_connected);
    (void)net;
    if (s) {
        s->err = ECONNREFUSED;
        edoi_simwatch_wake(s, EDOI_SIM_FAILED);
    }
    edoi_simpacket_free(p);
}

static ssize_t udp_recv(edoi_simsock *s, const struct iovec *vecs, size_t vecs_n, int flags,
                        edoi_simaddr *from, bool *is_cut) {
    edoi_simudp *u = edoi_simudp_of(s);
    edoi_simvecs to = { .vec = vecs, .n = vecs_n };
    edoi_simpacket *p = u->rx;
    if (s->err) return edoi_simsock_take_err(s);
    if (!p) return s->shut & EDOI_SIM_SHUT_READ ? 0 : -EAGAIN;
    size_t n = edoi_simvecs_put(&to, p->chunk->bytes + p->at, p->n);
    *from = p->src;
    *is_cut = n < p->n;
    ssize_t got = (ssize_t)(flags & MSG_TRUNC ? p->n : n);
    if (!(flags & MSG_PEEK)) edoi_simpacket_free(udp_take(u));
    return got;
}

static int udp_in_queue(const edoi_simsock *s) {
    const edoi_simpacket *p = ((const edoi_simudp *)(const void *)s)->rx;
    return p ? (int)p->n : 0;
}

static int udp_out_queue(const edoi_simsock *s) {
    (void)s;
    return 0;
}

const edoi_simsock_ops edoi_simudp_ops = { .type = SOCK_DGRAM,
                                           .protocol = IPPROTO_UDP,
                                           .mask = udp_mask,
                                           .connect = udp_connect,
                                           .shutdown = udp_shutdown,
                                           .send = udp_send,
                                           .recv = udp_recv,
                                           .has_peer = udp_has_peer,
                                           .in_queue = udp_in_queue,
                                           .out_queue = udp_out_queue,
                                           .closed = udp_closed };
