/* SPDX-License-Identifier: MIT */
/* console/own/service.h: the service edo.console.v1.Look. */
#ifndef EDOI_CONSOLE_OWN_SERVICE_H
#define EDOI_CONSOLE_OWN_SERVICE_H

#include <edo/grpc.h>

/* Adds its routes, for gRPC and for the Connect protocol. Failures are kept in the router. */
void edoi_look_routes(edo_router *r);

#endif
