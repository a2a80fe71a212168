/* SPDX-License-Identifier: MIT */
/* web/layers/guard/forwarded.h: the address of a client that proxies have told. */
#ifndef EDOI_WEB_LAYERS_GUARD_FORWARDED_H
#define EDOI_WEB_LAYERS_GUARD_FORWARDED_H

#include <edo/headers.h>
#include <edo/web_guard.h>

#define EDOI_HOPS_MAX 32u

typedef struct edoi_proxies {
    const edo_addr_range *ranges;
    size_t n;
} edoi_proxies;

bool edoi_proxies_have(const edoi_proxies *proxies, const edo_addr *addr);

/* Parses an address, which may have a port: `1.2.3.4:80`, `[::1]:80`, `::1`. Returns 0 or
 * -EINVAL. */
int edoi_node_parse(edo_addr *out, edo_str node);

/* Goes from `*client`, which is a proxy, to the left. `*client` becomes the first address that is
 * no proxy. Returns how many elements of the field were read, which proxies have written. `*proto`
 * becomes that of the last one, of Forwarded only; without one it stays. */
size_t edoi_forwarded_follow(edo_addr *client, const edo_headers *h, edo_real_ip_from from,
                             const edoi_proxies *proxies, edo_str *proto);

/* Returns the element of `X-Forwarded-Proto` that is the `hops`th from the right, `hops` being at
 * least 1, or the first if there are fewer: a proxy may append to the field, or write it anew. No
 * bytes: there is none. */
edo_str edoi_forwarded_proto(const edo_headers *h, size_t hops);

#endif
