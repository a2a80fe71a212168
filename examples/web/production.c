/* SPDX-License-Identifier: MIT */
/* production.c: a service of one route, with all that is turned on before people depend on it: a
 * log for machines, a watchdog, numbers, probes, limits, an end in order, and a socket that
 * outlives the program.
 *
 *     production [HOST:PORT [HOST:PORT of probes [MS between readiness and the stop]]]
 *     kill -QUIT PID           # shows on standard error what each task does
 *
 * Link the debug library in tests: it names each wrong call. */
#include <edo/drain.h>
#include <edo/edo.h>
#include <edo/health.h>
#include <edo/layers.h>
#include <edo/log.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_log.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct program {
    edo_health *health;
    edo_metrics *metrics;
    edo_http_metrics *http;
    const char *listen, *probes;
    edo_duration pre_stop;
} program;

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "Hello!\n");
}

/* For operators only, and served to the end. */
static int serve_probes(void *arg) {
    program *p = arg;
    edo_router *r = edo_router_new();
    edo_health_routes(r, p->health);
    edo_metrics_routes(r, p->metrics);
    return edo_web_serve(r, &(edo_web_opts){ .listen = p->probes, .announce_as = "probes" });
}

static int serve_all(void *arg) {
    program *p = arg;
    edo_listener *given = NULL; // a socket that stays open while the program is replaced
    int err = edo_listener_inherit(&given, "service");
    if (err < 0 && err != -ENOENT) return err;
    const edo_access_log_opts log = { .format = EDO_ACCESS_LOG_JSON, .fd = STDERR_FILENO };
    const edo_concurrency_opts at_once = { .calls_max = 500, .hold = edo_web_hold };
    const edo_http_server_opts http = {
        .conns_max = 10000,       // of all clients; fewer than there are descriptors
        .address_conns_max = 100, // of one address: behind a proxy leave it out
        .drain_max = edo_s(15),   // with `pre_stop` less than the supervisor waits
        .metrics = p->http,
        .listeners = &given,
        .listeners_n = given ? 1 : 0,
    };
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", hello);
    edo_router_wrap_all(r, edo_request_id_layer(NULL), edo_access_log_layer(&log),
                        edo_timeout_layer(edo_s(2)), edo_load_shed_layer(),
                        edo_concurrency_layer_with(&at_once));
    edo_health_set_ready(p->health, true);
    err = edo_web_serve(r, &(edo_web_opts){ .listen = given ? NULL : p->listen,
                                            .announce_as = "service",
                                            .body_max = 64 << 10,
                                            .http = &http });
    edo_listener_close(given);
    return err;
}

static int open_program(program *p) {
    int err = edo_health_new(&p->health, &(edo_health_opts){ .version = "1.0.0" });
    if (err == 0) err = edo_metrics_new(&p->metrics, NULL);
    if (err == 0) err = edo_metrics_add_process(p->metrics);
    if (err == 0) err = edo_metrics_add_runtime(p->metrics, edo_runtime_current(), "main");
    return err < 0 ? err : edo_http_metrics_new(&p->http, p->metrics);
}

static int close_program(void *arg) {
    program *p = arg;
    edo_health_free(p->health);
    edo_http_metrics_unref(p->http);
    edo_metrics_free(p->metrics);
    return 0;
}

static int app(void *arg) {
    program *p = arg;
    int err = open_program(p);
    if (err < 0) return close_program(p), err;
    const edo_drain_part parts[] = {
        { .name = "what is shared", .end = close_program, .arg = p },
        { .name = "probes", .run = serve_probes, .arg = p },
        { .name = "service", .run = serve_all, .arg = p },
    };
    const edo_drain_opts opts = { .pre_stop = p->pre_stop, // for balancers to look elsewhere
                                  .on_phase = edo_health_on_phase,
                                  .arg = p->health };
    return edo_drain_run(parts, EDO_COUNT(parts), &opts);
}

int main(int argc, char **argv) {
    program p = { .listen = argc > 1 ? argv[1] : "127.0.0.1:8080",
                  .probes = argc > 2 ? argv[2] : "127.0.0.1:8081",
                  .pre_stop = argc > 3 ? edo_ms(strtol(argv[3], NULL, 10)) : edo_s(5) };
    const edo_log_opts log = { .format = EDO_LOG_JSON };
    const edo_runtime_opts runtime = { .watchdog = edo_ms(100) }; // off in release by default
    if (edo_log_start(&log) < 0) return 2;
    return edo_main_with(app, &p, &runtime); // SIGQUIT shows all tasks, SIGTERM ends in order
}
