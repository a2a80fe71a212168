/* SPDX-License-Identifier: MIT */
/* web/ws/open/handshake.c: the server's side of the handshake (RFC 6455 section 4.2). */
#include "base/opts.h"
#include "base/text/ascii.h"
#include "web/request/origin.h"
#include "web/request/web.h"
#include "web/ws/open/accept.h"
#include "web/ws/waiting.h"

#include <edo/http_fields.h>
#include <edo/http_upgrade.h>

#include <errno.h>

#define KEY_BYTES 16u

/* A request that may become a WebSocket. */
typedef struct handshake {
    edo_request *req;
    edo_response *res;
    const edo_ws_opts *opts;
    const edo_str *route; /* NULL: none */
    uint8_t protocol;     /* 1 more than its place in the options; 0: none is agreed on */
    edo_status status;    /* why it may not; 0: it may */
    const char *why;      /* may be NULL */
} handshake;

static edo_str header(const handshake *h, edo_header_id id) {
    return edo_headers_get(&h->req->headers, id);
}

static bool handshake_is_word(edo_str s, const char *word) {
    return edoi_equal_nocase(s, edo_str_of(word));
}

/* Does a list, in one or several fields, name the word? Compared in any case, or exactly. */
static bool names(const handshake *h, edo_header_id id, const char *word, bool in_any_case) {
    const edo_header *f = NULL;
    while ((f = edo_headers_next(&h->req->headers, f, id))) {
        edo_str list = f->value;
        edo_preference p;
        while (edo_accept_next(&p, &list) > 0)
            if (in_any_case ? handshake_is_word(p.value, word)
                            : edo_str_equal(p.value, edo_str_of(word)))
                return true;
    }
    return false;
}

/* ---- Whether it can be ----------------------------------------------------------------------- */

static int handshake_refuse(handshake *h, int err, edo_status status, const char *why) {
    h->status = status;
    h->why = why;
    return err;
}

static int refuse_version(handshake *h) {
    edo_headers *headers = &h->res->headers;
    int err = edo_headers_set(headers, EDO_HEADER_SEC_WEBSOCKET_VERSION, EDO_STR("13"));
    if (err == 0) err = edo_headers_set(headers, EDO_HEADER_UPGRADE, EDO_STR("websocket"));
    return err < 0 ? err
                   : handshake_refuse(h, -EINVAL, EDO_STATUS_UPGRADE_REQUIRED,
                                      "a WebSocket of version 13 is wanted");
}

static int refuse_method(handshake *h) {
    int err = edo_headers_set(&h->res->headers, EDO_HEADER_ALLOW, EDO_STR("GET"));
    return err < 0 ? err : handshake_refuse(h, -EINVAL, EDO_STATUS_METHOD_NOT_ALLOWED, NULL);
}

static bool handshake_is_single(const handshake *h, edo_header_id id) {
    return edoi_ws_is_single(&h->req->headers, id);
}

/* Over HTTP/2 a socket has no key, and the client has no connection to name (RFC 8441). */
static bool handshake_is_http2(const handshake *h) {
    return h->req->version == EDO_HTTP_2;
}

static bool handshake_is_upgrade(const handshake *h) {
    bool is_asked = h->req->version == EDO_HTTP_11
                        ? names(h, EDO_HEADER_CONNECTION, "upgrade", true)
                        : handshake_is_http2(h);
    return is_asked && names(h, EDO_HEADER_UPGRADE, "websocket", true) &&
           edo_str_equal(header(h, EDO_HEADER_SEC_WEBSOCKET_VERSION), EDO_STR("13")) &&
           handshake_is_single(h, EDO_HEADER_SEC_WEBSOCKET_VERSION);
}

static bool is_key(edo_str text) {
    edo_buf key = { 0 };
    bool is_good = text.len == EDOI_WS_KEY_BYTES && // lax: the RFC's own example needs it
                   edo_base64_decode(text, EDO_BASE64_LAX, &key) == 0 && key.len == KEY_BYTES;
    edo_buf_deinit(&key);
    return is_good;
}

