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
                                   .target = c->path,
                                   .headers = &c->fields,
                                   .data = data,
                                   .length = streams ? -1 : (int64_t)data.len };
    return edo_http2_open(c->lease.conn, &c->res, &req);
}

/* Tries one connection after the other, while they turn out to take no more requests. */
static int client_open_any(edoi_grpc_client_call *c, edo_str data, bool streams) {
    int err;
    do {
        err = edoi_grpc_channel_pick(c->channel, &c->lease, c->wait_for_ready);
        if (err < 0) return client_has_none(c, err);
        err = client_open_on(c, data, streams);
        if (err < 0) edo_balance_done(&c->lease, err);
    } while (err == -EDO_ECLOSED);
    if (err == -EINVAL)
        return edoi_grpc_client_end(c, EDO_GRPC_INTERNAL, "the path or the metadata are malformed");
    return err < 0 && err != -ECANCELED ? edoi_grpc_client_end_broken(c, err) : err;
}

int edoi_grpc_client_start(edoi_grpc_client_call *c, edo_str data, bool streams) {
    edo_deadline limit = edoi_grpc_client_limit(c);
    return edoi_grpc_client_limit_end(c, &limit, client_open_any(c, data, streams));
}

/* ---- Messages of a stream -------------------------------------------------------------------- */

/* The receiver finds out why the call has ended. */
static int send_result(int err) {
    return err == -EDO_ECLOSED ? -EPIPE : err;
}

int edoi_grpc_client_write(edo_grpc_call *call, edo_str frame) {
    edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    if (c->is_shut) return -EPIPE;
    edo_deadline limit = edoi_grpc_client_limit(c);
    int err = edo_write_all(c->res->body, frame.ptr, frame.len);
    return edo_deadline_end(&limit, send_result(err));
}

int edo_grpc_close_send(edo_grpc_call *call) {
    edoi_grpc_client_call *c = edoi_grpc_client_of(call);
    if (c->is_shut) return 0;
    c->is_shut = true;
    int err = edo_shutdown(c->res->body);
    return err == -EDO_ECLOSED || err == -EPIPE ? 0 : err;
}
