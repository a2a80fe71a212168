/* SPDX-License-Identifier: MIT */
/* runtime/debug/dump.c: dumps every task, with the stack of each waiting fiber.
 *
 * Tasks come from a patient look (runtime/look/tasks.h): for one that its worker holds it waits a
 * little, as it may have just begun to wait. While a task is held its texts and its stack are taken
 * here; it is let go before anything is printed.
 *
 * Tasks that are equal but for their times and their worker are shown once, with their number. So a
 * runtime's tasks are gathered in a table without memory from malloc(), in which another thread may
 * hang, and printed when the table is full or the runtime at its end.
 *
 * inv. 1: everything here runs under the lock of registry.h: no runtime ends, and no other thread
 *         dumps. */
#include "runtime/debug/dump.h"

#include "base/assert.h"
#include "base/held.h"
#include "driver/clock.h"
#include "future/describe.h"
#include "locks/tenths.h"
#include "runtime/debug/last_events.h"
#include "runtime/debug/lock_dump.h"
#include "runtime/fiber/reclaim.h"
#include "runtime/look/rows.h"
#include "runtime/look/tasks.h"
#include "runtime/spawn/span.h"
#include "runtime/task/fiber_task.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/worker.h"
#include "stacks/frames.h"
#include "stacks/thread_state.h"

#include <edo/task.h>

#include <inttypes.h>

#define FRAMES_MAX  48u
#define PATIENCE_NS INT64_C(250000000) /* in total, for busy tasks */
#define GROUPS_MAX  128u

/* A task, and what is told of it. */
typedef struct dump_sight {
    edoi_task_sight of;
    edoi_text what;        /* kind, and what it waits for */
    edoi_text same;        /* of it what equal tasks have, too */
    edoi_thread_call call; /* of its thread, if it runs on another one */
    size_t frames_n;
    bool first_is_exact;
    void *frames[FRAMES_MAX];
} dump_sight;

/* From one number to another; both negative: unknown. */
typedef struct dump_range {
    int64_t least, most;
} dump_range;

/* Tasks that are equal. */
typedef struct dump_group {
    uint64_t key;
    uint32_t n;
    dump_range age, wait; /* tenths of a second */
    dump_sight first;
} dump_group;

/* A dump of all runtimes. */
typedef struct dump {
    FILE *out;
    bool had_error; /* before this dump, which goes on then */
    uint32_t tasks_n;
    uint32_t sights_n;
    uint32_t groups_n;
} dump;

static dump_sight sights[EDOI_TASKS_AT_ONCE]; /* inv. 1 */
static dump_group groups[GROUPS_MAX];         /* inv. 1 */
static edoi_frame frames[FRAMES_MAX];         /* inv. 1; of the task that is printed */

/* ---- While tasks are held -------------------------------------------------------------------- */

/* "3.1" */
static void tell_tenths(edoi_text *text, int64_t tenths) {
    edoi_text_add(text, "%" PRId64 ".%d", tenths / 10, (int)(tenths % 10));
}

/* The fiber waits, and is pinned. */
static void dump_tell_wait(dump_sight *s, const edoi_fiber_task *fiber) {
    edoi_text_add(&s->what, ", waits");
    if (fiber->parked_tenths == EDOI_NOT_PARKED) { // waits, but has given pages back: reclaim.c
        edoi_text_add(&s->what, " more than %u s", (unsigned)EDOI_PARKED_LONG_S);
    } else if (s->of.wait_ns >= 0) {
        edoi_text_add(&s->what, " ");
        tell_tenths(&s->what, s->of.wait_ns / EDOI_TENTH_NS);
        edoi_text_add(&s->what, " s");
    }
    edoi_text_add(&s->what, " for ");
    edoi_describe(&s->what, fiber->awaiting, s->of.now_ns);
    edoi_text_add(&s->same, ", waits for ");
    edoi_task_sight_tell(&s->of, &s->same); // without times
}

