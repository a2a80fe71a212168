/* SPDX-License-Identifier: MIT */
/* http/server/trust.h: ranges of addresses, whose peers may tell the address of a client. */
#ifndef EDOI_HTTP_SERVER_TRUST_H
#define EDOI_HTTP_SERVER_TRUST_H

#include <edo/net.h>

/* A range is of IPv6; one of IPv4 is mapped into it: 10.0.0.0/8 is ::ffff:10.0.0.0/104. */
typedef struct edoi_http_range {
    uint8_t bytes[16];
    uint32_t bits; /* of `bytes` that all addresses of the range begin with */
} edoi_http_range;

/* Reads "10.0.0.0/8", "fd00::/8", or an address alone. Returns 0 or -EINVAL. */
EDO_MUST_USE int edoi_http_range_parse(edoi_http_range *out, const char *text);

/* Is `addr` in the range? One of IPv4, also mapped into IPv6, is only in ranges of IPv4; one of
 * another family is in none. */
bool edoi_http_range_has(const edoi_http_range *range, const edo_addr *addr);

#endif
