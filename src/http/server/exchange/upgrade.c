/* SPDX-License-Identifier: MIT */
/* http/server/exchange/upgrade.c: edo_upgrade() and its like, which give the connection's own
 * stream to the handler. */
#include "http/server/exchange/exchange.h"
#include "http/server/exchange/hooks.h"
#include "http/server/exchange/response_head.h"

#include <edo/http_upgrade.h>

#include <errno.h>

/* Calls the hooks with the head. Their streams are not used, since there is no body. */
static int call_hooks(edoi_http_exchange *x) {
    edo_response_head head = { .length = 0 };
    edo_stream *none = NULL;
    return edoi_response_hooks_head(x, &head, &none);
}

/* Ends HTTP on the connection, once the head is printed: no response follows, even if the head
 * leaves in part. */
static int leave_http(edoi_http_exchange *x) {
    x->upgraded = x->reply.head_sent = true;
    (void)edoi_http_unwatch(x->conn); // the handler reads the end of the input itself
    return edoi_output_flush(&x->out);
}

static int switch_protocols(edoi_http_exchange *x) {
    edo_response *res = &x->res;
    if (x->reply.head_sent) return -EBUSY;
    bool connects = x->req.method == EDO_METHOD_CONNECT;
    if (!x->body.base.is_over || (!connects && !x->head.is_upgrade)) return -EINVAL;
    edo_status before = res->status;
    edo_status status = connects ? EDO_STATUS_OK : EDO_STATUS_SWITCHING_PROTOCOLS;
    res->status = status;
    x->upgraded = !connects;
    int err = x->res.hooks ? call_hooks(x) : 0;
    res->status = status; // hooks do not change the status
    edoi_output_take_back(&x->out);
    if (err == 0) err = edoi_http_print_head(x, EDOI_FRAMING_CLOSE, 0);
    if (err < 0) {
        x->upgraded = false;
        res->status = before;
        return err;
    }
    return leave_http(x);
}

int edo_upgrade(edo_request *req, edo_response *res, edo_stream **out) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    (void)res;
    int err = switch_protocols(x);
    if (err < 0) return err;
    edoi_http_after_init(&x->after, &x->in);
    *out = &x->after.stream;
    return 0;
}

int edo_upgrade_raw(edo_request *req, edo_response *res, edo_stream **out, edo_str *rest) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    (void)res;
    int err = switch_protocols(x);
    if (err < 0) return err;
    *out = x->conn->stream;
    *rest = (edo_str){ x->in.ptr + x->in.begin, x->in.end - x->in.begin };
    return 0;
}

int edo_response_raw(edo_request *req, edo_response *res, edo_stream **out, bool *is_chunked) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    (void)res;
    if (x->reply.head_sent) return -EBUSY;
    if (!x->body.base.is_over || edoi_http_has_no_body(x)) return -EINVAL;
    bool kept = x->keeps, chunks = req->version == EDO_HTTP_11;
    x->upgraded = true; // hooks see the head, and leave the body alone
    int err = x->res.hooks ? call_hooks(x) : 0;
    edoi_output_take_back(&x->out);
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

int edo_upgrade_detach(edo_request *req, const edo_detached_ops *ops, void *arg) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    if (!x->upgraded || x->detached.ops) return -EINVAL;
    if (ops->reserved[0]) return -EINVAL;
    x->detached = (edoi_http_detached){ ops, arg };
    return 0;
}
