/* SPDX-License-Identifier: MIT */
/* web/ws/open/client.c: the client's side of the handshake (RFC 6455 section 4.1). */
#include "web/ws/open/client.h"
#include "base/opts.h"
#include "base/text/ascii.h"
#include "client/client.h"
#include "client/fetch/fetch.h"
#include "http/client/host.h"
#include "http/headers/ids.h"
#include "http/types/error_type.h"
#include "web/ws/open/accept.h"
#include "web/ws/waiting.h"

#include <edo/baggage.h>
#include <edo/http1.h>
#include <edo/http_fields.h>
#include <edo/net.h>
#include <edo/scope.h>
#include <edo/unix.h>
#include <edo/uri.h>
#include <edo/ws_client.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_S   10
#define REFUSAL_MAX ((size_t)16 << 10)
#define PIECE       ((size_t)1 << 10)
#define UNIX_SCHEME "ws+unix:"
#define HOST_MAX    300u

/* The server, and the request's head. */
typedef struct goal {
    edo_uri uri;         /* not set for a Unix socket */
    char host[HOST_MAX]; /* the Host field: "example.com:8080" */
    char path[108];      /* of the Unix socket; "": TCP */
    char port[8];        /* "": the URI names none */
    edo_buf target;
} goal;

void edo_ws_refusal_deinit(edo_ws_refusal *r) {
    edo_buf_deinit(&r->location);
    edo_buf_deinit(&r->body);
    *r = (edo_ws_refusal){ 0 };
}

/* ---- The address ----------------------------------------------------------------------------- */

/* Reads "ws+unix:PATH:TARGET". */
static int read_unix(goal *g, edo_str text) {
    const char *mark = text.len > 0 ? memchr(text.ptr, ':', text.len) : NULL;
    size_t n = mark ? (size_t)(mark - text.ptr) : text.len;
    if (n == 0 || n >= sizeof g->path || memchr(text.ptr, 0, text.len)) return -EINVAL;
    memcpy(g->path, text.ptr, n);
    g->path[n] = 0;
    memcpy(g->host, "localhost", sizeof "localhost");
    edo_str target = n + 1 < text.len ? (edo_str){ mark + 1, text.len - n - 1 } : EDO_STR("/");
    if (target.ptr[0] != '/') return -EINVAL;
    return edo_buf_append(&g->target, target.ptr, target.len);
}

static int goal_print_target(goal *g) {
    edo_str path = g->uri.path.len > 0 ? g->uri.path : EDO_STR("/");
    int err = edo_buf_append(&g->target, path.ptr, path.len);
    if (err == 0 && g->uri.query.ptr) err = edo_buf_append(&g->target, "?", 1);
    if (err == 0 && g->uri.query.len > 0)
        err = edo_buf_append(&g->target, g->uri.query.ptr, g->uri.query.len);
    return err;
}

static int read_goal(goal *g, edo_str url) {
    const size_t n = sizeof UNIX_SCHEME - 1;
    if (edoi_begins_nocase(url, EDO_STR(UNIX_SCHEME)))
        return read_unix(g, (edo_str){ url.ptr + n, url.len - n });
    int err = edoi_client_parse_url(&g->uri, url);
    if (err < 0) return err;
    edo_str host = g->uri.host, port = g->uri.port;
    if (host.len == 0 || host.len + port.len + 2 > HOST_MAX || port.len >= sizeof g->port)
        return -EINVAL;
    memcpy(g->host, host.ptr, host.len);
    g->host[host.len] = 0;
    if (port.len > 0) {
        memcpy(g->port, port.ptr, port.len);
        (void)snprintf(g->host + host.len, HOST_MAX - host.len, ":%s", g->port);
    }
    return goal_print_target(g);
}

static bool goal_has_scheme(const goal *g, edo_str name) {
    return edoi_equal_nocase(g->uri.scheme, name);
}

/* Finds the place in the pool of the client that makes the connection; NULL: none does. */
static int goal_find_host(edoi_client_pool_host **out, const goal *g, edo_http_client *by) {
    *out = NULL;
    if (g->path[0] || (!by && !goal_has_scheme(g, EDO_STR("wss")))) return 0;
    return edoi_client_host_of_upgrade(out, by, &g->uri);
}

