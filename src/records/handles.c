/* SPDX-License-Identifier: MIT */
/* records/handles.c: see handles.h. The table has a fixed size, so that nothing here allocates:
 * a test of failing allocations would notice. A handle that does not fit is not recorded. */
#include "records/handles.h"

#include "base/places.h"

#if EDOI_REMEMBERS

#    include "base/assert.h"
#    include "base/error/end_soon.h"
#    include "base/error/trail.h"
#    include "base/fork.h"
#    include "base/lock.h"
#    include "base/memory/allocator.h"
#    include "stacks/frames.h"

#    include <stdio.h>
#    ifdef EDOI_ASAN
#        include <sanitizer/asan_interface.h>
#    endif

#    define RECORDS_MAX  65536u
#    define BUCKETS      65536u
#    define OWNERS       1024u
#    define TIMERS_MAX   16384u /* records of timers; the others are for handles */
#    define REPORTED_MAX 16u
#    define PAGE_BYTES   4096u
#    define PAGES        4096u /* rows of pages of memory, by address */
#    define PLACE_BYTES  256u
#    define ORIGIN_BYTES 512u

enum { FREE, OPEN, GONE };

/* Records are identified by number, from 1 on; 0 is none. */
typedef struct record {
    uintptr_t hidden;                    /* the handle, hidden from leak checkers: inv. 1 */
    uint32_t next;                       /* in its bucket, or in the free list */
    uint32_t older, newer;               /* in the order of giving up */
    uint32_t owned_next, owned_previous; /* of the open ones whose owner is in the same row */
    uint32_t near_next, near_previous;   /* of timers whose memory is in the same row of pages */
    uint32_t shares;
    uint8_t kind, state;
    bool ended; /* its object has ended */
    const char *maker;
    const void *made_at; /* return addresses of the calls; NULL: unknown */
    const void *owner;
    const void *scope; /* in which it was made, if that is to leave nothing; else NULL */
    const void *gone_at;
    void *memory; /* in quarantine; NULL: none */
    size_t bytes; /* of it */
    void (*give_back)(void *memory, size_t bytes);
} record;

/* Memory that leaves quarantine, freed without the lock. */
typedef struct parcel {
    void *memory;
    size_t bytes;
    void (*give_back)(void *memory, size_t bytes);
} parcel;

static struct {
    edoi_lock mu;
    uint32_t used; /* records ever in use; lock: mu, as for all below */
    uint32_t free;
    uint32_t oldest, newest, gone_n;
    uint64_t gone_bytes; /* of memory in quarantine */
    uint32_t timers_n;
    uint32_t buckets[BUCKETS];
    /* the open ones, by owner, so that a runtime's end reads only its own */
    uint32_t owned[OWNERS];
    record records[RECORDS_MAX + 1];
} table;

EDOI_ON_FORK(.lock = &table.mu);

static edo_atomic_u32
    gone_in[BUCKETS]; /* atomic, relaxed: records of a bucket that are gone; lock: mu */

static edo_atomic_u32
    timers_in[PAGES]; /* atomic, relaxed: the first timer in each row of pages; lock: mu */

static const char *const names[EDOI_KINDS] = {
    [EDOI_TASK] = "task handle",
    [EDOI_STREAM] = "stream",
    [EDOI_LISTENER] = "listener",
    [EDOI_SIGNAL] = "signal",
    [EDOI_FD] = "descriptor",
    [EDOI_PROCESS] = "process",
    [EDOI_DIR] = "directory",
    [EDOI_FS_WATCH] = "watch of files",
    [EDOI_TMP] = "temporary file",
    [EDOI_ONESHOT_TX] = "oneshot sender",
    [EDOI_ONESHOT_RX] = "oneshot receiver",
    [EDOI_MPSC_TX] = "mpsc sender",
    [EDOI_MPSC_RX] = "mpsc receiver",
    [EDOI_CHAN_TX] = "chan sender",
    [EDOI_CHAN_RX] = "chan receiver",
    [EDOI_WATCH_TX] = "watch sender",
    [EDOI_WATCH_RX] = "watch receiver",
    [EDOI_BROADCAST_TX] = "broadcast sender",
    [EDOI_BROADCAST_RX] = "broadcast receiver",
    [EDOI_TOKEN] = "cancel token",
    [EDOI_MPSC_WEAK] = "weak mpsc sender",
    [EDOI_BROADCAST_WEAK] = "weak broadcast sender",
    [EDOI_RUNTIME] = "runtime",
    [EDOI_MONITOR] = "task monitor",
    [EDOI_SLAB] = "slab",
    [EDOI_COUNTED] = "counted object",
    [EDOI_SERVICE] = "service",
    [EDOI_THREAD] = "thread",
    [EDOI_BOXED] = "boxed future",
    [EDOI_TIMER] = "timer",
};

