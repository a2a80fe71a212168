/* SPDX-License-Identifier: MIT */
/* base/symbols/symbols.h: names of functions, read from files: also names unknown to the loader, of
 * `static` functions and of programs linked without -rdynamic. */
#ifndef EDOI_BASE_SYMBOLS_SYMBOLS_H
#define EDOI_BASE_SYMBOLS_SYMBOLS_H

#include "base/symbols/image.h"

#define EDOI_SYMBOL_MAX 64u

/* A function in an ELF file's symbol table. */
typedef struct edoi_symbol {
    char name[EDOI_SYMBOL_MAX]; /* possibly truncated, in C++ often mangled; "": not found */
    uintptr_t offset;           /* of the address, in the function */
} edoi_symbol;

/* Finds the function at the address `at`, an address in the file, not as loaded; a stripped file
 * has only the names that it exports. */
void edoi_symbol_find(edoi_symbol *out, const edoi_image *i, uintptr_t at);

#endif
