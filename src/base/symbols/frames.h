/* SPDX-License-Identifier: MIT */
/* base/symbols/frames.h: addresses of code as function, file and line. */
#ifndef EDOI_BASE_SYMBOLS_FRAMES_H
#define EDOI_BASE_SYMBOLS_FRAMES_H

#include "base/symbols/lines.h"
#include "base/symbols/symbols.h"

#include <stdio.h>

/* One place in the code. */
typedef struct edoi_frame {
    edoi_symbol symbol;
    edoi_source_line line;
    char object[64];  /* program or library, without its directory; "": in none */
    uintptr_t offset; /* in the object; without one: the address itself */
    bool is_ours;     /* edo's own code, judged by names and lines */
} edoi_frame;

/* Finds everything about the code at `pc`; for a return address the call before it. Any thread. */
void edoi_frame_find(edoi_frame *out, const void *pc, bool is_return);

/* Prints a line of a report: `at` is its number. */
void edoi_frame_print(FILE *out, size_t at, const edoi_frame *f);

/* Writes "file:line", or what is known instead, to `to`; "an unknown place" for NULL. */
void edoi_place_tell(char *to, size_t bytes, const void *return_address);

/* Prints a line for each frame, for dumps: function and offset if the file has the name, then
 * program or library and the place in it, as for addr2line. `first_is_exact`: pcs[0] is an
 * instruction, not a return address. One thread at a time. */
void edoi_frames_print(FILE *out, void *const *pcs, size_t n, bool first_is_exact);

#endif
