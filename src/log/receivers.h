/* SPDX-License-Identifier: MIT */
/* log/receivers.h: those who are told of events beside the log. */
#ifndef EDOI_LOG_RECEIVERS_H
#define EDOI_LOG_RECEIVERS_H

#include "log/line.h"

#include <edo/receiver.h>

#include <stdarg.h>

/* Tells those of whom `who` (wanted.h) has a bit. */
void edoi_receivers_tell(uint32_t who, const edoi_event *event);

/* The same of an event whose message is to be made. */
void edoi_receivers_tell_line(uint32_t who, const edoi_event *event, const char *format,
                              va_list args) EDO_PRINTF(3, 0);

/* From now on something of that host of a simulated world runs on this thread; 0: of none.
 * Receivers that are added meanwhile are told of what is said there alone. */
EDO_API void edoi_receivers_switch(uint32_t host);

#endif
