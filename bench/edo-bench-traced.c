/* SPDX-License-Identifier: MIT */
/* edo-bench-traced plain|parent|layers|dropped|line|exported|exported_all HOST:PORT [WHERE]
 *     a web server with GET / and the service of examples/grpc/grpc_greeter, on one thread:
 *     plain         without layers
 *     parent        within edo_traceparent_layer()
 *     layers        within edo_trace_layer() besides, whose lines are off
 *     dropped       the same, with a receiver that is told of each span, and drops it
 *     line          the same, with the log, by which the end of each span is a line of JSON in the file
 *                   WHERE
 *     exported      the same, with libedo-otlp, which sends one trace of 100 to WHERE, a URL
 *     exported_all  the same, with all
 * edo-bench-traced collect HOST:PORT: takes whatever is sent to it.
 *
 * Question: what do the layers, and an exporter that samples, cost a request over sockets?
 * Guards: a request whose trace is not sampled makes no field and reads no clock for its span. */
#include "hello.edo.h"

#include <edo/edo.h>
#include <edo/otlp.h>
#include <edo/receiver.h>
#include <edo/web.h>
#include <edo/web_layers.h>
#include <edo/web_log.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

typedef struct kind {
    const char *name;
    bool has_parent, has_trace, drops, logs;
    double ratio; /* > 0: it exports */
} kind;

typedef struct job {
    const kind *kind;
    const char *address, *where;
} job;

/* ---- The service ----------------------------------------------------------------------------- */

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "Hello, World!");
}

static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    (void)call;
    out->text = in->name;
    return 0;
}

static int serve_routes(const job *j) {
    static const hello_v1_greeter_ops ops = { .greet = greet };
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", hello);
    hello_v1_greeter_routes(r, &ops, NULL, NULL);
    if (j->kind->has_trace) edo_router_wrap_all(r, edo_trace_layer());
    if (j->kind->has_parent) edo_router_wrap_all(r, edo_traceparent_layer(NULL));
    return edo_web_serve(r, &(edo_web_opts){ .listen = j->address });
}

static void drop_span(void *arg, const edo_event *e) {
    *(long *)arg += e->ended != NULL;
}

static int drop_spans(void) {
    static const edo_receiver_ops ops = { .event = drop_span };
    static long spans_n;
    edo_receiver *r; // it lasts as long as the process
    return edo_log_add(&r, &ops, &spans_n, &(edo_receiver_opts){ .spans = true });
}

/* The file is as long open as the process. */
static int log_to(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return -errno;
    return edo_log_start(
        &(edo_log_opts){ .format = EDO_LOG_JSON, .spans = true, .fd = fd, .ignore_env = true });
}

static int serve(void *arg) {
    const job *j = arg;
    int err = j->kind->drops ? drop_spans() : j->kind->logs ? log_to(j->where) : 0;
    if (err < 0) return err;
    if (j->kind->ratio == 0) return serve_routes(j);
    EDO_OTLP(otlp, &(edo_otlp_opts){
                       .endpoint = j->where, .service_name = "traced", .ignore_env = true });
    edo_span_sample(j->kind->ratio);
    return serve_routes(j);
}

/* ---- The collector --------------------------------------------------------------------------- */

static int take(edo_web *w) {
    edo_str body;
    int err = edo_request_collect(edo_web_request(w), &body, 1u << 24);
    return err < 0 ? err : edo_web_reply_text(w, EDO_STATUS_OK, "");
}

static int collect(void *arg) {
    edo_router *r = edo_router_new();
    edo_router_post(r, "/v1/{kind}", take);
    return edo_web_serve(r, &(edo_web_opts){ .listen = ((const job *)arg)->address });
}

/* ---- The program ----------------------------------------------------------------------------- */

static const kind kinds[] = {
    { .name = "plain" },
    { .name = "parent", .has_parent = true },
    { .name = "layers", .has_parent = true, .has_trace = true },
    { .name = "dropped", .has_parent = true, .has_trace = true, .drops = true },
    { .name = "line", .has_parent = true, .has_trace = true, .logs = true },
    { .name = "exported", .has_parent = true, .has_trace = true, .ratio = 0.01 },
    { .name = "exported_all", .has_parent = true, .has_trace = true, .ratio = 1 },
};

int main(int argc, char **argv) {
    static const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    static job j;
    if (argc < 3) return EXIT_USAGE;
    j.address = argv[2];
    if (strcmp(argv[1], "collect") == 0) return edo_main_with(collect, &j, &opts);
    for (const kind *k = kinds; k < kinds + EDO_COUNT(kinds); k++)
        if (strcmp(argv[1], k->name) == 0) j.kind = k;
    if (!j.kind || ((j.kind->ratio > 0 || j.kind->logs) && argc < 4)) return EXIT_USAGE;
    j.where = argv[3];
    return edo_main_with(serve, &j, &opts);
}
