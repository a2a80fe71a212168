/* SPDX-License-Identifier: MIT */
/* edo/web.h: a web framework: functions by method and path, described structs in and out. In
 * libedo-web (pkg-config edo-web), over libedo-client and libedo-http.
 *
 *     static int create_user(edo_web *w) {
 *         user u = { 0 };
 *         int err = edo_web_json(w, &u, &user_desc);   // on failure a response has been made
 *         if (err < 0) return err;
 *         err = users_add(edo_web_state(w), &u);
 *         return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_CREATED, &u, &user_desc);
 *     }
 *
 *     static int app(void *arg) {
 *         edo_router *r = edo_router_new();
 *         edo_router_post(r, "/users", create_user);
 *         edo_router_get(r, "/users/{id}", get_user);
 *         edo_router_wrap(r, edo_timeout_layer(edo_s(5)));
 *         return edo_web_serve(r, &(edo_web_opts){ .listen = "127.0.0.1:8080", .state = arg });
 *     }
 *
 * A router keeps its first failure (no memory, a bad path, two routes in conflict) for the call
 * that takes it, and NULL is a router without memory: nothing between is checked. A handler runs in
 * a fiber and may wait. What it decodes, and what it gets from a request, lives until it has
 * returned and the response was sent.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
#ifndef EDO_WEB_H
#define EDO_WEB_H

#include <edo/http_server.h>
#include <edo/metrics.h>
#include <edo/service.h>
#include <edo/value.h>

EDO_BEGIN_DECLS

/* One request in its handler. */
typedef struct edo_web edo_web;

/* Handles a request: makes or sends a response; 0 or a negative code. */
typedef int edo_web_fn(edo_web *w);

/* ---- Routers --------------------------------------------------------------------------------- */

/* Functions by method and path. */
typedef struct edo_router edo_router;

/** Makes a router without routes.
 * Owns:    returns new: edo_web_serve() and edo_router_build() take it, else edo_router_free().
 * Errors:  NULL without memory, which all functions of routers accept
 * Threads: any, at once; a router that is being built: one at a time. */
EDO_API edo_router *edo_router_new(void);

/** Frees a router and all that it took. NULL is allowed.
 * Owns: takes `r`.   Threads: any, once no request is in it. */
EDO_API void edo_router_free(edo_router *r);

/* Sets of methods, for edo_router_add(). */
#define EDO_METHOD_BIT(method) (UINT32_C(1) << (method))
#define EDO_METHODS_ANY        UINT32_MAX

/** Adds a route: requests of one of `methods` for `path` go to `fn`.
 *
 * A path begins with '/' and is compared segment by segment with the path of a request. Spellings
 * that RFC 3986 section 6.2.2 calls equal are equal here: "%7E", "%7e" and "~"; but a slash or
 * brace in percent encoding is one of a name. `{name}` stands for one
 * segment that is not empty, or for what is in it behind and before some text ("/img-{id}.png");
 * `{*name}`, as the last segment, for the rest of the path, which is not empty. `{{` and `}}` are
 * braces. A name has letters, digits, '_', '-' and '.'; other characters than those of paths are
 * written in percent encoding. "/users" and "/users/" are different paths.
 *
 * In each segment text goes before a capture with some text, that before a whole one, and that
 * before the rest; if the better route does not match to its end, the next one is tried.
 *
 * GET serves HEAD, too, unless HEAD has a route of its own. A request for a path that has routes,
 * but none for its method, gets 405 and `Allow`.
 * Owns:    copies `path`.
 * Errors:  kept for the call that takes the router: -EINVAL  the path is none; no function
 *          -EDO_EROUTECONFLICT  method and path have a route already; the same path with other
 *                               names of its captures; two captures that match one segment and of
 *                               which neither is the more exact one (a prefix and a suffix; a
 *                               suffix and a rest). The trail names both routes.
 *          -ENOMEM
 * Threads: one at a time. */
EDO_API void edo_router_add(edo_router *r, uint32_t methods, const char *path, edo_web_fn *fn);

/* edo_router_add() for one method, or for all. */
EDOI_FRAMED void edo_router_get(edo_router *r, const char *path, edo_web_fn *fn) {
    edo_router_add(r, EDO_METHOD_BIT(EDO_METHOD_GET), path, fn);
}
EDOI_FRAMED void edo_router_post(edo_router *r, const char *path, edo_web_fn *fn) {
    edo_router_add(r, EDO_METHOD_BIT(EDO_METHOD_POST), path, fn);
}
EDOI_FRAMED void edo_router_put(edo_router *r, const char *path, edo_web_fn *fn) {
    edo_router_add(r, EDO_METHOD_BIT(EDO_METHOD_PUT), path, fn);
}
EDOI_FRAMED void edo_router_patch(edo_router *r, const char *path, edo_web_fn *fn) {
    edo_router_add(r, EDO_METHOD_BIT(EDO_METHOD_PATCH), path, fn);
}
EDOI_FRAMED void edo_router_delete(edo_router *r, const char *path, edo_web_fn *fn) {
    edo_router_add(r, EDO_METHOD_BIT(EDO_METHOD_DELETE), path, fn);
}
EDOI_FRAMED void edo_router_any(edo_router *r, const char *path, edo_web_fn *fn) {
    edo_router_add(r, EDO_METHODS_ANY, path, fn);
}

