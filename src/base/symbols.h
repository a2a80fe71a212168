/* SPDX-License-Identifier: MIT */
/* base/symbols.h: names of functions, from the files: also those that the loader does not know,
 * `static` ones and those of a program that was linked without -rdynamic. */
#ifndef EDOI_BASE_SYMBOLS_H
#define EDOI_BASE_SYMBOLS_H

#include "base/image.h"

#define EDOI_SYMBOL_MAX 64u

/* A function in the symbol table of an ELF file. */
typedef struct edoi_symbol {
    char name[EDOI_SYMBOL_MAX]; /* perhaps cut short, in C++ often mangled; "": not found */
    uintptr_t offset;           /* in the function */
} edoi_symbol;

/* Which function the address `at`, of the file and not as loaded, lies in; a stripped file has the
 * names that it exports. */
void edoi_symbol_find(edoi_symbol *out, const edoi_image *i, uintptr_t at);

#endif
