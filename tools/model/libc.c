/* SPDX-License-Identifier: MIT */
/* libc.c: what the code under test asks of the C library, but for waiting (sync.c): memory comes
 * from the arena of the run, copies count as accesses, the clock stands. */
#include "state.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "shim/libc.h"
#undef memcpy
#undef memmove
#undef memset

#define PAGE_ALIGN ((size_t)65536)

void *edoi_model_malloc(size_t bytes) {
    return arena_get(bytes, 16, false);
}

void *edoi_model_calloc(size_t n, size_t bytes) {
    return arena_get(n * bytes, 16, false); // the arena is all zero
}

void *edoi_model_realloc(void *at, size_t bytes) {
    (void)at;
    (void)bytes;
    fail("realloc() is not for models");
}

void edoi_model_free(void *at) {
    arena_put(at);
}

void *edoi_model_mmap(size_t bytes) {
    return arena_get(bytes, PAGE_ALIGN, true);
}

int edoi_model_munmap(void *at) {
    arena_put(at);
    return 0;
}

_Noreturn void edoi_model_abort(void) {
    fail("abort()");
}

static long clock_ns;

void edoi_model_set_clock(long ns) {
    clock_ns = ns;
}

int edoi_model_clock(struct timespec *now) {
    *now = (struct timespec){ .tv_sec = 1000, .tv_nsec = clock_ns };
    return 0;
}

ssize_t edoi_model_random(void *at, size_t bytes) {
    memset(at, 1, bytes);
    return (ssize_t)bytes;
}

static bool is_watched(size_t bytes) {
    return ck && ck->running && bytes;
}

void *edoi_model_memcpy(void *to, const void *from, size_t bytes) {
    if (is_watched(bytes)) {
        plain_read(from, bytes, EDOI_CALLER());
        plain_write(to, bytes, EDOI_CALLER());
    }
    return memcpy(to, from, bytes);
}

void *edoi_model_memmove(void *to, const void *from, size_t bytes) {
    if (is_watched(bytes)) {
        plain_read(from, bytes, EDOI_CALLER());
        plain_write(to, bytes, EDOI_CALLER());
    }
    return memmove(to, from, bytes);
}

void *edoi_model_memset(void *to, int value, size_t bytes) {
    if (is_watched(bytes)) plain_write(to, bytes, EDOI_CALLER());
    return memset(to, value, bytes);
}

/* ---- What code under -fsanitize=thread asks of its runtime ----------------------------------- */

void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);

void *__tsan_get_current_fiber(void) {
    return NULL;
}
void *__tsan_create_fiber(unsigned flags) {
    (void)flags;
    return NULL;
}
void __tsan_destroy_fiber(void *fiber) {
    (void)fiber;
}
void __tsan_switch_to_fiber(void *fiber, unsigned flags) {
    (void)fiber;
    (void)flags;
}

/* Atomics that do not go through base/atomic.h: hooks that are set before there are threads, and
 * hints about a task that somebody looks at from outside. */
uint32_t __tsan_atomic32_load(const volatile uint32_t *at, int order);
void __tsan_atomic32_store(volatile uint32_t *at, uint32_t value, int order);
uint64_t __tsan_atomic64_load(const volatile uint64_t *at, int order);
void __tsan_atomic64_store(volatile uint64_t *at, uint64_t value, int order);

uint32_t __tsan_atomic32_load(const volatile uint32_t *at, int order) {
    (void)order;
    return *at;
}
void __tsan_atomic32_store(volatile uint32_t *at, uint32_t value, int order) {
    (void)order;
    *at = value;
}
uint64_t __tsan_atomic64_load(const volatile uint64_t *at, int order) {
    (void)order;
    return *at;
}
void __tsan_atomic64_store(volatile uint64_t *at, uint64_t value, int order) {
    (void)order;
    *at = value;
}
