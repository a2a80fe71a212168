/* SPDX-License-Identifier: MIT */
/* web/proxy/proxy.h: one request on its way through a reverse proxy. */
#ifndef EDOI_WEB_PROXY_PROXY_H
#define EDOI_WEB_PROXY_PROXY_H

#include "http/headers/map.h"
#include "web/layers/relay.h"

#include <edo/web_proxy.h>

#define EDOI_PROXY_NAME_MAX 64

/* What the routes of one edo_proxy_routes() share; const once made. */
typedef struct edoi_proxy_routes {
    edo_service *service;
    edo_str host, prefix; /* no bytes: none */
    char name[EDOI_PROXY_NAME_MAX];
    char via_10[EDOI_PROXY_NAME_MAX + 4], via_11[EDOI_PROXY_NAME_MAX + 4],
        via_2[EDOI_PROXY_NAME_MAX + 2]; /* for requests and responses of each version */
    bool strips, is_inner, no_upgrades, no_credentials, upgrades_stay;
    uint32_t tries;
    edo_duration timeout, read_timeout;
    char texts[]; /* of `host` and `prefix` */
} edoi_proxy_routes;

/* The body of the client's request, and its trailers, which are there once the body was read. */
typedef struct edoi_proxy_body {
    edoi_relay relay; /* first */
    edo_request *req;
    edo_stream *from; /* borrowed */
    edo_headers trailers;
    bool is_inner; /* as of the routes */
    bool was_read; /* a byte was, or the end */
    int failure;   /* of its reads; 0: none. The service has seen -ECANCELED */
} edoi_proxy_body;

/* Makes the stream, over edo_request_body(), and the trailers, which the caller ends. */
void edoi_proxy_body_init(edoi_proxy_body *b, edo_request *req, bool is_inner);

/* May only a proxy write the field? */
bool edoi_proxy_tells_of_client(const edo_header *f);

/* A request on its way. It lies in the request's arena and ends with the response, since the
 * response's fields lie in `got`. */
typedef struct edoi_proxied {
    const edoi_proxy_routes *proxy;
    edo_web *w;
    edo_request *req;
    edo_response *res;
    edo_headers headers; /* of the request, as it goes on; in the request's arena */
    edoi_proxy_body body;
    edo_str host;     /* that the client asks, with its port; no bytes: none */
    edo_str upgrade;  /* the protocol that the client asks for; no bytes: none */
    bool has_body;    /* of the request */
    int64_t forwards; /* as Max-Forwards has come, where it counts; else EDOI_PROXY_UNCOUNTED */
    edo_http_request ask;
    edo_http_response *got; /* NULL: none so far */
    edoi_headers_room room; /* of `headers`; not cleared */
} edoi_proxied;

/* Fills in `headers`, `host`, `upgrade` and `has_body`. Returns 0 or -ENOMEM. */
int edoi_proxy_set_fields(edoi_proxied *p);

/* Do Connection and Trailer name more fields than anybody needs, so that to compare them would take
 * long? */
bool edoi_proxy_names_too_many(const edoi_proxied *p);

#define EDOI_PROXY_UNCOUNTED (-1)

/* Fills in `forwards`. Returns 0, or -EINVAL: it is no number. */
int edoi_proxy_find_forwards(edoi_proxied *p);

/* Adds what is left of `forwards`, which is not 0. Returns 0 or -ENOMEM. */
int edoi_proxy_count_forwards(edoi_proxied *p);

/* Responds to a request that may go no further. Returns what the handler is to return. */
int edoi_proxy_respond_last(edoi_proxied *p);

/* Has the request passed this proxy already? */
bool edoi_proxy_is_loop(const edoi_proxied *p);

/* Adds the fields of `from` to our response; those that belong to its connection are left out. The
 * fields are borrowed. Returns 0 or -ENOMEM. */
int edoi_proxy_take_fields(edoi_proxied *p, const edo_headers *from);

/* Waits for `what`, which sends to the client, while the rest of the request is sent to the server
 * behind. Returns its result, or -ECANCELED. */
int edoi_proxy_beside_upload(const edoi_proxied *p, edo_future *what);

/* Sends `got` to the client. Returns what the handler is to return. */
int edoi_proxy_respond(edoi_proxied *p);

/* ---- span.c ---------------------------------------------------------------------------------- */

/* The span of a request that goes on; that of one of several tries. NULL: it has none. */
EDO_MUST_USE struct edo_span *edoi_proxy_span(const edoi_proxied *p);
EDO_MUST_USE struct edo_span *edoi_proxy_span_try(const edoi_proxied *p, uint32_t n);

/* Tells a span, which may be NULL, what has come, by which of the tries. */
void edoi_proxy_span_tell(struct edo_span *s, const edoi_proxied *p, uint32_t tries);

/* ---- respond.c ------------------------------------------------------------------------------- */

/* Responds to a request of which the service has said nothing but `err`. Returns what the handler
 * is to return. */
int edoi_proxy_respond_failure(edoi_proxied *p, int err);

#endif
