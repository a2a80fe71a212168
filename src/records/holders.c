/* SPDX-License-Identifier: MIT */
/* records/holders.c: see holders.h.
 *
 * A table of a fixed size, without locks, since a dump reads it while tasks go on. A lock has a few
 * slots where its holders may stand; a holder that finds none free is not remembered. A slot is
 * the lock's only when its holder is written: nobody takes it away before, and nothing of a holder
 * is written into the slot of the next one. */
#include "records/holders.h"

#ifdef EDO_DEBUG

#    include "base/atomic.h"
#    include "base/error/trail.h"
#    include "records/records.h"

#    define SLOTS     4096u
#    define HELD_BY   8u /* slots of one lock */
#    define NO_TASK   "a plain thread"
#    define COMING    1u /* no lock has that address */
#    define HASH_BITS UINT64_C(0x9e3779b97f4a7c15)

typedef struct holder_slot {
    edo_atomic_u64 lock; /* atomic: its address; 0: free; COMING: the holder is being written */
    edo_atomic_u64 who;  /* atomic, relaxed: the holder, see who_here() */
    edo_atomic_ptr name; /* atomic, relaxed: of the holder */
} holder_slot;

static holder_slot slots[SLOTS + HELD_BY];

static holder_slot *holder_slots_of(const void *lock) {
    return &slots[((uint64_t)(uintptr_t)lock * HASH_BITS >> 32) % SLOTS];
}

static const char *name_here(void) {
    const char *name = edoi_task_name();
    return name ? name : NO_TASK;
}

/* The running task, or this thread. */
static uint64_t who_here(void) {
    static _Thread_local uint64_t here;
    const edoi_records_hooks *hooks = edoi_records_hooks_get();
    uint64_t task = hooks ? hooks->task() : 0;
    return task ? task << 1 | 1 : (uint64_t)(uintptr_t)&here; // an even address
}

static const char *name_in(const holder_slot *p, const void *lock) {
    // HD3: pairs with HD2: what was written of earlier holders is not seen any more
    if (edoi_load_acq_u64(&p->lock) != (uintptr_t)lock) return NULL;
    return edoi_load_rlx_ptr(&p->name);
}

void edoi_holder_add(const void *lock) {
    holder_slot *p = holder_slots_of(lock);
    for (uint32_t i = 0; i < HELD_BY; i++) {
        uint64_t free = 0;
        // HD1: pairs with HD2: the last holder is written before this one is
        if (!edoi_cas_acq_u64(&p[i].lock, &free, COMING)) continue;
        edoi_store_rlx_u64(&p[i].who, who_here());
        edoi_store_rlx_ptr(&p[i].name, (void *)(uintptr_t)name_here());
        edoi_store_rel_u64(&p[i].lock, (uintptr_t)lock); // HD2: pairs with HD1 and HD3
        return;
    }
}

/* A slot of this holder, which nobody else gives back while the holder has the lock; or, if it has
 * none, of another one. */
static holder_slot *holder_slot_of(const void *lock, uint64_t who) {
    holder_slot *p = holder_slots_of(lock), *found = NULL;
    for (uint32_t i = 0; i < HELD_BY; i++) {
        if (!name_in(&p[i], lock)) continue;
        if (edoi_load_rlx_u64(&p[i].who) == who) return &p[i];
        if (!found) found = &p[i];
    }
    return found;
}

/* Two callers that hold nothing may find the same slot: one of them gets it. */
void edoi_holder_remove(const void *lock) {
    uint64_t who = who_here();
    for (holder_slot *p; (p = holder_slot_of(lock, who));) {
        uint64_t seen = (uintptr_t)lock;
        // relaxed: a swap continues the release of HD2, so HD1 pairs with it at this 0, too
        if (edoi_cas_rlx_u64(&p->lock, &seen, 0)) return;
    }
}

void edoi_holders_tell(edoi_text *to, const void *lock) {
    const holder_slot *p = holder_slots_of(lock);
    const char *before = ", held by ";
    for (uint32_t i = 0; i < HELD_BY; i++) {
        const char *name = name_in(&p[i], lock);
        if (!name) continue;
        edoi_text_add(to, "%s%s", before, name);
        before = " and ";
    }
}

#endif
