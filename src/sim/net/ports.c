/* SPDX-License-Identifier: MIT */
/* sim/net/ports.c: see ports.h. */
#include "sim/net/ports.h"

#include <errno.h>

/* ---- The table ------------------------------------------------------------------------------- */

typedef struct port_key {
    uint32_t node, boot;
    int32_t type;
    uint32_t port;
} port_key;

static bool port_has_key(edoi_table_link *l, const void *key) {
    const edoi_simport *p = (const edoi_simport *)(void *)l;
    const port_key *k = key;
    return p->node == k->node && p->boot == k->boot && p->type == k->type && p->port == k->port;
}

static uint64_t port_hash(const edoi_simnet *net, const port_key *k) {
    return edoi_siphash13(&net->secret, k, sizeof *k);
}

static edoi_simport *port_find(const edoi_simnode *node, uint32_t boot, int type, uint16_t port) {
    port_key k = { .node = node->id, .boot = boot, .type = type, .port = port };
    const edoi_simnet *net = node->net;
    return (edoi_simport *)(void *)edoi_table_find(&net->ports, port_hash(net, &k), port_has_key,
                                                   &k);
}

/* Finds the port, or makes it. NULL: without memory. */
static edoi_simport *port_get(const edoi_simsock *s, uint16_t port) {
    edoi_simnet *net = s->node->net;
    edoi_simport *p = port_find(s->node, s->boot, s->ops->type, port);
    if (p) return p;
    p = (edoi_simport *)edoi_calloc(1, sizeof *p);
    if (!p) return NULL;
    port_key k = { .node = s->node->id, .boot = s->boot, .type = s->ops->type, .port = port };
    p->node = k.node;
    p->boot = k.boot;
    p->type = k.type;
    p->port = port;
    edoi_simtable_add(&net->ports, &p->link, port_hash(net, &k));
    return p;
}

static void port_put(edoi_simnet *net, edoi_simport *p) {
    if (p->owners || p->conns_n > 0) return;
    edoi_table_remove(&net->ports, &p->link);
    edoi_free(p);
}

/* ---- Conflicts ------------------------------------------------------------------------------- */

/* Do both get packets for one address? */
static bool ports_overlap(const edoi_simsock *a, const struct in6_addr *a_ip,
                          const edoi_simsock *b) {
    bool a_v4 = edoi_simip_is_v4(a_ip), b_v4 = edoi_simip_is_v4(&b->local.ip);
    bool a_any = edoi_simip_is_any(a_ip), b_any = edoi_simip_is_any(&b->local.ip);
    if (a_v4 == b_v4) return a_any || b_any || edoi_simip_equal(a_ip, &b->local.ip);
    const edoi_simsock *v6 = a_v4 ? b : a; // whose :: may be of both
    return (a_v4 ? b_any : a_any) && !(v6->flags & EDOI_SIM_V6ONLY);
}

static bool ports_both(const edoi_simsock *a, const edoi_simsock *b, uint16_t flag) {
    return (a->flags & b->flags & flag) != 0;
}

/* Has an owner the address for itself? Two that may share it by SO_REUSEADDR do not both listen. */
static bool port_is_owned(const edoi_simport *p, const edoi_simsock *s, const struct in6_addr *ip) {
    for (const edoi_simsock *o = p->owners; o; o = o->port_next) {
        if (o == s || !ports_overlap(s, ip, o)) continue;
        if (ports_both(s, o, EDOI_SIM_REUSEPORT)) continue;
        if (!ports_both(s, o, EDOI_SIM_REUSEADDR) || o->flags & EDOI_SIM_LISTENS) return true;
    }
    return false;
}

/* A port only counts its connections, so also those of another local address make it taken. */
static bool port_is_taken(const edoi_simport *p, const edoi_simsock *s, const struct in6_addr *ip) {
    if (port_is_owned(p, s, ip)) return true;
    if (p->hard_n > 0 && !(s->flags & EDOI_SIM_REUSEPORT)) return true;
    return p->conns_n > 0 && !(s->flags & (EDOI_SIM_REUSEADDR | EDOI_SIM_REUSEPORT));
}

static void port_own(edoi_simsock *s, edoi_simport *p, const struct in6_addr *ip) {
    s->local = (edoi_simaddr){ .ip = *ip, .port = p->port };
    s->port = p;
    s->flags |= EDOI_SIM_IS_OWNER;
    s->port_prev = NULL;
    s->port_next = p->owners;
    if (s->port_next) s->port_next->port_prev = s;
    p->owners = s;
}

/* Finds a port that is not used, or one that only connections use and for which `is_free` returns
 * true. The search begins at a random port. Returns -1 if there is none. */
static int port_choose(edoi_simsock *s, edoi_simport_is_free *is_free) {
    uint32_t n = EDOI_SIMPORT_LAST - EDOI_SIMPORT_FIRST + 1;
    uint32_t first = (uint32_t)(edoi_simchance(&s->node->net->events) % n);
    for (uint32_t i = 0; i < n; i++) {
        uint16_t port = (uint16_t)(EDOI_SIMPORT_FIRST + (first + i) % n);
        const edoi_simport *p = port_find(s->node, s->boot, s->ops->type, port);
        if (!p || (is_free && !p->owners && is_free(s, port))) return port;
    }
    return -1;
}

