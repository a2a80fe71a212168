/* SPDX-License-Identifier: MIT */
/* console/own/tasks.c: see tasks.h.
 *
 * The table is filled while tasks are pinned, without memory and texts; the message is made of it
 * when none is. Of the single tasks there is a heap: the youngest one is on top, and makes room. */
#include "console/own/tasks.h"

#include "base/places.h"
#include "runtime/look/tasks.h"
#include "runtime/look/workers.h"
#include "stacks/spots.h"

#include <edo/str.h>

#include <stdlib.h>
#include <string.h>

#define AWAITS_TOLD 6u    /* of a site */
#define AWAITS_MAX  32u   /* that are counted to find those */
#define STACKS_MAX  2000u /* that are unwound for one look */
#define PLACES      (2 * EDOI_LOOK_SITES_MAX)

typedef struct kept_await {
    const char *what;
    const void *place; /* of one; NULL: not known */
    uint64_t n;
    int64_t oldest_ns; /* negative: not known */
    uint64_t task;
} kept_await;

typedef struct kept_site {
    const char *name;
    uint64_t n, of[EDOI_TASK_ENDED + 1], cancelled; /* `of`: by the state */
    int64_t oldest_ns;
    edo_str text; /* the name, as messages have it; set when the table is full */
    uint32_t awaits_n;
    kept_await awaits[AWAITS_MAX];
    uint64_t awaits_rest; /* tasks whose wait found no room there */
} kept_site;

/* One task. */
typedef struct kept_task {
    edoi_task_sight sight;
    const void *place;
    edoi_text detail;
} kept_task;

/* Of a site in `sites`, by the address of its name. */
typedef struct site_place {
    edo_atomic_u64 name; /* first */
    uint32_t at;
} site_place;

struct edoi_look_tasks {
    edo_str site; /* of the single tasks; empty: any */
    uint64_t n, rest;
    uint32_t sites_n, stacks_n, kept_n, kept_max;
    kept_site sites[EDOI_LOOK_SITES_MAX];
    site_place index[PLACES];
    kept_task kept[]; /* a heap: the youngest is the first */
};

edoi_look_tasks *edoi_look_tasks_new(uint32_t tasks_max) {
    edoi_look_tasks *self = calloc(1, sizeof *self + tasks_max * sizeof self->kept[0]);
    if (self) self->kept_max = tasks_max;
    return self;
}

void edoi_look_tasks_free(edoi_look_tasks *self) {
    free(self);
}

/* ---- By site --------------------------------------------------------------------------------- */

/* NULL: there is no room. Names are compared by their addresses; sites_join() puts those together
 * whose texts are equal. */
static kept_site *site_of(edoi_look_tasks *self, const char *name) {
    const uint32_t at =
        edoi_places_find(self->index, sizeof self->index[0], PLACES, (uintptr_t)name);
    site_place *p = &self->index[at]; // half of them are free
    if (edoi_load_rlx_u64(&p->name) != 0) return &self->sites[p->at];
    if (self->sites_n == EDOI_LOOK_SITES_MAX) return NULL;
    edoi_store_rlx_u64(&p->name, (uintptr_t)name); // relaxed: one thread has the table
    p->at = self->sites_n;
    kept_site *site = &self->sites[self->sites_n++];
    *site = (kept_site){ .name = name, .oldest_ns = -1 };
    return site;
}

/* Where the stack of a task is in the program's code; NULL: not known. */
static const void *task_place_of(edoi_look_tasks *self, const edoi_task_sight *s) {
    void *pcs[EDOI_SPOT_FRAMES];
    bool is_exact;
    if (!s->is_pinned || !s->is_fiber || self->stacks_n >= STACKS_MAX) return NULL;
    self->stacks_n++;
    return edoi_spot_of(pcs, edoi_task_sight_stack(s, pcs, EDOI_SPOT_FRAMES, &is_exact));
}

/* NULL: there is no room. */
static kept_await *await_of(kept_site *site, const char *what) {
    for (uint32_t i = 0; i < site->awaits_n; i++)
        if (site->awaits[i].what == what || strcmp(site->awaits[i].what, what) == 0)
            return &site->awaits[i];
    if (site->awaits_n == AWAITS_MAX) return NULL;
    site->awaits[site->awaits_n] = (kept_await){ .what = what, .oldest_ns = -1 };
    return &site->awaits[site->awaits_n++];
}

/* Some tasks wait in `add->what`. */
static void await_join(kept_site *site, const kept_await *add) {
    kept_await *a = await_of(site, add->what);
    if (!a) {
        site->awaits_rest += add->n;
        return;
    }
    if (!a->place) a->place = add->place;
    if (a->n == 0 || add->oldest_ns > a->oldest_ns) {
        a->oldest_ns = add->oldest_ns;
        a->task = add->task;
    }
    a->n += add->n;
}

