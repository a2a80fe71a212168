/* SPDX-License-Identifier: MIT */
/* edo/health.h: probes for orchestrators and balancers: is the program alive, is it ready, and what
 * of the things that it depends on is not well. In libedo-web.
 *
 *     edo_health *h;
 *     int err = edo_health_new(&h, &(edo_health_opts){ .version = "1.4.2" });
 *     …
 *     edo_health_add(h, "database", ping_database, db, NULL);
 *     edo_health_add(h, "mail", ping_mail, mail, &(edo_health_check_opts){ .optional = true });
 *     edo_health_routes(router, h);          // /livez /readyz /healthz /startup, and short names
 *     edo_metrics_routes(router, m);         // beside them /metrics: edo/web.h
 *     …                                      // all is loaded
 *     edo_health_set_ready(h, true);
 *
 *     GET /livez, /live        200 while requests are served at all: never looks at dependencies,
 *                              since a database that is down is no reason to restart the program;
 *                              503 if a watchdog of its own says so (`stuck`)
 *     GET /readyz, /ready      200, or 503: before edo_health_set_ready(h, true), while the program
 *                              drains, when a required check fails, when it is overloaded
 *     GET /startup             200 once it was ready for the first time, 503 before
 *     GET /healthz, /health    JSON: 200 if all required checks pass, else 503
 *
 *     { "status": "degraded", "version": "1.4.2", "uptime_s": 3600,
 *       "since": "2026-11-22T18:00:00Z",
 *       "dependencies": [
 *         { "name": "database", "status": "healthy", "latency_ms": 0.412, "message": null },
 *         { "name": "mail", "status": "unhealthy", "latency_ms": null,
 *           "message": "connecting to mail:25: Connection refused (-ECONNREFUSED)" } ] }
 *
 * The status is "healthy", "degraded" if only optional checks fail, or "unhealthy"; `since` is the
 * time from which on it is. The messages are for operators: serve these routes where only they
 * come, on a listener of its own, or leave /healthz out and write routes with edo_health_reply().
 * A listener of its own also goes on to be served while the others drain (edo/drain.h).
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_HEALTH_H
#define EDO_HEALTH_H

#include <edo/drain.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

/* The health that a program tells. */
typedef struct edo_health edo_health;

/* Checks one thing that the program depends on: a negative code says that it is not well, as an
 * edo_pg_exec() of "select 1" would. Its trail in one line, as the log has it of a handler that
 * fails so, becomes the message. It runs in a fiber, and may be called from any worker, but never
 * twice at once. One that does not return within 100 ms of its cancellation is left to itself: no
 * probe waits for it, its dependency counts as failed, and it is called again once it has
 * returned. */
typedef int edo_health_fn(void *arg);

/* Says yes or no of the program as a whole. Must not wait. */
typedef bool edo_health_busy_fn(void *arg);

/* All zero is the default. */
typedef struct edo_health_opts {
    const char *version;      /* of the program; copied; NULL: "" */
    edo_duration cache;       /* results are told again for this long; 0: 1 s; negative: never */
    uint32_t fails_down;      /* edo_health_run(): failures in a row that make a dependency
                                  unhealthy; 0: 3 */
    uint32_t passes_up;       /* edo_health_run(): successes in a row that make it healthy again;
                                  0: 2 */
    edo_health_busy_fn *busy; /* while it returns true the program takes no more requests: it is
                                 not ready; NULL: never */
    void *busy_arg;
    edo_health_busy_fn *stuck; /* while it returns true the program is beyond help: /livez is 503,
                                  so that it is restarted. No dependency is asked; NULL: never */
    void *stuck_arg;
    const char *instance; /* which one of several programs that serve the same it is: the member
                             "instance" of /healthz, and a word behind "ok" or "not ok" of the
                             other probes; copied; NULL: neither */
    uint64_t reserved[3]; /* must be 0 */
} edo_health_opts;

/* All zero is the default. */
typedef struct edo_health_check_opts {
    edo_duration timeout; /* 0: 2 s; negative: none; the check is then cancelled, and has failed */
    bool optional;        /* its failure makes the program "degraded", and ready all the same */
    uint64_t reserved[2]; /* must be 0 */
} edo_health_check_opts;

