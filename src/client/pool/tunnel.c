/* SPDX-License-Identifier: MIT */
/* client/pool/tunnel.c: see tunnel.h. */
#include "client/pool/tunnel.h"
#include "http/client/http2_ops.h"

#include <errno.h>

/* ---- The request ----------------------------------------------------------------------------- */

/* Finds a connection: NULL if there is none, or, with `dials`, it is one of HTTP/1.1. */
static int tunnel_find(edoi_client_pool_conn **out, edoi_client_pool_host *h, bool dials) {
    *out = edoi_client_pool_get_shared(h);
    if (*out || !dials || !edoi_client_pool_may_dial_shared(h)) return 0;
    int err = edoi_client_pool_get(out, h, false);
    if (err < 0 || (*out)->http2) return err;
    edoi_client_pool_put(*out); // others use it
    *out = NULL;
    return 0;
}

/* Is it known that the server has not looked at the request? It was refused, or is above the last
 * one of a GOAWAY; or nothing has left. */
static bool tunnel_is_unsent(int err) {
    return err == -EDO_ECLOSED || err == -EAGAIN || err == -ENOTSUP;
}

/* Does the failure leave it to another connection to ask again? */
static bool tunnel_may_ask_again(const edoi_client_pool_conn *conn, int err) {
    bool is_end = err == -EDO_EEOF || err == -ECONNRESET || err == -EPIPE ||
                  err == -EDO_ETRUNCATED || err == -ETIMEDOUT;
    return tunnel_is_unsent(err) || (is_end && !edoi_http2_client.is_open(conn->http2, false));
}

int edoi_tunnel_ask(edoi_tunnel *out, edoi_client_pool_host *h, const edo_http_request *req,
                    bool dials) {
    *out = (edoi_tunnel){ .conn = NULL };
    if (!edoi_shared_may_be(h)) return -ENOTSUP;
    int err = tunnel_find(&out->conn, h, dials);
    if (err < 0) return err;
    if (!out->conn) return -ENOTSUP;
    err = edoi_http2_client.connect(out->conn->http2, &out->res, req);
    out->is_sent = !tunnel_is_unsent(err);
    if (err == 0) return 0;
    if (tunnel_may_ask_again(out->conn, err)) err = -ENOTSUP;
    edoi_client_pool_put(out->conn);
    return err;
}

void edoi_tunnel_drop(const edoi_tunnel *t) {
    edo_http_response_free(t->res);
    edoi_client_pool_put(t->conn);
}

/* ---- The stream ------------------------------------------------------------------------------ */

/* Counted by the references of the stream. */
typedef struct tunnel {
    edo_stream stream;
    edoi_tunnel of;
    edo_stream *below; /* const; borrowed: the body of the response */
} tunnel;

static edo_stream *below_of(edo_stream *s) {
    return EDO_CONTAINER_OF(s, tunnel, stream)->below;
}

static edo_polled pool_tunnel_poll_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                        const struct iovec *to, size_t n, uint32_t flags,
                                        int *result) {
    edo_stream *b = below_of(s);
    return b->ops->poll_read(b, cx, wait, to, n, flags, result);
}

static edo_polled pool_tunnel_poll_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                         const struct iovec *from, size_t n, int *result) {
    edo_stream *b = below_of(s);
    return b->ops->poll_write(b, cx, wait, from, n, result);
}

static edo_polled pool_tunnel_poll_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                         int *result) {
    edo_stream *b = below_of(s);
    return b->ops->poll_flush(b, cx, wait, result);
}

static edo_polled pool_tunnel_poll_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                            int *result) {
    edo_stream *b = below_of(s);
    return b->ops->poll_shutdown(b, cx, wait, result);
}

static edo_polled pool_tunnel_poll_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                         uint32_t what, int *result) {
    edo_stream *b = below_of(s);
    return b->ops->poll_ready(b, cx, wait, what, result);
}

static void pool_tunnel_unwait(edo_stream *s, edo_io_wait *wait) {
    edo_stream *b = below_of(s);
    b->ops->unwait(b, wait);
}

static void pool_tunnel_close(edo_stream *s) {
    edo_stream *b = below_of(s);
    (b->ops->close)(b);
}

static void pool_tunnel_free(edo_stream *s) {
    tunnel *t = EDO_CONTAINER_OF(s, tunnel, stream);
    edoi_tunnel of = t->of;
    edo_rc_unref(t);
    edoi_tunnel_drop(&of);
}

static int pool_tunnel_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops pool_tunnel_ops = { .name = "tunnel through HTTP/2",
                                                .poll_read = pool_tunnel_poll_read,
                                                .poll_write = pool_tunnel_poll_write,
                                                .poll_shutdown = pool_tunnel_poll_shutdown,
                                                .poll_ready = pool_tunnel_poll_ready,
                                                .unwait = pool_tunnel_unwait,
                                                .close = pool_tunnel_close,
                                                .free = pool_tunnel_free,
                                                .fd = pool_tunnel_fd,
                                                .poll_flush = pool_tunnel_poll_flush };

int edoi_tunnel_stream(edo_stream **out, const edoi_tunnel *of) {
    tunnel *t = edo_rc_new(sizeof *t, NULL);
    if (!t) {
        edoi_tunnel_drop(of);
        return -ENOMEM;
    }
    *t = (tunnel){ .stream = { .ops = &pool_tunnel_ops, .refs = EDOI_ATOMIC_INIT(1) },
                   .of = *of,
                   .below = of->res->body };
    *out = &t->stream;
    return 0;
}
