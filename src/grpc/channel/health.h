/* SPDX-License-Identifier: MIT */
/* grpc/channel/health.h: what a server says of its health (grpc.health.v1, gRPC's A17), for the
 * channel that has a connection to it. */
#ifndef EDOI_GRPC_CHANNEL_HEALTH_H
#define EDOI_GRPC_CHANNEL_HEALTH_H

#include "grpc/channel/channel.h"
#include "grpc/wire/frame.h"

/* A watch over a connection. All zero at first: edoi_grpc_watch_end(). */
typedef struct edoi_grpc_watch {
    edo_http_response *res; /* NULL: it has not begun, or has ended */
    edoi_grpc_reader in;
} edoi_grpc_watch;

/* Waits until the server says how it is; begins the watch unless that was done. Returns 0: it is
 * serving; -EAGAIN: it is not, or the watch has ended and begins anew the next time; -ENOTSUP: it
 * does not tell; -ECANCELED; -ENOMEM. */
int edoi_grpc_watch_next(edoi_grpc_watch *self, edo_http2 *conn, const edoi_grpc_way *way);

void edoi_grpc_watch_end(edoi_grpc_watch *self);

#endif
