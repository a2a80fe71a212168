/* SPDX-License-Identifier: MIT */
/* sanitize.h: tells the sanitizers and Valgrind about stacks and switches. Empty in a plain build.
 *
 * A switch is: edoi_san_leave() on the old stack, the switch, edoi_san_arrive() on the new one. */
#ifndef EDOI_FIBER_SANITIZE_H
#define EDOI_FIBER_SANITIZE_H

#include <stddef.h>

#include <edo/compiler.h>

#ifdef EDOI_ASAN
#    include <sanitizer/asan_interface.h>
#    include <sanitizer/common_interface_defs.h>
#endif
#ifdef EDOI_TSAN
#    include <sanitizer/tsan_interface.h>
void __tsan_func_exit(void); /* part of the instrumentation, in no header */
#endif
#if defined(__has_include)
#    if __has_include(<valgrind/valgrind.h>)
#        include <valgrind/valgrind.h>
#    endif
#endif

#if defined(EDOI_ASAN) || defined(EDOI_TSAN)
#    define EDOI_SANITIZED 1
#endif

/* What the sanitizers keep for a suspended context. */
typedef struct edoi_san {
#ifdef EDOI_ASAN
    void *fake;         /* frames kept apart to find use after return */
    const void *bottom; /* lowest byte of the stack */
    size_t bytes;
#endif
#ifdef EDOI_TSAN
    void *fiber;
#endif
    char none[1]; /* a struct needs a member */
} edoi_san;

/* Registers a stack on which nothing ran before. */
EDOI_INLINE void edoi_san_stack_register(char *lo, char *hi) {
    (void)lo, (void)hi;
#ifdef VALGRIND_STACK_REGISTER
    (void)VALGRIND_STACK_REGISTER(lo, hi - 1);
#endif
}

#ifdef EDOI_SANITIZED

/* Registers the calling thread, on its own stack. */
void edoi_san_thread(edoi_san *san);

#    ifdef EDOI_TSAN
/* Thread-sanitizer keeps a signal with the context it came to, and runs its handler in the next
 * library call that it intercepts there: a context that is left before might never make such a
 * call. This is one. */
void edoi_san_take_signals(void);
#    endif

/* Registers a fresh context on the stack [lo, hi); `*tsan` is kept with the stack. */
void edoi_san_fresh(edoi_san *san, char *lo, char *hi, void **tsan);

#endif

/* Called before leaving `from` for `to`. NULL: `from` ends here, two functions deep. */
EDOI_INLINE void edoi_san_leave(edoi_san *from, const edoi_san *to) {
    (void)from, (void)to;
#ifdef EDOI_ASAN
    __sanitizer_start_switch_fiber(from ? &from->fake : NULL, to->bottom, to->bytes);
#endif
#ifdef EDOI_TSAN
    edoi_san_take_signals();
    if (!from) {
        __tsan_func_exit();
        __tsan_func_exit();
    }
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
}

/* Called when running as `self` again, or for the first time. */
EDOI_INLINE void edoi_san_arrive(edoi_san *self) {
    (void)self;
#ifdef EDOI_ASAN
    __sanitizer_finish_switch_fiber(self->fake, NULL, NULL);
#endif
}

#endif
