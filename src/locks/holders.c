/* SPDX-License-Identifier: MIT */
/* locks/holders.c: see holders.h.
 *
 * A lock-free hash table of a fixed size: a dump reads it while tasks run. A lock has
 * EDOI_HOLDERS_MAX slots, from its hash on; if all are used, the holder is not noted. A slot gets
 * the lock's address only after all of its holder is written: until then no thread frees it, so no
 * late write reaches the slot's next holder. */
#include "locks/holders.h"

#include "base/error/trail.h"
#include "base/fork.h"
#include "base/places.h"
#include "locks/tenths.h"
#include "stacks/layout.h"

#define SLOTS          4096u
#define A_PLAIN_THREAD "a plain thread"
#define A_GIVEN_ONE    "one that was given it and has not been polled since"
#define A_PASSED_ONE   "one to whom it was passed on"
#define POLLED         256u
#define COMING         1u /* no lock has that address */

#ifdef EDOI_MODEL
void edoi_locks_note(uint32_t what) {
    (void)what;
}
#else
#    if !defined(EDO_DEBUG)
#        define NOTED_AT_FIRST 0
#    elif defined(EDOI_TSAN) // the lock of the waits would order threads that nothing else orders
#        define NOTED_AT_FIRST EDOI_LOCKS_HOLDERS
#    else
#        define NOTED_AT_FIRST (EDOI_LOCKS_HOLDERS | EDOI_LOCKS_WAITS | EDOI_LOCKS_ORDER)
#    endif
edo_atomic_u32 edoi_locks_noted = EDOI_ATOMIC_INIT(NOTED_AT_FIRST);

void edoi_locks_note(uint32_t what) {
    edoi_store_rlx_u32(&edoi_locks_noted, what);
}
#endif

bool edoi_locks_are_watched(void) {
    return EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS);
}

typedef struct EDOI_ALIGNED(64) holder_slot {
    edo_atomic_u64 lock;     /* atomic: its address; 0: free; COMING: the holder is being written */
    edo_atomic_u64 who;      /* atomic, relaxed: the holder */
    edo_atomic_ptr name;     /* atomic, relaxed: of the holder */
    edo_atomic_ptr site;     /* atomic, relaxed: where it took the lock */
    edo_atomic_u64 limit_ns; /* atomic, relaxed: the holder's deadline when it took the lock */
    edo_atomic_u32 since;    /* atomic, relaxed: tenths of a second */
    edo_atomic_u32 how;      /* atomic, relaxed: EDOI_TAKEN_* */
    edo_atomic_u16 number;   /* atomic, relaxed: of the lock; 0: not numbered */
    edo_atomic_u16 below;    /* atomic, relaxed: slot of the lock that the holder took before */
} holder_slot;

static holder_slot slots[SLOTS + EDOI_HOLDERS_MAX];
static edo_atomic_u32 given_n;          /* atomic, relaxed: slots whose `who` is EDOI_GIVEN */
static edo_atomic_u32 polled_n[POLLED]; /* atomic, relaxed: slots of state machines, by `who` */
static edo_atomic_u64 caller_fn; /* atomic, relaxed: of edoi_locks_caller_set(), which is code */
static edo_atomic_u64 turned_fn; /* atomic, relaxed: of edoi_order_turned_set(), likewise */

_Static_assert(EDO_COUNT(slots) < EDOI_HOLDS_SOME, "the place of a lock is a short number");

extern const edoi_layout edoi_layout_locks; /* used by tools/edo-gdb.py alone */

EDOI_LAYOUT const edoi_layout edoi_layout_locks = {
    .magic = "edo-gdb  locks\n",
    .roots = { slots },
    .n = 9,
    .at = { EDO_COUNT(slots), sizeof(holder_slot), EDOI_AT(holder_slot, lock),
            EDOI_AT(holder_slot, who), EDOI_AT(holder_slot, name), EDOI_AT(holder_slot, site),
            EDOI_AT(holder_slot, since), EDOI_AT(holder_slot, how), EDOI_TAKEN_READ },
};

