/* SPDX-License-Identifier: MIT */
/* log/wanted.h: which events the log and each of the receivers want. Each of them has a filter.
 *
 * Each event calls edoi_log_wants() (edo/log.h). The event's call site caches the result, with the
 * number of the filters at that time, so that usually no filter is evaluated. A filter with a rule
 * about spans gives "perhaps", which is decided for each event. The value that edoi_log_wants()
 * returns has the number of the filters, too: so a receiver that takes another one's slot does not
 * get the events that were on their way to the former one.
 *
 * inv. 1: edoi_log_level_max is the highest level of all filters.
 * inv. 2: a call site caches the number of the filters with its result; new filters have a new
 *         number, so the result is computed again. */
#ifndef EDOI_LOG_WANTED_H
#define EDOI_LOG_WANTED_H

#include "log/filter.h"

#define EDOI_WANTED_MAX       6u /* the log, which is number 0, and receivers */
#define EDOI_WANTED_LOG       1u /* its bit */
#define EDOI_WANTED_RECEIVERS ((1u << EDOI_WANTED_MAX) - 2)

/* From now on `who` wants what passes `filter`; NULL: nothing. Returns the new number of the
 * filters. */
uint32_t edoi_wanted_set(uint32_t who, const edoi_filter *filter);

/* As edoi_log_wants() (edo/log.h), but for the span `in` and the spans around it, and not the
 * current span: the end of a span is reported where its lines were, even if it is open nowhere. */
uint32_t edoi_log_wants_in(edo_callsite *site, const edo_span *in);

/* Is `who`, from edoi_log_wants(), the result of older filters than `number`? */
EDOI_INLINE bool edoi_wanted_is_before(uint32_t who, uint32_t number) {
    return (int32_t)((who >> 2 * EDOI_WANTED_MAX << 2 * EDOI_WANTED_MAX) - number) < 0;
}

/* Says that `who` wants only spans of traces that are sampled, or all. One thread at a time. */
void edoi_wanted_set_sampled(uint32_t who, bool is_such);

/* What does it want? False: nothing. `filter` may be NULL. */
bool edoi_wanted_get(uint32_t who, edoi_filter *filter);

#endif
