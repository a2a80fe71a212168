/* SPDX-License-Identifier: MIT */
/* stack.h: stacks for fibers, carved from large slabs and reused last in, first out.
 *
 *      base                                                    one stack, `stride` bytes
 *      | guard, 64 KiB | lo ... usable, grows down ... | context, 256 bytes | hi | colour, < 2 KiB |
 *
 * inv. 1: a slab is never unmapped, so a stack's descriptor may be read at any time, also by a
 *         signal handler or a debugger; only the pages of a stack come and go.
 * inv. 2: a stack is in one place: in use, in one pool's list, or in the depot.
 * inv. 3: in a pool's list the cold stacks (pages released) come after all warm ones.
 * inv. 4: the size of a stack, guard included, is that of its class, a power of two, or a page
 *         more; its stride is one page more: otherwise the hot pages would be a power of two apart,
 *         in the same few sets of the TLB (1000 fibers that yield in turn took 26 ns instead of
 *         17).
 * inv. 1 is not asserted: no function here could break it, as none unmaps a slab.
 *
 * Threads: a pool belongs to one thread, and its operations take no lock; shortage and surplus go
 * through a depot shared by the process, under a lock. Where there is no memory for another stack,
 * a pool waits in line: all other pools then give theirs to the depot. */
#ifndef EDOI_FIBER_STACK_H
#define EDOI_FIBER_STACK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <edo/base.h>

#include "base/atomic.h"
#include "base/memory/alloc.h"
#include "stacks/layout.h"

#define EDOI_STACK_DEFAULT ((size_t)256 * 1024)
#define EDOI_STACK_GUARD   ((size_t)64 * 1024)
/* At the base of each stack, for its owner, who keeps more there in sanitized builds. */
#if defined(EDOI_ASAN) || defined(EDOI_TSAN)
#    define EDOI_STACK_CTX_BYTES ((size_t)320)
#else
#    define EDOI_STACK_CTX_BYTES ((size_t)256)
#endif

#define EDOI_STACK_CLASS_MIN ((size_t)128 * 1024) /* size of class 0; doubles with each class */
#define EDOI_STACK_CLASSES   14u                  /* the last: 1 GiB */
#define EDOI_STACK_MAX       (EDOI_STACK_CLASS_MIN << (EDOI_STACK_CLASSES - 1))

struct edoi_fiber;

typedef struct edoi_stack {
    struct edoi_stack *next;  /* in a list: its owner, or the depot's lock */
    char *lo, *hi;            /* const after carving: the usable bytes */
    const char *name;         /* owner: task shown in an overflow report; may be NULL */
    struct edoi_fiber *fiber; /* the fiber on this stack, or NULL; dumps and debuggers read it */
    void *tsan;               /* thread-sanitizer's fiber, made once and kept */
    uint32_t class_at;        /* const after carving: index of the size class */
    bool guarded;             /* the guard is in place */
    bool cold;                /* in a list: pages were released */
} edoi_stack;

typedef struct edoi_stack_list {
    edoi_stack *head;
    uint32_t n;
    uint32_t n_min; /* minimum since the last trim: that many were not needed */
} edoi_stack_list;

/* A thread's free stacks. All zero is a valid, empty pool. A pool that others may ask for its
 * stacks, and that may wait for one, is held: edoi_stack_pool_hold(). */
typedef struct edoi_stack_pool {
    edoi_stack_list free[EDOI_STACK_CLASSES]; /* owner; lock: depot, while no thread holds it */
    struct edoi_stack_pool *next, *prev;      /* lock: depot; in the list of known pools */
    struct edoi_stack_pool *behind[EDOI_STACK_CLASSES]; /* lock: depot; the next in line */
    bool waits[EDOI_STACK_CLASSES]; /* in line for a stack of that class; owner, who writes it with
                                       lock: depot */
    bool known, held;               /* lock: depot */
    void (*kick)(void *arg);        /* lock: depot; makes its thread look; may not wait */
    void *kick_arg;                 /* lock: depot */
    edo_atomic_u32 told; /* atomic, relaxed: classes of which a stack may be there, 1 << class; the
                            lock orders the stack */
} edoi_stack_pool;

/* Consecutive stacks of one stride in one mapping. `edoi_stack_slabs` is the head of the list of
 * all slabs, newest first; the list only grows. */
typedef struct edoi_stack_slab {
    struct edoi_stack_slab *next;      /* const once the slab is in the list */
    struct edoi_stack_slab *next_open; /* lock: depot; slabs with room */
    char *base;
    size_t stride;
    uint32_t count;
    uint32_t guarded_n;    /* lock: depot; stacks [carved, guarded_n) have their guards already */
    edo_atomic_u32 carved; /* written under the depot's lock; stacks[0..carved) are valid: SK3 */
    edoi_stack stacks[];
} edoi_stack_slab;

extern const edoi_layout edoi_layout_fibers; /* for tools/edo-gdb.py */

extern edo_atomic_ptr edoi_stack_slabs; /* edoi_stack_slab; written under the depot's lock: SK1 */

/* The slow paths of get and put. */
EDO_MUST_USE int edoi_stack_get_slow(edoi_stack_pool *pool, size_t size, edoi_stack **out);
void edoi_stack_put_surplus(edoi_stack_pool *pool, uint32_t class_at);

#define EDOI_STACK_POOL_MAX 512u /* stacks of a class in a pool; beyond, half go to the depot */

/* EDOI_STACK_POOL_MAX; 0 while a pool waits for a stack. atomic, relaxed: a thread that sees it
 * late gives its stacks to the depot late */
extern edo_atomic_u32 edoi_stack_pool_most;

