/* SPDX-License-Identifier: MIT */
/* runtime/debug/deadlock.c: see deadlock.h. Contract: edo/locks.h.
 *
 * The task that closes the cycle reports it, before it waits itself. */
#include "runtime/debug/deadlock.h"

#include "base/memory/alloc.h"
#include "base/opts.h"
#include "driver/clock.h"
#include "locks/holders.h"
#include "locks/permits.h"
#include "locks/tenths.h"
#include "locks/waits.h"
#include "log/tell.h"
#include "runtime/debug/dump.h"
#include "runtime/debug/jobs_halt.h"
#include "runtime/debug/lock_dump.h"
#include "runtime/debug/lock_found.h"
#include "runtime/debug/lock_held.h"
#include "runtime/debug/lock_order.h"
#include "runtime/debug/report.h"
#include "runtime/scheduler/blocked.h"
#include "runtime/watch/watchdog.h"
#include "runtime/worker/here.h"
#include "stacks/frames.h"

#include <edo/log.h>

#include <errno.h>
#include <execinfo.h>
#include <stdlib.h>
#include <string.h>

#define PLACE_MAX  160u
#define HELD_NS    INT64_C(10000000000)
#define FRAMES_MAX 48

#ifdef EDO_DEBUG
#    define IS_DEBUG true
#else
#    define IS_DEBUG false
#endif

static const char *waiter_name_of(const edoi_wait *w) {
    return w->name ? w->name : "(no name)";
}

/* ---- Deadlocks ------------------------------------------------------------------------------- */

/* Where the task of `who` took the lock; "": not known. */
static void tell_taken(FILE *out, uint64_t lock, uint64_t who) {
    edoi_holder all[EDOI_HOLDERS_MAX];
    char place[PLACE_MAX];
    size_t n = edoi_holders_get(all, (const void *)(uintptr_t)lock);
    for (size_t i = 0; i < n; i++) {
        if (all[i].who != who || !all[i].site) continue;
        edoi_place_tell(place, sizeof place, all[i].site);
        (void)fprintf(out, " at %s", place);
        return;
    }
}

/* Where permits were taken; "": not known. Of a pool the place is a text. */
static void permits_place_tell(char place[PLACE_MAX], const edoi_permit_holder *h, bool is_pool) {
    *place = '\0';
    if (h->site && is_pool) {
        (void)snprintf(place, PLACE_MAX, "%s", (const char *)h->site);
    } else if (h->site) {
        edoi_place_tell(place, PLACE_MAX, h->site);
    }
}

/* Of what `w` waits for, and which `next` has. */
static void tell_permits(FILE *out, const edoi_wait *w, const edoi_wait *next, const char *whose) {
    const void *sem = (const void *)(uintptr_t)w->object;
    char name[EDOI_PERMITS_NAME_BYTES], place[PLACE_MAX] = "";
    edoi_permit_holder h;
    const bool is_pool = edoi_permits_pool_name(name, sem);
    for (uint32_t at = 0; !*place && edoi_permits_next(&h, sem, &at);)
        if (h.by.who == next->who && h.by.own == next->own) permits_place_tell(place, &h, is_pool);
    if (is_pool) {
        (void)fprintf(out, " of pool %s, of whose places %s took one", name, whose);
    } else {
        (void)fprintf(out, " of %p, of whose permits %s took one", sem, whose);
    }
    if (*place) (void)fprintf(out, " at %s", place);
}

/* Does `w` wait behind `next`, which waits for the lock itself? Else `next` holds it. */
static bool is_behind(const edoi_wait *w, const edoi_wait *next, bool is_alone) {
    bool is_of_lock = next->kind == EDOI_WAITS_LOCK || next->kind == EDOI_WAITS_BEHIND;
    return w->is_shared && !is_alone && is_of_lock && next->object == w->object;
}

static void tell_wait(FILE *out, const edoi_wait *w, const edoi_wait *next, bool is_alone) {
    const char *whose = is_alone ? "itself" : waiter_name_of(next);
    (void)fprintf(out, "  %s waits for %s", waiter_name_of(w), w->what);
    switch (w->kind) {
    case EDOI_WAITS_LOCK:
    case EDOI_WAITS_BEHIND:
        if (is_behind(w, next, is_alone)) {
            (void)fprintf(out, " of %p, behind %s", (void *)(uintptr_t)w->object, whose);
            break;
        }
        (void)fprintf(out, " of %p, which %s%s took", (void *)(uintptr_t)w->object,
                      is_alone ? "it " : "", whose);
        tell_taken(out, w->object, next->who);
        break;
    case EDOI_WAITS_PERMITS: tell_permits(out, w, next, whose); break;
    case EDOI_WAITS_PEER:
        (void)fprintf(out, " of %p, whose other end %s uses", (void *)(uintptr_t)w->object, whose);
        break;
    case EDOI_WAITS_TASK: (void)fprintf(out, " of %s", whose); break;
    case EDOI_WAITS_SCOPE: (void)fprintf(out, " of the scope whose child %s is", whose); break;
    }
    (void)fputc('\n', out);
}

