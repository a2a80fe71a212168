/* SPDX-License-Identifier: MIT */
/* trace/start.h: the log of a program that has not started it. */
#ifndef EDOI_TRACE_START_H
#define EDOI_TRACE_START_H

/* Starts the log with the defaults if EDO_LOG is set and not empty, and the program has not started
 * it. */
void edoi_trace_start_if_asked(void);

#endif