/* Index of the smallest class that holds `size` bytes; `size` 0 means the default. */
EDOI_INLINE uint32_t edoi_stack_class(size_t size) {
    if (size == 0) size = EDOI_STACK_DEFAULT;
    if (size <= EDOI_STACK_CLASS_MIN) return 0;
    return 64u - (uint32_t)EDOI_CLZ64((size - 1) / EDOI_STACK_CLASS_MIN);
}

/* Takes a stack of at least `size` bytes, guard included (0: the default), the one put back last.
 * Errors: -ENOMEM no address space, mapping or memory left, or the pool is in line for such a
 * stack, and what has waited comes first; -EINVAL larger than 1 GiB. */
EDO_MUST_USE EDOI_INLINE int edoi_stack_get(edoi_stack_pool *pool, size_t size, edoi_stack **out) {
    uint32_t at = edoi_stack_class(size);
    if (edoi_alloc_refused()) return -ENOMEM;
    if (EDOI_UNLIKELY(at >= EDOI_STACK_CLASSES || !pool->free[at].head))
        return edoi_stack_get_slow(pool, size, out);
    edoi_stack_list *list = &pool->free[at];
    edoi_stack *s = list->head;
    list->head = s->next;
    list->n--;
    if (list->n < list->n_min) list->n_min = list->n;
    *out = s;
    return 0;
}

/* As edoi_stack_get(), for that for which the pool is in line, if it is. */
EDO_MUST_USE int edoi_stack_get_in_turn(edoi_stack_pool *pool, size_t size, edoi_stack **out);

/* Puts a stack back. Nothing may run on it any more; any pool may take it. */
EDOI_INLINE void edoi_stack_put(edoi_stack_pool *pool, edoi_stack *s) {
    edoi_stack_list *list = &pool->free[s->class_at];
    s->name = NULL;
    s->cold = false;
    s->next = list->head;
    list->head = s;
    if (EDOI_UNLIKELY(++list->n > edoi_load_rlx_u32(&edoi_stack_pool_most)))
        edoi_stack_put_surplus(pool, s->class_at);
}

/* Moves all stacks of a pool to the depot; the pool is empty and may be used again. */
void edoi_stack_pool_deinit(edoi_stack_pool *pool);

/* From now on this thread owns the pool, until edoi_stack_pool_rest(). Meanwhile `kick(arg)` may be
 * called by any thread: the owner then looks whether others need its stacks, and whether there is
 * one for it (edoi_stack_pool_look()). A pool that rests waits for none, and any thread may take
 * what it has. */
void edoi_stack_pool_hold(edoi_stack_pool *pool, void (*kick)(void *arg), void *arg);
void edoi_stack_pool_rest(edoi_stack_pool *pool);

/* After a get has failed: the pool gets in line for a stack of `size` bytes, until a get in turn of
 * that size succeeds. While any pool is in line, every stack that is put back goes to the depot,
 * other pools leave a stack there for each pool that came before them, and the ones that wait for
 * longest are told when there is one. True: it was not in line before; try once more, since it was
 * not told of what came between. */
bool edoi_stack_pool_wait(edoi_stack_pool *pool, size_t size);

/* The pool waits no more, whatever for. */
void edoi_stack_pool_wait_end(edoi_stack_pool *pool);

/* The slow path of edoi_stack_pool_look(). */
void edoi_stack_pool_give(edoi_stack_pool *pool);

/* Gives the pool's stacks to the depot if any pool waits for one. The owner calls it regularly. */
EDOI_INLINE void edoi_stack_pool_look(edoi_stack_pool *pool) {
    if (EDOI_UNLIKELY(edoi_load_rlx_u32(&edoi_stack_pool_most) == 0)) edoi_stack_pool_give(pool);
}

/* The classes of which the pool was told a stack since the last call, as bits 1 << class. Owner. */
EDO_MUST_USE EDOI_INLINE uint32_t edoi_stack_pool_take_told(edoi_stack_pool *pool) {
    uint32_t told = edoi_load_rlx_u32(&pool->told);
    if (told) (void)edoi_and_rlx_u32(&pool->told, ~told);
    return told;
}

/* Releases the pages of stacks that the pool has not needed since the last trim, all but the first
 * few. Its owner calls it periodically. NULL: the same for the depot, on any thread. */
void edoi_stack_trim(edoi_stack_pool *pool);

/* Releases the first pages, too, of the depot's stacks that have been cold since the last call and
 * were not needed. Any thread. */
void edoi_stack_empty(void);

/* Releases the pages below `sp`, rounded down, of the stack of a suspended context. */
void edoi_stack_release_below(edoi_stack *s, const void *sp);

/* The area at the base of the stack for its owner: EDOI_STACK_CTX_BYTES, aligned to 16. Its content
 * is undefined after a get. */
EDOI_INLINE void *edoi_stack_ctx(const edoi_stack *s) {
    return s->hi - EDOI_STACK_CTX_BYTES;
}

/* Size of the stack, guard included: the requested size, rounded up to its class. */
EDOI_INLINE size_t edoi_stack_size(const edoi_stack *s) {
    return EDOI_STACK_CLASS_MIN << s->class_at;
}

/* Deepest use, in whole pages, since its pages were last released. */
size_t edoi_stack_used(const edoi_stack *s);

/* For the whole process, any thread: address space of all stacks ever made; deepest use seen, when
 * stacks rested or released pages; pages released. */
uint64_t edoi_stack_bytes(void);
uint64_t edoi_stack_high(void);
uint64_t edoi_stack_pages_back(void);

/* The minimum size for edoi_stack_get(): room for a signal frame, 8 KiB and the guard, before
 * rounding up to a class. */
size_t edoi_stack_min(void);

/* The stack whose usable part or guard contains `addr`, or NULL. Async-signal-safe. */
edoi_stack *edoi_stack_find(const void *addr);

#endif
