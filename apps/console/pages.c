/* SPDX-License-Identifier: MIT */
/* apps/console/pages.c: see pages.h. */
#include "pages.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#define STR(s) (int)(s).len, (s).len > 0 ? (s).ptr : ""

bool page_begin(page *p, edo_arena *arena, bool is_ascii) {
    *p = (page){ .arena = arena, .is_ascii = is_ascii };
    p->lines = edo_arena_alloc(arena, PAGE_LINES_MAX * sizeof *p->lines);
    return p->lines != NULL;
}

void page_add(page *p, screen_look look, const char *format, ...) {
    char text[2 * SCREEN_COLS_MAX];
    va_list args;
    if (!p->lines || p->n == PAGE_LINES_MAX) return;
    va_start(args, format);
    const int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    const char *copy = edo_arena_copy(p->arena, text, len);
    p->lines[p->n++] = (page_line){ { copy, copy ? len : 0 }, look };
}

/* "3.1 s"; "an unknown time" */
static const char *page_time(page *p, int32_t tenths) {
    const char *text = "an unknown time";
    if (tenths >= 0)
        text = edo_arena_print(p->arena, "%d.%d s", (int)(tenths / 10), (int)(tenths % 10)).ptr;
    return text ? text : "";
}

/* ---- Cycles ---------------------------------------------------------------------------------- */

/* What an edge waits for, and what that has to do with the task of the next one. */
static void edge_add(page *p, const char *bar, const edoi_look_edge *e,
                     const edoi_look_edge *next) {
    const edo_str whose = next->name.len > 0 ? next->name : EDO_STR("a task without a name");
    page_add(p, LOOK_PLAIN, "%s     waits %s for %.*s", bar, page_time(p, e->tenths), STR(e->what));
    switch (e->kind) {
    case EDO_CONSOLE_V1_LOCK_:
        page_add(p, LOOK_PLAIN, "%s     of %.*s, which %.*s took%s%.*s", bar, STR(e->object),
                 STR(whose), e->taken_at.len > 0 ? " at " : "", STR(e->taken_at));
        break;
    case EDO_CONSOLE_V1_PERMITS_:
        page_add(p, LOOK_PLAIN, "%s     of whose permits %.*s took one%s%.*s", bar, STR(whose),
                 e->taken_at.len > 0 ? " at " : "", STR(e->taken_at));
        break;
    case EDO_CONSOLE_V1_BEHIND_:
        page_add(p, LOOK_PLAIN, "%s     of %.*s, behind %.*s", bar, STR(e->object), STR(whose));
        break;
    case EDO_CONSOLE_V1_JOIN_: page_add(p, LOOK_PLAIN, "%s     of %.*s", bar, STR(whose)); break;
    case EDO_CONSOLE_V1_SCOPE_:
        page_add(p, LOOK_PLAIN, "%s     whose child %.*s is", bar, STR(whose));
        break;
    case EDO_CONSOLE_V1_PEER_:
        page_add(p, LOOK_PLAIN, "%s     of %.*s, whose other end %.*s uses", bar, STR(e->object),
                 STR(whose));
        break;
    }
}

/* The one for which edge `i` waits. Of a long cycle the last one that is told waits for one that is
 * not. */
static const edoi_look_edge *edge_behind(const edoi_look_cycle *c, size_t i) {
    static const edoi_look_edge left_out = { .name = { "one of the others", 17 } };
    if (i + 1 < c->edges_n) return &c->edges[i + 1];
    return c->n > c->edges_n ? &left_out : &c->edges[0];
}

