/* SPDX-License-Identifier: MIT */
/* base/blame.h: whose call a report is about: the first function on the stack that is not edo's. */
#ifndef EDOI_BASE_BLAME_H
#define EDOI_BASE_BLAME_H

#include <stddef.h>

/* Prints "edo: misuse in FUNCTION (FILE:LINE), call of EDO_FUNCTION: TEXT [task TASK]" and the stack from
 * there on to standard error. If none of the program's is on the stack, one has ended that should not have. */
void edoi_blame_print(const char *text);

/* The runtime's part: the stack of the fiber for which its worker polls now on a stack of its own; 0: the
 * worker does not. Any thread, at any time. */
typedef size_t edoi_awaiter_fn(void **pcs, size_t max);
void edoi_blame_hook_set(edoi_awaiter_fn *awaiter);

#endif
