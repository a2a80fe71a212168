/* SPDX-License-Identifier: MIT */
/* support/has_libdw.h: is elfutils' libdw installed? Without it reports have no functions and
 * lines, as in a cross build under an emulator. */
#ifndef EDO_TESTS_HAS_LIBDW_H
#define EDO_TESTS_HAS_LIBDW_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

/* Is edo built with it? As stacks/libdw.c has it. */
#if defined(__has_include)
#    if __has_include(<elfutils/libdwfl.h>) && __has_include(<elfutils/version.h>)
#        include <elfutils/version.h>
#        if _ELFUTILS_PREREQ(0, 188)
#            define IS_BUILT_WITH_LIBDW 1
#        endif
#    endif
#endif

static inline bool has_libdw(void) {
#ifdef IS_BUILT_WITH_LIBDW
    void *lib = dlopen("libdw.so.1", RTLD_NOW);
    if (lib) (void)dlclose(lib);
    return lib != NULL;
#else
    return false;
#endif
}

/* In a test: it is skipped, which is said. */
#define SKIP_WITHOUT_LIBDW()                                                                       \
    do {                                                                                           \
        if (!has_libdw()) {                                                                        \
            print_message("skipped: there is no libdw here\n");                                    \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

#endif
