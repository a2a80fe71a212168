/* SPDX-License-Identifier: MIT */
/* web/ws/upgrade.c: the server's side of the handshake (RFC 6455 section 4.2). */
#include "web/request/web.h"
#include "web/ws/sha1.h"
#include "web/ws/ws.h"

#include <edo/http_headers.h>

#include <errno.h>
#include <strings.h>

#define KEY_BYTES       16u
#define MESSAGE_MAX     ((size_t)16 << 20)
#define PING_INTERVAL_S 30
#define PING_TIMEOUT_S  10
#define WRITE_TIMEOUT_S 30
#define MAGIC           "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static edo_str header(edo_web *w, edo_header_id id) {
    return edo_headers_get(&w->req->headers, id);
}

static bool is_word(edo_str s, const char *word) {
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

/* Does a list, which may be in several fields, name the word? In any case of its letters, or as it
 * is. */
static bool names(edo_web *w, edo_header_id id, const char *word, bool in_any_case) {
    const edo_header *f = NULL;
    while ((f = edo_headers_next(&w->req->headers, f, id))) {
        edo_str list = f->value;
        edo_preference p;
        while (edo_accept_next(&p, &list) > 0)
            if (in_any_case ? is_word(p.value, word) : edo_str_equal(p.value, edo_str_of(word)))
                return true;
    }
    return false;
}

/* ---- Whether it can be ----------------------------------------------------------------------- */

static int refuse_version(edo_web *w) {
    int err = edo_web_set_header(w, "sec-websocket-version", "13");
    if (err == 0) err = edo_web_set_header(w, "upgrade", "websocket");
    return err < 0 ? err
                   : edoi_web_refuse(w, -EINVAL, EDO_STATUS_UPGRADE_REQUIRED,
                                     "a WebSocket of version 13 is wanted");
}

static int refuse_method(edo_web *w) {
    int err = edo_headers_set(&w->res->headers, EDO_HEADER_ALLOW, EDO_STR("GET"));
    return err < 0 ? err : edoi_web_refuse(w, -EINVAL, EDO_STATUS_METHOD_NOT_ALLOWED, NULL);
}

static bool is_upgrade(edo_web *w) {
    return w->req->version == EDO_HTTP_11 && names(w, EDO_HEADER_CONNECTION, "upgrade", true) &&
           names(w, EDO_HEADER_UPGRADE, "websocket", true) &&
           edo_str_equal(header(w, EDO_HEADER_SEC_WEBSOCKET_VERSION), EDO_STR("13"));
}

static bool is_key(edo_str text) {
    edo_buf key = { 0 };
    bool is_good = edo_base64_decode(text, EDO_BASE64_STRICT, &key) == 0 && key.len == KEY_BYTES;
    edo_buf_deinit(&key);
    return is_good;
}

/* The part of an origin behind its scheme. */
static edo_str host_of(edo_str origin) {
    const char *mark = memchr(origin.ptr, ':', origin.len);
    size_t n = mark ? (size_t)(mark - origin.ptr) + 3 : 0;
    if (n == 0 || n > origin.len) return (edo_str){ 0 };
    return (edo_str){ origin.ptr + n, origin.len - n };
}

/* May the page connect? A browser always says where it comes from (RFC 6455 section 10.2). */
static bool is_welcome(edo_web *w, const edo_ws_opts *o) {
    edo_str origin = header(w, EDO_HEADER_ORIGIN), host = header(w, EDO_HEADER_HOST);
    if (o->any_origin || !origin.ptr) return true;
    edo_str own = host_of(origin);
    if (own.len > 0 && own.len == host.len && strncasecmp(own.ptr, host.ptr, host.len) == 0)
        return true;
    for (size_t i = 0; i < o->origins_n; i++)
        if (edo_str_equal(origin, edo_str_of(o->origins[i]))) return true;
    return false;
}

static int check(edo_web *w, const edo_ws_opts *o) {
    for (size_t i = 0; i < EDO_COUNT(o->reserved); i++)
        if (o->reserved[i] != 0) return -EINVAL;
    if (w->req->method != EDO_METHOD_GET) return refuse_method(w);
    if (!is_upgrade(w)) return refuse_version(w);
    if (!is_key(header(w, EDO_HEADER_SEC_WEBSOCKET_KEY)))
        return edoi_web_refuse(w, -EINVAL, EDO_STATUS_BAD_REQUEST, "a bad Sec-WebSocket-Key");
    if (w->req->length != 0)
        return edoi_web_refuse(w, -EINVAL, EDO_STATUS_BAD_REQUEST,
                               "a WebSocket begins with no body");
    if (!is_welcome(w, o))
        return edoi_web_refuse(w, -EACCES, EDO_STATUS_FORBIDDEN, "a page of another origin");
    return 0;
}

/* ---- The response ---------------------------------------------------------------------------- */

static int set_accept(edo_web *w) {
    char text[64];
    unsigned char hash[EDOI_SHA1_BYTES];
    edo_buf accept = { 0 };
    edo_str key = header(w, EDO_HEADER_SEC_WEBSOCKET_KEY); // 24 bytes
    memcpy(text, key.ptr, key.len);
    memcpy(text + key.len, MAGIC, sizeof MAGIC - 1);
    edoi_sha1(hash, (edo_str){ text, key.len + sizeof MAGIC - 1 });
    int err = edo_base64_encode((edo_str){ (const char *)hash, sizeof hash }, &accept);
    if (err == 0)
        err = edo_headers_set(&w->res->headers, EDO_HEADER_SEC_WEBSOCKET_ACCEPT,
                              (edo_str){ accept.ptr, accept.len });
    edo_buf_deinit(&accept);
    return err;
}

/* The first of ours that the client offers. */
static const char *agree(edo_web *w, const edo_ws_opts *o) {
    for (size_t i = 0; i < o->protocols_n; i++)
        if (names(w, EDO_HEADER_SEC_WEBSOCKET_PROTOCOL, o->protocols[i], false))
            return o->protocols[i];
    return NULL;
}

static int set_headers(edo_web *w, const char *protocol) {
    int err = set_accept(w);
    if (err == 0) err = edo_web_set_header(w, "upgrade", "websocket");
    if (err == 0 && protocol) err = edo_web_set_header(w, "sec-websocket-protocol", protocol);
    return err;
}

static void fill_in(edo_ws_opts *o) {
    if (o->message_max == 0) o->message_max = MESSAGE_MAX;
    if (o->ping_interval.ns == 0) o->ping_interval = edo_s(PING_INTERVAL_S);
    if (o->ping_timeout.ns == 0) o->ping_timeout = edo_s(PING_TIMEOUT_S);
    if (o->write_timeout.ns == 0) o->write_timeout = edo_s(WRITE_TIMEOUT_S);
}

int edo_ws_upgrade(edo_ws **out, edo_web *w, const edo_ws_opts *opts) {
    edo_ws_opts o = { 0 };
    if (opts) o = *opts;
    fill_in(&o);
    int err = check(w, &o);
    if (err < 0) return err;
    edo_ws *ws = edo_arena_alloc(w->req->arena, sizeof *ws);
    if (!ws) return -ENOMEM;
    *ws = (edo_ws){ .opts = o,
                    .drain = edo_request_drain(w->req),
                    .protocol = agree(w, &o),
                    .sending = EDO_MUTEX_INIT };
    err = set_headers(w, ws->protocol);
    if (err == 0) err = edo_upgrade(w->req, w->res, &ws->stream);
    if (err < 0) return err;
    *out = w->ws = ws;
    return 0;
}

const char *edo_ws_protocol(const edo_ws *ws) {
    return ws->protocol;
}
