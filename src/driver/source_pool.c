/* SPDX-License-Identifier: MIT */
/* driver/source_pool.c: the memory of sources.
 *
 *      slot, 64 bytes:  | head, its user's | source |
 *
 * The pool is a list of chunks of slots, each twice as large as the one before. Chunks are never
 * freed: a late event finds a source, and the generation shows that it was reused.
 *
 * With the address sanitizer each slot is a separate block, and the pool hides pointers to slots in
 * use: so an unreachable source is reported as a leak, and the head of a free source must not be
 * touched. */
#include "driver/source.h"

#include "base/fork.h"
#include "base/memory/alloc.h"

#include <errno.h>
#ifdef EDOI_ASAN
#    include <sanitizer/asan_interface.h>
#    include <stdlib.h>
#endif

#define SLOT_BYTES  (EDOI_SOURCE_HEAD + sizeof(edoi_source))
#define CHUNK_FIRST 64u
#define CHUNKS      18u /* 16 million sources */

static struct {
    edoi_lock mu;
    edo_atomic_ptr chunks[CHUNKS]; /* atomic: SP1, SP2 */
    /* atomic: SP3, SP4; for each chunk the names of the tasks that have opened the descriptors of
     * its slots; NULL: a slot is free, or has none */
    edo_atomic_ptr makers[CHUNKS];
    uint32_t chunks_n; /* lock: mu */
    uint32_t used;     /* number of indices ever handed out; lock: mu */
    uint32_t free;     /* the first free index + 1; 0: none; lock: mu */
} pool;

/* Sources below this index belong to a parent process. Written in a child with one thread. */
static uint32_t inherited_n;

/* Free sources are below it too. */
static void source_pool_begin_child(void) {
    inherited_n = pool.used;
    pool.free = 0;
}

EDOI_ON_FORK(.lock = &pool.mu, .child = source_pool_begin_child);

bool edoi_source_is_inherited(const edoi_source *s) {
    return s->index < inherited_n;
}

static uint32_t chunk_size(uint32_t chunk) {
    return CHUNK_FIRST << chunk;
}

/* The chunk of an index, and the position inside it. */
static uint32_t chunk_of(uint32_t index, uint32_t *inside) {
    uint32_t chunk = 63u - (uint32_t)EDOI_CLZ64((uint64_t)index / CHUNK_FIRST + 1u);
    *inside = index - CHUNK_FIRST * ((1u << chunk) - 1u);
    return chunk;
}

#ifdef EDOI_ASAN

typedef struct pool_slot {
    uintptr_t hidden;  /* const: the slot's address, encoded to hide it from the leak checker */
    edoi_source *free; /* the slot while it is free; lock: the pool's */
} pool_slot;

static pool_slot *source_pool_slot_of(const edoi_source *s) {
    uint32_t inside, chunk = chunk_of(s->index, &inside);
    return (pool_slot *)edoi_load_acq_ptr(&pool.chunks[chunk]) + inside; // SP1: pairs with SP2
}

static edoi_source *source_in(void *first, uint32_t inside) {
    return (edoi_source *)~((pool_slot *)first)[inside].hidden;
}

/* The slots of a chunk of which the first `n` were made. */
static void chunk_free(void *first, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) free(edoi_source_head(source_in(first, i)));
    edoi_free(first);
}

/* Test failures of allocations are not planned for its blocks: there would be one for each. */
static void *chunk_new(uint32_t n) {
    pool_slot *first = (pool_slot *)edoi_calloc(n, sizeof *first);
    for (uint32_t i = 0; first && i < n; i++) {
        char *slot = (char *)calloc(1, SLOT_BYTES);
        if (!slot) {
            chunk_free(first, i);
            return NULL;
        }
        first[i].free = (edoi_source *)(void *)(slot + EDOI_SOURCE_HEAD);
        first[i].hidden = ~(uintptr_t)first[i].free;
    }
    return first;
}

static void source_pool_note_used(edoi_source *s) {
    source_pool_slot_of(s)->free = NULL;
    ASAN_UNPOISON_MEMORY_REGION(edoi_source_head(s), EDOI_SOURCE_HEAD);
}

static void note_free(edoi_source *s) {
    source_pool_slot_of(s)->free = s;
    ASAN_POISON_MEMORY_REGION(edoi_source_head(s), EDOI_SOURCE_HEAD);
}

#else

static edoi_source *source_in(void *first, uint32_t inside) {
    uintptr_t line = ((uintptr_t)first + SLOT_BYTES - 1) / SLOT_BYTES * SLOT_BYTES;
    char *slot = (char *)first + (line - (uintptr_t)first) + inside * SLOT_BYTES;
    return (edoi_source *)(void *)(slot + EDOI_SOURCE_HEAD);
}

/* One extra slot, so that all can begin at a cache line. */
static void *chunk_new(uint32_t n) {
    return edoi_calloc(n + 1, SLOT_BYTES);
}

static void chunk_free(void *first, uint32_t n) {
    (void)n;
    edoi_free(first);
}

