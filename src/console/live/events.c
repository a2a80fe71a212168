/* SPDX-License-Identifier: MIT */
/* console/live/events.c: see events.h. */
#include "console/live/events.h"

#include "base/assert.h"
#include "base/places.h"
#include "console/live/waits.h"
#include "runtime/look/tasks.h"

#include <stdlib.h>

#define ADDRESS_MASK UINT64_C(0xffffffffffff) /* what an event has of an address */
#define PINS_MAX     20000u                   /* tasks whose waits a look finds, about */

/* ---- Rows ------------------------------------------------------------------------------------ */

static uint64_t live_hash(uint64_t address) {
    return edoi_spread(address >> 4) >> 20;
}

static bool live_has_address(edoi_table_link *link, const void *address) {
    return ((edoi_live_task *)(void *)link)->address == *(const uint64_t *)address;
}

static edoi_live_task *live_at(const edoi_live *l, uint64_t address) {
    return (edoi_live_task *)(void *)edoi_table_find(&l->table, live_hash(address),
                                                     live_has_address, &address);
}

/* Of an ended task. */
static void live_clear(edoi_live *l, edoi_live_task *t) {
    free(t->times);
    *t = (edoi_live_task){ .id = 0 };
    l->used_n--;
    l->ended_n--;
}

static bool live_may_go(const edoi_live_task *t, uint64_t made_from) {
    return t->id != 0 && t->ended_ns != 0 && t->made_at >= made_from;
}

/* Clears the earlier half of the ended rows made at that version or later: at least one, if there
 * is any. */
static void live_clear_half(edoi_live *l, uint64_t made_from) {
    int64_t first_ns = INT64_MAX, last_ns = 0;
    for (uint32_t i = 0; i < l->tasks_max; i++) {
        const edoi_live_task *t = &l->tasks[i];
        if (!live_may_go(t, made_from)) continue;
        if (t->ended_ns < first_ns) first_ns = t->ended_ns;
        if (t->ended_ns > last_ns) last_ns = t->ended_ns;
    }
    const int64_t until_ns = first_ns + (last_ns - first_ns) / 2;
    for (uint32_t i = 0; i < l->tasks_max; i++)
        if (live_may_go(&l->tasks[i], made_from) && l->tasks[i].ended_ns <= until_ns)
            live_clear(l, &l->tasks[i]);
}

/* The table is full: rows of ended tasks give way to new ones, though some watcher has not seen the
 * end yet. Rows that no watcher knows go first. A watcher that knows the task of a row that goes
 * never sees its end. */
static void live_make_room(edoi_live *l) {
    const uint32_t before_n = l->used_n;
    if (l->ended_n == 0) return;
    live_clear_half(l, edoi_live_told_any(l));
    if (l->used_n == before_n) live_clear_half(l, 0);
    l->dropped_n += before_n - l->used_n;
    l->left_out_n += before_n - l->used_n;
}

static edoi_live_task *live_free_row(edoi_live *l) {
    if (l->used_n == l->tasks_max) live_make_room(l);
    if (l->used_n == l->tasks_max) return NULL;
    while (l->tasks[l->free_at].id != 0) l->free_at = (l->free_at + 1) % l->tasks_max;
    return &l->tasks[l->free_at];
}

/* A row for a task; NULL: there is none left, and the task is counted. */
static edoi_live_task *live_add(edoi_live *l, uint64_t address, const char *site, int64_t born_ns) {
    edoi_live_task *t = live_free_row(l);
    if (!t) {
        l->dropped_n++;
        l->left_out_n++;
        return NULL;
    }
    *t = (edoi_live_task){ .id = ++l->last_id,
                           .address = address,
                           .site = site,
                           .born_ns = born_ns,
                           .ready_ns = born_ns,
                           .made_at = l->version,
                           .changed_at = l->version,
                           .seen_at = l->looks_n };
    edoi_table_add(&l->table, &t->link, live_hash(address));
    l->used_n++;
    EDO_INV("rows inv. 1", live_at(l, address) == t);
    return t;
}