/* Of the task that reports: the first of the cycle. */
static void tell_own_stack(FILE *out) {
    void *pcs[FRAMES_MAX];
    size_t n = (size_t)backtrace(pcs, FRAMES_MAX);
    edoi_frame *frames = edoi_calloc(n + 1, sizeof *frames);
    if (!frames) return;
    edoi_frames_begin();
    (void)edoi_frames_find(frames, pcs, n, false);
    (void)fprintf(out, "  the first one is here:\n");
    edoi_frames_print_folded(out, frames, n);
    edoi_frames_end();
    edoi_free(frames);
}

static void cycle_print_waits(FILE *out, const edoi_cycle *c) {
    for (uint32_t i = 0; i < c->has; i++)
        tell_wait(out, &c->at[i], &c->at[(i + 1) % c->n], c->n == 1);
    if (c->n > c->has) (void)fprintf(out, "  ... %u more\n", (unsigned)(c->n - c->has));
}

static void cycle_print_stacks(FILE *out, const edoi_cycle *c) {
    const edo_task *tasks[EDOI_CYCLE_MAX];
    for (uint32_t i = 0; i < c->has; i++) tasks[i] = edoi_blocked_task_of(c->at[i].who);
    const bool is_own = tasks[0] == edoi_task_here(); // else the watchdog's thread reports
    if (is_own) tell_own_stack(out);
    edoi_dump_of(out, tasks + is_own, c->has - is_own);
}

void edoi_deadlock_print(FILE *out, const char *whose, const edoi_cycle *c) {
    if (c->n == 1) {
        (void)fprintf(out, "%s: deadlock: a task waits for itself\n", whose);
    } else {
        (void)fprintf(out, "%s: deadlock: %u tasks wait for each other\n", whose, (unsigned)c->n);
    }
    cycle_print_waits(out, c);
    cycle_print_stacks(out, c);
}

static void deadlock_print(FILE *out, const void *arg) {
    edoi_deadlock_print(out, "edo", arg);
}

/* False: there is no memory. */
static bool deadlock_say(void (*print)(FILE *out, const void *arg), const void *arg) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (!out) return false;
    edoi_frames_begin(); // for all its places
    print(out, arg);
    edoi_frames_end();
    if (fclose(out) == 0) (void)edoi_tell_text((edo_str){ text, n });
    free(text);
    return true;
}

static void deadlock_report(const edoi_cycle *c) {
    edoi_lock_found(EDOI_LOCK_DEADLOCK);
    if (!edoi_report_may(EDOI_REPORT_DEADLOCK)) return;
#ifndef EDOI_MODEL
    edo_log_event(EDO_LEVEL_ERROR, "edo.locks", (EDO_KV("closed_by", waiter_name_of(&c->at[0]))),
                  "deadlock of %u tasks", (unsigned)c->n);
#endif
    if (!deadlock_say(deadlock_print, c))
        edoi_tell("edo: deadlock: %s waits for ever for %s\n", waiter_name_of(&c->at[0]),
                  c->at[0].what);
    edoi_report_record("deadlock");
}

/* ---- Waits that stand ------------------------------------------------------------------------ */

/* All that have permits of `sem`, or places of that pool. */
static void tell_who_has(FILE *out, const void *sem, uint32_t now) {
    char name[EDOI_PERMITS_NAME_BYTES], place[PLACE_MAX];
    edoi_permit_holder h;
    edoi_text age;
    const bool is_pool = edoi_permits_pool_name(name, sem);
    for (uint32_t at = 0; edoi_permits_next(&h, sem, &at);) {
        permits_place_tell(place, &h, is_pool);
        if (is_pool) {
            (void)fprintf(out, "  pool %s: ", name);
        } else {
            (void)fprintf(out, "  %p: ", sem);
        }
        (void)fprintf(out, "%s has %u %s%s%s%s%s\n", h.by.name ? h.by.name : "a plain thread",
                      (unsigned)h.n, is_pool ? "place" : "permit", h.n > 1 ? "s" : "",
                      edoi_lock_age(&age, now, h.since), *place ? ", taken at " : "", place);
    }
}

