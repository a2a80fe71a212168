/* SPDX-License-Identifier: MIT */
/* base/frames.h: addresses of code as a reader wants them: function, file and line. */
#ifndef EDOI_BASE_FRAMES_H
#define EDOI_BASE_FRAMES_H

#include "base/lines.h"
#include "base/symbols.h"

#include <stdio.h>

/* What is known of one place in the code. */
typedef struct edoi_frame {
    edoi_symbol symbol;
    edoi_source_line line;
    char object[64];  /* program or library, without its directory; "": in none */
    uintptr_t offset; /* in it; in none: the address itself */
    bool is_ours;     /* edo's own code, as far as names and lines tell */
} edoi_frame;

/* Finds out all about the code at `pc`; a return address stands for the call before it. Any
 * thread. */
void edoi_frame_find(edoi_frame *out, const void *pc, bool is_return);

/* A line of a report: `at` is its number. */
void edoi_frame_print(FILE *out, size_t at, const edoi_frame *f);

/* "file:line", or what is known instead, into `to`; "an unknown place" for NULL. */
void edoi_place_tell(char *to, size_t bytes, const void *return_address);

/* A line for each, for dumps: function and offset if the file has its name, then program or library
 * and the place in it, as addr2line wants it. `first_is_exact`: pcs[0] is an instruction, no return
 * address. One thread at a time. */
void edoi_frames_print(FILE *out, void *const *pcs, size_t n, bool first_is_exact);

#endif
