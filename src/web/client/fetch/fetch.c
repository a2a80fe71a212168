/* SPDX-License-Identifier: MIT */
/* web/client/fetch/fetch.c: one call for a request, with statuses as failures. */
#include "web/client/fetch/fetch.h"
#include "web/client/send/retry.h"

#include <edo/http_headers.h>

#include <errno.h>

static const edo_fetch_opts no_opts = { 0 };

/* ---- A call ---------------------------------------------------------------------------------- */

/* Says how a response has failed: "503 Service Unavailable". */
static int fetch_fail_status(edo_http_response *res, const edoi_fetch_request *f, uint32_t tried) {
    edo_str reason = edo_status_reason(res->status);
    edo_str url = edo_http_response_url(res), name = edo_method_name(f->req.method);
    int err =
        tried > 1
            ? edo_fail(-EDO_ESTATUS, "%u %.*s, after %u attempts", (unsigned)res->status,
                       (int)reason.len, reason.ptr, (unsigned)tried)
            : edo_fail(-EDO_ESTATUS, "%u %.*s", (unsigned)res->status, (int)reason.len, reason.ptr);
    edo_uri uri;
    edo_buf text = { 0 };
    if (edo_uri_parse(&uri, url) == 0 && edo_uri_print_public(&uri, &text) == 0)
        err = edo_fail(err, "%.*s %.*s", (int)name.len, name.ptr, (int)text.len, text.ptr);
    edo_buf_deinit(&text);
    edo_http_response_free(res);
    return err;
}

static int fetch_with(edo_http_response **out, edo_http_client *c, edoi_fetch_request *f,
                      const edo_fetch_opts *o) {
    edo_http_response *res;
    uint32_t tried;
    int err = edoi_client_send_all(c, &res, &f->req, &tried);
    if (err < 0) return err;
    if (res->status >= 400 && !o->any_status) return fetch_fail_status(res, f, tried);
    edoi_fetched_take_sent(res, &f->sent);
    *out = res;
    return 0;
}

int edo_fetch(edo_http_response **out, edo_str url, const edo_fetch_opts *opts) {
    const edo_fetch_opts *o = opts ? opts : &no_opts;
    edo_http_client *c = o->client;
    edoi_fetch_request f;
    int err = edoi_fetch_request_init(&f, url, o);
    if (err == 0 && !c) err = edoi_client_own(&c);
    if (err == 0) err = fetch_with(out, c, &f, o);
    edoi_fetch_request_deinit(&f);
    return err;
}
