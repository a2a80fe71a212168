/* SPDX-License-Identifier: MIT */
/* fiber.h: contexts of execution with a stack of their own, and the switch between them.
 *
 * A context is a fiber or the own stack of a thread. Of those that switch to each other exactly one
 * runs on a thread; the others are suspended. This floor knows nothing of tasks or scheduling.
 *
 *      static edoi_fiber *entry(void *arg) { ...; return &main; } // goes on there when it ends
 *      edoi_fiber_adopt(&main);                                   // once per thread
 *      edoi_fiber_start(&f, stack, &main, entry, arg);            // runs nothing yet
 *      edoi_fiber_switch(&main, &f, 0);                           // back when f switches or ends
 *
 * inv. 1: `sp` is NULL while the context runs, and after its entry function returned.
 * inv. 2: errno and the C++ exception state (of the caught-and-not-yet-left exceptions) belong to
 *         the context; they are exchanged before the stacks are, on the thread that both run on, so
 *         no address of a thread-local lives across a switch.
 * inv. 3: callee-saved registers, MXCSR and the x87 control word (aarch64: FPCR) belong to the
 *         context; a fresh fiber begins with the control words of the thread it is started for. A
 *         thread's own context has those it was adopted with: what it calls has to keep them
 *         anyway, by the calling convention.
 * inv. 4: unwinding from any context ends at the fiber's first frame.
 *
 * Threads: a context belongs to one thread at a time; who hands it on orders memory. */
#ifndef EDOI_FIBER_FIBER_H
#define EDOI_FIBER_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <edo/compiler.h>

#include "sanitize.h"
#include "stack.h"

typedef struct edoi_fiber edoi_fiber;

/* A fiber's function. When it returns the fiber has ended, and the thread goes on with the context
 * that it returns; from then on its stack may be given back (not by itself). */
typedef edoi_fiber *(*edoi_fiber_fn)(void *arg);

struct edoi_fiber {
    void *sp;            /* saved stack pointer: inv. 1. First: the debugger script reads it */
    edoi_stack *stack;   /* NULL: the own stack of a thread */
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

/* Makes `f` stand for the calling thread on its own stack. Before the first switch from it, and
 * again when the thread comes back with other floating-point control words. */
void edoi_fiber_adopt(edoi_fiber *f);

/* Makes `f` a fresh fiber that will call fn(arg) on `s`, below the place of edoi_stack_ctx(), where
 * `f` itself may lie. It begins with the control words of `thread`, the thread's own context. The
 * first switch to it runs it. */
void edoi_fiber_start(edoi_fiber *f, edoi_stack *s, const edoi_fiber *thread, edoi_fiber_fn fn,
                      void *arg);

/* Suspends `from`, the running context, and goes on with `to`, a suspended one, whose own switch
 * returns `word` (a fresh fiber does not see it). Returns when somebody switches to `from`, and
 * returns his.
 *
 * In a plain build a function that ends with `return edoi_fiber_switch(…)` has no frame left while
 * it waits: the switch back arrives at its caller. That matters, since after a switch the predictor
 * of returns knows nothing of the frames here, and each return through one costs 4 ns. */
int edoi_fiber_switch(edoi_fiber *from, edoi_fiber *to, int word);

/* Whether `f` can be switched to. */
EDOI_INLINE bool edoi_fiber_is_suspended(const edoi_fiber *f) {
    return f->sp != NULL;
}

/* Return addresses of a suspended context, innermost first, as backtrace(3) sees them from there;
 * returns how many. 0: it does not run on this machine, or fewer than 8 KiB of its stack are left
 * for the unwinder. The context stays as it is. */
size_t edoi_fiber_backtrace(edoi_fiber *suspended, void **pcs, size_t max);

/* Gives back the pages of a suspended fiber's stack that lie below its live part. */
void edoi_fiber_release_unused(edoi_fiber *suspended);

#endif