static void cycle_add(page *p, const edoi_look_cycle *c) {
    const char *bar = p->is_ascii ? "|" : "│";
    if (c->n == 1)
        page_add(p, LOOK_BAD, "A task waits for itself:");
    else
        page_add(p, LOOK_BAD, "%u tasks wait for each other:", (unsigned)c->n);
    for (size_t i = 0; i < c->edges_n; i++) {
        const edoi_look_edge *e = &c->edges[i];
        const char *begin = i > 0 ? "  " : p->is_ascii ? "->" : "─▶";
        const char *corner = i > 0 ? bar : p->is_ascii ? "+" : "╭";
        page_add(p, LOOK_TITLE, "%s%s %.*s  (task %" PRIx64 ")", corner, begin, STR(e->name),
                 e->task);
        edge_add(p, bar, e, edge_behind(c, i));
        if (i + 1 < c->edges_n) page_add(p, LOOK_PLAIN, "%s     %s", bar, p->is_ascii ? "v" : "▼");
    }
    if (c->n > c->edges_n)
        page_add(p, LOOK_DIM, "%s     %u more", bar, (unsigned)(c->n - c->edges_n));
    page_add(p, LOOK_PLAIN, "%s", p->is_ascii ? "+------" : "╰──────");
    page_add(p, LOOK_PLAIN, "%s", "");
}

static bool cycle_has(const edoi_look_cycle *c, uint64_t task, edo_str object) {
    for (size_t i = 0; i < c->edges_n; i++)
        if ((task != 0 && c->edges[i].task == task) ||
            (object.len > 0 && edo_str_equal(c->edges[i].object, object)))
            return true;
    return task == 0 && object.len == 0;
}

void page_add_cycles(page *p, const edoi_look_update *u, uint64_t task) {
    for (size_t i = 0; i < u->cycles_n; i++)
        if (cycle_has(&u->cycles[i], task, (edo_str){ NULL, 0 })) cycle_add(p, &u->cycles[i]);
}