/* Ends an argument of routes. */
typedef void edo_route_arg_free_fn(void *arg);

/** As edo_router_add(), with an argument of the route's own: edo_web_route_arg() returns it.
 * Owns:    copies `path`; takes `arg` if there is a function `free_arg`, which is called, on any
 *          thread, when the router is freed; at once if the router is NULL or has failed before.
 * Errors: kept: as edo_router_add()   Threads: one at a time. */
EDO_API void edo_router_add_with(edo_router *r, uint32_t methods, const char *path, edo_web_fn *fn,
                                 void *arg, edo_route_arg_free_fn *free_arg);

/** As edo_router_add(), for a method by its name: one that EDO_METHODS() has, or any other, as
 * "PURGE". A route by name goes before one of EDO_METHODS_ANY, and is named in `Allow`.
 * Owns: copies `method`.   Errors: as edo_router_add(); kept: -EINVAL  `method` is no token
 * Threads: one at a time. */
EDO_API void edo_router_method(edo_router *r, const char *method, const char *path, edo_web_fn *fn);

/** Adds a route of all methods to a service, whose request and response are the edo_web.
 * Owns: takes the caller's reference of `service`, in any case.   Errors: as edo_router_add()
 * Threads: one at a time. */
EDO_API void edo_router_service(edo_router *r, const char *path, edo_service *service);

/** Has OPTIONS responded to with 204 and `Allow` for each path whose routes have no OPTIONS of
 * their own, through the layers of the path's first route. It counts for the router that is
 * completed. Of routes with guards those count that are for the request: edo_router_guard().
 * Threads: one at a time. */
EDO_API void edo_router_answer_options(edo_router *r);

/** Sets the function for requests that no route matches; without one they get 404, and OPTIONS of
 * "*", which is about the server and no path, 204.
 * Errors: kept: -EDO_EROUTECONFLICT  there is one already   Threads: one at a time. */
EDO_API void edo_router_fallback(edo_router *r, edo_web_fn *fn);

/** Sets the function for requests to one of the paths added so far with a method that has no route.
 * `Allow` is among the response's headers when it is called.
 * Threads: one at a time. */
EDO_API void edo_router_not_allowed(edo_router *r, edo_web_fn *fn);

/** As edo_router_not_allowed(), for `path` alone, which has routes.
 * Errors: kept: -EINVAL  no route of this path was added   Threads: one at a time. */
EDO_API void edo_router_not_allowed_at(edo_router *r, const char *path, edo_web_fn *fn);

/* ---- What a router says for all its routes --------------------------------------------------- */

/* The functions below are about all routes of a router and of its fallback, also of those added
 * later. A router that is nested or merged has what the outer one says, unless it says something
 * itself: so what shall count for some routes only is said of a router of their own, which is then
 * merged. */

/** Sets what edo_web_state() returns, instead of the server's option.
 * Owns: borrows `state` for the router's life.   Threads: one at a time. */
EDO_API void edo_router_state(edo_router *r, void *state);

/** Sets how long a body may be that is read as a whole, instead of the server's option; SIZE_MAX:
 * as long as it likes.
 * Threads: one at a time. */
EDO_API void edo_router_body_max(edo_router *r, size_t bytes);

/** Sets how much memory the described structs may take that a body, a query or a path is decoded
 * into, instead of the server's option; SIZE_MAX: as much as there is. A text of few bytes may say
 * much: `{},` is one more struct of a list, however large that is.
 * Threads: one at a time. */
EDO_API void edo_router_decoded_max(edo_router *r, size_t bytes);

/** Has bodies of JSON refused with 422 that have members which are not described: each is told as a
 * fault ("is not known"). Otherwise they are passed over. It counts for edo_web_json() and
 * edo_web_extract(), and for routers in this one, too.
 * Threads: one at a time. */
EDO_API void edo_router_refuse_unknown(edo_router *r);

/* Makes the response for a handler, or a layer, that has returned the failure `code`. The trail
 * says more of it. Returns 0; a negative code: the usual response is made. */
typedef int edo_web_error_fn(edo_web *w, int code);

/** Sets the function that makes responses of failures. Without one, or if it fails, -EMSGSIZE is
 * 413, -EBADMSG is 400, and so is -EDO_EEOF if the request's body has ended early
 * (edo_request_body_failure()), -EDO_ERATELIMITED is 429, and 503 are -ETIMEDOUT, -EDO_EOVERLOADED,
 * -EDO_ECIRCUITOPEN, and what says that a database or another service is away or busy:
 * -ECONNREFUSED, -ECONNRESET, -ECONNABORTED, -EHOSTUNREACH, -EHOSTDOWN, -ENETUNREACH, -ENETDOWN,
 * -EAGAIN, and -EBUSY, -EDO_ESQL and -EDO_EREDIS of a database that starts, has too many clients,
 * or that another process has; and -EMFILE and -ENFILE: no descriptor is left for the handler. Both
 * statuses are sent with `Retry-After: 1` unless the field is there (of a
 * circuit that is open for longer, until its next trial, 60 s at most). All else is 500. The body
 * says nothing of what has failed, which the log does (edo/log.h), in one line for each failure: at
 * WARN, or at debug if it may be the client's (a bad or too long body, a cookie that somebody has
 * changed, limits that keep clients off, a cancellation). Of -EDO_EOVERLOADED, which may be the
 * server's own, and -EDO_ECIRCUITOPEN, and likewise of what is away, one line a second is at WARN,
 * with how many others there were. A client that has gone (edo_request_is_lost()) is sent nothing
 * instead of a 500 or of a 503 for what is away, and the function is not called for it; that is a
 * line at debug.
 * Threads: one at a time. */
