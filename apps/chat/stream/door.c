/* SPDX-License-Identifier: MIT */
/* door.c: see door.h. The server of HTTP is another one than the web's, with the same limits; it
 * speaks gRPC alone, which no page of a browser can send. */
#include "stream/door.h"

#include "stream/stream.h" // its .proto comes first

#include "line/acceptor.h"
#include "page/use.h"
#include "page/web.h"

#include <edo/error.h>
#include <edo/health.h>
#include <edo/http2.h>
#include <edo/scope.h>
#include <edo/web_layers.h>

#include <errno.h>
#include <stdlib.h>

#define ASKS_BURST    100         /* calls with one reply, of one address after a silence */
#define STREAM_WINDOW (64u << 10) /* that come before they are read: others share the connection */
#define REQUEST_BYTES 4096        /* of a request beside its text; a hello has 32 rooms */

static const edo_duration silence_max = EDO_S(30); /* then a PING asks whether the peer is there */

int door_listen(edo_listener **out, const char *address) {
    return acceptor_listen(out, address);
}

static edo_router *door_routes(server *self) {
    static const chat_v1_chat_ops ops = { .talk = stream_talk,
                                          .list_rooms = ask_rooms,
                                          .read_history = ask_history };
    const edo_grpc_opts opts = { .recv_max = self->options->line_bytes_max + REQUEST_BYTES,
                                 .streams_stay = true }; // each sends what is left first
    edo_router *r = edo_router_new();
    chat_v1_chat_routes(r, &ops, self, &opts);
    edo_grpc_health_routes(r, self->health);
    edo_grpc_reflection_routes(r);
    guard_addresses(r, self);
    edo_router_wrap_all(r, edo_traceparent_layer(&(edo_traceparent_opts){ .untrusted = true }),
                        use_layer(&self->streams->users));
    return r;
}

static int door_serve(server *self) {
    const edo_http2_opts http2 = { .stream_window = STREAM_WINDOW, .ping_interval = silence_max };
    edo_http_server_opts http;
    web_http_opts(&http, self, &self->streams_at, self->streams_tls);
    http.drain_max = edo_ns(http.drain_max.ns + self->options->drain.ns);
    http.http2 = &http2;
    return edo_web_serve(door_routes(self), &(edo_web_opts){ .http = &http, .state = self });
}

static int door_prepare(server *self) {
    const uint32_t rate = self->options->rate;
    const edo_keyed_limiter_opts asks = { .limit = { .num = rate, .burst = ASKS_BURST } };
    return rate > 0 ? edo_keyed_limiter_new(&self->streams->asks, &asks) : 0;
}

/* The door is closed as soon as clients are sent to other servers: connections are told to begin no
 * more streams. */
static int door_serve_until_leave(server *self) {
    EDO_CANCEL(b, self->leavers.begun);
    int err = edo_cancel_end(&b, door_serve(self));
    return err == -ECANCELED && server_is_leaving(self) ? 0 : err;
}

int door_run(void *arg) {
    server *self = arg;
    if (!self->streams_at) return 0;
    self->streams = calloc(1, sizeof *self->streams);
    if (!self->streams) return -ENOMEM;
    int err = door_prepare(self);
    if (err == 0) err = door_serve_until_leave(self);
    if (err != -ETIMEDOUT && use_await_end(&self->streams->users) < 0) err = -ETIMEDOUT;
    if (err == -ETIMEDOUT) {
        edo_trail_clear(); // it names one of several limits
        return edo_fail(-ETIMEDOUT, "connections have not ended in time");
    }
    edo_keyed_limiter_free(self->streams->asks);
    free(self->streams);
    self->streams = NULL;
    return err;
}
