/* SPDX-License-Identifier: MIT */
/* web/ws/handshake.c: the server's side of the handshake (RFC 6455 section 4.2). */
#include "web/request/origin.h"
#include "web/request/web.h"
#include "web/ws/accept.h"
#include "web/ws/ws.h"

#include <edo/http_headers.h>
#include <edo/http_upgrade.h>

#include <errno.h>
#include <strings.h>

#define KEY_BYTES 16u

/* A request that would become a WebSocket. */
typedef struct handshake {
    edo_request *req;
    edo_response *res;
    const edo_ws_opts *opts;
    edo_status status; /* why it cannot, if that is not 0 */
    const char *why;   /* may be NULL */
} handshake;

static edo_str header(const handshake *h, edo_header_id id) {
    return edo_headers_get(&h->req->headers, id);
}

static bool is_word(edo_str s, const char *word) {
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

/* Does a list, which may be in several fields, name the word? In any case of its letters, or as it
 * is. */
static bool names(const handshake *h, edo_header_id id, const char *word, bool in_any_case) {
    const edo_header *f = NULL;
    while ((f = edo_headers_next(&h->req->headers, f, id))) {
        edo_str list = f->value;
        edo_preference p;
        while (edo_accept_next(&p, &list) > 0)
            if (in_any_case ? is_word(p.value, word) : edo_str_equal(p.value, edo_str_of(word)))
                return true;
    }
    return false;
}

/* ---- Whether it can be ----------------------------------------------------------------------- */

static int refuse(handshake *h, int err, edo_status status, const char *why) {
    h->status = status;
    h->why = why;
    return err;
}

static int refuse_version(handshake *h) {
    edo_headers *headers = &h->res->headers;
    int err = edo_headers_set(headers, EDO_HEADER_SEC_WEBSOCKET_VERSION, EDO_STR("13"));
    if (err == 0) err = edo_headers_set(headers, EDO_HEADER_UPGRADE, EDO_STR("websocket"));
    return err < 0 ? err
                   : refuse(h, -EINVAL, EDO_STATUS_UPGRADE_REQUIRED,
                            "a WebSocket of version 13 is wanted");
}

static int refuse_method(handshake *h) {
    int err = edo_headers_set(&h->res->headers, EDO_HEADER_ALLOW, EDO_STR("GET"));
    return err < 0 ? err : refuse(h, -EINVAL, EDO_STATUS_METHOD_NOT_ALLOWED, NULL);
}

static bool is_single(const handshake *h, edo_header_id id) {
    return edoi_ws_is_single(&h->req->headers, id);
}

static bool is_upgrade(const handshake *h) {
    return h->req->version == EDO_HTTP_11 && names(h, EDO_HEADER_CONNECTION, "upgrade", true) &&
           names(h, EDO_HEADER_UPGRADE, "websocket", true) &&
           edo_str_equal(header(h, EDO_HEADER_SEC_WEBSOCKET_VERSION), EDO_STR("13")) &&
           is_single(h, EDO_HEADER_SEC_WEBSOCKET_VERSION);
}

static bool is_key(edo_str text) {
    edo_buf key = { 0 };
    bool is_good = text.len == EDOI_WS_KEY_BYTES && // lax: the RFC's own example needs it
                   edo_base64_decode(text, EDO_BASE64_LAX, &key) == 0 && key.len == KEY_BYTES;
    edo_buf_deinit(&key);
    return is_good;
}

/* May the page connect? A browser always says where it comes from (RFC 6455 section 10.2). */
static bool is_welcome(const handshake *h) {
    const edo_ws_opts *o = h->opts;
    edo_str origin = edoi_request_origin(h->req);
    if (o->any_origin || !origin.ptr || edoi_is_own_origin(h->req, origin)) return true;
    for (size_t i = 0; i < o->origins_n; i++)
        if (edo_str_equal(origin, edo_str_of(o->origins[i]))) return true;
    return false;
}

static int check(handshake *h) {
    for (size_t i = 0; i < EDO_COUNT(h->opts->reserved); i++)
        if (h->opts->reserved[i] != 0) return -EINVAL;
    if (h->req->method != EDO_METHOD_GET) return refuse_method(h);
    if (!is_upgrade(h)) return refuse_version(h);
    if (!is_key(header(h, EDO_HEADER_SEC_WEBSOCKET_KEY)) ||
        !is_single(h, EDO_HEADER_SEC_WEBSOCKET_KEY))
        return refuse(h, -EINVAL, EDO_STATUS_BAD_REQUEST, "a bad Sec-WebSocket-Key");
    if (h->req->length != 0)
        return refuse(h, -EINVAL, EDO_STATUS_BAD_REQUEST, "a WebSocket begins with no body");
    return is_welcome(h) ? 0 : refuse(h, -EACCES, EDO_STATUS_FORBIDDEN, "a page of another origin");
}

/* ---- The response ---------------------------------------------------------------------------- */

static int set_accept(handshake *h) {
    char accept[EDOI_WS_ACCEPT_BYTES];
    edoi_ws_accept_of(accept, header(h, EDO_HEADER_SEC_WEBSOCKET_KEY)); // 24 bytes
    return edo_headers_set(&h->res->headers, EDO_HEADER_SEC_WEBSOCKET_ACCEPT,
                           (edo_str){ accept, sizeof accept });
}

/* The first of ours that the client offers. */
static const char *agree(const handshake *h) {
    for (size_t i = 0; i < h->opts->protocols_n; i++)
        if (names(h, EDO_HEADER_SEC_WEBSOCKET_PROTOCOL, h->opts->protocols[i], false))
            return h->opts->protocols[i];
    return NULL;
}

/* Agrees on compression, if both can. Returns 0 or -ENOMEM. */
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
    int err = set_accept(h);
    if (err == 0) err = edo_headers_set(headers, EDO_HEADER_UPGRADE, EDO_STR("websocket"));
    if (err == 0 && protocol)
        err = edo_headers_set(headers, EDO_HEADER_SEC_WEBSOCKET_PROTOCOL, edo_str_of(protocol));
    return err;
}

