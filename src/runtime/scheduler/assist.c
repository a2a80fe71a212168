/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/assist.c: see assist.h. */
#include "runtime/scheduler/assist.h"

#include "driver/clock.h"
#include "driver/driver.h"
#include "driver/wheel.h"
#include "runtime/scheduler/stats.h"
#include "runtime/scheduler/steal.h"
#include "runtime/scheduler/takeover.h"
#include "runtime/task/ring.h"
#include "runtime/task/run_queue.h"
#include "runtime/worker/core.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/places.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/worker.h"

#define LONG_NS  INT64_C(1000000) /* since the last turn: a long poll; timers are no finer */
#define LOOK_NS  INT64_C(4000000) /* between two looks at siblings */
#define AGAIN_NS INT64_C(1000000) /* between two looks while a sibling is helped */
#define QUIET_NS INT64_C(8000000) /* since a sibling had work: it may soon get more */
#define NEVER_NS INT64_MAX
#define WORDS(n) (((n) + 63u) / 64u)

/* ---- Which siblings are awake, and since when ------------------------------------------------ */

/* The bits of this word that stand for a worker. */
static uint64_t all_in(uint32_t word, uint32_t workers_n) {
    return workers_n - word * 64 >= 64 ? UINT64_MAX : EDOI_IDLE_BIT(workers_n) - 1;
}

/* Is a sibling awake? `w` itself is among the sleepers. */
static bool is_one_awake(const edoi_worker *w) {
    const edoi_idle *i = &w->runtime->idle;
    uint64_t awake = 0; // LP3: pairs with LP3
    for (uint32_t at = 0; at < WORDS(i->workers_n); at++)
        awake |= ~edoi_load_seq_u64(&i->sleepers[at]) & all_in(at, i->workers_n);
    return awake != 0;
}

static int64_t turned_ns(const edoi_worker *w) {
    return (int64_t)edoi_load_rlx_u64(&w->lookout.turned_ns); // relaxed: a time, no data
}

/* Had a sibling work in the last 8 ms? */
static bool is_one_restless(const edoi_worker *w, int64_t now_ns) {
    const edo_runtime *rt = w->runtime;
    for (uint32_t i = 0; i < rt->workers_n; i++)
        if (i != w->index && now_ns - turned_ns(rt->workers[i]) < QUIET_NS) return true;
    return false;
}

/* Has `v` been in one or several polls for long, and may a task, timer or event there be late? */
static bool needs_help(const edoi_worker *v, int64_t now_ns) {
    if (now_ns - turned_ns(v) < LONG_NS || edoi_idle_sleeps(&v->runtime->idle, v->index))
        return false;
    bool may_keep = edoi_worker_seen_running(v) && !edoi_places_are_revoked(&v->places);
    return may_keep || edoi_wheel_armed_n(v->wheel) > 0 || edoi_driver_has_sources(v->driver) ||
           edoi_ring_len(&v->ring) > 0 ||
           edoi_load_rlx_u32(&v->runtime->inject.n) > 0; // relaxed: a hint
}

/* Have two looks, at least LONG_NS apart, seen `v` in one poll? Relaxed, all: helpers that
 * interfere, or a count that combines an old and a new value, cost a look or an early takeover. */
static bool is_in_long_poll(edoi_worker *v, int64_t now_ns) {
    uint64_t polls_n = edoi_worker_polls(v);
    if (!edoi_worker_seen_running(v)) return false;
    if (edoi_load_rlx_u64(&v->lookout.seen_polls_n) == polls_n)
        return now_ns - (int64_t)edoi_load_rlx_u64(&v->lookout.seen_ns) >= LONG_NS;
    edoi_store_rlx_u64(&v->lookout.seen_polls_n, polls_n);
    edoi_store_rlx_u64(&v->lookout.seen_ns, (uint64_t)now_ns);
    return false;
}

static bool does_one_need_help(const edoi_worker *w, int64_t now_ns) {
    const edo_runtime *rt = w->runtime;
    for (uint32_t i = 0; i < rt->workers_n; i++)
        if (i != w->index && needs_help(rt->workers[i], now_ns)) return true;
    return false;
}

/* ---- Watching -------------------------------------------------------------------------------- */

bool edoi_assist_watch(edoi_worker *w, int64_t now_ns) {
    edo_atomic_u64 *word = &w->runtime->assist.watchers[w->index / 64];
    bool watches = is_one_awake(w) || is_one_restless(w, now_ns);
    if (!watches && w->lookout.watches) {
        (void)edoi_and_seq_u64(word, ~EDOI_IDLE_BIT(w->index)); // LP1: pairs with LP2
        w->lookout.watches = false;
        watches = is_one_awake(w);
    }
    if (watches && !w->lookout.watches) {
        (void)edoi_or_rlx_u64(word,
                              EDOI_IDLE_BIT(w->index)); // relaxed: a bit seen late costs a kick
        w->lookout.watches = true;
    }
    return watches;
}

