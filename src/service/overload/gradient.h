/* SPDX-License-Identifier: MIT */
/* service/overload/gradient.h: how many calls at once a service bears, by the time that they take:
 * Gradient2 (edo/adaptive.h has the rule; docs/design/overload.md, why this one).
 *
 * Any thread. `lock` is a leaf. */
#ifndef EDOI_SERVICE_OVERLOAD_GRADIENT_H
#define EDOI_SERVICE_OVERLOAD_GRADIENT_H

#include "base/lock.h"

#include <edo/base.h>

typedef struct edoi_gradient {
    edoi_lock lock; /* guards all that is not const */
    int64_t ends_ns, sum_ns;
    uint32_t samples_n, most_at_once;
    uint32_t windows_n; /* that have ended, WARM_UP at most */
    double limit, usual_ns;
    double min, max; /* const */
} edoi_gradient;

/* Begins with `limit`, which is from `min` to `max`. */
void edoi_gradient_init(edoi_gradient *g, uint32_t limit, uint32_t min, uint32_t max);

/* A call has ended that took `took_ns`, and begun when `at_once` were under way with it. Returns
 * the new limit if a window ends by it, else 0. */
uint32_t edoi_gradient_sample(edoi_gradient *g, int64_t now_ns, int64_t took_ns, uint32_t at_once);

#endif
