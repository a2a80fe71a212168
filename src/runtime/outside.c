/* SPDX-License-Identifier: MIT */
/* runtime/outside.c: see outside.h. */
#include "runtime/outside.h"

#include "base/fork.h"
#include "base/held.h"
#include "runtime/core.h"
#include "runtime/runtime.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* Who looked is gone, and so are all runtimes. The fork does not wait: a report may be long. */
static void begin_child(void) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

EDOI_ON_FORK(.child = begin_child);

void edoi_outside_enter(void) {
    edoi_mutex_acquire(&mutex);
}

void edoi_outside_leave(void) {
    edoi_mutex_release(&mutex);
}

edo_runtime *edoi_outside_next(edo_runtime *rt) {
    rt = rt ? rt->next : edoi_runtime_newest();
    while (rt && !rt->whole) rt = rt->next;
    return rt;
}
