/* SPDX-License-Identifier: MIT */
/* stacks/frame_pointer.h: the frame pointer of a function whose caller is not found without.
 *
 * The kernel reports only the stack pointer and the program counter of a thread that waits. The
 * frame of a function with a frame pointer, such as one compiled without optimisation, is found by
 * that register; and if the functions it called have not saved the register, only the kernel has
 * its value. Then it is computed: from the stack pointer at the call, and from how far the
 * function's first instructions have moved the stack pointer. */
#ifndef EDOI_STACKS_FRAME_POINTER_H
#define EDOI_STACKS_FRAME_POINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The frame pointer of the function that begins at `function`, with the stack pointer `sp` at a
 * call; 0: not found. Its frame must be right there: with a return address that follows a call of
 * this function. Always 0 on other machines than x86-64: there a function that calls saves the
 * register, so it is known. */
uintptr_t edoi_frame_pointer_find(uintptr_t sp, uintptr_t function);

/* Copies `bytes` from address `at`, where nothing may be mapped; false: not all of it is readable,
 * or the kernel forbids the call. */
bool edoi_peek(void *to, uintptr_t at, size_t bytes);

#endif