EDO_API void edo_router_on_error(edo_router *r, edo_web_error_fn *fn);

/* Why a request was refused before its handler had what it wants. */
typedef struct edo_web_rejection {
    int code; /* what the extractor returns; -ENOENT of a 404, -ENOTSUP of a 405 or 406, -EACCES of
                 a 401 or 403, -EDO_ERATELIMITED of a 429, else a code that says about the same */
    edo_status status;
    edo_str detail;          /* for the client to read; may have no bytes */
    const edo_fault *faults; /* fields that are not as described */
    size_t faults_n;
    bool is_cut; /* there were more faults */
} edo_web_rejection;

/* Makes the response for a rejection, whose fields, as `Allow`, `Retry-After` and
 * `WWW-Authenticate`, are set already. Returns 0; a negative code: the usual one is made. */
typedef int edo_web_reject_fn(edo_web *w, const edo_web_rejection *why);

/** Sets the function that makes responses of rejections: of extractors and edo_web_reject(), of
 * edo's layers that refuse a request, of files, and the 404 and 405 of a router that has no
 * function of its own for them. Without one, or if it fails, they are application/problem+json, as
 * edo_web_json() says. Each is told to the log, target "web.rejection", level debug.
 * Threads: one at a time. */
EDO_API void edo_router_on_reject(edo_router *r, edo_web_reject_fn *fn);

/* ---- Routers in routers ---------------------------------------------------------------------- */

/** Adds the routes of `other`, and its fallback.
 * Owns:    takes `other`, in any case.
 * Errors:  kept: those of edo_router_add(); -EDO_EROUTECONFLICT  both have a fallback;  the failure
 *          of `other`; -EINVAL  `other` is `r`, which then stays, or is complete
 * Threads: one at a time. */
EDO_API void edo_router_merge(edo_router *r, edo_router *other);

/** Adds the routes of `inner` behind `prefix`, a path that may have captures, but not `{*rest}`:
 * "/users" behind "/api" is "/api/users"; "/" behind "/api" is "/api", behind "/api/" it is
 * "/api/". The captures of the prefix are seen inside, also in the fallback of `inner`. That, if
 * there is one, is for the prefix itself ("/api", "/api/") and for all paths below it, unless a
 * route matches them: one of `inner`, or one of `r` whose segments are at least as exact as those
 * of the prefix ("/api/health", "/api/{name}", but not "/{a}/{b}").
 * Owns:    copies `prefix`; takes `inner`, in any case.
 * Errors:  kept: as edo_router_merge(); -EINVAL  `prefix` is "/": merge it instead
 * Threads: one at a time. */
EDO_API void edo_router_nest(edo_router *r, const char *prefix, edo_router *inner);

/* What edo_router_wrap() and its kin put layers around. */
typedef enum edo_wrap_what {
    EDO_WRAP_SO_FAR, /* routes and fallbacks that were added before */
    EDO_WRAP_ALL,    /* those that are added later, too */
    EDO_WRAP_ROUTES  /* routes that were added before: a request that gets 404 or 405
                        does not meet the layers */
} edo_wrap_what;

/** Puts layers around what has been added, the first one outermost; layers that were put around it
 * before are inside. They meet a request when its route is known. Request and response of a layer
 * are the edo_web.
 * Owns:    copies the layers.
 * Errors:  kept: as edo_stack_build(); -EINVAL  EDO_WRAP_ROUTES before any route was added
 * Threads: one at a time. */
EDO_API void edo_router_wrap_with(edo_router *r, edo_wrap_what what, const edo_layer *layers,
                                  size_t n);

/* edo_router_wrap_with() of the layers that follow: so far, around all, around routes only. */
#ifdef __cplusplus
EDO_END_DECLS
template <typename... Layers>
EDOI_FRAMED void edo_router_wrap(edo_router *r, const Layers &...layers) {
    const edo_layer all[] = { layers... };
    edo_router_wrap_with(r, EDO_WRAP_SO_FAR, all, sizeof...(layers));
}
template <typename... Layers>
EDOI_FRAMED void edo_router_wrap_all(edo_router *r, const Layers &...layers) {
    const edo_layer all[] = { layers... };
    edo_router_wrap_with(r, EDO_WRAP_ALL, all, sizeof...(layers));
}
template <typename... Layers>
EDOI_FRAMED void edo_router_wrap_routes(edo_router *r, const Layers &...layers) {
    const edo_layer all[] = { layers... };
    edo_router_wrap_with(r, EDO_WRAP_ROUTES, all, sizeof...(layers));
}
EDO_BEGIN_DECLS
#else
#    define EDOI_LAYERS(...)                                                                       \
        (const edo_layer[]){ __VA_ARGS__ },                                                        \
            sizeof((const edo_layer[]){ __VA_ARGS__ }) / sizeof(edo_layer)
#    define edo_router_wrap(r, ...)                                                                \
        edo_router_wrap_with((r), EDO_WRAP_SO_FAR, EDOI_LAYERS(__VA_ARGS__))
