/* SPDX-License-Identifier: MIT */
/* edo/web_run.h: a web service as it runs in production: its routes at one address, its probes and
 * numbers at another one, and an end in order. In libedo-web.
 *
 *     static int app(void *arg) {
 *         shop *s = arg;
 *         const edo_web_check checks[] = { { .name = "database", .fn = ask_database, .arg = s } };
 *         const edo_web_run_opts opts = {
 *             .web = { .listen = "0.0.0.0:8080", .announce_as = "shop", .state = s },
 *             .probes = "127.0.0.1:8081",
 *             .pre_stop = edo_s(5),
 *             .checks = checks,
 *             .checks_n = EDO_COUNT(checks),
 *         };
 *         return edo_web_run(routes(), &opts);
 *     }
 *
 *     int main(void) { return edo_main(app, &state); }
 *
 * At `probes` are the routes of edo_health_routes() and edo_metrics_routes(), for operators only:
 * what the server of the routes counts (edo/http_metrics.h), the numbers of the process and of this
 * runtime. The program is ready once its routes are about to be served. When the task is cancelled,
 * as edo_main() does on SIGTERM:
 *
 *     1. /readyz says 503; all else goes on for `pre_stop`, until balancers have heard of it
 *     2. the server of the routes ends as edo_http_serve() does: what was begun has `drain_max`
 *     3. the probes end
 *
 * Steps 2 and 3 take two seconds more than `drain_max` and `cancel_max` together, 27 s by default,
 * whatever hangs; what takes no notice of its cancellation is left after a second more.
 *
 * A program that has other parts, or these in another order, calls edo_drain_run(),
 * edo_health_routes() and edo_web_serve() itself: this function is no more than that. */
#ifndef EDO_WEB_RUN_H
#define EDO_WEB_RUN_H

#include <edo/health.h>
#include <edo/metrics.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

/* Something that the program depends on: the arguments of edo_health_add(). */
typedef struct edo_web_check {
    const char *name;
    edo_health_fn *fn;
    void *arg;
    edo_health_check_opts opts;
} edo_web_check;

/* All zero is the default, but something to listen on is needed. */
typedef struct edo_web_run_opts {
    edo_web_opts web;            /* of the server of the routes; it counts for `metrics`, unless its
                                    `http` has a `metrics` of its own */
    const char *probes;          /* where probes and numbers are, as edo_http_server_opts.listen,
                                    announced as "probes" if the routes are announced; NULL: nowhere */
    const char *version;         /* of the program, for /healthz; NULL: "" */
    const edo_web_check *checks; /* what the program depends on */
    size_t checks_n;
    edo_metrics *metrics;  /* the program's registry, if it counts something itself; it gets the
                              numbers of the process, and of this runtime as "main". It is ended
                              by the caller. NULL: one of this service's own */
    edo_duration pre_stop; /* as edo_drain_opts.pre_stop */
    uint64_t reserved[4];  /* must be 0 */
} edo_web_run_opts;

/** Serves a router, with probes and numbers beside it, until this task is cancelled, and ends in
 * order, as said above.
 * Owns:    takes `r`, in any case; borrows `opts` and what it points to until return. After
 *          -ETIMEDOUT a handler may still run, and uses what it did: the router, the state, what
 *          the checks are given, and `metrics`.
 * Errors:  as edo_web_serve(), of either server; as edo_drain_run(), edo_health_add(),
 *          edo_metrics_add_runtime() and edo_http_metrics_new();  -EINVAL  a reserved field is not
 *          0;  -ENOMEM
 * Cancel:  ends in order.
 * Threads: a fiber.   Waits: until it is cancelled, and for the end of what was begun.
 * Since:   0.1 */
EDO_MUST_USE EDO_API int edo_web_run(edo_router *r, const edo_web_run_opts *opts);

EDO_END_DECLS

#endif
