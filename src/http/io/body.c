/* SPDX-License-Identifier: MIT */
/* http/io/body.c: see body.h. */
#include "http/io/body.h"

#include "http/headers/map.h"

#include <edo/error.h>

#include <errno.h>
#include <limits.h>

static edoi_body *io_body_of(edo_stream *s) {
    return EDO_CONTAINER_OF(s, edoi_body, stream);
}

/* Ends the body: in order with 0, or with a failure, after which the connection cannot go on. */
static edo_polled http_body_finish(edoi_body *b, int *result, int code) {
    b->is_over = true;
    b->failed = code;
    *result = code;
    return EDO_READY;
}

/* Ends the body, since the input has ended or failed. */
static edo_polled http_body_end_of_input(edoi_body *b, int *result) {
    int at_end = b->kind == EDOI_BODY_UNTIL_CLOSE ? 0 : -EDO_EEOF;
    return http_body_finish(b, result, *result < 0 ? *result : at_end);
}

/* ---- Bytes that have arrived ----------------------------------------------------------------- */

static size_t http_body_copy_out(const struct iovec *to, size_t n, const char *bytes, size_t left) {
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

static int http_body_take(edoi_body *b, const struct iovec *to, size_t n) {
    edoi_http_input *in = b->in;
    size_t held = held_of(in);
    size_t done =
        http_body_copy_out(to, n, in->ptr + in->begin, held < b->left ? held : (size_t)b->left);
    in->begin += (uint32_t)done;
    b->left -= done;
    b->taken += done;
    return (int)done;
}

/* Parses the line of a chunk, or the part of it that has arrived. Returns 0 or a negative code. */
static int take_chunk_line(edoi_body *b) {
    edoi_http_input *in = b->in;
    edo_str data = { 0 };
    size_t used;
    int found =
        edoi_chunked_next(&b->chunks, (edo_str){ in->ptr + in->begin, held_of(in) }, &used, &data);
    if (found < 0) return found;
    b->left = found == EDOI_CHUNKED_DATA ? data.len : 0;
    in->begin += (uint32_t)(used - (size_t)b->left);
    if (found == EDOI_CHUNKED_LAST) {
        const edoi_h1_opts opts = { .head_bytes_max = b->trailer_bytes_max,
                                    .headers_max = b->headers_max,
                                    .keep_case = b->keep_case,
                                    .unfolds = b->unfolds };
        b->in_trailers = true;
        edoi_h1_head_init(&b->tail, EDOI_H1_TRAILERS, &b->trailers, &opts);
    }
    return 0;
}

/* Parses the trailers. They stay where they are, since no more is read in this message. Returns 1
 * if more is wanted and there is room for it, 0, or a negative code. */
static int take_trailers(edoi_body *b) {
    edoi_http_input *in = b->in;
    int n = edoi_h1_head_parse(&b->tail, in->ptr + in->begin, held_of(in));
    if (n < 0) return n;
    if (n == 0) {
        edoi_input_to_floor(in);
        int err = in->end < in->cap ? 0 : edoi_input_make_more(in, b->trailer_bytes_max);
        return err < 0 ? err : 1;
    }
    in->begin += (uint32_t)n;
    in->floor = in->begin;
    b->is_over = true;
    return 0;
}

/* Takes the framing that has arrived, up to data. Returns 0 or a negative code. */
static int take_framing(edoi_body *b) {
    edoi_http_input *in = b->in;
    while (b->left == 0 && !b->is_over && in->begin < in->end) {
        int err = b->in_trailers ? take_trailers(b) : take_chunk_line(b);
        if (err != 0) return err < 0 ? err : 0;
    }
    return 0;
}

/* ---- Bytes that have not --------------------------------------------------------------------- */

#define TURN_BYTES 4096u /* bytes of a large read that take one operation of the budget */

/* Takes from the task's budget as much for a large read as small ones would take, so that a body
 * that arrives as fast as it is read does not starve other tasks. One operation is left for the
 * read itself. */
static void charge(edo_cx *cx, int bytes) {
    uint32_t most = cx && cx->budget > 1 ? cx->budget - 1 : 0;
    uint32_t due = (uint32_t)bytes / TURN_BYTES;
    if (most > 0) cx->budget -= due < most ? due : most;
}

/* Waits for input; a body with a length is read into `to`, and counted. */
static edo_polled wait_for_input(edoi_body *b, edo_cx *cx, edo_io_wait *wait,
                                 const struct iovec *to, int *result) {
    edoi_http_input *in = b->in;
    if (b->due(b, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
    if (*result < 0) return EDO_READY;
    if (b->kind == EDOI_BODY_CHUNKED || b->left < sizeof in->bytes) {
        if (edoi_input_poll(in, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
        if (*result > 0) edoi_stall_count(&in->stall, (size_t)*result);
        return EDO_READY;
    }
    struct iovec most = { to->iov_base, to->iov_len < b->left ? to->iov_len : (size_t)b->left };
    if (edoi_input_poll_past(in, cx, wait, &most, result) == EDO_PENDING) return EDO_PENDING;
    if (*result <= 0) return EDO_READY;
    charge(cx, *result);
    edoi_stall_count(&in->stall, (size_t)*result);
    b->left -= (uint64_t)*result;
    b->taken += (uint64_t)*result;
    return EDO_READY;
}

/* ---- The stream ------------------------------------------------------------------------------ */

static edo_polled body_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    edoi_body *b = io_body_of(s);
    edoi_http_input *in = b->in;
    if (flags & EDO_IO_PEEK) {
        *result = -ENOTSUP;
        return EDO_READY;
    }
    for (;;) {
        if (b->kind == EDOI_BODY_CHUNKED && !b->is_over) {
            int err = take_framing(b);
            if (err < 0) return http_body_finish(b, result, err == -ENOMEM ? -ENOMEM : -EBADMSG);
        }
        if (b->is_over) return http_body_finish(b, result, b->failed);
        if (b->left > 0 && held_of(in) > 0) break;
        const struct iovec *first = to;
        while (n > 1 && first->iov_len == 0) first++, n--;
        if (wait_for_input(b, cx, wait, first, result) == EDO_PENDING) return EDO_PENDING;
        if (*result == -EAGAIN) return EDO_READY; // the poll did not wait
        if (*result <= 0) return http_body_end_of_input(b, result);
        if (held_of(in) > 0) continue;
        b->is_over = b->left == 0; // the bytes were read into `to`
        return EDO_READY;
    }
    *result = http_body_take(b, to, n);
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

/* Ends a wait, for input or for room for output: one link serves both. */
static void body_unwait(edo_stream *s, edo_io_wait *wait) {
    edoi_body *b = io_body_of(s);
    b->undue(b);
    edoi_input_unwait(b->in, wait);
}

static void body_close(edo_stream *s) {
    edoi_body *b = io_body_of(s);
    if (!b->is_over) b->failed = -EDO_ECLOSED;
    b->is_over = true;
}

static void body_free(edo_stream *s) {
    (void)s; // the owner frees it
}

static int body_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops body_ops = { .name = "edo_http_body",
                                         .poll_read = body_read,
                                         .poll_write = body_write,
                                         .poll_shutdown = body_shutdown,
                                         .unwait = body_unwait,
                                         .close = body_close,
                                         .free = body_free,
                                         .fd = body_fd };

/* ---- Its life -------------------------------------------------------------------------------- */

void edoi_body_init(edoi_body *b, edoi_http_input *in, edoi_body_kind kind, uint64_t length) {
    b->stream = (edo_stream){ .ops = &body_ops, .refs = EDOI_ATOMIC_INIT(1) };
    b->in = in;
    b->kind = kind;
    b->left = kind == EDOI_BODY_LENGTH ? length : kind == EDOI_BODY_UNTIL_CLOSE ? UINT64_MAX : 0;
    b->is_over = kind == EDOI_BODY_NONE || (kind == EDOI_BODY_LENGTH && length == 0);
    b->failed = 0;
    b->taken = 0;
    b->in_trailers = b->keep_case = b->unfolds = false;
    b->chunks = (edoi_chunked){ 0 };
    edo_headers_init(&b->trailers);
}

void edoi_body_deinit(edoi_body *b) {
    edoi_headers_drop(&b->trailers);
}
