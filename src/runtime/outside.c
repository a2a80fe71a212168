/* SPDX-License-Identifier: MIT */
/* runtime/outside.c: see outside.h. */
#include "runtime/outside.h"

#include "runtime/core.h"
#include "runtime/runtime.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void edoi_outside_enter(void) {
    (void)pthread_mutex_lock(&mutex);
}

void edoi_outside_leave(void) {
    (void)pthread_mutex_unlock(&mutex);
}

edo_runtime *edoi_outside_next(edo_runtime *rt) {
    rt = rt ? rt->next : edoi_runtime_newest();
    while (rt && !rt->whole) rt = rt->next;
    return rt;
}