static void await_add(edoi_look_tasks *self, kept_site *site, const edoi_task_sight *s) {
    kept_await one = { .what = s->awaits, .n = 1, .oldest_ns = s->wait_ns, .task = s->id };
    const kept_await *known = await_of(site, s->awaits);
    if (known && !known->place) one.place = task_place_of(self, s);
    await_join(site, &one);
}

static void site_add(edoi_look_tasks *self, kept_site *site, const edoi_task_sight *s) {
    site->n++;
    site->of[s->state]++;
    if (s->is_cancelled) site->cancelled++;
    if (s->age_ns > site->oldest_ns) site->oldest_ns = s->age_ns;
    if (s->awaits) await_add(self, site, s);
}

static void site_join(kept_site *to, const kept_site *from) {
    to->n += from->n;
    for (size_t i = 0; i < EDO_COUNT(to->of); i++) to->of[i] += from->of[i];
    to->cancelled += from->cancelled;
    if (from->oldest_ns > to->oldest_ns) to->oldest_ns = from->oldest_ns;
    for (uint32_t i = 0; i < from->awaits_n; i++) await_join(to, &from->awaits[i]);
    to->awaits_rest += from->awaits_rest;
}

static int sites_by_text(const void *a, const void *b) {
    const edo_str x = ((const kept_site *)a)->text, y = ((const kept_site *)b)->text;
    return edo_str_compare(x, y);
}

/* Clients know a site by its text: of those whose texts are equal one is left. A text is empty
 * where a name is not known, or there was no memory for it. */
static void sites_join(edoi_look_tasks *self, edo_arena *arena) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < self->sites_n; i++)
        self->sites[i].text = edoi_look_text(arena, self->sites[i].name);
    qsort(self->sites, self->sites_n, sizeof self->sites[0], sites_by_text);
    for (uint32_t i = 0; i < self->sites_n; i++) {
        kept_site *site = &self->sites[i];
        if (n > 0 && edo_str_equal(self->sites[n - 1].text, site->text))
            site_join(&self->sites[n - 1], site);
        else if (n++ != i)
            self->sites[n - 1] = *site;
    }
    self->sites_n = n;
}

/* ---- Single tasks ---------------------------------------------------------------------------- */

/* What runs or is queued has no known age, and is always of interest. */
static bool is_younger(const kept_task *a, const kept_task *b) {
    const bool a_goes_on = !a->sight.is_pinned, b_goes_on = !b->sight.is_pinned;
    if (a_goes_on != b_goes_on) return b_goes_on;
    return a->sight.age_ns < b->sight.age_ns;
}

static void heap_swap(kept_task *a, kept_task *b) {
    const kept_task kept = *a;
    *a = *b;
    *b = kept;
}

static void heap_rise(edoi_look_tasks *self, uint32_t at) {
    for (; at > 0 && is_younger(&self->kept[at], &self->kept[(at - 1) / 2]); at = (at - 1) / 2)
        heap_swap(&self->kept[at], &self->kept[(at - 1) / 2]);
}

static void heap_sink(edoi_look_tasks *self) {
    for (uint32_t at = 0, low;; at = low) {
        const uint32_t left = 2 * at + 1;
        low = at;
        if (left < self->kept_n && is_younger(&self->kept[left], &self->kept[low])) low = left;
        if (left + 1 < self->kept_n && is_younger(&self->kept[left + 1], &self->kept[low]))
            low = left + 1;
        if (low == at) return;
        heap_swap(&self->kept[at], &self->kept[low]);
    }
}

static void kept_fill(edoi_look_tasks *self, kept_task *to, const edoi_task_sight *s) {
    to->sight = *s;
    to->detail.n = 0;
    to->detail.at[0] = '\0';
    to->place = task_place_of(self, s);
    edoi_task_sight_tell(s, &to->detail);
}

static void keep_task(edoi_look_tasks *self, const edoi_task_sight *s) {
    kept_task probe = { .sight = *s };
    const bool is_known = s->is_pinned || s->state != EDOI_TASK_WAITS;
    if (!is_known || (self->site.len > 0 && !edoi_look_is_told(&self->site, s->site))) return;
    if (self->kept_n < self->kept_max) {
        kept_fill(self, &self->kept[self->kept_n], s);
        heap_rise(self, self->kept_n++);
    } else if (self->kept_max > 0 && is_younger(&self->kept[0], &probe)) {
        kept_fill(self, &self->kept[0], s);
        heap_sink(self);
    }
}

static void tasks_add(void *arg, const edoi_task_sight *s) {
    edoi_look_tasks *self = arg;
    kept_site *site = site_of(self, s->site);
    self->n++;
    if (site)
        site_add(self, site, s);
    else
        self->rest++;
    keep_task(self, s);
}

/* ---- The message ----------------------------------------------------------------------------- */

static edo_str place_text(edo_arena *arena, const void *place) {
    char text[EDOI_LOOK_TEXT_MAX + 1] = "";
    if (place) edoi_spot_tell(text, sizeof text, place);
    return edoi_look_text(arena, text);
}

