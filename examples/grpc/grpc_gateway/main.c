/* SPDX-License-Identifier: MIT */
/* grpc_gateway: one handler, four protocols, one port: gRPC, gRPC-Web, Connect, and JSON by the
 * paths that the .proto declares.
 *
 *     grpc_gateway 127.0.0.1:50051 &
 *     curl http://127.0.0.1:50051/v1/people/Ann/greeting
 *     curl -H 'content-type: application/json' -d '{"name":"Ann"}' \
 *         http://127.0.0.1:50051/greeting.v1.Greeter/Greet */
#include "greeting.edo.h"

#include <edo/edo.h>
#include <edo/web.h>
#include <edo/web_layers.h>

#include <stdio.h>

static edo_str greeting_of(edo_grpc_call *call, const greeting_v1_greet_request *in) {
    return edo_arena_print(edo_grpc_arena(call), "Hello, %.*s!", (int)in->name.len, in->name.ptr);
}

static int greet(edo_grpc_call *call, greeting_v1_greeting *out,
                 const greeting_v1_greet_request *in) {
    if (in->name.len == 0)
        return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "a name is missing");
    out->text = greeting_of(call, in);
    return 0;
}

static int repeat(edo_grpc_call *call, const greeting_v1_greet_request *in) {
    const greeting_v1_greeting reply = { .text = greeting_of(call, in) };
    int err = 0;
    for (int32_t i = 0; i < in->times && err == 0; i++)
        err = greeting_v1_greeter_repeat_send(call, &reply);
    return err;
}

static edo_layer pages_of_others(void) {
    return edo_cors_layer(&(edo_cors_opts){
        .any_origin = true,
        .headers = "content-type, x-grpc-web, grpc-timeout, connect-protocol-version, "
                   "connect-timeout-ms",
        .expose = "grpc-status, grpc-message, grpc-status-details-bin" });
}

static int serve(void *address) {
    static const greeting_v1_greeter_ops greeter = { .greet = greet, .repeat = repeat };
    const edo_grpc_opts opts = { .web = true, .connect = true, .transcode = true };
    edo_router *r = edo_router_new();
    greeting_v1_greeter_routes(r, &greeter, NULL, &opts);
    edo_router_wrap_all(r, pages_of_others());
    return edo_web_serve(
        r, &(edo_web_opts){ .listen = address,
                            .announce = true,
                            .guards = { .no_csrf = true } }); // nobody is known by a cookie
}

int main(int argc, char **argv) {
    if (argc != 2) {
        (void)fputs("usage: grpc_gateway ADDRESS:PORT\n", stderr);
        return 2;
    }
    return edo_main(serve, argv[1]);
}
