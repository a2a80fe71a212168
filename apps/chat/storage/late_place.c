/* SPDX-License-Identifier: MIT */
/* late_place.c: see late_place.h. */
#include "storage/late_place.h"

void late_init(late_people *self) {
    *self = (late_people){ .places = EDO_SEM_INIT(LATE_READERS) };
}

int late_place_take(late_place *out, late_people *of) {
    *out = (late_place){ .of = NULL };
    int err = edo_sem_acquire(&of->places, 1);
    if (err == 0) out->of = &of->places;
    return err;
}

void late_place_return(late_place *self) {
    if (!self || !self->of) return;
    edo_sem_release(self->of, 1);
    self->of = NULL;
}
