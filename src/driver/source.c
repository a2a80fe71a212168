/* SPDX-License-Identifier: MIT */
/* driver/source.c: readiness, waiters, and registration with drivers.
 *
 * The ready word of a direction: bit 0 READY, bit 1 HUNG (a hang-up or urgent input was seen: a
 * short read does not show that there is no more), bit 2 CLOSED (then READY stays set), from bit 3
 * on the tick, which every event advances. READY is set under `mu` and cleared without the lock: so
 * wait(), which checks again under the lock, cannot miss an event, and an operation that finds
 * READY set takes no lock.
 *
 * A future that waits for a source waits where the source is registered, which may be another
 * thread's driver: then it is a guest there, and is woken by no event once no thread turns that
 * driver. So a direction's home says whether it may have guests, and the driver's set
 * (source_set.h) records the sources with such homes:
 *
 *     guest, under mu                                  the thread that turns
 *     is it left? else note the source: one step       says that it leaves: one step under the same lock
 *     says so in the home, waits                       any noted? wakes their waiters, each under its mu
 *
 * The step that comes first is seen by the other side, and the set's lock orders the rest. */
#include "driver/source.h"

#include "base/error/trail.h"
#include "base/fork.h"
#include "records/handles.h"
#include "stacks/made.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define READY    1u
#define HUNG     2u
#define CLOSED   4u
#define TICK_ONE 8u

#define GUESTS ((uintptr_t)1) /* in a home: a waiter may have come with another driver */

/* ---- Homes and guests ------------------------------------------------------------------------ */

static edoi_driver *home_of(const edoi_source *s, edoi_dir dir) {
    return (edoi_driver *)(s->home[dir] & ~GUESTS);
}

/* The directions of `s` for which guests may wait at `d`. Called with the source locked. */
static uint32_t guests_at(const edoi_source *s, const edoi_driver *d) {
    uintptr_t home = (uintptr_t)d | GUESTS;
    return (s->home[EDOI_READ] == home ? 1u << EDOI_READ : 0) |
           (s->home[EDOI_WRITE] == home ? 1u << EDOI_WRITE : 0);
}

/* Clears GUESTS: all waiters of the direction are about to be woken, or its home changes. Called
 * with the source locked. */
static void forget_guests(edoi_source *s, edoi_dir dir) {
    if (EDOI_LIKELY(!(s->home[dir] & GUESTS))) return;
    edoi_driver *home = home_of(s, dir);
    s->home[dir] &= ~GUESTS;
    if (!guests_at(s, home)) edoi_source_set_let_out(edoi_driver_get_sources(home), s->index);
}

/* From now on guests may wait at the home; false: no thread turns it. Called with the source
 * locked. */
static bool let_guests_in(edoi_source *s, edoi_dir dir) {
    if (s->home[dir] & GUESTS) return true; // leaving wakes them, and the new one
    edoi_driver *home = home_of(s, dir);
    if (!edoi_source_set_let_in(edoi_driver_get_sources(home), s->index)) return false;
    s->home[dir] |= GUESTS;
    return true;
}

static void set_home(edoi_source *s, edoi_dir dir, edoi_driver *d) {
    forget_guests(s, dir);
    s->home[dir] = (uintptr_t)d;
}

/* The directions that `d` reports. Called with the source locked. */
static uint32_t directions_at(const edoi_source *s, const edoi_driver *d) {
    return (home_of(s, EDOI_READ) == d ? 1u << EDOI_READ : 0) |
           (home_of(s, EDOI_WRITE) == d ? 1u << EDOI_WRITE : 0);
}

/* Removes `s` from the set of `d`, unless a direction is still registered there; `d` may be freed
 * after that. Called with the source locked. */
static void part_from(edoi_source *s, edoi_driver *d) {
    if (!directions_at(s, d)) edoi_source_set_remove(edoi_driver_get_sources(d), s->index);
}

/* ---- Registering ----------------------------------------------------------------------------- */

/* Held over the system calls that register a source; above mu. Shared by all sources with the same
 * index modulo 64, since it is needed only twice in the life of most. */
static edoi_lock registering[64];

/* The thread that was registering does not exist in the child, and the child registers other
 * sources. */
