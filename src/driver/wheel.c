/* SPDX-License-Identifier: MIT */
/* driver/wheel.c: inserts, cancels and fires timers.
 *
 * timer->tick holds the tick in its upper bits and the place in its lower nine (level and slot), so
 * that unlinking needs no search, also for a timer in a slot nearer than its tick. */
#include "driver/wheel.h"

#include "base/assert.h"
#include "base/fork.h"
#include "base/memory/alloc.h"
#include "records/linked.h"

#include <string.h>

#define DIGIT_BITS   6u
#define PLACE_BITS   9u
#define PLACE_MASK   ((UINT64_C(1) << PLACE_BITS) - 1)
#define TOP          (EDOI_WHEEL_LEVELS - 1)
#define RANGE_TICKS  (UINT64_C(1) << (DIGIT_BITS * EDOI_WHEEL_LEVELS))
#define FIRE_AT_ONCE 32u        /* wakers marked before they are delivered */
#define MOVE_AT_ONCE 256u       /* timers moved down before the lock is released for others */
#define LOOK_AT_MAX  8u         /* timers of a slot that next_expiry checks */
#define LOST         UINT64_MAX /* timer->tick: its wheel was put back before it fired */

_Static_assert(sizeof(edoi_timer) == 40, "a timer is five words");
_Static_assert(EDOI_WHEEL_SLOTS == 1u << DIGIT_BITS, "a slot for each digit");
_Static_assert(EDOI_WHEEL_LEVELS *EDOI_WHEEL_SLOTS <= PLACE_MASK + 1, "a place fits its bits");
// the farthest tick of a 64-bit clock in ns fits above the place
_Static_assert(UINT64_MAX / EDOI_WHEEL_TICK_NS < UINT64_MAX >> PLACE_BITS, "a tick fits its bits");

void edoi_wheel_init(edoi_wheel *wheel, int64_t now_ns) {
    EDO_ASSERT(now_ns >= 0);
    memset(wheel, 0, sizeof *wheel);
    wheel->start_ns = now_ns;
    wheel->forks = edoi_forks();
}

static uint64_t tick_of(const edoi_timer *timer) {
    return timer->tick >> PLACE_BITS;
}

/* The first tick not before `at_ns`. */
static uint64_t tick_at(const edoi_wheel *wheel, int64_t at_ns) {
    if (at_ns <= wheel->start_ns) return 0;
    uint64_t ns = (uint64_t)at_ns - (uint64_t)wheel->start_ns;
    return (ns + (EDOI_WHEEL_TICK_NS - 1)) / EDOI_WHEEL_TICK_NS;
}

/* The last tick that has passed at `now_ns`. */
static uint64_t tick_over(const edoi_wheel *wheel, int64_t now_ns) {
    if (now_ns <= wheel->start_ns) return 0;
    return ((uint64_t)now_ns - (uint64_t)wheel->start_ns) / EDOI_WHEEL_TICK_NS;
}

static int64_t time_of(const edoi_wheel *wheel, uint64_t tick) {
    // tick comes from a 64-bit time, so only the rounding up can lead beyond the end
    uint64_t most = (uint64_t)INT64_MAX - (uint64_t)wheel->start_ns;
    uint64_t ns = tick * (uint64_t)EDOI_WHEEL_TICK_NS;
    return ns > most ? INT64_MAX : (int64_t)((uint64_t)wheel->start_ns + ns);
}

/* Where a tick above `elapsed` belongs: level * 64 + slot. */
static uint32_t place_for(const edoi_wheel *wheel, uint64_t tick) {
    EDO_ASSERT(tick > wheel->elapsed);
    uint64_t differ = (tick ^ wheel->elapsed) | (EDOI_WHEEL_SLOTS - 1);
    if (EDOI_UNLIKELY(differ >= RANGE_TICKS)) {
        uint64_t slot = tick >> (DIGIT_BITS * TOP), current = wheel->elapsed >> (DIGIT_BITS * TOP);
        if (slot - current >= EDOI_WHEEL_SLOTS) slot = current + (EDOI_WHEEL_SLOTS - 1);
        return TOP * EDOI_WHEEL_SLOTS + (uint32_t)(slot % EDOI_WHEEL_SLOTS);
    }
    uint32_t level = (63u - (uint32_t)EDOI_CLZ64(differ)) / DIGIT_BITS;
    uint32_t slot = (uint32_t)(tick >> (DIGIT_BITS * level)) % EDOI_WHEEL_SLOTS;
    return level * EDOI_WHEEL_SLOTS + slot;
}