static int awaits_by_number(const void *a, const void *b) {
    const kept_await *x = a, *y = b;
    return x->n < y->n ? 1 : x->n > y->n ? -1 : 0;
}

static void awaits_put(edoi_look_site *to, kept_site *from, edo_arena *arena) {
    const uint32_t told_n = from->awaits_n < AWAITS_TOLD ? from->awaits_n : AWAITS_TOLD;
    qsort(from->awaits, from->awaits_n, sizeof from->awaits[0], awaits_by_number);
    to->awaits = edoi_look_list(arena, told_n, sizeof *to->awaits);
    for (; to->awaits && to->awaits_n < told_n; to->awaits_n++) {
        const kept_await *a = &from->awaits[to->awaits_n];
        to->awaits[to->awaits_n] =
            (edoi_look_await){ .what = edoi_look_text(arena, a->what),
                               .place = place_text(arena, a->place),
                               .n = a->n,
                               .oldest_tenths = edoi_look_tenths(a->oldest_ns),
                               .task = a->task };
    }
    to->awaits_rest = from->awaits_rest;
    for (size_t i = to->awaits_n; i < from->awaits_n; i++) to->awaits_rest += from->awaits[i].n;
}

static void tasks_site_put(edoi_look_site *to, kept_site *from, edo_arena *arena) {
    *to = (edoi_look_site){ .name = from->text,
                            .n = from->n,
                            .waits = from->of[EDOI_TASK_WAITS],
                            .runs = from->of[EDOI_TASK_RUNS],
                            .queued = from->of[EDOI_TASK_QUEUED],
                            .ended = from->of[EDOI_TASK_ENDED],
                            .cancelled = from->cancelled,
                            .oldest_tenths = edoi_look_tenths(from->oldest_ns) };
    awaits_put(to, from, arena);
}

static void tasks_task_put(edoi_look_task *to, const kept_task *from, edo_arena *arena) {
    const edoi_task_sight *s = &from->sight;
    *to = (edoi_look_task){
        .id = s->id,
        .runtime = s->runtime,
        .name = edoi_look_text(arena, s->site),
        .state = (edo_console_v1_task_state_)s->state,
        .cancelled = s->is_cancelled,
        .machine = s->is_pinned && !s->is_fiber,
        .age_tenths = edoi_look_tenths(s->age_ns),
        .wait_tenths = edoi_look_tenths(s->wait_ns),
        .awaits = edoi_look_text(arena, s->awaits),
        .detail = edoi_look_text(arena, from->detail.at),
        .place = place_text(arena, from->place),
        .worker = s->state == EDOI_TASK_RUNS ? (int32_t)s->worker : -1,
        .cause = edoi_look_text(arena, s->cause),
    };
}

static int sites_by_number(const void *a, const void *b) {
    const kept_site *x = a, *y = b;
    return x->n < y->n ? 1 : x->n > y->n ? -1 : 0;
}

static int tasks_by_age(const void *a, const void *b) {
    const kept_task *x = a, *y = b;
    return is_younger(x, y) ? 1 : is_younger(y, x) ? -1 : 0;
}

static void tasks_put(edoi_look_tasks *self, edoi_look_update *out, edo_arena *arena) {
    sites_join(self, arena);
    qsort(self->sites, self->sites_n, sizeof self->sites[0], sites_by_number);
    qsort(self->kept, self->kept_n, sizeof self->kept[0], tasks_by_age);
    out->tasks_all = self->n;
    out->sites_rest = self->rest;
    out->sites = edoi_look_list(arena, self->sites_n, sizeof *out->sites);
    out->tasks = edoi_look_list(arena, self->kept_n, sizeof *out->tasks);
    for (; out->sites && out->sites_n < self->sites_n; out->sites_n++)
        tasks_site_put(&out->sites[out->sites_n], &self->sites[out->sites_n], arena);
    for (; out->tasks && out->tasks_n < self->kept_n; out->tasks_n++)
        tasks_task_put(&out->tasks[out->tasks_n], &self->kept[out->tasks_n], arena);
}

/* ---- The look -------------------------------------------------------------------------------- */

static void runtime_count(void *arg, const edoi_runtime_sight *s) {
    *(uint64_t *)arg += s->stats->tasks_alive;
}

void edoi_look_at_tasks(edoi_look_tasks *self, edoi_look_update *out, edo_arena *arena,
                        edo_str site) {
    uint64_t alive_n = 0;
    edoi_runtimes_look_over(runtime_count, &alive_n);
    const edoi_tasks_look how = { .every = 1 + alive_n / EDOI_LOOK_PINS_MAX };
    self->site = site;
    self->n = self->rest = 0;
    self->sites_n = self->stacks_n = self->kept_n = 0;
    memset(self->index, 0, sizeof self->index);
    edoi_tasks_look_over(&how, tasks_add, self);
    out->tasks_every = (uint32_t)how.every;
    tasks_put(self, out, arena);
}
