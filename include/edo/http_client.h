/* SPDX-License-Identifier: MIT */
/* edo/http_client.h: a client for HTTP that keeps connections: one call with a URL, redirects, TLS,
 * time limits, bodies by description. In libedo-client (pkg-config edo-client), over libedo-http.
 *
 *     edo_http_response *res;
 *     int err = edo_fetch(&res, EDO_STR("https://example.com/"), NULL);
 *     if (err < 0) return err;
 *     err = edo_copy(out, res->body, NULL);
 *     edo_http_response_free(res);                  // the connection goes back to the pool
 *
 *     offer o = { 0 };
 *     err = edo_fetch_json(&o, &offer_desc, url, &(edo_fetch_opts){ .bearer = token });
 *
 * For https the program is linked with libedo-tls, too; else such a URL fails with -ENOTSUP.
 *
 * A program that is linked with libedo-http2 (edo/http2.h), too, speaks HTTP/2 with those servers
 * that agree on it in the handshake of TLS; `alpn` of a configuration of its own has to name "h2"
 * then, or be NULL. All requests to a host share one connection. Those that the server has not
 * looked at (GOAWAY, REFUSED_STREAM) are sent again as if they had not left.
 *
 * No limit of a client is "none": a connection has 10 s to be made, and a request 30 s with the
 * body of its response. Both, and all others, can be changed or set off.
 *
 * A request is sent again by itself, on another connection, if no byte of it was sent; and once if
 * the connection was a kept one that ended without a byte of an answer, the method is idempotent
 * and the body lies in memory. Otherwise the failure's trail says whether it may have been carried
 * out. All else is an attempt of its own, after a pause, of which there are as many as the program
 * wants: see edo_http_retry_opts.
 *
 * With `metrics` clients count, by the names of OpenTelemetry's semantic conventions:
 *
 *     http.client.request.duration     histogram, s: from a request, with the wait for its
 *                                      connection, until its response is freed. Each redirect and
 *                                      each attempt is a request of its own
 *     http.client.request.body.size    histogram, By: unless it is not known before its end
 *     http.client.response.body.size   histogram, By: as it was sent, before it was decoded
 *         with http_request_method, server_address and server_port (of the URL), url_scheme,
 *         http_response_status_code, network_protocol_version, and error_type: the status from 400
 *         on; the name of the failure, as "ECONNREFUSED", or "ETIMEDOUT" for a limit of time
 *     http.client.active_requests      up-down counter, with the first four of these
 *     http.client.open_connections     up-down counter, with http_connection_state ("active",
 *                                      "idle"), server_address and server_port (of the proxy, where
 *                                      all hosts share its connections)
 *     http.client.connection.duration  histogram, s: of connections that have ended
 *
 * Of one registry all clients share the numbers. A program that calls where strangers say has
 * their names as labels, up to the registry's limit of series.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_HTTP_CLIENT_H
#define EDO_HTTP_CLIENT_H

#include <edo/cookie_jar.h>
#include <edo/http_message.h>
#include <edo/layers.h>
#include <edo/metrics.h>
#include <edo/net.h>
#include <edo/outcome.h>
#include <edo/retry_layer.h>
#include <edo/seq.h>
#include <edo/service.h>
#include <edo/value.h>

EDO_BEGIN_DECLS

struct edo_byte_range;
struct edo_http2_opts;
struct edo_request;
struct edo_tls_client;

/* ---- Attempts -------------------------------------------------------------------------------- */

/* How an attempt ended after which another one is possible. */
typedef struct edo_http_attempt {
    uint32_t n; /* attempts made, this one included */
    const edo_http_request *request;
    const edo_http_response *response; /* NULL: there is none */
    int err;                           /* why there is none; else 0 */
    bool is_unsent;                    /* no byte of the request has left */
    bool is_worth_more;                /* another one would follow without the function */
    edo_duration pause;                /* before the next one; may be replaced */
} edo_http_attempt;

/* What a program decides about attempts. Const and static; each function may be NULL, must bear
 * calls at once, and may await. */
