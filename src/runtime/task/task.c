/* SPDX-License-Identifier: MIT */
/* runtime/task/task.c: the transitions of a task's word (table and invariants: task.h). */
#include "runtime/task/task.h"

#include "base/held.h"
#include "records/lent.h"

void edoi_task_init(edo_task *t, uint32_t refs, const char *site, uint16_t owner,
                    uint32_t born_tenths) {
    t->waker.ops = &edoi_task_waker_ops;
    edoi_store_rlx_u32(&t->word, TASK_BUSY | refs * TASK_REF); // relaxed: no other thread knows it
    edoi_store_rlx_u16(&t->owner, owner);
    t->own = 0;
    t->slot = 0;
    edoi_store_rlx_ptr(&t->joiner, NULL);
    EDOI_ATOMIC_STORE(&t->site, site, EDOI_RELAXED);
    edoi_store_rlx_u16(&t->cause, EDO_CANCEL_NONE);
    edoi_store_rlx_u16(&t->home, OWNER_NONE);
    EDOI_ATOMIC_STORE(&t->born_tenths, born_tenths, EDOI_RELAXED);
}

bool edoi_task_claim(edo_task *t, uint32_t also) {
    uint32_t old = edoi_load_rlx_u32(&t->word), new;
    do {
        if (old & TASK_DONE) return false;
        new = old | also | (old & TASK_BUSY ? TASK_WAKE : TASK_BUSY);
        // TW1: pairs with TW2 and TW3. Always a read-modify-write, even if WAKE is set already:
        //     otherwise the poll that clears WAKE might not see what this waker wrote.
    } while (!edoi_cas_acqrel_u32(&t->word, &old, new));
    return !(old & TASK_BUSY);
}

bool edoi_task_settle(edo_task *t) {
    EDO_INV("task inv. 2", edoi_load_rlx_u16(&t->owner) == OWNER_NONE); // before we let go
    uint32_t old = edoi_load_rlx_u32(&t->word);
    for (;;) {
        EDO_INV("task inv. 3", (old & (TASK_BUSY | TASK_DONE)) == TASK_BUSY);
        if (old & TASK_WAKE) {
            (void)edoi_and_acqrel_u32(&t->word, ~TASK_WAKE); // TW3: pairs with TW1
            return false;
        }
        // TW3: pairs with TW1
        if (edoi_cas_acqrel_u32(&t->word, &old, old & ~TASK_BUSY)) return true;
    }
}

void edoi_task_wake_joiner(edo_task *t) {
    uintptr_t waker = (uintptr_t)edoi_load_rlx_ptr(&t->joiner); // relaxed: TJ1 or TJ7, TJ4; inv. 6
    EDO_INV("task inv. 5", (waker & ~JOINED_PLAIN) != 0);
    edo_waker *joiner = edo_waker_mark((edo_waker *)(waker & ~JOINED_PLAIN));
    edoi_store_rel_ptr(&t->joiner, NULL); // TJ5: pairs with TJ6; t is gone after this
    edo_waker_deliver(joiner);
}

edoi_task_end edoi_task_finish(edo_task *t) {
    uint32_t old = edoi_load_acq_u32(&t->word); // TJ2: pairs with TJ4: joiner, if JOIN
    EDO_INV("task inv. 3", (old & (TASK_BUSY | TASK_DONE)) == TASK_BUSY);
    if (TASK_REFS(old) == 1 && !(old & TASK_JOIN)) return TASK_UNUSED; // no handle is left
    // Relaxed: inv. 6. Read before DONE: without a joiner the task may be gone afterwards.
    const void *joiner = edoi_load_rlx_ptr(&t->joiner);
    // TJ1: pairs with TJ3 and TJ4
    old = edoi_add_acqrel_u32(&t->word, TASK_DONE - TASK_BUSY - TASK_REF);
    if (edoi_task_is_joined(joiner, old)) return TASK_JOINED; // a joiner holds a reference
    return TASK_REFS(old) == 1 ? TASK_UNUSED : TASK_KEPT;
}

void edoi_task_abandon(edo_task *t) {
    uint32_t old = edoi_load_rlx_u32(&t->word), new;
    if (old & TASK_DONE) return; // no worker runs the task, so DONE stays unset unless set here
    edoi_lent_forget(t);
    edoi_store_rlx_u16(&t->owner, OWNER_NONE);
    t->own = OWN_ABANDONED;
    do {
        new = (old & ~(TASK_BUSY | TASK_WAKE)) | TASK_DONE | TASK_ABANDONED;
        // TJ7: pairs with TJ3: late wakes are no-ops, joiners see the result. The runner's
        //     reference stays: the memory is left mapped.
    } while (!edoi_cas_acqrel_u32(&t->word, &old, new));
}

void edoi_task_wake_abandoned_joiner(edo_task *t) {
    // relaxed, both: after DONE no thread joins or leaves; inv. 6
    if (edoi_task_is_joined(edoi_load_rlx_ptr(&t->joiner), edoi_load_rlx_u32(&t->word)))
        edoi_task_wake_joiner(t);
}

void edoi_task_ref(edo_task *t) {
    // relaxed, both: the caller holds a reference, or borrows one under a lock
    if (EDOI_UNLIKELY(TASK_REFS(edoi_load_rlx_u32(&t->word)) >= TASK_REFS_FULL)) return;
    (void)edoi_add_rlx_u32(&t->word, TASK_REF);
}
