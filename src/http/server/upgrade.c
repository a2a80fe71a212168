/* SPDX-License-Identifier: MIT */
/* http/server/upgrade.c: edo_upgrade() and its kin. */
#include "http/server/exchange.h"
#include "http/server/head.h"
#include "http/server/hooks.h"

#include <edo/http_upgrade.h>

#include <errno.h>

/* There is no body, so streams of theirs are left alone. */
static int call_hooks(edoi_http_exchange *x) {
    edo_response_head head = { .length = 0 };
    edo_stream *none = NULL;
    return edoi_response_hooks_head(x, &head, &none);
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
    res->status = status; // it is not theirs to change
    edoi_output_take_back(&x->out);
    if (err == 0) err = edoi_http_print_head(x, EDOI_FRAMING_CLOSE, 0);
    if (err == 0) {
        (void)edoi_http_unwatch(x->conn); // the handler reads the end itself
        err = edoi_output_flush(&x->out);
    }
    if (err < 0) {
        x->upgraded = false;
        res->status = before;
        return err;
    }
    x->upgraded = x->reply.head_sent = true;
    return 0;
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

int edo_upgrade_detach(edo_request *req, const edo_detached_ops *ops, void *arg) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    if (!x->upgraded || x->detached.ops) return -EINVAL;
    for (size_t i = 0; i < EDO_COUNT(ops->reserved); i++)
        if (ops->reserved[i]) return -EINVAL;
    x->detached = (edoi_http_detached){ ops, arg };
    return 0;
}
