/* SPDX-License-Identifier: MIT */
/* client/send/send.c: one attempt of a request: over a connection of the pool, again if
 * that is safe, and after redirects to other places. */
#include "client/send/send.h"
#include "base/atomic.h"
#include "client/send/sent.h"
#include "http/client/host.h"
#include "http/client/http2_ops.h"
#include "http/types/bytes_of.h"
#include "runtime/spawn/called.h"
#include "service/kind.h"

#include <edo/http_fields.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>

_Static_assert(EDO_FOREVER_NS == INT64_MAX, "a deadline without an end ends at EDO_FOREVER_NS");

#define UNSENT_MAX 3u /* new connections that end before a byte was sent */
#define REFUSED_MAX                                                                                \
    10u /* requests that HTTP/2 refuses: several may before its SETTINGS have come */

/* ---- One exchange ---------------------------------------------------------------------------- */

static bool call_may_repeat(const edoi_call *k) {
    return !k->now.body && edo_method_is_idempotent(k->now.method);
}

/* Does this failure mean that the connection has ended? */
static bool is_end_of_connection(int err) {
    return err == -EDO_EEOF || err == -ECONNRESET || err == -EPIPE || err == -EDO_ETRUNCATED;
}

/* Has the body another transfer coding than "chunked"? The request did not accept one: its bytes
 * would be taken for the content, and after "chunked, x" the end of the body is unknown. */
static bool has_odd_coding(const edo_http_response *res) {
    const edo_header *f = edo_headers_next(&res->headers, NULL, EDO_HEADER_TRANSFER_ENCODING);
    if (!f || !edoi_response_has_body(res)) return false;
    return !edoi_is_word(f->value, EDO_STR("chunked")) ||
           edo_headers_next(&res->headers, f, EDO_HEADER_TRANSFER_ENCODING);
}

/* Has the server refused the connection itself? Then no other one will do. */
static int call_refusal(const edoi_http2_client_ops *http2, const edoi_client_pool_conn *conn) {
    int why = http2->refusal(conn->http2);
    return why < 0 ? why : -EDO_ECLOSED;
}

static int call_send_over(edoi_call *k, edoi_client_pool_conn *conn, edo_http_response **out) {
    const edoi_http2_client_ops *http2 = conn->http2 ? &edoi_http2_client : NULL;
    int err =
        http2 ? http2->send(conn->http2, out, &k->now) : edo_http1_send(conn->http, out, &k->now);
    if (http2 && err == -EDO_ECLOSED) err = call_refusal(http2, conn);
    if (err != -EDO_ECLOSED) k->is_sent = true;
    if (err < 0) return err;
    if (!http2 && has_odd_coding(*out))
        return edo_fail(-EPROTO, "a transfer coding that was not asked for");
    // the request's memory ends before its response
    err = http2 ? http2->own_data(*out) : edo_http1_own_data(conn->http);
    if (err == 0) err = edoi_fetched_new(k->client, conn, *out, k, edoi_call_decodes(k));
    if (err < 0) edo_http_response_free(*out);
    return err;
}

/* Was the connection a kept one that has ended without a byte of a response? */
static bool conn_is_stale(const edoi_client_pool_conn *conn, int err) {
    if (!is_end_of_connection(err)) return false;
    if (conn->http2) return !edoi_http2_client.is_open(conn->http2, false);
    return conn->is_reused && !edo_http1_was_answered(conn->http);
}

/* Sends over one connection. `*again`: over another one it may be sent, too. */
static int call_exchange_over(edoi_call *k, edoi_client_pool_conn *conn, edo_http_response **out,
                              bool *again) {
    int err = call_send_over(k, conn, out);
    if (err == 0) return 0;
    bool is_unsent = err == -EDO_ECLOSED;
    bool is_stale = conn_is_stale(conn, err);
    *again = is_unsent || (is_stale && call_may_repeat(k));
    bool is_good = err == -EINVAL || err == -EMSGSIZE; // nothing was sent
    if (is_good || conn->http2)
        edoi_client_pool_put(conn); // which closes one that has ended
    else
        edoi_client_pool_drop(conn);
    if (is_good) return err;
    if (*again || err == -ENOMEM || err == -ECANCELED || !is_end_of_connection(err)) return err;
    return edo_fail(err, "the connection ended before a response: the request may have been "
                         "carried out");
}

