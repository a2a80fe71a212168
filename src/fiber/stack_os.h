/* SPDX-License-Identifier: MIT */
/* stack_os.h: the operating system functions for stack.c, implemented in stack_<os>.c. */
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

/* Maps `bytes` of zeroed, readable and writable memory: not locked, not accounted before first
 * access, without huge pages. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_stack_os_map(char **out, size_t bytes);

/* Makes every access to these pages fault. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_stack_os_guard(char *at, size_t bytes);

#define EDOI_GUARDS_AT_ONCE 32u

/* Guards `n` ranges, at most EDOI_GUARDS_AT_ONCE, the first at `at` and each next one `stride`
 * later, in one system call. False: unsupported; some may be guards now. */
EDO_MUST_USE bool edoi_stack_os_guard_many(char *at, size_t bytes, size_t stride, uint32_t n);

/* Releases the pages; they read as zeroes afterwards. Keeps errno. */
void edoi_stack_os_release(char *at, size_t bytes);

/* Address of the first resident page of [lo, hi), or hi. */
char *edoi_stack_os_first_resident(char *lo, char *hi);

/* For tests: from now on guards use page protection, also if the kernel supports light ones. */
void edoi_stack_os_force_protect(bool on);

/* For tests: from now on there is no address space for more stacks. */
void edoi_stack_os_force_full(bool on);

/* Are guards light (without mappings of their own) at the moment? */
bool edoi_stack_os_guards_are_light(void);

#endif
