/* SPDX-License-Identifier: MIT */
/* grpc/client/send.c: the request, and its messages. */
#include "grpc/client/client.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>

/* Ends a call that has no connection. */
static int client_has_none(edoi_grpc_client_call *c, int err) {
    char why[512];
    if (err == -ECANCELED) return err;
    if (err == -EDO_ECLOSED)
        return edoi_grpc_client_end(c, EDO_GRPC_UNAVAILABLE, "the channel is closed");
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    if (err == -ENOMEM) return edoi_grpc_client_end(c, EDO_GRPC_RESOURCE_EXHAUSTED, "%s", why);
    return edoi_grpc_client_end(c, EDO_GRPC_UNAVAILABLE, "no connection: %s", why);
}

static int client_open_on(edoi_grpc_client_call *c, edo_str data, bool streams) {
    const edo_http_request req = { .method = EDO_METHOD_POST,
                                   .target = c->call.path,
                                   .headers = &c->fields,
                                   .data = data,
                                   .length = streams ? -1 : (int64_t)data.len };
    edo_http_response *res;
    int err = edo_http2_open(edoi_grpc_dial_conn(&c->lease), &res, &req);
    if (err < 0) return err;
    (void)pthread_mutex_lock(&c->lock); // another task may cancel the call
    c->res = res;
    (void)pthread_mutex_unlock(&c->lock);
    c->is_torn = false; // an attempt begins with all messages
    return 0;
}

/* Tries one connection after the other, while they turn out to take no more requests. */
static int client_open_any(edoi_grpc_client_call *c, edo_str data, bool streams) {
    int err;
    do {
        edoi_attempts *before = edoi_attempts_enter(&c->series);
        err = edoi_grpc_channel_pick(c->channel, &c->lease, c->wait_for_ready);
        edoi_attempts_leave(&c->series, before);
        if (err < 0) return client_has_none(c, err);
        edoi_grpc_client_span_picked(c);
        err = edoi_grpc_client_set_timeout(c); // the wait may have been long
        if (err == 0) err = client_open_on(c, data, streams);
        if (err < 0) edo_balance_done(&c->lease, err);
    } while (err == -EDO_ECLOSED);
    if (err == -EINVAL)
        return edoi_grpc_client_end(c, EDO_GRPC_INTERNAL, "the path or the metadata are malformed");
    return err < 0 && err != -ECANCELED ? edoi_grpc_client_end_broken(c, err) : err;
}

int edoi_grpc_client_open(edoi_grpc_client_call *c, edo_str data, bool streams) {
    int err = client_open_any(c, data, streams);
    if (err == 0 && edoi_grpc_client_is_cut(c)) return edoi_grpc_client_end_broken(c, -EDO_ECLOSED);
    return err;
}

/* Asks the interceptors, one after the other. Returns 0, or the code that the call has ended
 * with. */
static int client_intercept(edoi_grpc_client_call *c) {
    const edoi_grpc_way *way = c->channel->way;
    int err = 0;
    c->call.is_open = false; // they add metadata
    for (size_t i = 0; i < way->opts.interceptors_n && err == 0; i++) {
        const edo_grpc_interceptor *one = &way->opts.interceptors[i];
        bool is_open = !way->opts.tls && one->is_secret && !one->dangerous_clear;
        if (is_open)
            err = edo_grpc_fail(&c->call, EDO_GRPC_UNAUTHENTICATED, "credentials need TLS");
        else
            err = one->fn(one->arg, &c->call);
    }
    c->call.is_open = true;
    if (err >= 0 || err == -ECANCELED) return err < 0 ? err : 0;
    if (err == c->call.failed) return edoi_grpc_client_end_failed(c);
    return edoi_grpc_client_end(c, edo_grpc_status_of(err), "an interceptor has failed: %s",
                                edo_strerror(err));
}

int edoi_grpc_client_start(edoi_grpc_client_call *c, edo_str data, bool streams) {
    edo_deadline limit;
    edoi_grpc_client_limit_begin(&limit, c);
    int err = client_intercept(c);
    if (err == 0 && !streams) err = edoi_grpc_client_keep(c, data);
    c->keeps = streams && c->policy && c->policy->attempts > 1;
    if (err == 0) edoi_grpc_client_begin_budget(c);
    if (err == 0) err = edoi_grpc_client_try_begin(c);
    if (err == 0) err = edoi_grpc_client_open(c, data, streams);
    return edoi_grpc_client_limit_end(&limit, c, err);
}

/* ---- Messages of a stream -------------------------------------------------------------------- */

/* The receiver finds out why the call has ended. */
static int send_result(int err) {
    return err == -EDO_ECLOSED ? -EPIPE : err;
}

/* A failure that has sent nothing leaves the call whole. One that has sent a part lets no message
 * follow, whose bytes would be taken for the rest, and a cut ends the call: but not if its time is
 * over, which the receiver finds out. */
static int client_write_piece(edoi_grpc_client_call *c, edo_stream *body, edo_str frame) {
    if (c->is_torn) return -EPIPE;
    edo_writev_future f;
    int err = edo_await(edo_write_all_init(&f, body, frame.ptr, frame.len));
    c->is_torn = err < 0 && f.done > 0;
    if (c->is_torn && err == -ECANCELED && !edoi_grpc_client_is_late(c)) edo_grpc_cancel(&c->call);
    return err;
}

/* Returns a reference to what the current attempt writes to; NULL: there is none. */
static edo_stream *client_body(edoi_grpc_client_call *c) {
    (void)pthread_mutex_lock(&c->lock);
    edo_stream *body = c->res ? edo_stream_ref(c->res->body) : NULL;
    (void)pthread_mutex_unlock(&c->lock);
    return body;
}

/* Writes a message that is kept. One that an attempt does not get, as it has failed, goes with the
 * next one. */
static int client_write_kept(edoi_grpc_client_call *c, edo_str frame) {
    int err = edoi_grpc_client_turn(c);
    if (err < 0) return err;
    edoi_grpc_client_keep_more(c, frame);
    edo_stream *body = client_body(c);
    err = body ? client_write_piece(c, body, frame) : -EPIPE;
    edo_stream_unref(body);
    if (err == -ECANCELED && !c->is_torn) edoi_grpc_client_keep_less(c, frame); // nothing was sent
    edoi_grpc_client_turn_end(c);
    return err < 0 && err != -ECANCELED && edoi_grpc_client_has_all(c) ? 0 : err;
}

int edoi_grpc_client_write(edo_grpc_call *call, edo_str frame) {
    edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    if (c->is_shut) return -EPIPE;
    edo_deadline limit;
    edoi_grpc_client_limit_begin(&limit, c);
    int err = c->keeps ? client_write_kept(c, frame) : client_write_piece(c, c->res->body, frame);
    return edo_deadline_end(&limit, send_result(err));
}

int edo_grpc_close_send(edo_grpc_call *call) {
    edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    if (c->is_shut) return 0;
    int err = edoi_grpc_client_turn(c);
    if (err < 0) return err;
    c->is_shut = true;
    edo_stream *body = client_body(c);
    if (body) err = edo_shutdown(body);
    edo_stream_unref(body);
    edoi_grpc_client_turn_end(c);
    return err == -EDO_ECLOSED || err == -EPIPE ? 0 : err;
}
