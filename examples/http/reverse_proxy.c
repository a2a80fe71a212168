/* SPDX-License-Identifier: MIT */
/* reverse_proxy.c: a server in front of another one: what is below /api goes there, and a page of
 * its own is here.
 *
 *     reverse_proxy HOST:PORT http://HOST:PORT
 *
 * Bodies, events and WebSockets stream both ways; the other server is told who asks, and nobody can
 * pretend to be somebody else. */
#include <edo/edo.h>
#include <edo/web_proxy.h>

static int front_page(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "the rest is below /api\n");
}

static int app(void *arg) {
    char **argv = arg;
    edo_http_client *client = NULL;
    edo_service *api = NULL;
    int err =
        edo_http_client_new(&client, &(edo_http_client_opts){ .proxy = "", .host_idle_max = 1024 });
    if (err == 0) err = edo_http_client_service(&api, client, argv[2]);
    if (err == 0) {
        edo_router *r = edo_router_new();
        edo_router_get(r, "/", front_page);
        edo_proxy_routes(r, "/api", api, &(edo_proxy_opts){ .strips = true });
        const edo_web_opts opts = {
            .listen = argv[1],
            .announce = true,
            .guards = { .no_csrf = true }, // the server behind says whose forms it takes
        };
        err = edo_web_serve(r, &opts);
    }
    edo_service_unref(api);
    edo_http_client_unref(client);
    return err;
}

int main(int argc, char **argv) {
    return argc == 3 ? edo_main(app, argv) : 2;
}
