/* SPDX-License-Identifier: MIT */
/* web/router/router.h: a router while it is built, and afterwards.
 *
 * Routes are kept in the order in which they were added. edo_router_build() makes their tree; from
 * then on nothing is written. */
#ifndef EDOI_WEB_ROUTER_ROUTER_H
#define EDOI_WEB_ROUTER_ROUTER_H

#include "web/router/tree.h"

#include <edo/web_routes.h>

/* The steps of a request on its way, the outermost first. Routes share the ends of such lists. */
typedef struct edoi_route_step {
    const struct edoi_route_step *next;
    edo_service *service; /* layers; the innermost goes on with the request */
    bool of_routes;       /* not taken on the way to a 404 or 405 */
} edoi_route_step;

/* What a router sets for its routes and its fallback; 0 or NULL: as the outer router. */
typedef struct edoi_settings {
    void *state;
    size_t body_max;
    size_t decoded_max;
    edo_web_error_fn *on_error;
    edo_web_reject_fn *on_reject;
    bool refuses_unknown; /* members of JSON that are not described are refused */
} edoi_settings;

/* What a request has to be to meet the routes of a router. */
typedef struct edoi_route_guard {
    struct edoi_route_guard *next; /* of one router */
    edo_str host;                  /* "a.example", "*.a.example"; empty: any host */
    edo_str header, value;         /* an empty `header`: no condition; NULL as `value`: any value */
    uint16_t port;                 /* 0: any */
    bool has_scheme, is_tls;       /* it has come by TLS, or not; else by any */
    edo_route_guard_fn *fn;        /* may be NULL */
    void *arg;
} edoi_route_guard;

/* The guards in front of a route: a request has to pass all of them. */
typedef struct edoi_guard_step {
    const struct edoi_guard_step *next;
    const edoi_route_guard *guard;
} edoi_guard_step;

typedef struct edoi_route {
    struct edoi_route *next;
    edoi_pattern pattern;
    uint32_t methods;
    edo_str method;                /* a method that EDO_METHODS() lacks; else empty */
    struct edoi_route *next_named; /* a route of the same path with such a method */
    edo_web_fn *fn;
    void *arg;               /* the argument of `fn` */
    const char *label;       /* "GET /todos/{id}": names the task that serves it; NULL: none */
    edo_web_fn *not_allowed; /* called for other methods of its path; NULL: the default */
    const edoi_route_step *steps;
    const edoi_guard_step *guards; /* NULL: none */
    edoi_settings settings;
    uint32_t nested_n;               /* segments of the prefixes in front of it */
    const struct edo_route_doc *doc; /* edo/openapi.h; NULL: none */
} edoi_route;

/* What is called if no route matches: below a prefix, or anywhere. */
typedef struct edoi_fallback {
    struct edoi_fallback *next;
    edo_str prefix;       /* "/api", without a slash at its end; it may have captures */
    edoi_pattern pattern; /* `prefix`, parsed; n is 0: anywhere */
    edo_web_fn *fn;       /* NULL: 404 */
    const edoi_route_step *steps;
    const edoi_guard_step *guards; /* NULL: none */
    edoi_settings settings;
} edoi_fallback;

/* What a path leads to. */
typedef struct edoi_place {
    edoi_route_leaf leaf;                      /* first */
    const edoi_route *routes[EDO_METHODS_END]; /* by edo_method; NULL: the method is not allowed */
    const edoi_route *own_options;             /* the default one, if no route has OPTIONS; NULL:
                                                  none */
    edo_str allow;                             /* the value of `Allow` */
    const edoi_route *first;
    edoi_route *named; /* routes whose methods EDO_METHODS() lacks */
} edoi_place;

/* The routes behind one list of guards, with a tree of their own: a request that does not pass
 * these does not see it. */
typedef struct edoi_guarded {
    struct edoi_guarded *next;
    const edoi_guard_step *guards;
    edoi_node root;
} edoi_guarded;

