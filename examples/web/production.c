/* SPDX-License-Identifier: MIT */
/* production.c: a service of one route, with all that is turned on before people depend on it: a
 * log for machines, a watchdog, numbers, probes, limits, an end in order, and a socket that
 * outlives the program.
 *
 *     production [HOST:PORT [HOST:PORT of probes [MS between readiness and the stop]]]
 *     kill -QUIT PID           # shows on standard error what each task does
 *
 * Link the debug library in tests: it names each wrong call. */
#include <edo/edo.h>
#include <edo/layers.h>
#include <edo/log.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_log.h>
#include <edo/web_run.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct program {
    const char *listen, *probes;
    edo_duration pre_stop;
} program;

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "Hello!\n");
}

static edo_router *routes(void) {
    const edo_access_log_opts log = { .format = EDO_ACCESS_LOG_JSON, .fd = STDERR_FILENO };
    const edo_concurrency_opts at_once = { .calls_max = 500, .hold = edo_web_hold };
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", hello);
    edo_router_wrap_all(r, edo_request_id_layer(NULL), edo_access_log_layer(&log),
                        edo_timeout_layer(edo_s(2)), edo_load_shed_layer(),
                        edo_concurrency_layer_with(&at_once));
    return r;
}

static int app(void *arg) {
    const program *p = arg;
    edo_listener *given = NULL; // a socket that stays open while the program is replaced
    int err = edo_listener_inherit(&given, "service");
    if (err < 0 && err != -ENOENT) return err;
    const edo_http_server_opts http = {
        .conns_max = 10000,       // of all clients; fewer than there are descriptors
        .address_conns_max = 100, // of one address: behind a proxy leave it out
        .drain_max = edo_s(15),   // with `pre_stop` less than the supervisor waits
        .listeners = &given,
        .listeners_n = given ? 1 : 0,
    };
    const edo_web_run_opts opts = {
        .web = { .listen = given ? NULL : p->listen,
                 .announce_as = "service",
                 .body_max = 64 << 10,
                 .http = &http },
        .probes = p->probes, // for operators only, and served to the end
        .version = "1.0.0",
        .pre_stop = p->pre_stop, // for balancers to look elsewhere
    };
    err = edo_web_run(routes(), &opts);
    edo_listener_close(given);
    return err;
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
