/* SPDX-License-Identifier: MIT */
/* web/proxy/body.c: the body of a request on its way. The client of the server behind reads it, and
 * at its end the trailers. */
#include "web/proxy/proxy.h"

#include <errno.h>

/* The trailers are sent after the end of the body: so they are there in time. A map without memory
 * for all of them has none, since a part would be another message. */
static void proxy_body_take_trailers(edoi_proxy_body *b) {
    const edo_headers *from = edo_request_trailers(b->req);
    size_t n = from ? edo_headers_count(from) : 0;
    if (edo_headers_count(&b->trailers) > 0) return; // the end was read before
    for (size_t i = 0; i < n; i++) {
        const edo_header *f = edo_headers_at(from, i);
        if (!b->is_inner && edoi_proxy_tells_of_client(f)) continue;
        if (edo_headers_add(&b->trailers, f) < 0)
            (void)edo_headers_truncate(&b->trailers, 0), i = n;
    }
}

/* A client that breaks off, or sends what is no body, says nothing of the server behind. All that
 * the layers around the service know is its result: so that is -ECANCELED, which they pass over. */
static int proxy_body_told(edoi_relay *r, int result) {
    edoi_proxy_body *b = (edoi_proxy_body *)(void *)r;
    b->was_read |= result >= 0;
    if (result == 0) proxy_body_take_trailers(b);
    if (result >= 0) return result;
    b->failure = result;
    return -ECANCELED;
}

void edoi_proxy_body_init(edoi_proxy_body *b, edo_request *req, bool is_inner) {
    b->req = req;
    b->from = edo_request_body(req);
    b->was_read = false;
    b->failure = 0;
    b->is_inner = is_inner;
    edo_headers_init(&b->trailers);
    edoi_relay_init(&b->relay, &b->from);
    b->relay.told = proxy_body_told;
}
