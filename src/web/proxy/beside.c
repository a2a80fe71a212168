/* SPDX-License-Identifier: MIT */
/* web/proxy/beside.c: waits for the client to take bytes of the response. What is left of its
 * request goes on meanwhile: a client may write all of that before it reads. */
#include "http/client/response.h"
#include "web/proxy/proxy.h"

typedef struct beside_future {
    edo_future base;
    edo_future *what; /* borrowed */
    edo_http_response *got;
    edo_io_wait none; /* ends the waits of the upload, which has its own */
} beside_future;

static void beside_end(beside_future *f) {
    edo_stream *body = f->got->body;
    body->ops->unwait(body, &f->none);
}

static edo_polled beside_poll(edo_future *base, edo_cx *cx) {
    beside_future *f = (beside_future *)(void *)base;
    if (edo_poll(f->what, cx) == EDO_PENDING) {
        f->got->edoi_ops->upload(f->got, cx);
        return EDO_PENDING;
    }
    beside_end(f);
    return edo_future_finish(base, edo_future_result(f->what));
}

static void beside_drop(edo_future *base) {
    beside_future *f = (beside_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    edo_drop(f->what);
    beside_end(f);
    edo_future_retire(base);
}

static const edo_future_ops beside_ops = { .poll = beside_poll,
                                           .drop = beside_drop,
                                           .name = "edo_proxy_respond",
                                           .size = sizeof(beside_future),
                                           .flags = EDO_FUTURE_NOT_CANCEL_SAFE };

int edoi_proxy_beside_upload(const edoi_proxied *p, edo_future *what) {
    if (!p->has_body || !p->got->edoi_ops->upload) return edo_await(what);
    beside_future f = { .what = what, .got = p->got };
    return edo_await(edo_future_init(&f.base, &beside_ops));
}