static void link_at(edoi_wheel *wheel, edoi_timer *timer, uint64_t tick) {
    uint32_t place = place_for(wheel, tick);
    edoi_timer *first = wheel->slots[place];
    timer->tick = tick << PLACE_BITS | place;
    timer->prev = NULL;
    timer->next = first;
    if (first) first->prev = timer;
    wheel->slots[place] = timer;
    edoi_linked_add(timer);
    wheel->occupied[place / EDOI_WHEEL_SLOTS] |= UINT64_C(1) << place % EDOI_WHEEL_SLOTS;
}

static void unlink_it(edoi_wheel *wheel, edoi_timer *timer) {
    edoi_timer *next = timer->next, *prev = timer->prev;
    edoi_linked_remove(timer);
    if (next) next->prev = prev;
    if (prev) {
        prev->next = next;
        return;
    }
    uint32_t place = (uint32_t)(timer->tick & PLACE_MASK);
    EDO_ASSERT(wheel->slots[place] == timer);
    wheel->slots[place] = next;
    if (!next) {
        wheel->occupied[place / EDOI_WHEEL_SLOTS] &= ~(UINT64_C(1) << place % EDOI_WHEEL_SLOTS);
    }
}

/* Called with mu held: so a plain addition; readers without the lock need the atomic. */
static void wheel_count(edoi_wheel *wheel, uint32_t change) {
    edoi_store_rlx_u32(&wheel->armed_n, edoi_load_rlx_u32(&wheel->armed_n) + change);
}

bool edoi_wheel_insert(edoi_wheel *wheel, edoi_timer *timer, int64_t at_ns, edo_waker *waker) {
    uint64_t tick = tick_at(wheel, at_ns);
    edoi_lock_acquire(&wheel->mu);
    bool is_due = tick <= wheel->elapsed;
    timer->waker = is_due ? NULL : waker; // inv. 4
    if (EDOI_LIKELY(!is_due)) {
        link_at(wheel, timer, tick);
        wheel_count(wheel, 1);
    }
    edoi_lock_release(&wheel->mu);
    timer->wheel = is_due ? NULL : wheel;
    return !is_due;
}

/* Does not lock: another thread of the parent may have held the lock. */
static EDOI_NOINLINE bool cancel_inherited(edoi_timer *timer) {
    bool was_armed = timer->waker != NULL; // inv. 4; no other thread uses the timer here
    timer->waker = NULL;
    timer->wheel = NULL;
    return was_armed;
}

bool edoi_wheel_cancel(edoi_timer *timer) {
    edoi_wheel *wheel = timer->wheel;
    if (!wheel) return false;
    if (edoi_is_inherited(wheel->forks)) return cancel_inherited(timer);
    edoi_lock_acquire(&wheel->mu);
    bool was_armed = timer->waker != NULL; // inv. 4: otherwise a firing thread was first
    if (was_armed) {
        unlink_it(wheel, timer);
        timer->waker = NULL;
        wheel_count(wheel, (uint32_t)-1);
    }
    edoi_lock_release(&wheel->mu);
    timer->wheel = NULL;
    return was_armed;
}

bool edoi_wheel_reset(edoi_wheel *wheel, edoi_timer *timer, int64_t at_ns, edo_waker *waker) {
    (void)edoi_wheel_cancel(timer); // fired or not, it is armed again
    return edoi_wheel_insert(wheel, timer, at_ns, waker);
}

/* Without the lock while the waker stays, as that of a task does. The timer is armed then, and its
 * firing is still to wake it: one that has done so has cleared `waker` before, which the woken poll
 * sees, since a mark is a read-modify-write also where it finds the task woken already. */
bool edoi_wheel_renew(edoi_timer *timer, edo_waker *waker) {
    edoi_wheel *wheel = timer->wheel;
    if (!wheel) return false;
    if (EDOI_ATOMIC_LOAD(&timer->waker, EDOI_RELAXED) == waker) return true; // relaxed: as above
    edoi_lock_acquire(&wheel->mu);
    bool is_armed = timer->waker != NULL;
    if (is_armed) timer->waker = waker;
    edoi_lock_release(&wheel->mu);
    return is_armed;
}

/* ---- Checking -------------------------------------------------------------------------------- */

static uint32_t check_slot(const edoi_wheel *wheel, uint32_t place) {
    uint32_t n = 0, level = place / EDOI_WHEEL_SLOTS, above = DIGIT_BITS * (level + 1);
    const edoi_timer *prev = NULL;
    for (const edoi_timer *timer = wheel->slots[place]; timer; timer = timer->next) {
        EDO_INV("wheel inv. 4", timer->waker != NULL);
        EDO_INV("wheel inv. 4", timer->prev == prev && (timer->tick & PLACE_MASK) == place);
        EDO_INV("wheel inv. 2", tick_of(timer) > wheel->elapsed);
        EDO_INV("wheel inv. 2", level == TOP || tick_of(timer) >> above == wheel->elapsed >> above);
        prev = timer;
        n++;
    }
    return n;
}

