/* SPDX-License-Identifier: MIT */
/* http/server/request_body.c: see request_body.h. */
#include "http/server/request_body.h"

#include "http/server/exchange.h"

#include <errno.h>
#include <limits.h>

/* Bytes of a body that a handler has left: so many are read, if they have arrived, to keep the
 * connection. */
#define SKIP_MAX 65536u

static edoi_http_exchange *exchange_of(edoi_request_body *b) {
    return EDO_CONTAINER_OF(b, edoi_http_exchange, body);
}

static edoi_request_body *body_of(edo_stream *s) {
    return EDO_CONTAINER_OF(s, edoi_request_body, stream);
}

/* The end of the body, in order with 0, or with a failure, after which the connection cannot go
 * on. */
static edo_polled finish(edoi_request_body *b, int *result, int code) {
    b->is_over = true;
    b->failed = code;
    *result = code;
    return EDO_READY;
}

/* ---- Bytes that have arrived ----------------------------------------------------------------- */

static size_t copy_out(const struct iovec *to, size_t n, const char *bytes, size_t left) {
    size_t done = 0;
    for (size_t i = 0; i < n && left > 0; i++) {
        size_t some = to[i].iov_len < left ? to[i].iov_len : left;
        memcpy(to[i].iov_base, bytes + done, some);
        done += some;
        left -= some;
    }
    return done;
}

static size_t held_of(const edoi_http_input *in) {
    return in->end - in->begin;
}

static int take(edoi_request_body *b, const struct iovec *to, size_t n) {
    edoi_http_input *in = &exchange_of(b)->in;
    size_t held = held_of(in);
    size_t done = copy_out(to, n, in->ptr + in->begin, held < b->left ? held : (size_t)b->left);
    in->begin += (uint32_t)done;
    b->left -= done;
    return (int)done;
}

/* What a chunk's line says, or a part of it. Returns 0 or a negative code. */
static int take_chunk_line(edoi_request_body *b) {
    edoi_http_input *in = &exchange_of(b)->in;
    edo_str data = { 0 };
    size_t used;
    int found =
        edoi_chunked_next(&b->chunks, (edo_str){ in->ptr + in->begin, held_of(in) }, &used, &data);
    if (found < 0) return found;
    b->left = found == EDOI_CHUNKED_DATA ? data.len : 0;
    in->begin += (uint32_t)(used - (size_t)b->left);
    if (found == EDOI_CHUNKED_LAST) {
        const edoi_h1_opts opts = { .head_bytes_max = in->cap - in->floor,
                                    .headers_max = exchange_of(b)->server->opts.headers_max };
        b->in_trailers = true;
        edoi_h1_head_init(&b->tail, EDOI_H1_TRAILERS, &b->trailers, &opts);
    }
    return 0;
}

/* The fields behind the last chunk stay where they are: no more is read in this request. Returns 1
 * if more is wanted, 0, or a negative code. */
static int take_trailers(edoi_request_body *b) {
    edoi_http_input *in = &exchange_of(b)->in;
    int n = edoi_h1_head_parse(&b->tail, in->ptr + in->begin, held_of(in));
    if (n < 0) return n;
    if (n == 0) {
        edoi_input_to_floor(in);
        return 1;
    }
    in->begin += (uint32_t)n;
    in->floor = in->begin;
    b->is_over = true;
    return 0;
}

/* Takes the framing that has arrived, up to data. Returns 0 or a negative code. */
static int take_framing(edoi_request_body *b) {
    edoi_http_input *in = &exchange_of(b)->in;
    while (b->left == 0 && !b->is_over && in->begin < in->end) {
        int err = b->in_trailers ? take_trailers(b) : take_chunk_line(b);
        if (err != 0) return err < 0 ? err : 0;
    }
    return 0;
}

/* ---- Bytes that have not --------------------------------------------------------------------- */

void edoi_request_body_invite(edoi_request_body *b) {
    if (!b->wants_continue) return;
    b->wants_continue = false;
    edoi_http_output *o = &exchange_of(b)->out;
    edoi_output_take_back(o);
    edo_str line = EDO_STR("HTTP/1.1 100 Continue\r\n\r\n");
    if (!exchange_of(b)->reply.head_sent && edoi_output_room(o) >= line.len)
        edoi_output_append(o, line.ptr, line.len);
}

/* Before a wait for the client: it may wait for what it was not sent yet. */
static edo_polled send_what_is_due(edoi_request_body *b, edo_cx *cx, edo_io_wait *wait,
                                   int *result) {
    edoi_http_output *o = &exchange_of(b)->out;
    if (exchange_of(b)->reply.head_sent) { // another task may write the response
        *result = 0;
        return EDO_READY;
    }
    edoi_output_take_back(o);
    edoi_request_body_invite(b);
    return edoi_output_poll_flush(o, cx, wait, result);
}

