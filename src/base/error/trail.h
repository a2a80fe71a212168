/* SPDX-License-Identifier: MIT */
/* base/error/trail.h: the owner of a trail, and its way from a task to the joiner.
 *
 * This layer does not know tasks. The runtime sets two hooks that find the current task; without
 * them, and on threads that run no task, trails belong to the thread and end with it. */
#ifndef EDOI_BASE_ERROR_TRAIL_H
#define EDOI_BASE_ERROR_TRAIL_H

#include <edo/error.h>

/* A line; it is followed by the payload, which needs the alignment, and the text. */
typedef struct edoi_trail_line {
    edo_trail_entry entry;
    size_t bytes; /* of the whole object */
    max_align_t behind[];
} edoi_trail_line;

typedef struct edoi_trail {
    edoi_trail_line *lines[EDO_TRAIL_LINES_MAX]; /* oldest first */
    uint32_t lines_n;
    uint32_t left_out; /* lines dropped between the first and the second */
    bool has_cause;    /* the first line tells what happened, instead of the text of the code */
} edoi_trail;

/* The current fiber's slot; NULL: not on a fiber, so the thread's slot is used. */
typedef edoi_trail **edoi_trail_slot_fn(void);

/* The name of the current task, which lives as long as the program; NULL on a plain thread. */
typedef const char *edoi_task_name_fn(void);

/* The hooks; NULL until the runtime sets them. Accessed as atomics: see edoi_task_hooks_set(). */
extern edoi_trail_slot_fn *edoi_trail_slot_hook;
extern edoi_task_name_fn *edoi_task_name_hook;

/* Sets the hooks. Any thread, at any time, also while other threads fail. */
void edoi_task_hooks_set(edoi_trail_slot_fn *slot, edoi_task_name_fn *name);

/* The name of the current task, NULL if there is none. */
const char *edoi_task_name(void);

/* The trail of the calling fiber or thread if its code is `err`, else NULL. Borrowed until it
 * changes. */
const edoi_trail *edoi_trail_look(int err);

/* Records that one of edo's time limits passed; returns -ETIMEDOUT. The text of that code is about
 * a connection, so the trail's first line replaces it. `cut` is the code that the limit replaces:
 * the lines recorded for it stay, after that first line, and get the code -ETIMEDOUT. 0: a new
 * trail begins. */
int edoi_trail_limit_passed(int64_t length_ns, int cut);

/* Removes the trail from the calling fiber or thread; NULL if it has none. */
edoi_trail *edoi_trail_take(void);

/* Gives `trail` to the calling fiber or thread, replacing its own; NULL changes nothing. */
void edoi_trail_give(edoi_trail *trail);

/* Stands in a task whose trail a waiter has got: the join that follows finds it with the waiter. */
extern edoi_trail edoi_trail_moved;

/* Frees a trail that was taken; NULL and edoi_trail_moved are allowed. */
void edoi_trail_free(edoi_trail *trail);

#endif
