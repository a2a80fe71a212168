/* SPDX-License-Identifier: MIT */
/* Goal: a thread that has the index of a source finds the source, even if it has not seen yet that
 * another thread added the memory: an event taken from a sibling's driver orders nothing. A chunk
 * for which there is no memory is none. Method: source_pool.c is included; one thread also plays
 * the other, which adds the memory while it holds the lock; an allocation fails. */
#include "driver/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int show_chunk(void);

#define syscall(number, clock, flags, t, rest) ((void)(t), show_chunk())
#include "base/backoff.c"
#include "base/lock.c"
#undef syscall

#ifdef EDOI_ASAN
static uint32_t slots_left; /* allocations of slots until one fails; 0: none does */

static void *slot_calloc(size_t n, size_t bytes) {
    return slots_left > 0 && --slots_left == 0 ? NULL : calloc(n, bytes);
}
#    define calloc slot_calloc
#endif
#include "driver/source_pool.c"
#undef calloc

static void *unseen; /* the first chunk */

/* The other thread's step, while this one waits for the lock. */
static int show_chunk(void) {
    edoi_store_rlx_ptr(&pool.chunks[0], unseen); // relaxed: the lock orders
    edoi_lock_release(&pool.mu);
    return 0;
}

static void chunk_that_was_not_seen_is_looked_for_under_the_lock(void **state) {
    (void)state;
    edoi_source *s = edoi_source_pool_get();
    assert_non_null(s);
    edoi_lock_acquire(&pool.mu);
    unseen = edoi_load_rlx_ptr(&pool.chunks[0]); // relaxed: under the lock
    edoi_store_rlx_ptr(&pool.chunks[0], NULL);
    assert_ptr_equal(edoi_source_pool_at(s->index), s);
    edoi_source_pool_put(s);
}

/* With the address sanitizer, where each slot is a block of its own. */
static void chunk_without_memory_for_its_slots_is_none(void **state) {
    (void)state;
#ifdef EDOI_ASAN
    for (uint32_t nth = 1; nth <= 5; nth++) {
        slots_left = nth;
        void *chunk = chunk_new(4);
        slots_left = 0;
        assert_int_equal(chunk == NULL, nth <= 4);
        if (chunk) chunk_free(chunk, 4);
    }
#else
    print_message("skipped: a slot is a block of its own with the address sanitizer alone\n");
    skip();
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunk_without_memory_for_its_slots_is_none),
        cmocka_unit_test(chunk_that_was_not_seen_is_looked_for_under_the_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
