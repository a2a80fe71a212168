/* SPDX-License-Identifier: MIT */
/* web/health/health.c: rounds of checks.
 *
 * inv. 1: one round runs at a time, with `round` held. A probe that waits for it may find the
 *         results of a round that began after it came, and then runs none: so any number of probes
 *         that come during a round cause one more at most.
 * inv. 2: a round that was cancelled, or has no memory, leaves the former results.
 * inv. 3: a check that does not end when it is cancelled stays in `task`, and `now` stays its own.
 *         No round waits for it, or calls its function, before it has returned.
 * inv. 2 is not asserted: the former results are not kept. A test compares. */
#include "web/health/health.h"

#include "base/assert.h"
#include "base/opts.h"

#include <edo/error.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

#define TIMEOUT_S  2
#define CACHE_S    1
#define EVERY_S    5
#define FAILS_DOWN 3
#define PASSES_UP  2
#define GRACE_MS   100 /* between a check's cancellation and the end of the wait for it */

/* ---- Life ------------------------------------------------------------------------------------ */

static const char *copy_of(edo_health *h, const char *text) {
    return edo_arena_copy(&h->arena, text ? text : "", text ? strlen(text) : 0);
}

/* The text of a probe without JSON; NULL without memory. */
static const char *health_plain(edo_health *h, const char *word) {
    return edo_arena_print(&h->arena, "%s%s%s\n", word, *h->instance ? " " : "", h->instance).ptr;
}

static int health_keep_texts(edo_health *h) {
    h->version = copy_of(h, h->opts.version);
    h->instance = copy_of(h, h->opts.instance);
    if (!h->version || !h->instance) return -ENOMEM;
    h->plain[true] = health_plain(h, "ok");
    h->plain[false] = health_plain(h, "not ok");
    return h->plain[true] && h->plain[false] ? 0 : -ENOMEM;
}

static void health_deinit(void *self) {
    edo_arena_deinit(&((edo_health *)self)->arena);
}

int edo_health_new(edo_health **out, const edo_health_opts *opts) {
    static const edo_health_opts defaults = { .version = NULL };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_health *h = edo_rc_new(sizeof *h, health_deinit);
    if (!h) return -ENOMEM;
    *h = (edo_health){ .opts = *opts,
                       .born = edo_now(),
                       .changed = EDO_NOTIFY_INIT,
                       .round = EDO_MUTEX_INIT,
                       .mutex = EDO_MUTEX_INIT,
                       .state = EDO_HEALTH_HEALTHY,
                       .since = time(NULL) };
    h->end = &h->first;
    if (h->opts.cache.ns == 0) h->opts.cache = edo_s(CACHE_S);
    if (h->opts.fails_down == 0) h->opts.fails_down = FAILS_DOWN;
    if (h->opts.passes_up == 0) h->opts.passes_up = PASSES_UP;
    int err = health_keep_texts(h);
    if (err < 0) {
        edo_rc_unref(h);
        return err;
    }
    *out = h;
    return 0;
}

void edo_health_free(edo_health *h) {
    if (!h) return;
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(-1));
    for (edoi_dependency *d = h->first; d; d = d->next) {
        edo_task_cancel(d->task);
        if (d->task) (void)edo_task_join(d->task); // the task uses the caller's memory
    }
    (void)edo_shield_end(&shield, 0);
    edo_rc_unref(h);
}

int edo_health_add(edo_health *h, const char *name, edo_health_fn *fn, void *arg,
                   const edo_health_check_opts *opts) {
    static const edo_health_check_opts defaults = { .optional = false };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edoi_dependency *d = edo_arena_alloc(&h->arena, sizeof *d);
    const char *own_name = copy_of(h, name);
    if (!d || !own_name) return -ENOMEM;
    *d = (edoi_dependency){ .name = own_name,
                            .fn = fn,
                            .arg = arg,
                            .timeout = opts->timeout.ns ? opts->timeout : edo_s(TIMEOUT_S),
                            .optional = opts->optional };
    *h->end = d;
    h->end = &d->next;
    return 0;
}

