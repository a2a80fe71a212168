/* SPDX-License-Identifier: MIT */
/* net/addr_range.c: ranges of addresses. A range is of IPv6; one of IPv4 is mapped into it:
 * 10.0.0.0/8 is ::ffff:10.0.0.0/104. */
#include <edo/net.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define V4_BYTES 4u
#define V6_BYTES 16u
#define MAPPED   (V6_BYTES - V4_BYTES) /* bytes before an IPv4 address: ::ffff: */

static const uint8_t mapped[MAPPED] = { [MAPPED - 2] = 0xff, [MAPPED - 1] = 0xff };

static void map_v4(uint8_t to[V6_BYTES], const void *v4) {
    memcpy(to, mapped, MAPPED);
    memcpy(to + MAPPED, v4, V4_BYTES);
}

/* Returns the number of bits of an address like this one; 0: `text` is none. */
static uint32_t read_address(uint8_t to[V6_BYTES], const char *text) {
    uint8_t v4[V4_BYTES];
    if (inet_pton(AF_INET6, text, to) == 1) return V6_BYTES * 8;
    if (inet_pton(AF_INET, text, v4) != 1) return 0;
    map_v4(to, v4);
    return V4_BYTES * 8;
}

/* Reads a number of one to three digits; -1: it is none. */
static int addr_range_read_bits(const char *text) {
    size_t n = strspn(text, "0123456789");
    return n >= 1 && n <= 3 && !text[n] ? (int)strtol(text, NULL, 10) : -1;
}

int edo_addr_range_parse(edo_addr_range *out, const char *text) {
    char address[INET6_ADDRSTRLEN];
    size_t n = strcspn(text, "/");
    if (n >= sizeof address) return -EINVAL;
    memcpy(address, text, n);
    address[n] = 0;
    uint32_t width = read_address(out->bytes, address);
    if (width == 0) return -EINVAL;
    int bits = text[n] ? addr_range_read_bits(text + n + 1) : (int)width;
    if (bits < 0 || bits > (int)width) return -EINVAL;
    out->bits = V6_BYTES * 8 - width + (uint32_t)bits;
    return 0;
}

/* A range of IPv6 with the mapped addresses in it, such as ::/0, was not meant for IPv4. */
static bool has_bytes(const edo_addr_range *range, const uint8_t bytes[V6_BYTES]) {
    uint32_t whole = range->bits / 8, rest = range->bits % 8;
    if (whole < MAPPED && memcmp(bytes, mapped, MAPPED) == 0) return false;
    if (memcmp(bytes, range->bytes, whole) != 0) return false;
    if (rest == 0) return true;
    uint32_t differ = (uint32_t)bytes[whole] ^ range->bytes[whole];
    return differ >> (8 - rest) == 0;
}

bool edo_addr_range_has(const edo_addr_range *range, const edo_addr *addr) {
    uint8_t bytes[V6_BYTES];
    if (addr->sock.any.sa_family == AF_INET6)
        return has_bytes(range, addr->sock.v6.sin6_addr.s6_addr);
    if (addr->sock.any.sa_family != AF_INET) return false;
    map_v4(bytes, &addr->sock.v4.sin_addr);
    return has_bytes(range, bytes);
}
