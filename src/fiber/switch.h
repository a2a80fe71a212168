/* SPDX-License-Identifier: MIT */
/* switch.h: what the machine-dependent file of the fiber floor offers.
 *
 * The build picks one of switch_x86_64.S, switch_aarch64.S and switch_portable.c.
 *
 * inv. 1: a saved stack pointer points at all that is needed to go on: the registers that a callee
 *         has to keep, the floating-point control words, the address to return to.
 * inv. 2: unwinding ends at the first frame that edoi_switch_prepare() made.
 * inv. 3: nothing here knows of threads; whoever switches makes sure that one thread at a time
 *         runs on a stack. */
#ifndef EDOI_FIBER_SWITCH_H
#define EDOI_FIBER_SWITCH_H

#include <stdint.h>

#include <edo/compiler.h>

/* Saves the running context below the stack pointer, puts its address into `*save_sp`, and goes on
 * with the context saved at `to_sp`, whose own swap returns `word`. Returns when somebody switches
 * back, and returns his. */
int edoi_switch_swap(void **save_sp, void *to_sp, int word);

/* The floating-point control words of the caller, for the functions below. */
uint64_t edoi_switch_modes(void);

/* edoi_switch_swap() for a context whose control words are known to be `modes`: to store MXCSR
 * costs as much as all the registers together. */
int edoi_switch_swap_known(void **save_sp, void *to_sp, int word, uint64_t modes);

/* Goes on with the context saved at `to_sp`, whose swap returns `word`; the running one has
 * ended. */
EDOI_NORETURN void edoi_switch_leave(void *to_sp, int word);

/* Makes a first context that calls fn(arg), on the stack that ends at `top`; returns its saved
 * stack pointer. It begins with the control words `modes` (the portable one with the caller's).
 * `fn` must not return. */
void *edoi_switch_prepare(void *top, void (*fn)(void *), void *arg, uint64_t modes);

/* Calls fn(arg) in a frame on top of the context saved at `sp`, as if that context had called it,
 * and returns; the context stays as it is. Returns 0, or -ENOTSUP where that cannot be done. */
int edoi_switch_call_on(void *sp, void (*fn)(void *), void *arg);

#endif
