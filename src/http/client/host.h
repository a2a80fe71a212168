/* SPDX-License-Identifier: MIT */
/* http/client/host.h: the Host of a connection that was made to an address. */
#ifndef EDOI_HTTP_CLIENT_HOST_H
#define EDOI_HTTP_CLIENT_HOST_H

#include <edo/bytes.h>
#include <edo/uri.h>

#include <string.h>

#define EDOI_CLIENT_HOST_BYTES 300u

/* Writes the Host of requests over a connection to `addr`, "name:port", to `host`: without the port
 * 80, which is that of http. Returns `host`, or NULL for an address that is too long for it. */
EDO_API const char *edoi_client_host_of(char host[EDOI_CLIENT_HOST_BYTES], const char *addr);

/* Appends the Host of a connection (NULL: an empty one) to `to`, without a zone. Returns 0, -EINVAL
 * (it is none) or -ENOMEM; `to` is to be freed in any case. */
EDO_API int edoi_client_host_set(edo_buf *to, const char *host);

/* Appends a URI as others get to see it: without userinfo, fragment and zone. Returns 0, -EINVAL or
 * -ENOMEM. */
EDO_API int edoi_uri_print_sent(edo_buf *to, const edo_uri *uri);

/* Parses the URL of a request; the trail says what is wrong with it. Returns as edo_uri_parse(). */
EDO_API int edoi_client_parse_url(edo_uri *out, edo_str url);

/* ---- Zones ----------------------------------------------------------------------------------- */

/* An IPv6 address in brackets may have a zone, which is an interface of this machine: "%eth0" where
 * an address is meant, "%25eth0" in a URI. It means nothing to others and is not sent (RFC 6874
 * section 4). */

/* The zone of "[address%zone]:port", with its %; empty if there is none. */
EDOI_INLINE edo_str edoi_zone_of(edo_str host) {
    if (host.len == 0 || *host.ptr != '[') return (edo_str){ 0 };
    const char *end = memchr(host.ptr, ']', host.len);
    size_t n = end ? (size_t)(end - host.ptr) : host.len;
    const char *begin = memchr(host.ptr, '%', n);
    return begin ? (edo_str){ begin, n - (size_t)(begin - host.ptr) } : (edo_str){ 0 };
}

/* Takes the zone out of a text, in place. */
EDOI_INLINE void edoi_zone_drop(char *host) {
    edo_str zone = edoi_zone_of(edo_str_of(host));
    if (zone.len == 0) return;
    char *to = host + (zone.ptr - host);
    memmove(to, to + zone.len, strlen(to + zone.len) + 1);
}

/* Makes the host of a URI, with a port, an address to connect to, in place. */
EDOI_INLINE void edoi_zone_decode(char *host) {
    edo_str zone = edoi_zone_of(edo_str_of(host));
    if (zone.len < 3 || memcmp(zone.ptr, "%25", 3) != 0) return;
    char *to = host + (zone.ptr - host) + 1;
    memmove(to, to + 2, strlen(to + 2) + 1);
}

#endif
