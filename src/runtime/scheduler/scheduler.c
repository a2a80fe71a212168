/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/scheduler.c: see scheduler.h. In order: the choice of the next task, a poll,
 * and the turn, in which a worker may sleep. */
#include "runtime/scheduler/scheduler.h"
#include "recorder/probe.h"
#include "runtime/scope/values.h"

#include "driver/clock.h"
#include "driver/driver.h"
#include "driver/wheel.h"
#include "fiber/fiber.h"
#include "locks/tenths.h"
#include "records/handles.h"
#include "records/unfinished.h"
#include "runtime/blocking/blocking.h"
#include "runtime/fiber/reclaim.h"
#include "runtime/fiber/spread.h"
#include "runtime/fiber/stack_wait.h"
#include "runtime/scheduler/assist.h"
#include "runtime/scheduler/blocked.h"
#include "runtime/scheduler/chance.h"
#include "runtime/scheduler/fiber_run.h"
#include "runtime/scheduler/recorded.h"
#include "runtime/scheduler/root.h"
#include "runtime/scheduler/stats.h"
#include "runtime/scheduler/steal.h"
#include "runtime/scheduler/takeover.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/parker.h"
#include "runtime/scope/scope.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/inbox.h"
#include "runtime/task/run_queue.h"
#include "runtime/task/task.h"
#include "runtime/task/task_queue.h"
#include "runtime/task/task_slab.h"
#include "runtime/thread/quiet.h"
#include "runtime/watch/watchdog.h"
#include "runtime/worker/core.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/places.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/tally.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"

#define LIFO_RUN_MAX 3u
#ifdef EDOI_MODEL
#    define INJECTED_INTERVAL 1u /* so that short runs look too */
#else
#    define INJECTED_INTERVAL 31u
#endif
#define EVEN_TURNS          16 /* turns with work between two looks at a sibling's ring */
#define SPENT_NS            100000
#define RUN_NS              1000000 /* between two looks at the driver, by recent polls */
#define PREFETCH_FIBERS_MIN 64u     /* fewer stay in cache by themselves */
#define PREFETCH_BYTES      256     /* of each stack, from its base on */

static void kick(void *arg) {
    edoi_driver_kick(((edoi_worker *)arg)->driver);
}

void edoi_scheduler_hold_stacks(edoi_worker *w) {
    edoi_stack_pool_hold(&w->stacks, kick, w);
}

/* The next task gets a fresh budget, and shares it with those that run from the front slot after
 * it. */
EDOI_INLINE void begin_budget(edoi_worker *w) {
    w->run.lifo_run = 0;
    w->cx.budget = EDO_BUDGET;
}

/* How many polls may pass until the next look at tasks from outside and at idle siblings. */
static uint32_t look_interval(const edoi_worker *w) {
    if (edoi_chance_decides(&w->run)) return 1;
    return w->shares ? w->cost.offer_in : INJECTED_INTERVAL;
}

/* A task from `fired`, if it is the turn of one; otherwise NULL. Such tasks and all others but
 * those from `spent` take turns: a task that a timer woke does not wait behind all queued tasks, so
 * that it soon gives back what it holds. Tasks that the driver's events woke get no such turn: they
 * bring input, and must not outrun the tasks that pass it on. */
EDOI_INLINE edo_task *fired_task(edoi_worker *w) {
    if (!w->run.fired.first) return NULL;
    w->run.after_fired = !w->run.after_fired || !edoi_run_queue_has_other_work(w);
    if (!w->run.after_fired) return NULL;
    begin_budget(w);
    edo_task *t = edoi_task_queue_pop(&w->run.fired);
    if (w->run.fired.first) EDOI_PREFETCH(w->run.fired.first);
    return t;
}

