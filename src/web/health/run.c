/* SPDX-License-Identifier: MIT */
/* web/health/run.c: a service with its probes as parts of a drain. What both servers use is in one
 * block of memory, which is left where it is if one of them is left behind. */
#include <edo/web_run.h>

#include "base/memory/alloc.h"
#include "base/opts.h"

#include <edo/http_metrics.h>
#include <edo/runtime.h>
#include <edo/web_log.h>

#include <errno.h>

#define DRAIN_S  20 /* as edo_http_serve() has them */
#define CANCEL_S 5
#define SLACK_S  1 /* of the routes, and of the rest */

typedef struct web_run {
    edo_router *router; /* NULL: a server has taken it */
    edo_web_opts web;
    edo_http_server_opts http; /* of `web` */
    const char *probes;
    edo_health *health;
    edo_metrics *metrics, *own_metrics; /* own: NULL if the caller has given one */
    edo_http_metrics *numbers;
} web_run;

static int web_run_open(web_run *self, const edo_web_run_opts *o) {
    int err = edo_health_new(&self->health, &(edo_health_opts){ .version = o->version });
    for (size_t i = 0; err == 0 && i < o->checks_n; i++) {
        const edo_web_check *c = &o->checks[i];
        err = edo_health_add(self->health, c->name, c->fn, c->arg, &c->opts);
    }
    if (err == 0 && !o->metrics) err = edo_metrics_new(&self->own_metrics, NULL);
    self->metrics = o->metrics ? o->metrics : self->own_metrics;
    if (err == 0) err = edo_metrics_add_process(self->metrics);
    if (err == 0) err = edo_metrics_add_runtime(self->metrics, edo_runtime_current(), "main");
    if (err == 0) err = edo_http_metrics_new(&self->numbers, self->metrics);
    if (!self->http.metrics) self->http.metrics = self->numbers;
    return err;
}

static int web_run_close(void *arg) {
    web_run *self = arg;
    edo_router_free(self->router);
    edo_health_free(self->health);
    edo_http_metrics_unref(self->numbers);
    edo_metrics_free(self->own_metrics);
    edoi_free(self);
    return 0;
}

static int serve_probes(void *arg) {
    web_run *self = arg;
    edo_router *r = edo_router_new();
    edo_health_routes(r, self->health);
    edo_metrics_routes(r, self->metrics);
    bool is_announced = self->web.announce || self->web.announce_as || self->http.announce ||
                        self->http.announce_as;
    const edo_http_server_opts http = { .drain_max = self->http.drain_max,
                                        .cancel_max = self->http.cancel_max };
    return edo_web_serve(r, &(edo_web_opts){ .listen = self->probes,
                                             .announce_as = is_announced ? "probes" : NULL,
                                             .http = &http });
}

static int serve_routes(void *arg) {
    web_run *self = arg;
    edo_router *r = self->router;
    self->router = NULL;
    edo_health_set_ready(self->health, true);
    return edo_web_serve(r, &self->web);
}

/* `more` than the server of the routes takes at its end. */
static edo_duration web_run_bound_of(const web_run *self, edo_duration more) {
    edo_duration drain = self->http.drain_max, cancel = self->http.cancel_max;
    if (drain.ns == 0) drain = edo_s(DRAIN_S);
    if (cancel.ns == 0) cancel = edo_s(CANCEL_S);
    const int64_t most = EDO_FOREVER_NS / 4;
    if (drain.ns > most || cancel.ns > most) return edo_s(-1);
    return edo_ns(drain.ns + cancel.ns + more.ns);
}

int edo_web_run(edo_router *r, const edo_web_run_opts *opts) {
    bool is_good = edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved));
    web_run *self = is_good ? edoi_alloc(sizeof *self) : NULL;
    if (!self) {
        edo_router_free(r);
        return is_good ? -ENOMEM : -EINVAL;
    }
    *self = (web_run){ .router = r, .web = opts->web, .probes = opts->probes };
    if (opts->web.http) self->http = *opts->web.http;
    self->web.http = &self->http;
    int err = web_run_open(self, opts);
    if (err < 0) return web_run_close(self), err;
    // The first one is ended last: not at all if one of the others was left behind. Then health
    // is gone, which edo_health_on_phase() looks at when the end begins, and not later.
    const edo_drain_part parts[] = {
        { .name = "numbers",
          .end = web_run_close,
          .arg = self,
          .max = edo_ms(100) }, // it does not wait
        { .name = "probes", .run = self->probes ? serve_probes : NULL, .arg = self },
        { .name = "routes",
          .run = serve_routes,
          .arg = self,
          .max = web_run_bound_of(self, edo_s(SLACK_S)) },
    };
    const edo_drain_opts drain = { .pre_stop = opts->pre_stop,
                                   .max = web_run_bound_of(self, edo_s(2 * SLACK_S)),
                                   .on_phase = edo_health_on_phase,
                                   .arg = self->health };
    return edo_drain_run(parts, EDO_COUNT(parts), &drain);
}
