/* SPDX-License-Identifier: MIT */
/* grpc_layers: a client of the example grpc_greeter behind layers: what it was told it remembers
 * for a minute, and a server that fails three times in a row is left alone.
 *
 *     grpc_layers dns:///greeter.internal:50051 Ann Ben Ann */
#include "hello.edo.h"

#include <edo/breaker.h>
#include <edo/cache.h>
#include <edo/edo.h>
#include <edo/grpc_layers.h>

#include <stdio.h>

/* Greetings are the same for everybody who asks. */
static edo_str key_of(void *arg, const void *request) {
    const edo_grpc_client_request *r = request;
    (void)arg;
    return edo_str_equal(r->path, EDO_STR("/hello.v1.Greeter/Greet")) ? r->key
                                                                      : (edo_str){ NULL, 0 };
}

static int open_channel(edo_grpc_channel **out, const char *target, edo_cache *greetings,
                        edo_breaker *breaker) {
    edo_stack layers; // the first one sees a call first
    edo_stack_init(&layers);
    edo_stack_push(&layers,
                   edo_coalesce_layer(&(edo_coalesce_opts){ .key = key_of,
                                                            .share = edo_grpc_coalesce_share,
                                                            .fill = edo_grpc_coalesce_fill,
                                                            .cache = greetings }));
    edo_stack_push(&layers, edo_breaker_layer(breaker));
    int err =
        edo_grpc_channel_new(out, edo_str_of(target),
                             &(edo_grpc_channel_opts){ .layers = &layers, .timeout = edo_s(5) });
    edo_stack_deinit(&layers);
    return err;
}

/* Nothing here knows of the layers. */
static void ask(edo_grpc_channel *ch, const char *name) {
    edo_arena arena = { 0 };
    hello_v1_reply reply;
    const hello_v1_person person = { .name = edo_str_of(name) };
    int err = hello_v1_greeter_greet(ch, &reply, &person, &arena, NULL);
    if (err == 0)
        printf("%.*s\n", (int)reply.text.len, reply.text.ptr);
    else
        printf("%s\n", err == -EDO_ECIRCUITOPEN ? "left alone"
                                                : edo_grpc_status_name(edo_grpc_status_of(err)));
    edo_arena_deinit(&arena);
}

static int run(void *arg) {
    char **args = arg;
    edo_cache *greetings = NULL;
    edo_breaker *breaker = NULL;
    edo_grpc_channel *ch = NULL;
    int err = edo_cache_new(&greetings, &(edo_cache_opts){ .ttl = edo_minutes(1),
                                                           .bytes_of = edo_grpc_coalesce_bytes });
    if (err == 0)
        err = edo_breaker_new(&breaker, &(edo_breaker_opts){ .name = "greeter",
                                                             .failures_in_a_row = 3,
                                                             .outcome = edo_grpc_outcome });
    if (err == 0) err = open_channel(&ch, args[0], greetings, breaker);
    for (int i = 1; err == 0 && args[i]; i++) ask(ch, args[i]);
    if (err == 0) printf("%d calls made\n", (int)edo_cache_get_stats(greetings).loads_n);
    edo_grpc_channel_unref(ch);
    edo_breaker_unref(breaker);
    edo_cache_unref(greetings);
    return err;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        (void)fputs("usage: grpc_layers TARGET NAME...\n", stderr);
        return 2;
    }
    return edo_main(run, argv + 1);
}
