/* SPDX-License-Identifier: MIT */
/* edo/web_layers.h: layers for routers that say or read fields of heads: CORS, security headers,
 * fields of one's own, ids of requests, paths. In libedo-web.
 *
 *     edo_router_wrap_all(r, edo_request_id_layer(NULL), edo_security_headers_layer(NULL),
 *                         edo_cors_layer(&(edo_cors_opts){ .any_origin = true }));
 *
 * Their fields of a response stand in each head that is sent: also of a failure, of a 404 (see
 * EDO_WRAP_ALL), and of an upgrade. Options are copied; texts and lists in them are borrowed until
 * the router ends, static as a rule. Access: edo/web_guard.h; what is told of a request,
 * edo/web_log.h; how long it may take: edo/web_limits.h; compression: edo/web_compress.h.
 *
 * Unless a function says otherwise:
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_WEB_LAYERS_H
#define EDO_WEB_LAYERS_H

#include <edo/web.h>

EDO_BEGIN_DECLS

/* ---- Other origins (CORS) -------------------------------------------------------------------- */

/* May scripts of this origin read responses? May wait, as for a database. */
typedef bool edo_cors_origin_fn(void *arg, edo_web *w, edo_str origin);

/* Options of edo_cors_layer(). One of `any_origin`, `mirror_origin`, `origins`, `origin` is set. */
typedef struct edo_cors_opts {
    const char *const *origins; /* "https://app.example", compared byte by byte */
    size_t origins_n;
    edo_cors_origin_fn *origin; /* asked for each request */
    void *arg;                  /* of `origin`; borrowed */
    const char *methods;  /* that scripts may use: "GET, PUT", or "*"; NULL: "GET, HEAD, POST" */
    const char *headers;  /* fields that scripts may send: "content-type, x-own", or "*"; NULL:
                                   those that need no permission */
    const char *expose;   /* fields that scripts may read; NULL: the usual seven */
    edo_duration max_age; /* that a browser keeps the permission; 0: what it likes (5 s) */
    bool any_origin;      /* "*" */
    bool mirror_origin;   /* as `any_origin`, by the name of each: works with `credentials` */
    bool mirror_methods;  /* whatever is asked for */
    bool mirror_headers;  /* whatever is asked for, up to 4 KiB */
    bool credentials;     /* cookies may be sent along */
    bool private_network; /* pages of the Internet may reach this server in a private network */
    uint64_t reserved[2]; /* must be 0 */
} edo_cors_opts;

/** Lets scripts of other origins read responses, as the options say. A preflight request (OPTIONS
 * with `Access-Control-Request-Method`) is responded to with 204, and no handler is called; so put
 * the layer outside those that want credentials. Requests without `Origin` pass; with `any_origin`
 * their responses have `Access-Control-Allow-Origin: *`, too, since a cache may hand one to a page;
 * else `Vary` names what the response depends on. Requests of origins that are not allowed pass,
 * too: the browser keeps the response from the script; what keeps the request out is
 * edo_csrf_layer(), and the server's own guard (edo_web_guards): origins whose pages may write have
 * to stand in its `csrf`, too. Spec: the Fetch Standard.
 * Owns:    copies `opts`; borrows what it points to, as said above.
 * Errors:  of the build: -EINVAL  no origin or several ways; `credentials` with "*" in any place; a
 *                         text that is no value of a field, an origin that is none; `reserved`
 * Threads: any; `origin` must bear calls at once.   Waits: as `origin`. */
EDO_MUST_USE EDO_API edo_layer edo_cors_layer(const edo_cors_opts *opts);

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Options of edo_security_headers_layer(): values of fields; NULL: as said; "": none. */
typedef struct edo_security_headers_opts {
    const char *policy;      /* Content-Security-Policy; NULL: "default-src 'self'; base-uri 'self';
                                form-action 'self'; frame-ancestors 'none'; object-src 'none'" */
    const char *frames;      /* X-Frame-Options; NULL: "DENY" */
    const char *referrer;    /* Referrer-Policy; NULL: "strict-origin-when-cross-origin" */
    const char *permissions; /* Permissions-Policy; NULL: none */
    const char *opener;      /* Cross-Origin-Opener-Policy; NULL: "same-origin" */
    const char *resource;    /* Cross-Origin-Resource-Policy; NULL: "same-origin" */
    edo_duration hsts;    /* max-age of Strict-Transport-Security, with includeSubDomains; 0: none.
                                Set it only if all is served by HTTPS */
    bool documents_only;  /* responses that are no HTML, PDF, SVG or other XML, by their type,
                             have "nosniff" and `hsts` alone */
    uint64_t reserved[4]; /* must be 0 */
} edo_security_headers_opts;