static uint32_t handles_bucket_of(edoi_kind kind, const void *at) {
    return edoi_place_of((uint64_t)(uintptr_t)at / 16 + kind, BUCKETS);
}

/* ---- Under the lock -------------------------------------------------------------------------- */

static record *handles_record_at(uint32_t n) {
    return &table.records[n];
}

static uint32_t handles_find(edoi_kind kind, const void *at) {
    uint32_t n = table.buckets[handles_bucket_of(kind, at)];
    while (n &&
           (handles_record_at(n)->hidden != ~(uintptr_t)at || handles_record_at(n)->kind != kind))
        n = handles_record_at(n)->next;
    return n;
}

static uint32_t bucket_of_record(const record *r) {
    return handles_bucket_of((edoi_kind)r->kind, (const void *)~r->hidden);
}

static uint32_t *owned_by(const void *owner) {
    return &table.owned[(uintptr_t)owner / 64 % OWNERS];
}

/* Links an open record, which has an owner from now on. */
static void link_owned(uint32_t n, const void *owner) {
    record *r = handles_record_at(n);
    uint32_t *first = owned_by(owner);
    r->owner = owner;
    if (!owner) return;
    r->owned_previous = 0;
    r->owned_next = *first;
    if (*first) handles_record_at(*first)->owned_previous = n;
    *first = n;
}

/* Unlinks a record, which has no owner from now on. */
static void unlink_owned(record *r) {
    if (!r->owner) return;
    uint32_t *at =
        r->owned_previous ? &handles_record_at(r->owned_previous)->owned_next : owned_by(r->owner);
    *at = r->owned_next;
    if (r->owned_next) handles_record_at(r->owned_next)->owned_previous = r->owned_previous;
    r->owner = NULL;
}

/* Unlinks a record from the order of gone ones. */
static void unlink_gone(uint32_t n) {
    record *r = handles_record_at(n);
    *(r->older ? &handles_record_at(r->older)->newer : &table.oldest) = r->newer;
    *(r->newer ? &handles_record_at(r->newer)->older : &table.newest) = r->older;
    r->older = r->newer = 0;
    table.gone_n--;
    table.gone_bytes -= r->bytes;
    (void)edoi_sub_rlx_u32(&gone_in[bucket_of_record(r)], 1); // relaxed: under the lock
}

static void link_gone(uint32_t n) {
    record *r = handles_record_at(n);
    r->older = table.newest;
    r->newer = 0;
    *(table.newest ? &handles_record_at(table.newest)->newer : &table.oldest) = n;
    table.newest = n;
    table.gone_n++;
    (void)edoi_add_rlx_u32(&gone_in[bucket_of_record(r)], 1); // relaxed: under the lock
}

/* Frees a record that is only in its bucket. */
static void free_record(uint32_t n) {
    record *r = handles_record_at(n);
    uint32_t *at = &table.buckets[bucket_of_record(r)];
    while (*at != n) at = &handles_record_at(*at)->next;
    *at = r->next;
    *r = (record){ .next = table.free, .state = FREE };
    table.free = n;
}

/* Forgets a record, open or gone, that has no memory. */
static void forget_unkept(uint32_t n) {
    record *r = handles_record_at(n);
    if (r->state == GONE) unlink_gone(n);
    unlink_owned(r);
    free_record(n);
}

/* Forgets a gone record. */
static parcel handles_forget(uint32_t n) {
    const record *r = handles_record_at(n);
    EDO_INV("handles inv. 4", r->state == GONE && (!r->memory || r->ended));
    unlink_gone(n);
    parcel p = { r->memory, r->bytes, r->give_back };
    free_record(n);
    return p;
}

