/* SPDX-License-Identifier: MIT */
/* edo-grpc-interop-server: grpc.testing.TestService, as the cases of gRPC's interop tests want it,
 * health and reflection:
 *
 *     edo-grpc-interop-server --port=10000
 *     edo-grpc-interop-server --port=0 --use_tls --tls_cert_file=chain.pem --tls_key_file=key.pem
 *
 * With port 0 the kernel chooses one. The address is printed once it listens. */
#include "options.h"
#include "service.h"

#include <edo/edo.h>
#include <edo/grpc.h>
#include <edo/health.h>
#include <edo/web.h>

#include <stdio.h>

static int interop_serve_routes(edo_health *health, const edo_web_opts *opts) {
    edo_router *r = edo_router_new();
    service_routes(r);
    edo_grpc_health_routes(r, health);
    edo_grpc_reflection_routes(r);
    edo_health_set_ready(health, true);
    return edo_web_serve(r, opts);
}

static int interop_serve(void *arg) {
    const options *o = arg;
    char listen[32];
    struct edo_tls_server *tls = NULL;
    (void)snprintf(listen, sizeof listen, "127.0.0.1:%u", (unsigned)o->port);
    int err = options_tls(&tls, o);
    if (err < 0) return err;
    edo_health *health = NULL;
    err = edo_health_new(&health, NULL);
    const edo_web_opts opts = {
        .listen = listen,
        .announce = true,
        .tls = tls,
        .guards = { .no_csrf = true }, // anybody may call, and no cookie identifies a caller
    };
    if (err == 0) err = interop_serve_routes(health, &opts);
    edo_health_free(health);
    options_tls_end(tls);
    return err;
}

int main(int argc, char **argv) {
    options o;
    int status = options_parse(&o, argc, argv);
    return status >= 0 ? status : edo_main(interop_serve, &o);
}