void edoi_locks_caller_set(edoi_locks_caller_fn *fn) {
    edoi_store_rlx_u64(&caller_fn, (uintptr_t)fn);
}

void edoi_order_turned_set(edoi_order_fn *fn) {
    edoi_store_rlx_u64(&turned_fn, (uintptr_t)fn);
}

static holder_slot *holder_slots_of(const void *lock) {
    return &slots[edoi_place_of((uintptr_t)lock, SLOTS)];
}

void edoi_locks_caller_get(edoi_locks_caller *c) {
    static EDOI_THREAD_LOCAL struct {
        uint32_t locks_own;
        uint16_t locks;
    } here; // outside of tasks, and before there is a runtime
    edoi_locks_caller_fn *fn = (edoi_locks_caller_fn *)(uintptr_t)edoi_load_rlx_u64(&caller_fn);
    *c = (edoi_locks_caller){ .who = (uint64_t)(uintptr_t)&here,
                              .locks = &here.locks,
                              .locks_own = &here.locks_own,
                              .limit_ns = INT64_MAX };
    if (fn) fn(c);
}

/* How a lock was taken. */
typedef struct holder_taking {
    const void *lock, *site;
    uint32_t how;
    uint16_t number;
} holder_taking;

static void holder_write(holder_slot *p, const edoi_locks_caller *c, const holder_taking *t) {
    edoi_store_rlx_u64(&p->who, c->who);
    edoi_store_rlx_ptr(&p->name, (void *)(uintptr_t)(c->name ? c->name : A_PLAIN_THREAD));
    edoi_store_rlx_ptr(&p->site, (void *)(uintptr_t)t->site);
    edoi_store_rlx_u64(&p->limit_ns, (uint64_t)c->limit_ns);
    edoi_store_rlx_u32(&p->since, c->now);
    edoi_store_rlx_u32(&p->how, t->how);
    edoi_store_rlx_u16(&p->number, t->number);
    edoi_store_rel_u64(&p->lock, (uintptr_t)t->lock); // HD2: pairs with HD1 and HD3
}

/* Writes the caller into a free slot of the lock. NULL: no slot is free. */
static holder_slot *holder_put(const edoi_locks_caller *c, const holder_taking *t) {
    holder_slot *p = holder_slots_of(t->lock);
    for (uint32_t i = 0; i < EDOI_HOLDERS_MAX; i++) {
        uint64_t free = 0;
        if (edoi_load_rlx_u64(&p[i].lock) != 0) continue; // relaxed: a hint, for the swap is dear
        // HD1: pairs with HD2: the previous holder's writes come before those of this one
        if (!edoi_cas_acq_u64(&p[i].lock, &free, COMING)) continue;
        holder_write(&p[i], c, t);
        return &p[i];
    }
    return NULL;
}

/* The forked child has only the calling thread: no slot that was being written is ever completed,
 * and a lock that another task or thread held stays locked without a holder. */
static void holders_begin_child(void) {
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    for (uint32_t i = 0; i < EDO_COUNT(slots); i++) {
        const bool is_caller = edoi_load_rlx_u64(&slots[i].lock) > COMING && c.locks &&
                               edoi_load_rlx_u64(&slots[i].who) == c.who;
        if (!is_caller) edoi_store_rlx_u64(&slots[i].lock, 0); // relaxed: the only thread
    }
    for (uint32_t i = 0; i < POLLED; i++) edoi_store_rlx_u32(&polled_n[i], 0);
    edoi_store_rlx_u32(&given_n, 0);
}

EDOI_ON_FORK(.child = holders_begin_child);

/* ---- The locks of one holder ----------------------------------------------------------------- */

