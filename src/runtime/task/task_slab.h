/* SPDX-License-Identifier: MIT */
/* runtime/task/task_slab.h: the memory of tasks, in pages that can be walked.
 *
 *      page, 64 KiB, aligned to its size
 *      | header, 64 bytes | slot | slot | … | unused |
 *
 * All tasks of a runtime lie in its slab, so that shutdown and dumps find them without a list of
 * all tasks. A slot is free if its task word is 0 or has FREED: another thread may free a slot just
 * before a walk reaches it; the walk then finds DONE and skips it.
 *
 * inv. 1: `free` and the bump pointers belong to the worker's thread. Slots freed on other threads
 *         go to the slab's foreign list (foreign.h), and are collected when needed.
 * inv. 2: one lock of the process guards changes of the page list, and a page leaves the list
 *         before it is unmapped: so another thread that holds the lock may read a page in the list
 *         and finds every slot mapped. No thread walks the whole list under the lock: a look keeps
 *         its position, and a page that goes advances the looks positioned at it.
 * inv. 3: a page that its runtime has left counts its tasks with references; the last unref unmaps
 *         it.
 * inv. 1 is not asserted: a slot does not say on which thread it was freed. The thread sanitizer
 * would. */
#ifndef EDOI_RUNTIME_TASK_TASK_SLAB_H
#define EDOI_RUNTIME_TASK_TASK_SLAB_H

#include "records/handles.h"
#include "runtime/task/foreign.h"
#include "runtime/task/task.h"

#include <edo/runtime.h>

#define SLAB_STEP      16u
#define SLAB_BYTES_MAX 1024u /* a larger task gets a page of its own */
#define SLAB_CLASSES   (SLAB_BYTES_MAX / SLAB_STEP + 1)
#define SLAB_FREES_MAX 32u

typedef struct edoi_page edoi_page;
typedef struct edoi_task_slab_look edoi_task_slab_look;

typedef struct edoi_task_slab {
    edo_runtime *runtime;          /* const */
    edo_task *free[SLAB_CLASSES];  /* by (bytes - 1) / SLAB_STEP, linked by `next` */
    edoi_page *open[SLAB_CLASSES]; /* the page that still has untouched slots */
    edoi_page *pages;              /* all pages, newest first */
    edoi_page *some_at;            /* next page of edoi_task_slab_some(); NULL: the newest */
    edoi_task_slab_look *looks;    /* the looks in progress; lock: that of all pages */
    edoi_foreign *foreign;         /* slots freed by other threads; made with the first page */
} edoi_task_slab;

#define EDOI_PAGE_HEADER_BYTES 64u /* the first slot begins there */

/* Read by task_slab.c, and by debuggers. */
struct edoi_page {
    edo_atomic_ptr slab;  /* atomic, relaxed: NULL once the runtime has left; the owner writes it */
    edo_runtime *runtime; /* as slab */
    edoi_page *next, *prev; /* in slab->pages; changed under pages_mutex */
    edo_task **free;        /* const: slab->free of its class; NULL: a large page */
    edoi_foreign *foreign;  /* const: the slab's */
    uint32_t slot_bytes;    /* const */
    uint32_t slots_max;     /* const */
    edo_atomic_u32 slots_n; /* atomic, relaxed: slots touched so far; written by the owner */
    /* atomic: FR2; slots in use when the runtime left, minus those released since */
    edo_atomic_u32 left_n;
};

/* The slow path of edoi_task_slab_get(). */
EDO_MUST_USE edo_task *edoi_slab_get_slow(edoi_task_slab *s, size_t bytes);

EDOI_INLINE size_t edoi_slab_class(size_t bytes) {
    return (bytes - 1) / SLAB_STEP;
}

