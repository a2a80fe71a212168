/* SPDX-License-Identifier: MIT */
/* edo/web_guard.h: layers for routers that say which requests come in: forged ones (CSRF), the
 * address that a request comes from, credentials, what a request must have, how many there may be.
 * In libedo-web.
 *
 *     static const edo_auth_user users[] = { { "ada", "lovelace" } };
 *     edo_router_wrap(r, edo_csrf_layer(NULL), edo_auth_layer(&(edo_auth_opts){ .users = users,
 *                                                                               .users_n = 1 }));
 *
 * Options are copied; texts and lists in them are borrowed until the router ends, static as a
 * rule.
 *
 * Unless a function says otherwise:
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_WEB_GUARD_H
#define EDO_WEB_GUARD_H

#include <edo/layers.h>
#include <edo/limiter.h>
#include <edo/net.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

/* ---- Forged requests (CSRF) ------------------------------------------------------------------ */

/* May this request come from another origin? Must not wait. */
typedef bool edo_csrf_bypass_fn(void *arg, edo_web *w);

/* Options of edo_csrf_layer(); all zero is the default. */
typedef struct edo_csrf_opts {
    const char *const *origins; /* of others, whose requests are wanted: "https://app.example" */
    size_t origins_n;
    edo_csrf_bypass_fn *bypass; /* for paths that anybody may post to: hooks of others */
    void *arg;                  /* of `bypass`; borrowed */
    uint64_t reserved[4];       /* must be 0 */
} edo_csrf_opts;

/** Refuses requests with 403 that a page of another origin has a browser send, without tokens: GET,
 * HEAD and OPTIONS pass, so they must not change anything. Others pass if `Sec-Fetch-Site` is
 * "same-origin" or "none"; without that field, if there is no `Origin` either, as of programs that
 * are no browsers, or its host and port are those that the request is sent to: of the target if
 * that is a whole URI, else of `Host`; and if `Origin` is one of `origins`, or `bypass` says so. A
 * port that is not written is that of the origin's scheme. Several fields `Origin` are of no origin
 * that is known. Requests with `Authorization` and without `Cookie` pass, too, since a page of
 * another origin may send that field only if the server has allowed it (edo_cors_layer()); but not
 * of the schemes Basic, Digest, Negotiate and NTLM, which browsers send by themselves. So a proxy
 * in front that makes the field of its own cookie has to leave the cookie, or to refuse such
 * requests itself. All else is as Go 1.25's CrossOriginProtection has it. edo_web_serve() refuses
 * such requests without the layer: edo_web_guards.
 *
 * Behind a proxy `Host` has to be what the browser has asked for, with its port (nginx:
 * "proxy_set_header Host $http_host;"): else `Origin` is another one where a browser sends no
 * `Sec-Fetch-Site`, as over plain HTTP.
 * Owns:    copies `opts` (may be NULL); borrows what it points to.
 * Errors:  of the build: -EINVAL  an origin that is none; `reserved` */
EDO_MUST_USE EDO_API edo_layer edo_csrf_layer(const edo_csrf_opts *opts);

/* ---- The address of the client --------------------------------------------------------------- */

typedef enum edo_real_ip_from {
    EDO_FROM_X_FORWARDED_FOR,
    EDO_FROM_FORWARDED, /* RFC 7239 */
    EDO_FROM_X_REAL_IP  /* one address; the last field counts */
} edo_real_ip_from;

/* Options of edo_real_ip_layer(); `proxies` must be set. */
typedef struct edo_real_ip_opts {
    const char *const *proxies; /* that are believed: "10.0.0.0/8", "::1". Peers over Unix sockets
                                   always are */
    size_t proxies_n;           /* at most 64 */
    edo_real_ip_from from;      /* the one field that the proxies write */
    bool proto;                 /* they write `X-Forwarded-Proto`, too; the `proto` of Forwarded is
                                   read without it */
    uint64_t reserved[2];       /* must be 0 */
} edo_real_ip_opts;

/** Finds the address of the client behind proxies: if the peer is one, the addresses of the field
 * are read from right to left, up to the first one that is no proxy. The part left of it was
 * written by the client, and is not read, be it an open quote; nor is the field of a client that is
 * no proxy. An element that is no address ends the search at the last one that was. At most 32
 * elements are read.
 *
 * Behind the same proxies edo_web_scheme() is what they say that the client has used: the `proto`
 * of the element of Forwarded that was read last; of `X-Forwarded-Proto` the element that stands as
 * far from the right, or the first one if there are fewer. Without it nothing changes.
 *
 * A peer without an address, as of a pipe in memory, is no proxy.
 * Owns:    copies what it needs of `opts`.
 * Errors:  of the build: -EINVAL  no proxies, too many, or one that is no range; `reserved` */
EDO_MUST_USE EDO_API edo_layer edo_real_ip_layer(const edo_real_ip_opts *opts);

/** Writes the address of the client to `*out`: as edo_real_ip_layer() has found it; without it, as
 * edo_request_peer() does. The port is 0 if the proxy did not tell it.
 * Errors: as edo_request_peer()   Threads: the handler's. */
