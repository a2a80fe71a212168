/* SPDX-License-Identifier: MIT */
/* sim/net/nodes.c: the net, its time and its nodes; see net.h. */
#include "sim/net/net.h"

#include "base/assert.h"
#include "sim/net/files.h"
#include "sim/net/links.h"
#include "sim/net/sock.h"
#include "sim/net/tcp/tcp.h"
#include "sim/net/udp/udp.h"
#include "sim/net/watch.h"

/* ---- Making and freeing ---------------------------------------------------------------------- */

static edoi_table *net_table(edoi_simnet *net, size_t i) {
    edoi_table *const all[] = { &net->hosts, &net->links, &net->ports, &net->conns, &net->sets };
    return i < EDO_COUNT(all) ? all[i] : NULL;
}

static void net_free_tables(edoi_simnet *net) {
    for (size_t i = 0; net_table(net, i); i++) {
        EDO_ASSERT(net_table(net, i)->links_n == 0);
        edoi_free(net_table(net, i)->chains);
    }
    edoi_free(net);
}

int edoi_simnet_new(edoi_simnet **out, const edoi_simnet_opts *opts) {
    edoi_simnet *net = (edoi_simnet *)edoi_calloc(1, sizeof *net);
    int err = net ? 0 : -ENOMEM;
    if (!net) return err;
    if (opts) net->opts = *opts;
    net->events.chance = net->opts.seed;
    net->events.shuffle = net->opts.shuffle;
    net->free_file = -1;
    net->secret.k0 = edoi_simchance(&net->events);
    net->secret.k1 = edoi_simchance(&net->events);
    net->arrive[EDOI_SIM_TCP] = edoi_simtcp_arrive;
    net->arrive[EDOI_SIM_UDP] = edoi_simudp_arrive;
    net->arrive[EDOI_SIM_UNREACHED] = edoi_simudp_unreached;
    for (size_t i = 0; err == 0 && net_table(net, i); i++)
        err = edoi_simtable_init(net_table(net, i));
    if (err < 0) {
        net_free_tables(net);
        return err;
    }
    *out = net;
    return 0;
}

/* Connections without a program. */
static void net_free_conns(edoi_simnet *net) {
    for (size_t i = 0; i < net->conns.chains_n; i++)
        while (net->conns.chains[i]) edoi_simtcp_free(edoi_simtcp_of_link(net->conns.chains[i]));
}

static void net_free_node(edoi_simnode *node) {
    edoi_simnet *net = node->net;
    if (!edoi_simip_is_any(&node->v4)) edoi_table_remove(&net->hosts, &node->by_v4);
    if (!edoi_simip_is_any(&node->v6)) edoi_table_remove(&net->hosts, &node->by_v6);
    edoi_free(node);
}

void edoi_simnet_free(edoi_simnet *net) {
    if (!net) return;
    for (edoi_simnode *node = net->nodes; node; node = node->next) {
        edoi_simfiles_close_all(node);
        edoi_simwatch_free_all(node);
    }
    net_free_conns(net);
    edoi_simlinks_free_all(net);
    for (edoi_simevent *e; (e = edoi_simevents_take(&net->events)) != NULL;)
        edoi_simpacket_free((edoi_simpacket *)(void *)e); // timers went with their connections
    for (edoi_simnode *node = net->nodes, *next; node; node = next) {
        next = node->next;
        net_free_node(node);
    }
    edoi_free(net->files);
    net_free_tables(net);
}

/* ---- Time ------------------------------------------------------------------------------------ */

int64_t edoi_simnet_now(const edoi_simnet *net) {
    return net->now;
}

int64_t edoi_simnet_next(const edoi_simnet *net) {
    return edoi_simevents_next(&net->events);
}

void edoi_simnet_advance(edoi_simnet *net, int64_t ns) {
    EDO_ASSERT(ns >= net->now);
    while (edoi_simevents_next(&net->events) <= ns) {
        edoi_simevent *e = edoi_simevents_take(&net->events);
        net->now = e->at;
        e->fn(net, e);
    }
    net->now = ns;
}

