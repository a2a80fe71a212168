/* SPDX-License-Identifier: MIT */
/* runtime/look/rows.h: looks at all that is open in the process. */
#ifndef EDOI_RUNTIME_LOOK_ROWS_H
#define EDOI_RUNTIME_LOOK_ROWS_H

#include "runtime/watch/open.h"

#include <stdio.h>

/* How much a look tells. */
typedef enum edoi_open_how {
    EDOI_OPEN_BRIEFLY, /* without what costs a system call for each descriptor, and what tasks wait
                          for, for which each is pinned */
    EDOI_OPEN_FULLY,
    EDOI_OPEN_BESIDE_TASKS, /* fully, but without tasks: behind a dump of them */
} edoi_open_how;

/* Fills in `to`, which is cleared before. Called with the lock of registry.h held. It allocates
 * nothing: another thread may hang in malloc(). The rows end in the order in which they are shown:
 * by kind, and of each the largest numbers first. */
EDO_API void edoi_open_look(edoi_open_table *to, edoi_open_how how);

/* Writes the name of a row, or where it was made, to `to`. */
EDO_API void edoi_open_name(char *to, size_t bytes, const edoi_open_row *row);

/* Prints a table as lines of a dump. Between edoi_frames_begin() and end. */
void edoi_open_print(FILE *out, const edoi_open_table *t, int64_t now_ns);

/* The table of dumps. lock: that of registry.h */
extern edoi_open_table edoi_open_shown;

#endif