static void tell_fiber(dump_sight *s) {
    const edoi_fiber_task *fiber = edoi_task_sight_fiber(&s->of);
    edoi_text_add(&s->what, fiber ? "fiber" : "fiber that has not begun");
    if (fiber) edoi_span_tell(&s->what, fiber->ctx->values);
    s->same = s->what;
    if (s->of.home != EDOI_NOBODY) edoi_text_add(&s->what, ", worker %u", (unsigned)s->of.home);
    if (s->of.awaits) dump_tell_wait(s, fiber);
    if (s->of.left_ns < 0) return;
    edoi_text_add(&s->what, ", deadline in ");
    edoi_text_add_time(&s->what, s->of.left_ns);
}

static void tell_machine(dump_sight *s) {
    edoi_text_add(&s->what, "state machine ");
    s->same = s->what;
    if (s->of.is_pinned) {
        edoi_describe(&s->what, edoi_task_sight_awaited(&s->of), s->of.now_ns);
        edoi_task_sight_tell(&s->of, &s->same);
    } else {
        edoi_text_add(&s->what, "%s", s->of.awaits);
        s->same = s->what;
    }
}

static void dump_see(void *arg, const edoi_task_sight *of) {
    dump *d = arg;
    dump_sight *s = &sights[d->sights_n++];
    s->of = *of;
    s->what.n = s->same.n = s->frames_n = 0;
    s->what.at[0] = s->same.at[0] = '\0';
    s->call = (edoi_thread_call){ .waits = 0 };
    if (!of->is_pinned && !of->is_here) {
        s->of.age_ns = -1;
    } else if (of->is_fiber) {
        tell_fiber(s);
        s->frames_n = edoi_task_sight_stack(of, s->frames, FRAMES_MAX, &s->first_is_exact);
    } else {
        tell_machine(s);
    }
}

/* ---- When none is ---------------------------------------------------------------------------- */

/* Of tasks that run on other threads, which this one waits for. */
static void find_running_stacks(dump *d) {
    for (uint32_t i = 0; i < d->sights_n; i++) {
        dump_sight *s = &sights[i];
        if (s->of.state != EDOI_TASK_RUNS || s->of.is_here) continue;
        s->frames_n = edoi_task_sight_running_stack(&s->of, s->frames, FRAMES_MAX, &s->call);
        s->first_is_exact = true;
    }
}

static void tell_call(edoi_text *text, const char *name) {
    edoi_text_add(text, ", and waits in the kernel%s%s%s", *name ? " (" : "", name,
                  *name ? ")" : "");
}

static void tell_busy(edoi_text *text, const dump_sight *s) {
    const bool runs = s->of.state == EDOI_TASK_RUNS;
    const char *how = s->of.is_here ? "queued" : "queued or has just begun to wait"; // it was busy
    edoi_text_add(text, "%s %s worker %u", runs ? "runs" : how, runs ? "on" : "at",
                  (unsigned)s->of.worker);
    if (runs && s->of.is_here) edoi_text_add(text, ", and dumps");
    if (s->call.waits != 0) tell_call(text, s->call.name);
}

static void tell_state(edoi_text *text, const dump_sight *s) {
    if (s->of.is_abandoned) {
        edoi_text_add(text, "abandoned");
    } else if (s->of.state == EDOI_TASK_ENDED) {
        edoi_text_add(text, "done, not joined");
    } else if (s->of.state == EDOI_TASK_WAITS) {
        edoi_text_add(text, "waits");
    } else if (s->of.worker == EDOI_NOBODY) {
        edoi_text_add(text, "queued");
    } else if (s->of.lacks_stack) {
        edoi_text_add(text, "waits for memory for its stack at worker %u", (unsigned)s->of.worker);
    } else {
        tell_busy(text, s);
    }
    if (s->of.is_cancelled) edoi_text_add(text, ", cancelled");
}