/* The task in the front slot, otherwise the oldest queued one; NULL: there is none. */
EDOI_INLINE edo_task *usual_task(edoi_worker *w) {
    edo_task *t = w->run.lifo;
    if (t) {
        w->run.lifo = NULL;
        if (w->run.lifo_run++ < LIFO_RUN_MAX) return t;
        edoi_run_queue_push_back(w, t);
    }
    begin_budget(w);
    return edoi_run_queue_pop(w);
}

/* Does the driver come before another task from `spent`? What an event wakes does not wait for all
 * of these. A shutdown polls as many as it can. */
static bool is_run_over(const edoi_worker *w) {
    return w->run_left == 0 || (edoi_clock_now(&w->clock) - w->cost.ran_from_ns > SPENT_NS &&
                                !edoi_runtime_is_closing(w->runtime));
}

/* A task that has spent its budget, when no other task can run or the run is over; NULL: there is
 * none, or the driver comes first. The first of a run has waited for all others, however many they
 * are: the run has a poll more for it. */
static EDOI_NOINLINE edo_task *spent_task(edoi_worker *w) {
    edoi_run_queue *q = &w->run;
    if (!q->spent.first || (q->after_spent && is_run_over(w))) return NULL;
    if (w->run_left == 0) {
        w->run_left = 1;
        edoi_worker_look_after(w, 1);
    }
    q->after_spent = true;
    begin_budget(w);
    edo_task *t = edoi_task_queue_pop(&q->spent);
    // The last look has read the clock.
    if (EDOI_UNLIKELY(w->tally.timed)) edoi_stats_poll_begin(w, t);
    return t;
}

/* A look: takes tasks from outside, offers work to siblings and, if polls are timed, reads the
 * clock. Returns the next task; NULL: there is none, or the run is over. */
EDOI_INLINE edo_task *look_as(edoi_worker *w, bool timed) {
    if (edoi_runtime_is_forked(w->runtime)) edoi_fork_task_returned();
    edoi_worker_count_polls(w);
    if (timed) edoi_stats_poll_end(w); // first: below a sibling may get the task
    if (w->run_left == 0) return NULL;
    if (edoi_run_queue_take(w) && w->shares) edoi_assist_works(w);
    if (w->shares) edoi_steal_offer(w);
    edoi_worker_look_after(w, timed || w->run.fired.first ? 1 : look_interval(w));
    if (edoi_chance_decides(&w->run)) edoi_chance_mix(&w->run);
    edo_task *t = fired_task(w);
    if (!t) t = usual_task(w);
    if (timed && t) edoi_stats_poll_begin(w, t);
    return t;
}

static EDOI_NOINLINE edo_task *look_timed(edoi_worker *w) {
    return look_as(w, true);
}

static EDOI_NOINLINE edo_task *worker_look(edoi_worker *w) {
    return EDOI_UNLIKELY(w->tally.timed) ? look_timed(w) : look_as(w, false);
}

EDOI_INLINE edo_task *next_task(edoi_worker *w) {
    uint32_t look_in = EDOI_OWN_LOAD(&w->count.look_in) - 1;
    EDOI_OWN_STORE(&w->count.look_in, look_in);
    return EDOI_UNLIKELY(look_in == 0) ? worker_look(w) : usual_task(w);
}

/* Ends the trail of the state machine that was polled: the task keeps it for its joiner if it ended
 * with a failure; otherwise it is freed, since a pending task has no room for it. */
EDOI_COLD static void end_with_trail(edoi_worker *w, edo_task *t, edo_polled polled) {
    edoi_trail *trail = w->machine.trail;
    w->machine.trail = NULL;
    w->now.after = polled == EDO_READY ? 0 : w->now.after & ~EDOI_AFTER_TRAIL;
    if (polled == EDO_READY) {
        t->trail = edoi_trail_only(trail, edoi_task_future(t)->result);
    } else {
        edoi_trail_free(trail);
    }
}

