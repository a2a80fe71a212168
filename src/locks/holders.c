/* SPDX-License-Identifier: MIT */
/* locks/holders.c: see holders.h.
 *
 * A table of a fixed size, without locks, since a dump reads it while tasks go on. A lock has a few
 * slots where its holders may stand; a holder that finds none free is not remembered. A slot is
 * the lock's only when its holder is written: nobody takes it away before, and nothing of a holder
 * is written into the slot of the next one. */
#include "locks/holders.h"

#include "base/error/trail.h"
#include "locks/peers.h"

#define SLOTS          4096u
#define A_PLAIN_THREAD "a plain thread"
#define A_GIVEN_ONE    "one that was given it and has not been polled since"
#define COMING         1u /* no lock has that address */
#define HASH_BITS      UINT64_C(0x9e3779b97f4a7c15)

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
#        define NOTED_AT_FIRST (EDOI_LOCKS_HOLDERS | EDOI_LOCKS_WAITS)
#    endif
edo_atomic_u32 edoi_locks_noted = EDOI_ATOMIC_INIT(NOTED_AT_FIRST);

void edoi_locks_note(uint32_t what) {
    edoi_store_rlx_u32(&edoi_locks_noted, what);
}
#endif

typedef struct holder_slot {
    edo_atomic_u64 lock;  /* atomic: its address; 0: free; COMING: the holder is being written */
    edo_atomic_u64 who;   /* atomic, relaxed: the holder */
    edo_atomic_ptr name;  /* atomic, relaxed: of the holder */
    edo_atomic_ptr site;  /* atomic, relaxed: where it took the lock */
    edo_atomic_u32 since; /* atomic, relaxed: tenths of a second */
} holder_slot;

static holder_slot slots[SLOTS + EDOI_HOLDERS_MAX];
static edo_atomic_u32 given_n;   /* atomic, relaxed: places of those that were given a lock */
static edo_atomic_u64 caller_fn; /* atomic, relaxed: of edoi_locks_caller_set(), which is code */

void edoi_locks_caller_set(edoi_locks_caller_fn *fn) {
    edoi_store_rlx_u64(&caller_fn, (uintptr_t)fn);
}

static holder_slot *holder_slots_of(const void *lock) {
    return &slots[((uint64_t)(uintptr_t)lock * HASH_BITS >> 32) % SLOTS];
}

static void holder_caller(edoi_locks_caller *c) {
    static EDOI_THREAD_LOCAL int here; // before there is a runtime
    edoi_locks_caller_fn *fn = (edoi_locks_caller_fn *)(uintptr_t)edoi_load_rlx_u64(&caller_fn);
    *c = (edoi_locks_caller){ .who = (uint64_t)(uintptr_t)&here };
    if (fn) fn(c);
}

static void holder_write(holder_slot *p, const void *lock, const edoi_locks_caller *c,
                         const void *site) {
    edoi_store_rlx_u64(&p->who, c->who);
    edoi_store_rlx_ptr(&p->name, (void *)(uintptr_t)(c->name ? c->name : A_PLAIN_THREAD));
    edoi_store_rlx_ptr(&p->site, (void *)(uintptr_t)site);
    edoi_store_rlx_u32(&p->since, c->now);
    edoi_store_rel_u64(&p->lock, (uintptr_t)lock); // HD2: pairs with HD1 and HD3
}

/* False: there is no room. */
static bool holder_put(const void *lock, const edoi_locks_caller *c, const void *site) {
    holder_slot *p = holder_slots_of(lock);
    for (uint32_t i = 0; i < EDOI_HOLDERS_MAX; i++) {
        uint64_t free = 0;
        // HD1: pairs with HD2: the last holder is written before this one is
        if (!edoi_cas_acq_u64(&p[i].lock, &free, COMING)) continue;
        holder_write(&p[i], lock, c, site);
        return true;
    }
    return false;
}

/* A slot of this holder, which nobody else gives back while the holder has the lock; or, if it has
 * none, of another one in `*other`. */
static holder_slot *holder_slot_of(const void *lock, uint64_t who, holder_slot **other) {
    holder_slot *p = holder_slots_of(lock);
    *other = NULL;
    for (uint32_t i = 0; i < EDOI_HOLDERS_MAX; i++) {
        // HD3: pairs with HD2: what was written of earlier holders is not seen any more
        if (edoi_load_acq_u64(&p[i].lock) != (uintptr_t)lock) continue;
        if (edoi_load_rlx_u64(&p[i].who) == who) return &p[i];
        if (!*other) *other = &p[i];
    }
    return NULL;
}

/* False: another thread has it. */
static bool holder_slot_free(holder_slot *p, const void *lock) {
    uint64_t seen = (uintptr_t)lock;
    // relaxed: a swap continues the release of HD2, so HD1 pairs with it at this 0, too
    return edoi_cas_rlx_u64(&p->lock, &seen, 0);
}

void edoi_holder_forget_given(const void *lock) {
    holder_slot *other, *given = holder_slot_of(lock, EDOI_GIVEN, &other);
    if (given && holder_slot_free(given, lock)) (void)edoi_sub_rlx_u32(&given_n, 1);
}

