/* SPDX-License-Identifier: MIT */
/* client/send/body_watch.c: reports how the body of a response is read. A watch is a stream that
 * replaces the body and reads from it; watches of several layers are stacked.
 *
 * inv. 1: a watch reports the end once: when a read returns it, or the response is freed.
 * Threads: the response's, one at a time. */
#define EDO_TARGET "http.body"
#include "client/send/body_watch.h"

#include "base/assert.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "client/client.h"
#include "http/types/error_type.h"
#include "http/uri/place.h"
#include "service/wrap.h"

#include <edo/http_client.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

typedef struct body_watch_service {
    edo_service base;
    edo_http_body_opts opts;
} body_watch_service;

typedef struct body_watch {
    edo_stream stream;
    edo_stream *below; // the body, or the watch of a layer further inside
    edo_http_response *res;
    edo_http_body_opts opts; // copied: a response may outlive the service
    edo_instant begun_at;
    uint64_t bytes;
    bool is_told;            // of the end
    struct body_watch *next; // `below`, if it is a watch
} body_watch;

static body_watch *body_watch_of(edo_stream *s) {
    return EDO_CONTAINER_OF(s, body_watch, stream);
}

/* ---- Reports --------------------------------------------------------------------------------- */

/* The URL without its query, which may be secret. */
static void body_watch_log_end(const body_watch *w, const edo_http_body_end *end) {
    edo_uri uri = { 0 };
    const edo_str url = edo_http_response_url(w->res);
    if (url.len == 0 || edo_uri_parse(&uri, url) < 0) uri = (edo_uri){ 0 };
    const edo_kv status = edoi_status_kv(w->res->status);
    const double took_ms = (double)end->took.ns / 1e6;
    if (end->err < 0 && end->err != -ECANCELED)
        edo_warn_kv("body failed", edoi_uri_kv_address(&uri), edoi_kv_some("url.path", uri.path),
                    status, EDO_KV("bytes", end->bytes), EDO_KV("error", edo_error_name(end->err)),
                    EDO_KV("took_ms", took_ms));
    else
        edo_debug_kv(end->err < 0 ? "body left" : "body", edoi_uri_kv_address(&uri),
                     edoi_kv_some("url.path", uri.path), status, EDO_KV("bytes", end->bytes),
                     EDO_KV("took_ms", took_ms));
}

static void body_watch_tell_on_end(const body_watch *w, const edo_http_body_end *end) {
    edo_no_await_begin();
    w->opts.on_end(w->opts.arg, w->res, end);
    edo_no_await_end();
}

static void body_watch_tell_on_chunk(const body_watch *w, int bytes) {
    edo_no_await_begin();
    w->opts.on_chunk(w->opts.arg, w->res, (size_t)bytes);
    edo_no_await_end();
}

static void body_watch_tell_end(body_watch *w, int err) {
    if (w->is_told) return;
    w->is_told = true;
    const edo_http_body_end end = { .bytes = w->bytes,
                                    .err = err,
                                    .took = edo_instant_since(edo_now(), w->begun_at) };
    if (w->opts.on_end)
        body_watch_tell_on_end(w, &end);
    else
        body_watch_log_end(w, &end);
}

static void body_watch_tell(body_watch *w, int result) {
    if (result > 0) w->bytes += (uint64_t)result;
    if (result > 0 && w->opts.on_chunk)
        body_watch_tell_on_chunk(w, result);
    else if (result <= 0 && result != -EAGAIN)
        body_watch_tell_end(w, result);
}

/* ---- The stream ------------------------------------------------------------------------------ */

static edo_polled body_watch_poll_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                       const struct iovec *to, size_t n, uint32_t flags,
                                       int *result) {
    body_watch *w = body_watch_of(s);
    if (w->below->ops->poll_read(w->below, cx, wait, to, n, flags, result) == EDO_PENDING)
        return EDO_PENDING;
    if (!(flags & EDO_IO_PEEK)) body_watch_tell(w, *result);
    return EDO_READY;
}

static edo_polled body_watch_poll_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                        const struct iovec *from, size_t n, int *result) {
    edo_stream *below = body_watch_of(s)->below;
    return below->ops->poll_write(below, cx, wait, from, n, result);
}