static void source_begin_child(void) {
    for (uint32_t i = 0; i < EDO_COUNT(registering); i++)
        registering[i] = (edoi_lock)EDOI_LOCK_INIT;
}

EDOI_ON_FORK(.child = source_begin_child);

static edoi_lock *registering_of(const edoi_source *s) {
    return &registering[s->index % EDO_COUNT(registering)];
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* Called with the source locked; releases the lock while it delivers wakes. No read-modify-write:
 * every setter holds the lock; a clear between the load and the store was made before this event,
 * and a later clear finds another tick than it expects. */
static void source_make_ready(edoi_source *s, edoi_dir dir, uint32_t flags) {
    uint32_t old = edoi_load_rlx_u32(&s->ready[dir]); // relaxed: the lock orders the setters
    edoi_store_rel_u32(&s->ready[dir], (old | READY | flags) + TICK_ONE); // RD1: pairs with RD2
    forget_guests(s, dir);
    edoi_source_waiters_wake(&s->waiters, dir, &s->mu);
}

edoi_source *edoi_source_expect(uint64_t token) {
    edoi_source *s = edoi_source_pool_at((uint32_t)token);
    if (EDOI_LIKELY(s)) EDOI_PREFETCH(s); // a TLB miss costs a page-table walk
    return s;
}

void edoi_source_expect_waiter(const edoi_source *s) {
    const edo_wait_link *last = edoi_source_waiters_seen_last(&s->waiters);
    if (EDOI_LIKELY(last)) EDOI_PREFETCH(last);
}

void edoi_source_event(edoi_source *s, uint64_t token, uint32_t what) {
    if (EDO_NEVER(!s)) return;
    uint32_t generation = (uint32_t)(token >> 32);
    uint32_t hung = what & EDOI_EVENT_HUNG ? HUNG : 0;
    uint32_t more = what & EDOI_EVENT_URGENT ? HUNG : hung;
    edoi_lock_acquire(&s->mu);
    if (s->generation == generation && (more || what & EDOI_EVENT_READ))
        source_make_ready(s, EDOI_READ, more);
    // checked again: the lock was released while readers were woken
    if (s->generation == generation && (hung || what & EDOI_EVENT_WRITE))
        source_make_ready(s, EDOI_WRITE, hung);
    edoi_lock_release(&s->mu);
}

/* Clears the homes of the directions `dirs` (bits 1u << dir). Called with the source locked. */
static void forget_homes(edoi_source *s, uint32_t dirs) {
    for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE; dir++)
        if (dirs & 1u << dir) set_home(s, dir, NULL);
}

/* Wakes all waiters of the directions `dirs` while the source has `generation`: it may be freed
 * while the lock is released for the first direction. Called with the source locked and no other
 * lock held: wakes are delivered. */
static void make_all_ready(edoi_source *s, uint32_t dirs, uint32_t generation) {
    for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE; dir++)
        if (dirs & 1u << dir && s->generation == generation) source_make_ready(s, dir, 0);
}

/* ---- Drivers that come and go ---------------------------------------------------------------- */

/* relaxed: counts; any thread may deregister a source */
static void count_in(edoi_driver *d) {
    (void)edoi_add_rlx_u64(&edoi_driver_get_counts(d)->registered, 1);
}
static void count_out(edoi_driver *d) {
    (void)edoi_add_rlx_u64(&edoi_driver_get_counts(d)->deregistered, 1);
}

void edoi_driver_forget_sources(edoi_driver *d) {
    edoi_source_set *set = edoi_driver_get_sources(d);
    uint32_t i = 0;
    while ((i = edoi_source_set_next(set, i)) != EDOI_SOURCE_NONE) {
        edoi_source *s = edoi_source_pool_at(i);
        edoi_lock_acquire(registering_of(s));
        edoi_lock_acquire(&s->mu);
        uint32_t gone = directions_at(s, d);
        forget_homes(s, gone);
        part_from(s, d);
        edoi_lock_release(registering_of(s));
        make_all_ready(s, gone, s->generation);
        edoi_lock_release(&s->mu);
    }
}

/* Holds the registering lock over the system call, but not `mu`: the source may be freed meanwhile.
 * Then its number means nothing to `d`, with which only this thread registers sources. */
