/* SPDX-License-Identifier: MIT */
/* fiber.h: contexts of execution with a stack of their own, and the switch between them.
 *
 * A context is a fiber or a thread's own stack. Of the contexts that switch to each other exactly
 * one runs on a thread; the others are suspended. This layer does not know tasks or scheduling.
 *
 *      static edoi_fiber *entry(void *arg) { ...; return &main; } // continues there when it ends
 *      edoi_fiber_adopt(&main);                                   // once per thread
 *      edoi_fiber_start(&f, stack, &main, entry, arg);            // runs nothing yet
 *      edoi_fiber_switch(&main, &f, 0);                           // back when f switches or ends
 *
 * inv. 1: `sp` is NULL while the context runs, and after its entry function returned.
 * inv. 2: errno and the C++ exception state (of exceptions caught and not yet left) belong to the
 *         context; they are exchanged before the stacks are, on the thread that both contexts run
 *         on, so no address of a thread-local is kept across a switch.
 * inv. 3: callee-saved registers, MXCSR and the x87 control word (aarch64: FPCR) belong to the
 *         context; a fresh fiber begins with the control words of the thread it is started for. A
 *         thread's own context keeps those it was adopted with: by the calling convention its
 *         callees preserve them anyway.
 * inv. 4: unwinding from any context ends at the fiber's first frame.
 * inv. 3 and 4 are not asserted: C sees neither registers nor frames. The tests of the switch do.
 *
 * Threads: a context belongs to one thread at a time; the thread that passes it on orders
 * memory. */
#ifndef EDOI_FIBER_FIBER_H
#define EDOI_FIBER_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <edo/compiler.h>

#include "sanitize.h"
#include "stack.h"

typedef struct edoi_fiber edoi_fiber;

/* A fiber's function. When it returns the fiber has ended, and the thread continues with the
 * context that it returns; from then on its stack may be released (by other code than the
 * fiber). */
typedef edoi_fiber *(*edoi_fiber_fn)(void *arg);

struct edoi_fiber {
    void *sp;            /* saved stack pointer: inv. 1. First: the debugger script reads it */
    edoi_stack *stack;   /* NULL: a thread's own stack */
    void *caught;        /* C++ exceptions being handled */
    unsigned uncaught_n; /* C++ exceptions on their way to a handler */
    int err;             /* errno */
    edoi_fiber_fn fn;
    void *arg;
    uint64_t modes; /* control words of a thread's own context */
#ifdef EDOI_SANITIZED
    edoi_san san;
#endif
};

/* Makes `f` the calling thread's own context. Called before the first switch from it, and again
 * when the thread comes back with other floating-point control words. */
void edoi_fiber_adopt(edoi_fiber *f);

/* Makes `f` a fresh fiber that will call fn(arg) on `s`, below the area of edoi_stack_ctx(), where
 * `f` itself may lie. It begins with the control words of `thread`, the thread's own context. The
 * first switch to it runs it. */
void edoi_fiber_start(edoi_fiber *f, edoi_stack *s, const edoi_fiber *thread, edoi_fiber_fn fn,
                      void *arg);

/* Suspends `from`, the running context, and resumes `to`, a suspended one, whose own switch returns
 * `word` (a fresh fiber does not see it). Returns when another context switches to `from`, with
 * that switch's word.
 *
 * In a plain build a function that ends with `return edoi_fiber_switch(…)` has no frame left while
 * it waits: the switch back arrives at its caller. That matters because after a switch the CPU's
 * return predictor does not know the frames here, and each return through one costs 4 ns. */
int edoi_fiber_switch(edoi_fiber *from, edoi_fiber *to, int word);

/* Can `f` be switched to? */
EDOI_INLINE bool edoi_fiber_is_suspended(const edoi_fiber *f) {
    return f->sp != NULL;
}

/* Return addresses of a suspended context, innermost first, as backtrace(3) sees them from there;
 * returns how many. 0: not supported on this machine, or fewer than 8 KiB of its stack are left for
 * the unwinder. The context is not changed. */
size_t edoi_fiber_backtrace(edoi_fiber *suspended, void **pcs, size_t max);

/* Releases the pages of a suspended fiber's stack that lie below its live part. */
void edoi_fiber_release_unused(edoi_fiber *suspended);

#endif
