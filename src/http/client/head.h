/* SPDX-License-Identifier: MIT */
/* http/client/head.h: checks a request, and prints its head. */
#ifndef EDOI_HTTP_CLIENT_HEAD_H
#define EDOI_HTTP_CLIENT_HEAD_H

#include "http/client/conn.h"

/* A request that was checked. */
typedef struct edoi_http_asked {
    edo_method method;
    edo_str method_name, target;
    edo_str host, port; /* of the target, if that has one; otherwise the port is a part of `host` */
    bool closes;        /* Connection: close */
    bool upgrades;      /* Connection: upgrade, and Upgrade */
    bool has_host;      /* it is among the headers */
} edoi_http_asked;

/* Checks a request. `out` borrows from both. Returns 0 or -EINVAL. */
int edoi_client_check(edoi_http_asked *out, const edo_http_request *req, const edo_http1 *c);

/* Prints the head into the output, which is empty. Returns 0 or -EMSGSIZE. */
int edoi_client_print_head(edoi_client_exchange *x, const edo_http_request *req,
                           const edoi_http_asked *asked);

#endif