int edoi_simports_bind_now(edoi_simsock *s, const edoi_simaddr *at) {
    int port = at->port ? at->port : port_choose(s, NULL);
    if (port < 0) return -EADDRINUSE;
    edoi_simport *p = port_get(s, (uint16_t)port);
    if (!p) return -ENOMEM;
    if (port_is_taken(p, s, &at->ip)) return -EADDRINUSE;
    port_own(s, p, &at->ip);
    return 0;
}

int edoi_simports_bind(edoi_simsock *s, const edoi_simaddr *at) {
    if (at->port != 0 || !(s->flags & EDOI_SIM_PORT_LATER)) return edoi_simports_bind_now(s, at);
    s->local.ip = at->ip;
    return 0;
}

int edoi_simports_may_listen(const edoi_simsock *s) {
    return port_is_owned(s->port, s, &s->local.ip) ? -EADDRINUSE : 0;
}

int edoi_simports_connect(edoi_simsock *s, edoi_simport_is_free *is_free) {
    int port = port_choose(s, is_free);
    if (port < 0) return -EADDRNOTAVAIL;
    edoi_simport *p = port_get(s, (uint16_t)port);
    if (!p) return -ENOMEM;
    s->local.port = p->port;
    edoi_simports_share(s, p);
    return 0;
}

void edoi_simports_share(edoi_simsock *s, edoi_simport *port) {
    s->port = port;
    port->conns_n++;
    if (s->flags & EDOI_SIM_REUSEADDR) return;
    s->flags |= EDOI_SIM_COUNTED_HARD;
    port->hard_n++;
}

void edoi_simports_leave(edoi_simsock *s) {
    edoi_simport *p = s->port;
    if (!p) return;
    if (s->flags & EDOI_SIM_IS_OWNER) {
        if (s->port_prev) {
            s->port_prev->port_next = s->port_next;
        } else {
            p->owners = s->port_next;
        }
        if (s->port_next) s->port_next->port_prev = s->port_prev;
    } else {
        p->conns_n--;
        if (s->flags & EDOI_SIM_COUNTED_HARD) p->hard_n--;
    }
    s->port = NULL;
    s->flags &= (uint16_t) ~(EDOI_SIM_IS_OWNER | EDOI_SIM_COUNTED_HARD);
    port_put(s->node->net, p);
}

/* ---- Receivers of packets -------------------------------------------------------------------- */

edoi_simsock *edoi_simports_owners(const edoi_simnode *node, int type, uint16_t port) {
    const edoi_simport *p = port_find(node, node->boot, type, port);
    return p ? p->owners : NULL;
}

int edoi_simports_score(const edoi_simsock *s, const edoi_simaddr *to, const edoi_simaddr *from) {
    int score = 0;
    bool v4 = edoi_simip_is_v4(&to->ip);
    if (!edoi_simip_is_any(&s->local.ip)) {
        if (!edoi_simip_equal(&s->local.ip, &to->ip)) return -1;
        score += 4;
    } else if (v4 && s->family == AF_INET6) {
        if (s->flags & EDOI_SIM_V6ONLY || edoi_simip_is_v4(&s->local.ip)) return -1;
    } else if (v4 != (s->family == AF_INET)) {
        return -1;
    } else {
        score += 1;
    }
    if (s->remote.port == 0) return score;
    return edoi_simaddr_equal(&s->remote, from) ? score + 8 : -1;
}

edoi_simsock *edoi_simports_best(const edoi_simnode *node, int type, const edoi_simaddr *to,
                                 const edoi_simaddr *from, bool (*fits)(const edoi_simsock *s)) {
    edoi_simsock *best = NULL;
    uint64_t best_chance = 0;
    int best_score = -1;
    for (edoi_simsock *s = edoi_simports_owners(node, type, to->port); s; s = s->port_next) {
        int score = fits && !fits(s) ? -1 : edoi_simports_score(s, to, from);
        if (score < 0 || score < best_score) continue;
        // of several with SO_REUSEPORT one by the addresses: each packet of a peer finds the same
        // one, as long as none of them goes
        uint64_t chance = 0;
        if (s->flags & EDOI_SIM_REUSEPORT) chance = edoi_simconns_hash(node, s->id, to, from);
        if (score == best_score && chance <= best_chance) continue;
        best = s;
        best_score = score;
        best_chance = chance;
    }
    return best;
}

uint64_t edoi_simconns_hash(const edoi_simnode *node, uint32_t boot, const edoi_simaddr *local,
                            const edoi_simaddr *remote) {
    unsigned char key[2 * sizeof(uint32_t) + 2 * (sizeof local->ip + sizeof local->port)];
    unsigned char *at = key;
    memcpy(at, &node->id, sizeof node->id);
    memcpy(at + 4, &boot, sizeof boot);
    memcpy(at + 8, &local->ip, 16);
    memcpy(at + 24, &local->port, 2);
    memcpy(at + 26, &remote->ip, 16);
    memcpy(at + 42, &remote->port, 2);
    return edoi_siphash13(&node->net->secret, key, sizeof key);
}
