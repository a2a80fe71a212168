/* SPDX-License-Identifier: MIT */
/* grpc/client/layers.h: calls through the layers of a channel. */
#ifndef EDOI_GRPC_CLIENT_LAYERS_H
#define EDOI_GRPC_CLIENT_LAYERS_H

#include <edo/grpc_layers.h>

/* What a call asks for. */
typedef struct edoi_grpc_ask {
    edo_grpc_channel *channel; /* has layers */
    const char *path;
    const edo_grpc_call_opts *opts; /* may be NULL */
    const void *in;                 /* the only message; NULL: a stream of them */
    const edo_desc *in_desc;
    bool streams_out;
} edoi_grpc_ask;

/* Makes the call. Returns 0 with what has come in `*out`: edo_grpc_discard(). Otherwise leaves the
 * attempt that has failed so in `*kept`, if there was one; `kept` may be NULL. */
int edoi_grpc_layers_run(edo_grpc_client_response *out, const edoi_grpc_ask *ask,
                         edo_grpc_call **kept);

#endif