/* Waits for input: into `to` if it is of a body with a length, which is then counted. */
static edo_polled wait_for_input(edoi_request_body *b, edo_cx *cx, edo_io_wait *wait,
                                 const struct iovec *to, int *result) {
    edoi_http_input *in = &exchange_of(b)->in;
    if (send_what_is_due(b, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
    if (*result < 0) return EDO_READY;
    if (b->kind == EDOI_BODY_CHUNKED || b->left < sizeof in->bytes)
        return edoi_input_poll(in, cx, wait, result);
    struct iovec most = { to->iov_base, to->iov_len < b->left ? to->iov_len : (size_t)b->left };
    if (edoi_input_poll_past(in, cx, wait, &most, result) == EDO_PENDING) return EDO_PENDING;
    if (*result > 0) b->left -= (uint64_t)*result;
    return EDO_READY;
}

/* ---- The stream ------------------------------------------------------------------------------ */

static edo_polled body_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    edoi_request_body *b = body_of(s);
    edoi_http_input *in = &exchange_of(b)->in;
    if (flags & EDO_IO_PEEK) {
        *result = -ENOTSUP;
        return EDO_READY;
    }
    for (;;) {
        if (b->kind == EDOI_BODY_CHUNKED && !b->is_over) {
            int err = take_framing(b);
            if (err < 0) return finish(b, result, -EBADMSG);
        }
        if (b->is_over) return finish(b, result, b->failed);
        if (b->left > 0 && held_of(in) > 0) break;
        const struct iovec *first = to;
        while (n > 1 && first->iov_len == 0) first++, n--;
        if (wait_for_input(b, cx, wait, first, result) == EDO_PENDING) return EDO_PENDING;
        if (*result == -EAGAIN) return EDO_READY; // without a wait
        if (*result <= 0) return finish(b, result, *result < 0 ? *result : -EDO_EEOF);
        if (held_of(in) > 0) continue;
        b->is_over = b->left == 0; // it was read into `to`
        return EDO_READY;
    }
    *result = take(b, to, n);
    b->is_over = b->kind == EDOI_BODY_LENGTH && b->left == 0;
    return EDO_READY;
}

static edo_polled body_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                             size_t n, int *result) {
    (void)s, (void)cx, (void)wait, (void)from, (void)n;
    *result = -ENOTSUP;
    return EDO_READY;
}

static edo_polled body_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    *result = -ENOTSUP;
    return EDO_READY;
}

/* A wait is for input, or for room for what is due: one link, for either. */
static void body_unwait(edo_stream *s, edo_io_wait *wait) {
    edoi_http_exchange *x = exchange_of(body_of(s));
    edoi_stall_end(&x->out.stall);
    edoi_input_unwait(&x->in, wait);
}

static void body_close(edo_stream *s) {
    edoi_request_body *b = body_of(s);
    if (!b->is_over) b->failed = -EDO_ECLOSED;
    b->is_over = true;
}

static void body_free(edo_stream *s) {
    (void)s; // it lies in the exchange
}

static int body_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops body_ops = { .name = "edo_request_body",
                                         .poll_read = body_read,
                                         .poll_write = body_write,
                                         .poll_shutdown = body_shutdown,
                                         .unwait = body_unwait,
                                         .close = body_close,
                                         .free = body_free,
                                         .fd = body_fd };

/* ---- Its life -------------------------------------------------------------------------------- */

void edoi_request_body_init(edoi_request_body *b, edoi_body_kind kind, uint64_t length,
                            bool wants_continue) {
    b->stream = (edo_stream){ .ops = &body_ops, .refs = EDOI_ATOMIC_INIT(1) };
    b->kind = kind;
    b->left = kind == EDOI_BODY_LENGTH ? length : 0;
    b->is_over = kind == EDOI_BODY_NONE || (kind == EDOI_BODY_LENGTH && length == 0);
    b->wants_continue = wants_continue && !b->is_over;
    b->failed = 0;
    b->in_trailers = false;
    b->chunks = (edoi_chunked){ 0 };
    edo_headers_init(&b->trailers);
}

void edoi_request_body_deinit(edoi_request_body *b) {
    edo_headers_deinit(&b->trailers);
}

bool edoi_request_body_skip_rest(edoi_request_body *b) {
    if (b->wants_continue) return false; // nobody has asked for it
    char rest[512];
    struct iovec to = { rest, sizeof rest };
    size_t total = 0;
    while (!b->is_over && total < SKIP_MAX) {
        edo_io_wait none = { 0 };
        int n;
        (void)body_read(&b->stream, NULL, &none, &to, 1, 0, &n);
        if (n <= 0) break;
        total += (size_t)n;
    }
    return b->is_over && b->failed == 0;
}
