/* SPDX-License-Identifier: MIT */
/* http/server/exchange/request.c: what a handler reads from its request. */
#include "http/server/exchange/exchange.h"

#include <edo/http_upgrade.h>
#include <edo/net.h>

#include <errno.h>

#define FIRST_BYTES 4096u /* bytes, to begin with, for a body of unknown length */

edo_stream *edo_request_body(edo_request *req) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    return req->body ? req->body : x->wire->body(x);
}

void edo_request_set_body(edo_request *req, edo_stream *over, int64_t length) {
    req->body = over;
    req->length = length;
}

int edo_request_body_failure(edo_request *req) {
    const edoi_http_exchange *x = edoi_exchange_of_request(req);
    return x->wire->body_failure(x);
}

bool edo_request_is_lost(edo_request *req) {
    const edoi_http_exchange *x = edoi_exchange_of_request(req);
    return x->wire->is_lost(x);
}

edo_stream *edo_request_tls(edo_request *req) {
    const edoi_http_exchange *x = edoi_exchange_of_request(req);
    return x->server->opts.tls ? x->conn->stream : NULL;
}

edo_cancel_token *edo_request_drain(edo_request *req) {
    return edoi_exchange_of_request(req)->server->hurry;
}

edo_cancel_token *edoi_request_late(edo_request *req) {
    return edoi_exchange_of_request(req)->server->late;
}

edo_duration edo_request_write_timeout(edo_request *req) {
    return edoi_exchange_of_request(req)->server->opts.write_timeout;
}

void edo_request_lift_limits(edo_request *req) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    if (x->wire->lift_limits) x->wire->lift_limits(x);
}

const edo_headers *edo_request_trailers(edo_request *req) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    return x->wire->trailers(x);
}

edo_ext *edo_request_conn_ext(edo_request *req) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    return x->wire->conn_ext(x);
}

int edo_request_local(edo_request *req, edo_addr *out) {
    return edo_stream_local_addr(edoi_http_socket(edoi_exchange_of_request(req)->conn), out);
}

/* Returns a larger piece of the arena, which begins with the first `len` bytes of `text`. */
static char *request_grow(edo_arena *arena, const char *text, size_t len, size_t room) {
    char *grown = edo_arena_text(arena, room);
    if (grown && len > 0) memcpy(grown, text, len);
    return grown;
}

/* Returns -EMSGSIZE for a body that is too long. An informational head that was refused earlier is
 * not the reason of this failure. */
static int too_long(edo_request *req) {
    edoi_exchange_of_request(req)->reply.hints_are_refused = false;
    return -EMSGSIZE;
}

/* Reads the body to its end, into `room` bytes at `text`, and into larger pieces of memory as it
 * grows. */
static int request_collect(edo_request *req, edo_str *out, size_t most, char *text, size_t room) {
    edo_stream *body = edo_request_body(req);
    size_t len = 0;
    for (;;) {
        if (len == room) {
            if (room > most) return too_long(req);
            room = room * 2 > most ? most + 1 : room * 2;
            text = request_grow(req->arena, text, len, room);
            if (!text) return -ENOMEM;
        }
        int n = edo_read(body, text + len, room - len);
        if (n < 0) return n;
        if (n == 0) break;
        len += (size_t)n;
    }
    if (len > most) return too_long(req);
    *out = (edo_str){ text, len };
    return 0;
}

int edo_request_collect(edo_request *req, edo_str *out, size_t most) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (req->length > 0 && (uint64_t)req->length > most) return too_long(req);
    if (req->length == 0) {
        *out = EDO_STR("");
        return 0;
    }
    // the one byte beyond the limit shows that the body has ended
    size_t room = req->length > 0 ? (size_t)req->length + 1 : FIRST_BYTES;
    char *text = edo_arena_text(req->arena, room);
    return text ? request_collect(req, out, most, text, room) : -ENOMEM;
}