uint64_t edoi_simnet_random(edoi_simnet *net) {
    return edoi_simchance(&net->events);
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

static edoi_simnode *net_node_of(edoi_table_link *l, const struct in6_addr *ip) {
    size_t at =
        edoi_simip_is_v4(ip) ? offsetof(edoi_simnode, by_v4) : offsetof(edoi_simnode, by_v6);
    return (edoi_simnode *)(void *)((char *)l - at);
}

/* Addresses of both kinds are in one table, which has a link in each node for either. */
static bool net_has_ip(edoi_table_link *l, const void *key) {
    const struct in6_addr *ip = key;
    const edoi_simnode *node = net_node_of(l, ip);
    return edoi_simip_equal(edoi_simip_is_v4(ip) ? &node->v4 : &node->v6, ip);
}

static uint64_t net_hash_ip(const edoi_simnet *net, const struct in6_addr *ip) {
    uint64_t hash = edoi_siphash13(&net->secret, ip, sizeof *ip);
    return edoi_simip_is_v4(ip) ? hash | 1u << 31 : hash & ~(UINT64_C(1) << 31); // by_v4 or by_v6
}

static edoi_simnode *net_find_ip(const edoi_simnet *net, const struct in6_addr *ip) {
    edoi_table_link *l = edoi_table_find(&net->hosts, net_hash_ip(net, ip), net_has_ip, ip);
    return l ? net_node_of(l, ip) : NULL;
}

static int net_check_ip(const edoi_simnet *net, const struct in6_addr *ip) {
    if (edoi_simip_is_any(ip) || edoi_simip_is_loopback(ip) || edoi_simip_is_many(ip))
        return -EINVAL;
    return net_find_ip(net, ip) ? -EADDRINUSE : 0;
}

int edoi_simnode_add(edoi_simnet *net, edoi_simnode **out, const char *name,
                     const struct in_addr *ipv4, const struct in6_addr *ipv6) {
    struct in6_addr v4 = edoi_simip_any(AF_INET), v6 = edoi_simip_any(AF_INET6);
    int err = 0;
    if (ipv4) v4 = edoi_simip_v4(*ipv4);
    if (ipv6) v6 = *ipv6;
    if (ipv4) err = net_check_ip(net, &v4);
    if (err == 0 && ipv6) err = edoi_simip_is_v4(&v6) ? -EINVAL : net_check_ip(net, &v6);
    if (err < 0) return err;
    size_t bytes = strlen(name) + 1;
    edoi_simnode *node = (edoi_simnode *)edoi_calloc(1, sizeof *node + bytes);
    if (!node) return -ENOMEM;
    node->net = net;
    node->id = ++net->nodes_n;
    node->is_up = true;
    node->fds = -1;
    node->v4 = v4;
    node->v6 = v6;
    memcpy(node->name, name, bytes);
    if (ipv4) edoi_simtable_add(&net->hosts, &node->by_v4, net_hash_ip(net, &v4));
    if (ipv6) edoi_simtable_add(&net->hosts, &node->by_v6, net_hash_ip(net, &v6));
    node->next = net->nodes;
    net->nodes = node;
    *out = node;
    return 0;
}

const char *edoi_simnode_name(const edoi_simnode *node) {
    return node->name;
}

edoi_simnet *edoi_simnode_net(const edoi_simnode *node) {
    return node->net;
}

edoi_simnode *edoi_simnode_at(const edoi_simnet *net, const struct sockaddr *addr) {
    edoi_simaddr a;
    socklen_t bytes =
        addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (edoi_simaddr_read(&a, addr->sa_family, addr, bytes) < 0) return NULL;
    return net_find_ip(net, &a.ip);
}

void edoi_simnode_crash(edoi_simnode *node) {
    node->is_up = false;
}

void edoi_simnode_restart(edoi_simnode *node) {
    node->boot++;
    node->is_up = true;
}

void edoi_simnode_kill(edoi_simnode *node) {
    node->is_killed = true;
}

void edoi_simnode_exit(edoi_simnode *node) {
    edoi_simfiles_close_all(node);
    edoi_simwatch_free_all(node);
    node->is_killed = false;
}

void edoi_simnode_pause(edoi_simnode *node) {
    node->is_paused = true;
}

void edoi_simnode_resume(edoi_simnode *node) {
    node->is_paused = false;
}

bool edoi_simnode_is_up(const edoi_simnode *node) {
    return node->is_up;
}

bool edoi_simnode_is_paused(const edoi_simnode *node) {
    return node->is_paused;
}

/* ---- Ways ------------------------------------------------------------------------------------ */

edoi_simnode *edoi_simnode_to(edoi_simnode *from, const struct in6_addr *ip) {
    if (edoi_simip_is_loopback(ip) || edoi_simip_is_any(ip)) return from;
    return net_find_ip(from->net, ip);
}

bool edoi_simnode_has(const edoi_simnode *node, const struct in6_addr *ip) {
    return edoi_simip_is_loopback(ip) || net_find_ip(node->net, ip) == node;
}

int edoi_simnode_route(struct in6_addr *out, const edoi_simnode *node, const struct in6_addr *to) {
    bool v4 = edoi_simip_is_v4(to);
    struct in6_addr own = v4 ? node->v4 : node->v6;
    if (edoi_simip_is_loopback(to)) own = edoi_simip_loopback(v4);
    if (edoi_simip_is_any(&own)) return -ENETUNREACH;
    *out = own;
    return 0;
}
