/* SPDX-License-Identifier: MIT */
/* stacks/own_threads.c: see own_threads.h. */
#include "stacks/own_threads.h"

#include "base/fork.h"

#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 1024u

static edo_atomic_u32 tids[THREADS]; /* atomic, relaxed; 0: free */

/* None of the parent's threads is in the child, which may get their numbers. */
static void own_threads_begin_child(void) {
    for (uint32_t i = 0; i < THREADS; i++) edoi_store_rlx_u32(&tids[i], 0);
}

EDOI_ON_FORK(.child = own_threads_begin_child);

static EDOI_THREAD_LOCAL bool is_made;

int edoi_own_thread_create(pthread_t *out, void *(*fn)(void *arg), void *arg) {
    is_made = true;
    int err = pthread_create(out, NULL, fn, arg);
    is_made = false;
    return err;
}

bool edoi_own_thread_is_made(void) {
    return is_made;
}

#ifdef EDOI_MODEL
void edoi_own_thread_begin(void) {}
void edoi_own_thread_end(void) {}
#else
void edoi_own_thread_begin(void) {
    const uint32_t tid = (uint32_t)syscall(SYS_gettid);
    for (uint32_t i = 0; i < THREADS; i++) {
        uint32_t none = 0;
        if (edoi_cas_rlx_u32(&tids[i], &none, tid)) return;
    }
}

void edoi_own_thread_end(void) {
    const uint32_t tid = (uint32_t)syscall(SYS_gettid);
    for (uint32_t i = 0; i < THREADS; i++) {
        uint32_t mine = tid;
        if (edoi_cas_rlx_u32(&tids[i], &mine, 0)) return;
    }
}
#endif

bool edoi_own_threads_has(uint32_t tid) {
    for (uint32_t i = 0; i < THREADS; i++)
        if (edoi_load_rlx_u32(&tids[i]) == tid) return true;
    return false;
}
