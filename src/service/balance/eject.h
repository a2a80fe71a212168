/* SPDX-License-Identifier: MIT */
/* service/balance/eject.h: endpoints whose calls fail rest for a while, by Envoy's rules. */
#ifndef EDOI_SERVICE_BALANCE_EJECT_H
#define EDOI_SERVICE_BALANCE_EJECT_H

#include "service/balance/set.h"

/* Completes the options. Errors: -EINVAL. */
EDO_MUST_USE int edoi_outlier_complete(edo_outlier_opts *o);

/* A call to an endpoint of the set has ended with `result`. With the lock held. Returns true: it
 * was ejected, and the event is to be settled. */
EDO_MUST_USE bool edoi_record_call(edoi_member *m, bool has_failed, int result);

/* The task of ejection: readmits members whose time is over, and checks all in each interval, until
 * it is cancelled. `arg` is a set: takes the reference. */
int edoi_eject_task(void *arg);

#endif
