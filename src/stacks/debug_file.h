/* SPDX-License-Identifier: MIT */
/* stacks/debug_file.h: the file with the debug information of a program or library, from which it
 * was split off, as packages do, or `objcopy --only-keep-debug`. */
#ifndef EDOI_STACKS_DEBUG_FILE_H
#define EDOI_STACKS_DEBUG_FILE_H

#include "stacks/frame.h"

#include <stddef.h>
#include <stdint.h>

/* What a program or library says of it. */
typedef struct edoi_debug_link {
    const char *of;          /* the path of the program or library */
    const unsigned char *id; /* its build id */
    size_t id_n;             /* 0: it has none */
    const char *name;        /* NULL: it names no file */
    uint32_t crc;            /* of that file */
} edoi_debug_link;

/* Opens the file, closed on exec: the one of the build id below /usr/lib/debug, or else the one of
 * that name in the program's folder, in `.debug` there, or in the folder of that path below
 * /usr/lib/debug, if it is the one that was split off. Returns -1 if there is none. Reads all of a
 * file that is found by its name. One thread. */
int edoi_debug_file_open(const edoi_debug_link *link);

#endif