/* -EDO_ECLOSED promises that nothing has left: of the connection that has ended, but not of one
 * before it. */
static int call_closed(const edoi_call *k, int err) {
    if (err != -EDO_ECLOSED || !k->is_sent) return err;
    return edo_fail(-ECONNRESET, "the connection ended, and another one, too: the request may have "
                                 "been carried out");
}

/* Kept connections that have ended are as many as there are; new ones that end at once are not
 * tried for ever. */
static int call_exchange(edoi_call *k, edoi_client_pool_host *host, edo_http_response **out) {
    bool is_new = k->wants_new;
    k->wants_new = false;
    for (uint32_t unsent_n = 0;;) {
        edoi_client_pool_conn *conn;
        bool again = false;
        int err = edoi_client_pool_get(&conn, host, is_new);
        if (err < 0) return err;
        bool was_new = conn->http2 || !conn->is_reused; // one of HTTP/2 may refuse for ever
        uint32_t most = conn->http2 ? REFUSED_MAX : UNSENT_MAX;
        err = call_exchange_over(k, conn, out, &again);
        if (!again || is_new || (was_new && ++unsent_n >= most)) return call_closed(k, err);
        (void)edoi_add_rlx_u64(&k->client->resends, 1); // relaxed: client.h
        is_new = err != -EDO_ECLOSED;                   // once
    }
}

/* ---- A request as it is sent now ------------------------------------------------------------- */

/* "/path?query": as it stands in the URL, unless the path is missing there. */
static int call_set_path(edoi_call *k) {
    edo_str path = k->uri.path, query = k->uri.query;
    if (path.len == 0) {
        int err = edo_buf_append(&k->target, "/?", query.ptr ? 2 : 1);
        if (err == 0 && query.len > 0) err = edo_buf_append(&k->target, query.ptr, query.len);
        k->now.target = (edo_str){ k->target.ptr, k->target.len };
        return err;
    }
    const char *end = query.ptr ? query.ptr + query.len : path.ptr + path.len;
    k->now.target = (edo_str){ path.ptr, (size_t)(end - path.ptr) };
    return 0;
}

/* The whole URL, as a proxy wants it. */
static int call_set_whole(edoi_call *k) {
    edo_uri u = k->uri;
    if (u.path.len == 0) u.path = EDO_STR("/");
    int err = edoi_uri_print_sent(&k->target, &u);
    k->now.target = (edo_str){ k->target.ptr, k->target.len };
    return err;
}

static int call_set(edoi_call *k, const edoi_client_pool_host *host) {
    k->now.method = k->now.method == EDO_METHOD_OTHER && k->now.method_name.len == 0
                        ? EDO_METHOD_GET
                        : k->now.method;
    k->target.len = 0;
    int err = host->is_forward ? call_set_whole(k) : call_set_path(k);
    return err < 0 ? err : edoi_call_set_fields(k, host->is_forward ? host->proxy : NULL);
}

typedef int call_exchange_fn(edoi_call *k, edoi_client_pool_host *host, edo_http_response **out);

/* Each hop is a request for those who watch, but for one that a tunnel was not there for. */
static int call_exchange_counted(edoi_call *k, edoi_client_pool_host *host,
                                 call_exchange_fn *exchange, edo_http_response **out) {
    edoi_request_count_begin(&k->count, &host->pool->counts,
                             host->is_forward ? NULL : &host->series, &k->now, &k->uri);
    edoi_called called;
    edoi_called_begin(&called, "HTTP", host->address);
    int err = exchange(k, host, out);
    edoi_called_end(&called);
    if (err == 0) return 0;
    if (err == -ENOTSUP && exchange == edoi_call_tunnel) {
        edoi_request_count_drop(&k->count);
        return err;
    }
    bool is_late = err == -ECANCELED && edo_cancel_reason() == EDO_CANCEL_DEADLINE;
    const edoi_request_outcome failed = { .err = is_late ? -ETIMEDOUT : err };
    edoi_request_count_end(&k->count, k->url, &failed);
    return err;
}

