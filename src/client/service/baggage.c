/* SPDX-License-Identifier: MIT */
/* client/service/baggage.c: which hosts get baggage: those that the program has named, and no other
 * one. The list is read anew for each request that has any: few have, and lists are short. */
#include "http/headers/baggage.h"
#include "client/client.h"
#include "client/proxy/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int edoi_client_set_baggage(edo_http_client *c, const char *hosts) {
    if (!hosts) return 0;
    edo_str rest = edo_str_of(hosts);
    int there;
    for (edoi_no_proxy e; (there = edoi_no_proxy_next(&e, &rest)) > 0;) continue;
    if (there < 0) return edo_fail(there, "`baggage_hosts`: one of them is none");
    c->baggage_hosts = strdup(hosts);
    return c->baggage_hosts ? 0 : -ENOMEM;
}

static bool baggage_host_is_named(const edo_http_client *c, const edo_uri *uri) {
    edo_str rest = edo_str_of(c->baggage_hosts);
    const int port = edo_uri_port(uri);
    for (edoi_no_proxy e; port >= 0 && edoi_no_proxy_next(&e, &rest) > 0;)
        if (edoi_no_proxy_has(&e, uri->host, (uint16_t)port)) return true;
    return false;
}

int edoi_client_pass_baggage(const edo_http_client *c, const edo_uri *uri, edo_headers *h,
                             size_t room) {
    if (!c || !c->baggage_hosts || !edo_baggage_at(0)) return 0;
    return baggage_host_is_named(c, uri) ? edoi_baggage_pass_here(h, room) : 0;
}