static void send_guests_away(edoi_source *s, edoi_driver *d) {
    edoi_lock_acquire(registering_of(s));
    edoi_lock_acquire(&s->mu);
    uint32_t gone = guests_at(s, d), at_d = directions_at(s, d);
    uint32_t generation = s->generation;
    uint64_t token = (uint64_t)generation << 32 | s->index;
    int fd = gone ? s->fd : -1; // -1: the source may be in the pool
    forget_homes(s, gone);
    if (gone && gone == at_d) count_out(d);
    if (gone) part_from(s, d); // `d` is this thread's, so it outlives the call below
    edoi_lock_release(&s->mu);
    if (gone) (void)edoi_driver_report(d, fd, token, at_d, at_d & ~gone);
    edoi_lock_release(registering_of(s));
    edoi_lock_acquire(&s->mu);
    make_all_ready(s, gone, generation);
    edoi_lock_release(&s->mu);
}

void edoi_driver_enter(edoi_driver *d) {
    edoi_source_set_enter(edoi_driver_get_sources(d));
}

void edoi_driver_leave(edoi_driver *d) {
    edoi_source_set *set = edoi_driver_get_sources(d);
    if (!edoi_source_set_leave(set)) return;
    uint32_t i = 0; // no guest can come any more
    while ((i = edoi_source_set_next_guest(set, i)) != EDOI_SOURCE_NONE) {
        edoi_source *s = edoi_source_pool_at(i);
        send_guests_away(s, d);
    }
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* May a future that comes with `d` wait where the direction is registered: that is with `d` itself,
 * or where another future waits already (beside this one if it is `linked`)? A future without a
 * driver may always wait there. Called with the source locked. */
static bool may_wait_at_home(edoi_source *s, edoi_dir dir, const edoi_driver *d, bool linked) {
    const edoi_driver *home = home_of(s, dir);
    if (!home || home == d) return home;
    bool are_others = linked ? edoi_source_waiters_two(&s->waiters, dir)
                             : edoi_source_waiters_any(&s->waiters, dir);
    if (d && !are_others) return false;
    return let_guests_in(s, dir) || !d;
}

/* May a link that waits already stay where it is, with its waker renewed? Otherwise it is unlinked.
 * Called with the source locked. */
static EDOI_NOINLINE bool stays_linked(edoi_source *s, edoi_dir dir, edo_wait_link *wait,
                                       edo_cx *cx, const edoi_driver *d) {
    if (edoi_source_waiters_dir(wait) == dir && may_wait_at_home(s, dir, d, true)) {
        edoi_source_waiters_renew(wait, edo_cx_waker(cx), dir);
        return true;
    }
    edoi_source_waiters_remove(&s->waiters, wait);
    return false;
}

/* What link_now() found, if it is no error. */
enum { LINK_READY, LINK_WAITS, LINK_REGISTERS /* with the driver first */ };

/* Links `wait` if no registration is needed, and the direction is not ready or its tick is still
 * `seen`. Called with the source locked.
 *
 * A direction that is registered elsewhere moves to `d` if it has no other waiter, or if no thread
 * turns the driver that it is registered with. */
EDOI_INLINE int link_now(edoi_source *s, edoi_dir dir, uint32_t seen, edo_wait_link *wait,
                         edo_cx *cx, const edoi_driver *d) {
    uint32_t tick = edoi_source_ready(s, dir);
    if (EDOI_UNLIKELY(tick) && (tick != seen || edoi_source_tick_is_closed(tick)))
        return edoi_source_tick_is_closed(tick) ? -EDO_ECLOSED : LINK_READY;
    if (EDOI_UNLIKELY(edoi_source_waiters_has(wait)) && stays_linked(s, dir, wait, cx, d))
        return LINK_WAITS;
    if (EDOI_UNLIKELY(!may_wait_at_home(s, dir, d, false))) return LINK_REGISTERS;
    edoi_source_waiters_push(&s->waiters, wait, edo_cx_waker(cx), dir);
    return LINK_WAITS;
}

/* Registers the direction with `d` for `wait`, which is linked first: the kernel reports present
 * readiness at once. Called with both locks held; releases `mu` over the system calls. While the
 * registering lock is held, no driver with which the source is registered can be freed. */
static int register_for(edoi_source *s, edoi_dir dir, edo_wait_link *wait, edo_cx *cx,
                        edoi_driver *d) {
    edoi_driver *old = home_of(s, dir);
    uint32_t at_old = old ? directions_at(s, old) : 0, at_new = directions_at(s, d);
    uint64_t token = (uint64_t)s->generation << 32 | s->index;
    edoi_source_set_add(edoi_driver_get_sources(d), s->index);
    set_home(s, dir, d);
    if (edoi_source_waiters_any(&s->waiters, dir)) (void)let_guests_in(s, dir); // we turn `d`
    edoi_source_waiters_push(&s->waiters, wait, edo_cx_waker(cx), dir);
    edoi_lock_release(&s->mu);
    if (old) (void)edoi_driver_report(old, s->fd, token, at_old, at_old & ~(1u << dir));
    int err = edoi_driver_report(d, s->fd, token, at_new, at_new | 1u << dir);
    if (old && at_old == 1u << dir) count_out(old);
    if (err >= 0 && !at_new) count_in(d);
    edoi_lock_acquire(&s->mu);
    if (old) part_from(s, old);
    if (err >= 0) return LINK_WAITS;
    if (edoi_source_waiters_has(wait)) edoi_source_waiters_remove(&s->waiters, wait);
    wait->who = 0;
    set_home(s, dir, NULL);
    part_from(s, d);
    return err;
}

/* Registers or moves the direction, then waits. */
static EDOI_NOINLINE int register_and_wait(edoi_source *s, edoi_dir dir, uint32_t seen,
                                           edo_wait_link *wait, edo_cx *cx, edoi_driver *d) {
    if (!d) return -EDO_ENORUNTIME;
    int err = edoi_source_set_reserve(edoi_driver_get_sources(d), s->index);
    if (err < 0) return err;
    edoi_lock *both = registering_of(s);
    edoi_lock_acquire(both);
    edoi_lock_acquire(&s->mu);
    err = link_now(s, dir, seen, wait, cx, d); // again: another thread may have registered it
    bool registers = err == LINK_REGISTERS;
    if (registers) err = register_for(s, dir, wait, cx, d);
    edoi_lock_release(both);
    if (registers && err < 0)
        source_make_ready(s, dir, 0); // a waiter that came meanwhile tries itself
    edoi_lock_release(&s->mu);
    return err;
}

int edoi_source_wait_past(edoi_source *s, edoi_dir dir, uint32_t seen, edo_wait_link *wait,
                          edo_cx *cx, edoi_driver *d) {
    if (EDOI_UNLIKELY(edoi_source_is_inherited(s))) return -EDO_EFORKED;
    edoi_lock_acquire(&s->mu);
    int err = link_now(s, dir, seen, wait, cx, d);
    edoi_lock_release(&s->mu);
    return EDOI_LIKELY(err != LINK_REGISTERS) ? err : register_and_wait(s, dir, seen, wait, cx, d);
}

int edoi_source_wait(edoi_source *s, edoi_dir dir, edo_wait_link *wait, edo_cx *cx,
                     edoi_driver *d) {
    return edoi_source_wait_past(s, dir, 0, wait, cx, d);
}

void edoi_source_unwait(edoi_source *s, edo_wait_link *wait) {
    if (edoi_source_waiters_has(wait) && !edoi_source_is_inherited(s)) {
        edoi_lock_acquire(&s->mu);
        if (edoi_source_waiters_has(wait)) edoi_source_waiters_remove(&s->waiters, wait);
        edoi_lock_release(&s->mu);
    }
    wait->who = 0;
}

/* ---- Readiness ------------------------------------------------------------------------------- */

uint32_t edoi_source_ready(const edoi_source *s, edoi_dir dir) {
    if (EDOI_UNLIKELY(edoi_source_is_inherited(s))) return READY | CLOSED;
    // RD2: pairs with RD1: what the event announces is visible
    uint32_t word = edoi_load_acq_u32(&s->ready[dir]);
    return word & READY ? word : 0;
}

bool edoi_source_is_quiet(edoi_source *s, edoi_dir dir, const edoi_driver *d) {
    if (!d || edoi_source_ready(s, dir) != 0) return false;
    edoi_lock_acquire(&s->mu);
    bool is_told = home_of(s, dir) == d;
    edoi_lock_release(&s->mu);
    return is_told;
}

bool edoi_source_tick_is_closed(uint32_t tick) {
    return (tick & CLOSED) != 0;
}

bool edoi_source_tick_is_hung(uint32_t tick) {
    return (tick & HUNG) != 0;
}

void edoi_source_clear(edoi_source *s, edoi_dir dir, uint32_t tick) {
    if (tick == 0 || tick & CLOSED) return;
    // relaxed: fails if an event or a close came since `tick` was read; a waiter takes the lock
    // anyway
    (void)edoi_cas_rlx_u32(&s->ready[dir], &tick, tick & ~(READY | HUNG));
}

void edoi_source_drained(edoi_source *s, edoi_dir dir, uint32_t tick) {
    if (!(tick & HUNG)) edoi_source_clear(s, dir, tick);
}

void edoi_source_nudge(edoi_source *s, edoi_dir dir) {
    if (EDOI_UNLIKELY(edoi_source_is_inherited(s))) return;
    edoi_lock_acquire(&s->mu);
    source_make_ready(s, dir, 0);
    edoi_lock_release(&s->mu);
}

/* ---- Life ------------------------------------------------------------------------------------ */

int edoi_source_reserve(edoi_source **out) {
    edoi_source *s = edoi_source_pool_get();
    if (!s) return -ENOMEM;
    *out = s;
    return 0;
}

void edoi_source_open(edoi_source *s, int fd) {
    const char *maker = edoi_task_name();
    EDO_ASSERT(fd >= 0 && s->fd == -1);
    edoi_source_set_fd(s, fd);
    edoi_source_pool_note_maker(s, maker ? maker : "no task");
    edoi_made(EDOI_MADE_DESCRIPTOR, maker);
    // under the lock: a late event for the memory's last user may be reading the generation now
    edoi_lock_acquire(&s->mu);
    EDO_ASSERT(!s->waiters.last);
    for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE; dir++) {
        EDO_ASSERT(s->home[dir] == 0);
        uint32_t word = (edoi_load_rlx_u32(&s->ready[dir]) & ~(HUNG | CLOSED)) + TICK_ONE;
        edoi_store_rlx_u32(&s->ready[dir], word | READY); // relaxed: no other thread knows it yet
    }
    edoi_lock_release(&s->mu);
}