typedef struct edo_http_retry_ops {
    /* Returns whether another attempt follows. It is asked after each attempt but the last, also
     * after a success; not after -ECANCELED, nor if more was read of a streamed body than is kept.
     * NULL: `is_worth_more`. */
    bool (*decide)(void *arg, edo_http_attempt *attempt);
    void (*reserved[3])(void); /* must be NULL */
} edo_http_retry_ops;

/* How a client sends requests again; all zero is the default: three attempts.
 *
 * Another attempt is worth it after 429, 502, 503 and 504, and after connections that are not made,
 * or break; and it is safe if no byte of the request was sent, or if the method is idempotent and
 * the body is there: it lies in memory, or at most `body_max` bytes were read of its stream. The
 * body of a response belongs to the attempt where edo_fetch_bytes(), edo_fetch_json() or
 * edo_fetch_file() reads it: one that breaks off is asked for again. The pauses grow and are
 * random; a Retry-After of the response replaces them, be it seconds or a date, but not 0, or a
 * date that is over. Nothing follows if a limit of time would pass in the pause, or if the budget
 * is spent: then the result is that of the last attempt. */
typedef struct edo_http_retry_opts {
    uint32_t attempts;        /* of a request at most, the first included; 0: 3 */
    edo_backoff_opts backoff; /* of the pauses; all zero: EDO_BACKOFF_FULL, 100 ms up to 10 s */
    /* for this client and others; NULL: the client's own, one for the host and port of the
     * request's URL, by which retries are a fifth of the requests there, and 10 a second. Of some
     * hundred hosts two may share one */
    edo_retry_budget *budget;
    bool no_budget;                /* none at all */
    const edo_http_retry_ops *ops; /* NULL: as said above */
    void *arg;                     /* of `ops` */
    size_t body_max;               /* bytes of a streamed body that are kept for another attempt; 0:
                                      64 KiB */
    uint64_t reserved[3];          /* must be 0 */
} edo_http_retry_opts;

/** An edo_outcome_fn for layers of a client, such as a circuit breaker: a response of 5xx, 408 or
 * 429 is a failure, as the server cannot, or wants to be asked less; any other is a success, a 404
 * too. Without a response it is as edo_outcome_of() says. A layer that has it, or one of the next
 * two, is refused by a service of other requests, as routes are: edo/service.h. */
EDO_API edo_call_outcome edo_http_outcome(void *arg, const void *request, const void *response,
                                          int result);

/** An edo_call_fields_fn for edo_call_log_layer() around a client: method, host, path and status,
 * and no query, which may be secret. */
EDO_API size_t edo_http_call_fields(void *arg, const void *request, const void *response,
                                    int result, struct edo_kv *to, size_t most);

/* How a body of a response has ended. */
typedef struct edo_http_body_end {
    uint64_t bytes;    /* that were read; of a decoded body, decoded */
    int err;           /* 0: all was read; -ECANCELED: the response was freed before; else the code
                          with which reads have failed */
    edo_duration took; /* since the layer had the response */
} edo_http_body_end;

/* Options of edo_http_body_layer(); all zero is the default. The functions must not await, and must
 * bear calls at once for different responses. */
typedef struct edo_http_body_opts {
    /* Each piece, once the program has read it. NULL: nobody is told. */
    void (*on_chunk)(void *arg, const edo_http_response *res, size_t bytes);
    /* The end, once. NULL: the log is told. */
    void (*on_end)(void *arg, const edo_http_response *res, const edo_http_body_end *end);
    void *arg;            /* of both; borrowed until the service and its responses have ended */
    uint64_t reserved[2]; /* must be 0 */
} edo_http_body_opts;

/** Tells of the bodies of responses while the program reads them; edo_call_log_layer() is told of
 * the head only. Without `on_end` the log (edo/log.h, the target "http.body") has a line at each
 * end: at level WARN of a body that has failed, else at DEBUG, with host, path without the query,
 * status and bytes. A layer outside that reads the body itself, as a cache does, is its reader. An
 * upgrade has no body.
 * Owns:    copies `opts` (may be NULL).
 * Errors:  of the build: -EINVAL  `reserved`, or the service takes requests of another kind
 *          of a call: -ENOMEM; those of the inner service
 * Threads: any. */