/* The locks of a holder are a linked list: the caller's `locks` is the number of the slot that it
 * took last, and `below` in each slot that of the slot before. Another task may release one of
 * these locks, and the freed slot may go to another holder: a slot is followed only while its `who`
 * is this holder. The list ends with EDOI_HOLDS_NOTHING, which only the slot of the first lock has
 * as `below`. */

static uint16_t number_of_slot(const holder_slot *p) {
    return (uint16_t)(p - slots + 1);
}

/* The slot of that number. NULL: it does not belong to the holder `who` any more. */
static holder_slot *own_slot(uint16_t number, uint64_t who) {
    if (number == EDOI_HOLDS_NOTHING || number == EDOI_HOLDS_SOME) return NULL;
    holder_slot *p = &slots[number - 1];
    // HD3: pairs with HD2, though only the holder's own writes are used
    if (edoi_load_acq_u64(&p->lock) <= COMING || edoi_load_rlx_u64(&p->who) != who) return NULL;
    return p;
}

static void own_push(const edoi_locks_caller *c, holder_slot *p) {
    if (!c->locks) return;
    uint16_t number = number_of_slot(p);
    // another task has released the lock in this slot, and the list still leads to it
    if (*c->locks == number) *c->locks = EDOI_HOLDS_SOME;
    edoi_store_rlx_u16(&p->below, *c->locks);
    if (*c->locks != EDOI_HOLDS_SOME) *c->locks = number;
}

/* `p` is about to be freed by its holder. */
static void own_remove(const edoi_locks_caller *c, const holder_slot *p) {
    if (!c->locks || *c->locks == EDOI_HOLDS_SOME) return;
    const uint16_t number = number_of_slot(p), below = edoi_load_rlx_u16(&p->below);
    if (*c->locks == number) {
        *c->locks = below;
        return;
    }
    holder_slot *above = own_slot(*c->locks, c->who);
    for (uint32_t i = 0; above && i < EDOI_HOLDERS_MAX; i++) {
        uint16_t next = edoi_load_rlx_u16(&above->below);
        if (next == number) {
            edoi_store_rlx_u16(&above->below, below);
            return;
        }
        above = own_slot(next, c->who);
    }
    *c->locks = EDOI_HOLDS_SOME;
}

/* Fills in the locks that the caller holds besides `p`, the lock that it took last. Returns their
 * number; SIZE_MAX: not all are known. The list may have a loop: another task freed a slot and this
 * holder took it again later. Then the walk ends when `out` is full, and its result is not used. */
static size_t own_get(edoi_order_lock out[EDOI_ORDER_HELD_MAX], const edoi_locks_caller *c,
                      const holder_slot *p) {
    size_t n = 0;
    uint16_t at = edoi_load_rlx_u16(&p->below);
    while (at != EDOI_HOLDS_NOTHING) {
        const holder_slot *s = own_slot(at, c->who);
        if (!s || n == EDOI_ORDER_HELD_MAX) return SIZE_MAX;
        const void *lock = (const void *)(uintptr_t)edoi_load_rlx_u64(&s->lock);
        at = edoi_load_rlx_u16(&s->below);
        out[n++] = (edoi_order_lock){
            .key = edoi_order_key(lock, edoi_load_rlx_u16(&s->number)),
            .site = edoi_load_rlx_ptr(&s->site),
            .how = edoi_load_rlx_u32(&s->how),
            .is_apart = c->limit_ns < (int64_t)edoi_load_rlx_u64(&s->limit_ns),
        };
    }
    return n;
}

static EDOI_NOINLINE void order_look(const edoi_locks_caller *c, const holder_slot *p,
                                     const holder_taking *t) {
    edoi_order_lock held[EDOI_ORDER_HELD_MAX];
    edoi_order_turned found;
    edoi_order_fn *fn = (edoi_order_fn *)(uintptr_t)edoi_load_rlx_u64(&turned_fn);
    const edoi_order_lock taken = { .key = edoi_order_key(t->lock, t->number),
                                    .site = t->site,
                                    .how = t->how };
    size_t n = own_get(held, c, p);
    if (n == 0 || n > EDO_COUNT(held)) return;
    const char *name = c->name ? c->name : A_PLAIN_THREAD;
    if (edoi_order_note(edoi_order_actor(c->locks_own), name, held, n, &taken, &found) && fn)
        fn(&found);
}