/* ---- Equal tasks ----------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, const void *bytes, size_t n) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < n; i++) hash = (hash ^ at[i]) * UINT64_C(1099511628211); // FNV-1a
    return hash;
}

/* The same for tasks that are shown as one; 0: it is shown alone, as one that a thread runs. */
static uint64_t key_of(const dump_sight *s) {
    edoi_text state = { .n = 0 };
    if (s->of.state == EDOI_TASK_RUNS) return 0;
    tell_state(&state, s);
    uint64_t hash = mix(UINT64_C(14695981039346656037), &s->of.site, sizeof s->of.site);
    hash = mix(hash, state.at, state.n);
    hash = mix(hash, s->same.at, s->same.n);
    hash = mix(hash, s->frames, s->frames_n * sizeof s->frames[0]);
    return hash != 0 ? hash : 1;
}

/* Negative: not known. */
static int64_t tenths_of(int64_t ns) {
    return ns < 0 ? -1 : ns / EDOI_TENTH_NS;
}

static void dump_widen(dump_range *r, int64_t by) {
    if (by < 0) return;
    if (r->least < 0 || by < r->least) r->least = by;
    if (by > r->most) r->most = by;
}

/* "1,000 x " */
static void tell_number(edoi_text *text, uint32_t n) {
    if (n >= 1000000) edoi_text_add(text, "%u,", (unsigned)(n / 1000000));
    if (n >= 1000) edoi_text_add(text, n >= 1000000 ? "%03u," : "%u,", (unsigned)(n / 1000 % 1000));
    edoi_text_add(text, n >= 1000 ? "%03u x " : "%u x ", (unsigned)(n % 1000));
}

/* ", 3.1 to 40.0 s old" */
static void tell_range(edoi_text *text, const char *before, dump_range r, const char *after) {
    if (r.least < 0) return;
    edoi_text_add(text, "%s", before);
    tell_tenths(text, r.least);
    if (r.most > r.least) edoi_text_add(text, " to ");
    if (r.most > r.least) tell_tenths(text, r.most);
    edoi_text_add(text, " s%s", after);
}

/* Of the monotonic clock, not later; negative: not known. */
static int64_t born_ns_of(const edoi_task_sight *s) {
    return s->age_ns < 0 ? -1 : s->now_ns - s->age_ns - EDOI_TENTH_NS;
}

/* A line is one call, and the file's lock keeps a task's lines together. That lock is taken inside
 * the lock of registry.h, and no lock of edo's inside it. */
static void print_group(FILE *out, dump_group *g) {
    dump_sight *s = &g->first;
    bool is_one = g->n == 1;
    const edoi_text *what = is_one ? &s->what : &s->same;
    edoi_text begin = { .n = 0 }, state = { .n = 0 }, times = { .n = 0 };
    edoi_frames_find(frames, s->frames, s->frames_n, s->first_is_exact);
    edoi_thread_name_call(&s->call, frames, s->frames_n);
    if (is_one) edoi_text_add(&begin, "%p ", (void *)s->of.task);
    if (!is_one) tell_number(&begin, g->n);
    tell_state(&state, s);
    if (!is_one) tell_range(&times, ", for ", g->wait, "");
    tell_range(&times, ", ", g->age, " old");
    if (!is_one) edoi_text_add(&times, ", as %p", (void *)s->of.task);
    flockfile(out);
    (void)fprintf(out, "  %s%s: %s%s%s%s%s\n", begin.at, s->of.site ? s->of.site : "(no name)",
                  state.at, what->n > 0 ? " (" : "", what->at, what->n > 0 ? ")" : "", times.at);
    edoi_frames_print_folded(out, frames, s->frames_n);
    if (is_one) edoi_last_events_print(out, s->of.task, born_ns_of(&s->of));
    funlockfile(out);
}

/* Nobody takes the rest: so nobody waits for its tasks, and for the locks of this dump. */
static bool is_in_vain(const dump *d) {
    return !d->had_error && ferror(d->out);
}

