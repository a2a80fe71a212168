/* SPDX-License-Identifier: MIT */
/* base/fork.h: handles the state shared by a process's threads when it forks.
 *
 * In the child one thread continues; every other is gone in the middle of its work. A file with
 * such state registers one of these:
 *  - a lock whose data the child continues to use: fork() waits for it, so the data is consistent;
 *  - a function that resets the data, and the locks that guard it, in the child.
 *
 * What belongs to the parent is found by edoi_is_inherited(), in release builds too, where it is
 * used, and not where a handle enters a public function (EDOI_ENTERS() of records/handles.h):
 * channels, locks, files, fired tokens and ended tasks work on in the child; no two kinds of
 * handles have the number of forks in one place; and what must not be touched (a wheel, a driver, a
 * parker, a pool) is behind them, mostly where no error can be returned. Only a runtime is checked
 * where it enters: edoi_runtime_enters().
 *
 * Locks are leaves, so their order does not matter. The functions run one at a time, in no
 * particular order. Under the model checker nothing forks. */
#ifndef EDOI_BASE_FORK_H
#define EDOI_BASE_FORK_H

#include "base/atomic.h"

#include <pthread.h>

typedef struct edoi_fork_hook {
    pthread_mutex_t *mutex; /* may be NULL */
    edoi_lock *lock;        /* may be NULL */
    void (*child)(void);    /* may be NULL */
    struct edoi_fork_hook *next;
} edoi_fork_hook;

/* Called before main(), by EDOI_ON_FORK. */
EDO_API void edoi_fork_add(edoi_fork_hook *hook);

/* The number of forks between the start of the program and this process. Objects such as a runtime
 * or a parker record it when made, for edoi_is_inherited(). */
extern edo_atomic_u32 edoi_fork_n; /* atomic, relaxed: written in a child with one thread */

/* Has this process forked, or is it a child? Then another process may have copies of its
 * descriptors. */
extern edo_atomic_u32 edoi_fork_any; /* atomic, relaxed: a flag, no data */

EDOI_INLINE uint32_t edoi_forks(void) {
    return edoi_load_rlx_u32(&edoi_fork_n);
}

/* Does what was made after `forks` forks belong to a parent of this process? */
EDOI_INLINE bool edoi_is_inherited(uint32_t forks) {
    return EDOI_UNLIKELY(forks != edoi_forks());
}

/* `EDOI_ON_FORK(.mutex = &mutex);` at file scope, once per file. */
#ifdef EDOI_MODEL
#    define EDOI_ON_FORK(...)                                                                      \
        EDOI_INLINE const edoi_fork_hook *edoi_on_fork(void) {                                     \
            static const edoi_fork_hook hook = { __VA_ARGS__ };                                    \
            return &hook;                                                                          \
        }                                                                                          \
        extern int edoi_on_fork_end
#else
#    define EDOI_ON_FORK(...)                                                                      \
        __attribute__((constructor)) static void edoi_on_fork(void) {                              \
            static edoi_fork_hook hook = { __VA_ARGS__ };                                          \
            edoi_fork_add(&hook);                                                                  \
        }                                                                                          \
        extern int edoi_on_fork_end
#endif

/* Called when a task's function has returned in a forked child, where no run loop continues it:
 * reports that, and ends the process with status 1. */
EDOI_NORETURN void edoi_fork_task_returned(void);

/* Runs `statement`, which calls the program: that may fork, but not return in the child. */
#define EDOI_CALL_OUT(statement)                                                                   \
    do {                                                                                           \
        uint32_t forks_before = edoi_forks();                                                      \
        statement;                                                                                 \
        if (edoi_is_inherited(forks_before)) edoi_fork_task_returned();                            \
    } while (0)

#endif