static edo_atomic_u32 *timers_near(uintptr_t at) {
    return &timers_in[at / PAGE_BYTES % PAGES];
}

static void link_near(uint32_t n) {
    edo_atomic_u32 *first = timers_near(~handles_record_at(n)->hidden);
    uint32_t next = edoi_load_rlx_u32(first); // relaxed: under the lock
    handles_record_at(n)->near_next = next;
    handles_record_at(n)->near_previous = 0;
    if (next) handles_record_at(next)->near_previous = n;
    edoi_store_rlx_u32(first, n); // relaxed: as above
}

static void unlink_near(const record *r) {
    if (r->near_next) handles_record_at(r->near_next)->near_previous = r->near_previous;
    if (r->near_previous)
        handles_record_at(r->near_previous)->near_next = r->near_next;
    else
        edoi_store_rlx_u32(timers_near(~r->hidden), r->near_next); // relaxed: under the lock
}

/* Frees a timer's record. */
static void end_timer(uint32_t n) {
    EDO_INV("handles inv. 3", handles_record_at(n)->state == OPEN);
    unlink_owned(handles_record_at(n));
    unlink_near(handles_record_at(n));
    free_record(n);
    table.timers_n--;
}

/* True if more handles, or more memory, rest than the limits allow. */
static bool handles_is_full(void) {
    return table.gone_n > EDOI_GONE_MAX || table.gone_bytes > EDOI_GONE_BYTES_MAX;
}

/* A record for a new handle; 0: there is none. */
static uint32_t handles_take_record(edoi_kind kind, const void *at, parcel *out) {
    if (!table.free && table.used == RECORDS_MAX && table.oldest)
        *out = handles_forget(table.oldest);
    uint32_t n = table.free;
    if (n) {
        table.free = handles_record_at(n)->next;
    } else if (table.used < RECORDS_MAX) {
        n = ++table.used;
    } else {
        return 0;
    }
    uint32_t *bucket = &table.buckets[handles_bucket_of(kind, at)];
    *handles_record_at(n) =
        (record){ .hidden = ~(uintptr_t)at, .kind = (uint8_t)kind, .next = *bucket };
    *bucket = n;
    return n;
}

/* ---- The life of a handle -------------------------------------------------------------------- */

static void deliver(parcel p) {
    if (p.memory) p.give_back(p.memory, p.bytes);
}

/* Releases the oldest until the limits hold. */
static void let_oldest_go(void) {
    for (bool more = true; more;) {
        parcel out = { NULL, 0, NULL };
        edoi_lock_acquire(&table.mu);
        if (handles_is_full()) out = handles_forget(table.oldest);
        more = handles_is_full();
        edoi_lock_release(&table.mu);
        deliver(out);
    }
}

void edoi_handles_end_rest(void) {
    for (bool more = true; more;) {
        parcel out = { NULL, 0, NULL };
        edoi_lock_acquire(&table.mu);
        if (table.oldest) out = handles_forget(table.oldest);
        more = table.oldest != 0;
        edoi_lock_release(&table.mu);
        deliver(out);
    }
}

/* Called with the lock held: the record is open from now on, with one share. */
static void open_anew(uint32_t n, const char *maker, const void *made_at, const void *owner,
                      const void *scope) {
    record *r = handles_record_at(n);
    if (r->state == GONE) unlink_gone(n);
    unlink_owned(r); // if it was open and never given up
    r->state = OPEN;
    r->ended = false;
    r->shares = 1;
    r->maker = maker;
    r->made_at = made_at;
    r->scope = scope;
    r->gone_at = NULL;
    link_owned(n, owner);
}

const void *edoi_handle_owner_here(void) {
    const edoi_records_hooks *hooks = edoi_records_hooks_get();
    return edoi_task_name() && hooks ? hooks->owner() : NULL;
}

static const void *handles_scope_of(const void *owner) {
    const edoi_records_hooks *hooks = edoi_records_hooks_get();
    return owner && hooks ? hooks->scope() : NULL;
}