EDO_MUST_USE EDO_API edo_layer edo_http_body_layer(const edo_http_body_opts *opts);

/** An edo_hold_fn for a concurrency limit or a balance around a client: the place is kept until the
 * response is freed, and so until what follows an upgrade has ended.
 * Errors:  false without memory: the place is free at once. */
EDO_API bool edo_http_hold(void *arg, void *request, void *response, edo_held held);

/** For edo_fallback_layer() around a client: the first is its `reset`, and frees a response that
 * has failed by its status. The second is its `tell`, and marks the response that is given instead.
 * The third reads that mark: it returns whether `res` is of a fallback, and sets `*result` (may be
 * NULL) to what the call had returned, 0 if there was a response. Without memory a response has no
 * mark.
 * Owns:    the first takes what `response` points to. */
EDO_API void edo_http_fallback_reset(void *arg, void *response);
EDO_API void edo_http_fallback_tell(void *arg, void *request, void *response, int result);
EDO_API bool edo_http_fallback_of(int *result, const edo_http_response *res);

/* ---- Clients --------------------------------------------------------------------------------- */

/* A pool of connections with options, counted. */
typedef struct edo_http_client edo_http_client;

/* A name whose address is given, be it of a URL or of a proxy: no lookup is made for it here. The
 * first one that fits counts. A proxy that looks names up itself (http, https, socks5h) gets those
 * of URLs as they are. */
typedef struct edo_http_host {
    const char *name;    /* "api.example", or "api.example:8443" for that port only */
    const char *address; /* "127.0.0.1", "[::1]"; with a port ("127.0.0.1:80") also another port */
} edo_http_host;

/* An `allow` for URLs that others have chosen: only addresses of the public Internet, see
 * edo_addr_is_public(). Where a proxy looks names up, nobody sees the addresses of those: set
 * `proxy` to "" beside it. */
EDOI_INLINE bool edo_http_allow_public(void *arg, const edo_addr *addr) {
    (void)arg;
    return edo_addr_is_public(addr);
}

/* Makes a connection to `address`, "name:port", in place of edo: for tests without a network, and
 * for networks that edo does not know. Names are looked up before it only if the client has
 * `allow` or `resolve`: then it gets an address in numbers, one after the other until it has made a
 * connection. It is called in a task of its own, and may await. Returns 0 with a stream in `*out`,
 * which is the client's from then on, or why there is none. */
typedef int edo_http_connect_fn(void *arg, edo_stream **out, const char *address);

/* A redirect that could be followed. */
typedef struct edo_http_redirect {
    const edo_str *urls; /* where the call has been, its own URL first; the last has responded */
    size_t urls_n;
    edo_str to; /* where it would go, as a whole URL */
    const edo_http_response *response;
} edo_http_redirect;

/* Decides about a redirect: 1 follows it; 0: it is the response of the call; a negative code ends
 * the call. It may await. */
typedef int edo_http_redirect_fn(void *arg, const edo_http_redirect *redirect);

#define EDO_HTTP_NO_REDIRECTS UINT32_MAX /* of `redirects_max`: a redirect is a response */