EDOI_INLINE void end_task(edoi_worker *w, edo_task *t) {
    edoi_worker_set_running(w, NULL);
    t->own = 0;
    edoi_store_rlx_u16(&t->owner, OWNER_NONE);
    edoi_worker_count(&w->count.ended);
    switch (edoi_task_finish(t)) {
    case TASK_KEPT: break;
    case TASK_UNUSED: edoi_task_free(t); break;
    case TASK_JOINED:
        // To the back: a parent that awaits many children is woken once, not once per child.
        w->run.wakes_to = EDOI_WAKE_BACK;
        edoi_task_wake_joiner(t);
        w->run.wakes_to = w->run.wakes_usual;
        break;
    }
}

/* The end of a task that may have left a trail, or that leaves its scope when it is done. */
static EDOI_NOINLINE void worker_end_unusual(edoi_worker *w, edo_task *t) {
    bool leaves = w->now.after & EDOI_AFTER_LEAVE;
    end_with_trail(w, t, EDO_READY);
    end_task(w, t);
    if (leaves) edoi_child_leave(t);
}

/* Prefetches the stack of the next fiber before one runs. With a thousand fibers a switch waits for
 * about six cache lines otherwise. */
EDOI_INLINE void prefetch_next(const edoi_worker *w) {
    const edo_task *t = w->run.queue.first;
    if (w->placement.fibers_n < PREFETCH_FIBERS_MIN || !t) return;
    const edo_future *f = edoi_task_future(t);
    if (!edoi_is_fiber_task(f)) return;
    const edoi_fiber_ctx *ctx = ((const edoi_fiber_task *)(const void *)f)->ctx;
    if (!ctx) return;
    EDOI_PREFETCH(&ctx->ctx.deadline_ns);
    for (int at = 64; at <= PREFETCH_BYTES; at += 64) EDOI_PREFETCH((const char *)ctx - at);
}

/* Runs a fiber until it waits or ends. Inlined into the loop, as are its callers: a return after
 * the switch would be mispredicted. */
EDOI_INLINE edo_polled run_fiber(edoi_worker *w, edoi_fiber_task *fiber) {
    prefetch_next(w);
    if (!edoi_fiber_task_begin(fiber, w)) return EDO_PENDING;
    w->fiber = fiber;
    (void)edoi_fiber_switch(&w->thread, &fiber->ctx->fiber, fiber->base.result);
    w->fiber = NULL;
    if (EDOI_LIKELY(edoi_fiber_is_suspended(&fiber->ctx->fiber))) return EDO_PENDING;
    edoi_fiber_task_end(fiber, w);
    return EDO_READY;
}

EDOI_INLINE edo_polled poll_task(edoi_worker *w, edo_task *t, uint32_t word) {
    edo_future *f = edoi_task_future(t);
    if (edoi_is_fiber_task(f)) {
        w->cx.waker = &t->waker;
        return run_fiber(w, (edoi_fiber_task *)(void *)f);
    }
    if (EDOI_UNLIKELY(word & TASK_CANCEL)) {
        // relaxed: written before CANCEL, which this worker has seen
        EDOI_CUT_SHORT(w->runtime, edoi_load_rlx_u16(&t->cause) == EDO_CANCEL_SHUTDOWN, t->site);
        edo_drop(f);
        f->result = -ECANCELED;
        edoi_blocked_machine_ended(t);
        return EDO_READY;
    }
    w->cx.waker = &t->waker;
    edo_polled polled = edo_poll(f, &w->cx);
    edoi_ctx_check_bracket();
    edoi_values_check_poll();
    if (polled == EDO_READY) edoi_blocked_machine_ended(t);
    return polled;
}

/* go_on() of a fiber that got no stack, or a task that has spent its budget. What ran from the
 * front slot has spent another task's. */
static EDOI_NOINLINE void go_on_later(edoi_worker *w, edo_task *t, uint32_t after) {
    if (after & EDOI_AFTER_NO_STACK) {
        edoi_stack_wait_add(w, t);
    } else if (after & EDOI_AFTER_AGAIN || t->own & OWN_NOTIFIED) {
        edoi_run_queue_push_to(w, w->run.lifo_run == 0 ? &w->run.spent : &w->run.queue, t);
    } else {
        edoi_run_queue_defer(w, t); // it waits for something else
    }
}