/* Returns the slot in which `who` holds `lock`; it stays until `who` releases the lock. NULL: there
 * is none, and `*other` is a slot with EDOI_PASSED_ON, else of any other holder, else NULL. */
static holder_slot *holder_slot_of(const void *lock, uint64_t who, holder_slot **other) {
    holder_slot *p = holder_slots_of(lock);
    *other = NULL;
    for (uint32_t i = 0; i < EDOI_HOLDERS_MAX; i++) {
        // HD3: pairs with HD2: the fields read below are of this holder, not of an earlier one
        if (edoi_load_acq_u64(&p[i].lock) != (uintptr_t)lock) continue;
        uint64_t by = edoi_load_rlx_u64(&p[i].who);
        if (by == who) return &p[i];
        if (!*other || by == EDOI_PASSED_ON) *other = &p[i];
    }
    return NULL;
}

static edo_atomic_u32 *polled_n_of(uint64_t who) {
    return &polled_n[edoi_place_of(who, POLLED)];
}

/* A slot with those `how` and `who` was freed: counts it off if its holder is a state machine. */
static void polled_count_off(uint32_t how, uint64_t who) {
    if (how & EDOI_TAKEN_POLLED) (void)edoi_sub_rlx_u32(polled_n_of(who), 1);
}

/* `p` is not a slot of `who` any more; if `who` is a state machine, it has one slot less. */
static void slot_is_no_machines(holder_slot *p, uint64_t who) {
    polled_count_off(edoi_and_rlx_u32(&p->how, ~EDOI_TAKEN_POLLED), who);
}

/* False: another thread has freed the slot, and it may have a new holder. */
static bool holder_slot_free(holder_slot *p, const void *lock) {
    uint64_t seen = (uintptr_t)lock, who = edoi_load_rlx_u64(&p->who);
    uint32_t how = edoi_load_rlx_u32(&p->how);
    // relaxed: a swap continues the release of HD2, so HD1 pairs with it at this 0, too
    bool is_freed = edoi_cas_rlx_u64(&p->lock, &seen, 0);
    if (is_freed) polled_count_off(how, who);
    return is_freed;
}

void edoi_holder_forget_given(const void *lock) {
    holder_slot *other, *given = holder_slot_of(lock, EDOI_GIVEN, &other);
    if (given && holder_slot_free(given, lock)) (void)edoi_sub_rlx_u32(&given_n, 1);
}

void edoi_holder_note_given(const void *lock) {
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    c.who = EDOI_GIVEN;
    c.name = A_GIVEN_ONE;
    if (holder_put(&c, &(holder_taking){ .lock = lock })) (void)edoi_add_rlx_u32(&given_n, 1);
}

static void holder_add(const edoi_locks_caller *c, holder_taking *t) {
    // the slot removed may be another reader's: one EDOI_GIVEN slot is as good as another
    if (edoi_load_rlx_u32(&given_n) > 0) edoi_holder_forget_given(t->lock);
    if (!c->locks) t->how |= EDOI_TAKEN_POLLED;
    holder_slot *p = holder_put(c, t);
    if (!p) return;
    if (!c->locks) (void)edoi_add_rlx_u32(polled_n_of(c->who), 1);
    bool is_first = c->locks && *c->locks == EDOI_HOLDS_NOTHING;
    own_push(c, p);
    if (is_first || !c->locks || !(t->how & EDOI_TAKEN_WAITED)) return;
    if (EDOI_LOCKS_NOTES(EDOI_LOCKS_ORDER)) order_look(c, p, t);
}