#    define edo_router_wrap_all(r, ...)                                                            \
        edo_router_wrap_with((r), EDO_WRAP_ALL, EDOI_LAYERS(__VA_ARGS__))
#    define edo_router_wrap_routes(r, ...)                                                         \
        edo_router_wrap_with((r), EDO_WRAP_ROUTES, EDOI_LAYERS(__VA_ARGS__))
#endif

/* A middleware as a function: does what it likes before and after edo_next_call(), or instead. */
typedef int edo_web_around_fn(edo_web *w, edo_next *next);

/** Returns a layer for routers that is a function.
 * Threads: any, at once. */
EDO_MUST_USE EDO_API edo_layer edo_web_around(edo_web_around_fn *fn);

/* Goes on to the next layer, or to the handler. Once for each call of the middleware. */
EDOI_FRAMED int edo_next_call(edo_next *next, edo_web *w) {
    return edo_layer_next(next, w, w);
}

/** Adds the route GET /metrics, which prints all numbers of a registry: as OpenMetrics 1.0.0 for a
 * client whose `Accept` names application/openmetrics-text, as Prometheus does, and gives it no
 * lower weight than text/plain; else in the text format 0.0.4. For a prefix, add it to a router of
 * its own, and nest that.
 * Owns:    borrows `m` for as long as the router lives.
 * Errors: kept by the router. The handler's: -ENOMEM   Threads: one at a time.
 * Waits:   never; the handler as the registry's callbacks do. */
EDO_API void edo_metrics_routes(edo_router *r, edo_metrics *m);

/** Adds routes that show what the process does and has (edo/dump.h), for operators only, as those
 * of edo_metrics_routes() at an address of their own: the names of all that is open are in them.
 *
 *     GET /open    edo_dump_open(): text, or JSON for a client whose `Accept` names
 *                  application/json; `edo look http://127.0.0.1:8081/open` takes two and names what
 *                  has grown
 *     GET /tasks   edo_dump_tasks()
 *
 * One is made at a time, on a thread for blocking calls, or on the worker if all of these are busy:
 * a request meanwhile gets 503 with `Retry-After: 1`.
 * Errors: kept by the router. The handlers': -ENOMEM   Threads: one at a time.
 * Waits:   never; the handlers as those functions do.
 * Cancel:  of the handlers: safe; a dump that has begun is made all the same. */
EDO_API void edo_dump_routes(edo_router *r);

/** Completes a router, which then takes nothing more. edo_web_serve() does it by itself: call it to
 * hear of a failure earlier.
 * Owns:    `r` stays the caller's, also on failure.
 * Errors: the first failure of the functions above, with a trail   Threads: one at a time. */
EDO_MUST_USE EDO_API int edo_router_build(edo_router *r);

/* ---- Serving --------------------------------------------------------------------------------- */

#define EDO_WEB_BODY_MAX (2u << 20)

/* What a server puts in front of all its routes, and of a 404, without being told; each part is
 * off by its name. All zero is the default:
 *
 *     forms of other sites   requests that edo_csrf_layer() would refuse get 403
 *     fields for browsers    HTML, PDF, SVG and other XML have those of
 *                            edo_security_headers_layer(), and all responses "nosniff", each unless
 *                            the response has it; those of edo_proxy_routes() stay as they come
 *     hosts                  any, until `hosts` names them: others then get 421
 *
 * A request that a guard refuses meets no layer of the router. A program whose access log is to
 * have it names the guard off, and puts edo_csrf_layer() behind the layer that logs. The program's
 * own log says, of one refusal a second, which option lets such requests pass. Limits of time and
 * size are those of edo_http_server_opts and of edo_web_opts. Requests that a program hands over by
 * edo_router_handle() meet no guards. Texts and lists live until the last handler has returned; a
 * function `bypass` of `csrf` is asked before any layer has looked at the request. */
typedef struct edo_web_guards {
    bool no_csrf;             /* requests that pages of other origins send come in */
    bool no_headers;          /* responses have the fields alone that handlers and layers set */
    const char *const *hosts; /* that are served: "a.example", "*.a.example"; and whatever address
                                 is asked for, as probes do, "localhost", and no host at all.
                                 Without them a page of another site whose name leads here, too (DNS
                                 rebinding), is one of this server's own to a browser */
    size_t hosts_n;
    const struct edo_csrf_opts *csrf; /* edo/web_guard.h: origins that may send; NULL: no others */
    const struct edo_security_headers_opts *headers; /* edo/web_layers.h; NULL: as said above */
    uint64_t reserved[2];                            /* must be 0 */
} edo_web_guards;

/* All zero is the default, but something to listen on is needed. */
typedef struct edo_web_opts {
    const char *listen;               /* as edo_http_server_opts.listen */
    void *state;                      /* what edo_web_state() returns */
    size_t body_max;                  /* bytes of a body that is read as a whole; 0: 2 MiB */
    bool announce;                    /* as edo_http_server_opts.announce */
    const edo_http_server_opts *http; /* all else of the server; NULL: defaults */
    size_t decoded_max;               /* bytes of memory that JSON or a form, a query or a path is
                                         decoded into; 0: 16 times `body_max`, so 32 MiB, and 4 KiB
                                         at least */
    const char *announce_as;          /* as edo_http_server_opts.announce_as */
    struct edo_tls_server *tls;       /* as edo_http_server_opts.tls */
    edo_web_guards guards;
    uint64_t reserved[1]; /* must be 0 */
} edo_web_opts;

