/* SPDX-License-Identifier: MIT */
/* service/own_wait.h: marks time limits that pass before anything of a call has reached the
 * service: so they say nothing about the service.
 *
 * If a time limit ends a wait in a queue of the program itself (for a place, for a turn), its code
 * is the same as that for a slow service. So the layer that has waited notes it in the context of
 * its fiber or thread, and layers that judge the result look there. */
#ifndef EDOI_SERVICE_OWN_WAIT_H
#define EDOI_SERVICE_OWN_WAIT_H

#include <edo/compiler.h>

#include <stdbool.h>

/* A call begins whose result will be judged. If the deadline in force has passed already nothing of
 * it will get to the service. */
void edoi_own_wait_begin(void);

/* A wait in a line of the program's own has ended with `err`, which it returns. */
EDO_API int edoi_own_wait_ended(int err);

/* Is `result` that of a call which a limit of time has cut short before anything of it got to the
 * service? */
bool edoi_own_wait_was_cut(int result);

#endif
