/* SPDX-License-Identifier: MIT */
/* notes.h: what was said about places, by all callers. */
#ifndef NOTES_H
#define NOTES_H

#include "route_guide.edo.h"

#include <edo/edo.h>

#define NOTES_MAX 1000u

/* A note is never changed, and stays as long as the program: it may be read without the lock. */
typedef struct notes {
    edo_mutex lock; /* of what follows */
    edo_arena arena;
    const routeguide_route_note *all[NOTES_MAX];
    size_t n;
} notes;

/* Adds a copy of a note, and leaves in `*before` those that its place had. -EDQUOT: there are too
 * many. */
int notes_add(notes *self, const routeguide_route_note *note, edo_arena *arena,
              const routeguide_route_note ***before, size_t *n);

#endif
