/* SPDX-License-Identifier: MIT */
/* http/server/h1/request_body.c: the body of a request, as a stream. */
#include "http/server/h1/h1.h"

/* Bytes of a body that a handler has not read: this many are read to keep the connection, if they
 * have arrived; of a body with more left nothing is read. */
#define SKIP_MAX 65536u

#define SKIP_PIECE 1536 /* bytes; a larger buffer would not fit into the frame */

static edoi_http_exchange *request_body_exchange_of(edoi_request_body *b) {
    return EDO_CONTAINER_OF(b, edoi_h1_side, body)->x;
}

static const char continue_line[] = "HTTP/1.1 100 Continue\r\n\r\n";
#define CONTINUE_BYTES (sizeof continue_line - 1)

void edoi_request_body_invite(edoi_request_body *b) {
    if (!b->wants_continue) return;
    b->wants_continue = false;
    if (request_body_exchange_of(b)->reply.head_sent) return;
    edoi_output_append(&request_body_exchange_of(b)->h1->out, continue_line, CONTINUE_BYTES);
}

bool edoi_request_body_may_invite(const edoi_request_body *b, const edoi_http_output *o) {
    return !b->wants_continue || edoi_output_room(o) >= CONTINUE_BYTES;
}

/* Sends the output that the client may wait for before it goes on with the body. */
static edo_polled send_what_is_due(edoi_body *base, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_request_body *b = EDO_CONTAINER_OF(base, edoi_request_body, base);
    edoi_http_output *o = &request_body_exchange_of(b)->h1->out;
    if (request_body_exchange_of(b)->reply.head_sent) { // then another task may write the response
        *result = 0;
        return EDO_READY;
    }
    edoi_output_take_back(o);
    if (!edoi_request_body_may_invite(b, o)) {
        if (edoi_output_poll_flush(o, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
        if (*result < 0) return EDO_READY;
    }
    edoi_request_body_invite(b);
    return edoi_output_poll_flush(o, cx, wait, result);
}

/* Ends the stall's timer. A wait is for input, or for room for output: one link serves both. */
static void end_stall(edoi_body *base) {
    edoi_http_exchange *x =
        request_body_exchange_of(EDO_CONTAINER_OF(base, edoi_request_body, base));
    if (!x->reply.head_sent && edoi_output_is_ours(&x->h1->out)) edoi_stall_end(&x->h1->out.stall);
}

void edoi_request_body_init(edoi_request_body *b, edoi_body_kind kind, uint64_t length,
                            bool wants_continue) {
    edoi_body_init(&b->base, &request_body_exchange_of(b)->h1->in, kind, length);
    b->base.due = send_what_is_due;
    b->base.undue = end_stall;
    b->wants_continue = wants_continue && !b->base.is_over;
    if (kind != EDOI_BODY_CHUNKED) return; // other bodies have no trailers
    const edo_http_server_opts *o = &request_body_exchange_of(b)->server->opts;
    b->base.keep_case = o->preserve_case;
    b->base.headers_max = o->headers_max;
    b->base.trailer_bytes_max = o->trailer_bytes_max;
}

bool edoi_request_body_skip_rest(edoi_request_body *b) {
    if (b->wants_continue) return false; // the client was not asked to send it
    if (b->base.kind == EDOI_BODY_LENGTH && b->base.left > SKIP_MAX) return false;
    char rest[SKIP_PIECE];
    struct iovec to = { rest, sizeof rest };
    size_t total = 0;
    edo_stream *s = &b->base.stream;
    while (!b->base.is_over && total < SKIP_MAX) {
        edo_io_wait none = { 0 };
        int n;
        (void)s->ops->poll_read(s, NULL, &none, &to, 1, 0, &n);
        if (n <= 0) break;
        total += (size_t)n;
    }
    return b->base.is_over && b->base.failed == 0;
}