/* May the page connect? A browser always names its origin (RFC 6455 section 10.2). */
static bool is_welcome(const handshake *h) {
    const edo_ws_opts *o = h->opts;
    edo_str origin = edoi_request_origin(h->req);
    if (o->any_origin || !origin.ptr || edoi_is_own_origin(h->req, origin)) return true;
    for (size_t i = 0; i < o->origins_n; i++)
        if (edo_str_equal(origin, edo_str_of(o->origins[i]))) return true;
    return false;
}

static int handshake_check(handshake *h) {
    if (!edoi_all_zero(h->opts->reserved, EDO_COUNT(h->opts->reserved))) return -EINVAL;
    if (h->opts->protocols_n > EDO_WS_PROTOCOLS_MAX) return -EINVAL;
    if (h->req->method != EDO_METHOD_GET) return refuse_method(h);
    if (!handshake_is_upgrade(h)) return refuse_version(h);
    if (!handshake_is_http2(h) && (!is_key(header(h, EDO_HEADER_SEC_WEBSOCKET_KEY)) ||
                                   !handshake_is_single(h, EDO_HEADER_SEC_WEBSOCKET_KEY)))
        return handshake_refuse(h, -EINVAL, EDO_STATUS_BAD_REQUEST, "a bad Sec-WebSocket-Key");
    if (h->req->length != 0 && !handshake_is_http2(h))
        return handshake_refuse(h, -EINVAL, EDO_STATUS_BAD_REQUEST,
                                "a WebSocket begins with no body");
    return is_welcome(h)
               ? 0
               : handshake_refuse(h, -EACCES, EDO_STATUS_FORBIDDEN, "a page of another origin");
}

/* ---- The response ---------------------------------------------------------------------------- */

static int set_accept(handshake *h) {
    char accept[EDOI_WS_ACCEPT_BYTES];
    edoi_ws_accept_of(accept, header(h, EDO_HEADER_SEC_WEBSOCKET_KEY)); // 24 bytes
    return edo_headers_set(&h->res->headers, EDO_HEADER_SEC_WEBSOCKET_ACCEPT,
                           (edo_str){ accept, sizeof accept });
}

/* Agrees on the first of our protocols that the client offers. */
static void handshake_agree(handshake *h) {
    for (uint8_t i = 0; i < h->opts->protocols_n && h->protocol == 0; i++)
        if (names(h, EDO_HEADER_SEC_WEBSOCKET_PROTOCOL, h->opts->protocols[i], false))
            h->protocol = (uint8_t)(i + 1);
}

static const char *handshake_protocol(const handshake *h) {
    return h->protocol > 0 ? h->opts->protocols[h->protocol - 1] : NULL;
}

/* Agrees on compression, if both ends can. Returns 0 or -ENOMEM. */
static int agree_on_deflate(handshake *h, edo_ws *ws) {
    edoi_ws_agreed agreed = { 0 };
    char text[EDOI_WS_EXTENSION_MAX];
    const edo_header *f = NULL;
    bool is_agreed = false;
    if (!h->opts->deflate || !edoi_ws_can_deflate()) return 0;
    while (!is_agreed &&
           (f = edo_headers_next(&h->req->headers, f, EDO_HEADER_SEC_WEBSOCKET_EXTENSIONS)))
        is_agreed = edoi_ws_agree(&agreed, f->value, h->opts);
    if (!is_agreed) return 0;
    ws->deflate = edo_rc_new(sizeof *ws->deflate, NULL);
    if (!ws->deflate) return -ENOMEM;
    *ws->deflate = (edoi_ws_deflate){ .agreed = agreed,
                                      .level = h->opts->deflate_level,
                                      .ratio_max = h->opts->deflate_ratio_max };
    return edo_headers_set(&h->res->headers, EDO_HEADER_SEC_WEBSOCKET_EXTENSIONS,
                           (edo_str){ text, edoi_ws_print_agreed(text, &agreed) });
}

