/* SPDX-License-Identifier: MIT */
/* edo/http_metrics.h: the numbers of HTTP servers, by the names of OpenTelemetry's semantic
 * conventions. In libedo-http.
 *
 *     err = edo_http_metrics_new(&numbers, registry);
 *     if (err == 0) err = edo_http_serve(handler, arg, &(edo_http_server_opts){
 *                                            .listen = "0.0.0.0:8080", .metrics = numbers });
 *     edo_http_metrics_unref(numbers);
 *
 *     http.server.request.duration     histogram, s: from the head of a request to the end of its
 *                                      response, which may still lie in the socket; of an upgrade
 *                                      to the handler's return
 *     http.server.request.body.size    histogram, By: what was read of it, be it to skip a rest
 *                                      that the handler has left
 *     http.server.response.body.size   histogram, By: what was sent
 *         with http_request_method (_OTHER for those that RFC 9110 and 5789 do not know),
 *         http_route, the `route` of the request, http_response_status_code,
 *         network_protocol_version, url_scheme, and error_type, which is empty unless the request
 *         failed: the status from 500 on; "broken_off" if the response could not be ended. The
 *         status of a client that has gone before it was sent anything is 499: no failure
 *     http.server.active_requests      up-down counter, with http_request_method and url_scheme
 *     edo.http.connections             up-down counter, with state: "idle", "active"
 *     edo.http.refused                 counter, with http_response_status_code: heads that are no
 *                                      requests, too large or too slow
 *     edo.http2.ended                  counter, with reason: connections that were ended for what
 *                                      their clients did, see edo/http2.h
 *     edo.http2.resets                 counter, with verdict: what the guard of HTTP/2 lets pass
 *                                      ("late"), counts ("wasted") and refuses ("shed")
 *     edo.http.drain                   gauge, s: how long the last orderly end of a server took,
 *                                      once there was one
 *
 * A router shows them, with all others of a registry, by edo_metrics_routes() of edo/web.h.
 * The path of a request is no label: clients choose it, not so that of its route. Histograms of
 * durations have the bounds that the conventions ask for, sizes powers of ten up to 1 GB. */
#ifndef EDO_HTTP_METRICS_H
#define EDO_HTTP_METRICS_H

#include <edo/metrics.h>

EDO_BEGIN_DECLS

typedef struct edo_http_metrics edo_http_metrics;

/** Adds the metrics of HTTP servers to a registry, for one server or several. Of one registry all
 * share the numbers.
 * Owns:    returns new: edo_http_metrics_unref(). Shares `m`.
 * Errors: as edo_metrics_counter()   Threads: any, at once.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_http_metrics_new(edo_http_metrics **out, edo_metrics *m);

/** Gives one reference back. NULL is allowed.
 * Owns: takes the reference.   Threads: any, at once.   Waits: never.   Since: 0.1 */
EDO_API void edo_http_metrics_unref(edo_http_metrics *self);

EDO_END_DECLS

#endif