/* The layers around the whole router, in the order in which they were added. */
typedef struct edoi_all {
    struct edoi_all *next;
    edo_service *service;
} edoi_all;

/* The services that a router owns. */
typedef struct edoi_owned_service {
    struct edoi_owned_service *next;
    edo_service *service;
} edoi_owned_service;

/* The arguments of routes that the router owns. */
typedef struct edoi_owned_arg {
    struct edoi_owned_arg *next;
    void *arg;
    edo_route_arg_free_fn *free;
} edoi_owned_arg;

struct edo_router {
    edo_arena arena;
    edoi_settings settings;
    int failure; /* the first failure */
    char why[EDO_TRAIL_TEXT_MAX];
    edoi_route *first, *last;
    edoi_fallback fallback;   /* for paths anywhere */
    edoi_fallback *fallbacks; /* those of nested routers, the longest prefix first */
    edoi_owned_service *owned;
    edoi_owned_arg *owned_args;
    edo_router *taken, *next_taken; /* merged or nested routers, whose memory is in use */
    edoi_all *first_all;
    edoi_route_guard *guards; /* in front of all that it has */
    edoi_node root;           /* the tree of routes without guards */
    edoi_guarded *guarded;    /* routes with guards, in the order of the first one of each */
    bool answers_options;
    uint8_t slash; /* edo_path_slash */
    bool is_built;
    bool is_taken; /* merged or nested: another router has its routes, and frees it */
};

/* Keeps a failure, unless there is one. The text is a format as of printf. */
EDO_API void edoi_router_fail(edo_router *r, int err, const char *format, ...) EDO_PRINTF(3, 4);

/* Gives the argument of routes to the router, which frees it behind the last of them. One that
 * takes no more routes, or lacks memory, frees it now, and returns false. Also for libedo-grpc. */
EDO_API bool edoi_router_own(edo_router *r, void *arg, edo_route_arg_free_fn *free_arg);

/* Puts the layers around all of `other` in front of `steps`, in memory of `r`. Returns the first
 * step. */
const edoi_route_step *edoi_router_with_all(edo_router *r, const edo_router *other,
                                            const edoi_route_step *steps);

/* May more be added? Not to NULL, to a router in another one, nor to one that is built, which
 * requests may use. */
bool edoi_router_is_open(const edo_router *r);

/* Puts the guards of `other` in front of `guards`, in memory of `r`. Returns the first. */
const edoi_guard_step *edoi_router_with_guards(edo_router *r, const edo_router *other,
                                               const edoi_guard_step *guards);

/* Do two lists have the same guards, in any order, so that they let the same requests pass? */
bool edoi_guards_equal(const edoi_guard_step *a, const edoi_guard_step *b);

/* Does the request pass all guards? */
bool edoi_guards_fit(const edoi_guard_step *guards, edo_request *req);

/* Is it the wanted host? "*.a.example" stands for all that end with ".a.example". */
bool edoi_host_fits(edo_str wanted, edo_str host);

/* May it be wanted? */
bool edoi_is_host(const char *host);

/* Returns the fallback for a path that no route matches. `*out` has the captures of its prefix. */
const edoi_fallback *edoi_router_fallback_for(const edo_router *r, edo_request *req, edo_str path,
                                              edoi_match *out);

/* Is there a nested router with a fallback whose prefix matches the path better than `route`, which
 * matches it, too? Its segments are then more exact than those of the route. */
bool edoi_router_has_nearer_fallback(const edo_router *r, edo_request *req, edo_str path,
                                     const edoi_pattern *route);

/* Sets what `inner` leaves open. */
void edoi_settings_inherit(edoi_settings *inner, const edoi_settings *outer);

/* The default handler of OPTIONS. Defined by web/request/dispatch.c. */
int edoi_web_answer_options(edo_web *w);

/* The last step of each list: goes on with an edo_web. Defined by web/request/dispatch.c. */
int edoi_web_go_on(void *arg, void *request, void *response);

#endif
