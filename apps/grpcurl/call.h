/* SPDX-License-Identifier: MIT */
/* call.h: a call of a method that is known by its descriptor, with messages as JSON. */
#ifndef GRPCURL_CALL_H
#define GRPCURL_CALL_H

#include "source.h"

/* Calls the method that the options name, "hello.v1.Greeter/Greet", and writes its replies to
 * standard output. Returns the program's status, or a negative code if there was no call. */
int call_method(source *s, const options *o, edo_grpc_channel *channel,
                const edo_grpc_call_opts *opts);

#endif