static void print_all(dump *d) {
    for (uint32_t i = 0; i < d->groups_n && !is_in_vain(d); i++) print_group(d->out, &groups[i]);
    d->groups_n = 0;
}

static dump_group *group_of(dump *d, const dump_sight *s) {
    uint64_t key = key_of(s);
    for (uint32_t i = 0; i < d->groups_n && key != 0; i++)
        if (groups[i].key == key) return &groups[i];
    if (d->groups_n == GROUPS_MAX) print_all(d);
    dump_group *g = &groups[d->groups_n++];
    *g = (dump_group){ .key = key, .age = { -1, -1 }, .wait = { -1, -1 }, .first = *s };
    return g;
}

static bool dump_gather(void *arg) {
    dump *d = arg;
    find_running_stacks(d);
    for (uint32_t i = 0; i < d->sights_n; i++) {
        dump_group *g = group_of(d, &sights[i]);
        g->n++;
        dump_widen(&g->age, tenths_of(sights[i].of.age_ns));
        dump_widen(&g->wait, tenths_of(sights[i].of.wait_ns));
    }
    d->tasks_n += d->sights_n;
    d->sights_n = 0;
    return !is_in_vain(d);
}

/* ---- All tasks ------------------------------------------------------------------------------- */

static void headline_print(FILE *out, const edo_runtime *rt) {
    edoi_text threads = { .n = 0 };
    if (rt->opts.flavor == EDO_RUNTIME_MULTI) {
        edoi_text_add(&threads, "%u workers", (unsigned)rt->workers_n);
    } else {
        bool is_driven = edoi_load_rlx_u32(&rt->worker->shown_thread.tid) != 0; // relaxed: a hint
        edoi_text_add(&threads, "one thread%s", is_driven ? "" : ", driven by nobody");
    }
    (void)fprintf(out, "edo: tasks of runtime %" PRIu64 " (%s), %s:\n", rt->id, rt->opts.name,
                  threads.at);
}

static void dump_runtime(dump *d, edo_runtime *rt, const edoi_tasks_look *how) {
    EDO_INV("dump inv. 1", edoi_held_any());
    d->tasks_n = 0;
    if (!how->tasks) headline_print(d->out, rt);
    edoi_tasks_look_at(rt, how, dump_see, d);
    print_all(d);
    if (!how->tasks)
        (void)fprintf(d->out, "  %u task%s\n", (unsigned)d->tasks_n, d->tasks_n == 1 ? "" : "s");
}

void edo_dump_tasks(FILE *out) {
    edoi_dump_of(out, NULL, 0);
}

void edoi_dump_of(FILE *out, const edo_task *const *tasks, size_t n) {
    int64_t patience_ns = PATIENCE_NS;
    dump d = { .out = out, .had_error = ferror(out) != 0 };
    const edoi_tasks_look how = {
        .tasks = tasks, .tasks_n = n, .patience_ns = &patience_ns, .after = dump_gather
    };
    edoi_worker *here = edoi_worker_here();
    edo_no_await_begin();
    if (here) edoi_store_rlx_u32(&here->shown_thread.dumps, 1); // relaxed: a hint, as below
    edoi_frames_begin();
    edoi_registry_acquire();
    for (edo_runtime *rt = edoi_registry_next(NULL); rt && !is_in_vain(&d);
         rt = edoi_registry_next(rt))
        dump_runtime(&d, rt, &how);
    if (!tasks && !is_in_vain(&d)) {
        edoi_lock_dump(out, edoi_clock_monotonic());
        edoi_open_look(&edoi_open_shown, EDOI_OPEN_BESIDE_TASKS);
        edoi_open_print(out, &edoi_open_shown, edoi_clock_monotonic());
    }
    edoi_registry_release();
    edoi_frames_end();
    if (here) edoi_store_rlx_u32(&here->shown_thread.dumps, 0);
    edo_no_await_end();
}
