/* SPDX-License-Identifier: MIT */
/* service/supervise.c: children that are started again.
 *
 *             start_due            ends, and is to be started again
 *     PAUSES ----------> RUNS ---------------------------------------> PAUSES
 *                         |   stopped, since another one of its group has ended
 *                         |------------------------------------------> PAUSES
 *                         |   ends, or is stopped, for good
 *                         +------------------------------------------> OVER
 *
 * inv. 1: a child has a task exactly while it RUNS. So no child runs twice: the way to another
 *         start leads over the end of its task.
 * inv. 2: of children of one group that pause, none is due before one in front of it.
 *
 * One task does all of it: it waits for the first child that ends, or pause that is over. Stops
 * happen in a shield; a cancellation is then found by the next wait. A child is a task of the
 * runtime, not of a scope, so it can be left behind. */
#include <edo/supervise.h>

#include "base/assert.h"
#include "base/error/trail.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "service/series.h"

#include <edo/context.h>
#include <edo/error.h>
#include <edo/scope.h>

#define EDO_TARGET "supervise"
#include <edo/log.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RESTARTS     5 /* within WITHIN_S */
#define RESTARTS_MAX 1000
#define WITHIN_S     30
#define STOP_MAX_S   5
#define STORIES      5 /* of failures before the last one: lines of a trail are few, error.h */
#define STORY_BYTES  112
_Static_assert(EDO_SUPERVISED_MAX < EDO_FUTURES_MAX, "one select waits for all and a pause");

/* What a child is at. */
typedef enum child_state { PAUSES, RUNS, OVER } child_state;

typedef struct supervised {
    const edo_supervised *as; /* borrowed */
    child_state state;
    edo_task *task;    /* owned; NULL: it does not run */
    edo_instant began; /* the last start */
    edo_instant due;   /* while it pauses */
    edo_backoff pauses;
    uint32_t starts_n;
    edo_task_join_future wait;      /* of its task, in one select */
    edo_counter *starts, *failures; /* the registry's; NULL: nothing is counted */
} supervised;

typedef struct supervisor {
    const edo_supervise_opts *opts;
    const char *name;
    edo_duration within;
    size_t n;
    size_t max;          /* restarts within `within`; 0: no limit */
    edo_instant *recent; /* a ring: when the last `max` were */
    uint64_t restarts_n;
    char stories[STORIES][STORY_BYTES]; /* of the failures before the last one, the oldest first */
    size_t stories_n;
    edo_future *waits[EDO_SUPERVISED_MAX + 1]; /* of one select, and which children they are of */
    supervised *waits_of[EDO_SUPERVISED_MAX];
    supervised children[];
} supervisor;

static const edo_context_key starts_key = { .name = "supervised starts",
                                            .bytes = sizeof(uint32_t) };

uint32_t edo_supervised_starts(void) {
    const uint32_t *n = edo_context_get(&starts_key);
    return n ? *n : 0;
}

/* ---- What it remembers ----------------------------------------------------------------------- */

static const char *name_or_unnamed(const char *name) {
    return name ? name : "unnamed";
}

static const char *supervised_name(const supervised *c) {
    return name_or_unnamed(c->as->name);
}

/* Of more failures than there is room for, the oldest is forgotten. */
static void supervisor_keep_story(supervisor *s, const supervised *c, int result) {
    if (s->stories_n == STORIES) {
        memmove(s->stories[0], s->stories[1], sizeof s->stories - sizeof s->stories[0]);
        s->stories_n--;
    }
    char *text = s->stories[s->stories_n++];
    int at =
        snprintf(text, STORY_BYTES, "%s, start %" PRIu32 ": ", supervised_name(c), c->starts_n);
    size_t used = at < 0 ? 0 : at < STORY_BYTES ? (size_t)at : STORY_BYTES - 1;
    if (result < 0)
        (void)edoi_trail_print_open(text + used, STORY_BYTES - used, result);
    else
        (void)snprintf(text + used, STORY_BYTES - used, "returned %d", result);
}

