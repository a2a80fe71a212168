/* SPDX-License-Identifier: MIT */
/* service/drain.c: the parts of a program, and the order of their end.
 *
 * Once the end has begun everything happens in a shield: the cancellation that began it cuts
 * nothing short, only the bounds of the parts do. A part is a task of the runtime, not of a scope,
 * so it can be left behind. */
#include <edo/drain.h>

#include "base/error/trail.h"
#include "base/opts.h"

#include <edo/error.h>
#include <edo/runtime.h>
#include <edo/scope.h>

#define EDO_TARGET "drain"
#include <edo/log.h>

#include <errno.h>

#define PART_MAX_S 26
#define KEPT_NS    INT64_C(62500000) /* for each that is to end later */
#define KEPT_SHARE 32                /* of a short bound, the share that is kept instead */

typedef struct drain {
    const edo_drain_part *parts;
    size_t n;
    const edo_drain_opts *opts;
    edo_task *tasks[EDO_DRAIN_PARTS_MAX]; /* owned; NULL: it does not run */
    int failure;                          /* the first */
    edoi_trail *trail;                    /* of the failure, owned; NULL: none */
    bool has_left;                        /* a part was left behind */
    edo_instant until;                    /* the end of the bound; once the parts are stopped */
} drain;

/* ---- Phases ---------------------------------------------------------------------------------- */

static void drain_say(const drain *d, edo_drain_phase phase, const char *name) {
    static const char *const texts[] = {
        [EDO_DRAIN_RUNNING] = "all parts run",
        [EDO_DRAIN_BEGUN] = "the end has begun",
        [EDO_DRAIN_STOPPING] = "a part is to stop",
        [EDO_DRAIN_STOPPED] = "a part has stopped",
        [EDO_DRAIN_LEFT] = "a part has not stopped within its bound",
        [EDO_DRAIN_OVER] = "the end is over",
    };
    if (phase == EDO_DRAIN_LEFT)
        edo_warn_kv(texts[phase], EDO_KV("part", name));
    else if (name)
        edo_info_kv(texts[phase], EDO_KV("part", name));
    else
        edo_info("%s", texts[phase]);
    if (d->opts->on_phase) d->opts->on_phase(d->opts->arg, phase, name);
}

static void drain_fail(drain *d, int err, const char *name) {
    if (err >= 0 || d->failure < 0) return;
    edo_warn_kv("a part has failed", EDO_KV("part", name), EDO_KV("error", edo_error_name(err)));
    if (name[0]) err = edo_fail(err, "the part \"%s\"", name);
    d->failure = err;
    d->trail = edoi_trail_take(err); // the parts that are stopped now would replace it
}

/* ---- Running --------------------------------------------------------------------------------- */

static const char *drain_part_name_of(const edo_drain_part *part) {
    return part->name ? part->name : "";
}

static void drain_start_all(drain *d) {
    for (size_t i = 0; i < d->n && d->failure == 0; i++) {
        const edo_drain_part *p = &d->parts[i];
        if (!p->run) continue;
        d->tasks[i] = edo_spawn_with(p->run, p->arg, &(edo_spawn_opts){ .name = p->name });
        if (!d->tasks[i]) drain_fail(d, edo_task_join(NULL), drain_part_name_of(p));
    }
}

/* Waits until a part has returned: 1; none runs: 0; this task is cancelled: -ECANCELED. */
static int wait_for_one(drain *d) {
    edo_task_join_future waits[EDO_DRAIN_PARTS_MAX];
    edo_future *futures[EDO_DRAIN_PARTS_MAX];
    size_t at[EDO_DRAIN_PARTS_MAX], n = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (!d->tasks[i]) continue;
        at[n] = i;
        futures[n] = edo_task_wait_init(&waits[n], d->tasks[i]);
        n++;
    }
    if (n == 0) return 0;
    int which = edo_select_array(futures, n, 0);
    if (which < 0) return which;
    size_t i = at[which];
    edo_task *task = d->tasks[i];
    d->tasks[i] = NULL;
    drain_fail(d, edo_task_join(task), drain_part_name_of(&d->parts[i]));
    return 1;
}

/* ---- The end --------------------------------------------------------------------------------- */

static edo_duration drain_part_bound_of(const edo_drain_part *p) {
    return p->max.ns == 0 ? edo_s(PART_MAX_S) : p->max.ns < 0 ? edo_ns(EDO_FOREVER_NS) : p->max;
}

/* Of all parts together; negative: none. */
static edo_duration drain_bound_of(const drain *d) {
    if (d->opts->max.ns != 0) return d->opts->max;
    edo_duration longest = edo_s(PART_MAX_S);
    for (size_t i = 0; i < d->n; i++) {
        if (d->parts[i].max.ns < 0) return edo_s(-1);
        if (d->parts[i].max.ns > longest.ns) longest = d->parts[i].max;
    }
    return longest;
}