/* After a pending poll: the task asked for another poll, was woken during its poll, left a trail,
 * got no stack, or has spent its budget. */
EDOI_INLINE void go_on(edoi_worker *w, edo_task *t) {
    if (EDOI_UNLIKELY(w->now.after & EDOI_AFTER_TRAIL)) end_with_trail(w, t, EDO_PENDING);
    uint32_t after = w->now.after;
    w->now.after = 0;
    if (EDOI_UNLIKELY(after & (EDOI_AFTER_NO_STACK | EDOI_AFTER_SPENT))) {
        go_on_later(w, t, after);
    } else if (after || t->own & OWN_NOTIFIED) {
        edoi_run_queue_push_back(w, t);
    } else {
        edoi_run_queue_defer(w, t);
    }
}

/* From here to end_poll() the places are this thread's own only within brackets: places.h. */
EDOI_INLINE void begin_poll(edoi_worker *w) {
    edoi_store_rel_u16(&w->places.inside, w->places.in_polls); // TK1: pairs with TK1 in takeover.c
}

EDOI_INLINE void end_poll(edoi_worker *w) {
    edoi_store_rlx_u16(&w->places.inside, w->id); // TK1: ordered by TK3
    EDOI_COMPILER_BARRIER();
    // relaxed: as in edoi_places_enter()
    if (EDOI_UNLIKELY(edoi_load_rlx_u32(&w->places.taken) != EDOI_PLACES_FREE))
        edoi_places_regain(w);
}

EDOI_INLINE void run_task(edoi_worker *w, edo_task *t) {
    t->own = OWN_RUN;
    uint32_t word = edoi_task_start_poll(t);
    edoi_worker_set_running(w, &t->waker); // until the next task runs, or the loop is left
    begin_poll(w);
    edo_polled polled = poll_task(w, t, word);
    end_poll(w);
    if (polled == EDO_READY) {
        t->trail = NULL; // `next` until now
        if (EDOI_UNLIKELY(w->now.after)) {
            worker_end_unusual(w, t);
        } else {
            end_task(w, t);
        }
    } else if (w->now.after || t->own & OWN_NOTIFIED) {
        go_on(w, t);
    } else {
        edoi_run_queue_defer(w, t);
    }
}

/* look_interval() for the start of a run. Its first pop does not count, since the turn has looked
 * already; 0: there is a look before each poll. */
static uint32_t first_interval(const edoi_worker *w) {
    bool each = edoi_worker_takes_turns(w) || look_interval(w) == 1;
    return each ? 0 : look_interval(w);
}

/* How many polls until the driver is due: `event_interval`, but no more than take RUN_NS, so that
 * what timers and events wake does not wait for 61 long polls. */
static uint32_t run_length(const edoi_worker *w) {
    int64_t mean_ns = w->cost.mean_poll_ns;
    if (EDOI_UNLIKELY(mean_ns >= RUN_NS)) return 1;
    if (EDOI_LIKELY(mean_ns * w->event_interval <= RUN_NS)) return w->event_interval;
    return (uint32_t)(RUN_NS / mean_ns);
}

void edoi_scheduler_run(edoi_worker *w) {
    w->run_left = run_length(w);
    if (edoi_chance_decides(&w->run)) w->run_left = edoi_chance_run_length(&w->run, w->run_left);
    w->run.after_spent = false;
    begin_budget(w); // the front slot's task was not woken by the last one that was polled
    edoi_worker_look_after(w, first_interval(w));
    EDOI_OWN_STORE(&w->count.look_in, EDOI_OWN_LOAD(&w->count.look_in) + 1);
    for (edo_task *t; (t = next_task(w)) || (t = spent_task(w));) run_task(w, t);
    edoi_worker_set_running(w, NULL);
    edoi_worker_count_polls(w);
}

