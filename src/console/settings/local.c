/* SPDX-License-Identifier: MIT */
/* console/settings/local.c: see local.h. */
#include "console/settings/local.h"

#include "console/settings/access.h"

#include <edo/grpc.h>
#include <edo/http_server.h>
#include <edo/str.h>
#include <edo/web_guard.h>

#include <stdio.h>

/* A page of a stranger can give its own name the address 127.0.0.1 when it has been loaded (DNS
 * rebinding); `Host` has that name then. */
static bool local_is_host(edo_str host) {
    char text[EDO_ADDR_TEXT_MAX];
    edo_addr addr;
    if (edo_str_equal_nocase(host, EDO_STR("localhost"))) return true;
    if (host.len == 0 || host.len > sizeof text - sizeof ":0") return false;
    (void)snprintf(text, sizeof text, "%.*s:0", (int)host.len, host.ptr);
    return edo_addr_parse(&addr, text) == 0 && edoi_is_loopback(&addr);
}

static bool local_is_of_proxy(const edo_web *w) {
    static const char *const fields[] = { "forwarded",         "via",
                                          "x-forwarded-for",   "x-forwarded-host",
                                          "x-forwarded-proto", "x-real-ip" };
    for (size_t i = 0; i < EDO_COUNT(fields); i++)
        if (edo_web_header(w, fields[i]).ptr) return true;
    return false;
}

/* Both ends of the connection, for a layer may have found another client behind it. */
bool edoi_is_local(edo_web *w) {
    edo_request *req = edo_web_request(w);
    edo_addr peer, client;
    return edo_request_peer(req, &peer) == 0 && edoi_is_loopback(&peer) &&
           edo_request_client(req, &client) == 0 && edoi_is_loopback(&client) &&
           !local_is_of_proxy(w) && local_is_host(edo_web_host(w));
}

static int local_check(edo_web *w, edo_next *next) {
    if (edoi_is_local(w)) return edo_next_call(next, w);
    return edo_grpc_reject(w, EDO_GRPC_PERMISSION_DENIED,
                           "without a token only this machine may ask, by a name of loopback");
}

edo_layer edoi_local_layer(void) {
    return edo_web_around(local_check);
}