/* What part `i` has for its next step, of what is left: the parts before it, and tasks that are no
 * part's, end after it. */
static edo_duration drain_share_of(const drain *d, size_t i) {
    const edo_duration own = drain_part_bound_of(&d->parts[i]), all = drain_bound_of(d);
    if (all.ns < 0) return own;
    const int64_t kept_ns = all.ns / KEPT_SHARE < KEPT_NS ? all.ns / KEPT_SHARE : KEPT_NS;
    int64_t ns = edo_instant_since(d->until, edo_now()).ns - kept_ns * (int64_t)(i + 1);
    if (ns < kept_ns) ns = kept_ns;
    return ns < own.ns ? edo_ns(ns) : own;
}

/* Returns whether the task has ended, and with it all that it has begun: a server whose handlers do
 * not return says -ETIMEDOUT, and they go on. */
static bool stop_task(drain *d, size_t i) {
    const edo_drain_part *p = &d->parts[i];
    edo_task *task = d->tasks[i];
    edo_task_cancel(task);
    edo_deadline limit;
    edo_deadline_begin(&limit, drain_share_of(d, i));
    (void)edo_task_wait(task);
    (void)edo_deadline_end(&limit, 0);
    bool has_ended = edo_task_is_finished(task);
    int err = 0;
    if (has_ended)
        err = edo_task_join(task);
    else
        edo_task_detach(task);
    if (err != -ECANCELED) drain_fail(d, err, drain_part_name_of(p));
    return has_ended && err != -ETIMEDOUT;
}

static void call_end(drain *d, size_t i) {
    const edo_drain_part *p = &d->parts[i];
    edo_deadline limit;
    edo_deadline_begin(&limit, drain_share_of(d, i));
    int err = p->end(p->arg);
    drain_fail(d, edo_deadline_end(&limit, err), drain_part_name_of(p));
}

static void stop_part(drain *d, size_t i) {
    const edo_drain_part *p = &d->parts[i];
    bool ends = p->end && !d->has_left, has_ended = true;
    if (!d->tasks[i] && !ends) return;
    drain_say(d, EDO_DRAIN_STOPPING, drain_part_name_of(p));
    if (d->tasks[i]) has_ended = stop_task(d, i);
    if (!has_ended) d->has_left = true;
    if (p->end && !d->has_left) call_end(d, i);
    drain_say(d, has_ended ? EDO_DRAIN_STOPPED : EDO_DRAIN_LEFT, drain_part_name_of(p));
}

static void stop_all(drain *d) {
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(-1));
    drain_say(d, EDO_DRAIN_BEGUN, NULL);
    if (d->failure == 0 && d->opts->pre_stop.ns > 0) (void)edo_sleep(d->opts->pre_stop);
    d->until = edo_instant_add(edo_now(), drain_bound_of(d));
    for (size_t i = d->n; i > 0; i--) stop_part(d, i - 1);
    drain_say(d, EDO_DRAIN_OVER, NULL);
    (void)edo_shield_end(&shield, 0);
}

/* How long the end may take; negative: for ever. */
static edo_duration drain_length_of(const drain *d) {
    const edo_duration pre_stop = d->opts->pre_stop, bound = drain_bound_of(d);
    const int64_t most = EDO_FOREVER_NS / 4;
    if (bound.ns < 0 || bound.ns > most || pre_stop.ns > most) return edo_s(-1);
    return edo_ns(pre_stop.ns > 0 ? pre_stop.ns + bound.ns : bound.ns);
}

static bool drain_part_is_good(const edo_drain_part *parts, size_t n, const edo_drain_opts *opts) {
    if (n == 0 || n > EDO_DRAIN_PARTS_MAX) return false;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return false;
    for (size_t i = 0; i < n; i++)
        if (!edoi_all_zero(parts[i].reserved, EDO_COUNT(parts[i].reserved))) return false;
    return true;
}

int edo_drain_run(const edo_drain_part *parts, size_t n, const edo_drain_opts *opts) {
    static const edo_drain_opts defaults = { .on_phase = NULL };
    drain d = { .parts = parts, .n = n, .opts = opts ? opts : &defaults };
    if (!drain_part_is_good(parts, n, d.opts)) return -EINVAL;
    edo_runtime_extend_shutdown(edo_runtime_current(), drain_length_of(&d));
    drain_start_all(&d);
    if (d.failure == 0) drain_say(&d, EDO_DRAIN_RUNNING, NULL);
    while (d.failure == 0 && wait_for_one(&d) > 0) continue;
    stop_all(&d);
    edoi_trail_give(d.trail);
    if (d.failure < 0) return d.failure;
    return d.has_left ? edo_fail(-ETIMEDOUT, "a part of the program did not stop") : 0;
}
