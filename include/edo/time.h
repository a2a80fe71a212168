/* SPDX-License-Identifier: MIT */
/* edo/time.h: durations, instants, sleeping, time limits, ticks, and virtual time for tests.
 *
 * Time is monotonic and kept in nanoseconds; a step of the wall clock does not matter but to
 * edo_sleep_wall_at(). What is kept for longer than the process lives, or told to others, is an
 * edo_wall: a point of the calendar.
 * Timers have a resolution of 1 ms, rounded up: no timer fires early. Polled by an executor other
 * than edo's runtime, the futures of this header are ready at once with -EDO_ENORUNTIME.
 *
 * Unless a function says otherwise:
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_TIME_H
#define EDO_TIME_H

#include <edo/future.h>

EDO_BEGIN_DECLS

/* A length of time. Made by edo_ms() and its siblings; in static storage by EDO_MS(). */
typedef struct edo_duration {
    int64_t ns;
} edo_duration;

/* A point of the monotonic clock. Two are compared by edo_instant_compare(). */
typedef struct edo_instant {
    int64_t ns;
} edo_instant;

/* A point of the wall clock, in UTC: seconds since 1970-01-01T00:00:00Z, of which a day has 86,400,
 * and the nanoseconds behind them, 0 to 999,999,999, also before 1970. Descriptions, JSON and SQL
 * have those of the years 1 to 9999: see edo/value.h. Two are compared by edo_wall_compare(). */
typedef struct edo_wall {
    int64_t s;
    int32_t ns;
} edo_wall;

/* Static initialisers. */
#define EDO_NS(n)                                                                                  \
    { (n) }
#define EDO_US(n)                                                                                  \
    { (n) * INT64_C(1000) }
#define EDO_MS(n)                                                                                  \
    { (n) * INT64_C(1000000) }
#define EDO_S(n)                                                                                   \
    { (n) * INT64_C(1000000000) }
#define EDO_MINUTES(n)                                                                             \
    { (n) * INT64_C(60000000000) }
#define EDO_HOURS(n)                                                                               \
    { (n) * INT64_C(3600000000000) }

/* About 292 years: never. In options a negative duration means never; zero means the default. */
#define EDO_FOREVER_NS INT64_MAX
#define EDO_OFF                                                                                    \
    { -1 }

/* Return a duration of `n` units; they saturate at the ends of the range. */
EDOI_INLINE edo_duration edoi_duration_of(int64_t n, int64_t unit) {
    edo_duration d;
    if (n > INT64_MAX / unit) {
        d.ns = INT64_MAX;
    } else if (n < INT64_MIN / unit) {
        d.ns = INT64_MIN;
    } else {
        d.ns = n * unit;
    }
    return d;
}
EDOI_INLINE edo_duration edo_ns(int64_t n) {
    return edoi_duration_of(n, 1);
}
EDOI_INLINE edo_duration edo_us(int64_t n) {
    return edoi_duration_of(n, 1000);
}
EDOI_INLINE edo_duration edo_ms(int64_t n) {
    return edoi_duration_of(n, 1000000);
}
EDOI_INLINE edo_duration edo_s(int64_t n) {
    return edoi_duration_of(n, 1000000000);
}
EDOI_INLINE edo_duration edo_minutes(int64_t n) {
    return edoi_duration_of(n, INT64_C(60000000000));
}
EDOI_INLINE edo_duration edo_hours(int64_t n) {
    return edoi_duration_of(n, INT64_C(3600000000000));
}

/* Returns `t` moved by `d`; saturates, so that "now + for ever" is the last instant. */
EDOI_INLINE edo_instant edo_instant_add(edo_instant t, edo_duration d) {
    edo_instant sum;
    if (d.ns > 0 && t.ns > INT64_MAX - d.ns) {
        sum.ns = INT64_MAX;
    } else if (d.ns < 0 && t.ns < INT64_MIN - d.ns) {
        sum.ns = INT64_MIN;
    } else {
        sum.ns = t.ns + d.ns;
    }
    return sum;
}

/* Returns less than 0, 0, or more than 0: `a` is before `b`, they are the same, or `a` is after. */
EDOI_INLINE int edo_instant_compare(edo_instant a, edo_instant b) {
    return (a.ns > b.ns) - (a.ns < b.ns);
}