/* Options of a client; all zero is the default. */
typedef struct edo_http_client_opts {
    struct edo_tls_client *tls; /* of https; NULL: the roots of the system. Its certificate, if it
                                   has one, is shown to hosts that requests name, not to those that
                                   only redirects lead to; and to a proxy of https that asks */
    const edo_stack *layers;    /* around each request, whose request is an edo_http_request and
                                   whose response is an edo_http_response *; NULL: none */
    const edo_headers *headers; /* of each request that has none of that name; NULL: none */
    edo_metrics *metrics;       /* the registry that has this client's numbers, see below; shared;
                                   NULL: it counts none */
    edo_cookie_jar *jar;    /* cookies are sent of it, and kept in it; NULL: none. A request with
                                   a Cookie of its own gets no other */
    const char *user_agent; /* NULL: "edo/" and its version; "": none */
    const edo_http_host *hosts;
    size_t hosts_n;
    const char *proxy; /* "http://user:password@host:port", https, socks5 (names are looked up
                                here) or socks5h (by the proxy), for all requests; "": none; NULL:
                                those of http_proxy, https_proxy, all_proxy and no_proxy in the
                                environment. Beside `connect` without `allow` and `resolve` a name
                                that is not in `hosts` goes to a proxy of socks5, too */
    /* fields that proxies of HTTP get, and nobody behind them; NULL: none */
    const edo_headers *proxy_headers;
    const char *no_proxy;    /* hosts that are reached without a proxy, with commas: "*", addresses,
                                ranges, names with their subdomains, each perhaps with a port; NULL:
                                those of no_proxy in the environment, with `proxy` none */
    const char *unix_path;   /* all connections are made to this Unix socket, and none by way of a
                                proxy; not beside `connect`, `proxy` and `allow`; NULL: by the
                                URL */
    const edo_tcp_opts *tcp; /* NULL: silent servers are probed after 15 s, every 15 s, three
                                times, and what is not acknowledged for 30 s ends a connection */
    bool (*allow)(void *arg, const edo_addr *addr); /* is asked for each address before a connection
                                is made to it, at redirects too: of a proxy; of a URL's host, unless
                                a proxy looks its name up: of a number, which is no name, also then;
                                NULL: all are allowed; edo_http_allow_public() */
    edo_resolver_fn *resolve;                       /* looks names up; NULL: as edo_resolve() */
    edo_http_connect_fn *connect; /* makes all connections, on which TLS is edo's; no proxy is used
                                     but `proxy`; NULL: edo does */
    void *arg;                    /* of `allow`, `resolve`, `connect` and `redirect` */
    void (*drop)(void *arg);      /* is called once, when neither those four nor `metrics` are used
                                     any more: on any thread, perhaps after the client has ended,
                                     since a connection that is being made ends by itself; NULL:
                                     nothing */
    const edo_http_retry_opts *retry; /* NULL: one attempt, unless a request says more */
    edo_duration connect_timeout;     /* with the handshake of TLS; 0: 10 s; negative: none */
    edo_duration timeout;      /* of a request with its redirects and the body of its response, but
                                     not of what follows an upgrade; 0: 30 s; negative: none */
    edo_duration read_timeout; /* of each wait for bytes of a response, its head or its body, and
                                  for the server to take bytes of the request; 0: only `timeout` */
    edo_duration idle_timeout; /* a connection is kept so long without use; 0: 90 s; negative:
                                     without limit. One whose server says by `Keep-Alive: timeout=N`
                                     that it closes it sooner is not used in the last second, or
                                     half, of that time */
    edo_duration conn_age_max; /* a connection is not used again when it is so old, a tenth more
                                     or less: so a name is looked up again, and new hosts get their
                                     share; 0: 10 minutes; negative: none */
    uint32_t redirects_max;    /* 0: 10 */
    edo_http_redirect_fn *redirect; /* is asked about each redirect; NULL: all are followed */
    uint32_t host_conns_max;        /* connections to one host at once: others wait in order; 0: no
                                     limit */
    uint32_t host_idle_max;         /* connections to one host that are kept; 0: 32 */
    uint32_t idle_max;              /* connections that are kept in all; 0: 512 */
    uint64_t decoded_max; /* bytes that the body of a response may become by its coding; 0:
                                     no limit but the next one */
    uint32_t ratio_max;   /* bytes for each one that was sent, after 64 KiB; 0: 1,100 */
    bool no_decode;       /* bodies are left as they were sent; those of requests that have an
                             Accept-Encoding or Range of the program always are */
    bool https_only;      /* http fails with -EACCES, also after a redirect */
    bool no_http2;        /* speak HTTP/1.1 only, though libedo-http2 is linked */
    bool no_context;      /* no id goes along that is bound where the call is made: `served` */
    /* servers of http speak HTTP/2, in clear text; those of https are asked */
    bool prior_knowledge;
    uint32_t http2_conns_max; /* of HTTP/2 to one host: one more is made when the streams of all are
                                 used up; 0: 1, whose streams are then waited for */
    const struct edo_http2_opts *http2; /* of connections of HTTP/2, but for `host`, `is_tls` and
                                           `tcp`; NULL: the defaults of edo/http2.h. Without
                                           libedo-http2 -EINVAL, as is `prior_knowledge` */
    /* The field in which each request says how many milliseconds its response is waited for: what
     * is left of `timeout` and of the deadline in force; one of the program is replaced.
     * EDO_HTTP_DEADLINE_FIELD, or the name that the servers know; NULL: none does. */
    const char *deadline_field;
    /* Hosts that get the baggage which is bound where a call is made (edo/baggage.h), in the form
     * of `no_proxy`, after redirects, too; requests that have a field of their own, and heads
     * without room for it, have none of it. NULL: no host gets it, as it tells of those that the
     * program serves. */
    const char *baggage_hosts;
    uint64_t reserved[4]; /* must be 0 */
} edo_http_client_opts;

