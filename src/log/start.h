/* SPDX-License-Identifier: MIT */
/* log/start.h: the log of a program that has said nothing about it. */
#ifndef EDOI_LOG_START_H
#define EDOI_LOG_START_H

/* At the begin of edo_main(): starts the log at the level WARN, or with the filter of EDO_LOG,
 * unless the program has started or stopped it before. From now on a thread of its own writes the
 * lines of the log. */
void edoi_log_begin(void);

/* At the end of edo_main(), or of the process: writes the lines that are queued, and says how many
 * were dropped that no line has told of. Lines of later are written at once. */
void edoi_log_end(void);

struct edo_span;

/* Ends a span with a result, and reports that to the log and the receivers that want it. */
void edoi_span_close(struct edo_span *s, int result);

#endif