/* Called with mu held. */
static void check_slots(const edoi_wheel *wheel) {
    uint32_t n = 0, place = 0;
    for (uint32_t level = 0; level < EDOI_WHEEL_LEVELS; level++) {
        uint64_t used = 0;
        for (uint32_t slot = 0; slot < EDOI_WHEEL_SLOTS; slot++, place++) {
            if (!wheel->slots[place]) continue; // nearly all
            used |= UINT64_C(1) << slot;
            n += check_slot(wheel, place);
        }
        EDO_INV("wheel inv. 3", wheel->occupied[level] == used);
    }
    EDO_INV("wheel inv. 4", n == edoi_load_rlx_u32(&wheel->armed_n));
}

void edoi_wheel_check(edoi_wheel *wheel) {
    edoi_lock_acquire(&wheel->mu);
    check_slots(wheel);
    edoi_lock_release(&wheel->mu);
}

/* ---- The pool -------------------------------------------------------------------------------- */

static edoi_lock pool_lock; /* leaf; guards `pool` */
static edoi_wheel *pool;

/* Another thread may have held the lock of a wheel, to check a timer that was lost. */
static void wheel_begin_child(void) {
    for (edoi_wheel *wheel = pool; wheel; wheel = wheel->next_free) {
        wheel->mu = (edoi_lock){ 0 };
        wheel->forks = edoi_forks(); // the wheel belongs to this process now
    }
}

EDOI_ON_FORK(.lock = &pool_lock, .child = wheel_begin_child);

edoi_wheel *edoi_wheel_get(int64_t now_ns) {
    edoi_lock_acquire(&pool_lock);
    edoi_wheel *wheel = pool;
    if (wheel) pool = wheel->next_free;
    edoi_lock_release(&pool_lock);
    if (!wheel) {
        wheel = edoi_calloc(1, sizeof *wheel);
        if (wheel) edoi_wheel_init(wheel, now_ns);
        return wheel;
    }
    edoi_lock_acquire(&wheel->mu); // the owner of a lost timer may hold it
    EDO_CHECK(check_slots(wheel)); // no timer was left, and none has come: inv. 4
    wheel->start_ns = now_ns;
    wheel->elapsed = 0;
    edoi_lock_release(&wheel->mu);
    return wheel;
}

/* The timer is not armed any more (inv. 4): its owner may free it once we release mu. An atomic for
 * edoi_wheel_renew(). */
static void clear_waker(edoi_timer *timer) {
    EDOI_ATOMIC_STORE(&timer->waker, NULL, EDOI_RELAXED); // relaxed: the lock or the wake orders
}

static void lose_slot(edoi_wheel *wheel, uint32_t place) {
    edoi_timer *timer;
    while ((timer = wheel->slots[place])) {
        unlink_it(wheel, timer);
        clear_waker(timer);
        timer->tick = LOST;
        wheel_count(wheel, (uint32_t)-1);
    }
}

void edoi_wheel_put(edoi_wheel *wheel) {
    edoi_lock_acquire(&wheel->mu);
    EDO_CHECK(check_slots(wheel));
    for (uint32_t level = 0; level < EDOI_WHEEL_LEVELS; level++)
        while (wheel->occupied[level])
            lose_slot(wheel,
                      level * EDOI_WHEEL_SLOTS + (uint32_t)EDOI_CTZ64(wheel->occupied[level]));
    edoi_lock_release(&wheel->mu);
    edoi_lock_acquire(&pool_lock);
    wheel->next_free = pool;
    pool = wheel;
    edoi_lock_release(&pool_lock);
}

bool edoi_wheel_has_lost(const edoi_timer *timer) {
    return timer->tick == LOST;
}

/* ---- Firing ---------------------------------------------------------------------------------- */

/* The slot that is due first. */
typedef struct upcoming {
    uint64_t tick; /* where the slot begins; UINT64_MAX: the wheel is empty */
    uint32_t place;
} upcoming;

/* A slot that is being emptied (inv. 2) begins at `elapsed`, before any other slot. */
static upcoming find_upcoming(const edoi_wheel *wheel) {
    upcoming best = { UINT64_MAX, 0 };
    for (uint32_t level = 0; level < EDOI_WHEEL_LEVELS; level++) {
        uint64_t slots = wheel->occupied[level];
        if (!slots) continue;
        uint64_t current = wheel->elapsed >> (DIGIT_BITS * level);
        uint32_t turn = (uint32_t)(current % EDOI_WHEEL_SLOTS);
        uint64_t turned = turn ? slots >> turn | slots << (EDOI_WHEEL_SLOTS - turn) : slots;
        uint32_t ahead = (uint32_t)EDOI_CTZ64(turned);
        uint64_t tick = (current + ahead) << (DIGIT_BITS * level);
        if (tick < best.tick) {
            best.tick = tick;
            best.place = level * EDOI_WHEEL_SLOTS + (turn + ahead) % EDOI_WHEEL_SLOTS;
        }
    }
    return best;
}