void edoi_scheduler_begin_chance(edo_runtime *rt, uint64_t seed) {
    rt->worker->run.chance = seed | 1; // 0 would mean that there is none
}

uint64_t edoi_scheduler_chance_state(const edo_runtime *rt) {
    return rt->worker->run.chance;
}

/* How long a paused clock still waits for blocking jobs, at most; negative: for ever. The end of a
 * job wakes the task that awaits it, and so kicks the driver. */
static int64_t stand_ns(const edoi_worker *w) {
    if (!edoi_blocking_is_awaited(w->runtime->blocking)) return 0;
    if (w->pause.stands_until_ns == INT64_MAX) return -1;
    int64_t left_ns = w->pause.stands_until_ns - edoi_clock_monotonic();
    return left_ns > 0 ? left_ns : 0;
}

/* How long the driver may wait for the first timer; negative: there is none. */
static int64_t timer_ns(const edoi_worker *w, int64_t now_ns) {
    int64_t at_ns = edoi_wheel_next_expiry(w->wheel);
    if (at_ns == EDOI_WHEEL_NEVER_NS) return -1;
    if (w->clock.paused) return stand_ns(w);
    return at_ns > now_ns ? at_ns - now_ns : 0;
}

/* A paused clock jumps to the first timer: no task can run, so no time need pass. */
static void jump(edoi_worker *w) {
    int64_t at_ns = edoi_wheel_next_expiry(w->wheel);
    if (at_ns != EDOI_WHEEL_NEVER_NS && at_ns > w->clock.paused_ns) w->clock.paused_ns = at_ns;
}

static int64_t wait_ns(edoi_worker *w, int64_t now_ns) {
    int64_t left_ns = timer_ns(w, now_ns), most_ns = w->pause.waits_most_ns;
    if (w->clock.paused && left_ns == 0) jump(w);
    left_ns = edoi_reclaim_left_ns(w, edoi_stack_wait_left_ns(&w->stack_wait, left_ns));
    return most_ns >= 0 && (left_ns < 0 || left_ns > most_ns) ? most_ns : left_ns;
}

int64_t edoi_scheduler_wait_ns(const edoi_worker *w) {
    if (w->pause.quiet) return 0; // the turn that finds no task to run tells it
    return edoi_stack_wait_left_ns(&w->stack_wait, timer_ns(w, edoi_clock_now(&w->clock)));
}

/* Whether the driver has no event and no kick; only then the clock may jump. A kick that is taken
 * here counts as the end of the wait: its sender may have picked this worker for a task that has
 * run meanwhile, and no thread picks or kicks this worker again before it has been awake. */
static bool is_quiet(edoi_worker *w) {
    (void)edoi_driver_turn(w->driver, 0);
    return edoi_driver_is_timed_out(w->driver);
}

/* Waits, in a current-thread runtime. The thread's parker may also be notified by wakes that are
 * not for tasks. */
static void wait_and_listen(edoi_worker *w, int64_t now_ns) {
    if (!edoi_parker_before_wait(w->parker)) return;
    if (EDOI_UNLIKELY(w->pause.quiet)) {
        edoi_quiet_look(w);
    } else if (!w->clock.paused || is_quiet(w)) {
        int64_t timeout_ns = wait_ns(w, now_ns);
        if (timeout_ns != 0) edoi_stats_park(w);
        (void)edoi_driver_turn(w->driver, timeout_ns);
        if (timeout_ns != 0) edoi_stats_unpark(w);
    }
    edoi_parker_after_wait(w->parker);
}