/** Completes the router and serves it as edo_http_serve() does, until this task is cancelled.
 * Owns:    takes `r`, in any case; borrows `opts` and what it points to. After -ETIMEDOUT a
 *          handler may still run: the router is then freed when the last one has returned.
 * Errors:  as edo_router_build() and edo_http_serve();  -EINVAL  the options contradict each other
 * Cancel: ends in order, as edo_http_serve().   Threads: any, at once, in a runtime.
 * Waits:   until it is cancelled. */
EDO_MUST_USE EDO_API int edo_web_serve(edo_router *r, const edo_web_opts *opts);

/** Completes the router and serves one connection over any stream, as edo_http_serve_stream() does.
 * Owns:    takes `stream`, in any case; the router stays the caller's, and lives on until no handler
 *          runs; borrows `opts` (may be NULL) and what it points to.
 * Errors:  as edo_router_build() and edo_http_serve_stream();  -EINVAL
 * Cancel:  ends in order, as edo_http_serve().
 * Threads: any, at once, in a runtime.   Waits: for the end of the connection. */
EDO_MUST_USE EDO_API int edo_web_serve_stream(edo_router *r, edo_stream *stream,
                                              const edo_web_opts *opts);

/** Handles one request by a router, within a handler of edo_http_serve(): for programs that handle
 * most requests themselves, and leave some, a WebSocket's say, to a router.
 *
 *     static int serve_request(edo_request *req, edo_response *res, void *router) {
 *         if (edo_str_equal(req->target, EDO_STR("/health"))) return edo_response_text(…);
 *         return edo_router_handle(router, req, res, NULL);
 *     }
 *
 * Params:  r      completed by edo_router_build(); outlives the server and its connections
 *          state  what edo_web_state() returns; NULL: none
 * Returns: what the handler of `req` is to return.
 * Errors:  -EINVAL  the router is not complete; else as handlers of edo_http_serve()
 * Cancel:  as the handler of the route.   Threads: any, at once.   Waits: as the handler. */
EDO_MUST_USE EDO_API int edo_router_handle(edo_router *r, edo_request *req, edo_response *res,
                                           void *state);

/* ---- A request ------------------------------------------------------------------------------- */

/** Returns the option `state` of the server. */
EDO_API void *edo_web_state(const edo_web *w);

/** Returns the argument of the route that matched; NULL if it was added without one, and in a
 * fallback. */
EDO_API void *edo_web_route_arg(const edo_web *w);

/** Return the request and the response below, to use edo/http_server.h: the whole target as it was
 * sent, all fields, values that go with the request (`ext`), trailers, the connection.
 * Owns:    borrowed until the handler returns. */
EDO_API edo_request *edo_web_request(edo_web *w);
EDO_API edo_response *edo_web_response(edo_web *w);

/** Returns the path of the route that matched, as it was added, with the prefixes of nested
 * routers: "/users/{id}". Empty in a fallback.
 * Owns:    static as long as the router. */
EDO_API edo_str edo_web_matched_path(const edo_web *w);

/** Return the path of the request as it was sent, and its query, which is what stands behind the
 * '?'; without one it is empty.
 * Owns:    borrowed from the request. */
EDO_API edo_str edo_web_path(const edo_web *w);
EDO_API edo_str edo_web_query_text(const edo_web *w);

/** Returns the host that the client asks, without its port: that of the target if it is a whole
 * URI, else that of `Host`. It is what the client says, in any case of letters; empty if that is no
 * host.
 * Owns:    borrowed from the request. */
EDO_API edo_str edo_web_host(const edo_web *w);

/** Returns the path of the request without what the prefix of the nested router stands for, in
 * which its route or fallback is: "/7" of "/api/7" behind "/api", "/" of "/api". For other routes
 * it is edo_web_path().
 * Owns:    borrowed from the request. */
EDO_API edo_str edo_web_nested_path(const edo_web *w);

/** Returns what the capture `name` of the route stands for, without its percent encoding; all zero
 * if the route has no such capture. No NUL ends it: a char * or an array of char in the struct of
 * edo_web_params() has one. A request whose captures are not well encoded, or are no UTF-8
 * without it, gets 400 behind the layers of its route, which see no captures then; its
 * handler is not called.
 * Owns:    lives as long as the request. */
EDO_API edo_str edo_web_param(const edo_web *w, const char *name);

/** Return how many captures the route has, and what number `i` of them, from 0, stands for, as
 * edo_web_param() does; its name is written to `*name`, which may be NULL.
 * Owns:    lives as long as the request. */
EDO_API uint32_t edo_web_params_count(const edo_web *w);
EDO_API edo_str edo_web_param_at(const edo_web *w, uint32_t i, edo_str *name);

/** Returns the first value of a field of the request, by its name in any case; NULL as its pointer
 * if there is none. No NUL ends it.
 * Owns:    lives as long as the request. */
EDO_API edo_str edo_web_header(const edo_web *w, const char *name);

/* Both ends of a request's connection. */
typedef struct edo_connect_info {
    edo_addr peer, local; /* the client, the server */
} edo_connect_info;

/** Writes the addresses of the client and of the server, as edo_request_peer() and
 * edo_request_local() tell them.
 * Errors:  as those */
