/* SPDX-License-Identifier: MIT */
/* runtime/symbols.h: names of functions, from the files: also those that the loader does not know, `static`
 * ones and those of a program that was linked without -rdynamic. */
#ifndef EDOI_RUNTIME_SYMBOLS_H
#define EDOI_RUNTIME_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#define EDOI_SYMBOL_MAX 64u

/* A function in the symbol table of an ELF file. */
typedef struct edoi_symbol {
    char name[EDOI_SYMBOL_MAX]; /* perhaps cut short; "": not found */
    uintptr_t offset;           /* in the function */
} edoi_symbol;

/* Which function the address `at` lies in: of the file `path`, whose address 0 is at `base`. Reads the
 * file; a stripped one has the names that it exports. */
void edoi_symbol_find(edoi_symbol *out, const char *path, uintptr_t base, uintptr_t at);

#endif