/* `shared`: the record may be open already. */
static void note_made(edoi_kind kind, const void *at, const char *maker, const void *made_at,
                      const void *owner, bool shared) {
    parcel out = { NULL, 0, NULL };
    const void *scope = handles_scope_of(owner);
    edoi_lock_acquire(&table.mu);
    uint32_t n = handles_find(kind, at);
    EDO_INV("handles inv. 4",
            !n || !handles_record_at(n)->memory); // it has left quarantine, for reuse
    if (!n) n = handles_take_record(kind, at, &out);
    if (n && shared && handles_record_at(n)->state == OPEN) {
        handles_record_at(n)->shares++;
    } else if (n) {
        open_anew(n, maker, made_at, owner, scope);
    }
    edoi_lock_release(&table.mu);
    deliver(out);
}

void edoi_handle_made(edoi_kind kind, const void *at, const char *maker, const void *owner) {
    note_made(kind, at, maker, NULL, owner, false);
}

void *edoi_handle_made_here(edoi_kind kind, void *at, const void *caller) {
    note_made(kind, at, edoi_task_name(), caller, edoi_handle_owner_here(), false);
    return at;
}

void *edoi_handle_made_or_shared(edoi_kind kind, void *at, const void *caller) {
    note_made(kind, at, edoi_task_name(), caller, edoi_handle_owner_here(), true);
    return at;
}

void edoi_handle_made_by(edoi_kind kind, const void *at, const void *caller) {
    edoi_lock_acquire(&table.mu);
    uint32_t n = handles_find(kind, at);
    if (n && handles_record_at(n)->state == OPEN) handles_record_at(n)->made_at = caller;
    edoi_lock_release(&table.mu);
}

void edoi_handle_timer_begun(const void *at) {
    const void *owner = edoi_handle_owner_here();
    parcel out = { NULL, 0, NULL };
    if (!owner) return;
    const void *scope = handles_scope_of(owner);
    edoi_lock_acquire(&table.mu);
    uint32_t n = handles_find(EDOI_TIMER, at); // an earlier timer's record, if its memory is reused
    if (!n && table.timers_n < TIMERS_MAX) {
        n = handles_take_record(EDOI_TIMER, at, &out);
        if (n) table.timers_n++;
        if (n) link_near(n);
    }
    if (n) open_anew(n, edoi_task_name(), NULL, owner, scope);
    edoi_lock_release(&table.mu);
    deliver(out);
}

void edoi_handle_timer_over(const void *at) {
    edoi_lock_acquire(&table.mu);
    uint32_t n = handles_find(EDOI_TIMER, at);
    if (n) end_timer(n);
    edoi_lock_release(&table.mu);
}

void *edoi_handle_shared(edoi_kind kind, void *at) {
    edoi_lock_acquire(&table.mu);
    uint32_t n = handles_find(kind, at);
    record *r = n ? handles_record_at(n) : NULL;
    if (r && r->state == OPEN) r->shares++;
    if (r && r->state == GONE && !r->ended)
        open_anew(n, r->maker, r->made_at, NULL, NULL); // inv. 2
    edoi_lock_release(&table.mu);
    return at;
}

void edoi_handle_note_caller(edoi_kind kind, const void *at, const void *caller) {
    edoi_lock_acquire(&table.mu);
    uint32_t n = handles_find(kind, at);
    if (n && handles_record_at(n)->state == OPEN) handles_record_at(n)->gone_at = caller;
    edoi_lock_release(&table.mu);
}

void edoi_handle_given_up(edoi_kind kind, const void *at, const void *caller) {
    EDOI_ENTERS(kind, at);
    edoi_lock_acquire(&table.mu);
    uint32_t n = handles_find(kind, at);
    record *r = n ? handles_record_at(n) : NULL;
    if (r && r->state == OPEN) {
        if (caller) r->gone_at = caller;
        EDO_INV("handles inv. 2", r->shares > 0);
        if (--r->shares == 0) {
            r->state = GONE;
            unlink_owned(r);
            link_gone(n);
        }
    }
    bool full = handles_is_full();
    edoi_lock_release(&table.mu);
    if (full) let_oldest_go();
}

/* Marks the record of an object that has ended and whose memory does not rest here. The address
 * sanitizer lets it rest, so that the record stays good until then: see handles_is_stale(). */