EDO_MUST_USE EDO_API int edo_request_client(edo_request *req, edo_addr *out);

/** Returns the scheme that the client has used, "http" or "https": edo_request.is_tls. It is never
 * taken from what a client itself says.
 * Owns: static.   Threads: the handler's. */
EDO_API edo_str edo_web_scheme(const edo_web *w);

/* ---- Credentials ----------------------------------------------------------------------------- */

typedef struct edo_auth_user {
    const char *name, *password;
} edo_auth_user;

/* Are these the credentials of somebody? Returns 0, -EACCES, or another code for a failure. May
 * wait. */
typedef int edo_auth_basic_fn(void *arg, edo_web *w, edo_str user, edo_str password);
typedef int edo_auth_bearer_fn(void *arg, edo_web *w, edo_str token);

/* Options of edo_auth_layer(); at least one of the four ways must be set. */
typedef struct edo_auth_opts {
    const edo_auth_user *users; /* Basic: one of these */
    size_t users_n;
    edo_auth_basic_fn *basic;  /* Basic: whom it likes; asked if none of `users` was it */
    const char *const *tokens; /* Bearer: one of these */
    size_t tokens_n;
    edo_auth_bearer_fn *bearer; /* Bearer: what it likes; asked if none of `tokens` was it */
    void *arg;                  /* of the functions; borrowed */
    const char *realm;          /* NULL: "restricted" */
    uint64_t reserved[2];       /* must be 0 */
} edo_auth_opts;

/** Lets requests pass that come with credentials in `Authorization`: a name and a password (Basic,
 * RFC 7617) or a token (Bearer, RFC 6750). Others are refused with 401 and `WWW-Authenticate`. How
 * long the comparison with `users` and `tokens` takes tells nothing about them but their number.
 * The field is marked as sensitive.
 * Owns:    copies `opts`; borrows what it points to.
 * Errors:  of the build: -EINVAL  none of the ways; a realm with quotes or control characters;
 *                         `reserved`
 *          of a request: those of the functions, but -EACCES
 * Threads: any; the functions must bear calls at once.   Waits: as the functions do. */
EDO_MUST_USE EDO_API edo_layer edo_auth_layer(const edo_auth_opts *opts);

/** Returns the name that came with the request's Basic credentials, which were right, or that
 * edo_request_set_user() has set; no bytes without one.
 * Owns: lives as long as the request.   Threads: the handler's. */
EDO_API edo_str edo_request_user(const edo_request *req);

/** Sets the name that edo_request_user() returns, and access logs show: for functions that know it
 * by a token, and layers of one's own.
 * Owns: copies `name`.   Errors: -ENOMEM   Threads: the handler's. */
EDO_MUST_USE EDO_API int edo_request_set_user(edo_request *req, edo_str name);

/* ---- What a request must have ---------------------------------------------------------------- */

/** Refuses requests with 406 whose `Accept` takes no `type`, such as "application/json". To choose
 * one of several types: edo_web_negotiate().
 * Owns:    borrows `type` until the router ends.
 * Errors:  of the build: -EINVAL  it is no media type */
EDO_MUST_USE EDO_API edo_layer edo_require_accept_layer(const char *type);

/* Options of edo_require_header_layer(); `name` must be set. */
typedef struct edo_require_header_opts {
    const char *name;
    const char *value;    /* that it must have; NULL: any will do */
    edo_status status;    /* of the refusal; 0: 400 */
    uint64_t reserved[2]; /* must be 0 */
} edo_require_header_opts;

/** Refuses requests without a field, or without this value of it.
 * Owns:    copies `opts`; borrows its texts.
 * Errors:  of the build: -EINVAL  no name of a field; a status below 400; `reserved` */
EDO_MUST_USE EDO_API edo_layer edo_require_header_layer(const edo_require_header_opts *opts);

/* ---- How many -------------------------------------------------------------------------------- */

/* Appends to `out` what a request is counted by: a user, a token. A negative code fails the
 * request. Must not wait. */
typedef int edo_http_rate_key_fn(void *arg, edo_web *w, edo_buf *out);

/* Options of edo_http_rate_layer(); `limit.num` must be set. */
typedef struct edo_http_rate_opts {
    edo_limiter_opts limit;    /* of each key: `num` requests in `per` (1 s), `burst` at once */
    size_t keys_max;           /* keys that are kept; 0: 65,536 */
    edo_http_rate_key_fn *key; /* NULL: the address of the client (edo_request_client()), of IPv6
                                  its first 64 bits, since a client has as many as that; those
                                  without one (Unix sockets, pipes in memory) are one client */
    void *arg;                 /* of `key`; borrowed */
    bool no_fields;            /* no `RateLimit` fields */
    uint64_t reserved[2];      /* must be 0 */
} edo_http_rate_opts;

