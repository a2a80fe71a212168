/* SPDX-License-Identifier: MIT */
/* log/wanted.h: which events are wanted by whom: the log, and receivers beside it. Each has a
 * filter.
 *
 * Each event asks edoi_log_wants() (edo/log.h). Its site keeps who wants its events, and with which
 * filters that was found out, so that no filter is asked. A part of a filter that speaks of spans
 * makes that a "perhaps", which is decided for each event. What edoi_log_wants() returns has the
 * number of the filters, too: a receiver that takes the place of another one is not told of events
 * that were on their way to that.
 *
 * inv. 1: edoi_log_level_max is the highest level of all filters.
 * inv. 2: what a site keeps has the number of the filters that it was computed with; others have
 *         another number, so it is computed again. */
#ifndef EDOI_LOG_WANTED_H
#define EDOI_LOG_WANTED_H

#include "log/filter.h"

#define EDOI_WANTED_MAX       6u /* the log, which is number 0, and receivers */
#define EDOI_WANTED_LOG       1u /* its bit */
#define EDOI_WANTED_RECEIVERS ((1u << EDOI_WANTED_MAX) - 2)

/* From now on `who` wants what passes `filter`; NULL: nothing. Returns the number of the filters
 * that there are now. */
uint32_t edoi_wanted_set(uint32_t who, const edoi_filter *filter);

/* As edoi_log_wants() (edo/log.h), in `in` and the spans around it, in place of those of here: the
 * end of a span is told where its lines were, also once it is nowhere open. */
uint32_t edoi_log_wants_in(edo_callsite *site, const edo_span *in);

/* Was `who`, of edoi_log_wants(), found out with filters from before those of `number`? */
EDOI_INLINE bool edoi_wanted_is_before(uint32_t who, uint32_t number) {
    return (int32_t)((who >> 2 * EDOI_WANTED_MAX << 2 * EDOI_WANTED_MAX) - number) < 0;
}

/* Says that `who` wants only spans of traces that are sampled, or all. One thread at a time. */
void edoi_wanted_set_sampled(uint32_t who, bool is_such);

/* What does it want? False: nothing. `filter` may be NULL. */
bool edoi_wanted_get(uint32_t who, edoi_filter *filter);

#endif