/* Gives `host` back. */
static int call_hop_to(edoi_call *k, edoi_client_pool_host *host, call_exchange_fn *exchange,
                       edo_http_response **out) {
    int err = 0;
    if (k->client->https_only && !host->is_tls)
        err = edo_fail(-EACCES, "http is not allowed, only https");
    if (err == 0) err = call_set(k, host);
    if (err == 0) err = call_exchange_counted(k, host, exchange, out);
    edoi_client_pool_host_unref(host);
    return err;
}

static int call_find_host(edoi_call *k, edoi_client_pool_host **out) {
    edoi_client_pool *pool = k->client->pool;
    if (edoi_call_upgrades(k))
        return edoi_client_pool_host_of_http1(out, pool, &k->uri, k->drops_secrets);
    *out = k->host;
    k->host = NULL; // a redirect leads elsewhere
    return *out ? 0 : edoi_client_pool_host_of(out, pool, &k->uri, k->drops_secrets);
}

static int call_hop(edoi_call *k, edo_http_response **out) {
    edoi_client_pool_host *host = NULL;
    int err = -ENOTSUP;
    if (edoi_call_may_tunnel(k)) {
        err = edoi_client_pool_host_of(&host, k->client->pool, &k->uri, k->drops_secrets);
        if (err == 0) err = call_hop_to(k, host, edoi_call_tunnel, out);
        if (err != -ENOTSUP) return err;
    }
    err = call_find_host(k, &host);
    return err < 0 ? err : call_hop_to(k, host, call_exchange, out);
}

/* Keeps the cookies that a response sets. What is none of its server is passed over. */
static int call_store_cookies(edoi_call *k, const edo_http_response *res) {
    const edo_header *f = NULL;
    while (k->client->jar && !k->now.as_is &&
           (f = edo_headers_next(&res->headers, f, EDO_HEADER_SET_COOKIE))) {
        int err = edo_cookie_jar_store(k->client->jar, k->url, f->value);
        if (err == -ENOMEM) return err;
    }
    return 0;
}

/* Does the server know no "100 Continue"? Then the request is sent again without the question.
 * Spec: RFC 9110 section 10.1.1. */
static bool call_drops_expect(edoi_call *k, const edo_http_response *res) {
    bool drops = res->status == EDO_STATUS_EXPECTATION_FAILED && k->now.expect_continue &&
                 k->now.data.len > 0 && !k->now.body;
    if (drops) k->now.expect_continue = false;
    return drops;
}

/* Does the server not speak for the place over this connection? Nothing was carried out: the
 * request is sent again over a connection of its own, once, whatever its method is. Others are not
 * sent over that one either. Spec: RFC 9110 section 15.5.20. */
static bool call_is_misdirected(edoi_call *k, const edo_http_response *res) {
    bool is_again = res->status == EDO_STATUS_MISDIRECTED_REQUEST && !k->was_misdirected &&
                    edoi_call_has_body(k);
    if (!is_again) return false;
    edoi_client_pool_retire(edoi_fetched_of(res)->conn);
    (void)edoi_add_rlx_u64(&k->client->resends, 1); // relaxed: client.h
    k->was_misdirected = k->wants_new = true;
    return true;
}