EDO_MUST_USE EDO_API int edo_web_connect_info(edo_web *w, edo_connect_info *out);

/** Returns the index of the one of `n` media types ("application/json", without parameters) that
 * the client likes best by its `Accept`, whose lines are one list; of types that it likes alike the
 * earlier one. A client that says nothing takes all. `Vary: accept` becomes a part of the response.
 * If it takes none of them, the request is refused with 406, and the detail names them.
 *
 *     static const char *const types[] = { "application/json", "text/html" };
 *     int kind = edo_web_negotiate(w, types, 2);
 *     if (kind < 0) return kind;
 *     return kind == 0 ? edo_web_reply_json(w, EDO_STATUS_OK, &u, &user_desc) : reply_page(w, &u);
 *
 * An element with parameters of its own ("text/html;level=1") is passed over. Spec: RFC 9110
 * section 12.5.1.
 * Errors:  -ENOTSUP  406;  -EINVAL  no types, or one that is none;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_web_negotiate(edo_web *w, const char *const *types, size_t n);

/** Returns the index of the one of `n` languages ("en", "de-AT") that the client likes best by its
 * `Accept-Language`; of languages that it likes alike the earlier one, and the first one if it
 * likes none: a reader rather has a page in another language than none. A range is about a language
 * if one of them begins with the other, subtag by subtag, in any case: "en" and "en-GB"; of several
 * such ranges the nearest one counts. `Vary: accept-language` becomes a part of the response.
 * Spec: RFC 9110 section 12.5.4, RFC 4647.   Errors: -EINVAL  `n` is 0;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_web_negotiate_language(edo_web *w, const char *const *languages,
                                                    size_t n);

/** Fill a described struct: from the captures of the route, from the query, from the body as JSON,
 * or from the body as a form. On failure a response has been made, which says what is wrong as
 * application/problem+json (RFC 9457), unless the handler makes another one. Its member "errors"
 * names each field that is not as described, up to 32, by a pointer into a body of JSON, else by
 * its name and the part of the request:
 *
 *     {"title":"Unprocessable Content","status":422,"detail":"line 1, column 9: \"age\" must …",
 *      "errors":[{"pointer":"#/age","detail":"must be at least 0"}]}
 *     {…,"errors":[{"parameter":"limit","in":"query","detail":"must be a whole number"}]}
 *
 * The statuses:
 *
 *     400  path, query: a value is not as described, or missing; the body is not JSON, or broken
 *     408  the body came too slowly
 *     413  the body is longer than `body_max`, or the struct would take more memory than
 *          `decoded_max`
 *     415  the content type is not that of JSON ("application/json" or "…+json"), or of a form
 *     422  the body is not as described
 *     500  path: a field that is needed, but that the route has no capture for
 *
 * A form that is longer than 16 KiB is decoded in turns with other tasks.
 *
 * The handler then returns the code, or 0. If it goes on, and returns another negative code, that
 * is a failure of its own.
 * Owns:    what is decoded lives as long as the request.
 * Errors:  -EDO_EVALUE, -EDO_EJSON; -ETIMEDOUT, -EMSGSIZE; -EINVAL  the content type;  -ENOMEM
 *          those of reading the body
 * Cancel: not safe: what was read of the body is lost.   Waits: for the body. */
EDO_MUST_USE EDO_API int edo_web_params(edo_web *w, void *out, const edo_desc *desc);
EDO_MUST_USE EDO_API int edo_web_query(edo_web *w, void *out, const edo_desc *desc);
EDO_MUST_USE EDO_API int edo_web_json(edo_web *w, void *out, const edo_desc *desc);
EDO_MUST_USE EDO_API int edo_web_form(edo_web *w, void *out, const edo_desc *desc);

/** Fills a described struct from the body as a protobuf message (edo/protobuf.h). Refusals are as
 * those of edo_web_json(), without the member "errors": 413 also if the struct would take more
 * memory than a message of its length may; 415 if the content type is not "application/protobuf",
 * "application/x-protobuf" or "application/vnd.google.protobuf"; 422 if the body is no such
 * message, or a value is beyond the limits of the description.
 * Owns:    what is decoded lives as long as the request.
 * Errors:  -EDO_EPROTOBUF, -EDO_EVALUE; -ETIMEDOUT, -EMSGSIZE; -EINVAL  the content type;  -ENOMEM
 *          those of reading the body; -ENOTSUP, -EDO_EMISUSE  no message can be as described
 * Cancel: not safe: what was read of the body is lost.   Waits: for the body. */
EDO_MUST_USE EDO_API int edo_web_protobuf(edo_web *w, void *out, const edo_desc *desc);

