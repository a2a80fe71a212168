/* SPDX-License-Identifier: MIT */
/* client/client.h: a client: what its options say, and its pool. */
#ifndef EDOI_CLIENT_CLIENT_H
#define EDOI_CLIENT_CLIENT_H

#include "client/pool/pool.h"
#include "client/retry_opts.h"
#include "coding/coders.h"

#include <edo/http_client.h>

#define EDOI_CLIENT_KIND    "edo_http_request" // of a client's requests (edo/service.h)
#define EDOI_CLIENT_TIMEOUT edo_s(30)          // of a request, without an option

struct edo_http_client {
    edoi_client_pool *pool; /* owned */
    edo_service *service;   /* owned; the layers around the client; NULL: none */
    edo_cookie_jar *jar;    /* a reference; NULL: none */
    edo_headers headers;    /* const; of each request; the user agent is one of them */
    edo_headers deadline;   /* const; one without a value, whose name says how long a response is
                             waited for; empty: none */
    edo_header codings;     /* const; Accept-Encoding; its value is `codings_text` */
    char codings_text[32];
    edoi_coders coders;                /* of bodies that are being decoded */
    edo_duration timeout;              /* const; EDO_FOREVER_NS: none */
    edo_duration read_timeout;         /* const; EDO_FOREVER_NS: none */
    edoi_retry_opts retry;             /* const */
    edo_atomic_u64 resends, redirects; /* atomic, relaxed: numbers to look at */
    edo_atomic_u64 retries;            /* atomic, relaxed: a number to look at */
    uint64_t decoded_max;              /* const */
    uint32_t ratio_max;                /* const */
    uint32_t redirects_max;            /* const */
    edo_http_redirect_fn *redirect;    /* const; NULL: none; its argument is the pool's */
    char *baggage_hosts;               /* const; owned; hosts that get baggage; NULL: none */
    bool no_decode, https_only;        /* const */
    bool no_context;                   /* const; requests have no id that is bound */
};

/* Puts the layers around the client. Returns 0 or a negative code. */
int edoi_client_make_service(edo_http_client *c, const edo_stack *layers);

/* As edoi_client_pool_host_of_upgrade(), of the client's pool; `c` NULL: of the runtime's own.
 * -EACCES: the client wants TLS. */
EDO_API int edoi_client_host_of_upgrade(edoi_client_pool_host **out, edo_http_client *c,
                                        const edo_uri *uri);

/* Takes the list of hosts that get baggage. Returns 0, -EINVAL or -ENOMEM. */
int edoi_client_set_baggage(edo_http_client *c, const char *hosts);

/* Adds the baggage of the current context to a head for `uri`, if the client, which may be NULL,
 * names that host, and `room` bytes are enough. Returns 0 or -ENOMEM. */
EDO_MUST_USE EDO_API int edoi_client_pass_baggage(const edo_http_client *c, const edo_uri *uri,
                                                  edo_headers *h, size_t room);

/* Finds or makes the client of the current runtime, which ends with that. `*out` is borrowed from
 * the runtime. Returns 0, -EDO_ENORUNTIME, or a failure of edo_http_client_new(). */
int edoi_client_own(edo_http_client **out);

#endif