static int client_connect_to(edo_stream **out, const goal *g, const edoi_client_pool_host *host) {
    char address[HOST_MAX + 4];
    if (g->path[0]) return edo_unix_connect(out, g->path, NULL);
    if (host) return edoi_dial_stream(out, host, NULL);
    if (!goal_has_scheme(g, EDO_STR("ws"))) return -ENOTSUP;
    (void)snprintf(address, sizeof address, "%s%s", g->host, g->port[0] ? "" : ":80");
    edoi_zone_decode(address);
    return edo_tcp_connect(out, address, NULL);
}

/* ---- The request ----------------------------------------------------------------------------- */

static int client_set_choices(edo_headers *h, const edo_ws_opts *o) {
    char text[EDOI_WS_EXTENSION_MAX];
    int err = 0;
    for (size_t i = 0; i < o->protocols_n && err == 0; i++)
        err = edo_headers_append(h, EDO_HEADER_SEC_WEBSOCKET_PROTOCOL, edo_str_of(o->protocols[i]));
    if (err < 0 || !o->deflate || !edoi_ws_can_deflate()) return err;
    return edo_headers_set(h, EDO_HEADER_SEC_WEBSOCKET_EXTENSIONS,
                           (edo_str){ text, edoi_ws_print_offer(text, o) });
}

int edoi_ws_set_offers(edo_headers *h, const edo_uri *uri, const edo_ws_client_opts *o) {
    int err = 0;
    const edo_header *f;
    for (size_t i = 0; err == 0 && o->headers && (f = edo_headers_at(o->headers, i)); i++)
        err = edo_headers_add(h, f);
    if (err == 0) err = edoi_client_pass_baggage(o->client, uri, h, EDO_BAGGAGE_BYTES_MAX);
    bool has_context = !o->client || !o->client->no_context;
    if (err == 0 && has_context) err = edoi_ids_pass_here(h);
    if (err == 0) err = edo_headers_set(h, EDO_HEADER_SEC_WEBSOCKET_VERSION, EDO_STR("13"));
    return err < 0 ? err : client_set_choices(h, &o->socket);
}

static int client_set_fields(edo_headers *h, edo_str key, const edo_uri *uri,
                             const edo_ws_client_opts *o) {
    int err = edoi_ws_set_offers(h, uri, o);
    if (err == 0) err = edo_headers_set(h, EDO_HEADER_CONNECTION, EDO_STR("Upgrade"));
    if (err == 0) err = edo_headers_set(h, EDO_HEADER_UPGRADE, EDO_STR("websocket"));
    return err < 0 ? err : edo_headers_set(h, EDO_HEADER_SEC_WEBSOCKET_KEY, key);
}

/* ---- The response ---------------------------------------------------------------------------- */

static int client_keep_body(edo_buf *to, edo_stream *body) {
    int err, n;
    do {
        if ((err = edo_buf_reserve(to, PIECE)) < 0) return err;
        n = edo_read(body, to->ptr + to->len, PIECE);
        if (n > 0) to->len += (size_t)n;
    } while (n > 0 && to->len < REFUSAL_MAX);
    return 0;
}

int edoi_ws_keep_refusal(edo_ws_refusal *r, edo_http_response *res) {
    edo_str location = edo_headers_get(&res->headers, EDO_HEADER_LOCATION);
    int err = 0;
    if (!r) return -EACCES;
    r->status = res->status;
    if (location.len > 0) err = edo_buf_append(&r->location, location.ptr, location.len);
    if (err == 0) err = client_keep_body(&r->body, res->body);
    return err < 0 ? err : -EACCES;
}

/* Takes the protocol that the server has chosen, which must be one that was offered. */
static int ws_take_protocol(edo_ws *ws, edo_str chosen, const edo_ws_opts *o) {
    if (!chosen.ptr) return 0;
    for (size_t i = 0; i < o->protocols_n; i++) {
        if (!edo_str_equal(chosen, edo_str_of(o->protocols[i]))) continue;
        edoi_ws_waiting_of(ws)->protocol = o->protocols[i];
        return 0;
    }
    return -EPROTO;
}