/* Of each semaphore and pool that a task of the cycle waits for, once. */
static void cycle_print_permits(FILE *out, const edoi_cycle *c) {
    const uint32_t now = edoi_tenths(edoi_clock_monotonic());
    for (uint32_t i = 0; i < c->has; i++) {
        bool is_new = c->at[i].kind == EDOI_WAITS_PERMITS;
        for (uint32_t k = 0; k < i; k++) is_new = is_new && c->at[k].object != c->at[i].object;
        if (is_new) tell_who_has(out, (const void *)(uintptr_t)c->at[i].object, now);
    }
}

static void standing_print(FILE *out, const void *arg) {
    const edoi_standing *s = arg;
    (void)fprintf(out, "edo: %u tasks stand, probably: for ten seconds %s\n", (unsigned)s->all_n,
                  s->cycle.n == 1 ? "one has waited for itself"
                                  : "these have waited for each other");
    cycle_print_waits(out, &s->cycle);
    cycle_print_permits(out, &s->cycle);
    cycle_print_stacks(out, &s->cycle);
}

static void standing_report(const edoi_standing *s) {
    edoi_lock_found(EDOI_LOCK_STANDING);
    if (!edoi_report_may(EDOI_REPORT_STANDING)) return;
#ifndef EDOI_MODEL
    edo_log_event(EDO_LEVEL_ERROR, "edo.locks", (EDO_KV("first", waiter_name_of(&s->cycle.at[0]))),
                  "%u tasks stand, probably", (unsigned)s->all_n);
#endif
    if (!deadlock_say(standing_print, s))
        edoi_tell("edo: %s stands, probably\n", waiter_name_of(&s->cycle.at[0]));
    edoi_report_record("tasks stand, probably");
}

static void all_wait_print(FILE *out, const void *arg) {
    (void)fprintf(out,
                  "edo: all %llu tasks have waited for ten seconds, and edo knows of nothing that "
                  "could wake one: no timer, descriptor, signal, job or other thread\n",
                  *(const unsigned long long *)arg);
    edo_dump_tasks(out);
}

static void all_wait_report(uint64_t tasks_n) {
    unsigned long long n = tasks_n;
    edoi_lock_found(EDOI_LOCK_STANDING);
    if (!edoi_report_may(EDOI_REPORT_STANDING)) return;
#ifndef EDOI_MODEL
    edo_log_event(EDO_LEVEL_ERROR, "edo.locks", (EDO_KV("tasks", tasks_n)),
                  "all tasks wait, and nothing can wake one");
#endif
    if (!deadlock_say(all_wait_print, &n)) edoi_tell("edo: all %llu tasks wait for ever\n", n);
    edoi_report_record("all tasks wait");
}

static bool jobs_look(int64_t now_ns) {
    uint32_t n = 0;
    bool any_waits = edoi_jobs_halt_look(now_ns, &n);
    while (n-- > 0) edoi_lock_found(EDOI_LOCK_STANDING);
    return any_waits;
}

/* Once: the table is as large as it is. */
static void unnoted_report(uint64_t waits_n) {
#ifndef EDOI_MODEL
    edo_log_event(EDO_LEVEL_WARN, "edo.locks", (EDO_KV("waits", waits_n)),
                  "waits are not known: the table of them is full");
#endif
    edoi_tell(
        "edo: %llu waits have found no room in the table of them: a deadlock among such stays "
        "unknown\n",
        (unsigned long long)waits_n);
}

/* ---- Locks without a holder ------------------------------------------------------------------ */

static void ended_report(const void *lock, const edoi_holder *holder) {
    char place[PLACE_MAX] = "";
    edoi_lock_found(EDOI_LOCK_ABANDONED);
    if (!edoi_report_may(EDOI_REPORT_ABANDONED)) return;
#ifndef EDOI_MODEL
    edo_log_event(EDO_LEVEL_WARN, "edo.locks", (EDO_KV("holder", holder->name)),
                  "a task has ended and holds a lock");
#endif
#ifdef EDO_DEBUG
    if (holder->site) edoi_place_tell(place, sizeof place, holder->site);
    edoi_tell(
        "edo: %s has ended and holds the lock %p%s%s: nobody gets it any more; if another task "
        "unlocks it, edo_mutex_given() says so\n",
        holder->name, lock, *place ? ", which it took at " : "", place);
    edoi_report_record("a task has ended and holds a lock");
#else
    (void)place, (void)lock, (void)holder;
#endif
}

