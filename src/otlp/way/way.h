/* SPDX-License-Identifier: MIT */
/* otlp/way/way.h: the way to a collector: requests over HTTP, or over gRPC. */
#ifndef EDOI_OTLP_WAY_WAY_H
#define EDOI_OTLP_WAY_WAY_H

#include "otlp/settings/settings.h"
#include "otlp/way/answer.h"

struct edo_grpc_channel;
struct edo_http_client;

typedef struct edoi_otlp_way {
    const edoi_otlp_aim *aim;
    edo_otlp_kind kind;
    struct edo_http_client *client;   /* over HTTP */
    struct edo_grpc_channel *channel; /* over gRPC */
} edoi_otlp_way;

/* Makes one; nothing is connected before the first request. Errors: -ENOMEM, -EINVAL. */
EDO_MUST_USE int edoi_otlp_way_open(edoi_otlp_way *w, const edoi_otlp_aim *aim, edo_otlp_kind kind);
void edoi_otlp_way_close(edoi_otlp_way *w);

/* Sends a request, and waits for what the collector says. Returns 0 with that, also if it was not
 * reached, or -ECANCELED. */
EDO_MUST_USE int edoi_otlp_send(edoi_otlp_way *w, edo_str body, edoi_otlp_answer *a);

/* The same of either (http.c, grpc.c). Return a failure of the call. */
EDO_MUST_USE int edoi_otlp_http_open(edoi_otlp_way *w);
EDO_MUST_USE int edoi_otlp_http_send(edoi_otlp_way *w, edo_str body, edoi_otlp_answer *a);
EDO_MUST_USE int edoi_otlp_grpc_open(edoi_otlp_way *w);
EDO_MUST_USE int edoi_otlp_grpc_send(edoi_otlp_way *w, edo_str body, edoi_otlp_answer *a);

#endif
