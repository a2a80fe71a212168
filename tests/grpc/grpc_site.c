/* SPDX-License-Identifier: MIT */
/* tests/grpc/grpc_site.c: see grpc_site.h. */
#include "grpc_site.h"

#include <edo/web_layers.h>

static int site_serve_one(served *s, edo_stream *stream) {
    return edo_web_serve_stream(s->arg, stream, &(edo_web_opts){ .http = &s->opts });
}

static int site_serve_all(void *arg) {
    served *s = arg;
    return edo_web_serve(s->arg, &(edo_web_opts){ .http = &s->opts });
}

/* How a channel connects. It may be about to when the test has let it go, and the site has another
 * server: so it stays until the runtime has ended. */
typedef struct grpc_way {
    struct grpc_way *next;
    grpc_site *site;
    bool is_in_memory;
    char address[sizeof((served *)NULL)->address];
    edo_tcp_opts tcp;
} grpc_way;

static grpc_way *ways; /* of channels whose runtime may go on */

static grpc_way *site_way_new(grpc_site *t) {
    grpc_way *w = calloc(1, sizeof *w);
    CHECK(w);
    *w = (grpc_way){ .next = ways, .site = t, .is_in_memory = t->s.is_in_memory, .tcp = t->s.tcp };
    memcpy(w->address, t->s.address, sizeof w->address);
    return ways = w;
}

static void site_ways_free(void) {
    for (grpc_way *next; ways; ways = next) {
        next = ways->next;
        free(ways);
    }
}

static int site_connect(void *arg, edo_stream **out, const char *address) {
    grpc_way *w = arg;
    (void)address;
    w->site->connects++;
    // a server that has just ended refuses, which is for the channel to mend
    if (!w->is_in_memory) return edo_tcp_connect(out, w->address, &w->tcp);
    return connect_if_served(&w->site->s, out);
}

void grpc_site_serve(grpc_site *t, const hello_v1_greeter_ops *ops, edo_web_fn *odd) {
    edo_router *r = edo_router_new();
    hello_v1_greeter_routes(r, ops, t, &t->service);
    if (t->health) edo_grpc_health_routes(r, t->health);
    if (t->reflects) edo_grpc_reflection_routes(r);
    if (odd) edo_router_post(r, "/odd/{what}", odd);
    if (t->traces) edo_router_wrap(r, edo_traceparent_layer(NULL));
    CHECK_EQ(edo_router_build(r), 0);
    t->s.arg = r;
    t->s.serve_one = site_serve_one;
    t->s.serve_all = site_serve_all;
    if (t->s.listener)
        serve_at(&t->s);
    else
        serve_begin(&t->s);
}

void grpc_site_begin(grpc_site *t, const hello_v1_greeter_ops *ops, edo_web_fn *odd) {
    memset(&t->s, 0, sizeof t->s);
    t->s.opts = t->server;
    t->connects = 0;
    grpc_site_serve(t, ops, odd);
    t->opts.connect = site_connect;
    t->opts.arg = site_way_new(t);
    CHECK_EQ(edo_grpc_channel_new(&t->ch, EDO_STR("greeter:1"), &t->opts), 0);
}

int grpc_site_end(grpc_site *t) {
    edo_grpc_channel_unref(t->ch);
    CHECK_EQ(serve_end(&t->s), 0);
    if (t->s.is_in_memory) edo_router_free(t->s.arg); // else it was taken
    return 0;
}

int greet_of(grpc_site *t, asked *a) {
    const hello_v1_person person = { .name = edo_str_of(a->name) };
    a->opts.kept = &a->call;
    if (!a->path) return hello_v1_greeter_greet(t->ch, &a->reply, &person, &a->arena, &a->opts);
    return edo_grpc_unary(t->ch, a->path, &a->reply, &hello_v1_reply_desc, &person,
                          &hello_v1_person_desc, &a->arena, &a->opts);
}

void asked_deinit(asked *a) {
    edo_grpc_call_free(a->call);
    edo_arena_deinit(&a->arena);
}

void in_memory(int (*fn)(void *)) {
    grpc_site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside(fn, t), 0);
    site_ways_free();
    free(t);
}

void on_both(int (*fn)(void *)) {
    in_memory(fn);
    grpc_site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside_real(fn, t), 0);
    site_ways_free();
    memset(t, 0, sizeof *t);
    assert_int_equal(inside_with(fn, t, &(edo_runtime_opts){ .workers = 4 }), 0);
    site_ways_free();
    free(t);
}

bool trail_has(int err, const char *text) {
    char all[2048];
    (void)edo_trail_print_text(all, sizeof all, err, EDO_TRAIL_LINE);
    return strstr(all, text) != NULL;
}
