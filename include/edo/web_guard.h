/* SPDX-License-Identifier: MIT */
/* edo/web_guard.h: layers for routers that say which requests come in: forged ones (CSRF), the
 * address that a request comes from, credentials, what a request must have, how many there may be.
 *
 *     static const edo_auth_user users[] = { { "ada", "lovelace" } };
 *     edo_router_wrap(r, edo_csrf_layer(NULL), edo_auth_layer(&(edo_auth_opts){ .users = users,
 *                                                                               .users_n = 1 }));
 *
 * Options are copied; texts and lists in them are borrowed until the router ends, static as a
 * rule. */
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

/**
 * Refuses requests with 403 that a page of another origin has a browser send, without tokens: GET,
 * HEAD and OPTIONS pass, so they must not change anything. Others pass if `Sec-Fetch-Site` is
 * "same-origin" or "none"; without that field, if there is no `Origin` either, as of programs that
 * are no browsers, or its host and port are those that the request is sent to: of the target if
 * that is a whole URI, else of `Host`; and if `Origin` is one of `origins`, or `bypass` says so. A
 * port that is not written is that of the origin's scheme. Several fields `Origin` are of no origin
 * that is known. The scheme is that of Go 1.25's CrossOriginProtection.
 *
 * Owns:    copies `opts` (may be NULL); borrows what it points to.
 * Errors:  of the build: -EINVAL  an origin that is none; `reserved`
 * Threads: any.   Waits: never.   Since: 0.1
 */
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
    uint64_t reserved[2];       /* must be 0 */
} edo_real_ip_opts;

/**
 * Finds the address of the client behind proxies: if the peer is one, the addresses of the field
 * are read from right to left, up to the first one that is no proxy. The part left of it was
 * written by the client, and is not read, be it an open quote; nor is the field of a client that is
 * no proxy. An element that is no address ends the search at the last one that was. At most 32
 * elements are read.
 * A peer without an address, as of a pipe in memory, is no proxy.
 *
 * Owns:    copies what it needs of `opts`.
 * Errors:  of the build: -EINVAL  no proxies, too many, or one that is no range; `reserved`
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_MUST_USE EDO_API edo_layer edo_real_ip_layer(const edo_real_ip_opts *opts);

/**
 * Writes the address of the client to `*out`: as edo_real_ip_layer() has found it; without it, as
 * edo_request_peer() does. The port is 0 if the proxy did not tell it.
 *
 * Errors:  as edo_request_peer()
 * Threads: the handler's.   Waits: never.   Since: 0.1
 */
EDO_MUST_USE EDO_API int edo_request_client(edo_request *req, edo_addr *out);

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

/**
 * Lets requests pass that come with credentials in `Authorization`: a name and a password (Basic,
 * RFC 7617) or a token (Bearer, RFC 6750). Others are refused with 401 and `WWW-Authenticate`. How
 * long the comparison with `users` and `tokens` takes tells nothing about them but their number.
 * The field is marked as sensitive.
 *
 * Owns:    copies `opts`; borrows what it points to.
 * Errors:  of the build: -EINVAL  none of the ways; a realm with quotes or control characters;
 *                         `reserved`
 *          of a request: those of the functions, but -EACCES
 * Threads: any; the functions must bear calls at once.   Waits: as the functions do.   Since: 0.1
 */
EDO_MUST_USE EDO_API edo_layer edo_auth_layer(const edo_auth_opts *opts);

/**
 * Returns the name that came with the request's Basic credentials, which were right, or that
 * edo_request_set_user() has set; no bytes without one.
 *
 * Owns:    lives as long as the request.
 * Threads: the handler's.   Waits: never.   Since: 0.1
 */
EDO_API edo_str edo_request_user(const edo_request *req);

/**
 * Sets the name that edo_request_user() returns, and access logs show: for functions that know it
 * by a token, and layers of one's own.
 *
 * Owns:    copies `name`.
 * Errors:  -ENOMEM
 * Threads: the handler's.   Waits: never.   Since: 0.1
 */
EDO_MUST_USE EDO_API int edo_request_set_user(edo_request *req, edo_str name);

/* ---- What a request must have ---------------------------------------------------------------- */

/**
 * Refuses requests with 406 whose `Accept` takes no `type`, such as "application/json". To choose
 * one of several types: edo_web_negotiate().
 *
 * Owns:    borrows `type` until the router ends.
 * Errors:  of the build: -EINVAL  it is no media type
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_MUST_USE EDO_API edo_layer edo_require_accept_layer(const char *type);

/* Options of edo_require_header_layer(); `name` must be set. */
typedef struct edo_require_header_opts {
    const char *name;
    const char *value;    /* that it must have; NULL: any will do */
    edo_status status;    /* of the refusal; 0: 400 */
    uint64_t reserved[2]; /* must be 0 */
} edo_require_header_opts;

/**
 * Refuses requests without a field, or without this value of it.
 *
 * Owns:    copies `opts`; borrows its texts.
 * Errors:  of the build: -EINVAL  no name of a field; a status below 400; `reserved`
 * Threads: any.   Waits: never.   Since: 0.1
 */
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

/**
 * Limits how many requests a client may send: more are refused with 429, and `Retry-After` says
 * when the next one passes. Each response says the limit in `RateLimit-Policy`, and in `RateLimit`
 * how many more requests would pass now ("r"), a refusal also in how many seconds the next one
 * would ("t"; draft-ietf-httpapi-ratelimit-headers-10); of two such layers the inner one is said,
 * if it was met. When as many clients as can be kept have just sent something, a new one takes the
 * place of one that has sent little, which begins anew: so the memory is bounded, and nobody is
 * locked out.
 *
 * Owns:    copies `opts`.
 * Errors:  of the build: -EINVAL  as edo_keyed_limiter_new(), or `reserved`;  -ENOMEM
 * Threads: any.   Waits: never.   Since: 0.1
 */
EDO_MUST_USE EDO_API edo_layer edo_http_rate_layer(const edo_http_rate_opts *opts);

/**
 * For `hold` of edo_concurrency_layer_with(): keeps the place of a request until its response was
 * sent, and not only until the handler has returned.
 *
 *     const edo_concurrency_opts at_once = { .calls_max = 100, .hold = edo_web_hold };
 *     edo_router_wrap(r, edo_load_shed_layer(), edo_concurrency_layer_with(&at_once));
 *
 * So the request beyond 100 is refused with 503 and `Retry-After`.
 *
 * Owns:    as edo_hold_fn.
 * Errors:  false without memory: the place is free at once.
 * Threads: the handler's.   Waits: never.   Since: 0.1
 */
EDO_API bool edo_web_hold(void *arg, void *request, void *response, edo_held held);

EDO_END_DECLS

#endif