static void handles_end_unkept(uint32_t n) {
#    ifdef EDOI_ASAN
    handles_record_at(n)->ended = true;
    if (handles_record_at(n)->state == GONE) return;
#    endif
    forget_unkept(n); // inv. 5
}

bool edoi_handle_keep(edoi_kind kind, const void *at, void *memory, size_t bytes,
                      void (*give_back)(void *memory, size_t bytes)) {
    bool may_rest = memory && !edoi_allocator_is_own(); // the program's may count its memory
    edoi_lock_acquire(&table.mu);
    uint32_t n = handles_find(kind, at);
    record *r = n ? handles_record_at(n) : NULL;
    bool gone = r && r->state == GONE && !r->ended;
    bool kept = gone && may_rest && bytes <= EDOI_GONE_BYTES_MAX;
    if (r && !r->memory && !kept) handles_end_unkept(n);
    if (kept) {
        r->ended = true;
        r->memory = memory;
        r->bytes = bytes;
        r->give_back = give_back;
        table.gone_bytes += bytes;
    }
    bool full = handles_is_full();
    edoi_lock_release(&table.mu);
    if (full) let_oldest_go();
    return kept;
}

void edoi_handle_mark_ended(edoi_kind kind, const void *at) {
    (void)edoi_handle_keep(kind, at, NULL, 0, NULL);
}

/* ---- Reports --------------------------------------------------------------------------------- */

/* inv. 5: is the memory used anew, by an object that has no record? */
static bool handles_is_stale(const record *r) {
#    ifdef EDOI_ASAN
    return r->ended && !r->memory && !__asan_address_is_poisoned((const void *)~r->hidden);
#    else
    EDO_INV("handles inv. 5", !r->ended || r->memory);
    return false;
#    endif
}

/* Copies the record of a handle that was given up; false: it was not given up. */
static bool handles_look_up(edoi_kind kind, const void *at, record *out) {
    edoi_lock_acquire(&table.mu);
    uint32_t n = handles_find(kind, at);
    bool gone = n && handles_record_at(n)->state == GONE && !handles_is_stale(handles_record_at(n));
    if (gone) *out = *handles_record_at(n);
    edoi_lock_release(&table.mu);
    return gone;
}

/* "KIND made at FILE:LINE [task NAME]"; without a place "KIND of NAME". Not inlined: fibers have
 * small stacks. */
static EDOI_NOINLINE void handles_tell_origin(char *to, size_t bytes, const record *r) {
    char place[PLACE_BYTES];
    if (!r->made_at) {
        (void)snprintf(to, bytes, "%s of %s", names[r->kind], r->maker ? r->maker : "no task");
        return;
    }
    edoi_place_tell(place, sizeof place, r->made_at);
    (void)snprintf(to, bytes, "%s made at %s%s%s%s", names[r->kind], place,
                   r->maker ? " [task " : "", r->maker ? r->maker : "", r->maker ? "]" : "");
}

/* Says where the handle was made and given up. Not inlined, as handles_tell_origin(). */
static EDOI_NOINLINE void handles_tell_end(const record *r) {
    char origin[ORIGIN_BYTES], place[PLACE_BYTES];
    edoi_frames_begin(); // for both places
    handles_tell_origin(origin, sizeof origin, r);
    edoi_place_tell(place, sizeof place, r->gone_at);
    edoi_frames_end();
    edoi_end_say("edo: the %s was given up at %s\n", origin, place);
}

/* `lent`: it is no misuse before the object has ended. */
static EDOI_NOINLINE void name_misuse(edoi_kind kind, const void *at, bool lent) {
    record r;
    if (!handles_look_up(kind, at, &r) || (lent && !r.ended)) return;
    handles_tell_end(&r);
    (void)EDO_MISUSE(true, "a handle is used that was given up: closed, joined, detached or freed");
}

static EDOI_NOINLINE void name_late_begin(edoi_kind kind, const void *at, const char *future) {
    static char text[160]; // static: the process ends with it
    record r;
    if (!handles_look_up(kind, at, &r)) return;
    handles_tell_end(&r);
    (void)snprintf(text, sizeof text,
                   "future %s uses a handle that was given up before its first poll", future);
    (void)EDO_MISUSE(true, text);
}

