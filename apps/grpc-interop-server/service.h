/* SPDX-License-Identifier: MIT */
/* service.h: grpc.testing.TestService. */
#ifndef EDO_GRPC_INTEROP_SERVER_SERVICE_H
#define EDO_GRPC_INTEROP_SERVER_SERVICE_H

#include <edo/web.h>

void service_routes(edo_router *r);

#endif