/* ---- Waits that last ------------------------------------------------------------------------- */

static void lasting_report(const edoi_lasting *l, uint32_t now) {
    const edoi_holder *h = &l->holder;
    const void *lock = (const void *)(uintptr_t)l->wait.object;
    unsigned waits = edoi_tenths_since(now, l->wait.since);
    unsigned held = h->since ? edoi_tenths_since(now, h->since) : waits;
    char place[PLACE_MAX] = "an unknown place";
    edoi_text why = { .n = 0 }, more = { .n = 0 };
    edoi_lock_found(EDOI_LOCK_LASTING);
    if (!edoi_report_may(EDOI_REPORT_LASTING)) return;
#ifndef EDOI_MODEL
    edo_log_event(EDO_LEVEL_WARN, "edo.locks",
                  (EDO_KV("waiter", waiter_name_of(&l->wait)), EDO_KV("holder", h->name),
                   EDO_KV("more", l->more_n)),
                  "%s lasts for %u.%u s", l->wait.what, waits / 10, waits % 10);
#endif
    if (h->site) edoi_place_tell(place, sizeof place, h->site);
    if (l->more_n > 0) edoi_text_add(&more, ", and %u more wait for it", (unsigned)l->more_n);
    switch (l->why) {
    case EDOI_LASTS_ENDED:
        edoi_text_add(&why, "%s, which took it at %s, has ended", h->name, place);
        break;
    case EDOI_LASTS_GIVEN:
        edoi_text_add(&why, "it was given to a task %u.%u s ago that has not been polled since",
                      held / 10, held % 10);
        break;
    case EDOI_LASTS_HELD:
        edoi_text_add(&why, "%s has it for %u.%u s, since %s", h->name, held / 10, held % 10,
                      place);
        break;
    }
    edoi_tell("edo: %s waits %u.%u s for %s of %p: %s%s\n", waiter_name_of(&l->wait), waits / 10,
              waits % 10, l->wait.what, lock, why.at, l->more_n > 0 ? more.at : "");
    edoi_report_record("a wait for a lock lasts");
}

/* ---- The switch ------------------------------------------------------------------------------ */

static edo_atomic_u32 is_chosen; /* atomic, relaxed: a flag, no data; the program itself has */

static int locks_watch(const edo_locks_opts *opts) {
    bool is_odd = opts->held.ns < 0 || opts->held_alone.ns < 0 ||
                  !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved));
    if (is_odd) return -EINVAL;
    edoi_blocked_held_set(opts->held.ns ? opts->held.ns : HELD_NS, opts->held_alone.ns);
    uint32_t noted = EDOI_LOCKS_HOLDERS | EDOI_LOCKS_WAITS | EDOI_LOCKS_ASKED;
    if (opts->fails) noted |= EDOI_LOCKS_FAIL;
    if (opts->order || (IS_DEBUG && !opts->any_order)) noted |= EDOI_LOCKS_ORDER;
    edoi_locks_note(opts->off ? EDOI_LOCKS_KNOWN : noted);
    if (!opts->off) edoi_watchdog_want();
    return 0;
}

static const edo_locks_opts usual;

int edo_locks_watch(const edo_locks_opts *opts) {
    int err = locks_watch(opts ? opts : &usual);
    if (err == 0) edoi_store_rlx_u32(&is_chosen, 1);
    return err;
}

static void obey_environment(void) {
    static edo_atomic_u32 is_read; /* atomic, relaxed: a flag, no data */
    if (edoi_swap_rlx_u32(&is_read, 1) != 0) return;
    const char *text = getenv("EDO_WATCH");
    if (!text || !*text) return;
    if (strcmp(text, "locks") == 0) {
        if (!edoi_load_rlx_u32(&is_chosen)) (void)locks_watch(&usual);
    } else {
        edoi_tell("edo: EDO_WATCH=%.32s is not known, only EDO_WATCH=locks\n", text);
    }
}

void edoi_deadlock_install(void) {
    static const edoi_blocked_reports reports = { .deadlock = deadlock_report,
                                                  .ended = ended_report,
                                                  .lasting = lasting_report,
                                                  .standing = standing_report,
                                                  .all_wait = all_wait_report,
                                                  .jobs = jobs_look,
                                                  .held = edoi_lock_held_report,
                                                  .unnoted = unnoted_report };
    edoi_blocked_install(&reports);
    edoi_lock_order_install();
    obey_environment();
}