/** Sets the fields that keep browsers from doing harm, and "nosniff" in `X-Content-Type-Options`,
 * each unless the response has it.
 * Owns:    copies `opts` (may be NULL); borrows its texts.
 * Errors:  of the build: -EINVAL  a text that is no value of a field; `hsts` negative; `reserved`
 */
EDO_MUST_USE EDO_API edo_layer edo_security_headers_layer(const edo_security_headers_opts *opts);

/** Sends the client to the same path and query of the same host by HTTPS, at port 443, with 308,
 * which keeps the method and may be remembered. A handler, for the fallback of a router that is
 * served in clear text beside one that is not:
 *
 *     edo_router *r = edo_router_new();
 *     edo_router_fallback(r, edo_web_redirect_https);
 *     return edo_web_serve(r, &(edo_web_opts){ .listen = "0.0.0.0:80" });
 *
 * `hsts` of the layer above, on the other router, tells browsers to come by HTTPS at once. A
 * request that names no host (HTTP/1.0) is refused with 400.
 * Errors: -EINVAL  no host;  -EBUSY; -ENOMEM   Threads: the handler's. */
EDO_MUST_USE EDO_API int edo_web_redirect_https(edo_web *w);

typedef enum edo_set_header_how {
    EDO_HEADER_OVERRIDE,  /* the only one of its name */
    EDO_HEADER_APPEND,    /* behind others of its name */
    EDO_HEADER_IF_ABSENT, /* unless there is one */
} edo_set_header_how;

/* Appends the value of a field to `out`; a negative code: -ENOENT leaves the field out, others fail
 * the request. `res` is NULL for a field of the request. Must not wait. */
typedef int edo_header_value_fn(void *arg, edo_request *req, edo_response *res, edo_buf *out);

/* Options of edo_set_header_layer(); `name`, and `value` or `fn`, must be set. */
typedef struct edo_set_header_opts {
    const char *name;
    const char *value;
    edo_header_value_fn *fn; /* instead of `value` */
    void *arg;               /* of `fn`; borrowed */
    edo_set_header_how how;
    bool of_request;      /* a field of the request, before the handler; else of the response */
    uint64_t reserved[2]; /* must be 0 */
} edo_set_header_opts;

/** Sets a field of each response, or of each request.
 * Owns:    copies `opts`; borrows its texts.
 * Errors:  of the build: -EINVAL  no name or value of a field; none or both of `value` and `fn`;
 *                         `reserved` */
EDO_MUST_USE EDO_API edo_layer edo_set_header_layer(const edo_set_header_opts *opts);

/** Copies the fields `name` of each request to its response, unless that has one.
 * Owns:    borrows `name` until the router ends.
 * Errors:  of the build: -EINVAL  `name` is no name of a field */
EDO_MUST_USE EDO_API edo_layer edo_propagate_header_layer(const char *name);

/* Options of edo_sensitive_headers_layer(); all zero is the default. */
typedef struct edo_sensitive_headers_opts {
    const char *const *names; /* NULL: authorization, proxy-authorization, cookie, set-cookie */
    size_t names_n;
    bool no_request;      /* leave those of requests alone */
    bool no_response;     /* leave those of responses alone */
    uint64_t reserved[2]; /* must be 0 */
} edo_sensitive_headers_opts;

/** Marks fields of requests and responses as sensitive: edo_headers_print(), and the layers that
 * log, then show "Sensitive" instead of the value. To be put outside of these.
 * Owns:    copies `opts` (may be NULL); borrows the names.
 * Errors:  of the build: -EINVAL  no name of a field; `reserved` */
EDO_MUST_USE EDO_API edo_layer edo_sensitive_headers_layer(const edo_sensitive_headers_opts *opts);

/* ---- Ids of requests ------------------------------------------------------------------------- */

/* Appends an id of one's own to `out`: 1 to 128 of the bytes that are said below. A negative code
 * fails the request. May wait. */
typedef int edo_request_id_fn(void *arg, edo_web *w, edo_buf *out);

/* Options of edo_request_id_layer(); all zero is the default. */
typedef struct edo_request_id_opts {
    const char *header;      /* NULL: "x-request-id" */
    bool trusted;            /* keep the id that a request comes with, if it is up to 128 letters,
                             digits, '-', '_', '.', '+', '/', '=' or ':' */
    bool random;             /* a UUID of version 4; else of version 7, which sorts by time */
    edo_request_id_fn *make; /* instead of a UUID */
    void *arg;               /* of `make`; borrowed */
    uint64_t reserved[2];    /* must be 0 */
} edo_request_id_opts;