/** Limits how many requests a client may send: more are refused with 429, and `Retry-After` says
 * when the next one passes. Each response says the limit in `RateLimit-Policy`, and in `RateLimit`
 * how many more requests would pass now ("r"), a refusal also in how many seconds the next one
 * would ("t"; draft-ietf-httpapi-ratelimit-headers-10); of two such layers the inner one is said,
 * if it was met. When as many clients as can be kept have just sent something, a new one takes the
 * place of one that has sent little, which begins anew: so the memory is bounded, and nobody is
 * locked out.
 * Owns:    copies `opts`.
 * Errors:  of the build: -EINVAL  as edo_keyed_limiter_new(), or `reserved`;  -ENOMEM */
EDO_MUST_USE EDO_API edo_layer edo_http_rate_layer(const edo_http_rate_opts *opts);

/* ---- Once ------------------------------------------------------------------------------------ */

/* Options of edo_idempotency_layer(); all zero is the default. */
typedef struct edo_idempotency_opts {
    uint32_t methods;            /* bits EDO_METHOD_BIT(); 0: POST and PATCH */
    uint32_t keys_max;           /* that are kept; 0: 10,000 */
    size_t bytes_max;            /* of all that is kept; 0: 64 MiB */
    size_t response_max;         /* of the body of one response; 0: 64 KiB */
    edo_duration ttl;            /* how long one is kept; 0: a day */
    edo_http_rate_key_fn *owner; /* whose key it is; NULL: the user (edo_request_user()), or,
                                    without one, the address of the client with `Authorization`
                                    and `Cookie` as the client sends them */
    void *arg;                   /* of `owner`; borrowed */
    bool required;               /* a request without a key is refused with 400 */
    uint64_t reserved[2];        /* must be 0 */
} edo_idempotency_opts;

/** Has a request that comes again with its `Idempotency-Key` run once: the first one is handled,
 * and its response is kept; a later one gets that, with `Idempotent-Replayed: true`, and no handler
 * is called. So a client that has lost a response sends its request again, and pays once.
 *
 * While the first runs, others are refused with 409; a key that is used for another method, host
 * (as `Host` says), target, content type or body with 422; a key that is none, or of more than 255
 * bytes, with 400. A key is a string in quotes, or the same without them. Requests without one
 * pass.
 *
 * Keys are those of their owner, and nobody else gets what is kept for one: so put the layer inside
 * of the one that finds the user. Where nobody knows the user, all that a client shows has to be as
 * it was: a client whose cookies have changed since (it was given its first one, or a script counts
 * in one) is another owner, and its request is handled again. If that must not be, or credentials
 * come in another field, set `owner`, which says whose session or account it is. Clients that show
 * nothing and share an address, as all behind a proxy that is not trusted (edo_real_ip_layer()) or
 * on a Unix socket, are one owner: a key of theirs is as private as it is hard to guess.
 *
 * Not kept are responses that ask for another try (408, 425, 429, all of 5xx), and none: after a
 * handler that has failed, or has refused its request with a code, the key is free again. One that
 * cannot be kept, because its body is larger than `response_max` or could not be sent to its end,
 * leaves a key that is used: a later request with it is refused with 409. A whole response is kept
 * though the client has gone before it had it; a handler that its client's end must not cancel does
 * its work in a shield (edo_shield_begin()).
 *
 * Fields that layers outside set before their call are not kept, and each request's own: they go
 * before kept ones of the same name, but for cookies, and for fields that stood beside them in the
 * first response, which are sent, too. What such a layer sets when the handler has returned, as
 * edo_session_layer() its cookie, is kept with the response.
 *
 * All is in the memory of this process: a restart forgets it, and other processes do not know it.
 * Beyond `keys_max` and `bytes_max` the oldest keys of those go that have kept most. The body is
 * read as a whole, before the handler is called: edo_web_body(). The scheme is that of
 * draft-ietf-httpapi-idempotency-key-header-07.
 * Owns:    copies `opts` (may be NULL).
 * Errors:  of the build: -EINVAL  keys_max above 2^24, a negative `ttl`, or `reserved`;  -ENOMEM
 *          of a request: those of reading a body; -EDO_EOVERLOADED  all keys run;  -ENOMEM
 * Waits:   for the body, and as `owner`, which must not. */
EDO_MUST_USE EDO_API edo_layer edo_idempotency_layer(const edo_idempotency_opts *opts);

/** For `hold` of edo_concurrency_layer_with(): keeps the place of a request until its response was
 * sent, and not only until the handler has returned.
 *
 *     const edo_concurrency_opts at_once = { .calls_max = 100, .hold = edo_web_hold };
 *     edo_router_wrap(r, edo_load_shed_layer(), edo_concurrency_layer_with(&at_once));
 *
 * So the request beyond 100 is refused with 503 and `Retry-After`. A layer that has it is refused
 * by a service of other requests, as a client's are: edo/service.h.
 * Owns: as edo_hold_fn.   Errors: false without memory: the place is free at once.
 * Threads: the handler's. */
EDO_API bool edo_web_hold(void *arg, void *request, void *response, edo_held held);

EDO_END_DECLS

#endif
