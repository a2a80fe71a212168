/* SPDX-License-Identifier: MIT */
/* base/fork.h: what a fork leaves of the state that all threads of a process share.
 *
 * In the child one thread goes on, and every other is gone in the middle of what it did. A file
 * with such state has one of these, beside it:
 *  - a lock whose data the child goes on with: the fork waits for it, so that the data is whole;
 *  - a function that makes the data, and what guards it, as new, in the child.
 *
 * Locks are leaves, so their order does not matter. The functions run one after the other, in no
 * order. Under the model checker nothing forks. */
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

/* Before main(), by EDOI_ON_FORK. */
void edoi_fork_add(edoi_fork_hook *hook);

/* How many forks lie between this process and the first of its kind. A runtime and a parker note it
 * when they are made, and are of a parent if it is another one now. */
extern edo_atomic_u32 edoi_fork_n; /* atomic, relaxed: written in a child with one thread */

/* Whether this process has forked, or is a child: then another process may have copies of its
 * descriptors. */
extern edo_atomic_u32 edoi_fork_any; /* atomic, relaxed: a flag, no data */

EDOI_INLINE uint32_t edoi_forks(void) {
    return edoi_load_rlx_u32(&edoi_fork_n);
}

/* `EDOI_ON_FORK(.mutex = &mutex);` at file scope, once a file. */
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

#endif