static int take_extensions(edo_ws *ws, edo_str field, const edo_ws_opts *o) {
    edoi_ws_agreed agreed;
    uint32_t ratio_max = o->deflate_ratio_max;
    int err = edoi_ws_take_response(&agreed, field, o);
    if (err < 0 || agreed.our_bits == 0) return err;
    if (!edoi_ws_can_deflate()) return -EPROTO;
    ws->deflate = edo_rc_new(sizeof *ws->deflate, NULL);
    if (!ws->deflate) return -ENOMEM;
    *ws->deflate = (edoi_ws_deflate){ .agreed = agreed,
                                      .level = o->deflate_level,
                                      .ratio_max = ratio_max > 0 ? ratio_max : UINT16_MAX };
    return 0;
}

int edoi_ws_take_agreed(edo_ws *ws, const edo_headers *h, const edo_ws_opts *o) {
    if (!edoi_ws_is_single(h, EDO_HEADER_SEC_WEBSOCKET_PROTOCOL) ||
        !edoi_ws_is_single(h, EDO_HEADER_SEC_WEBSOCKET_EXTENSIONS))
        return -EPROTO;
    int err = ws_take_protocol(ws, edo_headers_get(h, EDO_HEADER_SEC_WEBSOCKET_PROTOCOL), o);
    if (err < 0) return err;
    return take_extensions(ws, edo_headers_get(h, EDO_HEADER_SEC_WEBSOCKET_EXTENSIONS), o);
}

/* Does the response have the fields of section 4.2.2 that make the switch, and each of them
 * once? */
static bool is_switch(const edo_headers *h) {
    static const edo_header_id once[] = { EDO_HEADER_UPGRADE, EDO_HEADER_SEC_WEBSOCKET_ACCEPT };
    edo_str upgrade = edo_headers_get(h, EDO_HEADER_UPGRADE);
    const edo_header *f = NULL;
    for (size_t i = 0; i < EDO_COUNT(once); i++)
        if (!edoi_ws_is_single(h, once[i])) return false;
    if (!edoi_equal_nocase(upgrade, EDO_STR("websocket"))) return false;
    while ((f = edo_headers_next(h, f, EDO_HEADER_CONNECTION)))
        if (edo_header_has(f->value, EDO_STR("upgrade"))) return true;
    return false;
}

static int take_response(edo_ws *ws, const edo_http_response *res, edo_str key,
                         const edo_ws_opts *o) {
    const edo_headers *h = &res->headers;
    char accept[EDOI_WS_ACCEPT_BYTES];
    edoi_ws_accept_of(accept, key);
    if (!is_switch(h)) return -EPROTO;
    if (!edo_str_equal(edo_headers_get(h, EDO_HEADER_SEC_WEBSOCKET_ACCEPT),
                       (edo_str){ accept, sizeof accept }))
        return -EPROTO;
    return edoi_ws_take_agreed(ws, h, o);
}

/* ---- Both ------------------------------------------------------------------------------------ */

/* Gives the stream to the socket. */
static int client_attach(edo_ws *ws, edo_http1 *http) {
    edo_stream *stream;
    edo_buf ahead = { 0 };
    int err = edo_http1_release(http, &stream, &ahead);
    if (err < 0) {
        edo_http1_close(http);
        return err;
    }
    err = edoi_ws_attach(ws, stream, (edo_str){ ahead.ptr, ahead.len });
    edo_buf_deinit(&ahead);
    if (err < 0) {
        edo_close(stream);
    } else {
        edo_stream_unref(stream);
    }
    return err;
}

static int ws_ask(edo_ws *ws, edo_http1 *http, const goal *g, const edo_ws_client_opts *o) {
    char key[EDOI_WS_KEY_BYTES];
    edo_http_response *res = NULL;
    edo_headers headers;
    edo_headers_init(&headers);
    int err = edoi_ws_new_key(key);
    edo_str key_text = { key, sizeof key }, target = { g->target.ptr, g->target.len };
    if (err == 0) err = client_set_fields(&headers, key_text, &g->uri, o);
    if (err == 0)
        err = edo_http1_send(http, &res,
                             &(edo_http_request){ .target = target, .headers = &headers });
    edo_headers_deinit(&headers);
    if (err != 0) return err;
    return res->is_upgraded ? take_response(ws, res, key_text, &o->socket)
                            : edoi_ws_keep_refusal(o->refusal, res);
}

