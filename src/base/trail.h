/* SPDX-License-Identifier: MIT */
/* base/trail.h: whose trail it is, and how a trail travels from a task to whoever joins it.
 *
 * The base knows no tasks. The runtime fills in two hooks that name the current one; without them,
 * and on threads that run no task, trails belong to the thread and end with it. */
#ifndef EDOI_BASE_TRAIL_H
#define EDOI_BASE_TRAIL_H

#include <edo/error.h>

/* A line; behind it lie the payload, which needs the alignment, and the text. */
typedef struct edoi_trail_line {
    edo_trail_entry entry;
    size_t bytes; /* of the whole object */
    max_align_t behind[];
} edoi_trail_line;

typedef struct edoi_trail {
    edoi_trail_line *lines[EDO_TRAIL_LINES_MAX]; /* the oldest first */
    uint32_t lines_n;
    uint32_t left_out; /* between the first line and the second */
    bool has_cause;    /* the first line says what happened, in place of the text of the code */
} edoi_trail;

/* Where the current fiber keeps its trail; NULL: no fiber here, the thread's own is meant. */
typedef edoi_trail **edoi_trail_slot_fn(void);

/* The name of the current task, which lives as long as the program; NULL on a plain thread. */
typedef const char *edoi_task_name_fn(void);

/* The hooks; NULL until the runtime fills them in. Read and written as atomics: see
 * edoi_task_hooks_set(). */
extern edoi_trail_slot_fn *edoi_trail_slot_hook;
extern edoi_task_name_fn *edoi_task_name_hook;

/* Fills in the hooks; any thread, at any time, also while others fail. */
void edoi_task_hooks_set(edoi_trail_slot_fn *slot, edoi_task_name_fn *name);

/* The name of the current task, NULL if there is none. */
const char *edoi_task_name(void);

/* The trail of the calling fiber or thread if it tells of `err`, else NULL. Borrowed until it
 * changes. */
const edoi_trail *edoi_trail_look(int err);

/* Says that a time limit of edo's own cut something short; returns -ETIMEDOUT. The text of that
 * code speaks of a connection, so the story's first line stands in its place. `cut` is the code
 * that the limit replaces: the lines said of it stay, above that first line, and tell of
 * -ETIMEDOUT. 0: a new story begins. */
int edoi_trail_limit_passed(int64_t length_ns, int cut);

/* Takes the trail off the calling fiber or thread; NULL if it has none. */
edoi_trail *edoi_trail_take(void);

/* Hands `trail` to the calling fiber or thread, in place of its own; NULL changes nothing. */
void edoi_trail_give(edoi_trail *trail);

/* Frees a trail that was taken; NULL is allowed. */
void edoi_trail_free(edoi_trail *trail);

#endif
