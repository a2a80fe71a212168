/* SPDX-License-Identifier: MIT */
/* web/proxy/fields.c: the fields that go on, those that belong to a connection, and those that tell
 * of the client. Spec: RFC 9110 sections 7.6.1 and 7.6.3, RFC 7239. */
#include "http/h1/fields.h"
#include "base/text/decimal.h"
#include "http/h1/pen.h"
#include "http/headers/map.h"
#include "web/layers/layer.h"
#include "web/proxy/proxy.h"
#include "web/ws/open/accept.h"

#include <edo/http_fields.h>
#include <edo/uri.h>
#include <edo/web_guard.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* ---- Names ----------------------------------------------------------------------------------- */

/* Servers that hand names on as variables take '_' for '-'. */
static char proxy_fold(char c) {
    if (c == '_') return '-';
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool proxy_name_begins(edo_str name, edo_str with) {
    if (name.len < with.len) return false;
    for (size_t i = 0; i < with.len; i++)
        if (proxy_fold(name.ptr[i]) != with.ptr[i]) return false;
    return true;
}

static bool proxy_name_is(edo_str name, edo_str as) {
    return name.len == as.len && proxy_name_begins(name, as);
}

/* "Proxy" becomes the variable HTTP_PROXY of CGI. */
bool edoi_proxy_tells_of_client(const edo_header *f) {
    return proxy_name_is(f->name, EDO_STR("forwarded")) ||
           proxy_name_begins(f->name, EDO_STR("x-forwarded-")) ||
           proxy_name_is(f->name, EDO_STR("x-real-ip")) || proxy_name_is(f->name, EDO_STR("proxy"));
}

static bool field_is_of_connection(const edo_header *f) {
    switch (f->id) {
    case EDO_HEADER_CONNECTION:
    case EDO_HEADER_KEEP_ALIVE:
    case EDO_HEADER_PROXY_AUTHENTICATE:
    case EDO_HEADER_PROXY_AUTHORIZATION:
    case EDO_HEADER_PROXY_CONNECTION:
    case EDO_HEADER_TE:
    case EDO_HEADER_TRANSFER_ENCODING:
    case EDO_HEADER_UPGRADE: return true;
    case EDO_HEADER_OTHER: return proxy_name_is(f->name, EDO_STR("http2-settings"));
    default: return false;
    }
}

/* Does an element of a field `id` have this name? */
static bool headers_name(const edo_headers *h, edo_header_id id, edo_str name) {
    if (!edoi_headers_has(h, id)) return false; // most messages have no Connection
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, id));)
        if (edo_header_has(f->value, name)) return true;
    return false;
}

#define NAMES_MAX 64u

/* Each name in Connection is compared with each field, and each in Trailer with each trailer. */
bool edoi_proxy_names_too_many(const edoi_proxied *p) {
    static const edo_header_id lists[] = { EDO_HEADER_CONNECTION, EDO_HEADER_TRAILER };
    size_t n = 0;
    for (size_t i = 0; i < EDO_COUNT(lists); i++)
        for (const edo_header *f = NULL; (f = edo_headers_next(&p->req->headers, f, lists[i])); n++)
            for (size_t k = 0; k < f->value.len; k++) n += f->value.ptr[k] == ',';
    return n > NAMES_MAX;
}

static bool proxy_drops(const edo_headers *h, const edo_header *f) {
    return field_is_of_connection(f) || headers_name(h, EDO_HEADER_CONNECTION, f->name);
}

/* ---- Via ------------------------------------------------------------------------------------- */

bool edoi_proxy_is_loop(const edoi_proxied *p) {
    edo_via by;
    for (const edo_header *f = NULL; (f = edo_headers_next(&p->req->headers, f, EDO_HEADER_VIA));)
        for (edo_str rest = f->value; edo_via_next(&by, &rest) > 0;)
            if (edo_str_equal(by.by, edo_str_of(p->proxy->name))) return true;
    return false;
}

static int proxy_add_via(const edoi_proxied *p, edo_headers *to, edo_http_version version) {
    const edoi_proxy_routes *r = p->proxy;
    const char *value = version == EDO_HTTP_2    ? r->via_2
                        : version == EDO_HTTP_10 ? r->via_10
                                                 : r->via_11;
    const edo_header via = { .name = edo_header_name(EDO_HEADER_VIA),
                             .value = edo_str_of(value),
                             .id = EDO_HEADER_VIA };
    return edoi_headers_push(to, &via);
}

