/* SPDX-License-Identifier: MIT */
/* sim/net/base/addr.c: see addr.h. */
#include "sim/net/base/addr.h"

#include <errno.h>
#include <stddef.h>

struct in6_addr edoi_simip_v4(struct in_addr ip) {
    struct in6_addr out = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
    memcpy(out.s6_addr + 12, &ip, sizeof ip);
    return out;
}

bool edoi_simip_is_any(const struct in6_addr *ip) {
    static const unsigned char none[4];
    if (edoi_simip_is_v4(ip)) return memcmp(ip->s6_addr + 12, none, sizeof none) == 0;
    return IN6_IS_ADDR_UNSPECIFIED(ip);
}

struct in6_addr edoi_simip_any(int family) {
    return family == AF_INET ? edoi_simip_v4((struct in_addr){ 0 }) : (struct in6_addr){ 0 };
}

bool edoi_simip_is_loopback(const struct in6_addr *ip) {
    return edoi_simip_is_v4(ip) ? ip->s6_addr[12] == 127 : IN6_IS_ADDR_LOOPBACK(ip);
}

struct in6_addr edoi_simip_loopback(bool v4) {
    if (v4) return edoi_simip_v4((struct in_addr){ htonl(INADDR_LOOPBACK) });
    return (struct in6_addr){ .s6_addr = { [15] = 1 } };
}

bool edoi_simip_is_many(const struct in6_addr *ip) {
    if (!edoi_simip_is_v4(ip)) return IN6_IS_ADDR_MULTICAST(ip);
    struct in_addr v4;
    memcpy(&v4, ip->s6_addr + 12, sizeof v4);
    return IN_MULTICAST(ntohl(v4.s_addr)) || v4.s_addr == htonl(INADDR_BROADCAST);
}

int edoi_simaddr_read(edoi_simaddr *out, int family, const struct sockaddr *addr, socklen_t bytes) {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (!addr || bytes < sizeof addr->sa_family) return -EINVAL;
    if (family == AF_INET) {
        if (bytes < sizeof v4) return -EINVAL;
        memcpy(&v4, addr, sizeof v4);
        if (v4.sin_family != AF_INET) return -EAFNOSUPPORT;
        *out = (edoi_simaddr){ .ip = edoi_simip_v4(v4.sin_addr), .port = ntohs(v4.sin_port) };
        return 0;
    }
    // without the scope, as the kernel still allows (RFC 2133)
    if (bytes < offsetof(struct sockaddr_in6, sin6_scope_id)) return -EINVAL;
    memset(&v6, 0, sizeof v6);
    memcpy(&v6, addr, bytes < sizeof v6 ? bytes : sizeof v6);
    if (v6.sin6_family != AF_INET6) return -EAFNOSUPPORT;
    *out = (edoi_simaddr){ .ip = v6.sin6_addr, .port = ntohs(v6.sin6_port) };
    return 0;
}

/* Copies at most `*bytes`, and says how long it is. */
static void addr_copy(struct sockaddr *to, socklen_t *bytes, const void *from, socklen_t n) {
    memcpy(to, from, *bytes < n ? *bytes : n);
    *bytes = n;
}

void edoi_simaddr_write(const edoi_simaddr *a, int family, struct sockaddr *addr,
                        socklen_t *bytes) {
    if (!addr || !bytes) return;
    if (family == AF_INET) {
        struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(a->port) };
        memcpy(&v4.sin_addr, a->ip.s6_addr + 12, sizeof v4.sin_addr);
        addr_copy(addr, bytes, &v4, sizeof v4);
        return;
    }
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
                               .sin6_port = htons(a->port),
                               .sin6_addr = a->ip };
    addr_copy(addr, bytes, &v6, sizeof v6);
}
