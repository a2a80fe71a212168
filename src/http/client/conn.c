/* SPDX-License-Identifier: MIT */
/* http/client/conn.c: the life of a connection; see conn.h. */
#include "http/client/conn.h"

#include <edo/uri.h>

#include <errno.h>
#include <string.h>

static bool are_reserved_zero(const uint64_t *reserved, size_t n) {
    while (n > 0)
        if (reserved[--n] != 0) return false;
    return true;
}

static int set_host(edo_buf *host, const edo_http1_opts *opts) {
    edo_str text = edo_str_of(opts->host ? opts->host : "");
    edo_uri uri;
    if (text.len > 0 && edo_uri_parse_authority(&uri, text) < 0) return -EINVAL;
    return edo_buf_append(host, text.ptr, text.len);
}

int edo_http1_over(edo_http1 **out, edo_stream *stream, const edo_http1_opts *opts) {
    static const edo_http1_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (!are_reserved_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_http1 *c = edo_rc_new(sizeof *c, NULL);
    if (!c) return -ENOMEM;
    memset(c, 0, offsetof(edo_http1, in));
    int err = set_host(&c->host, opts);
    if (err < 0) {
        edo_buf_deinit(&c->host);
        edo_rc_unref(c);
        return err;
    }
    c->headers_max = opts->headers_max;
    c->head_bytes_max = opts->head_bytes_max > 0 ? opts->head_bytes_max : EDOI_H1_HEAD_BYTES;
    c->trailer_bytes_max =
        opts->trailer_bytes_max > 0 ? opts->trailer_bytes_max : EDO_HTTP_TRAILER_BYTES_MAX;
    c->expect_wait = opts->expect_wait.ns == 0  ? edo_s(1)
                     : opts->expect_wait.ns < 0 ? (edo_duration){ EDO_FOREVER_NS }
                                                : opts->expect_wait;
    edoi_input_init(&c->in, stream);
    edoi_upload_init(&c->up, stream);
    edo_headers_init(&c->res.headers);
    edoi_body_init(&c->body, &c->in, EDOI_BODY_NONE, 0);
    c->title_case = c->up.title_case = opts->title_case;
    c->preserve_case = opts->preserve_case;
    c->is_good = true;
    *out = c;
    return 0;
}

int edo_http1_connect(edo_http1 **out, const char *addr, const edo_http1_opts *opts) {
    edo_http1_opts own = { 0 };
    if (opts) own = *opts;
    char host[300];
    size_t n = strlen(addr);
    if (!own.host && n < sizeof host) {
        if (n > 3 && strcmp(addr + n - 3, ":80") == 0) n -= 3;
        memcpy(host, addr, n);
        host[n] = 0;
        own.host = host;
    }
    edo_stream *stream;
    int err = edo_tcp_connect(&stream, addr, own.tcp);
    if (err < 0) return err;
    err = edo_http1_over(out, stream, &own);
    if (err < 0) edo_close(stream);
    return err;
}

void edo_http1_close(edo_http1 *c) {
    if (!c) return;
    edo_ext_deinit(&c->res.ext);
    edo_ext_deinit(&c->ext);
    edo_close(c->in.from);
    edo_headers_deinit(&c->res.headers);
    edoi_body_deinit(&c->body);
    edoi_input_deinit(&c->in);
    edo_buf_deinit(&c->host);
    edo_rc_unref(c);
}

/* Bytes, the end, or a failure: each of them ends an idle connection. The byte is read past the
 * input, where the head of the last response still lies. */
static bool is_silent(edo_http1 *c) {
    if (c->in.at_end || c->in.begin < c->in.end) return false;
    edo_io_wait none = { 0 };
    char byte;
    int result;
    (void)edoi_input_poll_past(&c->in, NULL, &none, &(struct iovec){ &byte, 1 }, &result);
    return result == -EAGAIN;
}

bool edo_http1_is_reusable(edo_http1 *c) {
    if (!c->is_good || !c->body.is_over || c->body.failed < 0) return false;
    if (!c->up.is_over) return false;
    if (!is_silent(c)) c->is_good = false;
    return c->is_good;
}

edo_ext *edo_http1_ext(edo_http1 *c) {
    return &c->ext;
}

const edo_headers *edo_http_response_trailers(edo_http_response *res) {
    edo_http1 *c = EDO_CONTAINER_OF(res, edo_http1, res);
    return c->body.is_over && c->body.failed == 0 ? &c->body.trailers : NULL;
}