/* relaxed: a give-up on another thread that is not ordered before this use may be missed */
EDOI_INLINE bool may_be_gone(edoi_kind kind, const void *at) {
    return EDOI_UNLIKELY(edoi_load_rlx_u32(&gone_in[handles_bucket_of(kind, at)]) != 0);
}

void edoi_handle_enters(edoi_kind kind, const void *at, bool lent) {
    if (may_be_gone(kind, at)) name_misuse(kind, at, lent);
}

void edoi_handle_begins(edoi_kind kind, const void *at, const char *future) {
    if (may_be_gone(kind, at)) name_late_begin(kind, at, future);
}

/* Unlinks all handles of `owner`, or only those made in `scope`: returns how many are to be
 * reported, and the first of them. One walk: the row may contain other owners' handles too. */
static uint32_t take_owned(const void *owner, const void *scope, bool timers,
                           record told[REPORTED_MAX]) {
    uint32_t told_n = 0;
    edoi_lock_acquire(&table.mu);
    for (uint32_t n = *owned_by(owner), next; n; n = next) {
        record *r = handles_record_at(n);
        next = r->owned_next;
        if (r->owner != owner || (scope && r->scope != scope)) continue;
        bool is_told = r->kind != EDOI_TIMER || timers;
        if (is_told && told_n < REPORTED_MAX) told[told_n] = *r;
        told_n += is_told;
        unlink_owned(r);
        if (r->kind == EDOI_TIMER) end_timer(n);
    }
    edoi_lock_release(&table.mu);
    return told_n;
}

/* Not inlined: fibers, which end scopes, have small stacks. */
static EDOI_NOINLINE void report_left(const char *end, const record *r) {
    char origin[ORIGIN_BYTES];
    handles_tell_origin(origin, sizeof origin, r);
    edoi_records_tell("edo: left at the %s's end: a %s\n", end, origin);
}

static EDOI_NOINLINE void handles_report(const char *end, const void *owner, const void *scope,
                                         bool timers) {
    record told[REPORTED_MAX];
    uint32_t n = take_owned(owner, scope, timers, told);
    for (uint32_t i = 0; i < n && i < REPORTED_MAX; i++) report_left(end, &told[i]);
    if (n > REPORTED_MAX)
        edoi_records_tell("edo: left at the %s's end: %u more\n", end, n - REPORTED_MAX);
}

void edoi_handles_report(const void *owner, bool timers) {
    handles_report("runtime", owner, NULL, timers);
}

void edoi_handles_report_scope(const void *owner, const void *scope) {
    handles_report("scope", owner, scope, true);
}

/* Copies the record of a timer that lies there; false: none does. A stack has few pages, and each
 * row few timers: so no fiber's end walks over all timers. */
static bool find_timer_in(uintptr_t lo, uintptr_t hi, record *out) {
    bool found = false;
    edoi_lock_acquire(&table.mu);
    for (uintptr_t page = lo / PAGE_BYTES; page <= (hi - 1) / PAGE_BYTES && !found; page++) {
        uint32_t n = edoi_load_rlx_u32(&timers_in[page % PAGES]); // relaxed: under the lock
        for (; n && !found; n = handles_record_at(n)->near_next) {
            uintptr_t at = ~handles_record_at(n)->hidden;
            found = at >= lo && at < hi;
            if (found) *out = *handles_record_at(n);
        }
    }
    edoi_lock_release(&table.mu);
    return found;
}

static EDOI_NOINLINE bool tell_timer_in(uintptr_t lo, uintptr_t hi) {
    record r;
    if (!find_timer_in(lo, hi, &r)) return false; // it lies in memory that shares a row
    edoi_end_say("edo: the timer is of %s\n", r.maker);
    return true;
}

bool edoi_handle_timer_is_in(const void *lo, const void *hi) {
    uintptr_t from = (uintptr_t)lo, to = (uintptr_t)hi;
    uint32_t n = 0;
    for (uintptr_t page = from / PAGE_BYTES; page <= (to - 1) / PAGE_BYTES && !n; page++)
        n = edoi_load_rlx_u32(&timers_in[page % PAGES]); // relaxed: begun on this thread
    return n > 0 && tell_timer_in(from, to);
}

#endif