/* ---- The client ------------------------------------------------------------------------------ */

/* inet_ntop() uses printf, which takes more time than all that the proxy does with a field. */
static edo_str proxy_print_v4(const uint8_t bytes[4], char text[INET6_ADDRSTRLEN]) {
    char *to = edoi_decimal_print(text, bytes[0]);
    for (size_t i = 1; i < 4; i++) {
        *to++ = '.';
        to = edoi_decimal_print(to, bytes[i]);
    }
    return (edo_str){ text, (size_t)(to - text) };
}

/* Prints the address of the client without its port: "192.0.2.7", "2001:db8::1"; "unknown" of one
 * that has none. An IPv4 address that is mapped into IPv6 is one of IPv4. */
static edo_str proxy_client_address(const edoi_proxied *p, char text[INET6_ADDRSTRLEN]) {
    edo_addr addr;
    if (edo_request_client(p->req, &addr) < 0) return EDO_STR("unknown");
    int family = addr.sock.any.sa_family;
    const void *bytes = family == AF_INET6 ? (const void *)&addr.sock.v6.sin6_addr
                                           : (const void *)&addr.sock.v4.sin_addr;
    if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&addr.sock.v6.sin6_addr)) {
        bytes = &addr.sock.v6.sin6_addr.s6_addr[12];
        family = AF_INET;
    }
    if (family == AF_INET) return proxy_print_v4(bytes, text);
    if (family != AF_INET6 || !inet_ntop(family, bytes, text, INET6_ADDRSTRLEN))
        return EDO_STR("unknown");
    return edo_str_of(text);
}

/* Adds a field without a copy: its value is valid, and stays where it is as long as the request. */
static int proxy_push(edoi_proxied *p, edo_header_id id, edo_str value) {
    const edo_header f = { .name = edo_header_name(id), .value = value, .id = (uint16_t)id };
    return edoi_headers_push(&p->headers, &f);
}

/* Appends to what other proxies have written, which is kept if they are believed. */
static int proxy_add_to_list(edoi_proxied *p, edo_header_id id, edo_str value) {
    edo_buf all = { 0 };
    if (!edo_headers_get(&p->headers, id).ptr) return proxy_push(p, id, value);
    int err = edo_headers_combine(&p->headers, edo_header_name(id), &all);
    if (err == 0) err = edo_buf_append(&all, ", ", 2);
    if (err == 0) err = edo_buf_append(&all, value.ptr, value.len);
    if (err == 0) err = edo_headers_set(&p->headers, id, (edo_str){ all.ptr, all.len });
    edo_buf_deinit(&all);
    return err;
}

/* The name of a node: an address of IPv6 stands in brackets. */
static edo_str proxy_print_node(edo_str client, char node[INET6_ADDRSTRLEN + 2]) {
    if (!memchr(client.ptr, ':', client.len)) return client;
    char *to = node;
    *to++ = '[';
    to = mempcpy(to, client.ptr, client.len);
    *to++ = ']';
    return (edo_str){ node, (size_t)(to - node) };
}

/* A token as it is, other text in quotes. */
static void proxy_pen_text(edoi_pen *pen, edo_str s) {
    bool is_token = edo_header_name_is_valid(s);
    if (!is_token) EDOI_PEN(pen, "\"");
    edoi_pen_str(pen, s);
    if (!is_token) EDOI_PEN(pen, "\"");
}

