/* SPDX-License-Identifier: MIT */
/* web/client/fetch/fetch.c: one call for a request, with attempts, and statuses as failures. */
#include "web/client/fetch/fetch.h"

#include <edo/http_headers.h>
#include <edo/retry.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdlib.h>

#define PAUSE_MIN   EDO_MS(100)
#define PAUSE_MAX   EDO_S(10)
#define AFTER_MAX_S 3600 /* of "Retry-After" */

static const edo_fetch_opts no_opts = { 0 };

/* ---- Attempts -------------------------------------------------------------------------------- */

static bool is_passing_status(edo_status status) {
    return status == 429 || (status >= 502 && status <= 504);
}

static bool is_passing_failure(int err) {
    return err == -ECONNREFUSED || err == -ECONNRESET || err == -EDO_EEOF || err == -EPIPE ||
           err == -EDO_ECLOSED || err == -EAGAIN || err == -EHOSTUNREACH || err == -ENETUNREACH ||
           err == -EDO_ETRUNCATED;
}

static bool fetch_may_repeat(const edo_http_request *req) {
    return !req->body && edo_method_is_idempotent(req->method);
}

/* Returns the pause that the server wants, if it says so in seconds; else `usual`. */
static edo_duration pause_after(const edo_http_response *res, edo_duration usual) {
    edo_str text = edo_headers_get(&res->headers, EDO_HEADER_RETRY_AFTER);
    int64_t s = 0;
    if (text.len == 0 || text.len > 9) return usual;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return usual;
        s = s * 10 + (text.ptr[i] - '0');
    }
    return s > AFTER_MAX_S ? usual : edo_s(s);
}

/* Sends once. Returns 1 if it is worth another attempt after `*pause`; else as
 * edo_http_client_send(). */
static int fetch_try(edo_http_client *c, edo_http_response **out, const edo_http_request *req,
                     bool is_last, edo_duration *pause) {
    int err = edo_http_client_send(c, out, req);
    if (is_last || !fetch_may_repeat(req)) return err;
    if (err < 0 && !is_passing_failure(err)) return err;
    if (err < 0) edo_trail_clear(); // nobody is told of it
    if (err < 0) return 1;
    if (!is_passing_status((*out)->status)) return 0;
    *pause = pause_after(*out, *pause);
    if (req->timeout.ns >= 0 && pause->ns >= req->timeout.ns) return 0; // it would be too late
    edo_http_response_free(*out);
    return 1;
}

/* One limit holds for all attempts, and the body of the last. */
static edo_duration fetch_time_left(edo_duration limit, edo_instant begun) {
    if (limit.ns < 0 || limit.ns == EDO_FOREVER_NS) return edo_ns(-1);
    int64_t left_ns = limit.ns - edo_instant_since(edo_now(), begun).ns;
    return edo_ns(left_ns > 0 ? left_ns : 1);
}

static int fetch_all_attempts(edo_http_client *c, edo_http_response **out, edo_http_request *req,
                              const edo_fetch_opts *o, uint32_t *tried) {
    edo_backoff pauses;
    uint32_t most = o->attempts > 0 ? o->attempts : 1;
    edo_duration limit = req->timeout.ns == 0 ? c->timeout : req->timeout;
    edo_instant begun = edo_now();
    int err = edo_backoff_init(&pauses, &(edo_backoff_opts){ .kind = EDO_BACKOFF_FULL,
                                                             .pause_min = PAUSE_MIN,
                                                             .pause_max = PAUSE_MAX });
    while (err == 0) {
        edo_duration pause = edo_backoff_next(&pauses);
        req->timeout = fetch_time_left(limit, begun);
        err = fetch_try(c, out, req, ++*tried == most, &pause);
        if (err <= 0) return err;
        err = edo_sleep(pause);
    }
    return err;
}

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
    uint32_t tried = 0;
    edo_duration limit = f->req.timeout.ns == 0 ? c->timeout : f->req.timeout;
    edo_deadline all = edo_deadline_begin(limit.ns == EDO_FOREVER_NS ? edo_ns(-1) : limit);
    int err = edo_deadline_end(&all, fetch_all_attempts(c, &res, &f->req, o, &tried));
    if (err < 0) return err;
    if (res->status >= 400 && !o->any_status) return fetch_fail_status(res, f, tried);
    *out = res;
    return 0;
}

int edo_fetch(edo_http_response **out, edo_str url, const edo_fetch_opts *opts) {
    const edo_fetch_opts *o = opts ? opts : &no_opts;
    edo_http_client *c = o->client;
    edoi_fetch_request f;
    int err = c ? 0 : edoi_client_own(&c);
    if (err < 0) return err;
    err = edoi_fetch_request_init(&f, url, o);
    if (err == 0) err = fetch_with(out, c, &f, o);
    edoi_fetch_request_deinit(&f);
    return err;
}
