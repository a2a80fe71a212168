/* SPDX-License-Identifier: MIT */
/* edo/web_proxy.h: a reverse proxy as routes: requests go to a service of HTTP, its responses back.
 * In libedo-web.
 *
 *     edo_http_client *client;
 *     edo_service *shop;
 *     int err = edo_http_client_new(&client, NULL);
 *     if (err == 0) err = edo_http_client_service(&shop, client, "http://10.0.0.7:8080");
 *     …
 *     edo_router_wrap(r, edo_compress_layer(NULL));
 *     edo_proxy_routes(r, "/shop", shop, NULL);
 *     edo_service_unref(shop);                      // the routes have their own reference
 *     return edo_web_serve(r, &(edo_web_opts){ .listen = "127.0.0.1:8080",
 *                                              .guards = { .no_csrf = true } });
 *
 * A server behind that decides itself which pages of others may write needs `.no_csrf`, as here;
 * the fields of its responses stay as they come (edo_web_guards).
 *
 * The service may be anything whose request is an edo_http_request and whose response is an
 * edo_http_response *: one server by way of a client, several behind a balance (edo/balance.h),
 * each with layers around them. The layers of the router are around the routes as around others. A
 * client keeps 32 connections to a host unless its `host_idle_max` says otherwise: with more
 * requests at once others are made anew each time, which costs a quarter of the CPU time.
 *
 * Bodies stream both ways with the memory of a buffer each: while one end does not read, the writes
 * of the other wait. Trailers (as far as the other version has them: HTTP/1.1 has those that
 * `Trailer` names, behind bodies without a length; a request whose Content-Length is 0 has none),
 * 102 and 103, the wait for "100 Continue", and protocols that a client upgrades to, as WebSockets,
 * pass as they are; a client of HTTP/2 may use WebSockets of a server that knows HTTP/1.1 only.
 * What belongs to a connection is left out and made anew (RFC 9110 section 7.6.1): the framing of
 * both messages is edo's own, so that the server behind never sees two requests where edo has seen
 * one.
 *
 * What the server behind is told of the client cannot be invented by the client:
 *
 *     Forwarded, X-Forwarded-For, -Host, -Proto   are set anew: the client's address, as
 *                                                 edo_request_client() has it, its Host and scheme
 *     X-Forwarded-…, X-Real-IP, Proxy             are left out, in any spelling with '_' for '-'
 *     Via                                         is added to, in the response, too
 *
 * A request that has been here before, by its Via, gets 508. One whose path has a segment "." or
 * "..", also percent-encoded, gets 400: what it names, edo and the server might see differently;
 * so does one whose Connection and Trailer name more than 64 fields together.
 * An upgrade to h2c is left out, since requests would follow that nobody here looks at.
 *
 * Max-Forwards of OPTIONS and TRACE is counted down (RFC 9110 section 7.6.2), and one that is no
 * number gets 400. A request with 0 goes no further: TRACE gets back what has come here, but for
 * Cookie, Authorization and Proxy-Authorization, and OPTIONS the methods of the route.
 *
 * If nothing of a request has left, because no connection could be made, or the service has not
 * become ready, it is asked again, `tries` times in all: a balance then picks another server, as
 * long as there is one that is ready and was not asked.
 * Otherwise the client gets 502, 503 for a service that refuses (-EDO_EOVERLOADED,
 * -EDO_ECIRCUITOPEN, -EDO_ERATELIMITED), 504 after a limit of time, 408 if it has not sent its body
 * by then, or 431 for fields that are too many to be sent on: with what is added a client sends 16
 * KiB of them. The log has a line at WARN then, with the trail; for a refusal and a 431 at debug. A
 * response that breaks off breaks off here, too.
 *
 * When the server drains, upgraded connections and responses of text/event-stream end, since they
 * have no end of their own, and a second later responses of application/grpc that still go on: at
 * whatever byte they are, so a WebSocket without a close frame.
 *
 * Each request is a span "proxy" (edo/span.h) at level INFO, of the target "http.client", within
 * that of edo_traceparent_layer() or, without that layer, within the step that the client tells:
 * from the first try to the head of the response. Its step goes on as `traceparent`; without spans
 * that of the client does.
 *
 * To layers around the service and to a balance a request whose client breaks off, or whose body is
 * malformed, late or beyond a limit, has ended with -ECANCELED: what clients do opens no circuit,
 * and no server rests for it. Layers may send a request again, but not twice at once, as
 * edo_hedge_layer() does: both would read one body, and pass hints on.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_WEB_PROXY_H
#define EDO_WEB_PROXY_H

#include <edo/http_client.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

/* Options of edo_proxy_routes(); all zero is the default. */
typedef struct edo_proxy_opts {
    const char *name;    /* of the proxy, in Via: a token that no other proxy on the way has; NULL:
                             "edo-" and a random number */
    const char *host;    /* the Host that the service is asked for; NULL: the client's */
    const char *prefix;  /* before the path of each request: "/v1"; NULL: none */
    bool strips;         /* the path of the routes is left out: "/shop/7" is "/7" of "/shop" */
    bool is_inner;       /* only other proxies come here, which are believed: what they have written
                             into Forwarded and its like stays, and is added to */
    bool no_upgrades;    /* Upgrade is left out */
    bool no_credentials; /* the service does not see whose request it is: Authorization, Cookie, and
                            what edo_sensitive_headers_layer() has marked, are left out, and of
                            responses Set-Cookie, which would replace the client's own. So a cache
                            around the service has one response for all (edo/http_coalesce.h) */
    bool upgrades_stay;  /* upgraded connections, and responses of events and of gRPC, go on while
                           the server drains, within its `drain_max`; else that ends the former
                           when it begins, and breaks the latter off */
    uint32_t tries;      /* of a request of which nothing has left; 0: 3 */
    edo_duration timeout; /* of a request, from the wait for a service that is ready to the end of
                             the body of its response; 0 and negative: none */
    edo_duration read_timeout; /* of each wait for bytes of the response, and for the server to take
                                  those of the request; 0: 60 s; negative: none */
    uint64_t reserved[4];      /* must be 0 */
} edo_proxy_opts;

/** Adds routes for `path` and all below it, of all methods, whose requests go to `service`. The
 * path may have captures, but not `{*rest}`; "/" is for all.
 *
 * As in all routes with a capture, a path that is no UTF-8 without its percent encoding gets 400.
 * Owns:    takes one more reference of `service`; copies `path` and `opts` (may be NULL).
 * Errors:  kept for the call that takes the router: those of edo_router_add(); -EINVAL  options */
EDO_API void edo_proxy_routes(edo_router *r, const char *path, edo_service *service,
                              const edo_proxy_opts *opts);

EDO_END_DECLS

#endif
