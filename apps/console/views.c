/* SPDX-License-Identifier: MIT */
/* apps/console/views.c: see views.h. */
#include "views.h"

#include <inttypes.h>
#include <string.h>

const view_kind view_kinds[VIEWS_N] = {
    [VIEW_TASKS] = { "tasks", "Tasks", 't' },
    [VIEW_SITES] = { "sites", "Sites", 's' },
    [VIEW_LOCKS] = { "locks", "Locks", 'o' },
    [VIEW_CHANNELS] = { "channels", "Channels", 'c' },
    [VIEW_CONNECTIONS] = { "connections", "Connections", 'n' },
    [VIEW_OPEN] = { "open", "All open", 'a' },
    [VIEW_WORKERS] = { "workers", "Workers", 'w' },
};

#define TABLE(t, arena, columns, sort, n)                                                          \
    table_begin((t), (arena), (columns), EDO_COUNT(columns), (sort), (n))

static const edo_str nothing = { NULL, 0 };

/* A name that edo has made is "function at file:line": each goes to its own column. */
static edo_str view_name(edo_str site, edo_str *location) {
    const char *at = site.len > 4 ? memmem(site.ptr, site.len, " at ", 4) : NULL;
    const size_t n = at ? (size_t)(at - site.ptr) : site.len;
    *location = at ? (edo_str){ at + 4, site.len - n - 4 } : nothing;
    return (edo_str){ site.ptr, n };
}

