/* SPDX-License-Identifier: MIT */
/* grpc_ask: a client of the example grpc_greeter, with a call of each kind.
 *
 *     grpc_ask dns:///greeter.internal:50051 Ann */
#include "hello.edo.h"

#include <edo/edo.h>

#include <stdio.h>

typedef struct question {
    const char *target;
    hello_v1_person person;
} question;

static void show(const hello_v1_reply *reply) {
    printf("%.*s\n", (int)reply->text.len, reply->text.len > 0 ? reply->text.ptr : "");
}

/* One message there, one back. */
static int ask(edo_grpc_channel *ch, const hello_v1_person *person) {
    edo_arena arena = { 0 }; // the reply lies there
    hello_v1_reply reply;
    int err = hello_v1_greeter_greet(ch, &reply, person, &arena,
                                     &(edo_grpc_call_opts){ .timeout = edo_s(5) });
    if (err == 0) show(&reply);
    edo_arena_deinit(&arena);
    return err;
}

/* A stream back. */
static int listen_to(edo_grpc_channel *ch, const hello_v1_person *person) {
    edo_grpc_call *call;
    hello_v1_reply reply; // its texts live until the next one
    int got = hello_v1_greeter_count(ch, &call, person, NULL);
    if (got < 0) return got;
    while ((got = hello_v1_greeter_count_recv(call, &reply)) == 1) show(&reply);
    edo_grpc_call_free(call);
    return got; // 0: the end, in order
}

/* A stream there. */
static int tell(edo_grpc_channel *ch, const hello_v1_person *person) {
    edo_grpc_call *call;
    hello_v1_reply reply;
    int err = hello_v1_greeter_greet_all(ch, &call, NULL);
    if (err < 0) return err;
    for (int i = 0; i < 2 && err == 0; i++)
        err = hello_v1_greeter_greet_all_send(call, person); // waits while the server does not read
    if (err == 0 || err == -EPIPE) err = hello_v1_greeter_greet_all_finish(call, &reply);
    if (err == 0) show(&reply);
    edo_grpc_call_free(call);
    return err;
}

/* Both. */
static int talk(edo_grpc_channel *ch, const hello_v1_person *person) {
    edo_grpc_call *call;
    hello_v1_reply reply;
    int err = hello_v1_greeter_chat(ch, &call, NULL);
    if (err < 0) return err;
    err = hello_v1_greeter_chat_client_send(call, person);
    if (err == 0) err = hello_v1_greeter_chat_client_recv(call, &reply);
    if (err == 1) show(&reply);
    if (err == 1) err = edo_grpc_close_send(call);
    edo_grpc_call_free(call);
    return err;
}

static int run(void *arg) {
    const question *q = arg;
    edo_grpc_channel *ch;
    int err = edo_grpc_channel_new(&ch, edo_str_of(q->target), NULL);
    if (err < 0) return err;
    err = ask(ch, &q->person);
    if (err == 0) err = listen_to(ch, &q->person);
    if (err == 0) err = tell(ch, &q->person);
    if (err == 0) err = talk(ch, &q->person);
    edo_grpc_channel_unref(ch);
    return err;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        (void)fputs("usage: grpc_ask TARGET NAME\n", stderr);
        return 2;
    }
    question q = { .target = argv[1], .person = { .name = edo_str_of(argv[2]) } };
    return edo_main(run, &q);
}
