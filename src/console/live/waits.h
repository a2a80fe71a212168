/* SPDX-License-Identifier: MIT */
/* console/live/waits.h: what tasks wait for: a row for each wait that lasts, and one for each kind
 * of thing that is waited for. Waits of less than a tenth of a second are not told. */
#ifndef EDOI_CONSOLE_LIVE_WAITS_H
#define EDOI_CONSOLE_LIVE_WAITS_H

#include "console/live/rows.h"

/* Ends the row of the wait of a task, which has one. */
void edoi_live_wait_end(edoi_live *l, edoi_live_task *t);

/* Ends the rows of waits that are over, and begins rows for waits that last. */
void edoi_live_waits_turn(edoi_live *l);

/* Frees the rows that have ended, and that all watchers know of. */
void edoi_live_waits_sweep(edoi_live *l);

#endif