void edoi_holder_note(const void *lock, const void *site) {
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    holder_taking t = { .lock = lock, .site = site };
    holder_add(&c, &t);
}

/* Frees the slots of an earlier lock at this address, whose memory was freed while it was held. */
static void holders_of_earlier_leave(const edoi_locks_caller *c, const void *lock) {
    holder_slot *p = holder_slots_of(lock);
    for (uint32_t i = 0; i < EDOI_HOLDERS_MAX; i++) {
        // HD3: pairs with HD2
        if (edoi_load_acq_u64(&p[i].lock) != (uintptr_t)lock) continue;
        uint64_t who = edoi_load_rlx_u64(&p[i].who);
        if (who == c->who) own_remove(c, &p[i]);
        if (holder_slot_free(&p[i], lock) && who == EDOI_GIVEN) (void)edoi_sub_rlx_u32(&given_n, 1);
    }
}

void edoi_holder_note_in_order(const void *lock, edo_atomic_u16 *number, uint32_t how,
                               const void *site) {
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    // relaxed: the caller holds the lock, so no other thread writes the number
    if (edoi_load_rlx_u16(number) == 0 && !(how & EDOI_TAKEN_READ))
        holders_of_earlier_leave(&c, lock);
    holder_taking t = { lock, site, how, edoi_order_number(number) };
    holder_add(&c, &t);
}

/* ---- Locks ----------------------------------------------------------------------------------- */

/* The caller frees its own slot by a plain store: no other thread frees it, except one that
 * releases a lock which it does not hold. Two callers without a slot of their own may choose the
 * same slot of another holder: the compare-and-swap lets one of them free it. */
void edoi_holder_forget(const void *lock) {
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    for (;;) {
        holder_slot *other, *own = holder_slot_of(lock, c.who, &other);
        if (own) {
            own_remove(&c, own);
            polled_count_off(edoi_load_rlx_u32(&own->how), c.who);
            edoi_store_rel_u64(&own->lock, 0); // HD2: pairs with HD1
        }
        if (own || !other) return;
        bool was_given = edoi_load_rlx_u64(&other->who) == EDOI_GIVEN;
        if (!holder_slot_free(other, lock)) continue;
        if (was_given) (void)edoi_sub_rlx_u32(&given_n, 1);
        return;
    }
}

void edoi_holder_note_shared(const void *lock) {
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    holder_slot *other, *own = holder_slot_of(lock, c.who, &other);
    if (own) (void)edoi_or_rlx_u32(&own->how, EDOI_TAKEN_READ);
}

/* The slot stays, under EDOI_PASSED_ON: the task that releases the lock then frees this slot, and
 * not one of another reader. */
void edoi_holder_pass_on(const void *lock) {
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    holder_slot *other, *own = holder_slot_of(lock, c.who, &other);
    if (!own) return;
    own_remove(&c, own);
    slot_is_no_machines(own, c.who);
    edoi_store_rlx_ptr(&own->name, (void *)(uintptr_t)A_PASSED_ONE);
    edoi_store_rlx_u64(&own->who, EDOI_PASSED_ON);
}

static bool holder_get(edoi_holder *out, const holder_slot *p, uint64_t lock) {
    if (edoi_load_acq_u64(&p->lock) != lock) return false; // HD3: pairs with HD2
    out->who = edoi_load_rlx_u64(&p->who);
    out->name = edoi_load_rlx_ptr(&p->name);
    out->site = edoi_load_rlx_ptr(&p->site);
    out->since = edoi_load_rlx_u32(&p->since);
    out->reads = edoi_load_rlx_u32(&p->how) & EDOI_TAKEN_READ;
    return true;
}

size_t edoi_holders_get(edoi_holder out[EDOI_HOLDERS_MAX], const void *lock) {
    const holder_slot *p = holder_slots_of(lock);
    size_t n = 0;
    for (uint32_t i = 0; i < EDOI_HOLDERS_MAX; i++)
        n += holder_get(&out[n], &p[i], (uint64_t)(uintptr_t)lock);
    return n;
}

