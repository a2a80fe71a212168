/* SPDX-License-Identifier: MIT */
/* service/hedge/hedge.h: the service of the layer, for its tests. */
#ifndef EDOI_SERVICE_HEDGE_HEDGE_H
#define EDOI_SERVICE_HEDGE_HEDGE_H

#include "service/hedge/latency.h"

#include <edo/hedge_layer.h>

/* What became of the second attempt of a call. */
typedef enum edoi_hedge_second {
    EDOI_HEDGE_WON,
    EDOI_HEDGE_LOST,
    EDOI_HEDGE_FAILED,
    EDOI_HEDGE_REFUSED, /* by the budget */
    EDOI_HEDGE_SECONDS
} edoi_hedge_second;

typedef struct edoi_hedge {
    edo_service base;
    edo_hedge_opts opts; /* complete; with a reference to its budget; const */
    edoi_latency latency;
    edo_counter *seconds[EDOI_HEDGE_SECONDS]; /* const; NULL without metrics */
} edoi_hedge;

#endif
