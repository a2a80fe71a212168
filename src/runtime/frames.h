/* SPDX-License-Identifier: MIT */
/* runtime/frames.h: return addresses as lines of a report. */
#ifndef EDOI_RUNTIME_FRAMES_H
#define EDOI_RUNTIME_FRAMES_H

#include <stddef.h>
#include <stdio.h>

/* A line for each: function and offset if the dynamic symbols know it, then program or library and the
 * place in it, as addr2line wants it. `first_is_exact`: pcs[0] is an instruction, no return address. */
void edoi_frames_print(FILE *out, void *const *pcs, size_t n, int first_is_exact);

#endif
