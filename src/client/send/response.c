/* SPDX-License-Identifier: MIT */
/* client/send/response.c: the response of a client: a body with limits of time, decoded, whose
 * connection goes back to the pool at its end. */
#include "http/client/response.h"
#include "base/assert.h"
#include "client/send/body_watch.h"
#include "client/send/send.h"
#include "http/client/conn.h"
#include "http/client/http2_ops.h"

#include <edo/http_fields.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REST_MAX 65536u /* bytes of a body that are read for the sake of its connection */

/* ---- The body -------------------------------------------------------------------------------- */

static edoi_fetched *fetched_of_stream(edo_stream *s) {
    return EDO_CONTAINER_OF(s, edoi_fetched, body);
}

static void fetched_end_wait(edoi_fetched *f) {
    if (f->is_timed) edo_drop(&f->timer.base);
    f->is_timed = false;
}

/* How long this wait may be. */
static edo_duration fetched_limit(const edoi_fetched *f) {
    if (f->ends_at.ns == EDO_FOREVER_NS) return f->read_timeout;
    edo_duration left = edo_instant_since(f->ends_at, edo_now());
    if (left.ns < 0) left.ns = 0;
    return left.ns < f->read_timeout.ns ? left : f->read_timeout;
}

/* Returns the bytes of the body that were read. */
static uint64_t fetched_taken(const edoi_fetched *f) {
    if (f->conn->http2) return edoi_http2_client.taken(f->res);
    return EDO_CONTAINER_OF(f->res, edoi_client_exchange, res)->body.taken;
}

/* Says which limit has passed. */
static int fetched_fail_late(const edoi_fetched *f) {
    unsigned long long taken = fetched_taken(f);
    bool is_all = f->ends_at.ns != EDO_FOREVER_NS && edo_now().ns >= f->ends_at.ns;
    return is_all ? edo_fail(-ETIMEDOUT,
                             "the time of the whole call was over after %llu bytes of "
                             "the body",
                             taken)
                  : edo_fail(-ETIMEDOUT,
                             "no more of the body came within the limit of a read, after "
                             "%llu bytes",
                             taken);
}

/* Called by a read that waits. Has it waited too long? */
static bool fetched_is_late(edoi_fetched *f, edo_cx *cx) {
    if (!f->is_timed) {
        edo_duration limit = fetched_limit(f);
        if (limit.ns == EDO_FOREVER_NS) return false;
        (void)edo_sleep_init(&f->timer, limit);
    }
    EDO_INV("send inv. 1", !edo_future_is_over(&f->timer.base));
    f->is_timed = edo_poll(&f->timer.base, cx) == EDO_PENDING;
    return !f->is_timed;
}

/* Counts what a read has got of a body that has to have a number of bytes; returns its result. */
static int fetched_measure(edoi_fetched *f, uint32_t flags, int result) {
    if (!f->is_measured || result < 0) return result;
    if (f->failure == -EPROTO) return f->failure; // there were too many
    if (result == 0) return f->left > 0 ? -EDO_ETRUNCATED : 0;
    if ((uint64_t)result > f->left) return -EPROTO;
    if (!(flags & EDO_IO_PEEK)) f->left -= (uint64_t)result;
    return result;
}

static edo_polled fetched_poll_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                    const struct iovec *to, size_t n, uint32_t flags, int *result) {
    edoi_fetched *f = fetched_of_stream(s);
    edo_polled polled = f->from->ops->poll_read(f->from, cx, wait, to, n, flags, result);
    if (polled == EDO_PENDING) {
        if (!fetched_is_late(f, cx)) return EDO_PENDING;
        f->from->ops->unwait(f->from, wait);
        *result = f->failure = fetched_fail_late(f);
        return EDO_READY;
    }
    fetched_end_wait(f);
    bool is_timed = f->ends_at.ns != EDO_FOREVER_NS && *result > 0;
    if (is_timed && edo_now_coarse().ns > f->ends_at.ns)
        *result = fetched_fail_late(f); // though bytes never lack
    *result = fetched_measure(f, flags, *result);
    if (*result < 0 && *result != -EAGAIN) f->failure = *result;
    return EDO_READY;
}

