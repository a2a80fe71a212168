/* SPDX-License-Identifier: MIT */
/* net/addr/addr_public.c: which addresses are on the public Internet, by IANA's registries of
 * special-purpose addresses (RFC 6890) and of IPv6's address space. */
#include <edo/net.h>

#include <string.h>

#define V4_BYTES 4u

/* The addresses of IPv4 that begin with the first `bits` bits of `from`. */
typedef struct v4_range {
    uint32_t from;
    uint32_t bits;
} v4_range;

#define V4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const v4_range v4_special[] = {
    { V4(0, 0, 0, 0), 8 },       // this network
    { V4(10, 0, 0, 0), 8 },      // private
    { V4(100, 64, 0, 0), 10 },   // shared by the customers of a provider
    { V4(127, 0, 0, 0), 8 },     // loopback
    { V4(169, 254, 0, 0), 16 },  // link-local
    { V4(172, 16, 0, 0), 12 },   // private
    { V4(192, 0, 0, 0), 24 },    // of protocols
    { V4(192, 0, 2, 0), 24 },    // documentation
    { V4(192, 88, 99, 0), 24 },  // relays of 6to4, deprecated
    { V4(192, 168, 0, 0), 16 },  // private
    { V4(198, 18, 0, 0), 15 },   // benchmarks
    { V4(198, 51, 100, 0), 24 }, // documentation
    { V4(203, 0, 113, 0), 24 },  // documentation
    { V4(224, 0, 0, 0), 3 },     // multicast, reserved, broadcast
};

static bool v4_is_public(const uint8_t bytes[V4_BYTES]) {
    uint32_t addr = V4(bytes[0], bytes[1], bytes[2], bytes[3]);
    for (size_t i = 0; i < EDO_COUNT(v4_special); i++)
        if ((addr ^ v4_special[i].from) >> (32 - v4_special[i].bits) == 0) return false;
    return true;
}

/* The addresses of IPv6 that begin with the first `bits` bits of `from`. */
typedef struct v6_range {
    uint8_t from[12];
    uint32_t bits;
} v6_range;

/* In these an address of IPv4 follows the first bits, and a packet goes there in the end. */
static const v6_range v6_embedding[] = {
    { { [10] = 0xff, [11] = 0xff }, 96 }, // mapped: the kernel itself speaks IPv4
    { { 0x00, 0x64, 0xff, 0x9b }, 96 },   // NAT64
    { { 0x20, 0x02 }, 16 },               // 6to4
};
static const v6_range v6_global = { { 0x20 }, 3 }; // all that is assigned for unicast so far
static const v6_range v6_special[] = {
    { { 0x20, 0x01, 0x00 }, 23 },       // of protocols: Teredo, ORCHID, benchmarks
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, // documentation
    { { 0x3f, 0xff, 0x00 }, 20 },       // documentation
};

static bool v6_range_has(const v6_range *range, const uint8_t *bytes) {
    uint32_t whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp(bytes, range->from, whole) != 0) return false;
    return rest == 0 || ((uint32_t)bytes[whole] ^ range->from[whole]) >> (8 - rest) == 0;
}

static bool v6_is_public(const uint8_t bytes[16]) {
    for (size_t i = 0; i < EDO_COUNT(v6_embedding); i++)
        if (v6_range_has(&v6_embedding[i], bytes))
            return v4_is_public(bytes + v6_embedding[i].bits / 8);
    if (!v6_range_has(&v6_global, bytes)) return false;
    for (size_t i = 0; i < EDO_COUNT(v6_special); i++)
        if (v6_range_has(&v6_special[i], bytes)) return false;
    return true;
}

bool edo_addr_is_public(const edo_addr *addr) {
    uint8_t v4[V4_BYTES];
    if (addr->sock.any.sa_family == AF_INET6) return v6_is_public(addr->sock.v6.sin6_addr.s6_addr);
    if (addr->sock.any.sa_family != AF_INET) return false;
    memcpy(v4, &addr->sock.v4.sin_addr, V4_BYTES);
    return v4_is_public(v4);
}