/* Returns the time from `earlier` to `later`; saturates. */
EDOI_INLINE edo_duration edo_instant_since(edo_instant later, edo_instant earlier) {
    edo_duration d;
    if (earlier.ns < 0 && later.ns > INT64_MAX + earlier.ns) {
        d.ns = INT64_MAX;
    } else if (earlier.ns > 0 && later.ns < INT64_MIN + earlier.ns) {
        d.ns = INT64_MIN;
    } else {
        d.ns = later.ns - earlier.ns;
    }
    return d;
}

/* Returns less than 0, 0, or more than 0: `a` is before `b`, they are the same, or `a` is after. */
EDOI_INLINE int edo_wall_compare(edo_wall a, edo_wall b) {
    if (a.s != b.s) return a.s < b.s ? -1 : 1;
    return (a.ns > b.ns) - (a.ns < b.ns);
}

/* Returns `t` moved by `d`; saturates: the last is { INT64_MAX, 999999999 }, the first
 * { INT64_MIN, 0 }. */
EDOI_INLINE edo_wall edo_wall_add(edo_wall t, edo_duration d) {
    const edo_wall first = { INT64_MIN, 0 }, last = { INT64_MAX, 999999999 };
    int64_t s = d.ns / INT64_C(1000000000);
    edo_wall sum = { 0, t.ns + (int32_t)(d.ns % INT64_C(1000000000)) };
    if (sum.ns < 0) {
        sum.ns += 1000000000;
        s--;
    } else if (sum.ns >= 1000000000) {
        sum.ns -= 1000000000;
        s++;
    }
    if (s > 0 && t.s > INT64_MAX - s) return last;
    if (s < 0 && t.s < INT64_MIN - s) return first;
    sum.s = t.s + s;
    return sum;
}

/* Returns the time from `earlier` to `later`; saturates, at 292 years. */
EDOI_INLINE edo_duration edo_wall_since(edo_wall later, edo_wall earlier) {
    const int64_t second = INT64_C(1000000000), most = INT64_MAX / second;
    const bool is_back = edo_wall_compare(later, earlier) < 0;
    const edo_wall to = is_back ? earlier : later, from = is_back ? later : earlier;
    uint64_t s = (uint64_t)to.s - (uint64_t)from.s;
    int64_t ns = (int64_t)to.ns - from.ns;
    if (ns < 0) { // so there is a second between them
        ns += second;
        s--;
    }
    if (s > (uint64_t)most || (int64_t)s * second > INT64_MAX - ns)
        return edo_ns(is_back ? INT64_MIN : INT64_MAX);
    ns += (int64_t)s * second;
    return edo_ns(is_back ? -ns : ns);
}

/** Returns the time of the system's wall clock, which may be set, also back. While this thread's
 * runtime has paused its clock, the wall clock passes with that clock, from where it was, or from
 * where edo_time_set_wall() has put it.
 * Threads: any, at once. */
EDO_API edo_wall edo_wall_now(void);

/** Returns the current time: the virtual time if this thread's runtime has paused its clock, else
 * that of the monotonic clock.
 * Threads: any, at once. */
EDO_API edo_instant edo_now(void);

/** As edo_now(), as of the last tick of the machine's timer, for a sixth of the price: for limits
 * of seconds that are looked at for each message. It is never after edo_now(), and before it by at
 * most 10 ms, or for as long as the machine was held up. With a paused clock it is edo_now().
 * Threads: any, at once. */
EDO_API edo_instant edo_now_coarse(void);

/* ---- Sleeping -------------------------------------------------------------------------------- */

struct edoi_wheel;

/* A place in a timer wheel. lock: the wheel's, except for `wheel`, which the owner of the node
 * reads: a wheel's memory stays when its runtime has ended. */
typedef struct edoi_timer {
    struct edoi_timer *next, *prev;
    edo_waker *waker; /* borrowed while in the wheel */
    uint64_t tick;    /* when it fires, in ms since the wheel's start; low bits: its slot */
    struct edoi_wheel *wheel;
} edoi_timer;

/* Future behind edo_sleep(). */
typedef struct edo_sleep_future {
    edo_future base;
    union {
        int64_t for_ns; /* its length, from edo_sleep_init() to the first poll */
        int64_t at_ns;  /* its deadline, otherwise */
    };
    edoi_timer timer;
} edo_sleep_future;

/** A future that is ready (0) `d` after its first poll.
 * Errors: -EDO_ENORUNTIME  polled without a runtime   Cancel: safe.   Waits: for `d`. */