/* Was this holder reported already, or has it released the lock? If neither, it counts as reported
 * from now on. The slot may get another holder at any time: only one bit of it is written, so the
 * worst case is that the next holder counts as reported. */
static bool holder_is_told(holder_slot *p, uint64_t lock, uint64_t who) {
    uint32_t how = edoi_load_rlx_u32(&p->how);
    if (how & EDOI_TAKEN_TOLD) return true;
    if (!edoi_cas_rlx_u32(&p->how, &how, how | EDOI_TAKEN_TOLD)) return true; // at the next look
    // HD3: pairs with HD2
    return edoi_load_acq_u64(&p->lock) != lock || edoi_load_rlx_u64(&p->who) != who;
}

size_t edoi_holders_look(uint32_t now, uint32_t tenths, edoi_holder *out, const void **locks,
                         size_t max) {
    size_t n = 0;
    for (uint32_t i = 0; i < EDO_COUNT(slots) && n < max; i++) {
        uint64_t lock = edoi_load_acq_u64(&slots[i].lock); // HD3: pairs with HD2
        edoi_holder *h = &out[n];
        if (lock <= COMING || !holder_get(h, &slots[i], lock)) continue;
        bool is_task = h->who & 1 && h->since != 0;
        if (!is_task || edoi_tenths_since(now, h->since) < tenths) continue;
        if (holder_is_told(&slots[i], lock, h->who)) continue;
        locks[n++] = (const void *)(uintptr_t)lock;
    }
    return n;
}

/* Is this the first slot with a holder of `lock`? */
static bool is_first_of(const holder_slot *p, uint64_t lock) {
    const holder_slot *q = holder_slots_of((const void *)(uintptr_t)lock);
    while (q < p && edoi_load_acq_u64(&q->lock) != lock) q++; // HD3: pairs with HD2
    return q == p;
}

const void *edoi_holders_next(uint32_t *at) {
    while (*at < EDO_COUNT(slots)) {
        const holder_slot *p = &slots[(*at)++];
        uint64_t lock = edoi_load_acq_u64(&p->lock); // HD3: pairs with HD2
        if (lock > COMING && is_first_of(p, lock)) return (const void *)(uintptr_t)lock;
    }
    return NULL;
}

bool edoi_holders_any_of(uint64_t who) {
    return edoi_load_rlx_u32(polled_n_of(who)) > 0;
}

void edoi_holders_end(uint64_t who,
                      void (*found)(void *arg, const void *lock, const edoi_holder *holder),
                      void *arg) {
    for (uint32_t i = 0; i < EDO_COUNT(slots); i++) {
        uint64_t lock = edoi_load_acq_u64(&slots[i].lock); // HD3: pairs with HD2
        edoi_holder holder;
        if (lock <= COMING || edoi_load_rlx_u64(&slots[i].who) != who) continue;
        if (!holder_get(&holder, &slots[i], lock) || holder.who != who) continue;
        // the lock may have been released just now, and the slot belong to another holder
        if (!edoi_cas_rlx_u64(&slots[i].who, &holder.who, EDOI_NO_HOLDER)) continue;
        slot_is_no_machines(&slots[i], who);
        // HD3: pairs with HD2
        if (edoi_load_acq_u64(&slots[i].lock) != lock) continue;
        found(arg, (const void *)(uintptr_t)lock, &holder);
    }
}

void edoi_holders_tell(edoi_text *to, const void *lock) {
    edoi_holder all[EDOI_HOLDERS_MAX];
    size_t n = edoi_holders_get(all, lock);
    for (size_t i = 0; i < n; i++) {
        edoi_text_add(to, "%s%s", i == 0 ? ", held by " : " and ", all[i].name);
        if (all[i].who == EDOI_NO_HOLDER) edoi_text_add(to, ", which has ended");
    }
}