/* After the 101 a failure is a close. */
static int attach(edo_ws *ws, handshake *h) {
    edo_stream *stream = NULL;
    edo_str rest = { 0 };
    int err = set_headers(h, ws->protocol);
    if (err == 0) err = agree_on_deflate(h, ws);
    if (err == 0) err = edo_upgrade_raw(h->req, h->res, &stream, &rest);
    if (err < 0) return err;
    if (!stream) return -EINVAL; // never: it tells the compiler so
    err = edoi_ws_attach(ws, stream, rest);
    if (err < 0) (void)edoi_ws_send_close(ws, EDO_WS_CLOSE_ERROR, EDO_STR(""));
    return err;
}

static int begin(edo_ws **out, handshake *h, bool is_detached) {
    int err = check(h);
    if (err < 0) return err;
    edo_ws *ws = edoi_ws_new(h->opts, !is_detached);
    if (!ws) return -ENOMEM;
    ws->protocol = agree(h);
    ws->drain = edo_request_drain(h->req);
    err = attach(ws, h);
    if (err < 0) {
        edo_rc_unref(ws);
        return err;
    }
    *out = ws;
    return 0;
}

static handshake handshake_of(edo_request *req, edo_response *res, const edo_ws_opts *opts) {
    static const edo_ws_opts defaults;
    return (handshake){ .req = req, .res = res, .opts = opts ? opts : &defaults };
}

/* Makes a refusal the response of a bare handler, and returns `err`. */
static int respond(const handshake *h, int err) {
    if (!h->status) return err;
    edo_str why = h->why ? edo_str_of(h->why) : edo_status_reason(h->status);
    int made = edo_response_text(h->res, h->status, why);
    return made < 0 ? made : err;
}

int edo_ws_upgrade(edo_ws **out, edo_web *w, const edo_ws_opts *opts) {
    handshake h = handshake_of(w->req, w->res, opts);
    int err = begin(out, &h, false);
    if (err == 0) {
        w->ws = *out;
        w->ws->is_owned = true;
    }
    return h.status ? edoi_web_refuse(w, err, h.status, h.why) : err;
}

int edo_ws_accept(edo_ws **out, edo_request *req, edo_response *res, const edo_ws_opts *opts) {
    handshake h = handshake_of(req, res, opts);
    return respond(&h, begin(out, &h, false));
}

static int begin_detached(handshake *h, const edo_ws_handler *handler, void *arg) {
    edo_ws *ws;
    for (size_t i = 0; i < EDO_COUNT(handler->reserved); i++)
        if (handler->reserved[i]) return -EINVAL;
    int err = begin(&ws, h, true);
    if (err < 0) return err;
    err = edoi_ws_detach(ws, h->req, handler, arg);
    if (err < 0) edo_rc_unref(ws);
    return err;
}

int edo_ws_handle(edo_web *w, const edo_ws_handler *h, void *arg, const edo_ws_opts *opts) {
    handshake shake = handshake_of(w->req, w->res, opts);
    int err = begin_detached(&shake, h, arg);
    return shake.status ? edoi_web_refuse(w, err, shake.status, shake.why) : err;
}

int edo_ws_handle_request(edo_request *req, edo_response *res, const edo_ws_handler *h, void *arg,
                          const edo_ws_opts *opts) {
    handshake shake = handshake_of(req, res, opts);
    int err = respond(&shake, begin_detached(&shake, h, arg));
    return shake.status && err != -ENOMEM ? 0 : err; // the response was made
}

const char *edo_ws_protocol(const edo_ws *ws) {
    return ws->protocol;
}
