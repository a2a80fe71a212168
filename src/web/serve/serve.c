/* SPDX-License-Identifier: MIT */
/* web/serve/serve.c: a router behind a server. */
#include "base/opts.h"
#include "web/serve/guards.h"

#include <errno.h>

typedef struct served {
    edoi_web_app app; /* first: the argument of handlers */
    edoi_guards guards;
} served;

/* Counted memory with a reference to the router. */
static void app_deinit(void *app) {
    edo_rc_unref(((edoi_web_app *)app)->router);
}

/* Makes the argument of handlers, and the options of the server. Returns 0 or a code. After
 * -ETIMEDOUT a handler may still use the router, so the server gives the reference back. */
static int make_app(edoi_web_app **out, edo_http_server_opts *http, edo_router *r,
                    const edo_web_opts *opts) {
    if (opts && !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (opts && opts->http) *http = *opts->http;
    if (http->drop) return -EINVAL; // the argument is not the caller's to drop
    served *self = edo_rc_new(sizeof *self, app_deinit);
    if (!self) return -ENOMEM;
    edoi_web_app *app = &self->app;
    size_t body_max = opts ? opts->body_max : 0;
    *app = (edoi_web_app){ .router = edo_rc_ref(r),
                           .state = opts ? opts->state : NULL,
                           .body_max = body_max ? body_max : EDO_WEB_BODY_MAX,
                           .decoded_max = opts ? opts->decoded_max : 0,
                           .door = &self->guards.door };
    int err = edoi_guards_init(&self->guards, opts ? &opts->guards : &(edo_web_guards){ 0 });
    if (err < 0) {
        edo_rc_unref(self);
        return err;
    }
    if (opts && opts->listen) http->listen = opts->listen;
    if (opts && opts->announce) http->announce = true;
    if (opts && opts->announce_as) http->announce_as = opts->announce_as;
    if (opts && opts->tls) http->tls = opts->tls;
    http->drop = edo_rc_unref;
    *out = app;
    return 0;
}

int edo_web_serve(edo_router *r, const edo_web_opts *opts) {
    edo_http_server_opts http = { 0 };
    edoi_web_app *app = NULL;
    int err = edo_router_build(r);
    if (err == 0) err = make_app(&app, &http, r, opts);
    if (err == 0) err = edo_http_serve(edoi_web_handle, app, &http);
    edo_router_free(r);
    return err;
}

int edo_web_serve_stream(edo_router *r, edo_stream *stream, const edo_web_opts *opts) {
    edo_http_server_opts http = { 0 };
    edoi_web_app *app = NULL;
    int err = edo_router_build(r);
    if (err == 0) err = make_app(&app, &http, r, opts);
    if (err == 0) return edo_http_serve_stream(edoi_web_handle, app, stream, &http);
    edo_close(stream);
    return err;
}

int edo_router_handle(edo_router *r, edo_request *req, edo_response *res, void *state) {
    if (!r->is_built) return edo_fail(-EINVAL, "the router is not complete: edo_router_build()");
    edoi_web_app app = { .router = r, .state = state, .body_max = EDO_WEB_BODY_MAX };
    return edoi_web_handle(req, res, &app);
}
