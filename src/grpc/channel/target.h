/* SPDX-License-Identifier: MIT */
/* grpc/channel/target.h: where a channel leads to, as gRPC names it: "dns:///host:port",
 * "ipv4:1.2.3.4:80,1.2.3.5:80", "unix:/path" and so on. */
#ifndef EDOI_GRPC_CHANNEL_TARGET_H
#define EDOI_GRPC_CHANNEL_TARGET_H

#include <edo/bytes.h>
#include <edo/discover.h>

#define EDOI_GRPC_TARGET_MAX    1024u /* bytes */
#define EDOI_GRPC_ENDPOINTS_MAX 64u   /* of a list */

typedef struct edoi_grpc_target {
    char text[EDOI_GRPC_TARGET_MAX + 1]; /* what stands behind the scheme */
    /* "host:port" of the first; of a socket "localhost" */
    char authority[EDO_ENDPOINT_ADDRESS_MAX];
    bool is_name; /* one name, whose addresses are looked up; else a list */
} edoi_grpc_target;

/* Returns 0, or -EINVAL. */
int edoi_grpc_target_parse(edoi_grpc_target *out, edo_str text);

/* The endpoints. `looks_up`: names are looked up here. Returns new, or NULL without memory. */
edo_seq *edoi_grpc_target_source(const edoi_grpc_target *t, bool looks_up);

/* Writes the host of an authority, without port and brackets, to `out`, which has room for all of
 * it. Returns 0, or -EINVAL: it is none. */
int edoi_grpc_target_host(char *out, const char *authority);

#endif
