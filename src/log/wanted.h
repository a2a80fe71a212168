/* SPDX-License-Identifier: MIT */
/* log/wanted.h: which events are wanted by whom: the log, and receivers beside it. Each has a
 * filter.
 *
 * Each event asks edoi_log_wants() (edo/log.h). Its site keeps who wants its events, and with which
 * filters that was found out, so that no filter is asked. A part of a filter that speaks of spans
 * makes that a "perhaps", which is decided for each event.
 *
 * inv. 1: edoi_log_level_max is the highest level of all filters.
 * inv. 2: what a site keeps has the number of the filters that it was computed with; others have
 *         another number, so it is computed again. */
#ifndef EDOI_LOG_WANTED_H
#define EDOI_LOG_WANTED_H

#include "log/filter.h"

#define EDOI_WANTED_MAX 6u /* the log, which is number 0, and receivers */

/* From now on `who` wants what passes `filter`; NULL: nothing. */
void edoi_wanted_set(uint32_t who, const edoi_filter *filter);

/* What does it want? False: nothing. `filter` may be NULL. */
bool edoi_wanted_get(uint32_t who, edoi_filter *filter);

#endif
