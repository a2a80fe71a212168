/* SPDX-License-Identifier: MIT */
/* sync/snapshot.c: a counted value that is got without a lock, and replaced.
 *
 * The word names the place of the value, and counts its gets. A get takes its turn there by one
 * addition, which also tells it the place; then it counts a reference, and leaves the place. The
 * word says how many have entered, `inside` is lowered by those that leave:
 *
 *     word     | gets of this place … | place |
 *
 *     inside   current:  -(left)             0, -1, -2, …
 *              replaced: entered - left      those still inside, down to 0
 *
 * A set fills in a free place, exchanges the word, which tells how many have entered the former
 * place, and adds that number to its `inside`. The operation that makes `inside` 0, that addition
 * or the last leave, gives the value's reference back and frees the place.
 *
 * inv. 1: a place has its reference to the value while it is the current one or somebody is inside.
 * inv. 2: `inside` of a place that is neither current nor busy is 0.
 * inv. 3: only a thread with the lock makes a place current, or busy.
 * inv. 3 is not asserted: a place does not say who wrote it. */
#include <edo/snapshot.h>

#include "base/assert.h"
#include "base/backoff.h"
#include "base/lock.h"

#ifdef EDOI_MODEL
#    define PLACES 2u // so that a model sees a set that waits for a place
#else
#    define PLACES ((uint64_t)EDOI_SNAPSHOT_PLACES)
#endif

_Static_assert((EDOI_SNAPSHOT_PLACES & (EDOI_SNAPSHOT_PLACES - 1)) == 0, "the word has a mask");

static bool snapshot_is_unmade(const edo_snapshot *s) {
    return EDO_MISUSE(edoi_lock_is_unmade(s ? &s->lock : NULL),
                      "an edo_snapshot is used that is NULL or no EDO_SNAPSHOT_INIT has made");
}

/* Nobody is inside the place, which was replaced, and nobody will be. */
static EDOI_NOINLINE void place_end(edoi_snapshot_place *p) {
    void *value = p->value;
    edoi_store_rel_u32(&p->busy, 0); // SN4: pairs with SN5
    edo_rc_unref(value);
}

void *edo_snapshot_get(edo_snapshot *s) {
    if (snapshot_is_unmade(s)) return NULL;
    uint64_t before = edoi_add_acqrel_u64(&s->word, PLACES); // SN1: pairs with SN2
    edoi_snapshot_place *p = &s->places[before % PLACES];
    void *value = p->value;
    if (value) (void)edo_rc_ref(value);
    // SN3: pairs with SN3: what was read inside was read before the place ends.
    if (edoi_sub_acqrel_u64(&p->inside, 1) == 1) place_end(p);
    return value;
}

/* Called with the lock held. NULL: readers are inside all of them. */
static edoi_snapshot_place *snapshot_free_place(edo_snapshot *s, uint64_t current) {
    for (uint64_t i = 0; i < PLACES; i++) {
        edoi_snapshot_place *p = &s->places[i];
        if (i == current || edoi_load_acq_u32(&p->busy)) continue; // SN5: pairs with SN4
        EDO_INV("snapshot inv. 2", edoi_load_rlx_u64(&p->inside) == 0);
        return p;
    }
    return NULL;
}

/* Called with the lock held. Returns the former place, in which `*entered` have been. */
static edoi_snapshot_place *snapshot_replace(edo_snapshot *s, edoi_snapshot_place *next,
                                             uint64_t current, void *value, uint64_t *entered) {
    edoi_snapshot_place *former = &s->places[current];
    EDO_INV("snapshot inv. 1", edoi_load_rlx_u32(&former->busy) == 0);
    next->value = value;
    edoi_store_rlx_u32(&former->busy, 1); // relaxed: read under the lock
    uint64_t word =
        edoi_swap_acqrel_u64(&s->word, (uint64_t)(next - s->places)); // SN2: pairs with SN1
    *entered = word / PLACES;
    return former;
}

void edo_snapshot_set(edo_snapshot *s, void *value) {
    edoi_backoff b = { 0 };
    for (bool is_unmade = snapshot_is_unmade(s); !is_unmade; edoi_backoff_wait(&b)) {
        uint64_t entered = 0;
        edoi_lock_acquire(&s->lock);
        uint64_t current = edoi_load_rlx_u64(&s->word) % PLACES; // relaxed: inv. 3
        edoi_snapshot_place *next = snapshot_free_place(s, current), *former = NULL;
        if (next) former = snapshot_replace(s, next, current, value, &entered);
        edoi_lock_release(&s->lock);
        if (!former) continue;
        // SN3: as a get that leaves
        if (edoi_add_acqrel_u64(&former->inside, entered) + entered == 0) place_end(former);
        return;
    }
}
