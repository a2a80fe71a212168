/* SPDX-License-Identifier: MIT */
/* edo/web_routes.h: routes that belong together, routes for some requests only, and the paths of
 * routes as text. In libedo-web.
 *
 *     edo_router_resource(r, "/users", &(edo_resource){ .index = list_users,
 *                                                       .create = add_user,
 *                                                       .show = get_user,
 *                                                       .remove = delete_user });
 *
 * Single routes, and routers in routers: edo/web.h.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Waits: never.   Since: 0.1 */
#ifndef EDO_WEB_ROUTES_H
#define EDO_WEB_ROUTES_H

#include <edo/web.h>

EDO_BEGIN_DECLS

/* ---- Resources ------------------------------------------------------------------------------- */

/* What can be done with things of one kind. At least one function must be set; a method whose
 * function is NULL has no route, so it is refused with 405, or its path with 404. */
typedef struct edo_resource {
    edo_web_fn *index;    /* GET    "/users": lists them */
    edo_web_fn *create;   /* POST   "/users": makes a new one */
    edo_web_fn *show;     /* GET    "/users/{id}" */
    edo_web_fn *replace;  /* PUT    "/users/{id}": all of it */
    edo_web_fn *update;   /* PATCH  "/users/{id}": a part of it */
    edo_web_fn *remove;   /* DELETE "/users/{id}" */
    const char *id;       /* the name of the capture; NULL: "id" */
    uint64_t reserved[4]; /* must be 0 */
} edo_resource;

/** Adds the routes of a resource: those of all of its things at `path`, those of one of them at
 * `path`, a slash and a capture. `path` may have captures of its own: "/users/{user}/photos", whose
 * things are then best captured by another name than "id". "/" is for a router that is nested.
 * Owns:    copies what it is given.
 * Errors:  kept: those of edo_router_add(); -EINVAL  no function; `path` ends with a slash;
 *                `reserved`
 * Threads: one at a time. */
EDO_API void edo_router_resource(edo_router *r, const char *path, const edo_resource *of);

/* ---- Guards ---------------------------------------------------------------------------------- */

/* Are the routes for this request? Must not wait, nor read the body. May be called more than once
 * for a request. */
typedef bool edo_route_guard_fn(void *arg, edo_request *req);

/* What a request has to be: all that is set here. At least one of the wishes is set. */
typedef struct edo_route_guard {
    const char *host;       /* that it is sent to, without a port and the dot of the root, in any
                               case: "api.example.com", also for "API.example.com.:80";
                               "*.example.com" is any that ends with ".example.com" */
    const char *header;     /* a field that it has */
    const char *value;      /* of one of the fields `header`, byte by byte; NULL: any */
    uint16_t port;          /* of the server's end of the connection; 0: any. A connection without
                               an address, as a pipe in memory, has none */
    edo_route_guard_fn *fn; /* what else it has to be */
    void *arg;              /* of `fn`; borrowed for the router's life */
    const char *scheme;     /* "https": that it has come by TLS, to this server or to the proxy that
                               says so by the PROXY protocol; "http": that it has not; NULL: any */
    uint64_t reserved[1];   /* must be 0 */
} edo_route_guard;

/** Has all routes of the router, and its fallback, be for some requests only, whenever they are
 * added; but a router that is in another one takes no guard any more. Other requests do not meet
 * the routes, as if they were not there. A second guard has to let a request pass, too. So hosts,
 * or versions of an API, are routers of their own, which one router merges:
 *
 *     static edo_router *of_host(const char *host, edo_web_fn *fn) {
 *         edo_router *r = edo_router_new();
 *         edo_router_guard(r, &(edo_route_guard){ .host = host });
 *         edo_router_get(r, "/", fn);
 *         return r;
 *     }
 *     edo_router_merge(r, of_host("api.example.com", api));
 *     edo_router_merge(r, of_host("*.example.com", page));
 *
 * A path is looked for behind the guards that let the request pass, in the order in which their
 * first routes were added, and then among the routes without a guard; the first that has path and
 * method serves the request. If only the path is found, that is 405 by the first that has it, and
 * `Allow` has the methods of all that have it and let the request pass. So has the response of
 * edo_router_answer_options(), which comes only if none of them has an OPTIONS of its own.
 *
 * Routes that are alike do not contradict each other if their guards differ. Guards in another
 * order are the same guards: routers that have them are as one. Fallbacks of routers with a guard
 * may be many.
 *
 * Guards choose between routes. They protect nothing by themselves: host and fields are what the
 * client says. The scheme is known before layers run: so behind a proxy that says it by a field,
 * which edo_real_ip_layer() reads, `header` can be "x-forwarded-proto".
 * Owns:    copies texts; borrows `arg`.
 * Errors:  kept: -EINVAL  no wish, a host or field that is none, a value without a field, another
 *                scheme; `reserved`;  -ENOMEM
 * Threads: one at a time; `fn` must bear calls at once. */
EDO_API void edo_router_guard(edo_router *r, const edo_route_guard *guard);

/* ---- Paths of routes ------------------------------------------------------------------------- */

/** Appends the path of a route with the fields of a described struct for its captures, by their
 * names: what edo_web_params() reads. So one text and one description are the route, and the links
 * to it:
 *
 *     static const char user_path[] = "/users/{id}";
 *     typedef struct { int64_t id; } user_key;
 *     EDO_DESCRIBE(user_key, EDO_FIELD(user_key, id, .min = 1))
 *
 *     edo_router_get(r, user_path, show_user);
 *     const user_key key = { .id = 7 };
 *     err = edo_web_print_path(&to, user_path, &key, &user_key_desc); // "/users/7"
 *
 * Values are percent-encoded, those for `{*rest}` but for their slashes. They are checked: what is
 * printed fits the route, and is read as the value that it was; but if another route fits it more
 * closely ("/users/me"), that one is found. Fields that the path has no capture for are passed
 * over. The prefix of a router in which this one is nested belongs to `path` here, and has to be
 * written.
 * Errors:  -EINVAL      `path` is none; a capture without a field, or with a secret one
 *          -EDO_EVALUE  a value that is not as described, not there, empty, no UTF-8, no finite
 *                       number; one that is "." or "..", or has such a segment, which clients would
 *                       take out; one for `{*rest}` that begins with a slash. The trail names it.
 *          -ENOTSUP     a field that is a struct or a union
 *          -ENOMEM
 *          In each case nothing has changed.
 * Threads: any, at once; one at a time for `out`. */
EDO_MUST_USE EDO_API int edo_web_print_path(edo_buf *out, const char *path, const void *value,
                                            const edo_desc *desc);

/** Appends the path of a route as edo_web_print_path() does, and behind it, as the query, the
 * fields of the struct that the path has no capture for: what edo_web_extract() reads from both
 * parts.
 *
 *     err = edo_web_print_link(&to, "/users/{id}", &page, &page_desc); // "/users/7?limit=20&sort=up"
 *
 * Lists are the name once for each element. Left out are fields without a value, those of another
 * part of requests (`in`), secrets, unions and lists of structs. Values of the query are printed
 * as they are: only those of the path are checked.
 * Errors: as edo_web_print_path()   Threads: any, at once; one at a time for `out`. */
EDO_MUST_USE EDO_API int edo_web_print_link(edo_buf *out, const char *path, const void *value,
                                            const edo_desc *desc);

EDO_END_DECLS

#endif
