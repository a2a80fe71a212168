/* SPDX-License-Identifier: MIT */
/* apps/console/app.c: see app.h. */
#include "app.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define HEAD_ROWS 2u
#define CTRL_C    3
#define CTRL_D    4

/* What was made of looks: it has texts of theirs. */
static void drawn_forget(app *a) {
    a->table = (table){ .rows_n = 0 };
    edo_arena_reset(&a->drawn);
}

int app_take(app *a, edo_str message) {
    return a->is_paused ? 0 : app_show(a, message);
}

int app_show(app *a, edo_str message) {
    drawn_forget(a); // of the older one of two looks, whose memory is freed now
    return looks_take(&a->looks, message);
}

void app_say(app *a, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(a->status, sizeof a->status, format, args);
    va_end(args);
}

void app_deinit(app *a) {
    looks_deinit(&a->looks);
    edo_arena_deinit(&a->drawn);
    edo_arena_deinit(&a->asked);
}

/* ---- What was asked for ---------------------------------------------------------------------- */

static void asked_forget(app *a) {
    edo_arena_deinit(&a->asked);
    a->has_stacks = a->has_faults = false;
}

void app_take_stacks(app *a, edo_arena arena, const edoi_look_stacks_reply *reply) {
    asked_forget(a);
    a->asked = arena;
    a->stacks = *reply;
    a->has_stacks = true;
    a->status[0] = '\0';
}

void app_take_faults(app *a, edo_arena arena, const edoi_look_faults_reply *reply) {
    asked_forget(a);
    a->asked = arena;
    a->faults = *reply;
    a->has_faults = true;
    a->status[0] = '\0';
}

/* ---- The table ------------------------------------------------------------------------------- */

static void table_make(app *a) {
    drawn_forget(a);
    view_table(&a->table, a->view, &a->looks, &a->drawn, a->is_ascii);
    if (a->table.columns_n > 0) table_arrange(&a->table, &a->states[a->view], a->search);
}

/* That of the view and the look as they are: several keys may have come since it was drawn. Without
 * columns if there is no memory. */
static const table *table_now(app *a) {
    if (a->table.columns_n == 0) table_make(a);
    return &a->table;
}

/* ---- Pages ----------------------------------------------------------------------------------- */

static void page_open(app *a, app_page which) {
    asked_forget(a);
    a->page_serial++;
    a->page = which;
    a->page_top = 0;
    a->status[0] = '\0';
}

static void name_keep(app *a, edo_str name) {
    const size_t n = name.len < sizeof a->name ? name.len : sizeof a->name - 1;
    if (n > 0) memcpy(a->name, name.ptr, n);
    a->name[n] = '\0';
}

static void stacks_ask(app *a, uint64_t task, const char *site) {
    if (!a->ops->stacks) {
        app_say(a, "a recording has no stacks");
        return;
    }
    app_say(a, "asks for the stacks");
    a->ops->stacks(a->arg, task, edo_str_of(site));
}

static uint64_t id_parse(const char *text) {
    uint64_t id = 0;
    (void)sscanf(text, "%" SCNx64, &id);
    return id;
}

/* Opens the chosen row. */
static void row_open(app *a) {
    const table_state *state = &a->states[a->view];
    if (table_now(a)->rows_n == 0) return;
    switch (a->view) {
    case VIEW_TASKS:
        a->task = id_parse(state->id);
        page_open(a, PAGE_TASK);
        stacks_ask(a, a->task, "");
        break;
    case VIEW_SITES:
        name_keep(a, edo_str_of(state->id));
        page_open(a, PAGE_SITE);
        stacks_ask(a, 0, a->name);
        break;
    case VIEW_LOCKS:
        name_keep(a, edo_str_of(state->id));
        page_open(a, PAGE_LOCK);
        break;
    case VIEW_CHANNELS:
    case VIEW_CONNECTIONS:
    case VIEW_OPEN:
    case VIEW_WORKERS:
    case VIEWS_N: break;
    }
}