/* Notes a restart. Returns whether it is not one too many. */
static bool supervisor_may_restart(supervisor *s, edo_instant now) {
    if (s->max == 0) return true;
    edo_instant *oldest = &s->recent[s->restarts_n % s->max];
    if (s->restarts_n >= s->max && edo_instant_since(now, *oldest).ns <= s->within.ns) return false;
    *oldest = now;
    s->restarts_n++;
    return true;
}

static bool supervised_starts_again(const supervised *c, int result) {
    return c->as->restart == EDO_RESTART_ALWAYS ||
           (c->as->restart == EDO_RESTART_FAILED && result < 0);
}

/* ---- Starts ---------------------------------------------------------------------------------- */

static void supervised_start(supervised *c) {
    EDO_INV("supervise inv. 1", !c->task);
    c->starts_n++;
    c->began = edo_now();
    c->state = RUNS;
    if (c->starts) edo_counter_add(c->starts, 1);
    if (c->starts_n > 1)
        edo_info_kv("a child is started again", EDO_KV("child", supervised_name(c)),
                    EDO_KV("start", c->starts_n));
    EDO_CONTEXT(starts, &starts_key, &c->starts_n);
    c->task =
        edo_spawn_with(c->as->run, c->as->arg, &(edo_spawn_opts){ .name = supervised_name(c) });
}

/* ---- Stops ----------------------------------------------------------------------------------- */

/* An end that is not followed by another start. */
static void supervised_is_over(supervised *c, int result) {
    c->state = OVER;
    edoi_trail_drop(result);
}

static void supervised_note_failure(const supervised *c, int result) {
    if (result >= 0) return;
    if (c->failures) edo_counter_add(c->failures, 1);
    char why[EDO_TRAIL_TEXT_MAX];
    (void)edoi_trail_print_open(why, sizeof why, result);
    edo_warn_kv("a child has failed", EDO_KV("child", supervised_name(c)),
                EDO_KV("start", c->starts_n), EDO_KV("why", why));
}

/* Stops a child, within its bound; in a shield. Returns 0, with the child PAUSES or OVER, or
 * -ETIMEDOUT: it is left behind. */
static int supervised_stop(supervised *c) {
    edo_task *task = c->task;
    edo_duration max = c->as->stop_max.ns == 0 ? edo_s(STOP_MAX_S) : c->as->stop_max;
    edo_task_cancel(task);
    edo_deadline d;
    edo_deadline_begin(&d, max);
    (void)edo_task_wait(task);
    (void)edo_deadline_end(&d, 0);
    c->task = NULL;
    c->state = OVER;
    if (!edo_task_is_finished(task)) {
        edo_task_detach(task);
        edo_warn_kv("a child has not stopped within its bound",
                    EDO_KV("child", supervised_name(c)));
        return -ETIMEDOUT;
    }
    int result = edo_task_join(task);
    if (result != -ECANCELED) supervised_note_failure(c, result);
    edoi_trail_drop(result);
    // By its result alone: it may have ended by itself just before.
    if (supervised_starts_again(c, result)) c->state = PAUSES;
    return 0;
}

/* Stops the running children from `first` on, the last one first. Returns 0, or -ETIMEDOUT with the
 * last child that did not stop in the trail. */
static int supervisor_stop_from(supervisor *s, size_t first) {
    int err = 0;
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(-1));
    for (size_t i = s->n; i > first; i--) {
        supervised *c = &s->children[i - 1];
        if (c->state != RUNS || supervised_stop(c) == 0) continue;
        err = edo_fail(-ETIMEDOUT, "the child \"%s\" did not stop", supervised_name(c));
    }
    return edo_shield_end(&shield, err);
}

/* Stops all; `why` is what it ends with, unless a child is left behind. */
static int supervisor_end(supervisor *s, int why) {
    edoi_trail *trail = edoi_trail_take(why); // children that are stopped now would replace it
    int err = supervisor_stop_from(s, 0);
    if (err < 0 && why == -ECANCELED) why = err;
    edoi_trail_give(trail);
    return why;
}

/* ---- Restarts -------------------------------------------------------------------------------- */

