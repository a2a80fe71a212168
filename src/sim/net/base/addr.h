/* SPDX-License-Identifier: MIT */
/* sim/net/base/addr.h: addresses: IPv4 as IPv6 has it (::ffff:a.b.c.d): there is one form. */
#ifndef EDOI_SIM_NET_BASE_ADDR_H
#define EDOI_SIM_NET_BASE_ADDR_H

#include <edo/base.h>

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

typedef struct edoi_simaddr {
    struct in6_addr ip;
    uint16_t port; /* of the machine's order */
} edoi_simaddr;

EDOI_INLINE bool edoi_simip_is_v4(const struct in6_addr *ip) {
    return IN6_IS_ADDR_V4MAPPED(ip);
}

EDOI_INLINE bool edoi_simip_equal(const struct in6_addr *a, const struct in6_addr *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

EDOI_INLINE bool edoi_simaddr_equal(const edoi_simaddr *a, const edoi_simaddr *b) {
    return a->port == b->port && edoi_simip_equal(&a->ip, &b->ip);
}

struct in6_addr edoi_simip_v4(struct in_addr ip);

/* 0.0.0.0 or ::. */
bool edoi_simip_is_any(const struct in6_addr *ip);
struct in6_addr edoi_simip_any(int family);

/* 127.0.0.0/8 or ::1. */
bool edoi_simip_is_loopback(const struct in6_addr *ip);
struct in6_addr edoi_simip_loopback(bool v4);

/* Multicast, or the broadcast address of IPv4. */
bool edoi_simip_is_many(const struct in6_addr *ip);

/* Reads an address for a socket of this family. Errors: -EINVAL too short, -EAFNOSUPPORT. */
EDO_MUST_USE int edoi_simaddr_read(edoi_simaddr *out, int family, const struct sockaddr *addr,
                                   socklen_t bytes);

/* Writes an address as the kernel does: cut to `*bytes`, which gets its whole length. `addr` NULL:
 * nothing is written. */
void edoi_simaddr_write(const edoi_simaddr *a, int family, struct sockaddr *addr, socklen_t *bytes);

#endif