void page_add_found(page *p, const edoi_look_update *u) {
    const struct {
        uint64_t n;
        const char *what;
    } rows[] = {
        { u->found ? u->found->deadlocks : 0, "Deadlocks" },
        { u->found ? u->found->abandoned : 0, "Locks that their holders left behind" },
        { u->found ? u->found->lasting : 0, "Locks held for too long" },
        { u->found ? u->found->standing : 0, "Groups of tasks that stand" },
        { u->found ? u->found->turned : 0, "Pairs of locks taken in both orders" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        if (rows[i].n > 0)
            page_add(p, LOOK_WARN, "%s, reported since the program began: %" PRIu64, rows[i].what,
                     rows[i].n);
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

static const char *state_word(edo_console_v1_task_state_ state) {
    switch (state) {
    case EDO_CONSOLE_V1_WAITS_: break;
    case EDO_CONSOLE_V1_RUNS_: return "runs";
    case EDO_CONSOLE_V1_QUEUED_: return "is queued";
    case EDO_CONSOLE_V1_ENDED_: return "has ended, and was not joined";
    }
    return "waits";
}

/* Texts of a task that no sentence has, each with its name: a text that is added to the message is
 * shown without more. */
static void task_rest_add(page *p, const edoi_look_task *k) {
    const edo_desc *d = &edo_console_v1_task__desc;
    for (uint32_t i = 0; i < d->fields_n; i++) {
        const edo_field *f = &d->fields[i];
        if (f->offset <= offsetof(edoi_look_task, worker) || f->kind != EDO_VALUE_STR || f->skip)
            continue;
        const edo_str *text = (const edo_str *)(const void *)((const char *)k + f->offset);
        if (text->len > 0)
            page_add(p, LOOK_PLAIN, "  %.*s: %.*s", (int)f->name_len, f->key + 2, STR(*text));
    }
}

static void task_add(page *p, const edoi_look_update *u, const edoi_look_task *k) {
    page_add(p, LOOK_TITLE, "Task %" PRIx64 "  %.*s", k->id, STR(k->name));
    page_add(p, k->cancelled ? LOOK_WARN : LOOK_PLAIN, "  %s%s, %s old, a %s of runtime %" PRIu64,
             state_word(k->state), k->cancelled ? ", cancelled" : "", page_time(p, k->age_tenths),
             k->machine ? "state machine" : "fiber", k->runtime);
    if (k->worker >= 0) page_add(p, LOOK_PLAIN, "  on worker %d", (int)k->worker);
    if (k->awaits.len > 0)
        page_add(p, LOOK_PLAIN, "  for %s for %.*s%s%.*s", page_time(p, k->wait_tenths),
                 STR(k->detail.len > 0 ? k->detail : k->awaits), k->place.len > 0 ? ", at " : "",
                 STR(k->place));
    task_rest_add(p, k);
    for (size_t i = 0; i < u->locks_n; i++)
        for (size_t j = 0; j < u->locks[i].holders_n; j++)
            if (u->locks[i].holders[j].task == k->id)
                page_add(p, LOOK_PLAIN, "  holds %.*s for %s%s%.*s", STR(u->locks[i].address),
                         page_time(p, u->locks[i].holders[j].tenths),
                         u->locks[i].holders[j].taken_at.len > 0 ? ", taken at " : "",
                         STR(u->locks[i].holders[j].taken_at));
    page_add(p, LOOK_PLAIN, "%s", "");
}

void page_add_task(page *p, const edoi_look_update *u, uint64_t task) {
    size_t i = 0;
    while (i < u->tasks_n && u->tasks[i].id != task) i++;
    if (i == u->tasks_n)
        page_add(p, LOOK_WARN, "Task %" PRIx64 " is not among those of this look", task);
    else
        task_add(p, u, &u->tasks[i]);
    page_add_cycles(p, u, task);
}

void page_add_site(page *p, const edoi_look_update *u, edo_str site) {
    page_add(p, LOOK_TITLE, "%.*s", STR(site));
    for (size_t i = 0; i < u->sites_n; i++) {
        const edoi_look_site *k = &u->sites[i];
        if (!edo_str_equal(k->name, site)) continue;
        page_add(p, LOOK_PLAIN,
                 "  %" PRIu64 " tasks: %" PRIu64 " wait, %" PRIu64 " run, %" PRIu64
                 " are queued, %" PRIu64 " have ended; %" PRIu64 " are cancelled",
                 k->n, k->waits, k->runs, k->queued, k->ended, k->cancelled);
        for (size_t j = 0; j < k->awaits_n; j++)
            page_add(p, LOOK_PLAIN, "  %" PRIu64 " x %.*s%s%.*s, for up to %s", k->awaits[j].n,
                     STR(k->awaits[j].what), k->awaits[j].place.len > 0 ? " at " : "",
                     STR(k->awaits[j].place), page_time(p, k->awaits[j].oldest_tenths));
    }
    page_add(p, LOOK_PLAIN, "%s", "");
}

/* ---- Locks ----------------------------------------------------------------------------------- */

static void lock_add(page *p, const edoi_look_lock *k) {
    page_add(p, LOOK_TITLE, "Lock %.*s%s%.*s", STR(k->address), k->what.len > 0 ? "  " : "",
             STR(k->what));
    for (size_t i = 0; i < k->holders_n; i++) {
        const edoi_look_holder *h = &k->holders[i];
        const bool is_bad = h->state == EDO_CONSOLE_V1_HAS_ENDED_;
        page_add(p, is_bad ? LOOK_BAD : LOOK_PLAIN, "  held by %.*s%s for %s%s%.*s", STR(h->name),
                 is_bad ? ", which has ended," : "", page_time(p, h->tenths),
                 h->taken_at.len > 0 ? ", taken at " : "", STR(h->taken_at));
    }
    if (k->holders_n == VIEW_HOLDERS_MAX) page_add(p, LOOK_DIM, "  and perhaps by more");
    for (size_t i = 0; i < k->waiters_n; i++)
        page_add(p, LOOK_PLAIN, "  awaited by %.*s (task %" PRIx64 ") for %s%s",
                 STR(k->waiters[i].name), k->waiters[i].task, page_time(p, k->waiters[i].tenths),
                 k->waiters[i].may_end ? ", with a limit" : "");
    if (k->waiters_all > k->waiters_n)
        page_add(p, LOOK_DIM, "  and by %zu more", (size_t)k->waiters_all - k->waiters_n);
    page_add(p, LOOK_PLAIN, "%s", "");
}

void page_add_lock(page *p, const edoi_look_update *u, edo_str address) {
    size_t i = 0;
    while (i < u->locks_n && !edo_str_equal(u->locks[i].address, address)) i++;
    if (i == u->locks_n)
        page_add(p, LOOK_WARN, "Lock %.*s is not held any more", STR(address));
    else
        lock_add(p, &u->locks[i]);
    for (i = 0; i < u->cycles_n; i++)
        if (cycle_has(&u->cycles[i], 0, address)) cycle_add(p, &u->cycles[i]);
}

/* ---- What was asked for ---------------------------------------------------------------------- */

static void stack_add(page *p, const edoi_look_stack *s) {
    uint32_t number = 0;
    page_add(p, LOOK_TITLE, "%" PRIu64 " x %.*s  (task %" PRIx64 ") %s", s->n, STR(s->name),
             s->task, state_word(s->state));
    if (s->awaits.len > 0)
        page_add(p, LOOK_PLAIN, "  for up to %s for %.*s", page_time(p, s->wait_tenths),
                 STR(s->detail.len > 0 ? s->detail : s->awaits));
    for (size_t i = 0; i < s->frames_n; i++, number++) {
        const edoi_look_frame *f = &s->frames[i];
        page_add(p, f->edo ? LOOK_DIM : LOOK_PLAIN, "  #%-2u %.*s%s%.*s", (unsigned)number,
                 STR(f->function.len > 0 ? f->function : EDO_STR("?")),
                 f->place.len > 0 ? "  at " : "", STR(f->place));
    }
    if (s->frames_n == 0) page_add(p, LOOK_DIM, "  a state machine has no stack");
    page_add(p, LOOK_PLAIN, "%s", "");
}

void page_add_stacks(page *p, const edoi_look_stacks_reply *reply) {
    for (size_t i = 0; i < reply->stacks_n; i++) stack_add(p, &reply->stacks[i]);
    if (reply->rest > 0) page_add(p, LOOK_DIM, "%" PRIu64 " tasks have other stacks", reply->rest);
}

/* A text of several lines. */
static void lines_add(page *p, screen_look first, edo_str text) {
    for (screen_look look = first; text.len > 0; look = LOOK_PLAIN) {
        const char *end = memchr(text.ptr, '\n', text.len);
        const size_t n = end ? (size_t)(end - text.ptr) : text.len;
        page_add(p, look, "%.*s", (int)n, text.ptr);
        text.ptr += end ? n + 1 : n;
        text.len -= end ? n + 1 : n;
    }
}

void page_add_faults(page *p, const edoi_look_faults_reply *reply) {
    page_add(p, reply->faults_n > 0 ? LOOK_BAD : LOOK_GOOD, "%zu fault%s", reply->faults_n,
             reply->faults_n == 1 ? "" : "s");
    for (size_t i = 0; i < reply->faults_n; i++) {
        page_add(p, LOOK_PLAIN, "%s", "");
        lines_add(p, LOOK_WARN, reply->faults[i]);
    }
    lines_add(p, LOOK_DIM, reply->note);
}

void page_add_help(page *p) {
    static const char *const lines[] = {
        "t s o c n a w   tasks, sites, locks, channels, connections, all that is open, workers",
        "d               tasks that wait for each other, as drawings",
        "f               looks for faults for two seconds",
        "Enter, Esc      opens the chosen row, with its stacks; back",
        "Up Down k j     chooses a row; PgUp PgDn by pages; gg, Home the first, G, End the last",
        "Left Right h l  chooses the column to sort by; i turns the order around",
        "/               shows rows that have a text; Esc ends it",
        "Space           stops and goes on; the program goes on anyhow",
        ", .             in a recording: one look back, one on",
        "R               begins to record what comes, and ends it",
        "e               writes the look as JSON, to a file",
        "?               this page",
        "q, Ctrl-C       quits",
    };
    page_add(p, LOOK_TITLE, "Keys");
    for (size_t i = 0; i < EDO_COUNT(lines); i++) page_add(p, LOOK_PLAIN, "  %s", lines[i]);
}

void page_draw(const page *p, size_t *first, screen *s, uint32_t top, uint32_t bottom) {
    const size_t shown_n = bottom > top ? bottom - top : 0;
    if (*first + shown_n > p->n) *first = p->n > shown_n ? p->n - shown_n : 0;
    for (size_t i = 0; i < shown_n && *first + i < p->n; i++)
        (void)screen_put(s, top + (uint32_t)i, 0, s->cols, p->lines[*first + i].look,
                         p->lines[*first + i].text);
}
