/* SPDX-License-Identifier: MIT */
/* base/lock.h as the model checker sees it: the short lock is one step to take and one to leave, as
 * a mutex is. The models of the lock itself (edoi_model.real_locks) run the real one, which shows
 * that this is the same; all others need far fewer runs so. */
#ifndef EDOI_MODEL_LOCK_H
#define EDOI_MODEL_LOCK_H

#define edoi_lock_try     edoi_real_lock_try
#define edoi_lock_acquire edoi_real_lock_take
#define edoi_lock_release edoi_real_lock_leave
#define edoi_lock_offer   edoi_real_lock_offer
#define edoi_lock_retake  edoi_real_lock_retake
#include "src/base/lock.h"
#undef edoi_lock_try
#undef edoi_lock_acquire
#undef edoi_lock_release
#undef edoi_lock_offer
#undef edoi_lock_retake

EDOI_INLINE bool edoi_model_lock_try(edoi_lock *lock, const char *file, int line) {
    if (edoi_model_locks_are_steps()) {
        bool taken = edoi_model_try(lock, file, line);
        if (taken) edoi_held_add(1);
        return taken;
    }
    return edoi_real_lock_try(lock);
}

EDOI_INLINE void edoi_model_lock_take(edoi_lock *lock, const char *file, int line) {
    if (edoi_model_locks_are_steps()) {
        (void)edoi_model_lock(lock, file, line);
        edoi_held_add(1);
    } else {
        edoi_real_lock_take(lock);
    }
}

EDOI_INLINE void edoi_model_lock_leave(edoi_lock *lock, const char *file, int line) {
    if (edoi_model_locks_are_steps()) {
        edoi_held_add(-1);
        (void)edoi_model_unlock(lock, file, line);
    } else {
        edoi_real_lock_leave(lock);
    }
}

EDOI_INLINE void edoi_model_lock_offer(edoi_lock *lock, const char *file, int line) {
    if (edoi_model_locks_are_steps()) {
        edoi_model_lock_leave(lock, file, line);
    } else {
        edoi_real_lock_offer(lock);
    }
}

EDOI_INLINE void edoi_model_lock_retake(edoi_lock *lock, edoi_lock_offers *offers, const char *file,
                                        int line) {
    if (edoi_model_locks_are_steps()) {
        edoi_model_lock_take(lock, file, line);
    } else {
        edoi_real_lock_retake(lock, offers);
    }
}

#define edoi_lock_try(lock)            edoi_model_lock_try(lock, EDOI_HERE)
#define edoi_lock_acquire(lock)        edoi_model_lock_take(lock, EDOI_HERE)
#define edoi_lock_release(lock)        edoi_model_lock_leave(lock, EDOI_HERE)
#define edoi_lock_offer(lock)          edoi_model_lock_offer(lock, EDOI_HERE)
#define edoi_lock_retake(lock, offers) edoi_model_lock_retake(lock, offers, EDOI_HERE)

#endif