EDO_MUST_USE EDO_API edo_future *edo_sleep_init(edo_sleep_future *f, edo_duration d);

/** A future that is ready (0) at `at`, at once if that has passed.
 * Errors: -EDO_ENORUNTIME  polled without a runtime   Cancel: safe.   Waits: until `at`. */
EDO_MUST_USE EDO_API edo_future *edo_sleep_at_init(edo_sleep_future *f, edo_instant at);

/** Arms a sleep again, pending or finished, for `at`.
 * Threads: the one that polls it. */
EDO_API void edo_sleep_reset(edo_sleep_future *f, edo_instant at);

/** Returns the instant at which `f` is due, or was.
 * Threads: the one that polls it. */
EDO_API edo_instant edo_sleep_deadline(const edo_sleep_future *f);

/** Waits for `d`. If `d` is 0 or less it only yields, as edo_yield().
 * Errors:  -ECANCELED       this task was cancelled or a deadline around it passed
 *          -EDO_ENORUNTIME  polled by hand; on a plain thread: no memory or descriptors, or the
 *                           process has no key for thread-specific data left
 * Cancel: safe.   Threads: any.   Waits: for `d`. */
EDO_MUST_USE EDO_API int edo_sleep(edo_duration d);

/** Waits until `at`.
 * Errors: as edo_sleep().   Cancel: safe.   Threads: any.   Waits: until `at`. */
EDO_MUST_USE EDO_API int edo_sleep_at(edo_instant at);

/* ---- Sleeping until a time of the calendar --------------------------------------------------- */

struct edoi_clock_steps;

/* Future behind edo_sleep_wall_at(). */
typedef struct edo_sleep_wall_future {
    edo_future base;
    edo_wall at;
    struct edoi_clock_steps *steps; /* what tells of set clocks; NULL: not asked for, or not had */
    edo_wait_link stepped;          /* waits there */
    edo_sleep_future nap;           /* until the clock shows `at` if nobody sets it */
} edo_sleep_wall_future;

/** Waits until the wall clock shows `at`, or more: at once if it does. It follows the clock: one
 * that is set forward past `at` ends the sleep, one that is set back makes it longer, and a machine
 * that was suspended counts the time. After a return the clock may be set back to before `at`: what
 * is to happen once keeps the time of its last run.
 *
 * The kernel tells of clocks that were set by one descriptor (a timerfd), which all sleeps of a
 * runtime share, or of a thread without one: the first opens it, the last closes it. Where the
 * kernel has none, or memory or descriptors are short, a sleep looks at the clock each minute, and
 * asks for the descriptor again: it may be a minute late after a step or a suspend. With a paused
 * clock see edo_wall_now().
 * Errors:  -EINVAL  `at.ns` is not of 0 to 999,999,999;  as edo_sleep()
 * Cancel: safe.   Threads: any.   Waits: until `at`. */
EDO_MUST_USE EDO_API int edo_sleep_wall_at(edo_wall at);
EDO_MUST_USE EDO_API edo_future *edo_sleep_wall_at_init(edo_sleep_wall_future *f, edo_wall at);

/* ---- A limit on one future ------------------------------------------------------------------- */

/* Future behind edo_timeout(). */
typedef struct edo_timeout_future {
    edo_future base;
    edo_future *inner; /* borrowed */
    int64_t length_ns; /* for the trail */
    edo_sleep_future limit;
} edo_timeout_future;

/** Awaits `inner` for at most `d` from the first poll: returns its result, or -ETIMEDOUT. `inner`
 * is polled first: a ready result wins over a passed limit, and a limit of 0 means one poll. After
 * -ETIMEDOUT the trail says how long the limit was; earlier lines of the trail are gone.
 * Owns:    borrows `inner` until ready; drops `inner` at the limit and when dropped itself.
 * Errors: those of `inner`; -ETIMEDOUT; -ECANCELED; -EDO_ENORUNTIME   Cancel: as safe as `inner`.
 * Threads: any.   Waits: for `inner` or `d`. */
EDO_MUST_USE EDO_API int edo_timeout(edo_future *inner, edo_duration d);
EDO_MUST_USE EDO_API edo_future *edo_timeout_init(edo_timeout_future *f, edo_future *inner,
                                                  edo_duration d);

/* ---- Regular ticks --------------------------------------------------------------------------- */

