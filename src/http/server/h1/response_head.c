/* SPDX-License-Identifier: MIT */
/* http/server/h1/response_head.c: see response_head.h. */
#include "http/server/h1/response_head.h"

#include "http/h1/pen.h"
#include "http/headers/map.h"
#include "http/server/exchange/date.h"
#include "http/server/exchange/length.h"

#include <edo/error.h>

#include <errno.h>

/* Does the server set this field? It does for the framing of the message, and for how long the
 * connection lasts. */
static bool response_head_is_ours(uint16_t id) {
    return id == EDO_HEADER_CONTENT_LENGTH || id == EDO_HEADER_TRANSFER_ENCODING ||
           id == EDO_HEADER_CONNECTION || id == EDO_HEADER_KEEP_ALIVE || id == EDO_HEADER_DATE;
}

static size_t response_head_bytes_of(edo_headers *h) {
    size_t bytes = 0;
    const edo_header *f = h->fields;
    for (uint32_t i = h->n; i > 0; i--, f++)
        bytes += f->name.len + f->value.len + sizeof ": \r\n" - 1;
    return bytes;
}

static void response_head_put_headers(edoi_pen *p, edo_headers *h) {
    const edo_header *f = h->fields;
    for (uint32_t i = h->n; i > 0; i--, f++) {
        if (response_head_is_ours(f->id)) continue;
        edoi_pen_str(p, f->name);
        EDOI_PEN(p, ": ");
        edoi_pen_str(p, f->value);
        EDOI_PEN(p, "\r\n");
    }
}

static void put_status_line(edoi_pen *p, edo_status status, edo_str reason) {
    if (status == EDO_STATUS_OK && reason.len == 0) {
        EDOI_PEN(p, "HTTP/1.1 200 OK\r\n");
        return;
    }
    EDOI_PEN(p, "HTTP/1.1 ");
    edoi_pen_number(p, status);
    EDOI_PEN(p, " ");
    edoi_pen_str(p, reason.len > 0 ? reason : edo_status_reason(status));
    EDOI_PEN(p, "\r\n");
}

/* Bytes, at most, of all lines but those of the handler's fields. */
#define OTHER_LINES_MAX 320u

/* A head that is being printed: into the output, or into memory of its own if it is too large. */
typedef struct head_print {
    edoi_pen pen;
    char *begin;
} head_print;

/* Finds room for a head of at most `bytes`. */
static int exchange_begin(edoi_http_exchange *x, head_print *p, size_t bytes) {
    if (edoi_output_room(&x->h1->out) < bytes) {
        int err = edoi_output_flush(&x->h1->out);
        if (err < 0) return err;
    }
    bool is_large = bytes > sizeof x->h1->out.bytes;
    p->begin = is_large ? edo_arena_text(&x->arena, bytes) : x->h1->out.bytes + x->h1->out.end;
    if (!p->begin) return -ENOMEM;
    p->pen.at = p->begin;
    return 0;
}

/* Sends a head that lies in memory of its own. If that fails a part may have left, so no other head
 * can follow. */
static EDOI_NOINLINE int send_large(edoi_http_exchange *x, const char *head, size_t n) {
    int err = edoi_output_send(&x->h1->out, head, n);
    if (err < 0) x->reply.head_sent = x->reply.failed = true;
    return err;
}

static int exchange_end(edoi_http_exchange *x, head_print *p) {
    EDOI_PEN(&p->pen, "\r\n");
    size_t n = (size_t)(p->pen.at - p->begin), most = x->server->opts.response_head_bytes_max;
    if (EDOI_UNLIKELY(n > most))
        return edo_fail(-EMSGSIZE, "the head of the response is larger than %zu bytes", most);
    if (EDOI_UNLIKELY(x->server->opts.title_case)) edoi_title_case(p->begin, p->pen.at);
    if (EDOI_UNLIKELY(p->begin != x->h1->out.bytes + x->h1->out.end))
        return send_large(x, p->begin, n);
    x->h1->out.end += (uint32_t)n;
    return 0;
}

static void exchange_put_framing(edoi_pen *p, edoi_framing framing, edo_str length) {
    if (framing == EDOI_FRAMING_CHUNKED) EDOI_PEN(p, "transfer-encoding: chunked\r\n");
    if (length.len == 0) return;
    EDOI_PEN(p, "content-length: ");
    edoi_pen_str(p, length);
    EDOI_PEN(p, "\r\n");
}

/* Prints Connection. A response with Upgrade, 101 or 426, is named there (RFC 9110 section 7.8). */
static void put_connection(edoi_http_exchange *x, edoi_pen *p) {
    bool names_upgrade = edoi_headers_has(&x->res.headers, EDO_HEADER_UPGRADE);
    if (EDOI_UNLIKELY(x->upgraded || (names_upgrade && x->keeps))) {
        EDOI_PEN(p, "connection: upgrade\r\n");
    } else if (EDOI_UNLIKELY(names_upgrade)) {
        EDOI_PEN(p, "connection: close, upgrade\r\n");
    } else if (!x->keeps) {
        EDOI_PEN(p, "connection: close\r\n");
    } else if (x->req.version == EDO_HTTP_10) {
        EDOI_PEN(p, "connection: keep-alive\r\n");
    }
}

int edoi_http_print_head(edoi_http_exchange *x, edoi_framing framing, uint64_t length) {
    const edo_http_server_opts *o = &x->server->opts;
    edo_str server = o->server_name ? edo_str_of(o->server_name) : (edo_str){ 0 };
    head_print printed;
    edoi_pen *p = &printed.pen;
    edo_str reason = x->res.reason;
    char digits[EDOI_HTTP_LENGTH_TEXT];
    edo_str said;
    int err = edoi_http_length_text(x, framing, length, digits, &said);
    if (err < 0) return err;
    err = exchange_begin(x, &printed,
                         response_head_bytes_of(&x->res.headers) + reason.len + server.len +
                             OTHER_LINES_MAX);
    if (err < 0) return err;
    put_status_line(p, x->res.status, reason);
    response_head_put_headers(p, &x->res.headers);
    exchange_put_framing(p, framing, said);
    put_connection(x, p);
    if (server.len > 0) {
        EDOI_PEN(p, "server: ");
        edoi_pen_str(p, server);
        EDOI_PEN(p, "\r\n");
    }
    if (!o->no_date) edoi_pen_bytes(p, edoi_http_date_line(), EDOI_DATE_BYTES);
    return exchange_end(x, &printed);
}

int edoi_http_print_informational(edoi_http_exchange *x, edo_status status, edo_headers *headers) {
    head_print p;
    int err =
        exchange_begin(x, &p, (headers ? response_head_bytes_of(headers) : 0) + OTHER_LINES_MAX);
    if (err < 0) return err;
    put_status_line(&p.pen, status, EDO_STR(""));
    if (headers) response_head_put_headers(&p.pen, headers);
    return exchange_end(x, &p);
}
