/* SPDX-License-Identifier: MIT */
/* client/fetch/fetch.c: one call for a request, with statuses as failures. */
#include "client/fetch/fetch.h"
#include "client/send/retry.h"
#include "http/types/bytes_of.h"

#include <edo/http_fields.h>
#include <edo/span.h>

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

/* Are they the bytes that were asked for? A server may send fewer, from the first on. */
static bool is_of_range(const edo_content_range *got, const edo_byte_range *asked) {
    return !got->is_refused && got->range.first == asked->first && got->range.last <= asked->last;
}

/* Is the body coded? Then the range is one of the coded bytes (RFC 9110, 14.1.2): of use to a
 * program that decodes nothing, and so has the others coded, too. */
static bool is_coded(const edo_http_response *res) {
    const edo_header *f = NULL;
    while ((f = edo_headers_next(&res->headers, f, EDO_HEADER_CONTENT_ENCODING)))
        if (f->value.len > 0 && !edoi_is_word(f->value, EDO_STR("identity"))) return true;
    return false;
}

/* What becomes of the response of an attempt. */
typedef struct fetch_taking {
    const edo_fetch_opts *opts;
    edoi_fetch_take_fn *take; /* NULL: nothing */
    void *arg;
    bool takes_coded; /* the client decodes nothing */
    bool takes_parts; /* the program has asked for a part in its own way */
} fetch_taking;

/* Checks that a response with a part has the bytes that were asked for, and as many as it says: a
 * length that the head does not tell is checked while the body is read.
 * Spec: RFC 9110 section 15.3.7. */
static int fetch_check_part(const fetch_taking *t, edo_http_response *res) {
    const edo_byte_range *asked = t->opts->range;
    edo_content_range got;
    const edo_header *f = edo_headers_next(&res->headers, NULL, EDO_HEADER_CONTENT_RANGE);
    if (!f || edo_content_range_parse(&got, f->value) < 0 || !is_of_range(&got, asked))
        return edo_fail(-EPROTO, "the server has sent another range");
    if (edo_headers_next(&res->headers, f, EDO_HEADER_CONTENT_RANGE))
        return edo_fail(-EPROTO, "the server has sent a range that has two Content-Range fields");
    if (is_coded(res) && !t->takes_coded)
        return edo_fail(-EPROTO, "the server has sent a range of a coded body");
    uint64_t bytes = got.range.last - got.range.first + 1;
    if (t->opts->method == EDO_METHOD_HEAD) return 0;
    if (res->length < 0) {
        edoi_fetched_expect(res, bytes);
        return 0;
    }
    if ((uint64_t)res->length == bytes) return 0;
    return edo_fail(-EPROTO, "the server has sent a range of %llu bytes in a body of %lld",
                    (unsigned long long)bytes, (long long)res->length);
}

static int fetch_take(void *arg, edo_http_response *res) {
    const fetch_taking *t = arg;
    bool is_part = res->status == EDO_STATUS_PARTIAL_CONTENT && !t->takes_parts;
    int err = is_part && t->opts->range ? fetch_check_part(t, res) : 0;
    if (is_part && !t->opts->range && !t->opts->any_status)
        err = edo_fail(-EPROTO, "the server has sent a part where the whole was asked for");
    return err < 0 || !t->take ? err : t->take(t->arg, res);
}

static int fetch_with(edo_http_response **out, edo_http_client *c, edoi_fetch_request *f,
                      fetch_taking *t, edo_span *span) {
    edo_http_response *res;
    uint32_t tried = 0;
    bool any_status = t->opts->any_status;
    const edoi_take take = { fetch_take, t, any_status };
    t->takes_coded = c->no_decode;
    t->takes_parts = !t->opts->range && (edo_headers_get(&f->headers, EDO_HEADER_RANGE).ptr ||
                                         edo_headers_get(&c->headers, EDO_HEADER_RANGE).ptr);
    int err = edoi_client_send_all(c, &res, &f->req, &take, &tried);
    if (err < 0) {
        if (span && tried > 1)
            edo_span_record(span, EDO_KV("http.request.resend_count", tried - 1));
        return err;
    }
    edoi_fetch_span_tell(span, res, tried);
    if (res->status >= 400 && !any_status) return fetch_fail_status(res, f, tried);
    edoi_fetched_take_sent(res, &f->sent);
    *out = res;
    return 0;
}

int edoi_fetch(edo_http_response **out, edo_str url, const edo_fetch_opts *opts,
               edoi_fetch_take_fn *take, void *arg) {
    const edo_fetch_opts *o = opts ? opts : &no_opts;
    edo_http_client *c = o->client;
    fetch_taking t = { .opts = o, .take = take, .arg = arg };
    edoi_fetch_request f;
    EDO_SPAN(span, edoi_fetch_span(url, o)); // before the fields, which name it
    int err = edoi_fetch_request_init(&f, url, o);
    if (err < 0 && edo_budget_consume() < 0) err = -ECANCELED; // what is sent takes it there
    if (err == 0 && !c) err = edoi_client_own(&c);
    if (err == 0) err = fetch_with(out, c, &f, &t, span.span);
    edoi_fetch_request_deinit(&f);
    return edo_span_end(&span, err);
}

int edo_fetch(edo_http_response **out, edo_str url, const edo_fetch_opts *opts) {
    return edoi_fetch(out, url, opts, NULL, NULL);
}