/* There were too many restarts. `result` is of the last run of the child `c`. */
static int supervisor_give_up(supervisor *s, const supervised *c, int result) {
    int err = result < 0 ? result : -EDO_ECLOSED;
    edo_error_kv("too many restarts", EDO_KV("supervisor", s->name),
                 EDO_KV("child", supervised_name(c)));
    err = edo_fail(err, "%s, start %" PRIu32, supervised_name(c), c->starts_n);
    for (size_t i = s->stories_n; i-- > 0;) err = edo_fail(err, "%s", s->stories[i]);
    err = edo_fail(err, "supervisor \"%s\": more than %zu restarts within %" PRId64 " ms", s->name,
                   s->max, s->within.ns / 1000000);
    return err;
}

static edo_duration supervised_pause(const supervisor *s, supervised *c, edo_instant now) {
    if (edo_instant_since(now, c->began).ns >= s->within.ns) edo_backoff_reset(&c->pauses);
    return edo_backoff_next(&c->pauses);
}

/* A child has ended, and its group is to be started again: stops what runs of it, and lets all of
 * it pause from then on. Returns 0 or -ETIMEDOUT. */
static int supervisor_pause(supervisor *s, supervised *c) {
    edo_duration pause = supervised_pause(s, c, edo_now());
    size_t first = (size_t)(c - s->children), last = s->n;
    int err = 0;
    c->state = PAUSES;
    if (s->opts->group == EDO_RESTART_ALL) first = 0;
    if (s->opts->group == EDO_RESTART_ONE)
        last = first + 1;
    else
        err = supervisor_stop_from(s, first);
    edo_instant due = edo_instant_add(edo_now(), pause);
    for (size_t i = first; i < last; i++) {
        supervised *other = &s->children[i];
        if (other->state == PAUSES && other->due.ns < due.ns) other->due = due; // inv. 2
    }
    return err;
}

/* Its task has ended with `result`, or could not be made. Returns 0, or what the supervisor ends
 * with. */