/* Shakes hands over `stream`, which it takes. */
static int shake_hands(edo_ws *ws, edo_stream *stream, const goal *g, const edo_ws_client_opts *o) {
    edo_http1 *http;
    int err = edo_http1_over(&http, stream, &(edo_http1_opts){ .host = g->host });
    if (err < 0) {
        edo_close(stream);
        return err;
    }
    err = ws_ask(ws, http, g, o);
    if (err == 0) return client_attach(ws, http);
    edo_http1_close(http);
    return err;
}

/* Connects, and shakes hands: over HTTP/2 if that may be, else over a connection of its own. */
static int client_connect(edo_ws *ws, const goal *g, const edo_ws_client_opts *o) {
    edo_stream *stream;
    edoi_client_pool_host *host;
    int err = goal_find_host(&host, g, o->client);
    if (err < 0) return err;
    edo_str target = { g->target.ptr, g->target.len };
    err = -ENOTSUP;
    if (host && o->http2 != EDO_WS_HTTP2_NEVER)
        err = edoi_ws_open_tunnel(ws, host, &g->uri, target, o);
    if (err == -ENOTSUP) {
        err = client_connect_to(&stream, g, host);
        if (err == 0) err = shake_hands(ws, stream, g, o);
    }
    if (host) edoi_client_pool_host_unref(host);
    return err;
}

/* Takes `stream`; NULL: it connects. */
static int client_begin(edo_ws **out, edo_stream *stream, const goal *g,
                        const edo_ws_client_opts *o) {
    edo_deadline d;
    edo_deadline_begin(&d, edoi_ws_or_s(o->timeout, TIMEOUT_S));
    edo_ws *ws = edoi_ws_waiting_new(&o->socket, NULL);
    int err = ws ? edoi_ws_be_client(ws) : -ENOMEM;
    if (err < 0)
        edo_close(stream);
    else
        err = stream ? shake_hands(ws, stream, g, o) : client_connect(ws, g, o);
    err = edo_deadline_end(&d, err);
    if (err == 0) {
        edo_up_down_add(o->socket.open, 1);
        *out = ws;
    } else if (ws) {
        if (ws->stream) edo_close(edo_stream_ref(ws->stream));
        edo_rc_unref(ws);
    }
    return err;
}

static int ws_client_check(const edo_ws_client_opts *o) {
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    if (!edoi_all_zero(o->socket.reserved, EDO_COUNT(o->socket.reserved))) return -EINVAL;
    return o->http2 <= EDO_WS_HTTP2_FIRST ? 0 : -EINVAL;
}

/* The span of a handshake, which is a request of a client as others are. */
static void ws_client_span_begin(edo_span_block *b, edo_str url) {
    static const edo_fetch_opts get = { .method = EDO_METHOD_GET };
    edo_span_begin(b, edoi_fetch_span(url, &get));
}

static int ws_client_span_end(edo_span_block *b, int err, const edo_ws_client_opts *o) {
    char text[EDOI_STATUS_TEXT];
    const bool is_refused = err == -EACCES && o->refusal;
    const edo_status status = err == 0     ? EDO_STATUS_SWITCHING_PROTOCOLS
                              : is_refused ? o->refusal->status
                                           : (edo_status)0;
    const edo_kv fields[] = { edoi_status_kv(status),
                              edoi_status_kv_error(text, status, EDO_STATUS_BAD_REQUEST) };
    if (status != 0) edoi_span_record_all(b->span, fields, EDO_COUNT(fields));
    return edo_span_end(b, err);
}

int edo_ws_connect_over(edo_ws **out, edo_stream *stream, edo_str url,
                        const edo_ws_client_opts *opts) {
    static const edo_ws_client_opts defaults;
    const edo_ws_client_opts *o = opts ? opts : &defaults;
    goal g = { .target = { 0 } };
    edo_span_block span;
    ws_client_span_begin(&span, url);
    int err = edo_budget_consume();
    if (err == 0) err = ws_client_check(o);
    if (err == 0) err = read_goal(&g, url);
    if (err == 0) {
        err = client_begin(out, stream, &g, o);
    } else if (stream) {
        edo_close(stream);
    }
    edo_buf_deinit(&g.target);
    return ws_client_span_end(&span, err, o);
}

int edo_ws_connect(edo_ws **out, edo_str url, const edo_ws_client_opts *opts) {
    return edo_ws_connect_over(out, NULL, url, opts);
}