/* edo_forwarded_print() has a buffer that grows part by part, and is copied afterwards. */
static int proxy_add_forwarded(edoi_proxied *p, edo_str client, edo_str scheme) {
    char node[INET6_ADDRSTRLEN + 2];
    const size_t most =
        sizeof node + p->host.len + scheme.len + sizeof "for=\"\"; host=\"\"; proto=\"\"";
    bool has_quotes = p->host.len > 0 && (memchr(p->host.ptr, '"', p->host.len) ||
                                          memchr(p->host.ptr, '\\', p->host.len));
    if (has_quotes) return -EINVAL; // the server would have refused it
    char *text = edo_arena_text(p->req->arena, most);
    if (!text) return -ENOMEM;
    edoi_pen pen = { text };
    EDOI_PEN(&pen, "for=");
    proxy_pen_text(&pen, proxy_print_node(client, node));
    if (p->host.ptr) {
        EDOI_PEN(&pen, "; host=");
        proxy_pen_text(&pen, p->host);
    }
    EDOI_PEN(&pen, "; proto=");
    proxy_pen_text(&pen, scheme);
    return proxy_add_to_list(p, EDO_HEADER_FORWARDED, (edo_str){ text, (size_t)(pen.at - text) });
}

static int proxy_set_absent(edoi_proxied *p, edo_header_id id, edo_str value) {
    if (!value.ptr || edo_headers_get(&p->headers, id).ptr) return 0;
    return proxy_push(p, id, value);
}

static int proxy_tell_of_client(edoi_proxied *p) {
    char *text = edo_arena_text(p->req->arena, INET6_ADDRSTRLEN);
    if (!text) return -ENOMEM;
    edo_str client = proxy_client_address(p, text), scheme = edo_web_scheme(p->w);
    int err = proxy_add_forwarded(p, client, scheme);
    if (err == 0) err = proxy_add_to_list(p, EDO_HEADER_X_FORWARDED_FOR, client);
    if (err == 0) err = proxy_set_absent(p, EDO_HEADER_X_FORWARDED_HOST, p->host);
    return err < 0 ? err : proxy_set_absent(p, EDO_HEADER_X_FORWARDED_PROTO, scheme);
}

/* ---- Upgrades -------------------------------------------------------------------------------- */

/* Finds the protocol that the client asks for. Over HTTP/2 it is that of an extended CONNECT, which
 * has no Connection, and whose body is the tunnel. Requests of h2c would pass unseen. */
static void proxy_find_upgrade(edoi_proxied *p) {
    const edo_headers *h = &p->req->headers;
    const edo_header *f = edo_headers_next(h, NULL, EDO_HEADER_UPGRADE);
    bool is_connect = f && p->req->version == EDO_HTTP_2;
    p->has_body = p->req->length != 0 && !is_connect;
    if (!f || p->has_body || p->proxy->no_upgrades) return;
    if (!is_connect && !headers_name(h, EDO_HEADER_CONNECTION, EDO_STR("upgrade"))) return;
    if (!headers_name(h, EDO_HEADER_UPGRADE, EDO_STR("h2c"))) p->upgrade = f->value;
}

/* A WebSocket's key is HTTP/1.1's alone. */
static int proxy_add_ws_key(edoi_proxied *p) {
    char key[EDOI_WS_KEY_BYTES];
    bool is_ws = edoi_equal_nocase(p->upgrade, EDO_STR("websocket"));
    if (!is_ws || edo_headers_get(&p->headers, EDO_HEADER_SEC_WEBSOCKET_KEY).ptr) return 0;
    int err = edoi_ws_new_key(key);
    if (err < 0) return err;
    return edo_headers_append(&p->headers, EDO_HEADER_SEC_WEBSOCKET_KEY,
                              (edo_str){ key, sizeof key });
}

static int proxy_ask_upgrade(edoi_proxied *p) {
    int err = edo_headers_append(&p->headers, EDO_HEADER_CONNECTION, EDO_STR("upgrade"));
    if (err == 0) err = edo_headers_append(&p->headers, EDO_HEADER_UPGRADE, p->upgrade);
    return err < 0 ? err : proxy_add_ws_key(p);
}

/* ---- The host -------------------------------------------------------------------------------- */

/* A target that is a whole URI comes before the field, for guards and routes, too: so the server
 * behind is asked for that host. Spec: RFC 9112 section 3.2.2. */
static void proxy_find_host(edoi_proxied *p) {
    edo_uri uri;
    edo_str target = p->req->target;
    bool is_whole = target.len > 0 && target.ptr[0] != '/' &&
                    edo_uri_parse_target(&uri, p->req->method, target) == 0 && uri.host.len > 0;
    p->host = edo_headers_get(&p->req->headers, EDO_HEADER_HOST);
    // what gRPC's clients call their target is no host to anybody else
    if (p->host.len > 0 && !edoi_http_host_is_valid(p->host)) p->host = (edo_str){ 0 };
    if (!is_whole) return;
    const char *end = uri.port.ptr ? uri.port.ptr + uri.port.len : uri.host.ptr + uri.host.len;
    p->host = (edo_str){ uri.host.ptr, (size_t)(end - uri.host.ptr) };
}

