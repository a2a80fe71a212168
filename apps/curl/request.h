/* SPDX-License-Identifier: MIT */
/* request.h: the request that the command line describes; it is the same for each URL. */
#ifndef CURL_REQUEST_H
#define CURL_REQUEST_H

#include "options.h"

typedef struct request {
    edo_fetch_opts fetch;
    edo_headers headers;
    edo_buf body;     /* of a form */
    edo_stream *file; /* of -T; NULL: none */
    char type[100];   /* of a form */
    edo_buf url;
} request;

/* Returns the bytes of "scheme://" in front of a URL; 0: there is none. */
size_t request_scheme_bytes(const char *url);

/* Makes the request for `url`. Returns 0 or a negative code; request_deinit() in any case. */
int request_init(request *self, const options *o, edo_http_client *client, const char *url);
void request_deinit(request *self);

/* Makes a client as the options want it, and its jar, which may be NULL. */
int request_client(edo_http_client **out, edo_cookie_jar **jar, const options *o);

#endif
