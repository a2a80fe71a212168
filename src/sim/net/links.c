/* SPDX-License-Identifier: MIT */
/* sim/net/links.c: see links.h.
 *
 * A link is made when it is set, or when something needs to know what it carried last; without one
 * the pair of nodes has what holds for all. Whether a packet is lost is asked twice: a cut, or a
 * crash, takes what it finds under way. */
#include "sim/net/links.h"

#include <errno.h>

typedef struct edoi_simlink {
    edoi_table_link link;
    uint32_t from, to; /* const: the key */
    edoi_simlink_opts opts;
    bool is_set, is_cut, is_held;
    edoi_simorder datagrams; /* the last one that was not late */
    edoi_simpacket *held, *held_last;
} edoi_simlink;

/* ---- The table ------------------------------------------------------------------------------- */

typedef struct link_key {
    uint32_t from, to;
} link_key;

static bool link_has_key(edoi_table_link *l, const void *key) {
    const edoi_simlink *link = (const edoi_simlink *)(void *)l;
    const link_key *k = key;
    return link->from == k->from && link->to == k->to;
}

static uint64_t link_hash(const edoi_simnet *net, const link_key *k) {
    return edoi_siphash13(&net->secret, k, sizeof *k);
}

static edoi_simlink *link_find(const edoi_simnode *from, const edoi_simnode *to) {
    link_key k = { from->id, to->id };
    const edoi_simnet *net = from->net;
    return (edoi_simlink *)(void *)edoi_table_find(&net->links, link_hash(net, &k), link_has_key,
                                                   &k);
}

/* Finds the link, or makes it. NULL: without memory. */
static edoi_simlink *link_get(const edoi_simnode *from, const edoi_simnode *to) {
    edoi_simlink *link = link_find(from, to);
    if (link) return link;
    link = (edoi_simlink *)edoi_calloc(1, sizeof *link);
    if (!link) return NULL;
    link_key k = { from->id, to->id };
    link->from = k.from;
    link->to = k.to;
    edoi_simtable_add(&from->net->links, &link->link, link_hash(from->net, &k));
    return link;
}

/* What holds for a packet from one node to the other. */
static const edoi_simlink_opts *link_opts(const edoi_simlink *link, const edoi_simnode *from,
                                          const edoi_simnode *to) {
    static const edoi_simlink_opts loopback = { 0 };
    if (link && link->is_set) return &link->opts;
    return from == to ? &loopback : &from->net->every;
}

/* ---- Packets --------------------------------------------------------------------------------- */

edoi_simpacket *edoi_simpacket_new(edoi_simnode *from, uint32_t boot, int proto,
                                   const edoi_simaddr *src, const edoi_simaddr *dst) {
    edoi_simpacket *p = (edoi_simpacket *)edoi_calloc(1, sizeof *p);
    if (!p) return NULL;
    p->from = from;
    p->boot = boot;
    p->proto = (uint8_t)proto;
    p->src = *src;
    p->dst = *dst;
    p->to = edoi_simnode_to(from, &dst->ip);
    return p;
}

void edoi_simpacket_free(edoi_simpacket *p) {
    edoi_simchunk_unref(p->chunk);
    edoi_free(p);
}

/* Is the packet lost on its way? `link` may be NULL. */
static bool link_loses(const edoi_simpacket *p, const edoi_simlink *link) {
    if (!p->to || !p->to->is_up || !p->from->is_up || p->from->boot != p->boot) return true;
    return link && link->is_cut;
}

static void link_tell(const edoi_simpacket *p, edoi_simfate fate) {
    const edoi_simnet_opts *opts = &p->from->net->opts;
    if (opts->on_packet) opts->on_packet(opts->arg, p, fate);
}

static void link_lose(edoi_simpacket *p) {
    link_tell(p, EDOI_SIM_LOST);
    edoi_simpacket_free(p);
}

static void link_deliver(edoi_simpacket *p) {
    link_tell(p, EDOI_SIM_ARRIVED);
    p->from->net->arrive[p->proto](p->from->net, p);
}

static void link_arrival(void *arg, edoi_simevent *e) {
    (void)arg;
    edoi_simpacket *p = (edoi_simpacket *)(void *)e;
    edoi_simlink *link = link_find(p->from, p->to);
    if (link_loses(p, link)) {
        link_lose(p);
    } else if (link && link->is_held) {
        link_tell(p, EDOI_SIM_HELD);
        p->next = NULL;
        if (link->held_last) {
            link->held_last->next = p;
        } else {
            link->held = p;
        }
        link->held_last = p;
    } else {
        link_deliver(p);
    }
}

/* How long a packet takes. */
static int64_t link_latency(edoi_simnet *net, const edoi_simlink_opts *opts) {
    int64_t ns = opts->latency_min;
    ns += edoi_simchance_exponential(&net->events, opts->latency_mean);
    return opts->latency_max > 0 && ns > opts->latency_max ? opts->latency_max : ns;
}

