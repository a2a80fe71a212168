/* SPDX-License-Identifier: MIT */
/* ask.c: see ask.h. One channel is enough for all calls: it connects when the first one is made. */
#include "ask.h"

#include "hello.edo.h"

#include <stdio.h>

static void print_reply(const hello_v1_reply *reply) {
    printf("%.*s\n", (int)reply->text.len, reply->text.len > 0 ? reply->text.ptr : "");
}

static int ask_greet(edo_grpc_channel *ch, const hello_v1_person *who) {
    edo_arena arena = { 0 }; // what the reply points to
    hello_v1_reply reply;
    int err = hello_v1_greeter_greet(ch, &reply, who, &arena,
                                     &(edo_grpc_call_opts){ .timeout = edo_s(30) });
    if (err == 0)
        print_reply(&reply);
    else
        printf("%s\n", edo_grpc_status_name(edo_grpc_status_of(err)));
    edo_arena_deinit(&arena);
    return err;
}

static int ask_count(edo_grpc_channel *ch, const hello_v1_person *who) {
    edo_grpc_call *call;
    hello_v1_reply reply;
    int got = hello_v1_greeter_count(ch, &call, who, NULL);
    if (got < 0) return got;
    while ((got = hello_v1_greeter_count_recv(call, &reply)) == 1)
        print_reply(&reply); // it lives until the next one
    edo_grpc_call_free(call);
    return got; // 0: the end, in order
}

static int ask_chat(edo_grpc_channel *ch, const hello_v1_person *who) {
    edo_grpc_call *call;
    hello_v1_reply reply;
    int err = hello_v1_greeter_chat(ch, &call, NULL);
    if (err < 0) return err;
    for (int i = 0; i < 2 && err >= 0; i++) {
        err = hello_v1_greeter_chat_client_send(call, who);
        if (err == 0) err = hello_v1_greeter_chat_client_recv(call, &reply);
        if (err == 1) print_reply(&reply);
    }
    if (err >= 0) err = edo_grpc_close_send(call);
    if (err == 0) err = hello_v1_greeter_chat_client_recv(call, &reply); // 0: it has said all
    edo_grpc_call_free(call);
    return err;
}

int ask(const char *target, const char *name) {
    edo_grpc_channel *ch;
    const hello_v1_person who = { .name = edo_str_of(name) };
    int err = edo_grpc_channel_new(&ch, edo_str_of(target), NULL);
    if (err < 0) return err;
    err = ask_greet(ch, &who);
    if (err == 0) err = ask_count(ch, &who);
    if (err == 0) err = ask_chat(ch, &who);
    edo_grpc_channel_unref(ch);
    return err;
}
