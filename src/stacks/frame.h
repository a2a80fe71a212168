/* SPDX-License-Identifier: MIT */
/* stacks/frame.h: what is known about an address of code. */
#ifndef EDOI_STACKS_FRAME_H
#define EDOI_STACKS_FRAME_H

#include <edo/base.h>

#define EDOI_FUNCTION_MAX 64u  /* bytes of a name */
#define EDOI_FILE_MAX     256u /* bytes of a path */

/* One place in the code. */
typedef struct edoi_frame {
    char function[EDOI_FUNCTION_MAX]; /* possibly truncated, in C++ often mangled; "": unknown */
    uintptr_t function_offset;        /* in the function */
    char file[EDOI_FILE_MAX];         /* with the compiler's directory; "": unknown */
    uint32_t shown;                   /* where in `file` the path begins as the compiler got it */
    uint32_t line;                    /* of inlined code: in the inlined function */
    char object[64];                  /* program or library, without its directory; "": in none */
    uintptr_t offset;                 /* in the object; without one: the address itself */
    bool is_ours;                     /* edo's own code, judged by names and lines */
} edoi_frame;

#endif
