/* SPDX-License-Identifier: MIT */
/* client/send/outcome.c: what a response says about the server, and whether it is the
 * server's at all. */
#include "client/client.h"
#include "http/types/error_type.h"
#include "http/uri/place.h"
#include "service/kind.h"

#include <edo/http_client.h>

edo_call_outcome edo_http_outcome(void *arg, const void *request, const void *response,
                                  int result) {
    (void)arg, (void)request;
    const edo_http_response *const *at = response;
    if (result < 0 || !at || !*at) return edo_outcome_of(result);
    edo_status status = (*at)->status;
    bool is_failure = edo_status_class(status) == EDO_STATUS_CLASS_SERVER_ERROR ||
                      status == EDO_STATUS_REQUEST_TIMEOUT ||
                      status == EDO_STATUS_TOO_MANY_REQUESTS;
    return is_failure ? EDO_CALL_FAILED : EDO_CALL_SUCCEEDED;
}

size_t edo_http_call_fields(void *arg, const void *request, const void *response, int result,
                            edo_kv *to, size_t most) {
    const edo_http_request *req = request;
    const edo_http_response *const *at = response;
    edo_uri uri = { .path = req->target };
    edo_str method = req->method_name.len > 0 ? req->method_name : edo_method_name(req->method);
    (void)arg;
    if (method.len == 0) method = edo_method_name(EDO_METHOD_GET);
    if (req->url.len > 0 && edo_uri_parse(&uri, req->url) < 0) uri = (edo_uri){ 0 };
    const char *query = uri.path.len > 0 ? memchr(uri.path.ptr, '?', uri.path.len) : NULL;
    if (query) uri.path.len = (size_t)(query - uri.path.ptr);
    const edo_kv all[] = { edoi_kv_some("http.request.method", method), edoi_uri_kv_address(&uri),
                           edoi_kv_some("url.path", uri.path),
                           result >= 0 && at && *at ? edoi_status_kv((*at)->status)
                                                    : edoi_kv_none() };
    size_t n = 0;
    for (size_t i = 0; i < EDO_COUNT(all) && n < most; i++)
        if (all[i].key) to[n++] = all[i];
    return n;
}

/* ---- Fallbacks ------------------------------------------------------------------------------- */

void edo_http_fallback_reset(void *arg, void *response) {
    edo_http_response **at = response;
    (void)arg;
    edo_http_response_free(*at);
    *at = NULL;
}

/* The value is the code of the call; of a call that had a response it is this. */
static const edo_ext_tag fallback_tag = { .name = "fallback" };
static char had_a_response;

void edo_http_fallback_tell(void *arg, void *request, void *response, int result) {
    edo_http_response *res = *(edo_http_response **)response;
    (void)arg, (void)request;
    if (!res) return;
    void *value = result < 0 ? (void *)(intptr_t)result : &had_a_response;
    (void)edo_ext_set(&res->ext, &fallback_tag, value); // without memory it has no mark
}

bool edo_http_fallback_of(int *result, const edo_http_response *res) {
    void *value = edo_ext_get(&res->ext, &fallback_tag);
    if (!value) return false;
    if (result) *result = value == &had_a_response ? 0 : (int)(intptr_t)value;
    return true;
}

/* ---- What they look into --------------------------------------------------------------------- */

EDOI_KIND_OF(edo_http_outcome, EDOI_CLIENT_KIND);
EDOI_KIND_OF(edo_http_call_fields, EDOI_CLIENT_KIND);
EDOI_KIND_OF(edo_http_fallback_reset, EDOI_CLIENT_KIND);
EDOI_KIND_OF(edo_http_fallback_tell, EDOI_CLIENT_KIND);
