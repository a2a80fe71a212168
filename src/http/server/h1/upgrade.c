/* SPDX-License-Identifier: MIT */
/* http/server/h1/upgrade.c: gives the connection's own stream to the handler. */
#include "http/server/h1/h1.h"

#include "http/server/exchange/hooks.h"
#include "http/server/h1/response_head.h"

#include <errno.h>

/* Ends HTTP on the connection, once the head is printed: no response follows, even if the head
 * leaves in part. */
static int leave_http(edoi_http_exchange *x) {
    x->upgraded = x->reply.head_sent = true;
    (void)edoi_http_unwatch(x->conn); // the handler reads the end of the input itself
    return edoi_output_flush(&x->h1->out);
}

static int switch_protocols(edoi_http_exchange *x) {
    edo_response *res = &x->res;
    if (x->reply.head_sent) return -EBUSY;
    bool connects = x->req.method == EDO_METHOD_CONNECT;
    if (!x->h1->body.base.is_over || (!connects && !x->h1->head.is_upgrade)) return -EINVAL;
    edo_status before = res->status;
    edo_status status = connects ? EDO_STATUS_OK : EDO_STATUS_SWITCHING_PROTOCOLS;
    res->status = status;
    x->upgraded = !connects;
    int err = x->res.hooks ? edoi_response_hooks_raw(x) : 0;
    res->status = status; // hooks do not change the status
    edoi_output_take_back(&x->h1->out);
    if (err == 0) err = edoi_http_print_head(x, EDOI_FRAMING_CLOSE, 0);
    if (err < 0) {
        x->upgraded = false;
        res->status = before;
        return err;
    }
    return leave_http(x);
}

int edoi_h1_upgrade(edoi_http_exchange *x, edo_stream **out) {
    int err = switch_protocols(x);
    if (err < 0) return err;
    edoi_http_after_init(&x->h1->after, &x->h1->in);
    *out = &x->h1->after.stream;
    return 0;
}

int edoi_h1_upgrade_raw(edoi_http_exchange *x, edo_stream **out, edo_str *rest) {
    int err = switch_protocols(x);
    if (err < 0) return err;
    *out = x->conn->stream;
    *rest = (edo_str){ x->h1->in.ptr + x->h1->in.begin, x->h1->in.end - x->h1->in.begin };
    return 0;
}

int edoi_h1_response_raw(edoi_http_exchange *x, edo_stream **out, bool *is_chunked) {
    if (x->reply.head_sent) return -EBUSY;
    if (!x->h1->body.base.is_over || edoi_http_has_no_body(x)) return -EINVAL;
    bool kept = x->keeps, chunks = x->req.version == EDO_HTTP_11;
    x->upgraded = true; // hooks see the head, and leave the body alone
    int err = x->res.hooks ? edoi_response_hooks_raw(x) : 0;
    edoi_output_take_back(&x->h1->out);
    x->upgraded = x->keeps = false;
    if (err == 0)
        err = edoi_http_print_head(x, chunks ? EDOI_FRAMING_CHUNKED : EDOI_FRAMING_CLOSE,
                                   (uint64_t)-1);
    x->keeps = kept;
    if (err < 0) return err;
    *out = x->conn->stream;
    *is_chunked = chunks;
    return leave_http(x);
}

int edoi_h1_detach(edoi_http_exchange *x, const edo_detached_ops *ops, void *arg) {
    if (!x->upgraded || x->detached.ops) return -EINVAL;
    x->detached = (edoi_http_detached){ ops, arg };
    return 0;
}
