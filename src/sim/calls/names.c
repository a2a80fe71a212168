/* SPDX-License-Identifier: MIT */
/* sim/calls/names.c: hosts of a world by their names. */
#include "sim/calls/calls.h"

#include "base/memory/alloc.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

EDOI_SIM_CALLS(names);

#define SERVICE_BYTES 1024 /* for a line of /etc/services */

/* One address of a list that the world has made. */
typedef struct sim_found {
    struct addrinfo base; /* first */
    struct sockaddr_storage addr;
} sim_found;

static sim_found *found_new(const struct addrinfo *hints, int family) {
    sim_found *f = edoi_calloc(1, sizeof *f);
    if (!f) return NULL;
    f->base.ai_family = family;
    f->base.ai_socktype = hints && hints->ai_socktype ? hints->ai_socktype : SOCK_STREAM;
    f->base.ai_protocol = hints ? hints->ai_protocol : 0;
    f->base.ai_addr = (struct sockaddr *)&f->addr;
    f->addr.ss_family = (sa_family_t)family;
    return f;
}

static struct addrinfo *found_v4(const struct addrinfo *hints, struct in_addr at, in_port_t port) {
    sim_found *f = found_new(hints, AF_INET);
    if (!f) return NULL;
    struct sockaddr_in *addr = (struct sockaddr_in *)(void *)&f->addr;
    addr->sin_addr = at;
    addr->sin_port = port;
    f->base.ai_addrlen = sizeof *addr;
    return &f->base;
}

static struct addrinfo *found_v6(const struct addrinfo *hints, const struct in6_addr *at,
                                 in_port_t port) {
    sim_found *f = found_new(hints, AF_INET6);
    if (!f) return NULL;
    struct sockaddr_in6 *addr = (struct sockaddr_in6 *)(void *)&f->addr;
    addr->sin6_addr = *at;
    addr->sin6_port = port;
    f->base.ai_addrlen = sizeof *addr;
    return &f->base;
}

/* What a name means. */
typedef struct sim_name {
    bool has_v4, has_v6;
    struct in_addr v4;
    struct in6_addr v6;
} sim_name;

static bool sim_name_find(const edoi_sim_host *h, const char *name, sim_name *out) {
    *out = (sim_name){ .has_v4 = false };
    out->has_v4 = inet_pton(AF_INET, name, &out->v4) == 1;
    out->has_v6 = !out->has_v4 && inet_pton(AF_INET6, name, &out->v6) == 1;
    if (out->has_v4 || out->has_v6) return true;
    out->has_v4 = out->has_v6 = true;
    if (strcmp(name, "localhost") == 0) {
        out->v4.s_addr = htonl(INADDR_LOOPBACK);
        out->v6 = in6addr_loopback;
        return true;
    }
    const edoi_sim_host *found = edoi_sim_find(h->in, name);
    if (found) out->v4 = found->v4;
    if (found) out->v6 = found->v6;
    return found;
}

/* The port of a service, in the network's order: a number, or a name that the machine knows. False:
 * it is neither. */
static bool find_port(const char *service, const struct addrinfo *hints, in_port_t *out) {
    char *end = NULL, kept[SERVICE_BYTES];
    struct servent known, *found = NULL;
    bool is_udp = hints && hints->ai_socktype == SOCK_DGRAM;
    *out = htons((uint16_t)(service ? strtoul(service, &end, 10) : 0));
    if (!service || *end == '\0') return true;
    if (hints && hints->ai_flags & AI_NUMERICSERV) return false;
    edoi_sim_host *before = edoi_sim_switch(NULL); // it may ask the machine in whichever way
    int err = getservbyname_r(service, is_udp ? "udp" : "tcp", &known, kept, sizeof kept, &found);
    (void)edoi_sim_switch(before);
    if (err != 0 || !found) return false;
    *out = (in_port_t)found->s_port;
    return true;
}

static int sim_look_up(const edoi_sim_host *h, const char *name, const char *service,
                       const struct addrinfo *hints, struct addrinfo **out) {
    sim_name is;
    in_port_t port;
    int family = hints ? hints->ai_family : AF_UNSPEC;
    if (!name || !sim_name_find(h, name, &is)) return EAI_NONAME;
    if (!find_port(service, hints, &port)) return EAI_SERVICE;
    struct addrinfo *v4 = is.has_v4 && family != AF_INET6 ? found_v4(hints, is.v4, port) : NULL;
    struct addrinfo *v6 = is.has_v6 && family != AF_INET ? found_v6(hints, &is.v6, port) : NULL;
    if (v4) v4->ai_next = v6;
    *out = v4 ? v4 : v6;
    return *out ? 0 : EAI_NONAME;
}

int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict out) {
    const edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(getaddrinfo)(name, service, hints, out);
    return sim_look_up(h, name, service, hints, out);
}

/* What a host has asked for is given back by a host. */
void freeaddrinfo(struct addrinfo *list) {
    if (!edoi_sim_here()) {
        EDOI_SIM_NEXT(freeaddrinfo)(list);
        return;
    }
    for (struct addrinfo *next; list; list = next) {
        next = list->ai_next;
        edoi_free(list);
    }
}

int gethostname(char *out, size_t bytes) {
    const edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(gethostname)(out, bytes);
    int n = snprintf(out, bytes, "%s", h->name);
    return n >= 0 && (size_t)n < bytes ? 0 : edoi_sim_return(-ENAMETOOLONG);
}
