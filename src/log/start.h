/* SPDX-License-Identifier: MIT */
/* log/start.h: the log of a program that has said nothing about it. */
#ifndef EDOI_LOG_START_H
#define EDOI_LOG_START_H

/* Starts the log at the level WARN, or with the filter of EDO_LOG, unless the program has started
 * or stopped it before. Any thread. */
void edoi_log_begin(void);

/* At the end of edo_main(): says how many lines were dropped that no line has told of. */
void edoi_log_end(void);

#endif