static void live_end(edoi_live *l, edoi_live_task *t, int64_t at_ns) {
    edoi_table_remove(&l->table, &t->link);
    if (t->op) edoi_live_wait_end(l, t);
    t->ended_ns = at_ns;
    l->ended_n++;
    t->changed_at = l->version;
}

edoi_live_task *edoi_live_at(const edoi_live *l, const void *task) {
    return live_at(l, (uint64_t)(uintptr_t)task & ADDRESS_MASK);
}

void edoi_live_sweep(edoi_live *l) {
    const uint64_t told = edoi_live_told_all(l);
    for (uint32_t i = 0; i < l->tasks_max && l->ended_n > 0; i++) {
        edoi_live_task *t = &l->tasks[i];
        if (t->id != 0 && t->ended_ns != 0 && t->changed_at < told) live_clear(l, t);
    }
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void on_spawn(edoi_live *l, const edoi_recorder_tapped *e) {
    edoi_live_task *before = live_at(l, e->task);
    if (before && before->is_found) { // the look came first
        before->born_ns = before->ready_ns = e->ns;
        before->began_ns = before->paused_ns = 0;
        before->changed_at = l->version;
        before->is_found = false;
        return;
    }
    if (before) live_end(l, before, e->ns); // its end was overwritten
    (void)live_add(l, e->task, edoi_recorder_tap_site(e->arg, false), e->ns);
}

static bool live_runs(const edoi_live_task *t) {
    return t->began_ns > t->paused_ns;
}

static void on_wake(edoi_live_task *t, const edoi_recorder_tapped *e) {
    t->wakes_n++;
    if ((e->arg & ADDRESS_MASK) == t->address) t->self_wakes_n++;
    t->woken_ns = e->ns;
    t->is_woken = true;
    if (t->ready_ns == 0 && !live_runs(t)) t->ready_ns = e->ns;
}

static void on_poll_begin(edoi_live_task *t, const edoi_recorder_tapped *e) {
    t->polls_n++;
    const int64_t last_ns = t->paused_ns; // two turns may be of one tick
    t->began_ns = e->ns > last_ns ? e->ns : last_ns + 1;
    t->is_woken = false;
    if (t->first_poll_ns == 0) t->first_poll_ns = e->ns;
    int64_t waited_ns = t->ready_ns != 0 && t->ready_ns < e->ns ? e->ns - t->ready_ns : 0;
    if (t->times && t->ready_ns != 0) edoi_histogram_add(&t->times->waits, (uint64_t)waited_ns);
    t->waited_ns += waited_ns;
    t->ready_ns = 0;
    t->what = NULL;
}

static void live_count_poll(edoi_live_task *t, int64_t ended_ns) {
    int64_t busy_ns = ended_ns > t->began_ns ? ended_ns - t->began_ns : 0;
    t->busy_ns += busy_ns;
    t->paused_ns = t->began_ns + busy_ns + 1; // of two equal times the end is the later one
    if (t->times) edoi_histogram_add(&t->times->polls, (uint64_t)busy_ns);
}

static void on_poll_end(edoi_live *l, edoi_live_task *t, const edoi_recorder_tapped *e) {
    if (live_runs(t)) live_count_poll(t, e->ns); // else its begin was not seen
    if (e->small == EDOI_REC_ENDED) live_end(l, t, e->ns);
    if (e->small == EDOI_REC_WAITS) {
        t->what = edoi_recorder_tap_site(e->arg, false);
        t->wait_ns = e->ns;
    }
    if (e->small != EDOI_REC_AGAIN) return;
    t->ready_ns = e->ns;
    if (t->is_woken) return; // the wake was recorded
    t->wakes_n++;
    t->self_wakes_n++;
    t->woken_ns = e->ns;
}

void edoi_live_event(edoi_live *l, const edoi_recorder_tapped *e) {
    edoi_live_task *t = e->task ? live_at(l, e->task) : NULL;
    switch (e->kind) {
    case EDOI_REC_SPAWN: on_spawn(l, e); return;
    case EDOI_REC_WAKE:
        if (t) on_wake(t, e);
        break;
    case EDOI_REC_POLL_BEGIN:
        if (t) on_poll_begin(t, e);
        break;
    case EDOI_REC_POLL_END:
        if (t) on_poll_end(l, t, e);
        break;
    default: return;
    }
    if (!t) return;
    t->changed_at = l->version;
    t->is_found = false;
}

/* ---- Looks ----------------------------------------------------------------------------------- */

typedef struct live_look {
    edoi_live *l;
    uint64_t step; /* each how many-th new one gets a row; 0: they are counted only */
    uint64_t all_n, new_n, passed_n;
} live_look;

/* What it waits for, if no event has told it. */
static void live_see_wait(const edoi_live *l, edoi_live_task *t, const edoi_task_sight *s) {
    if (!t->is_found || t->what || !s->is_pinned || !s->awaits) return;
    t->what = s->awaits;
    t->is_what_raw = true;
    t->wait_ns = s->wait_ns >= 0 ? l->now_ns - s->wait_ns : 0;
    if (t->wait_ns < t->born_ns) t->wait_ns = t->born_ns;
}

static edoi_live_task *live_find_new(edoi_live *l, uint64_t address, const edoi_task_sight *s) {
    const int64_t age_ns = s->age_ns > 0 && s->age_ns < l->now_ns ? s->age_ns : 0; // a hint
    const int64_t born_ns = l->now_ns - age_ns;
    edoi_live_task *t = live_add(l, address, s->site, born_ns);
    if (!t) return NULL;
    t->is_found = t->is_site_raw = true;
    if (s->state != EDOI_TASK_WAITS) return t;
    t->ready_ns = 0;
    t->began_ns = t->paused_ns = born_ns; // it has run before, and when is not known
    return t;
}

/* Locks are held: it takes none. */
static void live_see(void *arg, const edoi_task_sight *s) {
    live_look *look = arg;
    edoi_live *l = look->l;
    const uint64_t address = (uint64_t)(uintptr_t)s->task & ADDRESS_MASK;
    if (s->rt == l->own || s->state == EDOI_TASK_ENDED || !s->site) return;
    edoi_live_task *t = live_at(l, address);
    look->all_n++;
    if (!t) {
        const bool is_turn = look->step > 0 && look->new_n % look->step == 0;
        look->new_n++;
        if (is_turn)
            t = live_find_new(l, address, s);
        else
            look->passed_n++;
    }
    if (!t) return;
    t->seen_at = l->looks_n;
    live_see_wait(l, t, s);
}

/* Texts may only be entered in the recorder's table where no lock is held: they stay, so later will
 * do. */
static void live_know_texts(edoi_live *l) {
    for (uint32_t i = 0; i < l->tasks_max; i++) {
        edoi_live_task *t = &l->tasks[i];
        if (t->is_site_raw) t->site = edoi_recorder_tap_site((uintptr_t)t->site, true);
        if (t->is_what_raw) t->what = edoi_recorder_tap_site((uintptr_t)t->what, true);
        t->is_site_raw = t->is_what_raw = false;
    }
}

/* New tasks get rows, as far as there is room; the rest is counted. */
static void live_look_over(edoi_live *l) {
    live_look look = { .l = l };
    edoi_tasks_look_over(&(edoi_tasks_look){ .every = EDOI_PIN_NONE }, live_see, &look);
    const uint64_t room = l->tasks_max - l->used_n, new_n = look.new_n;
    look.step = room == 0 ? 0 : (new_n + room - 1) / room;
    if (look.step > 0) {
        const edoi_tasks_look how = { .every = 1 + look.all_n / PINS_MAX };
        look.new_n = look.passed_n = 0;
        edoi_tasks_look_over(&how, live_see, &look);
    }
    if (look.passed_n > l->passed_n) l->dropped_n += look.passed_n - l->passed_n;
    l->passed_n = look.passed_n;
}

void edoi_live_look(edoi_live *l) {
    l->looks_n++;
    live_look_over(l);
    live_know_texts(l);
    for (uint32_t i = 0; i < l->tasks_max; i++) {
        edoi_live_task *t = &l->tasks[i];
        bool is_gone = t->id != 0 && t->ended_ns == 0 && t->seen_at != l->looks_n;
        if (is_gone && t->born_ns < l->now_ns) live_end(l, t, l->now_ns);
    }
}
