/* SPDX-License-Identifier: MIT */
/* memory/slabs.h: the numbers of all slabs of the process, for those who watch it. */
#ifndef EDOI_MEMORY_SLABS_H
#define EDOI_MEMORY_SLABS_H

#include <edo/base.h>

#define EDOI_SLABS_NAME_BYTES 32u /* with a NUL; a longer name is cut */

/* The slabs of one name. */
typedef struct edoi_slabs_row {
    char name[EDOI_SLABS_NAME_BYTES];
    uint64_t used, kept; /* objects */
    uint64_t bytes;      /* of both */
} edoi_slabs_row;

/* Fills in a row for each name, and returns how many there are. The last one of `most` rows is that
 * of "other" names if there are more. */
size_t edoi_slabs_read(edoi_slabs_row *rows, size_t most);

#endif