/** Fills a struct whose fields come from all parts of the request. The option `in` of a field tells
 * which: EDO_IN_QUERY (the default), EDO_IN_PATH, EDO_IN_HEADER, EDO_IN_COOKIE, EDO_IN_FORM, or
 * EDO_IN_BODY, of which there is at most one, and not beside a form: a described struct (the body
 * is JSON), an edo_str (text) or edo_bytes.
 *
 *     typedef struct { int64_t id; bool dry_run; edo_str x_tenant; user body; } put_user;
 *     EDO_DESCRIBE(put_user,
 *         EDO_FIELD(put_user, id, .in = EDO_IN_PATH),
 *         EDO_FIELD(put_user, dry_run),
 *         EDO_FIELD(put_user, x_tenant, .in = EDO_IN_HEADER, .optional = true),   // X-Tenant
 *         EDO_FIELD_OF(put_user, body, user_desc, .in = EDO_IN_BODY))
 *
 * The faults of all parts are told together: with 422 if they are of the body, else with 400. The
 * body, if a field wants it, is read first; if all that would come from it is optional, a request
 * without one is fine. Lengths, patterns and checks of its field hold for text and bytes, too.
 * Owns:    what is decoded lives as long as the request; edo_bytes borrow the body.
 * Errors:  as edo_web_json(), edo_web_form() and edo_web_text();
 *          -ENOTSUP  `desc` has a second field of EDO_IN_BODY, one beside EDO_IN_FORM, or one that
 *          is a list, a pointer or anything else that is none of the above: a router with a route
 *          that is described by it (edo_route_doc) cannot be built
 * Cancel: not safe: what was read of the body is lost.   Waits: for the body. */
EDO_MUST_USE EDO_API int edo_web_extract(edo_web *w, void *out, const edo_desc *desc);

/** Read the whole body, whatever its content type: as it is, or as text, which is refused with 400
 * if it is not UTF-8. Other failures as edo_web_json(): 400, 408, 413. A body that was read as a
 * whole, by these or by the extractors above, can be read again: so a layer may check a signature.
 * A handler behind the layer has it also as a stream (edo_web_body_stream(), edo_web_multipart()).
 * After a failure to read it each of them fails again: what is left of a body is none.
 * Owns:    `*out` lives as long as the request.
 * Errors:  -EILSEQ  it is not UTF-8;  else as reading the body
 * Cancel: not safe: what was read of the body is lost.   Waits: for the body. */
EDO_MUST_USE EDO_API int edo_web_body(edo_web *w, edo_str *out);
EDO_MUST_USE EDO_API int edo_web_text(edo_web *w, edo_str *out);

/** Returns the body as a stream, of any length: edo_request_body().
 * Owns:    lends a stream that lives as long as the request.
 * Threads: one at a time for the stream. */
EDO_API edo_stream *edo_web_body_stream(edo_web *w);

/** Returns why the last extractor of this request has failed; NULL: none has. So a handler can go
 * on without what it could not read, and say why.
 *
 *     if (edo_web_has_body(w) && edo_web_json(w, &patch, &patch_desc) < 0)
 *         why = edo_web_get_rejection(w)->detail; // a body that is there, but bad
 * Owns:    lives as long as the request. */
EDO_API const edo_web_rejection *edo_web_get_rejection(const edo_web *w);

/** Returns whether the request has a body, be it empty: one of a length above 0, or in chunks. */
EDO_API bool edo_web_has_body(const edo_web *w);

/** Refuses the request, as extractors do: makes the response for it, with `detail` (printf; NULL:
 * none) of up to 511 bytes, and returns `code`, which is negative. For extractors of one's own:
 *
 *     static int tenant_of(edo_web *w, edo_str *out) {
 *         *out = edo_headers_get_named(&edo_web_request(w)->headers, EDO_STR("x-tenant"));
 *         return out->len > 0 ? 0 : edo_web_reject(w, -EINVAL, EDO_STATUS_BAD_REQUEST, "no tenant");
 *     }
 * Errors:  `code`, in any case; without memory its usual response is made. */
EDO_MUST_USE EDO_API int edo_web_reject(edo_web *w, int code, edo_status status, const char *detail,
                                        ...) EDO_PRINTF(4, 5);

/* ---- Its response ---------------------------------------------------------------------------- */

/** Make the response: described JSON, a described message ("application/protobuf"), text, HTML,
 * bytes of any type, nothing but a status, or a redirection (303 see other, 307 temporary, 308
 * permanent). A later call makes another one instead, until the head is sent. Return 0. Text and
 * HTML end with a NUL; an edo_str is for edo_response_text() (edo/http_server.h) with
 * edo_web_response(w), or edo_web_reply_bytes().
 *
 * JSON has no secrets, but for those with the option `reply` (edo/value.h); a message of protobuf
 * is as its schema says.
 *
 * A `Content-Type` that the handler, or a layer, has set by edo_web_set_header() before goes before
 * that of each of these functions and those below, but for edo_web_reply_problem() and refusals.
 * Owns:    copy what they are given, but for edo_web_reply_bytes(), which borrows `body` as
 *          edo_response_data() does, and edo_web_reply_buf(), which takes all bytes of `body`
 *          without a copy, also on failure: it is empty afterwards.
 * Errors:  -EBUSY   the head was sent already
 *          -EINVAL  `to` has bytes that no URI has, or the status is no redirection's
 *          -ENOMEM; those of edo_json_encode(), edo_protobuf_encode() */
EDO_MUST_USE EDO_API int edo_web_reply_json(edo_web *w, edo_status status, const void *value,
                                            const edo_desc *desc);
EDO_MUST_USE EDO_API int edo_web_reply_protobuf(edo_web *w, edo_status status, const void *value,
                                                const edo_desc *desc);
EDO_MUST_USE EDO_API int edo_web_reply_text(edo_web *w, edo_status status, const char *text);
EDO_MUST_USE EDO_API int edo_web_reply_html(edo_web *w, edo_status status, const char *html);
EDO_MUST_USE EDO_API int edo_web_reply_bytes(edo_web *w, edo_status status, const char *type,
                                             edo_str body);
