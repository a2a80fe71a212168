/* SPDX-License-Identifier: MIT */
/* runtime/task/task_slab.h: the memory of tasks, in pages that can be walked.
 *
 *      page, 64 KiB, aligned to its size
 *      | header, 64 bytes | slot | slot | … | unused |
 *
 * All tasks of a runtime lie in its slab, so that shutdown and dumps find them without a list of
 * all tasks. A slot is free if its task word is 0, or says FREED: another thread may give a slot
 * back while a walk stands before it, which then finds DONE and leaves it alone.
 *
 * inv. 1: `free` and the bump pointers belong to the worker's thread. Slots freed elsewhere go on
 *         the slab's foreign list (foreign.h), and are collected when needed.
 * inv. 2: the list of pages changes, and a page leaves it before it is unmapped, under one lock of
 *         the process: so another thread may look at a page there, and finds every slot mapped.
 *         Nobody walks the list under that lock: a look stands at a page, which moves it on when it
 *         goes.
 * inv. 3: a page that its runtime has left counts the tasks still referred to; the last unref in it
 *         unmaps it. */
#ifndef EDOI_RUNTIME_TASK_TASK_SLAB_H
#define EDOI_RUNTIME_TASK_TASK_SLAB_H

#include "base/handles.h"
#include "runtime/task/foreign.h"

#include <edo/runtime.h>

#define SLAB_STEP      16u
#define SLAB_BYTES_MAX 1024u /* larger tasks get a page of their own */
#define SLAB_CLASSES   (SLAB_BYTES_MAX / SLAB_STEP + 1)
#define SLAB_FREES_MAX 32u

typedef struct edoi_page edoi_page;
typedef struct edoi_task_slab_look edoi_task_slab_look;

typedef struct edoi_task_slab {
    edo_runtime *runtime;          /* const */
    edo_task *free[SLAB_CLASSES];  /* by (bytes - 1) / SLAB_STEP, linked by `next` */
    edoi_page *open[SLAB_CLASSES]; /* the page whose slots are not all touched yet */
    edoi_page *pages;              /* all, the newest first */
    edoi_page *some_at;            /* where edoi_task_slab_some() goes on; NULL: at the newest */
    edoi_task_slab_look *looks;    /* that are under way; lock: that of all pages */
    edoi_foreign *foreign;         /* slots freed by other threads; made with the first page */
} edoi_task_slab;

/* The slow half of edoi_task_slab_get(). */
EDO_MUST_USE edo_task *edoi_slab_get_slow(edoi_task_slab *s, size_t bytes);

EDOI_INLINE size_t edoi_slab_class(size_t bytes) {
    return (bytes - 1) / SLAB_STEP;
}

/* As edoi_task_slab_get(), but NULL too if no task of that size has been freed lately. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_task_slab_get_used(edoi_task_slab *s, size_t bytes) {
    if (EDOI_UNLIKELY(bytes > SLAB_BYTES_MAX)) return NULL;
    edo_task **free = &s->free[edoi_slab_class(bytes)];
    edo_task *t = *free;
    if (EDOI_LIKELY(t)) *free = t->next;
    return t;
}

/* A task's memory of `bytes` bytes, header included; not initialised; NULL without memory. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_task_slab_get(edoi_task_slab *s, size_t bytes) {
    edo_task *t = edoi_task_slab_get_used(s, bytes);
    return EDOI_LIKELY(t) ? t : edoi_slab_get_slow(s, bytes);
}

/* Gives a slot back, on the worker's thread. */
void edoi_task_slab_put(edoi_task_slab *s, edo_task *t);

/* Slots of one slab that a thread is about to give back. */
typedef struct edoi_frees {
    edoi_foreign *to;
    edo_task *first, *last; /* linked by `next`; set if n > 0 */
    uint32_t n;
} edoi_frees;

/* Gives a slot back from any other thread, also after the runtime has left its page; together with
 * others later, if `frees` is not NULL. */
void edoi_task_slab_put_foreign(edoi_frees *frees, edo_task *t);

/* Gives those back that wait, of which there are some. */
void edoi_task_slab_flush(edoi_frees *frees);

/* Whether `t` lies in `s`. */
bool edoi_task_slab_is_of(const edoi_task_slab *s, const edo_task *t);

/* Whether `t` is a task of a process that this one was forked from. Any thread with a reference. */
bool edoi_task_slab_is_forked(const edo_task *t);

/* The memory that `t` takes from others: its slot, or the page that it has to itself. */
size_t edoi_task_slab_bytes(const edo_task *t);

/* The runtime whose slab `t` lies in; only while that has not left it. */
edo_runtime *edoi_task_slab_runtime(const edo_task *t);

/* The program is given a handle of `t`, which may be NULL; returns `t`. */
EDOI_INLINE edo_task *edoi_task_hand_out(edo_task *t) {
    if (t) edoi_handle_made(EDOI_TASK, t, t->site, edoi_handle_owner_here());
    return t;
}

/* Calls `fn` for every slot in use; it may finish or free the task. */
typedef void edoi_task_slab_each_fn(void *arg, edo_task *t);
void edoi_task_slab_each(edoi_task_slab *s, edoi_task_slab_each_fn *fn, void *arg);

/* The same for the `pages_n` pages that follow those of the last call, the oldest page's last;
 * after that it begins anew. */
void edoi_task_slab_some(edoi_task_slab *s, uint32_t pages_n, edoi_task_slab_each_fn *fn,
                         void *arg);

/* A look from outside: which page comes next. A page that is unmapped moves it on. lock: that of
 * all pages. */
struct edoi_task_slab_look {
    edoi_task_slab *slab;
    edoi_page *page; /* NULL: the look is over */
    uint32_t slot;
    edoi_task_slab_look *next; /* of slab->looks */
};

/* Any thread, while the runtime lives: begins a look at the pages that are there now. */
void edoi_task_slab_look_begin(edoi_task_slab_look *l, edoi_task_slab *s);

/* Calls `fn` under the lock of all pages for the slots of one page that are in use, or were just
 * now: only what is atomic in a task may be read, but if `fn` holds it (pin.h). Stops where `fn`
 * returns false: the look then goes on with the same slot. False: it was the last page. */
typedef bool edoi_task_slab_look_fn(void *arg, edo_task *t);
EDO_MUST_USE bool edoi_task_slab_look_on(edoi_task_slab_look *l, edoi_task_slab_look_fn *fn,
                                         void *arg);

void edoi_task_slab_look_end(edoi_task_slab_look *l);

/* Any thread: the name of `t` if it lies in `s`, else NULL; `t` may be gone. In proportion to the
 * pages, of which few are looked at in one hold of the lock. */
const char *edoi_task_slab_site(edoi_task_slab *s, const edo_task *t);

/* The end of the runtime: unmaps what nobody refers to, leaves the rest to the last unref in it. A
 * page that holds an abandoned task stays mapped for ever. */
void edoi_task_slab_deinit(edoi_task_slab *s);

#endif
