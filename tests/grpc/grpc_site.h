/* SPDX-License-Identifier: MIT */
/* tests/grpc/grpc_site.h: a server of the greeter, and a channel to it: under a clock that jumps
 * through memory, else through TCP. */
#ifndef EDO_TESTS_GRPC_SITE_H
#define EDO_TESTS_GRPC_SITE_H

#include "../http/http_server.h"
#include "hello.edo.h"

#include <edo/health.h>
#include <edo/http2.h>
#include <edo/web.h>

#include <stdatomic.h>

typedef struct grpc_site {
    served s;
    edo_grpc_opts service;
    bool reflects;               /* with edo_grpc_reflection_routes() */
    bool traces;                 /* with edo_traceparent_layer() around it */
    edo_health *health;          /* NULL: the server does not tell of its health */
    edo_http_server_opts server; /* what `s` begins with */
    edo_grpc_channel_opts opts;
    edo_grpc_channel *ch;
    atomic_int connects;
} grpc_site;

/* A unary call: what is asked, and what has come. */
typedef struct asked {
    const char *name;
    const char *path; /* NULL: Greet */
    edo_grpc_call_opts opts;
    hello_v1_reply reply;
    edo_arena arena;
    edo_grpc_call *call;
} asked;

/* Begins both. `odd` may be NULL: it handles all of "/odd/…". `t` is all zero, or as the last one
 * has left it. */
void grpc_site_begin(grpc_site *t, const hello_v1_greeter_ops *ops, edo_web_fn *odd);

/* Begins the server alone, at `t->s.listener` if there is one. */
void grpc_site_serve(grpc_site *t, const hello_v1_greeter_ops *ops, edo_web_fn *odd);
int grpc_site_end(grpc_site *t);

int greet_of(grpc_site *t, asked *a);
void asked_deinit(asked *a);

/* Runs the test over memory and over TCP. */
void on_both(int (*fn)(void *));

/* Runs it over memory only. */
void in_memory(int (*fn)(void *));

/* Has the trail of the error this text? */
bool trail_has(int err, const char *text);

#endif
