/* SPDX-License-Identifier: MIT */
/* http/server/h1/response_body.c: the body of a response.
 *
 * A chunk is copied behind the output that is left, and sent at once: so a write that has begun a
 * chunk never has to come back for its rest, which the writer may never send. Bytes of a body with
 * a length go to the socket from where they lie. */
#include "http/h1/pen.h"
#include "http/h1/trailers.h"
#include "http/server/h1/h1.h"
#include "http/server/h1/response_head.h"

#include <errno.h>
#include <stdio.h>

#define SIZE_LINE_MAX 8u /* "4000\r\n" and its like */

static edoi_response_body *exchange_body_of(edo_stream *s) {
    return &edoi_exchange_of_reply(s)->reply;
}

static edoi_http_output *response_body_output_of(edoi_response_body *b) {
    return &EDO_CONTAINER_OF(b, edoi_http_exchange, reply)->h1->out;
}

static size_t response_body_first_of(const struct iovec *from, size_t n) {
    size_t i = 0;
    while (i + 1 < n && from[i].iov_len == 0) i++;
    return i;
}

static edo_polled response_body_ready(int *result, int value) {
    *result = value;
    return EDO_READY;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static edo_polled write_length(edoi_response_body *b, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *from, int *result) {
    if (from->iov_len > b->left && b->left == 0) return response_body_ready(result, -EMSGSIZE);
    size_t n = from->iov_len < b->left ? from->iov_len : (size_t)b->left;
    int done;
    do { // 0: only output from before has left
        if (edoi_output_poll_write(response_body_output_of(b), cx, wait, from->iov_base, n,
                                   &done) == EDO_PENDING)
            return EDO_PENDING;
    } while (done == 0);
    if (done > 0) {
        b->left -= (uint64_t)done;
        b->written += (uint64_t)done;
    }
    return response_body_ready(result, done);
}

/* Prints `n` in hex digits, without leading zeros. Returns how many. */
static size_t print_size(char *line, size_t n) {
    int len = snprintf(line, SIZE_LINE_MAX, "%zx\r\n", n);
    return (size_t)len;
}

static edo_polled write_chunk(edoi_response_body *b, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, int *result) {
    edoi_http_output *o = response_body_output_of(b);
    const size_t around = SIZE_LINE_MAX + sizeof "\r\n";
    if (edoi_output_room(o) < around + EDOI_HTTP_OUT_BYTES / 2) {
        int err;
        if (edoi_output_poll_flush(o, cx, wait, &err) == EDO_PENDING) return EDO_PENDING;
        if (err < 0) return response_body_ready(result, err);
    }
    size_t most = edoi_output_room(o) - around;
    size_t n = from->iov_len < most ? from->iov_len : most;
    char line[SIZE_LINE_MAX];
    edoi_output_append(o, line, print_size(line, n));
    edoi_output_append(o, from->iov_base, n);
    b->written += n;
    edoi_output_append(o, "\r\n", 2);
    int sent;
    edo_polled polled = edoi_output_poll_flush(o, NULL, wait, &sent);
    if (polled == EDO_READY && sent < 0 && sent != -EAGAIN)
        return response_body_ready(result, sent);
    return response_body_ready(result, (int)n);
}

static edo_polled reply_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result) {
    edoi_response_body *b = exchange_body_of(s);
    if (b->failed) return response_body_ready(result, -EDO_ECLOSED);
    from += response_body_first_of(from, n);
    edoi_output_take_back(response_body_output_of(b));
    switch (b->framing) {
    case EDOI_FRAMING_CHUNKED: return write_chunk(b, cx, wait, from, result);
    case EDOI_FRAMING_FORBIDDEN: return response_body_ready(result, (int)from->iov_len);
    case EDOI_FRAMING_LENGTH:
    case EDOI_FRAMING_CLOSE:
    default: return write_length(b, cx, wait, from, result);
    }
}

static edo_polled reply_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_http_output *o = response_body_output_of(exchange_body_of(s));
    edoi_output_take_back(o);
    return edoi_output_poll_flush(o, cx, wait, result);
}

static edo_polled reply_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result) {
    edo_stream *to = response_body_output_of(exchange_body_of(s))->to;
    if (what != EDO_IO_WRITE || !to->ops->poll_ready) return response_body_ready(result, -ENOTSUP);
    return to->ops->poll_ready(to, cx, wait, what, result);
}

static void reply_unwait(edo_stream *s, edo_io_wait *wait) {
    edoi_output_unwait(response_body_output_of(exchange_body_of(s)), wait);
}

static edo_polled reply_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result) {
    (void)s, (void)cx, (void)wait, (void)to, (void)n, (void)flags;
    return response_body_ready(result, -ENOTSUP);
}

/* Does nothing: the return of the handler ends the body. */
static edo_polled reply_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    return response_body_ready(result, -ENOTSUP);
}

/* The end of the body then fails, so the response is broken off. */
static void reply_close(edo_stream *s) {
    exchange_body_of(s)->failed = true;
}

static void reply_free(edo_stream *s) {
    (void)s; // it lies in the exchange
}

static int reply_fd(edo_stream *s) {
    (void)s;
    return -1;
}

const edo_stream_ops edoi_h1_reply_ops = { .name = "edo_response_stream",
                                           .poll_read = reply_read,
                                           .poll_write = reply_write,
                                           .poll_shutdown = reply_shutdown,
                                           .poll_ready = reply_ready,
                                           .unwait = reply_unwait,
                                           .close = reply_close,
                                           .free = reply_free,
                                           .fd = reply_fd,
                                           .poll_flush = reply_flush };

int edoi_h1_end_chunks(edoi_http_exchange *x) {
    edoi_http_output *o = &x->h1->out;
    if (!x->reply.trailers || !x->h1->head.takes_trailers)
        return edoi_output_send(o, EDOI_LAST_CHUNK.ptr, EDOI_LAST_CHUNK.len);
    int err = edoi_output_room(o) < EDOI_HTTP_HEAD_MAX ? edoi_output_flush(o) : 0;
    if (err < 0) return err;
    char *to = o->bytes + o->end;
    int n = edoi_trailers_print(to, EDOI_HTTP_HEAD_MAX, x->reply.trailers, &x->res.headers);
    if (n < 0) return n;
    if (x->server->opts.title_case) edoi_title_case(to, to + n);
    o->end += (uint32_t)n;
    return 0;
}
