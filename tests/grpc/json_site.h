/* SPDX-License-Identifier: MIT */
/* tests/grpc/json_site.h: requests as curl makes them, for services that speak HTTP and JSON. */
#ifndef EDO_TESTS_GRPC_JSON_SITE_H
#define EDO_TESTS_GRPC_JSON_SITE_H

#include "../support/inside.h"

#include <edo/test_web.h>

/* A request. */
typedef struct asking {
    const char *fields; /* "name: value\n" each; NULL: none */
    edo_str body;
    edo_method method;
    const char *target;
} asking;

/* Sends it to the router, over HTTP/1.1. */
void ask_site(edo_oneshot *out, edo_router *r, const asking *a);

/* As ask_site() by POST, with a content type alone. */
void ask_site_as(edo_oneshot *out, edo_router *r, const char *target, const char *type,
                 edo_str body);

/* What of the response is compared, with what is shown if it is another. */
bool has_body(const edo_oneshot *o, edo_status status, edo_str body);
edo_str field_of(const edo_oneshot *o, const char *name);

#endif
