/* SPDX-License-Identifier: MIT */
/* base/memory/cache.c: begins, ends, refills and empties the per-thread lists of small objects.
 *
 * The depot holds only full batches (batch.h), each half of a thread's bound. It is the only shared
 * data. */
#include "base/memory/cache.h"

#include "base/fork.h"
#if !defined(EDOI_ASAN) && !defined(EDOI_TSAN)

#    include "base/lock.h"
#    include "base/memory/allocator.h"

#    include <malloc.h>
#    include <pthread.h>

_Static_assert(sizeof(edoi_block) <= EDOI_CACHE_STEP, "the smallest object holds the links");
_Static_assert(_Alignof(max_align_t) <= EDOI_CACHE_STEP, "any object may lie at a step");

#    define DEPOT_BATCHES_MAX 32u /* of one class: 1 MiB */

enum { UNUSED, IN_USE, ENDED }; /* states of a thread's lists, inv. 1 */

EDOI_THREAD_LOCAL edoi_cache edoi_cache_lists;

#    if !EDOI_THREAD_LOCAL_ANEW
EDOI_OPAQUE edoi_cache *edoi_cache_here(void) {
    EDOI_COMPILER_BARRIER();
    return &edoi_cache_lists;
}
#    endif

static struct depot {
    edoi_lock mu;
    edoi_batches of[EDOI_CACHE_CLASSES]; /* lock: mu */
} depot;

EDOI_ON_FORK(.lock = &depot.mu);

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_is_made;

static uint32_t block_cache_bound_of(size_t c) {
    return EDOI_CACHE_KEEP_MAX / ((uint32_t)(c + 1) * EDOI_CACHE_STEP);
}

static uint32_t batch_of(size_t c) {
    return block_cache_bound_of(c) / 2;
}

static void block_cache_free_list(edoi_block *object) {
    while (object) {
        edoi_block *next = object->next;
        edoi_free(object);
        object = next;
    }
}

/* Is it a block of its own, of the full size? That of another allocator does not tell. */
EDOI_INLINE bool is_whole(edoi_block *object, size_t c) {
    return edoi_allocator_is_own() || malloc_usable_size(object) >= (c + 1) * EDOI_CACHE_STEP;
}

/* Walks the list of class `c` of the calling thread. */
static void block_cache_check(const edoi_cache *self, size_t c) {
    uint32_t n = 0;
    for (edoi_block *object = self->list[c]; object; object = object->next, n++)
        EDO_INV("cache inv. 2", is_whole(object, c));
    EDO_INV("cache inv. 1",
            n + self->room[c] == (self->state == IN_USE ? block_cache_bound_of(c) : 0));
}

/* Takes a batch; NULL: there is none. */
static edoi_block *depot_take(size_t c) {
    edoi_lock_acquire(&depot.mu);
    edoi_block *first = edoi_batches_pop(&depot.of[c]);
    edoi_lock_release(&depot.mu);
    return first;
}

/* Keeps a batch, or frees it if there are enough. */
static void depot_give(size_t c, edoi_block *first) {
    edoi_lock_acquire(&depot.mu);
    bool keep = depot.of[c].n < DEPOT_BATCHES_MAX;
    if (keep) edoi_batches_push(&depot.of[c], first);
    edoi_lock_release(&depot.mu);
    if (!keep) block_cache_free_list(first);
}

/* Cuts a batch off the list of `self`, which is long enough. */
static edoi_block *cut_batch(edoi_cache *self, size_t c) {
    self->room[c] += batch_of(c);
    return edoi_batch_cut(&self->list[c], batch_of(c));
}

/* The thread ends: full batches go to the depot, other objects are freed. */
static void block_cache_end_thread(void *arg) {
    edoi_cache *self = (edoi_cache *)arg;
    for (size_t c = 0; c < EDOI_CACHE_CLASSES; c++) {
        while (block_cache_bound_of(c) - self->room[c] >= batch_of(c))
            depot_give(c, cut_batch(self, c));
        block_cache_free_list(self->list[c]);
        self->list[c] = NULL;
        self->room[c] = 0;
    }
    self->state = ENDED; // inv. 1: later calls in this thread use malloc
}

static void block_cache_make_key(void) {
    key_is_made = pthread_key_create(&key, block_cache_end_thread) == 0;
}

/* Does this thread have lists? The first call begins them. */
static bool begin_thread(edoi_cache *self) {
    if (EDOI_LIKELY(self->state == IN_USE)) return true;
    if (self->state == ENDED) return false;
    pthread_once(&key_once, block_cache_make_key);
    if (!key_is_made || pthread_setspecific(key, self)) return false;
    for (size_t c = 0; c < EDOI_CACHE_CLASSES; c++) self->room[c] = block_cache_bound_of(c);
    self->state = IN_USE;
    return true;
}

EDOI_NOINLINE void *edoi_cache_get_slow(size_t c) {
    edoi_cache *self = edoi_cache_here();
    EDO_CHECK(block_cache_check(self, c)); // at no cost: the list is empty
    edoi_block *first = begin_thread(self) ? depot_take(c) : NULL;
    if (!first) return edoi_alloc((c + 1) * EDOI_CACHE_STEP);
    self->list[c] = first;
    self->room[c] -= batch_of(c);
    if (edoi_alloc_refused()) return NULL;
    self->list[c] = first->next;
    self->room[c]++;
    return first;
}

EDOI_NOINLINE void edoi_cache_put_slow(void *ptr, size_t c) {
    edoi_cache *self = edoi_cache_here();
    if (!begin_thread(self)) {
        edoi_free(ptr);
        return;
    }
    if (self->room[c] == 0) depot_give(c, cut_batch(self, c));
    EDO_CHECK(block_cache_check(self, c));
    edoi_block *object = (edoi_block *)ptr;
    object->next = self->list[c];
    self->list[c] = object;
    self->room[c]--;
}

#endif
