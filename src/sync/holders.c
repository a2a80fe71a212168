/* SPDX-License-Identifier: MIT */
/* sync/holders.c: see holders.h.
 *
 * A table of a fixed size, without locks, since a dump reads it while tasks go on. A lock has a few
 * places where its holders may stand; a holder that finds none free is not remembered. All accesses
 * are relaxed: a dump tells what it sees, and nothing else depends on it. */
#include "sync/holders.h"

#ifdef EDO_DEBUG

#    include "base/atomic.h"
#    include "base/error/trail.h"

#    define PLACES    4096u
#    define HELD_BY   8u /* places of one lock */
#    define NO_TASK   "a plain thread"
#    define LEAVING   1u /* no lock has that address */
#    define HASH_BITS UINT64_C(0x9e3779b97f4a7c15)

typedef struct holder_place {
    edo_atomic_u64 lock; /* atomic, relaxed: its address; 0: the place is free; LEAVING: not yet */
    edo_atomic_ptr name; /* atomic, relaxed: of the holder; NULL: not yet written */
} holder_place;

static holder_place places[PLACES + HELD_BY];

static holder_place *places_of(const void *lock) {
    return &places[((uint64_t)(uintptr_t)lock * HASH_BITS >> 32) % PLACES];
}

static const char *name_here(void) {
    const char *name = edoi_task_name();
    return name ? name : NO_TASK;
}

static const char *name_in(const holder_place *p, const void *lock) {
    if (edoi_load_rlx_u64(&p->lock) != (uintptr_t)lock) return NULL;
    return edoi_load_rlx_ptr(&p->name);
}

void edoi_holder_add(const void *lock) {
    holder_place *p = places_of(lock);
    for (uint32_t i = 0; i < HELD_BY; i++) {
        uint64_t free = 0;
        if (!edoi_cas_rlx_u64(&p[i].lock, &free, (uintptr_t)lock)) continue;
        edoi_store_rlx_ptr(&p[i].name, (void *)(uintptr_t)name_here());
        return;
    }
}

/* A place of this holder, or, if its name stands in none, of another one. */
static holder_place *place_held(const void *lock, const char *name) {
    holder_place *p = places_of(lock), *found = NULL;
    for (uint32_t i = 0; i < HELD_BY; i++) {
        const char *holder = name_in(&p[i], lock);
        if (holder == name) return &p[i];
        if (holder && !found) found = &p[i];
    }
    return found;
}

/* Two holders of one name may leave at once and find the same place: one of them gets it. */
void edoi_holder_remove(const void *lock) {
    const char *name = name_here();
    for (holder_place *p; (p = place_held(lock, name));) {
        uint64_t seen = (uintptr_t)lock;
        if (!edoi_cas_rlx_u64(&p->lock, &seen, LEAVING)) continue;
        edoi_store_rlx_ptr(&p->name, NULL);
        edoi_store_rlx_u64(&p->lock, 0);
        return;
    }
}

static void tell_holders(edo_description *to, const void *lock) {
    const holder_place *p = places_of(lock);
    const char *before = ", held by ";
    for (uint32_t i = 0; i < HELD_BY; i++) {
        const char *name = name_in(&p[i], lock);
        if (!name) continue;
        edo_describe_text(to, "%s%s", before, name);
        before = " and ";
    }
}

#endif

void edoi_holders_describe(edo_description *to, const void *lock) {
    edo_describe_text(to, " of %p", lock);
#ifdef EDO_DEBUG
    tell_holders(to, lock);
#endif
}
