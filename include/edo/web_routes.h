/* SPDX-License-Identifier: MIT */
/* edo/web_routes.h: routes that belong together.
 *
 *     edo_router_resource(r, "/users", &(edo_resource){ .index = list_users,
 *                                                       .create = add_user,
 *                                                       .show = get_user,
 *                                                       .remove = delete_user });
 *
 * Single routes, and routers in routers: edo/web.h. */
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

/**
 * Adds the routes of a resource: those of all of its things at `path`, those of one of them at
 * `path`, a slash and a capture. `path` may have captures of its own: "/users/{user}/photos", whose
 * things are then best captured by another name than "id". "/" is for a router that is nested.
 *
 * Owns:    copies what it is given.
 * Errors:  kept: those of edo_router_add(); -EINVAL  no function; `path` ends with a slash;
 *                `reserved`
 * Threads: one at a time.   Waits: never.   Since: 0.1
 */
EDO_API void edo_router_resource(edo_router *r, const char *path, const edo_resource *of);

EDO_END_DECLS

#endif