void edo_health_set_ready(edo_health *h, bool is_ready) {
    if (is_ready) edoi_store_rlx_u32(&h->has_been_ready, 1);
    edoi_store_rlx_u32(&h->is_ready, is_ready);
    edo_notify_all(&h->changed);
}

void edo_health_on_phase(void *health, edo_drain_phase phase, const char *name) {
    edo_health *h = health;
    (void)name;
    if (phase != EDO_DRAIN_BEGUN) return;
    edoi_store_rlx_u32(&h->is_ending, 1);
    edo_notify_all(&h->changed);
}

/* ---- A round --------------------------------------------------------------------------------- */

/* Keeps what the log says of a handler that fails so, as the message. */
static void keep_message(edoi_health_result *r) {
    (void)edo_trail_print_text(r->message, sizeof r->message, r->outcome, EDO_TRAIL_LINE);
}

/* Runs one check. A task's function. */
static int check_one(void *arg) {
    edoi_dependency *d = arg;
    EDO_INV("health inv. 3", !d->is_called);
    d->is_called = true;
    edo_instant start = edo_now();
    edo_deadline limit;
    edo_deadline_begin(&limit, d->timeout);
    int err = edo_deadline_end(&limit, d->fn(d->arg));
    d->is_called = false;
    d->now.latency_ns = edo_instant_since(edo_now(), start).ns;
    d->now.outcome = err < 0 ? err : 0;
    if (err < 0) keep_message(&d->now);
    return 0;
}

/* The result of a check that has not ended in time. */
static const edoi_health_result late = { .outcome = -ETIMEDOUT,
                                         .message = "timed out, and goes on all the same" };

/* Decides on the state: it changes after one outcome, in the background after several in a row. */
static void judge(const edo_health *h, edoi_dependency *d) {
    bool passes = d->last.outcome == 0;
    bool background = edoi_load_rlx_u32(&h->in_background);
    uint32_t needed = d->is_up ? h->opts.fails_down : h->opts.passes_up;
    if (!d->is_known || !background) needed = 1;
    d->in_a_row = d->is_known && passes == d->is_up ? 0 : d->in_a_row + 1;
    if (d->in_a_row < needed) return;
    d->is_up = passes;
    d->is_known = true;
    d->in_a_row = 0;
}

/* Called with `mutex` held. Returns whether the state is another one. */
static bool conclude(edo_health *h, edo_instant begun) {
    edo_health_state state = EDO_HEALTH_HEALTHY;
    EDO_INV("health inv. 1", edo_instant_since(begun, h->begun).ns >= 0);
    for (edoi_dependency *d = h->first; d; d = d->next) {
        EDO_INV("health inv. 3", d->task || !d->is_called);
        d->last = d->task ? late : d->now;
        judge(h, d);
        if (!d->is_up && !d->optional) state = EDO_HEALTH_UNHEALTHY;
        if (!d->is_up && state == EDO_HEALTH_HEALTHY) state = EDO_HEALTH_DEGRADED;
    }
    const bool has_changed = state != h->state;
    if (has_changed) h->since = time(NULL);
    h->state = state;
    h->begun = begun;
    h->has_results = true;
    return has_changed;
}

/* Forgets the task of a check that has ended. Called with `round` held, as all functions below. */
static void reap(edoi_dependency *d) {
    if (!d->task || !edo_task_is_finished(d->task)) return;
    (void)edo_task_join(d->task);
    d->task = NULL;
}

/* Starts the checks, except those that still run. They may outlive the probe, and are others', too:
 * so they have none of its values. */
static int health_start_all(edo_health *h) {
    static const edo_spawn_opts of_all = { .no_context = true };
    for (edoi_dependency *d = h->first; d; d = d->next) {
        reap(d);
        d->is_fresh = !d->task;
        if (!d->task) d->task = edo_spawn_with(check_one, d, &of_all);
        if (!d->task) return edo_task_join(NULL);
    }
    return 0;
}

/* Waits for a check until `end`, and a moment more, in which a cancelled check ends. Returns 0, or
 * -ECANCELED. */