static int set_headers(handshake *h, const char *protocol) {
    edo_headers *headers = &h->res->headers;
    int err = handshake_is_http2(h) ? 0 : set_accept(h);
    if (err == 0) err = edo_headers_set(headers, EDO_HEADER_UPGRADE, EDO_STR("websocket"));
    if (err == 0 && protocol)
        err = edo_headers_set(headers, EDO_HEADER_SEC_WEBSOCKET_PROTOCOL, edo_str_of(protocol));
    return err;
}

/* Gives the connection to the socket. After the 101 a failure can only be told by a close. */
static int handshake_attach(edo_ws *ws, handshake *h) {
    edo_stream *stream = NULL;
    edo_str rest = { 0 };
    int err = set_headers(h, handshake_protocol(h));
    if (err == 0) err = agree_on_deflate(h, ws);
    if (err == 0) err = edo_upgrade_raw(h->req, h->res, &stream, &rest);
    if (err < 0) return err;
    if (!stream) return -EINVAL; // it never is; the compiler does not know
    err = edoi_ws_attach(ws, stream, rest);
    if (err < 0) (void)edoi_ws_send_close(ws, EDO_WS_CLOSE_ERROR, EDO_STR(""));
    return err;
}

/* Shakes hands for a socket, which is NULL if there was no memory. Takes it on failure. */
static int handshake_begin(handshake *h, edo_ws *ws) {
    if (!ws) return -ENOMEM;
    int err = handshake_attach(ws, h);
    if (err < 0) edo_rc_unref(ws);
    return err;
}

static int begin_waiting(edo_ws **out, handshake *h) {
    int err = handshake_check(h);
    if (err < 0) return err;
    handshake_agree(h);
    edo_ws *ws = edoi_ws_waiting_new(h->opts, edo_request_drain(h->req));
    if (ws) edoi_ws_waiting_of(ws)->protocol = handshake_protocol(h);
    err = handshake_begin(h, ws);
    if (err < 0) return err;
    edo_up_down_add(h->opts->open, 1);
    *out = ws;
    return 0;
}

static handshake handshake_of(edo_web *w, const edo_ws_opts *opts) {
    static const edo_ws_opts defaults;
    return (handshake){ .req = w->req,
                        .res = w->res,
                        .opts = opts ? opts : &defaults,
                        .route = w->to.place ? &w->to.place->leaf.pattern->text : NULL };
}

int edo_ws_upgrade(edo_ws **out, edo_web *w, const edo_ws_opts *opts) {
    handshake h = handshake_of(w, opts);
    int err = edo_budget_consume();
    if (err == 0) err = begin_waiting(out, &h);
    if (err == 0) {
        w->ws = *out;
        edoi_ws_give_to_request(*out);
    }
    return h.status ? edoi_web_refuse(w, err, h.status, h.why) : err;
}

static int begin_detached(handshake *h, const edo_ws_handler *handler, void *arg) {
    if (handler->reserved[0] || handler->reserved[1] || handler->reserved[2]) return -EINVAL;
    int err = handshake_check(h);
    if (err < 0) return err;
    handshake_agree(h);
    edo_ws *ws = edoi_ws_detached_new(h->opts, handler, arg, h->route, h->protocol);
    err = handshake_begin(h, ws);
    if (err < 0) return err;
    err = edoi_ws_detach(ws, h->req);
    if (err < 0) edo_rc_unref(ws);
    return err;
}

int edo_ws_handle(edo_web *w, const edo_ws_handler *h, void *arg, const edo_ws_opts *opts) {
    handshake shake = handshake_of(w, opts);
    int err = edo_budget_consume();
    if (err == 0) err = begin_detached(&shake, h, arg);
    return shake.status ? edoi_web_refuse(w, err, shake.status, shake.why) : err;
}

const char *edo_ws_protocol(const edo_ws *ws) {
    return ws->driver->protocol(ws);
}
