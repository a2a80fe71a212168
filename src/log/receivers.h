/* SPDX-License-Identifier: MIT */
/* log/receivers.h: receivers, which get events in addition to the log. */
#ifndef EDOI_LOG_RECEIVERS_H
#define EDOI_LOG_RECEIVERS_H

#include "log/line.h"

#include <edo/receiver.h>

#include <stdarg.h>

/* Delivers an event to each receiver whose bit is set in `who` (wanted.h). */
void edoi_receivers_tell(uint32_t who, const edoi_event *event);

/* The same for an event whose message is not formatted yet. */
void edoi_receivers_tell_line(uint32_t who, const edoi_event *event, const char *format,
                              va_list args) EDO_PRINTF(3, 0);

/* From now on code of that host of a simulated world runs on this thread; 0: of none. Receivers
 * that are added meanwhile get only the events of this host. */
EDO_API void edoi_receivers_switch(uint32_t host);

#endif