/** Makes a client. `opts` may be NULL.
 * Owns:    copies `opts` and what it points to, but shares `tls`, `metrics`, `jar` and the budget;
 *          borrows `arg` until `drop` is called, and the `arg` of `retry` until the client and its
 *          last response have ended; returns new in `*out`: edo_http_client_unref(). On failure
 *          `drop` is not called.
 * Errors:  -EINVAL  options, of which the trail may say more;  -ENOMEM; a failure of `layers`; as
 *          edo_metrics_counter() */
EDO_MUST_USE EDO_API int edo_http_client_new(edo_http_client **out,
                                             const edo_http_client_opts *opts);

/** Takes one more reference, and returns `c`.
 * Owns: shares. */
EDO_API edo_http_client *edo_http_client_ref(edo_http_client *c);

/** Gives a reference back; NULL is allowed. Connections that are kept are closed with the last one;
 * responses go on.
 * Owns: takes the reference. */
EDO_API void edo_http_client_unref(edo_http_client *c);

/** Sends a request to `req->url`, and returns 0 with the response once its head has come; after
 * redirects that of the last one. `target` must be empty.
 *
 * Secrets (Authorization, Cookie, Proxy-Authorization, WWW-Authenticate) are left out from the
 * first redirect on that leads to another scheme, host or port, as are fields marked sensitive and
 * a Baggage of the program; the Referer has only the origin then, as it has in place of a URL of
 * more than 4096 bytes, and the certificate of the client is not shown. After 303 the method is
 * GET, as after 301 and 302 to a POST; after 307 and 308 all stays. A body that is read from a
 * stream is sent twice only if there are `retry` and more than one attempt, and its
 * `body_max` has kept the whole of it: else the redirect is the response.
 *
 * After 421 the request is sent once more, over a connection of its own, whatever its method is;
 * the one before gets no further requests. A body that is read from a stream has to be kept whole,
 * as after a redirect.
 *
 * Accept, Accept-Encoding, User-Agent, and Referer after a redirect, are added unless the request
 * has them, as edo_fetch() adds a Content-Type; one that it has without a value is left out. The
 * cookies of a jar, and the Referer, get the room that the rest leaves of 16 KiB: what a server has
 * set before makes no request too large.
 * Spec:    RFC 9110 sections 15.4, 15.5.20.
 * Owns:    borrows what the request points to until return, and its `body`, and with `trailers`
 *          those and `headers`, until the response was freed; returns new in `*out`:
 *          edo_http_response_free().
 * Errors:  -EINVAL     the URL or the request is malformed; so is a host with letters beyond ASCII,
 *                      which is given as the DNS has it, "xn--..." (the trail says so)
 *          -ENOTSUP  no scheme that is known
 *          -ENOENT, -EAGAIN, -ECONNREFUSED and others of edo_tcp_connect()
 *          -EACCES     `allow` has refused all addresses; `https_only`
 *          -EDO_ECERT, -EDO_ETLS  as edo_tls_connect_over()
 *          -ELOOP      more redirects than `redirects_max`;  what `redirect` returns
 *          -EMSGSIZE   also: a redirect has come before `body` was read, of which too much was read
 *                      then to send it again
 *          -ETIMEDOUT  a limit of time has passed
 *          else as edo_http1_send(), and what layers return
 * Cancel:  ends the request; its connection is closed.   Threads: in a task.
 * Waits:   for a connection, and the response. */
