/* SPDX-License-Identifier: MIT */
/* stack_os.h: what stack.c needs of the operating system; stack_<os>.c has it. */
#ifndef EDOI_FIBER_STACK_OS_H
#define EDOI_FIBER_STACK_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <edo/compiler.h>

/* Size of a page. */
size_t edoi_stack_os_page(void);

/* Bytes that the kernel may put on a stack for one signal. */
size_t edoi_stack_os_signal_frame(void);

/* Maps `bytes` of zeroed, readable and writable memory: not locked, not accounted for before it is
 * touched, without huge pages. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_stack_os_map(char **out, size_t bytes);

/* Makes every access to these pages fault. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_stack_os_guard(char *at, size_t bytes);

#define EDOI_GUARDS_AT_ONCE 32u

/* The same for `n` ranges, at most EDOI_GUARDS_AT_ONCE, the first of which lies at `at` and each
 * next one `stride` later, in one call of the kernel. False: it cannot do that; some may be guards
 * now. */
EDO_MUST_USE bool edoi_stack_os_guard_many(char *at, size_t bytes, size_t stride, uint32_t n);

/* Gives the pages back; they read as zeroes afterwards. Keeps errno. */
void edoi_stack_os_release(char *at, size_t bytes);

/* Address of the first page of [lo, hi) that is in memory, or hi. */
char *edoi_stack_os_first_resident(char *lo, char *hi);

/* For tests: guards by page protection from now on, also where the kernel has something better. */
void edoi_stack_os_force_protect(bool on);

/* Whether guards are light (no mapping of their own) at the moment. */
bool edoi_stack_os_guards_are_light(void);

#endif
