/* SPDX-License-Identifier: MIT */
/* base/symbols/lines.h: finds the source line of an instruction in the file's own line table, DWARF
 * 2 to 5. So a report names file and line without a debugger or another program. */
#ifndef EDOI_BASE_SYMBOLS_LINES_H
#define EDOI_BASE_SYMBOLS_LINES_H

#include "base/symbols/image.h"

#define EDOI_LINE_FILE_MAX 256u

typedef struct edoi_source_line {
    char file[EDOI_LINE_FILE_MAX]; /* prefixed with the compiler's directory; "": unknown */
    const char *shown;             /* in `file`: the path as passed to the compiler */
    uint32_t line;
} edoi_source_line;

/* The line of the address `at`, an address in the file, not as loaded. For inlined code it is the
 * line in the inlined function. Unknown without debug information (-g), or if that is in another
 * file or compressed. */
void edoi_source_line_find(edoi_source_line *out, const edoi_image *i, uintptr_t at);

#endif