EDO_MUST_USE EDO_API int edo_http_client_send(edo_http_client *c, edo_http_response **out,
                                              const edo_http_request *req);

/** Makes a service of a client: its requests are edo_http_request, its responses an
 * edo_http_response *, which edo_http_response_free() ends. A request without a `url` goes to
 * `base`, as "http://10.0.0.7:8080" or "https://shop.internal/api", with its `target` behind it.
 * Owns:    shares `c`; copies `base`; returns new in `*out`: edo_service_unref().
 * Errors:  -EINVAL  `base` is no URL with a host, has a query or a fragment, or ends with a slash;
 *          -ENOMEM
 *          of a call: -EINVAL  the `target` does not begin with a slash;  as edo_http_client_send()
 * Cancel:  of a call: as edo_http_client_send(). */
EDO_MUST_USE EDO_API int edo_http_client_service(edo_service **out, edo_http_client *c,
                                                 const char *base);

/** Makes the service of one endpoint: an edo_make_service_fn for edo_balance_service_new(), whose
 * `arg` is a client, or NULL: the runtime's own. `target` is a const edo_endpoint; its address is
 * "host:port", or a `base` as edo_http_client_service() takes it. Requests and responses are those
 * of that service, without a `url`. The Host is that of the endpoint, unless `headers` has one.
 *
 * It makes a connection, so a balance knows whether the endpoint can be reached; and if a call
 * finds that it cannot any more, ready fails from then on, and the balance leaves it. A response of
 * whatever status is a success.
 * Owns:    returns new: edo_service_unref(). Shares the client.
 * Errors:  of a connection: as edo_http_client_send();  -EINVAL  the address;  -EDO_ENORUNTIME
 *          of a call: as edo_http_client_service();  -EINVAL  the request has a URL
 * Cancel:  safe.   Threads: in a task.   Waits: for the connection. */
EDO_MUST_USE EDO_API int edo_http_client_make(void *client, edo_service **svc, const void *target);

/** Closes the connections that are kept. */
EDO_API void edo_http_client_close_idle(edo_http_client *c);

/* What a client has done and has. */
typedef struct edo_http_client_stats {
    uint64_t connects, connect_failures; /* connections that were made, and not */
    uint64_t reuses;                     /* requests that went over a kept connection */
    uint64_t resends;                    /* requests that were sent again */
    uint64_t redirects;                  /* that were followed */
    uint32_t open, idle, waiting;        /* connections; tasks that wait for one */
    uint64_t retries;                    /* attempts that were not the first of their request */
    uint64_t reserved[4];
} edo_http_client_stats;

/** Fills in `*out`. */
EDO_API void edo_http_client_get_stats(edo_http_client *c, edo_http_client_stats *out);

/* ---- Responses ------------------------------------------------------------------------------- */

/** Returns the URL that the response came from, which differs from the request's after redirects.
 * Owns:    lives as long as the response. */
EDO_API edo_str edo_http_response_url(const edo_http_response *res);

/** Returns the stream of the connection that the response came over, of TLS for https: to ask
 * edo_stream_peer_addr() or the functions of edo/tls.h. Do not read from it, nor write to it. NULL:
 * none, as the response was made by a layer.
 * Owns:    borrows it to the caller until the response is freed. */
EDO_API edo_stream *edo_http_response_stream(const edo_http_response *res);

/** Reads the whole body, behind what `*out` has.
 * Errors:  -EMSGSIZE  it has more than `bytes_max` bytes;  -ENOMEM; as reads of the body
 * Cancel:  not safe: what was read is lost.   Threads: one at a time.   Waits: for the body. */
EDO_MUST_USE EDO_API int edo_http_response_collect(edo_http_response *res, edo_buf *out,
                                                   size_t bytes_max);

