/* SPDX-License-Identifier: MIT */
/* edo/http_upstreams.h: the servers behind a gateway, which come and go, as one service: a request
 * goes to one that is well, and again to another one where the first has gone. In libedo-client.
 *
 *     edo_service *shop;
 *     int err = edo_http_upstreams_new(&shop, edo_discover_file("shop.txt"),
 *                                      &(edo_http_upstreams_opts){ .check = "/healthz" });
 *     if (err < 0) return err;
 *     edo_proxy_routes(r, "/shop", shop, NULL);     // or edo_service_oneshot(shop, &req, &res)
 *     edo_service_unref(shop);
 *
 * It is a balance (edo/balance.h) over the services that edo_http_client_make() makes, and takes
 * requests and returns responses as those do. What a program would have to add to that:
 *
 *     checks     with `check` a server gets requests from its first response of 2xx to that on, and
 *                none while it fails, as `check_every` and its like of `balance` say
 *     ejection   a server whose calls have failed five times in a row rests for 30 s, and longer
 *                each time: see edo_outlier_opts, and edo_http_upstreams_outcome()
 *     load       a call counts as under way until the body of its response has ended, or what
 *                follows an upgrade
 *     drain      a server that is left out of the list gets no more requests; those that it has go
 *                on, however long that takes
 *     return     a server that is away is looked for after pauses of 1 s to 5 s
 *     again      a request without a body, or with one in memory, is sent to another server, if
 *                none of it has left, or if the connection has ended before a response and its
 *                method is idempotent. So a server may be restarted at any time
 *     time       the `timeout` of a request, or that of its client, is for all: the wait for a
 *                server, its attempts, and the body of its response
 *
 * Requests that have left are sent again within a budget, a fifth of all and 10 a second: servers
 * in trouble do not get a multiple of their load.
 *
 * Streams of HTTP/2, calls of gRPC and upgrades pass by edo/web_proxy.h; servers of HTTP/2 in clear
 * text need a client with `prior_knowledge`.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_HTTP_UPSTREAMS_H
#define EDO_HTTP_UPSTREAMS_H

#include <edo/balance.h>
#include <edo/http_client.h>

EDO_BEGIN_DECLS

/* Options of edo_http_upstreams_new(); all zero is the default. */
typedef struct edo_http_upstreams_opts {
    edo_http_client *client; /* shared; NULL: the runtime's own, which uses the proxies of the
                                environment. It keeps 32 connections to a server unless its
                                `host_idle_max` says otherwise */
    const char *check; /* a path, as "/healthz": each server is asked for it; NULL: one that can be
                          reached is well */
    bool waits;        /* a request waits while no server can be reached, within its `timeout`; else
                          it fails with the reason */
    uint32_t attempts; /* of a request at most, the first included; 0: 3 */
    /* Of the balance, with other defaults: `outlier` of which no rule is set has 5 `failures` (of
     * PICK_FIRST none); `pause_max` is 5 s; `hold` is edo_http_hold(), `outcome`
     * edo_http_upstreams_outcome(). `fail_fast`, `request_kind` and, beside `check`, its own
     * `check` are not the program's */
    edo_balance_opts balance;
    uint64_t reserved[4]; /* must be 0 */
} edo_http_upstreams_opts;

/** Makes a service of the servers that `source` tells. edo_balance_of() returns its balance, to
 * look on.
 * Owns:    returns new: edo_service_unref(). Takes `source`, also on failure. Copies `opts` (may be
 *          NULL), but as edo_balance_service_new() says.
 * Errors:  those of edo_balance_service_new();  -EINVAL  also: `check` is no path
 *          of a call: as edo_http_client_send(), and without `waits` as edo_balance_pick();
 *          -EINVAL  the request has a URL
 *          of a connect: as edo_http_client_make();  -EDO_ESTATUS  `check` has another status than
 *          2xx;  -ETIMEDOUT  it took longer than `check_timeout`
 * Cancel:  of a call: as edo_http_client_send().
 * Threads: in a runtime. */
EDO_MUST_USE EDO_API int edo_http_upstreams_new(edo_service **out, edo_seq *source,
                                                const edo_http_upstreams_opts *opts);

/** An edo_outcome_fn for what lies between clients and servers, as a circuit breaker of a gateway:
 * a response of 5xx is a failure, but not 501, 505 and 508, which requests bring about; nor are 408
 * and 429, which are for one client. So no client shuts others out. Without a response it is as
 * edo_outcome_of() says. */
EDO_API edo_call_outcome edo_http_upstreams_outcome(void *arg, const void *request,
                                                    const void *response, int result);

EDO_END_DECLS

#endif