static int proxy_add_host(edoi_proxied *p) {
    edo_str host = p->proxy->host.len > 0 ? p->proxy->host : p->host;
    return host.len > 0 ? proxy_push(p, EDO_HEADER_HOST, host) : 0;
}

/* ---- Both ways ------------------------------------------------------------------------------- */

/* Does the field say whose message it is? */
static bool field_is_credential(const edo_header *f) {
    return f->id == EDO_HEADER_AUTHORIZATION || f->id == EDO_HEADER_COOKIE ||
           f->flags & EDO_HEADER_SENSITIVE;
}

/* Those of the client's fields that go on. */
static int proxy_take_request(edoi_proxied *p) {
    const edo_headers *from = &p->req->headers;
    int err = 0;
    for (size_t i = 0; err == 0 && i < edo_headers_count(from); i++) {
        const edo_header *f = edo_headers_at(from, i);
        if (proxy_drops(from, f)) continue;
        if (f->id == EDO_HEADER_HOST) continue; // proxy_add_host()
        if (f->id == EDO_HEADER_MAX_FORWARDS && p->forwards >= 0) continue;
        if (!p->proxy->is_inner && edoi_proxy_tells_of_client(f)) continue;
        if (p->proxy->no_credentials && field_is_credential(f)) continue;
        err = edoi_headers_push(&p->headers, f); // the map that it lies in has checked it
    }
    return err;
}

/* The server behind may send trailers if the client takes them. */
static int proxy_ask_trailers(edoi_proxied *p) {
    if (!headers_name(&p->req->headers, EDO_HEADER_TE, EDO_STR("trailers"))) return 0;
    int err = edo_headers_append(&p->headers, EDO_HEADER_TE, EDO_STR("trailers"));
    if (err < 0 || p->upgrade.len > 0) return err; // has a Connection already
    return edo_headers_append(&p->headers, EDO_HEADER_CONNECTION, EDO_STR("te"));
}

int edoi_proxy_set_fields(edoi_proxied *p) {
    proxy_find_host(p);
    proxy_find_upgrade(p);
    int err = proxy_add_host(p);
    if (err == 0) err = proxy_take_request(p);
    if (err == 0) err = edoi_proxy_count_forwards(p);
    if (err == 0) err = proxy_tell_of_client(p);
    if (err == 0) err = proxy_add_via(p, &p->headers, p->req->version);
    if (err == 0 && p->upgrade.len > 0) err = proxy_ask_upgrade(p);
    return err < 0 ? err : proxy_ask_trailers(p);
}

/* A cookie of a service that has seen none would replace the client's own. */
static bool proxy_drops_cookie(const edoi_proxied *p, const edo_header *f) {
    return p->proxy->no_credentials && f->id == EDO_HEADER_SET_COOKIE;
}

/* The response to a WebSocket of HTTP/2 has no proof that the server has seen a key: that of the
 * other version is not passed on. */
static bool proxy_drops_accept(const edoi_proxied *p, const edo_header *f) {
    bool is_http2 = p->req->version == EDO_HTTP_2 || (p->got && p->got->version == EDO_HTTP_2);
    return f->id == EDO_HEADER_SEC_WEBSOCKET_ACCEPT && is_http2;
}

int edoi_proxy_take_fields(edoi_proxied *p, const edo_headers *from) {
    int err = 0;
    for (size_t i = 0; err == 0 && i < edo_headers_count(from); i++) {
        const edo_header *f = edo_headers_at(from, i);
        if (proxy_drops(from, f) || proxy_drops_accept(p, f) || proxy_drops_cookie(p, f)) continue;
        err = edoi_headers_push(&p->res->headers, f); // as above
    }
    return err < 0 ? err
                   : proxy_add_via(p, &p->res->headers, p->got ? p->got->version : EDO_HTTP_11);
}