static edo_polled fetched_poll_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                     const struct iovec *from, size_t n, int *result) {
    edo_stream *to = fetched_of_stream(s)->raw;
    return to->ops->poll_write(to, cx, wait, from, n, result);
}

static edo_polled fetched_poll_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *to = fetched_of_stream(s)->raw;
    return to->ops->poll_shutdown(to, cx, wait, result);
}

static void fetched_unwait(edo_stream *s, edo_io_wait *wait) {
    edoi_fetched *f = fetched_of_stream(s);
    fetched_end_wait(f);
    f->from->ops->unwait(f->from, wait);
}

static void fetched_close(edo_stream *s) {
    (void)s; // it belongs to its response
}

static int fetched_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops fetched_body_ops = { .name = "body of an HTTP response",
                                                 .flags = EDO_STREAM_VECTORED,
                                                 .poll_read = fetched_poll_read,
                                                 .poll_write = fetched_poll_write,
                                                 .poll_shutdown = fetched_poll_shutdown,
                                                 .unwait = fetched_unwait,
                                                 .close = fetched_close,
                                                 .free = fetched_close,
                                                 .fd = fetched_fd };

/* ---- Decoding -------------------------------------------------------------------------------- */

static int fetched_decode(edoi_fetched *f) {
    edoi_coding codings[EDOI_CODINGS_MAX];
    edo_http_response *res = f->res;
    // a part of a coded body cannot be decoded, and 304 has none
    bool is_bare = res->length == 0 || res->status == EDO_STATUS_NOT_MODIFIED ||
                   res->status == EDO_STATUS_PARTIAL_CONTENT;
    int n = is_bare ? 0 : edoi_codings_of_body(codings, &res->headers, edoi_codings_decoded());
    if (n <= 0) return 0; // one that is unknown: the body is left as it is
    edoi_expand_all *d = malloc(sizeof *d);
    if (!d) return -ENOMEM;
    const edoi_expand_limits limits = { f->client->decoded_max, f->client->ratio_max };
    f->from =
        edoi_expand_all_init(d, f->raw, &f->client->coders, codings, (uint32_t)n, &limits, NULL);
    f->decoding = d;
    res->length = -1;
    (void)edo_headers_remove(&res->headers, EDO_HEADER_CONTENT_ENCODING);
    (void)edo_headers_remove(&res->headers, EDO_HEADER_CONTENT_LENGTH);
    return 0;
}

static void decoding_free(edoi_expand_all *d) {
    if (d) edoi_expand_all_deinit(d);
    free(d);
}

/* ---- The response ---------------------------------------------------------------------------- */

static const edo_headers *fetched_trailers(edo_http_response *res) {
    const edoi_fetched *f = res->edoi_owner;
    return f->of_conn->trailers(res);
}

/* Reads what has come of the rest of the body, so that its connection can be used again. */
static void fetched_read_rest(edoi_fetched *f) {
    char bytes[1024];
    uint32_t read_n = 0;
    int n;
    do {
        n = edo_try_read(f->raw, bytes, sizeof bytes);
        if (n > 0) read_n += (uint32_t)n;
    } while (n > 0 && read_n < REST_MAX);
}

/* Before the connection rests, which takes the numbers of its body away. */
static void fetched_count_end(edoi_fetched *f) {
    if (!f->count.counts) return;
    const edoi_request_outcome outcome = { f->res->status, f->res->version, f->failure,
                                           fetched_taken(f) };
    edoi_request_count_end(&f->count, (edo_str){ f->url, f->url_bytes }, &outcome);
}

