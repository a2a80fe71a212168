/* SPDX-License-Identifier: MIT */
/* main.c: a gateway: one address in front of many servers, which come and go.
 *
 *     gateway gateway.json         gateway.h says what is in the file
 *
 * It takes up a change of its file, of the lists of upstreams, and of its certificate, without a
 * request that fails for that. At the address `admin` are a page that shows what it does, and
 * /metrics. */
#include "gateway.h"

#include <edo/console.h>
#include <edo/console_page.h>
#include <edo/error.h>
#include <edo/http_server.h>
#include <edo/log.h>
#include <edo/otlp.h>
#include <edo/tls.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int serve_public(void *arg) {
    gateway *g = arg;
    const edo_http_server_opts opts = {
        .listen = g->config.listen, .announce_as = "gateway", .tls = g->tls, .metrics = g->numbers
    };
    return edo_http_serve(gateway_handle, g, &opts);
}

/* A browser with this link may look, from each place that reaches `admin`. */
static void say_console(void) {
    char path[EDO_CONSOLE_PATH_BYTES];
    if (edo_console_path(path, NULL) < 0) return;
    printf("console at admin's %s\n", path);
    (void)fflush(stdout);
}

static int serve_admin(void *arg) {
    gateway *g = arg;
    say_console();
    const edo_web_opts opts = { .listen = g->config.admin, .announce_as = "admin", .state = g };
    return edo_web_serve(admin_router(g), &opts);
}

static int watch_certificate(void *tls) {
    return edo_tls_server_watch(tls);
}

static int serve(gateway *g) {
    EDO_OTLP(otlp, &(edo_otlp_opts){ .service_name = "gateway", .metrics = g->means.metrics });
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, serve_public, g);
    edo_scope_spawn(&s, serve_admin, g);
    edo_scope_spawn(&s, gateway_follow_file, g);
    edo_scope_spawn(&s, gateway_follow_signal, g);
    if (g->tls) edo_scope_spawn(&s, watch_certificate, g->tls);
    return edo_scope_end(&s, 0); // by SIGTERM, when what was begun has ended
}

/* Another program of this machine may have the usual address of consoles. */
static int start_console(void) {
    int err = edo_console_start(NULL); // who runs it decides whether it listens
    if (err != -EADDRINUSE) return err;
    edo_warn("the console does not listen: its address is taken");
    edo_trail_clear();
    return 0;
}

static int begin(gateway *g) {
    means *m = &g->means;
    int err = config_read(&g->config, g->file);
    if (err == 0) err = start_console();
    if (err == 0) err = edo_metrics_new(&m->metrics, NULL);
    if (err == 0) err = edo_http_metrics_new(&g->numbers, m->metrics);
    edo_http_client_opts opts = {
        .proxy = "", .metrics = m->metrics, .host_idle_max = 1024, .idle_max = 16384
    };
    if (err == 0) err = edo_http_client_new(&m->http1, &opts);
    opts.prior_knowledge = true;
    if (err == 0) err = edo_http_client_new(&m->http2, &opts);
    const edo_tls_server_opts tls = { .cert = g->config.cert,
                                      .key = g->config.key,
                                      .alpn = "h2,http/1.1" };
    if (err == 0 && tls.cert[0]) err = edo_tls_server_new(&g->tls, &tls);
    return err < 0 ? err : gateway_load(g);
}

static void end(gateway *g) {
    edo_snapshot_set(&g->now, NULL);
    edo_tls_server_unref(g->tls);
    edo_http_client_unref(g->means.http1);
    edo_http_client_unref(g->means.http2);
    edo_http_metrics_unref(g->numbers);
    edo_metrics_free(g->means.metrics); // balances that still end share its memory
    edo_value_deinit(&g->config, &config_desc);
}

static int app(void *file) {
    gateway *g = malloc(sizeof *g);
    if (!g) return -ENOMEM;
    *g = (gateway){ .file = file, .loads = EDO_MUTEX_INIT, .now = EDO_SNAPSHOT_INIT };
    int err = begin(g);
    if (err == 0) err = serve(g);
    if (err == -ETIMEDOUT) return err; // a handler may still run, and use it
    end(g);
    free(g);
    return err;
}

int main(int argc, char **argv) {
    return argc == 2 ? edo_main(app, argv[1]) : 2;
}
