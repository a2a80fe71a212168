/* SPDX-License-Identifier: MIT */
/* otlp/way/http.c: OTLP over HTTP: a POST of a message. */
#include "coding/coding.h"
#include "otlp/way/way.h"

#include <edo/http_client.h>
#include <edo/http_fields.h>
#include <edo/str.h>

#include <errno.h>
#include <time.h>

#define BODY_MAX 65536u /* bytes of a response that are read */

/* Only where the request stays what it is: after another redirect it would be a GET, without what
 * is exported, and whatever responds to that has taken nothing. */
static int follow_whole(void *arg, const edo_http_redirect *r) {
    (void)arg;
    return r->response->status == 307 || r->response->status == 308;
}

int edoi_otlp_http_open(edoi_otlp_way *w) {
    const edo_http_client_opts opts = { .tls = w->aim->tls,
                                        .headers = &w->aim->headers,
                                        .user_agent = "OTel-OTLP-Exporter-edo",
                                        .timeout = w->aim->timeout,
                                        .host_idle_max = 1,
                                        .redirect = follow_whole,
                                        .no_context = true };
    return edo_http_client_new(&w->client, &opts);
}

/* Compresses all of it behind what `out` has. */
static int gzip(edo_buf *out, const edoi_coder_ops *ops, void *coder, edo_str text) {
    edoi_spans spans = { .in = text.ptr, .in_n = text.len };
    int got = 0;
    while (got == 0) {
        int err = edo_buf_reserve(out, 4096);
        if (err < 0) return err;
        spans.out = out->ptr + out->len;
        spans.out_n = out->cap - out->len;
        got = ops->code(coder, &spans, EDOI_CODE_END);
        out->len = (size_t)(spans.out - out->ptr);
    }
    return got < 0 ? got : 0;
}

/* The body as it is sent; without zlib it is as it was. */
static int compress(edo_buf *out, edo_str *body, edo_headers *h) {
    const edoi_coder_ops *ops = edoi_encoder_of(EDOI_CODING_GZIP);
    void *coder = ops ? ops->make(0) : NULL;
    if (!ops) return 0;
    if (!coder) return -ENOMEM;
    int err = gzip(out, ops, coder, *body);
    ops->free(coder);
    if (err == 0) err = edo_headers_set(h, EDO_HEADER_CONTENT_ENCODING, EDO_STR("gzip"));
    *body = (edo_str){ out->ptr, out->len };
    return err;
}

/* By OTLP's specification, of other statuses none. */
static bool http_is_worth_more(edo_status status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

/* Is it an HTML page, as of a login? Then the server is no collector. */
static bool is_page(const edo_http_response *res) {
    static const edo_str html = { "text/html", sizeof "text/html" - 1 };
    edo_str type = edo_headers_get(&res->headers, EDO_HEADER_CONTENT_TYPE);
    return type.len >= html.len && edo_str_equal_nocase((edo_str){ type.ptr, html.len }, html);
}

static void read_status(edoi_otlp_answer *a, const edo_http_response *res, edo_str body) {
    int64_t s;
    edo_str after = edo_headers_get(&res->headers, EDO_HEADER_RETRY_AFTER);
    if (res->status < 300 && !is_page(res)) {
        edoi_otlp_answer_read(a, body);
        return;
    }
    if (res->status < 300) {
        edoi_otlp_answer_say(a, EDO_STR("a page of HTML has come: it is no collector"));
        a->verdict = EDOI_OTLP_REFUSED;
        return;
    }
    edoi_otlp_answer_say(a, edo_status_reason(res->status));
    edoi_otlp_answer_read_failure(a, body);
    a->verdict = http_is_worth_more(res->status) ? EDOI_OTLP_LATER : EDOI_OTLP_REFUSED;
    if (after.ptr && edo_retry_after_parse(&s, after, (int64_t)time(NULL)) == 0)
        a->after = edo_s(s < 86400 ? s : 86400);
}

static int send_body(edoi_otlp_way *w, edo_str body, const edo_headers *h, edoi_otlp_answer *a) {
    const edo_fetch_opts opts = { .client = w->client,
                                  .data = body,
                                  .type = EDO_STR("application/x-protobuf"),
                                  .headers = h,
                                  .any_status = true };
    edo_http_response *res;
    edo_buf said = { 0 };
    int err = edo_fetch(&res, (edo_str){ w->aim->url.ptr, w->aim->url.len - 1 }, &opts);
    if (err < 0) return err;
    err = edo_http_response_collect(res, &said, BODY_MAX);
    if (err == 0 || err == -EMSGSIZE) {
        read_status(a, res, (edo_str){ said.ptr, err == 0 ? said.len : 0 });
        err = 0;
    }
    edo_buf_deinit(&said);
    edo_http_response_free(res);
    return err;
}

int edoi_otlp_http_send(edoi_otlp_way *w, edo_str body, edoi_otlp_answer *a) {
    edo_headers h;
    edo_buf compressed = { 0 };
    edo_headers_init(&h);
    int err = w->aim->is_gzip ? compress(&compressed, &body, &h) : 0;
    if (err == 0) err = send_body(w, body, &h, a);
    edo_headers_deinit(&h);
    edo_buf_deinit(&compressed);
    return err;
}