void edoi_holder_note_given(const void *lock) {
    edoi_locks_caller c;
    holder_caller(&c);
    c.who = EDOI_GIVEN;
    c.name = A_GIVEN_ONE;
    if (holder_put(lock, &c, NULL)) (void)edoi_add_rlx_u32(&given_n, 1);
}

void edoi_holder_note(const void *lock, const void *site) {
    edoi_locks_caller c;
    holder_caller(&c);
    // perhaps that of another reader, which is as good
    if (edoi_load_rlx_u32(&given_n) > 0) edoi_holder_forget_given(lock);
    if (holder_put(lock, &c, site) && c.locks_n) ++*c.locks_n;
}

/* ---- Permits --------------------------------------------------------------------------------- */

bool edoi_permit_note(const void *sem, const void *site) {
    edoi_locks_caller c;
    holder_caller(&c);
    if (!holder_put(edoi_permits_of(sem), &c, site)) return false;
    if (c.locks_n) ++*c.locks_n;
    return true;
}

static void permits_forget_all(const void *permits) {
    holder_slot *p = holder_slots_of(permits);
    for (uint32_t i = 0; i < EDOI_HOLDERS_MAX; i++) (void)holder_slot_free(&p[i], permits);
}

bool edoi_permit_forget(const void *sem, uint64_t n) {
    const void *permits = edoi_permits_of(sem);
    edoi_locks_caller c;
    holder_caller(&c);
    for (uint64_t i = 0; i < n; i++) {
        holder_slot *other, *own = holder_slot_of(permits, c.who, &other);
        if (!own && i > 0) return true;
        if (!own || !holder_slot_free(own, permits)) {
            permits_forget_all(permits);
            return false;
        }
        if (c.locks_n) --*c.locks_n;
    }
    return true;
}

void edoi_peer_came(edo_atomic_u64 *peer) {
    edoi_locks_caller c;
    uint64_t seen = edoi_load_rlx_u64(peer);
    if (seen == EDOI_PEER_SEVERAL) return;
    holder_caller(&c);
    if (seen == c.who || (seen == 0 && edoi_cas_rlx_u64(peer, &seen, c.who))) return;
    edoi_store_rlx_u64(peer, EDOI_PEER_SEVERAL);
}

/* ---- Locks ----------------------------------------------------------------------------------- */

/* One's own place is freed by a store: nobody else frees it, but one that gives back a lock which
 * it does not hold. Two callers that hold nothing may find the same place: one of them gets it. */
void edoi_holder_forget(const void *lock) {
    edoi_locks_caller c;
    holder_caller(&c);
    for (;;) {
        holder_slot *other, *own = holder_slot_of(lock, c.who, &other);
        if (own) {
            edoi_store_rel_u64(&own->lock, 0); // HD2: pairs with HD1
            if (c.locks_n) --*c.locks_n;
        }
        if (own || !other) return;
        bool was_given = edoi_load_rlx_u64(&other->who) == EDOI_GIVEN;
        if (!holder_slot_free(other, lock)) continue;
        if (was_given) (void)edoi_sub_rlx_u32(&given_n, 1);
        return;
    }
}

void edoi_holder_forget_own(const void *lock) {
    edoi_locks_caller c;
    holder_caller(&c);
    holder_slot *other, *own = holder_slot_of(lock, c.who, &other);
    if (own && holder_slot_free(own, lock) && c.locks_n) --*c.locks_n;
}

static bool holder_get(edoi_holder *out, const holder_slot *p, uint64_t lock) {
    if (edoi_load_acq_u64(&p->lock) != lock) return false; // HD3: pairs with HD2
    out->who = edoi_load_rlx_u64(&p->who);
    out->name = edoi_load_rlx_ptr(&p->name);
    out->site = edoi_load_rlx_ptr(&p->site);
    out->since = edoi_load_rlx_u32(&p->since);
    return true;
}

size_t edoi_holders_get(edoi_holder out[EDOI_HOLDERS_MAX], const void *lock) {
    const holder_slot *p = holder_slots_of(lock);
    size_t n = 0;
    for (uint32_t i = 0; i < EDOI_HOLDERS_MAX; i++)
        n += holder_get(&out[n], &p[i], (uint64_t)(uintptr_t)lock);
    return n;
}

void edoi_holders_end(uint64_t who,
                      void (*found)(void *arg, const void *lock, const edoi_holder *holder),
                      void *arg) {
    for (uint32_t i = 0; i < EDO_COUNT(slots); i++) {
        uint64_t lock = edoi_load_acq_u64(&slots[i].lock); // HD3: pairs with HD2
        edoi_holder holder;
        if (lock <= COMING || edoi_load_rlx_u64(&slots[i].who) != who) continue;
        if (!holder_get(&holder, &slots[i], lock) || holder.who != who) continue;
        edoi_store_rlx_u64(&slots[i].who, EDOI_NO_HOLDER);
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
