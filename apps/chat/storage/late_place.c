/* SPDX-License-Identifier: MIT */
/* late_place.c: see late_place.h. */
#include "storage/late_place.h"

void late_init(late_people *self) {
    *self = (late_people){ .pages = EDO_SEM_INIT(LATE_PAGES),
                           .terminals = EDO_SEM_INIT(LATE_TERMINALS) };
}

int late_place_take(late_place *out, edo_sem *of) {
    *out = (late_place){ .of = NULL };
    int err = edo_sem_acquire(of, 1);
    if (err == 0) out->of = of;
    return err;
}

void late_place_return(late_place *self) {
    if (!self || !self->of) return;
    edo_sem_release(self->of, 1);
    self->of = NULL;
}
