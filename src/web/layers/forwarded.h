/* SPDX-License-Identifier: MIT */
/* web/layers/forwarded.h: the client's address by what proxies have written. */
#ifndef EDOI_WEB_LAYERS_FORWARDED_H
#define EDOI_WEB_LAYERS_FORWARDED_H

#include <edo/headers.h>
#include <edo/web_guard.h>

#define EDOI_HOPS_MAX 32u

typedef struct edoi_proxies {
    const edo_addr_range *ranges;
    size_t n;
} edoi_proxies;

bool edoi_proxies_have(const edoi_proxies *proxies, const edo_addr *addr);

/* Reads an address, which may have a port: `1.2.3.4:80`, `[::1]:80`, `::1`. Returns 0 or -EINVAL.
 */
int edoi_node_parse(edo_addr *out, edo_str node);

/* Goes from `*client`, which is a proxy, to the left; at the end `*client` is the client. */
void edoi_forwarded_follow(edo_addr *client, const edo_headers *h, edo_real_ip_from from,
                           const edoi_proxies *proxies);

#endif
