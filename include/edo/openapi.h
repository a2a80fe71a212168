/* SPDX-License-Identifier: MIT */
/* edo/openapi.h: what a router offers, described for other programs (OpenAPI 3.1) and for people.
 * In libedo-web.
 *
 *     edo_router_get(r, "/users/{id}", get_user);
 *     edo_router_doc(r, &(edo_route_doc){ .summary = "One user", .params = &user_key_desc,
 *                                         .reply = &user_desc });
 *     edo_router_post(r, "/users", create_user);
 *     edo_router_doc(r, &(edo_route_doc){ .summary = "A new user", .body = &user_desc,
 *                                         .reply = &user_desc, .status = EDO_STATUS_CREATED });
 *     edo_openapi_routes(r, &(edo_openapi_opts){ .title = "Users", .version = "1.0" });
 *
 *     GET /openapi.json    the description, made of the routes and of the descriptions of structs
 *     GET /docs            a page that shows it, which is in the program and asks nobody else
 *
 * Ranges, lengths, patterns, presets and sentences of EDO_FIELD() become those of JSON Schema. A
 * `min_len` counts bytes there and characters here, so it becomes the fewest characters that a text
 * of `min_len` bytes can have. A capture that nothing describes is a text; a capture {*rest} is a
 * parameter as any other, though OpenAPI has no word for slashes in one. Routes behind
 * edo_auth_layer() say which credentials they take. Specs: OpenAPI 3.1.0, JSON Schema 2020-12.
 *
 * Unless a function says otherwise:
 * Waits: never.   Since: 0.1 */
#ifndef EDO_OPENAPI_H
#define EDO_OPENAPI_H

#include <edo/web.h>

EDO_BEGIN_DECLS

/* One more response of a route. */
typedef struct edo_route_reply {
    edo_status status;
    const char *doc;      /* a sentence; NULL: the reason phrase of the status */
    const edo_desc *body; /* as JSON; NULL: none is described */
    uint64_t reserved[2]; /* must be 0 */
} edo_route_reply;

/* The input and output of a route. All zero says nothing. */
typedef struct edo_route_doc {
    const char *summary;            /* a few words; NULL: none */
    const char *doc;                /* sentences; NULL: none */
    const char *id;                 /* operationId, of one operation of the document; NULL: none */
    const char *tag;                /* a group of routes; NULL: none */
    const edo_desc *input;          /* of all parts, as edo_web_extract() takes it; or by parts: */
    const edo_desc *params;         /* of the captures, as edo_web_params() takes it */
    const edo_desc *query;          /* as edo_web_query() takes it */
    const edo_desc *body;           /* as edo_web_json() takes it */
    const edo_desc *form;           /* as edo_web_form() takes it */
    edo_status status;              /* of the usual response; 0: 200 */
    const edo_desc *reply;          /* its body, as JSON; NULL: not described */
    const edo_route_reply *replies; /* others */
    size_t replies_n;
    bool deprecated;
    bool hidden;        /* the route is not described */
    const char *scheme; /* that it wants, beside edo_auth_layer(): the name of an edo_openapi_scheme
                             of the document; NULL: none */
    uint64_t reserved[3]; /* must be 0 */
} edo_route_doc;

/** Describes the route that was added last.
 * Owns:    copies `doc` and its `replies`; borrows texts and descriptions for as long as the router
 *          lives.
 * Errors:  kept by the router: -EINVAL  there is no route, a reserved field is not 0, or
 *          edo_web_extract() refuses `input` for the fields that want the body;  -ENOMEM
 * Threads: one at a time. */
EDO_API void edo_router_doc(edo_router *r, const edo_route_doc *doc);

/* A way in which clients show who they are by a key: a field of one's own, a session's cookie. The
 * ways of edo_auth_layer() (Basic, Bearer) are told by themselves, for each route behind it. */
typedef struct edo_openapi_scheme {
    const char *name;     /* in the document, and for edo_route_doc: "session" */
    const char *in;       /* where the key is: "header", "cookie" or "query" */
    const char *key;      /* its name there: "x-api-key" */
    const char *doc;      /* sentences; NULL: none */
    uint64_t reserved[2]; /* must be 0 */
} edo_openapi_scheme;

/* All zero is the default. */
typedef struct edo_openapi_opts {
    const char *title;   /* NULL: "API" */
    const char *version; /* of the API; NULL: "0" */
    const char *doc;     /* sentences about all of it; NULL: none */
    const char *server;  /* "https://api.example.com/v1"; NULL: where the document was got from */
    const edo_openapi_scheme *schemes;
    size_t schemes_n;
    uint64_t reserved[2]; /* must be 0 */
} edo_openapi_opts;

/** Appends the description of all routes that were added, as JSON. Routes whose method OpenAPI does
 * not know, and those that are hidden, are left out.
 * Errors:  -ENOMEM; -EINVAL  a reserved field is not 0, a scheme without a name, a place or a key,
 *          or that is called "basic" or "bearer", as those of edo_auth_layer(), or a route that
 *          wants one which the options do not have; or two operations have one `id`, which the
 *          trail names
 * Threads: any, at once, while nothing is added. */
EDO_MUST_USE EDO_API int edo_openapi_print(const edo_router *r, const edo_openapi_opts *opts,
                                           edo_buf *out);

/** Adds the routes above, hidden ones. The description is that of the whole router that is served,
 * whatever this one is merged into.
 * Owns:    copies `opts` (NULL: all defaults); borrows its texts and `schemes` for as long as the
 *          router lives.
 * Errors: kept by the router   Threads: one at a time. */
EDO_API void edo_openapi_routes(edo_router *r, const edo_openapi_opts *opts);

EDO_END_DECLS

#endif