/** Reads the whole body as a text, behind what `*out` has, and makes it UTF-8, whatever `charset`
 * of its Content-Type says: UTF-8 (also if it says nothing), US-ASCII or ISO-8859-1.
 * Errors:  as edo_http_response_collect()
 *          -EILSEQ   it is not UTF-8, or not US-ASCII;  -ENOTSUP  another charset
 * Cancel:  not safe: what was read is lost.   Threads: one at a time.   Waits: for the body. */
EDO_MUST_USE EDO_API int edo_http_response_text(edo_http_response *res, edo_buf *out,
                                                size_t bytes_max);

/** Reads the whole body, which must be JSON, into the value that `desc` describes.
 * Owns:    fills `*value`: edo_value_deinit().
 * Errors:  as edo_http_response_collect() and edo_json_decode()
 * Cancel:  not safe: what was read is lost.   Threads: one at a time.   Waits: for the body. */
EDO_MUST_USE EDO_API int edo_http_response_json(edo_http_response *res, void *value,
                                                const edo_desc *desc, size_t bytes_max);

/* ---- One call -------------------------------------------------------------------------------- */

#define EDO_FETCH_BYTES_MAX (UINT64_C(16) << 20) /* bytes of a body that is read as a whole */

/* Is told how far a body has come; `total` -1: not known. Another attempt begins anew. */
typedef void edo_fetch_progress_fn(void *arg, uint64_t bytes, int64_t total);

/* One field of a form that may have files (multipart/form-data). */
typedef struct edo_fetch_part {
    edo_str name;
    edo_str data;     /* its value, in memory */
    const char *file; /* or its value is this file, as it is when the call begins; NULL: `data` */
    edo_str filename; /* that the server is told; NULL: the last part of `file`, or none */
    edo_str type;     /* its Content-Type; NULL: by the name of the file, or none */
} edo_fetch_part;

/* Options of edo_fetch() and its siblings; all zero is the default. At most one of `data`, `json`,
 * `form`, `body`, `file`, `seq` and `parts` is set. What is read while it is sent, `body`, `file`,
 * `seq` and `parts` with files, is sent once: not after a redirect, and in another attempt only as
 * edo_http_retry_opts says. */
