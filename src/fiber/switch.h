/* SPDX-License-Identifier: MIT */
/* switch.h: the interface of the machine-dependent file of the fiber layer.
 *
 * The build picks one of switch_x86_64.S, switch_aarch64.S and switch_portable.c.
 *
 * inv. 1: a saved stack pointer points at everything needed to resume: the callee-saved registers,
 *         the floating-point control words, the return address.
 * inv. 2: unwinding ends at the first frame that edoi_switch_prepare() made.
 * inv. 2 and 3 are not asserted: C sees no frames, and no thread's stack.
 * inv. 3: nothing here depends on threads; the caller ensures that one thread at a time runs on a
 *         stack. */
#ifndef EDOI_FIBER_SWITCH_H
#define EDOI_FIBER_SWITCH_H

#include <stdint.h>

#include <edo/compiler.h>

/* Saves the running context below the stack pointer, stores its address in `*save_sp`, and resumes
 * the context saved at `to_sp`, whose own swap returns `word`. Returns when another context
 * switches back, with that swap's word. */
int edoi_switch_swap(void **save_sp, void *to_sp, int word);

/* The caller's floating-point control words, for the functions below. */
uint64_t edoi_switch_modes(void);

/* As edoi_switch_swap(), for a context whose control words are known to be `modes`: storing MXCSR
 * costs as much as all registers together. */
int edoi_switch_swap_known(void **save_sp, void *to_sp, int word, uint64_t modes);

/* Resumes the context saved at `to_sp`, whose swap returns `word`; the running context has
 * ended. */
EDOI_NORETURN void edoi_switch_leave(void *to_sp, int word);

/* Makes a first context that calls fn(arg), on the stack that ends at `top`; returns its saved
 * stack pointer. It begins with the control words `modes` (the portable one with the caller's).
 * `fn` must not return. */
void *edoi_switch_prepare(void *top, void (*fn)(void *), void *arg, uint64_t modes);

/* Calls fn(arg) in a frame on top of the context saved at `sp`, as if that context had called it,
 * and returns; the context is not changed. Returns 0, or -ENOTSUP if unsupported. */
int edoi_switch_call_on(void *sp, void (*fn)(void *), void *arg);

#endif
