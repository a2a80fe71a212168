/* SPDX-License-Identifier: MIT */
/* console/live/live.h: what the program's tasks do, as long as somebody watches: a row for each
 * task, made of the recorder's events and of a look at all tasks that are there.
 *
 * The first watcher has the recorder record all (edoi_recorder_tap_begin()) and takes the memory,
 * the last one puts both back. A task of the console's runtime reads the rings meanwhile. Rows are
 * of fixed number: of more tasks some are followed, and the rest is counted.
 *
 * Threads: the console's, on which all of it runs. */
#ifndef EDOI_CONSOLE_LIVE_LIVE_H
#define EDOI_CONSOLE_LIVE_LIVE_H

#include "console/live/rows.h"

/* `tasks_max`: rows. */
void edoi_live_init(edoi_live *l, uint32_t tasks_max);

/* A watcher comes, and goes. The first one may wait: looks at all tasks have pauses. In a fiber of
 * the console's runtime. Errors: -ENOMEM; -EDQUOT of too many watchers; -ECANCELED. */
EDO_MUST_USE int edoi_live_enter(edoi_live *l, edoi_live_watcher *w);
void edoi_live_leave(edoi_live *l, edoi_live_watcher *w);

/* No watcher hears anything, until that is set to false, or the last watcher leaves. */
void edoi_live_set_paused(edoi_live *l, bool is_paused);

/* Takes in what was recorded until now, and looks at all tasks if that was long ago. */
void edoi_live_turn(edoi_live *l);

/* The watcher was told all of this version. */
void edoi_live_told(edoi_live *l, edoi_live_watcher *w);

/* The row of an id; NULL: there is no row any more. */
edoi_live_task *edoi_live_find(edoi_live *l, uint64_t id);

/* From now on times are kept of a task, until as many calls of the second. Errors: -ENOMEM; -EDQUOT
 *  of too many tasks */
EDO_MUST_USE int edoi_live_times_begin(edoi_live *l, edoi_live_task *t);
void edoi_live_times_end(edoi_live_task *t);

#endif
