/* SPDX-License-Identifier: MIT */
/* console/live/live.c: see live.h. */
#include "console/live/live.h"

#include "base/assert.h"
#include "console/live/events.h"
#include "console/live/waits.h"
#include "console/settings/clock.h"
#include "runtime/control/recorder.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/task.h>
#include <edo/value.h>

#include <errno.h>
#include <stdlib.h>

#define LOOK_EVERY_NS INT64_C(5000000000)
#define LOOK_RESTS    10  /* the pause after a look, as a multiple of its time of a processor */
#define TIMES_MAX     64u /* tasks whose times are kept */
#define WATCHERS_MAX  32u /* a message to each has up to 4 MiB */
#define PAUSE_MIN_NS  INT64_C(2000000)
#define PAUSE_MAX_NS  INT64_C(100000000)
#define PAUSE_NS      INT64_C(20000000) /* at first */

void edoi_live_init(edoi_live *l, uint32_t tasks_max) {
    *l = (edoi_live){ .tasks_max = tasks_max, .version = 1, .paused = EDO_NOTIFY_INIT };
    LIST_INIT(&l->watchers);
}

/* ---- The memory ------------------------------------------------------------------------------ */

static void live_free(edoi_live *l) {
    for (uint32_t i = 0; l->tasks && i < l->tasks_max; i++) free(l->tasks[i].times);
    edoi_recorder_tap_free(l->tap);
    free(l->tasks);
    free(l->ops);
    free(l->resources);
    free(l->chains);
    l->tap = NULL;
    l->tasks = NULL;
    l->ops = NULL;
    l->resources = NULL;
    l->chains = NULL;
}

static int live_alloc(edoi_live *l) {
    const size_t chains_n = edoi_table_chains_for(l->tasks_max, 64);
    l->tasks = calloc(l->tasks_max, sizeof *l->tasks);
    l->chains = calloc(chains_n, sizeof *l->chains);
    l->ops = calloc(l->tasks_max, sizeof *l->ops);
    l->resources = calloc(EDOI_LIVE_RESOURCES, sizeof *l->resources);
    if (!l->tasks || !l->chains || !l->ops || !l->resources) return -ENOMEM;
    edoi_table_init(&l->table, l->chains, chains_n);
    l->free_at = l->used_n = l->ended_n = l->op_free_at = l->ops_n = 0;
    l->dropped_n = l->lost_n = l->passed_n = l->left_out_n = 0;
    l->has_said = false;
    return 0;
}

/* ---- Reading the rings ----------------------------------------------------------------------- */

/* Returns how many events there were. */
static uint64_t live_read(edoi_live *l) {
    edoi_recorder_tapped e;
    uint64_t n = 0;
    edoi_recorder_tap_turn(l->tap);
    l->now_ns = edoi_console_clock_ns(CLOCK_MONOTONIC); // no event of this turn is later
    for (; edoi_recorder_tap_next(l->tap, &e); n++) edoi_live_event(l, &e);
    l->dropped_n += edoi_recorder_tap_lost(l->tap) - l->lost_n;
    l->lost_n = edoi_recorder_tap_lost(l->tap);
    return n;
}

/* A million tasks, or clients that come and go, cost a tenth of a core at most. */
static void live_look(edoi_live *l) {
    const int64_t began_ns = edoi_console_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    edoi_live_look(l);
    const int64_t took_ns = edoi_console_clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns;
    const int64_t ended_ns = edoi_console_clock_ns(CLOCK_MONOTONIC), rest_ns = LOOK_RESTS * took_ns;
    l->rests_until_ns = ended_ns + rest_ns;
    l->look_due_ns = ended_ns + LOOK_EVERY_NS;
    if (l->look_due_ns < l->rests_until_ns) l->look_due_ns = l->rests_until_ns;
}

void edoi_live_turn(edoi_live *l) {
    (void)live_read(l);
    if (l->now_ns >= l->look_due_ns) live_look(l);
    edoi_live_waits_turn(l);
}

/* Once, until all watchers have gone. */
static void live_say_left_out(edoi_live *l) {
    if (l->has_said || l->left_out_n == 0) return;
    l->has_said = true;
    edo_log_event(EDO_LEVEL_WARN, "edo.console",
                  (EDO_KV("rows", l->tasks_max), EDO_KV("left_out", l->left_out_n)),
                  "the console leaves tasks out: more come than its clients are told of in time");
}