static void fetched_free(edo_http_response *res) {
    edoi_fetched *f = res->edoi_owner;
    edoi_client_pool_conn *conn = f->conn;
    bool is_shared = conn->http2, is_upgraded = res->is_upgraded && !is_shared;
    edoi_body_watch_end(res);
    decoding_free(f->decoding);
    if (!is_upgraded && !is_shared) fetched_read_rest(f);
    fetched_count_end(f);
    res->edoi_ops = f->of_conn;
    edo_http_response_free(res); // one of HTTP/1.1 stays with its connection
    edo_http_client *client = f->client;
    edoi_sent_body sent = f->sent;
    edo_stream *sent_again = f->sent_again;
    edo_rc_unref(f);
    if (is_upgraded) {
        edoi_client_pool_drop(conn);
    } else {
        edoi_client_pool_put(conn);
    }
    edo_close(sent_again);
    edoi_sent_body_deinit(&sent);
    edo_rc_unref(client);
}

static void fetched_upload(edo_http_response *res, edo_cx *cx) {
    const edoi_fetched *f = res->edoi_owner;
    f->of_conn->upload(res, cx);
}

static const edoi_response_ops fetched_ops = { .trailers = fetched_trailers,
                                               .free = fetched_free,
                                               .upload = fetched_upload };

edoi_fetched *edoi_fetched_of(const edo_http_response *res) {
    return res->edoi_ops == &fetched_ops ? res->edoi_owner : NULL;
}

void edoi_sent_body_deinit(edoi_sent_body *self) {
    edo_close(self->stream);
    edo_buf_deinit(&self->memory);
}

void edoi_fetched_take_sent(edo_http_response *res, edoi_sent_body *sent) {
    edoi_fetched *f = edoi_fetched_of(res);
    if (!f || !sent->stream) return;
    f->sent = *sent;
    *sent = (edoi_sent_body){ .stream = NULL };
}

void edoi_fetched_expect(edo_http_response *res, uint64_t bytes) {
    edoi_fetched *f = edoi_fetched_of(res);
    if (!f) return; // a layer has made it, of what it has read
    f->left = bytes;
    f->is_measured = true;
}

void edoi_fetched_take_body(edo_http_response *res, edo_stream *body) {
    edoi_fetched *f = res ? edoi_fetched_of(res) : NULL;
    if (f) {
        f->sent_again = body;
    } else {
        edo_close(body);
    }
}

bool edoi_response_has_body(const edo_http_response *res) {
    const edoi_client_exchange *x =
        EDO_CONTAINER_OF((edo_http_response *)(uintptr_t)res, edoi_client_exchange, res);
    return !res->is_upgraded && x->body.kind != EDOI_BODY_NONE;
}

int edoi_fetched_new(edo_http_client *client, edoi_client_pool_conn *conn, edo_http_response *res,
                     const edoi_call *k, bool decodes) {
    edoi_fetched *f = edo_rc_new(sizeof *f + k->url.len, NULL);
    if (!f) return -ENOMEM;
    *f = (edoi_fetched){ .body = { .ops = &fetched_body_ops, .refs = EDOI_ATOMIC_INIT(1) },
                         .client = client,
                         .conn = conn,
                         .res = res,
                         .from = res->body,
                         .raw = res->body,
                         .of_conn = res->edoi_ops,
                         .read_timeout = { EDO_FOREVER_NS },
                         .ends_at = { EDO_FOREVER_NS },
                         .count = k->count,
                         .url_bytes = k->url.len };
    memcpy(f->url, k->url.ptr, k->url.len);
    if (!res->is_upgraded) {
        f->read_timeout = k->now.read_timeout;
        f->ends_at = k->ends_at;
    }
    int err = decodes && !res->is_upgraded ? fetched_decode(f) : 0;
    if (err < 0) {
        edo_rc_unref(f);
        return err;
    }
    (void)edo_rc_ref(client);
    res->body = &f->body;
    res->edoi_ops = &fetched_ops;
    res->edoi_owner = f;
    return 0;
}

edo_stream *edo_http_response_stream(const edo_http_response *res) {
    const edoi_fetched *f = edoi_fetched_of(res);
    if (!f) return NULL;
    const edoi_client_pool_conn *c = f->conn;
    return c->http2 ? edoi_http2_client.stream(c->http2) : edo_http1_stream(c->http);
}

edo_str edo_http_response_url(const edo_http_response *res) {
    const edoi_fetched *f = edoi_fetched_of(res);
    return f ? (edo_str){ f->url, f->url_bytes } : EDO_STR("");
}
