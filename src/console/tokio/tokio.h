/* SPDX-License-Identifier: MIT */
/* console/tokio/tokio.h: the service that tokio-console calls. What its client relies on:
 *
 * - the first update has everything, later ones what has changed;
 * - the statistics of a new task are in the same update, and its metadata there or before;
 * - a row of statistics is whole, and has `created_at` and `poll_stats`;
 * - no duration is negative. */
#ifndef EDOI_CONSOLE_TOKIO_TOKIO_H
#define EDOI_CONSOLE_TOKIO_TOKIO_H

#include "console/live/live.h"

#include <edo/web.h>

/* For the time of a server. */
typedef struct edoi_tokio {
    edoi_live *live;
    edo_duration publish; /* between two updates */
} edoi_tokio;

void edoi_tokio_routes(edo_router *r, edoi_tokio *tokio);

#endif
