/* SPDX-License-Identifier: MIT */
/* http/client/conn.c: the life of a connection; see conn.h. */
#include "http/client/conn.h"

#include "base/opts.h"
#include "http/client/host.h"
#include "io/source_io.h"

#include <errno.h>
#include <string.h>

int edo_http1_over(edo_http1 **out, edo_stream *stream, const edo_http1_opts *opts) {
    static const edo_http1_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (EDO_MISUSE(!stream, "a stream is used that is NULL")) return -EDO_EMISUSE;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (opts->lenient & ~EDO_HTTP_LENIENT_ALL) return -EINVAL;
    edo_http1 *c = edo_rc_new(sizeof *c, NULL);
    if (!c) return -ENOMEM;
    *c = (edo_http1){ 0 };
    int err = edoi_client_host_set(&c->host, opts->host);
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
    c->lenient = opts->lenient;
    c->title_case = opts->title_case;
    c->preserve_case = opts->preserve_case;
    c->stream = stream;
    c->is_good = true;
    c->keeps = edo_ns(EDO_FOREVER_NS);
    *out = c;
    return 0;
}

int edo_http1_connect(edo_http1 **out, const char *addr, const edo_http1_opts *opts) {
    edo_http1_opts own = { 0 };
    if (opts) own = *opts;
    char host[EDOI_CLIENT_HOST_BYTES];
    if (!own.host) own.host = edoi_client_host_of(host, addr);
    edo_stream *stream;
    int err = edo_tcp_connect(&stream, addr, own.tcp);
    if (err < 0) return err;
    err = edo_http1_over(out, stream, &own);
    if (err < 0) edo_close(stream);
    return err;
}

/* ---- Exchanges ------------------------------------------------------------------------------- */

int edoi_client_begin(edo_http1 *c) {
    if (c->x) return 0;
    edoi_client_exchange *x = edo_rc_new(sizeof *x, NULL);
    if (!x) return -ENOMEM;
    memset(x, 0, offsetof(edoi_client_exchange, up));
    x->conn = c;
    edoi_input_init(&x->in, c->stream);
    edoi_upload_init(&x->up, c->stream);
    edo_headers_init(&x->res.headers);
    edoi_body_init(&x->body, &x->in, EDOI_BODY_NONE, 0);
    c->x = x;
    return 0;
}

static void end_exchange(edo_http1 *c) {
    edoi_client_exchange *x = c->x;
    if (!x) return;
    edo_ext_deinit(&x->res.ext);
    edo_buf_deinit(&x->data);
    edo_headers_deinit(&x->res.headers);
    edoi_body_deinit(&x->body);
    edoi_input_deinit(&x->in);
    edo_rc_unref(x);
    c->x = NULL;
}

/* ---- Its end --------------------------------------------------------------------------------- */

/* Frees all but the stream. */
static void http1_end(edo_http1 *c) {
    end_exchange(c);
    edo_ext_deinit(&c->ext);
    edo_buf_deinit(&c->host);
    edo_rc_unref(c);
}

void edo_http1_close(edo_http1 *c) {
    if (!c) return;
    edo_stream *stream = c->stream;
    http1_end(c);
    edo_close(stream);
}

int edo_http1_release(edo_http1 *c, edo_stream **stream, edo_buf *ahead) {
    const edoi_client_exchange *x = c->x;
    int err = 0;
    if (c->has_stray) {
        err = edo_buf_append(ahead, &c->stray, 1); // the input was empty
    } else if (x) {
        err = edo_buf_append(ahead, x->in.ptr + x->in.begin, x->in.end - x->in.begin);
    }
    if (err < 0) return err;
    *stream = c->stream;
    http1_end(c);
    return 0;
}

/* ---- Its state ------------------------------------------------------------------------------- */

/* Is the connection still idle? Bytes, the end, or a failure end it. A byte is read to a place
 * outside the input, where the head of the last response still lies. */
static bool http1_is_silent(edo_http1 *c) {
    const edoi_client_exchange *x = c->x;
    if (x && (x->in.at_end || x->in.begin < x->in.end)) return false;
    edo_io_wait none = { 0 };
    struct iovec to = { &c->stray, 1 };
    int result;
    (void)c->stream->ops->poll_read(c->stream, NULL, &none, &to, 1, 0, &result);
    c->has_stray = result > 0;
    if (result < 0 && result != -EAGAIN) c->why = result;
    return result == -EAGAIN;
}

static bool client_exchange_is_over(const edoi_client_exchange *x) {
    return x->body.is_over && x->body.failed == 0 && x->up.is_over;
}

/* May the next request be sent, as far as is known without the kernel? */
static bool http1_is_free(const edo_http1 *c) {
    return c->is_good && (!c->x || client_exchange_is_over(c->x));
}

bool edo_http1_is_reusable(edo_http1 *c) {
    if (http1_is_free(c)) c->is_good = http1_is_silent(c);
    return http1_is_free(c);
}

/* What is left of the time for a request that is on its way, and for clocks. */
#define KEEP_MARGIN_NS INT64_C(1000000000)

edo_duration edoi_client_keeps(const edo_http1 *c) {
    int64_t ns = c->keeps.ns;
    if (ns == EDO_FOREVER_NS) return c->keeps;
    return edo_ns(ns - (ns / 2 < KEEP_MARGIN_NS ? ns / 2 : KEEP_MARGIN_NS));
}

int edoi_client_unsent(const edo_http1 *c, int why) {
    bool is_refused = why == -EDO_ETLS || why == -EDO_ECERT;
    return is_refused && !c->is_used ? why : -EDO_ECLOSED;
}

bool edoi_client_may_send(edo_http1 *c) {
    return http1_is_free(c) && (edoi_stream_is_quiet(c->stream) || edo_http1_is_reusable(c));
}

bool edo_http1_rest(edo_http1 *c) {
    const edoi_client_exchange *x = c->x;
    if (x && (!client_exchange_is_over(x) || x->in.at_end || x->in.begin < x->in.end))
        c->is_good = false;
    end_exchange(c);
    return c->is_good;
}

int edo_http1_own_data(edo_http1 *c) {
    edoi_client_exchange *x = c->x;
    if (!x || x->up.is_over || x->up.data.len == 0 || x->data.len > 0) return 0;
    int err = edo_buf_append(&x->data, x->up.data.ptr, x->up.data.len);
    if (err == 0) x->up.data = (edo_str){ x->data.ptr, x->data.len };
    return err;
}

bool edo_http1_was_answered(const edo_http1 *c) {
    const edoi_client_exchange *x = c->x;
    return x && (x->in.begin < x->in.end || x->res.status != 0);
}

int edo_http1_wait_end(edo_http1 *c) {
    while (edo_http1_is_reusable(c)) {
        int ready = edo_io_ready(c->stream, EDO_IO_READ);
        if (ready < 0 && ready != -EDO_ECLOSED) return ready;
    }
    return edo_budget_consume();
}

edo_stream *edo_http1_stream(edo_http1 *c) {
    return c->stream;
}

edo_ext *edo_http1_ext(edo_http1 *c) {
    return &c->ext;
}
