/* SPDX-License-Identifier: MIT */
/* http/server/exchange/upgrade.c: edo_upgrade() and its like, which end HTTP for a request. */
#include "http/server/exchange/exchange.h"

#include <edo/http_upgrade.h>

#include <errno.h>

int edo_upgrade(edo_request *req, edo_response *res, edo_stream **out) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    (void)res;
    int err = edo_budget_consume();
    return err < 0 ? err : x->wire->upgrade(x, out);
}

int edo_upgrade_raw(edo_request *req, edo_response *res, edo_stream **out, edo_str *rest) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    (void)res;
    int err = edo_budget_consume();
    return err < 0 ? err : x->wire->upgrade_raw(x, out, rest);
}

int edo_response_raw(edo_request *req, edo_response *res, edo_stream **out, bool *is_chunked) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    (void)res;
    int err = edo_budget_consume();
    return err < 0 ? err : x->wire->response_raw(x, out, is_chunked);
}

int edo_upgrade_detach(edo_request *req, const edo_detached_ops *ops, void *arg) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    return ops->reserved[0] ? -EINVAL : x->wire->detach(x, ops, arg);
}
