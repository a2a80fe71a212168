/* SPDX-License-Identifier: MIT */
/* edo/http_coalesce.h: equal requests of a client, or of a gateway, are one. A layer for
 * edo/http_client.h, and for any service whose request is an edo_http_request and whose response an
 * edo_http_response *. In libedo-client.
 *
 *     edo_stack_push(&layers, edo_http_coalesce_layer(NULL));
 *
 * Requests are equal if method, URL, limits of time, attempts, Host and the fields `vary` are. What
 * may be for one caller only is not shared, and not kept:
 *
 *     requests   with another method than GET and HEAD, with a body, with user and password in the
 *                URL, with Authorization, Proxy-Authorization, Cookie, Range, If-…, a field of
 *                `own` or one that is marked sensitive, with no-store or no-cache; without a `url`,
 *                as those to edo_http_client_service(), and with `as_is`
 *     responses  with Set-Cookie, with private, no-store or no-cache, with a Vary of a field that is
 *                not in `vary`; with another status than 200, 203, 204, 301, 308, 404 and 410; with
 *                a body of more than `body_max` bytes, or of a length that is not known before
 *
 * Requests of edo/web_proxy.h are shared if `proxied` says so: around the service that
 * edo_proxy_routes() gets. They are equal if method, Host, X-Forwarded-Host and -Proto, target and
 * the fields `vary` are. An upgrade is its own; 102 and 103 go to the first caller.
 *
 * Unless a function says otherwise:
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_HTTP_COALESCE_H
#define EDO_HTTP_COALESCE_H

#include <edo/cache.h>
#include <edo/http_message.h>

EDO_BEGIN_DECLS

/* Options of edo_http_coalesce_layer(); all zero is the default. */
typedef struct edo_http_coalesce_opts {
    edo_flight *flight;   /* as of edo_coalesce_opts */
    edo_cache *cache;     /* likewise: responses are kept for its ttl. Its `bytes_of` is to be
                           edo_http_coalesce_bytes(): else `bytes_max` does not count bodies */
    edo_duration ttl;     /* with a cache: a response whose s-maxage or max-age, less its Age, is
                           shorter is neither kept nor shared. 0, or less than the ttl of the
                           cache: that, since for so long it keeps a response. Part of a second
                           counts as one */
    const char *vary;     /* fields of requests, with commas between; borrowed until the service has
                           ended; NULL: "accept, accept-encoding, accept-language" */
    const char *own;      /* more fields with which a request is its own, as "x-api-key"; likewise;
                           NULL: none */
    size_t body_max;      /* 0: 1 MiB */
    bool proxied;         /* requests of edo/web_proxy.h are shared, too */
    uint64_t reserved[4]; /* must be 0 */
} edo_http_coalesce_opts;

/** Returns how many bytes a kept response takes: `bytes_of` of the cache of such a layer.
 * Threads: any, at once. */
EDO_API size_t edo_http_coalesce_bytes(const void *value);

/** Lets equal requests share one, by the rules above and of edo_coalesce_layer(). The body of a
 * response that may be shared is read as a whole; each caller gets a response of its own with a
 * body in memory, the trailers behind it, and an Age that counts the time in a cache. `opts` may be
 * NULL.
 * Owns:    copies `opts`; takes references to the flight and the cache when it is built: keep yours
 *          until then.
 * Errors:  of the build: as edo_coalesce_layer();  -EINVAL  a negative ttl
 *          of a call: as edo_coalesce_layer(); as reads of the body */
EDO_MUST_USE EDO_API edo_layer edo_http_coalesce_layer(const edo_http_coalesce_opts *opts);

EDO_END_DECLS

#endif
