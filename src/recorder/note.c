/* SPDX-License-Identifier: MIT */
/* recorder/note.c: see note.h. */
#include "recorder/note.h"

#include "base/fork.h"
#include "base/lock.h"
#include "recorder/clock.h"
#include "recorder/put.h"
#include "recorder/region.h"

edo_atomic_u32 edoi_recorder_depth;

static EDOI_THREAD_LOCAL edoi_recorder_writer *here; /* the ring of this thread's worker */

static edoi_lock others_lock;    /* leaf: the ring for all that have none */
static edo_atomic_ptr task_hook; /* atomic, relaxed: an edoi_recorder_task_fn, which is code */

EDOI_ON_FORK(.lock = &others_lock);

/* Opaque, since a fiber must not keep the address of the thread-local. */
EDOI_OPAQUE void edoi_recorder_here(edoi_recorder_writer *w) {
    EDOI_COMPILER_BARRIER();
    here = w;
}

void edoi_recorder_task_by(edoi_recorder_task_fn *fn) {
    edoi_store_rlx_ptr(&task_hook, (void *)(uintptr_t)fn);
}

const void *edoi_recorder_task(void) {
    edoi_recorder_task_fn *fn = (edoi_recorder_task_fn *)(uintptr_t)edoi_load_rlx_ptr(&task_hook);
    return fn ? fn() : NULL;
}

/* The recorder may have been started by another thread just now: RS2. */
static edoi_recorder_writer *writer_of_others(void) {
    (void)edoi_load_acq_u32(&edoi_recorder_depth); // RS2: pairs with RS2 in edo_recorder_start
    edoi_lock_acquire(&others_lock);
    return &edoi_recorder_region_of.writers[0];
}

void edoi_recorder_note_of_others(uint64_t ticks, edoi_recorder_kind kind, const void *task,
                                  uint32_t small, uint64_t arg) {
    edoi_recorder_writer *w = writer_of_others();
    edoi_recorder_put(w, ticks, kind, task, small, arg);
    edoi_lock_release(&others_lock);
}

EDOI_OPAQUE void edoi_recorder_note(edoi_recorder_kind kind, const void *task, uint32_t small,
                                    uint64_t arg) {
    EDOI_COMPILER_BARRIER();
    edoi_recorder_writer *w = here;
    if (EDOI_LIKELY(w)) {
        edoi_recorder_put(w, edoi_recorder_now(), kind, task, small, arg);
    } else {
        (void)edoi_load_acq_u32(&edoi_recorder_depth); // RS2, as above; the clock, too
        edoi_recorder_note_of_others(edoi_recorder_now(), kind, task, small, arg);
    }
}

EDOI_OPAQUE void edoi_recorder_note_site(edoi_recorder_kind kind, const void *task, uint32_t small,
                                         const char *site) {
    EDOI_COMPILER_BARRIER();
    edoi_recorder_writer *w = here;
    if (EDOI_LIKELY(w)) {
        edoi_recorder_know(w, (uintptr_t)site);
    } else {
        (void)edoi_load_acq_u32(&edoi_recorder_depth); // RS2, as above
        edoi_recorder_enter((uintptr_t)site);          // its lock is a leaf, as the ring's lock
    }
    edoi_recorder_note(kind, task, small, (uintptr_t)site);
}