int edoi_source_new(edoi_source **out, int fd) {
    int err = edoi_source_reserve(out);
    if (err == 0) edoi_source_open(*out, fd);
    return err;
}

/* Wakes all, who find the source closed. */
static void source_end(edoi_source *s) {
    edoi_lock_acquire(&s->mu);
    source_make_ready(s, EDOI_READ, HUNG | CLOSED); // first: is_closed() reads it
    source_make_ready(s, EDOI_WRITE, HUNG | CLOSED);
    edoi_lock_release(&s->mu);
}

/* The program has asked for a descriptor's number, and may have copied it. */
static edo_atomic_u32 lent; /* atomic, relaxed: a flag, no data */

/* May copies of our descriptors exist, in this process or another? A registration lasts until the
 * last copy is closed, and would wake the driver for events that are not ours any more. A process
 * without copies saves the system call. A descriptor that a fork on another thread copies at this
 * very moment may stay registered: then its events are dropped, by their generation. */
static bool may_be_copied(void) {
    return edoi_load_rlx_u32(&edoi_fork_any) || edoi_load_rlx_u32(&lent); // relaxed: flags
}

/* Once CLOSED is set no direction is registered any more, and a registration that was under way
 * then has its system calls behind it. */
static void await_registering(edoi_source *s) {
    edoi_lock_acquire(registering_of(s));
    edoi_lock_release(registering_of(s));
}