static void source_pool_note_used(edoi_source *s) {
    (void)s;
}

static void note_free(edoi_source *s) {
    (void)s;
}

#endif

/* For a thread that has an index from the kernel, via a sibling's driver, and nothing else that
 * orders. Under the lock it sees every chunk. */
static EDOI_NOINLINE void *chunk_locked(uint32_t chunk) {
    edoi_lock_acquire(&pool.mu);
    void *first = edoi_load_rlx_ptr(&pool.chunks[chunk]); // relaxed: under the lock
    edoi_lock_release(&pool.mu);
    return first;
}

edoi_source *edoi_source_pool_at(uint32_t index) {
    uint32_t inside, chunk = chunk_of(index, &inside);
    if (chunk >= CHUNKS) return NULL;
    // SP1: pairs with SP2: the chunk is zeroed before it is seen
    void *first = edoi_load_acq_ptr(&pool.chunks[chunk]);
    if (EDOI_UNLIKELY(!first)) first = chunk_locked(chunk);
    return first ? source_in(first, inside) : NULL;
}

/* Adds chunk number `chunk`, unless another thread did meanwhile. */
static int source_pool_grow(uint32_t chunk) {
    if (chunk >= CHUNKS) return -ENOMEM;
    void *makers = edoi_calloc(chunk_size(chunk), sizeof(edo_atomic_ptr));
    void *first = makers ? chunk_new(chunk_size(chunk)) : NULL;
    if (!first) {
        edoi_free(makers);
        return -ENOMEM;
    }
    edoi_lock_acquire(&pool.mu);
    bool mine = pool.chunks_n == chunk;
    if (mine) {
        edoi_store_rlx_ptr(&pool.makers[chunk], makers); // relaxed: who has a source held the lock
        edoi_store_rel_ptr(&pool.chunks[chunk], first);  // SP2: pairs with SP1
        pool.chunks_n++;
    }
    edoi_lock_release(&pool.mu);
    if (!mine) {
        chunk_free(first, chunk_size(chunk));
        edoi_free(makers);
    }
    return 0;
}

/* Takes the next source never used; NULL: the chunk `*chunk` must be added first. Called with the
 * pool locked. */
static edoi_source *take_unused(uint32_t *chunk) {
    uint32_t inside, index = pool.used;
    *chunk = chunk_of(index, &inside);
    if (*chunk >= pool.chunks_n) return NULL;
    pool.used++;
    edoi_source *s = edoi_source_pool_at(index);
    s->index = index; // once: from now on others may read it at any time
    return s;
}

/* Takes the source freed last; NULL: none is free. Called with the pool locked. */
static edoi_source *source_pool_take_free(void) {
    if (pool.free == 0) return NULL;
    edoi_source *s = edoi_source_pool_at(pool.free - 1);
    pool.free = (uint32_t)(-1 - s->next_free);
    return s;
}

edoi_source *edoi_source_pool_get(void) {
    if (edoi_alloc_refused()) return NULL;
    for (;;) {
        uint32_t chunk = 0;
        edoi_lock_acquire(&pool.mu);
        edoi_source *s = source_pool_take_free();
        if (!s) s = take_unused(&chunk);
        if (s) {
            edoi_source_set_fd(s, -1);
            source_pool_note_used(s);
        }
        edoi_lock_release(&pool.mu);
        if (s) return s;
        if (source_pool_grow(chunk) < 0) return NULL;
    }
}

void edoi_source_pool_put(edoi_source *s) {
    edoi_source_pool_note_maker(s, NULL);
    edoi_lock_acquire(&pool.mu);
    note_free(s);
    EDOI_SOURCE_STORE(&s->next_free, -1 - (int)pool.free); // relaxed: a look reads it
    pool.free = s->index + 1;
    edoi_lock_release(&pool.mu);
}

/* ---- For those who look at what is open ------------------------------------------------------ */

void edoi_source_pool_note_maker(const edoi_source *s, const char *maker) {
    uint32_t inside, chunk = chunk_of(s->index, &inside);
    edo_atomic_ptr *makers = edoi_load_rlx_ptr(&pool.makers[chunk]); // relaxed: source_pool_grow()
    edoi_store_rlx_ptr(&makers[inside], (void *)(uintptr_t)maker);   // relaxed: a look counts it
}

void edoi_sources_look_over(edoi_sources_look_fn *fn, void *arg) {
    edoi_lock_acquire(&pool.mu);
    const uint32_t used = pool.used;
    edoi_lock_release(&pool.mu);
    for (uint32_t i = inherited_n; i < used; i++) {
        uint32_t inside, chunk = chunk_of(i, &inside);
        edo_atomic_ptr *makers = edoi_load_rlx_ptr(&pool.makers[chunk]); // relaxed: by the lock
        const char *maker = edoi_load_rlx_ptr(&makers[inside]); // relaxed: it may be over by now
        if (!maker) continue;
        int fd = EDOI_SOURCE_LOAD(&edoi_source_pool_at(i)->fd); // relaxed: the same
        if (fd >= 0) fn(arg, fd, maker);
    }
}
