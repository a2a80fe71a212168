/* SPDX-License-Identifier: MIT */
/* base/memory/cache.h: a cache of small objects, per thread and size.
 *
 * A get pops from a list of the calling thread, and a put pushes; neither takes a lock or an atomic
 * read-modify-write. Sizes are rounded up to steps of 16 bytes; sizes above 512 bytes go directly
 * to edoi_alloc(). A thread keeps at most 64 KiB of one size; half of that at a time goes to a
 * depot of the process, from which threads that run short refill, and beyond a few such batches to
 * free(). So objects may be put on another thread than they were got on, even always. A thread that
 * ends gives up its lists.
 *
 * inv. 1: for a thread in use, room[c] plus the objects of list[c] is the bound of class c; before
 *         its first slow call, and once it has ended, room and list are zero: so the fast paths
 *         need not check the state.
 * inv. 2: objects of a class are all of the class's full size, each a malloc block of its own.
 *
 * A function that gets or puts here may be inlined around an await, after which a migrating fiber
 * is on another thread. So the lists are located again each time: on x86-64 by the segment register
 * of each access, elsewhere by a function opaque to the optimiser, as a register would keep the
 * thread's pointer across the await (tests/fiber/lto_test.sh, aarch64_test.sh).
 *
 * In builds with address- or thread-sanitizer everything goes to malloc, so that they see it. */
#ifndef EDOI_BASE_MEMORY_CACHE_H
#define EDOI_BASE_MEMORY_CACHE_H

#include "base/memory/alloc.h"
#include "base/memory/batch.h"

#define EDOI_CACHE_STEP      16u
#define EDOI_CACHE_BYTES_MAX 512u
#define EDOI_CACHE_CLASSES   (EDOI_CACHE_BYTES_MAX / EDOI_CACHE_STEP)
#define EDOI_CACHE_KEEP_MAX  (64u * 1024u) /* bytes of one class that a thread keeps */

#if !defined(EDOI_ASAN) && !defined(EDOI_TSAN)

/* One thread's lists, for that thread only. */
typedef struct edoi_cache {
    edoi_block *list[EDOI_CACHE_CLASSES];
    uint32_t room[EDOI_CACHE_CLASSES]; /* objects that may still be put */
    uint32_t state;                    /* for cache.c */
} edoi_cache;

extern EDOI_THREAD_LOCAL edoi_cache edoi_cache_lists;

#    if EDOI_THREAD_LOCAL_ANEW
EDOI_INLINE edoi_cache *edoi_cache_here(void) {
    return &edoi_cache_lists;
}
#    else
edoi_cache *edoi_cache_here(void);
#    endif

/* Called when the list is empty: takes a batch from the depot, or allocates. */
void *edoi_cache_get_slow(size_t c);

/* Called when there is no room: begins the thread's lists, or makes room. */
void edoi_cache_put_slow(void *ptr, size_t c);

/* The class of a size; 0 bytes need a place too. */
EDOI_INLINE size_t edoi_cache_class(size_t bytes) {
    return bytes ? (bytes - 1) / EDOI_CACHE_STEP : 0;
}

/* Memory of `bytes` bytes, aligned to 16, not cleared; NULL without memory. */
EDOI_INLINE void *edoi_cache_get(size_t bytes) {
    if (bytes > EDOI_CACHE_BYTES_MAX) return edoi_alloc(bytes);
    size_t c = edoi_cache_class(bytes);
    edoi_cache *here = edoi_cache_here();
    edoi_block *object = here->list[c];
    if (EDOI_UNLIKELY(!object)) return edoi_cache_get_slow(c);
    if (edoi_alloc_refused()) return NULL;
    here->list[c] = object->next;
    here->room[c]++;
    return object;
}

/* Puts memory from edoi_cache_get() with the same `bytes` back, on any thread; NULL is allowed. */
EDOI_INLINE void edoi_cache_put(void *ptr, size_t bytes) {
    if (bytes > EDOI_CACHE_BYTES_MAX || !ptr) {
        edoi_free(ptr);
        return;
    }
    size_t c = edoi_cache_class(bytes);
    edoi_cache *here = edoi_cache_here();
    if (EDOI_UNLIKELY(here->room[c] == 0)) {
        edoi_cache_put_slow(ptr, c);
        return;
    }
    edoi_block *object = (edoi_block *)ptr;
    object->next = here->list[c];
    here->list[c] = object;
    here->room[c]--;
}

#else

EDOI_INLINE void *edoi_cache_get(size_t bytes) {
    return edoi_alloc(bytes ? bytes : 1);
}

EDOI_INLINE void edoi_cache_put(void *ptr, size_t bytes) {
    (void)bytes;
    edoi_free(ptr);
}

#endif

#endif