/* A socket without peer or name takes the number: what reads, writes or accepts by it fails. Short
 * of descriptors the file stays until free(). */
static void replace_file(edoi_source *s, bool is_copied) {
    int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (dead < 0) return;
    await_registering(s);
    if (is_copied) edoi_source_deregister(s);
    (void)dup3(dead, s->fd, O_CLOEXEC);
    (void)close(dead);
}

void edoi_source_end_file(edoi_source *s) {
    if (edoi_source_is_inherited(s)) return; // the parent uses the connection
    source_end(s);
    replace_file(s, may_be_copied());
}

void edoi_source_end_copy(edoi_source *s) {
    if (edoi_source_is_inherited(s)) return;
    source_end(s);
    replace_file(s, true);
}

void edoi_source_close(edoi_source *s) {
    if (edoi_source_is_inherited(s)) return;
    source_end(s);
    (void)shutdown(s->fd, SHUT_RDWR); // for copies in other processes; ENOTSOCK is no error
    replace_file(s, may_be_copied());
}

#if EDOI_REMEMBERS
static void source_end_rest(void *memory, size_t bytes) {
    edoi_source *s = memory;
    (void)bytes;
    if (!edoi_source_is_inherited(s))
        edoi_source_pool_put(s); // a stream in it would be the parent's
}
#else
#    define source_end_rest NULL
#endif

