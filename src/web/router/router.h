/* SPDX-License-Identifier: MIT */
/* web/router/router.h: a router while it is built, and what it has become.
 *
 * Routes stand in a list, in the order in which they were added. edo_router_build() makes the tree
 * of them; from then on nothing is written. */
#ifndef EDOI_WEB_ROUTER_ROUTER_H
#define EDOI_WEB_ROUTER_ROUTER_H

#include "web/router/tree.h"

#include <edo/web_routes.h>

/* What a request meets on its way: the first is outermost. Routes share the ends of such lists. */
typedef struct edoi_route_step {
    const struct edoi_route_step *next;
    edo_service *service; /* layers, innermost one that goes on with the request */
    bool of_routes;       /* not met on the way to a 404 or 405 */
} edoi_route_step;

/* The rules of a router for its routes and its fallback; 0 or NULL: those of the outer one. */
typedef struct edoi_settings {
    void *state;
    size_t body_max;
    edo_web_error_fn *on_error;
    edo_web_reject_fn *on_reject;
    bool refuses_unknown; /* members of JSON that are not described */
} edoi_settings;

/* What requests of a router have to be. */
typedef struct edoi_route_guard {
    struct edoi_route_guard *next; /* of one router */
    edo_str host;                  /* "a.example", "*.a.example"; no bytes: any */
    edo_str header, value;         /* `header` has no bytes: none; NULL as `value`: any */
    uint16_t port;                 /* 0: any */
    edo_route_guard_fn *fn;        /* may be NULL */
    void *arg;
} edoi_route_guard;

/* The guards that a route is behind: all of them have to let a request pass. */
typedef struct edoi_guard_step {
    const struct edoi_guard_step *next;
    const edoi_route_guard *guard;
} edoi_guard_step;

typedef struct edoi_route {
    struct edoi_route *next;
    edoi_pattern pattern;
    uint32_t methods;
    edo_str method;                /* one that EDO_METHODS() does not have; else no bytes */
    struct edoi_route *next_named; /* of the same path, with such a method */
    edo_web_fn *fn;
    void *arg;               /* of `fn` */
    edo_web_fn *not_allowed; /* for the other methods of its path; NULL: the default */
    const edoi_route_step *steps;
    const edoi_guard_step *guards; /* NULL: for all requests */
    edoi_settings settings;
    uint32_t nested_n;               /* segments of the prefixes that it stands behind */
    const struct edo_route_doc *doc; /* edo/openapi.h; NULL: none */
} edoi_route;

/* What is called where no route matches: below a prefix, or anywhere. */
typedef struct edoi_fallback {
    struct edoi_fallback *next;
    edo_str prefix;       /* "/api", without a slash at its end; may have captures */
    edoi_pattern pattern; /* of `prefix`; n is 0 for anywhere */
    edo_web_fn *fn;       /* NULL: 404 */
    const edoi_route_step *steps;
    const edoi_guard_step *guards; /* NULL: for all requests */
    edoi_settings settings;
} edoi_fallback;

/* Where a path leads. */
typedef struct edoi_place {
    edoi_route_leaf leaf;                      /* first */
    const edoi_route *routes[EDO_METHODS_END]; /* by edo_method; NULL: not allowed */
    const edoi_route *own_options;             /* the router's, if no route has one; NULL: none */
    edo_str allow;                             /* the value of `Allow` */
    const edoi_route *first;
    edoi_route *named; /* with methods that EDO_METHODS() does not have */
} edoi_place;

/* The routes behind one list of guards, as a tree of their own: a path is looked for in it only if
 * the request passes these. */
typedef struct edoi_guarded {
    struct edoi_guarded *next;
    const edoi_guard_step *guards;
    edoi_node root;
} edoi_guarded;

/* Layers around all that a router gets, in the order in which they were put there. */
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
    int failure; /* the first */
    char why[EDO_TRAIL_TEXT_MAX];
    edoi_route *first, *last;
    edoi_fallback fallback;   /* anywhere */
    edoi_fallback *fallbacks; /* of nested routers, the longest prefix first */
    edoi_owned_service *owned;
    edoi_owned_arg *owned_args;
    edo_router *taken, *next_taken; /* merged or nested: their memory is in use */
    edoi_all *first_all;
    edoi_route_guard *guards; /* of all that it has */
    edoi_node root;           /* routes without guards */
    edoi_guarded *guarded;    /* those with guards, in the order of their first routes */
    bool answers_options;
    uint8_t slash; /* edo_path_slash */
    bool is_built;
    bool is_taken; /* merged or nested: another one has its routes, and frees it */
};

/* Keeps a failure, unless there is one. printf. */
void edoi_router_fail(edo_router *r, int err, const char *format, ...) EDO_PRINTF(3, 4);

/* Puts the layers around all of `other` around `steps`, with memory of `r`. Returns the first. */
const edoi_route_step *edoi_router_with_all(edo_router *r, const edo_router *other,
                                            const edoi_route_step *steps);

/* Can the router take more? Not NULL, one that is in another, and one that is complete, in which
 * requests may be. */
bool edoi_router_is_open(const edo_router *r);

/* Puts the guards of `other` around `guards`, with memory of `r`. Returns the first. */
const edoi_guard_step *edoi_router_with_guards(edo_router *r, const edo_router *other,
                                               const edoi_guard_step *guards);

/* Do two lists let the same requests pass: have they the same guards, in whatever order? */
bool edoi_guards_equal(const edoi_guard_step *a, const edoi_guard_step *b);

/* Does a request pass all of them? */
bool edoi_guards_fit(const edoi_guard_step *guards, edo_request *req);

/* The fallback for a path that no route matches; `*out` has the captures of its prefix. */
const edoi_fallback *edoi_router_fallback_for(const edo_router *r, edo_request *req, edo_str path,
                                              edoi_match *out);

/* Is there a nested router with a fallback that the path is rather for than for `route`, which
 * matches it: are the segments of the router's prefix more exact than those of the route? */
bool edoi_router_has_nearer_fallback(const edo_router *r, edo_request *req, edo_str path,
                                     const edoi_pattern *route);

/* Fills in what `inner` does not say. */
void edoi_settings_inherit(edoi_settings *inner, const edoi_settings *outer);

/* The handler of OPTIONS where no route has one. Defined by web/request/dispatch.c. */
int edoi_web_answer_options(edo_web *w);

/* The last step of each: goes on with an edo_web. Defined by web/request/dispatch.c. */
int edoi_web_go_on(void *arg, void *request, void *response);

#endif
