/* SPDX-License-Identifier: MIT */
/* runtime/frames.h: return addresses as lines of a report. */
#ifndef EDOI_RUNTIME_FRAMES_H
#define EDOI_RUNTIME_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A line for each: function and offset if the file has its name, then program or library and the place in
 * it, as addr2line wants it. `first_is_exact`: pcs[0] is an instruction, no return address. Inside
 * edoi_outside_enter(). */
void edoi_frames_print(FILE *out, void *const *pcs, size_t n, bool first_is_exact);

#endif
