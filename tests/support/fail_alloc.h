/* SPDX-License-Identifier: MIT */
/* support/fail_alloc.h: an allocator one of whose calls fails. Which one is exact on one thread.
 * Call fail_alloc_install() first in main(). */
#ifndef EDO_TESTS_FAIL_ALLOC_H
#define EDO_TESTS_FAIL_ALLOC_H

#include <edo/base.h>
#include <edo/test.h>

#include <stdlib.h>

static _Atomic int fail_alloc_in; /* the allocation that makes it 0 fails; 0: none is planned */

static inline void *fail_alloc_new(void *arg, size_t n) {
    (void)arg;
    return fail_alloc_in > 0 && --fail_alloc_in == 0 ? NULL : malloc(n);
}

static inline void *fail_alloc_resize(void *arg, void *old, size_t n) {
    (void)arg;
    return fail_alloc_in > 0 && --fail_alloc_in == 0 ? NULL : realloc(old, n);
}

static inline void fail_alloc_free(void *arg, void *memory) {
    (void)arg;
    free(memory);
}

static inline void fail_alloc_install(void) {
    static const edo_allocator failing = { .alloc = fail_alloc_new,
                                           .realloc = fail_alloc_resize,
                                           .free = fail_alloc_free };
    EDO_TEST_OK(edo_set_allocator(&failing));
}

#endif
