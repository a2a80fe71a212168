/* SPDX-License-Identifier: MIT */
/* http/client/http2_ops.h: what libedo-client calls of libedo-http2, which it does not
 * link: a table, which is there where the program has that library. */
#ifndef EDOI_HTTP_CLIENT_HTTP2_OPS_H
#define EDOI_HTTP_CLIENT_HTTP2_OPS_H

#include <edo/http_message.h>

struct edo_http2;
struct edo_http2_opts;

typedef struct edoi_http2_client_ops {
    /* As the functions of edo/http2.h. */
    int (*over)(struct edo_http2 **out, edo_stream *stream, const struct edo_http2_opts *opts);
    void (*close)(struct edo_http2 *c);
    bool (*is_open)(struct edo_http2 *c, bool now);
    edo_stream *(*stream)(struct edo_http2 *c);
    int (*send)(struct edo_http2 *c, edo_http_response **out, const edo_http_request *req);
    /* As edo_http2_send() of a request with `protocol`, but it does not wait for a free stream:
     * -EAGAIN. */
    int (*connect)(struct edo_http2 *c, edo_http_response **out, const edo_http_request *req);
    /* The other end has refused the connection before it said anything of HTTP/2: returns the code,
     * and its words are in the trail; else 0. */
    int (*refusal)(struct edo_http2 *c);
    /* Copies what is left to send of the `data` of a request, whose memory may end then. Returns 0
     * or -ENOMEM. */
    int (*own_data)(edo_http_response *res);
    /* Returns the bytes of the body that were read. */
    uint64_t (*taken)(const edo_http_response *res);
} edoi_http2_client_ops;

/* Weak: NULL in a program without libedo-http2. */
EDO_API extern const edoi_http2_client_ops edoi_http2_client EDOI_WEAK;

#endif
