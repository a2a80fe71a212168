/* SPDX-License-Identifier: MIT */
/* service/hedge/hedge.h: the service of the layer, for its tests. */
#ifndef EDOI_SERVICE_HEDGE_HEDGE_H
#define EDOI_SERVICE_HEDGE_HEDGE_H

#include "service/hedge/latency.h"

#include <edo/hedge_layer.h>

typedef struct edoi_hedge {
    edo_service base;
    edo_hedge_opts opts; /* complete; with a reference to its budget; const */
    edoi_latency latency;
} edoi_hedge;

#endif