static void wait_in_driver(edoi_worker *w, int64_t now_ns) {
    edo_runtime *rt = w->runtime;
    EDO_CHECK(edoi_run_queue_check(w));
    w->lookout.rested = true; // from now on other threads see it as a sleeper
    edoi_idle_enter(&rt->idle, w->index);
    uint32_t injected_n = edoi_load_seq_u32(&rt->inject.n); // WK2: pairs with WK1
    if (injected_n == 0) {
        if (!w->has_thread) {
            wait_and_listen(w, now_ns);
        } else if (!edoi_steal_is_there(w) && edoi_inbox_sleep(&w->inbox)) {
            edoi_assist_wait(w, now_ns, wait_ns(w, now_ns));
            edoi_inbox_wake(&w->inbox);
        }
    }
    w->searching = edoi_idle_leave(&rt->idle, w->index);
    w->lookout.expects = w->searching || injected_n > 0;
    edoi_watchdog_notice();
    if (w->searching && !w->shares) (void)edoi_steal_end(w);
}

void edoi_scheduler_rest(edoi_worker *w) {
    edoi_idle_enter(&w->runtime->idle, w->index);
    // WK2: pairs with WK1
    if (edoi_load_seq_u32(&w->runtime->inject.n) > 0 || edoi_run_queue_has_work(w))
        edoi_driver_kick(w->driver);
}

void edoi_scheduler_resume(edoi_worker *w) {
    w->searching = edoi_idle_leave(&w->runtime->idle, w->index);
    if (w->searching) (void)edoi_steal_end(w);
}

static void fire_timers(edoi_worker *w, int64_t now_ns) {
    edoi_wake_place usual = w->run.wakes_to;
    w->run.wakes_to = EDOI_WAKE_FIRED;
    (void)edoi_wheel_advance(w->wheel, now_ns);
    w->run.wakes_to = usual;
}

/* Takes tasks of siblings: where there is no other work; behind long polls, where they have more;
 * and now and then, where they have many more. */
static void share_out(edoi_worker *w) {
    uint32_t polls_n = run_length(w);
    if (!edoi_run_queue_has_work(w)) {
        edoi_steal_search(w);
    } else if (EDOI_UNLIKELY(polls_n < w->event_interval)) {
        edoi_steal_level(w, polls_n);
    } else if (EDOI_UNLIKELY(++w->thief.evened_n % EVEN_TURNS == 0)) {
        edoi_steal_even(w);
    }
}

void edoi_scheduler_turn(edoi_worker *w) {
    EDOI_PROBE1(turn_begin, w);
    edoi_run_queue_settle(w);
    if (w->frees.n > 0) edoi_task_slab_flush(&w->frees);
    if (edoi_run_queue_take(w) && w->shares) edoi_assist_works(w);
    edoi_stack_pool_look(&w->stacks);
    if (EDOI_UNLIKELY(w->stack_wait.listed_n > 0)) edoi_stack_wait_look(w);
    int64_t now_ns = edoi_clock_now(&w->clock);
    edoi_stats_turn(w, now_ns);
    if (edoi_recorded_is_due(&w->tally.recorded)) edoi_stats_recorded_turn(w, now_ns);
    if (w->shares) {
        edoi_spread_show(w);
        share_out(w);
    }
    uint32_t now_tenths = edoi_tenths(now_ns);
    bool next_second = now_tenths / 10 != w->now_tenths / 10;
    w->now_tenths = now_tenths;
    if (next_second) edoi_reclaim(w);
    if (edoi_run_queue_has_work(w) || (w->parker && edoi_parker_is_notified(w->parker))) {
        if (edoi_driver_has_sources(w->driver)) (void)edoi_driver_turn(w->driver, 0);
    } else {
        wait_in_driver(w, now_ns);
        now_ns = edoi_clock_now(&w->clock);
    }
    if (edoi_wheel_armed_n(w->wheel) != 0) fire_timers(w, now_ns);
    edoi_stats_run_from(w, now_ns);
    if (w->lookout.helps) edoi_assist_siblings(w, now_ns);
    if (w->searching)
        edoi_steal_search(w); // it was picked: others rely on it until it ends its search
    if (w->shares) edoi_assist_turned(w, now_ns);
    edoi_runtime_look_at_signal(w->runtime);
    EDOI_PROBE1(turn_end, w);
}
