/* SPDX-License-Identifier: MIT */
/* web/sse/connect.c: the connections of a client of events that was given an address. Each is one
 * request, with the fields that EventSource sends (WHATWG HTML, "The EventSource interface"). */
#include "web/sse/connect.h"
#include "base/text/ascii.h"

#include "client/client.h"
#include "client/fetch/fetch.h"
#include "http/client/host.h"

#include <edo/error.h>
#include <edo/http1.h>
#include <edo/http_fields.h>
#include <edo/scope.h>
#include <edo/uri.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMEOUT_S   10 /* s: until the head of the response has come */
#define ADDRESS_MAX 300u

/* Counted. */
struct edoi_sse_place {
    const edo_headers *headers; /* borrowed; NULL: none */
    edo_http_client *client;    /* borrowed; makes the connections, if `by_client`; NULL: the
                                   runtime's own */
    bool by_client;             /* else they are plain ones to `address` */
    edo_http1 *http;            /* NULL: not connected */
    edo_buf target, url;
    char address[ADDRESS_MAX]; /* "example.com:80" */
};

/* ---- The address ----------------------------------------------------------------------------- */

static int sse_connect_print_target(edo_buf *target, const edo_uri *uri) {
    edo_str path = uri->path.len > 0 ? uri->path : EDO_STR("/");
    int err = edo_buf_append(target, path.ptr, path.len);
    if (err == 0 && uri->query.ptr) err = edo_buf_append(target, "?", 1);
    if (err == 0 && uri->query.len > 0)
        err = edo_buf_append(target, uri->query.ptr, uri->query.len);
    return err;
}

static int read_url(edoi_sse_place *p, edo_str url) {
    edo_uri uri;
    int err = edoi_client_parse_url(&uri, url);
    if (err < 0) return err;
    bool is_plain = edoi_equal_nocase(uri.scheme, EDO_STR("http"));
    if (!is_plain && !edoi_equal_nocase(uri.scheme, EDO_STR("https"))) return -ENOTSUP;
    p->by_client = p->client || !is_plain;
    edo_str port = uri.port.len > 0 ? uri.port : is_plain ? EDO_STR("80") : EDO_STR("443");
    int n = snprintf(p->address, sizeof p->address, "%.*s:%.*s", (int)uri.host.len, uri.host.ptr,
                     (int)port.len, port.ptr);
    if (uri.host.len == 0 || n < 0 || (size_t)n >= sizeof p->address) return -EINVAL;
    if (edo_uri_port(&uri) < 0) return -EINVAL;
    if (p->by_client) err = edo_buf_append(&p->url, url.ptr, url.len);
    if (err < 0) return err;
    edoi_zone_decode(p->address);
    return sse_connect_print_target(&p->target, &uri);
}

static void sse_connect_deinit(void *self) {
    edoi_sse_place *p = self;
    edo_http1_close(p->http);
    edo_buf_deinit(&p->target);
    edo_buf_deinit(&p->url);
}

int edoi_sse_place_new(edoi_sse_place **out, edo_str url, const edo_headers *headers,
                       edo_http_client *client) {
    edoi_sse_place *p = edo_rc_new(sizeof *p, sse_connect_deinit);
    if (!p) return -ENOMEM;
    *p = (edoi_sse_place){ .headers = headers, .client = client };
    int err = read_url(p, url);
    if (err < 0) {
        edo_rc_unref(p);
        return err;
    }
    *out = p;
    return 0;
}

/* ---- A connection ---------------------------------------------------------------------------- */

