/* SPDX-License-Identifier: MIT */
/* notes.c: see notes.h. */
#include "notes.h"

#include "map.h"

static const routeguide_route_note *note_copy(edo_arena *arena, const routeguide_route_note *from) {
    routeguide_route_note *note = edo_arena_alloc(arena, sizeof *note);
    if (!note) return NULL;
    return edo_value_copy(note, from, &routeguide_route_note_desc, arena) == 0 ? note : NULL;
}

/* Under the lock. */
static int notes_add_locked(notes *self, const routeguide_route_note *note,
                            const routeguide_route_note **before, size_t *n) {
    if (self->n == NOTES_MAX) return -EDQUOT;
    const routeguide_route_note *copy = note_copy(&self->arena, note);
    if (!copy) return -ENOMEM;
    for (size_t i = 0; i < self->n; i++)
        if (point_is(self->all[i]->location, copy->location)) before[(*n)++] = self->all[i];
    self->all[self->n++] = copy;
    return 0;
}

int notes_add(notes *self, const routeguide_route_note *note, edo_arena *arena,
              const routeguide_route_note ***before, size_t *n) {
    *n = 0;
    *before = edo_arena_alloc(arena, NOTES_MAX * sizeof **before);
    if (!*before) return -ENOMEM;
    int err = edo_mutex_lock(&self->lock);
    if (err < 0) return err;
    err = notes_add_locked(self, note, *before, n);
    edo_mutex_unlock(&self->lock);
    return err;
}
