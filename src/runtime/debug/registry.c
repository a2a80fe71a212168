/* SPDX-License-Identifier: MIT */
/* runtime/debug/registry.c: see registry.h. */
#include "runtime/debug/registry.h"

#include "base/fork.h"
#include "base/held.h"
#include "runtime/runtime.h"
#include "runtime/scheduler/core.h"

#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* In the child neither the thread that held the lock nor any runtime exists. fork() does not wait
 * for the lock: a report may take long. */
static void begin_child(void) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

EDOI_ON_FORK(.child = begin_child);

void edoi_registry_acquire(void) {
    edoi_mutex_acquire(&mutex);
}

#if EDOI_REMEMBERS
bool edoi_registry_acquire_soon(void) {
    const struct timespec pause = { .tv_nsec = 1000000 };
    for (int tries = 100; pthread_mutex_trylock(&mutex) != 0; tries--) {
        if (tries == 0) return false;
        (void)nanosleep(&pause, NULL);
    }
    edoi_held_add(1);
    return true;
}
#endif

void edoi_registry_release(void) {
    edoi_mutex_release(&mutex);
}

edo_runtime *edoi_registry_next(edo_runtime *rt) {
    rt = rt ? rt->next : edoi_runtime_newest();
    while (rt && !rt->whole) rt = rt->next;
    return rt;
}