static int supervised_has_ended(supervisor *s, supervised *c, int result) {
    edo_task_unref(c->task);
    c->task = NULL;
    c->state = OVER;
    supervised_note_failure(c, result);
    if (!supervised_starts_again(c, result)) {
        supervised_is_over(c, result);
        return 0;
    }
    if (!supervisor_may_restart(s, edo_now())) return supervisor_give_up(s, c, result);
    supervisor_keep_story(s, c, result);
    edoi_trail_drop(result);
    return supervisor_pause(s, c);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* Lists the waits for the children that run, and finds when the first pause is over. Returns how
 * many children run; `*pauses`: one pauses. */
static size_t supervisor_list_waits(supervisor *s, edo_instant *due, bool *pauses) {
    size_t n = 0;
    *pauses = false;
    for (size_t i = 0; i < s->n; i++) {
        supervised *c = &s->children[i];
        EDO_INV("supervise inv. 1", !c->task == (c->state != RUNS));
        if (c->state == PAUSES && (!*pauses || c->due.ns < due->ns)) *due = c->due;
        *pauses |= c->state == PAUSES;
        if (c->state != RUNS) continue;
        s->waits[n] = edo_task_wait_init(&c->wait, c->task);
        s->waits_of[n++] = c;
    }
    return n;
}

/* Waits until a child ends or a pause is over. Returns 0; 1: all are over; or what the supervisor
 * ends with. */
static int supervisor_wait(supervisor *s) {
    edo_sleep_future pause;
    edo_instant due = { 0 };
    bool pauses;
    size_t n = supervisor_list_waits(s, &due, &pauses);
    if (n == 0 && !pauses) return 1;
    if (pauses) s->waits[n] = edo_sleep_at_init(&pause, due);
    int which = edo_select_array(s->waits, n + pauses, EDO_SELECT_BIASED);
    if (which < 0) return which;
    if ((size_t)which == n) return 0;
    supervised *c = s->waits_of[which];
    // Of the wait: a join could be refused by a cancellation that has come since.
    return supervised_has_ended(s, c, edo_result(&c->wait));
}

/* Starts what is due, in order. A start that fails is the end of that child; the others wait for
 * the next call, as their group may pause anew. */
static int supervisor_start_due(supervisor *s) {
    edo_instant now = edo_now();
    bool one_pauses = false;
    for (size_t i = 0; i < s->n; i++) {
        supervised *c = &s->children[i];
        if (c->state == PAUSES && c->due.ns <= now.ns) {
            EDO_INV("supervise inv. 2", s->opts->group == EDO_RESTART_ONE || !one_pauses);
            supervised_start(c);
            if (!c->task) return supervised_has_ended(s, c, edo_task_join(NULL)); // the code
        }
        one_pauses |= c->state == PAUSES;
    }
    return 0;
}

static int supervisor_run(supervisor *s) {
    int err = 0;
    while (err == 0) {
        err = supervisor_start_due(s);
        if (err == 0) err = supervisor_wait(s);
    }
    return err > 0 ? 0 : supervisor_end(s, err);
}

/* ---- Begin and end --------------------------------------------------------------------------- */

static bool supervise_is_good(const edo_supervised *children, size_t n,
                              const edo_supervise_opts *o) {
    if (n == 0 || n > EDO_SUPERVISED_MAX || o->restarts_max > RESTARTS_MAX) return false;
    if ((unsigned)o->group > EDO_RESTART_REST || o->within.ns < 0) return false;
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return false;
    for (size_t i = 0; i < n; i++) {
        const edo_supervised *c = &children[i];
        if (!c->run || (unsigned)c->restart > EDO_RESTART_NEVER) return false;
        if (!edoi_all_zero(c->reserved, EDO_COUNT(c->reserved))) return false;
    }
    return true;
}

static int supervised_add_counter(const supervisor *s, const supervised *c, edo_counter **out,
                                  const char *metric, const char *help) {
    return edoi_series_counter(out, s->opts->metrics,
                               &(edoi_series_of){ .metric = metric,
                                                  .help = help,
                                                  .labels = "supervisor child",
                                                  .name = s->name,
                                                  .value = supervised_name(c) });
}

static int supervised_init(const supervisor *s, supervised *c, const edo_supervised *as) {
    *c = (supervised){ .as = as, .state = PAUSES };
    int err = edo_backoff_init(&c->pauses, &s->opts->backoff);
    if (err < 0 || !s->opts->metrics) return err;
    err = supervised_add_counter(s, c, &c->starts, "edo.supervised.starts",
                                 "Starts of supervised tasks.");
    return err < 0 ? err
                   : supervised_add_counter(s, c, &c->failures, "edo.supervised.failures",
                                            "Failures of supervised tasks.");
}

static int supervisor_init(supervisor *s, const edo_supervised *children) {
    int err = 0;
    if (s->max > 0) s->recent = edoi_calloc(s->max, sizeof *s->recent);
    if (s->max > 0 && !s->recent) return -ENOMEM;
    for (size_t i = 0; i < s->n && err == 0; i++)
        err = supervised_init(s, &s->children[i], &children[i]);
    return err;
}

int edo_supervise(const edo_supervised *children, size_t n, const edo_supervise_opts *opts) {
    static const edo_supervise_opts defaults = { .name = NULL };
    if (!opts) opts = &defaults;
    if (!supervise_is_good(children, n, opts)) return -EINVAL;
    supervisor *s = edoi_calloc(1, sizeof *s + n * sizeof s->children[0]);
    if (!s) return -ENOMEM;
    s->opts = opts;
    s->name = name_or_unnamed(opts->name);
    s->within = opts->within.ns > 0 ? opts->within : edo_s(WITHIN_S);
    s->n = n;
    s->max = opts->restarts_max > 0   ? (size_t)opts->restarts_max
             : opts->restarts_max < 0 ? 0
                                      : RESTARTS;
    edoi_trail_kept kept = edoi_trail_keep();
    int err = supervisor_init(s, children);
    if (err == 0) err = supervisor_run(s);
    edoi_free(s->recent);
    edoi_free(s);
    return edoi_trail_kept_end(kept, err);
}