/* Reads often enough that a ring is never more than a quarter full, and no more often. */
static int live_pump(void *arg) {
    edoi_live *l = arg;
    int64_t pause_ns = PAUSE_NS;
    int err = 0;
    while (err == 0 && !LIST_EMPTY(&l->watchers)) { // perhaps others than at its beginning
        uint64_t n = live_read(l), room = edoi_recorder_tap_room();
        edoi_live_sweep(l);
        edoi_live_waits_sweep(l);
        live_say_left_out(l);
        if (n > room / 4 && pause_ns > PAUSE_MIN_NS) pause_ns /= 2;
        if (n < room / 16 && pause_ns < PAUSE_MAX_NS) pause_ns *= 2;
        err = edo_sleep(edo_ns(pause_ns));
    }
    l->is_read = false;
    return 0;
}

/* ---- Watchers -------------------------------------------------------------------------------- */

static void live_say_sample(const edoi_live *l) {
    if (l->passed_n == 0) return;
    edo_log_event(EDO_LEVEL_WARN, "edo.console",
                  (EDO_KV("followed", l->used_n), EDO_KV("passed_over", l->passed_n)),
                  "there are too many tasks: the console shows some of them");
}

static int live_record(edoi_live *l) {
    int err = edoi_recorder_tap_begin();
    if (err < 0) return err;
    err = edoi_recorder_tap_new(&l->tap, edo_runtime_id(l->own));
    if (err < 0) edoi_recorder_tap_end();
    return err;
}

static int live_begin(edoi_live *l) {
    int err = live_alloc(l);
    if (err == 0) err = live_record(l);
    if (err < 0) {
        live_free(l);
        return err;
    }
    l->now_ns = edoi_console_clock_ns(CLOCK_MONOTONIC);
    l->wall_ns = edoi_console_clock_ns(CLOCK_REALTIME) - l->now_ns;
    live_look(l);
    live_say_sample(l);
    return 0;
}

static void live_stop(edoi_live *l) {
    edoi_recorder_tap_end();
    live_free(l);
}

/* The first watcher begins with a look, which may not be due yet. */
static int live_wait_rest(const edoi_live *l) {
    int err = 0;
    while (err == 0 && LIST_EMPTY(&l->watchers)) {
        const int64_t rest_ns = l->rests_until_ns - edoi_console_clock_ns(CLOCK_MONOTONIC);
        if (rest_ns <= 0) break;
        err = edo_sleep(edo_ns(rest_ns));
    }
    return err;
}

int edoi_live_enter(edoi_live *l, edoi_live_watcher *w) {
    int err = live_wait_rest(l);
    if (err == 0 && l->watchers_n == WATCHERS_MAX) err = -EDQUOT;
    if (err == 0 && LIST_EMPTY(&l->watchers)) err = live_begin(l);
    if (err < 0) return err;
    *w = (edoi_live_watcher){ .from = 0 };
    LIST_INSERT_HEAD(&l->watchers, w, next);
    l->watchers_n++;
    if (!l->is_read) err = edo_spawn_detached(live_pump, l);
    if (err < 0) {
        edoi_live_leave(l, w);
        return err;
    }
    l->is_read = true;
    return 0;
}

void edoi_live_leave(edoi_live *l, edoi_live_watcher *w) {
    LIST_REMOVE(w, next);
    l->watchers_n--;
    if (!LIST_EMPTY(&l->watchers)) return;
    live_stop(l);
    edoi_live_set_paused(l, false); // else the next one would be told nothing, and not why
}

void edoi_live_set_paused(edoi_live *l, bool is_paused) {
    if (l->is_paused == is_paused) return;
    l->is_paused = is_paused;
    edo_notify_all(&l->paused);
}

void edoi_live_told(edoi_live *l, edoi_live_watcher *w) {
    w->from = ++l->version;
    w->dropped_n = l->dropped_n;
}

/* ---- Times of a task ------------------------------------------------------------------------- */

edoi_live_task *edoi_live_find(edoi_live *l, uint64_t id) {
    for (uint32_t i = 0; id != 0 && i < l->tasks_max; i++)
        if (l->tasks[i].id == id) return &l->tasks[i];
    return NULL;
}

static uint32_t live_times_n(const edoi_live *l) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->tasks_max; i++) n += l->tasks[i].times != NULL;
    return n;
}

int edoi_live_times_begin(edoi_live *l, edoi_live_task *t) {
    if (!t->times && live_times_n(l) >= TIMES_MAX) return -EDQUOT;
    if (!t->times) t->times = calloc(1, sizeof *t->times);
    if (!t->times) return -ENOMEM;
    t->times->watchers_n++;
    return 0;
}

void edoi_live_times_end(edoi_live_task *t) {
    if (!t->times || --t->times->watchers_n > 0) return;
    free(t->times);
    t->times = NULL;
}
