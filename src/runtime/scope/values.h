/* SPDX-License-Identifier: MIT */
/* runtime/scope/values.h: what tasks and jobs inherit of what is bound (edo/context.h).
 *
 * What is bound here is one chain, the innermost first: the open blocks, then what was inherited,
 * whose parts are links of the same form. Each fiber, thread and poll of a state machine has one.
 *
 *     block → block → ⎡ part → part → NULL ⎤ one object, which other tasks count, too
 *
 * inv. 1: a chain's blocks are touched by its fiber or thread only. An inheritance never changes.
 * inv. 2: an inheritance has no two values of one key, none that is hidden, and none of a key that
 *         is not inherited.
 * inv. 1 is not asserted: a block does not know its fiber. inv. 2 is not asserted: the object is
 * made in one place (values.c), and a walk through it at each spawn would cost more than it. */
#ifndef EDOI_RUNTIME_SCOPE_VALUES_H
#define EDOI_RUNTIME_SCOPE_VALUES_H

#include "runtime/task/fiber_task.h"

#include <edo/context.h>

typedef struct edoi_values {
    edo_atomic_u32 refs; /* atomic: VL1; of tasks, jobs, and the block where it was made */
    uint32_t n;
    edo_context_block parts[];
} edoi_values;

/* The span that is bound in a chain; NULL: none. */
struct edo_span *edoi_values_span(const edo_context_block *chain);

/* As edo_context_begin(), which `caller` has called; takes the reference of a counted value. */
void edoi_values_begin(edo_context_block *b, const edo_context_key *key, const void *value,
                       const void *caller);

/* The chain of here, its innermost; NULL: nothing is bound. */
edo_context_block *edoi_values_here(void);

/* What is started here inherits, counted for the caller; NULL: nothing. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_values_inherit(edoi_values **out);

/* As edoi_values_inherit(), with the span and without the values that the options say. */
EDO_MUST_USE int edoi_values_inherit_with(edoi_values **out, const edo_spawn_opts *opts);

void edoi_values_unref(edoi_values *v); /* NULL does nothing */

/* A task with `v`, which is not NULL, has ended; `ends_span`: and with it the span that it was
 * started with. */
void edoi_values_end(edoi_values *v, bool ends_span, int result);

/* The chain of what inherits `v`; NULL: nothing is bound. */
EDOI_INLINE edo_context_block *edoi_values_chain(edoi_values *v) {
    return v ? v->parts : NULL;
}

/* A fiber that has inherited `v` has got its stack. */
void edoi_values_fiber_began(edoi_fiber_task *fiber, edoi_values *v);

/* Around a poll of a state machine, and around a job: what is bound meanwhile. The former returns
 * what the latter gets. */
EDO_MUST_USE edo_context_block *edoi_values_enter(edoi_values *v);
void edoi_values_leave(edo_context_block *before);

/* Debug only: report a block whose frame is gone, when the running fiber is at `frame`; one that
 * the function of a fiber, which has inherited `inherited`, has left open; and one that a poll has
 * left open. */
#ifdef EDO_DEBUG
void edoi_values_check(const edoi_fiber_task *fiber, const char *frame);
void edoi_values_check_closed(const edoi_fiber_task *fiber, edoi_values *inherited);
void edoi_values_check_poll(void);
#else
EDOI_INLINE void edoi_values_check(const edoi_fiber_task *fiber, const char *frame) {
    (void)fiber, (void)frame;
}
EDOI_INLINE void edoi_values_check_closed(const edoi_fiber_task *fiber, edoi_values *inherited) {
    (void)fiber, (void)inherited;
}
EDOI_INLINE void edoi_values_check_poll(void) {}
#endif

#endif