/* When this worker looks next: the watchers look one after another, in rounds. */
static int64_t next_turn(const edoi_worker *w, int64_t now_ns) {
    const edo_runtime *rt = w->runtime;
    int64_t every_ns = w->lookout.sees_long ? AGAIN_NS : LOOK_NS, n = 0, rank = 0;
    for (uint32_t at = 0; at < WORDS(rt->workers_n); at++) {
        // relaxed, both: a wrong rank costs time
        uint64_t watching =
            edoi_load_rlx_u64(&rt->assist.watchers[at]) & edoi_load_rlx_u64(&rt->idle.sleepers[at]);
        for (; watching != 0; watching &= watching - 1, n++)
            rank += at * 64 + (uint32_t)EDOI_CTZ64(watching) < w->index;
    }
    if (n == 0) return edoi_time_after(now_ns, every_ns); // picked just now
    int64_t round_ns = n * every_ns;
    int64_t at_ns = edoi_time_after(now_ns - now_ns % round_ns, rank * every_ns);
    return at_ns > now_ns ? at_ns : edoi_time_after(at_ns, round_ns);
}

/* When to look at siblings; `now_ns`: one needs help now. */
static int64_t next_look(edoi_worker *w, int64_t now_ns) {
    edoi_lookout *l = &w->lookout;
    if (w->runtime->workers_n == 1 || !edoi_assist_watch(w, now_ns)) return NEVER_NS;
    bool is_time = l->look_at_ns <= now_ns;
    if (is_time) l->sees_long = does_one_need_help(w, now_ns);
    int64_t next_ns = next_turn(w, now_ns);
    if (is_time || next_ns < l->look_at_ns) l->look_at_ns = next_ns;
    return is_time && l->sees_long ? now_ns : l->look_at_ns;
}

void edoi_assist_wait(edoi_worker *w, int64_t now_ns, int64_t timeout_ns) {
    int64_t until_ns = timeout_ns < 0 ? NEVER_NS : edoi_time_after(now_ns, timeout_ns);
    for (;;) {
        int64_t look_ns = next_look(w, now_ns);
        w->lookout.helps = look_ns <= now_ns;
        if (w->lookout.helps) return;
        int64_t at_ns = look_ns < until_ns ? look_ns : until_ns;
        int64_t left_ns = at_ns > now_ns ? at_ns - now_ns : 0;
        EDO_INV("assist inv. 1", !w->lookout.watches || at_ns != NEVER_NS);
        edoi_stats_park(w);
        (void)edoi_driver_turn(w->driver, at_ns == NEVER_NS ? -1 : left_ns);
        edoi_stats_unpark(w);
        if (!edoi_driver_is_timed_out(w->driver)) return;
        now_ns = edoi_clock_now(&w->clock);
        if (now_ns >= until_ns) return;
    }
}

/* ---- Helping --------------------------------------------------------------------------------- */

void edoi_assist_siblings(edoi_worker *w, int64_t now_ns) {
    edo_runtime *rt = w->runtime;
    edoi_wake_place usual = w->run.wakes_to;
    uint32_t taken_n = 0;
    w->lookout.helps = false;
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        edoi_worker *v = rt->workers[i];
        if (v == w || !needs_help(v, now_ns)) continue;
        w->run.wakes_to = EDOI_WAKE_FIRED;
        if (edoi_wheel_armed_n(v->wheel) > 0) (void)edoi_wheel_try_advance(v->wheel, now_ns);
        w->run.wakes_to = usual;
        if (edoi_driver_has_sources(v->driver)) (void)edoi_driver_harvest(v->driver);
        if (is_in_long_poll(v, now_ns)) taken_n += edoi_takeover(w, v);
    }
    if (taken_n > 1) (void)edoi_scheduler_call_one(rt); // the first task may take long, too
    if (!edoi_run_queue_has_work(w)) edoi_steal_search(w);
}

/* Makes sure that a sleeping worker watches, if any sleeps. False: none watches, and none was woken
 * since a worker searches; that one may find long work instead of watching. */
static bool call_watcher(edoi_worker *w) {
    edo_runtime *rt = w->runtime;
    uint64_t watching = 0, sleeping = 0; // LP3: pairs with LP3; LP2: pairs with LP1
    for (uint32_t at = 0; at < WORDS(rt->workers_n); at++) {
        uint64_t sleepers = edoi_load_seq_u64(&rt->idle.sleepers[at]);
        watching |= sleepers & edoi_load_seq_u64(&rt->assist.watchers[at]);
        sleeping |= sleepers;
    }
    return sleeping == 0 || watching != 0 || edoi_scheduler_call_one(rt);
}

void edoi_assist_works(edoi_worker *w) {
    if (w->lookout.rested) w->lookout.rested = !call_watcher(w);
}

void edoi_assist_turned(edoi_worker *w, int64_t now_ns) {
    bool expects = w->lookout.expects;
    w->lookout.expects = false;
    if (!expects && !edoi_run_queue_has_work(w)) return;
    edoi_store_rlx_u64(&w->lookout.turned_ns, (uint64_t)now_ns);
    edoi_assist_works(w);
}