/* As edoi_task_slab_get(), but also NULL if the free list of that size is empty. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_task_slab_get_used(edoi_task_slab *s, size_t bytes) {
    if (EDOI_UNLIKELY(bytes > SLAB_BYTES_MAX)) return NULL;
    edo_task **free = &s->free[edoi_slab_class(bytes)];
    edo_task *t = *free;
    if (EDOI_LIKELY(t)) *free = t->next;
    return t;
}

/* Memory for a task of `bytes` bytes, header included, not initialised; NULL without memory. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_task_slab_get(edoi_task_slab *s, size_t bytes) {
    edo_task *t = edoi_task_slab_get_used(s, bytes);
    return EDOI_LIKELY(t) ? t : edoi_slab_get_slow(s, bytes);
}

/* Frees a slot, on the worker's thread. */
void edoi_task_slab_put(edoi_task_slab *s, edo_task *t);

/* Slots of one slab that a thread is about to free. */
typedef struct edoi_frees {
    edoi_foreign *to;
    edo_task *first, *last; /* linked by `next`; set if n > 0 */
    uint32_t n;
} edoi_frees;

/* Frees a slot from any other thread, also after the runtime has left its page. If `frees` is not
 * NULL the slot may be kept there, to be freed together with others. */
void edoi_task_slab_put_foreign(edoi_frees *frees, edo_task *t);

/* Frees the slots kept in `frees`; there is at least one. */
void edoi_task_slab_flush(edoi_frees *frees);

/* Does `t` lie in `s`? */
bool edoi_task_slab_is_of(const edoi_task_slab *s, const edo_task *t);

/* Is `t` a task of the process that this one was forked from? Any thread with a reference. */
bool edoi_task_slab_is_forked(const edo_task *t);

/* The memory that `t` occupies: its slot, or its whole page if it has one to itself. */
size_t edoi_task_slab_bytes(const edo_task *t);

/* The runtime whose slab `t` lies in; only before that runtime has left the page. */
edo_runtime *edoi_task_slab_runtime(const edo_task *t);

/* Records that the program gets a handle of `t`, which may be NULL; returns `t`. */
EDOI_INLINE edo_task *edoi_task_hand_out(edo_task *t) {
    if (t) edoi_handle_made(EDOI_TASK, t, t->site, edoi_handle_owner_here());
    return t;
}

/* Calls `fn` for every slot in use; it may finish or free the task. */
typedef void edoi_task_slab_each_fn(void *arg, edo_task *t);
void edoi_task_slab_each(edoi_task_slab *s, edoi_task_slab_each_fn *fn, void *arg);

/* As edoi_task_slab_each(), for `pages_n` pages, from where the last call stopped; after the oldest
 * page it starts again. */
void edoi_task_slab_some(edoi_task_slab *s, uint32_t pages_n, edoi_task_slab_each_fn *fn,
                         void *arg);

/* A walk from another thread: its next page. A page that is unmapped advances it. lock: that of all
 * pages. */
struct edoi_task_slab_look {
    edoi_task_slab *slab;
    edoi_page *page; /* NULL: the look is over */
    uint32_t slot;
    edoi_task_slab_look *next; /* of slab->looks */
};

/* Begins a look at the present pages. Any thread, while the runtime lives. */
void edoi_task_slab_look_begin(edoi_task_slab_look *l, edoi_task_slab *s);

/* Calls `fn`, with the lock of all pages held, for the slots of one page that are in use or were
 * just now: `fn` may read only the atomics of a task, unless it holds the task (pin.h). Stops where
 * `fn` returns false: the look then resumes at that slot. False: it was the last page. */
typedef bool edoi_task_slab_look_fn(void *arg, edo_task *t);
EDO_MUST_USE bool edoi_task_slab_look_on(edoi_task_slab_look *l, edoi_task_slab_look_fn *fn,
                                         void *arg);

void edoi_task_slab_look_end(edoi_task_slab_look *l);

/* A whole look. */
void edoi_task_slab_look_over(edoi_task_slab *s, edoi_task_slab_look_fn *fn, void *arg);

/* The name of `t` if `t` lies in `s`, else NULL; `t` may be gone. Any thread. Takes time in
 * proportion to the pages, of which few are compared in one hold of the lock. */
const char *edoi_task_slab_site(edoi_task_slab *s, const edo_task *t);

/* The end of the runtime: unmaps pages without references, leaves the others to their last unref. A
 * page that holds an abandoned task stays mapped for ever. */
void edoi_task_slab_deinit(edoi_task_slab *s);

#endif