static void page_fill(app *a, page *p) {
    const edoi_look_update *u = looks_now(&a->looks);
    switch (a->page) {
    case PAGE_TASK: page_add_task(p, u, a->task); break;
    case PAGE_SITE: page_add_site(p, u, edo_str_of(a->name)); break;
    case PAGE_LOCK: page_add_lock(p, u, edo_str_of(a->name)); break;
    case PAGE_CYCLES:
        page_add_cycles(p, u, 0);
        page_add_found(p, u);
        if (u->cycles_n == 0)
            page_add(p, u->locks_watched ? LOOK_GOOD : LOOK_WARN, "%s",
                     u->locks_watched ? "No tasks wait for each other"
                                      : "Locks are not watched: EDO_WATCH=locks does it");
        break;
    case PAGE_HELP: page_add_help(p); break;
    case PAGE_FAULTS:
    case PAGE_NONE: break;
    }
    if (a->has_stacks) page_add_stacks(p, &a->stacks);
    if (a->has_faults) page_add_faults(p, &a->faults);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static void search_key(app *a, int key) {
    const size_t n = strlen(a->search);
    drawn_forget(a);
    if (key == KEY_IS_ENTER) {
        a->is_searching = false;
    } else if (key == KEY_IS_ESC) {
        a->is_searching = false;
        a->search[0] = '\0';
    } else if (key == KEY_IS_BACKSPACE && n > 0) {
        a->search[n - 1] = '\0';
    } else if (key >= 0x20 && key < 0x7f && n + 1 < sizeof a->search) {
        a->search[n] = (char)key;
        a->search[n + 1] = '\0';
    }
}

/* False: it is no key that moves. */
static bool move_key(app *a, int key) {
    int64_t by = 0;
    switch (key) {
    case KEY_IS_UP:
    case 'k': by = -1; break;
    case KEY_IS_DOWN:
    case 'j': by = 1; break;
    case KEY_IS_PAGE_UP: by = -20; break;
    case KEY_IS_PAGE_DOWN: by = 20; break;
    case KEY_IS_HOME: by = INT32_MIN; break;
    case KEY_IS_END:
    case 'G': by = INT32_MAX; break;
    default: return false;
    }
    if (a->page == PAGE_NONE)
        table_move(table_now(a), &a->states[a->view], by);
    else if (by < 0)
        a->page_top = a->page_top > (size_t)-by ? a->page_top - (size_t)-by : 0;
    else
        a->page_top += (size_t)by;
    return true;
}

/* False: it is no key that sorts, or there is nothing to sort. */
static bool sort_key(app *a, int key) {
    table_state *state = &a->states[a->view];
    uint32_t by = 0;
    if (a->page != PAGE_NONE) return false;
    switch (key) {
    case 'i': break;
    case KEY_IS_LEFT:
    case 'h': by = table_now(a)->columns_n - 1; break;
    case KEY_IS_RIGHT:
    case 'l': by = 1; break;
    default: return false;
    }
    const table *t = table_now(a);
    if (t->columns_n == 0) return false;
    if (by == 0)
        state->is_inverted = !state->is_inverted;
    else
        state->sort = ((state->sort > 0 ? state->sort - 1 : t->sort) + by) % t->columns_n + 1;
    drawn_forget(a);
    return true;
}

static bool view_key(app *a, int key) {
    for (uint32_t v = 0; v < VIEWS_N; v++) {
        if (view_kinds[v].key != key) continue;
        page_open(a, PAGE_NONE);
        drawn_forget(a);
        a->view = (view)v;
        a->search[0] = '\0';
        return true;
    }
    return false;
}

static void faults_ask(app *a) {
    page_open(a, PAGE_FAULTS);
    if (!a->ops->faults) {
        app_say(a, "a recording is not looked at for faults");
        return;
    }
    app_say(a, "looks for faults for two seconds");
    a->ops->faults(a->arg);
}

static void pause_key(app *a) {
    a->is_paused = !a->is_paused;
    app_say(a, "%s", a->is_paused ? "stopped: Space goes on" : "");
}

static void back_key(app *a) {
    if (a->page != PAGE_NONE) {
        page_open(a, PAGE_NONE);
    } else {
        drawn_forget(a);
        a->search[0] = a->status[0] = '\0';
    }
}

static void other_key(app *a, int key) {
    switch (key) {
    case KEY_IS_ENTER: row_open(a); break;
    case KEY_IS_ESC: back_key(a); break;
    case ' ': pause_key(a); break;
    case '/': a->is_searching = a->page == PAGE_NONE; break;
    case '?': page_open(a, PAGE_HELP); break;
    case 'd': page_open(a, PAGE_CYCLES); break;
    case 'f': faults_ask(a); break;
    case ',':
    case '.':
        if (a->ops->step) a->ops->step(a->arg, key == ',' ? -1 : 1);
        break;
    case 'R':
        if (a->ops->record) a->ops->record(a->arg);
        break;
    case 'e':
        if (a->ops->export) a->ops->export(a->arg);
        break;
    case 'q': a->is_over = true; break;
    default: break;
    }
}

/* Keys that need no look: the help, and the ways out. */
static bool is_key_without_look(int key) {
    return key == 'q' || key == '?' || key == KEY_IS_ESC;
}

void app_key(app *a, int key) {
    const bool had_g = a->had_g;
    a->had_g = false;
    if (key == CTRL_C || key == CTRL_D) {
        a->is_over = true;
        return;
    }
    if (a->is_searching) {
        search_key(a, key);
        return;
    }
    if (key == 'g' && !had_g) {
        a->had_g = true;
        return;
    }
    if (key == 'g') key = KEY_IS_HOME;
    if (!looks_now(&a->looks) && !is_key_without_look(key)) return;
    if (move_key(a, key) || sort_key(a, key) || view_key(a, key)) return;
    other_key(a, key);
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static void head_draw(app *a, screen *s, const edoi_look_update *u) {
    uint64_t runs = 0, waits = 0;
    for (size_t i = 0; i < u->sites_n; i++) {
        runs += u->sites[i].runs + u->sites[i].queued;
        waits += u->sites[i].waits;
    }
    uint32_t col = screen_print(s, 0, 0, LOOK_TITLE, "%.*s", (int)u->program.len,
                                u->program.len > 0 ? u->program.ptr : "");
    col = screen_print(s, 0, col, LOOK_PLAIN, " %" PRId64, u->pid);
    if (a->silent_s > 0)
        col = screen_print(s, 0, col, LOOK_BAD, "  no look for %u s", (unsigned)a->silent_s);
    col = screen_print(s, 0, col, LOOK_PLAIN,
                       "  %" PRIu64 " tasks: %" PRIu64 " run, %" PRIu64 " wait", u->tasks_all, runs,
                       waits);
    if (u->tasks_every > 1)
        col = screen_print(s, 0, col, LOOK_DIM, " (1 of %u looked at)", (unsigned)u->tasks_every);
    if (u->cycles_n > 0)
        col = screen_print(s, 0, col, LOOK_BAD, "  %zu deadlock%s: d", u->cycles_n,
                           u->cycles_n == 1 ? "" : "s");
    if (!u->locks_watched) col = screen_print(s, 0, col, LOOK_DIM, "  locks unwatched");
    (void)screen_print(s, 0, col + 2, a->is_paused ? LOOK_WARN : LOOK_GOOD, "%s%s",
                       a->is_paused ? "STOPPED " : "", a->mode);
}

static void tabs_draw(const app *a, screen *s) {
    uint32_t col = 0;
    for (uint32_t v = 0; v < VIEWS_N; v++) {
        const bool is_shown = a->page == PAGE_NONE && a->view == (view)v;
        col = screen_print(s, 1, col, LOOK_WARN, "%c ", view_kinds[v].key);
        col = screen_print(s, 1, col, is_shown ? LOOK_CHOSEN : LOOK_PLAIN, "%s",
                           view_kinds[v].title) +
              1;
    }
}

static void hints_draw(const app *a, screen *s, uint32_t at) {
    const edoi_look_update *u = looks_now(&a->looks);
    const uint64_t rest = u && a->page == PAGE_NONE ? view_rest(a->view, u) : 0;
    uint32_t col = 0;
    if (rest > 0) col = screen_print(s, at, 0, LOOK_DIM, "%" PRIu64 " more are in no row  ", rest);
    (void)screen_print(s, at, col, LOOK_DIM,
                       "? keys  Enter open  Esc back  / search  d deadlocks  f faults  q quit");
}

static void foot_draw(const app *a, screen *s) {
    const uint32_t at = s->rows - 1;
    const bool has_search = a->is_searching || *a->search;
    uint32_t col = 0;
    if (has_search)
        col = screen_print(s, at, 0, LOOK_WARN, "/%s%s  ", a->search, a->is_searching ? "_" : "");
    if (*a->status)
        (void)screen_print(s, at, col, LOOK_WARN, "%s", a->status);
    else if (!has_search)
        hints_draw(a, s, at);
}

static void body_draw(app *a, screen *s) {
    page p;
    if (a->page == PAGE_NONE) {
        table_make(a);
        if (a->table.columns_n == 0) return;
        table_draw(&a->table, &a->states[a->view], s, HEAD_ROWS, s->rows - 1);
        if (a->table.rows_n == 0) (void)screen_print(s, HEAD_ROWS + 1, 0, LOOK_DIM, "none");
    } else if (page_begin(&p, &a->drawn, a->is_ascii)) {
        page_fill(a, &p);
        page_draw(&p, &a->page_top, s, HEAD_ROWS, s->rows - 1);
    }
}

void app_draw(app *a, screen *s) {
    const edoi_look_update *u = looks_now(&a->looks);
    s->is_ascii = a->is_ascii;
    drawn_forget(a);
    screen_clear(s);
    if (s->rows < HEAD_ROWS + 3) return;
    if (u) {
        head_draw(a, s, u);
        tabs_draw(a, s);
        body_draw(a, s);
    } else if (a->page == PAGE_HELP) {
        page p;
        if (page_begin(&p, &a->drawn, a->is_ascii)) page_add_help(&p);
        page_draw(&p, &a->page_top, s, HEAD_ROWS, s->rows - 1);
    }
    foot_draw(a, s);
}
