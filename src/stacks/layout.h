/* SPDX-License-Identifier: MIT */
/* stacks/layout.h: tables that say where fields lie, for tools/edo-gdb.py: a debugger finds nothing
 * else that says so in a release build without debug information.
 *
 * The script finds a table by its name, or in a stripped program by its first bytes. It reads what
 * it shows by these numbers alone, in all builds. Numbers are in the order that the script has: one
 * that is added changes `n`, by which the script knows the library of another version. */
#ifndef EDOI_STACKS_LAYOUT_H
#define EDOI_STACKS_LAYOUT_H

#include <stdint.h>

typedef struct edoi_layout {
    char magic[16];
    const void *roots[4]; /* addresses of variables and tables of functions */
    uint32_t n;           /* numbers */
    uint32_t at[36];      /* offsets, sizes, bits */
} edoi_layout;

/* Neither the compiler nor the linker, which see no use of it, may leave it out. */
#if defined(__has_attribute)
#    if __has_attribute(retain)
#        define EDOI_LAYOUT __attribute__((used, retain))
#    endif
#endif
#ifndef EDOI_LAYOUT
#    define EDOI_LAYOUT __attribute__((used))
#endif

#define EDOI_AT(type, field) ((uint32_t)offsetof(type, field))

#endif