void edoi_source_lend(void) {
    if (!edoi_load_rlx_u32(&lent)) edoi_store_rlx_u32(&lent, 1); // relaxed: as above
}

/* Holds the registering lock over the system calls: so no driver is freed meanwhile. */
EDOI_NOINLINE void edoi_source_deregister(edoi_source *s) {
    if (edoi_source_is_inherited(s)) return;
    edoi_lock_acquire(registering_of(s));
    edoi_lock_acquire(&s->mu);
    edoi_driver *home = home_of(s, EDOI_READ), *other = home_of(s, EDOI_WRITE);
    uint64_t token = (uint64_t)s->generation << 32 | s->index;
    int fd = s->fd;
    edoi_lock_release(&s->mu);
    if (home) (void)edoi_driver_report(home, fd, token, 1, 0);
    if (other && other != home) (void)edoi_driver_report(other, fd, token, 1, 0);
    edoi_lock_release(registering_of(s));
}

int edoi_source_take_fd(edoi_source *s) {
    edoi_lock_acquire(&s->mu);
    int fd = s->fd;
    edoi_source_set_fd(s, -1);
    edoi_lock_release(&s->mu);
    return fd;
}

void edoi_source_free(edoi_source *s) {
    if (!s) return;
    if (EDOI_UNLIKELY(edoi_source_is_inherited(s))) {
        if (s->fd >= 0) (void)close(s->fd);
        return;
    }
    if (EDOI_UNLIKELY(may_be_copied())) edoi_source_deregister(s);
    edoi_lock_acquire(&s->mu);
    EDO_INV("driver inv. 3", !s->waiters.last);
    s->generation++; // inv. 2; the close below ends the registration, unless there are copies
    edoi_driver *home = home_of(s, EDOI_READ), *other = home_of(s, EDOI_WRITE);
    if (home) count_out(home); // under the lock: the drivers exist
    if (other && other != home) count_out(other);
    int fd = s->fd;
    edoi_source_set_fd(s,
                       -1); // the number may be reused: a late user must not hit the new descriptor
    for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE; dir++) {
        set_home(s, dir, NULL);
        uint32_t word = edoi_load_rlx_u32(&s->ready[dir]); // relaxed, both: under the lock
        edoi_store_rlx_u32(&s->ready[dir], word | READY | CLOSED);
    }
    if (home) part_from(s, home);
    if (other && other != home) part_from(s, other);
    edoi_lock_release(&s->mu);
    if (fd >= 0) (void)close(fd);
    if (edoi_handle_keep(EDOI_STREAM, edoi_source_head(s), s, sizeof *s, source_end_rest)) return;
    edoi_source_pool_put(s);
}

int edoi_source_fd(const edoi_source *s) {
    return s->fd;
}

bool edoi_source_is_closed(const edoi_source *s) {
    if (EDOI_UNLIKELY(edoi_source_is_inherited(s))) return true;
    // RD2: pairs with RD1
    return (edoi_load_acq_u32(&s->ready[EDOI_READ]) & CLOSED) != 0;
}
