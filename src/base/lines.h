/* SPDX-License-Identifier: MIT */
/* base/lines.h: the source line that an instruction was made from, by the line table of DWARF 2 to
 * 5 in the file itself. So a report names file and line without a debugger or another program at
 * hand. */
#ifndef EDOI_BASE_LINES_H
#define EDOI_BASE_LINES_H

#include "base/image.h"

#define EDOI_LINE_FILE_MAX 256u

typedef struct edoi_source_line {
    char file[EDOI_LINE_FILE_MAX]; /* with the compiler's directory before it; "": not known */
    const char *shown;             /* in `file`: the path as the compiler was given it */
    uint32_t line;
} edoi_source_line;

/* The line of the address `at`, of the file and not as loaded. Of what was inlined it is the
 * inlined function's own. Not known without debug information (-g), or if that lies in
 * another file, or is compressed. */
void edoi_source_line_find(edoi_source_line *out, const edoi_image *i, uintptr_t at);

#endif
