/* SPDX-License-Identifier: MIT */
/* web/request/serve.c: a router behind a server. */
#include "web/request/web.h"

#include <errno.h>

/* The server's reference of the router, which has the memory of `app`. */
static void drop_app(void *app) {
    edo_rc_unref(((edoi_web_app *)app)->router);
}

static int serve_built(edo_router *r, const edo_web_opts *opts) {
    for (size_t i = 0; i < EDO_COUNT(opts->reserved); i++)
        if (opts->reserved[i] != 0) return -EINVAL;
    edo_http_server_opts http = { 0 };
    if (opts->http) http = *opts->http;
    if (http.drop) return -EINVAL; // the argument is not the caller's
    edoi_web_app *app = edo_arena_alloc(&r->arena, sizeof *app);
    if (!app) return -ENOMEM;
    *app = (edoi_web_app){ .router = edo_rc_ref(r),
                           .state = opts->state,
                           .body_max = opts->body_max ? opts->body_max : EDO_WEB_BODY_MAX };
    if (opts->listen) http.listen = opts->listen;
    http.announce |= opts->announce;
    http.drop = drop_app; // after -ETIMEDOUT a handler may still use the router
    return edo_http_serve(edoi_web_handle, app, &http);
}

int edo_web_serve(edo_router *r, const edo_web_opts *opts) {
    int err = edo_router_build(r);
    if (err == 0) err = serve_built(r, opts);
    edo_router_free(r);
    return err;
}
