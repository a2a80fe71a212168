/* SPDX-License-Identifier: MIT */
/* console/serve.c: see serve.h. A further service of the console is entered in console_routes(). */
#include "console/serve.h"

#include "console/own/service.h"
#include "console/settings/local.h"
#include "net/unix/socket_file.h"

#include <edo/grpc.h>
#include <edo/http_server.h>
#include <edo/net.h>
#include <edo/web.h>
#include <edo/web_guard.h>

#define CONNS_MAX 32 /* a console has few clients, and each costs memory */

/* If there is a token, a client without it reaches no service. If there is none, the address lets
 * only this machine in, and the layer keeps out what a browser here sends for a page of a stranger;
 * no browser writes to a Unix socket, whose permissions say who may connect. */
static edo_layer console_guard(const edoi_console_settings *s) {
    const edo_auth_opts auth = { .tokens = (const char *const *)&s->token,
                                 .tokens_n = 1,
                                 .realm = "console" };
    return s->token ? edo_auth_layer(&auth) : edoi_local_layer();
}

static edo_router *console_routes(const edoi_console_settings *s, edoi_tokio *tokio) {
    edo_router *r = edo_router_new();
    edoi_tokio_routes(r, tokio);
    edo_grpc_reflection_routes(r);
    edoi_look_routes(r);
    if (s->token || !s->is_unix) edo_router_wrap_all(r, edo_csrf_layer(NULL), console_guard(s));
    return r;
}

static int serve_on(const edoi_console_settings *s, edoi_tokio *tokio, edo_listener *listener) {
    const edo_http_server_opts http = { .listeners = &listener,
                                        .listeners_n = 1,
                                        .conns_max = CONNS_MAX,
                                        .drain_max = edo_s(1),
                                        .cancel_max = edo_s(1) };
    return edo_web_serve(console_routes(s, tokio), &(edo_web_opts){ .http = &http });
}

int edoi_console_serve(const edoi_console_settings *s, edoi_tokio *tokio, edo_cancel_token *stop,
                       edoi_console_listens_fn *listens, void *arg) {
    edo_listener *listener = NULL;
    edo_addr addr = { 0 };
    edoi_socket_file file = { .path = NULL };
    int err = s->is_unix ? edoi_socket_file_listen(&listener, &file, s->bind)
                         : edo_tcp_listen(&listener, s->bind, NULL);
    if (err == 0) err = edo_listener_addr(listener, &addr);
    listens(arg, err, &addr);
    if (err == 0) {
        EDO_CANCEL(until, stop);
        err = serve_on(s, tokio, listener);
    }
    edoi_socket_file_remove(&file);
    edo_listener_unref(listener);
    return err;
}
