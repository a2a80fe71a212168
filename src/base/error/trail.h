/* SPDX-License-Identifier: MIT */
/* base/error/trail.h: the owner of a trail, and its way from a task to the joiner.
 *
 * A task has the trails of its last errors, newest first: an error that is being returned keeps its
 * lines while a cleanup fails with another code, or between edoi_trail_keep() and its end.
 *
 * This layer does not know tasks. The runtime sets two hooks that find the current task; without
 * them, and on threads that run no task, trails belong to the thread and end with it. */
#ifndef EDOI_BASE_ERROR_TRAIL_H
#define EDOI_BASE_ERROR_TRAIL_H

#include "base/error/chain.h"

/* The current fiber's slot; NULL: not on a fiber, so the thread's slot is used. */
typedef edoi_trail **edoi_trail_slot_fn(void);

/* The name of the current task, which lives as long as the program; NULL on a plain thread. */
typedef const char *edoi_task_name_fn(void);

/* The hooks; NULL until the runtime sets them. Accessed as atomics: see edoi_task_hooks_set(). */
extern edoi_trail_slot_fn *edoi_trail_slot_hook;
extern edoi_task_name_fn *edoi_task_name_hook;

/* The name of the span of here (edo/span.h), which lives as long as the program; NULL: none. The
 * hook is NULL until a span is opened. */
typedef const char *edoi_span_name_fn(void);
void edoi_span_name_by(edoi_span_name_fn *fn);

/* Sets the hooks. Any thread, at any time, also while other threads fail. */
void edoi_task_hooks_set(edoi_trail_slot_fn *slot, edoi_task_name_fn *name);

/* The name of the current task, NULL if there is none. */
const char *edoi_task_name(void);

/* Where the calling fiber or thread has its trails. */
edoi_trail **edoi_trail_slot(void);

/* The newest trail of the calling fiber or thread whose code is `err`, else NULL. Borrowed until it
 * changes. */
const edoi_trail *edoi_trail_look(int err);

/* Records that one of edo's time limits passed; returns -ETIMEDOUT. The text of that code is about
 * a connection, so the trail's first line replaces it; it ends with the words `where`. `cut` is the
 * code that the limit replaces: the lines recorded for it stay, after that first line, and get the
 * code -ETIMEDOUT. 0: a new trail begins. */
int edoi_trail_limit_passed(int64_t length_ns, int cut, const char *where);

/* Begins a trail of `err`, whose first line, `cause`, replaces the text of the code: that of a
 * number which stands for something else, as a status of gRPC. Returns `err`. */
EDO_API int edoi_trail_begin(int err, const char *cause);

/* Removes the trail of `err`, which is no success, from the calling fiber or thread; NULL if it has
 * none. */
edoi_trail *edoi_trail_take(int err);

/* Gives `trail` to the calling fiber or thread, instead of its own one of the same code; NULL
 * changes nothing. */
void edoi_trail_give(edoi_trail *trail);

/* Forgets the trail of `err`, of a call whose failure is made up for. */
EDO_API void edoi_trail_drop(int err);

/* ---- What a call does to its caller's trail -------------------------------------------------- */

/* A bracket around what may fail although the call succeeds: the trail that the caller has is left
 * as it is, and failures within have trails of their own. */
typedef struct edoi_trail_kept {
    const edoi_trail *trail; /* NULL: there was none */
} edoi_trail_kept;

EDO_MUST_USE EDO_API edoi_trail_kept edoi_trail_keep(void);

/* As edoi_trail_look(), but only of what was told since the bracket began. */
const edoi_trail *edoi_trail_look_open(int err);

/* As edo_trail_print_text() in a line, but only of what was told since the bracket began. */
size_t edoi_trail_print_open(char *text, size_t text_bytes, int err);

/* As edo_trail_print_text() in a line, of `trail`; NULL: there is none of `err`. */
size_t edoi_trail_print_of(char *text, size_t text_bytes, const edoi_trail *trail, int err);

/* Ends the bracket; returns `result`. Only the trail of `result`, if that is negative, stays of
 * those told within; it is newer than the caller's. */
EDO_API int edoi_trail_kept_end(edoi_trail_kept kept, int result);

/* As edoi_trail_kept_end(), of a cleanup: which error is returned after it is not known, and the
 * caller's is the newer one. The newest trail told within stays beside it if it has another
 * code. */
void edoi_trail_kept_end_cleanup(edoi_trail_kept kept);

#endif