/* What happens to missed ticks when a tick was taken more than 5 ms late. */
typedef enum edo_tick_missed {
    EDO_TICK_BURST, /* they come without a pause until caught up; the schedule stays */
    EDO_TICK_DELAY, /* the next tick is one period after now */
    EDO_TICK_SKIP,  /* the next tick is the next multiple of the period from the start */
} edo_tick_missed;

/* Regular ticks. You place it; it starts with edo_interval_init(). */
typedef struct edo_interval {
    edo_instant next;
    edo_duration period;
    edo_tick_missed missed;
} edo_interval;

/** Starts an interval: its first tick is due at once, the next one `period` later.
 * Owns:    borrows nothing; there is nothing to release.
 * Errors:  -EINVAL  the period is not positive */
EDO_MUST_USE EDO_API int edo_interval_init(edo_interval *self, edo_duration period,
                                           edo_tick_missed missed);

/** Moves the next tick to `at`; later ticks follow at the period.
 * Threads: one at a time, not while a tick is awaited. */
EDO_API void edo_interval_reset(edo_interval *self, edo_instant at);

/* Future behind edo_interval_tick(). */
typedef struct edo_interval_tick_future {
    edo_future base;
    edo_interval *interval;
    edo_instant *scheduled;
    edo_sleep_future nap;
} edo_interval_tick_future;

/** Waits for the next tick; `*scheduled` (may be NULL) then holds its planned time. Returns 0.
 * Errors:  -ECANCELED; -EDO_ENORUNTIME
 * Cancel: safe: a tick whose wait was cut short is still to come.   Threads: any, one at a time.
 * Waits:   for the tick. */
EDO_MUST_USE EDO_API int edo_interval_tick(edo_interval *self, edo_instant *scheduled);
EDO_MUST_USE EDO_API edo_future *edo_interval_tick_init(edo_interval_tick_future *f,
                                                        edo_interval *self, edo_instant *scheduled);

/* ---- Virtual time ---------------------------------------------------------------------------- */

/** Stops the clock of the current-thread runtime that this thread is in. From then on time passes
 * only by edo_time_advance() and, when nothing can run, by a jump to the next timer. The jump does
 * not wait for pending I/O: a time limit around real sockets may fire at once.
 *
 * A thread that only entered the runtime (edo_runtime_enter()) may call it while no other thread
 * drives the runtime.
 * Errors:  -EDO_ENORUNTIME  not in a runtime
 *          -EALREADY        paused already
 *          -ENOTSUP         not a current-thread runtime
 *          -EBUSY           this thread only entered the runtime, and another thread drives it or
 *                           its fibers live there; or this is a thread of edo/thread.h
 * Threads: inside the runtime. */
EDO_MUST_USE EDO_API int edo_time_pause(void);

/** Lets the clock run again, from the virtual time on. The wall clock is the system's again, as far
 * ahead as that: also if edo_time_set_wall() has set it.
 * Errors:  -EALREADY  not paused; -EDO_ENORUNTIME, -ENOTSUP, -EBUSY  as edo_time_pause()
 * Threads: inside the runtime. */
EDO_MUST_USE EDO_API int edo_time_resume(void);

/** Moves the paused clock by `d` at once and lets the tasks that are now due run. Timers that
 * become due together fire in no promised order: to see them in order, sleep instead.
 * Errors:  -EINVAL  not paused, or `d` negative; -ECANCELED; -EDO_ENORUNTIME, -ENOTSUP, -EBUSY  as
 *          edo_time_pause()
 * Cancel: the clock has moved in any case.   Threads: inside the runtime.
 * Waits:   for other tasks. */
EDO_MUST_USE EDO_API int edo_time_advance(edo_duration d);

/** Sets the wall clock of a runtime with a paused clock to `at`, back too, as an administrator or a
 * time server sets the system's, and lets the tasks run whose edo_sleep_wall_at() is over now:
 * those that have no descriptor when they look at the clock next. edo_now() does not change.
 * Errors:  -EINVAL  not paused, or `at.ns` is not of 0 to 999,999,999; -ECANCELED; -EDO_ENORUNTIME,
 *          -ENOTSUP, -EBUSY  as edo_time_pause()
 * Cancel: the clock is set in any case.   Threads: inside the runtime.
 * Waits:   for other tasks. */
EDO_MUST_USE EDO_API int edo_time_set_wall(edo_wall at);

EDO_END_DECLS

#endif