static edo_polled body_watch_poll_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                           int *result) {
    edo_stream *below = body_watch_of(s)->below;
    return below->ops->poll_shutdown(below, cx, wait, result);
}

static void body_watch_unwait(edo_stream *s, edo_io_wait *wait) {
    edo_stream *below = body_watch_of(s)->below;
    below->ops->unwait(below, wait);
}

static void body_watch_close(edo_stream *s) {
    (void)s; // it belongs to its response
}

static int body_watch_fd(edo_stream *s) {
    edo_stream *below = body_watch_of(s)->below;
    return below->ops->fd(below);
}

static const edo_stream_ops body_watch_ops = { .name = "watched body of an HTTP response",
                                               .flags = EDO_STREAM_VECTORED,
                                               .poll_read = body_watch_poll_read,
                                               .poll_write = body_watch_poll_write,
                                               .poll_shutdown = body_watch_poll_shutdown,
                                               .unwait = body_watch_unwait,
                                               .close = body_watch_close,
                                               .free = body_watch_close,
                                               .fd = body_watch_fd };

/* ---- Its life -------------------------------------------------------------------------------- */

/* Has all of the body been read? A reader that knows its length does not read behind that. */
static bool body_watch_is_over(const body_watch *w) {
    char byte;
    while (w->next) w = w->next;
    return edo_try_read(w->below, &byte, 1) == 0; // below all watches: none counts the byte
}

/* Ends the watches of a response, the outermost first. */
static void body_watch_drop(void *value) {
    body_watch *w = value;
    const int err = w && !w->is_told && !body_watch_is_over(w) ? -ECANCELED : 0;
    while (w) {
        body_watch *next = w->next;
        body_watch_tell_end(w, err);
        EDO_INV("body_watch inv. 1", w->is_told);
        edoi_free(w);
        w = next;
    }
}

static const edo_ext_tag body_watch_tag = { .name = "watch", .drop = body_watch_drop };

void edoi_body_watch_end(edo_http_response *res) {
    body_watch_drop(edo_ext_take(&res->ext, &body_watch_tag));
}

static int body_watch_put(edo_http_response *res, const edo_http_body_opts *opts) {
    body_watch *w = edoi_alloc(sizeof *w), *first = edo_ext_take(&res->ext, &body_watch_tag);
    if (w)
        *w = (body_watch){ .stream = { .ops = &body_watch_ops, .refs = EDOI_ATOMIC_INIT(1) },
                           .below = res->body,
                           .res = res,
                           .opts = *opts,
                           .begun_at = edo_now(),
                           .next = first };
    if (w && edo_ext_set(&res->ext, &body_watch_tag, w) == 0) {
        res->body = &w->stream;
        return 0;
    }
    edoi_free(w);
    body_watch_drop(first);
    return -ENOMEM;
}

/* ---- The layer ------------------------------------------------------------------------------- */

static int body_watch_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    edo_http_response **out = response;
    int result = edo_service_call(base->inner, permit, request, response);
    if (result < 0 || !*out || (*out)->is_upgraded) return result;
    int err = body_watch_put(*out, &((const body_watch_service *)(const void *)base)->opts);
    if (err == 0) return result;
    edo_http_response_free(*out);
    *out = NULL;
    return err;
}

static int body_watch_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_http_body_layer", .call = body_watch_call };
    edo_http_body_opts opts;
    memcpy(&opts, &layer->opts, sizeof opts);
    if (!edoi_all_zero(opts.reserved, EDO_COUNT(opts.reserved)))
        return edo_fail(-EINVAL, "edo_http_body_layer(): `reserved` must be 0");
    int err = edo_service_new(out, sizeof(body_watch_service), &ops, inner);
    if (err == 0) ((body_watch_service *)(void *)*out)->opts = opts;
    return err;
}

edo_layer edo_http_body_layer(const edo_http_body_opts *opts) {
    edo_layer layer = edo_layer_make(body_watch_wrap, opts, opts ? sizeof *opts : 0);
    layer.kind = EDOI_CLIENT_KIND;
    return layer;
}