static int wait_until(edoi_dependency *d, edo_instant end) {
    if (!d->task || !d->is_fresh) return 0;
    edo_duration left = edo_instant_since(edo_instant_add(end, edo_ms(GRACE_MS)), edo_now());
    edo_deadline limit;
    edo_deadline_begin(&limit, left.ns > 0 ? left : edo_ns(0));
    int err = edo_deadline_end(&limit, edo_task_wait(d->task));
    reap(d);
    return d->task && err == -ECANCELED ? err : 0;
}

static int health_wait_for_all(edo_health *h, edo_instant begun) {
    int err = 0;
    for (edoi_dependency *d = h->first; d && err == 0; d = d->next) {
        bool is_limited = d->timeout.ns >= 0;
        edo_instant never = { EDO_FOREVER_NS };
        err = wait_until(d, is_limited ? edo_instant_add(begun, d->timeout) : never);
    }
    return err;
}

/* Ends a round before its checks have ended. */
static void health_give_up(edo_health *h) {
    edo_instant now = edo_now();
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(-1));
    for (edoi_dependency *d = h->first; d; d = d->next) edo_task_cancel(d->task);
    for (edoi_dependency *d = h->first; d; d = d->next) (void)wait_until(d, now);
    (void)edo_shield_end(&shield, 0);
}

static int run_round(edo_health *h) {
    edo_instant begun = edo_now();
    int err = health_start_all(h);
    if (err == 0) err = health_wait_for_all(h, begun);
    if (err == 0) err = edo_mutex_lock(&h->mutex);
    if (err < 0) {
        health_give_up(h);
        return err;
    }
    const bool has_changed = conclude(h, begun);
    edo_mutex_unlock(&h->mutex);
    if (has_changed) edo_notify_all(&h->changed);
    return 0;
}

/* Are the last results new enough for a caller that came at `came`? Called with `mutex` held. */
static bool is_fresh(const edo_health *h, edo_instant came) {
    if (!h->has_results) return false;
    if (edoi_load_rlx_u32(&h->in_background)) return true;
    if (edo_instant_since(h->begun, came).ns >= 0) return true; // inv. 1
    return edo_instant_since(edo_now(), h->begun).ns <= h->opts.cache.ns;
}

/* Returns the state if the results are new enough, else -EAGAIN. */
static int health_tell(edo_health *h, edo_instant came, edo_buf *json) {
    int err = edo_mutex_lock(&h->mutex);
    if (err < 0) return err;
    if (!is_fresh(h, came)) err = -EAGAIN;
    if (err == 0 && json) err = edoi_health_print(h, json);
    int state = (int)h->state;
    edo_mutex_unlock(&h->mutex);
    return err < 0 ? err : state;
}

static int tell_after_round(edo_health *h, edo_instant came, edo_buf *json) {
    int err = edo_mutex_lock(&h->round);
    if (err < 0) return err;
    int state = health_tell(h, came, json);
    if (state == -EAGAIN) {
        err = run_round(h);
        state = err < 0 ? err : health_tell(h, came, json);
    }
    edo_mutex_unlock(&h->round);
    return state;
}

int edo_health_check(edo_health *h, edo_buf *json) {
    edo_instant came = edo_now();
    int state = health_tell(h, came, json);
    return state == -EAGAIN ? tell_after_round(h, came, json) : state;
}

/* ---- In the background ----------------------------------------------------------------------- */

static int run_locked(edo_health *h) {
    int err = edo_mutex_lock(&h->round);
    if (err < 0) return err;
    err = run_round(h);
    edo_mutex_unlock(&h->round);
    return err;
}

/* A task that waits for changes has to know whether it is told of all of them from here on. */
static void health_set_background(edo_health *h, bool is_on) {
    edoi_store_rlx_u32(&h->in_background, is_on);
    edo_notify_all(&h->changed);
}

bool edoi_health_tells_changes(const edo_health *h) {
    return !h->opts.busy && (!h->first || edoi_load_rlx_u32(&h->in_background));
}

int edo_health_run(edo_health *h, edo_duration every) {
    int err;
    health_set_background(h, true);
    do {
        err = run_locked(h);
        if (err == 0 || err == -ENOMEM) err = edo_sleep(every.ns > 0 ? every : edo_s(EVERY_S));
    } while (err == 0); // a round without memory does not end the program
    health_set_background(h, false);
    return err;
}