static int sse_connect_set_fields(edo_headers *h, const edoi_sse_place *p, edo_str last_id) {
    int err = 0;
    const edo_header *f;
    for (size_t i = 0; err == 0 && p->headers && (f = edo_headers_at(p->headers, i)); i++)
        err = edo_headers_add(h, f);
    if (err == 0) err = edo_headers_set(h, EDO_HEADER_ACCEPT, EDO_STR("text/event-stream"));
    if (err == 0) err = edo_headers_set(h, EDO_HEADER_CACHE_CONTROL, EDO_STR("no-store"));
    if (err < 0 || last_id.len == 0) return err;
    err = edo_headers_set(h, EDO_HEADER_LAST_EVENT_ID, last_id);
    return err == -EINVAL ? 0 : err; // no field can have it: the source begins anew
}

/* Is it a response of events? */
static int response_look_at(const edo_http_response *res) {
    edo_media_type type;
    if (res->status == EDO_STATUS_NO_CONTENT) return -EDO_ECLOSED;
    if (res->status != EDO_STATUS_OK) return -EACCES;
    int err = edo_media_type_parse(&type, edo_headers_get(&res->headers, EDO_HEADER_CONTENT_TYPE));
    bool is = err == 0 && edo_media_type_is(&type, EDO_STR("text"), EDO_STR("event-stream"));
    return is ? 0 : -EPROTO;
}

/* Writes the Host: without the port that is the scheme's own. */
static void sse_connect_print_host(char host[ADDRESS_MAX], const edo_uri *uri) {
    int port = edo_uri_port(uri);
    bool is_usual = port == (edoi_equal_nocase(uri->scheme, EDO_STR("https")) ? 443 : 80);
    int n = snprintf(host, ADDRESS_MAX, "%.*s", (int)uri->host.len, uri->host.ptr); // it fits
    if (!is_usual) (void)snprintf(host + n, ADDRESS_MAX - (size_t)n, ":%d", port);
    edoi_zone_decode(host);
}

/* Connects as a client does that fetches: by its TLS, proxies and addresses. */
static int connect_by_client(edoi_sse_place *p) {
    edoi_client_pool_host *host = NULL;
    edo_stream *stream = NULL;
    edo_uri uri;
    int err = edo_uri_parse(&uri, (edo_str){ p->url.ptr, p->url.len });
    if (err == 0) err = edoi_client_host_of_upgrade(&host, p->client, &uri);
    if (err < 0) return err;
    err = edoi_dial_stream(&stream, host, NULL);
    edoi_client_pool_host_unref(host);
    if (err < 0) return err;
    char name[ADDRESS_MAX];
    sse_connect_print_host(name, &uri);
    err = edo_http1_over(&p->http, stream, &(edo_http1_opts){ .host = name });
    if (err < 0) edo_close(stream);
    return err;
}

static int sse_place_ask(edoi_sse_place *p, edo_str last_id, edo_stream **out) {
    edo_headers h;
    edo_http_response *res = NULL;
    int err = p->by_client ? connect_by_client(p) : edo_http1_connect(&p->http, p->address, NULL);
    if (err == -EDO_ECLOSED) err = edo_fail(-ECONNABORTED, "the connection was not made");
    if (err < 0) return err;
    edo_headers_init(&h);
    err = sse_connect_set_fields(&h, p, last_id);
    edo_http_request req = { .target = { p->target.ptr, p->target.len }, .headers = &h };
    if (err == 0) err = edo_http1_send(p->http, &res, &req);
    edo_headers_deinit(&h);
    // of a connection the code is no end of the events
    if (err == -EDO_ECLOSED) return edo_fail(-ECONNRESET, "the server has closed the connection");
    if (err == 0) err = response_look_at(res);
    if (err == 0) *out = res->body;
    return err;
}

int edoi_sse_place_open(void *place, edo_str last_id, edo_stream **out) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(TIMEOUT_S));
    int err = edo_deadline_end(&d, sse_place_ask(place, last_id, out));
    if (err < 0) edoi_sse_place_close(place, NULL);
    return err;
}

void edoi_sse_place_close(void *place, edo_stream *stream) {
    edoi_sse_place *p = place;
    (void)stream; // the connection owns it
    edo_http1_close(p->http);
    p->http = NULL;
}