/** Gives each request an id, a UUID (RFC 9562) or what `make` says, which stands in the field of
 * the request, for handlers and their own calls, and in that of the response; edo_request_id()
 * tells it.
 * Owns:    copies `opts` (may be NULL); borrows its text.
 * Errors:  of the build: -EINVAL  no name of a field; `reserved`
 *          of a request: those of `make`; -EILSEQ  what it has made is no id
 * Threads: any; `make` must bear calls at once.   Waits: as `make`. */
EDO_MUST_USE EDO_API edo_layer edo_request_id_layer(const edo_request_id_opts *opts);

/* Options of edo_traceparent_layer(); all zero is the default. */
typedef struct edo_traceparent_opts {
    bool untrusted; /* begin a trace of one's own, whatever comes, and drop baggage: for clients of
                       the Internet */
    bool unsampled; /* of traces that begin here */
    uint64_t reserved[2]; /* must be 0 */
} edo_traceparent_opts;

/** Makes each request a step of a trace (W3C Trace Context): with `traceparent` it goes on with
 * that trace, as a child of its sender; without, or with a bad one, a trace begins. The field of
 * the request becomes that of this step, for handlers to send along with calls of their own;
 * `tracestate` stays if the trace does, as one field if it came as several, and is removed if it
 * breaks the grammar, or has more than 32 members. Baggage is bound, too: edo/baggage.h. Where spans of the target "http.server" are on at level INFO
 * the step is that of a span "request" (edo/span.h), in which the handler runs.
 * Owns: copies `opts` (may be NULL).   Errors: of the build: -EINVAL  `reserved` */
EDO_MUST_USE EDO_API edo_layer edo_traceparent_layer(const edo_traceparent_opts *opts);

/* ---- Responses ------------------------------------------------------------------------------- */

/** Gives each response the status `status`, but those of failures (400 and more) and upgrades.
 * Errors:  of the build: -EINVAL  it is none of a final response */
EDO_MUST_USE EDO_API edo_layer edo_set_status_layer(edo_status status);

/* Appends to `out` what is sent instead of `body`; returns 0, -ENOENT to leave the body as it is,
 * or another negative code, which makes the response a failure. May change `res`, but its status.
 * May wait. */
typedef int edo_map_body_fn(void *arg, edo_response *res, edo_str body, edo_buf *out);

/** Changes bodies that handlers make as a whole, before they are sent; streamed ones pass.
 * Owns: borrows `arg` until the router ends.   Errors: of the build: -EINVAL  no `fn`
 * Threads: any; `fn` must bear calls at once.   Waits: as `fn`. */
EDO_MUST_USE EDO_API edo_layer edo_map_body_layer(edo_map_body_fn *fn, void *arg);

/** Says in `Server-Timing` how long all inside has taken, up to the head: "name;dur=12.345", in ms.
 * Of several such layers the inner one's comes first. The numbers tell strangers something: see
 * that only those read them who may.
 * Owns:    borrows `name` until the router ends.
 * Errors:  of the build: -EINVAL  `name` is no token */
EDO_MUST_USE EDO_API edo_layer edo_server_timing_layer(const char *name);

/* ---- Paths ----------------------------------------------------------------------------------- */

typedef enum edo_path_slash {
    EDO_PATH_SLASH_KEPT,      /* "/a" and "/a/" are two paths */
    EDO_PATH_SLASH_TRIMMED,   /* "/a/" and "/a//" are "/a" */
    EDO_PATH_SLASH_APPENDED,  /* "/a" is "/a/" */
    EDO_PATH_SLASH_REDIRECTED /* "/a" and "/a/" are two paths, but if only one of them has routes,
                                 clients are sent there from the other one, with their query, by
                                 308, which they may remember */
} edo_path_slash;

/** Says what the router that is served makes of the end of each path, before it looks for a route.
 * It is no layer, since those meet a request behind its route. A router that is nested or
 * merged says is passed over. edo_web_path() returns the path as it was looked for.
 *
 * A redirection goes before a fallback, and through the layers of that; a path that begins with two
 * slashes has none, since a browser would take its first segment for another host.
 * Errors: kept: -EINVAL  it is none of these   Threads: one at a time. */
EDO_API void edo_router_normalize_path(edo_router *r, edo_path_slash slash);

EDO_END_DECLS

#endif