typedef struct edo_fetch_opts {
    edo_http_client *client;    /* NULL: the runtime's own */
    edo_method method;          /* EDO_METHOD_OTHER: `method_name`, else GET, or POST if there is a
                                   body */
    edo_str method_name;        /* only for EDO_METHOD_OTHER */
    const edo_headers *headers; /* NULL: none */
    const struct edo_request *served; /* the request of a server on whose behalf this call is made:
                                   its traceparent, tracestate (of 4096 bytes at most) and
                                   edo_request_id() go along, unless `headers` has fields of these
                                   names. NULL: those that edo_request_id_layer() and
                                   edo_traceparent_layer() have bound, where the call is made in
                                   their handler, or in a task that this has started; of the
                                   step the call's own span, or that of the attempt, if there is one
                                   (edo/span.h) */
    const void *query;                /* appended to the query of the URL */
    const edo_desc *query_desc;       /* of `query` */
    const struct edo_byte_range *range; /* of the body only these bytes, as they are stored, without
                                   a coding but with a client that has `no_decode`; `last`
                                   UINT64_MAX: up to the end (edo/http_fields.h). Status 206 has
                                   them, perhaps fewer at the end, and as many as its Content-Range
                                   says: else the call, or a read of the body, fails with -EPROTO or
                                   -EDO_ETRUNCATED; 200 has all: the server knows no ranges, or
                                   `if_range` is over; NULL: all */
    edo_str if_range; /* with `range`: the strong ETag of the version that the bytes are of, as it
                         was sent, or its Last-Modified; of another version all comes; empty: any */
    edo_str bearer;   /* "Authorization: Bearer …" */
    edo_str user, password; /* "Authorization: Basic …", if `user` has a pointer */
    edo_str data;           /* the body, in memory */
    edo_str type;           /* its Content-Type; empty: application/octet-stream, of streams none */
    const void *json;       /* the body, as JSON, of type `type` if that is said */
    const edo_desc *json_desc; /* of `json` */
    const void *form;          /* likewise, as a form (application/x-www-form-urlencoded) */
    const edo_desc *form_desc; /* of `form` */
    edo_stream *body;          /* the body, from a stream, of type `type` */
    int64_t body_length;       /* of `body` and `seq`: the bytes; 0 or -1: up to the end. No
                                   bytes at all are `data` of EDO_STR("") */
    const char *file;          /* the body, from a file; its type is `type`, or by its name */
    edo_seq *seq; /* the body, of items which are edo_bytes, of type `type`; it is taken
                                  in any case, and freed with the response */
    const edo_fetch_part *parts; /* the body, as a form with files; without `type` */
    size_t parts_n;
    bool any_status;           /* a status of 400 or more is no failure */
    uint32_t attempts;         /* at most, see edo_http_retry_opts; 0: the client's */
    edo_duration timeout;      /* of all; 0: the client's; negative: none */
    edo_duration read_timeout; /* likewise */
    uint64_t bytes_max; /* of edo_fetch_bytes() and edo_fetch_json(); 0: EDO_FETCH_BYTES_MAX */
    edo_fetch_progress_fn *progress;   /* of edo_fetch_file(); NULL: none */
    edo_http_informational_fn *before; /* is called with each response that comes before the last
                                   one: informational ones, and redirects; NULL: none */
    void *arg;                         /* of `progress` and `before` */
    edo_str coding; /* of the body, one that the server decodes: "gzip", "deflate", "br" or "zstd".
                       It is compressed, and Content-Encoding says so; in memory before it is sent,
                       and as it is if it would not become shorter; a stream as it is read, and what
                       has come of it before a wait for more. Empty: as it is */
    uint64_t reserved[2]; /* must be 0 */
} edo_fetch_opts;

/** Sends a request and returns 0 with the response once its head has come. `opts` may be NULL.
 * Owns:    returns new in `*out`: edo_http_response_free().
 * Errors:  -EDO_ESTATUS  the status is 400 or more: the trail has it; as edo_http_client_send();
 *          as edo_fs_open() of a file that is sent;  -EINVAL  it is neither a regular file nor a
 *          pipe that somebody writes, or that has bytes
 *          -EPROTO  also: a response to `range` has other bytes
 *          -ENOTSUP  also: edo was built without the library of `coding`
 * Cancel:  ends the request.   Threads: in a task.   Waits: for the response. */
EDO_MUST_USE EDO_API int edo_fetch(edo_http_response **out, edo_str url,
                                   const edo_fetch_opts *opts);

/** As edo_fetch(), and reads the whole body.
 * Owns:    returns new in `*out`: edo_bytes_unref().
 * Errors:  as edo_fetch() and edo_http_response_collect()
 * Cancel:  ends the request.   Threads: in a task.   Waits: for the response and its body. */
EDO_MUST_USE EDO_API int edo_fetch_bytes(edo_bytes *out, edo_str url, const edo_fetch_opts *opts);

/** As edo_fetch(), and decodes the body, which must be JSON.
 * Owns:    fills `*value`: edo_value_deinit().
 * Errors:  as edo_fetch() and edo_http_response_json()
 * Cancel:  ends the request.   Threads: in a task.   Waits: for the response and its body. */
EDO_MUST_USE EDO_API int edo_fetch_json(void *value, const edo_desc *desc, edo_str url,
                                        const edo_fetch_opts *opts);

/** As edo_fetch(), and writes the body to the file `path`, which is made or emptied first once the
 * head has come. What was written of a body that fails stays.
 * Errors:  as edo_fetch(), edo_fs_open(), edo_copy();  -EISDIR
 *          -EINVAL  `path` is a pipe that nobody reads, a socket, or a disk
 * Cancel:  ends the request.   Threads: in a task.   Waits: for the response and its body. */
EDO_MUST_USE EDO_API int edo_fetch_file(const char *path, edo_str url, const edo_fetch_opts *opts);

EDO_END_DECLS

#endif
