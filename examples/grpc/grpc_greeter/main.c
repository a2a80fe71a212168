/* SPDX-License-Identifier: MIT */
/* grpc_greeter: a service of gRPC with a method of each kind.
 *
 *     grpc_greeter 127.0.0.1:50051 */
#include "hello.edo.h"

#include <edo/edo.h>
#include <edo/web.h>

#include <stdio.h>

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    if (in->name.len == 0)
        return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "a name is missing");
    out->text =
        edo_arena_print(edo_grpc_arena(call), "Hello, %.*s!", (int)in->name.len, in->name.ptr);
    return 0;
}

static int count(edo_grpc_call *call, const hello_v1_person *in) {
    int err = 0;
    for (int i = 1; i <= 3 && err == 0; i++) {
        hello_v1_reply reply = { .text = edo_arena_print(edo_grpc_arena(call), "%.*s, %d",
                                                         (int)in->name.len, in->name.ptr, i) };
        err = hello_v1_greeter_count_send(call, &reply); // waits while the client does not read
        if (err == 0) err = edo_sleep(edo_ms(10));       // -ECANCELED once the client has gone
    }
    return err;
}

static int greet_all(edo_grpc_call *call, hello_v1_reply *out) {
    edo_arena *arena = edo_grpc_arena(call);
    hello_v1_person person;
    int got;
    out->text = EDO_STR("Hello");
    while ((got = hello_v1_greeter_greet_all_recv(call, &person)) == 1)
        out->text = edo_arena_print(arena, "%.*s, %.*s", (int)out->text.len, out->text.ptr,
                                    (int)person.name.len, person.name.ptr);
    return got; // 0: the client has sent all
}

static int chat(edo_grpc_call *call) {
    hello_v1_person person; // its texts live until the next one
    int got;
    while ((got = hello_v1_greeter_chat_recv(call, &person)) == 1) {
        int err = hello_v1_greeter_chat_send(call, &(hello_v1_reply){ .text = person.name });
        if (err < 0) return err;
    }
    return got;
}

static int serve(void *address) {
    static const hello_v1_greeter_ops greeter = {
        .greet = greet, .count = count, .greet_all = greet_all, .chat = chat
    };
    edo_router *r = edo_router_new();
    hello_v1_greeter_routes(r, &greeter, NULL, NULL);
    edo_grpc_reflection_routes(r); // tools such as grpcurl learn from it what there is
    return edo_web_serve(r, &(edo_web_opts){ .listen = address, .announce = true });
}

int main(int argc, char **argv) {
    if (argc != 2) {
        (void)fputs("usage: grpc_greeter ADDRESS:PORT\n", stderr);
        return 2;
    }
    return edo_main(serve, argv[1]);
}