static int call_run(edoi_call *k, edo_http_response **out) {
    for (;;) {
        int err = call_hop(k, out);
        if (err < 0) return err;
        if (call_drops_expect(k, *out) || call_is_misdirected(k, *out)) {
            edo_http_response_free(*out);
            err = edoi_call_rewind(k);
            if (err < 0) return err;
            continue;
        }
        err = call_store_cookies(k, *out);
        if (err == 0 && !k->now.as_is) err = edoi_call_follow(k, *out);
        if (err == 0) return 0;
        edo_http_response_free(*out);
        if (err > 0) err = edoi_call_rewind(k);
        if (err < 0) return err;
        (void)edoi_add_rlx_u64(&k->client->redirects, 1); // relaxed: client.h
    }
}

/* ---- A call ---------------------------------------------------------------------------------- */

static int call_init(edoi_call *k, edo_http_client *c, const edo_http_request *req,
                     edo_instant ends_at) {
    memset(k, 0, offsetof(edoi_call, headers));
    k->client = c;
    k->req = req;
    k->now = *req;
    k->now.read_timeout = edoi_limit_or(req->read_timeout, c->read_timeout);
    k->url = req->url;
    k->ends_at = ends_at;
    edo_headers_init(&k->headers);
    edoi_headers_lend(&k->headers, &k->room);
    k->now.headers = &k->headers;
    k->now.edoi_named_by = req->headers; // which outlives this call, where there are trailers
    if (req->target.len > 0) return -EINVAL;
    if (req->method_name.len > 0 && req->method == EDO_METHOD_OTHER)
        (void)edo_method_parse(&k->now.method, req->method_name); // else it is checked at the end
    k->host = edoi_client_pool_find_host(&k->uri, c->pool, k->url);
    return k->host ? 0 : edoi_client_parse_url(&k->uri, k->url);
}

static void call_deinit(edoi_call *k) {
    if (k->host) edoi_client_pool_host_unref(k->host);
    edo_headers_deinit(&k->headers);
    edo_buf_deinit(&k->led_to);
    edo_buf_deinit(&k->target);
    edo_buf_deinit(&k->basic);
    edo_buf_deinit(&k->from);
    edo_buf_deinit(&k->cookies);
    edo_buf_deinit(&k->been);
}

/* Says what was asked for, without the secrets of its URL. */
static int call_fail(const edoi_call *k, int err) {
    edo_buf url = { 0 };
    bool is_printed = k->uri.scheme.ptr && edo_uri_print_public(&k->uri, &url) == 0;
    edo_str name = k->now.method_name.len > 0 ? k->now.method_name : edo_method_name(k->now.method);
    err = edo_fail(err, "%.*s %.*s", (int)name.len, name.ptr, is_printed ? (int)url.len : 5,
                   is_printed ? url.ptr : "a URL");
    edo_buf_deinit(&url);
    return err;
}

int edoi_client_send(edo_http_client *c, const edo_http_request *req, edo_http_response **out) {
    edoi_call k;
    edo_duration timeout = req->timeout.ns == 0 ? c->timeout : req->timeout;
    if (timeout.ns == EDO_FOREVER_NS) timeout.ns = -1;
    EDO_DEADLINE(d, timeout);
    int err = call_init(&k, c, req, (edo_instant){ d.at_ns });
    if (err == 0) err = call_run(&k, out);
    err = edo_deadline_end(&d, err);
    if (err < 0) err = call_fail(&k, err);
    edoi_sent_tell(req->edoi_told, k.is_sent);
    call_deinit(&k);
    return err;
}

static int client_call(void *arg, void *request, void *response) {
    return edoi_client_send(arg, request, response);
}

int edoi_client_make_service(edo_http_client *c, const edo_stack *layers) {
    edo_service *svc;
    if (!layers) return 0;
    int err = edo_service_from_fn(&svc, client_call, c, NULL);
    if (err < 0) return err;
    svc->kind = EDOI_CLIENT_KIND;
    err = edo_stack_build(&svc, layers, svc); // takes it, also on failure
    if (err < 0) return err;
    c->service = svc;
    return edoi_kind_check("a client", EDOI_CLIENT_KIND, svc);
}
