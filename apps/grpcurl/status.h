/* SPDX-License-Identifier: MIT */
/* status.h: how a call has ended, on standard error. */
#ifndef GRPCURL_STATUS_H
#define GRPCURL_STATUS_H

#include "source.h"

/* What was found out of a failure. */
typedef struct failure {
    edo_grpc_status status;
    edo_str message;
    edo_str details; /* a google.rpc.Status; no bytes: there are none */
} failure;

#define STATUS_OFFSET 64 /* of a program whose call has failed: 64 + its status */

/* Writes it as grpcurl does, or as JSON; returns the program's status. */
int status_tell(source *s, const failure *f, bool is_json);

#endif
