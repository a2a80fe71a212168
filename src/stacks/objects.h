/* SPDX-License-Identifier: MIT */
/* stacks/objects.h: the program and the libraries that are loaded.
 *
 * dladdr() is not called: it waits for a thread in dlopen(), which may be the examined one.
 * dl_iterate_phdr() waits only while the list of objects changes; nothing is allocated inside. */
#ifndef EDOI_STACKS_OBJECTS_H
#define EDOI_STACKS_OBJECTS_H

#include <edo/base.h>

#include <limits.h>

typedef struct edoi_object {
    uintptr_t base;      /* an address in its file, loaded, has moved by this */
    uintptr_t from, to;  /* all its segments lie between */
    bool is_program;     /* no library */
    char path[PATH_MAX]; /* of its file */
} edoi_object;

/* The object that contains the instruction `at`; `out` may be NULL. False: there is none. */
bool edoi_object_at(edoi_object *out, uintptr_t at);

/* Object number `index` of all; returns false if there are `index` objects or fewer. */
EDO_MUST_USE bool edoi_object_number(edoi_object *out, size_t index);

/* Does a thread of this process wait in the kernel in the middle of dlopen(), as for a file? Then
 * no thread can be made, and nothing loaded. */
bool edoi_loader_waits(void);

/* Does edo's code lie in it: in libedo, or in a program that is linked with edo statically? */
bool edoi_object_has_edo(const edoi_object *o);

/* Is it one of edo's libraries, which have nothing of the program? */
bool edoi_object_is_ours(const edoi_object *o);

/* The name of its file, without the directory. */
const char *edoi_object_name(const edoi_object *o);

#endif
