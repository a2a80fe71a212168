/* SPDX-License-Identifier: MIT */
/* web/request/serve.c: a router behind a server. */
#include "web/request/web.h"

#include <errno.h>

static int serve_built(edo_router *r, const edo_web_opts *opts) {
    for (size_t i = 0; i < EDO_COUNT(opts->reserved); i++)
        if (opts->reserved[i] != 0) return -EINVAL;
    edoi_web_app *app = edo_arena_alloc(&r->arena, sizeof *app);
    if (!app) return -ENOMEM;
    *app = (edoi_web_app){ .router = r,
                           .state = opts->state,
                           .body_max = opts->body_max ? opts->body_max : EDO_WEB_BODY_MAX };
    edo_http_server_opts http = { 0 };
    if (opts->http) http = *opts->http;
    if (opts->listen) http.listen = opts->listen;
    return edo_http_serve(edoi_web_handle, app, &http);
}

int edo_web_serve(edo_router *r, const edo_web_opts *opts) {
    int err = edo_router_build(r);
    if (err == 0) err = serve_built(r, opts);
    if (err != -ETIMEDOUT) edo_router_free(r); // else a handler that did not end may use it
    return err;
}
