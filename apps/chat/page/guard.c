/* SPDX-License-Identifier: MIT */
/* guard.c: see web.h.
 *
 * A page of a stranger can give its own name the address 127.0.0.1 when it has been loaded (DNS
 * rebinding). For the browser the chat is then of that page's origin: the page may read all of it.
 * Only `Host` tells: it has the stranger's name. An address in `Host` is no such name, so it always
 * passes, as do probes of balancers, which ask by address. */
#include "page/web.h"

#include "server.h"

#include <edo/http_fields.h>
#include <edo/str.h>
#include <edo/uri.h>
#include <edo/web_guard.h>

#include <string.h>

#define ADDRESS_TEXT_MAX 64 /* with its NUL; of IPv6 without brackets */

/* ---- Names ----------------------------------------------------------------------------------- */

/* "localhost", or a name under it, which browsers look up nowhere. */
static bool guard_is_localhost(edo_str host) {
    edo_str end = EDO_STR(".localhost");
    if (edo_str_equal_nocase(host, EDO_STR("localhost"))) return true;
    return host.len > end.len &&
           edo_str_equal_nocase((edo_str){ host.ptr + host.len - end.len, end.len }, end);
}

static bool guard_is_address(edo_str host) {
    char text[ADDRESS_TEXT_MAX];
    edo_addr_range range;
    bool has_brackets = host.len > 2 && host.ptr[0] == '[';
    if (has_brackets) host = (edo_str){ host.ptr + 1, host.len - 2 };
    if (host.len == 0 || host.len >= sizeof text) return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return edo_addr_range_parse(&range, text) == 0;
}

/* Whether the command line has the name: in --host, in an --origin, or where --http listens. */
static bool guard_is_named(const options *o, edo_str host) {
    edo_uri uri;
    edo_origin origin;
    for (size_t i = 0; i < o->hosts_n; i++)
        if (edo_str_equal_nocase(host, edo_str_of(o->hosts[i]))) return true;
    for (size_t i = 0; i < o->origins_n; i++)
        if (edo_origin_parse(&origin, edo_str_of(o->origins[i])) == 0 &&
            edo_str_equal_nocase(host, origin.uri.host))
            return true;
    return o->http && edo_uri_parse_authority(&uri, edo_str_of(o->http)) == 0 &&
           edo_str_equal_nocase(host, uri.host);
}

/* Of a server that others reach, and that was given no names, each name may be one. */
static bool takes_any_name(const server *at) {
    return at->options->hosts_n == 0 && at->is_public;
}

/* A request without `Host` is of no browser. */
static int check_name(edo_web *w, edo_next *next) {
    const server *at = edo_web_state(w);
    edo_str host = edo_web_host(w);
    bool is_right = host.len == 0 || guard_is_address(host) || guard_is_localhost(host) ||
                    guard_is_named(at->options, host) || takes_any_name(at);
    if (is_right) return edo_next_call(next, w);
    return edo_web_reply_problem(w, EDO_STATUS_MISDIRECTED_REQUEST,
                                 "the chat was not told that \"%.*s\" is its name: see --host",
                                 host.len < 256 ? (int)host.len : 256, host.ptr);
}

/* ---- All of it ------------------------------------------------------------------------------- */

void guard_routes(edo_router *r, const server *at) {
    const options *o = at->options;
    const edo_csrf_opts forged = { .origins = o->origins, .origins_n = o->origins_n };
    edo_router_wrap_all(r, edo_web_around(check_name), edo_csrf_layer(&forged));
    guard_addresses(r, at);
}

/* What is refused is work, too, and a client need not wait for responses: so each request waits for
 * its turn. It is not done in it, for it may wait for its client. */
static int guard_pass_turn(edo_web *w, edo_next *next) {
    server *at = edo_web_state(w);
    char key[EDO_ADDR_KEY_BYTES];
    turn_pass(&at->directory.turns, TURN_ASK, web_address(w, key), 1);
    return edo_next_call(next, w);
}

void guard_addresses(edo_router *r, const server *at) {
    const options *o = at->options;
    edo_router_wrap_all(r, edo_web_around(guard_pass_turn));
    if (o->proxies_n == 0) return;
    const edo_real_ip_opts behind = {
        .proxies = o->proxies,
        .proxies_n = o->proxies_n,
        .from = strcmp(o->proxy_field, "forwarded") == 0 ? EDO_FROM_FORWARDED
                                                         : EDO_FROM_X_FORWARDED_FOR,
    };
    edo_router_wrap_all(r, edo_real_ip_layer(&behind));
}

void guard_proxies(edo_http_server_opts *http, const server *at) {
    if (at->options->proxies_n == 0) return;
    http->proxy = EDO_HTTP_PROXY_OPTIONAL;
    http->proxies = at->options->proxies;
    http->proxies_n = at->options->proxies_n;
    http->address_conns_max = 0; // all connections of a proxy come from its address
}
