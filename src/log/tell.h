/* SPDX-License-Identifier: MIT */
/* log/tell.h: what the runtime says on standard error whether or not the log is on: reports.
 *
 * They go the way of the log's lines (output.h): a standard error that nobody reads holds up no
 * worker and no end of a runtime for longer. */
#ifndef EDOI_LOG_TELL_H
#define EDOI_LOG_TELL_H

#include <edo/bytes.h>

#define EDOI_TELL_MAX 1024u /* bytes of a formatted report */

/* Writes a report, which ends with "\n". Any thread; not in a signal handler. */
EDO_API void edoi_tell(const char *format, ...) EDO_PRINTF(1, 2);

/* The same of any length; false: it is dropped. */
bool edoi_tell_text(edo_str text);

/* Has what reports need there from now on: a thread may hang in malloc(). A second call does
 * nothing. */
void edoi_tell_prepare(void);

#endif