/** Makes the health of a program: not ready, and without dependencies.
 * Owns:    returns new in `*out`: edo_health_free(). Copies `opts` (NULL: all defaults).
 * Errors:  -ENOMEM; -EINVAL  a reserved field is not 0 */
EDO_MUST_USE EDO_API int edo_health_new(edo_health **out, const edo_health_opts *opts);

/** Frees it. NULL is allowed. Nothing may use it any more: no router with its routes is served, and
 * edo_health_run() has returned.
 * Owns: takes `h`.   Cancel: not noticed.   Threads: any, once.
 * Waits:   for checks that were cancelled and go on. */
EDO_API void edo_health_free(edo_health *h);

/** Adds something that the program depends on, before the first probe.
 * Owns:    copies `name` and `opts` (NULL: all defaults); borrows `arg` for as long as `h` lives.
 * Errors: -ENOMEM; -EINVAL  a reserved field is not 0   Threads: one at a time. */
EDO_MUST_USE EDO_API int edo_health_add(edo_health *h, const char *name, edo_health_fn *fn,
                                        void *arg, const edo_health_check_opts *opts);

/** Says whether the program is ready, apart from its dependencies: true when its start is complete,
 * false when its end begins. */
EDO_API void edo_health_set_ready(edo_health *h, bool is_ready);

/** For edo_drain_opts.on_phase, with the edo_health as its argument: turns readiness off for good
 * when the end of the program begins, whatever a start that is not complete says later. */
EDO_API void edo_health_on_phase(void *h, edo_drain_phase phase, const char *name);

typedef enum edo_health_state {
    EDO_HEALTH_HEALTHY,
    EDO_HEALTH_DEGRADED, /* only optional checks fail */
    EDO_HEALTH_UNHEALTHY
} edo_health_state;

/** Runs all checks at once, each within its timeout, and returns the state; but results that are
 * not older than `cache` are told again, and callers that come while checks run wait for these.
 *
 * `json`, if it is not NULL, gets the JSON above appended.
 * Errors:  returns an edo_health_state; -ENOMEM; -ECANCELED  nothing is kept of this round
 * Cancel:  safe: the checks are cancelled; another caller that waits begins anew.
 * Threads: any, at once, in a fiber.   Waits: for the checks. */
EDO_MUST_USE EDO_API int edo_health_check(edo_health *h, edo_buf *json);

/** Runs the checks every `every` (0: 5 s), until this task is cancelled. Meanwhile probes are told
 * the last results, and run no checks; a dependency changes its state by `fails_down` and
 * `passes_up`, but for the first result, which counts by itself. A part for edo_drain_run().
 *
 * A round for which there is no memory is left out.
 * Errors: -ECANCELED;  -EDO_ECLOSED  the runtime shuts down   Cancel: safe.
 * Threads: one fiber at a time.   Waits: until it is cancelled. */
EDO_MUST_USE EDO_API int edo_health_run(edo_health *h, edo_duration every);

/* The question of a probe. */
typedef enum edo_health_probe {
    EDO_HEALTH_PROBE_LIVE,
    EDO_HEALTH_PROBE_READY,
    EDO_HEALTH_PROBE_STARTUP,
    EDO_HEALTH_PROBE_HEALTH
} edo_health_probe;

/** Makes the response to a probe, for routes with names of your own.
 * Errors: as edo_health_check(), and as edo_web_reply_bytes()   Cancel: as edo_health_check().
 * Threads: the handler's.
 * Waits:   as edo_health_check(), for
 *          the probes of readiness and health. */
EDO_MUST_USE EDO_API int edo_health_reply(edo_web *w, edo_health *h, edo_health_probe probe);

/** Adds the routes above. For a prefix, add them to a router of its own, and nest that.
 * Owns: borrows `h` for as long as the router lives.   Errors: kept by the router
 * Threads: one at a time. */
EDO_API void edo_health_routes(edo_router *r, edo_health *h);

EDO_END_DECLS

#endif
