/* SPDX-License-Identifier: MIT */
/* stacks/made.h: while somebody looks for what grows, the first stack of each kind of thing that is
 * made is kept: of a task by where it is spawned, of a descriptor by the task that opens it, of the
 * room for values by the channel. So what leaks is named with who leaks it. At all other times it
 * is a load and a branch, where something is made anyway.
 *
 * One thread at a time looks. A thread that is about to note a stack when the looks end may write
 * to a place that is used anew: then that stack is of two, and ends at once or is odd. */
#ifndef EDOI_STACKS_MADE_H
#define EDOI_STACKS_MADE_H

#include "base/atomic.h"

#define EDOI_MADE_FRAMES 24u

/* What is made. */
typedef enum edoi_made_kind {
    EDOI_MADE_TASK,
    EDOI_MADE_DESCRIPTOR,
    EDOI_MADE_VALUE
} edoi_made_kind;

#ifdef EDOI_MODEL
#    define EDOI_MADE_IS_ASKED() false
#else
extern edo_atomic_u32 edoi_made_asked; /* atomic, relaxed: does somebody look? */
#    define EDOI_MADE_IS_ASKED() EDOI_UNLIKELY(edoi_load_rlx_u32(&edoi_made_asked))
#endif

/* Any thread, with no lock held that the loader's may be taken under. */
void edoi_made_note(edoi_made_kind kind, const void *by);

/* `by` names those of a kind that are alike, by its address. */
EDOI_INLINE void edoi_made(edoi_made_kind kind, const void *by) {
    if (EDOI_MADE_IS_ASKED()) edoi_made_note(kind, by);
}

/* A look begins, with nothing known, and ends. What is known stays until the next one. */
void edoi_made_begin(void);
void edoi_made_end(void);

/* The stack of the first one, innermost first; 0: none was made, or there was no room. */
size_t edoi_made_get(edoi_made_kind kind, const void *by, void *pcs[EDOI_MADE_FRAMES]);

#endif
