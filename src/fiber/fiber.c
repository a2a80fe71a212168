/* SPDX-License-Identifier: MIT */
/* fiber.c: the machine-independent half of the switch.
 *
 * Per-thread state that has to be per fiber is exchanged here, in C, before the stacks are. Then
 * edoi_switch_swap() is the last call, in a plain build a tail call, so the switch leaves no frame
 * of its own in a backtrace. */
#include "fiber.h"

#include <errno.h>
#include <execinfo.h>

#include "base/assert.h"
#include "switch.h"

/* The C++ runtime's per-thread state, by the Itanium ABI. */
typedef struct eh_globals {
    void *caught;
    unsigned uncaught_n;
} eh_globals;

/* From libstdc++ or libc++abi, if the program has one. */
EDOI_WEAK eh_globals *__cxa_get_globals(void);

/* Where this thread keeps the state that a switch exchanges. Looked up once: two library calls cost
 * as much as the switch itself. */
static EDOI_THREAD_LOCAL struct {
    int *err;
    eh_globals *eh; /* never NULL once err is set */
} here;

static EDOI_THREAD_LOCAL eh_globals no_eh; /* used when there is no C++ runtime */

EDOI_COLD static void find_here(void) {
    here.err = &errno;
    here.eh = __cxa_get_globals ? __cxa_get_globals() : &no_eh;
}

/* Makes the thread's errno and exception state those of `to`. */
EDOI_INLINE void load_state(const edoi_fiber *to) {
    *here.err = to->err;
    here.eh->caught = to->caught;
    here.eh->uncaught_n = to->uncaught_n;
}

void edoi_fiber_adopt(edoi_fiber *f) {
    *f = (edoi_fiber){ .modes = edoi_switch_modes() };
    find_here();
#ifdef EDOI_SANITIZED
    edoi_san_thread(&f->san);
#endif
}

/* Leaves a fiber that has ended. Opaque like edoi_fiber_switch(), for the same reason. Not declared
 * noreturn, so that it is reached by a jump. */
EDOI_OPAQUE static void leave_for(edoi_fiber *to) {
    void *sp = to->sp;
    to->sp = NULL;
    load_state(to);
#ifdef EDOI_SANITIZED
    edoi_san_leave(NULL, &to->san);
#endif
    edoi_switch_leave(sp, 0);
}

/* The first C frame of each fiber. */
static void fiber_main(void *arg) {
    edoi_fiber *f = arg;
#ifdef EDOI_SANITIZED
    edoi_san_arrive(&f->san);
#endif
    edoi_fiber *to = f->fn(f->arg);

    EDO_INV("fiber inv. 1", to != f && to->sp && !f->sp);
    f->stack->fiber = NULL;
    leave_for(to);
}

void edoi_fiber_start(edoi_fiber *f, edoi_stack *s, const edoi_fiber *thread, edoi_fiber_fn fn,
                      void *arg) {
    EDO_ASSERT(!thread->stack);
    f->stack = s;
    f->caught = NULL;
    f->uncaught_n = 0;
    f->err = 0;
    f->fn = fn;
    f->arg = arg;
#ifdef EDOI_SANITIZED
    edoi_san_fresh(&f->san, s->lo, s->hi, &s->tsan);
#endif
    f->sp = edoi_switch_prepare(edoi_stack_ctx(s), fiber_main, f, thread->modes);
    EDO_INV("switch inv. 1", (char *)f->sp > s->lo && (char *)f->sp < s->hi);
    s->fiber = f;
}

EDOI_INLINE int swap(edoi_fiber *from, void *sp, int word) {
    if (from->stack) return edoi_switch_swap(&from->sp, sp, word);
    return edoi_switch_swap_known(&from->sp, sp, word, from->modes);
}

/* Opaque: if it were inlined into a loop, the address of `here` could be kept across a switch,
 * after which a fiber may be on another thread. */
EDOI_OPAQUE int edoi_fiber_switch(edoi_fiber *from, edoi_fiber *to, int word) {
    EDO_INV("fiber inv. 1", from != to && !from->sp && to->sp);
    EDO_INV("fiber inv. 2", here.err == &errno); // the thread was adopted
    from->err = *here.err;
    from->caught = here.eh->caught;
    from->uncaught_n = here.eh->uncaught_n;
    load_state(to);

    void *sp = to->sp;
    to->sp = NULL;
#ifdef EDOI_SANITIZED
    edoi_san_leave(&from->san, &to->san);
    word = swap(from, sp, word);
    edoi_san_arrive(&from->san);
    return word;
#else
    return swap(from, sp, word);
#endif
}

typedef struct trace {
    void **pcs;
    size_t max, n;
} trace;

/* Runs on the suspended stack. The frames up to edoi_switch_call_on(), which called it, are ours (a
 * sanitizer adds its own). */
EDOI_OPAQUE static void take_trace(void *arg) {
    enum { OWN = 4, MOST = 128 };
    trace *t = arg;
    void *pcs[MOST + OWN];
    size_t want = t->max < MOST ? t->max : MOST;
    int got = backtrace(pcs, (int)(want + OWN));
    int own = 0;
    while (own < got && pcs[own] != EDOI_CALLER()) own++;
    for (int i = own + 1; i < got && t->n < t->max; i++) t->pcs[t->n++] = pcs[i];
}

size_t edoi_fiber_backtrace(edoi_fiber *suspended, void **pcs, size_t max) {
    enum { ROOM = 8 * 1024 };
    EDO_ASSERT(suspended->sp);
    trace t = { .pcs = pcs, .max = max };
    const edoi_stack *s = suspended->stack;
    if (s && (char *)suspended->sp - s->lo < ROOM) return 0;
    void *one[1];
    (void)backtrace(one, 1); // loads the unwinder here, where the stack is large enough
    if (edoi_switch_call_on(suspended->sp, take_trace, &t) < 0) return 0;
    return t.n;
}

void edoi_fiber_release_unused(edoi_fiber *suspended) {
    EDO_ASSERT(suspended->sp && suspended->stack);
    edoi_stack_release_below(suspended->stack, suspended->sp);
}
