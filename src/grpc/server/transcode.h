/* SPDX-License-Identifier: MIT */
/* grpc/server/transcode.h: the bindings of a service as routes. */
#ifndef EDOI_GRPC_SERVER_TRANSCODE_H
#define EDOI_GRPC_SERVER_TRANSCODE_H

#include "grpc/server/server.h"

/* Has the struct of handlers one for the method? */
typedef bool edoi_grpc_has_fn(const void *ops, const edo_grpc_method *m);

/* Adds a route for each binding of the service of `route`. */
void edoi_grpc_transcode_routes(edo_router *r, const edoi_grpc_route *route,
                                edoi_grpc_has_fn *has_handler);

#endif
