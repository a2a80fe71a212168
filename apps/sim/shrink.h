/* SPDX-License-Identifier: MIT */
/* shrink.h: which of the faults of a run that fails are enough to make it fail. */
#ifndef SHRINK_H
#define SHRINK_H

#include "run.h"

/* Runs the turn again and again, each time without some of its faults, as long as it fails as
 * `first` did. Returns in `*skip` the faults that are not needed, as EDO_SIM_SKIP has them, and in
 * `*least` the run without them. None of the others can be left out alone (delta debugging:
 * Zeller and Hildebrandt, 2002).
 * Owns: fills in both: free(), outcome_free().
 * Errors: those of run_once(). */
EDO_MUST_USE int shrink(const plan *p, const turn *t, const outcome *first, char **skip,
                        outcome *least);

#endif
