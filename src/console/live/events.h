/* SPDX-License-Identifier: MIT */
/* console/live/events.h: what an event of the recorder, or the sight of a task, changes. */
#ifndef EDOI_CONSOLE_LIVE_EVENTS_H
#define EDOI_CONSOLE_LIVE_EVENTS_H

#include "console/live/rows.h"

void edoi_live_event(edoi_live *l, const edoi_recorder_tapped *e);

/* The row of a task that has not ended; NULL: it is not followed. */
edoi_live_task *edoi_live_at(const edoi_live *l, const void *task);

/* Looks at all tasks: new ones get a row, missing ones have ended. */
void edoi_live_look(edoi_live *l);

/* Frees the rows of ended tasks that all watchers know of. */
void edoi_live_sweep(edoi_live *l);

#endif