/* The work done in one hold of the lock. */
typedef struct batch {
    edo_waker *marked[FIRE_AT_ONCE];
    uint32_t marked_n, fired_n, moved_n;
} batch;

static bool batch_is_full(const batch *b) {
    return b->fired_n == FIRE_AT_ONCE || b->moved_n == MOVE_AT_ONCE;
}

/* Prefetches what the firing of `next` will touch, and the timer after it. */
EDOI_INLINE void prefetch(const edoi_timer *next) {
    if (!next) return;
    EDOI_PREFETCH(next->waker);
    if (next->next) EDOI_PREFETCH(next->next);
}

/* Empties a slot that begins at or before `elapsed`: due timers fire, the others move down. */
static void empty_slot(edoi_wheel *wheel, uint32_t place, batch *b) {
    edoi_timer *timer;
    while (!batch_is_full(b) && (timer = wheel->slots[place])) {
        unlink_it(wheel, timer);
        prefetch(timer->next);
        if (tick_of(timer) > wheel->elapsed) {
            link_at(wheel, timer, tick_of(timer));
            b->moved_n++;
            continue;
        }
        EDO_INV("wheel inv. 4", timer->waker != NULL);
        edo_waker *waker = timer->waker;
        clear_waker(timer); // before the mark: edoi_wheel_renew()
        edo_waker *marked = edo_waker_mark(waker);
        if (marked) b->marked[b->marked_n++] = marked;
        b->fired_n++;
        wheel_count(wheel, (uint32_t)-1);
    }
}

/* One hold of the lock. Returns true once all timers due at `now` have fired. */
static bool fire_some(edoi_wheel *wheel, uint64_t now, batch *b) {
    b->marked_n = b->fired_n = b->moved_n = 0;
    for (;;) {
        upcoming next = find_upcoming(wheel);
        if (next.tick > now) {
            if (now > wheel->elapsed) wheel->elapsed = now;
            return true;
        }
        if (batch_is_full(b)) return false;
        EDO_INV("wheel inv. 2", next.tick >= wheel->elapsed);
        wheel->elapsed = next.tick;
        empty_slot(wheel, next.place, b);
        EDO_INV("wheel inv. 1", wheel->elapsed <= now);
    }
}

/* Called with the wheel locked; unlocks it. */
static uint64_t fire_all(edoi_wheel *wheel, int64_t now_ns) {
    uint64_t now = tick_over(wheel, now_ns), fired_n = 0;
    batch b;
    edoi_lock_offers offers = { 0 };
    for (;;) {
        bool is_done = fire_some(wheel, now, &b);
        if (is_done) {
            edoi_lock_release(&wheel->mu);
        } else {
            edoi_lock_offer(&wheel->mu);
        }
        for (uint32_t i = 0; i < b.marked_n; i++) edo_waker_deliver(b.marked[i]);
        fired_n += b.fired_n;
        if (is_done) return fired_n;
        edoi_lock_retake(&wheel->mu, &offers);
    }
}

uint64_t edoi_wheel_advance(edoi_wheel *wheel, int64_t now_ns) {
    edoi_lock_acquire(&wheel->mu);
    return fire_all(wheel, now_ns);
}

uint64_t edoi_wheel_try_advance(edoi_wheel *wheel, int64_t now_ns) {
    return edoi_lock_try(&wheel->mu) ? fire_all(wheel, now_ns) : 0;
}

int64_t edoi_wheel_next_expiry(edoi_wheel *wheel) {
    int64_t at_ns = EDOI_WHEEL_NEVER_NS;
    edoi_lock_acquire(&wheel->mu);
    upcoming next = find_upcoming(wheel);
    if (next.tick != UINT64_MAX) {
        // The earliest timer of the first slot is the first of all, unless it lies beyond the slot.
        uint32_t level = next.place / EDOI_WHEEL_SLOTS, looked_at = 0;
        uint64_t tick = next.tick + (UINT64_C(1) << (DIGIT_BITS * level));
        const edoi_timer *timer = wheel->slots[next.place];
        for (; timer && looked_at < LOOK_AT_MAX; timer = timer->next, looked_at++) {
            if (tick_of(timer) < tick) tick = tick_of(timer);
        }
        at_ns = time_of(wheel, timer ? next.tick : tick);
    }
    edoi_lock_release(&wheel->mu);
    return at_ns;
}