EDO_MUST_USE EDO_API int edo_web_reply_buf(edo_web *w, edo_status status, const char *type,
                                           edo_buf *body);
EDO_MUST_USE EDO_API int edo_web_reply_status(edo_web *w, edo_status status);
EDO_MUST_USE EDO_API int edo_web_reply_redirect(edo_web *w, edo_status status, edo_str to);

/** Makes a failure the response, as application/problem+json (RFC 9457): the status, its reason
 * phrase as the title, and `detail` (printf; NULL: none) for the client to read: up to 511 bytes;
 * bytes that are not UTF-8 are escaped. Returns 0.
 * Owns: copies.   Errors: -EBUSY; -ENOMEM */
EDO_MUST_USE EDO_API int edo_web_reply_problem(edo_web *w, edo_status status, const char *detail,
                                               ...) EDO_PRINTF(3, 4);

/** Sends the head of the response now, and returns in `*out` a stream for its body, in chunks: as
 * edo_response_stream(). Returns 0.
 *
 *     edo_stream *in = edo_web_body_stream(w), *out;
 *     char buf[4096];
 *     int n = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "text/plain");
 *     while (n >= 0 && (n = edo_read(in, buf, sizeof buf)) > 0) n = edo_write_all(out, buf, n);
 *     return n;
 *
 * A write waits while the client does not read; then nothing is read here, and the client's own
 * writes stop. One that goes on for long looks at edo_request_drain(edo_web_request(w)): see there.
 * Owns:    copies `type`; lends the stream until the handler returns.
 * Errors: as edo_response_stream()   Cancel: not safe: a part of the head may be sent.
 * Threads: the handler's; one at a time for the stream.   Waits: for room in the socket. */
EDO_MUST_USE EDO_API int edo_web_reply_stream(edo_web *w, edo_stream **out, edo_status status,
                                              const char *type);

/** Begins a response of JSON lines (application/x-ndjson), and writes one: a described value and a
 * line end, which leave at once. One without an end looks at edo_request_drain(). Whatever stream
 * `out` is, secrets are left out, as edo_json_encode_reply() does: lines for a file of the
 * program's are for edo_json_encode().
 * Owns:    as edo_web_reply_stream(); borrows the value until return.
 * Errors:  as edo_web_reply_stream(); as edo_json_encode(), then nothing was written;  as
 *          edo_write_all();  -EDO_ECLOSED  only a part of a line before this one was written
 * Cancel:  the begin: as edo_web_reply_stream(). A line is written whole, or not; the rest of one
 *          that was begun has a second, also past a limit or a shield of the program's own. If the
 *          client does not take it the stream is closed: nothing follows half a line, and a
 *          response is broken off, whatever its handler returns.
 * Threads: the handler's; one at a time for the stream.   Waits: for room in the socket. */
EDO_MUST_USE EDO_API int edo_web_reply_json_lines(edo_web *w, edo_stream **out);
EDO_MUST_USE EDO_API int edo_web_send_json_line(edo_stream *out, const void *value,
                                                const edo_desc *desc);

/** Sends the file at `path`, whole, as edo_response_file() does. A file that is not there, that may
 * not be read, or is a directory makes the response a 404; the code is returned all the same.
 * Errors: as edo_response_file()   Cancel: not safe: a part may be sent.
 * Waits:   for the file and for room in the socket. */
EDO_MUST_USE EDO_API int edo_web_reply_file(edo_web *w, const char *type, const char *path);

/** Makes a described struct the response, as a form in percent encoding. Lists are the name once
 * for each element; fields of structs in it have the names of both: "page.size". A field without a
 * text, a union or a list of structs, is left out, and so are secrets without the option `reply`.
 * Errors:  -EBUSY  the head was sent already;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_web_reply_form(edo_web *w, edo_status status, const void *value,
                                            const edo_desc *desc);

/* 204: all went well, and there is nothing to say. */
EDO_MUST_USE EDOI_FRAMED int edo_web_reply_no_content(edo_web *w) {
    return edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

/** Has the client save the response, whatever it is, as a file: Content-Disposition with `filename`
 * in UTF-8. Spec: RFC 6266.
 * Errors:  -EINVAL  the name is not UTF-8, or has a control character;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_web_set_attachment(edo_web *w, edo_str filename);

/** Tells the client of a 429 or 503 when to ask again: `Retry-After`, in seconds, rounded up.
 * Errors:  -EINVAL  the duration is negative;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_web_set_retry_after(edo_web *w, edo_duration after);

/** Adds a field to the response, behind those of the same name. If it fails, the response has no
 * such field: a caller that may go on without it need not look.
 * A value that is no string of C goes into edo_web_response(w)->headers.
 * Owns: copies both.   Errors: -EINVAL  no name or value of a field;  -ENOMEM */
EDO_API int edo_web_append_header(edo_web *w, const char *name, const char *value);

/** Sets a field of the response. If it fails, the response has no new field: a caller that may go
 * on without it need not look.
 * Owns: copies both.   Errors: -EINVAL  no name or value of a field;  -ENOMEM */
EDO_API int edo_web_set_header(edo_web *w, const char *name, const char *value);

EDO_END_DECLS

#endif
