/* SPDX-License-Identifier: MIT */
/* http/server/upgrade.c: edo_upgrade(): a stream whose input begins with what was read ahead. */
#include "http/server/upgrade.h"

#include "http/server/exchange.h"
#include "http/server/head.h"

#include <errno.h>

static edoi_http_exchange *exchange_of(edo_stream *s) {
    return EDO_CONTAINER_OF(s, edoi_http_exchange, after.stream);
}

static edo_stream *below(edo_stream *s) {
    return exchange_of(s)->conn->stream;
}

static edo_polled after_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result) {
    edoi_http_input *in = &exchange_of(s)->in;
    size_t held = in->end - in->begin;
    if (held == 0) return below(s)->ops->poll_read(below(s), cx, wait, to, n, flags, result);
    while (n > 1 && to->iov_len == 0) to++, n--;
    size_t some = to->iov_len < held ? to->iov_len : held;
    memcpy(to->iov_base, in->ptr + in->begin, some);
    if (!(flags & EDO_IO_PEEK)) in->begin += (uint32_t)some;
    *result = (int)some;
    return EDO_READY;
}

static edo_polled after_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result) {
    return below(s)->ops->poll_write(below(s), cx, wait, from, n, result);
}

static edo_polled after_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    return below(s)->ops->poll_shutdown(below(s), cx, wait, result);
}

static edo_polled after_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result) {
    edoi_http_input *in = &exchange_of(s)->in;
    if (what == EDO_IO_READ && in->begin < in->end) {
        *result = EDO_IO_READ;
        return EDO_READY;
    }
    if (!below(s)->ops->poll_ready) {
        *result = -ENOTSUP;
        return EDO_READY;
    }
    return below(s)->ops->poll_ready(below(s), cx, wait, what, result);
}

static void after_unwait(edo_stream *s, edo_io_wait *wait) {
    below(s)->ops->unwait(below(s), wait);
}

static void after_close(edo_stream *s) {
    below(s)->ops->close(below(s));
}

static void after_free(edo_stream *s) {
    (void)s; // it lies in the exchange
}

/* Bytes that were read ahead would be missed by users of the descriptor. */
static int after_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops after_ops = { .name = "edo_upgrade",
                                          .flags = EDO_STREAM_VECTORED | EDO_STREAM_OVER,
                                          .poll_read = after_read,
                                          .poll_write = after_write,
                                          .poll_shutdown = after_shutdown,
                                          .poll_ready = after_ready,
                                          .unwait = after_unwait,
                                          .close = after_close,
                                          .free = after_free,
                                          .fd = after_fd };

int edo_upgrade(edo_request *req, edo_response *res, edo_stream **out) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    if (x->reply.head_sent) return -EBUSY;
    bool connects = req->method == EDO_METHOD_CONNECT;
    bool asked =
        req->version == EDO_HTTP_11 && edo_headers_get(&req->headers, EDO_HEADER_UPGRADE).ptr;
    if (!x->body.is_over || (!connects && !asked)) return -EINVAL;
    res->status = connects ? EDO_STATUS_OK : EDO_STATUS_SWITCHING_PROTOCOLS;
    x->upgraded = !connects;
    edoi_output_take_back(&x->out);
    int err = edoi_http_print_head(x, EDOI_FRAMING_CLOSE, 0);
    if (err == 0) err = edoi_output_flush(&x->out);
    if (err < 0) {
        x->upgraded = false;
        return err;
    }
    x->upgraded = x->reply.head_sent = true;
    x->after.stream = (edo_stream){ .ops = &after_ops, .refs = EDOI_ATOMIC_INIT(1) };
    *out = &x->after.stream;
    return 0;
}
