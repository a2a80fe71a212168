/* SPDX-License-Identifier: MIT */
/* edo/http_message.h: requests and responses of clients, for edo/http1.h, which has one connection,
 * and edo/http_client.h, which has a pool. In libedo-http.
 *
 * Unless a function says otherwise:
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_HTTP_MESSAGE_H
#define EDO_HTTP_MESSAGE_H

#include <edo/ext.h>
#include <edo/headers.h>
#include <edo/http.h>
#include <edo/io.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

/* The field by which a caller says how many milliseconds it waits, unless options name another one:
 * `deadline_field` of clients, edo_http_deadline_layer() of servers. */
#define EDO_HTTP_DEADLINE_FIELD "x-request-timeout-ms"

/* What a response does by whoever made it; edo's. */
struct edoi_response_ops;

/* A response. Its fields are yours to read. One of edo_http1_send() lives until the next
 * edo_http1_send() of its connection, edo_http1_rest(), or the connection's end; any other until
 * edo_http_response_free(). */
typedef struct edo_http_response {
    edo_status status;
    edo_http_version version;
    edo_str reason;
    edo_headers headers;
    int64_t length; /* bytes of the body; -1: not known before its end. Of a response to HEAD: those
                         that GET would have had, if it says so */
    edo_stream *body; /* its input is the body, without the framing */
    bool is_upgraded; /* HTTP has ended: `body` is the connection itself, both ways */
    edo_ext ext;      /* yours: values that go with the response, dropped with it */
    const struct edoi_response_ops *edoi_ops; /* edo's, as is the next one */
    void *edoi_owner;
    uint64_t reserved[2];
} edo_http_response;

/* Is called with an informational response (100, 102, 103 and their like, not 101), which lives
 * until it returns; edo_http_client_send() calls it also with each redirect that it is to follow.
 * It may wait. A negative code ends the exchange, and edo_http1_send() returns it. */
typedef int edo_http_informational_fn(const edo_http_response *res, void *arg);

/* A request; all zero is "GET /". */
typedef struct edo_http_request {
    edo_method method;           /* EDO_METHOD_OTHER: `method_name` has it, or it is GET */
    edo_str method_name;         /* only for EDO_METHOD_OTHER */
    edo_str target;              /* "/path?query", no bytes: "/"; "*"; "host:port" of CONNECT; or a
                                   whole URI, as a proxy wants it, without a zone */
    const edo_headers *headers;  /* NULL: none. Content-Length, Transfer-Encoding and Expect are
                                   edo's: theirs are passed over */
    edo_str data;                /* the body, if `body` is NULL */
    edo_stream *body;            /* a body that is read from a stream while it is sent */
    int64_t length;              /* bytes of `body`: as many are sent; -1: up to its end, chunked */
    const edo_headers *trailers; /* NULL: none. Sent behind a chunked body, as they are at its end:
                                   those that `Trailer` of `headers` names, and none about framing,
                                   routing, authentication or how to read the content. Over HTTP/2
                                   they need no name, and follow a `body` with a length, too, whose
                                   end is read then */
    bool expect_continue;        /* send the body once the server has said "100 Continue", or after
                                   `expect_wait`; after a 417 the client of edo/http_client.h sends
                                   a body that lies in memory without asking */
    edo_http_informational_fn *informational; /* may be NULL */
    void *arg;                                /* of `informational` */
    edo_str protocol; /* of a CONNECT without a body, by edo_http2_send() or edo_http2_open(): what
                         is spoken through the tunnel, as "websocket" (extended CONNECT, RFC 8441).
                         `target` is a path then; empty: none */
    /* The next five are of edo/http_client.h, which makes `target` of the first; edo_http1_send()
     * and edo_http2_send() pass them over, but for `read_timeout`, of which 0 is none, in the wait
     * for the head. */
    edo_str url;               /* "https://host:port/path?query" */
    edo_duration timeout;      /* of all, the body of the response, too; 0: the client's; negative:
                                  none */
    edo_duration read_timeout; /* of each wait for bytes of the response, and for the server to take
                                  those of the request; likewise */
    uint32_t attempts;         /* at most, the first included; 0: the client's */
    bool as_is;                /* for proxies: neither is a redirect followed, nor a body decoded, a
                                  cookie kept, or a field added to `headers` but those of the
                                  connection and of the client's own proxy */
    bool edoi_steps;           /* edo's, as are the next two: `traceparent` gives way to the step of
                                  the span that the request is sent in, as that of a try */
    edo_atomic_u32 *edoi_told; /* whether a byte has left */
    const edo_headers *edoi_named_by; /* has the `Trailer` that names `trailers`; NULL: `headers` */
    edo_ext ext;          /* yours, for layers: nothing of it is sent, and edo drops nothing */
    uint64_t reserved[2]; /* must be 0 */
} edo_http_request;

/** Returns the trailers of a chunked body, once all of that was read; NULL before.
 * Owns:    lives as long as the response. */
EDO_API const edo_headers *edo_http_response_trailers(edo_http_response *res);

/** Makes a response with a body that lies in memory: what a layer around a client returns in place
 * of one that a server has sent.
 * Owns:    copies `type` (its Content-Type; empty: none) and `body`; returns new in `*out`:
 *          edo_http_response_free().
 * Errors:  -EINVAL  `type` is no value of a field;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_http_response_make(edo_http_response **out, edo_status status,
                                                edo_str type, edo_str body);

/** Ends a response of edo_http_client_send(), edo_fetch() or edo_http_response_make(). Its
 * connection goes back to the pool if the body was read to its end, or what is left of it has
 * arrived already; else it is closed. NULL is allowed, as is a response of edo_http1_send(), with
 * which nothing happens.
 * Owns: takes `res`.   Threads: any, once. */
EDO_API void edo_http_response_free(edo_http_response *res);

EDO_END_DECLS

#endif