static edo_str id_text(edo_arena *arena, uint64_t id) {
    return edo_arena_print(arena, "%" PRIx64, id);
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

static const char *const state_signs[] = { "‖ WAIT", "▶ RUN", "▲ QUEUE", "■ DONE" };
static const char *const state_words[] = { "WAIT", "RUN", "QUEUE", "DONE" };

static edo_str state_text(edo_console_v1_task_state_ state, bool is_ascii) {
    const uint32_t at = (uint32_t)state < EDO_COUNT(state_words) ? (uint32_t)state : 0;
    return edo_str_of((is_ascii ? state_words : state_signs)[at]);
}

bool view_is_in_cycle(const edoi_look_update *u, uint64_t task) {
    for (size_t i = 0; task != 0 && i < u->cycles_n; i++)
        for (size_t j = 0; j < u->cycles[i].edges_n; j++)
            if (u->cycles[i].edges[j].task == task) return true;
    return false;
}

/* ---- Warnings -------------------------------------------------------------------------------- */

#define HELD_TENTHS_MAX 10 /* for which a lock is held over a wait without a warning */
#define LONG_POLL_MS    500

static const edoi_look_runtime *runtime_of(const edoi_look_update *u, uint64_t id) {
    for (size_t i = 0; u && i < u->runtimes_n; i++)
        if (u->runtimes[i].id == id) return &u->runtimes[i];
    return NULL;
}

/* NULL: it was not there. */
static const edoi_look_worker *worker_of(const edoi_look_runtime *rt, size_t at) {
    return rt && at < rt->workers_n ? &rt->workers[at] : NULL;
}

/* Has a worker been in one poll since the look before? So long its other tasks have waited. */
static bool is_long_poll(const looks *l, uint64_t runtime, int64_t at) {
    const edoi_look_update *u = looks_now(l), *before = looks_before(l);
    if (!before || at < 0 || u->at_ms - before->at_ms < LONG_POLL_MS) return false;
    const edoi_look_worker *w = worker_of(runtime_of(u, runtime), (size_t)at);
    const edoi_look_worker *b = worker_of(runtime_of(before, runtime), (size_t)at);
    return w && b && w->state == EDO_CONSOLE_V1_POLLS_ && b->state == w->state &&
           w->polls == b->polls && edo_str_equal(w->task, b->task);
}

/* Does a task hold a lock for long while it waits? */
static bool holds_and_waits(const edoi_look_update *u, const edoi_look_task *k) {
    if (k->state != EDO_CONSOLE_V1_WAITS_ || k->id == 0) return false;
    for (size_t i = 0; i < u->locks_n; i++)
        for (size_t j = 0; j < u->locks[i].holders_n; j++) {
            const edoi_look_holder *h = &u->locks[i].holders[j];
            if (h->task == k->id && h->tenths >= HELD_TENTHS_MAX) return true;
        }
    return false;
}

/* What is wrong with a task, in a word: the worst. */
static edo_str task_warning(const looks *l, const edoi_look_task *k, screen_look *how) {
    const edoi_look_update *u = looks_now(l);
    *how = LOOK_BAD;
    if (view_is_in_cycle(u, k->id)) return EDO_STR("deadlock");
    *how = LOOK_WARN;
    if (k->state == EDO_CONSOLE_V1_RUNS_ && is_long_poll(l, k->runtime, k->worker))
        return EDO_STR("long poll");
    if (holds_and_waits(u, k)) return EDO_STR("has lock");
    if (k->cancelled) return EDO_STR("cancel");
    *how = k->state == EDO_CONSOLE_V1_RUNS_ ? LOOK_GOOD : LOOK_PLAIN;
    return nothing;
}

/* ---- The table of tasks ---------------------------------------------------------------------- */

static void tasks_table(table *t, const looks *l, edo_arena *arena, bool is_ascii) {
    static const column columns[] = { { "Warn", 9, false },  { "ID", 12, false },
                                      { "State", 7, false }, { "Name", 0, false },
                                      { "Age", 7, true },    { "Waits", 7, true },
                                      { "For", 0, false },   { "Location", 0, false } };
    const edoi_look_update *u = looks_now(l);
    if (!TABLE(t, arena, columns, 4, u->tasks_n)) return;
    for (size_t i = 0; i < u->tasks_n; i++) {
        const edoi_look_task *k = &u->tasks[i];
        table_row *r = table_add(t);
        edo_str location;
        r->id = id_text(arena, k->id);
        r->fields[0] = field_text(task_warning(l, k, &r->look));
        r->fields[1] = field_text(r->id);
        r->fields[2] = field_text(state_text(k->state, is_ascii));
        r->fields[3] = field_text(view_name(k->name, &location));
        r->fields[4] = field_tenths(arena, k->age_tenths);
        r->fields[5] = field_tenths(arena, k->wait_tenths);
        r->fields[6] = field_text(k->detail.len > 0 ? k->detail : k->awaits);
        r->fields[7] = field_text(k->place.len > 0 ? k->place : location);
    }
}

/* What most of its tasks wait for. */
static const edoi_look_await *site_await(const edoi_look_site *site) {
    const edoi_look_await *most = NULL;
    for (size_t i = 0; i < site->awaits_n; i++)
        if (!most || site->awaits[i].n > most->n) most = &site->awaits[i];
    return most;
}

/* Tasks of that name: several sites may have it. */
static uint64_t site_total(const edoi_look_update *u, edo_str name) {
    uint64_t n = 0;
    for (size_t i = 0; i < u->sites_n; i++)
        if (edo_str_equal(u->sites[i].name, name)) n += u->sites[i].n;
    return n;
}

static void sites_table(table *t, const looks *l, edo_arena *arena) {
    static const column columns[] = { { "Tasks", 9, true },  { "+/-", 6, true },
                                      { "Run", 5, true },    { "Queue", 5, true },
                                      { "Done", 5, true },   { "Name", 0, false },
                                      { "Oldest", 7, true }, { "Most wait for", 0, false },
                                      { "Longest", 7, true } };
    const edoi_look_update *u = looks_now(l), *before = looks_before(l);
    if (!TABLE(t, arena, columns, 0, u->sites_n)) return;
    for (size_t i = 0; i < u->sites_n; i++) {
        const edoi_look_site *site = &u->sites[i];
        const edoi_look_await *most = site_await(site);
        const int64_t more =
            before ? (int64_t)(site_total(u, site->name) - site_total(before, site->name)) : 0;
        table_row *r = table_add(t);
        r->id = site->name;
        r->look = more > 0 ? LOOK_WARN : LOOK_PLAIN;
        r->fields[0] = field_number(arena, site->n);
        r->fields[1].number = more;
        if (more != 0) r->fields[1].text = edo_arena_print(arena, "%+" PRId64, more);
        r->fields[2] = field_number(arena, site->runs);
        r->fields[3] = field_number(arena, site->queued);
        r->fields[4] = field_number(arena, site->ended);
        r->fields[5] = field_text(site->name);
        r->fields[6] = field_tenths(arena, site->oldest_tenths);
        if (!most) continue;
        r->fields[7] = field_text(most->what);
        r->fields[8] = field_tenths(arena, most->oldest_tenths);
    }
}

/* ---- Locks ----------------------------------------------------------------------------------- */

static const char *holder_word(const edoi_look_holder *h) {
    switch (h->state) {
    case EDO_CONSOLE_V1_HAS_ENDED_: return "ended";
    case EDO_CONSOLE_V1_WAS_GIVEN_: return "given";
    case EDO_CONSOLE_V1_HOLDS_: break;
    }
    return "";
}

static screen_look lock_look(const edoi_look_update *u, const edoi_look_lock *k) {
    for (size_t i = 0; i < k->holders_n; i++)
        if (k->holders[i].state == EDO_CONSOLE_V1_HAS_ENDED_) return LOOK_BAD;
    for (size_t i = 0; i < k->waiters_n; i++)
        if (view_is_in_cycle(u, k->waiters[i].task)) return LOOK_BAD;
    return k->waiters_all > 0 ? LOOK_WARN : LOOK_PLAIN;
}

static edo_str holders_text(edo_arena *arena, const edoi_look_lock *k) {
    const edo_str first = k->holders[0].name;
    if (k->holders_n == 1) return first;
    return edo_arena_print(arena, "%.*s and %s%zu more", (int)first.len,
                           first.len > 0 ? first.ptr : "",
                           k->holders_n < VIEW_HOLDERS_MAX ? "" : "at least ", k->holders_n - 1);
}

static void locks_table(table *t, const looks *l, edo_arena *arena) {
    static const column columns[] = { { "Waiters", 7, true },  { "Longest", 7, true },
                                      { "Lock", 14, false },   { "Held by", 0, false },
                                      { "State", 6, false },   { "Held", 7, true },
                                      { "Taken at", 0, false } };
    const edoi_look_update *u = looks_now(l);
    if (!TABLE(t, arena, columns, 0, u->locks_n)) return;
    for (size_t i = 0; i < u->locks_n; i++) {
        const edoi_look_lock *k = &u->locks[i];
        int32_t longest = -1;
        table_row *r = table_add(t);
        for (size_t j = 0; j < k->waiters_n; j++)
            if (k->waiters[j].tenths > longest) longest = k->waiters[j].tenths;
        r->id = k->address;
        r->look = lock_look(u, k);
        r->fields[0] = field_number(arena, k->waiters_all);
        r->fields[1] = field_tenths(arena, longest);
        r->fields[2] = field_text(k->address);
        if (k->holders_n == 0) continue;
        r->fields[3] = field_text(holders_text(arena, k));
        r->fields[4] = field_text(edo_str_of(holder_word(&k->holders[0])));
        r->fields[5] = field_tenths(arena, k->holders[0].tenths);
        r->fields[6] = field_text(k->holders[0].taken_at);
    }
}

/* ---- What is open ---------------------------------------------------------------------------- */

static bool open_is_of(view v, const edoi_look_open *o) {
    if (v == VIEW_CHANNELS) return o->group == EDO_CONSOLE_V1_CHANNEL_;
    if (v == VIEW_CONNECTIONS)
        return o->group == EDO_CONSOLE_V1_CONNECTION_ || o->group == EDO_CONSOLE_V1_POOL_;
    return true;
}

static const edoi_look_open *open_before(const edoi_look_update *before, const edoi_look_open *o) {
    for (size_t i = 0; before && i < before->open_n; i++) {
        const edoi_look_open *b = &before->open[i];
        if (edo_str_equal(b->kind, o->kind) && edo_str_equal(b->name, o->name) &&
            edo_str_equal(b->state, o->state))
            return b;
    }
    return NULL;
}

static void open_table(table *t, view v, const looks *l, edo_arena *arena) {
    static const column columns[] = { { "N", 8, true },       { "+/-", 6, true },
                                      { "Kind", 17, false },  { "Name", 0, false },
                                      { "State", 0, false },  { "Values", 8, true },
                                      { "Most", 6, true },    { "Limit", 6, true },
                                      { "Waiters", 7, true }, { "Oldest", 7, true } };
    const edoi_look_update *u = looks_now(l);
    if (!TABLE(t, arena, columns, v == VIEW_CHANNELS ? 5 : 0, u->open_n)) return;
    for (size_t i = 0; i < u->open_n; i++) {
        const edoi_look_open *o = &u->open[i], *b = open_before(looks_before(l), o);
        const int64_t more = b ? (int64_t)(o->n + o->values - b->n - b->values) : 0;
        table_row *r = open_is_of(v, o) ? table_add(t) : NULL;
        if (!r) continue;
        r->id = edo_arena_print(arena, "%.*s/%.*s/%.*s", (int)o->kind.len,
                                o->kind.len > 0 ? o->kind.ptr : "", (int)o->name.len,
                                o->name.len > 0 ? o->name.ptr : "", (int)o->state.len,
                                o->state.len > 0 ? o->state.ptr : "");
        r->look = o->limit > 0 && o->most >= o->limit ? LOOK_BAD
                  : more > 0                          ? LOOK_WARN
                                                      : LOOK_PLAIN;
        r->fields[0] = field_number(arena, o->n);
        r->fields[1].number = more;
        if (more != 0) r->fields[1].text = edo_arena_print(arena, "%+" PRId64, more);
        r->fields[2] = field_text(o->kind);
        r->fields[3] = field_text(o->name);
        r->fields[4] = field_text(o->state);
        if (o->values > 0) r->fields[5] = field_number(arena, o->values);
        if (o->most > 0) r->fields[6] = field_number(arena, o->most);
        if (o->limit > 0) r->fields[7] = field_number(arena, o->limit);
        if (o->waiting > 0) r->fields[8] = field_number(arena, o->waiting);
        r->fields[9] = field_tenths(arena, o->oldest_tenths);
    }
}

/* ---- Workers --------------------------------------------------------------------------------- */

static const char *const worker_words[] = { "sleeps", "turns", "polls", "in place", "no thread" };

/* What a total has become more, in a second. */
static field worker_rate(edo_arena *arena, uint64_t now, uint64_t before, int64_t ms) {
    return field_number(arena, ms > 0 && now >= before ? (now - before) * 1000 / (uint64_t)ms : 0);
}

static void state_put(table_row *r, const edoi_look_worker *w, bool is_long) {
    const uint32_t state = (uint32_t)w->state < EDO_COUNT(worker_words) ? (uint32_t)w->state : 0;
    r->look = is_long ? LOOK_WARN : w->state == EDO_CONSOLE_V1_POLLS_ ? LOOK_GOOD : LOOK_PLAIN;
    r->fields[1] = field_text(edo_str_of(is_long ? "long poll" : worker_words[state]));
}

static void worker_row(table_row *r, const edoi_look_worker *w, const edoi_look_worker *b,
                       int64_t ms, edo_arena *arena) {
    r->fields[2] = field_number(arena, w->depth);
    r->fields[3] = field_number(arena, w->fibers);
    r->fields[4] = field_number(arena, w->timers);
    r->fields[10] = field_text(w->task);
    if (!b || ms <= 0) return;
    const uint64_t busy_ns = w->busy_ns >= b->busy_ns ? w->busy_ns - b->busy_ns : 0;
    const int64_t percent = (int64_t)(busy_ns / (uint64_t)ms / 10000);
    r->fields[5].number = percent < 100 ? percent : 100; // a turn is counted when it ends
    r->fields[5].text = edo_arena_print(arena, "%" PRId64 "%%", r->fields[5].number);
    r->fields[6] = worker_rate(arena, w->polls, b->polls, ms);
    r->fields[7] = worker_rate(arena, w->parks, b->parks, ms);
    r->fields[8] = worker_rate(arena, w->stolen, b->stolen, ms);
    r->fields[9] = worker_rate(arena, w->overflows, b->overflows, ms);
}

static void workers_table(table *t, const looks *l, edo_arena *arena) {
    static const column columns[] = { { "Worker", 0, false },  { "State", 9, false },
                                      { "Queue", 6, true },    { "Fibers", 7, true },
                                      { "Timers", 6, true },   { "Busy", 5, true },
                                      { "Polls/s", 8, true },  { "Parks/s", 7, true },
                                      { "Stolen/s", 8, true }, { "Over/s", 6, true },
                                      { "Polls", 0, false } };
    const edoi_look_update *u = looks_now(l), *before = looks_before(l);
    const int64_t ms = before ? u->at_ms - before->at_ms : 0;
    size_t n = 0;
    for (size_t i = 0; i < u->runtimes_n; i++) n += u->runtimes[i].workers_n;
    if (!TABLE(t, arena, columns, 0, n)) return;
    for (size_t i = 0; i < u->runtimes_n; i++) {
        const edoi_look_runtime *rt = &u->runtimes[i];
        for (size_t j = 0; j < rt->workers_n; j++) {
            table_row *r = table_add(t);
            r->id = edo_arena_print(arena, "%" PRIu64 " %.*s %3zu", rt->id, (int)rt->name.len,
                                    rt->name.len > 0 ? rt->name.ptr : "", j);
            r->fields[0] = field_text(r->id);
            state_put(r, &rt->workers[j], is_long_poll(l, rt->id, (int64_t)j));
            worker_row(r, &rt->workers[j], worker_of(runtime_of(before, rt->id), j), ms, arena);
        }
    }
}

uint64_t view_rest(view v, const edoi_look_update *u) {
    switch (v) {
    case VIEW_TASKS: return u->tasks_all > u->tasks_n ? u->tasks_all - u->tasks_n : 0;
    case VIEW_SITES: return u->sites_rest;
    case VIEW_LOCKS: return u->locks_rest;
    case VIEW_CHANNELS:
    case VIEW_CONNECTIONS:
    case VIEW_OPEN: return u->open_rest;
    case VIEW_WORKERS:
    case VIEWS_N: break;
    }
    return 0;
}

void view_table(table *t, view v, const looks *l, edo_arena *arena, bool is_ascii) {
    *t = (table){ .rows_n = 0 };
    switch (v) {
    case VIEW_TASKS: tasks_table(t, l, arena, is_ascii); break;
    case VIEW_SITES: sites_table(t, l, arena); break;
    case VIEW_LOCKS: locks_table(t, l, arena); break;
    case VIEW_CHANNELS:
    case VIEW_CONNECTIONS:
    case VIEW_OPEN: open_table(t, v, l, arena); break;
    case VIEW_WORKERS: workers_table(t, l, arena); break;
    case VIEWS_N: break;
    }
}
