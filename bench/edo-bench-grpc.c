/* SPDX-License-Identifier: MIT */
/* edo-bench-grpc: calls of gRPC on one connection, and the CPU time of each.
 *
 *     edo-bench-grpc serve HOST:PORT                     the service of examples/grpc/grpc_greeter
 *     edo-bench-grpc unary HOST:PORT CALLS IN_FLIGHT     64 bytes, there and back
 *     edo-bench-grpc chat HOST:PORT MESSAGES IN_FLIGHT   the same as messages of one stream
 *
 * A client prints one line: "us_per_call VALUE". */
#include "hello.edo.h"

#include <edo/edo.h>
#include <edo/web.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define TEXT_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* ---- The server ------------------------------------------------------------------------------ */

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    (void)call;
    out->text = in->name;
    return 0;
}

static int chat(edo_grpc_call *call) {
    hello_v1_person in;
    int got;
    while ((got = hello_v1_greeter_chat_recv(call, &in)) == 1) {
        int err = hello_v1_greeter_chat_send(call, &(hello_v1_reply){ .text = in.name });
        if (err < 0) return err;
    }
    return got;
}

static int serve(void *arg) {
    static const hello_v1_greeter_ops ops = { .greet = greet, .chat = chat };
    edo_router *r = edo_router_new();
    hello_v1_greeter_routes(r, &ops, NULL, NULL);
    return edo_web_serve(r, &(edo_web_opts){ .listen = arg });
}

/* ---- The client ------------------------------------------------------------------------------ */

typedef struct job {
    bool is_chat;
    const char *address;
    int n, in_flight;
    edo_grpc_channel *ch;
    edo_grpc_call *call; /* of a chat */
    edo_sem room;        /* messages of a chat that may be sent */
} job;

static const hello_v1_person person = { .name = { TEXT_64, sizeof TEXT_64 - 1 } };

static int call_often(void *arg) {
    const job *j = arg;
    int err = 0;
    for (int i = j->n / j->in_flight; err == 0 && i > 0; i--) {
        edo_arena arena = { 0 };
        hello_v1_reply reply;
        err = hello_v1_greeter_greet(j->ch, &reply, &person, &arena, NULL);
        edo_arena_deinit(&arena);
    }
    return err;
}

static int send_often(void *arg) {
    job *j = arg;
    int err = 0;
    for (int i = 0; err == 0 && i < j->n; i++) {
        err = edo_sem_acquire(&j->room, 1);
        if (err == 0) err = hello_v1_greeter_chat_client_send(j->call, &person);
    }
    return err < 0 ? err : edo_grpc_close_send(j->call);
}

static int receive_all(void *arg) {
    job *j = arg;
    hello_v1_reply reply;
    int got;
    while ((got = hello_v1_greeter_chat_client_recv(j->call, &reply)) == 1)
        edo_sem_release(&j->room, 1);
    return got;
}

static int begin_chat(job *j) {
    edo_sem_init(&j->room, (uint32_t)j->in_flight);
    return hello_v1_greeter_chat(j->ch, &j->call, NULL);
}

static double cpu_us(void) {
    struct rusage r;
    (void)getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static int load(void *arg) {
    job *j = arg;
    edo_scope s;
    int err = edo_grpc_channel_new(&j->ch, edo_str_of(j->address), NULL);
    if (err < 0) return err;
    const double before = cpu_us();
    if (j->is_chat) err = begin_chat(j);
    edo_scope_begin(&s, NULL);
    if (j->is_chat && err == 0) {
        edo_scope_spawn(&s, send_often, j);
        edo_scope_spawn(&s, receive_all, j);
    }
    for (int i = 0; !j->is_chat && i < j->in_flight; i++) edo_scope_spawn(&s, call_often, j);
    err = edo_scope_end(&s, err);
    if (err == 0) (void)printf("us_per_call %.3f\n", (cpu_us() - before) / j->n);
    edo_grpc_call_free(j->call);
    edo_grpc_channel_unref(j->ch);
    return err;
}

int main(int argc, char **argv) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    if (argc == 3 && strcmp(argv[1], "serve") == 0) return edo_main_with(serve, argv[2], &opts);
    static job j; // static: a task that does not end may use it until the process does
    if (argc == 5) {
        j.is_chat = strcmp(argv[1], "chat") == 0;
        j.address = argv[2];
        j.n = (int)strtol(argv[3], NULL, 10);
        j.in_flight = (int)strtol(argv[4], NULL, 10);
    }
    if (j.n < 1 || j.in_flight < 1 || (!j.is_chat && strcmp(argv[1], "unary") != 0)) {
        (void)fputs("usage: edo-bench-grpc serve HOST:PORT\n"
                    "       edo-bench-grpc unary|chat HOST:PORT N IN_FLIGHT\n",
                    stderr);
        return 2;
    }
    return edo_main_with(load, &j, &opts);
}