/* Makes the packet arrive, not before `last` (may be NULL), which it then is. */
static void link_carry(edoi_simpacket *p, int64_t latency, edoi_simorder *last) {
    edoi_simnet *net = p->from->net;
    int64_t at = net->now + latency;
    uint64_t order = edoi_simevents_order(&net->events);
    if (last) {
        if (at < last->at) at = last->at;
        if (at == last->at && order <= last->order) order = last->order + 1;
        *last = (edoi_simorder){ .at = at, .order = order };
    }
    p->event.fn = link_arrival;
    edoi_simevents_add(&net->events, &p->event, at, order);
}

void edoi_simlink_segment(edoi_simpacket *p, edoi_simorder *last) {
    edoi_simnet *net = p->from->net;
    const edoi_simlink *link = p->to ? link_find(p->from, p->to) : NULL;
    link_tell(p, EDOI_SIM_SENT);
    if (link_loses(p, link)) {
        link_lose(p);
        return;
    }
    const edoi_simlink_opts *opts = link_opts(link, p->from, p->to);
    if (edoi_simchance_of(&net->events, opts->segment_loss)) {
        link_lose(p);
        return;
    }
    link_carry(p, link_latency(net, opts), last);
}

/* A second one like `p`; NULL: without memory. */
static edoi_simpacket *link_copy(const edoi_simpacket *p) {
    edoi_simpacket *copy = edoi_simpacket_new(p->from, p->boot, p->proto, &p->src, &p->dst);
    if (!copy) return NULL;
    copy->at = p->at;
    copy->n = p->n;
    copy->chunk = p->chunk;
    if (copy->chunk) copy->chunk->refs++;
    return copy;
}

void edoi_simlink_datagram(edoi_simpacket *p) {
    edoi_simnet *net = p->from->net;
    edoi_simlink *link = p->to ? link_get(p->from, p->to) : NULL;
    link_tell(p, EDOI_SIM_SENT);
    if (!link || link_loses(p, link)) {
        link_lose(p);
        return;
    }
    const edoi_simlink_opts *opts = link_opts(link, p->from, p->to);
    if (edoi_simchance_of(&net->events, opts->datagram_twice)) {
        edoi_simpacket *copy = link_copy(p);
        if (copy) link_carry(copy, link_latency(net, opts), &link->datagrams);
    }
    if (edoi_simchance_of(&net->events, opts->datagram_loss)) {
        link_lose(p);
        return;
    }
    int64_t latency = link_latency(net, opts);
    bool is_late = edoi_simchance_of(&net->events, opts->datagram_late);
    if (is_late) {
        int64_t most = opts->late_max > 0 ? opts->late_max : latency;
        if (most > 0) latency += (int64_t)(edoi_simchance(&net->events) % (uint64_t)most) + 1;
    }
    link_carry(p, latency, is_late ? NULL : &link->datagrams);
}

/* ---- The face -------------------------------------------------------------------------------- */

int edoi_simlink_set(edoi_simnet *net, edoi_simnode *from, edoi_simnode *to,
                     const edoi_simlink_opts *opts) {
    if (!from || !to) {
        net->every = *opts;
        return 0;
    }
    edoi_simlink *link = link_get(from, to);
    if (!link) return -ENOMEM;
    link->opts = *opts;
    link->is_set = true;
    return 0;
}

int edoi_simlink_cut(edoi_simnet *net, edoi_simnode *from, edoi_simnode *to) {
    (void)net;
    edoi_simlink *link = link_get(from, to);
    if (!link) return -ENOMEM;
    link->is_cut = true;
    return 0;
}

void edoi_simlink_heal(edoi_simnet *net, edoi_simnode *from, edoi_simnode *to) {
    (void)net;
    edoi_simlink *link = link_find(from, to);
    if (link) link->is_cut = false;
}

int edoi_simlink_hold(edoi_simnet *net, edoi_simnode *from, edoi_simnode *to) {
    (void)net;
    edoi_simlink *link = link_get(from, to);
    if (!link) return -ENOMEM;
    link->is_held = true;
    return 0;
}

void edoi_simlink_release(edoi_simnet *net, edoi_simnode *from, edoi_simnode *to) {
    (void)net;
    edoi_simlink *link = link_find(from, to);
    if (!link) return;
    edoi_simpacket *held = link->held;
    link->is_held = false;
    link->held = link->held_last = NULL;
    while (held) {
        edoi_simpacket *p = held;
        held = p->next;
        p->next = NULL;
        if (link_loses(p, link)) {
            link_lose(p);
        } else {
            link_deliver(p);
        }
    }
}

void edoi_simlinks_free_all(edoi_simnet *net) {
    for (size_t i = 0; i < net->links.chains_n; i++) {
        while (net->links.chains[i]) {
            edoi_simlink *link =
                (edoi_simlink *)(void *)edoi_table_take(&net->links, &net->links.chains[i]);
            while (link->held) {
                edoi_simpacket *p = link->held;
                link->held = p->next;
                edoi_simpacket_free(p);
            }
            edoi_free(link);
        }
    }
}
